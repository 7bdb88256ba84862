//! Files of what platforms counted: people by stage. The report as JSON, its tables as CSV.

use super::csv::Table;
use super::over_time::{Files, named};
use crate::analysis::standings::{StandingGroup, StandingOdd, StandingsReport};
use crate::gate::Released;
use crate::json::pretty;

/// `standings.json`, `standings.csv` (a line per group, day and stage; everyone has `*`), `standings-change.csv` (the two days),
/// and `standings-flow.csv`, `standings-odd.csv` where there are any.
pub fn standings(report: &Released<StandingsReport>) -> Files {
    let json = pretty(report.get());
    let report = report.get();
    let mut stock = Table::new("of,day,stage,people,share,parts");
    for group in &report.groups {
        for snapshot in &group.snapshots {
            for ((stage, people), share) in report.stages.iter().zip(&snapshot.people).zip(&snapshot.shares) {
                let Some(people) = people else { continue };
                stock.label(name(group)).label(&snapshot.day).label(stage).count(*people);
                stock.maybe(*share, 6).count(snapshot.parts).end();
            }
        }
    }
    let mut files = named([
        ("standings.json", json),
        ("standings.csv", stock.bytes()),
        ("standings-change.csv", change(&report.groups)),
    ]);
    if report.groups.iter().any(|group| !group.flow.is_empty()) {
        files.extend(named([("standings-flow.csv", flow(&report.groups))]));
    }
    if !report.named.is_empty() {
        files.extend(named([("standings-odd.csv", odd(&report.named))]));
    }
    files
}

fn name(group: &StandingGroup) -> &str {
    group.label.as_deref().unwrap_or("*")
}

fn change(groups: &[StandingGroup]) -> Vec<u8> {
    let mut table = Table::new(
        "of,stage,before,people,change,percent,share_before,share,points,inflow,outflow,gap,stock_ratio,cohort_did,cohort_of,cohort_rate,cohort_low,cohort_high",
    );
    let whole = |table: &mut Table, number: Option<u64>| match number {
        Some(number) => drop(table.count(number)),
        None => drop(table.text("")),
    };
    for (group, line) in groups.iter().flat_map(|group| group.lines.iter().map(move |line| (group, line))) {
        table.label(name(group)).label(&line.stage);
        whole(&mut table, line.before);
        whole(&mut table, line.people);
        table.maybe(line.change.map(|n| n as f64), 0).maybe(line.percent, 6);
        table.maybe(line.share_before, 6).maybe(line.share, 6).maybe(line.points, 6);
        whole(&mut table, line.inflow);
        whole(&mut table, line.outflow);
        table.maybe(line.gap.map(|n| n as f64), 0).maybe(line.stock_ratio, 6);
        let rate = line.cohort_rate;
        whole(&mut table, rate.map(|rate| rate.did));
        whole(&mut table, rate.map(|rate| rate.of));
        table.maybe(rate.map(|rate| rate.rate), 6);
        table
            .maybe(rate.map(|rate| rate.interval.low), 6)
            .maybe(rate.map(|rate| rate.interval.high), 6)
            .end();
    }
    table.bytes()
}

fn flow(groups: &[StandingGroup]) -> Vec<u8> {
    let mut table = Table::new("of,from,to,people,share,direction");
    for (group, flow) in groups.iter().flat_map(|group| group.flow.iter().map(move |flow| (group, flow))) {
        let place = |place: &Option<String>| place.clone().unwrap_or_default();
        table.label(name(group)).label(&place(&flow.from)).label(&place(&flow.to)).count(flow.people);
        table.maybe(flow.share, 6).text(flow.direction).end();
    }
    table.bytes()
}

fn odd(named: &[StandingOdd]) -> Vec<u8> {
    let mut table = Table::new("what,of,since,day,stage,found,expected,file,row,other_file,other_row");
    for odd in named {
        table.text(odd.code).label(&odd.of).label(odd.since.as_deref().unwrap_or_default()).label(&odd.day);
        table.label(odd.stage.as_deref().unwrap_or_default());
        table.maybe(odd.found.map(|n| n as f64), 0).maybe(odd.expected.map(|n| n as f64), 0);
        for at in 0..2 {
            match odd.places.get(at) {
                Some(place) => table.label(&place.file).count(place.row),
                None => table.text("").text(""),
            };
        }
        table.end();
    }
    table.bytes()
}
