//! Tables beside events and orders: what products are, and contacts of several steps. Each is held to the same room with everything written in its rows,
//! at any number of shards, and refuses what cannot be read.

#![allow(clippy::unwrap_used, reason = "tests")]

mod folder;

use folder::Folder;
use serde_json::Value;
use std::fmt::Write;

/// Runs an analysis; the bytes of one of its files.
fn made(room: &Folder, topics: &str, shards: usize, file: &str) -> String {
    let line = format!("analyze . {topics} --quiet --shards {shards} --out out");
    room.atoll(&line).unwrap_or_else(|e| panic!("{e}"));
    room.read(&format!("out/{file}"))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// The refusal of an analysis: its code and place.
fn refused(room: &Folder, topic: &str) -> String {
    let said = room.atoll(&format!("analyze . {topic} --quiet --out out")).expect_err("a refusal");
    let line = said.lines().next().unwrap_or_default();
    let (code, rest) = line.trim_start_matches("atoll: [").split_once(']').unwrap_or_default();
    let place = rest.rfind(" file ").or(rest.rfind(" column ")).map_or("", |at| &rest[at..]);
    format!("{code}{place}")
}

/// Of a list of reasons or notes: code, column, count, first row.
fn counted(list: &Value) -> Vec<(String, String, u64, u64)> {
    let text = |of: &Value| of.as_str().unwrap_or_default().to_string();
    let number = |of: &Value| of.as_u64().unwrap_or_default();
    let one =
        |p: &Value| (text(&p["code"]), text(&p["column"]), number(&p["count"]), number(&p["first_row"]));
    let mut all: Vec<_> = list.as_array().into_iter().flatten().map(one).collect();
    all.sort();
    all
}

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
