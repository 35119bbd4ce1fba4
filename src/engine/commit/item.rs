//! The steps of one replacement. Every error path answers two questions: what is on the disk now, and could a
//! picture be lost? Only files that were created here are ever removed, and only after the original was just
//! seen; where that cannot be known, everything stays and the journal stays with it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::failure::CommitFailure;
use super::files::{Target, content_hash, hash_file, move_file, remove_file, settle_move, write_new};
use super::give_up::{changed, taken, vanished};
use super::journal::Intent;
use super::mount::Mount;
use super::names::{Home, Place};
use crate::engine::disk::{Attributes, Disk, DiskError, Identity, Trouble};
use crate::engine::metrics::thread_cpu_time;
use crate::engine::settings::{Mtime, Verify};

/// How one replacement takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Under another name than the original's, which retires afterwards.
    New,
    /// Renamed over the original.
    Over,
    /// The original steps aside, the replacement takes its name; nothing is ever overwritten.
    Park,
}

/// One replacement on its way.
pub(super) struct Item {
    pub(super) way: Way,
    pub(super) intent: Intent,
    pub(super) source: PathBuf,
    pub(super) output: PathBuf,
    /// First place of the replacement: temporary or final.
    first: PathBuf,
    pub(super) kept: Option<PathBuf>,
    bytes: Vec<u8>,
    /// Our file: where it is now and who it is.
    pub(super) made: Option<(PathBuf, Identity)>,
    /// Extended attributes of the original that it did not take.
    pub(super) lost: Vec<String>,
    /// Our file is complete, durable and checked.
    pub(super) complete: bool,
    /// The kept original is a second name of the original so far.
    pub(super) linked: bool,
    /// The original is at its kept place, and its name is free.
    pub(super) parked: bool,
    /// The journal knows of it.
    pub(super) announced: bool,
    /// Items with the same number succeed or fail together; `None`: alone.
    pub(super) group: Option<usize>,
    /// Of an edit: the item with which its time is counted.
    pub(super) charge: Option<usize>,
    pub(super) fate: Fate,
    pub(super) busy: Duration,
    /// CPU time within it; zero where the system does not tell.
    pub(super) cpu: Duration,
}

/// Where an item stands.
pub(super) enum Fate {
    /// On its way.
    Going,
    /// The original has retired; its folder is not synced yet.
    Retired,
    /// Replaced.
    Committed,
    /// Given up. `clean`: nothing of it is left that the journal must remember.
    Failed { failure: CommitFailure, clean: bool },
}

/// The original, looked at again.
pub(super) enum Source {
    /// It is the file that was read.
    AsRead,
    /// Its name has another content, or is no regular file any more.
    Changed,
    /// Its name is gone.
    Vanished,
    /// Nobody knows.
    Unknown(DiskError),
}

/// What every step needs.
pub(super) struct Shop<'a> {
    pub(super) disk: &'a dyn Disk,
    pub(super) home: &'a Home,
    pub(super) run: &'a str,
    pub(super) mount: Mount,
    pub(super) verify: Verify,
    pub(super) mtime: Mtime,
}

pub(super) const UNTOUCHED: &str = "The original is untouched.";

impl Item {
    pub(super) fn new(shop: &Shop<'_>, way: Way, intent: Intent, bytes: Vec<u8>) -> Self {
        let source = shop.home.shard.join(&intent.source.0);
        let output = shop.home.shard.join(&intent.output.0);
        let mut item = Self {
            way,
            intent,
            source,
            first: output.clone(),
            output,
            kept: None,
            bytes,
            made: None,
            lost: Vec::new(),
            complete: false,
            linked: false,
            parked: false,
            announced: false,
            group: None,
            charge: None,
            fate: Fate::Going,
            busy: Duration::ZERO,
            cpu: Duration::ZERO,
        };
        item.arrange(shop, way);
        item
    }

    /// Takes the way and the places that its intent names.
    pub(super) fn arrange(&mut self, shop: &Shop<'_>, way: Way) {
        let path = |place: &Place| place.path(shop.home, shop.run);
        self.way = way;
        self.first = self.intent.temp.as_ref().map_or_else(|| self.output.clone(), path);
        self.kept = self.intent.kept.as_ref().map(path);
    }

    pub(super) fn is_going(&self) -> bool {
        matches!(self.fate, Fate::Going)
    }

    pub(super) fn is_retired(&self) -> bool {
        matches!(self.fate, Fate::Retired)
    }

    /// Ends here with nothing of ours left.
    pub(super) fn fail(&mut self, failure: CommitFailure) {
        self.fate = Fate::Failed { failure, clean: true };
    }

    /// Ends here, and the journal must stay for the next run to settle it.
    pub(super) fn fail_open(&mut self, mut failure: CommitFailure) {
        failure.message.push_str(" The next run will settle what is left of it.");
        self.fate = Fate::Failed { failure, clean: false };
    }

    pub(super) fn has_failed(&self) -> bool {
        matches!(self.fate, Fate::Failed { .. })
    }

    /// Runs one step and adds its time.
    pub(super) fn timed(&mut self, step: impl FnOnce(&mut Self)) {
        let (begin, cpu) = (Instant::now(), thread_cpu_time());
        step(self);
        self.busy += begin.elapsed();
        if let (Some(before), Some(after)) = (cpu, thread_cpu_time()) {
            self.cpu += after.saturating_sub(before);
        }
    }
}

impl Shop<'_> {
    /// Before anything is announced: is the original still the file that was read, and is the name free?
    pub(super) fn look_first(&self, item: &mut Item) {
        match self.source_now(item) {
            Source::AsRead => {}
            Source::Changed => return item.fail(changed(item)),
            Source::Vanished => return item.fail(vanished(item, "Nothing was created.")),
            Source::Unknown(error) => return item.fail(CommitFailure::from_disk(&error, "Nothing was touched.")),
        }
        if item.intent.same_name() {
            return;
        }
        match self.disk.stat(&item.output) {
            Ok(None) => {}
            Ok(Some(_)) => item.fail(taken(item)),
            Err(error) if error.kind() == Trouble::NotRegular => item.fail(taken(item)),
            Err(error) => item.fail(CommitFailure::from_disk(&error, UNTOUCHED)),
        }
    }

    /// Creates, writes, syncs and checks the replacement; links the original where it will be renamed over; gives a
    /// staged file of a new name that name.
    pub(super) fn stage(&self, item: &mut Item) {
        // Parking without a temporary: the final name is the original's until it steps aside.
        if item.way == Way::Park && item.intent.temp.is_none() {
            return;
        }
        if self.write(item).is_err() {
            return;
        }
        match item.way {
            Way::New if item.intent.temp.is_some() => self.publish(item),
            Way::Over => self.link(item),
            _ => {}
        }
    }

    /// Writes the replacement at its first place and checks it. On failure the item has failed.
    fn write(&self, item: &mut Item) -> Result<(), ()> {
        let path = item.first.clone();
        match write_new(self.disk, &path, &item.bytes, &self.attributes(item)) {
            Ok(made) => {
                item.lost = made.lost;
                item.made = Some((path.clone(), made.identity));
            }
            Err(failed) => {
                let failure = CommitFailure::from_disk(&failed.error, UNTOUCHED);
                match failed.made {
                    Some(made) => {
                        item.made = Some((path, made));
                        self.give_up(item, failure);
                    }
                    None if failed.error.kind() == Trouble::Exists && item.intent.temp.is_none() => item.fail(taken(item)),
                    // An error does not mean that nothing was created: look. What is there is left alone.
                    None if matches!(self.disk.stat(&path), Ok(None)) => item.fail(failure),
                    None => item.fail_open(failure),
                }
                return Err(());
            }
        }
        let checked = self.check(item, &path);
        match checked {
            Ok(now) => {
                item.made = Some((path, now));
                item.complete = true;
                item.bytes = Vec::new();
                Ok(())
            }
            Err(failure) => {
                self.give_up(item, failure);
                Err(())
            }
        }
    }

    /// What the new file gets of the original's. An edited file always gets a time of its own, since whoever copies what changed
    /// goes by times, and this file's length may be the same.
    fn attributes(&self, item: &Item) -> Attributes {
        let mut attributes = item.intent.attributes.clone();
        if self.mtime == Mtime::Now || item.intent.is_edit() {
            attributes.modified_ns = now().as_nanos() as i128;
        }
        attributes
    }

    /// What lies on the disk against what was written.
    fn check(&self, item: &Item, path: &Path) -> Result<Identity, CommitFailure> {
        let disk_failed = |error: DiskError| CommitFailure::from_disk(&error, UNTOUCHED);
        let wrong = |what: &str| {
            let message = format!("{} {what} after it was written and synced. {UNTOUCHED}", path.display());
            CommitFailure::new("verify", message)
        };
        let now = self.disk.stat(path).map_err(disk_failed)?.ok_or_else(|| wrong("is missing"))?;
        if now.len != item.bytes.len() as u64 {
            return Err(wrong(&format!("has {} bytes instead of {}", now.len, item.bytes.len())));
        }
        if self.verify == Verify::Reread {
            let bytes = self.disk.open(path).and_then(|file| file.read_back(now.len)).map_err(disk_failed)?;
            if bytes != item.bytes {
                return Err(wrong("reads back differently"));
            }
        }
        Ok(now)
    }

    /// From our temporary name to the final one, which must be free.
    fn publish(&self, item: &mut Item) {
        let Some((from, made)) = item.made.clone() else { return };
        match move_file(self.disk, &from, &item.output, &made, Target::Anybodys) {
            Ok(()) => item.made = Some((item.output.clone(), made)),
            Err(error) if error.kind() == Trouble::Exists => self.give_up(item, taken(item)),
            Err(error) => self.give_up(item, CommitFailure::from_disk(&error, UNTOUCHED)),
        }
    }

    /// A second name for the original, where it has a place, so that the rename over it leaves it kept. Where the system does not allow links
    /// to other people's files, the original is parked instead: recovery treats both alike.
    fn link(&self, item: &mut Item) {
        let Some(kept) = item.kept.clone() else { return };
        match self.disk.hard_link(&item.source, &kept) {
            Ok(()) => item.linked = true,
            Err(error) => match self.disk.stat(&kept) {
                Ok(None) if matches!(error.kind(), Trouble::Unsupported | Trouble::Permission) => item.way = Way::Park,
                // Reported as failed, and there all the same: ours if it is the very same file.
                Ok(Some(now)) if now.same_file(&item.intent.seen) => item.linked = true,
                _ => self.give_up(item, CommitFailure::from_disk(&error, UNTOUCHED)),
            },
        }
    }

    /// Before anything that belongs to it retires: is the original still the file that was read?
    pub(super) fn look_again(&self, item: &mut Item) {
        match self.source_now(item) {
            Source::AsRead => {}
            Source::Changed => self.give_up(item, changed(item)),
            Source::Vanished => self.give_up(item, vanished(item, "")),
            Source::Unknown(error) => item.fail_open(CommitFailure::from_disk(&error, "Original and replacement were both left.")),
        }
    }

    /// The original leaves, the last moment it is looked at being just before.
    pub(super) fn retire(&self, item: &mut Item) {
        self.look_again(item);
        if !item.is_going() {
            return;
        }
        let retired = match (item.way, item.kept.clone()) {
            (Way::New, None) => self.delete(item),
            (Way::New, Some(kept)) => self.step_aside(item, &kept),
            (Way::Over, _) => self.rename_over(item),
            // On its way still: the next step begins when this one is durable.
            (Way::Park, Some(kept)) => return item.parked = self.step_aside(item, &kept),
            (Way::Park, None) => no_place_to_park(item),
        };
        if retired {
            item.fate = Fate::Retired;
        }
    }

    fn delete(&self, item: &mut Item) -> bool {
        match remove_file(self.disk, &item.source) {
            Ok(()) => true,
            Err(error) => {
                self.give_up(item, CommitFailure::from_disk(&error, UNTOUCHED));
                false
            }
        }
    }

    /// The original's name to the place of kept originals; back, if it turns out to be another file.
    fn step_aside(&self, item: &mut Item, kept: &Path) -> bool {
        let seen = item.intent.seen;
        if let Err(error) = move_file(self.disk, &item.source, kept, &seen, Target::Ours) {
            self.give_up(item, CommitFailure::from_disk(&error, UNTOUCHED));
            return false;
        }
        match self.disk.stat(kept) {
            Ok(Some(now))
                if now.unchanged(&seen) || (self.mount.loose_inodes && now.len == seen.len && now.modified_ns == seen.modified_ns) =>
            {
                true
            }
            Ok(Some(now)) => {
                // Replaced between the look and the rename. It is somebody's file: back to its name with it.
                match move_file(self.disk, kept, &item.source, &now, Target::Anybodys) {
                    Ok(()) => self.give_up(item, changed(item)),
                    Err(error) => {
                        let where_now = format!("The file that had its name is now {}.", kept.display());
                        item.fail_open(CommitFailure::from_disk(&error, &where_now));
                    }
                }
                false
            }
            Ok(None) => {
                let message = format!("{} was moved to {} and is not there.", item.source.display(), kept.display());
                item.fail_open(CommitFailure::new("io", message));
                false
            }
            Err(error) => {
                let where_now = format!("The original was moved to {}.", kept.display());
                item.fail_open(CommitFailure::from_disk(&error, &where_now));
                false
            }
        }
    }

    fn rename_over(&self, item: &mut Item) -> bool {
        let Some((from, made)) = item.made.clone() else { return false };
        let told = self.disk.rename_over(&from, &item.source);
        match settle_move(self.disk, &from, &item.source, &made, told) {
            Ok(()) => {
                item.made = Some((item.output.clone(), made));
                true
            }
            Err(error) => {
                self.give_up(item, CommitFailure::from_disk(&error, UNTOUCHED));
                false
            }
        }
    }

    /// The original is parked, durably: the replacement takes its name, or the original gets it back.
    pub(super) fn take_place(&self, item: &mut Item) {
        let placed = match item.made.clone() {
            Some((from, made)) => match move_file(self.disk, &from, &item.output, &made, Target::Anybodys) {
                Ok(()) => {
                    item.made = Some((item.output.clone(), made));
                    Ok(())
                }
                Err(error) => Err(CommitFailure::from_disk(&error, UNTOUCHED)),
            },
            None => self.write_in_place(item),
        };
        match placed {
            Ok(()) => item.fate = Fate::Retired,
            Err(failure) => self.step_back(item, failure),
        }
    }

    /// Writes the replacement under the name that the parked original has just left.
    fn write_in_place(&self, item: &mut Item) -> Result<(), CommitFailure> {
        match write_new(self.disk, &item.output, &item.bytes, &self.attributes(item)) {
            Ok(made) => {
                item.lost = made.lost;
                item.made = Some((item.output.clone(), made.identity));
            }
            Err(failed) => {
                item.made = failed.made.map(|made| (item.output.clone(), made));
                return Err(CommitFailure::from_disk(&failed.error, UNTOUCHED));
            }
        }
        let now = self.check(item, &item.output)?;
        item.made = Some((item.output.clone(), now));
        item.complete = true;
        item.bytes = Vec::new();
        Ok(())
    }

    /// The original that stepped aside goes, now that the replacement has its name durably (`delete` only).
    pub(super) fn unpark(&self, item: &mut Item) {
        let (Some(kept), Some((_, made))) = (item.kept.clone(), item.made.clone()) else {
            return;
        };
        if !self.is_ours(item, &item.output, &made) {
            let message = format!(
                "{} is not the replacement that was put there. Its original is {}.",
                item.output.display(),
                kept.display()
            );
            return item.fail_open(CommitFailure::new("changed-meanwhile", message));
        }
        if let Err(error) = remove_file(self.disk, &kept) {
            let done = "The replacement is in place; its original is still there under that name.";
            item.fail_open(CommitFailure::from_disk(&error, done));
        }
    }

    pub(super) fn source_now(&self, item: &Item) -> Source {
        let seen = &item.intent.seen;
        match self.disk.stat(&item.source) {
            Ok(Some(now)) if now.unchanged(seen) => Source::AsRead,
            // Only the number is another: on a network that may mean nothing. The content knows.
            Ok(Some(now)) if self.mount.loose_inodes && now.len == seen.len && now.modified_ns == seen.modified_ns => {
                match hash_file(self.disk, &item.source) {
                    Ok(hash) if hash == item.intent.source_hash.0 => Source::AsRead,
                    Ok(_) => Source::Changed,
                    Err(error) => Source::Unknown(error),
                }
            }
            Ok(Some(_)) => Source::Changed,
            Ok(None) => Source::Vanished,
            Err(error) if error.kind() == Trouble::NotRegular => Source::Changed,
            Err(error) => Source::Unknown(error),
        }
    }
}

/// The time since 1970; none before it.
pub(super) fn now() -> Duration {
    #[cfg(test)]
    if let Some(time) = super::testing::frozen() {
        return time;
    }
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The hash of what will be written.
pub(super) fn output_hash(bytes: &[u8]) -> u128 {
    content_hash(bytes)
}

/// Parking without a place to park is never planned; refuse instead of guessing.
fn no_place_to_park(item: &mut Item) -> bool {
    item.fail(CommitFailure::new(
        "io",
        format!("{} has no place to step aside to. {UNTOUCHED}", item.source.display()),
    ));
    false
}
