//! `bench`: which settings are fastest on a folder's own drive, measured on a copy of a few of its images.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::args::{Common, Told};
use super::exit::Exit;
use super::shrink::Job;
use super::signals::Signals;
use super::typed::{Typed, number, size};
use super::{complain, live, say};
use crate::engine::{BenchAsk, BenchAxis, BenchError, BenchProgress, BenchRecord, Control, FEWEST_ROUNDS, Plan, StopReason, adapters};
use crate::report::bench::{value_name, write_benchmark};
use crate::report::{BenchReport, ReportError, ReportFormat, format};

/// More rounds take hours and say no more.
const MOST_ROUNDS: u32 = 100;

/// More are no longer a sample.
const MOST_IMAGES: usize = 10_000;

/// Images that are copied unless a person says otherwise, as in the window.
const IMAGES: usize = 48;

/// Bytes of a copy for each image of it, on average, where no other bound is typed: they lie in memory.
const BYTES_AN_IMAGE: u64 = 4 << 20;

/// What `bench` can be told.
#[derive(Debug, Args)]
pub(super) struct BenchOptions {
    #[command(flatten)]
    pub(super) common: Common,
    /// What is varied, with commas between them; the settings in force are always measured [default: all of them]
    #[arg(long, value_delimiter = ',', value_name = "CHOICES", help_heading = "Benchmark")]
    vary: Option<Vec<AxisArg>>,
    /// How often each variant runs, at least 3 [default: 3]
    #[arg(long, value_name = "N", value_parser = number::<u32>, allow_negative_numbers = true, help_heading = "Benchmark")]
    rounds: Option<Typed<u32>>,
    /// Images that are copied at most [default: 48]
    #[arg(long, value_name = "N", value_parser = number::<usize>, allow_negative_numbers = true, help_heading = "Benchmark")]
    images: Option<Typed<usize>>,
    /// Their bytes at most, for example 200MB; they also lie in memory [default: 4 MiB an image]
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = "Benchmark")]
    bytes: Option<Typed<u64>>,
}

/// What can be varied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AxisArg {
    /// Threads that decode, resize and encode
    Workers,
    /// Reads in flight
    Reads,
    /// How a replacement gets its name
    Writing,
    /// What becomes of an original
    Originals,
    /// Who resizes
    Backend,
}

impl From<AxisArg> for BenchAxis {
    fn from(axis: AxisArg) -> Self {
        match axis {
            AxisArg::Workers => Self::Workers,
            AxisArg::Reads => Self::Reads,
            AxisArg::Writing => Self::Writing,
            AxisArg::Originals => Self::Originals,
            AxisArg::Backend => Self::Backend,
        }
    }
}

impl BenchOptions {
    /// What is asked of the engine but the shard, and a sentence for each value that makes no sense.
    fn ask(&self) -> (BenchAsk, Vec<String>) {
        let mut problems = Vec::new();
        let mut wrong = |option: &str, typed: &str, must: String| problems.push(format!("--{option} is \"{typed}\"; it must be {must}."));
        let mut ask = BenchAsk::of(PathBuf::new());
        if let Some(vary) = &self.vary {
            let chosen: Vec<BenchAxis> = vary.iter().copied().map(BenchAxis::from).collect();
            ask.axes.retain(|axis| chosen.contains(axis));
        }
        match &self.rounds {
            Some(Ok(rounds)) if (FEWEST_ROUNDS..=MOST_ROUNDS).contains(rounds) => ask.rounds = *rounds,
            None => {}
            Some(other) => wrong(
                "rounds",
                &typed(other),
                format!("a whole number from {FEWEST_ROUNDS} to {MOST_ROUNDS}"),
            ),
        }
        ask.most_images = IMAGES;
        match &self.images {
            Some(Ok(images)) if (1..=MOST_IMAGES).contains(images) => ask.most_images = *images,
            None => {}
            Some(other) => wrong(
                "images",
                &typed(other),
                format!("a whole number from 1 to {}", format::count(MOST_IMAGES as u64)),
            ),
        }
        ask.most_bytes = ask.most_images as u64 * BYTES_AN_IMAGE;
        match &self.bytes {
            Some(Ok(bytes)) if *bytes > 0 => ask.most_bytes = *bytes,
            None => {}
            Some(other) => wrong("bytes", &typed(other), "a size above 0 such as 200MB or 1GiB".to_owned()),
        }
        (ask, problems)
    }
}

/// As it was typed, or nearly.
fn typed<T: ToString>(value: &Typed<T>) -> String {
    match value {
        Ok(value) => value.to_string(),
        Err(text) => text.clone(),
    }
}

/// Measures, prints the table, writes the reports.
pub(super) fn bench(options: &BenchOptions) -> Exit {
    let (mut ask, mut problems) = options.ask();
    let csv = |path: &&PathBuf| matches!(ReportFormat::of_path(path), Some(ReportFormat::Csv));
    problems.extend(
        options
            .common
            .report
            .iter()
            .filter(csv)
            .map(|path| ReportError::NotForBenchmarks { path: path.clone() }.to_string()),
    );
    if !problems.is_empty() {
        for problem in problems {
            complain(&format::one_line(&problem));
        }
        complain("Nothing was touched.");
        return Exit::Usage;
    }
    let job = match Job::prepare(&options.common, &Told::default()) {
        Ok(job) => job,
        Err(exit) => return exit,
    };
    let plan = match job.scan() {
        Ok(plan) => plan,
        Err(exit) => return exit,
    };
    let Some((shard, of)) = shard(&plan) else {
        return failed(&BenchError::NothingToDo {
            shard: job.roots.first().cloned().unwrap_or_default(),
        });
    };
    if of > 1 && !job.quiet {
        say(&format!(
            "{} has the most images to shrink of {} with work, and is measured.",
            format::shown(&shard),
            format::things(of as u64, "shard", "shards")
        ));
    }
    ask.shard = shard;
    // Looking for cards loads their drivers: only where there is something to learn.
    ask.card = ask.axes.contains(&BenchAxis::Backend) && adapters().iter().any(|card| !card.is_software());
    let mut signals = Signals::new();
    let record = match measure(&job, &plan, &ask, &mut signals) {
        Ok(record) => record,
        Err(error) => return failed(&error),
    };
    let report = BenchReport::new(&record);
    let mut exit = signals.exit();
    for path in &job.reports {
        if let Err(error) = write_benchmark(&report, path) {
            complain(&format::one_line(&error.to_string()));
            exit = exit.or(Some(Exit::Environment));
        }
    }
    if !job.quiet {
        say(&report.text());
        say("The copy is removed; the shard was only read.");
    }
    let some_failed = report.variants.iter().any(|variant| variant.failed > 0);
    exit.unwrap_or(if some_failed { Exit::SomeFailed } else { Exit::Done })
}

/// The shard with the most images to shrink, the first of several, and how many have any.
fn shard(plan: &Plan) -> Option<(PathBuf, usize)> {
    let counts = plan
        .shards
        .iter()
        .map(|shard| (shard, shard.work().count()))
        .filter(|(_, count)| *count > 0);
    let of = counts.clone().count();
    let (shard, _) = counts.reduce(|best, next| if next.1 > best.1 { next } else { best })?;
    Some((shard.inventory.path.clone(), of))
}

/// The benchmark itself, with a line that says how far it is. The first signal ends it.
fn measure(job: &Job, plan: &Plan, ask: &BenchAsk, signals: &mut Signals) -> Result<BenchRecord, BenchError> {
    let control = Control::default();
    let line = live::line(job.quiet);
    let result = thread::scope(|scope| {
        let measuring = scope.spawn(|| {
            job.engine.benchmark(plan, ask, &control, |progress, _| {
                line.set_message(progress_line(progress));
                line.tick();
            })
        });
        while !measuring.is_finished() {
            if signals.exit().is_some() && control.stopped().is_none() {
                control.stop(StopReason::Insisted);
                line.suspend(|| complain("Stopping; the copy is removed, the shard was only read."));
            }
            thread::sleep(Duration::from_millis(5));
        }
        match measuring.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    });
    line.finish_and_clear();
    result
}

/// `Run 4 of 34 · 2 workers · 12 s left`
fn progress_line(now: &BenchProgress) -> String {
    let what = match now.now {
        None if now.done == 0 => "warming up".to_owned(),
        None => "settings in force".to_owned(),
        Some(value) => value_name(value),
    };
    let mut parts = vec![format!("Run {} of {}", (now.done + 1).min(now.of), now.of), what];
    if now.done > 1 {
        let left = now.elapsed / now.done * (now.of - now.done);
        parts.push(format!("{} left", format::duration(left)));
    }
    parts.join(" · ")
}

fn failed(error: &BenchError) -> Exit {
    complain(&format::one_line(&format!("{error}.")));
    match error {
        BenchError::NothingToDo { .. } | BenchError::OtherDrive { .. } => Exit::Usage,
        BenchError::Place { .. } | BenchError::NoSpace { .. } | BenchError::Run { .. } => Exit::Environment,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::args::{Arguments, Command};
    use super::*;
    use crate::engine::BenchValue;

    fn options(more: &[&str]) -> BenchOptions {
        let arguments = ["shardpress", "bench", "folder"].iter().chain(more);
        match Arguments::try_parse_from(arguments).expect("arguments").command {
            Some(Command::Bench(options)) => options,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_typed_is_what_is_asked() {
        let (ask, problems) = options(&[]).ask();
        assert_eq!(problems, [] as [&str; 0]);
        assert_eq!((ask.rounds, ask.most_images, ask.most_bytes), (3, 48, 48 * (4 << 20)));
        assert_eq!(ask.axes, BenchAxis::ALL);
        let (ask, problems) = options(&["--vary", "writing,workers", "--rounds", "5", "--images", "7", "--bytes", "1MiB"]).ask();
        assert_eq!(problems, [] as [&str; 0]);
        assert_eq!((ask.rounds, ask.most_images, ask.most_bytes), (5, 7, 1 << 20));
        assert_eq!(ask.axes, [BenchAxis::Workers, BenchAxis::Writing]);
    }

    #[test]
    fn nonsense_is_told_all_at_once() {
        let (_, problems) = options(&["--rounds", "2", "--images", "0", "--bytes", "much"]).ask();
        assert_eq!(
            problems,
            [
                "--rounds is \"2\"; it must be a whole number from 3 to 100.",
                "--images is \"0\"; it must be a whole number from 1 to 10,000.",
                "--bytes is \"much\"; it must be a size above 0 such as 200MB or 1GiB.",
            ]
        );
    }

    #[test]
    fn the_line_says_how_far_it_is() {
        let mut now = BenchProgress {
            done: 0,
            of: 34,
            now: None,
            elapsed: Duration::ZERO,
        };
        assert_eq!(progress_line(&now), "Run 1 of 34 · warming up");
        (now.done, now.now, now.elapsed) = (4, Some(BenchValue::Workers(2)), Duration::from_secs(8));
        assert_eq!(progress_line(&now), "Run 5 of 34 · 2 workers · 1 min 00 s left");
        // Everything is done: no run beyond the last one is spoken of.
        now.done = 34;
        assert!(progress_line(&now).starts_with("Run 34 of 34"));
    }
}
