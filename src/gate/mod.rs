//! The gate: the only maker of [`Released`], and export takes nothing else.
//!
//! In a brand's own room (both files are its own to read) nothing is hidden: small cells are counted and badged, so
//! that whoever passes a file on knows. Release consumes the total, so one total cannot be released twice.
//! This stops mistakes, not the owner of the tab. In a room made from a partner's file the partner's signed policy
//! holds as well: what stands for fewer people than it names is taken out before anybody sees it.

use crate::error::Result;
use serde::Serialize;

/// Below this many people a cell is called small (Ads Data Hub shows none under 50).
pub const SMALL: u64 = 50;

/// An answer that passed the gate.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Released<T> {
    value: T,
    #[serde(skip)]
    small: u64,
}

impl<T> Released<T> {
    /// The answer.
    pub fn get(&self) -> &T {
        &self.value
    }
    /// How many of its cells stand for fewer than [`SMALL`] people, but for someone.
    pub fn small(&self) -> u64 {
        self.small
    }
}

/// What the gate has to know of an answer: the people behind each of its cells.
pub trait Cells {
    /// Calls `visit` with the number of people behind every cell.
    fn cells(&self, visit: &mut dyn FnMut(u64));
}

/// Releases an answer about the brand's own files.
pub fn release<T: Cells>(value: T) -> Released<T> {
    let mut small = 0;
    value.cells(&mut |people| small += u64::from((1..SMALL).contains(&people)));
    Released { value, small }
}

/// An answer whose small cells can be taken out.
pub trait Withhold: Cells {
    /// Takes out what stands for fewer than `k` people, and what would give it away; refuses an answer that is about
    /// fewer altogether.
    fn withhold(&mut self, k: u64) -> Result<()>;
}

/// Which cells to take out: those with a count below `k`, and where cells exclude each other as many more, the
/// smallest first, as make `k` people together: the rest of a known total would be a number as well.
pub fn withheld<const N: usize>(cells: &[[u64; N]], k: u64, exclude: bool) -> Vec<bool> {
    let least = |at: usize| cells[at].iter().copied().min().unwrap_or(0);
    let mut out: Vec<bool> = (0..cells.len()).map(|at| least(at) < k).collect();
    let short = |out: &[bool]| {
        let sum = |n: usize| cells.iter().zip(out).map(|(c, out)| if *out { c[n] } else { 0 }).sum::<u64>();
        exclude && out.contains(&true) && (0..N).any(|n| sum(n) < k)
    };
    while short(&out)
        && let Some(next) = (0..cells.len()).filter(|&at| !out[at]).min_by_key(|&at| least(at))
    {
        out[next] = true;
    }
    out
}

/// Releases an answer under a partner's policy; `k` is 0 where there is none.
pub fn release_from<T: Withhold>(mut value: T, k: u64) -> Result<Released<T>> {
    if k > 0 {
        value.withhold(k)?;
    }
    Ok(release(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Table(Vec<u64>);
    impl Cells for Table {
        fn cells(&self, visit: &mut dyn FnMut(u64)) {
            self.0.iter().for_each(|&n| visit(n));
        }
    }

    #[test]
    fn what_is_taken_out_cannot_be_told_from_the_rest() {
        assert_eq!(withheld(&[[90], [80], [70]], 50, true), [false; 3]);
        assert_eq!(withheld(&[[90], [80], [7]], 50, true), [false, true, true], "7 alone would be the rest");
        assert_eq!(withheld(&[[90], [80], [7]], 50, false), [false, false, true], "no total to take from");
        assert_eq!(withheld(&[[90, 60], [80, 49], [70, 70]], 50, true), [true, true, false]);
        assert_eq!(withheld(&[[30], [30]], 50, true), [true, true]);
    }

    #[test]
    fn small_cells_are_counted_and_empty_ones_are_not() {
        assert_eq!(release(Table(vec![0, 1, 49, 50, 1_000])).small(), 2);
    }
}
