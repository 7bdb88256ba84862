//! A village of synthetic people and a driver for tests: programs over 1, 2, 3 or 7 shards, on one thread.

use super::desk::{Desk, Program};
use super::job::{self, Opener, Step};
use super::{Analysis, Partial, Shard};
use crate::error::Result;
use crate::id::{Ids, Key};
use crate::table::bits::Bits;
use crate::table::history::cut::{Labels, Numbers, PastParcel};
use crate::table::people::{Codes, People};
use crate::table::schema::{Feature, FeatureKind, Namespace, Schema};
use crate::wire::PlanDigest;
use std::future::Future;

/// Someone of the village: their place in it makes their key.
#[derive(Clone, Debug)]
pub struct Villager {
    /// In the seed.
    pub seed: bool,
    /// Given fold.
    pub fold: Option<u8>,
    /// Codes per feature.
    pub codes: Vec<Vec<u16>>,
}

/// Synthetic people with a schema.
#[derive(Clone, Debug)]
pub struct Village {
    /// What the codes mean.
    pub schema: Schema,
    /// Who lives there.
    pub people: Vec<Villager>,
}

/// A feature of this kind with `codes` codes: labels `""`, `v1`, `v2`, …
pub fn feature(column: &str, kind: FeatureKind, codes: usize) -> Feature {
    let labels = (0..codes).map(|c| if c == 0 { String::new() } else { format!("v{c}") }).collect();
    let ordered = matches!(kind, FeatureKind::Number | FeatureKind::Date);
    let edges = if ordered { (1..codes).map(|c| c as f64).collect() } else { Vec::new() };
    Feature { namespace: Namespace::Tags, column: column.into(), kind, labels, edges }
}

/// A stream of numbers from a seed (SplitMix64), for tests that need no more.
pub struct Dice(pub u64);

impl Dice {
    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }
    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.roll() % n
    }
    /// A number in `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// The key of villager `i`.
pub fn key(i: usize) -> Key {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&Dice(i as u64).roll().to_le_bytes());
    Key(bytes)
}

impl Village {
    /// The village over `count` shards.
    pub fn shards(&self, count: usize) -> Vec<Shard> {
        (0..count).map(|index| self.shard(index, count)).collect()
    }
    fn shard(&self, index: usize, count: usize) -> Shard {
        let here: Vec<usize> = (0..self.people.len()).filter(|&i| key(i).shard(count) == index).collect();
        let mut shard = Shard::new(index, count);
        shard.seed = Bits::from_fn(here.len(), |at| self.people[here[at]].seed);
        shard.people = People {
            keys: here.iter().map(|&i| key(i)).collect(),
            rows: here.iter().map(|&i| i as u32 + 2).collect(),
            folds: self.folds(&here),
            columns: (0..self.schema.features.len()).map(|f| self.column(f, &here)).collect(),
            schema: self.schema.clone(),
            ..People::default()
        };
        shard
    }
    fn folds(&self, here: &[usize]) -> Option<Vec<u8>> {
        let given = self.people.iter().any(|p| p.fold.is_some());
        given.then(|| here.iter().map(|&i| self.people[i].fold.unwrap_or(0)).collect())
    }
    fn column(&self, f: usize, here: &[usize]) -> Codes {
        let runs = here.iter().map(|&i| &self.people[i].codes[f]);
        if self.schema.features[f].kind == FeatureKind::Multi {
            let mut starts = vec![0];
            let mut codes = Vec::new();
            for run in runs {
                codes.extend_from_slice(run);
                starts.push(codes.len() as u32);
            }
            return Codes::Many { starts, codes };
        }
        let codes: Vec<u16> = runs.map(|run| run[0]).collect();
        if self.schema.features[f].codes() <= 256 {
            Codes::Narrow(codes.iter().map(|&c| c as u8).collect())
        } else {
            Codes::Wide(codes)
        }
    }
}

/// Runs a program over these shards until it ends.
pub fn run<T, F>(
    shards: &mut [Shard],
    registry: &'static [(&'static str, Opener)],
    program: impl FnOnce(Desk) -> F,
) -> T
where
    F: Future<Output = T> + 'static,
{
    let plan = PlanDigest(*b"testplan");
    let desk = Desk::new(shards.len(), plan);
    let mut program = Program::new(&desk, program(desk.clone()));
    loop {
        if let Some(done) = program.drive() {
            return done;
        }
        // Last asked, first answered: programs must not rely on the order.
        for ask in program.asks().into_iter().rev() {
            let shard = &mut shards[ask.shard];
            let answer = job::open(&[registry], ask.name, plan, &ask.question, Vec::new())
                .and_then(|mut job| finish(&mut *job, shard));
            program.answer(ask.id, answer);
        }
    }
}

fn finish(job: &mut dyn job::Job, shard: &mut Shard) -> Result<Vec<u8>> {
    loop {
        if let Step::Done(answer) = job.step(shard)? {
            return Ok(answer);
        }
    }
}

/// The partial of one shard, walked in slices of `slice` people.
pub fn answer<A: Analysis>(question: &A, shard: &mut Shard, slice: usize) -> A::Partial {
    let mut work = question.begin(shard).expect("begins");
    let mut sum = A::Partial::default();
    let people = A::walked(shard);
    for from in (0..people).step_by(slice) {
        question.add(&mut work, shard, from..people.min(from + slice), &mut sum);
    }
    sum
}

/// The merged partial of all shards.
pub fn total<A: Analysis>(question: &A, shards: &mut [Shard], slice: usize) -> A::Partial {
    let mut sum = A::Partial::default();
    for shard in shards {
        sum.merge(answer(question, shard, slice));
    }
    sum
}

/// A row of somebody's past: person, table, second, labels, numbers, order number, state.
#[derive(Clone, Debug, Default)]
pub struct Deed {
    /// Who, as a villager.
    pub who: usize,
    /// Table.
    pub table: usize,
    /// When.
    pub time: u32,
    /// Labels.
    pub labels: Vec<&'static str>,
    /// Numbers.
    pub numbers: Vec<i64>,
    /// Number of the order; 0 for none.
    pub order: u64,
    /// What became of it.
    pub state: u8,
}

/// A past over `count` shards, and the labels of its columns.
pub fn past(deeds: &[Deed], count: usize) -> (Vec<Shard>, [Vec<Vec<String>>; 3]) {
    let mut shards: Vec<Shard> = (0..count).map(|index| Shard::new(index, count)).collect();
    for (row, deed) in (2..).zip(deeds) {
        let shard = &mut shards[key(deed.who).shard(count)];
        let parcel = parcel(deed, row);
        shard.store.past.absorb(deed.table, parcel).expect("room");
    }
    let mut labels: [Vec<Vec<String>>; 3] = Default::default();
    for (at, table) in labels.iter_mut().enumerate() {
        let width = deeds.iter().filter(|d| d.table == at).map(|d| d.labels.len()).max().unwrap_or(0);
        for column in 0..width {
            let words = deeds.iter().filter(|d| d.table == at).map(|d| d.labels[column].to_string());
            let words: std::collections::BTreeSet<String> = words.chain([String::new()]).collect();
            table.push(words.into_iter().collect());
        }
    }
    for shard in &mut shards {
        shard.past = std::mem::take(&mut shard.store.past).seal(&labels);
    }
    (shards, labels)
}

fn parcel(deed: &Deed, row: u64) -> PastParcel {
    let mut ids = Ids::default();
    ids.push(deed.who.to_string().as_bytes());
    PastParcel {
        people: vec![key(deed.who)],
        ids,
        first: vec![row],
        who: vec![0],
        times: vec![deed.time],
        dims: deed
            .labels
            .iter()
            .map(|l| Labels {
                words: vec![String::new(), l.to_string()],
                codes: vec![u32::from(!l.is_empty())],
            })
            .collect(),
        measures: deed.numbers.iter().map(|n| Numbers(vec![*n])).collect(),
        orders: if deed.order > 0 { vec![deed.order] } else { vec![] },
        states: if deed.table == 1 { vec![deed.state] } else { vec![] },
    }
}
