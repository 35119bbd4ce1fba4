//! From a sample to a total: a regression estimator with its error. Knows nothing about pictures.
//!
//! Each image has a vector of traits that are known of all images from their headers (`x`), and a scale (`scale`) that its
//! scatter is proportional to. The sampled ones also have a value (`y`). The coefficients of `y = x · b` come from least
//! squares weighted by `1 / scale²`, none below zero: no picture costs less for being larger. What was sampled counts as
//! it is, what was not is predicted. Särndal, Swensson, Wretman: *Model Assisted Survey Sampling* (1992), section 6.4;
//! variance of the predicted part: Valliant, Dorfman, Royall: *Finite Population Sampling* (2000), section 5.1.

/// One sampled image.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<const K: usize> {
    /// Its traits.
    pub(super) x: [f64; K],
    /// What its scatter is proportional to, above 0.
    pub(super) scale: f64,
    /// What was measured.
    pub(super) y: f64,
}

/// Sums over images that were not sampled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rest<const K: usize> {
    /// Of their traits.
    pub(super) x: [f64; K],
    /// Of the squares of their scales.
    pub(super) squares: f64,
}

impl<const K: usize> Default for Rest<K> {
    fn default() -> Self {
        Self { x: [0.0; K], squares: 0.0 }
    }
}

impl<const K: usize> Rest<K> {
    /// One more image.
    pub(super) fn add(&mut self, x: [f64; K], scale: f64) {
        (0..K).for_each(|k| self.x[k] += x[k]);
        self.squares += scale * scale;
    }

    /// One image fewer; what rounding leaves below zero is zero.
    pub(super) fn remove(&mut self, x: [f64; K], scale: f64) {
        (0..K).for_each(|k| self.x[k] = (self.x[k] - x[k]).max(0.0));
        self.squares = (self.squares - scale * scale).max(0.0);
    }
}

/// A total and how far off it may be.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Total {
    /// Sampled and predicted together.
    pub(super) value: f64,
    /// Variance of the predicted part.
    pub(super) variance: f64,
    /// Degrees of freedom behind the variance.
    pub(super) freedom: f64,
}

impl Total {
    /// Two parts that were sampled apart.
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            value: self.value + other.value,
            variance: self.variance + other.variance,
            freedom: self.freedom + other.freedom,
        }
    }

    /// Half the width of the range that holds nine times in ten: the 95th percentile of Student's t (Cornish-Fisher, two
    /// terms), a tenth wider since the tails of pictures are longer than the normal's.
    pub(super) fn half_width(&self) -> f64 {
        1.1 * (1.645 + 1.52 / self.freedom.max(1.0)) * self.variance.sqrt()
    }
}

/// Share of the largest diagonal element that keeps the equations solvable where two traits go together.
const RIDGE: f64 = 1e-9;

/// The total over sampled and other images. `prior`: coefficients for traits that no sampled image has; a part predicted by
/// them alone may be off by all of it.
pub(super) fn total<const K: usize>(rows: &[Row<K>], rest: &Rest<K>, prior: [f64; K]) -> Total {
    fitted(rows, rest, prior).0
}

/// The total as [`total`], and the coefficients that predict one image that was not sampled: over all of them they sum up
/// to the predicted part of it.
pub(super) fn fitted<const K: usize>(rows: &[Row<K>], rest: &Rest<K>, prior: [f64; K]) -> (Total, [f64; K]) {
    let seen = |k: usize| rows.iter().any(|row| row.x[k] != 0.0);
    let mut active: Vec<usize> = (0..K).filter(|&k| seen(k)).collect();
    // Each coefficient wants three images at least; the first traits are the ones that matter.
    active.truncate((rows.len() / 3).max(1));
    let mut fit = solve(rows, &active);
    while let Some(worst) = (0..active.len())
        .filter(|&i| fit.b[i] < 0.0)
        .min_by(|&i, &j| fit.b[i].total_cmp(&fit.b[j]))
    {
        active.remove(worst);
        fit = solve(rows, &active);
    }
    let sampled: f64 = rows.iter().map(|row| row.y).sum();
    let blind: f64 = (0..K).filter(|&k| !seen(k)).map(|k| prior[k] * rest.x[k]).sum();
    let c: Vec<f64> = active.iter().map(|&k| rest.x[k]).collect();
    let predicted: f64 = c.iter().zip(&fit.b).map(|(c, b)| c * b).sum();
    let freedom = rows.len().saturating_sub(active.len()) as f64;
    let scatter: f64 = rows
        .iter()
        .map(|row| {
            let expected: f64 = active.iter().zip(&fit.b).map(|(&k, b)| row.x[k] * b).sum();
            ((row.y - expected) / row.scale).powi(2)
        })
        .sum();
    let error = match freedom {
        f if f >= 1.0 => scatter / f * (rest.squares + quadratic(&fit.inverse, &c)),
        // Too few to see any scatter: it may be off by all of it.
        _ => predicted * predicted,
    };
    let mut coefficients = [0.0; K];
    (0..K).filter(|&k| !seen(k)).for_each(|k| coefficients[k] = prior[k]);
    active.iter().zip(&fit.b).for_each(|(&k, b)| coefficients[k] = *b);
    let total = Total {
        value: sampled + predicted + blind,
        variance: error + blind * blind,
        freedom,
    };
    (total, coefficients)
}

struct Fit {
    b: Vec<f64>,
    /// Of the normal equations.
    inverse: Vec<Vec<f64>>,
}

fn solve<const K: usize>(rows: &[Row<K>], active: &[usize]) -> Fit {
    let n = active.len();
    let mut matrix = vec![vec![0.0; n]; n];
    let mut right = vec![0.0; n];
    for row in rows {
        let weight = 1.0 / (row.scale * row.scale);
        for (i, &k) in active.iter().enumerate() {
            right[i] += weight * row.x[k] * row.y;
            for (j, &l) in active.iter().enumerate() {
                matrix[i][j] += weight * row.x[k] * row.x[l];
            }
        }
    }
    for (i, row) in matrix.iter_mut().enumerate() {
        row[i] *= 1.0 + RIDGE;
    }
    let inverse = inverted(matrix);
    let b = inverse.iter().map(|row| row.iter().zip(&right).map(|(a, r)| a * r).sum()).collect();
    Fit { b, inverse }
}

/// Gauss-Jordan; a few traits only. A trait that hangs on others alone gets coefficient zero.
fn inverted(mut a: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let n = a.len();
    let mut inverse: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    for i in 0..n {
        let pivot = a[i][i];
        if pivot.abs() < f64::MIN_POSITIVE {
            inverse[i].fill(0.0);
            continue;
        }
        for j in 0..n {
            a[i][j] /= pivot;
            inverse[i][j] /= pivot;
        }
        let (row, row_inverse) = (a[i].clone(), inverse[i].clone());
        for other in (0..n).filter(|&o| o != i) {
            let factor = a[other][i];
            for j in 0..n {
                a[other][j] -= factor * row[j];
                inverse[other][j] -= factor * row_inverse[j];
            }
        }
    }
    inverse
}

fn quadratic(matrix: &[Vec<f64>], c: &[f64]) -> f64 {
    let sum: f64 = matrix
        .iter()
        .zip(c)
        .map(|(row, ci)| ci * row.iter().zip(c).map(|(a, cj)| a * cj).sum::<f64>())
        .sum();
    sum.max(0.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row(a: f64, b: f64, y: f64) -> Row<2> {
        Row {
            x: [a, b],
            scale: a + b,
            y,
        }
    }

    fn rest(images: &[[f64; 2]]) -> Rest<2> {
        let mut rest = Rest::default();
        images.iter().for_each(|x| rest.add(*x, x[0] + x[1]));
        rest
    }

    #[test]
    fn a_sample_of_everything_is_exact() {
        let t = total(&[row(1.0, 0.0, 40.0), row(2.0, 3.0, 110.0)], &Rest::default(), [1.0; 2]);
        assert_eq!((t.value, t.half_width()), (150.0, 0.0));
    }

    #[test]
    fn two_traits_are_told_apart() {
        let law = |a: f64, b: f64| row(a, b, 3.0 * a + 0.5 * b);
        let rows = [
            law(1.0, 0.0),
            law(2.0, 5.0),
            law(1.0, 9.0),
            law(4.0, 2.0),
            law(2.0, 2.0),
            law(1.0, 1.0),
        ];
        let t = total(&rows, &rest(&[[10.0, 100.0], [20.0, 0.0]]), [0.0; 2]);
        let expected = rows.iter().map(|r| r.y).sum::<f64>() + 30.0 * 3.0 + 100.0 * 0.5;
        assert!((t.value - expected).abs() < 1e-3 && t.half_width() < 1e-3, "{t:?}");
    }

    #[test]
    fn nothing_costs_less_for_being_larger() {
        // Without the rule, the second coefficient would be negative and the rest worth less than nothing.
        let rows: Vec<Row<2>> = (1..10).map(|i| row(1.0, f64::from(i), 20.0 - f64::from(i))).collect();
        let t = total(&rows, &rest(&[[1.0, 1000.0]]), [0.0; 2]);
        assert!(t.value > rows.iter().map(|r| r.y).sum(), "{t:?}");
    }

    #[test]
    fn scatter_widens_and_more_samples_narrow() {
        let population = vec![[1.0, 0.0]; 100];
        let width = |times: usize| {
            let rows: Vec<Row<2>> = [30.0, 50.0, 40.0, 60.0]
                .repeat(times)
                .into_iter()
                .map(|y| row(1.0, 0.0, y))
                .collect();
            total(&rows, &rest(&population[rows.len()..]), [0.0; 2])
        };
        let (few, many) = (width(1), width(5));
        assert_eq!((few.value.round(), many.value.round()), (4500.0, 4500.0));
        assert!(few.half_width() > 1.8 * many.half_width() && many.half_width() > 0.0);
    }

    #[test]
    fn what_was_not_sampled_is_owned_up_to() {
        let t = total(&[], &rest(&[[10.0, 5.0]]), [2.0, 4.0]);
        assert_eq!(t.value, 40.0);
        assert!(t.half_width() >= 40.0);
        // One image says nothing about scatter.
        let t = total(&[row(1.0, 0.0, 7.0)], &rest(&[[10.0, 0.0]]), [0.0; 2]);
        assert_eq!(t.value.round(), 77.0);
        assert!(t.half_width() >= 70.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn always_finite_and_never_below_what_was_seen(
            rows in proptest::collection::vec((0.0..1e9_f64, 0.0..1e9_f64, 0.0..1e12_f64), 0..30),
            others in proptest::collection::vec((0.0..1e9_f64, 0.0..1e9_f64), 0..30),
        ) {
            let rows: Vec<Row<2>> = rows.into_iter().map(|(a, b, y)| Row { x: [a, b], scale: a + b + 1.0, y }).collect();
            let mut sums = Rest::default();
            others.iter().for_each(|(a, b)| sums.add([*a, *b], a + b + 1.0));
            let t = total(&rows, &sums, [1.0; 2]);
            prop_assert!(t.value.is_finite() && t.half_width().is_finite(), "{:?}", t);
            prop_assert!(t.value >= rows.iter().map(|r| r.y).sum::<f64>(), "{:?}", t);
        }
    }
}
