//! What a crowd is worth: its share of a base, and how much of it is the target audience (`formulas.md` F3).

use super::share;
use crate::audience::Expr;
use crate::error::Result;
use crate::num;
use crate::shard::crowd::count;
use crate::shard::desk::Desk;
use serde::{Deserialize, Serialize};

/// A crowd under a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(deny_unknown_fields)]
pub struct NamedCrowd {
    /// Its name.
    pub name: String,
    /// Who.
    pub crowd: Expr,
}

/// What crowds are held against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct QualityPlan {
    /// Of whom the share is told, and whom the TGI is held against.
    pub base: Expr,
    /// The target audience.
    pub target: Expr,
}

impl Default for QualityPlan {
    fn default() -> Self {
        QualityPlan { base: Expr::Everyone, target: Expr::Seed }
    }
}

impl QualityPlan {
    /// Whether it is the usual one: the seed among everyone.
    pub fn usual(&self) -> bool {
        *self == QualityPlan::default()
    }
}

/// The quality line of each of several crowds.
#[derive(Clone, Debug, PartialEq)]
pub struct QualityReport(pub Vec<Quality>);

/// The quality line of a crowd.
#[derive(Clone, Debug, PartialEq)]
pub struct Quality {
    /// Its people.
    pub people: u64,
    /// Those of the target among them.
    pub target: u64,
    /// Share of the base that is in it.
    pub of_base: f64,
    /// Share of it that is target; absent if it is empty.
    pub target_share: Option<f64>,
    /// 100 × that share / share of the base that is target.
    pub tgi: Option<f64>,
}

impl crate::gate::Cells for QualityReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        self.0.iter().for_each(|row| [row.people, row.target].into_iter().for_each(&mut *visit));
    }
}

/// Measures crowds against the base and the target, all in one walk.
pub async fn quality(desk: &Desk, of: &[NamedCrowd], plan: &QualityPlan) -> Result<QualityReport> {
    let QualityPlan { base, target } = plan;
    let mut asked = vec![base.clone(), base.clone().and(target.clone())];
    for NamedCrowd { crowd, .. } in of {
        asked.extend([crowd.clone(), crowd.clone().and(base.clone()), crowd.clone().and(target.clone())]);
    }
    let counts = count(desk, asked).await?;
    let (base, both) = (counts[0], counts[1]);
    let row = |&[people, in_base, target]: &[u64; 3]| Quality {
        people,
        target,
        of_base: share(in_base, base),
        target_share: (people > 0).then(|| share(target, people)),
        tgi: num::tgi(target, people, both, base).tgi,
    };
    Ok(QualityReport(counts[2..].as_chunks().0.iter().map(row).collect()))
}
