//! Nothing here yet, and waiting: an empty place says what to do, a waiting one that something is being done.

use super::paint::icon_at;
use crate::gui::theme::{self, Icon, Text};
use egui::{Align, Layout, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

/// A picture that becomes a small one: what the program is for, in one drawing. 160 by 72.
pub(crate) fn drawing(ui: &mut Ui) -> Response {
    let tokens = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(160.0, 72.0), Sense::hover());
    let painter = ui.painter();
    let pen = Stroke::new(1.5, tokens.text3);
    let large = Rect::from_min_size(rect.min, vec2(72.0, 72.0));
    painter.rect(
        large,
        theme::RADIUS_CARD,
        tokens.s2,
        Stroke::new(1.5, tokens.line2),
        StrokeKind::Inside,
    );
    painter.circle_stroke(large.min + vec2(49.0, 22.0), 5.0, pen);
    let hills = [(12.0, 55.0), (28.0, 38.0), (41.0, 51.0), (48.0, 45.0), (60.0, 56.0)];
    painter.line(hills.iter().map(|(x, y)| large.min + vec2(*x, *y)).collect(), pen);
    let middle = rect.center().y;
    let tip = pos2(rect.left() + 114.0, middle);
    let arrow = Stroke::new(1.5, tokens.text2);
    painter.line_segment([pos2(rect.left() + 90.0, middle), tip], arrow);
    painter.line(vec![tip + vec2(-8.0, -7.0), tip, tip + vec2(-8.0, 7.0)], arrow);
    let small = Rect::from_center_size(pos2(rect.right() - 12.0, middle), vec2(24.0, 24.0));
    painter.rect_filled(small, theme::RADIUS_BAR, tokens.accent);
    let hills = [(5.0, 18.0), (10.0, 13.0), (14.0, 16.5), (16.0, 14.5), (20.0, 18.0)];
    painter.line(
        hills.iter().map(|(x, y)| small.min + vec2(*x, *y)).collect(),
        Stroke::new(1.2, tokens.on_accent),
    );
    response
}

/// The program's mark: an outline, and a small square in it.
pub(crate) fn mark(ui: &mut Ui, side: f32) -> Rect {
    let tokens = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(side, side), Sense::hover());
    let scale = side / 18.0;
    let pen = Stroke::new(1.5 * scale, tokens.text);
    let radius = |of_18: f32| (of_18 * scale).round() as u8;
    ui.painter()
        .rect_stroke(rect.shrink(0.5 * scale), radius(5.0), pen, StrokeKind::Inside);
    let corner = pos2(rect.left() + 4.0 * scale, rect.bottom() - 10.0 * scale);
    let small = Rect::from_min_size(corner, vec2(6.0, 6.0) * scale);
    ui.painter().rect_filled(small, radius(2.0), tokens.accent);
    rect
}

/// An empty page or card: an icon, a title, a sentence, and what `actions` draws below.
pub(crate) fn empty_state(ui: &mut Ui, icon: Icon, title: &str, sentence: &str, actions: impl FnOnce(&mut Ui)) {
    let tokens = theme::tokens(ui);
    let height = 32.0 + 16.0 + 28.0 + 8.0 + 18.0 + 20.0 + 32.0;
    let above = ((ui.available_height() - height) / 2.0).max(theme::SPACE_16);
    ui.with_layout(Layout::top_down(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.add_space(above);
        super::icon(ui, icon, 32.0, tokens.text3);
        ui.add_space(theme::SPACE_16);
        let heading = ui.add(egui::Label::new(theme::rich(title, Text::Title, tokens.text)).wrap());
        heading.widget_info(|| WidgetInfo::labeled(Role::Heading, true, title));
        ui.add_space(theme::SPACE_4);
        ui.add(egui::Label::new(theme::rich(sentence, Text::Body, tokens.text2)).wrap());
        ui.add_space(theme::SPACE_16);
        actions(ui);
    });
}

/// An empty card: one dim sentence.
pub(crate) fn empty_line(ui: &mut Ui, sentence: &str) -> Response {
    let tokens = theme::tokens(ui);
    ui.add(egui::Label::new(theme::rich(sentence, Text::Small, tokens.text3)).wrap())
}

/// Something is being done and nobody knows for how long. Still where nothing may move.
pub(crate) fn spinner(ui: &mut Ui, size: f32, name: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(size, size), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, name));
    if ui.is_rect_visible(rect) {
        spinner_at(ui, rect.center(), size);
    }
    response
}

/// The same painted into a row.
pub(crate) fn spinner_at(ui: &Ui, centre: egui::Pos2, size: f32) {
    let tokens = theme::tokens(ui);
    if theme::reduced_motion(ui) {
        icon_at(ui, centre, Icon::LoaderCircle, size, tokens.text2);
        return;
    }
    // Ten steps a second are enough to say "working", and ten repaints cost a tenth of a hundred.
    let step = (ui.input(|input| input.time) * 10.0).floor();
    ui.ctx().request_repaint_after(std::time::Duration::from_millis(100));
    let start = (step * 0.628) as f32;
    let radius = size / 2.0 - 1.0;
    let points = (0..=18).map(|index| {
        let angle = start + index as f32 / 18.0 * 4.7;
        centre + radius * vec2(angle.cos(), angle.sin())
    });
    ui.painter().add(Shape::line(points.collect(), Stroke::new(1.5, tokens.text2)));
}

/// A dashed outline: something can be dropped here.
pub(crate) fn drop_outline(ui: &Ui, rect: Rect, over: bool) {
    let tokens = theme::tokens(ui);
    let radius = f32::from(theme::RADIUS_DIALOG);
    if over {
        ui.painter().rect_filled(rect, radius, tokens.accent_bg);
    }
    let stroke = Stroke::new(1.0, if over { tokens.accent } else { tokens.line2 });
    let mut points = Vec::new();
    let corners = [
        (rect.right_top() + vec2(-radius, radius), -90.0_f32),
        (rect.right_bottom() + vec2(-radius, -radius), 0.0),
        (rect.left_bottom() + vec2(radius, -radius), 90.0),
        (rect.left_top() + vec2(radius, radius), 180.0),
    ];
    for (centre, from) in corners {
        for step in 0..=6 {
            let angle = (from + step as f32 * 15.0).to_radians();
            points.push(centre + radius * vec2(angle.cos(), angle.sin()));
        }
    }
    points.push(points[0]);
    ui.painter().extend(Shape::dashed_line(&points, stroke, 4.0, 3.0));
}
