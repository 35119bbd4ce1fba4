//! Choices between few: checkbox, toggle, segments. Each segment is a stop for the keyboard of its own.

use super::paint::{focus_ring, hover_part, icon_at, line, put_left, sense};
use crate::gui::theme::{self, Icon, Text, mix};
use egui::{Color32, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

/// A box that is ticked or not. `name` is for screen readers: in a list the words stand elsewhere in the row.
pub(crate) fn checkbox(ui: &mut Ui, on: &mut bool, name: &str) -> Response {
    checkbox_that(ui, on, name, sense(ui.is_enabled()))
}

/// The same in a list whose rows are stops for the keyboard and take the space bar: it is none itself.
pub(crate) fn checkbox_in_row(ui: &mut Ui, on: &mut bool, name: &str) -> Response {
    let sense = if ui.is_enabled() { Sense::CLICK } else { Sense::hover() };
    checkbox_that(ui, on, name, sense)
}

fn checkbox_that(ui: &mut Ui, on: &mut bool, name: &str, sense: Sense) -> Response {
    let tokens = theme::tokens(ui);
    let enabled = ui.is_enabled();
    let (rect, mut response) = ui.allocate_exact_size(vec2(theme::HEIGHT_SMALL, theme::HEIGHT_SMALL), sense);
    if response.clicked() {
        *on = !*on;
        response.mark_changed();
    }
    let ticked = *on;
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, enabled, ticked, name));
    if ui.is_rect_visible(rect) {
        let square = Rect::from_center_size(rect.center(), vec2(14.0, 14.0));
        let part = hover_part(ui, &response);
        let (fill, outline) = if ticked {
            (tokens.accent, tokens.accent)
        } else {
            (mix(tokens.s2, tokens.s3, part), mix(tokens.line2, tokens.text3, part))
        };
        ui.painter()
            .rect(square, theme::RADIUS_CHECK, fill, Stroke::new(1.0, outline), StrokeKind::Inside);
        if ticked {
            icon_at(ui, square.center(), Icon::Check, 12.0, tokens.on_accent);
        }
        focus_ring(ui, &response, square, theme::RADIUS_CHECK);
    }
    response
}

/// A checkbox with its words.
pub(crate) fn labelled_checkbox(ui: &mut Ui, on: &mut bool, label: &str) -> Response {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let mut response = checkbox(ui, on, label);
        let words = ui.add(egui::Label::new(theme::rich(label, Text::Body, theme::tokens(ui).text)).sense(sense(ui.is_enabled())));
        if words.clicked() {
            *on = !*on;
            response.mark_changed();
        }
        response
    })
    .inner
}

/// On or off, at once.
pub(crate) fn toggle(ui: &mut Ui, on: &mut bool, name: &str) -> Response {
    let tokens = theme::tokens(ui);
    let enabled = ui.is_enabled();
    let (rect, mut response) = ui.allocate_exact_size(vec2(32.0, theme::HEIGHT_SMALL), sense(enabled));
    if response.clicked() {
        *on = !*on;
        response.mark_changed();
    }
    let value = *on;
    response.widget_info(|| WidgetInfo::selected(Role::Switch, enabled, value, name));
    if ui.is_rect_visible(rect) {
        let body = Rect::from_center_size(rect.center(), vec2(32.0, 18.0));
        let time = if theme::reduced_motion(ui) { 0.0 } else { theme::MOTION_HOVER };
        let part = ui.ctx().animate_bool_with_time(response.id.with("on"), value, time);
        let off = mix(tokens.line2, tokens.text3, hover_part(ui, &response) * 0.4);
        ui.painter().rect_filled(body, 9, mix(off, tokens.accent, part));
        let x = egui::lerp(body.left() + 9.0..=body.right() - 9.0, part);
        ui.painter().circle_filled(pos2(x, body.center().y), 7.0, knob(ui));
        focus_ring(ui, &response, body, 9);
    }
    response
}

/// Knobs are white in both themes, as paper is.
pub(super) fn knob(ui: &Ui) -> Color32 {
    let tokens = theme::tokens(ui);
    if tokens.dark { tokens.text } else { tokens.pop }
}

/// One choice of a segmented control.
#[derive(Clone, Debug)]
pub(crate) struct Segment<'a> {
    label: &'a str,
    icon: Option<Icon>,
    count: Option<String>,
    danger_count: bool,
    name: Option<String>,
}

impl<'a> Segment<'a> {
    /// Words.
    pub(crate) fn new(label: &'a str) -> Self {
        Segment {
            label,
            icon: None,
            count: None,
            danger_count: false,
            name: None,
        }
    }

    /// An icon before the words; alone where they are empty, and then `name` is needed.
    pub(crate) fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// How many there are, dimmer behind the words.
    pub(crate) fn count(mut self, count: impl Into<String>) -> Self {
        self.count = Some(count.into());
        self
    }

    /// The count is bad news.
    pub(crate) fn danger(mut self, danger: bool) -> Self {
        self.danger_count = danger;
        self
    }

    /// What a screen reader says and a pointer is told.
    pub(crate) fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

impl<'a> From<&'a str> for Segment<'a> {
    fn from(label: &'a str) -> Self {
        Segment::new(label)
    }
}

/// Up to four choices beside each other, one of them taken. `width` spreads them; without it they are as wide as they need.
pub(crate) fn segmented<'a, T: PartialEq + Clone>(
    ui: &mut Ui,
    chosen: &mut T,
    choices: impl IntoIterator<Item = (T, impl Into<Segment<'a>>)>,
    width: Option<f32>,
) -> Response {
    let tokens = theme::tokens(ui);
    let enabled = ui.is_enabled();
    let choices: Vec<(T, Segment<'a>)> = choices.into_iter().map(|(value, segment)| (value, segment.into())).collect();
    let natural: Vec<f32> = choices.iter().map(|(_, segment)| segment_width(ui, segment)).collect();
    let inset = 3.0;
    let total: f32 = natural.iter().sum();
    let full = width
        .unwrap_or(total + inset * 2.0)
        .max(total.min(width.unwrap_or(total)) + inset * 2.0);
    let (rect, mut response) = ui.allocate_exact_size(vec2(full.ceil(), theme::HEIGHT_CONTROL), egui::Sense::hover());
    if ui.is_rect_visible(rect) {
        let (fill, outline) = if tokens.dark {
            (tokens.s2, tokens.line2)
        } else {
            (tokens.s3, tokens.s3)
        };
        ui.painter()
            .rect(rect, theme::RADIUS_CONTROL, fill, Stroke::new(1.0, outline), StrokeKind::Inside);
    }
    let mut left = rect.left() + inset;
    let inner = rect.width() - inset * 2.0;
    for (index, (value, segment)) in choices.into_iter().enumerate() {
        // With a width given all are equally wide, as drawn; otherwise each takes what it needs.
        let part = if width.is_some() {
            inner / natural.len() as f32
        } else {
            natural[index]
        };
        let place = Rect::from_min_size(pos2(left, rect.top() + inset), vec2(part, rect.height() - inset * 2.0));
        left += part;
        let is_chosen = *chosen == value;
        let own = ui.interact(place, response.id.with(index), sense(enabled));
        let name = segment.name.clone().unwrap_or_else(|| match &segment.count {
            Some(count) => format!("{} {count}", segment.label),
            None => segment.label.to_owned(),
        });
        own.widget_info(|| WidgetInfo::selected(Role::RadioButton, enabled, is_chosen, &name));
        if ui.is_rect_visible(place) {
            paint_segment(ui, place, &own, &segment, is_chosen, enabled);
        }
        let own = if segment.label.is_empty() { super::tip(own, &name) } else { own };
        if own.clicked() && !is_chosen {
            *chosen = value;
            response.mark_changed();
        }
    }
    response
}

fn segment_width(ui: &Ui, segment: &Segment) -> f32 {
    let words = if segment.label.is_empty() {
        0.0
    } else {
        line(ui, segment.label, Text::SmallStrong, Color32::WHITE).size().x
    };
    let icon = segment.icon.map_or(0.0, |_| theme::ICON_ROW);
    let both = if segment.icon.is_some() && !segment.label.is_empty() {
        6.0
    } else {
        0.0
    };
    let count = segment
        .count
        .as_ref()
        .map_or(0.0, |count| 6.0 + line(ui, count.as_str(), Text::Small, Color32::WHITE).size().x);
    let inset = if segment.label.is_empty() { 7.0 } else { 10.0 };
    (words + icon + both + count + inset * 2.0).ceil()
}

fn paint_segment(ui: &Ui, place: Rect, response: &Response, segment: &Segment, is_chosen: bool, enabled: bool) {
    let tokens = theme::tokens(ui);
    if is_chosen {
        let fill = if tokens.dark { tokens.s3 } else { tokens.s2 };
        ui.painter()
            .rect(place, theme::RADIUS_BAR, fill, Stroke::new(1.0, tokens.line2), StrokeKind::Inside);
    }
    focus_ring(ui, response, place.shrink(2.0), theme::RADIUS_BAR);
    let part = hover_part(ui, response);
    let ink = match (enabled, is_chosen) {
        (false, _) => tokens.text3,
        (true, true) => tokens.text,
        (true, false) => mix(tokens.text2, tokens.text, part),
    };
    let step = if is_chosen { Text::SmallStrong } else { Text::Small };
    let words = (!segment.label.is_empty()).then(|| line(ui, segment.label, step, ink));
    let count_ink = if segment.danger_count { tokens.danger } else { tokens.text3 };
    let count = segment.count.as_ref().map(|count| line(ui, count.as_str(), Text::Small, count_ink));
    let icon = segment.icon.map_or(0.0, |_| theme::ICON_ROW);
    let mut width = icon + words.as_ref().map_or(0.0, |words| words.size().x);
    if icon > 0.0 && words.is_some() {
        width += 6.0;
    }
    width += count.as_ref().map_or(0.0, |count| count.size().x + 6.0);
    let middle = place.center().y;
    let mut x = place.center().x - width / 2.0;
    if let Some(glyph) = segment.icon {
        icon_at(ui, pos2(x + icon / 2.0, middle), glyph, theme::ICON_ROW, ink);
        x += icon + 6.0;
    }
    if let Some(words) = words {
        x = put_left(ui, x, middle, words) + 6.0;
    }
    if let Some(count) = count {
        put_left(ui, x, middle, count);
    }
}
