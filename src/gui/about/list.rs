//! The licences: a field that finds, the parts beside it, and the texts of the chosen one. Worked by keyboard from the field: arrows go
//! through the parts, Page up and Page down through the text.

use std::sync::Arc;

use egui::{Align, Id, Key, Label, Layout, Modifiers, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use crate::about::{Licences, Part, PartKind};
use crate::gui::format;
use crate::gui::theme::{self, Icon, Text};
use crate::gui::widgets::{self, TextField};

/// Width of the list.
const LIST: f32 = 248.0;
/// Height of a part in it.
const ROW: f32 = theme::HEIGHT_ROW;

/// What is searched for, found and chosen.
#[derive(Debug, Default)]
pub(super) struct ListView {
    search: String,
    /// What was searched for when `found` was made.
    searched: Option<String>,
    /// Places of parts.
    found: Vec<usize>,
    /// Which of those found is chosen.
    at: usize,
    /// The texts of that part.
    text: Option<(usize, Arc<str>)>,
    /// The chosen part is to be scrolled to.
    reveal: bool,
}

#[cfg(test)]
impl ListView {
    /// Which of those found is chosen.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// How many were found.
    pub(super) fn found(&self) -> usize {
        self.found.len()
    }
}

/// Draws list and text.
pub(super) fn show(ui: &mut Ui, all: &Licences, view: &mut ListView) {
    let is_new = view.searched.is_none();
    if view.searched.as_ref() != Some(&view.search) {
        view.found = all.find(&view.search);
        view.searched = Some(view.search.clone());
        view.at = 0;
        view.reveal = true;
    }
    let page = keys(ui, view);
    let whole = ui.max_rect();
    let left = Rect::from_min_size(whole.min, vec2(LIST, whole.height()));
    let right = Rect::from_min_max(pos2(whole.left() + LIST + theme::SPACE_16, whole.top()), whole.max);
    let column = |rect| UiBuilder::new().max_rect(rect).layout(Layout::top_down(Align::Min));
    ui.scope_builder(column(left).id_salt("list"), |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let field = TextField::new("Search crates, fonts and licences", &mut view.search)
            .icon(Icon::Search)
            .hint("Name, licence or holder")
            .show(ui);
        if is_new {
            field.request_focus();
        }
        ui.add_space(theme::SPACE_8);
        parts(ui, all, view);
    });
    ui.scope_builder(column(right).id_salt("text"), |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        match view.found.get(view.at).copied() {
            Some(at) => texts(ui, all, at, view, page),
            None => {
                widgets::empty_line(ui, "Nothing here is called so, and no licence speaks of it.");
            }
        }
    });
}

/// Taken before the field sees them. Gives how many pages the text is to move.
fn keys(ui: &Ui, view: &mut ListView) -> f32 {
    let last = view.found.len().saturating_sub(1);
    let (down, up, pages) = ui.input_mut(|input| {
        let mut count = |key| input.count_and_consume_key(Modifiers::NONE, key);
        let (down, up) = (count(Key::ArrowDown), count(Key::ArrowUp));
        (down, up, count(Key::PageDown) as f32 - count(Key::PageUp) as f32)
    });
    let to = (view.at + down).saturating_sub(up).min(last);
    if to != view.at {
        view.at = to;
        view.reveal = true;
    }
    pages
}

fn parts(ui: &mut Ui, all: &Licences, view: &mut ListView) {
    let tokens = theme::tokens(ui);
    let count = format::things(view.found.len() as u64, "part", "parts");
    let words = if view.found.len() == all.parts.len() {
        count
    } else {
        format!("{count} of {}", format::count(all.parts.len() as u64))
    };
    widgets::label(ui, words, Text::Small, tokens.text3);
    ui.add_space(theme::SPACE_4);
    let area = ScrollArea::vertical().id_salt("parts").auto_shrink([false, false]);
    let mut chosen = None;
    area.show_viewport(ui, |ui, viewport| {
        ui.set_height(view.found.len() as f32 * ROW);
        let origin = ui.max_rect().min;
        let size = vec2(ui.max_rect().width(), ROW);
        let row = |at: usize| Rect::from_min_size(origin + vec2(0.0, at as f32 * ROW), size);
        if std::mem::take(&mut view.reveal) && view.at < view.found.len() {
            ui.scroll_to_rect(row(view.at), None);
        }
        let first = (viewport.top() / ROW).max(0.0) as usize;
        let last = ((viewport.bottom() / ROW).ceil().max(0.0) as usize).min(view.found.len());
        for at in first..last {
            let part = &all.parts[view.found[at]];
            if part_row(ui, row(at), part, at == view.at) {
                chosen = Some(at);
            }
        }
    });
    if let Some(at) = chosen {
        view.at = at;
    }
}

fn part_row(ui: &mut Ui, rect: Rect, part: &Part, is_chosen: bool) -> bool {
    let tokens = theme::tokens(ui);
    let response = ui.interact(rect, Id::unique(("part", part.kind, &part.name, &part.version)), Sense::click());
    let spoken = format!("{}, {}, {}", part.title(), part.kind.word(), part.licence);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, is_chosen, &spoken));
    let part_of_hover = if is_chosen { 1.0 } else { widgets::hover_part(ui, &response) * 0.6 };
    if part_of_hover > 0.0 {
        let ground = theme::mix(tokens.pop, tokens.s3, part_of_hover);
        ui.painter().rect_filled(rect, theme::RADIUS_BAR, ground);
    }
    if is_chosen {
        let edge = Rect::from_min_size(rect.min, vec2(2.0, rect.height()));
        ui.painter().rect_filled(edge, 0, tokens.accent);
    }
    widgets::focus_ring_inside(ui, &response, rect, theme::RADIUS_BAR);
    let middle = rect.center().y;
    let icon = match part.kind {
        PartKind::Library => Icon::Library,
        PartKind::Font => Icon::Type,
        PartKind::Crate => Icon::Package,
    };
    widgets::icon_at(ui, pos2(rect.left() + 17.0, middle), icon, theme::ICON_ROW, tokens.text3);
    let left = rect.left() + 32.0;
    let version = widgets::line(ui, part.version.as_str(), Text::Small, tokens.text3);
    let end = widgets::put_right(ui, rect.right() - 12.0, middle, version);
    let (name, _) = widgets::elide_end(ui, &part.name, Text::Body, end - 8.0 - left);
    widgets::put_left(ui, left, middle, widgets::line(ui, name, Text::Body, tokens.text));
    response.clicked()
}

fn texts(ui: &mut Ui, all: &Licences, at: usize, view: &mut ListView, pages: f32) {
    let tokens = theme::tokens(ui);
    let part = &all.parts[at];
    let title = part.title();
    let heading = ui.add(Label::new(theme::rich(title.as_str(), Text::Section, tokens.text)).truncate());
    heading.widget_info(|| WidgetInfo::labeled(Role::Heading, true, &title));
    let from = if part.link.is_empty() {
        String::new()
    } else {
        format!(", {}", part.link)
    };
    let words = format!("{}, {}{from}", part.kind.word(), part.licence);
    ui.add(Label::new(theme::rich(words, Text::Small, tokens.text2)).truncate());
    ui.add_space(theme::SPACE_8);
    let text = match &view.text {
        Some((of, text)) if *of == at => Arc::clone(text),
        _ => {
            let text: Arc<str> = all.text_of(part).into();
            view.text = Some((at, Arc::clone(&text)));
            text
        }
    };
    let room = ui.available_size();
    let (rect, _) = ui.allocate_exact_size(room, Sense::hover());
    widgets::card_in(ui, rect, theme::SPACE_12, |ui| {
        // One area a part: each begins at its top.
        let area = ScrollArea::vertical().id_salt(("licence", at)).auto_shrink([false, false]);
        area.show(ui, |ui| {
            if pages != 0.0 {
                ui.scroll_with_delta(vec2(0.0, -pages * room.y * 0.8));
            }
            ui.add(Label::new(theme::rich(&*text, Text::Small, tokens.text)).selectable(true).wrap());
        });
    });
}
