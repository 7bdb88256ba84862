//! From kept rows to codes: dictionaries and quantile cuts are agreed over all shards, then every cell becomes a code.
//!
//! Labels are numbered by how many people have them, most first, then by their bytes; numbers are cut at the
//! exact 40-quantiles of the people who have one. Both depend on the people only, never on the shards.

use super::side::{Kept, Side};
use crate::error::{Error, Kind, Result};
use crate::num::{Order, mapped};
use crate::table::people::Codes;
use crate::table::schema::{Feature, FeatureKind, Namespace};
use crate::table::store::parcel::{Column, NO_LABEL};
use crate::table::{dates, values};
use std::collections::BTreeMap;

/// Quantile bins of a number.
pub const BINS: usize = 40;
/// Most different labels of a column.
pub const MOST_LABELS: usize = 65_000;
/// "Not in the brand's file."
pub const NOBODY: u32 = u32::MAX;

/// For each person of the tag file, where the brand's file has them, or [`NOBODY`].
pub fn join(tags: &Side, first_party: &Side) -> Vec<u32> {
    tags.keys.iter().map(|&key| first_party.find(key).map_or(NOBODY, |at| at as u32)).collect()
}

/// Which entry of a kept column belongs to each person of the tag file.
#[derive(Clone, Copy)]
pub enum At<'a> {
    /// The column is of the tag file.
    Same(usize),
    /// The column is of the brand's file.
    Joined(&'a [u32]),
}

impl<'a> At<'a> {
    /// Entries in the order of the tag file's people.
    pub fn entries(self) -> impl Iterator<Item = Option<usize>> + 'a {
        let len = match self {
            At::Same(len) => len,
            At::Joined(at) => at.len(),
        };
        (0..len).map(move |i| match self {
            At::Same(_) => Some(i),
            At::Joined(at) => (at[i] != NOBODY).then_some(at[i] as usize),
        })
    }
}

/// How many people have each label. Labels of a person are counted once.
pub fn labels(kept: &Kept, at: At) -> BTreeMap<String, u64> {
    let Some(list) = kept.words() else { return BTreeMap::new() };
    let mut counts = vec![0u64; list.len()];
    let mut seen = vec![u32::MAX; list.len()];
    let more = kept.later();
    for (i, entry) in at.entries().enumerate() {
        let Some(entry) = entry else { continue };
        kept.each(entry, &more, |label| {
            if std::mem::replace(&mut seen[label as usize], i as u32) != i as u32 {
                counts[label as usize] += 1;
            }
        });
    }
    mapped(list.iter().cloned().zip(counts).filter(|(_, n)| *n > 0))
}

/// A feature of labels, numbered by people.
pub fn labelled(namespace: Namespace, column: &Column, counts: BTreeMap<String, u64>) -> Result<Feature> {
    if counts.len() > MOST_LABELS {
        return Err(Error::new(Kind::TooManyValues).column(&column.name));
    }
    if counts.keys().any(|label| formula(label)) {
        return Err(Error::new(Kind::FormulaLabel).column(&column.name));
    }
    let mut ranked: Vec<(String, u64)> = counts.into_iter().collect();
    ranked.order_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let labels = std::iter::once(String::new()).chain(ranked.into_iter().map(|(label, _)| label)).collect();
    Ok(Feature { namespace, column: column.name.clone(), kind: column.kind, labels, edges: vec![] })
}

/// Whether a spreadsheet would run a label: refused here, so that no export has to alter it later.
pub fn formula(label: &str) -> bool {
    label.starts_with(['=', '+', '-', '@', '\t', '\0']) && values::number(label.as_bytes()).is_none()
}

/// Which order statistics cut `filled` numbers into [`BINS`]: the lowest, the 40-quantiles, the highest.
pub fn statistics(filled: u64) -> Vec<u64> {
    let Some(last) = filled.checked_sub(1) else { return vec![] };
    (0..BINS as u64).map(|j| j * filled / BINS as u64).chain([last]).collect()
}

/// A feature of cut numbers. `at` holds the values of [`statistics`].
pub fn cut(namespace: Namespace, column: &Column, at: &[f64]) -> Feature {
    let (mut edges, highest) = match at.split_last() {
        Some((&highest, lower)) => (lower.to_vec(), highest),
        None => (vec![], 0.0),
    };
    edges.dedup();
    let text = |v: f64| if column.kind == FeatureKind::Date { dates::text(v) } else { format!("{v}") };
    let bin = |i: usize| match edges.get(i + 1) {
        Some(&next) => format!("[{}, {})", text(edges[i]), text(next)),
        None if edges[i] == highest => text(highest),
        None => format!("[{}, {}]", text(edges[i]), text(highest)),
    };
    let labels = std::iter::once(String::new()).chain((0..edges.len()).map(bin)).collect();
    Feature { namespace, column: column.name.clone(), kind: column.kind, labels, edges }
}

/// The codes of a kept column.
pub fn codes(kept: &Kept, feature: &Feature, at: At) -> Codes {
    match kept {
        Kept::Numbers(values) => {
            single(feature, at.entries().map(|entry| bin(&feature.edges, entry.map(|e| values[e]))))
        }
        Kept::Labels { words, codes } => {
            let number = numbers(&words.list, feature);
            single(
                feature,
                at.entries().map(|entry| match entry.map(|e| codes[e]) {
                    None | Some(NO_LABEL) => 0,
                    Some(code) => number[code as usize],
                }),
            )
        }
        Kept::Lists { words, .. } => runs(kept, &numbers(&words.list, feature), at),
    }
}

/// What lies below the lowest edge belongs to the lowest bin, which happens where edges come from another table.
fn bin(edges: &[f64], value: Option<f64>) -> u16 {
    match value {
        Some(v) if !v.is_nan() => edges.partition_point(|&e| e <= v).max(1).min(edges.len()) as u16,
        _ => 0,
    }
}

fn single(feature: &Feature, codes: impl Iterator<Item = u16>) -> Codes {
    if feature.codes() <= 256 {
        Codes::Narrow(codes.map(|c| c as u8).collect())
    } else {
        Codes::Wide(codes.collect())
    }
}

/// The code of each of the shard's words.
fn numbers(words: &[String], feature: &Feature) -> Vec<u16> {
    let mut by_label: BTreeMap<&str, u16> = BTreeMap::new();
    by_label.extend((0u16..).zip(&feature.labels).map(|(n, l)| (l.as_str(), n)));
    words.iter().map(|w| by_label.get(w.as_str()).copied().unwrap_or(0)).collect()
}

/// Cells with a label that the feature does not have.
pub fn unseen(kept: &Kept, feature: &Feature, at: At) -> u64 {
    let number = kept.words().map_or(vec![], |words| numbers(words, feature));
    if !number.contains(&0) {
        return 0;
    }
    let (more, mut cells) = (kept.later(), 0);
    for entry in at.entries().flatten() {
        kept.each(entry, &more, |label| cells += u64::from(number[label as usize] == 0));
    }
    cells
}

fn runs(kept: &Kept, number: &[u16], at: At) -> Codes {
    let (mut starts, mut codes) = (vec![0u32], Vec::new());
    let more = kept.later();
    let mut run: Vec<u16> = Vec::new();
    for entry in at.entries() {
        run.clear();
        if let Some(entry) = entry {
            kept.each(entry, &more, |label| run.push(number[label as usize]));
        }
        run.sort_unstable();
        run.dedup();
        run.retain(|&code| code > 0);
        if run.is_empty() {
            run.push(0);
        }
        codes.extend_from_slice(&run);
        starts.push(codes.len() as u32);
    }
    Codes::Many { starts, codes }
}

/// Labels of later rows, by person.
type Later = BTreeMap<u32, Vec<u32>>;

impl Kept {
    fn words(&self) -> Option<&[String]> {
        match self {
            Kept::Labels { words, .. } | Kept::Lists { words, .. } => Some(&words.list),
            Kept::Numbers(_) => None,
        }
    }
    fn later(&self) -> Later {
        let mut later = Later::new();
        if let Kept::Lists { more, .. } = self {
            more.iter().for_each(|&(person, label)| later.entry(person).or_default().push(label));
        }
        later
    }
    fn each(&self, entry: usize, later: &Later, mut visit: impl FnMut(u32)) {
        match self {
            Kept::Labels { codes, .. } if codes[entry] != NO_LABEL => visit(codes[entry]),
            Kept::Lists { starts, codes, .. } => {
                codes[starts[entry] as usize..starts[entry + 1] as usize].iter().for_each(|&l| visit(l));
                later.get(&(entry as u32)).into_iter().flatten().for_each(|&l| visit(l));
            }
            _ => {}
        }
    }
    /// The numbers of a column of numbers.
    pub fn numbers(&self) -> &[f64] {
        match self {
            Kept::Numbers(values) => values,
            _ => &[],
        }
    }
}
