//! Putting people into arms.

use super::{ARMS, BUCKET};
use crate::error::Result;
use crate::id::{Plain, Recipe, Salted};
use crate::shard::{Analysis, Partial, Shard, add_up};
use crate::table::history::Source;
use crate::table::history::past::Past;
use crate::table::history::pick::Match;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// An experiment in codes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Split {
    /// The first bucket.
    pub from: u32,
    /// The bucket behind the last of each arm.
    pub ends: Vec<u32>,
    /// Rows of events of which somebody needs one to take part.
    pub node: Option<Match>,
}

/// A layer in codes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// The salt.
    pub salt: String,
    /// Its experiments.
    pub splits: Vec<Split>,
}

/// Puts everyone into the arms of every layer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Place {
    /// What the ID column of each file holds, in the order of the recipe.
    pub ids: Vec<Recipe>,
    /// The layers.
    pub layers: Vec<Layer>,
    /// Columns that arms should be even over: table, column, and how many labels it has.
    pub balance: Vec<(Source, u32, u32)>,
}

/// Who was put where.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Placed {
    /// Everyone.
    pub people: u64,
    /// By experiment over all layers: people in its range, whether they take part or not.
    pub range: Vec<u64>,
    /// By arm over all layers.
    pub arms: Vec<u64>,
    /// By arm, then arm: people in both.
    pub pairs: Vec<u64>,
    /// By slot, then slot: people whose buckets lie in both. The slots of a layer are its arms, whether somebody takes part or
    /// not, and the buckets of no experiment.
    pub slots: Vec<u64>,
    /// By column, then arm, then label of somebody's first row.
    pub balance: Vec<Vec<u64>>,
}

impl Partial for Placed {
    fn merge(&mut self, other: Self) {
        self.people += other.people;
        add_up(&mut self.range, &other.range);
        add_up(&mut self.arms, &other.arms);
        add_up(&mut self.pairs, &other.pairs);
        add_up(&mut self.slots, &other.slots);
        self.balance.resize(self.balance.len().max(other.balance.len()), vec![]);
        self.balance.iter_mut().zip(&other.balance).for_each(|(to, from)| add_up(to, from));
    }
}

impl Split {
    /// The arm of a bucket.
    fn arm(&self, bucket: u32) -> Option<usize> {
        let at = self.ends.partition_point(|end| *end <= bucket);
        (bucket >= self.from && at < self.ends.len()).then_some(at)
    }
    fn reached(&self, past: &Past, person: usize) -> bool {
        let events = past.table(Source::Events);
        self.node.as_ref().is_none_or(|node| events.rows(person).any(|row| node.takes(events, row)))
    }
}

impl Layer {
    /// Arms of all its experiments.
    pub fn arms(&self) -> usize {
        self.splits.iter().map(|split| split.ends.len()).sum()
    }
    /// The experiment whose range a bucket lies in, and the arm among all of the layer.
    fn find(&self, bucket: u32) -> Option<(usize, usize)> {
        let mut before = 0;
        for (at, split) in self.splits.iter().enumerate() {
            if let Some(arm) = split.arm(bucket) {
                return Some((at, before + arm));
            }
            before += split.ends.len();
        }
        None
    }
}

impl Place {
    /// How many arms there are.
    pub fn arms(&self) -> usize {
        self.layers.iter().map(Layer::arms).sum()
    }
    /// How many slots there are.
    pub fn slots(&self) -> usize {
        self.arms() + self.layers.len()
    }
    /// How many experiments.
    fn splits(&self) -> usize {
        self.layers.iter().map(|layer| layer.splits.len()).sum()
    }
    /// The labels of somebody's first rows; "no value" where they have none.
    fn labels(&self, past: &Past, person: usize, out: &mut Vec<usize>) {
        let label = |(source, dim, _): &(Source, u32, u32)| {
            let table = past.table(*source);
            table.rows(person).next().map_or(0, |row| table.dims[*dim as usize].at(row) as usize)
        };
        out.clear();
        out.extend(self.balance.iter().map(label));
    }
}

/// What a walk keeps from person to person.
pub struct Hand {
    salted: Vec<Salted>,
    plain: Plain,
    id: Vec<u8>,
    labels: Vec<usize>,
    mine: Vec<usize>,
    slots: Vec<usize>,
}

impl Analysis for Place {
    const NAME: &'static str = "traffic";
    type Partial = Placed;
    type Work = Hand;
    fn walked(shard: &Shard) -> usize {
        shard.past.len()
    }
    fn begin(&self, _: &Shard) -> Result<Hand> {
        let salted = self.layers.iter().map(|layer| Salted::new(&layer.salt)).collect();
        Ok(Hand { salted, plain: Plain::default(), id: vec![], labels: vec![], mine: vec![], slots: vec![] })
    }
    fn add(&self, hand: &mut Hand, shard: &mut Shard, rows: Range<usize>, sum: &mut Placed) {
        let layers = self.layers.len();
        let mut buckets: Vec<Vec<i32>> =
            BUCKET[..layers].iter().map(|name| shard.past.take_measure(name, -1)).collect();
        let mut places: Vec<Vec<i32>> =
            ARMS[..layers].iter().map(|name| shard.past.take_measure(name, -1)).collect();
        let (arms, slots) = (self.arms(), self.slots());
        sum.range.resize(self.splits(), 0);
        sum.arms.resize(arms, 0);
        sum.pairs.resize(arms * arms, 0);
        sum.slots.resize(slots * slots, 0);
        sum.balance.resize(self.balance.len(), vec![]);
        sum.balance
            .iter_mut()
            .zip(&self.balance)
            .for_each(|(of, (_, _, labels))| of.resize(arms * *labels as usize, 0));
        for person in rows {
            let past = &shard.past;
            sum.people += 1;
            hand.id.clear();
            past.ids.get(person, &mut hand.id);
            // Where they first stand decides how their ID is written.
            let column = self.ids.get((past.first[person] >> 40) as usize);
            let Some(id) = column.and_then(|column| hand.plain.of(*column, &hand.id)) else { continue };
            hand.mine.clear();
            hand.slots.clear();
            let (mut split_base, mut arm_base) = (0, 0);
            for (at, layer) in self.layers.iter().enumerate() {
                let bucket = hand.salted[at].bucket(id);
                buckets[at][person] = bucket as i32;
                places[at][person] = -1;
                let found = layer.find(bucket);
                // Every layer before has one slot more than arms.
                hand.slots.push(arm_base + at + found.map_or(layer.arms(), |(_, arm)| arm));
                if let Some((split, arm)) = found {
                    sum.range[split_base + split] += 1;
                    if layer.splits[split].reached(past, person) {
                        places[at][person] = arm as i32;
                        hand.mine.push(arm_base + arm);
                    }
                }
                split_base += layer.splits.len();
                arm_base += layer.arms();
            }
            for one in &hand.slots {
                hand.slots.iter().for_each(|other| sum.slots[one * slots + other] += 1);
            }
            self.labels(past, person, &mut hand.labels);
            for one in &hand.mine {
                sum.arms[*one] += 1;
                hand.mine.iter().for_each(|other| sum.pairs[one * arms + other] += 1);
                for ((of, (_, _, labels)), label) in
                    sum.balance.iter_mut().zip(&self.balance).zip(&hand.labels)
                {
                    of[one * *labels as usize + label] += 1;
                }
            }
        }
        let names = BUCKET.iter().zip(buckets).chain(ARMS.iter().zip(places));
        names.for_each(|(name, values)| drop(shard.past.measures.insert((*name).into(), values)));
    }
}
