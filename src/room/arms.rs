//! `arms.csv`: who is in which arm, a row per person and layer, to be read again as `[[assign]]`.

use super::found::{Shown, ordered};
use crate::analysis::traffic::{ARMS, BUCKET, TrafficPlan};
use crate::error::Result;
use crate::export::csv::quoted;
use crate::shard::desk::Desk;

/// The measures of every layer.
fn columns(plan: &TrafficPlan) -> Vec<Shown<'static>> {
    let layers = BUCKET.iter().zip(&ARMS).take(plan.layers.len());
    layers.flat_map(|(bucket, arm)| [Shown::number(bucket, "", 0), Shown::number(arm, "", 0)]).collect()
}

/// The file: ID as written in the files, layer, bucket, experiment and arm; both are empty for who takes part in none.
pub(super) async fn arms(desk: &Desk, plan: &TrafficPlan) -> Result<Vec<u8>> {
    let arms: Vec<Vec<(&str, &str)>> = plan.layers.iter().map(|layer| layer.arms().collect()).collect();
    let mut out = String::from("id,layer,bucket,experiment,arm\n");
    for (id, found) in ordered(desk, &columns(plan)).await? {
        for ((layer, arms), found) in plan.layers.iter().zip(&arms).zip(found.chunks(2)) {
            let arm = usize::try_from(found[1]).ok().and_then(|at| arms.get(at));
            let (experiment, arm) = arm.copied().unwrap_or_default();
            for cell in [&id, &layer.name, &found[0].to_string(), experiment] {
                quoted(cell, &mut out);
                out.push(',');
            }
            quoted(arm, &mut out);
            out.push('\n');
        }
    }
    Ok(out.into_bytes())
}
