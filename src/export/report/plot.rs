//! Small charts as inline SVG: scales, marks, nothing that needs a script. Colours come from classes, so that light,
//! dark and paper share one drawing.

use super::html::{Html, put};
use crate::num::Order;
use std::fmt::{Display, Formatter};

/// A coordinate: one decimal is a tenth of a pixel.
pub(super) struct At(pub f64);

impl Display for At {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let tenths = if self.0.is_finite() { libm::round(self.0 * 10.0) as i64 } else { 0 };
        let sign = if tenths < 0 { "-" } else { "" };
        let (whole, tenth) = (tenths.abs() / 10, tenths.abs() % 10);
        if tenth == 0 { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{tenth}") }
    }
}

/// Width of the TGI plot.
pub(super) const TGI_WIDTH: f64 = 132.0;

/// The TGI axis of a report: logarithmic, 100 in the middle, the same for every chart of a section so that dots can
/// be compared across tables.
#[derive(Clone, Copy)]
pub(super) struct TgiAxis {
    /// The right end is `100 × span`.
    span: f64,
    /// Where 100 is.
    origin: f64,
}

impl TgiAxis {
    /// Wide enough for nearly all of these: a few wild values are drawn at the edge.
    pub(super) fn over(values: impl Iterator<Item = f64>) -> TgiAxis {
        let far = |tgi: f64| libm::fabs(libm::log(tgi / 100.0));
        let mut all: Vec<f64> = values.map(far).filter(|v| v.is_finite()).collect();
        all.order_by(f64::total_cmp);
        let high = all.get((all.len() * 19 / 20).min(all.len().saturating_sub(1))).copied().unwrap_or(0.0);
        let span = [4.0, 8.0, 16.0].into_iter().find(|&span| high <= libm::log(span)).unwrap_or(32.0);
        TgiAxis { span, origin: TGI_WIDTH / 2.0 }
    }
    /// The same with 100 near the left end, for values that are all above it.
    pub(super) fn above(self) -> TgiAxis {
        TgiAxis { origin: 8.0, ..self }
    }
    /// Where a TGI lies, kept inside the plot.
    fn x(self, tgi: f64) -> f64 {
        let part = libm::log((tgi / 100.0).max(1e-9)) / libm::log(self.span);
        (self.origin + (TGI_WIDTH - 4.0 - self.origin) * part).clamp(4.0, TGI_WIDTH - 4.0)
    }
    /// Whether a TGI lies inside the plot.
    fn has(self, tgi: f64) -> bool {
        tgi >= 100.0 || self.origin > 8.0
    }
    /// The labels of the axis, for the head of a table.
    pub(super) fn head(self, html: &mut Html) {
        put!(html, "<svg class=\"tgi\" viewBox=\"0 0 132 14\" aria-hidden=\"true\">");
        for tgi in [25.0, 100.0, 400.0].into_iter().filter(|&tgi| self.has(tgi)) {
            put!(html, "<text class=\"tick\" x=\"" [At(self.x(tgi))] "\" y=\"11\" text-anchor=\"middle\">" [tgi] "</text>");
        }
        put!(html, "</svg>");
    }
    /// A TGI with its interval: a dot on the axis through 100; with `bar`, a bar from 100 too.
    pub(super) fn mark(self, html: &mut Html, tgi: Option<f64>, ends: Option<(f64, f64)>, bar: bool) {
        put!(html, "<svg class=\"tgi\" viewBox=\"0 0 132 20\" aria-hidden=\"true\">");
        for tick in [25.0, 50.0, 200.0, 400.0].into_iter().filter(|&tgi| self.has(tgi)) {
            put!(html, "<path class=\"grid\" d=\"M" [At(self.x(tick))] " 0v20\"/>");
        }
        put!(html, "<path class=\"axis\" d=\"M" [At(self.origin)] " 0v20\"/>");
        if let Some(x) = tgi.map(|tgi| self.x(tgi)) {
            if bar {
                put!(html, "<rect class=\"fill\" x=\"" [At(x.min(self.origin))] "\" y=\"7\" width=\"" [At((x - self.origin).abs())] "\" height=\"6\"/>");
            }
            if let Some((low, high)) = ends {
                put!(html, "<path class=\"ends\" d=\"M" [At(self.x(low))] " 10H" [At(self.x(high))] "\"/>");
            }
            if !bar {
                put!(html, "<circle class=\"dot\" cx=\"" [At(x)] "\" cy=\"10\" r=\"3.5\"/>");
            }
        }
        put!(html, "</svg>");
    }
}

/// Two bars from zero, seed over base; `most` is the longest.
pub(super) fn pair(html: &mut Html, seed: f64, base: f64, most: f64) {
    let width = |share: f64| At(if most > 0.0 { 96.0 * share / most } else { 0.0 });
    put!(html, "<svg class=\"pair\" viewBox=\"0 0 96 20\" aria-hidden=\"true\"><path class=\"axis\" d=\"M0 0v20\"/><rect class=\"seed\" y=\"4\" width=\"" [width(seed)] "\" height=\"6\"/><rect class=\"base\" y=\"11\" width=\"" [width(base)] "\" height=\"5\"/></svg>");
}

/// One bar from zero with a tick at a second value.
pub(super) fn bar_with_tick(html: &mut Html, value: f64, tick: f64, most: f64) {
    let x = |v: f64| At(if most > 0.0 { 120.0 * (v / most).clamp(0.0, 1.0) } else { 0.0 });
    put!(html, "<svg class=\"bar\" viewBox=\"0 0 120 16\" aria-hidden=\"true\"><path class=\"axis\" d=\"M0 0v16\"/><rect class=\"seed\" y=\"4\" width=\"" [x(value)] "\" height=\"8\"/><path class=\"mark\" d=\"M" [x(tick)] " 1v14\"/></svg>");
}

/// One bar from zero.
pub(super) fn bar(html: &mut Html, value: f64, most: f64) {
    let width = At(if most > 0.0 { 96.0 * (value / most).clamp(0.0, 1.0) } else { 0.0 });
    put!(html, "<svg class=\"pair\" viewBox=\"0 0 96 16\" aria-hidden=\"true\"><path class=\"axis\" d=\"M0 0v16\"/><rect class=\"fill\" y=\"4\" width=\"" [width] "\" height=\"8\"/></svg>");
}

/// A bar to either side of zero, with what chance does as a thin line through zero.
pub(super) fn effect(html: &mut Html, value: f64, noise: f64, most: f64) {
    let x = |v: f64| 60.0 + 58.0 * (v / most).clamp(-1.0, 1.0);
    let (from, to) = (x(value.min(0.0)), x(value.max(0.0)));
    put!(html, "<svg class=\"bar\" viewBox=\"0 0 120 16\" aria-hidden=\"true\"><rect class=\"" [if value < 0.0 { "base" } else { "seed" }] "\" x=\"" [At(from)] "\" y=\"4\" width=\"" [At(to - from)] "\" height=\"8\"/>");
    put!(html, "<path class=\"axis\" d=\"M60 0v16\"/><path class=\"mark\" d=\"M" [At(x(-noise))] " 8H" [At(x(noise))] "\"/></svg>");
}

/// An interval with its figure on an axis from zero, and a line at one.
pub(super) fn interval(html: &mut Html, value: f64, low: f64, high: f64, most: f64) {
    let x = |v: f64| At(if most > 0.0 { 2.0 + 196.0 * (v / most).clamp(0.0, 1.0) } else { 0.0 });
    put!(html, "<svg class=\"interval\" viewBox=\"0 0 200 20\" aria-hidden=\"true\"><path class=\"grid\" d=\"M2 0v20\"/><path class=\"axis dash\" d=\"M" [x(1.0)] " 0v20\"/>");
    put!(html, "<path class=\"ends\" d=\"M" [x(low)] " 10H" [x(high)] "\"/><circle class=\"dot\" cx=\"" [x(value)] "\" cy=\"10\" r=\"4\"/></svg>");
}

/// The inside of a framed chart, in pixels of its view box: left, top, right, bottom.
pub(super) struct Frame {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Frame {
    /// Where a share from the left lies.
    pub(super) fn x(&self, part: f64) -> f64 {
        self.left + (self.right - self.left) * part
    }
    /// Where a share from the bottom lies.
    pub(super) fn y(&self, part: f64) -> f64 {
        self.bottom - (self.bottom - self.top) * part
    }
    /// A horizontal line with its label at the left.
    pub(super) fn level(&self, html: &mut Html, part: f64, text: &str) {
        let y = self.y(part);
        put!(html, "<path class=\"grid\" d=\"M" [At(self.left)] " " [At(y)] "H" [At(self.right)] "\"/>");
        put!(html, "<text class=\"tick\" x=\"" [At(self.left - 6.0)] "\" y=\"" [At(y + 4.0)] "\" text-anchor=\"end\">" [text] "</text>");
    }
    /// A label under the bottom line.
    pub(super) fn foot(&self, html: &mut Html, part: f64, text: &str) {
        let (x, y) = (self.x(part), self.bottom);
        put!(html, "<path class=\"axis\" d=\"M" [At(x)] " " [At(y)] "v4\"/><text class=\"tick\" x=\"" [At(x)] "\" y=\"" [At(y + 17.0)] "\" text-anchor=\"middle\">" [text] "</text>");
    }
    /// What the two axes are.
    pub(super) fn names(&self, html: &mut Html, across: &str, up: &str) {
        put!(html, "<text class=\"name\" x=\"" [At(self.right)] "\" y=\"" [At(self.bottom + 34.0)] "\" text-anchor=\"end\">" [across] "</text>");
        put!(html, "<text class=\"name\" x=\"" [At(self.left)] "\" y=\"" [At(self.top - 10.0)] "\">" [up] "</text>");
    }
}

/// A line through points.
pub(super) fn line(html: &mut Html, points: impl Iterator<Item = (f64, f64)>) {
    for (i, (x, y)) in points.enumerate() {
        html.raw(if i == 0 { "M" } else { "L" });
        put!(html, [At(x)] " " [At(y)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_short_and_always_numbers() {
        let text = |v| At(v).to_string();
        assert_eq!([0.0, 1.25, -0.04, -3.0, f64::NAN].map(text), ["0", "1.3", "0", "-3", "0"]);
    }

    #[test]
    fn the_tgi_axis_has_100_in_the_middle_and_no_value_outside() {
        let axis = TgiAxis::over([80.0, 350.0].into_iter());
        assert_eq!(axis.x(100.0), 66.0);
        assert_eq!((axis.x(0.0), axis.x(1e9), axis.x(400.0)), (4.0, 128.0, 128.0));
        assert_eq!((axis.above().x(100.0), axis.above().x(400.0)), (8.0, 128.0));
        assert!(TgiAxis::over([700.0; 30].into_iter()).x(400.0) < 128.0);
        assert_eq!(TgiAxis::over(std::iter::empty()).x(50.0), 35.0);
    }
}
