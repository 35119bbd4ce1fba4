//! The table of all images: virtual, so that a million rows cost as much as a screenful.

use egui::{Align, EventFilter, Id, Key, Modifiers, Role, Sense, Ui, WidgetInfo};
use egui_extras::{Column as Width, TableBuilder, TableRow};

use super::columns::{self, LEAST_NAME};
use super::facts::{Act, Facts, Row};
use super::order::{Column, Filter, Sort};
use super::{Command, ImageAt, Planned, View};
use crate::gui::command::Outbox;
use crate::gui::format::{self, bytes, percent};
use crate::gui::model::Model;
use crate::gui::shell;
use crate::gui::theme::{self, Icon, Text, Tokens};
use crate::gui::widgets::{
    MenuItem, Sorted, focus_ring_inside, header_cell, header_ground, icon, label, link, name_cell, number_cell, row_line, state_cell,
    table_style, text_cell,
};
use crate::report::format_name;

const HEIGHT_HEADER: f32 = 29.0;
/// Right of the last column: the scroll bar.
const BAR: f32 = 12.0;

/// The table as a whole has the keyboard, not its rows: one stop for Tab.
pub(super) fn id() -> Id {
    Id::unique("plan table")
}

/// Rows that a page of the keyboard moves.
const PAGE: i64 = 10;

/// Keys of the table.
pub(super) fn keys(ui: &Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    let plan = &model.plan;
    let Some(last) = plan.order.len().checked_sub(1) else { return };
    let pressed = |key: Key| ui.input_mut(|input| input.count_and_consume_key(Modifiers::NONE, key)) as i64;
    let place = plan.place;
    let mut rows = pressed(Key::ArrowDown) - pressed(Key::ArrowUp);
    rows += PAGE * (pressed(Key::PageDown) - pressed(Key::PageUp));
    if pressed(Key::Home) > 0 {
        rows = -(place.unwrap_or(0) as i64);
        out.send(Command::SelectPlace(0));
        view.scroll_to = Some(0);
    }
    if pressed(Key::End) > 0 {
        rows = 0;
        out.send(Command::SelectPlace(last));
        view.scroll_to = Some(last);
    }
    if rows != 0 {
        let next = place.map_or(0, |place| (place as i64).saturating_add(rows).clamp(0, last as i64) as usize);
        out.send(Command::SelectPlace(next));
        view.scroll_to = Some(next);
    }
    if pressed(Key::Enter) > 0 && plan.selected().is_some() {
        out.send(Command::OpenPreview);
    }
}

/// The rest of the card.
pub(super) fn show(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    let plan = &model.plan;
    let (Some(planned), Some(facts)) = (plan.current(), plan.facts()) else {
        return;
    };
    let all = ui.available_rect_before_wrap();
    let whole = ui.interact(all, id(), Sense::focusable_noninteractive());
    let spoken = format!(
        "Images, {} of {}. Arrow keys move, Enter opens the preview",
        plan.order.len(),
        facts.len()
    );
    whole.widget_info(|| WidgetInfo::labeled(Role::Table, true, &spoken));
    if whole.has_focus() {
        let filter = EventFilter {
            vertical_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id(), filter));
    }
    if plan.order.is_empty() {
        return nothing(ui, model, out);
    }
    let columns = columns::that_fit(&plan.kept, plan.shards(), all.width() - BAR);
    table_style(ui);
    let header = egui::Rect::from_min_size(all.min, egui::vec2(all.width(), HEIGHT_HEADER));
    header_ground(ui, header);
    // One pool of ids for all orders: a row is where it is on the screen, whatever it shows.
    let mut table = TableBuilder::new(ui)
        .id_salt("plan rows")
        .sense(Sense::CLICK)
        .auto_shrink(false)
        .min_scrolled_height(0.0)
        .max_scroll_height(f32::INFINITY);
    for column in &columns {
        table = table.column(match column {
            Column::Name => Width::remainder().at_least(LEAST_NAME).clip(true),
            other => Width::exact(columns::look(*other).width).clip(true),
        });
    }
    table = table.column(Width::exact(BAR));
    if let Some(place) = view.scroll_to.take().filter(|place| *place < plan.order.len()) {
        table = table.scroll_to_row(place, None::<Align>);
    }
    let lines = Lines {
        model,
        planned,
        facts,
        columns: &columns,
    };
    table
        .header(HEIGHT_HEADER, |mut row| {
            for column in &columns {
                row.col(|ui| title(ui, *column, plan.kept.sort, out));
            }
        })
        .body(|body| {
            body.rows(theme::HEIGHT_ROW, plan.order.len(), |row| lines.show(row, out));
        });
    focus_ring_inside(ui, &whole, all.shrink(1.0), theme::RADIUS_CARD);
}

fn nothing(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    let plan = &model.plan;
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.3).max(8.0));
        if plan.ordering || plan.order_of != plan.current().map_or(0, |planned| planned.revision) {
            label(ui, "Being sorted", Text::Body, tokens.text3);
        } else if plan.filter.is_on() {
            icon(ui, Icon::SearchX, 24.0, tokens.text3);
            ui.add_space(theme::SPACE_8);
            label(ui, "No image is like that", Text::Strong, tokens.text);
            ui.add_space(theme::SPACE_4);
            if link(ui, "Show all images").clicked() {
                out.send(Command::Filter(Filter::default()));
            }
        } else {
            label(ui, "There are no images in these folders", Text::Body, tokens.text2);
        }
    });
}

fn title(ui: &mut Ui, column: Column, sort: Sort, out: &mut Outbox) {
    let look = columns::look(column);
    let sorted = match (sort.column == column, sort.down) {
        (false, _) => Sorted::No,
        (true, false) => Sorted::Up,
        (true, true) => Sorted::Down,
    };
    let response = header_cell(ui, look.title, look.side, sorted);
    // Two columns are titled "After".
    let spoken = format!("Sort by {}", look.name);
    response.widget_info(|| WidgetInfo::selected(Role::ColumnHeader, true, sorted != Sorted::No, &spoken));
    if response.clicked() {
        out.send(Command::Sort(column));
    }
}

/// What rows are drawn from.
struct Lines<'a> {
    model: &'a Model,
    planned: &'a Planned,
    facts: &'a Facts,
    columns: &'a [Column],
}

impl Lines<'_> {
    fn show(&self, mut line: TableRow<'_, '_>, out: &mut Outbox) {
        let place = line.index();
        let plan = &self.model.plan;
        let row = plan.order.get(place).copied();
        let found = row.and_then(|number| {
            let row = self.facts.row(&self.planned.plan, self.planned.predictions.as_deref(), number)?;
            Some((number, self.facts.at(number)?, row))
        });
        let Some((number, at, row)) = found else {
            for _ in 0..=self.columns.len() {
                line.col(|_| {});
            }
            return;
        };
        line.set_selected(plan.selected() == Some(at));
        for column in self.columns {
            line.col(|ui| {
                row_line(ui);
                self.cell(ui, *column, number, at, &row);
            });
        }
        line.col(|ui| row_line(ui));
        let response = line.response();
        response.widget_info(|| {
            let spoken = self.spoken(number, &row);
            WidgetInfo::selected(Role::Row, true, plan.selected() == Some(at), &spoken)
        });
        if response.clicked() || response.secondary_clicked() {
            out.send(Command::SelectPlace(place));
            response.ctx.memory_mut(|memory| memory.request_focus(id()));
        }
        if response.double_clicked() {
            out.send(Command::SelectPlace(place));
            out.send(Command::OpenPreview);
        }
        response.context_menu(|ui| self.menu(ui, at, &row, out));
    }

    fn cell(&self, ui: &Ui, column: Column, number: u32, at: ImageAt, row: &Row<'_>) {
        let tokens = theme::tokens(ui);
        let pixels = |size: Option<crate::engine::Size>| size.map_or_else(String::new, |s| format::size(s.width, s.height));
        match column {
            Column::Name => name_cell(ui, &row.name.to_string_lossy()),
            Column::Shard => {
                let name = self.planned.plan.shards[at.shard].inventory.path.file_name().unwrap_or_default();
                text_cell(ui, &name.to_string_lossy(), tokens.text2);
            }
            Column::Format => text_cell(ui, row.format.map_or("–", format_name), tokens.text2),
            Column::PixelsBefore => number_cell(ui, &pixels(row.before), ""),
            Column::PixelsAfter => number_cell(ui, &pixels(row.after), ""),
            Column::BytesBefore => {
                let size = bytes(row.bytes);
                number_cell(ui, &size.value, size.unit);
            }
            Column::BytesAfter => match row.bytes_after {
                Some(after) => {
                    let size = bytes(after);
                    number_cell(ui, &size.value, size.unit);
                }
                None => number_cell(ui, "", ""),
            },
            Column::Saves => match row.saves() {
                Some(share) => {
                    let share = percent(share);
                    number_cell(ui, &share.value, share.unit);
                }
                None => number_cell(ui, "", ""),
            },
            Column::Action => {
                let (glyph, words, ink, text) = act_look(row.act, tokens);
                state_cell(ui, glyph, words, ink, text);
            }
            Column::Reason => text_cell(ui, &self.facts.reason_words(&self.planned.plan, number, row), tokens.text2),
            Column::NewName => match self.planned.plan.shards[at.shard].actions[at.image].output() {
                Some(name) => text_cell(ui, &name.to_string_lossy(), tokens.text2),
                None => text_cell(ui, "–", tokens.text3),
            },
        }
    }

    /// The row for those who cannot see it.
    fn spoken(&self, number: u32, row: &Row<'_>) -> String {
        let mut words = row.name.to_string_lossy().into_owned();
        if let Some(size) = row.before {
            words += &format!(", {}", format::size(size.width, size.height));
        }
        words += &format!(", {}", bytes(row.bytes).text());
        if let Some(size) = row.after {
            words += &format!(", becomes {}", format::size(size.width, size.height));
        }
        if let (Some(after), Some(share)) = (row.bytes_after, row.saves()) {
            words += &format!(", {}, saves {}", bytes(after).text(), percent(share).text());
        }
        let reason = self.facts.reason_words(&self.planned.plan, number, row);
        words + &format!(", {}, {reason}", act_words(row.act))
    }

    fn menu(&self, ui: &mut Ui, at: ImageAt, row: &Row<'_>, out: &mut Outbox) {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.set_width(220.0);
        let path = self.planned.plan.shards[at.shard].inventory.path.join(row.name);
        if MenuItem::new("Open preview").icon(Icon::Eye).shortcut("Enter").show(ui).clicked() {
            out.send(Command::OpenPreview);
            ui.close();
        }
        if MenuItem::new("Show file in folder").icon(Icon::FolderOpen).show(ui).clicked() {
            out.send(shell::Command::ShowFile(path.clone()));
            ui.close();
        }
        if MenuItem::new("Copy path").icon(Icon::Copy).show(ui).clicked() {
            out.send(shell::Command::Copy(path.display().to_string()));
            ui.close();
        }
    }
}

fn act_words(act: Act) -> &'static str {
    match act {
        Act::Shrink => "Shrink",
        Act::Convert => "Convert",
        Act::Blocked => "Blocked",
        Act::Skip => "Skip",
        Act::LeaveAlone => "Leave alone",
    }
}

/// Icon, words and their colours.
fn act_look(act: Act, tokens: &Tokens) -> (Icon, &'static str, egui::Color32, egui::Color32) {
    let words = act_words(act);
    match act {
        Act::Shrink => (Icon::Scaling, words, tokens.accent, tokens.text),
        Act::Convert => (Icon::RefreshCw, words, tokens.accent, tokens.text),
        Act::Blocked => (Icon::TriangleAlert, words, tokens.danger, tokens.text),
        Act::Skip => (Icon::TriangleAlert, words, tokens.warning, tokens.text),
        Act::LeaveAlone => (Icon::Minus, words, tokens.text3, tokens.text),
    }
}
