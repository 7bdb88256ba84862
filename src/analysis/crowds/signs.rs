//! Two contrasts side by side: which tags tell the first pair of crowds apart, which the second, and whether they
//! point the same way (`formulas.md` F3).

use super::bins::{Bins, Tally};
use super::{runs, share};
use crate::audience::Expr;
use crate::error::{Kind, Result};
use crate::num;
use crate::num::Order;
use crate::shard::desk::Desk;
use crate::table::schema::{Namespace, Schema, span};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::ops::Range;

/// Values listed of one column.
const LISTED: usize = 200;
/// Runs a number or date is cut into.
const RUNS: usize = 8;

/// A crowd and whom it is held against: those of the other who are not in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(deny_unknown_fields)]
pub struct Pairing {
    /// Who.
    pub crowd: Expr,
    /// Against whom.
    pub against: Expr,
}

/// Every tag under both contrasts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct SignReport {
    /// People of the crowd and of the other, per contrast.
    #[cfg_attr(test, ts(type = "[[number, number], [number, number]]"))]
    pub people: [[u64; 2]; 2],
    /// Values, columns in file order, the most common value first; numbers and dates in order.
    pub rows: Vec<SignRow>,
}

/// A value under both contrasts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct SignRow {
    /// Feature name.
    pub column: String,
    /// The label; `""` is the missing bin.
    pub value: String,
    /// The labels it stands for.
    pub labels: Vec<String>,
    /// What each contrast says.
    pub sides: [SignSide; 2],
}

/// What a contrast says of a value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct SignSide {
    /// People with it, of the crowd and of the other.
    #[cfg_attr(test, ts(type = "[number, number]"))]
    pub people: [u64; 2],
    /// Share of the crowd.
    pub share: f64,
    /// Share of the other.
    pub against: f64,
    /// 100 × share / share of the other.
    pub tgi: Option<f64>,
    /// Lower end of its 95 % interval.
    pub tgi_low: Option<f64>,
    /// Upper end.
    pub tgi_high: Option<f64>,
    /// Benjamini–Hochberg q over all values of this contrast.
    pub q: f64,
}

impl crate::gate::Cells for SignReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        let sides = self.rows.iter().flat_map(|row| &row.sides).map(|side| side.people);
        self.people.into_iter().chain(sides).flatten().for_each(visit);
    }
}

/// Counts both contrasts in one walk.
pub async fn signs(desk: &Desk, schema: &Schema, of: [Pairing; 2]) -> Result<SignReport> {
    let of = of.into_iter().flat_map(|pair| [pair.crowd.clone(), pair.against.minus(pair.crowd)]);
    let tally = desk.sum(&Bins { of: of.map(Expr::canonical).collect() }).await?;
    match tally.people[..] {
        [a, b, c, d] if a > 0 && b > 0 && c > 0 && d > 0 => {}
        [0, ..] | [_, _, 0, _] => return Err(Kind::SeedEmpty.into()),
        _ => return Err(Kind::ContrastEmpty.into()),
    }
    let mut rows: Vec<SignRow> = Vec::new();
    let mut tests: [Vec<f64>; 2] = Default::default();
    for f in 0..schema.features.len() {
        for codes in groups(schema, f, &tally) {
            rows.push(row(schema, f, codes, &tally, &mut tests));
        }
    }
    for (side, tests) in tests.iter().enumerate() {
        let found = num::benjamini_hochberg(tests);
        rows.iter_mut().zip(found).for_each(|(row, q)| row.sides[side].q = q);
    }
    let people = [[tally.people[0], tally.people[1]], [tally.people[2], tally.people[3]]];
    Ok(SignReport { people, rows })
}

/// Codes of a feature that make a value: neighbouring bins of a number together, the same for both contrasts.
fn groups(schema: &Schema, f: usize, tally: &Tally) -> Vec<Range<usize>> {
    let (feature, start) = (&schema.features[f], schema.starts[f]);
    let people = |code: usize| (0..4).map(|crowd| tally.of(crowd)[start + code]).sum::<u64>();
    let codes = 1..feature.codes();
    let mut groups: Vec<Range<usize>> = if feature.ordered() {
        let counts: Vec<u64> = codes.map(people).collect();
        runs(&counts, RUNS).into_iter().map(|run| run.start + 1..run.end + 1).collect()
    } else {
        let mut codes: Vec<usize> = codes.collect();
        codes.order_by_key(|&code| (Reverse(people(code)), code));
        codes.into_iter().take(LISTED).map(|code| code..code + 1).collect()
    };
    if feature.namespace == Namespace::Tags {
        groups.push(0..1);
    }
    groups.retain(|codes| codes.clone().any(|code| people(code) > 0));
    groups
}

fn row(schema: &Schema, f: usize, codes: Range<usize>, tally: &Tally, tests: &mut [Vec<f64>; 2]) -> SignRow {
    let (feature, start) = (&schema.features[f], schema.starts[f]);
    let labels = feature.labels[codes.clone()].to_vec();
    // The brand's own columns are known for its own people only: they are compared among people with a value.
    let known = |crowd: usize| match feature.namespace {
        Namespace::Tags => tally.people[crowd],
        Namespace::FirstParty => tally.people[crowd] - tally.of(crowd)[start],
    };
    let with = |crowd: usize| tally.of(crowd)[start + codes.start..start + codes.end].iter().sum::<u64>();
    let mut side = |at: usize| {
        let [a, n, b, m] = [with(2 * at), known(2 * at), with(2 * at + 1), known(2 * at + 1)];
        let index = num::tgi(a, n, b, m);
        tests[at].push(num::two_proportions(b as f64, m as f64, a as f64, n as f64).p);
        SignSide {
            people: [a, b],
            share: share(a, n),
            against: share(b, m),
            tgi: index.tgi,
            tgi_low: index.interval.map(|i| i.low),
            tgi_high: index.interval.map(|i| i.high),
            q: 1.0,
        }
    };
    SignRow { column: feature.name(), value: span(&labels), sides: [side(0), side(1)], labels }
}
