//! Crowds by decile of a score: how many of each stand where, and how dense the seed is there.

use super::share;
use crate::audience::{Expr, rank};
use crate::error::Result;
use crate::shard::desk::Desk;
use crate::shard::{Analysis, Partial, Shard, add_up};
use crate::table::bits::Bits;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The question: people by crowd and slice of a score.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Deciles {
    /// The crowds.
    pub of: Vec<Expr>,
    /// The score's measure.
    pub measure: String,
    /// Lowest rank of each slice, best slice first.
    pub cuts: Vec<u64>,
}

/// People per slice. Empty until the first person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slices {
    /// Of the seed.
    pub seed: Vec<u64>,
    /// Outside it.
    pub rest: Vec<u64>,
    /// Outside it, of each crowd, crowd after crowd.
    pub crowds: Vec<u64>,
}

impl Partial for Slices {
    fn merge(&mut self, other: Self) {
        add_up(&mut self.seed, &other.seed);
        add_up(&mut self.rest, &other.rest);
        add_up(&mut self.crowds, &other.crowds);
    }
}

impl Analysis for Deciles {
    const NAME: &'static str = "crowd-deciles";
    type Partial = Slices;
    type Work = Vec<Bits>;

    fn begin(&self, shard: &Shard) -> Result<Vec<Bits>> {
        shard.known(&self.measure)?;
        self.of.iter().map(|crowd| shard.crowd(crowd)).collect()
    }

    fn add(&self, crowds: &mut Vec<Bits>, shard: &mut Shard, rows: Range<usize>, sum: &mut Slices) {
        let slices = self.cuts.len();
        for (counts, len) in
            [(&mut sum.seed, slices), (&mut sum.rest, slices), (&mut sum.crowds, slices * crowds.len())]
        {
            counts.resize(len, 0);
        }
        let scores = &shard.measures[&self.measure];
        for i in rows {
            let rank = rank(scores[i], shard.people.keys[i]);
            let slice = self.cuts.partition_point(|&cut| cut > rank);
            if slice == slices {
                continue;
            }
            if shard.seed.has(i) {
                sum.seed[slice] += 1;
                continue;
            }
            sum.rest[slice] += 1;
            for (at, crowd) in crowds.iter().enumerate() {
                sum.crowds[at * slices + slice] += u64::from(crowd.has(i));
            }
        }
    }
}

/// Crowds by decile of the score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct MatrixReport {
    /// The deciles of the people outside the seed, best first.
    pub columns: Vec<MatrixColumn>,
    /// People of each crowd, outside the seed, per decile.
    #[cfg_attr(test, ts(type = "Array<Array<number>>"))]
    pub rows: Vec<Vec<u64>>,
}

/// A decile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct MatrixColumn {
    /// Those who score here, the seed left out.
    pub crowd: Expr,
    /// People outside the seed.
    #[cfg_attr(test, ts(type = "number"))]
    pub people: u64,
    /// Seed people who score here, out of fold.
    #[cfg_attr(test, ts(type = "number"))]
    pub seed_people: u64,
    /// Density of the seed here: the rate to expect.
    pub rate: f64,
}

impl crate::gate::Cells for MatrixReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        let columns = self.columns.iter().flat_map(|column| [column.people, column.seed_people]);
        columns.chain(self.rows.iter().flatten().copied()).for_each(visit);
    }
}

/// Counts crowds at these cuts (hex ranks, best slice first).
pub async fn matrix(desk: &Desk, of: &[Expr], measure: &str, cuts: &[String]) -> Result<MatrixReport> {
    let ranks = cuts.iter().map(|cut| u64::from_str_radix(cut, 16).unwrap_or(0)).collect();
    let question = Deciles { of: of.to_vec(), measure: measure.into(), cuts: ranks };
    let mut sum = desk.sum(&question).await?;
    sum.merge(Slices {
        seed: vec![0; cuts.len()],
        rest: vec![0; cuts.len()],
        crowds: vec![0; of.len() * cuts.len()],
    });
    let top = |at: usize| Expr::Top { measure: measure.into(), cut: cuts[at].clone() };
    let column = |at: usize| {
        let above =
            at.checked_sub(1).map_or(Expr::Seed, |above| Expr::Or { of: vec![top(above), Expr::Seed] });
        let (people, seed_people) = (sum.rest[at], sum.seed[at]);
        let rate = share(seed_people, people + seed_people);
        MatrixColumn { crowd: top(at).minus(above).canonical(), people, seed_people, rate }
    };
    let rows = sum.crowds.chunks(cuts.len().max(1)).map(<[u64]>::to_vec).collect();
    Ok(MatrixReport { columns: (0..cuts.len()).map(column).collect(), rows })
}
