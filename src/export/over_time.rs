//! Files of analyses over time: the report as JSON, its tables as CSV.

use super::csv::Table;
use super::json::pretty;
use crate::analysis::clv::ClvReport;
use crate::analysis::intake::Intake;
use crate::analysis::rfm::RfmReport;
use crate::gate::Released;
use crate::table::history::money;

/// Files by name.
pub type Files = Vec<(String, Vec<u8>)>;

fn named(files: impl IntoIterator<Item = (&'static str, Vec<u8>)>) -> Files {
    files.into_iter().map(|(name, bytes)| (name.to_string(), bytes)).collect()
}

/// `rows.json`: where the rows of the files went.
pub fn rows_json(intake: &Released<Intake>) -> Vec<u8> {
    pretty(intake.get())
}

/// `rfm.json`, `rfm.csv` (groups), `rfm-map.csv` and, with flow, `rfm-flow.csv`.
pub fn rfm(report: &Released<RfmReport>) -> Files {
    let json = pretty(report.get());
    let report = report.get();
    let mut groups = Table::new(
        "group,strategy,people,share,orders,money,money_share,order_value,median_days,median_orders,median_money,people_before",
    );
    for group in &report.groups {
        groups.label(&group.name).label(&group.strategy).count(group.people).number(group.share, 6);
        groups.whole(group.orders).money(group.money, report.decimals).number(group.money_share, 6);
        groups.maybe(group.order_value, 2);
        match group.medians {
            Some([days, orders, money]) => groups.whole(days).whole(orders).money(money, report.decimals),
            None => groups.text("").text("").text(""),
        };
        match group.before {
            Some(before) => groups.count(before),
            None => groups.text(""),
        };
        groups.end();
    }
    let mut map = Table::new("r,fm,group,people,money");
    for cell in &report.cells {
        map.count(cell.r.into()).count(cell.fm.into()).label(&cell.group).count(cell.people);
        map.money(cell.money, report.decimals).end();
    }
    let mut files = named([("rfm.json", json), ("rfm.csv", groups.bytes()), ("rfm-map.csv", map.bytes())]);
    if let Some(flow) = &report.flow {
        let mut table = Table::new("from,to,people");
        for (from, to, people) in &flow.moves {
            table.label(from.as_deref().unwrap_or_default()).label(to.as_deref().unwrap_or_default());
            table.count(*people).end();
        }
        files.extend(named([("rfm-flow.csv", table.bytes())]));
    }
    files
}

/// `clv.json`, `clv.csv` (bands, then lifecycle states), `clv-jumps.csv`, and `clv-holdout.csv` where the forecast was held
/// against what came.
pub fn clv(report: &Released<ClvReport>) -> Files {
    let json = pretty(report.get());
    let report = report.get();
    let mut table = Table::new("part,name,people,share,orders,money,value,value_per_person,alive");
    let bands = report.bands.iter().map(|band| ("band", band.band, &band.sum));
    let states = report.states.iter().map(|state| ("lifecycle", state.state, &state.sum));
    for (part, name, sum) in bands.chain(states) {
        table.text(part).text(name).count(sum.people).number(sum.share, 6).count(sum.orders);
        table.money(sum.money, report.decimals).money(sum.value, report.decimals);
        let unit = 10f64.powi(i32::from(report.decimals));
        table.maybe((sum.people > 0).then(|| sum.value as f64 / unit / sum.people as f64), 2);
        table.number(sum.alive, 6).end();
    }
    let mut jumps = Table::new("from,to,people");
    for jump in &report.jumps {
        jumps.text(jump.from.unwrap_or_default()).text(jump.to).count(jump.people).end();
    }
    let mut files = named([("clv.json", json), ("clv.csv", table.bytes()), ("clv-jumps.csv", jumps.bytes())]);
    if let Some(held) = &report.holdout {
        let mut table = Table::new("repeat_orders_before,people,predicted_orders,actual_orders");
        for row in &held.rows {
            table
                .count(row.repeats.into())
                .count(row.people)
                .number(row.predicted, 6)
                .number(row.actual, 6)
                .end();
        }
        files.extend(named([("clv-holdout.csv", table.bytes())]));
    }
    files
}

impl Table {
    /// A whole number that may be below zero.
    fn whole(&mut self, number: i64) -> &mut Table {
        self.written(&number.to_string())
    }
    /// Minor units as an amount.
    fn money(&mut self, amount: i64, decimals: u8) -> &mut Table {
        self.written(&money::text(amount, decimals))
    }
}
