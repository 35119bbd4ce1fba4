//! `undo` and `purge`: what earlier runs kept comes back, or goes for good. Both show what they are going to do and ask once.

use std::collections::HashSet;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, SystemTime};

use super::args_kept::{PurgeOptions, UndoOptions, Where};
use super::ask::{Answer, ask, can_ask};
use super::exit::{Exit, is_environment};
use super::shrink::scan_exit;
use super::signals::Signals;
use super::status::{age, is_shard, table};
use super::{complain, live, say, told};
use crate::engine::{Control, Engine, KeptOutcome, KeptRun, ShardStatus, Standing};
use crate::report::format;

/// How often signals are looked for while a shard is worked on.
const LOOK: Duration = Duration::from_millis(20);

/// Brings runs back.
pub(super) fn undo(options: &UndoOptions) -> Exit {
    let shards = match begin(&options.places, options.yes, "undo") {
        Ok(shards) => shards,
        Err(exit) => return exit,
    };
    let mut chosen = Chosen::default();
    for shard in shards {
        // Of an interrupted run it is known only after recovery what it keeps.
        let run = match (&shard.standing, &options.run) {
            (_, Some(run)) => Some(run).filter(|run| knows(&shard, run)).cloned(),
            (Standing::Interrupted { run, .. }, None) if !run.is_empty() => Some(run.clone()),
            (_, None) => shard.kept.iter().rev().find(|kept| kept.files > 0).map(|kept| kept.run.clone()),
        };
        chosen.take(shard, run.into_iter().collect());
    }
    let question = |files: u64, bytes: u64, shards: usize| {
        let files = format::things(files, "original", "originals");
        let shards = format::things(shards as u64, "shard", "shards");
        format!(
            "Bring back {files} ({}) in {shards} and remove their replacements?",
            format::bytes(bytes)
        )
    };
    let nothing = "Nothing is kept here that could be brought back; there is nothing to undo.";
    let engine = Engine::default();
    carry_out(chosen, options.run.as_deref(), options.yes, nothing, &question, &|work, control| {
        let outcome = engine.undo(&work.path, &work.run, control);
        let done = format!("{} brought back", format::things(outcome.files, "original", "originals"));
        (outcome, done)
    })
}

/// Frees what runs kept.
pub(super) fn purge(options: &PurgeOptions) -> Exit {
    let shards = match begin(&options.places, options.yes, "purge") {
        Ok(shards) => shards,
        Err(exit) => return exit,
    };
    let now = SystemTime::now();
    let mut chosen = Chosen::default();
    for shard in shards {
        let wanted = |kept: &&KeptRun| {
            let old = |least: &Duration| age(kept, now).is_some_and(|age| age >= *least);
            options.run.as_ref().is_none_or(|run| *run == kept.run) && options.older_than.as_ref().is_none_or(old)
        };
        let runs = shard.kept.iter().filter(wanted).map(|kept| kept.run.clone()).collect();
        chosen.take(shard, runs);
    }
    let question = |files: u64, bytes: u64, shards: usize| {
        let files = format::things(files, "kept original", "kept originals");
        let shards = format::things(shards as u64, "shard", "shards");
        format!(
            "Delete {files} in {shards} for good, which frees {}? They cannot be brought back after that.",
            format::bytes(bytes)
        )
    };
    let nothing = match options.older_than {
        None => "Nothing is kept here; there is nothing to purge.",
        Some(_) => "Nothing that old is kept here; there is nothing to purge.",
    };
    let engine = Engine::default();
    carry_out(chosen, options.run.as_deref(), options.yes, nothing, &question, &|work, control| {
        let outcome = engine.purge(&work.path, &work.run, control);
        let done = format!(
            "{} deleted for good",
            format::things(outcome.files, "kept original", "kept originals")
        );
        (outcome, done)
    })
}

/// Does this shard have anything of this run?
fn knows(shard: &ShardStatus, wanted: &str) -> bool {
    let interrupted = matches!(&shard.standing, Standing::Interrupted { run, .. } if run == wanted);
    interrupted || shard.kept.iter().any(|kept| kept.run == wanted)
}

/// Looks at the shards, once it is clear that somebody can be asked.
fn begin(places: &Where, yes: bool, command: &str) -> Result<Vec<ShardStatus>, Exit> {
    if !yes && !can_ask() {
        complain(&format!(
            "There is no terminal to ask for a go-ahead. Nothing was touched. Say --yes to {command} without a question."
        ));
        return Err(Exit::Usage);
    }
    let shards = Engine::default()
        .status(&places.paths, places.recursive)
        .map_err(|error| scan_exit(&error))?;
    Ok(shards.into_iter().filter(is_shard).collect())
}

/// One run in one shard.
struct Work {
    path: PathBuf,
    run: String,
}

/// What is to be done, and what is in its way.
#[derive(Default)]
struct Chosen {
    work: Vec<Work>,
    /// For the table: only the runs that were chosen.
    shown: Vec<ShardStatus>,
    /// Shards that cannot be looked into.
    unreadable: Vec<KeptOutcome>,
    interrupted: u64,
}

impl Chosen {
    fn take(&mut self, mut shard: ShardStatus, runs: Vec<String>) {
        if let Some(problem) = shard.problem {
            self.unreadable.push(KeptOutcome {
                path: shard.path,
                problems: vec![problem],
                ..KeptOutcome::default()
            });
            return;
        }
        if runs.is_empty() {
            return;
        }
        let path = &shard.path;
        // Newest first, in the order in which they must be undone.
        self.work.extend(runs.iter().rev().map(|run| Work {
            path: path.clone(),
            run: run.clone(),
        }));
        self.interrupted += u64::from(matches!(shard.standing, Standing::Interrupted { .. }));
        shard.kept.retain(|kept| runs.contains(&kept.run));
        self.shown.push(shard);
    }
}

/// Shows, asks once, works through it, tells.
fn carry_out(
    chosen: Chosen,
    run: Option<&str>,
    yes: bool,
    nothing: &str,
    question: &dyn Fn(u64, u64, usize) -> String,
    work_on: &(dyn Fn(&Work, &Control) -> (KeptOutcome, String) + Sync),
) -> Exit {
    let mut outcomes = chosen.unreadable;
    for outcome in &outcomes {
        outcome.problems.iter().for_each(|problem| complain(&told(problem)));
    }
    if chosen.work.is_empty() {
        return match run {
            Some(run) => {
                complain(&format!(
                    "Nothing of run {} is kept here. Nothing was touched. `shardpress status` shows what is.",
                    format::one_line(run)
                ));
                Exit::Usage
            }
            None => {
                say(nothing);
                exit_of(&outcomes)
            }
        };
    }
    let mut signals = Signals::new();
    let kept = || chosen.shown.iter().flat_map(|shard| &shard.kept);
    say(&table(&chosen.shown, SystemTime::now()).join("\n"));
    let runs: HashSet<&str> = chosen.work.iter().map(|work| work.run.as_str()).collect();
    if run.is_none() && runs.len() > 1 {
        say(&format!(
            "These are {} runs; --run chooses one of them.",
            format::count(runs.len() as u64)
        ));
    }
    if !yes {
        let mut text = question(
            kept().map(|run| run.files).sum(),
            kept().map(|run| run.bytes).sum(),
            chosen.shown.len(),
        );
        if chosen.interrupted > 0 {
            let shards = format::things(chosen.interrupted, "interrupted shard comes", "interrupted shards come");
            text = format!("{shards} first. {text}");
        }
        let answer = ask(&text, || signals.exit().is_some());
        if answer != Answer::Yes {
            say("Nothing was touched.");
            return signals.exit().unwrap_or(match answer {
                Answer::Interrupted => Exit::Interrupted,
                _ => Exit::Done,
            });
        }
    }
    let control = Control::default();
    let (mut files, mut bytes) = (0, 0);
    let mut not_reached = 0;
    for work in &chosen.work {
        if control.stopped().is_some() {
            not_reached += 1;
            continue;
        }
        let (outcome, done) = thread::scope(|scope| {
            let working = scope.spawn(|| work_on(work, &control));
            while !working.is_finished() {
                if let Some(text) = signals.pass_on(&control) {
                    complain(text);
                }
                thread::sleep(LOOK);
            }
            match working.join() {
                Ok(done) => done,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        });
        tell(&outcome, &done);
        files += outcome.files;
        bytes += outcome.bytes;
        outcomes.push(outcome);
    }
    if not_reached > 0 {
        complain(&format!(
            "{} not reached.",
            format::things(not_reached, "shard or run was", "shards or runs were")
        ));
    }
    if chosen.work.len() > 1 {
        say(&format!(
            "Together: {} with {}.",
            format::things(files, "file", "files"),
            format::bytes(bytes)
        ));
    }
    signals.exit().unwrap_or_else(|| exit_of(&outcomes))
}

/// What became of one run in one shard.
fn tell(outcome: &KeptOutcome, done: &str) {
    let shard = format::shown(&outcome.path);
    if let Some(recovered) = &outcome.recovered {
        say(&format!("{shard}: {}", format::one_line(recovered)));
    }
    if outcome.files > 0 || outcome.problems.is_empty() {
        let mut text = format!(
            "{shard}: run {}: {done} ({})",
            format::one_line(&outcome.run),
            format::bytes(outcome.bytes)
        );
        if !outcome.left.is_empty() {
            text.push_str(&format!(", {} left as they are", format::count(outcome.left.len() as u64)));
        }
        if outcome.stopped {
            text.push_str(", then stopped; the rest stays kept");
        }
        say(&format!("{text}."));
    }
    for notice in &outcome.notices {
        say(&format!("{}: {}", format::shown(&notice.path), format::one_line(&notice.message)));
    }
    for notice in outcome.left.iter().take(live::MOST_FAILURES) {
        complain(&format!("{}: {}", format::shown(&notice.path), format::one_line(&notice.message)));
    }
    for problem in outcome.problems.iter().take(live::MOST_FAILURES) {
        complain(&told(problem));
    }
    let more = outcome.left.len().saturating_sub(live::MOST_FAILURES) + outcome.problems.len().saturating_sub(live::MOST_FAILURES);
    if more > 0 {
        complain(&format!("… and {} more in {shard}.", format::count(more as u64)));
    }
}

/// The gravest decides.
fn exit_of(outcomes: &[KeptOutcome]) -> Exit {
    let codes = || outcomes.iter().flat_map(|outcome| &outcome.problems).map(|problem| problem.code);
    let is_for_a_person = |code: &str| matches!(code, "kept-original-damaged" | "journal-damaged" | "undecided");
    let locked = |outcome: &KeptOutcome| outcome.problems.iter().any(|problem| problem.code == "locked");
    if codes().any(is_for_a_person) {
        Exit::NeedsPerson
    } else if codes().any(is_environment) {
        Exit::Environment
    } else if !outcomes.is_empty() && outcomes.iter().all(locked) {
        Exit::Blocked
    } else if codes().any(|code| code != "nothing-kept") || outcomes.iter().any(|outcome| !outcome.left.is_empty()) {
        Exit::SomeFailed
    } else {
        Exit::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Notice, Problem};

    #[test]
    fn the_gravest_decides() {
        let outcome = |codes: &[&'static str], left: bool| KeptOutcome {
            problems: codes
                .iter()
                .map(|code| Problem {
                    code,
                    path: PathBuf::from("/s"),
                    message: String::new(),
                    advice: String::new(),
                })
                .collect(),
            left: left
                .then(|| Notice {
                    path: PathBuf::from("/s/a"),
                    message: String::new(),
                })
                .into_iter()
                .collect(),
            ..KeptOutcome::default()
        };
        for (what, outcomes, expected) in [
            ("nothing", vec![], Exit::Done),
            ("all well", vec![outcome(&[], false)], Exit::Done),
            ("kept nothing", vec![outcome(&["nothing-kept"], false)], Exit::Done),
            ("one left", vec![outcome(&[], false), outcome(&[], true)], Exit::SomeFailed),
            ("interrupted", vec![outcome(&["interrupted"], false)], Exit::SomeFailed),
            ("locked alone", vec![outcome(&["locked"], false)], Exit::Blocked),
            (
                "locked, others worked",
                vec![outcome(&["locked"], false), outcome(&[], false)],
                Exit::SomeFailed,
            ),
            (
                "read-only",
                vec![outcome(&["read-only"], false), outcome(&[], false)],
                Exit::Environment,
            ),
            (
                "damaged",
                vec![outcome(&["kept-original-damaged"], true), outcome(&["no-space"], false)],
                Exit::NeedsPerson,
            ),
        ] {
            assert_eq!(exit_of(&outcomes), expected, "{what}");
        }
    }
}
