//! The staging ring: buffers in memory that the card can read, allocated once, mapped and handed to workers one picture at a
//! time. A slot goes round: free (mapped) → with a worker → filled → with the card (unmapped) → mapped again → free.
//!
//! The buffers are made, mapped and unmapped by the card's own thread. A worker holds a view of mapped memory and nothing
//! else; whatever it does with it, the view goes back to that thread.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, bounded};

use super::batch::{Batch, Picture, Room, stride};
use crate::engine::pixels::{Layout, Pixels, RowSink, Size};
use crate::engine::resize::card::{CardError, Slot, Ticket};
use crate::engine::resize::{Resample, Want};

/// What workers tell the card's thread.
pub(super) enum Message {
    /// A slot is filled.
    Filled(Job),
    /// A view of a session that is over, for this thread to let go.
    Stale(Staging),
    /// There may be something to do.
    Wake,
}

/// A picture in a slot, to be resized.
pub(super) struct Job {
    pub(super) staging: Staging,
    pub(super) picture: Picture,
    pub(super) answer: Sender<Result<Pixels, CardError>>,
}

/// Mapped memory of one slot.
pub(super) struct Staging {
    /// Which opening of the card it belongs to.
    pub(super) session: u32,
    /// Which slot of it.
    pub(super) index: usize,
    pub(super) view: wgpu::BufferViewMut,
}

/// The slots that are free, and what they take.
pub(super) struct Pool {
    state: Mutex<State>,
    changed: Condvar,
    messages: Sender<Message>,
    overdue: Arc<AtomicBool>,
}

#[derive(Default)]
struct State {
    /// What the card takes; `None` while there is none.
    open: Option<Open>,
    /// There will never be one (again).
    over: bool,
    free: Vec<Staging>,
}

#[derive(Clone, Copy)]
struct Open {
    session: u32,
    room: Room,
    /// Bytes of the largest slot.
    largest: u64,
    patience: Duration,
}

/// Bytes of the slots of a ring that takes about `bytes` in all, none larger than `largest`: half of it in slots of 4 MiB (RGB
/// pictures up to 1.4 megapixels), the rest in ones of 16 MiB (5.6 megapixels) and, where there is room, one of 64 MiB (22).
pub(super) fn slots(bytes: u64, largest: u64) -> Vec<u64> {
    let (small, medium, large) = (4 << 20, 16 << 20, 64 << 20);
    let bytes = bytes.max(small);
    let mut slots = Vec::new();
    let mut left = bytes;
    if bytes >= 3 * large {
        slots.push(large);
        left -= large;
    }
    let medium_ones = (left / 2 / medium).max(u64::from(left >= medium + 2 * small));
    slots.extend((0..medium_ones).map(|_| medium));
    left -= medium_ones * medium;
    slots.extend((0..left / small).map(|_| small));
    for slot in &mut slots {
        *slot = (*slot).min(largest) / 4 * 4;
    }
    slots
}

impl Pool {
    pub(super) fn new(messages: Sender<Message>, overdue: Arc<AtomicBool>) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            messages,
            overdue,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What is behind the lock is whole after every step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A card is open and takes this, in slots of `largest` bytes at most, which come through [`put`](Self::put).
    pub(super) fn open(&self, session: u32, room: Room, largest: u64, patience: Duration) {
        self.state().open = Some(Open {
            session,
            room,
            largest,
            patience,
        });
        self.changed.notify_all();
    }

    /// The card takes nothing more; gives back the free slots. `for_good`: there will be no other.
    pub(super) fn close(&self, for_good: bool) -> Vec<Staging> {
        let mut state = self.state();
        state.open = None;
        state.over |= for_good;
        self.changed.notify_all();
        std::mem::take(&mut state.free)
    }

    /// A slot is mapped and free.
    pub(super) fn put(&self, staging: Staging) {
        self.state().free.push(staging);
        self.changed.notify_all();
    }

    /// Whether a card is open.
    pub(super) fn is_open(&self) -> bool {
        self.state().open.is_some()
    }

    /// A slot for the picture, the smallest one that is free and large enough; waits for one at most so long. `None` at once
    /// where it would never fit, or where there is no card and never will be.
    pub(super) fn take(self: &Arc<Self>, want: &Want, at_most: Duration) -> Option<RingSlot> {
        let until = Instant::now() + at_most;
        let widest = match want.bytes_a_pixel {
            1 => Layout::Grey,
            // The matte has no say in what fits.
            4 => Layout::Rgba(crate::engine::pixels::Matte {
                colour: [0; 3],
                linear: false,
            }),
            _ => Layout::Rgb,
        };
        let bytes = stride(widest, want.size.width) as u64 * u64::from(want.size.height);
        let picture = Picture {
            layout: widest,
            size: want.size,
            to: want.to,
            how: want.how,
        };
        let mut state = self.state();
        loop {
            if state.over {
                return None;
            }
            if let Some(open) = state.open {
                if bytes > open.largest || !Batch::fits(&open.room, &picture) {
                    return None;
                }
                let free = &state.free;
                let best = (0..free.len())
                    .filter(|&i| free[i].view.len() as u64 >= bytes)
                    .min_by_key(|&i| free[i].view.len());
                if let Some(best) = best {
                    let staging = state.free.swap_remove(best);
                    return Some(RingSlot {
                        pool: Arc::clone(self),
                        staging: Some(staging),
                        room: open.room,
                        patience: open.patience,
                        picture: None,
                        written: 0,
                    });
                }
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// A slot that a worker fills.
pub(super) struct RingSlot {
    pool: Arc<Pool>,
    /// `None` once it was handed over.
    staging: Option<Staging>,
    room: Room,
    patience: Duration,
    /// Size and layout of the picture; what it is resized to is known in the end.
    picture: Option<(Size, Layout)>,
    /// Bytes of it that are there.
    written: usize,
}

impl RowSink for RingSlot {
    fn begin(&mut self, size: Size, layout: Layout) -> bool {
        let bytes = stride(layout, size.width) as u64 * u64::from(size.height);
        self.written = 0;
        self.picture = Some((size, layout));
        self.staging.as_ref().is_some_and(|staging| staging.view.len() as u64 >= bytes)
    }

    fn push(&mut self, rows: &[u8]) {
        let (Some((size, layout)), Some(staging)) = (self.picture, &mut self.staging) else {
            return;
        };
        let row = size.width as usize * layout.count();
        let stride = stride(layout, size.width);
        if row == stride {
            staging.view.slice(self.written..self.written + rows.len()).copy_from_slice(rows);
            self.written += rows.len();
            return;
        }
        for row in rows.chunks_exact(row) {
            staging.view.slice(self.written..self.written + row.len()).copy_from_slice(row);
            self.written += stride;
        }
    }
}

impl Slot for RingSlot {
    fn submit(mut self: Box<Self>, to: Size, how: Resample) -> Ticket {
        let (answer, receiver) = bounded(1);
        let ticket = Ticket::new(receiver, self.patience, Arc::clone(&self.pool.overdue));
        let Some((size, layout)) = self.picture else { return ticket };
        let picture = Picture { layout, size, to, how };
        // Where the pixels turn out to lie otherwise than the header told, it may not fit any more.
        if self.written != stride(layout, size.width) * size.height as usize || !Batch::fits(&self.room, &picture) {
            let _ = answer.send(Err(CardError::TooLarge));
            return ticket;
        }
        if let Some(staging) = self.staging.take() {
            let job = Job { staging, picture, answer };
            tell(&self.pool.messages, Message::Filled(job));
        }
        ticket
    }
}

impl Drop for RingSlot {
    /// Not used after all: the memory is still mapped.
    fn drop(&mut self) {
        let Some(staging) = self.staging.take() else { return };
        let mut state = self.pool.state();
        if state.open.is_some_and(|open| open.session == staging.session) {
            state.free.push(staging);
            self.pool.changed.notify_all();
        } else {
            tell(&self.pool.messages, Message::Stale(staging));
        }
    }
}

/// To the card's thread. Where that is gone, nobody may touch what belongs to the card: it is leaked. Whoever waits for an
/// answer learns at once that none will come.
fn tell(messages: &Sender<Message>, message: Message) {
    let Err(unheard) = messages.send(message) else { return };
    match unheard.into_inner() {
        Message::Filled(Job { staging, .. }) | Message::Stale(staging) => std::mem::forget(staging),
        Message::Wake => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_are_as_large_as_they_may_be() {
        const MIB: u64 = 1 << 20;
        for (bytes, expected) in [
            (0, (0, 0, 1)),
            (16, (0, 0, 4)),
            (24, (0, 1, 2)),
            (48, (0, 1, 8)),
            (64, (0, 2, 8)),
            (192, (1, 4, 16)),
            (256, (1, 6, 24)),
        ] {
            let ring = slots(bytes * MIB, u64::MAX);
            let count = |size: u64| ring.iter().filter(|&&slot| slot == size * MIB).count();
            assert_eq!((count(64), count(16), count(4)), expected, "{bytes} MiB");
            assert!(ring.iter().sum::<u64>() <= (bytes * MIB).max(4 * MIB));
        }
        assert!(slots(256 * MIB, 8 * MIB + 3).iter().all(|&slot| slot <= 8 * MIB));
    }
}
