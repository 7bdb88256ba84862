//! Real tables with fixed folds, where `../shared/data` stands beside the checkout: the area under the ROC curve is
//! computed here from `scores.csv`, and must reach scikit-learn's logistic regression on one-hot bins, less a little; boosted trees those of
//! LightGBM as it comes, less 0.003.

use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn data(name: &str) -> Option<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if dir.join("table.csv").exists() {
        return Some(dir);
    }
    println!("skipped: {} is not there", dir.display());
    None
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The table with a SHA-256 phone per row and the fold as a column, the raw phones of the label, and the recipe.
fn room(source: &Path, out: &Path, extra: &str) {
    let table = fs::read_to_string(source.join("table.csv")).expect("a table");
    let folds = fs::read_to_string(source.join("folds.csv")).expect("folds");
    let (mut tags, mut ours) = (String::new(), String::from("phone\n"));
    for (row, (line, fold)) in table.lines().zip(folds.lines()).enumerate() {
        let fold = fold.split(',').nth(1).expect("row_id,fold5");
        if row == 0 {
            let _ = writeln!(tags, "id,{line},fold");
            continue;
        }
        let phone = format!("138{row:08}");
        let _ = writeln!(tags, "{},{line},{fold}", hex(&Sha256::digest(&phone)));
        if line.split(',').nth(1) == Some("1") {
            let _ = writeln!(ours, "{phone}");
        }
    }
    let recipe = format!(
        "[first_party]\nfile = \"ours.csv\"\nid = \"phone\"\nkind = \"phone\"\n[tags]\nfile = \"tags.csv\"\nid = \"id\"\n\
         kind = \"phone\"\ndigest = \"sha256\"\nignore = [\"label\", \"row_id\"]\nfolds = \"fold\"\n{extra}\n\
         [personas]\nk = 4\n"
    );
    let _ = fs::remove_dir_all(out);
    fs::create_dir_all(out).expect("a folder");
    for (name, text) in [("tags.csv", tags), ("ours.csv", ours), ("room.toml", recipe)] {
        fs::write(out.join(name), text).expect("a file");
    }
}

/// Mann–Whitney with ties counted half, on (score, in the seed).
fn auc(mut scores: Vec<(f64, bool)>) -> f64 {
    scores.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut wins, mut at) = (0.0, 0.0, 0);
    while at < scores.len() {
        let tied = scores[at..].iter().take_while(|s| s.0 == scores[at].0).count();
        let seeds = scores[at..at + tied].iter().filter(|s| s.1).count() as f64;
        let rest = tied as f64 - seeds;
        wins += seeds * (below + rest / 2.0);
        below += rest;
        at += tied;
    }
    wins / (below * scores.iter().filter(|s| s.1).count() as f64)
}

fn reaches(name: &str, extra: &str, least: f64) {
    reaches_by("scorecard", name, extra, least);
}

fn reaches_by(model: &str, name: &str, extra: &str, least: f64) {
    let Some(source) = data(name) else { return };
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{model}"));
    let extra = &format!("{extra}\n[lookalike]\nmodel = \"{model}\"");
    room(&source, &dir, extra);
    let (recipe, out) = (dir.join("room.toml"), dir.join("out"));
    let run =
        Command::new(env!("CARGO_BIN_EXE_atoll")).arg("run").arg(recipe).arg("--out").arg(&out).output();
    let run = run.expect("atoll starts");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let text = fs::read_to_string(out.join("scores.csv")).expect("scores.csv");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("id,seed,fold,score"));
    let scores = lines.map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[3].parse().expect("a score"), cells[1] == "1")
    });
    let found = auc(scores.collect());
    println!("{name}, {model}: AUC {found:.4}, at least {least}");
    assert!(found >= least, "{name}, {model}: AUC {found:.4} is below {least}");
}

#[test]
fn bank_is_as_good_as_scikit_learn() {
    reaches("bank", "", 0.793);
}
#[test]
fn telco_is_as_good_as_scikit_learn() {
    reaches("telco", "", 0.846);
}
#[test]
fn pages_of_many_labels_are_as_good_as_scikit_learn() {
    reaches("fbpages", "multi = { feat = \"|\" }", 0.954);
}
#[test]
fn trees_are_as_good_as_lightgbm() {
    reaches_by("boosted", "campaign", "", 0.900);
}
#[test]
fn the_blend_is_as_good_as_the_best() {
    reaches_by("auto", "telco", "", 0.8473);
}
