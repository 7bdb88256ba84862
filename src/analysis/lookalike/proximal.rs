//! A step of a search that is held to more than smooth costs: proximal Newton (Lee, Sun and Saunders, SIAM J. Optim. 24,
//! 2014). What is known of the curvature makes a quadratic model of the smooth part; its minimum with the penalty is
//! found here, at the desk, without a pass over people, however many turns it takes.
//!
//! A turn is two moves (as for bounds: Moré and Toraldo, SIAM J. Optim. 1, 1991). Proximal gradient steps find which weights
//! are zero and which bins are pooled; conjugate gradients (Hestenes and Stiefel, 1952), preconditioned by the
//! metric as these weights see it, find the best point with just these, and it is cut back to where signs and orders hold.

use super::metric::{Metric, Part};
use super::penalty::{Face, Penalty};
use crate::num::dot;

/// Most turns of one step.
const TURNS: u32 = 100;
/// Proximal gradient steps of a turn: a few find more zeros than one, and cost less than a search on a face.
const GRADIENTS: u32 = 5;
/// Most products of one search on a face.
const PRODUCTS: u32 = 300;
/// Square distance from the model's minimum, out of that which ends the search of the fit.
const FINE: f64 = 1e-6;
/// The same, out of the square length of the step.
const SHARE: f64 = 1e-4;

/// The quadratic part of the model: a multiple of the metric and what the pairs add and take.
pub struct Bend<'a> {
    /// The metric.
    pub metric: &'a Metric,
    scale: f64,
    more: Vec<Vec<f64>>,
    less: Vec<Vec<f64>>,
}

impl Bend<'_> {
    /// So many times the metric, and these steps and changes of slope taken in (BFGS, the oldest first).
    pub fn new<'a>(
        metric: &'a Metric,
        scale: f64,
        pairs: impl Iterator<Item = (&'a [f64], &'a [f64])>,
    ) -> Bend<'a> {
        let mut bend = Bend { metric, scale, more: Vec::new(), less: Vec::new() };
        for (step, change) in pairs {
            let bent = bend.times(step);
            let unit = |of: &[f64]| {
                let length = crate::num::sqrt(dot(step, of));
                of.iter().map(|x| x / length).collect::<Vec<f64>>()
            };
            let (more, less) = (unit(change), unit(&bent));
            bend.more.push(more);
            bend.less.push(less);
        }
        bend
    }
    /// The product with a step.
    pub fn times(&self, step: &[f64]) -> Vec<f64> {
        let mut product = self.metric.times(step);
        product.iter_mut().for_each(|x| *x *= self.scale);
        for (more, less) in self.more.iter().zip(&self.less) {
            add(&mut product, dot(more, step), more);
            add(&mut product, -dot(less, step), less);
        }
        product
    }
}

/// The search for the minimum of the model.
struct Search<'a> {
    bend: &'a Bend<'a>,
    penalty: &'a Penalty,
    from: &'a [f64],
    at: Vec<f64>,
    /// Slope of the smooth part at this point.
    slope: Vec<f64>,
    /// By how much the metric's diagonal is taken for the bend's.
    caution: f64,
}

/// A move and its product with the bend.
struct Move {
    to: Vec<f64>,
    step: Vec<f64>,
    bent: Vec<f64>,
}

/// A step to where the model is least.
pub struct Step {
    /// The step.
    pub step: Vec<f64>,
    /// Its product with the bend.
    pub bent: Vec<f64>,
    /// Whether the model is least there, or only less.
    pub solved: bool,
}

/// Where the model is least, as a step from here. `close` ends the fit.
pub fn step(bend: &Bend, penalty: &Penalty, from: &[f64], slope: &[f64], close: f64) -> Step {
    let mut solved = false;
    let (at, slope_here) = (from.to_vec(), slope.to_vec());
    let mut search = Search { bend, penalty, from, at, slope: slope_here, caution: 1.0 };
    for _ in 0..TURNS {
        let mut left = 0.0;
        for _ in 0..GRADIENTS {
            let taken = search.gradient();
            left = search.caution * search.length(&taken.step);
            search.go(taken);
        }
        let step = difference(&search.at, from);
        let whole = dot(&step, &difference(&search.slope, slope));
        solved = left <= (FINE * close * close).max(SHARE * whole);
        if solved {
            break;
        }
        search.along_face();
    }
    let step = difference(&search.at, search.from);
    let bent = difference(&search.slope, slope);
    Step { step, bent, solved }
}

impl Search<'_> {
    fn steep(&self) -> &[f64] {
        self.bend.metric.diagonal()
    }
    /// Square length by the diagonal alone.
    fn length(&self, step: &[f64]) -> f64 {
        step.iter().zip(self.steep()).map(|(s, d)| s * s * d).sum()
    }
    fn moved(&self, to: Vec<f64>) -> Move {
        let step = difference(&to, &self.at);
        let bent = self.bend.times(&step);
        Move { to, step, bent }
    }
    fn go(&mut self, taken: Move) {
        self.at = taken.to;
        add(&mut self.slope, 1.0, &taken.bent);
    }
    /// A proximal gradient step, as cautious as it must be for the model not to rise.
    fn gradient(&mut self) -> Move {
        loop {
            let steep: Vec<f64> = self.steep().iter().map(|d| self.caution * d).collect();
            let goal = (0..steep.len()).map(|p| self.at[p] - self.slope[p] / steep[p]).collect::<Vec<f64>>();
            let taken = self.moved(self.penalty.near(&goal, &steep));
            if dot(&taken.step, &taken.bent) <= self.caution * self.length(&taken.step) || self.caution > 1e9
            {
                return taken;
            }
            self.caution *= 2.0;
        }
    }
    /// To the best point on the face, or as far towards it as the model falls.
    fn along_face(&mut self) {
        let face = self.penalty.face(&self.at);
        let way = face.spread(&self.newton(&face));
        let (mut stride, least) = (1.0, self.penalty.reach(&self.at, &way));
        loop {
            let goal: Vec<f64> = self.at.iter().zip(&way).map(|(at, way)| at + stride * way).collect();
            let taken = self.moved(self.penalty.within(&goal, self.steep(), &self.at));
            let change = dot(&taken.step, &self.slope) + 0.5 * dot(&taken.step, &taken.bent);
            if change + self.penalty.rise(&self.at, &taken.to) < 0.0 {
                return self.go(taken);
            }
            if stride <= least {
                return;
            }
            stride = least.max(0.25 * stride);
        }
    }
    /// The moves of the groups of a face that lead to its best point: conjugate gradients.
    fn newton(&self, face: &Face) -> Vec<f64> {
        let mut slope = self.slope.clone();
        add(&mut slope, 1.0, &self.penalty.lean(&self.at));
        let mut left: Vec<f64> = face.gather(&slope).iter().map(|g| -g).collect();
        let mut moves = vec![0.0; face.len()];
        let part = Part::new(self.bend.metric, face.groups(), face.len());
        let mut near = self.solved(face, part.as_ref(), &left);
        let (mut way, mut size) = (near.clone(), dot(&near, &left));
        let enough = 1e-14 * size;
        for _ in 0..PRODUCTS {
            let bent = face.gather(&self.bend.times(&face.spread(&way)));
            let curve = dot(&way, &bent);
            if curve <= 0.0 || size <= enough {
                break;
            }
            add(&mut moves, size / curve, &way);
            add(&mut left, -size / curve, &bent);
            near = self.solved(face, part.as_ref(), &left);
            let before = std::mem::replace(&mut size, dot(&near, &left));
            way.iter_mut().zip(&near).for_each(|(way, near)| *way = near + *way * size / before);
        }
        moves
    }
    /// The inverse of the metric as the groups see it, or where that is not at hand, the groups' part of the inverse: few
    /// weights are held where there are only orders, and it is nearly the same.
    fn solved(&self, face: &Face, part: Option<&Part>, slope: &[f64]) -> Vec<f64> {
        let mut solved = slope.to_vec();
        if let Some(part) = part {
            part.solve(&mut solved);
            return solved;
        }
        let mut all = face.spread(&face.share(solved));
        self.bend.metric.solve(&mut all);
        face.share(face.gather(&all))
    }
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

/// Adds so many times a list to another.
pub fn add(to: &mut [f64], times: f64, what: &[f64]) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += times * what);
}
