//! How the window looks: rows of their own, since they are the window's and no run knows of them.

use egui::Ui;

use super::row::{self, Words};
use crate::gui::command::Outbox;
use crate::gui::model::Model;
use crate::gui::shell::{Command, ThemeChoice};
use crate::gui::widgets::{self, Select};

/// Label, what it does, and what people may look for.
pub(super) const ROWS: [(&str, &str, &str); 4] = [
    ("Theme", "Dark or light, or as the system has it.", "appearance dark light night"),
    ("Zoom", "Size of everything in the window.", "appearance scale text font larger"),
    (
        "More contrast",
        "Stronger lines around cards and controls.",
        "appearance accessibility outline",
    ),
    ("Reduced motion", "Nothing slides or fades.", "appearance accessibility animation"),
];

const ZOOMS: [u32; 8] = [75, 90, 100, 110, 125, 150, 175, 200];

/// Whether every word that is looked for is in this row.
pub(super) fn is_found_by((label, says, words): &(&str, &str, &str), query: &str) -> bool {
    let all = format!("{label} {says} {words}").to_lowercase();
    query.to_lowercase().split_whitespace().all(|word| all.contains(word))
}

/// The card.
pub(super) fn show(ui: &mut Ui, model: &Model, query: &str, out: &mut Outbox) {
    let kept = &model.shell.kept;
    row::card(ui, |ui| {
        let mut first = true;
        for entry in ROWS.iter().filter(|entry| is_found_by(entry, query)) {
            let (label, says, _) = *entry;
            let words = Words {
                label,
                says,
                origin: None,
                note: None,
                fault: None,
            };
            let wide = match label {
                "Theme" => super::control::WIDE,
                "Zoom" => 120.0,
                _ => 32.0,
            };
            row::frame(
                ui,
                first,
                &words,
                wide,
                crate::gui::theme::HEIGHT_CONTROL,
                |ui| match label {
                    "Theme" => {
                        let mut theme = kept.theme;
                        let choices = [
                            (ThemeChoice::System, "System"),
                            (ThemeChoice::Dark, "Dark"),
                            (ThemeChoice::Light, "Light"),
                        ];
                        let choices = choices.map(|(theme, word)| (theme, widgets::Segment::new(word).name(format!("Theme: {word}"))));
                        if widgets::segmented(ui, &mut theme, choices, Some(ui.available_width())).changed() {
                            out.send(Command::Theme(theme));
                        }
                    }
                    "Zoom" => {
                        let mut zoom = (kept.zoom * 100.0).round() as u32;
                        let mut choices: Vec<(u32, String)> = ZOOMS.map(|zoom| (zoom, format!("{zoom} %"))).to_vec();
                        if !ZOOMS.contains(&zoom) {
                            choices.push((zoom, format!("{zoom} %")));
                            choices.sort();
                        }
                        if Select::new(label).show(ui, &mut zoom, &choices).changed() {
                            out.send(Command::Zoom(zoom as f32 / 100.0));
                        }
                    }
                    "More contrast" => {
                        let mut on = kept.more_contrast;
                        if widgets::toggle(ui, &mut on, label).changed() {
                            out.send(Command::MoreContrast(on));
                        }
                    }
                    _ => {
                        let mut on = kept.reduced_motion;
                        if widgets::toggle(ui, &mut on, label).changed() {
                            out.send(Command::ReducedMotion(on));
                        }
                    }
                },
                |_| {},
            );
            first = false;
        }
    });
}
