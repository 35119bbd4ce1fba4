//! Replacements of the sample, so that the run that follows need not make them again: what the sample cost is then no loss.
//!
//! Known by the hash of the bytes they were made from and by the settings they were made with: a file that changed since,
//! or a run with other settings, finds nothing here. For a short while the file need not even be read again to be known.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::engine::disk::{Attributes, Identity};
use crate::engine::settings::Settings;
use crate::engine::shrink::Shrunk;

/// Most bytes of replacements that are kept: some hundred of usual size.
const MOST_BYTES: u64 = 16 << 20;

/// So long a file that looks unchanged (number, length, time) is taken for the one that was read. About as long as an image of a run may
/// wait for its batch, for which the same is believed; past that its bytes are read again and must have the same hash.
const FRESH: Duration = Duration::from_secs(60);

/// Replacements by the hash of their originals.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    settings: Settings,
    /// Bytes that may still be kept.
    room: Mutex<u64>,
    done: Mutex<Made>,
}

#[derive(Debug, Default)]
struct Made {
    by_hash: HashMap<u128, Done>,
    /// Hashes by file system and number of a file.
    by_file: HashMap<(u64, u64), u128>,
}

/// The file that a replacement was made from, as it was when it was read.
#[derive(Debug, Clone)]
pub(crate) struct Original {
    pub(crate) identity: Identity,
    pub(crate) attributes: Attributes,
    /// XXH3-128 of its bytes.
    pub(crate) hash: u128,
    /// When its reading began.
    pub(crate) read: Instant,
    /// How long that took.
    pub(crate) took: Duration,
}

/// One replacement and what it cost.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) original: Original,
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
    pub(super) fn put(&self, done: Done) {
        let bytes = done.shrunk.bytes.len() as u64;
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(left) = room.checked_sub(bytes) {
            *room = left;
            let Original { identity, hash, .. } = done.original;
            let mut made = self.done.lock().unwrap_or_else(PoisonError::into_inner);
            // Without a number nobody knows which file it is.
            if identity.inode != 0 {
                made.by_file.insert((identity.device, identity.inode), hash);
            }
            made.by_hash.insert(hash, done);
        }
    }

    /// The replacement of the original with this hash, once.
    pub(crate) fn take(&self, hash: u128) -> Option<Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).by_hash.remove(&hash)
    }

    /// The replacement of this file, once, where the file was read a moment ago and has not changed since as far as the plan saw it.
    pub(crate) fn take_fresh(&self, planned: &Identity) -> Option<Done> {
        let mut made = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let hash = *made.by_file.get(&(planned.device, planned.inode))?;
        let original = &made.by_hash.get(&hash)?.original;
        if !original.identity.unchanged(planned) || original.read.elapsed() > FRESH {
            return None;
        }
        made.by_hash.remove(&hash)
    }

    /// These, for a run with `settings`; nothing for a run with others.
    pub(crate) fn for_run(self, settings: &Settings) -> Self {
        if self.settings == *settings { self } else { Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::disk::Extended;
    use crate::engine::metrics::StepTimes;
    use crate::engine::pixels::Size;

    fn done(hash: u128, bytes: usize) -> Done {
        let size = Size { width: 1, height: 1 };
        Done {
            original: Original {
                identity: identity(hash as u64),
                attributes: Attributes {
                    owner: None,
                    readonly: false,
                    modified_ns: 0,
                    accessed_ns: 0,
                    extended: Extended::Unknown,
                },
                hash,
                read: Instant::now(),
                took: Duration::ZERO,
            },
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

    fn identity(inode: u64) -> Identity {
        Identity {
            device: 1,
            inode,
            len: 10,
            modified_ns: 5,
            links: 1,
        }
    }

    #[test]
    fn a_file_that_was_just_read_is_known_without_its_bytes() {
        let kept = Kept::new(&Settings::default(), 64 << 20);
        kept.put(done(1, 10));
        let other = |change: fn(&mut Identity)| {
            let mut identity = identity(1);
            change(&mut identity);
            kept.take_fresh(&identity).is_some()
        };
        assert!(!other(|i| i.inode = 2) && !other(|i| i.len = 11) && !other(|i| i.modified_ns = 6) && !other(|i| i.device = 2));
        assert!(other(|_| {}) && !other(|_| {}), "once");
        assert!(kept.take(1).is_none(), "in one way or the other");

        let mut old = done(3, 10);
        if let Some(then) = Instant::now().checked_sub(FRESH + Duration::from_secs(1)) {
            old.original.read = then;
            kept.put(old);
            assert!(
                kept.take_fresh(&identity(3)).is_none() && kept.take(3).is_some(),
                "only by its hash"
            );
        }

        // Without a number it is nobody's.
        kept.put(done(0, 10));
        assert!(kept.take_fresh(&identity(0)).is_none() && kept.take(0).is_some());
    }

    #[test]
    fn each_is_given_once_and_only_for_the_same_settings() {
        let settings = Settings::default();
        let kept = Kept::new(&settings, 64 << 20);
        kept.put(done(1, 10));
        kept.put(done(2, 10));
        assert!(kept.take(3).is_none() && kept.take(1).is_some() && kept.take(1).is_none());
        let mut other = settings.clone();
        other.picture.quality = 80;
        assert!(kept.for_run(&other).take(2).is_none());
        let kept = Kept::new(&settings, 64 << 20);
        kept.put(done(2, 10));
        assert!(kept.for_run(&settings).take(2).is_some());
    }

    #[test]
    fn what_has_no_room_is_made_again() {
        let kept = Kept::new(&Settings::default(), 1600);
        kept.put(done(1, 60));
        kept.put(done(2, 60));
        kept.put(done(3, 40));
        assert!(kept.take(1).is_some() && kept.take(2).is_none() && kept.take(3).is_some());
    }
}
