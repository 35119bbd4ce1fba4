//! The filter along one axis, as whole numbers: Lanczos3, stretched by the factor of reduction, cut at the border and
//! normalised to a sum of 1, then scaled to 16-bit integers by the largest power of two that fits. Sums are 32 bits wide.
//!
//! This is the definition that `fast_image_resize` uses too (and Pillow before it), down to the order of operations in
//! floating point, so that what is computed from it equals the CPU backend's samples exactly; a test holds them together.

use std::f64::consts::PI;

/// Radius of the filter, output samples.
const SUPPORT: f64 = 3.0;

/// Weights of every output sample of an axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Weights {
    /// Bits behind the point.
    pub(super) precision: u32,
    /// One entry an output sample; `first` never decreases.
    pub(super) outputs: Vec<Window>,
}

/// What one output sample is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    /// The first input sample.
    pub(super) first: usize,
    /// Weights of that sample and those behind it.
    pub(super) values: Vec<i16>,
}

impl Window {
    /// One past the last input sample.
    pub(super) fn end(&self) -> usize {
        self.first + self.values.len()
    }
}

impl Weights {
    /// For an axis of `from` samples that becomes `to` samples; both at least 1.
    pub(super) fn new(from: u32, to: u32) -> Self {
        let exact: Vec<(usize, Vec<f64>)> = (0..to).map(|output| window(from, to, output)).collect();
        let largest = exact.iter().flat_map(|(_, values)| values).fold(0.0, |a: f64, &b| a.max(b));
        // 16 bits for a weight; 32 bits for a sum of 8-bit samples and 2 bits of room for negative lobes.
        let fits = |precision: &u32| (largest * f64::from(1u32 << precision)).round() < f64::from(1 << 15);
        let precision = (1..=21).rev().find(fits).unwrap_or(1);
        let scale = f64::from(1u32 << precision);
        let outputs = exact
            .into_iter()
            .map(|(first, values)| Window {
                first,
                values: values.iter().map(|value| (value * scale).round() as i16).collect(),
            })
            .collect();
        Self { precision, outputs }
    }
}

/// The first input sample and the normalised weights of one output sample.
fn window(from: u32, to: u32, output: u32) -> (usize, Vec<f64>) {
    let scale = f64::from(from) / f64::from(to);
    let stretch = scale.max(1.0);
    let radius = SUPPORT * stretch;
    let center = (f64::from(output) + 0.5) * scale;
    let low = (center - radius).floor().max(0.0) as u32;
    let high = (center + radius).ceil().min(f64::from(from)) as u32;
    let center = center - 0.5;
    let narrow = 1.0 / stretch;
    let mut first = low;
    let mut values: Vec<f64> = (low..high).map(|input| lanczos3((f64::from(input) - center) * narrow)).collect();
    let zeros = values.iter().take_while(|&&value| value == 0.0).count();
    values.drain(..zeros);
    first += zeros as u32;
    let sum: f64 = values.iter().sum();
    if sum != 0.0 {
        values.iter_mut().for_each(|value| *value /= sum);
    }
    while values.last() == Some(&0.0) {
        values.pop();
    }
    (first as usize, values)
}

fn lanczos3(x: f64) -> f64 {
    if (-SUPPORT..SUPPORT).contains(&x) {
        sinc(x) * sinc(x / SUPPORT)
    } else {
        0.0
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (x * PI).sin() / (x * PI) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_sum_to_one_and_windows_advance() {
        for (from, to) in [(1, 1), (1000, 512), (513, 512), (7, 3), (3, 7), (65_500, 512), (10, 1), (1, 10)] {
            let weights = Weights::new(from, to);
            assert_eq!(weights.outputs.len(), to as usize);
            let mut last = (0, 0);
            for window in &weights.outputs {
                let sum: i64 = window.values.iter().map(|&w| i64::from(w)).sum();
                let error = (sum - (1 << weights.precision)).abs();
                assert!(error <= window.values.len() as i64 / 2 + 1, "{from} to {to}: off by {error}");
                assert!(window.first >= last.0 && window.end() >= last.1 && window.end() <= from as usize);
                assert!(!window.values.is_empty());
                last = (window.first, window.end());
            }
            assert_eq!(last.1, from as usize);
        }
    }

    #[test]
    fn halving_is_symmetric() {
        let weights = Weights::new(64, 32);
        let middle = &weights.outputs[16];
        assert_eq!(middle.values.len(), 12);
        assert!(middle.values.iter().eq(middle.values.iter().rev()));
        assert_eq!(middle.first, 27);
    }
}
