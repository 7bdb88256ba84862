//! What a column holds, guessed from the shapes of all its cells and from its name. Only ever a proposal:
//! an OAID may itself be 32 or 64 hex digits, and 64 hex digits may be one of three digests.

use serde::{Deserialize, Serialize};

use super::header::Hint;
use super::{Digest, Kind, Reason, Recipe, Shape};

/// A proposal for one column.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Guess {
    /// What the column would hold.
    pub recipe: Recipe,
    /// Share of the non-empty cells that fit.
    pub valid: f64,
    /// How sure, from 0 to 1: to choose among columns, not a probability.
    pub confidence: f64,
    /// Why.
    #[cfg_attr(test, ts(type = "string"))]
    pub reason: Reason,
}

/// Share of cells that must fit before a column is proposed.
const ENOUGH: f64 = 0.6;
/// A second form this common makes a column mixed.
const SECOND: f64 = 0.02;

/// The best proposal for a column, if any.
pub fn guess(header: &str, shapes: &[u64; Shape::COUNT], distinct_ratio: f64) -> Option<Guess> {
    let forms = Forms::of(shapes)?;
    let hint = Hint::of(header);
    let found = forms
        .rounded(hint)
        .or_else(|| forms.oaid(hint))
        .or_else(|| forms.mixed(hint))
        .or_else(|| forms.hashed(hint))
        .or_else(|| forms.raw(hint))
        .or_else(|| forms.own(hint, distinct_ratio))?;
    Some(Guess { confidence: found.confidence * weight(distinct_ratio), ..found })
}

/// An ID column repeats itself little; a long table (one row per ID and tag) may repeat it a lot.
fn weight(distinct_ratio: f64) -> f64 {
    0.5 + 0.5 * distinct_ratio.clamp(0.0, 1.0)
}

/// Shares of the shapes among cells that hold something.
struct Forms {
    share: [f64; Shape::COUNT],
}

impl Forms {
    fn of(shapes: &[u64; Shape::COUNT]) -> Option<Forms> {
        let filled: u64 = shapes.iter().skip(1).sum();
        let share = shapes.map(|n| n as f64 / filled as f64);
        (filled > 0).then_some(Forms { share })
    }

    fn sum(&self, shapes: &[Shape]) -> f64 {
        shapes.iter().map(|s| self.share[s.index()]).sum()
    }

    /// Share of cells that read as a raw ID of this kind.
    fn of_kind(&self, kind: Kind) -> f64 {
        self.sum(match kind {
            Kind::Phone => &[Shape::CnPhone, Shape::CnPhone86, Shape::E164],
            Kind::Email => &[Shape::Email],
            Kind::Imei => &[Shape::Imei15, Shape::Imei14],
            Kind::Idfa | Kind::Gaid => &[Shape::UuidUpper, Shape::UuidLower],
            Kind::Oaid => &[Shape::UuidUpper, Shape::UuidLower, Shape::Hex16, Shape::Md5, Shape::Hex64],
            Kind::Opaque => &[],
        })
    }

    /// Share of cells that read as a digest of this many bytes.
    fn of_width(&self, width: usize) -> f64 {
        self.sum(match width {
            16 => &[Shape::Md5, Shape::Base64Of16],
            20 => &[Shape::Sha1, Shape::Base64Of20],
            _ => &[Shape::Hex64, Shape::Base64Of32],
        })
    }

    fn rounded(&self, hint: Hint) -> Option<Guess> {
        let kind = hint.kind?;
        let rounded = self.sum(&[Shape::Scientific]);
        let valid = self.of_kind(kind);
        (rounded >= 0.5).then(|| propose(kind, Digest::None, valid, 0.3, Reason::Rounded))
    }

    /// Under an OAID name hex is not a hash unless the name says so.
    fn oaid(&self, hint: Hint) -> Option<Guess> {
        let Hint { kind: Some(Kind::Oaid), digest: None } = hint else { return None };
        let valid = self.of_kind(Kind::Oaid);
        let hashlike = self.of_width(16) + self.of_width(32) >= 0.5;
        let (confidence, reason) =
            if hashlike { (0.6, Reason::OaidOrHash) } else { (0.95, Reason::RawFormAndName) };
        (valid >= ENOUGH).then(|| propose(Kind::Oaid, Digest::None, valid, confidence, reason))
    }

    /// Two forms or more, none of them nearly all.
    fn mixed(&self, hint: Hint) -> Option<Guess> {
        let kind = hint.kind.filter(|k| *k != Kind::Opaque).unwrap_or_else(|| self.likeliest());
        let hashed = [16, 20, 32].map(|width| self.of_width(width));
        let raw = if kind == Kind::Oaid { 0.0 } else { self.of_kind(kind) };
        let forms = [raw, hashed[0], hashed[1], hashed[2]];
        let valid = forms.iter().sum::<f64>();
        let several = forms.iter().filter(|f| **f >= SECOND).count() > 1;
        (valid >= ENOUGH && several).then(|| propose(kind, Digest::Mixed, valid, 0.8, Reason::Mixed))
    }

    /// The kind most cells read as; opaque if none does.
    fn likeliest(&self) -> Kind {
        [Kind::Phone, Kind::Email, Kind::Imei, Kind::Gaid]
            .into_iter()
            .filter(|kind| self.of_kind(*kind) >= SECOND)
            .max_by(|a, b| self.of_kind(*a).total_cmp(&self.of_kind(*b)))
            .map_or(Kind::Opaque, |kind| if kind == Kind::Gaid { self.uuid().0 } else { kind })
    }

    fn uuid(&self) -> (Kind, Reason) {
        if self.sum(&[Shape::UuidUpper]) > self.sum(&[Shape::UuidLower]) {
            (Kind::Idfa, Reason::UuidUpper)
        } else {
            (Kind::Gaid, Reason::UuidLower)
        }
    }

    fn raw(&self, hint: Hint) -> Option<Guess> {
        let named = hint.kind.filter(|kind| self.of_kind(*kind) >= ENOUGH);
        if let Some(kind) = named {
            return Some(propose(kind, Digest::None, self.of_kind(kind), 1.0, Reason::RawFormAndName));
        }
        let kind = self.likeliest();
        let valid = self.of_kind(kind);
        let (confidence, reason) = match kind {
            Kind::Idfa | Kind::Gaid => (0.6, self.uuid().1),
            Kind::Imei => (0.6, Reason::RawForm),
            _ => (0.85, Reason::RawForm),
        };
        (valid >= ENOUGH).then(|| propose(kind, Digest::None, valid, confidence, reason))
    }

    fn hashed(&self, hint: Hint) -> Option<Guess> {
        let width = [16, 20, 32].into_iter().find(|width| self.of_width(*width) >= ENOUGH)?;
        let named = hint.digest.filter(|digest| digest.width() == Some(width));
        let digest = named.unwrap_or(match width {
            16 => Digest::Md5,
            20 => Digest::Sha1,
            _ => Digest::Sha256,
        });
        let kind = hint.kind.filter(|kind| *kind != Kind::Opaque);
        let (confidence, reason) = why_hashed(kind.is_some(), named.is_some(), width);
        Some(propose(kind.unwrap_or(Kind::Opaque), digest, self.of_width(width), confidence, reason))
    }

    /// An ID of one's own: by name, or because nothing repeats.
    fn own(&self, hint: Hint, distinct_ratio: f64) -> Option<Guess> {
        let rounded = self.sum(&[Shape::Scientific]);
        let valid = 1.0 - rounded;
        let (confidence, reason) = match hint.kind {
            Some(Kind::Opaque) => (0.6, Reason::NameSaysId),
            _ if distinct_ratio >= 0.95 => (0.2, Reason::Unique),
            _ => return None,
        };
        (valid >= ENOUGH).then(|| propose(Kind::Opaque, Digest::None, valid, confidence, reason))
    }
}

fn why_hashed(kind: bool, digest: bool, width: usize) -> (f64, Reason) {
    match (kind, digest, width) {
        (true, true, _) => (1.0, Reason::HashNamed),
        (false, true, _) => (0.85, Reason::HashNamedDigest),
        (true, _, 16) => (0.9, Reason::Md5Length),
        (false, _, 16) => (0.75, Reason::Md5LengthOnly),
        (true, _, 20) => (0.9, Reason::Sha1Length),
        (false, _, 20) => (0.75, Reason::Sha1LengthOnly),
        (true, ..) => (0.85, Reason::Sha256Length),
        (false, ..) => (0.75, Reason::Sha256LengthOnly),
    }
}

fn propose(kind: Kind, digest: Digest, valid: f64, confidence: f64, reason: Reason) -> Guess {
    Guess { recipe: Recipe { kind, digest }, valid, confidence: confidence * valid, reason }
}

#[cfg(test)]
mod tests {
    use super::super::shape;
    use super::*;

    const MD5: &str = "7945bd83237335e5376ff44d62e4f0ae";
    const HEX64: &str = "a6942f9771d67f34034d2f1926988ed3fad3bf1b4e7cedb9a31f31398dea43bc";

    fn told(header: &str, cells: &[&str], distinct: f64) -> String {
        let mut shapes = [0; Shape::COUNT];
        cells.iter().for_each(|cell| shapes[shape(cell.as_bytes()).index()] += 1);
        match guess(header, &shapes, distinct) {
            Some(g) => format!("{} {} {}", g.recipe.kind.code(), g.recipe.digest.code(), g.reason.code()),
            None => "nothing".into(),
        }
    }

    #[test]
    fn columns() {
        let table = [
            ("phone", "13800138000", "phone none raw-form-and-name"),
            ("", "13800138000", "phone none raw-form"),
            ("联系", "+8613800138000", "phone none raw-form"),
            ("x", "a@b.cn", "email none raw-form"),
            ("id", HEX64, "opaque sha256 sha256-length-only"),
            ("手机号", HEX64, "phone sha256 sha256-length"),
            ("phone_sm3", HEX64, "phone sm3 hash-named"),
            ("md5_sha256_phone", HEX64, "phone md5-sha256 hash-named"),
            ("phone_md5", MD5, "phone md5 hash-named"),
            ("md5", MD5, "opaque md5 hash-named-digest"),
            ("phone_md5", HEX64, "phone sha256 sha256-length"),
            ("oaid", HEX64, "oaid none oaid-or-hash"),
            ("oaid", MD5, "oaid none oaid-or-hash"),
            ("oaid_md5", MD5, "oaid md5 hash-named"),
            ("oaid", "237335e5376ff44d", "oaid none raw-form-and-name"),
            ("device", "FF1999CD-7177-4937-A474-74937A102630", "idfa none uuid-upper"),
            ("device", "cdda802e-fb9c-47ad-9866-0794d394c912", "gaid none uuid-lower"),
            ("idfa", "cdda802e-fb9c-47ad-9866-0794d394c912", "idfa none raw-form-and-name"),
            ("imei", "868186020123459", "imei none raw-form-and-name"),
            ("imei", "8.68186E+14", "imei none rounded"),
            ("会员号", "V0012", "opaque none name-says-id"),
            ("code", "V0012", "opaque none unique-values"),
            ("email", "tMmiiTI7IaAcPpQPFQ65uMVCWH8av9jw4cwf/F5HVRQ=", "email sha256 sha256-length"),
        ];
        for (header, cell, want) in table {
            assert_eq!(told(header, &[cell], 1.0), want, "{header} {cell}");
        }
        assert_eq!(told("city", &["上海"], 0.01), "nothing");
        assert_eq!(told("phone", &["", " "], 0.0), "nothing");
        assert_eq!(told("phone", &["13800138000", MD5, HEX64], 1.0), "phone mixed mixed-forms");
        assert_eq!(told("id", &["13800138000", HEX64], 1.0), "phone mixed mixed-forms");
    }
}
