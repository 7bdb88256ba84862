//! What one shard knows of cohorts, activity and losses.

use super::{BACK, CHURN, COHORT, WHO};
use crate::error::Result;
use crate::shard::{Analysis, Partial, Shard, add_up};
use crate::table::history::Source;
use crate::table::history::calendar::Part;
use crate::table::history::moment::DAY;
use crate::table::history::past::{Fate, Past};
use crate::table::history::pick::Match;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// What counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Acts {
    /// Orders that were bought.
    Orders,
    /// Events.
    Events(Match),
}

/// Follows everyone from where they began.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cohorts {
    /// The first of these begins.
    pub start: Acts,
    /// These count as being there.
    pub active: Acts,
    /// How long a cohort is.
    pub unit: Part,
    /// Days of activity.
    pub days: u32,
    /// Days without, after which somebody is lost.
    pub silence: u32,
    /// Acts up to which a loss is early.
    pub early: u32,
    /// The first day that is not known.
    pub end: u32,
    /// Units since somebody's own whose people are marked.
    pub age: Option<u32>,
    /// Whose people are marked besides.
    pub who: Option<Who>,
}

/// Who is behind a number of activity or churn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Who {
    /// There in so many days that end with this one.
    Active(u32, u32),
    /// Came or went in this unit.
    Changed(Change, u32),
}

/// How somebody comes or goes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Change {
    /// There for the first time.
    Acquired,
    /// There again after they were lost.
    Returned,
    /// Lost after few acts.
    Early,
    /// Lost after more.
    Mature,
}

/// A cohort in one of its units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Come {
    /// People who were there.
    pub people: u64,
    /// What was bought, in minor units.
    pub money: i64,
}

impl std::ops::AddAssign for Come {
    fn add_assign(&mut self, other: Come) {
        self.people += other.people;
        self.money += other.money;
    }
}

/// Who came and went in a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Balance {
    /// There for the first time.
    pub acquired: u64,
    /// There again after they were lost.
    pub returned: u64,
    /// Lost after few acts.
    pub early: u64,
    /// Lost after more.
    pub mature: u64,
}

impl std::ops::AddAssign for Balance {
    fn add_assign(&mut self, other: Balance) {
        self.acquired += other.acquired;
        self.returned += other.returned;
        self.early += other.early;
        self.mature += other.mature;
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Triangle {
    /// People of each cohort.
    pub sizes: BTreeMap<u32, u64>,
    /// By cohort and age.
    pub cells: BTreeMap<(u32, u32), Come>,
    /// Minor units bought before the buyer's cohort began, or by people of none.
    pub outside: i64,
    /// Changes from day to day of those active on it, in 7 and in 30 days.
    pub active: [Vec<i64>; 3],
    /// The first day with any, and one more; 0 for none.
    pub first: u32,
    /// By unit.
    pub balance: BTreeMap<u32, Balance>,
    /// Active, lost early and lost mature on the last day.
    pub standing: Vec<u64>,
}

impl Partial for Triangle {
    fn merge(&mut self, other: Self) {
        other.sizes.into_iter().for_each(|(at, people)| *self.sizes.entry(at).or_default() += people);
        other.cells.into_iter().for_each(|(at, come)| *self.cells.entry(at).or_default() += come);
        self.outside += other.outside;
        self.active.iter_mut().zip(&other.active).for_each(|(to, from)| add_up(to, from));
        self.seen(other.first);
        other.balance.into_iter().for_each(|(at, of)| *self.balance.entry(at).or_default() += of);
        add_up(&mut self.standing, &other.standing);
    }
}

/// Days of a day, a week and a month.
pub(super) const SPANS: [u32; 3] = [1, 7, 30];

impl Triangle {
    /// Takes a first day, and one more, in.
    fn seen(&mut self, first: u32) {
        self.first = if self.first == 0 || (first > 0 && first < self.first) { first } else { self.first };
    }
}

impl Acts {
    /// The seconds of a person's acts, in order.
    fn times(&self, past: &Past, person: usize, out: &mut Vec<u32>) {
        out.clear();
        match self {
            Acts::Orders => {
                let all = &past.purchases;
                let bought = all.of_person(person).filter(|at| all.fates[*at] == Fate::Bought);
                out.extend(bought.map(|at| all.times[at]));
            }
            Acts::Events(rows) => {
                let table = past.table(Source::Events);
                let meant = table.rows(person).filter(|row| rows.takes(table, *row));
                out.extend(meant.map(|row| table.times[row]));
            }
        }
    }
}

impl Cohorts {
    /// Adds somebody to the triangle; gives their cohort.
    fn follow(
        &self,
        past: &Past,
        person: usize,
        times: &[u32],
        start: Option<u32>,
        sum: &mut Triangle,
    ) -> i32 {
        let cohort = start.map_or(0, |start| self.unit.of(start));
        let age = |time: u32| start.filter(|start| time >= *start).map(|_| self.unit.of(time) - cohort);
        let all = &past.purchases;
        for order in all.of_person(person) {
            match age(all.times[order]) {
                Some(age) => sum.cells.entry((cohort, age)).or_default().money += all.amounts[order],
                None => sum.outside += all.amounts[order],
            }
        }
        if start.is_none() {
            return -1;
        }
        *sum.sizes.entry(cohort).or_default() += 1;
        let mut last = None;
        for age in times.iter().filter_map(|time| age(*time)) {
            if last != Some(age) {
                sum.cells.entry((cohort, age)).or_default().people += 1;
            }
            last = Some(age);
        }
        cohort as i32
    }
    /// Adds somebody's active days: every span marks the days from one on, once.
    fn activity(&self, times: &[u32], sum: &mut Triangle) {
        let begin = self.end.saturating_sub(self.days);
        for (span, changes) in SPANS.into_iter().zip(&mut sum.active) {
            let mut open = begin;
            for day in times.iter().map(|time| time / DAY) {
                let (from, to) = (day.max(open), (day + span).min(self.end));
                if from < to {
                    changes[(from - begin) as usize] += 1;
                    changes[(to - begin) as usize] -= 1;
                    open = to;
                }
            }
        }
    }
    /// When somebody was acquired, lost and there again, by unit; and how they stand, -1 for who was never there.
    fn changes(&self, times: &[u32], out: &mut Vec<(Change, u32)>) -> i32 {
        out.clear();
        let Some(first) = times.first() else { return -1 };
        out.push((Change::Acquired, self.unit.of(*first)));
        let mut stands = 0;
        for (at, time) in (1u32..).zip(times) {
            let sure = time / DAY + self.silence + 1;
            let next = times.get(at as usize).map(|time| time / DAY);
            // Who comes on the day that would be sure was never gone for so long.
            if next.map_or(self.end <= sure, |next| next <= sure) {
                continue;
            }
            let early = at <= self.early;
            out.push((if early { Change::Early } else { Change::Mature }, self.unit.of_day(sure)));
            match next {
                Some(next) => out.push((Change::Returned, self.unit.of_day(next))),
                None => stands = if early { 1 } else { 2 },
            }
        }
        stands
    }
    /// Whether somebody is behind the number that is asked for.
    fn meant(&self, times: &[u32], changes: &[(Change, u32)]) -> bool {
        match &self.who {
            None => false,
            Some(Who::Active(day, days)) => {
                let last = times[..times.partition_point(|time| time / DAY <= *day)].last();
                last.is_some_and(|last| day - last / DAY < *days)
            }
            Some(Who::Changed(change, unit)) => changes.contains(&(*change, *unit)),
        }
    }
}

impl Triangle {
    /// Takes what somebody's changes add.
    fn balance(&mut self, changes: &[(Change, u32)], stands: i32) {
        for (change, unit) in changes {
            let of = self.balance.entry(*unit).or_default();
            *match change {
                Change::Acquired => &mut of.acquired,
                Change::Returned => &mut of.returned,
                Change::Early => &mut of.early,
                Change::Mature => &mut of.mature,
            } += 1;
        }
        if let Ok(stands) = usize::try_from(stands) {
            self.standing[stands] += 1;
        }
    }
}

impl Cohorts {
    /// Whether somebody was there in the unit that is asked for; -1 where nobody can know.
    fn back(&self, times: &[u32], start: Option<u32>) -> i32 {
        let unit = start.zip(self.age).map(|(start, age)| self.unit.of(start).saturating_add(age));
        let over = |unit: &u32| *unit < self.unit.of_day(self.end);
        let there = |unit| {
            let mut since = times.iter().filter(|time| start.is_some_and(|start| start <= **time));
            since.any(|time| self.unit.of(*time) == unit)
        };
        unit.filter(over).map_or(-1, |unit| there(unit).into())
    }
}

impl Analysis for Cohorts {
    const NAME: &'static str = "cohorts";
    type Partial = Triangle;
    /// Times of the first act and of those that count; comings and goings.
    type Work = ([Vec<u32>; 2], Vec<(Change, u32)>);
    fn walked(shard: &Shard) -> usize {
        shard.past.len()
    }
    fn begin(&self, _: &Shard) -> Result<Self::Work> {
        Ok(Default::default())
    }
    fn add(
        &self,
        ([starts, times], changes): &mut Self::Work,
        shard: &mut Shard,
        rows: Range<usize>,
        sum: &mut Triangle,
    ) {
        let mut cohorts = shard.past.take_measure(COHORT, -1);
        let mut churn = shard.past.take_measure(CHURN, -1);
        let mut back = shard.past.take_measure(BACK, -1);
        let mut who = shard.past.take_measure(WHO, 0);
        sum.active.iter_mut().for_each(|changes| changes.resize(self.days as usize + 1, 0));
        sum.standing.resize(3, 0);
        for person in rows {
            self.start.times(&shard.past, person, starts);
            self.active.times(&shard.past, person, times);
            cohorts[person] = self.follow(&shard.past, person, times, starts.first().copied(), sum);
            back[person] = self.back(times, starts.first().copied());
            self.activity(times, sum);
            sum.seen(times.first().map_or(0, |time| time / DAY + 1));
            churn[person] = self.changes(times, changes);
            sum.balance(changes, churn[person]);
            who[person] = self.meant(times, changes).into();
        }
        for (name, measure) in [(COHORT, cohorts), (CHURN, churn), (BACK, back), (WHO, who)] {
            shard.past.measures.insert(name.into(), measure);
        }
    }
}
