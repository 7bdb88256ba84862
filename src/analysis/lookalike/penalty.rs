//! What a scorecard is held to besides its ridge, where the plan asks for it: few weights (L1, the lasso: Tibshirani,
//! J. R. Statist. Soc. B 58, 1996) and bins in order (monotone columns).
//!
//! The cost is `l1 · Σ |w|` over the weights of all bins, the intercept free; an order costs nothing where it is kept and
//! everything elsewhere. Both are kept exactly: a weight is zero or it is not, and bins rise or stay.
//!
//! The proximal step of both at once is exact, too: pooling adjacent violators (Barlow and others, Statistical Inference
//! under Order Restrictions, 1972) takes any convex cost per bin, and a pool's cheapest value is a soft threshold.

use super::{LookalikePlan, Trend};
use crate::error::{Error, Kind, Result};
use crate::num::Order;
use crate::table::schema::Schema;
use std::ops::Range;

/// L1 and orders.
#[derive(Debug, Default)]
pub struct Penalty {
    l1: f64,
    chains: Vec<Chain>,
}

/// The bins of a column that may not fall, or may not rise; its missing bin is free.
#[derive(Debug)]
struct Chain {
    places: Range<usize>,
    /// 1 if they may not fall, −1 if they may not rise.
    sign: f64,
}

/// Neighbouring bins of one value.
struct Pool {
    /// Sum of steepness.
    steep: f64,
    /// Sum of steepness times goal.
    pull: f64,
    bins: usize,
    value: f64,
}

/// Weights that can move without leaving a zero or a pool: those of one number together.
pub struct Face {
    /// By place the number of its group, or nothing if it stays at zero.
    groups: Vec<Option<usize>>,
    /// Places in each group.
    counts: Vec<f64>,
}

/// Refuses orders of columns there are not, or whose values have none.
pub fn check(schema: &Schema, plan: &LookalikePlan) -> Result<()> {
    plan.monotone.keys().try_for_each(|name| {
        match schema.features.iter().position(|feature| feature.name() == *name) {
            Some(f) if schema.features[f].ordered() => Ok(()),
            Some(_) => Err(Error::new(Kind::OutOfRange).column(format!("monotone.{name}"))),
            None => Err(Error::new(Kind::ColumnMissing).column(name)),
        }
    })
}

impl Penalty {
    /// What the plan asks of these columns (with the place of their first bin).
    pub fn new(schema: &Schema, columns: &[(usize, usize)], plan: &LookalikePlan) -> Penalty {
        let chain = |&(f, start): &(usize, usize)| {
            let trend =
                plan.monotone.get(&schema.features[f].name()).filter(|_| schema.features[f].ordered())?;
            let places = start + 1..start + schema.starts[f + 1] - schema.starts[f];
            Some(Chain { places, sign: if *trend == Trend::Up { 1.0 } else { -1.0 } })
        };
        Penalty { l1: plan.l1, chains: columns.iter().filter_map(chain).collect() }
    }
    /// Whether nothing is asked for.
    pub fn none(&self) -> bool {
        self.l1 == 0.0 && self.chains.is_empty()
    }
    /// Whether this place is one of a chain.
    pub fn chained(&self, place: usize) -> bool {
        self.chains.iter().any(|chain| chain.places.contains(&place))
    }
    /// Whether many weights may be held at zero.
    pub fn sparse(&self) -> bool {
        self.l1 > 0.0
    }
    /// What these weights cost: the first is the intercept's.
    pub fn cost(&self, weights: &[f64]) -> f64 {
        if self.l1 == 0.0 { 0.0 } else { self.l1 * weights[1..].iter().map(|w| w.abs()).sum::<f64>() }
    }
    /// What the second costs above the first.
    pub fn rise(&self, from: &[f64], to: &[f64]) -> f64 {
        let both = from.iter().zip(to).skip(1);
        if self.l1 == 0.0 { 0.0 } else { self.l1 * both.map(|(a, b)| b.abs() - a.abs()).sum::<f64>() }
    }
    /// How the cost rises with every weight that is not zero.
    pub fn lean(&self, weights: &[f64]) -> Vec<f64> {
        let lean = |(p, &w): (usize, &f64)| if p == 0 || w == 0.0 { 0.0 } else { self.l1 * w.signum() };
        weights.iter().enumerate().map(lean).collect()
    }
    /// The cheapest weights: `Σ steep / 2 · (w − goal)²` and their cost.
    pub fn near(&self, goal: &[f64], steep: &[f64]) -> Vec<f64> {
        let mut near: Vec<f64> = goal.iter().zip(steep).map(|(&goal, d)| soft(goal, self.l1 / d)).collect();
        near[0] = goal[0];
        self.chains.iter().for_each(|chain| chain.pool(goal, steep, self.l1, &mut near));
        near
    }
    /// The nearest weights in order whose signs are those of `from`, or zero.
    pub fn within(&self, goal: &[f64], steep: &[f64], from: &[f64]) -> Vec<f64> {
        let mut near = goal.to_vec();
        self.chains.iter().for_each(|chain| chain.pool(goal, steep, 0.0, &mut near));
        if self.l1 > 0.0 {
            near.iter_mut().zip(from).skip(1).for_each(|(w, from)| *w = kept(*w, *from));
        }
        near
    }
    /// The largest share of this step on which no weight passes zero and no bin its neighbour.
    pub fn reach(&self, at: &[f64], step: &[f64]) -> f64 {
        let until = |gap: f64, change: f64| if gap * change < 0.0 { -gap / change } else { 1.0 };
        let zeros = if self.l1 > 0.0 { 1..at.len() } else { 0..0 };
        let zeros = zeros.map(|p| until(at[p], step[p]));
        let pairs = self.chains.iter().flat_map(|chain| chain.places.clone().skip(1));
        let pairs = pairs.map(|p| until(at[p] - at[p - 1], step[p] - step[p - 1]));
        zeros.chain(pairs).fold(1.0, f64::min)
    }
    /// Brings weights on the grid in order: rounding a step of the search may have put bins apart.
    pub fn arrange(&self, steps: &mut [i32]) {
        for chain in &self.chains {
            let up = chain.sign > 0.0;
            let places = chain.places.clone().skip(1);
            places.for_each(|p| {
                steps[p] = if up { steps[p].max(steps[p - 1]) } else { steps[p].min(steps[p - 1]) }
            });
        }
    }
    /// The face these weights are on.
    pub fn face(&self, weights: &[f64]) -> Face {
        let mut face = Face { groups: Vec::with_capacity(weights.len()), counts: Vec::new() };
        for (p, &w) in weights.iter().enumerate() {
            // Between two chains lies a bin of missing values.
            let joined = p > 0 && w == weights[p - 1] && self.chained(p) && self.chained(p - 1);
            if self.l1 > 0.0 && w == 0.0 && p > 0 {
                face.groups.push(None);
            } else {
                if !joined {
                    face.counts.push(0.0);
                }
                let group = face.counts.len() - 1;
                face.counts[group] += 1.0;
                face.groups.push(Some(group));
            }
        }
        face
    }
    /// How far to move all of these weights for what they cost, by a force and a stiffness of their sum, to be least: the
    /// root of `stiff · x − force + l1 · Σ sign(x − w)`, which is the median of what each count of signs gives and the weights.
    pub fn shift(&self, weights: &[f64], force: f64, stiff: f64) -> f64 {
        let count = weights.len();
        let roots = (0..=count).map(|k| (force - self.l1 * (2.0 * k as f64 - count as f64)) / stiff);
        let mut all: Vec<f64> = weights.iter().copied().chain(roots).collect();
        all.order_by(f64::total_cmp);
        all[count]
    }
}

impl Chain {
    fn pool(&self, goal: &[f64], steep: &[f64], l1: f64, near: &mut [f64]) {
        let mut pools: Vec<Pool> = Vec::with_capacity(self.places.len());
        for p in self.places.clone() {
            let mut next = Pool::new(steep[p], self.sign * steep[p] * goal[p], 1, l1);
            while let Some(last) = pools.pop_if(|last| last.value >= next.value) {
                next = Pool::new(last.steep + next.steep, last.pull + next.pull, last.bins + next.bins, l1);
            }
            pools.push(next);
        }
        let values = pools.iter().flat_map(|pool| std::iter::repeat_n(self.sign * pool.value, pool.bins));
        near[self.places.clone()].iter_mut().zip(values).for_each(|(near, value)| *near = value);
    }
}

impl Pool {
    fn new(steep: f64, pull: f64, bins: usize, l1: f64) -> Pool {
        Pool { steep, pull, bins, value: soft(pull / steep, bins as f64 * l1 / steep) }
    }
}

impl Face {
    /// The group of every place.
    pub fn groups(&self) -> &[Option<usize>] {
        &self.groups
    }
    /// How many groups can move.
    pub fn len(&self) -> usize {
        self.counts.len()
    }
    /// Everyone's move from the moves of the groups.
    pub fn spread(&self, moves: &[f64]) -> Vec<f64> {
        self.groups.iter().map(|group| group.map_or(0.0, |g| moves[g])).collect()
    }
    /// Sums by group.
    pub fn gather(&self, slope: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.counts.len()];
        self.groups.iter().zip(slope).for_each(|(group, slope)| group.iter().for_each(|&g| sums[g] += slope));
        sums
    }
    /// Shares out what belongs to the groups.
    pub fn share(&self, mut of: Vec<f64>) -> Vec<f64> {
        of.iter_mut().zip(&self.counts).for_each(|(of, count)| *of /= count);
        of
    }
}

/// Towards zero by so much, and not past it.
fn soft(goal: f64, by: f64) -> f64 {
    if goal.abs() <= by { 0.0 } else { goal - by * goal.signum() }
}

/// A weight if its sign is that of another, or zero.
fn kept(weight: f64, like: f64) -> f64 {
    if weight * like > 0.0 { weight } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shard::testing::{Dice, feature};
    use crate::table::schema::FeatureKind;

    fn penalty(l1: f64, trend: Trend) -> Penalty {
        let columns = [("a", FeatureKind::Category), ("b", FeatureKind::Number)];
        let schema = Schema::new(columns.map(|(name, kind)| feature(name, kind, 5)).to_vec());
        let plan = LookalikePlan { l1, monotone: [("b".into(), trend)].into(), ..LookalikePlan::default() };
        Penalty::new(&schema, &[(0, 1), (1, 6)], &plan)
    }

    /// The twin: nothing in order nearby is cheaper, and what is cheapest is in order.
    #[test]
    fn the_proximal_step_is_the_cheapest_of_all_in_order() {
        let mut dice = Dice(3);
        let mut pooled = 0;
        for turn in 0..300 {
            let (l1, trend) = (f64::from(turn % 3), if turn % 2 == 0 { Trend::Up } else { Trend::Down });
            let (penalty, sign) = (penalty(l1, trend), if trend == Trend::Up { 1.0 } else { -1.0 });
            let goal: Vec<f64> = (0..11).map(|_| 4.0 * dice.unit() - 2.0).collect();
            let steep: Vec<f64> = (0..11).map(|_| 0.5 + 4.0 * dice.unit()).collect();
            let near = penalty.near(&goal, &steep);
            let ordered = |w: &[f64]| w[7..11].is_sorted_by(|a, b| sign * a <= sign * b);
            let cost = |w: &[f64]| {
                let far = (0..11).map(|p| 0.5 * steep[p] * (w[p] - goal[p]) * (w[p] - goal[p])).sum::<f64>();
                far + penalty.cost(w)
            };
            assert!(ordered(&near) && near[0] == goal[0]);
            pooled += near[7..11].windows(2).filter(|two| two[0] == two[1]).count();
            for _ in 0..100 {
                let mut other: Vec<f64> = near.iter().map(|w| w + 0.2 * dice.unit() - 0.1).collect();
                other[7..11].sort_by(|a, b| (sign * a).total_cmp(&(sign * b)));
                assert!(cost(&other) >= cost(&near), "{near:?} and {other:?}");
                // Along what is allowed the cost never falls, however small the step.
                let step: Vec<f64> = near.iter().zip(&other).map(|(a, b)| a + 1e-4 * (b - a)).collect();
                assert!(cost(&step) >= cost(&near) - 1e-13, "{near:?} and {other:?}");
            }
        }
        assert!(pooled > 300, "control: most goals are out of order: {pooled}");
    }

    #[test]
    fn a_shift_is_the_cheapest() {
        let mut dice = Dice(4);
        for l1 in [0.0, 0.5, 3.0] {
            let penalty = penalty(l1, Trend::Up);
            let w: Vec<f64> = (0..5).map(|_| 2.0 * dice.unit() - 1.0).collect();
            let (force, stiff) = (3.0 * dice.unit(), 0.5 + dice.unit());
            let cost =
                |x: f64| 0.5 * stiff * x * x - force * x + l1 * w.iter().map(|w| (w - x).abs()).sum::<f64>();
            let best = penalty.shift(&w, force, stiff);
            let least = (-8_000..8_000).map(|x| cost(f64::from(x) / 1_000.0)).fold(f64::MAX, f64::min);
            assert!(cost(best) <= least + 1e-12, "{l1}: {best}");
        }
        let plain = penalty(0.0, Trend::Up);
        assert_eq!(plain.shift(&[5.0, -3.0, 0.1], 1.0, 3.0), 1.0 / 3.0, "nothing but the quadratic");
    }

    #[test]
    fn weights_on_the_grid_are_brought_in_order() {
        let put = |trend| {
            let mut steps = vec![9, 5, 4, 3, 2, 1, 7, 1, 3, 2, 4];
            penalty(0.0, trend).arrange(&mut steps);
            steps
        };
        assert_eq!(put(Trend::Up), [9, 5, 4, 3, 2, 1, 7, 1, 3, 3, 4]);
        assert_eq!(put(Trend::Down), [9, 5, 4, 3, 2, 1, 7, 1, 1, 1, 1]);
    }
}
