//! The two passes over 8-bit samples, as kernels over rows: sums of products of samples and 16-bit weights, in 32-bit whole
//! numbers, so that every order of adding gives the same samples. AVX2 where the processor has it; the vertical pass also as
//! plain loops that compilers make SIMD of. The horizontal pass of other processors is `fast_image_resize`'s.

use super::weights::Taps;

/// Bytes that must be readable behind a row for the horizontal pass: a group of taps is read in 16 bytes from its first
/// sample, and up to three taps of a group lie behind the row.
pub(super) const BEHIND: usize = 32;

/// What rows are as long as a multiple of, bytes.
pub(super) const STEP: usize = 64;

/// Rows that the horizontal pass takes at a time.
pub(super) const ROWS: usize = 4;

/// Whether [`across`] works on this processor, for pixels of so many samples.
pub(super) fn can_go_across(channels: usize) -> bool {
    #[cfg(target_arch = "x86_64")]
    return channels == 3 && is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = channels;
        false
    }
}

/// One output row of the vertical pass. `rows` holds source rows; `starts` says where those of the window begin, one entry for each
/// of `weights`. `out` is a multiple of [`STEP`] long, and every row has as many bytes from its start.
pub(super) fn down(rows: &[u8], starts: &[usize], weights: &[i16], precision: u32, out: &mut [u8]) {
    assert!(out.len().is_multiple_of(STEP) && starts.len() == weights.len() && weights.len().is_multiple_of(2));
    assert!(starts.iter().all(|start| start + out.len() <= rows.len()));
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: AVX2 is there; lengths and places were just checked.
        unsafe { avx2::down(rows, starts, weights, precision, out) };
        return;
    }
    down_plain(rows, starts, weights, precision, out);
}

fn down_plain(rows: &[u8], starts: &[usize], weights: &[i16], precision: u32, out: &mut [u8]) {
    for (block, out) in out.chunks_exact_mut(STEP).enumerate() {
        let mut sums = [1_i32 << (precision - 1); STEP];
        for (start, weight) in starts.iter().zip(weights) {
            let row = &rows[start + block * STEP..][..STEP];
            let weight = i32::from(*weight);
            for (sum, sample) in sums.iter_mut().zip(row) {
                *sum += weight * i32::from(*sample);
            }
        }
        for (sample, sum) in out.iter_mut().zip(&sums) {
            *sample = (sum >> precision).clamp(0, 255) as u8;
        }
    }
}

/// The horizontal pass over [`ROWS`] rows of three samples a pixel, `stride` bytes apart in `rows`, into as many rows of
/// `out`, one behind the other. Behind each row's samples [`BEHIND`] bytes are readable, whatever they hold.
///
/// # Panics
/// Where [`can_go_across`] says no, or a buffer is too short.
pub(super) fn across(rows: &[u8], stride: usize, taps: &Taps, out: &mut [u8]) {
    assert!(can_go_across(3) && taps.len() > 0 && out.len() == ROWS * 3 * taps.len() && rows.len() == ROWS * stride);
    // Windows begin and end in the order of the outputs, so the last one reaches farthest.
    let (_, end) = taps.reach(taps.len() - 1);
    assert!(3 * end + BEHIND <= stride);
    #[cfg(target_arch = "x86_64")]
    // SAFETY: AVX2 is there; `avx2::across` reads no further than 16 bytes from the first sample of a group of taps, which begins
    // at a tap before `end`, and writes the pixels of `out` alone.
    unsafe {
        avx2::across(rows, stride, taps, out);
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m128i, __m256i, _mm_add_epi32, _mm_cvtsi32_si128, _mm_cvtsi128_si32, _mm_loadl_epi64, _mm_loadu_si128, _mm_packs_epi32,
        _mm_packus_epi16, _mm_set1_epi32, _mm_sra_epi32, _mm_srli_si128, _mm256_add_epi32, _mm256_broadcastq_epi64,
        _mm256_broadcastsi128_si256, _mm256_castsi256_si128, _mm256_extracti128_si256, _mm256_loadu_si256, _mm256_madd_epi16,
        _mm256_packs_epi32, _mm256_packus_epi16, _mm256_set1_epi32, _mm256_setr_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8,
        _mm256_sra_epi32, _mm256_storeu_si256, _mm256_unpackhi_epi8, _mm256_unpacklo_epi8,
    };

    use super::{ROWS, STEP, Taps};

    /// [`super::down`].
    ///
    /// # Safety
    /// Needs AVX2; `out` is a multiple of [`STEP`] long, `weights` is even and as long as `starts`, and from every start there are as
    /// many bytes in `rows` as in `out`.
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn down(rows: &[u8], starts: &[usize], weights: &[i16], precision: u32, out: &mut [u8]) {
        let half = _mm256_set1_epi32(1 << (precision - 1));
        let shift = _mm_cvtsi32_si128(precision as i32);
        let zero = _mm256_setzero_si256();
        for x in (0..out.len()).step_by(STEP) {
            let mut sums = [half; 8];
            for (starts, weights) in starts.as_chunks::<2>().0.iter().zip(weights.as_chunks::<2>().0) {
                let pair = _mm256_set1_epi32(i32::from(weights[1]) << 16 | i32::from(weights[0] as u16));
                for side in 0..2 {
                    let at = x + 32 * side;
                    // SAFETY: `at + 32` bytes from either start are in `rows`, as the caller promised.
                    let (one, two) = unsafe {
                        (
                            _mm256_loadu_si256(rows.as_ptr().add(starts[0] + at).cast()),
                            _mm256_loadu_si256(rows.as_ptr().add(starts[1] + at).cast()),
                        )
                    };
                    let (low, high) = (_mm256_unpacklo_epi8(one, two), _mm256_unpackhi_epi8(one, two));
                    let parts = [
                        _mm256_unpacklo_epi8(low, zero),
                        _mm256_unpackhi_epi8(low, zero),
                        _mm256_unpacklo_epi8(high, zero),
                        _mm256_unpackhi_epi8(high, zero),
                    ];
                    for (sum, part) in sums[4 * side..][..4].iter_mut().zip(parts) {
                        *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(part, pair));
                    }
                }
            }
            for side in 0..2 {
                let [a, b, c, d] = [0, 1, 2, 3].map(|n| _mm256_sra_epi32(sums[4 * side + n], shift));
                // Unpacking took the samples apart within each half of a register; packing puts them back the same way.
                let samples = _mm256_packus_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
                // SAFETY: `x + 64` is at most the length of `out`.
                unsafe { _mm256_storeu_si256(out.as_mut_ptr().add(x + 32 * side).cast(), samples) };
            }
        }
    }

    /// [`super::across`].
    ///
    /// # Safety
    /// Needs AVX2; 16 bytes from the first sample of every group of taps lie within each of the [`ROWS`] rows of `stride` bytes, and
    /// `out` has room for [`ROWS`] rows of three samples for each output of `taps`.
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn across(rows: &[u8], stride: usize, taps: &Taps, out: &mut [u8]) {
        // Of four pixels, the first two in the lower half: r r g g b b, each widened to 16 bits.
        let spread = _mm256_setr_epi8(
            0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1, 6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1,
        );
        let doubled = _mm256_setr_epi8(
            0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7,
        );
        let half = _mm_set1_epi32(1 << (taps.precision - 1));
        let shift = _mm_cvtsi32_si128(taps.precision as i32);
        let width = taps.len();
        for output in 0..width {
            let (first, _) = taps.reach(output);
            let mut sums = [_mm256_setzero_si256(); ROWS];
            let mut at = 3 * first;
            for group in taps.of(output).as_chunks::<{ Taps::GROUP }>().0 {
                // SAFETY: a group is 8 bytes.
                let weights = unsafe { _mm_loadl_epi64(group.as_ptr().cast()) };
                let weights = _mm256_shuffle_epi8(_mm256_broadcastq_epi64(weights), doubled);
                for (row, sum) in sums.iter_mut().enumerate() {
                    // SAFETY: the caller promised these 16 bytes.
                    let pixels = unsafe { _mm_loadu_si128(rows.as_ptr().add(row * stride + at).cast()) };
                    let pixels = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(pixels), spread);
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pixels, weights));
                }
                at += 3 * Taps::GROUP;
            }
            let [a, b, c, d] = sums.map(|sum| _mm_sra_epi32(_mm_add_epi32(halves(sum), half), shift));
            let samples = _mm_packus_epi16(_mm_packs_epi32(a, b), _mm_packs_epi32(c, d));
            let [a, b, c, d] = [
                samples,
                _mm_srli_si128::<4>(samples),
                _mm_srli_si128::<8>(samples),
                _mm_srli_si128::<12>(samples),
            ]
            .map(|pixel| _mm_cvtsi128_si32(pixel).to_le_bytes());
            for (row, pixel) in [a, b, c, d].iter().enumerate() {
                out[3 * (row * width + output)..][..3].copy_from_slice(&pixel[..3]);
            }
        }
    }

    /// Both halves added.
    #[target_feature(enable = "avx2")]
    fn halves(sum: __m256i) -> __m128i {
        _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::settings::Filter;

    /// Samples of which many are extremes, so that sums pass both ends.
    fn noise(count: usize) -> Vec<u8> {
        let mut state = 99_u32;
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
    }

    #[test]
    fn both_ways_down_are_the_same() {
        for (from, to) in [(9, 3), (40, 7), (7, 40), (100, 99), (5, 1)] {
            let taps = Taps::new(from, f64::from(from), to, Filter::Lanczos3);
            let rows = noise(from as usize * STEP * 2 + STEP);
            for output in 0..taps.len() {
                let (first, end) = taps.reach(output);
                let weights = taps.of(output);
                // What is behind the window has no weight.
                let starts: Vec<usize> = (0..weights.len()).map(|n| (first + n).min(end - 1) * STEP * 2 + 3).collect();
                let (mut fast, mut plain) = ([1; 2 * STEP], [2; 2 * STEP]);
                down(&rows, &starts, weights, taps.precision, &mut fast);
                down_plain(&rows, &starts, weights, taps.precision, &mut plain);
                assert_eq!(fast, plain, "{from} to {to}, {output}");
            }
        }
    }

    #[test]
    fn across_is_what_its_weights_say() {
        if !can_go_across(3) {
            return;
        }
        for (from, to) in [(1, 1), (1, 5), (2, 1), (9, 3), (40, 7), (7, 40), (100, 99), (1000, 3), (64, 16)] {
            for filter in [Filter::Lanczos3, Filter::CatmullRom, Filter::Mitchell] {
                let taps = Taps::new(from, f64::from(from), to, filter);
                let stride = 3 * from as usize + BEHIND;
                let rows = noise(ROWS * stride);
                let mut out = vec![7; ROWS * 3 * to as usize];
                across(&rows, stride, &taps, &mut out);
                let mut at = 0;
                for row in rows.chunks_exact(stride) {
                    for output in 0..taps.len() {
                        let (first, end) = taps.reach(output);
                        for channel in 0..3 {
                            let samples = (first..end).map(|x| i32::from(row[3 * x + channel]));
                            let sum: i32 = samples.zip(taps.of(output)).map(|(s, w)| s * i32::from(*w)).sum();
                            let wanted = (sum + (1 << (taps.precision - 1))) >> taps.precision;
                            assert_eq!(i32::from(out[at]), wanted.clamp(0, 255), "{from} to {to} {filter:?} {output}");
                            at += 1;
                        }
                    }
                }
            }
        }
    }
}
