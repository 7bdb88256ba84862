//! The run of `auto`: scorecards of several strengths and boosted trees, their blend, and the leaderboard.
//!
//! With few people how strongly weights are held decides more than which model it is; with many the trees see what
//! columns say together.

use super::blend::{self, Blend, Mix, Weigh};
use super::fit::{Design, interleaved};
use super::score::{Histogram, LIMIT, Score, logit};
use super::trees::{self, Forget};
use super::{Ask, Form, Kept, Learned, LookalikePlan, Part, Standing, carded, evaluate, folds, lane};
use crate::error::Result;
use crate::num;
use crate::num::Order;

/// Strengths of the ridge that are tried.
const STRENGTHS: [f64; 3] = [1.0, 6.0, 36.0];

/// A model that takes part.
struct Entrant {
    name: String,
    scores: Histogram,
    /// What each bin does in the model of everyone.
    weights: Vec<f64>,
    form: Form,
}

/// Fits all, blends, and scores everyone out of fold.
pub async fn auto(ask: &Ask<'_>) -> Result<Learned> {
    let mut entrants = Vec::new();
    let (mut passes, mut converged) = (0, true);
    for l2 in STRENGTHS {
        let plan = LookalikePlan { l2, ..ask.plan.clone() };
        let design = Design::new(ask.schema, ask.features.to_vec(), &plan, lane::CLOSE, ask.tally);
        let fitted = design.fit(ask.desk, &folds::without(ask.folds, true), ask.shift).await?;
        (passes, converged) = (passes + fitted.passes, converged && fitted.converged);
        let (outer, inner) = fitted.lanes.split_at(ask.folds.len());
        let scores = linear(ask, &design, entrants.len(), false, outer).await?;
        if !inner.is_empty() {
            linear(ask, &design, entrants.len(), true, inner).await?;
        }
        let form = Form::Card(carded(ask.schema, &design.columns, &fitted.full));
        entrants.push(Entrant { name: format!("scorecard (l2 = {l2})"), scores, weights: fitted.full, form });
    }
    let grown = trees::grown(ask, trees::Settings::BOOSTED).await?;
    let scores = grown.score(ask, &blend::measure(entrants.len(), false)).await?;
    if ask.folds.len() > 2 {
        grown.score_inner(ask, &blend::measure(entrants.len(), true)).await?;
    }
    passes += grown.passes();
    let form = grown.form();
    entrants.push(Entrant { name: "boosted".into(), scores, weights: grown.weights, form });
    let (chosen, whole) = weigh(ask, entrants.len()).await?;
    let blends = ask.folds.iter().copied().zip(chosen).collect();
    let scores = ask.desk.sum(&Mix { blends }).await?;
    ask.desk.all(&Forget { measures: measures(entrants.len()) }).await?;
    let leaderboard = leaderboard(&entrants, &scores, &whole);
    Ok(Learned {
        model: named(&entrants, &whole),
        columns: super::sweep::placed(ask.features, &ask.schema.starts).0,
        weights: blended(&entrants, &whole),
        scores,
        passes,
        converged,
        kept: kept(&entrants, &whole),
        leaderboard,
    })
}

/// Scores by a scorecard: people of the folds, or of those next to them.
async fn linear(
    ask: &Ask<'_>,
    design: &Design,
    model: usize,
    inner: bool,
    lanes: &[Vec<i32>],
) -> Result<Histogram> {
    let (features, shift) = (design.features.clone(), design.grid.shift);
    let folds = if inner { folds::nexts(ask.folds) } else { ask.folds.to_vec() };
    let (into, weights) = (blend::measure(model, inner), interleaved(lanes));
    ask.desk.sum(&Score { into, features, shift, folds, weights }).await
}

/// The blend of every fold, and of everyone. Two folds leave nothing to choose by: all count the same.
async fn weigh(ask: &Ask<'_>, models: usize) -> Result<(Vec<Blend>, Blend)> {
    if ask.folds.len() < 3 {
        return Ok((vec![Blend::even(models); ask.folds.len()], Blend::even(models)));
    }
    let losses = ask.desk.sum(&Weigh { models, folds: ask.folds.to_vec() }).await?;
    Ok(blend::choose(&losses, ask.folds.len(), models))
}

fn measures(models: usize) -> Vec<String> {
    (0..models).flat_map(|model| [true, false].map(|inner| blend::measure(model, inner))).collect()
}

fn blended(entrants: &[Entrant], blend: &Blend) -> Vec<f64> {
    let mut mean = vec![0.0; entrants.first().map_or(0, |entrant| entrant.weights.len())];
    for (m, entrant) in entrants.iter().enumerate() {
        mean.iter_mut().zip(&entrant.weights).for_each(|(mean, w)| *mean += blend.share(m) * w);
    }
    mean
}

/// The blend of everyone.
fn kept(entrants: &[Entrant], blend: &Blend) -> Kept {
    let part = |(entrant, &share): (&Entrant, &i32)| Part {
        name: entrant.name.clone(),
        share: share.max(0) as u32,
        form: entrant.form.clone(),
    };
    Kept { parts: entrants.iter().zip(&blend.0).map(part).filter(|part| part.share > 0).collect() }
}

/// `auto: 75 % boosted + …`, the largest first.
fn named(entrants: &[Entrant], blend: &Blend) -> String {
    let mut parts: Vec<usize> = (0..entrants.len()).filter(|&m| blend.share(m) >= 0.005).collect();
    parts.order_by(|&a, &b| blend.share(b).total_cmp(&blend.share(a)));
    let part = |m: usize| format!("{:.0} % {}", 100.0 * blend.share(m), entrants[m].name);
    format!("auto: {}", parts.into_iter().map(part).collect::<Vec<_>>().join(" + "))
}

/// All models, best first, and the blend on top.
fn leaderboard(entrants: &[Entrant], blend: &Histogram, whole: &Blend) -> Vec<Standing> {
    let standing = |name: &str, scores: &Histogram, share: f64| {
        let (auc, auc_interval) = evaluate::auc(scores);
        Standing { model: name.into(), auc, auc_interval, log_loss: log_loss(scores), share }
    };
    let mut board: Vec<Standing> =
        entrants.iter().enumerate().map(|(m, e)| standing(&e.name, &e.scores, whole.share(m))).collect();
    board.order_by(|a, b| b.auc.total_cmp(&a.auc));
    board.insert(0, standing("auto", blend, 1.0));
    board
}

/// Mean loss of these scores.
fn log_loss(scores: &Histogram) -> f64 {
    let loss = |(at, (&seed, &rest)): (usize, (&u64, &u64))| {
        let z = logit(at as i32 - LIMIT);
        let cost = |n: u64, z: f64| if n == 0 { 0.0 } else { n as f64 * num::log1p(num::exp(z)) };
        cost(seed, -z) + cost(rest, z)
    };
    let people = scores.seed.iter().sum::<u64>() + scores.rest.iter().sum::<u64>();
    scores.seed.iter().zip(&scores.rest).enumerate().map(loss).sum::<f64>() / people.max(1) as f64
}
