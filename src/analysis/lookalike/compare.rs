//! Two models side by side: the partial effect of every bin in each, and where they pull apart.

use super::saved::SavedColumn;
use crate::num::{Order, mapped};
use crate::table::dates;
use crate::table::schema::{Feature, FeatureKind};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Two models, bin by bin.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Comparison {
    /// The models.
    pub models: [String; 2],
    /// Bins: flips first, then by how far apart the two are.
    pub rows: Vec<ComparedBin>,
    /// How many flip.
    #[cfg_attr(test, ts(type = "number"))]
    pub flips: u64,
    /// Bins that are not listed.
    #[cfg_attr(test, ts(type = "number"))]
    pub folded: u64,
}

/// A bin in two models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ComparedBin {
    /// Feature name.
    pub feature: String,
    /// Label; `""` is "missing". Where numbers are cut differently, pieces that lie in one bin of each.
    pub value: String,
    /// Effect and half its 95 % interval in the first model; absent if it does not know the bin.
    pub one: Option<(f64, f64)>,
    /// In the second.
    pub other: Option<(f64, f64)>,
    /// Opposite signs, both beyond their noise.
    pub flip: bool,
}

/// Effects and their noise name no number of people.
impl crate::gate::Cells for Comparison {
    fn cells(&self, _: &mut dyn FnMut(u64)) {}
}

impl ComparedBin {
    /// How far apart the two are, and then how much either does.
    fn apart(&self) -> (f64, f64) {
        let [a, b] = [self.one, self.other].map(|side| side.map_or(0.0, |(effect, _)| effect));
        ((a - b).abs(), a.abs().max(b.abs()))
    }
}

impl Comparison {
    /// Every bin either model knows.
    pub fn new(models: [String; 2], [one, other]: [&[SavedColumn]; 2]) -> Comparison {
        let twin = |c: &SavedColumn, of: &[SavedColumn]| -> Option<SavedColumn> {
            of.iter().find(|d| d.feature.column == c.feature.column).cloned()
        };
        let mut rows: Vec<ComparedBin> =
            one.iter().flat_map(|column| bins(Some(column), twin(column, other).as_ref())).collect();
        let alone = other.iter().filter(|column| twin(column, one).is_none());
        rows.extend(alone.flat_map(|column| bins(None, Some(column))));
        rows.order_by(|a, b| {
            let (one, other) = (a.apart(), b.apart());
            b.flip.cmp(&a.flip).then(other.0.total_cmp(&one.0)).then(other.1.total_cmp(&one.1))
        });
        let flips = rows.iter().filter(|row| row.flip).count() as u64;
        Comparison { models, rows, flips, folded: 0 }
    }
    /// The first rows only.
    pub fn head(&self, most: usize) -> Comparison {
        let folded = self.rows.len().saturating_sub(most) as u64;
        let rows = self.rows.iter().take(most).cloned().collect();
        Comparison { rows, folded, models: self.models.clone(), flips: self.flips }
    }
}

fn bins(one: Option<&SavedColumn>, other: Option<&SavedColumn>) -> Vec<ComparedBin> {
    let sides = [one, other];
    let Some(first) = one.or(other).map(|column| &column.feature) else { return vec![] };
    let alike = sides.iter().flatten().all(|column| column.feature.kind == first.kind);
    if first.ordered() && alike { pieces(sides, first) } else { labels(sides, first) }
}

/// Labels that either knows, in the order of the first.
fn labels(sides: [Option<&SavedColumn>; 2], feature: &Feature) -> Vec<ComparedBin> {
    let known = |c: &SavedColumn| -> BTreeMap<String, usize> {
        mapped(used(c).map(|code| (c.feature.labels[code].clone(), code)))
    };
    let codes = sides.map(|side| side.map_or(BTreeMap::new(), known));
    let mut seen = BTreeSet::new();
    let all = sides.into_iter().flatten().flat_map(|c| used(c).map(|code| &c.feature.labels[code]));
    let row =
        |value: &String| bin(sides, feature, value.clone(), [0, 1].map(|s| codes[s].get(value).copied()));
    all.filter(|value| seen.insert(*value)).map(row).collect()
}

/// Codes with people in them.
fn used(column: &SavedColumn) -> impl Iterator<Item = usize> {
    (0..column.people.len()).filter(|&code| column.people[code] > 0)
}

/// Numbers and dates: every piece between two edges of either, and the missing.
fn pieces(sides: [Option<&SavedColumn>; 2], feature: &Feature) -> Vec<ComparedBin> {
    let mut edges: Vec<f64> = sides.iter().flatten().flat_map(|c| c.feature.edges.iter().copied()).collect();
    edges.order_by(f64::total_cmp);
    edges.dedup();
    let text = |v: f64| if feature.kind == FeatureKind::Date { dates::text(v) } else { format!("{v}") };
    let piece = |at: usize| {
        let from = text(edges[at]);
        let value = edges.get(at + 1).map_or(format!("≥ {from}"), |&to| format!("[{from}, {})", text(to)));
        let code =
            |c: &SavedColumn| Some(c.feature.edges.partition_point(|&e| e <= edges[at])).filter(|&c| c > 0);
        bin(sides, feature, value, sides.map(|side| side.and_then(code)))
    };
    let missing = |c: &SavedColumn| (c.people[0] > 0).then_some(0);
    let last = bin(sides, feature, String::new(), sides.map(|side| side.and_then(missing)));
    let known = |row: &ComparedBin| row.one.is_some() || row.other.is_some();
    (0..edges.len()).map(piece).chain([last]).filter(known).collect()
}

fn bin(
    sides: [Option<&SavedColumn>; 2],
    feature: &Feature,
    value: String,
    codes: [Option<usize>; 2],
) -> ComparedBin {
    let effect = |side: usize| {
        let (column, code) = (sides[side]?, codes[side]?);
        Some((column.effects[code], column.noise[code]))
    };
    let (one, other) = (effect(0), effect(1));
    let beyond = |(effect, noise): (f64, f64)| effect.abs() > noise;
    let flip = one.zip(other).is_some_and(|(a, b)| a.0 * b.0 < 0.0 && beyond(a) && beyond(b));
    ComparedBin { feature: feature.name(), value, one, other, flip }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shard::testing::feature;

    fn column(name: &str, kind: FeatureKind, effects: &[f64], edges: &[f64]) -> SavedColumn {
        let bins = effects.len();
        let feature = Feature { edges: edges.to_vec(), ..feature(name, kind, bins) };
        let people = (0..bins as u64).map(|code| code * 10).collect();
        let (effects, noise) = (effects.to_vec(), vec![0.2; bins]);
        SavedColumn { feature, separator: String::new(), people, effects, noise }
    }

    fn rows(one: &[SavedColumn], other: &[SavedColumn]) -> Vec<(String, Option<f64>, Option<f64>, bool)> {
        let names = ["one", "other"].map(String::from);
        let effect = |side: Option<(f64, f64)>| side.map(|(effect, _)| effect);
        let all = Comparison::new(names, [one, other]).rows;
        all.into_iter().map(|row| (row.value, effect(row.one), effect(row.other), row.flip)).collect()
    }

    #[test]
    fn a_flip_is_beyond_the_noise_on_both_sides() {
        let one = [column("city", FeatureKind::Category, &[0.0, 0.5, 0.5, -0.1], &[])];
        let other = [column("city", FeatureKind::Category, &[9.0, -0.5, 0.3, 0.5], &[])];
        let found = rows(&one, &other);
        assert_eq!(found[0], ("v1".into(), Some(0.5), Some(-0.5), true));
        assert_eq!(found[1], ("v3".into(), Some(-0.1), Some(0.5), false), "within the noise");
        assert_eq!(found[2], ("v2".into(), Some(0.5), Some(0.3), false), "of one sign");
        assert_eq!(found.len(), 3, "nobody is in the missing bin");
    }

    #[test]
    fn numbers_are_compared_piece_by_piece_and_other_columns_stand_alone() {
        let one = [column("age", FeatureKind::Number, &[0.0, 1.0, 2.0], &[0.0, 10.0])];
        let other = [
            column("age", FeatureKind::Number, &[0.0, 1.0, -2.0], &[5.0, 20.0]),
            column("car", FeatureKind::Category, &[0.0, 3.0], &[]),
        ];
        let mut found = rows(&one, &other);
        found.order_by(|a, b| a.0.cmp(&b.0));
        let row = |value: &str, one, other, flip| (value.to_owned(), one, other, flip);
        let want = [
            row("[0, 5)", Some(1.0), None, false),
            row("[10, 20)", Some(2.0), Some(1.0), false),
            row("[5, 10)", Some(1.0), Some(1.0), false),
            row("v1", None, Some(3.0), false),
            row("≥ 20", Some(2.0), Some(-2.0), true),
        ];
        assert_eq!(found, want);
    }

    #[test]
    fn a_model_beside_itself_has_no_flips_and_no_distance() {
        let one = [column("age", FeatureKind::Number, &[0.0, 1.0, -2.0], &[0.0, 10.0])];
        let same = Comparison::new(["a".into(), "a".into()], [&one, &one]);
        assert!(same.flips == 0 && same.rows.iter().all(|row| row.one == row.other && row.one.is_some()));
        assert_eq!((same.head(1).rows.len(), same.head(1).folded), (1, 1));
    }
}
