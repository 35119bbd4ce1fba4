//! Everything that needs no screen: from folders to shrunk images.
//!
//! Rooms in reading order; each knows only those above it:
//!
//! - `settings`: what a person can choose, validated all at once;
//! - `pixels`: headers, decoding, colour, encoding. Knows nothing about folders or datasets;
//! - `metrics`: the one place that counts, and the record of a plan or a run;
//! - `disk`: files and folders: every error names the path, links are never followed; a trait, so that a test can pull the plug;
//! - `resize`: the resampling backends. Knows nothing about files;
//! - `shrink`: one image, from the bytes of a file to verified bytes of its replacement;
//! - `sample`: a small library drawn by code;
//! - `sidecars`: the files beside the images: which belong to which, and what is said in them. Knows nothing about disks;
//! - `scan`: what is in a folder, from headers alone;
//! - `plan`: what will be done and why, a pure function of inventory and settings;
//! - `commit`: replacements reach the disk, originals retire, nothing is ever lost. Knows nothing about pictures;
//! - `forecast`: bytes and time before anything is written, from a sample laid beside the plan;
//! - `preview`: one image before and after, for somebody who looks at it; never writes;
//! - `run`: the pipeline that joins them, and the front door;
//! - `bench`: the pipeline over a copy of a few images, with one choice varied at a time;
//! - `benching`: stages of one image, to be measured one by one, with the feature of that name alone;
//! - `fuzzing`: doors for campaigns with hostile bytes, in tests and with the feature of that name alone.
//!
//! The engine never knows the window: no egui in here, and wgpu only under `resize/gpu/`.

mod bench;
#[cfg(feature = "benching")]
mod benching;
mod commit;
mod disk;
mod forecast;
#[cfg(any(test, feature = "fuzzing"))]
mod fuzzing;
mod metrics;
mod pixels;
mod plan;
mod preview;
mod resize;
mod run;
mod sample;
mod scan;
mod settings;
mod shrink;
mod sidecars;

pub use bench::{BenchAsk, BenchAxis, BenchError, BenchProgress, BenchRecord, BenchRun, BenchValue, BenchVariant, FEWEST_ROUNDS};
#[cfg(feature = "benching")]
pub use benching::{Stages, shrink_all};
pub use commit::{KeptRun, Standing};
pub use disk::{drive as look_at_drive, free_space, resolve, sync_file};
pub use forecast::Predictions;
#[cfg(any(test, feature = "fuzzing"))]
pub use fuzzing::Meter;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use fuzzing::{fuzz_decode, fuzz_journal, fuzz_metadata, fuzz_probe, fuzz_settings, fuzz_sidecar};
pub use metrics::{
    Adapter, AdapterKind, BatchRow, Bound, CardMeasurements, CardRecord, ClassRecord, Collision, Count, Drive, DriveKind, Estimate, Event,
    Holding, ImageClass, ImageDone, ImageQuality, ImageRecord, InHand, JudgedImage, Kind, Machine, Metrics, NotMeasured, Notice, OnDisk,
    Outcome, ParityRow, PastWrites, Phase, PhaseNow, PhaseTotals, Phases, Point, Problem, Range, Record, Resolution, Seconds, ShardRecord,
    ShardState, SidecarRecord, SizeClass, Snapshot, Span, Spread, StepTimes, StopReason, Timer, Times, UploadRow, UploadWay, Wait, Why,
    WriteBasis, adapters_called, bound, name_changes, thread_cpu_time,
};
pub use pixels::Size;
#[cfg(test)]
pub(crate) use pixels::sunk::files as drawn_pictures;
pub use plan::{Action, Plan, ShardPlan, Totals, Unfreed};
pub use preview::{After, Before, Facts, HardCases, ImageAt, Made, Opened, Picture, Preview, SidecarFacts, Thumbnail};
pub use resize::{adapters, measure_card};
pub use run::{
    Blocked, Control, Engine, Ground, Handle, KeptOutcome, Library, LibraryShard, Measured, NoLook, Recovered, ScanNews, Scanned,
    ShardLook, ShardStatus, drives, memory_budget, this_machine, workers,
};
pub use sample::{SAMPLE_IMAGES, SAMPLE_SHARDS, SampleError, SampleSummary, write_sample, write_sample_telling};
pub use scan::{FoundImage, Inventory, ScanError, natural_order};
pub use settings::{
    BackendChoice, ChooseSettings, Chroma, Collisions, Explained, Fault, Filter, Fit, Format, Layer, Limits, MachineSettings, Metadata,
    Mtime, NotAValue, Origin, Originals, PRESETS, PictureSettings, Preset, Resolved, SafetySettings, Settings, Shape, SidecarSettings,
    Slice, Verify, WriteMode,
};
