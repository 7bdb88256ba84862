//! Passes over everyone in the crowd: a round of Lloyd's iteration, and the last pass that numbers the
//! clusters.

use super::fit::Scored;
use super::rows::Rows;
use super::space::Space;
use super::sums::Sums;
use super::tables::Tables;
use crate::audience::Expr;
use crate::error::{Kind, Result};
use crate::shard::{Analysis, Partial, Shard, add_up};
use crate::table::bits::Bits;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The measure that names everyone's persona: 1.., or 0 outside the crowd.
pub const PERSONA: &str = "persona";
/// The same before any merge.
pub const PART: &str = "persona.part";
/// Working measures, gone after the last pass: cluster + 1 of the last round, and the person's scale.
const LAST: &str = "personas.last";
const SCALE: &str = "personas.scale";
/// People turned into rows at a time: their rows and scores stay in the first-level cache.
const BLOCK: usize = 512;

/// One round: everyone goes to the nearest centre. The answer is the change since the last round.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Round {
    /// Whom to cluster.
    pub of: Expr,
    /// Where they stand.
    pub space: Space,
    /// Number of clusters.
    pub k: u8,
    /// The centres.
    pub tables: Tables,
    /// Whether nobody has a cluster yet.
    pub first: bool,
}

/// The crowd and the rows of a block.
pub(super) struct Walking {
    crowd: Bits,
    rows: Rows,
    who: Vec<usize>,
    scales: Vec<i64>,
}

impl Analysis for Round {
    const NAME: &'static str = "personas.round";
    type Partial = Sums;
    type Work = Walking;

    fn begin(&self, shard: &Shard) -> Result<Walking> {
        let known = !self.first && !shard.people.is_empty();
        if !self.tables.fit(&self.space) || self.space.bins() != shard.people.schema.bins() {
            return Err(Kind::WireBroken.into());
        }
        if known && !(shard.measures.contains_key(LAST) && shard.measures.contains_key(SCALE)) {
            return Err(Kind::TooEarly.into());
        }
        let crowd = shard.crowd(&self.of)?;
        Ok(Walking { crowd, rows: Rows::default(), who: Vec::new(), scales: Vec::new() })
    }

    fn add(&self, work: &mut Walking, shard: &mut Shard, rows: Range<usize>, sum: &mut Sums) {
        if sum.sizes.is_empty() {
            *sum = Sums::new(self.k.into(), self.space.bins());
        }
        // Taken out for the slice, so that the people can be read beside them.
        let mut last = std::mem::take(shard.measure(LAST, 0));
        let mut scale = std::mem::take(shard.measure(SCALE, 0));
        if self.first {
            last[rows.clone()].fill(0);
        }
        for from in rows.clone().step_by(BLOCK) {
            let block = from..rows.end.min(from + BLOCK);
            self.block(work, shard, block, (&mut last, &mut scale), sum);
        }
        *shard.measure(LAST, 0) = last;
        *shard.measure(SCALE, 0) = scale;
    }
}

impl Round {
    fn block(
        &self,
        work: &mut Walking,
        shard: &Shard,
        block: Range<usize>,
        (last, scale): (&mut [i32], &mut [i32]),
        sum: &mut Sums,
    ) {
        let Walking { crowd, rows, who, scales } = work;
        who.clear();
        who.extend(block.filter(|&i| crowd.has(i)));
        rows.fill(&shard.people, &self.space.features, who);
        if self.first {
            // At most 2²⁴ / the least weight of 2⁻⁶: below 2³¹.
            who.iter().zip(rows.iter()).for_each(|(&i, bins)| scale[i] = self.space.scale(bins) as i32);
        }
        scales.clear();
        scales.extend(who.iter().map(|&i| i64::from(scale[i])));
        self.tables.nearest(rows, scales, |j, cluster, _| {
            let was = &mut last[who[j]];
            let from = (*was > 0).then(|| *was as usize - 1);
            if from != Some(cluster) {
                *was = cluster as i32 + 1;
                sum.shift(&self.space, from, cluster, rows.of(j), scales[j]);
            }
        });
    }
}

/// Clusters get their numbers, and their people are counted bin by bin.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Number {
    /// By cluster of the rounds: its number from 1.
    pub numbers: Vec<u8>,
}

/// By cluster number less one, then by bin: people.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Counts(pub Vec<Vec<u64>>);

impl Partial for Counts {
    fn merge(&mut self, other: Self) {
        self.0.resize(self.0.len().max(other.0.len()), Vec::new());
        self.0.iter_mut().zip(&other.0).for_each(|(mine, theirs)| add_up(mine, theirs));
    }
}

impl Analysis for Number {
    const NAME: &'static str = "personas.number";
    type Partial = Counts;
    type Work = ();

    fn begin(&self, _: &Shard) -> Result<()> {
        Ok(())
    }

    fn add(&self, _: &mut (), shard: &mut Shard, rows: Range<usize>, sum: &mut Counts) {
        let last = std::mem::take(shard.measure(LAST, 0));
        let persona = shard.measure(PART, 0);
        for i in rows.clone() {
            let cluster = last[i] as usize;
            persona[i] = if cluster == 0 { 0 } else { self.numbers[cluster - 1].into() };
        }
        sum.0.resize(self.numbers.len(), vec![0; shard.people.schema.bins()]);
        let persona = &shard.measures[PART];
        for (codes, &first) in shard.people.columns.iter().zip(&shard.people.schema.starts) {
            codes.for_each(rows.clone(), |i, code| {
                if persona[i] > 0 {
                    sum.0[persona[i] as usize - 1][first + code] += 1;
                }
            });
        }
        if rows.end == shard.people.len() {
            shard.measures.remove(LAST);
            shard.measures.remove(SCALE);
        } else {
            *shard.measure(LAST, 0) = last;
        }
    }
}

/// Everyone's persona from another measure of theirs.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Group {
    /// That measure.
    pub from: String,
    /// By its value from 1: the number of the persona.
    pub personas: Vec<u8>,
}

impl Analysis for Group {
    const NAME: &'static str = "personas.group";
    type Partial = Scored;
    type Work = ();

    fn begin(&self, shard: &Shard) -> Result<()> {
        shard.known(&self.from).map(|_| ())
    }

    fn add(&self, _: &mut (), shard: &mut Shard, rows: Range<usize>, _: &mut Scored) {
        let persona = |number: i32| {
            let at = usize::try_from(number - 1).ok().and_then(|at| self.personas.get(at));
            at.copied().map_or(0, i32::from)
        };
        let of = shard.measures[&self.from][rows.clone()].iter().map(|&number| persona(number));
        let of: Vec<i32> = of.collect();
        shard.measure(PERSONA, 0)[rows].copy_from_slice(&of);
    }
}
