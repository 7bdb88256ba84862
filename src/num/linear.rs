//! Small systems of linear equations.

use super::sqrt;

/// Solves a · x = b for a symmetric, positive definite matrix by Cholesky's factors, in a fixed order. Nothing where it is not.
pub fn solved(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let n = b.len();
    for row in 0..n {
        for column in 0..=row {
            let dot: f64 = (0..column).map(|k| a[row][k] * a[column][k]).sum();
            let rest = a[row][column] - dot;
            if row == column && (rest.is_nan() || rest <= 0.0) {
                return None;
            }
            a[row][column] = if row == column { sqrt(rest) } else { rest / a[column][column] };
        }
    }
    for row in 0..n {
        let dot: f64 = (0..row).map(|k| a[row][k] * b[k]).sum();
        b[row] = (b[row] - dot) / a[row][row];
    }
    for row in (0..n).rev() {
        let dot: f64 = (row + 1..n).map(|k| a[k][row] * b[k]).sum();
        b[row] = (b[row] - dot) / a[row][row];
    }
    Some(b)
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
}
