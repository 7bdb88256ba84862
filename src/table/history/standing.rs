//! People by stage as platforms count them: how many stand in each stage on a day, how many moved between two days. Any number
//! of files, a row or a column per stage; each count is kept once.

use super::labelled::{DayColumn, Labelled};
use super::money;
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
        /// The stage that is the sum of the others, if it is not called like one of [`TOTALS`].
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

/// A number of people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub people: u64,
    /// How many more or less it may be: half of the last digit's unit where it is printed in 万 or 亿.
    pub slack: u64,
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
    /// What it says.
    pub counts: Vec<Count>,
    /// Names of stages by number, in the order they are met; the first is none.
    pub stages: Words,
    /// Counts that were said otherwise before.
    pub clashes: Vec<Clash>,
    known: BTreeMap<(What, Vec<u32>), usize>,
}

/// Stages that are the sum of the others, in small letters.
pub const TOTALS: [&str; 6] = ["total", "sum", "合计", "总计", "总和", "总人数"];
/// Labels that mean all of a column, in small letters.
const ALL: [&str; 9] = ["all", "total", "overall", "全部", "整体", "总体", "合计", "总计", "不限"];

fn is_one(words: &[&str], cell: &str) -> bool {
    words.contains(&cell.to_lowercase().as_str())
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
            let (said, mut odd) = self.said(reading, cells)?;
            let labels = self.labels(reading, cells);
            let place = (reading.file, cells.row);
            let before = odd.len();
            let mut stands = false;
            for (what, count, column) in said {
                match self.keep(place, what, count, &labels) {
                    Some("contradicting-count") => odd.push(("contradicting-count", column)),
                    note => {
                        stands = true;
                        let rounded = (count.slack > 0).then_some("count-rounded");
                        odd.extend(note.into_iter().chain(rounded).map(|code| (code, column)));
                    }
                }
            }
            match odd.get(before) {
                Some((code, column)) if !stands => Err(Left::of(code, column)),
                _ => {
                    odd.iter().for_each(|(code, name)| Tally::count(&mut tally.notes, code, name, cells.row));
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
        for (dim, label) in given.chain(read).filter(|(_, label)| !is_one(&ALL, label)) {
            labels[dim] = self.rows.number(dim, label);
        }
        labels
    }
    /// Keeps a count, unless it was said before; what is odd about it then.
    fn keep(&mut self, place: (u32, u64), what: What, count: Count, labels: &[u32]) -> Option<&'static str> {
        let Some(&first) = self.known.get(&(what, labels.to_vec())) else {
            self.known.insert((what, labels.to_vec()), self.counts.len());
            self.rows.push(place, labels);
            self.whats.push(what);
            self.counts.push(count);
            return None;
        };
        let other = self.counts[first];
        if other.people.abs_diff(count.people) <= other.slack + count.slack {
            return Some("repeated-count");
        }
        self.clashes.push(Clash { first, place, people: count.people });
        Some("contradicting-count")
    }
    fn day<'a>(&mut self, day: &'a Day, cells: &Cells) -> std::result::Result<u32, Left<'a>> {
        match day {
            Day::Column(column) => self.rows.day(column, cells),
            Day::All(day) => Ok(*day),
        }
    }
    /// What a row says, with the column of each; and what is odd about cells that say nothing of use, where others do.
    fn said<'a>(
        &mut self,
        reading: &'a StandingReading,
        cells: &Cells,
    ) -> std::result::Result<(Vec<Said<'a>>, Vec<Odd<'a>>), Left<'a>> {
        let day = self.day(&reading.time, cells)?;
        let one = |what: What, people: &'a Named| {
            let count = people_in(cells, people).map_err(|code| Left::of(code, &people.1))?;
            Ok((vec![(what, count, people.1.as_str())], vec![]))
        };
        match &reading.form {
            Form::Long { stage, people, total } => {
                let name = cells.text(stage.0);
                let sum = total.as_ref().map_or_else(|| is_one(&TOTALS, name), |total| total == name);
                match () {
                    () if name.is_empty() => Err(Left::of("no-stage", &stage.1)),
                    () if sum => one(What::Total(day), people),
                    () => one(What::Stood(day, self.stages.number(name)), people),
                }
            }
            Form::Wide { stages, total } => {
                let stages = stages.iter().map(|(name, at)| (What::Stood(day, self.stages.number(name)), at));
                let sum = total.iter().map(|at| (What::Total(day), at));
                wide(stages.chain(sum), cells)
            }
            Form::Flow { since, from, to, people } => {
                let since = self.day(since, cells)?;
                if since >= day {
                    return Err(Left::of("days-reversed", ""));
                }
                let stages = [from, to].map(|at| self.stages.number(cells.text(at.0)));
                if stages == [0, 0] {
                    return Err(Left::of("no-stage", &from.1));
                }
                one(What::Moved([since, day], stages), people)
            }
        }
    }
}

/// A count and its column.
type Said<'a> = (What, Count, &'a str);
/// What is odd, and in which column.
type Odd<'a> = (&'static str, &'a str);

fn wide<'a>(
    columns: impl Iterator<Item = (What, &'a Named)>,
    cells: &Cells,
) -> std::result::Result<(Vec<Said<'a>>, Vec<Odd<'a>>), Left<'a>> {
    let (mut said, mut odd) = (Vec::new(), Vec::new());
    for (what, column) in columns {
        match people_in(cells, column) {
            Ok(count) => said.push((what, count, column.1.as_str())),
            Err("no-number") => {}
            Err(code) => odd.push((code, column.1.as_str())),
        }
    }
    match (said.is_empty(), odd.first()) {
        (true, Some((code, column))) => Err(Left::of(code, column)),
        (true, None) => Err(Left::of("no-number", "")),
        _ => Ok((said, odd)),
    }
}

fn people_in(cells: &Cells, column: &Named) -> std::result::Result<Count, &'static str> {
    match cells.bytes(column.0) {
        b"" => Err("no-number"),
        cell => count(cell),
    }
}

/// A number of people as platforms write it: `12,345`, `12.3万`, `1.2w`, `0.5亿`. Nobody is a part of a person.
pub fn count(cell: &[u8]) -> std::result::Result<Count, &'static str> {
    const UNITS: [(&str, u8); 4] = [("万", 4), ("w", 4), ("W", 4), ("亿", 8)];
    let unit = UNITS.iter().find_map(|(mark, zeros)| Some((cell.strip_suffix(mark.as_bytes())?, *zeros)));
    let (number, zeros) = unit.unwrap_or((cell, 0));
    let number = number.trim_ascii_end();
    // Money has a sign in front; people have none.
    let plain = number.first().is_some_and(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.'));
    let (people, fraction) = money::read(number, zeros).filter(|_| plain).ok_or("amount-unreadable")?;
    let written = number.iter().rev().position(|b| *b == b'.').map_or(0, |digits| digits.min(8) as u8);
    match () {
        () if people < 0 => Err("negative-count"),
        () if fraction => Err("fraction-count"),
        () => Ok(Count {
            people: people as u64,
            slack: 10u64.pow(u32::from(zeros.saturating_sub(written))) / 2,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_as_platforms_write_them() {
        let fine = [
            ("12,345", 12_345, 0),
            ("0", 0, 0),
            ("7.0", 7, 0),
            ("12.3万", 123_000, 500),
            ("12.3 万", 123_000, 500),
            ("1.2w", 12_000, 500),
            ("3W", 30_000, 5_000),
            ("1.2345万", 12_345, 0),
            ("0.50亿", 50_000_000, 500_000),
        ];
        for (cell, people, slack) in fine {
            assert_eq!(count(cell.as_bytes()), Ok(Count { people, slack }), "{cell}");
        }
        let refused = [
            ("-3", "negative-count"),
            ("12.5", "fraction-count"),
            ("1.23456万", "fraction-count"),
            ("<100", "amount-unreadable"),
            ("10万+", "amount-unreadable"),
            ("12%", "amount-unreadable"),
            ("¥12", "amount-unreadable"),
            ("1,2万", "amount-unreadable"),
            ("万", "amount-unreadable"),
            ("12k", "amount-unreadable"),
        ];
        for (cell, code) in refused {
            assert_eq!(count(cell.as_bytes()), Err(code), "{cell}");
        }
    }
}
