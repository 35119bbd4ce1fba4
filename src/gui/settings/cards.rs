//! The graphics cards of this machine: looked for by a worker when a page first wants them, and again by hand; and the control that
//! takes one of them by name.

use egui::Ui;
use serde_json::Value;

use super::{Command, News, State};
use crate::config::Row;
use crate::engine::{self, Adapter, BackendChoice};
use crate::gui::command::Outbox;
use crate::gui::office::{Courier, Office};
use crate::gui::theme::{self, Icon};
use crate::gui::widgets::{self, MenuItem, Select};
use crate::report::format;

/// The setting that names one.
pub(super) const KEY: &str = "machine.adapter";

/// Width of the menu: a long name with kind and memory beside it.
const MENU: f32 = 400.0;

/// The program can use one at all.
const BUILT_IN: bool = cfg!(feature = "gpu");

/// What is known of them.
#[derive(Debug, Default)]
pub(in crate::gui) struct Cards {
    /// The most promising one first; `None` before the first look.
    found: Option<Vec<Adapter>>,
    is_looking: bool,
}

impl Cards {
    /// All of them, the most promising one first; `None` before the first look ended.
    pub(in crate::gui) fn found(&self) -> Option<&[Adapter]> {
        self.found.as_deref()
    }

    /// Whether there is one that is no software; `None` while nobody knows.
    pub(in crate::gui) fn has_real(&self) -> Option<bool> {
        if !BUILT_IN {
            return Some(false);
        }
        Some(self.found()?.iter().any(|card| !card.is_software()))
    }

    /// Takes what a look found.
    pub(in crate::gui) fn heard(&mut self, found: Vec<Adapter>) {
        self.found = Some(found);
        self.is_looking = false;
    }

    /// Whether nobody looked yet, and a look would find any.
    pub(super) fn wants_a_look(&self) -> bool {
        BUILT_IN && self.found.is_none() && !self.is_looking
    }
}

/// Looks for them; on a worker, since drivers are loaded for it.
pub(super) fn look(cards: &mut Cards, office: &Office) {
    if cards.is_looking || !BUILT_IN {
        return;
    }
    cards.is_looking = true;
    let looking = Looking {
        courier: office.courier(),
        found: Vec::new(),
    };
    office.spawn("graphics cards", move |_| {
        // The whole of it, since it tells by being dropped.
        let mut looking = looking;
        looking.found = engine::adapters();
    });
}

/// Tells what was found, also where the look panicked: otherwise the page would look for ever.
struct Looking {
    courier: Courier,
    found: Vec<Adapter>,
}

impl Drop for Looking {
    fn drop(&mut self) {
        self.courier.tell(News::Cards(std::mem::take(&mut self.found)));
    }
}

/// What the settings in force make of the cards there are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::gui) enum Taken<'a> {
    /// Graphics cards are not asked: why.
    Off(&'static str),
    /// Not known yet.
    Unknown,
    /// This one.
    Card(&'a Adapter),
    /// None: why, and what comes of it.
    None(&'static str),
}

/// Which card a run would take, as the engine chooses it.
pub(in crate::gui) fn taken<'a>(cards: &'a Cards, choice: BackendChoice, name: Option<&str>) -> Taken<'a> {
    if !BUILT_IN {
        return Taken::Off("This program was built without support for graphics cards.");
    }
    if choice == BackendChoice::Cpu {
        return Taken::Off("Not asked for while images are resized by the processor.");
    }
    let Some(all) = cards.found() else { return Taken::Unknown };
    if all.is_empty() {
        return Taken::None("No graphics card was found; the processor does everything. Where there is one, its driver may be missing.");
    }
    let may = |card: &&Adapter| choice == BackendChoice::Gpu || !card.is_software();
    let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) else {
        return all.iter().find(may).map_or(
            Taken::None(
                "There is only software that poses as a graphics card. It is never taken by itself; the processor does everything.",
            ),
            Taken::Card,
        );
    };
    let those: Vec<&Adapter> = engine::adapters_called(all, name).into_iter().map(|at| &all[at]).collect();
    match (those.iter().copied().find(may), those.is_empty()) {
        (Some(card), _) => Taken::Card(card),
        (None, false) => {
            Taken::None("This is software that poses as a graphics card: only taken where images are resized by the graphics card.")
        }
        (None, true) => Taken::None("No graphics card of this machine is called that; the processor does everything."),
    }
}

/// What stands below the words of the setting: the card that is meant and what it is, or why there is none.
pub(super) fn note(state: &State) -> String {
    match now(state) {
        Taken::Off(why) | Taken::None(why) => why.to_owned(),
        Taken::Unknown => "Looking for graphics cards".to_owned(),
        Taken::Card(card) if card.is_software() => format!(
            "{}: software for tests, slower than the processor itself. {}",
            card.name,
            spoken_with(card)
        ),
        Taken::Card(card) => format!("{}: {}. {}", card.name, kind(card), spoken_with(card)),
    }
}

fn now(state: &State) -> Taken<'_> {
    let machine = &state.now().machine;
    taken(&state.cards, machine.backend, machine.adapter.as_deref())
}

/// "discrete, 12 GiB".
fn kind(card: &Adapter) -> String {
    if card.is_software() {
        return "software, for tests only".to_owned();
    }
    match card.memory {
        Some(bytes) => format!("{}, {}", card.kind, format::memory(bytes)),
        None => card.kind.to_string(),
    }
}

/// "Vulkan, driver NVIDIA 550.54".
fn spoken_with(card: &Adapter) -> String {
    match card.driver.as_str() {
        "" => format!("{}.", card.api),
        driver => format!("{}, driver {driver}.", card.api),
    }
}

/// What a card is, for a tooltip.
pub(in crate::gui) fn in_full(card: &Adapter) -> String {
    format!("{}: {}. {}", card.name, kind(card), spoken_with(card))
}

/// The control: the cards in a menu, and a button that looks again.
pub(super) fn show(ui: &mut Ui, state: &State, row: &'static Row, out: &mut Outbox) {
    let now = now(state);
    let off = matches!(now, Taken::Off(_));
    let value = state.value(row.key);
    let chosen = value.as_str();
    let none = row.none.map_or("", |none| none.hint);
    ui.spacing_mut().item_spacing.x = theme::SPACE_4;
    let width = ui.available_width() - theme::HEIGHT_CONTROL - theme::SPACE_4;
    let inner = ui.add_enabled_ui(!off, |ui| {
        let field = Select::new(row.label).width(width).menu_width(MENU);
        field.show_menu(ui, chosen.unwrap_or(none), |ui| items(ui, state, chosen, none, row, out))
    });
    let tip = match now {
        Taken::Card(card) => in_full(card),
        Taken::Off(why) | Taken::None(why) => why.to_owned(),
        Taken::Unknown => "Looking for graphics cards".to_owned(),
    };
    widgets::tip(inner.inner, &tip);
    ui.add_enabled_ui(!off && !state.cards.is_looking, |ui| {
        if widgets::icon_button(ui, Icon::RefreshCw, "Look for graphics cards again").clicked() {
            out.send(Command::LookForCards);
        }
    });
}

fn items(ui: &mut Ui, state: &State, chosen: Option<&str>, none: &str, row: &'static Row, out: &mut Outbox) {
    let all = state.cards.found().unwrap_or_default();
    let best = all.iter().find(|card| !card.is_software());
    let best = best.map_or(String::new(), |card| card.name.clone());
    if MenuItem::new(none).chosen(chosen.is_none()).note(&best).show(ui).clicked() && chosen.is_some() {
        out.send(Command::Set(row.key, Value::Null));
    }
    widgets::menu_line(ui);
    let mut named = Vec::new();
    for card in all {
        // A name is all that can be chosen, so cards of a kind are one choice.
        if named.contains(&card.name.as_str()) {
            continue;
        }
        named.push(card.name.as_str());
        let is_chosen = chosen == Some(card.name.as_str());
        let item = MenuItem::new(&card.name).chosen(is_chosen).note(&kind(card)).show(ui);
        if widgets::tip(item, &in_full(card)).clicked() && !is_chosen {
            out.send(Command::Set(row.key, card.name.clone().into()));
        }
    }
    if let Some(name) = chosen.filter(|name| !named.contains(name)) {
        let meant = engine::adapters_called(all, name)
            .first()
            .map_or("not found", |at| all[*at].name.as_str());
        let _ = MenuItem::new(name).chosen(true).note(meant).show(ui);
    }
    if all.is_empty() && chosen.is_none() {
        let words = if state.cards.is_looking {
            "Looking for graphics cards"
        } else {
            "None was found"
        };
        widgets::menu_heading(ui, words);
    }
}

#[cfg(test)]
pub(in crate::gui) mod tests {
    use super::*;
    use crate::engine::AdapterKind;

    /// A card that no machine has.
    pub(in crate::gui) fn made_up(name: &str, kind: AdapterKind) -> Adapter {
        Adapter {
            name: name.to_owned(),
            kind,
            driver: "Maker 550.54".to_owned(),
            api: "Vulkan".to_owned(),
            memory: (kind == AdapterKind::Discrete).then_some(12 << 30),
        }
    }

    #[test]
    #[cfg(feature = "gpu")]
    fn the_card_that_is_shown_is_the_one_a_run_takes() {
        use BackendChoice::{Auto, Cpu, Gpu};
        let mut cards = Cards::default();
        assert_eq!(taken(&cards, Auto, None), Taken::Unknown);
        assert!(cards.wants_a_look() && cards.has_real().is_none());
        let (rtx, software) = (
            made_up("RTX 4070", AdapterKind::Discrete),
            made_up("llvmpipe", AdapterKind::Software),
        );
        cards.heard(vec![rtx.clone(), software.clone()]);
        for (choice, name, expected) in [
            (Auto, None, Some(&rtx)),
            (Gpu, None, Some(&rtx)),
            (Auto, Some("rtx"), Some(&rtx)),
            (Gpu, Some("LLVM"), Some(&software)),
            (Auto, Some("llvm"), None),
            (Gpu, Some("radeon"), None),
            (Cpu, None, None),
        ] {
            let found = match taken(&cards, choice, name) {
                Taken::Card(card) => Some(card),
                Taken::Off(_) | Taken::Unknown | Taken::None(_) => None,
            };
            assert_eq!(found, expected, "{choice:?} {name:?}");
        }
        assert!(matches!(taken(&cards, Cpu, None), Taken::Off(_)));
        cards.heard(vec![software.clone()]);
        assert!(matches!(taken(&cards, Auto, None), Taken::None(why) if why.contains("software")));
        assert_eq!(taken(&cards, Gpu, None), Taken::Card(&software));
        assert_eq!(cards.has_real(), Some(false));
        cards.heard(Vec::new());
        assert!(matches!(taken(&cards, Gpu, None), Taken::None(why) if why.contains("driver")));
    }

    #[test]
    fn a_card_is_told_in_full() {
        let mut card = made_up("RTX 4070", AdapterKind::Discrete);
        assert_eq!(in_full(&card), "RTX 4070: discrete, 12 GiB. Vulkan, driver Maker 550.54.");
        card.memory = None;
        card.driver.clear();
        assert_eq!(in_full(&card), "RTX 4070: discrete. Vulkan.");
        let software = made_up("llvmpipe", AdapterKind::Software);
        assert!(in_full(&software).starts_with("llvmpipe: software, for tests only."));
    }
}
