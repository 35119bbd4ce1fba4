//! What will be done to each image and why: a pure function of inventories and settings. It touches no disk, so it can
//! be made anew at every change of a setting. What needs pixels is an estimate laid beside it (`estimate`).

mod estimate;
mod names;
#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::Arc;

use crate::engine::metrics::{Problem, Why};
use crate::engine::pixels::{DecodeError, Header, Size};
use crate::engine::resize::fit;
use crate::engine::scan::{Content, FoundImage, Inventory};
use crate::engine::settings::{Format, Settings};
use crate::engine::shrink;

pub(crate) use estimate::{Means, estimate};
pub use names::Collision;

/// What will be done, shard by shard.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The settings it was made with.
    pub settings: Settings,
    /// In the order they will be worked on.
    pub shards: Vec<ShardPlan>,
    /// Folders that could not be looked into. They are left as they are; the others go on.
    pub unreadable: Vec<Problem>,
}

/// What will be done in one shard.
#[derive(Debug, Clone)]
pub struct ShardPlan {
    /// What was found.
    pub inventory: Arc<Inventory>,
    /// One for each image of the inventory, same order.
    pub actions: Vec<Action>,
    /// Names that more than one file wants; any of them blocks the run.
    pub collisions: Vec<Collision>,
    /// An earlier run was interrupted here (its name): recovery comes first and may change this plan.
    pub interrupted: Option<String>,
}

/// What will be done to one image.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Replaced by a JPEG.
    Shrink {
        /// Why.
        why: Why,
        /// Name of the replacement.
        output: OsString,
    },
    /// Untouched.
    LeaveAlone(Why),
    /// Untouched, since its content or a limit forbids the work.
    Refuse(Box<Problem>),
}

/// Numbers of a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Everything that claims to be an image.
    pub images: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Images that will be replaced.
    pub work_images: u64,
    /// Their bytes.
    pub work_bytes: u64,
    /// Images that stay by rule.
    pub left_alone: u64,
    /// Images that are refused.
    pub refused: u64,
}

impl Plan {
    /// Plans every shard. Inventories without images are no shards and drop out.
    pub(crate) fn new(
        settings: Settings,
        inventories: impl IntoIterator<Item = (Arc<Inventory>, Option<String>)>,
        unreadable: Vec<Problem>,
    ) -> Self {
        let shards = inventories
            .into_iter()
            .filter(|(inventory, interrupted)| !inventory.images.is_empty() || interrupted.is_some())
            .map(|(inventory, interrupted)| ShardPlan::new(&settings, inventory, interrupted))
            .collect();
        Self {
            settings,
            shards,
            unreadable,
        }
    }

    /// Sums over all shards.
    pub fn totals(&self) -> Totals {
        self.shards.iter().map(ShardPlan::totals).fold(Totals::default(), |a, b| Totals {
            images: a.images + b.images,
            bytes: a.bytes + b.bytes,
            work_images: a.work_images + b.work_images,
            work_bytes: a.work_bytes + b.work_bytes,
            left_alone: a.left_alone + b.left_alone,
            refused: a.refused + b.refused,
        })
    }

    /// Every collision with its shard. Shards that await recovery are not counted: what lies there may be half a batch.
    pub fn collisions(&self) -> impl Iterator<Item = (&Path, &Collision)> {
        self.shards
            .iter()
            .filter(|s| s.interrupted.is_none())
            .flat_map(|s| s.collisions.iter().map(|c| (s.inventory.path.as_path(), c)))
    }
}

impl ShardPlan {
    /// Plans one shard.
    pub(crate) fn new(settings: &Settings, inventory: Arc<Inventory>, interrupted: Option<String>) -> Self {
        let actions: Vec<Action> = inventory.images.iter().map(|i| decide(i, &inventory.path, settings)).collect();
        let collisions = names::collisions(&inventory, &actions);
        Self {
            inventory,
            actions,
            collisions,
            interrupted,
        }
    }

    /// Sums of this shard.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for (image, action) in self.inventory.images.iter().zip(&self.actions) {
            totals.images += 1;
            totals.bytes += image.bytes();
            match action {
                Action::Shrink { .. } => {
                    totals.work_images += 1;
                    totals.work_bytes += image.bytes();
                }
                Action::LeaveAlone(_) => totals.left_alone += 1,
                Action::Refuse(_) => totals.refused += 1,
            }
        }
        totals
    }

    /// Indices of the images that will be replaced.
    pub(crate) fn work(&self) -> impl Iterator<Item = usize> {
        self.actions
            .iter()
            .enumerate()
            .filter(|(_, a)| matches!(a, Action::Shrink { .. }))
            .map(|(i, _)| i)
    }
}

/// The rule for one image: by content and size, never by name.
fn decide(image: &FoundImage, folder: &Path, settings: &Settings) -> Action {
    let header = match &image.content {
        Content::Image(header) => header,
        Content::Refused(problem) => return Action::Refuse(problem.clone()),
        Content::Foreign(format) if claims_a_worked_format(&image.name) => {
            return Action::Refuse(Box::new(disguised(image, folder, format)));
        }
        Content::Foreign(_) => return Action::LeaveAlone(Why::NotRequested),
    };
    let wanted = match header.format {
        Format::Png | Format::Jpeg | Format::Webp | Format::Bmp => true,
        Format::Tiff | Format::Gif => settings.choose.also.contains(&header.format),
    };
    let above = header.size.longest() > settings.picture.target;
    let why = if !wanted && above && !header.animated && claims_a_worked_format(&image.name) {
        let format = if header.format == Format::Gif { "GIF" } else { "TIFF" };
        return Action::Refuse(Box::new(disguised(image, folder, format)));
    } else if !wanted {
        return Action::LeaveAlone(Why::NotRequested);
    } else if header.animated {
        return Action::LeaveAlone(Why::Animated);
    } else if above {
        Why::AboveTarget
    } else if header.size.longest() < settings.picture.target && settings.picture.upscale {
        Why::BelowTargetUpscaled
    } else if settings.choose.convert.contains(&header.format) {
        Why::Converted
    } else {
        return Action::LeaveAlone(Why::SmallEnough);
    };
    let output = names::output_name(&image.name);
    if names::is_too_long(&output) {
        return Action::Refuse(Box::new(too_long(image, folder)));
    }
    match shrink::cost(header, image.bytes(), settings) {
        Ok(_) => Action::Shrink { why, output },
        Err(error) => Action::Refuse(Box::new(over_limit(image, folder, &error))),
    }
}

/// Whether the name promises a format that is always worked on.
fn claims_a_worked_format(name: &OsStr) -> bool {
    let ending = Path::new(name).extension().and_then(OsStr::to_str);
    ending.is_some_and(|e| {
        ["png", "jpg", "jpeg", "webp", "bmp"]
            .iter()
            .any(|known| e.eq_ignore_ascii_case(known))
    })
}

/// Somebody expects a picture here that loads; leaving it alone without a word would hide that it does not.
fn disguised(image: &FoundImage, folder: &Path, format: &str) -> Problem {
    Problem {
        code: "other-format",
        path: folder.join(&image.name),
        message: format!("It is {format}, whatever its name says, and that is not worked on. It was left untouched."),
        advice: "Allow its format with --also tiff,gif where it is one of these, or convert it with another program.".into(),
    }
}

fn too_long(image: &FoundImage, folder: &Path) -> Problem {
    Problem {
        code: "name-too-long",
        path: folder.join(&image.name),
        message: "With .jpg behind it, its name would be longer than file systems allow. It was left untouched.".into(),
        advice: "Give it a shorter name.".into(),
    }
}

fn over_limit(image: &FoundImage, folder: &Path, error: &DecodeError) -> Problem {
    let advice = match error {
        DecodeError::OverLimit { setting, .. } => format!("To work on it all the same, raise {setting}."),
        _ => String::new(),
    };
    Problem {
        code: "over-limit",
        path: folder.join(&image.name),
        message: format!("{error}. It was left untouched."),
        advice,
    }
}

/// Size of the image as it is seen, and of its replacement.
pub(crate) fn sizes(header: &Header, settings: &Settings) -> (Size, Size) {
    let seen = header.orientation.seen(header.size);
    (seen, fit(seen, settings.picture.target, settings.picture.upscale))
}
