//! Figures that somebody else counted and printed, held to their own arithmetic: no files, no IDs (the published figures of
//! `formulas.md` that do not add up).
//!
//! Arms: whether their sizes are the planned split, whether printed shares are theirs, what interval a rate and a difference
//! really have, whether growth is the ratio less one, and of what the ratio can be. Sums: whether the parts are the whole.
//! Stages: a ratio of two stocks is no flow, whatever it is called. Changes: points and percent are both said; without a base
//! neither can be.

mod plan;
mod report;
#[cfg(test)]
mod tests;

pub use plan::{ArmGiven, ArmsGiven, ChangeGiven, FiguresPlan, RatioGiven, SumGiven};
pub use report::{
    ArmChecked, ArmsChecked, ChangeChecked, FiguresReport, GrowthChecked, RatioChecked, SumChecked, figures,
};
