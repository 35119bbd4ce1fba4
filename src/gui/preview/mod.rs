//! The preview: one image before and after, by the very code of the run. It never writes.
//!
//! One worker looks at images (`work`), another draws thumbnails and brings the strip into order (`film`). Requests are
//! numbered, and the newest wins: what was made for another image is thrown away, what was made for other settings of the same
//! image is shown until something newer is there, so that a picture follows a slider and never waits for it to stop.

mod film;
mod inspector;
mod page;
mod sheet;
mod stage;
mod state;
mod strip;
#[cfg(test)]
mod tests;
mod work;

use serde::{Deserialize, Serialize};
use std::time::Duration;

use super::model::Model;
use super::office::Office;
use super::plan::ImageAt;
use super::shell::Page;
use super::{format, plan};
use film::{Hard, Order};
use sheet::Region;

pub(super) use page::{View, show};
pub(super) use state::State;
pub(super) use work::News;

/// What is remembered of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    mode: Mode,
    true_pixels: bool,
    order: Order,
}

/// How the two sides are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::gui) enum Mode {
    /// One picture, parted by a line that can be moved.
    #[default]
    Slider,
    SideBySide,
    /// One picture, changed by a key.
    Flip,
    /// What the encoding changed, made stronger.
    Difference,
}

/// Settings of one image that are not those of the plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::gui) struct Tried {
    quality: Option<u8>,
    target: Option<u32>,
}

/// What a person asks of the preview.
#[derive(Debug, Clone)]
pub(super) enum Command {
    Mode(Mode),
    /// Flips, from whichever mode.
    Flip,
    /// To the difference and back.
    ToggleDifference,
    TruePixels(bool),
    /// So many images on in the strip.
    Step(i64),
    /// This image of the strip.
    Go(usize),
    Order(Order),
    /// Hard cases of a kind in the strip; `None`: all images.
    Hard(Option<Hard>),
    Try(Tried),
    /// These of the strip can be seen: their thumbnails are wanted.
    Wanted(Vec<ImageAt>),
    /// This part of the original can be seen larger than it is held.
    Part(Region),
}

pub(super) fn act(model: &mut Model, command: Command, office: &Office) {
    let preview = &mut model.preview;
    match command {
        Command::Mode(mode) => preview.kept.mode = mode,
        Command::Flip => {
            if preview.kept.mode == Mode::Flip {
                preview.after_side = !preview.after_side;
            } else {
                (preview.kept.mode, preview.after_side) = (Mode::Flip, true);
            }
        }
        Command::ToggleDifference => {
            let back = std::mem::replace(&mut preview.mode_before, preview.kept.mode);
            preview.kept.mode = match preview.kept.mode {
                Mode::Difference if back == Mode::Difference => Mode::Slider,
                Mode::Difference => back,
                _ => Mode::Difference,
            };
        }
        Command::TruePixels(yes) => preview.kept.true_pixels = yes,
        Command::Step(by) => {
            let last = preview.film.images().len().saturating_sub(1);
            let place = preview
                .film
                .place
                .map_or(0, |place| place.saturating_add_signed(by as isize).min(last));
            go(model, place, office);
        }
        Command::Go(place) => go(model, place, office),
        Command::Order(order) => preview.kept.order = order,
        Command::Hard(kind) => film::choose_hard(model, kind, office),
        Command::Try(tried) => preview.tried = tried,
        Command::Wanted(images) => film::want(model, images, office),
        Command::Part(region) => work::ask_for_part(model, region),
    }
}

fn go(model: &mut Model, place: usize, office: &Office) {
    if let Some(at) = model.preview.film.images().get(place).copied() {
        model.preview.film.place = Some(place);
        plan::act(model, plan::Command::Select(Some(at)), office);
    }
}

pub(super) fn hear(model: &mut Model, news: News, office: &Office) {
    match news {
        News::Look { image, number, told } => model.preview.hear(image, number, told),
        News::Ordered { of, images, folders } => model.preview.film.ordered(of, images, folders),
        News::Thumbnail { key, picture } => model.preview.film.drawn(key, picture),
        News::Hard { ticket, cases, is_over } => {
            model.preview.film.found(ticket, cases, is_over);
            film::follow(model, office);
        }
    }
}

/// Starts what became due.
pub(super) fn settle(model: &mut Model, office: &Office) {
    if model.shell.page != Page::Preview {
        return;
    }
    film::settle(model, office);
    work::settle(model, office);
}

/// What the status bar adds while the preview is shown.
pub(super) fn status(model: &Model) -> Option<String> {
    let took: Duration = model.preview.shown.as_ref()?.after.as_ref()?.took;
    Some(format!("Preview made in {}", format::time(took).text()))
}

/// The selected image is shown as it would become, with nothing newer under way.
pub(super) fn is_ready(model: &Model) -> bool {
    model.preview.made().is_some() && !model.preview.is_making()
}
