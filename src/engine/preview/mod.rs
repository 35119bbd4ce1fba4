//! One image before and after, for somebody who looks at it: the original as it is seen, the replacement that a run would
//! write, byte for byte, how good it looks, and what its sidecars will say.
//!
//! Reads files with the care of a run and never writes. What was read and decoded is kept while an image is looked at, so
//! that a changed setting costs an encoding (`shrink::Again`).

mod hard;
mod opened;
mod picture;
mod sidecars;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use hard::{HardCases, Preview};
pub use opened::{After, Before, Facts, Made, Opened};
pub use picture::{Picture, Thumbnail};
pub use sidecars::SidecarFacts;

use crate::engine::disk::{Disk, Trouble};
use crate::engine::metrics::Problem;
use crate::engine::scan::{Content, Inventory};
use crate::engine::settings::Limits;
use crate::engine::shrink::ShrinkError;

/// A place in a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageAt {
    /// Among the plan's shards.
    pub shard: usize,
    /// Among the images of its inventory.
    pub image: usize,
}

/// The bytes of an image's file, if it is still the one that was planned.
fn read(disk: &dyn Disk, inventory: &Inventory, image: usize, limits: &Limits) -> Result<Vec<u8>, Problem> {
    let found = inventory.images.get(image);
    let path = inventory.path.join(found.map_or_else(Default::default, |found| found.name.clone()));
    let problem = |code, message: &str, advice: &str| Problem {
        code,
        path: path.clone(),
        message: message.to_owned(),
        advice: advice.to_owned(),
    };
    let changed = || {
        problem(
            "changed-meanwhile",
            "The file was changed after the plan was made. It was left untouched.",
            "Plan again to see it as it is now.",
        )
    };
    let Some(found) = found else { return Err(changed()) };
    match &found.content {
        Content::Image(_) => {}
        Content::Refused(problem) => return Err(problem.as_ref().clone()),
        Content::Foreign(format) => {
            let message = format!("It is {format}, which is not worked on. It was left untouched.");
            return Err(problem(
                "other-format",
                &message,
                "Convert it with another program to have it shrunk.",
            ));
        }
    }
    if found.bytes() > limits.max_file_bytes {
        let message = format!(
            "It takes {} bytes, more than the {} that --max-file-bytes allows. It was left untouched.",
            found.bytes(),
            limits.max_file_bytes
        );
        return Err(problem("over-limit", &message, "Allow larger files in the settings to see it."));
    }
    let read = disk.open(&path).and_then(|file| {
        if !file.identity()?.unchanged(&found.identity) {
            return Ok(None);
        }
        file.read_all(found.bytes()).map(Some)
    });
    match read {
        Ok(Some(bytes)) if bytes.len() as u64 == found.bytes() => Ok(bytes),
        Ok(_) => Err(changed()),
        Err(error) => {
            let code = match error.kind() {
                Trouble::Vanished => "vanished",
                Trouble::Permission => "permission",
                _ => "io",
            };
            let message = format!("{error}. It was left untouched.");
            Err(problem(
                code,
                &message,
                "Check the drive and the file's permissions, then plan again.",
            ))
        }
    }
}

/// What kept an image from being shown or shrunk.
fn problem_of(inventory: &Arc<Inventory>, image: usize, error: &ShrinkError) -> Problem {
    let name = inventory.images.get(image).map(|found| found.name.clone()).unwrap_or_default();
    Problem {
        code: error.code(),
        path: inventory.path.join(name),
        message: format!("{error}. It was left untouched."),
        advice: error.advice(),
    }
}
