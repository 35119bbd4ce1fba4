//! A benchmark as a versioned value with its page: what was varied, how long each variant took, and what that says about the
//! settings. Ratios are against the settings in force; a difference is told only where it is larger than what the runs of one
//! variant differ by among themselves.

mod page;
#[cfg(test)]
mod tests;
mod text;

use std::path::Path;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::file::{self, ReportError, ReportFormat};
use super::make::{drive_of, machine_of};
use super::value::{DriveReport, MachineReport, NoticeReport};
use super::{Name, Page, format, html, markdown};
use crate::engine::{BackendChoice, BenchAxis, BenchRecord, BenchValue, BenchVariant, FEWEST_ROUNDS, Originals, Settings, WriteMode};

/// The version of the value. A reader of another version should not guess.
pub const VERSION: u32 = 1;

/// What the field `format` of every benchmark says.
pub(super) const FORMAT: &str = "shardpress-benchmark";

/// A difference below this part of the time is not worth a change, however sure it is.
const WORTH_IT: f64 = 0.03;

/// Everything about one benchmark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BenchReport {
    /// Always `shardpress-benchmark`: tells our files from others.
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// Unique name; sorts by time.
    pub id: String,
    /// When it began, UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub started: OffsetDateTime,
    /// From begin to end, copying included.
    pub wall_seconds: f64,
    /// It was stopped before all rounds were made.
    pub stopped: bool,
    /// The one sentence to read.
    pub critical_finding: String,
    /// The shard whose images were copied.
    pub shard: Name,
    /// What it lies on.
    pub drive: DriveReport,
    /// Where it ran.
    pub machine: MachineReport,
    /// Images that were copied.
    pub images: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Images of the shard that have work.
    pub images_with_work: u64,
    /// Rounds that were asked for.
    pub rounds: u32,
    /// The settings in force first, then one entry a value that was tried.
    pub variants: Vec<VariantReport>,
    /// What to set, one setting each, where a variant was clearly faster.
    pub recommendations: Vec<String>,
    /// What a person should know.
    pub notices: Vec<NoticeReport>,
    /// The settings in force.
    pub settings: Settings,
}

/// One variant, measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariantReport {
    /// What was varied; `null` for the settings in force.
    pub axis: Option<AxisName>,
    /// Its value in words: `4 workers`.
    pub label: String,
    /// Runs that were measured.
    pub runs: u64,
    /// From begin to end of a run.
    pub seconds: SpreadSeconds,
    /// Images a second of the middle run; 0 where there was none.
    pub images_per_second: f64,
    /// Thread time at work in the middle of the runs: load, process, write.
    pub busy_seconds: [f64; 3],
    /// Source bytes a second of the middle run; 0 where there was none.
    #[serde(default)]
    pub bytes_per_second: f64,
    /// Processor time of the threads at work, in the middle of the runs; `null` where the system does not tell.
    #[serde(default)]
    pub processor_seconds: Option<f64>,
    /// Time of the middle run over the least that this machine could need for the work of that run: its processor time (thread
    /// time at work, where the system does not tell) on all cores at once. What the drive could do at best is not known, and no
    /// part of it. `null` where nothing was measured.
    #[serde(default)]
    pub times_of_limit: Option<f64>,
    /// Time of the settings in force over its own: above 1 is faster. `null` where either was not measured.
    pub speed: Option<f64>,
    /// What that says.
    pub verdict: Verdict,
    /// Images that failed, all runs together.
    pub failed: u64,
}

/// A time that was measured several times.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct SpreadSeconds {
    /// The fastest.
    pub min: f64,
    /// The middle one.
    pub median: f64,
    /// The slowest.
    pub max: f64,
}

/// What can be varied, as JSON names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AxisName {
    /// Threads that decode, resize and encode.
    Workers,
    /// Reads in flight.
    Reads,
    /// How a replacement gets its name.
    Writing,
    /// What becomes of an original.
    Originals,
    /// Who resizes.
    Backend,
}

/// What a comparison with the settings in force says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// These are the settings in force.
    InForce,
    /// Every run was faster than every run of the settings in force, by 3 % or more in the middle.
    Faster,
    /// Every run was slower, by 3 % or more in the middle.
    Slower,
    /// Neither.
    NoDifference,
    /// Fewer than three runs of either.
    TooFewRuns,
}

impl From<BenchAxis> for AxisName {
    fn from(axis: BenchAxis) -> Self {
        match axis {
            BenchAxis::Workers => Self::Workers,
            BenchAxis::Reads => Self::Reads,
            BenchAxis::Writing => Self::Writing,
            BenchAxis::Originals => Self::Originals,
            BenchAxis::Backend => Self::Backend,
        }
    }
}

/// What an axis is called.
pub fn axis_name(axis: BenchAxis) -> &'static str {
    match axis {
        BenchAxis::Workers => "Workers",
        BenchAxis::Reads => "Reads in flight",
        BenchAxis::Writing => "Writing",
        BenchAxis::Originals => "Originals",
        BenchAxis::Backend => "Resized by",
    }
}

/// A value in words: `4 workers`.
pub fn value_name(value: BenchValue) -> String {
    match value {
        BenchValue::Workers(count) => format::things(count as u64, "worker", "workers"),
        BenchValue::Reads(depth) => format!("{} in flight", format::things(depth as u64, "read", "reads")),
        BenchValue::Writing(WriteMode::Auto) => "Writing as the drive does best".to_owned(),
        BenchValue::Writing(WriteMode::Direct) => "Direct writing".to_owned(),
        BenchValue::Writing(WriteMode::Staged) => "Staged writing".to_owned(),
        BenchValue::Originals(Originals::Keep) => "Originals kept".to_owned(),
        BenchValue::Originals(Originals::Delete) => "Originals deleted".to_owned(),
        BenchValue::Backend(BackendChoice::Auto) => "Resized by whoever wins".to_owned(),
        BenchValue::Backend(BackendChoice::Cpu) => "Resized by the CPU".to_owned(),
        BenchValue::Backend(BackendChoice::Gpu) => "Resized by the GPU".to_owned(),
    }
}

/// What to set: of each choice the value that was clearly the fastest. What becomes of originals is never among it: that is
/// no question of speed.
pub fn suggested(record: &BenchRecord) -> Vec<BenchValue> {
    let Some(base) = record.variants.first().filter(|base| base.value.is_none()) else {
        return Vec::new();
    };
    let candidates = |axis: BenchAxis| {
        record.variants.iter().filter_map(move |variant| {
            let value = variant.value.filter(|value| value.axis() == axis)?;
            let faster = verdict(base, variant) == Verdict::Faster && variant.runs.iter().all(|run| run.failed == 0);
            faster.then(|| (value, seconds(variant).median))
        })
    };
    let axes = BenchAxis::ALL.into_iter().filter(|axis| *axis != BenchAxis::Originals);
    axes.filter_map(|axis| candidates(axis).min_by(|a, b| a.1.total_cmp(&b.1)).map(|(value, _)| value))
        .collect()
}

fn seconds(variant: &BenchVariant) -> SpreadSeconds {
    let walls = variant.runs.iter().map(|run| run.wall.as_secs_f64()).collect();
    spread(walls)
}

/// All zero where there is nothing.
fn spread(mut values: Vec<f64>) -> SpreadSeconds {
    values.sort_by(f64::total_cmp);
    let (Some(min), Some(max)) = (values.first(), values.last()) else {
        return SpreadSeconds::default();
    };
    let middle = values.len() / 2;
    let median = if values.len() % 2 == 1 {
        values[middle]
    } else {
        values[middle - 1].midpoint(values[middle])
    };
    SpreadSeconds {
        min: *min,
        median,
        max: *max,
    }
}

fn verdict(base: &BenchVariant, variant: &BenchVariant) -> Verdict {
    if variant.value.is_none() {
        return Verdict::InForce;
    }
    let few = |variant: &BenchVariant| variant.runs.len() < FEWEST_ROUNDS as usize;
    if few(base) || few(variant) {
        return Verdict::TooFewRuns;
    }
    let (base, own) = (seconds(base), seconds(variant));
    if own.max < base.min && own.median <= base.median * (1.0 - WORTH_IT) {
        Verdict::Faster
    } else if own.min > base.max && own.median >= base.median * (1.0 + WORTH_IT) {
        Verdict::Slower
    } else {
        Verdict::NoDifference
    }
}

impl BenchReport {
    /// Of what was measured.
    pub fn new(record: &BenchRecord) -> Self {
        let variants: Vec<VariantReport> = record.variants.iter().map(|variant| variant_of(record, variant)).collect();
        let recommendations = suggested(record)
            .into_iter()
            .filter_map(|value| {
                let tried = record.variants.iter().position(|variant| variant.value == Some(value))?;
                Some(format!("{}: {}.", value_name(value), page::against(&variants[tried])))
            })
            .collect();
        let mut report = Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            id: record.id.clone(),
            started: record.started,
            wall_seconds: record.wall.as_secs_f64(),
            stopped: record.stopped,
            critical_finding: String::new(),
            shard: Name::of_path(&record.shard),
            drive: drive_of(&record.drive),
            machine: machine_of(&record.machine),
            images: record.images,
            bytes: record.bytes,
            images_with_work: record.of_images,
            rounds: record.rounds,
            variants,
            recommendations,
            notices: record.notices.iter().map(NoticeReport::from).collect(),
            settings: record.settings.clone(),
        };
        report.critical_finding = page::finding(&report);
        report
    }

    /// The page, as Markdown, HTML and the window set it.
    pub fn page(&self) -> Page {
        page::page(self)
    }

    /// The page as Markdown.
    pub fn markdown(&self) -> String {
        markdown::markdown(&self.page())
    }

    /// For a terminal: the table and what it says.
    pub fn text(&self) -> String {
        text::text(self)
    }
}

fn variant_of(record: &BenchRecord, variant: &BenchVariant) -> VariantReport {
    let own = seconds(variant);
    let base = record.variants.first().map(seconds).unwrap_or_default();
    let busy = |phase: usize| spread(variant.runs.iter().map(|run| run.busy[phase].as_secs_f64()).collect()).median;
    let busy = [busy(0), busy(1), busy(2)];
    let told: Vec<f64> = variant.runs.iter().filter_map(|run| Some(run.cpu?.as_secs_f64())).collect();
    let cpu = (!told.is_empty()).then(|| spread(told).median);
    let limit = cpu.unwrap_or_else(|| busy.iter().sum()) / record.machine.cores.max(1) as f64;
    VariantReport {
        axis: variant.value.map(|value| value.axis().into()),
        label: match variant.value {
            Some(value) => value_name(value),
            None => "Settings in force".to_owned(),
        },
        runs: variant.runs.len() as u64,
        seconds: own,
        images_per_second: format::share(record.images as f64, own.median),
        busy_seconds: busy,
        bytes_per_second: format::share(record.bytes as f64, own.median),
        processor_seconds: cpu,
        times_of_limit: (own.median > 0.0 && limit > 0.0).then(|| own.median / limit),
        speed: (own.median > 0.0 && base.median > 0.0).then(|| base.median / own.median),
        verdict: record.variants.first().map_or(Verdict::TooFewRuns, |base| verdict(base, variant)),
        failed: variant.runs.iter().map(|run| run.failed).sum(),
    }
}

/// Writes a benchmark to `path`, as JSON, Markdown or HTML by the ending of its name. An earlier report of ours of that name
/// is replaced, anything else is refused.
///
/// # Errors
/// The name has no such ending, something else bears it, or the system refused. What was there before is unchanged.
pub fn write_benchmark(report: &BenchReport, path: &Path) -> Result<(), ReportError> {
    let format = ReportFormat::of_path(path).ok_or_else(|| ReportError::Ending { path: path.to_owned() })?;
    file::check_path(path)?;
    match format {
        ReportFormat::Json => file::write_whole(path, |mut file| {
            serde_json::to_writer_pretty(&mut file, report)?;
            file.write_all(b"\n")
        }),
        ReportFormat::Markdown => file::write_whole(path, |file| file.write_all(report.markdown().as_bytes())),
        ReportFormat::Html => file::write_whole(path, |file| file.write_all(html::html(&report.page(), false).as_bytes())),
        ReportFormat::Csv => Err(ReportError::NotForBenchmarks { path: path.to_owned() }),
    }
}
