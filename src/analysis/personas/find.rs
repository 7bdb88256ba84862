//! Finding the clusters: everything that does not depend on the stages behind them.

use super::choose;
use super::contrast::contrast;
use super::dice::{Dice, Purpose};
use super::lloyd::{self, Halt, Run};
use super::map::{self, Axes};
use super::pace::Pace;
use super::plan::{K, PersonasPlan};
use super::report::{ContrastReport, KChoice};
use super::round::{Number, Round};
use super::rows::Rows;
use super::sample::Sample;
use super::space::Space;
use super::sums::Sums;
use super::survey::Look;
use super::tables::Tables;
use crate::error::{Kind, Result};
use crate::num::Order;
use crate::shard::Partial;
use crate::shard::desk::Desk;
use crate::table::schema::Schema;

/// Starts on the sample.
const STARTS: usize = 10;
/// The least part of the inertia a round over everyone must gain for another one.
const LEAST_GAIN: f64 = 1e-6;

/// Clusters, and what the stages behind them need. Everyone's cluster is the measure
/// [`PART`](super::round::PART).
#[derive(Clone, Debug)]
pub struct Found {
    /// The plan of the search.
    plan: PersonasPlan,
    /// Everyone in the tag file.
    pub(super) people: u64,
    /// By bin: everyone.
    pub(super) base: Vec<u64>,
    /// People clustered.
    pub(super) members: u64,
    /// Sum of squared distances to the own centre.
    pub(super) inertia: f64,
    /// By cluster, largest first: people.
    pub(super) sizes: Vec<u64>,
    /// By cluster, then by bin: people.
    pub(super) counts: Vec<Vec<u64>>,
    /// What each k would give, if k was chosen.
    pub(super) choices: Vec<KChoice>,
    /// What sets the two crowds of the plan apart.
    pub(super) contrast: Option<ContrastReport>,
    /// The map's axes.
    pub(super) axes: Axes,
    /// Sampled people on the map: x, y, cluster number.
    pub(super) points: Vec<(f64, f64, u8)>,
    /// All of their bins.
    pub(super) drawn: Rows,
}

impl Found {
    /// Whether a plan would find the same.
    pub(super) fn answers(&self, plan: &PersonasPlan) -> bool {
        self.plan == plan.finding()
    }
}

/// Finds the clusters of a crowd.
pub(super) async fn find(desk: &Desk, schema: &Schema, plan: &PersonasPlan) -> Result<Found> {
    let rounds = STARTS + 10 + if plan.k == K::Auto { choose::LARGEST } else { 0 };
    let mut pace = Pace::new(desk, rounds as u64);
    let survey = desk.sum(&Look::new(&plan.of, plan.seed, schema)).await?;
    enough(plan, survey.members)?;
    let differ = match &plan.contrast {
        Some(plan) => Some(contrast(desk, schema, plan).await?),
        None => None,
    };
    let space = Space::new(schema, plan, &survey, differ.as_ref().map(|differ| differ.kept.as_slice()))?;
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
    let mut sizes: Vec<u64> = sums.sizes.iter().filter(|&&n| n > 0).map(|&n| n as u64).collect();
    sizes.order_by_key(|&n| std::cmp::Reverse(n));
    let labels = sample.labels(&tables);
    let axes = Axes::new(&mut pace, schema, &space, &survey, plan.seed).await?;
    let rows = sample.rows.iter().zip(&labels).take(map::PEOPLE);
    let points = rows.map(|(bins, &cluster)| {
        let (x, y) = axes.place(bins.iter().map(|&b| (b as usize, 1)));
        (x, y, numbers[usize::from(cluster)])
    });
    Ok(Found {
        plan: plan.finding(),
        people: survey.people,
        members: survey.members,
        inertia: sums.inertia(&space),
        counts: counts.into_iter().take(sizes.len()).collect(),
        sizes,
        choices,
        contrast: differ.map(|differ| differ.report),
        points: points.collect(),
        drawn: survey.first(map::PEOPLE),
        axes,
        base: survey.base,
    })
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
    order.order_by_key(|&c| std::cmp::Reverse(sizes[c]));
    let mut numbers = vec![0; sizes.len()];
    order.iter().zip(1..).for_each(|(&c, number)| numbers[c] = number);
    numbers
}
