//! Clusters as sums over their people: sizes and bins. Everything about a clustering (centres, inertia,
//! tables) is made from one `Sums`, so that what is reported belongs together.

use super::space::Space;
use super::tables::Tables;
use crate::shard::{Partial, add_up};
use serde::{Deserialize, Serialize};

/// What a set of clusters adds up to; also the change of it between two rounds, so counts may be negative.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Sums {
    /// People per cluster.
    pub sizes: Vec<i64>,
    /// By bin, then by cluster: scales of the people with that bin.
    cells: Vec<i64>,
    /// Squared lengths of all people.
    squares: i64,
    /// How many people changed their cluster.
    pub moved: u64,
}

impl Partial for Sums {
    fn merge(&mut self, other: Self) {
        add_up(&mut self.sizes, &other.sizes);
        add_up(&mut self.cells, &other.cells);
        self.squares += other.squares;
        self.moved += other.moved;
    }
}

impl Sums {
    /// `k` clusters of nobody.
    pub fn new(k: usize, bins: usize) -> Self {
        Sums { sizes: vec![0; k], cells: vec![0; k * bins], squares: 0, moved: 0 }
    }
    /// Number of clusters.
    pub fn k(&self) -> usize {
        self.sizes.len()
    }
    /// Takes a person into a cluster; `from` is where they were, if anywhere.
    #[inline]
    pub fn shift(&mut self, space: &Space, from: Option<usize>, to: usize, bins: &[u32], scale: i64) {
        let k = self.k();
        self.moved += 1;
        self.sizes[to] += 1;
        for &bin in bins {
            self.cells[bin as usize * k + to] += scale;
        }
        let Some(from) = from else {
            self.squares += space.square(bins, scale);
            return;
        };
        self.sizes[from] -= 1;
        for &bin in bins {
            self.cells[bin as usize * k + from] -= scale;
        }
    }
    /// Whether a cluster has lost everyone.
    pub fn emptied(&self) -> bool {
        self.sizes.contains(&0)
    }
    /// The centres as tables.
    pub fn tables(&self, space: &Space) -> Tables {
        Tables::new(space, self.k(), |c| (self.sizes[c] > 0).then(|| self.centre(space, c)))
    }
    /// Sum of squared distances of everyone to the mean of their cluster: Σ|x|² − Σ |Σx|² / size. Cluster by
    /// cluster, bin by bin: the order is fixed.
    pub fn inertia(&self, space: &Space) -> f64 {
        let within = |c: usize| self.centre(space, c).map(|(_, x)| x * x).sum::<f64>() * self.sizes[c] as f64;
        let explained: f64 = (0..self.k()).filter(|&c| self.sizes[c] > 0).map(within).sum();
        (self.squares as f64 - explained).max(0.0)
    }
    fn centre<'a>(&'a self, space: &'a Space, cluster: usize) -> impl Iterator<Item = (usize, f64)> + 'a {
        let (k, people) = (self.k(), self.sizes[cluster] as f64 * space.unit());
        (0..space.bins()).filter(|&bin| space.counts(bin)).filter_map(move |bin| {
            let sum = self.cells[bin * k + cluster];
            (sum != 0).then(|| (bin, space.weight(bin) * sum as f64 / people))
        })
    }
}
