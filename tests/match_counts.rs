//! Match counts against a plain script: files with duplicates, invalid rows, several spellings and every digest.

mod room;

use atoll::id::{Digest as Scheme, Kind};
use atoll::matching::MatchReport;
use atoll::room::call::{Call, Reply};
use atoll::room::recipe::Recipe;
use md5::Md5;
use room::Bench;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use sm3::Sm3;
use std::collections::BTreeSet;

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

/// The digest of a phone, written as a plain script would.
fn digest(scheme: Scheme, phone: &str) -> String {
    match scheme {
        Scheme::None | Scheme::Mixed => phone.to_string(),
        Scheme::Md5 => hex(Md5::digest(phone)),
        Scheme::Sha1 => hex(Sha1::digest(phone)),
        Scheme::Sha256 => hex(Sha256::digest(phone)),
        Scheme::Sm3 => hex(Sm3::digest(phone)),
        Scheme::Md5Sha256 => hex(Sha256::digest(hex(Md5::digest(phone)))),
    }
}

/// A small stream of numbers.
struct Dice(u64);
impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % n
    }
}

/// Rows of a file: one in ten repeats somebody, one in twenty is nobody; who is in it, and how many rows are which.
struct Rows {
    text: String,
    people: BTreeSet<String>,
    invalid: u64,
    duplicate: u64,
    rows: u64,
}

fn rows(
    dice: &mut Dice,
    count: u64,
    from: u64,
    write: impl Fn(&mut Dice, &str) -> String,
    columns: &str,
) -> Rows {
    let mut made = Rows {
        text: format!("phone{columns}\n"),
        people: BTreeSet::new(),
        invalid: 0,
        duplicate: 0,
        rows: count,
    };
    let tail = if columns.is_empty() { "" } else { ",x" };
    for i in 0..count {
        let cell = match dice.below(20) {
            0 => {
                made.invalid += 1;
                // A line of one empty cell is an empty line, and an empty line is no row.
                let empty = if columns.is_empty() { "-" } else { "" };
                [empty, "12345", "not a phone", "00000000000", "unknown"][dice.below(5) as usize].to_string()
            }
            n => {
                let at = if n < 3 && i > 0 { dice.below(i) } else { i };
                let phone = format!("1{}{:09}", 3 + (from + at) % 7, from + at);
                made.duplicate += u64::from(!made.people.insert(phone.clone()));
                write(dice, &phone)
            }
        };
        made.text.push_str(&format!(
            "{cell}{tail}{}\n",
            if tail.is_empty() { String::new() } else { (i % 3).to_string() }
        ));
    }
    made
}

fn spelt(dice: &mut Dice, phone: &str) -> String {
    match dice.below(5) {
        0 => format!("+86 {} {} {}", &phone[..3], &phone[3..7], &phone[7..]),
        1 => format!("86{phone}"),
        2 => format!("{}-{}-{}", &phone[..3], &phone[3..7], &phone[7..]),
        3 => format!(" {phone} "),
        _ => phone.to_string(),
    }
}

fn code(scheme: Scheme) -> &'static str {
    scheme.code()
}

fn matched(ours: &Rows, ours_as: Scheme, theirs: &Rows, theirs_as: Scheme, shards: usize) -> MatchReport {
    let mut bench = Bench::new(
        shards,
        vec![("ours.csv", ours.text.clone().into_bytes()), ("theirs.csv", theirs.text.clone().into_bytes())],
    );
    let text = format!(
        "[first_party]\nfile = \"ours.csv\"\nid = 1\nkind = \"{kind}\"\ndigest = \"{}\"\nheader = true\n[tags]\nfile = \
         \"theirs.csv\"\nid = 1\nkind = \"{kind}\"\ndigest = \"{}\"\nheader = true\ncategories = [\"tag\"]\n",
        code(ours_as),
        code(theirs_as),
        kind = Kind::Phone.code(),
    );
    let recipe = Box::new(Recipe::parse(&text).expect("a recipe"));
    let (first_party, tags) = (bench.file(0), bench.file(1));
    match bench.call(Call::Open { recipe, first_party, tags }) {
        Ok(Reply::Match(report)) => report,
        Ok(_) => panic!("a match"),
        Err(error) => panic!("{error}"),
    }
}

fn agrees(report: &MatchReport, ours: &Rows, theirs: &Rows) {
    for (account, rows) in [(&report.first_party, ours), (&report.tags, theirs)] {
        assert_eq!((account.rows, account.people), (rows.rows, rows.people.len() as u64));
        assert_eq!((account.invalid, account.duplicate), (rows.invalid, rows.duplicate));
        assert_eq!(account.rows, account.invalid + account.duplicate + account.people);
    }
    assert_eq!(report.matched, ours.people.intersection(&theirs.people).count() as u64);
}

#[test]
fn raw_phones_in_every_spelling_meet_every_digest() {
    for (i, scheme) in
        [Scheme::Md5, Scheme::Sha1, Scheme::Sha256, Scheme::Sm3, Scheme::Md5Sha256].into_iter().enumerate()
    {
        let mut dice = Dice(i as u64 + 1);
        let ours = rows(&mut dice, 3000, 1000, spelt, "");
        let upper = |dice: &mut Dice, phone: &str| {
            let digest = digest(scheme, phone);
            if dice.below(2) == 0 { digest.to_uppercase() } else { digest }
        };
        let theirs = rows(&mut dice, 4000, 2500, upper, ",tag");
        agrees(&matched(&ours, Scheme::None, &theirs, scheme, 1 + i), &ours, &theirs);
    }
}

#[test]
fn digests_meet_the_same_digest_and_md5_meets_its_sha256() {
    for (ours_as, theirs_as) in [
        (Scheme::None, Scheme::None),
        (Scheme::Sha256, Scheme::Sha256),
        (Scheme::Md5, Scheme::Md5),
        (Scheme::Md5, Scheme::Md5Sha256),
        (Scheme::Sha256, Scheme::None),
    ] {
        let mut dice = Dice(77);
        let ours = rows(&mut dice, 2000, 0, |_, phone| digest(ours_as, phone), "");
        let theirs = rows(&mut dice, 3000, 900, |_, phone| digest(theirs_as, phone), ",tag");
        agrees(&matched(&ours, ours_as, &theirs, theirs_as, 3), &ours, &theirs);
    }
}

#[test]
fn a_file_that_mixes_raw_and_hashed_ids_counts_each_person_once() {
    let mut dice = Dice(5);
    let mixed = |dice: &mut Dice, phone: &str| match dice.below(3) {
        0 => digest(Scheme::Sha256, phone),
        1 => digest(Scheme::Sha256, phone).to_uppercase(),
        _ => spelt(dice, phone),
    };
    let ours = rows(&mut dice, 3000, 0, mixed, "");
    let theirs = rows(&mut dice, 3000, 1200, |_, phone| digest(Scheme::Sha256, phone), ",tag");
    for ours_as in [Scheme::Mixed, Scheme::None] {
        agrees(&matched(&ours, ours_as, &theirs, Scheme::Sha256, 2), &ours, &theirs);
    }
}

#[test]
fn when_the_tag_file_is_hashed_another_way_the_diagnosis_names_it() {
    let mut dice = Dice(9);
    let ours = rows(&mut dice, 1500, 0, spelt, "");
    let theirs = rows(&mut dice, 1500, 0, |_, phone| digest(Scheme::Sm3, phone), ",tag");
    let report = matched(&ours, Scheme::None, &theirs, Scheme::Sha256, 2);
    assert_eq!(report.matched, 0);
    let found = report.diagnosis.expect("a diagnosis");
    assert_eq!(found.would_match[0].code, "sm3");
    assert_eq!(found.would_match[0].fix.map(|fix| fix.digest), Some(Scheme::Sm3));
    let theirs =
        rows(&mut Dice(9), 1500, 0, |_, phone| digest(Scheme::Sha256, &format!("+86{phone}")), ",tag");
    let report = matched(&ours, Scheme::None, &theirs, Scheme::Sha256, 2);
    let found = report.diagnosis.expect("a diagnosis");
    assert_eq!(found.would_match[0].code, "e164");
}

#[test]
fn blank_lines_are_no_rows_and_are_told_with_their_place() {
    let text =
        |lines: &str| Rows { text: lines.into(), people: BTreeSet::new(), invalid: 0, duplicate: 0, rows: 0 };
    let theirs = text("id,tag\n13800000001,1\n");
    for lines in
        ["phone\n13800000001\n\n\n13800000002\n\n", "phone\n\"13800000001\"\n\n\n13800000002\r\n\r\n"]
    {
        for shards in [1, 3] {
            let report = matched(&text(lines), Scheme::None, &theirs, Scheme::None, shards);
            let notes: Vec<_> =
                report.first_party.notes.iter().map(|n| (&*n.code, n.count, n.first_row)).collect();
            assert_eq!((report.first_party.rows, notes), (2, vec![("blank-line", 3, Some(3))]));
        }
    }
}
