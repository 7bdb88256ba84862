//! What people write: topics, praise and complaints, and the words they use (`capabilities` 2.17, 2.18, 2.21).
//!
//! The desk reads each different text once, by lists of words ([`read`]), and finds words no list knows ([`terms`]); shards
//! are told by code what a text says, and count texts and people. Shares and intervals are of people, since somebody who
//! writes ten texts says one thing ten times. What a text is about and whether it complains become columns `topic` and
//! `mood` of its rows ([`columns`]), so that pivots, funnels and rules know of them.
//!
//! Lists do not understand: irony, and what is only meant, they miss. Where rows have stars, the report says how well they
//! agree: the chance that a text read as praise has more stars than one read as a complaint (AUC, ties half).
//!
//! One pass.

mod lexer;
mod lexicon;
mod phrases;
mod plan;
mod read;
mod report;
mod terms;
#[cfg(test)]
mod tests;
mod walk;

pub use plan::{FeedbackPlan, MOST, TextPlan, TextTopic};
pub use read::MOODS;
pub use report::{FeedbackReport, FeedbackStars, TextChange, TextLine, TextTopicLine, TextWord};
pub use walk::{MOOD, TOPICS, WORD, WROTE};

use crate::error::Result;
use crate::shard::desk::Desk;
use crate::shard::job::{self, Opener};
use crate::table::history::moment::DAY;
use crate::table::history::pick::missing;
use crate::table::history::{PastSchema, Source};
use phrases::Phrases;
use read::{Reader, Said};
use report::Asked;
use std::collections::BTreeSet;
use walk::Voices;

/// Questions of this analysis, for the registry.
pub const QUESTIONS: [(&str, Opener); 1] = [job::analysis::<Voices>()];

/// The column of texts.
pub const TEXT: &str = "text";

/// Texts between two breaths: some milliseconds.
const BREATH: usize = 1_000;

/// Something of each text, with breaths in between.
async fn each<T>(desk: &Desk, texts: &[String], mut of: impl FnMut(&String) -> T) -> Result<Vec<T>> {
    let mut all = Vec::with_capacity(texts.len());
    for some in texts.chunks(BREATH) {
        all.extend(some.iter().map(&mut of));
        desk.breathe().await?;
    }
    Ok(all)
}

/// What the columns `topic` and `mood` say of each of these texts.
pub async fn columns(
    desk: &Desk,
    plan: &TextPlan,
    texts: &[String],
) -> Result<[(&'static str, Vec<String>); 2]> {
    let (reader, topics) = (Reader::new(plan), plan.list());
    let read = |text: &String| (!text.is_empty()).then(|| reader.read(text));
    let said: Vec<Option<Said>> = each(desk, texts, read).await?;
    let topic =
        |said: &Option<Said>| said.and_then(|said| said.main).map(|at| topics[usize::from(at)].name.clone());
    let mood = |said: &Option<Said>| said.map(|said| MOODS[said.mood as usize].to_string());
    Ok([
        ("topic", said.iter().map(|said| topic(said).unwrap_or_default()).collect()),
        ("mood", said.iter().map(|said| mood(said).unwrap_or_default()).collect()),
    ])
}

/// The table whose rows have texts.
pub fn table(schema: &PastSchema) -> Option<Source> {
    [Source::Events, Source::Orders].into_iter().find(|source| schema.table(*source).dim(TEXT).is_some())
}

/// Hears everyone.
pub async fn feedback(
    desk: &Desk,
    schema: &PastSchema,
    text: &TextPlan,
    plan: &FeedbackPlan,
) -> Result<FeedbackReport> {
    plan.check()?;
    let table = table(schema).ok_or_else(|| missing("events: text".into()))?;
    let column = schema.column(table, TEXT)?;
    let texts = &schema.table(table).dims[column].labels;
    let by = plan.by.as_ref().map(|name| schema.column(table, name)).transpose()?;
    let stars = plan.stars.as_ref().map(|name| schema.number(table, name)).transpose()?;
    let progress = |done: u64| desk.progress("feedback", done, 4, "rounds");
    progress(0);
    let (reader, topics) = (Reader::new(text), &text.list());
    let said = each(desk, texts, |text| reader.read(text)).await?;
    progress(1);
    let mut words = terms::terms(texts[1..].iter(), u64::from(plan.least), 4 * plan.top as usize);
    let word = plan.word.as_ref().map(|word| known(&mut words, lexer::folded(word.trim())));
    progress(2);
    let (starts, found) = places(desk, texts, &words).await?;
    let back = |periods: u32| schema.end.saturating_sub(periods * plan.compare * DAY);
    progress(3);
    let question = Voices {
        table,
        text: column as u32,
        said,
        starts,
        words: found,
        topics: topics.len() as u32,
        terms: words.len() as u32,
        word: word.map(|at| at as u32),
        by: by.map(|at| at as u32),
        stars: stars.map(|at| at as u32),
        periods: [back(2), back(1), schema.end],
    };
    let heard = desk.sum(&question).await?;
    let said = &question.said;
    let asked = Asked { schema, table, topics, reader: &reader, plan, words: &words, texts, said, by, stars };
    Ok(asked.report(&heard))
}

/// The place of a word, which is put behind the others if they are without it.
fn known(words: &mut Vec<String>, word: String) -> usize {
    words.iter().position(|other| *other == word).unwrap_or_else(|| {
        words.push(word);
        words.len() - 1
    })
}

/// Which of the words stand in each text: where its own begin, and where the last's end.
async fn places(desk: &Desk, texts: &[String], words: &[String]) -> Result<(Vec<u32>, Vec<u32>)> {
    let mut phrases = Phrases::default();
    words.iter().enumerate().for_each(|(at, word)| *phrases.entry(word) = Some(at as u32));
    let mut found = Vec::new();
    let look = |text: &String| {
        let start = found.len() as u32;
        let text = lexer::folded(text);
        let tokens = lexer::tokens(&text);
        let mut here = BTreeSet::new();
        for at in 0..tokens.len() {
            phrases.each(&tokens, at, |_, word| {
                here.insert(*word);
            });
        }
        found.extend(here);
        start
    };
    let mut starts = each(desk, texts, look).await?;
    starts.push(found.len() as u32);
    Ok((starts, found))
}
