//! Personas: k-means over one-hot bins, named by what marks each cluster.

mod report;

pub use report::*;
//STUB
use crate::error::Result;
use crate::shard::desk::Desk;
use crate::shard::job::Opener;
use crate::table::schema::Schema;
pub const QUESTIONS: [(&str, Opener); 0] = [];
pub const PERSONA: &str = "persona";
pub async fn personas(_: &Desk, _: &Schema, _: &PersonasPlan) -> Result<PersonasReport> {
    Err(crate::error::Kind::SeedEmpty.into())
}
