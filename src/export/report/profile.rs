//! Section 2: the seed against the base. First all columns by what they tell, then each column value by value.

use super::html::{Html, put};
use super::number::{count, fixed, percent, q_value, range, tgi};
use super::plot::{self, TgiAxis};
use super::{Language, header, label, open};
use crate::analysis::profile::{Base, ProfileColumn, ProfileReport, ProfileValue};
use crate::num::Order;
use crate::table::schema::{FeatureKind, Namespace};

/// Columns that get a chart; the others stand in the overview and in `profile.csv`.
const CHARTS: usize = 30;
/// Values in a chart.
const VALUES: usize = 12;
/// Values in the table beneath.
const ROWS: usize = 100;

pub(super) fn section(html: &mut Html, report: Option<&ProfileReport>, language: Language) {
    let heading = ["2", language.say("Profile", "画像")];
    if !open(html, "profile", heading, language, report.is_some()) {
        return;
    }
    if let Some(report) = report {
        sentence(html, report, language);
        overview(html, report, language);
        let shown = report.columns.iter().filter(|c| theirs(c)).take(CHARTS).flat_map(told);
        let axis = TgiAxis::over(shown.filter_map(|value| value.tgi));
        key(html, language);
        put!(html, "<div class=\"columns\">\n");
        report.columns.iter().filter(|c| theirs(c)).take(CHARTS).for_each(|c| chart(html, c, axis, language));
        report.columns.iter().filter(|c| !theirs(c)).take(CHARTS).for_each(|c| own(html, c, language));
        put!(html, "</div>\n");
    }
    put!(html, "</section>\n");
}

fn sentence(html: &mut Html, report: &ProfileReport, language: Language) {
    let base = match report.base {
        Base::Everyone => language.say("everyone in the tag file", "标签文件全体"),
        Base::WithValue => language.say("everyone with a value in the column", "该标签有值的人"),
        Base::Rest => language.say("everyone but the seed", "种子以外的人"),
    };
    let (seed, people) = (count(report.seed_people), count(report.base_people));
    put!(html, "<p class=\"lead\">");
    match language {
        Language::En => put!(html, [seed] " people of the seed against " [base] " (" [people] ")."),
        Language::Zh => put!(html, "种子 " [seed] " 人，与" [base] "（" [people] " 人）相比。"),
    }
    put!(html, "</p>\n");
}

/// All columns, highest information value first.
fn overview(html: &mut Html, report: &ProfileReport, language: Language) {
    let most = report.columns.iter().map(|c| c.iv).filter(|iv| iv.is_finite()).fold(0.0, f64::max);
    put!(html, "<table class=\"overview\">\n");
    header(
        html,
        &[
            (language.say("Column", "标签"), false),
            (language.say("Kind", "类型"), false),
            (language.say("Coverage, seed", "覆盖率 种子"), true),
            (language.say("base", "对照"), true),
            ("IV", true),
            (language.say("against noise", "与噪声相比"), false),
            (language.say("Tells", "区分度"), false),
        ],
    );
    put!(html, "<tbody>");
    for column in report.columns.iter().filter(|c| theirs(c)) {
        let faint = column.band == "noise" || column.band == "useless";
        put!(html, "<tr class=\"" [if faint { "faint" } else { "" }] "\"><th scope=\"row\">");
        label(html, &column.column, language);
        put!(html, "</th><td>" [kind(column.kind, language)] "</td><td class=\"n\">" [percent(column.coverage_seed)] "</td><td class=\"n\">" [percent(column.coverage_base)] "</td><td class=\"n\">" [fixed(column.iv, 3)] "</td><td>");
        plot::bar_with_tick(html, column.iv, column.iv_noise, most);
        put!(html, "</td><td>" [band(&column.band, language)] "</td></tr>\n");
    }
    put!(html, "</tbody></table>\n<p class=\"hint\">" [language.say("IV: how well a column parts the seed from the rest. The tick is what pure noise would give.", "IV：标签区分种子与其他人的能力。竖线是纯随机时的期望值。")] "</p>\n");
}

/// What the marks of the charts mean.
fn key(html: &mut Html, language: Language) {
    put!(html, "<ul class=\"legend\"><li><svg class=\"swatch\" viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"seed\" width=\"10\" height=\"10\"/></svg>" [language.say("seed", "种子")] "</li><li><svg class=\"swatch\" viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"base\" width=\"10\" height=\"10\"/></svg>" [language.say("base", "对照")] "</li>");
    put!(html, "<li><svg class=\"sign\" viewBox=\"0 0 28 10\" aria-hidden=\"true\"><path class=\"ends\" d=\"M2 5H26\"/><circle class=\"dot\" cx=\"14\" cy=\"5\" r=\"3.5\"/></svg>" [language.say("TGI with its 95% interval, on a log scale through 100 (as many as in the base)", "TGI 与 95% 区间；对数轴，100 表示与对照相同")] "</li>");
    put!(html, "<li class=\"faint\"><svg class=\"sign\" viewBox=\"0 0 28 10\" aria-hidden=\"true\"><path class=\"ends\" d=\"M2 5H26\"/><circle class=\"dot\" cx=\"14\" cy=\"5\" r=\"3.5\"/></svg>" [language.say("faint: may be chance (q ≥ 0.05)", "颜色淡：差异可能只是偶然（q ≥ 0.05）")] "</li></ul>\n");
}

fn chart(html: &mut Html, column: &ProfileColumn, axis: TgiAxis, language: Language) {
    let values = told(column);
    let most = values.iter().map(|v| v.seed_share.max(v.base_share)).fold(0.0, f64::max);
    put!(html, "<figure class=\"column\">\n<figcaption>");
    label(html, &column.column, language);
    put!(html, " <span>" [kind(column.kind, language)] " · IV " [fixed(column.iv, 3)] " · " [band(&column.band, language)] "</span></figcaption>\n<table class=\"values\"><thead><tr><th></th><th class=\"n\">" [language.say("seed", "种子")] "</th><th class=\"n\">" [language.say("base", "对照")] "</th><th class=\"pairs\"></th><th>");
    axis.head(html);
    put!(html, "</th><th class=\"n\">TGI</th></tr></thead>\n<tbody>");
    for value in &values {
        put!(html, "<tr class=\"" [if told_apart(value) { "" } else { "faint" }] "\"><th scope=\"row\">");
        label(html, &value.value, language);
        put!(html, "</th><td class=\"n\">" [percent(value.seed_share)] "</td><td class=\"n second\">" [percent(value.base_share)] "</td><td class=\"pairs\">");
        plot::pair(html, value.seed_share, value.base_share, most);
        put!(html, "</td><td>");
        axis.mark(html, value.tgi, value.tgi_low.zip(value.tgi_high), false);
        put!(html, "</td><td class=\"n\">" [tgi(value.tgi)] "</td></tr>\n");
    }
    put!(html, "</tbody></table>\n");
    twin(html, column, values.len(), language);
    put!(html, "</figure>\n");
}

/// Whether a column is the tag file's: only those can be compared with the base.
fn theirs(column: &ProfileColumn) -> bool {
    column.namespace == Namespace::Tags
}

/// A column of the brand's own: it is known for the seed alone, so there is nothing to compare it with.
fn own(html: &mut Html, column: &ProfileColumn, language: Language) {
    let mut values: Vec<&ProfileValue> = column.values.iter().collect();
    if column.kind == FeatureKind::Category || column.kind == FeatureKind::Multi {
        values.order_by_key(|value| std::cmp::Reverse(value.seed_count));
    }
    values.truncate(VALUES);
    let most = values.iter().map(|v| v.seed_share).fold(0.0, f64::max);
    put!(html, "<figure class=\"column\">\n<figcaption>");
    label(html, &column.column, language);
    put!(html, " <span>" [kind(column.kind, language)] " · " [language.say("your own: the seed alone", "一方属性：只描述种子")] "</span></figcaption>\n<table class=\"values own\">");
    let seed = (language.say("seed", "种子"), true);
    header(html, &[("", false), (language.say("people", "人数"), true), seed, ("", false)]);
    put!(html, "<tbody>");
    for value in values {
        put!(html, "<tr><th scope=\"row\">");
        label(html, &value.value, language);
        put!(html, "</th><td class=\"n\">" [count(value.seed_count)] "</td><td class=\"n\">" [percent(value.seed_share)] "</td><td>");
        plot::bar(html, value.seed_share, most);
        put!(html, "</td></tr>\n");
    }
    put!(html, "</tbody></table>\n</figure>\n");
}

/// The same as numbers, with counts and intervals.
fn twin(html: &mut Html, column: &ProfileColumn, shown: usize, language: Language) {
    let all = column.values.len() + column.folded as usize;
    put!(html, "<details><summary>"[language.say("Table", "数据表")]);
    if shown < all {
        put!(html, " · ");
        match language {
            Language::En => put!(html, "the chart shows the " [shown] " most telling of " [all] " values"),
            Language::Zh => put!(html, "图中为 " [all] " 个取值里最有区分度的 " [shown] " 个"),
        }
    }
    put!(html, "</summary>\n<table>\n");
    header(
        html,
        &[
            (language.say("Value", "取值"), false),
            (language.say("Seed", "种子人数"), true),
            (language.say("Base", "对照人数"), true),
            ("TGI", true),
            (language.say("95% interval", "95% 区间"), true),
            ("q", true),
        ],
    );
    put!(html, "<tbody>");
    for value in column.values.iter().take(ROWS) {
        put!(html, "<tr><th scope=\"row\">");
        label(html, &value.value, language);
        let ends = value.tgi_low.zip(value.tgi_high);
        let ends = ends.map_or("–".to_owned(), |(low, high)| range(low, high, |v| fixed(v, 0)));
        put!(html, "</th><td class=\"n\">" [count(value.seed_count)] "</td><td class=\"n\">" [count(value.base_count)] "</td><td class=\"n\">" [tgi(value.tgi)] "</td><td class=\"n\">" [ends] "</td><td class=\"n\">" [q_value(value.q)] "</td></tr>\n");
    }
    put!(html, "</tbody></table>");
    if all > ROWS {
        put!(html, "<p class=\"hint\">" [language.say("The rest is in profile.csv.", "其余见 profile.csv。")] "</p>");
    }
    put!(html, "</details>\n");
}

/// The values a chart shows: all, or those that add most to the information value, strongest first.
fn told(column: &ProfileColumn) -> Vec<&ProfileValue> {
    let mut values: Vec<&ProfileValue> = column.values.iter().collect();
    if values.len() > VALUES {
        let tells = |v: &ProfileValue| {
            let (seed, base) = (v.seed_share.max(1e-6), v.base_share.max(1e-6));
            (seed - base) * libm::log(seed / base)
        };
        values.order_by(|a, b| tells(b).total_cmp(&tells(a)));
        values.truncate(VALUES);
        values.order_by(|a, b| b.tgi.unwrap_or(0.0).total_cmp(&a.tgi.unwrap_or(0.0)));
    }
    values
}

/// Whether a value differs from the base by more than chance.
fn told_apart(value: &ProfileValue) -> bool {
    value.q.is_some_and(|q| q < 0.05)
}

fn kind(kind: FeatureKind, language: Language) -> &'static str {
    match kind {
        FeatureKind::Category => language.say("category", "类别"),
        FeatureKind::Number => language.say("number", "数值"),
        FeatureKind::Date => language.say("date", "日期"),
        FeatureKind::Multi => language.say("several", "多值"),
    }
}

fn band(band: &str, language: Language) -> &str {
    match band {
        "useless" => language.say("next to nothing", "几乎没有"),
        "weak" => language.say("weak", "弱"),
        "medium" => language.say("medium", "中"),
        "strong" => language.say("strong", "强"),
        "suspicious" => language.say("suspiciously strong", "过强，疑似泄漏"),
        "noise" => language.say("no more than noise", "与噪声无异"),
        other => other,
    }
}
