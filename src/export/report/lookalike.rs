//! Section 3: what the model is worth and whom it finds. The verdict first, then the evidence.

use super::html::{Html, put};
use super::number::{count, factor, fixed, percent, range};
use super::plot::{self, At, Frame};
use super::{Language, header, label, open};
use crate::analysis::lookalike::{CurvePoint, HistogramStep, LookalikeReport, Reason, Tier};

/// Reasons on each side.
const REASONS: usize = 10;
/// The inside of both charts, whose view box is 480 by 300.
pub(super) const FRAME: Frame = Frame { left: 44.0, top: 28.0, right: 468.0, bottom: 256.0 };

pub(super) fn section(html: &mut Html, report: Option<&LookalikeReport>, language: Language) {
    let heading = ["3", language.say("Lookalike", "相似人群")];
    if !open(html, "lookalike", heading, language, report.is_some()) {
        return;
    }
    if let Some(report) = report {
        verdict(html, report, language);
        figures(html, report, language);
        put!(html, "<div class=\"two\">\n");
        gain(html, &report.curve, language);
        histogram(html, report, language);
        put!(html, "</div>\n");
        tiers(html, &report.tiers, language);
        reasons(html, report, language);
        left_out(html, report, language);
    }
    put!(html, "</section>\n");
}

/// Whether the seed suffices, in words, with the light beside it.
pub(super) fn verdict(html: &mut Html, report: &LookalikeReport, language: Language) {
    let top = &report.verdict.top_decile;
    let (lift, ends) = (factor(top.value), range(top.low, top.high, factor));
    put!(html, "<p class=\"lead verdict\"><svg class=\"light\" viewBox=\"0 0 12 12\" aria-hidden=\"true\"><circle class=\"" [light(&report.verdict.light)] "\" cx=\"6\" cy=\"6\" r=\"5\"/></svg>");
    let words = match (report.verdict.code.as_str(), language) {
        ("enough", Language::En) => "This seed is enough: the top 10% hold it",
        ("enough", Language::Zh) => "种子足够：得分最高的 10% 里，种子浓度是平均的",
        ("lift-uncertain", Language::En) => {
            "Usable, but how much it lifts is uncertain: the top 10% hold the seed"
        }
        ("lift-uncertain", Language::Zh) => {
            "可以用，但提升多少还拿不准：得分最高的 10% 里，种子浓度约为平均的"
        }
        (_, Language::En) => "Not usable yet: the seed cannot be told from the rest; the top 10% hold it",
        (_, Language::Zh) => "还不能用：看不出种子与其他人的差别；得分最高的 10% 里，种子浓度是平均的",
    };
    match language {
        Language::En => put!(html, [words] " <b>" [lift] "</b> times as densely as everyone (" [ends] ")."),
        Language::Zh => put!(html, [words] " <b>" [lift] "</b> 倍（" [ends] "）。"),
    }
    put!(html, "</p>\n<ul class=\"floors\"><li>" [language.say("Smallest seed a destination takes:", "投放平台的最小种子：")] "</li>");
    for floor in &report.verdict.floors {
        put!(html, "<li class=\"" [if floor.reached { "" } else { "short" }] "\">" [if floor.reached { "✓" } else { "✗" }] " " [count(floor.people)] " <span>" [floor.who] "</span></li>");
    }
    put!(html, "</ul>\n");
}

fn light(name: &str) -> &'static str {
    match name {
        "green" => "green",
        "amber" => "amber",
        _ => "red",
    }
}

pub(super) fn figures(html: &mut Html, report: &LookalikeReport, language: Language) {
    put!(html, "<dl class=\"figures\">\n");
    let mut pair = |name: &str, value: String, of: String| {
        put!(html, "<div><dt>" [name] "</dt><dd>" [value] "</dd><dd class=\"of\">" [of] "</dd></div>\n");
    };
    pair(
        language.say("Seed", "种子"),
        count(report.seed_people),
        format!("{} {}", language.say("rest", "其他人"), count(report.rest_people)),
    );
    let three = |v| fixed(v, 3);
    pair("AUC", three(report.auc), range(report.auc_interval.0, report.auc_interval.1, three));
    pair("KS", three(report.ks), language.say("largest gap", "最大间距").to_owned());
    let rate = report.seed_people as f64 / (report.seed_people + report.rest_people).max(1) as f64;
    pair("PR-AUC", three(report.pr_auc), format!("{} {}", language.say("by chance", "随机"), three(rate)));
    for share in ["1%", "5%", "10%"] {
        if let Some(lift) = report.lift.get(share) {
            let name = match language {
                Language::En => format!("Lift, top {share}"),
                Language::Zh => format!("最高 {share} 提升"),
            };
            pair(&name, format!("{} ×", factor(lift.value)), range(lift.low, lift.high, factor));
        }
    }
    put!(html, "</dl>\n<p class=\"hint\">");
    let model = what(report, language);
    match language {
        Language::En => {
            put!(html, [model.as_str()] ", " [if report.converged { "converged" } else { "stopped short of convergence" }] " after " [report.passes] " passes. Every figure is out of fold: each person is scored by a model that never saw them. Ranges are 95% intervals.")
        }
        Language::Zh => {
            put!(html, [model.as_str()] "，扫描 " [report.passes] " 遍后" [if report.converged { "收敛" } else { "停止，尚未收敛" }] "。所有指标均为折外：给每个人打分的模型没有见过这个人。区间为 95% 区间。")
        }
    }
    put!(html, "</p>\n");
}

/// The model in words; blends are named by their parts.
fn what(report: &LookalikeReport, language: Language) -> String {
    match report.model.as_str() {
        "scorecard" => {
            language.say("Scorecard with one weight per value", "评分卡模型，每个取值一个权重").to_owned()
        }
        "boosted" => language.say("Gradient-boosted trees", "梯度提升树").to_owned(),
        parts => parts.to_owned(),
    }
}

pub(super) fn gain(html: &mut Html, curve: &[CurvePoint], language: Language) {
    let found = language.say("seed found", "找到的种子");
    put!(html, "<figure>\n<figcaption>" [language.say("Reach against precision: gain", "规模与精准：增益曲线")] "</figcaption>\n<svg class=\"chart\" viewBox=\"0 0 480 300\" role=\"img\" aria-label=\"" [language.say("Gain curve", "增益曲线")] "\">");
    for level in [0, 25, 50, 75, 100] {
        FRAME.level(html, f64::from(level) / 100.0, &format!("{level}%"));
    }
    for reach in [0, 20, 40, 60, 80, 100] {
        FRAME.foot(html, f64::from(reach) / 100.0, &format!("{reach}%"));
    }
    FRAME.names(html, language.say("best-scored share of everyone", "取得分最高的"), found);
    let at = |p: &CurvePoint| (FRAME.x(p.reach / 100.0), FRAME.y(p.gain));
    put!(html, "<path class=\"axis dash\" d=\"");
    plot::line(html, [(FRAME.x(0.0), FRAME.y(0.0)), (FRAME.x(1.0), FRAME.y(1.0))].into_iter());
    put!(html, "\"/><text class=\"tick\" x=\"" [At(FRAME.x(0.62))] "\" y=\"" [At(FRAME.y(0.55))] "\">" [language.say("by chance", "随机")] "</text><path class=\"curve\" d=\"");
    plot::line(html, curve.iter().map(at));
    put!(html, "\"/>");
    for point in marked(curve) {
        let (x, y) = at(point);
        put!(html, "<circle class=\"dot\" cx=\"" [At(x)] "\" cy=\"" [At(y)] "\" r=\"3.5\"/><text class=\"say\" x=\"" [At(x + 9.0)] "\" y=\"" [At(y + 8.0)] "\">" [language.say("top ", "前 ")] [fixed(point.reach, 0)] "% → " [percent(point.gain)] " · " [factor(point.lift)] " ×</text>");
    }
    put!(html, "</svg>\n<details><summary>" [language.say("Table", "数据表")] "</summary><table>\n");
    let say = |english, chinese| (language.say(english, chinese), true);
    header(
        html,
        &[
            say("Best-scored", "得分最高"),
            say("People", "人数"),
            say("Seed found", "找到的种子"),
            say("Lift", "提升"),
            say("Seed among them", "其中种子占比"),
        ],
    );
    put!(html, "<tbody>");
    for point in curve.iter().filter(|p| p.reach > 0.0 && (p.reach <= 5.0 || p.reach % 5.0 == 0.0)) {
        put!(html, "<tr><td class=\"n\">" [fixed(point.reach, 0)] "%</td><td class=\"n\">" [count(point.people)] "</td><td class=\"n\">" [percent(point.gain)] "</td><td class=\"n\">" [fixed(point.lift, 2)] "</td><td class=\"n\">" [percent(point.precision)] "</td></tr>\n");
    }
    put!(html, "</tbody></table></details>\n</figure>\n");
}

/// The points whose figures are written at the curve.
fn marked(curve: &[CurvePoint]) -> impl Iterator<Item = &CurvePoint> {
    curve.iter().filter(|p| [1.0, 5.0, 10.0, 20.0].contains(&p.reach))
}

/// How the scores of the seed and of the rest lie; each crowd adds up to the whole.
pub(super) fn histogram(html: &mut Html, report: &LookalikeReport, language: Language) {
    let steps = &report.histogram;
    let share = |n: u64, of: u64| n as f64 / of.max(1) as f64;
    let shares = |s: &HistogramStep| (share(s.seed, report.seed_people), share(s.rest, report.rest_people));
    let most = steps.iter().map(shares).fold(0.0, |most: f64, (a, b)| most.max(a).max(b)).max(1e-9);
    put!(html, "<figure>\n<figcaption>" [language.say("Scores of the seed and of the rest", "种子与其他人的得分分布")] "</figcaption>\n<svg class=\"chart\" viewBox=\"0 0 480 300\" role=\"img\" aria-label=\"" [language.say("Histogram of scores", "得分分布")] "\">");
    for part in [0.0, 0.5, 1.0] {
        FRAME.level(html, part, &percent(part * most));
    }
    let (rest, seed) = (steps.iter().map(|s| shares(s).1 / most), steps.iter().map(|s| shares(s).0 / most));
    steps_path(html, "rest", rest.collect());
    steps_path(html, "ours", seed.collect());
    for (i, step) in steps.iter().enumerate().filter(|(i, _)| i % 8 == 4) {
        FRAME.foot(html, i as f64 / steps.len() as f64, &percent(step.from));
    }
    FRAME.names(
        html,
        language.say("score, as a probability (logit scale)", "得分（概率，对数几率刻度）"),
        language.say("share of the crowd", "占各自人群"),
    );
    peak(html, steps, |s| shares(s).1 / most, language.say("rest", "其他人"));
    peak(html, steps, |s| shares(s).0 / most, language.say("seed", "种子"));
    put!(html, "</svg>\n<details><summary>" [language.say("Table", "数据表")] "</summary><table>\n");
    let say = |english, chinese| (language.say(english, chinese), true);
    header(html, &[say("Score from", "得分自"), say("Seed", "种子"), say("Rest", "其他人")]);
    put!(html, "<tbody>");
    for step in steps {
        put!(html, "<tr><td class=\"n\">" [percent(step.from)] "</td><td class=\"n\">" [count(step.seed)] "</td><td class=\"n\">" [count(step.rest)] "</td></tr>\n");
    }
    put!(html, "</tbody></table></details>\n</figure>\n");
}

/// An area in steps.
fn steps_path(html: &mut Html, class: &'static str, heights: Vec<f64>) {
    let n = heights.len().max(1) as f64;
    put!(html, "<path class=\"area " [class] "\" d=\"M" [At(FRAME.left)] " " [At(FRAME.bottom)]);
    for (i, height) in heights.iter().enumerate() {
        put!(html, "V" [At(FRAME.y(*height))] "H" [At(FRAME.x((i + 1) as f64 / n))]);
    }
    put!(html, "V" [At(FRAME.bottom)] "\"/>");
}

/// The name of a crowd over its highest step.
fn peak(html: &mut Html, steps: &[HistogramStep], height: impl Fn(&HistogramStep) -> f64, name: &str) {
    let best = steps.iter().enumerate().max_by(|a, b| height(a.1).total_cmp(&height(b.1)));
    if let Some((i, step)) = best {
        let x = FRAME.x((i as f64 + 0.5) / steps.len() as f64);
        put!(html, "<text class=\"say\" x=\"" [At(x)] "\" y=\"" [At(FRAME.y(height(step)) - 6.0)] "\" text-anchor=\"middle\">" [name] "</text>");
    }
}

pub(super) fn tiers(html: &mut Html, tiers: &[Tier], language: Language) {
    let most = tiers.iter().map(|t| t.lift_high).filter(|l| l.is_finite()).fold(1.0, f64::max);
    put!(html, "<figure>\n<figcaption>" [language.say("Tiers of the people outside the seed", "种子以外的人，按得分分档")] "</figcaption>\n<table class=\"tiers\">\n");
    header(
        html,
        &[
            (language.say("Tier", "档位"), false),
            (language.say("People", "人数"), true),
            (language.say("Lift (95% interval)", "提升（95% 区间）"), true),
            (language.say("line: everyone", "竖线：平均水平"), false),
            (language.say("Seed in it", "落在此档的种子"), true),
            (language.say("What marks it", "主要特征"), false),
        ],
    );
    put!(html, "<tbody>");
    for tier in tiers {
        put!(html, "<tr><th scope=\"row\">"[tier_name(&tier.name, language)]);
        if tier.like_previous {
            put!(html, "<span class=\"aside\">" [language.say("cannot be told from the one above", "与上一档无法区分")] "</span>");
        }
        put!(html, "</th><td class=\"n\">" [count(tier.people)] "</td><td class=\"n\">" [factor(tier.lift)] " (" [range(tier.lift_low, tier.lift_high, factor)] ")</td><td>");
        plot::interval(html, tier.lift, tier.lift_low, tier.lift_high, most);
        put!(html, "</td><td class=\"n\">" [count(tier.seed_people)] "</td><td class=\"marks\">");
        for (i, reason) in tier.reasons.iter().take(4).enumerate() {
            html.raw(if i > 0 { ", " } else { "" });
            put!(html, "<span>");
            label(html, &reason.feature, language);
            put!(html, " ");
            label(html, &reason.value, language);
            put!(html, "</span>");
        }
        put!(html, "</td></tr>\n");
    }
    put!(html, "</tbody></table>\n</figure>\n");
}

fn tier_name(name: &str, language: Language) -> String {
    match language {
        Language::En => name.to_owned(),
        Language::Zh => name.replacen("top ", "前 ", 1),
    }
}

pub(super) fn reasons(html: &mut Html, report: &LookalikeReport, language: Language) {
    let most = report.reasons.iter().map(|r| r.weight.abs()).fold(0.0, f64::max);
    put!(html, "<div class=\"two\">\n");
    let sides = [
        (1.0, "for", language.say("More like the seed", "更像种子")),
        (-1.0, "against", language.say("Less like the seed", "更不像种子")),
    ];
    for (sign, class, name) in sides {
        put!(html, "<figure class=\"" [class] "\">\n<figcaption>" [name] "</figcaption>\n<table class=\"reasons\">\n");
        let weight = (language.say("Weight", "权重"), true);
        let shares = (language.say("Seed / all", "种子 / 全体"), true);
        header(html, &[(language.say("Value", "取值"), false), weight, ("", false), shares]);
        put!(html, "<tbody>");
        let side = report.reasons.iter().filter(|r| r.weight * sign > 0.0);
        side.take(REASONS).for_each(|reason| reason_row(html, reason, most, language));
        put!(html, "</tbody></table>\n</figure>\n");
    }
    put!(html, "</div>\n");
}

fn reason_row(html: &mut Html, reason: &Reason, most: f64, language: Language) {
    put!(html, "<tr><th scope=\"row\"><span class=\"feature\">");
    label(html, &reason.feature, language);
    put!(html, "</span> ");
    label(html, &reason.value, language);
    put!(html, "</th><td class=\"n\">" [fixed(reason.weight, 2)] "</td><td>");
    plot::bar(html, reason.weight.abs(), most);
    put!(html, "</td><td class=\"n\">" [percent(reason.share)] " <span class=\"second\">/ " [percent(reason.base_share)] "</span></td></tr>\n");
}

pub(super) fn left_out(html: &mut Html, report: &LookalikeReport, language: Language) {
    if report.left_out.is_empty() {
        return;
    }
    put!(html, "<p class=\"hint\">"[language.say("The model did not see: ", "未参与建模：")]);
    for (i, feature) in report.left_out.iter().take(40).enumerate() {
        html.raw(if i > 0 { ", " } else { "" });
        label(html, &feature.feature, language);
        let why = match feature.why.as_str() {
            "constant" => language.say("constant", "取值恒定"),
            "all-missing" => language.say("all missing", "全部缺失"),
            "first-party" => language.say("your own", "一方属性"),
            "left-out" => language.say("by setting", "按设置排除"),
            other => other,
        };
        put!(html, " (" [why] ")");
    }
    put!(html, "</p>\n");
}
