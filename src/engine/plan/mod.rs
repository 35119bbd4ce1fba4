//! What will be done to each image and why: a pure function of inventories and settings. It touches no disk, so it can
//! be made anew at every change of a setting. What needs pixels is laid beside it by the room `forecast`.

mod choose;
mod collisions;
#[cfg(test)]
mod collisions_tests;
mod links;
mod names;
mod sidecars;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::Arc;

use crate::engine::metrics::{Collision, Drive, Notice, Problem, Resolution, SidecarRecord, Why};
use crate::engine::pixels::{DecodeError, Header, Size};
use crate::engine::resize::{exceeds, geometry};
use crate::engine::scan::{Content, FoundImage, Inventory};
use crate::engine::settings::{Collisions, Format, Settings};
use crate::engine::shrink;

pub use links::Unfreed;
pub(crate) use sidecars::{Facts as SidecarFacts, look as look_at_sidecars, read as read_sidecars, recall as recall_sidecars};

/// What will be done, shard by shard.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The settings it was made with.
    pub settings: Settings,
    /// In the order they will be worked on.
    pub shards: Vec<ShardPlan>,
    /// Folders that could not be looked into. They are left as they are; the others go on.
    pub unreadable: Vec<Problem>,
    /// What a person should know of the plan as a whole.
    pub notices: Vec<Notice>,
}

/// What will be done in one shard.
#[derive(Debug, Clone)]
pub struct ShardPlan {
    /// What was found.
    pub inventory: Arc<Inventory>,
    /// One for each image of the inventory, same order.
    pub actions: Vec<Action>,
    /// Names that more than one file wants, and what becomes of them.
    pub collisions: Vec<Collision>,
    /// An earlier run was interrupted here (its name): recovery comes first and may change this plan.
    pub interrupted: Option<String>,
    /// What is to be known of the files beside the images; empty until somebody has looked.
    pub sidecars: SidecarRecord,
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

impl Action {
    /// Name of the replacement, where there will be one.
    pub fn output(&self) -> Option<&OsString> {
        match self {
            Action::Shrink { output, .. } => Some(output),
            Action::LeaveAlone(_) | Action::Refuse(_) => None,
        }
    }
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
    /// Plans every shard. Inventories without images are no shards and drop out. With a limit only the first so many images
    /// that have work keep it, shard by shard.
    pub(crate) fn new(
        settings: Settings,
        inventories: impl IntoIterator<Item = (Arc<Inventory>, Option<String>)>,
        unreadable: Vec<Problem>,
    ) -> Self {
        let mut shards: Vec<ShardPlan> = inventories
            .into_iter()
            .filter(|(inventory, interrupted)| !inventory.images.is_empty() || interrupted.is_some())
            .map(|(inventory, interrupted)| ShardPlan::new(&settings, inventory, interrupted))
            .collect();
        if let Some(limit) = settings.choose.limit {
            let mut left = usize::try_from(limit).unwrap_or(usize::MAX);
            for shard in &mut shards {
                left -= shard.keep_first(left);
            }
        }
        Self {
            settings,
            shards,
            unreadable,
            notices: Vec::new(),
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

    /// Source pixels of the images that have work.
    pub(crate) fn work_pixels(&self) -> u64 {
        let images = self
            .shards
            .iter()
            .flat_map(|shard| shard.inventory.images.iter().zip(&shard.actions));
        let pixels = images.map(|(image, action)| match (&image.content, action) {
            (Content::Image(header), Action::Shrink { .. }) => header.size.pixels(),
            _ => 0,
        });
        pixels.sum()
    }

    /// The drive that holds most of the bytes with work: a run goes by it.
    pub(crate) fn busiest_drive(&self) -> Drive {
        let mut drives: Vec<(&Drive, u64)> = Vec::new();
        for shard in &self.shards {
            let drive = &shard.inventory.drive;
            let bytes = 1 + shard.totals().work_bytes;
            match drives.iter_mut().find(|(known, _)| *known == drive) {
                Some((_, sum)) => *sum += bytes,
                None => drives.push((drive, bytes)),
            }
        }
        let busiest = drives.into_iter().max_by_key(|(_, bytes)| *bytes);
        busiest.map_or_else(Drive::unknown, |(drive, _)| drive.clone())
    }

    /// Every collision that keeps the run from beginning, with its shard. Shards that await recovery are not counted: what
    /// lies there may be half a batch.
    pub fn blocking(&self) -> impl Iterator<Item = (&Path, &Collision)> {
        self.shards
            .iter()
            .filter(|s| s.interrupted.is_none())
            .flat_map(|s| s.blocking().map(|c| (s.inventory.path.as_path(), c)))
    }
}

impl ShardPlan {
    /// Plans one shard.
    pub(crate) fn new(settings: &Settings, inventory: Arc<Inventory>, interrupted: Option<String>) -> Self {
        let choice = choose::Choice::new(&settings.choose);
        let name = inventory.path.file_name().unwrap_or_default();
        let action = |image: &FoundImage| match &choice {
            Some(choice) if choice.takes(name, image) => decide(image, &inventory.path, settings),
            _ => Action::LeaveAlone(Why::NotChosen),
        };
        let mut actions: Vec<Action> = inventory.images.iter().map(action).collect();
        let collisions = collisions::resolve(settings.safety.collisions, &inventory, &mut actions);
        Self {
            inventory,
            actions,
            collisions,
            interrupted,
            sidecars: SidecarRecord::default(),
        }
    }

    /// Plans the shard anew, since it is not as it was planned. A limit was shared out among the shards before, so it has
    /// at most as much work as it had.
    pub(crate) fn again(&self, settings: &Settings, inventory: Arc<Inventory>) -> Self {
        let mut fresh = Self::new(settings, inventory, None);
        if settings.choose.limit.is_some() {
            fresh.keep_first(self.work().count());
        }
        fresh
    }

    /// Takes the work from all images but the first `most` that have any; how many have it now. Names were given before,
    /// so they don't depend on the limit; but images without work block nobody.
    fn keep_first(&mut self, most: usize) -> usize {
        let work: Vec<usize> = self.work().collect();
        let kept = work.len().min(most);
        if kept == work.len() {
            return kept;
        }
        for i in &work[kept..] {
            self.actions[*i] = Action::LeaveAlone(Why::NotChosen);
        }
        if self.blocking().next().is_some() {
            self.collisions = collisions::resolve(Collisions::Block, &self.inventory, &mut self.actions);
        }
        let outputs: HashSet<&OsString> = self.actions.iter().filter_map(Action::output).collect();
        for collision in &mut self.collisions {
            if let Resolution::Numbered(names) = &mut collision.resolution {
                for name in names.iter_mut() {
                    *name = name.take().filter(|name| outputs.contains(name));
                }
            }
        }
        kept
    }

    /// Collisions that keep the run from beginning.
    pub(crate) fn blocking(&self) -> impl Iterator<Item = &Collision> {
        self.collisions.iter().filter(|c| c.resolution == Resolution::Blocks)
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

    /// Width and height of an image as it is seen, and those of its replacement where there will be one.
    pub fn sizes(&self, image: usize, settings: &Settings) -> (Option<Size>, Option<Size>) {
        let Some(Content::Image(header)) = self.inventory.images.get(image).map(|found| &found.content) else {
            return (None, None);
        };
        let (before, after) = sizes(header, settings);
        let shrinks = matches!(self.actions.get(image), Some(Action::Shrink { .. }));
        (Some(before), shrinks.then_some(after))
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
pub(crate) fn decide(image: &FoundImage, folder: &Path, settings: &Settings) -> Action {
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
    let seen = header.orientation.seen(header.size);
    let above = exceeds(seen, &settings.picture);
    let geometry = geometry(seen, &settings.picture);
    let why = if !wanted && above && !header.animated && claims_a_worked_format(&image.name) {
        let format = if header.format == Format::Gif { "GIF" } else { "TIFF" };
        return Action::Refuse(Box::new(disguised(image, folder, format)));
    } else if !wanted {
        return Action::LeaveAlone(Why::NotRequested);
    } else if header.animated {
        return Action::LeaveAlone(Why::Animated);
    } else if above {
        Why::AboveTarget
    } else if geometry.scaled.pixels() > seen.pixels() {
        Why::BelowTargetUpscaled
    } else if geometry.finished != seen {
        Why::OtherShape
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
    (seen, geometry(seen, &settings.picture).finished)
}
