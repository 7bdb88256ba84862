//! The engine: what one shard knows, how it answers a question, and how answers add up.
//!
//! A shard owns the people whose key hashes to it. The desk ([`desk`]) sends every shard the same question;
//! each answers with a partial; partials merge in any order; the desk turns the total into a report or
//! into the next question. Nothing here knows whether shards are threads or web workers.

pub mod binning; // kept rows to codes
pub mod crowd; // how many people expressions name
pub mod desk; // asks the shards and adds up
pub mod history; // files of many rows per person on their way in
pub mod job; // questions as steppable jobs
#[cfg(test)]
pub mod laws; // what every partial must obey
pub mod listing; // lines about people, in one order
pub mod load; // files on their way in
pub mod select; // exact order statistics
#[cfg(test)]
pub mod testing; // shards without threads

use crate::audience::Expr;
use crate::error::{Error, Kind, Result};
use crate::table::bits::Bits;
use crate::table::history::past::Past;
use crate::table::people::People;
use crate::table::store::Store;
use crate::table::store::canon::Canon;
use serde::{Serialize, de::DeserializeOwned};
use std::any::Any;
use std::collections::BTreeMap;
use std::ops::{AddAssign, Range};

/// What one shard can say about a question. Merging is commutative and associative, `default()` is neutral,
/// and it holds integers only, so every split of the people gives the same total to the last bit.
pub trait Partial: Default + Serialize + DeserializeOwned {
    /// Adds what another shard knows.
    fn merge(&mut self, other: Self);
}

/// Nothing to add up: a question that only leaves measures behind.
impl Partial for () {
    fn merge(&mut self, (): ()) {}
}

/// Adds numbers to numbers, place by place; the shorter list ends in zeros.
pub fn add_up<T: Copy + Default + AddAssign>(to: &mut Vec<T>, from: &[T]) {
    to.resize(to.len().max(from.len()), T::default());
    to.iter_mut().zip(from).for_each(|(a, b)| *a += *b);
}

/// A question every shard answers by walking its people once, in slices.
pub trait Analysis: Serialize + DeserializeOwned + 'static {
    /// Name on the wire.
    const NAME: &'static str;
    /// The answer of one shard.
    type Partial: Partial;
    /// What the walk needs besides the question: sets evaluated once, buffers. `()` if nothing.
    type Work: 'static;
    /// How many there are to walk: the people of the tag file, unless the question is about others.
    fn walked(shard: &Shard) -> usize {
        shard.people.len()
    }
    /// Before the first slice.
    fn begin(&self, shard: &Shard) -> Result<Self::Work>;
    /// Adds the people `rows` (positions in the shard) to the sum; may write measures.
    fn add(&self, work: &mut Self::Work, shard: &mut Shard, rows: Range<usize>, sum: &mut Self::Partial);
}

/// A question one shard answers in one go: a slice of a file, a page of an export.
pub trait Task: Serialize + DeserializeOwned + 'static {
    /// Name on the wire.
    const NAME: &'static str;
    /// The answer.
    type Reply: Serialize + DeserializeOwned;
    /// Answers. `input` holds the bytes of the file range the ask named, empty if none.
    fn run(self, shard: &mut Shard, input: Vec<u8>) -> Result<Self::Reply>;
}

/// One shard: the people it owns and what is known about them.
#[derive(Default)]
pub struct Shard {
    /// Which shard this is.
    pub index: usize,
    /// Of how many.
    pub count: usize,
    /// Files on their way in; empty once sealed.
    pub store: Store,
    /// Whose IDs are one person, and who agreed.
    pub canon: Canon,
    /// The people of the tag file, binned.
    pub people: People,
    /// The columns of the same people in the bins of another table, while a model of that is applied.
    pub aside: People,
    /// Those of them who are in the first-party file.
    pub seed: Bits,
    /// Whole numbers per person that analyses leave behind: scores, folds, clusters.
    pub measures: BTreeMap<String, Vec<i32>>,
    /// What one run keeps between its questions and forgets at its end.
    pub scratch: Option<Box<dyn Any + Send>>,
    /// What people did and bought, and when.
    pub past: Past,
    /// People of the listing that is being written.
    pub sorted: listing::Sorted,
}

impl Shard {
    /// An empty shard.
    pub fn new(index: usize, count: usize) -> Self {
        Shard { index, count, ..Shard::default() }
    }
    /// The people an expression names.
    pub fn crowd(&self, expr: &Expr) -> Result<Bits> {
        expr.people(&self.people, &self.seed, &self.measures)
    }
    /// A measure that an analysis left behind.
    pub fn known(&self, name: &str) -> Result<&[i32]> {
        // A shard of nobody is never walked, so nothing was left behind there.
        if self.people.is_empty() {
            return Ok(&[]);
        }
        self.measures.get(name).map(Vec::as_slice).ok_or_else(|| Error::new(Kind::TooEarly).column(name))
    }
    /// Takes out what the run left in `scratch`, if it is of this kind.
    pub fn take_scratch<T: 'static>(&mut self) -> Option<Box<T>> {
        self.scratch.take().and_then(|kept| kept.downcast().ok())
    }
    /// A measure, created at `fill` for everyone if it does not exist.
    pub fn measure(&mut self, name: &str, fill: i32) -> &mut Vec<i32> {
        let people = self.people.len();
        self.measures.entry(name.to_string()).or_insert_with(|| vec![fill; people])
    }
}
