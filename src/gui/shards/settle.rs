//! Work that became due: looks, sizes, the history. Called every frame, so what is not due costs nothing but a glance.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::list::{self, Shard};
use super::state::{Batch, Measuring, State};
use super::workers;
use crate::engine::{Control, Measured, StopReason};
use crate::gui::model::Model;
use crate::gui::office::Office;

/// A look that takes longer is told of as one that does not answer.
pub(super) const SLOW: Duration = Duration::from_secs(4);
/// Workers that look at the same time, those that hang not counted.
const LOOKERS: usize = 4;
/// Shards that one of them looks at.
const LOOKS: usize = 32;
/// Workers that ask for sizes at the same time.
const MEASURERS: usize = 2;
/// Shards that one of them asks for.
const MEASURES: usize = 16;

/// What is due at the start: everything remembered is looked at again, on workers.
pub(in crate::gui) fn start(model: &mut Model, office: &Office) {
    for recent in &model.shards.recents {
        let path = recent.path.clone();
        office.spawn("look at recent folder", move |courier| workers::is_there(path, courier));
    }
}

/// Starts what became due.
pub(in crate::gui) fn settle(model: &mut Model, office: &Office) {
    follow_the_run(model);
    take_from_plan(model);
    if model.shards.closing && !model.shards.is_at_work() {
        model.shell.closing = true;
    }
    let state = &mut model.shards;
    look(state, office);
    if !state.was_running {
        measure(state, office);
    }
    if state.past_due && !state.past_asked {
        ask_history(state, office);
    }
    if state.rows_due {
        state.rows_due = false;
        state.rows = Arc::new(list::rows(&state.shards, &state.arrangement, state.chosen.as_deref()));
    }
}

/// A run changes the shards that were ticked when it began.
fn follow_the_run(model: &mut Model) {
    let running = model.run.is_running();
    if running == model.shards.was_running {
        return;
    }
    let state = &mut model.shards;
    state.was_running = running;
    if running {
        state.running = model.run.shards().iter().cloned().collect();
        // The drive belongs to the run now.
        for measuring in &state.measures {
            measuring.control.stop(StopReason::Asked);
        }
        state.rows_due = true;
    } else {
        let changed = std::mem::take(&mut state.running);
        state.changed(&changed);
    }
}

/// A plan knows to the byte what a look only counted.
fn take_from_plan(model: &mut Model) {
    let Some(planned) = model.plan.current().filter(|planned| planned.revision != model.shards.plan_seen) else {
        return;
    };
    model.shards.plan_seen = planned.revision;
    let mut figures: std::collections::HashMap<&Path, (u64, u64, u64)> = std::collections::HashMap::new();
    for shard in &planned.plan.shards {
        let inventory = &shard.inventory;
        let bytes = inventory.images.iter().map(|image| image.bytes()).sum();
        figures.insert(
            inventory.path.as_path(),
            (inventory.images.len() as u64, bytes, shard.work().count() as u64),
        );
    }
    for shard in &mut model.shards.shards {
        let figures = figures.get(shard.path.as_path());
        shard.planned = figures.map(|(_, _, work)| *work);
        if let Some((images, bytes, _)) = figures {
            shard.images = Some(*images);
            shard.measured = Some(Measured {
                images: *images,
                looked_at: *images,
                bytes: *bytes,
            });
        }
    }
    model.shards.rows_due = true;
}

fn above(shard: &Shard) -> PathBuf {
    shard.path.parent().unwrap_or(&shard.path).to_owned()
}

/// Where several shards lie below one folder, one worker looks at them in turn.
fn look(state: &mut State, office: &Office) {
    loop {
        let answering = state.batches.iter().filter(|batch| batch.heard.elapsed() < SLOW).count();
        if answering >= LOOKERS {
            return;
        }
        let busy: HashSet<&Path> = state.batches.iter().map(|batch| batch.above.as_path()).collect();
        let due = |shard: &&mut Shard| shard.due && shard.asked.is_none();
        let free = |shard: &Shard| !busy.contains(shard.path.parent().unwrap_or(&shard.path));
        let Some(first) = state
            .shards
            .iter()
            .find(|shard| shard.due && shard.asked.is_none() && free(shard))
            .map(above)
        else {
            return;
        };
        let now = Instant::now();
        let mut paths = Vec::new();
        let below = |shard: &&mut Shard| shard.path.parent().unwrap_or(&shard.path) == first;
        for shard in state.shards.iter_mut().filter(due).filter(below).take(LOOKS) {
            shard.asked = Some(now);
            shard.due = false;
            paths.push(shard.path.clone());
        }
        let id = state.id();
        state.batches.push(Batch {
            id,
            above: first,
            heard: now,
        });
        let engine = Arc::clone(&office.engine);
        office.spawn("look at shards", move |courier| workers::look(&engine, id, paths, courier));
    }
}

/// Sizes of what is not planned: a plan reads every header anyway, and brings the sizes with it.
fn measure(state: &mut State, office: &Office) {
    while state.measures.len() < MEASURERS {
        let wants = |shard: &Shard| {
            let known = shard.measured.is_some_and(|measured| measured.looked_at == measured.images);
            shard.is_there() && !known && shard.planned.is_none() && !shard.measuring
        };
        let Some(first) = state.shards.iter().find(|shard| wants(shard)).map(above) else {
            return;
        };
        if state.measures.iter().any(|measuring| measuring.above == first) {
            return;
        }
        let mut paths = Vec::new();
        for shard in state
            .shards
            .iter_mut()
            .filter(|shard| above(shard) == first && wants(shard))
            .take(MEASURES)
        {
            shard.measuring = true;
            paths.push(shard.path.clone());
        }
        let id = state.id();
        let control = Arc::new(Control::default());
        state.measures.push(Measuring {
            id,
            above: first,
            paths: paths.clone(),
            control: Arc::clone(&control),
        });
        let engine = Arc::clone(&office.engine);
        office.spawn("sizes of shards", move |courier| {
            workers::measure(&engine, id, paths, &control, courier)
        });
    }
}

fn ask_history(state: &mut State, office: &Office) {
    state.past_due = false;
    let Some(folder) = office.places.history() else { return };
    let shards: Vec<PathBuf> = state.shards.iter().map(|shard| shard.path.clone()).collect();
    if shards.is_empty() {
        return;
    }
    state.past_asked = true;
    office.spawn("history of shards", move |courier| workers::history(&folder, &shards, courier));
}
