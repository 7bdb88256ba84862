//! Lookalike: the seed against the rest, a scorecard of one weight per bin, scores out of fold, tiers.

mod report;

pub use report::*;
