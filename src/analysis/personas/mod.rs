//! Personas: k-means over one-hot bins, named by what marks each cluster.

mod report;

pub use report::*;
