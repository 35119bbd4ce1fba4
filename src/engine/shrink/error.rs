//! Why an image has no replacement: one code for machines, one sentence for people, one piece of advice.

use super::quality::ScoreError;
use crate::engine::pixels::{DecodeError, EncodeError, ProbeError, VerifyError};
use crate::engine::resize::ResizeError;

/// Why an image has no replacement. Messages are sentences without the path; the caller names the file. Nothing was
/// written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShrinkError {
    /// Its head is not one that could be worked with.
    #[error("{0}")]
    Probe(#[from] ProbeError),
    /// Its pixels could not be had.
    #[error("{0}")]
    Decode(#[from] DecodeError),
    /// It could not be resized.
    #[error("{0}")]
    Resize(#[from] ResizeError),
    /// It could not be encoded.
    #[error("{0}")]
    Encode(#[from] EncodeError),
    /// What was encoded is not the picture.
    #[error("{0}")]
    Verify(#[from] VerifyError),
    /// The lowest quality that is good enough could not be found.
    #[error("{0}")]
    Score(#[from] ScoreError),
    /// A codec panicked: its words, and where.
    #[error("the program's own code failed on this image: {0}")]
    Panicked(String),
}

impl ShrinkError {
    /// Short and stable, for machines.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            ShrinkError::Probe(ProbeError::Empty) => "empty",
            ShrinkError::Probe(ProbeError::NotAnImage) => "not-an-image",
            ShrinkError::Probe(ProbeError::OtherFormat(_)) => "other-format",
            ShrinkError::Probe(ProbeError::Damaged(_)) | ShrinkError::Decode(DecodeError::Damaged(_)) => "damaged",
            ShrinkError::Probe(ProbeError::Io(_)) => "unreadable",
            ShrinkError::Decode(DecodeError::Truncated(_)) => "truncated",
            ShrinkError::Decode(DecodeError::Unsupported(_)) => "unsupported",
            ShrinkError::Decode(DecodeError::OverLimit { .. }) => "over-limit",
            ShrinkError::Decode(DecodeError::OutOfTime { .. }) => "out-of-time",
            ShrinkError::Resize(_) => "resize",
            ShrinkError::Encode(_) => "encode",
            ShrinkError::Verify(_) => "verify",
            ShrinkError::Score(_) => "score",
            ShrinkError::Panicked(_) => "panic",
        }
    }

    /// What to do about it.
    pub(crate) fn advice(&self) -> String {
        match self {
            ShrinkError::Decode(DecodeError::OverLimit { needs, setting, .. }) => {
                format!("To have it shrunk, allow more: {setting} {needs}.")
            }
            ShrinkError::Decode(DecodeError::OutOfTime { .. }) => {
                "Run again when the machine is less busy, or allow more with --max-seconds; if it happens again, save the image anew with \
                 another program."
                    .into()
            }
            ShrinkError::Decode(DecodeError::Unsupported(_)) | ShrinkError::Probe(ProbeError::OtherFormat(_)) => {
                "Convert it to PNG or JPEG with another program, or leave it as it is.".into()
            }
            ShrinkError::Decode(DecodeError::Truncated(_) | DecodeError::Damaged(_))
            | ShrinkError::Probe(ProbeError::Damaged(_) | ProbeError::Empty) => {
                "Fetch the file again from where it came; opening and saving it with another program keeps what is left of it.".into()
            }
            ShrinkError::Probe(ProbeError::NotAnImage) => "Nothing needs doing; its name looks like an image's.".into(),
            ShrinkError::Probe(ProbeError::Io(_)) => "Check that the drive is there and the file may be read, and run again.".into(),
            ShrinkError::Score(_) => "Run again without --min-score to have it shrunk at a fixed quality.".into(),
            ShrinkError::Resize(_) | ShrinkError::Encode(_) | ShrinkError::Verify(_) | ShrinkError::Panicked(_) => {
                "Run again; if it fails again, this is a fault of the program (or of the machine's memory): please report it with the file."
                    .into()
            }
        }
    }
}
