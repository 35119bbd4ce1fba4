//! What is said of a run in words and figures: the one number of the page, the sentences at its end.

use std::time::Duration;

use super::Command;
use super::follow::{End, Told};
use super::state::Live;
use crate::engine::{Phase, StopReason};
use crate::gui::format::{self, Quantity};
use crate::gui::model::Model;
use crate::gui::shell::{Toast, Tone};
use crate::gui::{settings, shards};

/// Before so many seconds the speed is that of the start-up, and the forecast knows better.
const TOO_YOUNG: f64 = 2.0;

/// Why the button cannot be pressed, and what to do; `None` where it can.
pub(super) fn why_not(model: &Model) -> Option<String> {
    if model.shards.is_empty() {
        return Some("Add a folder of images first.".to_owned());
    }
    if model.settings.valid().is_none() {
        return Some("A setting needs a change first; it is marked.".to_owned());
    }
    let planned = model.plan.current();
    let offer = model
        .run
        .offer
        .as_ref()
        .filter(|offer| planned.is_some_and(|planned| planned.revision == offer.revision));
    let Some(offer) = offer.filter(|_| model.plan.is_fresh()) else {
        return Some(if model.shards.ticked().is_empty() {
            "Tick a shard first.".to_owned()
        } else {
            "The plan is being made.".to_owned()
        });
    };
    if offer.blocking > 0 {
        let names = format::things(offer.blocking, "name is", "names are");
        return Some(format!(
            "{names} wanted twice. Rename one file of each, or let them be skipped or numbered in the settings."
        ));
    }
    (!offer.has_work()).then(|| "Every image is as the settings want it.".to_owned())
}

/// What the button says.
pub(super) fn deed(model: &Model) -> String {
    match &model.run.offer {
        Some(offer) => offer.deed(),
        None => "Shrink images".to_owned(),
    }
}

/// Time left, from the run itself as soon as it knows; `None` where nobody knows.
pub(super) fn time_left(live: &Live) -> Option<Duration> {
    let now = &live.now;
    let forecast = || {
        let expected = live.estimate.as_ref()?.times.wall.expected;
        Duration::try_from_secs_f64(expected - now.seconds).ok()
    };
    if now.seconds < TOO_YOUNG {
        return forecast().or(now.snapshot.time_left);
    }
    now.snapshot.time_left
}

/// The one number of the page.
pub(super) fn figure(live: &Live) -> Quantity {
    let word = |value: &str| Quantity {
        value: value.to_owned(),
        unit: "",
    };
    match &live.end {
        Some(End::Told(told)) => return format::time(told.wall),
        Some(End::Blocked { .. }) => return word("Nothing was begun"),
        Some(End::Broken { .. }) => return word("Ended by an error"),
        None => {}
    }
    match live.stopping {
        _ if !live.has_begun() => word("Getting ready"),
        Some(StopReason::Insisted) => word("Stopping now"),
        Some(_) => word("Stopping"),
        None if live.pausing => word("Paused"),
        None if live.now.snapshot.done == live.now.snapshot.total => word("Making the report"),
        None => time_left(live).map_or_else(|| word("–"), format::time),
    }
}

/// What the number is.
pub(super) fn unit(live: &Live, figure: &Quantity) -> String {
    match (&live.end, figure.unit) {
        (_, "") => String::new(),
        (Some(_), unit) => format!("{unit} in all"),
        (None, unit) => format!("{unit} left"),
    }
}

/// Above the number: which shards, how far.
pub(super) fn caption(live: &Live) -> String {
    let (name, snapshot) = (&live.offer.name, &live.now.snapshot);
    let of = format!(
        "{} of {}",
        format::count(snapshot.write.images),
        format::things(snapshot.total, "image", "images")
    );
    match &live.end {
        Some(End::Told(told)) if told.stopped.is_some() => format!("{name}, stopped, {of} written"),
        Some(End::Told(_)) => format!("{name}, done, {of} written"),
        Some(_) => name.clone(),
        None if !live.has_begun() => name.clone(),
        None => format!("{name}, {of} written"),
    }
}

/// Images and bytes a second of a phase: of the last seconds, or of the whole where it is over.
pub(super) fn rates(live: &Live, phase: Phase) -> (String, String) {
    let phase = live.now.snapshot.of(phase);
    let (images, bytes) = if live.end.is_some() {
        let seconds = live.now.seconds.max(0.001);
        (phase.images as f64 / seconds, phase.bytes as f64 / seconds)
    } else if live.now.paused {
        (0.0, 0.0)
    } else {
        (phase.images_per_second, phase.bytes_per_second)
    };
    let shown = |value: f64| if value > 0.0 { format::significant(value) } else { String::new() };
    (shown(images), shown(bytes / 1e6))
}

/// What waits behind a phase, or is in flight.
pub(super) fn queue(live: &Live, phase: Phase) -> String {
    if live.end.is_some() {
        return String::new();
    }
    let snapshot = &live.now.snapshot;
    let next = match phase {
        Phase::Load => snapshot.process,
        Phase::Process => snapshot.write,
        Phase::Write => return format!("{} in flight", format::count(snapshot.write.in_hand as u64)),
    };
    let waiting = next.queue.max(0) as u64;
    let bytes = next.queue_bytes.max(0) as u64;
    if waiting == 0 {
        "0 waiting".to_owned()
    } else {
        format!("{} waiting, {}", format::count(waiting), format::bytes(bytes).text())
    }
}

/// Part of the run that has come through a phase. What failed or needed no more counts as through.
pub(super) fn part(live: &Live, phase: Phase) -> f32 {
    let snapshot = &live.now.snapshot;
    let through = match phase {
        Phase::Write => snapshot.done,
        phase => snapshot.of(phase).images.max(snapshot.done),
    };
    (through as f32 / snapshot.total.max(1) as f32).min(1.0)
}

/// The graphics card that is open, and what it does, in full; `None` where none is.
pub(super) fn card_in_use(live: &Live) -> Option<(String, String)> {
    let record = live.now.card.as_ref()?;
    let card = record.adapter.as_ref()?;
    Some((card.name.clone(), format!("{} {}", settings::in_full(card), record.verdict)))
}

/// How much of the resizing the graphics card did; `None` where none was opened.
pub(super) fn by_card(live: &Live) -> Option<String> {
    let record = live.now.card.as_ref().filter(|record| record.adapter.is_some())?;
    let all = live.now.snapshot.process.images.max(record.images);
    let (by, all) = (format::count(record.images), format::count(all));
    Some(format!("Resized by the graphics card: {by} of {all}"))
}

/// The fact and its detail at the end of a run.
fn outcome(name: &str, told: &Told) -> (String, String) {
    let images = format::things(told.changed, "image", "images");
    let title = match told.stopped {
        None => format!("{name}: {images} shrunk"),
        Some(StopReason::DiskFull) => "The drive is full, the run has stopped".to_owned(),
        Some(StopReason::TooManyFailures) => "Too many files failed, the run has stopped".to_owned(),
        Some(StopReason::Asked | StopReason::Insisted) => format!("Stopped, {images} shrunk"),
    };
    let mut parts = Vec::new();
    if told.changed > 0 || told.saved_bytes != 0 {
        let saved = format::signed_bytes(told.saved_bytes).text();
        parts.push(match told.kept_bytes {
            0 => format!("{saved} saved in {}.", format::time(told.wall).text()),
            kept => format!(
                "{saved} smaller in {}; originals of {} are kept until you purge them.",
                format::time(told.wall).text(),
                format::bytes(kept).text()
            ),
        });
    }
    if told.failed > 0 {
        parts.push(format!(
            "{} failed; their originals are as they were.",
            format::things(told.failed, "image", "images")
        ));
    }
    if told.not_reached > 0 {
        parts.push(format!(
            "{} not begun; run again to go on.",
            format::things(told.not_reached, "image was", "images were")
        ));
    }
    if let Some(error) = &told.not_saved {
        parts.push(format!("The report is not in the history. {error}"));
    }
    (title, parts.join(" "))
}

/// The remark at the end of a run.
pub(super) fn toast(live: &Live) -> Toast {
    match &live.end {
        Some(End::Told(told)) => {
            let (title, detail) = outcome(&live.offer.name, told);
            let tone = if told.failed > 0 || told.stopped.is_some_and(|reason| reason < StopReason::Asked) {
                Tone::Warning
            } else {
                Tone::Success
            };
            let mut toast = Toast::new(tone, title).detail(detail);
            if !told.kept_in.is_empty() {
                let undo = shards::Command::Ask(shards::TaskKind::Undo, live.offer.roots.clone());
                toast = toast.link("Undo", undo);
            }
            if told.not_saved.is_none() {
                toast.link("Show report", Command::ShowReport(told.id.clone()))
            } else {
                toast
            }
        }
        Some(End::Blocked { text, .. }) => Toast::new(Tone::Warning, "Nothing was begun").detail(text.clone()),
        Some(End::Broken { text }) => Toast::new(Tone::Danger, "The run ended by an error").detail(text.clone()),
        None => Toast::new(Tone::Success, "The run goes on"),
    }
}

/// The same for the desktop.
pub(super) fn sign(name: &str, end: &End) -> (String, String) {
    match end {
        End::Told(told) => outcome(name, told),
        End::Blocked { text, .. } => ("Nothing was begun".to_owned(), text.clone()),
        End::Broken { text } => ("The run ended by an error".to_owned(), text.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_with_what_stayed() {
        let told = |stopped: Option<StopReason>, failed: u64| Told {
            id: "x".into(),
            changed: 1204,
            failed,
            not_reached: if stopped.is_some() { 1134 } else { 0 },
            saved_bytes: 2_040_109_465,
            kept_bytes: 2_254_857_830,
            kept_in: Vec::new(),
            wall: Duration::from_secs(68),
            stopped,
            not_saved: None,
        };
        let (title, detail) = outcome("shard_00000", &told(None, 0));
        assert_eq!(title, "shard_00000: 1,204 images shrunk");
        assert_eq!(
            detail,
            "1.90 GiB smaller in 1:08 min; originals of 2.10 GiB are kept until you purge them."
        );
        let (title, detail) = outcome("shard_00000", &told(Some(StopReason::Asked), 1));
        assert_eq!(title, "Stopped, 1,204 images shrunk");
        assert!(
            detail.ends_with("1 image failed; their originals are as they were. 1,134 images were not begun; run again to go on."),
            "{detail}"
        );
        assert_eq!(
            outcome("s", &told(Some(StopReason::DiskFull), 0)).0,
            "The drive is full, the run has stopped"
        );
    }
}
