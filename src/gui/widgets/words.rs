//! Text that must fit, and small pieces of it: names without their middle, numbers with their unit, chips, states.

use super::paint::{icon_at, line, put_left, put_right};
use crate::gui::theme::{self, Icon, Text};
use egui::{Color32, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

/// Shortens `text` at its end until it fits; whether it had to.
pub(crate) fn elide_end(ui: &Ui, text: &str, step: Text, room: f32) -> (String, bool) {
    shorten(ui, text, step, room, 0)
}

/// Shortens a file's name in its middle and keeps the extension with three letters before it; whether it had to.
pub(crate) fn elide_middle(ui: &Ui, text: &str, step: Text, room: f32) -> (String, bool) {
    let tail = match text.rfind('.') {
        // What looks like an extension; a sentence with a full stop in it has none.
        Some(at) if at > 0 && text.len() - at <= 6 => text[at..].chars().count() + 3,
        _ => 4,
    };
    shorten(ui, text, step, room, tail)
}

fn shorten(ui: &Ui, text: &str, step: Text, room: f32, tail: usize) -> (String, bool) {
    let font = step.font();
    ui.fonts_mut(|fonts| {
        let total: f32 = text.chars().map(|c| fonts.glyph_width(&font, c)).sum();
        if total <= room {
            return (text.to_owned(), false);
        }
        let letters: Vec<char> = text.chars().collect();
        let tail = tail.min(letters.len());
        let end = &letters[letters.len() - tail..];
        let mut left = room - fonts.glyph_width(&font, '…') - end.iter().map(|c| fonts.glyph_width(&font, *c)).sum::<f32>();
        let mut short = String::new();
        for letter in &letters[..letters.len() - tail] {
            left -= fonts.glyph_width(&font, *letter);
            if left < 0.0 {
                break;
            }
            short.push(*letter);
        }
        let mut short = short.trim_end().to_owned();
        short.push('…');
        short.extend(end);
        (short, true)
    })
}

/// A file's name as part of a row: without its middle where it is too long, and then whole under the pointer.
pub(crate) fn file_name(ui: &mut Ui, name: &str, step: Text, color: Color32, width: f32) -> Response {
    let (words, shortened) = elide_middle(ui, name, step, width);
    let galley = line(ui, words, step, color);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x.min(width), step.line()), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
    if ui.is_rect_visible(rect) {
        put_left(ui, rect.left(), rect.center().y, galley);
    }
    if shortened { super::tip(response, name) } else { response }
}

/// A word as a label of one step and colour.
pub(crate) fn label(ui: &mut Ui, text: impl Into<String>, step: Text, color: Color32) -> Response {
    ui.add(egui::Label::new(theme::rich(text, step, color)))
}

/// An icon and a word: how something stands. Never colour alone.
pub(crate) fn state(ui: &mut Ui, icon: Icon, words: &str, color: Color32) -> Response {
    let galley = line(ui, words, Text::Small, color);
    let size = vec2(theme::ICON_CHIP + 6.0 + galley.size().x, 16.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    if ui.is_rect_visible(rect) {
        let middle = rect.center().y;
        icon_at(
            ui,
            pos2(rect.left() + theme::ICON_CHIP / 2.0, middle),
            icon,
            theme::ICON_CHIP,
            color,
        );
        put_left(ui, rect.left() + theme::ICON_CHIP + 6.0, middle, galley);
    }
    response
}

/// A count of bad news on its own small ground. `name` says what is counted.
pub(crate) fn badge(ui: &mut Ui, words: &str, name: &str) -> Response {
    let tokens = theme::tokens(ui);
    let galley = line(ui, words, Text::Tiny, tokens.danger);
    let (rect, response) = ui.allocate_exact_size(vec2((galley.size().x + 12.0).max(18.0), 16.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
    if ui.is_rect_visible(rect) {
        ui.painter().rect_filled(rect, 8, tokens.danger_bg);
        put_left(ui, rect.center().x - galley.size().x / 2.0, rect.center().y, galley);
    }
    response
}

/// Paints a number right-aligned with its unit in a left-aligned column behind: digits of a table stand below each other
/// whatever their unit. An empty number is an en dash.
pub(crate) fn number_at(ui: &Ui, right: f32, middle: f32, number: &str, unit: &str, step: Text) {
    let tokens = theme::tokens(ui);
    let column = if unit.is_empty() { 0.0 } else { theme::UNIT_COLUMN + 4.0 };
    if number.is_empty() {
        put_right(ui, right, middle, line(ui, "–", step, tokens.text3));
        return;
    }
    put_right(ui, right - column, middle, line(ui, number, step, tokens.text));
    if !unit.is_empty() {
        put_left(ui, right - theme::UNIT_COLUMN, middle, line(ui, unit, step, tokens.text3));
    }
}
