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
//! - `scan`: what is in a folder, from headers alone;
//! - `plan`: what will be done and why, a pure function of inventory and settings; estimates beside it;
//! - `commit`: replacements reach the disk, originals retire, nothing is ever lost. Knows nothing about pictures;
//! - `run`: the pipeline that joins them, and the front door.
//!
//! The engine never knows the window: no egui in here, and wgpu only under `resize/gpu/`.

mod commit;
mod disk;
mod metrics;
mod pixels;
mod plan;
mod resize;
mod run;
mod sample;
mod scan;
mod settings;
mod shrink;

pub use disk::{drive as look_at_drive, free_space};
pub use metrics::{
    Bound, Count, Drive, DriveKind, Estimate, Event, ImageDone, ImageRecord, Kind, Machine, Metrics, Notice, Outcome, Phase, PhaseNow,
    PhaseTotals, Phases, Point, Problem, Range, Record, ShardRecord, ShardState, Snapshot, Span, Spread, StepTimes, StopReason, Timer,
    Wait, Why, bound, thread_cpu_time,
};
pub use pixels::Size;
pub use plan::{Action, Collision, Plan, ShardPlan, Totals};
pub use run::{Blocked, Control, Engine, Handle, Recovered, drives, memory_budget, this_machine, workers};
pub use sample::{SampleError, SampleSummary, write_sample};
pub use scan::{FoundImage, Inventory, ScanError};
pub use settings::{
    BackendChoice, ChooseSettings, Chroma, Collisions, Explained, Filter, Fit, Format, Layer, Limits, MachineSettings, Metadata, Mtime,
    NotAValue, Origin, Originals, PRESETS, PictureSettings, Preset, Resolved, SafetySettings, Settings, Shape, SidecarSettings, Slice,
    Verify, WriteMode,
};
