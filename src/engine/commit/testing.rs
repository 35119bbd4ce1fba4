//! A small shard on a disk in memory, the job on it, and the judge; shared by the crash and the fault tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::mount::Mount;
use super::names::Room;
use super::*;
use crate::engine::disk::crash::{Abilities, CrashDisk};
use crate::engine::disk::{Disk, DiskError};
use crate::engine::settings::{Originals, Verify, WriteMode};

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
}

pub(super) const SHARD: &str = "/s";

/// Every kind of file system that changes the steps, with `keep` and with `delete`.
pub(super) fn modes() -> Vec<Mode> {
    let able = Abilities {
        no_replace: true,
        links: true,
        network: false,
        lies: false,
    };
    let local = Mount {
        staged: true,
        no_replace: true,
        links: true,
        over: true,
        loose_inodes: false,
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
            });
        }
    }
    modes
}

impl Mode {
    pub(super) fn images(&self) -> &'static [Image] {
        &IMAGES[..self.images]
    }

    pub(super) fn disk(&self) -> CrashDisk {
        let mut files: Vec<(String, &[u8])> = self
            .images()
            .iter()
            .map(|image| (format!("{SHARD}/{}", image.source), image.original))
            .collect();
        files.push((format!("{SHARD}/{}", STRANGER.0), STRANGER.1));
        let files: Vec<(&str, &[u8])> = files.iter().map(|(path, data)| (path.as_str(), *data)).collect();
        CrashDisk::new(self.abilities, &[SHARD], &files)
    }
}

/// What a whole job came to.
#[derive(Debug, Default)]
pub(super) struct JobDone {
    pub(super) recovery: Option<Recovery>,
    pub(super) verdicts: Vec<(&'static str, Verdict)>,
    pub(super) finished: Option<Finished>,
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
        verify: Verify::Decode,
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
        done.verdicts.extend(names.into_iter().zip(committer.commit(batch)));
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
    for image in mode.images() {
        let original = at(image.source) == Some(image.original);
        let replaced = at(image.output) == Some(image.replacement);
        // Only where names change hands without a rename over is there a moment without either.
        let parks = image.source == image.output && !(mode.mount.over && (mode.mount.links || mode.originals == Originals::Delete));
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
        let known = name == STRANGER.0 || mode.images().iter().any(|image| image.source == name || image.output == name);
        let temporary = name.ends_with(".tmp");
        let leftover = moment == Moment::Complete && matches!(name.as_str(), ".shardpress/journal" | ".shardpress/lock");
        if (!known && !is_ours(path)) || temporary || leftover {
            return Err(format!("{name} is left"));
        }
    }
    Ok(())
}
