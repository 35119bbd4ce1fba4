//! One of many: a field that opens a menu. And menus themselves, for whatever opens one.

use super::keys::{kbd_at, kbd_width};
use super::paint::{focus_ring, focus_ring_inside, hover_part, icon_at, line, put_left, sense};
use crate::gui::theme::{self, Icon, Text, mix};
use egui::{Frame, Margin, Popup, PopupCloseBehavior, RectAlign, Response, Role, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

/// A field that shows what is chosen and opens the choices.
#[derive(Debug)]
pub(crate) struct Select<'a> {
    name: &'a str,
    icon: Option<Icon>,
    width: Option<f32>,
    menu_width: Option<f32>,
}

impl<'a> Select<'a> {
    /// `name` is what a screen reader calls it, before the value.
    pub(crate) fn new(name: &'a str) -> Self {
        Select {
            name,
            icon: None,
            width: None,
            menu_width: None,
        }
    }

    /// Before the value.
    pub(crate) fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// Otherwise as wide as there is room.
    pub(crate) fn width(mut self, width: f32) -> Self {
        self.width = Some(width);
        self
    }

    /// Otherwise as wide as the field.
    pub(crate) fn menu_width(mut self, width: f32) -> Self {
        self.menu_width = Some(width);
        self
    }

    /// Draws it for choices known by value; `changed` when another one was taken.
    pub(crate) fn show<T: PartialEq + Clone, S: AsRef<str>>(self, ui: &mut Ui, chosen: &mut T, choices: &[(T, S)]) -> Response {
        let shown = choices
            .iter()
            .find(|(value, _)| value == chosen)
            .map_or("", |(_, words)| words.as_ref());
        let mut taken = None;
        let mut response = self.show_menu(ui, shown, |ui| {
            for (value, words) in choices {
                let is_chosen = value == chosen;
                if MenuItem::new(words.as_ref()).chosen(is_chosen).show(ui).clicked() && !is_chosen {
                    taken = Some(value.clone());
                }
            }
        });
        if let Some(value) = taken {
            *chosen = value;
            response.mark_changed();
        }
        response
    }

    /// Draws it with a menu of the caller's own (headings, lines between).
    pub(crate) fn show_menu(self, ui: &mut Ui, shown: &str, content: impl FnOnce(&mut Ui)) -> Response {
        let menu_width = self.menu_width;
        let response = self.button(ui, shown);
        let width = menu_width.unwrap_or(0.0).max(response.rect.width());
        menu(&response, width, content);
        response
    }

    /// Draws the field alone, for a caller that opens what belongs below it.
    pub(crate) fn button(self, ui: &mut Ui, shown: &str) -> Response {
        let tokens = theme::tokens(ui);
        let enabled = ui.is_enabled();
        let width = self.width.unwrap_or_else(|| ui.available_width());
        let (rect, response) = ui.allocate_exact_size(vec2(width, theme::HEIGHT_CONTROL), sense(enabled));
        let name = self.name;
        response.widget_info(|| WidgetInfo {
            current_text_value: Some(shown.to_owned()),
            ..WidgetInfo::labeled(Role::ComboBox, enabled, name)
        });
        if ui.is_rect_visible(rect) {
            let part = hover_part(ui, &response);
            let outline = mix(tokens.line2, tokens.text3, part * 0.5);
            ui.painter().rect(
                rect,
                theme::RADIUS_CONTROL,
                tokens.s2,
                Stroke::new(1.0, outline),
                StrokeKind::Inside,
            );
            focus_ring(ui, &response, rect, theme::RADIUS_CONTROL);
            let ink = if enabled { tokens.text } else { tokens.text3 };
            let mut left = rect.left() + 9.0;
            if let Some(icon) = self.icon {
                icon_at(ui, pos2(left + 7.0, rect.center().y), icon, theme::ICON_ROW, tokens.text2);
                left += 20.0;
            }
            let room = rect.right() - 28.0 - left;
            let (words, _) = super::elide_end(ui, shown, Text::Body, room);
            put_left(ui, left, rect.center().y, line(ui, words, Text::Body, ink));
            icon_at(
                ui,
                pos2(rect.right() - 15.0, rect.center().y),
                Icon::ChevronsUpDown,
                theme::ICON_ROW,
                tokens.text3,
            );
        }
        response
    }
}

/// Opens a menu below what was clicked. Arrow keys move in it, Escape closes it, a click takes.
pub(crate) fn menu(anchor: &Response, width: f32, content: impl FnOnce(&mut Ui)) {
    menu_that(anchor, width, PopupCloseBehavior::CloseOnClick, content);
}

/// The same for what stays open while things are ticked in it.
pub(crate) fn sticky_menu(anchor: &Response, width: f32, content: impl FnOnce(&mut Ui)) {
    menu_that(anchor, width, PopupCloseBehavior::CloseOnClickOutside, content);
}

fn menu_that(anchor: &Response, width: f32, close: PopupCloseBehavior, content: impl FnOnce(&mut Ui)) {
    let tokens = theme::tokens_of(&anchor.ctx.global_style().visuals);
    let style = anchor.ctx.global_style();
    let frame = Frame::new()
        .fill(tokens.pop)
        .stroke(Stroke::new(1.0, tokens.line2))
        .corner_radius(theme::RADIUS_CARD)
        .shadow(style.visuals.popup_shadow)
        .inner_margin(Margin::same(4));
    Popup::menu(anchor)
        .align(RectAlign::BOTTOM_START)
        .gap(4.0)
        .width(width - 8.0)
        .frame(frame)
        .close_behavior(close)
        .show(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.set_width(width - 10.0);
            let room = ui.ctx().content_rect().height() - 96.0;
            // The library gives a fresh popup 400 to begin with.
            ui.set_max_height(room);
            egui::ScrollArea::vertical().max_height(room).show(ui, content);
        });
}

/// A row of a menu.
#[derive(Debug)]
pub(crate) struct MenuItem<'a> {
    label: &'a str,
    icon: Option<Icon>,
    shortcut: Option<&'a str>,
    note: Option<&'a str>,
    chosen: Option<bool>,
    danger: bool,
    lit: bool,
    reason: Option<&'a str>,
}

impl<'a> MenuItem<'a> {
    /// Words.
    pub(crate) fn new(label: &'a str) -> Self {
        MenuItem {
            label,
            icon: None,
            shortcut: None,
            note: None,
            chosen: None,
            danger: false,
            lit: false,
            reason: None,
        }
    }

    /// Before the words.
    pub(crate) fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// As if the pointer were over it: where the keyboard is, while a field above has the focus.
    pub(crate) fn lit(mut self, lit: bool) -> Self {
        self.lit = lit;
        self
    }

    /// Key that does the same.
    pub(crate) fn shortcut(mut self, shortcut: impl Into<Option<&'a str>>) -> Self {
        self.shortcut = shortcut.into();
        self
    }

    /// Right, dimmer: a count, a size.
    pub(crate) fn note(mut self, note: &'a str) -> Self {
        self.note = Some(note);
        self
    }

    /// One of several that exclude each other, or a switch: ticked or not.
    pub(crate) fn chosen(mut self, chosen: bool) -> Self {
        self.chosen = Some(chosen);
        self
    }

    /// Gives something up.
    pub(crate) fn danger(mut self) -> Self {
        self.danger = true;
        self
    }

    /// Switched off, and why.
    pub(crate) fn disabled_because(mut self, reason: impl Into<Option<&'a str>>) -> Self {
        self.reason = reason.into();
        self
    }

    /// Draws it.
    pub(crate) fn show(self, ui: &mut Ui) -> Response {
        let tokens = theme::tokens(ui);
        let enabled = ui.is_enabled() && self.reason.is_none();
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), theme::HEIGHT_CONTROL), sense(enabled));
        let (label, chosen) = (self.label, self.chosen);
        response.widget_info(|| match chosen {
            Some(chosen) => WidgetInfo::selected(Role::MenuItemRadio, enabled, chosen, label),
            None => WidgetInfo::labeled(Role::MenuItem, enabled, label),
        });
        if ui.is_rect_visible(rect) {
            if enabled && (self.lit || response.hovered() || response.has_focus()) {
                ui.painter().rect_filled(rect, theme::RADIUS_BAR, tokens.s3);
            }
            focus_ring_inside(ui, &response, rect, theme::RADIUS_BAR);
            let ink = match (enabled, self.danger) {
                (false, _) => tokens.text3,
                (true, true) => tokens.danger,
                (true, false) => tokens.text,
            };
            let middle = rect.center().y;
            let mut left = rect.left() + 8.0;
            if self.chosen.is_some() {
                if self.chosen == Some(true) {
                    icon_at(ui, pos2(left + 7.0, middle), Icon::Check, theme::ICON_ROW, tokens.accent);
                }
                left += 22.0;
            }
            if let Some(icon) = self.icon {
                let quiet = if self.danger || !enabled { ink } else { tokens.text2 };
                icon_at(ui, pos2(left + 7.0, middle), icon, theme::ICON_ROW, quiet);
                left += 22.0;
            }
            let mut right = rect.right() - 8.0;
            if let Some(keys) = self.shortcut {
                right -= kbd_width(ui, keys);
                kbd_at(ui, pos2(right, middle), keys, tokens.text3, tokens.line2);
                right -= 8.0;
            }
            if let Some(note) = self.note {
                right = super::paint::put_right(ui, right, middle, line(ui, note, Text::Small, tokens.text3)) - 8.0;
            }
            let (words, _) = super::elide_end(ui, self.label, Text::Body, right - left);
            put_left(ui, left, middle, line(ui, words, Text::Body, ink));
        }
        match self.reason {
            Some(reason) => super::tip(response, reason),
            None => response,
        }
    }
}

/// A heading inside a menu.
pub(crate) fn menu_heading(ui: &mut Ui, words: &str) {
    let tokens = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), theme::HEIGHT_SMALL), egui::Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, words));
    put_left(
        ui,
        rect.left() + 8.0,
        rect.center().y + 1.0,
        line(ui, words, Text::Small, tokens.text3),
    );
}

/// A line between groups of a menu.
pub(crate) fn menu_line(ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 9.0), egui::Sense::hover());
    ui.painter()
        .hline(rect.x_range(), rect.center().y, Stroke::new(1.0, theme::tokens(ui).line));
}
