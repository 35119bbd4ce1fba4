//! Buttons: what they do stands on them. One primary a page; what destroys is loud only where it is confirmed.

use super::keys::{kbd_at, kbd_width};
use super::paint::{focus_ring, hover_part, icon_at, line, put_left, sense};
use crate::gui::theme::{self, Icon, Text, mix};
use egui::{Color32, Response, Role, Stroke, StrokeKind, Ui, Widget, WidgetInfo, pos2, vec2};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Primary,
    Secondary,
    QuietDanger,
    Danger,
    Text,
}

/// A button with words.
#[derive(Debug)]
pub(crate) struct Button<'a> {
    kind: Kind,
    label: &'a str,
    icon: Option<Icon>,
    trailing: Option<Icon>,
    shortcut: Option<&'a str>,
    reason: Option<&'a str>,
    name: Option<&'a str>,
    hint: Option<&'a str>,
    height: f32,
    enabled: bool,
    full: bool,
}

impl<'a> Button<'a> {
    fn new(kind: Kind, label: &'a str) -> Self {
        Button {
            kind,
            label,
            icon: None,
            trailing: None,
            shortcut: None,
            reason: None,
            name: None,
            hint: None,
            height: theme::HEIGHT_CONTROL,
            enabled: true,
            full: false,
        }
    }

    /// The one thing to do on a page.
    pub(crate) fn primary(label: &'a str) -> Self {
        Self::new(Kind::Primary, label)
    }

    /// Anything else.
    pub(crate) fn secondary(label: &'a str) -> Self {
        Self::new(Kind::Secondary, label)
    }

    /// Stops or gives up something that can be begun again.
    pub(crate) fn quiet_danger(label: &'a str) -> Self {
        Self::new(Kind::QuietDanger, label)
    }

    /// Destroys. Only inside a confirmation.
    pub(crate) fn danger(label: &'a str) -> Self {
        Self::new(Kind::Danger, label)
    }

    /// Words alone, for what is seldom wanted beside a button.
    pub(crate) fn text(label: &'a str) -> Self {
        Self::new(Kind::Text, label)
    }

    /// Before the words.
    pub(crate) fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// Behind the words: a chevron where the button opens a menu.
    pub(crate) fn trailing(mut self, icon: Icon) -> Self {
        self.trailing = Some(icon);
        self
    }

    /// Key that does the same, in a small outline.
    pub(crate) fn shortcut(mut self, shortcut: impl Into<Option<&'a str>>) -> Self {
        self.shortcut = shortcut.into();
        self
    }

    /// Switched off, and why: the reason is told to who asks with the pointer or a screen reader.
    pub(crate) fn disabled_because(mut self, reason: impl Into<Option<&'a str>>) -> Self {
        self.reason = reason.into();
        self
    }

    /// Switched off without words, where they stand beside the button.
    pub(crate) fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// What a screen reader says, where the label alone would not do ("Remove" - what?).
    pub(crate) fn name(mut self, name: &'a str) -> Self {
        self.name = Some(name);
        self
    }

    /// More words under the pointer.
    pub(crate) fn hint(mut self, hint: &'a str) -> Self {
        self.hint = Some(hint);
        self
    }

    /// Height of a dialog's buttons.
    pub(crate) fn tall(mut self) -> Self {
        self.height = theme::HEIGHT_DIALOG_BUTTON;
        self
    }

    /// Height inside a row.
    pub(crate) fn small(mut self) -> Self {
        self.height = theme::HEIGHT_SMALL;
        self
    }

    /// As wide as there is room.
    pub(crate) fn full_width(mut self) -> Self {
        self.full = true;
        self
    }

    /// Draws it.
    pub(crate) fn show(self, ui: &mut Ui) -> Response {
        let tokens = theme::tokens(ui);
        let enabled = ui.is_enabled() && self.enabled && self.reason.is_none();
        let (fill, outline, ink) = self.colors(ui, enabled);
        let step = match self.kind {
            Kind::Primary | Kind::Danger => Text::Strong,
            _ if self.height < theme::HEIGHT_CONTROL => Text::SmallStrong,
            _ => Text::Control,
        };
        let words = line(ui, self.label, step, ink);
        let inset = match self.height {
            height if height < theme::HEIGHT_CONTROL => 8.0,
            height if height > theme::HEIGHT_CONTROL => 16.0,
            _ => 12.0,
        };
        let icon = theme::ICON_BAR;
        let gap = 6.0;
        let mut width = inset * 2.0 + words.size().x;
        width += self.icon.map_or(0.0, |_| icon + gap);
        width += self.trailing.map_or(0.0, |_| gap + icon);
        width += self.shortcut.map_or(0.0, |keys| gap + kbd_width(ui, keys));
        if self.full {
            width = width.max(ui.available_width());
        }
        let (rect, response) = ui.allocate_exact_size(vec2(width.ceil(), self.height), sense(enabled));
        let name = self.name.unwrap_or(self.label);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));

        if ui.is_rect_visible(rect) {
            let over = if self.kind == Kind::Text { tokens.s3 } else { self.hovered(ui) };
            let pressed = if response.is_pointer_button_down_on() { 1.5 } else { 1.0 };
            let part = hover_part(ui, &response);
            let fill = if self.kind == Kind::Text {
                mix(Color32::TRANSPARENT, over, part)
            } else {
                mix(fill, over, part * 0.6 * pressed)
            };
            ui.painter()
                .rect(rect, theme::RADIUS_CONTROL, fill, Stroke::new(1.0, outline), StrokeKind::Inside);
            focus_ring(ui, &response, rect, theme::RADIUS_CONTROL);
            let middle = rect.center().y;
            let content = width - inset * 2.0;
            let mut x = if self.full {
                rect.center().x - (content.min(self.content(ui, words.size().x))) / 2.0
            } else {
                rect.left() + inset
            };
            if let Some(glyph) = self.icon {
                icon_at(ui, pos2(x + icon / 2.0, middle), glyph, icon, ink);
                x += icon + gap;
            }
            x = put_left(ui, x, middle, words);
            if let Some(glyph) = self.trailing {
                icon_at(ui, pos2(x + gap + icon / 2.0, middle), glyph, icon, ink);
                x += gap + icon;
            }
            if let Some(keys) = self.shortcut {
                let frame = match self.kind {
                    Kind::Primary | Kind::Danger if enabled => mix(fill, ink, 0.7),
                    _ => tokens.line2,
                };
                let ink = if matches!(self.kind, Kind::Primary | Kind::Danger) {
                    ink
                } else {
                    tokens.text3
                };
                kbd_at(ui, pos2(x + gap, middle), keys, ink, frame);
            }
        }
        match (self.reason, self.hint) {
            (Some(reason), _) => super::tip(response, reason),
            (None, Some(hint)) => super::tip(response, hint),
            (None, None) => response,
        }
    }

    fn content(&self, ui: &Ui, words: f32) -> f32 {
        words
            + self.icon.map_or(0.0, |_| theme::ICON_BAR + 6.0)
            + self.trailing.map_or(0.0, |_| theme::ICON_BAR + 6.0)
            + self.shortcut.map_or(0.0, |keys| 6.0 + kbd_width(ui, keys))
    }

    /// Fill, outline and ink.
    fn colors(&self, ui: &Ui, enabled: bool) -> (Color32, Color32, Color32) {
        let tokens = theme::tokens(ui);
        if !enabled {
            return match self.kind {
                Kind::Text => (Color32::TRANSPARENT, Color32::TRANSPARENT, tokens.text3),
                _ => (tokens.s2, tokens.line, tokens.text3),
            };
        }
        match self.kind {
            Kind::Primary => (tokens.accent, tokens.accent, tokens.on_accent),
            Kind::Secondary => (tokens.s2, tokens.line2, tokens.text),
            Kind::QuietDanger => (tokens.s2, tokens.line2, tokens.danger),
            Kind::Danger => (tokens.danger_fill, tokens.danger_fill, tokens.on_danger),
            Kind::Text => (Color32::TRANSPARENT, Color32::TRANSPARENT, tokens.text2),
        }
    }

    /// What the fill leans to under the pointer.
    fn hovered(&self, ui: &Ui) -> Color32 {
        let tokens = theme::tokens(ui);
        match self.kind {
            Kind::Primary => mix(tokens.accent, if tokens.dark { tokens.text } else { tokens.on_bright }, 0.2),
            Kind::Danger => mix(tokens.danger_fill, tokens.on_danger, 0.2),
            _ => mix(tokens.s3, tokens.line2, 0.4),
        }
    }
}

impl Widget for Button<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        self.show(ui)
    }
}

/// A button that is an icon alone: 28 px, with a name that is also its tooltip (there is no way to leave it out).
pub(crate) fn icon_button(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    icon_button_with(ui, icon, name, None, false, theme::HEIGHT_CONTROL)
}

/// The same with the key that does it, shown in the tooltip; `on` while what it opens is open.
pub(crate) fn icon_button_with(ui: &mut Ui, icon: Icon, name: &str, shortcut: Option<&str>, on: bool, size: f32) -> Response {
    let tokens = theme::tokens(ui);
    let enabled = ui.is_enabled();
    let (rect, response) = ui.allocate_exact_size(vec2(size, size), sense(enabled));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
    if ui.is_rect_visible(rect) {
        let part = if on { 1.0 } else { hover_part(ui, &response) };
        ui.painter()
            .rect_filled(rect, theme::RADIUS_CONTROL, mix(Color32::TRANSPARENT, tokens.s3, part));
        focus_ring(ui, &response, rect, theme::RADIUS_CONTROL);
        let ink = if enabled {
            mix(tokens.text2, tokens.text, part)
        } else {
            tokens.text3
        };
        let glyph = if size < theme::HEIGHT_CONTROL {
            theme::ICON_ROW
        } else {
            theme::ICON_BAR
        };
        icon_at(ui, rect.center(), icon, glyph, ink);
    }
    super::tip_with_keys(response, name, shortcut)
}

/// Words in the accent colour that do something small or lead somewhere.
pub(crate) fn link(ui: &mut Ui, label: &str) -> Response {
    link_named(ui, label, label)
}

/// The same where the words alone would not say what they belong to ("Show" - what?).
pub(crate) fn link_named(ui: &mut Ui, label: &str, name: &str) -> Response {
    let tokens = theme::tokens(ui);
    let enabled = ui.is_enabled();
    let words = line(ui, label, Text::SmallStrong, if enabled { tokens.accent } else { tokens.text3 });
    let size = vec2(words.size().x, words.size().y.max(18.0));
    let (rect, response) = ui.allocate_exact_size(size, sense(enabled));
    response.widget_info(|| WidgetInfo::labeled(Role::Link, enabled, name));
    if ui.is_rect_visible(rect) {
        let right = put_left(ui, rect.left(), rect.center().y, words);
        if response.hovered() && enabled {
            ui.painter()
                .hline(rect.left()..=right, rect.center().y + 8.0, Stroke::new(1.0, tokens.accent));
        }
        focus_ring(ui, &response, rect.expand2(vec2(2.0, 0.0)), theme::RADIUS_BAR);
    }
    response.on_hover_cursor(egui::CursorIcon::PointingHand)
}
