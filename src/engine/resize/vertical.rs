//! The vertical pass over rows that come one after another: source rows are added, weighted, to the few output rows whose
//! window they lie in. So it needs memory for some rows only, whatever the picture's height.

use std::collections::VecDeque;

use super::weights::Weights;

/// Source rows taken at a time, at most.
pub(super) const BAND: usize = 16;

/// Samples of a row that are worked on at a time: those of a band and the sums they go to stay in the first cache.
const BLOCK: usize = 512;

/// The pass, and the sums of the output rows that are begun.
pub(super) struct Vertical {
    weights: Weights,
    /// Sums of the output rows whose window has begun, the first of which is output row `finished`.
    open: VecDeque<Vec<i32>>,
    spare: Vec<Vec<i32>>,
    finished: usize,
    /// Source rows taken so far.
    taken: usize,
}

/// Rows of sums that are in memory at most, for an axis of `from` samples that becomes `to` and a filter that reaches
/// `support` output samples to either side.
pub(super) fn open_rows(from: u32, to: u32, support: f64) -> u64 {
    let scale = f64::from(from) / f64::from(to.max(1));
    // A window is so many source rows, and one more at either end; it is open where it meets a band.
    let window = 2.0 * support * scale.max(1.0) + 2.0;
    (((window + BAND as f64) / scale).ceil() as u64 + 1).min(u64::from(to))
}

impl Vertical {
    /// For an axis with these weights.
    pub(super) fn new(weights: Weights) -> Self {
        Self {
            weights,
            open: VecDeque::new(),
            spare: Vec::new(),
            finished: 0,
            taken: 0,
        }
    }

    /// Takes the next source rows, [`BAND`] at most, each `stride` samples long. `done` gets every row that they finish, as
    /// sums in which a half is included already: to be shifted right by the weights' precision, which it gets too, and
    /// clamped.
    ///
    /// # Errors
    /// What `done` says.
    pub(super) fn push<S: Copy + Into<i32>, E>(
        &mut self,
        rows: &[S],
        stride: usize,
        mut done: impl FnMut(&[i32], u32) -> Result<(), E>,
    ) -> Result<(), E> {
        let Weights { precision, outputs } = &self.weights;
        let begin = self.taken;
        self.taken += rows.len() / stride;
        let end = self.taken;
        // Rows whose window begins here. Adding a half first makes the shift round.
        while let Some(window) = outputs.get(self.finished + self.open.len())
            && window.first < end
        {
            let mut sums = self.spare.pop().unwrap_or_default();
            sums.clear();
            sums.resize(stride, 1 << (precision - 1));
            self.open.push_back(sums);
        }
        for block in (0..stride).step_by(BLOCK) {
            let block = block..(block + BLOCK).min(stride);
            for (window, sums) in outputs[self.finished..].iter().zip(&mut self.open) {
                for at in window.first.max(begin)..window.end().min(end) {
                    let row = &rows[(at - begin) * stride..][..stride];
                    add(&mut sums[block.clone()], &row[block.clone()], window.values[at - window.first]);
                }
            }
        }
        while outputs.get(self.finished).is_some_and(|window| window.end() <= end)
            && let Some(sums) = self.open.pop_front()
        {
            done(&sums, *precision)?;
            self.spare.push(sums);
            self.finished += 1;
        }
        Ok(())
    }

    /// Rows of sums in memory.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.open.len() + self.spare.len()
    }
}

/// One loop without a branch, for the compiler to make SIMD of.
fn add<S: Copy + Into<i32>>(sums: &mut [i32], row: &[S], weight: i16) {
    let weight = i32::from(weight);
    for (sum, &sample) in sums.iter_mut().zip(row) {
        *sum += weight * sample.into();
    }
}
