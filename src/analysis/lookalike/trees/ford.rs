//! Everyone's leaf in a tree without a branch per split: every bin leaves some leaves possible, and what all bins of a
//! person leave is one leaf (Lucchese and others, QuickScorer, SIGIR 2015; their masks of false nodes, here of both ways
//! and put together per column). Going down the tree, which a test holds it to, takes ten times as long.
//!
//! People come in blocks: what the trees ask of them is laid out side by side once, and every tree reads it in order.

use super::tree::{Split, Test, Tree, Way};
use crate::table::people::{Codes, People};
use std::collections::{BTreeMap, BTreeSet};

/// Leaves, one bit each.
type Mask = u64;
/// People per block.
const BLOCK: usize = 1024;

/// A model of trees, ready for many people.
pub struct Fords {
    /// One-valued columns the trees ask for, and the last code of each that any tells apart.
    columns: Vec<(usize, usize)>,
    /// Labels of many-valued columns they ask for.
    labels: Vec<(usize, u16)>,
    trees: Vec<Ford>,
    groups: usize,
}

/// A tree as masks.
struct Ford {
    /// Per one-valued column, by its place among those asked for, the leaves each code leaves.
    columns: Vec<(usize, Vec<Mask>)>,
    /// Per label, by its place, the leaves that not having it leaves, and what having it changes of them.
    labels: Vec<(usize, [Mask; 2])>,
    values: Vec<i32>,
}

/// What the trees ask of the people of a block, one column or label behind the other.
struct Block {
    codes: Vec<u16>,
    has: Vec<u8>,
    masks: Vec<Mask>,
}

impl Fords {
    /// The masks of groups of trees of at most 64 leaves.
    pub fn new(groups: &[Vec<Tree>]) -> Fords {
        let (mut columns, mut labels) = (BTreeMap::new(), BTreeSet::new());
        for Split { feature, test, .. } in groups.iter().flatten().flat_map(|tree| &tree.splits) {
            match test {
                Test::Has(label) => drop(labels.insert((*feature, *label))),
                Test::Among { top, .. } => {
                    let last = columns.entry(*feature).or_insert(*top);
                    *last = (*last).max(*top);
                }
            }
        }
        let mut fords = Fords {
            columns: columns.into_iter().collect(),
            labels: labels.into_iter().collect(),
            trees: vec![],
            groups: groups.iter().filter(|trees| !trees.is_empty()).count(),
        };
        fords.trees = groups.iter().flatten().map(|tree| fords.ford(tree)).collect();
        fords
    }
    fn ford(&self, tree: &Tree) -> Ford {
        let mut columns: BTreeMap<usize, Vec<Mask>> = BTreeMap::new();
        let mut labels = Vec::new();
        for (Split { feature, test, .. }, [left, right]) in tree.splits.iter().zip(below(tree)) {
            match test {
                Test::Has(label) => {
                    let at = self.labels.partition_point(|known| *known < (*feature, *label));
                    labels.push((at, [!right, left ^ right]));
                }
                Test::Among { .. } => {
                    let at = self.columns.partition_point(|known| known.0 < *feature);
                    let masks = columns.entry(at).or_insert_with(|| vec![Mask::MAX; self.columns[at].1 + 1]);
                    for (code, mask) in masks.iter_mut().enumerate() {
                        *mask &= if test.takes(code) { !left } else { !right };
                    }
                }
            }
        }
        Ford { columns: columns.into_iter().collect(), labels, values: tree.values.clone() }
    }
    /// Trees.
    pub fn trees(&self) -> usize {
        self.trees.len()
    }
    /// Groups that have any.
    pub fn groups(&self) -> usize {
        self.groups
    }
    /// What the leaves of these people add up to, over all trees.
    pub fn sums(&self, people: &People, rows: &[u32]) -> Vec<i64> {
        let mut sums = vec![0; rows.len()];
        let mut block = Block {
            codes: vec![0; self.columns.len() * BLOCK],
            has: vec![0; self.labels.len() * BLOCK],
            masks: vec![0; BLOCK],
        };
        for (rows, sums) in rows.chunks(BLOCK).zip(sums.chunks_mut(BLOCK)) {
            self.lay_out(people, rows, &mut block);
            self.trees.iter().for_each(|tree| tree.add(&mut block, sums));
        }
        sums
    }
    fn lay_out(&self, people: &People, rows: &[u32], block: &mut Block) {
        for (&(column, last), to) in self.columns.iter().zip(block.codes.chunks_exact_mut(BLOCK)) {
            let last = last as u16;
            match &people.columns[column] {
                Codes::Narrow(codes) => {
                    to.iter_mut()
                        .zip(rows)
                        .for_each(|(to, &row)| *to = u16::from(codes[row as usize]).min(last));
                }
                Codes::Wide(codes) => {
                    to.iter_mut().zip(rows).for_each(|(to, &row)| *to = codes[row as usize].min(last));
                }
                Codes::Many { .. } => {}
            }
        }
        block.has.fill(0);
        for asked in self.labels.chunk_by(|a, b| a.0 == b.0) {
            let Codes::Many { starts, codes } = &people.columns[asked[0].0] else { continue };
            let first = self.labels.partition_point(|label| *label < asked[0]);
            let mut place = vec![None; usize::from(asked[asked.len() - 1].1) + 1];
            asked.iter().enumerate().for_each(|(at, label)| place[usize::from(label.1)] = Some(first + at));
            for (at, &row) in rows.iter().enumerate() {
                let row = row as usize;
                for &code in &codes[starts[row] as usize..starts[row + 1] as usize] {
                    if let Some(&Some(place)) = place.get(usize::from(code)) {
                        block.has[place * BLOCK + at] = 1;
                    }
                }
            }
        }
    }
}

impl Ford {
    fn add(&self, block: &mut Block, sums: &mut [i64]) {
        let masks = &mut block.masks[..sums.len()];
        masks.fill(Mask::MAX);
        for (at, of) in &self.columns {
            let codes = &block.codes[at * BLOCK..][..masks.len()];
            masks.iter_mut().zip(codes).for_each(|(mask, &code)| *mask &= of[usize::from(code)]);
        }
        for (at, [without, change]) in &self.labels {
            let has = &block.has[at * BLOCK..][..masks.len()];
            let left = |has: u8| without ^ (change & 0u64.wrapping_sub(u64::from(has)));
            masks.iter_mut().zip(has).for_each(|(mask, &has)| *mask &= left(has));
        }
        for (sum, mask) in sums.iter_mut().zip(masks) {
            let leaf = mask.trailing_zeros() as usize;
            *sum += self.values.get(leaf).map_or(0, |&value| i64::from(value));
        }
    }
}

/// The leaves below either way of every split.
fn below(tree: &Tree) -> Vec<[Mask; 2]> {
    let ways = tree.ways();
    let mut below: Vec<[Mask; 2]> = vec![[0; 2]; ways.len()];
    for node in (0..ways.len()).rev() {
        below[node] = ways[node].map(|way| match way {
            Way::Leaf(leaf) => 1 << leaf,
            Way::Node(next) => below[next][0] | below[next][1],
        });
    }
    below
}
