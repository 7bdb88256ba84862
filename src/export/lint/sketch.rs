//! What can be told of large files in little memory: how many rows are like no other, and how two lists differ.

use crate::id::Key;
use std::collections::BTreeMap;

/// A 64-bit hash of bytes; it spreads, it does not hide.
pub fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let mut key = [0; 16];
    key[8..].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
    bytes.chunks(8).fold(seed, |seed, chunk| {
        key[..8].fill(0);
        key[..chunk.len()].copy_from_slice(chunk);
        Key(key).mix(seed)
    })
}

/// Rows remembered at once.
const ROOM: usize = 1 << 15;

/// How many rows are like no other: exact while they fit, then of a sample of hashes (adaptive sampling, Flajolet
/// 1990), which is halved whenever it is full.
#[derive(Default)]
pub struct Uniques {
    level: u32,
    seen: BTreeMap<u64, bool>,
}

impl Uniques {
    /// Takes the hash of a row.
    pub fn add(&mut self, row: u64) {
        if !self.taken(row) {
            return;
        }
        self.seen.entry(row).and_modify(|again| *again = true).or_insert(false);
        while self.seen.len() > ROOM {
            self.level += 1;
            let level = self.level;
            self.seen.retain(|row, _| row.trailing_zeros() >= level);
        }
    }
    fn taken(&self, row: u64) -> bool {
        row.trailing_zeros() >= self.level
    }
    /// How many rows are like no other.
    pub fn count(&self) -> u64 {
        (self.seen.values().filter(|again| !**again).count() as u64) << self.level
    }
}

/// A list of IDs, kept so that a small difference to another can be read off: an invertible Bloom look-up table
/// (Eppstein, Goodrich, Uyeda, Varghese, SIGCOMM 2011). Its size depends on the difference asked for, not on the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sketch {
    /// IDs in it.
    pub ids: u64,
    cells: Vec<Cell>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cell {
    count: i64,
    ids: i128,
    checks: i128,
}

impl Cell {
    fn add(&mut self, other: Cell, sign: i64) {
        self.count += sign * other.count;
        self.ids += i128::from(sign) * other.ids;
        self.checks += i128::from(sign) * other.checks;
    }
    /// The only ID that is left in it.
    fn only(&self) -> Option<u64> {
        let id = self.ids.checked_div(self.count.into()).and_then(|id| u64::try_from(id).ok())?;
        (Cell::of(id, self.count) == *self).then_some(id)
    }
    fn of(id: u64, count: i64) -> Cell {
        let times = |value: u64| i128::from(value) * i128::from(count);
        Cell { count, ids: times(id), checks: times(hash(4, &id.to_le_bytes())) }
    }
}

impl Sketch {
    /// An empty list, for differences of up to `few` IDs.
    pub fn new(few: u64) -> Sketch {
        Sketch { ids: 0, cells: vec![Cell::default(); 3 * (few.clamp(64, 1 << 16) as usize)] }
    }
    /// Takes an ID.
    pub fn add(&mut self, id: &[u8]) {
        self.ids += 1;
        let id = hash(0, id);
        self.put(Cell::of(id, 1), id, 1);
    }
    fn put(&mut self, cell: Cell, id: u64, sign: i64) {
        let third = self.cells.len() / 3;
        for part in 0..3 {
            let at = hash(1 + part as u64, &id.to_le_bytes()) as usize % third;
            self.cells[part * third + at].add(cell, sign);
        }
    }
    /// Adds all of another list.
    pub fn merge(&mut self, other: &Sketch) {
        self.ids += other.ids;
        self.cells.iter_mut().zip(&other.cells).for_each(|(cell, more)| cell.add(*more, 1));
    }
    /// How many IDs are in one list and not in the other; nothing if they are too many to be read off.
    pub fn apart(&self, other: &Sketch) -> Option<u64> {
        let mut rest = self.clone();
        rest.cells.iter_mut().zip(&other.cells).for_each(|(cell, theirs)| cell.add(*theirs, -1));
        let mut apart = 0;
        while let Some((cell, id)) = rest.cells.iter().find_map(|cell| cell.only().map(|id| (*cell, id))) {
            apart += 1;
            rest.put(cell, id, -1);
            if apart > rest.cells.len() as u64 {
                return None;
            }
        }
        rest.cells.iter().all(|cell| *cell == Cell::default()).then_some(apart)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_like_no_other_are_counted_exactly_and_then_nearly() {
        let mut few = Uniques::default();
        for i in 0..1_000u64 {
            few.add(hash(7, &(i % 900).to_le_bytes()));
        }
        assert_eq!(few.count(), 800);
        let mut many = Uniques::default();
        for i in 0..300_000u64 {
            many.add(hash(7, &(i % 200_000).to_le_bytes()));
        }
        assert!(many.seen.len() <= ROOM && many.count().abs_diff(100_000) < 5_000, "{}", many.count());
    }

    #[test]
    fn a_small_difference_is_read_off_and_a_large_one_is_not() {
        let list = |from: u32, to: u32| {
            let mut list = Sketch::new(50);
            (from..to).for_each(|i| list.add(format!("{i:08}").as_bytes()));
            list
        };
        let all = list(0, 20_000);
        for (other, apart) in [
            (list(0, 20_000), Some(0)),
            (list(1, 20_000), Some(1)),
            (list(20, 20_029), Some(49)), // 20 at one end, 29 at the other
            (list(0, 19_951), Some(49)),
            (list(0, 10_000), None),
            (list(20_000, 40_000), None),
        ] {
            assert_eq!(all.apart(&other), apart, "{}", other.ids);
            assert_eq!(other.apart(&all), apart);
        }
        let mut halves = list(0, 7);
        halves.merge(&list(7, 20_000));
        assert_eq!(halves, all);
    }
}
