//! What one column holds, counted: the part of a survey that roles are guessed from. All counts are whole
//! numbers and merge in any order.

use crate::id::{self, Shape};
use crate::num::Order;
use crate::table::dates;
use crate::table::sketch::{Sketch, hash};
use crate::table::values::{self, Missing};
use serde::{Deserialize, Serialize};

/// Separators of several labels in one cell that are tried; the first wins a tie. A space stands for any white
/// space.
pub const SEPARATORS: [&str; 9] = ["|", ";", "、", "；", "#", ",", "，", "/", " "];
/// Different values kept to show.
const EXAMPLES: usize = 5;
/// Characters of a value kept to show.
pub(super) const SHOWN: usize = 80;

/// A line by the stretch it stands in. How many lines come before a stretch is known only when all are merged
/// ([`super::survey::Survey::row`]), but marks already stand in the order of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mark {
    /// Offset of the stretch in the text.
    pub at: u64,
    /// 1-based line in the stretch.
    pub line: u64,
}

/// Counts over the filled cells of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Cells with a value.
    pub filled: u64,
    /// Forms of the cells, as IDs see them.
    pub shapes: [u64; Shape::COUNT],
    /// Cells that are numbers.
    pub numbers: u64,
    /// Cells that are whole numbers (`3.0` too).
    pub whole: u64,
    /// Cells of digits with a zero in front: codes, not amounts.
    pub zero_led: u64,
    /// Cells that are dates.
    pub dates: u64,
    /// Cells that are dates in a form with two readings.
    pub ambiguous: u64,
    /// Bytes of all values.
    pub bytes: u64,
    /// Different values.
    pub distinct: Sketch,
    /// Cells that would run as a formula in a spreadsheet.
    pub formulas: Oddity,
    /// What each of [`SEPARATORS`] would make of the cells that are nothing else.
    pub separated: [Separated; SEPARATORS.len()],
    /// The first different values.
    pub examples: Examples,
}

/// Cells that hold a separator.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Separated {
    /// How many.
    pub cells: u64,
    /// Labels in them.
    pub labels: u64,
    /// Fewest labels in one of them; 0 if there is no such cell.
    pub fewest: u64,
    /// Most labels in one of them.
    pub most: u64,
    /// Different labels.
    pub distinct: Sketch,
    /// Labels that would run as a formula.
    pub formulas: Oddity,
}

/// Something that happened, and where first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oddity {
    /// How often.
    pub count: u64,
    /// Where first.
    pub first: Option<Mark>,
}

impl Oddity {
    pub(super) fn add(&mut self, times: u64, mark: Mark) {
        self.merge(&Oddity { count: times, first: Some(mark) });
    }
    pub(super) fn merge(&mut self, other: &Oddity) {
        self.count += other.count;
        self.first = self.first.into_iter().chain(other.first).min();
    }
}

/// The first different values of a column, clipped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examples {
    seen: Vec<(Mark, String)>,
}

impl Examples {
    /// The values, in order of appearance.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.seen.iter().map(|(_, text)| text.as_str())
    }
    #[cfg(test)]
    pub(super) fn marks(&mut self) -> impl Iterator<Item = &mut Mark> {
        self.seen.iter_mut().map(|(mark, _)| mark)
    }
    fn add(&mut self, mark: Mark, cell: &[u8]) {
        if self.seen.len() < EXAMPLES || self.seen.last().is_some_and(|(last, _)| mark < *last) {
            self.put(mark, clip(cell));
        }
    }
    fn put(&mut self, mark: Mark, text: String) {
        match self.seen.iter_mut().find(|(_, seen)| *seen == text) {
            Some((first, _)) => *first = mark.min(*first),
            None => self.seen.push((mark, text)),
        }
        self.seen.order();
        self.seen.truncate(EXAMPLES);
    }
}

/// The beginning of a cell, for people.
pub(super) fn clip(cell: &[u8]) -> String {
    let head = &cell[..cell.len().min(4 * SHOWN)];
    String::from_utf8_lossy(head).chars().take(SHOWN).collect()
}

impl Column {
    /// Adds what another stretch of the file holds.
    pub fn merge(&mut self, other: Column) {
        self.filled += other.filled;
        self.shapes.iter_mut().zip(other.shapes).for_each(|(a, b)| *a += b);
        self.numbers += other.numbers;
        self.whole += other.whole;
        self.zero_led += other.zero_led;
        self.dates += other.dates;
        self.ambiguous += other.ambiguous;
        self.bytes += other.bytes;
        self.distinct.merge(&other.distinct);
        self.formulas.merge(&other.formulas);
        self.separated.iter_mut().zip(&other.separated).for_each(|(a, b)| a.merge(b));
        other.examples.seen.into_iter().for_each(|(mark, text)| self.examples.put(mark, text));
    }
    /// Counts `times` cells of this trimmed text, the first of them at `mark`.
    pub(super) fn add(&mut self, cell: &[u8], times: u64, mark: Mark, missing: &Missing) {
        if missing.has(cell) {
            return;
        }
        self.filled += times;
        self.bytes += times * cell.len() as u64;
        self.distinct.add(hash(cell));
        self.examples.add(mark, cell);
        let letters = Letters::of(cell);
        let shape = letters.shape(cell).unwrap_or_else(|| id::shape(cell));
        self.shapes[shape.index()] += times;
        let number = letters.number(cell);
        let dated = letters.any(DIGIT) && dates::date(cell).is_some();
        if let Some(value) = number {
            self.numbers += times;
            self.whole += if value.fract() == 0.0 { times } else { 0 };
            self.zero_led += if zero_led(cell) { times } else { 0 };
        }
        self.dates += if dated { times } else { 0 };
        if number.is_none() && !dated && shape == Shape::Text {
            self.text(cell, letters, times, mark);
        }
    }
    /// A cell that is no number, date or ID.
    fn text(&mut self, cell: &[u8], letters: Letters, times: u64, mark: Mark) {
        self.ambiguous += if letters.any(DIGIT) && dates::ambiguous(cell) { times } else { 0 };
        if formula(cell) {
            self.formulas.add(times, mark);
        }
        if letters.any(SEPARATOR | HIGH) {
            for (separator, counts) in SEPARATORS.iter().zip(&mut self.separated) {
                counts.add(cell, separator, times, mark);
            }
        }
    }
}

impl Separated {
    fn merge(&mut self, other: &Separated) {
        if other.cells == 0 {
            return;
        }
        self.fewest = if self.cells == 0 { other.fewest } else { self.fewest.min(other.fewest) };
        self.most = self.most.max(other.most);
        self.cells += other.cells;
        self.labels += other.labels;
        self.distinct.merge(&other.distinct);
        self.formulas.merge(&other.formulas);
    }
    fn add(&mut self, cell: &[u8], separator: &str, times: u64, mark: Mark) {
        if !holds(cell, separator) {
            return;
        }
        let mut labels = 0;
        for label in values::parts(cell, separator) {
            labels += 1;
            self.distinct.add(hash(label));
            if formula(label) && values::number(label).is_none() {
                self.formulas.add(times, mark);
            }
        }
        self.fewest = if self.cells == 0 { labels } else { self.fewest.min(labels) };
        self.most = self.most.max(labels);
        self.cells += times;
        self.labels += labels * times;
    }
}

fn holds(cell: &[u8], separator: &str) -> bool {
    match separator.as_bytes() {
        b" " => cell.iter().any(u8::is_ascii_whitespace),
        [byte] => memchr::memchr(*byte, cell).is_some(),
        several => memchr::memmem::find(cell, several).is_some(),
    }
}

/// Whether a spreadsheet would run it (CWE-1236). Numbers and phones are asked for before.
fn formula(cell: &[u8]) -> bool {
    matches!(cell.first(), Some(b'=' | b'+' | b'-' | b'@' | b'\t'))
}

fn zero_led(cell: &[u8]) -> bool {
    cell.len() > 1 && cell[0] == b'0' && cell.iter().all(u8::is_ascii_digit)
}

const DIGIT: u8 = 1;
const SIGN: u8 = 2;
const WORD: u8 = 4;
const AT: u8 = 8;
const SEPARATOR: u8 = 16;
const HIGH: u8 = 32;
const WIDE: u8 = 64;
/// Signs that make phones and rounded IDs of short numbers.
const ODD: u8 = 128;

/// What bytes a cell is written with: one pass that settles most of what a cell cannot be.
#[derive(Clone, Copy)]
struct Letters(u8);

impl Letters {
    fn of(cell: &[u8]) -> Letters {
        Letters(cell.iter().fold(0, |all, b| all | CLASS[usize::from(*b)]))
    }
    fn any(self, class: u8) -> bool {
        self.0 & class != 0
    }
    /// The shape of what cannot be an ID: words too short for a digest, without digits of any width, and numbers
    /// too short for a phone. Plain twin: [`id::shape`].
    fn shape(self, cell: &[u8]) -> Option<Shape> {
        let word = !self.any(DIGIT | AT | WIDE) && (self.any(HIGH) || cell.len() < 14);
        let number = !self.any(WORD | AT | HIGH | WIDE | ODD) && cell.len() < 11;
        match self.0 {
            DIGIT if number => Some(Shape::Digits),
            _ if word || number => Some(Shape::Text),
            _ => None,
        }
    }
    fn number(self, cell: &[u8]) -> Option<f64> {
        let only = self.any(DIGIT) && !self.any(WORD | AT | HIGH | WIDE);
        if only { values::number(cell) } else { None }
    }
}

/// Full-width forms begin with 0xef; `e` and `E` may stand in numbers; a space before `%` too.
const CLASS: [u8; 256] = {
    let mut table = [WORD; 256];
    let mut i = 0;
    while i < 256 {
        let byte = i as u8;
        table[i] = match byte {
            b'0'..=b'9' => DIGIT,
            b'.' | b'-' | b'%' => SIGN,
            b'+' | b'e' | b'E' => SIGN | ODD,
            b'@' => AT,
            b',' | b' ' | b'\t' | b'\n' | b'\r' => SIGN | SEPARATOR,
            b'|' | b';' | b'/' | b'#' => WORD | SEPARATOR,
            0xef => HIGH | WIDE,
            0x80..=0xff => HIGH,
            _ => WORD,
        };
        i += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mark(line: u64) -> Mark {
        Mark { at: 0, line }
    }

    fn of(cells: &[&str]) -> Column {
        let mut column = Column::default();
        for (i, cell) in cells.iter().enumerate() {
            column.add(values::trim(cell.as_bytes()), 1, mark(i as u64), &Missing::new(["NA"]));
        }
        column
    }

    #[test]
    fn cells_are_counted_by_what_they_are() {
        let column = of(&[
            "1",
            "2.5",
            "007",
            "3.0",
            "2024-01-02",
            "03/04/2024",
            "NA",
            "",
            "a|b",
            "=1+x",
            "+8613800138000",
        ]);
        assert_eq!(column.filled, 9);
        assert_eq!((column.numbers, column.whole, column.zero_led), (5, 4, 1));
        assert_eq!((column.dates, column.ambiguous), (1, 1));
        assert_eq!(column.formulas, Oddity { count: 1, first: Some(mark(9)) });
        assert_eq!(column.separated[0].cells, 1);
        assert_eq!(column.separated[0].distinct.distinct(), 2);
        assert_eq!(column.examples.iter().collect::<Vec<_>>(), ["1", "2.5", "007", "3.0", "2024-01-02"]);
        assert_eq!(column.distinct.distinct(), 9);
    }

    proptest! {
        #[test]
        fn short_cuts_agree_with_the_long_way(
            cell in "[a-fA-F0-9@.,+%eE |/１￥汽\u{2011}-]{0,40}|[0-9]{1,16}|[-+0-9.,%eE ()]{1,16}",
        ) {
            let cell = values::trim(cell.as_bytes());
            let letters = Letters::of(cell);
            if let (Some(shape), false) = (letters.shape(cell), cell.is_empty()) {
                prop_assert_eq!(id::shape(cell), shape);
            }
            prop_assert_eq!(letters.number(cell), values::number(cell));
        }

        #[test]
        fn any_order_gives_the_same(
            cells in prop::collection::vec("[ab1|;=]{0,3}", 0..40), cut in 0usize..40,
        ) {
            let none = Missing::default();
            let add = |column: &mut Column, range: std::ops::Range<usize>| {
                range.for_each(|i| column.add(cells[i].as_bytes(), 1, mark(i as u64), &none));
            };
            let cut = cut.min(cells.len());
            let (mut whole, mut left, mut right) = (Column::default(), Column::default(), Column::default());
            add(&mut whole, 0..cells.len());
            add(&mut left, 0..cut);
            add(&mut right, cut..cells.len());
            let mut back = right.clone();
            back.merge(left.clone());
            left.merge(right);
            prop_assert_eq!(&left, &whole);
            prop_assert_eq!(&back, &whole);
        }
    }
}
