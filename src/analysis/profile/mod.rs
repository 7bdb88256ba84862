//! Profile: a crowd against the base, value by value (`formulas.md` F2, F3, F4).
//!
//! One pass counts every bin in the crowd and in all; the rest is arithmetic at the desk. Shares and TGI are
//! against the base that was asked for; weight of evidence, information value and q always compare the crowd
//! with those who are not in it, since these tests need two groups without a common member.
//!
//! Features of the first party are known for its own people only: they are compared among people with a
//! value, and have no TGI unless somebody outside the crowd has a value.

mod count;
mod merge;
mod report;

pub use count::{Count, Tally};
pub use report::*;

use crate::audience::Expr;
use crate::error::{Kind, Result};
use crate::num;
use crate::num::Order;
use crate::shard::desk::Desk;
use crate::shard::job::{self, Opener};
use crate::table::schema::{Feature, FeatureKind, Namespace, Schema};
use std::cmp::Reverse;

/// Questions of this analysis, for the registry.
pub const QUESTIONS: [(&str, Opener); 1] = [job::analysis::<Count>()];

/// Values listed of one column.
const LISTED: usize = 200;

/// Whom a profile is about, and against whom it is held.
#[derive(Clone, Debug, PartialEq)]
pub struct Contrast {
    /// Who.
    pub crowd: Expr,
    /// Everyone as the base says, or another crowd: then those of it who are not in the first.
    pub against: Against,
}

/// The other side of a profile.
#[derive(Clone, Debug, PartialEq)]
pub enum Against {
    /// The people of the tag file.
    Base(Base),
    /// Another crowd.
    Crowd(Expr),
}

/// Profiles a crowd.
pub async fn profile(desk: &Desk, schema: &Schema, contrast: Contrast) -> Result<ProfileReport> {
    desk.progress("profile", 0, 1, "rounds");
    let crowd = contrast.crowd.canonical();
    let (base, within) = match contrast.against {
        Against::Base(base) => (base, None),
        Against::Crowd(other) => (Base::Rest, Some(Expr::Or { of: vec![crowd.clone(), other] }.canonical())),
    };
    let crowds = within.is_some();
    let tally = desk.sum(&Count { crowd, within }).await?;
    desk.progress("profile", 1, 1, "rounds");
    match tally.crowd {
        0 => Err(Kind::SeedEmpty.into()),
        all if crowds && all == tally.people => Err(Kind::ContrastEmpty.into()),
        _ => Ok(report(schema, base, &tally)),
    }
}

fn report(schema: &Schema, base: Base, tally: &Tally) -> ProfileReport {
    let mut drafts: Vec<Draft> =
        (0..schema.features.len()).map(|f| Draft::new(schema, f, base, tally)).collect();
    let tests: Vec<f64> = drafts.iter().flat_map(|d| d.tests.iter().copied().flatten()).collect();
    let mut found = num::benjamini_hochberg(&tests).into_iter();
    for draft in &mut drafts {
        for (value, test) in draft.column.values.iter_mut().zip(&draft.tests) {
            value.q = test.and_then(|_| found.next());
        }
    }
    let mut columns: Vec<ProfileColumn> = drafts.into_iter().map(|d| d.column).collect();
    columns.order_by(|a, b| b.iv.total_cmp(&a.iv));
    let base_people = if base == Base::Rest { tally.people - tally.crowd } else { tally.people };
    ProfileReport { base, seed_people: tally.crowd, base_people, columns }
}

/// People of one value: in the crowd, and outside it.
#[derive(Clone, Copy, Default)]
struct Cell {
    crowd: u64,
    rest: u64,
}

impl Cell {
    fn people(self) -> u64 {
        self.crowd + self.rest
    }
    /// Those the base counts.
    fn base(self, base: Base) -> u64 {
        if base == Base::Rest { self.rest } else { self.people() }
    }
    fn plus(self, other: Cell) -> Cell {
        Cell { crowd: self.crowd + other.crowd, rest: self.rest + other.rest }
    }
}

/// A value to be shown: the codes it stands for, and their people.
struct Group {
    codes: std::ops::Range<usize>,
    cell: Cell,
    woe: f64,
}

/// A column whose q-values are still open.
struct Draft {
    column: ProfileColumn,
    /// p-value per listed value, where there is one.
    tests: Vec<Option<f64>>,
}

impl Draft {
    fn new(schema: &Schema, f: usize, base: Base, tally: &Tally) -> Draft {
        let feature = &schema.features[f];
        let bins = schema.starts[f]..schema.starts[f + 1];
        let cells: Vec<Cell> = bins
            .map(|bin| Cell { crowd: tally.crowd_bins[bin], rest: tally.bins[bin] - tally.crowd_bins[bin] })
            .collect();
        let everyone = Cell { crowd: tally.crowd, rest: tally.people - tally.crowd };
        let missing = cells[0];
        let filled = Cell { crowd: everyone.crowd - missing.crowd, rest: everyone.rest - missing.rest };
        let valued = base == Base::WithValue || feature.namespace == Namespace::FirstParty;
        let whole = if valued { filled } else { everyone };
        let mut groups = grouped(feature, &cells, !valued);
        let (iv, iv_noise) = weigh(feature.kind, &mut groups, whole);
        let folded = order(feature, &mut groups);
        let coverage = |part: u64, of: u64| if of == 0 { 0.0 } else { part as f64 / of as f64 };
        let column = ProfileColumn {
            column: feature.name(),
            namespace: feature.namespace,
            kind: feature.kind,
            coverage_seed: coverage(filled.crowd, everyone.crowd),
            coverage_base: coverage(filled.base(base), everyone.base(base)),
            iv,
            iv_noise,
            band: band(iv, iv_noise).into(),
            values: groups.iter().map(|group| shown(feature, group, base, whole)).collect(),
            folded,
        };
        Draft { column, tests: groups.iter().map(|group| test(group.cell, whole)).collect() }
    }
}

/// The values of a column: merged bins of a number, else one per code; nobody's values are left out.
fn grouped(feature: &Feature, cells: &[Cell], missing: bool) -> Vec<Group> {
    let group = |codes: std::ops::Range<usize>| {
        let cell = cells[codes.clone()].iter().fold(Cell::default(), |sum, &cell| sum.plus(cell));
        Group { codes, cell, woe: 0.0 }
    };
    let mut groups: Vec<Group> = if feature.ordered() {
        let (pos, neg): (Vec<u64>, Vec<u64>) = cells[1..].iter().map(|c| (c.crowd, c.rest)).unzip();
        merge::merged(&pos, &neg).into_iter().map(|run| group(run.start + 1..run.end + 1)).collect()
    } else {
        (1..cells.len()).map(|code| group(code..code + 1)).collect()
    };
    if missing {
        groups.push(group(0..1));
    }
    groups.retain(|group| group.cell.people() > 0);
    groups
}

/// Sets every group's weight of evidence; returns the column's IV and what noise would give.
fn weigh(kind: FeatureKind, groups: &mut [Group], whole: Cell) -> (f64, f64) {
    if whole.crowd == 0 || whole.rest == 0 {
        return (0.0, 0.0);
    }
    if kind == FeatureKind::Multi {
        let mut best = 0.0;
        for group in groups {
            let Cell { crowd, rest } = group.cell;
            let two = num::woe_iv(&[crowd, whole.crowd - crowd], &[rest, whole.rest - rest]);
            group.woe = two.woe[0];
            best = f64::max(best, two.iv);
        }
        return (best, num::iv_noise(2, whole.crowd, whole.rest));
    }
    let (pos, neg): (Vec<u64>, Vec<u64>) = groups.iter().map(|g| (g.cell.crowd, g.cell.rest)).unzip();
    let all = num::woe_iv(&pos, &neg);
    groups.iter_mut().zip(&all.woe).for_each(|(group, &woe)| group.woe = woe);
    (all.iv, num::iv_noise(groups.len(), whole.crowd, whole.rest))
}

/// Puts the values in the order they are shown, and drops the rarest; returns how many.
fn order(feature: &Feature, groups: &mut Vec<Group>) -> u64 {
    if !feature.ordered() {
        groups.order_by_key(|g| {
            (g.codes.start == 0, Reverse(g.cell.crowd), Reverse(g.cell.people()), g.codes.start)
        });
    }
    let surplus = groups.len().saturating_sub(LISTED);
    let missing_last = groups.last().is_some_and(|g| g.codes.start == 0);
    let keep = LISTED - usize::from(missing_last && surplus > 0);
    if surplus > 0 {
        groups.drain(keep..keep + surplus);
    }
    surplus as u64
}

fn shown(feature: &Feature, group: &Group, base: Base, whole: Cell) -> ProfileValue {
    let labels = feature.labels[group.codes.clone()].to_vec();
    let share = |part: u64, of: u64| if of == 0 { 0.0 } else { part as f64 / of as f64 };
    let (base_count, base_people) = (group.cell.base(base), whole.base(base));
    let comparable = feature.namespace == Namespace::Tags || whole.rest > 0;
    let index = if comparable {
        num::tgi(group.cell.crowd, whole.crowd, base_count, base_people)
    } else {
        num::Tgi::default()
    };
    ProfileValue {
        value: merge::label(&labels),
        labels,
        seed_count: group.cell.crowd,
        seed_share: share(group.cell.crowd, whole.crowd),
        base_count,
        base_share: share(base_count, base_people),
        tgi: index.tgi,
        tgi_low: index.interval.map(|i| i.low),
        tgi_high: index.interval.map(|i| i.high),
        q: None,
        woe: group.woe,
    }
}

/// The p-value of "as common in the crowd as outside it"; none if one of the two is nobody.
fn test(cell: Cell, whole: Cell) -> Option<f64> {
    let [x1, n1, x2, n2] = [cell.rest, whole.rest, cell.crowd, whole.crowd].map(|n| n as f64);
    (whole.crowd > 0 && whole.rest > 0).then(|| num::two_proportions(x1, n1, x2, n2).p)
}

fn band(iv: f64, noise: f64) -> &'static str {
    match iv {
        _ if noise > 0.0 && iv <= 2.0 * noise => "noise",
        iv if iv < 0.02 => "useless",
        iv if iv < 0.1 => "weak",
        iv if iv < 0.3 => "medium",
        iv if iv <= 0.5 => "strong",
        _ => "suspicious",
    }
}

#[cfg(test)]
mod tests;
