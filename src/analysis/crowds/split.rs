//! A crowd split by up to three columns into packs: everyone in one pack, every pack above a floor.

use super::bins::Bins;
use super::{runs, share};
use crate::audience::Expr;
use crate::error::{self, Error, Kind, Result};
use crate::num::Order;
use crate::shard::desk::Desk;
use crate::shard::{Analysis, Partial, Shard};
use crate::table::bits::Bits;
use crate::table::schema::{FeatureKind, Schema, span};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

/// Packs of one split, the rest not counted.
const MOST: u32 = 50;
/// Columns of one split.
const COLUMNS: usize = 3;

/// How a crowd is split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct SplitPlan {
    /// By which columns: one to three, each with one value per person.
    pub by: Vec<String>,
    /// Fewest people of a pack.
    #[cfg_attr(test, ts(type = "number"))]
    pub floor: u64,
    /// Most packs; the largest are taken. At most 50.
    pub most: u32,
    /// Ranges a number or date is cut into, of about as many people each: 2 to 20.
    pub ranges: u8,
    /// What becomes of the people of smaller packs.
    pub small: Small,
    /// Whether every list has a header row.
    pub header: bool,
    /// Who is split.
    pub crowd: Expr,
}

/// What becomes of packs below the floor, and of those beyond the most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "lowercase")]
pub enum Small {
    /// One pack `rest`, if together they reach the floor.
    #[default]
    Rest,
    /// They are left out.
    Drop,
}

impl Default for SplitPlan {
    fn default() -> Self {
        let (floor, most, ranges, small) = (100, MOST, 4, Small::Rest);
        SplitPlan { by: vec![], floor, most, ranges, small, header: false, crowd: Expr::Seed }
    }
}

/// The packs. Their people and those left out are the crowd, each once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct SplitReport {
    /// People of the crowd.
    #[cfg_attr(test, ts(type = "number"))]
    pub people: u64,
    /// Largest first; the rest last.
    pub packs: Vec<Pack>,
    /// People in no pack.
    #[cfg_attr(test, ts(type = "number"))]
    pub left: u64,
    /// Combinations of values that occur.
    #[cfg_attr(test, ts(type = "number"))]
    pub found: u64,
}

/// One pack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Pack {
    /// Its values, joined; `rest` for what is no pack of its own.
    pub name: String,
    /// Its value in each column, `""` for missing; none for the rest.
    pub values: Vec<String>,
    /// People.
    #[cfg_attr(test, ts(type = "number"))]
    pub people: u64,
    /// Their share of the crowd.
    pub share: f64,
    /// Who they are.
    pub crowd: Expr,
}

impl crate::gate::Cells for SplitReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        self.packs.iter().for_each(|pack| visit(pack.people));
        visit(self.left);
    }
}

impl SplitPlan {
    /// The features it splits by; refuses settings out of range, by name.
    fn check(&self, schema: &Schema) -> Result<Vec<usize>> {
        error::settings(&[
            ("by", (1..=COLUMNS).contains(&self.by.len())),
            ("floor", self.floor > 0),
            ("most", (1..=MOST).contains(&self.most)),
            ("ranges", (2..=20).contains(&self.ranges)),
        ])?;
        let mut found: Vec<usize> = Vec::new();
        for name in &self.by {
            let at = schema.features.iter().position(|f| f.name() == *name);
            let at = at.ok_or_else(|| Error::new(Kind::ColumnMissing).column(name))?;
            if schema.features[at].kind == FeatureKind::Multi || found.contains(&at) {
                return Err(Error::new(Kind::SplitColumn).column(name));
            }
            found.push(at);
        }
        Ok(found)
    }
}

/// The question: people of a crowd by combination of values.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cells {
    /// The crowd.
    pub crowd: Expr,
    /// Features, and the group of each of their codes.
    pub by: Vec<(usize, Vec<u32>)>,
}

/// People per combination of groups that occurs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts(BTreeMap<Vec<u32>, u64>);

impl Partial for Counts {
    fn merge(&mut self, other: Self) {
        other.0.into_iter().for_each(|(cell, people)| *self.0.entry(cell).or_default() += people);
    }
}

impl Analysis for Cells {
    const NAME: &'static str = "crowd-cells";
    type Partial = Counts;
    type Work = Bits;

    fn begin(&self, shard: &Shard) -> Result<Bits> {
        shard.crowd(&self.crowd)
    }

    fn add(&self, crowd: &mut Bits, shard: &mut Shard, rows: Range<usize>, sum: &mut Counts) {
        let mut cell = vec![0; self.by.len()];
        for i in rows.filter(|&i| crowd.has(i)) {
            for (at, (feature, groups)) in cell.iter_mut().zip(&self.by) {
                shard.people.columns[*feature].of(i, |code| *at = groups[code]);
            }
            match sum.0.get_mut(&cell) {
                Some(people) => *people += 1,
                None => drop(sum.0.insert(cell.clone(), 1)),
            }
        }
    }
}

/// Splits a crowd.
pub async fn split(desk: &Desk, schema: &Schema, plan: &SplitPlan) -> Result<SplitReport> {
    let features = plan.check(schema)?;
    let crowd = plan.crowd.clone().canonical();
    let tally = desk.sum(&Bins { of: vec![crowd.clone()] }).await?;
    let people = tally.people.first().copied().unwrap_or(0);
    if people == 0 {
        return Err(Kind::AudienceEmpty.into());
    }
    let axes: Vec<Axis> = features.iter().map(|&f| Axis::new(schema, f, plan, tally.of(0))).collect();
    let by = axes.iter().map(Axis::codes).collect();
    let Counts(counts) = desk.sum(&Cells { crowd: crowd.clone(), by }).await?;
    let found = counts.len() as u64;
    let mut cells: Vec<(Vec<u32>, u64)> = counts.into_iter().collect();
    cells.order_by_key(|(_, people)| Reverse(*people));
    cells.retain(|(_, people)| *people >= plan.floor);
    cells.truncate(plan.most as usize);
    let mut packs: Vec<Pack> =
        cells.into_iter().map(|(cell, n)| pack(&axes, &cell, &crowd, n, people)).collect();
    let mut left = people - packs.iter().map(|pack| pack.people).sum::<u64>();
    if plan.small == Small::Rest && left >= plan.floor {
        let taken = Expr::Or { of: packs.iter().map(|pack| pack.crowd.clone()).collect() };
        let crowd = crowd.minus(taken).canonical();
        packs.push(Pack {
            name: "rest".into(),
            values: vec![],
            people: left,
            share: share(left, people),
            crowd,
        });
        left = 0;
    }
    Ok(SplitReport { people, packs, left, found })
}

/// A column to split by: its values as runs of codes.
struct Axis<'a> {
    schema: &'a Schema,
    feature: usize,
    groups: Vec<Range<usize>>,
}

impl<'a> Axis<'a> {
    fn new(schema: &'a Schema, feature: usize, plan: &SplitPlan, bins: &[u64]) -> Axis<'a> {
        let codes = schema.features[feature].codes();
        let groups = if schema.features[feature].ordered() {
            let counts = &bins[schema.starts[feature] + 1..schema.starts[feature + 1]];
            let runs = runs(counts, plan.ranges.into()).into_iter().map(|run| run.start + 1..run.end + 1);
            std::iter::once(0..1).chain(runs).collect()
        } else {
            (0..codes).map(|code| code..code + 1).collect()
        };
        Axis { schema, feature, groups }
    }
    /// The feature, and the group of each of its codes.
    fn codes(&self) -> (usize, Vec<u32>) {
        let of = |(at, group): (usize, &Range<usize>)| vec![at as u32; group.len()];
        (self.feature, self.groups.iter().enumerate().flat_map(of).collect())
    }
    fn labels(&self, group: u32) -> Vec<String> {
        self.schema.features[self.feature].labels[self.groups[group as usize].clone()].to_vec()
    }
}

fn pack(axes: &[Axis], cell: &[u32], crowd: &Expr, people: u64, of: u64) -> Pack {
    let labels: Vec<Vec<String>> = axes.iter().zip(cell).map(|(axis, &group)| axis.labels(group)).collect();
    let values: Vec<String> = labels.iter().map(|labels| span(labels)).collect();
    let word = |value: &String| if value.is_empty() { "NA".into() } else { value.clone() };
    let tag = |(axis, values): (&Axis, Vec<String>)| Expr::Tag {
        feature: axis.schema.features[axis.feature].name(),
        values,
    };
    let tags = axes.iter().zip(labels).map(tag);
    let crowd = Expr::And { of: std::iter::once(crowd.clone()).chain(tags).collect() }.canonical();
    let name = values.iter().map(word).collect::<Vec<_>>().join("_");
    Pack { name, values, people, share: share(people, of), crowd }
}
