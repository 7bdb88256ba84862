//! The search of one model: L-BFGS with a diagonal start (Nocedal and Wright, Numerical Optimization, 2006,
//! algorithm 7.5), one evaluation per pass, so that all models share the passes.
//!
//! The objective is the loss and the ridge (`ridge`), the intercept free. It is convex, so a step that lowers the loss
//! enough (Armijo) is all a line search must find. Points live on the grid: what was evaluated is what is kept.
//!
//! **Done** when the Newton decrement √(slope · H⁻¹ slope), by what is known of the curvature H from a sample
//! and from the steps taken (the larger of the two), is at most [`CLOSE`]. To second order that is the
//! distance to the optimum in standard errors of the weights, of each and of every combination of them: what is
//! left to gain is a twentieth of what chance moves. The measure has no scale: it asks the same of ten people
//! and of ten million. A lane that can no longer move on its grid stops, too.
//!
//! Where the plan asks for L1 or for bins in order (`penalty`), steps are those of `proximal`, by the same curvature, and the
//! slope in the decrement is what the penalty leaves of it: zero where the Karush–Kuhn–Tucker conditions hold. The
//! last step, within that distance, is taken without another pass: it is the one that has the zeros and the pools.

use super::metric::Metric;
use super::penalty::Penalty;
use super::proximal::{self, Bend, Step, add};
use super::ridge::Ridge;
use super::sweep::Grid;
use crate::num::dot;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// Distance to the optimum, in standard errors, that is close enough.
pub const CLOSE: f64 = 0.05;
/// Pairs kept.
const MEMORY: usize = 12;
/// Halvings of a step before the search starts afresh.
const HALVINGS: u32 = 12;

/// What all lanes share.
#[derive(Debug)]
pub struct Ground {
    /// Where weights live.
    pub grid: Grid,
    /// What holds weights back.
    pub ridge: Ridge,
    /// What else they are held to.
    pub penalty: Penalty,
    /// Distance to the optimum that ends the search.
    pub close: f64,
    /// What is known of the curvature.
    pub metric: RefCell<Metric>,
}

impl Ground {
    fn put(&self, place: usize, weight: f64) -> i32 {
        self.grid.put(weight, if place == 0 { 2.0 * self.grid.clip } else { self.grid.clip })
    }
    fn cost(&self, weights: &[f64]) -> f64 {
        self.ridge.penalty(weights) + self.penalty.cost(weights)
    }
}

/// A step taken and the change of slope it brought.
#[derive(Debug)]
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    product: f64,
    /// The change's square length in the inverse metric.
    length: f64,
}

/// The search of one model.
#[derive(Debug)]
pub struct Lane {
    ground: Rc<Ground>,
    point: Vec<f64>,
    loss: f64,
    /// Slope of the data at the point, without the ridge.
    data: Vec<f64>,
    pairs: VecDeque<Pair>,
    direction: Vec<f64>,
    /// Slope along the direction.
    descent: f64,
    stride: f64,
    halvings: u32,
    started: bool,
    done: bool,
    converged: bool,
}

impl Lane {
    /// A search from no weights and this intercept.
    pub fn new(ground: Rc<Ground>, intercept: f64) -> Lane {
        let places = ground.metric.borrow().len();
        let mut point = vec![0.0; places];
        point[0] = ground.grid.weight(ground.put(0, intercept));
        Lane {
            ground,
            point,
            loss: 0.0,
            data: vec![0.0; places],
            pairs: VecDeque::new(),
            direction: vec![0.0; places],
            descent: 0.0,
            stride: 1.0,
            halvings: 0,
            started: false,
            done: false,
            converged: false,
        }
    }
    /// Ends the search where it is.
    pub fn stop(&mut self) {
        self.done = true;
    }
    fn end(&mut self) {
        self.converged = true;
        if !self.ground.penalty.none() {
            self.point = self.reached();
        }
        self.stop();
    }
    /// Whether it is over.
    pub fn done(&self) -> bool {
        self.done
    }
    /// Whether it ended at the optimum.
    pub fn converged(&self) -> bool {
        self.converged
    }
    /// The best point.
    pub fn weights(&self) -> &[f64] {
        &self.point
    }
    /// The best point on the grid.
    pub fn steps(&self) -> Vec<i32> {
        self.point.iter().enumerate().map(|(p, &w)| self.ground.put(p, w)).collect()
    }
    /// Where to look next, on the grid.
    pub fn trial(&self) -> Vec<i32> {
        let along = self.point.iter().zip(&self.direction).enumerate();
        let mut trial =
            along.map(|(p, (&x, &d))| self.ground.put(p, x + self.stride * d)).collect::<Vec<i32>>();
        self.ground.penalty.arrange(&mut trial);
        trial
    }
    fn reached(&self) -> Vec<f64> {
        self.trial().into_iter().map(|w| self.ground.grid.weight(w)).collect()
    }
    /// Looks again from here, the metric having changed.
    pub fn reshape(&mut self) {
        for pair in &mut self.pairs {
            pair.length = length(&self.ground, &pair.change);
        }
        if self.started && !self.done {
            self.aim();
        }
    }
    /// Takes loss and slopes of the data at the trial.
    pub fn take(&mut self, loss: f64, slopes: Vec<f64>) {
        let trial = self.reached();
        let whole = loss + self.ground.cost(&trial);
        // Rounding of the losses must not look like a rise.
        let slack = 1e-11 * self.loss.abs();
        if self.started && whole > self.loss + 1e-4 * self.stride * self.descent + slack {
            return self.shorten(whole);
        }
        if self.started {
            self.remember(&trial, &slopes);
        }
        self.loss = whole;
        self.point = trial;
        self.data = slopes;
        self.started = true;
        self.aim();
    }

    fn slope(&self) -> Vec<f64> {
        let mut slope = self.ground.ridge.slope(&self.point);
        add(&mut slope, 1.0, &self.data);
        slope
    }

    /// The step was too long: the minimum of the parabola through what is known, within a tenth and a half.
    fn shorten(&mut self, whole: f64) {
        self.halvings += 1;
        if self.halvings > HALVINGS {
            if self.pairs.is_empty() {
                return self.stop();
            }
            self.pairs.clear();
            return self.aim();
        }
        let rise = whole - self.loss - self.stride * self.descent;
        let best = -0.5 * self.descent * self.stride * self.stride / rise;
        self.stride = best.clamp(0.1 * self.stride, 0.5 * self.stride);
    }

    fn remember(&mut self, to: &[f64], slopes: &[f64]) {
        let step: Vec<f64> = to.iter().zip(&self.point).map(|(a, b)| a - b).collect();
        let ridge = self.ground.ridge.slope(&step);
        let change: Vec<f64> = (0..step.len()).map(|p| slopes[p] - self.data[p] + ridge[p]).collect();
        let product = dot(&step, &change);
        if product > 1e-12 * crate::num::sqrt(dot(&step, &step) * dot(&change, &change)) {
            if self.pairs.len() == MEMORY {
                self.pairs.pop_front();
            }
            let length = length(&self.ground, &change);
            self.pairs.push_back(Pair { step, change, product, length });
        }
    }

    /// Chooses the next direction, or ends the search.
    fn aim(&mut self) {
        let slope = self.slope();
        self.stride = 1.0;
        self.halvings = 0;
        if self.look(&slope) <= self.ground.close * self.ground.close {
            return self.end();
        }
        if self.descent >= 0.0 {
            self.pairs.clear();
            self.look(&slope);
        }
    }

    /// Finds direction and descent; says the square distance to the optimum.
    fn look(&mut self, slope: &[f64]) -> f64 {
        if !self.ground.penalty.none() {
            return self.look_held(slope);
        }
        self.direction = self.newton(slope);
        self.descent = dot(&self.direction, slope);
        length(&self.ground, slope).max(-self.descent)
    }

    /// The same where a penalty holds.
    fn look_held(&mut self, slope: &[f64]) -> f64 {
        let Ground { metric, penalty, close, .. } = &*self.ground;
        let metric = metric.borrow();
        let scale = self.pairs.back().map_or(1.0, |pair| pair.length / pair.product);
        let pairs = self.pairs.iter().map(|pair| (&pair.step[..], &pair.change[..]));
        let bend = Bend::new(&metric, scale, pairs);
        let Step { step, bent, solved } = proximal::step(&bend, penalty, &self.point, slope, *close);
        let to: Vec<f64> = self.point.iter().zip(&step).map(|(x, d)| x + d).collect();
        self.descent = dot(&step, slope) + penalty.rise(&self.point, &to);
        self.direction = step;
        // A step that is not all there is says nothing of the distance.
        if solved { length(&self.ground, &bent).max(dot(&self.direction, &bent)) } else { f64::INFINITY }
    }

    /// Minus the inverse of the curvature, as far as the pairs know it, times the slope.
    fn newton(&self, slope: &[f64]) -> Vec<f64> {
        let mut d: Vec<f64> = slope.iter().map(|g| -g).collect();
        let mut shares = Vec::with_capacity(self.pairs.len());
        for pair in self.pairs.iter().rev() {
            let share = dot(&pair.step, &d) / pair.product;
            add(&mut d, -share, &pair.change);
            shares.push(share);
        }
        let scale = self.pairs.back().map_or(1.0, |pair| pair.product / pair.length);
        self.ground.metric.borrow().solve(&mut d);
        d.iter_mut().for_each(|d| *d *= scale);
        for (pair, share) in self.pairs.iter().zip(shares.into_iter().rev()) {
            let back = dot(&pair.change, &d) / pair.product;
            add(&mut d, share - back, &pair.step);
        }
        d
    }
}

/// Square length in the inverse metric.
fn length(ground: &Ground, of: &[f64]) -> f64 {
    let mut solved = of.to_vec();
    ground.metric.borrow().solve(&mut solved);
    dot(&solved, of)
}
