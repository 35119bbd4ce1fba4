//! One run a shard: a locked file, which the system unlocks even when a process is killed.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::files::ensure_folder;
use super::journal;
use super::names::Home;
use super::state;
use crate::engine::disk::{Disk, DiskError, LockGuard, Trouble};

/// More text than this is not ours.
const LONGEST_TEXT: u64 = 4096;

/// A lock that is held is tried this often …
const LOOKS: u32 = 4;
/// … after such waits.
const LOOK: Duration = Duration::from_millis(5);

/// A shard that belongs to this run until the value is dropped, which also removes what is empty.
#[derive(Debug)]
pub(crate) struct ShardLock {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) home: Home,
    guard: Option<Box<dyn LockGuard>>,
}

/// Why a shard could not be locked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    /// Another run works on it.
    #[error("another run is working on this folder ({by})")]
    Held {
        /// Who, as the lock file says.
        by: String,
    },
    /// The lock could not be taken at all.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// Takes the lock of a shard for the run named `run`, creating `.shardpress` where needed.
pub(crate) fn lock(disk: &Arc<dyn Disk>, shard: &Path, run: &str) -> Result<ShardLock, LockError> {
    let home = Home::new(shard);
    let path = home.lock();
    // Whoever ends removes `.shardpress` when it is empty: it may go between our two steps, but not for ever.
    let mut rounds = 0;
    let mut held = 0;
    let guard = loop {
        match ensure_folder(disk.as_ref(), &home.folder()).and_then(|_| disk.lock(&path)) {
            Err(error) if matches!(error.kind(), Trouble::Vanished | Trouble::Exists) && rounds < 64 => rounds += 1,
            // Perhaps only somebody who looks how the shard stands, which takes no time.
            Ok(None) if held < LOOKS => {
                held += 1;
                std::thread::sleep(LOOK);
            }
            other => break other?,
        }
    };
    let Some(mut guard) = guard else {
        return Err(LockError::Held {
            by: holder(disk.as_ref(), &path),
        });
    };
    let host = host();
    let now = OffsetDateTime::now_utc();
    let since = now.replace_nanosecond(0).unwrap_or(now).format(&Rfc3339).unwrap_or_default();
    // Only a courtesy to whoever finds it held: a full drive must not keep a shard from being recovered.
    let _ = guard.describe(&format!("run {run}\nprocess {}\nhost {host}\nsince {since}\n", std::process::id()));
    Ok(ShardLock {
        disk: Arc::clone(disk),
        home,
        guard: Some(guard),
    })
}

/// Is there a journal of an unfinished run, or the mark of an unfinished undo? Its run id (empty where it broke off before
/// that). Touches nothing and takes no lock.
pub(crate) fn pending(disk: &dyn Disk, shard: &Path) -> Result<Option<String>, DiskError> {
    let home = Home::new(shard);
    if !disk.is_folder(&home.folder())? {
        return Ok(None);
    }
    match journal::run_of(disk, &home.journal())? {
        None => state::marked(disk, &home),
        run => Ok(run),
    }
}

/// Who holds the lock of a shard right now; `None`: nobody. A lock file that a killed program left is not held.
pub(super) fn held_by(disk: &dyn Disk, home: &Home) -> Result<Option<String>, DiskError> {
    let path = home.lock();
    if disk.stat(&path)?.is_none() {
        return Ok(None);
    }
    match disk.lock(&path) {
        // Let go at once; whoever starts just now tries again.
        Ok(Some(_guard)) => Ok(None),
        Ok(None) => Ok(Some(holder(disk, &path))),
        // Where nothing can be written nobody works either.
        Err(error) if matches!(error.kind(), Trouble::ReadOnly | Trouble::Permission | Trouble::Vanished) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What the lock file says, on one line.
fn holder(disk: &dyn Disk, path: &Path) -> String {
    let text = disk.open(path).and_then(|file| file.read_all(LONGEST_TEXT));
    let text = text.map(|bytes| String::from_utf8_lossy(&bytes).trim().replace('\n', ", "));
    text.ok()
        .filter(|text| !text.is_empty())
        .unwrap_or_else(|| "its lock does not say which".to_owned())
}

#[cfg(unix)]
fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_default()
}

impl ShardLock {
    /// The shard it locks.
    pub(crate) fn shard(&self) -> &Path {
        &self.home.shard
    }
}

impl Drop for ShardLock {
    fn drop(&mut self) {
        // The name goes while the lock is held, so that nobody else's lock is removed; whoever waits for this file
        // sees that its name is gone and starts again. An error here leaves an unlocked file, which does no harm.
        if self.guard.is_some() {
            let _ = self.disk.remove_file(&self.home.lock());
        }
        self.guard = None;
        // Refused while anything is in it.
        let _ = self.disk.remove_dir(&self.home.folder());
    }
}
