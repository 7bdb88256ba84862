//! `arms.csv`: who is in which arm, a row per person and layer, to be read again as `[[assign]]`. A column of IDs is read as
//! one kind: where people are under several, each kind has a file of its own, named by it.

use super::found::{Shown, Somebody, ordered};
use crate::analysis::traffic::{ARMS, BUCKET, TrafficPlan};
use crate::error::Result;
use crate::export::csv::quoted;
use crate::export::over_time::Files;
use crate::id;
use crate::shard::desk::Desk;
use std::collections::BTreeMap;

/// The measures of every layer.
fn columns(plan: &TrafficPlan) -> Vec<Shown<'static>> {
    let layers = BUCKET.iter().zip(&ARMS).take(plan.layers.len());
    layers.flat_map(|(bucket, arm)| [Shown::number(bucket, "", 0), Shown::number(arm, "", 0)]).collect()
}

/// The files: ID as written where somebody comes first, layer, bucket, experiment and arm; both are empty for who takes part
/// in none. `ids` says how IDs stand in each file of the recipe.
pub(super) async fn arms(desk: &Desk, plan: &TrafficPlan, ids: &[id::Recipe]) -> Result<Files> {
    let arms: Vec<Vec<(&str, &str)>> = plan.layers.iter().map(|layer| layer.arms().collect()).collect();
    let mut files: BTreeMap<id::Kind, String> = BTreeMap::new();
    for Somebody { file, id, found } in ordered(desk, &columns(plan)).await? {
        let Some(of) = ids.get(file) else { continue };
        let out = files.entry(of.kind).or_insert_with(|| String::from("id,layer,bucket,experiment,arm\n"));
        for ((layer, arms), found) in plan.layers.iter().zip(&arms).zip(found.chunks(2)) {
            let arm = usize::try_from(found[1]).ok().and_then(|at| arms.get(at));
            let (experiment, arm) = arm.copied().unwrap_or_default();
            for cell in [&id, &layer.name, &found[0].to_string(), experiment] {
                quoted(cell, out);
                out.push(',');
            }
            quoted(arm, out);
            out.push('\n');
        }
    }
    let several = files.len() > 1;
    let name = |kind: id::Kind| if several { format!("arms-{}.csv", kind.code()) } else { "arms.csv".into() };
    Ok(files.into_iter().map(|(kind, text)| (name(kind), text.into_bytes())).collect())
}
