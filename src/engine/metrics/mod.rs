//! The one place that counts. Workers bump atomics; whoever wants to look takes a [`Snapshot`]; when all is over
//! [`Metrics::phases`] makes plain values of it, and [`bound`] says from them which phase held the run back.

mod bound;
mod card;
mod counters;
mod cpu;
mod estimate;
mod event;
mod in_hand;
mod measured;
mod phases;
mod record;
mod series;
mod snapshot;

pub use bound::{Bound, bound};
pub use card::{Adapter, AdapterKind, CardRecord, ClassRecord, ImageClass, SizeClass, adapters_called};
pub use counters::{Metrics, Timer};
pub use cpu::thread_cpu_time;
pub use estimate::{Estimate, JudgedImage, OnDisk, PastWrites, Range, Seconds, Times, WriteBasis, name_changes};
pub use event::{Event, ImageDone};
pub use in_hand::{Holding, InHand};
pub use measured::{BatchRow, CardMeasurements, NotMeasured, ParityRow, UploadRow, UploadWay};
pub use phases::{Phase, PhaseTotals, Phases, Span, Spread, Wait};
pub use record::{
    Collision, Drive, DriveKind, ImageQuality, ImageRecord, Kind, Machine, Notice, Outcome, Problem, Record, Resolution, ShardRecord,
    ShardState, SidecarRecord, StepTimes, StopReason, Why,
};
pub use series::{Count, Point};
pub use snapshot::{PhaseNow, Snapshot};
