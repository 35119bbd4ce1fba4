//! Giving up on one replacement: what was created here goes, what was moved comes back, and where that cannot be
//! known to be safe, everything stays and the journal stays with it.

use std::path::Path;

use super::failure::CommitFailure;
use super::files::{Target, hash_file, move_file, remove_file, settle_move};
use super::item::{Fate, Item, Shop, Source, UNTOUCHED, Way};
use crate::engine::disk::{DiskError, Identity};

impl Shop<'_> {
    /// Ends an item, however far it came, because what belongs to it did not happen: its original is in its place again. Its
    /// original must have been kept somewhere if it has retired.
    pub(super) fn take_back(&self, item: &mut Item, failure: CommitFailure) {
        match item.fate {
            Fate::Going if !item.parked => self.give_up(item, failure),
            Fate::Going | Fate::Retired => {
                item.fate = Fate::Going;
                self.step_back(item, failure);
            }
            Fate::Committed | Fate::Failed { .. } => {}
        }
    }

    /// An original that stepped aside gets its name back, and the item is given up.
    pub(super) fn step_back(&self, item: &mut Item, failure: CommitFailure) {
        let Some(kept) = item.kept.clone() else {
            return item.fail_open(failure);
        };
        let kept = kept.as_path();
        let parked = self.disk.stat(kept);
        let ours = item
            .made
            .clone()
            .is_some_and(|(path, made)| path == item.source && self.is_ours(item, &path, &made));
        let back = match parked {
            Ok(Some(now)) if ours && self.mount.over => {
                let told = self.disk.rename_over(kept, &item.source);
                settle_move(self.disk, kept, &item.source, &now, told).inspect(|()| item.made = None)
            }
            // The copy that it comes back as must not become durable before the step aside is: it would show in the original's place.
            Ok(Some(_)) if !self.mount.no_replace && !self.mount.links && self.sync_aside(kept).is_err() => {
                Err(DiskError::new("sync", kept, std::io::Error::other("its folder cannot be synced")))
            }
            Ok(Some(now)) => {
                // Our file, if it has the original's name: away with it, as the original is in sight.
                if ours && remove_file(self.disk, &item.source).is_ok() {
                    item.made = None;
                }
                move_file(self.disk, kept, &item.source, &now, Target::Anybodys)
            }
            Ok(None) => Err(DiskError::new("find", kept, std::io::ErrorKind::NotFound.into())),
            Err(error) => Err(error),
        };
        // Where the replacement has another name, it goes next: until then it may be all that a crash would show.
        let back = match &item.made {
            Some((path, _)) if item.way == Way::New && *path == item.output => back.and_then(|()| self.disk.sync_dir(&self.home.shard)),
            _ => back,
        };
        match back {
            Ok(()) => {
                item.linked = false;
                self.give_up(item, failure);
            }
            Err(error) => {
                let mut failure = failure;
                failure.message = format!(
                    "{} Its original could not get its name back ({error}) and is now {}.",
                    failure.message.replace(UNTOUCHED, "").trim_end(),
                    kept.display()
                );
                item.fail_open(failure);
            }
        }
    }

    /// Makes the step aside to `kept` durable.
    fn sync_aside(&self, kept: &Path) -> Result<(), DiskError> {
        if let Some(folder) = kept.parent().filter(|folder| *folder != self.home.shard) {
            self.disk.sync_dir(folder)?;
        }
        self.disk.sync_dir(&self.home.shard)
    }

    /// Ends an item whose original has not retired: our file goes, if the original (or what somebody put in its place) was just
    /// seen. If it is gone, a complete replacement is all there is: it stays, under its proper name if that is free.
    pub(super) fn give_up(&self, item: &mut Item, mut failure: CommitFailure) {
        match self.source_now(item) {
            // A rename over it that reported an error and happened all the same: the replacement is in place.
            Source::Changed
                if item.intent.same_name() && item.made.clone().is_some_and(|(_, made)| self.is_ours(item, &item.source, &made)) =>
            {
                failure.message = failure.message.replace(UNTOUCHED, "Its replacement is in place nevertheless.");
                item.fail_open(failure);
            }
            Source::AsRead | Source::Changed => {
                let mut clean = true;
                // First the second name, then our file: recovery takes an original that is kept while our file is gone for one
                // whose edit took its place. Whoever put another file there has dropped that content.
                if item.linked && item.intent.is_edit() {
                    clean = item.kept.as_ref().is_none_or(|kept| remove_file(self.disk, kept).is_ok());
                    item.linked = !clean;
                }
                clean = clean && self.remove_made(item);
                if item.linked && !item.intent.is_edit() {
                    clean &= self.remove_link(item, &mut failure);
                }
                if clean { item.fail(failure) } else { item.fail_open(failure) }
            }
            // Whoever took a file away that only tells of others does not want it back with other contents.
            Source::Vanished if item.intent.is_edit() => {
                let clean = self.remove_made(item);
                if let Some(kept) = item.kept.as_ref().filter(|_| item.linked) {
                    failure.message.push_str(&format!(" What was read is kept as {}.", kept.display()));
                }
                if clean { item.fail(failure) } else { item.fail_open(failure) }
            }
            Source::Vanished => {
                let Some((path, made)) = item.made.clone().filter(|_| item.complete) else {
                    return item.fail_open(vanished(item, &failure.message));
                };
                if path != item.output && move_file(self.disk, &path, &item.output, &made, Target::Anybodys).is_err() {
                    return item.fail_open(vanished(item, &format!("Its complete replacement was left as {}.", path.display())));
                }
                item.fail(vanished(
                    item,
                    &format!("Its complete replacement was left as {}.", item.output.display()),
                ));
            }
            Source::Unknown(error) => {
                failure.message = format!(
                    "{} The original could not be looked at ({error}), so everything was left as it is.",
                    failure.message
                );
                item.fail_open(failure);
            }
        }
    }

    /// Removes our file, if it is still ours. True when nothing is left.
    fn remove_made(&self, item: &mut Item) -> bool {
        let Some((path, made)) = item.made.take() else { return true };
        match self.disk.stat(&path) {
            Ok(None) => true,
            Ok(Some(_)) => self.is_ours(item, &path, &made) && remove_file(self.disk, &path).is_ok(),
            Err(_) => false,
        }
    }

    /// Removes our second name of the original, if the original has its first. Otherwise it is the only name of what was read.
    fn remove_link(&self, item: &Item, failure: &mut CommitFailure) -> bool {
        let Some(kept) = &item.kept else { return true };
        match (self.disk.stat(&item.source), self.disk.stat(kept)) {
            (_, Ok(None)) => true,
            (Ok(Some(source)), Ok(Some(link))) if source.same_file(&link) => remove_file(self.disk, kept).is_ok(),
            _ => {
                failure
                    .message
                    .push_str(&format!(" The file that was read is kept as {}.", kept.display()));
                true
            }
        }
    }

    /// Is the file at `path` the one that was made here? Where inode numbers are invented, its content decides.
    pub(super) fn is_ours(&self, item: &Item, path: &Path, made: &Identity) -> bool {
        match self.disk.stat(path) {
            Ok(Some(now)) if now.same_file(made) => true,
            Ok(Some(now)) if self.mount.loose_inodes && now.len == item.intent.output_len => {
                hash_file(self.disk, path).is_ok_and(|hash| hash == item.intent.output_hash.0)
            }
            _ => false,
        }
    }
}

/// The original is another file now, or another content.
pub(super) fn changed(item: &Item) -> CommitFailure {
    let message = format!(
        "{} changed while it was being worked on. It was left as it is now.",
        item.source.display()
    );
    CommitFailure::new("changed-meanwhile", message)
}

/// The original is gone; `more`: what became of its replacement.
pub(super) fn vanished(item: &Item, more: &str) -> CommitFailure {
    let message = format!("{} disappeared while it was being worked on. {more}", item.source.display());
    CommitFailure::new("vanished", message.trim_end().to_owned())
}

/// The name of the replacement is taken.
pub(super) fn taken(item: &Item) -> CommitFailure {
    let message = format!(
        "{} cannot become {}: something else has that name. Both were left untouched.",
        item.source.display(),
        item.output.display()
    );
    CommitFailure::new("name-taken", message)
}
