//! Journeys through the reports: what a person does on this page, from a history on a disk to files that were exported.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use egui_kittest::kittest::Queryable as _;
use tempfile::TempDir;

use super::Segment;
use crate::engine::{AdapterKind, Control, Engine, Kind, Settings};
use crate::gui::kept::tests::leave;
use crate::gui::settings::made_up;
use crate::gui::shell::Page;
use crate::gui::testing::Window;
use crate::report::{Report, history, read, samples};

/// A shard of two dozen small pictures: drawing a whole sample library takes longer than everything that is tested here.
fn small_shard(place: &Path) -> PathBuf {
    let shard = place.join("library/shard_00000");
    fs::create_dir_all(&shard).expect("folder");
    for number in 0..24_u32 {
        let (width, height) = (120 + 4 * number, 90);
        let pixels: Vec<u8> = (0..width * height * 3).map(|at| (at * (number + 3) % 251) as u8).collect();
        let file = fs::File::create(shard.join(format!("picture_{number:02}.png"))).expect("file");
        let mut encoder = png::Encoder::new(std::io::BufWriter::new(file), width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header().expect("header").write_image_data(&pixels).expect("pixels");
    }
    shard
}

/// A dry run and a live run of a small shard, kept in the history of a window; `also` may add to it.
fn with_history(also: impl FnOnce(&Path)) -> TempDir {
    let place = tempfile::tempdir().expect("a temporary folder");
    let roots = vec![small_shard(place.path())];
    let history = place.path().join("data/history");
    let mut settings = Settings::default();
    settings.picture.target = 96;
    let engine = Engine::default();
    let begun = Instant::now();
    let plan = engine.plan(&roots, &settings).expect("plan");
    let estimate = engine.estimate(&plan, &[], &Control::default(), |_| {});
    let dry = engine.record_of_plan(&plan, &roots, Some(estimate.clone()), begun);
    history::save_in(&history, &Report::new(&dry)).expect("kept");
    // Ids tell times to the millisecond apart.
    std::thread::sleep(std::time::Duration::from_millis(20));
    let handle = engine.start(plan, roots, Kind::Run, Some(estimate));
    while handle.events.recv().is_ok() {}
    let run = handle.join().expect("no collisions");
    history::save_in(&history, &Report::new(&run)).expect("kept");
    also(&history);
    place
}

/// A window on the page of reports with that history.
fn opened(place: TempDir, width: f32, height: f32) -> Window {
    let mut kept = crate::gui::kept::Kept {
        version: 1,
        ..Default::default()
    };
    kept.shell.page = Page::Report;
    leave(place.path(), &kept);
    let mut window = Window::again(place, width, height);
    window.wait_for("a report", |window| window.harness.state().model.report.opened.is_some());
    window.harness.run_steps(2);
    window
}

fn history_of(window: &Window) -> Vec<PathBuf> {
    let entries = &window.harness.state().model.report.entries;
    entries.iter().map(|entry| entry.path.clone()).collect()
}

#[test]
fn the_newest_run_opens_beside_its_dry_run() {
    let window = opened(with_history(|_| {}), 1280.0, 800.0);
    let report = &window.harness.state().model.report;
    let open = report.opened.as_ref().expect("open");
    assert_eq!(open.report.kind, Kind::Run);
    let against = open.against.as_ref().expect("compared");
    assert_eq!(against.table.heads, ["Dry run", "Live run"]);
    assert_eq!(against.path, history_of(&window)[1]);
    for label in [
        "Where the time went",
        "What it saved",
        "Live run against dry run",
        "Throughput",
        "File sizes",
    ] {
        window.harness.get_by_label(label);
    }
    // Figures of the rows are told to who cannot see them.
    let all = open.report.totals.images.total;
    let words = format!("All images: {all} images");
    assert_eq!(window.harness.query_all_by_label_contains(&words).count(), 1);
}

#[test]
fn the_graphics_card_has_its_section() {
    let place = with_history(|history| {
        let mut record = samples::with_card();
        record.started = time::OffsetDateTime::now_utc();
        record.id = "99991231T235959Z-0001".to_owned();
        history::save_in(history, &Report::new(&record)).expect("kept");
    });
    // As high as the page: rows out of sight are not spoken.
    let window = opened(place, 1280.0, 2600.0);
    let sheet = &window.harness.state().model.report.opened.as_ref().expect("open").sheet;
    assert!(
        sheet.subtitle.ends_with(" CPU and graphics card with 8 workers."),
        "{}",
        sheet.subtitle
    );
    for words in [
        "worth using for JPEG of 2 to 8 Mpx",
        "An adapter (discrete)",
        "1,100 (5,500 Mpx)",
        "JPEG, 2 to 8 Mpx",
    ] {
        assert!(window.harness.query_all_by_label_contains(words).next().is_some(), "{words}");
    }
}

#[test]
fn a_comparison_goes_away_and_comes_back() {
    let mut window = opened(with_history(|_| {}), 1280.0, 800.0);
    window.click("Compared with");
    window.click("Nothing");
    window.wait_for("no comparison", |window| {
        let report = &window.harness.state().model.report;
        report.opened.as_ref().is_some_and(|open| open.against.is_none())
    });
    let path = history_of(&window)[1].clone();
    window.harness.state_mut().send(super::Command::Against(Some(path)));
    window.wait_for_label("Live run against dry run");
    window.click("Show all differences");
    window.wait_for_label("Settings that differ");
    window.click("Back to the report");
    window.wait_for_label("What it saved");
}

#[test]
fn all_runs_are_listed_sorted_found_and_compared() {
    let mut window = opened(with_history(|_| {}), 1280.0, 800.0);
    window.click("All runs");
    window.wait_for_label("2 reports");
    let dates = |window: &Window| window.harness.state().model.report.order.clone();
    assert_eq!(dates(&window), [0, 1]);
    window.click("Sort by Date, largest first");
    assert_eq!(dates(&window), [1, 0]);
    let boxes: Vec<String> = window
        .harness
        .query_all_by_label_contains("Compare ")
        .filter_map(|node| {
            use egui_kittest::kittest::NodeT as _;
            node.accesskit_node().label()
        })
        .filter(|label| label.contains("ry run") || label.contains("ive run"))
        .collect();
    assert_eq!(boxes.len(), 2, "{boxes:?}");
    for label in &boxes {
        window.click(label);
    }
    assert_eq!(window.harness.state().model.report.marked.len(), 2);
    window.click("Compare the two ticked");
    window.wait_for_label("Back to the report");
    let report = &window.harness.state().model.report;
    let open = report.opened.as_ref().expect("open");
    assert_eq!((open.report.kind, report.kept.segment), (Kind::Run, Segment::Report));
}

#[test]
fn what_is_damaged_is_named_and_the_rest_is_shown() {
    let place = with_history(|history| fs::write(history.join("20200101-000000000-0000.json"), "{ half a rep").expect("damaged"));
    let mut window = opened(place, 1280.0, 800.0);
    window.click("All runs");
    window.wait_for_label("2 reports");
    let named = window.harness.query_all_by_label_contains("20200101-000000000-0000.json").count();
    assert!(named >= 1);
    // A report that was listed and is damaged now says so, and the window goes on.
    let path = history_of(&window)[1].clone();
    fs::write(&path, "not a report").expect("damage");
    window.harness.state_mut().send(super::Command::Show(path));
    window.wait_for_label("This report cannot be shown");
}

#[test]
fn every_form_is_exported() {
    let mut window = opened(with_history(|_| {}), 1280.0, 800.0);
    let folder = window.folder.path().join("exports");
    fs::create_dir(&folder).expect("folder");
    for (item, name) in [
        ("Markdown", "report.md"),
        ("HTML, one file", "report.html"),
        ("JSON", "report.json"),
        ("CSV, a line an image", "report.csv"),
        ("Throughput", "plot.png"),
    ] {
        let path = folder.join(name);
        export(&mut window, item, &path);
        window.wait_for("the file", |_| path.exists());
        window.wait_for("the end of the question", |window| {
            window.harness.state().model.report.exporting.is_none()
        });
    }
    let text = |name: &str| fs::read_to_string(folder.join(name)).expect("text");
    assert!(text("report.md").starts_with("# Shardpress report"));
    assert!(text("report.html").contains("</svg>"));
    assert!(text("report.csv").lines().count() > 20);
    let open = window.harness.state().model.report.opened.clone().expect("open");
    assert_eq!(read(&folder.join("report.json")).expect("a report"), *open.report);
    assert_eq!(&fs::read(folder.join("plot.png")).expect("png")[1..4], b"PNG");
    assert_eq!(window.harness.state().model.report.kept.folder.as_deref(), Some(folder.as_path()));
    let toast = window.harness.state().model.shell.toasts.last().cloned().expect("told");
    assert!(toast.title.contains("plot.png") && toast.links[0].0 == "Show file", "{toast:?}");
}

/// Chooses a form, types the path, confirms.
fn export(window: &mut Window, item: &str, path: &Path) {
    window.click("Export");
    // A plot's name stands on the page as well; only the menu's is a button.
    window.click_item(item);
    window.wait_for_label("Path of the file");
    type_path(window, path);
    window.click("Export file");
}

fn type_path(window: &mut Window, path: &Path) {
    window.harness.run_steps(2);
    let question = window.harness.state().model.report.exporting.as_ref().expect("asked").id;
    window.harness.state_mut().views.report.path = (question, path.display().to_string());
    window.harness.run_steps(2);
}

#[test]
fn an_existing_file_is_asked_for_and_a_strange_one_is_left() {
    let mut window = opened(with_history(|_| {}), 1280.0, 800.0);
    let path = window.folder.path().join("report.md");
    fs::write(&path, "# Shardpress report\n\nof last week\n").expect("earlier");
    export(&mut window, "Markdown", &path);
    window.wait_for_label("Replace report.md?");
    assert!(
        fs::read_to_string(&path).expect("text").contains("last week"),
        "not before it is confirmed"
    );
    window.click("Replace file");
    window.wait_for("the new one", |_| !fs::read_to_string(&path).expect("text").contains("last week"));

    window.wait_for("the end of the question", |window| {
        window.harness.state().model.report.exporting.is_none()
    });

    let mine = window.folder.path().join("mine.md");
    fs::write(&mine, "my own notes").expect("notes");
    export(&mut window, "Markdown", &mine);
    window.wait_for("the reason", |window| {
        let exporting = &window.harness.state().model.report.exporting;
        exporting
            .as_ref()
            .is_some_and(|one| one.problem.as_deref().is_some_and(|problem| problem.contains("is not a report")))
    });
    assert_eq!(fs::read_to_string(&mine).expect("text"), "my own notes");
    window.click("Cancel");
    window.wait_for("the end of the question", |window| {
        window.harness.state().model.report.exporting.is_none()
    });
}

#[test]
fn a_deleted_report_is_gone_and_the_pictures_stay() {
    let mut window = opened(with_history(|_| {}), 1280.0, 800.0);
    let shard = window.folder.path().join("library/shard_00000");
    let count = |shard: &Path| fs::read_dir(shard).expect("list").count();
    let before = count(&shard);
    let path = history_of(&window)[0].clone();
    window.harness.state_mut().send(super::Command::AskDelete(path.clone()));
    window.click("Delete report");
    window.wait_for("it to go", |_| !path.exists());
    window.wait_for("the list", |window| history_of(window).len() == 1);
    assert_eq!(count(&shard), before);
}

/// A window in which a small shard is planned, on the benchmark.
fn ready_to_measure() -> Window {
    let mut window = Window::new();
    let shard = small_shard(window.folder.path());
    window.drop(&[&shard]);
    window
        .harness
        .state_mut()
        .send(crate::gui::settings::Command::Set("picture.target", 64.into()));
    window.wait_for("the plan", |window| {
        let plan = window.harness.state().model.plan.current();
        plan.is_some_and(|planned| planned.plan.totals().work_images == 24 && planned.plan.settings.picture.target == 64)
    });
    // Whatever this machine has; before the page that would look for it, and tell later.
    window.harness.state_mut().model.settings.cards.heard(Vec::new());
    window.click("Report");
    window.click("Benchmark");
    window
}

/// What lies beside the shard, and the names in it.
fn names_around(window: &Window) -> Vec<PathBuf> {
    let library = window.folder.path().join("library");
    let list = |folder: &Path| -> Vec<PathBuf> { fs::read_dir(folder).expect("list").flatten().map(|entry| entry.path()).collect() };
    let mut all = list(&library);
    all.extend(list(&library.join("shard_00000")));
    all.sort();
    all
}

#[test]
fn a_benchmark_measures_and_is_exported() {
    let mut window = ready_to_measure();
    let before = names_around(&window);
    for axis in ["Workers", "Reads in flight", "Writing"] {
        window.click(axis);
    }
    window
        .harness
        .state_mut()
        .send(super::Command::Bench(super::bench::Command::Images(4)));
    window.click("Measure 2 variants, 3 times");
    window.wait_for_label("Stop the benchmark");
    window.wait_for("the end", |window| {
        let names = window.harness.query_by_label("Measure 2 variants, 3 times").is_some();
        let measured = &window.harness.state().model.report.bench.shown;
        names
            && measured
                .as_ref()
                .is_some_and(|report| report.variants.iter().all(|variant| variant.runs == 3))
    });
    let report = window.harness.state().model.report.bench.shown.clone().expect("measured");
    let labels: Vec<&str> = report.variants.iter().map(|variant| variant.label.as_str()).collect();
    assert_eq!((labels, report.images), (vec!["Settings in force", "Originals deleted"], 4));
    assert_eq!(window.harness.query_all_by_label_contains("Originals deleted: ").count(), 1);
    assert_eq!(names_around(&window), before, "nothing of ours is left");

    let path = window.folder.path().join("bench.json");
    export(&mut window, "JSON", &path);
    window.wait_for("the file", |_| path.exists());
    let written: crate::report::BenchReport = serde_json::from_slice(&fs::read(&path).expect("file")).expect("a benchmark");
    assert_eq!(written, *report);
}

#[test]
fn a_graphics_card_is_measured_where_there_is_one() {
    let mut window = ready_to_measure();
    window.wait_for_label("no graphics card");
    let card = made_up("RTX", AdapterKind::Discrete);
    window.harness.state_mut().model.settings.cards.heard(vec![card]);
    if cfg!(feature = "gpu") {
        window.wait_for_label("CPU, GPU");
        window.click("Resized by");
        window.wait_for_label("CPU, GPU");
    }
    let software = made_up("llvmpipe", AdapterKind::Software);
    window.harness.state_mut().model.settings.cards.heard(vec![software]);
    window.wait_for_label("no graphics card");
}

#[test]
fn a_benchmark_that_is_stopped_leaves_nothing() {
    let mut window = ready_to_measure();
    let before = names_around(&window);
    window
        .harness
        .state_mut()
        .send(super::Command::Bench(super::bench::Command::Rounds(20)));
    window.harness.run_steps(2);
    window.harness.state_mut().send(super::Command::Bench(super::bench::Command::Start));
    window.wait_for_label("Stop the benchmark");
    window.wait_for("a run or two", |window| {
        let shown = &window.harness.state().model.report.bench.shown;
        shown.as_ref().is_some_and(|report| report.variants[0].runs > 0)
    });
    window.click("Stop the benchmark");
    window.wait_for("the end", |window| {
        let report = &window.harness.state().model.report.bench.shown;
        report.as_ref().is_some_and(|report| report.stopped)
    });
    assert_eq!(names_around(&window), before);
}

#[test]
fn without_runs_the_page_says_what_to_do() {
    let mut window = Window::new();
    window.click("Report");
    window.wait_for_label("No runs yet");
    window.click("All runs");
    window.wait_for_label("Go to the plan");
    window.click("Benchmark");
    window.wait_for_label("Nothing to measure yet");
}

#[test]
fn in_a_small_window_everything_is_in_one_column() {
    let window = opened(with_history(|_| {}), 900.0, 600.0);
    let place = |label: &str| window.harness.get_by_label(label).rect();
    let (tree, saved) = (place("Where the time went"), place("What it saved"));
    assert!((tree.left() - saved.left()).abs() < 1.0 && saved.top() > tree.bottom());
}

/// Pictures of the page, to be looked at: `LOOK=folder cargo test --lib look_at_the_reports -- --ignored`. `LOOK_HISTORY` names
/// a history to show.
#[test]
#[ignore = "draws pictures for people"]
fn look_at_the_reports() {
    use crate::gui::shell;
    let Some(folder) = std::env::var_os("LOOK").map(PathBuf::from) else {
        return;
    };
    let history = std::env::var_os("LOOK_HISTORY").map(PathBuf::from);
    for (width, height) in [(1280.0, 800.0), (900.0, 600.0), (1280.0, 2600.0)] {
        let place = match &history {
            None => with_history(|_| {}),
            Some(from) => {
                let place = tempfile::tempdir().expect("a temporary folder");
                let to = place.path().join("data/history");
                fs::create_dir_all(&to).expect("folder");
                for entry in fs::read_dir(from).expect("history").flatten() {
                    fs::copy(entry.path(), to.join(entry.file_name())).expect("copy");
                }
                place
            }
        };
        let mut window = opened(place, width, height);
        let shard = small_shard(window.folder.path());
        window.drop(&[&shard]);
        window.wait_for("the plan", |window| window.harness.state().model.plan.current().is_some());
        if height == 800.0 {
            use super::bench::Command;
            window
                .harness
                .state_mut()
                .send(crate::gui::settings::Command::Set("picture.target", 64.into()));
            window.wait_for("the plan", |window| {
                let plan = window.harness.state().model.plan.current();
                plan.is_some_and(|planned| planned.plan.settings.picture.target == 64)
            });
            window.harness.state_mut().send(super::Command::Bench(Command::Images(8)));
            window.harness.state_mut().send(super::Command::Bench(Command::Start));
            window.wait_for("the end", |window| {
                let report = &window.harness.state().model.report.bench.shown;
                report
                    .as_ref()
                    .is_some_and(|report| report.variants.iter().all(|variant| variant.runs == 3))
            });
        }
        for (theme, name) in [(shell::ThemeChoice::Light, "light"), (shell::ThemeChoice::Dark, "dark")] {
            window.harness.state_mut().send(shell::Command::Theme(theme));
            let picture = |window: &mut Window, part: &str| {
                window.harness.run_steps(6);
                let picture = window.harness.render().expect("drawn");
                picture
                    .save(folder.join(format!("{part}-{width}x{height}-{name}.png")))
                    .expect("saved");
            };
            for (segment, part) in [
                (Segment::Benchmark, "bench"),
                (Segment::AllRuns, "runs"),
                (Segment::Report, "report"),
            ] {
                window.harness.state_mut().send(super::Command::Segment(segment));
                picture(&mut window, part);
            }
            if height < 1000.0 {
                window.click("Export");
                picture(&mut window, "menu");
                window.click_item("Markdown");
                picture(&mut window, "export");
                window.click("Cancel");
            } else {
                window.harness.state_mut().send(super::Command::WholeComparison(true));
                picture(&mut window, "comparison");
                window.harness.state_mut().send(super::Command::WholeComparison(false));
            }
        }
    }
}
