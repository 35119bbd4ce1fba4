//! The report as a value: what `docs/report.schema.json` describes, field by field. Names are snake case, sizes bytes, times
//! seconds (or microseconds, where the name ends in `_us`), shares parts of one. Every number is finite.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::engine::{DriveKind, Format, Kind, Phase, Settings, StopReason};

use super::name::Name;

/// The version of the value. A reader of another version should not guess.
pub const VERSION: u32 = 1;
/// What the field `format` of every report says.
pub(super) const FORMAT: &str = "shardpress-report";

/// Everything about one plan or run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Always `shardpress-report`: tells our files from others.
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// Unique name of the plan or run; sorts by time.
    pub id: String,
    /// An estimate, an exact plan or a run.
    pub kind: Kind,
    /// When it began, UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub started: OffsetDateTime,
    /// From begin to end.
    pub wall_seconds: f64,
    /// Why it ended before all was done.
    pub stopped: Option<StopReason>,
    /// The one sentence to read.
    pub critical_finding: String,
    /// The folders as they were named.
    pub roots: Vec<Name>,
    /// Sizes and counts of everything together.
    pub totals: Totals,
    /// Changed images by the format they had.
    pub formats: Vec<FormatSavings>,
    /// What was predicted.
    pub estimate: Option<EstimateReport>,
    /// A run's outcome against its prediction.
    pub forecast: Option<Forecast>,
    /// What the phases cost.
    pub phases: PhasesReport,
    /// Which phase bounds the run; `null` where nothing was worked on.
    pub bound: Option<BoundReport>,
    /// What would make the next run faster, as far as the evidence goes.
    pub recommendations: Vec<Recommendation>,
    /// What failed, was refused or skipped.
    pub failures: Vec<Failure>,
    /// Remarks that no single image owns.
    pub notices: Vec<NoticeReport>,
    /// The settings in force.
    pub settings: Settings,
    /// Where it ran.
    pub machine: MachineReport,
    /// One entry a shard, in the order worked on.
    pub shards: Vec<ShardReport>,
}

/// Sizes and counts. `bytes_before - bytes_after = bytes_saved`, and each of the first two is the sum of its three parts.
/// In a dry run what is after the change is predicted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Shards.
    pub shards: u64,
    /// Images by outcome.
    pub images: Counts,
    /// Images and other files before.
    pub bytes_before: u64,
    /// Images and other files after; kept originals are not in it.
    pub bytes_after: u64,
    /// Before minus after; negative where replacements are larger.
    pub bytes_saved: i64,
    /// Changed images, before.
    pub changed_bytes_before: u64,
    /// Changed images, after.
    pub changed_bytes_after: u64,
    /// Images that were not changed: the same before and after.
    pub untouched_bytes: u64,
    /// Files that are no images.
    pub other_files: u64,
    /// Their bytes: the same before and after.
    pub other_bytes: u64,
    /// Originals kept in the shards on top of `bytes_after`, freed by purge.
    pub kept_bytes: u64,
    /// Bytes of replacements that were written, those of images that failed afterwards included.
    pub written_bytes: u64,
}

/// Images by outcome; `total` is the sum of the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// All of them.
    pub total: u64,
    /// Replaced (in a dry run: would be).
    pub shrunk: u64,
    /// Nothing to do, or not ours to do.
    pub left_alone: u64,
    /// Work was wanted but the content or a limit forbids it.
    pub refused: u64,
    /// Something went wrong.
    pub failed: u64,
    /// The run ended before their turn.
    pub not_reached: u64,
}

/// Changed images of one format.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormatSavings {
    /// By content; `null` where unknown.
    pub format: Option<Format>,
    /// How many.
    pub images: u64,
    /// Their bytes before.
    pub bytes_before: u64,
    /// Their bytes after.
    pub bytes_after: u64,
    /// Before minus after.
    pub bytes_saved: i64,
    /// Saved as part of before; negative where replacements are larger.
    pub saved_share: f64,
}

/// What was predicted from headers and a sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EstimateReport {
    /// Images that were worked on for it.
    pub sampled_images: u64,
    /// Images that will change.
    pub images: u64,
    /// Bytes of all replacements together.
    pub bytes_after: RangeReport,
    /// Bytes before minus bytes after, changed images only.
    pub bytes_saved: RangeReport,
    /// Thread-seconds of processing, all changed images together.
    pub process_seconds: f64,
}

/// A prediction with the range it should fall into nine times in ten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RangeReport {
    /// Lower end.
    pub low: u64,
    /// Best guess.
    pub expected: u64,
    /// Upper end.
    pub high: u64,
}

/// A run's outcome against its prediction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forecast {
    /// Every predicted image was changed: only then the two compare.
    pub complete: bool,
    /// Images that were to change.
    pub images_expected: u64,
    /// Images that did.
    pub images_changed: u64,
    /// Bytes that were to be saved.
    pub bytes_saved_expected: RangeReport,
    /// Bytes that were.
    pub bytes_saved: i64,
    /// They lie within the range.
    pub within_range: bool,
    /// `saved / expected - 1`; 0 where nothing was expected.
    pub deviation: f64,
}

/// What the phases cost.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhasesReport {
    /// Bytes from disk; its bytes are bytes read.
    pub load: PhaseReport,
    /// Decode to verify; its bytes are bytes of the sources.
    pub process: PhaseReport,
    /// Create to retire; its bytes are bytes of the replacements.
    pub write: PhaseReport,
    /// Reads in flight that were allowed at the end; 0 where unknown.
    pub io_depth: u64,
    /// Second by second.
    pub series: SeriesReport,
}

/// What one phase cost.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhaseReport {
    /// Images that finished it.
    pub images: u64,
    /// Bytes that went with them.
    pub bytes: u64,
    /// Time at work, summed over threads.
    pub busy_seconds: f64,
    /// Processor time of that; `null` where the system does not tell.
    pub cpu_seconds: Option<f64>,
    /// `cpu_seconds / busy_seconds`; `null` where either is missing.
    pub cpu_use: Option<f64>,
    /// From first begin to last end by the clock on the wall.
    pub wall_seconds: f64,
    /// Busy time as part of all three phases' busy time.
    pub share: f64,
    /// `busy_seconds / wall_seconds`: threads at work at a time.
    pub mean_busy_threads: f64,
    /// Images a second over the wall span.
    pub images_per_second: f64,
    /// Megabytes (1,000,000 bytes) a second over the wall span.
    pub megabytes_per_second: f64,
    /// Images a second, second by second.
    pub images_per_second_spread: SpreadReport,
    /// Megabytes a second, second by second.
    pub megabytes_per_second_spread: SpreadReport,
    /// What its threads waited for.
    pub waited: WaitReport,
}

/// How a rate varied over the one-second series.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpreadReport {
    /// Slowest.
    pub min: f64,
    /// Middle.
    pub median: f64,
    /// Fastest.
    pub max: f64,
}

/// Thread-seconds spent waiting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaitReport {
    /// For the phase before.
    pub input_seconds: f64,
    /// For room in the phase after.
    pub output_seconds: f64,
    /// For memory.
    pub memory_seconds: f64,
}

/// The one-second series; all lists have the same length.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesReport {
    /// Length of each point: about one second, more in runs of over an hour; the last may be short.
    pub seconds: Vec<f64>,
    /// What was loaded in each.
    pub load: SeriesCounts,
    /// What was processed in each.
    pub process: SeriesCounts,
    /// What was written in each.
    pub write: SeriesCounts,
}

/// One phase of the series.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesCounts {
    /// Images a point.
    pub images: Vec<u64>,
    /// Bytes a point.
    pub bytes: Vec<u64>,
}

/// Which phase bounds the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoundReport {
    /// That phase.
    pub phase: Phase,
    /// It waited for memory.
    pub memory: bool,
    /// Sentences with the figures; the first one is the verdict.
    pub evidence: Vec<String>,
}

/// A change that would help, as far as the evidence goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recommendation {
    /// What to do and why. One or two sentences.
    pub text: String,
    /// The setting as it is typed, for example `--workers 8`.
    pub setting: String,
    /// The run would be at most so many times as fast, over 1.
    pub speedup_up_to: f64,
    /// The run would be shorter by at most so many seconds.
    pub seconds_up_to: f64,
}

/// Something that did not work out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// What did not.
    pub kind: FailureKind,
    /// The folder.
    pub shard: Name,
    /// The file or folder it is about.
    pub path: Name,
    /// Short and stable, for machines.
    pub code: String,
    /// What happened, and what was left untouched.
    pub message: String,
    /// What to do about it; may be empty.
    pub advice: String,
}

/// What did not work out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// A whole shard was skipped.
    ShardSkipped,
    /// Work on an image was begun and something went wrong.
    Failed,
    /// An image's content or a limit forbids the work.
    Refused,
}

/// A remark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeReport {
    /// The file or folder it is about.
    pub path: Name,
    /// One sentence.
    pub message: String,
}

/// Where it ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MachineReport {
    /// Operating system and version.
    pub system: String,
    /// Processor, as it names itself.
    pub processor: String,
    /// Cores the program may use.
    pub cores: u64,
    /// Physical memory; 0 where unknown.
    pub memory_bytes: u64,
    /// Threads that decoded, resized and encoded.
    pub workers: u64,
    /// Bound on images in flight.
    pub memory_budget_bytes: u64,
    /// Who resized.
    pub backend: String,
    /// Version of the program.
    pub program_version: String,
    /// Codecs with their versions.
    pub codecs: Vec<String>,
}

/// One shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShardReport {
    /// The folder.
    pub path: Name,
    /// What it lies on.
    pub drive: DriveReport,
    /// How it ended; a skipped one has its reason among the failures.
    pub state: ShardStateName,
    /// Images by outcome.
    pub counts: Counts,
    /// All its images before.
    pub image_bytes_before: u64,
    /// All its images after.
    pub image_bytes_after: u64,
    /// Files that are no images.
    pub other_files: u64,
    /// And their bytes.
    pub other_bytes: u64,
    /// Originals kept, freed by purge.
    pub kept_bytes: u64,
    /// `direct`, `staged`, or empty where nothing was written.
    pub write_mode: String,
    /// What recovery of an earlier run did here.
    pub recovered: Option<String>,
    /// In natural order of the names.
    pub images: Vec<ImageReport>,
}

/// How a shard ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShardStateName {
    /// Planned, not worked on.
    Planned,
    /// Every image has its outcome.
    Done,
    /// Left as it was.
    Skipped,
    /// The run was stopped before or within it.
    NotReached,
}

/// What a shard lies on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriveReport {
    /// Its kind.
    pub kind: DriveKind,
    /// The file system's own name; empty where unknown.
    pub file_system: String,
}

/// One image. What is absent in JSON did not apply: there may be a million of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageReport {
    /// File name inside the shard.
    pub name: Name,
    /// Name of the replacement, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Name>,
    /// By content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// How it ended.
    pub outcome: ImageOutcome,
    /// Why: see `docs/report.md`; for a refused or failed image the code of its failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Bytes as found.
    pub bytes_before: u64,
    /// Bytes afterwards: of the replacement (predicted in an estimate), or of the untouched file.
    pub bytes_after: u64,
    /// As seen, before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Dimensions>,
    /// As seen, after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Dimensions>,
    /// Time per step; absent where no step was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<Steps>,
}

/// How an image ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageOutcome {
    /// Replaced (in a dry run: would be).
    Shrunk,
    /// Nothing to do, or not ours to do.
    LeftAlone,
    /// Its content or a limit forbids the work.
    Refused,
    /// Something went wrong.
    Failed,
    /// The run ended before its turn.
    NotReached,
}

/// Width and height, pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dimensions {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// Thread time of one image's steps, microseconds; 0 where the step was not taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Steps {
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
