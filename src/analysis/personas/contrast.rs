//! Differential labels: those that are clearly more or clearly less common in one crowd than in another. The
//! clusters are then made on these labels only.
//!
//! TGI is against the second crowd as it was named; q tests the crowd against those of the second one who are
//! not in the first, since a test needs two groups without a common member. Columns of the brand's own file
//! are known for its own people only and tell no two crowds apart; missing values never do.

use super::plan::ContrastPlan;
use super::report::{ContrastReport, DifferentTag};
use super::tally::{Tallied, Tally};
use crate::audience::Expr;
use crate::error::{Kind, Result};
use crate::num;
use crate::num::Order;
use crate::shard::desk::Desk;
use crate::table::schema::{Namespace, Schema};

/// Labels listed.
const LISTED: usize = 200;

/// Which bins differ, and what is said about them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Contrast {
    /// By bin.
    pub kept: Vec<bool>,
    /// The report.
    pub report: ContrastReport,
}

/// A compared label.
struct Label {
    bin: usize,
    share: f64,
    against: f64,
    tgi: Option<f64>,
    p: f64,
}

/// Holds the two crowds of a plan against each other.
pub(super) async fn contrast(desk: &Desk, schema: &Schema, plan: &ContrastPlan) -> Result<Contrast> {
    let (crowd, against) = (plan.crowd.clone().canonical(), plan.against.clone().canonical());
    let others = Expr::Minus { from: Box::new(against.clone()), take: Box::new(crowd.clone()) };
    let counted = desk.sum(&Tally { of: vec![crowd, against, others], bins: true }).await?;
    match counted.people[..] {
        [0, ..] | [] => Err(Kind::SeedEmpty.into()),
        [_, _, 0] => Err(Kind::ContrastEmpty.into()),
        _ => weigh(schema, plan, &counted),
    }
}

fn weigh(schema: &Schema, plan: &ContrastPlan, counted: &Tallied) -> Result<Contrast> {
    let labels = labels(schema, counted);
    let tests: Vec<f64> = labels.iter().map(|label| label.p).collect();
    let q = num::benjamini_hochberg(&tests);
    let far = |tgi: Option<f64>| tgi.is_none_or(|tgi| (tgi - 100.0).abs() >= plan.tgi);
    let mut found: Vec<(&Label, f64)> =
        labels.iter().zip(q).filter(|(label, q)| *q < plan.q && far(label.tgi)).collect();
    if found.is_empty() {
        return Err(Kind::NoDifference.into());
    }
    let mut kept = vec![false; schema.bins()];
    found.iter().for_each(|(label, _)| kept[label.bin] = true);
    found.order_by(|a, b| strength(b.0).total_cmp(&strength(a.0)).then(a.0.bin.cmp(&b.0.bin)));
    let report = ContrastReport {
        people: counted.people[0],
        against: counted.people[1],
        tested: labels.len() as u32,
        kept: found.len() as u32,
        tags: found.iter().take(LISTED).map(|(label, q)| shown(schema, label, *q)).collect(),
    };
    Ok(Contrast { kept, report })
}

fn labels(schema: &Schema, counted: &Tallied) -> Vec<Label> {
    let tags = (0..schema.features.len()).filter(|&f| schema.features[f].namespace == Namespace::Tags);
    let bins = tags.flat_map(|f| schema.starts[f] + 1..schema.starts[f + 1]);
    let all: Vec<f64> = counted.people.iter().map(|&n| n as f64).collect();
    bins.filter(|&bin| counted.bins[0][bin] + counted.bins[1][bin] > 0)
        .map(|bin| {
            let [crowd, against, others] = [0, 1, 2].map(|side| counted.bins[side][bin] as f64);
            let (share, base) = (crowd / all[0], against / all[1]);
            let p = num::two_proportions(others, all[2], crowd, all[0]).p;
            let tgi = (base > 0.0).then(|| 100.0 * share / base);
            Label { bin, share, against: base, tgi, p }
        })
        .collect()
}

fn strength(label: &Label) -> f64 {
    let least = 1e-6;
    let ratio = num::ln(label.share.max(least) / label.against.max(least));
    ratio.abs() * label.share.max(label.against)
}

fn shown(schema: &Schema, label: &Label, q: f64) -> DifferentTag {
    let (f, code) = schema.bin(label.bin);
    DifferentTag {
        feature: schema.features[f].name(),
        value: schema.features[f].labels[code].clone(),
        share: label.share,
        against_share: label.against,
        tgi: label.tgi,
        q,
    }
}
