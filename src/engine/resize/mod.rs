//! Resampling: from a picture to a smaller one, vertical pass first. Knows nothing about files or codecs.
//!
//! [`geometry`] says how large; [`framed`] cuts and pads. [`Backend`] is who resamples; [`Cpu`] is the one there is.
//! [`Poured`] takes the rows of a picture as they are decoded; [`StripResizer`] gives the very same samples with less memory, for
//! pictures that do not fit into it.
//!
//! Two ways to resample, by what is asked for ([`Resample`]):
//! - 8-bit samples in sRGB's own curve with Lanczos3, CatmullRom or Mitchell: `narrow`, with the weights and to the samples of
//!   `fast_image_resize`, which does the horizontal pass of strips and of processors without AVX2;
//! - 16-bit samples, for linear light and for the area mean: our own whole-number kernel, `wide`, which is written down
//!   there to the last bit so that another device can repeat it.

mod auto;
mod both;
mod card;
mod cpu;
#[cfg(test)]
pub(crate) mod fake;
mod frame;
mod geometry;
#[cfg(feature = "gpu")]
mod gpu;
mod narrow;
mod poured;
mod rowwise;
mod strips;
mod vertical;
mod weights;
mod wide;

pub(crate) use both::{Both, Prospect};
pub(crate) use card::{CardError, Done, Slot, Ticket, Turn, Want};
pub(crate) use cpu::Cpu;
pub(crate) use frame::framed;
pub(crate) use geometry::{Geometry, exceeds, geometry};
#[cfg(all(test, feature = "gpu"))]
pub(crate) use gpu::lost_after;
pub(crate) use poured::{Poured, poured_cost};
pub(crate) use strips::{StripError, StripResizer, strip_cost};

use super::metrics::{Adapter, CardMeasurements, CardRecord, NotMeasured};
use super::pixels::{Channels, Pixels, Size};
use super::settings::{Filter, PictureSettings};

/// How samples are made from samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Resample {
    /// The filter, the same along both axes.
    pub(crate) filter: Filter,
    /// In linear light instead of in sRGB's own curve.
    pub(crate) linear: bool,
}

impl Resample {
    /// As the settings want it.
    pub(crate) fn new(picture: &PictureSettings) -> Self {
        Self {
            filter: picture.filter,
            linear: picture.linear,
        }
    }

    /// By the kernel of 16-bit samples: rows that come one after another, never a whole picture between the passes.
    pub(crate) fn is_wide(self) -> bool {
        self.linear || self.filter == Filter::Area
    }
}

/// Resizes pictures. One is shared by all workers; what a worker reuses from picture to picture is in its [`Scratch`].
pub(crate) trait Backend: Send + Sync {
    /// Who it is, for reports: the library and what of the machine it uses.
    fn name(&self) -> String;

    /// `source` at the size `to`, same channels. Both sizes are as stored, before orientation. An axis whose length stays
    /// is not filtered.
    ///
    /// # Errors
    /// A buffer that does not fit its size, or what the backend itself says.
    fn resize(&self, source: &Pixels, to: Size, how: Resample, scratch: &mut Scratch) -> Result<Pixels, ResizeError>;

    /// Whether [`resize`](Self::resize) is the processor's own: then rows may go through [`Poured`] as they are decoded, which gives the
    /// same samples for less memory and time.
    fn is_the_processor(&self) -> bool {
        false
    }

    /// Whose turn it is to resize a picture that is about to be decoded; see [`card`].
    fn turn(&self, _want: &Want) -> Turn {
        Turn::default()
    }

    /// A picture of that turn is done.
    fn done(&self, _turn: &Turn, _done: &Done) {}

    /// A picture that a card was at has to be done again by the processor.
    fn redone(&self) {}

    /// A picture of a card was compared with the processor's: `same` or not.
    fn compared(&self, _same: bool) {}

    /// What a person should know and was not told before, each a sentence or two.
    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }

    /// What became of the graphics card.
    fn card(&self) -> Option<CardRecord> {
        None
    }
}

/// The graphics cards of this machine, the most promising one first; software ones last. May take a second, and loads the
/// drivers.
pub fn adapters() -> Vec<Adapter> {
    #[cfg(feature = "gpu")]
    return gpu::adapters();
    #[cfg(not(feature = "gpu"))]
    Vec::new()
}

/// Measures the graphics card whose name contains `name`, or the most promising one; software ones as well. Takes a minute, most
/// of it the comparison with the processor; touches no files. `progress` hears what is being done.
///
/// # Errors
/// No such card, or one that does not do its work.
pub fn measure_card(name: Option<&str>, progress: &mut (dyn FnMut(&str) + Send)) -> Result<CardMeasurements, NotMeasured> {
    #[cfg(feature = "gpu")]
    return gpu::measure(name, progress);
    #[cfg(not(feature = "gpu"))]
    {
        let _ = (name, progress);
        Err(NotMeasured("this program was built without support for graphics cards".into()))
    }
}

/// Buffers a worker keeps between pictures.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    cpu: cpu::CpuScratch,
    narrow: narrow::Kept,
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

/// Bytes of a packed picture.
fn bytes(size: Size, channels: Channels) -> usize {
    size.width as usize * size.height as usize * channels.count()
}
