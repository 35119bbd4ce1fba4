//! The headings of all settings, with how many need a change under each.

use egui::{Panel, Ui};

use super::{GoTo, State, View};
use crate::config::{Heading, row};
use crate::gui::format::things;
use crate::gui::theme::{self, Icon};
use crate::gui::widgets;

fn icon(heading: Heading) -> Icon {
    match heading {
        Heading::Size => Icon::Scaling,
        Heading::Encoding => Icon::ImageDown,
        Heading::Colour => Icon::Palette,
        Heading::Metadata => Icon::Tag,
        Heading::Sidecars => Icon::FileBraces,
        Heading::Originals => Icon::Archive,
        Heading::Names => Icon::Copy,
        Heading::Files => Icon::Funnel,
        Heading::Speed => Icon::Gauge,
        Heading::Appearance => Icon::SunMoon,
    }
}

/// How many settings under a heading need a change.
pub(super) fn faults(state: &State, heading: Heading) -> u64 {
    let under = |key: &&'static str| row(key).is_some_and(|row| row.heading == heading);
    state.faults().iter().filter_map(|fault| fault.key).filter(|key| under(key)).count() as u64
}

/// The list beside the page.
pub(super) fn show(ui: &mut Ui, state: &State, view: &mut View) {
    let tokens = theme::tokens(ui);
    let frame = egui::Frame::new().fill(tokens.s1);
    Panel::left("headings of settings")
        .exact_size(200.0)
        .resizable(false)
        .frame(frame)
        .show(ui, |ui| {
            ui.add_space(theme::SPACE_16);
            ui.spacing_mut().item_spacing.y = 0.0;
            egui::ScrollArea::vertical().show(ui, |ui| {
                for heading in Heading::ALL {
                    let count = faults(state, heading);
                    let (short, spoken) = (count.to_string(), format!("{} to change", things(count, "setting", "settings")));
                    let note = (count > 0).then_some((short.as_str(), spoken.as_str()));
                    let selected = view.section.unwrap_or(Heading::Size) == heading;
                    if widgets::nav_row(ui, icon(heading), heading.label(), note, selected).clicked() {
                        view.search.clear();
                        view.go_to = Some(GoTo::Heading(heading));
                    }
                }
            });
        });
}
