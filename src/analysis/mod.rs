//! Analyses: one file or folder each. They never import each other.

pub mod crowds;
pub mod lookalike;
pub mod personas;
pub mod profile;
pub mod stages; // where people stand and how they move
pub mod campaigns; // what somebody else counted of campaigns
pub mod clv; // who will buy again, and for how much
pub mod cohorts; // who came when, and who came back
pub mod experiment; // what an arm did for those in it
pub mod features; // what foretells: behaviour until a day, and what came behind it
pub mod feedback; // what people write: topics, moods, words
pub mod standings; // people by stage as platforms count them
pub mod figures; // what was printed elsewhere, held to its arithmetic
pub mod funnel; // how many take which steps
pub mod intake; // where rows went
pub mod paths; // what comes first, next and together
pub mod pivot; // what goes with what
pub mod rfm; // who bought when, how often, for how much
pub mod traffic; // who is in which arm of which layer
pub mod rules; // who did, or did not do, what rules name
