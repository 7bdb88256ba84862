//! Cells as platforms write them: numbers of people, months for days, names of stages and of all of it.

use super::money;
use crate::table::dates;

/// A number of people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub people: u64,
    /// How many more or less it may be: half of the last digit's unit where it is printed in 万 or 亿.
    pub slack: u64,
}

/// Names that mean all of it, in a column of stages or of labels, as [`fold`] has them.
const ALL: [&str; 14] = [
    "all",
    "total",
    "overall",
    "sum",
    "全部",
    "整体",
    "总体",
    "合计",
    "总计",
    "总和",
    "总数",
    "总人数",
    "不限",
    "所有",
];
/// What the name of a sum ends in.
const SUMS: [&str; 4] = ["总数", "总人数", "合计", "总计"];

/// A name as names are compared: full-width forms are narrow, letters small, white space around is gone.
pub fn fold(name: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    };
    name.chars().map(narrow).collect::<String>().trim().to_lowercase()
}

/// Whether a label means all of its column.
pub fn is_all(label: &str) -> bool {
    ALL.contains(&fold(label).as_str())
}

/// Whether what stands for a stage is the sum of all: no stage is called so.
pub fn is_sum(stage: &str) -> bool {
    let name = fold(stage);
    ALL.contains(&name.as_str()) || SUMS.iter().any(|sum| name.ends_with(sum))
}

/// The last day of a month, of a trimmed cell that names no day: `2026-05`, `2026/5`, `2026.05`, `2026年5月`, `202605`.
pub fn month_end(cell: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(cell).ok()?;
    let (year, rest) = text.split_at_checked(4)?;
    let month = match rest.chars().next()? {
        '-' | '/' | '.' => &rest[1..],
        '年' => rest["年".len()..].strip_suffix('月').or_else(|| rest["年".len()..].strip_suffix("月份"))?,
        _ => Some(rest).filter(|month| month.len() == 2)?,
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !digits(year) || !digits(month) || !(1..=2).contains(&month.len()) {
        return None;
    }
    let (year, month): (i64, i64) = (year.parse().ok()?, month.parse().ok()?);
    let last = (28..=31).rev().find_map(|day| dates::days(year, month, day))?;
    u32::try_from(last).ok()
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

    #[test]
    fn a_month_is_its_last_day() {
        let day = |text: &str| month_end(text.as_bytes()).map(|day| dates::text(f64::from(day)));
        for (text, want) in [
            ("2026-05", "2026-05-31"),
            ("2026/6", "2026-06-30"),
            ("2026.12", "2026-12-31"),
            ("2024年2月", "2024-02-29"),
            ("2025年02月份", "2025-02-28"),
            ("202604", "2026-04-30"),
        ] {
            assert_eq!(day(text).as_deref(), Some(want), "{text}");
        }
        for text in [
            "2026-13",
            "202600",
            "2026-",
            "2026年5",
            "2026-005",
            "20265",
            "05-2026",
            "1026-05",
            "2026-0５",
            "1960-05",
            "",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn names_are_compared_whatever_their_case_and_width() {
        assert_eq!(fold("\u{3000}Ａ１ Aware "), "a1 aware");
        for name in ["全部", "整体", "ALL", "Ｔｏｔａｌ", "Overall", "消费者总数", "各阶段合计", "品牌总人数"]
        {
            assert!(is_sum(name), "{name}");
        }
        for name in ["A1", "总", "认知", "all in"] {
            assert!(!is_sum(name), "{name}");
        }
        assert!(is_all("不限") && !is_all("本品合计"), "a label may be called so");
    }
}
