//! Where k-means starts: greedy k-means++ (Arthur, Vassilvitskii, SODA 2007), the variant of scikit-learn:
//! each next centre is the best of 2 + ln k people drawn by squared distance. Distances are whole numbers, so
//! the draw is exact.

use super::dice::Dice;
use super::sample::Sample;
use super::space::Space;
use super::tables::Tables;
use crate::num;

/// `k` people to start from. The same person comes twice only if there are fewer than `k` different ones.
pub(super) fn plus_plus(sample: &Sample, space: &Space, k: usize, dice: &mut Dice) -> Vec<usize> {
    let people = sample.len() as u64;
    let trials = 2 + num::ln(k as f64) as usize;
    let mut centres = vec![dice.below(people) as usize];
    let mut closest = vec![i64::MAX; sample.len()];
    approach(sample, &sample.tables_of(space, &centres), &mut closest);
    while centres.len() < k {
        let candidates = draw(&closest, trials, dice);
        let best = best(sample, &sample.tables_of(space, &candidates), &closest, trials);
        let chosen = candidates[best];
        approach(sample, &sample.tables_of(space, &[chosen]), &mut closest);
        centres.push(chosen);
    }
    centres
}

/// People drawn with chances as their squared distance; evenly if all stand on a centre.
fn draw(closest: &[i64], trials: usize, dice: &mut Dice) -> Vec<usize> {
    let mut sum = 0;
    let below: Vec<u64> = closest
        .iter()
        .map(|&d| {
            sum += d as u64;
            sum
        })
        .collect();
    (0..trials)
        .map(|_| match sum {
            0 => dice.below(closest.len() as u64) as usize,
            _ => {
                let mark = dice.below(sum);
                below.partition_point(|&b| b <= mark)
            }
        })
        .collect()
}

/// Which candidate leaves the smallest sum of squared distances; the first of equals.
fn best(sample: &Sample, tables: &Tables, closest: &[i64], trials: usize) -> usize {
    let mut left = vec![0; trials];
    tables.scores(&sample.rows, &sample.scales, |i, scores| {
        for (sum, &score) in left.iter_mut().zip(scores) {
            *sum += sample.distance(i, score).min(closest[i]);
        }
    });
    (0..trials).min_by_key(|&t| left[t]).unwrap_or(0)
}

/// Lowers everyone's distance to the nearest centre by one more centre.
fn approach(sample: &Sample, tables: &Tables, closest: &mut [i64]) {
    tables.scores(&sample.rows, &sample.scales, |i, scores| {
        closest[i] = closest[i].min(sample.distance(i, scores[0]));
    });
}
