//! An opened card: its device, its buffers, and one submission after another. Every call to wgpu that can fail does so as a
//! [`Failure`]; nothing waits longer than it was told to.
//!
//! # A lost device
//! wgpu frees the buffers of a lost device at its next poll, also those that are mapped, whoever holds a view of them. So a
//! device that was reported lost is never polled again: all it is still good for is to be dropped, which waits for the views.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;

use super::axis::Tables;
use super::batch::{Batch, Room};
use super::failure::{Failure, Faults, Step};
use super::kernels::{Buffers, Kernels};
use super::ring::{Job, Staging};
use crate::engine::metrics::{Adapter, AdapterKind};
use crate::engine::pixels::Pixels;
use crate::engine::resize::card::CardError;

/// Bytes of a binding that every card has to allow in WebGPU's own terms; lavapipe allows exactly as much.
const BINDING: u64 = 128 << 20;

/// Source pixels of a submission at most: long ones block the machine's own drawing, and systems reset cards that take
/// seconds.
const MOST_PIXELS: u64 = 20_000_000;

/// What a submission should take at most.
const LONGEST: Duration = Duration::from_millis(50);

/// Submissions that are under way at the same time: while one is computed the next is handed over.
const SETS: usize = 2;

/// An open card.
pub(super) struct Opened {
    pub(super) adapter: Adapter,
    pub(super) room: Room,
    /// Weights of pictures before.
    pub(super) tables: Tables,
    device: wgpu::Device,
    queue: wgpu::Queue,
    kernels: Kernels,
    /// Staging buffers by slot.
    ring: Vec<wgpu::Buffer>,
    sets: Vec<Set>,
    /// Said by the driver, or by a call outside every scope.
    trouble: Arc<Mutex<Option<Failure>>>,
    mapped: Arc<Mutex<Mapped>>,
    faults: Faults,
    session: u32,
    /// Time a source pixel took lately, nanoseconds; 0 while none is known.
    pace: f64,
    /// When the last submission was done.
    last_done: Option<Instant>,
}

/// Buffers of the card for one submission.
struct Set {
    source: wgpu::Buffer,
    out: wgpu::Buffer,
    tables: wgpu::Buffer,
    back: wgpu::Buffer,
    bindings: wgpu::BindGroup,
    busy: Option<Flight>,
}

/// A submission under way.
struct Flight {
    index: wgpu::SubmissionIndex,
    begun: Instant,
    batch: Batch,
    answers: Vec<Sender<Result<Pixels, CardError>>>,
}

/// What became of the submissions since anybody looked.
#[derive(Default)]
pub(super) struct Progress {
    /// Submissions that were answered.
    pub(super) batches: u64,
    /// Images in them.
    pub(super) images: u64,
    /// Their source pixels.
    pub(super) pixels: u64,
    /// Slots that are mapped again.
    pub(super) free: Vec<Staging>,
}

/// What was mapped since anybody looked: said by callbacks while the device is polled.
#[derive(Default)]
struct Mapped {
    slots: Vec<usize>,
    sets: Vec<usize>,
    failed: Option<String>,
}

/// What a submission has room for.
fn room(kind: AdapterKind, limits: &wgpu::Limits) -> Room {
    let binding = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size).min(BINDING);
    let (source, middle, out) = match kind {
        AdapterKind::Software => (8 << 20, 8 << 20, 4 << 20),
        _ => (72 << 20, 48 << 20, 16 << 20),
    };
    Room {
        source: binding.min(source),
        middle: binding.min(middle),
        out: binding.min(out),
        tables: binding.min(4 << 20),
        pixels: MOST_PIXELS,
    }
}

impl Opened {
    /// Opens the card, makes its kernels and buffers, and maps the first slots. `slots`: bytes of each, from the largest that
    /// makes sense.
    pub(super) fn new(
        adapter: &wgpu::Adapter,
        described: Adapter,
        slots: impl Fn(u64) -> Vec<u64>,
        faults: Faults,
        session: u32,
    ) -> Result<Self, Failure> {
        faults.check(Step::Open)?;
        let trouble: Arc<Mutex<Option<Failure>>> = Arc::default();
        let (device, queue) = pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor {
            label: Some("shardpress"),
            required_features: wgpu::Features::empty(),
            required_limits: adapter.limits(),
            memory_hints: wgpu::MemoryHints::MemoryUsage,
            ..wgpu::DeviceDescriptor::default()
        }))
        .map_err(|error| Failure::Lost(error.to_string()))?;
        let note = |trouble: &Arc<Mutex<Option<Failure>>>| {
            let trouble = Arc::clone(trouble);
            move |failure: Failure| {
                locked(&trouble).get_or_insert(failure);
            }
        };
        let lost = note(&trouble);
        device.set_device_lost_callback(move |_, message| lost(Failure::Lost(one_line(&message))));
        let uncaught = note(&trouble);
        // Without it wgpu panics.
        device.on_uncaptured_error(Arc::new(move |error| uncaught(of_error(&error))));

        faults.check(Step::Allocate)?;
        let room = room(described.kind, &device.limits());
        let (kernels, ring, sets) = scoped(&device, || {
            let kernels = Kernels::new(&device);
            let ring: Vec<_> = slots(room.source)
                .into_iter()
                .map(|bytes| {
                    buffer(
                        &device,
                        "staging",
                        bytes,
                        wgpu::BufferUsages::MAP_WRITE | wgpu::BufferUsages::COPY_SRC,
                    )
                })
                .collect();
            let sets: Vec<_> = (0..SETS).map(|_| Set::new(&device, &kernels, &room)).collect();
            (kernels, ring, sets)
        })?;
        let opened = Self {
            adapter: described,
            room,
            tables: Tables::default(),
            device,
            queue,
            kernels,
            ring,
            sets,
            trouble,
            mapped: Arc::default(),
            faults,
            session,
            pace: 0.0,
            last_done: None,
        };
        for slot in 0..opened.ring.len() {
            opened.map(slot)?;
        }
        opened.healthy()?;
        Ok(opened)
    }

    /// How long a submission may take before the card counts as hung.
    pub(super) fn patience(&self) -> Duration {
        let usual = match self.adapter.kind {
            // The processor that poses as one, beside the workers.
            AdapterKind::Software => Duration::from_secs(120),
            // Windows itself resets a card after 2 s.
            _ => Duration::from_secs(4),
        };
        self.faults.patience.unwrap_or(usual)
    }

    /// Bytes of the largest slot.
    pub(super) fn largest_slot(&self) -> u64 {
        self.ring.iter().map(wgpu::Buffer::size).max().unwrap_or(0)
    }

    /// Which opening of a card this is.
    pub(super) fn session(&self) -> u32 {
        self.session
    }

    /// Whoever waits for an answer is told that none will come.
    pub(super) fn abandon(&mut self) {
        for set in &mut self.sets {
            if let Some(flight) = &mut set.busy {
                flight.answers.clear();
            }
        }
    }

    /// Whether anything is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.sets.iter().all(|set| set.busy.is_none())
    }

    /// Whether another batch can be handed over.
    pub(super) fn takes_more(&self) -> bool {
        self.sets.iter().any(|set| set.busy.is_none())
    }

    /// What the next submission should hold: as much as the card does in [`LONGEST`], by its pace so far.
    pub(super) fn next_room(&self) -> Room {
        let pixels = if self.pace > 0.0 {
            (LONGEST.as_nanos() as f64 / self.pace) as u64
        } else {
            MOST_PIXELS
        };
        Room {
            pixels: pixels.min(MOST_PIXELS),
            ..self.room
        }
    }

    /// Starts mapping a slot again.
    fn map(&self, slot: usize) -> Result<(), Failure> {
        self.faults.check(Step::Map)?;
        let mapped = Arc::clone(&self.mapped);
        self.ring[slot].map_async(wgpu::MapMode::Write, .., move |result| {
            let mut mapped = locked(&mapped);
            match result {
                Ok(()) => mapped.slots.push(slot),
                Err(error) => mapped.failed = Some(error.to_string()),
            }
        });
        Ok(())
    }

    /// The slots that are mapped now and were not before.
    fn mapped_slots(&mut self) -> Result<Vec<Staging>, Failure> {
        let slots = std::mem::take(&mut locked(&self.mapped).slots);
        slots
            .into_iter()
            .map(|index| {
                let view = self.ring[index]
                    .get_mapped_range_mut(..)
                    .map_err(|error| Failure::Invalid(error.to_string()))?;
                Ok(Staging {
                    session: self.session,
                    index,
                    view,
                })
            })
            .collect()
    }

    /// Hands a batch over; to be called where [`takes_more`](Self::takes_more). `jobs` are its pictures, in its order. After an
    /// error they are lost.
    pub(super) fn submit(&mut self, batch: Batch, jobs: Vec<Job>) -> Result<(), Failure> {
        self.healthy()?;
        self.faults.check(Step::Submit)?;
        let Some(at) = self.sets.iter().position(|set| set.busy.is_none()) else {
            return Ok(());
        };
        let begun = Instant::now();
        let (mut slots, mut answers) = (Vec::with_capacity(jobs.len()), Vec::with_capacity(jobs.len()));
        for Job { staging, answer, .. } in jobs {
            let Staging { index, view, .. } = staging;
            // The view has to be gone before its buffer is unmapped.
            drop(view);
            self.ring[index].unmap();
            slots.push(index);
            answers.push(answer);
        }
        let set = &self.sets[at];
        let index = scoped(&self.device, || {
            self.queue.write_buffer(&set.tables, 0, batch.tables());
            let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
            for (i, &slot) in slots.iter().enumerate() {
                let range = batch.source(i);
                encoder.copy_buffer_to_buffer(&self.ring[slot], 0, &set.source, range.start, range.end - range.start);
            }
            self.kernels.encode(&mut encoder, &set.bindings, &batch);
            encoder.copy_buffer_to_buffer(&set.out, 0, &set.back, 0, batch.out_bytes());
            self.queue.submit([encoder.finish()])
        })?;
        self.healthy()?;
        for slot in slots {
            self.map(slot)?;
        }
        let mapped = Arc::clone(&self.mapped);
        self.sets[at]
            .back
            .map_async(wgpu::MapMode::Read, ..batch.out_bytes(), move |result| {
                let mut mapped = locked(&mapped);
                match result {
                    Ok(()) => mapped.sets.push(at),
                    Err(error) => mapped.failed = Some(error.to_string()),
                }
            });
        self.sets[at].busy = Some(Flight {
            index,
            begun,
            batch,
            answers,
        });
        Ok(())
    }

    /// Looks what has become of the submissions under way, answers those that are done, and gives back the slots that are free
    /// again. Waits for the oldest submission at most `at_most`.
    pub(super) fn poll(&mut self, at_most: Option<Duration>) -> Result<Progress, Failure> {
        self.healthy()?;
        self.faults.check(Step::Wait)?;
        #[cfg(test)]
        if self.faults.destroy.swap(false, std::sync::atomic::Ordering::Relaxed) {
            self.device.destroy();
        }
        let oldest = self
            .sets
            .iter()
            .filter_map(|set| set.busy.as_ref())
            .min_by_key(|flight| flight.begun);
        let how = match (at_most, oldest) {
            (Some(timeout), Some(flight)) => wgpu::PollType::Wait {
                submission_index: Some(flight.index.clone()),
                timeout: Some(timeout),
            },
            _ => wgpu::PollType::Poll,
        };
        match self.device.poll(how) {
            Ok(_) | Err(wgpu::PollError::Timeout) => {}
            Err(error) => return Err(Failure::Invalid(one_line(&error.to_string()))),
        }
        self.healthy()?;
        let (sets, failed) = {
            let mut mapped = locked(&self.mapped);
            (std::mem::take(&mut mapped.sets), mapped.failed.take())
        };
        if let Some(error) = failed {
            return Err(Failure::Lost(error));
        }
        let mut progress = Progress::default();
        for at in sets {
            self.faults.check(Step::Read)?;
            self.answer(at, &mut progress)?;
        }
        let patience = self.patience();
        if self
            .sets
            .iter()
            .filter_map(|set| set.busy.as_ref())
            .any(|flight| flight.begun.elapsed() > patience)
        {
            return Err(Failure::TimedOut(patience));
        }
        progress.free = self.mapped_slots()?;
        Ok(progress)
    }

    /// A submission is read back.
    fn answer(&mut self, at: usize, progress: &mut Progress) -> Result<(), Failure> {
        let set = &mut self.sets[at];
        let Some(flight) = set.busy.take() else { return Ok(()) };
        let view = set
            .back
            .get_mapped_range(..flight.batch.out_bytes())
            .map_err(|error| Failure::Invalid(one_line(&error.to_string())))?;
        for (i, answer) in flight.answers.iter().enumerate() {
            // Whoever asked may have given up.
            let _ = answer.send(Ok(flight.batch.read(i, &view)));
        }
        drop(view);
        set.back.unmap();
        let pixels = flight.batch.pixels();
        progress.batches += 1;
        progress.images += flight.answers.len() as u64;
        progress.pixels += pixels;
        // Behind another submission it had to wait for that one first.
        let now = Instant::now();
        let begun = self.last_done.map_or(flight.begun, |last| last.max(flight.begun));
        let pace = now.duration_since(begun).as_nanos() as f64 / pixels.max(1) as f64;
        // Short ones are mostly the way there and back.
        if now.duration_since(begun) >= LONGEST / 10 {
            self.pace = if self.pace > 0.0 { 0.7 * self.pace + 0.3 * pace } else { pace };
        }
        self.last_done = Some(now);
        Ok(())
    }

    /// The driver said that something is wrong.
    fn healthy(&self) -> Result<(), Failure> {
        locked(&self.trouble).clone().map_or(Ok(()), Err)
    }
}

impl Set {
    fn new(device: &wgpu::Device, kernels: &Kernels, room: &Room) -> Self {
        use wgpu::BufferUsages as Usage;
        let make = |label, bytes, usage| buffer(device, label, bytes, usage);
        let source = make("source", room.source, Usage::STORAGE | Usage::COPY_DST);
        let middle = make("middle", room.middle, Usage::STORAGE);
        let out = make("out", room.out, Usage::STORAGE | Usage::COPY_SRC);
        let tables = make("tables", room.tables, Usage::STORAGE | Usage::COPY_DST);
        let back = make("back", room.out, Usage::MAP_READ | Usage::COPY_DST);
        let bindings = kernels.bind(
            device,
            Buffers {
                source: &source,
                middle: &middle,
                out: &out,
                tables: &tables,
            },
        );
        Self {
            source,
            out,
            tables,
            back,
            bindings,
            busy: None,
        }
    }
}

/// A buffer that is not mapped.
pub(super) fn buffer(device: &wgpu::Device, label: &str, size: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size,
        usage,
        mapped_at_creation: false,
    })
}

/// Runs calls to wgpu; whatever they complain about is the error.
pub(super) fn scoped<T>(device: &wgpu::Device, calls: impl FnOnce() -> T) -> Result<T, Failure> {
    use wgpu::ErrorFilter::{Internal, OutOfMemory, Validation};
    let guards = [Internal, Validation, OutOfMemory].map(|filter| device.push_error_scope(filter));
    let result = calls();
    // The last one first.
    let mut failure = None;
    for guard in guards.into_iter().rev() {
        if let Some(error) = pollster::block_on(guard.pop()) {
            failure.get_or_insert(of_error(&error));
        }
    }
    failure.map_or(Ok(result), Err)
}

/// What wgpu says, as a reason to stop.
pub(super) fn of_error(error: &wgpu::Error) -> Failure {
    match error {
        wgpu::Error::OutOfMemory { .. } => Failure::OutOfMemory,
        wgpu::Error::Validation { description, .. } | wgpu::Error::Internal { description, .. } => Failure::Invalid(one_line(description)),
    }
}

/// A message of several lines on one, and not too long.
fn one_line(message: &str) -> String {
    let words: Vec<&str> = message.split_whitespace().collect();
    words
        .join(" ")
        .chars()
        .take(300)
        .collect::<String>()
        .trim_end_matches(['.', ':'])
        .to_owned()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is behind the locks is plain data, whole after every step.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
