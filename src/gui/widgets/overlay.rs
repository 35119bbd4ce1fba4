//! What floats over a page: dialogs and toasts. Only frames and rows; when one is shown and what it does is the shell's.

use super::paint::{icon_at, line, lines, put_left, put_right};
use crate::gui::theme::{self, Icon, Text};
use egui::{
    Area, Color32, Context, Frame, Id, Margin, Modal, Order, Rect, Response, Role, Sense, Stroke, Ui, UiKind, WidgetInfo, pos2, vec2,
};

/// Width of a dialog.
const DIALOG_WIDTH: f32 = 528.0;
/// Width of a toast.
const TOAST_WIDTH: f32 = 376.0;

fn floating(ui_style: &egui::Style, radius: u8) -> Frame {
    let tokens = theme::tokens_of(&ui_style.visuals);
    Frame::new()
        .fill(tokens.pop)
        .stroke(Stroke::new(1.0, tokens.line2))
        .corner_radius(radius)
        .shadow(ui_style.visuals.popup_shadow)
}

/// A dialog over the scrim. `true` when a person leaves it by Escape or a click beside it. `title` is its name.
pub(crate) fn dialog<R>(context: &Context, id: Id, title: &str, content: impl FnOnce(&mut Ui) -> R) -> (R, bool) {
    dialog_of(context, id, title, DIALOG_WIDTH, content)
}

/// The same of another width, for what is no question.
pub(crate) fn dialog_of<R>(context: &Context, id: Id, title: &str, width: f32, content: impl FnOnce(&mut Ui) -> R) -> (R, bool) {
    let style = context.global_style();
    let tokens = theme::tokens_of(&style.visuals);
    let window = context.content_rect();
    let width = width.min(window.width() - theme::SPACE_32);
    let area = Modal::default_area(id).accessible_name(title).role(Role::Dialog);
    let response = Modal::new(id)
        .area(area)
        .backdrop_color(tokens.scrim)
        .frame(floating(&style, theme::RADIUS_DIALOG))
        .show(context, |ui| {
            ui.set_width(width - 2.0);
            ui.set_max_height(window.height() - theme::SPACE_32);
            ui.spacing_mut().item_spacing = vec2(8.0, 0.0);
            content(ui)
        });
    let close = response.should_close();
    (response.inner, close)
}

/// The question and what follows from it.
pub(crate) fn dialog_head(ui: &mut Ui, title: &str, text: &str) {
    let tokens = theme::tokens(ui);
    Frame::new()
        .inner_margin(Margin {
            left: 24,
            right: 24,
            top: 20,
            bottom: 0,
        })
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            ui.set_width(ui.available_width());
            let heading = ui.add(egui::Label::new(theme::rich(title, Text::Section, tokens.text)).wrap());
            heading.widget_info(|| WidgetInfo::labeled(Role::Heading, true, title));
            if !text.is_empty() {
                ui.add(egui::Label::new(theme::rich(text, Text::Body, tokens.text2)).wrap());
            }
        });
}

/// Rows of figures: what, the number right-aligned, a note behind it.
pub(crate) fn dialog_rows(ui: &mut Ui, rows: &[(String, String, String)]) {
    let tokens = theme::tokens(ui);
    if !rows.is_empty() {
        ui.add_space(13.0);
    }
    for (index, (what, number, note)) in rows.iter().enumerate() {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{what}: {number}. {note}")));
        let (left, right) = (rect.left() + 24.0, rect.right() - 24.0);
        let middle = rect.center().y;
        put_left(ui, left, middle, line(ui, what.as_str(), Text::Body, tokens.text2));
        let digits = left + (right - left) * 0.52;
        put_right(ui, digits, middle, line(ui, number.as_str(), Text::Strong, tokens.text));
        let (note, _) = super::elide_end(ui, note, Text::Small, right - digits - 16.0);
        put_left(ui, digits + 16.0, middle, line(ui, note, Text::Small, tokens.text3));
        if index + 1 < rows.len() {
            ui.painter().hline(left..=right, rect.bottom(), Stroke::new(1.0, tokens.line));
        }
    }
}

/// A strip across a dialog or card that says what is skipped or wrong, with a link if there is something to see.
pub(crate) fn warning_strip(ui: &mut Ui, danger: bool, words: &str, link: Option<&str>) -> bool {
    let tokens = theme::tokens(ui);
    let (ground, ink, icon) = if danger {
        (tokens.danger_bg, tokens.danger, Icon::CircleAlert)
    } else {
        (tokens.warning_bg, tokens.warning, Icon::TriangleAlert)
    };
    let mut clicked = false;
    let width = ui.available_width();
    ui.add_space(theme::SPACE_16);
    Frame::new().fill(ground).inner_margin(Margin::symmetric(24, 10)).show(ui, |ui| {
        ui.set_width(width - 48.0);
        ui.spacing_mut().interact_size.y = 18.0;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 10.0;
            super::icon(ui, icon, 15.0, ink);
            let room = ui.available_width() - link.map_or(0.0, |words| line(ui, words, Text::SmallStrong, ink).size().x + 16.0);
            ui.allocate_ui(vec2(room, 16.0), |ui| {
                ui.add(egui::Label::new(theme::rich(words, Text::Small, tokens.text)).wrap());
            });
            if let Some(words) = link {
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    clicked = super::link(ui, words).clicked();
                });
            }
        });
    });
    clicked
}

/// The foot of a dialog: `buttons` draws them from the right, the action first.
pub(crate) fn dialog_buttons(ui: &mut Ui, buttons: impl FnOnce(&mut Ui)) {
    let width = ui.available_width();
    Frame::new()
        .inner_margin(Margin {
            left: 24,
            right: 24,
            top: 16,
            bottom: 16,
        })
        .show(ui, |ui| {
            ui.allocate_ui_with_layout(
                vec2(width - 48.0, theme::HEIGHT_DIALOG_BUTTON),
                egui::Layout::right_to_left(egui::Align::Center),
                buttons,
            );
        });
}

/// What a toast says.
#[derive(Clone, Debug)]
pub(crate) struct ToastLook<'a> {
    /// Before the fact.
    pub icon: Icon,
    /// Colour of the icon.
    pub color: Color32,
    /// The fact.
    pub fact: &'a str,
    /// More about it.
    pub detail: &'a str,
    /// Up to two things to do.
    pub links: &'a [&'a str],
}

/// What a person did to a toast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ToastAct {
    /// Sent it away.
    Close,
    /// Took one of its links.
    Link(usize),
}

/// A toast with its lower right corner `up` above the place of the first. Returns its height, what was done to it, and
/// whether the pointer is over it (it waits for that).
pub(crate) fn toast(context: &Context, id: Id, up: f32, shown: f32, look: &ToastLook) -> (f32, Option<ToastAct>, bool) {
    let style = context.global_style();
    let tokens = theme::tokens_of(&style.visuals);
    let words = TOAST_WIDTH - 43.0 - 36.0;
    let lay = |text: &str, step: Text, color: Color32| {
        let mut job = egui::text::LayoutJob::single_section(text.to_owned(), step.format(color));
        job.wrap.max_width = words;
        context.fonts_mut(|fonts| fonts.layout_job(job))
    };
    // Measured first: a toast that found its height while it is shown would jump under the pointer.
    let fact = lay(look.fact, Text::Strong, tokens.text);
    let detail = (!look.detail.is_empty()).then(|| lay(look.detail, Text::Small, tokens.text2));
    let mut height = 12.0 + fact.size().y + 12.0;
    height += detail.as_ref().map_or(0.0, |detail| 2.0 + detail.size().y);
    height += if look.links.is_empty() { 0.0 } else { 8.0 + 18.0 };
    let window = context.content_rect();
    let size = vec2(TOAST_WIDTH.min(window.width() - theme::SPACE_32), height.ceil());
    let corner = window.max - vec2(theme::SPACE_16, theme::HEIGHT_STATUS_BAR + theme::SPACE_16 + up) - size;
    let mut act = None;
    let response = Area::new(id)
        .kind(UiKind::GenericArea)
        .order(Order::Foreground)
        .accessible_name(look.fact)
        .role(Role::Alert)
        .fade_in(false)
        .movable(false)
        .constrain(false)
        .fixed_pos(corner)
        .show(context, |ui| {
            ui.set_opacity(shown);
            let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
            ui.painter().add(floating(&style, theme::RADIUS_CARD).paint(rect));
            icon_at(ui, rect.min + vec2(24.0, 12.0 + 9.0), look.icon, theme::ICON_BAR, look.color);
            let left = rect.left() + 43.0;
            let mut top = rect.top() + 12.0;
            let below = top + fact.size().y + 2.0;
            ui.painter().galley(pos2(left, top), fact, tokens.text);
            top = below;
            if let Some(detail) = detail {
                let below = top + detail.size().y;
                ui.painter().galley(pos2(left, top), detail, tokens.text2);
                top = below;
            }
            let row = Rect::from_min_max(pos2(left, top + 6.0), pos2(rect.right() - 12.0, top + 24.0));
            let builder = egui::UiBuilder::new()
                .max_rect(row)
                .layout(egui::Layout::left_to_right(egui::Align::Center));
            let mut child = ui.new_child(builder);
            child.spacing_mut().item_spacing.x = theme::SPACE_16;
            for (index, words) in look.links.iter().enumerate() {
                if super::link(&mut child, words).clicked() {
                    act = Some(ToastAct::Link(index));
                }
            }
            let cross = Rect::from_min_size(pos2(rect.right() - 33.0, rect.top() + 8.0), vec2(24.0, 24.0));
            let name = format!("Close: {}", look.fact);
            let mut child = ui.new_child(egui::UiBuilder::new().max_rect(cross));
            if super::icon_button_with(&mut child, Icon::X, &name, None, false, theme::HEIGHT_SMALL).clicked() {
                act = Some(ToastAct::Close);
            }
        })
        .response;
    response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, [look.fact, ". ", look.detail].concat()));
    (size.y, act, response.contains_pointer())
}

/// A card inside a page that says what bounds a run or what went wrong: an edge in `edge`, a lead in bold, the rest behind it.
pub(crate) fn verdict(ui: &mut Ui, icon: Icon, edge: Color32, lead: &str, rest: &str) -> Response {
    let tokens = theme::tokens(ui);
    let width = ui.available_width();
    let mut job = egui::text::LayoutJob::default();
    job.append(lead, 0.0, Text::Strong.format(tokens.text));
    job.append(" ", 0.0, Text::Body.format(tokens.text2));
    job.append(rest, 0.0, Text::Body.format(tokens.text2));
    job.wrap.max_width = width - 60.0;
    let galley = ui.painter().layout_job(job);
    let (rect, response) = ui.allocate_exact_size(vec2(width, galley.size().y + 16.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{lead} {rest}")));
    // On a light card the fields' white would not be seen.
    let ground = if tokens.dark { tokens.s2 } else { tokens.s0 };
    ui.painter().rect_filled(rect, theme::RADIUS_BAR, ground);
    ui.painter()
        .rect_filled(Rect::from_min_size(rect.min, vec2(3.0, rect.height())), 0, edge);
    icon_at(ui, pos2(rect.left() + 24.0, rect.top() + 17.0), icon, 18.0, edge);
    ui.painter().galley(pos2(rect.left() + 43.0, rect.top() + 8.0), galley, tokens.text);
    response
}

/// Text on several lines that is part of a painted row; returns its height.
pub(crate) fn paragraph(ui: &mut Ui, words: &str, step: Text, color: Color32) -> Response {
    let galley = lines(ui, words, step, color, ui.available_width());
    let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    ui.painter().galley(rect.min, galley, color);
    response
}
