//! Questions that turn kept rows into the binned table: what labels there are, where numbers are cut, and then the codes.

use super::job::{self, Opener};
use super::select::{self, Counts, Round};
use super::{Partial, Shard, Task};
use crate::error::{Error, Kind, Result};
use crate::id::Ids;
use crate::table::bits::Bits;
use crate::table::people::People;
use crate::table::schema::{Feature, FeatureKind, Namespace, Schema};
use crate::table::store::seal::{self, At};
use crate::table::store::side::Kept;
use crate::table::store::{Store, Which};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Registry lines.
pub const QUESTIONS: [(&str, Opener); 3] = [job::task::<Found>(), job::task::<Digits>(), job::task::<Seal>()];

/// A kept column: which file, and its position among that file's kept columns.
pub type ColumnAt = (Which, usize);

/// What the kept columns hold.
#[derive(Serialize, Deserialize)]
pub struct Found {
    /// All columns that become features, in the order of the schema.
    pub columns: Vec<ColumnAt>,
}

/// What one column holds, counted in people.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Holds {
    /// People with a number.
    pub filled: u64,
    /// People by label.
    pub labels: BTreeMap<String, u64>,
}

/// What each column holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Held(pub Vec<Holds>);

impl Partial for Held {
    fn merge(&mut self, other: Self) {
        self.0.resize_with(self.0.len().max(other.0.len()), Holds::default);
        for (to, from) in self.0.iter_mut().zip(other.0) {
            to.filled += from.filled;
            from.labels.into_iter().for_each(|(label, n)| *to.labels.entry(label).or_default() += n);
        }
    }
}

impl Task for Found {
    const NAME: &'static str = "found";
    type Reply = Held;
    fn run(self, shard: &mut Shard, _: Vec<u8>) -> Result<Held> {
        let store = &shard.store;
        let holds = |&column: &ColumnAt| match kept(store, column) {
            None => Holds::default(),
            Some((kept, at)) => {
                Holds { filled: numbers(kept, at).count() as u64, labels: seal::labels(kept, at) }
            }
        };
        Ok(Held(self.columns.iter().map(holds).collect()))
    }
}

/// The next digits of the order statistics at which columns are cut.
#[derive(Serialize, Deserialize)]
pub struct Digits {
    /// Columns and what to count of each.
    pub columns: Vec<(ColumnAt, Round)>,
}

impl Task for Digits {
    const NAME: &'static str = "digits";
    type Reply = Vec<Counts>;
    fn run(self, shard: &mut Shard, _: Vec<u8>) -> Result<Vec<Counts>> {
        let count = |(column, round): &(ColumnAt, Round)| {
            let mut counts = Counts::default();
            if let Some((kept, at)) = kept(&shard.store, *column) {
                numbers(kept, at).for_each(|value| round.add(&mut counts, select::of_number(value)));
            }
            counts
        };
        Ok(self.columns.iter().map(count).collect())
    }
}

/// Turns the kept rows into codes and forgets them.
#[derive(Serialize, Deserialize)]
pub struct Seal {
    /// The features and where each comes from.
    pub features: Vec<(Feature, ColumnAt)>,
    /// Whether the tag file gives folds.
    pub folds: bool,
    /// Whether they are set aside, for the people who are there already.
    pub aside: bool,
    /// Whether the brand's IDs are kept too, of those it has.
    pub ours: bool,
}

impl Task for Seal {
    const NAME: &'static str = "seal";
    /// Per feature, cells with a label that it does not have, which count as missing; and whether anybody has a value.
    type Reply = Vec<(u64, bool)>;
    fn run(self, shard: &mut Shard, _: Vec<u8>) -> Result<Self::Reply> {
        let mut store = std::mem::take(&mut shard.store);
        let (mut columns, mut unseen) = (Vec::with_capacity(self.features.len()), vec![]);
        for (feature, column) in &self.features {
            let empty = Kept::Numbers(vec![f64::NAN; store.tags.len()]);
            let (kept, at) = kept(&store, *column).unwrap_or((&empty, At::Same(store.tags.len())));
            let codes = seal::codes(kept, feature, at);
            unseen.push((seal::unseen(kept, feature, at), codes.any()));
            columns.push(codes);
            drop_column(&mut store, *column);
        }
        let schema = Schema::new(self.features.into_iter().map(|(feature, _)| feature).collect());
        let folds = self.folds.then(|| std::mem::take(&mut store.tags.folds)).map(folds).transpose()?;
        let tags = store.tags;
        if self.aside {
            let same = tags.keys == shard.people.keys;
            shard.aside = People { columns, schema, ..People::default() };
            return if same { Ok(unseen) } else { Err(Kind::FileChanged.into()) };
        }
        if store.joined.is_empty() {
            // No other file was matched: nobody is in it.
            shard.seed = Bits::from_fn(tags.len(), |_| false);
        }
        let ours = if self.ours { ids(&store.joined, &store.first_party.ids) } else { Ids::default() };
        shard.people =
            People { keys: tags.keys, rows: tags.rows, ids: tags.ids, ours, folds, columns, schema };
        Ok(unseen)
    }
}

/// The brand's IDs of the tag file's people.
fn ids(joined: &[u32], first_party: &Ids) -> Ids {
    let (mut ids, mut text) = (Ids::new(), Vec::new());
    for &at in joined {
        text.clear();
        if at != seal::NOBODY {
            first_party.get(at as usize, &mut text);
        }
        ids.push(&text);
    }
    ids
}

fn folds(given: Vec<i32>) -> Result<Vec<u8>> {
    given.into_iter().map(|f| u8::try_from(f).map_err(|_| Error::new(Kind::FoldsUnusable))).collect()
}

/// A kept column and how its entries belong to the tag file's people; nothing if the shard keeps nobody.
fn kept(store: &Store, (which, at): ColumnAt) -> Option<(&Kept, At<'_>)> {
    match which {
        Which::Tags => Some((store.tags.columns.get(at)?, At::Same(store.tags.len()))),
        Which::FirstParty => Some((store.first_party.columns.get(at)?, At::Joined(&store.joined))),
    }
}

/// Gives the memory of a column back as soon as it is coded.
fn drop_column(store: &mut Store, (which, at): ColumnAt) {
    if let Some(column) = store.side(which).columns.get_mut(at) {
        *column = Kept::Numbers(Vec::new());
    }
}

fn numbers<'a>(kept: &'a Kept, at: At<'a>) -> impl Iterator<Item = f64> + 'a {
    let values = kept.numbers();
    at.entries().filter_map(|entry| values.get(entry?).copied()).filter(|v| !v.is_nan())
}

/// The feature of a column, from what it holds and, for numbers, the values at [`seal::statistics`].
pub fn feature(
    namespace: Namespace,
    column: &crate::table::store::parcel::Column,
    holds: Holds,
    cuts: &[f64],
) -> Result<Feature> {
    match column.kind {
        FeatureKind::Number | FeatureKind::Date => Ok(seal::cut(namespace, column, cuts)),
        FeatureKind::Category | FeatureKind::Multi => seal::labelled(namespace, column, holds.labels),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shard::laws;

    #[test]
    fn what_columns_hold_obeys_the_laws() {
        let holds = |filled, labels: &[(&str, u64)]| Holds {
            filled,
            labels: labels.iter().map(|(label, n)| (label.to_string(), *n)).collect(),
        };
        laws::hold_for([
            Held(vec![holds(3, &[]), holds(0, &[("母婴", 2), ("汽车", 1)])]),
            Held(vec![]),
            Held(vec![holds(5, &[]), holds(0, &[("汽车", 4)]), holds(1, &[("x", 1)])]),
        ]);
    }
}
