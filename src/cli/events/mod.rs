//! What happens, for programs: one JSON value a line (`docs/events.schema.json`, `docs/events.md`). A sink of the engine's
//! events beside the live line. Lines are written by a thread of their own, so that nobody who reads them slowly, or not at
//! all any more, ever stops or slows a run.

mod line;
mod out;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::TrySendError;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use self::line::{Line, ResultPart, Stamped, image, rounded};
use self::out::Sink;
use super::exit::Exit;
use crate::engine::{Event, Phase, Plan, Recovered, ShardState, Snapshot};
use crate::report::{CollisionReport, Name, Report, ShardStateName, format};

pub(super) use self::out::check;

/// The version of the lines. A reader of another version should not guess.
const VERSION: u32 = 1;

/// What the first line of ours says.
const FORMAT: &str = "shardpress-events";

/// Counters are told this often.
const TICK: Duration = Duration::from_secs(1);

const TIME: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// Where events go; nowhere, where nobody asked for them.
pub(super) struct Events {
    sink: Option<Sink>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Of the next line.
    seq: u64,
    ticked: Option<Instant>,
    result: Option<ResultPart>,
}

impl Events {
    /// Opens what [`check`] found in order. `None`: no events.
    ///
    /// # Errors
    /// A sentence.
    pub(super) fn open(target: Option<&PathBuf>) -> Result<Self, String> {
        let sink = match target {
            None => None,
            Some(target) => {
                let file =
                    out::open(target).map_err(|error| format!("{}: the events cannot be written there ({error}).", target.display()))?;
                Some(Sink::new(file, format::shown(target)))
            }
        };
        Ok(Self::to(sink))
    }

    fn to(sink: Option<Sink>) -> Self {
        Self {
            sink,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Plain values, whole after every step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, line: Line<'_>) {
        let Some(sink) = &self.sink else { return };
        let mut state = self.state();
        let seq = state.seq;
        state.seq += 1;
        let stamped = Stamped {
            seq,
            time: OffsetDateTime::now_utc().format(TIME).unwrap_or_default(),
            line,
        };
        // Plain values with text for keys always have a JSON.
        let Ok(mut text) = serde_json::to_string(&stamped) else { return };
        text.push('\n');
        if let Err(TrySendError::Full(text)) = sink.lines.try_send(text)
            && matches!(stamped.line, Line::End { .. })
        {
            // The one line that everybody waits for.
            let _ = sink.lines.send_timeout(text, sink.patience);
        }
    }

    /// The first line.
    pub(super) fn begin(&self, command: &'static str, roots: &[PathBuf]) {
        self.put(Line::Begin {
            format: FORMAT,
            version: VERSION,
            program: env!("CARGO_PKG_VERSION"),
            command,
            roots: roots.iter().map(|root| Name::of_path(root)).collect(),
        });
    }

    /// The plan stands.
    pub(super) fn planned(&self, plan: &Plan) {
        if self.sink.is_none() {
            return;
        }
        let totals = plan.totals();
        let collisions = || plan.shards.iter().flat_map(|s| s.collisions.iter().map(|c| (&s.inventory.path, c)));
        self.put(Line::Planned {
            shards: plan.shards.len() as u64,
            images: totals.images,
            bytes: totals.bytes,
            work_images: totals.work_images,
            work_bytes: totals.work_bytes,
            left_alone: totals.left_alone,
            refused: totals.refused,
            collisions: collisions().count() as u64,
            interrupted: plan.shards.iter().filter(|s| s.interrupted.is_some()).count() as u64,
        });
        for (shard, collision) in collisions() {
            self.put(Line::Collision(Box::new(CollisionReport::new(shard, collision))));
        }
    }

    /// A fact of a run.
    pub(super) fn tell(&self, event: &Event) {
        if self.sink.is_none() {
            return;
        }
        self.put(match event {
            // How it is done, not what: ticks have the figures.
            Event::BatchSynced { .. } | Event::Depth { .. } => return,
            Event::Started { images, bytes } => Line::Started {
                images: *images,
                bytes: *bytes,
            },
            Event::ShardStarted { path } => Line::ShardStarted {
                shard: Name::of_path(path),
            },
            Event::ShardRecovered { path, summary } => Line::ShardRecovered {
                shard: Name::of_path(path),
                summary,
            },
            Event::ImageDone(done) => image(done),
            Event::ShardFinished {
                path,
                state,
                changed,
                saved_bytes,
            } => Line::ShardFinished {
                shard: Name::of_path(path),
                state: match state {
                    ShardState::Planned => ShardStateName::Planned,
                    ShardState::Done => ShardStateName::Done,
                    ShardState::Skipped(_) => ShardStateName::Skipped,
                    ShardState::NotReached => ShardStateName::NotReached,
                },
                problem: match state {
                    ShardState::Skipped(problem) => Some(problem.into()),
                    _ => None,
                },
                changed: *changed,
                saved_bytes: *saved_bytes,
            },
            Event::Notice(notice) | Event::Waiting(notice) => Line::Notice {
                path: Name::of_path(&notice.path),
                message: &notice.message,
            },
            Event::Stopping(reason) => Line::Stopping { reason: *reason },
            Event::Finished => Line::Finished,
        });
    }

    /// What became of one folder that was asked to be recovered.
    pub(super) fn recovered(&self, shard: &Recovered) {
        if let Some(summary) = &shard.summary {
            self.put(Line::ShardRecovered {
                shard: Name::of_path(&shard.path),
                summary,
            });
        }
        for notice in &shard.notices {
            self.tell(&Event::Notice(notice.clone()));
        }
        for problem in shard.problem.iter().chain(&shard.alarms) {
            self.put(Line::Problem(problem.into()));
        }
    }

    /// How it stands; told about once a second however often it is called, and always where it is the `last`.
    pub(super) fn tick(&self, now: &Snapshot, last: bool) {
        if self.sink.is_none() {
            return;
        }
        let mut state = self.state();
        if !last && state.ticked.is_some_and(|at| at.elapsed() < TICK) {
            return;
        }
        state.ticked = Some(Instant::now());
        drop(state);
        self.put(Line::Tick {
            elapsed_seconds: rounded(now.elapsed.as_secs_f64()),
            done: now.done,
            total: now.total,
            total_bytes: now.total_bytes,
            others: now.others,
            saved_bytes: now.saved_bytes,
            time_left_seconds: now.time_left.map(|left| rounded(left.as_secs_f64())),
            reads_in_flight: now.io_depth as u64,
            load: now.of(Phase::Load).into(),
            process: now.of(Phase::Process).into(),
            write: now.of(Phase::Write).into(),
        });
    }

    /// What it came to, for the last line.
    pub(super) fn result(&self, report: &Report) {
        let totals = &report.totals;
        self.state().result = Some(ResultPart {
            id: report.id.clone(),
            finding: report.critical_finding.clone(),
            images: totals.images,
            bytes_before: totals.bytes_before,
            bytes_after: totals.bytes_after,
            bytes_saved: totals.bytes_saved,
            kept_bytes: totals.kept_bytes,
        });
    }

    /// The last line; waits until all are written, as long as somebody takes them.
    pub(super) fn end(self, exit: Exit) -> Exit {
        let result = self.state().result.take();
        self.put(Line::End {
            exit_code: exit.code(),
            result,
        });
        if let Some(sink) = self.sink {
            sink.finish();
        }
        exit
    }
}
