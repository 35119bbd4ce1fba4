//! Resampling with 16-bit samples and whole numbers: in linear light, or the mean over areas.
//!
//! # The format
//! Written down to the last bit, so that another device repeats it without one differing sample:
//!
//! 1. Every 8-bit sample `v` becomes a 16-bit one. In linear light `T(v) = round(65535 * L(v / 255))`, where `L` is the
//!    sRGB curve of IEC 61966-2-1 towards light; otherwise (area mean in sRGB's own curve) `T(v) = 257 * v`.
//! 2. The vertical pass, where the height changes: with the weights of [`Weights::wide`] (14 bits behind the point, 16 bits
//!    wide, summing to exactly 2^14) an output sample is `clamp((sum(w * s) + 2^13) >> 14, 0, 65535)`, the shift rounding
//!    towards minus infinity. Sums are 32 bits wide and signed; none passes that, see `weights`. It is kept as 16 bits.
//! 3. The horizontal pass, where the width changes: the same over what the vertical pass left.
//! 4. Back to 8 bits: in linear light the table of 65,536 entries `round(255 * E(s / 65535))`, `E` being the inverse of
//!    `L`; otherwise `(s + 128) / 257` in whole numbers. Both give a sample that was not changed back as it was.
//!
//! What is kept here is `s - 32768`, because two 16-bit factors multiply faster where both have a sign. Since weights sum
//! to exactly 2^14 this takes exactly 2^29 off every sum and 2^15 off every result: the same samples.
//!
//! Transparent pixels were flattened before, by the decoder, with 8-bit samples as the result: see `pixels::flatten`.

use std::convert::Infallible;
use std::sync::LazyLock;

use super::vertical::{BAND, Vertical};
use super::weights::{WIDE_BITS, Weights};
use super::{Resample, ResizeError, bytes};
use crate::engine::pixels::{Channels, Pixels, Size, light};

/// The middle of a 16-bit sample.
const MIDDLE: i32 = 1 << 15;

/// Between 8-bit samples and 16-bit ones, less [`MIDDLE`].
struct Curve {
    wide: [i16; 256],
    /// By the 16-bit sample without the middle taken off.
    narrow: Box<[u8]>,
}

impl Curve {
    fn new(wide: impl Fn(u8) -> u16, narrow: impl Fn(u16) -> u8) -> Self {
        Self {
            wide: std::array::from_fn(|v| (i32::from(wide(v as u8)) - MIDDLE) as i16),
            narrow: (0..=u16::MAX).map(narrow).collect(),
        }
    }

    fn narrow(&self, sample: i16) -> u8 {
        self.narrow[(i32::from(sample) + MIDDLE) as usize]
    }
}

static LINEAR: LazyLock<Curve> = LazyLock::new(|| Curve::new(light::to_linear, light::to_srgb));

static PLAIN: LazyLock<Curve> = LazyLock::new(|| Curve::new(|v| u16::from(v) * 257, |s| ((u32::from(s) + 128) / 257) as u8));

/// Resizes a picture whose rows come in order.
pub(super) struct Wide {
    curve: &'static Curve,
    source: Size,
    channels: Channels,
    to: Size,
    /// `None` where the height stays.
    down: Option<Vertical>,
    /// `None` where the width stays.
    across: Option<Weights>,
    /// Source rows as 16-bit samples.
    rows: Vec<i16>,
    /// Finished rows, still as wide as the source.
    band: Vec<i16>,
    /// The same by columns, so that one weight goes with a whole run of samples.
    columns: Vec<[i16; BAND]>,
    out: Vec<u8>,
}

/// `source` at the size `to`.
pub(super) fn resize(source: &Pixels, to: Size, how: Resample) -> Result<Pixels, ResizeError> {
    let (have, want) = (source.data.len(), bytes(source.size, source.channels));
    if have != want {
        return Err(ResizeError::Buffer { have, want });
    }
    if source.size == to {
        return Ok(source.clone());
    }
    let mut wide = Wide::new(source.size, source.channels, to, how);
    for rows in source.data.chunks(BAND * wide.stride()) {
        wide.push(rows);
    }
    Ok(Pixels {
        size: to,
        channels: source.channels,
        data: wide.finish(),
    })
}

impl Wide {
    /// For a picture of size `source` that becomes `to`, both as stored.
    pub(super) fn new(source: Size, channels: Channels, to: Size, how: Resample) -> Self {
        let weights = |from, to| (from != to).then(|| Weights::wide(from, to, how.filter));
        Self {
            curve: if how.linear { &LINEAR } else { &PLAIN },
            source,
            channels,
            to,
            down: weights(source.height, to.height).map(Vertical::new),
            across: weights(source.width, to.width),
            rows: Vec::new(),
            band: Vec::new(),
            columns: Vec::new(),
            out: Vec::with_capacity(bytes(to, channels)),
        }
    }

    fn stride(&self) -> usize {
        self.source.width as usize * self.channels.count()
    }

    /// Takes the next source rows, [`BAND`] at most.
    pub(super) fn push(&mut self, rows: &[u8]) {
        let table = &self.curve.wide;
        self.rows.clear();
        self.rows.extend(rows.iter().map(|&sample| table[usize::from(sample)]));
        let source = std::mem::take(&mut self.rows);
        if let Some(mut down) = self.down.take() {
            let finished = down.push(&source, self.stride(), |sums, precision| {
                self.band.extend(sums.iter().map(|sum| clamped(*sum >> precision)));
                self.across_if_full();
                Ok::<(), Infallible>(())
            });
            let Ok(()) = finished;
            self.down = Some(down);
        } else {
            for row in source.chunks_exact(self.stride()) {
                self.band.extend_from_slice(row);
                self.across_if_full();
            }
        }
        self.rows = source;
    }

    /// After the last source row: the packed samples of the picture.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.across();
        self.out
    }

    fn across_if_full(&mut self) {
        if self.band.len() >= BAND * self.stride() {
            self.across();
        }
    }

    /// The horizontal pass over the finished rows.
    fn across(&mut self) {
        let rows = self.band.len() / self.stride().max(1);
        let before = self.out.len();
        match &self.across {
            None => self.out.extend(self.band.iter().map(|&sample| self.curve.narrow(sample))),
            Some(weights) => {
                let stride = self.source.width as usize * self.channels.count();
                self.columns.resize(stride, [0; BAND]);
                for (y, row) in self.band.chunks_exact(stride).enumerate() {
                    for (column, &sample) in self.columns.iter_mut().zip(row) {
                        column[y] = sample;
                    }
                }
                let to = self.to.width as usize * self.channels.count();
                self.out.resize(before + rows * to, 0);
                let out = &mut self.out[before..];
                match self.channels {
                    Channels::Grey => across::<1>(weights, &self.columns, self.curve, out, to),
                    Channels::Rgb => across::<3>(weights, &self.columns, self.curve, out, to),
                }
            }
        }
        self.band.clear();
    }
}

/// Columns of `N` channels into packed rows of `stride` samples, as many as `out` has room for.
fn across<const N: usize>(weights: &Weights, columns: &[[i16; BAND]], curve: &Curve, out: &mut [u8], stride: usize) {
    for (x, window) in weights.outputs.iter().enumerate() {
        let columns = &columns[window.first * N..window.end() * N];
        for c in 0..N {
            let mut sums = [1 << (WIDE_BITS - 1); BAND];
            for (&weight, column) in window.values.iter().zip(columns.iter().skip(c).step_by(N)) {
                let weight = i32::from(weight);
                for (sum, &sample) in sums.iter_mut().zip(column) {
                    *sum += weight * i32::from(sample);
                }
            }
            for (row, sum) in out.chunks_exact_mut(stride).zip(sums) {
                row[x * N + c] = curve.narrow(clamped(sum >> WIDE_BITS));
            }
        }
    }
}

fn clamped(sample: i32) -> i16 {
    sample.clamp(-MIDDLE, MIDDLE - 1) as i16
}

/// Memory beside the source's own rows and the resized picture, bytes; `row`: samples of a source row, `open`: rows of sums.
pub(super) fn cost(row: u64, open: u64) -> u64 {
    // A band as 16-bit samples three times: source rows, finished rows, and those by columns; buffers may have grown by
    // doubling.
    row * (4 * open + 2 * 3 * 2 * BAND as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::settings::Filter;

    const ALL: [Filter; 4] = [Filter::Lanczos3, Filter::CatmullRom, Filter::Mitchell, Filter::Area];

    fn picture(size: (u32, u32), channels: Channels, mut sample: impl FnMut(usize) -> u8) -> Pixels {
        let size = Size {
            width: size.0,
            height: size.1,
        };
        Pixels {
            size,
            channels,
            data: (0..bytes(size, channels)).map(&mut sample).collect(),
        }
    }

    fn noise(i: usize) -> u8 {
        let mixed = (i as u32).wrapping_mul(2_654_435_761);
        match mixed >> 30 {
            0 => 0,
            1 => 255,
            _ => (mixed >> 20) as u8,
        }
    }

    fn resized(picture: &Pixels, to: (u32, u32), filter: Filter, linear: bool) -> Pixels {
        let to = Size { width: to.0, height: to.1 };
        resize(picture, to, Resample { filter, linear }).unwrap()
    }

    #[test]
    fn a_fine_checker_keeps_its_light() {
        // Half of the light of white is 188 in sRGB; by its own curve it would come out as 128.
        let checker = picture((64, 64), Channels::Grey, |i| if (i % 64 + i / 64) % 2 == 0 { 255 } else { 0 });
        for filter in ALL {
            for (linear, expected) in [(true, 188), (false, 128)] {
                if !linear && filter != Filter::Area {
                    continue;
                }
                let small = resized(&checker, (16, 16), filter, linear);
                // Lanczos3's border reaches over fewer samples, so black and white do not balance there.
                let middle = (4..12).flat_map(|y| &small.data[y * 16 + 4..y * 16 + 12]);
                for &sample in middle {
                    assert!(sample.abs_diff(expected) <= 1, "{filter:?}: {sample}");
                }
            }
        }
    }

    #[test]
    fn a_flat_picture_stays_flat_to_the_bit() {
        for value in 0..=255 {
            let flat = picture((37, 41), Channels::Rgb, |_| value);
            for filter in ALL {
                for linear in [true, false] {
                    for to in [(11, 9), (37, 9), (11, 41), (50, 60), (1, 1)] {
                        let small = resized(&flat, to, filter, linear);
                        assert!(small.data.iter().all(|&sample| sample == value), "{filter:?} {linear} {value}");
                    }
                }
            }
        }
        // So many samples that each weight is less than a unit.
        let flat = picture((1, 40_000), Channels::Grey, |_| 200);
        assert_eq!(resized(&flat, (1, 1), Filter::Area, false).data, [200]);
    }

    #[test]
    fn it_is_the_format_that_is_written_down() {
        // The format above, sample by sample in 64 bits, nothing clever.
        fn axis(from: u32, to: u32, filter: Filter, at: impl Fn(usize, usize) -> i64, line: usize) -> Vec<i64> {
            if from == to {
                return (0..from as usize).map(|i| at(line, i)).collect();
            }
            let weights = Weights::wide(from, to, filter);
            let sample = |window: &super::super::weights::Window| -> i64 {
                let sum: i64 = window
                    .values
                    .iter()
                    .enumerate()
                    .map(|(i, &weight)| i64::from(weight) * at(line, window.first + i))
                    .sum();
                ((sum + (1 << 13)) >> 14).clamp(0, 65_535)
            };
            weights.outputs.iter().map(sample).collect()
        }
        for channels in [Channels::Grey, Channels::Rgb] {
            for filter in ALL {
                for linear in [true, false] {
                    for (from, to) in [
                        ((61, 47), (20, 17)),
                        ((61, 47), (61, 17)),
                        ((61, 47), (20, 47)),
                        ((13, 9), (31, 40)),
                        ((9, 21), (27, 7)),
                    ] {
                        let source = picture(from, channels, noise);
                        let n = channels.count();
                        let wide = |v: u8| i64::from(if linear { light::to_linear(v) } else { u16::from(v) * 257 });
                        let (width, height) = (from.0 as usize, from.1 as usize);
                        let columns: Vec<Vec<i64>> = (0..width * n)
                            .map(|x| axis(from.1, to.1, filter, |x, y| wide(source.data[y * width * n + x]), x))
                            .collect();
                        let mut expected = vec![0; to.0 as usize * to.1 as usize * n];
                        for y in 0..to.1 as usize {
                            for c in 0..n {
                                for (x, sample) in axis(from.0, to.0, filter, |y, x| columns[x * n + c][y], y).into_iter().enumerate() {
                                    let sample = sample as u16;
                                    expected[(y * to.0 as usize + x) * n + c] = if linear {
                                        light::to_srgb(sample)
                                    } else {
                                        ((u32::from(sample) + 128) / 257) as u8
                                    };
                                }
                            }
                        }
                        assert!(height > 0);
                        let found = resized(&source, to, filter, linear);
                        assert_eq!(found.data, expected, "{filter:?} {linear} {from:?} {to:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn it_is_near_the_filter_in_floating_point() {
        // In linear light: both passes in 64-bit floating point, nothing rounded before the end. The exact light lies within
        // what rounds to the sample that was found, or at most 4 units of 65,535 beside it: weights are off by less than a
        // unit of 2^14 each, samples between the passes by half a unit of 2^16.
        fn kernel(filter: Filter, x: f64) -> f64 {
            let cubic = |b: f64, c: f64| {
                let x = x.abs();
                if x < 1.0 {
                    ((12.0 - 9.0 * b - 6.0 * c) * x.powi(3) + (-18.0 + 12.0 * b + 6.0 * c) * x.powi(2) + 6.0 - 2.0 * b) / 6.0
                } else if x < 2.0 {
                    ((-b - 6.0 * c) * x.powi(3) + (6.0 * b + 30.0 * c) * x.powi(2) + (-12.0 * b - 48.0 * c) * x + 8.0 * b + 24.0 * c) / 6.0
                } else {
                    0.0
                }
            };
            let sinc = |x: f64| {
                if x == 0.0 {
                    1.0
                } else {
                    (x * std::f64::consts::PI).sin() / (x * std::f64::consts::PI)
                }
            };
            match filter {
                Filter::Lanczos3 if x.abs() < 3.0 => sinc(x) * sinc(x / 3.0),
                Filter::CatmullRom => cubic(0.0, 0.5),
                Filter::Mitchell => cubic(1.0 / 3.0, 1.0 / 3.0),
                _ => 0.0,
            }
        }
        fn axis(from: usize, to: usize, filter: Filter) -> Vec<Vec<f64>> {
            let scale = from as f64 / to as f64;
            let row = |o: usize| -> Vec<f64> {
                let weight = |i: usize| {
                    if filter == Filter::Area {
                        let (begin, end) = (o as f64 * scale, (o + 1) as f64 * scale);
                        return (end.min(i as f64 + 1.0) - begin.max(i as f64)).max(0.0);
                    }
                    let center = (o as f64 + 0.5) * scale - 0.5;
                    kernel(filter, (i as f64 - center) / scale.max(1.0))
                };
                let weights: Vec<f64> = (0..from).map(weight).collect();
                let sum: f64 = weights.iter().sum();
                weights.iter().map(|w| w / sum).collect()
            };
            (0..to).map(row).collect()
        }
        for filter in ALL {
            let mut worst = 0.0f64;
            for (from, to) in [((97, 61), (40, 25)), ((150, 40), (11, 7)), ((20, 12), (33, 29))] {
                let source = picture(from, Channels::Grey, noise);
                let small = resized(&source, to, filter, true);
                let (across, down) = (
                    axis(from.0 as usize, to.0 as usize, filter),
                    axis(from.1 as usize, to.1 as usize, filter),
                );
                for (o, &sample) in small.data.iter().enumerate() {
                    let (x, y) = (o % to.0 as usize, o / to.0 as usize);
                    let mut exact = 0.0;
                    for (i, wx) in across[x].iter().enumerate() {
                        let column: f64 = down[y]
                            .iter()
                            .enumerate()
                            .map(|(j, wy)| wy * f64::from(light::to_linear(source.data[j * from.0 as usize + i])))
                            .sum();
                        // Clamped between the passes, as the format says.
                        exact += wx * column.clamp(0.0, 65_535.0);
                    }
                    // What light the 8-bit sample stands for: everything that rounds to it.
                    let exact = exact.clamp(0.0, 65_535.0);
                    let below = if sample == 0 { 0 } else { half_way(sample - 1) };
                    let above = if sample == 255 { 65_535 } else { half_way(sample) };
                    let off = (f64::from(below) - exact).max(exact - f64::from(above)).max(0.0);
                    worst = worst.max(off);
                }
            }
            println!("{filter:?}: {worst:.1} of 65,535 beyond the nearest level");
            assert!(worst < 4.0, "{filter:?}: {worst}");
        }
    }

    /// The light from which on the level above `sample` is the nearer one.
    fn half_way(sample: u8) -> u32 {
        let (mut low, mut high) = (u32::from(light::to_linear(sample)), u32::from(light::to_linear(sample + 1)));
        while low + 1 < high {
            let middle = (low + high) / 2;
            if light::to_srgb(middle as u16) > sample {
                high = middle;
            } else {
                low = middle;
            }
        }
        high
    }
}
