//! Gradient boosting (Friedman, Annals of Statistics 29, 2001) with second-order steps on histograms of bins, and forests
//! (Breiman, Machine Learning 45, 2001) by the same passes: trees that do not learn from each other.
//!
//! Lanes: for every fold a model that does without it and without the next one. All grow in the same passes. A fold is
//! scored by the mean of the two lanes that do without it, with as many trees as were best for the one in the next fold
//! and for the other in the fold before: the fold itself says nothing about its own model. The model of everyone is the
//! mean of all lanes, with the mean number of trees: bagging (Breiman, Machine Learning 24, 1996), at no pass more.

use super::crew::{Forget, Muster};
use super::grow::{Growth, Leaf};
use super::layout::Layout;
use super::search::{Pull, Terms};
use super::tree::{Split, Tree};
use super::wave::{Begin, Turn, Wave};
use crate::analysis::lookalike::folds::{NONE, nexts};
use crate::analysis::lookalike::sweep::Slopes;
use crate::error::Result;
use crate::id::Key;
use crate::shard::desk::Desk;
use crate::table::schema::Schema;

/// How trees are grown. The defaults are those that tables of some thousands to some millions of people ask for; nothing here
/// is tuned to one of them.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Whether trees stand side by side instead of each mending what those before it left.
    pub forest: bool,
    /// Share of its best step that a tree takes.
    pub rate: f64,
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

impl Settings {
    /// Boosted trees.
    pub const BOOSTED: Settings = Settings {
        forest: false,
        rate: 0.05,
        trees: 300,
        plain: 150,
        patience: 25,
        leaves: 16,
        l2: 1.0,
        least: 30.0,
        rows: 0.8,
        columns: 0.4,
        crew: 100_000,
    };
    /// A forest.
    pub const FOREST: Settings = Settings {
        forest: true,
        rate: 1.0,
        trees: 100,
        plain: 100,
        patience: usize::MAX,
        leaves: 64,
        l2: 0.0,
        least: 10.0,
        rows: 0.632,
        columns: 0.4,
        crew: 100_000,
    };
}

/// Labels of many-valued columns from which on a table is wide: most people lack most of them.
const WIDE: usize = 500;

impl Settings {
    /// Where there are more people than learn, trees are less of chance and may take larger steps: half as many do.
    pub fn for_people(self, people: u64) -> Settings {
        match people > self.crew && !self.forest {
            true => {
                Settings { rate: 4.0 * self.rate, trees: self.trees / 2, patience: self.patience / 2, ..self }
            }
            false => self,
        }
    }
    /// Where people have a few of very many labels, a tree sees little of the whole and a leaf holds few people.
    pub fn for_labels(self, labels: usize) -> Settings {
        match labels > WIDE && !self.forest {
            true => Settings { rate: 0.2, least: 5.0, ..self },
            false => self,
        }
    }
}

/// The models, lane by lane.
pub struct Lanes {
    /// Trees of each lane.
    pub trees: Vec<Vec<Tree>>,
    /// How many of them score each fold.
    pub counts: Vec<usize>,
    /// Passes it took.
    pub passes: u32,
}

impl Lanes {
    /// The lanes that do without a fold, as far as they count for it.
    pub fn of(&self, fold: usize) -> Vec<Vec<Tree>> {
        let lanes = self.trees.len();
        let before = (fold + lanes - 1) % lanes;
        let two = if lanes > 2 { vec![fold, before] } else { vec![fold] };
        two.into_iter().map(|lane| self.first(lane, self.counts[fold])).collect()
    }
    /// The lane that does without a fold and the next one.
    pub fn inner(&self, fold: usize) -> Vec<Vec<Tree>> {
        vec![self.first(fold, self.counts[fold])]
    }
    /// All lanes.
    pub fn whole(&self) -> Vec<Vec<Tree>> {
        let lanes = self.trees.len();
        let mean = (self.counts.iter().sum::<usize>() + lanes / 2) / lanes;
        (0..lanes).map(|lane| self.first(lane, mean)).collect()
    }
    fn first(&self, lane: usize, count: usize) -> Vec<Tree> {
        self.trees[lane].iter().take(count).cloned().collect()
    }
}

/// One model on its way.
struct Lane {
    without: [i32; 2],
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
        Lane { without, trees: vec![], losses: vec![], growth: None, last: vec![], open: true }
    }
    fn turn(&mut self, lane: usize, build: Vec<u8>, checked: bool) -> Turn {
        let splits = std::mem::take(&mut self.last);
        Turn { lane, without: self.without, checked, splits, build, values: vec![] }
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
    /// Share of the seed among those who learn.
    rate: f64,
}

/// Grows the models for these folds.
pub async fn boost(
    desk: &Desk,
    schema: &Schema,
    muster: &Muster,
    folds: &[i32],
    settings: Settings,
) -> Result<Lanes> {
    let chosen = desk.sum(muster).await?.0;
    let rate = chosen[1] as f64 / (chosen[0] + chosen[1]).max(1) as f64;
    let terms = Terms { l2: settings.l2, least: settings.least * rate * (1.0 - rate) };
    let lanes = lanes(folds).into_iter().map(Lane::new).collect();
    let (layout, seed) = (&muster.layout, muster.hash);
    let mut boost = Boost { desk, schema, layout, settings, terms, seed, lanes, passes: 1, rate };
    for tree in 0..boost.most() {
        boost.desk.progress("fit", tree as u64, boost.most() as u64, "rounds");
        if !boost.tree(tree).await? {
            break;
        }
    }
    desk.all(&Forget { measures: vec![] }).await?;
    Ok(boost.harvest())
}

/// What each lane does without. Two folds leave nothing to check on.
pub fn lanes(folds: &[i32]) -> Vec<[i32; 2]> {
    let next = |next: i32| if folds.len() > 2 { next } else { NONE };
    folds.iter().zip(nexts(folds)).map(|(&fold, after)| [fold, next(after)]).collect()
}

impl Boost<'_> {
    fn checked(&self) -> bool {
        self.lanes.len() > 2 && !self.settings.forest
    }
    fn most(&self) -> usize {
        if self.checked() { self.settings.trees } else { self.settings.plain }
    }
    fn leaf(&self) -> Leaf {
        if self.settings.forest { Leaf::Chance(self.rate) } else { Leaf::Step(self.settings.rate) }
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
        if self.open().is_empty() {
            return Ok(false);
        }
        while self.wave().await? {}
        let leaf = self.leaf();
        for lane in self.lanes.iter_mut() {
            lane.trees.extend(lane.growth.take().map(|growth| growth.tree(leaf)));
        }
        Ok(true)
    }
    /// Ends the last trees and begins the next.
    async fn begin(&mut self, layout: &Layout, seed: u64) -> Result<()> {
        let below = (self.settings.rows * u64::MAX as f64) as u64;
        let (open, checked, forest) = (self.open(), self.checked(), self.settings.forest);
        let turn = |&l: &usize| {
            let last = self.lanes[l].trees.last().filter(|_| !forest);
            let values = last.map_or(vec![], |tree| tree.values.clone());
            Turn { values, ..self.lanes[l].turn(l, vec![], checked) }
        };
        let turns = open.iter().map(turn).collect();
        let sums = self.ask(turns, Some(Begin { hash: seed, below, seen: layout.seen() })).await?;
        let mut histograms = histograms(&sums, self.layout);
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
    async fn wave(&mut self) -> Result<bool> {
        let (mut turns, checked) = (Vec::new(), self.checked());
        for (l, lane) in self.lanes.iter_mut().enumerate() {
            let Some(growth) = lane.growth.as_mut() else { continue };
            let (splits, build) = growth.next();
            lane.last.extend(splits);
            if !build.is_empty() {
                turns.push(lane.turn(l, build, checked));
            }
        }
        if turns.is_empty() {
            return Ok(false);
        }
        let asked: Vec<(usize, usize)> = turns.iter().map(|turn| (turn.lane, turn.build.len())).collect();
        let sums = self.ask(turns, None).await?;
        let mut histograms = histograms(&sums, self.layout);
        for (l, slots) in asked {
            if let Some(growth) = self.lanes[l].growth.as_mut() {
                growth.take(self.schema, histograms.by_ref().take(slots));
            }
        }
        Ok(true)
    }
    async fn ask(&mut self, turns: Vec<Turn>, begin: Option<Begin>) -> Result<Slopes> {
        self.passes += 1;
        self.desk.sum(&Wave { places: self.layout.places, turns, begin }).await
    }
    /// Trees with the least loss for a fold, at least one: in the next fold by the lane without both, and in the one
    /// before by the lane without that and this.
    fn best(&self, fold: usize) -> usize {
        let folds = self.lanes.len();
        let (with_next, with_last) = (&self.lanes[fold], &self.lanes[(fold + folds - 1) % folds]);
        let loss = |t: usize| with_next.losses[t][1] + with_last.losses[t][0];
        let known = with_next.losses.len().min(with_last.losses.len());
        (1..known).min_by_key(|&t| loss(t)).unwrap_or(1)
    }
    /// Closes the lanes of which no fold has gained for long: a fold is scored by its own and the one before.
    fn close(&mut self, trees: usize) {
        if !self.checked() {
            return;
        }
        let folds = self.lanes.len();
        let settled = |fold: usize| trees >= self.best(fold) + self.settings.patience;
        let ends: Vec<usize> = (0..folds).filter(|&l| settled(l) && settled((l + 1) % folds)).collect();
        for lane in ends {
            self.lanes[lane].open = false;
            self.lanes[lane].growth = None;
        }
    }
    fn harvest(self) -> Lanes {
        let best = |fold: usize| if self.checked() { self.best(fold) } else { self.settings.plain };
        let counts = (0..self.lanes.len()).map(best).collect();
        Lanes { counts, passes: self.passes, trees: self.lanes.into_iter().map(|lane| lane.trees).collect() }
    }
}

/// Histograms of an answer, one after the other; those of nobody are empty.
fn histograms(sums: &Slopes, layout: &Layout) -> impl Iterator<Item = Vec<Pull>> {
    sums.slopes.chunks_exact(2 * layout.places).map(|list| {
        let mut pulls = list.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect::<Vec<Pull>>();
        layout.fill(&mut pulls);
        pulls
    })
}
