//! Saved models: what a model file says of a tag file is what the room says, whoever reads it and over any number of
//! shards; what does not fit is refused by name; drift and two models side by side show what they should.

mod room;

use atoll::analysis::lookalike::{Comparison, Model, ModelReport};
use atoll::error::{Error, Place};
use atoll::num;
use atoll::room::call::{Call, Export, ModelSource, Reply};
use atoll::room::recipe::Recipe;
use atoll::sample::city;
use room::Bench;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::OnceLock;

const PEOPLE: u32 = 400;

fn recipe(model: Model) -> Recipe {
    let mut recipe = Recipe::parse(&city(PEOPLE, 12).recipe).expect("a recipe");
    recipe.lookalike.model = model;
    recipe
}

/// An open room over the city.
fn opened(shards: usize, model: Model, tags: Vec<u8>) -> Bench {
    opened_as(shards, model, tags, |_| {})
}

fn opened_as(shards: usize, model: Model, tags: Vec<u8>, change: impl Fn(&mut Recipe)) -> Bench {
    let mut recipe = recipe(model);
    change(&mut recipe);
    let mut bench =
        Bench::new(shards, vec![("first_party.csv", city(PEOPLE, 12).first_party), ("tags.csv", tags)]);
    let (first_party, tags) = (bench.file(0), bench.file(1));
    bench.call(Call::Open { recipe: Box::new(recipe), first_party, tags }).expect("opens");
    bench
}

fn tags() -> Vec<u8> {
    city(PEOPLE, 12).tags
}

fn made(bench: &mut Bench, what: Export) -> String {
    let Ok(Reply::Files(files)) = bench.call(Call::Export { what }) else { panic!("a file") };
    String::from_utf8(bench.take(&files[0].name)).expect("UTF-8")
}

/// The saved scorecard of the city, or its blend: fitted once.
fn saved(model: Model) -> String {
    static KNOWN: [OnceLock<String>; 2] = [OnceLock::new(), OnceLock::new()];
    let fit = || made(&mut opened(2, model, tags()), Export::Model);
    KNOWN[usize::from(model == Model::Auto)].get_or_init(fit).clone()
}

/// Scores a file that no room is open for.
fn score(shards: usize, model: &str, tags: Vec<u8>) -> Result<(Bench, ModelReport), Error> {
    let mut bench = Bench::new(shards, vec![("tags.csv", tags)]);
    let recipe = Box::new(recipe(Model::Scorecard).tags);
    let call = Call::Score { model: model.into(), tags: bench.file(0), recipe };
    let Reply::Scored(report) = bench.call(call)? else { panic!("a report") };
    Ok((bench, *report))
}

fn refused(model: &str, tags: Vec<u8>) -> (&'static str, Place) {
    match score(2, model, tags) {
        Ok(_) => panic!("accepted"),
        Err(error) => (error.code(), error.at),
    }
}

/// The tag file with every row changed: cells by the position of their column.
fn changed(change: impl Fn(usize, &mut Vec<String>)) -> Vec<u8> {
    let text = String::from_utf8(tags()).expect("UTF-8");
    let mut out = String::new();
    for (row, line) in text.lines().enumerate() {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        change(row, &mut cells);
        out += &(cells.join(",") + "\n");
    }
    out.into_bytes()
}

fn place_of(column: &str) -> usize {
    let text = String::from_utf8(tags()).expect("UTF-8");
    text.lines().next().expect("a header").split(',').position(|name| name == column).expect("a column")
}

#[test]
fn a_model_scores_its_own_people_as_the_room_does_over_any_shards() {
    for model in [Model::Scorecard, Model::Auto] {
        let text = saved(model);
        let mut home = opened(2, Model::Scorecard, tags());
        let Ok(Reply::Scored(at_home)) = home.call(Call::Challenge { model: text.clone() }) else {
            panic!("a report")
        };
        let scores = made(&mut home, Export::ModelScores { best: false });
        assert!(at_home.same_people && at_home.verdict == "ok");
        assert!(at_home.score.psi == 0.0 && at_home.columns.iter().all(|c| c.psi == 0.0 && c.unseen == 0));
        for shards in [1, 2, 3, 7] {
            let (mut bench, report) = score(shards, &text, tags()).expect("a report");
            assert_eq!(made(&mut bench, Export::ModelScores { best: false }), scores, "{shards} shards");
            assert_eq!((&report.score, &report.columns), (&at_home.score, &at_home.columns));
            assert_eq!(report.contender, None, "nobody is in a seed");
            let best = made(&mut bench, Export::ModelScores { best: true });
            let values: Vec<&str> = best.lines().skip(1).map(|l| l.split(',').nth(1).unwrap_or("")).collect();
            assert!(values.is_sorted_by(|a, b| a >= b) && values.len() == scores.lines().count() - 1);
        }
    }
}

/// A plain reading of model.json and of the tag file: every bin's weight, added up.
#[test]
fn the_scores_are_what_the_file_says() {
    let text = saved(Model::Scorecard);
    let (mut bench, _) = score(3, &text, tags()).expect("a report");
    let scores = made(&mut bench, Export::ModelScores { best: false });
    let model: Value = serde_json::from_str(&text).expect("JSON");
    let steps = |v: &Value| libm::round(v.as_f64().expect("a number") * 1_048_576.0) as i64;
    let list = |v: &Value| v.as_array().cloned().unwrap_or_default();
    let missing: Vec<String> =
        list(&model["missing"]).iter().map(|m| m.as_str().unwrap_or("").to_lowercase()).collect();
    let file = String::from_utf8(tags()).expect("UTF-8");
    let header: Vec<&str> = file.lines().next().expect("a header").split(',').collect();
    let mut seen = BTreeSet::new();
    let mut compared = 0;
    for line in file.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        // Later rows of a person only fill gaps: the first row is checked of those who have one.
        if !seen.insert(cells[0]) || file.matches(cells[0]).count() > 1 {
            continue;
        }
        let mut sum = steps(&model["parts"][0]["intercept"]);
        for (column, weights) in list(&model["columns"]).iter().zip(list(&model["weights"])) {
            let at = header.iter().position(|name| *name == column["column"]).expect("a column");
            let weight = |code: usize| steps(&weights["weights"][code]);
            let cell = cells[at].trim();
            let code = |label: &str| list(&column["labels"]).iter().position(|l| l == label).unwrap_or(0);
            let edges: Vec<f64> = list(&column["edges"])
                .iter()
                .map(|e| e.as_str().and_then(|e| e.parse().ok()).expect("an edge"))
                .collect();
            let none = missing.contains(&cell.to_lowercase());
            sum += match column["kind"].as_str() {
                Some("date") => continue,
                _ if none => weight(0),
                Some("multi") => {
                    let labels: BTreeSet<&str> = cell.split('|').collect();
                    labels.into_iter().map(|label| weight(code(label))).sum()
                }
                Some("category") => weight(code(cell)),
                _ => {
                    let value: f64 = cell.parse().expect("a number");
                    weight(edges.iter().filter(|&&edge| edge <= value).count())
                }
            };
        }
        if list(&model["columns"]).iter().any(|c| c["kind"] == "date") {
            // Dates are binned by days; the other columns tell the score up to the weight of the date's bin.
            let date = list(&model["columns"]).iter().position(|c| c["kind"] == "date").expect("a date");
            let options: Vec<i64> =
                list(&model["weights"][date]["weights"]).iter().map(|w| sum + steps(w)).collect();
            let texts: Vec<String> =
                options.iter().map(|z| num::probability_text(((z + 128) >> 8) as i32)).collect();
            assert!(texts.iter().any(|text| scores.contains(&format!("{},{text}\n", cells[0]))), "{line}");
        } else {
            let text = num::probability_text(((sum + 128) >> 8) as i32);
            assert!(scores.contains(&format!("{},{text}\n", cells[0])), "{line}");
        }
        compared += 1;
    }
    assert!(compared > 300, "{compared}");
}

#[test]
fn what_is_no_whole_model_is_refused_and_the_room_stays() {
    let text = saved(Model::Scorecard);
    assert_eq!(refused(&text[..text.len() / 2], tags()).0, "model-broken");
    let edited = text.replacen("\"share\": 1", "\"share\": 2", 1);
    assert_ne!(edited, text);
    assert_eq!(refused(&edited, tags()).0, "model-edited");
    let (code, at) = refused(&text.replacen("\"version\": 1", "\"version\": 9", 1), tags());
    assert_eq!((code, at.column.as_deref()), ("model-version", Some("9")));
    let mut home = opened(2, Model::Scorecard, tags());
    let before = made(&mut home, Export::Scores);
    for broken in [&edited, ""] {
        assert!(home.call(Call::Challenge { model: broken.into() }).is_err());
    }
    assert_eq!(made(&mut home, Export::Scores), before, "nothing is lost");
    assert!(home.call(Call::Export { what: Export::Drift }).is_err(), "no model was loaded");
}

#[test]
fn columns_that_are_missing_or_hold_other_things_are_named() {
    let text = saved(Model::Scorecard);
    let (city_tier, age) = (place_of("城市等级"), place_of("年龄"));
    let foreign = |tags| {
        let (code, at) = refused(&text, tags);
        (code, at.file, at.column)
    };
    let named = |column: &str| ("model-foreign", Some("tags.csv".to_owned()), Some(column.to_owned()));
    let renamed = |row, cells: &mut Vec<String>| {
        if row == 0 {
            cells[city_tier] = "tier".into();
        }
    };
    assert_eq!(foreign(changed(renamed)), named("城市等级"));
    let words = |row, cells: &mut Vec<String>| {
        if row > 0 {
            cells[age] = "young".into();
        }
    };
    assert_eq!(foreign(changed(words)), named("年龄"));
    let numbers = |row: usize, cells: &mut Vec<String>| {
        if row > 0 {
            cells[city_tier] = row.to_string();
        }
    };
    assert_eq!(foreign(changed(numbers)), named("城市等级"));
    let reordered = |_, cells: &mut Vec<String>| {
        let last = cells.pop().expect("a cell");
        cells.insert(1, last);
        cells.push("more".into());
    };
    let (mut bench, report) =
        score(2, &text, changed(reordered)).expect("order and other columns do not matter");
    assert_eq!(report.score.psi, 0.0);
    let (mut plain, _) = score(2, &text, tags()).expect("a report");
    let scores = Export::ModelScores { best: false };
    assert_eq!(made(&mut bench, scores.clone()), made(&mut plain, scores));
}

#[test]
fn labels_that_were_never_seen_count_as_missing_and_are_told() {
    let text = saved(Model::Auto);
    let (gender, likes) = (place_of("性别"), place_of("兴趣"));
    let odd = |with: &'static str, more: &'static str| {
        changed(move |row, cells| {
            if (1..=5).contains(&row) {
                cells[gender] = with.into();
                cells[likes] = format!("{}{more}", cells[likes]);
            }
        })
    };
    let (mut unseen, report) = score(2, &text, odd("其他", "|从没见过")).expect("a report");
    let cells = |name: &str| report.columns.iter().find(|c| c.feature == name).map(|c| c.unseen);
    assert_eq!((cells("性别"), cells("兴趣"), cells("年龄")), (Some(5), Some(5), Some(0)));
    let (mut missing, _) = score(2, &text, odd("", "")).expect("a report");
    let scores = Export::ModelScores { best: false };
    assert_eq!(made(&mut unseen, scores.clone()), made(&mut missing, scores));
}

#[test]
fn drift_is_seen_where_it_is() {
    let text = saved(Model::Scorecard);
    let (gender, age) = (place_of("性别"), place_of("年龄"));
    let shifted = changed(|row, cells| {
        if row > 0 {
            cells[gender] = "女".into();
            cells[age] = cells[age].parse().map_or(String::new(), |years: u32| (years + 200).to_string());
        }
    });
    let (mut bench, report) = score(2, &text, shifted).expect("a report");
    let of = |name: &str| report.columns.iter().find(|c| c.feature == name).expect("a column");
    assert!(of("性别").psi > 0.25 && of("性别").band == "retrain");
    assert!(of("年龄").psi > 0.25 && of("年龄").unseen == 0, "above the highest edge is the highest bin");
    assert_eq!((of("省份").psi, of("省份").band.as_str()), (0.0, "ok"), "control");
    assert_ne!(report.verdict, "ok");
    assert!(!report.same_people);
    let csv = made(&mut bench, Export::Drift);
    assert!(csv.starts_with("\u{feff}column,psi,noise,band,unseen_cells,value,share_then,share_now\n,"));
    assert!(csv.lines().any(|line| line.starts_with("性别,") && line.contains(",retrain,0,男,")));
}

#[test]
fn a_loaded_model_is_held_against_the_seed_and_gives_crowds() {
    let text = saved(Model::Scorecard);
    let mut home = opened(3, Model::Scorecard, tags());
    let Ok(Reply::Scored(report)) = home.call(Call::Challenge { model: text }) else { panic!("a report") };
    let contender = report.contender.expect("there is a seed");
    assert!(contender.auc > report.auc, "it has seen these very people: {}", contender.auc);
    assert!(contender.auc_interval.0 <= contender.auc && contender.curve.len() == 101);
    let sizes: Vec<u64> = report.tiers.iter().map(|tier| tier.people).collect();
    let of = report.tiers.into_iter().map(|tier| tier.crowd).collect();
    let Ok(Reply::Counts(counts)) = home.call(Call::Count { of }) else { panic!("counts") };
    assert_eq!(counts, sizes);
    assert!(sizes.len() == 4 && sizes.is_sorted());
}

/// A model that cannot be used changes nothing of the one that was loaded before.
#[test]
fn a_refused_model_leaves_the_loaded_one() {
    let text = saved(Model::Scorecard);
    let age = place_of("年龄");
    let words = changed(|row, cells| {
        if row > 0 {
            cells[age] = if row % 2 == 0 { "young".into() } else { "old".into() };
        }
    });
    let foreign = {
        let mut bench = opened_as(2, Model::Scorecard, words, |recipe| {
            recipe.tags.numbers.retain(|name| name != "年龄");
            recipe.tags.categories.push("年龄".into());
        });
        made(&mut bench, Export::Model)
    };
    let mut home = opened(3, Model::Scorecard, tags());
    home.call(Call::Challenge { model: text.clone() }).expect("a report");
    let scores = Export::ModelScores { best: false };
    let before = made(&mut home, scores.clone());
    let refused = home.call(Call::Challenge { model: foreign }).expect_err("ages are no words here");
    assert_eq!((refused.code(), refused.at.column.as_deref()), ("model-foreign", Some("年龄")));
    assert_eq!(made(&mut home, scores.clone()), before);
    home.call(Call::Challenge { model: text }).expect("a report");
    assert_eq!(made(&mut home, scores), before, "nothing of the refused one is left");
}

fn compare(bench: &mut Bench, one: ModelSource, other: ModelSource) -> Result<Comparison, Error> {
    match bench.call(Call::Compare { one, other })? {
        Reply::Compared(found) => Ok(found),
        _ => panic!("a comparison"),
    }
}

#[test]
fn two_models_stand_side_by_side() {
    let mut home = opened(2, Model::Scorecard, tags());
    assert_eq!(
        compare(&mut home, ModelSource::Fitted, ModelSource::Before).map_err(|e| e.code()),
        Err("too-early")
    );
    let mut plan = recipe(Model::Scorecard).lookalike;
    home.call(Call::Lookalike { plan: plan.clone() }).expect("a report");
    let text = made(&mut home, Export::Model);
    (plan.l2, plan.model) = (50.0, Model::Boosted);
    home.call(Call::Lookalike { plan }).expect("a report");
    let found = compare(&mut home, ModelSource::Before, ModelSource::Fitted).expect("two runs");
    assert_eq!(found.models, ["scorecard", "boosted"].map(String::from));
    assert!(!found.rows.is_empty());
    let file = || ModelSource::File { text: text.clone() };
    let same = compare(&mut home, ModelSource::Before, file()).expect("the run before is the file");
    assert!(same.flips == 0 && same.rows.iter().all(|row| row.one == row.other));
    home.call(Call::Challenge { model: text.clone() }).expect("a report");
    let loaded = compare(&mut home, ModelSource::Loaded, file()).expect("the loaded is the file");
    assert_eq!(loaded.rows, same.rows);
    let csv = made(&mut home, Export::Comparison);
    assert!(csv.starts_with("\u{feff}column,value,effect_a,noise_a,effect_b,noise_b,flip\n"));
}

/// The rest as the seed: what spoke for now speaks against. Control: the same seed does not flip.
#[test]
fn signs_flip_where_the_seed_is_turned_over() {
    let people = 3_000;
    let city = city(people, 12);
    let members: BTreeSet<String> = String::from_utf8(city.truth.clone())
        .expect("UTF-8")
        .lines()
        .map(|line| line.split(',').next().unwrap_or("").to_owned())
        .collect();
    assert!(!members.is_empty());
    let ids = |inside: bool| -> Vec<u8> {
        // Likes of a kind make the seed, or the others do.
        let tags = String::from_utf8(city.tags.clone()).expect("UTF-8");
        let rows = tags.lines().skip(1).filter(|line| line.contains("护肤") == inside);
        let ids = rows.filter_map(|line| line.split(',').next().filter(|id| !id.is_empty()));
        ("id\n".to_owned() + &ids.map(|id| format!("{id}\n")).collect::<String>()).into_bytes()
    };
    let text = |first_party: Vec<u8>| {
        let mut bench =
            Bench::new(2, vec![("first_party.csv", first_party), ("tags.csv", city.tags.clone())]);
        let mut recipe = recipe(Model::Scorecard);
        let is = recipe.tags.id_recipe();
        recipe.first_party =
            atoll::room::recipe::FileRecipe::of("first_party.csv", recipe.tags.id.clone(), is);
        recipe.lookalike.without = vec!["兴趣".into()];
        let (first_party, tags) = (bench.file(0), bench.file(1));
        bench.call(Call::Open { recipe: Box::new(recipe), first_party, tags }).expect("opens");
        made(&mut bench, Export::Model)
    };
    let (one, other) = (text(ids(true)), text(ids(false)));
    let mut bench = Bench::new(1, vec![]);
    let file = |text: &String| ModelSource::File { text: text.clone() };
    let turned = compare(&mut bench, file(&one), file(&other)).expect("two models");
    assert!(turned.flips > 0 && turned.rows[0].flip, "{} flips", turned.flips);
    let same = compare(&mut bench, file(&one), file(&one)).expect("two models");
    assert_eq!(same.flips, 0);
}
