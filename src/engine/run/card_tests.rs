//! Whole runs with a graphics card that does everything wrong it can do: the files are always those of the processor alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::{Control, Engine};
use crate::engine::metrics::{Event, Kind, Outcome, Record};
use crate::engine::resize::fake::{Answer, with_card};
use crate::engine::resize::{Backend, Cpu};
use crate::engine::settings::{BackendChoice, Originals, Settings};

const IMAGES: usize = 90;

/// Pictures of several kinds, all above the target, and one that is broken.
fn library(folder: &Path) {
    for i in 0..IMAGES {
        let (width, height) = (60 + (i as u32 * 7) % 90, 50 + (i as u32 * 5) % 70);
        let colour = [png::ColorType::Rgb, png::ColorType::Rgba, png::ColorType::Grayscale][i % 3];
        let bytes = png(width, height, colour, i);
        fs::write(folder.join(format!("img{i:03}.png")), bytes).expect("written");
    }
    let broken = png(90, 90, png::ColorType::Rgb, 1);
    fs::write(folder.join("torn.png"), &broken[..broken.len() / 2]).expect("written");
}

fn png(width: u32, height: u32, colour: png::ColorType, seed: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(colour);
    let count = width as usize * height as usize * colour.samples();
    let samples: Vec<u8> = (0..count).map(|at| (((at * 31) ^ (seed * 977)) % 251) as u8).collect();
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&samples).expect("pixels");
    drop(writer);
    bytes
}

fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.picture.target = 32;
    settings.safety.originals = Originals::Delete;
    settings.machine.workers = Some(3);
    settings
}

/// Everything in the folder, by name.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let files = entries.filter(|path| path.is_file());
    files
        .map(|path| (path.file_name().expect("a name").into(), fs::read(&path).expect("read")))
        .collect()
}

/// A run on this backend; fails the test instead of hanging. What it wrote, and its record.
fn run(backend: Arc<dyn Backend>, settings: &Settings, tune: impl FnOnce(&Control)) -> (BTreeMap<PathBuf, Vec<u8>>, Record) {
    let dir = tempfile::tempdir().expect("a folder");
    library(dir.path());
    let engine = Engine::default();
    let roots = vec![dir.path().to_owned()];
    let plan = engine.plan(&roots, settings).expect("a plan");
    let handle = engine.start_on(backend, plan, roots, Kind::Run, None);
    tune(&handle.control);
    let events = handle.events.clone();
    while let Ok(event) = events.recv_timeout(Duration::from_secs(100)) {
        if event == Event::Finished {
            break;
        }
    }
    for _ in 0..600 {
        if handle.is_finished() {
            let record = handle.join().expect("no collisions");
            return (files(dir.path()), record);
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("the run hangs");
}

fn failed(record: &Record) -> usize {
    let images = record.shards.iter().flat_map(|shard| &shard.images);
    images.filter(|image| matches!(image.outcome, Outcome::Failed(_))).count()
}

#[test]
fn whatever_a_card_does_the_files_are_the_processors() {
    let (expected, alone) = run(Arc::new(Cpu), &settings(), |_| {});
    assert_eq!((expected.len(), failed(&alone)), (IMAGES + 1, 1));
    assert!(alone.card.is_none());
    type Behaviour = fn(u32) -> Answer;
    let behaviours: [(&str, u32, Behaviour); 8] = [
        ("right", 8, |_| Answer::Right),
        ("one slot", 1, |_| Answer::Right),
        ("late", 8, |_| Answer::Late),
        ("lets go of some", 4, |n| if n % 3 == 2 { Answer::LetGo } else { Answer::Right }),
        ("lets go of all", 4, |_| Answer::LetGo),
        ("stops answering", 4, |n| if n < 10 { Answer::Right } else { Answer::Never }),
        ("never answers", 100, |_| Answer::Never),
        ("all at once", 3, |n| {
            [Answer::Right, Answer::LetGo, Answer::Late, Answer::Never][n as usize % 4]
        }),
    ];
    for choice in [BackendChoice::Gpu, BackendChoice::Auto] {
        for (what, slots, answers) in behaviours {
            let (found, record) = run(with_card(choice, slots, answers), &settings(), |_| {});
            assert!(found == expected, "{choice:?}, {what}: other files");
            assert_eq!(failed(&record), 1, "{choice:?}, {what}");
            let card = record.card.expect("a card was asked for");
            if choice == BackendChoice::Gpu && what == "lets go of all" {
                assert!(card.redone > 0 && card.images == 0, "{card:?}");
            }
            if choice == BackendChoice::Gpu && what == "right" {
                assert!(card.redone == 0 && card.images > 0 && card.compared > 0, "{card:?}");
            }
        }
    }
}

#[test]
fn a_card_that_is_wrong_makes_no_file() {
    let (expected, _) = run(Arc::new(Cpu), &settings(), |_| {});
    for choice in [BackendChoice::Gpu, BackendChoice::Auto] {
        let (found, record) = run(with_card(choice, 8, |_| Answer::Wrong), &settings(), |_| {});
        let card = record.card.expect("a card was asked for");
        assert_eq!((card.compared, card.images), (1, 1));
        assert!(found == expected, "{choice:?}");
    }
}

#[test]
fn with_hardly_any_memory_and_many_pictures_away_it_goes_on() {
    let (expected, _) = run(Arc::new(Cpu), &settings(), |_| {});
    let mut settings = settings();
    // Room for about one image at a time.
    settings.machine.memory = Some(2 << 20);
    let (found, _) = run(with_card(BackendChoice::Gpu, 100, |_| Answer::Late), &settings, |_| {});
    assert!(found == expected);
}

#[test]
fn a_stop_leaves_whole_files_and_originals() {
    let answers = |n: u32| if n.is_multiple_of(2) { Answer::Late } else { Answer::Right };
    let (found, record) = run(with_card(BackendChoice::Gpu, 8, answers), &settings(), |control| {
        thread::sleep(Duration::from_millis(60));
        control.stop(crate::engine::metrics::StopReason::Insisted);
    });
    let (expected, _) = run(Arc::new(Cpu), &settings(), |_| {});
    let images = &record.shards[0].images;
    assert_eq!(images.len(), IMAGES + 1);
    for image in images {
        let png = PathBuf::from(&image.name);
        let jpg = png.with_extension("jpg");
        match image.outcome {
            Outcome::Shrunk(_) => assert!(found.get(&jpg) == expected.get(&jpg), "{}", png.display()),
            _ => assert!(found.contains_key(&png) && !found.contains_key(&jpg), "{}", png.display()),
        }
    }
}

#[cfg(feature = "gpu")]
#[test]
fn a_device_that_is_lost_half_way_costs_one_remark() {
    use crate::engine::resize::lost_after;

    for submissions in [1, 5, 12] {
        let Some(card) = lost_after(submissions) else { return };
        let (found, record) = run(Arc::new(card), &settings(), |_| {});
        let (expected, alone) = run(Arc::new(Cpu), &settings(), |_| {});
        assert!(found == expected, "lost at submission {submissions}");
        println!(
            "lost at submission {submissions}: {:?}, the processor alone {:?}",
            record.wall, alone.wall
        );
        let card = record.card.expect("a card was asked for");
        assert!(card.redone > 0 && card.images > 0, "{card:?}");
        let remarks: Vec<_> = record
            .notices
            .iter()
            .filter(|notice| notice.message.contains("stopped working"))
            .collect();
        assert_eq!(remarks.len(), 1, "{:?}", record.notices);
    }
}
