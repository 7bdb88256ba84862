//! Where the bins of columns stand in a histogram.
//!
//! Labels are numbered by how many people have them, so the rare ones are the last: those that fewer people have than
//! a leaf may have at least are one place together (of one-valued columns) or none (of multi-valued ones, where
//! each label is a yes or no of its own). Histograms stay small however many labels a column has.

use super::search::Pull;
use crate::analysis::lookalike::survey::Tally;
use crate::id::Key;
use crate::table::schema::{FeatureKind, Schema};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Most places of a histogram.
const MOST: usize = 1 << 14;

/// A column and its places.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Position in the schema.
    pub feature: usize,
    /// Place of code 0.
    pub start: usize,
    /// The last code with a place of its own; one-valued columns put all later ones there, too.
    pub top: usize,
    /// Of one-valued columns the place most people are in: nobody is counted there, it is what is left of the whole.
    pub bare: Option<usize>,
}

impl Column {
    /// Places it takes.
    pub fn places(&self) -> usize {
        self.top + 1
    }
    /// Where a code is counted, if it is.
    #[inline]
    pub fn place(&self, code: usize) -> Option<usize> {
        match self.bare {
            Some(bare) => Some(code.min(self.top)).filter(|&at| at != bare).map(|at| self.start + at),
            None => (code <= self.top).then_some(self.start + code),
        }
    }
}

/// Columns side by side; place 0 is everyone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// The columns.
    pub columns: Vec<Column>,
    /// Places in all.
    pub places: usize,
}

impl Layout {
    /// All columns of these features; bins of fewer than `least` people are rare, and more if there are too many.
    pub fn new(schema: &Schema, features: &[usize], tally: &Tally, least: u64) -> Layout {
        let column = |&feature: &usize| {
            let bins = schema.starts[feature]..schema.starts[feature + 1];
            let labelled =
                matches!(schema.features[feature].kind, FeatureKind::Category | FeatureKind::Multi);
            let common = bins.clone().rposition(|bin| tally.bin(bin) >= least).unwrap_or(0);
            let rest = usize::from(schema.features[feature].kind == FeatureKind::Category);
            let last = bins.len() - 1;
            let top = if labelled { last.min(common + rest) } else { last };
            let people = |at: usize| match at == top {
                true => bins.clone().skip(top).map(|bin| tally.bin(bin)).sum(),
                false => tally.bin(bins.start + at),
            };
            let one_valued = schema.features[feature].kind != FeatureKind::Multi;
            let bare = (0..=top).rev().max_by_key(|&at| people(at)).filter(|_| one_valued);
            Column { feature, start: 0, top, bare }
        };
        let layout = Layout::of(features.iter().map(column).collect());
        if layout.places > MOST { Layout::new(schema, features, tally, least.max(1) * 2) } else { layout }
    }
    /// The places of its columns, and that of everyone.
    pub fn seen(&self) -> Vec<Range<usize>> {
        let places = |column: &Column| column.start..column.start + column.places();
        std::iter::once(0..1).chain(self.columns.iter().map(places)).collect()
    }
    /// A share of the columns, drawn by this seed, where they stand.
    pub fn drawn(&self, share: f64, seed: u64) -> Layout {
        let wanted = (share * self.columns.len() as f64).ceil() as usize;
        let rank = |column: &Column| Key((column.feature as u128).to_le_bytes()).mix(seed);
        let mut ranks: Vec<u64> = self.columns.iter().map(rank).collect();
        ranks.sort_unstable();
        let Some(&last) = ranks.get(wanted.max(1) - 1) else { return self.clone() };
        let columns = self.columns.iter().filter(|column| rank(column) <= last).cloned().collect();
        Layout { columns, places: self.places }
    }
    /// Fills the bare places of a histogram in: what the other places of a column leave of the whole.
    pub fn fill(&self, sums: &mut [Pull]) {
        let whole = sums[0];
        for column in &self.columns {
            let Some(bare) = column.bare else { continue };
            let bins = &mut sums[column.start..column.start + column.places()];
            let others = bins.iter().fold([0, 0], |sum, bin| [sum[0] + bin[0], sum[1] + bin[1]]);
            bins[bare] = [whole[0] - others[0], whole[1] - others[1]];
        }
    }
    fn of(mut columns: Vec<Column>) -> Layout {
        let mut places = 1;
        for column in &mut columns {
            column.start = places;
            places += column.places();
        }
        Layout { columns, places }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shard::testing::feature;

    #[test]
    fn rare_labels_share_a_place_or_have_none() {
        let kinds = [FeatureKind::Category, FeatureKind::Multi, FeatureKind::Number];
        let schema = Schema::new(kinds.map(|kind| feature("f", kind, 5)).to_vec());
        let counts = [0, 90, 50, 3, 2, 0, 90, 50, 3, 2, 1, 1, 1, 1, 1];
        let tally = Tally { seed_bins: counts.to_vec(), rest_bins: vec![0; 15], ..Tally::default() };
        let layout = Layout::new(&schema, &[0, 1, 2], &tally, 20);
        let tops: Vec<(usize, usize)> = layout.columns.iter().map(|c| (c.start, c.top)).collect();
        assert_eq!((tops, layout.places), (vec![(1, 3), (5, 2), (8, 4)], 13));
    }

    #[test]
    fn drawing_takes_the_share() {
        let columns = (0..10).map(|feature| Column { feature, start: 0, top: 2, bare: None }).collect();
        let all = Layout::of(columns);
        let some = all.drawn(0.7, 5);
        assert_eq!((some.columns.len(), some.places), (7, 31));
        assert!(some != all.drawn(0.7, 6) && some == all.drawn(0.7, 5));
        assert_eq!(all.drawn(0.01, 5).columns.len(), 1);
    }
}
