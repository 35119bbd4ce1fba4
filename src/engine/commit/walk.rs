//! Walks through all states that crashes can leave, crashes in what is done about crashes included, and judges each. A job is
//! run once and remembers what a crash before each of its steps would find; equal states are judged once.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::testing::{Mode, freeze};
use crate::engine::disk::crash::{CrashDisk, Gate, Pick, Remains, Survives};

/// Says what is wrong.
pub(super) type Told = Result<(), String>;

/// What is done on a disk, and what must hold.
pub(super) struct Act<'a> {
    /// What the next process does, as often as it is killed.
    pub(super) again: &'a dyn Fn(&CrashDisk) -> Told,
    /// What holds at any moment.
    pub(super) promise: &'a dyn Fn(&CrashDisk) -> Told,
    /// What holds when the next process came to its end, and what may then follow.
    pub(super) end: &'a dyn Fn(&CrashDisk) -> Told,
}

/// How thorough.
#[derive(Debug, Clone, Copy)]
pub(super) struct How {
    /// Crashes in what is done about a crash.
    pub(super) depth: usize,
    /// Up to so many changes of names that are not durable, each subset of them is tried.
    pub(super) subsets: usize,
    /// Beyond, and for content: so many by chance.
    pub(super) seeds: u64,
}

/// What may survive a crash of this disk.
pub(super) fn survivals(disk: &CrashDisk, how: How) -> Vec<Survives> {
    let mut all = vec![Survives::Machine];
    if disk.gate() == Gate::Drops {
        all.push(Survives::Evicted);
    }
    let pending = disk.pending();
    let mut picks = vec![Pick::None, Pick::All];
    if pending <= how.subsets {
        // The first and the last of these are none and all.
        let whole = (1u64 << pending).saturating_sub(1);
        picks.extend((1..whole).map(Pick::Mask));
    } else {
        let each = (0..pending.min(63)).flat_map(|at| [1 << at, !(1 << at)]);
        picks.extend(each.map(Pick::Mask));
    }
    for names in picks {
        for data in [Remains::Nothing, Remains::All, Remains::Half, Remains::Zeros] {
            all.push(Survives::Power { names, data });
        }
    }
    all.extend((1..=how.seeds).map(|seed| Survives::Power {
        names: Pick::Chance(seed),
        data: Remains::Chance(seed),
    }));
    all
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Different states that were judged.
    pub(super) states: usize,
    /// Faults that were tried.
    pub(super) faults: usize,
    /// What is wrong; at most [`MOST`] are told.
    pub(super) problems: Vec<String>,
    pub(super) wrong: usize,
}

const MOST: usize = 6;
/// Characters of a problem that are told.
const LONGEST: usize = 3_000;

impl Tally {
    pub(super) fn problem(&mut self, text: String) {
        self.wrong += 1;
        if self.problems.len() < MOST {
            self.problems.push(text.chars().take(LONGEST).collect());
        }
    }

    fn add(&mut self, other: Self) {
        self.states += other.states;
        self.faults += other.faults;
        self.wrong += other.wrong;
        for problem in other.problems {
            if self.problems.len() < MOST {
                self.problems.push(problem);
            }
        }
    }
}

/// One walk; what it has seen it does not look at again.
pub(super) struct Walk<'a> {
    act: Act<'a>,
    how: How,
    /// States, and how deep they were followed.
    seen: HashMap<u128, usize>,
    pub(super) tally: Tally,
}

impl<'a> Walk<'a> {
    pub(super) fn new(act: Act<'a>, how: How) -> Self {
        Self {
            act,
            how,
            seen: HashMap::new(),
            tally: Tally::default(),
        }
    }

    /// Judges whatever a crash can leave of these. `context` says how they came to be.
    pub(super) fn visit(&mut self, recorded: &[CrashDisk], context: &dyn Fn() -> String) {
        self.go(recorded, self.how.depth, &mut Vec::new(), context);
    }

    fn go(&mut self, recorded: &[CrashDisk], depth: usize, trail: &mut Vec<(usize, Survives)>, context: &dyn Fn() -> String) {
        for (step, disk) in recorded.iter().enumerate() {
            for survives in survivals(disk, self.how) {
                let state = disk.after(survives);
                match self.seen.insert(state.fingerprint(), depth) {
                    Some(before) if before >= depth => {
                        self.seen.insert(state.fingerprint(), before);
                        continue;
                    }
                    Some(_) => {}
                    None => self.tally.states += 1,
                }
                trail.push((step, survives));
                match self.judge(&state, depth) {
                    Ok(next) => self.go(&next, depth.saturating_sub(1), trail, context),
                    Err(problem) => {
                        let text = format!("{}, crashes {trail:?}: {problem}\nfound:\n{}", context(), listing(&state));
                        self.tally.problem(text);
                    }
                }
                trail.pop();
            }
        }
    }

    /// The states that a crash of what is done about this one can find.
    fn judge(&self, state: &CrashDisk, depth: usize) -> Result<Vec<CrashDisk>, String> {
        (self.act.promise)(state)?;
        let next = state.after(Survives::Machine);
        if depth > 0 {
            next.record();
        }
        caught(|| (self.act.again)(&next))?;
        let recorded = if depth > 0 { next.recorded() } else { Vec::new() };
        let left = listing(&next);
        caught(|| (self.act.end)(&next.after(Survives::Machine))).map_err(|problem| format!("{problem}\nleft:\n{left}"))?;
        Ok(recorded)
    }
}

/// A panic in it is a problem too.
pub(super) fn caught(act: impl FnOnce() -> Told) -> Told {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(format!("panicked: {}", text.unwrap_or_default()))
    })
}

/// All names with the beginnings of their contents.
pub(super) fn listing(disk: &CrashDisk) -> String {
    let line = |(path, data): (&std::path::PathBuf, &Vec<u8>)| {
        let text: String = String::from_utf8_lossy(data).chars().take(60).collect();
        format!("  {} = {text:?} ({})\n", path.display(), data.len())
    };
    disk.files().iter().map(line).collect()
}

/// Does this for every mode, side by side, says what it came to, and fails if anything was wrong.
#[track_caller]
pub(super) fn for_each(what: &str, modes: &[Mode], least: usize, act: impl Fn(&Mode) -> Tally + Sync) {
    let begin = Instant::now();
    let (next, total) = (AtomicUsize::new(0), Mutex::new(Tally::default()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(modes.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                freeze();
                while let Some(mode) = modes.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let tally = act(mode);
                    total.lock().expect("no panic holds it").add(tally);
                }
            });
        }
    });
    let total = total.into_inner().expect("no panic holds it");
    let count = total.states + total.faults;
    eprintln!(
        "{what}: {} modes, {} faults, {} states, {} wrong, {:.1} s",
        modes.len(),
        total.faults,
        total.states,
        total.wrong,
        begin.elapsed().as_secs_f64()
    );
    assert!(total.wrong == 0, "{what}: {} wrong\n{}", total.wrong, total.problems.join("\n\n"));
    assert!(count >= least, "{what}: only {count} tried");
}
