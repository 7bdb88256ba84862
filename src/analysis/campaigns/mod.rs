//! Campaigns that somebody else counted: what was shown, clicked, spent and earned by any one or two columns, rates with their
//! intervals, two periods or two values side by side, and what was aimed at.
//!
//! CTR = clicks / impressions and CVR = conversions / clicks with Wilson's interval (F1), compared by the pooled z-test and
//! Newcombe's interval (F10): the difference is said in percentage points and as percent of the first, apart from each other.
//! CPC = cost / clicks, CPM = 1000 · cost / impressions, CPA = cost / conversions, ROAS = revenue / cost.
//!
//! A rate is of the rows that say both of its numbers. Rows that contradict themselves (clicks above impressions, conversions
//! above clicks, cost below zero) are named with their place; they count in sums and in no rate. Intervals and tests take every
//! impression for a person of its own: who sees something often makes them narrower than they are.
//!
//! Nobody stands behind a row, so nothing is small here and nothing is withheld. All sums are whole numbers.

mod plan;
mod report;

pub use plan::CampaignPlan;
pub use report::{CampaignFigures, CampaignReport, campaigns};
