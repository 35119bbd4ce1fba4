//! Undoing PNG's Sub filter, a running sum of pixels, 16 bytes at a time.

use std::arch::x86_64::*;

/// Undoes Sub on a row of pixels of `N` bytes: prefix sums of 16 bytes at a time, so that the chain from pixel to pixel is an addition
/// and a shuffle for all of them. `false`, and nothing is changed, where that is not faster or the processor
/// has no SSSE3.
pub(super) fn undo<const N: usize>(row: &mut [u8]) -> bool {
    // Eight bytes a pixel are as fast by themselves.
    if N > 6 || row.len() < 64 || !is_x86_feature_detected!("ssse3") {
        return false;
    }
    // SAFETY: SSSE3 was found above.
    unsafe { lanes::<N>(row) };
    true
}

/// `row` holds at least 16 bytes.
#[target_feature(enable = "ssse3")]
fn lanes<const N: usize>(row: &mut [u8]) {
    let shuffle = |from: &dyn Fn(usize) -> Option<usize>| {
        let bytes: [u8; 16] = std::array::from_fn(|i| from(i).map_or(0x80, |from| from as u8));
        // SAFETY: an array of 16 bytes.
        unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
    };
    // Of whole pixels; what lies behind them in 16 bytes is computed in vain.
    let whole = 16 / N * N;
    let later = [N, 2 * N, 4 * N, 8 * N].map(|by| shuffle(&|i| i.checked_sub(by)));
    let last = shuffle(&|i| Some(whole - N + i % N));
    let mut carried = _mm_setzero_si128();
    let mut at = 0;
    assert!(row.len() >= 16);
    // SAFETY: 16 bytes, by the assertion.
    let mut coded = unsafe { _mm_loadu_si128(row.as_ptr().cast()) };
    while at + whole + 16 <= row.len() {
        // Before the store below, which goes a little further than `whole`.
        // SAFETY: 16 bytes, by the condition.
        let next = unsafe { _mm_loadu_si128(row.as_ptr().add(at + whole).cast()) };
        let mut sums = coded;
        for (i, later) in later.into_iter().enumerate() {
            if N << i < 16 {
                sums = _mm_add_epi8(sums, _mm_shuffle_epi8(sums, later));
            }
        }
        sums = _mm_add_epi8(sums, carried);
        carried = _mm_shuffle_epi8(sums, last);
        // SAFETY: 16 bytes, by the condition.
        unsafe { _mm_storeu_si128(row.as_mut_ptr().add(at).cast(), sums) };
        coded = next;
        at += whole;
    }
    // What the last store changed is put back.
    // SAFETY: the 16 bytes that were loaded from there.
    unsafe { _mm_storeu_si128(row.as_mut_ptr().add(at).cast(), coded) };
    for i in at.max(N)..row.len() {
        row[i] = row[i].wrapping_add(row[i - N]);
    }
}
