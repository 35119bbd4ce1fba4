//! What the workers tell of the shards.

use std::time::Instant;

use super::list::{Look, Shard};
use super::state::Picker;
use super::{News, adding, tasks};
use crate::engine::{Measured, NoLook, ShardLook};
use crate::gui::model::Model;
use crate::gui::office::Office;

/// Takes note.
pub(in crate::gui) fn hear(model: &mut Model, news: News, office: &Office) {
    let state = &mut model.shards;
    match news {
        News::Looked { batch, path, look } => {
            if let Some(batch) = state.batches.iter_mut().find(|found| found.id == batch) {
                batch.heard = Instant::now();
            }
            if let Some(shard) = state.get_mut(&path) {
                let (place, there) = (shard.place(), shard.is_there());
                looked(shard, look);
                let moved = shard.place() != place;
                let changed = shard.ticked && shard.is_there() != there;
                state.revision += u64::from(changed);
                if moved {
                    state.sort();
                }
                state.rows_due = true;
            }
        }
        News::BatchOver(id) => state.batches.retain(|batch| batch.id != id),
        News::Measured { path, measured } => {
            if let Some(shard) = state.get_mut(&path) {
                shard.measured = Some(measured);
                state.rows_due = true;
            }
        }
        News::NotMeasured(path) => {
            if let Some(shard) = state.get_mut(&path) {
                // Not asked for again before the folder was looked at, or there would be no end to it.
                shard.measured = Some(Measured::default());
                shard.due = true;
            }
        }
        News::MeasureOver(id) => {
            if let Some(at) = state.measures.iter().position(|measuring| measuring.id == id) {
                let measuring = state.measures.remove(at);
                for path in measuring.paths {
                    if let Some(shard) = state.get_mut(&path) {
                        shard.measuring = false;
                    }
                }
            }
        }
        News::Past(mut runs) => {
            for shard in &mut state.shards {
                shard.last = runs.remove(&shard.path);
            }
            state.past_asked = false;
            state.rows_due = true;
        }
        News::Found { id, asked, found } => adding::found(model, id, &asked, *found),
        News::AddingOver(id) => adding::over(model, id),
        News::Recent { path, there } => {
            if let Some(recent) = state.recents.iter_mut().find(|recent| recent.path == path) {
                recent.there = Some(there);
            }
        }
        News::Picked { folders, missing } => {
            state.picker = if missing { Picker::Missing } else { Picker::Closed };
            adding::add(state, folders, false, office);
        }
        News::JobOver { id, outcome } => tasks::job_over(state, id, outcome),
        News::TaskOver(id) => tasks::over(model, id),
    }
}

fn looked(shard: &mut Shard, look: Result<ShardLook, NoLook>) {
    shard.asked = None;
    match look {
        Ok(look) => shard.take(look),
        Err(NoLook::NotMounted) => shard.look = Look::NotMounted,
        Err(NoLook::Gone | NoLook::IsFile) => shard.look = Look::Gone,
        Err(NoLook::Unreadable(problem)) => shard.look = Look::Unreadable(problem),
    }
}
