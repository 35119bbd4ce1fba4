//! `status`: how every shard stands, and what can be undone or purged, as a table or as JSON.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::args_kept::StatusOptions;
use super::exit::{Exit, is_environment};
use super::shrink::scan_exit;
use super::{complain, say, told};
use crate::engine::{Engine, KeptRun, ShardStatus, Standing};
use crate::report::{Name, format};

/// Prints how the shards stand. Touches nothing.
pub(super) fn status(options: &StatusOptions) -> Exit {
    let shards = match Engine::default().status(&options.places.paths, options.places.recursive) {
        Ok(shards) => shards,
        Err(error) => return scan_exit(&error),
    };
    let shards: Vec<ShardStatus> = shards.into_iter().filter(is_shard).collect();
    if options.json {
        match serde_json::to_string_pretty(&json(&shards, SystemTime::now())) {
            Ok(text) => say(&text),
            Err(error) => complain(&format!("The state could not be written as JSON: {error}.")),
        }
    } else if shards.is_empty() {
        say("There is no shard here: no images, and nothing that this program keeps.");
    } else {
        say(&table(&shards, SystemTime::now()).join("\n"));
        say(&totals(&shards));
    }
    let problems = shards.iter().filter_map(|shard| shard.problem.as_ref());
    for problem in problems.clone() {
        complain(&told(problem));
    }
    if problems.clone().any(|problem| is_environment(problem.code)) {
        Exit::Environment
    } else if problems.count() > 0 {
        Exit::SomeFailed
    } else {
        Exit::Done
    }
}

/// Folders between the named one and the shards are none.
pub(super) fn is_shard(shard: &ShardStatus) -> bool {
    shard.has_images || shard.standing != Standing::Quiet || !shard.kept.is_empty() || shard.problem.is_some()
}

/// How long ago a run began; `None` where its journal does not say.
pub(super) fn age(run: &KeptRun, now: SystemTime) -> Option<Duration> {
    let started = UNIX_EPOCH.checked_add(Duration::from_secs(run.started))?;
    (run.started > 0).then(|| now.duration_since(started).unwrap_or_default())
}

/// One line a kept run, and one for each shard without. The shard comes last: however long its name, the columns stay.
pub(super) fn table(shards: &[ShardStatus], now: SystemTime) -> Vec<String> {
    let mut rows = vec![["State", "Run", "Age", "Originals", "Kept", "Shard"].map(str::to_owned)];
    for shard in shards {
        let state = state(shard).to_owned();
        let name = format::shown(&shard.path);
        if shard.kept.is_empty() {
            let run = match &shard.standing {
                Standing::Interrupted { run, .. } => run.clone(),
                _ => String::new(),
            };
            rows.push([state, run, String::new(), String::new(), String::new(), name]);
            continue;
        }
        for run in &shard.kept {
            rows.push([
                if run.problem.is_empty() {
                    state.clone()
                } else {
                    "damaged".to_owned()
                },
                run.run.clone(),
                age(run, now).map_or_else(|| "unknown".to_owned(), format::duration),
                format::count(run.files),
                format::bytes(run.bytes),
                name.clone(),
            ]);
        }
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..5).map(width).collect();
    let line = |row: &[String; 6]| {
        let [state, run, age, files, bytes, shard] = row;
        let [a, b, c, d, e] = [widths[0], widths[1], widths[2], widths[3], widths[4]];
        format!("{state:<a$}  {run:<b$}  {age:>c$}  {files:>d$}  {bytes:>e$}  {shard}")
    };
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    for shard in shards {
        if let Standing::Locked { by } = &shard.standing {
            lines.push(format!(
                "{} is being worked on: {}.",
                format::shown(&shard.path),
                format::one_line(by)
            ));
        }
        for run in shard.kept.iter().filter(|run| !run.problem.is_empty()) {
            lines.push(format!("{}: {}", format::shown(&shard.path), format::one_line(&run.problem)));
        }
    }
    lines
}

fn state(shard: &ShardStatus) -> &'static str {
    match (&shard.standing, &shard.problem) {
        (_, Some(_)) => "unreadable",
        (Standing::Locked { .. }, _) => "at work",
        (Standing::Interrupted { undo: false, .. }, _) => "interrupted",
        (Standing::Interrupted { undo: true, .. }, _) => "undo interrupted",
        (Standing::Quiet, _) if shard.kept.is_empty() => "nothing kept",
        (Standing::Quiet, _) => "can be undone",
    }
}

/// What it comes to, and what can be done about it.
fn totals(shards: &[ShardStatus]) -> String {
    let kept = || shards.iter().flat_map(|shard| &shard.kept);
    let count = |wanted: &dyn Fn(&ShardStatus) -> bool| shards.iter().filter(|shard| wanted(shard)).count() as u64;
    let things = |count: u64| format::things(count, "shard", "shards");
    let mut lines = vec![String::new()];
    let with = count(&|shard| !shard.kept.is_empty());
    let quiet = count(&|shard| matches!(shard.standing, Standing::Quiet)) == shards.len() as u64;
    lines.push(if with == 0 {
        let why = " No run was made there, or its originals were deleted, undone or purged, which leaves no trace.";
        // Where a run was interrupted or is at work, there is a trace.
        format!("{}: nothing is kept.{}", things(shards.len() as u64), if quiet { why } else { "" })
    } else {
        format!(
            "{}, {with} with kept originals: {} in {}. `shardpress undo` brings them back, `shardpress purge` frees them.",
            things(shards.len() as u64),
            format::bytes(kept().map(|run| run.bytes).sum()),
            format::things(kept().map(|run| run.files).sum(), "file", "files"),
        )
    });
    let interrupted = count(&|shard| matches!(shard.standing, Standing::Interrupted { .. }));
    if interrupted > 0 {
        lines.push(format!(
            "{} interrupted: `shardpress recover` brings that into order, and so does the next run or undo.",
            things(interrupted)
        ));
    }
    lines.join("\n")
}

/// The whole, for programs.
#[derive(Debug, Serialize)]
struct Status {
    format: &'static str,
    version: u32,
    shards: Vec<Shard>,
}

#[derive(Debug, Serialize)]
struct Shard {
    path: Name,
    /// `nothing-kept`, `can-be-undone`, `interrupted`, `undo-interrupted`, `at-work`, `unreadable`.
    state: String,
    /// Who works there, as its lock says.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// The interrupted run; empty where that is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    interrupted_run: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// Oldest first.
    runs: Vec<Run>,
}

#[derive(Debug, Serialize)]
struct Run {
    run: String,
    /// RFC 3339, UTC; `null` where the journal does not say.
    started: Option<String>,
    age_seconds: Option<u64>,
    originals: u64,
    bytes: u64,
    #[serde(skip_serializing_if = "String::is_empty")]
    problem: String,
}

fn json(shards: &[ShardStatus], now: SystemTime) -> Status {
    let run = |run: &KeptRun| Run {
        run: run.run.clone(),
        started: age(run, now)
            .and_then(|_| OffsetDateTime::from_unix_timestamp(i64::try_from(run.started).ok()?).ok())
            .and_then(|started| started.format(&Rfc3339).ok()),
        age_seconds: age(run, now).map(|age| age.as_secs()),
        originals: run.files,
        bytes: run.bytes,
        problem: run.problem.clone(),
    };
    let shard = |shard: &ShardStatus| Shard {
        path: Name::of_path(&shard.path),
        state: state(shard).replace(' ', "-"),
        by: match &shard.standing {
            Standing::Locked { by } => Some(by.clone()),
            _ => None,
        },
        interrupted_run: match &shard.standing {
            Standing::Interrupted { run, .. } => Some(run.clone()),
            _ => None,
        },
        problem: shard.problem.as_ref().map(|problem| problem.message.clone()),
        runs: shard.kept.iter().map(run).collect(),
    };
    Status {
        format: "shardpress-status",
        version: 1,
        shards: shards.iter().map(shard).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn shard(path: &str, standing: Standing, kept: &[(&str, u64, u64, u64)]) -> ShardStatus {
        let run = |&(run, started, files, bytes): &(&str, u64, u64, u64)| KeptRun {
            run: run.to_owned(),
            started,
            files,
            bytes,
            problem: String::new(),
        };
        ShardStatus {
            path: PathBuf::from(path),
            standing,
            kept: kept.iter().map(run).collect(),
            has_images: true,
            problem: None,
        }
    }

    #[test]
    fn the_table_stays_readable() {
        let interrupted = |undo| Standing::Interrupted {
            run: "r9".to_owned(),
            undo,
        };
        let long = format!("/library/{}\u{1b}[2J", "x".repeat(120));
        let shards = [
            shard(
                "/library/a",
                Standing::Quiet,
                &[("r1", 1_000_000, 1_169, 1_200_000_000), ("r2", 1_086_400, 3, 999)],
            ),
            shard(&long, Standing::Quiet, &[]),
            shard("/library/c", interrupted(false), &[]),
            shard("/library/d", interrupted(true), &[("r9", 0, 7, 70)]),
            shard("/library/e", Standing::Locked { by: "run r7".to_owned() }, &[]),
        ];
        let lines = table(&shards, UNIX_EPOCH + Duration::from_secs(1_090_000));
        let expected = [
            "State             Run         Age  Originals    Kept  Shard",
            "can be undone     r1    1 d 01 h      1,169  1.2 GB  /library/a",
            "can be undone     r2    1 h 00 min          3   999 B  /library/a",
        ];
        assert_eq!(
            lines[0].split_whitespace().collect::<Vec<_>>(),
            expected[0].split_whitespace().collect::<Vec<_>>()
        );
        assert_eq!(
            lines[1].split_whitespace().collect::<Vec<_>>(),
            expected[1].split_whitespace().collect::<Vec<_>>()
        );
        assert_eq!(
            lines[2].split_whitespace().collect::<Vec<_>>(),
            expected[2].split_whitespace().collect::<Vec<_>>()
        );
        // Every name begins in the same column, whatever it holds.
        let columns: Vec<Option<usize>> = lines[1..7].iter().map(|line| line.find("/library")).collect();
        assert!(columns.iter().all(|column| *column == columns[0] && column.is_some()), "{lines:#?}");
        assert!(
            lines[3].contains("\\u{1b}[2J") && lines[3].starts_with("nothing kept"),
            "{}",
            lines[3]
        );
        assert!(
            lines[5].contains("undo interrupted") && lines[5].contains("unknown"),
            "{}",
            lines[5]
        );
        assert_eq!(lines[7], "/library/e is being worked on: run r7.");
        let said = totals(&shards);
        assert!(said.contains("5 shards, 2 with kept originals: 1.2 GB in 1,179 files"), "{said}");
        assert!(said.contains("2 shards interrupted"), "{said}");
    }

    #[test]
    fn json_says_the_same() {
        let shards = [shard("/library/a", Standing::Quiet, &[("r1", 1_000_000, 2, 30), ("r0", 0, 1, 5)])];
        let value = serde_json::to_value(json(&shards, UNIX_EPOCH + Duration::from_secs(1_000_060))).expect("plain values");
        assert_eq!(value["shards"][0]["state"], "can-be-undone");
        let runs = &value["shards"][0]["runs"];
        assert_eq!(runs[0]["started"], "1970-01-12T13:46:40Z");
        assert_eq!((&runs[0]["age_seconds"], &runs[0]["bytes"]), (&60.into(), &30.into()));
        assert!(runs[1]["started"].is_null() && runs[1]["age_seconds"].is_null());
    }
}
