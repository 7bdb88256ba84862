//! What foretells: what people did until a day, and what came behind it (`capabilities.md` 0.26, 0.27, 2.13, 2.23, 4.52).
//!
//! The day lies so many days before the last one. A feature is made of rows until its end alone: an order counts as it
//! stood then, before a refund that came later. The outcome is made of the rows behind it. So a model that learns the
//! outcome from the features learns nothing that it would not know on the day it is used. What became of an order by the
//! word of a status column has no time of its own, and is taken as known with the order; who stood in which stage is
//! what the analysis of stages says.
//!
//! Whoever cannot have the outcome is not in the table: who has no row by then, who never bought and cannot be lost, who
//! stands where they should come to. A number that there is not (days between the orders of somebody with one) is no
//! value, not 0.
//!
//! Which feature foretells is told one by one: information value over tenths of the people with a bin for no value, the
//! area under the curve of the number itself, χ² over all features. None of it says why.
//!
//! Two passes for the report, one for the lines.

mod plan;
mod report;
mod tally;
#[cfg(test)]
mod tests;
mod walk;

pub use plan::{FeatureBuys, FeatureDoes, FeatureMoves, FeatureOutcome, FeaturePlan};
pub use report::{FeatureBin, FeatureLine, FeaturesReport};
pub use tally::{Common, Lined, Lines, Spread, Tallied, Tally, Tops};
pub use walk::{Aim, Column, Lens, What};

use crate::error::{Error, Kind, Result};
use crate::num::Order;
use crate::shard::desk::Desk;
use crate::shard::job::{self, Opener};
use crate::table::history::moment::DAY;
use crate::table::history::pick::missing;
use crate::table::history::{PastSchema, Source};

/// Questions of this analysis, for the registry.
pub const QUESTIONS: [(&str, Opener); 3] =
    [job::analysis::<Common>(), job::analysis::<Tally>(), job::task::<Lines>()];

/// Measure: 1 for who has the outcome, 0 for who could have and has not, -1 for all others.
pub const OUTCOME: &str = "features";

/// Where people stand: what another analysis left behind.
pub struct Standing {
    /// Measures of the stage on the day, and on the last day.
    pub measures: [&'static str; 2],
    /// Names of the stages, from the lowest up; they are numbered from 1.
    pub names: Vec<String>,
}

/// A feature by its names.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    /// Its column.
    pub name: String,
    /// What it is: a stable code.
    pub code: &'static str,
    /// Its window; 0 for all.
    pub window: u32,
    /// The event or column it is of.
    pub of: Option<String>,
    /// Decimals of its numbers.
    pub decimals: u8,
    /// Its labels by code, if it is one.
    pub labels: Vec<String>,
}

impl Feature {
    /// Whether it is a label.
    pub fn label(&self) -> bool {
        !self.labels.is_empty()
    }
}

/// What was found: the report, and how everyone's line is asked for.
pub struct Foretold {
    /// The report.
    pub report: FeaturesReport,
    /// What the lines hold.
    pub features: Vec<Feature>,
    /// The question for the lines.
    pub lines: Lines,
}

/// Holds what people did until a day against what came behind it.
pub async fn features(
    desk: &Desk,
    schema: &PastSchema,
    plan: &FeaturePlan,
    standing: &Standing,
) -> Result<Foretold> {
    plan.check()?;
    let beyond = || Error::new(Kind::OutOfRange).column("features.days");
    let last = schema.end_day().checked_sub(plan.days).filter(|day| *day > 0).ok_or_else(beyond)?;
    let cut = last * DAY;
    let aim = aim(schema, plan, standing)?;
    desk.progress("features", 0, 2, "rounds");
    let events = common(desk, schema, plan, cut).await?;
    let (columns, names) = columns(schema, plan)?;
    let (what, all) = list(schema, plan, &events, &names);
    let product = schema.table(Source::Orders).dim("product").map(|(at, _)| at as u32);
    let mut lens = Lens { cut, widest: plan.widest(), events, columns, product, what, aim };
    desk.progress("features", 1, 2, "rounds");
    let tallied = desk.sum(&Tally { lens: lens.clone() }).await?;
    match tallied.people {
        _ if tallied.known == 0 => return Err(beyond()),
        [_, 0] => return Err(Error::new(Kind::PositivesEmpty).column("features.outcome")),
        [0, _] => return Err(Error::new(Kind::NegativesEmpty).column("features.outcome")),
        _ => {}
    }
    let report = report::report(plan, schema.end, cut, &all, &tallied);
    let told = report::telling(&tallied);
    lens.what = told.iter().map(|at| lens.what[*at]).collect();
    let features = told.iter().map(|at| all[*at].clone()).collect();
    Ok(Foretold { report, features, lines: Lines { lens } })
}

/// The outcome in codes.
fn aim(schema: &PastSchema, plan: &FeaturePlan, standing: &Standing) -> Result<Aim> {
    let stage = |name: &String| {
        let unknown = || Error::new(Kind::LabelUnknown).column(format!("stage: {name}"));
        let at = standing.names.iter().position(|known| known == name).ok_or_else(unknown)?;
        Ok(at as i32 + 1)
    };
    Ok(match &plan.outcome {
        FeatureOutcome::Buys(buys) => {
            schema.full(Source::Orders)?;
            if *buys == FeatureBuys::Lost { Aim::Lost } else { Aim::Bought }
        }
        FeatureOutcome::Does(does) => {
            schema.full(Source::Events)?;
            Aim::Events(schema.rows_of(Source::Events, &does.event, &does.filter)?)
        }
        FeatureOutcome::Moves(moves) => Aim::Moves {
            measures: standing.measures.map(String::from),
            stage: stage(&moves.stage)?,
            from: moves.from.iter().map(stage).collect::<Result<_>>()?,
            falls: moves.falls,
        },
    })
}

/// Codes of the events of the most people, in their order.
async fn common(desk: &Desk, schema: &PastSchema, plan: &FeaturePlan, cut: u32) -> Result<Vec<u32>> {
    if schema.table(Source::Events).rows == 0 || plan.top == 0 {
        return Ok(vec![]);
    }
    let people = desk.sum(&Common { cut, days: plan.widest() }).await?.0;
    let mut codes: Vec<u32> =
        (1..).zip(people.iter().skip(1)).filter(|of| *of.1 > 0).map(|of| of.0).collect();
    codes.order_by_key(|code| (std::cmp::Reverse(people[*code as usize]), *code));
    codes.truncate(plan.top as usize);
    Ok(codes)
}

/// A column's name, and its labels by code.
type Labelled = (String, Vec<String>);

/// Columns of labels under codes that both tables share.
fn columns(schema: &PastSchema, plan: &FeaturePlan) -> Result<(Vec<Column>, Vec<Labelled>)> {
    let dims = |name: &str| [Source::Events, Source::Orders].map(|source| schema.table(source).dim(name));
    let usual = ["channel".to_string()];
    let asked = if plan.columns.is_empty() { &usual[..] } else { &plan.columns };
    let (mut columns, mut names) = (vec![], vec![]);
    for name in asked {
        let found = dims(name);
        if found.iter().all(Option::is_none) {
            if plan.columns.is_empty() {
                continue;
            }
            return Err(missing(format!("features.columns: {name}")));
        }
        let labels: std::collections::BTreeSet<&String> =
            found.iter().flatten().flat_map(|(_, dim)| &dim.labels).collect();
        let labels: Vec<String> = labels.into_iter().cloned().collect();
        let code = |label: &String| labels.binary_search(label).unwrap_or_default() as u32;
        columns.push(Column {
            of: found.map(|of| of.map(|(at, dim)| (at as u32, dim.labels.iter().map(code).collect()))),
        });
        names.push((name.clone(), labels));
    }
    Ok((columns, names))
}

/// What is told of everyone, and its names.
fn list(
    schema: &PastSchema,
    plan: &FeaturePlan,
    events: &[u32],
    columns: &[Labelled],
) -> (Vec<What>, Vec<Feature>) {
    let mut all: Vec<(What, Feature)> = Vec::new();
    let mut put = |what, code: &'static str, window: u32, decimals| {
        let name = if window == 0 { code.into() } else { format!("{code}_{window}d") };
        all.push((what, Feature { name, code, window, of: None, decimals, labels: vec![] }));
    };
    let windows = || std::iter::once(0).chain(plan.windows.iter().copied());
    put(What::Tenure, "tenure_days", 0, 0);
    put(What::ActiveDays, "active_days", 0, 0);
    if schema.table(Source::Events).rows > 0 {
        put(What::EventRecency, "event_recency_days", 0, 0);
        windows().for_each(|days| put(What::Events(days), "events", days, 0));
        put(What::Weekend, "weekend_percent", 0, 0);
        put(What::Night, "night_percent", 0, 0);
    }
    let orders = schema.table(Source::Orders);
    if orders.rows > 0 {
        put(What::OrderRecency, "order_recency_days", 0, 0);
        windows().for_each(|days| put(What::Orders(days), "orders", days, 0));
        let decimals = orders.measures.first().map(|amount| amount.decimals);
        decimals
            .into_iter()
            .for_each(|of| windows().for_each(|days| put(What::Money(days), "money", days, of)));
        windows().for_each(|days| put(What::Refunds(days), "refunds", days, 0));
        put(What::Gap, "order_gap_days", 0, 1);
        if orders.dim("product").is_some() {
            put(What::Products, "products", 0, 0);
        }
    }
    for (at, code) in (0..).zip(events) {
        let label = schema.table(Source::Events).dims[0].labels[*code as usize].clone();
        let (name, window) = (format!("event: {label}"), plan.widest());
        let of = Some(label);
        all.push((What::Times(at), Feature { name, code: "event", window, of, decimals: 0, labels: vec![] }));
    }
    for (at, (column, labels)) in (0..).zip(columns) {
        let of = Some(column.clone());
        let feature =
            |code, name, labels| Feature { name, code, window: 0, of: of.clone(), decimals: 0, labels };
        all.push((What::Distinct(at), feature("distinct", format!("distinct: {column}"), vec![])));
        all.push((What::Most(at), feature("usual", format!("usual: {column}"), labels.clone())));
    }
    all.into_iter().unzip()
}
