//! What a profile says.

use crate::error::{Kind, Result};
use crate::gate::withheld;
use crate::table::schema::{FeatureKind, Namespace};
use serde::{Deserialize, Serialize};

/// Against whom the seed is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "kebab-case")]
pub enum Base {
    /// Everyone in the tag file, the seed included.
    #[default]
    Everyone,
    /// Everyone who has a value in the column (the seed's share is among those with a value, too).
    WithValue,
    /// Everyone but the seed.
    Rest,
}

/// The seed against the base, column by column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ProfileReport {
    /// Against whom.
    pub base: Base,
    /// People in the seed (or in the crowd that was asked for).
    #[cfg_attr(test, ts(type = "number"))]
    pub seed_people: u64,
    /// People in the base.
    #[cfg_attr(test, ts(type = "number"))]
    pub base_people: u64,
    /// Columns, highest information value first.
    pub columns: Vec<ProfileColumn>,
}

/// One column of a profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ProfileColumn {
    /// Feature name.
    pub column: String,
    /// Where it comes from.
    pub namespace: Namespace,
    /// Kind of values.
    pub kind: FeatureKind,
    /// Share of the seed with a value.
    pub coverage_seed: f64,
    /// Share of the base with a value.
    pub coverage_base: f64,
    /// Information value of seed against rest (multi-valued: of the best single label).
    pub iv: f64,
    /// What pure noise would give for as many bins and people.
    pub iv_noise: f64,
    /// `useless`, `weak`, `medium`, `strong`, `suspicious` (F4), or `noise` when not above twice `iv_noise`.
    pub band: String,
    /// Values: categories and labels by seed count, numbers and dates in order, missing last.
    pub values: Vec<ProfileValue>,
    /// Rarer values that are not listed: at most 200 are.
    #[cfg_attr(test, ts(type = "number"))]
    pub folded: u64,
}

/// One value of a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ProfileValue {
    /// The label; `""` is the missing bin. Numbers are merged into at most 8 bins, `[18, 25)`.
    pub value: String,
    /// The labels of the binned table it stands for: what a tag expression needs.
    pub labels: Vec<String>,
    /// People of the seed with it.
    #[cfg_attr(test, ts(type = "number"))]
    pub seed_count: u64,
    /// Their share of the seed.
    pub seed_share: f64,
    /// People of the base with it.
    #[cfg_attr(test, ts(type = "number"))]
    pub base_count: u64,
    /// Their share of the base.
    pub base_share: f64,
    /// Target group index: 100 × seed share / base share. Absent if the base has none.
    pub tgi: Option<f64>,
    /// Lower end of its 95 % interval.
    pub tgi_low: Option<f64>,
    /// Upper end.
    pub tgi_high: Option<f64>,
    /// Benjamini–Hochberg q over all values of the profile: below 0.05 the difference is not chance.
    pub q: Option<f64>,
    /// Weight of evidence, ln(share in seed / share in rest), smoothed.
    pub woe: f64,
}

impl crate::gate::Cells for ProfileReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        for value in self.columns.iter().flat_map(|column| &column.values) {
            visit(value.seed_count);
            visit(value.base_count);
        }
    }
}

impl crate::gate::Withhold for ProfileReport {
    fn withhold(&mut self, k: u64) -> Result<()> {
        if self.seed_people < k || self.base_people < k {
            return Err(Kind::CrowdSmall.into());
        }
        self.columns.iter_mut().for_each(|column| column.withhold(k));
        Ok(())
    }
}

impl ProfileColumn {
    /// Coverage would tell how many have no value.
    fn withhold(&mut self, k: u64) {
        let cells: Vec<_> = self.values.iter().map(|v| [v.seed_count, v.base_count]).collect();
        let mut out = withheld(&cells, k, self.kind != FeatureKind::Multi).into_iter();
        self.folded += out.clone().filter(|out| *out).count() as u64;
        self.values.retain(|_| out.next() == Some(false));
        if !self.values.iter().any(|value| value.value.is_empty()) {
            (self.coverage_seed, self.coverage_base) = (1.0, 1.0);
        }
    }
}
