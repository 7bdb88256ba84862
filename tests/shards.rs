//! The same files whatever the number of shards, today and tomorrow: the command line runs the sample city with 1, 2, 3
//! and 7 shards, every file is compared byte by byte, and with the digests in `golden/city.sha256`.
//! `ATOLL_WRITE_GOLDEN=1` accepts a change of the answers.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn atoll(arguments: &[&str]) {
    let run = Command::new(env!("CARGO_BIN_EXE_atoll")).args(arguments).output().expect("atoll starts");
    assert!(run.status.success(), "atoll {arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
}

fn folder(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&dir);
    dir
}

/// Every file of a folder by name.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(dir)
        .expect("the folder was written")
        .map(|entry| entry.expect("a readable folder").path())
        .map(|path| {
            (
                path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                fs::read(&path).expect("a file"),
            )
        })
        .collect()
}

fn digests(files: &BTreeMap<String, Vec<u8>>) -> String {
    let hex = |bytes: &[u8]| Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect::<String>();
    files.iter().map(|(name, bytes)| format!("{}  {name}\n", hex(bytes))).collect()
}

#[test]
fn every_file_is_the_same_with_1_2_3_and_7_shards_and_as_reviewed() {
    let city = folder("city");
    let city = city.to_str().expect("a path");
    atoll(&["sample", city, "--people", "3000", "--seed", "11"]);
    let recipe = format!("{city}/room.toml");
    let run = |shards: &str| {
        let out = folder(&format!("out-{shards}"));
        atoll(&["run", &recipe, "--out", out.to_str().expect("a path"), "--shards", shards, "--quiet"]);
        files(&out)
    };
    let one = run("1");
    for name in [
        "match.json",
        "profile.csv",
        "features.csv",
        "lookalike.json",
        "model.json",
        "card.html",
        "scores.csv",
        "audience.csv",
        "personas.json",
        "personas.csv",
        "report.html",
        "run.json",
    ] {
        assert!(one.contains_key(name), "{name} is written");
    }
    for shards in ["2", "3", "7"] {
        let other = run(shards);
        assert_eq!(digests(&other), digests(&one), "{shards} shards");
        assert!(other == one, "{shards} shards");
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/city.sha256");
    let found = digests(&files(Path::new(city))) + &digests(&one);
    if std::env::var_os("ATOLL_WRITE_GOLDEN").is_some() {
        fs::create_dir_all(golden.parent().expect("a folder")).expect("tests/golden");
        fs::write(&golden, &found).expect("tests/golden/city.sha256");
    }
    assert_eq!(found, fs::read_to_string(&golden).unwrap_or_default(), "the answers changed: review them");
}

/// A model other than the usual one: the same files whatever the number of shards.
fn is_the_same_with_any_shards(model: &str) {
    let city = folder(&format!("city-{model}"));
    let city = city.to_str().expect("a path");
    atoll(&["sample", city, "--people", "400", "--seed", "12"]);
    let recipe = format!("{city}/room.toml");
    let text = fs::read_to_string(&recipe).expect("a recipe");
    let text = text.replace("[lookalike]", &format!("[lookalike]\nmodel = \"{model}\""));
    fs::write(&recipe, text).expect("a recipe");
    let run = |shards: &str| {
        let out = folder(&format!("out-{model}-{shards}"));
        atoll(&["run", &recipe, "--out", out.to_str().expect("a path"), "--shards", shards, "--quiet"]);
        files(&out)
    };
    let one = run("1");
    let report = String::from_utf8_lossy(&one["lookalike.json"]).into_owned();
    assert!(report.contains(&format!("\"model\": \"{model}")), "{model} is named");
    for shards in ["2", "3", "7"] {
        assert_eq!(digests(&run(shards)), digests(&one), "{model}, {shards} shards");
    }
}

#[test]
fn boosted_trees_are_the_same_with_1_2_3_and_7_shards() {
    is_the_same_with_any_shards("boosted");
}

#[test]
fn blends_are_the_same_with_1_2_3_and_7_shards() {
    is_the_same_with_any_shards("auto");
}
