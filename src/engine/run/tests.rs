//! The pipeline on real folders, through the front door, with a file system that can be told to fail.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::*;
use crate::engine::commit;
use crate::engine::disk::{Attributes, Disk, DiskError, Entry, Identity, LockGuard, NewFile, OpenFile, RealDisk};
use crate::engine::metrics::{Drive, DriveKind, Outcome, Record, Snapshot};
use crate::engine::settings::{Collisions, Originals, Verify};

/// `EIO`, `ERROR_IO_DEVICE`.
const DEAD_DRIVE: i32 = if cfg!(windows) { 1117 } else { 5 };

/// The real disk, except where a test says otherwise.
#[derive(Debug, Default)]
struct Moody {
    /// Folders that cannot be listed.
    closed: Vec<PathBuf>,
    /// Folders whose files cannot be opened.
    dead: Vec<PathBuf>,
    /// A thread that creates a replacement panics.
    panics: bool,
    /// What lies on the drive is not what was written.
    rots: bool,
    kind: Option<DriveKind>,
}

impl Moody {
    fn refuse(&self, folders: &[PathBuf], action: &'static str, path: &Path) -> Result<(), DiskError> {
        match folders.iter().any(|f| path.starts_with(f)) {
            true => Err(DiskError::new(action, path, std::io::Error::from_raw_os_error(DEAD_DRIVE))),
            false => Ok(()),
        }
    }
}

/// A file whose last byte on the drive differs from the one in memory.
struct Rotten(Box<dyn OpenFile>);

impl OpenFile for Rotten {
    fn identity(&self) -> Result<Identity, DiskError> {
        self.0.identity()
    }
    fn attributes(&self) -> Result<Attributes, DiskError> {
        self.0.attributes()
    }
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, DiskError> {
        self.0.read_at(offset, buffer)
    }
    fn read_all(&self, cap: u64) -> Result<Vec<u8>, DiskError> {
        self.0.read_all(cap)
    }
    fn read_back(&self, cap: u64) -> Result<Vec<u8>, DiskError> {
        let mut bytes = self.0.read_back(cap)?;
        if let Some(last) = bytes.last_mut() {
            *last ^= 1;
        }
        Ok(bytes)
    }
    fn sync(&self) -> Result<(), DiskError> {
        self.0.sync()
    }
}

impl Disk for Moody {
    fn entries(&self, folder: &Path) -> Result<Vec<Entry>, DiskError> {
        self.refuse(&self.closed, "list", folder)?;
        RealDisk.entries(folder)
    }
    fn open(&self, path: &Path) -> Result<Box<dyn OpenFile>, DiskError> {
        // Headers were read before the drive died.
        if thread::current().name().is_none_or(|n| !n.starts_with("probe")) {
            self.refuse(&self.dead, "open", path)?;
        }
        let file = RealDisk.open(path)?;
        Ok(if self.rots { Box::new(Rotten(file)) } else { file })
    }
    fn stat(&self, path: &Path) -> Result<Option<Identity>, DiskError> {
        RealDisk.stat(path)
    }
    fn is_folder(&self, path: &Path) -> Result<bool, DiskError> {
        RealDisk.is_folder(path)
    }
    fn create_new(&self, path: &Path) -> Result<Box<dyn NewFile>, DiskError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        assert!(!(self.panics && name.contains("img")), "a bug in the room below");
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
        let real = RealDisk.drive(path);
        Drive {
            kind: self.kind.unwrap_or(real.kind),
            ..real
        }
    }
}

/// A library of `shards` folders with `images` PNGs each.
fn library(shards: usize, images: usize) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("tempdir");
    for s in 0..shards {
        let folder = dir.path().join(format!("s{s}"));
        fs::create_dir(&folder).expect("folder");
        for i in 0..images {
            fs::write(folder.join(format!("img{i:04}.png")), png(40 + (i % 7) as u32, 30)).expect("write");
        }
    }
    dir
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let writer = png::Encoder::new(&mut bytes, width, height).write_header();
    let pixels: Vec<u8> = (0..width * height).map(|p| (p % width) as u8).collect();
    writer.expect("header").write_image_data(&pixels).expect("pixels");
    bytes
}

fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.safety.originals = Originals::Delete;
    settings.machine.workers = Some(2);
    settings
}

/// Plans and works; fails the test instead of hanging.
fn work(disk: Moody, root: &Path, settings: &Settings, kind: Kind, tune: impl FnOnce(&Control)) -> Record {
    work_on(&Engine::on(Arc::new(disk)), root, settings, kind, tune)
}

/// As [`work`], with an engine of choice.
fn work_on(engine: &Engine, root: &Path, settings: &Settings, kind: Kind, tune: impl FnOnce(&Control)) -> Record {
    let roots = vec![root.to_owned()];
    let plan = engine.plan(&roots, settings).expect("plan");
    let handle = engine.start(plan, roots, kind, None);
    tune(&handle.control);
    let events = handle.events.clone();
    while let Ok(event) = events.recv_timeout(Duration::from_secs(60)) {
        if event == Event::Finished {
            break;
        }
    }
    for _ in 0..600 {
        if handle.is_finished() {
            return handle.join().expect("no collisions");
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("the run hangs");
}

fn count(record: &Record, wanted: impl Fn(&Outcome) -> bool) -> usize {
    record.shards.iter().flat_map(|s| &s.images).filter(|i| wanted(&i.outcome)).count()
}

#[test]
fn what_comes_back_from_the_drive_otherwise_never_replaces_an_original() {
    for (verify, lets_pass) in [(Verify::Reread, 0), (Verify::Decode, 3)] {
        let dir = library(1, 3);
        let rotten = Moody {
            rots: true,
            ..Moody::default()
        };
        let mut settings = settings();
        settings.safety.verify = verify;
        let record = work(rotten, dir.path(), &settings, Kind::Run, |_| {});
        let failed = |outcome: &Outcome| matches!(outcome, Outcome::Failed(problem) if problem.code == "verify" && problem.message.contains("img00"));
        assert_eq!(count(&record, |o| matches!(o, Outcome::Shrunk(_))), lets_pass, "{verify:?}");
        assert_eq!(count(&record, failed), 3 - lets_pass, "{verify:?}");
        for number in 0..3 {
            let (old, new) = (format!("s0/img{number:04}.png"), format!("s0/img{number:04}.jpg"));
            let there = |name: &str| dir.path().join(name).exists();
            assert_eq!((there(&old), there(&new)), (lets_pass == 0, lets_pass > 0), "{verify:?} {number}");
        }
    }
}

#[test]
fn mounts_that_promise_too_much_are_named_once_a_reason() {
    let dir = library(4, 1);
    let plan = Engine::on(Arc::new(RealDisk))
        .plan(&[dir.path().to_owned()], &settings())
        .expect("plan");
    let weak = |path: &Path| (!path.ends_with("s2")).then_some("its server is forgetful");
    let told = super::engine::weak_mounts(&plan, weak);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].path.ends_with("s0") && told[0].message.contains("2 more") && told[0].message.contains("forgetful"));
    assert_eq!(super::engine::weak_mounts(&plan, |_| None), []);
}

#[test]
fn exact_and_run_agree_to_the_byte_on_every_kind_of_drive() {
    for kind in [DriveKind::Solid, DriveKind::Spinning, DriveKind::Network, DriveKind::Memory] {
        let dir = library(5, 9);
        let mut settings = settings();
        settings.safety.originals = Originals::Keep;
        let moody = || Moody {
            kind: Some(kind),
            ..Moody::default()
        };
        let exact = work(moody(), dir.path(), &settings, Kind::Exact, |_| {});
        assert!(dir.path().join("s0/img0000.png").exists() && !dir.path().join("s0/.shardpress").exists());
        let run = work(moody(), dir.path(), &settings, Kind::Run, |_| {});
        let bytes = |r: &Record| -> Vec<(u64, u64)> {
            r.shards
                .iter()
                .flat_map(|s| &s.images)
                .map(|i| (i.bytes_before, i.bytes_after))
                .collect()
        };
        assert_eq!(bytes(&exact), bytes(&run));
        assert_eq!(count(&run, |o| matches!(o, Outcome::Shrunk(_))), 45);
        let file = fs::metadata(dir.path().join("s3/img0004.jpg")).expect("replacement");
        assert_eq!(file.len(), run.shards[3].images[4].bytes_after);
        assert!(
            run.shards.iter().all(|s| s.state == ShardState::Done && s.kept_bytes > 0),
            "{kind:?}"
        );
    }
}

#[test]
fn a_folder_that_cannot_be_listed_is_skipped_and_the_others_go_on() {
    let dir = library(3, 4);
    let root = crate::engine::disk::resolve(dir.path()).expect("real");
    let disk = Moody {
        closed: vec![root.join("s1")],
        ..Moody::default()
    };
    let record = work(disk, &root, &settings(), Kind::Run, |_| {});
    assert_eq!(count(&record, |o| matches!(o, Outcome::Shrunk(_))), 8);
    let skipped = record.shards.iter().find(|s| s.path.ends_with("s1")).expect("named");
    assert!(
        matches!(&skipped.state, ShardState::Skipped(p) if p.code == "io"),
        "{:?}",
        skipped.state
    );
    assert!(root.join("s1/img0000.png").exists());
}

#[test]
fn a_dead_folder_gives_up_alone() {
    let dir = library(2, 260);
    let root = crate::engine::disk::resolve(dir.path()).expect("real");
    let disk = Moody {
        dead: vec![root.join("s0")],
        ..Moody::default()
    };
    let record = work(disk, &root, &settings(), Kind::Run, |_| {});
    assert_eq!(record.stopped, None);
    assert_eq!(count(&record, |o| matches!(o, Outcome::Shrunk(_))), 260, "the other shard");
    let failed = count(&record, |o| matches!(o, Outcome::Failed(_)));
    assert!((FAILURES_IN_A_ROW as usize..260).contains(&failed), "{failed}");
    assert_eq!(failed + count(&record, |o| *o == Outcome::NotReached), 260);
    assert_eq!(
        fs::read_dir(root.join("s0"))
            .expect("list")
            .filter(|e| e.as_ref().is_ok_and(|e| e.path().is_file()))
            .count(),
        260
    );
}

#[test]
fn a_dead_drive_stops_the_run() {
    let dir = library(4, 260);
    let root = crate::engine::disk::resolve(dir.path()).expect("real");
    let disk = Moody {
        dead: vec![root.clone()],
        ..Moody::default()
    };
    let record = work(disk, &root, &settings(), Kind::Run, |_| {});
    assert_eq!(record.stopped, Some(StopReason::TooManyFailures));
    assert_eq!(count(&record, |o| matches!(o, Outcome::Shrunk(_))), 0);
}

#[test]
fn a_panic_below_ends_the_shard_and_loses_nothing() {
    let dir = library(2, 150);
    let disk = Moody {
        panics: true,
        ..Moody::default()
    };
    let record = work(disk, dir.path(), &settings(), Kind::Run, |_| {});
    assert_eq!(count(&record, |o| matches!(o, Outcome::Shrunk(_))), 0);
    assert!(
        record.notices.iter().any(|n| n.message.contains("internal error")),
        "{:?}",
        record.notices
    );
    for s in 0..2 {
        assert!((0..150).all(|i| dir.path().join(format!("s{s}/img{i:04}.png")).exists()));
    }
    // The next run picks it up.
    let record = work(Moody::default(), dir.path(), &settings(), Kind::Run, |_| {});
    assert_eq!(count(&record, |o| matches!(o, Outcome::Shrunk(_))), 300);
    assert!(!dir.path().join("s0/.shardpress").exists());
}

#[test]
fn a_stop_leaves_what_was_not_begun_and_the_next_run_goes_on() {
    let dir = library(3, 60);
    let first = work(Moody::default(), dir.path(), &settings(), Kind::Run, |control| {
        control.pause();
        control.stop(StopReason::Asked);
    });
    assert_eq!(first.stopped, Some(StopReason::Asked));
    let shrunk = count(&first, |o| matches!(o, Outcome::Shrunk(_)));
    assert_eq!(shrunk + count(&first, |o| *o == Outcome::NotReached), 180);
    let second = work(Moody::default(), dir.path(), &settings(), Kind::Run, |_| {});
    assert_eq!(shrunk + count(&second, |o| matches!(o, Outcome::Shrunk(_))), 180);
}

#[test]
fn a_picture_larger_than_the_budget_is_worked_on_all_the_same() {
    let dir = library(1, 2);
    fs::write(dir.path().join("s0/img-large.png"), png(6000, 9000)).expect("write");
    let mut settings = settings();
    settings.machine.memory = Some(64 << 20);
    let record = work(Moody::default(), dir.path(), &settings, Kind::Run, |_| {});
    assert_eq!(count(&record, |o| matches!(o, Outcome::Shrunk(_))), 3);
    let large = record.shards[0].images.iter().find(|i| i.name == "img-large.png").expect("named");
    assert_eq!(large.after.map(|s| (s.width, s.height)), Some((341, 512)));
}

#[test]
fn a_locked_shard_is_skipped_even_if_only_recovery_is_due() {
    let dir = library(1, 3);
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let root = crate::engine::disk::resolve(dir.path()).expect("real");
    let guard = commit::lock(&disk, &root.join("s0"), "other").expect("free");
    let record = work(Moody::default(), &root, &settings(), Kind::Run, |_| {});
    assert!(matches!(&record.shards[0].state, ShardState::Skipped(p) if p.code == "locked" && p.message.contains("other")));
    drop(guard);
    let record = work(Moody::default(), &root, &settings(), Kind::Run, |_| {});
    assert_eq!(record.shards[0].state, ShardState::Done);
}

/// The first shard is locked by another run, and the run waits for it: after the others, and no longer than it should.
#[test]
fn a_locked_shard_is_waited_for_after_all_others() {
    let dir = library(3, 2);
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let root = dir.path().canonicalize().expect("real");
    let take = || commit::lock(&disk, &root.join("s0"), "other").expect("free");
    let patient = |patience: Duration| Engine::on(Arc::new(RealDisk)).waiting_for_others(patience);
    let states = |record: &Record| record.shards.iter().map(|shard| shard.state.clone()).collect::<Vec<_>>();

    // Stopped while it waits: the others are done, this one was not reached, and it does not wait on.
    let guard = take();
    let engine = patient(Duration::from_secs(3_600));
    let record = work_on(&engine, &root, &settings(), Kind::Run, |control| {
        for shard in ["s1", "s2"] {
            while !root.join(shard).join("img0001.jpg").exists() {
                thread::sleep(Duration::from_millis(5));
            }
        }
        control.stop(StopReason::Asked);
    });
    assert_eq!(states(&record)[0], ShardState::NotReached);
    assert!(!root.join("s0/img0000.jpg").exists());

    // Not let go of in time: left out as without waiting.
    let record = work_on(&patient(Duration::from_millis(1)), &root, &settings(), Kind::Run, |_| {});
    assert!(matches!(&record.shards[0].state, ShardState::Skipped(p) if p.code == "locked"));
    assert_eq!(states(&record)[1..], [ShardState::Done, ShardState::Done]);

    // Let go of, and not as it was planned: somebody finished one image meanwhile.
    let record = work_on(&engine, &root, &settings(), Kind::Run, |_| {
        thread::sleep(Duration::from_millis(50));
        fs::remove_file(root.join("s0/img0000.png")).expect("removed");
        drop(guard);
    });
    assert_eq!(states(&record), [ShardState::Done, ShardState::Done, ShardState::Done]);
    assert_eq!(record.shards[0].images.len(), 1);
    assert!(root.join("s0/img0001.jpg").exists() && !root.join("s0/.shardpress").exists());
}

#[test]
fn a_folder_that_changed_after_the_plan_is_planned_anew_by_the_same_policy() {
    for (policy, limit) in [
        (Collisions::Block, None),
        (Collisions::Skip, None),
        (Collisions::Number, None),
        (Collisions::Number, Some(2)),
    ] {
        let dir = library(1, 3);
        let folder = crate::engine::disk::resolve(dir.path()).expect("real").join("s0");
        let mut settings = settings();
        settings.safety.collisions = policy;
        settings.choose.limit = limit;
        let engine = Engine::on(Arc::new(RealDisk));
        let roots = vec![dir.path().to_owned()];
        let plan = engine.plan(&roots, &settings).expect("plan");
        assert_eq!(plan.shards[0].collisions.len(), 0);
        // Somebody writes an image anew, and puts a file where another one's replacement should go.
        fs::write(folder.join("img0000.png"), png(50, 50)).expect("write");
        fs::write(folder.join("img0001.jpg"), b"not a picture").expect("write");
        let record = engine.start(plan, roots, Kind::Run, None).join().expect("no collision of the plan");
        let exists = |name: &str| folder.join(name).exists();
        let numbered = policy == Collisions::Number;
        assert_eq!(fs::read(folder.join("img0001.jpg")).expect("still there"), b"not a picture");
        assert_eq!(exists("img0001-2.jpg"), numbered, "{policy:?}");
        assert_eq!(exists("img0001.png"), !numbered, "{policy:?}");
        assert_eq!(exists("img0000.jpg"), policy != Collisions::Block, "{policy:?}");
        assert_eq!(
            exists("img0002.jpg"),
            policy != Collisions::Block && limit.is_none(),
            "{policy:?} {limit:?}"
        );
        assert_eq!(record.shards[0].collisions.len(), 1);
        match &record.shards[0].state {
            ShardState::Skipped(problem) => assert_eq!((policy, problem.code), (Collisions::Block, "collision")),
            state => assert_eq!((policy != Collisions::Block, state), (true, &ShardState::Done)),
        }
    }
}

#[test]
fn a_pause_holds_everything_and_nothing_is_left_in_hand() {
    let dir = library(1, 90);
    let engine = Engine::on(Arc::new(Moody::default()));
    let roots = vec![dir.path().to_owned()];
    let plan = engine.plan(&roots, &settings()).expect("plan");
    let handle = engine.start(plan, roots, Kind::Run, None);
    handle.control.pause();
    let (events, metrics) = (handle.events.clone(), Arc::clone(&handle.metrics));
    let quiet = || {
        let now = metrics.snapshot();
        Phase::ALL.iter().all(|&p| now.of(p).in_hand == 0).then_some(now)
    };
    let reached = |now: &Snapshot| Phase::ALL.map(|p| now.of(p).images);
    let mut before = metrics.snapshot();
    for _ in 0..100 {
        thread::sleep(Duration::from_millis(100));
        match quiet() {
            Some(now) if now.total > 0 && reached(&now) == reached(&before) => break,
            Some(now) => before = now,
            None => {}
        }
    }
    assert!(handle.control.is_paused() && before.load.images < 90, "{before:?}");
    thread::sleep(Duration::from_millis(300));
    assert_eq!(reached(&metrics.snapshot()), reached(&before), "nothing is begun in a pause");
    handle.control.resume();
    let mut synced = 0;
    while let Ok(event) = events.recv_timeout(Duration::from_secs(60)) {
        match event {
            Event::BatchSynced { images, .. } => synced += images,
            Event::Finished => break,
            _ => {}
        }
    }
    let record = handle.join().expect("no collisions");
    assert_eq!((count(&record, |o| matches!(o, Outcome::Shrunk(_))), synced), (90, 90));
    let end = quiet().expect("nothing waits, nothing is in hand");
    assert!(
        Phase::ALL.iter().all(|&p| (end.of(p).queue, end.of(p).queue_bytes) == (0, 0)) && metrics.in_hand().is_empty(),
        "{end:?}"
    );
}
