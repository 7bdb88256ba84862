//! Audiences as expressions over people: everyone, the seed, tag values, measures, and ∧ ∨ ∖ of them.

use crate::error::{Error, Kind, Result};
use crate::table::bits::Bits;
use crate::table::people::{Codes, People};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// Seed of the hash that breaks ties between equal scores: not the file order, which a partner could choose.
pub const TIE_SEED: u64 = 0x7465_6965_7321;

/// Who is meant. Small, serialisable, the same in every shard.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(remote = "Self", tag = "is", rename_all = "kebab-case")]
pub enum Expr {
    /// Everyone in the tag file.
    Everyone,
    /// Those who are in the first-party file too.
    Seed,
    /// Those with any of these values of a feature; the missing bin's label is `""`.
    Tag {
        /// Feature name ([`crate::table::schema::Feature::name`]).
        feature: String,
        /// Labels.
        values: Vec<String>,
    },
    /// Those whose measure lies in `from..=to`, for example one cluster.
    Measure {
        /// Measure name, such as `persona`.
        measure: String,
        /// Lowest value.
        from: i32,
        /// Highest value.
        to: i32,
    },
    /// Those whose rank by a measure is at or above a cut: [`rank`] as 16 hex digits, so that the boundary
    /// inside equal values is exact.
    Top {
        /// Measure name, such as `score`.
        measure: String,
        /// Lowest rank that is in.
        cut: String,
    },
    /// In all of them; everyone if there is none.
    And {
        /// Operands.
        of: Vec<Expr>,
    },
    /// In any of them; nobody if there is none.
    Or {
        /// Operands.
        of: Vec<Expr>,
    },
    /// In the first and not in the second.
    Minus {
        /// Kept.
        from: Box<Expr>,
        /// Taken away.
        take: Box<Expr>,
    },
}

/// In JSON an expression carries its kind in the key `is`, which a reader finds only by looking at names; the wire has
/// none, so there it travels as its JSON text.
impl Serialize for Expr {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        match to.is_human_readable() {
            true => Expr::serialize(self, to),
            false => to.serialize_str(&serde_json::to_string(self).map_err(serde::ser::Error::custom)?),
        }
    }
}

impl<'de> Deserialize<'de> for Expr {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Expr, D::Error> {
        match from.is_human_readable() {
            true => Expr::deserialize(from),
            false => serde_json::from_str(&String::deserialize(from)?).map_err(serde::de::Error::custom),
        }
    }
}

/// Rank of a person by a measure: the value first, then a hash of the person that no file order can steer.
pub fn rank(value: i32, key: crate::id::Key) -> u64 {
    let ordered = (value as u32) ^ 0x8000_0000;
    u64::from(ordered) << 32 | key.mix(TIE_SEED) >> 32
}

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
        let find = |name: &str| measures.get(name).ok_or(Error::new(Kind::TooEarly).column(name));
        Ok(match self {
            Expr::Everyone => Bits::all(len),
            Expr::Seed => seed.clone(),
            Expr::Tag { feature, values } => tag(people, feature, values)?,
            Expr::Measure { measure, from, to } => {
                let values = find(measure)?;
                Bits::from_fn(len, |i| (*from..=*to).contains(&values[i]))
            }
            Expr::Top { measure, cut } => {
                let cut = u64::from_str_radix(cut, 16).map_err(|_| Error::new(Kind::ExpressionInvalid))?;
                let values = find(measure)?;
                Bits::from_fn(len, |i| rank(values[i], people.keys[i]) >= cut)
            }
            Expr::And { of } => fold(of, Bits::all(len), Bits::and, people, seed, measures)?,
            Expr::Or { of } => fold(of, Bits::none(len), Bits::or, people, seed, measures)?,
            Expr::Minus { from, take } => {
                let mut kept = from.people(people, seed, measures)?;
                kept.minus(&take.people(people, seed, measures)?);
                kept
            }
        })
    }
    /// The canonical form: nested operands flattened, sorted, without repeats; single operands unwrapped.
    pub fn canonical(self) -> Expr {
        match self {
            Expr::And { of } => {
                gather(of, |e| if let Expr::And { of } = e { Ok(of) } else { Err(e) }, |of| Expr::And { of })
            }
            Expr::Or { of } => {
                gather(of, |e| if let Expr::Or { of } = e { Ok(of) } else { Err(e) }, |of| Expr::Or { of })
            }
            Expr::Minus { from, take } => {
                Expr::Minus { from: Box::new(from.canonical()), take: Box::new(take.canonical()) }
            }
            Expr::Tag { feature, mut values } => {
                values.sort_unstable();
                values.dedup();
                Expr::Tag { feature, values }
            }
            leaf => leaf,
        }
    }
}

fn fold(
    of: &[Expr],
    mut sum: Bits,
    join: fn(&mut Bits, &Bits),
    people: &People,
    seed: &Bits,
    measures: &BTreeMap<String, Vec<i32>>,
) -> Result<Bits> {
    for part in of {
        join(&mut sum, &part.people(people, seed, measures)?);
    }
    Ok(sum)
}

fn gather(
    of: Vec<Expr>,
    open: fn(Expr) -> std::result::Result<Vec<Expr>, Expr>,
    close: fn(Vec<Expr>) -> Expr,
) -> Expr {
    let mut flat: Vec<Expr> = of
        .into_iter()
        .flat_map(|e| match open(e.canonical()) {
            Ok(inner) => inner,
            Err(leaf) => vec![leaf],
        })
        .collect();
    flat.sort_unstable();
    flat.dedup();
    match (flat.len(), flat.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            flat.extend(last);
            close(flat)
        }
    }
}

fn tag(people: &People, feature: &str, values: &[String]) -> Result<Bits> {
    let unknown = || Error::new(Kind::ColumnMissing).column(feature);
    let at = people.schema.features.iter().position(|f| f.name() == feature).ok_or_else(unknown)?;
    let wanted: Vec<bool> = people.schema.features[at].labels.iter().map(|l| values.contains(l)).collect();
    let mut bits = Bits::none(people.len());
    let codes: &Codes = &people.columns[at];
    codes.for_each(0..people.len(), |i, code| {
        if wanted[code] {
            bits.set(i);
        }
    });
    Ok(bits)
}
