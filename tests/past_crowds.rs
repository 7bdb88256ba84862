//! Crowds of the recipe that stand on what analyses over time find: the same people as in the list of that analysis, taken
//! on like any other crowd; what cannot be found is refused by its name.

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PEOPLE: usize = 900;

/// People with tags, of whom two thirds bought, some often.
fn folder(name: &str, crowds: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).expect("a folder");
    let (mut ours, mut tags) = (String::from("phone\n"), String::from("id,city,age\n"));
    let mut orders = String::from("phone,day,paid\n");
    for i in 0..PEOPLE {
        let id = format!("138{i:08}");
        tags += &format!("{id},{},{}\n", ["京", "沪", "穗"][i * 7 % 3], 18 + i * 31 % 50);
        if i % 4 == 0 {
            ours += &format!("{id}\n");
        }
        for n in 0..i % 3 * (1 + i % 5) {
            orders += &format!("{id},2026-{:02}-{:02},{}\n", 1 + (i + n) % 6, 1 + (i * n) % 28, 20 + i % 90);
        }
    }
    let recipe = format!(
        "[first_party]\nfile = \"ours.csv\"\nid = \"phone\"\nkind = \"phone\"\n[tags]\nfile = \"tags.csv\"\nid = \"id\"\nkind = \"phone\"\n\
         numbers = [\"age\"]\ncategories = [\"city\"]\n[lookalike]\nmodel = \"scorecard\"\n{crowds}"
    );
    for (file, text) in
        [("ours.csv", ours), ("tags.csv", tags), ("orders.csv", orders), ("room.toml", recipe)]
    {
        fs::write(dir.join(file), text).expect("a file");
    }
    dir
}

const ORDERS: &str = "[[orders]]\nfile = \"orders.csv\"\nid = \"phone\"\nkind = \"phone\"\ntime = \"day\"\namount = \"paid\"\n";

/// Runs in a folder, with what it said if it was refused.
fn atoll(dir: &Path, verb: &str, options: &[&str], out: &str) -> Result<PathBuf, String> {
    let out = dir.join(out);
    let mut command = Command::new(env!("CARGO_BIN_EXE_atoll"));
    let run =
        command.arg(verb).arg(dir.join("room.toml")).args(options).arg("--quiet").arg("--out").arg(&out);
    let run = run.output().expect("atoll starts");
    if run.status.success() { Ok(out) } else { Err(String::from_utf8_lossy(&run.stderr).into_owned()) }
}

fn crowd(name: &str, measure: &str, at: i32) -> String {
    format!(
        "[[crowds]]\nname = \"{name}\"\ncrowd = {{ is = \"measure\", measure = \"{measure}\", from = {at}, to = {at} }}\n"
    )
}

/// First cells of a file's lines that a test holds for.
fn who(path: &Path, holds: impl Fn(&[&str]) -> bool) -> BTreeSet<String> {
    let text = fs::read_to_string(path).expect("a file");
    let cells = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    cells.filter(|cells| holds(cells)).map(|cells| cells[0].to_string()).collect()
}

#[test]
fn a_crowd_of_the_recipe_is_who_the_analysis_lists() {
    let others = "[packs]\nby = [\"city\"]\nfloor = 5\ncrowd = { is = \"measure\", measure = \"past.lifecycle\", from = 0, to = 3 }\n\
        [personas]\nk = 2\nof = { is = \"measure\", measure = \"past.clv-band\", from = 0, to = 2 }\n\
        [[portraits]]\nname = \"like them\"\nproxy = { is = \"measure\", measure = \"past.lifecycle\", from = 1, to = 3 }\n";
    let two = crowd("once", "past.lifecycle", 0)
        + &crowd("high", "past.clv-band", 2)
        + &crowd("were", "past.lifecycle-before", 0);
    let model =
        "samples = { positives = { is = \"measure\", measure = \"past.lifecycle\", from = 1, to = 3 } }\n";
    let dir = folder("past-crowds", &format!("{model}{others}{ORDERS}[clv]\nholdout = 0\n{two}"));
    let made = atoll(&dir, "run", &["--shards", "3"], "run").expect("runs");
    let list = atoll(&dir, "analyze", &["clv", "--people"], "clv").expect("runs").join("clv-people.csv");
    let header = fs::read_to_string(&list).expect("a file");
    let column = |name: &str| {
        header
            .lines()
            .next()
            .into_iter()
            .flat_map(|line| line.split(','))
            .position(|of| of == name)
            .expect("a column")
    };
    for (file, name, value) in [
        ("crowd-once.csv", "lifecycle", "first"),
        ("crowd-high.csv", "band", "high"),
        ("crowd-were.csv", "before", "first"),
    ] {
        let (at, all) = (column(name), who(&made.join(file), |_| true));
        assert!(all.len() > 50, "{file}: {}", all.len());
        assert_eq!(all, who(&list, |cells| cells[at] == value), "{file}");
    }
    // The model's positives are those who bought again, and the run says which files it leant on.
    let report: Value =
        serde_json::from_slice(&fs::read(made.join("lookalike.json")).expect("a file")).expect("JSON");
    let again = who(&list, |cells| ["occasional", "periodic", "loyal"].contains(&cells[column("lifecycle")]));
    assert_eq!(report["samples"]["positives"].as_u64(), Some(again.len() as u64));
    let run: Value = serde_json::from_slice(&fs::read(made.join("run.json")).expect("a file")).expect("JSON");
    let inputs = run["inputs"].as_array().expect("a list").iter().map(|input| input["name"].as_str());
    assert!(inputs.flatten().any(|name| name == "orders.csv"));
    assert!(made.join("rows.json").exists() && made.join("packs.zip").exists());
    // Nothing depends on the number of shards.
    let alone = atoll(&dir, "run", &["--shards", "1"], "alone").expect("runs");
    for file in fs::read_dir(&made).expect("a folder") {
        let name = file.expect("an entry").file_name();
        assert_eq!(fs::read(made.join(&name)).ok(), fs::read(alone.join(&name)).ok(), "{}", name.display());
    }
}

#[test]
fn control_what_nothing_finds_is_refused_by_its_name() {
    let without = folder("past-none", &crowd("once", "past.lifecycle", 0));
    let said = atoll(&without, "run", &[], "run").expect_err("no orders");
    assert!(said.contains("measure-missing") && said.contains("past.lifecycle"), "{said}");
    let unknown = folder("past-unknown", &format!("{ORDERS}{}", crowd("x", "past.weather", 1)));
    let said = atoll(&unknown, "run", &[], "run").expect_err("no such measure");
    assert!(said.contains("measure-missing"), "{said}");
}
