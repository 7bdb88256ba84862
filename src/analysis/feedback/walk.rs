//! Who wrote what: texts and people by topic, mood, month, column and word.

use super::plan::MOST;
use super::read::{Mood, Said};
use crate::error::Result;
use crate::shard::{Analysis, Partial, Shard, add_up};
use crate::table::history::calendar::Part;
use crate::table::history::past::Table;
use crate::table::history::{Source, money};
use crate::table::store::packed;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// Measure: the mood of somebody's last text, from 1 in the order of [`super::MOODS`]; 0 if they wrote none.
pub const MOOD: &str = "mood";
/// Measure: 2 for who ever complained, 1 for who wrote and did not, 0 for the others.
pub const WROTE: &str = "wrote";
/// Measure: 2 for who used the word that is asked about and ever complained of anything, 1 for who used it and did not.
pub const WORD: &str = "word";
/// Measures by topic: 2 for who ever complained of it, 1 for who named it, 0 for the others.
pub const TOPICS: [&str; MOST] = [
    "topic-1", "topic-2", "topic-3", "topic-4", "topic-5", "topic-6", "topic-7", "topic-8", "topic-9",
    "topic-10", "topic-11", "topic-12", "topic-13", "topic-14", "topic-15", "topic-16", "topic-17",
    "topic-18", "topic-19", "topic-20", "topic-21", "topic-22", "topic-23", "topic-24",
];

/// Hears everyone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Voices {
    /// Whose rows have the texts.
    pub table: Source,
    /// Their column.
    pub text: u32,
    /// What each text says, by its code.
    pub said: Vec<Said>,
    /// Where the words of each text begin in `words`, and the end of the last's.
    #[serde(with = "packed")]
    pub starts: Vec<u32>,
    /// Words by their place among those that are counted, in order within a text.
    #[serde(with = "packed")]
    pub words: Vec<u32>,
    /// How many topics there are.
    pub topics: u32,
    /// How many words.
    pub terms: u32,
    /// The word whose people are found.
    pub word: Option<u32>,
    /// The column texts are told apart by.
    pub by: Option<u32>,
    /// The column of stars.
    pub stars: Option<u32>,
    /// First seconds of the two periods, and the end of the second.
    pub periods: [u32; 3],
}

/// What some texts say, and how many people.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Voice {
    /// Texts.
    pub texts: u64,
    /// People who wrote them.
    pub people: u64,
    /// Of them, who complained.
    pub complainers: u64,
    /// Texts by mood.
    pub moods: [u64; 4],
    /// Texts that name no topic.
    pub silent: u64,
    /// By topic: texts that name it, praise it, complain of it; people who named it, who complained of it.
    pub topics: Vec<[u64; 5]>,
}

impl Voice {
    /// Adds texts of one person.
    fn hear(&mut self, topics: usize, texts: impl Iterator<Item = Said>) {
        self.topics.resize(topics, [0; 5]);
        let (mut before, mut complained) = (true, false);
        let (mut named, mut blamed) = (0, 0);
        for said in texts {
            self.texts += 1;
            self.people += u64::from(before);
            before = false;
            self.moods[said.mood as usize] += 1;
            complained |= said.complains();
            self.silent += u64::from(said.topics == 0);
            named |= said.topics;
            blamed |= said.blamed;
            for (at, topic) in self.topics.iter_mut().enumerate() {
                let of = |bits: u32| u64::from(bits >> at & 1);
                add(topic, [of(said.topics), of(said.praised), of(said.blamed), 0, 0]);
            }
        }
        self.complainers += u64::from(complained);
        for (at, topic) in self.topics.iter_mut().enumerate() {
            add(topic, [0, 0, 0, u64::from(named >> at & 1), u64::from(blamed >> at & 1)]);
        }
    }
}

fn add<const N: usize>(to: &mut [u64; N], from: [u64; N]) {
    to.iter_mut().zip(from).for_each(|(to, n)| *to += n);
}

impl Partial for Voice {
    fn merge(&mut self, other: Self) {
        self.texts += other.texts;
        self.people += other.people;
        self.complainers += other.complainers;
        self.silent += other.silent;
        add(&mut self.moods, other.moods);
        self.topics.resize(self.topics.len().max(other.topics.len()), [0; 5]);
        self.topics.iter_mut().zip(other.topics).for_each(|(to, from)| add(to, from));
    }
}

impl Said {
    /// Whether a text complains, praise beside it or not.
    pub fn complains(&self) -> bool {
        matches!(self.mood, Mood::Negative | Mood::Mixed)
    }
}

/// Everything that was heard.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    /// In all.
    pub all: Voice,
    /// By month since 1970-01.
    pub months: BTreeMap<u32, Voice>,
    /// By the code of the column.
    pub by: BTreeMap<u32, Voice>,
    /// The period before, and the last one.
    pub periods: [Voice; 2],
    /// By word: texts, people, and those of them who complained of anything.
    pub words: Vec<u64>,
    /// Texts by stars and mood.
    pub stars: BTreeMap<i64, [u64; 4]>,
}

impl Partial for Heard {
    fn merge(&mut self, other: Self) {
        self.all.merge(other.all);
        let [before, last] = other.periods;
        self.periods[0].merge(before);
        self.periods[1].merge(last);
        other
            .months
            .into_iter()
            .for_each(|(month, voice)| self.months.entry(month).or_default().merge(voice));
        other.by.into_iter().for_each(|(code, voice)| self.by.entry(code).or_default().merge(voice));
        other.stars.into_iter().for_each(|(stars, moods)| add(self.stars.entry(stars).or_default(), moods));
        add_up(&mut self.words, &other.words);
    }
}

/// What the walk keeps from person to person.
#[derive(Default)]
pub struct Hand {
    /// Rows with a text.
    rows: Vec<usize>,
    /// Words of one person.
    words: Vec<u32>,
}

impl Voices {
    fn said(&self, table: &Table, row: usize) -> Said {
        self.said[table.dims[self.text as usize].at(row) as usize]
    }
    fn person(&self, table: &Table, person: usize, hand: &mut Hand, sum: &mut Heard) {
        let topics = self.topics as usize;
        let text = &table.dims[self.text as usize];
        hand.rows.clear();
        hand.rows.extend(table.rows(person).filter(|row| text.at(*row) > 0));
        let said = |row: &usize| self.said(table, *row);
        sum.all.hear(topics, hand.rows.iter().map(said));
        let month = |row: &usize| Part::Month.of(table.times[*row]);
        for rows in hand.rows.chunk_by(|a, b| month(a) == month(b)) {
            sum.months.entry(month(&rows[0])).or_default().hear(topics, rows.iter().map(said));
        }
        for (voice, ends) in sum.periods.iter_mut().zip(self.periods.windows(2)) {
            let inside = hand.rows.iter().filter(|row| (ends[0]..ends[1]).contains(&table.times[**row]));
            voice.hear(topics, inside.map(said));
        }
        if let Some(stars) = self.stars {
            for row in &hand.rows {
                let stars = table.measures[stars as usize][*row];
                if stars != money::NONE {
                    sum.stars.entry(stars).or_default()[said(row).mood as usize] += 1;
                }
            }
        }
        self.words(table, hand, sum);
    }
    /// Where the texts stand in the column they are told apart by; rows are in its order afterwards.
    fn by(&self, table: &Table, rows: &mut [usize], sum: &mut Heard) {
        let Some(by) = self.by else { return };
        let label = |row: &usize| table.dims[by as usize].at(*row);
        rows.sort_by_key(label);
        for rows in rows.chunk_by(|a, b| label(a) == label(b)) {
            let said = rows.iter().map(|row| self.said(table, *row));
            sum.by.entry(label(&rows[0])).or_default().hear(self.topics as usize, said);
        }
    }
    fn words(&self, table: &Table, hand: &mut Hand, sum: &mut Heard) {
        let text = &table.dims[self.text as usize];
        sum.words.resize(3 * self.terms as usize, 0);
        hand.words.clear();
        let mut complains = false;
        for row in &hand.rows {
            let code = text.at(*row) as usize;
            let words = &self.words[self.starts[code] as usize..self.starts[code + 1] as usize];
            words.iter().for_each(|word| sum.words[3 * *word as usize] += 1);
            hand.words.extend(words);
            complains |= self.said[code].complains();
        }
        hand.words.sort_unstable();
        hand.words.dedup();
        for word in &hand.words {
            sum.words[3 * *word as usize + 1] += 1;
            sum.words[3 * *word as usize + 2] += u64::from(complains);
        }
    }
}

impl Analysis for Voices {
    const NAME: &'static str = "feedback";
    type Partial = Heard;
    type Work = Hand;
    fn walked(shard: &Shard) -> usize {
        shard.past.len()
    }
    fn begin(&self, _: &Shard) -> Result<Hand> {
        Ok(Hand::default())
    }
    fn add(&self, hand: &mut Hand, shard: &mut Shard, rows: Range<usize>, sum: &mut Heard) {
        let names = &TOPICS[..self.topics as usize];
        let mut mood = shard.past.take_measure(MOOD, 0);
        let mut wrote = shard.past.take_measure(WROTE, 0);
        let mut used = shard.past.take_measure(WORD, 0);
        let mut topics: Vec<Vec<i32>> = names.iter().map(|name| shard.past.take_measure(name, 0)).collect();
        let table = shard.past.table(self.table);
        for person in rows {
            // A shard without rows of the table has no columns of it either.
            if table.rows(person).is_empty() {
                continue;
            }
            self.person(table, person, hand, sum);
            let texts = || hand.rows.iter().map(|row| self.said(table, *row));
            mood[person] = texts().next_back().map_or(0, |said| said.mood as i32 + 1);
            wrote[person] = texts().map(|said| 1 + i32::from(said.complains())).max().unwrap_or(0);
            let word = self.word.is_some_and(|word| hand.words.binary_search(&word).is_ok());
            used[person] = if word { wrote[person] } else { 0 };
            for (at, topic) in topics.iter_mut().enumerate() {
                let of = |said: Said| (said.topics >> at & 1) + (said.blamed >> at & 1);
                topic[person] = texts().map(of).max().unwrap_or(0) as i32;
            }
            self.by(table, &mut hand.rows, sum);
        }
        shard.past.measures.insert(MOOD.into(), mood);
        shard.past.measures.insert(WROTE.into(), wrote);
        if self.word.is_some() {
            shard.past.measures.insert(WORD.into(), used);
        }
        for (name, topic) in names.iter().zip(topics) {
            shard.past.measures.insert((*name).into(), topic);
        }
    }
}
