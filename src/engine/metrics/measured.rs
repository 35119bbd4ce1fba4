//! What was measured of a graphics card by itself, away from any run: plain values for whoever prints them.

use std::fmt;
use std::time::Duration;

use super::card::Adapter;
use crate::engine::settings::Filter;

/// Measurements of one card.
#[derive(Debug, Clone, PartialEq)]
pub struct CardMeasurements {
    /// Which.
    pub adapter: Adapter,
    /// From asking for its device to kernels and buffers being there.
    pub opening: Duration,
    /// Its samples against the processor's.
    pub parity: Vec<ParityRow>,
    /// Ways to hand a picture over; one that the card does not offer is not there.
    pub uploads: Vec<UploadRow>,
    /// Submissions of several pictures.
    pub batches: Vec<BatchRow>,
}

impl CardMeasurements {
    /// Samples that differ from the processor's.
    pub fn differing(&self) -> u64 {
        self.parity.iter().map(|row| row.differing).sum()
    }
}

/// Samples of one kind of pictures, compared with the processor's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParityRow {
    /// What the pictures' rows hold, for people.
    pub rows: String,
    /// The filter.
    pub filter: Filter,
    /// In linear light.
    pub linear: bool,
    /// Pictures.
    pub pictures: u64,
    /// Pixels of the largest one.
    pub largest: u64,
    /// Samples compared.
    pub samples: u64,
    /// Samples that differ.
    pub differing: u64,
}

/// A way to hand a picture over to a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadWay {
    /// Rows go into a mapped buffer that is kept, and the card copies it into its own memory: the program's way.
    Ring,
    /// `Queue::write_buffer` from a buffer of the caller's.
    Write,
    /// `Queue::write_buffer_with`: rows go into a new mapped buffer, and the card copies it.
    WriteInPlace,
    /// Rows go into a mapped buffer that the kernels themselves read.
    Primary,
}

impl fmt::Display for UploadWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ring => "kept mapped buffer, copied by the card",
            Self::Write => "write_buffer",
            Self::WriteInPlace => "write_buffer_with",
            Self::Primary => "mapped buffer that the kernels read",
        })
    }
}

/// What one way costs; medians.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRow {
    /// The way.
    pub way: UploadWay,
    /// Pixels of the picture, RGB.
    pub pixels: u64,
    /// Until the caller is done with the rows.
    pub caller: Duration,
    /// Until both passes over the picture are done, from the same beginning; nothing is read back.
    pub done: Duration,
}

/// What a submission takes; medians.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRow {
    /// What is done, for people.
    pub what: String,
    /// Pixels of each picture.
    pub pixels: u64,
    /// Pictures.
    pub pictures: u32,
    /// From the first call until the results are there to be read; the rows lie in staging buffers before.
    pub submission: Duration,
    /// Reading the results.
    pub reading: Duration,
    /// The same picture resized by one core of the processor.
    pub core: Duration,
}

impl BatchRow {
    /// Nanoseconds a source pixel, for the submission and the reading.
    pub fn card_ns(&self) -> f64 {
        (self.submission + self.reading).as_nanos() as f64 / (self.pixels.max(1) as f64 * f64::from(self.pictures.max(1)))
    }

    /// Nanoseconds a source pixel on one core of the processor.
    pub fn core_ns(&self) -> f64 {
        self.core.as_nanos() as f64 / self.pixels.max(1) as f64
    }
}

/// Why nothing was measured, in words for a person: no sentence, without capital and full stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotMeasured(pub String);
