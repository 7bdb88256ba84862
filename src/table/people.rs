//! The binned table of one shard: people by row, features by column, every cell a small code.

use crate::id::{Ids, Key};
use crate::table::schema::Schema;
use std::ops::Range;

/// The codes of one feature. Code 0 is "missing".
///
/// Labels of a multi-valued feature stand as sorted runs per person, not as one bit set per label: the models
/// walk people, and a run of four codes is read faster than eighty bit sets; counting costs the same.
#[derive(Clone, Debug, PartialEq)]
pub enum Codes {
    /// One code per person, at most 256 of them.
    Narrow(Vec<u8>),
    /// One code per person.
    Wide(Vec<u16>),
    /// One or more codes per person: those of `i` are `codes[starts[i]..starts[i + 1]]`, ascending, never empty.
    Many {
        /// Start of each person's run, and the end of the last.
        starts: Vec<u32>,
        /// All runs.
        codes: Vec<u16>,
    },
}

impl Codes {
    /// Calls `visit(person, code)` for every code of the people in `rows`, in order.
    #[inline]
    pub fn for_each(&self, rows: Range<usize>, mut visit: impl FnMut(usize, usize)) {
        match self {
            Codes::Narrow(codes) => {
                codes[rows.clone()].iter().zip(rows).for_each(|(&c, i)| visit(i, usize::from(c)))
            }
            Codes::Wide(codes) => {
                codes[rows.clone()].iter().zip(rows).for_each(|(&c, i)| visit(i, usize::from(c)))
            }
            Codes::Many { starts, codes } => {
                for i in rows {
                    for &c in &codes[starts[i] as usize..starts[i + 1] as usize] {
                        visit(i, usize::from(c));
                    }
                }
            }
        }
    }
    /// Calls `visit(code)` for every code of person `i`.
    #[inline]
    pub fn of(&self, i: usize, mut visit: impl FnMut(usize)) {
        self.for_each(i..i + 1, |_, code| visit(code));
    }
    /// Whether anybody has a value.
    pub fn any(&self) -> bool {
        match self {
            Codes::Narrow(codes) => codes.iter().any(|&code| code > 0),
            Codes::Wide(codes) | Codes::Many { codes, .. } => codes.iter().any(|&code| code > 0),
        }
    }
    /// Bytes held.
    pub fn bytes(&self) -> usize {
        match self {
            Codes::Narrow(codes) => codes.len(),
            Codes::Wide(codes) => 2 * codes.len(),
            Codes::Many { starts, codes } => 4 * starts.len() + 2 * codes.len(),
        }
    }
}

/// The people of the tag file that one shard owns. All vectors are as long as `keys`.
///
/// People stand in the order of their first row in the file, so a shard's answers do not depend on when
/// messages arrived.
#[derive(Clone, Debug, Default)]
pub struct People {
    /// Who.
    pub keys: Vec<Key>,
    /// First row in the file (1-based, the header counted), ascending.
    pub rows: Vec<u32>,
    /// The ID exactly as the file writes it.
    pub ids: Ids,
    /// The ID of the same people in the brand's file, empty for those who are not in it. Of nobody if nothing is made of
    /// it: a translation is not wanted, and the tag file's own IDs are raw or the brand's are not.
    pub ours: Ids,
    /// Fold given by a column, if the recipe names one.
    pub folds: Option<Vec<u8>>,
    /// One per feature of `schema`.
    pub columns: Vec<Codes>,
    /// What the codes mean; equal in every shard.
    pub schema: Schema,
}

impl People {
    /// How many people.
    pub fn len(&self) -> usize {
        self.keys.len()
    }
    /// Bytes held.
    pub fn bytes(&self) -> usize {
        20 * self.len()
            + self.ids.bytes()
            + self.ours.bytes()
            + self.columns.iter().map(Codes::bytes).sum::<usize>()
    }
    /// Whether the shard owns nobody.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}
