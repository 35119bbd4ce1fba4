//! What will happen, as a plain value: predicted from headers and a sample before anything is written, compared with
//! the outcome afterwards.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::record::ImageQuality;

/// What will happen, predicted from headers and a sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// Images that were worked on for it.
    pub sampled: usize,
    /// Images that have work.
    pub images: usize,
    /// Bytes of those images afterwards, all together; those that stay since they would not get smaller included.
    pub bytes_after: Range,
    /// Bytes before minus bytes after, images with work only.
    pub bytes_saved: Range,
    /// The same in blocks of the file system; `None` where it does not tell their size.
    pub on_disk: Option<OnDisk>,
    /// Time of each phase, and of the whole.
    pub times: Times,
    /// What the figures for writing rest on.
    pub basis: WriteBasis,
    /// How long the sample took, wall time.
    pub sampling: Duration,
    /// Part of that which the run is not spared: replacements were judged.
    pub judging: Duration,
    /// How good replacements look, of the first images of the sample.
    pub judged: Vec<JudgedImage>,
}

/// A sampled image whose replacement was judged.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedImage {
    /// The folder it lies in.
    pub shard: PathBuf,
    /// File name inside the shard.
    pub name: OsString,
    /// How its replacement looks.
    pub quality: ImageQuality,
    /// Bytes of its replacement.
    pub bytes_after: u64,
}

/// Bytes that files take on a drive that gives space away in blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnDisk {
    /// Bytes of one block.
    pub block: u64,
    /// Images with work, as they are.
    pub before: u64,
    /// As they will be.
    pub after: Range,
    /// Before minus after.
    pub saved: Range,
}

impl OnDisk {
    /// Bytes that a file of `len` bytes takes in blocks of `block` bytes.
    pub fn of(len: u64, block: u64) -> u64 {
        len.div_ceil(block.max(1)).saturating_mul(block.max(1))
    }
}

/// Predicted times. Sampling is within them: what it worked on, the run would have to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Times {
    /// Thread time of reading.
    pub load: Seconds,
    /// Thread time of processing.
    pub process: Seconds,
    /// Thread time of writing.
    pub write: Seconds,
    /// By the clock on the wall: the phases overlap. The scan is not in it.
    pub wall: Seconds,
}

/// A predicted number of bytes with the range it should fall into nine times in ten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Lower end.
    pub low: u64,
    /// Best guess.
    pub expected: u64,
    /// Upper end.
    pub high: u64,
}

impl Range {
    /// `expected` and `half` on both sides of it, never below zero.
    pub(crate) fn around(expected: f64, half: f64) -> Self {
        Self {
            low: (expected - half).max(0.0) as u64,
            expected: expected.max(0.0) as u64,
            high: (expected + half).max(0.0) as u64,
        }
    }
}

/// A predicted time in seconds with the range it should fall into nine times in ten.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Seconds {
    /// Lower end.
    pub low: f64,
    /// Best guess.
    pub expected: f64,
    /// Upper end.
    pub high: f64,
}

/// What a prediction of writing rests on: a plan touches nothing, so it cannot try.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WriteBasis {
    /// Earlier runs on drives of the same kind and file system.
    EarlierRuns,
    /// The kind of the drive alone: the range is wide.
    #[default]
    DriveKind,
}

/// What writing cost in earlier runs on drives of one kind: the history as the forecast wants it.
#[derive(Debug, Clone, PartialEq)]
pub struct PastWrites {
    /// The drives.
    pub drive: super::Drive,
    /// Originals were kept.
    pub kept: bool,
    /// Shards worked on at once, at most: in how many folders the drive was written to.
    pub shards: usize,
    /// Images that were written.
    pub images: u64,
    /// Wall time of all commits in their folders, added up.
    pub commit: Duration,
    /// Thread time of the phase.
    pub busy: Duration,
    /// Wall time of locking, probing and closing, added up over shards.
    pub opening: Duration,
    /// How many shards that was.
    pub opened: u64,
}

/// What writing costs where `same` of `images` keep their names, as a multiple of what it costs where none does. On a network
/// drive every change of a name is waited for, and a replacement that takes its original's name needs three where another
/// needs two: nothing is ever written over.
pub fn name_changes(drive: super::DriveKind, same: u64, images: u64) -> f64 {
    match drive {
        super::DriveKind::Network if images > 0 => 1.0 + 0.5 * same as f64 / images as f64,
        _ => 1.0,
    }
}
