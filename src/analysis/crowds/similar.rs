//! How alike crowds are: by whom they share, and by what their people are (`formulas.md` F16, F22).

use super::bins::{Bins, Tally};
use super::regions::{meeting, regions};
use super::share;
use crate::audience::Expr;
use crate::error::Result;
use crate::num;
use crate::shard::desk::Desk;
use crate::table::schema::{Namespace, Schema};
use serde::{Deserialize, Serialize};

/// Crowds compared with each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct SimilarityReport {
    /// People in all.
    #[cfg_attr(test, ts(type = "number"))]
    pub everyone: u64,
    /// People of each crowd.
    #[cfg_attr(test, ts(type = "Array<number>"))]
    pub people: Vec<u64>,
    /// People by exact membership: entry `m` counts those in the crowds whose bits are set in `m`, and in no other.
    #[cfg_attr(test, ts(type = "Array<number>"))]
    pub regions: Vec<u64>,
    /// Row against column.
    pub pairs: Vec<Vec<Pair>>,
}

/// One crowd beside another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Pair {
    /// People in both.
    #[cfg_attr(test, ts(type = "number"))]
    pub both: u64,
    /// People in both, of those in either.
    pub jaccard: f64,
    /// People in both, of the smaller crowd (overlap coefficient).
    pub containment: f64,
    /// People in both, over the geometric mean of the sizes (Ochiai's cosine).
    pub cosine: f64,
    /// Distance of what their people are, 0 to 1: d_norm over all tag columns. Absent if a crowd is empty.
    pub distance: Option<f64>,
    /// The word for it: `very-similar`, `similar`, `some-difference`, `different`.
    pub alike: Option<String>,
    /// Concentration: share of the row's people who are in the column's crowd.
    pub concentration: f64,
    /// The same against everyone: 100 is chance.
    pub index: Option<f64>,
}

impl crate::gate::Cells for SimilarityReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        let both = self.pairs.iter().flatten().map(|pair| pair.both);
        self.people.iter().chain(&self.regions).copied().chain(both).for_each(visit);
    }
}

/// Compares up to eight crowds.
pub async fn similarity(desk: &Desk, schema: &Schema, of: &[Expr]) -> Result<SimilarityReport> {
    let regions = regions(desk, of).await?;
    let tally = desk.sum(&Bins { of: of.to_vec() }).await?;
    let people: Vec<u64> = (0..of.len()).map(|k| meeting(&regions, &[k])).collect();
    let everyone = regions.iter().sum();
    let pair = |a: usize, b: usize| {
        let both = meeting(&regions, &[a, b]);
        let (n, m) = (people[a], people[b]);
        let distance = (n > 0 && m > 0).then(|| distance(schema, &tally, a, b));
        Pair {
            both,
            jaccard: share(both, n + m - both),
            containment: share(both, n.min(m)),
            cosine: if both == 0 { 0.0 } else { both as f64 / num::sqrt(n as f64 * m as f64) },
            distance,
            alike: distance.map(|d| word(d).into()),
            concentration: share(both, n),
            index: num::tgi(both, n, m, everyone).tgi,
        }
    };
    let pairs = (0..of.len()).map(|a| (0..of.len()).map(|b| pair(a, b)).collect()).collect();
    Ok(SimilarityReport { everyone, people, regions, pairs })
}

/// d_norm: every tag column is one group whose shares sum to one (labels of a multi-valued column by label), so the
/// largest distance of m groups is √(2m).
fn distance(schema: &Schema, tally: &Tally, a: usize, b: usize) -> f64 {
    let (mut squares, mut groups) = (0.0, 0.0);
    for (f, _) in schema.features.iter().enumerate().filter(|(_, f)| f.namespace == Namespace::Tags) {
        let bins = schema.starts[f]..schema.starts[f + 1];
        let (p, q) = (&tally.of(a)[bins.clone()], &tally.of(b)[bins]);
        let (n, m) = (p.iter().sum(), q.iter().sum());
        groups += 1.0;
        for (&x, &y) in p.iter().zip(q) {
            let apart = share(x, n) - share(y, m);
            squares += apart * apart;
        }
    }
    if groups == 0.0 { 0.0 } else { num::sqrt(squares / (2.0 * groups)) }
}

/// The bands of F16.
fn word(distance: f64) -> &'static str {
    match distance {
        d if d < 0.1 => "very-similar",
        d if d < 0.3 => "similar",
        d if d <= 0.5 => "some-difference",
        _ => "different",
    }
}
