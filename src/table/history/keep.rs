//! What one shard keeps of the files of many rows per person while they come in, in the order they come.

use super::cut::PastParcel;
use super::past::{Codes, Past, Table};
use crate::error::{Error, Kind, Result};
use crate::id::{Ids, Key};
use crate::num::Order;
use crate::table::store::side::{Index, Words};

/// People and rows on their way in.
#[derive(Default)]
pub struct Kept {
    keys: Vec<Key>,
    ids: Ids,
    first: Vec<u64>,
    index: Index,
    tables: [Loose; 3],
}

/// Rows of one table.
#[derive(Default)]
struct Loose {
    who: Vec<u32>,
    times: Vec<u32>,
    dims: Vec<(Words, Vec<u32>)>,
    measures: Vec<Vec<i64>>,
    orders: Vec<u64>,
    states: Vec<u8>,
}

impl Kept {
    /// Keeps the rows of a parcel of table `at`. Parcels come in the order of the recipe's files and their rows.
    pub fn absorb(&mut self, at: usize, parcel: PastParcel) -> Result<()> {
        let people = self.people(&parcel)?;
        let table = &mut self.tables[at];
        let full = |_| Error::new(Kind::MemoryLimit);
        table.who.try_reserve(parcel.who.len()).map_err(full)?;
        table.who.extend(parcel.who.iter().map(|who| people[*who as usize]));
        table.times.extend_from_slice(&parcel.times);
        table.orders.extend_from_slice(&parcel.orders);
        table.states.extend_from_slice(&parcel.states);
        table.dims.resize_with(parcel.dims.len(), Default::default);
        table.measures.resize_with(parcel.measures.len(), Vec::new);
        for ((words, codes), labels) in table.dims.iter_mut().zip(parcel.dims) {
            let ours = words.translate(labels.words);
            codes.extend(labels.codes.iter().map(|code| ours[*code as usize]));
        }
        for (to, from) in table.measures.iter_mut().zip(parcel.measures) {
            to.extend_from_slice(&from.0);
        }
        Ok(())
    }
    /// The people of a parcel, by their place here.
    fn people(&mut self, parcel: &PastParcel) -> Result<Vec<u32>> {
        let full = || Error::new(Kind::MemoryLimit);
        self.keys.try_reserve(parcel.people.len()).map_err(|_| full())?;
        self.index.reserve(self.keys.len() + parcel.people.len(), &self.keys).ok_or_else(full)?;
        let before = self.keys.len() as u32;
        let people: Vec<u32> = parcel.people.iter().map(|key| self.person(*key)).collect();
        let new = |at: usize| people[at] >= before;
        self.ids.extend_some(&parcel.ids, (0..people.len()).map(new));
        self.first.extend((0..people.len()).filter(|at| new(*at)).map(|at| parcel.first[at]));
        Ok(people)
    }
    fn person(&mut self, key: Key) -> u32 {
        match self.index.find(key, &self.keys) {
            Ok(at) => at as u32,
            Err(slot) => {
                self.keys.push(key);
                self.index.slots[slot] = self.keys.len() as u32;
                self.keys.len() as u32 - 1
            }
        }
    }
    /// The labels met in each column of a table.
    pub fn labels(&self, at: usize) -> Vec<Vec<String>> {
        self.tables[at].dims.iter().map(|(words, _)| words.list.clone()).collect()
    }
    /// How many rows each table has.
    pub fn rows(&self) -> [u64; 3] {
        [0, 1, 2].map(|at| self.tables[at].times.len() as u64)
    }
    /// The last second with a row.
    pub fn last(&self) -> Option<u32> {
        self.tables.iter().flat_map(|table| &table.times).copied().max()
    }
    /// Sorts rows by person, time and place, and codes labels by their place among those of all shards.
    pub fn seal(self, labels: &[Vec<Vec<String>>; 3]) -> Past {
        let people = self.keys.len();
        let mut tables =
            self.tables.into_iter().zip(labels).map(|(loose, labels)| loose.seal(people, labels));
        let tables = [(); 3].map(|()| tables.next().unwrap_or_default());
        Past::new(self.keys, self.ids, self.first, tables)
    }
}

impl Loose {
    fn seal(mut self, people: usize, labels: &[Vec<String>]) -> Table {
        let (starts, order) = sorted(&std::mem::take(&mut self.who), &self.times, people);
        let take = |from: &[u32]| order.iter().map(|at| from[*at as usize]).collect::<Vec<u32>>();
        let dims = self.dims.into_iter().zip(labels).map(|((words, codes), labels)| {
            let place = |word: &String| labels.binary_search(word).unwrap_or_default() as u32;
            let code: Vec<u32> = words.list.iter().map(place).collect();
            Codes::new(labels.len(), order.iter().map(|at| code[codes[*at as usize] as usize]))
        });
        let dims = dims.collect();
        let numbers = |from: Vec<i64>| order.iter().map(|at| from[*at as usize]).collect();
        let measures = self.measures.into_iter().map(numbers).collect();
        let orders: Vec<u64> = match self.orders.len() == order.len() {
            true => order.iter().map(|at| self.orders[*at as usize]).collect(),
            false => vec![],
        };
        let states = match self.states.len() == order.len() {
            true => order.iter().map(|at| self.states[*at as usize]).collect(),
            false => vec![],
        };
        let numbers = ordinals(&starts, &orders);
        Table { times: take(&self.times), starts, dims, measures, orders: numbers, states }
    }
}

/// Where each person's rows start, and the rows in their order: people by counting, then times within a person, which
/// mostly stand in order already.
fn sorted(who: &[u32], times: &[u32], people: usize) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0u32; people + 1];
    who.iter().for_each(|who| starts[*who as usize + 1] += 1);
    (0..people).for_each(|at| starts[at + 1] += starts[at]);
    let mut next = starts.clone();
    let mut order = vec![0u32; who.len()];
    for (row, who) in who.iter().enumerate() {
        let at = &mut next[*who as usize];
        order[*at as usize] = row as u32;
        *at += 1;
    }
    for person in starts.windows(2) {
        let run = &mut order[person[0] as usize..person[1] as usize];
        if !run.is_sorted_by_key(|row| times[*row as usize]) {
            run.sort_by_key(|row| times[*row as usize]);
        }
    }
    (starts, order)
}

/// The number of each row's order within its person, in the order of first rows.
fn ordinals(starts: &[u32], orders: &[u64]) -> Vec<u32> {
    if orders.is_empty() {
        return vec![];
    }
    let mut out = vec![0u32; orders.len()];
    let mut places: Vec<usize> = Vec::new();
    for person in starts.windows(2) {
        let (from, to) = (person[0] as usize, person[1] as usize);
        places.clear();
        places.extend(from..to);
        // Rows of one order side by side, its first row first.
        places.sort_by_key(|at| orders[*at]);
        let mut firsts: Vec<(usize, usize)> = Vec::new();
        for (at, place) in places.iter().enumerate() {
            if at == 0 || orders[places[at - 1]] != orders[*place] {
                firsts.push((*place, at));
            }
        }
        let ends: Vec<usize> = firsts.iter().skip(1).map(|f| f.1).chain([places.len()]).collect();
        let mut runs: Vec<(usize, std::ops::Range<usize>)> =
            firsts.iter().zip(ends).map(|((first, at), end)| (*first, *at..end)).collect();
        runs.order_by_key(|run| run.0);
        for (number, (_, run)) in runs.into_iter().enumerate() {
            run.for_each(|at| out[places[at]] = number as u32);
        }
    }
    out
}
