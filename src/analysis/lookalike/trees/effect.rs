//! What a bin does to the log-odds of a model of trees: its partial dependence, by the covers of the leaves (Friedman,
//! Annals of Statistics 29, 2001, section 8.2; scikit-learn calls this way "recursion"). No pass over the people.

use super::tree::{Split, Test, Tree, Way};
use crate::table::schema::{FeatureKind, Schema};
use std::collections::BTreeSet;

/// A tree ready for averages.
struct Covered<'a> {
    tree: &'a Tree,
    ways: Vec<[Way; 2]>,
    /// Cover of each split.
    covers: Vec<u64>,
}

impl<'a> Covered<'a> {
    fn new(tree: &'a Tree) -> Self {
        let mut covered = Covered { tree, ways: tree.ways(), covers: vec![0; tree.splits.len()] };
        for node in (0..tree.splits.len()).rev() {
            covered.covers[node] = covered.ways[node].iter().map(|&way| covered.cover(way)).sum();
        }
        covered
    }
    fn cover(&self, way: Way) -> u64 {
        match way {
            Way::Node(node) => self.covers[node],
            Way::Leaf(leaf) => self.tree.covers[leaf],
        }
    }
    /// The mean of the leaves where `side` decides some splits and people's weights the others.
    fn mean(&self, way: Way, side: &dyn Fn(&Split) -> Option<bool>) -> f64 {
        let node = match way {
            Way::Leaf(leaf) => return f64::from(self.tree.values[leaf]) / f64::from(1 << super::tree::FINE),
            Way::Node(node) => node,
        };
        let ways = self.ways[node];
        if let Some(right) = side(&self.tree.splits[node]) {
            return self.mean(ways[usize::from(right)], side);
        }
        let part = ways.map(|way| self.cover(way) as f64);
        let whole = (part[0] + part[1]).max(1.0);
        (part[0] * self.mean(ways[0], side) + part[1] * self.mean(ways[1], side)) / whole
    }
    fn root(&self) -> Way {
        if self.ways.is_empty() { Way::Leaf(0) } else { Way::Node(0) }
    }
    fn uses(&self, feature: usize) -> impl Iterator<Item = &Split> {
        self.tree.splits.iter().filter(move |split| split.feature == feature)
    }
}

/// Effects per bin of these columns (with the place of their first bin), as many as there are places: the mean of
/// these groups of trees. Of a many-valued column a label's effect is that of having it.
pub fn effects(schema: &Schema, groups: &[Vec<Tree>], columns: &[(usize, usize)], places: usize) -> Vec<f64> {
    let mut effects = vec![0.0; places];
    let covered: Vec<Covered> = groups.iter().flatten().map(Covered::new).collect();
    for &(feature, start) in columns {
        for tree in covered.iter().filter(|tree| tree.uses(feature).next().is_some()) {
            if schema.features[feature].kind == FeatureKind::Multi {
                labels(tree, feature, &mut effects[start..]);
            } else {
                let codes = schema.starts[feature + 1] - schema.starts[feature];
                for (code, effect) in effects[start..start + codes].iter_mut().enumerate() {
                    let side = |split: &Split| (split.feature == feature).then(|| split.test.takes(code));
                    *effect += tree.mean(tree.root(), &side);
                }
            }
        }
    }
    effects.iter_mut().for_each(|effect| *effect /= groups.len().max(1) as f64);
    effects
}

fn labels(tree: &Covered, feature: usize, effects: &mut [f64]) {
    let mut used: BTreeSet<u16> = BTreeSet::new();
    used.extend(tree.uses(feature).filter_map(|split| label(&split.test)));
    for mine in used {
        let with = |has: bool| {
            let asks = |split: &Split| split.feature == feature && label(&split.test) == Some(mine);
            tree.mean(tree.root(), &|split| asks(split).then_some(has))
        };
        effects[usize::from(mine)] += with(true) - with(false);
    }
}

fn label(test: &Test) -> Option<u16> {
    match test {
        Test::Has(label) => Some(*label),
        Test::Among { .. } => None,
    }
}
