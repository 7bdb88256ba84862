//! Fine bins of a number to at most eight that differ (F4): neighbours are merged, the most alike first.

use crate::num::pair_chi2;
pub use crate::table::schema::span as label;
use std::ops::Range;

/// Bins shown of a number, the missing one not counted.
const MOST: usize = 8;
/// People a bin needs.
const LEAST_PEOPLE: u64 = 50;
/// One in how many people a bin needs: 5 %.
const LEAST_SHARE: u64 = 20;

/// Runs of fine bins that belong together, in order, covering all; `pos` and `neg` count crowd and rest.
///
/// Bins that are too small go first, the smallest into the neighbour it resembles more by χ²; then the two
/// neighbours that differ least, until eight are left. Quadratic in the fine bins, of which there are few.
pub fn merged(pos: &[u64], neg: &[u64]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = (0..pos.len()).map(|bin| bin..bin + 1).collect();
    let mut counts: Vec<(u64, u64)> = pos.iter().copied().zip(neg.iter().copied()).collect();
    let people: u64 = counts.iter().map(|(p, n)| p + n).sum();
    let least = LEAST_PEOPLE.max(people.div_ceil(LEAST_SHARE));
    while let Some(left) = next(&counts, least) {
        let (p, n) = counts.remove(left + 1);
        counts[left] = (counts[left].0 + p, counts[left].1 + n);
        runs[left].end = runs.remove(left + 1).end;
    }
    runs
}

/// The left one of the two neighbours to merge next, if any.
fn next(counts: &[(u64, u64)], least: u64) -> Option<usize> {
    if counts.len() < 2 {
        return None;
    }
    let apart = |left: usize| {
        let ((p0, n0), (p1, n1)) = (counts[left], counts[left + 1]);
        pair_chi2([p0, p1], [n0, n1])
    };
    let alike = |lefts: Range<usize>| lefts.min_by(|&a, &b| apart(a).total_cmp(&apart(b)));
    let size = |bin: usize| counts[bin].0 + counts[bin].1;
    let small = (0..counts.len()).filter(|&bin| size(bin) < least).min_by_key(|&bin| size(bin));
    match small {
        Some(bin) => alike(bin.saturating_sub(1)..(bin + 1).min(counts.len() - 1)),
        None => (counts.len() > MOST).then(|| alike(0..counts.len() - 1)).flatten(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_the_rate_are_found() {
        let neg = [900u64; 20];
        let pos: Vec<u64> = (0..20).map(|bin| if bin < 5 { 100 } else { 300 + bin % 2 }).collect();
        let runs = merged(&pos, &neg);
        assert_eq!(runs.len(), 8);
        assert!(runs.iter().any(|run| run.start == 5), "{runs:?}");
        assert_eq!((runs[0].start, runs[7].end), (0, 20));
        assert!(runs.windows(2).all(|pair| pair[0].end == pair[1].start));
    }

    #[test]
    fn no_bin_stays_small() {
        let pos = [3, 0, 1, 40, 0, 2, 9, 1];
        let neg = [10, 60, 0, 700, 5, 90, 30, 0];
        for run in merged(&pos, &neg) {
            let people: u64 = run.map(|bin| pos[bin] + neg[bin]).sum();
            assert!(people >= 50);
        }
        assert_eq!(merged(&[1, 2, 3], &[4, 5, 6]).len(), 1, "too few people for two bins");
        assert_eq!(merged(&[], &[]), []);
    }

    #[test]
    fn labels_join() {
        let name = |labels: &[&str]| label(&labels.iter().map(|l| l.to_string()).collect::<Vec<_>>());
        assert_eq!(name(&["[18, 25)", "[25, 31)", "[31, 60]"]), "[18, 60]");
        assert_eq!(name(&["[18, 25)"]), "[18, 25)");
        assert_eq!(name(&["0", "[1, 4)"]), "[0, 4)");
        assert_eq!(name(&["[1, 4)", "9"]), "[1, 9]");
    }
}
