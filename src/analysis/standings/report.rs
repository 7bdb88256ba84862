//! What is said of people by stage.

use super::book::{Book, Moves, Stock};
use super::plan::StandingPlan;
use super::{checks, ladder};
use crate::error::{Error, Kind, Result};
use crate::gate;
use crate::num::Rate;
use crate::table::history::pick::missing;
use crate::table::history::platform::Count;
use crate::table::history::standing::Standings;
use serde::Serialize;

/// The report.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct StandingsReport {
    /// The column of groups.
    pub by: Option<String>,
    /// The ladder the stages were known by: `aipl`, `4a`, `o-5a`, `aarrr`.
    pub ladder: Option<&'static str>,
    /// Stages from the lowest up.
    pub stages: Vec<String>,
    /// Days with a snapshot, the oldest first.
    pub days: Vec<String>,
    /// The two days that are compared; nothing where there is one.
    pub compare: Option<[String; 2]>,
    /// Everyone, then by value of the column.
    pub groups: Vec<StandingGroup>,
    /// What does not fit.
    pub odd: u64,
    /// The first of it, at most [`NAMED`].
    pub named: Vec<StandingOdd>,
}

/// Everyone, or those of one value.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct StandingGroup {
    /// The value; nothing for everyone.
    pub label: Option<String>,
    /// Snapshots, the oldest first.
    pub snapshots: Vec<StandingSnapshot>,
    /// Stages on the two days.
    pub lines: Vec<StandingLine>,
    /// Moves between the two days, if a file says them.
    pub flow: Vec<StandingFlow>,
}

/// A day.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct StandingSnapshot {
    /// Which.
    pub day: String,
    /// By stage; nothing where no row says it, or none that can be read.
    pub people: Vec<Option<u64>>,
    /// Of all stages together; nothing where one that should be there is missing.
    pub shares: Vec<Option<f64>>,
    /// All stages together.
    pub total: u64,
    /// The same as printed.
    pub printed: Option<u64>,
    /// Parts that were added up, since no row counts the whole: who is in two of them is counted twice. 1 where one row does.
    pub parts: u64,
}

/// A stage on the two days.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct StandingLine {
    /// Which.
    pub stage: String,
    /// People on the first day.
    pub before: Option<u64>,
    /// And on the second.
    pub people: Option<u64>,
    /// The second less the first.
    pub change: Option<i64>,
    /// Percent of the first.
    pub percent: Option<f64>,
    /// Share of all stages on the first day.
    pub share_before: Option<f64>,
    /// And on the second.
    pub share: Option<f64>,
    /// Percentage points between the shares.
    pub points: Option<f64>,
    /// Came from elsewhere in between.
    pub inflow: Option<u64>,
    /// Went elsewhere in between.
    pub outflow: Option<u64>,
    /// Change less inflow and plus outflow: nothing is left over where files add up.
    pub gap: Option<i64>,
    /// Whether the gap is nothing, or no more than was rounded away.
    pub adds_up: Option<bool>,
    /// Stock of the next stage over this one's on the second day: no rate of conversion. Absent for the last.
    pub stock_ratio: Option<f64>,
    /// Of those here on the first day, who moved higher. Absent for the last.
    pub cohort_rate: Option<Rate>,
}

/// A move.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct StandingFlow {
    /// Absent for outside.
    pub from: Option<String>,
    /// Absent for outside.
    pub to: Option<String>,
    /// People.
    pub people: u64,
    /// Of all who stood in `from`.
    pub share: Option<f64>,
    /// `up`, `stay`, `down`; what is no stage lies below the lowest.
    pub direction: &'static str,
}

/// What does not fit.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct StandingOdd {
    /// `contradicting-count`, `stage-missing`, `total-apart`, `part-above-whole`, `wholes-differ`, `does-not-add-up`,
    /// `moved-above-stood`, `flow-without-stock`, `day-missing`, `parts-differ`.
    pub code: &'static str,
    /// Its labels; empty for everyone.
    pub of: String,
    /// The first day, of what is between two.
    pub since: Option<String>,
    /// The day.
    pub day: String,
    /// The stage, the two of a move, or the two columns whose parts differ.
    pub stage: Option<String>,
    /// What was found: the other number, the printed sum, the part, the smaller sum, the change, those who moved.
    pub found: Option<i64>,
    /// What it should be: the number that stands, the sum, the whole, the larger sum, inflow less outflow, those who stood there.
    pub expected: Option<i64>,
    /// Where it stands.
    pub places: Vec<StandingPlace>,
}

/// Where a row stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct StandingPlace {
    /// Its file.
    pub file: String,
    /// Its number there, the header counted.
    pub row: u64,
}

/// Oddities that are named.
pub const NAMED: usize = 100;
/// Most groups times days: a column of more values is no axis.
const CELLS: usize = 100_000;

/// Puts the counts of all files together.
pub fn standings(of: &Standings, plan: &StandingPlan) -> Result<StandingsReport> {
    plan.check()?;
    if of.counts.iter().all(Option::is_none) {
        return Err(missing("standing".into()));
    }
    let by = axis(of, plan)?;
    let (stages, ladder) = ladder::order(of, plan)?;
    let book = Book::of(of, stages, by);
    let compare = pair(&book, plan)?;
    let groups = book.groups();
    if groups.len().saturating_mul(book.days.len()) > CELLS {
        return Err(Error::new(Kind::OutOfRange).column("standings.by"));
    }
    let mut named = checks::odd(&book, compare, &groups);
    let odd = named.len() as u64;
    named.truncate(NAMED);
    Ok(StandingsReport {
        by: by.map(|at| of.rows.dims[at].name.clone()),
        ladder,
        stages: book.stages.iter().map(|stage| book.name(*stage)).collect(),
        days: book.days.iter().map(|day| Book::day(*day)).collect(),
        compare: compare.map(|days| days.map(Book::day)),
        groups: groups.iter().map(|label| group(&book, *label, compare)).collect(),
        odd,
        named,
    })
}

/// The column of groups.
fn axis(of: &Standings, plan: &StandingPlan) -> Result<Option<usize>> {
    match plan.by.first() {
        Some(name) => of.rows.dim(name).map(Some).ok_or_else(|| missing(format!("standing: {name}"))),
        None => Ok(of.rows.dim("category").or((!of.rows.dims.is_empty()).then_some(0))),
    }
}

/// The two days that are compared: those asked for, else the last two snapshots, else those of the last moves.
fn pair(book: &Book, plan: &StandingPlan) -> Result<Option<[u32; 2]>> {
    let days = || book.days.iter().copied().chain(book.periods().into_iter().flatten());
    if let Some(asked) = &plan.compare {
        let day = |text: &String| {
            let unknown = || Error::new(Kind::LabelUnknown).column(format!("standings.compare: {text}"));
            days().find(|day| Book::day(*day) == *text).ok_or_else(unknown)
        };
        return Ok(Some([day(&asked[0])?, day(&asked[1])?]));
    }
    let last = book.days.last_chunk::<2>().copied();
    Ok(last.or_else(|| book.days.is_empty().then(|| book.periods().last().copied()).flatten()))
}

fn group(book: &Book, label: Option<u32>, compare: Option<[u32; 2]>) -> StandingGroup {
    let snapshots = book.days.iter().filter_map(|day| snapshot(book, *day, label)).collect();
    let last = book.days.last().copied();
    let before = compare.and_then(|[before, _]| book.stock(before, &book.picked(before, label)));
    let now = compare.map(|[_, day]| day).or(last).and_then(|day| book.stock(day, &book.picked(day, label)));
    let moves = compare.and_then(|period| book.moves(period, &book.movers(period, label)));
    StandingGroup {
        label: label.map(|code| book.label(code)),
        snapshots,
        lines: (0..book.stages.len())
            .map(|at| line(book, at, before.as_ref(), now.as_ref(), moves.as_ref()))
            .collect(),
        flow: moves.map_or(vec![], |moves| flow(book, &moves, before.as_ref())),
    }
}

fn snapshot(book: &Book, day: u32, label: Option<u32>) -> Option<StandingSnapshot> {
    let stock = book.stock(day, &book.picked(day, label))?;
    Some(StandingSnapshot {
        day: Book::day(day),
        people: stock.stages.iter().map(|count| count.map(|count| count.people)).collect(),
        shares: (0..stock.stages.len()).map(|at| stock.share(at)).collect(),
        total: stock.total(),
        printed: stock.printed.map(|count| count.people),
        parts: stock.frames.len() as u64,
    })
}

fn line(
    book: &Book,
    at: usize,
    before: Option<&Stock>,
    now: Option<&Stock>,
    moves: Option<&Moves>,
) -> StandingLine {
    let of = |stock: Option<&Stock>, at: usize| stock.and_then(|stock| *stock.stages.get(at)?);
    let (was, is) = (of(before, at), of(now, at));
    let change = was.zip(is).map(|(was, is)| is.people as i64 - was.people as i64);
    let shares = [before, now].map(|stock| stock.and_then(|stock| stock.share(at)));
    let net = moves.map(|moves| moves.net(book.stages[at]));
    let gap = book.gap(at, before, now, moves);
    let next = is.zip(of(now, at + 1)).filter(|(is, _)| is.people > 0);
    let higher = moves.filter(|moves| before.is_some_and(|b| b.frames == moves.frames)).zip(was);
    let rate = |(moves, was): (&Moves, Count)| {
        let (did, of) = (moves.higher(book, at), was.people);
        Rate::of(did, of).filter(|_| did <= of)
    };
    StandingLine {
        stage: book.name(book.stages[at]),
        before: was.map(|count| count.people),
        people: is.map(|count| count.people),
        change,
        percent: change
            .zip(was)
            .filter(|(_, was)| was.people > 0)
            .map(|(change, was)| 100.0 * change as f64 / was.people as f64),
        share_before: shares[0],
        share: shares[1],
        points: shares[0].zip(shares[1]).map(|(was, is)| 100.0 * (is - was)),
        inflow: net.map(|net| net[0].people),
        outflow: net.map(|net| net[1].people),
        gap: gap.map(|(gap, _)| gap),
        adds_up: gap.map(|(gap, slack)| gap.unsigned_abs() <= slack),
        stock_ratio: next.map(|(is, next)| next.people as f64 / is.people as f64),
        cohort_rate: higher.filter(|_| at + 1 < book.stages.len()).and_then(rate),
    }
}

fn flow(book: &Book, moves: &Moves, before: Option<&Stock>) -> Vec<StandingFlow> {
    let place = |stage: u32| (stage > 0).then(|| book.name(stage));
    let stood = |stage: u32| {
        let at = book.stages.iter().position(|known| *known == stage)?;
        before.filter(|stock| stock.frames == moves.frames)?.stages[at].filter(|count| count.people > 0)
    };
    let one = |([from, to], count): (&[u32; 2], &Count)| StandingFlow {
        from: place(*from),
        to: place(*to),
        people: count.people,
        share: stood(*from).map(|stood| count.people as f64 / stood.people as f64),
        direction: match () {
            () if from == to => "stay",
            () if book.rung(*to) > book.rung(*from) => "up",
            () => "down",
        },
    };
    let mut all: Vec<_> = moves.people.iter().collect();
    // Outside stands last, as wherever stages are listed.
    let last = |stage: u32| (book.rung(stage) == 0, book.rung(stage), stage == 0, stage);
    all.sort_by_key(|([from, to], _)| (last(*from), last(*to)));
    all.into_iter().map(one).collect()
}

impl gate::Cells for StandingsReport {
    /// What a platform printed is out already: nobody of ours stands behind it.
    fn cells(&self, _: &mut dyn FnMut(u64)) {}
}
