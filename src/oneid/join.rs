//! From edges to people: union-find with rules. The strongest edge goes first (confidence, then the later day, then a hash of
//! both IDs), and one that would break a rule is not joined: no order of rows or files can steer who becomes one person.

use super::read::Edge;
use crate::id::Key;
use crate::num::Order;

/// What a person may be made of.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Most IDs of one person.
    pub cap: u8,
    /// The type of phones, where a person with a union ID has at most one.
    pub phone: Option<u8>,
    /// The type of union IDs.
    pub union: Option<u8>,
    /// Types whose IDs stand in the files that are matched.
    pub used: Vec<u8>,
}

/// People.
#[derive(Debug, Default, PartialEq)]
pub struct Joined {
    /// IDs of used types and the key each is counted under, in turn, where that is another; by ID.
    pub pairs: Vec<Key>,
    /// IDs by type.
    pub types: Vec<u64>,
    /// How many people have as many IDs as the position says.
    pub sizes: Vec<u64>,
    /// Different pairs.
    pub edges: u64,
    /// By source: pairs in all, joined, refused.
    pub sources: Vec<[u64; 3]>,
    /// The strongest refused pairs, with the rule; `counts` counts all.
    pub refused: Vec<(&'static str, Edge)>,
    /// Refused pairs by rule: one phone, cap.
    pub counts: [u64; 2],
}

/// Refused pairs that are listed.
const LISTED: usize = 10_000;
/// Names of the rules.
pub const RULES: [&str; 2] = ["one-phone", "cap"];

/// Joins edges. Types count by position: the first type that a person has names them, by its smallest key.
pub fn join(mut edges: Vec<Edge>, rules: &Rules) -> Joined {
    edges.order_by_key(|e| (e.ends(), std::cmp::Reverse((e.confidence, e.day)), e.source));
    edges.dedup_by_key(|e| e.ends());
    edges.order_by_key(|e| (std::cmp::Reverse((e.confidence, e.day)), e.hash(), e.ends()));
    let mut forest = Forest::new(&edges, rules);
    let mut joined = Joined { edges: edges.len() as u64, ..Joined::default() };
    for edge in &edges {
        let found = forest.add(edge, rules);
        let source = usize::from(edge.source);
        joined.sources.resize(joined.sources.len().max(source + 1), [0; 3]);
        joined.sources[source][0] += 1;
        match found {
            Ok(new) => joined.sources[source][1] += u64::from(new),
            Err(rule) => {
                joined.sources[source][2] += 1;
                joined.counts[rule] += 1;
                if joined.refused.len() < LISTED {
                    joined.refused.push((RULES[rule], *edge));
                }
            }
        }
    }
    drop(edges);
    forest.tell(rules, &mut joined);
    joined
}

/// IDs in the order in which they name people; the root of a tree is its smallest.
struct Forest {
    ids: Vec<(u8, Key)>,
    parent: Vec<u32>,
    /// Of roots: IDs and phones.
    size: Vec<[u8; 2]>,
    /// Of roots: whether there is a union ID.
    union: Vec<bool>,
}

impl Forest {
    fn new(edges: &[Edge], rules: &Rules) -> Forest {
        let mut ids: Vec<(u8, Key)> = edges.iter().flat_map(|e| e.ends()).collect();
        ids.order();
        ids.dedup();
        let is = |of: u8, a: Option<u8>| Some(of) == a;
        Forest {
            parent: (0..ids.len() as u32).collect(),
            size: ids.iter().map(|id| [1, u8::from(is(id.0, rules.phone))]).collect(),
            union: ids.iter().map(|id| is(id.0, rules.union)).collect(),
            ids,
        }
    }
    /// Whether the edge made two people one; or the rule it would break.
    fn add(&mut self, edge: &Edge, rules: &Rules) -> Result<bool, usize> {
        let mut roots = edge.ends().map(|end| {
            let at = self.ids.binary_search(&end).unwrap_or_default();
            self.root(at)
        });
        roots.order();
        let [a, b] = roots;
        if a == b {
            return Ok(false);
        }
        let sum = [0, 1].map(|i| self.size[a][i].saturating_add(self.size[b][i]));
        let union = self.union[a] || self.union[b];
        if union && sum[1] > 1 {
            return Err(0);
        }
        if sum[0] > rules.cap {
            return Err(1);
        }
        self.parent[b] = a as u32;
        (self.size[a], self.union[a]) = (sum, union);
        Ok(true)
    }
    fn root(&mut self, mut at: usize) -> usize {
        while self.parent[at] as usize != at {
            self.parent[at] = self.parent[self.parent[at] as usize];
            at = self.parent[at] as usize;
        }
        at
    }
    fn tell(mut self, rules: &Rules, joined: &mut Joined) {
        joined.sizes = vec![0; usize::from(rules.cap) + 1];
        let mut moved: Vec<(Key, Key)> = Vec::new();
        for at in 0..self.ids.len() {
            let (root, (of, key)) = (self.root(at), self.ids[at]);
            let of = usize::from(of);
            joined.types.resize(joined.types.len().max(of + 1), 0);
            joined.types[of] += 1;
            if root == at {
                joined.sizes[usize::from(self.size[at][0])] += 1;
            } else if rules.used.contains(&(of as u8)) {
                moved.push((key, self.ids[root].1));
            }
        }
        moved.order();
        joined.pairs = moved.into_iter().flat_map(|(from, to)| [from, to]).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    const DEVICE: u8 = 0;
    const PHONE: u8 = 1;
    const UNION: u8 = 2;

    fn rules(cap: u8, strict: bool) -> Rules {
        let of = |a| strict.then_some(a);
        Rules { cap, phone: of(PHONE), union: of(UNION), used: vec![DEVICE, PHONE, UNION] }
    }

    fn edge(a: (u8, u8), b: (u8, u8), confidence: u32) -> Edge {
        let key = |(of, n): (u8, u8)| (of, Key([of * 40 + n; 16]));
        Edge::new(key(a), key(b), confidence, 0, 0)
    }

    /// The twin: sets of IDs, walked from scratch for every edge.
    fn plainly(edges: &[Edge], rules: &Rules) -> (BTreeMap<Key, Key>, [u64; 2]) {
        let mut best: BTreeMap<[(u8, Key); 2], u32> = BTreeMap::new();
        for e in edges {
            let at = best.entry(e.ends()).or_insert(e.confidence);
            *at = (*at).max(e.confidence);
        }
        let mut order: Vec<_> = best.into_iter().collect();
        order.sort_by_key(|&(ends, confidence)| {
            (u32::MAX - confidence, Edge::new(ends[0], ends[1], confidence, 0, 0).hash(), ends)
        });
        let mut near: BTreeMap<(u8, Key), BTreeSet<(u8, Key)>> = BTreeMap::new();
        let mut counts = [0; 2];
        let reach = |near: &BTreeMap<(u8, Key), BTreeSet<(u8, Key)>>, from: (u8, Key)| {
            let (mut seen, mut next) = (BTreeSet::from([from]), vec![from]);
            while let Some(at) = next.pop() {
                for &other in near.get(&at).into_iter().flatten() {
                    if seen.insert(other) {
                        next.push(other);
                    }
                }
            }
            seen
        };
        for (ends, _) in &order {
            let one = reach(&near, ends[0]);
            if one.contains(&ends[1]) {
                continue;
            }
            let all: BTreeSet<_> = one.union(&reach(&near, ends[1])).copied().collect();
            let has = |of: Option<u8>| all.iter().filter(|id| Some(id.0) == of).count();
            if has(rules.union) > 0 && has(rules.phone) > 1 {
                counts[0] += 1;
            } else if all.len() > usize::from(rules.cap) {
                counts[1] += 1;
            } else {
                near.entry(ends[0]).or_default().insert(ends[1]);
                near.entry(ends[1]).or_default().insert(ends[0]);
            }
        }
        let ids: BTreeSet<_> = order.iter().flat_map(|o| o.0).collect();
        let named = ids.iter().map(|&id| (id.1, reach(&near, id).first().expect("itself").1));
        (named.filter(|(from, to)| from != to).collect(), counts)
    }

    fn map(joined: &Joined) -> BTreeMap<Key, Key> {
        joined.pairs.chunks(2).map(|pair| (pair[0], pair[1])).collect()
    }

    proptest! {
        #[test]
        fn it_is_the_plain_walk_in_any_order(
            drawn in proptest::collection::vec(((0u8..3, 0u8..9), (0u8..3, 0u8..9), 0u32..3), 0..60),
            cap in 2u8..6,
            strict in any::<bool>(),
        ) {
            let edges: Vec<Edge> =
                drawn.iter().filter(|d| d.0 != d.1).map(|&(a, b, c)| edge(a, b, c)).collect();
            let rules = rules(cap, strict);
            let joined = join(edges.clone(), &rules);
            let (twin, counts) = plainly(&edges, &rules);
            prop_assert_eq!(map(&joined), twin);
            prop_assert_eq!(joined.counts, counts);
            prop_assert!(joined.sizes.len() == usize::from(cap) + 1);
            let ids: u64 = joined.sizes.iter().zip(0..).map(|(n, size)| n * size).sum();
            prop_assert_eq!(ids, joined.types.iter().sum::<u64>());
            let turned: Vec<Edge> = edges.into_iter().rev().collect();
            prop_assert_eq!(join(turned, &rules), joined);
        }
    }

    #[test]
    fn a_union_id_has_one_phone_and_the_surer_one() {
        let edges = vec![edge((UNION, 1), (PHONE, 1), 1), edge((UNION, 1), (PHONE, 2), 2)];
        let joined = join(edges.clone(), &rules(10, true));
        assert_eq!((joined.counts, map(&joined).len()), ([1, 0], 1));
        assert_eq!(
            joined.refused[0].1.ends()[0].1,
            Key([PHONE * 40 + 1; 16]),
            "the less sure phone stays out"
        );
        // The control: without the rule both are one person's.
        let open = join(edges, &rules(10, false));
        assert_eq!((open.counts, map(&open).len()), ([0, 0], 2));
    }

    #[test]
    fn a_shared_phone_stops_at_the_cap() {
        let edges: Vec<Edge> = (0..20).map(|n| edge((PHONE, 0), (DEVICE, n), 1)).collect();
        let joined = join(edges, &rules(10, true));
        assert_eq!((joined.counts, joined.sizes[10], joined.sizes[1]), ([0, 11], 1, 11));
    }
}
