//! How soon something happens, when some are still being waited for.

use super::normal::Z95;
use super::{exp, ln, sqrt};
use serde::Serialize;

/// A step of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Happened {
    /// Time, in the unit of the counts.
    pub time: u32,
    /// People to whom it could happen then.
    pub at_risk: u64,
    /// Share to whom it has happened by then.
    pub share: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The share to whom it has happened by each time, by Kaplan and Meier (JASA 53, 1958), with the interval of the
/// complementary log–log scale. `happened` and `left` count people by time: those to whom it happened then, and those who
/// were looked at for that long and no longer.
pub fn kaplan_meier(happened: &[u64], left: &[u64]) -> Vec<Happened> {
    let mut at_risk: u64 = happened.iter().chain(left).sum();
    let (mut waiting, mut greenwood) = (1.0f64, 0.0);
    let mut curve = Vec::new();
    for time in 0..happened.len().max(left.len()) {
        let at = |list: &[u64]| list.get(time).copied().unwrap_or(0);
        let (now, gone) = (at(happened), at(left));
        if now > 0 {
            let (d, n) = (now as f64, at_risk as f64);
            waiting *= 1.0 - d / n;
            greenwood += if now < at_risk { d / (n * (n - d)) } else { 0.0 };
            let (low, high) = ends(waiting, greenwood);
            curve.push(Happened { time: time as u32, at_risk, share: 1.0 - waiting, low, high });
        }
        at_risk -= now + gone;
    }
    curve
}

fn ends(waiting: f64, greenwood: f64) -> (f64, f64) {
    if waiting <= 0.0 || waiting >= 1.0 {
        return (1.0 - waiting, 1.0 - waiting);
    }
    let centre = ln(-ln(waiting));
    let half = Z95 * sqrt(greenwood) / ln(waiting).abs();
    let share = |x: f64| 1.0 - exp(-exp(x));
    (share(centre - half), share(centre + half))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remission_of_leukaemia() {
        // Freireich et al. 1963, 6-MP arm (21 patients): the textbook curve of Cox and Oakes: S(6) = .857, S(7) = .807,
        // S(10) = .753, S(13) = .690, S(16) = .627, S(22) = .538, S(23) = .448.
        let (mut happened, mut left) = (vec![0; 36], vec![0; 36]);
        [6, 6, 6, 7, 10, 13, 16, 22, 23].iter().for_each(|t| happened[*t] += 1);
        [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35].iter().for_each(|t| left[*t] += 1);
        let curve = kaplan_meier(&happened, &left);
        let want = [(6, 0.857), (7, 0.807), (10, 0.753), (13, 0.690), (16, 0.627), (22, 0.538), (23, 0.448)];
        assert_eq!(curve.len(), want.len());
        for (point, (time, waiting)) in curve.iter().zip(want) {
            assert!(point.time == time && (1.0 - point.share - waiting).abs() < 6e-4, "{point:?}");
            assert!(point.low < point.share && point.share < point.high);
        }
        assert!(kaplan_meier(&[], &[5]).is_empty());
        assert_eq!(kaplan_meier(&[2], &[]).first().map(|p| (p.share, p.low)), Some((1.0, 1.0)));
    }
}
