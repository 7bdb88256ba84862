//! Files of analyses over time: the report as JSON, its tables as CSV.

use super::csv::Table;
use super::json::pretty;
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
