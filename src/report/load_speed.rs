//! How evenly a run was fed: the spread of the one-second series of loading and of the single reads, and the likely cause where
//! the figures show one. The classifier is a pure function of what the report holds already. It names a cause only where its
//! evidence is clear, and says so where it is not: a wrong cause costs a person more than none.

mod cause;
mod stats;

use serde::{Deserialize, Serialize};

use super::make::rounded;
use super::value::{ImageReport, PhasesReport, ShardReport};
use crate::engine::DriveKind;

pub(super) use stats::percentile;

/// How fast images were loaded, and how evenly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadSpeedReport {
    /// Points of the one-second series that count: from the first to the last activity, without a sliver at the end.
    pub points: u64,
    /// Megabytes (1,000,000 bytes) a second, over those points.
    pub megabytes_per_second: PercentilesReport,
    /// Images a second, over those points.
    pub images_per_second: PercentilesReport,
    /// Images whose load time is known.
    pub images: u64,
    /// Time to read one image, milliseconds, over those images.
    pub image_milliseconds: PercentilesReport,
    /// The likely cause of the spread.
    pub cause: LoadCause,
    /// That cause with its figures, in one or two sentences.
    pub explanation: String,
}

/// Where the values of a list lie. Percentiles are interpolated between neighbours, as spreadsheets do; all 0 of an empty list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct PercentilesReport {
    /// Smallest.
    pub min: f64,
    /// One in twenty is below.
    pub p5: f64,
    /// Half are below.
    pub p50: f64,
    /// One in twenty is above.
    pub p95: f64,
    /// Largest.
    pub max: f64,
}

/// Why loading was not equally fast all the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoadCause {
    /// There is too little to judge.
    TooShort,
    /// It hardly varied.
    Steady,
    /// A few reads took far longer than others of their size.
    LatencySpikes,
    /// Loading waited for the phases behind it: the drive was not asked for more.
    HeldBack,
    /// Images differ so much in size that the rate follows them.
    MixedSizes,
    /// Slow at the beginning, fast ever after.
    ColdStart,
    /// Slower towards the end.
    Throttling,
    /// Slow for a while in between.
    OtherLoad,
    /// None of these is clear.
    NoClearCause,
}

/// The spread of loading; `None` where nothing was loaded.
pub(super) fn load_speed(phases: &PhasesReport, shards: &[ShardReport]) -> Option<LoadSpeedReport> {
    let points = points(phases);
    let reads = reads(shards);
    if points.is_empty() && reads.is_empty() {
        return None;
    }
    let of = |values: Vec<f64>| PercentilesReport::of(&values);
    let (cause, explanation) = cause::cause(&cause::Evidence {
        points: &points,
        reads: &reads,
        load: &phases.load,
        network: is_network(shards),
    });
    Some(LoadSpeedReport {
        points: points.len() as u64,
        megabytes_per_second: of(points.iter().map(Point::megabytes_per_second).collect()),
        images_per_second: of(points.iter().map(|point| point.images / point.seconds).collect()),
        images: reads.len() as u64,
        image_milliseconds: of(reads.iter().map(|read| read.milliseconds).collect()),
        cause,
        explanation,
    })
}

/// A second, or about one, of loading.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    /// Its length, above 0.
    seconds: f64,
    /// Images loaded in it.
    images: f64,
    /// Bytes loaded in it.
    bytes: f64,
}

impl Point {
    fn megabytes_per_second(&self) -> f64 {
        self.bytes / self.seconds / 1e6
    }
}

/// One image's read.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Read {
    bytes: f64,
    milliseconds: f64,
}

/// From the first to the last activity; a last point of less than half the first one's length says nothing about speed.
fn points(phases: &PhasesReport) -> Vec<Point> {
    let series = &phases.series;
    let all: Vec<Point> = series
        .seconds
        .iter()
        .zip(&series.load.images)
        .zip(&series.load.bytes)
        .map(|((&seconds, &images), &bytes)| Point {
            seconds,
            images: images as f64,
            bytes: bytes as f64,
        })
        .collect();
    let active = |point: &Point| point.images > 0.0 || point.bytes > 0.0;
    let (Some(first), Some(mut last)) = (all.iter().position(active), all.iter().rposition(active)) else {
        return Vec::new();
    };
    if last > first && last + 1 == all.len() && all[last].seconds < all[first].seconds / 2.0 {
        last -= 1;
    }
    all[first..=last].iter().filter(|point| point.seconds > 0.0).copied().collect()
}

/// The reads of images that were loaded whole.
fn reads(shards: &[ShardReport]) -> Vec<Read> {
    let read = |image: &ImageReport| {
        let steps = image.steps.as_deref().filter(|steps| steps.load_us > 0)?;
        Some(Read {
            bytes: image.bytes_before as f64,
            milliseconds: f64::from(steps.load_us) / 1e3,
        })
    };
    shards.iter().flat_map(|shard| &shard.images).filter_map(read).collect()
}

/// Whether most images that were read came over a network.
fn is_network(shards: &[ShardReport]) -> bool {
    let read = |shard: &&ShardReport| shard.images.iter().filter(|image| image.steps.is_some()).count();
    let of = |network: bool| -> usize {
        shards
            .iter()
            .filter(|shard| (shard.drive.kind == DriveKind::Network) == network)
            .map(|shard| read(&shard))
            .sum()
    };
    of(true) > of(false)
}

impl PercentilesReport {
    /// Of values in any order.
    pub(super) fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |part: f64| rounded(percentile(&sorted, part));
        Self {
            min: at(0.0),
            p5: at(0.05),
            p50: at(0.5),
            p95: at(0.95),
            max: at(1.0),
        }
    }
}
