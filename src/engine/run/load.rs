//! Load: bytes from disk, as many reads in flight as the drive rewards, never more bytes than the budget allows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use super::budget::Permit;
use super::shard::ShardRun;
use super::write::Finished;
use super::{Shared, problem};
use crate::engine::commit::content_hash;
use crate::engine::disk::{Attributes, Identity};
use crate::engine::forecast::Done;
use crate::engine::metrics::{Phase, Problem, StepTimes, Wait};

/// One image that has work.
pub(super) struct Job {
    pub(super) shard: Arc<ShardRun>,
    pub(super) image: usize,
    /// Where its replacement goes. The committer ends when the last job of its shard has dropped this.
    pub(super) finished: Sender<Finished>,
}

/// An image in memory, compressed as it was on disk.
pub(super) struct Loaded {
    pub(super) job: Job,
    pub(super) bytes: Vec<u8>,
    pub(super) source: Source,
    /// Its replacement, where the forecast made it a moment ago; then `bytes` were not read again.
    pub(super) done: Option<Box<Done>>,
    pub(super) load_us: u32,
    /// Held until the bytes are dropped.
    pub(super) permit: Permit,
}

/// What the committer must know of the file that was read.
pub(super) struct Source {
    pub(super) identity: Identity,
    pub(super) attributes: Attributes,
    /// XXH3-128 of the bytes that were read.
    pub(super) hash: u128,
}

/// One loader: takes jobs until there are none.
pub(super) fn run(shared: &Shared, jobs: &Receiver<Job>, loaded: &Sender<Loaded>) {
    loop {
        shared.control.wait_while_paused();
        let waiting = shared.control.waiting();
        let Ok(job) = jobs.recv() else { return };
        shared.metrics.waited(Phase::Load, Wait::Input, shared.control.waited(&waiting));
        // A loader that waited for a job takes it in hand only when the pause is over.
        shared.control.wait_while_paused();
        if shared.control.stopped().is_some() || job.shard.is_given_up() {
            continue;
        }
        let job = match known(shared, job) {
            Ok(item) => {
                shared.metrics.queue(Phase::Process, 1, 0);
                if loaded.send(item).is_err() {
                    return;
                }
                continue;
            }
            Err(job) => job,
        };
        let waiting = shared.control.waiting();
        let permit = shared.budgets.loaded.take(job.shard.plan.inventory.images[job.image].bytes());
        shared.metrics.waited(Phase::Load, Wait::Output, shared.control.waited(&waiting));
        let through = shared.gate.enter();
        shared.control.wait_while_paused();
        if shared.control.stopped().is_some() {
            continue;
        }
        let result = load(shared, job, permit);
        drop(through);
        if let Some(item) = result {
            shared.metrics.queue(Phase::Process, 1, item.bytes.len() as i64);
            if loaded.send(item).is_err() {
                return;
            }
        }
    }
}

/// An image that the forecast read and worked on a moment ago: neither is done again, and both count as if they were. That the file
/// is still the same is looked at, as always, before its replacement is announced and again before it retires.
fn known(shared: &Shared, job: Job) -> Result<Loaded, Job> {
    let planned = &job.shard.plan.inventory.images[job.image].identity;
    let Some(done) = shared.sampled.take_fresh(planned) else {
        return Err(job);
    };
    let original = &done.original;
    shared
        .metrics
        .work(Phase::Load, original.took, Duration::ZERO, original.identity.len);
    shared.worked(&job.shard, Phase::Load);
    Ok(Loaded {
        bytes: Vec::new(),
        source: Source {
            identity: original.identity,
            attributes: original.attributes.clone(),
            hash: original.hash,
        },
        load_us: u32::try_from(original.took.as_micros()).unwrap_or(u32::MAX),
        done: Some(Box::new(done)),
        permit: shared.budgets.loaded.take(0),
        job,
    })
}

fn load(shared: &Shared, job: Job, permit: Permit) -> Option<Loaded> {
    let _in_hand = shared.metrics.hold(Phase::Load, &job.shard.plan.inventory.images[job.image].name);
    let timer = shared.metrics.start(Phase::Load);
    let begin = Instant::now();
    let path = job.shard.image_path(job.image);
    let planned = &job.shard.plan.inventory.images[job.image].identity;
    let read = shared.disk.open(&path).and_then(|file| {
        let identity = file.identity()?;
        // What changed after the scan is not read: the budget was asked for the planned size.
        if !identity.unchanged(planned) {
            return Ok(None);
        }
        Ok(Some((identity, file.attributes()?, file.read_all(identity.len)?)))
    });
    let problem = match read {
        Ok(Some((identity, attributes, bytes))) if bytes.len() as u64 == identity.len => {
            let hash = content_hash(&bytes);
            timer.done(bytes.len() as u64);
            shared.worked(&job.shard, Phase::Load);
            let source = Source {
                identity,
                attributes,
                hash,
            };
            return Some(Loaded {
                job,
                bytes,
                source,
                done: None,
                load_us: micros(begin),
                permit,
            });
        }
        Ok(_) => Problem {
            code: "changed-meanwhile",
            path,
            message: "The file was changed after the plan was made. It was left untouched.".into(),
            advice: "Run again: it will be planned anew.".into(),
        },
        Err(error) => {
            shared.failed_in_a_row(&job.shard, Phase::Load);
            problem::of_disk(
                path,
                &error,
                "It was left untouched.",
                "Check the drive and the file's permissions, then run again.",
            )
        }
    };
    drop(timer);
    job.shard.failed(
        &shared.settings,
        job.image,
        problem,
        StepTimes {
            load_us: micros(begin),
            ..StepTimes::default()
        },
    );
    None
}

/// Microseconds since `begin`, at most what fits.
pub(super) fn micros(begin: Instant) -> u32 {
    u32::try_from(begin.elapsed().as_micros()).unwrap_or(u32::MAX)
}
