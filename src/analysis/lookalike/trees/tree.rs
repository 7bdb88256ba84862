//! A tree: the splits in the order in which they were made, and what each leaf adds to the log-odds.

#[cfg(test)]
use crate::table::people::Codes;
use crate::table::schema::{FeatureKind, Schema};
use serde::{Deserialize, Serialize};

/// Fixed point of margins and leaves.
pub const FINE: u32 = 17;

/// What sends a person to the right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Test {
    /// The code is one of these bits; codes behind the last count as the last.
    Among {
        /// One bit per code.
        bits: Vec<u64>,
        /// The last code.
        top: usize,
    },
    /// The person has this label.
    Has(u16),
}

impl Test {
    /// Among these codes.
    pub fn among(codes: impl IntoIterator<Item = usize>, top: usize) -> Test {
        let mut bits = vec![0u64; top / 64 + 1];
        codes.into_iter().for_each(|code| bits[code / 64] |= 1 << (code % 64));
        Test::Among { bits, top }
    }
    /// Whether a code of the column passes: for labels, whether it is the label.
    #[inline(always)]
    pub fn takes(&self, code: usize) -> bool {
        match self {
            Test::Has(label) => usize::from(*label) == code,
            Test::Among { bits, top } => {
                let code = code.min(*top);
                bits[code / 64] >> (code % 64) & 1 == 1
            }
        }
    }
    /// Whether each code up to the last passes.
    pub fn table(&self) -> Vec<bool> {
        match self {
            Test::Has(_) => vec![],
            Test::Among { top, .. } => (0..=*top).map(|code| self.takes(code)).collect(),
        }
    }
    /// Whether person `i` passes.
    #[cfg(test)]
    pub fn passes(&self, codes: &Codes, i: usize) -> bool {
        match codes {
            Codes::Narrow(codes) => self.takes(usize::from(codes[i])),
            Codes::Wide(codes) => self.takes(usize::from(codes[i])),
            Codes::Many { starts, codes } => {
                let mine = &codes[starts[i] as usize..starts[i + 1] as usize];
                matches!(self, Test::Has(label) if mine.contains(label))
            }
        }
    }
}

/// A leaf parted in two: who passes goes to the new leaf, the others stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// The leaf.
    pub leaf: u8,
    /// The new leaf.
    pub new: u8,
    /// Column of the schema.
    pub feature: usize,
    /// Who goes there.
    pub test: Test,
}

/// A grown tree.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    /// In the order in which they were made.
    pub splits: Vec<Split>,
    /// Log-odds per leaf, 2^-17.
    pub values: Vec<i32>,
    /// How much each leaf weighed while growing.
    pub covers: Vec<u64>,
}

/// Where a way leads: to a node, or to a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The number of a split.
    Node(usize),
    /// The number of a leaf.
    Leaf(usize),
}

impl Tree {
    /// For every split where its two ways lead, left first.
    pub fn ways(&self) -> Vec<[Way; 2]> {
        let mut ways: Vec<[Way; 2]> = Vec::with_capacity(self.splits.len());
        // Which way of which split ends at each leaf, so far.
        let mut ends: Vec<Option<(usize, usize)>> = vec![None; self.splits.len() + 1];
        for (node, split) in self.splits.iter().enumerate() {
            let (leaf, new) = (usize::from(split.leaf), usize::from(split.new));
            if let Some((above, side)) = ends[leaf] {
                ways[above][side] = Way::Node(node);
            }
            ways.push([Way::Leaf(leaf), Way::Leaf(new)]);
            (ends[leaf], ends[new]) = (Some((node, 0)), Some((node, 1)));
        }
        ways
    }
    /// Whether it can be climbed by anyone with codes of this schema.
    pub fn fits(&self, schema: &Schema) -> bool {
        let leaves = self.splits.len() + 1;
        let split = |(node, split): (usize, &Split)| {
            let many = schema.features.get(split.feature).map(|feature| feature.kind == FeatureKind::Multi);
            let test = match &split.test {
                Test::Has(_) => many == Some(true),
                Test::Among { bits, top } => many == Some(false) && *top < 64 * bits.len(),
            };
            test && usize::from(split.leaf) <= node && usize::from(split.new) == node + 1
        };
        self.values.len() == leaves
            && self.covers.len() == leaves
            && leaves <= 64
            && self.splits.iter().enumerate().all(split)
    }
    /// The leaf of person `i`, by going through the splits: the plain twin of every other way.
    #[cfg(test)]
    pub fn leaf(&self, columns: &[Codes], i: usize) -> usize {
        let step = |leaf: u8, split: &Split| match split.leaf == leaf
            && split.test.passes(&columns[split.feature], i)
        {
            true => split.new,
            false => leaf,
        };
        usize::from(self.splits.iter().fold(0, step))
    }
}
