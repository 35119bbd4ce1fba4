//! The worker that looks at one image after another, and what it is asked.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::film::{Cases, ThumbKey};
use super::sheet::{Region, Sheet};
use super::state::{Made, Shown, What};
use super::{Order, Tried};
use crate::engine::{After, Facts, Inventory, Opened, Picture, Plan, Preview, Problem, Settings, SidecarFacts};
use crate::gui::model::Model;
use crate::gui::office::{Courier, Office};
use crate::gui::plan::ImageAt;

/// What the preview's workers tell.
#[derive(Debug)]
pub(in crate::gui) enum News {
    /// Of the image that is looked at.
    Look { image: u64, number: u64, told: Told },
    /// The images with work of a plan, in an order.
    Ordered {
        of: (u64, Order),
        images: Arc<Vec<ImageAt>>,
        folders: Vec<Weak<Inventory>>,
    },
    /// `None`: it cannot be drawn.
    Thumbnail { key: ThumbKey, picture: Option<Sheet> },
    /// Hard cases so far.
    Hard { ticket: u64, cases: Cases, is_over: bool },
}

/// What is told of one image.
#[derive(Debug)]
pub(in crate::gui) enum Told {
    Facts(Facts),
    Before(Sheet),
    Part(Region, Sheet),
    After(What, Duration),
    Difference(Option<Sheet>),
    Score(Option<f64>),
    Sidecars(Vec<SidecarFacts>),
    Failed(Problem),
}

/// What was asked for last.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    pub(super) number: u64,
    pub(super) at: ImageAt,
    path: PathBuf,
    plan: u64,
    settings: u64,
    pub(super) tried: Tried,
}

/// Where the worker is asked.
#[derive(Debug)]
pub(super) struct Desk {
    jobs: Sender<Job>,
    /// The image that is looked at now: work for another one is given up.
    image: Arc<AtomicU64>,
    /// The newest request: nobody waits for the score of an older one.
    number: Arc<AtomicU64>,
}

enum Job {
    Look(Box<Look>),
    Part(u64, Region),
}

struct Look {
    image: u64,
    number: u64,
    at: ImageAt,
    plan: Arc<Plan>,
    settings: Settings,
    asked: Instant,
}

/// The original is held with at most so many pixels; closer looks fetch parts.
const MOST_PIXELS: u64 = 4 << 20;

/// The difference is made so many times as strong.
pub(super) const TIMES: u8 = 8;

/// Asks for what changed since the last frame.
pub(super) fn settle(model: &mut Model, office: &Office) {
    let Some(planned) = model.plan.current() else { return };
    let Some(settings) = model.settings.valid() else { return };
    let Some(at) = model.plan.selected() else {
        model.preview.shown = None;
        model.preview.asked = None;
        return;
    };
    let Some(found) = planned.plan.shards.get(at.shard).and_then(|shard| {
        let image = shard.inventory.images.get(at.image)?;
        Some((&shard.inventory.path, image))
    }) else {
        return;
    };
    let preview = &mut model.preview;
    let same = preview.asked.as_ref().is_some_and(|asked| {
        asked.at == at && asked.plan == planned.revision && asked.settings == model.settings.revision && asked.tried == preview.tried
    });
    if same {
        return;
    }
    let path = found.0.join(&found.1.name);
    if preview.judged_with != model.settings.revision {
        preview.judged.clear();
        preview.judged_with = model.settings.revision;
    }
    let is_new = preview.shown.as_ref().is_none_or(|shown| shown.path != path);
    if is_new {
        let image = preview.shown.as_ref().map_or(0, |shown| shown.image) + 1;
        // Trying is for one image.
        preview.tried = Tried::default();
        preview.shown = Some(Shown {
            image,
            at,
            path: path.clone(),
            facts: None,
            before: None,
            part: None,
            part_asked: None,
            after: None,
            problem: None,
            sidecars: Vec::new(),
        });
    }
    let Some(shown) = preview.shown.as_mut() else { return };
    shown.at = at;
    shown.problem = None;
    let number = preview.asked.as_ref().map_or(0, |asked| asked.number) + 1;
    let look = Look {
        image: shown.image,
        number,
        at,
        plan: Arc::clone(&planned.plan),
        settings: with(&settings, preview.tried),
        asked: Instant::now(),
    };
    preview.asked = Some(Asked {
        number,
        at,
        path,
        plan: planned.revision,
        settings: model.settings.revision,
        tried: preview.tried,
    });
    let desk = preview.desk.get_or_insert_with(|| open(office));
    desk.image.store(shown.image, Ordering::Relaxed);
    desk.number.store(number, Ordering::Relaxed);
    if desk.jobs.send(Job::Look(Box::new(look))).is_err() {
        // The worker is gone, which was told; the next request starts another.
        preview.desk = None;
    }
}

/// The settings, with what is tried on this image.
pub(super) fn with(settings: &Settings, tried: Tried) -> Settings {
    let mut settings = settings.clone();
    settings.picture.quality = tried.quality.unwrap_or(settings.picture.quality);
    settings.picture.target = tried.target.unwrap_or(settings.picture.target);
    settings
}

/// Asks for a part of the original at its own size.
pub(super) fn ask_for_part(model: &mut Model, region: Region) {
    let preview = &mut model.preview;
    let (Some(shown), Some(desk)) = (preview.shown.as_mut(), preview.desk.as_ref()) else {
        return;
    };
    if shown.part_asked != Some(region) {
        shown.part_asked = Some(region);
        let _ = desk.jobs.send(Job::Part(shown.image, region));
    }
}

fn open(office: &Office) -> Desk {
    let (jobs, inbox) = unbounded();
    let desk = Desk {
        jobs,
        image: Arc::default(),
        number: Arc::default(),
    };
    let (image, number) = (Arc::clone(&desk.image), Arc::clone(&desk.number));
    let preview = office.engine.preview();
    office.spawn("preview", move |courier| {
        let mut worker = Worker {
            preview,
            inbox: &inbox,
            courier,
            newest_image: &image,
            newest: &number,
            opened: None,
            next: BTreeMap::new(),
        };
        while worker.work() {}
    });
    desk
}

struct Worker<'a> {
    preview: Preview,
    inbox: &'a Receiver<Job>,
    courier: &'a Courier,
    newest_image: &'a AtomicU64,
    newest: &'a AtomicU64,
    opened: Option<Held>,
    /// The newest job of each kind that is not done yet.
    next: BTreeMap<u8, Job>,
}

/// The image in memory.
struct Held {
    image: u64,
    opened: Opened,
    /// Matte, whose colour the original was told with.
    told: Option<([u8; 3], bool)>,
}

impl Worker<'_> {
    /// Takes what came in; of each kind only the newest.
    fn collect(&mut self) {
        while let Ok(job) = self.inbox.try_recv() {
            self.keep(job);
        }
    }

    fn keep(&mut self, job: Job) {
        let kind = match job {
            Job::Look(_) => 0,
            Job::Part(..) => 1,
        };
        self.next.insert(kind, job);
    }

    /// Does the next job; false when the window is gone.
    fn work(&mut self) -> bool {
        if self.next.is_empty() {
            let Ok(job) = self.inbox.recv() else { return false };
            self.keep(job);
        }
        self.collect();
        match self.next.pop_first() {
            Some((_, Job::Look(look))) => self.look(*look),
            Some((_, Job::Part(image, region))) => self.part(image, region),
            None => {}
        }
        true
    }

    fn tell(&self, look: &Look, told: Told) {
        let (image, number) = (look.image, look.number);
        self.courier.tell(News::Look { image, number, told });
    }

    fn look(&mut self, look: Look) {
        let newest_image = self.newest_image;
        let other_image = || newest_image.load(Ordering::Relaxed) != look.image;
        let shard = &look.plan.shards[look.at.shard];
        let reusable = self
            .opened
            .as_mut()
            .is_some_and(|held| held.image == look.image && held.opened.take_plan(shard, look.at.image));
        if !reusable {
            self.opened = None;
            match self.preview.open(shard, look.at.image, &look.settings.limits) {
                Ok(opened) => {
                    self.tell(&look, Told::Facts(opened.facts().clone()));
                    self.opened = Some(Held {
                        image: look.image,
                        opened,
                        told: None,
                    });
                }
                Err(problem) => return self.tell(&look, Told::Failed(problem)),
            }
        }
        if other_image() {
            return;
        }
        let Some(mut held) = self.opened.take() else { return };
        self.compare(&look, &mut held, &other_image);
        self.opened = Some(held);
    }

    fn compare(&mut self, look: &Look, held: &mut Held, other_image: &dyn Fn() -> bool) {
        let matte = (look.settings.picture.matte, look.settings.picture.linear);
        if held.told != Some(matte) {
            match held.opened.before(&look.settings, MOST_PIXELS) {
                Ok(before) => self.tell(look, Told::Before(Sheet::new(before.picture, before.size))),
                Err(problem) => return self.tell(look, Told::Failed(problem)),
            }
            held.told = Some(matte);
        }
        if other_image() {
            return;
        }
        let made = match held.opened.after(&look.settings, other_image) {
            Ok(None) => return,
            Ok(Some(After::Made(made))) => made,
            Ok(Some(After::Stays(why))) => {
                self.tell(look, Told::After(What::Stays(why), look.asked.elapsed()));
                return self.tell(look, Told::Sidecars(held.opened.sidecars(&look.settings, None)));
            }
            Ok(Some(After::Refused(problem))) | Err(problem) => {
                return self.tell(look, Told::After(What::Problem(problem), look.asked.elapsed()));
            }
        };
        let what = Made {
            sheet: Arc::new(Sheet::new(made.picture.clone(), made.picture.size)),
            scaled: made.scaled,
            bytes: made.bytes,
            quality: made.quality,
            profile: made.profile.clone(),
            not_worth_it: made.not_worth_it,
            flattened: made.flattened,
            notes: made.notes.clone(),
        };
        self.tell(look, Told::After(What::Made(what), look.asked.elapsed()));
        // What nobody waits for while a slider moves.
        self.collect();
        let stale = || self.newest.load(Ordering::Relaxed) != look.number;
        if stale() || !self.next.is_empty() {
            // A part of the original is seen at once; the rest of this request comes after it.
            if let Some(Job::Part(image, region)) = self.next.remove(&1) {
                self.part_of(held, image, region);
            }
            if stale() {
                return;
            }
        }
        let difference = held.opened.difference(&made, TIMES).map(whole);
        self.tell(look, Told::Difference(difference));
        self.tell(look, Told::Sidecars(held.opened.sidecars(&look.settings, Some(&made))));
        if !stale() {
            let score = held.opened.score(&made);
            self.tell(look, Told::Score(score));
        }
    }

    fn part(&mut self, image: u64, region: Region) {
        if let Some(held) = self.opened.take() {
            self.part_of(&held, image, region);
            self.opened = Some(held);
        }
    }

    fn part_of(&self, held: &Held, image: u64, region: Region) {
        if held.image != image {
            return;
        }
        if let Some(picture) = held.opened.part((region.left, region.top), region.size) {
            let told = Told::Part(region, whole(picture));
            self.courier.tell(News::Look { image, number: 0, told });
        }
    }
}

fn whole(picture: Picture) -> Sheet {
    let size = picture.size;
    Sheet::new(picture, size)
}

/// The images with work, in an order. Runs on a worker: a plan may have a million.
pub(super) fn ordered(plan: &Plan, order: Order) -> Vec<ImageAt> {
    let mut images: Vec<(ImageAt, u64)> = Vec::new();
    for (shard, of) in plan.shards.iter().enumerate() {
        for (image, action) in of.actions.iter().enumerate() {
            if action.output().is_some() {
                images.push((ImageAt { shard, image }, of.inventory.images[image].bytes()));
            }
        }
    }
    match order {
        Order::LargestFirst => images.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes)),
        Order::SmallestFirst => images.sort_by_key(|(_, bytes)| *bytes),
        Order::Plan => {}
    }
    images.into_iter().map(|(at, _)| at).collect()
}
