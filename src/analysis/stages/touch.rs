//! Which touchpoints people met before they moved up, against those who stayed where they were.

use super::report::StageTouch;
use super::stand::Standing;
use crate::num::tgi;
use crate::table::history::Source;
use crate::table::history::moment::DAY;
use crate::table::history::past::Past;
use serde::{Deserialize, Serialize};

/// What a touchpoint is, in codes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Touch {
    /// Column of the events.
    pub column: u32,
    /// Days before a move.
    pub days: u32,
    /// The value whose people are marked.
    pub met: Option<u32>,
}

impl Touch {
    /// Different values of somebody's events in the days before a second.
    pub fn before(&self, past: &Past, person: usize, until: u32, out: &mut Vec<u32>) {
        let events = past.table(Source::Events);
        let from = until.saturating_sub(self.days.saturating_mul(DAY));
        let rows = events.before(person, from).end..events.before(person, until).end;
        out.clear();
        out.extend(rows.map(|row| events.dims[self.column as usize].at(row)));
        out.sort_unstable();
        out.dedup();
    }
}

/// What is said of every way up that somebody went: each touchpoint its people met, in the order of labels.
pub(super) fn lines(names: &[Option<String>], labels: &[String], found: &Standing) -> Vec<StageTouch> {
    let width = names.len();
    let people = |from: usize, to: usize| {
        let at = (from * width + to) * 2;
        found.flow[at] + found.flow[at + 1]
    };
    let ways = found.touches.iter().filter(|([from, to, _], _)| from < to);
    let line = |(&[from, to, code], &met): (&[u32; 3], &u64)| {
        let (movers, stayers) = (people(from as usize, to as usize), people(from as usize, from as usize));
        let stayed = found.touches.get(&[from, from, code]).copied().unwrap_or(0);
        let part = |of: u64, whole: u64| if whole == 0 { 0.0 } else { of as f64 / whole as f64 };
        StageTouch {
            from: names[from as usize].clone(),
            to: names[to as usize].clone().unwrap_or_default(),
            touch: labels[code as usize].clone(),
            people: met,
            movers,
            share: part(met, movers),
            stayed,
            stayers,
            stayed_share: part(stayed, stayers),
            index: tgi(met, movers, stayed, stayers),
        }
    };
    ways.map(line).collect()
}
