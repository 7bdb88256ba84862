//! Gradient boosting (Friedman, Annals of Statistics 29, 2001) with second-order steps on histograms of bins.
//!
//! Lanes: for every fold a model that does without it; for every fold one that does without the next fold, too; and a
//! model of everyone. All grow in the same passes. A fold's model has as many trees as were best for the two lanes that
//! do without it and a neighbour, in that neighbour: the fold itself says nothing about its own model. The model of
//! everyone has the mean number.

use super::crew::{Forget, Muster};
use super::grow::Growth;
use super::layout::Layout;
use super::search::{Pull, Terms};
use super::tree::{Split, Tree};
use super::wave::{Begin, Turn, Wave};
use crate::analysis::lookalike::folds::{NONE, without};
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
const WIDE: usize = 500;

/// The models.
pub struct Boosted {
    /// Trees of each fold's model.
    pub folds: Vec<Vec<Tree>>,
    /// Trees of the models that do without a fold and the next one, by the fold; none for two folds.
    pub inner: Vec<Vec<Tree>>,
    /// Trees of the model of everyone.
    pub full: Vec<Tree>,
    /// Passes it took.
    pub passes: u32,
}

/// One model on its way.
struct Lane {
    without: [i32; 2],
    checked: bool,
    trees: Vec<Tree>,
    /// Loss in the two folds it does without, before the first tree and after each.
    losses: Vec<[i64; 2]>,
    growth: Option<Growth>,
    /// Splits that no one has followed yet.
    last: Vec<Split>,
    open: bool,
}

impl Lane {
    fn new(without: [i32; 2]) -> Lane {
        let checked = without[1] != NONE;
        Lane { without, checked, trees: vec![], losses: vec![], growth: None, last: vec![], open: true }
    }
    fn turn(&mut self, lane: usize, build: Vec<u8>) -> Turn {
        let splits = std::mem::take(&mut self.last);
        Turn { lane, without: self.without, checked: self.checked, splits, build, values: vec![] }
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
    let lanes: Vec<Lane> = without(folds, true).into_iter().map(Lane::new).collect();
    let mut boost = Boost { desk, schema, layout, settings, terms, seed: muster.hash, lanes, passes: 1 };
    for tree in 0..settings.trees {
        boost.desk.progress("fit", tree as u64, settings.trees as u64, "rounds");
        if !boost.tree(tree).await? {
            break;
        }
    }
    desk.all(&Forget { measures: vec![] }).await?;
    Ok(boost.harvest(folds.len()))
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
            let loss = |place: usize| sums.loss.get(2 * at + place).copied().unwrap_or(0);
            lane.losses.push([loss(0), loss(1)]);
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
    /// Trees with the least loss for a fold, at least one: in the next fold by the lane without both, and in the one
    /// before by the lane without that and this.
    fn best(&self, fold: usize) -> usize {
        let folds = self.lanes.len() / 2;
        let (with_next, with_last) =
            (&self.lanes[folds + fold], &self.lanes[folds + (fold + folds - 1) % folds]);
        let loss = |t: usize| with_next.losses[t][1] + with_last.losses[t][0];
        let known = with_next.losses.len().min(with_last.losses.len());
        (1..known).min_by_key(|&t| loss(t)).unwrap_or(1)
    }
    /// Closes the models of folds that have not gained for long, and the lanes that no fold needs any more.
    fn close(&mut self, trees: usize) {
        let folds = self.lanes.len() / 2;
        if !self.lanes.iter().any(|lane| lane.checked) {
            return;
        }
        for fold in 0..folds {
            if trees >= self.best(fold) + self.settings.patience {
                self.end(fold);
            }
        }
        for fold in 0..folds {
            if !self.lanes[fold].open && !self.lanes[(fold + 1) % folds].open {
                self.end(folds + fold);
            }
        }
    }
    fn end(&mut self, lane: usize) {
        self.lanes[lane].open = false;
        self.lanes[lane].growth = None;
    }
    fn harvest(mut self, folds: usize) -> Boosted {
        let checked = self.lanes.iter().any(|lane| lane.checked);
        let bests: Vec<usize> =
            (0..folds).map(|fold| if checked { self.best(fold) } else { self.settings.plain }).collect();
        let mean = (bests.iter().sum::<usize>() + folds / 2) / folds;
        let mut full = self.lanes.pop().map(|lane| lane.trees).unwrap_or_default();
        full.truncate(mean);
        let mut models: Vec<Vec<Tree>> = self.lanes.drain(..).map(|lane| lane.trees).collect();
        models.iter_mut().enumerate().for_each(|(at, trees)| trees.truncate(bests[at % folds]));
        let inner = models.split_off(folds);
        Boosted { folds: models, inner, full, passes: self.passes }
    }
}

/// Histograms of an answer, one after the other; those of nobody are empty.
fn histograms(sums: &Slopes, places: usize) -> impl Iterator<Item = Vec<Pull>> {
    sums.slopes
        .chunks_exact(2 * places)
        .map(|list| list.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect())
}
