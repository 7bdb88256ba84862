//! What paths say.

use super::plan::PathPlan;
use super::walk::{Path, Steps, Walk, Walked, codes};
use crate::gate::Cells;
use crate::num::{self, Interval, Order, Tgi, chi2_sf, pair_chi2, tgi, two_proportions, wilson};
use crate::table::dates;
use crate::table::history::{PastSchema, Source};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The report.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct PathsReport {
    /// The last day that counts.
    pub as_of: String,
    /// What paths are of.
    pub column: String,
    /// Orders of a path.
    pub steps: u8,
    /// Decimals of money.
    pub decimals: u8,
    /// People who bought.
    pub buyers: u64,
    /// Their orders: those on paths, and those behind the last step.
    pub orders: u64,
    /// Those behind the last step of a path.
    pub later: u64,
    /// Different paths.
    pub different: u64,
    /// Most people first, those of enough people: together with `others` they are all buyers.
    pub paths: Vec<PathLine>,
    /// Buyers on paths that are not named.
    pub others: u64,
    /// From each step to the next; who has no further order goes to none. `*` is all that is not named.
    pub links: Vec<PathLink>,
    /// What first baskets hold.
    pub first: Vec<FirstProduct>,
    /// What next baskets hold, by the first.
    pub next: Vec<NextProduct>,
    /// Days from one order to the next; all products first, then by lead product.
    pub gaps: Vec<ProductGap>,
    /// Products of one basket.
    pub pairs: Vec<BasketPair>,
    /// Baskets too large for pairs.
    pub large: u64,
    /// What products of the named paths with a second order have in common.
    pub common: Vec<Commonality>,
    /// Touchpoints before orders, most orders first; together with `other_touches` they are all orders.
    pub touches: Vec<TouchPath>,
    /// Orders behind touchpoints that are not named.
    pub other_touches: u64,
}

/// A path.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct PathLine {
    /// Lead products, the first order's first; empty for none.
    pub path: Vec<String>,
    /// Its people.
    pub people: u64,
    /// Of all buyers.
    pub share: f64,
    /// All their orders.
    pub orders: u64,
    /// What they paid.
    pub money: i64,
    /// Days between two orders of the path: the lower median.
    pub days: Option<u32>,
}

/// From one step to the next.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct PathLink {
    /// The step it leaves, from 1.
    pub step: u8,
    /// From.
    pub from: String,
    /// To; absent where no order follows.
    pub to: Option<String>,
    /// People.
    pub people: u64,
}

/// A product of first baskets.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct FirstProduct {
    /// Which.
    pub product: String,
    /// People whose first order holds it.
    pub people: u64,
    /// Of all buyers.
    pub share: f64,
    /// Its 95 % interval.
    pub interval: Interval,
}

/// A product of second baskets.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct NextProduct {
    /// What the first holds.
    pub from: String,
    /// What the second holds.
    pub to: String,
    /// Whether that is the same.
    pub same: bool,
    /// People.
    pub people: u64,
    /// Of those whose first holds the one.
    pub rate: f64,
    /// Its 95 % interval.
    pub interval: Interval,
    /// Over the share of all buyers whose second holds the other.
    pub lift: f64,
    /// False discovery rate of the difference to all other buyers.
    pub q: f64,
}

/// Days to the next order.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ProductGap {
    /// Lead product of the order before; absent for all.
    pub product: Option<String>,
    /// How many were followed by another.
    pub orders: u64,
    /// Lower quartile, median and upper quartile.
    pub days: [u32; 3],
}

/// Two products of one basket.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct BasketPair {
    /// One.
    pub one: String,
    /// The other.
    pub other: String,
    /// Orders with both.
    pub orders: u64,
    /// Their people.
    pub people: u64,
    /// Of all orders.
    pub support: f64,
    /// Of orders with the one.
    pub confidence: f64,
    /// Of orders with the other.
    pub reverse: f64,
    /// Against what chance would bring together.
    pub lift: f64,
    /// χ² with one degree of freedom.
    pub chi2: f64,
    /// False discovery rate.
    pub q: f64,
}

/// What products of paths have in common.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Commonality {
    /// Value of the column they are compared by.
    pub value: String,
    /// Products of the paths with it.
    pub products: u64,
    /// Of all products of the paths.
    pub share: f64,
    /// Of all products that were ordered.
    pub all_share: f64,
    /// 100 times the one over the other.
    pub index: Tgi,
}

/// Touchpoints before orders.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct TouchPath {
    /// The last ones, in order; none for an order out of the blue.
    pub path: Vec<String>,
    /// Orders.
    pub orders: u64,
    /// Their people.
    pub people: u64,
    /// Of all orders.
    pub share: f64,
    /// What was paid.
    pub money: i64,
}

/// Named products of a step in the flow.
const NODES: usize = 10;

fn part(of: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { of as f64 / whole as f64 }
}

/// The found numbers, and how to name them.
struct Desk<'a> {
    plan: &'a PathPlan,
    labels: &'a [String],
    found: &'a Walked,
}

pub(super) fn report(schema: &PastSchema, plan: &PathPlan, question: &Walk, found: &Walked) -> PathsReport {
    let orders = schema.table(Source::Orders);
    let names = |source: Source, at: u32| &schema.table(source).dims[at as usize].labels;
    let desk = Desk { plan, labels: names(Source::Orders, question.column), found };
    let paths = desk.paths();
    let touches = question.touch.map_or(vec![], |at| desk.touches(names(Source::Events, at)));
    let touched = touches.iter().map(|touch| touch.orders).sum::<u64>();
    PathsReport {
        as_of: dates::text(f64::from(schema.end_day()) - 1.0),
        column: plan.column.clone(),
        steps: plan.steps,
        decimals: orders.measures.first().map_or(0, |amount| amount.decimals),
        buyers: found.buyers,
        orders: found.orders,
        later: found.later,
        different: found.paths.len() as u64,
        others: found.buyers - paths.iter().map(|path| path.people).sum::<u64>(),
        links: desk.links(),
        first: desk.first(),
        next: desk.next(),
        gaps: desk.gaps(),
        pairs: desk.pairs(),
        large: found.large,
        common: question.attribute.map_or(vec![], |at| desk.common(names(Source::Orders, at), &paths)),
        paths,
        touches,
        other_touches: if question.touch.is_some() { found.orders - touched } else { 0 },
    }
}

impl Desk<'_> {
    fn name(&self, code: u32) -> String {
        self.labels.get(code as usize).cloned().unwrap_or_default()
    }
    /// The first of a list in this order, of enough people.
    fn top<'b, K: Ord + 'b>(
        &self,
        all: &'b BTreeMap<K, Path>,
        by: impl Fn(&Path) -> u64,
    ) -> Vec<(&'b K, &'b Path)> {
        let mut list: Vec<(&K, &Path)> =
            all.iter().filter(|(_, path)| path.people >= self.plan.least.max(1)).collect();
        list.order_by_key(|(key, path)| (Reverse(by(path)), *key));
        list.truncate(self.plan.top as usize);
        list
    }
    fn paths(&self) -> Vec<PathLine> {
        let line = |(steps, of): (&Steps, &Path)| PathLine {
            path: codes(steps).map(|code| self.name(code)).collect(),
            people: of.people,
            share: part(of.people, self.found.buyers),
            orders: of.orders,
            money: of.money,
            days: num::at_share(&of.gaps, 0.5),
        };
        self.top(&self.found.paths, |path| path.people).into_iter().map(line).collect()
    }
    fn links(&self) -> Vec<PathLink> {
        let steps = usize::from(self.plan.steps);
        let mut nodes: Vec<BTreeMap<u32, u64>> = vec![BTreeMap::new(); steps];
        for (path, of) in &self.found.paths {
            nodes
                .iter_mut()
                .zip(codes(path))
                .for_each(|(node, code)| *node.entry(code).or_default() += of.people);
        }
        let named: Vec<BTreeSet<u32>> = nodes.iter().map(|node| largest(node, self.plan.least)).collect();
        let known = |step: usize, code: u32| named[step].contains(&code).then_some(code);
        // By code first: there may be as many paths as people, and few links.
        let mut coded: BTreeMap<Link, u64> = BTreeMap::new();
        for (path, of) in &self.found.paths {
            for (step, from) in codes(path).enumerate().take(steps - 1) {
                let to = codes(path).nth(step + 1).map(|code| known(step + 1, code));
                *coded.entry((step, known(step, from), to)).or_default() += of.people;
            }
        }
        let name = |code: Option<u32>| code.map_or("*".into(), |code| self.name(code));
        let mut links: BTreeMap<(usize, String, Option<String>), u64> = BTreeMap::new();
        for ((step, from, to), people) in coded {
            *links.entry((step, name(from), to.map(name))).or_default() += people;
        }
        let link = |((step, from, to), people)| PathLink { step: step as u8 + 1, from, to, people };
        links.into_iter().map(link).collect()
    }
    fn first(&self) -> Vec<FirstProduct> {
        let mut list: Vec<(&u32, &u64)> =
            self.found.held[0].iter().filter(|(_, people)| **people >= self.plan.least.max(1)).collect();
        list.order_by_key(|(code, people)| (Reverse(**people), **code));
        list.truncate(self.plan.top as usize);
        let line = |(code, people): (&u32, &u64)| FirstProduct {
            product: self.name(*code),
            people: *people,
            share: part(*people, self.found.buyers),
            interval: wilson(*people as f64, self.found.buyers as f64),
        };
        list.into_iter().map(line).collect()
    }
    fn next(&self) -> Vec<NextProduct> {
        let [firsts, seconds] = &self.found.held;
        let known = |of: &BTreeMap<u32, u64>, code: &u32| of.get(code).copied().unwrap_or(0);
        let enough = self.found.next.iter().filter(|(_, people)| **people >= self.plan.least.max(1));
        let mut p = Vec::new();
        let line = |((from, to), people): (&(u32, u32), &u64)| {
            let (n, second) = (known(firsts, from), known(seconds, to));
            let [x, n, x0, n0] = [*people, n, second - people, self.found.buyers - n].map(|n| n as f64);
            p.push(two_proportions(x0, n0, x, n).p);
            NextProduct {
                from: self.name(*from),
                to: self.name(*to),
                same: from == to,
                people: *people,
                rate: x / n,
                interval: wilson(x, n),
                lift: x / n / part(second, self.found.buyers),
                q: 0.0,
            }
        };
        let mut lines: Vec<NextProduct> = enough.map(line).collect();
        lines.iter_mut().zip(num::benjamini_hochberg(&p)).for_each(|(line, q)| line.q = q);
        lines.order_by(|a, b| (Reverse(a.people), &a.from, &a.to).cmp(&(Reverse(b.people), &b.from, &b.to)));
        lines.truncate(self.plan.top as usize);
        lines
    }
    fn gaps(&self) -> Vec<ProductGap> {
        let mut all: BTreeMap<u32, u64> = BTreeMap::new();
        for (days, orders) in self.found.gaps.values().flatten() {
            *all.entry(*days).or_default() += orders;
        }
        let line = |product: Option<String>, days: &BTreeMap<u32, u64>| {
            let at = |share: f64| num::at_share(days, share).unwrap_or_default();
            ProductGap { product, orders: days.values().sum(), days: [0.25, 0.5, 0.75].map(at) }
        };
        let some = (!all.is_empty()).then(|| line(None, &all));
        let of = self.found.gaps.iter().map(|(code, days)| line(Some(self.name(*code)), days));
        let mut of: Vec<ProductGap> = of.filter(|gap| gap.orders >= self.plan.least.max(1)).collect();
        of.order_by(|a, b| (Reverse(a.orders), &a.product).cmp(&(Reverse(b.orders), &b.product)));
        of.truncate(self.plan.top as usize);
        some.into_iter().chain(of).collect()
    }
    fn pairs(&self) -> Vec<BasketPair> {
        // Large baskets make no pairs; they are few, and their orders stay among all.
        let all = self.found.orders;
        let with = |code: &u32| self.found.items.get(code).map_or(0, |of| of[0]);
        let enough = self.found.pairs.iter().filter(|(_, [_, people])| *people >= self.plan.least.max(1));
        let line = |((one, other), [both, people]): (&(u32, u32), &[u64; 2])| {
            let (a, b) = (with(one), with(other));
            BasketPair {
                one: self.name(*one),
                other: self.name(*other),
                orders: *both,
                people: *people,
                support: part(*both, all),
                confidence: part(*both, a),
                reverse: part(*both, b),
                lift: part(*both, a) / part(b, all),
                chi2: pair_chi2([*both, a - both], [b - both, all + both - a - b]),
                q: 0.0,
            }
        };
        let mut lines: Vec<BasketPair> = enough.map(line).collect();
        let p: Vec<f64> = lines.iter().map(|line| chi2_sf(line.chi2, 1)).collect();
        lines.iter_mut().zip(num::benjamini_hochberg(&p)).for_each(|(line, q)| line.q = q);
        lines.order_by(|a, b| {
            (Reverse(a.orders), &a.one, &a.other).cmp(&(Reverse(b.orders), &b.one, &b.other))
        });
        lines.truncate(self.plan.top as usize);
        lines
    }
    fn common(&self, values: &[String], paths: &[PathLine]) -> Vec<Commonality> {
        // A product has the value most of its rows have.
        let mut of: BTreeMap<u32, (u64, u32)> = BTreeMap::new();
        for ((product, value), rows) in self.found.attributes.iter().filter(|((product, _), _)| *product > 0)
        {
            let most = of.entry(*product).or_default();
            *most = if *rows > most.0 { (*rows, *value) } else { *most };
        }
        let on: BTreeSet<&String> = paths.iter().filter(|p| p.path.len() > 1).flat_map(|p| &p.path).collect();
        let on = |code: &u32| on.contains(&self.labels[*code as usize]);
        let mut counts: BTreeMap<u32, [u64; 2]> = BTreeMap::new();
        for (product, (_, value)) in &of {
            let count = counts.entry(*value).or_default();
            (count[0], count[1]) = (count[0] + u64::from(on(product)), count[1] + 1);
        }
        let inside = of.keys().filter(|code| on(code)).count() as u64;
        let line = |(value, [a, all]): (&u32, &[u64; 2])| Commonality {
            value: values[*value as usize].clone(),
            products: *a,
            share: part(*a, inside),
            all_share: part(*all, of.len() as u64),
            index: tgi(*a, inside, *all, of.len() as u64),
        };
        counts.iter().filter(|(_, [a, _])| *a > 0).map(line).collect()
    }
    fn touches(&self, values: &[String]) -> Vec<TouchPath> {
        let line = |(steps, of): (&Steps, &Path)| TouchPath {
            path: codes(steps).map(|code| values[code as usize].clone()).collect(),
            orders: of.orders,
            people: of.people,
            share: part(of.orders, self.found.orders),
            money: of.money,
        };
        self.top(&self.found.touches, |path| path.orders).into_iter().map(line).collect()
    }
}

/// A step, the code it leaves and the one it comes to, if any; none for all that is not named.
type Link = (usize, Option<u32>, Option<Option<u32>>);

/// The largest nodes of a step.
fn largest(node: &BTreeMap<u32, u64>, least: u64) -> BTreeSet<u32> {
    let mut list: Vec<(u64, u32)> =
        node.iter().filter(|(_, people)| **people >= least).map(|(code, people)| (*people, *code)).collect();
    list.order_by_key(|(people, code)| (Reverse(*people), *code));
    list.into_iter().take(NODES).map(|(_, code)| code).collect()
}

impl Cells for PathsReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        self.paths.iter().for_each(|path| visit(path.people));
        self.links.iter().for_each(|link| visit(link.people));
        self.first.iter().for_each(|first| visit(first.people));
        self.next.iter().for_each(|next| visit(next.people));
        self.pairs.iter().for_each(|pair| visit(pair.people));
        self.touches.iter().for_each(|touch| visit(touch.people));
    }
}
