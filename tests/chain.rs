//! The chain on the sample city, from two files to `chain.csv`: the six planted personas come back from eight
//! clusters, at any number of shards, and not from shuffled tags; what was edited stands in the recipe and in every
//! file; portraits of a product nobody bought yet.

mod room;

use atoll::analysis::personas::{
    Card, CutBy, ExpandPlan, MergePlan, PersonasPlan, PersonasReport, PortraitPlan, TagWeight,
};
use atoll::audience::Expr;
use atoll::num::adjusted_rand_index;
use atoll::room::call::{Call, Export, Reply};
use atoll::room::recipe::Recipe;
use atoll::sample;
use room::Bench;
use std::collections::BTreeMap;

/// Big enough for eight clusters of the seed.
const PEOPLE: u32 = 8_000;

/// The city opened over so many shards, with these tags.
fn opened(city: &sample::City, tags: Vec<u8>, shards: usize) -> Bench {
    let files = vec![("first_party.csv", city.first_party.clone()), ("tags.csv", tags)];
    let mut bench = Bench::new(shards, files);
    let (first_party, tags) = (bench.file(0), bench.file(1));
    for file in [first_party.clone(), tags.clone()] {
        bench.call(Call::Inspect { file, overrule: Default::default() }).expect("inspects");
    }
    let recipe = Box::new(Recipe::parse(&city.recipe).expect("the city's recipe"));
    bench.call(Call::Open { recipe, first_party, tags }).expect("opens");
    bench
}

fn chain() -> PersonasPlan {
    PersonasPlan { chain: true, ..PersonasPlan::default() }
}

fn personas(bench: &mut Bench, plan: PersonasPlan) -> PersonasReport {
    match bench.call(Call::Personas { plan: Box::new(plan) }) {
        Ok(Reply::Personas(report)) => *report,
        other => panic!("{other:?}"),
    }
}

fn file(bench: &mut Bench, what: Export) -> String {
    match bench.call(Call::Export { what }) {
        Ok(Reply::Files(made)) => String::from_utf8(bench.take(&made[0].name)).expect("UTF-8"),
        other => panic!("{other:?}"),
    }
}

/// A column of a file by its first one.
fn column(text: &str, at: usize) -> BTreeMap<&str, &str> {
    text.lines()
        .skip(1)
        .filter_map(|line| Some((line.split(',').next()?, line.split(',').nth(at)?)))
        .collect()
}

/// Agreement of the personas of `chain.csv` with the planted ones.
fn agreement(chain: &str, truth: &[u8]) -> f64 {
    let truth = String::from_utf8_lossy(truth);
    let (found, planted) = (column(chain, 1), column(&truth, 1));
    let mut names: Vec<&str> = planted.values().copied().collect();
    names.sort_unstable();
    names.dedup();
    let mut table = vec![vec![0u64; 21]; names.len()];
    for (id, persona) in &found {
        let row = names.binary_search(&planted[id]).expect("a planted persona");
        table[row][persona.parse::<usize>().expect("a number")] += 1;
    }
    adjusted_rand_index(&table)
}

#[test]
fn eight_clusters_of_the_city_become_its_six_personas() {
    let city = sample::city(PEOPLE, 11);
    let mut bench = opened(&city, city.tags.clone(), 1);
    let report = personas(&mut bench, chain());
    assert_eq!((report.parts.len(), report.k), (8, 6));
    let (csv, json) = (file(&mut bench, Export::ChainIds), file(&mut bench, Export::Chain));
    let found = agreement(&csv, &city.truth);
    assert!(found >= 0.9, "{found}");
    let layers = column(&csv, 2);
    assert!(layers.values().all(|layer| ["core", "more", "rest"].contains(layer)));
    let own: u64 =
        report.clusters.iter().map(|c| c.people + c.expanded.as_ref().map_or(0, |e| e.people)).sum();
    assert_eq!(layers.len() as u64, own);
    for key in ["contrast", "clusters", "merges", "settled", "personas"] {
        assert!(json.contains(&format!("\n  \"{key}\":")), "{key}");
    }
    let mut split = opened(&city, city.tags.clone(), 3);
    personas(&mut split, chain());
    assert!(file(&mut split, Export::ChainIds) == csv && file(&mut split, Export::Chain) == json, "3 shards");
}

/// Somebody like two personas has one line with both: personas of the file add up to those of the report.
#[test]
fn people_in_several_personas_have_one_line_with_all_of_them() {
    let city = sample::city(PEOPLE, 11);
    let expand = Some(ExpandPlan { exclusive: false, by: CutBy::Share, at: 40.0 });
    let mut bench = opened(&city, city.tags.clone(), 2);
    let report = personas(&mut bench, PersonasPlan { expand, ..chain() });
    let csv = file(&mut bench, Export::ChainIds);
    let (found, layers) = (column(&csv, 1), column(&csv, 2));
    assert_eq!(found.len(), csv.lines().count() - 1, "an ID stands once");
    assert!(found.values().any(|cell| cell.contains('|')));
    for (at, cluster) in report.clusters.iter().enumerate() {
        let number = (at + 1).to_string();
        let people = found.values().filter(|cell| cell.split('|').any(|part| part == number)).count() as u64;
        assert_eq!(people, cluster.people + cluster.expanded.as_ref().map_or(0, |e| e.people), "{number}");
        let layer = &cluster.layer.as_ref().expect("layers").layer;
        let told = found.iter().filter(|(id, cell)| {
            let place = cell.split('|').position(|part| part == number);
            place.is_some_and(|place| layers[*id].split('|').nth(place) != Some(layer))
        });
        assert_eq!(told.count(), 0, "layers stand in the order of the personas");
    }
}

/// The control: every column keeps its values and loses whose they are.
#[test]
fn shuffled_tags_hold_no_personas() {
    let city = sample::city(PEOPLE, 11);
    let text = String::from_utf8(city.tags.clone()).expect("UTF-8");
    let mut rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let mut state = 1u64;
    for at in 1..rows[0].len() {
        for i in (2..rows.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let j = 1 + (state >> 33) as usize % i;
            let (a, b) = (rows[i][at], rows[j][at]);
            (rows[i][at], rows[j][at]) = (b, a);
        }
    }
    let shuffled: String = rows.iter().map(|row| row.join(",") + "\n").collect();
    let mut bench = opened(&city, shuffled.into_bytes(), 2);
    // No tag tells the seed apart, which is a refusal; without the contrast there are clusters, of nothing.
    let merge = Some(MergePlan { to: Some(6), ..MergePlan::default() });
    let plan = PersonasPlan { k: atoll::analysis::personas::K::Given(8), merge, ..PersonasPlan::default() };
    personas(&mut bench, plan);
    let found = agreement(&file(&mut bench, Export::ChainIds), &city.truth);
    assert!(found < 0.05, "{found}");
}

#[test]
fn names_and_cards_stand_in_the_recipe_and_in_every_file() {
    let city = sample::city(PEOPLE, 7);
    let mut bench = opened(&city, city.tags.clone(), 2);
    let report = personas(&mut bench, chain());
    let first = &report.clusters[0];
    let tags = first.top.iter().map(|t| format!("{}={}", t.feature, t.value)).collect();
    let card = Card { tags, name: "精致妈妈".into(), why: "复购最高 <b>".into(), ..Card::default() };
    let plan = PersonasPlan { cards: vec![card], ..chain() };
    let named = personas(&mut bench, plan.clone());
    assert_eq!((named.clusters[0].name.as_str(), &named.clusters[0].marks), ("精致妈妈", &first.name));
    assert_eq!(named.clusters[1], report.clusters[1]);
    let recipe = file(&mut bench, Export::Recipe);
    assert_eq!(Recipe::parse(&recipe).expect("reads back").personas, plan);
    let page = file(&mut bench, Export::Report { language: "zh".into() });
    assert!(page.contains("精致妈妈") && page.contains("复购最高 &lt;b&gt;"));
    assert!(file(&mut bench, Export::Personas).contains("\"name\": \"精致妈妈\""));
    // Without merges the persona is cut another way, and the card finds it again by its labels.
    let six = PersonasPlan { chain: false, k: atoll::analysis::personas::K::Given(6), ..plan };
    assert!(personas(&mut bench, six).clusters.iter().any(|c| c.name == "精致妈妈"));
}

#[test]
fn a_portrait_stands_in_the_recipe_and_has_its_files() {
    let city = sample::city(PEOPLE, 7);
    let mut bench = opened(&city, city.tags.clone(), 2);
    let tag = |feature: &str, value: &str, weight| TagWeight {
        feature: feature.into(),
        values: vec![value.into()],
        weight,
    };
    let plan = PortraitPlan {
        name: "新奶粉".into(),
        tags: vec![tag("兴趣", "母婴", 2.0), tag("常购品类", "母婴用品", 1.0)],
        proxy: None,
        by: CutBy::People,
        at: 200.0,
    };
    let draft = PortraitPlan { name: String::new(), ..plan.clone() };
    let proxy = Some(Expr::Tag { feature: "兴趣".into(), values: vec!["母婴".into()] });
    let like = PortraitPlan { name: "像母婴人群".into(), tags: vec![], proxy, ..plan.clone() };
    for plan in [draft, plan.clone(), like.clone()] {
        assert!(
            matches!(bench.call(Call::Portrait { plan }), Ok(Reply::Portrait(made)) if made.taken == 200)
        );
    }
    let recipe = Recipe::parse(&file(&mut bench, Export::Recipe)).expect("reads back");
    assert_eq!(recipe.portraits, [plan, like]);
    let truth = String::from_utf8_lossy(&city.truth).into_owned();
    let planted = column(&truth, 1);
    for name in ["新奶粉", "像母婴人群"] {
        let ids = file(&mut bench, Export::PortraitIds { name: name.into() });
        let found = column(&ids, 1);
        let mothers = found.keys().filter(|id| planted[**id] == "精致妈妈").count();
        assert!(found.len() == 200 && mothers > 150, "{name}: {mothers} of 200");
        let scores: Vec<i32> =
            ids.lines().skip(1).filter_map(|line| line.split(',').nth(1)?.parse().ok()).collect();
        assert!(scores.is_sorted_by(|a, b| a >= b), "likest first");
    }
    assert!(file(&mut bench, Export::Portraits).contains("\"ladder\""));
}
