//! The front of the room: opens images, draws thumbnails, and finds the images on which a replacement is most likely to
//! disappoint.

use std::sync::Arc;

use super::opened::Opened;
use super::picture::{Picture, Thumbnail};
use super::{ImageAt, problem_of, read};
use crate::engine::disk::Disk;
use crate::engine::metrics::{JudgedImage, Problem};
use crate::engine::plan::{Action, Plan, ShardPlan};
use crate::engine::resize::Backend;
use crate::engine::scan::Content;
use crate::engine::settings::{Format, Limits, Settings};
use crate::engine::shrink::Again;

/// Thumbnails that are drawn to tell dark images and pages from others.
const LOOKED_AT: usize = 96;

/// A picture that takes more to decode whole is read in strips for its thumbnail, bytes.
const THUMBNAIL_WHOLE: u64 = 96 << 20;

/// Images of each kind that are named.
const NAMED: usize = 24;

/// Below this an image is no page.
const TEXT_LIKE: f64 = 0.3;

/// Above this an image is not dark.
const DARK: f64 = 0.25;

/// Shows images of a plan. Cheap to clone; reads, and never writes.
#[derive(Clone)]
pub struct Preview {
    disk: Arc<dyn Disk>,
    backend: Arc<dyn Backend>,
}

/// Images on which a replacement is most likely to disappoint, the worst of each kind first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HardCases {
    /// By their scores, of those that were judged.
    pub loss: Vec<(ImageAt, f64)>,
    /// Samples may be transparent: the matte will show.
    pub transparent: Vec<ImageAt>,
    /// Writing and drawings, of the images that were looked at.
    pub text_like: Vec<ImageAt>,
    /// The darkest of the images that were looked at.
    pub darkest: Vec<ImageAt>,
    /// Images that were looked at.
    pub looked_at: usize,
    /// Images that were to be looked at.
    pub to_look_at: usize,
}

impl Preview {
    pub(crate) fn new(disk: Arc<dyn Disk>, backend: Arc<dyn Backend>) -> Self {
        Self { disk, backend }
    }

    /// Reads an image of a plan.
    ///
    /// # Errors
    /// It cannot be read, is not the file that was planned, or is no picture.
    pub fn open(&self, shard: &ShardPlan, image: usize, limits: &Limits) -> Result<Opened, Problem> {
        Opened::new((&self.disk, &self.backend), shard, image, limits)
    }

    /// A small picture of an image, its longest side at most `side`.
    ///
    /// # Errors
    /// As [`open`](Self::open), or it cannot be decoded within the limits.
    pub fn thumbnail(&self, shard: &ShardPlan, image: usize, settings: &Settings, side: u32) -> Result<Thumbnail, Problem> {
        let inventory = &shard.inventory;
        let bytes = read(self.disk.as_ref(), inventory, image, &settings.limits)?;
        let problem = |error| problem_of(inventory, image, &error);
        let again = Again::new(bytes, Arc::clone(&self.backend)).map_err(problem)?;
        // Several are drawn at once.
        let mut again = again.whole_up_to(THUMBNAIL_WHOLE);
        let size = again.header().size;
        let scale = (f64::from(side.max(1)) / f64::from(size.longest())).min(1.0);
        let most_pixels = ((size.pixels() as f64 * scale * scale).ceil() as u64).max(1);
        let seen = again.seen(settings, most_pixels).map_err(problem)?;
        Ok(Thumbnail::new(Picture::of(&seen.pixels), seen.size, seen.flattened))
    }

    /// Finds hard cases among the images that have work. `judged`: what is known of scores. Looks at a bounded sample, the same
    /// every time; `cancelled` is asked between images, `news` gets what is known so far.
    pub fn hard_cases(
        &self,
        plan: &Plan,
        judged: &[JudgedImage],
        cancelled: &dyn Fn() -> bool,
        news: &mut dyn FnMut(&HardCases),
    ) -> HardCases {
        let work: Vec<ImageAt> = with_work(plan).collect();
        let mut cases = HardCases {
            loss: worst(plan, judged),
            ..HardCases::default()
        };
        let header = |at: &ImageAt| match &plan.shards[at.shard].inventory.images[at.image].content {
            Content::Image(header) => Some(header),
            Content::Refused(_) | Content::Foreign(_) => None,
        };
        // GIF says so of nearly every file.
        let transparent = |at: &&ImageAt| header(at).is_some_and(|header| header.transparent && header.format != Format::Gif);
        cases.transparent = work.iter().filter(transparent).take(NAMED).copied().collect();
        let sample: Vec<ImageAt> = evenly(work.len(), LOOKED_AT).map(|index| work[index]).collect();
        cases.to_look_at = sample.len();
        news(&cases);
        let (mut pages, mut dark) = (Vec::new(), Vec::new());
        for at in sample {
            if cancelled() {
                break;
            }
            cases.looked_at += 1;
            let Ok(thumbnail) = self.thumbnail(&plan.shards[at.shard], at.image, &plan.settings, 256) else {
                continue;
            };
            if thumbnail.text_like >= TEXT_LIKE {
                pages.push((at, -thumbnail.text_like));
            }
            if thumbnail.luma <= DARK {
                dark.push((at, thumbnail.luma));
            }
            cases.text_like = least(&pages);
            cases.darkest = least(&dark);
            news(&cases);
        }
        cases
    }
}

/// Every image that would be replaced, in the order of the plan.
fn with_work(plan: &Plan) -> impl Iterator<Item = ImageAt> {
    plan.shards.iter().enumerate().flat_map(|(shard, of)| {
        let work = of.actions.iter().enumerate();
        work.filter(|(_, action)| matches!(action, Action::Shrink { .. }))
            .map(move |(image, _)| ImageAt { shard, image })
    })
}

/// `most` places among `of`, as evenly as can be.
fn evenly(of: usize, most: usize) -> impl Iterator<Item = usize> {
    let count = of.min(most);
    (0..count).map(move |i| i * of / count)
}

fn least(of: &[(ImageAt, f64)]) -> Vec<ImageAt> {
    let mut sorted = of.to_vec();
    sorted.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    sorted.into_iter().take(NAMED).map(|(at, _)| at).collect()
}

/// The judged images of the plan, lowest score first.
fn worst(plan: &Plan, judged: &[JudgedImage]) -> Vec<(ImageAt, f64)> {
    let mut all: Vec<(ImageAt, f64)> = judged
        .iter()
        .filter_map(|judged| {
            let shard = plan.shards.iter().position(|shard| shard.inventory.path == judged.shard)?;
            let image = plan.shards[shard]
                .inventory
                .images
                .iter()
                .position(|image| image.name == judged.name)?;
            Some((ImageAt { shard, image }, judged.quality.score))
        })
        .collect();
    all.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    all.dedup_by_key(|(at, _)| *at);
    all.truncate(NAMED);
    all
}
