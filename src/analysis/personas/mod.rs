//! Personas: k-means over one-hot bins, named by what marks each cluster (`formulas.md` F15).
//!
//! 1. [`survey`]: one pass counts bins and draws a seeded sample of at most 20,000 people, as codes.
//! 2. At the desk: [`space`] says which bins count; if k is to be chosen, [`choose`] tries 2 to 10; then
//!    k-means++ with ten starts on the sample ([`start`], [`lloyd`]): on real tables starts on 20,000 people
//!    and one run over everyone come out as low as full starts, for a fraction of the work.
//! 3. [`round`]: Lloyd's iteration over everyone, a pass a round. The desk sends the centres as tables of
//!    whole numbers ([`tables`]); shards answer with the people who moved, as sums of whole numbers
//!    ([`sums`]).
//! 4. A last pass numbers the clusters by size, writes the measure `persona` and counts every bin; from these
//!    counts come the [`name`]s, and the [`map`].
//!
//! Labels, sizes, centres and inertia of the report all belong to the assignment of the last round.

mod choose;
mod dice;
mod lloyd;
mod map;
mod name;
mod pace;
mod report;
mod round;
mod rows;
mod sample;
mod space;
mod start;
mod sums;
mod survey;
mod tables;
#[cfg(test)]
mod tests;

pub use report::*;
pub use round::PERSONA;

use crate::audience::Expr;
use crate::error::{Error, Kind, Result};
use crate::shard::Partial;
use crate::shard::desk::Desk;
use crate::shard::job::{Opener, analysis};
use crate::table::schema::Schema;
use dice::{Dice, Purpose};
use lloyd::{Halt, Run};
use map::Axes;
use name::Names;
use pace::Pace;
use round::{Number, Round};
use sample::Sample;
use space::Space;
use sums::Sums;
use survey::{Look, Survey};
use tables::Tables;

/// The questions personas ask.
pub const QUESTIONS: [(&str, Opener); 3] = [analysis::<Look>(), analysis::<Round>(), analysis::<Number>()];

/// Starts on the sample.
const STARTS: usize = 10;
/// The least part of the inertia a round over everyone must gain for another one.
const LEAST_GAIN: f64 = 1e-6;

/// Finds the personas of a crowd and leaves the measure `persona` in every shard. Where the crowd has fewer
/// different people than clusters were asked for, the report has as many clusters as there are.
pub async fn personas(desk: &Desk, schema: &Schema, plan: &PersonasPlan) -> Result<PersonasReport> {
    check(plan)?;
    let mut pace =
        Pace::new(desk, (STARTS + 10 + if plan.k == K::Auto { choose::LARGEST } else { 0 }) as u64);
    let survey = desk.sum(&Look::new(&plan.of, plan.seed, schema)).await?;
    enough(plan, survey.members)?;
    let space = Space::new(schema, plan, &survey)?;
    let sample = Sample::new(&space, survey.sample(schema, &space.features, |bin| space.counts(bin)));
    let choices = match plan.k {
        K::Auto => choose::choices(&mut pace, &sample, &space, plan.seed).await?,
        K::Given(_) => Vec::new(),
    };
    let chosen = choices.iter().find(|c| c.chosen).map(|c| c.k);
    let k = match plan.k {
        K::Given(k) => k,
        K::Auto => chosen.unwrap_or(2),
    };
    let mut dice = Dice::new(plan.seed, Purpose::Starts);
    let start = lloyd::best(&mut pace, &sample, &space, k.into(), STARTS, &mut dice).await?;
    let (tables, sums) = everyone(desk, &mut pace, plan, &space, &sample, start).await?;
    let numbers = numbers(&sums.sizes);
    let counts = desk.sum(&Number { numbers: numbers.clone() }).await?.0;
    let clusters = clusters(schema, plan, &survey, &sums, &numbers, &counts);
    let labels = sample.labels(&tables);
    let axes = Axes::new(&mut pace, schema, &space, &survey, plan.seed).await?;
    let rows = sample.rows.iter().zip(&labels).take(map::PEOPLE);
    let points = rows.map(|(bins, &cluster)| {
        let (x, y) = axes.place(bins.iter().map(|&b| (b as usize, 1)));
        (x, y, numbers[usize::from(cluster)])
    });
    let centres = counts.iter().take(clusters.len()).map(|bins| axes.place(bins.iter().copied().enumerate()));
    Ok(PersonasReport {
        k: clusters.len() as u8,
        inertia: sums.inertia(&space),
        people: survey.members,
        map: PersonaMap {
            inertia: axes.inertia,
            points: points.collect(),
            centres: centres.collect(),
            of: survey.members,
        },
        clusters,
        choices,
    })
}

fn check(plan: &PersonasPlan) -> Result<()> {
    match plan.k {
        K::Given(k) if !(2..=20).contains(&k) => Err(Error::new(Kind::OutOfRange).column("personas.k")),
        _ => Ok(()),
    }
}

fn enough(plan: &PersonasPlan, members: u64) -> Result<()> {
    let least = match plan.k {
        K::Given(k) => k.into(),
        K::Auto => 2,
    };
    match members {
        0 => Err(Kind::SeedEmpty.into()),
        _ if members < least => Err(Kind::TooFewToCluster.into()),
        _ => Ok(()),
    }
}

/// Lloyd's iteration over everyone in the crowd: the last centres, and the sums of the people nearest to
/// them.
async fn everyone(
    desk: &Desk,
    pace: &mut Pace<'_>,
    plan: &PersonasPlan,
    space: &Space,
    sample: &Sample,
    start: Run,
) -> Result<(Tables, Sums)> {
    let mut round = Round {
        of: plan.of.clone(),
        space: space.clone(),
        k: start.sums.k() as u8,
        tables: lloyd::centres(&start.sums, sample, space),
        first: true,
    };
    let mut sums = Sums::default();
    let mut halt = Halt::new(LEAST_GAIN);
    loop {
        sums.moved = 0;
        sums.merge(desk.sum(&round).await?);
        pace.step();
        if halt.after(sums.moved, sums.inertia(space)) {
            return Ok((round.tables, sums));
        }
        round.tables = lloyd::centres(&sums, sample, space);
        round.first = false;
    }
}

/// By cluster: its number from 1, largest first, the first of equals first; 0 for a cluster of nobody.
fn numbers(sizes: &[i64]) -> Vec<u8> {
    let mut order: Vec<usize> = (0..sizes.len()).filter(|&c| sizes[c] > 0).collect();
    order.sort_by_key(|&c| std::cmp::Reverse(sizes[c]));
    let mut numbers = vec![0; sizes.len()];
    order.iter().zip(1..).for_each(|(&c, number)| numbers[c] = number);
    numbers
}

fn clusters(
    schema: &Schema,
    plan: &PersonasPlan,
    survey: &Survey,
    sums: &Sums,
    numbers: &[u8],
    counts: &[Vec<u64>],
) -> Vec<Cluster> {
    let mut sizes: Vec<u64> = sums.sizes.iter().filter(|&&n| n > 0).map(|&n| n as u64).collect();
    sizes.sort_by_key(|&n| std::cmp::Reverse(n));
    debug_assert_eq!(sizes.len(), numbers.iter().filter(|&&n| n > 0).count());
    let names = Names::new(schema, &survey.base, survey.people, &plan.without);
    let tops: Vec<_> = sizes.iter().zip(counts).map(|(&n, counts)| names.top(counts, n)).collect();
    let named = names.names(&tops);
    let parts = sizes.into_iter().zip(named).zip(tops).zip(1..);
    parts
        .map(|(((people, name), top), number)| Cluster {
            number,
            name,
            people,
            share: people as f64 / survey.members as f64,
            top: top.into_iter().map(|(_, tag)| tag).collect(),
            crowd: Expr::Measure { measure: PERSONA.into(), from: number.into(), to: number.into() },
        })
        .collect()
}
