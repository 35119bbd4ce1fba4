//! Which files are being worked on at this moment: what a person looks for when a run seems to stand still. Bounded, and
//! nearly free: a thread that begins a file takes one of a fixed number of slots, and where none is free at once the file is
//! counted but not listed. No thread of a run ever waits here for more than the copying of one name.

use std::ffi::{OsStr, OsString};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use super::phases::Phase;

/// Files that are listed at most: more than threads of a run on an ordinary machine.
const SLOTS: usize = 128;

/// Slots that are tried before a file goes without one.
const TRIES: usize = 8;

/// A file that is being worked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InHand {
    /// What is being done with it.
    pub phase: Phase,
    /// Its name inside the shard.
    pub name: OsString,
    /// For how long.
    pub time: Duration,
}

/// All slots of a run.
#[derive(Debug)]
pub(super) struct Hands {
    slots: Vec<Mutex<Option<Held>>>,
    next: AtomicUsize,
    counts: [AtomicUsize; 3],
}

#[derive(Debug)]
struct Held {
    phase: Phase,
    name: OsString,
    begun: Instant,
}

/// A file is being worked on until this is dropped.
#[derive(Debug)]
#[must_use = "the file is in hand as long as this lives"]
pub struct Holding<'a> {
    hands: &'a Hands,
    phase: Phase,
    slot: Option<usize>,
}

impl Hands {
    pub(super) fn new() -> Self {
        Self {
            slots: (0..SLOTS).map(|_| Mutex::new(None)).collect(),
            next: AtomicUsize::new(0),
            counts: [const { AtomicUsize::new(0) }; 3],
        }
    }

    pub(super) fn hold(&self, phase: Phase, name: &OsStr) -> Holding<'_> {
        self.counts[phase as usize].fetch_add(1, Relaxed);
        let first = self.next.fetch_add(1, Relaxed);
        let slot = (0..TRIES).map(|n| first.wrapping_add(n) % SLOTS).find(|&slot| {
            // A slot that somebody looks at is as good as taken.
            let Ok(mut slot) = self.slots[slot].try_lock() else { return false };
            let free = slot.is_none();
            if free {
                *slot = Some(Held {
                    phase,
                    name: name.to_owned(),
                    begun: Instant::now(),
                });
            }
            free
        });
        Holding { hands: self, phase, slot }
    }

    /// How many files are in hand in a phase, listed or not.
    pub(super) fn count(&self, phase: Phase) -> usize {
        self.counts[phase as usize].load(Relaxed)
    }

    /// Those about to be done first, and of one phase the longest in hand first.
    pub(super) fn list(&self) -> Vec<InHand> {
        let mut all: Vec<InHand> = self
            .slots
            .iter()
            .filter_map(|slot| match slot.try_lock() {
                Ok(held) => held.as_ref().map(Held::look),
                Err(TryLockError::Poisoned(held)) => held.into_inner().as_ref().map(Held::look),
                // It is changing at this moment.
                Err(TryLockError::WouldBlock) => None,
            })
            .collect();
        all.sort_by_key(|file| (std::cmp::Reverse(file.phase as usize), std::cmp::Reverse(file.time)));
        all
    }
}

impl Held {
    fn look(&self) -> InHand {
        InHand {
            phase: self.phase,
            name: self.name.clone(),
            time: self.begun.elapsed(),
        }
    }
}

impl Drop for Holding<'_> {
    fn drop(&mut self) {
        if let Some(slot) = self.slot {
            *self.hands.slots[slot].lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        self.hands.counts[self.phase as usize].fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_about_to_be_done_comes_first() {
        let hands = Hands::new();
        let load = hands.hold(Phase::Load, OsStr::new("a.png"));
        let _first = hands.hold(Phase::Write, OsStr::new("b.png"));
        std::thread::sleep(Duration::from_millis(2));
        let _second = hands.hold(Phase::Write, OsStr::new("c.png"));
        let names = || hands.list().into_iter().map(|file| file.name).collect::<Vec<_>>();
        assert_eq!(names(), ["b.png", "c.png", "a.png"]);
        drop(load);
        assert_eq!(names(), ["b.png", "c.png"]);
        assert_eq!((hands.count(Phase::Load), hands.count(Phase::Write)), (0, 2));
    }

    #[test]
    fn past_its_slots_it_counts_and_recovers() {
        let hands = Hands::new();
        let mut held: Vec<_> = (0..2 * SLOTS).map(|_| hands.hold(Phase::Load, OsStr::new("x"))).collect();
        assert_eq!((hands.list().len(), hands.count(Phase::Load)), (SLOTS, 2 * SLOTS));
        held.clear();
        assert_eq!((hands.list().len(), hands.count(Phase::Load)), (0, 0));
        let _one = hands.hold(Phase::Load, OsStr::new("y"));
        assert_eq!(hands.list().len(), 1);
    }

    #[test]
    fn threads_and_an_onlooker_lose_nothing() {
        let hands = Hands::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..2_000 {
                        drop(hands.hold(Phase::Process, OsStr::new("x.png")));
                    }
                });
            }
            for _ in 0..200 {
                assert!(hands.list().len() <= 4);
            }
        });
        assert_eq!((hands.list().len(), hands.count(Phase::Process)), (0, 0));
    }
}
