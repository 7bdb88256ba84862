//! Text that is no table: JSON, pages, recipes. IDs are looked for in every word, small counts under the keys that
//! count people.

use super::finding::{Code, Finding};
use super::pattern::{PATTERNS, in_word, of_word};
use super::table::{Hits, masked};
use super::{Context, counts};
use crate::id::{Kind, Shape, shape};

/// Longest word that is kept: no ID is longer.
const LONGEST: usize = 320;
/// Digests of which a text may hold a few: fingerprints of files.
const FEW: u64 = 20;
/// Fewest people a model should learn from (`security.md`: membership inference).
const SEEDS: u64 = 1_000;

/// A text under way.
pub(super) struct Text {
    word: Vec<u8>,
    last: Vec<u8>,
    key: String,
    line: u64,
    words: u64,
    model: bool,
    seeds: Option<u64>,
    patterns: [Hits; PATTERNS.len()],
    digests: Hits,
    small: Hits,
    at: String,
}

impl Text {
    pub fn new() -> Text {
        let [word, last] = Default::default();
        let [key, at] = Default::default();
        let (patterns, digests, small) = Default::default();
        Text { word, last, key, line: 1, words: 0, model: false, seeds: None, patterns, digests, small, at }
    }
    pub fn feed(&mut self, bytes: &[u8], last: bool, context: &Context) {
        for &byte in bytes {
            if in_word(byte) {
                if self.word.len() < LONGEST {
                    self.word.push(byte);
                }
                continue;
            }
            self.end(context.k);
            match byte {
                b':' => self.key = String::from_utf8_lossy(&self.last).into_owned(),
                b'\n' => self.line += 1,
                _ => {}
            }
        }
        if last {
            self.end(context.k);
        }
    }
    fn end(&mut self, k: u64) {
        if self.word.is_empty() {
            return;
        }
        let mut word = std::mem::take(&mut self.word);
        self.words += 1;
        self.model |= word == b"atoll-model";
        match of_word(&word) {
            Some(found) => self.patterns[found].see(self.line, || masked(&word, PATTERNS[found].1)),
            None if matches!(shape(&word), Shape::Md5 | Shape::Sha1 | Shape::Hex64) => {
                self.digests.see(self.line, || masked(&word, Kind::Opaque));
            }
            None => self.number(&word, k),
        }
        std::mem::swap(&mut self.last, &mut word);
        word.clear();
        self.word = word;
    }
    fn number(&mut self, word: &[u8], k: u64) {
        let Some(number) = std::str::from_utf8(word).ok().and_then(|word| word.parse().ok()) else { return };
        if self.key == "seed_people" && self.seeds.is_none() {
            self.seeds = Some(number);
        }
        // A bare count is of rows that were refused.
        if self.key != "count" && counts(&self.key) && (1..k).contains(&number) {
            self.small.see(self.line, || number.to_string());
            if self.small.count == 1 {
                self.at.clone_from(&self.key);
            }
        }
    }
    pub fn findings(&self) -> Vec<Finding> {
        let of = |code: Code, hits: &Hits, at: &str| {
            let found = Finding::new(code, hits.count, self.words).at(at, hits.row, &hits.example);
            (hits.count > 0).then_some(found)
        };
        let mut found: Vec<Finding> =
            PATTERNS.iter().zip(&self.patterns).filter_map(|((code, _), hits)| of(*code, hits, "")).collect();
        found.extend(of(Code::Guessable, &self.digests, "").filter(|found| found.count > FEW));
        found.extend(of(Code::SmallCells, &self.small, &self.at));
        let seeds = self.seeds.filter(|seeds| self.model && *seeds < SEEDS);
        found.extend(seeds.map(|seeds| Finding::new(Code::FewSeeds, seeds, SEEDS)));
        found
    }
}
