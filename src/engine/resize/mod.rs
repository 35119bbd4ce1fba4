//! Resampling: from a picture to a smaller one, by Lanczos3 with 8-bit samples, vertical pass first. Knows nothing about
//! files or codecs.
//!
//! [`Backend`] is who does the work; [`Cpu`] is the one there is. [`StripResizer`] gives the very same samples from rows
//! that come one after another, for pictures that do not fit into memory. [`weights`] is the one definition of the filter
//! beside the backend's own.

mod cpu;
#[cfg(test)]
pub(crate) mod fake;
mod strips;
mod weights;

pub(crate) use cpu::Cpu;
pub(crate) use strips::{StripError, StripResizer, strip_cost};

use super::pixels::{Channels, Pixels, Size};

/// Resizes pictures. One is shared by all workers; what a worker reuses from picture to picture is in its [`Scratch`].
pub(crate) trait Backend: Send + Sync {
    /// Who it is, for reports: the library and what of the machine it uses.
    fn name(&self) -> String;

    /// `source` at the size `to`, Lanczos3, same channels. Both sizes are as stored, before orientation.
    ///
    /// # Errors
    /// A buffer that does not fit its size, or what the backend itself says.
    fn resize(&self, source: &Pixels, to: Size, scratch: &mut Scratch) -> Result<Pixels, ResizeError>;
}

/// Buffers a worker keeps between pictures.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    cpu: cpu::CpuScratch,
}

/// Why there is no resized picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ResizeError {
    /// The buffer does not fit the size it claims: a mistake of the program.
    #[error("{have} bytes of pixels where {want} belong")]
    Buffer {
        /// Bytes there.
        have: usize,
        /// Bytes that belong there.
        want: usize,
    },
    /// The backend refused.
    #[error("resizing failed: {0}")]
    Backend(String),
}

/// The size of a picture whose longest side is to be `target` pixels: the other side is
/// `max(1, round(other * target / longest))`, halves up. Never larger than the picture unless `upscale`.
pub(crate) fn fit(size: Size, target: u32, upscale: bool) -> Size {
    let longest = size.longest();
    if longest <= target && !upscale {
        return size;
    }
    let side = |side: u32| {
        let (side, target, longest) = (u64::from(side), u64::from(target), u64::from(longest).max(1));
        // Halves up in whole numbers: floor(x + 1/2).
        let rounded = (2 * side * target + longest) / (2 * longest);
        // At most the target, so it fits.
        rounded.max(1) as u32
    };
    Size {
        width: side(size.width),
        height: side(size.height),
    }
}

/// Bytes of a packed picture.
fn bytes(size: Size, channels: Channels) -> usize {
    size.width as usize * size.height as usize * channels.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        fn check((width, height): (u32, u32), target: u32, upscale: bool, expected: (u32, u32)) {
            let found = fit(Size { width, height }, target, upscale);
            assert_eq!(
                (found.width, found.height),
                expected,
                "{width}x{height} to {target}, upscale {upscale}"
            );
            let turned = fit(Size { width, height }.transposed(), target, upscale);
            assert_eq!(turned, found.transposed());
        }
        check((1024, 768), 512, false, (512, 384));
        check((1000, 333), 512, false, (512, 170)); // 170.496
        check((1024, 1023), 512, false, (512, 512)); // 511.5, up
        check((1024, 1021), 512, false, (512, 511)); // 510.5, up
        check((4000, 1), 512, false, (512, 1));
        check((512, 512), 512, false, (512, 512));
        check((512, 300), 512, true, (512, 300));
        check((100, 60), 512, false, (100, 60));
        check((100, 60), 512, true, (512, 307)); // 307.2
        check((1, 1), 512, true, (512, 512));
        check((u32::MAX, u32::MAX), 512, false, (512, 512));
        check((65_500, 3), 65_499, false, (65_499, 3));
    }
}
