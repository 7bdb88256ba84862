//! Files of experiments of several things at once: factors, and arms of which each person has a best one.

use super::csv::Table;
use super::over_time::{Files, named};
use crate::analysis::experiment::factorial::{FactorialMetric, FactorialReport};
use crate::analysis::experiment::uplift::{PolicyReport, PolicyValue};
use crate::json;
use crate::num::Interval;

/// `experiment-factors.csv` (combinations of levels), `experiment-levels.csv` and `experiment-effects.csv`.
pub(super) fn factors(report: &FactorialReport) -> Files {
    let mut cells = Table::new(
        "metric,factor_1,level_1,factor_2,level_2,factor_3,level_3,people,positive,value,low,high,best",
    );
    let mut levels = Table::new("metric,factor,level,people,value,low,high");
    let mut effects = Table::new("metric,factor,by,chi2,df,p,adjusted_p,size,low,high,sparse,verdict");
    for metric in &report.metrics {
        combinations(&mut cells, report, metric);
        for of in &metric.levels {
            levels.label(&metric.name).label(&of.factor).label(&of.level).count(of.people);
            ends(levels.maybe(of.value, 6), of.interval).end();
        }
        for of in &metric.effects {
            let by = of.factors.get(1).map_or("", String::as_str);
            effects.label(&metric.name).label(&of.factors[0]).label(by);
            let test = of.test.as_ref();
            effects.maybe(test.map(|t| t.chi2), 6).maybe(test.map(|t| f64::from(t.df)), 0);
            effects.maybe(test.map(|t| t.p), 6).maybe(test.map(|t| t.adjusted), 6);
            ends(effects.maybe(of.size, 6), of.interval).text(if of.sparse { "true" } else { "false" });
            effects.label(json::text(&of.verdict).trim_matches('"')).end();
        }
    }
    named([
        ("experiment-factors.csv", cells.bytes()),
        ("experiment-levels.csv", levels.bytes()),
        ("experiment-effects.csv", effects.bytes()),
    ])
}

fn combinations(table: &mut Table, report: &FactorialReport, metric: &FactorialMetric) {
    for (at, cell) in (0..).zip(&metric.cells) {
        table.label(&metric.name);
        for place in 0..3 {
            table.label(report.factors.get(place).map_or("", |factor| factor.name.as_str()));
            table.label(cell.levels.get(place).map_or("", String::as_str));
        }
        table.count(cell.people).count(cell.positive);
        ends(table.maybe(cell.value, 6), cell.interval);
        table.text(if metric.best == Some(at) { "true" } else { "false" }).end();
    }
}

fn ends(table: &mut Table, interval: Option<Interval>) -> &mut Table {
    table.maybe(interval.map(|i| i.low), 6).maybe(interval.map(|i| i.high), 6)
}

/// `experiment-policy.csv` (what is recommended to whom, and what every choice is worth; the last line is everyone's own arm) and
/// `experiment-policy-gain.csv`.
pub(super) fn policy(report: &PolicyReport) -> Files {
    let mut arms = Table::new("arm,people,recommended,followed,few,seen,everyone,low,high");
    let value = |table: &mut Table, of: &PolicyValue| {
        table.maybe(of.value, 6).maybe(of.interval.map(|i| i.low), 6).maybe(of.interval.map(|i| i.high), 6);
        table.end();
    };
    for of in &report.arms {
        arms.label(&of.arm).count(of.people).count(of.recommended).count(of.followed).count(of.few.into());
        arms.maybe(of.seen, 6);
        value(&mut arms, &of.everyone);
    }
    arms.text("").count(report.people).count(report.people);
    arms.count(report.arms.iter().map(|of| of.followed).sum()).text("").text("");
    value(&mut arms, &report.own);
    let mut gain = Table::new("against,difference,low,high,p");
    let control = report.arms.first().map_or("", |of| of.arm.as_str());
    for (name, of) in [(report.best.as_str(), &report.over_best), (control, &report.over_control)] {
        let Some(of) = of else { continue };
        gain.label(name).number(of.difference, 6).maybe(of.interval.map(|i| i.low), 6);
        gain.maybe(of.interval.map(|i| i.high), 6).maybe(of.p, 6).end();
    }
    named([("experiment-policy.csv", arms.bytes()), ("experiment-policy-gain.csv", gain.bytes())])
}
