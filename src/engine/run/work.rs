//! Process: from compressed bytes to the verified bytes of the replacement, on the CPU workers. While a graphics card is at a
//! worker's image, the worker goes on with the next one.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Select, TryRecvError};

use super::Shared;
use super::budget::Permit;
use super::load::Loaded;
use super::shard::record;
use super::write::Finished;
use crate::engine::metrics::{Holding, Outcome, Phase, Problem, StepTimes, Wait, Why};
use crate::engine::pixels::Header;
use crate::engine::plan::Action;
use crate::engine::scan::Content;
use crate::engine::shrink::{Begun, ShrinkError, Shrinker, Shrunk, Underway, cost};

/// Images of one worker that a card may be at: enough that the card always has the next ones, few enough that their memory
/// does not keep the worker from its own.
const MOST_AWAY: usize = 4;

/// An image that a card is at, and what is held for it.
struct Away<'a> {
    item: Loaded,
    underway: Box<Underway>,
    working: Permit,
    in_hand: Holding<'a>,
}

/// One worker.
struct Worker<'a> {
    shared: &'a Shared,
    shrinker: Shrinker,
    away: VecDeque<Away<'a>>,
}

/// Takes loaded images until there are none.
pub(super) fn run(shared: &Shared, loaded: &Receiver<Loaded>) {
    let mut worker = Worker {
        shared,
        shrinker: Shrinker::new(&shared.settings, Arc::clone(&shared.backend)),
        away: VecDeque::new(),
    };
    while let Some(item) = worker.next(loaded) {
        shared.control.wait_while_paused();
        shared.metrics.queue(Phase::Process, -1, -(item.bytes.len() as i64));
        if !shared.control.insisted() {
            worker.begin(item);
        }
    }
}

impl Worker<'_> {
    /// The next image; those that come back from the card are finished meanwhile. `None` once there is none of either.
    fn next(&mut self, loaded: &Receiver<Loaded>) -> Option<Loaded> {
        loop {
            if let Some(back) = self.away.iter_mut().position(|away| away.underway.is_ready()) {
                self.finish(back);
                continue;
            }
            if self.away.len() >= MOST_AWAY {
                self.finish(0);
                continue;
            }
            let waiting = self.shared.control.waiting();
            let next = if self.away.is_empty() {
                loaded.recv().map_err(|_| TryRecvError::Disconnected)
            } else {
                self.wait(loaded)
            };
            match next {
                Ok(item) => {
                    self.shared
                        .metrics
                        .waited(Phase::Process, Wait::Input, self.shared.control.waited(&waiting));
                    return Some(item);
                }
                Err(TryRecvError::Empty) => {
                    self.shared
                        .metrics
                        .waited(Phase::Process, Wait::Input, self.shared.control.waited(&waiting));
                }
                Err(TryRecvError::Disconnected) if self.away.is_empty() => return None,
                Err(TryRecvError::Disconnected) => self.finish(0),
            }
        }
    }

    /// Waits for the next image or for one that comes back, whichever is first; `Empty` where it is the latter.
    fn wait(&self, loaded: &Receiver<Loaded>) -> Result<Loaded, TryRecvError> {
        let mut select = Select::new();
        let first = select.recv(loaded);
        let mut patience = Duration::MAX;
        for away in &self.away {
            select.recv(away.underway.ticket().answer());
            patience = patience.min(away.underway.ticket().left());
        }
        match select.ready_timeout(patience) {
            Ok(ready) if ready == first => loaded.try_recv(),
            _ => Err(TryRecvError::Empty),
        }
    }

    /// Works on an image, as far as it goes without the card.
    fn begin(&mut self, mut item: Loaded) {
        let shared = self.shared;
        let found = &item.job.shard.plan.inventory.images[item.job.image];
        let Content::Image(header) = &found.content else { return };
        let done = item.done.take().map(|done| *done);
        if let Some(done) = done.or_else(|| shared.sampled.take(item.source.hash)) {
            // Made for the forecast, from these very bytes: its time counts as if it was made now.
            shared.metrics.work(Phase::Process, done.took, done.cpu, found.bytes());
            return ended(shared, item, Ok(done.shrunk));
        }
        let in_hand = shared.metrics.hold(Phase::Process, &found.name);
        let (need, in_strips) = need(shared, header, &item.bytes);
        let working = self.memory(need);
        let timer = shared.metrics.start(Phase::Process);
        let result = match self.shrinker.begin(&item.bytes, in_strips) {
            Ok(Begun::Underway(underway)) => {
                // Its time counts, it itself does not yet.
                drop(timer);
                self.away.push_back(Away {
                    item,
                    underway,
                    working,
                    in_hand,
                });
                return;
            }
            Ok(Begun::Shrunk(shrunk)) => Ok(*shrunk),
            Err(error) => Err(error),
        };
        // An image that failed costs time, but is not counted as processed.
        match result {
            Ok(_) => _ = timer.done(item.bytes.len() as u64),
            Err(_) => drop(timer),
        }
        drop((working, in_hand));
        ended(shared, item, result);
    }

    /// Memory for an image. Never waits for it while this worker holds some for images that are away: nobody else could give
    /// that back.
    fn memory(&mut self, need: u64) -> Permit {
        let shared = self.shared;
        while !self.away.is_empty() {
            if let Some(permit) = shared.budgets.working.try_take(need) {
                return permit;
            }
            self.finish(0);
        }
        let waiting = shared.control.waiting();
        let permit = shared.budgets.working.take(need);
        shared.metrics.waited(Phase::Process, Wait::Memory, shared.control.waited(&waiting));
        permit
    }

    /// The rest of an image that was away.
    fn finish(&mut self, at: usize) {
        let Some(away) = self.away.remove(at) else { return };
        if self.shared.control.insisted() {
            return;
        }
        let Away {
            item,
            underway,
            working,
            in_hand,
        } = away;
        let timer = self.shared.metrics.start(Phase::Process);
        let result = self.shrinker.finish(&item.bytes, *underway);
        match result {
            Ok(_) => _ = timer.done(item.bytes.len() as u64),
            Err(_) => drop(timer),
        }
        drop((working, in_hand));
        ended(self.shared, item, result);
    }
}

/// Memory that working on an image takes, and whether it is to be worked on in strips.
fn need(shared: &Shared, header: &Header, bytes: &[u8]) -> (u64, bool) {
    match cost(header, bytes.len() as u64, &shared.settings) {
        Ok(cost) => match cost.strips {
            Some(strips) if cost.whole > shared.budgets.working.total() && strips < cost.whole => (strips, true),
            _ => (cost.whole, false),
        },
        // Planned within the limits, so this cannot be; if it is, the whole budget is surely enough to refuse in.
        Err(_) => (u64::MAX, false),
    }
}

/// An image has its replacement, or never will have one.
fn ended(shared: &Shared, item: Loaded, result: Result<Shrunk, ShrinkError>) {
    let Loaded {
        job,
        bytes,
        source,
        load_us,
        permit,
        done: _,
    } = item;
    drop(bytes);
    drop(permit);
    let shard = &job.shard;
    let found = &shard.plan.inventory.images[job.image];
    let Action::Shrink { why, output } = &shard.plan.actions[job.image] else {
        return;
    };
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
    record.quality = shrunk.quality.map(Box::new);

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
