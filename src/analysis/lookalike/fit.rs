//! All models at once: some that do without a fold or two, and one of everyone.

use super::lane::{Ground, Lane};
use super::metric::Metric;
use super::pairs::{Pairs, sampled};
use super::penalty::Penalty;
use super::ridge::Ridge;
use super::survey::Tally;
use super::sweep::{Grid, Slopes, Sweep, placed};
use super::{LookalikePlan, curve};
use crate::error::Result;
use crate::num;
use crate::shard::desk::Desk;
use crate::table::schema::{FeatureKind, Schema};
use std::cell::RefCell;
use std::rc::Rc;

/// Passes after which the search ends wherever it is.
const PASSES: u32 = 300;

/// Passes before which the shape of the objective is looked at. A look costs a fraction of a pass on large
/// tables, and the early steps change the shape most.
const RESHAPED: [u32; 4] = [0, 2, 4, 8];

/// What the models are made of.
pub struct Design {
    /// Features they see.
    pub features: Vec<usize>,
    /// Per feature its column and the place of its first bin among the weights.
    pub columns: Vec<(usize, usize)>,
    /// Where weights live.
    pub grid: Grid,
    ground: Rc<Ground>,
    intercept: f64,
    people: u64,
    /// Places of the used bins of each one-valued feature.
    one_valued: Vec<Vec<usize>>,
}

/// The fitted models, on the grid.
pub struct Fitted {
    /// Weights of the model of everyone.
    pub full: Vec<f64>,
    /// Weights of the others, in their order.
    pub lanes: Vec<Vec<i32>>,
    /// Passes it took.
    pub passes: u32,
    /// Whether every model reached its optimum.
    pub converged: bool,
}

impl Design {
    /// Lays the weights out; the survey says how steep each will be.
    pub fn new(
        schema: &Schema,
        features: Vec<usize>,
        plan: &LookalikePlan,
        close: f64,
        tally: &Tally,
    ) -> Design {
        let (columns, places) = placed(&features, &schema.starts);
        let codes = features.iter().map(|&f| u64::from(tally.longest[f])).sum();
        let grid = Grid::new(codes);
        let ridge = Ridge::new(schema, &columns, places, tally, plan.l2);
        let penalty = Penalty::new(schema, &columns, plan);
        let mut one_valued = Vec::new();
        let mut alone = vec![steepness(tally.seed, tally.people()); places];
        for &(f, start) in &columns {
            for (place, bin) in (start..).zip(schema.starts[f]..schema.starts[f + 1]) {
                alone[place] = ridge.between(place, place) + steepness(tally.seed_bins[bin], tally.bin(bin));
            }
            if schema.features[f].kind != FeatureKind::Multi {
                let places = (start..).zip(schema.starts[f]..schema.starts[f + 1]);
                // What stands in order moves together, with people in it or without.
                let moves = |&(place, bin): &(usize, usize)| tally.bin(bin) > 0 || penalty.chained(place);
                one_valued.push(places.filter(moves).map(|(place, _)| place).collect());
            }
        }
        let intercept = num::ln((tally.seed as f64 + 0.5) / (tally.rest as f64 + 0.5));
        let metric = RefCell::new(Metric::new(alone, penalty.sparse()));
        let ground = Rc::new(Ground { grid, ridge, penalty, close, metric });
        Design { features, columns, grid, ground, intercept, people: tally.people(), one_valued }
    }
    /// Fits a model for each of these pairs of folds to do without; the last must be of everyone.
    /// `shift` is added to all their log-odds.
    pub async fn fit(&self, desk: &Desk, without: &[[i32; 2]], shift: f64) -> Result<Fitted> {
        let lane = |_: &[i32; 2]| Lane::new(Rc::clone(&self.ground), self.intercept);
        let mut lanes: Vec<Lane> = without.iter().map(lane).collect();
        let mut passes = 0;
        while passes < PASSES {
            let open: Vec<usize> = (0..lanes.len()).filter(|&l| !lanes[l].done()).collect();
            if open.is_empty() {
                break;
            }
            desk.progress("fit", u64::from(passes), 0, "rounds");
            if RESHAPED.contains(&passes) {
                self.reshape(desk, &mut lanes).await?;
            }
            let slopes = desk.sum(&self.question(&lanes, &open, without)).await?;
            self.answer(desk, &mut lanes, &open, &slopes).await?;
            passes += 1;
        }
        let converged = lanes.iter().all(Lane::converged);
        let mut full = lanes.pop().map(|lane| lane.weights().to_vec()).unwrap_or_default();
        self.settle(&mut full);
        full[0] += shift;
        let steps = |lane: &Lane| {
            let mut steps = lane.steps();
            steps[0] += self.grid.put(shift, self.grid.clip);
            steps
        };
        Ok(Fitted { full, lanes: lanes.iter().map(steps).collect(), passes, converged })
    }
    /// Moves every one-valued feature against the intercept to where its weights cost least: the same probabilities.
    fn settle(&self, weights: &mut [f64]) {
        for places in &self.one_valued {
            let mut ones = vec![0.0; weights.len()];
            places.iter().for_each(|&p| ones[p] = 1.0);
            let (slope, bend) = (self.ground.ridge.slope(weights), self.ground.ridge.slope(&ones));
            let sum = |of: &[f64]| places.iter().map(|&p| of[p]).sum::<f64>();
            let here: Vec<f64> = places.iter().map(|&p| weights[p]).collect();
            let shift =
                if here.is_empty() { 0.0 } else { self.ground.penalty.shift(&here, sum(&slope), sum(&bend)) };
            places.iter().for_each(|&p| weights[p] -= shift);
            weights[0] += shift;
        }
    }
    /// Looks at the shape of the objective where the model of everyone now is.
    async fn reshape(&self, desk: &Desk, lanes: &mut [Lane]) -> Result<()> {
        let places = self.ground.metric.borrow().steepest();
        let weights = lanes.last().map(Lane::steps).unwrap_or_default();
        let (features, shift) = (self.features.clone(), self.grid.shift);
        let pairs = Pairs { features, shift, weights, places, below: sampled(self.people) };
        let met = desk.sum(&pairs).await?;
        let mut metric = self.ground.metric.take();
        metric.lean(desk, &pairs.places, &met, self.people, &self.ground.ridge).await?;
        self.ground.metric.replace(metric);
        lanes.iter_mut().for_each(Lane::reshape);
        Ok(())
    }
    fn question(&self, lanes: &[Lane], open: &[usize], without: &[[i32; 2]]) -> Sweep {
        let trials: Vec<Vec<i32>> = open.iter().map(|&l| lanes[l].trial()).collect();
        Sweep {
            features: self.features.clone(),
            shift: self.grid.shift,
            without: open.iter().map(|&l| without[l]).collect(),
            weights: interleaved(&trials),
        }
    }
    async fn answer(&self, desk: &Desk, lanes: &mut [Lane], open: &[usize], sums: &Slopes) -> Result<()> {
        let unit = |bits: u32| 1.0 / (1u64 << bits) as f64;
        for (at, &l) in open.iter().enumerate() {
            if !self.ground.penalty.none() {
                desk.breathe().await?;
            }
            let loss = sums.loss.get(at).map_or(0.0, |&loss| loss as f64 * unit(curve::LOSS));
            let mine = sums.slopes.iter().skip(at).step_by(open.len());
            lanes[l].take(loss, mine.map(|&slope| slope as f64 * unit(curve::ONE)).collect());
        }
        Ok(())
    }
}

/// Lists of weights lane by lane.
pub fn interleaved(lanes: &[Vec<i32>]) -> Vec<i32> {
    let places = lanes.first().map_or(0, Vec::len);
    (0..places).flat_map(|place| lanes.iter().map(move |lane| lane[place])).collect()
}

/// Σ p(1 − p) over these people, all at the rate of their bin.
fn steepness(seed: u64, people: u64) -> f64 {
    let rate = (seed as f64 + 0.5) / (people as f64 + 1.0);
    people as f64 * rate * (1.0 - rate)
}
