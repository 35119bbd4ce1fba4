//! What the four plots show, made by the worker so that a frame only paints it.

use super::sizes::{Bin, Sizes};
use super::track::{Slice, Track};
use crate::engine::Phase;

/// The time per image looks back so many seconds, in as many bars.
pub(in crate::gui) const WINDOW_SECONDS: f64 = 45.0;

/// All four.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::gui) struct Plots {
    /// Images a second over seconds: load, process, write.
    pub(in crate::gui) rates: [Vec<[f64; 2]>; 3],
    /// Bytes saved over seconds.
    pub(in crate::gui) saved: Vec<[f64; 2]>,
    /// Milliseconds an image, lately.
    pub(in crate::gui) slices: Vec<Slice>,
    /// Sizes of files before and after.
    pub(in crate::gui) bins: Vec<Bin>,
    /// Seconds until the last point.
    pub(in crate::gui) seconds: f64,
}

impl Plots {
    pub(super) fn new(track: &Track, sizes: &Sizes) -> Self {
        Self {
            rates: Phase::ALL.map(|phase| track.rates(phase)),
            saved: track.saved(),
            slices: track.slices(WINDOW_SECONDS, WINDOW_SECONDS as usize),
            bins: sizes.bins(),
            seconds: track.length(),
        }
    }

    /// What an axis has to reach. Reading ahead may be ten times as fast as all else, for a moment: what few points reach is cut.
    pub(in crate::gui) fn fastest(&self) -> f64 {
        let most = |phase: Phase| {
            let mut rates: Vec<f64> = self.rates[phase as usize].iter().map(|[_, rate]| *rate).collect();
            rates.sort_by(f64::total_cmp);
            (
                rates.last().copied().unwrap_or(0.0),
                rates.get(rates.len() * 19 / 20).copied().unwrap_or(0.0),
            )
        };
        let (whole, usual) = (most(Phase::Process).0.max(most(Phase::Write).0), most(Phase::Load).1);
        whole.max(usual)
    }
}
