//! Expressions to sets of people.
//!
//! An expression is resolved once per shard (names to columns, labels to a table of wanted codes) and then read 64
//! people at a time, one word of the set: nothing is allocated but the result, what no one of the 64 can still be in is
//! not looked up, and a tag costs one table look-up per person. Ten nested tags over a million people take a few
//! milliseconds (`benches/crowds.rs`).

use super::{Expr, LOTS, lot, rank};
use crate::error::{Error, Kind, Result};
use crate::id::Key;
use crate::table::bits::Bits;
use crate::table::people::{Codes, People};
use std::collections::BTreeMap;
use std::ops::Range;

impl Expr {
    /// The people of one shard it names.
    pub fn people(
        &self,
        people: &People,
        seed: &Bits,
        measures: &BTreeMap<String, Vec<i32>>,
    ) -> Result<Bits> {
        let len = people.len();
        // A shard of nobody is never walked, so it has no measures to look at.
        if len == 0 {
            return Ok(Bits::none(0));
        }
        let set = Shard { people, seed, measures }.resolve(self)?;
        Ok(Bits::from_words(len, |rows| set.word(rows)))
    }
}

/// What names in an expression stand for.
struct Shard<'a> {
    people: &'a People,
    seed: &'a Bits,
    measures: &'a BTreeMap<String, Vec<i32>>,
}

/// An expression whose names are resolved.
enum Set<'a> {
    All,
    Known(&'a Bits),
    Narrow(&'a [u8], Box<[bool; 256]>),
    Wide(&'a [u16], Vec<bool>),
    Many(&'a [u32], &'a [u16], Vec<bool>),
    Within(&'a [i32], i32, i32),
    Above(&'a [i32], &'a [Key], u64),
    Drawn(&'a [Key], u32, Range<u32>),
    And(Vec<Set<'a>>),
    Or(Vec<Set<'a>>),
    Minus(Box<(Set<'a>, Set<'a>)>),
}

impl<'a> Shard<'a> {
    fn resolve(&self, expr: &Expr) -> Result<Set<'a>> {
        let people = self.people;
        let all = |of: &[Expr]| of.iter().map(|part| self.resolve(part)).collect::<Result<Vec<_>>>();
        Ok(match expr {
            Expr::Everyone => Set::All,
            Expr::Seed => Set::Known(self.seed),
            Expr::Tag { feature, values } => self.tag(feature, values)?,
            Expr::Measure { measure, from, to } => Set::Within(self.known(measure)?, *from, *to),
            Expr::Top { measure, cut } => {
                let cut = u64::from_str_radix(cut, 16).map_err(|_| Error::new(Kind::ExpressionInvalid))?;
                Set::Above(self.known(measure)?, &people.keys, cut)
            }
            Expr::And { of } => Set::And(all(of)?),
            Expr::Or { of } => Set::Or(all(of)?),
            Expr::Minus { from, take } => Set::Minus(Box::new((self.resolve(from)?, self.resolve(take)?))),
            Expr::Hash { seed, from, to } if from <= to && *to <= LOTS => {
                Set::Drawn(&people.keys, *seed, *from..*to)
            }
            Expr::Hash { .. } => return Err(Kind::ExpressionInvalid.into()),
        })
    }
    fn known(&self, name: &str) -> Result<&'a [i32]> {
        self.measures.get(name).map(Vec::as_slice).ok_or_else(|| Error::new(Kind::TooEarly).column(name))
    }
    fn tag(&self, feature: &str, values: &[String]) -> Result<Set<'a>> {
        let features = &self.people.schema.features;
        let unknown = || Error::new(Kind::ColumnMissing).column(feature);
        let at = features.iter().position(|f| f.name() == feature).ok_or_else(unknown)?;
        let wanted: Vec<bool> = features[at].labels.iter().map(|label| values.contains(label)).collect();
        Ok(match &self.people.columns[at] {
            Codes::Narrow(codes) => {
                let mut table = Box::new([false; 256]);
                table.iter_mut().zip(wanted).for_each(|(cell, is)| *cell = is);
                Set::Narrow(codes, table)
            }
            Codes::Wide(codes) => Set::Wide(codes, wanted),
            Codes::Many { starts, codes } => Set::Many(starts, codes, wanted),
        })
    }
}

impl Set<'_> {
    /// Who of these people, 64 at most, is in: the first is the lowest bit.
    fn word(&self, rows: Range<usize>) -> u64 {
        match self {
            Set::All => everyone(rows.len()),
            Set::Known(bits) => bits.word(rows.start / 64),
            Set::Narrow(codes, wanted) => word(codes[rows].iter().map(|&c| wanted[usize::from(c)])),
            Set::Wide(codes, wanted) => word(codes[rows].iter().map(|&c| wanted[usize::from(c)])),
            Set::Many(starts, codes, wanted) => many(&starts[rows.start..=rows.end], codes, wanted),
            Set::Within(values, from, to) => word(values[rows].iter().map(|v| (from..=to).contains(&v))),
            Set::Above(values, keys, cut) => word(rows.map(|i| above(values[i], keys[i], *cut))),
            Set::Drawn(keys, seed, lots) => word(keys[rows].iter().map(|&k| lots.contains(&lot(*seed, k)))),
            Set::And(of) => joined(of, rows.clone(), everyone(rows.len()), 0, |sum, part| sum & part),
            Set::Or(of) => joined(of, rows.clone(), 0, everyone(rows.len()), |sum, part| sum | part),
            Set::Minus(both) => match both.0.word(rows.clone()) {
                0 => 0,
                kept => kept & !both.1.word(rows),
            },
        }
    }
}

/// As many ones as there are people.
fn everyone(people: usize) -> u64 {
    if people >= 64 { u64::MAX } else { (1 << people) - 1 }
}

#[inline(always)]
fn word(who: impl Iterator<Item = bool>) -> u64 {
    who.enumerate().fold(0, |word, (bit, is)| word | u64::from(is) << bit)
}

/// Codes of a person looked up at once.
const BLOCK: usize = 4;

/// Who of these people has a wanted code among several. Runs are looked up in blocks, the last code again where a run
/// ends inside one: most people have a few codes, and a loop that ends elsewhere for everyone is mispredicted for everyone.
fn many(starts: &[u32], codes: &[u16], wanted: &[bool]) -> u64 {
    let (mut word, mut at) = (0, starts[0] as usize);
    for (bit, &end) in starts[1..].iter().enumerate() {
        let last = end as usize - 1;
        let mut hit = false;
        while at <= last {
            for step in 0..BLOCK {
                hit |= wanted[usize::from(codes[last.min(at + step)])];
            }
            at += BLOCK;
        }
        at = end as usize;
        word |= u64::from(hit) << bit;
    }
    word
}

/// Joins the words of the parts until nothing can change any more.
fn joined(of: &[Set], rows: Range<usize>, empty: u64, end: u64, join: fn(u64, u64) -> u64) -> u64 {
    let mut sum = empty;
    for part in of {
        if sum == end {
            break;
        }
        sum = join(sum, part.word(rows.clone()));
    }
    sum
}

/// Whether a person ranks at or above a cut. The hash is asked only where the value alone does not say.
#[inline(always)]
fn above(value: i32, key: Key, cut: u64) -> bool {
    let ordered = (value as u32) ^ 0x8000_0000;
    match ordered.cmp(&((cut >> 32) as u32)) {
        std::cmp::Ordering::Equal => rank(value, key) >= cut,
        order => order.is_gt(),
    }
}
