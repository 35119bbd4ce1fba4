//! A backend for tests: takes the nearest pixel, or misbehaves as told.

use super::{Backend, Resample, ResizeError, Scratch, bytes};
use crate::engine::pixels::{Pixels, Size};

/// What it does when asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fake {
    /// The nearest pixel.
    Nearest,
    /// An error.
    Fails,
    /// A panic.
    Panics,
}

impl Backend for Fake {
    fn name(&self) -> String {
        "fake".into()
    }

    fn resize(&self, source: &Pixels, to: Size, _how: Resample, _scratch: &mut Scratch) -> Result<Pixels, ResizeError> {
        match self {
            Fake::Nearest => {}
            Fake::Fails => return Err(ResizeError::Backend("told to fail".into())),
            Fake::Panics => panic!("told to panic"),
        }
        let mut data = Vec::with_capacity(bytes(to, source.channels));
        let near = |at: u32, to: u32, from: u32| (u64::from(at) * u64::from(from) / u64::from(to)) as usize;
        for y in 0..to.height {
            for x in 0..to.width {
                let pixel = near(y, to.height, source.size.height) * source.size.width as usize + near(x, to.width, source.size.width);
                data.extend_from_slice(&source.data[pixel * source.channels.count()..][..source.channels.count()]);
            }
        }
        Ok(Pixels {
            size: to,
            channels: source.channels,
            data,
        })
    }
}
