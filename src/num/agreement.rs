//! How far two divisions of the same people agree.

/// The adjusted Rand index (Hubert and Arabie, Journal of Classification 2, 1985) of a table whose cell (i, j)
/// counts the people in class i of one division and class j of the other: 1 for the same division, about 0 for
/// chance. Divisions that cannot differ (nobody, all in one class, everyone alone in both) agree: 1.
pub fn adjusted_rand_index<R: AsRef<[u64]>>(table: &[R]) -> f64 {
    let rows = table.iter().map(|row| row.as_ref().iter().copied().map(u128::from).sum::<u128>());
    let width = table.iter().map(|row| row.as_ref().len()).max().unwrap_or(0);
    let mut columns = vec![0u128; width];
    for row in table {
        columns.iter_mut().zip(row.as_ref()).for_each(|(sum, n)| *sum += u128::from(*n));
    }
    let everyone = pairs(columns.iter().sum());
    let (by_row, by_column) = (rows.map(pairs).sum::<f64>(), columns.into_iter().map(pairs).sum::<f64>());
    let together: f64 = table.iter().flat_map(|row| row.as_ref()).map(|n| pairs(u128::from(*n))).sum();
    let expected = if everyone > 0.0 { by_row * by_column / everyone } else { 0.0 };
    let most = (by_row + by_column) / 2.0;
    if most == expected { 1.0 } else { (together - expected) / (most - expected) }
}

/// Pairs among `n` people.
fn pairs(n: u128) -> f64 {
    (n * n.saturating_sub(1) / 2) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divisions() {
        assert_eq!(adjusted_rand_index(&[[2, 0], [0, 3]]), 1.0);
        assert_eq!(adjusted_rand_index(&[[0, 3], [2, 0]]), 1.0);
        // scikit-learn's documentation: labels 0 0 1 2 against 0 0 1 1 give 0.57…
        let got = adjusted_rand_index(&[[2, 0], [0, 1], [0, 1]]);
        assert!((got - 0.571_428_571_428_571_4).abs() < 1e-15, "{got}");
        // And 0 0 0 0 against 0 1 2 3 give 0.
        assert_eq!(adjusted_rand_index(&[[1, 1, 1, 1]]), 0.0);
        assert_eq!(adjusted_rand_index::<[u64; 1]>(&[]), 1.0);
        assert_eq!(adjusted_rand_index(&[[7]]), 1.0);
    }
}
