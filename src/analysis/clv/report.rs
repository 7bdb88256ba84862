//! What is said of customers' value.

use super::STATES;
use super::fit::Models;
use super::plan::ClvPlan;
use super::value::{BANDS, Banded, Sum, TEN_THOUSAND, Valued};
use super::walk::Past;
use crate::gate::Cells;
use crate::num::{BgNbd, GammaGamma};
use crate::table::dates;
use crate::table::history::{PastSchema, Source};
use serde::Serialize;

/// The report. Money is in minor units; `decimals` says how many make one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ClvReport {
    /// The last day that counts.
    pub as_of: String,
    /// People with an order.
    pub people: u64,
    /// Months valued.
    pub months: u32,
    /// Discount per month.
    pub discount: f64,
    /// Share of the money that is earned.
    pub margin: f64,
    /// Decimals of money.
    pub decimals: u8,
    /// How often they buy.
    pub orders: OrderModel,
    /// For how much; absent if too few bought again, or spending has no mean.
    pub money: Option<MoneyModel>,
    /// The forecast of the last days, held against what came.
    pub holdout: Option<ClvHoldout>,
    /// From the lowest value up.
    pub bands: Vec<ClvBand>,
    /// Lifecycle states.
    pub states: Vec<ClvState>,
    /// Days between the states that jumps lie between.
    pub jump_days: u32,
    /// How people moved between states.
    pub jumps: Vec<ClvJump>,
}

/// BG/NBD as fitted, in weeks.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct OrderModel {
    /// Its parameters.
    pub model: BgNbd,
    /// Of all people.
    pub log_likelihood: f64,
    /// Steps of the search.
    pub steps: u32,
    /// Whether it ended where the slope vanishes.
    pub converged: bool,
    /// People with a repeat order.
    pub repeaters: u64,
}

/// Gamma–Gamma as fitted, in whole units of money.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct MoneyModel {
    /// Its parameters.
    pub model: GammaGamma,
    /// Of all who spent.
    pub log_likelihood: f64,
    /// Whether the search ended where the slope vanishes.
    pub converged: bool,
    /// People it is learnt from.
    pub people: u64,
    /// What an order of somebody unknown is worth.
    pub mean: f64,
    /// Correlation of repeat orders with money per order: the model assumes none.
    pub correlation: Option<f64>,
}

/// A forecast and what came.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ClvHoldout {
    /// Days forecast.
    pub days: u32,
    /// The model of what was known before.
    pub model: BgNbd,
    /// People known then.
    pub people: u64,
    /// Orders they were to give.
    pub predicted: f64,
    /// Orders they gave.
    pub actual: u64,
    /// Money they were to spend, and spent, in whole units; absent without a model of money.
    pub money: Option<[f64; 2]>,
    /// By repeat orders before.
    pub rows: Vec<HoldoutRow>,
}

/// A point of the plot.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct HoldoutRow {
    /// Repeat orders before; the last row is "or more".
    pub repeats: u32,
    /// People.
    pub people: u64,
    /// Orders per person, forecast.
    pub predicted: f64,
    /// Orders per person that came.
    pub actual: f64,
    /// Money per person, forecast and came, in whole units; absent without a model of money.
    pub money: Option<[f64; 2]>,
}

/// A third of the people by value.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ClvBand {
    /// `low`, `middle`, `high`.
    pub band: &'static str,
    /// Values above this, and up to the next band's, are in it; absent for the lowest.
    pub above: Option<i32>,
    /// Who is in it.
    #[serde(flatten)]
    pub sum: People,
}

/// People of a band or state.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", rename = "ClvPeople"))]
pub struct People {
    /// How many.
    pub people: u64,
    /// Of all with an order.
    pub share: f64,
    /// Days with an order.
    pub orders: u64,
    /// Money so far.
    pub money: i64,
    /// Money expected.
    pub value: i64,
    /// Mean chance to be alive.
    pub alive: f64,
}

/// A lifecycle state.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ClvState {
    /// `first`, `occasional`, `periodic`, `loyal`.
    pub state: &'static str,
    /// Who is in it.
    #[serde(flatten)]
    pub sum: People,
}

/// A jump between states.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ClvJump {
    /// Absent for who had not bought yet.
    pub from: Option<&'static str>,
    /// Where they are.
    pub to: &'static str,
    /// How many.
    pub people: u64,
}

fn people(sum: &Sum, all: u64) -> People {
    People {
        people: sum.people,
        share: sum.people as f64 / all.max(1) as f64,
        orders: sum.orders,
        money: sum.money,
        value: sum.value,
        alive: sum.alive as f64 / TEN_THOUSAND / sum.people.max(1) as f64,
    }
}

#[allow(clippy::too_many_arguments, reason = "each is made once and used here")]
pub(super) fn report(
    schema: &PastSchema,
    plan: &ClvPlan,
    past: &Past,
    models: &Models,
    holdout: Option<ClvHoldout>,
    valued: &Valued,
    banded: &Banded,
    cuts: [i32; BANDS - 1],
) -> ClvReport {
    let all = valued.people;
    let above = [None, Some(cuts[0]), Some(cuts[1])];
    let bands = super::BAND_NAMES.into_iter().zip(above).zip(&banded.0);
    let width = STATES.len();
    let jumps = valued.jumps.iter().enumerate().filter(|(_, people)| **people > 0);
    ClvReport {
        as_of: dates::text(f64::from(schema.end_day()) - 1.0),
        people: all,
        months: plan.months,
        discount: plan.discount,
        margin: plan.margin,
        decimals: schema.table(Source::Orders).measures[0].decimals,
        orders: OrderModel {
            model: models.orders.model,
            log_likelihood: models.orders.log_likelihood,
            steps: models.orders.steps,
            converged: models.orders.converged,
            repeaters: past.repeaters(),
        },
        money: models.money.as_ref().map(|fit| MoneyModel {
            model: fit.model,
            log_likelihood: fit.log_likelihood,
            converged: fit.converged,
            people: models.spenders,
            mean: fit.model.expected(0, 0.0).unwrap_or_default(),
            correlation: models.correlation,
        }),
        holdout,
        bands: bands.map(|((band, above), sum)| ClvBand { band, above, sum: people(sum, all) }).collect(),
        states: STATES
            .iter()
            .zip(&valued.states)
            .map(|(state, sum)| ClvState { state, sum: people(sum, all) })
            .collect(),
        jump_days: plan.previous,
        jumps: jumps
            .map(|(at, people)| ClvJump {
                from: (at / width).checked_sub(1).map(|from| STATES[from]),
                to: STATES[at % width],
                people: *people,
            })
            .collect(),
    }
}

impl Cells for ClvReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        self.bands.iter().for_each(|band| visit(band.sum.people));
        self.states.iter().for_each(|state| visit(state.sum.people));
        self.jumps.iter().for_each(|jump| visit(jump.people));
        self.holdout.iter().flat_map(|held| &held.rows).for_each(|row| visit(row.people));
    }
}
