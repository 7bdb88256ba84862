//! People by stage as platforms count them (AIPL, 4A, O-5A, …): stocks of any number of files as one report, without an ID
//! (`formulas.md` F8).
//!
//! *Counts* are kept once: what two rows say alike counts once, what they say otherwise is named with both places, and the first
//! stands. A count is of the people with its labels; one without a label is of all of that column. Parts are added up only where
//! no row counts the whole, and that is told: who is in two parts is counted twice. Where some rows are parts by one column and some
//! by another, the larger sum is taken for everyone, and both are named if they differ.
//!
//! *Two snapshots* are compared in people, in percent, and in percentage points of the share of all stages. Stocks have no interval:
//! they are totals the platform counted, not samples of anything.
//!
//! *Moves* between two days are held to the stocks of these days: Δ stock = inflow − outflow, to the last person, but for what
//! the platform rounded away (12.3万 may be 500 more or less). Stock ratio N(next) / N(stage) of one day and cohort rate, those who
//! moved higher of those who stood there, are told apart; the second has Wilson's interval (F1), since who moves is a draw.
//!
//! Nobody stands behind a row: nothing is withheld. All sums are whole numbers.

mod book;
mod checks;
mod ladder;
mod parts;
mod plan;
mod report;

pub use plan::StandingPlan;
pub use report::{
    StandingFlow, StandingGroup, StandingLine, StandingOdd, StandingPlace, StandingSnapshot, StandingsReport,
    standings,
};
