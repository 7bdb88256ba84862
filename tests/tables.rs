//! Tables beside events and orders: what products are, contacts of several steps, campaigns. Each is held to the same room with everything written in its rows,
//! at any number of shards, and refuses what cannot be read.

#![allow(clippy::unwrap_used, reason = "tests")]

mod folder;

use folder::{Folder, counted, json, made, refused};
use serde_json::Value;
use std::fmt::Write;

/// What products are; `mug` is in no list, `old` in no row.
const PRODUCTS: &str = "sku,series,category\n\
    t1,oolong,tea\nt2,oolong,tea\nt3,green,tea\nc1,glass,cup\nc2,clay,cup\np1,clay,\n\
    t1,black,tea\n,none,none\nold,rare,museum\nc1,x,y,z\n";

/// Orders and events of 150 people; with `written` the columns of products stand in every row.
fn rows(written: bool) -> (String, String) {
    let known = |product: &str| {
        let line =
            PRODUCTS.lines().find(|line| !product.is_empty() && line.split(',').next() == Some(product));
        line.and_then(|line| line.split_once(',')).map_or(",", |(_, of)| of).to_string()
    };
    let (mut orders, mut events) =
        (String::from("who,when,paid,item"), String::from("who,at,what,item,channel"));
    if written {
        [&mut orders, &mut events].into_iter().for_each(|table| table.push_str(",series,category"));
    }
    let mut state = 11u64;
    let mut dice = move |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    for who in 0..150 {
        for _ in 0..1 + dice(4) {
            let day = format!("2026-{:02}-{:02}", 1 + dice(6), 1 + dice(28));
            let product = ["t1", "t2", "t3", "c1", "c2", "p1", "mug", ""][dice(8) as usize];
            let own = if written { format!(",{}", known(product)) } else { String::new() };
            let _ = write!(orders, "\np{who},{day},{}.50,{product}{own}", 5 + dice(90));
            let what = ["view", "cart"][dice(2) as usize];
            let _ =
                write!(events, "\np{who},{day},{what},{product},{}{own}", ["app", "web"][dice(2) as usize]);
        }
    }
    (orders + "\n", events + "\n")
}

const FILES: &str = "[[orders]]\nfile = \"orders.csv\"\nid = \"who\"\nkind = \"opaque\"\ntime = \"when\"\namount = \"paid\"\nproduct = \"item\"\nOWN\
    [[events]]\nfile = \"events.csv\"\nid = \"who\"\nkind = \"opaque\"\ntime = \"at\"\nevent = \"what\"\nproduct = \"item\"\nchannel = \"channel\"\nOWN";
const ASKED: &str = "[pivot]\nby = [\"series\", \"category\"]\nfloor = 0\n[paths]\ncolumn = \"series\"\nattribute = \"category\"\nleast = 1\n\
    [stages]\ncategory = \"category\"\n[funnel]\nby = \"series\"\nsteps = [{ event = [\"view\"] }, { event = [\"cart\"], where = { category = [\"cup\"] } }]\n\
    [[rules.rules]]\nname = \"tea\"\nall = [{ where = { category = [\"tea\"] } }]\n";
const SKU: &str =
    "[[sku]]\nfile = \"products.csv\"\nproduct = \"sku\"\ncolumns = [\"series\", \"category\"]\n";

fn shop(name: &str, written: bool, recipe: &str) -> Folder {
    let room = Folder::new(name);
    let (orders, events) = rows(written);
    let own = if written { "columns = [\"series\"]\ncategory = \"category\"\n" } else { "" };
    room.write("orders.csv", orders);
    room.write("events.csv", events);
    room.write("products.csv", PRODUCTS);
    room.write("room.toml", format!("{}{recipe}{ASKED}", FILES.replace("OWN", own)));
    room
}

#[test]
fn products_join_as_if_they_stood_in_every_row() {
    let (joined, written) = (shop("sku-joined", false, SKU), shop("sku-written", true, ""));
    let topics = "pivot paths stages funnel rules";
    for file in ["pivot.json", "paths.json", "stages.json", "funnel.json", "rules.json"] {
        let plain = made(&written, topics, 2, file);
        assert!(
            ["cup", "tea", "oolong"].iter().any(|word| plain.contains(word)),
            "{file} tells products apart"
        );
        for shards in [1, 2, 3, 7] {
            assert!(made(&joined, topics, shards, file) == plain, "{file} with {shards} shards");
        }
    }
}

#[test]
fn rows_of_products_and_rows_without_one_are_accounted_for() {
    let room = shop("sku-account", false, SKU);
    let rows = json(&made(&room, "pivot", 3, "rows.json"));
    let sku = rows["files"].as_array().and_then(|files| files.last()).expect("a file");
    assert_eq!(
        (sku["table"].as_str(), sku["rows"].as_u64(), sku["kept"].as_u64()),
        (Some("sku"), Some(10), Some(7))
    );
    let reason = |code: &str, column: &str, row| (code.to_string(), column.to_string(), 1, row);
    assert_eq!(
        counted(&sku["reasons"]),
        [
            reason("duplicate-product", "sku", 8),
            reason("long-row", "", 11),
            reason("missing-product", "sku", 9)
        ]
    );
    let (orders, _) = self::rows(false);
    let of = |product: &str| {
        orders.lines().skip(1).filter(|line| line.rsplit(',').next() == Some(product)).count()
    };
    let named = orders.lines().count() - 1 - of("");
    assert!(of("mug") > 0 && of("") > 0);
    let found = &rows["products"][1];
    assert_eq!(
        *found,
        serde_json::json!({ "table": "orders", "rows": named, "unknown": of("mug"), "examples": ["mug"] })
    );
    assert_eq!(rows["products"][0]["table"], "events");
    // The control: without a list of products nothing is said of them.
    assert_eq!(json(&made(&shop("sku-none", true, ""), "pivot", 1, "rows.json"))["products"], Value::Null);
}

#[test]
fn a_column_of_the_table_itself_goes_before() {
    // The rows say `category` themselves: theirs counts, whatever the list says; `series` still joins.
    let room = shop("sku-own", true, SKU);
    let recipe = room.read("room.toml").replace("columns = [\"series\"]\ncategory = ", "category = ");
    room.write("room.toml", recipe);
    room.write("products.csv", PRODUCTS.replace(",tea", ",coffee"));
    let own = made(&room, "pivot", 2, "pivot.csv");
    assert!(own == made(&shop("sku-own-plain", true, ""), "pivot", 2, "pivot.csv"), "{own}");
    assert!(own.contains("tea") && own.contains("oolong") && !own.contains("coffee"));
}

#[test]
fn control_lists_of_products_that_cannot_be_used_are_refused() {
    let room = |name: &str, recipe: &str| shop(&format!("sku-{name}"), false, recipe);
    let without = room("nowhere", SKU);
    without.write("room.toml", without.read("room.toml").replace("product = \"item\"\n", ""));
    assert_eq!(
        refused(&without, "rfm"),
        "table-missing file products.csv column orders: product, events: product"
    );
    let other = |from: &str, to: &str| refused(&room("other", &SKU.replace(from, to)), "rfm");
    assert_eq!(other("\"sku\"", "\"code\""), "column-missing file products.csv column code");
    assert_eq!(other("\"series\"", "\"line\""), "column-missing file products.csv column line");
    assert_eq!(other("\"series\", \"category\"", ""), "out-of-range file room.toml column sku.columns");
    assert_eq!(other("products.csv", "list.csv"), "file-unreadable file list.csv");
    assert!(other("columns", "colums").starts_with("recipe-invalid"));
    let empty = room("empty", SKU);
    empty.write("products.csv", "sku,series,category\n,a,b\n-,c,d\n");
    assert_eq!(refused(&empty, "rfm"), "rows-unusable file products.csv row 2 column missing-product");
    // The least that no list may have; the shop's own rows are few.
    let large = room("large", SKU);
    let many: String = (0..1_000_001).fold(String::from("sku,series,category\n"), |mut all, at| {
        let _ = writeln!(all, "{at},a,b");
        all
    });
    large.write("products.csv", many);
    assert_eq!(refused(&large, "rfm"), "table-too-large file products.csv");
    // An attribute nobody's product has is more likely misspelt.
    let room = room("label", SKU);
    room.write("room.toml", room.read("room.toml").replace("[\"tea\"]", "[\"museum\"]"));
    assert_eq!(refused(&room, "rules"), "label-unknown column category: museum");
}

/// A coupon's way to 120 people: who was sent it, got it and used it; and the same with a row per step.
fn coupons(yes_no: bool) -> (String, String) {
    let mut state = 3u64;
    let mut dice = move |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    let mut response = String::from("who,channel,sent,delivered,redeemed,at");
    let mut events = String::from("who,at,what,channel");
    for row in 0..300 {
        let (who, channel) = (dice(120), ["sms", "app"][dice(2) as usize]);
        let reached = 1 + dice(3);
        let at = |step: u64| {
            format!("2026-03-{:02} {:02}:00:00", 1 + row % 28, if yes_no { 9 } else { 9 + 2 * step })
        };
        let cell = |step: u64| match (yes_no, step < reached) {
            (true, happened) => {
                [["no", "yes"], ["0", "1"], ["否", "是"]][row as usize % 3][usize::from(happened)].into()
            }
            (false, true) => at(step),
            (false, false) => String::new(),
        };
        let _ = write!(response, "\nc{who},{channel},{},{},{},{}", cell(0), cell(1), cell(2), at(0));
        for (step, what) in ["sent", "delivered", "redeemed"].iter().enumerate().take(reached as usize) {
            let _ = write!(events, "\nc{who},{},{what},{channel}", at(step as u64));
        }
    }
    (response + "\n", events + "\n")
}

const RESPONSE: &str = "[[response]]\nfile = \"coupons.csv\"\nid = \"who\"\nkind = \"opaque\"\nchannel = \"channel\"\n\
    steps = { redeemed = \"redeemed\", sent = \"sent\", delivered = \"delivered\" }\n";
const WAY: &str = "[funnel]\nby = \"channel\"\nsteps = [{ event = [\"sent\"] }, { event = [\"delivered\"] }, { event = [\"redeemed\"] }]\n\
    [pivot]\ntable = \"events\"\nby = [\"event\", \"channel\"]\nfloor = 0\n\
    [rules.response]\ncontact = [\"sent\"]\nanswer = [\"delivered\"]\naim = [\"redeemed\"]\n";

#[test]
fn a_response_is_an_event_for_every_step_that_happened() {
    for yes_no in [false, true] {
        let (response, events) = coupons(yes_no);
        let (one, other) =
            (Folder::new(&format!("steps-{yes_no}")), Folder::new(&format!("steps-rows-{yes_no}")));
        let time = if yes_no { "time = \"at\"\n" } else { "" };
        one.write("coupons.csv", response);
        one.write("room.toml", format!("{RESPONSE}{time}{WAY}"));
        other.write("events.csv", events);
        let rows = "[[events]]\nfile = \"events.csv\"\nid = \"who\"\nkind = \"opaque\"\ntime = \"at\"\nevent = \"what\"\nchannel = \"channel\"\n";
        other.write("room.toml", format!("{rows}{WAY}"));
        for file in ["funnel.json", "pivot.json", "rules.json", "rules-people.csv"] {
            let topics = "funnel pivot rules --people";
            let plain = made(&other, topics, 2, file);
            for shards in [1, 2, 3, 7] {
                assert!(made(&one, topics, shards, file) == plain, "{file} with {shards} shards, {yes_no}");
            }
        }
        let funnel = json(&made(&one, "funnel", 2, "funnel.json"));
        let people = |at: usize| funnel["steps"][at]["people"].as_u64().unwrap_or_default();
        assert!(people(0) > people(1) && people(1) > people(2) && people(2) > 10, "{funnel}");
        let rows = json(&made(&one, "funnel", 3, "rows.json"));
        let file = &rows["files"][0];
        assert_eq!(
            (&file["table"], &file["rows"], &file["kept"]),
            (&"response".into(), &300.into(), &300.into())
        );
    }
}

#[test]
fn rows_of_a_response_are_accounted_for_by_what_happened() {
    let room = Folder::new("steps-account");
    let head = "who,channel,sent,delivered,redeemed\n";
    let rows = "a,sms,2026-03-01,2026-03-02,2026-03-03\nb,sms,2026-03-01,,\nc,sms,,-,\nd,sms,2026-03-01,soon,2026-03-04\n\
        e,sms,2026-03-01,2026-03-30,2026-04-02\nf,sms,2026-04-01,,\n,sms,2026-03-01,,\ng,sms,1960-01-01,,\nh,sms,2026-03-01,,,x\n";
    room.write("coupons.csv", format!("{head}{rows}"));
    room.write("room.toml", format!("[time]\nas_of = \"2026-03-31\"\n{RESPONSE}{WAY}"));
    let found = json(&made(&room, "funnel", 2, "rows.json"));
    let file = &found["files"][0];
    assert_eq!((&file["rows"], &file["kept"], &found["people"]), (&9.into(), &3.into(), &3.into()));
    let one = |code: &str, column: &str, row: u64| (code.to_string(), column.to_string(), 1, row);
    let reasons = [
        one("before-epoch", "sent", 9),
        one("in-future", "sent", 7),
        one("long-row", "", 10),
        one("missing-person", "who", 8),
        one("no-step", "", 4),
        one("time-unreadable", "delivered", 5),
    ];
    assert_eq!(counted(&file["reasons"]), reasons);
    assert_eq!(counted(&file["notes"]), [one("step-in-future", "redeemed", 6)]);
    let funnel = json(&made(&room, "funnel", 2, "funnel.json"));
    let people: Vec<_> =
        funnel["steps"].as_array().into_iter().flatten().map(|step| step["people"].clone()).collect();
    assert_eq!(people, [3, 2, 1], "what had not happened by the last day counts for nobody");
    // Yes or no, at the time of the row.
    room.write("coupons.csv", "who,channel,sent,delivered,redeemed,at\na,sms,y,n,n,2026-03-01\nb,sms,maybe,n,n,2026-03-01\nc,sms,y,n,n,\nd,sms,n,n,n,2026-03-01\n");
    room.write(
        "room.toml",
        format!("{RESPONSE}time = \"at\"\n{WAY}")
            .replace("{ event = [\"delivered\"] }, { event = [\"redeemed\"] }", "{ event = [\"sent\"] }")
            .replace("answer = [\"delivered\"]\naim = [\"redeemed\"]", "answer = [\"sent\"]"),
    );
    let found = json(&made(&room, "funnel", 2, "rows.json"));
    let reasons = [one("no-step", "", 5), one("no-time", "at", 4), one("step-unreadable", "sent", 3)];
    assert_eq!(
        (&found["files"][0]["kept"], counted(&found["files"][0]["reasons"])),
        (&1.into(), reasons.to_vec())
    );
}

#[test]
fn control_responses_that_cannot_be_read_are_refused() {
    let refusal = |rows: &str, recipe: &str| {
        let room = Folder::new("steps-refused");
        room.write("coupons.csv", format!("who,channel,sent,delivered,redeemed,paid\n{rows}"));
        room.write("room.toml", format!("{recipe}{WAY}"));
        refused(&room, "funnel")
    };
    let fine = "a,sms,2026-03-01,2026-03-02,2026-03-03,5\n";
    let said = |from: &str, to: &str| refusal(fine, &RESPONSE.replace(from, to));
    assert_eq!(said("\"delivered\" }", "\"arrived\" }"), "column-missing file coupons.csv column arrived");
    assert_eq!(said("steps = {", "columns = [] #"), "out-of-range file room.toml column response.steps");
    assert_eq!(said("[[response]]", "[[events]]"), "out-of-range file room.toml column events.steps");
    assert_eq!(said("channel =", "event ="), "out-of-range file room.toml column response.event");
    assert_eq!(
        said("channel =", "amount = \"paid\" #"),
        "out-of-range file room.toml column response.amount"
    );
    assert_eq!(said("{ redeemed =", "{ used ="), "label-unknown column event: redeemed");
    assert_eq!(
        refusal("a,sms,03/04/2026,,,5\n", RESPONSE),
        "date-ambiguous file coupons.csv row 2 column sent, delivered, redeemed"
    );
    assert_eq!(refusal("a,sms,,,,5\n", RESPONSE), "rows-unusable file coupons.csv row 2 column no-step");
    // Words where times are expected, as a whole.
    assert_eq!(
        refusal("a,sms,yes,yes,no,5\n", RESPONSE),
        "rows-unusable file coupons.csv row 2 column time-unreadable"
    );
}

const SPENT: &str = "[[campaign]]\nfile = \"media.csv\"\ntime = \"day\"\nchannel = \"medium\"\ncontent = \"creative\"\ncrowd = \"crowd\"\n\
    impressions = \"shown\"\nclicks = \"clicks\"\ncost = \"cost\"\nconversions = \"bought\"\nrevenue = \"gmv\"\n";
const HEAD: &str = "day,medium,creative,crowd,shown,clicks,cost,bought,gmv\n";

fn media(name: &str, rows: &str, recipe: &str) -> Folder {
    let room = Folder::new(&format!("media-{name}"));
    room.write("media.csv", format!("{HEAD}{rows}"));
    room.write("room.toml", recipe);
    room
}

/// What a cell says: its place, then rows, impressions, clicks, cost, conversions and revenue.
fn cells(csv: &str) -> std::collections::BTreeMap<(String, String), Vec<f64>> {
    let cell = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let numbers = cells[2..8].iter().map(|cell| cell.parse().unwrap()).collect();
        ((cells[0].to_string(), cells[1].to_string()), numbers)
    };
    csv.trim_start_matches('\u{feff}').lines().skip(1).map(cell).collect()
}

#[test]
fn campaigns_alone_add_up_by_any_two_columns() {
    let mut state = 5u64;
    let mut dice = move |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    let (mut rows, mut plain) = (String::new(), std::collections::BTreeMap::new());
    for _ in 0..500 {
        let (month, channel) = (1 + dice(3), ["sms", "feed", "search"][dice(3) as usize]);
        let shown = 1_000 + dice(50_000);
        let clicks = shown / (10 + dice(90));
        let (bought, cost, gmv) = (clicks / (5 + dice(30)), 100 + dice(9_000), dice(100_000));
        let _ = writeln!(
            rows,
            "2026-{month:02}-{:02},{channel},v{},all,{shown},{clicks},{}.{:02},{bought},¥{}.5",
            1 + dice(28),
            dice(3),
            cost / 100,
            cost % 100,
            gmv
        );
        let own = [1.0, shown as f64, clicks as f64, cost as f64 / 100.0, bought as f64, gmv as f64 + 0.5];
        let (month, channel) = (format!("2026-{month:02}"), channel.to_string());
        for at in [
            (channel.clone(), month.clone()),
            (channel, "*".into()),
            ("*".into(), month),
            ("*".into(), "*".into()),
        ] {
            let sums = plain.entry(at).or_insert_with(|| vec![0.0; 6]);
            sums.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
        }
    }
    let room = media(
        "alone",
        &rows,
        &format!(
            "{SPENT}[campaigns]\nby = [\"channel\", \"month\"]\n[campaigns.goal]\nroas = 100\ncpc = 1000\nrevenue = 1e9\n"
        ),
    );
    let csv = made(&room, "campaigns", 1, "campaigns.csv");
    let found = cells(&csv);
    assert_eq!(found.keys().collect::<Vec<_>>(), plain.keys().collect::<Vec<_>>());
    for (at, sums) in &plain {
        let same = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-6 * b.max(1.0);
        assert!(found[at].iter().zip(sums).all(same), "{at:?}: {:?} is not {sums:?}", found[at]);
    }
    for shards in [2, 3, 7] {
        assert!(made(&room, "campaigns", shards, "campaigns.csv") == csv, "{shards} shards");
    }
    let report = json(&made(&room, "campaigns --people", 2, "campaigns.json"));
    let all = &plain[&("*".to_string(), "*".to_string())];
    let near = |found: &Value, want: f64| {
        assert!((found.as_f64().unwrap() - want).abs() < 1e-9 * want, "{found} is not {want}")
    };
    near(&report["total"]["ctr"]["rate"], all[2] / all[1]);
    near(&report["total"]["cvr"]["rate"], all[4] / all[2]);
    near(&report["total"]["cpc"], all[3] / all[2]);
    near(&report["total"]["cpm"], 1_000.0 * all[3] / all[1]);
    near(&report["total"]["cpa"], all[3] / all[4]);
    near(&report["total"]["roas"], all[5] / all[3]);
    near(&report["goals"][1]["attained"], all[5] / 1e9);
    let met = |at: usize| report["goals"][at]["met"].as_bool();
    assert_eq!((met(0), met(1), met(2)), (Some(true), Some(false), Some(true)), "a cost is met from below");
    assert!(!room.0.join("out/campaigns-people.csv").exists(), "nobody stands behind it");
}

#[test]
fn two_values_and_two_periods_are_compared_in_points_and_in_percent() {
    // F10: 500 and 570 of 10,000 each; z = 2.1996.
    let rows = "2026-06-01,sms,a,x,6000,300,10,,\n2026-06-03,sms,a,x,4000,200,10,,\n2026-06-08,feed,a,x,10000,570,30,,\n2026-05-20,old,a,x,9,9,9,,\n";
    let room =
        media("compared", rows, &format!("{SPENT}[campaigns]\ncompare = 7\nversus = [\"sms\", \"feed\"]\n"));
    let report = json(&made(&room, "campaigns", 2, "campaigns.json"));
    let near = |found: &Value, want: f64, unit: f64| {
        assert!((found.as_f64().unwrap() - want).abs() <= 0.5001 * unit, "{found} is not {want}")
    };
    let [periods, values] = [0, 1].map(|at| &report["compared"][at]);
    assert_eq!(periods["names"], serde_json::json!(["2026-05-26 – 2026-06-01", "2026-06-02 – 2026-06-08"]));
    assert_eq!(
        (&periods["figures"][0]["sums"][0], &periods["figures"][1]["sums"][0]),
        (&6_000.into(), &14_000.into())
    );
    let ctr = values["changes"].as_array().unwrap().iter().find(|change| change["figure"] == "ctr").unwrap();
    near(&ctr["points"][0], 0.7, 1e-9);
    near(&ctr["points"][1]["low"], 0.0761, 1e-4);
    near(&ctr["points"][1]["high"], 1.3250, 1e-4);
    near(&ctr["percent"], 14.0, 1e-9);
    near(&ctr["percent_interval"]["low"], 1.43, 0.01);
    near(&ctr["percent_interval"]["high"], 28.13, 0.01);
    near(&ctr["p"], 0.0278, 1e-4);
    let cost =
        values["changes"].as_array().unwrap().iter().find(|change| change["figure"] == "cost").unwrap();
    assert_eq!((&cost["points"], &cost["p"]), (&Value::Null, &Value::Null), "money is no rate");
    near(&cost["percent"], 50.0, 1e-9);
    assert!(
        values["changes"].as_array().unwrap().iter().all(|change| change["figure"] != "revenue"),
        "nobody said it"
    );
}

#[test]
fn rows_that_contradict_themselves_are_named_and_kept_out_of_rates() {
    let rows = "2026-06-01,sms,a,x,1000,10,5.00,1,20\n2026-06-01,sms,a,x,10,1000,5.00,1,20\n2026-06-01,sms,a,x,1000,10,5.00,11,20\n\
        2026-06-01,sms,a,x,1000,10,-5.00,1,20\n2026-06-01,sms,a,x,1000,10,,,\n2026-06-01,sms,a,x,lots,10,5,1,1\n2026-06-01,sms,a,x,-1,10,5,1,1\n\
        soon,sms,a,x,1,1,1,1,1\n,sms,a,x,1,1,1,1,1\n2026-06-01,sms,a,x,,,,,\n2026-06-01,sms,a,x,1,1,1,1,1,9\n2026-07-01,sms,a,x,1,1,1,1,1\n1969-01-01,sms,a,x,1,1,1,1,1\n";
    let room = media("odd", rows, &format!("[time]\nas_of = \"2026-06-30\"\n{SPENT}"));
    let report = json(&made(&room, "campaigns", 3, "campaigns.json"));
    assert_eq!(
        report["total"]["sums"],
        serde_json::json!([4_010, 1_040, 1_000, 14, 8_000]),
        "sums take every row"
    );
    assert_eq!((&report["total"]["ctr"]["did"], &report["total"]["ctr"]["of"]), (&20.into(), &2_000.into()));
    assert_eq!(
        (&report["total"]["cvr"]["did"], &report["total"]["cvr"]["of"]),
        (&1.into(), &10.into()),
        "both must be said"
    );
    assert_eq!(
        made(&room, "campaigns", 1, "campaigns-odd.csv").trim_start_matches('\u{feff}'),
        "file,row,what\nmedia.csv,3,clicks-above-impressions\nmedia.csv,4,conversions-above-clicks\nmedia.csv,5,negative-cost\n"
    );
    let rows = json(&made(&room, "campaigns", 2, "rows.json"));
    let file = &rows["files"][0];
    assert_eq!((&file["table"], &file["rows"], &file["kept"]), (&"campaign".into(), &13.into(), &5.into()));
    let codes = |list: &Value| {
        counted(list)
            .into_iter()
            .map(|(code, column, _, row)| format!("{code} {column} {row}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        codes(&file["reasons"]),
        [
            "amount-unreadable shown 7",
            "before-epoch day 14",
            "in-future day 13",
            "long-row  12",
            "negative-count shown 8",
            "no-number  11",
            "no-time day 10",
            "time-unreadable day 9"
        ]
    );
    assert_eq!(
        codes(&file["notes"]),
        ["clicks-above-impressions  3", "conversions-above-clicks  4", "negative-cost  5"]
    );
}

#[test]
fn a_campaign_with_ids_is_an_event_of_those_who_saw_it() {
    let rows = |campaign: bool| {
        let mut out = String::from(if campaign { "who,when,medium\n" } else { "who,when,medium,what\n" });
        for who in 0..90 {
            let what = if campaign { "" } else { ",exposed" };
            let _ =
                writeln!(out, "p{},2026-05-{:02},{}{what}", who % 60, 1 + who % 28, ["sms", "feed"][who % 2]);
        }
        out
    };
    let asked = "[pivot]\ntable = \"events\"\nby = [\"event\", \"channel\"]\nfloor = 0\n";
    let entry =
        "file = \"seen.csv\"\nid = \"who\"\nkind = \"opaque\"\ntime = \"when\"\nchannel = \"medium\"\n";
    let (seen, events) = (Folder::new("media-seen"), Folder::new("media-events"));
    seen.write("seen.csv", rows(true));
    seen.write("room.toml", format!("[[campaign]]\n{entry}{asked}"));
    events.write("seen.csv", rows(false));
    events.write("room.toml", format!("[[events]]\n{entry}event = \"what\"\n{asked}"));
    let plain = made(&events, "pivot", 2, "pivot.json");
    assert!(plain.contains("exposed") && made(&seen, "pivot", 3, "pivot.json") == plain);
    assert_eq!(json(&made(&seen, "pivot", 1, "rows.json"))["files"][0]["table"], "campaign");
    seen.write("room.toml", format!("[[campaign]]\n{}{asked}", entry.replace("time = \"when\"\n", "")));
    assert_eq!(refused(&seen, "pivot"), "column-missing file seen.csv column time, day");
    seen.write("room.toml", format!("[[campaign]]\n{entry}cost = \"medium\"\n{asked}"));
    assert!(
        refused(&seen, "pivot").starts_with("recipe-invalid"),
        "what is counted and who saw it are two files"
    );
}

#[test]
fn control_campaigns_that_cannot_be_added_up_are_refused() {
    let fine = "2026-06-01,sms,a,x,1000,10,5.00,1,20\n";
    let refusal = |rows: &str, recipe: &str| refused(&media("refused", rows, recipe), "campaigns");
    let asked = |plan: &str| refusal(fine, &format!("{SPENT}[campaigns]\n{plan}"));
    assert_eq!(asked("by = [\"mood\"]\n"), "table-missing file room.toml column campaign: mood");
    assert_eq!(asked("by = [\"channel\", \"day\", \"crowd\"]\n"), "out-of-range column campaigns.by");
    assert_eq!(asked("by = [\"day\", \"day\"]\n"), "out-of-range column campaigns.by");
    assert_eq!(asked("versus = [\"sms\", \"feed\"]\n"), "label-unknown column channel: feed");
    assert_eq!(asked("goal = { luck = 1 }\n"), "out-of-range column campaigns.goal");
    assert_eq!(asked("goal = { roas = 0 }\n"), "out-of-range column campaigns.goal");
    let said = |from: &str, to: &str| refusal(fine, &SPENT.replace(from, to));
    assert_eq!(said("\"shown\"", "\"views\""), "column-missing file media.csv column views");
    assert!(said("channel =", "chanel =").starts_with("recipe-invalid"));
    assert_eq!(
        said("time = \"day\"\n", "[campaigns]\ncompare = 7\n[[campaign]]\n").split(' ').next(),
        Some("recipe-invalid")
    );
    let dateless = SPENT.replace("time = \"day\"\n", "");
    assert_eq!(
        refusal(fine, &format!("{dateless}[campaigns]\nby = [\"week\"]\n")),
        "table-missing file room.toml column campaign: time"
    );
    assert_eq!(
        refusal(fine, &format!("{dateless}[campaigns]\ncompare = 7\n")),
        "table-missing file room.toml column campaign: time"
    );
    assert_eq!(
        refusal("03/04/2026,sms,a,x,1,1,1,1,1\n", SPENT),
        "date-ambiguous file media.csv row 2 column day"
    );
    assert_eq!(
        refusal("2026-06-01T10:00:00Z,sms,a,x,1,1,1,1,1\n", SPENT),
        "zone-unclear file media.csv row 2 column day"
    );
    assert_eq!(
        refusal("2026-06-01,sms,a,x,a,b,c,d,e\n", SPENT),
        "rows-unusable file media.csv row 2 column amount-unreadable"
    );
    let numberless = "[[campaign]]\nfile = \"media.csv\"\nchannel = \"medium\"\n";
    assert_eq!(
        refusal(fine, numberless),
        "column-missing file media.csv column impressions, clicks, cost, conversions, revenue"
    );
    let orders = "[[orders]]\nfile = \"media.csv\"\nid = \"crowd\"\nkind = \"opaque\"\ntime = \"day\"\namount = \"gmv\"\n";
    assert_eq!(refusal(fine, orders), "table-missing file room.toml column campaign");
    // The other way round: counts have no people to rank.
    assert!(refused(&media("people", fine, SPENT), "rfm").starts_with("table-missing"));
}
