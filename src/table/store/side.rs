//! The rows one shard keeps of one file: one per person. A person's later rows fill what the first left empty and add
//! labels to lists; they never overwrite.

use super::parcel::{Cells, NO_LABEL, Parcel};
use crate::error::{Error, Kind, Result};
use crate::id::{Ids, Key};
use std::collections::HashMap;

/// People of one file, in the order of their first row.
#[derive(Default)]
pub struct Side {
    /// Who.
    pub keys: Vec<Key>,
    /// First row.
    pub rows: Vec<u32>,
    /// The ID as written in that row.
    pub ids: Ids,
    /// Given folds, if a column gives them.
    pub folds: Vec<i32>,
    /// Kept columns.
    pub columns: Vec<Kept>,
    /// Rows of people who had one before.
    pub duplicates: u64,
    /// Those of them that only an ID map brought together: their ID is not that of the person's first row.
    pub merged: u64,
    /// The first such row; 0 if there is none.
    pub merged_first: u32,
    /// Half of the key of the ID in the first row, if IDs may be one person.
    own: Vec<u64>,
    index: Index,
}

/// One column, one entry per person.
pub enum Kept {
    /// Labels by number in `words`, or [`NO_LABEL`].
    Labels {
        /// The shard's words.
        words: Words,
        /// One per person.
        codes: Vec<u32>,
    },
    /// Numbers; NaN is "no value".
    Numbers(Vec<f64>),
    /// Lists of labels.
    Lists {
        /// The shard's words.
        words: Words,
        /// Start of each person's run in `codes`, and the end of the last.
        starts: Vec<u32>,
        /// Runs of the first rows.
        codes: Vec<u32>,
        /// Labels of later rows: (person, label).
        more: Vec<(u32, u32)>,
    },
}

/// Labels and their numbers.
#[derive(Default)]
pub struct Words {
    /// In the order they were met.
    pub list: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Words {
    fn number(&mut self, word: String) -> u32 {
        let next = self.list.len() as u32;
        *self.numbers.entry(word).or_insert_with_key(|word| {
            self.list.push(word.clone());
            next
        })
    }
    pub(in crate::table) fn translate(&mut self, words: Vec<String>) -> Vec<u32> {
        words.into_iter().map(|w| self.number(w)).collect()
    }
}

impl Side {
    /// How many people.
    pub fn len(&self) -> usize {
        self.keys.len()
    }
    /// Whether nobody came.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
    /// The person of a key.
    pub fn find(&self, key: Key) -> Option<usize> {
        self.index.find(key, &self.keys).ok()
    }
    /// Keeps the rows of a parcel. Parcels come in the order of the file.
    pub fn absorb(&mut self, parcel: Parcel) -> Result<()> {
        self.reserve(parcel.keys.len())?;
        let people: Vec<(u32, bool)> = parcel.keys.iter().map(|&key| self.person(key)).collect();
        for (i, &(_, new)) in people.iter().enumerate() {
            if new {
                self.rows.push(parcel.rows[i]);
                self.folds.extend(parcel.folds.get(i));
            }
        }
        self.ids.extend_some(&parcel.ids, people.iter().map(|p| p.1));
        self.duplicates += people.iter().filter(|p| !p.1).count() as u64;
        self.compare(&parcel, &people);
        if self.columns.is_empty() {
            self.columns = parcel.columns.iter().map(Kept::like).collect();
        }
        for (kept, cells) in self.columns.iter_mut().zip(parcel.columns) {
            kept.absorb(cells, &people);
        }
        Ok(())
    }
    /// Counts the rows whose own ID is not that of the person's first row.
    fn compare(&mut self, parcel: &Parcel, people: &[(u32, bool)]) {
        for ((&own, &(person, new)), &row) in parcel.own.iter().zip(people).zip(&parcel.rows) {
            if new {
                self.own.push(own);
            } else if self.own[person as usize] != own {
                self.merged_first = if self.merged == 0 { row } else { self.merged_first };
                self.merged += 1;
            }
        }
    }
    fn person(&mut self, key: Key) -> (u32, bool) {
        match self.index.find(key, &self.keys) {
            Ok(at) => (at as u32, false),
            Err(slot) => {
                self.index.slots[slot] = self.keys.len() as u32 + 1;
                self.keys.push(key);
                (self.keys.len() as u32 - 1, true)
            }
        }
    }
    fn reserve(&mut self, more: usize) -> Result<()> {
        let full = || Error::new(Kind::MemoryLimit);
        self.keys.try_reserve(more).map_err(|_| full())?;
        self.index.reserve(self.keys.len() + more, &self.keys).ok_or_else(full)
    }
}

impl Kept {
    fn like(cells: &Cells) -> Kept {
        match cells {
            Cells::Labels { .. } => Kept::Labels { words: Words::default(), codes: vec![] },
            Cells::Numbers { .. } => Kept::Numbers(vec![]),
            Cells::Lists { .. } => {
                Kept::Lists { words: Words::default(), starts: vec![0], codes: vec![], more: vec![] }
            }
        }
    }
    fn absorb(&mut self, cells: Cells, people: &[(u32, bool)]) {
        match (self, cells) {
            (Kept::Numbers(kept), Cells::Numbers { values }) => {
                for (&(person, new), value) in people.iter().zip(values) {
                    fill(kept, person, new, value, |v| v.is_nan());
                }
            }
            (Kept::Labels { words, codes: kept }, Cells::Labels { words: theirs, codes }) => {
                let ours = words.translate(theirs);
                for (&(person, new), code) in people.iter().zip(codes) {
                    let code = ours.get(code as usize).copied().unwrap_or(NO_LABEL);
                    fill(kept, person, new, code, |&c| c == NO_LABEL);
                }
            }
            (
                Kept::Lists { words, starts, codes: kept, more },
                Cells::Lists { words: theirs, counts, codes },
            ) => {
                let ours = words.translate(theirs);
                let mut labels = codes.into_iter().filter_map(|c| ours.get(c as usize).copied());
                for (&(person, new), count) in people.iter().zip(counts) {
                    let run = labels.by_ref().take(count as usize);
                    if new {
                        kept.extend(run);
                        starts.push(kept.len() as u32);
                    } else {
                        more.extend(run.map(|label| (person, label)));
                    }
                }
            }
            // A parcel of another reading cannot come: the wire names the plan.
            _ => {}
        }
    }
}

fn fill<T>(kept: &mut Vec<T>, person: u32, new: bool, value: T, missing: impl Fn(&T) -> bool) {
    if new {
        kept.push(value);
    } else if missing(&kept[person as usize]) {
        kept[person as usize] = value;
    }
}

/// Open addressing over key → position + 1: keys are hashes already, so their bytes are the slot.
#[derive(Default)]
pub(in crate::table) struct Index {
    pub(in crate::table) slots: Vec<u32>,
}

impl Index {
    /// The position of a key, or the free slot where it belongs.
    pub(in crate::table) fn find(&self, key: Key, keys: &[Key]) -> std::result::Result<usize, usize> {
        if self.slots.is_empty() {
            return Err(0);
        }
        let mask = self.slots.len() - 1;
        let mut slot = start(key) & mask;
        loop {
            match self.slots[slot] {
                0 => return Err(slot),
                at if keys[at as usize - 1] == key => return Ok(at as usize - 1),
                _ => slot = (slot + 1) & mask,
            }
        }
    }
    /// Makes room for `people` at no more than two thirds full; `None` if memory is out.
    pub(in crate::table) fn reserve(&mut self, people: usize, keys: &[Key]) -> Option<()> {
        let wanted = (people + people / 2 + 16).next_power_of_two();
        if wanted <= self.slots.len() {
            return Some(());
        }
        let mut slots = Vec::new();
        slots.try_reserve_exact(wanted).ok()?;
        slots.resize(wanted, 0);
        self.slots = slots;
        for (at, &key) in keys.iter().enumerate() {
            if let Err(slot) = self.find(key, &keys[..at]) {
                self.slots[slot] = at as u32 + 1;
            }
        }
        Some(())
    }
}

/// The upper half: the lower one chose the shard.
fn start(key: Key) -> usize {
    let mut half = [0; 8];
    half.copy_from_slice(&key.0[8..]);
    u64::from_le_bytes(half) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parcel(rows: &[(u8, &str, f64, &[&str])], first: u32) -> Parcel {
        let mut words: Vec<String> = Vec::new();
        let mut number = |word: &str| match words.iter().position(|w| w == word) {
            Some(at) => at as u32,
            None => {
                words.push(word.into());
                words.len() as u32 - 1
            }
        };
        let labels: Vec<u32> =
            rows.iter().map(|r| if r.1.is_empty() { NO_LABEL } else { number(r.1) }).collect();
        let lists: Vec<u32> = rows.iter().flat_map(|r| r.3).map(|w| number(w)).collect();
        let mut ids = Ids::default();
        rows.iter().for_each(|r| ids.push(&[b'a' + r.0]));
        Parcel {
            keys: rows.iter().map(|r| Key([r.0; 16])).collect(),
            rows: (first..first + rows.len() as u32).collect(),
            own: vec![],
            ids,
            folds: vec![],
            columns: vec![
                Cells::Labels { words: words.clone(), codes: labels },
                Cells::Numbers { values: rows.iter().map(|r| r.2).collect() },
                Cells::Lists { words, counts: rows.iter().map(|r| r.3.len() as u32).collect(), codes: lists },
            ],
        }
    }

    #[test]
    fn later_rows_fill_gaps_and_add_labels_but_never_overwrite() {
        let mut side = Side::default();
        let nan = f64::NAN;
        side.absorb(parcel(&[(1, "", 5.0, &["x"]), (2, "b", nan, &[]), (1, "a", 7.0, &["y", "x"])], 2))
            .expect("room");
        side.absorb(parcel(&[(2, "c", 3.0, &["z"]), (3, "b", 1.0, &[])], 5)).expect("room");
        assert_eq!((side.len(), side.duplicates), (3, 2));
        assert_eq!(side.rows, [2, 3, 6]);
        assert_eq!(side.find(Key([3; 16])), Some(2));
        assert_eq!(side.find(Key([9; 16])), None);
        let Kept::Labels { words, codes } = &side.columns[0] else { panic!("labels") };
        assert_eq!(
            codes.iter().map(|&c| words.list[c as usize].as_str()).collect::<Vec<_>>(),
            ["a", "b", "b"]
        );
        assert_eq!(side.columns[1].numbers(), [5.0, 3.0, 1.0]);
        let Kept::Lists { starts, more, .. } = &side.columns[2] else { panic!("lists") };
        assert_eq!((starts.as_slice(), more.len()), ([0, 1, 1, 1].as_slice(), 3));
    }

    #[test]
    fn the_index_finds_everyone_through_growth() {
        let mut side = Side::default();
        for block in 0..20u32 {
            let mut parcel = parcel(&[], 0);
            for i in 0..500u32 {
                let mut key = [0; 16];
                key[8..12].copy_from_slice(&(block * 400 + i).to_le_bytes());
                parcel.keys.push(Key(key));
                parcel.rows.push(i);
                parcel.ids.push(b"x");
            }
            parcel.columns.clear();
            side.absorb(parcel).expect("room");
        }
        assert_eq!(side.len(), 19 * 400 + 500);
        assert_eq!(side.duplicates, 20 * 500 - side.len() as u64);
    }
}
