//! Undo, purge and recovery: what is asked before, what is told after.

use std::path::PathBuf;
use std::sync::Arc;

use lucide_icons::Icon;
use time::OffsetDateTime;

use super::list::{Shard, TaskKind};
use super::state::{Job, State, Task};
use super::{Command, Outcome, workers};
use crate::engine::{Control, Standing, StopReason};
use crate::gui::format;
use crate::gui::model::Model;
use crate::gui::office::Office;
use crate::gui::shell::{self, Dialog, Toast, Tone};
use crate::gui::{report, shards};

/// Names of files that a list in a dialog has room for.
const MOST_NAMES: usize = 12;

/// Asks for a go-ahead, with the figures. What cannot be done now is left out, with the reason.
pub(super) fn ask(model: &mut Model, kind: TaskKind, paths: &[PathBuf]) {
    let state = &model.shards;
    let mut wanted: Vec<&Shard> = Vec::new();
    let mut refused = None;
    for shard in paths.iter().filter_map(|path| state.get(path)) {
        match state.busy(shard) {
            Some(reason) => refused = Some((shard.name.clone(), reason)),
            None if kind.applies(shard) => wanted.push(shard),
            None => {}
        }
    }
    let now = format::local(OffsetDateTime::now_utc());
    let dialog = match kind {
        TaskKind::Undo => ask_undo(&wanted, now),
        TaskKind::Purge => ask_purge(&wanted, now),
        TaskKind::Recover => ask_recover(&wanted),
    };
    match (dialog, refused) {
        (Some(mut dialog), Some((name, reason))) => {
            dialog.warning = Some((format!("{name} is left out. {reason}"), None));
            model.shell.ask(dialog);
        }
        (Some(dialog), None) => model.shell.ask(dialog),
        (None, Some((name, reason))) => model
            .shell
            .toast(Toast::new(Tone::Warning, format!("Not now: {name}")).detail(reason)),
        (None, None) => {}
    }
}

impl TaskKind {
    /// There is something for it to do.
    pub(super) fn applies(self, shard: &Shard) -> bool {
        match self {
            Self::Undo => shard.undoable().is_some() && !shard.is_interrupted(),
            // An interrupted shard is never purged: what it keeps may be needed.
            Self::Purge => shard.kept_files() > 0 && !shard.is_interrupted(),
            Self::Recover => shard.is_interrupted(),
        }
    }
}

/// "shard_00001", or "3 shards".
fn named(shards: &[&Shard]) -> String {
    match shards {
        [one] => one.name.clone(),
        many => format::things(many.len() as u64, "shard", "shards"),
    }
}

/// "the run of 22 November", or "these runs".
fn run_of(started: &[u64], now: OffsetDateTime) -> String {
    match started {
        [one] if *one > 0 => match day(*one, now) {
            Some(day) => format!("the run of {day}"),
            None => "the run".to_owned(),
        },
        [_] => "the run".to_owned(),
        _ => "these runs".to_owned(),
    }
}

/// As it is said, with the month written out: `22 November`.
fn day(seconds: u64, now: OffsetDateTime) -> Option<String> {
    let when = OffsetDateTime::from_unix_timestamp(i64::try_from(seconds).ok()?).ok()?;
    let when = format::local(when);
    Some(if when.year() == now.year() {
        format!("{} {}", when.day(), when.month())
    } else {
        format!("{} {} {}", when.day(), when.month(), when.year())
    })
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

fn ask_undo(shards: &[&Shard], now: OffsetDateTime) -> Option<Dialog> {
    let runs: Vec<_> = shards.iter().filter_map(|shard| Some((shard, shard.undoable()?))).collect();
    if runs.is_empty() {
        return None;
    }
    let files = runs.iter().map(|(_, run)| run.files).sum();
    let bytes = runs.iter().map(|(_, run)| run.bytes).sum();
    let started: Vec<u64> = runs.iter().map(|(_, run)| run.started).collect();
    let originals = format::things(files, "original", "originals");
    let text = "Every kept original comes back byte for byte, with its times and rights, and what replaced it goes. Files that were changed \
                since stay as they are.";
    let jobs = runs
        .iter()
        .map(|(shard, run)| Job {
            shard: shard.path.clone(),
            runs: vec![run.run.clone()],
        })
        .collect();
    let earlier: u64 = runs.iter().map(|(shard, run)| shard.kept_files() - run.files).sum();
    let mut dialog = Dialog::new(format!("Undo {} in {}?", run_of(&started, now), named(shards)), text)
        .figure("Originals back", format::count(files), format::bytes(bytes).text())
        .answer(
            format!("Bring back {originals}"),
            Some(Icon::Undo2),
            Command::Do(TaskKind::Undo, jobs),
        );
    if earlier > 0 {
        dialog = dialog.figure(
            "Kept by earlier runs",
            format::count(earlier),
            "stay kept, and can be undone after this",
        );
    }
    Some(dialog)
}

fn ask_purge(shards: &[&Shard], now: OffsetDateTime) -> Option<Dialog> {
    let kept: Vec<_> = shards
        .iter()
        .flat_map(|shard| shard.kept.iter())
        .filter(|run| run.files > 0)
        .collect();
    if kept.is_empty() {
        return None;
    }
    let files: u64 = kept.iter().map(|run| run.files).sum();
    let bytes = format::bytes(kept.iter().map(|run| run.bytes).sum()).text();
    let mut runs: Vec<(&str, u64)> = kept.iter().map(|run| (run.run.as_str(), run.started)).collect();
    runs.sort_unstable();
    runs.dedup();
    let started: Vec<u64> = runs.into_iter().map(|(_, started)| started).collect();
    let text = format!(
        "This frees {bytes} for good. {} can then no longer be undone.",
        capital(&run_of(&started, now))
    );
    let jobs = shards
        .iter()
        .filter(|shard| shard.kept_files() > 0)
        .map(|shard| Job {
            shard: shard.path.clone(),
            runs: shard
                .kept
                .iter()
                .rev()
                .filter(|run| run.files > 0)
                .map(|run| run.run.clone())
                .collect(),
        })
        .collect();
    let label = format!("Purge {}", format::things(files, "original", "originals"));
    let dialog = Dialog::new(format!("Purge the originals of {}?", named(shards)), text);
    Some(dialog.final_answer(label, Some(Icon::Trash2), Command::Do(TaskKind::Purge, jobs)))
}

fn ask_recover(shards: &[&Shard]) -> Option<Dialog> {
    let first = shards.first()?;
    let undo = shards
        .iter()
        .all(|shard| matches!(shard.standing, Standing::Interrupted { undo: true, .. }));
    let what = if undo { "An undo" } else { "A run" };
    let where_ = if shards.len() == 1 {
        "here".to_owned()
    } else {
        format!("in each of {}", named(shards))
    };
    let text = format!(
        "{what} was interrupted {where_}. What it had begun is brought to an end from its journal: every image is then either whole and \
         shrunk, or as it was. No original is lost."
    );
    let jobs = shards
        .iter()
        .map(|shard| Job {
            shard: shard.path.clone(),
            runs: Vec::new(),
        })
        .collect();
    let title = if shards.len() == 1 {
        format!("Recover {}?", first.name)
    } else {
        format!("Recover {}?", named(shards))
    };
    Some(Dialog::new(title, text).answer(
        format!("Recover {}", named(shards)),
        Some(Icon::RotateCcw),
        Command::Do(TaskKind::Recover, jobs),
    ))
}

/// The window is about to close amid an undo, a purge or a recovery.
pub(in crate::gui) fn ask_before_closing(model: &mut Model) {
    if model.shards.closing {
        return;
    }
    let text = "An undo, a purge or a recovery is under way. It can stop between two batches of files: what was done stays done, the rest stays \
                kept, and nothing is lost.";
    let dialog = Dialog::new("Stop and close?", text);
    model
        .shell
        .ask(dialog.answer("Stop and close", Some(Icon::Square), Command::StopAndClose));
}

/// Starts it. What was begun on between question and answer is left out by the engine's own lock.
pub(super) fn begin(state: &mut State, kind: TaskKind, jobs: Vec<Job>, office: &Office) {
    for job in &jobs {
        if let Some(shard) = state.get_mut(&job.shard) {
            shard.task = Some(kind);
        }
    }
    // What is measured now will not be so afterwards.
    for measuring in state
        .measures
        .iter()
        .filter(|measuring| jobs.iter().any(|job| measuring.paths.contains(&job.shard)))
    {
        measuring.control.stop(StopReason::Asked);
    }
    state.rows_due = true;
    let id = state.id();
    let control = Arc::new(Control::default());
    let engine = Arc::clone(&office.engine);
    let work = jobs.clone();
    state.tasks.push(Task {
        id,
        kind,
        jobs,
        outcomes: Vec::new(),
        control: Arc::clone(&control),
    });
    office.spawn("undo, purge or recover", move |courier| {
        workers::task(&engine, id, kind, work, &control, courier)
    });
}

/// One of its shards is done.
pub(super) fn job_over(state: &mut State, id: u64, outcome: Outcome) {
    if let Some(shard) = state.get_mut(&outcome.shard) {
        shard.task = None;
    }
    let Some(task) = state.tasks.iter_mut().find(|task| task.id == id) else {
        return;
    };
    let shard = std::iter::once(outcome.shard.clone()).collect();
    // A purge changes no image; it is looked at again for what is kept.
    let images = task.kind != TaskKind::Purge;
    task.outcomes.push(outcome);
    if images {
        state.changed(&shard);
    } else if let Some(shard) = shard.iter().next().and_then(|path| state.get_mut(path)) {
        shard.due = true;
        state.rows_due = true;
    }
}

/// All of it is done, or was stopped.
pub(super) fn over(model: &mut Model, id: u64) {
    let state = &mut model.shards;
    let Some(at) = state.tasks.iter().position(|task| task.id == id) else {
        return;
    };
    let task = state.tasks.remove(at);
    for job in &task.jobs {
        if let Some(shard) = state.get_mut(&job.shard) {
            shard.task = None;
            shard.due = true;
        }
        // A purge leaves the images as they are.
        if task.kind != TaskKind::Purge {
            model.plan.forget_scan(&job.shard);
        }
    }
    let state = &model.shards;
    let report = match task.jobs.as_slice() {
        [one] => state
            .get(&one.shard)
            .and_then(|shard| shard.last.as_ref())
            .map(|last| last.run.clone()),
        _ => None,
    };
    let toast = toast(&task, report);
    model.shell.toast(toast);
}

fn toast(task: &Task, report: Option<String>) -> Toast {
    let all = Outcome::together(&task.outcomes);
    let name = match task.jobs.as_slice() {
        [one] => super::paths::name(&one.shard),
        many => format::things(many.len() as u64, "shard", "shards"),
    };
    let originals = |count| format::things(count, "original", "originals");
    let well = all.left.is_empty() && all.problems.is_empty() && !all.stopped;
    let tone = match () {
        () if !all.problems.is_empty() => Tone::Danger,
        () if !well => Tone::Warning,
        () => Tone::Success,
    };
    let (title, mut detail) = match (task.kind, well) {
        (TaskKind::Undo, true) => {
            let is = if task.jobs.len() == 1 { "is as it was" } else { "are as they were" };
            let back = if all.files == 1 { "is back" } else { "are back" };
            (
                format!("{name} {is} before"),
                format!("{} {back}, byte for byte.", originals(all.files)),
            )
        }
        (TaskKind::Undo, false) => (format!("{} of {name} back", originals(all.files)), String::new()),
        (TaskKind::Purge, _) => (
            format!("{} freed in {name}", format::bytes(all.bytes).text()),
            format!("{} deleted for good.", originals(all.files)),
        ),
        (TaskKind::Recover, true) => (format!("{name} is in order again"), all.said.join(" ")),
        (TaskKind::Recover, false) => (format!("{name} needs a look"), String::new()),
    };
    if all.stopped {
        append(&mut detail, "Stopped before the end; the rest stays kept.");
    }
    if !all.left.is_empty() {
        append(
            &mut detail,
            &format!(
                "{} left as they are.",
                format::things(all.left.len() as u64, "file was", "files were")
            )
            .replace("file was left as they are", "file was left as it is"),
        );
    }
    if let Some(problem) = all.problems.first() {
        append(&mut detail, &format!("{} {}", problem.message, problem.advice));
    }
    let mut toast = Toast::new(tone, title).detail(detail);
    if !all.left.is_empty() || all.problems.len() > 1 {
        toast = toast.link("Show which", shell::Command::Ask(Box::new(which(&all))));
    }
    if let Some(report) = report {
        toast = toast.link("Show report", report::Command::GoTo(report));
    }
    if task.kind == TaskKind::Undo {
        let shards = task.jobs.iter().map(|job| job.shard.clone()).collect();
        toast = toast.link("Plan it again", shards::Command::PlanAgain(shards));
    }
    toast
}

fn append(text: &mut String, sentence: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(sentence.trim_end());
}

/// What was left, by name, with the reasons.
fn which(all: &Outcome) -> Dialog {
    let left = all
        .left
        .iter()
        .map(|notice| format!("{}: {}", super::paths::name(&notice.path), notice.message));
    let problems = all
        .problems
        .iter()
        .map(|problem| format!("{}: {} {}", super::paths::name(&problem.path), problem.message, problem.advice));
    let lines: Vec<String> = left.chain(problems).collect();
    let mut text = lines[..lines.len().min(MOST_NAMES)].join("\n");
    if lines.len() > MOST_NAMES {
        text.push_str(&format!("\nand {} more", format::count((lines.len() - MOST_NAMES) as u64)));
    }
    let dialog = Dialog::new("Left as they are", text);
    dialog.answer("Copy list", Some(Icon::Copy), shell::Command::Copy(lines.join("\n")))
}

impl Outcome {
    fn together(outcomes: &[Self]) -> Self {
        let mut all = Self::default();
        for outcome in outcomes {
            all.add(outcome.clone());
        }
        all
    }
}
