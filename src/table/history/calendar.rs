//! Parts of the calendar: units that go on (a week, a month) and hours of the clock, as small codes.

use super::moment::DAY;
use crate::table::dates;
use serde::{Deserialize, Serialize};

/// A part of the calendar. Codes of units that go on count from the one of 1970-01-01, so that a difference is an age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", rename = "CalendarPart"))]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Year.
    Year,
    /// Quarter of a year.
    Quarter,
    /// Month of a year.
    #[default]
    Month,
    /// Week from Monday (ISO 8601).
    Week,
    /// Day.
    Day,
    /// Day of the week, Monday first.
    Weekday,
    /// Hour of the day.
    Hour,
}

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl Part {
    /// All, by name.
    pub const ALL: [(&'static str, Part); 7] = [
        ("year", Part::Year),
        ("quarter", Part::Quarter),
        ("month", Part::Month),
        ("week", Part::Week),
        ("day", Part::Day),
        ("weekday", Part::Weekday),
        ("hour", Part::Hour),
    ];
    /// The part of this name.
    pub fn named(name: &str) -> Option<Part> {
        Part::ALL.iter().find(|(known, _)| *known == name).map(|(_, part)| *part)
    }
    /// The code of a day; of an hour, 0.
    pub fn of_day(self, day: u32) -> u32 {
        let month = || {
            let (year, month, _) = dates::civil(i64::from(day));
            ((year - 1970) * 12 + month - 1) as u32
        };
        match self {
            Part::Year => month() / 12,
            Part::Quarter => month() / 3,
            Part::Month => month(),
            // 1970-01-01 was a Thursday.
            Part::Week => (day + 3) / 7,
            Part::Day => day,
            Part::Weekday => (day + 3) % 7,
            Part::Hour => 0,
        }
    }
    /// The code of a second.
    pub fn of(self, second: u32) -> u32 {
        if self == Part::Hour { second % DAY / 3_600 } else { self.of_day(second / DAY) }
    }
    /// The first day of a unit that goes on.
    pub fn start(self, code: u32) -> u32 {
        let first = |months: u32| {
            let (year, month) = (1970 + i64::from(months / 12), i64::from(months % 12) + 1);
            dates::days(year, month, 1).unwrap_or(0) as u32
        };
        match self {
            Part::Year => first(12 * code),
            Part::Quarter => first(3 * code),
            Part::Month => first(code),
            Part::Week => (7 * code).saturating_sub(3),
            _ => code,
        }
    }
    /// What a code is called: `2026`, `2026-Q1`, `2026-03`, the first day of a week, `Mon`, `07`.
    pub fn label(self, code: u32) -> String {
        match self {
            Part::Year => (1970 + code).to_string(),
            Part::Quarter => format!("{}-Q{}", 1970 + code / 4, code % 4 + 1),
            Part::Month => format!("{}-{:02}", 1970 + code / 12, code % 12 + 1),
            Part::Week => dates::text(f64::from(7 * code) - 3.0),
            Part::Day => dates::text(f64::from(code)),
            Part::Weekday => WEEKDAYS[code as usize % 7].into(),
            Part::Hour => format!("{code:02}"),
        }
    }
    /// The labels of all codes up to that of the last day that counts.
    pub fn labels(self, end_day: u32) -> Vec<String> {
        let last = match self {
            Part::Hour => 23,
            Part::Weekday => 6,
            _ => self.of_day(end_day.saturating_sub(1)),
        };
        (0..=last).map(|code| self.label(code)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_begin_where_they_say_and_hold_every_day_once() {
        for part in [Part::Year, Part::Quarter, Part::Month, Part::Week, Part::Day] {
            for day in (4..40_000).step_by(13) {
                let code = part.of_day(day);
                assert!(part.start(code) <= day && day < part.start(code + 1), "{part:?} {day}");
            }
        }
        // 2026-06-30 was a Tuesday.
        let day = dates::days(2026, 6, 30).expect("a day") as u32;
        let said = Part::ALL.map(|(_, part)| part.label(part.of(day * DAY + 7 * 3_600 + 59)));
        assert_eq!(said, ["2026", "2026-Q2", "2026-06", "2026-06-29", "2026-06-30", "Tue", "07"]);
        assert_eq!(Part::Week.label(0), "1969-12-29");
        assert_eq!(Part::Month.labels(32), ["1970-01", "1970-02"]);
        assert_eq!((Part::named("week"), Part::named("minute")), (Some(Part::Week), None));
    }
}
