//! Adding folders: looked at on a worker, then taken in, refused with a sentence, or, where it is a library, asked which of its
//! shards are meant.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use time::OffsetDateTime;

use super::list::Shard;
use super::state::{Adding, Choosing, Recent, State};
use super::{Found, paths, workers};
use crate::engine::{Control, Library, NoLook, ShardLook};
use crate::gui::format;
use crate::gui::model::Model;
use crate::gui::office::Office;
use crate::gui::shell::{Toast, Tone};

/// Sentences that a toast has room for.
const MOST_SENTENCES: usize = 3;

/// Starts looking at folders that somebody wants to add; with `whole`, nobody is asked which shards of a library are meant.
pub(super) fn add(state: &mut State, folders: Vec<PathBuf>, whole: bool, office: &Office) {
    if folders.is_empty() {
        return;
    }
    let id = state.id();
    let control = Arc::new(Control::default());
    state.adding.push(Adding {
        id,
        names: folders.iter().map(|path| paths::name(path)).collect(),
        begun: Instant::now(),
        done: 0,
        control: Arc::clone(&control),
        whole,
        added: Vec::new(),
        refused: Vec::new(),
    });
    let engine = Arc::clone(&office.engine);
    office.spawn("add folders", move |courier| workers::find(&engine, id, folders, &control, courier));
}

/// One of the folders was looked at.
pub(super) fn found(model: &mut Model, id: u64, asked: &Path, found: Found) {
    let state = &mut model.shards;
    // Cancelled meanwhile: nobody wants to know.
    let Some(whole) = state.adding.iter().find(|adding| adding.id == id).map(|adding| adding.whole) else {
        return;
    };
    let result = match found {
        Found::Shard { look, of_file } => {
            let name = paths::name(&look.status.path);
            let taken = take_shard(state, look);
            if of_file && taken.is_ok() {
                let what = format!("{} is a file, so its folder was added", paths::name(asked));
                model.shell.toast(Toast::new(Tone::Success, what).detail(name));
            }
            taken
        }
        Found::Library(library) if whole && !library.shards.is_empty() => {
            let (id, ticked) = (state.id(), vec![true; library.shards.len()]);
            state.choosing.push_back(Choosing { id, library });
            take_library(model, id, &ticked);
            Ok(Vec::new())
        }
        Found::Library(library) => take_or_choose(state, library),
        Found::Ours => Err(format!(
            "{}: Shardpress keeps originals there. Add the shard above it instead.",
            asked.display()
        )),
        Found::Not(why) => Err(not_there(asked, &why)),
    };
    let Some(adding) = model.shards.adding.iter_mut().find(|adding| adding.id == id) else {
        return;
    };
    adding.done += 1;
    match result {
        Ok(paths) => adding.added.extend(paths),
        Err(sentence) => adding.refused.push(sentence),
    }
}

/// All of the folders were looked at.
pub(super) fn over(model: &mut Model, id: u64) {
    let state = &mut model.shards;
    let Some(at) = state.adding.iter().position(|adding| adding.id == id) else {
        return;
    };
    let adding = state.adding.remove(at);
    join_libraries(state, &adding.added);
    if let Some(first) = adding.added.first() {
        state.chosen = Some(first.clone());
    }
    if !adding.refused.is_empty() {
        model.shell.toast(refusal(&adding.refused));
    }
}

fn refusal(sentences: &[String]) -> Toast {
    let title = match sentences.len() {
        1 => "The folder was not added".to_owned(),
        n => format!("{} were not added", format::things(n as u64, "folder", "folders")),
    };
    let mut detail = sentences[..sentences.len().min(MOST_SENTENCES)].join("\n");
    if sentences.len() > MOST_SENTENCES {
        detail.push_str(&format!("\nand {} more", sentences.len() - MOST_SENTENCES));
    }
    Toast::new(Tone::Warning, title).detail(detail)
}

fn not_there(asked: &Path, why: &NoLook) -> String {
    let path = asked.display();
    match why {
        NoLook::NotMounted => {
            format!("{path}: There is no such folder, or its drive is not mounted. Plug it in or connect it, then add it again.")
        }
        NoLook::Gone => format!("{path}: There is no such folder. Check the spelling."),
        NoLook::IsFile => format!("{path}: This is a file. Add the folder it lies in."),
        NoLook::Unreadable(problem) => format!("{} {}", problem.message, problem.advice),
    }
}

/// Takes a folder with images in, or says why not. Gives its path, to be shown.
fn take_shard(state: &mut State, look: ShardLook) -> Result<Vec<PathBuf>, String> {
    let name = paths::name(&look.status.path);
    if let Some(there) = state.get_mut(&look.status.path) {
        let path = there.path.clone();
        there.take(look);
        state.chosen = Some(path);
        state.rows_due = true;
        return Err(format!("{name} is in the list already."));
    }
    let path = look.status.path.clone();
    state.used(Recent {
        path: path.clone(),
        drive: look.drive.kind,
        shards: None,
        images: look.images,
        when: OffsetDateTime::now_utc(),
        there: Some(true),
    });
    let library = path
        .parent()
        .filter(|above| state.libraries().contains_key(*above))
        .map(Path::to_owned);
    let mut shard = Shard::new(path.clone(), library);
    shard.take(look);
    shard.due = false;
    shard.ticked = true;
    state.take_in(vec![shard]);
    Ok(vec![path])
}

/// A library of one shard is that shard; of more, a person says which.
fn take_or_choose(state: &mut State, library: Library) -> Result<Vec<PathBuf>, String> {
    let name = paths::name(&library.path);
    match library.shards.len() {
        0 => {
            let unreadable = library
                .unreadable
                .first()
                .map(|problem| format!(" {}", problem.message))
                .unwrap_or_default();
            Err(format!("No images were found in {name}, nor in its subfolders.{unreadable}"))
        }
        _ => {
            let id = state.id();
            state.choosing.push_back(Choosing { id, library });
            Ok(Vec::new())
        }
    }
}

/// The shards of a library, with those ticked that a person ticked.
pub(super) fn take_library(model: &mut Model, id: u64, ticked: &[bool]) {
    let state = &mut model.shards;
    let Some(at) = state.choosing.iter().position(|choosing| choosing.id == id) else {
        return;
    };
    let Some(Choosing { library, .. }) = state.choosing.remove(at) else {
        return;
    };
    let mut fresh = Vec::new();
    for (found, ticked) in library.shards.iter().zip(ticked) {
        if let Some(there) = state.get_mut(&found.path) {
            there.ticked |= *ticked;
            there.library = Some(library.path.clone());
            continue;
        }
        fresh.push(Shard {
            ticked: *ticked,
            drive: library.drive.kind,
            images: Some(found.images),
            ..Shard::new(found.path.clone(), Some(library.path.clone()))
        });
    }
    state.chosen = fresh
        .iter()
        .find(|shard| shard.ticked)
        .or(fresh.first())
        .map(|shard| shard.path.clone())
        .or(state.chosen.take());
    state.used(Recent {
        path: library.path.clone(),
        drive: library.drive.kind,
        shards: Some(library.shards.len() as u64),
        images: library.shards.iter().map(|shard| shard.images).sum(),
        when: OffsetDateTime::now_utc(),
        there: Some(true),
    });
    state.take_in(fresh);
    let remarks: Vec<String> = library.unreadable.iter().map(|problem| problem.message.clone()).collect();
    if !remarks.is_empty() {
        let name = paths::name(&library.path);
        let detail = remarks[..remarks.len().min(MOST_SENTENCES)].join("\n");
        model
            .shell
            .toast(Toast::new(Tone::Warning, format!("Not all of {name} was added")).detail(detail));
    }
}

/// Shards that were added together out of one folder stand together.
fn join_libraries(state: &mut State, added: &[PathBuf]) {
    let mut above: HashMap<PathBuf, usize> = HashMap::new();
    for parent in added.iter().filter_map(|path| path.parent()) {
        *above.entry(parent.to_owned()).or_default() += 1;
    }
    let mut joined = false;
    for shard in state.shards.iter_mut().filter(|shard| shard.library.is_none()) {
        let parent = shard
            .path
            .parent()
            .filter(|parent| above.get(*parent).is_some_and(|count| *count > 1));
        if let Some(parent) = parent.map(Path::to_owned) {
            shard.library = Some(parent);
            joined = true;
        }
    }
    if joined {
        state.sort();
    }
}
