//! Section 4: who is in the seed. The map, then a card for each persona.

use super::html::{Html, clipped, put};
use super::number::{count, fixed, percent, range};
use super::plot::{At, TgiAxis};
use super::{Language, header, label, open};
use crate::analysis::personas::{Cluster, PersonaMap, PersonasReport, TopTag};
use crate::num::Order;

/// People drawn on the map.
const POINTS: usize = 2000;
/// Tags on a card.
const TAGS: usize = 6;
/// Colours of the palette; the first is the seed's.
const COLOURS: u8 = 10;
/// The map's view box, with a margin for labels.
const MAP: (f64, f64, f64) = (960.0, 420.0, 36.0);

pub(super) fn section(html: &mut Html, report: Option<&PersonasReport>, language: Language) {
    let heading = ["4", language.say("Personas", "分群")];
    if !open(html, "personas", heading, language, report.is_some()) {
        return;
    }
    if let Some(report) = report {
        let (people, k) = (count(report.people), report.k);
        put!(html, "<p class=\"lead\">");
        match language {
            Language::En => put!(html, [people] " people in <b>" [k] "</b> personas."),
            Language::Zh => put!(html, [people] " 人，分成 <b>" [k] "</b> 类。"),
        }
        put!(html, "</p>\n");
        if !report.map.points.is_empty() {
            map(html, report, language);
        }
        let tags = report.clusters.iter().flat_map(|c| c.top.iter().take(TAGS));
        let axis = TgiAxis::over(tags.map(|tag| tag.tgi)).above();
        put!(html, "<div class=\"cards\">\n");
        report.clusters.iter().for_each(|cluster| card(html, cluster, axis, language));
        put!(html, "</div>\n");
        choices(html, report, language);
    }
    put!(html, "</section>\n");
}

/// Where the map's coordinates lie on the page. The wider axis may be stretched to fill it, by less than twice.
struct Place {
    scale: (f64, f64),
    centre: (f64, f64),
}

impl Place {
    fn of(points: &[(f64, f64, u8)]) -> Place {
        let ends = |axis: fn(&(f64, f64, u8)) -> f64| {
            let mut all: Vec<f64> = points.iter().map(axis).filter(|v| v.is_finite()).collect();
            all.order_by(f64::total_cmp);
            // The farthest one in a hundred may not shrink all the others: they are drawn at the edge.
            let at = |permille: usize| {
                all.get(all.len().saturating_sub(1) * permille / 1000).copied().unwrap_or(0.0)
            };
            (at(10), at(990))
        };
        let ends = [ends(|p| p.0), ends(|p| p.1)];
        let fit = |room: f64, low: f64, high: f64| (room - 2.0 * MAP.2) / (high - low).max(1e-9);
        let (x, y) = (fit(MAP.0, ends[0].0, ends[0].1), fit(MAP.1, ends[1].0, ends[1].1));
        let scale = (x.min(1.8 * y), y.min(1.8 * x));
        let [x, y] = ends.map(|(low, high)| (low + high) / 2.0);
        Place { scale, centre: (x, y) }
    }
    fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let (dx, dy) = ((x - self.centre.0) * self.scale.0, (y - self.centre.1) * self.scale.1);
        ((MAP.0 / 2.0 + dx).clamp(4.0, MAP.0 - 4.0), (MAP.1 / 2.0 - dy).clamp(4.0, MAP.1 - 4.0))
    }
}

/// Label places from the top down, each moved below the ones it would cover.
fn apart(mut labels: Vec<(f64, f64, String)>) -> Vec<(f64, f64, String)> {
    labels.order_by(|a, b| a.1.total_cmp(&b.1));
    for i in 1..labels.len() {
        let (done, rest) = labels.split_at_mut(i);
        let mine = &mut rest[0];
        for other in done.iter() {
            if (mine.0 - other.0).abs() < 170.0 && mine.1 < other.1 + 18.0 {
                mine.1 = other.1 + 18.0;
            }
        }
    }
    labels
}

fn map(html: &mut Html, report: &PersonasReport, language: Language) {
    let PersonaMap { points, centres, inertia, of } = &report.map;
    let step = points.len().div_ceil(POINTS).max(1);
    let place = Place::of(points);
    put!(html, "<figure>\n<figcaption>" [language.say("Map of the seed", "人群地图")] "</figcaption>\n<svg class=\"chart map\" viewBox=\"0 0 960 420\" role=\"img\" aria-label=\"" [language.say("Scatter plot: one point per person, coloured by persona", "散点图：每点一人，按分群着色")] "\">");
    for cluster in &report.clusters {
        put!(html, "<path class=\"points " [colour(cluster.number)] "\" d=\"");
        for &(x, y, _) in points.iter().step_by(step).filter(|p| p.2 == cluster.number) {
            let (x, y) = place.at(x, y);
            put!(html, "M" [At(x)] " " [At(y)] "h0");
        }
        put!(html, "\"/>");
    }
    let labels = report.clusters.iter().zip(centres).map(|(cluster, &(x, y))| {
        let (x, y) = place.at(x, y);
        (x, y, format!("{} {}", cluster.number, clipped(&cluster.name, 14)))
    });
    for (x, y, name) in apart(labels.collect()) {
        put!(html, "<text class=\"halo\" x=\"" [At(x)] "\" y=\"" [At(y + 4.0)] "\" text-anchor=\"middle\">" [name] "</text>");
    }
    put!(html, "</svg>\n<p class=\"hint\">");
    let shown = points.len().div_ceil(step) as u64;
    let (of, share) = (count(*of), percent(inertia.0 + inertia.1));
    match (language, report.map.of > shown) {
        (Language::En, true) => put!(html, "A sample of " [count(shown)] " of " [of] " people"),
        (Language::En, false) => put!(html, "All " [of] " people"),
        (Language::Zh, true) => put!(html, "从 " [of] " 人中抽样 " [count(shown)] " 人"),
        (Language::Zh, false) => put!(html, "全部 " [of] " 人"),
    }
    match language {
        Language::En => {
            put!(html, "; the two axes hold " [share] " of the differences. Near means alike; a point is a person without an ID.")
        }
        Language::Zh => put!(html, "；两轴合计解释 " [share] " 的差异。距离近表示相似；每点一人，不含 ID。"),
    }
    put!(html, "</p>\n</figure>\n");
}

/// The class that colours a persona, the same as on the page.
fn colour(number: u8) -> &'static str {
    const CLASSES: [&str; COLOURS as usize] = ["c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9"];
    CLASSES[usize::from(number % COLOURS)]
}

fn card(html: &mut Html, cluster: &Cluster, axis: TgiAxis, language: Language) {
    put!(html, "<article class=\"card " [colour(cluster.number)] "\">\n<h3><svg class=\"swatch\" viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"fill\" width=\"10\" height=\"10\" rx=\"2\"/></svg>" [cluster.number] " ");
    label(html, &cluster.name, language);
    put!(html, "</h3>\n<p class=\"size\"><b>" [percent(cluster.share)] "</b> <span>" [count(cluster.people)] " " [language.say("people", "人")] "</span></p>\n");
    written(html, cluster, language);
    if cluster.top.is_empty() {
        put!(html, "<p class=\"none\">" [language.say("No tag stands out.", "没有特别突出的标签。")] "</p>\n</article>\n");
        return;
    }
    put!(html, "<table class=\"tags\"><thead><tr><th></th><th>");
    axis.head(html);
    put!(html, "</th><th class=\"n\">TGI</th></tr></thead><tbody>");
    for tag in cluster.top.iter().take(TAGS) {
        put!(html, "<tr>");
        name(html, tag, language);
        put!(html, "<td>");
        axis.mark(html, Some(tag.tgi), Some((tag.tgi_low, tag.tgi_high)), true);
        put!(html, "</td><td class=\"n\">" [fixed(tag.tgi, 0)] "</td></tr>\n");
    }
    put!(html, "</tbody></table>\n");
    twin(html, cluster, language);
    put!(html, "</article>\n");
}

/// Layer, expansion, and what somebody wrote.
fn written(html: &mut Html, cluster: &Cluster, language: Language) {
    let layer = cluster.layer.as_ref().map(|layered| match layered.layer.as_str() {
        "core" => language.say("core", "核心"),
        "more" => language.say("more", "更多"),
        _ => language.say("rest", "其余"),
    });
    if let Some(layer) = layer {
        put!(html, "<p class=\"hint\">" [layer] "</p>\n");
    }
    if let Some(expanded) = &cluster.expanded {
        put!(html, "<p class=\"hint\">" [language.say("expanded by ", "扩展 ")] [count(expanded.people)] " " [language.say("people", "人")] "</p>\n");
    }
    let Some(card) = &cluster.card else { return };
    for (name, text) in [
        (language.say("Who", "是谁"), &card.who),
        (language.say("Why", "为什么重要"), &card.why),
        (language.say("Product", "产品"), &card.product),
        (language.say("Content", "内容"), &card.content),
        (language.say("Price", "价格"), &card.price),
        (language.say("Touchpoints", "触点"), &card.touch),
    ] {
        if !text.is_empty() {
            put!(html, "<p><b>" [name] "</b> <bdi>" [text] "</bdi></p>\n");
        }
    }
}

fn name(html: &mut Html, tag: &TopTag, language: Language) {
    put!(html, "<th scope=\"row\"><span class=\"feature\">");
    label(html, &tag.feature, language);
    put!(html, "</span> ");
    label(html, &tag.value, language);
    put!(html, "</th>");
}

fn twin(html: &mut Html, cluster: &Cluster, language: Language) {
    put!(html, "<details><summary>" [language.say("Table", "数据表")] "</summary><table>\n");
    header(
        html,
        &[
            (language.say("Value", "取值"), false),
            (language.say("Here", "本群"), true),
            (language.say("All", "全体"), true),
            ("TGI", true),
        ],
    );
    put!(html, "<tbody>");
    for tag in &cluster.top {
        put!(html, "<tr>");
        name(html, tag, language);
        put!(html, "<td class=\"n\">" [percent(tag.share)] "</td><td class=\"n\">" [percent(tag.base_share)] "</td><td class=\"n\">" [fixed(tag.tgi, 0)] " (" [range(tag.tgi_low, tag.tgi_high, |v| fixed(v, 0))] ")</td></tr>\n");
    }
    put!(html, "</tbody></table></details>\n");
}

/// What other numbers of personas would give, if the number was chosen.
fn choices(html: &mut Html, report: &PersonasReport, language: Language) {
    if report.choices.is_empty() {
        return;
    }
    put!(html, "<details><summary>" [language.say("What each number of personas would give", "不同分群数的效果")] "</summary><table>\n");
    let say = |english, chinese| (language.say(english, chinese), true);
    header(html, &[("k", true), say("Silhouette", "轮廓系数"), say("Stability", "稳定度"), ("", true)]);
    put!(html, "<tbody>");
    for choice in &report.choices {
        let chosen = if choice.chosen { language.say("chosen", "采用") } else { "" };
        put!(html, "<tr><td class=\"n\">" [choice.k] "</td><td class=\"n\">" [fixed(choice.silhouette, 3)] "</td><td class=\"n\">" [fixed(choice.stability, 3)] "</td><td class=\"n\">" [chosen] "</td></tr>\n");
    }
    put!(html, "</tbody></table></details>\n");
}
