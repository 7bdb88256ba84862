//! Tables of counts: whether rows and columns go together, and whether a rate needs more than both of them.

use super::{chi2_sf, ln, sqrt};
use serde::Serialize;

/// How far rows and columns go together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Association {
    /// Pearson's χ².
    pub chi2: f64,
    /// Degrees of freedom.
    pub df: u32,
    /// Its tail.
    pub p: f64,
    /// Cramér's V: 0 for nothing, 1 where one decides the other.
    pub v: f64,
    /// Too few people for χ² (Cochran, Biometrics 10, 1954): over a fifth of the cells expect fewer than five, or one
    /// expects fewer than one.
    pub sparse: bool,
}

/// Pearson's χ² of a table by rows, and Cramér's V (Mathematical Methods of Statistics, 1946). Rows and columns of nobody
/// do not count.
pub fn association(rows: &[Vec<u64>]) -> Association {
    let sums = sides(rows);
    let all: f64 = sums[0].iter().sum();
    let [height, width] = [0, 1].map(|side| sums[side].iter().filter(|sum| **sum > 0.0).count());
    if height < 2 || width < 2 {
        return Association { p: 1.0, sparse: true, ..Association::default() };
    }
    let (mut chi2, mut few, mut tiny) = (0.0, 0, false);
    for (row, of_row) in rows.iter().zip(&sums[0]).filter(|(_, sum)| **sum > 0.0) {
        for (count, of_column) in row.iter().zip(&sums[1]).filter(|(_, sum)| **sum > 0.0) {
            let expected = of_row * of_column / all;
            chi2 += (*count as f64 - expected) * (*count as f64 - expected) / expected;
            few += usize::from(expected < 5.0);
            tiny |= expected < 1.0;
        }
    }
    let df = ((height - 1) * (width - 1)) as u32;
    let v = sqrt(chi2 / (all * (height.min(width) - 1) as f64));
    Association { chi2, df, p: chi2_sf(chi2, df), v, sparse: tiny || 5 * few > height * width }
}

/// Pearson's χ² of counts against shares in any unit, and its tail. What has no share stands outside.
pub fn goodness(counts: &[u64], shares: &[f64]) -> (f64, f64) {
    let inside: Vec<(f64, f64)> = counts
        .iter()
        .zip(shares)
        .filter(|(_, share)| **share > 0.0)
        .map(|(n, share)| (*n as f64, *share))
        .collect();
    let all: f64 = inside.iter().map(|(n, _)| n).sum();
    let whole: f64 = inside.iter().map(|(_, share)| share).sum();
    if inside.len() < 2 || all == 0.0 {
        return (0.0, 1.0);
    }
    let part = |(n, share): &(f64, f64)| {
        (n - all * share / whole) * (n - all * share / whole) / (all * share / whole)
    };
    let chi2 = inside.iter().map(part).sum();
    (chi2, chi2_sf(chi2, inside.len() as u32 - 1))
}

fn sides(rows: &[Vec<u64>]) -> [Vec<f64>; 2] {
    let width = rows.first().map_or(0, Vec::len);
    let column = |at: usize| rows.iter().map(|row| row[at] as f64).sum();
    let row = |row: &Vec<u64>| row.iter().map(|count| *count as f64).sum();
    [rows.iter().map(row).collect(), (0..width).map(column).collect()]
}

/// Whether a rate by rows and columns needs more than the effect of each.
#[derive(Clone, Debug, PartialEq)]
pub struct Interaction {
    /// Likelihood ratio G² of the logistic model with the interaction over the one without.
    pub g2: f64,
    /// Degrees of freedom.
    pub df: u32,
    /// Its tail.
    pub p: f64,
    /// Rates without interaction, by rows; 0 where nobody is.
    pub rates: Vec<Vec<f64>>,
}

/// Rounds of fitting after which a table is taken as it stands.
const ROUNDS: u32 = 2_000;

/// The test of no interaction, and the rates if there were none. `cells` holds those who did not and those who did. The
/// logistic model with an effect of each row and column is the log-linear model without the three-way term (Bishop,
/// Fienberg and Holland, Discrete Multivariate Analysis, 1975), fitted by iterative proportional fitting.
pub fn interaction(cells: &[Vec<[u64; 2]>]) -> Interaction {
    let (height, width) = (cells.len(), cells.first().map_or(0, Vec::len));
    let places = || (0..height).flat_map(|row| (0..width).map(move |column| (row, column)));
    let mut fit: Vec<Vec<[f64; 2]>> =
        cells.iter().map(|row| row.iter().map(|_| [1.0; 2]).collect()).collect();
    for _ in 0..ROUNDS {
        let mut moved: f64 = 0.0;
        // Each cell's people, then each row's and each column's outcomes.
        for side in 0..3 {
            let slot = |(row, column): (usize, usize), of: usize| match side {
                0 => row * width + column,
                1 => 2 * row + of,
                _ => 2 * column + of,
            };
            let mut sums = vec![[0.0f64; 2]; (height * width).max(2 * height).max(2 * width)];
            for (at, of) in places().flat_map(|at| [(at, 0), (at, 1)]) {
                let sum = &mut sums[slot(at, of)];
                sum[0] += cells[at.0][at.1][of] as f64;
                sum[1] += fit[at.0][at.1][of];
            }
            for (at, of) in places().flat_map(|at| [(at, 0), (at, 1)]) {
                let [want, have] = sums[slot(at, of)];
                let (cell, factor) = (&mut fit[at.0][at.1][of], if have > 0.0 { want / have } else { 0.0 });
                moved = moved.max((*cell * factor - *cell).abs());
                *cell *= factor;
            }
        }
        if moved < 1e-9 {
            break;
        }
    }
    let mut g2 = 0.0;
    for (at, of) in places().flat_map(|at| [(at, 0), (at, 1)]) {
        let (count, fitted) = (cells[at.0][at.1][of] as f64, fit[at.0][at.1][of]);
        g2 += if count > 0.0 && fitted > 0.0 { 2.0 * count * ln(count / fitted) } else { 0.0 };
    }
    // Where a row or column never or always does it, its cells are known and say nothing.
    let open = |(row, column): &(usize, usize)| fit[*row][*column].iter().all(|fitted| *fitted > 1e-6);
    let open: Vec<(usize, usize)> = places().filter(open).collect();
    let rows = (0..height).filter(|row| open.iter().any(|at| at.0 == *row)).count();
    let columns = (0..width).filter(|column| open.iter().any(|at| at.1 == *column)).count();
    let df = if open.is_empty() { 0 } else { (open.len() + 1).saturating_sub(rows + columns) as u32 };
    let rate = |[no, yes]: &[f64; 2]| if no + yes > 0.0 { yes / (no + yes) } else { 0.0 };
    let rates = fit.iter().map(|row| row.iter().map(rate).collect()).collect();
    let (g2, p) = if df == 0 { (0.0, 1.0) } else { (g2.max(0.0), chi2_sf(g2, df)) };
    Interaction { g2, df, p, rates }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: f64, want: f64) {
        assert!((got - want).abs() < 1e-7 * want.abs().max(1.0), "{got} is not {want}");
    }

    #[test]
    fn association_as_scipy_has_it() {
        // scipy.stats.chi2_contingency(correction=False), contingency.association(method="cramer").
        let found = association(&[vec![10, 20, 30], vec![6, 9, 17]]);
        near(found.chi2, 0.27157465150403504);
        near(found.p, 0.873028283380073);
        near(found.v, 0.05433137570422292);
        assert_eq!((found.df, found.sparse), (2, false));
        assert!(association(&[vec![1, 9], vec![2, 3]]).sparse);
        assert_eq!(association(&[vec![5, 0], vec![7, 0]]).p, 1.0, "one column is no table");
        near(association(&[vec![40, 0], vec![0, 60]]).v, 1.0);
    }

    #[test]
    fn interaction_as_a_logistic_fit_has_it() {
        // Logistic fits with and without the product terms over the same table: twice the difference of ln L (Newton, NumPy).
        let cells = [vec![[90, 10], [80, 20], [70, 30]], vec![[85, 15], [60, 40], [190, 7]]];
        let found = interaction(&cells);
        near(found.g2, 50.393107914019765);
        near(found.p, 1.1409737516479045e-11);
        near(found.rates[0][0], 0.13677852608221786);
        assert_eq!(found.df, 2);
    }

    #[test]
    fn control_rates_that_multiply_their_odds_show_no_interaction() {
        let odds = |row: f64, column: f64| {
            let rate = row * column / (1.0 + row * column);
            let yes = libm::round(1e7 * rate) as u64;
            [10_000_000 - yes, yes]
        };
        let found =
            interaction(&[vec![odds(1.0, 0.2), odds(1.0, 0.5)], vec![odds(3.0, 0.2), odds(3.0, 0.5)]]);
        assert!(found.g2 < 1e-3 && found.p > 0.9, "{found:?}");
        let none = interaction(&[vec![[9, 0], [5, 0]], vec![[9, 3], [5, 4]]]);
        assert_eq!((none.df, none.p), (0, 1.0), "a row that never does it is known");
        assert_eq!(interaction(&[]).df, 0);
    }
}
