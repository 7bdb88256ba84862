//! Crowds, waves and crowds side by side from the recipe: the same bytes at any number of shards and from the page's
//! calls; counts are those of a plain walk over the rows; what cannot be made is refused by code and place.

mod room;

use atoll::analysis::crowds::{NamedCrowd, WavePlan};
use atoll::audience::Expr;
use atoll::error::Kind;
use atoll::room::call::{AllMade, Call, Export, Made, Reply};
use atoll::room::recipe::Recipe;
use room::Bench;
use std::collections::{BTreeMap, BTreeSet};

const PEOPLE: usize = 2_000;
const CITIES: [&str; 5] = ["北京", "上海", "广州", "成都", "西安"];

struct Person {
    id: String,
    seed: bool,
    city: &'static str,
    age: usize,
    woman: bool,
}

fn people() -> Vec<Person> {
    let one = |i: usize| Person {
        id: format!("138{i:08}"),
        seed: i.is_multiple_of(5),
        city: CITIES[(i * 7 % 11 + usize::from(i.is_multiple_of(5))) % 5],
        age: 18 + i * 31 % 53,
        woman: i.is_multiple_of(2) || i.is_multiple_of(15),
    };
    (0..PEOPLE).map(one).collect()
}

fn files() -> Vec<(&'static str, Vec<u8>)> {
    let people = people();
    let ours: String = people.iter().filter(|p| p.seed).map(|p| format!("{}\n", p.id)).collect();
    let line = |p: &Person| format!("{},{},{},{}\n", p.id, p.city, p.age, if p.woman { "f" } else { "m" });
    let tags = "id,city,age,sex\n".to_string() + &people.iter().map(line).collect::<String>();
    vec![("ours.csv", ours.into_bytes()), ("tags.csv", tags.into_bytes())]
}

const RECIPE: &str = r#"
[first_party]
file = "ours.csv"
id = 1
kind = "phone"
header = false
[tags]
file = "tags.csv"
id = "id"
kind = "phone"
numbers = ["age"]
categories = ["city", "sex"]
[lookalike]
model = "scorecard"
[personas]
k = 3
[[portraits]]
name = "south"
tags = [{ feature = "city", values = ["广州"], weight = 1 }]
by = "people"
at = 300
[[crowds]]
name = "Women/north"
crowd = { is = "and", of = [{ is = "tag", feature = "sex", values = ["f"] }, { is = "tag", feature = "city", values = ["北京"] }] }
[[crowds]]
name = "women:North"
crowd = { is = "tag", feature = "sex", values = ["f"] }
[[crowds]]
name = "=nobody"
crowd = { is = "tag", feature = "city", values = ["月球"] }
[[crowds]]
name = "first persona"
crowd = { is = "measure", measure = "persona", from = 1, to = 1 }
[[crowds]]
name = "south"
crowd = { is = "minus", from = { is = "measure", measure = "portrait.south", from = 1, to = 2147483647 }, take = { is = "seed" } }
[waves]
crowd = { is = "tag", feature = "sex", values = ["f"] }
suppress = [{ is = "seed" }]
holdout = 10
top = 20
floor = 60
offer = { wave-1 = "满 300, 减 50" }
[[signs]]
crowd = { is = "seed" }
against = { is = "everyone" }
[[signs]]
crowd = { is = "tag", feature = "sex", values = ["f"] }
against = { is = "tag", feature = "city", values = ["上海"] }
[matrix]
[overlap]
of = [{ name = "seed", crowd = { is = "seed" } }, { name = "women", crowd = { is = "tag", feature = "sex", values = ["f"] } }]
"#;

fn opened(shards: usize, recipe: &Recipe) -> Bench {
    let mut bench = Bench::new(shards, files());
    let (first_party, tags) = (bench.file(0), bench.file(1));
    bench.call(Call::Open { recipe: Box::new(recipe.clone()), first_party, tags }).expect("the files open");
    bench
}

fn recipe() -> Recipe {
    Recipe::parse(RECIPE).expect("a recipe")
}

/// Everything a run writes, by name; `run.json` apart, as it names the others.
fn all(bench: &mut Bench) -> (BTreeMap<String, String>, String) {
    let Ok(Reply::All(AllMade { files: made, .. })) = bench.call(Call::ExportAll) else { panic!("no files") };
    let take =
        |made: &Made| (made.name.clone(), String::from_utf8_lossy(&bench.take(&made.name)).into_owned());
    let mut files: BTreeMap<String, String> = made.iter().map(take).collect();
    let run = files.remove("run.json").expect("a run");
    (files, run)
}

/// The IDs of a list, each once.
fn ids(text: &str) -> BTreeSet<&str> {
    let set: BTreeSet<&str> = text.lines().collect();
    assert_eq!(set.len(), text.lines().count(), "nobody twice");
    set
}

fn of(people: &[Person], is: impl Fn(&Person) -> bool) -> BTreeSet<&str> {
    people.iter().filter(|p| is(p)).map(|p| p.id.as_str()).collect()
}

fn row<'a>(csv: &'a str, starts: &str) -> Vec<&'a str> {
    let line = csv.lines().find(|line| line.starts_with(starts));
    line.unwrap_or_else(|| panic!("{starts} in {csv}")).split(',').collect()
}

#[test]
fn any_number_of_shards_and_both_ways_give_the_same_files() {
    let (one, run) = all(&mut opened(1, &recipe()));
    for shards in [2, 3, 7] {
        assert!(all(&mut opened(shards, &recipe())) == (one.clone(), run.clone()), "{shards} shards");
    }
    for name in one.keys() {
        assert!(run.contains(&format!("\"name\": \"{name}\"")), "{name} is in run.json");
    }
    // The page opens its files first and tells of crowds later; its recipe then says the same.
    let plain = Recipe::parse(RECIPE.split("[[crowds]]").next().expect("a head")).expect("a recipe");
    let mut bench = opened(3, &plain);
    let (bare, _) = all(&mut bench);
    assert!(bare.keys().all(|name| !name.starts_with("crowd") && !name.starts_with("wave")), "control");
    let Ok(Reply::Recipe(kept)) = bench.call(Call::Keep { recipe: Box::new(recipe()) }) else { panic!() };
    assert!(all(&mut bench) == (one, run), "kept later");
    assert_eq!(Recipe::parse(&kept.text()).expect("reads back"), *kept);
    assert_eq!(kept.crowds, recipe().crowds);
}

#[test]
fn crowds_are_those_of_the_rows_and_lean_on_what_the_run_made() {
    let mut plan = recipe();
    let mut bench = opened(2, &plan);
    let Ok(Reply::Lookalike(report)) = bench.call(Call::Lookalike { plan: plan.lookalike.clone() }) else {
        panic!("no model")
    };
    plan.crowds.push(NamedCrowd { name: "best".into(), crowd: report.tiers[0].crowd.clone() });
    let (files, _) = all(&mut opened(2, &plan));
    let people = people();
    let (table, woman) = (&files["crowds.csv"], |p: &Person| p.woman);
    let north = of(&people, |p| p.woman && p.city == "北京");
    assert_eq!(ids(&files["crowd-Women_north.csv"]), north);
    assert_eq!(ids(&files["crowd-2-women_North.csv"]), of(&people, woman), "one name to some file systems");
    let seeds = people.iter().filter(|p| p.seed).count() as f64;
    let in_seed = people.iter().filter(|p| p.seed && p.woman && p.city == "北京").count() as f64;
    let (n, all) = (north.len() as f64, PEOPLE as f64);
    let line = format!(
        "crowd-Women_north.csv,Women/north,{n},{:.6},{:.6},{:.2}",
        n / all,
        in_seed / n,
        100.0 * (in_seed / n) / (seeds / all)
    );
    assert!(table.lines().any(|row| row == line), "{line} in {table}");
    assert!(table.lines().any(|row| row == ",'=nobody,0,0.000000,,"), "{table}");
    assert!(!files.contains_key("crowd-=nobody.csv"), "a list of nobody is no file");
    let column = |name: &str, value: &str| -> BTreeSet<String> {
        let end = format!(",{value}");
        files[name].lines().filter_map(|line| line.strip_suffix(&end).map(str::to_owned)).collect()
    };
    let same = |name: &str, ids_of: &BTreeSet<String>| {
        assert_eq!(ids(&files[name]), ids_of.iter().map(String::as_str).collect(), "{name}");
        assert!(!ids_of.is_empty(), "{name}");
    };
    same("crowd-first persona.csv", &column("personas.csv", "1"));
    same("crowd-best.csv", &column("audience.csv", "1"));
    let best: Vec<&str> = files["audience.csv"].lines().filter_map(|line| line.strip_suffix(",1")).collect();
    assert_eq!(files["crowd-best.csv"].lines().collect::<Vec<_>>(), best, "the best score first");
    let south = of(&people, |p| p.city == "广州" && !p.seed);
    assert_eq!(ids(&files["crowd-south.csv"]), south);
    // Another base and target: those of the rows again.
    plan.quality.base = plan.crowds[1].crowd.clone();
    plan.quality.target = Expr::Tag { feature: "city".into(), values: vec!["北京".into()] };
    let (files, _) = all_of(&plan);
    let women = people.iter().filter(|p| p.woman).count() as f64;
    let cells = row(&files["crowds.csv"], "crowd-Women_north.csv");
    assert_eq!(
        cells[3..],
        [format!("{:.6}", n / women), "1.000000".into(), format!("{:.2}", 100.0 * women / n)]
    );
}

fn all_of(plan: &Recipe) -> (BTreeMap<String, String>, String) {
    all(&mut opened(1, plan))
}

#[test]
fn waves_are_the_crowd_each_person_once() {
    let (files, _) = all_of(&recipe());
    let people = people();
    let lists = ["wave-1", "wave-2", "holdout"].map(|wave| ids(&files[&format!("{wave}.csv")]));
    let women = of(&people, |p| p.woman && !p.seed);
    let table = &files["waves.csv"];
    for (wave, list) in ["wave-1", "wave-2", "holdout"].iter().zip(&lists) {
        assert_eq!(row(table, wave)[1], list.len().to_string(), "{wave}");
        assert!(list.is_subset(&women) && !list.is_empty(), "{wave}");
    }
    assert!(lists[0].is_disjoint(&lists[1]) && lists[2].is_disjoint(&(&lists[0] | &lists[1])));
    let number = |wave: &str| row(table, wave)[1].parse::<usize>().expect("a number");
    let suppressed = people.iter().filter(|p| p.woman && p.seed).count();
    assert_eq!(number("suppressed"), suppressed);
    let held = lists[2].len() as f64 / women.len() as f64;
    assert!((0.07..0.13).contains(&held), "{held}");
    let told: usize = ["wave-1", "wave-2", "left", "holdout", "suppressed"].map(number).iter().sum();
    assert_eq!((told, number("all")), (women.len() + suppressed, women.len() + suppressed));
    assert!(table.contains("\"满 300, 减 50\""), "{table}");
    // The first wave scores above everyone in the second.
    let scores: BTreeMap<&str, f64> = files["scores.csv"]
        .lines()
        .skip(1)
        .filter_map(|line| Some((line.split(',').next()?, line.rsplit(',').next()?.parse().ok()?)))
        .collect();
    let score = |list: &BTreeSet<&str>| list.iter().map(|id| scores[id]).collect::<Vec<_>>();
    let lowest = score(&lists[0]).into_iter().fold(1.0, f64::min);
    assert!(score(&lists[1]).into_iter().all(|s| s <= lowest));
    // By a crowd instead of the score, and the same draw.
    let mut plan = recipe();
    let waves = plan.waves.as_mut().expect("waves");
    (waves.top, waves.floor) = (None, None);
    waves.first = Some(Expr::Tag { feature: "city".into(), values: vec!["北京".into()] });
    waves.converted = Some(Expr::Tag { feature: "city".into(), values: vec!["上海".into()] });
    let (files, _) = all_of(&plan);
    let reached = &women - &lists[2];
    let city = |city: &str| -> BTreeSet<&str> { &of(&people, |p| p.city == city) & &reached };
    assert_eq!(ids(&files["holdout.csv"]), lists[2]);
    assert_eq!(ids(&files["wave-1.csv"]), city("北京"));
    assert_eq!(ids(&files["wave-2.csv"]), &(&reached - &city("北京")) - &city("上海"));
    assert_eq!(row(&files["waves.csv"], "converted")[1], city("上海").len().to_string());
}

#[test]
fn comparisons_count_the_rows() {
    let (files, run) = all_of(&recipe());
    let people = people();
    let count = |is: &dyn Fn(&Person) -> bool| people.iter().filter(|p| is(p)).count();
    let cells = row(&files["signs.csv"], "city,北京");
    let [seed, rest, women, others] = [
        count(&|p| p.seed && p.city == "北京"),
        count(&|p| !p.seed && p.city == "北京"),
        count(&|p| p.woman && p.city == "北京"),
        0,
    ]
    .map(|n| n.to_string());
    assert_eq!([cells[3], cells[5], cells[12], cells[14]], [seed, rest, women, others]);
    assert!(cells[2] == "up" || cells[2] == "down" || cells[2] == "even");
    assert!(files["matrix.csv"].contains("\n'=nobody,"), "names do not run");
    let both = count(&|p| p.seed && p.woman);
    assert_eq!(row(&files["overlap.csv"], "seed ∧ women,")[1], both.to_string());
    assert_eq!(row(&files["overlap.csv"], "seed,")[1], (count(&|p| p.seed) - both).to_string());
    let (women, seeds) = (count(&|p| p.woman), count(&|p| p.seed));
    let cells = row(&files["similarity.csv"], "women,seed");
    assert_eq!(cells[2], both.to_string());
    assert_eq!(cells[3], format!("{:.6}", both as f64 / (women + seeds - both) as f64));
    assert_eq!(cells[8], format!("{:.6}", both as f64 / women as f64));
    // Deciles of everyone outside the seed: a row is its crowd without the seed.
    let matrix = &files["matrix.csv"];
    let sum: usize =
        row(matrix, "women:North")[1..].iter().map(|n| n.parse::<usize>().expect("a number")).sum();
    assert_eq!(sum, count(&|p| p.woman && !p.seed));
    assert_eq!(matrix.lines().count(), 2 + recipe().crowds.len());
    let small = |run: &str| -> u64 {
        let line = run.lines().find_map(|line| line.trim().strip_prefix("\"small_cells\": "));
        line.and_then(|n| n.trim_end_matches(',').parse().ok()).expect("a number")
    };
    let plain = Recipe::parse(RECIPE.split("[[crowds]]").next().expect("a head")).expect("a recipe");
    assert!(small(&run) > small(&all_of(&plain).1), "small cells of lists are counted");
}

#[test]
fn what_cannot_be_made_is_refused_by_code_and_place() {
    let refused = |change: &dyn Fn(&mut Recipe)| {
        let mut plan = recipe();
        change(&mut plan);
        let refused = opened(2, &plan).call(Call::ExportAll).expect_err("refused");
        (refused.kind, refused.at.column.unwrap_or_default())
    };
    let leans = |measure: &str| Expr::Measure { measure: measure.into(), from: 1, to: 1 };
    let named = |name: &str, crowd: Expr| NamedCrowd { name: name.into(), crowd };
    let push = |crowd: Expr| move |plan: &mut Recipe| plan.crowds.push(named("new", crowd.clone()));
    assert_eq!(refused(&push(leans("model"))), (Kind::MeasureMissing, "model".into()));
    assert_eq!(refused(&push(leans("portrait.moon"))), (Kind::MeasureMissing, "portrait.moon".into()));
    assert_eq!(refused(&push(leans("persona.fit.9"))), (Kind::MeasureMissing, "persona.fit.9".into()));
    let moon = Expr::Tag { feature: "moon".into(), values: vec![] };
    assert_eq!(refused(&push(moon)), (Kind::ColumnMissing, "moon".into()));
    let range = |name: &str| (Kind::OutOfRange, name.to_string());
    let waves = |plan: &mut Recipe| plan.waves.clone().expect("waves");
    assert_eq!(refused(&|plan| plan.crowds[1].name = "south".into()), range("crowds.name"));
    assert_eq!(refused(&|plan| plan.crowds[1].name = String::new()), range("crowds.name"));
    assert_eq!(
        refused(&|plan| plan.waves = Some(WavePlan { holdout: 101.0, ..waves(plan) })),
        range("waves.holdout")
    );
    assert_eq!(
        refused(&|plan| plan.waves = Some(WavePlan { first: Some(Expr::Seed), ..waves(plan) })),
        range("waves.top")
    );
    assert_eq!(
        refused(&|plan| plan.waves = Some(WavePlan { top: None, ..waves(plan) })),
        range("waves.floor")
    );
    let alone = |plan: &mut Recipe| plan.overlap.iter_mut().for_each(|side| side.of.truncate(1));
    assert_eq!(refused(&alone), range("overlap.of"));
    assert_eq!(refused(&|plan| plan.crowds.clear()), range("matrix.of"));
    for moon in ["[quality]\nmoon = 1", "[waves]\nmoon = 1", "[matrix]\nmoon = 1", "[[crowds]]\nname = \"a\""]
    {
        let head = RECIPE.split("[[crowds]]").next().expect("a head");
        assert_eq!(
            Recipe::parse(&format!("{head}{moon}\n")).map_err(|e| e.kind),
            Err(Kind::RecipeInvalid),
            "{moon}"
        );
    }
    // A list the recipe does not ask for; and one of somebody who is there, as a control.
    let mut bench = opened(1, &recipe());
    let mut list = |name: &str| bench.call(Call::Export { what: Export::List { name: name.into() } });
    assert_eq!(list("crowd-moon.csv").map_err(|e| e.kind), Err(Kind::OutOfRange));
    assert!(matches!(list("crowd-south.csv"), Ok(Reply::Files(made)) if made[0].rows > 0));
}
