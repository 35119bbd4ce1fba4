//! Bounds on memory: byte semaphores, first come, first served.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A number of bytes that may be in flight. Requests are served in order of arrival, so a large one is never starved by
/// small ones; one larger than the whole budget takes all of it and so is alone.
#[derive(Debug)]
pub(super) struct Budget {
    total: u64,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    used: u64,
    next_ticket: u64,
    serving: u64,
}

/// Bytes taken from a [`Budget`], given back on drop.
#[derive(Debug)]
pub(super) struct Permit {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Budget {
    /// `total` bytes, at least 1.
    pub(super) fn new(total: u64) -> Arc<Self> {
        Arc::new(Self {
            total: total.max(1),
            state: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    /// The whole budget, bytes.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Waits for its turn and for `bytes` to be free.
    pub(super) fn take(self: &Arc<Self>, bytes: u64) -> Permit {
        let bytes = bytes.min(self.total);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        while state.serving != ticket || state.used + bytes > self.total {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.used += bytes;
        state.serving += 1;
        self.changed.notify_all();
        Permit {
            budget: Arc::clone(self),
            bytes,
        }
    }

    /// `bytes`, where they are free and nobody waits.
    pub(super) fn try_take(self: &Arc<Self>, bytes: u64) -> Option<Permit> {
        let bytes = bytes.min(self.total);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.serving != state.next_ticket || state.used + bytes > self.total {
            return None;
        }
        state.used += bytes;
        Some(Permit {
            budget: Arc::clone(self),
            bytes,
        })
    }

    /// Whether somebody waits: a committer that gathers a batch should not gather longer then.
    pub(super) fn is_short(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.next_ticket > state.serving
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.budget.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.used -= self.bytes;
        self.budget.changed.notify_all();
    }
}

/// How the memory of a run is divided. Each share is taken after the one before it and given back on its own, so the
/// shares never wait for each other in a circle.
pub(super) struct Budgets {
    /// Bytes of files that were read and not yet decoded.
    pub(super) loaded: Arc<Budget>,
    /// Memory of images being decoded, resized, encoded and verified.
    pub(super) working: Arc<Budget>,
    /// Bytes of replacements that are not yet on disk.
    pub(super) waiting: Arc<Budget>,
}

impl Budgets {
    /// Half to the work itself, an eighth each to files read ahead and to finished replacements. The last quarter is not
    /// given out: the program itself, thread stacks, codecs' small change and what the allocator has not given back.
    pub(super) fn new(memory: u64) -> Self {
        Self {
            loaded: Budget::new(memory / 8),
            working: Budget::new(memory / 2),
            waiting: Budget::new(memory / 8),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn never_more_than_the_total_and_larger_ones_are_alone() {
        let budget = Budget::new(100);
        let (now, worst) = (AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            for n in 0..8u64 {
                let (budget, now, worst) = (&budget, &now, &worst);
                scope.spawn(move || {
                    for k in 0..50u64 {
                        let bytes = if (n + k) % 10 == 0 { 1_000 } else { 1 + (n * 7 + k * 13) % 60 };
                        let permit = budget.take(bytes);
                        let used = now.fetch_add(bytes.min(100), Ordering::SeqCst) + bytes.min(100);
                        worst.fetch_max(used, Ordering::SeqCst);
                        thread::yield_now();
                        now.fetch_sub(bytes.min(100), Ordering::SeqCst);
                        drop(permit);
                    }
                });
            }
        });
        assert!(worst.load(Ordering::SeqCst) <= 100, "{worst:?}");
        assert!(!budget.is_short());
        let half = budget.try_take(60).expect("all is free");
        assert!(budget.try_take(60).is_none());
        drop(half);
        assert!(budget.try_take(1_000).is_some());
        assert_eq!(budget.state.lock().expect("no panic").used, 0);
    }
}
