//! The sidecars of a run: what a person is told of them before, which of them tell of the images of a batch, and what they
//! say afterwards.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::OsString;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;

use super::Shared;
use super::shard::ShardRun;
use crate::engine::commit::{CommitFailure, Edit, Edits, content_hash};
use crate::engine::disk::{Attributes, DiskError, Identity, Trouble};
use crate::engine::metrics::{Notice, SidecarRecord};
use crate::engine::sidecars::{Change, Edited, Kind, LARGEST_JSON, LARGEST_ROWS, Wishes, edit_json, edit_rows, kind};

/// Edits the sidecars of one shard, batch after batch.
pub(super) struct SidecarEditor<'a> {
    shared: &'a Shared,
    shard: &'a ShardRun,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Files, by their places among the other files, of which somebody was told that they stay as they are.
    told: BTreeSet<usize>,
    /// Files that were changed.
    updated: BTreeSet<usize>,
    /// What the batch that is under way was answered: file and what became of it.
    answered: BTreeMap<usize, Answer>,
    /// Bytes of the files of rows.
    rows_len: usize,
    /// Flattened images of which no sidecar has the tag.
    untagged: u64,
}

/// What became of one file for a batch.
struct Answer {
    /// Places in the batch that it was asked for.
    asked: BTreeSet<usize>,
    /// Places in the batch that it tells of now.
    with: Vec<usize>,
    /// Places in the batch whose tags have the tag.
    tagged: Vec<usize>,
}

/// A sidecar in memory.
struct Read {
    seen: Identity,
    attributes: Attributes,
    bytes: Vec<u8>,
}

impl<'a> SidecarEditor<'a> {
    /// For a shard; `None` where nobody asked for edits, so that nothing is ever read.
    pub(super) fn new(shared: &'a Shared, shard: &'a ShardRun) -> Option<Self> {
        let wanted = &shared.settings.sidecars;
        if !wanted.update && wanted.tag_flattened.is_none() {
            return None;
        }
        // What was told with the plan is not told again.
        let (found, inventory) = (&shard.plan.sidecars, &shard.plan.inventory);
        let mut told: BTreeSet<usize> = BTreeSet::new();
        if !found.unreadable.is_empty() {
            let unreadable: HashSet<&OsString> = found.unreadable.iter().collect();
            told.extend((0..inventory.occupied.len()).filter(|file| unreadable.contains(&inventory.occupied[*file])));
        }
        if found.unreadable_rows > 0 {
            told.extend(inventory.sidecars.rows());
        }
        let state = State { told, ..State::default() };
        Some(Self {
            shared,
            shard,
            state: Mutex::new(state),
        })
    }

    /// Bytes of the files of rows, as far as they are known. Each batch writes them anew, so a batch should not be smaller.
    pub(super) fn rows_len(&self) -> usize {
        self.state().rows_len
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wishes(&self) -> Wishes<'_> {
        let wanted = &self.shared.settings.sidecars;
        Wishes {
            update: wanted.update,
            tag: wanted.tag_flattened.as_deref(),
            folders: self.shard.plan.inventory.sidecars.folders(),
        }
    }

    /// What must change together with the replacements at the places `going` of a batch, in which image `image` changes by
    /// `change` (`None`: nothing that a sidecar could say). A file that is no JSON, or that could not be read when the plan was
    /// made, stays as it is, and somebody is told. One that cannot be read only now holds its pictures back: it would go on
    /// to name a file that is gone.
    pub(super) fn edits(&self, batch: &[(usize, Option<Change>)], going: &[usize]) -> Edits {
        let pairs = &self.shard.plan.inventory.sidecars;
        let inventory = &self.shard.plan.inventory;
        let going: Vec<(usize, usize, &Change)> = going
            .iter()
            .filter_map(|&place| {
                let (image, change) = &batch[place];
                Some((place, *image, change.as_ref()?))
            })
            .collect();
        let mut of_file: BTreeMap<usize, Vec<(usize, &Change)>> = BTreeMap::new();
        for (place, image, change) in &going {
            for file in pairs.of_image(*image).filter(|f| kind(&inventory.occupied[*f]) == Some(Kind::Json)) {
                of_file.entry(file).or_default().push((*place, *change));
            }
        }
        // What was answered for these before counts no more.
        let asked: BTreeSet<usize> = going.iter().map(|(place, ..)| *place).collect();
        self.state().answered.retain(|_, answer| answer.asked.is_disjoint(&asked));
        let wishes = self.wishes();
        // Small files, each a few requests: on a slow drive they are waited for side by side.
        let answers: Vec<(Option<Edit>, Refused)> = self.shared.probe_pool.install(|| {
            of_file
                .into_par_iter()
                .map(|(file, of)| {
                    let read = match self.read(file, LARGEST_JSON, &of) {
                        Ok(Some(read)) => read,
                        Ok(None) => return (None, Vec::new()),
                        Err(refused) => return (None, refused),
                    };
                    let changes: Vec<&Change> = of.iter().map(|(_, change)| *change).collect();
                    let alone = pairs.of_file(file).count() == 1;
                    match edit_json(&read.bytes, &changes, alone, wishes) {
                        Ok(edited) => (self.answer(file, read, edited, &of), Vec::new()),
                        Err(_) => {
                            self.tell(file, "is no JSON; it was left as it is");
                            (None, Vec::new())
                        }
                    }
                })
                .collect()
        });
        let mut edits = Vec::new();
        let mut refused = Vec::new();
        for (edit, no) in answers {
            edits.extend(edit);
            refused.extend(no);
        }
        if !going.is_empty() {
            let of: Vec<(usize, &Change)> = going.iter().map(|(place, _, change)| (*place, *change)).collect();
            let changes: Vec<&Change> = of.iter().map(|(_, change)| *change).collect();
            let mut rows_len = 0;
            for file in pairs.rows() {
                let read = match self.read(file, LARGEST_ROWS, &of) {
                    Ok(Some(read)) => read,
                    Ok(None) => continue,
                    Err(no) => {
                        refused.extend(no);
                        continue;
                    }
                };
                rows_len += read.bytes.len();
                let edited = edit_rows(&read.bytes, &changes, wishes);
                if edited.invalid_rows > 0 {
                    self.tell(file, "has rows that are no JSON; those were left as they are");
                }
                edits.extend(self.answer(file, read, edited, &of));
            }
            self.state().rows_len = rows_len;
        }
        Edits { edits, refused }
    }

    /// The file as it is now; `None` where it is gone (it lay there when the folder was listed) or too long, and where the plan
    /// already said that it cannot be read. Else who cannot go on without it.
    fn read(&self, file: usize, cap: u64, of: &[(usize, &Change)]) -> Result<Option<Read>, Refused> {
        let inventory = &self.shard.plan.inventory;
        let read = || -> Result<Option<Read>, DiskError> {
            let opened = self.shared.disk.open(&inventory.path.join(&inventory.occupied[file]))?;
            let seen = opened.identity()?;
            if seen.len > cap {
                self.tell(file, "is too long and was left as it is");
                return Ok(None);
            }
            Ok(Some(Read {
                seen,
                attributes: opened.attributes()?,
                bytes: opened.read_all(cap)?,
            }))
        };
        match read() {
            Ok(read) => Ok(read),
            Err(error) if error.kind() == Trouble::Vanished || self.state().told.contains(&file) => {
                self.tell(file, &format!("was left as it is: {error}"));
                Ok(None)
            }
            Err(error) => {
                let failure = CommitFailure::from_disk(&error, "Its image and the sidecar were left untouched.");
                Err(of.iter().map(|(place, _)| (*place, failure.clone())).collect())
            }
        }
    }

    /// The edit that follows, if any. `of`: places and changes that the file was asked for.
    fn answer(&self, file: usize, read: Read, edited: Edited, of: &[(usize, &Change)]) -> Option<Edit> {
        let places = |changes: &BTreeSet<usize>| changes.iter().map(|change| of[*change].0).collect();
        let with: Vec<usize> = places(&edited.of);
        let answer = Answer {
            asked: of.iter().map(|(place, _)| *place).collect(),
            with: with.clone(),
            tagged: places(&edited.tagged),
        };
        self.state().answered.insert(file, answer);
        Some(Edit {
            name: self.shard.plan.inventory.occupied[file].clone(),
            seen: read.seen,
            attributes: read.attributes,
            source_hash: content_hash(&read.bytes),
            bytes: edited.bytes?,
            with,
        })
    }

    /// Tells once that a file stays as it is.
    fn tell(&self, file: usize, what: &str) {
        if self.state().told.insert(file) {
            let inventory = &self.shard.plan.inventory;
            let name = &inventory.occupied[file];
            let message = format!("The sidecar {} {what}.", name.display());
            self.shared.notice(inventory.path.join(name), message);
        }
    }

    /// A batch has ended; `committed` tells by its places which replacements happened.
    pub(super) fn ended(&self, batch: &[(usize, Option<Change>)], committed: &[bool]) {
        let mut state = self.state();
        let happened = |place: &usize| committed.get(*place).copied().unwrap_or(false);
        let mut tagged = HashSet::new();
        for (file, answer) in std::mem::take(&mut state.answered) {
            if answer.with.iter().any(happened) {
                state.updated.insert(file);
            }
            tagged.extend(answer.tagged);
        }
        if self.shared.settings.sidecars.tag_flattened.is_some() {
            let flattened = |place: &usize| batch[*place].1.as_ref().is_some_and(|change| change.flattened);
            let untagged = (0..batch.len()).filter(|place| happened(place) && flattened(place) && !tagged.contains(place));
            state.untagged += untagged.count() as u64;
        }
        self.shard.set_updated_sidecars(state.updated.len());
    }

    /// The shard has ended.
    pub(super) fn finish(self) {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let (1.., Some(tag)) = (state.untagged, &self.shared.settings.sidecars.tag_flattened) {
            let images = match state.untagged {
                1 => "1 flattened image has".to_owned(),
                n => format!("{n} flattened images have"),
            };
            let message = format!("{images} no sidecar with tags, so nothing says {tag} there.");
            self.shared.notice(self.shard.plan.inventory.path.clone(), message);
        }
    }
}

/// Replacements that must not happen, by their places, and why.
type Refused = Vec<(usize, CommitFailure)>;

/// Names said in a sentence; a report lists them all.
const NAMED: usize = 3;

/// What a person should know of the sidecars of a shard, a sentence each.
pub(super) fn notices(shard: &Path, record: &SidecarRecord, update: bool) -> Vec<Notice> {
    let mut all = Vec::new();
    let mut say = |message: String| {
        all.push(Notice {
            path: shard.to_owned(),
            message,
        });
    };
    let naming = match (record.naming_old, record.rows_naming_old) {
        (0, 0) => None,
        (files, 0) => Some((things(files, "sidecar"), files)),
        (0, rows) => Some((things(rows, "row"), rows)),
        (files, rows) => Some((format!("{} and {}", things(files, "sidecar"), things(rows, "row")), files + rows)),
    };
    match (naming, update) {
        (None, _) => {}
        (Some((what, 1)), true) => say(format!(
            "{what} names an image by a name that it loses, and follows it (--update-sidecars)."
        )),
        (Some((what, _)), true) => say(format!(
            "{what} name images by names that they lose, and follow them (--update-sidecars)."
        )),
        (Some((what, 1)), false) => say(format!("{what} will name a file that is gone; --update-sidecars makes it follow.")),
        (Some((what, _)), false) => say(format!(
            "{what} will name files that are gone; --update-sidecars makes them follow."
        )),
    }
    for (list, one, many) in [
        (
            &record.unreadable,
            "sidecar cannot be read as JSON and stays as it is",
            "sidecars cannot be read as JSON and stay as they are",
        ),
        (
            &record.orphans,
            "file looks like the sidecar of an image that is not there",
            "files look like sidecars of images that are not there",
        ),
        (&record.images_without, "image has no sidecar", "images have no sidecar"),
        (
            &record.stale_latents,
            "file of latents (.npz) is of an image whose size changes; it will not fit any more",
            "files of latents (.npz) are of images whose size changes; they will not fit any more",
        ),
    ] {
        match list.len() {
            0 => {}
            1 => say(format!("1 {one}: {}.", names(list))),
            n => say(format!("{n} {many}: {}.", names(list))),
        }
    }
    if record.unreadable_rows > 0 {
        let stay = if record.unreadable_rows == 1 {
            "stays as it is"
        } else {
            "stay as they are"
        };
        say(format!(
            "{} of metadata.jsonl or captions.jsonl cannot be read as JSON and {stay}.",
            things(record.unreadable_rows, "row")
        ));
    }
    all
}

fn things(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The first few, and how many more there are.
fn names(list: &[OsString]) -> String {
    let first: Vec<String> = list.iter().take(NAMED).map(|name| name.display().to_string()).collect();
    match list.len().saturating_sub(NAMED) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences() {
        let list = |names: &[&str]| names.iter().map(OsString::from).collect::<Vec<_>>();
        let check = |record: SidecarRecord, update: bool, expected: &[&str]| {
            let said: Vec<String> = notices(Path::new("s"), &record, update).into_iter().map(|n| n.message).collect();
            assert_eq!(said, expected);
        };
        let none = SidecarRecord::default;
        check(none(), false, &[]);
        check(none(), true, &[]);
        let naming = |naming_old, rows_naming_old| SidecarRecord {
            naming_old,
            rows_naming_old,
            ..none()
        };
        check(
            naming(1, 0),
            false,
            &["1 sidecar will name a file that is gone; --update-sidecars makes it follow."],
        );
        check(
            naming(0, 7),
            false,
            &["7 rows will name files that are gone; --update-sidecars makes them follow."],
        );
        check(
            naming(2, 1),
            true,
            &["2 sidecars and 1 row name images by names that they lose, and follow them (--update-sidecars)."],
        );
        let lists = SidecarRecord {
            orphans: list(&["a", "b", "c"]),
            images_without: list(&["a", "b", "c", "d", "e"]),
            stale_latents: list(&["a.npz"]),
            unreadable_rows: 2,
            ..none()
        };
        check(
            lists,
            false,
            &[
                "3 files look like sidecars of images that are not there: a, b, c.",
                "5 images have no sidecar: a, b, c and 2 more.",
                "1 file of latents (.npz) is of an image whose size changes; it will not fit any more: a.npz.",
                "2 rows of metadata.jsonl or captions.jsonl cannot be read as JSON and stay as they are.",
            ],
        );
    }
}
