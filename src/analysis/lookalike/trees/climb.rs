//! Everyone's out-of-fold score by trees: each person climbs the trees of the model that did not see them.

use super::tree::{FINE, Split, Test, Tree, Way};
use crate::analysis::lookalike::FOLD;
use crate::analysis::lookalike::score::{Histogram, LIMIT, STEPS};
use crate::error::Result;
use crate::shard::{Analysis, Shard};
use crate::table::people::People;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// People per block: their codes stay in the cache while they climb tree after tree.
const BLOCK: usize = 1024;

/// The question: write everyone's score into a measure, and count scores.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Climb {
    /// Name of the measure.
    pub into: String,
    /// Whom each model scores: people of this fold.
    pub folds: Vec<i32>,
    /// Trees of each model.
    pub models: Vec<Vec<Tree>>,
    /// Log-odds before any tree, 2^-20.
    pub margin: i32,
}

/// A split and where its two ways lead.
struct Node {
    split: Split,
    ways: [Way; 2],
}

/// Trees ready to climb, by fold.
pub struct Work {
    model: [usize; 256],
    models: Vec<Vec<(Vec<Node>, Vec<i32>)>>,
}

impl Analysis for Climb {
    const NAME: &'static str = "lookalike-climb";
    type Partial = Histogram;
    type Work = Work;

    fn begin(&self, _: &Shard) -> Result<Work> {
        let mut model = [0; 256];
        self.folds.iter().enumerate().for_each(|(m, &fold)| model[fold as usize & 255] = m);
        let ready = |tree: &Tree| {
            let nodes = tree.splits.iter().cloned().zip(tree.ways());
            (nodes.map(|(split, ways)| Node { split, ways }).collect(), tree.values.clone())
        };
        Ok(Work {
            model,
            models: self.models.iter().map(|trees| trees.iter().map(ready).collect()).collect(),
        })
    }

    fn add(&self, work: &mut Work, shard: &mut Shard, rows: Range<usize>, sum: &mut Histogram) {
        sum.widen(2 * LIMIT as usize + 1);
        let folds = shard.measures.get(FOLD).map_or(&[][..], Vec::as_slice);
        let mut scores = Vec::with_capacity(rows.len());
        for from in rows.clone().step_by(BLOCK) {
            let block = from..rows.end.min(from + BLOCK);
            let mut margins = vec![self.margin; block.len()];
            for (model, trees) in work.models.iter().enumerate() {
                let mine = |i: &usize| work.model[folds[*i] as usize & 255] == model;
                let mine: Vec<usize> = block.clone().filter(mine).collect();
                for (nodes, values) in trees {
                    mine.iter().for_each(|&i| margins[i - from] += climb(&shard.people, nodes, values, i));
                }
            }
            let rounded = |margin: i32| (margin + (1 << (FINE - STEPS - 1))) >> (FINE - STEPS);
            scores.extend(margins.into_iter().map(|margin| rounded(margin).clamp(-LIMIT, LIMIT)));
        }
        for (i, &score) in rows.clone().zip(&scores) {
            let counts = if shard.seed.has(i) { &mut sum.seed } else { &mut sum.rest };
            counts[(score + LIMIT) as usize] += 1;
        }
        shard.measure(&self.into, 0)[rows].copy_from_slice(&scores);
    }
}

fn climb(people: &People, nodes: &[Node], values: &[i32], i: usize) -> i32 {
    let mut way = if nodes.is_empty() { Way::Leaf(0) } else { Way::Node(0) };
    loop {
        match way {
            Way::Leaf(leaf) => return values.get(leaf).copied().unwrap_or(0),
            Way::Node(node) => {
                let Split { feature, ref test, .. } = nodes[node].split;
                way = nodes[node].ways[usize::from(Test::passes(test, &people.columns[feature], i))];
            }
        }
    }
}
