//! Cells of a time column as seconds since 1970-01-01.
//!
//! A cell that can be read two ways is never read: `03/04/2024` is refused until the recipe says `dmy` or `mdy`. Bare times
//! are those of a clock on the wall; a time with its zone (`Z`, `+08:00`, Unix seconds) is a moment of the world, which
//! falls on a day only once a zone is named. Zones are fixed offsets: China has had one since 1991.

use crate::table::dates;
use serde::{Deserialize, Serialize};

/// Seconds of a day.
pub const DAY: u32 = 86_400;

/// How the cells of a time column are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", rename = "TimeFormat"))]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Year first: `2024-03-05 08:30:15`, `20240305`, `2024年3月5日`.
    Ymd,
    /// Day first, year last: `05/03/2024 08:30`.
    Dmy,
    /// Month first, year last: `03/05/2024 08:30`.
    Mdy,
    /// Seconds since 1970-01-01 UTC.
    Unix,
    /// Milliseconds since 1970-01-01 UTC.
    UnixMs,
}

/// A cell that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Seconds on the clock of whoever wrote it.
    Wall(i64),
    /// Seconds since 1970-01-01 UTC.
    World(i64),
}

/// Why a cell was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Odd {
    /// Day and month could change places.
    Ambiguous,
    /// No such form, or no such day.
    Unreadable,
}

/// Reads a trimmed cell; without a format only year-first forms.
pub fn read(cell: &[u8], format: Option<Format>) -> Result<Moment, Odd> {
    let moment = match format {
        None | Some(Format::Ymd) => year_first(cell),
        Some(Format::Dmy) => year_last(cell, [0, 1]),
        Some(Format::Mdy) => year_last(cell, [1, 0]),
        Some(Format::Unix) => whole(cell).map(Moment::World),
        Some(Format::UnixMs) => whole(cell).map(|ms| Moment::World(ms.div_euclid(1_000))),
    };
    let why = || if format.is_none() && dates::ambiguous(cell) { Odd::Ambiguous } else { Odd::Unreadable };
    moment.ok_or_else(why)
}

/// A zone of the recipe as seconds east of Greenwich: `+08:00`, `-0530`, `Z`.
pub fn zone(text: &str) -> Option<i32> {
    offset(text.as_bytes()).filter(|_| text.is_ascii()).map(|seconds| seconds as i32)
}

/// The usual form goes by its places; everything else by [`dates::date`].
fn year_first(cell: &[u8]) -> Option<Moment> {
    if let Some(seconds) = usual(cell) {
        return Some(Moment::Wall(seconds));
    }
    let seconds = libm::floor(dates::date(cell)? * f64::from(DAY) + 1e-4) as i64;
    Some(match behind_clock(cell).and_then(offset) {
        Some(zone) => Moment::World(seconds - zone),
        None => Moment::Wall(seconds),
    })
}

/// `2024-03-05` and `2024-03-05 08:30:15` with any of `-` and `/`; plain twin in the years it knows: [`dates::date`].
fn usual(cell: &[u8]) -> Option<i64> {
    let two = |at: usize| {
        let (a, b) = (cell[at].wrapping_sub(b'0'), cell[at + 1].wrapping_sub(b'0'));
        (a < 10 && b < 10).then(|| i64::from(a * 10 + b))
    };
    if !matches!(cell.len(), 10 | 19) || !matches!(cell[4], b'-' | b'/') || cell[7] != cell[4] {
        return None;
    }
    // Data bases write 0001-01-01 and 9999-12-31 for "never": such a row is out of time, not unreadable.
    let day = dates::days_of_any_year(two(0)? * 100 + two(2)?, two(5)?, two(8)?)? * i64::from(DAY);
    if cell.len() == 10 {
        return Some(day);
    }
    let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
    let marks = matches!(cell[10], b' ' | b'T') && cell[13] == b':' && cell[16] == b':';
    (marks && hour < 24 && minute < 60 && second < 61).then_some(day + hour * 3600 + minute * 60 + second)
}

/// Turns `05/03/2024 08:30` around and reads it as year first. `order` says where day and month stand.
fn year_last(cell: &[u8], order: [usize; 2]) -> Option<Moment> {
    let end = cell.iter().position(|b| matches!(b, b' ' | b'T')).unwrap_or(cell.len());
    let mark = *cell[..end].iter().find(|b| matches!(b, b'/' | b'-' | b'.'))?;
    let mut parts = cell[..end].split(|b| *b == mark);
    let parts = [parts.next()?, parts.next()?, parts.next().filter(|year| year.len() == 4)?];
    let mut turned = Vec::with_capacity(cell.len() + 2);
    for part in [parts[2], b"-", parts[order[1]], b"-", parts[order[0]], &cell[end..]] {
        turned.extend_from_slice(part);
    }
    year_first(&turned)
}

/// What stands behind the last colon-separated number of a time: its zone, if any.
fn behind_clock(cell: &[u8]) -> Option<&[u8]> {
    let colon = cell.iter().position(|b| *b == b':')?;
    let at = cell[colon..].iter().position(|b| matches!(b, b'Z' | b'z' | b'+' | b'-'))?;
    Some(&cell[colon + at..])
}

fn offset(text: &[u8]) -> Option<i64> {
    let (sign, digits) = match text {
        [b'Z' | b'z'] => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, minutes): (&[u8], &[u8]) = match digits.len() {
        2 => (digits, b"0"),
        4 => digits.split_at(2),
        5 if digits[2] == b':' => (&digits[..2], &digits[3..]),
        _ => return None,
    };
    let (hours, minutes) = (whole(hours)?, whole(minutes)?);
    ((0..=14).contains(&hours) && (0..60).contains(&minutes)).then_some(sign * (hours * 3600 + minutes * 60))
}

fn whole(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let value = digits.iter().try_fold(0i64, |n, b| {
        let digit = b.wrapping_sub(b'0');
        (digit < 10).then(|| n * 10 + i64::from(digit))
    })?;
    let sign = if digits.len() < text.len() { -1 } else { 1 };
    (1..=15).contains(&digits.len()).then_some(sign * value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_709_640_000; // 2024-03-05 12:00:00, `date -u -d '2024-03-05 12:00' +%s`

    #[test]
    fn forms() {
        let table = [
            ("2024-03-05 12:00:00", None, Moment::Wall(NOON)),
            ("2024/03/05T12:00:00", None, Moment::Wall(NOON)),
            ("2024年3月5日 12:00", None, Moment::Wall(NOON)),
            ("20240305120000", None, Moment::Wall(NOON)),
            ("2024-03-05", None, Moment::Wall(NOON - 43_200)),
            ("2024-03-05 12:00:00.75", None, Moment::Wall(NOON)),
            ("2024-03-05T12:00:00Z", None, Moment::World(NOON)),
            ("2024-03-05T20:00:00+08:00", None, Moment::World(NOON)),
            ("2024-03-05 06:30:00-0530", None, Moment::World(NOON)),
            ("05/03/2024 12:00", Some(Format::Dmy), Moment::Wall(NOON)),
            ("3/5/2024 12:00:00", Some(Format::Mdy), Moment::Wall(NOON)),
            ("05.03.2024", Some(Format::Dmy), Moment::Wall(NOON - 43_200)),
            ("1709640000", Some(Format::Unix), Moment::World(NOON)),
            ("1709640000123", Some(Format::UnixMs), Moment::World(NOON)),
            ("-5", Some(Format::Unix), Moment::World(-5)),
        ];
        for (text, format, want) in table {
            assert_eq!(read(text.as_bytes(), format), Ok(want), "{text}");
        }
    }

    #[test]
    fn what_can_be_read_two_ways_is_not_read() {
        for text in ["03/04/2024", "3-4-24", "31.12.2024", "03/04/2024 10:00"] {
            assert_eq!(read(text.as_bytes(), None), Err(Odd::Ambiguous), "{text}");
        }
        for (text, format) in [
            ("03/04/24", Some(Format::Dmy)),
            ("31/12/2024", Some(Format::Mdy)),
            ("2024-02-30", None),
            ("2024-03-05 24:00:00", None),
            ("soon", None),
            ("", None),
            ("12e3", Some(Format::Unix)),
            ("1709640000", None),
        ] {
            assert_eq!(read(text.as_bytes(), format), Err(Odd::Unreadable), "{text}");
        }
    }

    #[test]
    fn the_quick_way_reads_as_the_plain_one() {
        for year in [1900, 1969, 1970, 2000, 2024, 2100] {
            for (month, day) in [(1, 1), (2, 28), (2, 29), (2, 30), (4, 31), (12, 31), (13, 1), (0, 9)] {
                for clock in ["", " 00:00:00", " 23:59:59", "T08:30:15", " 24:00:00", " 08-30-15"] {
                    let text = format!("{year:04}-{month:02}-{day:02}{clock}");
                    let plain = dates::date(text.as_bytes()).map(|d| libm::round(d * 86_400.0) as i64);
                    assert_eq!(usual(text.as_bytes()), plain, "{text}");
                }
            }
        }
    }

    #[test]
    fn zones() {
        let table =
            [("+08:00", Some(28_800)), ("Z", Some(0)), ("-0530", Some(-19_800)), ("+08", Some(28_800))];
        table.iter().for_each(|(text, want)| assert_eq!(zone(text), *want, "{text}"));
        ["", "8", "+8", "CST", "+15:00", "+08:60"]
            .iter()
            .for_each(|text| assert_eq!(zone(text), None, "{text}"));
    }
}
