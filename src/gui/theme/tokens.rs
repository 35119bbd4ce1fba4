//! Colours by meaning, for both themes, each also with more contrast. Text meets 4.5:1 on every ground it stands on; the
//! phases differ for colour-blind eyes, too.

use egui::Color32;

/// Every colour of the window, by what it is for.
#[derive(Debug)]
pub(crate) struct Tokens {
    /// Whether this is the dark theme.
    pub dark: bool,
    /// Behind pictures.
    pub stage: Color32,
    /// The page.
    pub s0: Color32,
    /// Panels and bars.
    pub s1: Color32,
    /// Fields and table headers.
    pub s2: Color32,
    /// Hovered, chosen.
    pub s3: Color32,
    /// Cards.
    pub card: Color32,
    /// Header of a table.
    pub header: Color32,
    /// What a bar or slider runs in.
    pub track: Color32,
    /// Menus, toasts, dialogs.
    pub pop: Color32,
    /// Separators.
    pub line: Color32,
    /// Outlines of controls.
    pub line2: Color32,
    /// Content.
    pub text: Color32,
    /// Labels.
    pub text2: Color32,
    /// Units and hints.
    pub text3: Color32,
    /// Primary, links, selection, saved.
    pub accent: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// Ground of a selected row.
    pub accent_bg: Color32,
    /// It went well. The accent by another name.
    pub success: Color32,
    /// Skipped, interrupted.
    pub warning: Color32,
    /// Ground of a warning.
    pub warning_bg: Color32,
    /// Errors.
    pub danger: Color32,
    /// Ground of an error.
    pub danger_bg: Color32,
    /// Fill of a button that destroys.
    pub danger_fill: Color32,
    /// Text on that button.
    pub on_danger: Color32,
    /// The ring around what has the keyboard.
    pub focus: Color32,
    /// Behind a dialog.
    pub scrim: Color32,
    /// Shadow below menus, toasts and dialogs.
    pub shadow: Color32,
    /// The phase that reads.
    pub load: Color32,
    /// The phase that decodes, resizes and encodes.
    pub process: Color32,
    /// The phase that writes.
    pub write: Color32,
    /// Text on a bar of `load` or `process`.
    pub on_bright: Color32,
}

const fn hex(rgb: u32) -> Color32 {
    Color32::from_rgb((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8)
}

/// Premultiplied by hand: the ready-made function is not const.
const fn see_through(rgb: u32, percent: u32) -> Color32 {
    Color32::from_rgba_premultiplied(
        (((rgb >> 16) & 0xFF) * percent / 100) as u8,
        (((rgb >> 8) & 0xFF) * percent / 100) as u8,
        ((rgb & 0xFF) * percent / 100) as u8,
        (255 * percent / 100) as u8,
    )
}

static DARK: Tokens = dark(0x292C30, 0x3B3F46);
static DARK_CONTRAST: Tokens = dark(0x3B3F46, 0x90959D);
static LIGHT: Tokens = light(0xDFE2E6, 0xC2C7CE);
static LIGHT_CONTRAST: Tokens = light(0xC2C7CE, 0x636972);

const fn dark(line: u32, line2: u32) -> Tokens {
    Tokens {
        dark: true,
        stage: hex(0x0B0C0D),
        s0: hex(0x111214),
        s1: hex(0x17181B),
        s2: hex(0x1D1F22),
        s3: hex(0x25272B),
        card: hex(0x17181B),
        header: hex(0x1D1F22),
        track: hex(0x25272B),
        pop: hex(0x202226),
        line: hex(line),
        line2: hex(line2),
        text: hex(0xECEDEF),
        text2: hex(0xB1B5BB),
        text3: hex(0x90959D),
        accent: hex(0x3CC8AA),
        on_accent: hex(0x04211A),
        accent_bg: hex(0x12322C),
        success: hex(0x3CC8AA),
        warning: hex(0xF2934A),
        warning_bg: hex(0x35261A),
        danger: hex(0xFF7A7A),
        danger_bg: hex(0x38201F),
        danger_fill: hex(0xC93A40),
        on_danger: hex(0xFFFFFF),
        focus: hex(0x9AE8D6),
        scrim: see_through(0x060708, 66),
        shadow: see_through(0x000000, 45),
        load: hex(0x70C4FA),
        process: hex(0xF5C451),
        write: hex(0xE0609B),
        on_bright: hex(0x111214),
    }
}

const fn light(line: u32, line2: u32) -> Tokens {
    Tokens {
        dark: false,
        stage: hex(0xE9EBEE),
        s0: hex(0xF2F3F5),
        s1: hex(0xFAFBFB),
        s2: hex(0xFFFFFF),
        s3: hex(0xE9ECEF),
        card: hex(0xFFFFFF),
        header: hex(0xFAFBFB),
        track: hex(line),
        pop: hex(0xFFFFFF),
        line: hex(line),
        line2: hex(line2),
        text: hex(0x17191C),
        text2: hex(0x4A4F57),
        text3: hex(0x636972),
        accent: hex(0x0A7462),
        on_accent: hex(0xFFFFFF),
        accent_bg: hex(0xDDF2ED),
        success: hex(0x0A7462),
        warning: hex(0x9A4A00),
        warning_bg: hex(0xFCEFE0),
        danger: hex(0xC02A32),
        danger_bg: hex(0xFBE9E9),
        danger_fill: hex(0xC02A32),
        on_danger: hex(0xFFFFFF),
        focus: hex(0x0A7462),
        scrim: see_through(0x17191C, 35),
        shadow: see_through(0x000000, 16),
        load: hex(0x2583CE),
        process: hex(0xAB7500),
        write: hex(0x8C1C58),
        on_bright: hex(0xFFFFFF),
    }
}

/// The colours of the theme that `ui` is drawn in.
pub(crate) fn tokens(ui: &egui::Ui) -> &'static Tokens {
    tokens_of(ui.visuals())
}

/// The colours of the theme that `visuals` belong to.
pub(crate) fn tokens_of(visuals: &egui::Visuals) -> &'static Tokens {
    // The style itself remembers the contrast: reading it needs no lock, and a widget deep in a page costs nothing.
    let line = visuals.widgets.noninteractive.bg_stroke.color;
    let contrast = choose(visuals.dark_mode, true);
    if line == contrast.line {
        contrast
    } else {
        choose(visuals.dark_mode, false)
    }
}

/// The colours of a theme.
pub(super) fn choose(dark: bool, contrast: bool) -> &'static Tokens {
    match (dark, contrast) {
        (true, false) => &DARK,
        (true, true) => &DARK_CONTRAST,
        (false, false) => &LIGHT,
        (false, true) => &LIGHT_CONTRAST,
    }
}

/// `part` of `over` laid on `ground`, as an opaque colour: what is drawn with it does not shimmer where shapes overlap.
pub(crate) fn mix(ground: Color32, over: Color32, part: f32) -> Color32 {
    let channel = |ground: u8, over: u8| (f32::from(ground) + (f32::from(over) - f32::from(ground)) * part.clamp(0.0, 1.0)).round() as u8;
    Color32::from_rgba_premultiplied(
        channel(ground.r(), over.r()),
        channel(ground.g(), over.g()),
        channel(ground.b(), over.b()),
        channel(ground.a(), over.a()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(color: Color32) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
    }

    fn contrast(one: Color32, other: Color32) -> f64 {
        let (light, dark) = (luminance(one).max(luminance(other)), luminance(one).min(luminance(other)));
        (light + 0.05) / (dark + 0.05)
    }

    #[test]
    fn text_can_be_read_on_every_ground_it_stands_on() {
        for tokens in [&DARK, &LIGHT, &DARK_CONTRAST, &LIGHT_CONTRAST] {
            let grounds = [tokens.s0, tokens.s1, tokens.s2, tokens.s3, tokens.card, tokens.pop];
            for ground in grounds {
                for (name, color) in [
                    ("text", tokens.text),
                    ("text2", tokens.text2),
                    ("text3", tokens.text3),
                    ("accent", tokens.accent),
                ] {
                    let measured = contrast(color, ground);
                    assert!(measured >= 4.5, "{name} on {ground:?}, dark {}: {measured:.2}", tokens.dark);
                }
            }
            for (name, color, ground) in [
                ("on_accent", tokens.on_accent, tokens.accent),
                ("on_danger", tokens.on_danger, tokens.danger_fill),
                ("warning", tokens.warning, tokens.warning_bg),
                ("danger", tokens.danger, tokens.danger_bg),
                ("text on accent_bg", tokens.text, tokens.accent_bg),
            ] {
                let measured = contrast(color, ground);
                assert!(measured >= 4.5, "{name}, dark {}: {measured:.2}", tokens.dark);
            }
        }
    }

    #[test]
    fn phases_stand_out_from_cards_and_tracks() {
        for tokens in [&DARK, &LIGHT] {
            for phase in [tokens.load, tokens.process, tokens.write] {
                for ground in [tokens.card, tokens.track] {
                    assert!(
                        contrast(phase, ground) >= 3.0,
                        "{phase:?} on {ground:?}: {:.2}",
                        contrast(phase, ground)
                    );
                }
            }
        }
    }
}
