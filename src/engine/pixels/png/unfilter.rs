//! Undoing PNG's row filters (PNG specification, third edition, clause 9) in place.
//!
//! Up has no dependency along the row and vectorises by itself. Sub, Average and Paeth depend on the pixel before,
//! so their speed is the latency of one step: a pixel's samples go through it together, in lanes.

/// A filter byte that no PNG has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UnknownFilter(pub(super) u8);

/// Undoes `filter` on `row`. `above` is the finished row above it, or empty for the first; `step` is the number of
/// bytes of a pixel (at least 1, one of 1, 2, 3, 4, 6, 8).
pub(super) fn row(filter: u8, row: &mut [u8], above: &[u8], step: usize) -> Result<(), UnknownFilter> {
    match step {
        1 => rows::<1>(filter, row, above),
        2 => rows::<2>(filter, row, above),
        3 => rows::<3>(filter, row, above),
        4 => rows::<4>(filter, row, above),
        6 => rows::<6>(filter, row, above),
        _ => rows::<8>(filter, row, above),
    }
}

/// Undoes the filters of the next rows together where that is faster than one after the other, and says of how many; 0 where it
/// is not, nothing being changed then. `rows` begins with the filter byte of the finished row above them; every row has its
/// filter byte before it and is `line` bytes long with it; `step` as for [`row`].
pub(super) fn several(rows: &mut [u8], line: usize, step: usize) -> usize {
    #[cfg(target_arch = "x86_64")]
    if super::wave::undo(rows, line, step) {
        return super::wave::ROWS;
    }
    let _ = (rows, line, step);
    0
}

fn rows<const N: usize>(filter: u8, row: &mut [u8], above: &[u8]) -> Result<(), UnknownFilter> {
    match filter {
        0 => {}
        1 => sub::<N>(row),
        2 => up(row, above),
        3 if above.is_empty() => average_first::<N>(row),
        3 => average::<N>(row, above),
        // With nothing above, the Paeth predictor is the pixel before.
        4 if above.is_empty() => sub::<N>(row),
        4 => paeth::<N>(row, above),
        other => return Err(UnknownFilter(other)),
    }
    Ok(())
}

fn up(row: &mut [u8], above: &[u8]) {
    for (sample, above) in row.iter_mut().zip(above) {
        *sample = sample.wrapping_add(*above);
    }
}

fn sub<const N: usize>(row: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if super::sums::undo::<N>(row) {
        return;
    }
    let mut before = [0_u8; N];
    for pixel in row.as_chunks_mut::<N>().0 {
        for (sample, before) in pixel.iter_mut().zip(&mut before) {
            *sample = sample.wrapping_add(*before);
            *before = *sample;
        }
    }
}

fn average_first<const N: usize>(row: &mut [u8]) {
    let mut before = [0_u8; N];
    for pixel in row.as_chunks_mut::<N>().0 {
        for (sample, before) in pixel.iter_mut().zip(&mut before) {
            *sample = sample.wrapping_add(*before / 2);
            *before = *sample;
        }
    }
}

fn average<const N: usize>(row: &mut [u8], above: &[u8]) {
    let mut before = [0_u8; N];
    for (pixel, above) in row.as_chunks_mut::<N>().0.iter_mut().zip(above.as_chunks::<N>().0) {
        for i in 0..N {
            let mean = (u16::from(before[i]) + u16::from(above[i])) / 2;
            pixel[i] = pixel[i].wrapping_add(mean as u8);
            before[i] = pixel[i];
        }
    }
}

/// The Paeth predictor of one sample, in the form without `a + b - c`: with `pa = b - c` and `pb = a - c`, the third
/// distance is `|pa + pb|`.
#[inline(always)]
fn predict(a: i16, b: i16, c: i16) -> i16 {
    let (pa, pb) = (b - c, a - c);
    let pc = (pa + pb).abs();
    let (pa, pb) = (pa.abs(), pb.abs());
    if pa <= pb && pa <= pc {
        a
    } else if pb <= pc {
        b
    } else {
        c
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn paeth<const N: usize>(row: &mut [u8], above: &[u8]) {
    paeth_plain::<N>(row, above);
}

/// In the eight 16-bit lanes of an SSE2 register, which every x86-64 processor has; for a single byte the plain loop
/// is as fast.
#[cfg(target_arch = "x86_64")]
fn paeth<const N: usize>(row: &mut [u8], above: &[u8]) {
    if N == 1 {
        paeth_plain::<N>(row, above)
    } else {
        paeth_lanes::<N>(row, above)
    }
}

fn paeth_plain<const N: usize>(row: &mut [u8], above: &[u8]) {
    let (mut before, mut above_before) = ([0_i16; N], [0_i16; N]);
    for (pixel, above) in row.as_chunks_mut::<N>().0.iter_mut().zip(above.as_chunks::<N>().0) {
        for i in 0..N {
            let b = i16::from(above[i]);
            let value = pixel[i].wrapping_add(predict(before[i], b, above_before[i]) as u8);
            pixel[i] = value;
            before[i] = i16::from(value);
            above_before[i] = b;
        }
    }
}

/// The predictor by thresholds instead of distances: with `t = 3c - a - b`, `lo` and `hi` the smaller and the larger of
/// `a` and `b`, it is `lo` where `hi <= t`, `hi` where `t <= lo`, and `c` between. One step of the chain from pixel to
/// pixel is then a subtraction, a minimum, a comparison, two logical operations and two to join.
#[cfg(target_arch = "x86_64")]
fn paeth_lanes<const N: usize>(row: &mut [u8], above: &[u8]) {
    use std::arch::x86_64::{
        __m128i, _mm_add_epi8, _mm_add_epi16, _mm_andnot_si128, _mm_cmpgt_epi16, _mm_cvtsi64_si128, _mm_cvtsi128_si64, _mm_max_epi16,
        _mm_min_epi16, _mm_or_si128, _mm_packus_epi16, _mm_setzero_si128, _mm_sub_epi16, _mm_unpacklo_epi8, _mm_xor_si128,
    };
    let len = row.len().min(above.len());
    let mut at = 0;
    // SAFETY: the intrinsics below are of SSE2, which is part of the x86-64 baseline, and touch no memory.
    unsafe {
        let zero = _mm_setzero_si128();
        let widened = |bits: u64| _mm_unpacklo_epi8(_mm_cvtsi64_si128(bits as i64), zero);
        let step = |a: __m128i, c: __m128i, b: __m128i, coded: __m128i| {
            let c3_b = _mm_sub_epi16(_mm_add_epi16(_mm_add_epi16(c, c), c), b);
            let t = _mm_sub_epi16(c3_b, a);
            let (lo, hi) = (_mm_min_epi16(a, b), _mm_max_epi16(a, b));
            let low = _mm_andnot_si128(_mm_cmpgt_epi16(hi, t), _mm_xor_si128(lo, c));
            let high = _mm_andnot_si128(_mm_cmpgt_epi16(t, lo), _mm_xor_si128(hi, c));
            // Where both hold, `a`, `b` and so both choices are the same.
            let predicted = _mm_xor_si128(_mm_or_si128(low, high), c);
            // The upper byte of every lane is 0 in both, so adding bytes wraps within the lower one.
            _mm_add_epi8(coded, predicted)
        };
        let (mut a, mut c) = (zero, zero);
        // Whole words are read where they lie inside the row; only the pixel's own bytes are written.
        while at + 8 <= len {
            let b = widened(word::<N>(&above[at..at + 8]));
            a = step(a, c, b, widened(word::<N>(&row[at..at + 8])));
            c = b;
            let out = (_mm_cvtsi128_si64(_mm_packus_epi16(a, zero)) as u64).to_le_bytes();
            row[at..at + N].copy_from_slice(&out[..N]);
            at += N;
        }
        while at + N <= len {
            let gathered = |pixel: &[u8]| pixel.iter().rev().fold(0_u64, |bits, &byte| bits << 8 | u64::from(byte));
            let b = widened(gathered(&above[at..at + N]));
            a = step(a, c, b, widened(gathered(&row[at..at + N])));
            c = b;
            let out = (_mm_cvtsi128_si64(_mm_packus_epi16(a, zero)) as u64).to_le_bytes();
            row[at..at + N].copy_from_slice(&out[..N]);
            at += N;
        }
    }
}

/// The first bytes as a number, at least the `N` of a pixel; what is read beyond them goes through lanes of its own
/// and is never written. `bytes` holds eight.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn word<const N: usize>(bytes: &[u8]) -> u64 {
    match (N, bytes) {
        (..=4, &[b0, b1, b2, b3, ..]) => u64::from(u32::from_le_bytes([b0, b1, b2, b3])),
        (_, &[b0, b1, b2, b3, b4, b5, b6, b7, ..]) => u64::from_le_bytes([b0, b1, b2, b3, b4, b5, b6, b7]),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The specification's own words, sample by sample.
    fn by_the_book(filter: u8, row: &[u8], above: &[u8], step: usize) -> Vec<u8> {
        let mut out: Vec<u8> = Vec::new();
        for (x, &sample) in row.iter().enumerate() {
            let a = if x >= step { i32::from(out[x - step]) } else { 0 };
            let b = above.get(x).map_or(0, |&v| i32::from(v));
            let c = if x >= step {
                above.get(x - step).map_or(0, |&v| i32::from(v))
            } else {
                0
            };
            let p = a + b - c;
            let (pa, pb, pc) = ((p - a).abs(), (p - b).abs(), (p - c).abs());
            let paeth = if pa <= pb && pa <= pc {
                a
            } else if pb <= pc {
                b
            } else {
                c
            };
            let predicted = [0, a, b, (a + b) / 2, paeth][usize::from(filter)];
            out.push(sample.wrapping_add(predicted as u8));
        }
        out
    }

    fn noise() -> impl FnMut(usize) -> Vec<u8> {
        let mut state = 12345_u32;
        move |len| {
            (0..len)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24) as u8
                })
                .collect()
        }
    }

    #[test]
    fn every_filter_at_every_step_is_by_the_book() {
        let mut noise = noise();
        for step in [1, 2, 3, 4, 6, 8] {
            for pixels in (1..=100).chain([250]) {
                let above = noise(pixels * step);
                let coded = noise(pixels * step);
                for filter in 0..=4 {
                    for above in [above.as_slice(), &[]] {
                        let mut got = coded.clone();
                        row(filter, &mut got, above, step).expect("a filter that exists");
                        assert_eq!(
                            got,
                            by_the_book(filter, &coded, above, step),
                            "filter {filter}, step {step}, {pixels} pixels"
                        );
                    }
                }
            }
        }
        assert_eq!(row(5, &mut [1], &[], 1), Err(UnknownFilter(5)));
    }

    /// Every mixture of filters, and all widths around those from which on rows go together.
    #[test]
    fn rows_that_go_together_are_those_that_go_alone() {
        let mut noise = noise();
        let mut together = 0;
        let mixtures: Vec<Vec<u8>> = [
            vec![4; 8],
            vec![3; 8],
            vec![1, 2, 3, 4, 0, 4, 3, 2],
            vec![4, 4, 4, 4, 5, 4, 4, 4],
            vec![0; 8],
        ]
        .into_iter()
        .chain((0..12).map(|_| noise(8).iter().map(|filter| filter % 5).collect()))
        .collect();
        for step in [1, 2, 3, 4, 6, 8] {
            for pixels in (1..=100).chain([1000]) {
                let line = pixels * step + 1;
                for (which, mixture) in mixtures.iter().enumerate() {
                    let mut rows = noise(line * 10);
                    if which % 3 == 1 {
                        // Small steps around one value, where the three choices lie next to each other.
                        rows.iter_mut().for_each(|sample| *sample %= 3);
                    }
                    for (row, filter) in mixture.iter().enumerate() {
                        rows[(row + 1) * line] = *filter;
                    }
                    let before = rows.clone();
                    let count = several(&mut rows, line, step);
                    let mut alone = before;
                    for y in 1..=count {
                        let (above, rest) = alone.split_at_mut(y * line);
                        let coded = rest[1..line].to_vec();
                        let plain = by_the_book(rest[0], &coded, &above[(y - 1) * line + 1..], step);
                        rest[1..line].copy_from_slice(&plain);
                    }
                    assert!(rows == alone, "{mixture:?}, step {step}, {pixels} pixels, {count} rows");
                    // One row short of what it takes.
                    assert_eq!(several(&mut rows[..line * 8], line, step), 0);
                    assert!(count == 0 || !mixture.contains(&5));
                    together += count;
                }
            }
        }
        #[cfg(target_arch = "x86_64")]
        assert_eq!(together > 0, is_x86_feature_detected!("avx2"));
        #[cfg(not(target_arch = "x86_64"))]
        assert_eq!(together, 0);
    }

    #[test]
    fn lanes_and_the_plain_loop_predict_the_same_in_every_case() {
        // Every difference that matters: ends, middles, neighbours, over the whole cube.
        let values = || (0..=255_u8).step_by(15).chain([1, 2, 3, 126, 127, 128, 129, 252, 253, 254]);
        for a in values() {
            for b in values() {
                for c in values() {
                    let above = [c, c, c, b, b, b];
                    // The first pixel comes out as `a`: its predictor is `c`, with nothing before it.
                    let first = a.wrapping_sub(c);
                    let mut lanes = [first, first, first, 7, 7, 7];
                    let mut plain = lanes;
                    paeth::<3>(&mut lanes, &above);
                    paeth_plain::<3>(&mut plain, &above);
                    assert_eq!(lanes, plain, "{a} {b} {c}");
                    assert_eq!(plain[..3], [a; 3]);
                }
            }
        }
    }
}
