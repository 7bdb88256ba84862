//! `atoll analyze` on files: published fits and plain scripts' counts where `../shared/data` stands beside the checkout,
//! the same bytes at any number of shards, and bad input by name and row.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A room under way.
struct Room(PathBuf);

impl Room {
    fn new(name: &str, files: &[(&str, &str)]) -> Room {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("over-time-{name}"));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect("a folder");
        files.iter().for_each(|(file, text)| fs::write(dir.join(file), text).expect("a file"));
        Room(dir)
    }
    fn run(&self, topic: &str, shards: usize) -> Result<BTreeMap<String, Vec<u8>>, String> {
        let out = self.0.join(format!("{topic}-{shards}"));
        let run = Command::new(env!("CARGO_BIN_EXE_atoll"))
            .args(["analyze", &self.0.display().to_string()])
            .args(topic.split(' '))
            .args(["--people", "--quiet", "--shards", &shards.to_string()])
            .args(["--out", &out.display().to_string()])
            .output()
            .expect("atoll starts");
        if !run.status.success() {
            return Err(String::from_utf8_lossy(&run.stderr).into_owned());
        }
        let files = fs::read_dir(&out).expect("the folder was written");
        let file = |path: PathBuf| {
            (
                path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                fs::read(&path).expect("a file"),
            )
        };
        Ok(files.map(|entry| file(entry.expect("readable").path())).collect())
    }
    fn json(&self, topic: &str, shards: usize) -> Value {
        let files = self.run(topic, shards).unwrap_or_else(|e| panic!("{e}"));
        serde_json::from_slice(&files[&format!("{topic}.json")]).expect("JSON")
    }
    /// The refusal: its code and place, as printed.
    fn refused(&self, topic: &str) -> String {
        let said = self.run(topic, 2).expect_err("a refusal");
        let line = said.lines().next().unwrap_or_default();
        assert!(said.lines().nth(1).is_some_and(|zh| zh.contains('。')), "{said}");
        let (code, rest) = line.trim_start_matches("atoll: [").split_once(']').unwrap_or_default();
        let place = rest.rfind(" file ").or(rest.rfind(" column ")).map_or("", |at| &rest[at..]);
        format!("{code}{place}")
    }
}

/// Real data, or a word that they are not here.
fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if !path.exists() {
        println!("skipped: no {}", path.display());
    }
    path.exists().then_some(path)
}

fn near(got: &Value, want: f64, within: f64) {
    let number = got.as_f64().unwrap_or(f64::NAN);
    assert!((number - want).abs() <= within, "{number} is not {want}");
}

const ORDERS: &str = "[[orders]]\nfile = \"orders.csv\"\nid = \"who\"\nkind = \"opaque\"\ntime = \"when\"\namount = \"paid\"\n";

const TOPICS: [&str; 11] = [
    "rfm",
    "clv",
    "stages",
    "funnel",
    "experiment",
    "traffic",
    "pivot",
    "cohorts",
    "paths",
    "rules",
    "features",
];

/// Two layers: two experiments that exclude each other, and one of those who filled a cart.
const LAYERS: &str = "[traffic]\nbalance = [\"channel\"]\n\
    [[traffic.layers]]\nname = \"price\"\nsalt = \"price-2026\"\n\
    experiments = [{ name = \"coupon\", to = 5000, arms = [{ name = \"control\" }, { name = \"test\" }] }, \
    { name = \"points\", from = 5000, arms = [{ name = \"control\", share = 3 }, { name = \"double\" }] }]\n\
    [[traffic.layers]]\nname = \"page\"\nsalt = \"page-2026\"\n\
    experiments = [{ name = \"form\", event = [\"cart\"], arms = [{ name = \"control\" }, { name = \"short\" }] }]\n";

/// A small shop: orders, events and arms of 400 people.
fn shop() -> Vec<(&'static str, String)> {
    let mut state = 7u64;
    let mut dice = move |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    let (mut orders, mut events, mut arms) = (
        String::from("who,when,paid,no,status,sku\n"),
        String::from("who,at,what,channel\n"),
        String::from("who,when,group,spend,hour,face\n"),
    );
    let day = |d: u64| format!("2026-{:02}-{:02}", 1 + d / 28, 1 + d % 28);
    for who in 0..400u64 {
        let (mut at, gap) = (dice(60), 10 + dice(90));
        while at < 330 && dice(6) > 0 {
            let status = ["paid", "paid", "paid", "refunded", "cancelled"][dice(5) as usize];
            let _ = writeln!(
                orders,
                "p{who},{},{}.{:02},o{who}-{at},{status},{}",
                day(at),
                5 + dice(300),
                dice(100),
                ["tea", "cup", "pot"][dice(3) as usize]
            );
            at += 1 + dice(gap);
        }
        for event in ["view", "cart", "pay"].iter().take(1 + dice(3) as usize) {
            let _ = writeln!(
                events,
                "p{who},{} {:02}:30:00,{event},{}",
                day(dice(300)),
                dice(24),
                ["app", "web"][dice(2) as usize]
            );
        }
        let group = ["test", "control"][dice(2) as usize];
        let (hour, face) = (["am", "pm"][who as usize % 2], ["red", "blue", "green"][who as usize % 3]);
        let _ = writeln!(arms, "p{who},{},{group},{}.5,{hour},{face}", day(100), dice(50));
    }
    let recipe = format!(
        "{ORDERS}order = \"no\"\nstatus = \"status\"\nrefunds = [\"refunded\"]\ncancelled = [\"cancelled\"]\nproduct = \"sku\"\n\
         [[events]]\nfile = \"events.csv\"\nid = \"who\"\nkind = \"opaque\"\ntime = \"at\"\nevent = \"what\"\nchannel = \"channel\"\n\
         [[assign]]\nfile = \"arms.csv\"\nid = \"who\"\nkind = \"opaque\"\ntime = \"when\"\narm = \"group\"\nnumbers = {{ spend = 1 }}\n\
         columns = [\"hour\", \"face\"]\n\
         [rfm]\nabandoned = [\"cart\"]\n\
         [funnel]\nby = \"channel\"\nsteps = [{{ event = [\"view\"] }}, {{ event = [\"cart\"] }}, {{ event = [\"pay\"] }}]\n\
         [pivot]\ntable = \"events\"\nby = [\"channel\", \"weekday\"]\nbought = true\nfloor = 20\ncell = [\"app\", \"*\"]\n\
         {LAYERS}[cohorts]\nevent = [\"*\"]\n[stages]\ncategory = \"channel\"\nmet = \"app\"\n[paths]\nleast = 5\ntouch = \"channel\"\n\
         [experiment]\nfactors = [\"hour\", \"face\", \"arm\"]\nsegments = \"hour\"\n\
         metrics = [{{ name = \"bought\" }}, {{ name = \"money\", kind = \"mean\" }}, {{ name = \"spend\", kind = \"mean\", column = \"spend\" }}, \
         {{ name = \"aov\", kind = \"ratio\", per = \"orders\" }}, {{ name = \"most\", kind = \"quantile\", at = 0.75 }}]\n"
    );
    vec![("orders.csv", orders), ("events.csv", events), ("arms.csv", arms), ("room.toml", recipe)]
}

#[test]
fn every_file_is_the_same_with_1_2_3_and_7_shards() {
    let files = shop();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let room = Room::new("shop", &files);
    let mut each = BTreeMap::new();
    for topic in TOPICS {
        let one = room.run(topic, 1).expect("runs");
        assert!(one.len() >= 3 && one.contains_key("rows.json"), "{topic}: {:?}", one.keys());
        let list = String::from_utf8_lossy(&one[&format!("{topic}-people.csv")]).into_owned();
        let lines: Vec<&str> = list.lines().collect();
        assert!(
            lines.len() > 300 && lines[1..].iter().all(|line| line.starts_with('p')),
            "{topic}: {}",
            lines[0]
        );
        for shards in [2, 3, 7] {
            assert!(room.run(topic, shards).expect("runs") == one, "{topic} with {shards} shards");
        }
        each.extend(one);
    }
    // Asked one after the other of files that were read once, in any order.
    let mut topics = TOPICS.to_vec();
    assert!(room.run(&topics.join(" "), 3).expect("runs") == each);
    topics.reverse();
    assert!(room.run(&topics.join(" "), 2).expect("runs") == each);
}

#[test]
fn an_arms_file_is_read_again_as_the_arms_of_an_experiment() {
    let files = shop();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let made = Room::new("split", &files).run("traffic", 2).expect("runs");
    let arms = String::from_utf8(made["arms.csv"].clone()).expect("UTF-8");
    // Python: hmac.new(b"price-2026", sha256(b"p0").hexdigest().encode(), "sha256"), as docs/over-time.md says.
    assert!(
        arms.starts_with("id,layer,bucket,experiment,arm\np0,price,503,coupon,control\np0,page,4342,"),
        "{arms:.200}"
    );
    for line in [
        "p1,price,8355,points,control\n",
        "p2,price,6137,points,control\n",
        "\np1,page,8926,",
        "\np3,page,1902,",
    ] {
        assert!(arms.contains(line), "{line}");
    }
    assert_eq!(arms.lines().count(), 1 + 2 * 400);
    let recipe = format!(
        "{ORDERS}[[assign]]\nfile = \"made.csv\"\nid = \"id\"\nkind = \"opaque\"\narm = \"arm\"\ncolumns = [\"experiment\"]\n\
         [experiment]\nwhere = {{ experiment = [\"points\"] }}\nplanned = {{ control = 3, double = 1 }}\n"
    );
    let orders = files.iter().find(|(name, _)| *name == "orders.csv").expect("orders").1;
    let room =
        Room::new("split-again", &[("orders.csv", orders), ("made.csv", &arms), ("room.toml", &recipe)]);
    let found = room.json("experiment", 3);
    let split: Value = serde_json::from_slice(&made["traffic.json"]).expect("JSON");
    let people = |arms: &Value| -> Vec<(String, u64)> {
        let one = |arm: &Value| {
            (arm["arm"].as_str().unwrap_or_default().into(), arm["people"].as_u64().unwrap_or(0))
        };
        arms.as_array().into_iter().flatten().map(one).collect()
    };
    assert_eq!(people(&found["arms"]), people(&split["layers"][0]["experiments"][1]["arms"]));
    assert_eq!(
        found["srm"],
        serde_json::json!({
            "chi2": split["layers"][0]["experiments"][1]["chi2"], "p": split["layers"][0]["experiments"][1]["p"], "alarm": false
        })
    );
    let alone = recipe.replace("where = { experiment = [\"points\"] }\n", "");
    let room = Room::new("split-all", &[("orders.csv", orders), ("made.csv", &arms), ("room.toml", &alone)]);
    // The control: without it nobody but those in both controls is in one arm.
    assert_eq!(room.refused("experiment"), "arm-missing column arm");
}

/// CDNOW's rows: person, date, disks, dollars.
fn cdnow() -> Option<Vec<[String; 4]>> {
    let text = fs::read_to_string(shared("cdnow/CDNOW_master.txt")?).expect("a file");
    let row = |line: &str| {
        let mut words = line.split_whitespace().map(String::from);
        std::array::from_fn(|_| words.next().unwrap_or_default())
    };
    Some(text.lines().skip(1).map(row).collect())
}

/// CDNOW as a file of orders, of those people only.
fn cdnow_orders(rows: &[[String; 4]], of: impl Fn(&str) -> bool) -> String {
    let rows = rows.iter().filter(|row| of(&row[0])).map(|row| row.join(",") + "\n");
    std::iter::once("who,when,cds,paid\n".to_string()).chain(rows).collect()
}

/// The tenth of CDNOW's customers whose figures are published (Fader and Hardie, CDNOW_sample.txt): of all, by the week of
/// their first order, then what they spent on later days until 30 September 1997, most first, then their number, every
/// tenth. Among equal spenders their order was another one that nothing in the file tells; those it took are listed.
fn published_tenth(rows: &[[String; 4]]) -> HashSet<String> {
    const TAKEN: &str = "\
     4 21 112 234 489 562 621 760 918 1158 1241 1343 1377 1480 1528 1544 1583 1596 1627 1631 1655 1739 2053 \
     2092 2099 2181 2331 2445 2550 2563 2568 2790 2813 2855 2871 3008 3268 3318 3496 3660 3805 3820 4090 4096 \
     4288 4322 4408 4424 4474 4593 4644 4649 4718 4762 4819 4870 4875 4890 4979 5038 5302 5309 5439 5645 5651 \
     5674 5749 5936 6094 6103 6304 6434 6449 6468 6559 6579 6729 6821 6918 6931 6999 7021 7037 7130 7162 7294 \
     7305 7375 7460 7517 7572 7772 7795 7889 8143 8220 8221 8228 8500 8686 8700 8769 8879 8881 8903 8990 9005 \
     9019 9046 9204 9258 9274 9278 9454 9825 9848 9849 9873 9887 9916 10048 10497 10879 10907 11011 11179 \
     11332 11445 11556 11557 11574 11632 11679 11759 11768 11789 11971 12123 12125 12161 12311 12357 12658 \
     12853 12861 12962 12981 13103 13128 13150 13177 13242 13280 13435 13489 13535 13571 13701 13901 13924 \
     13938 14021 14045 14092 14093 14162 14206 14438 14548 14750 14764 14770 14777 14796 14801 14857 15061 \
     15189 15373 15394 15511 15572 15743 15827 15861 15867 15880 15930 15933 16112 16217 16285 16307 16362 \
     16445 16447 16487 16514 16521 16618 16871 17006 17020 17042 17072 17109 17155 17170 17245 17446 17460 \
     17575 17717 17913 18012 18038 18055 18138 18215 18640 18696 18711 18802 18857 18891 18919 18935 18950 \
     19068 19105 19128 19175 19237 19320 19443 19584 19628 19775 19873 19878 19885 20104 20117 20136 20219 \
     20390 20412 20462 20532 20592 20626 20683 20768 20828 21001 21066 21086 21103 21128 21131 21294 21377 \
     21559 21594 21652 21655 21698 21853 21864 21883 22033 22120 22143 22320 22511 22648 22867 22986 23087 \
     23163 23168 23175 23177 23204 23330 23373 23414 23437 23485 23506";
    let mut people = BTreeMap::<&str, (&str, i64)>::new();
    for [who, when, _, paid] in rows {
        let person = people.entry(who).or_insert((when, 0));
        if when.as_str() > person.0 && when.as_str() <= "19970930" {
            person.1 += paid.replace('.', "").parse::<i64>().expect("cents");
        }
    }
    let week = |day: &str| {
        let [month, day] = [&day[4..6], &day[6..]].map(|part| part.parse::<usize>().expect("a number"));
        ([0, 31, 59][month - 1] + day - 1) / 7
    };
    let mut all: Vec<_> = people.iter().map(|(who, (first, spent))| ((week(first), -spent), *who)).collect();
    all.sort_unstable();
    let taken: HashSet<u32> = TAKEN.split_whitespace().map(|id| id.parse().expect("a number")).collect();
    let mut tenth = HashSet::new();
    for (i, (key, who)) in all.iter().enumerate() {
        let tied = key.1 < 0
            && [i.wrapping_sub(1), i + 1].iter().any(|&k| all.get(k).is_some_and(|other| other.0 == *key));
        let takes = if tied { taken.contains(&who.parse().expect("a number")) } else { i % 10 == 9 };
        if takes {
            tenth.insert((*who).to_string());
        }
    }
    tenth
}

#[test]
fn cdnow_gives_the_published_models() {
    let Some(rows) = cdnow() else { return };
    let tenth = published_tenth(&rows);
    let orders = cdnow_orders(&rows, |who| tenth.contains(who));
    let recipe = format!("{ORDERS}[time]\nas_of = \"1997-09-30\"\n[clv]\nholdout = 0\n");
    let room = Room::new("cdnow-tenth", &[("orders.csv", &orders), ("room.toml", &recipe)]);
    let found = room.json("clv", 3);
    assert_eq!((found["people"].as_u64(), found["money"]["people"].as_u64()), (Some(2_357), Some(946)));
    // Fader, Hardie and Lee 2005, table 2, and Fader and Hardie 2013, to the digits printed there.
    for (name, want) in [("r", 0.243), ("alpha", 4.414), ("a", 0.793), ("b", 2.426)] {
        near(&found["orders"]["model"][name], want, 5e-4);
    }
    near(&found["orders"]["log_likelihood"], -9_582.4, 0.05);
    for (name, want) in [("p", 6.25), ("q", 3.74), ("v", 15.44)] {
        near(&found["money"]["model"][name], want, 5e-3);
    }
    // The control: any other tenth, here one further, is another model.
    let ids: BTreeSet<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    let other: HashSet<&str> = ids.into_iter().skip(9).step_by(10).collect();
    let orders = cdnow_orders(&rows, |who| other.contains(who));
    let room = Room::new("cdnow-other", &[("orders.csv", &orders), ("room.toml", &recipe)]);
    let alpha = room.json("clv", 1)["orders"]["model"]["alpha"].as_f64().unwrap_or_default();
    assert!((alpha - 4.414).abs() > 0.05, "{alpha}");
}

#[test]
fn cdnow_is_fitted_to_the_likeliest_model() {
    let Some(rows) = cdnow() else { return };
    let orders = cdnow_orders(&rows, |_| true);
    let recipe = format!("{ORDERS}[time]\nas_of = \"1997-09-30\"\n[clv]\nholdout = 0\n");
    let room = Room::new("cdnow", &[("orders.csv", &orders), ("room.toml", &recipe)]);
    let found = room.json("clv", 2);
    // The optimum of scipy 1.17.1 (Nelder–Mead, BFGS, Nelder–Mead) over the same 23,570 histories of 39 weeks. The
    // published models are of a tenth of them.
    let model = &found["orders"]["model"];
    for (name, want) in
        [("r", 0.251_623_96), ("alpha", 4.788_942_98), ("a", 0.723_433_33), ("b", 2.161_087_57)]
    {
        near(&model[name], want, 2e-4);
    }
    near(&found["orders"]["log_likelihood"], -95_368.443_933, 1e-4);
    assert_eq!(
        (found["people"].as_u64(), found["orders"]["converged"].as_bool()),
        (Some(23_570), Some(true))
    );
    for (name, want) in [("p", 6.275_361), ("q", 3.624_450), ("v", 14.983_680)] {
        near(&found["money"]["model"][name], want, 2e-3);
    }
    near(&found["money"]["log_likelihood"], -40_763.476_261, 1e-4);
    near(&found["money"]["correlation"], 0.080_153_6, 1e-6);
    let rows: Value = serde_json::from_slice(&room.run("clv", 2).expect("runs")["rows.json"]).expect("JSON");
    let file = &rows["files"][0];
    assert_eq!(
        (file["rows"].as_u64(), file["reasons"][0]["code"].as_str()),
        (Some(69_659), Some("in-future"))
    );
    let recipe = format!("{ORDERS}[clv]\nholdout = 273\n");
    let room = Room::new("cdnow-held", &[("orders.csv", &orders), ("room.toml", &recipe)]);
    let held = &room.json("clv", 2)["holdout"];
    near(&held["model"]["r"], 0.251_623_96, 2e-4);
    // The same sum over all people in Python, ₂F₁ by scipy.
    near(&held["predicted"], 16_873.735, 0.5);
    assert_eq!(
        held["actual"].as_u64(),
        Some(19_684),
        "39 weeks forecast from 39 weeks: the whole cohort bought more"
    );
}

#[test]
fn a_funnel_of_five_tables_counts_as_a_plain_script() {
    let Some(path) = shared("funnel") else { return };
    let read = |name: &str| fs::read_to_string(path.join(name)).expect("a file");
    let users = read("user_table.csv").replace('"', "");
    let users: HashMap<&str, &str> = users.lines().skip(1).filter_map(|line| line.split_once(',')).collect();
    let (mut files, mut recipe) = (Vec::new(), String::new());
    let steps = ["home_page", "search_page", "payment_page", "payment_confirmation"];
    for step in steps {
        let mut text = String::from("user,date,device,sex\n");
        for line in read(&format!("{step}_table.csv")).lines().skip(1) {
            let user = line.split(',').next().unwrap_or_default();
            let _ = writeln!(text, "{user},{}", users[user]);
        }
        let _ = writeln!(
            recipe,
            "[[events]]\nfile = \"{step}.csv\"\nid = \"user\"\nkind = \"opaque\"\ntime = \"date\"\nname = \"{step}\"\ncolumns = [\"device\", \"sex\"]"
        );
        files.push((format!("{step}.csv"), text));
    }
    recipe += "[funnel]\nby = \"device\"\nsteps = [{ event = [\"home_page\"] }, { event = [\"search_page\"] }, { event = [\"payment_page\"] }, { event = [\"payment_confirmation\"] }]\n";
    files.push(("room.toml".into(), recipe));
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let room = Room::new("funnel", &files);
    let found = room.json("funnel", 3);
    let people = |steps: &Value| -> Vec<u64> {
        steps.as_array().into_iter().flatten().filter_map(|step| step["people"].as_u64()).collect()
    };
    // A script of sets over the same tables (Python).
    assert_eq!(people(&found["steps"]), [90_400, 45_200, 6_030, 452]);
    assert_eq!(found["values"][0]["value"].as_str(), Some("Desktop"));
    assert_eq!(people(&found["values"][0]["steps"]), [60_200, 30_100, 3_010, 150]);
    assert_eq!(people(&found["values"][1]["steps"]), [30_200, 15_100, 3_020, 302]);
    assert_eq!(found["steps"][3]["bottleneck"].as_bool(), Some(true));

    // As they stand: only the first of the five tables says when, and by what device.
    let names = ["user", "home_page", "search_page", "payment_page", "payment_confirmation"];
    let raw = names.map(|name| (format!("{name}_table.csv"), read(&format!("{name}_table.csv"))));
    let mut recipe = String::from("[funnel]\nby = \"device\"\nsteps = [");
    names.iter().for_each(|name| recipe += &format!("{{ event = [\"{name}\"] }}, "));
    recipe += "]\n";
    for (at, name) in names.iter().enumerate() {
        let when = match at {
            0 => "time = \"date\"\ncolumns = [\"device\", \"sex\"]".into(),
            _ => format!("day = \"2015-06-0{at}\""),
        };
        recipe += &format!(
            "[[events]]\nfile = \"{name}_table.csv\"\nid = \"user_id\"\nkind = \"opaque\"\nname = \"{name}\"\n{when}\n"
        );
    }
    let mut files: Vec<(&str, &str)> =
        raw.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    files.push(("room.toml", &recipe));
    let found = Room::new("funnel-raw", &files).json("funnel", 3);
    assert_eq!(people(&found["steps"]), [90_400, 90_400, 45_200, 6_030, 452]);
    assert_eq!(people(&found["values"][0]["steps"]), [60_200, 60_200, 30_100, 3_010, 150]);
}

#[test]
fn rows_without_a_time_have_a_day_and_rows_without_an_id_stand_alone() {
    let events = "[[events]]\nfile = \"e.csv\"\nid = \"who\"\nkind = \"opaque\"\nname = \"look\"\n";
    let text = "who,page\na,x\nb,y\na,z\n";
    let room = |recipe: &str| Room::new("untimed", &[("e.csv", text), ("room.toml", recipe)]);
    let rules = "[[rules.rules]]\nname = \"looked\"\nall = [{ event = [\"look\"] }]\n";
    let found = room(&format!("{events}day = \"2026-05-31\"\n{rules}")).json("rules", 2);
    assert_eq!(
        (found["as_of"].as_str(), found["rules"][0]["people"].as_u64()),
        (Some("2026-05-31"), Some(2))
    );
    assert_eq!(
        room(&format!("{events}{rules}")).refused("rules"),
        "column-missing file e.csv column time, day"
    );
    assert_eq!(
        room(&format!("{events}day = \"31/05/2026\"\n{rules}")).refused("rules"),
        "out-of-range file e.csv column day"
    );
    let both = format!("{events}time = \"page\"\nday = \"2026-05-31\"\n{rules}");
    assert_eq!(room(&both).refused("rules"), "out-of-range file e.csv column day");
    // Every row is somebody.
    let alone = format!("{events}day = \"2026-05-31\"\n{rules}").replace("id = \"who\"", "id = 0");
    assert_eq!(room(&alone).json("rules", 3)["rules"][0]["people"].as_u64(), Some(3));
    let phone = alone.replace("opaque", "phone");
    assert_eq!(room(&phone).refused("rules"), "out-of-range file e.csv column id");
    let two = format!("{alone}{}day = \"2026-05-31\"\n", events);
    assert_eq!(room(&two).refused("rules"), "out-of-range file e.csv column id");
}

#[test]
fn three_arms_of_an_e_mail_test_as_statsmodels_has_them() {
    let Some(path) = shared("hillstrom/raw.csv") else { return };
    // As it stands: without IDs every row is of somebody else.
    let text = fs::read_to_string(path).expect("a file");
    let recipe = "[[assign]]\nfile = \"arms.csv\"\nid = 0\nkind = \"opaque\"\narm = \"segment\"\ncolumns = [\"channel\"]\n\
        numbers = { visit = 0, conversion = 0, spend = 2 }\n\
        [experiment]\ncontrol = \"No E-Mail\"\nsegments = \"channel\"\nmetrics = [{ name = \"visit\", column = \"visit\" }, \
        { name = \"conversion\", column = \"conversion\" }, { name = \"spend\", column = \"spend\", kind = \"mean\" }]\n";
    let room = Room::new("hillstrom", &[("arms.csv", &text), ("room.toml", recipe)]);
    let found = room.json("experiment", 3);
    // statsmodels 0.15.0: proportion_confint(method="wilson"), confint_proportions_2indep(method="newcomb"), ratios by
    // method="log", proportions_ztest, CompareMeans(usevar="unequal"), multipletests("holm"), ("fdr_bh"); scipy chisquare.
    near(&found["srm"]["chi2"], 0.202_531_25, 1e-9);
    near(&found["srm"]["p"], 0.903_692_957_6, 1e-9);
    let arm = |metric: usize, arm: usize| &found["metrics"][metric]["arms"][arm];
    let ends = |interval: &Value, low: f64, high: f64| {
        near(&interval["low"], low, 5e-7);
        near(&interval["high"], high, 5e-7);
    };
    ends(&arm(0, 0)["interval"], 0.177_624_990_8, 0.188_003_061_6);
    ends(&arm(1, 1)["interval"], 0.004_798_205_8, 0.006_832_169_7);
    let lift = |metric: usize, of: usize| &arm(metric, of)["lift"];
    ends(&lift(0, 0)["interval"], 0.069_953_308_1, 0.083_226_741_3);
    ends(&lift(0, 2)["interval"], 0.038_894_095_4, 0.051_574_343_0);
    ends(&lift(1, 0)["interval"], 0.005_014_344_7, 0.008_640_723_4);
    ends(&lift(1, 2)["interval"], 0.001_501_657_1, 0.004_745_471_3);
    ends(&lift(1, 0)["relative_interval"], 0.767_984_078, 1.708_842_443);
    near(&lift(1, 2)["statistic"], 3.779_560_958, 1e-8);
    near(&lift(1, 2)["p"], 1.571_051_291e-4, 1e-12);
    near(&lift(1, 0)["adjusted"], 3.046_447_0e-13, 1e-19);
    ends(&lift(2, 0)["interval"], 0.485_139_732_6, 1.054_514_579_2);
    ends(&lift(2, 2)["interval"], 0.168_956_789_9, 0.679_867_642_0);
    near(&lift(2, 2)["statistic"], 3.256_371_576, 1e-8);
    near(&lift(2, 2)["df"], 40_064.884_406_5, 1e-4);
    near(&lift(2, 2)["p"], 0.001_129_397_102, 1e-11);
    near(&lift(2, 0)["adjusted"], 2.327_629_94e-7, 1e-13);
    let segment = |at: usize, metric: usize, arm: usize| {
        &found["segments"][at]["metrics"][metric]["arms"][arm]["lift"]["adjusted"]
    };
    near(segment(0, 2, 2), 0.014_867_637_316, 1e-10);
    near(segment(1, 1, 2), 0.140_590_153_177, 1e-10);
    near(segment(2, 2, 0), 0.000_472_643_542, 1e-11);
}

#[test]
fn ratios_quantiles_and_factors_of_an_e_mail_test_as_statsmodels_has_them() {
    let Some(path) = shared("hillstrom/raw.csv") else { return };
    let raw = fs::read_to_string(path).expect("a file");
    let recipe = "[[assign]]\nfile = \"arms.csv\"\nid = \"id\"\nkind = \"opaque\"\narm = \"segment\"\ncolumns = [\"newbie\"]\n\
        numbers = { visit = 0, spend = 2, history = 2 }\n[experiment]\ncontrol = \"No E-Mail\"\nfactors = [\"arm\", \"newbie\"]\nmetrics = [\
        { name = \"visit\", column = \"visit\" }, { name = \"spend\", column = \"spend\", kind = \"mean\" }, \
        { name = \"per visit\", kind = \"ratio\", column = \"spend\", per = { column = \"visit\" } }, \
        { name = \"before\", kind = \"quantile\", column = \"history\", at = 0.9 }]\n";
    let room = Room::new("metrics", &[("arms.csv", &hillstrom(&raw)), ("room.toml", recipe)]);
    let found = room.json("experiment", 3);
    let effect = |metric: usize, effect: usize, chi2: f64, p: f64| {
        let test = &found["factorial"]["metrics"][metric]["effects"][effect]["test"];
        near(&test["chi2"], chi2, 1e-9 * chi2);
        near(&test["p"], p, 1e-9 * p);
    };
    // statsmodels 0.15.0: ols("spend ~ C(segment, Sum) * C(newbie, Sum)").fit(cov_type="HC2"), wald_test(use_f=False).
    effect(0, 0, 541.867878163871, 2.162147393201251e-118);
    effect(0, 1, 353.98280947490514, 5.752282679921688e-79);
    effect(0, 2, 3.7925854628569624, 0.15012413935888738);
    effect(1, 0, 30.4612900602442, 2.4289294891359536e-07);
    effect(1, 2, 5.929641617953718, 0.051569709246189754);
    // NumPy 2.4: cov and the delta method written out; SciPy 1.17.1: quantile_test, binom.
    let arm = |metric: usize, arm: usize| &found["metrics"][metric]["arms"][arm];
    near(&arm(2, 1)["value"], 6.148687002652519, 1e-12);
    near(&arm(2, 1)["interval"]["low"], 4.702775143215241, 1e-9);
    near(&arm(2, 0)["per"], 3_894.0, 0.0);
    let lift = |metric: usize, of: usize| &arm(metric, of)["lift"];
    near(&lift(2, 0)["interval"]["low"], -0.29924296642749826, 1e-9);
    near(&lift(2, 0)["statistic"], 1.6568227799063657, 1e-9);
    near(&lift(2, 0)["p"], 0.09755531003354166, 1e-10);
    near(&lift(2, 2)["relative_interval"]["high"], 0.5611017323475553, 1e-9);
    near(&arm(3, 0)["value"], 563.7, 1e-9);
    near(&arm(3, 0)["interval"]["high"], 574.79, 1e-9);
    near(&lift(3, 2)["difference"], -2.9, 1e-9);
    near(&lift(3, 2)["interval"]["low"], -18.13579977465176, 1e-7);
    near(&lift(3, 2)["p"], 0.7091024162365223, 1e-9);
    near(&found["metrics"][2]["needed"], 481_463.0, 0.0);
    near(&found["metrics"][3]["needed"], 2_615.0, 0.0);
}

#[test]
fn everyone_in_a_combination_of_factors_is_listed() {
    let files = shop();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let files = Room::new("combinations", &files).run("experiment", 2).expect("runs");
    let found: Value = serde_json::from_slice(&files["experiment.json"]).expect("JSON");
    let list = String::from_utf8_lossy(&files["experiment-people.csv"]).into_owned();
    assert!(list.starts_with("id,arm,factor_1,factor_2,factor_3,arm-did-1,"), "{}", &list[..60]);
    let cells = found["factorial"]["metrics"][0]["cells"].as_array().cloned().unwrap_or_default();
    let word = |of: &Value| of.as_str().map(String::from).unwrap_or_default();
    for cell in &cells {
        let levels: Vec<String> = cell["levels"].as_array().into_iter().flatten().map(word).collect();
        let has = format!(",{},", levels.join(","));
        let listed = list.lines().filter(|line| line.contains(&has)).count() as u64;
        assert_eq!(Some(listed), cell["people"].as_u64(), "{has}");
    }
    assert_eq!(cells.len(), 12, "two hours, three faces, two arms");
}

#[test]
fn what_choosing_hides_is_found_among_people_alike() {
    let Some(path) = shared("hillstrom/raw.csv") else { return };
    let raw = hillstrom(&fs::read_to_string(path).expect("a file"));
    // The lot is undone: of those who bought lately most controls are dropped, and of the others most of the arm.
    let chosen = |line: &&str| {
        let cells: Vec<&str> = line.split(',').collect();
        let Ok(recency) = cells[1].parse::<u32>() else { return true };
        let number: u32 = cells[0][1..].parse().expect("a number");
        let dropped = match cells[cells.len() - 4] {
            "No E-Mail" => recency <= 5,
            "Womens E-Mail" => recency > 5,
            _ => return false,
        };
        !dropped || number.is_multiple_of(4)
    };
    let text: String = raw.lines().filter(chosen).map(|line| format!("{line}\n")).collect();
    let recipe = |adjust: &str| {
        format!(
            "[[assign]]\nfile = \"arms.csv\"\nid = \"id\"\nkind = \"opaque\"\narm = \"segment\"\n\
             columns = [\"recency\", \"history_segment\", \"channel\"]\nnumbers = {{ visit = 0 }}\n[experiment]\n\
             control = \"No E-Mail\"\nrandomised = false\nmetrics = [{{ name = \"visit\", column = \"visit\" }}]\n\
             adjust = {{ columns = [{adjust}] }}\n"
        )
    };
    let effect = |name: &str, columns: &str| {
        let room = Room::new(name, &[("arms.csv", &text), ("room.toml", &recipe(columns))]);
        let arm = room.json("experiment", 3)["observed"]["arms"][0].clone();
        assert_eq!(arm["outside"], serde_json::json!([0, 0]));
        let of = arm["effects"][0].clone();
        let [low, high] = ["low", "high"].map(|end| of["interval"][end].as_f64().unwrap_or_default());
        (of["seen"].as_f64().unwrap_or_default(), low..high)
    };
    // By lot the e-mail brought 4.5 points more visits.
    let by_lot = 0.0452;
    let (seen, alike) = effect("alike", "\"recency\", \"history_segment\", \"channel\"");
    assert!(alike.contains(&by_lot) && !alike.contains(&seen), "{seen} {alike:?}");
    // The control: alike in what does not matter, the bias stays.
    let (_, blind) = effect("blind", "\"channel\"");
    assert!(!blind.contains(&by_lot), "{blind:?}");
}

/// The e-mail test as a file of arms.
fn hillstrom(raw: &str) -> String {
    let id =
        |(at, line): (usize, &str)| if at == 0 { format!("id,{line}\n") } else { format!("p{at},{line}\n") };
    raw.lines().enumerate().map(id).collect()
}

#[test]
fn uplift_of_an_e_mail_test_is_that_of_a_plain_script() {
    let Some(path) = shared("hillstrom/raw.csv") else { return };
    let raw = fs::read_to_string(path).expect("a file");
    let recipe = "[[assign]]\nfile = \"arms.csv\"\nid = \"id\"\nkind = \"opaque\"\narm = \"segment\"\n\
        columns = [\"recency\", \"history_segment\", \"mens\", \"womens\", \"zip_code\", \"newbie\", \"channel\"]\nnumbers = { visit = 0 }\n\
        [experiment]\ncontrol = \"No E-Mail\"\nmetrics = [{ name = \"visit\", column = \"visit\" }]\n\
        uplift = { arm = \"Womens E-Mail\", columns = [\"recency\", \"history_segment\", \"mens\", \"womens\", \"zip_code\", \"newbie\", \"channel\"] }\n";
    let room = Room::new("uplift", &[("arms.csv", &hillstrom(&raw)), ("room.toml", recipe)]);
    let files = room.run("experiment", 3).expect("runs");
    let found: Value = serde_json::from_slice(&files["experiment.json"]).expect("JSON");
    let found = &found["uplift"];
    // The script: scores as listed, one person at a time, the best first; people of one score together.
    let list = String::from_utf8_lossy(&files["experiment-people.csv"]).into_owned();
    let mut people: Vec<(f64, usize, bool, f64)> = Vec::new();
    for (line, row) in list.lines().skip(1).zip(raw.lines().skip(1)) {
        let cells: Vec<&str> = line.split(',').collect();
        let visit: f64 = row.rsplit(',').nth(2).and_then(|cell| cell.parse().ok()).expect("a visit");
        let [arm, score, band] = [cells[1], cells[2], cells[3]];
        if arm != "Mens E-Mail" {
            people.push((
                score.parse().expect("a score"),
                band.parse().expect("a band"),
                arm == "Womens E-Mail",
                visit,
            ));
        }
    }
    assert_eq!((people.len(), found["people"].as_u64()), (42_693, Some(42_693)));
    people.sort_by(|one, other| other.0.total_cmp(&one.0));
    let treated = people.iter().filter(|p| p.2).count() as f64;
    let (mut area, mut last, mut sums) = (0.0, (0.0, 0.0), [0.0f64; 4]);
    for (at, (score, _, arm, visit)) in people.iter().enumerate() {
        sums[usize::from(*arm)] += 1.0;
        sums[2 + usize::from(*arm)] += visit;
        if people.get(at + 1).is_some_and(|next| next.0 == *score) {
            continue;
        }
        let would = if sums[0] > 0.0 { sums[2] * sums[1] / sums[0] } else { 0.0 };
        let next = ((at + 1) as f64 / people.len() as f64, (sums[3] - would) / treated);
        area += 0.5 * (next.0 - last.0) * (next.1 + last.1);
        last = next;
    }
    near(&found["area"], area, 1e-12);
    near(&found["effect"], last.1, 1e-12);
    near(&found["qini"], area - 0.5 * last.1, 1e-12);
    let mut so_far = [0.0f64; 4];
    for band in 1..=10 {
        let mut own = [0.0f64; 4];
        for (.., arm, visit) in people.iter().filter(|p| p.1 == band) {
            own[usize::from(*arm)] += 1.0;
            own[2 + usize::from(*arm)] += visit;
        }
        so_far.iter_mut().zip(own).for_each(|(sum, of)| *sum += of);
        let uplift = |of: [f64; 4]| of[3] / of[1] - of[2] / of[0];
        near(&found["bands"][band - 1]["uplift"], uplift(own), 1e-12);
        near(&found["bands"][band - 1]["so_far"], uplift(so_far), 1e-12);
    }
    // Women who bought women's wares before answer the e-mail about them: known of this test, and told apart here.
    assert!(
        found["qini"].as_f64().is_some_and(|qini| qini > 0.001)
            && found["p"].as_f64().is_some_and(|p| p < 1e-4),
        "{found}"
    );
    let effect = |value: &str, column: &str| {
        let mut all = found["effects"].as_array().into_iter().flatten();
        all.find(|e| e["column"] == column && e["value"] == value)
            .and_then(|e| e["effect"].as_f64())
            .expect("an effect")
    };
    assert!(effect("1", "womens") > effect("0", "womens"));
}

#[test]
fn an_e_mail_for_each_person_is_worth_what_a_plain_script_says() {
    let Some(path) = shared("hillstrom/raw.csv") else { return };
    let raw = fs::read_to_string(path).expect("a file");
    let recipe = "[[assign]]\nfile = \"arms.csv\"\nid = \"id\"\nkind = \"opaque\"\narm = \"segment\"\n\
        columns = [\"recency\", \"history_segment\", \"mens\", \"womens\", \"zip_code\", \"newbie\", \"channel\"]\nnumbers = { visit = 0 }\n\
        [experiment]\ncontrol = \"No E-Mail\"\nmetrics = [{ name = \"visit\", column = \"visit\" }]\n\
        uplift = { columns = [\"recency\", \"history_segment\", \"mens\", \"womens\", \"zip_code\", \"newbie\", \"channel\"] }\n";
    let room = Room::new("policy", &[("arms.csv", &hillstrom(&raw)), ("room.toml", recipe)]);
    let files = room.run("experiment", 3).expect("runs");
    let found: Value = serde_json::from_slice(&files["experiment.json"]).expect("JSON");
    let (policy, none) = (&found["policy"], &found["uplift"]);
    assert!(none.is_null() && policy["people"].as_u64() == Some(64_000));
    // The script: one over the share of somebody's arm among those who are recommended the same, as listed.
    let list = String::from_utf8_lossy(&files["experiment-people.csv"]).into_owned();
    assert!(list.starts_with("id,arm,best_arm,arm-did-1\n"), "{}", &list[..40]);
    let mut counts: HashMap<(String, String), [f64; 2]> = HashMap::new();
    for (line, row) in list.lines().skip(1).zip(raw.lines().skip(1)) {
        let cells: Vec<&str> = line.split(',').collect();
        let visit: f64 = row.rsplit(',').nth(2).and_then(|cell| cell.parse().ok()).expect("a visit");
        let of = counts.entry((cells[2].into(), cells[1].into())).or_default();
        *of = [of[0] + 1.0, of[1] + visit];
    }
    let names: BTreeSet<String> = counts.keys().map(|(best, _)| best.clone()).collect();
    let group = |best: &str| counts.iter().filter(|((of, _), _)| of == best).map(|(_, n)| n[0]).sum::<f64>();
    let worth = |given: &dyn Fn(&str) -> String| {
        let mean = |best: &String| {
            let [people, visits] = counts[&(best.clone(), given(best))];
            group(best) / 64_000.0 * visits / people
        };
        names.iter().map(mean).sum::<f64>()
    };
    let own = worth(&|best| best.into());
    near(&policy["own"]["value"], own, 1e-12);
    let best = worth(&|_| "Mens E-Mail".into());
    assert_eq!(policy["best"], "Mens E-Mail");
    near(&policy["over_best"]["difference"], own - best, 1e-12);
    near(&policy["over_control"]["difference"], own - worth(&|_| "No E-Mail".into()), 1e-12);
    // Some e-mail is better than none, as the test itself said; that some gain more from the women's is not seen of visits.
    let end = |of: &str, end: &str| policy[of]["interval"][end].as_f64().expect("an interval");
    assert!(end("over_control", "low") > 0.06, "{policy}");
    assert!(end("over_best", "low") < 0.0 && end("over_best", "high") > 0.0, "{policy}");
}

#[test]
fn every_row_is_accounted_for() {
    let orders = "who,when,paid\n\
        a,2026-01-05,10.00\n\
        a,2026-01-05,10.005\n\
        ,2026-01-06,5\n\
        b,,5\n\
        b,soon,5\n\
        b,1969-12-31,5\n\
        b,2026-07-02,5\n\
        b,2026-06-30,\n\
        b,2026-06-30,free\n\
        c,2026-06-30,-3.50\n\
        c,2026-02-30,1\n\
        c,2026-03-01,1,2\n\
        c,2026-03-01,\"1,000\"\n";
    let recipe = format!("[time]\nas_of = \"2026-06-30\"\n{ORDERS}");
    let room = Room::new("account", &[("orders.csv", orders), ("room.toml", &recipe)]);
    let files = room.run("rfm", 3).expect("runs");
    let rows: Value = serde_json::from_slice(&files["rows.json"]).expect("JSON");
    let file = &rows["files"][0];
    let by_code = |list: &Value| -> BTreeMap<String, (u64, u64)> {
        let entry = |p: &Value| {
            (
                p["code"].as_str().unwrap_or_default().to_string(),
                (p["count"].as_u64().unwrap_or(0), p["first_row"].as_u64().unwrap_or(0)),
            )
        };
        list.as_array().into_iter().flatten().map(entry).collect()
    };
    let reasons = by_code(&file["reasons"]);
    let want = [
        ("amount-unreadable", (1, 10)),
        ("before-epoch", (1, 7)),
        ("in-future", (1, 8)),
        ("long-row", (1, 13)),
        ("missing-person", (1, 4)),
        ("no-amount", (1, 9)),
        ("no-time", (1, 5)),
        ("time-unreadable", (2, 6)),
    ];
    assert_eq!(reasons, want.map(|(code, found)| (code.to_string(), found)).into());
    // Named as in the file, whatever the recipe takes the column for.
    let mut named = file["reasons"]
        .as_array()
        .into_iter()
        .flatten()
        .chain(file["notes"].as_array().into_iter().flatten());
    let column = |code: &str| named.find(|of| of["code"] == code).map(|of| of["column"].clone());
    assert_eq!(
        ["amount-unreadable", "no-amount", "no-time", "amount-rounded", "negative-amount"].map(column),
        ["paid", "paid", "when", "paid", "paid"].map(|name| Some(name.into()))
    );
    let left: u64 = reasons.values().map(|(count, _)| count).sum();
    assert_eq!(file["rows"].as_u64().unwrap_or(0), file["kept"].as_u64().unwrap_or(0) + left);
    assert_eq!(
        by_code(&file["notes"]),
        [("amount-rounded", (1, 3)), ("negative-amount", (1, 11))].map(|(c, f)| (c.to_string(), f)).into()
    );
    let found: Value = serde_json::from_slice(&files["rfm.json"]).expect("JSON");
    assert_eq!(
        (found["buyers"].as_u64(), found["money"].as_i64(), found["orders"].as_i64()),
        (Some(2), Some(2_001 + 99_650), Some(3))
    );
}

/// A year of a shop's orders, each of one thing and in the end kept, given back or called off: as a row for every movement, and
/// as one row for the order as it stands.
fn told_twice() -> [String; 2] {
    let [mut log, mut stands] = [(); 2].map(|()| String::from("who,when,paid,no,status,sku\n"));
    for order in 0..900u64 {
        let (who, month, day, paid) = (order * 7 % 200, 1 + order % 12, 1 + order * 5 % 20, 10 + order % 90);
        let tell = |file: &mut String, day: u64, status: &str| {
            let sku = ["tea", "cup", "pot"][(order % 3) as usize];
            let _ =
                writeln!(file, "p{who},2026-{month:02}-{day:02} 09:00:00,{paid}.00,o{order},{status},{sku}");
        };
        let end = ["paid", "paid", "refunded", "paid", "cancelled"][(order % 5) as usize];
        tell(&mut stands, day, end);
        tell(&mut log, day, "paid");
        if end != "paid" {
            tell(&mut log, day + 4, end);
        }
    }
    [log, stands]
}

#[test]
fn an_order_is_worth_the_same_however_its_end_is_told() {
    let recipe = format!(
        "[time]\nas_of = \"2026-12-31\"\n{ORDERS}order = \"no\"\nstatus = \"status\"\nrefunds = [\"Refunded\"]\n\
         cancelled = [\"cancelled\", \"closed\"]\nproduct = \"sku\"\n\
         [rfm]\nprevious = 0\n[pivot]\nby = [\"product\", \"month\"]\ntable = \"orders\"\nsum = \"amount\"\nfloor = 1\n[cohorts]\nunit = \"quarter\"\n[paths]\nleast = 5\n"
    );
    let [log, stands] = told_twice();
    let rooms = [("log", log), ("stands", stands)]
        .map(|(name, orders)| Room::new(name, &[("orders.csv", &orders), ("room.toml", &recipe)]));
    // What was known on an earlier day differs: a movement has its own time, a status has none.
    for topic in ["rfm", "cohorts", "paths"] {
        let [log, stands] = rooms.each_ref().map(|room| room.json(topic, 3));
        assert_eq!(log, stands, "{topic}");
    }
    // What a plain sum of kept orders says, and nobody below nothing.
    let kept: i64 =
        (0..900).filter(|order| ![2, 4].contains(&(order % 5))).map(|order| 1_000 + 100 * (order % 90)).sum();
    let rfm = rooms[1].json("rfm", 2);
    assert_eq!(rfm["money"].as_i64(), Some(kept));
    for room in &rooms {
        let cells = room.json("pivot", 2)["cells"].clone();
        let whole =
            cells.as_array().into_iter().flatten().find(|cell| cell["at"] == serde_json::json!([null, null]));
        assert_eq!(whole.expect("all of it")["sum"].as_i64(), Some(kept));
    }
    // Both are said: refunds of nothing that was sold there, and a word that no row has; case does not matter.
    let rows = rooms.each_ref().map(|room| {
        let files = room.run("rfm", 1).expect("runs");
        serde_json::from_slice::<Value>(&files["rows.json"]).expect("JSON")
    });
    assert_eq!(rows[0]["orders"], serde_json::json!({ "alone": 0, "called_off": 180 }));
    assert_eq!(rows[1]["orders"], serde_json::json!({ "alone": 180, "called_off": 0 }));
    let notes = |rows: &Value| rows["files"][0]["notes"].as_array().cloned().unwrap_or_default();
    for rows in &rows {
        let said: Vec<_> = notes(rows).iter().map(|of| (of["code"].clone(), of["column"].clone())).collect();
        assert_eq!(said, [("status-unmet".into(), "status: closed".into())]);
    }
}

#[test]
fn lines_with_a_status_each_take_nothing_off_each_other() {
    let orders = "who,when,paid,no,status\n\
        a,2026-01-05,60,o1,paid\n\
        a,2026-01-05,40,o1,refunded\n\
        b,2026-01-05,30,o2,refunded\n\
        c,2026-01-05,80,o3,paid\n\
        c,2026-01-07,30,o3,cancelled\n\
        d,2026-01-05,50,,paid\n\
        d,2026-01-09,-20,,paid\n\
        e,2026-01-09,-10,o9,refunded\n";
    let money = |lines: &str| {
        let recipe = format!(
            "{ORDERS}order = \"no\"\nstatus = \"status\"\nrefunds = [\"refunded\"]\ncancelled = [\"cancelled\"]\n{lines}"
        );
        let room =
            Room::new(&format!("lines{}", lines.len()), &[("orders.csv", orders), ("room.toml", &recipe)]);
        let files = room.run("rules", 2).expect("runs");
        drop(files);
        let rfm = room.json("rfm", 2);
        (rfm["buyers"].as_u64(), rfm["money"].as_i64())
    };
    // A refund comes off its order; what was called off in part comes off, too; money that went back for an order of another
    // time comes off its person, who bought nothing here.
    assert_eq!(money(""), (Some(3), Some(6_000 - 4_000 + 8_000 - 3_000 + 5_000 - 2_000)));
    assert_eq!(money("lines = true\n"), (Some(3), Some(6_000 + 8_000 + 5_000 - 2_000)));
}

/// A fair lot on day 40 of people who all bought before; everyone of one arm gives that back behind it. Half of the orders of
/// those who came early are given back after their days.
#[test]
fn what_became_of_an_order_later_was_not_known_before() {
    let (mut orders, mut arms) = (String::from("who,when,paid,no,status\n"), String::from("who,when,arm\n"));
    for who in 0..2_000u32 {
        let arm = ["c", "t"][(who % 2) as usize];
        let _ = writeln!(arms, "p{who},2026-03-01,{arm}");
        let _ = writeln!(orders, "p{who},2026-02-{:02},20,a{who},paid", 1 + who % 28);
        if arm == "t" {
            let _ = writeln!(
                orders,
                "p{who},2026-03-09,20,a{who},{}",
                ["refunded", "cancelled"][(who / 2 % 2) as usize]
            );
        }
        if who % 3 == 0 {
            let _ =
                writeln!(orders, "p{who},2026-03-04,50,b{who},paid\np{who},2026-04-20,50,b{who},refunded");
        }
    }
    let recipe = format!(
        "[time]\nas_of = \"2026-05-31\"\n{ORDERS}order = \"no\"\nstatus = \"status\"\nrefunds = [\"refunded\"]\ncancelled = [\"cancelled\"]\n\
         [[assign]]\nfile = \"arms.csv\"\nid = \"who\"\nkind = \"opaque\"\ntime = \"when\"\narm = \"arm\"\n\
         [experiment]\ncontrol = \"c\"\ndays = 7\nrandomised = false\nadjust = {{ orders = true }}\n\
         [rfm]\nprevious = 90\n"
    );
    let room = Room::new("known", &[("orders.csv", &orders), ("arms.csv", &arms), ("room.toml", &recipe)]);
    let found = room.json("experiment", 3);
    let rate = &found["metrics"][0]["arms"];
    // Everyone who bought within their days did, whatever came of it in April.
    assert_eq!((rate[0]["positive"].as_u64(), rate[1]["positive"].as_u64()), (Some(334), Some(333)));
    // Everyone had one order before, so that both arms are alike in it: of what else they had nothing is known.
    let balance = found["observed"]["arms"][0]["balance"].as_array().cloned().unwrap_or_default();
    assert!(!balance.is_empty(), "orders before are looked at");
    for bin in &balance {
        let apart = bin["before"].as_f64().unwrap_or(if bin["before"].is_null() && bin["value"] == "1" {
            0.0
        } else {
            9.0
        });
        assert!(apart.abs() < 1e-9, "{bin}");
    }
    // Ninety days before the end, on 2 March, all of them had bought.
    let moves = room.json("rfm", 2)["flow"]["moves"].as_array().cloned().unwrap_or_default();
    let stood = moves.iter().filter(|way| !way[0].is_null()).map(|way| way[2].as_u64().unwrap_or(0));
    assert_eq!(stood.sum::<u64>(), 2_000, "{moves:?}");
}

#[test]
fn a_last_day_that_stands_alone_is_named() {
    let day = |row: u32| format!("p{},2026-06-{:02},5.00\n", row % 90, 1 + row % 30);
    let usual: String = (0..300).map(day).collect();
    let ahead = |name: &str, more: &str, time: &str| {
        let orders = format!("who,when,paid\n{usual}{more}");
        let recipe = format!("{time}{ORDERS}");
        let room = Room::new(name, &[("orders.csv", &orders), ("room.toml", &recipe)]);
        let files = room.run("rfm", 3).expect("runs");
        let rows: Value = serde_json::from_slice(&files["rows.json"]).expect("JSON");
        (rows["as_of"].clone(), rows["ahead"].clone())
    };
    let alone = serde_json::json!({ "day": "2099-01-01", "rows": 2, "before": "2026-06-30" });
    let late = "p1,2099-01-01,5\np2,2099-01-01,5\n";
    assert_eq!(ahead("ahead", late, ""), ("2099-01-01".into(), alone));
    // The controls: a day that was said, a last day like others, one that follows soon.
    let said = "[time]\nas_of = \"2026-06-30\"\n";
    assert_eq!(ahead("ahead-said", late, said), ("2026-06-30".into(), Value::Null));
    assert_eq!(ahead("ahead-none", "", ""), ("2026-06-30".into(), Value::Null));
    assert_eq!(ahead("ahead-soon", "p1,2026-07-20,5\n", "").1, Value::Null);
}

#[test]
fn an_empty_list_of_stages_is_the_preset_and_no_times_is_refused() {
    let files = shop();
    let stages = |of: &str| {
        let mut files: Vec<(&str, String)> = files.clone();
        let recipe = files.iter_mut().find(|(name, _)| *name == "room.toml").expect("a recipe");
        recipe.1 = format!("{}\n{of}\n", recipe.1.split("[stages]").next().unwrap_or_default());
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        Room::new("no-stages", &files)
    };
    let names = |of: &str| -> Vec<String> {
        let found = stages(of).json("stages", 2);
        let of = found["stages"].as_array().cloned().unwrap_or_default();
        of.iter().filter_map(|stage| stage["stage"].as_str().map(String::from)).collect()
    };
    assert_eq!(names("[stages]\nstages = []"), ["A", "I", "P", "L"]);
    assert_eq!(names("[stages]\npreset = \"4a\"\nstages = []"), ["A1", "A2", "A3", "A4"]);
    let one = |least: u32| format!("[[stages.stages]]\nname = \"here\"\nevent = [\"view\"]\nleast = {least}");
    assert_eq!(names(&one(1)), ["here"]);
    assert_eq!(stages(&one(0)).refused("stages"), "out-of-range column stages.stages.least");
}

#[test]
fn control_what_could_be_read_two_ways_is_asked_about() {
    let room = |name: &str, orders: &str, more: &str, head: &str| {
        Room::new(name, &[("orders.csv", orders), ("room.toml", &format!("{head}{ORDERS}{more}"))])
    };
    let slashes = "who,when,paid\na,03/04/2026,1\nb,05/04/2026,2\n";
    assert_eq!(
        room("two-ways", slashes, "", "").refused("rfm"),
        "date-ambiguous file orders.csv row 2 column when"
    );
    let said = |format: &str| {
        room("said", slashes, &format!("format = \"{format}\"\n"), "").json("rfm", 1)["as_of"].clone()
    };
    assert_eq!((said("dmy").as_str(), said("mdy").as_str()), (Some("2026-04-05"), Some("2026-05-04")));
    let zoned = "who,when,paid\na,2026-04-03T23:30:00Z,1\n";
    assert_eq!(room("zone", zoned, "", "").refused("rfm"), "zone-unclear file orders.csv row 2 column when");
    let shanghai = room("zoned", zoned, "", "[time]\nzone = \"+08:00\"\n").json("rfm", 1);
    assert_eq!(shanghai["as_of"].as_str(), Some("2026-04-04"), "half past seven in the morning in Shanghai");
    assert_eq!(
        room("no-zone", zoned, "", "[time]\nzone = \"CST\"\n").refused("rfm"),
        "out-of-range file room.toml column time.zone"
    );
    let unix = "who,when,paid\na,1775259000,1\n";
    assert_eq!(
        room("unread", unix, "", "").refused("rfm"),
        "rows-unusable file orders.csv row 2 column time-unreadable"
    );
    let unix = room("unix", unix, "format = \"unix\"\nzone = \"+08:00\"\n", "").json("rfm", 1);
    assert_eq!(unix["as_of"].as_str(), Some("2026-04-04"));
}

#[test]
fn control_what_is_missing_is_named() {
    let orders = "who,when,paid\na,2026-01-01,1\nb,2026-01-01,2\n";
    let room = |recipe: &str| Room::new("missing", &[("orders.csv", orders), ("room.toml", recipe)]);
    assert_eq!(room("[rfm]\n").refused("rfm"), "table-missing file room.toml column events, orders");
    assert_eq!(room(&ORDERS.replace("orders.csv", "o.csv")).refused("rfm"), "file-unreadable file o.csv");
    assert_eq!(
        room(&ORDERS.replace("\"paid\"", "\"price\"")).refused("rfm"),
        "column-missing file orders.csv column price"
    );
    assert_eq!(room(ORDERS).refused("clv"), "too-few-orders column clv");
    let funnel = "[funnel]\nsteps = [{ event = [\"a\"] }, { event = [\"b\"] }]\n";
    assert_eq!(
        room(&format!("{ORDERS}{funnel}")).refused("funnel"),
        "table-missing file room.toml column events"
    );
    assert_eq!(room(ORDERS).refused("experiment"), "table-missing file room.toml column assign: arm");
    let metric = |of: &str| {
        room(&format!("{ORDERS}[experiment]\nmetrics = [{{ name = \"m\", {of} }}]\n")).refused("experiment")
    };
    assert_eq!(metric("kind = \"ratio\""), "out-of-range column experiment.metrics.per");
    assert_eq!(metric("kind = \"mean\", per = \"orders\""), "out-of-range column experiment.metrics.per");
    assert_eq!(metric("kind = \"quantile\", at = 1.0"), "out-of-range column experiment.metrics.at");
    assert_eq!(metric("at = 0.5"), "out-of-range column experiment.metrics.at");
    assert!(metric("kind = \"ratio\", per = \"clicks\"").starts_with("recipe-invalid"));
    assert!(room(&format!("{ORDERS}[[order]]\nx = 1\n")).refused("rfm").starts_with("recipe-invalid"));
}

#[test]
fn pivots_cohorts_paths_and_rules_add_up_to_the_same_shop() {
    let files = shop();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let room = Room::new("adds-up", &files);
    let number = |of: &Value| of.as_u64().unwrap_or_else(|| panic!("{of}"));
    let list = |of: &Value| of.as_array().cloned().unwrap_or_default();
    let pivot = room.run("pivot", 2).expect("runs");
    let found: Value = serde_json::from_slice(&pivot["pivot.json"]).expect("JSON");
    assert!(list(&found["cells"]).iter().all(|cell| number(&cell["people"]) >= 20), "the floor");
    let app = |at: &Value| at[0].as_str() == Some("app") && at[1].is_null();
    let app = list(&found["cells"]).into_iter().find(|cell| app(&cell["at"])).expect("a margin");
    let people = String::from_utf8_lossy(&pivot["pivot-people.csv"]).into_owned();
    let inside = people.lines().filter(|line| line.ends_with("inside") || line.ends_with("did")).count();
    assert_eq!(inside as u64, number(&app["people"]), "everyone behind a number is listed");
    let paths = room.json("paths", 2);
    let on: u64 = list(&paths["paths"]).iter().map(|path| number(&path["orders"])).sum();
    assert!(on <= number(&paths["orders"]) && on > number(&paths["orders"]) / 2);
    let cohorts = room.json("cohorts", 2);
    let churn = &cohorts["churn"];
    assert_eq!(number(&churn["people"]), number(&paths["buyers"]), "who bought can be lost");
    let last = list(&churn["units"]).pop().expect("a unit");
    assert_eq!(number(&last["end"]), number(&churn["active"]));
    let stages = room.run("stages", 2).expect("runs");
    let found: Value = serde_json::from_slice(&stages["stages.json"]).expect("JSON");
    let people = String::from_utf8_lossy(&stages["stages-people.csv"]).into_owned();
    assert!(
        people.starts_with(
            "id,stage,before,met,stage-in-1,stage-in-1-before,stage-in-2,stage-in-2-before,moved\n"
        ),
        "{people:.80}"
    );
    let up = list(&found["touches"]).into_iter().filter(|of| of["touch"].as_str() == Some("app"));
    for of in up {
        let word = |of: &Value| of.as_str().unwrap_or_default().to_string();
        let way = format!(",{},{},app,", word(&of["to"]), word(&of["from"]));
        let listed = people.lines().filter(|line| line.contains(&way)).count();
        assert_eq!(listed as u64, number(&of["people"]), "{way}");
    }
    let rules = room.json("rules", 2);
    let first: u64 = list(&rules["rules"]).iter().map(|rule| number(&rule["first"])).sum();
    assert_eq!(first + number(&rules["none"]), number(&rules["people"]));
    let names = list(&rules["unknown"]);
    assert!(names.iter().any(|name| name == "registered-not-bought"), "no file has such an event: {names:?}");
}

#[test]
fn everyone_behind_a_move_a_value_a_cell_and_a_pair_is_listed() {
    let files = shop();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let room = Room::new("behind", &files);
    let asked = |age: u32, who: &str| {
        let of = files[3].1.replace("[cohorts]\n", &format!("[cohorts]\nage = {age}\n"));
        let of = of.replace("[paths]\n", &format!("[paths]\nwho = {who}\n"));
        fs::write(room.0.join("room.toml"), of).expect("a recipe");
    };
    // How many people's lines end with these words, or have them in these columns.
    let listed = |topic: &str, want: &[(&str, &str)]| {
        let file = &room.run(topic, 3).expect("runs")[&format!("{topic}-people.csv")];
        let list = String::from_utf8_lossy(file).into_owned();
        let mut lines = list.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let head = lines.next().expect("a header");
        let at = |name: &str| {
            head.iter().position(|cell| *cell == name).unwrap_or_else(|| panic!("{name}: {head:?}"))
        };
        lines.filter(|cells| want.iter().all(|(name, word)| cells[at(name)] == *word)).count() as u64
    };
    let text = |of: &Value| of.as_str().unwrap_or_default().to_string();
    asked(1, "{ first = \"tea\" }");
    let rfm = room.json("rfm", 2);
    let moves = rfm["flow"]["moves"].as_array().expect("moves");
    let went = moves.iter().filter(|of| of[0] != of[1]).max_by_key(|of| of[2].as_u64()).expect("somebody");
    let (from, to) = (text(&went[0]), text(&went[1]));
    assert_eq!(
        Some(listed("rfm", &[("before", &from), ("group", &to), ("moved", "moved")])),
        went[2].as_u64()
    );
    let clv = room.json("clv", 2);
    let jump = &clv["jumps"][0];
    let (from, to) = (text(&jump["from"]), text(&jump["to"]));
    assert_eq!(Some(listed("clv", &[("before", &from), ("lifecycle", &to)])), jump["people"].as_u64());
    let stages = room.json("stages", 2);
    let line =
        stages["stages"].as_array().expect("stages").iter().find(|of| of["lower"][1].as_u64() > Some(0));
    let line = line.expect("somebody fell silent");
    let fell = listed("stages", &[("before", &text(&line["stage"])), ("moved", "fell-silent")]);
    assert_eq!(Some(fell), line["lower"][1].as_u64());
    let funnel = room.json("funnel", 2);
    let value = &funnel["values"][0];
    let last = listed("funnel", &[("value", &text(&value["value"])), ("last_step", "3")]);
    assert_eq!(Some(last), value["steps"][2]["people"].as_u64());
    let cohorts = room.json("cohorts", 2);
    let cohort = &cohorts["cohorts"][1];
    let there = listed("cohorts", &[("cohort", &text(&cohort["cohort"])), ("back", "there")]);
    assert_eq!(Some(there), cohort["cells"][1]["people"].as_u64());
    let experiment = room.json("experiment", 2);
    let of = |at: usize| &experiment["metrics"][0]["arms"][at];
    for at in 0..2 {
        let (arm, share) = (text(&of(at)["arm"]), of(at)["value"].as_f64().unwrap_or_default());
        let did = listed("experiment", &[("arm", &arm), ("arm-did-1", "yes")]) as f64;
        near(&of(at)["value"], did / of(at)["people"].as_f64().unwrap_or_default(), 1e-12);
        assert!(share > 0.0 && share < 1.0, "the control: some did, some did not");
    }
    let paths = room.json("paths", 2);
    let first =
        paths["first"].as_array().expect("first").iter().find(|of| of["product"] == "tea").expect("tea");
    assert_eq!(Some(listed("paths", &[("who", "who")])), first["people"].as_u64());
    let next = &paths["next"][0];
    asked(0, &format!("{{ next = [\"{}\", \"{}\"] }}", text(&next["from"]), text(&next["to"])));
    assert_eq!(Some(listed("paths", &[("who", "who")])), next["people"].as_u64());
    asked(0, "{ pair = [\"tea\", \"hat\"] }");
    assert!(room.refused("paths").starts_with("label-unknown"), "control: nobody bought one");
}

#[test]
fn a_pivot_crosses_what_other_analyses_found_of_the_same_people() {
    let files = shop();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let room = Room::new("known", &files);
    let recipe = files[3].1.replace("by = [\"channel\", \"weekday\"]", "by = [\"KNOWN\", \"weekday\"]");
    let recipe = recipe.replace("floor = 20\ncell = [\"app\", \"*\"]", "floor = 0");
    let acted: BTreeSet<&str> =
        files[1].1.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    for (name, topic, column) in [
        ("stage", "stages", "stage"),
        ("rfm", "rfm", "group"),
        ("value", "clv", "band"),
        ("lifecycle", "clv", "lifecycle"),
        ("cohort", "cohorts", "cohort"),
        ("churn", "cohorts", "churn"),
        ("arm", "experiment", "arm"),
        ("rule", "rules", "rule"),
    ] {
        fs::write(room.0.join("room.toml"), recipe.replace("KNOWN", name)).expect("a recipe");
        let found = room.json("pivot", 3);
        let of = &room.run(topic, 2).expect("runs")[&format!("{topic}-people.csv")];
        let list = String::from_utf8_lossy(of);
        let at = list.lines().next().and_then(|head| head.split(',').position(|cell| cell == column));
        let mut plain: BTreeMap<&str, u64> = BTreeMap::new();
        for cells in list.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>()) {
            *plain.entry(cells[at.expect("the column")]).or_default() += u64::from(acted.contains(cells[0]));
        }
        plain.retain(|_, people| *people > 0);
        let margins = found["cells"].as_array().expect("cells").iter().filter(|cell| cell["at"][1].is_null());
        let named =
            |cell: &Value| (cell["at"][0].as_str().unwrap_or("*").to_string(), cell["people"].as_u64());
        let mut crossed: BTreeMap<String, Option<u64>> = margins.map(named).collect();
        let plain: BTreeMap<String, Option<u64>> =
            plain.into_iter().map(|(word, people)| (word.to_string(), Some(people))).collect();
        let whole = plain.values().flatten().sum::<u64>();
        assert_eq!(crossed.remove("*"), Some(Some(whole)), "{name}: one word each");
        assert_eq!(crossed, plain, "{name}");
        assert!(plain.len() > 1, "{name} splits people");
    }
    fs::write(room.0.join("room.toml"), recipe.replace("KNOWN", "mood")).expect("a recipe");
    assert_eq!(room.refused("pivot"), "table-missing file room.toml column events: mood");
}

#[test]
fn everyone_contacted_is_on_one_list_for_the_next_wave() {
    let files = shop();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let room = Room::new("responses", &files);
    let of = |contact: &str| {
        let response =
            format!("[rules.response]\ncontact = [\"{contact}\"]\nanswer = [\"cart\"]\ntries = 1\n");
        fs::write(room.0.join("room.toml"), format!("{}{response}", files[3].1)).expect("a recipe");
    };
    of("view");
    let made = room.run("rules", 3).expect("runs");
    let rows = files[1].1.lines().filter(|line| line.contains(",view,"));
    let contacted: BTreeSet<&str> = rows.filter_map(|line| line.split(',').next()).collect();
    let people = String::from_utf8_lossy(&made["rules-people.csv"]).into_owned();
    let list = |line: &str| line.split(',').nth(1).unwrap_or_default().to_string();
    let mut lists: BTreeMap<String, u64> = BTreeMap::new();
    for line in people.lines().skip(1) {
        let on = contacted.contains(line.split(',').next().unwrap_or_default());
        assert_eq!(!list(line).is_empty(), on, "{line}");
        *lists.entry(list(line)).or_default() += u64::from(on);
    }
    assert!(["converted", "drop", "retry"].iter().all(|name| lists[*name] > 0), "{lists:?}");
    let report: Value = serde_json::from_slice(&made["rules.json"]).expect("JSON");
    for rule in report["rules"].as_array().expect("rules") {
        let name = rule["name"].as_str().expect("a name");
        assert_eq!(rule["first"].as_u64(), Some(lists.get(name).copied().unwrap_or(0)), "{name}");
    }
    of("letter");
    assert_eq!(room.refused("rules"), "label-unknown column event: letter");
}

#[test]
fn printed_figures_are_checked_without_any_file() {
    let recipe = "[[figures.arms]]\nname = \"push\"\nratio = \"2.06\"\ngrowth = \"106.01%\"\n\
        arms = [{ name = \"control\", people = 6567 }, { name = \"push\", people = 3852 }]\n\
        [[figures.stages]]\nname = \"I to P\"\nfrom = 240000\nto = 40002\nprinted = \"16.7%\"\n";
    let found = Room::new("figures", &[("room.toml", recipe)]).json("figures", 1);
    assert_eq!(found["arms"][0]["verdict"].as_str(), Some("uneven-split"));
    assert_eq!(found["stages"][0]["verdict"].as_str(), Some("stocks-not-flow"));
    assert_eq!(
        Room::new("no-figures", &[("room.toml", "")]).refused("figures"),
        "out-of-range column figures"
    );
}

#[test]
fn an_id_map_makes_one_person_of_phone_and_device_and_consent_keeps_out() {
    let phone = |n: u64| format!("138{n:08}");
    let device = |n: u64| format!("{n:08x}-efbb-29e0-0bdd-{n:012x}");
    let lines = |of: &dyn Fn(u64) -> String, head: &str| {
        (0..200).map(of).fold(head.to_string(), |all, line| all + "\n" + &line) + "\n"
    };
    let ours = lines(&|n| format!("{},{}", phone(n), n % 3), "phone,level");
    let tags = lines(&|n| format!("{},{}", device(n), ["a", "b"][n as usize % 2]), "oaid,tag");
    let map = lines(&|n| format!("{},{}", phone(n), device(n)), "phone,oaid");
    let said = lines(&|n| format!("{},{}", phone(n), if n % 2 == 0 { "yes" } else { "no" }), "phone,consent");
    let orders =
        lines(&|n| format!("{},2026-06-{:02},{}.00", phone(n / 2), 1 + n % 28, 1 + n), "who,when,paid");
    let events = |id: &dyn Fn(u64) -> String| {
        lines(
            &|n| format!("{},2026-05-{:02},{}", id(n), 1 + n % 28, ["view", "click"][n as usize % 2]),
            "who,at,what",
        )
    };
    let files = |kind: &str| {
        format!(
            "[stages]\npreset = \"4a\"\n[[events]]\nfile = \"events.csv\"\nid = \"who\"\nkind = \"{kind}\"\ntime = \"at\"\nevent = \"what\"\n{BUYS}"
        )
    };
    const BUYS: &str = "[[orders]]\nfile = \"orders.csv\"\nid = \"who\"\nkind = \"phone\"\ntime = \"when\"\namount = \"paid\"\n";
    const TWO: &str = "[first_party]\nfile = \"ours.csv\"\nid = \"phone\"\nkind = \"phone\"\n[tags]\nfile = \"tags.csv\"\nid = \"oaid\"\nkind = \"oaid\"\n\
         [[idmap]]\nfile = \"map.csv\"\n[idmap.columns.phone]\nkind = \"phone\"\n[idmap.columns.oaid]\nkind = \"oaid\"\n";
    const CONSENT: &str = "[consent]\nfile = \"said.csv\"\nid = \"phone\"\nconsent = \"consent\"\n";
    let room = |name: &str, events: &str, recipe: &str| {
        let all = [("ours.csv", ours.as_str()), ("tags.csv", &tags), ("map.csv", &map), ("said.csv", &said)];
        let all: Vec<_> = all
            .into_iter()
            .chain([("orders.csv", orders.as_str()), ("events.csv", events), ("room.toml", recipe)])
            .collect();
        Room::new(name, &all)
    };
    let (by_device, by_phone) = (events(&device), events(&phone));
    let joined = room("joined", &by_device, &format!("{TWO}{}", files("oaid")));
    let plain = room("plain", &by_phone, &files("phone"));
    let stages =
        |room: &Room, shards: usize| room.run("stages", shards).expect("runs")["stages.json"].clone();
    assert!(stages(&joined, 3) == stages(&plain, 2), "as if all rows were by phone");
    assert_eq!(joined.json("stages", 2)["people"], 200);
    // Without the map phones and devices cannot be compared.
    assert!(room("apart", &by_device, &files("oaid")).refused("stages").starts_with("kinds-apart"));
    // A map belongs to a room of two files: alone it would be passed over in silence.
    let alone = room("alone", &by_phone, &format!("[[idmap]]\nfile = \"map.csv\"\n{}", files("phone")));
    assert!(alone.refused("stages").starts_with("recipe-invalid"));
    // Devices that neither of the two files has are known to the map alone.
    let phones = TWO
        .replace("id = \"oaid\"\nkind = \"oaid\"\n[[", "id = \"phone\"\nkind = \"phone\"\n[[")
        .replace("tags.csv", "said.csv");
    let third = room("third", &by_device, &format!("{phones}{}", files("oaid")));
    assert!(stages(&third, 2) == stages(&plain, 2));
    // People under several kinds of ID are put into arms in a file per kind, each to be read again.
    let split = "[[traffic.layers]]\nname = \"l\"\nsalt = \"s\"\nexperiments = [{ name = \"e\", arms = [{ name = \"a\" }, { name = \"b\" }] }]\n";
    let half: Vec<&str> =
        by_device.lines().enumerate().filter(|(at, _)| *at == 0 || *at > 100).map(|(_, l)| l).collect();
    let two = room("kinds", &(half.join("\n") + "\n"), &format!("{TWO}{split}{}", files("oaid")));
    let made = two.run("traffic", 3).expect("runs");
    assert!(!made.contains_key("arms.csv"));
    for (file, id) in [("arms-phone.csv", phone(0)), ("arms-oaid.csv", device(100))] {
        let text = String::from_utf8(made[file].clone()).expect("UTF-8");
        assert_eq!(text.lines().count(), 101, "{file}");
        assert!(text.lines().nth(1).is_some_and(|line| line.starts_with(&id)), "{file}");
    }
    // An opaque ID of a type that no map knows may be anybody's.
    let unknown = room("unknown", &by_device, &format!("{TWO}{}", files("opaque")));
    assert!(
        unknown.refused("stages").starts_with("kinds-apart") && unknown.refused("stages").contains("who")
    );
    // Who did not agree is left out, and accounted for.
    let gated = room("gated", &by_phone, &format!("{TWO}{CONSENT}{BUYS}"));
    let rows: Value = serde_json::from_slice(&gated.run("rfm", 2).expect("runs")["rows.json"]).expect("JSON");
    let file = &rows["files"][0];
    assert_eq!((file["rows"].as_u64(), file["kept"].as_u64()), (Some(200), Some(100)), "{file}");
    assert_eq!(
        (&file["reasons"][0]["code"], &file["reasons"][0]["count"]),
        (&"no-consent".into(), &100.into())
    );
    // The same said in a column of the first-party file.
    let two = "[first_party]\nfile = \"said.csv\"\nid = \"phone\"\nkind = \"phone\"\nconsent = \"consent\"\n";
    let own = format!("{two}{}{BUYS}", &TWO[TWO.find("[tags]").unwrap_or_default()..]);
    let gated = room("column", &by_phone, &own);
    let rows: Value = serde_json::from_slice(&gated.run("rfm", 2).expect("runs")["rows.json"]).expect("JSON");
    assert_eq!(rows["files"][0], *file);
}
