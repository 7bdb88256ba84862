//! Who is one person, and who agreed, as every shard knows it while rows are cut: a sorted table from the keys of an ID map
//! to the key their person is counted under, and the sorted keys of those who gave consent. 32 bytes per ID that changes
//! its key and 16 per person who agreed, in each shard.

use crate::id::Key;

/// What is known of keys. Empty: everyone is who their ID says, and nobody is asked for consent.
#[derive(Default)]
pub struct Canon {
    from: Vec<Key>,
    to: Vec<Key>,
    agreed: Vec<Key>,
    merges: bool,
}

impl Canon {
    /// Takes the next stretch of both tables; they come in order.
    pub fn learn(&mut self, pairs: &[Key], agreed: &[Key]) -> Option<()> {
        self.merges |= !pairs.is_empty();
        let more = pairs.len() / 2;
        self.from.try_reserve(more).ok()?;
        self.to.try_reserve(more).ok()?;
        self.agreed.try_reserve(agreed.len()).ok()?;
        self.from.extend(pairs.iter().step_by(2));
        self.to.extend(pairs.iter().skip(1).step_by(2));
        self.agreed.extend(agreed);
        Some(())
    }
    /// The key a person is counted under.
    pub fn of(&self, key: Key) -> Key {
        self.from.binary_search(&key).map_or(key, |at| self.to[at])
    }
    /// Whether an ID stands among those who agreed.
    pub fn agreed(&self, key: Key) -> bool {
        self.agreed.binary_search(&key).is_ok()
    }
    /// Whether IDs may be one person, so that it must be told which rows only the map brought together.
    pub fn merges(&self) -> bool {
        self.merges
    }
}

/// Cells that mean yes, and cells that mean no, without case.
const WORDS: [&[&str]; 2] = [
    &["yes", "y", "true", "t", "1", "on", "是", "同意", "已同意", "授权", "已授权", "有"],
    &["", "no", "n", "false", "f", "0", "off", "否", "不同意", "未同意", "拒绝", "未授权", "撤回", "无"],
];

/// Whether a cell of a consent column says yes; nothing if it says neither yes nor no, which is no consent.
pub fn agrees(cell: &[u8]) -> Option<bool> {
    let cell = String::from_utf8_lossy(cell).trim().to_lowercase();
    let says = |words: &[&str]| words.contains(&cell.as_str());
    says(WORDS[0]).then_some(true).or(says(WORDS[1]).then_some(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_looked_up_over_stretches() {
        let key = |n: u8| Key([n; 16]);
        let mut canon = Canon::default();
        assert!(!canon.merges());
        canon.learn(&[key(1), key(9), key(3), key(2)], &[key(4)]).expect("room");
        canon.learn(&[key(5), key(2)], &[key(6)]).expect("room");
        assert_eq!([1, 2, 3, 5].map(|n| canon.of(key(n)).0[0]), [9, 2, 2, 2]);
        assert_eq!([4, 5, 6].map(|n| canon.agreed(key(n))), [true, false, true]);
    }

    #[test]
    fn yes_no_and_neither() {
        let says = ["YES", " 是 ", "1", "No", "未授权", "", "maybe"].map(|cell| agrees(cell.as_bytes()));
        assert_eq!(says, [Some(true), Some(true), Some(true), Some(false), Some(false), Some(false), None]);
    }
}
