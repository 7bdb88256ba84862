//! How like two crowds are: share vectors over the columns of the tag file (`formulas.md` F16), and what a
//! merge costs (Ward).
//!
//! Each column is a group whose shares add up to 1. Missing values are left out, so that a gap in the data is
//! no likeness; of a column with several labels a person the shares are of all its labels. Columns that more
//! than 95 % of the crowd lack, or in which all are the same, are left out, as are those the plan leaves out
//! and those of the brand's own file: outside the seed nobody has them.

use super::space::{idf, tells};
use crate::num;
use crate::table::schema::{Namespace, Schema};
use std::ops::Range;

/// The columns two crowds are compared in.
pub(super) struct Columns {
    /// By column: its bins but the missing one.
    groups: Vec<Range<usize>>,
    /// By bin: its squared weight by rarity ([`super::space`]).
    squares: Vec<f64>,
}

impl Columns {
    /// The columns in which a crowd of so many people by bin says something.
    pub fn new(schema: &Schema, without: &[String], crowd: &[u64], members: u64) -> Self {
        let (mut groups, mut squares) = (Vec::new(), vec![0.0; schema.bins()]);
        for (f, feature) in schema.features.iter().enumerate() {
            let bins = schema.starts[f]..schema.starts[f + 1];
            let used = feature.namespace == Namespace::Tags && !without.contains(&feature.name());
            if used && tells(&crowd[bins.clone()], members) {
                for (code, bin) in bins.clone().enumerate() {
                    let weight = idf(code, crowd[bin], members);
                    squares[bin] = weight * weight;
                }
                groups.push(bins.start + 1..bins.end);
            }
        }
        Columns { groups, squares }
    }
    /// All labels.
    pub fn bins(&self) -> impl Iterator<Item = usize> {
        self.groups.iter().cloned().flatten()
    }
    /// What merging two crowds adds to the sum of squares: n·m / (n + m) · Σ w² (p − q)².
    pub fn ward(&self, (a, n): (&[u64], u64), (b, m): (&[u64], u64)) -> f64 {
        let (n, m) = (n.max(1) as f64, m.max(1) as f64);
        let apart = |bin: usize| a[bin] as f64 / n - b[bin] as f64 / m;
        let square: f64 = self.bins().map(|bin| self.squares[bin] * apart(bin) * apart(bin)).sum();
        n * m / (n + m) * square
    }
    /// Shares of a crowd with these people by bin.
    pub fn shares(&self, counts: &[u64]) -> Vec<f64> {
        let mut shares = Vec::new();
        for group in &self.groups {
            let all: u64 = counts[group.clone()].iter().sum();
            shares.extend(counts[group.clone()].iter().map(|&n| n as f64 / all.max(1) as f64));
        }
        shares
    }
    /// d_norm of two share vectors: √Σ(p − q)² / √(2m), 0 for equals, at most 1.
    pub fn distance(&self, p: &[f64], q: &[f64]) -> f64 {
        let square: f64 = p.iter().zip(q).map(|(p, q)| (p - q) * (p - q)).sum();
        num::sqrt(square / (2.0 * self.groups.len().max(1) as f64))
    }
}
