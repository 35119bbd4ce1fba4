//! The time of one image on the wall clock: from the start of its decode to its verified replacement. Codecs look at the
//! deadline between rows and scans where they let us; the steps are looked at here, one after another. What cannot be
//! interrupted (a WebP picture, a whole resize, one encoding, its check) is bounded by the pixels and the memory that an image
//! may have, so that the limit is passed by a few seconds at the worst.

use std::time::{Duration, Instant};

use super::ShrinkError;
use crate::engine::pixels::{DecodeError, Size};
use crate::engine::settings::Limits;

/// When an image was begun, and when it is given up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    started: Instant,
    /// `None`: never, because the limits reach beyond what a clock can tell.
    deadline: Option<Instant>,
}

/// What the limits grant to an image of this size.
pub(super) fn allowance(size: Size, limits: &Limits) -> Duration {
    let seconds = limits.max_seconds as f64 + limits.max_seconds_per_megapixel * size.pixels() as f64 / 1e6;
    // Negative and endless ones are refused where settings are checked.
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

impl Clock {
    /// For an image of this size that was begun at `started`.
    pub(super) fn since(started: Instant, size: Size, limits: &Limits) -> Self {
        Self {
            started,
            deadline: started.checked_add(allowance(size, limits)),
        }
    }

    /// What decoders are told.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Between two steps.
    ///
    /// # Errors
    /// Time is up.
    pub(super) fn check(&self) -> Result<(), ShrinkError> {
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(self.late()),
            _ => Ok(()),
        }
    }

    /// A codec knows only its own part of the time.
    pub(super) fn told(&self, error: ShrinkError) -> ShrinkError {
        match error {
            ShrinkError::Decode(DecodeError::OutOfTime { .. }) => self.late(),
            other => other,
        }
    }

    /// The same image after a wait that is not its own doing, and that has a bound of its own.
    pub(super) fn without(self, waited: Duration) -> Self {
        let later = |moment: Instant| moment.checked_add(waited);
        Self {
            started: later(self.started).unwrap_or(self.started),
            deadline: self.deadline.and_then(later),
        }
    }

    fn late(&self) -> ShrinkError {
        ShrinkError::Decode(DecodeError::OutOfTime {
            secs: self.started.elapsed().as_secs(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(width: u32, height: u32) -> Size {
        Size { width, height }
    }

    #[test]
    fn the_allowance_grows_with_the_picture() {
        let limits = |max_seconds, max_seconds_per_megapixel| Limits {
            max_seconds,
            max_seconds_per_megapixel,
            ..Limits::default()
        };
        for (pixels, limits, expected) in [
            (size(1, 1), limits(30, 0.0), 30.0),
            (size(2000, 1000), limits(30, 1.0), 32.0),
            (size(2000, 1000), limits(1, 0.25), 1.5),
            (size(65_500, 65_500), limits(5, 0.0), 5.0),
        ] {
            assert_eq!(allowance(pixels, &limits).as_secs_f64(), expected);
        }
        assert_eq!(allowance(size(2000, 1000), &limits(30, f64::INFINITY)), Duration::MAX);
        let endless = Clock::since(Instant::now(), size(2000, 1000), &limits(30, f64::INFINITY));
        assert!(endless.deadline().is_none() && endless.check().is_ok());
    }

    #[test]
    fn a_wait_for_somebody_else_is_not_counted() {
        let limits = Limits {
            max_seconds: 1,
            max_seconds_per_megapixel: 0.0,
            ..Limits::default()
        };
        let Some(begun) = Instant::now().checked_sub(Duration::from_secs(100)) else {
            return;
        };
        let clock = Clock::since(begun, size(10, 10), &limits);
        let late = clock.check().unwrap_err();
        assert_eq!(late.code(), "out-of-time");
        assert!(
            late.to_string().contains("100 s") && late.to_string().contains("--max-seconds"),
            "{late}"
        );
        assert!(late.advice().contains("--max-seconds"), "{}", late.advice());
        assert!(clock.without(Duration::from_secs(100)).check().is_ok());
        assert!(clock.without(Duration::from_secs(90)).check().is_err());
    }
}
