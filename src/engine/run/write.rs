//! Write: replacements of one shard gather into batches, and batches go through the commit protocol, together with the
//! sidecars that tell of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::Shared;
use super::budget::Permit;
use super::drive::Opening;
use super::load::Source;
use super::shard::ShardRun;
use super::sidecars::SidecarEditor;
use crate::engine::commit::{CommitFailure, Committer, Replacement, Verdict, no_edits};
use crate::engine::metrics::{DriveKind, Event, ImageRecord, Outcome, Phase, Problem, StopReason, Wait};
use crate::engine::scan::Content;
use crate::engine::sidecars::Change;

/// A verified replacement in memory.
pub(super) struct Finished {
    pub(super) image: usize,
    pub(super) source: Source,
    pub(super) output: std::ffi::OsString,
    pub(super) bytes: Vec<u8>,
    /// Some of its pixels let the matte through.
    pub(super) flattened: bool,
    /// What will be said of the image once it is committed.
    pub(super) record: ImageRecord,
    /// Held until the bytes are on disk.
    pub(super) permit: Permit,
}

/// Images of one batch: they share the journal's sync and the folder's.
const BATCH_IMAGES: usize = 64;

/// Images of the last batches of a shard: as many as are committed at once (`depth::commits_in_flight`), so that sharing a sync still pays.
const LAST_BATCH_IMAGES: usize = 8;

/// Bytes of one batch.
const BATCH_BYTES: usize = 16 << 20;

/// Replacements are hardly smaller than this, bytes: what a batch that counts bytes may hold of them.
const LEAST_REPLACEMENT: usize = 8 << 10;

/// A batch that has begun waits no longer than this for more.
const BATCH_AGE: Duration = Duration::from_secs(1);

/// While a batch gathers, the budget is looked at this often.
const LOOK: Duration = Duration::from_millis(20);

/// Commits what arrives until every job of the shard is gone. Without a committer (`plan --exact`) nothing is written.
pub(super) fn run(shared: &Shared, shard: &Arc<ShardRun>, opening: Option<&Opening<'_>>, finished: &Receiver<Finished>) {
    let committer = opening.and_then(Opening::committer);
    if opening.is_some() && committer.is_none() {
        // Nothing can be written here. What is on its way is not waited for with its memory held.
        shard.give_up();
        for item in finished {
            shared.metrics.queue(Phase::Write, -1, -(item.bytes.len() as i64));
        }
        return;
    }
    let patience = patience(shard.plan.inventory.drive.kind);
    let editor = committer.and_then(|_| SidecarEditor::new(shared, shard));
    loop {
        let waiting = shared.control.waiting();
        let rows_len = editor.as_ref().map_or(0, SidecarEditor::rows_len);
        let Some(batch) = gather(shared, finished, shard.unfinished(), rows_len, patience) else {
            break;
        };
        shared.metrics.waited(Phase::Write, Wait::Input, shared.control.waited(&waiting));
        let (images, bytes) = (batch.len() as i64, batch.iter().map(|item| item.bytes.len() as i64).sum::<i64>());
        match committer {
            None => batch.into_iter().for_each(|item| shard.ended(item.image, item.record)),
            // What is not begun stays undone: its originals were not touched.
            Some(_) if shared.control.insisted() => {}
            Some(committer) => commit(shared, shard, committer, editor.as_ref(), batch),
        }
        shared.metrics.queue(Phase::Write, -images, -bytes);
    }
    if let Some(editor) = editor {
        editor.finish();
    }
}

/// How long a batch that has begun waits for more. On a slow drive the folder is what a run waits for: its names change one by one, so it
/// must not be idle, and while one batch is committed the next one gathers by itself.
fn patience(kind: DriveKind) -> Duration {
    match kind {
        DriveKind::Network => Duration::ZERO,
        DriveKind::Spinning | DriveKind::Solid | DriveKind::Unknown | DriveKind::Memory => BATCH_AGE,
    }
}

/// The next batch; `None` when no more will come. `rows_len`: bytes of files that are written anew with every batch, which
/// is why there is about as much else in it, and why it waits.
///
/// Near the end of a shard (`unfinished` images are left of it) batches grow smaller: nothing overlaps with the last one.
fn gather(shared: &Shared, finished: &Receiver<Finished>, unfinished: usize, rows_len: usize, patience: Duration) -> Option<Vec<Finished>> {
    let patience = if rows_len > 0 { BATCH_AGE } else { patience };
    let images = (unfinished / 2).clamp(LAST_BATCH_IMAGES, BATCH_IMAGES);
    let (most_images, most_bytes) = (images.max(rows_len / LEAST_REPLACEMENT), BATCH_BYTES.max(rows_len));
    let first = finished.recv().ok()?;
    let begun = Instant::now();
    let mut bytes = first.bytes.len();
    let mut batch = vec![first];
    while batch.len() < most_images && bytes < most_bytes {
        match finished.recv_timeout(LOOK) {
            Ok(item) => {
                bytes += item.bytes.len();
                batch.push(item);
            }
            // Memory is short: what is gathered holds some of it.
            Err(RecvTimeoutError::Timeout) if begun.elapsed() >= patience || shared.budgets.waiting.is_short() => break,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Some(batch)
}

fn commit(shared: &Shared, shard: &Arc<ShardRun>, committer: &Committer, editor: Option<&SidecarEditor<'_>>, batch: Vec<Finished>) {
    let changes: Vec<(usize, Option<Change>)> = match editor {
        Some(_) => batch.iter().map(|item| (item.image, change(shard, item))).collect(),
        None => Vec::new(),
    };
    let mut permits = Vec::with_capacity(batch.len());
    let mut records = Vec::with_capacity(batch.len());
    let replacements = batch
        .into_iter()
        .map(|item| {
            permits.push(item.permit);
            let source = shard.plan.inventory.images[item.image].name.clone();
            let Source {
                identity,
                attributes,
                hash,
            } = item.source;
            records.push((item.image, item.bytes.len() as u64, item.record));
            Replacement {
                source,
                seen: identity,
                attributes,
                source_hash: hash,
                output: item.output,
                bytes: item.bytes,
            }
        })
        .collect();
    let begun = Instant::now();
    let verdicts = match editor {
        Some(editor) => committer.commit(replacements, &|going| editor.edits(&changes, going)),
        None => committer.commit(replacements, &no_edits),
    };
    shard.committed(begun.elapsed());
    let committed = verdicts.iter().filter(|v| matches!(v, Verdict::Committed { .. })).count() as u64;
    if committed > 0 {
        shared.event(Event::BatchSynced {
            shard: shard.plan.inventory.path.clone(),
            images: committed,
        });
    }
    drop(permits);
    if let Some(editor) = editor {
        let committed: Vec<bool> = verdicts.iter().map(|v| matches!(v, Verdict::Committed { .. })).collect();
        editor.ended(&changes, &committed);
    }
    for ((image, bytes, mut record), verdict) in records.into_iter().zip(verdicts) {
        match verdict {
            Verdict::Committed { write, cpu } => {
                record.steps.write_us = u32::try_from(write.as_micros()).unwrap_or(u32::MAX);
                shared.metrics.work(Phase::Write, write, cpu, bytes);
                shared.worked(shard, Phase::Write);
            }
            Verdict::Failed(failure) => {
                if failure.fatal_for_shard {
                    stop_for(shared, shard, &failure);
                }
                if matches!(failure.code, "io" | "busy" | "permission" | "read-only" | "verify") {
                    shared.failed_in_a_row(shard, Phase::Write);
                }
                let mut failed = super::shard::record(
                    &shard.plan,
                    &shared.settings,
                    image,
                    Outcome::Failed(Box::new(problem(shard, image, failure))),
                );
                failed.steps = record.steps;
                record = failed;
            }
        }
        shard.ended(image, record);
    }
}

/// What sidecars may have to say of an image from now on; `None` where its names are no text.
fn change(shard: &ShardRun, item: &Finished) -> Option<Change> {
    let found = &shard.plan.inventory.images[item.image];
    let Content::Image(header) = &found.content else { return None };
    Some(Change {
        old_name: found.name.to_str()?.to_owned(),
        new_name: item.output.to_str()?.to_owned(),
        old: [item.record.before.unwrap_or(header.size), header.size],
        new: item.record.after?,
        flattened: item.flattened,
    })
}

fn stop_for(shared: &Shared, shard: &ShardRun, failure: &CommitFailure) {
    shard.give_up();
    if failure.code == "no-space" {
        shared.stop(StopReason::DiskFull);
    }
}

fn problem(shard: &ShardRun, image: usize, failure: CommitFailure) -> Problem {
    Problem {
        code: failure.code,
        path: shard.image_path(image),
        message: failure.message,
        advice: failure.advice.into(),
    }
}
