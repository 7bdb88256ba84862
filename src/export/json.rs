//! Reports as JSON: two spaces, keys in the order of the types, floats in the shortest form that reads back
//! to the same bits, one line end at the end.

use crate::analysis::lookalike::{
    Calibration, ColumnCard, CurvePoint, Figure, HistogramStep, Leak, LeftOut, LookalikeReport, Reason,
    Samples, Standing, Tier, Verdict,
};
use crate::analysis::personas::{
    Cluster, ContrastReport, KChoice, Merge, Part, PersonasReport, PortraitReport, TagRow,
};
use crate::gate::Released;
use crate::json::pretty;
use crate::matching::MatchReport;
use crate::num::Order;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// `match.json`.
pub fn match_json(report: &Released<MatchReport>) -> Vec<u8> {
    pretty(report.get())
}

/// `oneid.json`.
pub fn oneid_json(report: &Released<MatchReport>) -> Vec<u8> {
    pretty(&report.get().one_id)
}

/// `lookalike.json`. `lift` and `gain` hold a plain number at each of `1%`, `5%`, `10%`; the intervals stand
/// beside them. The thousand cuts of the page's slider are left out.
pub fn lookalike_json(report: &Released<LookalikeReport>) -> Vec<u8> {
    let report = report.get();
    pretty(&Lookalike {
        model: &report.model,
        seed_people: report.seed_people,
        rest_people: report.rest_people,
        samples: &report.samples,
        auc: report.auc,
        auc_interval: report.auc_interval,
        pr_auc: report.pr_auc,
        ks: report.ks,
        lift: by_share(&report.lift, |figure: &Figure| figure.value),
        lift_interval: by_share(&report.lift, |figure: &Figure| (figure.low, figure.high)),
        gain: by_share(&report.gain, |gain: &f64| *gain),
        tiers: &report.tiers,
        verdict: &report.verdict,
        reasons: &report.reasons,
        left_out: &report.left_out,
        leaks: &report.leaks,
        passes: report.passes,
        converged: report.converged,
        curve: &report.curve,
        histogram: &report.histogram,
        leaderboard: &report.leaderboard,
        folds: report.folds,
        random_seed: report.random_seed,
        calibration: &report.calibration,
        columns: &report.columns,
    })
}

/// `personas.json`. The map's points stand for single people and are left out; its axes and centres are in.
pub fn personas_json(report: &Released<PersonasReport>) -> Vec<u8> {
    let report = report.get();
    pretty(&Personas {
        k: report.k,
        inertia: report.inertia,
        people: report.people,
        clusters: &report.clusters,
        choices: &report.choices,
        map: Axes { inertia: report.map.inertia, centres: &report.map.centres },
        tags: &report.tags,
    })
}

/// `chain.json`: what every stage gave, in the order they run.
pub fn chain_json(report: &Released<PersonasReport>) -> Vec<u8> {
    let PersonasReport { contrast, choices, parts, merges, settled, clusters, people, .. } = report.get();
    let (people, settled) = (*people, *settled);
    pretty(&Chain { people, contrast, choices, clusters: parts, merges, settled, personas: clusters })
}

/// `portraits.json`: all portraits of the recipe.
pub fn portraits_json(reports: &[Released<PortraitReport>]) -> Vec<u8> {
    pretty(&reports.iter().map(Released::get).collect::<Vec<_>>())
}

#[derive(Serialize)]
struct Lookalike<'a> {
    model: &'a str,
    seed_people: u64,
    rest_people: u64,
    samples: &'a Samples,
    auc: f64,
    auc_interval: (f64, f64),
    pr_auc: f64,
    ks: f64,
    lift: Ordered<'a, f64>,
    lift_interval: Ordered<'a, (f64, f64)>,
    gain: Ordered<'a, f64>,
    tiers: &'a [Tier],
    verdict: &'a Verdict,
    reasons: &'a [Reason],
    left_out: &'a [LeftOut],
    leaks: &'a [Leak],
    passes: u32,
    converged: bool,
    curve: &'a [CurvePoint],
    histogram: &'a [HistogramStep],
    #[serde(skip_serializing_if = "<[Standing]>::is_empty")]
    leaderboard: &'a [Standing],
    folds: u8,
    random_seed: u64,
    calibration: &'a Calibration,
    columns: &'a [ColumnCard],
}

#[derive(Serialize)]
struct Personas<'a> {
    k: u8,
    inertia: f64,
    people: u64,
    clusters: &'a [Cluster],
    choices: &'a [KChoice],
    map: Axes<'a>,
    tags: &'a [TagRow],
}

#[derive(Serialize)]
struct Chain<'a> {
    people: u64,
    contrast: &'a Option<ContrastReport>,
    choices: &'a [KChoice],
    clusters: &'a [Part],
    merges: &'a [Merge],
    settled: Option<u64>,
    personas: &'a [Cluster],
}

#[derive(Serialize)]
struct Axes<'a> {
    inertia: (f64, f64),
    centres: &'a [(f64, f64)],
}

/// A JSON object that keeps its order.
struct Ordered<'a, T>(Vec<(&'a str, T)>);

impl<T: Serialize> Serialize for Ordered<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// The entries by the number before the percent sign: as text `10%` would come before `5%`.
fn by_share<'a, F, T>(map: &'a BTreeMap<String, F>, figure: impl Fn(&F) -> T) -> Ordered<'a, T> {
    let mut entries: Vec<(&str, T)> = map.iter().map(|(key, f)| (key.as_str(), figure(f))).collect();
    let share = |key: &str| key.trim_end_matches('%').parse().unwrap_or(f64::INFINITY);
    entries.order_by(|a, b| share(a.0).total_cmp(&share(b.0)));
    Ordered(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::release;
    use serde_json::Value;

    fn keys(text: &str, at: &str) -> Vec<String> {
        let value: Value = serde_json::from_str(text).expect("JSON");
        let object = value.pointer(at).and_then(Value::as_object).expect("an object");
        object.keys().cloned().collect()
    }

    #[test]
    fn match_keys() {
        let text = String::from_utf8(match_json(&release(MatchReport::default()))).expect("UTF-8");
        assert!(text.starts_with("{\n  \"first_party\": {\n    \"rows\": 0,\n    \"invalid\": 0,"));
        assert!(text.ends_with("\n}\n"));
        for key in ["first_party", "tags", "matched", "rate_first_party", "rate_tags"] {
            assert!(keys(&text, "").contains(&key.to_owned()), "{key}");
        }
        for key in ["rows", "invalid", "duplicate", "people"] {
            assert!(keys(&text, "/tags").contains(&key.to_owned()), "{key}");
        }
    }

    #[test]
    fn shares_are_in_order_and_plain_numbers() {
        let figure = |value| Figure { value, low: value - 0.5, high: value + 0.5 };
        let lift: BTreeMap<String, Figure> =
            [("10%", 4.5), ("5%", 5.5), ("1%", 7.5)].map(|(k, v)| (k.to_owned(), figure(v))).into();
        let text = serde_json::to_string(&by_share(&lift, |f| f.value)).expect("JSON");
        assert_eq!(text, r#"{"1%":7.5,"5%":5.5,"10%":4.5}"#);
        let text = serde_json::to_string(&by_share(&lift, |f| (f.low, f.high))).expect("JSON");
        assert_eq!(text, r#"{"1%":[7.0,8.0],"5%":[5.0,6.0],"10%":[4.0,5.0]}"#);
    }
}
