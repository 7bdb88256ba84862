//! What one text says: about which topics, and whether it praises or complains.
//!
//! A text is read clause by clause: signs end one, and so does *but*. Words that praise or complain count once each; a
//! word that denies turns round what follows it within three words of the same clause, unless *because* or 就 stands between
//! them; what only who is unhappy speaks of (a refund) complains denied or not. A topic is praised or complained of
//! by the clauses that name it; where those say neither, by the text as a whole (Hu, Liu: Mining and summarizing customer
//! reviews, KDD 2004; negation as in Taboada et al., Computational Linguistics 37, 2011).

use super::lexer::{self, Token};
use super::lexicon::{self, Sense};
use super::phrases::Phrases;
use super::plan::TextPlan;
use serde::{Deserialize, Serialize};

/// Words between a denial and what it denies, at most.
const REACH: usize = 3;

/// Whether a text praises or complains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mood {
    /// It praises.
    Positive,
    /// It complains.
    Negative,
    /// Both.
    Mixed,
    /// Neither.
    #[default]
    Neutral,
}

/// Names of moods, in their order.
pub const MOODS: [&str; 4] = ["positive", "negative", "mixed", "neutral"];

impl Mood {
    fn of([praise, complaints]: [u32; 2]) -> Mood {
        match (praise > 0, complaints > 0) {
            (true, true) => Mood::Mixed,
            (true, false) => Mood::Positive,
            (false, true) => Mood::Negative,
            (false, false) => Mood::Neutral,
        }
    }
}

/// What a text says. Topics are bits, by their place in the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// Named topics.
    pub topics: u32,
    /// Topics that are praised; may also be complained of.
    pub praised: u32,
    /// Topics that are complained of.
    pub blamed: u32,
    /// The topic named most often, of equals the first.
    pub main: Option<u8>,
    /// Of the whole text.
    pub mood: Mood,
}

/// Reads texts.
pub struct Reader {
    topics: Phrases<u32>,
    senses: Phrases<Sense>,
}

impl Reader {
    /// One that reads as a plan says.
    pub fn new(plan: &TextPlan) -> Reader {
        let mut topics = Phrases::<u32>::default();
        for (at, topic) in plan.list().iter().enumerate() {
            for word in &topic.words {
                *topics.entry(&lexicon::simplified(word)).get_or_insert(0) |= 1 << at;
            }
        }
        let mut senses = Phrases::default();
        for (sense, words) in lexicon::senses() {
            words.for_each(|word| *senses.entry(word) = Some(sense));
        }
        let own = [(&plan.positive, Sense::Praise), (&plan.negative, Sense::Complaint)];
        for (words, sense) in own {
            words.iter().for_each(|word| *senses.entry(&lexicon::simplified(word)) = Some(sense));
        }
        Reader { topics, senses }
    }
    /// Reads one.
    pub fn read(&self, text: &str) -> Said {
        let text = lexicon::simplified(&lexer::folded(text));
        let tokens = lexer::tokens(&text);
        let (mut said, mut all, mut named) = (Said::default(), [0, 0], [0u32; super::MOST]);
        let (mut from, mut silent) = (0, 0);
        while from < tokens.len() {
            let clause = self.clause(&tokens, from);
            let topics =
                clause.topics.iter().enumerate().fold(0, |bits, (at, n)| bits | u32::from(*n > 0) << at);
            let [praise, complaints] = clause.counts;
            said.topics |= topics;
            said.praised |= if praise > 0 { topics } else { 0 };
            said.blamed |= if complaints > 0 { topics } else { 0 };
            silent |= if praise + complaints == 0 { topics } else { 0 };
            all = [all[0] + praise, all[1] + complaints];
            named.iter_mut().zip(clause.topics).for_each(|(all, n)| *all += n);
            from = clause.end;
        }
        let silent = silent & !said.praised & !said.blamed;
        said.praised |= if all[0] > 0 { silent } else { 0 };
        said.blamed |= if all[1] > 0 { silent } else { 0 };
        said.mood = Mood::of(all);
        let most = named.iter().max().copied().unwrap_or(0);
        said.main = named.iter().position(|n| *n == most && most > 0).map(|at| at as u8);
        said
    }
    fn clause(&self, tokens: &[Token<'_>], from: usize) -> Clause {
        let mut clause = self.moods(tokens, from);
        let mut at = from;
        while at < clause.end {
            at += match self.topics.longest(&tokens[..clause.end], at) {
                Some((words, topics)) => {
                    clause.name(*topics);
                    words
                }
                None => 1,
            };
        }
        clause
    }
    /// Where a clause ends, and how much it praises and complains.
    fn moods(&self, tokens: &[Token<'_>], from: usize) -> Clause {
        let (mut clause, mut at) = (Clause { end: tokens.len(), ..Clause::default() }, from);
        // Where the last denial ends, unless it was denied itself.
        let mut denial: Option<usize> = None;
        while at < tokens.len() {
            if tokens[at] == Token::Gap {
                clause.end = at + 1;
                break;
            }
            let Some((words, sense)) = self.senses.longest(tokens, at) else {
                at += 1;
                continue;
            };
            let denied = denial.is_some_and(|end| at - end <= REACH);
            at += words;
            match sense {
                Sense::Breaks => {
                    clause.end = at;
                    break;
                }
                Sense::Firm => {
                    clause.counts[1] += 1;
                    denial = None;
                }
                Sense::Denies => denial = (!denied).then_some(at),
                Sense::Ends => denial = None,
                Sense::Praise | Sense::Complaint => {
                    clause.counts[usize::from((*sense == Sense::Complaint) != denied)] += 1;
                    denial = None;
                }
                Sense::Plain => {}
            }
        }
        clause
    }
}

/// A clause.
#[derive(Default)]
struct Clause {
    /// Where the next begins.
    end: usize,
    /// How often each topic is named.
    topics: [u32; super::MOST],
    /// Words that praise, words that complain.
    counts: [u32; 2],
}

impl Clause {
    fn name(&mut self, topics: u32) {
        self.topics.iter_mut().enumerate().for_each(|(at, n)| *n += topics >> at & 1);
    }
}
