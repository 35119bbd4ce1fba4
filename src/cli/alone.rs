//! `shardpress-gui`: the window and nothing else. On Windows it has no console, so what it has to say comes in a box.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use super::exit::Exit;
use super::{complain, log_to_stderr, say};
use crate::report::format;

/// The window of Shardpress, which shrinks whole folders of images in place. The command line is `shardpress`.
#[derive(Debug, Parser)]
#[command(name = "shardpress-gui", version)]
struct Arguments {
    /// Shards or libraries to have in the list
    folders: Vec<PathBuf>,
}

/// Opens the window with the folders that the arguments name, and returns one of the documented exit codes when it is closed.
pub fn window_alone() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            say(&error.to_string());
            in_a_box(&error.to_string(), false);
            return Exit::Done.into();
        }
        Err(error) => return failed(&format!("{}\nNothing was touched.", error.to_string().trim_end()), Exit::Usage),
    };
    log_to_stderr();
    match crate::gui::open(&arguments.folders) {
        Ok(()) => Exit::Done.into(),
        Err(error) => failed(&format::one_line(&error.to_string()), Exit::Environment),
    }
}

fn failed(text: &str, exit: Exit) -> ExitCode {
    complain(text);
    in_a_box(text, true);
    exit.into()
}

/// For a person who started it by a click: there is no terminal in which the text could stand.
#[cfg(windows)]
fn in_a_box(text: &str, is_error: bool) {
    let level = if is_error {
        rfd::MessageLevel::Error
    } else {
        rfd::MessageLevel::Info
    };
    let _ = rfd::MessageDialog::new()
        .set_title("Shardpress")
        .set_level(level)
        .set_description(text)
        .show();
}

/// Standard output and standard error have said it.
#[cfg(not(windows))]
fn in_a_box(_text: &str, _is_error: bool) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_folders() {
        let folders = |words: &[&str]| Arguments::try_parse_from([&["shardpress-gui"], words].concat()).map(|found| found.folders);
        assert!(folders(&[]).expect("no folder").is_empty());
        assert_eq!(
            folders(&["a", "b c"]).expect("two folders"),
            [PathBuf::from("a"), PathBuf::from("b c")]
        );
        assert_eq!(folders(&["--", "--b"]).expect("behind dashes"), [PathBuf::from("--b")]);
        assert!(folders(&["--max-side", "2048"]).is_err(), "options are the command's");
    }
}
