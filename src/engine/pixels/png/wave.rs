//! Undoing the filters of eight rows at once, in the 32 bytes of an AVX2 register.
//!
//! Paeth and Average predict a pixel from the one before it, so a row alone is as slow as that chain. Rows that follow each other
//! can share it: each is two pixels behind the one above it, so that what it needs from there is at hand, and a pixel of every row
//! goes through the same instructions. Sub, Up and None are cases of Paeth in which some of its inputs are 0.

use std::arch::x86_64::*;

/// Rows of a wave.
pub(super) const ROWS: usize = 8;

/// Pixels that a row is behind the one above it. One would do, but then a step would wait for the permutation after the last.
const LAG: usize = 2;

/// Pixels of a row that are loaded together.
const BLOCK: usize = 4;

/// Narrower pictures spend too much on the ends of the wave.
const MIN_WIDTH: usize = 48;

/// What rows have to cost alone, an Average being 1, for the wave to be faster than one after the other: measured with AVX2, it
/// costs as much as two of Paeth or four of Average, whatever the others are.
const MIN_COST: usize = 4;

/// Undoes the filters of the next [`ROWS`] rows where that is faster than one after the other; `false`, and nothing is changed,
/// where it is not. `rows` begins with the filter byte of the finished row above them; every row has its filter byte before it
/// and is `line` bytes long with it; `step` is the number of bytes of a pixel.
pub(super) fn undo(rows: &mut [u8], line: usize, step: usize) -> bool {
    if step > 4 || line <= MIN_WIDTH * step || rows.len() / line <= ROWS || !is_x86_feature_detected!("avx2") {
        return false;
    }
    let filters: [u8; ROWS] = std::array::from_fn(|row| rows[(row + 1) * line]);
    let cost: usize = filters
        .iter()
        .map(|&filter| [0, 0, 0, 1, 2].get(usize::from(filter)).copied().unwrap_or(0))
        .sum();
    if cost < MIN_COST || filters.iter().any(|&filter| filter > 4) {
        return false;
    }
    // Alike from the first to the last, as most are.
    let same = filters == [4; ROWS];
    // SAFETY: AVX2 was found above.
    unsafe {
        match (step, same) {
            (1, true) => wave::<1, false>(rows, line, &filters),
            (1, false) => wave::<1, true>(rows, line, &filters),
            (2, true) => wave::<2, false>(rows, line, &filters),
            (2, false) => wave::<2, true>(rows, line, &filters),
            (3, true) => wave::<3, false>(rows, line, &filters),
            (3, false) => wave::<3, true>(rows, line, &filters),
            (_, true) => wave::<4, false>(rows, line, &filters),
            (_, false) => wave::<4, true>(rows, line, &filters),
        }
    }
    true
}

/// `rows` holds more than [`ROWS`] times `line` bytes.
#[target_feature(enable = "avx2")]
fn wave<const N: usize, const MIXED: bool>(rows: &mut [u8], line: usize, filters: &[u8; ROWS]) {
    assert!(rows.len() >= (ROWS + 1) * line);
    let len = line - 1;
    let width = len / N;
    let mut wave = Wave::<N, MIXED>::new(filters);
    let start = |row: usize| (row + 1) * line + 1;
    let steps = width + (ROWS - 1) * LAG;
    let mut at = 0;
    while at < steps {
        // The last row is inside from here on, and the first still reads 16 bytes inside.
        let whole = at >= (ROWS - 1) * LAG && at * N + 16 <= len;
        if whole {
            let base = rows.as_mut_ptr();
            // SAFETY: row `row` reads and writes 16 bytes from its byte `(at - row * LAG) * N` on, which is not below 0 and not
            // above `at * N`, so that by the condition they end inside the row; `rows` holds every row in full, by the assertion.
            unsafe {
                let place = |row: usize| base.add(start(row) + (at - row * LAG) * N).cast::<__m128i>();
                let above = _mm_loadu_si128(base.add(1 + at * N).cast());
                let coded: [__m256i; BLOCK] =
                    std::array::from_fn(|i| _mm256_set_m128i(_mm_loadu_si128(place(i + 4)), _mm_loadu_si128(place(i))));
                let done = wave.block(coded, above);
                for (i, done) in done.into_iter().enumerate() {
                    store::<N>(place(i), _mm256_castsi256_si128(done));
                    store::<N>(place(i + 4), _mm256_extracti128_si256::<1>(done));
                }
            }
        } else {
            // Pixels beside the row count as 0, as the specification has it before the first; what comes after the last is of
            // no consequence for those inside.
            let part = |row: usize| {
                let first = (at as isize - (row * LAG) as isize).clamp(0, width as isize) as usize;
                let end = (at + BLOCK).saturating_sub(row * LAG).clamp(first, width);
                let offset = (first + row * LAG).saturating_sub(at).min(BLOCK);
                (first * N..end * N, offset * N)
            };
            let mut bytes = [[0_u8; 16]; ROWS];
            for (row, bytes) in bytes.iter_mut().enumerate() {
                let (from, to) = part(row);
                bytes[to..to + from.len()].copy_from_slice(&rows[start(row)..][from]);
            }
            let mut above = [0_u8; 16];
            let (from, _) = part(0);
            above[..from.len()].copy_from_slice(&rows[1..][from]);
            // SAFETY: both are arrays of 16 bytes.
            let (coded, above) = unsafe {
                let load = |bytes: &[u8; 16]| _mm_loadu_si128(bytes.as_ptr().cast());
                (
                    std::array::from_fn(|i| _mm256_set_m128i(load(&bytes[i + 4]), load(&bytes[i]))),
                    load(&above),
                )
            };
            for (i, done) in wave.block(coded, above).into_iter().enumerate() {
                // SAFETY: both are arrays of 16 bytes.
                unsafe {
                    _mm_storeu_si128(bytes[i].as_mut_ptr().cast(), _mm256_castsi256_si128(done));
                    _mm_storeu_si128(bytes[i + 4].as_mut_ptr().cast(), _mm256_extracti128_si256::<1>(done));
                }
            }
            for (row, bytes) in bytes.iter().enumerate() {
                let (to, from) = part(row);
                let count = to.len();
                rows[start(row)..][to].copy_from_slice(&bytes[from..from + count]);
            }
        }
        at += BLOCK;
    }
}

/// Stores the first four pixels of `N` bytes and nothing more: the next load begins behind them, and would have to wait for a
/// store that it overlaps.
///
/// # Safety
///
/// `4 * N` bytes from `to` on are valid for writing.
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn store<const N: usize>(to: *mut __m128i, pixels: __m128i) {
    // SAFETY: the caller's promise; no instruction writes more.
    unsafe {
        match N {
            1 => _mm_storeu_si32(to.cast(), pixels),
            2 => _mm_storel_epi64(to, pixels),
            3 => {
                _mm_storel_epi64(to, pixels);
                _mm_storeu_si32(to.cast::<u8>().add(8).cast(), _mm_srli_si128::<8>(pixels));
            }
            _ => _mm_storeu_si128(to, pixels),
        }
    }
}

/// What the next step depends on. Four bytes of a register for every row, in their order, the samples of a pixel.
struct Wave<const N: usize, const MIXED: bool> {
    /// The pixels of the last step, and of the one before.
    last: __m256i,
    before: __m256i,
    /// The pixels above those of the last step.
    above: __m256i,
    /// Where the predictor sees the pixel before, the one above and the one between, and where it is the average.
    sees_before: __m256i,
    sees_above: __m256i,
    sees_between: __m256i,
    averages: __m256i,
    /// Every row takes the place of the one above it.
    down: __m256i,
    /// Spreads packed pixels to 4 bytes each, and packs them again.
    spread: __m256i,
    pack: __m256i,
}

impl<const N: usize, const MIXED: bool> Wave<N, MIXED> {
    #[target_feature(enable = "avx2")]
    fn new(filters: &[u8; ROWS]) -> Self {
        let of = |wanted: &[u8]| {
            let mask = filters.map(|filter| if wanted.contains(&filter) { -1 } else { 0 });
            // SAFETY: eight numbers of 4 bytes.
            unsafe { _mm256_loadu_si256(mask.as_ptr().cast()) }
        };
        let shuffle = |from: fn(usize) -> Option<usize>| {
            let bytes: [u8; 16] = std::array::from_fn(|i| from(i).map_or(0x80, |from| from as u8));
            // SAFETY: an array of 16 bytes.
            _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
        };
        let zero = _mm256_setzero_si256();
        Self {
            last: zero,
            before: zero,
            above: zero,
            sees_before: of(&[1, 4]),
            sees_above: of(&[2, 4]),
            sees_between: of(&[4]),
            averages: of(&[3]),
            down: _mm256_setr_epi32(0, 0, 1, 2, 3, 4, 5, 6),
            spread: shuffle(|i| (i % 4 < N).then_some(i / 4 * N + i % 4)),
            pack: shuffle(|i| (i < 4 * N).then_some(i / N * 4 + i % N)),
        }
    }

    /// Four steps. Of `coded`, every register holds 16 bytes of two rows, the one in its upper half four rows below the one in
    /// its lower half; the same comes back, done, the bytes behind the fourth pixel being 0.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn block(&mut self, coded: [__m256i; BLOCK], above: __m128i) -> [__m256i; BLOCK] {
        let above = if N == 4 {
            above
        } else {
            _mm_shuffle_epi8(above, _mm256_castsi256_si128(self.spread))
        };
        let spread = if N == 4 {
            coded
        } else {
            coded.map(|coded| _mm256_shuffle_epi8(coded, self.spread))
        };
        let [s0, s1, s2, s3] = transposed(spread);
        let d0 = self.step(s0, above);
        let d1 = self.step(s1, _mm_srli_si128::<4>(above));
        let d2 = self.step(s2, _mm_srli_si128::<8>(above));
        let d3 = self.step(s3, _mm_srli_si128::<12>(above));
        let done = transposed([d0, d1, d2, d3]);
        if N == 4 {
            return done;
        }
        done.map(|done| _mm256_shuffle_epi8(done, self.pack))
    }

    /// One pixel of every row; the lowest 4 bytes of `above` are the one above that of the first row.
    ///
    /// The predictor by differences that saturate: of `a` (before), `b` (above) and `c` (between), `up` is how far the larger of
    /// `a` and `b` is above `c`, `down` how far the smaller is below. Where `2 up <= down` it is the smaller, `c - down`; where
    /// `2 down <= up` it is the larger, `c + up`; and `c` between. Where both hold, both are 0.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn step(&mut self, coded: __m256i, above: __m128i) -> __m256i {
        let shown = _mm256_blend_epi32::<1>(_mm256_permutevar8x32_epi32(self.before, self.down), _mm256_castsi128_si256(above));
        let (mut a, mut b, mut c) = (self.last, shown, self.above);
        let mut base = coded;
        if MIXED {
            // Rounded down, not up as the instruction does it.
            let odd = _mm256_and_si256(_mm256_xor_si256(a, b), _mm256_set1_epi8(1));
            let average = _mm256_and_si256(_mm256_sub_epi8(_mm256_avg_epu8(a, b), odd), self.averages);
            base = _mm256_add_epi8(base, average);
            a = _mm256_and_si256(a, self.sees_before);
            b = _mm256_and_si256(b, self.sees_above);
            c = _mm256_and_si256(c, self.sees_between);
        }
        base = _mm256_add_epi8(base, c);
        let up = _mm256_subs_epu8(_mm256_max_epu8(a, b), c);
        let down = _mm256_subs_epu8(c, _mm256_min_epu8(a, b));
        let (up2, down2) = (_mm256_adds_epu8(up, up), _mm256_adds_epu8(down, down));
        let is_low = _mm256_cmpeq_epi8(_mm256_min_epu8(up2, down), up2);
        let is_high = _mm256_cmpeq_epi8(_mm256_min_epu8(down2, up), down2);
        let off = _mm256_sub_epi8(_mm256_and_si256(up, is_high), _mm256_and_si256(down, is_low));
        let done = _mm256_add_epi8(base, off);
        self.before = self.last;
        self.last = done;
        self.above = shown;
        done
    }
}

/// Rows of 4 numbers of 4 bytes as columns, in either half of the registers.
#[target_feature(enable = "avx2")]
#[inline]
fn transposed([r0, r1, r2, r3]: [__m256i; 4]) -> [__m256i; 4] {
    let (a, b) = (_mm256_unpacklo_epi32(r0, r1), _mm256_unpackhi_epi32(r0, r1));
    let (c, d) = (_mm256_unpacklo_epi32(r2, r3), _mm256_unpackhi_epi32(r2, r3));
    [
        _mm256_unpacklo_epi64(a, c),
        _mm256_unpackhi_epi64(a, c),
        _mm256_unpacklo_epi64(b, d),
        _mm256_unpackhi_epi64(b, d),
    ]
}
