//! Audiences as expressions over people: everyone, the seed, tag values, measures, and ∧ ∨ ∖ of them.

mod evaluate; // who is in it

use crate::json;
use crate::num::Order;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Seed of the hash that breaks ties between equal scores: not the file order, which a partner could choose.
pub const TIE_SEED: u64 = 0x7465_6965_7321;
/// Lots of a draw: one is a hundredth of a percent.
pub const LOTS: u32 = 10_000;
/// Keeps draws apart from folds and ties, which are hashes of the same people.
const DRAW_SEED: u64 = 0x6472_6177_0000_0000;

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
    /// Drawn by lot: those whose lot under this seed lies in `from..to` of [`LOTS`]. A person's lot depends on nothing
    /// but who they are and the seed, so a draw is the same in every file, shard and month (`formulas.md` F11).
    Hash {
        /// Seed: draws of different seeds are independent.
        seed: u32,
        /// First lot that is in.
        from: u32,
        /// Behind the last.
        to: u32,
    },
}

/// In JSON an expression carries its kind in the key `is`, which a reader finds only by looking at names; the wire has
/// none, so there it travels as its JSON text.
impl Serialize for Expr {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        match to.is_human_readable() {
            true => Expr::serialize(self, to),
            false => to.serialize_str(&json::text(self)),
        }
    }
}

impl<'de> Deserialize<'de> for Expr {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Expr, D::Error> {
        match from.is_human_readable() {
            true => Expr::deserialize(from),
            false => json::read(String::deserialize(from)?.as_bytes()).map_err(serde::de::Error::custom),
        }
    }
}

/// Rank of a person by a measure: the value first, then a hash of the person that no file order can steer.
pub fn rank(value: i32, key: crate::id::Key) -> u64 {
    let ordered = (value as u32) ^ 0x8000_0000;
    u64::from(ordered) << 32 | key.mix(TIE_SEED) >> 32
}

/// Whether a measure is this one, or stands under it (`persona.fit` under `persona`).
pub fn belongs(measure: &str, to: &str) -> bool {
    measure.strip_prefix(to).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The lot of a person under a seed, below [`LOTS`].
pub fn lot(seed: u32, key: crate::id::Key) -> u32 {
    ((u128::from(key.mix(DRAW_SEED ^ u64::from(seed))) * u128::from(LOTS)) >> 64) as u32
}

impl Expr {
    /// What it is made of: expressions with none inside.
    fn leaves(&self) -> Vec<&Expr> {
        match self {
            Expr::And { of } | Expr::Or { of } => of.iter().flat_map(Expr::leaves).collect(),
            Expr::Minus { from, take } => [from.leaves(), take.leaves()].concat(),
            leaf => vec![leaf],
        }
    }
    /// The measures it leans on.
    pub fn measures(&self) -> Vec<&str> {
        self.leaves()
            .into_iter()
            .filter_map(|leaf| match leaf {
                Expr::Measure { measure, .. } | Expr::Top { measure, .. } => Some(measure.as_str()),
                _ => None,
            })
            .collect()
    }
    /// Whether it leans on this measure somewhere, or on one that belongs to it (`persona.fit`).
    pub fn uses(&self, name: &str) -> bool {
        self.measures().into_iter().any(|measure| belongs(measure, name))
    }
    /// Whether it asks for this feature somewhere.
    pub fn names(&self, name: &str) -> bool {
        let asks = |leaf: &&Expr| matches!(leaf, Expr::Tag { feature, .. } if feature == name);
        self.leaves().iter().any(asks)
    }
    /// In both.
    pub fn and(self, other: Expr) -> Expr {
        Expr::And { of: vec![self, other] }
    }
    /// In this and not in the other.
    pub fn minus(self, other: Expr) -> Expr {
        Expr::Minus { from: Box::new(self), take: Box::new(other) }
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
                values.order();
                values.dedup();
                Expr::Tag { feature, values }
            }
            leaf => leaf,
        }
    }
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
    flat.order();
    flat.dedup();
    match (flat.len(), flat.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            flat.extend(last);
            close(flat)
        }
    }
}

#[cfg(test)]
mod tests;
