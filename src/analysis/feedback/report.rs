//! What feedback says.

use super::lexer;
use super::plan::{FeedbackPlan, TextTopic};
use super::read::{Reader, Said};
use super::walk::{Heard, Voice};
use crate::gate::Cells;
use crate::num::{
    Interval, Order, Tgi, auc_from_histogram, auc_interval, benjamini_hochberg, newcombe, tgi,
    two_proportions, wilson,
};
use crate::table::dates;
use crate::table::history::calendar::Part;
use crate::table::history::{PastSchema, Source};
use serde::Serialize;

/// Letters of a text that is quoted, at most.
const QUOTED: usize = 140;
/// Values of a column that are told apart, those with most texts.
const VALUES: usize = 50;

/// The report. Shares are of people who wrote, unless they say otherwise.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct FeedbackReport {
    /// The last day that counts.
    pub as_of: String,
    /// The table with the texts.
    pub table: &'static str,
    /// Everyone in the files.
    pub everyone: u64,
    /// Different texts.
    pub different: u64,
    /// All texts.
    pub all: TextLine,
    /// Texts that name no topic.
    pub silent: u64,
    /// Topics in their order.
    pub topics: Vec<TextTopicLine>,
    /// By month.
    pub months: Vec<TextLine>,
    /// The column texts are told apart by.
    pub column: Option<String>,
    /// Its values, those with most texts first.
    pub by: Vec<TextLine>,
    /// Values that are not told.
    pub more: u64,
    /// Words people use, the most used first.
    pub words: Vec<TextWord>,
    /// How texts agree with stars, where there are any.
    pub stars: Option<FeedbackStars>,
}

/// Some texts and those who wrote them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct TextLine {
    /// Which: the month, or the value.
    pub name: String,
    /// Texts.
    pub texts: u64,
    /// Texts by mood: positive, negative, mixed, neutral.
    pub moods: [u64; 4],
    /// People who wrote them.
    pub people: u64,
    /// Of them, who complained.
    pub complainers: u64,
    /// Their share.
    pub share: f64,
    /// Its 95 % interval.
    pub interval: Interval,
    /// People who complained, by topic.
    pub blamed: Vec<u64>,
    /// False discovery rate at which a value's share differs from that of the other values.
    pub q: Option<f64>,
}

/// A topic.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct TextTopicLine {
    /// Its name.
    pub name: String,
    /// Texts that name it.
    pub texts: u64,
    /// Of them, texts that praise it.
    pub praised: u64,
    /// Of them, texts that complain of it.
    pub blamed: u64,
    /// People who named it.
    pub people: u64,
    /// Their share.
    pub share: f64,
    /// Its 95 % interval.
    pub interval: Interval,
    /// People who complained of it.
    pub complainers: u64,
    /// Their share of those who named it.
    pub complaining: f64,
    /// Its 95 % interval.
    pub complaining_interval: Interval,
    /// How many more complain of it now.
    pub change: Option<TextChange>,
    /// Some of the texts that complain of it, else that name it.
    pub quotes: Vec<String>,
}

/// The share of those who wrote in a period that complained of a topic, against the period before.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct TextChange {
    /// People before.
    pub before: [u64; 2],
    /// People now: who complained, who wrote.
    pub now: [u64; 2],
    /// The share now less that before.
    pub difference: f64,
    /// Its 95 % interval (Newcombe).
    pub interval: Interval,
    /// False discovery rate over all topics.
    pub q: f64,
}

/// A word.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct TextWord {
    /// The word, in lower case.
    pub word: String,
    /// Texts with it.
    pub texts: u64,
    /// People who used it.
    pub people: u64,
    /// Of them, who complained of anything.
    pub complainers: u64,
    /// How often people who complained used it, against everyone who wrote.
    pub tgi: Tgi,
    /// False discovery rate at which they used it more or less often than those who did not complain.
    pub q: f64,
    /// Topics that know it.
    pub topics: Vec<String>,
}

/// How texts agree with stars.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct FeedbackStars {
    /// The column.
    pub column: String,
    /// The chance that a text read as praise has more stars than one read as a complaint, equal ones half.
    pub auc: Option<f64>,
    /// Its 95 % interval, as if every text were of somebody else.
    pub interval: Option<Interval>,
    /// Texts by stars (in the column's unit) and mood.
    pub lines: Vec<(f64, [u64; 4])>,
}

/// What was asked.
pub(super) struct Asked<'a> {
    pub schema: &'a PastSchema,
    pub table: Source,
    pub topics: &'a [TextTopic],
    pub reader: &'a Reader,
    pub plan: &'a FeedbackPlan,
    pub words: &'a [String],
    pub texts: &'a [String],
    pub said: &'a [Said],
    pub by: Option<usize>,
    pub stars: Option<usize>,
}

fn share(n: u64, of: u64) -> f64 {
    if of > 0 { n as f64 / of as f64 } else { 0.0 }
}

fn line(name: String, voice: &Voice) -> TextLine {
    TextLine {
        name,
        texts: voice.texts,
        moods: voice.moods,
        people: voice.people,
        complainers: voice.complainers,
        share: share(voice.complainers, voice.people),
        interval: wilson(voice.complainers as f64, voice.people as f64),
        blamed: voice.topics.iter().map(|topic| topic[4]).collect(),
        q: None,
    }
}

impl Asked<'_> {
    pub fn report(&self, heard: &Heard) -> FeedbackReport {
        let by = self.by(heard);
        let more = by.len().saturating_sub(VALUES) as u64;
        FeedbackReport {
            as_of: dates::text(f64::from(self.schema.end_day()) - 1.0),
            table: self.table.name(),
            everyone: self.schema.people,
            different: self.texts.len() as u64 - 1,
            all: line(String::new(), &heard.all),
            silent: heard.all.silent,
            topics: self.topics(heard),
            months: heard
                .months
                .iter()
                .map(|(month, voice)| line(Part::Month.label(*month), voice))
                .collect(),
            column: self.plan.by.clone(),
            by: by.into_iter().take(VALUES).collect(),
            more,
            words: self.words(heard),
            stars: self.stars.map(|at| self.stars(at, heard)),
        }
    }
    fn by(&self, heard: &Heard) -> Vec<TextLine> {
        let Some(at) = self.by else { return vec![] };
        let labels = &self.schema.table(self.table).dims[at].labels;
        let mut lines: Vec<TextLine> =
            heard.by.iter().map(|(code, voice)| line(labels[*code as usize].clone(), voice)).collect();
        // Who wrote under two values counts on both sides, which makes the test a little shy.
        let sum = |of: fn(&TextLine) -> u64| lines.iter().map(of).sum::<u64>();
        let (people, complainers) = (sum(|line| line.people), sum(|line| line.complainers));
        let p = |line: &TextLine| {
            let rest = [complainers - line.complainers, people - line.people].map(|n| n as f64);
            two_proportions(rest[0], rest[1], line.complainers as f64, line.people as f64).p
        };
        let q = benjamini_hochberg(&lines.iter().map(p).collect::<Vec<_>>());
        lines.iter_mut().zip(q).for_each(|(line, q)| line.q = Some(q));
        lines.order_by(|a, b| b.texts.cmp(&a.texts).then_with(|| a.name.cmp(&b.name)));
        lines
    }
    fn topics(&self, heard: &Heard) -> Vec<TextTopicLine> {
        let changes = self.changes(heard);
        let none = [0; 5];
        let topic = |((at, topic), change): ((usize, &TextTopic), Option<TextChange>)| {
            let [texts, praised, blamed, people, complainers] = *heard.all.topics.get(at).unwrap_or(&none);
            TextTopicLine {
                name: topic.name.clone(),
                texts,
                praised,
                blamed,
                people,
                share: share(people, heard.all.people),
                interval: wilson(people as f64, heard.all.people as f64),
                complainers,
                complaining: share(complainers, people),
                complaining_interval: wilson(complainers as f64, people as f64),
                change,
                quotes: self.quotes(at),
            }
        };
        self.topics.iter().enumerate().zip(changes).map(topic).collect()
    }
    fn changes(&self, heard: &Heard) -> Vec<Option<TextChange>> {
        let [before, now] = &heard.periods;
        let topics = self.topics.len();
        if self.plan.compare == 0 || before.people == 0 || now.people == 0 {
            return vec![None; topics];
        }
        let counts = |at: usize| [before, now].map(|voice| [voice.topics[at][4], voice.people]);
        // Of what nobody names nothing is tested, so it costs the others nothing.
        let named = |at: &usize| heard.all.topics[*at][0] > 0;
        let (mut changes, mut p) = (vec![None; topics], Vec::new());
        for at in (0..topics).filter(named) {
            let [before, now] = counts(at);
            let [[x1, n1], [x2, n2]] = [before, now].map(|of| of.map(|n| n as f64));
            p.push(two_proportions(x1, n1, x2, n2).p);
            let (difference, interval) = (x2 / n2 - x1 / n1, newcombe(x1, n1, x2, n2));
            changes[at] = Some(TextChange { before, now, difference, interval, q: 1.0 });
        }
        changes.iter_mut().flatten().zip(benjamini_hochberg(&p)).for_each(|(change, q)| change.q = q);
        changes
    }
    /// Texts that complain of a topic, else name it: in an order that has nothing to do with what they say.
    fn quotes(&self, topic: usize) -> Vec<String> {
        let rank = |at: usize| {
            let said = self.said[at];
            let known = said.topics >> topic & 1 == 1;
            known.then(|| (said.blamed >> topic & 1 == 0, scattered(&self.texts[at]), at))
        };
        let mut ranked: Vec<(bool, u64, usize)> = Vec::new();
        let most = self.plan.quotes as usize;
        for of in (1..self.texts.len()).filter_map(rank) {
            let place = ranked.partition_point(|other| *other < of);
            if place < most {
                ranked.insert(place, of);
                ranked.truncate(most);
            }
        }
        ranked.into_iter().map(|(.., at)| quoted(&self.texts[at])).collect()
    }
    fn words(&self, heard: &Heard) -> Vec<TextWord> {
        let all = &heard.all;
        let quiet = (all.people - all.complainers) as f64;
        let word = |(word, counts): (&String, &[u64])| {
            let [texts, people, complainers] = [counts[0], counts[1], counts[2]];
            let others = (people - complainers) as f64;
            let p = two_proportions(others, quiet, complainers as f64, all.complainers as f64).p;
            let topics = self.reader.read(word).topics;
            let known = self.topics.iter().enumerate().filter(|(at, _)| topics >> at & 1 == 1);
            let topics = known.map(|(_, topic)| topic.name.clone()).collect();
            let tgi = tgi(complainers, all.complainers, people, all.people);
            (TextWord { word: word.clone(), texts, people, complainers, tgi, q: 1.0, topics }, p)
        };
        let counted = self.words.iter().zip(heard.words.chunks_exact(3)).map(word);
        // The word that was asked about is told however few use it.
        let asked = self.plan.word.as_ref().map(|word| lexer::folded(word.trim()));
        let asked = |word: &TextWord| asked.as_ref() == Some(&word.word);
        let mut words: Vec<(TextWord, f64)> =
            counted.filter(|(word, _)| word.people >= u64::from(self.plan.least) || asked(word)).collect();
        words.order_by(|(a, _), (b, _)| b.people.cmp(&a.people).then_with(|| a.word.cmp(&b.word)));
        let mut told = 0;
        words.retain(|(word, _)| {
            told += 1;
            told <= self.plan.top || asked(word)
        });
        let q = benjamini_hochberg(&words.iter().map(|(_, p)| *p).collect::<Vec<_>>());
        words.into_iter().zip(q).map(|((word, _), q)| TextWord { q, ..word }).collect()
    }
    fn stars(&self, at: usize, heard: &Heard) -> FeedbackStars {
        let measure = &self.schema.table(self.table).measures[at];
        let unit = (0..measure.decimals).fold(1.0, |unit, _| unit * 10.0);
        let of = |mood: usize| heard.stars.values().map(|moods| moods[mood]).collect::<Vec<u64>>();
        let (praise, complaints) = (of(0), of(1));
        let [some, others] = [&praise, &complaints].map(|counts| counts.iter().sum::<u64>());
        let auc = (some > 0 && others > 0).then(|| auc_from_histogram(&praise, &complaints));
        FeedbackStars {
            column: measure.name.clone(),
            auc,
            // Where no pair stands the wrong way round the formula knows no error.
            interval: auc.filter(|auc| *auc > 0.0 && *auc < 1.0).map(|auc| auc_interval(auc, some, others)),
            lines: heard.stars.iter().map(|(stars, moods)| (*stars as f64 / unit, *moods)).collect(),
        }
    }
}

/// A number of a text that says nothing of it (FNV-1a).
fn scattered(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// A text as it may be shown.
fn quoted(text: &str) -> String {
    let text = lexer::blotted(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    match text.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

impl Cells for FeedbackReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        self.topics.iter().for_each(|topic| visit(topic.people));
        self.months.iter().chain(&self.by).for_each(|line| visit(line.people));
        self.words.iter().for_each(|word| visit(word.people));
    }
}
