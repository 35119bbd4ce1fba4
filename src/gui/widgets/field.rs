//! Fields: value left, unit right, what is wrong below in words.

use super::paint::{icon_at, line, put_right};
use crate::gui::theme::{self, Icon, Text, mix};
use egui::{Align, Align2, Color32, Frame, Id, Margin, Rect, Response, Sense, Stroke, StrokeKind, TextEdit, Ui, UiBuilder, pos2, vec2};
use std::ops::RangeInclusive;

/// A line of text.
#[derive(Debug)]
pub(crate) struct TextField<'a> {
    name: &'a str,
    text: &'a mut String,
    id: Option<Id>,
    hint: &'a str,
    icon: Option<Icon>,
    unit: &'a str,
    invalid: bool,
    width: Option<f32>,
    height: f32,
    right: bool,
}

impl<'a> TextField<'a> {
    /// `name` is what a screen reader calls it: fields stand beside their label, which it cannot see.
    pub(crate) fn new(name: &'a str, text: &'a mut String) -> Self {
        TextField {
            name,
            text,
            id: None,
            hint: "",
            icon: None,
            unit: "",
            invalid: false,
            width: None,
            height: theme::HEIGHT_CONTROL,
            right: false,
        }
    }

    /// To give it the keyboard from elsewhere.
    pub(crate) fn id(mut self, id: Id) -> Self {
        self.id = Some(id);
        self
    }

    /// Stands in the empty field.
    pub(crate) fn hint(mut self, hint: &'a str) -> Self {
        self.hint = hint;
        self
    }

    /// Before the text.
    pub(crate) fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// Behind the text, dimmer.
    pub(crate) fn unit(mut self, unit: &'a str) -> Self {
        self.unit = unit;
        self
    }

    /// Outlined as wrong; the words stand elsewhere.
    pub(crate) fn invalid(mut self, invalid: bool) -> Self {
        self.invalid |= invalid;
        self
    }

    /// Otherwise as wide as there is room.
    pub(crate) fn width(mut self, width: f32) -> Self {
        self.width = Some(width);
        self
    }

    /// Digits stand right-aligned.
    pub(crate) fn align_right(mut self) -> Self {
        self.right = true;
        self
    }

    /// Draws it. The response is that of the text: `changed`, `lost_focus`, `has_focus`.
    pub(crate) fn show(self, ui: &mut Ui) -> Response {
        let tokens = theme::tokens(ui);
        let enabled = ui.is_enabled();
        let width = self.width.unwrap_or_else(|| ui.available_width());
        let (rect, _) = ui.allocate_exact_size(vec2(width, self.height), Sense::hover());
        let id = self.id.unwrap_or_else(|| ui.auto_id_with(self.name));
        // A click beside the text means the text, too. Not focusable: the text is the one stop for the keyboard.
        let around = ui.interact(rect, id.with("around"), Sense::CLICK);

        let mut left = rect.left() + 9.0;
        let mut right = rect.right() - 9.0;
        let ground = ui.painter().add(egui::Shape::Noop);
        if let Some(icon) = self.icon {
            icon_at(ui, pos2(left + 7.0, rect.center().y), icon, theme::ICON_ROW, tokens.text2);
            left += 20.0;
        }
        if !self.unit.is_empty() {
            right = put_right(ui, right, rect.center().y, line(ui, self.unit, Text::Body, tokens.text3)) - 6.0;
        }
        let inner = Rect::from_x_y_ranges(left..=right.max(left + 8.0), rect.y_range());
        let step = Text::Body;
        let ink = if enabled { tokens.text } else { tokens.text3 };
        let align = if self.right { Align::RIGHT } else { Align::LEFT };
        let edit = TextEdit::singleline(self.text)
            .id(id)
            .font(step.font())
            .text_color(ink)
            .frame(Frame::NONE)
            .margin(Margin::ZERO)
            .align(Align2([align, Align::Center]))
            .desired_width(inner.width())
            .min_size(inner.size())
            .hint_text(theme::rich(self.hint, Text::Body, tokens.text3));
        let mut child = ui.new_child(UiBuilder::new().max_rect(inner));
        child.shrink_clip_rect(inner.expand2(vec2(1.0, 0.0)));
        let response = child.add(edit);
        let response = response.accessible_name(self.name);
        if around.clicked() {
            response.request_focus();
        }
        let outline = match (self.invalid, response.has_focus()) {
            (true, _) => tokens.danger,
            (false, true) => tokens.accent,
            (false, false) if around.hovered() || response.hovered() => mix(tokens.line2, tokens.text3, 0.5),
            (false, false) => tokens.line2,
        };
        let mut shapes = vec![
            egui::epaint::RectShape::new(
                rect,
                theme::RADIUS_CONTROL,
                tokens.s2,
                Stroke::new(1.0, outline),
                StrokeKind::Inside,
            )
            .into(),
        ];
        if response.has_focus() {
            // Somebody who types knows where; the glow says it to everybody else.
            let glow = mix(Color32::TRANSPARENT, outline, 0.3);
            shapes.push(egui::Shape::rect_stroke(
                rect,
                theme::RADIUS_CONTROL + 1,
                Stroke::new(2.0, glow),
                StrokeKind::Outside,
            ));
        }
        ui.painter().set(ground, egui::Shape::Vec(shapes));
        response
    }
}

/// What is wrong with a field, icon and sentence.
pub(crate) fn error_line(ui: &mut Ui, sentence: &str) -> Response {
    let tokens = theme::tokens(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        super::icon(ui, Icon::CircleAlert, theme::ICON_CHIP, tokens.danger);
        ui.add(egui::Label::new(theme::rich(sentence, Text::Small, tokens.danger)).wrap())
    })
    .inner
}

/// A number that is typed or stepped with the up and down keys.
#[derive(Debug)]
pub(crate) struct NumberField<'a> {
    name: &'a str,
    value: &'a mut f64,
    range: RangeInclusive<f64>,
    step: f64,
    unit: &'a str,
    width: f32,
}

impl<'a> NumberField<'a> {
    /// Whole numbers within `range`.
    pub(crate) fn new(name: &'a str, value: &'a mut f64, range: RangeInclusive<f64>) -> Self {
        NumberField {
            name,
            value,
            range,
            step: 1.0,
            unit: "",
            width: 44.0,
        }
    }

    /// What the up and down keys add; ten times as much with Shift.
    pub(crate) fn step(mut self, step: f64) -> Self {
        self.step = step;
        self
    }

    /// Behind the number.
    pub(crate) fn unit(mut self, unit: &'a str) -> Self {
        self.unit = unit;
        self
    }

    /// Width of the field.
    pub(crate) fn width(mut self, width: f32) -> Self {
        self.width = width;
        self
    }

    /// Draws it; `changed` once what was typed is a number within the range. What is not stays in the field, outlined as
    /// wrong with the reason, and gives way to the last good number when the keyboard leaves.
    pub(crate) fn show(self, ui: &mut Ui) -> Response {
        let id = ui.auto_id_with(("number", self.name));
        let shown = format!("{:.0}", *self.value);
        let focused = ui.memory(|memory| memory.has_focus(id));
        let mut text = if focused {
            ui.data(|data| data.get_temp::<String>(id)).unwrap_or_else(|| shown.clone())
        } else {
            shown.clone()
        };
        let mut stepped = None;
        if focused && ui.is_enabled() {
            let steps = ui.input_mut(|input| {
                let tenfold = if input.modifiers.shift { 10.0 } else { 1.0 };
                let mut count = |key| {
                    input.count_and_consume_key(egui::Modifiers::NONE, key) + input.count_and_consume_key(egui::Modifiers::SHIFT, key)
                };
                (count(egui::Key::ArrowUp) as f64 - count(egui::Key::ArrowDown) as f64) * tenfold
            });
            if steps != 0.0 {
                let value = (*self.value + steps * self.step).clamp(*self.range.start(), *self.range.end());
                stepped = Some(value);
                text = format!("{value:.0}");
            }
        }
        let typed = parse(&text, &self.range);
        let mut field = TextField::new(self.name, &mut text)
            .id(id)
            .unit(self.unit)
            .width(self.width)
            .invalid(typed.is_none());
        if self.unit.is_empty() {
            field = field.align_right();
        }
        let mut response = field.show(ui);
        if response.has_focus() {
            ui.memory_mut(|memory| {
                memory.set_focus_lock_filter(
                    id,
                    egui::EventFilter {
                        vertical_arrows: true,
                        horizontal_arrows: true,
                        ..egui::EventFilter::default()
                    },
                );
            });
            ui.data_mut(|data| data.insert_temp(id, text.clone()));
        } else {
            ui.data_mut(|data| data.remove::<String>(id));
        }
        let next = stepped.or_else(|| if response.changed() { parse(&text, &self.range) } else { None });
        // The library marks every keystroke; only a new number counts.
        response.flags.remove(egui::response::Flags::CHANGED);
        if let Some(value) = next
            && value != *self.value
        {
            *self.value = value;
            response.mark_changed();
        }
        if typed.is_none() {
            let low = format!("{:.0}", self.range.start());
            let high = format!("{:.0}", self.range.end());
            return super::tip(response, &format!("Use a number from {low} to {high}."));
        }
        response
    }
}

fn parse(text: &str, range: &RangeInclusive<f64>) -> Option<f64> {
    let value = text.trim().replace(',', "").parse::<f64>().ok()?;
    range.contains(&value).then_some(value)
}
