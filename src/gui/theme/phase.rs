//! The three phases: their order, names, icons and colours. Colour never stands alone, so all four come together.

use super::{Icon, Tokens};
use egui::Color32;

/// A phase of a run, as the window shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Phase {
    /// Reads files.
    Load,
    /// Decodes, resizes, encodes and verifies.
    Process,
    /// Brings replacements to the drive.
    Write,
}

/// The phases in their order, which is the same everywhere.
pub(crate) const PHASES: [Phase; 3] = [Phase::Load, Phase::Process, Phase::Write];

impl Phase {
    /// As it stands in the window.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Phase::Load => "Load",
            Phase::Process => "Process",
            Phase::Write => "Write",
        }
    }

    /// Stands beside the name, or for it in dense rows.
    pub(crate) fn icon(self) -> Icon {
        match self {
            Phase::Load => Icon::HardDriveUpload,
            Phase::Process => Icon::Scaling,
            Phase::Write => Icon::HardDriveDownload,
        }
    }

    /// For bars, plots and icons, never for text.
    pub(crate) fn color(self, tokens: &Tokens) -> Color32 {
        match self {
            Phase::Load => tokens.load,
            Phase::Process => tokens.process,
            Phase::Write => tokens.write,
        }
    }

    /// Text on a bar of this phase's colour.
    pub(crate) fn on_color(self, tokens: &Tokens) -> Color32 {
        match self {
            Phase::Load | Phase::Process => tokens.on_bright,
            Phase::Write if tokens.dark => tokens.on_bright,
            Phase::Write => tokens.on_danger,
        }
    }

    /// Width of this phase's line in a plot.
    pub(crate) fn line_width(self) -> f32 {
        match self {
            Phase::Load | Phase::Process => 1.5,
            Phase::Write => 2.0,
        }
    }

    /// Whether the line is dashed: told apart without colour.
    pub(crate) fn is_dashed(self) -> bool {
        self == Phase::Process
    }
}
