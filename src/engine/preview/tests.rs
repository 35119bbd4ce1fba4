//! Previews of a small drawn library: what is shown is what a run writes, and nothing is written.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::engine::disk::{DiskError, Entry, Identity, LockGuard, NewFile, OpenFile, RealDisk};
use crate::engine::metrics::{Drive, ImageQuality, JudgedImage, Kind, Why};
use crate::engine::pixels::Size;
use crate::engine::plan::{Action, Plan};
use crate::engine::resize::Cpu;
use crate::engine::run::Engine;
use crate::engine::settings::{Fit, Metadata, Originals, Settings, Shape};
use crate::engine::write_sample;

/// Reads as the real one; whoever writes ends the test.
#[derive(Debug)]
struct ReadOnly;

impl Disk for ReadOnly {
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
        panic!("a preview creates {}", path.display())
    }
    fn open_append(&self, path: &Path) -> Result<Box<dyn NewFile>, DiskError> {
        panic!("a preview appends to {}", path.display())
    }
    fn rename_noreplace(&self, from: &Path, _: &Path) -> Result<(), DiskError> {
        panic!("a preview renames {}", from.display())
    }
    fn rename_over(&self, from: &Path, _: &Path) -> Result<(), DiskError> {
        panic!("a preview renames {}", from.display())
    }
    fn hard_link(&self, from: &Path, _: &Path) -> Result<(), DiskError> {
        panic!("a preview links {}", from.display())
    }
    fn remove_file(&self, path: &Path) -> Result<(), DiskError> {
        panic!("a preview removes {}", path.display())
    }
    fn create_dir(&self, path: &Path) -> Result<(), DiskError> {
        panic!("a preview creates {}", path.display())
    }
    fn remove_dir(&self, path: &Path) -> Result<(), DiskError> {
        panic!("a preview removes {}", path.display())
    }
    fn sync_dir(&self, folder: &Path) -> Result<(), DiskError> {
        panic!("a preview syncs {}", folder.display())
    }
    fn lock(&self, path: &Path) -> Result<Option<Box<dyn LockGuard>>, DiskError> {
        panic!("a preview locks {}", path.display())
    }
    fn drive(&self, path: &Path) -> Drive {
        RealDisk.drive(path)
    }
    fn block_size(&self, path: &Path) -> Option<u64> {
        RealDisk.block_size(path)
    }
}

fn preview() -> Preview {
    Preview::new(Arc::new(ReadOnly), Arc::new(Cpu))
}

/// A shard of the drawn library, and its plan.
fn library(settings: &Settings) -> (tempfile::TempDir, PathBuf, Plan) {
    let dir = tempfile::tempdir().expect("tempdir");
    let library = dir.path().join("library");
    write_sample(&library).expect("a library");
    let root = library.join("shard_00001");
    let plan = Engine::default().plan(std::slice::from_ref(&root), settings).expect("a plan");
    (dir, root, plan)
}

fn never() -> bool {
    false
}

fn made(opened: &mut Opened, settings: &Settings) -> Made {
    match opened.after(settings, &never) {
        Ok(Some(After::Made(made))) => made,
        other => panic!("{other:?}"),
    }
}

/// Settings that take every way through the steps.
fn varied() -> Vec<Settings> {
    let mut all = vec![Settings::default(); 4];
    all[1].picture.metadata = Metadata::Keep;
    all[1].picture.prompts = true;
    all[1].sidecars.update = true;
    all[2].picture.min_score = Some(80.0);
    all[2].picture.linear = true;
    all[3].picture.fit = Fit::Box { width: 96, height: 64 };
    all[3].picture.shape = Shape::Pad;
    all[3].picture.progressive = true;
    all
}

#[test]
fn the_replacement_is_the_one_that_a_run_writes() {
    for (number, mut settings) in varied().into_iter().enumerate() {
        settings.safety.originals = Originals::Delete;
        settings.picture.target = 200;
        let (_dir, root, plan) = library(&settings);
        let roots = vec![root];
        let preview = preview();
        let mut shown = Vec::new();
        for shard in &plan.shards {
            for (image, action) in shard.actions.iter().enumerate() {
                let Action::Shrink { output, .. } = action else { continue };
                let mut opened = preview.open(shard, image, &settings.limits).expect("opened");
                // Another setting first: what is kept from it must not show.
                let mut other = settings.clone();
                (other.picture.target, other.picture.quality) = (90, 30);
                made(&mut opened, &other);
                shown.push((shard.inventory.path.join(output), made(&mut opened, &settings)));
            }
        }
        assert!(shown.len() > 10, "{number}");
        let handle = Engine::default().start(plan, roots, Kind::Run, None);
        let record = handle.join().expect("not blocked");
        assert_eq!(record.stopped, None);
        for (path, made) in shown {
            let written = fs::read(&path).unwrap_or_default();
            assert!(written == made.file() || made.not_worth_it, "{number} {}", path.display());
            assert_eq!(made.bytes, made.file().len() as u64);
        }
    }
}

#[test]
fn a_look_at_every_image_changes_no_file() {
    let settings = Settings::default();
    let (_dir, root, plan) = library(&settings);
    let files = |root: &Path| {
        let mut all = Vec::new();
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("folder") {
                let path = entry.expect("entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let meta = fs::metadata(&path).expect("metadata");
                    all.push((path.clone(), fs::read(&path).expect("content"), meta.modified().expect("time")));
                }
            }
        }
        all.sort();
        all
    };
    let before = files(&root);
    let preview = preview();
    for shard in &plan.shards {
        for image in 0..shard.actions.len() {
            let Ok(mut opened) = preview.open(shard, image, &settings.limits) else {
                continue;
            };
            let seen = opened.before(&settings, 1 << 20).expect("a picture");
            assert_eq!(seen.picture.bytes(), seen.picture.size.pixels() as usize * 4);
            let Ok(Some(after)) = opened.after(&settings, &never) else {
                panic!("no answer")
            };
            if let After::Made(made) = after {
                assert!(opened.score(&made).is_some_and(|score| score > 50.0));
                assert_eq!(opened.difference(&made, 8).map(|picture| picture.size), Some(made.picture.size));
                opened.sidecars(&settings, Some(&made));
            }
            preview.thumbnail(shard, image, &settings, 160).expect("a thumbnail");
        }
    }
    preview.hard_cases(&plan, &[], &never, &mut |_| {});
    assert!(files(&root) == before, "something was written");
}

#[test]
fn a_large_original_is_reduced_and_its_parts_are_not() {
    let settings = Settings::default();
    let (_dir, _root, plan) = library(&settings);
    let shard = &plan.shards[0];
    let large = shard
        .work()
        .max_by_key(|image| shard.inventory.images[*image].bytes())
        .expect("work");
    let mut opened = preview().open(shard, large, &settings.limits).expect("opened");
    let size = opened.facts().size;
    let whole = opened.before(&settings, u64::MAX).expect("whole");
    assert_eq!((whole.size, whole.picture.size), (size, size));
    let reduced = opened.before(&settings, 10_000).expect("reduced");
    assert_eq!(reduced.size, size);
    assert!(
        reduced.picture.size.pixels() <= 10_000 && reduced.picture.size.pixels() > 8_000,
        "{reduced:?}"
    );
    let (left, top) = (size.width / 3, size.height / 2);
    let part = opened.part((left, top), Size { width: 20, height: 10 }).expect("a part");
    let row = size.width as usize * 4;
    for (y, line) in part.rgba.chunks_exact(80).enumerate() {
        let at = (top as usize + y) * row + left as usize * 4;
        assert_eq!(line, &whole.picture.rgba[at..at + 80]);
    }
    assert_eq!(opened.part((size.width, 0), Size { width: 1, height: 1 }), None);
}

#[test]
fn stale_work_stops_at_the_next_step() {
    let settings = Settings::default();
    let (_dir, _root, plan) = library(&settings);
    let shard = &plan.shards[0];
    let image = shard.work().next().expect("work");
    let mut opened = preview().open(shard, image, &settings.limits).expect("opened");
    for steps in 0..3 {
        let asked = AtomicUsize::new(0);
        let cancelled = || asked.fetch_add(1, Ordering::Relaxed) >= steps;
        let after = opened.after(&settings, &cancelled).expect("no problem");
        // What was done before the stop is kept, so that it need not be asked so often again.
        assert!(after.is_none() || asked.load(Ordering::Relaxed) <= steps, "{steps} {after:?}");
        if steps == 0 {
            assert!(after.is_none());
        }
    }
    assert!(matches!(opened.after(&settings, &never), Ok(Some(After::Made(_)))));
}

#[test]
fn images_that_stay_or_changed_say_why() {
    let mut settings = Settings::default();
    let (_dir, _root, plan) = library(&settings);
    let shard = &plan.shards[0];
    let image = shard.work().next().expect("work");
    let path = shard.inventory.path.join(&shard.inventory.images[image].name);
    let mut opened = preview().open(shard, image, &settings.limits).expect("opened");
    settings.picture.target = 60_000;
    settings.choose.convert.clear();
    assert!(matches!(opened.after(&settings, &never), Ok(Some(After::Stays(Why::SmallEnough)))));
    settings = Settings::default();
    settings.choose.min_saving = 99.9;
    assert!(made(&mut opened, &settings).not_worth_it);
    settings.limits.max_pixels = 3;
    assert!(matches!(opened.after(&settings, &never), Ok(Some(After::Refused(p))) if p.code == "over-limit"));
    fs::write(&path, b"another file").expect("write");
    let error = preview().open(shard, image, &Settings::default().limits).err().expect("changed");
    assert_eq!((error.code, error.path), ("changed-meanwhile", path.clone()));
    fs::remove_file(&path).expect("remove");
    let error = preview().open(shard, image, &Settings::default().limits).err().expect("gone");
    assert_eq!(error.code, "vanished");
}

#[test]
fn sidecars_tell_which_fields_follow() {
    let mut settings = Settings::default();
    let (_dir, _root, plan) = library(&settings);
    let shard = &plan.shards[0];
    let renamed = |image: &usize| shard.actions[*image].output() != Some(&shard.inventory.images[*image].name);
    let image = shard.work().find(renamed).expect("a new name");
    let name = shard.inventory.images[image].name.to_string_lossy().into_owned();
    let sidecar = Path::new(&name).with_extension("json");
    fs::write(
        shard.inventory.path.join(&sidecar),
        format!(r#"{{"tags": "a", "filename": "{name}", "deep": {{"image": "{name}"}}, "score": 1}}"#),
    )
    .expect("write");
    let mut opened = preview().open(shard, image, &settings.limits).expect("opened");
    let made = made(&mut opened, &settings);
    let of = |facts: &[SidecarFacts]| facts.iter().find(|f| f.name == sidecar.as_os_str()).cloned().expect("the sidecar");
    assert!(
        of(&opened.sidecars(&settings, Some(&made))).fields.is_empty(),
        "nobody asked for it"
    );
    settings.sidecars.update = true;
    assert_eq!(of(&opened.sidecars(&settings, Some(&made))).fields, ["filename", "image"]);
    fs::write(shard.inventory.path.join(&sidecar), "{").expect("write");
    assert_eq!(of(&opened.sidecars(&settings, Some(&made))).note, Some("is no JSON"));
}

#[test]
fn hard_cases_are_the_same_every_time_and_can_be_stopped() {
    let settings = Settings::default();
    let (_dir, _root, plan) = library(&settings);
    let shard = &plan.shards[0];
    let judged: Vec<JudgedImage> = [(0, 91.0), (1, 62.0), (2, 75.0)]
        .map(|(image, score)| JudgedImage {
            shard: shard.inventory.path.clone(),
            name: shard.inventory.images[image].name.clone(),
            quality: ImageQuality {
                quality: 95,
                score,
                bytes_at_highest: None,
            },
            bytes_after: 1,
        })
        .into();
    let mut told = 0;
    let found = preview().hard_cases(&plan, &judged, &never, &mut |_| told += 1);
    assert_eq!(found.loss.iter().map(|(at, _)| at.image).collect::<Vec<_>>(), [1, 2, 0]);
    assert!(found.looked_at > 0 && found.looked_at == found.to_look_at && told > found.looked_at);
    assert!(!found.transparent.is_empty(), "the library has some");
    assert_eq!(preview().hard_cases(&plan, &judged, &never, &mut |_| {}), found);
    let stopped = preview().hard_cases(&plan, &judged, &|| true, &mut |_| {});
    assert_eq!((stopped.looked_at, stopped.loss), (0, found.loss));
}
