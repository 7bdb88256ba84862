//! Rows of the city's files.

use super::draw::Draw;
use super::person::{COLUMNS, Person};
use super::phone;
use super::tables::{
    BRANDS, CARS, CITIES, CONTENT, FAMILIES, GENDERS, GOODS, HOMES, INTERESTS, JOBS, LEVELS, PERSONAS,
    SCHOOLS, SPENDING, TIERS,
};
use sha2::{Digest, Sha256};
use std::io::Write;

/// Room to keep for one row, a little above the mean.
pub(super) const TAGS_BYTES: usize = 264;
pub(super) const TRUTH_BYTES: usize = 92;

/// Labels of several-valued cells are parted by this.
const BAR: u8 = b'|';
/// The day the city was drawn up: 2026-06-30, in days since 1970-01-01.
const TODAY: u32 = 20_634;

/// How many rows of each sort `first_party.csv` has.
pub(super) struct Counts {
    pub matched: u32,
    pub strangers: u32,
    pub duplicates: u32,
    pub invalid: u32,
}

/// One row of `first_party.csv`.
pub(super) struct Ours {
    pub person: u32,
    pub valid: bool,
}

impl Counts {
    /// 12 % of the city: of these rows 2.5 % are invalid and 4 % duplicates; of the people 78 % are in the tags.
    pub(super) fn of(people: u32) -> Counts {
        let part = |of: u32, permille: u64| ((u64::from(of) * permille + 500) / 1000) as u32;
        let rows = part(people, 120);
        let (invalid, duplicates) = (part(rows, 25), part(rows, 40));
        let known = rows - invalid - duplicates;
        let matched = part(known, 780);
        Counts { matched, strangers: known - matched, duplicates, invalid }
    }
}

/// The brand's rows in the order of the file. People outside the tag file have numbers from `people` on, invalid
/// rows numbers after theirs.
pub(super) fn rows(counts: &Counts, ours: &[u64], people: u32, draw: &mut Draw) -> Vec<Ours> {
    let known = (0..people).filter(|&i| ours[i as usize / 64] >> (i % 64) & 1 == 1);
    let after = people + counts.strangers;
    let mut rows: Vec<Ours> = known.chain(people..after).map(|person| Ours { person, valid: true }).collect();
    let different = rows.len() as u32;
    for _ in 0..counts.duplicates {
        let person = rows[draw.below(different) as usize].person;
        rows.push(Ours { person, valid: true });
    }
    rows.extend((after..after + counts.invalid).map(|person| Ours { person, valid: false }));
    for i in (1..rows.len()).rev() {
        rows.swap(i, draw.below(i as u32 + 1) as usize);
    }
    rows
}

/// The ID as the tag file has it: SHA-256 of the 11 digits, lower hex.
pub(super) fn id(phone: &[u8; 11], out: &mut Vec<u8>) {
    for byte in Sha256::digest(phone) {
        out.extend([
            b"0123456789abcdef"[usize::from(byte >> 4)],
            b"0123456789abcdef"[usize::from(byte & 15)],
        ]);
    }
}

pub(super) fn tags_header(out: &mut Vec<u8>) {
    out.extend_from_slice(b"id");
    for (name, _) in COLUMNS {
        out.push(b',');
        out.extend_from_slice(name.as_bytes());
    }
    out.push(b'\n');
}

/// The tags of a person, each with its comma before, and the end of the line. The order is that of `COLUMNS`.
pub(super) fn tags(p: &Person, out: &mut Vec<u8>) {
    let mut row = Row { hidden: p.hidden, told: p.told, column: 0, out };
    let (_, province, tier) = CITIES[usize::from(p.city)];
    row.label(GENDERS[usize::from(p.gender)]);
    row.number(u32::from(p.age));
    row.label(TIERS[usize::from(tier)]);
    row.label(province);
    row.label(JOBS[usize::from(p.job)]);
    row.label(SCHOOLS[usize::from(p.school)]);
    row.label(FAMILIES[usize::from(p.family)]);
    row.number(p.income);
    row.label(SPENDING[usize::from(p.spending)]);
    row.label(BRANDS[usize::from(p.brand)].0);
    row.number(p.price);
    row.number(u32::from(p.active_days));
    row.number(p.orders);
    row.cell(
        |out| {
            p.basket.is_some_and(|fen| {
                money(fen, out);
                true
            })
        },
        false,
    );
    row.cell(
        |out| {
            date(TODAY - p.idle, out);
            true
        },
        false,
    );
    row.labels(&INTERESTS, p.interests);
    row.labels(&GOODS, p.goods);
    row.label(LEVELS[usize::from(p.level)]);
    row.label(HOMES[usize::from(p.home)]);
    row.label(CARS[usize::from(p.car)]);
    row.labels(&CONTENT, p.content);
    row.out.push(b'\n');
}

pub(super) fn truth(persona: u8, propensity: f64, ours: bool, out: &mut Vec<u8>) {
    let name = PERSONAS[usize::from(persona)].name;
    let _ = writeln!(out, ",{name},{propensity:.6},{}", u8::from(ours));
}

pub(super) fn first_party_header(out: &mut Vec<u8>) {
    out.extend_from_slice(b"phone,member_level,city,last_order,spend\n");
}

/// A row of the brand's own: its customers spend by its own levels, not by those of the tag file.
pub(super) fn first_party(row: &Ours, digits: &[u8; 11], p: &Person, hands: &mut Draw, out: &mut Vec<u8>) {
    if row.valid {
        phone::write_mixed(digits, hands, out);
    } else {
        phone::write_invalid(digits, hands, out);
    }
    let level = (u32::from(p.level) + hands.below(3)).saturating_sub(1).min(4);
    out.push(b',');
    out.extend_from_slice(if hands.chance(40) { "" } else { LEVELS[level as usize] }.as_bytes());
    out.push(b',');
    out.extend_from_slice(if hands.chance(80) { "" } else { CITIES[usize::from(p.city)].0 }.as_bytes());
    out.push(b',');
    let scale = libm::exp(0.4 * f64::from(level) + 0.9 * hands.bell());
    if !hands.chance(60) {
        date(TODAY - (p.idle + (40.0 * scale) as u32).min(1000), out);
    }
    out.push(b',');
    if !hands.chance(30) {
        money((f64::from(p.basket.unwrap_or(6000)) * (0.5 + scale)) as u32, out);
    }
    out.push(b'\n');
}

/// A row of tags under way: knows which cells are gaps.
struct Row<'a> {
    hidden: u64,
    told: u64,
    column: u32,
    out: &'a mut Vec<u8>,
}

impl Row<'_> {
    /// A cell, if it is not hidden and `write` says it had something to write. Gaps of labels may be told as 未知.
    fn cell(&mut self, write: impl FnOnce(&mut Vec<u8>) -> bool, labels: bool) {
        self.out.push(b',');
        let bit = 1 << self.column;
        self.column += 1;
        if self.hidden & bit != 0 || !write(self.out) {
            // Three in eight of the gaps of labels.
            let told = labels && (self.told >> self.column) & 7 < 3;
            self.out.extend_from_slice(if told { "未知".as_bytes() } else { b"" });
        }
    }
    fn label(&mut self, label: &str) {
        self.cell(
            |out| {
                out.extend_from_slice(label.as_bytes());
                true
            },
            true,
        );
    }
    fn number(&mut self, number: u32) {
        self.cell(|out| write!(out, "{number}").is_ok(), false);
    }
    fn labels(&mut self, all: &[(&str, u16)], mask: u64) {
        self.cell(|out| several(all, mask, out), false);
    }
}

/// Labels whose bit is set; false if there is none.
fn several(all: &[(&str, u16)], mask: u64, out: &mut Vec<u8>) -> bool {
    let mut left = mask;
    while left != 0 {
        out.extend_from_slice(all[left.trailing_zeros() as usize].0.as_bytes());
        left &= left - 1;
        if left != 0 {
            out.push(BAR);
        }
    }
    mask != 0
}

/// Yuan with two decimals from fen.
pub(super) fn money(fen: u32, out: &mut Vec<u8>) {
    let _ = write!(out, "{}.{:02}", fen / 100, fen % 100);
}

/// ISO date of a day since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
pub(super) fn date(day: u32, out: &mut Vec<u8>) {
    let shifted = day + 719_468;
    let era_day = shifted % 146_097;
    let year_of_era = (era_day - era_day / 1460 + era_day / 36_524 - era_day / 146_096) / 365;
    let year_day = era_day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_step = (5 * year_day + 2) / 153;
    let day_of_month = year_day - (153 * month_step + 2) / 5 + 1;
    let month = if month_step < 10 { month_step + 3 } else { month_step - 9 };
    let year = year_of_era + shifted / 146_097 * 400 + u32::from(month <= 2);
    let _ = write!(out, "{year:04}-{month:02}-{day_of_month:02}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn dates_are_the_calendar() {
        for (day, iso) in
            [(0, "1970-01-01"), (59, "1970-03-01"), (11_016, "2000-02-29"), (TODAY, "2026-06-30")]
        {
            assert_eq!(text(|out| date(day, out)), iso);
        }
    }

    #[test]
    fn the_id_is_the_published_digest() {
        let hex = "a6942f9771d67f34034d2f1926988ed3fad3bf1b4e7cedb9a31f31398dea43bc";
        assert_eq!(text(|out| id(b"13800138000", out)), hex);
    }

    #[test]
    fn cells_are_plain() {
        assert_eq!(text(|out| money(12_305, out)), "123.05");
        assert_eq!(text(|out| assert!(several(&INTERESTS, 0b101, out))), "母婴|亲子");
        assert!(!several(&INTERESTS, 0, &mut Vec::new()));
    }
}
