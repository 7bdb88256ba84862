//! The words people use, without a dictionary: runs of characters (or words) that hold together and stand freely.
//!
//! A run holds together if it is met more often than chance would put its parts side by side, however it is cut (pointwise
//! mutual information), and stands freely if many different things stand before and behind it (branching entropy): Luo, Sun,
//! Two-character Chinese word extraction (ACL 2003); Jin, Tanaka-Ishii, Unsupervised segmentation of Chinese text by use of
//! branching entropy (COLING/ACL 2006). Runs grow by one from those met often enough, so only those are ever counted.
//! A text that many people sent counts once: what is copied is not what people say.

use super::lexer::{Token, alone, folded, tokens};
use crate::num::{Order, ln};
use std::collections::BTreeMap;

/// Texts that are looked at, evenly spread over all.
const TEXTS: usize = 50_000;
/// Words or characters of a run, at most.
const LONGEST: usize = 4;
/// How often a run is met against chance, as a logarithm, at least.
const TOGETHER: f64 = 2.5;
/// Entropy of what stands on either side, at least.
const FREE: f64 = 1.0;
/// A run that is part of a longer one this often (of ten) is not told beside it.
const PART: u64 = 8;

/// No word of its own, nor the end of one.
const STOP: &str = "a an the and or but if of to in on at by for from with as is are was were be been being am it its it's \
    i i'm i've my me we our us you your he she his her they them their this that these those there here so very too just \
    also then than when while have has had do does did will would can could should not no nor don't didn't doesn't isn't \
    wasn't can't won't which who what how all any some more most much many one two again about after before because \
    only even still really s t m re ve d ll \
    的 了 着 过 是 我 你 您 他 她 它 们 这 那 哪 在 和 与 及 也 就 都 很 太 还 又 再 把 被 让 给 对 从 到 向 跟 吗 呢 吧 啊 呀 \
    哦 嗯 哈 么 什 怎 个 一 二 两 三 几 些 有 没 不 要 会 能 可 想 说 看 去 来 上 下 里 中 为 以 而 但 如 因 所 之 其 得 地 等 时 \
    后 前 用 做 才 只 真 最 更 比 挺 蛮 点 次 天 年 月 日 请 问";

/// A run of characters, or of words.
#[derive(Clone, Debug)]
struct Run {
    text: String,
    /// The runs it has lost its last and its first word to.
    parts: [usize; 2],
    words: usize,
    met: u64,
}

/// Words of texts (each counted once), the most frequent first, then by their bytes; met `least` times at least.
pub fn terms<'a>(texts: impl ExactSizeIterator<Item = &'a String>, least: u64, top: usize) -> Vec<String> {
    let every = texts.len().div_ceil(TEXTS).max(1);
    let folded: Vec<String> = texts.step_by(every).map(|text| folded(text)).collect();
    let mut book = Book::new(&folded);
    let mut starts = book.letters(least);
    let all = book.places.len() as f64;
    for words in 2..=LONGEST {
        starts = book.grow(&starts, words, least);
        if starts.iter().all(Option::is_none) {
            break;
        }
    }
    let free = book.free();
    let mut found: Vec<usize> = (0..book.runs.len())
        .filter(|at| {
            book.stands(*at) && (book.runs[*at].words == 1 || book.holds(*at, all) && free[*at] >= FREE)
        })
        .collect();
    book.drop_parts(&mut found);
    found.order_by(|a, b| {
        book.runs[*b].met.cmp(&book.runs[*a].met).then_with(|| book.runs[*a].text.cmp(&book.runs[*b].text))
    });
    found.into_iter().take(top).map(|at| book.runs[at].text.clone()).collect()
}

/// Places of all texts in a row, and runs that begin there.
struct Book<'a> {
    /// The words by place; nothing where a text or a clause ends.
    places: Vec<Option<&'a str>>,
    runs: Vec<Run>,
    /// Runs by the places they begin at.
    met: Vec<Vec<u32>>,
}

impl<'a> Book<'a> {
    fn new(texts: &'a [String]) -> Book<'a> {
        let mut places = vec![None];
        for text in texts {
            places.extend(tokens(text).into_iter().map(|token| match token {
                Token::Word(word) => Some(word),
                Token::Gap => None,
            }));
            places.push(None);
        }
        Book { places, runs: vec![], met: vec![] }
    }
    /// Single words met often enough, by place.
    fn letters(&mut self, least: u64) -> Vec<Option<usize>> {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        self.places.iter().flatten().for_each(|word| *counts.entry(word).or_default() += 1);
        let often = counts.into_iter().filter(|(_, met)| *met >= least).enumerate();
        let known: BTreeMap<&str, usize> = often
            .map(|(at, (word, met))| {
                self.runs.push(Run { text: word.into(), parts: [at; 2], words: 1, met });
                (word, at)
            })
            .collect();
        let starts: Vec<Option<usize>> =
            self.places.iter().map(|word| word.and_then(|word| known.get(word).copied())).collect();
        self.keep(&starts);
        starts
    }
    /// Runs one word longer, by place.
    fn grow(&mut self, starts: &[Option<usize>], words: usize, least: u64) -> Vec<Option<usize>> {
        let pair = |at: usize| Some((starts[at]?, (*starts.get(at + 1)?)?));
        let mut pairs: Vec<(usize, usize)> = (0..starts.len()).filter_map(pair).collect();
        pairs.sort_unstable();
        let counts = pairs.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u64));
        let mut known = BTreeMap::new();
        for ((one, other), met) in counts.filter(|(_, met)| *met >= least) {
            known.insert((one, other), self.runs.len());
            let last = self.last(other);
            let text = self.joined(one, &last);
            self.runs.push(Run { text, parts: [one, other], words, met });
        }
        let starts: Vec<Option<usize>> = (0..starts.len()).map(|at| known.get(&pair(at)?).copied()).collect();
        self.keep(&starts);
        starts
    }
    fn keep(&mut self, starts: &[Option<usize>]) {
        self.met.resize(self.runs.len(), vec![]);
        for (at, run) in starts.iter().enumerate() {
            run.iter().for_each(|run| self.met[*run].push(at as u32));
        }
    }
    /// The last word of a run.
    fn last(&self, run: usize) -> String {
        let mut run = run;
        while self.runs[run].words > 1 {
            run = self.runs[run].parts[1];
        }
        self.runs[run].text.clone()
    }
    /// A run with a word behind it, with a space between words that have spaces.
    fn joined(&self, run: usize, word: &str) -> String {
        let text = &self.runs[run].text;
        let close = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() || alone(c));
        let space = if close(text.chars().last()) || close(word.chars().next()) { "" } else { " " };
        format!("{text}{space}{word}")
    }
    /// Whether every cut of a run has parts that are met together more often than chance has it.
    fn holds(&self, run: usize, all: f64) -> bool {
        let of = &self.runs[run];
        let met = |run: usize| self.runs[run].met as f64;
        (1..of.words).all(|cut| {
            let [mut head, mut tail] = [run, run];
            while self.runs[head].words > cut {
                head = self.runs[head].parts[0];
            }
            while self.runs[tail].words > of.words - cut {
                tail = self.runs[tail].parts[1];
            }
            ln(all * of.met as f64 / (met(head) * met(tail))) >= TOGETHER
        })
    }
    /// Of each run the lesser entropy of what stands before and behind it. Where a clause ends every time is another thing.
    fn free(&self) -> Vec<f64> {
        let side = |places: &[u32], by: &dyn Fn(usize) -> usize| {
            let words = places.iter().map(|at| self.places[by(*at as usize)]);
            let mut words: Vec<&str> = words.flatten().collect();
            let ends = (places.len() - words.len()) as f64;
            words.sort_unstable();
            let all = places.len() as f64;
            let part = |n: f64| n / all * ln(all / n);
            ends * part(1.0) + words.chunk_by(|a, b| a == b).map(|same| part(same.len() as f64)).sum::<f64>()
        };
        let run = |(run, places): (&Run, &Vec<u32>)| {
            let before = side(places, &|at| at - 1);
            before.min(side(places, &|at| at + run.words))
        };
        self.runs.iter().zip(&self.met).map(run).collect()
    }
    /// Whether a run can be a word at all: not a single character, not what only joins others, nor beginning or ending so.
    fn stands(&self, run: usize) -> bool {
        let of = &self.runs[run];
        let stop = |word: &str| STOP.split_whitespace().any(|stop| stop == word);
        let mut head = run;
        while self.runs[head].words > 1 {
            head = self.runs[head].parts[0];
        }
        let single = of.words == 1
            && (of.text.chars().count() == 1 && of.text.chars().all(alone) || of.text.chars().count() < 2);
        !single && !stop(&self.runs[head].text) && !stop(&self.last(run))
    }
    /// Drops runs that are hardly met outside a longer one.
    fn drop_parts(&self, found: &mut Vec<usize>) {
        let mut within: BTreeMap<usize, u64> = BTreeMap::new();
        for run in found.iter().map(|at| &self.runs[*at]).filter(|run| run.words > 1) {
            let mut parts = run.parts.to_vec();
            while let Some(part) = parts.pop() {
                let most = within.entry(part).or_default();
                *most = (*most).max(run.met);
                if self.runs[part].words > 1 {
                    parts.extend(self.runs[part].parts);
                }
            }
        }
        found.retain(|at| within.get(at).is_none_or(|most| most * 10 < self.runs[*at].met * PART));
    }
}
