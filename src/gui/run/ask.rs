//! The questions of a run: before it begins, before it is stopped, before the window closes over it. Each says what will happen,
//! with the figures, and what stays as it is.

use std::sync::Arc;
use std::time::Duration;

use lucide_icons::Icon;

use super::Command;
use super::offer::Offer;
use super::state::Live;
use crate::engine::{Estimate, Originals};
use crate::gui::shell::{self, Dialog, Page};
use crate::gui::{command, format};

/// Before it begins.
pub(super) fn begin(offer: &Arc<Offer>, estimate: Option<Arc<Estimate>>) -> Dialog {
    let totals = &offer.totals;
    let deed = offer.deed();
    let keep = offer.originals() == Originals::Keep;
    let (title, text) = if totals.work_images == 0 {
        (
            format!("{deed}?"),
            "What an earlier run left half done is brought to its end. No image is lost, and none is begun anew.",
        )
    } else if keep {
        (
            format!("{deed} in {}?", offer.name),
            "Every original is kept in the shard until you purge it, so this run can be undone at any time.",
        )
    } else {
        (
            format!("{deed} in {} and delete the originals?", offer.name),
            "Each original is deleted as soon as its replacement is safely on the drive. This cannot be undone.",
        )
    };
    let mut dialog = Dialog::new(title, text);
    if totals.work_images > 0 {
        let others = totals.images - totals.work_images;
        dialog = dialog.figure(
            "Images shrunk",
            format::count(totals.work_images),
            if others == 0 {
                "all that there are".to_owned()
            } else {
                format!("{} of {} are left alone", format::count(others), format::count(totals.images))
            },
        );
        if let Some(estimate) = &estimate {
            dialog = forecast(dialog, offer, estimate, keep);
        }
        if offer.sidecars > 0 {
            dialog = dialog.figure("Sidecars", format::count(offer.sidecars), "file name, width and height follow");
        }
    }
    if let Some(warning) = warning(offer) {
        let more: command::Command = shell::Command::Go(Page::Plan).into();
        dialog = dialog.warn(warning, Some(("Show".to_owned(), more)));
    }
    let command = Command::Begin {
        offer: Arc::clone(offer),
        estimate,
    };
    if keep || totals.work_images == 0 {
        dialog.answer(deed, Some(Icon::Scaling), command)
    } else {
        dialog.final_answer(format!("{deed}, delete originals"), Some(Icon::Scaling), command)
    }
}

fn forecast(mut dialog: Dialog, offer: &Offer, estimate: &Estimate, keep: bool) -> Dialog {
    let before = offer.totals.bytes;
    let after = before.saturating_sub(estimate.bytes_saved.expected);
    let less = format!(
        "{} less than {}",
        format::percent(estimate.bytes_saved.expected as f64 / before.max(1) as f64).text(),
        format::bytes(before).text()
    );
    if keep {
        let fresh = format::bytes(estimate.bytes_after.expected).text();
        dialog = dialog
            .figure(
                "After the run",
                format::bytes(before.saturating_add(estimate.bytes_after.expected)).text(),
                format!("{fresh} of new files, originals kept"),
            )
            .figure("After a purge", format::bytes(after).text(), less);
    } else {
        dialog = dialog.figure("After the run", format::bytes(after).text(), less);
    }
    let wall = estimate.times.wall;
    let time = |seconds: f64| format::time(Duration::try_from_secs_f64(seconds).unwrap_or_default());
    let (low, high) = (time(wall.low), time(wall.high));
    let low = if low.unit == high.unit { low.value.clone() } else { low.text() };
    dialog.figure("Time", time(wall.expected).text(), format!("{low} to {} likely", high.text()))
}

/// What is skipped, and what comes first.
fn warning(offer: &Offer) -> Option<String> {
    let mut skipped = Vec::new();
    if offer.clashing > 0 {
        skipped.push(format::things(
            offer.clashing,
            "file with a clashing name",
            "files with clashing names",
        ));
    }
    if offer.totals.refused > 0 {
        skipped.push(format::things(offer.totals.refused, "unreadable image", "unreadable images"));
    }
    let unreadable = offer.plan.unreadable.len() as u64;
    if unreadable > 0 {
        skipped.push(format::things(unreadable, "unreadable folder", "unreadable folders"));
    }
    let one = offer.clashing + offer.totals.refused + unreadable == 1;
    let mut sentences = Vec::new();
    if !skipped.is_empty() {
        sentences.push(format!("{} {} skipped.", listed(&skipped), if one { "is" } else { "are" }));
    }
    if offer.interrupted > 0 && offer.totals.work_images > 0 {
        let shards = format::things(offer.interrupted, "interrupted shard is", "interrupted shards are");
        sentences.push(format!("{shards} recovered first."));
    }
    if offer.stale_sidecars > 0 {
        let sidecars = format::things(offer.stale_sidecars, "sidecar goes", "sidecars go");
        sentences.push(format!("{sidecars} on naming the old files."));
    }
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// Before it is stopped. `now`: what is in flight is dropped, too.
pub(super) fn stop(live: &Live, now: bool) -> Dialog {
    let (done, flight, rest) = figures(live);
    let stay = format!("{} done and stay.", are(done, "image is", "images are"));
    if now {
        let dropped = if flight == 1 {
            "1 in flight is dropped, its original untouched."
        } else {
            &format!("{} in flight are dropped, their originals untouched.", format::count(flight))
        };
        Dialog::new("Stop now?", format!("{stay} {dropped}")).answer("Stop now", Some(Icon::Square), Command::StopNow)
    } else {
        let text = format!(
            "{stay} {} in flight {} finished. {} as they are; run again to go on from there.",
            format::count(flight),
            if flight == 1 { "is" } else { "are" },
            match rest {
                1 => "The other one stays".to_owned(),
                n => format!("The other {} stay", format::count(n)),
            }
        );
        Dialog::new("Stop after what is in flight?", text).answer("Stop after these", Some(Icon::Square), Command::Stop)
    }
}

/// Before the window closes over it.
pub(super) fn close(live: &Live) -> Dialog {
    let (done, flight, _) = figures(live);
    let text = format!(
        "{} of {} done. Stopping finishes the {} in flight, which takes a moment; all others stay as they are. Minimised, the run \
         goes on.",
        format::count(done),
        are(live.now.snapshot.total, "image is", "images are"),
        format::count(flight),
    );
    Dialog::new("Close the window while images are being shrunk?", text)
        .answer("Minimise and go on", None, shell::Command::Minimise)
        .answer("Stop and close", Some(Icon::Square), Command::StopAndClose)
}

fn are(count: u64, one: &str, many: &str) -> String {
    format::things(count, one, many)
}

/// Done, in flight, not begun.
fn figures(live: &Live) -> (u64, u64, u64) {
    let snapshot = &live.now.snapshot;
    let reading = snapshot.load.in_hand as u64;
    let flight = (snapshot.load.images + reading).saturating_sub(snapshot.done).min(snapshot.total);
    (snapshot.done, flight, snapshot.total.saturating_sub(snapshot.done + flight))
}

/// It asks about a run that goes on.
pub(super) fn is_about_a_run(dialog: &Dialog) -> bool {
    dialog.answers.iter().any(|answer| {
        matches!(
            &answer.command,
            command::Command::Run(Command::Stop | Command::StopNow | Command::StopAndClose)
        )
    })
}
