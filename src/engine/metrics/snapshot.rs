//! How a run stands at one moment, as a plain value: what the command line and the window show while it goes on.

use std::time::Duration;

use super::phases::Phase;

/// How a run stands at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// Since the metrics began.
    pub elapsed: Duration,
    /// Bytes from disk.
    pub load: PhaseNow,
    /// Decode to verify.
    pub process: PhaseNow,
    /// Create to retire.
    pub write: PhaseNow,
    /// Images with work that have their outcome.
    pub done: u64,
    /// Images with work.
    pub total: u64,
    /// Bytes of the files of the images with work.
    pub total_bytes: u64,
    /// Images without work that have their outcome.
    pub others: u64,
    /// Bytes before minus bytes after so far; negative where replacements are larger.
    pub saved_bytes: i64,
    /// Reads in flight that are allowed.
    pub io_depth: usize,
    /// Estimated from the images that have work and their bytes alone; `None` before there is anything to go by, and
    /// while nothing moves.
    pub time_left: Option<Duration>,
}

impl Snapshot {
    /// One of the three.
    pub fn of(&self, phase: Phase) -> &PhaseNow {
        match phase {
            Phase::Load => &self.load,
            Phase::Process => &self.process,
            Phase::Write => &self.write,
        }
    }
}

/// How one phase stands at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PhaseNow {
    /// Images that finished it.
    pub images: u64,
    /// Bytes that went with them.
    pub bytes: u64,
    /// Time its threads were at work, summed over threads.
    pub busy: Duration,
    /// Over the last seconds.
    pub images_per_second: f64,
    /// Over the last seconds.
    pub bytes_per_second: f64,
    /// Images waiting in front of it; of those to be written the batch under way is part.
    pub queue: i64,
    /// Bytes in memory of the images waiting in front of it.
    pub queue_bytes: i64,
    /// Files its threads have in hand.
    pub in_hand: usize,
}
