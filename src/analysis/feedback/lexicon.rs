//! The words that come along: topics of retail, praise and complaints, in Chinese and English. Few and plain ones; what they
//! miss is found among the words people use (`terms`), and how well they agree with stars is measured where there are any.

use super::plan::TextTopic;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What a phrase of no topic does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sense {
    /// Praises.
    Praise,
    /// Complains.
    Complaint,
    /// Complains, denied or not.
    Firm,
    /// Turns round what follows.
    Denies,
    /// What stands before denies nothing behind it.
    Ends,
    /// Begins a clause.
    Breaks,
    /// Nothing: it only holds a word that would.
    Plain,
}

const TEXT: &str = include_str!("lexicon.txt");

/// Lines of what they begin with: what else stands before the colon, and the words.
fn lines(of: &'static str) -> impl Iterator<Item = (&'static str, impl Iterator<Item = &'static str>)> {
    TEXT.lines().filter_map(move |line| {
        let (name, words) = line.strip_prefix(of)?.split_once(':')?;
        Some((name.trim(), words.split(',').map(str::trim)))
    })
}

/// The topics that come along.
pub fn topics() -> Vec<TextTopic> {
    let topic = |(name, words): (&str, _)| TextTopic { name: name.into(), words: owned(words) };
    lines("topic ").map(topic).collect()
}

fn owned(words: impl Iterator<Item = &'static str>) -> Vec<String> {
    words.map(String::from).collect()
}

/// The other words, by what they do. What a later line says of a word goes before.
pub fn senses() -> impl Iterator<Item = (Sense, impl Iterator<Item = &'static str>)> {
    let of = [
        ("positive", Sense::Praise),
        ("negative", Sense::Complaint),
        ("firm", Sense::Firm),
        ("denies", Sense::Denies),
        ("ends", Sense::Ends),
        ("breaks", Sense::Breaks),
        ("plain", Sense::Plain),
    ];
    of.into_iter().flat_map(|(name, sense)| lines(name).map(move |(_, words)| (sense, words)))
}

/// A folded text in the characters the lists are written in: Chinese as it is written in Taiwan and Hong Kong, where a list
/// knows the character.
pub fn simplified(text: &str) -> String {
    static PAIRS: LazyLock<BTreeMap<char, char>> = LazyLock::new(|| {
        let pairs = lines("traditional").flat_map(|(_, all)| all).flat_map(str::split_whitespace);
        pairs.filter_map(|pair| pair.chars().next().zip(pair.chars().nth(1))).collect()
    });
    text.chars().map(|c| PAIRS.get(&c).copied().unwrap_or(c)).collect()
}
