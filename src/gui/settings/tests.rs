//! Journeys through the settings, by label, as a person takes them.

use std::fs;
use std::path::PathBuf;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use serde_json::Value;

use super::super::shell::Page;
use super::super::testing::Window;
use super::made_up;
use crate::config::{CATALOGUE, Kind, Row};
use crate::engine::AdapterKind;

const RTX: &str = "NVIDIA GeForce RTX 4070";

/// On a machine with a card, and with the software that poses as one.
fn open() -> Window {
    let mut window = Window::new();
    let cards = [(RTX, AdapterKind::Discrete), ("llvmpipe", AdapterKind::Software)];
    let cards = cards.map(|(name, kind)| made_up(name, kind));
    window.harness.state_mut().model.settings.cards.heard(cards.to_vec());
    window.harness.run_steps(2);
    window.click("All settings");
    assert_eq!(window.harness.state().model.shell.page, Page::Settings);
    window
}

impl Window {
    /// Replaces what stands in a field. Its name may go on with what is wrong with it.
    fn write(&mut self, field: &str, text: &str) {
        self.press_in(field);
        self.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
        self.harness.step();
        if text.is_empty() {
            self.harness.key_press(Key::Backspace);
        } else {
            self.harness.event(egui::Event::Text(text.to_owned()));
        }
        self.harness.run_steps(3);
    }

    fn press_in(&mut self, field: &str) {
        let node = self
            .harness
            .query_all_by_label_contains(field)
            .find(|node| {
                let label = node.accesskit_node().label().unwrap_or_default();
                let is_it = label == field || label.starts_with(&format!("{field}. "));
                is_it && matches!(node.accesskit_node().role(), Role::TextInput | Role::MultilineTextInput)
            })
            .unwrap_or_else(|| panic!("there is no field {field}"));
        node.focus();
        self.harness.run_steps(2);
    }

    fn leave_field(&mut self) {
        self.harness.key_press(Key::Tab);
        self.harness.run_steps(2);
    }

    fn value(&self, key: &str) -> Value {
        self.harness.state().model.settings.value(key)
    }

    fn faults(&self) -> Vec<String> {
        let faults = self.harness.state().model.settings.faults();
        faults.iter().map(|fault| fault.sentence.clone()).collect()
    }

    fn has(&self, label: &str) -> bool {
        self.harness.query_all_by_label(label).next().is_some()
    }

    fn own_presets(&self) -> PathBuf {
        self.folder.path().join("config/presets")
    }

    /// Shows one row alone.
    fn look_for(&mut self, row: &Row) {
        self.look_for_words(row.key);
    }

    fn look_for_words(&mut self, words: &str) {
        self.harness.state_mut().views.settings.search = words.to_owned();
        self.harness.run_steps(2);
    }
}

#[test]
fn what_is_wrong_is_told_at_once_and_beside_its_field() {
    let mut window = open();
    window.write("Quality", "105");
    window.write("Memory", "much");
    window.leave_field();
    assert_eq!(
        window.faults(),
        ["Use a number from 1 to 100.", "Use a size such as 512 MiB or 2 GB."]
    );
    assert!(window.has("2 settings need a change before you can shrink. Quality, and memory."));
    assert!(window.has("2 settings need a change"), "the status bar says so, too");
    assert!(window.has("Encoding, 1 setting to change") && window.has("Speed, 1 setting to change"));
    assert!(window.has("Use a number from 1 to 100."));
    assert!(window.harness.state().model.settings.valid().is_none());

    // The link leads to the field, ready to type.
    window.click("Go to first");
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.harness.event(egui::Event::Text("90".to_owned()));
    window.harness.run_steps(3);
    assert_eq!(window.value("picture.quality"), 90);
    window.look_for_words("memory");
    window.click("Reset Memory");
    assert_eq!(window.faults(), Vec::<String>::new());
    assert!(window.harness.state().model.settings.valid().is_some());
    assert!(!window.has("Go to first"));
}

/// Each row is there, and what is done to it is in force.
#[test]
fn every_setting_can_be_changed_here() {
    let mut window = open();
    for row in &CATALOGUE {
        window.look_for(row);
        let before = window.value(row.key);
        match row.kind {
            Kind::Switch => window.click(row.label),
            Kind::Choice(choices) => {
                let other = choices.iter().find(|choice| before != choice.value);
                match (other, choices.len()) {
                    // Only one so far; it is shown all the same.
                    (None, _) => {
                        window.wait_for_label(row.label);
                        continue;
                    }
                    (Some(other), 2 | 3) => window.click(&format!("{}: {}", row.label, other.label)),
                    (Some(other), _) => {
                        window.click(row.label);
                        window.click(other.label);
                    }
                }
            }
            Kind::Several(choices) => {
                window.click(row.label);
                window.click(choices[choices.len() - 1].label);
                window.harness.key_press(Key::Escape);
                window.harness.run_steps(2);
            }
            Kind::Fit => {
                window.click(row.label);
                window.click("Megapixels");
            }
            _ if row.none.is_some_and(|none| none.on.is_some()) => window.click(&format!("{}, in use", row.label)),
            Kind::Whole { .. } => window.write(row.label, "64"),
            Kind::Number { .. } => window.write(row.label, "12.5"),
            Kind::Bytes { .. } => window.write(row.label, "128 MiB"),
            Kind::Colour => window.write(row.label, "#010203"),
            Kind::Globs => window.write(row.label, "cat_*"),
            Kind::Word => window.write(row.label, "word"),
            Kind::Card if !cfg!(feature = "gpu") => {
                window.wait_for_label("This program was built without support for graphics cards.");
                continue;
            }
            Kind::Card => {
                window.click(row.label);
                window.click_item(RTX);
            }
            Kind::Moment => window.write(row.label, "2026-11-01"),
            Kind::Slice => window.write(row.label, "2/8"),
        }
        assert_ne!(window.value(row.key), before, "{} was not changed", row.key);
        window.click(&format!("Reset {}", row.label));
        assert_eq!(window.value(row.key), before, "{} was not reset", row.key);
    }
}

/// The list of cards, and what is said of the one in force; the bar below says what a run would ask.
#[test]
#[cfg(feature = "gpu")]
fn a_graphics_card_is_chosen_from_those_there_are() {
    let mut window = open();
    window.look_for_words("gpu");
    window.wait_for_label("NVIDIA GeForce RTX 4070: discrete, 12 GiB. Vulkan, driver Maker 550.54.");
    window.click("Which graphics card");
    window.click_item("llvmpipe");
    assert_eq!(window.value("machine.adapter"), "llvmpipe");
    window.wait_for_label("This is software that poses as a graphics card: only taken where images are resized by the graphics card.");
    window.click("Resized by: Graphics card");
    window.wait_for_label("llvmpipe: software for tests, slower than the processor itself. Vulkan, driver Maker 550.54.");
    window.click("Back");
    window.wait_for_label("GPU");
    window.click("All settings");
    window.look_for_words("gpu");
    window.click("Which graphics card");
    window.click_item("The most promising one");
    assert_eq!(window.value("machine.adapter"), Value::Null);

    // A part of a name, as a preset may have it.
    let set = super::Command::Set("machine.adapter", "4070".into());
    window.harness.state_mut().send(set);
    window.wait_for_label("NVIDIA GeForce RTX 4070: discrete, 12 GiB. Vulkan, driver Maker 550.54.");
    let set = super::Command::Set("machine.adapter", "radeon".into());
    window.harness.state_mut().send(set);
    window.wait_for_label("No graphics card of this machine is called that; the processor does everything.");

    let is_off = |window: &Window| {
        let node = window.harness.get_by_role_and_label(Role::ComboBox, "Which graphics card");
        node.accesskit_node().is_disabled()
    };
    assert!(!is_off(&window));
    window.click("Resized by: Processor");
    window.wait_for_label("Not asked for while images are resized by the processor.");
    assert!(is_off(&window));
    window.click("Back");
    window.harness.run_steps(2);
    assert!(!window.has("GPU") && !window.has("GPU: auto"));
    window.harness.state_mut().send(super::Command::Reset);
    window.wait_for_label("GPU: auto");
}

/// Whatever this machine has: looked for when the page wants it, and again by hand.
#[test]
#[cfg(feature = "gpu")]
fn graphics_cards_are_looked_for_where_they_are_wanted() {
    let mut window = Window::new();
    window.harness.run_steps(2);
    let found = |window: &Window| window.harness.state().model.settings.cards.found().map(<[_]>::to_vec);
    assert_eq!(found(&window), None, "the start loads no drivers for it");
    window.click("All settings");
    window.wait_for("the cards", |window| found(window).is_some());
    let first = found(&window);
    assert_eq!(first, Some(crate::engine::adapters()));
    window.look_for_words("adapter");
    window.harness.state_mut().model.settings.cards.heard(Vec::new());
    window.wait_for_label("No graphics card was found; the processor does everything. Where there is one, its driver may be missing.");
    window.click("Look for graphics cards again");
    window.wait_for("the same cards", |window| found(window) == first);
}

#[test]
fn search_finds_and_says_when_it_does_not() {
    let mut window = open();
    window.write("Search settings", "exif");
    assert!(window.has("Drop all of it, or keep the colour profile, EXIF and XMP.") || window.has("Metadata: Keep"));
    assert!(!window.has("Quality"));
    window.write("Search settings", "reduced");
    assert!(window.has("Reduced motion"));
    window.write("Search settings", "no such thing");
    window.click("Show all settings");
    assert!(window.has("Target"));
}

#[test]
fn a_preset_is_changed_saved_renamed_and_deleted() {
    let mut window = open();
    window.click("Training 1024, Longest side 1,024, quality 95");
    assert_eq!(window.value("picture.target"), 1024);
    window.look_for_words("progressive");
    window.click("Progressive");
    window.wait_for_label("Training 1024 has 1 change");
    let buttons: Vec<_> = window.harness.query_all_by_label("Save as preset").collect();
    buttons.last().expect("a button").click();
    window.harness.run_steps(3);
    window.write("Name", "Training 512");
    window.click("Save preset");
    window.wait_for_label("A preset of the program has this name; choose another one.");
    window.write("Name", "Flora, with tags");
    window.click("Save preset");
    window.wait_for_label("Flora, with tags, Longest side 1,024, quality 95");
    assert_eq!(window.harness.state().model.settings.preset(), "Flora, with tags");
    let file = window.own_presets().join("Flora, with tags.toml");
    let text = fs::read_to_string(&file).expect("saved");
    assert!(text.contains("progressive = true") && text.contains("target = 1024"), "{text}");
    assert!(!window.has("Flora, with tags has 1 change"));

    // The same name again is asked about.
    window.click("Progressive");
    let buttons: Vec<_> = window.harness.query_all_by_label("Save as preset").collect();
    buttons.last().expect("a button").click();
    window.harness.run_steps(3);
    window.click("Save preset");
    window.click("Replace it");
    window.wait_for("the file to be replaced", |_| {
        fs::read_to_string(&file).is_ok_and(|text| !text.contains("progressive"))
    });
    // The file may be there before the question has gone, which would take the next click.
    window.wait_for("the question to go", |window| window.harness.query_by_label("Replace it").is_none());

    window.wait_for("the change to be gone", |window| !window.has("Flora, with tags has 1 change"));
    window.open_menu("More about Flora, with tags", "Rename");
    window.click("Rename");
    window.write("Name", "Garden");
    window.click("Rename");
    window.wait_for_label("Garden, Longest side 1,024, quality 95");
    window.open_menu("More about Garden", "Delete");
    window.click("Delete");
    window.wait_for_label("Garden was deleted");
    assert!(!window.own_presets().join("Garden.toml").exists());
    assert_eq!(window.value("picture.target"), 1024, "what was in force stays in force");
    window.click("Undo");
    window.wait_for_label("Garden, Longest side 1,024, quality 95");
    assert!(window.own_presets().join("Garden.toml").exists());
}

#[test]
fn presets_go_out_and_come_in() {
    let mut window = open();
    window.write("Quality", "77");
    let file = window.folder.path().join("mine.toml");
    let path = file.to_str().expect("a plain path").to_owned();
    window.click("Export preset");
    window.write("Path of the file", &path);
    window.click("Export");
    window.wait_for_label("The preset was written");
    assert!(fs::read_to_string(&file).expect("written").contains("quality = 77"));

    window.click("Export preset");
    window.write("Path of the file", &path);
    window.click("Export");
    window.wait_for_label("Replace it");
    window.harness.key_press(Key::Escape);
    window.harness.run_steps(3);

    window.click("Import preset");
    window.write("Path of the file", &format!("{path}x"));
    window.click("Import");
    window.wait_for("why there is nothing to import", |window| {
        window.harness.query_all_by_label_contains("Nothing was imported").next().is_some()
    });
    window.write("Path of the file", &path);
    window.click("Import");
    window.wait_for_label("mine, Longest side 512, quality 77");
    assert!(window.own_presets().join("mine.toml").exists());
    // Until it has slid to its place.
    window.harness.run_steps(20);
    window.click("Use it");
    assert_eq!(window.harness.state().model.settings.preset(), "mine");
    // The change that was there before was the same; the preset says it now.
    assert_eq!(window.value("picture.quality"), 77);
}

#[test]
fn another_preset_can_be_taken_back_with_the_changes() {
    let mut window = open();
    window.write("Quality", "77");
    window.leave_field();
    window.click("Small web, Longest side 1,600, quality 80");
    assert_eq!(window.value("picture.quality"), 80);
    window.wait_for_label("Small web is in use");
    window.click("Undo");
    assert_eq!(window.value("picture.quality"), 77);
    assert_eq!(window.harness.state().model.settings.preset(), "Training 512");
}

#[test]
fn the_command_can_be_copied() {
    let mut window = open();
    window.write("Quality", "80");
    window.leave_field();
    // At the end of the page.
    window.harness.get_by_label("Copy the command").scroll_to_me();
    window.harness.run_steps(8);
    window.harness.get_by_label("Copy the command").click();
    let mut copied = None;
    window.wait_for("the clipboard", |window| {
        let commands = &window.harness.output().platform_output.commands;
        copied = commands.iter().find_map(|command| match command {
            egui::OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        });
        copied.is_some()
    });
    assert_eq!(copied.as_deref(), Some("shardpress run FOLDER --preset training-512 --quality 80"));
}

#[test]
fn the_settings_of_a_library_are_in_force_and_named() {
    let mut window = open();
    let library = window.sample();
    fs::write(library.join("shardpress.toml"), "[picture]\ntarget = 300\n").expect("settings of the library");
    window.drop(&[&library.join("shard_00000")]);
    window.wait_for("the library's target", |window| window.value("picture.target") == 300);
    window.harness.run_steps(2);
    let said = |window: &Window, part: &str| window.harness.query_all_by_label_contains(part).next().is_some();
    assert!(said(&window, "shardpress.toml of library gives 1 setting."));
    window.click("Back");
    assert!(window.has("1 setting from library"));
    let mut settings = window.harness.state().model.settings.valid().expect("sound");
    assert_eq!(settings.picture.target, 300);
    // What is changed here goes before it.
    window.write("Target", "200");
    settings = window.harness.state().model.settings.valid().expect("sound");
    assert_eq!(settings.picture.target, 200);
}

#[test]
fn the_left_panel_changes_what_is_changed_most() {
    let mut window = Window::new();
    window.harness.run_steps(2);
    window.write("Target", "1,024");
    assert_eq!(window.value("picture.target"), 1024);
    window.write("Target", "0");
    window.leave_field();
    assert!(window.has("Use a number from 1 to 65,500."));
    window.click("Preset");
    window.click("Archive photos");
    assert_eq!((window.value("picture.target"), window.faults().len()), (3840.into(), 0));
    window.click("Chroma: 4:2:0");
    window.click("Originals: Delete");
    window.click("Fit");
    window.click("Box");
    window.write("Width and height", "768x512");
    assert_eq!(window.value("picture.fit"), "768x512");
    let settings = window.harness.state().model.settings.valid().expect("sound");
    let kept = window.harness.state().model.settings.keep();
    assert_eq!(super::State::from_kept(kept).valid(), Some(settings), "as the next start finds it");
}

#[test]
fn the_looks_are_chosen_here() {
    let mut window = open();
    window.look_for_words("appearance");
    window.click("Theme: Light");
    window.click("More contrast");
    window.click("Reduced motion");
    window.click("Zoom");
    window.click("125 %");
    let kept = &window.harness.state().model.shell.kept;
    assert!(kept.more_contrast && kept.reduced_motion);
    assert_eq!((kept.theme, kept.zoom), (super::super::shell::ThemeChoice::Light, 1.25));
}
