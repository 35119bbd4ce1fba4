//! The steps by which one replacement goes back. What is done is decided by contents alone, so that an undo that was killed
//! anywhere goes on by looking again: the kept original must be what was read, what has the replacement's name must be what
//! was written, and nothing else is ever moved, overwritten or removed.

use std::path::{Path, PathBuf};

use super::files::{Target, ensure_folder, hash_file, move_file, remove_file, settle_move};
use super::journal::Intent;
use super::names::{Home, Place};
use crate::engine::disk::{Attributes, Disk, DiskError, Identity, Trouble};

/// One replacement on its way back.
pub(super) struct Item {
    pub(super) intent: Intent,
    pub(super) source: PathBuf,
    pub(super) output: PathBuf,
    pub(super) kept: Option<PathBuf>,
    /// What the file was before earlier changes of it by the same run: further back than this one goes.
    older: Vec<Older>,
    /// Where a replacement steps aside to when it has the original's name.
    parked: PathBuf,
    plan: Plan,
    pub(super) end: End,
    /// Something worth telling that stops nothing.
    pub(super) remark: Option<(PathBuf, String)>,
}

/// What a file was before an earlier change of it.
#[derive(Debug, Clone)]
pub(super) struct Older {
    pub(super) len: u64,
    pub(super) hash: u128,
    /// Where that is kept.
    pub(super) kept: Option<PathBuf>,
}

/// Where an item stands.
#[derive(Debug)]
pub(super) enum End {
    /// On its way.
    Going,
    /// The original is back, by this or an earlier undo.
    Back,
    /// Left as it is, for this reason.
    Refused(Refusal),
    /// The drive refused; what was done of it is found by the next attempt.
    Failed(DiskError),
}

/// Why something is left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The replacement's name has another content than the run wrote.
    Changed,
    /// Another file has the original's name.
    NameTaken,
    /// The kept original is not there any more.
    Gone,
    /// The kept original is not what was kept.
    Damaged,
    /// It belongs to this file, which is left as it is.
    Together(PathBuf),
}

/// What is to be done.
#[derive(Debug, Default)]
struct Plan {
    /// The kept file is a second copy, or name, of the original in its place.
    second: bool,
    /// The original is in its place already, and becomes durable before anything else goes.
    settled: bool,
    /// What has the original's name is what the file was even before that: its hash.
    further_back: Option<u128>,
    /// What has the original's name is a copy of it that broke off.
    broken_copy: bool,
    bring: Bring,
    /// Who has the original's name: before it comes back the replacement, then the original.
    in_place: Option<Identity>,
    /// What goes once the original is back.
    clear: Option<(PathBuf, Identity)>,
}

/// How the original comes back.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Bring {
    /// It is back.
    #[default]
    No,
    /// To its name, which is free.
    Free,
    /// Over the replacement, which has its name.
    Over,
    /// To its name, from which the replacement steps aside.
    Park,
}

/// What is under a name, as far as an intent knows contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Missing,
    Original,
    Replacement,
    Other,
}

/// What every step needs.
pub(super) struct Bench<'a> {
    pub(super) disk: &'a dyn Disk,
    pub(super) home: &'a Home,
    pub(super) run: &'a str,
    /// A rename over an existing file is atomic and harms nothing.
    pub(super) over: bool,
    /// This undo was killed before: what looks like the beginning of a restoring copy is one.
    pub(super) resumed: bool,
}

impl Item {
    pub(super) fn new(bench: &Bench<'_>, intent: Intent, older: Vec<Older>) -> Self {
        let parked = Place::temporary(bench.run, intent.id, &intent.output.0);
        Self {
            source: bench.home.shard.join(&intent.source.0),
            output: bench.home.shard.join(&intent.output.0),
            kept: intent.kept.as_ref().map(|place| place.path(bench.home, bench.run)),
            parked: parked.path(bench.home, bench.run),
            plan: Plan::default(),
            end: End::Going,
            remark: None,
            older,
            intent,
        }
    }

    pub(super) fn is_going(&self) -> bool {
        matches!(self.end, End::Going)
    }

    pub(super) fn refuse(&mut self, why: Refusal) {
        self.end = End::Refused(why);
    }

    /// Ends the item where a step failed.
    fn fallible(&mut self, step: impl FnOnce(&mut Self) -> Result<(), DiskError>) {
        if let Err(error) = step(self) {
            self.end = End::Failed(error);
        }
    }

    /// Is there anything left to do?
    fn is_idle(&self) -> bool {
        self.plan.bring == Bring::No && !self.plan.second && self.plan.clear.is_none()
    }
}

impl Bench<'_> {
    /// Reads what is there and decides. Touches nothing.
    pub(super) fn look(&self, item: &mut Item) {
        item.fallible(|item| {
            match self.decide(item)? {
                Ok(plan) => item.plan = plan,
                Err(why) => item.refuse(why),
            }
            if item.is_going() && item.is_idle() {
                item.end = End::Back;
            }
            Ok(())
        });
    }

    fn decide(&self, item: &Item) -> Result<Result<Plan, Refusal>, DiskError> {
        use Content::{Missing, Original, Other, Replacement};
        let intent = &item.intent;
        let (source, in_place) = self.content(&item.source, intent)?;
        let kept = match &item.kept {
            Some(path) => self.content(path, intent)?.0,
            None => Missing,
        };
        // What goes in the end: the replacement under its own name, or parked.
        let other = if intent.same_name() { &item.parked } else { &item.output };
        let (beside, identity) = self.content(other, intent)?;
        let clear = identity.filter(|_| beside == Replacement).map(|identity| (other.clone(), identity));
        let plan = |bring| Plan {
            bring,
            in_place,
            clear: clear.clone(),
            ..Plan::default()
        };
        let without_original = match kept {
            Original => None,
            Missing => Some(Refusal::Gone),
            Replacement | Other => Some(Refusal::Damaged),
        };
        if let (Other, Some(found)) = (source, &in_place)
            && let Some(hash) = self.further_back(item, found)?
        {
            return Ok(Ok(Plan {
                second: kept == Original,
                settled: true,
                further_back: Some(hash),
                ..plan(Bring::No)
            }));
        }
        if matches!(source, Missing | Other) && kept == Missing && self.is_on_its_way_further_back(item)? {
            return Ok(Ok(Plan::default()));
        }
        Ok(match source {
            Original => Ok(Plan {
                second: kept == Original,
                settled: true,
                ..plan(Bring::No)
            }),
            _ if without_original.is_some() => Err(without_original.unwrap_or(Refusal::Gone)),
            Missing if !intent.same_name() && matches!(beside, Original | Other) => Err(Refusal::Changed),
            Missing => Ok(plan(Bring::Free)),
            Replacement if intent.same_name() && self.over => Ok(plan(Bring::Over)),
            Replacement if intent.same_name() => Ok(plan(Bring::Park)),
            Replacement | Other if self.resumed && self.is_broken_copy(item, intent.same_name() && beside == Replacement)? => Ok(Plan {
                broken_copy: true,
                ..plan(Bring::Free)
            }),
            Replacement | Other if intent.same_name() => Err(Refusal::Changed),
            Replacement | Other => Err(Refusal::NameTaken),
        })
    }

    fn content(&self, path: &Path, intent: &Intent) -> Result<(Content, Option<Identity>), DiskError> {
        let found = match self.disk.stat(path) {
            Ok(None) => return Ok((Content::Missing, None)),
            Ok(Some(found)) => found,
            Err(error) if error.kind() == Trouble::NotRegular => return Ok((Content::Other, None)),
            Err(error) => return Err(error),
        };
        let content = if found.len == intent.seen.len || found.len == intent.output_len {
            let hash = hash_file(self.disk, path)?;
            if found.len == intent.seen.len && hash == intent.source_hash.0 {
                Content::Original
            } else if found.len == intent.output_len && hash == intent.output_hash.0 {
                Content::Replacement
            } else {
                Content::Other
            }
        } else {
            Content::Other
        };
        Ok((content, Some(found)))
    }

    /// Did an undo that was killed bring back what the file was before an earlier change of it? The hash of that.
    fn further_back(&self, item: &Item, found: &Identity) -> Result<Option<u128>, DiskError> {
        if item.older.iter().all(|older| older.len != found.len) {
            return Ok(None);
        }
        let hash = hash_file(self.disk, &item.source)?;
        Ok(item
            .older
            .iter()
            .any(|older| (older.len, older.hash) == (found.len, hash))
            .then_some(hash))
    }

    /// Was it killed while the file went back from an earlier change of it, on the way between two names?
    fn is_on_its_way_further_back(&self, item: &Item) -> Result<bool, DiskError> {
        for kept in item.older.iter().filter_map(|older| older.kept.as_ref()) {
            if self.resumed && self.exists(kept)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Is what has the original's name the beginning of a copy, every byte that of the kept original (or of the replacement that
    /// stepped aside and was on its way back) or not written yet?
    fn is_broken_copy(&self, item: &Item, replacement_is_aside: bool) -> Result<bool, DiskError> {
        let kept = item.kept.as_ref().map(|path| (path, item.intent.seen.len));
        let aside = replacement_is_aside.then_some((&item.parked, item.intent.output_len));
        for (path, len) in kept.into_iter().chain(aside) {
            match self.disk.stat(&item.source) {
                Ok(Some(found)) if found.len <= len => {}
                _ => continue,
            }
            let part = self.disk.open(&item.source)?.read_all(len)?;
            let whole = self.disk.open(path)?.read_all(len)?;
            if part.len() <= whole.len() && part.iter().zip(&whole).all(|(part, whole)| part == whole || *part == 0) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Is what has this name still the file that was looked at? Where numbers are invented, its content decides.
    fn is_still(&self, path: &Path, looked: &Identity, hash: u128) -> Result<bool, DiskError> {
        Ok(match self.disk.stat(path) {
            Ok(Some(now)) if now.unchanged(looked) => true,
            Ok(Some(now)) if now.len == looked.len && now.modified_ns == looked.modified_ns => hash_file(self.disk, path)? == hash,
            Ok(_) => false,
            Err(error) if error.kind() == Trouble::NotRegular => false,
            Err(error) => return Err(error),
        })
    }

    /// Everything before the original moves: its times as they were, and its name free where something of ours has it.
    pub(super) fn prepare(&self, item: &mut Item) {
        item.fallible(|item| {
            if item.plan.second && item.plan.further_back.is_none() {
                // A copy that was killed may have its content and not its times yet.
                self.give_attributes(item, &item.source.clone());
                let (content, identity) = self.content(&item.source, &item.intent)?;
                if content != Content::Original {
                    item.refuse(Refusal::NameTaken);
                    return Ok(());
                }
                item.plan.in_place = identity;
            }
            if item.plan.settled {
                self.disk.open(&item.source)?.sync()?;
            }
            if let (true, Some(kept)) = (item.plan.bring != Bring::No, item.kept.clone()) {
                self.give_attributes(item, &kept);
            }
            if item.plan.broken_copy {
                self.set_aside(item)?;
            }
            if item.plan.bring == Bring::Park {
                self.park(item)?;
            }
            Ok(())
        });
    }

    /// A kept original that was copied (with its folder, to another drive) may have lost its times and rights.
    fn give_attributes(&self, item: &mut Item, path: &Path) {
        let wanted = Attributes {
            modified_ns: item.intent.seen.modified_ns,
            ..item.intent.attributes.clone()
        };
        let given = || -> Result<(), DiskError> {
            let now = self.disk.open(path)?.attributes()?;
            if (now.owner, now.readonly, now.modified_ns) == (wanted.owner, wanted.readonly, wanted.modified_ns) {
                return Ok(());
            }
            let mut file = self.disk.open_append(path)?;
            // Extended attributes stay as they are: the journal does not know them.
            file.set_attributes(&wanted)?;
            file.sync()
        };
        if let Err(error) = given() {
            item.remark = Some((
                item.source.clone(),
                format!("Its content is back, but its times or rights may not be as they were: {error}."),
            ));
        }
    }

    /// What may be the beginning of a copy of ours, or may not: out of the way, and nothing deleted.
    fn set_aside(&self, item: &mut Item) -> Result<(), DiskError> {
        let Some(found) = self.disk.stat(&item.source)? else {
            return Ok(());
        };
        let folder = self.home.set_aside(self.run);
        if let Some(parent) = folder.parent() {
            ensure_folder(self.disk, parent)?;
            ensure_folder(self.disk, &folder)?;
            self.disk.sync_dir(parent)?;
            self.disk.sync_dir(&self.home.folder())?;
        }
        let mut number = 0;
        let target = loop {
            let target = folder.join(format!("{}.{number}.part", item.intent.id));
            if self.disk.stat(&target)?.is_none() {
                break target;
            }
            number += 1;
        };
        move_file(self.disk, &item.source, &target, &found, Target::Ours)?;
        item.remark = Some((
            target,
            format!("This is an unfinished copy of {}, moved out of the way.", item.source.display()),
        ));
        Ok(())
    }

    /// The replacement steps aside from the original's name.
    fn park(&self, item: &mut Item) -> Result<(), DiskError> {
        let Some(looked) = item.plan.in_place else { return Ok(()) };
        let hash = item.intent.output_hash.0;
        if item.plan.clear.take().is_some() {
            // Killed between two names of one file.
            remove_file(self.disk, &item.parked)?;
        }
        if !self.is_still(&item.source, &looked, hash)? {
            item.refuse(Refusal::Changed);
            return Ok(());
        }
        move_file(self.disk, &item.source, &item.parked, &looked, Target::Ours)?;
        if self.is_still(&item.parked, &looked, hash)? {
            item.plan.clear = Some((item.parked.clone(), looked));
            return Ok(());
        }
        // Replaced between the look and the rename. It is somebody's file: back to its name with it.
        if let Some(now) = self.disk.stat(&item.parked)? {
            move_file(self.disk, &item.parked, &item.source, &now, Target::Anybodys)?;
        }
        item.refuse(Refusal::Changed);
        Ok(())
    }

    /// The original gets its name back.
    pub(super) fn bring(&self, item: &mut Item) {
        item.fallible(|item| {
            let (bring, Some(kept)) = (item.plan.bring, item.kept.clone()) else {
                return Ok(());
            };
            if bring == Bring::No {
                return Ok(());
            }
            let Some(found) = self.disk.stat(&kept)? else {
                item.refuse(Refusal::Gone);
                return self.step_back(item);
            };
            if bring == Bring::Over {
                let Some(looked) = item.plan.in_place else { return Ok(()) };
                if !self.is_still(&item.source, &looked, item.intent.output_hash.0)? {
                    item.refuse(Refusal::Changed);
                    return Ok(());
                }
                let told = self.disk.rename_over(&kept, &item.source);
                settle_move(self.disk, &kept, &item.source, &found, told)?;
                item.plan.bring = Bring::No;
                item.plan.in_place = self.disk.stat(&item.source)?;
                return Ok(());
            }
            match move_file(self.disk, &kept, &item.source, &found, Target::Anybodys) {
                Err(error) if error.kind() == Trouble::Exists => {
                    item.refuse(Refusal::NameTaken);
                    Ok(())
                }
                Err(error) => {
                    // As far as that goes; where it does not, the next attempt goes on from here.
                    let _ = self.step_back(item);
                    Err(error)
                }
                Ok(()) => {
                    item.plan.bring = Bring::No;
                    item.plan.in_place = self.disk.stat(&item.source)?;
                    Ok(())
                }
            }
        });
    }

    /// Leaves an item as it was found, if its original is not back yet.
    pub(super) fn stay(&self, item: &mut Item, why: Refusal) {
        if item.plan.bring == Bring::No {
            return;
        }
        item.fallible(|item| {
            item.refuse(why);
            self.step_back(item)
        });
    }

    /// The parked replacement gets its name back.
    fn step_back(&self, item: &mut Item) -> Result<(), DiskError> {
        if item.plan.bring != Bring::Park {
            return Ok(());
        }
        match self.disk.stat(&item.parked)? {
            Some(parked) => move_file(self.disk, &item.parked, &item.source, &parked, Target::Anybodys),
            None => Ok(()),
        }
    }

    /// The original is back, durably: its second copy and the replacement go.
    pub(super) fn clear(&self, item: &mut Item) {
        item.fallible(|item| {
            let is_back = match (&item.plan.in_place, item.plan.further_back) {
                (Some(back), Some(hash)) => self.is_still(&item.source, back, hash)?,
                (Some(back), None) if back.len == item.intent.seen.len => self.is_still(&item.source, back, item.intent.source_hash.0)?,
                _ => false,
            };
            if !is_back {
                // Somebody replaced it or took it away this moment: whatever is left of original and replacement stays.
                item.refuse(Refusal::NameTaken);
                return Ok(());
            }
            if item.plan.second
                && let Some(kept) = &item.kept
            {
                remove_file(self.disk, kept)?;
            }
            if let Some((path, looked)) = item.plan.clear.take() {
                if self.is_still(&path, &looked, item.intent.output_hash.0)? {
                    remove_file(self.disk, &path)?;
                } else if self.exists(&path)? {
                    item.remark = Some((
                        path,
                        format!(
                            "This was changed meanwhile; it was left as it is. {} is back.",
                            item.source.display()
                        ),
                    ));
                }
            }
            item.end = End::Back;
            Ok(())
        });
    }

    fn exists(&self, path: &Path) -> Result<bool, DiskError> {
        match self.disk.stat(path) {
            Ok(found) => Ok(found.is_some()),
            Err(error) if error.kind() == Trouble::NotRegular => Ok(true),
            Err(error) => Err(error),
        }
    }
}
