//! `doctor`: what the program finds on this machine.

use std::path::PathBuf;

use super::exit::Exit;
use super::{complain, say};
use crate::about::Diagnostics;
use crate::report::format;

/// Prints build, machine, codecs, graphics cards, limits and drives. Reads only.
pub(super) fn doctor(paths: &[PathBuf]) -> Exit {
    let (there, gone): (Vec<PathBuf>, Vec<PathBuf>) = paths.iter().cloned().partition(|path| path.exists());
    for path in &gone {
        complain(&format!(
            "{} is not there. Nothing was touched. Check the spelling.",
            format::shown(path)
        ));
    }
    // Somebody who named folders asked about these, not about all drives.
    if !paths.is_empty() && there.is_empty() {
        return Exit::Usage;
    }
    say(&Diagnostics::look(&there).whole());
    if gone.is_empty() { Exit::Done } else { Exit::Usage }
}
