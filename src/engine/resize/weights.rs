//! The filters along one axis, as whole numbers: stretched by the factor of reduction, cut at the border and normalised to
//! a sum of 1. Sums of products are 32 bits wide everywhere.
//!
//! Two scales, for two kernels:
//! - [`Weights::narrow`], for 8-bit samples: each weight rounded to 16 bits by the largest power of two that fits. This is
//!   the definition that `fast_image_resize` uses too (and Pillow before it), so that all who compute from it (the kernels of
//!   `rowwise`, that library where it does a pass, graphics cards) come to the same samples; a test holds them together.
//! - [`Weights::wide`], for 16-bit samples: 14 bits behind the point, and they sum to exactly 1, so that no picture gets
//!   brighter or darker however many samples are averaged.

use std::f64::consts::PI;

use crate::engine::pixels::Size;
use crate::engine::settings::Filter;

/// Bits behind the point of [`Weights::wide`].
pub(super) const WIDE_BITS: u32 = 14;

/// What the amounts of one output sample's wide weights sum to at most, in units of [`WIDE_BITS`]: twice 1. Then weights of
/// one sign sum to 1.5 at most, and `1.5 * 2^14 * 65,535 + 2^13` is less than 2^31: no sum of 16-bit samples passes 32
/// bits, in whatever order it is made. The filters stay well below it: the most is 1.57, Lanczos3 enlarging at a border.
const LARGEST_AMOUNT: i32 = 2 << WIDE_BITS;

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

/// The same weights as [`Weights::narrow`], one behind the other: what the kernels of the processor read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taps {
    /// Bits behind the point.
    pub(super) precision: u32,
    /// One entry an output sample.
    spans: Vec<Span>,
    /// Those of all output samples; each one's are filled up with zeros to a multiple of [`Taps::GROUP`].
    values: Vec<i16>,
}

/// Which input samples an output sample is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    first: u32,
    /// Without the zeros.
    count: u32,
    /// Index of its first weight.
    at: usize,
}

impl Taps {
    /// What each output sample's weights are a multiple of.
    pub(super) const GROUP: usize = 4;

    /// An axis of `from` samples, of which `extent` are covered, that becomes `to` samples; all at least 1 but the extent, which is more than
    /// `from - 1`.
    pub(super) fn new(from: u32, extent: f64, to: u32, filter: Filter) -> Self {
        let exact = Exact::new(from, extent, to, filter);
        let precision = exact.precision();
        let scale = f64::from(1u32 << precision);
        let mut values = Vec::with_capacity(exact.values.len() + Self::GROUP * exact.windows.len());
        let mut spans = Vec::with_capacity(exact.windows.len());
        for (first, window) in exact.windows() {
            spans.push(Span {
                first: first as u32,
                count: window.len() as u32,
                at: values.len(),
            });
            values.extend(window.iter().map(|value| quantised(value * scale)));
            values.resize(values.len().next_multiple_of(Self::GROUP), 0);
        }
        Self { precision, spans, values }
    }

    /// Output samples.
    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    /// The first input sample of an output sample, and one past its last.
    pub(super) fn reach(&self, output: usize) -> (usize, usize) {
        let Span { first, count, .. } = self.spans[output];
        (first as usize, (first + count) as usize)
    }

    /// Its weights, with zeros up to a multiple of [`Taps::GROUP`].
    pub(super) fn of(&self, output: usize) -> &[i16] {
        let Span { count, at, .. } = self.spans[output];
        &self.values[at..at + (count as usize).next_multiple_of(Self::GROUP)]
    }

    /// Input samples of the longest window.
    pub(super) fn longest(&self) -> usize {
        self.spans.iter().map(|span| span.count as usize).max().unwrap_or(0)
    }

    /// Bytes in memory, about.
    pub(super) fn bytes(&self) -> usize {
        self.values.len() * size_of::<i16>() + self.spans.len() * size_of::<Span>()
    }
}

/// Weights before they are rounded.
struct Exact {
    /// First input sample and number of weights, one entry an output sample.
    windows: Vec<(usize, usize)>,
    /// One behind the other.
    values: Vec<f64>,
}

impl Exact {
    fn new(from: u32, extent: f64, to: u32, filter: Filter) -> Self {
        let mut values = Vec::new();
        let windows = (0..to)
            .map(|output| {
                let before = values.len();
                let first = window(from, extent, to, filter, output, &mut values);
                (first, values.len() - before)
            })
            .collect();
        Self { windows, values }
    }

    /// First input samples with their weights.
    fn windows(&self) -> impl Iterator<Item = (usize, &[f64])> {
        let mut rest = self.values.as_slice();
        self.windows.iter().map(move |&(first, count)| {
            let (now, later) = rest.split_at(count);
            rest = later;
            (first, now)
        })
    }

    /// 16 bits for a weight; 32 bits for a sum of 8-bit samples and 2 bits of room for negative lobes.
    fn precision(&self) -> u32 {
        let largest = self.values.iter().fold(0.0, |a: f64, &b| a.max(b));
        let fits = |precision: &u32| (largest * f64::from(1u32 << precision)).round() < f64::from(1 << 15);
        (1..=21).rev().find(fits).unwrap_or(1)
    }
}

/// A scaled weight as a whole number, halves away from zero.
fn quantised(scaled: f64) -> i16 {
    // As `round`, without its call: a cast cuts towards zero.
    (scaled + 0.5_f64.copysign(scaled)) as i16
}

impl Weights {
    /// For 8-bit samples, an axis of `from` samples that becomes `to` samples; both at least 1.
    pub(super) fn narrow(from: u32, to: u32, filter: Filter) -> Self {
        let exact = Exact::new(from, f64::from(from), to, filter);
        let precision = exact.precision();
        let scale = f64::from(1u32 << precision);
        let outputs = exact
            .windows()
            .map(|(first, values)| Window {
                first,
                values: values.iter().map(|value| quantised(value * scale)).collect(),
            })
            .collect();
        Self { precision, outputs }
    }

    /// For 16-bit samples, an axis of `from` samples that becomes `to` samples; both at least 1.
    ///
    /// Weight number `i` of an output sample is `R(i) - R(i - 1)`, where `R(i) = floor(C(i) * 2^14 + 0.5)`, `C(i)` is the
    /// sum of the first `i` normalised weights in their order, and the last `R` is 2^14. So every weight is off by less
    /// than a unit, and their sum by nothing.
    pub(super) fn wide(from: u32, to: u32, filter: Filter) -> Self {
        let one = f64::from(1u32 << WIDE_BITS);
        let outputs = (0..to)
            .map(|output| {
                let mut exact = Vec::new();
                let first = window(from, f64::from(from), to, filter, output, &mut exact);
                let (mut sum, mut rounded, last) = (0.0, 0, exact.len() - 1);
                let values: Vec<i16> = exact
                    .iter()
                    .enumerate()
                    .map(|(i, value)| {
                        sum += value;
                        let next = if i == last {
                            1 << WIDE_BITS
                        } else {
                            (sum * one + 0.5).floor() as i32
                        };
                        let value = next - rounded;
                        rounded = next;
                        value as i16
                    })
                    .collect();
                let amount: i32 = values.iter().map(|&value| i32::from(value).abs()).sum();
                assert!(amount <= LARGEST_AMOUNT, "a filter's weights pass what sums have room for");
                Window { first, values }
            })
            .collect();
        Self {
            precision: WIDE_BITS,
            outputs,
        }
    }
}

/// Memory of the weights of both axes, bytes: an upper bound. Next to nothing for a photograph; of a picture millions of pixels
/// wide they take more than the pixels. `fast_image_resize` has them as 64-bit numbers, `2 * ceil(radius) + 1` an output sample,
/// and beside these, as long as it makes them, as our own are: in 16 bits.
pub(crate) fn weights_cost(from: Size, to: Size, filter: Filter) -> u64 {
    let axis = |from: u32, to: u32| {
        let radius = support(filter) * (f64::from(from) / f64::from(to)).max(1.0);
        // As floating point only to be rounded up: a side has 32 bits, so this is exact.
        let window = 2 * radius.ceil() as u64 + 1;
        // And what says where each window is.
        u64::from(to) * (window * (8 + 2) + 96)
    };
    axis(from.width, to.width).saturating_add(axis(from.height, to.height))
}

/// How far a filter reaches to either side, output samples.
pub(super) fn support(filter: Filter) -> f64 {
    match filter {
        Filter::Lanczos3 => 3.0,
        Filter::CatmullRom | Filter::Mitchell => 2.0,
        Filter::Area => 0.5,
    }
}

/// Appends the normalised weights of one output sample, at least one, and tells the first input sample.
fn window(from: u32, extent: f64, to: u32, filter: Filter, output: u32, values: &mut Vec<f64>) -> usize {
    match filter {
        Filter::Lanczos3 => filtered((from, extent), to, filter, output, values, lanczos3),
        Filter::CatmullRom => filtered((from, extent), to, filter, output, values, catmull_rom),
        Filter::Mitchell => filtered((from, extent), to, filter, output, values, mitchell),
        Filter::Area => area(from, to, output, values),
    }
}

/// [`window`] of a filter that is a curve.
#[inline]
fn filtered((from, extent): (u32, f64), to: u32, filter: Filter, output: u32, values: &mut Vec<f64>, kernel: impl Fn(f64) -> f64) -> usize {
    let scale = extent / f64::from(to);
    let stretch = scale.max(1.0);
    let radius = support(filter) * stretch;
    let center = (f64::from(output) + 0.5) * scale;
    let low = (center - radius).floor().max(0.0) as u32;
    let high = (center + radius).ceil().min(f64::from(from)) as u32;
    let center = center - 0.5;
    let narrow = 1.0 / stretch;
    // Only what the filter does not reach is left out, never a zero of the filter within its reach: windows have to begin
    // and end in the order of the outputs, or rows that come one after another would come too late.
    let reach = support(filter);
    let at = |input: u32| (f64::from(input) - center) * narrow;
    let first = (low..high).find(|&input| at(input) >= -reach).unwrap_or(low);
    let end = (first..high).rev().find(|&input| at(input) < reach).map_or(high, |last| last + 1);
    let before = values.len();
    values.extend((first..end).map(|input| kernel(at(input))));
    let sum: f64 = values[before..].iter().sum();
    if sum != 0.0 {
        values[before..].iter_mut().for_each(|value| *value /= sum);
    }
    first as usize
}

/// An output sample covers `from / to` input samples; each counts by the part of it that is covered. In units of `1 / to`
/// input samples all of it is whole numbers.
fn area(from: u32, to: u32, output: u32, values: &mut Vec<f64>) -> usize {
    let (from, to, output) = (u64::from(from), u64::from(to), u64::from(output));
    let (begin, end) = (output * from, (output + 1) * from);
    let (first, last) = (begin / to, (end - 1) / to);
    let covered = |input: u64| end.min((input + 1) * to) - begin.max(input * to);
    values.extend((first..=last).map(|input| covered(input) as f64 / from as f64));
    first as usize
}

/// `sinc(x) sinc(x / 3)` with `sinc(x) = sin(πx) / πx`. With `s = sin(πx/3)` the other sine is `3s - 4s³`, so that one sine is
/// enough: `3 s² (3 - 4s²) / (πx)²`.
#[inline]
fn lanczos3(x: f64) -> f64 {
    if !(-3.0..3.0).contains(&x) {
        return 0.0;
    }
    if x == 0.0 {
        return 1.0;
    }
    let s = sine_of_turn(x / 3.0);
    let (square, angle) = (s * s, x * PI);
    3.0 * square * (3.0 - 4.0 * square) / (angle * angle)
}

/// `sin(πx)` for `x` of -1 to 1, to 1e-15: without the system's library, whose sine takes longer and differs between systems
/// in its last bit. The Taylor series up to the 21st power, after folding at a half; the first term left out is below 1e-17.
#[inline]
fn sine_of_turn(x: f64) -> f64 {
    // sin(π(1 - x)) = sin(πx), and the same below zero.
    let folded = if x > 0.5 {
        1.0 - x
    } else if x < -0.5 {
        -1.0 - x
    } else {
        x
    };
    let angle = folded * PI;
    let square = angle * angle;
    let mut term = 1.0;
    // From the last term inwards: each is the one before by -angle² / (2n (2n + 1)).
    for n in (1..=10_u32).rev() {
        let n = f64::from(2 * n);
        term = 1.0 - square * (1.0 / (n * (n + 1.0))) * term;
    }
    angle * term
}

/// Keys 1981, a = -1/2; the same as Mitchell and Netravali's with B = 0, C = 1/2.
fn catmull_rom(x: f64) -> f64 {
    const A: f64 = -0.5;
    let x = x.abs();
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

/// Mitchell and Netravali 1988, B = C = 1/3.
fn mitchell(x: f64) -> f64 {
    let x = x.abs();
    if x < 1.0 {
        (7.0 * x / 6.0 - 2.0) * x * x + 16.0 / 18.0
    } else if x < 2.0 {
        ((2.0 - 7.0 * x / 18.0) * x - 10.0 / 3.0) * x + 16.0 / 9.0
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Filter; 4] = [Filter::Lanczos3, Filter::CatmullRom, Filter::Mitchell, Filter::Area];

    #[test]
    fn no_more_weights_than_were_counted() {
        for (from, to) in [(1, 1), (7, 3), (3, 7), (4000, 512), (1_000_000, 512), (1_000_000, 1), (1, 512)] {
            for filter in ALL {
                for weights in [Weights::narrow(from, to, filter), Weights::wide(from, to, filter)] {
                    let values: usize = weights.outputs.iter().map(|window| window.values.len()).sum();
                    let square = |side| Size { width: side, height: side };
                    let counted = weights_cost(square(from), square(to), filter);
                    // Both axes, and 10 bytes a weight.
                    assert!(
                        values as u64 * 20 <= counted,
                        "{from} to {to} {filter:?}: {values} weights, {counted} bytes"
                    );
                }
            }
        }
        // A photograph's are a rounding error.
        let [from, to] = [(4000, 3000), (512, 384)].map(|(width, height)| Size { width, height });
        assert!(weights_cost(from, to, Filter::Lanczos3) < 1 << 20);
    }

    #[test]
    fn weights_sum_to_one_and_windows_advance() {
        for (from, to) in [
            (1, 1),
            (1000, 512),
            (513, 512),
            (7, 3),
            (3, 7),
            (65_500, 512),
            (10, 1),
            (1, 10),
            (21, 7),
            (15, 45),
        ] {
            for filter in ALL {
                for (weights, exact) in [(Weights::narrow(from, to, filter), false), (Weights::wide(from, to, filter), true)] {
                    assert_eq!(weights.outputs.len(), to as usize);
                    let mut last = (0, 0);
                    for window in &weights.outputs {
                        let sum: i64 = window.values.iter().map(|&w| i64::from(w)).sum();
                        let error = (sum - (1 << weights.precision)).abs();
                        let allowed = if exact { 0 } else { window.values.len() as i64 / 2 + 1 };
                        assert!(error <= allowed, "{filter:?} {from} to {to}: off by {error}");
                        assert!(window.first >= last.0 && window.end() >= last.1 && window.end() <= from as usize);
                        assert!(!window.values.is_empty());
                        last = (window.first, window.end());
                    }
                    assert_eq!(last.1, from as usize);
                }
            }
        }
    }

    #[test]
    fn halving_is_symmetric() {
        let weights = Weights::narrow(64, 32, Filter::Lanczos3);
        let middle = &weights.outputs[16];
        assert_eq!(middle.values.len(), 12);
        assert!(middle.values.iter().eq(middle.values.iter().rev()));
        assert_eq!(middle.first, 27);
    }

    #[test]
    fn sums_of_wide_weights_have_room() {
        // Every size an axis has up to 70, so every phase and every border of small ratios, and large ones.
        let small = (1..=70).flat_map(|from| (1..=70).map(move |to| (from, to)));
        let large = [
            (65_500, 1),
            (65_500, 512),
            (65_500, 65_499),
            (1, 65_500),
            (2, 65_500),
            (513, 512),
            (30_011, 4_099),
        ];
        let mut most = 0;
        for (from, to) in small.chain(large) {
            for filter in ALL {
                for window in Weights::wide(from, to, filter).outputs {
                    let positive: i64 = window.values.iter().map(|&w| i64::from(w.max(0))).sum();
                    let amount: i64 = window.values.iter().map(|&w| i64::from(w).abs()).sum();
                    assert!(
                        positive * 65_535 + (1 << (WIDE_BITS - 1)) <= i64::from(i32::MAX),
                        "{filter:?} {from} to {to}"
                    );
                    most = most.max(amount);
                }
            }
        }
        println!("largest sum of amounts: {:.4}", most as f64 / f64::from(1 << WIDE_BITS));
        assert!(most <= i64::from(LARGEST_AMOUNT));
        // The number that the constant's comment states.
        assert!((most as f64 / f64::from(1 << WIDE_BITS) - 1.57).abs() < 0.005, "{most}");
    }

    #[test]
    fn an_area_is_the_mean_of_what_it_covers() {
        let covered = |from, to, output| {
            let mut values = Vec::new();
            (area(from, to, output, &mut values), values)
        };
        // 5 samples become 2: each covers two and a half.
        assert_eq!(covered(5, 2, 0), (0, vec![0.4, 0.4, 0.2]));
        assert_eq!(covered(5, 2, 1), (2, vec![0.2, 0.4, 0.4]));
        // Enlarged: one sample, or two where an output sample lies over their border.
        let outputs: Vec<_> = (0..3).map(|output| covered(2, 3, output)).collect();
        assert_eq!(outputs, [(0, vec![1.0]), (0, vec![0.5, 0.5]), (1, vec![1.0])]);
    }

    #[test]
    fn one_sine_is_as_good_as_two() {
        let sinc = |x: f64| if x == 0.0 { 1.0 } else { (x * PI).sin() / (x * PI) };
        for n in -30_500..=30_500 {
            let x = f64::from(n) / 10_000.0;
            let wanted = if (-3.0..3.0).contains(&x) { sinc(x) * sinc(x / 3.0) } else { 0.0 };
            assert!((lanczos3(x) - wanted).abs() < 1e-15, "{x}: {} and {wanted}", lanczos3(x));
        }
    }

    #[test]
    fn taps_are_the_weights_in_a_row() {
        for filter in ALL {
            for (from, to) in [(64, 20), (20, 64), (1, 9), (9, 1), (1000, 333)] {
                let (taps, weights) = (Taps::new(from, f64::from(from), to, filter), Weights::narrow(from, to, filter));
                assert_eq!((taps.len(), taps.precision), (weights.outputs.len(), weights.precision));
                for (output, window) in weights.outputs.iter().enumerate() {
                    assert_eq!(taps.reach(output), (window.first, window.end()));
                    let (values, zeros) = taps.of(output).split_at(window.values.len());
                    assert!(values == window.values && zeros.len() < Taps::GROUP && zeros.iter().all(|&zero| zero == 0));
                }
                assert_eq!(
                    taps.longest(),
                    weights.outputs.iter().map(|window| window.values.len()).max().unwrap_or(0)
                );
            }
        }
    }
}
