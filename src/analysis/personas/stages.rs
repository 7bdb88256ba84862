//! What is done with the clusters: expansion, merging, target, layers, cards; and the report.

use super::alike::Columns;
use super::cards;
use super::expand::{Expansion, Taken, expand, heads};
use super::find::Found;
use super::fit::{Counted, Weights};
use super::layers::{self, Reach, Value, World};
use super::merge::{Merger, Node, Settle};
use super::name::{Marks, Names};
use super::plan::PersonasPlan;
use super::report::{Cluster, Expanded, KeptTag, Merge, Part, PersonaMap, PersonasReport, TagRow, TopTag};
use super::round::{Group, PART, PERSONA};
use super::tally::Tally;
use crate::audience::Expr;
use crate::error::Result;
use crate::num::Order;
use crate::shard::add_up;
use crate::shard::desk::Desk;
use crate::table::schema::{Namespace, Schema};

/// Times everyone may change their persona after the merges.
const ROUNDS: usize = 3;

/// A run of the stages.
struct Stages<'a> {
    desk: &'a Desk,
    schema: &'a Schema,
    plan: &'a PersonasPlan,
    found: &'a Found,
    names: Names<'a>,
    columns: Columns,
}

/// A persona and the people like it.
struct Persona {
    node: Node,
    top: Marks,
    taken: Option<Taken>,
    /// By bin: those taken.
    more: Vec<u64>,
    /// How many they are.
    added: u64,
}

/// Does what the plan says, and leaves the measure `persona`.
pub(super) async fn stages(
    desk: &Desk,
    schema: &Schema,
    plan: &PersonasPlan,
    found: &Found,
) -> Result<PersonasReport> {
    let names = Names::new(schema, &found.base, found.people, &plan.without);
    let mut crowd = vec![0; schema.bins()];
    found.counts.iter().for_each(|counts| add_up(&mut crowd, counts));
    let columns = Columns::new(schema, &plan.without, &crowd, found.members);
    Stages { desk, schema, plan, found, names, columns }.run().await
}

impl Stages<'_> {
    async fn run(&self) -> Result<PersonasReport> {
        let Found { sizes, counts, .. } = self.found;
        let value = Value::new(self.schema, self.plan.layers.as_ref())?;
        let nodes: Vec<Node> = (1..)
            .zip(sizes.iter().zip(counts))
            .map(|(number, (&people, counts))| Node { of: vec![number], people, counts: counts.clone() })
            .collect();
        let (merges, left) = self.merged(nodes.clone());
        let parts = match self.plan.merge {
            Some(_) => self.widened(PART, nodes).await?,
            None => Vec::new(),
        };
        let last = self.settled(left).await?;
        let personas = self.widened(PERSONA, last.nodes.clone()).await?;
        let mut clusters = self.clusters(&personas);
        self.judge(&personas, &mut clusters, value.as_ref()).await?;
        Ok(cards::carded(self.report(clusters, &personas, parts, merges, last), &self.plan.cards))
    }
    /// Whom each crowd takes from outside.
    async fn expanded(&self, own: &str, nodes: &[Node]) -> Result<Vec<Option<Taken>>> {
        let Found { people, base, .. } = self.found;
        let Some(plan) = &self.plan.expand else { return Ok(vec![None; nodes.len()]) };
        let everyone = Counted { people: *people, bins: base };
        let (clusters, without) = (&counted(nodes)[..], &self.plan.without[..]);
        let asked = Expansion { plan, of: &self.plan.of, own, clusters, everyone, without };
        let taken = expand(self.desk, self.schema, asked).await?;
        Ok(taken.into_iter().map(Some).collect())
    }
    /// Writes the measure `persona`: the merged clusters, then everyone where they fit best.
    async fn settled(&self, mut left: Vec<Node>) -> Result<Last> {
        largest_first(&mut left);
        let merged = left.len() < self.found.sizes.len();
        let mut last = Last { grouped: self.grouped(&left), nodes: left, weights: None, moved: None };
        self.desk.sum(&Group { from: PART.into(), personas: last.grouped.clone() }).await?;
        if !merged || !self.plan.merge.as_ref().is_some_and(|plan| plan.settle) || last.nodes.len() < 2 {
            return Ok(last);
        }
        let everyone = Counted { people: self.found.people, bins: &self.found.base };
        for _ in 0..ROUNDS {
            let weights = Weights::new(self.schema, &counted(&last.nodes), everyone, &self.plan.without);
            let (of, measure) = (self.plan.of.clone(), PERSONA.into());
            let settled = self.desk.sum(&Settle { of, weights: weights.clone(), measure }).await?;
            let mut counted = settled.counted.people.into_iter().zip(settled.counted.bins);
            for node in &mut last.nodes {
                (node.people, node.counts) = counted.next().unwrap_or_default();
            }
            last.weights = Some(weights);
            last.moved = Some(last.moved.unwrap_or(0) + settled.moved);
            if settled.moved * 1_000 < self.found.members {
                break;
            }
        }
        self.renumber(&mut last).await?;
        Ok(last)
    }
    /// Numbers the settled personas by size.
    async fn renumber(&self, last: &mut Last) -> Result<()> {
        let before: Vec<Vec<u8>> = last.nodes.iter().map(|node| node.of.clone()).collect();
        last.nodes.retain(|node| node.people > 0);
        largest_first(&mut last.nodes);
        let place = |of: &Vec<u8>| last.nodes.iter().position(|node| node.of == *of).map_or(0, |at| at + 1);
        let numbers: Vec<u8> = before.iter().map(|of| place(of) as u8).collect();
        self.desk.sum(&Group { from: PERSONA.into(), personas: numbers.clone() }).await?;
        last.grouped = numbers;
        Ok(())
    }
    /// Personas with the people they take, counted.
    async fn widened(&self, own: &str, nodes: Vec<Node>) -> Result<Vec<Persona>> {
        let taken = self.expanded(own, &nodes).await?;
        let crowds: Vec<Expr> = taken.iter().flatten().map(|taken| taken.crowd.clone()).collect();
        let mut counted = match crowds.is_empty() {
            true => Default::default(),
            false => self.desk.sum(&Tally { of: crowds, bins: true }).await?,
        };
        counted.people.reverse();
        counted.bins.reverse();
        let mut persona = |(node, taken): (Node, Option<Taken>)| {
            let top = self.names.top(&node.counts, node.people);
            let (added, more) = match taken {
                Some(_) => (counted.people.pop(), counted.bins.pop()),
                None => (None, None),
            };
            let more = more.unwrap_or_else(|| vec![0; self.schema.bins()]);
            Persona { node, top, taken, more, added: added.unwrap_or(0) }
        };
        Ok(nodes.into_iter().zip(taken).map(&mut persona).collect())
    }
    fn merged(&self, nodes: Vec<Node>) -> (Vec<Merge>, Vec<Node>) {
        let Some(plan) = &self.plan.merge else { return (Vec::new(), nodes) };
        let all = self.found.people.max(1) as f64;
        let base: Vec<f64> = self.found.base.iter().map(|&n| n as f64 / all).collect();
        let (schema, columns, names) = (self.schema, &self.columns, &self.names);
        Merger { schema, columns, names, base: &base }.merge(plan, nodes)
    }
    /// By cluster: the number of its persona.
    fn grouped(&self, left: &[Node]) -> Vec<u8> {
        let mut personas = vec![0; self.found.sizes.len()];
        for (number, node) in (1..).zip(left) {
            node.of.iter().for_each(|&part| personas[usize::from(part) - 1] = number);
        }
        personas
    }
    fn clusters(&self, personas: &[Persona]) -> Vec<Cluster> {
        let tops: Vec<Marks> = personas.iter().map(|p| p.top.clone()).collect();
        let names = self.names.names(&tops);
        let tops: Vec<Vec<TopTag>> = tops.into_iter().map(tags).collect();
        let parts = personas.iter().zip(names).zip(tops).zip(1..);
        parts
            .map(|(((persona, name), top), number)| Cluster {
                number,
                marks: name.clone(),
                name,
                people: persona.node.people,
                share: persona.node.people as f64 / self.found.members.max(1) as f64,
                top,
                crowd: measured(PERSONA, number),
                of: if self.plan.merge.is_some() { persona.node.of.clone() } else { Vec::new() },
                expanded: self.shown(persona),
                target: None,
                layer: None,
                card: None,
            })
            .collect()
    }
    /// Holds the personas against the target, and layers them.
    async fn judge(
        &self,
        personas: &[Persona],
        clusters: &mut [Cluster],
        value: Option<&Value>,
    ) -> Result<()> {
        if !(self.plan.target.is_some() || self.plan.expand.is_some() || self.plan.layers.is_some()) {
            return Ok(());
        }
        let (reach, world) = self.reach(personas, clusters, value).await?;
        for (cluster, place) in clusters.iter_mut().zip(layers::placed(&reach, world)) {
            cluster.target = Some(place);
        }
        if let Some(plan) = &self.plan.layers {
            for (cluster, layered) in clusters.iter_mut().zip(layers::layers(plan, &reach, world)) {
                cluster.layer = Some(layered);
            }
        }
        Ok(())
    }
    async fn reach(
        &self,
        personas: &[Persona],
        clusters: &[Cluster],
        value: Option<&Value>,
    ) -> Result<(Vec<Reach>, World)> {
        let target = self.plan.target.clone().unwrap_or(Expr::Seed);
        let counted = self.desk.sum(&Tally { of: vec![target.clone()], bins: true }).await?;
        let bins = counted.bins.into_iter().next().unwrap_or_else(|| vec![0; self.schema.bins()]);
        let goal = self.columns.shares(&bins);
        let mut crowds = vec![target.clone(), Expr::Seed];
        for cluster in clusters {
            let wide = wide(cluster);
            crowds.extend(
                [&target, &Expr::Seed].map(|other| Expr::And { of: vec![wide.clone(), other.clone()] }),
            );
        }
        let heads = heads(self.desk, crowds).await?;
        let (world, each) = heads.split_at(2);
        let world = World { people: self.found.people, target: world[0], seed: world[1] };
        let reach = personas.iter().zip(each.chunks_exact(2)).map(|(persona, heads)| {
            let bins: Vec<u64> = persona.node.counts.iter().zip(&persona.more).map(|(a, b)| a + b).collect();
            Reach {
                people: persona.node.people + persona.added,
                in_target: heads[0],
                in_seed: heads[1],
                similarity: 1.0 - self.columns.distance(&self.columns.shares(&bins), &goal),
                value: value.map_or(0.0, |value| value.of(&bins)),
            }
        });
        Ok((reach.collect(), world))
    }
    fn shown(&self, persona: &Persona) -> Option<Expanded> {
        let taken = persona.taken.as_ref()?;
        let (own, more) = (&persona.node, &persona.more);
        let shares = |bins: &[u64]| self.columns.shares(bins);
        let tag = |(bin, tag): &(usize, TopTag)| {
            let share = more[*bin] as f64 / persona.added.max(1) as f64;
            let index = |of: f64| if of > 0.0 { 100.0 * share / of } else { 0.0 };
            KeptTag {
                feature: tag.feature.clone(),
                value: tag.value.clone(),
                core_share: tag.share,
                share,
                tgi: index(tag.share),
                tgi_base: index(tag.base_share),
            }
        };
        let known = |mark: &&(usize, TopTag)| {
            self.schema.features[self.schema.bin(mark.0).0].namespace == Namespace::Tags
        };
        Some(Expanded {
            people: persona.added,
            pool: taken.pool,
            similarity: taken.similarity,
            distance: if persona.added == 0 {
                0.0
            } else {
                self.columns.distance(&shares(&own.counts), &shares(more))
            },
            tags: persona.top.iter().filter(known).map(tag).collect(),
            crowd: taken.crowd.clone(),
        })
    }
    fn report(
        &self,
        clusters: Vec<Cluster>,
        personas: &[Persona],
        parts: Vec<Persona>,
        merges: Vec<Merge>,
        last: Last,
    ) -> PersonasReport {
        let Found { axes, points, drawn, members, inertia, choices, contrast, .. } = self.found;
        let point = |(&(x, y, part), bins): (&(f64, f64, u8), &[u32])| {
            let at = last.weights.as_ref().map_or(usize::from(part) - 1, |weights| weights.best_of(bins));
            (x, y, last.grouped[at])
        };
        let centres = personas.iter().map(|p| axes.place(p.node.counts.iter().copied().enumerate()));
        PersonasReport {
            k: clusters.len() as u8,
            inertia: *inertia,
            people: *members,
            map: PersonaMap {
                inertia: axes.inertia,
                points: points.iter().zip(drawn.iter()).map(point).collect(),
                centres: centres.collect(),
                of: *members,
            },
            tags: self.rows(personas),
            clusters,
            choices: choices.clone(),
            contrast: contrast.clone(),
            parts: self.parts(parts),
            merges,
            settled: last.moved,
        }
    }
    fn parts(&self, parts: Vec<Persona>) -> Vec<Part> {
        let tops: Vec<Marks> = parts.iter().map(|p| p.top.clone()).collect();
        let names = self.names.names(&tops);
        let all = parts.iter().zip(names).zip(1..);
        all.map(|((part, name), number)| Part {
            number,
            name,
            people: part.node.people,
            top: tags(part.top.clone()),
            crowd: measured(PART, number),
            expanded: self.shown(part),
        })
        .collect()
    }
    /// Every label that marks a persona, in all of them.
    fn rows(&self, personas: &[Persona]) -> Vec<TagRow> {
        let mut bins: Vec<usize> = Vec::new();
        for (bin, _) in personas.iter().flat_map(|p| &p.top) {
            if !bins.contains(bin) {
                bins.push(*bin);
            }
        }
        let row = |bin: usize| {
            let (f, code) = self.schema.bin(bin);
            let shares = |p: &Persona| self.names.shares(bin, &p.node.counts, p.node.people);
            TagRow {
                feature: self.schema.features[f].name(),
                value: self.schema.features[f].labels[code].clone(),
                base_share: personas.first().map_or(0.0, |p| shares(p).1),
                shares: personas.iter().map(|p| shares(p).0).collect(),
                place: self.found.axes.label(bin),
            }
        };
        bins.into_iter().map(row).collect()
    }
}

fn tags(top: Marks) -> Vec<TopTag> {
    top.into_iter().map(|(_, tag)| tag).collect()
}

fn measured(measure: &str, number: u8) -> Expr {
    Expr::Measure { measure: measure.into(), from: number.into(), to: number.into() }
}

/// A persona with the people like it.
fn wide(cluster: &Cluster) -> Expr {
    let more = cluster.expanded.iter().map(|expanded| expanded.crowd.clone());
    Expr::Or { of: std::iter::once(cluster.crowd.clone()).chain(more).collect() }.canonical()
}

/// Who the personas are in the end, and how somebody's is told.
struct Last {
    nodes: Vec<Node>,
    /// The weights of the last settling; without it the cluster says the persona.
    weights: Option<Weights>,
    /// By persona before numbering (or by cluster): its number.
    grouped: Vec<u8>,
    /// People who changed theirs.
    moved: Option<u64>,
}

fn largest_first(nodes: &mut [Node]) {
    nodes.order_by(|a, b| b.people.cmp(&a.people).then_with(|| a.of.cmp(&b.of)));
}

fn counted(nodes: &[Node]) -> Vec<Counted<'_>> {
    nodes.iter().map(|node| Counted { people: node.people, bins: &node.counts }).collect()
}
