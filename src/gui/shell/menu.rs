//! The menu behind the three lines: everything that can be done from everywhere, with its keys, and how the window looks.

use egui::{Response, Ui};

use super::actions::{self, Action};
use super::{Command, ThemeChoice, keys};
use crate::gui::command::Outbox;
use crate::gui::model::Model;
use crate::gui::theme::Icon;
use crate::gui::widgets::{self, MenuItem};

/// The button that opens it.
pub(super) fn button(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let button = widgets::icon_button(ui, Icon::Menu, "Menu");
    show(&button, model, out);
}

fn show(button: &Response, model: &Model, out: &mut Outbox) {
    widgets::menu(button, 300.0, |ui| {
        group(ui, actions::work(model), out);
        let search = actions::in_words(&keys::SEARCH);
        if MenuItem::new("Search")
            .icon(Icon::Search)
            .shortcut(search.as_str())
            .show(ui)
            .clicked()
        {
            out.send(Command::Search);
        }
        widgets::menu_line(ui);
        group(ui, actions::pages(), out);
        widgets::menu_line(ui);
        let kept = &model.shell.kept;
        for (choice, words) in [
            (ThemeChoice::System, "Dark or light as the system"),
            (ThemeChoice::Dark, "Dark"),
            (ThemeChoice::Light, "Light"),
        ] {
            if MenuItem::new(words).chosen(kept.theme == choice).show(ui).clicked() {
                out.send(Command::Theme(choice));
            }
        }
        widgets::menu_line(ui);
        if MenuItem::new("More contrast").chosen(kept.more_contrast).show(ui).clicked() {
            out.send(Command::MoreContrast(!kept.more_contrast));
        }
        if MenuItem::new("Reduced motion").chosen(kept.reduced_motion).show(ui).clicked() {
            out.send(Command::ReducedMotion(!kept.reduced_motion));
        }
        widgets::menu_line(ui);
        group(ui, actions::view(model), out);
        widgets::menu_line(ui);
        // The rest of them is in the box, and found by search.
        group(ui, actions::help().into_iter().take(2).chain([actions::quit()]).collect(), out);
    });
}

fn group(ui: &mut Ui, actions: Vec<Action>, out: &mut Outbox) {
    for action in actions {
        let item = MenuItem::new(action.words)
            .icon(action.icon)
            .shortcut(action.keys.as_deref())
            .disabled_because(action.not_now);
        if item.show(ui).clicked() {
            out.send(action.command);
        }
    }
}
