//! Lookalike: the seed against the rest, a scorecard of one weight per bin, scores out of fold, tiers.

mod report;

pub use report::*;
//STUB
use crate::shard::job::Opener; use crate::shard::desk::Desk; use crate::table::schema::Schema; use crate::error::Result;
pub const QUESTIONS: [(&str, Opener); 0] = []; pub const SCORE: &str = "score"; pub const FOLD: &str = "fold";
pub async fn lookalike(_: &Desk, _: &Schema, _: &LookalikePlan) -> Result<LookalikeReport> { Err(crate::error::Kind::SeedEmpty.into()) }
