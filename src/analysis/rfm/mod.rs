//! RFM: who bought when, how often and for how much (`formulas.md` F7).
//!
//! R is the days since the last order at the end of the last day, F the orders of the window, M their money with what was
//! given back taken off. Cancelled orders are none; an order of which everything was given back does not count in F.
//! Each is scored 1 to 5 by quintiles of buyers, ties sharing the lower edge, or by fixed cuts; where F is so heavy at
//! one end that two of its quintiles coincide, the cuts are 1, 2, 3–4, 5–7 and 8 orders. FM is the mean of F and M, half
//! a point rounded up; R and FM choose the group. Flow: everyone placed again as of some days earlier, by the same cuts.
//!
//! Passes: four to find the quintiles exactly, one to place everyone, four for the medians of groups.

mod place;
mod plan;
mod report;
#[cfg(test)]
mod tests;

pub use place::{Medians, Place, Ranks};
pub use plan::{Preset, RfmPlan};
pub use report::{RfmCell, RfmEdges, RfmFlow, RfmGroup, RfmReport};

use crate::error::{Error, Kind, Result};
use crate::shard::desk::Desk;
use crate::shard::history::ranks;
use crate::shard::job::{self, Opener};
use crate::table::history::{PastSchema, Source};
use place::{Edges, Lens, Placed};

/// Questions of this analysis, for the registry.
pub const QUESTIONS: [(&str, Opener); 3] =
    [job::analysis::<Ranks>(), job::analysis::<Place>(), job::analysis::<Medians>()];

/// Measure with everyone's group: its place in the report's list, -1 for those in none.
pub const GROUP: &str = "rfm";
/// Measure with everyone's cell of the map: ten times R, and FM; -1 for those who did not buy.
pub const CELL: &str = "rfm-cell";
/// Measure: the group some days ago, where flow is asked for.
pub const WAS: &str = "rfm-before";
/// Measure: 1 for who is in another group than then, or in one only now or then.
pub const MOVED: &str = "rfm-moved";
/// Cuts of F where quintiles coincide.
const FEW_ORDERS: [i64; 4] = [1, 2, 4, 7];

/// Scores buyers, places everyone in a group, and says how groups changed.
pub async fn rfm(desk: &Desk, schema: &PastSchema, plan: &RfmPlan) -> Result<RfmReport> {
    plan.check()?;
    let orders = schema.table(Source::Orders);
    if orders.rows == 0 {
        return Err(Error::new(Kind::TableMissing).file("room.toml").column("orders"));
    }
    let lens = Lens { end: schema.end_day(), window: plan.window };
    desk.progress("rfm", 0, 3, "rounds");
    let (edges, fixed) = edges(desk, plan, lens, orders.measures[0].decimals).await?;
    desk.progress("rfm", 1, 3, "rounds");
    let place = Place {
        lens,
        edges,
        grid: plan.places(),
        leads: plan.leads(),
        abandoned: abandoned(schema, plan)?,
        earlier: plan.previous,
    };
    let placed = desk.sum(&place).await?;
    desk.progress("rfm", 2, 3, "rounds");
    let medians = medians(desk, lens, &placed).await?;
    Ok(report::report(schema, plan, edges, fixed, &placed, &medians))
}

/// The cuts of R, F and M, and whether F was cut by fixed numbers because its quintiles coincide.
async fn edges(desk: &Desk, plan: &RfmPlan, lens: Lens, decimals: u8) -> Result<(Edges, bool)> {
    let buyers = desk.sum(&Ranks { lens, rounds: vec![], count: true }).await?;
    let buyers = buyers.total();
    if buyers == 0 {
        return Err(Error::new(Kind::RowsUnusable).column("orders"));
    }
    // The rank below which k fifths of the buyers lie.
    let targets: Vec<u64> = (1..5).map(|k| (k * buyers).div_ceil(5) - 1).collect();
    let found = ranks(desk, &vec![targets; 3], |rounds| Ranks { lens, rounds, count: false }).await?;
    let quintiles = |column: usize| -> [i64; 4] { [0, 1, 2, 3].map(|k| place::signed(found[column][k])) };
    let last = i64::from(lens.end) - 1;
    let mut days = quintiles(0).map(|day| last - day - 1);
    days.reverse();
    let frequency = quintiles(1);
    let heavy = frequency.windows(2).any(|pair| pair[0] == pair[1]);
    let unit = 10i64.pow(u32::from(decimals));
    let edges = Edges {
        recency: plan.recency.unwrap_or(days),
        frequency: plan.frequency.unwrap_or(if heavy { FEW_ORDERS } else { frequency }),
        money: plan.money.map_or(quintiles(2), |cuts| cuts.map(|cut| cut * unit)),
    };
    Ok((edges, heavy && plan.frequency.is_none()))
}

/// Codes of the events that mean a checkout nobody finished.
fn abandoned(schema: &PastSchema, plan: &RfmPlan) -> Result<Vec<u32>> {
    let events = schema.table(Source::Events);
    let unknown = |label: &String| Error::new(Kind::LabelUnknown).column(format!("event: {label}"));
    let code =
        |label: &String| events.dims.first().and_then(|dim| dim.code(label)).ok_or_else(|| unknown(label));
    plan.abandoned.iter().map(code).collect()
}

/// The lower medians of R, F and M of every group.
async fn medians(desk: &Desk, lens: Lens, placed: &Placed) -> Result<Vec<[i64; 3]>> {
    let groups = placed.groups.len();
    let rank = |group: usize| (placed.groups[group].people.max(1) - 1) / 2;
    let targets: Vec<Vec<u64>> = (0..3 * groups).map(|at| vec![rank(at / 3)]).collect();
    let found = ranks(desk, &targets, |rounds| Medians { lens, rounds }).await?;
    let value = |at: usize| place::signed(found[at].first().copied().unwrap_or_default());
    Ok((0..groups).map(|group| [0, 1, 2].map(|column| value(3 * group + column))).collect())
}
