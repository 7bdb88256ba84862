//! The gate: the only maker of [`Released`], and export takes nothing else.
//!
//! In a brand's own room (both files are its own to read) nothing is hidden: small cells are counted and badged, so
//! that whoever passes a file on knows. Release consumes the total, so one total cannot be released twice.
//! This stops mistakes, not the owner of the tab.

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
    fn small_cells_are_counted_and_empty_ones_are_not() {
        assert_eq!(release(Table(vec![0, 1, 49, 50, 1_000])).small(), 2);
    }
}
