//! What the check of an encoded picture adds up: sums over cells of 8 × 8 pixels, of the original and of what was decoded again.

use super::super::Channels;

/// Sums over 8 columns (or the rest of a row) of up to 8 rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cell {
    /// Samples of the original.
    pub(super) original: [u32; 3],
    /// Samples that were decoded.
    pub(super) decoded: [u32; 3],
    /// Those of them that are 0 or 255.
    pub(super) clipped: [u32; 3],
    /// Squared differences, after the original was brought to YCbCr.
    pub(super) squares: [u32; 3],
    /// Pixels of the cell that lie in the picture.
    pub(super) pixels: u32,
}

impl Cell {
    pub(super) fn add(&mut self, other: &Cell) {
        for c in 0..3 {
            self.original[c] += other.original[c];
            self.decoded[c] += other.decoded[c];
            self.clipped[c] += other.clipped[c];
            self.squares[c] += other.squares[c];
        }
        self.pixels += other.pixels;
    }
}

/// Fills a row of cells from up to 8 rows of either picture, `stride` bytes each; `decoded` is grey or YCbCr.
pub(super) fn fill(cells: &mut [Cell], channels: Channels, original: &[u8], decoded: &[u8], stride: usize) {
    assert!(original.len() == decoded.len() && original.len() <= 8 * stride && original.len().is_multiple_of(stride));
    cells.fill(Cell::default());
    let done = match channels {
        Channels::Grey => 0,
        Channels::Rgb => fast(cells, original, decoded, stride),
    };
    let offset = 8 * done * channels.count();
    for (original, decoded) in original.chunks_exact(stride).zip(decoded.chunks_exact(stride)) {
        let (cells, original, decoded) = (&mut cells[done..], &original[offset..], &decoded[offset..]);
        match channels {
            Channels::Grey => row::<1>(cells, original, decoded),
            Channels::Rgb => row::<3>(cells, original, decoded),
        }
    }
}

/// YCbCr with libjpeg's own weights and rounding (16 bits behind the point), so that the encoder started from the very same
/// values.
fn ycbcr([r, g, b]: [i32; 3]) -> [i32; 3] {
    [
        (19_595 * r + 38_470 * g + 7_471 * b + HALF) >> 16,
        (-11_059 * r - 21_709 * g + 32_768 * b + MIDDLE) >> 16,
        (32_768 * r - 27_439 * g - 5_329 * b + MIDDLE) >> 16,
    ]
}

const HALF: i32 = 1 << 15;
const MIDDLE: i32 = (128 << 16) + HALF - 1;

/// Adds one row to the cells it crosses.
fn row<const N: usize>(cells: &mut [Cell], original: &[u8], decoded: &[u8]) {
    for (cell, (original, decoded)) in cells.iter_mut().zip(original.chunks(8 * N).zip(decoded.chunks(8 * N))) {
        for (original, decoded) in original.chunks_exact(N).zip(decoded.chunks_exact(N)) {
            let expected = match N {
                1 => [i32::from(original[0]), 0, 0],
                _ => ycbcr([0, 1, 2].map(|c| i32::from(original[c]))),
            };
            for c in 0..N {
                cell.original[c] += u32::from(original[c]);
                cell.decoded[c] += u32::from(decoded[c]);
                cell.clipped[c] += u32::from(decoded[c] == 0 || decoded[c] == 255);
                cell.squares[c] += expected[c].abs_diff(i32::from(decoded[c])).pow(2);
            }
        }
        cell.pixels += (original.len() / N) as u32;
    }
}

/// Fills as many cells of colour as there is a fast way for, from the left, and tells how many.
#[cfg_attr(not(target_arch = "x86_64"), allow(unused_variables, reason = "there is none"))]
fn fast(cells: &mut [Cell], original: &[u8], decoded: &[u8], stride: usize) -> usize {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        let pairs = stride / (2 * 8 * 3);
        for (pair, cells) in cells.as_chunks_mut::<2>().0.iter_mut().take(pairs).enumerate() {
            // SAFETY: AVX2 is there; 48 bytes from `48 * pair` lie within every row, and both pictures have as many whole rows.
            *cells = unsafe { avx2::pair(&original[48 * pair..], &decoded[48 * pair..], stride, original.len() / stride) };
        }
        return 2 * pairs.min(cells.len() / 2);
    }
    0
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    use super::{Cell, HALF, MIDDLE};

    /// Two cells beside each other, one in either half of every register.
    ///
    /// # Safety
    /// Needs AVX2. `original` and `decoded` hold `rows` rows, `stride` bytes apart, of which the first 48 bytes are readable; `rows` is
    /// at most 8.
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn pair(original: &[u8], decoded: &[u8], stride: usize, rows: usize) -> [Cell; 2] {
        let zero = _mm256_setzero_si256();
        let (half, middle) = (_mm256_set1_epi32(HALF), _mm256_set1_epi32(MIDDLE));
        // Pairs of weights, the first in the lower 16 bits.
        let weights = |first: i16, second: i16| _mm256_set1_epi32(i32::from(second) << 16 | i32::from(first as u16));
        // 38,470 has no room in 16 bits: 22,086 of it go with red, 16,384 with blue.
        let (y_rg, y_gb) = (weights(19_595, 22_086), weights(16_384, 7_471));
        let (cb_rg, cr_gb) = (weights(-11_059, -21_709), weights(-27_439, -5_329));
        let top = _mm256_set1_epi16(255);
        let mut sums = [zero; 3];
        let mut found = [zero; 3];
        let mut clipped = [zero; 3];
        let mut squares = [zero; 3];
        for row in 0..rows {
            // SAFETY: the caller promised 48 bytes from the begin of every row.
            let ([r, g, b], seen) = unsafe {
                (
                    planes(original.as_ptr().add(row * stride)),
                    planes(decoded.as_ptr().add(row * stride)),
                )
            };
            let both = |low: bool| {
                let unpacked = |x, y| {
                    if low {
                        _mm256_unpacklo_epi16(x, y)
                    } else {
                        _mm256_unpackhi_epi16(x, y)
                    }
                };
                let (rg, gb) = (unpacked(r, g), unpacked(g, b));
                // Times 32,768: as the upper half of a 32-bit number, shifted back by one.
                let (red, blue) = (_mm256_srli_epi32::<1>(unpacked(zero, r)), _mm256_srli_epi32::<1>(unpacked(zero, b)));
                let y = _mm256_add_epi32(_mm256_add_epi32(_mm256_madd_epi16(rg, y_rg), _mm256_madd_epi16(gb, y_gb)), half);
                let cb = _mm256_add_epi32(_mm256_add_epi32(_mm256_madd_epi16(rg, cb_rg), blue), middle);
                let cr = _mm256_add_epi32(_mm256_add_epi32(_mm256_madd_epi16(gb, cr_gb), red), middle);
                [y, cb, cr].map(|sum| _mm256_srai_epi32::<16>(sum))
            };
            let (low, high) = (both(true), both(false));
            for (c, plane) in [r, g, b].into_iter().enumerate() {
                let expected = _mm256_packs_epi32(low[c], high[c]);
                let off = _mm256_sub_epi16(expected, seen[c]);
                squares[c] = _mm256_add_epi32(squares[c], _mm256_madd_epi16(off, off));
                sums[c] = _mm256_add_epi16(sums[c], plane);
                found[c] = _mm256_add_epi16(found[c], seen[c]);
                // All bits where it is so: minus one.
                let ends = _mm256_or_si256(_mm256_cmpeq_epi16(seen[c], zero), _mm256_cmpeq_epi16(seen[c], top));
                clipped[c] = _mm256_sub_epi16(clipped[c], ends);
            }
        }
        let mut cells = [Cell::default(); 2];
        for c in 0..3 {
            let wide = |sum| totals(_mm256_madd_epi16(sum, _mm256_set1_epi16(1)));
            let (original, decoded, clipped, squares) = (wide(sums[c]), wide(found[c]), wide(clipped[c]), totals(squares[c]));
            for (side, cell) in cells.iter_mut().enumerate() {
                cell.original[c] = original[side];
                cell.decoded[c] = decoded[side];
                cell.clipped[c] = clipped[side];
                cell.squares[c] = squares[side];
                cell.pixels = 8 * rows as u32;
            }
        }
        cells
    }

    /// The three samples of eight pixels in either half, 16 bits each.
    ///
    /// # Safety
    /// Needs AVX2, and 48 readable bytes.
    #[target_feature(enable = "avx2")]
    #[inline]
    unsafe fn planes(pixels: *const u8) -> [__m256i; 3] {
        // SAFETY: 24 bytes a half: 16 from the first on, and 16 that end with the last.
        let (begin, end) = unsafe {
            (
                _mm256_set_m128i(_mm_loadu_si128(pixels.add(24).cast()), _mm_loadu_si128(pixels.cast())),
                _mm256_set_m128i(_mm_loadu_si128(pixels.add(32).cast()), _mm_loadu_si128(pixels.add(8).cast())),
            )
        };
        let twice = |mask| _mm256_broadcastsi128_si256(mask);
        let from_begin = [
            _mm_setr_epi8(0, -1, 3, -1, 6, -1, 9, -1, 12, -1, 15, -1, -1, -1, -1, -1),
            _mm_setr_epi8(1, -1, 4, -1, 7, -1, 10, -1, 13, -1, -1, -1, -1, -1, -1, -1),
            _mm_setr_epi8(2, -1, 5, -1, 8, -1, 11, -1, 14, -1, -1, -1, -1, -1, -1, -1),
        ];
        let from_end = [
            _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 10, -1, 13, -1),
            _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 8, -1, 11, -1, 14, -1),
            _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 9, -1, 12, -1, 15, -1),
        ];
        [0, 1, 2].map(|c| {
            _mm256_or_si256(
                _mm256_shuffle_epi8(begin, twice(from_begin[c])),
                _mm256_shuffle_epi8(end, twice(from_end[c])),
            )
        })
    }

    /// The four numbers of either half added.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn totals(sums: __m256i) -> [u32; 2] {
        let pairs = _mm256_add_epi32(sums, _mm256_shuffle_epi32::<0b01_00_11_10>(sums));
        let all = _mm256_add_epi32(pairs, _mm256_shuffle_epi32::<0b10_11_00_01>(pairs));
        [
            _mm_cvtsi128_si32(_mm256_castsi256_si128(all)) as u32,
            _mm_cvtsi128_si32(_mm256_extracti128_si256::<1>(all)) as u32,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_add_up_are_the_same() {
        let mut state = 3_u32;
        let mut noise = |count: usize| -> Vec<u8> {
            (0..count)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    match state >> 30 {
                        0 => 0,
                        1 => 255,
                        _ => (state >> 20) as u8,
                    }
                })
                .collect()
        };
        for width in 1..=70_usize {
            for rows in 1..=8 {
                let stride = 3 * width;
                let (original, decoded) = (noise(rows * stride), noise(rows * stride));
                let mut found = vec![Cell::default(); width.div_ceil(8)];
                fill(&mut found, Channels::Rgb, &original, &decoded, stride);
                let mut wanted = vec![Cell::default(); width.div_ceil(8)];
                for (original, decoded) in original.chunks_exact(stride).zip(decoded.chunks_exact(stride)) {
                    row::<3>(&mut wanted, original, decoded);
                }
                assert_eq!(found, wanted, "{width} x {rows}");
            }
        }
    }

    #[test]
    fn every_colour_is_converted_as_by_libjpeg() {
        // Against what is decoded being 0 everywhere, the squares tell every converted value.
        for r in (0..=255).step_by(5) {
            for g in (0..=255).step_by(3) {
                let original: Vec<u8> = (0..16).flat_map(|n| [r as u8, g as u8, (17 * n) as u8]).collect();
                let mut found = [Cell::default(); 2];
                fill(&mut found, Channels::Rgb, &original, &[0; 48], 48);
                for (side, cell) in found.iter().enumerate() {
                    let mut wanted = [0; 3];
                    for n in 8 * side..8 * side + 8 {
                        let colour = ycbcr([r, g, 17 * n as i32]);
                        wanted
                            .iter_mut()
                            .zip(colour)
                            .for_each(|(sum, value)| *sum += (value * value) as u32);
                    }
                    assert_eq!(cell.squares, wanted, "{r} {g}");
                }
            }
        }
    }
}
