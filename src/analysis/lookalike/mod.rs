//! Lookalike: the seed against the rest, a scorecard of one weight per bin, scores out of fold, tiers
//! (`formulas.md` F5, F6, F14).
//!
//! The scorecard is a logistic regression on the bins with a ridge that keeps ordered bins near a line. One model
//! per fold does without it, and scores it; a last one learns from everyone and gives the reasons. All
//! are fitted in the same passes. Passes: one to survey, four to deal folds exactly, up to four over a
//! sample for the shape of the objective, one per step of the fit (about 10), one to score, about six to find the cuts, one to describe the tiers.

mod auto;
mod blend;
mod cast;
mod card;
mod compare;
mod curve;
mod drift;
mod evaluate;
mod fit;
mod folds;
mod kept;
mod lane;
mod leak;
mod metric;
mod nearest;
mod pairs;
mod penalty;
mod proximal;
mod reasons;
mod report;
mod ridge;
mod saved;
mod score;
mod survey;
mod sweep;
mod tgi;
mod tiers;
mod trees;

pub use cast::SamplesPlan;
pub use compare::{ComparedBin, Comparison};
pub use drift::{Contender, Drift, DriftBin, ModelReport, ModelTier};
pub use kept::{Applied, Apply, Draw, Form, Grove, Kept, Part, Scorecard, fixed};
pub use report::*;
pub use saved::{Saved, SavedColumn};
pub use score::score_text;
pub use trees::{Link, Split, Test, Tree};

use crate::audience::Expr;
use crate::error::{self, Kind, Result};
use crate::num;
use crate::shard::desk::Desk;
use crate::shard::job::{self, Opener};
use crate::table::schema::Schema;
use fit::{Design, interleaved};
use score::{Histogram, Score};
use std::collections::BTreeMap;
use survey::{Survey, Tally};

/// Measure with everyone's out-of-fold score: log-odds in steps of 2^-12.
pub const SCORE: &str = "score";
/// Measure with everyone's score by a model that was loaded: log-odds in steps of 2^-12.
pub const MODEL: &str = "model";
/// Measure with everyone's fold.
pub const FOLD: &str = "fold";

/// Questions of this analysis, for the registry.
pub const QUESTIONS: [(&str, Opener); 20] = [
    job::analysis::<cast::Cast>(),
    job::analysis::<Survey>(),
    job::analysis::<folds::FoldRanks>(),
    job::analysis::<folds::Deal>(),
    job::analysis::<pairs::Pairs>(),
    job::analysis::<sweep::Sweep>(),
    job::analysis::<Score>(),
    job::analysis::<tiers::ScoreRanks>(),
    job::analysis::<tiers::TierCount>(),
    job::analysis::<blend::Weigh>(),
    job::analysis::<blend::Mix>(),
    job::analysis::<Apply>(),
    job::analysis::<Draw>(),
    job::analysis::<tgi::Census>(),
    job::analysis::<nearest::Known>(),
    job::analysis::<nearest::Near>(),
    job::analysis::<trees::Muster>(),
    job::analysis::<trees::Wave>(),
    job::analysis::<trees::Climb>(),
    job::task::<trees::Forget>(),
];

/// Fewest people to learn from.
const LEAST_SEED: u64 = 10;

impl LookalikePlan {
    /// Refuses settings out of range, by name.
    pub fn check(&self) -> Result<()> {
        let ascending = self.tiers.windows(2).all(|pair| pair[0] < pair[1]);
        let within = self.tiers.iter().all(|&share| share > 0.0 && share <= 100.0);
        error::settings(&[
            ("l2", (1e-6..=1e6).contains(&self.l2)),
            ("l1", (0.0..=1e6).contains(&self.l1)),
            ("folds", (2..=folds::MOST).contains(&usize::from(self.folds))),
            ("tiers", ascending && within && self.tiers.len() <= 20),
        ])?;
        self.samples.check()
    }
}

/// Fits the models, scores everyone, evaluates, cuts tiers.
pub async fn lookalike(desk: &Desk, schema: &Schema, plan: &LookalikePlan) -> Result<LookalikeReport> {
    plan.check()?;
    penalty::check(schema, plan)?;
    desk.progress("survey", 0, 1, "rounds");
    let casting = cast::cast(desk, plan).await?;
    let (tally, learners) = (&casting.counted, &casting.learners);
    refuse(learners, plan)?;
    let (features, left_out) = survey::choose(schema, plan, learners)?;
    // Those who count are dealt, so that figures are of all folds; each must have learners, too.
    folds::usable(learners)?;
    let folds = folds::deal(desk, plan, tally).await?;
    let shift = casting.shift();
    let ask = Ask { desk, schema, plan, features: &features, tally: learners, folds: &folds, shift };
    let learned = ask.learn().await?;
    desk.progress("tiers", 0, 1, "rounds");
    let verdict = judged(&learned.scores, tally);
    let unlabelled = plan.samples.negatives.is_none() && verdict.light != "red";
    let labelled = unlabelled.then(|| cast::labelled(&learned.scores));
    let cuts = tiers::tiers(desk, schema, plan, &features, tally, labelled).await?;
    let samples = Samples {
        chosen: plan.samples.positives != Expr::Seed || plan.samples.negatives.is_some(),
        positives: learners.seed,
        negatives: learners.rest,
        aside: tally.aside,
        labelled,
        hidden: cuts.hidden,
    };
    let basis = Basis::new(schema, &learned.columns, &learned.weights, tally);
    let reasons = reasons::reasons(schema, &basis, tally.seed, tally.people());
    let columns = card::columns(schema, &basis, &learned.kept, tally);
    let leaks = leak::leaks(schema, &features, tally);
    let parts = Parts {
        tiers: cuts.tiers,
        cuts: cuts.slider,
        samples,
        verdict,
        reasons,
        left_out,
        leaks,
        columns,
        basis,
        folds: folds.len() as u8,
        random_seed: plan.seed,
    };
    Ok(report(tally, learned, parts))
}

/// The model of a report, to be kept outside. `multi` are the separators of columns of lists.
pub async fn saved(
    desk: &Desk,
    schema: &Schema,
    report: &LookalikeReport,
    multi: &BTreeMap<String, String>,
    missing: Vec<String>,
) -> Result<Saved> {
    let people = report.seed_people + report.rest_people;
    let scores = desk.sum(&Draw::new(report.kept.clone(), people)).await?;
    Ok(Saved::new(schema, report, &scores, multi, missing))
}

/// Scores everyone by a saved model whose bins are those of the table, or were set aside, and says what came of it.
/// `unseen` are the cells of each column that could not be read.
pub async fn applied(
    desk: &Desk,
    saved: &Saved,
    aside: bool,
    unseen: &[u64],
    tiers: &[f64],
) -> Result<ModelReport> {
    desk.progress("score", 0, 1, "rounds");
    let applied = desk.sum(&Apply { into: MODEL.into(), kept: saved.kept.clone(), aside }).await?;
    let mut report = drift::report(saved, &applied, unseen);
    let rest = applied.scores.rest.iter().sum();
    let tier = |(name, people, crowd)| ModelTier { name, people, crowd };
    report.tiers =
        tiers::crowds(desk, MODEL, &Expr::Seed, rest, tiers).await?.into_iter().map(tier).collect();
    Ok(report)
}

/// Crowds of everyone, the seed among them, by the score of a loaded model, best first, at these cumulative shares. To the
/// owner of the people a seed that was left out is a list of gaps that name the customers.
pub async fn slices(desk: &Desk, people: u64, shares: &[f64]) -> Result<Vec<Expr>> {
    LookalikePlan { tiers: shares.to_vec(), ..LookalikePlan::default() }.check()?;
    let nobody = Expr::Or { of: vec![] };
    let tiers = tiers::crowds(desk, MODEL, &nobody, people, shares).await?;
    Ok(tiers.into_iter().map(|(_, _, crowd)| crowd).collect())
}

/// What a model leaves behind once everyone is scored out of fold.
struct Learned {
    /// What was used.
    model: String,
    scores: Histogram,
    /// Features and the place of their first bin among the weights.
    columns: Vec<(usize, usize)>,
    /// What each bin does to the log-odds in the model of everyone.
    weights: Vec<f64>,
    passes: u32,
    converged: bool,
    /// The model of everyone.
    kept: Kept,
    /// The models that were compared, if several were.
    leaderboard: Vec<Standing>,
}

/// What models are made of.
struct Ask<'a> {
    desk: &'a Desk,
    schema: &'a Schema,
    plan: &'a LookalikePlan,
    features: &'a [usize],
    tally: &'a Tally,
    folds: &'a [i32],
    /// Added to the log-odds of the learners to have those of everyone who counts.
    shift: f64,
}

impl Ask<'_> {
    async fn learn(&self) -> Result<Learned> {
        match self.plan.model {
            Model::Auto => auto::auto(self).await,
            Model::Scorecard => self.scorecard().await,
            Model::Boosted => self.trees(trees::Settings::BOOSTED).await,
            Model::Forest => self.trees(trees::Settings::FOREST).await,
            Model::Nearest => nearest::nearest(self).await,
            Model::Tgi => tgi::tgi(self).await,
        }
    }
    async fn scorecard(&self) -> Result<Learned> {
        let design = Design::new(self.schema, self.features.to_vec(), self.plan, lane::CLOSE, self.tally);
        let fitted = design.fit(self.desk, &folds::without(self.folds, false), self.shift).await?;
        self.desk.progress("score", 0, 1, "rounds");
        let (features, shift) = (design.features.clone(), design.grid.shift);
        let (into, weights) = (SCORE.into(), interleaved(&fitted.lanes));
        let scores = Score { into, features, shift, folds: self.folds.to_vec(), weights };
        Ok(Learned {
            model: self.plan.model.name().into(),
            scores: self.desk.sum(&scores).await?,
            kept: Kept::one(
                self.plan.model.name(),
                Form::Card(carded(self.schema, &design.columns, &fitted.full)),
            ),
            columns: design.columns,
            weights: fitted.full,
            passes: fitted.passes,
            converged: fitted.converged,
            leaderboard: vec![],
        })
    }
    async fn trees(&self, settings: trees::Settings) -> Result<Learned> {
        let grown = trees::grown(self, settings).await?;
        self.desk.progress("score", 0, 1, "rounds");
        Ok(Learned {
            model: self.plan.model.name().into(),
            scores: grown.score(self, SCORE).await?,
            kept: Kept::one(self.plan.model.name(), grown.form()),
            columns: sweep::placed(self.features, &self.schema.starts).0,
            passes: grown.passes(),
            weights: grown.weights,
            converged: true,
            leaderboard: vec![],
        })
    }
}

/// The weights by bin of the schema; bins the model did not see weigh nothing.
fn carded(schema: &Schema, columns: &[(usize, usize)], weights: &[f64]) -> Scorecard {
    let mut all = vec![0.0; schema.bins()];
    for &(f, start) in columns {
        let bins = schema.starts[f]..schema.starts[f + 1];
        let places = start..start + bins.len();
        all[bins].copy_from_slice(&weights[places]);
    }
    Scorecard::new(weights[0], &all)
}

/// The lists of a report.
struct Parts {
    tiers: Vec<Tier>,
    cuts: Vec<String>,
    samples: Samples,
    verdict: Verdict,
    reasons: Vec<Reason>,
    left_out: Vec<LeftOut>,
    leaks: Vec<Leak>,
    columns: Vec<ColumnCard>,
    basis: Basis,
    folds: u8,
    random_seed: u64,
}

/// Whether there are enough positives, by what the model makes of them.
fn judged(scores: &Histogram, tally: &Tally) -> Verdict {
    let (_, (low, _)) = evaluate::auc(scores);
    evaluate::verdict(low, evaluate::lift(scores, 0.1), tally.seed)
}

fn report(tally: &Tally, learned: Learned, parts: Parts) -> LookalikeReport {
    let scores = &learned.scores;
    let (seed, rest) = (&scores.seed, &scores.rest);
    let (auc, auc_interval) = evaluate::auc(scores);
    LookalikeReport {
        model: learned.model,
        seed_people: tally.seed,
        rest_people: tally.rest,
        samples: parts.samples,
        auc,
        auc_interval,
        pr_auc: num::pr_auc_from_histogram(seed, rest),
        ks: num::ks_from_histogram(seed, rest),
        lift: evaluate::tops(&|share| evaluate::lift(scores, share)),
        gain: evaluate::tops(&|share| num::gain_at(seed, rest, share).gain),
        curve: evaluate::curve(scores, tally.people()),
        tiers: parts.tiers,
        verdict: parts.verdict,
        reasons: parts.reasons,
        left_out: parts.left_out,
        leaks: parts.leaks,
        passes: learned.passes,
        converged: learned.converged,
        histogram: evaluate::steps(scores),
        cuts: parts.cuts,
        folds: parts.folds,
        random_seed: parts.random_seed,
        columns: parts.columns,
        calibration: card::calibration(scores),
        basis: parts.basis,
        kept: learned.kept,
        leaderboard: learned.leaderboard,
    }
}

fn refuse(tally: &Tally, plan: &LookalikePlan) -> Result<()> {
    let seeds = plan.samples.positives == Expr::Seed;
    match tally {
        Tally { seed: 0, .. } if !seeds => Err(Kind::PositivesEmpty.into()),
        Tally { rest: 0, .. } if !plan.samples.usual() => Err(Kind::NegativesEmpty.into()),
        Tally { seed: 0, .. } => Err(Kind::SeedEmpty.into()),
        Tally { rest: 0, .. } => Err(Kind::SeedEveryone.into()),
        Tally { seed, .. } if *seed < LEAST_SEED => Err(Kind::SeedTooSmall.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
