//! Pictures of every page for the eye, on a small library drawn by code. Not run by itself: it needs graphics and judges nothing.

use super::{Command, Dialog, Page, PanelPart, ThemeChoice, Toast, Tone};
use crate::engine::AdapterKind;
use crate::gui::settings::made_up;
use crate::gui::testing::Window;
use crate::gui::{about, welcome};

fn save(window: &mut Window, name: &str) {
    let Some(folder) = std::env::var_os("SHARDPRESS_GALLERY") else {
        panic!("name a folder for the pictures in SHARDPRESS_GALLERY");
    };
    window.harness.run_steps(3);
    let image = window.harness.render().expect("graphics");
    image
        .save(std::path::Path::new(&folder).join(format!("{name}.png")))
        .expect("saved");
}

/// The first start, in all of its states, and what the program says of itself.
fn boxes(window: &mut Window, name: &str) {
    let wait = |window: &mut Window| {
        for _ in 0..40 {
            window.harness.step();
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    };
    window.harness.state_mut().send(welcome::Command::Open);
    wait(window);
    save(window, &format!("welcome-{name}"));
    window.harness.state_mut().send(welcome::Command::Write("somewhere".to_owned()));
    window.harness.run_steps(2);
    save(window, &format!("welcome-refused-{name}"));
    window.harness.state_mut().send(welcome::Command::Close);
    window.harness.state_mut().model.about.drawn_by = Some("AMD Radeon 780M, Vulkan, radv Mesa 24.1.3".to_owned());
    for (part, what) in [(about::Part::Program, "about"), (about::Part::Licences, "licences")] {
        window.harness.state_mut().send(about::Command::Open(part));
        wait(window);
        save(window, &format!("{what}-{name}"));
    }
    window.harness.state_mut().send(about::Command::Close);
    window.harness.run_steps(2);
}

#[test]
#[ignore = "draws pictures of every page into the folder SHARDPRESS_GALLERY"]
fn pictures_of_every_page() {
    for (width, height) in [(1280.0, 800.0), (900.0, 600.0)] {
        let mut window = Window::sized(width, height);
        let size = format!("{width}");
        let cards = [
            made_up("NVIDIA GeForce RTX 4070", AdapterKind::Discrete),
            made_up("Intel(R) UHD Graphics 630", AdapterKind::Integrated),
            made_up("llvmpipe (LLVM 15.0.6, 256 bits)", AdapterKind::Software),
        ];
        window.harness.state_mut().model.settings.cards.heard(cards.to_vec());
        save(&mut window, &format!("empty-{size}"));
        let library = window.sample();
        window.drop(&[&library.join("shard_00000"), &library.join("shard_00001")]);
        let planned = |window: &Window| window.harness.state().model.plan.is_fresh();
        window.wait_for("a plan", planned);
        for _ in 0..100 {
            window.harness.step();
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        for (choice, theme) in [(ThemeChoice::Dark, "dark"), (ThemeChoice::Light, "light")] {
            window.harness.state_mut().send(Command::Theme(choice));
            for (page, name) in Page::TABS.into_iter().chain([(Page::Settings, "Settings")]) {
                window.harness.state_mut().send(Command::Go(page));
                for _ in 0..30 {
                    window.harness.step();
                    std::thread::sleep(std::time::Duration::from_millis(10));
                }
                save(&mut window, &format!("{}-{theme}-{size}", name.to_lowercase()));
            }
            let show = crate::gui::settings::Command::Show("machine.adapter");
            window.harness.state_mut().send(show);
            window.harness.run_steps(8);
            save(&mut window, &format!("cards-{theme}-{size}"));
            window.click("Which graphics card");
            window.harness.run_steps(8);
            save(&mut window, &format!("cards-menu-{theme}-{size}"));
            window.harness.key_press(egui::Key::Escape);
            window.harness.run_steps(3);
            window.harness.state_mut().send(Command::Go(Page::Plan));
            boxes(&mut window, &format!("{theme}-{size}"));
            let dialog = Dialog::new(
                "Shrink 2,338 images in shard_00000?",
                "Every original is kept in the shard until you purge it, so this run can be undone at any time.",
            )
            .figure("Images shrunk", "2,338", "5,002 of 7,340 are left alone")
            .figure("After the run", "4.57 GiB", "0.24 GiB of new files, originals kept")
            .figure("Time", "2:09 min", "1:52 to 2:31 likely, writing bounds it")
            .warn(
                "4 files with clashing names and 1 damaged image are skipped.",
                Some(("Show".to_owned(), Command::Go(Page::Plan).into())),
            )
            .answer(
                "Shrink 2,338 images",
                Some(crate::gui::theme::Icon::Scaling),
                Command::Go(Page::Plan),
            );
            let toast = Toast::new(Tone::Success, "shard_00001 is as it was before")
                .detail("2,291 originals are back, byte for byte.")
                .link("Show report", Command::Go(Page::Report));
            window.harness.state_mut().model.shell.toast(toast);
            window.harness.state_mut().send(Command::Ask(Box::new(dialog)));
            window.harness.run_steps(12);
            save(&mut window, &format!("dialog-{theme}-{size}"));
            window.harness.state_mut().send(Command::Dismiss);
            window.harness.run_steps(2);
            if width < 1100.0 {
                window.harness.state_mut().send(Command::Over(Some(PanelPart::Shards)));
                window.harness.run_steps(5);
                save(&mut window, &format!("over-{theme}-{size}"));
                window.harness.state_mut().send(Command::Over(None));
            } else {
                window.click("Menu");
                window.harness.run_steps(5);
                save(&mut window, &format!("menu-{theme}-{size}"));
                window.harness.key_press(egui::Key::Escape);
                window.harness.run_steps(3);
                window.harness.state_mut().send(Command::Search);
                window.harness.run_steps(5);
                save(&mut window, &format!("search-{theme}-{size}"));
                window.harness.key_press(egui::Key::Escape);
            }
            window.harness.run_steps(3);
        }
    }
}
