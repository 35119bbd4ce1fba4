//! Replacements of the sample, so that the run that follows need not make them again: what the sample cost is then no loss.
//!
//! Known by the hash of the bytes they were made from and by the settings they were made with: a file that changed since,
//! or a run with other settings, finds nothing here.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::engine::settings::Settings;
use crate::engine::shrink::Shrunk;

/// Most bytes of replacements that are kept: some hundred of usual size.
const MOST_BYTES: u64 = 16 << 20;

/// Replacements by the hash of their originals.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    settings: Settings,
    /// Bytes that may still be kept.
    room: Mutex<u64>,
    done: Mutex<HashMap<u128, Done>>,
}

/// One replacement and what it cost.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) shrunk: Shrunk,
    /// Thread time of making it.
    pub(crate) took: Duration,
    /// CPU time of the same; zero where the system does not tell.
    pub(crate) cpu: Duration,
}

impl Kept {
    /// Nothing yet. `memory`: the run's bound, of which a sixteenth is used at most.
    pub(crate) fn new(settings: &Settings, memory: u64) -> Self {
        Self {
            settings: settings.clone(),
            room: Mutex::new(MOST_BYTES.min(memory / 16)),
            done: Mutex::default(),
        }
    }

    /// Keeps a replacement while there is room.
    pub(super) fn put(&self, hash: u128, done: Done) {
        let bytes = done.shrunk.bytes.len() as u64;
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(left) = room.checked_sub(bytes) {
            *room = left;
            self.done.lock().unwrap_or_else(PoisonError::into_inner).insert(hash, done);
        }
    }

    /// The replacement of the original with this hash, once.
    pub(crate) fn take(&self, hash: u128) -> Option<Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).remove(&hash)
    }

    /// These, for a run with `settings`; nothing for a run with others.
    pub(crate) fn for_run(self, settings: &Settings) -> Self {
        if self.settings == *settings { self } else { Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::metrics::StepTimes;
    use crate::engine::pixels::Size;

    fn done(bytes: usize) -> Done {
        let size = Size { width: 1, height: 1 };
        Done {
            shrunk: Shrunk {
                bytes: vec![0; bytes],
                before: size,
                after: size,
                flattened: false,
                notes: Vec::new(),
                steps: StepTimes::default(),
                quality: None,
                judged: Duration::ZERO,
            },
            took: Duration::ZERO,
            cpu: Duration::ZERO,
        }
    }

    #[test]
    fn each_is_given_once_and_only_for_the_same_settings() {
        let settings = Settings::default();
        let kept = Kept::new(&settings, 64 << 20);
        kept.put(1, done(10));
        kept.put(2, done(10));
        assert!(kept.take(3).is_none() && kept.take(1).is_some() && kept.take(1).is_none());
        let mut other = settings.clone();
        other.picture.quality = 80;
        assert!(kept.for_run(&other).take(2).is_none());
        let kept = Kept::new(&settings, 64 << 20);
        kept.put(2, done(10));
        assert!(kept.for_run(&settings).take(2).is_some());
    }

    #[test]
    fn what_has_no_room_is_made_again() {
        let kept = Kept::new(&Settings::default(), 1600);
        kept.put(1, done(60));
        kept.put(2, done(60));
        kept.put(3, done(40));
        assert!(kept.take(1).is_some() && kept.take(2).is_none() && kept.take(3).is_some());
    }
}
