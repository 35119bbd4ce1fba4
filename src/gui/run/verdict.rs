//! Which phase bounds the run, in one sentence and its evidence. What is decided is decided by the engine, as in the report;
//! here it is only said, in the present while the run goes on and in the past when it is over.

use std::time::Duration;

use crate::engine::{Bound, Phase, Phases, Wait, bound};

/// Before this many images the figures are those of the start-up.
const TOO_FEW: u64 = 8;

/// The verdict, ready to be shown.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::gui) struct Verdict {
    /// The phase that would have to be faster.
    pub(in crate::gui) phase: Phase,
    /// "Writing bounds this run."
    pub(in crate::gui) head: &'static str,
    /// The figures it rests on, shortest first.
    pub(in crate::gui) detail: String,
    /// What follows from it; empty where nothing does.
    pub(in crate::gui) advice: &'static str,
    /// Sentences with all figures.
    pub(in crate::gui) evidence: Vec<String>,
}

/// `None` while there is too little to go by. `workers`: threads that process; `over`: the run has ended.
pub(in crate::gui) fn verdict(phases: &Phases, workers: usize, over: bool) -> Option<Verdict> {
    if phases.process.images < TOO_FEW {
        return None;
    }
    let Bound { phase, memory, evidence } = bound(phases)?;
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let every = |phase: Phase| spoken(phases.of(phase).wall(), phases.of(phase).images);
    let of_the_time = |wait| percent(phases.process.wait_share(wait));
    let s = |present: &'static str, past: &'static str| if over { past } else { present };
    let (head, detail, advice) = match phase {
        _ if memory => (
            s("Memory bounds this run.", "Memory bounded this run."),
            format!(
                "Workers {} {} of the time for memory to come free.",
                s("wait", "waited"),
                // Either they wait themselves, or what they wait for does.
                percent(phases.process.wait_share(Wait::Memory).max(phases.process.wait_share(Wait::Input)))
            ),
            "A larger memory budget would help.",
        ),
        Phase::Load => (
            s("Loading bounds this run.", "Loading bounded this run."),
            format!(
                "The drive {} one file every {}, workers {} {} of the time.",
                s("delivers", "delivered"),
                every(Phase::Load),
                s("wait", "waited"),
                of_the_time(Wait::Input)
            ),
            "A faster processor would not help.",
        ),
        Phase::Process => (
            s("Processing bounds this run.", "Processing bounded this run."),
            format!(
                "{} {} busy {} of the time and {} one image every {}.",
                if workers == 1 {
                    "One worker".to_owned()
                } else {
                    format!("{workers} workers")
                },
                match (workers, over) {
                    (1, false) => "is",
                    (1, true) => "was",
                    (_, false) => "are",
                    (_, true) => "were",
                },
                percent(phases.process.busy_share()),
                match (workers, over) {
                    (_, true) => "finished",
                    (1, false) => "finishes",
                    (_, false) => "finish",
                },
                every(Phase::Process)
            ),
            "A faster drive would not help.",
        ),
        Phase::Write => (
            s("Writing bounds this run.", "Writing bounded this run."),
            format!(
                "The drive {} one file every {}, workers {} {} of the time.",
                s("finishes", "finished"),
                every(Phase::Write),
                s("wait", "waited"),
                of_the_time(Wait::Output)
            ),
            "A faster processor would not help.",
        ),
    };
    Some(Verdict {
        phase,
        head,
        detail,
        advice,
        evidence,
    })
}

/// `55 ms`, `0.41 ms`, `1.2 s`.
fn spoken(wall: Duration, images: u64) -> String {
    let ms = wall.as_secs_f64() * 1e3 / images.max(1) as f64;
    crate::report::format::milliseconds(ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{PhaseTotals, Span};

    /// Busy, and waits for input, output and memory, seconds.
    fn totals(busy: u64, input: u64, output: u64, memory: u64) -> PhaseTotals {
        PhaseTotals {
            images: 100,
            bytes: 1 << 20,
            busy: Duration::from_secs(busy),
            span: Some(Span {
                begin: Duration::ZERO,
                end: Duration::from_secs(10),
            }),
            waited_input: Duration::from_secs(input),
            waited_output: Duration::from_secs(output),
            waited_memory: Duration::from_secs(memory),
            ..PhaseTotals::default()
        }
    }

    #[test]
    fn it_says_what_the_engine_decided_with_its_figures() {
        for (process, phase, head, figure) in [
            (
                totals(20, 2, 78, 0),
                Phase::Write,
                "Writing bounds",
                "workers wait 78 % of the time",
            ),
            (totals(20, 78, 2, 0), Phase::Load, "Loading bounds", "one file every 100 ms"),
            (
                totals(96, 2, 2, 0),
                Phase::Process,
                "Processing bounds",
                "8 workers are busy 96 % of the time",
            ),
            (totals(20, 2, 2, 76), Phase::Process, "Memory bounds", "76 %"),
        ] {
            let phases = Phases {
                load: totals(10, 0, 0, 0),
                process,
                write: totals(10, 0, 0, 0),
                ..Phases::default()
            };
            let said = verdict(&phases, 8, false).expect("enough to go by");
            assert_eq!(said.phase, phase);
            assert!(said.head.starts_with(head) && said.detail.contains(figure), "{said:?}");
            let past = verdict(&phases, 8, true).expect("enough to go by");
            assert!(past.head.contains("bounded") && !past.detail.contains(" wait "), "{past:?}");
            assert!(!said.evidence.is_empty());
        }
        assert_eq!(verdict(&Phases::default(), 8, false), None);
    }
}
