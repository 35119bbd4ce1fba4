//! Measures a card by itself: whether it computes as the processor does, what it costs to hand pictures over, and what
//! submissions of several of them take. For a person who wants to know, and for `benches/gpu.sh`; no run does this.
//!
//! The [`Rig`] is a device with room for one submission, without the ring and the threads of a run, so that every step can be
//! timed alone. Tests of the kernels use it, too.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::adapters::choose;
use super::axis::Tables;
use super::batch::{Batch, Picture, Room};
use super::check::{expected, noise, padded};
use super::device::{buffer, of_error, scoped};
use super::failure::Failure;
use super::kernels::{Buffers, Kernels};
use crate::engine::metrics::{Adapter, AdapterKind, BatchRow, CardMeasurements, NotMeasured, ParityRow, UploadRow, UploadWay};
use crate::engine::pixels::{Layout, Matte, Pixels, Size};
use crate::engine::resize::{Backend, Cpu, Resample, Scratch};
use crate::engine::settings::Filter;

/// Sizes that are compared on every card, from and to: less and more, odd, of one pixel, one side alone, extreme.
const SMALL: [[u32; 4]; 6] = [
    [101, 67, 33, 22],
    [57, 40, 57, 13],
    [5, 5, 300, 7],
    [1, 3000, 1, 7],
    [1, 1, 7, 5],
    [250, 13, 97, 40],
];

/// On cards that are none the processor plays: up to 20 megapixels, which is the most that goes into one submission.
const LARGE: [[u32; 4]; 3] = [[1921, 1081, 512, 288], [3000, 4001, 384, 512], [5472, 3648, 512, 341]];

/// How often a time is taken; the median counts. One more before, which does not.
const TIMES: usize = 9;

/// The same where the processor plays the card.
const FEW_TIMES: usize = 3;

/// A device with buffers for one submission.
pub(super) struct Rig {
    pub(super) adapter: Adapter,
    pub(super) device: wgpu::Device,
    pub(super) kernels: Kernels,
    /// What a submission has room for.
    pub(super) room: Room,
    opening: Duration,
    queue: wgpu::Queue,
    source: wgpu::Buffer,
    middle: wgpu::Buffer,
    out: wgpu::Buffer,
    tables: wgpu::Buffer,
    back: wgpu::Buffer,
    /// What the driver said outside of any call.
    trouble: Arc<Mutex<Option<Failure>>>,
}

impl Rig {
    /// Opens the card of this name, or the most promising one.
    pub(super) fn open(name: Option<&str>) -> Result<Self, Failure> {
        let (adapter, described) = choose(name, true).map_err(|none| Failure::NoCard(none.to_string()))?;
        let begun = Instant::now();
        let (device, queue) = pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor {
            label: Some("shardpress, measuring"),
            required_features: adapter.features() & wgpu::Features::MAPPABLE_PRIMARY_BUFFERS,
            required_limits: adapter.limits(),
            ..wgpu::DeviceDescriptor::default()
        }))
        .map_err(|error| Failure::Lost(error.to_string()))?;
        let trouble: Arc<Mutex<Option<Failure>>> = Arc::default();
        let said = Arc::clone(&trouble);
        device.on_uncaptured_error(Arc::new(move |error| {
            if let Ok(mut trouble) = said.lock() {
                trouble.get_or_insert(of_error(&error));
            }
        }));
        let limits = device.limits();
        let most = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size).min(128 << 20);
        let room = match described.kind {
            AdapterKind::Software => Room {
                source: 8 << 20,
                middle: 16 << 20,
                out: 8 << 20,
                tables: 4 << 20,
                pixels: u64::MAX,
            },
            _ => Room {
                source: most,
                middle: most,
                out: most.min(32 << 20),
                tables: most.min(8 << 20),
                pixels: u64::MAX,
            },
        };
        use wgpu::BufferUsages as Usage;
        let make = |label, size, usage| buffer(&device, label, size, usage);
        let (kernels, [source, middle, out, tables, back]) = scoped(&device, || {
            let buffers = [
                make("source", room.source, Usage::STORAGE | Usage::COPY_DST),
                make("middle", room.middle, Usage::STORAGE),
                make("out", room.out, Usage::STORAGE | Usage::COPY_SRC),
                make("tables", room.tables, Usage::STORAGE | Usage::COPY_DST),
                make("back", room.out, Usage::MAP_READ | Usage::COPY_DST),
            ];
            (Kernels::new(&device), buffers)
        })?;
        Ok(Self {
            adapter: described,
            kernels,
            opening: begun.elapsed(),
            room,
            device,
            queue,
            source,
            middle,
            out,
            tables,
            back,
            trouble,
        })
    }

    fn is_software(&self) -> bool {
        self.adapter.kind == AdapterKind::Software
    }

    fn times(&self) -> usize {
        if self.is_software() { FEW_TIMES } else { TIMES }
    }

    fn bind(&self, kernels: &Kernels, source: &wgpu::Buffer) -> wgpu::BindGroup {
        kernels.bind(
            &self.device,
            Buffers {
                source,
                middle: &self.middle,
                out: &self.out,
                tables: &self.tables,
            },
        )
    }

    /// Waits for a submission, never for ever.
    fn wait(&self, index: wgpu::SubmissionIndex) -> Result<(), Failure> {
        let patience = Duration::from_secs(if self.is_software() { 120 } else { 10 });
        let wait = wgpu::PollType::Wait {
            submission_index: Some(index),
            timeout: Some(patience),
        };
        match self.device.poll(wait) {
            Ok(_) => {}
            Err(wgpu::PollError::Timeout) => return Err(Failure::TimedOut(patience)),
            Err(error) => return Err(Failure::Invalid(error.to_string())),
        }
        match self.trouble.lock() {
            Ok(trouble) => trouble.clone().map_or(Ok(()), Err),
            Err(_) => Err(Failure::Panicked("a callback of it panicked".into())),
        }
    }

    /// Maps a whole buffer that nothing uses.
    fn map(&self, buffer: &wgpu::Buffer, mode: wgpu::MapMode) -> Result<(), Failure> {
        let mapped = Arc::<AtomicBool>::default();
        let told = Arc::clone(&mapped);
        buffer.map_async(mode, .., move |result| told.store(result.is_ok(), Ordering::Relaxed));
        self.wait(self.queue.submit([]))?;
        if mapped.load(Ordering::Relaxed) {
            return Ok(());
        }
        Err(Failure::Invalid("a buffer was not mapped".into()))
    }

    /// Both passes over a batch, and what comes out; `fill` gets the rows into the source buffer first. Both times begin before
    /// `fill`: when the results were there to be read, and when they were read.
    fn submit(
        &self,
        kernels: &Kernels,
        batch: &Batch,
        fill: impl FnOnce(&mut wgpu::CommandEncoder),
    ) -> Result<(Vec<Pixels>, [Duration; 2]), Failure> {
        let bound = self.bind(kernels, &self.source);
        let begun = Instant::now();
        let (index, mapped) = scoped(&self.device, || {
            self.queue.write_buffer(&self.tables, 0, batch.tables());
            let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
            fill(&mut encoder);
            kernels.encode(&mut encoder, &bound, batch);
            encoder.copy_buffer_to_buffer(&self.out, 0, &self.back, 0, batch.out_bytes());
            let index = self.queue.submit([encoder.finish()]);
            let mapped = Arc::<AtomicBool>::default();
            let told = Arc::clone(&mapped);
            self.back.map_async(wgpu::MapMode::Read, ..batch.out_bytes(), move |result| {
                told.store(result.is_ok(), Ordering::Relaxed);
            });
            (index, mapped)
        })?;
        self.wait(index)?;
        let there = begun.elapsed();
        if !mapped.load(Ordering::Relaxed) {
            return Err(Failure::Invalid("the results were not mapped".into()));
        }
        let view = self
            .back
            .get_mapped_range(..batch.out_bytes())
            .map_err(|error| Failure::Invalid(error.to_string()))?;
        let pixels = (0..batch.len()).map(|i| batch.read(i, &view)).collect();
        drop(view);
        self.back.unmap();
        Ok((pixels, [there, begun.elapsed()]))
    }

    /// The results of a batch, whose pictures' padded rows are `rows`.
    pub(super) fn run(&self, kernels: &Kernels, batch: &Batch, rows: &[Vec<u8>]) -> Result<Vec<Pixels>, Failure> {
        for (i, rows) in rows.iter().enumerate() {
            self.queue.write_buffer(&self.source, batch.source(i).start, rows);
        }
        Ok(self.submit(kernels, batch, |_| {})?.0)
    }

    /// Resizes pictures of noise in batches as full as they get, in their order: samples compared with the processor's, and
    /// samples that differ, a picture.
    pub(super) fn compare(&self, pictures: &[Picture], seed: u64) -> Result<Vec<(u64, u64)>, Failure> {
        let mut compared = Vec::new();
        let mut rest = pictures;
        while !rest.is_empty() {
            let mut batch = Batch::new(self.room, &Tables::default());
            let count = rest.iter().take_while(|picture| batch.push(picture)).count();
            if count == 0 {
                return Err(Failure::Invalid("its bindings are too small".into()));
            }
            let (these, others) = rest.split_at(count);
            let rows: Vec<Vec<u8>> = these.iter().zip(seed..).map(|(picture, seed)| noise(picture, seed)).collect();
            let all_padded: Vec<Vec<u8>> = these.iter().zip(&rows).map(|(picture, rows)| padded(rows, picture)).collect();
            let found = self.run(&self.kernels, &batch, &all_padded)?;
            for ((picture, rows), found) in these.iter().zip(&rows).zip(found) {
                let expected = expected(rows, picture).map_err(Failure::Invalid)?;
                let samples = expected.data.len();
                let differing = if found.size == expected.size && found.data.len() == samples {
                    found.data.iter().zip(&expected.data).filter(|(a, b)| a != b).count()
                } else {
                    samples
                };
                compared.push((samples as u64, differing as u64));
            }
            rest = others;
        }
        Ok(compared)
    }
}

/// Measures the card of this name, or the most promising one; software ones as well, with small pictures. `progress` hears what
/// is being done. On a thread of its own, so that a panic of the graphics library ends nothing else.
///
/// # Errors
/// No such card, or one that does not do its work.
pub(in crate::engine::resize) fn measure(
    name: Option<&str>,
    progress: &mut (dyn FnMut(&str) + Send),
) -> Result<CardMeasurements, NotMeasured> {
    let measured = std::thread::scope(|scope| scope.spawn(|| measured(name, progress)).join());
    match measured {
        Ok(measured) => measured.map_err(|failure| NotMeasured(failure.to_string())),
        Err(_) => Err(NotMeasured("the graphics library failed".into())),
    }
}

fn measured(name: Option<&str>, progress: &mut (dyn FnMut(&str) + Send)) -> Result<CardMeasurements, Failure> {
    progress("Opening the graphics card");
    let rig = Rig::open(name)?;
    let parity = parity(&rig, progress)?;
    progress("Measuring ways to hand a picture over");
    let uploads = uploads(&rig)?;
    let batches = batches(&rig, progress)?;
    Ok(CardMeasurements {
        opening: rig.opening,
        parity,
        uploads,
        batches,
        adapter: rig.adapter,
    })
}

fn over(colour: [u8; 3], linear: bool) -> Layout {
    Layout::Rgba(Matte { colour, linear })
}

/// Every kind of rows, for people and for the kernels.
pub(super) fn layouts() -> [(&'static str, Layout); 7] {
    [
        ("grey", Layout::Grey),
        ("RGB", Layout::Rgb),
        ("RGBA over black", over([0; 3], false)),
        ("RGBA over white", over([255; 3], false)),
        ("RGBA over a colour", over([114, 3, 250], false)),
        ("RGBA over a colour, mixed in light", over([114, 3, 250], true)),
        ("RGBA over white, mixed in light", over([255; 3], true)),
    ]
}

/// Every filter.
pub(super) const FILTERS: [Filter; 4] = [Filter::Lanczos3, Filter::CatmullRom, Filter::Mitchell, Filter::Area];

fn parity(rig: &Rig, progress: &mut (dyn FnMut(&str) + Send)) -> Result<Vec<ParityRow>, Failure> {
    let large: &[[u32; 4]] = if rig.is_software() { &[] } else { &LARGE };
    let mut rows = Vec::new();
    for (name, layout) in layouts() {
        progress(&format!("Comparing samples with the processor's: {name}"));
        for filter in FILTERS {
            for linear in [false, true] {
                let mut row = ParityRow {
                    rows: name.to_owned(),
                    filter,
                    linear,
                    pictures: 0,
                    largest: 0,
                    samples: 0,
                    differing: 0,
                };
                // Large ones each alone: so the noise of one at a time is in memory.
                for sizes in std::iter::once(&SMALL[..]).chain(large.chunks(1)) {
                    let pictures: Vec<Picture> = sizes
                        .iter()
                        .map(|&sides| picture(layout, sides, Resample { filter, linear }))
                        .collect();
                    for (picture, (samples, differing)) in pictures.iter().zip(rig.compare(&pictures, rows.len() as u64)?) {
                        row.pictures += 1;
                        row.largest = row.largest.max(picture.size.pixels());
                        row.samples += samples;
                        row.differing += differing;
                    }
                }
                rows.push(row);
            }
        }
    }
    Ok(rows)
}

/// `sides`: of the source, then of the result.
fn picture(layout: Layout, [width, height, to_width, to_height]: [u32; 4], how: Resample) -> Picture {
    Picture {
        layout,
        size: Size { width, height },
        to: Size {
            width: to_width,
            height: to_height,
        },
        how,
    }
}

/// What a picture of the larger measurements is, by whether the processor plays the card.
fn usual(rig: &Rig) -> [u32; 4] {
    if rig.is_software() {
        [320, 240, 128, 96]
    } else {
        [3264, 2448, 512, 384]
    }
}

fn uploads(rig: &Rig) -> Result<Vec<UploadRow>, Failure> {
    use wgpu::BufferUsages as Usage;
    let picture = picture(Layout::Rgb, usual(rig), Resample::default());
    let rows = padded(&noise(&picture, 1), &picture);
    let bytes = rows.len() as u64;
    let Some(size) = wgpu::BufferSize::new(bytes) else {
        return Ok(Vec::new());
    };
    let mut batch = Batch::new(rig.room, &Tables::default());
    if !batch.push(&picture) {
        return Err(Failure::Invalid("its bindings are too small".into()));
    }
    rig.queue.write_buffer(&rig.tables, 0, batch.tables());
    let ring = buffer(&rig.device, "staging", bytes, Usage::MAP_WRITE | Usage::COPY_SRC);
    let primary = rig
        .device
        .features()
        .contains(wgpu::Features::MAPPABLE_PRIMARY_BUFFERS)
        .then(|| buffer(&rig.device, "mapped source", bytes, Usage::MAP_WRITE | Usage::STORAGE));
    let bound = rig.bind(&rig.kernels, &rig.source);
    let bound_primary = primary.as_ref().map(|primary| rig.bind(&rig.kernels, primary));
    let into_mapped = |buffer: &wgpu::Buffer| -> Result<(), Failure> {
        let mut view = buffer
            .get_mapped_range_mut(..)
            .map_err(|error| Failure::Invalid(error.to_string()))?;
        view.copy_from_slice(&rows);
        drop(view);
        buffer.unmap();
        Ok(())
    };
    let once = |way: UploadWay| -> Result<[Duration; 2], Failure> {
        let mapped = match (way, &primary) {
            (UploadWay::Ring, _) => Some(&ring),
            (UploadWay::Primary, Some(primary)) => Some(primary),
            _ => None,
        };
        if let Some(mapped) = mapped {
            rig.map(mapped, wgpu::MapMode::Write)?;
        }
        let begun = Instant::now();
        match mapped {
            Some(mapped) => into_mapped(mapped)?,
            None if way == UploadWay::Write => rig.queue.write_buffer(&rig.source, 0, &rows),
            None => {
                let view = rig.queue.write_buffer_with(&rig.source, 0, size);
                view.ok_or(Failure::OutOfMemory)?.copy_from_slice(&rows);
            }
        }
        let caller = begun.elapsed();
        let mut encoder = rig.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        if way == UploadWay::Ring {
            encoder.copy_buffer_to_buffer(&ring, 0, &rig.source, 0, bytes);
        }
        let bound = match (way, &bound_primary) {
            (UploadWay::Primary, Some(primary)) => primary,
            _ => &bound,
        };
        rig.kernels.encode(&mut encoder, bound, &batch);
        rig.wait(rig.queue.submit([encoder.finish()]))?;
        Ok([caller, begun.elapsed()])
    };
    let mut ways = vec![UploadWay::Ring, UploadWay::Write, UploadWay::WriteInPlace];
    ways.extend(primary.is_some().then_some(UploadWay::Primary));
    ways.into_iter()
        .map(|way| {
            let [caller, done] = medians(rig.times(), || once(way))?;
            Ok(UploadRow {
                way,
                pixels: picture.size.pixels(),
                caller,
                done,
            })
        })
        .collect()
}

fn batches(rig: &Rig, progress: &mut (dyn FnMut(&str) + Send)) -> Result<Vec<BatchRow>, Failure> {
    let lanczos = |linear| Resample {
        filter: Filter::Lanczos3,
        linear,
    };
    let kinds = [
        ("RGB, Lanczos3", Layout::Rgb, lanczos(false)),
        ("RGBA over white, Lanczos3", over([255; 3], false), lanczos(false)),
        ("RGB, Lanczos3 in linear light", Layout::Rgb, lanczos(true)),
    ];
    let sizes: &[[u32; 4]] = if rig.is_software() {
        &[[160, 120, 64, 48], [320, 240, 128, 96]]
    } else {
        &[[816, 612, 512, 384], [1632, 1224, 512, 384], [3264, 2448, 512, 384]]
    };
    let mut rows = Vec::new();
    for (what, layout, how) in kinds {
        for &sides in sizes {
            let picture = picture(layout, sides, how);
            progress(&format!("Measuring submissions: {what}, {} × {}", sides[0], sides[1]));
            let packed = noise(&picture, 2);
            let core = core(&picture, &packed, rig.times())?;
            let staging = staged(rig, &padded(&packed, &picture))?;
            for pictures in [1, 2, 4, 8, 16] {
                let mut batch = Batch::new(rig.room, &Tables::default());
                if (0..pictures).any(|_| !batch.push(&picture)) {
                    break;
                }
                let [submission, read] = medians(rig.times(), || {
                    let fill = |encoder: &mut wgpu::CommandEncoder| {
                        for i in 0..batch.len() {
                            let range = batch.source(i);
                            encoder.copy_buffer_to_buffer(&staging, 0, &rig.source, range.start, range.end - range.start);
                        }
                    };
                    Ok(rig.submit(&rig.kernels, &batch, fill)?.1)
                })?;
                rows.push(BatchRow {
                    what: what.to_owned(),
                    pixels: picture.size.pixels(),
                    pictures,
                    submission,
                    reading: read.saturating_sub(submission),
                    core,
                });
            }
        }
    }
    Ok(rows)
}

/// A staging buffer with these rows.
fn staged(rig: &Rig, rows: &[u8]) -> Result<wgpu::Buffer, Failure> {
    let usage = wgpu::BufferUsages::MAP_WRITE | wgpu::BufferUsages::COPY_SRC;
    let staging = scoped(&rig.device, || buffer(&rig.device, "staging", rows.len() as u64, usage))?;
    rig.map(&staging, wgpu::MapMode::Write)?;
    staging
        .get_mapped_range_mut(..)
        .map_err(|error| Failure::Invalid(error.to_string()))?
        .copy_from_slice(rows);
    staging.unmap();
    Ok(staging)
}

/// What one core of the processor takes for a picture: flattening and resizing.
fn core(picture: &Picture, packed: &[u8], times: usize) -> Result<Duration, Failure> {
    let mut scratch = Scratch::default();
    let mut source = Pixels {
        size: picture.size,
        channels: picture.layout.channels(),
        data: packed.to_vec(),
    };
    let [median, _] = medians(times, || {
        let begun = Instant::now();
        if let Layout::Rgba(matte) = picture.layout {
            source.data = matte.flatten(packed);
        }
        Cpu.resize(&source, picture.to, picture.how, &mut scratch)
            .map_err(|error| Failure::Invalid(error.to_string()))?;
        Ok([begun.elapsed(); 2])
    })?;
    Ok(median)
}

/// The median of each of both times; the first attempt does not count.
fn medians(times: usize, mut once: impl FnMut() -> Result<[Duration; 2], Failure>) -> Result<[Duration; 2], Failure> {
    once()?;
    let all = (0..times.max(1)).map(|_| once()).collect::<Result<Vec<_>, _>>()?;
    Ok(std::array::from_fn(|i| {
        let mut sorted: Vec<Duration> = all.iter().map(|both| both[i]).collect();
        sorted.sort();
        sorted[sorted.len() / 2]
    }))
}
