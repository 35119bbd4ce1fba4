//! Tooltips: one sentence, and the key where there is one.

use super::keys::kbd;
use crate::gui::theme::{self, Text};
use egui::{Response, Ui};

/// Words under the pointer, also over what is switched off.
pub(crate) fn tip(response: Response, words: &str) -> Response {
    tip_with_keys(response, words, None)
}

/// The same with the key that does it.
pub(crate) fn tip_with_keys(response: Response, words: &str, keys: Option<&str>) -> Response {
    let content = |ui: &mut Ui| {
        let tokens = theme::tokens(ui);
        ui.horizontal(|ui| {
            ui.set_max_width(ui.spacing().tooltip_width);
            ui.add(egui::Label::new(theme::rich(words, Text::Small, tokens.text)));
            if let Some(keys) = keys {
                kbd(ui, keys);
            }
        });
    };
    response.on_hover_ui(content).on_disabled_hover_ui(content)
}
