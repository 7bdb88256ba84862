//! People by stage as platforms count them: how many stand in each stage on a day, how many moved between two days. Any number
//! of files, a row or a column per stage; each count is kept once.

use super::labelled::{DayColumn, Labelled};
use super::moment::Format;
use super::platform::{self, Count, fold};
use super::small::{Cells, Left, SmallReading, Words};
use crate::error::Result;
use crate::table::store::parcel::{Span, Tally};
use std::collections::BTreeMap;

/// Where a file says the day.
#[derive(Clone, Debug, PartialEq)]
pub enum Day {
    /// In each row.
    Column(DayColumn),
    /// Nowhere: the recipe does.
    All(u32),
}

/// A column: its position and its name.
pub type Named = (usize, String);

/// How a file says its counts.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// A row per stage.
    Long {
        /// The stage.
        stage: Named,
        /// How many.
        people: Named,
        /// The stage that is the sum of the others, if it is not called as sums are ([`platform::is_sum`]).
        total: Option<String>,
    },
    /// A column per stage.
    Wide {
        /// Stages by name.
        stages: Vec<(String, Named)>,
        /// Their sum.
        total: Option<Named>,
    },
    /// A row per move.
    Flow {
        /// The first day.
        since: Day,
        /// The stage they stood in; empty for none.
        from: Named,
        /// The stage they stand in; empty for none.
        to: Named,
        /// How many.
        people: Named,
    },
}

/// How one file is read.
#[derive(Clone, Debug, PartialEq)]
pub struct StandingReading {
    /// Its rows.
    pub rows: SmallReading,
    /// Its place among the files.
    pub file: u32,
    /// The day.
    pub time: Day,
    /// Positions of columns of labels, and the place of each among those of [`Standings::rows`].
    pub labels: Vec<(usize, usize)>,
    /// Labels of all its rows, by the same places.
    pub given: Vec<(usize, String)>,
    /// What is counted.
    pub form: Form,
}

/// What a count is of; stages by their number, 0 for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Who stood in a stage on a day.
    Stood(u32, u32),
    /// A printed sum of all stages of a day.
    Total(u32),
    /// Who moved between two days from a stage to another.
    Moved([u32; 2], [u32; 2]),
}

impl What {
    /// The day, of a move the second.
    pub fn day(self) -> u32 {
        match self {
            What::Stood(day, _) | What::Total(day) | What::Moved([_, day], _) => day,
        }
    }
}

/// A count that another row contradicts; that one stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Clash {
    /// The one that stands, by its place in [`Standings::counts`].
    pub first: usize,
    /// File and row of the other.
    pub place: (u32, u64),
    /// How many it says.
    pub people: u64,
}

/// Counts of all files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standings {
    /// Labels of every count, and where it stood.
    pub rows: Labelled,
    /// Of what each count is.
    pub whats: Vec<What>,
    /// What it says; nothing where a row names a stage but no number that can be read.
    pub counts: Vec<Option<Count>>,
    /// Names of stages by number, in the order they are met, those alike but for case and width as one; the first is none.
    pub stages: Words,
    /// Counts that were said otherwise before.
    pub clashes: Vec<Clash>,
    known: BTreeMap<(What, Vec<u32>), usize>,
}

impl Standings {
    /// No counts yet, with these columns of labels.
    pub fn new(names: Vec<String>, files: Vec<String>) -> Standings {
        Standings { rows: Labelled::new(names, files), ..Standings::default() }
    }
    /// Reads the rows of a piece of text.
    pub fn read(
        &mut self,
        reading: &StandingReading,
        text: &[u8],
        span: Span,
        tally: &mut Tally,
    ) -> Result<(usize, u64)> {
        reading.rows.walk(text, span, tally, |cells, tally| {
            let mut notes = Vec::new();
            let said = self.said(reading, cells, &mut notes)?;
            let labels = self.labels(reading, cells);
            let place = (reading.file, cells.row);
            let alone = said.len() == 1;
            let (mut stands, mut wrong) = (false, Vec::new());
            for (what, count, column) in said {
                match count.map(|count| (count, self.keep(place, what, count, &labels))) {
                    Ok((_, Some("contradicting-count"))) => wrong.insert(0, ("contradicting-count", column)),
                    Ok((count, note)) => {
                        stands = true;
                        let rounded = (count.slack > 0).then_some("count-rounded");
                        notes.extend(note.into_iter().chain(rounded).map(|code| (code, column)));
                    }
                    Err(code) => {
                        self.name(place, what, &labels);
                        // An empty cell is nothing odd beside others.
                        wrong.extend((alone || code != "no-number").then_some((code, column)));
                    }
                }
            }
            match wrong.first() {
                Some((code, column)) if !stands => Err(Left::of(code, column)),
                _ => {
                    let all = wrong.iter().chain(&notes);
                    all.for_each(|(code, name)| Tally::count(&mut tally.notes, code, name, cells.row));
                    Ok(())
                }
            }
        })
    }
    /// Once all rows are in.
    pub fn seal(&mut self) {
        self.rows.seal();
        self.known.clear();
    }
    /// The last day with a count.
    pub fn last(&self) -> Option<u32> {
        self.whats.iter().map(|what| what.day()).max()
    }
    /// The labels of a row; what means all of a column is no label.
    fn labels(&mut self, reading: &StandingReading, cells: &Cells) -> Vec<u32> {
        let mut labels = vec![0; self.rows.dims.len()];
        let read = reading.labels.iter().map(|(at, dim)| (*dim, cells.text(*at)));
        let given = reading.given.iter().map(|(dim, label)| (*dim, label.as_str()));
        for (dim, label) in given.chain(read).filter(|(_, label)| !platform::is_all(label)) {
            labels[dim] = self.rows.number(dim, label);
        }
        labels
    }
    /// Keeps a count, unless it was said before; what is odd about it then.
    fn keep(&mut self, place: (u32, u64), what: What, count: Count, labels: &[u32]) -> Option<&'static str> {
        let first = self.at(place, what, labels);
        let Some(other) = self.counts[first] else {
            self.rows.places[first] = place;
            self.counts[first] = Some(count);
            return None;
        };
        if other.people.abs_diff(count.people) <= other.slack + count.slack {
            return Some("repeated-count");
        }
        self.clashes.push(Clash { first, place, people: count.people });
        Some("contradicting-count")
    }
    /// A row that names a stage without a count that can be read: the stage is there, how many stand in it is not told.
    fn name(&mut self, place: (u32, u64), what: What, labels: &[u32]) {
        if matches!(what, What::Stood(..)) {
            self.at(place, what, labels);
        }
    }
    /// Where a count is kept; nothing is told there yet if it was not named before.
    fn at(&mut self, place: (u32, u64), what: What, labels: &[u32]) -> usize {
        let next = self.counts.len();
        let at = *self.known.entry((what, labels.to_vec())).or_insert(next);
        if at == next {
            self.rows.push(place, labels);
            self.whats.push(what);
            self.counts.push(None);
        }
        at
    }
    /// The day a row says; where it says only a month, its last.
    fn day<'a>(
        &mut self,
        day: &'a Day,
        cells: &Cells,
        notes: &mut Vec<Odd<'a>>,
    ) -> std::result::Result<u32, Left<'a>> {
        let column = match day {
            Day::Column(column) => column,
            Day::All(day) => return Ok(*day),
        };
        let plain = matches!(column.format, None | Some(Format::Ymd));
        match platform::month_end(cells.bytes(column.at)).filter(|_| plain) {
            Some(day) => {
                notes.push(("month-end", &column.name));
                column.within(i64::from(day))
            }
            None => self.rows.day(column, cells),
        }
    }
    /// What a row says, or why it does not, with the column of each.
    fn said<'a>(
        &mut self,
        reading: &'a StandingReading,
        cells: &Cells,
        notes: &mut Vec<Odd<'a>>,
    ) -> std::result::Result<Vec<Said<'a>>, Left<'a>> {
        let day = self.day(&reading.time, cells, notes)?;
        let one =
            |what: What, people: &'a Named| Ok(vec![(what, people_in(cells, people), people.1.as_str())]);
        match &reading.form {
            Form::Long { stage, people, total } => {
                let name = cells.text(stage.0);
                let sum =
                    total.as_ref().map_or_else(|| platform::is_sum(name), |total| fold(total) == fold(name));
                match () {
                    () if name.is_empty() => Err(Left::of("no-stage", &stage.1)),
                    () if sum => one(What::Total(day), people),
                    () => one(What::Stood(day, self.stages.alike(name, fold(name))), people),
                }
            }
            Form::Wide { stages, total } => {
                let mut number = |name: &str| self.stages.alike(name, fold(name));
                let stages = stages.iter().map(|(name, at)| (What::Stood(day, number(name)), at));
                let sum = total.iter().map(|at| (What::Total(day), at));
                wide(stages.chain(sum), cells)
            }
            Form::Flow { since, from, to, people } => {
                let since = self.day(since, cells, notes)?;
                if since >= day {
                    return Err(Left::of("days-reversed", ""));
                }
                // All who moved are no move.
                if let Some(sum) = [from, to].into_iter().find(|at| platform::is_sum(cells.text(at.0))) {
                    return Err(Left::of("sum-of-moves", &sum.1));
                }
                let stages = [from, to].map(|at| cells.text(at.0));
                let stages = stages.map(|name| self.stages.alike(name, fold(name)));
                if stages == [0, 0] {
                    return Err(Left::of("no-stage", &from.1));
                }
                one(What::Moved([since, day], stages), people)
            }
        }
    }
}

/// A count, or why there is none, and its column.
type Said<'a> = (What, std::result::Result<Count, &'static str>, &'a str);
/// What is odd, and in which column.
type Odd<'a> = (&'static str, &'a str);

fn wide<'a>(
    columns: impl Iterator<Item = (What, &'a Named)>,
    cells: &Cells,
) -> std::result::Result<Vec<Said<'a>>, Left<'a>> {
    let said: Vec<_> =
        columns.map(|(what, column)| (what, people_in(cells, column), column.1.as_str())).collect();
    match said.iter().all(|(_, count, _)| *count == Err("no-number")) {
        true => Err(Left::of("no-number", "")),
        false => Ok(said),
    }
}

fn people_in(cells: &Cells, column: &Named) -> std::result::Result<Count, &'static str> {
    match cells.bytes(column.0) {
        b"" => Err("no-number"),
        cell => platform::count(cell),
    }
}
