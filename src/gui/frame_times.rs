//! How long a frame takes us: `logic` and `ui`, without tessellation and without the rasteriser. `SHARDPRESS_LOG=debug` shows the
//! percentiles when the window closes.

use std::time::{Duration, Instant};

/// Frames that are remembered; the newest replace the oldest.
const FRAMES: usize = 16_384;

/// Times of the latest frames.
#[derive(Debug, Default)]
pub(super) struct FrameTimes {
    begun: Option<Instant>,
    logic: Duration,
    times: Vec<Duration>,
    next: usize,
}

/// Percentiles of a series of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Percentiles {
    pub(super) median: Duration,
    pub(super) p95: Duration,
    pub(super) p99: Duration,
    pub(super) worst: Duration,
}

impl FrameTimes {
    pub(super) fn begin(&mut self) {
        self.begun = Some(Instant::now());
    }

    pub(super) fn logic_done(&mut self) {
        self.logic = self.begun.take().map_or(Duration::ZERO, |begun| begun.elapsed());
    }

    pub(super) fn ui_begins(&mut self) {
        self.begun = Some(Instant::now());
    }

    pub(super) fn ui_done(&mut self) {
        let Some(begun) = self.begun.take() else { return };
        self.push(self.logic + begun.elapsed());
    }

    fn push(&mut self, time: Duration) {
        if self.times.len() < FRAMES {
            self.times.push(time);
        } else {
            self.times[self.next % FRAMES] = time;
            self.next += 1;
        }
    }

    /// Of the remembered frames; `None` before the first.
    pub(super) fn percentiles(&self) -> Option<Percentiles> {
        percentiles(&self.times)
    }

    pub(super) fn log(&self) {
        if let Some(Percentiles { median, p95, p99, worst }) = self.percentiles() {
            tracing::debug!(frames = self.times.len(), ?median, ?p95, ?p99, ?worst, "logic and ui of a frame");
        }
    }
}

/// Nearest rank; `None` of nothing.
pub(super) fn percentiles(times: &[Duration]) -> Option<Percentiles> {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let at = |share: f64| sorted[((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len()) - 1];
    (!sorted.is_empty()).then(|| Percentiles {
        median: at(0.5),
        p95: at(0.95),
        p99: at(0.99),
        worst: at(1.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_ranks() {
        let ms = Duration::from_millis;
        let all: Vec<_> = (1..=100).rev().map(ms).collect();
        let found = percentiles(&all).unwrap();
        assert_eq!((found.median, found.p95, found.p99, found.worst), (ms(50), ms(95), ms(99), ms(100)));
        assert_eq!(percentiles(&[]), None);
        assert_eq!(percentiles(&[ms(7)]).map(|p| (p.median, p.worst)), Some((ms(7), ms(7))));
    }

    #[test]
    fn the_newest_frames_stay() {
        let mut times = FrameTimes::default();
        for i in 0..FRAMES as u64 + 10 {
            times.push(Duration::from_nanos(i));
        }
        assert_eq!(times.times.len(), FRAMES);
        assert_eq!(times.times.iter().min(), Some(&Duration::from_nanos(10)));
    }
}
