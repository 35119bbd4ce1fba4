//! Journeys by label: adding in every way, what is refused, ticking, undo, purge, recovery, and drives that are gone.

use std::fs;
use std::path::{Path, PathBuf};

use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::list::{Look, Order, Shard};
use super::state::Picker;
use super::{Command, News, State};
use crate::engine::{Engine, Kind, Settings};
use crate::gui::kept;
use crate::gui::shell::Page;
use crate::gui::testing::Window;
use crate::report::{Report, history};

fn state(window: &Window) -> &State {
    &window.harness.state().model.shards
}

fn shard<'a>(window: &'a Window, name: &str) -> &'a Shard {
    let found = state(window).shards.iter().find(|shard| shard.name == name);
    found.unwrap_or_else(|| panic!("{name} is not in the list"))
}

/// What a screen reader says of a row beside its name.
fn said(window: &Window, name: &str) -> String {
    let node = window
        .harness
        .get_by(|node| node.role() == egui::accesskit::Role::ListBoxOption && node.label().as_deref() == Some(name));
    node.accesskit_node().value().unwrap_or_default()
}

fn toasts(window: &Window) -> Vec<String> {
    let toasts = &window.harness.state().model.shell.toasts;
    toasts.iter().map(|toast| format!("{} | {}", toast.title, toast.detail)).collect()
}

#[track_caller]
fn wait_for_toast(window: &mut Window, words: &str) {
    let mut seen: Vec<String> = Vec::new();
    window.wait_for(words, |window| {
        for toast in toasts(window).into_iter().filter(|toast| !seen.contains(toast)).collect::<Vec<_>>() {
            println!("{toast}");
            seen.push(toast);
        }
        seen.iter().any(|toast| toast.contains(words))
    });
}

/// All shards were looked at and measured.
fn wait_until_quiet(window: &mut Window) {
    window.wait_for("all looks to come back", |window| {
        let state = state(window);
        let known = |shard: &Shard| !matches!(shard.look, Look::Unknown) && !shard.due && (!shard.is_there() || shard.measured.is_some());
        state.adding.is_empty()
            && state.batches.is_empty()
            && state.measures.is_empty()
            && !state.past_asked
            && state.shards.iter().all(known)
    });
    window.harness.run_steps(2);
}

/// The sample library in the list, with these shards ticked.
fn with_library() -> (Window, PathBuf) {
    let mut window = Window::new();
    let library = window.sample();
    window.drop(&[&library]);
    window.wait_for("the library", |window| !state(window).choosing.is_empty());
    let id = state(&window).choosing[0].id;
    let count = state(&window).choosing[0].library.shards.len();
    assert!(count >= 2, "the sample has {count} shards");
    let mut ticked = vec![false; count];
    ticked[0] = true;
    window.harness.state_mut().send(Command::TakeLibrary { id, ticked });
    wait_until_quiet(&mut window);
    (window, library)
}

/// Runs a shard as the command line would, with the report in the window's history.
fn run(window: &Window, shard: &Path) {
    let (engine, settings) = (Engine::default(), Settings::default());
    let roots = vec![shard.to_owned()];
    let plan = engine.plan(&roots, &settings).expect("a plan");
    let handle = engine.start(plan, roots, Kind::Run, None);
    for _ in handle.events.iter() {}
    let record = handle.join().expect("nothing collides");
    history::save_in(&window.folder.path().join("data/history"), &Report::new(&record)).expect("the history");
}

fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all: Vec<_> = fs::read_dir(folder)
        .expect("folder")
        .map(|entry| entry.expect("entry").path())
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), fs::read(&path).expect("content")))
        .collect();
    all.sort();
    all
}

#[test]
fn a_typed_path_is_added_looked_at_and_ticked() {
    let mut window = Window::new();
    let library = window.sample();
    let path = library.join("shard_00000");
    window.harness.run_steps(2);
    window.harness.get_by_label("Path of a folder").focus();
    window.harness.run_steps(2);
    window
        .harness
        .get_by_label("Path of a folder")
        .type_text(&format!("  \"{}\"", path.display()));
    window.harness.run_steps(2);
    window.harness.key_press(Key::Enter);
    window.wait_for_label("shard_00000");
    wait_until_quiet(&mut window);
    let added = shard(&window, "shard_00000");
    assert!(added.ticked);
    let images = added.images.expect("counted");
    let said = said(&window, "shard_00000");
    assert!(said.contains(&format!("{images} images")) && said.contains("iB"), "{said}");
    assert_eq!(state(&window).ticked(), [crate::engine::resolve(&path).expect("there")]);
    // The start page is gone, and remembers the folder.
    assert!(window.harness.query_by_label("Drop folders of images here").is_none());
    assert_eq!(state(&window).recents.len(), 1);
}

#[test]
fn several_lines_that_are_pasted_are_several_folders() {
    let mut window = Window::new();
    let library = window.sample();
    window.harness.run_steps(2);
    window.harness.get_by_label("Path of a folder").focus();
    window.harness.run_steps(2);
    let text = format!(
        "file://{}\n'{}'\n",
        library.join("shard_00000").display(),
        library.join("shard_00001").display()
    );
    window.harness.event(egui::Event::Paste(text));
    window.wait_for("both", |window| state(window).shards.len() == 2 && state(window).adding.is_empty());
    // Two out of one folder stand under its name.
    let place = shard(&window, "shard_00001").library.clone();
    assert_eq!(place, Some(crate::engine::resolve(&library).expect("there")));
}

#[test]
fn a_dropped_library_asks_which_shards_are_meant() {
    let mut window = Window::new();
    let library = window.sample();
    window.drop(&[&library]);
    window.wait_for_label("Add shards of library");
    window.click("Tick none of those shown");
    window.click("Tick shard_00001");
    window.click("Add all, tick 1");
    wait_until_quiet(&mut window);
    let ticked = state(&window).ticked();
    assert_eq!(ticked, [crate::engine::resolve(&library.join("shard_00001")).expect("there")]);
    assert!(!shard(&window, "shard_00000").ticked);
    // Cancelled, nothing is added.
    let mut window = Window::new();
    let library = window.sample();
    window.drop(&[&library]);
    window.wait_for_label("Add shards of library");
    window.click("Cancel");
    window.harness.run_steps(3);
    assert!(state(&window).is_empty() && state(&window).choosing.is_empty());
}

#[test]
fn what_cannot_be_added_is_told_in_a_sentence() {
    let (mut window, library) = with_library();
    let shard = library.join("shard_00000");
    window.drop(&[&shard]);
    wait_for_toast(&mut window, "shard_00000 is in the list already");
    // A file means its folder, which is there.
    let file = files(&shard)[0].0.clone();
    window.drop(&[&file]);
    window.wait_for("the second toast", |window| toasts(window).len() == 2);
    let empty = window.folder.path().join("empty");
    fs::create_dir(&empty).expect("folder");
    window.drop(&[&empty, &window.folder.path().join("nowhere")]);
    wait_for_toast(&mut window, "No images were found in empty");
    wait_for_toast(&mut window, "There is no such folder");
    let ours = shard.join(".shardpress/originals");
    fs::create_dir_all(&ours).expect("folder");
    window.drop(&[&ours]);
    wait_for_toast(&mut window, "Shardpress keeps originals there");
}

fn shard_picture(shard: &Path) -> PathBuf {
    let is_picture = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "png" || ending == "jpg");
    files(shard).into_iter().map(|(path, _)| path).find(is_picture).expect("a picture")
}

#[test]
fn a_file_stands_for_its_folder() {
    let mut window = Window::new();
    let library = window.sample();
    let picture = shard_picture(&library.join("shard_00000"));
    window.drop(&[&picture]);
    wait_for_toast(&mut window, "is a file, so its folder was added");
    assert_eq!(state(&window).shards.len(), 1);
}

#[test]
fn the_list_is_worked_by_keyboard() {
    let (mut window, _) = with_library();
    let names: Vec<String> = state(&window).shards.iter().map(|shard| shard.name.clone()).collect();
    window.harness.get_by_label(&names[0]).focus();
    window.harness.run_steps(2);
    window.harness.key_press(Key::ArrowDown);
    window.harness.run_steps(3);
    let chosen = |window: &Window| state(window).chosen.as_deref().map(super::paths::name);
    assert_eq!(chosen(&window), Some(names[1].clone()));
    let revision = state(&window).revision;
    window.harness.key_press(Key::Space);
    window.harness.run_steps(3);
    assert!(shard(&window, &names[1]).ticked && state(&window).revision > revision);
    window.harness.key_press(Key::Home);
    window.harness.run_steps(3);
    assert_eq!(chosen(&window), Some(names[0].clone()));
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.harness.run_steps(3);
    assert_eq!(state(&window).ticked().len(), names.len());
    // From the list, never from the drive; and back again.
    let path = shard(&window, &names[0]).path.clone();
    window.harness.key_press(Key::Delete);
    window.harness.run_steps(3);
    assert_eq!(state(&window).shards.len(), names.len() - 1);
    assert!(path.is_dir());
    wait_for_toast(&mut window, "No file was touched");
    window.click("Put back");
    window.wait_for("it is back", |window| state(window).shards.len() == names.len());
    assert!(shard(&window, &names[0]).ticked);
}

#[test]
fn the_list_is_filtered_and_sorted() {
    let (mut window, _) = with_library();
    window.click("Filter, sort and tick shards");
    window.click("Most images first");
    window.wait_for("the order", |window| state(window).arrangement.order == Order::Images);
    let shown: Vec<Option<u64>> = state(&window).shown().map(|shard| shard.images).collect();
    assert!(shown.is_sorted_by(|a, b| a >= b), "{shown:?}");
    window.click("Filter, sort and tick shards");
    window.click("Ticked");
    window.harness.run_steps(3);
    assert_eq!(state(&window).shown().count(), 1);
    window.click("Filter, sort and tick shards");
    window.click("Tick none");
    window.wait_for_label("No shard is like that. Show all shards again with the menu above.");
    assert!(state(&window).ticked().is_empty());
}

#[test]
fn a_run_is_undone_byte_for_byte() {
    let (mut window, library) = with_library();
    let path = crate::engine::resolve(&library.join("shard_00000")).expect("there");
    let before = files(&path);
    run(&window, &path);
    assert!(files(&path) != before, "the run changed nothing");
    window.harness.state_mut().send(Command::LookAgain(vec![path.clone()]));
    wait_until_quiet(&mut window);
    let told = said(&window, "shard_00000");
    assert!(told.starts_with("Saved ") && told.ends_with(" kept"), "{told}");
    let originals = shard(&window, "shard_00000").kept_files();
    window.click("shard_00000");
    window.click("Undo: shard_00000");
    window.wait_for("the question", |window| window.harness.state().model.shell.dialog.is_some());
    let dialog = window.harness.state().model.shell.dialog.clone().expect("a question");
    assert!(
        dialog.title.starts_with("Undo the run of ") && !dialog.answers[0].is_final,
        "{dialog:?}"
    );
    window.click(&dialog.answers[0].label);
    wait_for_toast(&mut window, &format!("{originals} originals are back, byte for byte."));
    wait_until_quiet(&mut window);
    assert_eq!(files(&path), before);
    let undone = shard(&window, "shard_00000");
    assert!(undone.kept.is_empty());
    assert!(undone.saved().is_none(), "what was undone is not said to be saved");
    assert!(!said(&window, "shard_00000").contains("Saved"));
    window.click("Plan it again");
    assert_eq!(window.harness.state().model.shell.page, Page::Plan);
}

#[test]
fn a_purge_asks_with_the_bytes_and_frees_them() {
    let (mut window, library) = with_library();
    let path = crate::engine::resolve(&library.join("shard_00000")).expect("there");
    run(&window, &path);
    window.harness.state_mut().send(Command::LookAgain(vec![path.clone()]));
    wait_until_quiet(&mut window);
    let (files_kept, bytes) = (
        shard(&window, "shard_00000").kept_files(),
        shard(&window, "shard_00000").kept_bytes(),
    );
    let bytes = crate::gui::format::bytes(bytes).text();
    window.click("shard_00000");
    window.click(&format!("Purge, frees {bytes}: shard_00000"));
    window.wait_for("the question", |window| window.harness.state().model.shell.dialog.is_some());
    let dialog = window.harness.state().model.shell.dialog.clone().expect("a question");
    assert_eq!(dialog.title, "Purge the originals of shard_00000?");
    assert!(
        dialog.text.starts_with(&format!("This frees {bytes} for good. The run of ")),
        "{}",
        dialog.text
    );
    assert!(dialog.answers[0].is_final);
    // Cancel leaves everything as it is.
    window.click("Cancel");
    window.harness.run_steps(3);
    assert!(path.join(".shardpress/originals").is_dir());
    window.click(&format!("Purge, frees {bytes}: shard_00000"));
    window.click(&dialog.answers[0].label);
    wait_for_toast(&mut window, &format!("{files_kept} originals deleted for good."));
    wait_until_quiet(&mut window);
    assert!(!path.join(".shardpress").exists());
    let told = said(&window, "shard_00000");
    assert!(told.starts_with("Saved ") && !told.contains("kept"), "{told}");
}

#[test]
fn an_interrupted_shard_is_recovered() {
    let (mut window, library) = with_library();
    let path = crate::engine::resolve(&library.join("shard_00000")).expect("there");
    let before = files(&path);
    run(&window, &path);
    // As a program leaves it that is killed right after an undo began.
    let run = fs::read_dir(path.join(".shardpress/originals"))
        .expect("kept")
        .next()
        .expect("a run")
        .expect("entry")
        .file_name();
    fs::write(
        path.join(".shardpress/undo"),
        format!("shardpress undo 1\n{}\n", run.to_string_lossy()),
    )
    .expect("mark");
    window.harness.state_mut().send(Command::LookAgain(vec![path.clone()]));
    wait_until_quiet(&mut window);
    assert!(
        said(&window, "shard_00000").starts_with("Interrupted"),
        "{}",
        said(&window, "shard_00000")
    );
    window.click("shard_00000");
    // What it keeps may be needed: no purge before it is in order.
    assert!(window.harness.query_all_by_label_contains("Purge, frees").next().is_none());
    window.click("Recover: shard_00000");
    window.click("Recover shard_00000");
    wait_for_toast(&mut window, "shard_00000 is in order again");
    wait_until_quiet(&mut window);
    assert!(!shard(&window, "shard_00000").is_interrupted());
    assert_eq!(files(&path), before, "the undo was brought to its end");
}

#[test]
fn several_shards_are_undone_at_once() {
    let (mut window, library) = with_library();
    let paths = ["shard_00000", "shard_00001"].map(|name| crate::engine::resolve(&library.join(name)).expect("there"));
    let before = paths.clone().map(|path| files(&path));
    paths.iter().for_each(|path| run(&window, path));
    window.harness.state_mut().send(Command::LookAgain(paths.to_vec()));
    wait_until_quiet(&mut window);
    let undoable: Vec<PathBuf> = paths
        .iter()
        .filter(|path| state(&window).get(path).is_some_and(|shard| shard.undoable().is_some()))
        .cloned()
        .collect();
    window
        .harness
        .state_mut()
        .send(Command::Ask(super::TaskKind::Undo, undoable.clone()));
    window.wait_for("the question", |window| window.harness.state().model.shell.dialog.is_some());
    let label = window.harness.state().model.shell.dialog.clone().expect("a question").answers[0]
        .label
        .clone();
    window.click(&label);
    wait_for_toast(&mut window, "byte for byte");
    assert_eq!(paths.map(|path| files(&path)), before);
}

#[test]
fn what_is_not_mounted_delays_nothing() {
    let (window, library) = with_library();
    let mut kept = window.harness.state().model.keep();
    let folder = window.folder;
    kept.version = kept::Kept::VERSION;
    kept::tests::leave(folder.path(), &kept);
    fs::rename(&library, folder.path().join("away")).expect("unmount");
    let begun = std::time::Instant::now();
    let mut window = Window::again(folder, 1280.0, 800.0);
    window.harness.run_steps(2);
    assert!(begun.elapsed() < std::time::Duration::from_secs(30), "the start waits for a drive");
    assert!(!state(&window).is_empty());
    wait_until_quiet(&mut window);
    assert!(state(&window).ticked().is_empty(), "nothing is planned that is not there");
    let told = said(&window, "shard_00000");
    assert!(told.starts_with("Not found") || told.starts_with("Not mounted"), "{told}");
    // Plugged in again, it is looked at again.
    fs::rename(window.folder.path().join("away"), &library).expect("mount");
    let paths = state(&window).shards.iter().map(|shard| shard.path.clone()).collect();
    window.harness.state_mut().send(Command::LookAgain(paths));
    wait_until_quiet(&mut window);
    assert_eq!(state(&window).ticked().len(), 1, "ticks are remembered");
}

#[test]
fn a_drive_that_hangs_holds_up_nothing_else() {
    let (mut window, _) = with_library();
    let hanging = PathBuf::from("/hanging/shard_1");
    let state = &mut window.harness.state_mut().model.shards;
    // A worker that never comes back, since a moment ago longer than anybody waits.
    let long_ago = std::time::Instant::now()
        .checked_sub(super::settle::SLOW * 2)
        .expect("a clock that runs");
    let id = state.id();
    state.batches.push(super::state::Batch {
        id,
        above: "/hanging".into(),
        heard: long_ago,
    });
    let mut stuck = Shard::new(hanging.clone(), None);
    stuck.asked = Some(long_ago);
    stuck.due = false;
    stuck.ticked = true;
    state.take_in(vec![stuck, Shard::new("/hanging/shard_2".into(), None)]);
    let others: Vec<PathBuf> = state
        .shards
        .iter()
        .filter(|shard| !shard.path.starts_with("/hanging"))
        .map(|shard| shard.path.clone())
        .collect();
    let ticked = state.ticked();
    window.harness.state_mut().send(Command::LookAgain(others.clone()));
    window.wait_for("the others", |window| {
        let state = self::state(window);
        others
            .iter()
            .all(|path| state.get(path).is_some_and(|shard| !shard.due && shard.asked.is_none()))
    });
    window.wait_for_label("shard_1");
    for name in ["shard_1", "shard_2"] {
        assert!(said(&window, name).starts_with("Not answering"), "{}", said(&window, name));
    }
    assert_eq!(self::state(&window).ticked(), ticked, "the plan does not wait for it either");
}

#[test]
fn where_there_is_no_dialog_a_sentence_says_so() {
    let mut window = Window::new();
    window.harness.run_steps(2);
    let courier = window.harness.state().office.courier();
    courier.tell(News::Picked {
        folders: Vec::new(),
        missing: true,
    });
    window.wait_for_label("This computer has no dialog for folders. Type or paste a path, or drop folders on the window.");
    assert_eq!(state(&window).picker, Picker::Missing);
    let field = window.harness.get_by_label("Path of a folder");
    assert!(field.accesskit_node().is_focused(), "the field has the keyboard");
}

#[test]
fn where_there_is_no_dialog_the_list_has_a_box_of_its_own() {
    let (mut window, library) = with_library();
    let other = window.folder.path().join("other");
    fs::create_dir(&other).expect("folder");
    fs::copy(shard_picture(&library.join("shard_00000")), other.join("a.png")).expect("copy");
    window.harness.state().office.courier().tell(News::Picked {
        folders: Vec::new(),
        missing: true,
    });
    window.wait_for_label("Add folders");
    window.harness.run_steps(3);
    let field = window.harness.get_by_label("Path of a folder");
    assert!(field.accesskit_node().is_focused(), "the field has the keyboard");
    field.type_text(&other.display().to_string());
    window.harness.run_steps(2);
    window.harness.key_press(Key::Enter);
    window.wait_for_label("other");
    window.harness.run_steps(2);
    assert!(
        window.harness.query_by_label("Path of a folder").is_none(),
        "the box goes when it was used"
    );
    assert!(shard(&window, "other").ticked);
}

#[test]
fn a_thousand_shards_cost_no_more_than_ten() {
    let mut window = Window::new();
    let model = &mut window.harness.state_mut().model;
    let many = (0..1000).map(|n| Shard {
        look: Look::There,
        due: false,
        images: Some(n),
        ..Shard::new(format!("/nowhere/flora/shard_{n}").into(), Some("/nowhere/flora".into()))
    });
    model.shards.take_in(many.collect());
    let place = model.shards.shards[0].place();
    window.harness.state_mut().send(Command::ToggleMore(place));
    window.harness.run_steps(3);
    assert_eq!(state(&window).shown().count(), 1000);
    let drawn = window
        .harness
        .query_all_by(|node| node.role() == egui::accesskit::Role::ListBoxOption)
        .count();
    assert!((5..40).contains(&drawn), "{drawn} rows are drawn");
    window.harness.get_by_label("shard_0").focus();
    window.harness.run_steps(2);
    window.harness.key_press(Key::End);
    window.harness.run_steps(4);
    assert!(window.harness.query_by_label("shard_999").is_some(), "the last one is scrolled to");
}
