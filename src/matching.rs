//! My people in their table: joins the two files by key, and accounts for every row.

use crate::error::Result;
use crate::gate::Cells;
use crate::id::{self, Key, Recipe};
use crate::num::Order;
use crate::oneid::OneId;
use crate::shard::desk::Desk;
use crate::shard::job::{self, Opener};
use crate::shard::{Partial, Shard, Task};
use crate::table::bits::Bits;
use crate::table::inspection::Problem;
use crate::table::store::parcel::{Reading, Tally};
use crate::table::store::{Which, seal};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where every row of one file went: `rows = invalid + duplicate + people`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Account {
    /// Rows of the file, the header not counted.
    #[cfg_attr(test, ts(type = "number"))]
    pub rows: u64,
    /// Rows that are nobody.
    #[cfg_attr(test, ts(type = "number"))]
    pub invalid: u64,
    /// Rows of people who had one before.
    #[cfg_attr(test, ts(type = "number"))]
    pub duplicate: u64,
    /// Different people.
    #[cfg_attr(test, ts(type = "number"))]
    pub people: u64,
    /// Why rows are invalid, by stable code (`empty`, `junk`, `not-this-kind`, `long-row`, …), most first.
    pub reasons: Vec<Problem>,
    /// Odd rows that were kept all the same (`short-row`, `not-a-number`), and cells known too late (`frozen`).
    pub notes: Vec<Problem>,
    /// Columns nothing was read from, and why: a code of [`crate::table::inspection`], or `ignored` where the recipe
    /// says so.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(test, ts(optional, as = "Option<BTreeMap<String, String>>"))]
    pub unused: BTreeMap<String, String>,
    /// The day the file was frozen at, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub as_of: Option<String>,
}

/// Who is in both files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct MatchReport {
    /// The brand's file.
    pub first_party: Account,
    /// The third party's file.
    pub tags: Account,
    /// People in both.
    #[cfg_attr(test, ts(type = "number"))]
    pub matched: u64,
    /// `matched / first_party.people`.
    pub rate_first_party: f64,
    /// `matched / tags.people`.
    pub rate_tags: f64,
    /// Set when little or nothing matched and raw IDs stand on one side: other ways the other side may have
    /// been hashed, and how many of the sample they would match; best first.
    pub diagnosis: Option<Diagnosis>,
    /// Whose IDs an ID map made one person, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub one_id: Option<Box<OneId>>,
}

/// Why little matched.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Diagnosis {
    /// Raw IDs tried.
    #[cfg_attr(test, ts(type = "number"))]
    pub tried: u64,
    /// Ways that would match, best first; empty if none does.
    pub would_match: Vec<WouldMatch>,
}

/// One other way of hashing, and what it would give.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct WouldMatch {
    /// Stable code of the variant.
    pub code: String,
    /// What it is, in English.
    pub english: String,
    /// What it is, in Chinese.
    pub chinese: String,
    /// Sample IDs it would match.
    #[cfg_attr(test, ts(type = "number"))]
    pub matched: u64,
    /// Platforms that ask for IDs written and hashed so.
    pub platforms: Vec<id::Platform>,
    /// Digest to set for the tag file, if a setting mends it.
    pub fix: Option<Recipe>,
}

/// Registry lines.
pub const QUESTIONS: [(&str, Opener); 3] = [job::task::<Join>(), job::task::<Sample>(), job::task::<Probe>()];

/// Raw IDs the diagnosis tries.
const TRIED: usize = 500;
/// Below this share of the smaller file, the diagnosis looks for a better way.
const LITTLE: f64 = 0.05;

/// People and duplicates of both files in one shard, and who is in both.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Met {
    people: [u64; 2],
    duplicates: [u64; 2],
    matched: u64,
    merged: [u64; 2],
    first: [Option<u32>; 2],
}

impl Partial for Met {
    fn merge(&mut self, other: Self) {
        for side in 0..2 {
            self.people[side] += other.people[side];
            self.duplicates[side] += other.duplicates[side];
            self.merged[side] += other.merged[side];
            let both = [self.first[side], other.first[side]];
            self.first[side] = both.into_iter().flatten().min();
        }
        self.matched += other.matched;
    }
}

/// Finds, for everyone in the tag file, whether and where the brand's file has them.
#[derive(Serialize, Deserialize)]
struct Join;

impl Task for Join {
    const NAME: &'static str = "join";
    type Reply = Met;
    fn run(self, shard: &mut Shard, _: Vec<u8>) -> Result<Met> {
        let store = &mut shard.store;
        store.joined = seal::join(&store.tags, &store.first_party);
        shard.seed = Bits::from_fn(store.tags.len(), |i| store.joined[i] != seal::NOBODY);
        Ok(Met {
            people: [store.first_party.len() as u64, store.tags.len() as u64],
            duplicates: [store.first_party.duplicates, store.tags.duplicates],
            matched: shard.seed.count(),
            merged: [store.first_party.merged, store.tags.merged],
            first: [&store.first_party, &store.tags]
                .map(|side| (side.merged > 0).then_some(side.merged_first)),
        })
    }
}

/// Some raw IDs of a file: those with the smallest hash, so that the choice does not depend on the shards.
#[derive(Serialize, Deserialize)]
struct Sample {
    of: Which,
    most: usize,
}

impl Task for Sample {
    const NAME: &'static str = "sample-ids";
    type Reply = Vec<(u64, Vec<u8>)>;
    fn run(self, shard: &mut Shard, _: Vec<u8>) -> Result<Self::Reply> {
        let side = shard.store.side(self.of);
        let mut order: Vec<(u64, usize)> =
            side.keys.iter().enumerate().map(|(i, key)| (key.mix(0), i)).collect();
        order.order();
        order.truncate(self.most);
        let text = |i| {
            let mut id = Vec::new();
            side.ids.get(i, &mut id);
            id
        };
        Ok(order.into_iter().map(|(hash, i)| (hash, text(i))).collect())
    }
}

/// How many keys of each list a file has.
#[derive(Serialize, Deserialize)]
struct Probe {
    of: Which,
    lists: Vec<Vec<Key>>,
}

impl Task for Probe {
    const NAME: &'static str = "probe";
    type Reply = Vec<u64>;
    fn run(self, shard: &mut Shard, _: Vec<u8>) -> Result<Vec<u64>> {
        let side = shard.store.side(self.of);
        let found = |keys: &Vec<Key>| keys.iter().filter(|&&key| side.find(key).is_some()).count() as u64;
        Ok(self.lists.iter().map(found).collect())
    }
}

/// Matches the two loaded files. `read` says how each was read and what became of its rows.
/// Under an ID map no other way of hashing is looked for: what did not match may as well lack its pair in the map.
pub async fn matched(desk: &Desk, read: [(&Reading, &Tally); 2], mapped: bool) -> Result<MatchReport> {
    let mut met = Met::default();
    for part in desk.all(&Join).await? {
        met.merge(part);
    }
    let [first_party, tags] = [0, 1].map(|side| {
        let mut account = account(read[side], met.people[side], met.duplicates[side]);
        let first_row = met.first[side].map(u64::from);
        if first_row.is_some() {
            let (code, count) = (ONE_PERSON.into(), met.merged[side]);
            account.notes.push(Problem { code, count, first_row, column: None });
        }
        account
    });
    let share = |of: u64| if of == 0 { 0.0 } else { met.matched as f64 / of as f64 };
    let smaller = first_party.people.min(tags.people);
    let diagnosis = match share(smaller) < LITTLE && !mapped {
        true => Some(diagnose(desk, [read[0].0, read[1].0]).await?),
        false => None,
    };
    Ok(MatchReport {
        rate_first_party: share(first_party.people),
        rate_tags: share(tags.people),
        matched: met.matched,
        first_party,
        tags,
        diagnosis,
        one_id: None,
    })
}

/// Note of rows that an ID map brought to a person who had one before.
const ONE_PERSON: &str = "one-person";

fn account((reading, tally): (&Reading, &Tally), people: u64, duplicate: u64) -> Account {
    let invalid = tally.reasons.values().map(|r| r.0).sum();
    let (reasons, notes) = (tally.problems(false), tally.problems(true));
    Account {
        rows: tally.rows,
        invalid,
        duplicate,
        people,
        reasons,
        notes,
        unused: BTreeMap::new(),
        as_of: reading.as_of(),
    }
}

/// Tries, on a sample of the raw side, every other way the other side may have been hashed.
async fn diagnose(desk: &Desk, [first_party, tags]: [&Reading; 2]) -> Result<Diagnosis> {
    let (raw, other) = match (first_party.recipe.digest, tags.recipe.digest) {
        (id::Digest::None | id::Digest::Mixed, _) => (first_party, tags),
        (_, id::Digest::None | id::Digest::Mixed) => (tags, first_party),
        _ => return Ok(Diagnosis::default()),
    };
    let mut sample: Vec<(u64, Vec<u8>)> =
        desk.all(&Sample { of: raw.which, most: TRIED }).await?.into_iter().flatten().collect();
    sample.order();
    sample.truncate(TRIED);
    let variants = id::variants(raw.recipe, raw.space);
    let keys = |v: &id::Variant| sample.iter().filter_map(|(_, text)| v.key(text)).collect();
    let probe = Probe { of: other.which, lists: variants.iter().map(keys).collect() };
    let mut found = vec![0; variants.len()];
    for counts in desk.all(&probe).await? {
        found.iter_mut().zip(counts).for_each(|(f, n)| *f += n);
    }
    let mut would_match: Vec<WouldMatch> = variants
        .iter()
        .zip(found)
        .filter(|(_, matched)| *matched > 0)
        .map(|(v, matched)| WouldMatch {
            code: v.code.to_string(),
            english: said(v, v.english, 0),
            chinese: said(v, v.chinese, 1),
            platforms: v.platforms(),
            matched,
            fix: v.fix(),
        })
        .collect();
    would_match.order_by_key(|w| std::cmp::Reverse(w.matched));
    Ok(Diagnosis { tried: sample.len() as u64, would_match })
}

/// A way, and which platforms ask for it.
fn said(way: &id::Variant, words: &str, language: usize) -> String {
    let names: Vec<&str> = way.platforms().iter().map(|p| p.dialect().name[language]).collect();
    match (names.is_empty(), language) {
        (true, _) => words.into(),
        (_, 0) => format!("{words} (the rule of {})", names.join(", ")),
        _ => format!("{words}（{}的规则）", names.join("、")),
    }
}

impl Cells for MatchReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        visit(self.matched);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shard::laws;

    #[test]
    fn meetings_obey_the_laws() {
        let met = |n: u64| Met {
            people: [n, 2 * n],
            duplicates: [n / 2, 1],
            matched: n / 3,
            merged: [n / 5, 0],
            first: [Some(n as u32), None],
        };
        laws::hold_for([met(7), Met::default(), met(12)]);
    }
}
