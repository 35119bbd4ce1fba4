//! Hostile files through all that a run does with one image: probe, cost, shrink. Whatever the bytes, the end is a verified
//! replacement or an error with a reason; never a panic, never more memory than was promised, never more time than is allowed, and
//! never half a picture for a whole one.
//!
//! A slice of it is a test. The whole is `campaign_hostile`, which `tests/faults/hostile.sh` runs over a folder of hard pictures
//! (`SHARDPRESS_CORPUS`) or over the sample library. It measures the memory of its process, so it must be alone in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::clock::allowance;
use super::mutations::{cuts, flipped, lies};
use super::*;
use crate::engine::pixels::{InMemory, probe};
use crate::engine::resize::fake::Fake;
use crate::engine::resize::{Cpu, ResizeError};

/// What the allocator may keep beyond what was asked for, the thread's stack and the kernel's way of counting pages, bytes.
const SLACK: u64 = 6 << 20;
/// Between two looks at the clock, for the slowest machine: a row, a scan, one call into a codec.
const MARGIN: Duration = Duration::from_secs(5);

/// Longest side that is asked for: smaller than the smallest picture drawn here, so that all are resized.
const TARGET: u32 = 40;

/// How one file ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    /// Replaced, with these bytes.
    Shrunk(Vec<u8>),
    /// Left alone, for the reason of this code.
    Refused(&'static str),
    /// What must never be; in words.
    Defect(String),
}

/// What working on one file came to.
struct Tried {
    end: End,
    /// Memory that was promised, bytes; 0 where it was refused by its header.
    promised: u64,
    /// Memory it took, bytes; 0 where that was not measured.
    took: u64,
    /// Time of the processor.
    cpu: Duration,
    /// Time it may take.
    allowed: Duration,
}

/// Settings and a worker with them.
struct Way {
    settings: Settings,
    shrinker: Shrinker,
    backend: Arc<dyn Backend>,
}

impl Way {
    /// To a few pixels, which is quick; `keeping`: with all that stands beside the pixels.
    fn new(keeping: bool, backend: Arc<dyn Backend>) -> Self {
        let mut settings = Settings::default();
        settings.picture.target = TARGET;
        if keeping {
            settings.picture.metadata = Metadata::Keep;
            settings.picture.prompts = true;
        }
        Self {
            shrinker: Shrinker::new(&settings, Arc::clone(&backend)),
            settings,
            backend,
        }
    }

    /// As a run does: head, cost, picture. `strips`: as where memory is short. `measure`: the memory, which is that of the process.
    fn tries(&mut self, bytes: &[u8], strips: bool, measure: bool) -> Tried {
        let (mut promised, mut allowed) = (0, Duration::ZERO);
        let before = if measure { peak_from_here() } else { None };
        let begun = cpu_time();
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let header = match guard::run(|| probe(&mut InMemory(bytes))) {
                Ok(Ok(header)) => header,
                Ok(Err(error)) => return End::Refused(ShrinkError::from(error).code()),
                Err(panic) => return End::Defect(format!("the probe panicked: {panic}")),
            };
            if header.animated {
                return End::Refused("animated");
            }
            allowed = allowance(header.size, &self.settings.limits);
            let cost = match guard::run(|| cost(&header, bytes.len() as u64, &self.settings)) {
                Ok(Ok(cost)) => cost,
                Ok(Err(error)) => return End::Refused(ShrinkError::from(error).code()),
                Err(panic) => return End::Defect(format!("the cost panicked: {panic}")),
            };
            let strips = cost.strips.filter(|_| strips);
            promised = strips.unwrap_or(cost.whole);
            match self.shrinker.shrink(bytes, strips.is_some()) {
                Ok(shrunk) => match probe(&mut InMemory(&shrunk.bytes)) {
                    Ok(found) if found.size == shrunk.after && found.size.longest() <= TARGET.max(header.size.longest()) => {
                        End::Shrunk(shrunk.bytes)
                    }
                    found => End::Defect(format!("replaced by something else: {found:?}")),
                },
                Err(ShrinkError::Panicked(panic)) => End::Defect(format!("a panic: {panic}")),
                Err(error) if error.to_string().is_empty() || error.advice().is_empty() => {
                    End::Defect(format!("{} without words", error.code()))
                }
                Err(error) => End::Refused(error.code()),
            }
        }));
        let cpu = cpu_time().saturating_sub(begun);
        let took = before.and_then(|before| peak()?.checked_sub(before)).unwrap_or(0);
        let end = caught.unwrap_or_else(|_| {
            self.shrinker = Shrinker::new(&self.settings, Arc::clone(&self.backend));
            End::Defect("a panic that was not caught".into())
        });
        Tried {
            end,
            promised,
            took,
            cpu,
            allowed,
        }
    }
}

/// Makes the process forget the most memory it ever had; what it has now, bytes. `None` where the system does not offer that.
fn peak_from_here() -> Option<u64> {
    fs::write("/proc/self/clear_refs", "5").ok()?;
    peak()
}

/// The most memory that the process had since, bytes: codecs in C included, and only pages that were touched.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? << 10)
}

/// Time of the processor that this thread had: it does not grow while a busy machine works on something else.
fn cpu_time() -> Duration {
    #[cfg(unix)]
    {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
    }
    #[cfg(not(unix))]
    {
        static BEGUN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        BEGUN.get_or_init(Instant::now).elapsed()
    }
}

/// What a campaign counts.
#[derive(Default)]
struct Counts {
    tried: u64,
    by_kind: BTreeMap<&'static str, u64>,
    ends: BTreeMap<&'static str, u64>,
    /// One of each kind and file.
    defects: BTreeMap<String, String>,
    /// Largest share of what was promised that was taken, in thousandths, of those that took more than the slack.
    fullest: u64,
    most: u64,
    longest: Duration,
    measured: bool,
}

impl Counts {
    /// Counts a file; the defect, if it is one.
    fn count(&mut self, kind: &'static str, name: &str, tried: &Tried) -> Option<String> {
        self.tried += 1;
        *self.by_kind.entry(kind).or_default() += 1;
        let mut defect = None;
        match &tried.end {
            End::Shrunk(_) => *self.ends.entry("shrunk").or_default() += 1,
            End::Refused(code) => *self.ends.entry(code).or_default() += 1,
            End::Defect(what) => defect = Some(what.clone()),
        }
        self.most = self.most.max(tried.took);
        self.longest = self.longest.max(tried.cpu);
        if tried.took > SLACK && tried.promised > 0 {
            self.fullest = self.fullest.max((tried.took - SLACK) * 1000 / tried.promised);
        }
        if tried.took > tried.promised + SLACK {
            defect = Some(format!("took {} KiB, promised {}", tried.took >> 10, tried.promised >> 10));
        }
        if tried.cpu > tried.allowed + MARGIN {
            defect = Some(format!("took {:?} of {:?}", tried.cpu, tried.allowed));
        }
        self.defect(kind, name, defect)
    }

    /// Keeps the first of each kind and file.
    fn defect(&mut self, kind: &'static str, name: &str, defect: Option<String>) -> Option<String> {
        let defect = defect?;
        let file = name.split(' ').next().unwrap_or_default();
        // Numbers differ from one finding to the next of the same fault.
        let alike: String = defect.chars().filter(|c| !c.is_ascii_digit()).collect();
        let key = format!("{kind} {file} {alike}");
        if self.defects.contains_key(&key) {
            return None;
        }
        eprintln!("DEFECT {name}: {defect}");
        self.defects.insert(key, format!("{name}: {defect}"));
        Some(defect)
    }
}

/// One file of which hostile ones are made.
struct Subject {
    name: String,
    bytes: Vec<u8>,
    /// What becomes of it as it is, with and without what stands beside the pixels.
    whole: End,
    /// How many files with changed bytes are made from it.
    flips: u64,
    /// A bomb by itself: everything about it takes long, so it is changed once in each way.
    bomb: bool,
    /// Makes its changes others than those of the next file.
    seed: u64,
}

/// All ways to be hostile, over some files.
struct Campaign {
    plain: Way,
    keeping: Way,
    measure: bool,
    counts: Counts,
    /// Findings are kept here, and the name of what is tried now, for the case that the process dies of it.
    keep: Option<PathBuf>,
}

impl Campaign {
    fn new(measure: bool, backend: &Arc<dyn Backend>) -> Self {
        Self {
            plain: Way::new(false, Arc::clone(backend)),
            keeping: Way::new(true, Arc::clone(backend)),
            measure,
            counts: Counts::default(),
            keep: None,
        }
    }

    /// Tries one file in one of the ways that `number` names.
    fn tries(&mut self, kind: &'static str, name: &str, bytes: &[u8], number: u64) -> Tried {
        if let Some(keep) = &self.keep {
            let _ = fs::write(keep.join("now"), format!("{name} way {number}"));
        }
        let way = if number % 4 == 3 { &mut self.keeping } else { &mut self.plain };
        let tried = way.tries(bytes, number.is_multiple_of(2), self.measure);
        if self.counts.count(kind, name, &tried).is_some() {
            self.keeps(kind, bytes);
        }
        tried
    }

    fn keeps(&self, kind: &str, bytes: &[u8]) {
        if let Some(keep) = &self.keep {
            let _ = fs::write(keep.join(format!("{kind}-{}", self.counts.defects.len())), bytes);
        }
    }

    /// The file as it is, and how many changes it is worth.
    fn subject(&mut self, name: &str, bytes: Vec<u8>, flips: u64) -> Subject {
        let name = name.replace(' ', "_");
        let seed = crc32fast::hash(name.as_bytes()).into();
        let begun = Instant::now();
        let tried = self.tries("whole", &name, &bytes, 1);
        for number in [0, 3] {
            self.tries("whole", &name, &bytes, number);
        }
        let bomb = tried.promised > 256 << 20 || begun.elapsed() > Duration::from_secs(3) || bytes.len() > 16 << 20;
        Subject {
            whole: tried.end,
            flips: if bytes.len() > 200_000 { flips.min(20) } else { flips },
            name,
            bytes,
            bomb,
            seed,
        }
    }

    /// Cut at `places`. What is cut inside its pixels never passes for whole.
    fn cut(&mut self, of: &Subject, places: usize) {
        let places: Vec<usize> = if of.bomb {
            vec![of.bytes.len() / 2]
        } else {
            cuts(of.bytes.len(), places).collect()
        };
        for place in places {
            let name = format!("{} cut to {place} bytes", of.name);
            let tried = self.tries("cut", &name, &of.bytes[..place], 1);
            if matches!(tried.end, End::Shrunk(_)) && tried.end != of.whole {
                let defect = Some("a part of the picture passed for all of it".into());
                if self.counts.defect("cut", &name, defect).is_some() {
                    self.keeps("cut", &of.bytes[..place]);
                }
            }
        }
    }

    fn lie(&mut self, of: &Subject) {
        if of.bomb {
            return;
        }
        for (number, (what, bytes)) in (0..).zip(lies(&of.bytes)) {
            self.tries("lying", &format!("{} {what}", of.name), &bytes, number);
        }
    }

    /// Changed bytes, from one number to the next.
    fn flip(&mut self, of: &Subject, numbers: std::ops::Range<u64>) {
        for number in numbers.start..numbers.end.min(if of.bomb { 1 } else { of.flips }) {
            let bytes = flipped(&of.bytes, of.seed << 32 | number);
            self.tries("flipped", &format!("{} flip {number}", of.name), &bytes, number);
        }
    }

    /// One line that can be quoted.
    fn line(&self, files: usize, begun: Instant) -> String {
        let counts = &self.counts;
        let memory = if counts.measured {
            format!("at most {} MiB, {} % of what was promised", counts.most >> 20, counts.fullest / 10)
        } else {
            "memory not measured".into()
        };
        format!(
            "hostile: {files} files, {} tried {:?}, ends {:?}, {memory}, at most {:.1} s of the processor, {} defects, {} s",
            counts.tried,
            counts.by_kind,
            counts.ends,
            counts.longest.as_secs_f64(),
            counts.defects.len(),
            begun.elapsed().as_secs()
        )
    }
}

fn number_from(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Pictures of a folder and of those in it, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("a folder of pictures") {
        let path = entry.expect("an entry").path();
        let aside = path
            .extension()
            .is_some_and(|ending| ["csv", "md", "json", "txt"].iter().any(|aside| ending == *aside));
        if path.is_dir() {
            // The truth pictures of the corpus are what others should look like.
            if path.file_name().is_some_and(|name| name != "truth") {
                found.extend(files(&path));
            }
        } else if !aside {
            found.insert(path);
        }
    }
    found.into_iter().collect()
}

/// Takes 64 MiB that nobody was promised.
struct Greedy;

impl Backend for Greedy {
    fn name(&self) -> String {
        "greedy".into()
    }

    fn resize(&self, _: &Pixels, _: Size, _: Resample, _: &mut Scratch) -> Result<Pixels, ResizeError> {
        let much = vec![7_u8; 64 << 20];
        Err(ResizeError::Backend(format!("{} bytes", std::hint::black_box(much).len())))
    }
}

/// The control: without it, a campaign that finds nothing says nothing. Whether memory is measured here at all.
fn planted_faults_are_found(measure: bool) -> bool {
    let picture = small_pictures().swap_remove(0).1;
    let mut panics = Campaign::new(false, &(Arc::new(Fake::Panics) as Arc<dyn Backend>));
    panics.tries("control", "control", &picture, 1);
    assert_eq!(panics.counts.defects.len(), 1, "a panic was not found");
    if !measure {
        return false;
    }
    let measured = peak_from_here().is_some();
    let mut greedy = Campaign::new(measured, &(Arc::new(Greedy) as Arc<dyn Backend>));
    greedy.tries("control", "control", &picture, 1);
    assert_eq!(greedy.counts.defects.len(), usize::from(measured), "64 MiB too many were not found");
    measured
}

#[test]
#[ignore = "takes hours over the corpus: tests/faults/hostile.sh"]
fn campaign_hostile() {
    let begun = Instant::now();
    let seconds = Duration::from_secs(number_from("SHARDPRESS_CAMPAIGN_SECONDS", u64::MAX));
    let flips = number_from("SHARDPRESS_CAMPAIGN_FLIPS", 1000);
    let (part, parts) = (
        number_from("SHARDPRESS_CAMPAIGN_PART", 0),
        number_from("SHARDPRESS_CAMPAIGN_PARTS", 1),
    );
    let measured = planted_faults_are_found(true);
    let library = tempfile::tempdir().expect("a folder");
    let folder = std::env::var_os("SHARDPRESS_CORPUS").map_or_else(
        || {
            crate::engine::sample::write_sample(library.path()).expect("a library");
            library.path().to_path_buf()
        },
        PathBuf::from,
    );
    let mut campaign = Campaign::new(measured, &(Arc::new(Cpu) as Arc<dyn Backend>));
    campaign.counts.measured = measured;
    campaign.keep = std::env::var_os("SHARDPRESS_CAMPAIGN_KEEP").map(PathBuf::from);
    let mine = (0_u64..).zip(files(&folder)).filter(|(at, _)| at % parts == part);
    let mut subjects = Vec::new();
    let mut told = Instant::now();
    // All files in every round, so that one that ends early has tried them all.
    for (_, path) in mine {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let bytes = fs::read(&path).expect("a picture");
        let subject = campaign.subject(&name.unwrap_or_default(), bytes, flips);
        campaign.cut(&subject, 64);
        campaign.lie(&subject);
        subjects.push(subject);
        if told.elapsed() > Duration::from_secs(30) {
            told = Instant::now();
            eprintln!("{}", campaign.line(subjects.len(), begun));
        }
    }
    let mut rounds = 0;
    'rounds: while rounds < flips {
        for subject in &subjects {
            campaign.flip(subject, rounds..rounds + 20);
            if told.elapsed() > Duration::from_secs(30) {
                told = Instant::now();
                eprintln!("flips to {rounds} of {flips}; {}", campaign.line(subjects.len(), begun));
            }
            if begun.elapsed() > seconds {
                eprintln!("the time is over at flip {rounds} of {flips}");
                break 'rounds;
            }
        }
        rounds += 20;
    }
    println!("{}", campaign.line(subjects.len(), begun));
    assert!(
        campaign.counts.ends.get("shrunk").is_some_and(|&shrunk| shrunk > 0),
        "nothing was shrunk"
    );
    let defects: Vec<&String> = campaign.counts.defects.values().collect();
    assert!(defects.is_empty(), "{} defects, the first {:?}", defects.len(), defects.first());
}

/// Small pictures of every format, by name.
fn small_pictures() -> Vec<(&'static str, Vec<u8>)> {
    use image::codecs::{bmp::BmpEncoder, gif::GifEncoder, tiff::TiffEncoder};
    use image::{ExtendedColorType, ImageEncoder as _};
    const SIDES: (u32, u32) = (61, 43);
    let rgba: Vec<u8> = (0..SIDES.0 * SIDES.1 * 4).map(|at| (at * at / 97) as u8).collect();
    let rgb: Vec<u8> = rgba.as_chunks::<4>().0.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect();
    let pixels = Pixels {
        size: Size {
            width: SIDES.0,
            height: SIDES.1,
        },
        channels: Channels::Rgb,
        data: rgb.clone(),
    };
    let jpeg = |progressive, chroma| {
        let options = EncodeOptions {
            quality: 90,
            chroma,
            optimise_huffman: progressive,
            progressive,
        };
        pixels::encode(&pixels, &options).expect("a JPEG")
    };
    let png = |colour, data: &[u8]| {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, SIDES.0, SIDES.1);
        encoder.set_color(colour);
        let mut writer = encoder.write_header().expect("in memory");
        writer.write_image_data(data).expect("in memory");
        writer.finish().expect("in memory");
        out
    };
    let webp = |colour, data: &[u8]| {
        let mut out = Vec::new();
        let encoder = image_webp::WebPEncoder::new(&mut out);
        encoder.encode(data, SIDES.0, SIDES.1, colour).expect("in memory");
        out
    };
    let (mut bmp, mut gif, mut tiff) = (Vec::new(), Vec::new(), std::io::Cursor::new(Vec::new()));
    BmpEncoder::new(&mut bmp)
        .write_image(&rgb, SIDES.0, SIDES.1, ExtendedColorType::Rgb8)
        .expect("in memory");
    GifEncoder::new(&mut gif)
        .encode(&rgba, SIDES.0, SIDES.1, ExtendedColorType::Rgba8)
        .expect("in memory");
    TiffEncoder::new(&mut tiff)
        .write_image(&rgba, SIDES.0, SIDES.1, ExtendedColorType::Rgba8)
        .expect("in memory");
    vec![
        ("rgb.png", png(png::ColorType::Rgb, &rgb)),
        ("rgba.png", png(png::ColorType::Rgba, &rgba)),
        ("plain.jpg", jpeg(false, crate::engine::settings::Chroma::C444)),
        ("progressive.jpg", jpeg(true, crate::engine::settings::Chroma::C420)),
        ("rgb.webp", webp(image_webp::ColorType::Rgb8, &rgb)),
        ("rgba.webp", webp(image_webp::ColorType::Rgba8, &rgba)),
        ("rgb.bmp", bmp),
        ("rgba.gif", gif),
        ("rgba.tif", tiff.into_inner()),
    ]
}

#[test]
fn a_slice_of_the_campaign_finds_nothing() {
    planted_faults_are_found(false);
    let mut campaign = Campaign::new(false, &(Arc::new(Cpu) as Arc<dyn Backend>));
    let pictures = small_pictures();
    for (name, bytes) in &pictures {
        let subject = campaign.subject(name, bytes.clone(), 60);
        assert!(matches!(subject.whole, End::Shrunk(_)), "{name}: {:?}", subject.whole);
        campaign.cut(&subject, 64);
        campaign.lie(&subject);
        campaign.flip(&subject, 0..60);
    }
    let defects: Vec<&String> = campaign.counts.defects.values().collect();
    assert!(defects.is_empty(), "{} defects, the first {:?}", defects.len(), defects.first());
    let refused = campaign.counts.tried - campaign.counts.ends["shrunk"];
    assert!(
        refused > campaign.counts.tried / 2,
        "{} files, {refused} refused",
        campaign.counts.tried
    );
}
