//! The benchmark: which shard, what to vary, how far it is, what came of it. The measuring is the engine's.

mod draw;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub(super) use self::draw::{show, show_status};
use crate::engine::{BenchAsk, BenchAxis, BenchProgress, BenchRecord, BenchValue, Control, FEWEST_ROUNDS, StopReason};
use crate::gui::format;
use crate::gui::model::Model;
use crate::gui::office::Office;
use crate::gui::shell::{Toast, Tone};
use crate::report::AxisName;
use crate::report::bench::suggested;
use crate::report::{BenchReport, Block, Plot};

/// Images that a benchmark copies, unless a person says otherwise.
const IMAGES: u32 = 48;
/// More are no longer a sample.
pub(super) const MOST_IMAGES: u32 = 500;
pub(super) const MOST_ROUNDS: u32 = 20;
/// Bytes of a copy for each image of it, on average: a bound on what is read into memory.
const BYTES_AN_IMAGE: u64 = 4 << 20;

/// What is remembered of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::gui) struct Kept {
    /// Choices that are not varied.
    without: BTreeSet<AxisName>,
    rounds: u32,
    images: u32,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            without: BTreeSet::new(),
            rounds: FEWEST_ROUNDS,
            images: IMAGES,
        }
    }
}

/// What only drawing needs.
#[derive(Debug, Default)]
pub(super) struct View {
    /// The plot is shown as a table.
    as_table: bool,
}

/// Facts of the benchmark.
#[derive(Debug, Default)]
pub(super) struct State {
    kept: Kept,
    /// What was chosen; otherwise the first shard of the plan with work.
    shard: Option<PathBuf>,
    running: Option<Running>,
    /// Goes up with every benchmark: what an older one tells is no news.
    revision: u64,
    /// What is known, of the one that runs or of the last.
    pub(super) shown: Option<Arc<BenchReport>>,
    plot: Option<Arc<Plot>>,
    suggested: Vec<BenchValue>,
    /// Why there is no more of it.
    problem: Option<String>,
}

/// One that is under way.
#[derive(Debug)]
struct Running {
    control: Arc<Control>,
    progress: Option<BenchProgress>,
    stopping: bool,
}

/// What a person asks of it.
#[derive(Debug, Clone)]
pub(in crate::gui) enum Command {
    Shard(PathBuf),
    /// Varies a choice, or does not.
    Vary(BenchAxis, bool),
    Rounds(u32),
    Images(u32),
    Start,
    Stop,
}

/// What its worker tells.
#[derive(Debug)]
pub(in crate::gui) enum News {
    Progress {
        revision: u64,
        progress: BenchProgress,
        so_far: Told,
    },
    Ended {
        revision: u64,
        result: Result<Told, String>,
    },
}

/// What was measured, ready to be drawn.
#[derive(Debug)]
pub(in crate::gui) struct Told {
    report: Arc<BenchReport>,
    plot: Option<Arc<Plot>>,
    suggested: Vec<BenchValue>,
}

impl Told {
    fn of(record: &BenchRecord) -> Self {
        let report = BenchReport::new(record);
        let blocks = report.page().sections.into_iter().flat_map(|section| section.blocks);
        let plot = blocks.into_iter().find_map(|block| match block {
            Block::Plot(plot) => Some(Arc::new(plot)),
            _ => None,
        });
        Self {
            suggested: suggested(record),
            plot,
            report: Arc::new(report),
        }
    }
}

impl State {
    pub(super) fn from_kept(kept: &Kept) -> Self {
        Self {
            kept: Kept {
                rounds: kept.rounds.clamp(FEWEST_ROUNDS, MOST_ROUNDS),
                images: kept.images.clamp(1, MOST_IMAGES),
                ..kept.clone()
            },
            ..Self::default()
        }
    }

    pub(super) fn keep(&self) -> Kept {
        self.kept.clone()
    }

    /// Name of a file for an export.
    pub(super) fn stem(&self) -> Option<String> {
        let report = self.shown.as_ref()?;
        let shard = report.shard.text.rsplit(['/', '\\']).next().unwrap_or_default();
        let when = format::local(report.started);
        Some(super::act::file_stem(&format!(
            "{shard} benchmark {}-{:02}-{:02}",
            when.year(),
            u8::from(when.month()),
            when.day()
        )))
    }

    fn take(&mut self, told: Told) {
        self.shown = Some(told.report);
        self.plot = told.plot;
        self.suggested = told.suggested;
    }

    fn varies(&self, axis: BenchAxis) -> bool {
        !self.kept.without.contains(&axis.into())
    }
}

/// The shard that would be measured: as chosen, while the plan has it with work in it.
fn shard(model: &Model) -> Option<PathBuf> {
    let plan = &model.plan.current()?.plan;
    let has_work = |path: &PathBuf| {
        let found = plan.shards.iter().find(|shard| shard.inventory.path == *path);
        found.is_some_and(|shard| shard.work().next().is_some())
    };
    let chosen = model.report.bench.shard.clone().filter(has_work);
    chosen.or_else(|| {
        let shard = plan.shards.iter().find(|shard| shard.work().next().is_some())?;
        Some(shard.inventory.path.clone())
    })
}

pub(super) fn act(model: &mut Model, command: Command, office: &Office) {
    let bench = &mut model.report.bench;
    match command {
        Command::Shard(path) => bench.shard = Some(path),
        Command::Vary(axis, true) => {
            bench.kept.without.remove(&axis.into());
        }
        Command::Vary(axis, false) => {
            bench.kept.without.insert(axis.into());
        }
        Command::Rounds(rounds) => bench.kept.rounds = rounds.clamp(FEWEST_ROUNDS, MOST_ROUNDS),
        Command::Images(images) => bench.kept.images = images.clamp(1, MOST_IMAGES),
        Command::Start => start(model, office),
        Command::Stop => {
            if let Some(running) = &mut bench.running {
                running.control.stop(StopReason::Asked);
                running.stopping = true;
            }
        }
    }
}

fn start(model: &mut Model, office: &Office) {
    let (Some(shard), Some(planned)) = (shard(model), model.plan.current()) else {
        return;
    };
    if model.report.bench.running.is_some() || model.run.is_running() {
        return;
    }
    let plan = Arc::clone(&planned.plan);
    let bench = &mut model.report.bench;
    let ask = BenchAsk {
        axes: BenchAxis::ALL.into_iter().filter(|axis| bench.varies(*axis)).collect(),
        rounds: bench.kept.rounds,
        most_images: bench.kept.images as usize,
        most_bytes: u64::from(bench.kept.images) * BYTES_AN_IMAGE,
        card: model.settings.cards.has_real() == Some(true),
        ..BenchAsk::of(shard)
    };
    let control = Arc::new(Control::default());
    bench.revision += 1;
    bench.problem = None;
    bench.running = Some(Running {
        control: Arc::clone(&control),
        progress: None,
        stopping: false,
    });
    let (revision, engine) = (bench.revision, Arc::clone(&office.engine));
    let ended = Ended {
        courier: office.courier(),
        revision,
        told: false,
    };
    office.spawn("benchmark", move |courier| {
        let result = engine.benchmark(&plan, &ask, &control, |progress, record| {
            courier.tell(super::News::Bench(News::Progress {
                revision,
                progress: progress.clone(),
                so_far: Told::of(record),
            }));
        });
        ended.tell(result.map(|record| Told::of(&record)).map_err(|error| error.to_string()));
    });
}

/// Says that the benchmark is over, also when its thread panicked: otherwise the page would wait for ever.
struct Ended {
    courier: crate::gui::office::Courier,
    revision: u64,
    told: bool,
}

impl Ended {
    fn tell(mut self, result: Result<Told, String>) {
        self.told = true;
        let revision = self.revision;
        self.courier.tell(super::News::Bench(News::Ended { revision, result }));
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        if !self.told {
            let revision = self.revision;
            let result = Err("The benchmark failed, which is a fault of the program. The shard was only read.".to_owned());
            self.courier.tell(super::News::Bench(News::Ended { revision, result }));
        }
    }
}

pub(super) fn hear(model: &mut Model, news: News, _: &Office) {
    let bench = &mut model.report.bench;
    match news {
        News::Progress {
            revision,
            progress,
            so_far,
        } if revision == bench.revision => {
            bench.take(so_far);
            if let Some(running) = &mut bench.running {
                running.progress = Some(progress);
            }
        }
        News::Ended { revision, result } if revision == bench.revision => {
            bench.running = None;
            let toast = match result {
                Ok(told) => {
                    let (title, detail) = if told.report.stopped {
                        ("The benchmark was stopped", "The copy it worked on is removed.".to_owned())
                    } else {
                        ("The benchmark is done", told.report.critical_finding.clone())
                    };
                    bench.take(told);
                    Toast::new(Tone::Success, title).detail(detail)
                }
                Err(problem) => {
                    bench.problem = Some(problem.clone());
                    Toast::new(Tone::Danger, "The benchmark ended early").detail(problem)
                }
            };
            model.shell.toast(toast);
        }
        News::Progress { .. } | News::Ended { .. } => {}
    }
}

/// When it may be over, from how long the runs so far took.
fn left(progress: &BenchProgress) -> Option<Duration> {
    (progress.done > 1).then(|| progress.elapsed / progress.done * (progress.of - progress.done))
}
