//! The control of one setting, whatever kind it is of: shows the value in force, sends what a person makes of it.

use egui::{Id, Margin, Response, TextEdit, Ui, vec2};
use serde_json::{Value, json};

use super::{Command, State, View};
use crate::config::{Kind, Optional, Row};
use crate::engine::Fit;
use crate::gui::command::Outbox;
use crate::gui::theme::{self, Text};
use crate::gui::widgets::{self, Select, Slider, TextField};

/// Widest control of a row.
pub(super) const WIDE: f32 = 288.0;
const SELECT: f32 = 200.0;

/// Where a field of text has the keyboard.
pub(super) fn field_id(key: &str) -> Id {
    Id::unique(("setting", key))
}

/// How wide the control of a row is.
pub(super) fn width(row: &Row, value: &Value) -> f32 {
    match row.kind {
        Kind::Switch => 32.0,
        _ if row.none.is_some_and(|none| none.on.is_some()) => {
            if value.is_null() {
                32.0
            } else {
                144.0 + 8.0 + 32.0
            }
        }
        Kind::Choice(choices) if choices.len() == 1 || choices.len() > 3 => SELECT,
        Kind::Fit => match fit(value) {
            Fit::Longest | Fit::Shortest => SELECT,
            Fit::Box { .. } | Fit::Megapixels(_) => WIDE,
        },
        Kind::Choice(_) | Kind::Several(_) | Kind::Globs | Kind::Card => WIDE,
        Kind::Whole { to: 100, .. } => WIDE,
        Kind::Whole { to, .. } if to <= 65_500 && row.none.is_none() => 96.0,
        Kind::Number { .. } => 96.0,
        Kind::Colour => 136.0,
        Kind::Whole { .. } | Kind::Bytes { .. } | Kind::Word | Kind::Moment | Kind::Slice => SELECT,
    }
}

/// How high, without what is said below it.
pub(super) fn height(row: &Row, text: &str) -> f32 {
    match row.kind {
        Kind::Globs => {
            let lines = text.lines().count() + usize::from(text.ends_with('\n'));
            theme::HEIGHT_CONTROL + (lines.clamp(1, 5) - 1) as f32 * Text::Code.line()
        }
        _ => theme::HEIGHT_CONTROL,
    }
}

/// Draws it as wide as [`width`] says.
pub(super) fn show(ui: &mut Ui, state: &State, row: &'static Row, view: &mut View, out: &mut Outbox) {
    let value = state.value(row.key);
    match (row.kind, row.none) {
        (Kind::Switch, _) => {
            let mut on = value.as_bool().unwrap_or_default();
            if widgets::toggle(ui, &mut on, row.label).changed() {
                out.send(Command::Set(row.key, on.into()));
            }
        }
        (_, Some(Optional { on: Some(on), .. })) => switched(ui, state, row, on, view, out),
        (Kind::Choice(choices), _) if choices.len() == 1 || choices.len() > 3 => {
            let all: Vec<(String, &str)> = choices.iter().map(|choice| (choice.value.to_owned(), choice.label)).collect();
            let mut chosen = value.as_str().unwrap_or_default().to_owned();
            if Select::new(row.label)
                .width(ui.available_width())
                .show(ui, &mut chosen, &all)
                .changed()
            {
                out.send(Command::Set(row.key, chosen.into()));
            }
        }
        (Kind::Choice(_), _) => segments(ui, state, row, out),
        (Kind::Several(_), _) => several(ui, &value, row, out),
        (Kind::Fit, _) => {
            fit_select(ui, state, row, SELECT, out);
            if !matches!(fit(&value), Fit::Longest | Fit::Shortest) {
                fit_size(ui, state, row, ui.available_width(), view, out);
            }
        }
        (Kind::Whole { from, to: to @ 100, .. }, _) => slider(ui, state, row, from as f64..=to as f64, ui.available_width(), view, out),
        (Kind::Globs, _) => globs(ui, state, row, view, out),
        (Kind::Card, _) => super::cards::show(ui, state, row, out),
        (Kind::Colour, _) => {
            let tokens = theme::tokens(ui);
            let part = |i: usize| value.get(i).and_then(Value::as_u64).map_or(0, |n| n.min(255) as u8);
            let (rect, response) = ui.allocate_exact_size(vec2(28.0, theme::HEIGHT_CONTROL), egui::Sense::hover());
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, format!("{}: {}", row.label, row.text(&value))));
            let fill = egui::Color32::from_rgb(part(0), part(1), part(2));
            let stroke = egui::Stroke::new(1.0, tokens.line2);
            ui.painter()
                .rect(rect, theme::RADIUS_CONTROL, fill, stroke, egui::StrokeKind::Inside);
            field(ui, state, row, ui.available_width(), view, out);
        }
        _ => {
            field(ui, state, row, ui.available_width(), view, out);
        }
    }
}

/// A line of text. What is typed is told at every key; the field keeps it as it was typed as long as it has the keyboard.
pub(super) fn field(ui: &mut Ui, state: &State, row: &'static Row, width: f32, view: &mut View, out: &mut Outbox) -> Response {
    let unit = match row.kind {
        Kind::Whole { unit, .. } | Kind::Number { unit, .. } => unit,
        _ => "",
    };
    let mut text = typed(state, row, view);
    let error = state.fault(row.key);
    let name = match error {
        Some(error) => format!("{}. {error}", row.label),
        None => row.label.to_owned(),
    };
    let mut field = TextField::new(&name, &mut text)
        .id(field_id(row.key))
        .unit(unit)
        .hint(row.none.map_or("", |none| none.hint))
        .invalid(error.is_some())
        .width(width);
    if matches!(row.kind, Kind::Whole { to: 100, .. }) {
        field = field.align_right();
    }
    let response = field.show(ui);
    keep_typed(row, view, &response, text, out);
    step(ui, state, row, &response, view, out);
    response
}

fn typed(state: &State, row: &'static Row, view: &View) -> String {
    match &view.typing {
        Some((key, text)) if *key == row.key => text.clone(),
        _ => state.text(row),
    }
}

fn keep_typed(row: &'static Row, view: &mut View, response: &Response, text: String, out: &mut Outbox) {
    if response.changed() {
        out.send(Command::Type(row.key, text.clone()));
    }
    if response.has_focus() {
        view.typing = Some((row.key, text));
    } else if view.typing.as_ref().is_some_and(|(key, _)| *key == row.key) {
        view.typing = None;
    }
}

/// The up and down keys count.
fn step(ui: &mut Ui, state: &State, row: &'static Row, response: &Response, view: &mut View, out: &mut Outbox) {
    let Kind::Whole { from, to, .. } = row.kind else { return };
    if !response.has_focus() || !ui.is_enabled() {
        return;
    }
    let (steps, tenfold) = ui.input_mut(|input| {
        let mut count = |modifiers, key| i128::try_from(input.count_and_consume_key(modifiers, key)).unwrap_or(0);
        let one = count(egui::Modifiers::NONE, egui::Key::ArrowUp) - count(egui::Modifiers::NONE, egui::Key::ArrowDown);
        let ten = count(egui::Modifiers::SHIFT, egui::Key::ArrowUp) - count(egui::Modifiers::SHIFT, egui::Key::ArrowDown);
        (one, ten * 10)
    });
    let Some(now) = state.value(row.key).as_u64().filter(|_| steps + tenfold != 0) else {
        return;
    };
    let next = (i128::from(now) + steps + tenfold).clamp(i128::from(from), i128::from(to)) as u64;
    view.typing = Some((row.key, next.to_string()));
    out.send(Command::Set(row.key, next.into()));
}

/// A slider with the number beside it.
pub(super) fn slider(
    ui: &mut Ui,
    state: &State,
    row: &'static Row,
    range: std::ops::RangeInclusive<f64>,
    width: f32,
    view: &mut View,
    out: &mut Outbox,
) {
    const NUMBER: f32 = 44.0;
    const GAP: f32 = 12.0;
    ui.spacing_mut().item_spacing.x = GAP;
    let mut value = state.value(row.key).as_f64().unwrap_or_default();
    // Beyond the end stands at the end.
    if let Ok(beyond) = typed(state, row, view).trim().parse::<f64>() {
        value = beyond.clamp(*range.start(), *range.end());
    }
    let slider = Slider::new(row.label, &mut value, range)
        .without_number()
        .width(width - NUMBER - GAP);
    if slider.show(ui).changed() {
        out.send(Command::Set(row.key, json!(value.round() as u64)));
    }
    field(ui, state, row, NUMBER, view, out);
}

/// Up to three choices beside each other.
pub(super) fn segments(ui: &mut Ui, state: &State, row: &'static Row, out: &mut Outbox) {
    let Kind::Choice(choices) = row.kind else { return };
    let mut chosen = state.value(row.key).as_str().unwrap_or_default().to_owned();
    let all = choices.iter().map(|choice| {
        let segment = widgets::Segment::new(choice.label).name(format!("{}: {}", row.label, choice.label));
        (choice.value.to_owned(), segment)
    });
    if widgets::segmented(ui, &mut chosen, all, Some(ui.available_width())).changed() {
        out.send(Command::Set(row.key, chosen.into()));
    }
}

/// A switch, and while it is on, a field.
fn switched(ui: &mut Ui, state: &State, row: &'static Row, first: &str, view: &mut View, out: &mut Outbox) {
    let is_on = !state.value(row.key).is_null() || state.fault(row.key).is_some();
    if is_on {
        field(ui, state, row, ui.available_width() - 40.0, view, out);
    }
    let mut on = is_on;
    if widgets::toggle(ui, &mut on, &format!("{}, in use", row.label)).changed() {
        let text = if on { first } else { "" };
        out.send(Command::Type(row.key, text.to_owned()));
    }
}

/// Any of several: each ticked or not.
fn several(ui: &mut Ui, value: &Value, row: &'static Row, out: &mut Outbox) {
    let Kind::Several(choices) = row.kind else { return };
    let chosen: Vec<&str> = value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let words: Vec<&str> = choices
        .iter()
        .filter(|choice| chosen.contains(&choice.value))
        .map(|choice| choice.label)
        .collect();
    let shown = if words.is_empty() { "None".to_owned() } else { words.join(", ") };
    let anchor = Select::new(row.label).width(ui.available_width()).button(ui, &shown);
    widgets::sticky_menu(&anchor, WIDE, |ui| {
        for choice in choices {
            let is_chosen = chosen.contains(&choice.value);
            if widgets::MenuItem::new(choice.label).chosen(is_chosen).show(ui).clicked() {
                let taken = choices.iter().map(|other| other.value);
                let taken: Vec<&str> = taken.filter(|other| chosen.contains(other) != (*other == choice.value)).collect();
                out.send(Command::Set(row.key, json!(taken)));
            }
        }
    });
}

/// Globs, one a line.
fn globs(ui: &mut Ui, state: &State, row: &'static Row, view: &mut View, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    let mut text = typed(state, row, view);
    let error = state.fault(row.key);
    let id = field_id(row.key);
    let has_focus = ui.memory(|memory| memory.has_focus(id));
    let outline = match (error.is_some(), has_focus) {
        (true, _) => tokens.danger,
        (false, true) => tokens.accent,
        (false, false) => tokens.line2,
    };
    let size = vec2(ui.available_width(), height(row, &text));
    let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
    let stroke = egui::Stroke::new(1.0, outline);
    ui.painter()
        .rect(rect, theme::RADIUS_CONTROL, tokens.s2, stroke, egui::StrokeKind::Inside);
    let mut inner = rect.shrink2(vec2(9.0, 0.0));
    inner.min.y += 6.0;
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(inner));
    child.shrink_clip_rect(rect.shrink(1.0));
    let edit = TextEdit::multiline(&mut text)
        .id(id)
        .font(Text::Code.font())
        .text_color(if ui.is_enabled() { tokens.text } else { tokens.text3 })
        .frame(egui::Frame::NONE)
        .margin(Margin::ZERO)
        .desired_width(inner.width())
        .desired_rows(1)
        .min_size(inner.size())
        .hint_text(theme::rich(
            if row.key == "choose.exclude" { "None" } else { "All" },
            Text::Code,
            tokens.text3,
        ));
    let response = child.add(edit);
    let name = match error {
        Some(error) => format!("{}. {error}", row.label),
        None => row.label.to_owned(),
    };
    let response = response.accessible_name(name);
    keep_typed(row, view, &response, text, out);
}

/// What a picture has to fit.
pub(super) fn fit(value: &Value) -> Fit {
    value.as_str().and_then(|text| text.parse::<Fit>().ok()).unwrap_or(Fit::Longest)
}

/// The four ways; a new box or number of megapixels begins with the size that the target had.
pub(super) fn fit_select(ui: &mut Ui, state: &State, row: &'static Row, width: f32, out: &mut Outbox) {
    let target = state.now().picture.target;
    let now = fit(&state.value(row.key));
    let side = match now {
        Fit::Box { width, .. } => width,
        _ => target,
    };
    let megapixels = match now {
        Fit::Megapixels(megapixels) => megapixels,
        _ => ((f64::from(target).powi(2) / 1e4).round() / 100.0).max(0.01),
    };
    let boxed = match now {
        Fit::Box { .. } => now,
        _ => Fit::Box { width: side, height: side },
    };
    let choices = [
        (Fit::Longest, "Longest side"),
        (Fit::Shortest, "Shortest side"),
        (boxed, "Box"),
        (Fit::Megapixels(megapixels), "Megapixels"),
    ];
    let mut chosen = now;
    if Select::new(row.label).width(width).show(ui, &mut chosen, &choices).changed() {
        out.send(Command::Set(row.key, chosen.to_string().into()));
    }
}

/// The size that belongs to a box or to megapixels.
pub(super) fn fit_size(ui: &mut Ui, state: &State, row: &'static Row, width: f32, view: &mut View, out: &mut Outbox) {
    let now = fit(&state.value(row.key));
    let (unit, ending) = if matches!(now, Fit::Megapixels(_)) {
        ("MP", "MP")
    } else {
        ("", "")
    };
    let mut text = typed(state, row, view);
    if let Some(number) = text.strip_suffix(ending).filter(|_| !ending.is_empty()) {
        text = number.to_owned();
    }
    let name = if ending.is_empty() { "Width and height" } else { "Megapixels" };
    let error = state.fault(row.key);
    let spoken = match error {
        Some(error) => format!("{name}. {error}"),
        None => name.to_owned(),
    };
    let response = TextField::new(&spoken, &mut text)
        .id(field_id(row.key))
        .unit(unit)
        .invalid(error.is_some())
        .width(width)
        .show(ui);
    // A side alone is no way to say a box, and a number alone none to say megapixels.
    let text = if ending.is_empty() {
        text.replace('×', "x")
    } else {
        format!("{}{ending}", text.trim_end_matches(|c: char| "mMpP ".contains(c)))
    };
    keep_typed(row, view, &response, text, out);
}
