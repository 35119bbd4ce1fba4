//! `plan`, `run` and `recover`: from typed options to an exit code.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::args::{Common, PlanOptions, RecoverOptions, RunOptions, Told};
use super::ask::{Answer, ask, can_ask};
use super::events::{self, Events};
use super::exit::{Exit, exit_of, is_environment};
use super::signals::Signals;
use super::{EVENTS_ON_STDOUT, complain, layers, live, say, told};
use crate::engine::{Blocked, Collision, Control, Engine, Estimate, Explained, Kind, Originals, Plan, Resolved, ScanError, Settings};
use crate::report::{self, CollisionReport, FailureKind, Report, format, history, summary};

/// Collisions printed one by one.
const MOST_COLLISIONS: usize = 200;

/// The dry run.
pub(super) fn plan(options: &PlanOptions) -> Exit {
    let job = match Job::prepare(&options.common, &options.told) {
        Ok(job) => job,
        Err(exit) => return exit,
    };
    job.events.begin(if options.exact { "plan --exact" } else { "plan" }, &job.roots);
    let exit = planning(&job, options);
    job.events.end(exit)
}

fn planning(job: &Job, options: &PlanOptions) -> Exit {
    if options.explain {
        layers::explain(&job.explained);
    }
    let plan = match job.scan() {
        Ok(plan) => plan,
        Err(exit) => return exit,
    };
    let mut signals = Signals::new();
    let collisions: Vec<_> = owned(&plan);
    let record = if options.exact {
        let handle = job.engine.start(plan, job.roots.clone(), Kind::Exact, None);
        live::follow(&handle, &mut signals, job.quiet, &job.events);
        match handle.join() {
            Ok(record) => record,
            Err(Blocked { collisions, recovered }) => return blocked_exit(&collisions, &recovered),
        }
    } else {
        let estimate = job.estimate(&plan, &mut signals, true);
        let record = job.engine.record_of_plan(&plan, &job.roots, Some(estimate), job.begun);
        // A million images need not be in memory three times over: as plan, as record and as report.
        drop(plan);
        record
    };
    let (report, exit) = (Report::new(&record), exit_of(&record));
    // What follows writes the report, and need not have the record of a million images beside it.
    drop(record);
    // Names that are wanted twice come alone: what the run would save is no promise while it would not begin.
    if collisions.is_empty() {
        job.tell(&report, || format!("{}Nothing was changed.", summary::plan_text(&report)));
    }
    let written = job.keep(&report);
    if let Some(exit) = signals.exit() {
        return exit;
    }
    if !collisions.is_empty() {
        return blocked_exit(&collisions, &[]);
    }
    written.unwrap_or(exit)
}

/// The real thing.
pub(super) fn run(options: &RunOptions) -> Exit {
    let mut job = match Job::prepare(&options.common, &options.told) {
        Ok(job) => job,
        Err(exit) => return exit,
    };
    job.engine = job.engine.waiting_for_others(options.wait.unwrap_or_default());
    job.events.begin("run", &job.roots);
    let exit = running(&job, options);
    job.events.end(exit)
}

fn running(job: &Job, options: &RunOptions) -> Exit {
    if !options.yes && !can_ask() {
        complain("There is no terminal to ask for a go-ahead. Nothing was touched. Say --yes to run without a question.");
        return Exit::Usage;
    }
    let plan = match job.scan() {
        Ok(plan) => plan,
        Err(exit) => return exit,
    };
    let collisions = owned(&plan);
    if !collisions.is_empty() {
        return blocked_exit(&collisions, &[]);
    }
    let mut signals = Signals::new();
    let mut estimate = None;
    let work = plan.totals().work_images;
    let interrupted = plan.shards.iter().filter(|s| s.interrupted.is_some()).count();
    let asking = !options.yes && (work > 0 || interrupted > 0);
    if asking || (work > 0 && !options.no_forecast) {
        let predicted = job.estimate(&plan, &mut signals, asking);
        if let Some(exit) = signals.exit() {
            say("Nothing was touched.");
            return exit;
        }
        estimate = Some(predicted);
    }
    if asking {
        let record = job.engine.record_of_plan(&plan, &job.roots, estimate.clone(), job.begun);
        say(&summary::plan_text(&Report::new(&record)));
        let question = question(work, interrupted, job.settings.safety.originals);
        match ask(&question, || signals.exit().is_some()) {
            Answer::Yes => {}
            Answer::No => {
                say("Nothing was touched.");
                return Exit::Done;
            }
            Answer::Interrupted => {
                say("Nothing was touched.");
                return signals.exit().unwrap_or(Exit::Interrupted);
            }
        }
    }
    let handle = job.engine.start(plan, job.roots.clone(), Kind::Run, estimate);
    live::follow(&handle, &mut signals, job.quiet, &job.events);
    let record = match handle.join() {
        Ok(record) => record,
        Err(Blocked { collisions, recovered }) => return blocked_exit(&collisions, &recovered),
    };
    let (report, exit) = (Report::new(&record), exit_of(&record));
    drop(record);
    let written = job.keep(&report);
    job.tell(&report, || summary::run_text(&report));
    signals.exit().or(written).unwrap_or(exit)
}

/// Brings interrupted shards into order.
pub(super) fn recover(options: &RecoverOptions) -> Exit {
    let events = match events_to(options.events.as_ref()) {
        Ok(events) => events,
        Err(exit) => return exit,
    };
    events.begin("recover", &options.paths);
    let exit = recovering(options, &events);
    events.end(exit)
}

fn recovering(options: &RecoverOptions, events: &Events) -> Exit {
    let all = match Engine::default().recover(&options.paths, options.recursive) {
        Ok(all) => all,
        Err(error) => return scan_exit(&error),
    };
    if all.is_empty() {
        say("No interrupted run was found; there is nothing to recover.");
    }
    let mut exit = Exit::Done;
    let locked = all
        .iter()
        .filter(|r| r.problem.as_ref().is_some_and(|p| p.code == "locked"))
        .count();
    for shard in &all {
        events.recovered(shard);
        if let Some(summary) = &shard.summary {
            say(&format!("{}: {}", format::shown(&shard.path), format::one_line(summary)));
        }
        for notice in &shard.notices {
            say(&format!("{}: {}", format::shown(&notice.path), format::one_line(&notice.message)));
        }
        for problem in shard.problem.iter().chain(&shard.alarms) {
            complain(&told(problem));
        }
        if !shard.alarms.is_empty() {
            exit = Exit::NeedsPerson;
        } else if let Some(problem) = &shard.problem {
            match exit {
                Exit::NeedsPerson => {}
                _ if is_environment(problem.code) => exit = Exit::Environment,
                Exit::Done => exit = Exit::SomeFailed,
                _ => {}
            }
        }
    }
    if locked > 0 && locked == all.len() { Exit::Blocked } else { exit }
}

/// Opens what `--events` names, which was not looked at yet.
fn events_to(target: Option<&PathBuf>) -> Result<Events, Exit> {
    let wrong = |sentence: String, exit: Exit| {
        complain(&format::one_line(&sentence));
        complain("Nothing was touched.");
        exit
    };
    if let Some(target) = target {
        events::check(target).map_err(|sentence| wrong(sentence, Exit::Usage))?;
    }
    let events = Events::open(target).map_err(|sentence| wrong(sentence, Exit::Environment))?;
    EVENTS_ON_STDOUT.store(target.is_some_and(|target| target.as_os_str() == "-"), Ordering::Relaxed);
    Ok(events)
}

/// What `plan`, `run` and `bench` do alike before anything else.
pub(super) struct Job {
    pub(super) engine: Engine,
    pub(super) settings: Settings,
    explained: Vec<Explained>,
    pub(super) roots: Vec<PathBuf>,
    pub(super) reports: Vec<PathBuf>,
    events: Events,
    pub(super) quiet: bool,
    begun: Instant,
}

impl Job {
    /// Everything that was typed, checked; what is wrong is told, all of it.
    pub(super) fn prepare(common: &Common, told: &Told) -> Result<Self, Exit> {
        let Resolved {
            settings,
            explained,
            mut problems,
        } = layers::resolve(common);
        let mut reports = common.report.clone();
        match &common.json {
            Some(json) if json.extension().is_none_or(|e| !e.eq_ignore_ascii_case("json")) => {
                problems.push(format!("{}: the name of a JSON report ends in .json.", json.display()));
            }
            Some(json) => reports.push(json.clone()),
            None => {}
        }
        problems.extend(
            reports
                .iter()
                .filter_map(|path| report::check_path(path).err())
                .map(|e| e.to_string()),
        );
        problems.extend(told.events.as_ref().and_then(|target| events::check(target).err()));
        if problems.is_empty() {
            let roots = common.paths.clone();
            return Ok(Self {
                engine: Engine::default().marking_in(report::history::data_folder()),
                settings,
                explained,
                roots,
                reports,
                events: events_to(told.events.as_ref())?,
                quiet: common.quiet,
                begun: Instant::now(),
            });
        }
        for problem in problems {
            complain(&format::one_line(&problem));
        }
        complain("Nothing was touched.");
        Err(Exit::Usage)
    }

    /// What lies there and what is to be done with it.
    pub(super) fn scan(&self) -> Result<Plan, Exit> {
        let plan = self.engine.plan(&self.roots, &self.settings).map_err(|error| scan_exit(&error))?;
        self.events.planned(&plan);
        Ok(plan)
    }

    /// The closing words; of folders without a single shard, that there is none, and nothing else.
    fn tell(&self, report: &Report, words: impl Fn() -> String) {
        if self.quiet {
            // Failed images were told while it ran.
            let others = report.failures.iter().filter(|failure| failure.kind != FailureKind::Failed);
            for failure in others.clone().take(live::MOST_FAILURES) {
                let text = format!("{}: {} {}", failure.path, failure.message, failure.advice);
                complain(&format::one_line(text.trim_end()));
            }
            if others.count() > live::MOST_FAILURES {
                complain(live::MORE_FAILURES);
            }
        } else if report.shards.is_empty() {
            let names: Vec<String> = self.roots.iter().map(|root| format::shown(root)).collect();
            let names = names.join(", ");
            let choose = &self.settings.choose;
            let some = !choose.shards.is_empty() || choose.resume_from.is_some() || choose.slice.is_some();
            say(&match (choose.recursive, self.roots.len()) {
                _ if some => format!("No images in those shards of {names} that were chosen."),
                (true, _) => format!("No images in {names} or any folder below."),
                (false, 1) => format!("No images in {names} or its direct subfolders. --recursive looks further down."),
                (false, _) => format!("No images in {names} or their direct subfolders. --recursive looks further down."),
            });
        } else {
            say(&words());
        }
    }

    /// A signal during the sample ends it; what was sampled until then is used. `looked_at`: somebody reads it before anything is done.
    fn estimate(&self, plan: &Plan, signals: &mut Signals, looked_at: bool) -> Estimate {
        let control = Control::default();
        let past = report::past_writes();
        let line = live::Sampling::new(self.quiet);
        std::thread::scope(|scope| {
            let sampling = scope.spawn(|| {
                if looked_at {
                    self.engine.estimate(plan, &past, &control, |news| line.draw(news))
                } else {
                    self.engine.estimate_on_the_way(plan, &past, &control, |news| line.draw(news))
                }
            });
            while !sampling.is_finished() {
                signals.pass_on(&control);
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            match sampling.join() {
                Ok(estimate) => estimate,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    }

    /// Writes the reports that were asked for, and the history. Gives the exit code of a report that failed.
    fn keep(&self, report: &Report) -> Option<Exit> {
        self.events.result(report);
        if let Err(error) = history::save(report) {
            complain(&format::one_line(&format!("This plan or run is not in the history. {error}")));
        }
        let mut exit = None;
        for path in &self.reports {
            if let Err(error) = report::write(report, path) {
                complain(&format::one_line(&error.to_string()));
                exit = Some(Exit::Environment);
            }
        }
        exit
    }
}

fn question(work: u64, interrupted: usize, originals: Originals) -> String {
    let recover = match interrupted {
        0 => None,
        n => Some(format::things(n as u64, "interrupted shard", "interrupted shards")),
    };
    let shrink = || {
        let fate = match originals {
            Originals::Keep => "keep the originals in .shardpress",
            Originals::Delete => "delete the originals for good",
        };
        format!("{} and {fate}?", format::things(work, "image", "images"))
    };
    match recover {
        None => format!("Shrink {}", shrink()),
        Some(shards) if work == 0 => format!("Recover {shards}?"),
        Some(shards) => format!("Recover {shards}, then shrink {}", shrink()),
    }
}

fn owned(plan: &Plan) -> Vec<(PathBuf, Collision)> {
    plan.blocking()
        .map(|(path, collision)| (path.to_owned(), collision.clone()))
        .collect()
}

/// Lists every collision and says what to do. `recovered`: shards that were brought into order before names were compared,
/// with what was done; where there are any, not nothing was touched.
fn blocked_exit(collisions: &[(PathBuf, Collision)], recovered: &[(PathBuf, String)]) -> Exit {
    for (shard, summary) in recovered {
        complain(&format!("{}: {}", format::shown(shard), format::one_line(summary)));
    }
    for (shard, collision) in collisions.iter().take(MOST_COLLISIONS) {
        let collision = CollisionReport::new(shard, collision);
        complain(&format!("{}: {}", collision.shard, collision.sentence()));
    }
    if collisions.len() > MOST_COLLISIONS {
        complain(&format!(
            "… and {} more.",
            format::count((collisions.len() - MOST_COLLISIONS) as u64)
        ));
    }
    let untouched = if recovered.is_empty() {
        "Nothing was touched."
    } else {
        "Beyond that recovery nothing was touched."
    };
    complain(&format!(
        "{} wanted twice. {untouched} Rename one file of each, or move it away, then run again; or say --collisions skip or --collisions number.",
        match collisions.len() {
            1 => "1 name is".to_owned(),
            n => format!("{} names are", format::count(n as u64)),
        }
    ));
    Exit::Blocked
}

pub(super) fn scan_exit(error: &ScanError) -> Exit {
    complain(&format::one_line(&error.to_string()));
    match error {
        ScanError::NoFolder { .. } | ScanError::NoShard { .. } => Exit::Usage,
        ScanError::Disk { .. } | ScanError::Stopped => Exit::Environment,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_short_and_say_what_becomes_of_originals() {
        for (work, interrupted, originals, expected) in [
            (
                2_338,
                0,
                Originals::Keep,
                "Shrink 2,338 images and keep the originals in .shardpress?",
            ),
            (1, 0, Originals::Delete, "Shrink 1 image and delete the originals for good?"),
            (0, 1, Originals::Keep, "Recover 1 interrupted shard?"),
            (
                2,
                3,
                Originals::Delete,
                "Recover 3 interrupted shards, then shrink 2 images and delete the originals for good?",
            ),
        ] {
            assert_eq!(question(work, interrupted, originals), expected);
        }
    }
}
