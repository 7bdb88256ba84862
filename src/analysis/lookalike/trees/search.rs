//! The best split of a leaf, from its histogram: ordered bins by a border, labels of one column by their gradient (the
//! best subset is a run of the labels so sorted: Fisher, JASA 53, 1958), labels of many-valued columns one by one;
//! the missing bin of ordered columns on either side.
//!
//! Gain of a split: G²/(H + λ) of both sides less that of the leaf (Chen and Guestrin, KDD 2016, equation 7, twice).

use super::layout::{Column, Layout};
use super::seat::{BENT, STEEP};
use super::tree::Test;
use crate::num::Order;
use crate::table::schema::{FeatureKind, Schema};

/// Added to λ where labels are sorted by what they are tested for, and to the curvature by which they are sorted.
const SORTED: f64 = 10.0;

/// Gradient and curvature, summed.
pub type Pull = [i64; 2];

/// What a split must keep to.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Strength of the ridge on leaves.
    pub l2: f64,
    /// Least curvature of a leaf.
    pub least: f64,
}

/// A split worth making.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Gain.
    pub gain: f64,
    /// Column of the schema.
    pub feature: usize,
    /// Who goes right.
    pub test: Test,
    /// Sums of the right side.
    pub right: Pull,
}

/// Both sums as numbers.
pub fn real(pull: Pull) -> (f64, f64) {
    (pull[0] as f64 / f64::from(1 << STEEP), pull[1] as f64 / f64::from(1 << BENT))
}

/// Best split of the leaf with these sums.
pub fn best(schema: &Schema, layout: &Layout, terms: Terms, sums: &[Pull]) -> Option<Found> {
    let mut search = Search { terms, whole: sums[0], best: None };
    for column in &layout.columns {
        let bins = &sums[column.start..column.start + column.places()];
        match schema.features[column.feature].kind {
            FeatureKind::Number | FeatureKind::Date => search.ordered(column, bins),
            FeatureKind::Category => search.sorted(column, bins),
            FeatureKind::Multi => search.each(column, bins),
        }
    }
    search.best
}

struct Search {
    terms: Terms,
    whole: Pull,
    best: Option<Found>,
}

impl Search {
    /// The gain if these go right; nothing if a side is too small or nothing is gained.
    fn gain(&self, right: Pull, extra: f64) -> Option<f64> {
        let left = [self.whole[0] - right[0], self.whole[1] - right[1]];
        let ((gr, hr), (gl, hl), (g, h)) = (real(right), real(left), real(self.whole));
        let l2 = self.terms.l2 + extra;
        let gain = gr * gr / (hr + l2) + gl * gl / (hl + l2) - g * g / (h + self.terms.l2);
        (hr.min(hl) >= self.terms.least && gain > 0.0).then_some(gain)
    }
    fn offer(&mut self, gain: Option<f64>, column: &Column, right: Pull, test: impl FnOnce() -> Test) {
        if let Some(gain) = gain.filter(|&gain| self.best.as_ref().is_none_or(|best| gain > best.gain)) {
            self.best = Some(Found { gain, feature: column.feature, test: test(), right });
        }
    }
    /// Everything from a border up, the missing with them or not.
    fn ordered(&mut self, column: &Column, bins: &[Pull]) {
        let mut right = [0, 0];
        for border in (1..bins.len()).rev() {
            right = sum(right, bins[border]);
            self.offer(self.gain(right, 0.0), column, right, || Test::among(border..bins.len(), column.top));
            if bins[0][1] > 0 {
                let with = sum(right, bins[0]);
                let test = || Test::among((border..bins.len()).chain([0]), column.top);
                self.offer(self.gain(with, 0.0), column, with, test);
            }
        }
    }
    /// The labels that pull most, as many as are best.
    fn sorted(&mut self, column: &Column, bins: &[Pull]) {
        let steep = |bin: &Pull| real(*bin).0 / (real(*bin).1 + SORTED);
        let mut order: Vec<(f64, usize)> =
            (0..bins.len()).filter(|&b| bins[b][1] > 0).map(|b| (steep(&bins[b]), b)).collect();
        order.order_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut right = [0, 0];
        for taken in 1..order.len() {
            right = sum(right, bins[order[taken - 1].1]);
            let test = || Test::among(order[..taken].iter().map(|o| o.1), column.top);
            self.offer(self.gain(right, SORTED), column, right, test);
        }
    }
    /// One label against all who do not have it.
    fn each(&mut self, column: &Column, bins: &[Pull]) {
        for (label, &right) in bins.iter().enumerate().filter(|(_, bin)| bin[1] > 0) {
            self.offer(self.gain(right, 0.0), column, right, || Test::Has(label as u16));
        }
    }
}

fn sum(a: Pull, b: Pull) -> Pull {
    [a[0] + b[0], a[1] + b[1]]
}
