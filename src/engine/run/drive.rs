//! One shard after the other: lock, recover, look again, hand out its images, wait for its committer, close.

use std::fmt;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, unbounded};

use super::load::Job;
use super::shard::{ShardRun, untouched};
use super::{Shared, depth, lock, problem, write};
use crate::engine::commit::{self, CommitOptions, Committer, LockError, ShardLock, Uncarried};
use crate::engine::disk::DiskError;
use crate::engine::metrics::{DriveKind, Event, Kind, Notice, Outcome, Problem, ShardRecord, ShardState};
use crate::engine::plan::{ShardPlan, look_at_sidecars};
use crate::engine::scan::{Content, scan};

/// One driver: takes the next shard until there are none, then those that another run worked on when their turn came.
pub(super) fn run(shared: &Shared, jobs: &Sender<Job>) {
    loop {
        let index = shared.next_shard.fetch_add(1, Ordering::Relaxed);
        let Some(plan) = shared.shards.get(index).map(Arc::clone) else {
            break;
        };
        let record = if shared.control.stopped().is_some() {
            untouched(&plan, &shared.settings, ShardState::NotReached)
        } else {
            shared.event(Event::ShardStarted {
                path: plan.inventory.path.clone(),
            });
            shard(shared, jobs, plan, Duration::ZERO)
        };
        if !shared.patience.is_zero() && is_locked(&record) {
            lock(&shared.put_off).push(index);
            continue;
        }
        end(shared, index, record);
    }
    // Whoever puts a shard off comes by here afterwards, so none is forgotten when another driver has ended already.
    loop {
        let Some(index) = lock(&shared.put_off).pop() else { return };
        let record = shard(shared, jobs, Arc::clone(&shared.shards[index]), shared.patience);
        end(shared, index, record);
    }
}

fn end(shared: &Shared, index: usize, record: ShardRecord) {
    shared.event(finished(&record));
    shared.put_record(index, record);
}

/// Whether another run was all that kept this one from the shard.
fn is_locked(record: &ShardRecord) -> bool {
    matches!(&record.state, ShardState::Skipped(problem) if problem.code == "locked")
}

fn finished(record: &ShardRecord) -> Event {
    let changed = || record.images.iter().filter(|i| matches!(i.outcome, Outcome::Shrunk(_)));
    Event::ShardFinished {
        path: record.path.clone(),
        state: record.state.clone(),
        changed: changed().count() as u64,
        saved_bytes: changed().map(|i| i.bytes_before as i64 - i.bytes_after as i64).sum(),
    }
}

/// `patience`: how long is waited for another run to let go of it.
fn shard(shared: &Shared, jobs: &Sender<Job>, plan: Arc<ShardPlan>, patience: Duration) -> ShardRecord {
    // A shard without work is not locked, unless a killed program left its lock there: a second run changes nothing, not even a folder's time.
    let nothing_to_do = plan.work().next().is_none() && plan.interrupted.is_none();
    if shared.kind == Kind::Run && nothing_to_do {
        commit::tidy(&shared.disk, &plan.inventory.path, &shared.run);
    }
    if shared.kind != Kind::Run || nothing_to_do {
        return work_through(shared, jobs, plan, None);
    }
    let begun = Instant::now();
    match open(shared, plan, patience) {
        Ok((plan, lock)) => locked(shared, jobs, plan, &lock, begun),
        Err((plan, Some(problem))) => untouched(&plan, &shared.settings, ShardState::Skipped(*problem)),
        Err((plan, None)) => untouched(&plan, &shared.settings, ShardState::NotReached),
    }
}

/// `begun`: when the shard began to be opened.
fn locked(shared: &Shared, jobs: &Sender<Job>, plan: Arc<ShardPlan>, lock: &ShardLock, begun: Instant) -> ShardRecord {
    if plan.work().next().is_none() {
        return work_through(shared, jobs, plan, None);
    }
    let options = CommitOptions {
        originals: shared.settings.safety.originals,
        write: shared.settings.safety.write,
        verify: shared.settings.safety.verify,
        mtime: shared.settings.safety.mtime,
        parallel: depth::commits_in_flight(plan.inventory.drive.kind),
    };
    let opening = Opening::new(|| {
        Committer::open(&shared.disk, lock, &shared.run, options, &shared.mounts).map(|committer| committer.watched(&shared.metrics))
    });
    let path = plan.inventory.path.clone();
    let locked = begun.elapsed();
    let mut record = work_through(shared, jobs, plan, Some(&opening));
    let (committer, took) = match opening.opened.into_inner() {
        Some((Ok(committer), took)) => (committer, took),
        Some((Err(error), _)) => {
            record.state = ShardState::Skipped(problem::of_shard(path, &error));
            return record;
        }
        None => return record,
    };
    let opened = locked + took;
    record.write_mode = committer.write_mode().into();
    record.kept_bytes = committer.kept_bytes();
    if let Some(uncarried) = committer.uncarried() {
        let message = told_of(&uncarried);
        shared.notice(uncarried.path, message);
    }
    let closing = Instant::now();
    match committer.finish() {
        Ok(_) => {}
        Err(error) => shared.notice(path, format!("{error}. All images are safe; the next run tidies up.")),
    }
    record.opening = opened + closing.elapsed();
    record
}

/// A committer that opens on the thread that writes, while the first images are on their way: trying out a slow mount takes
/// half a second.
pub(super) struct Opening<'a> {
    open: Box<dyn Fn() -> Result<Committer, DiskError> + Send + Sync + 'a>,
    opened: OnceLock<(Result<Committer, DiskError>, Duration)>,
}

impl fmt::Debug for Opening<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Opening").field("opened", &self.opened).finish_non_exhaustive()
    }
}

impl<'a> Opening<'a> {
    fn new(open: impl Fn() -> Result<Committer, DiskError> + Send + Sync + 'a) -> Self {
        Self {
            open: Box::new(open),
            opened: OnceLock::new(),
        }
    }

    /// Opens it at the first call; `None` where that fails, which is told of in the record of the shard.
    pub(super) fn committer(&self) -> Option<&Committer> {
        let open = || {
            let begun = Instant::now();
            ((self.open)(), begun.elapsed())
        };
        self.opened.get_or_init(open).0.as_ref().ok()
    }
}

/// One remark for a shard: what holds for the first such file nearly always holds for all.
fn told_of(uncarried: &Uncarried) -> String {
    let more = match uncarried.files {
        1 => String::new(),
        2 => " One more file of this folder lost some, too.".to_owned(),
        files => format!(" {} more files of this folder lost some, too.", files - 1),
    };
    format!(
        "{} could not be given all that its original had besides its content: {}. It is open to nobody who was kept out before.{more}",
        uncarried.path.display(),
        uncarried.lost.join(", ")
    )
}

/// Hands out the images that have work and waits until each has its outcome.
fn work_through(shared: &Shared, jobs: &Sender<Job>, plan: Arc<ShardPlan>, opening: Option<&Opening<'_>>) -> ShardRecord {
    let work: Vec<usize> = in_reading_order(&plan);
    let kind = plan.inventory.drive.kind;
    let run = Arc::new(ShardRun::new(
        plan,
        &shared.settings,
        Arc::clone(&shared.metrics),
        shared.events.clone(),
    ));
    let (finished, arriving) = unbounded();
    thread::scope(|scope| {
        // The receiver moves into the thread: if that ends early, replacements on their way are dropped and give their
        // memory back, instead of waiting for nobody.
        let committing = {
            let run = &run;
            thread::Builder::new().spawn_scoped(scope, move || write::run(shared, run, opening, &arriving))
        };
        let Ok(committing) = committing else {
            shared.notice(
                run.plan.inventory.path.clone(),
                "The system refuses to start a thread for this shard; it was left untouched.".into(),
            );
            return;
        };
        {
            // On a local drive one folder is read after the other; on a slow one they are read side by side.
            let _turn = (kind != DriveKind::Network).then(|| shared.turn());
            for image in work {
                if shared.control.stopped().is_some() || run.is_given_up() {
                    break;
                }
                if jobs
                    .send(Job {
                        shard: Arc::clone(&run),
                        image,
                        finished: finished.clone(),
                    })
                    .is_err()
                {
                    break;
                }
            }
        }
        drop(finished);
        if committing.join().is_err() {
            shared.notice(
                run.plan.inventory.path.clone(),
                "An internal error stopped this shard; its originals are safe.".into(),
            );
        }
    });
    run.take_record(&shared.settings)
}

/// Images with work, in the order in which their bytes lie on disk where that matters and is known.
fn in_reading_order(plan: &ShardPlan) -> Vec<usize> {
    let mut work: Vec<usize> = plan.work().collect();
    if plan.inventory.drive.kind == DriveKind::Spinning {
        work.sort_unstable_by_key(|i| plan.inventory.images[*i].identity.inode);
    }
    work
}

/// The plan of a shard that stays as it is, and why; nothing where the run was stopped meanwhile.
type NotOpened = (Arc<ShardPlan>, Option<Box<Problem>>);

/// How often a shard is tried that another run works on. On a network drive each try asks the server.
const TRY_AGAIN: Duration = Duration::from_millis(500);

/// Takes the lock, waiting for it where another run has it. A stop ends the wait: then with nothing.
fn take_lock(shared: &Shared, path: &Path, patience: Duration) -> Option<Result<ShardLock, LockError>> {
    let begun = Instant::now();
    let mut told = false;
    loop {
        let result = commit::lock(&shared.disk, path, &shared.run);
        let left = patience.saturating_sub(begun.elapsed());
        match &result {
            Err(LockError::Held { by }) if !left.is_zero() => {
                // For whoever looks on: a wait that ends well is not worth a line in the report.
                if !std::mem::replace(&mut told, true) {
                    shared.event(Event::Waiting(Notice {
                        path: path.to_owned(),
                        message: format!(
                            "Another run works on this shard ({by}). Waiting up to {} s for its end.",
                            patience.as_secs()
                        ),
                    }));
                }
                let again = Instant::now() + left.min(TRY_AGAIN);
                while Instant::now() < again {
                    if shared.control.stopped().is_some() {
                        return None;
                    }
                    thread::sleep(Duration::from_millis(20));
                }
            }
            _ => return Some(result),
        }
    }
}

/// Locks the shard, recovers what an earlier run left, and plans it anew where it is not as it was planned.
fn open(shared: &Shared, plan: Arc<ShardPlan>, patience: Duration) -> Result<(Arc<ShardPlan>, ShardLock), NotOpened> {
    let path = plan.inventory.path.clone();
    let lock = match take_lock(shared, &path, patience) {
        Some(Ok(lock)) => lock,
        Some(Err(error)) => {
            return Err((plan, Some(Box::new(problem::of_lock(path, &error)))));
        }
        None => return Err((plan, None)),
    };
    let again = match recover(shared, &plan, &lock) {
        // The plan of an interrupted shard was made of half a batch, whoever recovered it since.
        Ok(recovered) => recovered || plan.interrupted.is_some() || !as_planned(shared, &plan),
        Err(problem) => return Err((plan, Some(problem))),
    };
    if !again {
        return Ok((plan, lock));
    }
    let inventory = match scan(shared.disk.as_ref(), &path, &shared.probe_pool) {
        Ok(inventory) => inventory,
        Err(error) => {
            return Err((plan, Some(Box::new(problem::of_shard(path, &error)))));
        }
    };
    let mut fresh = plan.again(&shared.settings, Arc::new(inventory));
    fresh.sidecars = look_at_sidecars(shared.disk.as_ref(), &fresh, &shared.settings, &shared.probe_pool);
    let fresh = Arc::new(fresh);
    let blocking = fresh.blocking().next().cloned();
    match blocking {
        None => Ok((fresh, lock)),
        Some(collision) => {
            let problem = Problem {
                code: "collision",
                path,
                message: format!(
                    "The folder changed after the plan was made, and now more than one file wants the name {}. The shard was left untouched.",
                    collision.output.display()
                ),
                advice: "Rename one of them, then run again.".into(),
            };
            Err((fresh, Some(Box::new(problem))))
        }
    }
}

/// Whether anything was recovered. An alarm leaves the shard to a person.
fn recover(shared: &Shared, plan: &ShardPlan, lock: &ShardLock) -> Result<bool, Box<Problem>> {
    let path = &plan.inventory.path;
    match commit::pending(shared.disk.as_ref(), path) {
        Ok(None) => return Ok(false),
        Ok(Some(_)) => {}
        Err(error) => return Err(Box::new(problem::of_shard(path.clone(), &error))),
    }
    let recovery = commit::recover(&shared.disk, lock).map_err(|e| Box::new(problem::of_shard(path.clone(), &e)))?;
    shared.event(Event::ShardRecovered {
        path: path.clone(),
        summary: recovery.summary(),
    });
    shared.notices(recovery.notices);
    let mut alarms = recovery.alarms.into_iter();
    let Some(first) = alarms.next() else { return Ok(true) };
    shared.notices(alarms.map(|alarm| Notice {
        path: alarm.path,
        message: alarm.message,
    }));
    Err(Box::new(first))
}

/// A look at a few images tells whether another run was here since the plan was made.
fn as_planned(shared: &Shared, plan: &ShardPlan) -> bool {
    let work: Vec<usize> = plan.work().collect();
    [work.first(), work.get(work.len() / 2), work.last()]
        .into_iter()
        .flatten()
        .all(|i| {
            let image = &plan.inventory.images[*i];
            matches!(image.content, Content::Image(_))
                && matches!(shared.disk.stat(&plan.inventory.path.join(&image.name)), Ok(Some(now)) if now.unchanged(&image.identity))
        })
}
