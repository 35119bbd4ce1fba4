//! Teaches egui the tokens: what its own parts (scroll bars, text cursors, popups, tooltips) look like in both themes. No
//! default of the library is left to show.

use super::{HEIGHT_CONTROL, MOTION_PANEL, RADIUS_CARD, RADIUS_CONTROL, RADIUS_DIALOG, SPACE_8, SPACE_12};
use super::{Text, Tokens, fonts, tokens::choose};
use egui::style::{HandleShape, NumericColorSpace, ScrollStyle, Selection, WidgetVisuals, Widgets};
use egui::{Color32, Context, CornerRadius, Id, Margin, Shadow, Stroke, Style, TextStyle, Theme, Visuals, vec2};

/// What a person can choose about the looks, apart from dark and light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Looks {
    /// Stronger separators and outlines.
    pub more_contrast: bool,
    /// Nothing moves.
    pub reduced_motion: bool,
}

/// Installs fonts and both themes. Cheap enough to be called again when the looks change.
pub(crate) fn install(context: &Context, looks: Looks) {
    let first = !context.data(|data| data.get_temp::<bool>(installed()).unwrap_or(false));
    if first {
        context.data_mut(|data| data.insert_temp(installed(), true));
        context.set_fonts(fonts::definitions());
        context.on_begin_pass("keyboard or pointer", std::sync::Arc::new(|ui| notice_keyboard(ui)));
    }
    for theme in [Theme::Dark, Theme::Light] {
        context.set_style_of(
            theme,
            style(choose(theme == Theme::Dark, looks.more_contrast), looks.reduced_motion),
        );
    }
}

fn installed() -> Id {
    Id::unique("theme installed")
}

fn keyboard() -> Id {
    Id::unique("keyboard is used")
}

/// Focus is ringed only for those who move it by keyboard; a ring after every click would be noise.
fn notice_keyboard(context: &Context) {
    let (pointer, keys) = context.input(|input| {
        let moves = [
            egui::Key::Tab,
            egui::Key::ArrowUp,
            egui::Key::ArrowDown,
            egui::Key::ArrowLeft,
            egui::Key::ArrowRight,
            egui::Key::Enter,
            egui::Key::Escape,
        ];
        (input.pointer.any_pressed(), moves.iter().any(|key| input.key_pressed(*key)))
    });
    if pointer || keys {
        context.data_mut(|data| data.insert_temp(keyboard(), keys && !pointer));
    }
}

/// Whether a widget that has the focus should be ringed.
pub(crate) fn focus_is_visible(context: &Context) -> bool {
    context.data(|data| data.get_temp::<bool>(keyboard()).unwrap_or(false))
}

/// Whether nothing may move.
pub(crate) fn reduced_motion(ui: &egui::Ui) -> bool {
    ui.style().animation_time <= 0.0
}

fn style(tokens: &Tokens, reduced_motion: bool) -> Style {
    let mut style = Style {
        animation_time: if reduced_motion { 0.0 } else { MOTION_PANEL },
        visuals: visuals(tokens),
        drag_value_text_style: TextStyle::Body,
        explanation_tooltips: false,
        url_in_tooltip: false,
        always_scroll_the_only_direction: true,
        ..Style::default()
    };
    style.text_styles = [
        (TextStyle::Heading, Text::Title),
        (TextStyle::Body, Text::Body),
        (TextStyle::Button, Text::Control),
        (TextStyle::Small, Text::Small),
        (TextStyle::Monospace, Text::Code),
    ]
    .into_iter()
    .map(|(name, step)| (name, step.font()))
    .collect();
    if reduced_motion {
        style.scroll_animation = egui::style::ScrollAnimation::none();
    }

    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(SPACE_8, SPACE_8);
    spacing.window_margin = Margin::same(SPACE_12 as i8);
    spacing.menu_margin = Margin::same(4);
    spacing.button_padding = vec2(SPACE_12, 5.0);
    spacing.interact_size = vec2(HEIGHT_CONTROL, HEIGHT_CONTROL);
    spacing.icon_width = 14.0;
    spacing.icon_width_inner = 8.0;
    spacing.tooltip_width = 320.0;
    spacing.menu_width = 240.0;
    spacing.combo_height = 320.0;
    spacing.slider_rail_height = 4.0;
    spacing.scroll = ScrollStyle {
        bar_width: 6.0,
        floating_width: 4.0,
        handle_min_length: 24.0,
        bar_inner_margin: 2.0,
        bar_outer_margin: 3.0,
        foreground_color: true,
        dormant_background_opacity: 0.0,
        active_background_opacity: 0.0,
        interact_background_opacity: 0.0,
        dormant_handle_opacity: 0.5,
        active_handle_opacity: 0.6,
        interact_handle_opacity: 0.9,
        fade: egui::style::ScrollFadeStyle { strength: 0.0, size: 0.0 },
        ..ScrollStyle::floating()
    };

    style.interaction.tooltip_delay = 0.4;
    style.interaction.selectable_labels = false;
    style
}

fn visuals(tokens: &Tokens) -> Visuals {
    let control = CornerRadius::same(RADIUS_CONTROL);
    let state = |fill: Color32, outline: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, outline),
        corner_radius: control,
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    let base = if tokens.dark { Visuals::dark() } else { Visuals::light() };
    Visuals {
        dark_mode: tokens.dark,
        weak_text_color: Some(tokens.text3),
        widgets: Widgets {
            // `theme::tokens` tells the contrast from this outline.
            noninteractive: WidgetVisuals {
                bg_stroke: Stroke::new(1.0, tokens.line),
                ..state(tokens.card, tokens.line, tokens.text)
            },
            inactive: state(tokens.s2, tokens.line2, tokens.text),
            hovered: state(tokens.s3, tokens.line2, tokens.text),
            active: state(tokens.s3, tokens.text3, tokens.text),
            open: state(tokens.s3, tokens.line2, tokens.text),
        },
        selection: Selection {
            bg_fill: tokens.accent_bg,
            stroke: Stroke::new(1.0, tokens.accent),
        },
        hyperlink_color: tokens.accent,
        faint_bg_color: tokens.s1,
        extreme_bg_color: tokens.s2,
        text_edit_bg_color: Some(tokens.s2),
        code_bg_color: tokens.s2,
        warn_fg_color: tokens.warning,
        error_fg_color: tokens.danger,
        window_corner_radius: CornerRadius::same(RADIUS_DIALOG),
        window_shadow: shadow(tokens),
        window_fill: tokens.pop,
        window_stroke: Stroke::new(1.0, tokens.line2),
        window_highlight_topmost: false,
        menu_corner_radius: CornerRadius::same(RADIUS_CARD),
        panel_fill: tokens.s0,
        popup_shadow: shadow(tokens),
        text_cursor: egui::style::TextCursorStyle {
            stroke: Stroke::new(1.5, tokens.text),
            ..base.text_cursor.clone()
        },
        handle_shape: HandleShape::Circle,
        slider_trailing_fill: true,
        button_frame: true,
        collapsing_header_frame: false,
        indent_has_left_vline: false,
        striped: false,
        image_loading_spinners: false,
        numeric_color_space: NumericColorSpace::GammaByte,
        disabled_alpha: 0.6,
        ..base
    }
}

fn shadow(tokens: &Tokens) -> Shadow {
    Shadow {
        offset: [0, 8],
        blur: 24,
        spread: 0,
        color: tokens.shadow,
    }
}
