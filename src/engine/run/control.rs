//! Stopping and pausing from outside. Reasons to stop have an order: a stronger one replaces a weaker one.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::engine::metrics::StopReason;

/// Shared by a run and whoever started it.
#[derive(Debug, Default)]
pub struct Control {
    /// 0: go on; otherwise 1 + the reason's place in their order.
    reason: AtomicU8,
    paused: Mutex<bool>,
    resumed: Condvar,
}

const ORDER: [StopReason; 4] = [
    StopReason::TooManyFailures,
    StopReason::DiskFull,
    StopReason::Asked,
    StopReason::Insisted,
];

impl Control {
    /// Stops the run. What is in flight is finished, unless the reason is [`StopReason::Insisted`]. Tells whether the
    /// reason is news: stronger than what stood before.
    pub fn stop(&self, reason: StopReason) -> bool {
        let rank = 1 + ORDER.iter().position(|r| *r == reason).unwrap_or(0) as u8;
        let before = self.reason.fetch_max(rank, Ordering::SeqCst);
        self.resume();
        before < rank
    }

    /// Why the run should stop, if it should.
    pub fn stopped(&self) -> Option<StopReason> {
        let rank = self.reason.load(Ordering::SeqCst);
        rank.checked_sub(1).map(|i| ORDER[usize::from(i)])
    }

    /// Holds back new reads; what was read is finished.
    pub fn pause(&self) {
        *self.paused.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    /// Goes on after [`pause`](Self::pause).
    pub fn resume(&self) {
        *self.paused.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.resumed.notify_all();
    }

    /// Whether nothing in flight should be begun any more.
    pub(super) fn insisted(&self) -> bool {
        self.stopped() == Some(StopReason::Insisted)
    }

    /// Returns at once unless paused. A stop ends a pause.
    pub(super) fn wait_while_paused(&self) {
        let mut paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        while *paused && self.stopped().is_none() {
            paused = self
                .resumed
                .wait_timeout(paused, Duration::from_millis(200))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stronger_reasons_win() {
        let control = Control::default();
        assert_eq!(control.stopped(), None);
        for (stop, then, news) in [
            (StopReason::DiskFull, StopReason::DiskFull, true),
            (StopReason::DiskFull, StopReason::DiskFull, false),
            (StopReason::TooManyFailures, StopReason::DiskFull, false),
            (StopReason::Asked, StopReason::Asked, true),
            (StopReason::Insisted, StopReason::Insisted, true),
            (StopReason::Asked, StopReason::Insisted, false),
        ] {
            assert_eq!(control.stop(stop), news);
            assert_eq!(control.stopped(), Some(then));
        }
        control.pause();
        control.wait_while_paused();
    }
}
