//! Ratios and quantiles of the people of each arm.

use super::measure::Cell;
use super::plan::{Metric, MetricKind};
use crate::num::{self, Estimate};
use std::collections::BTreeMap;

/// By arm, in the unit of the file; nothing for a metric of another kind.
pub(super) fn estimates(
    metric: &Metric,
    [above, below]: [f64; 2],
    cells: &[Cell],
    values: &[BTreeMap<i64, u64>],
) -> Option<Vec<Option<Estimate>>> {
    let at = metric.at.unwrap_or(0.5);
    let all: Vec<Option<Estimate>> = match metric.kind {
        MetricKind::Ratio => {
            cells.iter().map(|cell| num::ratio(&cell.moments, &cell.per, cell.cross)).collect()
        }
        MetricKind::Quantile => values.iter().map(|values| num::quantile(values, at)).collect(),
        _ => return None,
    };
    Some(all.into_iter().map(|of| Some(of?.scaled(below / above))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::{Moments, always, apart, quantile, ratio};
    use crate::shard::testing::Dice;

    /// Visits and money of somebody: who comes more often spends more, and most spend nothing.
    fn visitor(dice: &mut Dice) -> (i64, i64) {
        let visits = 1 + dice.below(6) as i64;
        let each = |dice: &mut Dice| if dice.unit() < 0.3 { 500 + dice.below(2_000) as i64 } else { 0 };
        (visits, (0..visits).map(|_| each(dice)).sum())
    }

    /// Two arms of the same people, looked at after every hundred in each: estimates at each look.
    struct Arm {
        money: Moments,
        visits: Moments,
        cross: i128,
        values: BTreeMap<i64, u64>,
    }

    impl Arm {
        fn new() -> Arm {
            Arm { money: Moments::default(), visits: Moments::default(), cross: 0, values: BTreeMap::new() }
        }
        fn see(&mut self, (visits, money): (i64, i64)) {
            self.money.add(money);
            self.visits.add(visits);
            self.cross += i128::from(visits) * i128::from(money);
            *self.values.entry(money).or_default() += 1;
        }
        /// Money per visit, and what one in ten spends more than.
        fn estimates(&self) -> [Estimate; 2] {
            let ratio = ratio(&self.money, &self.visits, self.cross).expect("visits");
            [ratio, quantile(&self.values, 0.9).expect("people")]
        }
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        let mut dice = Dice(17);
        let (runs, mut found, mut steady) = (1_000, [0; 2], [0; 2]);
        for _ in 0..runs {
            let mut arms = [Arm::new(), Arm::new()];
            let mut ever = [false; 2];
            for look in 1..=10 {
                arms.iter_mut().for_each(|arm| (0..100).for_each(|_| arm.see(visitor(&mut dice))));
                let [first, second] = [0, 1].map(|at: usize| arms[at].estimates());
                for at in 0..2 {
                    let found_now = apart(&first[at], &second[at]).expect("they vary");
                    let difference = second[at].value - first[at].value;
                    let held = always(difference, found_now.variance, 0.1 * first[at].value);
                    ever[at] |= held.is_some_and(|held| held.p < 0.05);
                    found[at] += i32::from(look == 10 && found_now.p < 0.05);
                }
            }
            (0..2).for_each(|at| steady[at] += i32::from(ever[at]));
        }
        let share = |of: i32| 100.0 * f64::from(of) / f64::from(runs);
        for (what, (found, steady)) in ["ratio", "quantile"].iter().zip(found.into_iter().zip(steady)) {
            assert!((share(found) - 5.0).abs() <= 2.0, "{what}: {} % false", share(found));
            assert!(share(steady) <= 5.0, "{what}: {} % at any look", share(steady));
        }
    }
}
