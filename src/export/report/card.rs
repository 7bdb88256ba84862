//! `card.html`: one model on paper. Whom it learned from, what it looks at, what it is worth and how far to believe it.

use super::html::{Html, put};
use super::lookalike::{self, FRAME};
use super::number::{count, fixed, percent, range};
use super::plot::{self, At};
use super::{Language, ReportInput, appendix, header, label, open};
use crate::analysis::lookalike::{BinEffect, Calibration, ColumnCard, LookalikeReport, Tier};
use crate::table::schema::FeatureKind;

/// Columns whose effects are drawn.
const DRAWN: usize = 16;
/// Bins drawn of a column of labels.
const BINS: usize = 12;

/// `card.html`: nothing but the sections of the model.
pub fn card_html(input: &ReportInput, language: Language) -> Vec<u8> {
    let mut html = Html::default();
    let title = language.say("Model card", "模型卡");
    super::head(&mut html, title, language);
    put!(html, "<body>\n<main>\n<header>\n<p class=\"brand\"><span>Atoll 环礁</span><span>" [input.version] "</span></p>\n<h1>" [title] "</h1>\n");
    let names: Vec<&str> = input.inputs.iter().map(|file| file.name.as_str()).collect();
    put!(html, "<p class=\"files\"><bdi>" [super::html::clipped(&names.join(" × "), 160)] "</bdi></p>\n</header>\n");
    match input.lookalike {
        Some(report) => sections(&mut html, report.get(), input, language),
        None => drop(open(&mut html, "worth", ["1", title], language, false)),
    }
    put!(html, "</main>\n</body>\n</html>\n");
    html.into_bytes()
}

fn sections(html: &mut Html, report: &LookalikeReport, input: &ReportInput, language: Language) {
    let begin = |html: &mut Html, id, number, english, chinese| {
        open(html, id, [number, language.say(english, chinese)], language, true);
    };
    begin(html, "worth", "1", "What it is worth", "模型效果");
    lookalike::verdict(html, report, language);
    lookalike::figures(html, report, language);
    leaderboard(html, report, language);
    put!(html, "</section>\n");
    begin(html, "sample", "2", "Whom it learned from", "样本规则");
    sample(html, report, input, language);
    put!(html, "</section>\n");
    begin(html, "scores", "3", "Scores", "得分");
    put!(html, "<div class=\"two\">\n");
    lookalike::gain(html, &report.curve, language);
    lookalike::histogram(html, report, language);
    put!(html, "</div>\n");
    calibration(html, &report.calibration, language);
    put!(html, "</section>\n");
    begin(html, "tiers", "4", "Tiers", "分档");
    lookalike::tiers(html, &report.tiers, language);
    alike(html, &report.tiers, language);
    put!(html, "</section>\n");
    begin(html, "columns", "5", "What it looks at", "入模列");
    columns(html, &report.columns, language);
    lookalike::left_out(html, report, language);
    put!(html, "</section>\n");
    begin(html, "effects", "6", "What each value does", "各取值的作用");
    effects(html, &report.columns, language);
    lookalike::reasons(html, report, language);
    put!(html, "</section>\n");
    appendix::sections(html, input, "7", language);
}

fn leaderboard(html: &mut Html, report: &LookalikeReport, language: Language) {
    if report.leaderboard.is_empty() {
        return;
    }
    let say = |english, chinese| (language.say(english, chinese), true);
    put!(html, "<figure>\n<figcaption>" [language.say("Models compared", "模型对比")] "</figcaption>\n<table>\n");
    header(
        html,
        &[
            (language.say("Model", "模型"), false),
            ("AUC", true),
            ("95%", true),
            say("Log-loss", "对数损失"),
            say("Share", "占比"),
        ],
    );
    put!(html, "<tbody>");
    for row in &report.leaderboard {
        let ends = range(row.auc_interval.0, row.auc_interval.1, |v| fixed(v, 3));
        put!(html, "<tr><th scope=\"row\">" [row.model] "</th><td class=\"n\">" [fixed(row.auc, 4)] "</td><td class=\"n\">" [ends] "</td><td class=\"n\">" [fixed(row.log_loss, 4)] "</td><td class=\"n\">" [percent(row.share)] "</td></tr>\n");
    }
    put!(html, "</tbody></table>\n</figure>\n");
}

/// Who counts as positive and negative, and how nobody was scored by a model that had seen them.
fn sample(html: &mut Html, report: &LookalikeReport, input: &ReportInput, language: Language) {
    let (seed, rest) = (count(report.seed_people), count(report.rest_people));
    let rate = percent(report.seed_people as f64 / (report.seed_people + report.rest_people).max(1) as f64);
    let matched = count(input.matched.get().matched);
    let (folds, dice) = (report.folds, report.random_seed);
    let (samples, aside) = (&report.samples, count(report.samples.aside));
    let mut rows = match language {
        Language::En => vec![
            ("Positive", match samples.chosen {
                true => format!("{seed} people, by `lookalike.samples` of the recipe below"),
                false => format!("{seed} people of the tag file who are in the brand's file ({matched} matched)"),
            }),
            ("Negative", match samples.chosen {
                true => format!("{rest} people, by the same; {aside} are neither, and only scored"),
                false => format!("{rest} people of the tag file who are not"),
            }),
            ("Base rate", rate),
            ("Folds", format!("{folds}, random seed {dice}; each person is scored by a model that learned without their fold")),
            (
                "Model of everyone",
                "learns from all of them (trees: the mean of the folds' models); it gives the effects below and is what model.json holds".into(),
            ),
        ],
        Language::Zh => vec![
            ("正样本", match samples.chosen {
                true => format!("{seed} 人，规则见文末配方 `lookalike.samples`"),
                false => format!("标签文件中同时出现在一方文件里的 {seed} 人（匹配 {matched} 人）"),
            }),
            ("负样本", match samples.chosen {
                true => format!("{rest} 人，规则同上；另有 {aside} 人两者都不是，只打分、不参与训练"),
                false => format!("标签文件中的其余 {rest} 人"),
            }),
            ("正样本占比", rate),
            ("分折", format!("{folds} 折，随机种子 {dice}；给每个人打分的模型没有学过这个人所在的折")),
            ("全量模型", "用全部样本训练（树模型取各折模型的平均）；下面的作用值来自它，model.json 保存的也是它".into()),
        ],
    };
    put!(html, "<table>\n<tbody>");
    rows.extend(learned(report, language));
    rows.extend(unlabelled(report, language));
    for (name, text) in rows {
        put!(html, "<tr><th scope=\"row\">" [name] "</th><td>" [text] "</td></tr>\n");
    }
    put!(html, "</tbody></table>\n<p class=\"hint\">" [language.say("The share of each tier and every other setting stand in the recipe below.", "各档比例和其他设置见文末配方。")] "</p>\n");
}

/// Whom the models learned from, where caps thin them out.
fn learned(report: &LookalikeReport, language: Language) -> Option<(&'static str, String)> {
    let samples = &report.samples;
    let [positives, negatives] = [samples.positives, samples.negatives].map(count);
    let row = match language {
        Language::En => (
            "Learned from",
            format!(
                "{positives} positives and {negatives} negatives, drawn by lot; measured on all, at the rate of all"
            ),
        ),
        Language::Zh => (
            "实际训练",
            format!(
                "随机抽取 {positives} 个正样本和 {negatives} 个负样本；评估仍用全部样本，并按全体占比还原概率"
            ),
        ),
    };
    (samples.positives < report.seed_people || samples.negatives < report.rest_people).then_some(row)
}

/// How many of the others are like the positives (Elkan and Noto).
fn unlabelled(report: &LookalikeReport, language: Language) -> Option<(&'static str, String)> {
    let (share, hidden) = (percent(report.samples.labelled?), count(report.samples.hidden? as u64));
    Some(match language {
        Language::En => (
            "Unlabelled",
            format!(
                "if the positives are a random part of all who are like them, they are {share} of those, and about {hidden} of the others are like them (Elkan and Noto, 2008)"
            ),
        ),
        Language::Zh => (
            "未标注",
            format!(
                "若正样本是同类人群的随机一部分，则约占其中 {share}，其他人里约有 {hidden} 人同属此类（Elkan–Noto，2008）"
            ),
        ),
    })
}

/// What was promised against what came true.
fn calibration(html: &mut Html, calibration: &Calibration, language: Language) {
    let steps = &calibration.steps;
    let most = round(steps.iter().map(|s| s.predicted.max(s.high)).fold(0.0, f64::max));
    put!(html, "<div class=\"two\">\n<figure>\n<figcaption>" [language.say("Calibration", "校准")] "<span>" [language.say("tenths of everyone, with 95% intervals", "按得分十等分，含 95% 区间")] "</span></figcaption>\n<svg class=\"chart\" viewBox=\"0 0 480 300\" role=\"img\" aria-label=\"" [language.say("Calibration", "校准")] "\">");
    for part in [0.0, 0.25, 0.5, 0.75, 1.0] {
        FRAME.level(html, part, &percent(part * most));
        FRAME.foot(html, part, &percent(part * most));
    }
    FRAME.names(
        html,
        language.say("probability given", "模型给出的概率"),
        language.say("share in the seed", "实际种子占比"),
    );
    put!(html, "<path class=\"axis dash\" d=\"");
    plot::line(html, [(FRAME.x(0.0), FRAME.y(0.0)), (FRAME.x(1.0), FRAME.y(1.0))].into_iter());
    put!(html, "\"/>");
    for step in steps {
        let x = FRAME.x(step.predicted / most);
        let [low, high, y] = [step.low, step.high, step.observed].map(|v| FRAME.y(v / most));
        put!(html, "<path class=\"ends\" d=\"M" [At(x)] " " [At(low)] "V" [At(high)] "\"/><circle class=\"dot\" cx=\"" [At(x)] "\" cy=\"" [At(y)] "\" r=\"3.5\"/>");
    }
    let error = percent(calibration.error);
    put!(html, "</svg>\n<p class=\"hint\">");
    match language {
        Language::En => {
            put!(html, "Expected calibration error " [error] ": so far the probability is off on average. Dots on the line are right.")
        }
        Language::Zh => {
            put!(html, "期望校准误差 " [error] "：概率平均偏差这么多；点落在虚线上表示概率准确。")
        }
    }
    put!(html, "</p>\n</figure>\n<figure>\n<figcaption>" [language.say("The same as a table", "校准数据表")] "</figcaption>\n<table>\n");
    let say = |english, chinese| (language.say(english, chinese), true);
    header(
        html,
        &[
            say("Score from", "得分自"),
            say("People", "人数"),
            say("Given", "模型概率"),
            say("True", "实际占比"),
            ("95%", true),
        ],
    );
    put!(html, "<tbody>");
    for step in steps {
        put!(html, "<tr><td class=\"n\">" [percent(step.from)] "</td><td class=\"n\">" [count(step.people)] "</td><td class=\"n\">" [percent(step.predicted)] "</td><td class=\"n\">" [percent(step.observed)] "</td><td class=\"n\">" [range(step.low, step.high, percent)] "</td></tr>\n");
    }
    put!(html, "</tbody></table>\n</figure>\n</div>\n");
}

/// The next share of which quarters are round.
fn round(share: f64) -> f64 {
    [0.004, 0.01, 0.02, 0.04, 0.08, 0.1, 0.2, 0.4, 0.6, 0.8]
        .into_iter()
        .find(|&most| share <= most)
        .unwrap_or(1.0)
}

/// Neighbouring tiers whose lifts cannot be told apart, in words.
fn alike(html: &mut Html, tiers: &[Tier], language: Language) {
    for (at, _) in tiers.iter().enumerate().filter(|(_, tier)| tier.like_previous) {
        match language {
            Language::En => {
                put!(html, "<p class=\"note\">Tiers " [at] " and " [at + 1] " cannot be told apart: the intervals of their lifts overlap.</p>\n")
            }
            Language::Zh => {
                put!(html, "<p class=\"note\">第 " [at] " 档与第 " [at + 1] " 档无法区分：两档提升的区间重叠。</p>\n")
            }
        }
    }
}

fn columns(html: &mut Html, columns: &[ColumnCard], language: Language) {
    let most = columns.iter().map(|c| c.gain).fold(0.0, f64::max);
    let say = |english, chinese| (language.say(english, chinese), true);
    put!(html, "<table>\n");
    header(
        html,
        &[
            (language.say("Column", "列"), false),
            (language.say("Kind", "类型"), false),
            say("Share of the score's spread", "对得分差异的贡献"),
            ("", false),
            ("IV", true),
            say("of chance", "随机水平"),
            say("Filled, seed / all", "覆盖率 种子 / 全体"),
        ],
    );
    put!(html, "<tbody>");
    for column in columns {
        put!(html, "<tr><th scope=\"row\">");
        label(html, &column.feature, language);
        put!(html, "</th><td>" [kind(column.kind, language)] "</td><td class=\"n\">" [percent(column.gain)] "</td><td>");
        plot::bar(html, column.gain, most);
        put!(html, "</td><td class=\"n\">" [fixed(column.iv, 3)] "</td><td class=\"n second\">" [fixed(column.iv_noise, 3)] "</td><td class=\"n\">" [percent(column.coverage_seed)] " <span class=\"second\">/ " [percent(column.coverage_base)] "</span></td></tr>\n");
    }
    put!(html, "</tbody></table>\n");
}

fn kind(kind: FeatureKind, language: Language) -> &'static str {
    match kind {
        FeatureKind::Category => language.say("category", "类别"),
        FeatureKind::Number => language.say("number", "数值"),
        FeatureKind::Date => language.say("date", "日期"),
        FeatureKind::Multi => language.say("several values", "多值"),
    }
}

fn effects(html: &mut Html, columns: &[ColumnCard], language: Language) {
    let drawn = &columns[..columns.len().min(DRAWN)];
    put!(html, "<p class=\"hint\">" [language.say("Log-odds against the average of the column, in the model of everyone. Thin lines: what chance alone does for as many people.", "全量模型中，各取值相对该列平均的对数几率；细线为同样人数下的随机波动。")] "</p>\n<div class=\"columns\">\n");
    for column in drawn {
        let bins = &column.bins[..column.bins.len().min(if ordered(column) { usize::MAX } else { BINS })];
        let most = bins.iter().map(|b| b.effect.abs().max(b.noise)).fold(1e-6, f64::max);
        put!(html, "<figure class=\"column\">\n<figcaption>");
        label(html, &column.feature, language);
        put!(html, "<span>" [percent(column.gain)] "</span></figcaption>\n<table class=\"values\">\n<tbody>");
        bins.iter().for_each(|bin| effect(html, bin, most, language));
        put!(html, "</tbody></table>\n");
        let more = column.bins.len() - bins.len() + column.folded as usize;
        if more > 0 {
            put!(html, "<p class=\"hint\">" [language.say("More values: ", "未列出的取值：")] [more] "</p>\n");
        }
        put!(html, "</figure>\n");
    }
    put!(html, "</div>\n");
    if columns.len() > drawn.len() {
        put!(html, "<p class=\"hint\">" [language.say("Columns not drawn: ", "未绘出的列：")] [columns.len() - drawn.len()] "</p>\n");
    }
}

fn ordered(column: &ColumnCard) -> bool {
    matches!(column.kind, FeatureKind::Number | FeatureKind::Date)
}

fn effect(html: &mut Html, bin: &BinEffect, most: f64, language: Language) {
    put!(html, "<tr><th scope=\"row\">");
    label(html, &bin.value, language);
    put!(html, "</th><td class=\"n second\">" [count(bin.people)] "</td><td>");
    plot::effect(html, bin.effect, bin.noise, most);
    put!(html, "</td><td class=\"n\">" [fixed(bin.effect, 2)] "</td></tr>\n");
}
