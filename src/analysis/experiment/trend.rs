//! Shares over segments that stand in an order: orders before, age, months since the last order.

use super::plan::{Metric, MetricKind};
use super::report::{SegmentReport, TrendReport};
use crate::num;

/// Puts segments in the order of the numbers they begin with; whether every one that has a name begins with one of its own.
/// Otherwise they stay in the order of their bytes, which means nothing.
pub(super) fn ordered(segments: &mut [SegmentReport]) -> bool {
    let mut named = segments.iter().filter(|of| !of.segment.is_empty());
    if !named.all(|of| place(&of.segment).is_some()) {
        return false;
    }
    segments.sort_by(|a, b| {
        place(&a.segment).partial_cmp(&place(&b.segment)).unwrap_or(std::cmp::Ordering::Equal)
    });
    segments.windows(2).all(|two| place(&two[0].segment) != place(&two[1].segment))
}

/// The number a label begins with, and whether it is of what is less (-1) or more: "18-24", "<5", "2+", "¥100 up".
fn place(label: &str) -> Option<(f64, i8)> {
    let text = label.trim_start_matches(|c: char| !c.is_alphanumeric());
    let sign = &label[..label.len() - text.len()];
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..end].trim_end_matches('.').parse().ok()?;
    let side = i8::from(sign.contains(['>', '≥', '＞'])) - i8::from(sign.contains(['<', '≤', '＜']));
    Some((if sign.ends_with('-') { -number } else { number }, side))
}

/// Whether shares rise or fall over named segments in their order.
pub(super) fn trends(metrics: &[Metric], segments: &[SegmentReport]) -> Vec<TrendReport> {
    let named: Vec<&SegmentReport> = segments.iter().filter(|of| !of.segment.is_empty()).collect();
    let (Some(first), Some(last), true) = (named.first(), named.last(), named.len() > 2) else {
        return vec![];
    };
    let rates = metrics.iter().enumerate().filter(|(_, metric)| metric.kind == MetricKind::Rate);
    let trend = |(at, metric): (usize, &Metric)| {
        let arms = |of: &&SegmentReport| {
            of.metrics[at].arms.iter().fold((0, 0), |sum, arm| (sum.0 + arm.positive, sum.1 + arm.people))
        };
        let found = num::rate_trend(&named.iter().map(arms).collect::<Vec<_>>());
        let ends = (first.segment.clone(), last.segment.clone());
        TrendReport { metric: metric.name.clone(), ends, z: found.z, p: found.p }
    };
    rates.map(trend).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stand_by_their_numbers_or_in_no_order() {
        let order = |labels: &[&str]| {
            let of = |label: &&str| SegmentReport { segment: (*label).into(), metrics: vec![] };
            let mut segments: Vec<SegmentReport> = labels.iter().map(of).collect();
            ordered(&mut segments).then(|| segments.into_iter().map(|of| of.segment).collect::<Vec<_>>())
        };
        let same = |labels: &[&str], by: &[&str]| {
            assert_eq!(
                order(labels).as_deref(),
                Some(&by.iter().map(|l| (*l).to_string()).collect::<Vec<_>>()[..])
            )
        };
        same(&["", "1", "10", "2"], &["", "1", "2", "10"]);
        same(&["0", "10+", "2-9", "<0"], &["<0", "0", "2-9", "10+"]);
        same(&["5-9", "<5", "≥10"], &["<5", "5-9", "≥10"]);
        same(&["-1", "-2", "0"], &["-2", "-1", "0"]);
        for labels in [
            &["Phone", "Web", "Multichannel"][..],
            &["1", "2", "many"],
            &["1", "1.0", "2"],
            &["3C", "3D", "4"],
        ] {
            assert_eq!(order(labels), None, "{labels:?}");
        }
    }
}
