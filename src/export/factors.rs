//! Files of experiments in which several things change at once.

use super::csv::Table;
use super::over_time::{Files, named};
use crate::analysis::experiment::factorial::{FactorialMetric, FactorialReport};
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
