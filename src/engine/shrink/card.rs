//! An image that is begun by a worker and resized by a graphics card meanwhile. Whatever the card does, the image ends as the
//! processor alone would have made it: its answer is the same samples, and without an answer the processor does it again from
//! the bytes of the file, which are kept until then.

use std::time::{Duration, Instant};

use super::{ShrinkError, Shrinker, Shrunk, Small, clock::Clock, cost, decode_options, micros};
use crate::engine::metrics::{StepTimes, thread_cpu_time};
use crate::engine::pixels::{self, Header, InMemory, Poured, Size, probe};
use crate::engine::resize::{CardError, Done, Geometry, Resample, Slot, Ticket, Turn, Want, geometry};

/// What a worker has after the first part of an image.
pub(crate) enum Begun {
    /// All of it.
    Shrunk(Box<Shrunk>),
    /// A card is at it; see [`Shrinker::finish`].
    Underway(Box<Underway>),
}

/// An image that a card is at.
pub(crate) struct Underway {
    on_card: OnCard,
    turn: Turn,
    want: Want,
    header: Header,
    steps: StepTimes,
    busy: Duration,
    clock: Clock,
    /// When the card was given it.
    since: Instant,
}

/// A decoded picture that a card resizes.
struct OnCard {
    ticket: Ticket,
    poured: Poured,
    /// What the card was told, as stored.
    to: Size,
    /// After cutting or padding, as seen.
    finished: Size,
}

impl Underway {
    /// Where the card's answer arrives, to wait for it beside something else.
    pub(crate) fn ticket(&self) -> &Ticket {
        &self.on_card.ticket
    }

    /// Whether the card has answered, or will not.
    pub(crate) fn is_ready(&mut self) -> bool {
        self.on_card.ticket.is_ready()
    }
}

impl OnCard {
    /// Waits for the picture, never longer than was agreed.
    fn back(self) -> Result<Small, CardError> {
        let pixels = self.ticket.take()?;
        if pixels.size != self.to || pixels.channels != self.poured.layout.channels() {
            return Err(CardError::TooLarge);
        }
        Ok(Small {
            pixels,
            orientation: self.poured.orientation,
            finished: self.finished,
            flattened: self.poured.flattened,
            colours: self.poured.colours,
            notes: self.poured.notes,
        })
    }
}

/// Processor time of this thread, or time on the wall where the system does not tell.
struct Stopwatch {
    cpu: Option<Duration>,
    begun: Instant,
}

impl Stopwatch {
    fn start() -> Self {
        Self {
            cpu: thread_cpu_time(),
            begun: Instant::now(),
        }
    }

    fn spent(&self) -> Duration {
        match (self.cpu, thread_cpu_time()) {
            (Some(before), Some(now)) => now.saturating_sub(before),
            _ => self.begun.elapsed(),
        }
    }
}

impl Shrinker {
    /// Does an image, or as much of it as comes before the resize where a card takes that over. Arguments and errors as
    /// [`shrink`](Self::shrink).
    ///
    /// # Errors
    /// Anything that keeps the image from being replaced.
    pub(crate) fn begin(&mut self, bytes: &[u8], in_strips: bool) -> Result<Begun, ShrinkError> {
        self.guarded(|this| this.first(bytes, in_strips))
    }

    /// The rest of an image that is under way; waits for the card, but never longer than was agreed. `bytes` are those that it
    /// was begun with.
    ///
    /// # Errors
    /// Anything that keeps the image from being replaced; nothing that the card does.
    pub(crate) fn finish(&mut self, bytes: &[u8], underway: Underway) -> Result<Shrunk, ShrinkError> {
        self.guarded(|this| this.second(bytes, underway))
    }

    fn first(&mut self, bytes: &[u8], in_strips: bool) -> Result<Begun, ShrinkError> {
        let (watch, started) = (Stopwatch::start(), Instant::now());
        let mut steps = StepTimes::default();
        let header = probe(&mut InMemory(bytes))?;
        cost(&header, bytes.len() as u64, &self.settings)?;
        let clock = Clock::since(started, header.size, &self.settings.limits);
        let how = Resample::new(&self.settings.picture);
        let Geometry { scaled, .. } = geometry(header.orientation.seen(header.size), &self.settings.picture);
        let want = Want::new(&header, header.orientation.seen(scaled), how);
        // What is decoded smaller than it is costs the processor little to resize, and begins and ends between two samples.
        let mut turn = if in_strips || self.scales(&header) || want.to == header.size {
            Turn::default()
        } else {
            self.backend.turn(&want)
        };
        if let Some(slot) = turn.slot.take() {
            match self.pour(bytes, &header, how, slot, clock) {
                Ok(None) => {}
                Ok(Some(on_card)) => {
                    steps.decode_us = micros(started);
                    let underway = Underway {
                        on_card,
                        turn,
                        want,
                        header,
                        steps,
                        busy: watch.spent(),
                        clock,
                        since: Instant::now(),
                    };
                    // Others wait for what comes of a comparison.
                    if underway.turn.compare {
                        return self.second(bytes, underway).map(|shrunk| Begun::Shrunk(Box::new(shrunk)));
                    }
                    return Ok(Begun::Underway(Box::new(underway)));
                }
                Err(error) => {
                    self.failed(&turn, &want);
                    return Err(clock.told(error));
                }
            }
        }
        let small = self.small(bytes, &header, in_strips, clock, &mut steps);
        let shrunk = small.and_then(|small| {
            let ready = self.ready(small, &header, &mut steps);
            self.replacement(bytes, &header, &ready, steps, clock)
        });
        match &shrunk {
            Ok(shrunk) => self.told(&turn, &want, false, watch.spent(), shrunk),
            Err(_) => self.failed(&turn, &want),
        }
        shrunk.map(|shrunk| Begun::Shrunk(Box::new(shrunk)))
    }

    /// Decodes into a slot and hands it over; `None` where it does not fit.
    fn pour(
        &self,
        bytes: &[u8],
        header: &Header,
        how: Resample,
        mut slot: Box<dyn Slot>,
        clock: Clock,
    ) -> Result<Option<OnCard>, ShrinkError> {
        let options = decode_options(&self.settings, header, clock);
        let Some(poured) = pixels::decode_into(bytes, header, &options, slot.as_mut())? else {
            return Ok(None);
        };
        let (to, finished) = self.sizes(header, bytes.len() as u64, poured.orientation)?;
        Ok(Some(OnCard {
            ticket: slot.submit(to, how),
            poured,
            to,
            finished,
        }))
    }

    fn second(&mut self, bytes: &[u8], underway: Underway) -> Result<Shrunk, ShrinkError> {
        let Underway {
            on_card,
            turn,
            want,
            header,
            mut steps,
            busy,
            clock,
            since,
        } = underway;
        let begun = Instant::now();
        let back = on_card.back();
        // Other images were worked on meanwhile, and the card has a bound of its own.
        let clock = clock.without(since.elapsed());
        steps.resize_us = micros(begun);
        let watch = Stopwatch::start();
        let (small, on_its_own) = match back {
            Ok(small) => (Ok(small), true),
            Err(error) => {
                tracing::debug!(%error, "the processor does an image again that a graphics card was at");
                self.backend.redone();
                (self.small(bytes, &header, false, clock, &mut steps), false)
            }
        };
        let mut judged = Duration::ZERO;
        let shrunk = small.and_then(|mut small| {
            if on_its_own && turn.compare {
                let comparing = Stopwatch::start();
                small = self.compared(bytes, &header, small, clock)?;
                judged = comparing.spent();
            }
            let ready = self.ready(small, &header, &mut steps);
            self.replacement(bytes, &header, &ready, steps, clock)
        });
        match &shrunk {
            Ok(shrunk) if on_its_own => {
                let busy = busy + watch.spent().saturating_sub(judged);
                self.told(&turn, &want, true, busy, shrunk);
            }
            _ => self.failed(&turn, &want),
        }
        shrunk
    }

    /// Resizes it on the processor, too. The one of the two that is right for sure.
    fn compared(&mut self, bytes: &[u8], header: &Header, small: Small, clock: Clock) -> Result<Small, ShrinkError> {
        let own = self.small(bytes, header, false, clock, &mut StepTimes::default())?;
        self.backend.compared(own.pixels == small.pixels);
        Ok(own)
    }

    /// An image that tells nothing about what it costs, but is not to be waited for either.
    fn failed(&self, turn: &Turn, want: &Want) {
        self.backend.done(
            turn,
            &Done {
                class: want.class(),
                pixels: 0,
                by_card: false,
                busy: Duration::ZERO,
            },
        );
    }

    /// What it took, to whoever gave out the turn.
    fn told(&self, turn: &Turn, want: &Want, by_card: bool, busy: Duration, shrunk: &Shrunk) {
        self.backend.done(
            turn,
            &Done {
                class: want.class(),
                pixels: want.size.pixels(),
                by_card,
                // Judging is no part of the work, and not every image is judged.
                busy: busy.saturating_sub(shrunk.judged),
            },
        );
    }
}
