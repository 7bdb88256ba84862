//! A model as it is saved: what it needs to read a tag file the way it was read when it learned, what it says, and how
//! the people it learned from were spread. Totals only: no ID and nothing about one person.

use super::card::tenths;
use super::kept::{Form, Grove, Kept, Part, Scorecard};
use super::score::{Histogram, LIMIT};
use super::trees::{Split, Tree};
use super::{Basis, LookalikeReport};
use crate::table::schema::{Feature, FeatureKind, Namespace, Schema};
use crate::table::store::seal::MOST_LABELS;
use std::collections::{BTreeMap, BTreeSet};

/// Most columns of a model.
const MOST_COLUMNS: usize = 2_000;

/// A model to be kept outside.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    /// What was used, as in the report.
    pub model: String,
    /// People in the seed it learned from.
    pub seed_people: u64,
    /// People outside.
    pub rest_people: u64,
    /// Out-of-fold AUC when it learned.
    pub auc: f64,
    /// Its interval.
    pub auc_interval: (f64, f64),
    /// Cells that meant "no value".
    pub missing: Vec<String>,
    /// Where tenths of everyone began, by the score of this model, lowest first.
    pub starts: Vec<i32>,
    /// How many of those drawn stood in each.
    pub people: Vec<u64>,
    /// What it sees.
    pub columns: Vec<SavedColumn>,
    /// What it says, on the schema of these columns.
    pub kept: Kept,
}

/// A column of a saved model. Lists stand by code.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedColumn {
    /// Name, kind and bins.
    pub feature: Feature,
    /// Separator inside a cell of several labels; empty for other kinds.
    pub separator: String,
    /// People per bin.
    pub people: Vec<u64>,
    /// Partial effects.
    pub effects: Vec<f64>,
    /// Half their 95 % intervals.
    pub noise: Vec<f64>,
}

/// Six decimals, so that a number reads back as it was written.
fn six(value: f64) -> f64 {
    libm::round(value * 1e6) / 1e6
}

impl Saved {
    /// The model of this report. `scores` are those of people drawn from all; `multi` are the separators of columns of lists.
    pub fn new(
        schema: &Schema,
        report: &LookalikeReport,
        scores: &Histogram,
        multi: &BTreeMap<String, String>,
        missing: Vec<String>,
    ) -> Saved {
        let scores: Vec<u64> = scores.seed.iter().zip(&scores.rest).map(|(a, b)| a + b).collect();
        let starts = tenths(&scores);
        let ends = starts.iter().skip(1).copied().chain([scores.len()]);
        let features = &report.basis.features;
        Saved {
            model: report.model.clone(),
            seed_people: report.seed_people,
            rest_people: report.rest_people,
            auc: six(report.auc),
            auc_interval: (six(report.auc_interval.0), six(report.auc_interval.1)),
            missing,
            people: starts.iter().zip(ends).map(|(&from, to)| scores[from..to].iter().sum()).collect(),
            starts: starts.into_iter().map(|start| start as i32 - LIMIT).collect(),
            columns: features.iter().map(|&f| SavedColumn::new(schema, &report.basis, f, multi)).collect(),
            kept: Moved { schema, features }.kept(&report.kept),
        }
    }
    /// The schema of its columns.
    pub fn schema(&self) -> Schema {
        Schema::new(self.columns.iter().map(|column| column.feature.clone()).collect())
    }
    /// Whether it holds together: what was written by this crate does.
    pub fn sound(&self) -> bool {
        let mut names: BTreeSet<&str> = BTreeSet::new();
        names.extend(self.columns.iter().map(|c| c.feature.column.as_str()));
        (1..=MOST_COLUMNS).contains(&self.columns.len())
            && names.len() == self.columns.len()
            && self.columns.iter().all(SavedColumn::sound)
            && self.starts.is_sorted()
            && !self.starts.is_empty()
            && self.starts.len() == self.people.len()
            && self.kept.fits(&self.schema())
    }
}

impl SavedColumn {
    /// A column of this schema. `multi` are the separators of columns of lists.
    pub fn new(schema: &Schema, basis: &Basis, f: usize, multi: &BTreeMap<String, String>) -> SavedColumn {
        let (feature, bins) = (schema.features[f].clone(), schema.starts[f]..schema.starts[f + 1]);
        let rounded = |list: &[f64]| list[bins.clone()].iter().map(|&x| six(x)).collect();
        SavedColumn {
            separator: multi.get(&feature.column).cloned().unwrap_or_default(),
            people: basis.people[bins.clone()].to_vec(),
            effects: rounded(&basis.effects),
            noise: rounded(&basis.noise),
            feature,
        }
    }
    fn sound(&self) -> bool {
        let Feature { namespace, kind, labels, edges, .. } = &self.feature;
        let bins = labels.len();
        let cut = if self.feature.ordered() { bins.checked_sub(1) } else { Some(0) };
        *namespace == Namespace::Tags
            && (1..=MOST_LABELS + 1).contains(&bins)
            && [self.people.len(), self.effects.len(), self.noise.len()] == [bins; 3]
            && cut == Some(edges.len())
            && edges.is_sorted_by(|a, b| a < b)
            && (*kind == FeatureKind::Multi) != self.separator.is_empty()
    }
}

/// A model on the columns it sees, and no others.
struct Moved<'a> {
    schema: &'a Schema,
    features: &'a [usize],
}

impl Moved<'_> {
    fn kept(&self, kept: &Kept) -> Kept {
        let form = |form: &Form| match form {
            Form::Card(card) => Form::Card(self.card(card)),
            Form::Trees(grove) => Form::Trees(self.grove(grove)),
        };
        let part = |part: &Part| Part { name: part.name.clone(), share: part.share, form: form(&part.form) };
        Kept { parts: kept.parts.iter().map(part).collect() }
    }
    fn card(&self, card: &Scorecard) -> Scorecard {
        let bins = |&f: &usize| self.schema.starts[f]..self.schema.starts[f + 1];
        let weights = self.features.iter().flat_map(bins).map(|bin| card.weights[bin]).collect();
        Scorecard { intercept: card.intercept, weights }
    }
    fn grove(&self, grove: &Grove) -> Grove {
        let groups = grove.groups.iter().map(|trees| trees.iter().map(|t| self.tree(t)).collect()).collect();
        Grove { groups, ..*grove }
    }
    fn tree(&self, tree: &Tree) -> Tree {
        let place = |f: usize| self.features.iter().position(|&known| known == f).unwrap_or(f);
        let split = |split: &Split| Split { feature: place(split.feature), ..split.clone() };
        Tree { splits: tree.splits.iter().map(split).collect(), ..tree.clone() }
    }
}

impl crate::gate::Cells for Saved {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        self.columns.iter().flat_map(|column| &column.people).for_each(|&people| visit(people));
    }
}

impl crate::gate::Withhold for Saved {
    fn withhold(&mut self, k: u64) -> crate::error::Result<()> {
        let counts = self.columns.iter_mut().flat_map(|column| &mut column.people);
        counts.filter(|people| **people < k).for_each(|people| *people = 0);
        Ok(())
    }
}
