//! The run as a person meets it, by label.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use egui_kittest::kittest::Queryable as _;

use super::follow::End;
use super::offer::Offer;
use super::state::Live;
use super::{Command, ask, words};
use crate::engine::{AdapterKind, BackendChoice, CardRecord, Collisions, Engine, Originals, Settings};
use crate::gui::frame_times::percentiles;
use crate::gui::settings::made_up;
use crate::gui::shell;
use crate::gui::testing::Window;

/// What a run of this folder would be.
fn offer(folder: &Path, settings: &Settings) -> Arc<Offer> {
    let roots = vec![folder.to_owned()];
    let plan = Engine::default().plan(&roots, settings).expect("a plan");
    Offer::of(plan, roots)
}

/// Puts the question before a run of this folder.
fn asked(window: &mut Window, offer: &Arc<Offer>) {
    let dialog = ask::begin(offer, None);
    window.harness.state_mut().send(shell::Command::Ask(Box::new(dialog)));
    window.harness.run_steps(2);
}

fn is_over(window: &Window) -> bool {
    !window.harness.state().model.run.is_running()
}

fn names(folder: &Path) -> Vec<PathBuf> {
    let mut names: Vec<PathBuf> = walk(folder);
    names.sort();
    names
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path());
    entries
        .flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] })
        .collect()
}

/// Two dozen pictures of their own, quickly drawn.
fn pictures(window: &Window) -> PathBuf {
    let shard = window.folder.path().join("pictures");
    std::fs::create_dir(&shard).expect("a folder");
    for at in 0..24_u32 {
        let mut bytes = Vec::new();
        let writer = png::Encoder::new(&mut bytes, 600, 400).write_header();
        let pixels: Vec<u8> = (0..600 * 400_u32).map(|p| (p % 600 / (at + 1) + p / 900) as u8).collect();
        writer.expect("a header").write_image_data(&pixels).expect("pixels");
        std::fs::write(shard.join(format!("picture-{at:02}.png")), bytes).expect("a picture");
    }
    shard
}

/// Opens a window, drops a shard on it, and waits for the plan.
fn planned(drawn: impl FnOnce(&Window) -> PathBuf) -> (Window, PathBuf) {
    let mut window = Window::new();
    let shard = drawn(&window);
    window.drop(&[&shard]);
    window.wait_for("the plan", |window| words::why_not(&window.harness.state().model).is_none());
    (window, shard)
}

/// A folder with images in it.
fn shard_of(library: &Path) -> PathBuf {
    let is_image = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "png" || ending == "jpg");
    let found = walk(library).into_iter().find(is_image).expect("an image");
    found.parent().expect("its folder").to_owned()
}

#[test]
fn a_run_goes_to_its_end_and_is_in_the_history() {
    let (mut window, shard) = planned(|window| shard_of(&window.sample()));
    let deed = words::deed(&window.harness.state().model);
    let before = names(&shard);
    window.click(&deed);
    window.wait_for_label("Every original is kept in the shard until you purge it, so this run can be undone at any time.");
    assert_eq!(names(&shard), before, "a question touches nothing");
    window.harness.key_press(egui::Key::Enter);
    window.harness.run_steps(2);
    window.wait_for("the run", |window| window.harness.state().model.run.live.is_some());
    assert_eq!(window.harness.state().model.shell.page, shell::Page::Run);
    window.wait_for("the end of the run", is_over);
    let model = &window.harness.state().model;
    let live = model.run.live.as_ref().expect("a run");
    assert_eq!(live.now.snapshot.done, live.offer.totals.work_images);
    assert_eq!(live.now.story.changed + live.now.story.failed, live.now.snapshot.done);
    assert!(
        live.now.story.changed > 0 && live.now.plots.bins.iter().map(|bin| u64::from(bin.after)).sum::<u64>() == live.now.story.changed
    );
    let toast = model.shell.toasts.last().expect("a remark");
    assert!(toast.title.contains("shrunk"), "{toast:?}");
    assert_eq!(
        toast.links.iter().map(|(words, _)| words.as_str()).collect::<Vec<_>>(),
        ["Undo", "Show report"]
    );
    let history = names(&window.folder.path().join("data/history"));
    assert_eq!(history.len(), 1, "{history:?}");
    assert!(window.folder.path().join("data/writes.jsonl").exists());
    assert!(
        names(&shard)
            .iter()
            .any(|path| path.extension().is_some_and(|ending| ending == "orig"))
    );
    window.wait_for_label("Nothing is in hand; the run is over.");
    // Had a graphics card taken part, the page would say so.
    let record = CardRecord {
        choice: BackendChoice::Auto,
        adapter: Some(made_up("NVIDIA GeForce RTX 4070", AdapterKind::Discrete)),
        opened_after: Some(std::time::Duration::from_millis(300)),
        images: 5,
        pixels: 1,
        batches: 2,
        redone: 0,
        compared: 0,
        classes: Vec::new(),
        verdict: "It won.".to_owned(),
    };
    let said = |window: &Window, words: &str| window.harness.query_all_by_label_contains(words).count();
    assert_eq!(said(&window, "Resized by the graphics card"), 0);
    let done = {
        let live = window.harness.state_mut().model.run.live.as_mut().expect("a run");
        Arc::make_mut(&mut live.now).card = Some(record);
        live.now.snapshot.process.images
    };
    window.harness.run_steps(2);
    assert_eq!(said(&window, &format!("Resized by the graphics card: 5 of {done}")), 1);
    // The plan is made anew of what is there now, and there is nothing left to do.
    window.wait_for("the new plan", |window| {
        words::deed(&window.harness.state().model) == "Nothing to shrink"
    });
}

/// On the card that this machine has, be it software: the page and the report name it.
#[test]
#[cfg(feature = "gpu")]
fn the_page_tells_what_the_graphics_card_did() {
    let cards = crate::engine::adapters();
    let Some(card) = cards.first() else {
        assert!(
            std::env::var_os("REQUIRE_GPU_ADAPTER").is_none(),
            "an adapter was required, and none was found"
        );
        eprintln!("SKIPPED: no graphics card and no software that poses as one");
        return;
    };
    let (mut window, _) = planned(pictures);
    for (key, value) in [("machine.backend", "gpu".into()), ("choose.limit", 6.into())] {
        window.harness.state_mut().send(crate::gui::settings::Command::Set(key, value));
    }
    window.wait_for("the plan", |window| {
        let model = &window.harness.state().model;
        words::deed(model) == "Shrink 6 images" && words::why_not(model).is_none()
    });
    let begin = begin_of(&window);
    window.harness.state_mut().send(begin);
    window.wait_for("the end of the run", |window| live(window).is_some_and(|live| live.end.is_some()));
    let live = live(&window).expect("a run");
    let record = live.now.card.clone().expect("a record of the card");
    assert_eq!(record.adapter.as_ref(), Some(card), "{record:?}");
    assert_eq!(live.now.story.changed, 6);
    let said = format!("Resized by the graphics card: {} of 6", record.images);
    assert_eq!(window.harness.query_all_by_label_contains(&said).count(), 1, "{record:?}");
}

#[test]
fn it_pauses_resumes_and_stops() {
    let (mut window, shard) = planned(pictures);
    // A person who is quick: paused before the first image is read.
    let begin = begin_of(&window);
    window.harness.state_mut().send(begin);
    window.harness.state_mut().send(Command::TogglePause);
    window.wait_for("the pause", |window| {
        live(window).is_some_and(|live| live.now.paused && live.has_begun())
    });
    window.wait_for_label("Resume");
    window.harness.key_press(egui::Key::P);
    window.wait_for("work", |window| {
        live(window).is_none_or(|live| live.end.is_some() || live.now.snapshot.done > 0)
    });
    // It may be done before anybody can stop it; what was not begun is as it was either way.
    window.harness.state_mut().send(Command::Stop);
    window.wait_for("the end of the run", is_over);
    let live = live(&window).expect("a run");
    let Some(End::Told(told)) = &live.end else {
        panic!("{:?}", live.end)
    };
    assert_eq!(told.changed + told.failed + told.not_reached, live.offer.totals.work_images);
    let kept = names(&shard)
        .iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "orig"))
        .count();
    assert_eq!(kept as u64, told.changed);
    assert!(live.now.story.log.iter().any(|line| line.text == "Paused"));
}

#[test]
fn closing_asks_and_stops_first() {
    let (mut window, _) = planned(pictures);
    let begin = begin_of(&window);
    window.harness.state_mut().send(begin);
    window.harness.state_mut().send(Command::TogglePause);
    window.wait_for("the pause", |window| live(window).is_some_and(|live| live.now.paused));
    let close = |window: &mut Window| {
        let viewport = window.harness.input_mut().viewports.entry(egui::ViewportId::ROOT).or_default();
        viewport.events.push(egui::ViewportEvent::Close);
        window.harness.run_steps(2);
        viewport_events(window).clear();
    };
    close(&mut window);
    window.wait_for_label("Close the window while images are being shrunk?");
    window.click("Cancel");
    window.wait_for("no question", |window| window.harness.state().model.shell.dialog.is_none());
    assert!(!is_over(&window) && !window.harness.state().model.shell.closing);
    close(&mut window);
    window.click("Stop and close");
    window.wait_for("the end of the run", is_over);
    assert!(window.harness.state().model.shell.closing);
}

fn viewport_events(window: &mut Window) -> &mut Vec<egui::ViewportEvent> {
    &mut window
        .harness
        .input_mut()
        .viewports
        .entry(egui::ViewportId::ROOT)
        .or_default()
        .events
}

#[test]
fn names_that_clash_keep_the_button_off() {
    let mut window = Window::new();
    let folder = window.folder.path().join("clash");
    std::fs::create_dir(&folder).expect("a folder");
    let image = pictures(&window).join("picture-00.png");
    for name in ["a.png", "a.PNG"] {
        std::fs::copy(&image, folder.join(name)).expect("a copy");
    }
    let mut settings = Settings::default();
    settings.safety.collisions = Collisions::Block;
    let offer = offer(&folder, &settings);
    assert_eq!(offer.blocking, 1);
    // A run that was begun all the same says so and touches nothing.
    let before = names(&folder);
    window.harness.state_mut().send(Command::Begin { offer, estimate: None });
    window.wait_for("the end", |window| live(window).is_some_and(|live| live.end.is_some()));
    assert!(matches!(
        live(&window).and_then(|live| live.end.as_ref()),
        Some(End::Blocked { .. })
    ));
    assert_eq!(names(&folder), before);
    window.wait_for_label("Nothing was begun");
}

#[test]
fn deleting_originals_is_asked_as_what_it_is() {
    let mut window = Window::new();
    let library = pictures(&window);
    let mut settings = Settings::default();
    settings.safety.originals = Originals::Delete;
    let offer = offer(&library, &settings);
    let dialog = ask::begin(&offer, None);
    assert!(dialog.answers.iter().all(|answer| answer.is_final) && dialog.text.contains("cannot be undone"));
    asked(&mut window, &offer);
    // Enter cancels: that is where the focus is.
    window.harness.key_press(egui::Key::Enter);
    window.harness.run_steps(2);
    window.wait_for("no question", |window| window.harness.state().model.shell.dialog.is_none());
    assert!(live(&window).is_none());
}

fn live(window: &Window) -> Option<&Live> {
    window.harness.state().model.run.live.as_ref()
}

fn begin_of(window: &Window) -> Command {
    let offer = window.harness.state().model.run.offer.clone().expect("an offer");
    Command::Begin { offer, estimate: None }
}

/// Writes pictures of the page where a person asks for them: `SHARDPRESS_PICTURES=folder`, and a copy of a real shard.
#[test]
#[ignore = "for looking at: needs a renderer, a folder and a shard"]
fn pictures_of_the_page() {
    let (Some(out), Some(shard)) = (std::env::var_os("SHARDPRESS_PICTURES"), std::env::var_os("SHARDPRESS_SHARD")) else {
        return;
    };
    let (out, shard) = (PathBuf::from(out), PathBuf::from(shard));
    for (name, width, height, light) in [("narrow", 900.0, 600.0, true), ("wide", 1280.0, 800.0, false)] {
        let mut window = Window::sized(width, height);
        if light {
            window.harness.state_mut().send(shell::Command::Theme(shell::ThemeChoice::Light));
        }
        let picture = |window: &mut Window, what: &str| {
            window.harness.run_steps(3);
            let image = window.harness.render().expect("a renderer");
            image.save(out.join(format!("{name}-{what}.png"))).expect("a picture");
        };
        window.harness.state_mut().send(shell::Command::Go(shell::Page::Run));
        picture(&mut window, "nothing");
        let offer = offer(&shard, &Settings::default());
        let estimate = Engine::default().estimate(&offer.plan, &[], &crate::engine::Control::default(), |_| {});
        let dialog = ask::begin(&offer, Some(Arc::new(estimate.clone())));
        window.harness.state_mut().send(shell::Command::Ask(Box::new(dialog)));
        picture(&mut window, "ask");
        window.harness.state_mut().send(shell::Command::Dismiss);
        let begin = Command::Begin {
            offer: Arc::clone(&offer),
            estimate: Some(Arc::new(estimate)),
        };
        window.harness.state_mut().send(begin);
        for part in [0.2, 0.5] {
            window.wait_for("some of it", |window| {
                let live = window.harness.state().model.run.live.as_ref();
                live.is_none_or(|live| live.end.is_some() || live.part() > part)
            });
            picture(&mut window, &format!("at-{part}"));
        }
        window.click("Stop");
        picture(&mut window, "stop-menu");
        window.click("Stop now");
        picture(&mut window, "stop-now");
        window.click("Stop now");
        window.wait_for("the end", is_over);
        picture(&mut window, "over");
    }
}

/// Times of `logic`, `ui` and tessellation while a shard is worked on: `SHARDPRESS_SHARD` is a copy of a real one, and is changed.
#[test]
#[ignore = "a measurement: needs a shard of its own"]
fn frames_during_a_run() {
    let Some(shard) = std::env::var_os("SHARDPRESS_SHARD").map(PathBuf::from) else {
        return;
    };
    let mut window = Window::new();
    window.drop(&[&shard]);
    window.wait_for("the plan", |window| words::why_not(&window.harness.state().model).is_none());
    let begin = begin_of(&window);
    window.harness.state_mut().send(begin);
    window.harness.state_mut().frame_times = Default::default();
    let (mut tessellation, mut frames) = (Vec::new(), 0_u32);
    let begun = Instant::now();
    while live(&window).is_none_or(|live| live.end.is_none()) {
        window.harness.step();
        frames += 1;
        let (shapes, context) = (window.harness.output().shapes.clone(), window.harness.ctx.clone());
        let at = Instant::now();
        std::hint::black_box(context.tessellate(shapes, 1.0));
        tessellation.push(at.elapsed());
        // As fast as a screen, at most.
        std::thread::sleep(std::time::Duration::from_millis(16));
    }
    let live = live(&window).expect("a run");
    let (snapshot, ours) = (&live.now.snapshot, window.harness.state().frame_times.percentiles());
    println!("{} images in {:?}, {frames} frames", snapshot.done, begun.elapsed());
    println!("logic and ui {ours:?}");
    println!("tessellation {:?}", percentiles(&tessellation));
}
