//! Scanning once and planning often: the same plan as in one go, without touching a disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::engine::disk::{Disk, DiskError, Entry, Identity, LockGuard, NewFile, OpenFile};
use crate::engine::metrics::{Drive, StopReason};
use crate::engine::scan::ScanError;
use crate::engine::settings::{ChooseSettings, Collisions, Fit, Settings};
use crate::engine::write_sample;

/// Must never be asked.
#[derive(Debug)]
struct NoDisk;

impl Disk for NoDisk {
    fn entries(&self, folder: &Path) -> Result<Vec<Entry>, DiskError> {
        panic!("{}", folder.display())
    }
    fn open(&self, path: &Path) -> Result<Box<dyn OpenFile>, DiskError> {
        panic!("{}", path.display())
    }
    fn stat(&self, path: &Path) -> Result<Option<Identity>, DiskError> {
        panic!("{}", path.display())
    }
    fn is_folder(&self, path: &Path) -> Result<bool, DiskError> {
        panic!("{}", path.display())
    }
    fn create_new(&self, path: &Path) -> Result<Box<dyn NewFile>, DiskError> {
        panic!("{}", path.display())
    }
    fn open_append(&self, path: &Path) -> Result<Box<dyn NewFile>, DiskError> {
        panic!("{}", path.display())
    }
    fn rename_noreplace(&self, from: &Path, _: &Path) -> Result<(), DiskError> {
        panic!("{}", from.display())
    }
    fn rename_over(&self, from: &Path, _: &Path) -> Result<(), DiskError> {
        panic!("{}", from.display())
    }
    fn hard_link(&self, from: &Path, _: &Path) -> Result<(), DiskError> {
        panic!("{}", from.display())
    }
    fn remove_file(&self, path: &Path) -> Result<(), DiskError> {
        panic!("{}", path.display())
    }
    fn create_dir(&self, path: &Path) -> Result<(), DiskError> {
        panic!("{}", path.display())
    }
    fn remove_dir(&self, path: &Path) -> Result<(), DiskError> {
        panic!("{}", path.display())
    }
    fn sync_dir(&self, folder: &Path) -> Result<(), DiskError> {
        panic!("{}", folder.display())
    }
    fn lock(&self, path: &Path) -> Result<Option<Box<dyn LockGuard>>, DiskError> {
        panic!("{}", path.display())
    }
    fn drive(&self, path: &Path) -> Drive {
        panic!("{}", path.display())
    }
    fn block_size(&self, path: &Path) -> Option<u64> {
        panic!("{}", path.display())
    }
}

fn library() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("tempdir");
    let library = dir.path().join("library");
    write_sample(&library).expect("sample");
    (dir, library)
}

fn scanned(roots: &[PathBuf]) -> Scanned {
    let engine = Engine::default();
    let scanned = engine.scan(roots, &ChooseSettings::default(), &Control::default(), |_| {});
    scanned.expect("scan")
}

#[test]
fn a_plan_from_a_scan_is_the_plan_and_touches_no_disk() {
    let (_dir, library) = library();
    // Two that want one name, and a damaged one.
    let png = library.join("shard_00000/000000000.png");
    if !png.exists() {
        fs::write(&png, b"\x89PNG\r\n\x1a\nbroken").expect("write");
    }
    fs::write(library.join("shard_00000/broken.png"), b"\x89PNG\r\n\x1a\nbroken").expect("write");
    let engine = Engine::default();
    let scanned = scanned(std::slice::from_ref(&library));
    let mut plan = engine.replan(&scanned, &Settings::default()).expect("plan");
    assert!(
        !engine.knows_sidecars(&scanned, &plan),
        "PNGs lose their names, and their sidecars name them"
    );
    engine.read_sidecars(&scanned, &mut plan, &Control::default());
    assert!(engine.knows_sidecars(&scanned, &plan));
    fs::rename(&library, library.with_extension("gone")).expect("rename");
    let blind = Engine::on(Arc::new(NoDisk));
    let mut small = Settings::default();
    small.picture.target = 128;
    let mut numbers = Settings::default();
    numbers.safety.collisions = Collisions::Number;
    numbers.picture.fit = Fit::Shortest;
    let mut some = Settings::default();
    some.choose.shards = vec!["*1".into()];
    let mut later = Settings::default();
    later.choose.resume_from = Some("2".into());
    let blind: Vec<_> = [Settings::default(), small, numbers, some, later]
        .into_iter()
        .map(|settings| blind.replan(&scanned, &settings).expect("plan"))
        .collect();
    fs::rename(library.with_extension("gone"), &library).expect("rename");
    for plan in &blind {
        let fresh = engine.plan(std::slice::from_ref(&library), &plan.settings).expect("plan");
        assert_eq!(plan.shards.len(), fresh.shards.len());
        assert_eq!(plan.totals(), fresh.totals());
        for (from_scan, in_one_go) in plan.shards.iter().zip(&fresh.shards) {
            assert_eq!(from_scan.inventory.path, in_one_go.inventory.path);
            assert_eq!(from_scan.actions, in_one_go.actions);
            assert_eq!(from_scan.collisions, in_one_go.collisions);
            // The same images lose their names as when their sidecars were read, unless a small target takes more in.
            if engine.knows_sidecars(&scanned, plan) {
                assert_eq!(from_scan.sidecars, in_one_go.sidecars);
            }
        }
        let words = |notices: &[crate::engine::Notice]| notices.iter().map(|n| n.message.clone()).collect::<Vec<_>>();
        assert_eq!(words(&plan.notices), words(&fresh.notices));
    }
    assert_eq!(blind[3].shards.len(), 1);
    assert_eq!(blind[4].shards.len(), 2);
    assert!(blind[0].shards[0].sidecars.naming_old > 0);
}

#[test]
fn folders_that_were_scanned_apart_make_one_plan() {
    let (_dir, library) = library();
    let engine = Engine::default();
    let of = |name: &str| {
        let scanned = engine.scan_shards(&[library.join(name)], &Control::default(), |_| {});
        scanned.expect("scan")
    };
    let (one, two, none) = (of("shard_00001"), of("shard_00000"), of("nothing-here"));
    let plan = engine
        .replan(&Scanned::join([&one, &two, &one, &none]), &Settings::default())
        .expect("plan");
    let names: Vec<_> = plan.shards.iter().map(|s| s.inventory.path.file_name().expect("name")).collect();
    assert_eq!(names, ["shard_00001", "shard_00000"]);
    assert_eq!(plan.unreadable.len(), 1);
    assert!(plan.unreadable[0].message.contains("nothing-here"), "{:?}", plan.unreadable);
    // The library itself is a folder without images; those below were not asked for.
    let only = engine
        .scan_shards(std::slice::from_ref(&library), &Control::default(), |_| {})
        .expect("scan");
    assert_eq!(only.images(), 0);
}

#[test]
fn a_scan_tells_how_far_it_is_and_can_be_stopped() {
    let (_dir, library) = library();
    let engine = Engine::default();
    let mut last = Vec::new();
    let scanned = engine
        .scan(
            std::slice::from_ref(&library),
            &ChooseSettings::default(),
            &Control::default(),
            |news| {
                assert!(news.read <= news.found);
                if news.done {
                    last.push(news.clone());
                }
            },
        )
        .expect("scan");
    assert_eq!(last.len(), 4, "the library and three shards");
    assert_eq!(last.iter().map(|news| news.read).sum::<u64>(), scanned.images());
    let bytes: u64 = scanned.inventories().flat_map(|i| &i.images).map(|i| i.bytes()).sum();
    assert_eq!(last.iter().map(|news| news.bytes).sum::<u64>(), bytes);
    let control = Control::default();
    control.stop(StopReason::Asked);
    let stopped = engine.scan(std::slice::from_ref(&library), &ChooseSettings::default(), &control, |_| {});
    assert!(matches!(stopped, Err(ScanError::Stopped)));
}
