//! A tree on its way: leaf by leaf the best split first (Shi, Best-first decision tree learning, 2007), several leaves
//! per pass while their gains are alike.

use super::layout::Layout;
use super::search::{Found, Pull, Terms, best, real};
use super::seat::{LEAVES, fine};
use super::tree::{Split, Tree};
use crate::num::Order;
use crate::table::schema::Schema;

/// Leaves whose gain is at least this share of the best one's are split in the same pass.
const ALIKE: f64 = 0.25;
/// No leaf adds more log-odds than this.
const MOST: f64 = 4.0;

/// What a leaf says.
#[derive(Clone, Copy, Debug)]
pub enum Leaf {
    /// This share of the best step of the log-odds.
    Step(f64),
    /// The share of the seed, where all margins are those of this share.
    Chance(f64),
}

#[derive(Debug)]
struct Part {
    sums: Vec<Pull>,
    whole: Pull,
    best: Option<Found>,
}

/// A tree on its way.
#[derive(Debug)]
pub struct Growth {
    layout: Layout,
    terms: Terms,
    most: usize,
    leaves: Vec<Part>,
    splits: Vec<Split>,
    /// The last splits, whose histograms are awaited: pairs of (asked for, sibling).
    awaited: Vec<(usize, usize)>,
}

impl Growth {
    /// A tree of everyone in one leaf, whose histogram this is.
    pub fn new(schema: &Schema, layout: &Layout, terms: Terms, most: usize, sums: Vec<Pull>) -> Growth {
        let whole = sums[0];
        let found = best(schema, layout, terms, &sums);
        let leaves = vec![Part { sums, whole, best: found }];
        let most = most.min(LEAVES);
        Growth { layout: layout.clone(), terms, most, leaves, splits: Vec::new(), awaited: Vec::new() }
    }
    /// The next splits and the leaves whose histograms are wanted, one per split, or none if these were the last.
    pub fn next(&mut self) -> (Vec<Split>, Vec<u8>) {
        let gain = |leaf: &Part| leaf.best.as_ref().map_or(0.0, |found| found.gain);
        let mut order: Vec<usize> = (0..self.leaves.len()).filter(|&l| gain(&self.leaves[l]) > 0.0).collect();
        order.order_by(|&a, &b| gain(&self.leaves[b]).total_cmp(&gain(&self.leaves[a])));
        let enough = order.first().map_or(0.0, |&leaf| ALIKE * gain(&self.leaves[leaf]));
        order.retain(|&leaf| gain(&self.leaves[leaf]) >= enough);
        order.truncate(self.most.saturating_sub(self.leaves.len()));
        let made: Vec<Split> = order.into_iter().filter_map(|leaf| self.split(leaf)).collect();
        self.splits.extend(made.iter().cloned());
        if self.leaves.len() >= self.most {
            self.awaited.clear();
        }
        let build = self.awaited.iter().map(|&(asked, _)| asked as u8).collect();
        (made, build)
    }
    fn split(&mut self, leaf: usize) -> Option<Split> {
        let found = self.leaves[leaf].best.take()?;
        let (new, whole) = (self.leaves.len(), self.leaves[leaf].whole);
        let left = [whole[0] - found.right[0], whole[1] - found.right[1]];
        self.awaited.push(if found.right[1] <= left[1] { (new, leaf) } else { (leaf, new) });
        self.leaves[leaf].whole = left;
        self.leaves.push(Part { sums: Vec::new(), whole: found.right, best: None });
        Some(Split { leaf: leaf as u8, new: new as u8, feature: found.feature, test: found.test })
    }
    /// Takes the histograms asked for, in order.
    pub fn take(&mut self, schema: &Schema, histograms: impl Iterator<Item = Vec<Pull>>) {
        for ((asked, sibling), sums) in std::mem::take(&mut self.awaited).into_iter().zip(histograms) {
            // The parent's stand with the leaf that kept its number.
            let mut rest = std::mem::take(&mut self.leaves[asked.min(sibling)].sums);
            for (rest, some) in rest.iter_mut().zip(&sums) {
                *rest = [rest[0] - some[0], rest[1] - some[1]];
            }
            (self.leaves[asked].sums, self.leaves[sibling].sums) = (sums, rest);
            for leaf in [asked, sibling] {
                self.leaves[leaf].best = best(schema, &self.layout, self.terms, &self.leaves[leaf].sums);
            }
        }
    }
    /// The finished tree.
    pub fn tree(self, leaf: Leaf) -> Tree {
        let value = |at: &Part| {
            let (slope, bend) = real(at.whole);
            match leaf {
                Leaf::Step(rate) => fine((-rate * slope / (bend + self.terms.l2)).clamp(-MOST, MOST)),
                Leaf::Chance(p) => fine((p - p * (1.0 - p) * slope / bend).clamp(0.0, 1.0)),
            }
        };
        Tree {
            values: self.leaves.iter().map(value).collect(),
            covers: self.leaves.iter().map(|leaf| leaf.whole[1] as u64).collect(),
            splits: self.splits,
        }
    }
}
