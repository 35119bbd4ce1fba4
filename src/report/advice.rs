//! Recommendations: settings that would make the next run faster, only where the figures of this one support it. The expected
//! gain is an upper bound after Amdahl: when the phase that bounds the run gets faster, the run can gain no more than the
//! setting gives that phase, nor more than until another phase, busy `x` of its time, is busy all of it (`1 / x`).

use crate::engine::{Bound, DriveKind, Outcome, Phase, Phases, Record, Verify, Wait, WriteMode};

use super::make::rounded;
use super::value::Recommendation;

/// Less than this is not worth a sentence.
const WORTH_SAYING: f64 = 1.1;
/// Below this the workers did not have the cores they ran on: more workers would not help.
const CPU_BOUND: f64 = 0.7;
/// Part of its time loading must have waited for memory.
const MEMORY_COUNTS: f64 = 0.1;

pub(super) fn recommendations(record: &Record, bound: &Bound) -> Vec<Recommendation> {
    let mut found = Vec::new();
    let phases = &record.phases;
    match bound.phase {
        _ if bound.memory => memory(record, phases, &mut found),
        Phase::Load => load(record, phases, &mut found),
        Phase::Process => process(record, phases, &mut found),
        Phase::Write => write(record, phases, &mut found),
    }
    found
}

fn load(record: &Record, phases: &Phases, found: &mut Vec<Recommendation>) {
    let drive = busiest_drive(record);
    let (now, pinned) = match record.settings.machine.io {
        Some(io) => (io, true),
        None => (phases.io_depth, false),
    };
    let most = match drive {
        DriveKind::Network => 64,
        // Unpinned, the depth adapts by measured throughput, so there is no evidence that a local drive wanted more.
        DriveKind::Solid if pinned => 32,
        DriveKind::Unknown if pinned => 16,
        // A spinning disk gets slower with more, memory is never the limit.
        _ => return,
    };
    // Loaders that were idle half the time did not lack permission to read.
    if now == 0 || now >= most || phases.load.busy_share() < 0.5 {
        return;
    }
    let more = (now * 2).min(most);
    let place = if drive == DriveKind::Network {
        "a network drive"
    } else {
        "this drive"
    };
    push(
        found,
        record,
        format!("Reads bound the run, and {place} may answer more of them at once than the {now} that were allowed."),
        format!("--io {more}"),
        until_next(phases, Phase::Load, more as f64 / now as f64),
    );
}

fn process(record: &Record, phases: &Phases, found: &mut Vec<Recommendation>) {
    let (workers, cores) = (record.machine.workers, record.machine.cores);
    if workers == 0 || workers >= cores || phases.process.cpu_share().is_some_and(|share| share < CPU_BOUND) {
        return;
    }
    push(
        found,
        record,
        format!("Processing bounds the run with {workers} of {cores} cores at work."),
        format!("--workers {cores}"),
        until_next(phases, Phase::Process, cores as f64 / workers as f64),
    );
}

fn write(record: &Record, phases: &Phases, found: &mut Vec<Recommendation>) {
    let gain = until_next(phases, Phase::Write, f64::INFINITY);
    if record.settings.safety.write == WriteMode::Staged {
        push(
            found,
            record,
            "Writes bound the run and every replacement is renamed once more: let the program choose what the file system does best."
                .to_owned(),
            "--write auto".to_owned(),
            gain,
        );
    }
    if record.settings.safety.verify == Verify::Reread {
        push(
            found,
            record,
            "Writes bound the run and every replacement is read again: without that, it is still decoded and compared in memory."
                .to_owned(),
            "--verify decode".to_owned(),
            gain,
        );
    }
}

fn memory(record: &Record, phases: &Phases, found: &mut Vec<Recommendation>) {
    let (budget, memory) = (record.machine.memory_budget, record.machine.memory_bytes);
    let share = phases.load.wait_share(Wait::Memory).max(phases.process.wait_share(Wait::Memory));
    let more = budget.saturating_mul(2);
    // Never more than half of what the machine has.
    if budget == 0 || share < MEMORY_COUNTS || (memory > 0 && more > memory / 2) {
        return;
    }
    push(
        found,
        record,
        format!(
            "Threads waited for memory {:.0} % of the time: a larger budget keeps more images in flight.",
            share * 100.0
        ),
        format!("--memory {}MiB", more.div_ceil(1 << 20)),
        // Phases that waited for memory were not at their own limit: they bound the gain as any other does.
        Phase::ALL.iter().fold(2.0, |gain: f64, &p| gain.min(headroom(phases, p))),
    );
}

/// How much faster the run can get when `phase` gets `faster` times as fast.
fn until_next(phases: &Phases, phase: Phase, faster: f64) -> f64 {
    Phase::ALL
        .iter()
        .filter(|&&p| p != phase)
        .fold(faster, |gain, &p| gain.min(headroom(phases, p)))
}

/// How much more a phase could do in its time; no bound where its waits are unknown.
fn headroom(phases: &Phases, phase: Phase) -> f64 {
    let totals = phases.of(phase);
    if totals.known() > totals.busy && !totals.busy.is_zero() {
        1.0 / totals.busy_share()
    } else {
        f64::INFINITY
    }
}

fn push(found: &mut Vec<Recommendation>, record: &Record, text: String, setting: String, speedup: f64) {
    // Without any bound the figures do not say what there is to gain.
    if !speedup.is_finite() || speedup < WORTH_SAYING {
        return;
    }
    found.push(Recommendation {
        text,
        setting,
        speedup_up_to: rounded(speedup),
        seconds_up_to: rounded(record.phases.wall().as_secs_f64() * (1.0 - 1.0 / speedup)),
    });
}

/// The kind of the drive that most changed bytes lie on.
fn busiest_drive(record: &Record) -> DriveKind {
    let changed = |images: &[crate::engine::ImageRecord]| -> u64 {
        images
            .iter()
            .filter(|image| matches!(image.outcome, Outcome::Shrunk(_)))
            .map(|image| image.bytes_before)
            .sum()
    };
    record
        .shards
        .iter()
        .max_by_key(|shard| changed(&shard.images))
        .map_or(DriveKind::Unknown, |shard| shard.drive.kind)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::samples;
    use super::*;
    use crate::engine::{PhaseTotals, Span, bound};

    fn totals([busy, input, output, memory]: [u64; 4]) -> PhaseTotals {
        PhaseTotals {
            images: 10,
            bytes: 1000,
            busy: Duration::from_secs(busy),
            span: Some(Span {
                begin: Duration::ZERO,
                end: Duration::from_secs(100),
            }),
            waited_input: Duration::from_secs(input),
            waited_output: Duration::from_secs(output),
            waited_memory: Duration::from_secs(memory),
            ..PhaseTotals::default()
        }
    }

    /// Settings it comes to, with the speed-up; `change` sets the scene.
    #[track_caller]
    fn check(load: [u64; 4], process: [u64; 4], write: [u64; 4], change: impl Fn(&mut Record), expected: &[(&str, f64)]) {
        let mut record = samples::run();

        record.phases = Phases {
            load: totals(load),
            process: totals(process),
            write: totals(write),
            ..Phases::default()
        };
        change(&mut record);
        let found = recommendations(&record, &bound(&record.phases).unwrap());
        let found: Vec<(&str, f64)> = found
            .iter()
            .map(|r| (r.setting.as_str(), (r.speedup_up_to * 100.0).round() / 100.0))
            .collect();
        assert_eq!(found, expected);
    }

    fn pinned(kind: DriveKind, io: usize) -> impl Fn(&mut Record) {
        move |record| {
            drive(kind, io)(record);
            record.settings.machine.io = Some(io);
        }
    }

    fn drive(kind: DriveKind, io: usize) -> impl Fn(&mut Record) {
        move |record| {
            record.phases.io_depth = io;
            record.settings.machine.io = None;
            for shard in &mut record.shards {
                shard.drive.kind = kind;
            }
        }
    }

    #[test]
    fn only_what_the_evidence_supports() {
        let starved = ([95, 0, 5, 0], [40, 60, 0, 0], [10, 80, 0, 0]);
        let check_load = |change: &dyn Fn(&mut Record), expected: &[(&str, f64)]| check(starved.0, starved.1, starved.2, change, expected);
        check_load(&drive(DriveKind::Network, 8), &[("--io 16", 2.0)]);
        check_load(&drive(DriveKind::Network, 48), &[("--io 64", 1.33)]);
        check_load(&drive(DriveKind::Network, 64), &[]);
        check_load(&drive(DriveKind::Solid, 4), &[]);
        check_load(&pinned(DriveKind::Spinning, 1), &[]);
        check_load(&drive(DriveKind::Network, 0), &[]);
        // Workers that are nearly busy leave little to gain.
        check(
            [95, 0, 5, 0],
            [80, 20, 0, 0],
            [10, 80, 0, 0],
            pinned(DriveKind::Solid, 4),
            &[("--io 8", 1.25)],
        );

        let busy = ([20, 0, 80, 0], [98, 2, 0, 0], [30, 70, 0, 0]);
        let cores = |workers: usize, cores: usize, cpu: u64| {
            move |record: &mut Record| {
                (record.machine.workers, record.machine.cores) = (workers, cores);
                record.phases.process.cpu = Some(Duration::from_secs(cpu));
            }
        };
        check(busy.0, busy.1, busy.2, cores(4, 8, 95), &[("--workers 8", 2.0)]);
        check(busy.0, busy.1, busy.2, cores(1, 8, 95), &[("--workers 8", 3.33)]);
        check(busy.0, busy.1, busy.2, cores(8, 8, 95), &[]);
        check(busy.0, busy.1, busy.2, cores(4, 8, 30), &[]);

        let full = ([20, 0, 80, 0], [50, 0, 50, 0], [95, 5, 0, 0]);
        let safety = |write: WriteMode, verify: Verify| {
            move |record: &mut Record| {
                (record.settings.safety.write, record.settings.safety.verify) = (write, verify);
            }
        };
        check(full.0, full.1, full.2, safety(WriteMode::Auto, Verify::Decode), &[]);
        check(
            full.0,
            full.1,
            full.2,
            safety(WriteMode::Staged, Verify::Decode),
            &[("--write auto", 2.0)],
        );
        check(
            full.0,
            full.1,
            full.2,
            safety(WriteMode::Auto, Verify::Reread),
            &[("--verify decode", 2.0)],
        );

        let tight = ([20, 0, 0, 80], [50, 50, 0, 0], [10, 80, 0, 0]);
        let memory = |budget: u64, all: u64| {
            move |record: &mut Record| {
                (record.machine.memory_budget, record.machine.memory_bytes) = (budget << 20, all << 20);
            }
        };
        check(tight.0, tight.1, tight.2, memory(256, 8192), &[("--memory 512MiB", 2.0)]);
        check(tight.0, tight.1, tight.2, memory(256, 512), &[]);
    }
}
