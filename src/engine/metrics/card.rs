//! What is known of graphics cards, and what a run measured of one and decided.

use std::borrow::Borrow;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::engine::settings::{BackendChoice, Format};

/// A graphics card as its driver names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adapter {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: AdapterKind,
    /// The driver with its version; empty where it does not tell.
    pub driver: String,
    /// How it is spoken to: `Vulkan`, `DX12`, `Metal` or `OpenGL`.
    pub api: String,
    /// Memory of its own, bytes; `None` where that is not told, or where it shares the machine's.
    pub memory: Option<u64>,
}

impl Adapter {
    /// The processor poses as it: never taken unless a person asks for it.
    pub fn is_software(&self) -> bool {
        self.kind == AdapterKind::Software
    }
}

/// Places of the adapters that `name` means, whatever its case: those that are called so, or else those whose name has it in it.
pub fn adapters_called<A: Borrow<Adapter>>(all: &[A], name: &str) -> Vec<usize> {
    let wanted = name.trim().to_lowercase();
    let those = |is: &dyn Fn(&str) -> bool| {
        let is = |at: &usize| is(&all[*at].borrow().name.to_lowercase());
        (0..all.len()).filter(is).collect::<Vec<_>>()
    };
    let called = those(&|name| name == wanted);
    if called.is_empty() {
        those(&|name| name.contains(&wanted))
    } else {
        called
    }
}

/// What an adapter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AdapterKind {
    /// A card with memory of its own.
    Discrete,
    /// Part of the processor, with the machine's memory.
    Integrated,
    /// A share of a card in a virtual machine.
    Virtual,
    /// Not told.
    Other,
    /// The processor that poses as a card: slower than the processor itself, good for tests.
    Software,
}

impl fmt::Display for AdapterKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Discrete => "discrete",
            Self::Integrated => "integrated",
            Self::Virtual => "virtual",
            Self::Other => "of unknown kind",
            Self::Software => "software",
        })
    }
}

/// What became of the graphics card in a run.
#[derive(Debug, Clone, PartialEq)]
pub struct CardRecord {
    /// What was asked for.
    pub choice: BackendChoice,
    /// The one that was opened.
    pub adapter: Option<Adapter>,
    /// From the start of the run until it could take pictures.
    pub opened_after: Option<Duration>,
    /// Images it resized.
    pub images: u64,
    /// Source pixels of these.
    pub pixels: u64,
    /// Submissions they went in.
    pub batches: u64,
    /// Images that were begun on it and done again by the processor.
    pub redone: u64,
    /// Pictures of its that the processor resized as well and that were compared sample by sample. At the first difference it is
    /// given up, and the verdict says so.
    pub compared: u64,
    /// What was measured, by kind of image; empty where nothing was.
    pub classes: Vec<ClassRecord>,
    /// Why it was used, or not, in a sentence or two.
    pub verdict: String,
}

/// Images that are alike for whoever resizes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct ImageClass {
    /// What they are decoded from.
    pub format: Format,
    /// Their pixels.
    pub size: SizeClass,
}

impl fmt::Display for ImageClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = if self.size == SizeClass::Small { "" } else { "of " };
        write!(f, "{} {of}{}", self.format.name(), self.size)
    }
}

/// How many pixels an image has, roughly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SizeClass {
    /// Below half a megapixel.
    Small,
    /// Below two megapixels.
    Medium,
    /// Below eight megapixels.
    Large,
    /// Eight megapixels and more.
    Huge,
}

impl SizeClass {
    /// By the number of pixels.
    pub(crate) fn of(pixels: u64) -> Self {
        match pixels {
            0..500_000 => Self::Small,
            500_000..2_000_000 => Self::Medium,
            2_000_000..8_000_000 => Self::Large,
            _ => Self::Huge,
        }
    }
}

impl fmt::Display for SizeClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Small => "below 0.5 Mpx",
            Self::Medium => "0.5 to 2 Mpx",
            Self::Large => "2 to 8 Mpx",
            Self::Huge => "8 Mpx and more",
        })
    }
}

/// What was measured of one class of images.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassRecord {
    /// Which.
    pub class: ImageClass,
    /// Processor time of an image that the processor resized, from its bytes to the verified bytes of its replacement:
    /// nanoseconds a source pixel, the median of the windows. `None` where none was measured.
    pub cpu_ns: Option<f64>,
    /// The same where the card resized; what the card's own thread took is included.
    pub card_ns: Option<f64>,
    /// Images in these windows.
    pub measured: u64,
    /// Images of the class that the card resized.
    pub by_card: u64,
    /// What was decided last.
    pub on_card: bool,
}

impl ClassRecord {
    /// Part of the processor's time that the card saved, below 1; negative where it cost more than it saved. `None` unless both
    /// were measured.
    pub fn saving(&self) -> Option<f64> {
        let (cpu, card) = (self.cpu_ns?, self.card_ns?);
        (cpu > 0.0).then(|| 1.0 - card / cpu)
    }
}
