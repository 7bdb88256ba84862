//! Many tests at once.

use super::Order;

/// Benjamini–Hochberg q-values (JRSS B 57, 1995), in the order given: the least false discovery rate at which
/// each would still be named. Equal p-values get equal q-values; what is not a number counts as 1.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let p: Vec<f64> = p.iter().map(|p| if p.is_nan() { 1.0 } else { p.clamp(0.0, 1.0) }).collect();
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.order_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut q = vec![1.0; p.len()];
    let mut least = 1.0f64;
    for (rank, &i) in order.iter().enumerate().rev() {
        least = least.min(p[i] * (p.len() as f64 / (rank + 1) as f64));
        q[i] = least;
    }
    q
}

/// Holm's adjusted p-values (Scandinavian Journal of Statistics 6, 1979), in the order given: below 5 % each, the chance
/// of any false finding is below 5 %. What is not a number counts as 1.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let p: Vec<f64> = p.iter().map(|p| if p.is_nan() { 1.0 } else { p.clamp(0.0, 1.0) }).collect();
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_unstable_by(|&a, &b| p[a].total_cmp(&p[b]).then(a.cmp(&b)));
    let (mut adjusted, mut most) = (vec![1.0; p.len()], 0.0f64);
    for (rank, &i) in order.iter().enumerate() {
        most = most.max((p[i] * (p.len() - rank) as f64).min(1.0));
        adjusted[i] = most;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_paper_names_four() {
        // Benjamini and Hochberg 1995, section 3.2: 15 p-values, four of them found at 5 %.
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
            0.6528, 0.7590, 1.0,
        ];
        let q = benjamini_hochberg(&p);
        assert_eq!(q.iter().filter(|q| **q <= 0.05).count(), 4);
        assert!((q[0] - 0.0015).abs() < 1e-12 && (q[3] - 0.035_625).abs() < 1e-12 && q[14] == 1.0);
        assert!(benjamini_hochberg(&[]).is_empty());
        assert_eq!(benjamini_hochberg(&[f64::NAN]), [1.0]);
    }

    #[test]
    fn holm_steps_down() {
        let near = |got: Vec<f64>, want: &[f64]| {
            assert!(got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-12), "{got:?}");
        };
        near(holm(&[0.01, 0.04, 0.03]), &[0.03, 0.06, 0.06]);
        near(holm(&[0.5, f64::NAN]), &[1.0, 1.0]);
    }

    proptest! {
        #[test]
        fn order_of_tests_does_not_matter(mut p in proptest::collection::vec(0.0f64..1.0, 1..40)) {
            p.push(p[0]);
            let q = benjamini_hochberg(&p);
            prop_assert_eq!(q[0].to_bits(), q[p.len() - 1].to_bits());
            prop_assert!(p.iter().zip(&q).all(|(p, q)| p <= q));
            p.reverse();
            let mut back = benjamini_hochberg(&p);
            back.reverse();
            prop_assert_eq!(back, q);
        }
    }
}
