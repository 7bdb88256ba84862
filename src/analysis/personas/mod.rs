//! Personas: k-means over one-hot bins, named by what marks each cluster (`formulas.md` F15), and what is done
//! with them.
//!
//! Finding ([`find`]):
//! 1. [`contrast`]: where the plan asks for it, the labels that set two crowds apart.
//! 2. [`survey`]: one pass counts bins and draws a seeded sample of at most 20,000 people, as codes.
//! 3. At the desk: [`space`] says which bins count; if k is to be chosen, [`choose`] tries 2 to 10; then
//!    k-means++ with ten starts on the sample ([`start`], [`lloyd`]): on real tables starts on 20,000 people
//!    and one run over everyone come out as low as full starts, for a fraction of the work.
//! 4. [`round`]: Lloyd's iteration over everyone, a pass a round. The desk sends the centres as tables of
//!    whole numbers ([`tables`]); shards answer with the people who moved, as sums of whole numbers
//!    ([`sums`]).
//! 5. A pass numbers the clusters by size and counts every bin; from these counts come the [`name`]s and the
//!    [`map`].
//!
//! Labels, sizes, centres and inertia of the report all belong to the assignment of the last round.
//!
//! Stages ([`stages`]), each only if the plan has it, each fast enough to be asked again with every edit:
//! [`expand`] each cluster over everyone outside the crowd; [`merge`] those that are alike; hold what is left
//! against a target and layer it ([`layers`]); give it the [`cards`] somebody wrote.
//!
//! A [`portrait`] is a crowd for which there is no seed yet, from weights of labels or from a proxy.

mod alike;
mod cards;
mod choose;
mod contrast;
mod dice;
mod expand;
mod find;
mod fit;
mod layers;
mod lloyd;
mod map;
mod merge;
mod name;
mod pace;
mod plan;
mod portrait;
mod ranks;
mod report;
mod round;
mod rows;
mod sample;
mod space;
mod stages;
mod start;
mod sums;
mod survey;
mod tables;
mod tally;
#[cfg(test)]
mod tests;

pub use cards::carded;
pub use find::Found;
pub use plan::*;
pub use portrait::{PortraitPlan, PortraitReport, TagWeight, portrait};
pub use report::*;
pub use round::PERSONA;

use crate::error::Result;
use crate::shard::desk::Desk;
use crate::shard::job::{Opener, analysis};
use crate::table::schema::Schema;

/// The questions personas ask.
pub const QUESTIONS: [(&str, Opener); 10] = [
    analysis::<survey::Look>(),
    analysis::<round::Round>(),
    analysis::<round::Number>(),
    analysis::<round::Group>(),
    analysis::<merge::Settle>(),
    analysis::<tally::Tally>(),
    analysis::<fit::Fit>(),
    analysis::<ranks::Ranks>(),
    analysis::<portrait::Cosine>(),
    analysis::<portrait::Ladder>(),
];

/// Finds the personas of a crowd and leaves the measure `persona` in every shard. Where the crowd has fewer
/// different people than clusters were asked for, the report has as many clusters as there are.
///
/// What was found is handed back: given again with a plan that differs in its stages only, nothing is searched
/// anew.
pub async fn personas(
    desk: &Desk,
    schema: &Schema,
    plan: &PersonasPlan,
    known: Option<Found>,
) -> Result<(PersonasReport, Found)> {
    let plan = plan.spelled()?;
    let found = match known {
        Some(found) if found.answers(&plan) => found,
        _ => find::find(desk, schema, &plan).await?,
    };
    let report = stages::stages(desk, schema, &plan, &found).await?;
    Ok((report, found))
}
