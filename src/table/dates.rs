//! Calendar dates and times as days since 1970-01-01, by the proleptic Gregorian calendar.
//!
//! Only forms that can be read one way: year first. `03/04/2024` is the third of April or the fourth of March
//! depending on who wrote it, so it is recognised ([`ambiguous`]) and never read. A zone behind the time is
//! accepted and not applied: people mean the day on their own calendar, and bins are days.

/// Years that are taken for dates: `10010101` is more likely a code.
const YEARS: std::ops::RangeInclusive<i64> = 1900..=2100;

/// Days since 1970-01-01 of a trimmed cell, the time of day as a fraction.
///
/// `2024-3-5`, `2024/03/05`, `2024.03.05`, `20240305`, `2024年3月5日`, each alone or with a time behind a space or
/// `T`: `08:30`, `08:30:15`, `08:30:15.25`, `Z` or `+08:00`; also `20240305083015`.
pub fn date(cell: &[u8]) -> Option<f64> {
    if !(8..=40).contains(&cell.len()) || !cell[..4].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (day, rest) = if cell[4].is_ascii_digit() { compact(cell)? } else { separated(cell)? };
    Some(day as f64 + time(rest)? / 86_400.0)
}

/// Whether a trimmed cell is a date with the year last, or with two digits for it.
pub fn ambiguous(cell: &[u8]) -> bool {
    let date = cell.split(|b| *b == b' ').next().unwrap_or_default();
    let Some(&mark) = date.iter().find(|b| !b.is_ascii_digit()) else { return false };
    let parts: Vec<&[u8]> = date.split(|b| *b == mark).collect();
    let widths: Vec<usize> = parts.iter().map(|p| p.len()).collect();
    let value = |part: &[u8]| natural(part).map_or(i64::MAX, |(value, _)| value);
    matches!(mark, b'/' | b'-' | b'.')
        && matches!(widths[..], [1 | 2, 1 | 2, 2 | 4])
        && value(parts[0]) <= 31
        && value(parts[1]) <= 31
        && parts[2].iter().all(u8::is_ascii_digit)
}

/// `20240305` and `20240305083015`.
fn compact(cell: &[u8]) -> Option<(i64, &[u8])> {
    let at =
        |from: usize, to: usize| cell.get(from..to).and_then(|d| natural(d).filter(|(_, r)| r.is_empty()));
    let ((year, _), (month, _), (day, _)) = (at(0, 4)?, at(4, 6)?, at(6, 8)?);
    Some((days(year, month, day)?, &cell[8..]))
}

/// `2024-3-5` and the like: one mark throughout, or the Chinese words.
fn separated(cell: &[u8]) -> Option<(i64, &[u8])> {
    const MARKS: [[&str; 3]; 4] = [["-", "-", ""], ["/", "/", ""], [".", ".", ""], ["年", "月", "日"]];
    let (year, rest) = natural(&cell[..4]).map(|(year, _)| (year, &cell[4..]))?;
    let [_, second, third] = MARKS.iter().find(|m| rest.starts_with(m[0].as_bytes()))?;
    let rest = &rest[if third.is_empty() { 1 } else { 3 }..];
    let (month, rest) = natural(rest)?;
    let (day, rest) = natural(rest.strip_prefix(second.as_bytes())?)?;
    Some((days(year, month, day)?, rest.strip_prefix(third.as_bytes())?))
}

/// Seconds of the time behind a date; 0 if there is none.
fn time(rest: &[u8]) -> Option<f64> {
    let clock = match rest {
        [] => return Some(0.0),
        [b' ' | b'T' | b't', clock @ ..] => clock,
        [_, ..] if rest.len() == 6 => return seconds(&[&rest[..2], &rest[2..4], &rest[4..]]),
        _ => return None,
    };
    let zone = clock.iter().position(|b| matches!(b, b'Z' | b'z' | b'+' | b'-')).unwrap_or(clock.len());
    if !is_zone(&clock[zone..]) {
        return None;
    }
    let parts: Vec<&[u8]> = clock[..zone].trim_ascii_end().split(|b| *b == b':').collect();
    seconds(&parts)
}

/// Hours, minutes and, if given, seconds with a fraction.
fn seconds(parts: &[&[u8]]) -> Option<f64> {
    let whole = |part: &[u8], below: i64| {
        let (value, rest) = natural(part)?;
        (value < below && rest.is_empty() && part.len() <= 2).then_some(value as f64)
    };
    let [hours, minutes, rest @ ..] = parts else { return None };
    let base = whole(hours, 24)? * 3600.0 + whole(minutes, 60)? * 60.0;
    match rest {
        [] => Some(base),
        [second] => {
            let mut halves = second.splitn(2, |b| *b == b'.');
            let second = whole(halves.next()?, 61)?;
            Some(base + second + fraction(halves.next().unwrap_or_default())?)
        }
        _ => None,
    }
}

/// `25` behind a point is 0.25; nine digits are enough for nanoseconds.
fn fraction(digits: &[u8]) -> Option<f64> {
    if digits.is_empty() {
        return Some(0.0);
    }
    let (value, rest) = natural(digits)?;
    (rest.is_empty() && digits.len() <= 9).then(|| value as f64 / 10i64.pow(digits.len() as u32) as f64)
}

fn is_zone(zone: &[u8]) -> bool {
    match zone {
        [] | [b'Z' | b'z'] => true,
        [b'+' | b'-', rest @ ..] => {
            matches!(rest.len(), 2 | 4 | 5) && rest.iter().all(|b| b.is_ascii_digit() || *b == b':')
        }
        _ => false,
    }
}

/// Leading digits (at most nine) as a number, and what stands behind them.
fn natural(text: &[u8]) -> Option<(i64, &[u8])> {
    let end = text.iter().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    let value = text[..end].iter().fold(0i64, |n, b| n * 10 + i64::from(b - b'0'));
    (1..=9).contains(&end).then_some((value, &text[end..]))
}

/// Days since 1970-01-01, if there is such a day in a year that dates are of.
pub fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    days_of_any_year(year, month, day).filter(|_| YEARS.contains(&year))
}

/// Days since 1970-01-01, if there is such a day. Howard Hinnant, "chrono-compatible low-level date
/// algorithms", `days_from_civil`: the year starts in March, so that the leap day is the last.
pub fn days_of_any_year(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    let year = year - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// Year, month and day of a number of days: the other way (`civil_from_days`).
pub fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let month = if march < 10 { march + 3 } else { march - 9 };
    (year + era * 400 + i64::from(month <= 2), month, of_year - (153 * march + 2) / 5 + 1)
}

/// A number of days as text: `2024-03-05`, and the time to the minute if it is not midnight.
pub fn text(days: f64) -> String {
    let minutes = libm::round(days * 1_440.0) as i64;
    let (year, month, day) = civil(minutes.div_euclid(1_440));
    match minutes.rem_euclid(1_440) {
        0 => format!("{year:04}-{month:02}-{day:02}"),
        time => format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", time / 60, time % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_two_centuries_goes_both_ways() {
        let first = days(1900, 1, 1).unwrap();
        let mut count = 0;
        for day in first..=days(2100, 12, 31).unwrap() {
            let (y, m, d) = civil(day);
            assert_eq!(days(y, m, d), Some(day));
            assert_eq!(date(format!("{y}-{m}-{d}").as_bytes()), Some(day as f64));
            count += 1;
        }
        assert_eq!(count, 201 * 365 + 49);
        assert_eq!(days(1970, 1, 1), Some(0));
    }

    #[test]
    fn forms() {
        let day = days(2024, 3, 5).unwrap() as f64;
        let half = day + 0.5;
        let table = [
            ("2024-03-05", day),
            ("2024-3-5", day),
            ("2024/03/05", day),
            ("2024.03.05", day),
            ("20240305", day),
            ("2024年3月5日", day),
            ("2024-03-05 12:00", half),
            ("2024-03-05T12:00:00Z", half),
            ("2024-03-05T12:00:00.000+08:00", half),
            ("2024/3/5 12:00:00", half),
            ("20240305120000", half),
            ("2024年03月05日 12:00", half),
            ("2024-03-05 00:00:00.25", day + 0.25 / 86_400.0),
        ];
        for (text, want) in table {
            assert_eq!(date(text.as_bytes()), Some(want), "{text}");
        }
        for no in [
            "2024-02-30",
            "2023-02-29",
            "2024-13-01",
            "1899-12-31",
            "2101-01-01",
            "20241301",
            "2024-03",
            "2024-03/05",
            "2024-03-05x",
            "2024-03-05 25:00",
            "2024-03-05 12",
            "03/04/2024",
            "13800138000",
            "20240305120",
            "2024年3月5",
            "",
            "2024-03-05T",
            "2024-03-05 12:00+8",
            "20240305 ",
        ] {
            assert_eq!(date(no.as_bytes()), None, "{no}");
        }
    }

    #[test]
    fn dates_are_written_as_they_are_read() {
        for text in ["2024-03-05", "1969-12-31 23:59", "2024-02-29 08:30"] {
            assert_eq!(super::text(date(text.as_bytes()).unwrap()), text);
        }
    }

    #[test]
    fn ambiguous_forms() {
        for yes in ["03/04/2024", "3-4-24", "31.12.2024", "03/04/2024 10:00"] {
            assert!(ambiguous(yes.as_bytes()), "{yes}");
        }
        for no in ["2024/03/04", "32/01/2024", "1.5", "192.168.1.1", "1-2", "12", "a/b/cd", "1/2/3456x"] {
            assert!(!ambiguous(no.as_bytes()), "{no}");
        }
    }
}
