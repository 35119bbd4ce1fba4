//! What can go wrong with a graphics card, and where. All of it ends the same way: the pictures it was at are done again by the
//! processor.

use std::sync::Arc;
use std::time::Duration;

/// Why a card cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    /// There is none on this machine.
    #[error("{0}")]
    NotFound(String),
    /// None that may be taken, and why.
    #[error("{0}")]
    NoCard(String),
    /// It was taken away, or its driver was started anew.
    #[error("it was lost: {0}")]
    Lost(String),
    /// Its memory, or the machine's for it, is used up.
    #[error("there is not enough memory for it")]
    OutOfMemory,
    /// It did not get done in time.
    #[error("it gave no answer in {} s", .0.as_secs())]
    TimedOut(Duration),
    /// It, or its driver, refuses what the program asks for: a mistake of the program or of the driver.
    #[error("its driver refuses what is asked of it: {0}")]
    Invalid(String),
    /// Its samples are not the processor's.
    #[error("it computes other samples than the processor")]
    Wrong,
    /// The graphics library panicked.
    #[error("its library failed: {0}")]
    Panicked(String),
}

impl Failure {
    /// Whether the card may still be at work: then nothing of it can be given back without waiting for it.
    pub(super) fn may_hang(&self) -> bool {
        matches!(self, Self::TimedOut(_) | Self::Panicked(_))
    }

    /// Whether it makes no sense to open it once more.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::NotFound(_) | Self::NoCard(_) | Self::Wrong)
    }
}

/// The steps of working with a card, each of which can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Step {
    /// Asking for the device.
    Open,
    /// Making kernels and buffers.
    Allocate,
    /// Mapping the staging buffers for the first time, and again after every submission.
    Map,
    /// Handing a batch over.
    Submit,
    /// Waiting for it.
    Wait,
    /// Reading what came out.
    Read,
}

/// Lets a test make any step fail. Does nothing in the program.
#[derive(Clone, Default)]
pub(in crate::engine::resize) struct Faults {
    fails: Option<Arc<Fails>>,
    /// Instead of the usual time in which an answer has to come.
    pub(super) patience: Option<Duration>,
    /// The device is to be taken away at the next look.
    #[cfg(test)]
    pub(super) destroy: Arc<std::sync::atomic::AtomicBool>,
}

/// Asked before every step.
type Fails = dyn Fn(Step) -> Option<Failure> + Send + Sync;

impl Faults {
    /// `fails` is asked before every step.
    #[cfg(test)]
    pub(super) fn new(fails: impl Fn(Step) -> Option<Failure> + Send + Sync + 'static) -> Self {
        Self {
            fails: Some(Arc::new(fails)),
            ..Self::default()
        }
    }

    /// Before a step.
    pub(super) fn check(&self, step: Step) -> Result<(), Failure> {
        match self.fails.as_ref().and_then(|fails| fails(step)) {
            Some(Failure::Panicked(what)) => panic!("{what}"),
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }
}
