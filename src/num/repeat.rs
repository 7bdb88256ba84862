//! Who will buy again, and for how much: BG/NBD (Fader, Hardie and Lee, "Counting your customers" the easy way,
//! Marketing Science 24, 2005) and Gamma–Gamma (Fader and Hardie 2013); `formulas.md` F12.

use super::optimise::{Least, least};
use super::special::{digamma, hypergeometric, ln_gamma};
use super::{exp, ln};
use serde::{Deserialize, Serialize};

/// People with the same history: repeat orders, and when the last one and the end stand behind the first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Histories {
    /// Repeat orders x.
    pub repeats: u32,
    /// t_x: days from the first order to the last.
    pub last: u32,
    /// T: days from the first order to the end.
    pub age: u32,
    /// How many people.
    pub people: u64,
}

/// How many days make one unit of the models' time: a week.
pub const WEEK: f64 = 7.0;

/// BG/NBD: orders come at a rate that is gamma distributed over people (r, α); after each a person leaves with a
/// chance that is beta distributed (a, b). Time is in weeks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct BgNbd {
    /// Shape of the rate.
    pub r: f64,
    /// Scale of the rate, in weeks.
    pub alpha: f64,
    /// Leaving.
    pub a: f64,
    /// Staying.
    pub b: f64,
}

/// A fit, and how it went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fitted<M> {
    /// The model.
    pub model: M,
    /// Of all people.
    pub log_likelihood: f64,
    /// Steps of the search.
    pub steps: u32,
    /// Whether it ended where the slope vanishes.
    pub converged: bool,
}

/// The likeliest model, searched over the logarithms of its parameters. `slope` gives ln L, its slopes and the
/// parameters, by which the slopes become those of the logarithms.
fn likeliest<M, const N: usize>(
    start: [f64; N],
    people: u64,
    model: impl Fn(&[f64; N]) -> M,
    slope: impl Fn(&M) -> ((f64, [f64; N]), [f64; N]),
) -> Fitted<M> {
    let found: Least<N> = least(start, |logs| {
        let ((value, slope), by) = slope(&model(logs));
        let scale = -1.0 / people as f64;
        (scale * value, std::array::from_fn(|i| scale * slope[i] * by[i]))
    });
    Fitted {
        model: model(&found.at),
        log_likelihood: -found.value * people as f64,
        steps: found.steps,
        converged: found.converged,
    }
}

/// A sum of logarithms, taken of products while they fit: a logarithm costs as much as twenty products.
struct LnSum {
    sum: f64,
    product: f64,
}

impl LnSum {
    fn new() -> Self {
        LnSum { sum: 0.0, product: 1.0 }
    }
    /// Adds the logarithm of `x`, which lies between 1e-50 and 1e50, `n` times.
    fn add(&mut self, x: f64, n: u64) {
        if n > 1 {
            self.sum += n as f64 * ln(x);
            return;
        }
        self.product *= x;
        if !(1e-250..1e250).contains(&self.product) {
            (self.sum, self.product) = (self.sum + ln(self.product), 1.0);
        }
    }
    fn total(&self) -> f64 {
        self.sum + ln(self.product)
    }
}

impl BgNbd {
    /// The model under which these histories are likeliest.
    pub fn fit(all: &[Histories]) -> Fitted<BgNbd> {
        let people: u64 = all.iter().map(|h| h.people).sum();
        let days = all.iter().map(|h| h.age).max().unwrap_or(0) as usize + 1;
        let most = all.iter().map(|h| h.repeats).max().unwrap_or(0) as usize + 1;
        likeliest([0.0; 4], people, BgNbd::of, |model| {
            (model.slope(all, days, most), [model.r, model.alpha, model.a, model.b])
        })
    }
    fn of(logs: &[f64; 4]) -> BgNbd {
        let [r, alpha, a, b] = logs.map(|l| exp(l.clamp(-20.0, 20.0)));
        BgNbd { r, alpha, a, b }
    }
    /// ln L of all histories and its slope. What depends on a day or on a number of repeats alone is looked up.
    fn slope(&self, all: &[Histories], days: usize, most: usize) -> (f64, [f64; 4]) {
        let BgNbd { r, alpha, a, b } = *self;
        let times: Vec<(f64, f64)> =
            (0..days).map(|day| alpha + day as f64 / WEEK).map(|time| (ln(time), 1.0 / time)).collect();
        let (g_r, g_ab, p_r, p_ab, p_b) =
            (ln_gamma(r), ln_gamma(a + b), digamma(r), digamma(a + b), digamma(b));
        // By x: the part of ln L without times, ln(a / (b + x − 1)), and its slopes by r, a and b.
        let counts: Vec<(f64, f64, [f64; 3])> = (0..most)
            .map(|x| {
                let x = x as f64;
                let plain = ln_gamma(r + x) - g_r + r * ln(alpha) + ln_gamma(b + x) - ln_gamma(b) + g_ab
                    - ln_gamma(a + b + x);
                let p_abx = digamma(a + b + x);
                let slopes =
                    [digamma(r + x) - p_r + ln(alpha), p_ab - p_abx, digamma(b + x) - p_abx - p_b + p_ab];
                (plain, if x > 0.0 { ln(a) - ln(b + x - 1.0) } else { 0.0 }, slopes)
            })
            .collect();
        let (mut value, mut slope, mut logs) = (0.0, [0.0; 4], LnSum::new());
        for h in all {
            let (x, n) = (f64::from(h.repeats), h.people as f64);
            let (plain, odds, slopes) = counts[h.repeats as usize];
            let ((age, age_1), (last, last_1)) = (times[h.age as usize], times[h.last as usize]);
            // The share of the likelihood of having left after the last order: ln(e^stays + e^leaves) is the larger one and
            // what the other adds to it.
            let more = if h.repeats == 0 { f64::NEG_INFINITY } else { odds + (r + x) * (age - last) };
            let other = exp(-more.abs());
            let left = if more > 0.0 { 1.0 / (1.0 + other) } else { other / (1.0 + other) };
            logs.add(1.0 + other, h.people);
            value += n * (plain - (r + x) * age + more.max(0.0));
            slope[0] += n * (slopes[0] - (1.0 - left) * age - left * last);
            slope[1] += n * (r / alpha - (r + x) * ((1.0 - left) * age_1 + left * last_1));
            slope[2] += n * (slopes[1] + left / a);
            slope[3] += n * (slopes[2] - if h.repeats > 0 { left / (b + x - 1.0) } else { 0.0 });
        }
        (value + logs.total(), slope)
    }
    /// The chance that somebody is still a customer; times in weeks.
    pub fn alive(&self, repeats: u32, last: f64, age: f64) -> f64 {
        if repeats == 0 {
            return 1.0;
        }
        let x = f64::from(repeats);
        let odds = ln(self.a) - ln(self.b + x - 1.0);
        1.0 / (1.0 + exp(odds + (self.r + x) * (ln(self.alpha + age) - ln(self.alpha + last))))
    }
    /// Orders expected in the next `weeks` of somebody with this history who is alive for sure: times [`BgNbd::alive`] it
    /// is what is expected of them.
    pub fn orders_if_alive(&self, repeats: u32, age: f64, weeks: f64) -> f64 {
        let BgNbd { r, alpha, a, b } = *self;
        let x = f64::from(repeats);
        let whole = alpha + age + weeks;
        let stays = exp((r + x) * (ln(alpha + age) - ln(whole)));
        let series = hypergeometric(r + x, b + x, a + b + x - 1.0, weeks / whole);
        (a + b + x - 1.0) / (a - 1.0) * (1.0 - stays * series)
    }
    /// E[Y(t) | x, t_x, T].
    pub fn expected(&self, repeats: u32, last: f64, age: f64, weeks: f64) -> f64 {
        self.alive(repeats, last, age) * self.orders_if_alive(repeats, age, weeks)
    }
    /// E[X(t)]: repeat orders in the first `weeks` of somebody of whom nothing is known.
    pub fn expected_new(&self, weeks: f64) -> f64 {
        let BgNbd { r, alpha, a, b } = *self;
        let stays = exp(r * (ln(alpha) - ln(alpha + weeks)));
        let series = hypergeometric(r, b, a + b - 1.0, weeks / (alpha + weeks));
        (a + b - 1.0) / (a - 1.0) * (1.0 - stays * series)
    }
    /// P(X(t) = 0).
    pub fn none(&self, weeks: f64) -> f64 {
        exp(self.r * (ln(self.alpha) - ln(self.alpha + weeks)))
    }
}

/// People with the same repeat orders and the same money for them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spent {
    /// Repeat orders, at least one.
    pub repeats: u32,
    /// Money for them, above zero.
    pub money: f64,
    /// How many people.
    pub people: u64,
}

/// Gamma–Gamma: an order's money is gamma distributed around a person's own mean, which is so over people.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct GammaGamma {
    /// Shape of one order.
    pub p: f64,
    /// Shape over people.
    pub q: f64,
    /// Scale over people.
    pub v: f64,
}

impl GammaGamma {
    /// The model under which this spending is likeliest. Spending should come ordered by repeats.
    pub fn fit(all: &[Spent]) -> Fitted<GammaGamma> {
        let people: u64 = all.iter().map(|s| s.people).sum();
        let money: f64 = all.iter().map(|s| s.people as f64 * s.money / f64::from(s.repeats)).sum();
        // From the middle of the money, so that the unit of the file does not matter.
        let start = [0.0, ln(2.0), ln((money / people.max(1) as f64).max(1e-6))];
        likeliest(start, people, GammaGamma::of, |model| (model.slope(all), [model.p, model.q, model.v]))
    }
    fn of(logs: &[f64; 3]) -> GammaGamma {
        let [p, q, v] = logs.map(|l| exp(l.clamp(-20.0, 40.0)));
        GammaGamma { p, q, v }
    }
    fn slope(&self, all: &[Spent]) -> (f64, [f64; 3]) {
        let GammaGamma { p, q, v } = *self;
        let (ln_v, g_q, p_q) = (ln(v), ln_gamma(q), digamma(q));
        let (mut value, mut slope) = (0.0, [0.0; 3]);
        for same in all.chunk_by(|a, b| a.repeats == b.repeats) {
            let x = f64::from(same[0].repeats);
            let (mut n, mut whole, mut own, mut near) = (0.0, LnSum::new(), LnSum::new(), 0.0);
            for s in same {
                n += s.people as f64;
                whole.add(s.money + v, s.people);
                own.add(s.money, s.people);
                near += s.people as f64 / (s.money + v);
            }
            let (whole, own) = (whole.total(), own.total());
            let (g_all, g_x) = (ln_gamma(p * x + q), ln_gamma(p * x));
            let (p_all, p_x) = (digamma(p * x + q), digamma(p * x));
            let mean = own - n * ln(x);
            value += n * (g_all - g_x - g_q + q * ln_v + p * x * ln(x)) + (p * x - 1.0) * mean
                - (p * x + q) * whole;
            slope[0] += x * (n * (p_all - p_x) + own - whole);
            slope[1] += n * (p_all - p_q + ln_v) - whole;
            slope[2] += n * q / v - (p * x + q) * near;
        }
        (value, slope)
    }
    /// What an order of somebody is expected to be worth: their own mean, drawn towards everyone's. Nothing if the
    /// model has no mean (q ≤ 1).
    pub fn expected(&self, repeats: u32, money: f64) -> Option<f64> {
        let GammaGamma { p, q, v } = *self;
        let x = f64::from(repeats);
        (q > 1.0).then(|| (v + money) * p / (p * x + q - 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fader, Hardie and Lee 2005, table 2: CDNOW, a tenth of the cohort, 39 weeks.
    const CDNOW: BgNbd = BgNbd { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };

    fn digits(got: f64, want: f64, unit: f64) {
        assert!((got - want).abs() <= 0.5001 * unit, "{got} is not {want}");
    }

    #[test]
    fn published_figures_of_cdnow() {
        // formulas.md F12.
        digits(CDNOW.expected(2, 30.43, 38.86, 39.0), 1.226, 1e-3);
        digits(CDNOW.alive(2, 30.43, 38.86), 0.7266, 1e-4);
        digits(CDNOW.none(39.0), 0.57379, 1e-5);
        let table = [
            (0.1429, 0.0078),
            (1.0, 0.0533),
            (3.0, 0.1509),
            (31.8571, 1.0420),
            (32.0, 1.0452),
            (78.0, 1.8605),
        ];
        table.iter().for_each(|(weeks, want)| digits(CDNOW.expected_new(*weeks), *want, 1e-4));
        assert_eq!(CDNOW.alive(0, 0.0, 38.86), 1.0);
    }

    #[test]
    fn a_gamma_gamma_mean_lies_between_ones_own_and_everyones() {
        // Fader and Hardie 2013, CDNOW: p = 6.25, q = 3.74, v = 15.44; the mean of all is pv / (q − 1).
        let model = GammaGamma { p: 6.25, q: 3.74, v: 15.44 };
        let everyone = 6.25 * 15.44 / 2.74;
        digits(model.expected(0, 0.0).unwrap(), everyone, 1e-9);
        // Written the other way, as F12 has it.
        let (x, mean): (f64, f64) = (2.0, 22.35);
        let weight = 2.74 / (6.25 * x + 2.74);
        digits(model.expected(2, x * mean).unwrap(), weight * everyone + (1.0 - weight) * mean, 1e-9);
        assert_eq!(GammaGamma { q: 0.9, ..model }.expected(1, 5.0), None);
    }

    /// 600 people who buy and leave as BG/NBD says, with r = 1, α = 6 weeks, a = 1, b = 2.
    fn histories() -> Vec<Histories> {
        let mut seed = 7u64;
        let mut unit = move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((seed >> 33) as f64 + 0.5) / (1u64 << 31) as f64
        };
        let mut person = |at: u32| {
            let (age, gap, stay) = (200 + at % 73, 42.0 / -ln(unit()), unit().max(unit()));
            let (mut repeats, mut last) = (0, 0);
            let mut day = -ln(unit()) * gap;
            while day < f64::from(age) {
                (repeats, last) = (repeats + 1, day as u32);
                day += if unit() < stay { -ln(unit()) * gap } else { 1e9 };
            }
            Histories { repeats, last, age, people: 1 }
        };
        (0..600).map(&mut person).collect()
    }

    /// Every slope is that of the value, by small steps.
    #[test]
    fn slopes() {
        let all = histories();
        let logs = [-1.2f64, 1.4, -0.3, 0.9];
        let (_, slope) = BgNbd::of(&logs).slope(&all, 273, 300);
        for i in 0..4 {
            let at = |step: f64| {
                let mut moved = logs;
                moved[i] += step;
                BgNbd::of(&moved).slope(&all, 273, 300).0
            };
            let by = [1e-5, -1e-5].map(at);
            let model = BgNbd::of(&logs);
            let chain = slope[i] * [model.r, model.alpha, model.a, model.b][i];
            let plain = (by[0] - by[1]) / 2e-5;
            assert!((plain - chain).abs() < 1e-4 * (1.0 + chain.abs()), "{i}: {plain} {chain}");
        }
        let spent: Vec<Spent> = (1..40u32)
            .map(|i| Spent { repeats: i / 4 + 1, money: f64::from(i * i % 97 + 3), people: 3 })
            .collect();
        let logs = [0.4f64, 1.1, 2.2];
        let (_, slope) = GammaGamma::of(&logs).slope(&spent);
        for i in 0..3 {
            let at = |step: f64| {
                let mut moved = logs;
                moved[i] += step;
                GammaGamma::of(&moved).slope(&spent).0
            };
            let model = GammaGamma::of(&logs);
            let chain = slope[i] * [model.p, model.q, model.v][i];
            let plain = (at(1e-5) - at(-1e-5)) / 2e-5;
            assert!((plain - chain).abs() < 1e-4 * (1.0 + chain.abs()), "{i}: {plain} {chain}");
        }
    }

    #[test]
    fn control_no_other_model_is_likelier() {
        let all = histories();
        let found = BgNbd::fit(&all);
        assert!(found.converged, "{found:?}");
        let best = found.model.slope(&all, 273, 300).0;
        for factor in [0.98, 1.02] {
            let BgNbd { r, alpha, a, b } = found.model;
            for other in [
                [r * factor, alpha, a, b],
                [r, alpha * factor, a, b],
                [r, alpha, a * factor, b],
                [r, alpha, a, b * factor],
            ] {
                let [r, alpha, a, b] = other;
                assert!(BgNbd { r, alpha, a, b }.slope(&all, 273, 300).0 < best);
            }
        }
    }
}
