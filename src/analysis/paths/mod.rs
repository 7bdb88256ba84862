//! Paths: what people buy first, next and together, how long they take, and what they saw before (`formulas.md` F17, F23).
//!
//! An order is known by its *lead product*, the one most was paid for, so that everyone has one path and the steps of all
//! paths, with the orders behind them, are all orders. First and next products look into whole baskets: whoever's next order
//! holds B, of those whose first held A, against how common B is in second orders at large.
//!
//! Pairs count orders: support is of all orders, confidence of those with one that have the other, lift against chance, χ²
//! with one degree of freedom; false discoveries by Benjamini–Hochberg over all pairs that enough people bought.
//!
//! A touchpoint path are the different values before an order, one behind the other, back to the order before it or so many
//! days. The paths of all orders, that without any with them, are all orders. Cancelled and returned orders are none.
//!
//! One pass.

mod plan;
mod report;
#[cfg(test)]
mod tests;
mod walk;

pub use plan::{PathPlan, PathWho};
pub use report::{
    BasketPair, Commonality, FirstProduct, NextProduct, PathLine, PathLink, PathsReport, ProductGap,
    TouchPath,
};
pub use walk::{Held, Path, Walk, Walked};

use crate::error::Result;
use crate::shard::desk::Desk;
use crate::shard::job::{self, Opener};
use crate::table::history::moment::DAY;
use crate::table::history::{PastSchema, Source};

/// Questions of this analysis, for the registry.
pub const QUESTIONS: [(&str, Opener); 1] = [job::analysis::<Walk>()];

/// Steps a path can have.
pub const STEPS: usize = 5;
/// Measures: code of the lead product of somebody's first to fifth order; -1 where there is none.
pub const LEADS: [&str; STEPS] = ["path-1", "path-2", "path-3", "path-4", "path-5"];

/// Measure: 1 for who is behind the number that the plan names.
pub const WHO: &str = "path-who";

/// Follows everyone from order to order.
pub async fn paths(desk: &Desk, schema: &PastSchema, plan: &PathPlan) -> Result<PathsReport> {
    plan.check()?;
    schema.full(Source::Orders)?;
    let column = schema.column(Source::Orders, &plan.column)?;
    let attribute = plan.attribute.as_ref().map(|name| schema.column(Source::Orders, name)).transpose()?;
    let touch = plan.touch.as_ref().map(|name| schema.column(Source::Events, name)).transpose()?;
    let question = Walk {
        column: column as u32,
        steps: plan.steps,
        attribute: attribute.map(|at| at as u32),
        touch: touch.map(|at| at as u32),
        before: plan.days * DAY,
        who: plan.who.as_ref().map(|who| held(schema, plan, who)).transpose()?,
    };
    desk.progress("paths", 0, 1, "rounds");
    let found = desk.sum(&question).await?;
    Ok(report::report(schema, plan, &question, &found))
}

/// Who is asked for, in codes.
fn held(schema: &PastSchema, plan: &PathPlan, who: &PathWho) -> Result<Held> {
    let product = |name: &String| -> Result<u32> {
        let codes = schema.codes(Source::Orders, &plan.column, std::slice::from_ref(name))?.1;
        Ok(codes.first().copied().unwrap_or_default())
    };
    let two = |[one, other]: &[String; 2]| -> Result<[u32; 2]> { Ok([product(one)?, product(other)?]) };
    Ok(match who {
        PathWho::First(one) => Held::First(product(one)?),
        PathWho::Next(both) => Held::Next(two(both)?),
        PathWho::Pair(both) => Held::Pair(two(both)?),
        PathWho::Touch(path) => {
            let column = plan.touch.as_deref().unwrap_or_default();
            let codes = if path.is_empty() { vec![] } else { schema.codes(Source::Events, column, path)?.1 };
            Held::Touch(walk::steps(codes.into_iter()))
        }
        PathWho::Gap { of, days } => Held::Gap { of: of.as_ref().map(product).transpose()?, days: *days },
    })
}
