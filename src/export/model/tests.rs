use super::*;
use crate::gate::release;
use serde_json::Value;

fn column(name: &str, kind: FeatureKind, labels: &[&str], edges: &[f64]) -> SavedColumn {
    let labels: Vec<String> = labels.iter().map(|l| (*l).to_owned()).collect();
    let bins = labels.len();
    SavedColumn {
        separator: if kind == FeatureKind::Multi { "|".into() } else { String::new() },
        people: (0..bins as u64).map(|n| 7 * n).collect(),
        effects: (0..bins).map(|n| n as f64 / 8.0 - 0.123_456).collect(),
        noise: vec![0.25; bins],
        feature: Feature {
            namespace: Namespace::Tags,
            column: name.into(),
            kind,
            labels,
            edges: edges.to_vec(),
        },
    }
}

fn saved() -> Saved {
    let split = |leaf, new, feature, test| Split { leaf, new, feature, test };
    let splits = vec![split(0, 1, 1, Test::among([0, 2], 2)), split(1, 2, 2, Test::Has(1))];
    let tree = Tree { splits, values: vec![-1, 1_048_575, 333_333], covers: vec![5, 6, 7] };
    let grove =
        Grove { margin: -2_345_678, groups: vec![vec![tree.clone(), tree], vec![]], link: Link::Logit };
    let weights = vec![0, 1, -1, 1 << 20, -(1 << 24) - 1, 777_777, 5, -3, 123_456_789];
    let part = |name: &str, share, form| Part { name: name.into(), share, form };
    Saved {
        model: "auto: 0.75 scorecard + 0.25 boosted".into(),
        seed_people: 120,
        rest_people: 880,
        auc: 0.712_345,
        auc_interval: (0.66, 0.765_432),
        missing: vec!["".into(), "未知".into()],
        starts: vec![-65_536, -4_095, 1, 4_097],
        people: vec![100, 300, 500, 100],
        columns: vec![
            column("age", FeatureKind::Number, &["", "[0.1, 0.3)", "0.3"], &[0.1, 0.1 + 0.2]),
            column("城市, \"x\"", FeatureKind::Category, &["", "a\\b", "\u{2028}"], &[]),
            column("likes", FeatureKind::Multi, &["", "x", "y"], &[]),
        ],
        kept: Kept {
            parts: vec![
                part("scorecard", 3, Form::Card(Scorecard { intercept: -2_097_153, weights })),
                part("boosted", 1, Form::Trees(grove)),
            ],
        },
    }
}

fn text(of: Saved) -> String {
    String::from_utf8(model_json(&release(of))).expect("UTF-8")
}

fn code(text: &str) -> &'static str {
    read_model(text).map_or_else(|e| e.code(), |_| "read")
}

#[test]
fn a_model_reads_back_as_it_was() {
    let written = text(saved());
    assert_eq!(read_model(&written).as_ref(), Ok(&saved()));
    assert_eq!(text(read_model(&written).expect("a model")), written);
    let every = |bits: u32, step: usize| {
        (-(1i32 << 30)..1 << 30).step_by(step).all(|s| steps(decimal(s, bits), bits) == Some(s))
    };
    assert!(every(FINE, 9_973) && every(LEAF, 9_973) && every(COARSE, 99_991));
    // Written as text and read as JSON numbers.
    for s in (-(1i32 << 24)..1 << 24).step_by(12_347) {
        let number: f64 = serde_json::from_str(&decimal(s, FINE).to_string()).expect("a number");
        assert_eq!(steps(number, FINE), Some(s));
    }
}

#[test]
fn it_is_json_for_people_with_a_line_for_each_column_part_and_tree() {
    let written = text(saved());
    let value: Value = serde_json::from_str(&written).expect("JSON");
    assert_eq!(value["format"], "atoll-model");
    assert_eq!(value["columns"][0]["edges"][1], "0.30000000000000004");
    assert_eq!(value["base_rate"], 0.12);
    assert_eq!(value["small_cells"], 6);
    let starting = |with: &str| written.lines().filter(|l| l.trim_start().starts_with(with)).count();
    assert_eq!([starting("{\"column\""), starting("{\"name\""), starting("{\"part\"")], [3, 2, 3 + 2]);
    assert!(written.ends_with("\"\n}\n") && written.starts_with("{\n  \"format\": \"atoll-model\",\n"));
}

#[test]
fn every_edit_and_every_cut_is_refused() {
    let written = text(saved());
    let ends = written.trim_end().len();
    for at in (0..ends).filter(|&at| written.is_char_boundary(at)) {
        assert_eq!(code(&written[..at]), "model-broken", "cut at {at}");
    }
    for (at, old) in written[..ends].char_indices() {
        let new = if old == '1' { '2' } else { '1' };
        let edited = format!("{}{new}{}", &written[..at], &written[at + old.len_utf8()..]);
        let code = code(&edited);
        assert!(code.starts_with("model-"), "{old} to {new} at {at}: {code}");
    }
    assert_eq!(code(&written.replacen("0.712345", "0.812345", 1)), "model-edited");
    assert_eq!(code(&written.replacen("\"share\": 3", "\"share\": 2", 1)), "model-edited");
    let half = &written[..written.len() / 2];
    let row = half.matches('\n').count() as u64 + 1;
    assert_eq!(read_model(half).err().and_then(|e| e.at.row), Some(row));
    assert_eq!(code(&written), "read", "control");
    assert_eq!(code(written.trim_end()), "read", "control: the last line end is no part of it");
}

/// The digest of a file that was changed by somebody who knows how it is made.
fn sealed_again(text: &str) -> String {
    let (body, _) = text.rsplit_once(SEAL).expect("a digest");
    format!("{body}{SEAL}{}\"\n}}\n", sha256(body.as_bytes()))
}

#[test]
fn other_files_and_versions_are_refused() {
    let written = text(saved());
    assert_eq!(code(""), "model-broken");
    assert_eq!(code("{\"auc\": 0.7}"), "model-broken");
    assert_eq!(code("{\"format\": \"other\", \"version\": 1}"), "model-broken");
    let later = written.replacen("\"version\": 1", "\"version\": 2", 1);
    let refused = read_model(&later).expect_err("another version");
    assert_eq!((refused.code(), refused.at.column.as_deref()), ("model-version", Some("2")));
    for (old, new) in [
        ("\"leaf\": 1", "\"leaf\": 9"),
        ("\"column\": \"likes\", \"label\"", "\"column\": \"age\", \"label\""),
        ("\"label\": 1", "\"label\": 1, \"last\": 3"),
        ("\"last\": 2", "\"last\": 1"),
        ("\"groups\": 2", "\"groups\": 1000000000"),
        ("\"groups\": 2", "\"groups\": 0"),
        ("\"share\": 3", "\"share\": 4294967295"),
        ("\"covers\": [5, 6, 7]", "\"covers\": [5]"),
        ("\"people\": [100", "\"people\": [1, 100"),
        ("\"from\": [-16.0, ", "\"from\": ["),
        ("\"edges\": [\"0.1\", ", "\"edges\": [\"0.5\", "),
        ("\"separator\": \"|\", ", ""),
    ] {
        let old = old.replace(", ", ",");
        let changed = written.replacen(&old, &new.replace(", ", ","), 1);
        assert_ne!(changed, written, "{old}");
        let code = code(&sealed_again(&changed));
        assert!(["model-broken", "model-edited"].contains(&code), "{old} to {new}: {code}");
    }
    assert_eq!(code(&sealed_again(&written)), "read", "control");
}
