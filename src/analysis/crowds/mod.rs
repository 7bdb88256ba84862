//! Crowds side by side: who is in several of them (`formulas.md` F22), how alike they are (F16), what tells two pairs
//! of them apart, where they stand in the score, and how one is split into packs.
//!
//! Each question is one walk that counts; everything else is arithmetic at the desk.

mod bins;
mod matrix;
mod quality;
mod regions;
mod signs;
mod similar;
mod split;
mod waves;

pub use bins::Bins;
pub use matrix::{Deciles, MatrixColumn, MatrixReport, matrix};
pub use quality::{NamedCrowd, Quality, QualityPlan, QualityReport, quality};
pub use regions::{Regions, regions};
pub use signs::{Pairing, SignReport, SignRow, SignSide, signs};
pub use similar::{Pair, SimilarityReport, similarity};
pub use split::{Cells as SplitCells, Pack, Small, SplitPlan, SplitReport, split};
pub use waves::{LISTED, Wave, WavePlan, WaveReport, waves};

use crate::shard::job::{self, Opener};

/// Questions of this analysis, for the registry.
pub const QUESTIONS: [(&str, Opener); 4] = [
    job::analysis::<Regions>(),
    job::analysis::<Bins>(),
    job::analysis::<Deciles>(),
    job::analysis::<SplitCells>(),
];

/// A part of a whole; nothing of nobody.
fn share(part: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { part as f64 / of as f64 }
}

/// Cuts neighbouring bins with these people into at most `most` runs of about as many people each: a run ends once it
/// has its part of those who are left. No run is of nobody.
fn runs(people: &[u64], most: usize) -> Vec<std::ops::Range<usize>> {
    let mut left: u64 = people.iter().sum();
    let (mut runs, mut from, mut inside) = (Vec::new(), 0, 0);
    for (bin, count) in people.iter().enumerate() {
        inside += count;
        let open = (most - runs.len()) as u64;
        if open > 1 && inside < left && inside * open >= left {
            runs.push(from..bin + 1);
            (from, left, inside) = (bin + 1, left - inside, 0);
        }
    }
    if left > 0 {
        runs.push(from..people.len());
    }
    runs
}

#[cfg(test)]
mod tests;
