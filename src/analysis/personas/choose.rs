//! How many personas: silhouette and stability of each k on a part of the sample.
//!
//! *Silhouette* (Rousseeuw 1987): exact, over at most [`SILHOUETTE`] people and all pairs of them.
//! *Stability*: the mean adjusted Rand index between every two of [`RESAMPLES`] clusterings, each fitted to
//! another bootstrap resample and then asked for everyone in the part. **Rule** (`formulas.md` F15): the
//! highest silhouette among the k with stability ≥ 0.7, the smaller k of equals; if no k is that stable, the
//! most stable one.

use super::dice::{Dice, Purpose};
use super::lloyd;
use super::pace::Pace;
use super::report::KChoice;
use super::sample::Sample;
use super::space::Space;
use crate::error::Result;
use crate::num;

/// People a k is tried on.
const PART: usize = 5_000;
/// People of the silhouette.
const SILHOUETTE: usize = 5_000;
/// Bootstrap resamples.
const RESAMPLES: usize = 6;
/// Starts on the part, and on each resample.
const STARTS: (usize, usize) = (4, 2);
/// Stability a k needs.
const STABLE: f64 = 0.7;
/// The largest k that is tried.
pub(super) const LARGEST: usize = 10;

/// What every k would give, the chosen one marked. The sample holds two people or more.
pub(super) async fn choices(
    pace: &mut Pace<'_>,
    sample: &Sample,
    space: &Space,
    seed: u64,
) -> Result<Vec<KChoice>> {
    let part = sample.pick(0..sample.len().min(PART));
    let mut dice = Dice::new(seed, Purpose::Choice);
    let mut labels = Vec::new();
    let mut choices = Vec::new();
    for k in 2..=LARGEST.min(part.len()) {
        labels.push(lloyd::best(pace, &part, space, k, STARTS.0, &mut dice).await?.labels);
        let stability = stability(pace, &part, space, k, &mut dice).await?;
        choices.push(KChoice { k: k as u8, silhouette: 0.0, stability, chosen: false });
        pace.step();
    }
    let near = part.pick(0..part.len().min(SILHOUETTE));
    let silhouettes = silhouettes(pace, &near, space, &labels).await?;
    choices.iter_mut().zip(silhouettes).for_each(|(choice, s)| choice.silhouette = s);
    mark(&mut choices);
    Ok(choices)
}

fn mark(choices: &mut [KChoice]) {
    let stable = choices.iter().any(|c| c.stability >= STABLE);
    let worth = |c: &KChoice| match stable {
        true if c.stability >= STABLE => c.silhouette,
        true => f64::NEG_INFINITY,
        false => c.stability,
    };
    let mut best = 0;
    for (at, choice) in choices.iter().enumerate() {
        if worth(choice) > worth(&choices[best]) {
            best = at;
        }
    }
    if let Some(choice) = choices.get_mut(best) {
        choice.chosen = true;
    }
}

async fn stability(
    pace: &mut Pace<'_>,
    part: &Sample,
    space: &Space,
    k: usize,
    dice: &mut Dice,
) -> Result<f64> {
    let mut labels: Vec<Vec<u8>> = Vec::new();
    for _ in 0..RESAMPLES {
        let drawn = (0..part.len()).map(|_| dice.below(part.len() as u64) as usize);
        let resample = part.pick(drawn.collect::<Vec<_>>().into_iter());
        let run = lloyd::best(pace, &resample, space, k, STARTS.1, dice).await?;
        labels.push(part.labels(&run.sums.tables(space)));
    }
    let pairs = (0..RESAMPLES).flat_map(|a| (0..a).map(move |b| (a, b)));
    let total: f64 = pairs.map(|(a, b)| agreement(&labels[a], &labels[b], k)).sum();
    Ok(total / (RESAMPLES * (RESAMPLES - 1) / 2) as f64)
}

fn agreement(a: &[u8], b: &[u8], k: usize) -> f64 {
    let mut table = vec![vec![0u64; k]; k];
    a.iter().zip(b).for_each(|(&a, &b)| table[usize::from(a)][usize::from(b)] += 1);
    num::adjusted_rand_index(&table)
}

/// Mean silhouettes of several clusterings of the same people; `labels` may name more people than there are.
/// All clusterings share one walk over the pairs.
async fn silhouettes(
    pace: &mut Pace<'_>,
    people: &Sample,
    space: &Space,
    labels: &[Vec<u8>],
) -> Result<Vec<f64>> {
    let everyone: Vec<usize> = (0..people.len()).collect();
    let sizes: Vec<Vec<f64>> = labels.iter().map(|labels| sizes(&labels[..people.len()])).collect();
    let mut totals = vec![0.0; labels.len()];
    for four in everyone.chunks(4) {
        let apart = distances(people, space, four);
        for (&i, apart) in four.iter().zip(&apart) {
            for ((total, labels), sizes) in totals.iter_mut().zip(labels).zip(&sizes) {
                *total += silhouette(i, apart, labels, sizes);
            }
        }
        pace.spend(8 * people.rows.cells()).await?;
    }
    Ok(totals.into_iter().map(|total| total / people.len() as f64).collect())
}

fn sizes(labels: &[u8]) -> Vec<f64> {
    let mut sizes = vec![0.0; LARGEST];
    labels.iter().for_each(|&l| sizes[usize::from(l)] += 1.0);
    sizes
}

/// Distances of up to four people to everyone.
fn distances(people: &Sample, space: &Space, of: &[usize]) -> Vec<Vec<f64>> {
    let mut apart = vec![vec![0.0; people.len()]; of.len()];
    people.tables_of(space, of).scores(&people.rows, &people.scales, |j, scores| {
        for (row, &score) in apart.iter_mut().zip(scores) {
            row[j] = num::sqrt(people.distance(j, score) as f64 / space.score_unit());
        }
    });
    apart
}

/// (b − a) / max(a, b): a the mean distance to the others of the own cluster, b to those of the nearest
/// other; 0 for someone alone.
fn silhouette(i: usize, apart: &[f64], labels: &[u8], sizes: &[f64]) -> f64 {
    let mut sums = [0.0; LARGEST];
    apart.iter().zip(labels).for_each(|(&d, &l)| sums[usize::from(l)] += d);
    let own = usize::from(labels[i]);
    if sizes[own] < 2.0 {
        return 0.0;
    }
    let a = (sums[own] - apart[i]) / (sizes[own] - 1.0);
    let others = (0..LARGEST).filter(|&c| c != own && sizes[c] > 0.0).map(|c| sums[c] / sizes[c]);
    let b = others.fold(f64::INFINITY, f64::min);
    let wide = a.max(b);
    if wide > 0.0 && wide.is_finite() { (b - a) / wide } else { 0.0 }
}
