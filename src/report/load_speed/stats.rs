//! The little statistics that the judgement needs.

/// Of ascending values, the one below which `part` (0 to 1) of them lie, interpolated between neighbours (Hyndman and Fan's
/// type 7, as spreadsheets have it); 0 of none.
pub(in crate::report) fn percentile(sorted: &[f64], part: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let at = part.clamp(0.0, 1.0) * last as f64;
    let (below, above) = (at.floor() as usize, at.ceil() as usize);
    let (low, high) = (sorted[below], sorted[above.min(last)]);
    low + (high - low) * (at - at.floor())
}

/// The middle of values in any order; 0 of none.
pub(super) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    percentile(&sorted, 0.5)
}

/// Pearson's correlation of pairs, -1 to 1; 0 where either side does not vary.
pub(super) fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let n = pairs.len() as f64;
    if pairs.len() < 2 {
        return 0.0;
    }
    let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let sum = |of: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|pair| of(pair.0 - x, pair.1 - y)).sum::<f64>();
    let spread = (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt();
    if spread > 0.0 { sum(&|x, y| x * y) / spread } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_interpolate() {
        for (values, part, expected) in [
            (&[][..], 0.5, 0.0),
            (&[3.0], 0.05, 3.0),
            (&[1.0, 3.0], 0.5, 2.0),
            (&[1.0, 2.0, 3.0, 4.0, 5.0], 0.95, 4.8),
            (&[1.0, 2.0, 3.0], 1.0, 3.0),
            (&[1.0, 2.0, 3.0], 0.0, 1.0),
        ] {
            let found = percentile(values, part);
            assert!((found - expected).abs() < 1e-9, "{values:?} at {part}: {found}");
        }
        assert_eq!(median([9.0, 1.0, 5.0]), 5.0);
    }

    #[test]
    fn correlations() {
        let check = |pairs: &[(f64, f64)], expected: f64| {
            let found = correlation(pairs);
            assert!((found - expected).abs() < 1e-9, "{pairs:?}: {found}");
        };
        check(&[], 0.0);
        check(&[(1.0, 1.0), (1.0, 5.0)], 0.0);
        check(&[(1.0, 2.0), (2.0, 4.0), (3.0, 6.0)], 1.0);
        check(&[(1.0, 6.0), (2.0, 4.0), (3.0, 2.0)], -1.0);
    }
}
