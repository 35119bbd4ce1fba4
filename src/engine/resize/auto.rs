//! Whether the graphics card wins on the images at hand: measured on the user's own images while they are worked on, per
//! format and size, and measured again as long as the run lasts. Pure arithmetic over what is reported to it: no thread, no
//! clock, no card, so that every case can be played through in a test.
//!
//! **What is compared.** The processor time an image takes its worker, from its bytes to the verified bytes of its replacement,
//! plus what the card's own thread took for it, a source pixel. Not the wall-clock time: images are worked on side by side, so
//! an image's own time says nothing about the run's; a run that waits for its drive shows no difference at all; and what a
//! person misses while a run goes on, and what ends up limiting it, is the processor. What the card itself does beside costs
//! none of that. An image that was to go to the card and found no room counts as the card's all the same: that is what
//! using it means.
//!
//! **Windows.** [`WINDOW`] images with the card and [`WINDOW`] without, one after the other, are a *pair*: what changes
//! slowly (the kind of pictures, the processor's clock, what else runs) hits both alike, and the order is turned from pair
//! to pair, so that a steady drift cancels. The cost of a window is the sum of its times by the sum of its pixels: what the
//! run pays. A pair's *ratio* is the cost without by the cost with: above 1 the card helps.
//!
//! **Deciding** uses medians and quartiles of ratios, so that a window in which a driver hiccuped, or with one monstrous
//! image in it, counts no more than any other. The card gets a class of images if after [`FEWEST`] pairs or more the median is
//! at least [`WIN`] *and* all but the lowest quarter are above 1 (of three pairs all; a card that changes nothing manages that
//! once in eight tries, and then costs nothing). Less than 7 % is what luck makes of a run, and not worth the memory, the heat
//! and the risk of a driver. It does not get it once the upper quartile is below [`WIN`], or after [`MOST`] pairs. One ratio
//! below [`HOPELESS`], or two below 1/[`WIN`], end it at once. Until then, and in a class with too few images ever to get
//! there, the processor works.
//!
//! **Checking again.** A card in use has a pair of windows after 8 windows, then 16, then every 32; and at once where
//! [`STRIKES`] windows in a row cost more than the processor's last. A card out of use has one after 8, 16, 32, 64 windows,
//! rarer where it loses much: a check may cost at most [`BUDGET`] of what lies between two. A check that contradicts
//! decides nothing, it opens a new measurement of several pairs; a card in use then stays unless it loses outright, so a
//! single hiccup turns nothing.
//!
//! **What measuring costs.** A card by which an image takes `l` more of the processor's time than without loses `l` images'
//! worth of time with every image it gets before it is known: one window where it is hopeless (`l` above 1, and cut short
//! after [`CUT_AFTER`] reports), two where it clearly loses, three to eight where it is close and `l` is small. At `l` = 1
//! these are some 32 images, 0.6 % of a run of 5,000; the checks add at most [`BUDGET`]. `tests` plays whole runs and prints
//! what they lost and won.
//!
//! **Reports that come late** (images in flight across windows, workers of different speed) go to the window they were
//! given out in. A pair is judged when all of its images have reported; if some do not, after
//! [`PATIENCE`] later reports, with those it has.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::engine::metrics::{ClassRecord, ImageClass};

/// Images of a window. Enough that the noise of pictures (some 40 % from one to the next) is down to a tenth, few enough that
/// a folder of a hundred can be decided on.
const WINDOW: u32 = 16;
/// By how much the processor's cost must exceed the card's.
const WIN: f64 = 1.07;
/// Pairs before the card may be chosen.
const FEWEST: usize = 3;
/// Pairs after which there is a decision.
const MOST: usize = 8;
/// A single ratio below this needs no second.
const HOPELESS: f64 = 0.5;
/// Pairs that may be in flight while measuring: with more, a losing card would be handed images before it is known.
const OPEN: usize = 3;
/// Reports of later images after which a pair's last images are not waited for, if half of each window is there.
const PATIENCE: u64 = 128;
/// And after which it is dropped, if not. More than can be in flight.
const GIVEN_UP: u64 = 1024;
/// Windows between a decision and the first check.
const FIRST_GAP: u32 = 8;
/// Most windows between checks of a card in use; without a check its loss would only show where it is worse than before.
const GAP_ON: u32 = 32;
/// Most windows between checks of a card out of use that hardly loses.
const GAP_OFF: u32 = 64;
/// Part of the processor's time that checks of a losing card may cost.
const BUDGET: f64 = 0.01;
/// Windows in a row that cost more than the processor's before a card in use is checked out of turn.
const STRIKES: u32 = 3;
/// Images after which a window with the card is cut short if it costs more than [`CUT`] times the processor's.
const CUT_AFTER: u32 = 4;
/// See [`CUT_AFTER`].
const CUT: f64 = 2.0;
/// Pairs of a class that are remembered.
const KEPT: usize = 16;
/// The window of images that no pair waits for.
const NO_PAIR: u32 = 0;
/// Classes of a kind that the verdict names.
const NAMED: usize = 3;

/// A picture that is part of a measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trial {
    /// Which pair of windows it belongs to; [`NO_PAIR`] for none.
    pub(super) window: u32,
    /// The card is asked.
    pub(super) card: bool,
}

/// Decides for each class of images whether the card is asked.
#[derive(Debug, Default)]
pub(super) struct Auto {
    classes: BTreeMap<ImageClass, Class>,
}

impl Auto {
    /// Nothing measured, nothing decided.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Whose turn the next image of the class is.
    pub(super) fn turn(&mut self, class: ImageClass) -> Trial {
        self.classes.entry(class).or_default().turn()
    }

    /// An image that [`turn`](Self::turn) gave that trial is done: it had so many source pixels, took the worker's processor
    /// `busy` (with its share of what the card's thread took), and was resized by the card or not. In any order. For an image
    /// that failed, `pixels` is 0: it is not part of any cost, and is no longer waited for.
    pub(super) fn done(&mut self, class: ImageClass, trial: Trial, pixels: u64, busy: Duration, by_card: bool) {
        self.classes.entry(class).or_default().done(trial, pixels, busy, by_card);
    }

    /// What was measured and decided, by class.
    pub(super) fn classes(&self) -> Vec<ClassRecord> {
        self.classes.iter().map(|(&class, of)| of.record(class)).collect()
    }

    /// What was decided and why, in a few sentences for the report.
    pub(super) fn verdict(&self) -> String {
        let records = self.classes();
        let mut used = Vec::new();
        let mut left = Vec::new();
        let mut no_room = Vec::new();
        let mut undecided = 0;
        for (record, of) in records.iter().zip(self.classes.values()) {
            match record.saving() {
                Some(_) if of.judged && of.by_card == 0 => no_room.push(record.class.to_string()),
                Some(saving) if of.judged => {
                    let what = format!("{} ({})", record.class, saved(saving));
                    if of.on { used.push(what) } else { left.push(what) }
                }
                _ => undecided += 1,
            }
        }
        let mut sentences = Vec::new();
        if !used.is_empty() {
            sentences.push(format!("The graphics card was worth using for {}.", listed(&used)));
        }
        if !left.is_empty() {
            sentences.push(format!(
                "The processor kept {}; to be used, the card has to be faster by 7 % time and again.",
                listed(&left)
            ));
        }
        if !no_room.is_empty() {
            sentences.push(format!("The card never had room for {}.", listed(&no_room)));
        }
        match (undecided, sentences.is_empty()) {
            (0, false) => {}
            (_, true) => sentences.push("There were too few images to measure whether the graphics card helps.".into()),
            (1, false) => sentences.push("One other kind of image was too rare to measure.".into()),
            (more, false) => sentences.push(format!("{more} other kinds of images were too rare to measure.")),
        }
        sentences.join(" ")
    }
}

/// `0.14` is `14 % less processor time with the card`.
fn saved(saving: f64) -> String {
    let percent = (saving * 100.0).round();
    if percent == 0.0 {
        "as much processor time with the card".into()
    } else {
        let less = if percent > 0.0 { "less" } else { "more" };
        format!("{:.0} % {less} processor time with the card", percent.abs())
    }
}

/// The first few, and how many more.
fn listed(what: &[String]) -> String {
    let named = what.len().min(NAMED);
    let text = what[..named].join("; ");
    match what.len() - named {
        0 => text,
        1 => format!("{text} and one other kind"),
        more => format!("{text} and {more} other kinds"),
    }
}

/// Images of one window.
#[derive(Debug, Clone, Copy, Default)]
struct Half {
    /// Given out.
    issued: u32,
    /// Whose report came.
    reported: u32,
    /// That failed.
    failed: u32,
    busy: Duration,
    pixels: u64,
    /// No more are given out.
    full: bool,
}

impl Half {
    fn issue(&mut self) {
        self.issued += 1;
        self.full |= self.issued == WINDOW;
    }

    fn report(&mut self, pixels: u64, busy: Duration) {
        if pixels == 0 {
            self.failed += 1;
            return;
        }
        self.reported += 1;
        self.busy += busy;
        self.pixels = self.pixels.saturating_add(pixels);
    }

    fn is_complete(&self) -> bool {
        self.full && self.reported + self.failed >= self.issued
    }

    /// Nanoseconds a source pixel.
    fn cost(&self) -> f64 {
        self.busy.as_nanos() as f64 / self.pixels.max(1) as f64
    }
}

/// A window with the card and one without.
#[derive(Debug, Clone, Copy)]
struct Pair {
    id: u32,
    /// The window with the card is the first.
    card_first: bool,
    /// A check of what was decided, not part of a measurement.
    check: bool,
    with: Half,
    without: Half,
    /// Reports of the class at the time when its last image was given out.
    full_at: Option<u64>,
}

impl Pair {
    fn half(&mut self, card: bool) -> &mut Half {
        if card { &mut self.with } else { &mut self.without }
    }

    /// The next image of it; `None` when all were given out.
    fn issue(&mut self, reports: u64) -> Option<Trial> {
        let card = [self.card_first, !self.card_first]
            .into_iter()
            .find(|&card| !self.half(card).full)?;
        self.half(card).issue();
        if self.with.full && self.without.full {
            self.full_at = Some(reports);
        }
        Some(Trial { window: self.id, card })
    }

    /// Nothing more is waited for, after so many reports of the class.
    fn is_over(&self, reports: u64) -> bool {
        let waited = self.full_at.map_or(0, |full_at| reports - full_at);
        (self.with.is_complete() && self.without.is_complete()) || (waited >= PATIENCE && self.costs().is_some()) || waited >= GIVEN_UP
    }

    /// Both windows' costs, if there is enough in them to say so. A clock that ticks too rarely may show none.
    fn costs(&self) -> Option<Costs> {
        let enough = |half: &Half| half.reported >= half.issued.div_ceil(2) && half.busy > Duration::ZERO && half.pixels > 0;
        (enough(&self.with) && enough(&self.without)).then(|| Costs {
            with: self.with.cost(),
            without: self.without.cost(),
        })
    }
}

/// What a pair showed, nanoseconds a source pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Costs {
    with: f64,
    without: f64,
}

impl Costs {
    fn ratio(self) -> f64 {
        self.without / self.with
    }
}

/// The images with the card since the last check, by windows.
#[derive(Debug, Clone, Copy, Default)]
struct Watch {
    window: Half,
    strikes: u32,
}

/// One class of images.
#[derive(Debug, Default)]
struct Class {
    /// There was a decision, and nothing contradicts it.
    decided: bool,
    /// There was one before now.
    judged: bool,
    /// The card is asked for images outside of pairs.
    on: bool,
    /// Pairs whose images have not all reported, oldest first.
    open: VecDeque<Pair>,
    /// The last pair's number.
    last_id: u32,
    /// Pairs given out for the measurement under way.
    tries: usize,
    /// What the pairs of the measurement under way showed.
    measuring: Vec<Costs>,
    /// What those showed that the last decision was made by, and the checks since; oldest first.
    costs: VecDeque<Costs>,
    /// Windows between the last check and the next, before what a losing card asks for.
    gap: u32,
    /// Images until the next check.
    rest: u32,
    watch: Watch,
    reports: u64,
    measured: u64,
    by_card: u64,
}

impl Class {
    fn turn(&mut self) -> Trial {
        let reports = self.reports;
        if let Some(trial) = self.open.back_mut().and_then(|pair| pair.issue(reports)) {
            return trial;
        }
        let due = if self.decided {
            self.rest == 0 && self.open.is_empty()
        } else {
            // The very first is waited for: a card that is far too slow gets no second window.
            self.tries < MOST && self.open.len() < if self.judged || !self.measuring.is_empty() { OPEN } else { 1 }
        };
        if due {
            return self.open_pair();
        }
        self.rest = self.rest.saturating_sub(1);
        Trial {
            window: NO_PAIR,
            card: self.on,
        }
    }

    /// The first image of a new pair. It begins with what is done anyway, so that a card in use is at its usual work; in a
    /// measurement the next pair begins with the other.
    fn open_pair(&mut self) -> Trial {
        self.last_id = self.last_id.wrapping_add(1).max(NO_PAIR + 1);
        let turned = !self.decided && self.tries % 2 == 1;
        let mut pair = Pair {
            id: self.last_id,
            card_first: self.on != turned,
            check: self.decided,
            with: Half::default(),
            without: Half::default(),
            full_at: None,
        };
        if !self.decided {
            self.tries += 1;
        }
        let first = Trial {
            window: pair.id,
            card: pair.card_first,
        };
        pair.half(first.card).issue();
        self.open.push_back(pair);
        first
    }

    fn done(&mut self, trial: Trial, pixels: u64, busy: Duration, by_card: bool) {
        self.reports += 1;
        self.by_card += u64::from(by_card);
        let usual = self.usual_cost();
        if trial.window == NO_PAIR {
            if trial.card {
                self.watch(pixels, busy);
            }
        } else if let Some(pair) = self.open.iter_mut().find(|pair| pair.id == trial.window) {
            pair.half(trial.card).report(pixels, busy);
            // Even a window is too long for a card that is far too slow.
            let usual = if pair.without.reported >= CUT_AFTER {
                Some(pair.without.cost())
            } else {
                usual
            };
            if trial.card && !pair.with.full && pair.with.reported >= CUT_AFTER && usual.is_some_and(|usual| pair.with.cost() > CUT * usual)
            {
                pair.with.full = true;
                if pair.without.full {
                    pair.full_at = Some(self.reports);
                }
            }
        }
        self.close_pairs();
    }

    /// What an image cost without the card when that was measured last.
    fn usual_cost(&self) -> Option<f64> {
        self.measuring.last().or(self.costs.back()).map(|costs| costs.without)
    }

    /// An image outside of pairs went to the card.
    fn watch(&mut self, pixels: u64, busy: Duration) {
        self.watch.window.report(pixels, busy);
        if self.watch.window.reported < WINDOW {
            return;
        }
        let worse = self.usual_cost().is_some_and(|usual| self.watch.window.cost() > usual);
        self.watch = Watch {
            window: Half::default(),
            strikes: if worse { self.watch.strikes + 1 } else { 0 },
        };
        if self.watch.strikes >= STRIKES {
            self.rest = 0;
        }
    }

    /// Judges the pairs that are complete, or will not be.
    fn close_pairs(&mut self) {
        while let Some(at) = self.open.iter().position(|pair| pair.is_over(self.reports)) {
            let Some(pair) = self.open.remove(at) else { return };
            let Some(costs) = pair.costs() else {
                if pair.check {
                    self.rest = self.rest.max(WINDOW);
                } else if !self.decided {
                    self.tries = self.tries.saturating_sub(1);
                }
                continue;
            };
            self.measured += u64::from(pair.with.reported + pair.without.reported);
            if self.decided && !(pair.check && self.contradicts(costs)) {
                if self.costs.len() == KEPT {
                    self.costs.pop_front();
                }
                self.costs.push_back(costs);
                if pair.check {
                    self.gap = self.next_gap();
                    self.schedule();
                }
                continue;
            }
            if self.decided {
                // Measured anew, and this is the first of it.
                self.decided = false;
                self.tries = 1;
            }
            self.measuring.push(costs);
            if let Some(on) = self.decision() {
                self.gap = if self.judged && on == self.on { self.next_gap() } else { FIRST_GAP };
                self.on = on;
                self.decided = true;
                self.judged = true;
                self.costs = std::mem::take(&mut self.measuring).into();
                // What is known need not be measured to the end.
                self.open.retain(|pair| pair.full_at.is_some());
                self.schedule();
            }
        }
    }

    fn contradicts(&self, costs: Costs) -> bool {
        if self.on { costs.ratio() < 1.0 } else { costs.ratio() >= WIN }
    }

    /// Whether the card is asked from now on; `None` while more pairs are to come.
    fn decision(&self) -> Option<bool> {
        let ratios = ascending(self.measuring.iter().map(|costs| costs.ratio()));
        let pairs = ratios.len();
        let highest = *ratios.last()?;
        if pairs < FEWEST {
            // Out of use it needs little to stay so; in use it is not thrown out for one bad window.
            let lost = (pairs == 1 && !self.on && highest < HOPELESS) || (pairs == 2 && highest < 1.0 / WIN);
            return lost.then_some(false);
        }
        let middle = median(&ratios);
        let quarter = pairs / 4;
        let (low, high) = (ratios[quarter], ratios[pairs - 1 - quarter]);
        let enough = if self.on { 1.0 } else { WIN };
        if middle >= enough && (self.on || low > 1.0) {
            Some(true)
        } else if high < enough || pairs >= MOST {
            Some(false)
        } else {
            None
        }
    }

    fn next_gap(&self) -> u32 {
        let most = if self.on { GAP_ON } else { GAP_OFF };
        (self.gap * 2).clamp(FIRST_GAP, most)
    }

    /// When the decision is looked at again.
    fn schedule(&mut self) {
        self.watch = Watch::default();
        let ratio = median(&ascending(self.costs.iter().map(|costs| costs.ratio())));
        let loss = if self.on || ratio <= 0.0 {
            0.0
        } else {
            (1.0 / ratio - 1.0).max(0.0)
        };
        // A check is one window of the card's, which costs `loss` windows more than without; `as` saturates.
        let apart = (loss / BUDGET).ceil() as u32;
        self.rest = self.gap.max(apart).saturating_mul(WINDOW);
    }

    fn record(&self, class: ImageClass) -> ClassRecord {
        let middle = |of: fn(&Costs) -> f64| {
            let costs = ascending(self.costs.iter().chain(&self.measuring).map(of));
            (!costs.is_empty()).then(|| median(&costs))
        };
        ClassRecord {
            class,
            cpu_ns: middle(|costs| costs.without),
            card_ns: middle(|costs| costs.with),
            measured: self.measured,
            by_card: self.by_card,
            on_card: self.on,
        }
    }
}

/// Sorted.
fn ascending(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The middle of ascending values; the mean of the two middle ones of an even number; 1 of none.
fn median(sorted: &[f64]) -> f64 {
    match sorted.len() {
        0 => 1.0,
        odd if odd % 2 == 1 => sorted[odd / 2],
        even => (sorted[even / 2 - 1] + sorted[even / 2]) / 2.0,
    }
}

#[cfg(test)]
mod tests;
