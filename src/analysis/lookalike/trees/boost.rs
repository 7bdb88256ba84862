//! Gradient boosting (Friedman, Annals of Statistics 29, 2001) with second-order steps on histograms of bins.
//!
//! Lanes: for every fold a model that does without it; for every fold one that does without the next fold, too, and is
//! checked on that; and a model of everyone. All grow in the same passes. A fold's model has as many trees as were
//! best for the lane that was checked: the fold itself says nothing about its own model. The model of everyone has
//! the mean number.

use super::crew::{Forget, Muster};
use super::grow::Growth;
use super::layout::Layout;
use super::search::{Pull, Terms};
use super::tree::{Split, Tree};
use super::wave::{Begin, Turn, Wave};
use crate::analysis::lookalike::sweep::Slopes;
use crate::error::Result;
use crate::id::Key;
use crate::shard::desk::Desk;
use crate::table::schema::Schema;

/// How trees are grown. The defaults are those that tables of some thousands to some millions of people ask for; nothing here
/// is tuned to one of them.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Share of its best step that a tree takes.
    pub rate: f64,
    /// The same where a histogram has more than [`WIDE`] places: a tree sees a few of many labels only.
    pub wide_rate: f64,
    /// Most trees.
    pub trees: usize,
    /// Trees when there is nothing to check on.
    pub plain: usize,
    /// Trees without a gain on the checked fold after which a lane ends.
    pub patience: usize,
    /// Most leaves of a tree.
    pub leaves: usize,
    /// Strength of the ridge on leaves.
    pub l2: f64,
    /// People a leaf has at least, as many as their curvature at the rate of the whole.
    pub least: f64,
    /// Share of the people each tree learns from.
    pub rows: f64,
    /// Share of the columns each tree sees.
    pub columns: f64,
    /// Most people all trees learn from.
    pub crew: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            rate: 0.05,
            wide_rate: 0.1,
            trees: 300,
            plain: 150,
            patience: 25,
            leaves: 16,
            l2: 1.0,
            least: 30.0,
            rows: 0.8,
            columns: 0.7,
            crew: 100_000,
        }
    }
}

/// Places from which on a table is wide.
const WIDE: usize = 1_000;

/// The models.
pub struct Boosted {
    /// Trees of each fold's model.
    pub folds: Vec<Vec<Tree>>,
    /// Trees of the model of everyone.
    pub full: Vec<Tree>,
    /// Passes it took.
    pub passes: u32,
}

/// One model on its way.
struct Lane {
    without: Vec<i32>,
    checked: Option<i32>,
    trees: Vec<Tree>,
    losses: Vec<i64>,
    growth: Option<Growth>,
    /// Splits that no one has followed yet.
    last: Vec<Split>,
    open: bool,
}

impl Lane {
    fn new(without: &[i32], checked: Option<i32>) -> Lane {
        let without = without.to_vec();
        Lane { without, checked, trees: vec![], losses: vec![], growth: None, last: vec![], open: true }
    }
    fn turn(&mut self, lane: usize, build: Vec<u8>) -> Turn {
        let splits = std::mem::take(&mut self.last);
        Turn { lane, without: self.without.clone(), checked: self.checked, splits, build, values: vec![] }
    }
    /// Trees with the least loss, at least one.
    fn best(&self) -> usize {
        (1..self.losses.len()).min_by_key(|&t| self.losses[t]).unwrap_or(1)
    }
}

/// A run over the lanes.
pub struct Boost<'a> {
    desk: &'a Desk,
    schema: &'a Schema,
    layout: &'a Layout,
    settings: Settings,
    terms: Terms,
    seed: u64,
    lanes: Vec<Lane>,
    passes: u32,
}

/// Grows the models for these folds. `rate` is the share of the seed among the people who learn.
pub async fn boost(
    desk: &Desk,
    schema: &Schema,
    layout: &Layout,
    muster: &Muster,
    folds: &[i32],
    settings: Settings,
) -> Result<Boosted> {
    let chosen = desk.sum(muster).await?.0;
    let rate = chosen[1] as f64 / (chosen[0] + chosen[1]).max(1) as f64;
    let terms = Terms { l2: settings.l2, least: settings.least * rate * (1.0 - rate) };
    let lanes = lanes(folds);
    let mut boost = Boost { desk, schema, layout, settings, terms, seed: muster.hash, lanes, passes: 1 };
    for tree in 0..settings.trees {
        boost.desk.progress("fit", tree as u64, settings.trees as u64, "rounds");
        if !boost.tree(tree).await? {
            break;
        }
    }
    desk.all(&Forget {}).await?;
    Ok(boost.harvest(folds.len()))
}

/// How many lanes there are for so many folds.
pub fn seats(folds: usize) -> usize {
    lanes(&(0..folds as i32).collect::<Vec<_>>()).len()
}

/// Fold models first, then those that are checked (there are none for two folds), and last the model of everyone.
fn lanes(folds: &[i32]) -> Vec<Lane> {
    let next = |at: usize| folds[(at + 1) % folds.len()];
    let mut lanes: Vec<Lane> = folds.iter().map(|&fold| Lane::new(&[fold], None)).collect();
    if folds.len() > 2 {
        let checked = |at: usize| Lane::new(&[folds[at], next(at)], Some(next(at)));
        lanes.extend((0..folds.len()).map(checked));
    }
    lanes.push(Lane::new(&[], None));
    lanes
}

impl Boost<'_> {
    fn rate(&self) -> f64 {
        if self.layout.places > WIDE { self.settings.wide_rate } else { self.settings.rate }
    }
    fn open(&self) -> Vec<usize> {
        (0..self.lanes.len()).filter(|&l| self.lanes[l].open).collect()
    }
    /// Grows a tree in every open lane; says whether there was any.
    async fn tree(&mut self, tree: usize) -> Result<bool> {
        let seed = Key((tree as u128).to_le_bytes()).mix(self.seed);
        let layout = self.layout.drawn(self.settings.columns, seed);
        self.begin(&layout, seed).await?;
        self.close(tree);
        if self.open().iter().all(|&l| l == self.lanes.len() - 1) && self.lanes.len() > 3 {
            return Ok(false);
        }
        while self.wave(&layout).await? {}
        let rate = self.rate();
        for lane in self.lanes.iter_mut() {
            lane.trees.extend(lane.growth.take().map(|growth| growth.tree(rate)));
        }
        Ok(true)
    }
    /// Ends the last trees and begins the next.
    async fn begin(&mut self, layout: &Layout, seed: u64) -> Result<()> {
        let below = (self.settings.rows * u64::MAX as f64) as u64;
        let open = self.open();
        let turn = |&l: &usize| {
            let values = self.lanes[l].trees.last().map_or(vec![], |tree| tree.values.clone());
            Turn { values, ..self.lanes[l].turn(l, vec![]) }
        };
        let turns = open.iter().map(turn).collect();
        let sums = self.ask(layout, turns, Some(Begin { hash: seed, below })).await?;
        let mut histograms = histograms(&sums, layout.places);
        for (at, &l) in open.iter().enumerate() {
            let lane = &mut self.lanes[l];
            lane.losses.push(sums.loss.get(at).copied().unwrap_or(0));
            lane.growth = histograms
                .next()
                .map(|sums| Growth::new(self.schema, layout, self.terms, self.settings.leaves, sums));
        }
        Ok(())
    }
    /// Splits once more wherever it pays; says whether histograms are still to come.
    async fn wave(&mut self, layout: &Layout) -> Result<bool> {
        let mut turns = Vec::new();
        for (l, lane) in self.lanes.iter_mut().enumerate() {
            let Some(growth) = lane.growth.as_mut() else { continue };
            let (splits, build) = growth.next();
            lane.last.extend(splits);
            if !build.is_empty() {
                turns.push(lane.turn(l, build));
            }
        }
        if turns.is_empty() {
            return Ok(false);
        }
        let asked: Vec<(usize, usize)> = turns.iter().map(|turn| (turn.lane, turn.build.len())).collect();
        let sums = self.ask(layout, turns, None).await?;
        let mut histograms = histograms(&sums, layout.places);
        for (l, slots) in asked {
            if let Some(growth) = self.lanes[l].growth.as_mut() {
                growth.take(self.schema, histograms.by_ref().take(slots));
            }
        }
        Ok(true)
    }
    async fn ask(&mut self, layout: &Layout, turns: Vec<Turn>, begin: Option<Begin>) -> Result<Slopes> {
        self.passes += 1;
        self.desk.sum(&Wave { layout: layout.clone(), turns, begin }).await
    }
    /// Closes the lanes whose check has not gained for long, and the fold models they decide.
    fn close(&mut self, trees: usize) {
        let folds = self.lanes.len() / 2;
        for l in folds..self.lanes.len() - 1 {
            if self.lanes[l].checked.is_some() && trees >= self.lanes[l].best() + self.settings.patience {
                for closed in [l, l - folds] {
                    self.lanes[closed].open = false;
                    self.lanes[closed].growth = None;
                }
            }
        }
    }
    fn harvest(mut self, folds: usize) -> Boosted {
        let mut full = self.lanes.pop().map(|lane| lane.trees).unwrap_or_default();
        let checks: Vec<usize> = self.lanes.drain(folds..).map(|lane| lane.best()).collect();
        let mut models: Vec<Vec<Tree>> = self.lanes.drain(..).map(|lane| lane.trees).collect();
        let mean = (checks.iter().sum::<usize>() + folds / 2) / folds;
        let best = |fold: usize| checks.get(fold).copied().unwrap_or(self.settings.plain);
        models.iter_mut().enumerate().for_each(|(fold, trees)| trees.truncate(best(fold)));
        full.truncate(if checks.is_empty() { self.settings.plain } else { mean });
        Boosted { folds: models, full, passes: self.passes }
    }
}

/// Histograms of an answer, one after the other; those of nobody are empty.
fn histograms(sums: &Slopes, places: usize) -> impl Iterator<Item = Vec<Pull>> {
    sums.slopes
        .chunks_exact(2 * places)
        .map(|list| list.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect())
}
