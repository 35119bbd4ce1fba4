//! Above the table: what of the plan it shows.

use egui::{Id, Rect, Stroke, Ui, pos2, vec2};

use super::facts::Facts;
use super::order::{Column, Filter, Which};
use super::page::within;
use super::{Command, View, columns};
use crate::engine::Format;
use crate::gui::command::Outbox;
use crate::gui::format::count;
use crate::gui::model::Model;
use crate::gui::theme::{self, Icon};
use crate::gui::widgets::{Button, MenuItem, Segment, Select, TextField, icon_button, menu_line, segmented, sticky_menu};
use crate::report::format_name;

const HEIGHT: f32 = 44.0;

/// The field in which a name is typed.
pub(super) fn text_id() -> Id {
    Id::unique("plan filter")
}

/// The row; its filters are commands, so that the table and the next start know them.
pub(super) fn show(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), egui::Sense::hover());
    ui.painter()
        .hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, theme::tokens(ui).line));
    let inner = rect.shrink(theme::SPACE_8);
    let right = Rect::from_min_max(pos2(inner.right() - theme::HEIGHT_CONTROL, inner.top()), inner.max);
    let left = Rect::from_min_max(inner.min, pos2(right.left() - theme::SPACE_8, inner.bottom()));
    let Some(facts) = model.plan.facts() else { return };
    let plan = &model.plan;
    let mut filter = plan.filter.clone();
    within(ui, left, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = theme::SPACE_8;
            filters(ui, facts, &mut filter, view, left.width());
        });
    });
    if filter != plan.filter {
        out.send(Command::Filter(filter));
    }
    within(ui, right, |ui| choose_columns(ui, model, out));
}

fn filters(ui: &mut Ui, facts: &Facts, filter: &mut Filter, view: &mut View, room: f32) {
    let roomy = room > 860.0;
    // Somebody else may have changed the filter: a line of the pre-flight list does.
    if view.text_of != filter.text {
        view.text.clone_from(&filter.text);
        view.text_of.clone_from(&filter.text);
    }
    let response = TextField::new("Filter by name", &mut view.text)
        .id(text_id())
        .hint("Filter by name")
        .icon(Icon::Search)
        .width(if roomy { 238.0 } else { 150.0 })
        .show(ui);
    // The library takes the keyboard away on Escape before anybody is asked.
    if response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Escape)) {
        view.text.clear();
    }
    if view.text != filter.text {
        filter.text.clone_from(&view.text);
        view.text_of.clone_from(&view.text);
    }
    let totals = facts.totals;
    let choices = [
        (Which::All, Segment::new("All").count(count(totals.images))),
        (Which::Shrink, Segment::new("Shrink").count(count(totals.work_images))),
        (
            Which::LeftAlone,
            Segment::new("Left alone").count(count(totals.images - totals.work_images)),
        ),
    ];
    segmented(ui, &mut filter.which, choices, None);
    if let Some((words, _)) = &filter.only {
        let name = format!("Show other files than: {words}");
        let button = Button::secondary(words).trailing(Icon::X).name(&name);
        if button
            .hint("Only these files are shown. Click to show all again")
            .show(ui)
            .clicked()
        {
            filter.only = None;
        }
        return;
    }
    let width = if roomy { 118.0 } else { 108.0 };
    let mut formats: Vec<(Option<Option<Format>>, String)> = vec![(None, "Any format".to_owned())];
    formats.extend(facts.formats.iter().map(|(format, images)| {
        let name = format.map_or("Other", format_name);
        (Some(*format), format!("{name}, {}", count(u64::from(*images))))
    }));
    Select::new("Format")
        .width(width)
        .menu_width(180.0)
        .show(ui, &mut filter.format, &formats);
    if room < 620.0 {
        return;
    }
    let mut reasons: Vec<(Option<super::Reason>, String)> = vec![(None, "Any reason".to_owned())];
    reasons.extend(
        facts
            .reasons
            .iter()
            .map(|(reason, images)| (Some(*reason), format!("{}, {}", reason.words(), count(u64::from(*images))))),
    );
    Select::new("Reason")
        .width(width)
        .menu_width(260.0)
        .show(ui, &mut filter.reason, &reasons);
}

fn choose_columns(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let plan = &model.plan;
    let anchor = icon_button(ui, Icon::Columns3, "Columns");
    sticky_menu(&anchor, 220.0, |ui| {
        for column in Column::ALL {
            let shown = columns::is_shown(column, &plan.kept, plan.shards());
            let only_name = column == Column::Name;
            let mut item = MenuItem::new(columns::look(column).name).chosen(shown);
            if only_name {
                item = item.disabled_because("A table without names says nothing");
            }
            if item.show(ui).clicked() && !only_name {
                out.send(Command::ToggleColumn(column));
            }
        }
        menu_line(ui);
        if MenuItem::new("Show all images").icon(Icon::FilterX).show(ui).clicked() {
            out.send(Command::Filter(Filter::default()));
        }
    });
}
