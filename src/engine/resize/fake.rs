//! Backends for tests: one that takes the nearest pixel, or misbehaves as told; and a graphics card that is none.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossbeam_channel::{Sender, bounded};

use super::card::{Card, CardError, Figures, Slot, Ticket, Want};
use super::{Backend, Both, Cpu, Resample, ResizeError, Scratch, bytes};
use crate::engine::pixels::{Layout, Pixels, RowSink, Size};
use crate::engine::settings::BackendChoice;

/// What it does when asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fake {
    /// The nearest pixel.
    Nearest,
    /// An error.
    Fails,
    /// A panic.
    Panics,
}

impl Backend for Fake {
    fn name(&self) -> String {
        "fake".into()
    }

    fn resize(&self, source: &Pixels, to: Size, _how: Resample, _scratch: &mut Scratch) -> Result<Pixels, ResizeError> {
        match self {
            Fake::Nearest => {}
            Fake::Fails => return Err(ResizeError::Backend("told to fail".into())),
            Fake::Panics => panic!("told to panic"),
        }
        let mut data = Vec::with_capacity(bytes(to, source.channels));
        let near = |at: u32, to: u32, from: u32| (u64::from(at) * u64::from(from) / u64::from(to)) as usize;
        for y in 0..to.height {
            for x in 0..to.width {
                let pixel = near(y, to.height, source.size.height) * source.size.width as usize + near(x, to.width, source.size.width);
                data.extend_from_slice(&source.data[pixel * source.channels.count()..][..source.channels.count()]);
            }
        }
        Ok(Pixels {
            size: to,
            channels: source.channels,
            data,
        })
    }
}

/// What a made-up card does with a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Gives it back, as the processor would.
    Right,
    /// Gives back something else.
    Wrong,
    /// Gives it back after a while.
    Late,
    /// Lets go of it, as a card that was lost.
    LetGo,
    /// Never answers.
    Never,
}

/// Where answers that never come are kept.
type Kept = Arc<Mutex<Vec<Sender<Result<Pixels, CardError>>>>>;

/// How long a made-up card is waited for.
const PATIENCE: Duration = Duration::from_millis(200);

/// A card made of the processor, which answers as it is told.
struct FakeCard {
    answers: Arc<dyn Fn(u32) -> Answer + Send + Sync>,
    given: AtomicU32,
    /// Slots that are free.
    free: Arc<AtomicU32>,
    overdue: Arc<AtomicBool>,
    accused: AtomicBool,
    done: Arc<AtomicU64>,
    /// Answers that never come are kept here, or their senders would be gone.
    kept: Kept,
}

/// A backend with a made-up card of so many slots. `answers` says what becomes of each picture it is given, by number.
pub(crate) fn with_card(choice: BackendChoice, slots: u32, answers: impl Fn(u32) -> Answer + Send + Sync + 'static) -> Arc<Both> {
    let card = FakeCard {
        answers: Arc::new(answers),
        given: AtomicU32::new(0),
        free: Arc::new(AtomicU32::new(slots)),
        overdue: Arc::default(),
        accused: AtomicBool::new(false),
        done: Arc::default(),
        kept: Arc::default(),
    };
    Arc::new(Both::with(choice, Some(Box::new(card))))
}

impl Card for FakeCard {
    fn slot(&self, _want: &Want, _at_most: Duration) -> Option<Box<dyn Slot>> {
        if self.accused.load(Relaxed) || self.overdue.load(Relaxed) {
            return None;
        }
        self.free.fetch_update(Relaxed, Relaxed, |free| free.checked_sub(1)).ok()?;
        Some(Box::new(FakeSlot {
            answer: (self.answers)(self.given.fetch_add(1, Relaxed)),
            free: Arc::clone(&self.free),
            overdue: Arc::clone(&self.overdue),
            done: Arc::clone(&self.done),
            kept: Arc::clone(&self.kept),
            picture: None,
            rows: Vec::new(),
        }))
    }

    fn is_open(&self) -> bool {
        true
    }

    fn accuse(&self) {
        self.accused.store(true, Relaxed);
    }

    fn overhead(&self) -> f64 {
        0.1
    }

    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }

    fn figures(&self) -> Figures {
        Figures {
            images: self.done.load(Relaxed),
            ..Figures::default()
        }
    }
}

struct FakeSlot {
    answer: Answer,
    free: Arc<AtomicU32>,
    overdue: Arc<AtomicBool>,
    done: Arc<AtomicU64>,
    kept: Kept,
    picture: Option<(Size, Layout)>,
    rows: Vec<u8>,
}

impl RowSink for FakeSlot {
    fn begin(&mut self, size: Size, layout: Layout) -> bool {
        self.rows.clear();
        self.picture = Some((size, layout));
        true
    }

    fn push(&mut self, rows: &[u8]) {
        self.rows.extend_from_slice(rows);
    }
}

impl Slot for FakeSlot {
    fn submit(mut self: Box<Self>, to: Size, how: Resample) -> Ticket {
        let (sender, receiver) = bounded(1);
        let ticket = Ticket::new(receiver, PATIENCE, Arc::clone(&self.overdue));
        let (size, layout) = self.picture.expect("rows were pushed");
        let data = match layout {
            Layout::Rgba(matte) => matte.flatten(&self.rows),
            Layout::Grey | Layout::Rgb => std::mem::take(&mut self.rows),
        };
        let picture = Pixels {
            size,
            channels: layout.channels(),
            data,
        };
        std::thread::spawn(move || {
            let mut small = Cpu.resize(&picture, to, how, &mut Scratch::default()).expect("resized");
            match self.answer {
                Answer::Right => {}
                Answer::Wrong => small.data.iter_mut().for_each(|sample| *sample = sample.wrapping_add(1)),
                Answer::Late => std::thread::sleep(PATIENCE / 4),
                Answer::LetGo => return,
                Answer::Never => {
                    self.kept.lock().expect("no panic").push(sender);
                    return;
                }
            }
            self.done.fetch_add(1, Relaxed);
            let _ = sender.send(Ok(small));
        });
        ticket
    }
}

impl Drop for FakeSlot {
    fn drop(&mut self) {
        self.free.fetch_add(1, Relaxed);
    }
}
