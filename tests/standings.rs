//! People by stage as platforms count them: one report of many files, whatever their form; what contradicts itself or does not
//! add up is named with its place; what cannot be read is refused.

#![allow(clippy::unwrap_used, reason = "tests")]

mod folder;

use folder::{Folder, counted, json, made, refused};
use serde_json::{Value, json as value};
use std::collections::BTreeMap;
use std::fmt::Write;

const DAYS: [&str; 3] = ["2026-04-30", "2026-05-31", "2026-06-30"];
const STAGES: [&str; 4] = ["A1", "A2", "A3", "A4"];
const LONG: &str = "[[standing]]\nfile = \"long.csv\"\ntime = \"day\"\nstage = \"stage\"\npeople = \"people\"\ncategory = \"class\"\n";
const FLOW: &str = "[[standing]]\nfile = \"flow.csv\"\nsince = \"from_day\"\ntime = \"to_day\"\nfrom = \"from\"\nto = \"to\"\npeople = \"people\"\ncategory = \"class\"\n";

fn dice(mut state: u64) -> impl FnMut(u64) -> u64 {
    move |n| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    }
}

/// 3,000 people of two categories, each in a stage or in none on every day: who stands where, and who moved.
struct City {
    /// By category and day the stage of everyone, 0 for none.
    stands: BTreeMap<&'static str, Vec<[usize; 3]>>,
}

impl City {
    fn new(seed: u64) -> City {
        let mut dice = dice(seed);
        let mut people = |n: usize| -> Vec<[usize; 3]> {
            (0..n).map(|_| [0; 3].map(|_| dice(5) as usize * usize::from(dice(4) > 0))).collect()
        };
        City { stands: [("tea", people(2_000)), ("cup", people(1_000))].into() }
    }
    fn count(&self, class: &str, day: usize, stage: usize) -> usize {
        self.stands[class].iter().filter(|of| of[day] == stage).count()
    }
    fn moved(&self, class: &str, day: usize, from: usize, to: usize) -> usize {
        self.stands[class].iter().filter(|of| of[day - 1] == from && of[day] == to).count()
    }
    /// A row per day, category and stage.
    fn long(&self, days: std::ops::Range<usize>) -> String {
        let mut out = String::from("day,class,stage,people\n");
        for day in days {
            for class in self.stands.keys() {
                for (at, stage) in STAGES.iter().enumerate() {
                    let _ = writeln!(out, "{},{class},{stage},{}", DAYS[day], self.count(class, day, at + 1));
                }
            }
        }
        out
    }
    /// A column per stage, with the platform's own names and thousands separators.
    fn wide(&self, class: &str) -> String {
        let mut out = String::from("day,a1 users,a2 users,a3 users,a4 users,sum\n");
        for (day, text) in DAYS.iter().enumerate() {
            let counts: Vec<usize> = (1..5).map(|stage| self.count(class, day, stage)).collect();
            let written = |n: &usize| {
                if *n < 1_000 { n.to_string() } else { format!("\"{},{:03}\"", n / 1_000, n % 1_000) }
            };
            let cells: Vec<String> = counts.iter().map(written).collect();
            let _ = writeln!(out, "{text},{},{}", cells.join(","), counts.iter().sum::<usize>());
        }
        out
    }
    /// Every move; who stands in no stage comes from nowhere.
    fn flow(&self) -> String {
        let name = |stage: usize| if stage == 0 { "" } else { STAGES[stage - 1] };
        let mut out = String::from("from_day,to_day,class,from,to,people\n");
        for day in 1..3 {
            for class in self.stands.keys() {
                for (from, to) in (0..5).flat_map(|from| (0..5).map(move |to| (from, to))).skip(1) {
                    let people = self.moved(class, day, from, to);
                    let _ = writeln!(
                        out,
                        "{},{},{class},{},{},{people}",
                        DAYS[day - 1],
                        DAYS[day],
                        name(from),
                        name(to)
                    );
                }
            }
        }
        out
    }
}

fn room(name: &str, files: &[(&str, &str)], recipe: &str) -> Folder {
    let room = Folder::new(&format!("standings-{name}"));
    files.iter().for_each(|(name, text)| room.write(name, text));
    room.write("room.toml", recipe);
    room
}

fn report(room: &Folder) -> Value {
    json(&made(room, "standings", 2, "standings.json"))
}

/// What is odd: code, labels, stage, found, expected, places.
fn odd(report: &Value) -> Vec<String> {
    let text = |of: &Value| of.as_str().map_or_else(|| of.to_string(), str::to_string);
    let one = |odd: &Value| {
        let places = odd["places"].as_array().unwrap().iter();
        let places: Vec<String> = places.map(|p| format!("{}:{}", text(&p["file"]), p["row"])).collect();
        let said = ["code", "of", "day", "stage", "found", "expected"].map(|name| text(&odd[name]));
        format!("{} {}", said.join(" "), places.join(" ")).trim_end().replace("null", "-")
    };
    assert_eq!(report["odd"].as_u64().unwrap() as usize, report["named"].as_array().unwrap().len());
    report["named"].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn rows_columns_and_many_files_give_one_report() {
    let city = City::new(3);
    let long = room("long", &[("long.csv", &city.long(0..3))], LONG);
    let wide = |class: &str| {
        format!(
            "[[standing]]\nfile = \"{class}.csv\"\ntime = \"day\"\ntotal = \"sum\"\nall = {{ category = \"{class}\" }}\n\
             stages = {{ A1 = \"a1 users\", A2 = \"a2 users\", A3 = \"a3 users\", A4 = \"a4 users\" }}\n"
        )
    };
    let (tea, cup) = (city.wide("tea"), city.wide("cup"));
    let wide =
        room("wide", &[("tea.csv", &tea), ("cup.csv", &cup)], &format!("{}{}", wide("tea"), wide("cup")));
    let months: Vec<(String, String)> =
        (0..3).map(|day| (format!("m{day}.csv"), city.long(day..day + 1))).collect();
    let recipe: String = months.iter().map(|(name, _)| LONG.replace("long.csv", name)).collect();
    let months: Vec<(&str, &str)> =
        months.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let parts = room("months", &months, &recipe);
    let said = report(&long);
    for file in ["standings.csv", "standings-change.csv"] {
        let plain = made(&long, "standings", 1, file);
        for shards in [2, 3, 7] {
            assert!(made(&long, "standings", shards, file) == plain, "{file} with {shards} shards");
        }
        for other in [&wide, &parts] {
            assert!(made(other, "standings", 3, file) == plain, "{file}");
        }
    }
    assert_eq!(said, report(&parts));
    // A plain count of everyone says the same.
    assert_eq!(
        (&said["ladder"], &said["stages"], &said["by"]),
        (&"4a".into(), &value!(STAGES), &"category".into())
    );
    assert_eq!(said["compare"], value!([DAYS[1], DAYS[2]]));
    let labels: Vec<&Value> =
        said["groups"].as_array().unwrap().iter().map(|group| &group["label"]).collect();
    assert_eq!(labels, [&Value::Null, &"cup".into(), &"tea".into()]);
    for (at, class) in [(1, "cup"), (2, "tea")] {
        let group = &said["groups"][at];
        for (day, snapshot) in group["snapshots"].as_array().unwrap().iter().enumerate() {
            let counts: Vec<usize> = (1..5).map(|stage| city.count(class, day, stage)).collect();
            assert_eq!((&snapshot["people"], &snapshot["parts"]), (&value!(counts), &1.into()), "{class}");
        }
        let line = &group["lines"][1];
        let [was, is] = [1, 2].map(|day| city.count(class, day, 2) as f64);
        let all = [1, 2].map(|day| (1..5).map(|stage| city.count(class, day, stage)).sum::<usize>() as f64);
        let near = |found: &Value, want: f64| {
            assert!((found.as_f64().unwrap() - want).abs() < 1e-9, "{found} {want}")
        };
        near(&line["change"], is - was);
        near(&line["percent"], 100.0 * (is / was - 1.0));
        near(&line["points"], 100.0 * (is / all[1] - was / all[0]));
        near(&line["stock_ratio"], city.count(class, 2, 3) as f64 / is);
        assert_eq!(line["cohort_rate"], Value::Null, "nobody said who moved");
    }
    // Nobody counts everyone: parts are added up, and it is told.
    let everyone = &said["groups"][0]["snapshots"][2];
    assert_eq!(everyone["parts"], 2);
    assert_eq!(everyone["people"][0], city.count("tea", 2, 1) + city.count("cup", 2, 1));
    assert_eq!(odd(&said), Vec::<String>::new());
    assert!(
        !long.0.join("out/standings-odd.csv").exists() && !long.0.join("out/standings-flow.csv").exists()
    );
}

#[test]
fn what_is_said_twice_counts_once_and_what_contradicts_is_named_with_both_places() {
    let rows = "day,class,stage,people\n2026-05-31,tea,A,100\n2026-05-31,tea,I,50\n2026-06-30,tea,A,90\n2026-06-30,tea,I,60\n";
    let again = "day,class,stage,people\n2026-06-30,tea,A,\"90\"\n2026-06-30,tea,I,61\n2026-06-30,tea,A,0.009万\n2026-06-30,tea,A,91\n";
    let recipe = format!("{LONG}{}", LONG.replace("long.csv", "again.csv"));
    let both = room("again", &[("long.csv", rows), ("again.csv", again)], &recipe);
    let said = report(&both);
    assert_eq!(said["groups"][1]["snapshots"][1]["people"], value!([90, 60]), "the first stands");
    assert_eq!(said["ladder"], "aipl");
    assert_eq!(
        odd(&said),
        [
            "contradicting-count tea 2026-06-30 I 61 60 long.csv:5 again.csv:3",
            "contradicting-count tea 2026-06-30 A 91 90 long.csv:4 again.csv:5",
        ]
    );
    let files = json(&made(&both, "standings", 3, "rows.json"))["files"].clone();
    assert_eq!(
        (&files[1]["table"], &files[1]["rows"], &files[1]["kept"]),
        (&"standing".into(), &4.into(), &2.into())
    );
    let of = |code: &str, count, row| (code.to_string(), "people".to_string(), count, row);
    assert_eq!(counted(&files[1]["reasons"]), [of("contradicting-count", 2, 3)]);
    assert_eq!(counted(&files[1]["notes"]), [of("count-rounded", 1, 4), of("repeated-count", 2, 2)]);
    // A file that says nothing but what another said is fine; so is one that contradicts it throughout: both are named.
    let copy = room("copy", &[("long.csv", rows), ("again.csv", rows)], &recipe);
    assert_eq!(odd(&report(&copy)), Vec::<String>::new());
    let apart =
        rows.replace(",100", ",101").replace(",50", ",51").replace(",90", ",91").replace(",60", ",61");
    let apart = room("apart", &[("long.csv", rows), ("again.csv", &apart)], &recipe);
    assert_eq!(odd(&report(&apart)).len(), 4);
    assert_eq!(json(&made(&apart, "standings", 1, "rows.json"))["files"][1]["kept"], 0);
}

#[test]
fn every_change_of_a_stock_is_its_inflow_less_its_outflow() {
    for seed in 1..=5 {
        let city = City::new(seed);
        let (long, flow) = (city.long(0..3), city.flow());
        let fine = room("flow", &[("long.csv", &long), ("flow.csv", &flow)], &format!("{LONG}{FLOW}"));
        let said = report(&fine);
        assert_eq!(odd(&said), Vec::<String>::new(), "{seed}");
        for (group, classes) in [(0, vec!["tea", "cup"]), (1, vec!["cup"]), (2, vec!["tea"])] {
            let group = &said["groups"][group];
            let all = |of: &dyn Fn(&str) -> usize| classes.iter().map(|class| of(class)).sum::<usize>();
            for (at, line) in group["lines"].as_array().unwrap().iter().enumerate() {
                let number = |name: &str| line[name].as_i64().unwrap_or_else(|| panic!("{name}"));
                assert_eq!(number("change"), number("inflow") - number("outflow"));
                assert_eq!((number("gap"), &line["adds_up"]), (0, &true.into()));
                let stage = at + 1;
                let inflow = |class: &str| {
                    (0..5).filter(|from| *from != stage).map(|from| city.moved(class, 2, from, stage)).sum()
                };
                assert_eq!(number("inflow") as usize, all(&inflow));
                let stood = all(&|class| city.count(class, 1, stage));
                let higher = all(&|class| (stage + 1..5).map(|to| city.moved(class, 2, stage, to)).sum());
                match at < 3 {
                    true => {
                        assert_eq!(
                            (&line["cohort_rate"]["did"], &line["cohort_rate"]["of"]),
                            (&higher.into(), &stood.into())
                        );
                        assert_ne!(
                            line["cohort_rate"]["rate"], line["stock_ratio"],
                            "the one is not the other"
                        );
                    }
                    false => {
                        assert_eq!((&line["cohort_rate"], &line["stock_ratio"]), (&Value::Null, &Value::Null))
                    }
                }
            }
            let moves = group["flow"].as_array().unwrap();
            let find = |from: &Value, to: &Value| {
                moves.iter().find(|m| m["from"] == *from && m["to"] == *to).unwrap()
            };
            assert_eq!(find(&"A1".into(), &Value::Null)["direction"], "down");
            assert_eq!(find(&Value::Null, &"A1".into())["direction"], "up");
            assert_eq!(find(&"A2".into(), &"A2".into())["direction"], "stay");
        }
    }
}

#[test]
fn what_does_not_add_up_is_named_with_its_place() {
    let rows = "day,class,stage,people\n2026-05-31,,A1,100\n2026-05-31,,A2,50\n2026-06-30,,A1,90\n2026-06-30,,A2,70\n";
    let moves = "from_day,to_day,class,from,to,people\n2026-05-31,2026-06-30,,A1,A2,20\n2026-05-31,2026-06-30,,,A1,10\n2026-05-31,2026-06-30,,A1,流失,5\n";
    let both = |rows: &str, moves: &str| {
        report(&room("gap", &[("long.csv", rows), ("flow.csv", moves)], &format!("{LONG}{FLOW}")))
    };
    // A1: −10, but 10 came and 25 went.
    let said = both(rows, moves);
    assert_eq!(odd(&said), ["does-not-add-up  2026-06-30 A1 -10 -15 long.csv:2 long.csv:4"]);
    let line = &said["groups"][0]["lines"][0];
    assert_eq!((&line["gap"], &line["adds_up"]), (&5.into(), &false.into()));
    assert_eq!(said["stages"], value!(["A1", "A2"]), "who is lost stands in no stage");
    assert_eq!(odd(&both(rows, &moves.replace("流失,5", "流失,0"))), Vec::<String>::new(), "the control");
    // More went than stood there.
    let above = both(
        &rows.replace("A1,90", "A1,-").replace("A2,70", "A2,170"),
        &moves.replace("A1,A2,20", "A1,A2,120"),
    );
    assert_eq!(
        odd(&above),
        [
            "stage-missing  2026-06-30 A1 - - long.csv:4",
            "moved-above-stood  2026-06-30 A1 125 100 long.csv:2"
        ]
    );
    assert_eq!(above["groups"][0]["lines"][0]["cohort_rate"], Value::Null);
    // Rounded by the platform: what was rounded away may be missing.
    let rounded = rows
        .replace("A1,100", "A1,1万")
        .replace("A1,90", "A1,1.2万")
        .replace("A2,50", "A2,1万")
        .replace("A2,70", "A2,1万");
    let near = "from_day,to_day,class,from,to,people\n2026-05-31,2026-06-30,,,A1,2600\n";
    assert_eq!(odd(&both(&rounded, near)), Vec::<String>::new());
    assert_eq!(odd(&both(&rounded, &near.replace("2600", "7501"))).len(), 1, "5,501 off is more than 5,500");
    // Moves of somebody else.
    assert_eq!(
        odd(&both(rows, &moves.replace(",,A1,A2", ",tea,A1,A2")))
            .iter()
            .filter(|o| o.starts_with("flow-without-stock tea"))
            .count(),
        1
    );
}

#[test]
fn a_count_of_everyone_goes_before_the_sum_of_its_parts() {
    let rows = "day,class,stage,people\n2026-05-31,全部,A,100\n2026-05-31,全部,I,40\n2026-05-31,全部,合计,140\n2026-05-31,tea,A,80\n2026-05-31,tea,I,30\n2026-05-31,cup,A,70\n2026-05-31,cup,I,30\n\
        2026-06-30,tea,A,90\n2026-06-30,tea,I,40\n2026-06-30,cup,A,70\n2026-06-30,cup,I,20\n2026-06-30,mug,A,1\n2026-06-30,mug,合计,2\n";
    let said = report(&room("whole", &[("long.csv", rows)], LONG));
    let snapshot = |group: usize, day: usize| said["groups"][group]["snapshots"][day].clone();
    assert_eq!(
        (&snapshot(0, 0)["people"], &snapshot(0, 0)["parts"]),
        (&value!([100, 40]), &1.into()),
        "some are in both"
    );
    assert_eq!(snapshot(0, 0)["printed"], 140);
    assert_eq!(snapshot(0, 1)["people"], value!([161, null]), "nobody says how many of mug stand in I");
    assert_eq!(snapshot(0, 1)["shares"], value!([null, null]));
    assert_eq!(
        odd(&said),
        [
            "stage-missing mug 2026-06-30 I - - long.csv:13",
            "parts-differ  2026-06-30 *, cup, mug, tea - -",
            "day-missing mug 2026-05-31 - - -",
        ]
    );
    let apart = report(&room("apart-total", &[("long.csv", &rows.replace("140", "150"))], LONG));
    assert_eq!(odd(&apart)[0], "total-apart  2026-05-31 - 150 140 long.csv:4");
}

#[test]
fn cells_that_are_no_count_are_left_out_by_name() {
    let rows = "day,A1,A2,sum\n2026-04-30,100,50,150\n2026-05-31,-1,50,\n2026-06-30,12.5,many,7\n2026-06-29,,,\n,1,2,3\nsoon,1,2,3\n2026-06-30,1,2,3,4\n2027-01-01,1,2,3\n";
    let recipe = "[time]\nas_of = \"2026-06-30\"\n[[standing]]\nfile = \"wide.csv\"\ntime = \"day\"\nstages = [\"A1\", \"A2\"]\ntotal = \"sum\"\n";
    let cells = room("cells", &[("wide.csv", rows)], recipe);
    let file = json(&made(&cells, "standings", 3, "rows.json"))["files"][0].clone();
    assert_eq!((&file["rows"], &file["kept"]), (&8.into(), &3.into()));
    let codes = |list: &Value| {
        counted(list)
            .into_iter()
            .map(|(code, column, _, row)| format!("{code} {column} {row}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        codes(&file["reasons"]),
        ["in-future day 9", "long-row  8", "no-number  5", "no-time day 6", "time-unreadable day 7"]
    );
    assert_eq!(
        codes(&file["notes"]),
        ["amount-unreadable A2 4", "fraction-count A1 4", "negative-count A1 3"]
    );
    assert_eq!(
        odd(&report(&cells)),
        [
            "stage-missing  2026-05-31 A1 - - wide.csv:3",
            "stage-missing  2026-06-30 A1 - - wide.csv:4",
            "stage-missing  2026-06-30 A2 - - wide.csv:4",
        ]
    );
}

#[test]
fn control_what_cannot_be_put_together_is_refused() {
    let fine = "day,class,stage,people\n2026-05-31,tea,A1,100\n2026-06-30,tea,A1,90\n";
    let refusal =
        |rows: &str, recipe: &str| refused(&room("refused", &[("long.csv", rows)], recipe), "standings");
    let asked = |plan: &str| refusal(fine, &format!("{LONG}[standings]\n{plan}"));
    assert_eq!(asked("by = [\"mood\"]\n"), "table-missing file room.toml column standing: mood");
    assert_eq!(asked("by = [\"category\", \"day\"]\n"), "out-of-range column standings.by");
    assert_eq!(asked("order = [\"A1\", \"A9\"]\n"), "label-unknown column standings.order: A9");
    assert_eq!(asked("order = [\"A1\", \"A1\"]\n"), "out-of-range column standings.order");
    assert_eq!(
        asked("compare = [\"2026-06-30\", \"2026-05-31\"]\n"),
        "out-of-range column standings.compare"
    );
    assert_eq!(
        asked("compare = [\"2026-05-31\", \"2026-07-31\"]\n"),
        "label-unknown column standings.compare: 2026-07-31"
    );
    let said = |from: &str, to: &str| refusal(fine, &LONG.replace(from, to));
    assert_eq!(said("\"people\"", "\"heads\""), "column-missing file long.csv column heads");
    assert_eq!(said("people = \"people\"\n", ""), "column-missing file long.csv column people");
    assert_eq!(said("stage = \"stage\"\n", ""), "column-missing file long.csv column stage, stages, from");
    assert_eq!(said("time = \"day\"\n", ""), "column-missing file long.csv column time");
    assert_eq!(said("time = \"day\"", "day = \"June\""), "out-of-range file long.csv column June");
    assert_eq!(
        said("time = \"day\"", "time = \"day\"\nday = \"2026-06-30\""),
        "out-of-range file long.csv column standing.time"
    );
    assert_eq!(said("time =", "since = \"day\"\ntime ="), "out-of-range file long.csv column standing.since");
    assert_eq!(
        said("time =", "stages = [\"people\"]\ntime ="),
        "out-of-range file long.csv column standing.stages"
    );
    assert_eq!(said("time =", "to = \"stage\"\ntime ="), "out-of-range file long.csv column standing.stages");
    assert_eq!(
        said("time =", "all = { category = \"tea\" }\ntime ="),
        "out-of-range file long.csv column standing.all"
    );
    assert!(said("time =", "tyme =").starts_with("recipe-invalid"));
    assert!(said("file = \"long.csv\"\n", "").starts_with("recipe-invalid"));
    let flow = "[[standing]]\nfile = \"long.csv\"\ntime = \"day\"\nfrom = \"class\"\nto = \"stage\"\npeople = \"people\"\n";
    assert_eq!(refusal(fine, flow), "column-missing file long.csv column since");
    assert_eq!(
        refusal(fine, &format!("{flow}since_day = \"2026-06-30\"\n")),
        "rows-unusable file long.csv row 2 column days-reversed"
    );
    assert_eq!(
        refusal("day,class,stage,people\n03/04/2026,tea,A1,1\n", LONG),
        "date-ambiguous file long.csv row 2 column day"
    );
    assert_eq!(
        refusal("day,class,stage,people\n2026-06-01T10:00:00Z,tea,A1,1\n", LONG),
        "zone-unclear file long.csv row 2 column day"
    );
    assert_eq!(
        refusal("day,class,stage,people\n2026-06-01,tea,A1,12%\n", LONG),
        "rows-unusable file long.csv row 2 column amount-unreadable"
    );
    let many: String = (0..101).map(|at| format!("2026-06-30,tea,s{at},1\n")).collect();
    assert_eq!(
        refusal(&format!("day,class,stage,people\n{many}"), LONG),
        "out-of-range column standing.stage"
    );
    // Nobody stands behind a count: nothing to rank, and no list.
    assert!(refused(&room("people", &[("long.csv", fine)], LONG), "rfm").starts_with("table-missing"));
    let listed = room("listed", &[("long.csv", fine)], LONG);
    made(&listed, "standings --people", 1, "standings.json");
    assert!(!listed.0.join("out/standings-people.csv").exists());
    let campaign = "[[campaign]]\nfile = \"long.csv\"\nclicks = \"people\"\n";
    assert_eq!(refusal(fine, campaign), "table-missing file room.toml column standing");
}

#[test]
fn sums_among_stages_are_no_stage_whatever_they_are_called() {
    let names = [
        "全部",
        "整体",
        "总体",
        "不限",
        "overall",
        "ALL",
        "Ｔｏｔａｌ",
        "sum",
        "总人数",
        "消费者总数",
        "品牌总计",
    ];
    for name in names {
        let rows = format!("day,stage,people\n2026-05-31,A,60\n2026-05-31,{name},100\n2026-05-31,I,40\n");
        let said = report(&room("sums", &[("long.csv", &rows)], &LONG.replace("category = \"class\"\n", "")));
        assert_eq!(said["stages"], value!(["A", "I"]), "{name}");
        let snapshot = &said["groups"][0]["snapshots"][0];
        assert_eq!((&snapshot["total"], &snapshot["printed"]), (&100.into(), &100.into()), "{name}");
    }
    // Who names the sum may have a stage that is called like one.
    let rows = "day,class,stage,people\n2026-05-31,,all,60\n2026-05-31,,I,40\n2026-05-31,,Σ,100\n";
    let said = report(&room("sums-named", &[("long.csv", rows)], &format!("{LONG}total = \"Σ\"\n")));
    assert_eq!((&said["stages"], odd(&said)), (&value!(["all", "I"]), vec![]));
    // All who moved are no move.
    let long = "day,class,stage,people\n2026-05-31,,A1,100\n2026-05-31,,A2,50\n2026-06-30,,A1,90\n2026-06-30,,A2,60\n";
    let flow = "from_day,to_day,class,from,to,people\n2026-05-31,2026-06-30,,A1,A2,10\n2026-05-31,2026-06-30,,A1,合计,10\n";
    let room = room("sums-moved", &[("long.csv", long), ("flow.csv", flow)], &format!("{LONG}{FLOW}"));
    assert_eq!(odd(&report(&room)), Vec::<String>::new());
    let reasons = &json(&made(&room, "standings", 1, "rows.json"))["files"][1]["reasons"];
    assert_eq!(counted(reasons), [("sum-of-moves".into(), "to".into(), 1, 3)]);
}

#[test]
fn a_stage_whose_count_is_not_told_is_a_stage_all_the_same() {
    let plain = LONG.replace("category = \"class\"\n", "");
    for cell in ["<100", "*", "-", "低于100", ""] {
        let rows = format!(
            "day,stage,people\n2026-05-31,A,1000\n2026-05-31,I,500\n2026-05-31,P,{cell}\n2026-06-30,A,900\n2026-06-30,I,500\n2026-06-30,P,{cell}\n"
        );
        let room = room("untold", &[("long.csv", &rows)], &plain);
        let said = report(&room);
        assert_eq!((&said["ladder"], &said["stages"]), (&"aipl".into(), &value!(["A", "I", "P"])), "{cell}");
        let snapshot = &said["groups"][0]["snapshots"][1];
        assert_eq!(snapshot["people"], value!([900, 500, null]), "{cell}");
        assert_eq!(snapshot["shares"], value!([null, null, null]), "{cell}: of all stages nobody knows");
        assert_eq!(
            odd(&said),
            ["stage-missing  2026-05-31 P - - long.csv:4", "stage-missing  2026-06-30 P - - long.csv:7"],
            "{cell}"
        );
        let code = if matches!(cell, "" | "-") { "no-number" } else { "amount-unreadable" };
        let file = &json(&made(&room, "standings", 3, "rows.json"))["files"][0];
        assert_eq!(file["kept"], 4, "{cell}");
        assert_eq!(counted(&file["reasons"]), [(code.into(), "people".into(), 2, 4)], "{cell}");
    }
    // A column that is never told, and a part of which nothing is.
    let wide = "[[standing]]\nfile = \"wide.csv\"\ntime = \"day\"\nstages = [\"A\", \"I\"]\n";
    let said = report(&room("untold-wide", &[("wide.csv", "day,A,I\n2026-05-31,10,<5\n")], wide));
    assert_eq!((&said["stages"], odd(&said).len()), (&value!(["A", "I"]), 1));
    let rows = "day,class,stage,people\n2026-05-31,tea,A,10\n2026-05-31,cup,A,*\n";
    let said = report(&room("untold-part", &[("long.csv", rows)], LONG));
    assert_eq!(odd(&said), ["stage-missing cup 2026-05-31 A - - long.csv:3"]);
    // What another row tells is told.
    let rows = "day,class,stage,people\n2026-05-31,tea,A,*\n2026-05-31,tea,A,10\n2026-05-31,tea,A,*\n";
    let said = report(&room("untold-told", &[("long.csv", rows)], LONG));
    assert_eq!((&said["groups"][0]["snapshots"][0]["total"], odd(&said)), (&10.into(), vec![]));
}

#[test]
fn stages_are_one_whatever_their_case_width_and_the_white_space_around() {
    let rows = "day,class,stage,people\n2026-04-30,,a1,10\n2026-04-30,,A2,5\n2026-05-31,,A1,11\n2026-05-31,, A2 ,5\n2026-06-30,,Ａ１,12\n2026-06-30,,\u{3000}ａ２,5\n";
    let said = report(&room(
        "folded",
        &[("long.csv", rows)],
        &format!("{LONG}[standings]\norder = [\"ａ１\", \"A2\"]\n"),
    ));
    assert_eq!((&said["stages"], odd(&said)), (&value!(["A1", "A2"]), vec![]));
    let first: Vec<&Value> =
        said["groups"][0]["snapshots"].as_array().unwrap().iter().map(|of| &of["people"][0]).collect();
    assert_eq!(first, [10, 11, 12]);
    let twice = format!("{LONG}[standings]\norder = [\"A1\", \"a1\"]\n");
    assert_eq!(
        refused(&room("folded-twice", &[("long.csv", rows)], &twice), "standings"),
        "out-of-range column standings.order"
    );
}

#[test]
fn parts_by_two_columns_make_everyone_of_the_larger_sum_and_both_are_named() {
    let classes = "day,stage,class,people\n2026-05-31,A,x,1000\n2026-05-31,I,x,500\n2026-05-31,A,y,2000\n2026-05-31,I,y,700\n";
    let media = "day,stage,media,people\n2026-05-31,A,live,50\n2026-05-31,I,live,20\n";
    let recipe = format!(
        "{LONG}{}",
        LONG.replace("long.csv", "media.csv").replace("category = \"class\"", "channel = \"media\"")
    );
    let both = |media: &str| report(&room("rivals", &[("long.csv", classes), ("media.csv", media)], &recipe));
    let said = both(media);
    let everyone = &said["groups"][0]["snapshots"][0];
    assert_eq!((&everyone["people"], &everyone["parts"]), (&value!([3000, 1200]), &2.into()));
    assert_eq!(odd(&said), ["wholes-differ  2026-05-31 channel / category 70 4200 media.csv:2 long.csv:2"]);
    // The other way round; and where both add up to the same people there is nothing to say.
    let more = both(&media.replace("50", "5000"));
    assert_eq!(more["groups"][0]["snapshots"][0]["people"], value!([5000, 20]));
    assert_eq!(
        odd(&more)[0],
        "wholes-differ  2026-05-31 category / channel 4200 5020 long.csv:2 media.csv:2"
    );
    let same = both(&media.replace("50", "3000").replace("20\n", "1200\n"));
    assert_eq!((&same["groups"][0]["snapshots"][0]["parts"], odd(&same)), (&2.into(), vec![]));
    // A row that counts everyone stands; what counts more than it is named with both places.
    let whole = both(&format!("{media}2026-05-31,A,全部,2500\n2026-05-31,I,全部,1200\n"));
    assert_eq!(whole["groups"][0]["snapshots"][0]["people"], value!([2500, 1200]));
    assert_eq!(
        odd(&whole),
        Vec::<String>::new(),
        "who is in two parts is counted twice: the sum may be more"
    );
    let low = both(&format!("{media}2026-05-31,A,全部,1500\n2026-05-31,I,全部,1200\n"));
    assert_eq!(low["groups"][0]["snapshots"][0]["people"], value!([1500, 1200]), "nothing is corrected");
    assert_eq!(odd(&low), ["part-above-whole y 2026-05-31 A 2000 1500 long.csv:4 media.csv:4"]);
}

#[test]
fn a_month_for_a_day_is_its_last() {
    let rows = "day,class,stage,people\n2026-05,,A1,10\n2026年5月,,A2,5\n202606,,A1,11\n2026/6/30,,A2,6\n2026-13,,A1,1\n";
    let flow = "from_day,to_day,class,from,to,people\n2026-05,2026-06,,A1,A2,1\n2026-05,2026-06,,,A1,2\n";
    let room = room("months", &[("long.csv", rows), ("flow.csv", flow)], &format!("{LONG}{FLOW}"));
    let said = report(&room);
    assert_eq!((&said["days"], odd(&said)), (&value!([DAYS[1], DAYS[2]]), vec![]));
    assert_eq!(said["groups"][0]["lines"][0]["inflow"], 2);
    let files = &json(&made(&room, "standings", 2, "rows.json"))["files"];
    assert_eq!(counted(&files[0]["notes"]), [("month-end".into(), "day".into(), 3, 2)]);
    assert_eq!(counted(&files[0]["reasons"]), [("time-unreadable".into(), "day".into(), 1, 6)]);
    let of = |column: &str| ("month-end".to_string(), column.to_string(), 2, 2);
    assert_eq!(counted(&files[1]["notes"]), [of("from_day"), of("to_day")]);
}
