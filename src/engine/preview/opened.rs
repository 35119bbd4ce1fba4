//! An image that somebody looks at.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use super::picture::Picture;
use super::sidecars::{self, SidecarFacts};
use super::{problem_of, read};
use crate::engine::disk::Disk;
use crate::engine::metrics::{Problem, Why};
use crate::engine::pixels::{InMemory, Size, decode_ours, probe, profile_name};
use crate::engine::plan::{Action, ShardPlan, decide};
use crate::engine::resize::{Backend, geometry};
use crate::engine::scan::Inventory;
use crate::engine::settings::{Format, Limits, Settings};
use crate::engine::shrink::{Again, Shrunk};

/// An image in memory: its file, and its pixels once somebody has asked for them.
pub struct Opened {
    disk: Arc<dyn Disk>,
    inventory: Arc<Inventory>,
    image: usize,
    planned: Action,
    again: Again,
    facts: Facts,
}

/// What the file tells of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The file.
    pub path: PathBuf,
    /// By content.
    pub format: Format,
    /// As seen.
    pub size: Size,
    /// Bytes of the file.
    pub bytes: u64,
    /// Bits of a stored sample.
    pub bits: u8,
    /// Samples may be transparent.
    pub transparent: bool,
    /// What its colour profile calls itself; `None` without one, which means sRGB.
    pub profile: Option<String>,
}

/// The original as it is seen.
#[derive(Debug)]
pub struct Before {
    /// Reduced where the image is a large one.
    pub picture: Picture,
    /// Of the whole image.
    pub size: Size,
    /// The matte shows in at least one pixel.
    pub flattened: bool,
}

/// What a run would do to the image.
#[derive(Debug)]
pub enum After {
    /// It would be replaced, or would be but for the replacement's bytes.
    Made(Made),
    /// It would stay as it is.
    Stays(Why),
    /// Work is wanted, but its content or a limit forbids it.
    Refused(Problem),
}

/// The replacement that a run would write.
#[derive(Debug)]
pub struct Made {
    /// As it decodes, in sRGB.
    pub picture: Picture,
    /// The size of the whole original in it, before what hung over was cut or the rest padded.
    pub scaled: Size,
    /// Bytes of its file.
    pub bytes: u64,
    /// Quality of its encoding, libjpeg's scale.
    pub quality: u8,
    /// Name of its file.
    pub output: OsString,
    /// What its colour profile calls itself; `None` without one, which means sRGB.
    pub profile: Option<String>,
    /// A run would not write it: it is not smaller, or not by as much as was asked for.
    pub not_worth_it: bool,
    /// Some pixels of the original let the matte through.
    pub flattened: bool,
    /// What a person should know about the original although it worked.
    pub notes: Vec<String>,
    shrunk: Shrunk,
}

impl Made {
    /// The bytes of its file.
    pub fn file(&self) -> &[u8] {
        &self.shrunk.bytes
    }
}

impl Opened {
    pub(super) fn new(
        (disk, backend): (&Arc<dyn Disk>, &Arc<dyn Backend>),
        shard: &ShardPlan,
        image: usize,
        limits: &Limits,
    ) -> Result<Self, Problem> {
        let inventory = Arc::clone(&shard.inventory);
        let bytes = read(disk.as_ref(), &inventory, image, limits)?;
        let length = bytes.len() as u64;
        let again = Again::new(bytes, Arc::clone(backend)).map_err(|error| problem_of(&inventory, image, &error))?;
        let header = again.header();
        let facts = Facts {
            path: inventory.path.join(&inventory.images[image].name),
            format: header.format,
            size: header.orientation.seen(header.size),
            bytes: length,
            bits: header.bits,
            transparent: header.transparent,
            profile: profile_name(again.bytes(), header),
        };
        Ok(Self {
            disk: Arc::clone(disk),
            planned: shard.actions.get(image).cloned().unwrap_or(Action::LeaveAlone(Why::NotChosen)),
            inventory,
            image,
            again,
            facts,
        })
    }

    /// Whether it is this image of a plan, unchanged; then that plan's decision is the one that counts from now on.
    pub fn take_plan(&mut self, shard: &ShardPlan, image: usize) -> bool {
        let (old, new) = (&self.inventory.images[self.image], shard.inventory.images.get(image));
        let same_folder = self.inventory.path == shard.inventory.path;
        if !new.is_some_and(|new| same_folder && new.name == old.name && new.identity.unchanged(&old.identity)) {
            return false;
        }
        self.planned = shard.actions.get(image).cloned().unwrap_or(Action::LeaveAlone(Why::NotChosen));
        (self.inventory, self.image) = (Arc::clone(&shard.inventory), image);
        true
    }

    /// What the file tells of itself.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    fn problem(&self, error: &crate::engine::shrink::ShrinkError) -> Problem {
        problem_of(&self.inventory, self.image, error)
    }

    /// The original as it is seen, at most `most_pixels` of it; [`part`](Self::part) has it at its own size.
    ///
    /// # Errors
    /// It cannot be decoded, or not within the limits.
    pub fn before(&mut self, settings: &Settings, most_pixels: u64) -> Result<Before, Problem> {
        let seen = self.again.seen(settings, most_pixels).map_err(|error| self.problem(&error))?;
        Ok(Before {
            picture: Picture::of(&seen.pixels),
            size: seen.size,
            flattened: seen.flattened,
        })
    }

    /// A part of the original at its own size, from `at` (across, down) on, as seen; what lies beyond is left out. To be
    /// asked for after [`before`](Self::before); `None` where nothing remains, or where the image is too large to be held.
    pub fn part(&self, at: (u32, u32), size: Size) -> Option<Picture> {
        self.again.part(at, size).map(|pixels| Picture::of(&pixels))
    }

    /// What a run with these settings would do. `None` where `cancelled` said so between two steps.
    ///
    /// What the plan decided by names and choices holds for all settings; what it decided by the picture is decided anew.
    ///
    /// # Errors
    /// What would keep a run from replacing it.
    pub fn after(&mut self, settings: &Settings, cancelled: &dyn Fn() -> bool) -> Result<Option<After>, Problem> {
        let found = &self.inventory.images[self.image];
        if let Action::LeaveAlone(why @ (Why::NotChosen | Why::NameTaken)) = self.planned {
            return Ok(Some(After::Stays(why)));
        }
        let output = match decide(found, &self.inventory.path, settings) {
            Action::Shrink { output, .. } => self.planned.output().cloned().unwrap_or(output),
            Action::LeaveAlone(why) => return Ok(Some(After::Stays(why))),
            Action::Refuse(problem) => return Ok(Some(After::Refused(*problem))),
        };
        let not_worth_it = |bytes: u64| !settings.choose.is_worth_it(found.bytes(), bytes);
        let made = self.again.shrink(settings, cancelled);
        let Some(shrunk) = made.map_err(|error| problem_of(&self.inventory, self.image, &error))? else {
            return Ok(None);
        };
        if cancelled() {
            return Ok(None);
        }
        let Ok(decoded) = decode_ours(&shrunk.bytes, false) else {
            return Ok(None);
        };
        let bytes = shrunk.bytes.len() as u64;
        Ok(Some(After::Made(Made {
            picture: Picture::of(&decoded.pixels),
            scaled: geometry(shrunk.before, &settings.picture).scaled,
            bytes,
            quality: shrunk.quality.as_ref().map_or(settings.picture.quality, |quality| quality.quality),
            output,
            profile: probe(&mut InMemory(&shrunk.bytes))
                .ok()
                .and_then(|header| profile_name(&shrunk.bytes, &header)),
            not_worth_it: not_worth_it(bytes),
            flattened: shrunk.flattened,
            notes: shrunk.notes.clone(),
            shrunk,
        })))
    }

    /// How good the replacement looks that was made last: SSIMULACRA2 against the very pixels that were encoded, as reports
    /// have it. `None` where it cannot be told.
    pub fn score(&mut self, made: &Made) -> Option<f64> {
        self.again.score(&made.shrunk).ok().flatten()
    }

    /// What the encoding of the replacement that was made last changed, `times` as strong as it is.
    pub fn difference(&self, made: &Made, times: u8) -> Option<Picture> {
        let from = self.again.encoded_from()?;
        // In the space of the samples that were encoded: as the score has it.
        let decoded = decode_ours(&made.shrunk.bytes, true).ok()?;
        Picture::difference(from, &decoded.pixels, times)
    }

    /// The files beside the image, and what becomes of them with its replacement. Reads those that would be edited.
    pub fn sidecars(&self, settings: &Settings, made: Option<&Made>) -> Vec<SidecarFacts> {
        let change = made
            .filter(|made| !made.not_worth_it)
            .map(|made| (made.output.as_os_str(), &made.shrunk));
        sidecars::of(
            self.disk.as_ref(),
            &self.inventory,
            (self.image, self.again.header()),
            settings,
            change,
        )
    }
}
