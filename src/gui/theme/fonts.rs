//! Fonts: Inter with tabular digits in three weights out of one variable file, icons, and monospace for commands. What none
//! of them has (Japanese names, say) the system's fonts draw, through the window library's provider.

use egui::epaint::text::{FontTweak, VariationCoords};
use egui::{FontData, FontDefinitions, FontFamily};
use std::sync::{Arc, LazyLock};

/// Inter 4.1 (OFL 1.1), digits all equally wide: numbers stand in columns and do not jump as they count.
static INTER: &[u8] = include_bytes!("../../../assets/fonts/InterTab.ttf");

const REGULAR: &str = "Inter 400";
const MEDIUM: &str = "Inter 500";
const SEMIBOLD: &str = "Inter 600";
const LUCIDE: &str = "Lucide";

/// The family of icons alone.
pub(crate) static ICONS: LazyLock<FontFamily> = LazyLock::new(|| FontFamily::Name(LUCIDE.into()));
static MEDIUM_FAMILY: LazyLock<FontFamily> = LazyLock::new(|| FontFamily::Name(MEDIUM.into()));
static SEMIBOLD_FAMILY: LazyLock<FontFamily> = LazyLock::new(|| FontFamily::Name(SEMIBOLD.into()));

/// Weight 500.
pub(super) fn medium() -> FontFamily {
    MEDIUM_FAMILY.clone()
}

/// Weight 600.
pub(super) fn semibold() -> FontFamily {
    SEMIBOLD_FAMILY.clone()
}

/// All families, ready for `Context::set_fonts`.
pub(super) fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    for (name, weight) in [(REGULAR, 400.0), (MEDIUM, 500.0), (SEMIBOLD, 600.0)] {
        let tweak = FontTweak {
            coords: VariationCoords::new([(b"wght", weight)]),
            ..FontTweak::default()
        };
        fonts
            .font_data
            .insert(name.to_owned(), Arc::new(FontData::from_static(INTER).tweak(tweak)));
    }
    fonts
        .font_data
        .insert(LUCIDE.to_owned(), Arc::new(FontData::from_static(lucide_icons::LUCIDE_FONT_BYTES)));

    // The library's own proportional face is left out, so that it never stands in for Inter; its symbols stay as a net.
    let proportional = fonts.families.entry(FontFamily::Proportional).or_default();
    proportional.retain(|name| name != "Ubuntu-Light");
    let net = proportional.clone();
    let chain = |first: &str| -> Vec<String> { [first, LUCIDE].into_iter().map(str::to_owned).chain(net.iter().cloned()).collect() };
    let families = [
        (FontFamily::Proportional, chain(REGULAR)),
        (medium(), chain(MEDIUM)),
        (semibold(), chain(SEMIBOLD)),
        (ICONS.clone(), chain(LUCIDE)),
    ];
    fonts.families.extend(families);
    if let Some(monospace) = fonts.families.get_mut(&FontFamily::Monospace) {
        monospace.retain(|name| name != "Ubuntu-Light");
        monospace.push(REGULAR.to_owned());
    }
    fonts
}

#[cfg(test)]
mod tests {
    use super::super::Text;

    #[test]
    fn digits_are_equally_wide_in_every_weight() {
        let context = egui::Context::default();
        super::super::install(&context, super::super::Looks::default());
        let mut widths = Vec::new();
        let mut output = context.run_ui(egui::RawInput::default(), |ui| {
            for step in [Text::Body, Text::Control, Text::Strong, Text::Figure] {
                let width = |digits: &str| {
                    let format = step.format(egui::Color32::WHITE);
                    ui.painter()
                        .layout_no_wrap(digits.to_owned(), format.font_id, format.color)
                        .size()
                        .x
                };
                for digit in '1'..='9' {
                    widths.push((width(&digit.to_string().repeat(20)), width(&"0".repeat(20)), step, digit));
                }
            }
        });
        output.textures_delta.clear();
        assert_eq!(widths.len(), 36);
        for (width, zeros, step, digit) in widths {
            assert!((width - zeros).abs() < 0.01, "{step:?} {digit}: {width} against {zeros}");
        }
    }
}
