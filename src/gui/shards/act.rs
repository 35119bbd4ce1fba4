//! What a person asks of the shards.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::list::Shard;
use super::state::Picker;
use super::{Command, adding, paths, tasks, workers};
use crate::engine::StopReason;
use crate::gui::format;
use crate::gui::model::Model;
use crate::gui::office::Office;
use crate::gui::shell::{self, Page, Toast, Tone};

/// Does what was asked for.
pub(in crate::gui) fn act(model: &mut Model, command: Command, office: &Office) {
    let state = &mut model.shards;
    match command {
        Command::Add(folders) => adding::add(state, folders, false, office),
        Command::AddWhole(library) => adding::add(state, vec![library], true, office),
        Command::AddTyped(text) => {
            let folders = paths::typed(&text, state.home.as_deref());
            adding::add(state, folders, false, office);
        }
        Command::ChooseFolders => pick(model, "Add folders of images", true, office),
        Command::ChooseLibrary => pick(model, "Add a library: a folder with shards in it", false, office),
        Command::CancelAdding(id) => {
            // What hangs cannot be ended, but nobody has to look at it.
            if let Some(at) = state.adding.iter().position(|adding| adding.id == id) {
                state.adding.remove(at).control.stop(StopReason::Asked);
            }
        }
        Command::TakeLibrary { id, ticked } => adding::take_library(model, id, &ticked),
        Command::DropLibrary(id) => state.choosing.retain(|choosing| choosing.id != id),
        Command::Tick(paths, ticked) => state.tick(&paths.iter().map(PathBuf::as_path).collect(), ticked),
        Command::TickOnly(path) => tick_only(model, &[path]),
        Command::Choose(path) => {
            state.chosen = path;
            state.rows_due = true;
        }
        Command::ToggleGroup(place) => {
            if !state.arrangement.closed.remove(&place) {
                state.arrangement.closed.insert(place);
            }
            state.rows_due = true;
        }
        Command::ToggleMore(place) => {
            if !state.arrangement.unfolded.remove(&place) {
                state.arrangement.unfolded.insert(place);
            }
            state.rows_due = true;
        }
        Command::Order(order) => {
            state.arrangement.order = order;
            state.rows_due = true;
        }
        Command::Only(only) => {
            state.arrangement.only = only;
            state.rows_due = true;
        }
        Command::Filter(text) => {
            state.arrangement.text = text;
            state.rows_due = true;
        }
        Command::LookAgain(paths) => {
            for path in &paths {
                model.plan.forget_scan(path);
                if let Some(shard) = state.get_mut(path) {
                    shard.due = true;
                    shard.measured = None;
                }
            }
            state.past_due = true;
        }
        Command::Remove(paths) => remove(model, &paths),
        Command::PutBack => {
            let removed = std::mem::take(&mut state.removed);
            let there: HashSet<PathBuf> = state.shards.iter().map(|shard| shard.path.clone()).collect();
            state.take_in(removed.into_iter().filter(|shard| !there.contains(&shard.path)).collect());
        }
        Command::Ask(kind, paths) => tasks::ask(model, kind, &paths),
        Command::Do(kind, jobs) => tasks::begin(state, kind, jobs, office),
        Command::StopTask(id) => {
            if let Some(task) = state.tasks.iter().find(|task| task.id == id) {
                task.control.stop(StopReason::Asked);
            }
        }
        Command::StopAndClose => {
            state.closing = true;
            state.tasks.iter().for_each(|task| {
                task.control.stop(StopReason::Asked);
            });
        }
        Command::PlanAgain(paths) => {
            tick_only(model, &paths);
            shell::act(model, shell::Command::Go(Page::Plan), office);
        }
        Command::ForgetRecents => state.recents.clear(),
    }
}

fn tick_only(model: &mut Model, paths: &[PathBuf]) {
    let state = &mut model.shards;
    let all: Vec<PathBuf> = state.shards.iter().map(|shard| shard.path.clone()).collect();
    let wanted: HashSet<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let others = all.iter().map(PathBuf::as_path).filter(|path| !wanted.contains(path)).collect();
    state.tick(&others, false);
    state.tick(&wanted, true);
}

fn pick(model: &mut Model, title: &'static str, several: bool, office: &Office) {
    // A second dialog would only hide the first.
    if model.shards.picker == Picker::Open {
        return;
    }
    model.shards.picker = Picker::Open;
    office.spawn("folder dialog", move |courier| workers::pick(title, several, courier));
}

/// From the list alone. What is being worked on stays: its result would have no row.
fn remove(model: &mut Model, paths: &[PathBuf]) {
    let state = &mut model.shards;
    let wanted: HashSet<&PathBuf> = paths.iter().collect();
    let (mut gone, mut stay): (Vec<Shard>, Vec<Shard>) = (Vec::new(), Vec::new());
    let mut busy = 0;
    let shown: Vec<PathBuf> = state.shown().map(|shard| shard.path.clone()).collect();
    for shard in std::mem::take(&mut state.shards) {
        let is_busy = shard.task.is_some() || state.running.contains(&shard.path);
        if wanted.contains(&shard.path) && !is_busy {
            gone.push(shard);
        } else {
            busy += u64::from(wanted.contains(&shard.path));
            stay.push(shard);
        }
    }
    state.shards = stay;
    state.rows_due = true;
    if busy > 0 {
        let shards = format::things(busy, "shard stays in the list", "shards stay in the list");
        let detail = "It is being worked on. Remove it once that has ended.";
        model.shell.toast(Toast::new(Tone::Warning, shards).detail(detail));
    }
    if gone.is_empty() {
        return;
    }
    let state = &mut model.shards;
    state.revision += 1;
    // The keyboard goes on with what took the place of the first that went.
    if let Some(at) = shown.iter().position(|path| gone.iter().any(|shard| shard.path == *path)) {
        let left = |path: &&PathBuf| state.get(path).is_some();
        state.chosen = shown[at..]
            .iter()
            .find(left)
            .or_else(|| shown[..at].iter().rev().find(left))
            .cloned();
    }
    let what = match gone.as_slice() {
        [one] => format!("{} is off the list", one.name),
        many => format!("{} are off the list", format::things(many.len() as u64, "shard", "shards")),
    };
    for shard in &mut gone {
        shard.asked = None;
        shard.due = true;
    }
    state.removed = gone;
    let toast = Toast::new(Tone::Success, what).detail("No file was touched.");
    model.shell.toast(toast.link("Put back", Command::PutBack));
}
