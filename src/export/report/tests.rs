//! The whole page, from reports that mean harm as well as from ordinary ones.

use super::*;
use crate::analysis::lookalike::{BinEffect, Calibration, CalibrationStep, ColumnCard};
use crate::analysis::lookalike::{
    CurvePoint, Figure, Floor, HistogramStep, LeftOut, Reason, Samples, Tier, Verdict,
};
use crate::analysis::personas::{Card, Cluster, KChoice, PersonaMap, TopTag};
use crate::analysis::profile::{Base, ProfileColumn, ProfileValue};
use crate::audience::Expr;
use crate::gate::release;
use crate::matching::{Account, Diagnosis, WouldMatch};
use crate::table::inspection::Problem;
use crate::table::schema::{FeatureKind, Namespace};

/// Both pages, the report and the card, in which every text that comes from a file is this one.
fn page(text: &str, language: Language) -> String {
    let matched = release(matched(text));
    let (profile, lookalike) = (release(profile(text)), release(lookalike(text)));
    let personas = release(personas(text));
    let file = Input { name: text.into(), size: 1234, sha256: text.into() };
    let input = ReportInput {
        version: "1.2.3",
        recipe: text,
        inputs: &[file.clone(), file],
        matched: &matched,
        profile: Some(&profile),
        lookalike: Some(&lookalike),
        personas: Some(&personas),
    };
    let pages = [report_html(&input, language), card_html(&input, language)].concat();
    String::from_utf8(pages).expect("UTF-8")
}

fn matched(text: &str) -> MatchReport {
    let problem = Problem { code: text.into(), count: 60, first_row: Some(3), column: Some(text.into()) };
    let account = Account {
        rows: 2400,
        invalid: 60,
        duplicate: 96,
        people: 2244,
        reasons: vec![problem],
        notes: vec![],
        unused: [(text.into(), text.into())].into(),
        as_of: None,
    };
    let way = WouldMatch {
        code: text.into(),
        english: text.into(),
        chinese: text.into(),
        matched: 4,
        platforms: vec![],
        fix: None,
    };
    MatchReport {
        first_party: account.clone(),
        tags: account,
        matched: 1750,
        rate_first_party: 0.7798,
        rate_tags: 0.0875,
        diagnosis: Some(Diagnosis { tried: 500, would_match: vec![way] }),
        one_id: None,
    }
}

fn profile(text: &str) -> ProfileReport {
    let value = |value: &str, q| ProfileValue {
        value: value.into(),
        labels: vec![value.into()],
        seed_count: 1234,
        seed_share: 0.4,
        base_count: 5678,
        base_share: 0.2,
        tgi: Some(200.0),
        tgi_low: Some(180.0),
        tgi_high: Some(222.0),
        q: Some(q),
        woe: 0.7,
    };
    let columns = vec![ProfileColumn {
        column: text.into(),
        namespace: Namespace::Tags,
        kind: FeatureKind::Category,
        coverage_seed: 0.9,
        coverage_base: 0.8,
        iv: 0.25,
        iv_noise: 0.01,
        band: text.into(),
        values: vec![value(text, 0.001), value("", 0.3)],
        folded: 7,
    }];
    ProfileReport { base: Base::Everyone, seed_people: 1750, base_people: 20_000, columns }
}

fn lookalike(text: &str) -> LookalikeReport {
    let figure = Figure { value: 7.5, low: 6.8, high: 8.4 };
    let reason =
        |weight| Reason { feature: text.into(), value: text.into(), weight, share: 0.3, base_share: 0.1 };
    let tier = Tier {
        hidden: Some(120.0),
        name: text.into(),
        people: 182,
        lift: 7.5,
        lift_low: 6.8,
        lift_high: 8.4,
        seed_people: 100,
        like_previous: true,
        reasons: vec![reason(1.0)],
        crowd: Expr::Everyone,
    };
    let floors = vec![Floor { people: 100, who: text.into(), reached: false }];
    LookalikeReport {
        samples: Samples { positives: 1750, negatives: 18_250, ..Samples::default() },
        model: "scorecard".into(),
        seed_people: 1750,
        rest_people: 18_250,
        auc: 0.834,
        auc_interval: (0.824, 0.844),
        pr_auc: 0.37,
        ks: 0.51,
        lift: [("1%", figure), ("5%", figure), ("10%", figure)].map(|(k, f)| (k.to_owned(), f)).into(),
        gain: Default::default(),
        curve: (0..=100).map(f64::from).map(point).collect(),
        tiers: vec![tier],
        verdict: Verdict { light: text.into(), code: text.into(), top_decile: figure, floors },
        reasons: vec![reason(1.0), reason(-1.0)],
        left_out: vec![LeftOut { feature: text.into(), why: text.into() }],
        leaks: vec![],
        passes: 12,
        converged: true,
        histogram: vec![HistogramStep { from: 0.1, seed: 3, rest: 5 }; 40],
        cuts: vec![],
        leaderboard: vec![],
        folds: 5,
        random_seed: 11,
        columns: vec![ColumnCard {
            feature: text.into(),
            kind: FeatureKind::Category,
            coverage_seed: 0.9,
            coverage_base: 0.8,
            iv: 0.25,
            iv_noise: 0.01,
            gain: 0.432,
            bins: vec![bin(text, 1.5), bin("", -0.75)],
            folded: 3,
        }],
        calibration: Calibration { steps: vec![step(0.1, 0.125), step(0.4, 0.375)], error: 0.025 },
        basis: Default::default(),
        kept: Default::default(),
    }
}

fn bin(value: &str, effect: f64) -> BinEffect {
    BinEffect { value: value.into(), people: 4321, seed: 400, effect, noise: 0.2 }
}

fn step(predicted: f64, observed: f64) -> CalibrationStep {
    let (low, high) = (observed - 0.03, observed + 0.03);
    CalibrationStep { from: 0.05, people: 10_000, seed: 1_250, predicted, observed, low, high }
}

fn point(reach: f64) -> CurvePoint {
    CurvePoint { reach, people: 200, gain: reach / 100.0, lift: 1.0, precision: 0.1 }
}

fn personas(text: &str) -> PersonasReport {
    let tag = TopTag {
        feature: text.into(),
        value: text.into(),
        share: 0.5,
        base_share: 0.1,
        tgi: 500.0,
        tgi_low: 450.0,
        tgi_high: 560.0,
    };
    let cluster = Cluster {
        number: 1,
        name: text.into(),
        marks: text.into(),
        people: 1750,
        share: 1.0,
        top: vec![tag],
        crowd: Expr::Seed,
        of: vec![1, 2],
        expanded: None,
        target: None,
        layer: None,
        card: Some(Card { who: text.into(), ..Card::default() }),
    };
    let map = PersonaMap {
        inertia: (0.2, 0.1),
        points: vec![(0.0, 0.0, 1), (1.0, 1.0, 1), (f64::NAN, 0.0, 1)],
        centres: vec![(0.5, 0.5)],
        of: 1750,
    };
    let choices = vec![KChoice { k: 1, silhouette: 0.1, stability: 0.9, chosen: true }];
    PersonasReport {
        k: 1,
        inertia: 12.0,
        people: 1750,
        clusters: vec![cluster],
        choices,
        map,
        tags: vec![],
        contrast: None,
        parts: vec![],
        merges: vec![],
        settled: None,
    }
}

/// The tags and attributes of a page, read by hand: what stands between `<` and `>`.
fn tags(page: &str) -> impl Iterator<Item = &str> {
    page.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or(""))
}

#[test]
fn labels_that_mean_harm_are_text() {
    let plain = page("x", Language::En);
    for harm in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'><svg onload=alert(1)>",
        "</style></pre></title><iframe src=//x>",
        "<!--",
        "&lt;script&gt;",
        "javascript:alert(1)",
        "\u{202e}evil\u{2066}",
        "a\u{0}b\u{7f}c",
    ] {
        for language in [Language::En, Language::Zh] {
            let page = page(harm, language);
            assert_eq!(tags(&page).count(), tags(&self::page("x", language)).count(), "{harm:?} makes a tag");
            let marks = ['\u{202e}', '\u{2066}', '\u{0}', '\u{7f}'];
            assert!(
                !page.contains(marks) && !page.contains("<script") && !page.contains("onerror=alert(1)>")
            );
        }
    }
    let runs = |part: &str| part.starts_with("on") && part.contains('=') || part.starts_with("style=");
    assert!(tags(&plain).all(|tag| !tag.split(' ').any(runs) && !tag.starts_with("script")));
}

#[test]
fn nothing_is_fetched_and_the_policy_names_the_style() {
    let page = page("x", Language::Zh);
    let fetches = |tag: &str| {
        tag.contains("src=") || tag.contains("url(") || tag.contains("http:") || tag.contains("https:")
    };
    assert!(!tags(&page).any(fetches) && !STYLE.contains("url(") && !STYLE.contains("@import"));
    assert!(tags(&page).filter(|tag| tag.contains("href=")).all(|tag| tag.contains("href=\"#")));
    let style = page.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).expect("a style");
    let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(style));
    assert!(page.contains(&format!("default-src 'none'; style-src 'sha256-{digest}'")));
}

#[test]
fn elements_close_in_order() {
    let page = page("x", Language::En);
    let mut open = Vec::new();
    for tag in tags(&page).filter(|tag| !tag.starts_with(['!']) && !tag.ends_with('/')) {
        let name = tag.split(' ').next().unwrap_or("");
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "near {tag}"),
            None if name == "meta" => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn every_figure_is_there_in_both_languages() {
    for (language, words) in [
        (
            Language::En,
            ["1,750</b> of your 2,244 people (78.0%)", "times as densely", "no value", "not promised"],
        ),
        (Language::Zh, ["2,244 人中，<b>1,750</b> 人（78.0%）", "种子浓度", "缺失", "不承诺什么"]),
    ] {
        let page = page("x", language);
        for figure in
            ["0.834", "0.824–0.844", "7.5 (6.8–8.4)", "0.250", "180–222", "18,250"].iter().chain(&words)
        {
            assert!(page.contains(figure), "{figure}");
        }
        assert!(!page.contains("NaN") && !page.contains("inf"));
    }
}

#[test]
fn what_was_not_run_is_said() {
    let matched = release(MatchReport::default());
    let input = ReportInput {
        version: "1.2.3",
        recipe: "",
        inputs: &[],
        matched: &matched,
        profile: None,
        lookalike: None,
        personas: None,
    };
    let page = String::from_utf8(report_html(&input, Language::En)).expect("UTF-8");
    assert_eq!(page.matches("Not run.").count(), 3);
    let card = String::from_utf8(card_html(&input, Language::En)).expect("UTF-8");
    assert_eq!(card.matches("Not run.").count(), 1);
    assert!(!page.contains("NaN"));
}

/// The card holds every part of a model, in both languages; what does not hold is not said.
#[test]
fn the_card_holds_every_section() {
    let matched = release(matched("x"));
    let report = lookalike("x");
    let write = |report: &LookalikeReport, language| {
        let report = release(report.clone());
        let input = ReportInput {
            version: "1.2.3",
            recipe: "seed = 7",
            inputs: &[],
            matched: &matched,
            profile: None,
            lookalike: Some(&report),
            personas: None,
        };
        String::from_utf8(card_html(&input, language)).expect("UTF-8")
    };
    let mut tiers = report.clone();
    let first = Tier { like_previous: false, ..tiers.tiers[0].clone() };
    tiers.tiers = vec![first.clone(), first.clone(), Tier { like_previous: true, ..first.clone() }];
    let card = write(&tiers, Language::En);
    for id in ["worth", "sample", "scores", "tiers", "columns", "effects", "source"] {
        assert_eq!(card.matches(&format!("<section id=\"{id}\">")).count(), 1, "{id}");
    }
    for part in [
        "0.834",
        "KS",
        "Smallest seed a destination takes",
        "1,750 people of the tag file who are in",
        "5, random seed 11; each person is scored by a model that learned without their fold",
        "seed = 7",
        "Expected calibration error 2.5%",
        "9.5%–15.5%",
        "Tiers 2 and 3 cannot be told apart",
        "43.2%",
        "0.250",
        "0.010",
        "90.0% <span",
        "1.50",
        "\u{2212}0.75",
        "More values: 3",
        "The model did not see",
        "Reach against precision",
        "Scores of the seed and of the rest",
    ] {
        assert!(card.contains(part), "{part}");
    }
    assert!(!card.contains("Tiers 1 and 2"));
    let chinese = write(&tiers, Language::Zh);
    for part in ["第 2 档与第 3 档无法区分", "期望校准误差 2.5%", "样本规则", "各取值的作用", "未参与建模"]
    {
        assert!(chinese.contains(part), "{part}");
    }
    tiers.tiers.pop();
    assert!(!write(&tiers, Language::En).contains("told apart"), "control");
}
