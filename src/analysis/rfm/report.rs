//! What RFM says.

use super::place::{Edges, MOST, Placed, Sum};
use super::plan::RfmPlan;
use crate::gate::Cells;
use crate::table::dates;
use crate::table::history::{PastSchema, Source};
use serde::Serialize;

/// The report. Money is in minor units; `decimals` says how many make one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct RfmReport {
    /// The last day that counts.
    pub as_of: String,
    /// Days of orders that count; 0 for all.
    pub window: u32,
    /// People with an order in the window.
    pub buyers: u64,
    /// People whose orders all lie before it.
    pub lapsed: u64,
    /// People without any.
    pub never: u64,
    /// Orders of buyers.
    pub orders: i64,
    /// Their money.
    pub money: i64,
    /// Decimals of money.
    pub decimals: u8,
    /// Where scores change.
    pub edges: RfmEdges,
    /// By R and FM, both from 5 down.
    pub cells: Vec<RfmCell>,
    /// Groups, also those of nobody.
    pub groups: Vec<RfmGroup>,
    /// How people moved between groups.
    pub flow: Option<RfmFlow>,
}

/// Cuts: a value above a cut is on its other side.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct RfmEdges {
    /// Days; fewer are better.
    pub recency: [i64; 4],
    /// Orders.
    pub frequency: [i64; 4],
    /// Whether quintiles of F coincide, so that fixed cuts stand here.
    pub frequency_fixed: bool,
    /// Minor units.
    pub money: [i64; 4],
}

/// A cell of the map.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct RfmCell {
    /// 1 to 5.
    pub r: u8,
    /// 1 to 5.
    pub fm: u8,
    /// Its group.
    pub group: String,
    /// People.
    pub people: u64,
    /// Their money.
    pub money: i64,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct RfmGroup {
    /// Name.
    pub name: String,
    /// What to do about it: a stable code.
    pub strategy: String,
    /// People.
    pub people: u64,
    /// Of everyone in any group.
    pub share: f64,
    /// Orders.
    pub orders: i64,
    /// Money.
    pub money: i64,
    /// Of all money.
    pub money_share: f64,
    /// Money per order, in the unit; absent without orders.
    pub order_value: Option<f64>,
    /// Lower medians of days, orders and money; absent for people who never bought.
    pub medians: Option<[i64; 3]>,
    /// People in it before; absent without flow.
    pub before: Option<u64>,
}

/// People by group before and now.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct RfmFlow {
    /// Days between.
    pub days: u32,
    /// From, to, people; `null` is "in no group". Nobody is left out, so inflow less outflow is the change.
    pub moves: Vec<(Option<String>, Option<String>, u64)>,
}

pub(super) fn report(
    schema: &PastSchema,
    plan: &RfmPlan,
    edges: Edges,
    fixed: bool,
    placed: &Placed,
    medians: &[[i64; 3]],
) -> RfmReport {
    let names = plan.names();
    let mut all = Sum::default();
    placed.scores.iter().for_each(|sum| all += *sum);
    let grouped: u64 = placed.groups.iter().map(|g| g.people).sum();
    let decimals = schema.table(Source::Orders).measures[0].decimals;
    let unit = 10f64.powi(i32::from(decimals));
    let part = |of: f64, whole: f64| if whole == 0.0 { 0.0 } else { of / whole };
    let before =
        |group: usize| -> u64 { (0..=MOST).map(|to| placed.flow[(group + 1) * (MOST + 1) + to]).sum() };
    let groups = names.iter().enumerate().map(|(at, (name, strategy))| {
        let sum = placed.groups[at];
        RfmGroup {
            name: name.clone(),
            strategy: strategy.clone(),
            people: sum.people,
            share: part(sum.people as f64, grouped as f64),
            orders: sum.orders,
            money: sum.money,
            money_share: part(sum.money as f64, all.money as f64),
            order_value: (sum.orders > 0).then(|| sum.money as f64 / unit / sum.orders as f64),
            medians: (sum.orders > 0).then(|| medians[at]),
            before: (plan.previous > 0).then(|| before(at)),
        }
    });
    RfmReport {
        as_of: dates::text(f64::from(schema.end_day()) - 1.0),
        window: plan.window,
        buyers: all.people,
        lapsed: placed.others[1],
        never: placed.others[0],
        orders: all.orders,
        money: all.money,
        decimals,
        edges: RfmEdges {
            recency: edges.recency,
            frequency: edges.frequency,
            frequency_fixed: fixed,
            money: edges.money,
        },
        cells: cells(plan, &names, placed),
        groups: groups.collect(),
        flow: (plan.previous > 0).then(|| flow(plan, &names, placed)),
    }
}

fn cells(plan: &RfmPlan, names: &[(String, String)], placed: &Placed) -> Vec<RfmCell> {
    let grid = plan.places();
    let mut cells = Vec::new();
    for fm in (0..5usize).rev() {
        for r in (0..5usize).rev() {
            let mut sum = Sum::default();
            for (f, m) in (0..25usize).map(|at| (at / 5, at % 5)).filter(|(f, m)| (f + m).div_ceil(2) == fm) {
                sum += placed.scores[25 * r + 5 * f + m];
            }
            let group = names[usize::from(grid[fm][r])].0.clone();
            cells.push(RfmCell {
                r: r as u8 + 1,
                fm: fm as u8 + 1,
                group,
                people: sum.people,
                money: sum.money,
            });
        }
    }
    cells
}

fn flow(plan: &RfmPlan, names: &[(String, String)], placed: &Placed) -> RfmFlow {
    let name = |at: usize| at.checked_sub(1).map(|at| names[at].0.clone());
    let moves = placed.flow.iter().enumerate().filter(|(_, people)| **people > 0);
    let moves = moves.map(|(at, people)| (name(at / (MOST + 1)), name(at % (MOST + 1)), *people));
    RfmFlow { days: plan.previous, moves: moves.collect() }
}

impl Cells for RfmReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        self.cells.iter().for_each(|cell| visit(cell.people));
        self.groups.iter().for_each(|group| visit(group.people));
        self.flow.iter().flat_map(|flow| &flow.moves).for_each(|step| visit(step.2));
    }
}
