//! Files of many rows per person as they should not be: `atoll analyze` names what is wrong by its code, file and row,
//! accounts for every row, and reads the rest.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

/// A room of these files.
struct Room(PathBuf);

const ORDERS: &str = "[[orders]]\nfile = \"orders.csv\"\nid = \"who\"\nkind = \"opaque\"\ntime = \"when\"\namount = \"paid\"\n";
const NUMBERS: &str =
    "order = \"no\"\nstatus = \"status\"\nrefunds = [\"refunded\"]\ncancelled = [\"cancelled\"]\n";
const EVENTS: &str =
    "[[events]]\nfile = \"events.csv\"\nid = \"who\"\nkind = \"opaque\"\ntime = \"at\"\nevent = \"what\"\n";
const ASSIGN: &str = "[[assign]]\nfile = \"assign.csv\"\nid = \"who\"\nkind = \"opaque\"\narm = \"arm\"\n";

impl Room {
    fn new(name: &str, recipe: &str, files: &[(&str, &str)]) -> Room {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bad-rows-{name}"));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect("a folder");
        fs::write(dir.join("room.toml"), recipe).expect("a file");
        files.iter().for_each(|(file, text)| fs::write(dir.join(file), text).expect("a file"));
        Room(dir)
    }
    fn run(&self, topic: &str) -> Output {
        let (room, out) = (self.0.display().to_string(), self.0.join("out").display().to_string());
        let arguments = ["analyze", &room, topic, "--people", "--quiet", "--shards", "3", "--out", &out];
        Command::new(env!("CARGO_BIN_EXE_atoll")).args(arguments).output().expect("atoll starts")
    }
    fn found(&self, topic: &str) -> Value {
        let run = self.run(topic);
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        self.json(&format!("{topic}.json"))
    }
    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.0.join("out").join(name)).expect("a file")).expect("JSON")
    }
    /// The first line of what is said, behind the name of the program.
    fn refused(&self, topic: &str) -> String {
        let run = self.run(topic);
        assert!(!run.status.success(), "{topic} is refused");
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        said.lines().next().unwrap_or_default().trim_start_matches("atoll: ").into()
    }
    /// Of a file: rows, rows kept, and by code how many and which first, of those left out and of those noted.
    fn account(&self, file: usize) -> (u64, u64, Codes, Codes) {
        let of = &self.json("rows.json")["files"][file];
        let number = |value: &Value| value.as_u64().expect("a number");
        let codes = |list: &Value| -> Codes {
            let entry = |p: &Value| {
                let code = p["code"].as_str().expect("a code").to_string();
                (code, (number(&p["count"]), number(&p["first_row"])))
            };
            list.as_array().into_iter().flatten().map(entry).collect()
        };
        let (rows, kept, left, notes) =
            (number(&of["rows"]), number(&of["kept"]), codes(&of["reasons"]), codes(&of["notes"]));
        assert_eq!(
            rows,
            kept + left.values().map(|(count, _)| count).sum::<u64>(),
            "rows in = kept + left out"
        );
        (rows, kept, left, notes)
    }
}

type Codes = BTreeMap<String, (u64, u64)>;

fn codes(of: &[(&str, u64, u64)]) -> Codes {
    of.iter().map(|(code, count, first)| ((*code).to_string(), (*count, *first))).collect()
}

#[test]
fn events_out_of_time_and_of_nobody() {
    let events = "who,at,what\n\
        a,2026-01-01 10:00:00,view\n\
        a,2026-01-01 10:00:00,cart\n\
        b,2026-01-01 10:00:00,cart\n\
        b,2026-01-01 10:00:00,view\n\
        a,1969-12-31 23:59:59,view\n\
        a,1899-01-01,view\n\
        b,2026-07-01 00:00:00,view\n\
        b,9999-12-31 00:00:00,view\n\
        ,2026-01-01 10:00:00,view\n\
        NA,2026-01-01 10:00:00,view\n\
        b,2026-06-30 23:59:59,\n";
    let steps = "[funnel]\nsteps = [{ event = [\"view\"] }, { event = [\"cart\"] }]\n";
    let recipe = format!("[time]\nas_of = \"2026-06-30\"\n{EVENTS}{steps}");
    let room = Room::new("time", &recipe, &[("events.csv", events)]);
    let found = room.found("funnel");
    let want = codes(&[("before-epoch", 2, 6), ("in-future", 2, 8), ("missing-person", 2, 10)]);
    assert_eq!(room.account(0), (11, 5, want, codes(&[])));
    // At one second the rows' order decides: a viewed, then took; b took, then viewed.
    let people: Vec<u64> =
        found["steps"].as_array().into_iter().flatten().filter_map(|s| s["people"].as_u64()).collect();
    assert_eq!(people, [2, 1]);
    // Control: without a last day nothing is in the future but what no calendar of ours holds.
    let room = Room::new("no-end", &format!("{EVENTS}{steps}"), &[("events.csv", events)]);
    assert_eq!(room.found("funnel")["as_of"].as_str(), Some("2026-07-01"));
    assert_eq!(room.account(0).2["in-future"], (1, 9));
}

#[test]
fn orders_of_nobody_are_no_room() {
    let recipe = format!("{ORDERS}{EVENTS}");
    let events = "who,at,what\na,2026-01-01,view\n";
    let orders = "who,when,paid\n,2026-01-01,5\n-,2026-01-02,5\n";
    let files = [("orders.csv", orders), ("events.csv", events)];
    let said = Room::new("nobody", &recipe, &files).refused("rfm");
    assert!(
        said.starts_with("[rows-unusable]") && said.ends_with("file orders.csv row 2 column missing-person"),
        "{said}"
    );
    // Control: with one person among them the rest is told, and the others' events stay.
    let files = [("orders.csv", "who,when,paid\n,2026-01-01,5\nb,2026-01-02,5\n"), ("events.csv", events)];
    let room = Room::new("somebody", &recipe, &files);
    let found = room.found("rfm");
    assert_eq!((found["buyers"].as_u64(), found["never"].as_u64()), (Some(1), Some(1)));
    assert_eq!(room.account(1).2, codes(&[("missing-person", 1, 2)]));
}

#[test]
fn money_below_zero_and_money_given_back() {
    let orders = "who,when,paid,no,status\n\
        a,2026-01-01,100.00,1,paid\n\
        a,2026-01-03,30.00,1,refunded\n\
        b,2026-01-01,100.00,2,paid\n\
        b,2026-01-03,-100.00,2,refunded\n\
        c,2026-01-01,100.00,3,paid\n\
        c,2026-01-02,-40.00,3,paid\n\
        d,2026-01-01,100.00,4,cancelled\n\
        e,2026-01-01,-20.00,5,paid\n\
        f,2026-01-01,50.00,6,refunded\n\
        g,2026-01-01,,7,paid\n";
    let room = Room::new("money", &format!("{ORDERS}{NUMBERS}"), &[("orders.csv", orders)]);
    let found = room.found("rfm");
    // a keeps 70 and c 60; b gave all back, d never bought, and what e and f gave back nobody knows of.
    assert_eq!(
        (found["buyers"].as_u64(), found["orders"].as_u64(), found["money"].as_u64()),
        (Some(2), Some(2), Some(13_000))
    );
    let (rows, kept, left, notes) = room.account(0);
    assert_eq!((rows, kept, left), (10, 9, codes(&[("no-amount", 1, 11)])));
    assert_eq!(notes, codes(&[("negative-amount", 3, 5)]));
    // Control: where no column says so, what is written without a sign is bought.
    let room = Room::new("unsaid", ORDERS, &[("orders.csv", orders)]);
    let found = room.found("rfm");
    assert_eq!((found["buyers"].as_u64(), found["orders"].as_u64()), (Some(5), Some(6)));
}

#[test]
fn times_of_several_zones() {
    let orders = "who,when,paid\n\
        a,2026-01-01T23:30:00Z,1\n\
        b,2026-01-02T07:30:00+08:00,1\n\
        c,2026-01-01 18:00:00-05:30,1\n\
        d,2026-01-02 07:30:00,1\n";
    let zone = "[time]\nzone = \"+08:00\"\n";
    let room = Room::new("zones", &format!("{zone}{ORDERS}"), &[("orders.csv", orders)]);
    // Four ways to write half past seven in Shanghai.
    assert_eq!(room.found("rfm")["as_of"].as_str(), Some("2026-01-02"));
    assert_eq!(room.account(0), (4, 4, codes(&[]), codes(&[("mixed-zones", 1, 5)])));
    // Control: where no zone is named they are asked about, and alone neither is a mixture.
    let said = Room::new("unclear", ORDERS, &[("orders.csv", orders)]).refused("rfm");
    assert!(
        said.starts_with("[zone-unclear]") && said.ends_with("file orders.csv row 2 column when"),
        "{said}"
    );
    let alone = "who,when,paid\na,2026-01-01T23:30:00Z,1\nb,2026-01-02T07:30:00+08:00,1\n";
    let room = Room::new("alone", &format!("{zone}{ORDERS}"), &[("orders.csv", alone)]);
    room.found("rfm");
    assert_eq!(room.account(0).3, codes(&[]));
}

#[test]
fn stages_and_arms_that_are_not_there() {
    let events = "who,at,what\na,2026-01-01,view\nb,2026-01-01,click\n";
    let stages = |event: &str| {
        format!(
            "{EVENTS}[[stages.stages]]\nname = \"seen\"\nevent = [\"view\"]\n[[stages.stages]]\nname = \"liked\"\nevent = [\"{event}\"]\n"
        )
    };
    let room = |event: &str| Room::new("stages", &stages(event), &[("events.csv", events)]);
    let said = room("clicks").refused("stages");
    assert!(said.starts_with("[label-unknown]") && said.ends_with("column event: clicks"), "{said}");
    assert_eq!(room("click").found("stages")["people"].as_u64(), Some(2));

    let arms = |rows: &str| format!("who,arm\n{rows}");
    let assign = |name: &str, plan: &str, rows: &str| {
        let files = [("assign.csv", arms(rows)), ("orders.csv", "who,when,paid\na,2026-01-01,1\n".into())];
        let files = files.each_ref().map(|(file, text)| (*file, text.as_str()));
        Room::new(name, &format!("{ORDERS}{ASSIGN}{plan}"), &files)
    };
    let both = "a,control\nb,new\nc,control\nd,new\n";
    for (name, plan, rows, column) in [
        ("one-arm", "", "a,control\nb,control\n", "arm"),
        ("no-control", "", "a,old\nb,new\n", "control"),
        ("other", "[experiment]\nplanned = { control = 1, new = 1, newer = 1 }\n", both, "newer"),
    ] {
        let said = assign(name, plan, rows).refused("experiment");
        assert!(said.starts_with("[arm-missing]") && said.ends_with(&format!("column {column}")), "{said}");
    }
    // Who is in both arms is in neither, nor is who is in none; both are counted.
    let room = assign("arms", "", &format!("{both}a,new\ne,\n"));
    let found = room.found("experiment");
    let people: Vec<u64> =
        found["arms"].as_array().into_iter().flatten().filter_map(|a| a["people"].as_u64()).collect();
    assert_eq!((people, found["several"].as_u64(), found["none"].as_u64()), (vec![1, 2], Some(1), Some(1)));
}

/// A robot has more rows than everybody else: it is one person, at no more than its rows cost.
#[test]
fn one_person_with_a_million_events() {
    let (mut events, mut orders) = (String::from("who,at,what\n"), String::from("who,when,paid\n"));
    let mut row = |who: &str, second: usize, what: &str| {
        let (day, rest) = (second / 86_400, second % 86_400);
        let time = format!(
            "2026-{:02}-{:02} {:02}:{:02}:{:02}",
            1 + day / 28,
            1 + day % 28,
            rest / 3_600,
            rest / 60 % 60,
            rest % 60
        );
        let _ = writeln!(events, "{who},{time},{what}");
    };
    for at in 0..1_000_000 {
        row("robot", at * 17 % (300 * 86_400), ["view", "cart", "pay"][at % 3]);
    }
    for person in 0..1_000 {
        row(&format!("p{person}"), person * 997, "view");
        row(&format!("p{person}"), person * 997 + 60, "cart");
        let _ = writeln!(orders, "p{person},2026-02-01,5");
    }
    let steps = "[funnel]\nwindow = 60\nsteps = [{ event = [\"view\"] }, { event = [\"cart\"] }, { event = [\"pay\"] }]\n";
    let recipe = format!("{ORDERS}{EVENTS}{steps}");
    let room = Room::new("robot", &recipe, &[("events.csv", &events), ("orders.csv", &orders)]);
    let since = Instant::now();
    let found = room.found("funnel");
    let people: Vec<u64> =
        found["steps"].as_array().into_iter().flatten().filter_map(|s| s["people"].as_u64()).collect();
    assert_eq!(people, [1_001, 1_001, 1]);
    assert_eq!(room.account(0), (1_002_000, 1_002_000, codes(&[]), codes(&[])));
    assert_eq!(room.found("stages")["people"].as_u64(), Some(1_001));
    // Ten times what it takes without optimisation: a walk back over the rows of a person would take hours.
    assert!(since.elapsed().as_secs() < 300, "{:?}", since.elapsed());
}
