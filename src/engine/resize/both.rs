//! The backend of a run: the processor, and a graphics card beside it where that is wanted, there, and wins.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::auto::Auto;
use super::card::{Card, Done, Turn, Want};
use super::{Backend, Cpu, Resample, ResizeError, Scratch};
use crate::engine::metrics::CardRecord;
use crate::engine::pixels::{Pixels, Size};
use crate::engine::settings::{BackendChoice, MachineSettings};

/// Pixels a run must have to resize before a card is opened for it unasked: below, it is over before anything could be learnt.
/// About ten seconds of one core.
const WORTH_A_CARD: u64 = 500_000_000;

/// How long workers wait for the card to open where a person asked for it, counted from the beginning of the run.
const OPENING: Duration = Duration::from_secs(30);

/// How long a worker then waits for a free slot. They come back within milliseconds, unless the card hangs.
const SLOT: Duration = Duration::from_secs(10);

/// One of so many pictures that the card resized is resized by the processor, too, and compared.
const COMPARED: u64 = 128;

/// The processor, and perhaps a card.
pub(crate) struct Both {
    cpu: Cpu,
    choice: BackendChoice,
    card: Option<Box<dyn Card>>,
    begun: Instant,
    auto: Mutex<Auto>,
    /// Why there is no card.
    without: Option<String>,
    /// That was said.
    told: AtomicBool,
    proof: Mutex<Proof>,
    /// It is not underway any more.
    proved: Condvar,
    given: AtomicU64,
    redone: AtomicU64,
    compared: AtomicU64,
}

/// Whether a picture of this run's card was compared with the processor's. Until then no other goes there: not one file is made
/// from a card's samples before the card was seen to be right about a picture of the user's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    None,
    /// The picture is there.
    Underway,
    Given,
}

/// What a run knows before it begins.
#[derive(Debug, Clone, Default)]
#[cfg_attr(not(feature = "gpu"), allow(dead_code, reason = "only a graphics card asks"))]
pub(crate) struct Prospect {
    /// Source pixels that are to be resized.
    pub(crate) pixels: u64,
    /// Bound on the memory of images in flight, bytes. An eighth of it goes to the staging ring, beyond the bound: what lies
    /// in the ring is counted by the images that are there.
    pub(crate) memory: u64,
    /// Where the program keeps its data, for the mark of a driver that crashed.
    pub(crate) data: Option<PathBuf>,
}

impl Both {
    /// As the settings want it. Begins to open the card where one is wanted, and comes back at once.
    pub(crate) fn new(machine: &MachineSettings, prospect: &Prospect) -> Self {
        let (card, without) = match machine.backend {
            BackendChoice::Cpu => (None, None),
            BackendChoice::Auto if prospect.pixels < WORTH_A_CARD => {
                (None, Some("There was too little work for a graphics card to be opened.".to_owned()))
            }
            _ => opened(machine, prospect),
        };
        Self {
            without,
            ..Self::with(machine.backend, card)
        }
    }

    /// With this card.
    pub(super) fn with(choice: BackendChoice, card: Option<Box<dyn Card>>) -> Self {
        Self {
            cpu: Cpu,
            choice,
            card,
            begun: Instant::now(),
            auto: Mutex::new(Auto::new()),
            without: None,
            told: AtomicBool::new(false),
            proof: Mutex::new(Proof::None),
            proved: Condvar::new(),
            given: AtomicU64::new(0),
            redone: AtomicU64::new(0),
            compared: AtomicU64::new(0),
        }
    }

    /// How long a worker waits for a slot.
    fn patience(&self, card: &dyn Card) -> Duration {
        match self.choice {
            BackendChoice::Gpu if card.is_open() => SLOT,
            BackendChoice::Gpu => OPENING.saturating_sub(self.begun.elapsed()),
            BackendChoice::Auto | BackendChoice::Cpu => Duration::ZERO,
        }
    }

    fn proof(&self) -> MutexGuard<'_, Proof> {
        self.proof.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_proof(&self, proof: Proof) {
        *self.proof() = proof;
        self.proved.notify_all();
    }

    /// How a picture stands to the proof: it is to give it (`None`), it is given, or it is underway and not to be waited for.
    fn claim_proof(&self, card: &dyn Card) -> Proof {
        let mut proof = self.proof();
        // Whoever asked for the card gets it for all pictures: whoever is at the first one does nothing else meanwhile.
        let until = Instant::now() + self.patience(card);
        while *proof == Proof::Underway {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Proof::Underway;
            }
            proof = self.proved.wait_timeout(proof, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let found = *proof;
        if found == Proof::None {
            *proof = Proof::Underway;
        }
        found
    }

    fn auto(&self) -> MutexGuard<'_, Auto> {
        // Plain counts, whole after every step.
        self.auto.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(feature = "gpu")]
fn opened(machine: &MachineSettings, prospect: &Prospect) -> (Option<Box<dyn Card>>, Option<String>) {
    let wish = super::gpu::Wish {
        name: machine.adapter.clone(),
        asked_for: machine.backend == BackendChoice::Gpu,
        ring: (prospect.memory / 8).min(256 << 20),
        marks: prospect.data.clone(),
        ..super::gpu::Wish::default()
    };
    (Some(Box::new(super::gpu::Gpu::open(wish))), None)
}

#[cfg(not(feature = "gpu"))]
fn opened(_machine: &MachineSettings, _prospect: &Prospect) -> (Option<Box<dyn Card>>, Option<String>) {
    (
        None,
        Some("This build of the program knows no graphics cards, so the processor resized.".to_owned()),
    )
}

impl Backend for Both {
    fn name(&self) -> String {
        let adapter = self.card.as_ref().and_then(|card| card.figures().adapter);
        match adapter {
            Some(adapter) => format!("{} and {} over {}", self.cpu.name(), adapter.name, adapter.api),
            None => self.cpu.name(),
        }
    }

    fn resize(&self, source: &Pixels, to: Size, how: Resample, scratch: &mut Scratch) -> Result<Pixels, ResizeError> {
        self.cpu.resize(source, to, how, scratch)
    }

    fn is_the_processor(&self) -> bool {
        self.cpu.is_the_processor()
    }

    fn turn(&self, want: &Want) -> Turn {
        let Some(card) = &self.card else { return Turn::default() };
        // While it is being opened, and where it is gone, there is nothing to measure.
        if self.choice == BackendChoice::Cpu || self.choice == BackendChoice::Auto && !card.is_open() {
            return Turn::default();
        }
        match self.claim_proof(card.as_ref()) {
            Proof::Underway => return Turn::default(),
            Proof::Given => {}
            Proof::None => {
                let slot = card.slot(want, self.patience(card.as_ref()));
                if slot.is_none() {
                    self.set_proof(Proof::None);
                }
                return Turn {
                    compare: slot.is_some(),
                    slot,
                    trial: None,
                };
            }
        }
        let trial = (self.choice == BackendChoice::Auto).then(|| self.auto().turn(want.class()));
        let slot = trial
            .is_none_or(|trial| trial.card)
            .then(|| card.slot(want, self.patience(card.as_ref())))
            .flatten();
        Turn {
            compare: slot.is_some() && self.given.fetch_add(1, Ordering::Relaxed) % COMPARED == COMPARED - 1,
            slot,
            trial,
        }
    }

    fn done(&self, turn: &Turn, done: &Done) {
        if turn.compare {
            // It failed before it came to a comparison.
            let is_open = *self.proof() == Proof::Underway;
            if is_open {
                self.set_proof(Proof::None);
            }
        }
        let Some(trial) = turn.trial else { return };
        let overhead = match (&self.card, done.by_card) {
            (Some(card), true) => Duration::from_nanos((card.overhead() * done.pixels as f64) as u64),
            _ => Duration::ZERO,
        };
        self.auto().done(done.class, trial, done.pixels, done.busy + overhead, done.by_card);
    }

    fn redone(&self) {
        self.redone.fetch_add(1, Ordering::Relaxed);
    }

    fn compared(&self, same: bool) {
        self.compared.fetch_add(1, Ordering::Relaxed);
        if same {
            self.set_proof(Proof::Given);
        } else if let Some(card) = &self.card {
            card.accuse();
        }
    }

    fn remarks(&self) -> Vec<String> {
        match (&self.card, &self.without) {
            (Some(card), _) => card.remarks(),
            // Whoever asked for a card is told, once.
            (None, Some(why)) if self.choice == BackendChoice::Gpu && !self.told.swap(true, Ordering::Relaxed) => vec![why.clone()],
            (None, _) => Vec::new(),
        }
    }

    fn card(&self) -> Option<CardRecord> {
        if self.choice == BackendChoice::Cpu {
            return None;
        }
        let figures = self.card.as_ref().map(|card| card.figures()).unwrap_or_default();
        let auto = self.auto();
        let measured = match (&self.without, &figures.gone) {
            (Some(why), _) => why.clone(),
            (None, Some(gone)) if figures.images == 0 => format!("No graphics card was used: {gone}."),
            (None, Some(gone)) => format!("The graphics card was given up: {gone}."),
            (None, None) if figures.adapter.is_none() => "The run was over before the graphics card was open.".into(),
            (None, None) if self.choice == BackendChoice::Gpu => {
                "It was asked for, so it resized whatever fits; nothing was compared with the processor's speed.".into()
            }
            (None, None) => auto.verdict(),
        };
        Some(CardRecord {
            choice: self.choice,
            adapter: figures.adapter,
            opened_after: figures.opened_after,
            images: figures.images,
            pixels: figures.pixels,
            batches: figures.batches,
            redone: self.redone.load(Ordering::Relaxed),
            compared: self.compared.load(Ordering::Relaxed),
            classes: auto.classes(),
            verdict: measured,
        })
    }
}
