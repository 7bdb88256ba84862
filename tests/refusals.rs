//! Named bad inputs: each is refused with this code at this place, or accepted with every row accounted for.

mod room;

use atoll::error::{Error, Place};
use atoll::room::call::{Call, Overrule, Reply};
use atoll::room::recipe::Recipe;
use room::Bench;
use std::io::Write;

/// The code and the place of a refusal.
fn refused(what: Result<Reply, Error>) -> (&'static str, Place) {
    match what {
        Ok(_) => panic!("accepted"),
        Err(error) => (error.code(), error.at),
    }
}

/// Inspects one file.
fn inspect(name: &str, bytes: impl Into<Vec<u8>>) -> Result<Reply, Error> {
    let mut bench = Bench::new(2, vec![(name, bytes.into())]);
    let file = bench.file(0);
    bench.call(Call::Inspect { file, overrule: Overrule::default() })
}

#[track_caller]
fn inspecting(bytes: impl Into<Vec<u8>>, code: &str, row: Option<u64>) {
    let (found, at) = refused(inspect("bad.csv", bytes));
    assert_eq!((found, at.file.as_deref(), at.row), (code, Some("bad.csv"), row));
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(text).expect("memory");
    packer.finish().expect("memory")
}

mod files {
    use super::*;

    #[test]
    fn of_zero_bytes() {
        inspecting("", "file-empty", None);
    }
    #[test]
    fn of_a_header_only() {
        inspecting("phone,city\n", "no-rows", None);
    }
    #[test]
    fn of_line_ends_only() {
        inspecting("\n\r\n\n", "no-rows", None);
    }
    #[test]
    fn with_a_quote_that_never_ends() {
        inspecting("phone,city\n13800138000,\"Beijing\n13900139000,x\n", "quote-open", Some(2));
    }
    #[test]
    fn with_nul_bytes() {
        inspecting("phone,city\n13800138000,a\n1390\x00\x00139000,b\n", "nul-byte", Some(3));
    }
    #[test]
    fn with_a_row_of_two_megabytes() {
        let mut bytes = b"phone,city\n13800138000,a\n13900139000,".to_vec();
        bytes.resize(bytes.len() + (2 << 20), b'x');
        inspecting(bytes, "row-too-long", Some(3));
    }
    #[test]
    fn with_a_line_of_a_hundred_megabytes() {
        inspecting(vec![b'x'; 100 << 20], "row-too-long", Some(1));
    }
    #[test]
    fn with_a_hundred_megabyte_line_behind_a_good_row() {
        let mut bytes = b"phone,city\n13800138000,a\n".to_vec();
        bytes.resize(bytes.len() + (100 << 20), b'x');
        inspecting(bytes, "row-too-long", Some(3));
    }
    #[test]
    fn with_two_thousand_and_one_columns() {
        let header: Vec<String> = (0..2001).map(|i| format!("c{i}")).collect();
        inspecting(format!("{}\n", header.join(",")), "too-many-columns", Some(1));
    }
    #[test]
    fn with_two_columns_of_one_name() {
        let Ok(Reply::Inspection(seen)) = inspect("bad.csv", "phone,city,city\n13800138000,a,b\n") else {
            panic!("a file to look at")
        };
        assert!(
            seen.problems.iter().any(|p| p.code == "column-twice" && p.column.as_deref() == Some("city"))
        );
        let theirs = table(0, 50).replacen("parity,number", "city,city", 1);
        opening(&table(0, 20), &theirs, "", "column-twice", Some("theirs.csv"), Some("city"));
    }
    #[test]
    fn of_gzip_cut_short() {
        let whole = gzip("phone\n13800138000\n".repeat(5000).as_bytes());
        inspecting(&whole[..whole.len() / 2], "gzip-truncated", None);
    }
    #[test]
    fn of_gzip_without_its_last_byte() {
        let whole = gzip(b"phone\n13800138000\n");
        inspecting(&whole[..whole.len() - 1], "gzip-truncated", None);
    }
    #[test]
    fn of_gzip_with_a_flipped_byte() {
        let mut whole = gzip("phone\n13800138000\n13900139000\n".repeat(200).as_bytes());
        let at = whole.len() - 6;
        whole[at] ^= 0x40;
        inspecting(whole, "gzip-broken", None);
    }
    #[test]
    fn that_only_begin_like_gzip() {
        inspecting(b"\x1f\x8bphone\n13800138000\n".as_slice(), "gzip-broken", None);
    }
    #[test]
    fn of_a_zip_that_is_no_workbook() {
        let (code, _) =
            refused(inspect("bad.zip", b"PK\x03\x04not a workbook at all, just bytes".as_slice()));
        assert!(["xlsx-broken", "archive-unsupported"].contains(&code), "{code}");
    }
    #[test]
    fn of_an_old_or_encrypted_workbook() {
        let mut bytes = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
        bytes.resize(4096, 0);
        let (code, _) = refused(inspect("bad.xls", bytes));
        assert!(["xlsx-encrypted", "archive-unsupported"].contains(&code), "{code}");
    }
    #[test]
    fn of_7z() {
        inspecting(b"7z\xbc\xaf\x27\x1c\x00\x04rest".as_slice(), "archive-unsupported", None);
    }
    #[test]
    fn of_rar() {
        inspecting(b"Rar!\x1a\x07\x01\x00rest".as_slice(), "archive-unsupported", None);
    }
    #[test]
    fn of_zstd() {
        inspecting(b"\x28\xb5\x2f\xfdrest of it".as_slice(), "archive-unsupported", None);
    }
    #[test]
    fn of_parquet() {
        inspecting(b"PAR1\x15\x04\x15rest".as_slice(), "archive-unsupported", None);
    }
    #[test]
    fn of_utf_16_with_half_a_character() {
        let mut bytes = vec![0xff, 0xfe];
        "phone,city\n13800138000,a\n".encode_utf16().for_each(|u| bytes.extend(u.to_le_bytes()));
        bytes.push(0x41);
        let (code, _) = refused(inspect("bad.csv", bytes));
        assert_eq!(code, "encoding-wrong");
    }
    #[test]
    fn that_are_not_the_encoding_the_user_says() {
        let mut bench =
            Bench::new(2, vec![("bad.csv", b"phone,city\n13800138000,\xb1\xb1\xbe\xa9\n".to_vec())]);
        let overrule =
            Overrule { encoding: Some(atoll::table::schema::Encoding::Utf8), ..Overrule::default() };
        let file = bench.file(0);
        let (code, at) = refused(bench.call(Call::Inspect { file, overrule }));
        assert_eq!((code, at.row), ("encoding-wrong", Some(2)));
    }
    #[test]
    fn that_shrank_after_they_were_chosen() {
        let mut bench = Bench::new(1, vec![("bad.csv", b"phone,city\n13800138000,a\n".to_vec())]);
        let mut file = bench.file(0);
        file.size += 10;
        let (code, _) = refused(bench.call(Call::Inspect { file, overrule: Overrule::default() }));
        assert_eq!(code, "file-changed");
    }
}

/// Opens two files with a recipe; `settings` are further lines of `[tags]` and behind.
fn open_as(
    ours: &str,
    theirs: &str,
    kinds: [&str; 2],
    settings: &str,
    limit: u64,
) -> Result<(Bench, Reply), Error> {
    let mut bench = Bench::limited(
        2,
        vec![("ours.csv", ours.as_bytes().to_vec()), ("theirs.csv", theirs.as_bytes().to_vec())],
        limit,
    );
    let text = format!(
        "[first_party]\nfile = \"ours.csv\"\nid = 1\n{}\n[tags]\nfile = \"theirs.csv\"\nid = 1\n{}\n{settings}\n",
        kinds[0], kinds[1],
    );
    let recipe = Box::new(Recipe::parse(&text)?);
    let (first_party, tags) = (bench.file(0), bench.file(1));
    let reply = bench.call(Call::Open { recipe, first_party, tags })?;
    Ok((bench, reply))
}

const RAW: &str = "kind = \"phone\"\ndigest = \"none\"";

fn open(ours: &str, theirs: &str, settings: &str) -> Result<(Bench, Reply), Error> {
    open_as(ours, theirs, [RAW, RAW], settings, u64::MAX)
}

#[track_caller]
fn opening(ours: &str, theirs: &str, settings: &str, code: &str, file: Option<&str>, column: Option<&str>) {
    let error = open(ours, theirs, settings).err().expect("refused");
    assert_eq!((error.code(), error.at.file.as_deref()), (code, file));
    if let Some(column) = column {
        assert_eq!(error.at.column.as_deref(), Some(column));
    }
}

/// `people` phones from 13800000000 + `from` on, and a column that tells even from odd.
fn table(from: u64, people: u64) -> String {
    let rows =
        (from..from + people).map(|i| format!("138{i:08},{},{}\n", ["odd", "even"][i as usize % 2], i % 17));
    format!("phone,parity,number\n{}", rows.collect::<String>())
}

mod opening {
    use super::*;

    #[test]
    fn without_one_valid_id_in_the_brands_file() {
        opening("phone\nabc\ndef\n", &table(0, 50), "", "no-valid-id", Some("ours.csv"), None);
    }
    #[test]
    fn without_one_valid_id_in_the_tag_file() {
        opening(
            &table(0, 50),
            "phone,city\nabc,x\ndef,y\nghi,x\n",
            "",
            "no-valid-id",
            Some("theirs.csv"),
            None,
        );
    }
    #[test]
    fn with_ids_a_spreadsheet_rounded() {
        let rounded = format!("phone,v\n{}", "1.38E+10,x\n".repeat(9));
        opening(&rounded, &table(0, 50), "", "id-scientific", Some("ours.csv"), None);
    }
    #[test]
    fn with_a_tag_file_of_one_column() {
        opening(&table(0, 50), "phone\n13800000000\n13800000001\n", "", "no-tags", Some("theirs.csv"), None);
    }
    #[test]
    fn with_every_column_left_out() {
        opening(
            &table(0, 9),
            &table(0, 50),
            "ignore = [\"parity\", \"number\"]",
            "no-tags",
            Some("theirs.csv"),
            None,
        );
    }
    #[test]
    fn naming_a_column_that_is_not_there() {
        opening(
            &table(0, 9),
            &table(0, 50),
            "ignore = [\"nope\"]",
            "column-missing",
            Some("theirs.csv"),
            Some("nope"),
        );
    }
    #[test]
    fn naming_a_fold_column_that_is_not_there() {
        opening(
            &table(0, 9),
            &table(0, 50),
            "folds = \"fold\"",
            "column-missing",
            Some("theirs.csv"),
            Some("fold"),
        );
    }
    #[test]
    fn naming_a_multi_column_that_is_not_there() {
        opening(
            &table(0, 9),
            &table(0, 50),
            "multi = { tags = \"|\" }",
            "column-missing",
            Some("theirs.csv"),
            Some("tags"),
        );
    }
    #[test]
    fn with_folds_that_are_no_numbers() {
        opening(
            &table(0, 20),
            &table(0, 50),
            "folds = \"parity\"",
            "folds-unusable",
            Some("theirs.csv"),
            None,
        );
    }
    #[test]
    fn an_id_column_by_a_number_too_high() {
        let text = "[first_party]\nfile = \"a\"\nid = 9\nkind = \"phone\"\n[tags]\nfile = \"b\"\nid = 1\nkind = \"phone\"\n";
        let mut bench = Bench::new(1, vec![("a", table(0, 9).into()), ("b", table(0, 9).into())]);
        let (first_party, tags) = (bench.file(0), bench.file(1));
        let recipe = Box::new(Recipe::parse(text).expect("a recipe"));
        let (code, at) = refused(bench.call(Call::Open { recipe, first_party, tags }));
        assert_eq!((code, at.column.as_deref()), ("column-missing", Some("9")));
    }
    #[test]
    fn files_hashed_apart() {
        let md5 = "kind = \"phone\"\ndigest = \"md5\"";
        let sha = "kind = \"phone\"\ndigest = \"sha256\"";
        let error = open_as(&table(0, 9), &table(0, 9), [md5, sha], "", u64::MAX).err().expect("refused");
        assert_eq!((error.code(), error.at.file.as_deref()), ("digests-apart", Some("room.toml")));
    }
    #[test]
    fn files_of_different_kinds() {
        let mail = "kind = \"email\"\ndigest = \"none\"";
        let error = open_as(&table(0, 9), &table(0, 9), [RAW, mail], "", u64::MAX).err().expect("refused");
        assert_eq!((error.code(), error.at.file.as_deref()), ("kinds-apart", Some("room.toml")));
    }
    #[test]
    fn above_the_memory_limit() {
        let error = open_as(&table(0, 500), &table(0, 5000), [RAW, RAW], "", 10_000).err().expect("refused");
        assert_eq!(error.code(), "memory-limit");
    }
    #[test]
    fn with_a_label_that_would_run_as_a_formula() {
        let theirs = format!("{}13800000999,=cmd(),3\n", table(0, 50));
        opening(&table(0, 20), &theirs, "", "formula-label", Some("theirs.csv"), Some("parity"));
    }
    #[test]
    fn with_more_labels_than_a_tag_has() {
        let rows: String = (0..66_000).map(|i| format!("138{i:08},v{i}\n")).collect();
        let theirs = format!("phone,name\n{rows}");
        opening(
            &table(0, 20),
            &theirs,
            "categories = [\"name\"]",
            "too-many-values",
            Some("theirs.csv"),
            Some("name"),
        );
    }
}

mod recipes {
    use super::*;

    #[track_caller]
    fn parsing(text: &str, row: u64) {
        let error = Recipe::parse(text).expect_err("refused");
        assert_eq!(
            (error.code(), error.at.file.as_deref(), error.at.row),
            ("recipe-invalid", Some("room.toml"), Some(row))
        );
    }

    #[test]
    fn that_are_not_toml() {
        parsing("[first_party\n", 1);
    }
    #[test]
    fn without_the_tag_file() {
        parsing("[first_party]\nfile = \"a\"\nid = 1\nkind = \"phone\"\n", 1);
    }
    #[test]
    fn with_an_unknown_key() {
        parsing(
            "[first_party]\nfile = \"a\"\nid = 1\nkind = \"phone\"\ncolour = 3\n[tags]\nfile = \"b\"\nid = 1\nkind = \"phone\"\n",
            5,
        );
    }
    #[test]
    fn with_an_unknown_kind() {
        parsing(
            "[first_party]\nfile = \"a\"\nid = 1\nkind = \"fax\"\n[tags]\nfile = \"b\"\nid = 1\nkind = \"phone\"\n",
            4,
        );
    }
    #[test]
    fn with_an_unknown_digest() {
        parsing(
            "[first_party]\nfile = \"a\"\nid = 1\nkind = \"phone\"\ndigest = \"rot13\"\n[tags]\nfile = \"b\"\nid = 1\nkind = \"phone\"\n",
            5,
        );
    }
}

mod asking {
    use super::*;
    use atoll::analysis::lookalike::LookalikePlan;
    use atoll::analysis::personas::{K, PersonasPlan};
    use atoll::analysis::profile::Base;
    use atoll::audience::Expr;
    use atoll::room::call::Export;

    fn lookalike(ours: &str, theirs: &str, settings: &str, plan: LookalikePlan) -> (&'static str, Place) {
        let (mut bench, _) = open(ours, theirs, settings).expect("both files open");
        refused(bench.call(Call::Lookalike { plan }))
    }

    #[test]
    fn anything_before_the_files_are_open() {
        let mut bench = Bench::new(1, vec![]);
        for call in [
            Call::Profile { base: Base::Everyone, crowd: None, against: None },
            Call::Lookalike { plan: LookalikePlan::default() },
            Call::Personas { plan: Box::default() },
            Call::Export { what: Export::Match },
            Call::ExportAll,
        ] {
            assert_eq!(refused(bench.call(call)).0, "too-early");
        }
    }
    #[test]
    fn a_lookalike_of_nobody() {
        assert_eq!(lookalike(&table(900, 20), &table(0, 90), "", LookalikePlan::default()).0, "seed-empty");
    }
    #[test]
    fn a_lookalike_of_one_person() {
        assert_eq!(lookalike(&table(0, 1), &table(0, 90), "", LookalikePlan::default()).0, "seed-too-small");
    }
    #[test]
    fn a_lookalike_of_nine() {
        assert_eq!(lookalike(&table(0, 9), &table(0, 90), "", LookalikePlan::default()).0, "seed-too-small");
    }
    #[test]
    fn a_lookalike_of_everyone() {
        assert_eq!(lookalike(&table(0, 90), &table(0, 90), "", LookalikePlan::default()).0, "seed-everyone");
    }
    #[test]
    fn a_lookalike_of_a_constant_column() {
        let rows: String = (0..90).map(|i| format!("138{i:08},same\n")).collect();
        let theirs = format!("phone,always\n{rows}");
        let code = lookalike(&table(0, 20), &theirs, "categories = [\"always\"]", LookalikePlan::default()).0;
        assert_eq!(code, "no-features");
    }
    #[test]
    fn a_lookalike_of_a_column_that_is_all_missing() {
        let rows: String = (0..90).map(|i| format!("138{i:08},\n")).collect();
        let theirs = format!("phone,never\n{rows}");
        let code = lookalike(&table(0, 20), &theirs, "categories = [\"never\"]", LookalikePlan::default()).0;
        assert_eq!(code, "no-features");
    }
    #[test]
    fn a_lookalike_with_every_column_left_out() {
        let plan =
            LookalikePlan { without: vec!["parity".into(), "number".into()], ..LookalikePlan::default() };
        assert_eq!(lookalike(&table(0, 20), &table(0, 90), "", plan).0, "no-features");
    }
    #[test]
    fn a_lookalike_with_one_given_fold() {
        let rows: String = (0..90).map(|i| format!("138{i:08},{},3\n", i % 2)).collect();
        let theirs = format!("phone,parity,fold\n{rows}");
        let code = lookalike(&table(0, 20), &theirs, "folds = \"fold\"", LookalikePlan::default()).0;
        assert_eq!(code, "folds-unusable");
    }
    #[test]
    fn a_lookalike_with_a_fold_without_seed() {
        let rows: String = (0..90).map(|i| format!("138{i:08},{},{}\n", i % 2, u8::from(i < 20))).collect();
        let theirs = format!("phone,parity,fold\n{rows}");
        let code = lookalike(&table(0, 20), &theirs, "folds = \"fold\"", LookalikePlan::default()).0;
        assert_eq!(code, "folds-unusable");
    }
    #[test]
    fn a_lookalike_with_settings_out_of_range() {
        let d = LookalikePlan::default;
        for (plan, setting) in [
            (LookalikePlan { folds: 1, ..d() }, "folds"),
            (LookalikePlan { folds: 17, ..d() }, "folds"),
            (LookalikePlan { l2: -1.0, ..d() }, "l2"),
            (LookalikePlan { l2: f64::NAN, ..d() }, "l2"),
            (LookalikePlan { tiers: vec![5.0, 1.0], ..d() }, "tiers"),
            (LookalikePlan { tiers: vec![0.0], ..d() }, "tiers"),
            (LookalikePlan { tiers: vec![101.0], ..d() }, "tiers"),
        ] {
            let (code, at) = lookalike(&table(0, 20), &table(0, 90), "", plan);
            assert_eq!(code, "out-of-range");
            assert!(at.column.is_some_and(|c| c.ends_with(setting)), "{setting}");
        }
    }
    #[test]
    fn personas_of_nobody_or_of_fewer_than_k_or_with_k_out_of_range() {
        let ask = |ours: &str, k: u8| {
            let (mut bench, _) = open(ours, &table(0, 90), "").expect("both files open");
            refused(bench.call(Call::Personas {
                plan: Box::new(PersonasPlan { k: K::Given(k), ..PersonasPlan::default() }),
            }))
            .0
        };
        assert_eq!(ask(&table(900, 20), 3), "seed-empty");
        assert_eq!(ask(&table(0, 4), 6), "too-few-to-cluster");
        assert_eq!(ask(&table(0, 20), 1), "out-of-range");
        assert_eq!(ask(&table(0, 20), 99), "out-of-range");
    }
    #[test]
    fn a_crowd_that_cannot_be_read() {
        let (mut bench, _) = open(&table(0, 20), &table(0, 90), "").expect("both files open");
        let tag = Expr::Tag { feature: "nope".into(), values: vec![] };
        let (code, at) = refused(bench.call(Call::Count { of: vec![tag] }));
        assert_eq!((code, at.column.as_deref()), ("column-missing", Some("nope")));
        let top = Expr::Top { measure: "score".into(), cut: "zz".into() };
        assert_eq!(refused(bench.call(Call::Count { of: vec![top] })).0, "expression-invalid");
        let early = Expr::Measure { measure: "persona".into(), from: 1, to: 1 };
        assert_eq!(refused(bench.call(Call::Count { of: vec![early] })).0, "too-early");
    }
    #[test]
    fn an_audience_of_nobody() {
        let (mut bench, _) = open(&table(0, 20), &table(0, 90), "").expect("both files open");
        let crowd = Expr::Or { of: vec![] };
        let what = Export::Audience { name: "nobody".into(), crowd, header: false };
        assert_eq!(refused(bench.call(Call::Export { what })).0, "audience-empty");
    }
    #[test]
    fn a_sample_city_out_of_range() {
        for people in [0, 99, 5_000_001] {
            assert_eq!(
                refused(Bench::new(1, vec![]).call(Call::Sample { people, seed: 1, year: false })).0,
                "out-of-range"
            );
        }
    }
}

mod rows_that_are_accounted_for {
    use super::*;

    #[test]
    fn ragged_duplicate_junk_and_broken_rows_all_stand_in_the_account() {
        let theirs = format!(
            "{}13800000001,odd,1\n138000,odd,1\n,even,2\n13800000060\n13800000061,odd,1,extra\nunknown,odd,3\n",
            table(0, 50)
        );
        let (_, Reply::Match(found)) = open(&table(40, 20), &theirs, "").expect("both files open") else {
            panic!("a match")
        };
        assert_eq!(
            (found.tags.rows, found.tags.people, found.tags.duplicate, found.tags.invalid),
            (56, 51, 1, 4)
        );
        let reasons: std::collections::BTreeMap<_, _> =
            found.tags.reasons.iter().map(|r| (r.code.as_str(), (r.count, r.first_row))).collect();
        assert_eq!(reasons["not-this-kind"], (1, Some(53)));
        assert_eq!(reasons["empty"], (1, Some(54)));
        assert_eq!(reasons["long-row"], (1, Some(56)));
        assert_eq!(reasons["junk"], (1, Some(57)));
        assert_eq!(found.tags.notes[0].code, "short-row");
        assert_eq!(found.matched, 10);
    }
}
