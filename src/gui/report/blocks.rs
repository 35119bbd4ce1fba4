//! Sets the blocks of an exported page in the window: paragraphs, lists and tables, as Markdown and HTML do in their ways.

use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::gui::theme::{self, Text};
use crate::gui::widgets;
use crate::report::{Block, Line, Section, Span, Table};

/// Rows of a long table that are shown before it is unfolded.
const FIRST_ROWS: usize = 60;

/// A section with its title.
pub(super) fn section(ui: &mut Ui, section: &Section) {
    title(ui, &section.title);
    for block in &section.blocks {
        self::block(ui, block);
    }
}

/// The title of a section.
pub(super) fn title(ui: &mut Ui, words: &str) {
    let tokens = theme::tokens(ui);
    let response = widgets::label(ui, words, Text::Strong, tokens.text);
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, words));
}

/// Anything but plots and trees, which the page draws itself.
pub(super) fn block(ui: &mut Ui, block: &Block) {
    match block {
        Block::Text(words) => paragraph(ui, words, ""),
        Block::List(items) => {
            items.iter().take(FIRST_ROWS).for_each(|item| paragraph(ui, item, "•"));
            let rest = items.len().saturating_sub(FIRST_ROWS);
            if rest > 0 {
                not_shown(ui, rest);
            }
        }
        Block::Table(rows) => table(ui, rows),
        Block::Tiles(_) | Block::Tree(_) | Block::Plot(_) => {}
    }
}

/// The plain words of a line.
pub(super) fn words(spans: &Line) -> String {
    spans
        .iter()
        .map(|span| match span {
            Span::Plain(text) | Span::Code(text) | Span::Strong(text) => text.as_str(),
        })
        .collect()
}

fn job(ui: &Ui, spans: &Line, color: Color32, width: f32) -> LayoutJob {
    let tokens = theme::tokens(ui);
    let mut job = LayoutJob::default();
    for span in spans {
        let (text, format): (&str, TextFormat) = match span {
            Span::Plain(text) => (text, Text::Small.format(color)),
            Span::Code(text) => (text, Text::Code.format(color)),
            Span::Strong(text) => (text, Text::SmallStrong.format(tokens.text)),
        };
        job.append(&crate::report::format::one_line(text), 0.0, format);
    }
    job.wrap.max_width = width;
    job
}

fn paragraph(ui: &mut Ui, spans: &Line, before: &str) {
    let tokens = theme::tokens(ui);
    let indent = if before.is_empty() { 0.0 } else { 12.0 };
    let galley = ui.painter().layout_job(job(ui, spans, tokens.text2, ui.available_width() - indent));
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), galley.size().y + 2.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words(spans)));
    if !before.is_empty() {
        let dot = widgets::line(ui, before, Text::Small, tokens.text3);
        ui.painter().galley(rect.min, dot, tokens.text3);
    }
    ui.painter().galley(pos2(rect.left() + indent, rect.top()), galley, tokens.text2);
}

/// A table: numbers to the right, words to the left and on as many lines as they need.
pub(super) fn table(ui: &mut Ui, table: &Table) {
    let tokens = theme::tokens(ui);
    let count = table.columns.len();
    let gap = theme::SPACE_16;
    let room = ui.available_width();
    let natural: Vec<f32> = (0..count)
        .map(|at| {
            let head = widgets::line(ui, table.columns[at].as_str(), Text::Small, tokens.text3).size().x;
            let cells = table.rows.iter().take(FIRST_ROWS).filter_map(|row| row.get(at));
            let widest = |cell: &Line| ui.painter().layout_job(job(ui, cell, tokens.text, f32::INFINITY)).size().x;
            cells.map(widest).fold(head, f32::max).ceil()
        })
        .collect();
    let widths = share_out(&natural, room - gap * (count.max(1) - 1) as f32);
    let number: Vec<bool> = (0..count).map(|at| table.is_number(at)).collect();
    let show = |ui: &mut Ui, cells: &[Line], color: Color32, below: Color32| {
        let galleys: Vec<_> = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| ui.painter().layout_job(job(ui, cell, color, *width)))
            .collect();
        let height = galleys.iter().map(|galley| galley.size().y).fold(16.0, f32::max) + 4.0;
        let (rect, response) = ui.allocate_exact_size(vec2(room, height), Sense::hover());
        if !ui.is_rect_visible(rect) {
            return;
        }
        let spoken = cells
            .iter()
            .map(words)
            .filter(|cell| !cell.is_empty())
            .collect::<Vec<_>>()
            .join(", ");
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
        let mut left = rect.left();
        for ((galley, width), number) in galleys.into_iter().zip(&widths).zip(&number) {
            let x = if *number { left + width - galley.size().x } else { left };
            ui.painter().galley(pos2(x, rect.top() + 2.0), galley, color);
            left += width + gap;
        }
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, below));
    };
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        if table.columns.iter().any(|column| !column.is_empty()) {
            let heads: Vec<Line> = table.columns.iter().map(|column| vec![Span::Plain(column.clone())]).collect();
            show(ui, &heads, tokens.text3, tokens.line2);
        }
        for row in table.rows.iter().take(FIRST_ROWS) {
            show(ui, row, tokens.text, tokens.line);
        }
        let rest = table.rows.len().saturating_sub(FIRST_ROWS);
        if rest > 0 {
            not_shown(ui, rest);
        }
    });
}

fn not_shown(ui: &mut Ui, rest: usize) {
    let more = crate::gui::format::things(rest as u64, "more row is", "more rows are");
    widgets::empty_line(ui, &format!("{more} not shown; an export has all of them."));
}

/// Widths that fit: narrow columns get what they need, wide ones share the rest.
fn share_out(natural: &[f32], room: f32) -> Vec<f32> {
    let total: f32 = natural.iter().sum();
    if total <= room {
        // What is left over goes between the first column and the others, so that figures stand at the right edge.
        let mut widths = natural.to_vec();
        if let Some(first) = widths.first_mut() {
            *first += room - total;
        }
        return widths;
    }
    let mut widths = natural.to_vec();
    let mut left: Vec<usize> = (0..natural.len()).collect();
    let mut room_left = room;
    loop {
        let fair = room_left / left.len().max(1) as f32;
        let (fit, wide): (Vec<usize>, Vec<usize>) = left.iter().partition(|at| natural[**at] <= fair);
        if fit.is_empty() || wide.is_empty() {
            left.iter().for_each(|at| widths[*at] = fair.min(natural[*at]).max(24.0));
            return widths;
        }
        room_left -= fit.iter().map(|at| natural[*at]).sum::<f32>();
        left = wide;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_share_the_room() {
        assert_eq!(share_out(&[10.0, 20.0], 100.0), [80.0, 20.0]);
        assert_eq!(share_out(&[10.0, 500.0, 30.0], 100.0), [10.0, 60.0, 30.0]);
        assert_eq!(share_out(&[500.0, 500.0], 100.0), [50.0, 50.0]);
        assert!(share_out(&[], 100.0).is_empty());
    }
}
