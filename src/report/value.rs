//! The report as a value: what `docs/report.schema.json` describes, field by field. Names are snake case, sizes bytes, times
//! seconds (or microseconds, where the name ends in `_us`), shares parts of one. Every number is finite.
//!
//! Within a version, fields are only ever added: a reader passes over fields it does not know, and a field that was added later
//! has a default, so that older reports are read as well.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::engine::{DriveKind, Format, Kind, Phase, Settings, StopReason};

use super::card::CardReport;
use super::load_speed::LoadSpeedReport;
use super::name::Name;
use super::quality::QualityReport;

/// The version of the value. A reader of another version should not guess.
pub const VERSION: u32 = 1;
/// What the field `format` of every report says.
pub(super) const FORMAT: &str = "shardpress-report";

/// Everything about one plan or run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// How good replacements look; `null` where none was judged.
    #[serde(default)]
    pub quality: Option<QualityReport>,
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
    /// Names that more than one file wants, and what becomes of them.
    #[serde(default)]
    pub collisions: Vec<CollisionReport>,
    /// Remarks that no single image owns.
    pub notices: Vec<NoticeReport>,
    /// How evenly images were loaded; `null` where none was.
    #[serde(default)]
    pub load_speed: Option<LoadSpeedReport>,
    /// What became of the graphics card; `null` where none was asked for.
    #[serde(default)]
    pub card: Option<CardReport>,
    /// Of a merged report: what it was made of.
    #[serde(default)]
    pub parts: Vec<PartReport>,
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
    /// Their bytes, as found: sidecars that are updated may differ by a few afterwards.
    pub other_bytes: u64,
    /// Originals kept in the shards on top of `bytes_after`, freed by purge.
    pub kept_bytes: u64,
    /// Bytes of replacements that were written, those of images that failed afterwards included.
    pub written_bytes: u64,
}

/// Images by outcome; `total` is the sum of the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
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
pub struct EstimateReport {
    /// Images that were worked on for it.
    pub sampled_images: u64,
    /// Images that will change.
    pub images: u64,
    /// Bytes of all replacements together.
    pub bytes_after: RangeReport,
    /// Bytes before minus bytes after, changed images only.
    pub bytes_saved: RangeReport,
    /// The same in blocks of the file system; `null` where it does not tell their size.
    pub on_disk: Option<OnDiskReport>,
    /// Time of each phase, and of the whole.
    pub times: TimesReport,
    /// What the figures for writing rest on.
    pub write_basis: WriteBasisName,
    /// How long the sample took by the clock on the wall.
    pub sampling_seconds: f64,
}

/// What files take on a drive that gives space away in blocks; images with work only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnDiskReport {
    /// Bytes of one block.
    pub block_bytes: u64,
    /// As they are.
    pub bytes_before: u64,
    /// As they will be.
    pub bytes_after: RangeReport,
    /// Before minus after.
    pub bytes_saved: RangeReport,
}

/// Predicted times; the scan is not among them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimesReport {
    /// Thread time of reading.
    pub load: SecondsReport,
    /// Thread time of processing.
    pub process: SecondsReport,
    /// Thread time of writing.
    pub write: SecondsReport,
    /// By the clock on the wall: the phases overlap.
    pub wall: SecondsReport,
}

/// A predicted time with the range it should fall into nine times in ten. Seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondsReport {
    /// Lower end.
    pub low: f64,
    /// Best guess.
    pub expected: f64,
    /// Upper end.
    pub high: f64,
}

/// What a prediction of writing rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteBasisName {
    /// Earlier runs on drives of the same kind and file system.
    EarlierRuns,
    /// The kind of the drive alone: the range is wide.
    DriveKind,
}

/// A prediction with the range it should fall into nine times in ten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Bytes saved in blocks of the file system; `null` where it does not tell their size.
    pub on_disk: Option<OnDiskOutcome>,
    /// Time of each phase, and of the whole.
    pub times: TimesOutcome,
    /// How long the sample took by the clock on the wall.
    pub sampling_seconds: f64,
    /// What of it the run was not spared (judging how replacements look), as part of sampling and run together: it takes the
    /// replacements of the sample over.
    pub sampling_share: f64,
}

/// Bytes saved in blocks of the file system, against their prediction.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnDiskOutcome {
    /// Bytes that were to be saved.
    pub expected: RangeReport,
    /// Bytes that were.
    pub bytes_saved: i64,
    /// They lie within the range.
    pub within_range: bool,
    /// `saved / expected - 1`; 0 where nothing was expected.
    pub deviation: f64,
}

/// Times against their predictions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimesOutcome {
    /// Thread time of reading.
    pub load: TimeOutcome,
    /// Thread time of processing.
    pub process: TimeOutcome,
    /// Thread time of writing.
    pub write: TimeOutcome,
    /// By the clock on the wall, the sample included but for its judging, since the run takes its replacements over.
    pub wall: TimeOutcome,
}

/// One time against its prediction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeOutcome {
    /// What was predicted.
    pub expected: SecondsReport,
    /// What it took.
    pub seconds: f64,
    /// It lies within the range.
    pub within_range: bool,
    /// `seconds / expected - 1`; 0 where nothing was expected.
    pub deviation: f64,
}

/// What the phases cost.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
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
pub struct SeriesCounts {
    /// Images a point.
    pub images: Vec<u64>,
    /// Bytes a point.
    pub bytes: Vec<u64>,
}

/// Which phase bounds the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// A name that more than one file wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollisionReport {
    /// The folder.
    pub shard: Name,
    /// The wanted name.
    pub output: Name,
    /// The images that would be written under it.
    pub images: Vec<CollidingImage>,
    /// The file, folder or link that has the name already and stays.
    pub stays: Option<Name>,
    /// What becomes of the images.
    pub resolution: ResolutionName,
}

/// An image of a collision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollidingImage {
    /// File name inside the shard.
    pub name: Name,
    /// Name of its replacement; absent where it is left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Name>,
}

/// What becomes of the images of a collision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResolutionName {
    /// Nothing is begun.
    Blocks,
    /// They are left alone.
    LeftAlone,
    /// One may keep the name, the others get numbers.
    Numbered,
}

/// A remark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeReport {
    /// The file or folder it is about.
    pub path: Name,
    /// One sentence.
    pub message: String,
}

/// One of the reports that a merged one is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PartReport {
    /// Its unique name.
    pub id: String,
    /// When it began, UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub started: OffsetDateTime,
    /// From begin to end.
    pub wall_seconds: f64,
    /// Its folders as they were named.
    pub roots: Vec<Name>,
    /// Shards of it that are counted.
    pub shards: u64,
    /// Images of them that were replaced (in a dry run: would be).
    pub images_shrunk: u64,
    /// Where it ran.
    pub machine: MachineReport,
}

/// Where it ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// The files beside the images.
    pub sidecars: SidecarsReport,
    /// Wall time in which batches were committed here: what the next forecast goes by.
    #[serde(default)]
    pub commit_seconds: f64,
    /// Wall time of locking, looking again, probing and closing.
    #[serde(default)]
    pub opening_seconds: f64,
    /// In natural order of the names.
    pub images: Vec<ImageReport>,
}

/// The files beside the images of a shard. Names are those of files inside it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SidecarsReport {
    /// Files that belong to images by their names, and files with a row for each of many images.
    pub files: u64,
    /// Of these, JSON files that named, when the plan was made, an image by a name that it loses.
    pub naming_old: u64,
    /// Rows of `metadata.jsonl` and `captions.jsonl` that did.
    pub rows_naming_old: u64,
    /// Files that were changed together with their images.
    pub updated: u64,
    /// JSON files that may tell of such images but cannot be read as JSON; never touched.
    pub unreadable: Vec<Name>,
    /// Rows that are no JSON; never touched.
    pub unreadable_rows: u64,
    /// Files that look like the sidecar of an image that is not there.
    pub orphans: Vec<Name>,
    /// Images without a sidecar, where most have one.
    pub images_without: Vec<Name>,
    /// Latents of images whose size changes.
    pub stale_latents: Vec<Name>,
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
pub struct DriveReport {
    /// Its kind.
    pub kind: DriveKind,
    /// The file system's own name; empty where unknown.
    pub file_system: String,
}

/// One image. What is absent in JSON did not apply: there may be a million of these.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    pub reason: Option<Cow<'static, str>>,
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
    /// SSIMULACRA2 of the replacement, where it was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Quality of its encoding, libjpeg's scale, where it was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<u8>,
    /// Time per step; absent where no step was taken. Boxed: most images of a large library are left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<Box<Steps>>,
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
pub struct Dimensions {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// Thread time of one image's steps, microseconds; 0 where the step was not taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
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
