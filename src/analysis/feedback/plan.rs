//! How texts are read, and what is asked of them.

use super::lexicon;
use crate::error::{self, Error, Kind, Result};
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
    /// Refuses settings out of range, by name and word.
    pub fn check(&self) -> Result<()> {
        let refuse = |place: String| Err(Error::new(Kind::OutOfRange).file("room.toml").column(place));
        // A word that is all signs, or has a number in it, would never be found.
        let unsaid = |words: &[String]| words.iter().find(|word| super::lexer::lex(word).is_empty()).cloned();
        for (at, topic) in self.topics.iter().enumerate() {
            let again = self.topics[..at].iter().any(|before| before.name == topic.name);
            if topic.name.trim().is_empty() || topic.words.is_empty() || again || at >= MOST {
                return refuse(format!("text.topics: {}", topic.name));
            }
            if let Some(word) = unsaid(&topic.words) {
                return refuse(format!("text.topics: {}: {word}", topic.name));
            }
        }
        let both = self.positive.iter().find(|word| self.negative.contains(word)).cloned();
        match (unsaid(&self.positive), unsaid(&self.negative).or(both)) {
            (Some(word), _) => refuse(format!("text.positive: {word}")),
            (_, Some(word)) => refuse(format!("text.negative: {word}")),
            _ => Ok(()),
        }
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
