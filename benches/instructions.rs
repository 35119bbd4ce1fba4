//! A fixed amount of work whose instructions can be counted: no threads, no clock in the result, no drive.
//!
//! `instructions draw FOLDER` writes the sample library; `instructions count SHARD` shrinks the first twelve of its images by one
//! worker on one thread. tests/callgrind/run.sh counts the second.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use shardpress::benching::shrink_all;
use shardpress::engine::write_sample;

/// Images that are shrunk: every coding but the odd ones is among the first twelve.
const IMAGES: usize = 12;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["draw", folder] => write_sample(Path::new(folder)).map(|_| ()).map_err(|error| error.to_string()),
        ["count", shard] => count(Path::new(shard)),
        // `cargo bench` starts it without words, and nothing of it is timed.
        [] => Ok(()),
        _ => Err("say: draw FOLDER, or: count SHARD".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn count(shard: &Path) -> Result<(), String> {
    let entries = fs::read_dir(shard).map_err(|error| format!("{}: {error}", shard.display()))?;
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending != "json" && ending != "txt"));
    paths.sort();
    paths.truncate(IMAGES);
    if paths.len() < IMAGES {
        return Err(format!("{} has too few images", shard.display()));
    }
    let read = paths.iter().map(fs::read).collect::<Result<Vec<_>, _>>();
    let files = read.map_err(|error| format!("{}: {error}", shard.display()))?;
    println!("{} bytes of replacements", shrink_all(&files)?);
    Ok(())
}
