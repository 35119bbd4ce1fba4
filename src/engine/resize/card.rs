//! What a backend may offer beside resizing at once: room for a picture while it is being decoded, and the resized picture
//! some time later. Whoever decodes asks for a [`Turn`]; without a slot in it the processor does the work.
//!
//! Whatever goes wrong behind a [`Ticket`], the compressed bytes are still there: the picture is done again by the processor,
//! which gives the same samples.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, TryRecvError};

use super::Resample;
use super::auto::Trial;
use crate::engine::metrics::{Adapter, ImageClass, SizeClass};
use crate::engine::pixels::{Header, Pixels, RowSink, Size};
use crate::engine::settings::Format;

/// A picture that is about to be decoded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Want {
    /// What it is decoded from.
    pub(crate) format: Format,
    /// As stored.
    pub(crate) size: Size,
    /// Bytes a pixel may take once it is decoded, at most.
    pub(crate) bytes_a_pixel: u8,
    /// What it is to be resized to, as stored, as far as its header tells.
    pub(crate) to: Size,
    /// How.
    pub(crate) how: Resample,
}

impl Want {
    /// For the picture with this header.
    pub(crate) fn new(header: &Header, to: Size, how: Resample) -> Self {
        // Only a grey JPEG is grey for sure; everything transparent may come with its opacity.
        let bytes_a_pixel = match header.format {
            Format::Jpeg if header.samples == 1 => 1,
            _ if header.transparent => 4,
            _ => 3,
        };
        Self {
            format: header.format,
            size: header.size,
            bytes_a_pixel,
            to,
            how,
        }
    }

    /// What pictures it is alike.
    pub(crate) fn class(&self) -> ImageClass {
        ImageClass {
            format: self.format,
            size: SizeClass::of(self.size.pixels()),
        }
    }
}

/// Room for one picture on a card.
pub(crate) trait Slot: RowSink + Send {
    /// All rows are there: resize them. Never waits.
    fn submit(self: Box<Self>, to: Size, how: Resample) -> Ticket;
}

/// A graphics card, open, on its way to be, or gone.
pub(super) trait Card: Send + Sync {
    /// A slot for the picture; waits for one at most so long, and not at all where none will come.
    fn slot(&self, want: &Want, at_most: Duration) -> Option<Box<dyn Slot>>;
    /// Whether it takes pictures.
    fn is_open(&self) -> bool;
    /// What came out of it was wrong: it is given up.
    fn accuse(&self);
    /// Processor time its own thread took for each source pixel, nanoseconds.
    fn overhead(&self) -> f64;
    /// What a person should know and was not told before.
    fn remarks(&self) -> Vec<String>;
    /// What it did so far.
    fn figures(&self) -> Figures;
}

/// What is known of a card's work.
#[derive(Debug, Clone, Default)]
pub(super) struct Figures {
    /// Once it is open.
    pub(super) adapter: Option<Adapter>,
    /// Until it was.
    pub(super) opened_after: Option<Duration>,
    /// Images it resized.
    pub(super) images: u64,
    /// Their source pixels.
    pub(super) pixels: u64,
    /// Submissions they went in.
    pub(super) batches: u64,
    /// Why there is none (any more).
    pub(super) gone: Option<String>,
}

/// Whose turn it is to resize a picture.
#[derive(Default)]
pub(crate) struct Turn {
    /// The card's, if there is one.
    pub(crate) slot: Option<Box<dyn Slot>>,
    /// What comes out of it is to be compared with the processor's result.
    pub(crate) compare: bool,
    /// What is being measured by this picture.
    pub(super) trial: Option<Trial>,
}

/// What doing a picture took, told back to whoever gave out the turn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Done {
    /// What it is alike.
    pub(crate) class: ImageClass,
    /// Its pixels before.
    pub(crate) pixels: u64,
    /// The card resized it.
    pub(crate) by_card: bool,
    /// Time of the worker's processor from bytes to verified bytes.
    pub(crate) busy: Duration,
}

/// Why a card did not give a picture back. Only ever a reason to do it again on the processor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CardError {
    /// It does not fit after all.
    #[error("the picture does not fit")]
    TooLarge,
    /// The card is not there any more, or was given up.
    #[error("the graphics card is gone: {0}")]
    Gone(String),
    /// No answer in the time it was given.
    #[error("the graphics card gave no answer in {} ms", .0.as_millis())]
    TimedOut(Duration),
}

/// A picture that a card is at.
pub(crate) struct Ticket {
    answer: Receiver<Result<Pixels, CardError>>,
    /// It came and was not taken yet.
    arrived: Option<Result<Pixels, CardError>>,
    begun: Instant,
    patience: Duration,
    /// Set where the answer did not come in time: then none is waited for again.
    overdue: Arc<AtomicBool>,
}

impl Ticket {
    /// An answer that will come in `patience`, or `overdue` is set.
    #[cfg_attr(not(feature = "gpu"), allow(dead_code, reason = "only a graphics card asks"))]
    pub(crate) fn new(answer: Receiver<Result<Pixels, CardError>>, patience: Duration, overdue: Arc<AtomicBool>) -> Self {
        Self {
            answer,
            arrived: None,
            begun: Instant::now(),
            patience,
            overdue,
        }
    }

    /// Where the answer arrives, to wait for it beside something else. Nobody else may receive from it.
    pub(crate) fn answer(&self) -> &Receiver<Result<Pixels, CardError>> {
        &self.answer
    }

    /// Whether [`take`](Self::take) would not wait.
    pub(crate) fn is_ready(&mut self) -> bool {
        if self.arrived.is_none() {
            self.arrived = match self.answer.try_recv() {
                Ok(answer) => Some(answer),
                Err(TryRecvError::Disconnected) => Some(Err(abandoned())),
                Err(TryRecvError::Empty) => None,
            };
        }
        self.arrived.is_some() || self.left().is_zero()
    }

    /// What is left of the time in which an answer has to come.
    pub(crate) fn left(&self) -> Duration {
        self.patience.saturating_sub(self.begun.elapsed())
    }

    /// Waits for the picture, never longer than was agreed.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn take(mut self) -> Result<Pixels, CardError> {
        if let Some(answer) = self.arrived.take() {
            return answer;
        }
        match self.answer.recv_timeout(self.left()) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Disconnected) => Err(abandoned()),
            Err(RecvTimeoutError::Timeout) => {
                self.overdue.store(true, Ordering::Relaxed);
                Err(CardError::TimedOut(self.patience))
            }
        }
    }
}

/// The card let go of everything it was at.
fn abandoned() -> CardError {
    CardError::Gone("what it was at was let go".into())
}
