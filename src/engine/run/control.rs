//! Stopping and pausing from outside. Reasons to stop have an order: a stronger one replaces a weaker one.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::engine::metrics::StopReason;

/// Shared by a run and whoever started it.
#[derive(Debug, Default)]
pub struct Control {
    /// 0: go on; otherwise 1 + the reason's place in their order.
    reason: AtomicU8,
    pause: Mutex<Pause>,
    resumed: Condvar,
}

#[derive(Debug, Default)]
struct Pause {
    /// When the one that goes on began.
    since: Option<Instant>,
    /// How long those before took.
    before: Duration,
}

impl Pause {
    fn total(&self) -> Duration {
        self.before + self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

/// When a thread began to wait.
pub(super) struct Waiting {
    begun: Instant,
    paused: Duration,
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

    /// Holds back reads and images that were not begun; what is being worked on is finished and written.
    pub fn pause(&self) {
        self.lock().since.get_or_insert_with(Instant::now);
    }

    /// Goes on after [`pause`](Self::pause).
    pub fn resume(&self) {
        let mut pause = self.lock();
        pause.before = pause.total();
        pause.since = None;
        drop(pause);
        self.resumed.notify_all();
    }

    /// Whether new work is held back.
    pub fn is_paused(&self) -> bool {
        self.lock().since.is_some() && self.stopped().is_none()
    }

    /// A thread begins to wait.
    pub(super) fn waiting(&self) -> Waiting {
        Waiting {
            begun: Instant::now(),
            paused: self.lock().total(),
        }
    }

    /// How long it waited, pauses left out: they say nothing about what it waited for.
    pub(super) fn waited(&self, waiting: &Waiting) -> Duration {
        let paused = self.lock().total().saturating_sub(waiting.paused);
        waiting.begun.elapsed().saturating_sub(paused)
    }

    fn lock(&self) -> MutexGuard<'_, Pause> {
        self.pause.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nothing in flight should be begun any more.
    pub(super) fn insisted(&self) -> bool {
        self.stopped() == Some(StopReason::Insisted)
    }

    /// Returns at once unless paused. A stop ends a pause.
    pub(super) fn wait_while_paused(&self) {
        let mut pause = self.lock();
        while pause.since.is_some() && self.stopped().is_none() {
            pause = self
                .resumed
                .wait_timeout(pause, Duration::from_millis(200))
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

    #[test]
    fn a_pause_is_not_waited_for() {
        let control = Control::default();
        let pause = |millis| {
            control.pause();
            std::thread::sleep(Duration::from_millis(millis));
            control.resume();
        };
        pause(50);
        let (waiting, whole) = (control.waiting(), Instant::now());
        pause(40);
        pause(40);
        assert!(control.waited(&waiting) + Duration::from_millis(80) <= whole.elapsed());
    }
}
