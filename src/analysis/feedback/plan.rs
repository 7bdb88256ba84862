//! How texts are read, and what is asked of them.

use super::lexicon;
use crate::error::{self, Result};
use serde::{Deserialize, Serialize};

/// Topics of a list.
pub const MOST: usize = 24;

/// How texts are read. Words are told apart neither by case nor by width; `deliver*` is every word that begins so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct TextPlan {
    /// What people write about; the list that comes along if not given.
    pub topics: Vec<TextTopic>,
    /// Words that praise, besides those that come along.
    pub positive: Vec<String>,
    /// Words that complain, besides those that come along. A word of either list is what it is called here, whatever it is there.
    pub negative: Vec<String>,
}

/// A topic.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(deny_unknown_fields)]
pub struct TextTopic {
    /// Its name.
    pub name: String,
    /// Words and phrases, any of which is enough.
    pub words: Vec<String>,
}

impl TextPlan {
    /// The topics that are looked for.
    pub fn list(&self) -> Vec<TextTopic> {
        if self.topics.is_empty() { lexicon::topics() } else { self.topics.clone() }
    }
    /// Refuses settings out of range, by name.
    pub fn check(&self) -> Result<()> {
        let said = |words: &[String]| words.iter().all(|word| !super::lexer::lex(word).is_empty());
        let named = |(at, topic): (usize, &TextTopic)| {
            let again = self.topics[..at].iter().any(|before| before.name == topic.name);
            !topic.name.trim().is_empty() && !topic.words.is_empty() && said(&topic.words) && !again
        };
        let both = self.positive.iter().any(|word| self.negative.contains(word));
        error::settings(&[
            ("text.topics", self.topics.len() <= MOST && self.topics.iter().enumerate().all(named)),
            ("text.positive", said(&self.positive)),
            ("text.negative", said(&self.negative) && !both),
        ])
        .map_err(|e| e.file("room.toml"))
    }
}

/// What is asked of texts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct FeedbackPlan {
    /// A column of the same table, each of whose values is told apart.
    pub by: Option<String>,
    /// Column of stars or points, to tell how well words agree with them.
    pub stars: Option<String>,
    /// Days up to the last one that are compared with as many before; 0 for none.
    pub compare: u32,
    /// People a word is used by, at least.
    pub least: u32,
    /// Words that are told.
    pub top: u32,
    /// A word or phrase whose people are found, known to the list of words or not.
    pub word: Option<String>,
    /// Texts quoted for each topic, numbers and addresses blotted out; 0 for none.
    pub quotes: u32,
}

impl Default for FeedbackPlan {
    fn default() -> Self {
        FeedbackPlan { by: None, stars: None, compare: 30, least: 20, top: 60, word: None, quotes: 3 }
    }
}

impl FeedbackPlan {
    /// Refuses settings out of range, by name.
    pub fn check(&self) -> Result<()> {
        error::settings(&[
            ("feedback.compare", self.compare <= 3_650),
            ("feedback.least", (2..=1_000_000).contains(&self.least)),
            ("feedback.top", self.top <= 500),
            ("feedback.word", self.word.as_ref().is_none_or(|word| !super::lexer::lex(word).is_empty())),
            ("feedback.quotes", self.quotes <= 20),
        ])
        .map_err(|e| e.file("room.toml"))
    }
}
