//! Analyses: one file or folder each. They never import each other.

pub mod crowds;
pub mod lookalike;
pub mod personas;
pub mod profile;
