//! What a plan or a run leaves behind: one plain value, from which every report is made.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::engine::pixels::Size;
use crate::engine::settings::{Format, Settings};

use super::card::CardRecord;
use super::estimate::Estimate;
use super::phases::Phases;

/// Everything that is known after a plan or a run.
#[derive(Debug, Clone)]
pub struct Record {
    /// Unique name of this plan or run; sorts by time.
    pub id: String,
    /// What was done.
    pub kind: Kind,
    /// When it began, UTC.
    pub started: OffsetDateTime,
    /// From begin to end, scan included.
    pub wall: Duration,
    /// The settings in force.
    pub settings: Settings,
    /// The folders as they were named.
    pub roots: Vec<PathBuf>,
    /// Where it ran.
    pub machine: Machine,
    /// One entry a shard, in the order worked on.
    pub shards: Vec<ShardRecord>,
    /// Predicted before the run (or instead of it).
    pub estimate: Option<Estimate>,
    /// Why it ended before all was done.
    pub stopped: Option<StopReason>,
    /// What a person should know and no image owns.
    pub notices: Vec<Notice>,
    /// What the phases cost; all zero where nothing was worked on.
    pub phases: Phases,
    /// What became of the graphics card; `None` where it was not asked for, or nothing was worked on.
    pub card: Option<CardRecord>,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Headers and a sample.
    Estimate,
    /// Everything but writing.
    Exact,
    /// The real thing.
    Run,
}

/// Where a plan or run took place.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// Operating system and version.
    pub system: String,
    /// Processor, as it names itself.
    pub processor: String,
    /// Cores the program may use.
    pub cores: usize,
    /// Physical memory, bytes; 0 where it is unknown.
    pub memory_bytes: u64,
    /// Threads that decoded, resized and encoded.
    pub workers: usize,
    /// Bound on images in flight, bytes.
    pub memory_budget: u64,
    /// Who resized.
    pub backend: String,
    /// Version of the program.
    pub version: String,
    /// Codecs with their versions.
    pub codecs: Vec<String>,
}

/// The drive under a shard.
#[derive(Debug, Clone, PartialEq)]
pub struct Drive {
    /// Its kind.
    pub kind: DriveKind,
    /// The file system's own name, for example `ext4`; empty where unknown.
    pub file_system: String,
}

impl Drive {
    /// Nothing is known of it.
    pub(crate) fn unknown() -> Self {
        Self {
            kind: DriveKind::Unknown,
            file_system: String::new(),
        }
    }
}

/// Kinds of drives that want different treatment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriveKind {
    /// Flash on this machine.
    Solid,
    /// Spinning disk on this machine.
    Spinning,
    /// Another machine's, or a user-space file system: latency dominates.
    Network,
    /// In memory.
    Memory,
    /// Not told.
    Unknown,
}

/// One shard's part of the record.
#[derive(Debug, Clone)]
pub struct ShardRecord {
    /// The folder.
    pub path: PathBuf,
    /// What it lies on.
    pub drive: Drive,
    /// How it ended.
    pub state: ShardState,
    /// One entry an image, in natural order of the names.
    pub images: Vec<ImageRecord>,
    /// Files that are no images (sidecars and strangers): how many.
    pub other_files: u64,
    /// And their bytes.
    pub other_bytes: u64,
    /// Bytes of originals of this run kept in the shard, freed by purge.
    pub kept_bytes: u64,
    /// `direct`, `staged`, or empty where nothing was written.
    pub write_mode: String,
    /// What recovery of an earlier run did here, where there was anything to recover.
    pub recovered: Option<String>,
    /// Names that more than one file wanted, and what became of them.
    pub collisions: Vec<Collision>,
    /// The files beside the images.
    pub sidecars: SidecarRecord,
    /// Wall time in which batches were committed here.
    pub commit: Duration,
    /// Wall time of locking, looking again, probing and closing.
    pub opening: Duration,
}

/// A name that more than one file wants: two images that would be written under it, or one image and a file that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collision {
    /// The wanted name.
    pub output: OsString,
    /// The images that would be written under it.
    pub images: Vec<OsString>,
    /// The file, folder or link that has the name already and stays.
    pub stays: Option<OsString>,
    /// What becomes of the images.
    pub resolution: Resolution,
}

/// What becomes of the images of a collision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// Nothing is begun.
    Blocks,
    /// They are left alone.
    LeftAlone,
    /// One name for each of the images, in their order; `None`: this one is left alone.
    Numbered(Vec<Option<OsString>>),
}

/// What is to be known of the files beside the images of a shard. Names are those of files inside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SidecarRecord {
    /// Files that belong to images by their names, and files with a row for each of many images.
    pub files: u64,
    /// Of these, JSON files that named, when the plan was made, an image by a name that it loses.
    pub naming_old: u64,
    /// Rows of `metadata.jsonl` and `captions.jsonl` that did.
    pub rows_naming_old: u64,
    /// Files that were changed together with their images in this run.
    pub updated: u64,
    /// JSON files that may tell of such images but could not be read, or are no JSON. They are never touched.
    pub unreadable: Vec<OsString>,
    /// Rows that are no JSON. They are never touched.
    pub unreadable_rows: u64,
    /// Files that look like the sidecar of an image that is not there.
    pub orphans: Vec<OsString>,
    /// Images without a sidecar, where most have one.
    pub images_without: Vec<OsString>,
    /// `.npz` files with latents of images whose size changes.
    pub stale_latents: Vec<OsString>,
}

/// How a shard ended.
#[derive(Debug, Clone, PartialEq)]
pub enum ShardState {
    /// Planned, not worked on (dry run).
    Planned,
    /// Every image has its outcome.
    Done,
    /// Left as it was: it could not be locked, read or recovered.
    Skipped(Problem),
    /// The run was stopped before or within it.
    NotReached,
}

/// One image's part of the record.
#[derive(Debug, Clone)]
pub struct ImageRecord {
    /// File name inside the shard.
    pub name: OsString,
    /// By content; `None` where it is no image we know.
    pub format: Option<Format>,
    /// How it ended.
    pub outcome: Outcome,
    /// Bytes of the file as found.
    pub bytes_before: u64,
    /// Bytes of its replacement (or of the untouched file); an estimate in a dry run.
    pub bytes_after: u64,
    /// As seen (after orientation), before.
    pub before: Option<Size>,
    /// As seen, after.
    pub after: Option<Size>,
    /// Name of the replacement.
    pub output: Option<OsString>,
    /// Time per step.
    pub steps: StepTimes,
    /// How good the replacement looks, where that was measured: few are.
    pub quality: Option<Box<ImageQuality>>,
}

/// How good a replacement looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImageQuality {
    /// Quality it was encoded at, libjpeg's scale.
    pub quality: u8,
    /// SSIMULACRA2 of the encoded picture against the pixels that were encoded: 100 is the same, 90 cannot be told from it
    /// side by side, 70 is good; there is no lower end.
    pub score: f64,
    /// Where a lower quality was good enough: bytes at the highest that was allowed.
    pub bytes_at_highest: Option<u64>,
}

/// Thread time of one image's steps, microseconds; 0 where the step was not taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StepTimes {
    /// Bytes from disk.
    pub load_us: u32,
    /// Decoding, with colour and flattening.
    pub decode_us: u32,
    /// Resizing and turning upright.
    pub resize_us: u32,
    /// JPEG encoding.
    pub encode_us: u32,
    /// Decoding again and comparing.
    pub verify_us: u32,
    /// Creating, writing, syncing, retiring.
    pub write_us: u32,
}

/// How one image ended. Every image ends in exactly one of these.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Replaced (in a dry run: would be).
    Shrunk(Why),
    /// Nothing to do, or not ours to do.
    LeftAlone(Why),
    /// Work was wanted but its content or a limit forbids it: untouched. Boxed, like the next: few images have a problem, and every image
    /// of a run has an outcome in memory.
    Refused(Box<Problem>),
    /// Work was begun and something went wrong: untouched, unless the problem says otherwise.
    Failed(Box<Problem>),
    /// The run ended before its turn: untouched.
    NotReached,
}

/// Why an image is worked on or left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Longest side above the target.
    AboveTarget,
    /// Longest side below the target and enlarging was asked for.
    BelowTargetUpscaled,
    /// A format that is converted at any size.
    Converted,
    /// Small enough, but its sides are no multiples or not of the shape that was asked for.
    OtherShape,
    /// At or below the target already.
    SmallEnough,
    /// More than one frame.
    Animated,
    /// A format that is worked on by request only (TIFF, GIF).
    NotRequested,
    /// Passed over by a choice of names, sizes, times or numbers.
    NotChosen,
    /// More than one file wants the name that its replacement would have.
    NameTaken,
    /// Its replacement would not be smaller, or not by as much as was asked for.
    NotSmaller,
}

/// Something that went wrong, for a person: what happened, what was left untouched, what to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Short, stable, for machines: `truncated`, `no-space`, `changed-meanwhile`, …
    pub code: &'static str,
    /// The file or folder it is about.
    pub path: PathBuf,
    /// What happened, and what was left untouched. One or two sentences.
    pub message: String,
    /// What to do about it; may be empty.
    pub advice: String,
}

/// A remark that no single image owns.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// The file or folder it is about.
    pub path: PathBuf,
    /// One sentence.
    pub message: String,
}

/// Why a run ended early, weakest first: a stronger reason replaces a weaker one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// More failures in a row than make sense.
    TooManyFailures,
    /// No space left for replacements.
    DiskFull,
    /// The user asked: what is in flight is finished.
    Asked,
    /// The user asked again: the next safe step is the last.
    Insisted,
}
