//! Which phase holds a run back. In a pipeline the workers in the middle know: starved, they wait for reads; with nowhere to
//! put results, for writes; never idle, they are the limit themselves. The verdict comes with the figures it rests on.

use std::time::Duration;

use super::phases::{Phase, Phases, Wait, ratio};

/// Part of the workers' time below which waiting is start-up and scatter, not a verdict.
const WAITING_COUNTS: f64 = 0.15;
/// Part of the whole wall span by which writing may outlast processing before it is called the limit.
const TAIL_COUNTS: f64 = 0.25;

/// The phase that bounds a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// More speed anywhere else would change little.
    pub phase: Phase,
    /// The wait was for memory: too few images fit into the budget to keep the phase busy.
    pub memory: bool,
    /// Sentences with the figures; the first one is the verdict.
    pub evidence: Vec<String>,
}

/// Decides which phase bounds the run; `None` where no image finished any phase.
pub fn bound(phases: &Phases) -> Option<Bound> {
    if Phase::ALL.iter().all(|&p| phases.of(p).images == 0) {
        return None;
    }
    let (load, process, write) = (&phases.load, &phases.process, &phases.write);
    let (starved, full) = (process.wait_share(Wait::Input), process.wait_share(Wait::Output));
    let budget = process.wait_share(Wait::Memory);
    let end = |p: Phase| phases.of(p).span.map_or(Duration::ZERO, |span| span.end);
    let whole = phases.wall();
    let tail = end(Phase::Write).saturating_sub(end(Phase::Process));
    let load_waits_for_memory = load.waited_memory > load.busy;

    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let mut evidence = Vec::new();
    let mut memory = false;
    let phase = if budget > WAITING_COUNTS && budget >= starved.max(full) {
        memory = true;
        evidence.push(format!(
            "Workers waited for memory {} of the time: the memory budget bounds the run.",
            percent(budget)
        ));
        Phase::Process
    } else if starved > WAITING_COUNTS && starved >= full && load_waits_for_memory {
        memory = true;
        evidence.push(format!(
            "Workers waited for input {} of the time while loading waited for memory {} of its time: the memory budget bounds the run.",
            percent(starved),
            percent(load.wait_share(Wait::Memory))
        ));
        Phase::Process
    } else if starved > WAITING_COUNTS && starved >= full {
        evidence.push(format!(
            "Workers waited for input {} of the time: the drive's reads bound the run.",
            percent(starved)
        ));
        Phase::Load
    } else if full > WAITING_COUNTS {
        evidence.push(format!(
            "Workers waited for writing {} of the time: the drive's writes bound the run.",
            percent(full)
        ));
        Phase::Write
    } else if ratio(tail, whole) > TAIL_COUNTS {
        evidence.push(format!(
            "Writing went on for {:.1} s of {:.1} s after the last image was processed: the drive's writes bound the run.",
            tail.as_secs_f64(),
            whole.as_secs_f64()
        ));
        Phase::Write
    } else if process.known() > process.busy || process.busy >= load.busy.max(write.busy) {
        evidence.push(format!(
            "Workers were busy {} of the time: processing bounds the run.",
            percent(process.busy_share())
        ));
        Phase::Process
    } else {
        // Nobody waited for anybody: the phases took turns, and the longest one decides.
        let phase = if load.busy >= write.busy { Phase::Load } else { Phase::Write };
        evidence.push(format!(
            "No phase waited for another, and {} took the largest part of the time.",
            noun(phase)
        ));
        phase
    };
    match phase {
        Phase::Load => {
            let depth = if phases.io_depth > 0 {
                format!(" with up to {} in flight", phases.io_depth)
            } else {
                String::new()
            };
            evidence.push(format!(
                "Reads ran at {:.1} MB/s and {:.1} images/s{depth}.",
                load.mean_bytes_per_second() / 1e6,
                load.mean_images_per_second()
            ));
        }
        Phase::Process => {
            evidence.push(format!(
                "On average {:.1} workers were busy and finished {:.1} images/s.",
                process.mean_busy_threads(),
                process.mean_images_per_second()
            ));
            if let Some(cpu) = process.cpu_share() {
                evidence.push(format!("They had a processor {} of that time.", percent(cpu.min(1.0))));
            }
        }
        Phase::Write => evidence.push(format!(
            "Writes ran at {:.1} MB/s and {:.1} images/s.",
            write.mean_bytes_per_second() / 1e6,
            write.mean_images_per_second()
        )),
    }
    if !phases.busy().is_zero() {
        evidence.push(format!(
            "Of {:.1} busy thread-seconds, {} went into loading, {} into processing, {} into writing.",
            phases.busy().as_secs_f64(),
            percent(phases.share(Phase::Load)),
            percent(phases.share(Phase::Process)),
            percent(phases.share(Phase::Write))
        ));
    }
    Some(Bound { phase, memory, evidence })
}

fn noun(phase: Phase) -> &'static str {
    match phase {
        Phase::Load => "loading",
        Phase::Process => "processing",
        Phase::Write => "writing",
    }
}

#[cfg(test)]
mod tests {
    use super::super::phases::{PhaseTotals, Span};
    use super::*;

    /// Busy, waits for input, output and memory, and the end, all in seconds.
    fn totals([busy, input, output, memory, end]: [u64; 5]) -> PhaseTotals {
        PhaseTotals {
            images: 100,
            bytes: 50_000_000,
            busy: Duration::from_secs(busy),
            span: Some(Span {
                begin: Duration::ZERO,
                end: Duration::from_secs(end),
            }),
            waited_input: Duration::from_secs(input),
            waited_output: Duration::from_secs(output),
            waited_memory: Duration::from_secs(memory),
            ..PhaseTotals::default()
        }
    }

    #[track_caller]
    fn check(load: [u64; 5], process: [u64; 5], write: [u64; 5], phase: Phase, memory: bool, says: &str) {
        let bound = bound(&Phases {
            load: totals(load),
            process: totals(process),
            write: totals(write),
            ..Phases::default()
        })
        .unwrap();
        assert_eq!((bound.phase, bound.memory), (phase, memory), "{:?}", bound.evidence);
        assert!(bound.evidence[0].contains(says), "{:?}", bound.evidence);
    }

    #[test]
    fn the_verdict_follows_the_waits() {
        use Phase::*;
        check(
            [90, 0, 5, 0, 100],
            [38, 62, 0, 0, 100],
            [9, 80, 0, 0, 100],
            Load,
            false,
            "input 62 %",
        );
        check(
            [20, 0, 75, 0, 95],
            [95, 2, 3, 0, 98],
            [9, 80, 0, 0, 100],
            Process,
            false,
            "busy 95 %",
        );
        check(
            [20, 0, 75, 0, 95],
            [40, 5, 55, 0, 99],
            [95, 5, 0, 0, 100],
            Write,
            false,
            "writing 55 %",
        );
        check(
            [10, 0, 0, 80, 95],
            [50, 50, 0, 0, 99],
            [9, 80, 0, 0, 100],
            Process,
            true,
            "memory budget",
        );
        check(
            [10, 0, 0, 80, 95],
            [50, 10, 0, 40, 99],
            [9, 80, 0, 0, 100],
            Process,
            true,
            "memory 40 %",
        );
        // Start-up alone is no verdict.
        check(
            [10, 0, 0, 0, 10],
            [90, 10, 0, 0, 10],
            [9, 80, 0, 0, 10],
            Process,
            false,
            "busy 90 %",
        );
        // Writing that goes on alone is not seen by workers that are gone.
        check(
            [10, 0, 0, 0, 10],
            [10, 0, 0, 0, 10],
            [30, 0, 0, 0, 40],
            Write,
            false,
            "went on for 30.0 s of 40.0 s",
        );
        // One after the other: no waits, the longest decides.
        check([30, 0, 0, 0, 40], [10, 0, 0, 0, 40], [9, 0, 0, 0, 40], Load, false, "loading took");
        check([3, 0, 0, 0, 40], [10, 0, 0, 0, 40], [19, 0, 0, 0, 40], Write, false, "writing took");
        check([3, 0, 0, 0, 40], [10, 0, 0, 0, 40], [9, 0, 0, 0, 40], Process, false, "busy 100 %");
    }

    #[test]
    fn nothing_done_is_bound_by_nothing() {
        assert_eq!(bound(&Phases::default()), None);
    }
}
