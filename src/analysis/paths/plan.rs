//! What makes a path.

use crate::error::{self, Result};
use serde::{Deserialize, Serialize};

/// Whose people are found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "kebab-case")]
pub enum PathWho {
    /// Whose first order holds it.
    First(String),
    /// Whose first order holds the one, and whose next the other.
    Next([String; 2]),
    /// Of whose orders one holds both.
    Pair([String; 2]),
    /// Of whose orders one came behind these touchpoints, as the report names them; out of the blue if there are none.
    Touch(Vec<String>),
    /// Who ordered again so many days after an order.
    Gap {
        /// Lead product of the order before; any if not given.
        of: Option<String>,
        /// The fewest and the most days.
        days: [u32; 2],
    },
}

/// Paths, baskets and touchpoints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct PathPlan {
    /// Column of the orders that paths are of: `product`, `category`, …
    pub column: String,
    /// Orders of a path, 2 to 5.
    pub steps: u8,
    /// How many paths, next products and pairs are named.
    pub top: u32,
    /// People who must have taken a step or bought a pair before it is named.
    pub least: u64,
    /// Column of the orders that products of the named paths are compared by.
    pub attribute: Option<String>,
    /// Column of the events whose values are touchpoints: `channel`, `event`, …
    pub touch: Option<String>,
    /// Days before an order in which they count.
    pub days: u32,
    /// Of a number below the paths, whose people are marked.
    pub who: Option<PathWho>,
}

impl Default for PathPlan {
    fn default() -> Self {
        let (attribute, touch, who) = Default::default();
        let least = crate::gate::SMALL;
        PathPlan { column: "product".into(), steps: 3, top: 20, least, attribute, touch, days: 30, who }
    }
}

impl PathPlan {
    /// Refuses settings out of range, by name.
    pub fn check(&self) -> Result<()> {
        error::settings(&[
            ("paths.steps", (2..=super::STEPS).contains(&usize::from(self.steps))),
            ("paths.top", (1..=1_000).contains(&self.top)),
            ("paths.days", (1..=3_650).contains(&self.days)),
            ("paths.who", self.who.as_ref().is_none_or(|who| self.knows(who))),
        ])
    }
    /// Whether people are asked for that these paths can tell.
    fn knows(&self, who: &PathWho) -> bool {
        match who {
            PathWho::Touch(path) => self.touch.is_some() && path.len() <= usize::from(self.steps),
            PathWho::Gap { days: [from, to], .. } => from <= to,
            PathWho::First(_) | PathWho::Next(_) | PathWho::Pair(_) => true,
        }
    }
}
