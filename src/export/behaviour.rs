//! Files of what people did over time: pivots, cohorts, paths, rules. The report as JSON, its tables as CSV.

use super::csv::Table;
use super::over_time::{Files, named};
use crate::analysis::cohorts::CohortReport;
use crate::analysis::pivot::PivotReport;
use crate::gate::Released;
use crate::json::pretty;

/// `pivot.json`, `pivot.csv` (cells and margins: a margin has `*`), `pivot-tests.csv`, and `pivot-best.csv` where rates
/// were asked for.
pub fn pivot(report: &Released<PivotReport>) -> Files {
    let json = pretty(report.get());
    let report = report.get();
    let names = |table: &mut Table, at: &[Option<String>]| {
        (0..3).for_each(|axis| match at.get(axis) {
            Some(label) => drop(table.label(label.as_deref().unwrap_or("*"))),
            None => drop(table.text("")),
        });
    };
    let mut cells = Table::new("one,two,three,people,share,rows,sum,seen,did,rate,rate_low,rate_high");
    for cell in &report.cells {
        names(&mut cells, &cell.at);
        cells.count(cell.people).number(cell.share, 6).count(cell.rows);
        match cell.sum {
            Some(sum) => cells.money(sum, report.decimals),
            None => cells.text(""),
        };
        match &cell.rate {
            Some(of) => cells.count(of.people).count(of.did).number(of.rate, 6),
            None => cells.text("").text("").text(""),
        };
        let ends = cell.rate.as_ref().map(|of| of.interval);
        cells.maybe(ends.map(|i| i.low), 6).maybe(ends.map(|i| i.high), 6).end();
    }
    let mut tests = Table::new("one,two,chi2,df,p,v,sparse,interaction_g2,interaction_df,interaction_p");
    for pair in &report.pairs {
        let of = pair.association;
        tests.label(&pair.one).label(&pair.other).number(of.chi2, 6).count(of.df.into()).number(of.p, 6);
        tests.number(of.v, 6).count(of.sparse.into());
        let tested = pair.interaction.as_ref();
        tests.maybe(tested.map(|t| t.g2), 6).maybe(tested.map(|t| f64::from(t.df)), 0);
        tests.maybe(tested.map(|t| t.p), 6).end();
    }
    let mut files =
        named([("pivot.json", json), ("pivot.csv", cells.bytes()), ("pivot-tests.csv", tests.bytes())]);
    if !report.best.is_empty() {
        let mut best = Table::new("one,two,three,people,did,rate,rate_low,rate_high,expected,q");
        for of in &report.best {
            names(&mut best, &of.at.iter().cloned().map(Some).collect::<Vec<_>>());
            best.count(of.rate.people).count(of.rate.did).number(of.rate.rate, 6);
            best.number(of.rate.interval.low, 6).number(of.rate.interval.high, 6);
            best.maybe(of.expected, 6).number(of.q, 6).end();
        }
        files.extend(named([("pivot-best.csv", best.bytes())]));
    }
    files
}

/// `cohorts.json`, `cohorts.csv` (the triangle; what is not over yet has no line), `cohorts-ages.csv`,
/// `cohorts-activity.csv` and `cohorts-churn.csv`.
pub fn cohorts(report: &Released<CohortReport>) -> Files {
    let json = pretty(report.get());
    let report = report.get();
    let mut cells = Table::new("cohort,size,age,people,rate,money,value_per_head");
    for cohort in &report.cohorts {
        for (age, cell) in (0..).zip(&cohort.cells) {
            let Some(cell) = cell else { continue };
            cells.label(&cohort.cohort).count(cohort.people).count(age).count(cell.people);
            cells.number(cell.rate, 6).money(cell.money, report.decimals).number(cell.value, 2).end();
        }
    }
    let mut ages = Table::new("age,cohorts,people,rate,rate_low,rate_high,value_per_head");
    for age in &report.ages {
        ages.count(age.age.into()).count(age.cohorts).count(age.people).number(age.rate, 6);
        ages.number(age.interval.low, 6).number(age.interval.high, 6).number(age.value, 2).end();
    }
    let mut activity = Table::new("day,dau,wau,mau,stickiness");
    for day in &report.activity {
        activity.label(&day.day).count(day.dau).maybe(day.wau.map(|n| n as f64), 0);
        activity.maybe(day.mau.map(|n| n as f64), 0).maybe(day.stickiness, 6).end();
    }
    let mut churn = Table::new("unit,complete,begin,acquired,returned,lost_early,lost_mature,end,net");
    for unit in &report.churn.units {
        churn.label(&unit.unit).count(unit.complete.into()).count(unit.begin).count(unit.acquired);
        churn.count(unit.returned).count(unit.early).count(unit.mature).count(unit.end).whole(unit.net).end();
    }
    named([
        ("cohorts.json", json),
        ("cohorts.csv", cells.bytes()),
        ("cohorts-ages.csv", ages.bytes()),
        ("cohorts-activity.csv", activity.bytes()),
        ("cohorts-churn.csv", churn.bytes()),
    ])
}
