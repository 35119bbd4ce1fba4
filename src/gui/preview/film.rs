//! The strip of thumbnails: which images are in it and in which order, and their small pictures, of which only so many are
//! kept.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use crossbeam_channel::{Sender, unbounded};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::sheet::Sheet;
use super::work::{News, ordered};
use crate::engine::{HardCases, Inventory, JudgedImage, Plan};
use crate::gui::model::Model;
use crate::gui::office::Office;
use crate::gui::plan::{self, ImageAt};

/// How the strip is sorted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::gui) enum Order {
    #[default]
    LargestFirst,
    SmallestFirst,
    /// As the plan has them: shard by shard, by name.
    Plan,
}

impl Order {
    pub(super) const ALL: [(Order, &str); 3] = [
        (Order::LargestFirst, "Largest first"),
        (Order::SmallestFirst, "Smallest first"),
        (Order::Plan, "By name"),
    ];
}

/// A kind of hard cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::gui) enum Hard {
    Loss,
    Transparent,
    TextLike,
    Darkest,
}

impl Hard {
    pub(super) const ALL: [(Hard, &str); 4] = [
        (Hard::Loss, "Largest loss"),
        (Hard::Transparent, "Transparent"),
        (Hard::TextLike, "Like text"),
        (Hard::Darkest, "Darkest"),
    ];
}

/// Hard cases by kind, with how far the search is.
#[derive(Debug, Clone, Default)]
pub(in crate::gui) struct Cases {
    pub(super) loss: Arc<Vec<ImageAt>>,
    pub(super) transparent: Arc<Vec<ImageAt>>,
    pub(super) text_like: Arc<Vec<ImageAt>>,
    pub(super) darkest: Arc<Vec<ImageAt>>,
    pub(super) looked_at: usize,
    pub(super) to_look_at: usize,
}

impl Cases {
    pub(super) fn of(&self, kind: Hard) -> &Arc<Vec<ImageAt>> {
        match kind {
            Hard::Loss => &self.loss,
            Hard::Transparent => &self.transparent,
            Hard::TextLike => &self.text_like,
            Hard::Darkest => &self.darkest,
        }
    }
}

impl From<HardCases> for Cases {
    fn from(found: HardCases) -> Self {
        let places = |of: Vec<crate::engine::ImageAt>| {
            let place = |at: crate::engine::ImageAt| ImageAt {
                shard: at.shard,
                image: at.image,
            };
            Arc::new(of.into_iter().map(place).collect::<Vec<_>>())
        };
        Self {
            loss: places(found.loss.into_iter().map(|(at, _)| at).collect()),
            transparent: places(found.transparent),
            text_like: places(found.text_like),
            darkest: places(found.darkest),
            looked_at: found.looked_at,
            to_look_at: found.to_look_at,
        }
    }
}

/// Which small picture: an image of an inventory, whatever plan was made of it. The weak pointer keeps the address from being
/// given to another inventory.
#[derive(Debug, Clone)]
pub(in crate::gui) struct ThumbKey {
    inventory: Weak<Inventory>,
    image: usize,
}

impl ThumbKey {
    fn of(plan: &Plan, at: ImageAt) -> Option<Self> {
        Some(Self {
            inventory: Arc::downgrade(&plan.shards.get(at.shard)?.inventory),
            image: at.image,
        })
    }
}

impl PartialEq for ThumbKey {
    fn eq(&self, other: &Self) -> bool {
        self.image == other.image && Weak::ptr_eq(&self.inventory, &other.inventory)
    }
}

impl Eq for ThumbKey {}

impl std::hash::Hash for ThumbKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.inventory.as_ptr() as usize, self.image).hash(state);
    }
}

/// Facts of the strip.
#[derive(Debug, Default)]
pub(super) struct Film {
    /// All images with work.
    all: Arc<Vec<ImageAt>>,
    /// Plan and order that `all` is of.
    all_of: Option<(u64, Order)>,
    /// The inventories that places in `all` count in.
    folders: Vec<Weak<Inventory>>,
    /// Plan and order that are being made.
    asked: Option<(u64, Order)>,
    /// Hard cases in place of all.
    pub(super) hard: Option<Hard>,
    pub(super) cases: Option<Cases>,
    /// The search: its number, which goes up, and the plan it is for.
    search: Arc<AtomicU64>,
    search_of: Option<u64>,
    pub(super) searching: bool,
    /// Where the selected image stands in the strip.
    pub(super) place: Option<usize>,
    /// What `place` was found for.
    placed: Option<(ImageAt, usize)>,
    thumbs: HashMap<ThumbKey, Thumb>,
    bytes: usize,
    clock: u64,
    desk: Option<Sender<Wanted>>,
}

#[derive(Debug)]
enum Thumb {
    Asked,
    Drawn { sheet: Arc<Sheet>, wanted: u64 },
    Failed,
}

/// Images whose small pictures are wanted, the first the most.
struct Wanted {
    plan: Arc<Plan>,
    images: Vec<ImageAt>,
}

/// Longest side of a small picture, pixels.
const SIDE: u32 = 208;

/// Small pictures beyond this go, those not wanted for longest first. Bytes.
const MOST_BYTES: usize = 64 << 20;

impl Film {
    /// Images of the strip in their order.
    pub(super) fn images(&self) -> &Arc<Vec<ImageAt>> {
        match (self.hard, &self.cases) {
            (Some(kind), Some(cases)) => cases.of(kind),
            _ => &self.all,
        }
    }

    /// The order of the plan's images is still being made.
    pub(super) fn is_ordering(&self) -> bool {
        self.asked.is_some()
    }

    pub(super) fn ordered(&mut self, (plan, order): (u64, Order), images: Arc<Vec<ImageAt>>, folders: Vec<Weak<Inventory>>) {
        if self.asked == Some((plan, order)) {
            (self.asked, self.all_of, self.all, self.folders) = (None, Some((plan, order)), images, folders);
            self.placed = None;
        }
    }

    pub(super) fn drawn(&mut self, key: ThumbKey, picture: Option<Sheet>) {
        let thumb = match picture {
            Some(sheet) => {
                self.bytes += sheet.bytes();
                Thumb::Drawn {
                    sheet: Arc::new(sheet),
                    wanted: self.clock,
                }
            }
            None => Thumb::Failed,
        };
        if let Some(Thumb::Drawn { sheet, .. }) = self.thumbs.insert(key, thumb) {
            self.bytes -= sheet.bytes();
        }
        self.make_room();
    }

    fn make_room(&mut self) {
        if self.bytes <= MOST_BYTES {
            return;
        }
        let mut oldest: Vec<(u64, ThumbKey)> = self
            .thumbs
            .iter()
            .filter_map(|(key, thumb)| match thumb {
                Thumb::Drawn { wanted, .. } => Some((*wanted, key.clone())),
                Thumb::Asked | Thumb::Failed => None,
            })
            .collect();
        oldest.sort_unstable_by_key(|(wanted, _)| *wanted);
        // A quarter at once, so that this is not done for every picture.
        for (wanted, key) in oldest {
            if self.bytes <= MOST_BYTES * 3 / 4 || wanted == self.clock {
                break;
            }
            if let Some(Thumb::Drawn { sheet, .. }) = self.thumbs.remove(&key) {
                self.bytes -= sheet.bytes();
            }
        }
    }

    /// The small picture of an image; `Some(None)`: there will be none.
    pub(super) fn thumbnail(&self, plan: &Plan, at: ImageAt) -> Option<Option<&Arc<Sheet>>> {
        match self.thumbs.get(&ThumbKey::of(plan, at)?)? {
            Thumb::Asked => None,
            Thumb::Drawn { sheet, .. } => Some(Some(sheet)),
            Thumb::Failed => Some(None),
        }
    }

    pub(super) fn found(&mut self, ticket: u64, cases: Cases, is_over: bool) {
        if self.search.load(Ordering::Relaxed) == ticket {
            self.searching = !is_over;
            self.cases = Some(cases);
            self.placed = None;
        }
    }
}

/// Brings the strip into its order, and finds the place of what is selected.
pub(super) fn settle(model: &mut Model, office: &Office) {
    let Some(planned) = model.plan.current() else { return };
    let (plan, revision) = (Arc::clone(&planned.plan), planned.revision);
    let film = &mut model.preview.film;
    let wanted = (revision, model.preview.kept.order);
    if film.all_of != Some(wanted) && film.asked != Some(wanted) {
        film.asked = Some(wanted);
        let plan = Arc::clone(&plan);
        office.spawn("order of previews", move |courier| {
            let images = Arc::new(ordered(&plan, wanted.1));
            courier.tell(News::Ordered {
                of: wanted,
                images,
                folders: inventories(&plan).collect(),
            });
        });
    }
    // Places in another plan mean the same only where the same folders were planned, with other settings.
    if film.all_of.is_some_and(|(plan, _)| plan != revision) {
        let same = film.folders.len() == plan.shards.len() && film.folders.iter().zip(inventories(&plan)).all(|(a, b)| a.ptr_eq(&b));
        if !same {
            film.all = Arc::default();
        }
        film.all_of = None;
        film.placed = None;
    }
    if film.hard.is_some() && film.search_of != Some(revision) {
        search(model, office);
    }
    let film = &mut model.preview.film;
    match model.plan.selected() {
        Some(at) => {
            let images = Arc::clone(film.images());
            let is_placed = film.place.is_some_and(|place| images.get(place) == Some(&at));
            if !is_placed && film.placed != Some((at, images.len())) {
                film.place = images.iter().position(|other| *other == at);
                film.placed = Some((at, images.len()));
            }
        }
        None => {
            let first = film.images().first().copied();
            film.place = first.map(|_| 0);
            if first.is_some() {
                plan::act(model, plan::Command::Select(first), office);
            }
        }
    }
}

fn inventories(plan: &Plan) -> impl Iterator<Item = Weak<Inventory>> + '_ {
    plan.shards.iter().map(|shard| Arc::downgrade(&shard.inventory))
}

/// Asks for small pictures that are not there.
pub(super) fn want(model: &mut Model, images: Vec<ImageAt>, office: &Office) {
    let Some(planned) = model.plan.current() else { return };
    let film = &mut model.preview.film;
    film.clock += 1;
    // What was asked for before and is not drawn is asked for again only where it is still wanted.
    film.thumbs.retain(|_, thumb| !matches!(thumb, Thumb::Asked));
    let mut missing = Vec::new();
    for at in images {
        let Some(key) = ThumbKey::of(&planned.plan, at) else { continue };
        match film.thumbs.get_mut(&key) {
            Some(Thumb::Drawn { wanted, .. }) => *wanted = film.clock,
            Some(Thumb::Failed | Thumb::Asked) => {}
            None => {
                film.thumbs.insert(key, Thumb::Asked);
                missing.push(at);
            }
        }
    }
    let desk = film.desk.get_or_insert_with(|| open(office));
    let wanted = Wanted {
        plan: Arc::clone(&planned.plan),
        images: missing,
    };
    if desk.send(wanted).is_err() {
        film.desk = None;
    }
}

fn open(office: &Office) -> Sender<Wanted> {
    let (desk, inbox) = unbounded::<Wanted>();
    let preview = office.engine.preview();
    office.spawn("thumbnails", move |courier| {
        while let Ok(mut wanted) = inbox.recv() {
            let mut next = 0;
            loop {
                // What is seen now comes first; what has scrolled away is not drawn.
                while let Ok(newer) = inbox.try_recv() {
                    (wanted, next) = (newer, 0);
                }
                // Not all cores: the image that is looked at comes first.
                let some = (rayon::current_num_threads() / 2).clamp(1, 4);
                let Some(rest) = wanted.images.get(next..).filter(|rest| !rest.is_empty()) else {
                    break;
                };
                rest.par_iter().take(some).for_each(|at| {
                    let Some(key) = ThumbKey::of(&wanted.plan, *at) else { return };
                    let shard = &wanted.plan.shards[at.shard];
                    let drawn = preview.thumbnail(shard, at.image, &wanted.plan.settings, SIDE);
                    let picture = drawn.ok().map(|thumbnail| Sheet::new(thumbnail.picture, thumbnail.size));
                    courier.tell(News::Thumbnail { key, picture });
                });
                next += some;
            }
        }
    });
    desk
}

/// Shows hard cases of a kind, or all images again.
pub(super) fn choose_hard(model: &mut Model, kind: Option<Hard>, office: &Office) {
    let film = &mut model.preview.film;
    film.hard = kind;
    film.placed = None;
    if kind.is_none() {
        // Who does not look at them does not wait for the drive either.
        film.search.fetch_add(1, Ordering::Relaxed);
        film.search_of = None;
        film.searching = false;
        return;
    }
    let revision = model.plan.current().map(|planned| planned.revision);
    // Scores come in while a person looks at images: those with the largest loss are found anew each time.
    if model.preview.film.search_of != revision || kind == Some(Hard::Loss) {
        search(model, office);
    }
    follow(model, office);
}

/// Selects the first hard case where something else is selected.
pub(super) fn follow(model: &mut Model, office: &Office) {
    let film = &model.preview.film;
    if film.hard.is_none() {
        return;
    }
    let Some(first) = film.images().first().copied() else { return };
    let selected = model.plan.selected();
    if selected.is_none_or(|at| !film.images().contains(&at)) {
        model.preview.film.place = Some(0);
        plan::act(model, plan::Command::Select(Some(first)), office);
    }
}

/// Begins to search for hard cases; a search that is under way ends.
fn search(model: &mut Model, office: &Office) {
    let Some(planned) = model.plan.current() else { return };
    let estimate = planned.estimate.iter().flat_map(|estimate| estimate.judged.iter().cloned());
    let looked_at = model.preview.judged.values().cloned();
    let judged: Vec<JudgedImage> = estimate.chain(looked_at).collect();
    let film = &mut model.preview.film;
    let ticket = film.search.fetch_add(1, Ordering::Relaxed) + 1;
    film.search_of = Some(planned.revision);
    film.searching = true;
    let newest = Arc::clone(&film.search);
    let plan = Arc::clone(&planned.plan);
    let preview = office.engine.preview();
    office.spawn("hard cases", move |courier| {
        let cancelled = || newest.load(Ordering::Relaxed) != ticket;
        let tell = |cases: &HardCases, is_over| {
            courier.tell(News::Hard {
                ticket,
                cases: cases.clone().into(),
                is_over,
            });
        };
        let cases = preview.hard_cases(&plan, &judged, &cancelled, &mut |cases| tell(cases, false));
        tell(&cases, true);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Picture, Size};

    #[test]
    fn small_pictures_are_bounded_and_what_is_wanted_stays() {
        let mut film = Film::default();
        let key = |image| ThumbKey {
            inventory: Weak::new(),
            image,
        };
        let size = Size { width: 208, height: 208 };
        for image in 0..500 {
            film.clock += 1;
            if let Some(Thumb::Drawn { wanted, .. }) = film.thumbs.get_mut(&key(0)) {
                *wanted = film.clock;
            }
            let rgba = vec![255; size.pixels() as usize * 4];
            film.drawn(key(image), Some(Sheet::new(Picture { size, rgba }, size)));
            assert!(film.bytes <= MOST_BYTES);
        }
        let sum: usize = film
            .thumbs
            .values()
            .map(|thumb| match thumb {
                Thumb::Drawn { sheet, .. } => sheet.bytes(),
                Thumb::Asked | Thumb::Failed => 0,
            })
            .sum();
        assert_eq!(sum, film.bytes);
        assert!(film.thumbs.len() > 200 && film.thumbs.contains_key(&key(0)) && !film.thumbs.contains_key(&key(1)));
    }
}
