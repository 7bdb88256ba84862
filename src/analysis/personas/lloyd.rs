//! Lloyd's iteration on people at the desk, and the rule that ends it there and over everyone.

use super::dice::Dice;
use super::pace::Pace;
use super::sample::Sample;
use super::space::Space;
use super::start::plus_plus;
use super::sums::Sums;
use super::tables::Tables;
use crate::error::Result;

/// Rounds, at most.
pub(super) const ROUNDS: usize = 100;

/// A clustering: sums, inertia and labels of one and the same assignment.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// Everyone's cluster.
    pub labels: Vec<u8>,
    /// The clusters.
    pub sums: Sums,
    /// Their inertia.
    pub inertia: f64,
}

/// Whether another round is of no use.
pub(super) struct Halt {
    least: f64,
    inertia: f64,
    rounds: usize,
}

impl Halt {
    /// Ends when the inertia falls by less than this part of it, when nobody moves, or after [`ROUNDS`].
    pub fn new(least: f64) -> Self {
        Halt { least, inertia: f64::INFINITY, rounds: 0 }
    }
    /// Whether to end after this round.
    pub fn after(&mut self, moved: u64, inertia: f64) -> bool {
        self.rounds += 1;
        let gain = self.inertia - inertia;
        self.inertia = inertia;
        moved == 0 || gain < self.least * inertia || self.rounds == ROUNDS
    }
}

/// The clustering of lowest inertia among `starts` starts; the first of equals.
pub(super) async fn best(
    pace: &mut Pace<'_>,
    sample: &Sample,
    space: &Space,
    k: usize,
    starts: usize,
    dice: &mut Dice,
) -> Result<Run> {
    let mut best = once(pace, sample, space, k, dice).await?;
    for _ in 1..starts {
        let run = once(pace, sample, space, k, dice).await?;
        if run.inertia < best.inertia {
            best = run;
        }
    }
    Ok(best)
}

/// One start, followed until the inertia falls by less than a ten-thousandth a round: the rounds over
/// everyone do the rest.
async fn once(pace: &mut Pace<'_>, sample: &Sample, space: &Space, k: usize, dice: &mut Dice) -> Result<Run> {
    let start = plus_plus(sample, space, k, dice);
    pace.spend(2 * k * sample.rows.cells()).await?;
    let mut tables = sample.tables_of(space, &start);
    let mut run = Run { labels: vec![u8::MAX; sample.len()], sums: Sums::new(k, space.bins()), inertia: 0.0 };
    let mut halt = Halt::new(1e-4);
    loop {
        run.sums.moved = 0;
        assign(sample, space, &tables, &mut run);
        run.inertia = run.sums.inertia(space);
        pace.spend(sample.rows.cells()).await?;
        if halt.after(run.sums.moved, run.inertia) {
            return Ok(run);
        }
        tables = centres(&run.sums, sample, space);
    }
}

fn assign(sample: &Sample, space: &Space, tables: &Tables, run: &mut Run) {
    let Run { labels, sums, .. } = run;
    tables.nearest(&sample.rows, &sample.scales, |i, cluster, _| {
        let was = labels[i];
        if usize::from(was) != cluster {
            labels[i] = cluster as u8;
            let from = (was != u8::MAX).then_some(usize::from(was));
            sums.shift(space, from, cluster, sample.rows.of(i), sample.scales[i]);
        }
    });
}

/// The centres for the next round. A cluster that lost everyone starts again at the person of the sample who
/// is farthest from every centre; it stays empty if all stand on centres.
pub(super) fn centres(sums: &Sums, sample: &Sample, space: &Space) -> Tables {
    if !sums.emptied() {
        return sums.tables(space);
    }
    let mut sums = sums.clone();
    while let Some(empty) = sums.sizes.iter().position(|&n| n == 0) {
        let Some(far) = sample.farthest(&sums.tables(space)) else { break };
        sums.shift(space, None, empty, sample.rows.of(far), sample.scales[far]);
    }
    sums.tables(space)
}
