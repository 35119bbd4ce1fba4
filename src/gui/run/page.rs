//! The page of the run: how far it is, what bounds it, how it went, what is in hand, what failed. Two columns and four plots where
//! there is room; where there is not, one plot and one list at a time.

use egui::{Rect, Ui, pos2, vec2};
use lucide_icons::Icon;

use super::state::Live;
use super::{Command, bars, charts, head, side, words};
use crate::gui::command::Outbox;
use crate::gui::model::Model;
use crate::gui::theme;
use crate::gui::widgets::{Button, card_in, empty_state, segmented};

/// What only drawing needs.
#[derive(Debug, Default)]
pub(in crate::gui) struct View {
    /// Where there is room for one.
    pub(super) chart: Chart,
    pub(super) list: List,
}

/// One of the plots.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Chart {
    #[default]
    Throughput,
    Saved,
    Time,
    Sizes,
}

/// One of the lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum List {
    #[default]
    WorkingOn,
    Failures,
    Log,
}

/// Below this height four plots would be too flat to be read.
const LOW: f32 = 660.0;

/// The page.
pub(in crate::gui) fn show(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    let Some(live) = &model.run.live else {
        return nothing(ui, model, out);
    };
    let page = ui.max_rect();
    if bars::is_narrow(ui) || page.height() < LOW {
        narrow(ui, page.shrink(theme::SPACE_12), live, view, out);
    } else {
        wide(ui, page.shrink(theme::SPACE_16), live, out);
    }
}

/// Before the first run.
fn nothing(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let reason = words::why_not(model);
    let sentence = "Plots, the files in hand and failures appear here while images are shrunk. Nothing is changed until you press Shrink.";
    empty_state(ui, Icon::Scaling, "Nothing is running", sentence, |ui| {
        let deed = words::deed(model);
        let button = Button::secondary(&deed).icon(Icon::Scaling).disabled_because(reason.as_deref());
        if button.show(ui).clicked() {
            out.send(Command::Ask);
        }
    });
}

const RIGHT: f32 = 272.0;
const GAP: f32 = theme::SPACE_12;

fn wide(ui: &mut Ui, page: Rect, live: &Live, out: &mut Outbox) {
    let left = Rect::from_min_max(page.min, pos2(page.right() - RIGHT - GAP, page.bottom()));
    let right = Rect::from_min_max(pos2(left.right() + GAP, page.top()), page.max);

    let top = head::height(false);
    head::show(ui, Rect::from_min_size(left.min, vec2(left.width(), top)), live, false, out);
    let below = Rect::from_min_max(pos2(left.left(), left.top() + top + GAP), left.max);
    let size = vec2((below.width() - GAP) / 2.0, (below.height() - GAP) / 2.0);
    for (at, chart) in [Chart::Throughput, Chart::Saved, Chart::Time, Chart::Sizes].into_iter().enumerate() {
        let corner = below.min + vec2((at % 2) as f32 * (size.x + GAP), (at / 2) as f32 * (size.y + GAP));
        titled(ui, Rect::from_min_size(corner, size), |ui| charts::show(ui, live, chart, true));
    }

    let first = Rect::from_min_size(right.min, vec2(right.width(), 228.0));
    let second = Rect::from_min_max(pos2(right.left(), first.bottom() + GAP), right.max);
    titled(ui, first, |ui| {
        side::working_on_title(ui, live);
        side::working_on(ui, live);
    });
    card_in(ui, second, 0.0, |ui| side::failures_and_log(ui, live, out));
}

/// A card whose title stands a little nearer to its edge than its sides do.
fn titled(ui: &mut Ui, rect: Rect, content: impl FnOnce(&mut Ui)) {
    card_in(ui, rect, theme::SPACE_8, |ui| {
        let inner = ui.max_rect().shrink2(vec2(theme::SPACE_4, 0.0));
        let mut child = ui.new_child(egui::UiBuilder::new().max_rect(inner));
        content(&mut child);
    });
}

fn narrow(ui: &mut Ui, page: Rect, live: &Live, view: &mut View, out: &mut Outbox) {
    let top = head::height(true);
    head::show(ui, Rect::from_min_size(page.min, vec2(page.width(), top)), live, true, out);
    let below = Rect::from_min_max(pos2(page.left(), page.top() + top + GAP), page.max);
    let split = below.left() + ((below.width() - GAP) * 0.598).round();
    let left = Rect::from_min_max(below.min, pos2(split, below.bottom()));
    let right = Rect::from_min_max(pos2(split + GAP, below.top()), below.max);
    card_in(ui, left, 8.0, |ui| {
        ui.horizontal(|ui| {
            let choices = [
                (Chart::Throughput, "Throughput"),
                (Chart::Saved, "Saved"),
                (Chart::Time, "Time"),
                (Chart::Sizes, "File sizes"),
            ];
            segmented(ui, &mut view.chart, choices, None);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                charts::note(ui, live, view.chart)
            });
        });
        ui.add_space(theme::SPACE_8);
        charts::show(ui, live, view.chart, false);
    });
    card_in(ui, right, 8.0, |ui| {
        side::tabs(ui, live, &mut view.list);
        ui.add_space(theme::SPACE_4);
        match view.list {
            List::WorkingOn => side::working_on(ui, live),
            List::Failures => side::failures(ui, live, out),
            List::Log => side::log(ui, live),
        }
    });
}
