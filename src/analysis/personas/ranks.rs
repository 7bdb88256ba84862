//! Exact cuts: order statistics of people by a measure, several pools of people in one walk a round.

use crate::audience::{Expr, rank};
use crate::error::{Error, Kind, Result};
use crate::shard::desk::Desk;
use crate::shard::select::{Counts, Round, Select};
use crate::shard::{Analysis, Partial, Shard};
use crate::table::bits::Bits;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// People ranked by a measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Pool {
    /// Who.
    pub crowd: Expr,
    /// By what.
    pub measure: String,
}

impl Pool {
    /// Those whose rank is at or above a cut.
    pub fn top(&self, cut: u64) -> Expr {
        let top = Expr::Top { measure: self.measure.clone(), cut: format!("{cut:016x}") };
        Expr::And { of: vec![self.crowd.clone(), top] }
    }
}

/// The question: count the next bits of the ranks in each pool.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Ranks {
    /// Pools, each with what is to be counted.
    pub pools: Vec<(Pool, Round)>,
}

/// The answer, pool by pool.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct RankCounts(Vec<Counts>);

impl Partial for RankCounts {
    fn merge(&mut self, other: Self) {
        self.0.resize(self.0.len().max(other.0.len()), Counts::default());
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| mine.merge(theirs));
    }
}

impl Analysis for Ranks {
    const NAME: &'static str = "personas.ranks";
    type Partial = RankCounts;
    type Work = Vec<Bits>;

    fn begin(&self, shard: &Shard) -> Result<Vec<Bits>> {
        let known = |name: &String| shard.people.is_empty() || shard.measures.contains_key(name);
        if let Some((pool, _)) = self.pools.iter().find(|(pool, _)| !known(&pool.measure)) {
            return Err(Error::new(Kind::TooEarly).column(pool.measure.as_str()));
        }
        self.pools.iter().map(|(pool, _)| shard.crowd(&pool.crowd)).collect()
    }

    fn add(&self, crowds: &mut Vec<Bits>, shard: &mut Shard, rows: Range<usize>, sum: &mut RankCounts) {
        sum.0.resize(self.pools.len(), Counts::default());
        for (((pool, round), crowd), counts) in self.pools.iter().zip(crowds).zip(&mut sum.0) {
            let values = &shard.measures[&pool.measure];
            for i in rows.clone().filter(|&i| crowd.has(i)) {
                round.add(counts, rank(values[i], shard.people.keys[i]));
            }
        }
    }
}

/// For each pool, the ranks at these places from the lowest (0-based).
pub(super) async fn ranks(desk: &Desk, pools: &[(Pool, Vec<u64>)]) -> Result<Vec<Vec<u64>>> {
    let mut selects: Vec<Select> = pools.iter().map(|(_, places)| Select::new(places)).collect();
    loop {
        let open: Vec<usize> = (0..pools.len()).filter(|&p| selects[p].round().is_some()).collect();
        if open.is_empty() {
            return Ok(selects.iter().map(Select::values).collect());
        }
        let asked = open.iter().filter_map(|&p| Some((pools[p].0.clone(), selects[p].round()?.clone())));
        let counted = desk.sum(&Ranks { pools: asked.collect() }).await?;
        let empty = Counts::default();
        for (at, &p) in open.iter().enumerate() {
            selects[p].next(counted.0.get(at).unwrap_or(&empty));
        }
    }
}
