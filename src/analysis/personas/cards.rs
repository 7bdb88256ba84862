//! Which written card belongs to which persona: the one whose labels are likest.

use super::plan::Card;
use super::report::{PersonasReport, TopTag};
use crate::num::Order;

/// The least part of all labels that card and persona must share.
const LEAST: f64 = 0.4;

/// The report with these cards, and the names they give.
pub fn carded(mut report: PersonasReport, cards: &[Card]) -> PersonasReport {
    let tops: Vec<&[TopTag]> = report.clusters.iter().map(|cluster| cluster.top.as_slice()).collect();
    let given = assign(cards, &tops);
    for (cluster, card) in report.clusters.iter_mut().zip(given) {
        let named = card.as_ref().filter(|card| !card.name.is_empty());
        cluster.name = named.map_or(&cluster.marks, |card| &card.name).clone();
        cluster.card = card;
    }
    report
}

/// For each persona its card, if it has one. Likest first; every card is used once.
fn assign(cards: &[Card], tops: &[&[TopTag]]) -> Vec<Option<Card>> {
    let mut pairs = Vec::new();
    for (c, card) in cards.iter().enumerate() {
        pairs.extend(tops.iter().enumerate().map(|(p, top)| (likeness(card, top), c, p)));
    }
    pairs.retain(|pair| pair.0 >= LEAST);
    pairs.order_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut given = vec![None; tops.len()];
    let mut used = vec![false; cards.len()];
    for (_, c, p) in pairs {
        if !used[c] && given[p].is_none() {
            used[c] = true;
            given[p] = Some(cards[c].clone());
        }
    }
    given
}

/// Labels of both over labels of either (Jaccard).
fn likeness(card: &Card, top: &[TopTag]) -> f64 {
    let tags: Vec<String> = top.iter().map(key).collect();
    let both = tags.iter().filter(|tag| card.tags.contains(tag)).count();
    let either = tags.len() + card.tags.len() - both;
    if both == 0 { 0.0 } else { both as f64 / either as f64 }
}

/// A label as a card writes it.
fn key(tag: &TopTag) -> String {
    format!("{}={}", tag.feature, tag.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn top(values: &[&str]) -> Vec<TopTag> {
        let tag = |value: &&str| TopTag {
            feature: "likes".into(),
            value: (*value).into(),
            share: 0.5,
            base_share: 0.1,
            tgi: 500.0,
            tgi_low: 400.0,
            tgi_high: 600.0,
        };
        values.iter().map(tag).collect()
    }

    fn card(name: &str, values: &[&str]) -> Card {
        let tags = values.iter().map(|value| format!("likes={value}")).collect();
        Card { tags, name: name.into(), ..Card::default() }
    }

    #[test]
    fn a_card_finds_its_persona_again_and_no_other() {
        let cards = [card("mothers", &["baby", "food", "home"]), card("runners", &["run", "camp"])];
        let (runners, mothers, others) =
            (top(&["camp", "run", "bike"]), top(&["baby", "home", "toys"]), top(&["run", "x", "y", "z"]));
        let found = assign(&cards, &[&runners, &mothers, &others]);
        let names: Vec<_> = found.iter().map(|c| c.as_ref().map(|c| c.name.as_str())).collect();
        assert_eq!(names, [Some("runners"), Some("mothers"), None]);
        assert_eq!(assign(&[Card::default()], &[&[]]), [None]);
    }
}
