//! Rows: tabs on top of a page, rows of lists, headers and cells of tables.

use super::paint::{focus_ring_inside, hover_part, icon_at, line, put_left, put_right, sense};
use crate::gui::theme::{self, Icon, Text, mix};
use egui::{Color32, Rect, Response, Role, Stroke, Ui, WidgetInfo, pos2, vec2};

/// A page's tab: name, the digit that opens it, a line below the one that is open.
pub(crate) fn tab(ui: &mut Ui, name: &str, digit: Option<&str>, chosen: bool) -> Response {
    let tokens = theme::tokens(ui);
    let enabled = ui.is_enabled();
    let words = line(ui, name, Text::Control, Color32::PLACEHOLDER);
    let digit = digit.map(|digit| line(ui, digit, Text::Tiny, tokens.text3));
    let width = words.size().x + digit.as_ref().map_or(0.0, |digit| 8.0 + digit.size().x);
    let (rect, response) = ui.allocate_exact_size(vec2(width + theme::SPACE_24, theme::HEIGHT_TOP_BAR), sense(enabled));
    response.widget_info(|| WidgetInfo::selected(Role::Tab, enabled, chosen, name));
    if ui.is_rect_visible(rect) {
        let part = hover_part(ui, &response);
        let ink = if chosen {
            tokens.text
        } else {
            mix(tokens.text2, tokens.text, part)
        };
        let middle = rect.center().y;
        let left = rect.left() + theme::SPACE_12;
        ui.painter().galley(pos2(left, middle - words.size().y / 2.0), words.clone(), ink);
        if let Some(digit) = digit {
            put_left(ui, left + words.size().x + 8.0, middle + 0.5, digit);
        }
        if chosen {
            let below = Rect::from_min_max(pos2(left, rect.bottom() - 2.0), pos2(left + width, rect.bottom()));
            ui.painter().rect_filled(below, 1, tokens.accent);
        }
        focus_ring_inside(ui, &response, rect.shrink2(vec2(4.0, 8.0)), theme::RADIUS_CONTROL);
    }
    response
}

/// The ground of a row of a list: hovered, or selected with the edge in the accent.
pub(crate) fn list_row_ground(ui: &Ui, rect: Rect, response: &Response, selected: bool) {
    let tokens = theme::tokens(ui);
    let part = if selected { 1.0 } else { hover_part(ui, response) * 0.6 };
    if part > 0.0 {
        ui.painter().rect_filled(rect, 0, mix(tokens.s1, tokens.s3, part));
    }
    if selected {
        let edge = Rect::from_min_size(rect.min, vec2(2.0, rect.height()));
        ui.painter().rect_filled(edge, 0, tokens.accent);
    }
    focus_ring_inside(ui, response, rect, theme::RADIUS_BAR);
}

/// A row of a menu-like list (sections of settings): icon, words, a note.
pub(crate) fn nav_row(ui: &mut Ui, icon: Icon, words: &str, note: Option<(&str, &str)>, selected: bool) -> Response {
    let tokens = theme::tokens(ui);
    let enabled = ui.is_enabled();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 32.0), sense(enabled));
    let spoken = note.map_or_else(|| words.to_owned(), |(_, spoken)| format!("{words}, {spoken}"));
    response.widget_info(|| WidgetInfo::selected(Role::Tab, enabled, selected, &spoken));
    if ui.is_rect_visible(rect) {
        let part = if selected { 1.0 } else { hover_part(ui, &response) * 0.6 };
        if part > 0.0 {
            ui.painter().rect_filled(rect, 0, mix(tokens.s1, tokens.s3, part));
        }
        focus_ring_inside(ui, &response, rect, theme::RADIUS_BAR);
        let middle = rect.center().y;
        let ink = if selected { tokens.accent } else { tokens.text2 };
        icon_at(ui, pos2(rect.left() + 24.0, middle), icon, theme::ICON_BAR, ink);
        let (step, ink) = if selected {
            (Text::Control, tokens.text)
        } else {
            (Text::Body, tokens.text2)
        };
        put_left(ui, rect.left() + 41.0, middle, line(ui, words, step, ink));
        if let Some((count, _)) = note {
            let galley = line(ui, count, Text::Tiny, tokens.danger);
            let ground = Rect::from_min_max(
                pos2(rect.right() - 16.0 - (galley.size().x + 12.0).max(18.0), middle - 8.0),
                pos2(rect.right() - 16.0, middle + 8.0),
            );
            ui.painter().rect_filled(ground, 8, tokens.danger_bg);
            put_left(ui, ground.center().x - galley.size().x / 2.0, middle, galley);
        }
    }
    response
}

/// How a table is sorted by a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sorted {
    /// By another column.
    No,
    /// Smallest first.
    Up,
    /// Largest first.
    Down,
}

/// Where a column's content stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Words.
    Left,
    /// Digits.
    Right,
}

/// Readies a `Ui` for a table: no gaps, the tokens' colours for hovered and selected rows.
pub(crate) fn table_style(ui: &mut Ui) {
    let tokens = theme::tokens(ui);
    let style = ui.style_mut();
    style.spacing.item_spacing = vec2(0.0, 0.0);
    style.visuals.selection.bg_fill = tokens.accent_bg;
    style.visuals.widgets.hovered.bg_fill = tokens.s3;
}

/// Paints the ground of a table's header across `rect`.
pub(crate) fn header_ground(ui: &Ui, rect: Rect) {
    let tokens = theme::tokens(ui);
    ui.painter().rect_filled(rect, 0, tokens.header);
    ui.painter()
        .hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
}

/// A column's header, filling its cell: sorts on a click, the arrow shows how.
pub(crate) fn header_cell(ui: &mut Ui, words: &str, side: Side, sorted: Sorted) -> Response {
    let tokens = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), sense(true));
    let spoken = match sorted {
        Sorted::No => format!("Sort by {words}"),
        Sorted::Up => format!("Sort by {words}, smallest first"),
        Sorted::Down => format!("Sort by {words}, largest first"),
    };
    response.widget_info(|| WidgetInfo::selected(Role::ColumnHeader, true, sorted != Sorted::No, &spoken));
    let part = hover_part(ui, &response);
    if part > 0.0 {
        ui.painter().rect_filled(rect, 0, mix(tokens.header, tokens.s3, part));
    }
    focus_ring_inside(ui, &response, rect, theme::RADIUS_BAR);
    let galley = line(ui, words, Text::SmallStrong, tokens.text2);
    let arrow = match sorted {
        Sorted::No => None,
        Sorted::Up => Some(Icon::ArrowUp),
        Sorted::Down => Some(Icon::ArrowDown),
    };
    let middle = rect.center().y;
    match side {
        Side::Left => {
            let right = put_left(ui, rect.left() + theme::SPACE_12, middle, galley);
            if let Some(arrow) = arrow {
                icon_at(ui, pos2(right + 11.0, middle), arrow, theme::ICON_CHIP, tokens.accent);
            }
        }
        Side::Right => {
            let left = put_right(ui, rect.right() - theme::SPACE_12, middle, galley);
            if let Some(arrow) = arrow {
                icon_at(ui, pos2(left - 11.0, middle), arrow, theme::ICON_CHIP, tokens.accent);
            }
        }
    }
    response
}

/// A header that does not sort.
pub(crate) fn plain_header_cell(ui: &mut Ui, words: &str, side: Side) {
    let tokens = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), egui::Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, words));
    let galley = line(ui, words, Text::SmallStrong, tokens.text2);
    match side {
        Side::Left => put_left(ui, rect.left() + theme::SPACE_12, rect.center().y, galley),
        Side::Right => put_right(ui, rect.right() - theme::SPACE_12, rect.center().y, galley),
    };
}

/// A cell of words, painted into the whole cell: no widget of its own, for a table draws hundreds of them.
pub(crate) fn text_cell(ui: &Ui, words: &str, color: Color32) {
    let rect = ui.max_rect();
    let room = rect.width() - theme::SPACE_12 * 2.0;
    let (words, _) = super::elide_end(ui, words, Text::Small, room);
    put_left(
        ui,
        rect.left() + theme::SPACE_12,
        rect.center().y,
        line(ui, words, Text::Small, color),
    );
}

/// A cell with a file's name, without its middle where it is too long.
pub(crate) fn name_cell(ui: &Ui, name: &str) {
    let tokens = theme::tokens(ui);
    let rect = ui.max_rect();
    let room = rect.width() - theme::SPACE_12 - 4.0;
    let (words, _) = super::elide_middle(ui, name, Text::Small, room);
    put_left(
        ui,
        rect.left() + theme::SPACE_12,
        rect.center().y,
        line(ui, words, Text::Small, tokens.text),
    );
}

/// A cell with a number; empty is an en dash.
pub(crate) fn number_cell(ui: &Ui, number: &str, unit: &str) {
    let rect = ui.max_rect();
    super::number_at(ui, rect.right() - theme::SPACE_12, rect.center().y, number, unit, Text::Small);
}

/// A cell with an icon and a word.
pub(crate) fn state_cell(ui: &Ui, icon: Icon, words: &str, color: Color32, ink: Color32) {
    let rect = ui.max_rect();
    let left = rect.left() + theme::SPACE_12;
    icon_at(ui, pos2(left + 7.0, rect.center().y), icon, theme::ICON_ROW, color);
    put_left(ui, left + 20.0, rect.center().y, line(ui, words, Text::Small, ink));
}

/// The line below a row.
pub(crate) fn row_line(ui: &Ui) {
    let rect = ui.max_rect();
    ui.painter()
        .hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, theme::tokens(ui).line));
}
