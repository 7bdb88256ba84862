//! Where one person stands on a day, and when they came there.

use super::touch::Touch;
use super::{IN, MET, MOVED, STAGE, WAS, WAS_IN, WENT};
use crate::error::Result;
use crate::shard::{Analysis, Partial, Shard, add_up};
use crate::table::history::Source;
use crate::table::history::moment::DAY;
use crate::table::history::past::{Fate, Past};
use crate::table::history::pick::Match;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

/// A stage in codes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Any of these events.
    pub events: Vec<u32>,
    /// As often as this.
    pub least: u32,
    /// Or so many orders; 0 if they do not matter.
    pub orders: u32,
    /// Days.
    pub window: u32,
}

/// Places everyone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stand {
    /// From the lowest stage up.
    pub rules: Vec<Rule>,
    /// The first second that is not known: the end of the second day.
    pub end: u32,
    /// Days between.
    pub days: u32,
    /// Days of the fair comparison.
    pub fair: u32,
    /// Earlier days of the trend.
    pub trend: u32,
    /// Which events and orders count; none of a table that cannot say.
    pub rows: [Option<Match>; 2],
    /// The place of the category they are of; everyone's own measures are left behind if there is none.
    pub category: Option<u32>,
    /// What is met before a move.
    pub touch: Option<Touch>,
    /// The stage whose old and new people are marked.
    pub went: Option<u32>,
}

/// Old and new people of a stage: how many, how many went higher; the same within the fair number of days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// Who stood there, who came.
    pub people: [u64; 2],
    /// Went higher by the end.
    pub higher: [u64; 2],
    /// Were seen for the fair number of days.
    pub seen: [u64; 2],
    /// Went higher within them.
    pub soon: [u64; 2],
}

impl std::ops::AddAssign for Pair {
    fn add_assign(&mut self, other: Pair) {
        for (to, from) in [
            (&mut self.people, other.people),
            (&mut self.higher, other.higher),
            (&mut self.seen, other.seen),
            (&mut self.soon, other.soon),
        ] {
            (0..2).for_each(|at| to[at] += from[at]);
        }
    }
}

/// Where people stand.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// By day of the trend from the last back, then stage, outside first.
    pub trend: Vec<u64>,
    /// By stage before, stage now, and whether anything was done between.
    pub flow: Vec<u64>,
    /// By stage.
    pub pairs: Vec<Pair>,
    /// By stage, then days from coming to going higher.
    pub went: Vec<u64>,
    /// By stage, then days from coming to the end, of those who did not.
    pub waited: Vec<u64>,
    /// People by stage before, stage now (the same, or a higher one), and the touchpoint they met.
    pub touches: BTreeMap<[u32; 3], u64>,
}

impl Partial for Standing {
    fn merge(&mut self, other: Self) {
        add_up(&mut self.trend, &other.trend);
        add_up(&mut self.flow, &other.flow);
        add_up(&mut self.pairs, &other.pairs);
        add_up(&mut self.went, &other.went);
        add_up(&mut self.waited, &other.waited);
        other.touches.into_iter().for_each(|(way, people)| *self.touches.entry(way).or_default() += people);
    }
}

/// For every stage, when its rule came to hold: seconds, ascending. Kept between people so that nothing is allocated.
#[derive(Default)]
pub struct Moments {
    of: Vec<Vec<u32>>,
    recent: VecDeque<u32>,
    held: Vec<bool>,
    met: Vec<u32>,
}

impl Rule {
    fn seconds(&self) -> u32 {
        self.window.saturating_mul(DAY)
    }
    /// Times at which as many as are needed lie in the window, the last of them then.
    fn moments(
        &self,
        times: impl Iterator<Item = u32>,
        least: u32,
        recent: &mut VecDeque<u32>,
        out: &mut Vec<u32>,
    ) {
        recent.clear();
        for time in times {
            recent.push_back(time);
            while recent.front().is_some_and(|first| time - first >= self.seconds()) {
                recent.pop_front();
            }
            if recent.len() >= least as usize {
                out.push(time);
            }
        }
    }
}

impl Stand {
    fn moments(&self, past: &Past, person: usize, to: &mut Moments) {
        to.of.resize(self.rules.len(), vec![]);
        let (events, all) = (past.table(Source::Events), &past.purchases);
        let [seen, sold] = &self.rows;
        let own = all.of_person(person);
        sold.iter().for_each(|rows| past.held(person, rows, &mut to.held));
        for (rule, out) in self.rules.iter().zip(&mut to.of) {
            out.clear();
            if let Some(seen) = seen.as_ref().filter(|_| !rule.events.is_empty()) {
                let rows = events.before(person, self.end);
                let meant =
                    |row: &usize| rule.events.contains(&events.dims[0].at(*row)) && seen.takes(events, *row);
                let times = rows.filter(meant).map(|row| events.times[row]);
                rule.moments(times, rule.least, &mut to.recent, out);
            }
            if rule.orders > 0 && sold.is_some() {
                let bought = |at: &usize| {
                    all.fates[*at] == Fate::Bought
                        && all.times[*at] < self.end
                        && to.held.get(at - own.start) != Some(&false)
                };
                let times = own.clone().filter(bought).map(|at| all.times[at]);
                let before = out.len();
                rule.moments(times, rule.orders, &mut to.recent, out);
                if before > 0 && out.len() > before {
                    out.sort_unstable();
                }
            }
        }
    }
    /// The stage at the end of a day, from 1; 0 outside. A rule holds for its window behind each of its moments.
    fn stage(&self, moments: &Moments, end: u32) -> usize {
        let holds = |at: &usize| {
            let of = &moments.of[*at];
            let last = of[..of.partition_point(|time| *time < end)].last();
            last.is_some_and(|last| end - last <= self.rules[*at].seconds())
        };
        (0..self.rules.len()).rev().find(holds).map_or(0, |at| at + 1)
    }
    /// The first moment at or behind `from` of a stage above this one.
    fn higher(&self, moments: &Moments, stage: usize, from: u32) -> Option<u32> {
        let first = |of: &Vec<u32>| of.get(of.partition_point(|time| *time < from)).copied();
        moments.of[stage..].iter().filter_map(first).min()
    }
    /// What somebody adds to a stage: as one who stood there, or as one who came. Gives their place in [`super::WENTS`].
    fn pair(&self, moments: &Moments, stage: usize, before: usize, sum: &mut Standing) -> i32 {
        let start = self.end.saturating_sub(self.days.saturating_mul(DAY));
        let fair = self.fair.saturating_mul(DAY);
        let of = &moments.of[stage - 1];
        let (kind, from) = match before.cmp(&stage) {
            std::cmp::Ordering::Equal => (0, start),
            std::cmp::Ordering::Greater => return 0,
            std::cmp::Ordering::Less => match of.get(of.partition_point(|time| *time < start)) {
                // Who went higher before coming here did not come here.
                Some(came) if self.higher(moments, stage, start).is_none_or(|higher| higher >= *came) => {
                    (1, *came)
                }
                _ => return 0,
            },
        };
        let higher = self.higher(moments, stage, from);
        let mut pair = Pair::default();
        pair.people[kind] = 1;
        pair.higher[kind] = u64::from(higher.is_some());
        if self.end - from >= fair {
            pair.seen[kind] = 1;
            pair.soon[kind] = u64::from(higher.is_some_and(|higher| higher - from < fair));
        }
        sum.pairs[stage - 1] += pair;
        if kind == 1 {
            let days = (higher.unwrap_or(self.end) - from) / DAY;
            let list = if higher.is_some() { &mut sum.went } else { &mut sum.waited };
            list[(stage - 1) * (self.days as usize + 1) + (days.min(self.days)) as usize] += 1;
        }
        (1 + 3 * kind as u64 + pair.higher[kind] + pair.soon[kind]) as i32
    }
    /// What somebody met before they moved up or, who stayed, before the end; whether the one that is asked for was there.
    fn touched(
        &self,
        past: &Past,
        person: usize,
        [before, now]: [usize; 2],
        moments: &mut Moments,
        sum: &mut Standing,
    ) -> bool {
        let Some(touch) = self.touch.filter(|_| before <= now) else { return false };
        let start = self.end.saturating_sub(self.days.saturating_mul(DAY));
        // Who stands higher now than then came there in between.
        let moved = (before < now).then(|| self.higher(moments, now - 1, start)).flatten();
        touch.before(past, person, moved.unwrap_or(self.end), &mut moments.met);
        for code in &moments.met {
            *sum.touches.entry([before as u32, now as u32, *code]).or_default() += 1;
        }
        touch.met.is_some_and(|met| moments.met.contains(&met))
    }
    /// Whether somebody did anything between the two days.
    fn active(&self, past: &Past, person: usize, start: u32) -> bool {
        let within = |source| {
            let table = past.table(source);
            let rows = table.before(person, self.end);
            !rows.is_empty() && table.times[rows.end - 1] >= start
        };
        within(Source::Events) || within(Source::Orders)
    }
}

/// The place in [`super::MOVES`].
fn way(before: usize, now: usize, active: bool) -> i32 {
    match now.cmp(&before) {
        std::cmp::Ordering::Equal => 0,
        std::cmp::Ordering::Greater => 1,
        std::cmp::Ordering::Less => 3 - i32::from(active),
    }
}

impl Analysis for Stand {
    const NAME: &'static str = "stages";
    type Partial = Standing;
    type Work = Moments;
    fn walked(shard: &Shard) -> usize {
        shard.past.len()
    }
    fn begin(&self, _: &Shard) -> Result<Moments> {
        Ok(Moments::default())
    }
    fn add(&self, moments: &mut Moments, shard: &mut Shard, rows: Range<usize>, sum: &mut Standing) {
        let width = self.rules.len() + 1;
        let [now_of, was_of] =
            self.category.map_or([STAGE, WAS], |at| [IN[at as usize], WAS_IN[at as usize]]);
        let names = [now_of, was_of, MET, MOVED, WENT];
        let [mut stood, mut was, mut met, mut moved, mut went] =
            names.map(|name| shard.past.take_measure(name, 0));
        sum.trend.resize((self.trend as usize + 1) * width, 0);
        sum.flow.resize(width * width * 2, 0);
        sum.pairs.resize(self.rules.len(), Pair::default());
        sum.went.resize(self.rules.len() * (self.days as usize + 1), 0);
        sum.waited.resize(self.rules.len() * (self.days as usize + 1), 0);
        let step = self.days.saturating_mul(DAY);
        let start = self.end.saturating_sub(step);
        for person in rows {
            self.moments(&shard.past, person, moments);
            let (before, now) = (self.stage(moments, start), self.stage(moments, self.end));
            (stood[person], was[person]) = (now as i32, before as i32);
            let active = self.active(&shard.past, person, start);
            if self.category.is_none() {
                went[person] = 0;
                moved[person] = way(before, now, active);
                met[person] = self.touched(&shard.past, person, [before, now], moments, sum).into();
            }
            sum.flow[(before * width + now) * 2 + usize::from(active)] += 1;
            for at in 0..=self.trend {
                let stage = self.stage(moments, self.end.saturating_sub(at.saturating_mul(step)));
                sum.trend[at as usize * width + stage] += 1;
            }
            // Above the last stage there is nothing to go to.
            for stage in 1..self.rules.len() {
                let kind = self.pair(moments, stage, before, sum);
                if self.went == Some(stage as u32) {
                    went[person] = kind;
                }
            }
        }
        for (name, measure) in names.into_iter().zip([stood, was, met, moved, went]) {
            shard.past.measures.insert(name.into(), measure);
        }
    }
}
