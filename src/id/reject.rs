//! Why a cell is not an ID. Every row of a file is accounted for under one of these.

use serde::{Deserialize, Serialize};

/// Why a cell has no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Reject {
    /// Nothing but white space.
    #[serde(rename = "empty")]
    Empty,
    /// A stand-in for "no ID" (`null`, all zeros), raw or hashed: it would match strangers.
    #[serde(rename = "junk")]
    Junk,
    /// Not an ID of this kind.
    #[serde(rename = "not-this-kind")]
    WrongKind,
    /// Neither hex nor base64 of this digest.
    #[serde(rename = "not-this-digest")]
    WrongDigest,
    /// In a mixed column: hashed in a way the other side cannot be compared with.
    #[serde(rename = "other-digest")]
    OtherDigest,
    /// Rounded by a spreadsheet (`8.68E+14`): the last digits are lost.
    #[serde(rename = "rounded")]
    Scientific,
}

impl Reject {
    /// All reasons, in the order accounts list them.
    pub const ALL: [Reject; 6] = [
        Reject::Empty,
        Reject::Junk,
        Reject::WrongKind,
        Reject::WrongDigest,
        Reject::OtherDigest,
        Reject::Scientific,
    ];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Reject::Empty => "empty",
            Reject::Junk => "junk",
            Reject::WrongKind => "not-this-kind",
            Reject::WrongDigest => "not-this-digest",
            Reject::OtherDigest => "other-digest",
            Reject::Scientific => "rounded",
        }
    }

    /// Its place in [`Reject::ALL`], for counting.
    pub const fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_serde_and_indexes_those_of_all() {
        for (i, reject) in Reject::ALL.into_iter().enumerate() {
            assert_eq!(reject.index(), i);
            assert_eq!(serde_json::to_string(&reject).unwrap(), format!("\"{}\"", reject.code()));
        }
    }
}
