//! Benchmarks on real folders, with a disk that can be told to fail: whatever happens, the shard is as it was and nothing of
//! ours is left beside it.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;

use super::place::PREFIX;
use super::*;
use crate::engine::disk::{Entry, Identity, LockGuard, NewFile, OpenFile, RealDisk};
use crate::engine::settings::{Originals, WriteMode};

/// The real disk, which refuses or panics when a replacement is written into the copy, once it is told to.
#[derive(Debug, Default)]
struct Moody {
    refuses: AtomicBool,
    panics: AtomicBool,
}

impl Disk for Moody {
    fn entries(&self, folder: &Path) -> Result<Vec<Entry>, DiskError> {
        RealDisk.entries(folder)
    }
    fn open(&self, path: &Path) -> Result<Box<dyn OpenFile>, DiskError> {
        RealDisk.open(path)
    }
    fn stat(&self, path: &Path) -> Result<Option<Identity>, DiskError> {
        RealDisk.stat(path)
    }
    fn is_folder(&self, path: &Path) -> Result<bool, DiskError> {
        RealDisk.is_folder(path)
    }
    fn create_new(&self, path: &Path) -> Result<Box<dyn NewFile>, DiskError> {
        assert!(!self.panics.load(SeqCst), "a bug in the room below");
        if self.refuses.load(SeqCst) {
            return Err(DiskError::new("create", path, std::io::Error::from_raw_os_error(5)));
        }
        RealDisk.create_new(path)
    }
    fn open_append(&self, path: &Path) -> Result<Box<dyn NewFile>, DiskError> {
        RealDisk.open_append(path)
    }
    fn rename_noreplace(&self, from: &Path, to: &Path) -> Result<(), DiskError> {
        RealDisk.rename_noreplace(from, to)
    }
    fn rename_over(&self, from: &Path, to: &Path) -> Result<(), DiskError> {
        RealDisk.rename_over(from, to)
    }
    fn hard_link(&self, from: &Path, to: &Path) -> Result<(), DiskError> {
        RealDisk.hard_link(from, to)
    }
    fn remove_file(&self, path: &Path) -> Result<(), DiskError> {
        RealDisk.remove_file(path)
    }
    fn create_dir(&self, path: &Path) -> Result<(), DiskError> {
        RealDisk.create_dir(path)
    }
    fn remove_dir(&self, path: &Path) -> Result<(), DiskError> {
        RealDisk.remove_dir(path)
    }
    fn sync_dir(&self, folder: &Path) -> Result<(), DiskError> {
        RealDisk.sync_dir(folder)
    }
    fn lock(&self, path: &Path) -> Result<Option<Box<dyn LockGuard>>, DiskError> {
        RealDisk.lock(path)
    }
    fn block_size(&self, path: &Path) -> Option<u64> {
        RealDisk.block_size(path)
    }
    fn drive(&self, path: &Path) -> Drive {
        RealDisk.drive(path)
    }
}

/// A library with a planned shard, and what it held before.
struct Bed {
    dir: tempfile::TempDir,
    disk: Arc<Moody>,
    engine: Engine,
    plan: Plan,
    ask: BenchAsk,
    before: Vec<(PathBuf, Vec<u8>)>,
}

impl Bed {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("tempdir");
        let shard = dir.path().join("library/shard_00000");
        fs::create_dir_all(&shard).expect("folder");
        for i in 0..9 {
            fs::write(shard.join(format!("img{i}.png")), png(80 + 20 * i, 70)).expect("write");
        }
        let shard = crate::engine::disk::resolve(&shard).expect("real");
        let disk = Arc::new(Moody::default());
        let engine = Engine::on(Arc::clone(&disk) as Arc<dyn Disk>);
        let mut settings = Settings::default();
        settings.picture.target = 64;
        settings.machine.workers = Some(1);
        // What chooses images must not empty the copy.
        settings.choose.shards = vec!["shard_00000".into()];
        settings.choose.limit = Some(6);
        let plan = engine.plan(&[dir.path().join("library")], &settings).expect("plan");
        let ask = BenchAsk {
            axes: vec![BenchAxis::Writing, BenchAxis::Originals],
            most_images: 4,
            ..BenchAsk::of(shard)
        };
        let before = content(dir.path());
        Self {
            dir,
            disk,
            engine,
            plan,
            ask,
            before,
        }
    }

    fn run(&self, control: &Control, news: impl FnMut(&BenchProgress, &BenchRecord)) -> Result<BenchRecord, BenchError> {
        self.engine.benchmark(&self.plan, &self.ask, control, news)
    }

    #[track_caller]
    fn is_untouched(&self) {
        assert_eq!(content(self.dir.path()), self.before);
    }
}

/// A PNG with something to compress in it.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let pixels: Vec<u8> = (0..width * height * 3).map(|n| (n % 251) as u8).collect();
    encoder.write_header().expect("header").write_image_data(&pixels).expect("pixels");
    bytes
}

/// Every file and folder below, with the bytes of files.
fn content(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("list").map(|entry| entry.expect("entry").path()) {
        if entry.is_dir() {
            found.push((entry.clone(), Vec::new()));
            found.extend(content(&entry));
        } else {
            found.push((entry.clone(), fs::read(&entry).expect("read")));
        }
    }
    found.sort();
    found
}

#[test]
fn every_variant_runs_every_round_over_the_same_images() {
    let bed = Bed::new();
    let mut seen = Vec::new();
    let record = bed
        .run(&Control::default(), |progress, record| {
            seen.push((
                progress.done,
                progress.of,
                record.variants.iter().map(|v| v.runs.len()).sum::<usize>(),
            ));
        })
        .expect("benchmark");
    let values: Vec<_> = record.variants.iter().map(|v| v.value).collect();
    assert_eq!(
        values,
        [
            None,
            Some(BenchValue::Writing(WriteMode::Direct)),
            Some(BenchValue::Writing(WriteMode::Staged)),
            Some(BenchValue::Originals(Originals::Delete)),
        ]
    );
    assert_eq!((record.images, record.of_images, record.stopped), (4, 6, false));
    let runs: Vec<BenchRun> = record.variants.iter().flat_map(|v| v.runs.iter().copied()).collect();
    assert_eq!(runs.len(), 12);
    for run in &runs {
        assert_eq!((run.images, run.failed), (4, 0));
        // The same pictures at the same settings: writing differs, the result does not.
        assert_eq!(run.bytes_after, runs[0].bytes_after);
        assert!(run.wall > Duration::ZERO && run.busy.iter().all(|busy| *busy > Duration::ZERO));
    }
    // Before every run and once at the end; the warm-up is counted among the runs and nowhere else.
    let told: Vec<_> = (0..14).map(|n| (n, 13, (n as usize).saturating_sub(1))).collect();
    assert_eq!(seen[..13], told[..13]);
    assert_eq!(seen[13..], [(13, 13, 12)]);
    assert!(record.notices.is_empty(), "{:?}", record.notices);
    bed.is_untouched();
}

#[test]
fn a_stop_keeps_what_was_measured_and_removes_the_copy() {
    let bed = Bed::new();
    let control = Control::default();
    let record = bed
        .run(&control, |progress, _| {
            if progress.done == 3 {
                control.stop(StopReason::Asked);
            }
        })
        .expect("benchmark");
    assert!(record.stopped);
    assert_eq!(record.variants.iter().map(|v| v.runs.len()).sum::<usize>(), 2);
    bed.is_untouched();
}

#[test]
fn a_failing_drive_ends_it_and_leaves_nothing() {
    let bed = Bed::new();
    let error = bed.run(&Control::default(), |progress, _| {
        bed.disk.refuses.store(progress.done == 2, SeqCst)
    });
    let error = error.expect_err("a drive that refuses").to_string();
    assert!(error.contains("copy") && error.contains("The shard was not touched"), "{error}");
    bed.is_untouched();
}

#[test]
fn a_panic_leaves_nothing() {
    let bed = Bed::new();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        bed.run(&Control::default(), |progress, _| bed.disk.panics.store(progress.done == 2, SeqCst))
    }));
    assert!(caught.is_err());
    bed.is_untouched();
}

#[test]
fn leftovers_of_a_killed_benchmark_go_and_others_stay() {
    let bed = Bed::new();
    let beside = bed.ask.shard.parent().expect("library").to_owned();
    let folder = |name: &str| beside.join(format!("{PREFIX}{name}"));
    for name in ["killed", "running", "stranger", "empty"] {
        fs::create_dir(folder(name)).expect("folder");
    }
    for name in ["killed", "running"] {
        fs::write(folder(name).join("lock"), b"").expect("lock");
        fs::create_dir_all(folder(name).join("copy/.shardpress")).expect("copy");
        fs::write(folder(name).join("copy/a.png"), b"x").expect("image");
    }
    fs::write(folder("stranger").join("mine.png"), b"mine").expect("file");
    let held = RealDisk.lock(&folder("running").join("lock")).expect("lock").expect("free");
    bed.run(&Control::default(), |_, _| {}).expect("benchmark");
    let left = ["killed", "running", "stranger", "empty"].map(|name| folder(name).exists());
    assert_eq!(left, [false, true, true, false]);
    assert!(folder("stranger").join("mine.png").exists());
    drop(held);
}

#[test]
fn nothing_to_measure_is_an_error_that_names_the_shard() {
    let mut bed = Bed::new();
    bed.ask.shard = bed.dir.path().join("elsewhere");
    let error = bed.run(&Control::default(), |_, _| {}).expect_err("no such shard").to_string();
    assert!(error.contains("elsewhere") && error.contains("Nothing was touched"), "{error}");
    bed.is_untouched();
}

#[test]
fn bounds_of_the_sample() {
    let mut bed = Bed::new();
    let read = |bed: &Bed| sample(&RealDisk, &bed.plan, &bed.ask, &Control::default()).expect("images");
    assert_eq!(read(&bed).len(), 4);
    // One image is copied however large it is.
    bed.ask.most_bytes = 1;
    assert_eq!(read(&bed).len(), 1);
    bed.ask.most_bytes = u64::MAX;
    bed.ask.most_images = 1000;
    assert_eq!(read(&bed).len(), 6);
}
