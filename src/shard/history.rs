//! Questions that bring files of many rows per person in, and exact order statistics over their people.

use super::desk::Desk;
use super::job::{self, Opener};
use super::load::Block;
use super::select::{Counts, Round, Select};
use super::{Analysis, Partial, Shard, Task};
use crate::error::{Error, Kind, Result};
use crate::id::{Ids, Key};
use crate::table::history::cut::{self, PastCut, PastParcel, PastReading};
use crate::table::history::products::Join;
use crate::table::history::settle::Settled;
use crate::table::store::packed;
use crate::table::store::parcel::Span;
use serde::{Deserialize, Serialize};

/// Registry lines.
pub const QUESTIONS: [(&str, Opener); 6] = [
    job::task::<CutPast>(),
    job::task::<AbsorbPast>(),
    job::task::<FoundPast>(),
    job::task::<SealPast>(),
    job::task::<ListPast>(),
    job::task::<CarryPast>(),
];

/// Cuts the rows of a slice into parcels.
#[derive(Serialize, Deserialize)]
pub struct CutPast {
    /// How the file is read.
    pub reading: PastReading,
    /// Its place in the recipe.
    pub file: u32,
    /// Where the slice stands.
    pub span: Span,
    /// The text, if it is not read from the file.
    pub text: Option<Block>,
}

impl Task for CutPast {
    const NAME: &'static str = "cut-past";
    type Reply = PastCut;
    fn run(self, shard: &mut Shard, input: Vec<u8>) -> Result<PastCut> {
        let text = self.text.map_or(input, |block| block.0);
        cut::cut(&self.reading, &shard.canon, &text, self.span, shard.count, self.file)
    }
}

/// Keeps a parcel.
#[derive(Serialize, Deserialize)]
pub struct AbsorbPast {
    /// Of which table.
    pub table: u8,
    /// The rows.
    pub parcel: PastParcel,
}

impl Task for AbsorbPast {
    const NAME: &'static str = "absorb-past";
    type Reply = ();
    fn run(self, shard: &mut Shard, _: Vec<u8>) -> Result<()> {
        shard.store.past.absorb(usize::from(self.table), self.parcel)
    }
}

/// What one shard was given.
#[derive(Default, Serialize, Deserialize)]
pub struct Held {
    /// Labels by table and column.
    pub labels: [Vec<Vec<String>>; 3],
    /// Rows by table.
    pub rows: [u64; 3],
    /// The last second with a row.
    pub last: Option<u32>,
}

/// Asks for it.
#[derive(Serialize, Deserialize)]
pub struct FoundPast;

impl Task for FoundPast {
    const NAME: &'static str = "found-past";
    type Reply = Held;
    fn run(self, shard: &mut Shard, _: Vec<u8>) -> Result<Held> {
        let kept = &shard.store.past;
        Ok(Held { labels: [0, 1, 2].map(|at| kept.labels(at)), rows: kept.rows(), last: kept.last() })
    }
}

/// Seals what was kept, under the labels of all shards, and joins what is known of products.
#[derive(Serialize, Deserialize)]
pub struct SealPast {
    /// Labels by table and column, each list in order and headed by "no value".
    pub labels: [Vec<Vec<String>>; 3],
    /// By table, if its rows name products that are known.
    pub joins: [Option<Join>; 3],
    /// By table, if its rows have texts: what they say.
    pub texts: [Option<Join>; 3],
}

/// What one shard sealed.
#[derive(Default, Serialize, Deserialize)]
pub struct Sealed {
    /// Its people.
    pub people: u64,
    /// By table, rows that name a product, and those of them whose product is not known.
    pub joined: [[u64; 2]; 3],
    /// What became of its orders.
    pub settled: Settled,
    /// Its last two days with rows, and how many they have.
    pub days: Vec<(u32, u64)>,
}

impl Task for SealPast {
    const NAME: &'static str = "seal-past";
    type Reply = Sealed;
    fn run(self, shard: &mut Shard, _: Vec<u8>) -> Result<Sealed> {
        let past = &mut shard.past;
        *past = std::mem::take(&mut shard.store.past).seal(&self.labels);
        let mut joined = [[0, 0]; 3];
        for ((join, table), rows) in self.joins.iter().zip(&mut past.tables).zip(&mut joined) {
            *rows = join.as_ref().map_or([0, 0], |join| join.apply(table));
        }
        for (join, table) in self.texts.iter().zip(&mut past.tables) {
            if let Some(join) = join {
                join.apply(table);
            }
        }
        Ok(Sealed { people: past.len() as u64, joined, settled: past.settled, days: past.last_days() })
    }
}

/// Lists everyone with measures that analyses left behind.
#[derive(Serialize, Deserialize)]
pub struct ListPast {
    /// Which.
    pub measures: Vec<String>,
}

/// Everyone of one shard.
#[derive(Default, Serialize, Deserialize)]
pub struct Listed {
    /// Where they first stand in the files: an order no number of shards changes.
    #[serde(with = "packed")]
    pub first: Vec<u64>,
    /// Their IDs as written there.
    pub ids: Ids,
    /// Their measures, person by person; -1 for what is not known of them.
    #[serde(with = "packed")]
    pub values: Vec<i32>,
}

impl Task for ListPast {
    const NAME: &'static str = "list-past";
    type Reply = Listed;
    fn run(self, shard: &mut Shard, _: Vec<u8>) -> Result<Listed> {
        let past = &shard.past;
        let columns: Vec<Option<&Vec<i32>>> =
            self.measures.iter().map(|name| past.measures.get(name)).collect();
        let mut values = Vec::with_capacity(past.len() * columns.len());
        for person in 0..past.len() {
            values.extend(columns.iter().map(|column| column.map_or(-1, |values| values[person])));
        }
        Ok(Listed { first: past.first.clone(), ids: past.ids.clone(), values })
    }
}

/// Carries a measure over to the people of the tag file, by key.
#[derive(Serialize, Deserialize)]
pub struct CarryPast {
    /// Which.
    pub measure: String,
    /// Its name there. Who is in none of the files of many rows has the lowest number there is.
    pub to: String,
}

impl Task for CarryPast {
    const NAME: &'static str = "carry-past";
    type Reply = ();
    fn run(self, shard: &mut Shard, _: Vec<u8>) -> Result<()> {
        let past = &shard.past;
        // A shard of nobody is never walked, so nothing was left behind there.
        let unknown = || Error::new(Kind::TooEarly).column(&self.measure);
        let values = match past.is_empty() {
            true => &vec![],
            false => past.measures.get(&self.measure).ok_or_else(unknown)?,
        };
        let mut known: Vec<(Key, i32)> = past.keys.iter().copied().zip(values.iter().copied()).collect();
        known.sort_unstable();
        let found =
            |key: &Key| known.binary_search_by_key(key, |(key, _)| *key).map_or(i32::MIN, |at| known[at].1);
        let carried = shard.people.keys.iter().map(found).collect();
        shard.measures.insert(self.to, carried);
        Ok(())
    }
}

/// Counts of several columns at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManyCounts(Vec<Counts>);

impl ManyCounts {
    /// Counts a value of the column whose round stands at this place.
    #[inline]
    pub fn add(&mut self, rounds: &[(u32, Round)], at: usize, value: u64) {
        if self.0.len() < rounds.len() {
            self.0.resize(rounds.len(), Counts::default());
        }
        rounds[at].1.add(&mut self.0[at], value);
    }
}

impl ManyCounts {
    /// Counts one without looking at it.
    pub fn one(&mut self) {
        self.0.resize(self.0.len().max(1), Counts::default());
        self.0[0].one();
    }
    /// How many were counted so.
    pub fn total(&self) -> u64 {
        self.0.first().map_or(0, Counts::total)
    }
}

impl Partial for ManyCounts {
    fn merge(&mut self, other: Self) {
        self.0.resize(self.0.len().max(other.0.len()), Counts::default());
        self.0.iter_mut().zip(other.0).for_each(|(a, b)| a.merge(b));
    }
}

/// Exact order statistics of several columns side by side: `targets` names the ranks wanted of each, `ask` makes the
/// question that counts the rounds of the columns named with them.
pub async fn ranks<A: Analysis<Partial = ManyCounts>>(
    desk: &Desk,
    targets: &[Vec<u64>],
    ask: impl Fn(Vec<(u32, Round)>) -> A,
) -> Result<Vec<Vec<u64>>> {
    let mut picks: Vec<Select> = targets.iter().map(|ranks| Select::among(ranks, targets.len())).collect();
    loop {
        let rounds: Vec<(u32, Round)> =
            (0..).zip(&picks).filter_map(|(at, pick)| Some((at, pick.round()?.clone()))).collect();
        if rounds.is_empty() {
            return Ok(picks.iter().map(Select::values).collect());
        }
        let mut counts = desk.sum(&ask(rounds.clone())).await?.0.into_iter();
        for (at, _) in rounds {
            picks[at as usize].next(&counts.next().unwrap_or_default());
        }
    }
}
