//! What foretells, from files to a model: `atoll analyze ROOM features`, then `atoll run` of the room it made.

mod room;

use atoll::room::analyze::Topic;
use atoll::room::call::{Call, Found, Reply};
use atoll::room::past::PastRecipe;
use room::Bench;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder with a room, or a refusal's first line.
struct Room(PathBuf);

fn atoll(arguments: &[&str]) -> Result<(), String> {
    let run = Command::new(env!("CARGO_BIN_EXE_atoll")).args(arguments).output().expect("atoll starts");
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    run.status.success().then_some(()).ok_or_else(|| said.lines().next().unwrap_or_default().to_string())
}

impl Room {
    fn new(name: &str, files: &[(&str, &str)]) -> Room {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("foretell-{name}"));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect("a folder");
        files.iter().for_each(|(file, text)| fs::write(dir.join(file), text).expect("a file"));
        Room(dir)
    }
    fn path(&self, file: &str) -> String {
        self.0.join(file).display().to_string()
    }
    /// The files of the analysis.
    fn features(&self, shards: usize) -> Result<BTreeMap<String, String>, String> {
        let out = self.path(&format!("made-{shards}"));
        let shards = shards.to_string();
        let asked =
            ["analyze", &self.path("room.toml"), "features", "--quiet", "--shards", &shards, "--out", &out];
        atoll(&asked)?;
        let file = |entry: fs::DirEntry| {
            let text = fs::read_to_string(entry.path()).expect("a file");
            (entry.file_name().to_string_lossy().into_owned(), text)
        };
        Ok(fs::read_dir(&out).expect("a folder").map(|entry| file(entry.expect("an entry"))).collect())
    }
    /// AUC and its interval of the model of a room that was made with two shards.
    fn model(&self, recipe: &str) -> [f64; 3] {
        let (recipe, out) = (self.path(&format!("made-2/{recipe}")), self.path("model"));
        atoll(&["run", &recipe, "--quiet", "--out", &out]).expect("runs");
        let json = fs::read(Path::new(&out).join("lookalike.json")).expect("the report");
        let report: Value = serde_json::from_slice(&json).expect("JSON");
        let number = |value: &Value| value.as_f64().expect("a number");
        [number(&report["auc"]), number(&report["auc_interval"][0]), number(&report["auc_interval"][1])]
    }
}

const FILES: &str = "[[events]]\nfile = \"events.csv\"\nid = \"who\"\nkind = \"opaque\"\ntime = \"at\"\nevent = \"what\"\nchannel = \"channel\"\n\
    [[orders]]\nfile = \"orders.csv\"\nid = \"who\"\nkind = \"opaque\"\ntime = \"when\"\namount = \"paid\"\norder = \"no\"\nstatus = \"status\"\nrefunds = [\"refunded\"]\n\
    [time]\nas_of = \"2026-06-30\"\n[features]\noutcome = \"bought\"\n";

fn dice(mut state: u64) -> impl FnMut(u64) -> u64 {
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}

/// People who view, and half of whom share, in spring; of those who share `share` in ten buy in June, of the others two.
/// Features end with May 1.
fn people(share: u64) -> (String, String) {
    let mut dice = dice(17);
    let (mut events, mut orders) =
        (String::from("who,at,what,channel\n"), String::from("who,when,paid,no,status\n"));
    for who in 0..2_000 {
        let shares = dice(2) == 0;
        for _ in 0..1 + dice(4) {
            let (day, month, channel) = (1 + dice(28), 2 + dice(2), ["app", "web", "shop"][dice(3) as usize]);
            let _ = writeln!(events, "p{who},2026-{month:02}-{day:02} {:02}:00:00,view,{channel}", dice(24));
        }
        if shares {
            let _ = writeln!(events, "p{who},2026-04-{:02} 10:00:00,share,app", 1 + dice(28));
        }
        if dice(3) == 0 {
            let _ = writeln!(
                orders,
                "p{who},2026-03-{:02} 09:00:00,{}.50,e{who},paid",
                1 + dice(28),
                5 + dice(90)
            );
        }
        if dice(10) < if shares { share } else { 2 } {
            let _ = writeln!(orders, "p{who},2026-06-{:02} 09:00:00,30.00,l{who},paid", 1 + dice(28));
        }
    }
    (events, orders)
}

fn town(name: &str, share: u64) -> Room {
    let (events, orders) = people(share);
    Room::new(name, &[("events.csv", &events), ("orders.csv", &orders), ("room.toml", FILES)])
}

#[test]
fn a_planted_cause_is_found_and_modelled() {
    let room = town("cause", 7);
    let made = room.features(2).expect("runs");
    for shards in [1, 3, 7] {
        assert!(room.features(shards).expect("runs") == made, "{shards} shards");
    }
    let report: Value = serde_json::from_str(&made["features.json"]).expect("JSON");
    assert_eq!(report["frozen"].as_str(), Some("2026-05-01"));
    let names: Vec<&str> =
        report["features"].as_array().into_iter().flatten().filter_map(|of| of["name"].as_str()).collect();
    let place = names.iter().position(|name| *name == "event: share").expect("the cause is a feature");
    assert!(place < 5, "{names:?}");
    let cause = &report["features"][place];
    assert!(cause["auc"].as_f64() > Some(0.6) && cause["q"].as_f64() < Some(1e-6), "{cause}");
    // One line each, the seed among them, and the tag file says nothing of who is in it.
    let ids = |file: &str| -> BTreeSet<String> {
        let first = |line: &str| line.split(',').next().unwrap_or_default().to_string();
        made[file].lines().skip(1).map(first).collect()
    };
    let (all, seed) = (ids("behaviour.csv"), ids("seed.csv"));
    assert!(seed.is_subset(&all) && all.len() == made["behaviour.csv"].lines().count() - 1);
    assert_eq!(
        (all.len() as u64, seed.len() as u64),
        (2_000, report["positives"].as_u64().expect("a count"))
    );
    let [auc, low, _] = room.model("model.toml");
    assert!(auc > 0.6 && low > 0.6, "{auc}");
}

#[test]
fn control_noise_is_told_as_noise() {
    let room = town("noise", 2);
    let made = room.features(2).expect("runs");
    let report: Value = serde_json::from_str(&made["features.json"]).expect("JSON");
    let least = report["features"].as_array().into_iter().flatten().filter_map(|of| of["q"].as_f64());
    assert!(least.fold(1.0, f64::min) > 0.01, "nothing is found where nothing is");
    let [auc, low, high] = room.model("model.toml");
    assert!(low < 0.5 && 0.5 < high, "{auc}");
}

#[test]
fn what_comes_later_changes_no_line_of_behaviour() {
    let room = town("before", 7);
    let made = room.features(2).expect("runs");
    let (mut events, mut orders) = people(7);
    let mut dice = dice(5);
    for who in 0..2_500 {
        let _ = writeln!(events, "p{who},2026-05-{:02} 00:00:00,share,web", 2 + dice(29));
        // Everyone buys but a few, and early orders come back.
        if who % 10 > 0 {
            let _ = writeln!(orders, "p{who},2026-05-{:02} 00:00:00,800.00,n{who},paid", 2 + dice(29));
        }
        let _ = writeln!(orders, "p{who},2026-06-{:02} 00:00:00,500.00,e{who},refunded", 1 + dice(28));
    }
    let files = [("events.csv", events.as_str()), ("orders.csv", &orders), ("room.toml", FILES)];
    let later = Room::new("later", &files).features(3).expect("runs");
    assert!(later["behaviour.csv"] == made["behaviour.csv"], "behaviour is that of the day");
    assert!(later["seed.csv"].lines().count() > made["seed.csv"].lines().count());
    // The control: a row of the day itself is seen.
    events.push_str("p1,2026-05-01 23:59:59,share,web\n");
    let files = [("events.csv", events.as_str()), ("orders.csv", &orders), ("room.toml", FILES)];
    assert!(
        Room::new("same-day", &files).features(3).expect("runs")["behaviour.csv"] != made["behaviour.csv"]
    );
}

#[test]
fn what_cannot_be_foretold_is_refused_by_name() {
    let (events, orders) = people(7);
    let refused = |name: &str, settings: &str| {
        let recipe = FILES.replace("outcome = \"bought\"\n", settings);
        let files = [("events.csv", events.as_str()), ("orders.csv", &orders), ("room.toml", &recipe)];
        let said = Room::new(name, &files).features(2).expect_err("a refusal");
        let (code, rest) = said.trim_start_matches("atoll: [").split_once(']').expect("a code");
        format!("{code}{}", rest.rfind(" column ").map_or("", |at| &rest[at..]))
    };
    for (settings, want) in [
        ("outcome = { event = [\"letter\"] }\n", "label-unknown column event: letter"),
        ("outcome = { stage = \"A9\" }\n", "label-unknown column stage: A9"),
        ("outcome = { event = [] }\n", "out-of-range column features.outcome"),
        ("days = 150\n", "out-of-range column features.days"),
        ("days = 366\noutcome = { stage = \"I\" }\n", "out-of-range column features.days"),
        ("days = 30\noutcome = { event = [\"share\"] }\n", "positives-empty column features.outcome"),
        ("columns = [\"town\"]\n", "table-missing column features.columns: town"),
        ("windows = [0]\n", "out-of-range column features.windows"),
    ] {
        assert_eq!(refused("refused", settings), want);
    }
    assert!(refused("unread", "outcome = \"gone\"\n").starts_with("recipe-invalid"));
    // Whoever bought in March and no more is lost: with no order behind it everyone is.
    let early: String =
        orders.lines().filter(|line| !line.contains("2026-06")).fold(String::new(), |all, l| all + l + "\n");
    let recipe = FILES.replace("\"bought\"", "\"lost\"");
    let files = [("events.csv", events.as_str()), ("orders.csv", &early), ("room.toml", &recipe)];
    let said = Room::new("everyone", &files).features(2).expect_err("a refusal");
    assert!(said.starts_with("atoll: [negatives-empty]"), "{said}");
}

/// Who stood in a stage is asked on a day of the features' own, and is afterwards who the recipe's stages say.
#[test]
fn crowds_of_stages_stay_who_they_are() {
    let (events, orders) = people(7);
    let stages = "[stages]\ndays = 90\n\
        [[stages.stages]]\nname = \"seen\"\nevent = [\"view\"]\nwindow = 60\n\
        [[stages.stages]]\nname = \"shares\"\nevent = [\"share\"]\nwindow = 60\n\
        [[stages.stages]]\nname = \"buys\"\norders = 1\nwindow = 60\n";
    let outcome = "outcome = { stage = \"buys\", from = [\"seen\", \"shares\"] }\n";
    let recipe =
        PastRecipe::parse(&(FILES.replace("outcome = \"bought\"\n", outcome) + stages)).expect("a recipe");
    let mut bench =
        Bench::new(3, vec![("events.csv", events.into_bytes()), ("orders.csv", orders.into_bytes())]);
    let files = vec![bench.file(0), bench.file(1)];
    bench.call(Call::Bring { recipe: Box::new(recipe.clone()), files }).expect("read in");
    let mut ask = |topic, recipe: &PastRecipe| {
        let made =
            bench.call(Call::Past { topic, recipe: Box::new(recipe.clone()), people: false }).expect("asked");
        let Reply::Files(made) = made else { panic!("no files") };
        let report = made.first().expect("a report").name.clone();
        let report = serde_json::from_slice::<Value>(&bench.take(&report)).expect("JSON");
        let who = vec![Found { measure: "stage-before".into(), from: 1, to: 1 }];
        let listed =
            bench.call(Call::PastPeople { name: "seen".into(), who }).map(|_| bench.take("seen.csv"));
        (report, listed.expect("a list"))
    };
    let (_, before) = ask(Topic::Stages, &recipe);
    let (report, after) = ask(Topic::Features, &recipe);
    assert!(before == after, "90 days before the end, not 60");
    // Control: on the day of the features it is others.
    let mut sixty = recipe.clone();
    sixty.stages.days = 60;
    let (flow, of_the_day) = ask(Topic::Stages, &sixty);
    assert!(of_the_day != before);
    // Who went up are those of the flow between the two days.
    let moved = |from: &str, to: Option<&str>| -> u64 {
        let moves = flow["flow"].as_array().into_iter().flatten();
        let mine = moves.filter(|of| {
            of["from"].as_str() == Some(from) && to.is_none_or(|to| of["to"].as_str() == Some(to))
        });
        mine.filter_map(|of| of["people"].as_u64()).sum()
    };
    let both = |to| moved("seen", to) + moved("shares", to);
    assert_eq!(report["people"].as_u64(), Some(both(None)));
    assert_eq!(report["positives"].as_u64(), Some(both(Some("buys"))));
    assert!(both(Some("buys")) > 300);
}

/// A room holds one kind of ID per file: people known by device alone and by phone get rooms of their own.
#[test]
fn people_of_two_kinds_of_id_are_two_rooms() {
    let phone = |n: u64| format!("138{n:08}");
    let device = |n: u64| format!("{n:08x}-efbb-29e0-0bdd-{n:012x}");
    let (mut events, mut orders) = (String::from("who,at,what\n"), String::from("who,when,paid\n"));
    let (mut ours, mut tags, mut map) =
        (String::from("phone,level\n"), String::from("oaid,tag\n"), String::from("phone,oaid\n"));
    for n in 0..600 {
        let _ = writeln!(ours, "{},{}", phone(n), n % 3);
        let _ = writeln!(tags, "{},{}", device(n), ["a", "b"][n as usize % 2]);
        let _ = writeln!(map, "{},{}", phone(n), device(n));
        if n < 360 {
            let _ = writeln!(events, "{},2026-03-{:02},view", device(n), 1 + n % 28);
        }
        for again in 0..(1 + n % 4) * u64::from(n >= 180) {
            let _ = writeln!(orders, "{},2026-03-{:02},{}.00", phone(n), 1 + (n + 5 * again) % 28, 1 + n);
        }
        if n % 3 == 0 {
            let _ = writeln!(orders, "{},2026-06-{:02},{}.00", phone(n), 1 + n % 28, 1 + n);
        }
    }
    let recipe = "[first_party]\nfile = \"ours.csv\"\nid = \"phone\"\nkind = \"phone\"\n[tags]\nfile = \"tags.csv\"\nid = \"oaid\"\nkind = \"oaid\"\n\
        [[idmap]]\nfile = \"map.csv\"\n[idmap.columns.phone]\nkind = \"phone\"\n[idmap.columns.oaid]\nkind = \"oaid\"\n\
        [[events]]\nfile = \"events.csv\"\nid = \"who\"\nkind = \"oaid\"\ntime = \"at\"\nevent = \"what\"\n\
        [[orders]]\nfile = \"orders.csv\"\nid = \"who\"\nkind = \"phone\"\ntime = \"when\"\namount = \"paid\"\n[features]\noutcome = \"bought\"\n";
    let files = [
        ("ours.csv", ours.as_str()),
        ("tags.csv", &tags),
        ("map.csv", &map),
        ("events.csv", &events),
        ("orders.csv", &orders),
        ("room.toml", recipe),
    ];
    let room = Room::new("kinds", &files);
    let made = room.features(2).expect("runs");
    let lines = |file: &str| made[file].lines().count() - 1;
    assert_eq!((lines("behaviour-oaid-none.csv"), lines("behaviour-phone-none.csv")), (360, 240));
    assert_eq!((lines("seed-oaid-none.csv"), lines("seed-phone-none.csv")), (120, 80));
    assert!(made["seed-phone-none.csv"].lines().skip(1).all(|id| id.starts_with("138")));
    assert!(!made.contains_key("model.toml") && !made.contains_key("behaviour.csv"));
    // Both can be opened as they are.
    room.model("model-oaid-none.toml");
    room.model("model-phone-none.toml");
}

#[test]
fn of_people_who_are_all_alike_no_model_is_offered() {
    let recipe = "[[orders]]\nfile = \"orders.csv\"\nid = \"who\"\nkind = \"opaque\"\ntime = \"when\"\namount = \"paid\"\n\
        [time]\nas_of = \"2026-06-30\"\n[features]\noutcome = \"bought\"\n";
    let made = |name: &str, others: u32| {
        let mut orders = String::from("who,when,paid\n");
        for who in 0..80 {
            let _ = writeln!(orders, "p{who},2026-01-10,10");
            if who % 4 == 0 {
                let _ = writeln!(orders, "p{who},2026-06-10,10");
            }
            if who < others {
                let _ = writeln!(orders, "p{who},2026-02-10,10");
            }
        }
        Room::new(name, &[("orders.csv", &orders), ("room.toml", recipe)]).features(2).expect("runs")
    };
    let alike = made("alike", 0);
    assert_eq!(alike["behaviour.csv"].lines().next(), Some("id"));
    assert!(!alike.contains_key("model.toml") && !alike.contains_key("seed.csv"), "nothing to learn from");
    let report: Value = serde_json::from_str(&alike["features.json"]).expect("JSON");
    assert!(report["constant"].as_array().is_some_and(|names| !names.is_empty()), "and it is said why");
    // The control: a few who differ.
    assert!(made("few", 20).contains_key("model.toml"));
}
