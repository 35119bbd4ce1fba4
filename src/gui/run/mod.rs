//! The run: asking before it begins, watching it, pausing and stopping it.
//!
//! - `offer`: what a run of the current plan would be; `ask`: the questions;
//! - `follow`: the worker that starts it, follows it and makes its report; `story`, `track`, `sizes`, `plots`, `verdict`: what it
//!   gathers; `notify`: a sign to whoever looks elsewhere;
//! - `page`, `head`, `charts`, `side`, `bars`: the drawing.

mod ask;
mod bars;
mod charts;
mod follow;
mod head;
mod histogram;
mod notify;
mod offer;
mod page;
mod plots;
mod side;
mod sizes;
mod state;
mod story;
#[cfg(test)]
mod tests;
mod track;
mod verdict;
mod words;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crossbeam_channel::unbounded;

use super::model::Model;
use super::office::Office;
use super::report;
use super::shell::{self, Page, Toast, Tone};
use crate::engine::{Estimate, StopReason};

pub(super) use self::bars::{show_actions, show_status};
use self::follow::{End, Job, Latest, Order};
use self::offer::Offer;
pub(super) use self::page::{View, show};
use self::state::Live;
pub(super) use self::state::State;

/// What a person asks of the run.
#[derive(Debug, Clone)]
pub(super) enum Command {
    /// The confirmation of what the primary button says.
    Ask,
    /// Begins.
    Begin {
        offer: Arc<Offer>,
        /// What was predicted of it.
        estimate: Option<Arc<Estimate>>,
    },
    TogglePause,
    /// The question before a stop.
    AskStop,
    /// The question before what is in flight is dropped, too.
    AskStopNow,
    Stop,
    StopNow,
    StopAndClose,
    /// All failures into a file of the person's choice.
    SaveFailures,
    /// Of the last run, on the page of reports.
    ShowReport(String),
}

/// What the workers tell.
#[derive(Debug)]
pub(super) enum News {
    /// What the plan comes to.
    Offered(Arc<Offer>),
    /// There is a newer picture of the run.
    Fresh,
    Ended(End),
    /// The list was written there, nowhere, or could not be.
    Saved(Result<Option<PathBuf>, String>),
    /// There is no dialog here: the list goes to the clipboard.
    NoDialog(String),
}

pub(super) fn act(model: &mut Model, command: Command, office: &Office) {
    match command {
        Command::Ask => ask_to_begin(model),
        Command::Begin { offer, estimate } => begin(model, offer, estimate, office),
        Command::TogglePause => {
            if let Some(live) = model.run.running_mut().filter(|live| live.stopping.is_none()) {
                live.pausing = !live.pausing;
                live.order(if live.pausing { Order::Pause } else { Order::Resume });
            }
        }
        Command::AskStop | Command::AskStopNow => {
            let now = matches!(command, Command::AskStopNow);
            if let Some(dialog) = model.run.running().map(|live| ask::stop(live, now)) {
                model.shell.ask(dialog);
            }
        }
        Command::Stop => stop(model, StopReason::Asked),
        Command::StopNow => stop(model, StopReason::Insisted),
        Command::StopAndClose => {
            model.run.close_after = true;
            stop(model, StopReason::Asked);
            // It may have ended while the question was open.
            model.shell.closing |= !model.run.is_running();
        }
        Command::SaveFailures => save_failures(model, office),
        Command::ShowReport(id) => {
            report::act(model, report::Command::Open(Some(id)), office);
            model.shell.page = Page::Report;
        }
    }
}

fn ask_to_begin(model: &mut Model) {
    if model.run.is_running() {
        return;
    }
    match words::why_not(model) {
        Some(reason) => model.shell.toast(Toast::new(Tone::Warning, "Not yet").detail(reason)),
        None => {
            if let Some(offer) = &model.run.offer {
                let estimate = model.plan.current().and_then(|planned| planned.estimate.clone());
                model.shell.ask(ask::begin(offer, estimate));
            }
        }
    }
}

fn begin(model: &mut Model, offer: Arc<Offer>, estimate: Option<Arc<Estimate>>, office: &Office) {
    if model.run.is_running() {
        return;
    }
    let (latest, (orders, inbox)) = (Latest::default(), unbounded());
    let job = Job {
        plan: Arc::clone(&offer.plan),
        roots: offer.roots.clone(),
        estimate: estimate.clone(),
        history: office.places.history(),
        watched: Arc::clone(&model.run.watched),
        name: offer.name.clone(),
    };
    model.run.live = Some(Live::new(offer, estimate, latest.clone(), orders));
    model.shell.page = Page::Run;
    let engine = Arc::clone(&office.engine);
    office.spawn("the run", move |courier| follow::work(&engine, job, &inbox, &latest, courier));
}

fn stop(model: &mut Model, reason: StopReason) {
    if let Some(live) = model.run.running_mut() {
        live.stopping = live.stopping.max(Some(reason));
        live.pausing = false;
        live.order(Order::Stop(reason));
    }
}

pub(super) fn hear(model: &mut Model, news: News, office: &Office) {
    match news {
        News::Offered(offer) => {
            if model.run.offered == Some(offer.revision) {
                model.run.offer = Some(offer);
            }
        }
        News::Fresh => {
            if let Some(live) = &mut model.run.live {
                live.look();
            }
        }
        News::Ended(end) => ended(model, end, office),
        // The dialog was left without a choice.
        News::Saved(Ok(None)) => {}
        News::Saved(Ok(Some(path))) => model.shell.toast(
            Toast::new(Tone::Success, "The list of failures is saved")
                .detail(path.display().to_string())
                .link("Show file", shell::Command::ShowFile(path)),
        ),
        News::Saved(Err(error)) => model.shell.toast(Toast::new(Tone::Danger, "The list was not saved").detail(error)),
        News::NoDialog(list) => {
            shell::act(model, shell::Command::Copy(list), office);
            model.shell.toast(
                Toast::new(Tone::Warning, "The list is on the clipboard")
                    .detail("This desktop offers no dialog to choose a file. Paste the list where you want it."),
            );
        }
    }
}

fn ended(model: &mut Model, end: End, office: &Office) {
    let Some(live) = &mut model.run.live else { return };
    live.look();
    live.end = Some(end);
    live.pausing = false;
    let toast = words::toast(live);
    let told = match &live.end {
        Some(End::Told(told)) => Some(told.id.clone()),
        _ => None,
    };
    model.shell.toast(toast);
    if let Some(id) = told {
        report::act(model, report::Command::Open(Some(id)), office);
    }
    if std::mem::take(&mut model.run.close_after) {
        model.shell.closing = true;
    }
    // A question about a run that is over has no answer.
    if model.shell.dialog.as_ref().is_some_and(ask::is_about_a_run) {
        model.shell.dialog = None;
    }
}

/// Starts what became due.
pub(super) fn settle(model: &mut Model, office: &Office) {
    let Some(planned) = model.plan.current() else {
        model.run.offer = None;
        model.run.offered = None;
        return;
    };
    if model.run.offered == Some(planned.revision) {
        return;
    }
    let (revision, plan, roots) = (planned.revision, Arc::clone(&planned.plan), planned.roots.clone());
    model.run.offered = Some(revision);
    office.spawn("count the plan", move |courier| {
        courier.tell(News::Offered(Arc::new(Offer::new(revision, plan, roots))));
    });
}

fn save_failures(model: &Model, office: &Office) {
    let Some(live) = &model.run.live else { return };
    let failures = Arc::clone(&live.now.story.failures);
    office.spawn("save the list of failures", move |courier| courier.tell(side::save(&failures)));
}

/// The window is about to close while a run is under way: asks whether it goes on, or stops first.
pub(super) fn ask_before_closing(model: &mut Model) {
    if let Some(dialog) = model.run.running().map(ask::close) {
        model.shell.ask(dialog);
    }
}

/// What the window's title says of the run; `None` where there is none, or where it is over and another page is shown.
pub(super) fn title(model: &Model) -> Option<String> {
    let live = model.run.live.as_ref()?;
    match &live.end {
        None => {
            let percent = (words::part(live, crate::engine::Phase::Write) * 100.0).floor();
            Some(format!("Shrinking {}, {percent} %", live.offer.name))
        }
        Some(_) if model.shell.page != Page::Run => None,
        Some(End::Told(told)) if told.stopped.is_none() => Some(format!("Done, {}", live.offer.name)),
        Some(_) => Some(format!("Stopped, {}", live.offer.name)),
    }
}

/// Whether somebody looks at the window, told once a frame.
pub(super) fn is_watched(model: &Model, watched: bool) {
    model.run.watched.store(watched, Ordering::Relaxed);
}
