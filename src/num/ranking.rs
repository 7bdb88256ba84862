//! How well a ranking finds the crowd (`formulas.md` F5, F6), from counts per score bucket.
//!
//! Buckets stand in ascending order of score; `pos` and `neg` are people in the crowd and outside, as many
//! buckets on both sides. People in one bucket are tied.

use super::interval::{Interval, lift_interval};
use super::normal::Z95;
use super::sqrt;

/// Area under the ROC curve: the chance that a member scores above a stranger, ties ½. ½ where either side is
/// empty. Counted in whole numbers up to the last division.
pub fn auc_from_histogram(pos: &[u64], neg: &[u64]) -> f64 {
    let (mut twice, mut below, mut members) = (0u128, 0u128, 0u128);
    for (&p, &n) in pos.iter().zip(neg) {
        twice += u128::from(p) * (2 * below + u128::from(n));
        below += u128::from(n);
        members += u128::from(p);
    }
    if members * below == 0 { 0.5 } else { twice as f64 / (2 * members * below) as f64 }
}

/// The Kolmogorov–Smirnov distance between the scores of members and strangers; 0 where either side is empty.
pub fn ks_from_histogram(pos: &[u64], neg: &[u64]) -> f64 {
    let (members, strangers) = (total(pos), total(neg));
    let (mut p, mut n, mut widest) = (0u128, 0u128, 0u128);
    for (&more_p, &more_n) in pos.iter().zip(neg) {
        p += u128::from(more_p);
        n += u128::from(more_n);
        widest = widest.max((p * strangers).abs_diff(n * members));
    }
    if members * strangers == 0 { 0.0 } else { widest as f64 / (members * strangers) as f64 }
}

fn total(counts: &[u64]) -> u128 {
    counts.iter().copied().map(u128::from).sum()
}

/// Area under precision over recall, as scikit-learn's `average_precision_score` defines it:
/// Σ (Rᵢ − Rᵢ₋₁) Pᵢ from the highest score down, without interpolation. 0 without members.
pub fn pr_auc_from_histogram(pos: &[u64], neg: &[u64]) -> f64 {
    let members = total(pos) as f64;
    let (mut hits, mut taken, mut sum) = (0u64, 0u64, 0.0);
    for (&p, &n) in pos.iter().zip(neg).rev() {
        hits += p;
        taken += p + n;
        if p > 0 {
            sum += p as f64 / members * (hits as f64 / taken as f64);
        }
    }
    sum
}

/// The standard error of an AUC (Hanley and McNeil, Radiology 143, 1982; F6). Infinite where a side is empty.
pub fn hanley_mcneil_se(auc: f64, members: u64, strangers: u64) -> f64 {
    let (p, n) = (members as f64, strangers as f64);
    if p * n == 0.0 {
        return f64::INFINITY;
    }
    let (q1, q2) = (auc / (2.0 - auc), 2.0 * auc * auc / (1.0 + auc));
    let variance = auc * (1.0 - auc) + (p - 1.0) * (q1 - auc * auc) + (n - 1.0) * (q2 - auc * auc);
    sqrt(variance.max(0.0) / (p * n))
}

/// AUC ± z · its standard error, within 0 and 1.
pub fn auc_interval(auc: f64, members: u64, strangers: u64) -> Interval {
    let half = Z95 * hanley_mcneil_se(auc, members, strangers);
    Interval { low: (auc - half).max(0.0), high: (auc + half).min(1.0) }
}

/// The top of a ranking.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Top {
    /// People taken, in parts where the cut runs through ties.
    pub people: f64,
    /// Members among them.
    pub positives: f64,
    /// Share of all members that is found.
    pub gain: f64,
    /// How many times more than by chance.
    pub lift: f64,
    /// Share of the taken who are members.
    pub precision: f64,
    /// The interval of the lift.
    pub lift_interval: Interval,
}

/// The top `share` (0 < share ≤ 1) of everyone. Where the cut runs through a bucket, its members and strangers
/// are taken in proportion: the mean over all orders of the tied.
pub fn gain_at(pos: &[u64], neg: &[u64], share: f64) -> Top {
    let (members, everyone) = (total(pos) as f64, (total(pos) + total(neg)) as f64);
    if members == 0.0 || share <= 0.0 {
        return Top::default();
    }
    let people = share * everyone;
    let positives = members_within(pos, neg, people);
    Top {
        people,
        positives,
        gain: positives / members,
        lift: positives / members / share,
        precision: positives / people,
        lift_interval: lift_interval(positives, members, share),
    }
}

/// Members among the first `people` from the top.
fn members_within(pos: &[u64], neg: &[u64], people: f64) -> f64 {
    let (mut hits, mut taken) = (0u64, 0u64);
    for (&p, &n) in pos.iter().zip(neg).rev() {
        let room = people - taken as f64;
        if room < (p + n) as f64 {
            return hits as f64 + p as f64 * (room / (p + n) as f64);
        }
        hits += p;
        taken += p + n;
    }
    hits as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Members and strangers per bucket.
    fn buckets() -> impl Strategy<Value = (Vec<u64>, Vec<u64>)> {
        proptest::collection::vec((0u64..6, 0u64..6), 1..12).prop_map(|b| b.into_iter().unzip())
    }

    /// Every person's bucket, one list per side: the plain twin of the histograms.
    fn people(counts: &[u64]) -> Vec<usize> {
        counts.iter().enumerate().flat_map(|(i, n)| vec![i; *n as usize]).collect()
    }

    #[test]
    fn four_people() {
        // The example of scikit-learn's documentation: labels 0 0 1 1, scores .1 .4 .35 .8.
        let (pos, neg) = ([0, 1, 0, 1], [1, 0, 1, 0]);
        assert_eq!(auc_from_histogram(&pos, &neg), 0.75);
        assert!((pr_auc_from_histogram(&pos, &neg) - 0.833_333_333_333_333_3).abs() < 1e-15);
        assert_eq!(ks_from_histogram(&pos, &neg), 0.5);
    }

    #[test]
    fn one_side_empty() {
        assert_eq!(auc_from_histogram(&[3], &[0]), 0.5);
        assert_eq!(ks_from_histogram(&[0], &[3]), 0.0);
        assert_eq!(pr_auc_from_histogram(&[0], &[3]), 0.0);
        assert_eq!(gain_at(&[0], &[3], 0.1), Top::default());
        assert_eq!(auc_interval(0.7, 0, 5), Interval { low: 0.0, high: 1.0 });
    }

    #[test]
    fn f6_half_widths() {
        let table = [(25, 0.117), (100, 0.058), (500, 0.026), (1_000, 0.018), (2_000, 0.013), (5_000, 0.008)];
        for (n, want) in table {
            let half = Z95 * hanley_mcneil_se(0.7, n, 20 * n);
            assert!((half - want).abs() < 5.01e-4, "{n}: {half}");
        }
    }

    #[test]
    fn a_cut_through_ties_is_linear() {
        let top = gain_at(&[1, 4], &[9, 6], 0.25);
        assert_eq!((top.people, top.positives, top.gain, top.lift, top.precision), (5.0, 2.0, 0.4, 1.6, 0.4));
        assert_eq!(gain_at(&[1, 4], &[9, 6], 1.0).gain, 1.0);
        assert_eq!(gain_at(&[1, 4], &[9, 6], 0.5).gain, 0.8);
    }

    proptest! {
        #[test]
        fn auc_and_ks_are_what_pairs_say((pos, neg) in buckets()) {
            let (p, n) = (people(&pos), people(&neg));
            prop_assume!(!p.is_empty() && !n.is_empty());
            let score = |a: &usize, b: &usize| if a > b { 1.0 } else if a == b { 0.5 } else { 0.0 };
            let wins: f64 = p.iter().flat_map(|a| n.iter().map(move |b| score(a, b))).sum();
            prop_assert!((auc_from_histogram(&pos, &neg) - wins / (p.len() * n.len()) as f64).abs() < 1e-12);
            let below = |side: &[usize], cut| side.iter().filter(|b| **b <= cut).count() as f64 / side.len() as f64;
            let widest = (0..pos.len()).map(|c| (below(&p, c) - below(&n, c)).abs()).fold(0.0, f64::max);
            prop_assert!((ks_from_histogram(&pos, &neg) - widest).abs() < 1e-12);
        }

        #[test]
        fn gain_grows_to_one((pos, neg) in buckets()) {
            prop_assume!(total(&pos) > 0);
            let gains: Vec<f64> = (1..=20).map(|i| gain_at(&pos, &neg, f64::from(i) / 20.0).gain).collect();
            prop_assert!(gains.windows(2).all(|w| w[0] <= w[1] + 1e-12));
            prop_assert!((gains[19] - 1.0).abs() < 1e-12);
        }
    }
}
