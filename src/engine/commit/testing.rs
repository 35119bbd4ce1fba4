//! A small shard on a disk in memory, the job on it, and the judge; shared by the crash and the fault tests.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::mount::Mount;
use super::names::Room;
use super::*;
use crate::engine::disk::crash::{Abilities, CrashDisk, Gate};
use crate::engine::disk::{Disk, DiskError};
use crate::engine::settings::{Mtime, Originals, Verify, WriteMode};

/// One image: name, original, name of the replacement, replacement.
pub(super) struct Image {
    pub(super) source: &'static str,
    pub(super) original: &'static [u8],
    pub(super) output: &'static str,
    pub(super) replacement: &'static [u8],
}

const fn image(source: &'static str, original: &'static [u8], output: &'static str, replacement: &'static [u8]) -> Image {
    Image {
        source,
        original,
        output,
        replacement,
    }
}

/// New names and same names, replacements shorter and longer than their originals.
pub(super) const IMAGES: &[Image] = &[
    image("a.png", b"original of a, rather long", "a.jpg", b"small a"),
    image("b.jpg", b"original of b, rather long", "b.jpg", b"small b"),
    image("c.png", b"c", "c.jpg", b"c grows by this"),
    image("d.jpg", b"d", "d.jpg", b"d grows by this"),
];

/// Which files tell of which images, one row an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sidecars {
    /// None.
    No,
    /// Every image has one of its own.
    Private,
    /// One tells of the first two images.
    Shared,
    /// One tells of all images, so that more than one batch edits it.
    Rows,
    /// One of its own for every image, and one that tells of all.
    Both,
}

impl Sidecars {
    /// Names, and the images that they tell of.
    fn files(self, images: usize) -> Vec<(&'static str, Vec<usize>)> {
        const PRIVATE: [&str; 4] = ["a.json", "b.json", "c.json", "d.json"];
        let private = (0..images).map(|index| (PRIVATE[index], vec![index]));
        let rows = ("rows.jsonl", (0..images).collect());
        match self {
            Self::No => Vec::new(),
            Self::Private => private.collect(),
            Self::Shared => vec![("pair.json", vec![0, 1])],
            Self::Rows => vec![rows],
            Self::Both => private.chain([rows]).collect(),
        }
    }
}

/// What a file says of an image that is not, or is, replaced.
fn row(image: &Image, replaced: bool) -> String {
    format!("{} is {}\n", image.source, if replaced { "new and smaller" } else { "old" })
}

/// What a file says of each of its images; `None` where it does not speak of all of them in whole rows. More rows are welcome.
fn said(bytes: &[u8], of: &[usize]) -> Option<Vec<bool>> {
    let mut rest = std::str::from_utf8(bytes).ok()?;
    let mut said = Vec::new();
    for &index in of {
        let image = &IMAGES[index];
        let replaced = [true, false]
            .into_iter()
            .find(|replaced| rest.starts_with(&row(image, *replaced)))?;
        rest = &rest[row(image, replaced).len()..];
        said.push(replaced);
    }
    (rest.is_empty() || rest.ends_with('\n')).then_some(said)
}

/// A file that is none of our business.
pub(super) const STRANGER: (&str, &[u8]) = ("a.txt", b"sidecar of a");

/// One way of working.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mode {
    #[expect(dead_code, reason = "read by Debug, in the message of a test that fails")]
    pub(super) name: &'static str,
    pub(super) originals: Originals,
    pub(super) mount: Mount,
    pub(super) abilities: Abilities,
    /// How many of [`IMAGES`].
    pub(super) images: usize,
    /// Replacements a batch.
    pub(super) batch: usize,
    pub(super) sidecars: Sidecars,
    pub(super) verify: Verify,
    pub(super) mtime: Mtime,
    /// Any original may step aside for a moment, whatever the mount can do.
    pub(super) may_park: bool,
}

pub(super) const SHARD: &str = "/s";

/// Every kind of file system that changes the steps, with `keep` and with `delete`.
pub(super) fn modes() -> Vec<Mode> {
    let able = Abilities {
        no_replace: true,
        links: true,
        network: false,
        lies: false,
        gate: Gate::Keeps,
    };
    let local = Mount {
        staged: true,
        no_replace: true,
        links: true,
        over: true,
        loose_inodes: false,
        slow_renames: false,
        keep_in: Room::Originals,
    };
    let remote = Mount {
        staged: false,
        over: false,
        loose_inodes: true,
        ..local
    };
    let network = Abilities { network: true, ..able };
    let rows = [
        ("staged", local, able),
        (
            "staged, kept beside",
            Mount {
                keep_in: Room::Shard,
                ..local
            },
            able,
        ),
        (
            "staged without links",
            Mount { links: false, ..local },
            Abilities { links: false, ..able },
        ),
        ("direct", Mount { staged: false, ..local }, able),
        ("direct on a network", remote, network),
        (
            "direct, kept beside",
            Mount {
                slow_renames: true,
                keep_in: Room::Shard,
                ..remote
            },
            network,
        ),
        (
            "staged by links",
            Mount { over: false, ..local },
            Abilities {
                no_replace: false,
                ..network
            },
        ),
        (
            "neither rename nor links",
            Mount {
                no_replace: false,
                links: false,
                ..remote
            },
            Abilities {
                no_replace: false,
                links: false,
                ..network
            },
        ),
    ];
    let mut modes = Vec::new();
    for (name, mount, abilities) in rows {
        for originals in [Originals::Keep, Originals::Delete] {
            modes.push(Mode {
                name,
                originals,
                mount,
                abilities,
                images: IMAGES.len(),
                batch: 2,
                sidecars: Sidecars::No,
                verify: Verify::Decode,
                mtime: Mtime::Keep,
                may_park: false,
            });
        }
    }
    modes
}

/// The same with files that tell of the images: [`Sidecars`], how many images, how many a batch.
pub(super) fn modes_with_edits(ways: &[(Sidecars, usize, usize)]) -> Vec<Mode> {
    let of = |mode: Mode| {
        ways.iter().map(move |&(sidecars, images, batch)| Mode {
            sidecars,
            images,
            batch,
            ..mode
        })
    };
    modes().into_iter().flat_map(of).collect()
}

impl Mode {
    pub(super) fn images(&self) -> &'static [Image] {
        &IMAGES[..self.images]
    }

    /// The files that tell of images, and of which.
    pub(super) fn sidecars(&self) -> Vec<(&'static str, Vec<usize>)> {
        self.sidecars.files(self.images)
    }

    pub(super) fn disk(&self) -> CrashDisk {
        let images = self.images().iter().map(|image| (image.source, image.original.to_vec()));
        let sidecars = self.sidecars().into_iter().map(|(name, of)| (name, first_content(&of)));
        let files: Vec<(String, Vec<u8>)> = images
            .chain(sidecars)
            .chain([(STRANGER.0, STRANGER.1.to_vec())])
            .map(|(name, data)| (format!("{SHARD}/{name}"), data))
            .collect();
        let files: Vec<(&str, &[u8])> = files.iter().map(|(path, data)| (path.as_str(), data.as_slice())).collect();
        CrashDisk::new(self.abilities, &[SHARD], &files)
    }
}

/// What a file says of images before any of them is replaced.
pub(super) fn first_content(of: &[usize]) -> Vec<u8> {
    of.iter().map(|&index| row(&IMAGES[index], false)).collect::<String>().into_bytes()
}

/// The editor of these tests: reads every file that tells of what is on its way, and puts new rows in the place of old ones.
fn edits(disk: &dyn Disk, mode: &Mode, batch: &[&str], going: &[usize]) -> Edits {
    let mut answer = Edits::default();
    for (name, of) in mode.sidecars() {
        let with: Vec<usize> = going
            .iter()
            .copied()
            .filter(|&index| of.iter().any(|&image| IMAGES[image].source == batch[index]))
            .collect();
        if with.is_empty() {
            continue;
        }
        let path = shard().join(name);
        let read = || -> Result<_, DiskError> {
            let file = disk.open(&path)?;
            Ok((file.identity()?, file.attributes()?, file.read_all(1 << 20)?))
        };
        match read() {
            Err(error) => {
                let failure = CommitFailure::from_disk(&error, "The image is untouched.");
                answer.refused.extend(with.into_iter().map(|index| (index, failure.clone())));
            }
            Ok((seen, attributes, before)) => {
                let mut text = String::from_utf8(before.clone()).expect("text");
                for &index in &with {
                    let image = IMAGES.iter().find(|image| image.source == batch[index]).expect("one of ours");
                    text = text.replace(&row(image, false), &row(image, true));
                }
                answer.edits.push(Edit {
                    name: name.into(),
                    seen,
                    attributes,
                    source_hash: content_hash(&before),
                    bytes: text.into_bytes(),
                    with,
                });
            }
        }
    }
    answer
}

/// What a whole job came to.
#[derive(Debug, Default)]
pub(super) struct JobDone {
    pub(super) recovery: Option<Recovery>,
    pub(super) verdicts: Vec<(&'static str, Verdict)>,
    pub(super) finished: Option<Finished>,
    /// Batches for which the editor was asked more than once.
    pub(super) mended: usize,
}

fn shard() -> &'static Path {
    Path::new(SHARD)
}

/// Lock and recover, as a run begins.
pub(super) fn recover_only(disk: &CrashDisk, run: &str) -> Result<Recovery, String> {
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    let lock = lock(&disk, shard(), run).map_err(|error| error.to_string())?;
    recover(&disk, &lock).map_err(|error| error.to_string())
}

thread_local! {
    static FROZEN: Cell<Option<Duration>> = const { Cell::new(None) };
}

/// The time since 1970 that this thread is to see, so that two jobs on equal disks write equal journals; `None`: as it is.
pub(super) fn frozen() -> Option<Duration> {
    FROZEN.get()
}

/// Stops the clock for this thread.
pub(super) fn freeze() {
    FROZEN.set(Some(Duration::from_secs(1_800_000_000)));
}

/// The whole job: lock, recover, replace what is still an original, finish.
pub(super) fn job(disk: &CrashDisk, mode: &Mode, run: &str) -> Result<JobDone, String> {
    let text = |error: DiskError| error.to_string();
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let lock = lock(&shared, shard(), run).map_err(|error| error.to_string())?;
    let mut done = JobDone::default();
    let recovery = recover(&shared, &lock).map_err(text)?;
    let blocked = !recovery.alarms.is_empty();
    done.recovery = Some(recovery);
    if blocked {
        return Ok(done);
    }
    let options = CommitOptions {
        originals: mode.originals,
        write: WriteMode::Auto,
        verify: mode.verify,
        mtime: mode.mtime,
        parallel: 1,
    };
    let committer = Committer::with_mount(&shared, &lock, run, options, mode.mount).map_err(text)?;
    let mut wanted = Vec::new();
    for image in mode.images() {
        let path = shard().join(image.source);
        let Ok(Some(_)) = shared.stat(&path) else { continue };
        let Ok(file) = shared.open(&path) else { continue };
        let (Ok(seen), Ok(attributes), Ok(bytes)) = (file.identity(), file.attributes(), file.read_all(1 << 20)) else {
            continue;
        };
        if bytes != image.original {
            continue;
        }
        let replacement = Replacement {
            source: image.source.into(),
            seen,
            attributes,
            source_hash: content_hash(&bytes),
            output: image.output.into(),
            bytes: image.replacement.to_vec(),
        };
        wanted.push((image.source, replacement));
    }
    while !wanted.is_empty() {
        let rest = wanted.split_off(mode.batch.min(wanted.len()));
        let (names, batch): (Vec<_>, Vec<_>) = wanted.into_iter().unzip();
        let asked = Cell::new(0);
        let editor = |going: &[usize]| {
            asked.set(asked.get() + 1);
            edits(shared.as_ref(), mode, &names, going)
        };
        let verdicts = committer.commit(batch, &editor);
        done.mended += usize::from(asked.get() > 1);
        done.verdicts.extend(names.into_iter().zip(verdicts));
        wanted = rest;
    }
    done.finished = Some(committer.finish().map_err(text)?);
    Ok(done)
}

/// How far a disk must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// Right after a fault: a parked original counts where parking is the way.
    Interrupted,
    /// After recovery without alarms: every image under its name, nothing of ours left beside them but kept originals.
    Recovered,
    /// After a whole undisturbed job on top.
    Complete,
}

fn is_ours(path: &Path) -> bool {
    let below = path.strip_prefix(SHARD).unwrap_or(path);
    below.components().next().is_some_and(|first| {
        let first = first.as_os_str().to_string_lossy().into_owned();
        first == ".shardpress" || first.starts_with(".shardpress-")
    })
}

/// The promise, checked. The error says what is wrong.
pub(super) fn judge(disk: &CrashDisk, mode: &Mode, moment: Moment) -> Result<(), String> {
    let files = disk.files();
    let at = |name: &str| files.get(&shard().join(name)).map(Vec::as_slice);
    let ours: BTreeMap<&PathBuf, &Vec<u8>> = files.iter().filter(|(path, _)| is_ours(path)).collect();
    if at(STRANGER.0) != Some(STRANGER.1) {
        return Err(format!("{} was touched", STRANGER.0));
    }
    judge_sidecars(disk, mode, moment)?;
    for (index, image) in mode.images().iter().enumerate() {
        let original = at(image.source) == Some(image.original);
        let replaced = at(image.output) == Some(image.replacement);
        // Only where names change hands without a rename over is there a moment without either.
        let told = mode.sidecars().iter().any(|(_, of)| of.contains(&index));
        let stays = mode.originals == Originals::Keep || told;
        // Where originals come back by being copied, they are kept until the copy is known to be durable.
        let copies = !mode.mount.no_replace && !mode.mount.links;
        let parks = copies || mode.may_park || (image.source == image.output && !(mode.mount.over && (mode.mount.links || !stays)));
        let parked = parks && ours.values().any(|data| data.as_slice() == image.original);
        match moment {
            Moment::Interrupted if !(original || replaced || parked) => return Err(format!("{} is lost", image.source)),
            Moment::Recovered if !(original || replaced) => return Err(format!("{} is lost after recovery", image.source)),
            Moment::Recovered if image.source != image.output && original && at(image.output).is_some() => {
                return Err(format!("{} has both its original and {}", image.source, image.output));
            }
            Moment::Complete if !replaced => return Err(format!("{} was not replaced", image.source)),
            Moment::Complete if image.source != image.output && at(image.source).is_some() => {
                return Err(format!("{} is still there", image.source));
            }
            _ => {}
        }
        let kept = ours
            .iter()
            .any(|(path, data)| data.as_slice() == image.original && path.to_string_lossy().ends_with(".orig"));
        if moment != Moment::Interrupted && mode.originals == Originals::Keep && replaced && !original && !kept {
            return Err(format!("{} was replaced and not kept", image.source));
        }
        if moment != Moment::Interrupted && kept && (mode.originals == Originals::Delete || original) {
            return Err(format!("{} has a second copy among ours", image.source));
        }
    }
    if moment == Moment::Interrupted {
        return Ok(());
    }
    for path in files.keys() {
        let name = path.strip_prefix(SHARD).unwrap_or(path).to_string_lossy().into_owned();
        let known = name == STRANGER.0
            || mode.sidecars().iter().any(|(sidecar, _)| *sidecar == name)
            || mode.images().iter().any(|image| image.source == name || image.output == name);
        let temporary = name.ends_with(".tmp");
        let leftover = moment == Moment::Complete && matches!(name.as_str(), ".shardpress/journal" | ".shardpress/lock");
        if (!known && !is_ours(path)) || temporary || leftover {
            return Err(format!("{name} is left"));
        }
    }
    Ok(())
}

/// Does every file that tells of images still do so, whole? And once all is settled: does it tell the truth, to the byte?
fn judge_sidecars(disk: &CrashDisk, mode: &Mode, moment: Moment) -> Result<(), String> {
    let files = disk.files();
    let at = |name: &str| files.get(&shard().join(name));
    let kept: Vec<&Vec<u8>> = files
        .iter()
        .filter(|(path, _)| is_ours(path) && path.to_string_lossy().ends_with(".orig"))
        .map(|(_, data)| data)
        .collect();
    for (name, of) in mode.sidecars() {
        let told = at(name).and_then(|data| said(data, &of));
        if moment == Moment::Interrupted {
            // Without links or a rename over there is a moment without the name, in which the old content has another.
            let parks = mode.may_park || !(mode.mount.over && mode.mount.links);
            if told.is_none() && !(parks && kept.iter().any(|data| said(data, &of).is_some())) {
                return Err(format!("{name} is lost"));
            }
            continue;
        }
        let Some(told) = told else {
            return Err(format!("{name} is lost or broken"));
        };
        for (&index, told) in of.iter().zip(&told) {
            let image = &IMAGES[index];
            let replaced = at(image.output).map(Vec::as_slice) == Some(image.replacement);
            if *told != replaced {
                return Err(format!("{name} says {told} of {} and that is not so", image.source));
            }
        }
        let copies = |content: &[u8]| kept.iter().filter(|data| data.as_slice() == content).count();
        let first = first_content(&of);
        let now = at(name).cloned().unwrap_or_default();
        if copies(&now) > 0 || (mode.originals == Originals::Delete && kept.iter().any(|data| said(data, &of).is_some())) {
            return Err(format!("{name} has a copy among ours"));
        }
        if mode.originals == Originals::Keep && now != first && copies(&first) != 1 {
            return Err(format!("{name} is kept {} times as it was first", copies(&first)));
        }
    }
    Ok(())
}

/// Do all files that tell of an image say that it is replaced?
pub(super) fn says_so(disk: &CrashDisk, mode: &Mode, source: &str) -> bool {
    let files = disk.files();
    mode.sidecars().iter().all(|(name, of)| {
        let Some(at) = of.iter().position(|&image| IMAGES[image].source == source) else {
            return true;
        };
        // While it changes hands the next time, its name may be missing for a moment.
        let aside = || {
            let kept = files.iter().filter(|(path, _)| path.to_string_lossy().ends_with(".orig"));
            kept.filter_map(|(_, data)| said(data, of)).any(|told| told[at])
        };
        match files.get(&shard().join(name)) {
            Some(data) => said(data, of).is_some_and(|told| told[at]) || aside(),
            None => aside(),
        }
    })
}
