//! What rules say.

use super::plan::TagRule;
use super::tags::Tagged;
use crate::gate::Cells;
use crate::num::{Interval, wilson};
use crate::table::dates;
use crate::table::history::{PastSchema, Source};
use serde::Serialize;

/// The report.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct RulesReport {
    /// The last day that counts.
    pub as_of: String,
    /// Decimals of money.
    pub decimals: u8,
    /// Everyone.
    pub people: u64,
    /// Rules in their order.
    pub rules: Vec<RuleLine>,
    /// People for whom none holds.
    pub none: u64,
    /// Rules of the preset about what no file has.
    pub unknown: Vec<String>,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct RuleLine {
    /// The tag it gives.
    pub name: String,
    /// People it holds for.
    pub people: u64,
    /// Of everyone.
    pub share: f64,
    /// Its 95 % interval.
    pub interval: Interval,
    /// Their orders.
    pub orders: u64,
    /// What they paid, in minor units.
    pub money: i64,
    /// People for whom no rule before holds: with `none`, everyone once.
    pub first: u64,
}

pub(super) fn report(
    schema: &PastSchema,
    rules: &[TagRule],
    unknown: &[String],
    found: &Tagged,
) -> RulesReport {
    let people = found.none + found.rules.iter().map(|tag| tag.first).sum::<u64>();
    let lines = rules.iter().zip(&found.rules).filter(|(rule, _)| !unknown.contains(&rule.name));
    let line = |(rule, tag): (&TagRule, &super::Tag)| RuleLine {
        name: rule.name.clone(),
        people: tag.people,
        share: if people > 0 { tag.people as f64 / people as f64 } else { 0.0 },
        interval: wilson(tag.people as f64, people as f64),
        orders: tag.orders,
        money: tag.money,
        first: tag.first,
    };
    RulesReport {
        as_of: dates::text(f64::from(schema.end_day()) - 1.0),
        decimals: schema.table(Source::Orders).measures.first().map_or(0, |amount| amount.decimals),
        people,
        rules: lines.map(line).collect(),
        none: found.none,
        unknown: unknown.to_vec(),
    }
}

impl Cells for RulesReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        self.rules.iter().for_each(|rule| visit(rule.people));
    }
}
