//! An interrupted run is settled from its journal and from what is on the disk, by full hashes.
//!
//! Every replacement whose end is not known goes through one table of cases. Its rules: nothing is removed unless the
//! original was just verified intact in its place (or the complete replacement is, durably), and then only what is ours by
//! name or by hash; what cannot be decided is left as it is and reported as an alarm, which keeps the journal.
//! Each step can be interrupted and looks the same, or further on, to the next recovery.
//!
//! What must change together (replacements and the edits that tell of them) is looked at together first (`standing`): a group of
//! which everything is in place is finished, and every other one is taken back, which is always possible as their originals
//! go only when all of it is durably in place.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::committer::close_journal;
use super::files::{Target, ensure_folder, hash_file, move_file, remove_file, settle_move};
use super::journal::{self, Batch, Found, Intent, Journal, Known};
use super::lock::ShardLock;
use super::mount::renames_over;
use super::names::Home;
use super::standing;
use super::stray::unannounced;
use super::undo::{self, Undone};
use crate::engine::disk::{Disk, DiskError, Trouble};
use crate::engine::metrics::{Notice, Problem};
use crate::engine::settings::Originals;

/// What recovery found and did.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Recovery {
    /// The interrupted run; empty where there was none, or where its journal broke off before it said.
    pub(crate) run: String,
    /// Replacements that were complete.
    pub(crate) finished: u64,
    /// Replacements that were taken back: their originals never left, the next run does them again.
    pub(crate) rolled_back: u64,
    /// Originals that were brought back to their names.
    pub(crate) restored: u64,
    /// What only a person can decide. Nothing was touched there, and the journal stays.
    pub(crate) alarms: Vec<Problem>,
    /// What a person should know.
    pub(crate) notices: Vec<Notice>,
    /// An undo that was killed was brought to its end.
    pub(crate) undone: Option<Undone>,
}

impl Recovery {
    /// Was there anything to recover?
    pub(crate) fn happened(&self) -> bool {
        !self.run.is_empty() || !self.alarms.is_empty() || self.undone.is_some()
    }

    /// One sentence.
    pub(crate) fn summary(&self) -> String {
        if !self.happened() {
            return "Nothing was left unfinished.".to_owned();
        }
        if let (true, Some(undone)) = (self.run.is_empty(), &self.undone) {
            return undone.summary();
        }
        let run = if self.run.is_empty() {
            "A run".to_owned()
        } else {
            format!("Run {}", self.run)
        };
        let mut text = format!(
            "{run} was interrupted: {} finished, {} taken back, {} restored",
            self.finished, self.rolled_back, self.restored
        );
        match self.alarms.len() {
            0 => {}
            count => text.push_str(&format!("; {count} only a person can decide")),
        }
        text.push('.');
        text
    }
}

/// Settles what an earlier run, or undo, left unfinished in a locked shard. Does nothing where nothing was.
pub(crate) fn recover(disk: &Arc<dyn Disk>, lock: &ShardLock) -> Result<Recovery, DiskError> {
    let (disk, home) = (disk.as_ref(), &lock.home);
    prune(disk, home)?;
    let mut recovery = settle(disk, home)?;
    if recovery.alarms.is_empty()
        && let Some(undone) = undo::resume(disk, home)?
    {
        // What the drive refused keeps the mark, and the shard from being worked on.
        recovery.alarms.extend(undone.failed.iter().cloned());
        recovery.notices.extend(undone.refused.iter().chain(&undone.notices).cloned());
        let told = undone.alarms.iter().map(|alarm| Notice {
            path: alarm.path.clone(),
            message: alarm.message.clone(),
        });
        recovery.notices.extend(told);
        recovery.undone = Some(undone);
    }
    Ok(recovery)
}

/// Settles what the journal of an unfinished run announced.
fn settle(disk: &dyn Disk, home: &Home) -> Result<Recovery, DiskError> {
    let Some(found) = journal::read(disk, &home.journal())? else {
        return Ok(Recovery::default());
    };
    let mut recovery = Recovery::default();
    for line in &found.damaged {
        recovery.alarms.push(Problem {
            code: "journal-damaged",
            path: home.journal(),
            message: format!(
                "Line {line} of the journal was written safely and is damaged now: the drive lost it. What it said is unknown."
            ),
            advice: "Check the drive. Compare the folder with a backup; then delete the journal.".to_owned(),
        });
    }
    if recovery.alarms.is_empty() {
        recovery.alarms.extend(unannounced(disk, home, &found)?);
    }
    let Some(header) = found.header.clone() else {
        if recovery.alarms.is_empty() {
            // It broke off while it was created: nothing had begun.
            close_journal(disk, home, "", false)?;
        }
        return Ok(recovery);
    };
    recovery.run.clone_from(&header.run);
    // What we are going to see is durable before anything is done about it.
    disk.sync_dir(&home.shard)?;
    for folder in [home.originals(), home.kept(&header.run)] {
        if disk.is_folder(&folder)? {
            disk.sync_dir(&folder)?;
        }
    }
    let mut work = Work {
        disk,
        home,
        run: &header.run,
        originals: header.originals,
        recovery,
        moved_into_ours: false,
    };
    let ends = work.settle_all(&found)?;
    let recovery = work.recovery;
    disk.sync_dir(&home.shard)?;
    let kept = home.kept(&header.run);
    if disk.is_folder(&kept)? {
        disk.sync_dir(&kept)?;
    }
    if recovery.alarms.is_empty() {
        close(disk, home, &header, &found, ends)?;
    }
    Ok(recovery)
}

/// Empty folders of runs that ended before their first batch; the system refuses to remove others.
pub(super) fn prune(disk: &dyn Disk, home: &Home) -> Result<(), DiskError> {
    if !disk.is_folder(&home.originals())? {
        return Ok(());
    }
    for entry in disk.entries(&home.originals())? {
        // The folder of the journal's own run is made again where it is needed.
        let _ = disk.remove_dir(&home.originals().join(entry.name));
    }
    let _ = disk.remove_dir(&home.originals());
    Ok(())
}

/// The journal of a settled run goes, or goes with what was kept.
fn close(disk: &dyn Disk, home: &Home, header: &journal::Header, found: &Found, ends: Vec<(u64, End)>) -> Result<(), DiskError> {
    let done: Vec<u64> = ends.iter().filter(|(_, end)| *end == End::Finished).map(|(id, _)| *id).collect();
    let dropped: Vec<u64> = ends.iter().filter(|(_, end)| *end != End::Finished).map(|(id, _)| *id).collect();
    let earlier = found
        .intents
        .iter()
        .any(|(intent, known)| *known == Known::Done && !dropped.contains(&intent.id));
    let keep = header.originals == Originals::Keep && (earlier || !done.is_empty());
    if keep {
        let resumed = Batch {
            resumed: true,
            done,
            dropped,
            ..Batch::default()
        };
        Journal::reopen(disk, home, found.torn)?.announce(resumed)?;
    }
    close_journal(disk, home, &header.run, keep)
}

/// How one replacement was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Finished,
    RolledBack,
    Restored,
    Undecided,
}

/// What is under a name, as far as an intent knows contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Missing,
    /// The bytes that were read.
    Original,
    /// The bytes that were to be written.
    Replacement,
    Empty,
    /// Something no longer than the replacement: may be a part of it.
    Short,
    /// Something else, or no regular file.
    Other,
}

struct Work<'a> {
    disk: &'a dyn Disk,
    home: &'a Home,
    run: &'a str,
    originals: Originals,
    recovery: Recovery,
    moved_into_ours: bool,
}

/// The four places of one intent.
struct Places<'a> {
    intent: &'a Intent,
    /// What belongs to it did not happen: it is taken back if its original is anywhere.
    back: bool,
    /// What belongs to it happened, durably.
    sure: bool,
    source: PathBuf,
    output: PathBuf,
    temp: Option<PathBuf>,
    kept: Option<PathBuf>,
}

impl Work<'_> {
    fn settle_all(&mut self, found: &Found) -> Result<Vec<(u64, End)>, DiskError> {
        let names: HashSet<OsString> = self.disk.entries(&self.home.shard)?.into_iter().map(|entry| entry.name).collect();
        let groups = self.groups(found)?;
        let mut ends = Vec::new();
        for (intent, known) in &found.intents {
            let happened = groups.get(&intent.id);
            let places = Places {
                back: happened == Some(&false),
                sure: happened == Some(&true),
                ..self.places(intent)
            };
            let settle = match known {
                Known::Dropped => false,
                Known::Open => true,
                // All of it was durable. Only a drive that lied about that shows the original again.
                Known::Done => {
                    !intent.same_name() && names.contains(&intent.source.0) && self.content(&places.source, intent)? == Content::Original
                }
            };
            if !settle {
                continue;
            }
            let end = if intent.same_name() {
                self.same_name(&places)?
            } else {
                self.new_name(&places)?
            };
            match end {
                // Counts are of replacements; their edits go with them.
                _ if intent.is_edit() => {}
                End::Finished => self.recovery.finished += 1,
                End::RolledBack => self.recovery.rolled_back += 1,
                End::Restored => self.recovery.restored += 1,
                End::Undecided => {}
            }
            ends.push((intent.id, end));
        }
        Ok(ends)
    }

    /// Of the open intents in groups: did the group happen as a whole?
    fn groups(&self, found: &Found) -> Result<HashMap<u64, bool>, DiskError> {
        let mut all = HashMap::new();
        for group in standing::groups(&found.intents) {
            let happened = self.has_happened(&group)?;
            let open = group.iter().filter(|(_, known)| *known == Known::Open);
            all.extend(open.map(|(intent, _)| (intent.id, happened)));
        }
        Ok(all)
    }

    /// Did all of a group take its place? Then every content in it is durable when this returns.
    fn has_happened(&self, group: &[&(Intent, Known)]) -> Result<bool, DiskError> {
        // The journal only ever says so of all that could be settled; what it leaves open has an original that could not go.
        if group.iter().any(|(_, known)| *known == Known::Done) {
            return Ok(true);
        }
        let mut whole = true;
        for (intent, _) in group {
            let at = self.places(intent);
            let now = self.content(&at.output, intent)?;
            let placed = match now {
                Content::Replacement if intent.same_name() => !self.may_be_unsynced(&at, self.content_of(at.kept.as_ref(), intent)?),
                Content::Replacement => self.content(&at.source, intent)? == Content::Missing,
                // People write in such files: what they changed since had taken its place before.
                Content::Empty | Content::Short | Content::Other => intent.is_edit() && self.was_exchanged(&at)?,
                Content::Missing | Content::Original => false,
            };
            // Originals that are not to be kept go only when all of the group is durably in place.
            if placed && self.originals == Originals::Delete && self.content_of(at.kept.as_ref(), intent)? == Content::Missing {
                return Ok(true);
            }
            whole &= placed;
        }
        if whole {
            for (intent, _) in group {
                self.sync_content(&self.places(intent).output)?;
            }
        }
        Ok(whole)
    }

    fn places<'i>(&self, intent: &'i Intent) -> Places<'i> {
        Places {
            intent,
            back: false,
            sure: false,
            source: self.home.shard.join(&intent.source.0),
            output: self.home.shard.join(&intent.output.0),
            temp: intent.temp.as_ref().map(|place| place.path(self.home, self.run)),
            kept: intent.kept.as_ref().map(|place| place.path(self.home, self.run)),
        }
    }

    fn content(&self, path: &Path, intent: &Intent) -> Result<Content, DiskError> {
        let len = match self.disk.stat(path) {
            Ok(None) => return Ok(Content::Missing),
            Ok(Some(found)) => found.len,
            Err(error) if error.kind() == Trouble::NotRegular => return Ok(Content::Other),
            Err(error) => return Err(error),
        };
        if len == intent.seen.len || len == intent.output_len {
            let hash = hash_file(self.disk, path)?;
            if len == intent.seen.len && hash == intent.source_hash.0 {
                return Ok(Content::Original);
            }
            if len == intent.output_len && hash == intent.output_hash.0 {
                return Ok(Content::Replacement);
            }
        }
        Ok(match len {
            0 => Content::Empty,
            _ if len <= intent.output_len => Content::Short,
            _ => Content::Other,
        })
    }

    fn content_of(&self, path: Option<&PathBuf>, intent: &Intent) -> Result<Content, DiskError> {
        path.map_or(Ok(Content::Missing), |path| self.content(path, intent))
    }

    /// Original and replacement have different names.
    fn new_name(&mut self, at: &Places<'_>) -> Result<End, DiskError> {
        use Content::{Empty, Missing, Original, Other, Replacement, Short};
        let intent = at.intent;
        let output = self.content(&at.output, intent)?;
        let temp = self.content_of(at.temp.as_ref(), intent)?;
        let kept = self.content_of(at.kept.as_ref(), intent)?;
        match self.content(&at.source, intent)? {
            Original => {
                self.remove_temp(at)?;
                match output {
                    Missing => {}
                    Replacement => remove_file(self.disk, &at.output)?,
                    // Created under its final name and not written to the end.
                    Empty if at.temp.is_none() => remove_file(self.disk, &at.output)?,
                    Short if at.temp.is_none() => self.set_aside(&at.output, intent)?,
                    // Never ours: longer than what we write, or we only ever rename complete files to this name.
                    Empty | Short | Other | Original => self.notice(&at.output, "This file is not ours; it was left as it is."),
                }
                self.drop_copy(at, kept)?;
                Ok(End::RolledBack)
            }
            Missing if output == Replacement && !(at.back && kept == Original) => {
                self.sync_content(&at.output)?;
                self.drop_aside(at, kept)?;
                self.remove_temp(at)?;
                self.expect_kept(at, kept);
                Ok(End::Finished)
            }
            Missing if kept == Original => {
                self.restore(at)?;
                if output == Replacement {
                    // Until that is durable, the replacement is all that a crash would show.
                    self.disk.sync_dir(&self.home.shard)?;
                }
                // With the original back in its place, the rest is the first case.
                self.new_name(at)?;
                Ok(End::Restored)
            }
            Missing if temp == Replacement && output == Missing => self.publish(at),
            Missing => Ok(self.alarm(at, "is gone, and its complete replacement is nowhere")),
            Replacement | Empty | Short | Other if kept == Original && self.is_broken_copy(at)? => {
                self.set_aside(&at.source, intent)?;
                self.restore(at)?;
                self.new_name(at)?;
                Ok(End::Restored)
            }
            Replacement | Empty | Short | Other if output == Replacement || kept == Original => {
                Ok(self.alarm(at, "has another content now, while its replacement or the original is there too"))
            }
            Replacement | Empty | Short | Other => {
                self.remove_temp(at)?;
                self.notice(
                    &at.source,
                    "This file was changed after the run was interrupted; it was left as it is.",
                );
                if output != Missing {
                    self.notice(&at.output, "This file may be the beginning of a replacement; it was left as it is.");
                }
                Ok(End::RolledBack)
            }
        }
    }

    /// The replacement takes the original's name.
    fn same_name(&mut self, at: &Places<'_>) -> Result<End, DiskError> {
        use Content::{Empty, Missing, Original, Other, Replacement, Short};
        let intent = at.intent;
        let temp = self.content_of(at.temp.as_ref(), intent)?;
        let kept = self.content_of(at.kept.as_ref(), intent)?;
        match self.content(&at.source, intent)? {
            Original => {
                self.remove_temp(at)?;
                self.drop_copy(at, kept)?;
                Ok(End::RolledBack)
            }
            Replacement if kept == Original && (at.back || (!at.sure && self.may_be_unsynced(at, kept))) => {
                self.restore_over(at)?;
                self.same_name(at)?;
                Ok(End::Restored)
            }
            Replacement => {
                // Durable before it took this name, or else its original would not be gone.
                self.sync_content(&at.source)?;
                self.drop_aside(at, kept)?;
                self.remove_temp(at)?;
                self.expect_kept(at, kept);
                Ok(End::Finished)
            }
            Missing if kept == Original => {
                self.restore(at)?;
                self.same_name(at)?;
                Ok(End::Restored)
            }
            Missing if temp == Replacement => self.publish(at),
            Missing => Ok(self.alarm(at, "is gone, and its complete replacement is nowhere")),
            // Written in place beside the parked original, and not to the end; or a restoring copy, broken off.
            content @ (Empty | Short | Other)
                if kept == Original && ((at.temp.is_none() && content != Other) || self.is_broken_copy(at)?) =>
            {
                self.set_aside(&at.source, intent)?;
                self.restore(at)?;
                self.same_name(at)?;
                Ok(End::Restored)
            }
            // People write in such files. What they made of it stays, before its edit took its place and afterwards.
            Empty | Short | Other if intent.is_edit() && at.temp.is_some() && kept == Original => {
                self.remove_temp(at)?;
                let kept = at.kept.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
                let message = format!("This file was changed while the run was interrupted; it was left as it is. What it was is {kept}.");
                self.notice(&at.source, &message);
                Ok(if at.back || temp != Missing {
                    End::RolledBack
                } else {
                    End::Finished
                })
            }
            Empty | Short | Other if kept == Original => {
                Ok(self.alarm(at, "has another content now, while the original is kept beside it"))
            }
            // Renamed over without keeping: the temporary is gone, so this may be what became of the replacement.
            Empty | Short | Other if at.kept.is_none() && temp == Missing => Ok(self.alarm(
                at,
                "is neither the original nor its replacement, and nothing else is left of either",
            )),
            Empty | Short | Other => {
                self.remove_temp(at)?;
                if intent.is_edit() {
                    self.remove_second_name(at)?;
                }
                self.notice(
                    &at.source,
                    "This file was changed after the run was interrupted; it was left as it is.",
                );
                Ok(End::RolledBack)
            }
        }
    }

    /// Written under the name of an original that had stepped aside, and not known to have been synced: it may have been killed
    /// before that, or its sync failed, and one that is repeated may lie.
    fn may_be_unsynced(&self, at: &Places<'_>, kept: Content) -> bool {
        at.temp.is_none() && kept == Content::Original
    }

    /// Did a replacement take this name, whatever became of it since? Its original stepped aside and the temporary file, which
    /// only a rename takes away then, is gone.
    fn was_exchanged(&self, at: &Places<'_>) -> Result<bool, DiskError> {
        let intent = at.intent;
        let is = |path: Option<&PathBuf>, content| Ok(self.content_of(path, intent)? == content);
        Ok(at.temp.is_some() && is(at.temp.as_ref(), Content::Missing)? && is(at.kept.as_ref(), Content::Original)?)
    }

    /// What was linked to be kept was changed in place: it is the very file that has the name.
    fn remove_second_name(&self, at: &Places<'_>) -> Result<(), DiskError> {
        let Some(kept) = &at.kept else { return Ok(()) };
        match (self.disk.stat(&at.source)?, self.disk.stat(kept)?) {
            (Some(source), Some(second)) if source.same_file(&second) => remove_file(self.disk, kept),
            _ => Ok(()),
        }
    }

    /// Our temporary file goes, whatever is in it: its name is ours alone.
    fn remove_temp(&self, at: &Places<'_>) -> Result<(), DiskError> {
        match &at.temp {
            Some(path) if self.disk.stat(path)?.is_some() => remove_file(self.disk, path),
            _ => Ok(()),
        }
    }

    /// The replacement is durable in its place: an original that stepped aside and is not to be kept goes.
    fn drop_aside(&self, at: &Places<'_>, kept: Content) -> Result<(), DiskError> {
        match &at.kept {
            Some(path) if self.originals == Originals::Delete && kept == Content::Original => {
                self.disk.sync_dir(&self.home.shard)?;
                remove_file(self.disk, path)
            }
            _ => Ok(()),
        }
    }

    /// The original is intact in its place: a second copy or name of it among ours goes.
    fn drop_copy(&mut self, at: &Places<'_>, kept: Content) -> Result<(), DiskError> {
        let Some(path) = &at.kept else { return Ok(()) };
        match kept {
            Content::Missing => Ok(()),
            Content::Original => match (self.disk.stat(&at.source)?, self.disk.stat(path)?) {
                (Some(source), Some(kept)) if source.same_file(&kept) => remove_file(self.disk, path),
                // What has the name is a copy, and nobody knows whether it ever was durable: a sync that is repeated may lie. What
                // was kept is.
                _ => self.restore_over(at),
            },
            _ => {
                self.notice(path, "This is not the original that was to be kept here; it was left as it is.");
                Ok(())
            }
        }
    }

    fn expect_kept(&mut self, at: &Places<'_>, kept: Content) {
        if self.originals == Originals::Keep && kept != Content::Original {
            let path = at.kept.as_ref().unwrap_or(&at.source);
            self.notice(path, "The original that was to be kept is not here. Its replacement is complete.");
        }
    }

    /// The kept original gets its name back.
    fn restore(&self, at: &Places<'_>) -> Result<(), DiskError> {
        let Some(path) = &at.kept else { return Ok(()) };
        let Some(found) = self.disk.stat(path)? else { return Ok(()) };
        move_file(self.disk, path, &at.source, &found, Target::Anybodys)
    }

    /// The kept original gets its name back from its complete replacement.
    fn restore_over(&self, at: &Places<'_>) -> Result<(), DiskError> {
        let Some(path) = &at.kept else { return Ok(()) };
        if !renames_over(self.disk, self.home) {
            remove_file(self.disk, &at.source)?;
            return self.restore(at);
        }
        let Some(found) = self.disk.stat(path)? else { return Ok(()) };
        settle_move(self.disk, path, &at.source, &found, self.disk.rename_over(path, &at.source))
    }

    /// Where nothing better exists, originals are restored by copying. Is what has the original's name the beginning of such a
    /// copy: every byte that of the kept original, or not written yet?
    fn is_broken_copy(&self, at: &Places<'_>) -> Result<bool, DiskError> {
        let Some(kept) = &at.kept else { return Ok(false) };
        // Where it had a temporary name there is something better; and people shorten texts.
        if at.intent.is_edit() && at.temp.is_some() {
            return Ok(false);
        }
        match self.disk.stat(&at.source) {
            Ok(Some(found)) if found.len <= at.intent.seen.len => {}
            _ => return Ok(false),
        }
        let part = self.disk.open(&at.source)?.read_all(at.intent.seen.len)?;
        let whole = self.disk.open(kept)?.read_all(at.intent.seen.len)?;
        Ok(part.len() <= whole.len() && part.iter().zip(&whole).all(|(part, whole)| part == whole || *part == 0))
    }

    /// A complete replacement in its temporary place is all that is left: it gets its name.
    fn publish(&mut self, at: &Places<'_>) -> Result<End, DiskError> {
        if let Some(path) = &at.temp
            && let Some(found) = self.disk.stat(path)?
        {
            self.sync_content(path)?;
            move_file(self.disk, path, &at.output, &found, Target::Anybodys)?;
            self.notice(&at.output, "Its original is gone; this complete replacement was saved.");
        }
        Ok(End::Finished)
    }

    fn sync_content(&self, path: &Path) -> Result<(), DiskError> {
        self.disk.open(path)?.sync()
    }

    /// What may be a part of our output, or may not: out of the way, and nothing deleted.
    fn set_aside(&mut self, path: &Path, intent: &Intent) -> Result<(), DiskError> {
        let folder = self.home.set_aside(self.run);
        if !self.moved_into_ours {
            if let Some(parent) = folder.parent() {
                ensure_folder(self.disk, parent)?;
                ensure_folder(self.disk, &folder)?;
                self.disk.sync_dir(parent)?;
                self.disk.sync_dir(&self.home.folder())?;
            }
            self.moved_into_ours = true;
        }
        let Some(found) = self.disk.stat(path)? else { return Ok(()) };
        let mut number = 0;
        let target = loop {
            let target = folder.join(format!("{}.{number}.part", intent.id));
            if self.disk.stat(&target)?.is_none() {
                break target;
            }
            number += 1;
        };
        move_file(self.disk, path, &target, &found, Target::Ours)?;
        self.notice(&target, &format!("This is an unfinished {}, moved out of the way.", path.display()));
        Ok(())
    }

    fn notice(&mut self, path: &Path, message: &str) {
        self.recovery.notices.push(Notice {
            path: path.to_owned(),
            message: message.to_owned(),
        });
    }

    fn alarm(&mut self, at: &Places<'_>, what: &str) -> End {
        let mut others: Vec<String> = Vec::new();
        for (path, role) in [
            (Some(&at.output), "replacement"),
            (at.temp.as_ref(), "unfinished replacement"),
            (at.kept.as_ref(), "kept original"),
        ] {
            if let Some(path) = path
                && *path != at.source
            {
                others.push(format!("{role}: {}", path.display()));
            }
        }
        self.recovery.alarms.push(Problem {
            code: "undecided",
            path: at.source.clone(),
            message: format!("{} {what}. Nothing was touched ({}).", at.source.display(), others.join(", ")),
            advice: format!(
                "Look at these files and keep what you want; if you moved or changed them yourself, all is well. Then delete {} and run again.",
                self.home.journal().display()
            ),
        });
        End::Undecided
    }
}
