//! How many reads are in flight: a number of its own, apart from the CPU workers, that finds itself.
//!
//! Starts from the kind of drive and climbs while workers starve and throughput rises; steps back when a step did not pay.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::engine::metrics::DriveKind;

/// Reads in flight at first, and at most, for each kind of drive.
pub(super) fn range_for(kind: DriveKind) -> (usize, usize) {
    match kind {
        // Latency dominates: measured on the slow drive, reads gain until 16 in flight and hold until 64.
        DriveKind::Network => (16, 64),
        // More requests than two turn a sequential read into seeks on a single disk; arrays and virtual disks call
        // themselves spinning too, and reward more.
        DriveKind::Spinning => (2, 16),
        DriveKind::Solid | DriveKind::Unknown => (4, 16),
        DriveKind::Memory => (2, 4),
    }
}

/// Shards worked on at once. Creates, renames and deletes inside one folder hardly overlap on Linux, across folders
/// they do: a slow drive wants many, elsewhere the second one only hides the end of the first.
pub(super) fn shards_in_flight(kind: DriveKind) -> usize {
    match kind {
        DriveKind::Network => 16,
        DriveKind::Spinning | DriveKind::Solid | DriveKind::Unknown | DriveKind::Memory => 2,
    }
}

/// Folders that are looked into at once. Where each request is a round trip, small folders must not wait for each other; elsewhere one
/// folder keeps all readers of headers busy, and its files lie together.
pub(super) fn folders_at_once(kind: DriveKind) -> usize {
    match kind {
        DriveKind::Network => shards_in_flight(kind),
        DriveKind::Spinning | DriveKind::Solid | DriveKind::Unknown | DriveKind::Memory => 1,
    }
}

/// Creates, syncs and retirements in flight inside one shard. Concurrent fsyncs share disk flushes.
pub(super) fn commits_in_flight(kind: DriveKind) -> usize {
    match kind {
        DriveKind::Network => 16,
        DriveKind::Spinning | DriveKind::Solid | DriveKind::Unknown => 8,
        DriveKind::Memory => 4,
    }
}

/// Lets a changing number of readers through.
#[derive(Debug)]
pub(super) struct Gate {
    state: Mutex<(usize, usize)>,
    changed: Condvar,
}

/// A reader that is through; leaves on drop.
pub(super) struct Through<'a>(&'a Gate);

impl Gate {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            state: Mutex::new((0, limit.max(1))),
            changed: Condvar::new(),
        }
    }

    /// Waits until fewer than the limit are through.
    pub(super) fn enter(&self) -> Through<'_> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.0 >= state.1 {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.0 += 1;
        Through(self)
    }

    pub(super) fn limit(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    pub(super) fn set_limit(&self, limit: usize) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1 = limit.max(1);
        self.changed.notify_all();
    }
}

impl Drop for Through<'_> {
    fn drop(&mut self) {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).0 -= 1;
        self.0.changed.notify_one();
    }
}

/// Decides the limit of a [`Gate`] from what was measured since it last looked.
#[derive(Debug)]
pub(super) struct Climber {
    most: usize,
    /// The step that is being tried: the limit before it and the throughput there.
    trying: Option<(usize, f64)>,
    /// No new step before this.
    rest_until: Option<Instant>,
}

/// A step must bring this much to be kept.
const GAIN: f64 = 1.05;

/// After a step that did not pay, the next is tried this much later.
const REST: Duration = Duration::from_secs(5);

impl Climber {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            trying: None,
            rest_until: None,
        }
    }

    /// `rate` in bytes a second since the last look; `starved`: workers waited for input most of that time.
    /// Returns the limit to set.
    pub(super) fn look(&mut self, now: Instant, limit: usize, rate: f64, starved: bool) -> usize {
        if let Some((before, rate_before)) = self.trying.take()
            && rate < rate_before * GAIN
        {
            self.rest_until = Some(now + REST);
            return before;
        }
        if !starved || limit >= self.most || self.rest_until.is_some_and(|t| now < t) {
            return limit;
        }
        self.trying = Some((limit, rate));
        (limit + limit.div_ceil(2)).min(self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A drive on which `limit` reads in flight bring `rate(limit)`.
    fn settle(rate: impl Fn(usize) -> f64, starved: bool) -> usize {
        let mut climber = Climber::new(64);
        let (mut limit, mut now) = (4, Instant::now());
        for _ in 0..40 {
            limit = climber.look(now, limit, rate(limit), starved);
            now += Duration::from_millis(500);
        }
        limit
    }

    #[test]
    fn climbs_while_it_pays() {
        assert!(settle(|n| n as f64, true) >= 60, "latency bound: all the way");
        let flat = settle(|n| n.min(9) as f64, true);
        assert!((9..=14).contains(&flat), "saturates at nine: {flat}");
        assert_eq!(settle(|n| n as f64, false), 4, "nobody starves: stays");
    }
}
