//! Small dense systems: Cholesky's factor of a symmetric matrix, given by its lower triangle, in a fixed order.

use super::sqrt;

/// Solves a · x = b for a symmetric, positive definite matrix. Nothing where it is not.
pub fn solved(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let definite = decompose(&mut a, 0.0);
    definite.then(|| {
        solve(&a, &mut b);
        b
    })
}

/// Turns the lower triangle of a matrix into its Cholesky factor, whose diagonal keeps at least this share of what stood
/// there. Tells whether the matrix was positive definite, given that; if not, the factor is worth nothing.
pub fn decompose(rows: &mut [Vec<f64>], least: f64) -> bool {
    let mut definite = true;
    for a in 0..rows.len() {
        let (above, below) = rows.split_at_mut(a);
        let row = &mut below[0];
        for b in 0..a {
            row[b] = (row[b] - dot(&row[..b], &above[b][..b])) / above[b][b];
        }
        let left = (row[a] - dot(&row[..a], &row[..a])).max(least * row[a]);
        definite &= left > 0.0;
        row[a] = sqrt(left);
    }
    definite
}

/// Solves by a Cholesky factor, in place.
pub fn solve(factor: &[Vec<f64>], dense: &mut [f64]) {
    for (a, row) in factor.iter().enumerate() {
        dense[a] = (dense[a] - dot(&dense[..a], &row[..a])) / row[a];
    }
    for (a, row) in factor.iter().enumerate().rev() {
        dense[a] /= row[a];
        let (below, above) = dense.split_at_mut(a);
        below.iter_mut().zip(row).for_each(|(x, r)| *x -= r * above[0]);
    }
}

/// Σ a·b over as many as `a` has, in four running sums so that it vectorises; the order is fixed.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (a4, a_rest) = a.as_chunks::<4>();
    let (b4, _) = b.as_chunks::<4>();
    for (x, y) in a4.iter().zip(b4) {
        (0..4).for_each(|k| sums[k] += x[k] * y[k]);
    }
    let tail: f64 = a_rest.iter().zip(b.iter().skip(4 * a4.len())).map(|(x, y)| x * y).sum();
    (sums[0] + sums[2]) + (sums[1] + sums[3]) + tail
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_solved_solves(cells in proptest::collection::vec(-3.0f64..3.0, 36), b in proptest::collection::vec(-5.0f64..5.0, 6)) {
            // C · Cᵀ and a little on the diagonal is positive definite.
            let of = |row: usize, column: usize| (0..6).map(|k| cells[6 * row + k] * cells[6 * column + k]).sum::<f64>() + f64::from(u8::from(row == column));
            let a: Vec<Vec<f64>> = (0..6).map(|row| (0..6).map(|column| of(row, column)).collect()).collect();
            let x = solved(a.clone(), b.clone()).expect("positive definite");
            for (row, want) in a.iter().zip(&b) {
                let got: f64 = row.iter().zip(&x).map(|(a, x)| a * x).sum();
                prop_assert!((got - want).abs() < 1e-8, "{got} is not {want}");
            }
        }
    }

    #[test]
    fn control_what_has_no_solution_is_said_to_have_none() {
        assert_eq!(solved(vec![vec![1.0, 2.0], vec![2.0, 1.0]], vec![1.0, 1.0]), None);
    }

    #[test]
    fn dot_takes_as_many_as_the_first_has() {
        let a: Vec<f64> = (0..11).map(f64::from).collect();
        assert_eq!(dot(&a, &a), 385.0);
        assert_eq!(dot(&a[..5], &a), 30.0);
    }
}
