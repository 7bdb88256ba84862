//! How personas stand to a target crowd, and which of them are core (`formulas.md` F16, F22).
//!
//! A persona here is its own people and those it was expanded to. *Fit* is 1 − d_norm to the target; *density*
//! the index of the seed among its people, 100 for the share the seed has of everyone; *value* its share of
//! the value of all personas; *headroom* its people who are not in the seed. Each becomes an index from 0 (the
//! least persona) to 100 (the greatest; 50 for all if all are equal); the score is their weighted sum.
//!
//! Core: from the highest score down, personas whose fit is at least the median, until the core ones hold the
//! wished share of the value, or of the people where no column says what people are worth. More: the others
//! above the floor. Rest: below.
//!
//! Value is counted in bins: someone is worth the middle of their bin, in the last one its lower end, so that
//! one rich customer does not carry a persona.

use super::plan::LayersPlan;
use super::report::{Layered, Placed};
use crate::error::{Error, Kind, Result};
use crate::num::Order;
use crate::table::schema::Schema;

/// What is known of a persona, its expanded people included.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reach {
    /// People.
    pub people: u64,
    /// Those in the target.
    pub in_target: u64,
    /// Those in the seed.
    pub in_seed: u64,
    /// 1 − d_norm to the target.
    pub similarity: f64,
    /// Value of all of them, in the unit of the column.
    pub value: f64,
}

/// Everyone, the target, the seed.
#[derive(Clone, Copy, Debug)]
pub(super) struct World {
    /// Everyone in the tag file.
    pub people: u64,
    /// The target.
    pub target: u64,
    /// The seed.
    pub seed: u64,
}

/// Persona × target, with the quadrant.
pub(super) fn placed(personas: &[Reach], world: World) -> Vec<Placed> {
    let overlap = |p: &Reach| ratio(p.in_target, p.people);
    let alike = median(personas.iter().map(|p| p.similarity));
    let there = median(personas.iter().map(overlap));
    let quadrant = |p: &Reach| match (p.similarity >= alike, overlap(p) >= there) {
        (true, true) => "high",
        (true, false) => "watch",
        (false, true) => "reached",
        (false, false) => "other",
    };
    let place = |p: &Reach| Placed {
        similarity: p.similarity,
        overlap: overlap(p),
        index: index(overlap(p), ratio(world.target, world.people)),
        quadrant: quadrant(p).into(),
    };
    personas.iter().map(place).collect()
}

/// Core, more and rest.
pub(super) fn layers(plan: &LayersPlan, personas: &[Reach], world: World) -> Vec<Layered> {
    let all: f64 = personas.iter().map(|p| p.value).sum();
    let valued = plan.column.is_some();
    let raw: Vec<[Option<f64>; 4]> = personas
        .iter()
        .map(|p| {
            let density = index(ratio(p.in_seed, p.people), ratio(world.seed, world.people));
            let value = valued.then(|| if all > 0.0 { p.value / all } else { 0.0 });
            [Some(p.similarity), Some(density), value, Some((p.people - p.in_seed) as f64)]
        })
        .collect();
    let indices: Vec<[Option<f64>; 4]> =
        raw.iter().map(|mine| std::array::from_fn(|c| scaled(mine[c], raw.iter().map(|r| r[c])))).collect();
    let scores: Vec<f64> = indices.iter().map(|index| weighted(plan, index)).collect();
    let mut layers = assign(plan, personas, &scores, valued).into_iter();
    let parts = raw.into_iter().zip(indices).zip(scores);
    parts
        .map(|((raw, index), score)| Layered {
            layer: layers.next().unwrap_or("rest").into(),
            score,
            raw,
            index,
        })
        .collect()
}

fn assign(plan: &LayersPlan, personas: &[Reach], scores: &[f64], valued: bool) -> Vec<&'static str> {
    let worth = |p: &Reach| if valued { p.value } else { p.people as f64 };
    let all: f64 = personas.iter().map(worth).sum();
    let fit = median(personas.iter().map(|p| p.similarity));
    let mut order: Vec<usize> = (0..personas.len()).collect();
    order.order_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    let mut layers = vec!["rest"; personas.len()];
    let mut held = 0.0;
    for p in order {
        if held < plan.core * all && personas[p].similarity >= fit && scores[p] >= plan.floor {
            layers[p] = "core";
            held += worth(&personas[p]);
        } else if scores[p] >= plan.floor {
            layers[p] = "more";
        }
    }
    layers
}

fn weighted(plan: &LayersPlan, index: &[Option<f64>; 4]) -> f64 {
    plan.weights().iter().zip(index).map(|(weight, index)| weight * index.unwrap_or(0.0)).sum()
}

/// From 0 for the least to 100 for the greatest.
fn scaled(mine: Option<f64>, all: impl Iterator<Item = Option<f64>> + Clone) -> Option<f64> {
    let least = all.clone().flatten().fold(f64::INFINITY, f64::min);
    let most = all.flatten().fold(f64::NEG_INFINITY, f64::max);
    mine.map(|x| if most > least { 100.0 * (x - least) / (most - least) } else { 50.0 })
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.order_by(f64::total_cmp);
    let middle = |back: usize| values.get((values.len() - back) / 2).copied().unwrap_or(0.0);
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => middle(1),
        _ => (middle(2) + middle(0)) / 2.0,
    }
}

fn ratio(part: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { part as f64 / of as f64 }
}

fn index(share: f64, base: f64) -> f64 {
    if base > 0.0 { 100.0 * share / base } else { 0.0 }
}

/// What people are worth by a column: its feature, and the value of each of its codes.
pub(super) struct Value {
    first: usize,
    worth: Vec<f64>,
}

impl Value {
    /// The column of a plan; none if it names none.
    pub fn new(schema: &Schema, plan: Option<&LayersPlan>) -> Result<Option<Value>> {
        let Some(name) = plan.and_then(|plan| plan.column.as_ref()) else { return Ok(None) };
        let missing = || Error::new(Kind::ColumnMissing).column(name.as_str());
        let f = schema.features.iter().position(|f| f.name() == *name).ok_or_else(missing)?;
        let edges = &schema.features[f].edges;
        if edges.is_empty() {
            return Err(Error::new(Kind::OutOfRange).column("personas.layers.column"));
        }
        let middles = edges.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0);
        let worth = std::iter::once(0.0).chain(middles).chain(edges.last().copied()).collect();
        Ok(Some(Value { first: schema.starts[f], worth }))
    }
    /// The value of people by bin.
    pub fn of(&self, bins: &[u64]) -> f64 {
        self.worth.iter().zip(&bins[self.first..]).map(|(worth, &n)| worth * n as f64).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(people: u64, in_seed: u64, similarity: f64) -> Reach {
        Reach { people, in_target: in_seed, in_seed, similarity, value: people as f64 }
    }

    const WORLD: World = World { people: 10_000, target: 1_000, seed: 1_000 };

    #[test]
    fn core_is_taken_from_the_top_until_it_holds_enough() {
        let personas = [reach(100, 80, 0.9), reach(100, 60, 0.8), reach(100, 30, 0.7), reach(100, 5, 0.1)];
        let layer = |core: f64| -> Vec<String> {
            let plan = LayersPlan { core, ..LayersPlan::default() };
            layers(&plan, &personas, WORLD).into_iter().map(|l| l.layer).collect()
        };
        assert_eq!(layer(0.6), ["core", "core", "more", "rest"]);
        assert_eq!(layer(0.2), ["core", "more", "more", "rest"]);
        assert_eq!(layer(0.0), ["more", "more", "more", "rest"]);
    }

    #[test]
    fn indices_run_from_0_to_100_and_add_up_by_weight() {
        let personas = [reach(300, 30, 0.9), reach(100, 50, 0.5), reach(200, 20, 0.7)];
        let plan =
            LayersPlan { column: Some("spend".into()), value: 0.2, headroom: 0.0, ..LayersPlan::default() };
        for (found, score) in layers(&plan, &personas, WORLD).iter().zip([60.0, 40.0, 30.0]) {
            assert!((found.score - score).abs() < 1e-9, "{found:?}");
        }
        let found = layers(&plan, &personas, WORLD);
        assert_eq!(found[1].raw, [Some(0.5), Some(500.0), Some(1.0 / 6.0), Some(50.0)]);
        assert_eq!(found[0].index, [Some(100.0), Some(0.0), Some(100.0), Some(100.0)]);
        // All alike: nobody stands out.
        let same = layers(&plan, &[reach(100, 10, 0.5), reach(100, 10, 0.5)], WORLD);
        assert!(same.iter().all(|l| l.score == 50.0));
    }

    #[test]
    fn quadrants_are_cut_at_the_medians() {
        let personas = [reach(100, 80, 0.9), reach(100, 10, 0.8), reach(100, 70, 0.2), reach(100, 5, 0.1)];
        let found = placed(&personas, WORLD);
        assert_eq!(
            found.iter().map(|s| s.quadrant.as_str()).collect::<Vec<_>>(),
            ["high", "watch", "reached", "other"]
        );
        assert!((found[0].index - 800.0).abs() < 1e-9 && found[1].overlap == 0.1);
    }
}
