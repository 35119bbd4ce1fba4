//! The list itself: which folders are in it, what is known of each, in which groups and order they stand, and which of them
//! are shown. Plain values; no disk, no drawing.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::paths;
use crate::engine::{DriveKind, KeptRun, Measured, Problem, ShardLook, Standing};
use crate::report::LastRun;

/// Shards that a group shows before the rest is folded away.
const SHOWN: usize = 5;
/// Folding away fewer than this would only cost a click.
const WORTH_FOLDING: usize = 4;

/// One folder of the list: what a person chose, what was found, and what is being done to it.
#[derive(Debug, Clone)]
pub(in crate::gui) struct Shard {
    /// Absolute, links resolved.
    pub(in crate::gui) path: PathBuf,
    /// Its last part.
    pub(in crate::gui) name: String,
    /// The library it was added with.
    pub(super) library: Option<PathBuf>,
    /// Whether it is planned and run.
    pub(in crate::gui) ticked: bool,
    /// What the newest look that came back found.
    pub(super) look: Look,
    /// A look that did not come back yet, since when.
    pub(super) asked: Option<Instant>,
    /// It was looked at before this start, and not yet again.
    pub(super) due: bool,
    /// What it lies on, as of the last look.
    pub(in crate::gui) drive: DriveKind,
    /// Images by their names, as of the last look.
    pub(super) images: Option<u64>,
    /// Files without endings, which may be images.
    pub(super) unnamed: u64,
    /// Bytes, as far as they were asked for.
    pub(super) measured: Option<Measured>,
    /// A worker asks for the sizes.
    pub(super) measuring: bool,
    /// Images with work in the current plan; `None` where it is not planned.
    pub(super) planned: Option<u64>,
    /// What is under way in it.
    pub(super) standing: Standing,
    /// Runs whose originals are kept, oldest first.
    pub(super) kept: Vec<KeptRun>,
    /// What the newest run in the history did here.
    pub(super) last: Option<LastRun>,
    /// An undo, purge or recovery that was asked for in this window.
    pub(super) task: Option<TaskKind>,
}

/// What a look at a folder found.
#[derive(Debug, Clone)]
pub(super) enum Look {
    /// None came back yet.
    Unknown,
    /// It was found.
    There,
    /// Its drive is not mounted.
    NotMounted,
    /// It is not there, though its drive is; or a file has its name now.
    Gone,
    /// The system says no.
    Unreadable(Problem),
}

/// What can be done to a shard beside a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::gui) enum TaskKind {
    /// Bring the newest kept run back.
    Undo,
    /// Delete all kept originals for good.
    Purge,
    /// Bring an interrupted run or undo to its end.
    Recover,
}

/// Under which heading a shard stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(in crate::gui) enum Place {
    /// The library it was added with.
    Library(PathBuf),
    /// Folders of this computer, by kind of drive.
    Computer,
    /// Folders of other computers.
    Network,
}

/// In which order the shards of a group stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::gui) enum Order {
    /// By name, `shard_2` before `shard_10`.
    #[default]
    Name,
    /// What needs a person first, then what is undoable, then the rest.
    State,
    /// The most images first.
    Images,
    /// The most bytes first.
    Bytes,
}

/// Which shards are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::gui) enum Only {
    /// All of them.
    #[default]
    All,
    /// Ticked ones.
    Ticked,
    /// Those that no run has changed.
    NeverRun,
    /// Those with kept originals.
    Kept,
    /// Interrupted, not mounted, unreadable.
    Troubled,
}

/// One line of the list as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Row {
    /// A heading.
    Group {
        place: Place,
        title: String,
        detail: String,
        drive: DriveKind,
        open: bool,
    },
    /// A shard, by its place in the list.
    Shard(usize),
    /// Shards of a group that are folded away, or could be.
    More { place: Place, hidden: usize },
}

/// What is folded, sorted and filtered away.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Arrangement {
    pub(super) order: Order,
    #[serde(skip)]
    pub(super) only: Only,
    /// A part of the name.
    #[serde(skip)]
    pub(super) text: String,
    /// Groups that show nothing but their heading.
    pub(super) closed: HashSet<Place>,
    /// Groups that show all of their shards.
    pub(super) unfolded: HashSet<Place>,
}

impl Shard {
    /// A folder of which only the path is known.
    pub(super) fn new(path: PathBuf, library: Option<PathBuf>) -> Self {
        Self {
            name: paths::name(&path),
            path,
            library,
            ticked: false,
            look: Look::Unknown,
            asked: None,
            due: true,
            drive: DriveKind::Unknown,
            images: None,
            unnamed: 0,
            measured: None,
            measuring: false,
            planned: None,
            standing: Standing::Quiet,
            kept: Vec::new(),
            last: None,
            task: None,
        }
    }

    /// Takes what a look found.
    pub(super) fn take(&mut self, look: ShardLook) {
        self.look = Look::There;
        self.drive = look.drive.kind;
        if self.images != Some(look.images) {
            self.measured = None;
        }
        self.images = Some(look.images);
        self.unnamed = look.unnamed;
        self.standing = look.status.standing;
        self.kept = look.status.kept;
    }

    /// Under which heading it stands.
    pub(super) fn place(&self) -> Place {
        match &self.library {
            Some(library) => Place::Library(library.clone()),
            None if self.drive == DriveKind::Network => Place::Network,
            None => Place::Computer,
        }
    }

    /// Bytes of originals that a purge would free.
    pub(in crate::gui) fn kept_bytes(&self) -> u64 {
        self.kept.iter().map(|run| run.bytes).sum()
    }

    /// Originals that a purge would delete.
    pub(super) fn kept_files(&self) -> u64 {
        self.kept.iter().map(|run| run.files).sum()
    }

    /// The run that an undo brings back: the newest of which something is left.
    pub(super) fn undoable(&self) -> Option<&KeptRun> {
        self.kept.iter().rev().find(|run| run.files > 0)
    }

    /// A run or an undo was killed here.
    pub(super) fn is_interrupted(&self) -> bool {
        matches!(self.standing, Standing::Interrupted { .. })
    }

    /// The newest run, unless the folder is again as it was before it: then that was undone.
    pub(super) fn saved(&self) -> Option<&LastRun> {
        let last = self.last.as_ref()?;
        if self.kept.iter().any(|run| run.run == last.run) {
            return Some(last);
        }
        let now = self.measured.filter(|measured| measured.looked_at == measured.images)?.bytes;
        (now != last.bytes_before).then_some(last)
    }

    /// It was looked at, so a plan of it will not wait for a drive that is gone.
    pub(super) fn is_there(&self) -> bool {
        matches!(self.look, Look::There)
    }

    /// Something a person has to look after.
    pub(super) fn is_troubled(&self) -> bool {
        self.is_interrupted() || !matches!(self.look, Look::There | Look::Unknown)
    }
}

/// The order in which shards are kept: by heading, then by name as people count.
pub(super) fn in_list_order(a: &Shard, b: &Shard) -> Ordering {
    a.place()
        .cmp(&b.place())
        .then_with(|| natord::compare(&a.name, &b.name))
        .then_with(|| a.path.cmp(&b.path))
}

/// What is shown of the list. `shards` stand in [`in_list_order`].
pub(super) fn rows(shards: &[Shard], arrangement: &Arrangement, chosen: Option<&Path>) -> Vec<Row> {
    let mut rows = Vec::new();
    let wanted = arrangement.text.trim().to_lowercase();
    let filtered = arrangement.only != Only::All || !wanted.is_empty();
    let mut first = 0;
    while let Some(shard) = shards.get(first) {
        let place = shard.place();
        let end = shards[first..]
            .iter()
            .position(|shard| shard.place() != place)
            .map_or(shards.len(), |n| first + n);
        let mut shown: Vec<usize> = (first..end).filter(|at| passes(&shards[*at], arrangement.only, &wanted)).collect();
        arrange(shards, &mut shown, arrangement.order);
        let open = !arrangement.closed.contains(&place);
        if !shown.is_empty() {
            rows.push(heading(&place, &shards[first..end], open));
        }
        if open {
            let unfolded = filtered || arrangement.unfolded.contains(&place);
            let stays = |at: usize, shard: &Shard| at < SHOWN || shard.ticked || chosen == Some(shard.path.as_path());
            let tail = shown.iter().enumerate().filter(|(at, shard)| !stays(*at, &shards[**shard])).count();
            let folds = tail >= WORTH_FOLDING;
            let visible = shown
                .iter()
                .enumerate()
                .filter(|(at, shard)| unfolded || !folds || stays(*at, &shards[**shard]));
            rows.extend(visible.map(|(_, shard)| Row::Shard(*shard)));
            let hidden = if unfolded || !folds { 0 } else { tail };
            if folds && !filtered {
                rows.push(Row::More { place, hidden });
            }
        }
        first = end;
    }
    rows
}

fn passes(shard: &Shard, only: Only, wanted: &str) -> bool {
    let kind = match only {
        Only::All => true,
        Only::Ticked => shard.ticked,
        Only::NeverRun => shard.kept.is_empty() && shard.saved().is_none() && !shard.is_troubled(),
        Only::Kept => !shard.kept.is_empty(),
        Only::Troubled => shard.is_troubled(),
    };
    kind && (wanted.is_empty() || shard.name.to_lowercase().contains(wanted))
}

/// By name they stand already.
fn arrange(shards: &[Shard], shown: &mut [usize], order: Order) {
    match order {
        Order::Name => {}
        Order::State => shown.sort_by_key(|at| {
            let shard = &shards[*at];
            match () {
                () if shard.is_troubled() => 0,
                () if shard.ticked => 1,
                () if !shard.kept.is_empty() => 2,
                () => 3,
            }
        }),
        Order::Images => shown.sort_by_key(|at| std::cmp::Reverse(shards[*at].images)),
        Order::Bytes => shown.sort_by_key(|at| std::cmp::Reverse(shards[*at].measured.map(|measured| measured.bytes))),
    }
}

fn heading(place: &Place, shards: &[Shard], open: bool) -> Row {
    let known = shards.iter().map(|shard| shard.drive).find(|drive| *drive != DriveKind::Unknown);
    let drive = known.unwrap_or(DriveKind::Unknown);
    let same = shards.iter().all(|shard| shard.drive == drive || shard.drive == DriveKind::Unknown);
    let kind = if same { kind_of_drive(drive) } else { "" };
    let (title, detail) = match place {
        Place::Library(root) => (paths::name(root), things(shards.len() as u64)),
        Place::Computer => ("This computer".to_owned(), String::new()),
        Place::Network => ("Network".to_owned(), String::new()),
    };
    let detail = match (kind, detail.as_str()) {
        ("", _) | (_, "") => format!("{kind}{detail}"),
        _ => format!("{kind}, {detail}"),
    };
    Row::Group {
        place: place.clone(),
        title,
        detail,
        drive,
        open,
    }
}

fn things(shards: u64) -> String {
    crate::report::format::things(shards, "shard", "shards")
}

/// The same as part of a sentence.
pub(super) fn on_drive(kind: DriveKind) -> &'static str {
    match kind {
        DriveKind::Solid => " on an SSD",
        DriveKind::Spinning => " on a hard disk",
        DriveKind::Network => " on a NAS",
        DriveKind::Memory => " in memory",
        DriveKind::Unknown => "",
    }
}

/// The kind of a drive in a word; empty where it is unknown.
pub(in crate::gui) fn kind_of_drive(kind: DriveKind) -> &'static str {
    match kind {
        DriveKind::Solid => "SSD",
        DriveKind::Spinning => "Hard disk",
        DriveKind::Network => "NAS",
        DriveKind::Memory => "Memory",
        DriveKind::Unknown => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shards(names: &[&str]) -> Vec<Shard> {
        let mut all: Vec<Shard> = names
            .iter()
            .map(|name| {
                let path = PathBuf::from(format!("/nas/flora/{name}"));
                Shard {
                    drive: DriveKind::Network,
                    ..Shard::new(path, Some(PathBuf::from("/nas/flora")))
                }
            })
            .collect();
        all.sort_by(in_list_order);
        all
    }

    fn shown(shards: &[Shard], rows: &[Row]) -> Vec<String> {
        rows.iter()
            .map(|row| match row {
                Row::Group { title, detail, .. } => format!("{title}: {detail}"),
                Row::Shard(at) => shards[*at].name.clone(),
                Row::More { hidden, .. } => format!("{hidden} more"),
            })
            .collect()
    }

    #[test]
    fn a_long_library_is_folded_and_what_is_ticked_stays() {
        let names: Vec<String> = (0..16).map(|n| format!("shard_{n}")).collect();
        let mut all = shards(&names.iter().map(String::as_str).collect::<Vec<_>>());
        all[12].ticked = true;
        let mut arrangement = Arrangement::default();
        let folded = shown(&all, &rows(&all, &arrangement, None));
        assert_eq!(
            folded,
            [
                "flora: NAS, 16 shards",
                "shard_0",
                "shard_1",
                "shard_2",
                "shard_3",
                "shard_4",
                "shard_12",
                "10 more"
            ]
        );
        let chosen = all[15].path.clone();
        assert!(shown(&all, &rows(&all, &arrangement, Some(&chosen))).contains(&"shard_15".to_owned()));
        arrangement.text = "D_1".into();
        let found = shown(&all, &rows(&all, &arrangement, None));
        assert_eq!(
            found[1..],
            ["shard_1", "shard_10", "shard_11", "shard_12", "shard_13", "shard_14", "shard_15"]
        );
        arrangement.text.clear();
        arrangement.unfolded.insert(all[0].place());
        let open = shown(&all, &rows(&all, &arrangement, None));
        assert_eq!((open.len(), open[17].as_str()), (18, "0 more"));
        arrangement.closed.insert(all[0].place());
        assert_eq!(shown(&all, &rows(&all, &arrangement, None)), ["flora: NAS, 16 shards"]);
    }

    #[test]
    fn orders_and_filters() {
        let mut all = shards(&["a", "b", "c"]);
        all[1].images = Some(7);
        all[2].images = Some(9);
        all[2].look = Look::NotMounted;
        all[0].kept = vec![KeptRun {
            run: "r".into(),
            started: 1,
            files: 2,
            bytes: 3,
            problem: String::new(),
        }];
        let names = |order, only| {
            let arrangement = Arrangement {
                order,
                only,
                ..Arrangement::default()
            };
            shown(&all, &rows(&all, &arrangement, None)).split_off(1)
        };
        assert_eq!(names(Order::Images, Only::All), ["c", "b", "a"]);
        assert_eq!(names(Order::State, Only::All), ["c", "a", "b"]);
        assert_eq!(names(Order::Name, Only::Kept), ["a"]);
        assert_eq!(names(Order::Name, Only::Troubled), ["c"]);
        assert_eq!(names(Order::Name, Only::NeverRun), ["b"]);
    }

    #[test]
    fn an_undo_brings_back_the_newest_run_of_which_something_is_left() {
        let kept = |run: &str, files| KeptRun {
            run: run.into(),
            started: 1,
            files,
            bytes: files * 10,
            problem: String::new(),
        };
        let mut shard = Shard::new("/s".into(), None);
        assert_eq!(shard.undoable(), None);
        shard.kept = vec![kept("r1", 5), kept("r2", 7), kept("r3", 0)];
        assert_eq!(shard.undoable().map(|run| run.run.as_str()), Some("r2"));
        assert_eq!((shard.kept_files(), shard.kept_bytes()), (12, 120));
    }
}
