//! Process: from compressed bytes to the verified bytes of the replacement, on the CPU workers.

use std::sync::Arc;

use crossbeam_channel::Receiver;

use super::Shared;
use super::load::Loaded;
use super::shard::record;
use super::write::Finished;
use crate::engine::metrics::{Outcome, Phase, Problem, StepTimes, Wait, Why};
use crate::engine::pixels::Header;
use crate::engine::plan::Action;
use crate::engine::scan::Content;
use crate::engine::shrink::{ShrinkError, Shrinker, Shrunk, cost};

/// Works on an image within the memory budget, and takes the time.
fn shrink(shared: &Shared, shrinker: &mut Shrinker, header: &Header, bytes: &[u8]) -> Result<Shrunk, ShrinkError> {
    let (need, in_strips) = match cost(header, bytes.len() as u64, &shared.settings) {
        Ok(cost) => match cost.strips {
            Some(strips) if cost.whole > shared.budgets.working.total() && strips < cost.whole => (strips, true),
            _ => (cost.whole, false),
        },
        // Planned within the limits, so this cannot be; if it is, the whole budget is surely enough to refuse in.
        Err(_) => (u64::MAX, false),
    };
    let waiting = shared.control.waiting();
    let _working = shared.budgets.working.take(need);
    shared.metrics.waited(Phase::Process, Wait::Memory, shared.control.waited(&waiting));
    let timer = shared.metrics.start(Phase::Process);
    let result = shrinker.shrink(bytes, in_strips);
    // An image that failed costs time, but is not counted as processed.
    match result {
        Ok(_) => _ = timer.done(bytes.len() as u64),
        Err(_) => drop(timer),
    }
    result
}

/// One worker: takes loaded images until there are none.
pub(super) fn run(shared: &Shared, loaded: &Receiver<Loaded>) {
    let mut shrinker = Shrinker::new(&shared.settings, Arc::clone(&shared.backend));
    loop {
        let waiting = shared.control.waiting();
        let Ok(item) = loaded.recv() else { return };
        shared.metrics.waited(Phase::Process, Wait::Input, shared.control.waited(&waiting));
        shared.control.wait_while_paused();
        shared.metrics.queue(Phase::Process, -1, -(item.bytes.len() as i64));
        if !shared.control.insisted() {
            work(shared, &mut shrinker, item);
        }
    }
}

fn work(shared: &Shared, shrinker: &mut Shrinker, item: Loaded) {
    let Loaded {
        job,
        bytes,
        source,
        load_us,
        permit,
    } = item;
    let shard = &job.shard;
    let found = &shard.plan.inventory.images[job.image];
    let (Content::Image(header), Action::Shrink { why, output }) = (&found.content, &shard.plan.actions[job.image]) else {
        return;
    };
    let result = match shared.sampled.take(source.hash) {
        Some(done) => {
            // Made for the forecast, from these very bytes: its time counts as if it was made now.
            shared.metrics.work(Phase::Process, done.took, done.cpu, bytes.len() as u64);
            Ok(done.shrunk)
        }
        None => {
            let _in_hand = shared.metrics.hold(Phase::Process, &found.name);
            shrink(shared, shrinker, header, &bytes)
        }
    };
    drop(bytes);
    drop(permit);
    let shrunk = match result {
        Ok(shrunk) => shrunk,
        Err(error) => {
            let problem = Problem {
                code: error.code(),
                path: shard.image_path(job.image),
                message: format!("{error}. It was left untouched."),
                advice: error.advice(),
            };
            shard.failed(
                &shared.settings,
                job.image,
                problem,
                StepTimes {
                    load_us,
                    ..StepTimes::default()
                },
            );
            return;
        }
    };
    for note in &shrunk.notes {
        shared.notice(shard.image_path(job.image), note.clone());
    }
    let mut record = record(&shard.plan, &shared.settings, job.image, Outcome::Shrunk(*why));
    record.before = Some(shrunk.before);
    record.after = Some(shrunk.after);
    record.bytes_after = shrunk.bytes.len() as u64;
    record.steps = StepTimes { load_us, ..shrunk.steps };
    record.quality = shrunk.quality;

    if !shared.settings.choose.is_worth_it(found.bytes(), record.bytes_after) {
        let steps = record.steps;
        let mut record = super::shard::record(&shard.plan, &shared.settings, job.image, Outcome::LeftAlone(Why::NotSmaller));
        record.steps = steps;
        shard.ended(job.image, record);
        return;
    }
    let waiting = shared.control.waiting();
    let permit = shared.budgets.waiting.take(shrunk.bytes.len() as u64);
    shared.metrics.waited(Phase::Process, Wait::Output, shared.control.waited(&waiting));
    shared.metrics.queue(Phase::Write, 1, shrunk.bytes.len() as i64);
    let finished = Finished {
        image: job.image,
        source,
        output: output.clone(),
        bytes: shrunk.bytes,
        flattened: shrunk.flattened,
        record,
        permit,
    };
    // The committer of a shard outlives its jobs; were it gone, the image would be reported as not reached.
    let _ = job.finished.send(finished);
}
