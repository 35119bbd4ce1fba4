//! The workers of the plan, and when they are due: scan a folder, plan what was scanned, sample the plan, order the table. One
//! of a kind is under way; what was asked meanwhile is done next, what nobody asks any more is stopped.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::facts::{Facts, Savings};
use super::order::{Ask, Filter, Sort};
use super::state::{Scanning, State};
use crate::engine::{Control, Engine, Estimate, Plan, Predictions, ScanNews, Scanned, Settings, StopReason};
use crate::gui::format;
use crate::gui::model::Model;
use crate::gui::office::{Courier, Office};
use crate::report::{Finding, past_writes_in, preflight};

/// What the workers tell.
#[derive(Debug)]
pub(in crate::gui) enum News {
    Scanning {
        ticket: u64,
        news: ScanNews,
    },
    Scanned {
        ticket: u64,
        scanned: Scanned,
        took: Duration,
    },
    /// It was stopped.
    NotScanned {
        ticket: u64,
    },
    Planned(Box<Made>),
    /// The plan as it was, with what sidecars say.
    SidecarsRead {
        revision: u64,
        plan: Arc<Plan>,
        findings: Vec<Finding>,
    },
    NotPlanned(String),
    PlanningEnded,
    Sampled {
        revision: u64,
        estimate: Arc<Estimate>,
        predictions: Arc<Predictions>,
        savings: Option<Savings>,
        findings: Option<Vec<Finding>>,
        complete: bool,
    },
    SamplingEnded {
        revision: u64,
    },
    Ordered {
        of: u64,
        order: Arc<[u32]>,
    },
    OrderingEnded,
}

/// A plan that was made.
#[derive(Debug)]
pub(in crate::gui) struct Made {
    pub(super) revision: u64,
    pub(super) plan: Arc<Plan>,
    pub(super) roots: Vec<PathBuf>,
    pub(super) facts: Arc<Facts>,
    pub(super) findings: Vec<Finding>,
}

/// What a plan is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) scans: u64,
    pub(super) settings: u64,
}

/// What an order of the table is made from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Past {
    plan: u64,
    forecast: u64,
    filter: Filter,
    sort: Sort,
}

#[cfg(test)]
impl Past {
    pub(super) fn is_of(&self, plan: u64, forecast: u64) -> bool {
        self.plan == plan && self.forecast == forecast
    }
}

/// A slider that is being moved asks for a plan at every step; a sample is begun when it rests.
const REST: Duration = Duration::from_millis(150);

/// The histogram is made anew no more often, while the sample goes on.
const HISTOGRAM: Duration = Duration::from_millis(500);

/// Starts what became due. Cheap: compares numbers.
pub(super) fn settle(model: &mut Model, office: &Office) {
    let running = model.run.is_running();
    let shards = model.shards.revision;
    let settings = (model.settings.revision, model.settings.valid());
    let plan = &mut model.plan;
    if plan.ticked_revision != shards {
        plan.ticked_revision = shards;
        let ticked = model.shards.ticked();
        if ticked != plan.ticked {
            plan.tick(ticked);
        }
    }
    // A run leaves other files than it found.
    if std::mem::replace(&mut plan.was_running, running) && !running {
        plan.forget_scans();
    }
    scan(plan, office);
    plan.wanted = settings.1.is_some().then_some(Asked {
        scans: plan.scans_revision,
        settings: settings.0,
    });
    if let (revision, Some(settings)) = settings {
        make_plan(plan, revision, settings, office);
    }
    sample(plan, running, office);
    order(plan, office);
}

fn scan(plan: &mut State, office: &Office) {
    if plan.scanning.is_some() {
        return;
    }
    let Some(path) = plan.queue.pop_front() else { return };
    let ticket = plan.ticket();
    let control = Arc::new(Control::default());
    plan.scanning = Some(Scanning {
        path: path.clone(),
        ticket,
        control: Arc::clone(&control),
        news: ScanNews {
            path: path.clone(),
            found: 0,
            read: 0,
            bytes: 0,
            done: false,
        },
    });
    let engine = Arc::clone(&office.engine);
    office.spawn("scan", move |courier| {
        // Also where a panic ends it, or the folders behind would wait for ever.
        let end = Told::new(courier, News::NotScanned { ticket });
        let begun = Instant::now();
        let tell = |news: &ScanNews| {
            courier.tell(News::Scanning {
                ticket,
                news: news.clone(),
            })
        };
        if let Ok(scanned) = engine.scan_shards(std::slice::from_ref(&path), &control, tell) {
            let took = begun.elapsed();
            courier.tell(News::Scanned { ticket, scanned, took });
        }
        drop(end);
    });
}

fn make_plan(plan: &mut State, settings_revision: u64, settings: Arc<Settings>, office: &Office) {
    let asked = Asked {
        scans: plan.scans_revision,
        settings: settings_revision,
    };
    if plan.planned_for.as_ref() == Some(&asked) {
        return;
    }
    // What is sampled now is of no use any more.
    if let Some((_, control)) = &plan.sampling {
        control.stop(StopReason::Asked);
    }
    if plan.planning {
        return;
    }
    let scans: Vec<Scanned> = plan
        .ticked
        .iter()
        .filter_map(|path| plan.scans.get(path))
        .map(|scan| scan.scanned.clone())
        .collect();
    if scans.is_empty() {
        plan.planned_for = Some(asked);
        // While folders are looked into again, the page stays.
        if plan.ticked.is_empty() {
            plan.current = None;
            plan.facts = None;
            plan.findings = Arc::default();
            plan.savings = None;
            plan.order = Arc::default();
            plan.error = None;
            plan.select(None);
        }
        return;
    }
    plan.planned_for = Some(asked);
    plan.planning = true;
    let revision = plan.ticket();
    let roots = plan.ticked.clone();
    let engine = Arc::clone(&office.engine);
    office.spawn("plan", move |courier| {
        let _end = Told::new(courier, News::PlanningEnded);
        plan_it(&engine, (revision, roots), &Scanned::join(&scans), &settings, courier);
    });
}

fn plan_it(engine: &Engine, (revision, roots): (u64, Vec<PathBuf>), scanned: &Scanned, settings: &Settings, courier: &Courier) {
    let plan = match engine.replan(scanned, settings) {
        Ok(plan) => plan,
        Err(error) => return courier.tell(News::NotPlanned(error.to_string())),
    };
    let facts = Arc::new(Facts::new(&plan));
    let all_known = engine.knows_sidecars(scanned, &plan);
    let grounds = engine.grounds(&plan);
    let findings = |plan: &Plan| preflight(plan, &grounds, None, &size);
    let again = (!all_known).then(|| plan.clone());
    let plan = Arc::new(plan);
    courier.tell(News::Planned(Box::new(Made {
        revision,
        findings: findings(&plan),
        plan,
        roots,
        facts,
    })));
    if let Some(mut plan) = again {
        engine.read_sidecars(scanned, &mut plan, &Control::default());
        let findings = findings(&plan);
        courier.tell(News::SidecarsRead {
            revision,
            plan: Arc::new(plan),
            findings,
        });
    }
}

fn sample(plan: &mut State, running: bool, office: &Office) {
    if plan.sampling.is_some() || plan.planning || running || plan.scanning.is_some() || !plan.queue.is_empty() {
        return;
    }
    let Some(planned) = plan.current.as_ref().filter(|planned| planned.revision != plan.sampled) else {
        return;
    };
    if plan.planned_for.as_ref().is_none_or(|asked| asked.scans != plan.scans_revision) {
        return;
    }
    let revision = planned.revision;
    let shown = Arc::clone(&planned.plan);
    let control = Arc::new(Control::default());
    plan.sampling = Some((revision, Arc::clone(&control)));
    let engine = Arc::clone(&office.engine);
    let history = office.places.history();
    office.spawn("sample", move |courier| {
        let _end = Told::new(courier, News::SamplingEnded { revision });
        let begun = Instant::now();
        while begun.elapsed() < REST {
            if control.stopped().is_some() {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        let past = history.map(|history| past_writes_in(&history)).unwrap_or_default();
        let grounds = engine.grounds(&shown);
        let mut drawn: Option<Instant> = None;
        let (estimate, predictions) = engine.predict(&shown, &past, &control, |estimate, predictions| {
            let predictions = predictions();
            let due = drawn.is_none_or(|at| at.elapsed() >= HISTOGRAM);
            let savings = due.then(|| Savings::new(&shown, &predictions));
            if due {
                drawn = Some(Instant::now());
            }
            courier.tell(News::Sampled {
                revision,
                estimate: Arc::new(estimate.clone()),
                predictions: Arc::new(predictions),
                savings,
                findings: None,
                complete: false,
            });
        });
        // Of a sample that was stopped nothing more is to be had.
        if control.stopped().is_some() {
            return;
        }
        let needed = needed(&shown, &estimate, &predictions);
        courier.tell(News::Sampled {
            revision,
            savings: Some(Savings::new(&shown, &predictions)),
            findings: Some(preflight(&shown, &grounds, Some(&needed), &size)),
            estimate: Arc::new(estimate),
            predictions: Arc::new(predictions),
            complete: true,
        });
    });
}

/// Bytes that the replacements of each shard take, by the upper end of the range.
fn needed(plan: &Plan, estimate: &Estimate, predictions: &Predictions) -> Vec<u64> {
    let after = estimate.bytes_after;
    let most = if after.expected > 0 {
        after.high as f64 / after.expected as f64
    } else {
        1.0
    };
    let mut needed = vec![0.0_f64; plan.shards.len()];
    for (shard, _, bytes) in predictions.all(plan) {
        needed[shard] += bytes as f64 * most;
    }
    needed.into_iter().map(|bytes| bytes.ceil() as u64).collect()
}

fn order(plan: &mut State, office: &Office) {
    if plan.ordering {
        return;
    }
    let (Some(planned), Some(facts)) = (&plan.current, &plan.facts) else {
        return;
    };
    let past = Past {
        plan: planned.revision,
        forecast: plan.forecast_revision,
        filter: plan.filter.clone(),
        sort: plan.kept.sort,
    };
    if plan.ordered_for.as_ref() == Some(&past) {
        return;
    }
    let ask = Ask {
        plan: Arc::clone(&planned.plan),
        facts: Arc::clone(facts),
        predictions: planned.predictions.clone(),
        filter: plan.filter.clone(),
        sort: plan.kept.sort,
    };
    let of = planned.revision;
    plan.ordered_for = Some(past);
    plan.ordering = true;
    office.spawn("sort", move |courier| {
        let _end = Told::new(courier, News::OrderingEnded);
        courier.tell(News::Ordered {
            of,
            order: ask.answer().into(),
        });
    });
}

fn size(bytes: u64) -> String {
    format::bytes(bytes).text()
}

/// Tells something when it goes, however the worker ends.
struct Told<'a> {
    courier: &'a Courier,
    news: Option<News>,
}

impl<'a> Told<'a> {
    fn new(courier: &'a Courier, news: News) -> Self {
        Self { courier, news: Some(news) }
    }
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if let Some(news) = self.news.take() {
            self.courier.tell(news);
        }
    }
}
