//! Sorting of short lists, compiled once. The library's sort is compiled anew for every type and comparison, some seven
//! kilobytes each; with sixty of them that was a tenth of the page. Here positions are sorted, and what they stand for is moved
//! after. For lists as long as people, use the library's.

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Stable sorting through one sort of positions.
pub trait Order<T> {
    /// Sorts by a comparison; equal ones stay as they stood.
    fn order_by(&mut self, compare: impl Fn(&T, &T) -> Ordering);
    /// Sorts by a key.
    fn order_by_key<K: Ord>(&mut self, key: impl Fn(&T) -> K);
    /// Sorts by their own order.
    fn order(&mut self)
    where
        T: Ord;
}

impl<T> Order<T> for [T] {
    fn order_by(&mut self, compare: impl Fn(&T, &T) -> Ordering) {
        let places = sorted(self.len(), &|a, b| compare(&self[a], &self[b]));
        arrange(self, places);
    }
    fn order_by_key<K: Ord>(&mut self, key: impl Fn(&T) -> K) {
        self.order_by(|a, b| key(a).cmp(&key(b)));
    }
    fn order(&mut self)
    where
        T: Ord,
    {
        self.order_by(T::cmp);
    }
}

/// A map of entries, the last of equal keys. Collecting into one would sort them first, by a sort of its own.
pub fn mapped<K: Ord, V>(entries: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    map.extend(entries);
    map
}

/// The positions in order.
fn sorted(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_by(|&a, &b| compare(a, b));
    places
}

/// Moves what stands at `places[i]` to `i`, cycle by cycle.
fn arrange<T>(list: &mut [T], mut places: Vec<usize>) {
    for start in 0..list.len() {
        let mut at = start;
        while places[at] != start {
            let from = places[at];
            list.swap(at, from);
            places[at] = at;
            at = from;
        }
        places[at] = at;
    }
}

/// The lower order statistic at a share of counted values: their median at one half.
pub fn at_share<K: Copy + Ord>(counts: &BTreeMap<K, u64>, share: f64) -> Option<K> {
    let all: u64 = counts.values().sum();
    let rank = (share * all.saturating_sub(1) as f64) as u64;
    let mut below = 0;
    counts.iter().find_map(|(value, count)| {
        below += count;
        (rank < below).then_some(*value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_stable_sort(list in proptest::collection::vec(0u8..20, 0..60)) {
            let mut ours: Vec<(u8, usize)> = list.iter().copied().zip(0..).collect();
            let mut theirs = ours.clone();
            ours.order_by_key(|&(key, _)| key);
            theirs.sort_by_key(|&(key, _)| key);
            prop_assert_eq!(&ours, &theirs);
            ours.order_by(|a, b| b.cmp(a));
            theirs.sort_by(|a, b| b.cmp(a));
            prop_assert_eq!(&ours, &theirs);
            ours.order();
            theirs.sort();
            prop_assert_eq!(ours, theirs);
        }
    }
}
