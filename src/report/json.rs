//! JSON: the whole value. Pretty where a person asked for it, without spaces in the history.

use std::io::{self, Write};

use super::value::Report;

/// Indented, with a line break at the end.
pub(super) fn write_pretty(report: &Report, mut file: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut file, report)?;
    file.write_all(b"\n")
}

/// On one line.
pub(super) fn write_compact(report: &Report, mut file: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut file, report)?;
    file.write_all(b"\n")
}
