//! The page from above: tiles, three cards, the table. In a low or narrow window the three cards take turns in one.

use egui::{Rect, Ui, UiBuilder, pos2, vec2};

use super::{Command, View, forecast, numbers, preflight, savings, table, toolbar};
use crate::gui::command::Outbox;
use crate::gui::model::Model;
use crate::gui::theme::{self, Icon, Text};
use crate::gui::widgets::{Button, Segment, Tile, card_in, label, segmented, tiles};

/// One of the three cards, where they take turns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Card {
    #[default]
    Preflight,
    Forecast,
    Savings,
}

const HEIGHT_TILES: f32 = 88.0;
const HEIGHT_CARDS: f32 = 175.0;
const HEIGHT_SWITCHED: f32 = 158.0;
const WIDTH_PLOT: f32 = 272.0;

/// The page.
pub(in crate::gui) fn show(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    let window = ui.ctx().content_rect();
    let narrow = window.width() < theme::NARROW;
    let low = narrow || window.height() < 700.0;
    let edge = if narrow { theme::SPACE_12 } else { theme::SPACE_16 };
    let page = ui.max_rect().shrink(edge);
    keys(ui, model, view, out);
    if model.plan.current().is_none() {
        return nothing_yet(ui, page, model, out);
    }
    let mut top = page.top();
    let mut next = |height: f32| {
        let rect = Rect::from_min_size(pos2(page.left(), top), vec2(page.width(), height));
        top += height + theme::SPACE_12;
        rect
    };
    let plan = &model.plan;
    let numbers = numbers::tiles(plan.current(), plan.facts().map(AsRef::as_ref), plan.is_sampling(), narrow);
    tiles_in(ui, next(HEIGHT_TILES), &numbers);
    if low {
        switched(ui, next(HEIGHT_SWITCHED), model, view, out);
    } else {
        three(ui, next(HEIGHT_CARDS), model, out);
    }
    let rest = Rect::from_min_max(pos2(page.left(), top), page.max);
    card_in(ui, rest, 1.0, |ui| {
        ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
        toolbar::show(ui, model, view, out);
        table::show(ui, model, view, out);
    });
}

fn tiles_in(ui: &mut Ui, rect: Rect, numbers: &[Tile<'_>]) {
    within(ui, rect, |ui| tiles(ui, numbers));
}

/// Draws into a place of its own, and leaves the cursor where it was.
pub(super) fn within<R>(ui: &mut Ui, rect: Rect, content: impl FnOnce(&mut Ui) -> R) -> R {
    content(&mut ui.new_child(UiBuilder::new().max_rect(rect)))
}

fn three(ui: &mut Ui, rect: Rect, model: &Model, out: &mut Outbox) {
    let gap = theme::SPACE_12;
    let first = (rect.width() - 2.0 * (WIDTH_PLOT + gap)).max(260.0);
    let plot = (rect.width() - first - 2.0 * gap) / 2.0;
    let at = |left: f32, width: f32| Rect::from_min_size(pos2(rect.left() + left, rect.top()), vec2(width, rect.height()));
    card_in(ui, at(0.0, first), theme::SPACE_12, |ui| preflight::show(ui, model, true, out));
    card_in(ui, at(first + gap, plot), theme::SPACE_12, |ui| forecast::show(ui, model, true));
    card_in(ui, at(first + plot + 2.0 * gap, plot), theme::SPACE_12, |ui| {
        savings::show(ui, model, true, out);
    });
}

fn switched(ui: &mut Ui, rect: Rect, model: &Model, view: &mut View, out: &mut Outbox) {
    card_in(ui, rect, theme::SPACE_8, |ui| {
        ui.spacing_mut().item_spacing.y = theme::SPACE_4;
        ui.horizontal(|ui| {
            let count = model
                .plan
                .findings()
                .iter()
                .filter(|f| f.level < crate::report::Level::Note)
                .count();
            let mut preflight = Segment::new("Pre-flight");
            if count > 0 {
                preflight = preflight.count(count.to_string());
            }
            let choices = [
                (Card::Preflight, preflight),
                (Card::Forecast, Segment::new("Forecast")),
                (Card::Savings, Segment::new("Savings")),
            ];
            segmented(ui, &mut view.card, choices, None);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| match view.card {
                Card::Preflight => preflight::note(ui, model),
                Card::Forecast => forecast::note(ui, model),
                Card::Savings => savings::switch(ui, model, out),
            });
        });
        match view.card {
            Card::Preflight => preflight::show(ui, model, false, out),
            Card::Forecast => forecast::show(ui, model, false),
            Card::Savings => savings::show(ui, model, false, out),
        }
    });
}

/// Before the first plan: what is under way, what went wrong, or what to do.
fn nothing_yet(ui: &mut Ui, page: Rect, model: &Model, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    let plan = &model.plan;
    within(ui, page, |ui| {
        ui.vertical_centered(|ui| {
            ui.add_space((page.height() * 0.38).max(0.0));
            let (icon, title, text) = if let Some(error) = &plan.error {
                (Icon::CircleAlert, "There is no plan".to_owned(), error.clone())
            } else if let Some((news, _)) = plan.scanning_now() {
                let name = news
                    .path
                    .file_name()
                    .unwrap_or(news.path.as_os_str())
                    .to_string_lossy()
                    .into_owned();
                let text = format!(
                    "{} of {} headers read. Nothing is changed by looking.",
                    crate::gui::format::count(news.read),
                    crate::gui::format::count(news.found)
                );
                (Icon::FolderSearch, format!("Looking into {name}"), text)
            } else if plan.ticked.is_empty() {
                let text = "Tick a shard in the list on the left. It is looked into at once, and nothing is changed by that.".to_owned();
                (Icon::ListChecks, "Nothing to plan".to_owned(), text)
            } else {
                (Icon::ClipboardList, "Planning".to_owned(), String::new())
            };
            crate::gui::widgets::icon(ui, icon, 32.0, tokens.text3);
            ui.add_space(theme::SPACE_12);
            label(ui, title, Text::Title, tokens.text);
            ui.set_max_width(480.0_f32.min(page.width()));
            label(ui, text, Text::Body, tokens.text2);
            if plan.error.is_some() {
                ui.add_space(theme::SPACE_12);
                if Button::secondary("Look again").icon(Icon::RefreshCw).show(ui).clicked() {
                    out.send(Command::ScanAgain);
                }
            }
        });
    });
}

/// Keys of this page; they are the table's, whether or not it has the focus, unless something else does.
fn keys(ui: &Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    if model.shell.dialog.is_some() || egui::Popup::is_any_open(ui.ctx()) {
        return;
    }
    if ui.input_mut(|input| input.consume_key(egui::Modifiers::COMMAND, egui::Key::F)) {
        ui.memory_mut(|memory| memory.request_focus(toolbar::text_id()));
    }
    if ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, egui::Key::F5)) {
        out.send(Command::ScanAgain);
    }
    let focused = ui.memory(egui::Memory::focused);
    if focused.is_some_and(|id| id != table::id()) {
        return;
    }
    table::keys(ui, model, view, out);
}
