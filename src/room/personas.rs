//! Personas and portraits in the room: what was found is kept, so that an edit of a stage is answered without a
//! new search; and the files of the chain.

use super::files::{Named, table};
use super::{Opened, Room};
use crate::analysis::personas::{self, Cluster, PersonasPlan, PersonasReport, PortraitPlan, PortraitReport};
use crate::audience::Expr;
use crate::error::{Error, Kind, Result};
use crate::gate::{Released, release, release_from};
use crate::shard::listing::{Cell, Listing, Order};

impl Room {
    /// Answers a plan; only what changed since the last one is computed.
    pub(super) async fn personas(&mut self, plan: PersonasPlan) -> Result<PersonasReport> {
        let opened = self.open.as_mut().ok_or(Error::new(Kind::TooEarly))?;
        let least = opened.least();
        let report = match opened.personas.as_ref().filter(|_| only_cards(&opened.recipe.personas, &plan)) {
            Some(known) => personas::carded(known.get().clone(), &plan.cards),
            None => {
                let found = opened.found.take();
                let (report, found) = personas::personas(&self.desk, &opened.schema, &plan, found).await?;
                opened.found = Some(found);
                report
            }
        };
        opened.recipe.personas = plan;
        Ok(opened.personas.insert(release_from(report, least)?).get().clone())
    }
    /// Answers a portrait and keeps it in the recipe, in place of one of the same name; one without a name is a
    /// draft and not kept.
    pub(super) async fn portrait(&mut self, plan: PortraitPlan) -> Result<PortraitReport> {
        let opened = self.open.as_mut().ok_or(Error::new(Kind::TooEarly))?;
        let report = personas::portrait(&self.desk, &opened.schema, &plan).await?;
        let kept = &mut opened.recipe.portraits;
        if plan.name.is_empty() {
            return Ok(release(report).get().clone());
        }
        match kept.iter_mut().find(|kept| kept.name == plan.name) {
            Some(kept) => *kept = plan,
            None => kept.push(plan),
        }
        Ok(release(report).get().clone())
    }
}

fn only_cards(known: &PersonasPlan, plan: &PersonasPlan) -> bool {
    let cards = plan.cards.clone();
    PersonasPlan { cards, ..known.clone() } == *plan
}

/// What is released about all portraits of the recipe, in its order.
pub(super) async fn portraits(room: &mut Room) -> Result<Vec<Released<PortraitReport>>> {
    let plans = room.opened()?.recipe.portraits.clone();
    let mut reports = Vec::with_capacity(plans.len());
    for plan in plans {
        reports.push(release(room.portrait(plan).await?));
    }
    Ok(reports)
}

/// `portrait-NAME.csv`: those taken, the likest first, with their score.
pub(super) async fn portrait_ids(room: &mut Room, name: &str) -> Result<Named> {
    let plans = &room.opened()?.recipe.portraits;
    let unknown = || Error::new(Kind::OutOfRange).column("portraits.name");
    let plan = plans.iter().find(|plan| plan.name == name).cloned().ok_or_else(unknown)?;
    let crowd = room.portrait(plan).await?.crowd;
    let measure = format!("portrait.{name}");
    let cells = vec![Cell::Id, Cell::Measure(measure.clone())];
    let listing = Listing { crowd, order: Order::Best(measure), cells };
    table(room, &super::files::file_name(&format!("portrait-{name}")), "id,score\n", listing).await
}

/// `chain.csv`: everyone in a persona or like one, with its number and its layer. Expansions that may overlap put a
/// person into several: the cells then hold all of them, `1|3` and `core|more`, as a tag of several labels would.
pub(super) async fn chain_ids(room: &Room, opened: &Opened) -> Result<Named> {
    let report = opened.personas.as_ref().ok_or(Error::new(Kind::TooEarly))?.get();
    let crowds: Vec<Expr> = report.clusters.iter().map(wide).collect();
    let words = |word: &dyn Fn(usize) -> String| {
        Cell::Words(crowds.iter().enumerate().map(|(at, crowd)| (crowd.clone(), word(at))).collect())
    };
    let layer = |at: usize| report.clusters[at].layer.as_ref().map_or(String::new(), |l| l.layer.clone());
    let cells = vec![Cell::Id, words(&|at| (at + 1).to_string()), words(&layer)];
    let listing = Listing { crowd: Expr::Or { of: crowds }, order: Order::File, cells };
    table(room, "chain.csv", "id,persona,layer\n", listing).await
}

fn wide(cluster: &Cluster) -> Expr {
    let more = cluster.expanded.iter().map(|expanded| expanded.crowd.clone());
    Expr::Or { of: std::iter::once(cluster.crowd.clone()).chain(more).collect() }
}
