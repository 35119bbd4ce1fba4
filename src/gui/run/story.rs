//! What happened in a run, told by its events: failures, the log, sizes, how far each shard is. Bounded: a run of a million
//! images, all of which fail, must not fill the memory of the window that watches it.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::sizes::Sizes;
use crate::engine::{Event, ImageDone, Outcome, Problem, ShardState, StopReason};
use crate::report::format;

/// Failures that are kept with their words; those after are counted.
pub(in crate::gui) const MOST_FAILURES: usize = 10_000;

/// Newest lines of the log that are kept.
pub(in crate::gui) const MOST_LINES: usize = 500;

/// Something that went wrong, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::gui) struct Failure {
    /// File name, or the folder's where a whole shard was left.
    pub(in crate::gui) name: String,
    /// Where it lies.
    pub(in crate::gui) path: PathBuf,
    /// What happened and what was left as it was.
    pub(in crate::gui) what: String,
    /// What to do; empty where nobody can say.
    pub(in crate::gui) advice: String,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::gui) struct Line {
    /// When, on the clock of the wall.
    pub(in crate::gui) clock: String,
    /// What happened.
    pub(in crate::gui) text: String,
}

/// How far a shard is that is being worked on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::gui) struct ShardNow {
    /// Images with work that have their outcome.
    pub(in crate::gui) done: u64,
    /// Images with work.
    pub(in crate::gui) total: u64,
}

/// All of it. Cheap to clone where nothing changed since: what is long is shared.
#[derive(Debug, Clone, Default)]
pub(in crate::gui) struct Story {
    /// Failures, oldest first, at most [`MOST_FAILURES`].
    pub(in crate::gui) failures: Arc<Vec<Arc<Failure>>>,
    /// How many there were in all.
    pub(in crate::gui) failed: u64,
    /// Newest last.
    pub(in crate::gui) log: Arc<VecDeque<Line>>,
    /// Of the images that were replaced.
    pub(in crate::gui) sizes: Arc<Sizes>,
    /// Shards that are or were being worked on.
    pub(in crate::gui) shards: Arc<BTreeMap<PathBuf, ShardNow>>,
    /// Images that were replaced.
    pub(in crate::gui) changed: u64,
    /// Bytes of the originals of those.
    pub(in crate::gui) replaced_bytes: u64,
    /// Why it is ending before all is done.
    pub(in crate::gui) stopping: Option<StopReason>,
    batches: u64,
}

impl Story {
    /// `clock`: the time of day. `work`: images with work in a shard.
    pub(in crate::gui) fn tell(&mut self, clock: &dyn Fn() -> String, event: &Event, work: impl Fn(&Path) -> u64) {
        match event {
            Event::ShardStarted { path } => {
                let total = work(path);
                Arc::make_mut(&mut self.shards).insert(path.clone(), ShardNow { done: 0, total });
            }
            Event::ShardRecovered { path, summary } => self.line(clock(), format!("{}: {}", name_of(path), format::one_line(summary))),
            Event::BatchSynced { images, .. } => {
                self.batches += 1;
                let text = format!(
                    "Batch {} synced, {}",
                    format::count(self.batches),
                    format::things(*images, "image", "images")
                );
                self.line(clock(), text);
            }
            Event::Depth { before, now } => {
                let text = if now > before {
                    format!("Up to {now} reads in flight, {before} before")
                } else {
                    format!("More reads did not pay, back to {now} in flight")
                };
                self.line(clock(), text);
            }
            Event::ImageDone(image) => self.image(clock, image),
            Event::ShardFinished { path, state, changed, .. } => {
                if let Some(shard) = Arc::make_mut(&mut self.shards).get_mut(path) {
                    shard.done = shard.total;
                }
                match state {
                    ShardState::Skipped(problem) => {
                        self.line(clock(), format!("{} was left as it is", name_of(path)));
                        self.fail(problem);
                    }
                    ShardState::Done => {
                        self.line(
                            clock(),
                            format!("{} done, {}", name_of(path), format::things(*changed, "image", "images")),
                        );
                    }
                    ShardState::Planned | ShardState::NotReached => {}
                }
            }
            Event::Notice(notice) | Event::Waiting(notice) => {
                let text = format::one_line(&notice.message);
                let named = notice.path.file_name().is_some();
                self.line(
                    clock(),
                    if named {
                        format!("{}: {text}", name_of(&notice.path))
                    } else {
                        text
                    },
                );
            }
            // Every shard in flight may say it.
            Event::Stopping(reason) if self.stopping != Some(*reason) => {
                self.stopping = Some(*reason);
                self.line(
                    clock(),
                    match reason {
                        StopReason::TooManyFailures => "Too many files in a row failed, stopping",
                        StopReason::DiskFull => "The drive is full, stopping",
                        StopReason::Asked => "Stopping after what is in flight",
                        StopReason::Insisted => "Stopping now",
                    }
                    .to_owned(),
                );
            }
            Event::Started { .. } | Event::Stopping(_) | Event::Finished => {}
        }
    }

    /// Something the person did.
    pub(in crate::gui) fn line(&mut self, clock: String, text: String) {
        let log = Arc::make_mut(&mut self.log);
        if log.len() >= MOST_LINES {
            log.pop_front();
        }
        log.push_back(Line { clock, text });
    }

    fn image(&mut self, clock: &dyn Fn() -> String, image: &ImageDone) {
        if let Some(shard) = Arc::make_mut(&mut self.shards).get_mut(&image.shard)
            && image.outcome != Outcome::NotReached
        {
            shard.done += 1;
        }
        match &image.outcome {
            Outcome::Shrunk(_) => {
                self.changed += 1;
                self.replaced_bytes += image.bytes_before;
                Arc::make_mut(&mut self.sizes).add(image.bytes_before, image.bytes_after);
            }
            Outcome::Failed(problem) => {
                self.line(clock(), format!("{} failed", format::shown_name(&image.name)));
                self.fail(problem);
            }
            _ => {}
        }
    }

    fn fail(&mut self, problem: &Problem) {
        self.failed += 1;
        if self.failures.len() >= MOST_FAILURES {
            return;
        }
        Arc::make_mut(&mut self.failures).push(Arc::new(Failure {
            name: name_of(&problem.path),
            path: problem.path.clone(),
            what: without_path(&format::one_line(&problem.message), &problem.path),
            advice: format::one_line(&problem.advice),
        }));
    }
}

/// The last part of a path.
pub(in crate::gui) fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| format::shown(path), format::shown_name)
}

/// A message that names its own file again, as errors of the drive do, says it once.
fn without_path(message: &str, path: &Path) -> String {
    let full = format::shown(path);
    match message.split_once(&full) {
        Some((before, after)) => format!("{before}{}{after}", name_of(path)),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::engine::Why;

    fn image(name: &str, outcome: Outcome) -> Event {
        Event::ImageDone(Box::new(ImageDone {
            shard: "library/s".into(),
            name: OsString::from(name),
            outcome,
            bytes_before: 4000,
            bytes_after: 500,
        }))
    }

    fn problem(name: &str) -> Problem {
        Problem {
            code: "io",
            path: format!("library/s/{name}").into(),
            message: format!("cannot read library/s/{name}: input/output error. It was left untouched."),
            advice: "Check the drive.".into(),
        }
    }

    #[test]
    fn a_run_is_told_in_order() {
        let mut story = Story::default();
        for event in [
            Event::ShardStarted { path: "library/s".into() },
            image("a.png", Outcome::Shrunk(Why::AboveTarget)),
            image("b.png", Outcome::Failed(Box::new(problem("b.png")))),
            image("c.png", Outcome::NotReached),
            Event::BatchSynced {
                shard: "library/s".into(),
                images: 64,
            },
            Event::Depth { before: 4, now: 6 },
            Event::Stopping(StopReason::Asked),
            Event::Stopping(StopReason::Asked),
        ] {
            story.tell(&String::new, &event, |_| 3);
        }
        assert_eq!(story.shards.values().collect::<Vec<_>>(), [&ShardNow { done: 2, total: 3 }]);
        assert_eq!((story.changed, story.failed, story.replaced_bytes), (1, 1, 4000));
        let lines: Vec<&str> = story.log.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(
            lines,
            [
                "b.png failed",
                "Batch 1 synced, 64 images",
                "Up to 6 reads in flight, 4 before",
                "Stopping after what is in flight"
            ]
        );
        let failure = &story.failures[0];
        assert_eq!(failure.what, "cannot read b.png: input/output error. It was left untouched.");
        story.tell(
            &String::new,
            &Event::ShardFinished {
                path: "library/s".into(),
                state: ShardState::Skipped(problem("")),
                changed: 0,
                saved_bytes: 0,
            },
            |_| 0,
        );
        assert_eq!(story.shards.values().collect::<Vec<_>>(), [&ShardNow { done: 3, total: 3 }]);
        assert_eq!(story.failed, 2);
    }

    #[test]
    fn a_million_failures_stay_bounded() {
        let mut story = Story::default();
        for n in 0..MOST_FAILURES + 50 {
            story.tell(&String::new, &image("x", Outcome::Failed(Box::new(problem(&n.to_string())))), |_| 0);
        }
        assert_eq!((story.failures.len(), story.failed), (MOST_FAILURES, MOST_FAILURES as u64 + 50));
        assert_eq!(story.log.len(), MOST_LINES);
    }
}
