//! Customer lifetime value: who will buy again, how often, and for how much (`formulas.md` F12).
//!
//! BG/NBD on the days with an order (several orders of one day are one, as in the papers), Gamma–Gamma on the money of
//! repeat days. Value = margin · expected money per order · expected orders of each of the next months (30 days), each
//! month discounted. Both are fitted twice: on everything, for the values; and on what was known some days before the end,
//! to hold the forecast of those days against what came. Who bought once only has no money of repeat orders: what is
//! expected of them is everyone's mean.
//!
//! Lifecycle (cuts are ours): *first* bought on one day; *periodic* on three or more whose gaps vary by at most half of
//! their mean; *loyal* is periodic, in the top third by orders, and alive with a chance of a half; *occasional* else.
//!
//! Passes: one for the histories, four for the third with most orders, one to value everyone, four for the bands, one to
//! count them. What a shard adds up are whole numbers; people with equal histories are fitted as one.

mod fit;
mod plan;
mod report;
#[cfg(test)]
mod tests;
mod value;
mod walk;

pub use plan::ClvPlan;
pub use report::{ClvBand, ClvHoldout, ClvJump, ClvReport, ClvState, HoldoutRow, MoneyModel, OrderModel};
pub use value::{Banding, Value, ValueRanks};
pub use walk::{Look, Past as OrderHistories};

use crate::error::{Error, Kind, Result};
use crate::shard::desk::Desk;
use crate::shard::history::ranks;
use crate::shard::job::{self, Opener};
use crate::table::history::{PastSchema, Source};
use value::{BANDS, Models};

/// Questions of this analysis, for the registry.
pub const QUESTIONS: [(&str, Opener); 4] = [
    job::analysis::<Look>(),
    job::analysis::<Value>(),
    job::analysis::<ValueRanks>(),
    job::analysis::<Banding>(),
];

/// Measure: value of the next months in minor units.
pub const CLV: &str = "clv";
/// Measure: chance to be a customer still, in hundredths of a percent.
pub const ALIVE: &str = "alive";
/// Measure: lifecycle state, its place in [`STATES`].
pub const STATE: &str = "lifecycle";
/// Measure: the state some days ago; -1 for who had not bought.
pub const WAS: &str = "lifecycle-before";
/// Measure: band of value, 0 to 2 from the lowest.
pub const BAND: &str = "clv-band";
/// Lifecycle states.
pub const STATES: [&str; 4] = ["first", "occasional", "periodic", "loyal"];

/// Bands of value, from the lowest.
pub const BAND_NAMES: [&str; BANDS] = ["low", "middle", "high"];

/// Fewest people with a repeat order to fit a model of.
const LEAST: u64 = 20;

/// Fits, values everyone, and holds the forecast against what came.
pub async fn clv(desk: &Desk, schema: &PastSchema, plan: &ClvPlan) -> Result<ClvReport> {
    plan.check()?;
    let orders = schema.table(Source::Orders);
    if orders.rows == 0 {
        return Err(Error::new(Kind::TableMissing).file("room.toml").column("orders"));
    }
    let end = schema.end_day();
    desk.progress("clv", 0, 4, "rounds");
    let all = desk.sum(&Look { end, ahead: 0 }).await?;
    let ahead = plan.holdout.unwrap_or_else(|| all.longest() / 3);
    let earlier = desk.sum(&Look { end: end.saturating_sub(ahead), ahead }).await?;
    if all.repeaters() < LEAST {
        return Err(Error::new(Kind::TooFewOrders).column("clv"));
    }
    let decimals = orders.measures[0].decimals;
    let whole = fit::fit(desk, &all, decimals).await?;
    desk.progress("clv", 1, 4, "rounds");
    let held = if ahead > 0 && earlier.repeaters() >= LEAST {
        Some(fit::holdout(&fit::fit(desk, &earlier, decimals).await?, &earlier, ahead, decimals))
    } else {
        None
    };
    desk.progress("clv", 2, 4, "rounds");
    let models = Models { orders: whole.orders.model, money: whole.money.map(|m| m.model), decimals };
    let many = top_third(desk, &all, end).await?;
    let value = Value { end, models, plan: plan.clone(), many };
    let valued = desk.sum(&value).await?;
    desk.progress("clv", 3, 4, "rounds");
    let cuts = bands(desk, valued.people).await?;
    let banded = desk.sum(&Banding { cuts, end }).await?;
    Ok(report::report(schema, plan, &all, &whole, held, &valued, &banded, cuts))
}

/// The number of days with an order from which on somebody belongs to the third with most.
async fn top_third(desk: &Desk, all: &walk::Past, end: u32) -> Result<u32> {
    let people = all.people();
    let targets = [vec![people - people.div_ceil(3)]];
    let found = ranks(desk, &targets, |rounds| ValueRanks { of: value::Column::Days(end), rounds }).await?;
    Ok(found[0][0] as u32)
}

/// Where the bands of value part: a value above a cut is in the next.
async fn bands(desk: &Desk, people: u64) -> Result<[i32; BANDS - 1]> {
    let third = |k: u64| (k * people).div_ceil(BANDS as u64).max(1) - 1;
    let targets = [vec![third(1), third(2)]];
    let found = ranks(desk, &targets, |rounds| ValueRanks { of: value::Column::Value, rounds }).await?;
    Ok([found[0][0] as i32, found[0][1] as i32])
}
