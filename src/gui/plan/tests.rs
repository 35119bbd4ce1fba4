//! Journeys through the plan, by label, on small folders drawn by code; and how long a frame takes with a million rows.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui::{Key, Modifiers, MouseWheelUnit, TouchPhase, vec2};
use egui_kittest::kittest::Queryable as _;

use super::*;
use crate::engine::{Scanned, thread_cpu_time};
use crate::gui::frame_times::percentiles;
use crate::gui::settings;
use crate::gui::testing::Window;

fn state(window: &Window) -> &State {
    &window.harness.state().model.plan
}

#[track_caller]
fn settle(window: &mut Window) {
    window.wait_for("a plan with its forecast and its rows", |w| state(w).is_settled());
    window.harness.run_steps(2);
}

/// The shard that was dropped, planned.
fn planned() -> (Window, PathBuf) {
    let mut window = Window::new();
    let shard = window.sample().join("shard_00000");
    window.drop(&[&shard]);
    settle(&mut window);
    (window, shard)
}

fn press(window: &mut Window, key: Key) {
    window.harness.key_press(key);
    window.harness.run_steps(3);
}

/// Names in the table, from top to bottom.
fn names(window: &Window) -> Vec<String> {
    let plan = state(window);
    let (Some(planned), Some(facts)) = (plan.current(), plan.facts()) else {
        return Vec::new();
    };
    let name = |row: &u32| {
        facts
            .row(&planned.plan, None, *row)
            .map(|row| row.name.to_string_lossy().into_owned())
    };
    plan.order.iter().filter_map(name).collect()
}

#[test]
fn a_dropped_shard_is_planned_and_sampled_and_nothing_is_written() {
    let mut window = Window::new();
    let shard = window.sample().join("shard_00000");
    let before = listing(&shard);
    window.drop(&[&shard]);
    settle(&mut window);
    assert_eq!(listing(&shard), before);
    let plan = state(&window);
    let totals = plan.facts().expect("facts").totals;
    assert!(totals.work_images > 0 && totals.work_images <= totals.images);
    let planned = plan.current().expect("a plan");
    let estimate = planned.estimate.as_ref().expect("an estimate");
    assert_eq!(estimate.images as u64, totals.work_images);
    let sum: u64 = planned
        .predictions
        .as_ref()
        .expect("predictions")
        .all(&planned.plan)
        .map(|(_, _, b)| b)
        .sum();
    assert!(sum.abs_diff(estimate.bytes_after.expected) <= totals.work_images);
    // The tile says it, and the status bar.
    let tile = format!(
        "To shrink {} of {}, {} left alone",
        totals.work_images,
        totals.images,
        totals.images - totals.work_images
    );
    window.wait_for_label(&tile);
    window.wait_for_label("Plan ready");
}

/// Names, lengths and times of all files.
fn listing(folder: &Path) -> Vec<(std::ffi::OsString, u64, std::time::SystemTime)> {
    let entries = std::fs::read_dir(folder).expect("list");
    let mut all: Vec<_> = entries
        .map(|entry| {
            let entry = entry.expect("entry");
            let about = entry.metadata().expect("metadata");
            (entry.file_name(), about.len(), about.modified().expect("time"))
        })
        .collect();
    all.sort();
    all
}

#[test]
fn a_setting_makes_another_plan_without_another_scan() {
    let (mut window, shard) = planned();
    let (first, headers) = (state(&window).current().expect("plan").revision, state(&window).headers());
    let work = state(&window).work_images();
    // Headers are not read again: there is nothing to read them from.
    std::fs::rename(&shard, shard.with_extension("away")).expect("rename");
    let app = window.harness.state_mut();
    app.send(settings::Command::Use("Archive photos".to_owned()));
    window.wait_for("another plan", |w| state(w).current().is_some_and(|p| p.revision != first));
    let plan = state(&window);
    assert_eq!(plan.headers(), headers);
    assert_ne!(plan.work_images(), work, "an archive keeps larger pictures");
    let wanted = window
        .harness
        .state()
        .model
        .settings
        .valid()
        .expect("valid settings")
        .picture
        .target;
    assert_eq!(plan.current().expect("plan").plan.settings.picture.target, wanted);
    std::fs::rename(shard.with_extension("away"), &shard).expect("rename");
}

#[test]
fn rows_are_filtered_sorted_and_walked_by_keyboard() {
    let (mut window, _) = planned();
    let all = names(&window);
    window.click("Sort by Name");
    settle(&mut window);
    let by_name = names(&window);
    assert!(by_name.is_sorted() && by_name.len() == all.len(), "{by_name:?}");
    window.click("Sort by Name");
    settle(&mut window);
    assert!(names(&window).is_sorted_by(|a, b| a >= b));
    window.click("Sort by Bytes before");
    settle(&mut window);
    let bytes: Vec<u64> = {
        let plan = state(&window);
        let (planned, facts) = (plan.current().expect("plan"), plan.facts().expect("facts"));
        let rows = plan.order.iter();
        rows.map(|row| facts.row(&planned.plan, None, *row).expect("row").bytes).collect()
    };
    assert!(bytes.is_sorted_by(|a, b| a >= b), "{bytes:?}");

    press(&mut window, Key::ArrowDown);
    assert_eq!(state(&window).place, Some(0));
    press(&mut window, Key::ArrowDown);
    assert_eq!(state(&window).place, Some(1));
    press(&mut window, Key::End);
    assert_eq!(state(&window).place, Some(all.len() - 1));
    press(&mut window, Key::PageUp);
    assert_eq!(state(&window).place, Some(all.len() - 11));
    press(&mut window, Key::Home);
    assert_eq!(state(&window).place, Some(0));
    let selected = state(&window).selected();
    // The image stays selected when the rows are sorted in another way.
    window.click("Sort by Name");
    settle(&mut window);
    assert_eq!(state(&window).selected(), selected);

    let left_alone = format!(
        "Left alone {}",
        state(&window).facts().expect("facts").totals.images - state(&window).work_images()
    );
    window.click(&left_alone);
    settle(&mut window);
    assert!(names(&window).len() < all.len());
    window.click(&format!("All {}", all.len()));
    settle(&mut window);
    window.click("Filter by name");
    window.harness.get_by_label("Filter by name").type_text(".PNG");
    window.wait_for("only PNGs", |w| {
        let names = names(w);
        !names.is_empty() && names.len() < all.len() && names.iter().all(|name| name.ends_with(".png"))
    });
    press(&mut window, Key::Escape);
    settle(&mut window);
    assert_eq!(names(&window).len(), all.len(), "Escape empties the field");
    window.click("Filter by name");
    window.harness.get_by_label("Filter by name").type_text("nothing is called that");
    window.wait_for_label("No image is like that");
    window.click("Show all images");
    settle(&mut window);
    assert_eq!(names(&window).len(), all.len());
    press(&mut window, Key::Escape);
    window.harness.state_mut().send(Command::SelectPlace(3));
    window.harness.run_steps(2);
    let chosen = state(&window).selected();
    window.harness.get_by_label_contains("Arrow keys move").focus();
    window.harness.run_steps(2);
    press(&mut window, Key::Enter);
    assert_eq!(window.harness.state().model.shell.page, Page::Preview);
    assert_eq!(state(&window).selected(), chosen);
}

#[test]
fn lines_of_the_pre_flight_list_lead_to_their_files() {
    let mut window = Window::new();
    let shard = window.sample().join("shard_00000");
    std::fs::write(shard.join("broken.jpg"), b"\xff\xd8\xff\xe0").expect("write");
    std::fs::write(shard.join("empty.png"), b"").expect("write");
    window.drop(&[&shard]);
    settle(&mut window);
    window.click("Show: 2 damaged images");
    settle(&mut window);
    let mut shown = names(&window);
    shown.sort();
    assert_eq!(shown, ["broken.jpg", "empty.png"]);
    window.click("Show other files than: 2 damaged images");
    settle(&mut window);
    assert!(names(&window).len() > 2);
    window.harness.get_by_label("Nothing blocks the run");
}

#[test]
fn names_that_clash_block_until_a_policy_is_chosen() {
    let mut window = Window::new();
    let shard = window.sample().join("shard_00000");
    let png = |name: &str| {
        let found = std::fs::read_dir(&shard).expect("list").filter_map(Result::ok).map(|e| e.path());
        let source = found
            .into_iter()
            .find(|p| p.extension().is_some_and(|e| e == "png"))
            .expect("a PNG");
        std::fs::copy(source, shard.join(name)).expect("copy");
    };
    png("twice.png");
    std::fs::write(shard.join("twice.jpg"), b"in the way").expect("write");
    window.drop(&[&shard]);
    settle(&mut window);
    window.harness.get_by_label("1 thing blocks the run");
    window.click("Show: 1 pair wants one name");
    settle(&mut window);
    let clash = "twice.png";
    assert!(names(&window).iter().any(|name| name == clash), "{:?}", names(&window));
    window.harness.get_by_label_contains("Blocked, Clash: twice.jpg");
}

#[test]
fn many_shards_are_looked_into_one_after_the_other_and_unticked_ones_are_left() {
    let mut window = Window::new();
    let library = window.sample();
    let shards: Vec<PathBuf> = (0..3).map(|n| library.join(format!("shard_0000{n}"))).collect();
    window.drop(&shards.iter().map(PathBuf::as_path).collect::<Vec<_>>());
    window.wait_for("three shards", |w| state(w).is_settled() && state(w).shards() == 3);
    let one = state(&window).current().expect("plan").plan.shards[0].inventory.clone();
    let ticked = window.harness.state().model.shards.ticked();
    window
        .harness
        .state_mut()
        .send(crate::gui::shards::Command::Tick(vec![ticked[2].clone()], false));
    window.wait_for("two shards", |w| state(w).is_settled() && state(w).shards() == 2);
    let again = &state(&window).current().expect("plan").plan.shards[0].inventory;
    assert!(Arc::ptr_eq(&one, again), "the others are not looked into again");
}

/// Saves what the window shows, for people to look at.
fn picture(window: &mut Window, name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pictures");
    std::fs::create_dir_all(&folder).expect("a folder for pictures");
    window.harness.run_steps(4);
    let image = window.harness.render().expect("a graphics adapter, software ones included");
    let path = folder.join(format!("{name}.png"));
    image.save(&path).expect("write");
    println!("{}", path.display());
}

/// Looks at the page: `SHARDPRESS_SHARD=… cargo test --lib plan_pictures -- --ignored --nocapture`.
#[test]
#[ignore = "draws pictures for people; needs a graphics adapter"]
fn plan_pictures() {
    let shard = std::env::var_os("SHARDPRESS_SHARD").map(PathBuf::from);
    for (width, height) in [(1280.0, 800.0), (900.0, 600.0)] {
        let mut window = Window::sized(width, height);
        let shard = shard.clone().unwrap_or_else(|| window.sample().join("shard_00000"));
        window.drop(&[&shard]);
        window.wait_for("rows", |w| {
            state(w).order_of != 0 && state(w).current().is_some_and(|p| p.estimate.is_some())
        });
        picture(&mut window, &format!("plan-{width}x{height}-sampling"));
        // A real shard takes as long as it takes.
        while !state(&window).is_settled() {
            window.harness.step();
            std::thread::sleep(Duration::from_millis(100));
        }
        for theme in [shell::ThemeChoice::Dark, shell::ThemeChoice::Light] {
            window.harness.state_mut().send(shell::Command::Theme(theme));
            let dimensions = theme == shell::ThemeChoice::Light;
            window.harness.state_mut().send(Command::ShowDimensions(dimensions));
            window.harness.state_mut().send(Command::SelectPlace(2));
            picture(&mut window, &format!("plan-{width}x{height}-{theme:?}"));
        }
    }
}

/// `cargo test --lib plan_scroll_frame_times -- --ignored --nocapture`; for figures that count, in the release profile.
#[test]
#[ignore = "measures; says nothing on a busy machine"]
fn plan_scroll_frame_times() {
    const ROWS: usize = 1_000_000;
    let mut window = Window::new();
    let shard = window.sample().join("shard_00000");
    window.drop(&[&shard]);
    window.wait_for("the shard is scanned", |w| state(w).current().is_some());
    let scan = super::state::Scan {
        scanned: Scanned::of_many(&shard, ROWS),
        took: Duration::ZERO,
    };
    let plan = &mut window.harness.state_mut().model.plan;
    let ticked = plan.ticked[0].clone();
    plan.scans.insert(ticked, scan);
    plan.scans_revision += 1;
    let begun = Instant::now();
    window.wait_for("a million rows", |w| state(w).is_settled() && state(w).order.len() == ROWS);
    println!("planned, sampled and sorted in {:.1?}", begun.elapsed());
    let table = egui::pos2(700.0, 600.0);
    window.harness.hover_at(table);
    window.harness.state_mut().frame_times = crate::gui::frame_times::FrameTimes::default();
    let (mut tessellation, mut cpu) = (Vec::new(), Vec::new());
    let mut frames = |window: &mut Window, count: usize, each: &mut dyn FnMut(&mut Window, usize)| {
        for frame in 0..count {
            each(window, frame);
            let before = thread_cpu_time();
            window.harness.step();
            cpu.extend(thread_cpu_time().zip(before).map(|(now, then)| now.saturating_sub(then)));
            let shapes = window.harness.output().shapes.clone();
            let begun = Instant::now();
            let meshes = window.harness.ctx.tessellate(shapes, 1.0);
            tessellation.push(begun.elapsed());
            assert!(!meshes.is_empty());
        }
    };
    let wheel = |window: &mut Window, points: f32| {
        window.harness.input_mut().events.push(egui::Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: vec2(0.0, -points),
            phase: TouchPhase::Move,
            source: egui::MouseWheelSource::Unknown,
            modifiers: Modifiers::NONE,
        });
    };
    frames(
        &mut window,
        600,
        &mut (move |w: &mut Window, frame| wheel(w, if frame < 300 { 90.0 } else { 40_000.0 })),
    );
    frames(
        &mut window,
        300,
        &mut (|w: &mut Window, frame| {
            let place = (frame * 7_919_317) % ROWS;
            w.harness.state_mut().send(Command::SelectPlace(place));
            w.harness.state_mut().views.plan.scroll_to = Some(place);
        }),
    );
    let ours = window.harness.state().frame_times.percentiles().expect("frames");
    let shapes = percentiles(&tessellation).expect("frames");
    println!("logic and ui of 900 frames, {ROWS} rows: {ours:?}");
    println!("tessellation of the same: {shapes:?}");
    println!(
        "CPU time of a whole step, the test's own tree of widgets included: {:?}",
        percentiles(&cpu)
    );
}
