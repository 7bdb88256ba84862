//! What marks a cluster, and a name made of it.
//!
//! A label marks a cluster if at least 10 % of the cluster have it and its TGI against everyone is 120 or
//! more (`formulas.md` F3, F15). Labels are ranked by share × ln(lower end of the TGI / 100): what the label
//! adds to the Kullback–Leibler divergence of the cluster from everyone, at the cautious end of the interval.
//! So a label most have goes before a rare one with a larger index, and one that may be chance goes last.
//!
//! Columns of the brand's own file are known for its own people only. For them "everyone" means everyone with
//! a value, on both sides; otherwise each of their labels would mark each cluster.

use super::report::TopTag;
use crate::num;
use crate::num::Order;
use crate::table::schema::{Namespace, Schema};
use std::collections::{BTreeMap, BTreeSet};

/// Least TGI of a label that marks a cluster.
const LEAST_TGI: f64 = 120.0;
/// Least share.
const LEAST_SHARE: f64 = 0.1;
/// Labels listed.
const LISTED: usize = 12;
/// Labels in a name.
const NAMED: usize = 3;
/// Labels that say nothing without their column.
const ANSWERS: [&str; 14] = [
    "yes", "no", "true", "false", "other", "其他", "low", "medium", "high", "中低", "中等", "中高", "较低",
    "较高",
];

/// What marks a cluster: bins and figures, strongest first.
pub(super) type Marks = Vec<(usize, TopTag)>;

/// Who has which bin.
pub(super) struct Names<'a> {
    schema: &'a Schema,
    /// By bin: people in the tag file.
    base: &'a [u64],
    /// People in the tag file.
    people: u64,
    /// Features left out by the plan.
    without: &'a [String],
    /// In how many features each label occurs.
    homes: BTreeMap<&'a str, u32>,
}

impl<'a> Names<'a> {
    /// Names against everyone.
    pub fn new(schema: &'a Schema, base: &'a [u64], people: u64, without: &'a [String]) -> Self {
        let mut homes = BTreeMap::new();
        for label in schema.features.iter().flat_map(|f| &f.labels[1..]) {
            *homes.entry(label.as_str()).or_default() += 1;
        }
        Names { schema, base, people, without, homes }
    }
    /// What marks a cluster of `size` people with these counts.
    pub fn top(&self, counts: &[u64], size: u64) -> Marks {
        let mut ranked: Vec<(f64, usize, TopTag)> = (0..self.schema.features.len())
            .filter(|&f| !self.without.contains(&self.schema.features[f].name()))
            .flat_map(|f| (1..self.schema.features[f].codes()).map(move |code| (f, code)))
            .filter_map(|(f, code)| self.tag(f, code, counts, size))
            .collect();
        ranked.order_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        ranked.truncate(LISTED);
        ranked.into_iter().map(|(_, bin, tag)| (bin, tag)).collect()
    }
    fn tag(&self, f: usize, code: usize, counts: &[u64], size: u64) -> Option<(f64, usize, TopTag)> {
        let (feature, bin) = (&self.schema.features[f], self.schema.starts[f] + code);
        let (n, base_n) = self.people(f, counts, size);
        let tgi = num::tgi(counts[bin], n, self.base[bin], base_n);
        let (index, interval) = (tgi.tgi?, tgi.interval?);
        let share = counts[bin] as f64 / n as f64;
        let tag = TopTag {
            feature: feature.name(),
            value: feature.labels[code].clone(),
            share,
            base_share: self.base[bin] as f64 / base_n as f64,
            tgi: index,
            tgi_low: interval.low,
            tgi_high: interval.high,
        };
        (share >= LEAST_SHARE && index >= LEAST_TGI)
            .then(|| (share * num::ln(interval.low / 100.0), bin, tag))
    }
    /// Of how many people a share is, in a cluster and in all.
    fn people(&self, f: usize, counts: &[u64], size: u64) -> (u64, u64) {
        let missing = self.schema.starts[f];
        match self.schema.features[f].namespace {
            Namespace::Tags => (size, self.people),
            Namespace::FirstParty => (size - counts[missing], self.people - self.base[missing]),
        }
    }
    /// Share of a cluster with a label, and share of everyone.
    pub fn shares(&self, bin: usize, counts: &[u64], size: u64) -> (f64, f64) {
        let (n, base_n) = self.people(self.schema.bin(bin).0, counts, size);
        (counts[bin] as f64 / n.max(1) as f64, self.base[bin] as f64 / base_n.max(1) as f64)
    }
    /// Names of clusters from what marks them: up to three labels of different columns that are not chance. A
    /// name that is taken gives its last label for the next one, and in the end takes its number; a cluster
    /// that nothing marks has no name.
    pub fn names(&self, tops: &[Marks]) -> Vec<String> {
        let mut taken = BTreeSet::new();
        let mut names = Vec::new();
        for (at, top) in tops.iter().enumerate() {
            let parts = self.parts(top);
            let name = alternatives(&parts).find(|name| !taken.contains(name));
            let name =
                name.unwrap_or_else(|| format!("{} {}", parts[..parts.len().min(NAMED)].join(" · "), at + 1));
            if !name.is_empty() {
                taken.insert(name.clone());
            }
            names.push(name);
        }
        names
    }
    /// Labels a name can be made of: one per column, none twice.
    fn parts(&self, top: &[(usize, TopTag)]) -> Vec<String> {
        let (mut columns, mut labels) = (BTreeSet::new(), BTreeSet::new());
        let mut parts = Vec::new();
        for (bin, tag) in top.iter().filter(|(_, tag)| tag.tgi_low > 100.0) {
            // "No internet service" in six columns is one thing; "yes" in two columns is two.
            let again = !answer(&tag.value) && !labels.insert(tag.value.as_str());
            if !again && columns.insert(tag.feature.as_str()) {
                parts.push(self.words(*bin));
            }
        }
        parts
    }
    /// A label as it reads outside its column.
    fn words(&self, bin: usize) -> String {
        let (f, code) = self.schema.bin(bin);
        let feature = &self.schema.features[f];
        let label = &feature.labels[code];
        let alone = !feature.ordered()
            && !answer(label)
            && label.parse::<f64>().is_err()
            && self.homes.get(label.as_str()) == Some(&1);
        if alone { label.clone() } else { format!("{} {label}", feature.column) }
    }
}

/// A single letter or sign (`高`, `是`, `A`) answers its column, too.
fn answer(label: &str) -> bool {
    label.chars().count() == 1 || ANSWERS.contains(&label.to_lowercase().as_str())
}

/// The first three parts, then with another last one each.
fn alternatives(parts: &[String]) -> impl Iterator<Item = String> + '_ {
    let first = parts[..parts.len().min(NAMED)].join(" · ");
    let others = parts.iter().skip(NAMED).map(|part| {
        let kept: Vec<&str> = parts[..NAMED - 1].iter().map(String::as_str).collect();
        format!("{} · {part}", kept.join(" · "))
    });
    std::iter::once(first).chain(others)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::{Feature, FeatureKind};

    fn feature(column: &str, kind: FeatureKind, labels: &[&str]) -> Feature {
        let labels = std::iter::once("").chain(labels.iter().copied()).map(str::to_string).collect();
        Feature { namespace: Namespace::Tags, column: column.into(), kind, labels, edges: Vec::new() }
    }

    fn schema() -> Schema {
        Schema::new(vec![
            feature("age", FeatureKind::Number, &["[18, 25)", "[25, 35)"]),
            feature("city", FeatureKind::Category, &["上海", "北京"]),
            feature("car", FeatureKind::Category, &["yes", "no"]),
            feature("backup", FeatureKind::Category, &["yes", "no service"]),
            feature("security", FeatureKind::Category, &["yes", "no service"]),
        ])
    }

    /// 1,000 people with every first label at 20 %, every second at 50 %.
    const BASE: [u64; 15] = [300, 200, 500, 300, 200, 500, 300, 200, 500, 300, 200, 500, 300, 200, 500];

    #[test]
    fn labels_read_alone_and_numbers_with_their_column() {
        let schema = schema();
        let names = Names::new(&schema, &BASE, 1_000, &[]);
        let young = names.top(&[0, 90, 0, 0, 60, 0, 0, 50, 50, 0, 0, 0, 0, 0, 0], 100);
        assert_eq!(names.names(&[young]), ["age [18, 25) · 上海 · car yes"]);
        assert!(["高", "女", "A", "Yes", "中高"].into_iter().all(answer) && !answer("上海"));
    }

    #[test]
    fn the_same_label_in_many_columns_is_said_once() {
        let schema = schema();
        let names = Names::new(&schema, &BASE, 1_000, &[]);
        let off = names.top(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 0, 0, 99], 100);
        assert_eq!(off.len(), 2);
        assert_eq!(names.names(&[off]), ["backup no service"]);
    }

    #[test]
    fn names_differ_and_a_cluster_like_everyone_has_none() {
        let schema = schema();
        let without = ["car".to_string(), "security".to_string()];
        let names = Names::new(&schema, &BASE, 1_000, &without);
        let young = || names.top(&[0, 90, 0, 0, 80, 0, 0, 90, 0, 0, 70, 0, 0, 90, 0], 100);
        let usual = || names.top(&[30, 20, 50, 30, 20, 50, 30, 20, 50, 30, 20, 50, 30, 20, 50], 100);
        let found = names.names(&[young(), usual(), young(), usual()]);
        let first = "age [18, 25) · 上海 · backup yes";
        assert_eq!(found, [first, "", &format!("{first} 3"), ""]);
    }
}
