//! The command line: arguments in, exit code out. A sink of the engine's events; it decides nothing about images.

mod adapters;
#[cfg(feature = "gui")]
mod alone;
mod args;
mod args_kept;
mod ask;
mod bench;
#[cfg(test)]
mod catalogue_tests;
#[cfg(test)]
mod docs_tests;
mod doctor;
mod events;
mod exit;
mod layers;
mod licences;
mod live;
mod manual;
mod measure;
#[cfg(test)]
mod reference_tests;
mod report;
mod shrink;
mod signals;
mod status;
mod typed;
mod undo;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Parser as _;
use clap::error::ErrorKind;

#[cfg(feature = "gui")]
pub use self::alone::window_alone;
use self::args::{Arguments, Command};
use self::exit::Exit;
use crate::engine::{Problem, SampleError, SampleSummary, write_sample};
use crate::report::format;

/// Parses the arguments, does what they say, and returns one of the documented exit codes.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Where the message cannot be printed there is nobody to tell.
            let _ = error.print();
            if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
                return Exit::Done.into();
            }
            complain("Nothing was touched.");
            return Exit::Usage.into();
        }
    };
    log_to_stderr();
    match arguments.command {
        None => window(&[]),
        Some(Command::Window { folders }) => window(&folders),
        Some(Command::Plan(options)) => shrink::plan(&options),
        Some(Command::Run(options)) => shrink::run(&options),
        Some(Command::Bench(options)) => bench::bench(&options),
        Some(Command::Recover(options)) => shrink::recover(&options),
        Some(Command::Undo(options)) => undo::undo(&options),
        Some(Command::Purge(options)) => undo::purge(&options),
        Some(Command::Status(options)) => status::status(&options),
        Some(Command::Sample { dir }) => sample(&dir),
        Some(Command::Presets { name }) => layers::presets(name.as_deref()),
        Some(Command::Completions { shell }) => manual::completions(shell),
        Some(Command::Man { dir }) => manual::pages(&dir),
        Some(Command::Doctor { paths }) => doctor::doctor(&paths),
        Some(Command::Licences) => licences::licences(),
        Some(Command::Adapters(options)) => adapters::adapters(&options),
        Some(Command::Report(command)) => report::report(&command),
    }
    .into()
}

/// `SHARDPRESS_LOG=debug` shows what the program does inside; silent otherwise.
fn log_to_stderr() {
    if let Ok(filter) = tracing_subscriber::EnvFilter::try_from_env("SHARDPRESS_LOG") {
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
    }
}

#[cfg(feature = "gui")]
fn window(folders: &[PathBuf]) -> Exit {
    match crate::gui::open(folders) {
        Ok(()) => Exit::Done,
        Err(error) => {
            complain(&format::one_line(&error.to_string()));
            Exit::Environment
        }
    }
}

#[cfg(not(feature = "gui"))]
fn window(_: &[PathBuf]) -> Exit {
    complain("This program was built without its window. `shardpress --help` shows what the command line does.");
    Exit::Environment
}

fn sample(dir: &Path) -> Exit {
    match write_sample(dir) {
        Ok(SampleSummary {
            shards,
            images,
            sidecars,
            bytes,
        }) => {
            let size = format::bytes(bytes);
            say(&format!(
                "{}: {} with {} and {}, {size}.",
                format::shown(dir),
                format::things(shards as u64, "shard", "shards"),
                format::things(images as u64, "image", "images"),
                format::things(sidecars as u64, "sidecar", "sidecars")
            ));
            say(&format!(
                "Look what would be done with `shardpress plan {0}`, do it with `shardpress run {0}`.",
                format::shown(dir)
            ));
            Exit::Done
        }
        Err(error) => {
            complain(&format::one_line(&format!("{error}.")));
            match error {
                SampleError::NotEmpty { .. } | SampleError::NotAFolder { .. } => Exit::Usage,
                SampleError::Io { .. } | SampleError::Encode { .. } => Exit::Environment,
            }
        }
    }
}

/// Standard output belongs to the events; words go to standard error.
static EVENTS_ON_STDOUT: AtomicBool = AtomicBool::new(false);

/// Prints to standard output. A reader that went away (`| head`) is no failure of ours. Whatever a name holds, nothing
/// steers the terminal; names come as [`format::shown`], which also keeps them on their line.
fn say(text: &str) {
    if EVENTS_ON_STDOUT.load(Ordering::Relaxed) {
        return complain(text.trim_end_matches('\n'));
    }
    let _ = writeln!(io::stdout().lock(), "{}", format::printable(text.trim_end_matches('\n')));
}

/// Prints to standard error, with the same care.
fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", format::printable(text));
}

/// A problem as one line: where, what happened, what to do.
fn told(problem: &Problem) -> String {
    let text = format!("{}: {} {}", problem.path.display(), problem.message, problem.advice);
    format::one_line(text.trim_end())
}
