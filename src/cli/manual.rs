//! Manual pages and shell completions, generated from the definition of the arguments, so that they cannot lag behind it.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use clap::CommandFactory as _;

use super::args::Arguments;
use super::exit::Exit;
use super::{complain, say};
use crate::report::format;

/// Prints the completions of one shell.
pub(super) fn completions(shell: clap_complete::Shell) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "shardpress", &mut text);
    match io::stdout().lock().write_all(&text) {
        // A reader that went away (`| head`) is no failure of ours.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&format!("The completions could not be printed: {error}."));
            Exit::Environment
        }
        _ => Exit::Done,
    }
}

/// Writes `shardpress.1` and a page for each command, over those that an earlier version wrote there.
pub(super) fn pages(dir: &Path) -> Exit {
    let written = fs::create_dir_all(dir).and_then(|()| clap_mangen::generate_to(Arguments::command(), dir));
    match written {
        Ok(()) => {
            say(&format!("The manual pages are in {}.", format::shown(dir)));
            Exit::Done
        }
        Err(error) => {
            complain(&format::one_line(&format!(
                "The manual pages could not be written into {}: {error}. Choose another folder, or allow writing there.",
                dir.display()
            )));
            Exit::Environment
        }
    }
}
