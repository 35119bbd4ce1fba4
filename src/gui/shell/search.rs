//! Search: one field that finds what can be done, the shards and the settings. Opened by key, worked by keyboard alone.

use egui::{Align2, Area, Id, Key, Modifiers, Order, Ui, vec2};

use super::actions::{self, Action};
use super::{Command as ShellCommand, Page};
use crate::config::CATALOGUE;
use crate::gui::command::{Command, Outbox};
use crate::gui::model::{Model, Views};
use crate::gui::theme::{self, Icon, Text};
use crate::gui::widgets::{self, MenuItem, TextField};
use crate::gui::{settings, shards};

/// So many are shown; more would not be read.
const MOST: usize = 12;
const WIDTH: f32 = 528.0;

struct Found {
    words: String,
    note: String,
    icon: Icon,
    keys: Option<String>,
    commands: Vec<Command>,
}

pub(super) fn show(ui: &mut Ui, model: &Model, views: &mut Views, out: &mut Outbox) {
    let view = &mut views.shell;
    let Some(text) = &mut view.search else { return };
    let is_new = ui.data(|data| data.get_temp::<bool>(Id::unique("searching"))).is_none();
    ui.data_mut(|data| data.insert_temp(Id::unique("searching"), true));
    let found = find(model, text);
    view.search_at = view.search_at.min(found.len().saturating_sub(1));

    // Taken before the field sees them: it would move its cursor.
    let (down, up, take, leave) = ui.input_mut(|input| {
        let mut count = |key| input.count_and_consume_key(Modifiers::NONE, key);
        (
            count(Key::ArrowDown),
            count(Key::ArrowUp),
            count(Key::Enter) > 0,
            count(Key::Escape) > 0,
        )
    });
    if !found.is_empty() {
        view.search_at = (view.search_at + found.len() * up.max(1) + down - up) % found.len();
    }
    let mut chosen = (take && !found.is_empty()).then_some(view.search_at);
    let at = view.search_at;
    let mut close = leave;

    let style = ui.ctx().global_style();
    let tokens = theme::tokens(ui);
    let window = ui.ctx().content_rect();
    let scrim = Area::new(Id::unique("search scrim"))
        .order(Order::Foreground)
        .movable(false)
        .fixed_pos(window.min)
        .show(ui.ctx(), |ui| {
            let (rect, response) = ui.allocate_exact_size(window.size(), egui::Sense::CLICK);
            ui.painter().rect_filled(rect, 0, tokens.scrim);
            response
        });
    let mut changed = false;
    let area = Area::new(Id::unique("search"))
        .order(Order::Foreground)
        .movable(false)
        .accessible_name("Search")
        .anchor(Align2::CENTER_TOP, vec2(0.0, 96.0))
        .show(ui.ctx(), |ui| {
            egui::Frame::new()
                .fill(tokens.pop)
                .stroke(egui::Stroke::new(1.0, tokens.line2))
                .corner_radius(theme::RADIUS_DIALOG)
                .shadow(style.visuals.popup_shadow)
                .inner_margin(8)
                .show(ui, |ui| {
                    ui.set_width(WIDTH.min(window.width() - 64.0) - 18.0);
                    ui.spacing_mut().item_spacing.y = 0.0;
                    let field = TextField::new("Search commands, shards and settings", text)
                        .hint("Search commands, shards and settings")
                        .icon(Icon::Search)
                        .show(ui);
                    changed = field.changed();
                    if is_new || !field.has_focus() {
                        field.request_focus();
                    }
                    ui.add_space(8.0);
                    if found.is_empty() {
                        ui.add_space(4.0);
                        widgets::label(ui, "  Nothing has this name.", Text::Small, tokens.text3);
                        ui.add_space(8.0);
                    }
                    for (index, one) in found.iter().enumerate() {
                        let item = MenuItem::new(&one.words)
                            .icon(one.icon)
                            .note(&one.note)
                            .shortcut(one.keys.as_deref())
                            .lit(index == at);
                        if item.show(ui).clicked() {
                            chosen = Some(index);
                        }
                    }
                });
        });
    ui.ctx().move_to_top(area.response.layer_id);
    if changed {
        view.search_at = 0;
    }
    close |= scrim.inner.clicked();
    if let Some(one) = chosen.and_then(|index| found.into_iter().nth(index)) {
        one.commands.into_iter().for_each(|command| out.send(command));
        close = true;
    }
    if close {
        views.shell.search = None;
        views.shell.search_at = 0;
        ui.data_mut(|data| data.remove::<bool>(Id::unique("searching")));
    }
}

/// Everything that has all the words, those that begin with the first of them first.
fn find(model: &Model, text: &str) -> Vec<Found> {
    let wanted: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let mut found: Vec<Found> = actions::work(model)
        .into_iter()
        .chain(actions::pages())
        .chain(actions::view(model))
        .chain(actions::help())
        .chain([actions::quit()])
        .filter(|action| action.not_now.is_none())
        .map(from_action)
        .chain(looks(model))
        .chain(things(model))
        .filter(|one| matches(&one.words, &wanted))
        .collect();
    if let Some(first) = wanted.first() {
        found.sort_by_key(|one| !one.words.to_lowercase().starts_with(first.as_str()));
    }
    found.truncate(MOST);
    found
}

fn matches(words: &str, wanted: &[String]) -> bool {
    let words = words.to_lowercase();
    wanted.iter().all(|part| words.contains(part.as_str()))
}

fn from_action(action: Action) -> Found {
    Found {
        words: action.words.to_owned(),
        note: String::new(),
        icon: action.icon,
        keys: action.keys,
        commands: vec![action.command],
    }
}

fn looks(model: &Model) -> Vec<Found> {
    let kept = &model.shell.kept;
    let look = |words: &str, icon, command: ShellCommand| Found {
        words: words.to_owned(),
        note: "Appearance".to_owned(),
        icon,
        keys: None,
        commands: vec![command.into()],
    };
    vec![
        look("Dark theme", Icon::Moon, ShellCommand::Theme(super::ThemeChoice::Dark)),
        look("Light theme", Icon::Sun, ShellCommand::Theme(super::ThemeChoice::Light)),
        look(
            "Theme as the system",
            Icon::Monitor,
            ShellCommand::Theme(super::ThemeChoice::System),
        ),
        look(
            if kept.more_contrast { "Usual contrast" } else { "More contrast" },
            Icon::Contrast,
            ShellCommand::MoreContrast(!kept.more_contrast),
        ),
        look(
            if kept.reduced_motion { "Usual motion" } else { "Reduced motion" },
            Icon::Wind,
            ShellCommand::ReducedMotion(!kept.reduced_motion),
        ),
    ]
}

/// The shards, which it leads to in the list, and the settings.
fn things(model: &Model) -> Vec<Found> {
    let shards = model.shards.all().iter().map(|shard| Found {
        words: shard.name.clone(),
        note: "Shard".to_owned(),
        icon: Icon::Folder,
        keys: None,
        commands: vec![
            ShellCommand::Go(Page::Plan).into(),
            shards::Command::Choose(Some(shard.path.clone())).into(),
        ],
    });
    let settings = CATALOGUE.iter().map(|row| Found {
        words: row.label.to_owned(),
        note: row.heading.label().to_owned(),
        icon: Icon::SlidersHorizontal,
        keys: None,
        commands: vec![settings::Command::Show(row.key).into()],
    });
    shards.chain(settings).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_words_must_be_there_and_the_first_leads() {
        let model = Model::default();
        let words = |text: &str| -> Vec<String> { find(&model, text).into_iter().map(|one| one.words).collect() };
        assert_eq!(words("theme light"), ["Light theme"]);
        assert_eq!(words("rep")[0], "Report");
        assert!(words("chroma").contains(&"Chroma".to_owned()), "{:?}", words("chroma"));
        assert!(words("no such thing").is_empty());
        assert!(words("shrink").is_empty(), "there is nothing to shrink yet");
        assert_eq!(words("").len(), MOST);
    }
}
