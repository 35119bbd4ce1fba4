//! What is known of the image that is looked at.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::film::Film;
use super::sheet::{Region, Sheet};
use super::work::{Asked, Desk, Told};
use super::{Kept, Mode, Tried};
use crate::engine::{Facts, ImageQuality, JudgedImage, Problem, SidecarFacts, Size, Why};
use crate::gui::plan::ImageAt;

/// Facts of the preview.
#[derive(Debug, Default)]
pub(in crate::gui) struct State {
    pub(super) kept: Kept,
    /// The mode that the difference leads back to.
    pub(super) mode_before: Mode,
    /// In the flip mode.
    pub(super) after_side: bool,
    /// Who looks at images; started with the first one.
    pub(super) desk: Option<Desk>,
    /// What was asked for last.
    pub(super) asked: Option<Asked>,
    pub(super) shown: Option<Shown>,
    pub(super) tried: Tried,
    pub(super) film: Film,
    /// Scores of images that were looked at, with the plan's own settings.
    pub(super) judged: HashMap<(PathBuf, OsString), JudgedImage>,
    /// Settings that `judged` is of.
    pub(super) judged_with: u64,
}

/// The image that is looked at, and what is known of it so far.
#[derive(Debug)]
pub(super) struct Shown {
    /// Goes up with every other image.
    pub(super) image: u64,
    pub(super) at: ImageAt,
    pub(super) path: PathBuf,
    pub(super) facts: Option<Arc<Facts>>,
    pub(super) before: Option<Arc<Sheet>>,
    /// A part of the original at its own size.
    pub(super) part: Option<(Region, Arc<Sheet>)>,
    /// The part that was asked for last.
    pub(super) part_asked: Option<Region>,
    pub(super) after: Option<After>,
    /// It cannot be shown.
    pub(super) problem: Option<Problem>,
    pub(super) sidecars: Vec<SidecarFacts>,
}

/// What a run would do, as far as it is known.
#[derive(Debug)]
pub(super) struct After {
    /// Of the request it answers.
    pub(super) number: u64,
    /// From the request to the picture.
    pub(super) took: Duration,
    pub(super) what: What,
    /// SSIMULACRA2; inner `None`: it cannot be told.
    pub(super) score: Option<Option<f64>>,
    pub(super) difference: Option<Arc<Sheet>>,
}

/// What a run would do.
#[derive(Debug)]
pub(in crate::gui) enum What {
    Made(Made),
    Stays(Why),
    Problem(Problem),
}

/// The replacement.
#[derive(Debug)]
pub(in crate::gui) struct Made {
    pub(super) sheet: Arc<Sheet>,
    /// The size of the whole original in it.
    pub(super) scaled: Size,
    pub(super) bytes: u64,
    pub(super) quality: u8,
    pub(super) profile: Option<String>,
    pub(super) not_worth_it: bool,
    pub(super) flattened: bool,
    pub(super) notes: Vec<String>,
}

impl State {
    pub(in crate::gui) fn from_kept(kept: Kept) -> Self {
        Self {
            kept,
            after_side: true,
            ..Self::default()
        }
    }

    pub(in crate::gui) fn keep(&self) -> Kept {
        self.kept.clone()
    }

    /// The replacement that is shown.
    pub(super) fn made(&self) -> Option<&Made> {
        match &self.shown.as_ref()?.after.as_ref()?.what {
            What::Made(made) => Some(made),
            What::Stays(_) | What::Problem(_) => None,
        }
    }

    /// Something newer than what is shown is being made.
    pub(super) fn is_making(&self) -> bool {
        let newest = self.asked.as_ref().map_or(0, |asked| asked.number);
        self.shown
            .as_ref()
            .is_some_and(|shown| shown.problem.is_none() && shown.after.as_ref().is_none_or(|after| after.number < newest))
    }

    /// What the worker tells of one image; of any but the one looked at it is thrown away.
    pub(super) fn hear(&mut self, image: u64, number: u64, told: Told) {
        let Some(shown) = self.shown.as_mut().filter(|shown| shown.image == image) else {
            return;
        };
        match told {
            Told::Facts(facts) => shown.facts = Some(Arc::new(facts)),
            Told::Before(sheet) => {
                shown.before = Some(Arc::new(sheet));
                shown.part = None;
                shown.part_asked = None;
            }
            Told::Part(region, sheet) => shown.part = Some((region, Arc::new(sheet))),
            Told::After(what, took) => {
                // The picture of the difference before stays until the new one is there: a moment of nothing would flicker.
                let old = shown.after.take();
                shown.after = Some(After {
                    number,
                    took,
                    what,
                    score: None,
                    difference: old.and_then(|after| after.difference),
                });
            }
            Told::Difference(sheet) => {
                if let Some(after) = shown.after.as_mut().filter(|after| after.number == number) {
                    after.difference = sheet.map(Arc::new);
                }
            }
            Told::Sidecars(sidecars) => shown.sidecars = sidecars,
            Told::Score(score) => {
                let Some(after) = shown.after.as_mut().filter(|after| after.number == number) else {
                    return;
                };
                after.score = Some(score);
                let plain = self
                    .asked
                    .as_ref()
                    .is_some_and(|asked| asked.number == number && asked.tried == Tried::default());
                if let (Some(score), What::Made(made), true) = (score, &after.what, plain) {
                    let shard = shown.path.parent().unwrap_or(&shown.path).to_owned();
                    let name = shown.path.file_name().unwrap_or_default().to_owned();
                    let judged = JudgedImage {
                        shard: shard.clone(),
                        name: name.clone(),
                        quality: ImageQuality {
                            quality: made.quality,
                            score,
                            bytes_at_highest: None,
                        },
                        bytes_after: made.bytes,
                    };
                    self.judged.insert((shard, name), judged);
                }
            }
            Told::Failed(problem) => shown.problem = Some(problem),
        }
    }
}
