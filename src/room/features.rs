//! What people did as a tag file, those with the outcome as a seed, and a room that learns one from the other.

use super::found::{Place, in_order, texts};
use super::past::PastRecipe;
use super::recipe::{ColumnRef, FileRecipe};
use super::toml;
use crate::analysis::features::{self, Feature, FeaturePlan, Foretold, Lined, Standing};
use crate::analysis::stages::{self, StagePlan};
use crate::error::Result;
use crate::export::csv::quoted;
use crate::export::over_time::Files;
use crate::id;
use crate::json;
use crate::shard::desk::Desk;
use crate::table::history::{PastSchema, file_of, money};
use serde::Serialize;
use std::collections::BTreeMap;

/// The room to open: a seed and a tag file of one kind of ID.
#[derive(Serialize)]
struct Model {
    first_party: FileRecipe,
    tags: FileRecipe,
}

/// Holds features against the outcome; where that is a move between stages, the stages of its day are asked first. What they
/// leave behind is then put right again, so that a crowd of theirs is who it was before.
pub(super) async fn foretold(desk: &Desk, schema: &PastSchema, recipe: &PastRecipe) -> Result<Foretold> {
    let plan = &recipe.features;
    plan.check()?;
    if plan.moves().is_some() {
        stages::stages(desk, schema, &of_the_day(plan, &recipe.stages)).await?;
    }
    let names = recipe.stages.rules().into_iter().map(|rule| rule.name).collect();
    let standing = Standing { measures: [stages::WAS, stages::STAGE], names };
    let found = features::features(desk, schema, plan, &standing).await;
    if plan.moves().is_some() {
        // Stages that cannot be asked as the recipe has them have left nothing behind before, either.
        stages::stages(desk, schema, &recipe.stages).await.ok();
    }
    found
}

/// The recipe's stages, on the day until which features are known and on the last.
fn of_the_day(plan: &FeaturePlan, stages: &StagePlan) -> StagePlan {
    let (touch, met, category) = Default::default();
    let fair = stages.fair.min(plan.days);
    StagePlan { days: plan.days, fair, trend: 0, touch, met, category, ..stages.clone() }
}

/// `behaviour.csv`, `seed.csv` and `model.toml`. A room knows one kind of ID per file: where people are under several,
/// each kind has files of its own, named by it. A kind without anybody who has the outcome has nothing to learn.
pub(super) async fn files(desk: &Desk, recipe: &PastRecipe, found: &Foretold) -> Result<Files> {
    let parts = desk.all(&found.lines).await?;
    let ids: Vec<id::Recipe> = recipe.files().map(|(_, rows)| rows.id()).collect();
    let mut kinds: BTreeMap<id::Recipe, Vec<Place>> = BTreeMap::new();
    for line in in_order(parts.iter().map(|part| part.first.as_slice())) {
        if let Some(kind) = ids.get(file_of(line.0)) {
            kinds.entry(*kind).or_default().push(line);
        }
    }
    let several = kinds.len() > 1;
    let parts: Vec<(Vec<String>, Lined)> =
        parts.into_iter().map(|part| (texts(&part.ids, part.first.len()), part)).collect();
    let mut files = Files::new();
    for (kind, lines) in kinds {
        let ending =
            if several { format!("-{}-{}", kind.kind.code(), kind.digest.code()) } else { String::new() };
        files.extend(of_kind(kind, &ending, &lines, &parts, &found.features));
    }
    Ok(files)
}

fn of_kind(
    kind: id::Recipe,
    ending: &str,
    lines: &[Place],
    parts: &[(Vec<String>, Lined)],
    features: &[Feature],
) -> Files {
    let [behaviour, seed] = ["behaviour", "seed"].map(|name| format!("{name}{ending}.csv"));
    let (mut table, mut positives) = (String::from("id"), String::from("id\n"));
    for feature in features {
        table.push(',');
        quoted(&feature.name, &mut table);
    }
    table.push('\n');
    let mut some = false;
    for (_, shard, at) in lines {
        let (ids, part) = &parts[*shard];
        let id = &ids[*at];
        quoted(id, &mut table);
        for (feature, value) in features.iter().zip(&part.values[at * features.len()..]) {
            table.push(',');
            cell(feature, *value, &mut table);
        }
        table.push('\n');
        if part.came[*at] == 1 {
            some = true;
            quoted(id, &mut positives);
            positives.push('\n');
        }
    }
    let mut files = vec![(behaviour.clone(), table.into_bytes())];
    // Without a feature that differs there is nothing to learn from, either.
    if some && !features.is_empty() {
        let text = model(kind, &seed, &behaviour, features);
        files.push((seed, positives.into_bytes()));
        files.push((format!("model{ending}.toml"), text.into_bytes()));
    }
    files
}

fn cell(feature: &Feature, value: i64, out: &mut String) {
    match usize::try_from(value).ok().and_then(|at| feature.labels.get(at)) {
        Some(label) => quoted(label, out),
        None if value == money::NONE || feature.label() => {}
        None => out.push_str(&money::text(value, feature.decimals)),
    }
}

/// What a feature is, is said: a count of few values is a number all the same.
fn model(kind: id::Recipe, seed: &str, behaviour: &str, features: &[Feature]) -> String {
    let of = |file: &str| FileRecipe::of(file, ColumnRef::Name("id".into()), kind);
    let named = |label: bool| {
        features.iter().filter(|f| f.label() == label).map(|f| f.name.clone()).collect::<Vec<String>>()
    };
    let tags = FileRecipe { numbers: named(false), categories: named(true), ..of(behaviour) };
    toml::written(&json::text(&Model { first_party: of(seed), tags }))
}
