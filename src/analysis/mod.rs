//! Analyses: one file or folder each. They never import each other.

pub mod crowds;
pub mod lookalike;
pub mod personas;
pub mod profile;
pub mod clv; // who will buy again, and for how much
pub mod intake; // where rows went
pub mod rfm; // who bought when, how often, for how much
