//! Every part on one sheet in both themes, as it was drawn: for the eye, and so that a change of one part is seen.

use super::*;
use crate::gui::theme::{self, Icon, Looks, Phase, Text};
use egui::{Rect, Stroke, StrokeKind, Ui, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

#[derive(Default)]
struct Sheet {
    ticked: bool,
    unticked: bool,
    on: bool,
    off: bool,
    size: String,
    size_focused: String,
    wrong: String,
    fit: u8,
    chroma: u8,
    quality: f64,
    clicks: usize,
}

fn sheet() -> Sheet {
    Sheet {
        ticked: true,
        on: true,
        size: "512".to_owned(),
        size_focused: "512".to_owned(),
        wrong: "105".to_owned(),
        quality: 95.0,
        ..Sheet::default()
    }
}

fn row(ui: &mut Ui, top: f32, left: f32, content: impl FnOnce(&mut Ui)) {
    let rect = Rect::from_min_size(pos2(left, top), vec2(616.0 - left, 32.0));
    let builder = egui::UiBuilder::new()
        .max_rect(rect)
        .layout(egui::Layout::left_to_right(egui::Align::Center));
    content(&mut ui.new_child(builder));
}

fn swatches(ui: &mut Ui, theme_name: &str) {
    let tokens = theme::tokens(ui);
    put_left(ui, 24.0, 39.0, line(ui, theme_name, Text::Section, tokens.text));
    let mut right = 616.0;
    for (step, size) in [
        (Text::Tiny, "11"),
        (Text::Small, "12"),
        (Text::Control, "13"),
        (Text::Section, "15"),
        (Text::Title, "20"),
        (Text::Figure, "28"),
    ] {
        right = put_right(ui, right, 36.0, line(ui, size, step, tokens.text)) - 16.0;
    }
    let colors = [
        ("stage", tokens.stage),
        ("s0", tokens.s0),
        ("s1", tokens.s1),
        ("s2", tokens.s2),
        ("s3", tokens.s3),
        ("line", tokens.line),
        ("line2", tokens.line2),
        ("text", tokens.text),
        ("text2", tokens.text2),
        ("text3", tokens.text3),
        ("accent", tokens.accent),
        ("success", tokens.success),
        ("warning", tokens.warning),
        ("danger", tokens.danger),
        ("accentbg", tokens.accent_bg),
        ("warnbg", tokens.warning_bg),
        ("dangerbg", tokens.danger_bg),
        ("load", tokens.load),
        ("process", tokens.process),
        ("write", tokens.write),
    ];
    for (index, (name, color)) in colors.into_iter().enumerate() {
        let place = pos2(24.0 + (index % 10) as f32 * 59.8, 57.0 + (index / 10) as f32 * 48.0);
        let rect = Rect::from_min_size(place, vec2(54.0, 24.0));
        ui.painter().rect(rect, 4, color, Stroke::new(1.0, tokens.line), StrokeKind::Inside);
        put_left(ui, rect.left(), rect.bottom() + 9.0, line(ui, name, Text::Tiny, tokens.text2));
    }
}

fn draw(ui: &mut Ui, sheet: &mut Sheet) {
    let tokens = theme::tokens(ui);
    ui.painter().rect_filled(ui.max_rect().expand(40.0), 0, tokens.s0);
    swatches(ui, if tokens.dark { "Dark" } else { "Light" });
    row(ui, 156.0, 24.0, |ui| {
        let shrink = Button::primary("Shrink 2,338 images")
            .icon(Icon::Scaling)
            .shortcut("Ctrl ↵")
            .show(ui);
        sheet.clicks += usize::from(shrink.clicked());
        Button::secondary("Add folder").icon(Icon::FolderPlus).show(ui);
        Button::danger("Purge originals").icon(Icon::Trash2).show(ui);
        Button::quiet_danger("Stop").icon(Icon::Square).show(ui);
    });
    row(ui, 197.0, 24.0, |ui| {
        Button::text("Cancel").show(ui);
        Button::primary("Shrink")
            .icon(Icon::Scaling)
            .name("Shrink, switched off")
            .disabled_because("Tick a shard first.")
            .show(ui);
        ui.add_space(8.0);
        Button::secondary("Focused").show(ui);
        ui.add_space(4.0);
        icon_button(ui, Icon::Search, "Search");
        icon_button_with(ui, Icon::Layers, "Shards", Some("Ctrl B"), true, 28.0);
        ui.spacing_mut().item_spacing.x = 4.0;
        checkbox(ui, &mut sheet.ticked, "shard_00000");
        checkbox(ui, &mut sheet.unticked, "shard_00001");
        toggle(ui, &mut sheet.on, "Progressive");
        ui.add_space(4.0);
        toggle(ui, &mut sheet.off, "Linear light");
        ui.add_space(4.0);
        link(ui, "Show files");
    });
    row(ui, 238.0, 24.0, |ui| {
        TextField::new("Target", &mut sheet.size).unit("px").width(84.0).show(ui);
        TextField::new("Width", &mut sheet.size_focused).unit("px").width(84.0).show(ui);
        TextField::new("Score", &mut sheet.wrong).width(84.0).invalid(true).show(ui);
        error_line(ui, "Use 1 to 100.");
    });
    row(ui, 238.0, 484.0, |ui| {
        Select::new("Fit").show(ui, &mut sheet.fit, &[(0, "Longest side"), (1, "Shortest side")]);
    });
    row(ui, 279.0, 24.0, |ui| {
        segmented(ui, &mut sheet.chroma, [(0, "4:4:4"), (1, "4:2:2"), (2, "4:2:0")], Some(230.0));
    });
    row(ui, 279.0, 396.0, |ui| {
        Slider::new("Quality", &mut sheet.quality, 1.0..=100.0).show(ui);
    });
    row(ui, 315.0, 24.0, |ui| {
        ui.spacing_mut().item_spacing.x = 18.0;
        state(ui, Icon::ClipboardList, "Planned", tokens.text2);
        state(ui, Icon::LoaderCircle, "62 %", tokens.text2);
        state(ui, Icon::Play, "51 %", tokens.accent);
        state(ui, Icon::CircleCheck, "Done", tokens.accent);
        state(ui, Icon::TriangleAlert, "Interrupted", tokens.warning);
        state(ui, Icon::CircleDashed, "Never run", tokens.text3);
        state(ui, Icon::Unplug, "Not mounted", tokens.text3);
    });
    table(ui);
    phases(ui);
    floating(ui);
}

fn table(ui: &mut Ui) {
    let tokens = theme::tokens(ui);
    let rect = Rect::from_min_size(pos2(24.0, 353.0), vec2(592.0, 114.0));
    card_in(ui, rect, 1.0, |ui| {
        table_style(ui);
        let widths = [240.0, 120.0, 92.0, 138.0];
        let cell = |index: usize, row: usize| {
            let left = rect.left() + 1.0 + widths[..index].iter().sum::<f32>();
            let top = rect.top() + 1.0 + row as f32 * 28.0;
            Rect::from_min_size(pos2(left, top), vec2(widths[index], 28.0))
        };
        header_ground(ui, Rect::from_min_max(cell(0, 0).min, cell(3, 0).max));
        let columns = [
            ("Name", Side::Left, Sorted::No),
            ("Bytes before", Side::Right, Sorted::Down),
            ("After", Side::Right, Sorted::No),
            ("Action", Side::Left, Sorted::No),
        ];
        for (index, (words, side, sorted)) in columns.into_iter().enumerate() {
            let mut child = ui.new_child(egui::UiBuilder::new().max_rect(cell(index, 0)));
            header_cell(&mut child, words, side, sorted);
        }
        let rows = [
            ("0000644.png", "3.08", "MiB", "87.0", "Shrink"),
            ("0006318_fern.bmp", "2.25", "MiB", "121", "Shrink, hovered"),
            ("0004127_evening-glow.png", "5.42", "MiB", "103", "Shrink, selected"),
        ];
        for (index, (name, before, unit, after, action)) in rows.into_iter().enumerate() {
            let ground = Rect::from_min_max(cell(0, index + 1).min, cell(3, index + 1).max);
            let fill = [tokens.card, tokens.s3, tokens.accent_bg][index];
            ui.painter().rect_filled(ground, 0, fill);
            let mut child = |column: usize| ui.new_child(egui::UiBuilder::new().max_rect(cell(column, index + 1)));
            name_cell(&child(0), name);
            number_cell(&child(1), before, unit);
            number_cell(&child(2), after, "KiB");
            text_cell(&child(3), action, tokens.text);
            row_line(&ui.new_child(egui::UiBuilder::new().max_rect(ground)));
        }
    });
}

fn phases(ui: &mut Ui) {
    card_in(ui, Rect::from_min_size(pos2(24.0, 480.0), vec2(592.0, 138.0)), 16.0, |ui| {
        ui.add_space(-6.0);
        ui.spacing_mut().item_spacing.y = 13.0;
        let bars = [
            (Phase::Load, "1,318", "19.6", "35.2", "56 waiting", 0.564),
            (Phase::Process, "1,262", "18.9", "34.0", "58 waiting", 0.54),
            (Phase::Write, "1,204", "18.1", "2.0", "16 in flight", 0.515),
        ];
        for (phase, done, images, megabytes, queue, part) in bars {
            let spoken = format!("{}, {done} of 2,338 images, {images} per second", phase.name());
            phase_bar(
                ui,
                &PhaseBar {
                    phase,
                    done,
                    images_per_second: images,
                    megabytes_per_second: megabytes,
                    queue,
                    part,
                    spoken: &spoken,
                },
            );
        }
    });
}

/// Toast and dialog stand in the page here, where in the window they float.
fn floating(ui: &mut Ui) {
    let tokens = theme::tokens(ui);
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(Rect::from_min_size(pos2(24.0, 631.0), vec2(170.0, 88.0))));
    let tile = Tile {
        label: "Saves",
        number: "84.7".to_owned(),
        unit: "%".to_owned(),
        range: "3.67 GiB, ± 0.03".to_owned(),
        accent: true,
    };
    tiles(&mut child, &[tile]);
    let rect = Rect::from_min_size(pos2(24.0, 732.0), vec2(592.0, 122.0));
    let shadow = ui.visuals().popup_shadow.as_shape(rect, 12);
    ui.painter().add(shadow);
    ui.painter()
        .rect(rect, 12, tokens.pop, Stroke::new(1.0, tokens.line2), StrokeKind::Inside);
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(rect));
    child.spacing_mut().item_spacing = vec2(8.0, 0.0);
    dialog_head(
        &mut child,
        "Purge the originals of shard_00000?",
        "This frees 3.91 GiB for good. The run of 22 November can then no longer be undone.",
    );
    dialog_buttons(&mut child, |ui| {
        Button::danger("Purge 2,337 originals").icon(Icon::Trash2).tall().show(ui);
        Button::secondary("Cancel").name("Cancel the purge").shortcut("Esc").tall().show(ui);
    });
    let look = ToastLook {
        icon: Icon::Undo2,
        color: tokens.accent,
        fact: "shard_00001 is as it was before",
        detail: "2,291 originals are back, byte for byte.",
        links: &["Show report"],
    };
    toast(ui.ctx(), egui::Id::unique("a toast"), 118.0, 1.0, &look);
}

fn harness(theme: egui::Theme, looks: Looks) -> Harness<'static, Sheet> {
    Harness::builder()
        .with_size(vec2(640.0, 880.0))
        .with_theme(theme)
        .with_max_steps(30)
        .with_context_setup(move |context| theme::install(context, looks))
        .build_ui_state(draw, sheet())
}

/// Draws the sheet and holds it beside the picture that is kept, or says loudly that this machine cannot draw.
fn picture(theme: egui::Theme, name: &str) {
    let mut harness = harness(theme, Looks::default());
    harness.run();
    harness.get_by_label("Focused").focus();
    harness.key_press(egui::Key::ArrowRight);
    harness.key_press(egui::Key::ArrowLeft);
    harness.run();
    // Without an adapter the harness panics rather than tells.
    let drawn = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| harness.render()));
    let image = match drawn {
        Ok(Ok(image)) => image,
        Ok(Err(error)) => panic!("{name}: {error}"),
        Err(_) if std::env::var_os("REQUIRE_GPU_ADAPTER").is_none_or(|value| value != "1") => {
            eprintln!("SKIPPED: {name} was not drawn, this machine has no graphics adapter (REQUIRE_GPU_ADAPTER=1 makes that a failure)");
            return;
        }
        Err(panic) => std::panic::resume_unwind(panic),
    };
    // Drivers differ in a few pixels at the edges of letters.
    let options = egui_kittest::SnapshotOptions::new().max_failed_pixels(60_usize);
    egui_kittest::image_snapshot_options(&image, name, &options);
}

#[test]
fn the_sheet_is_as_it_was_drawn_in_the_dark() {
    picture(egui::Theme::Dark, "widgets-dark");
}

#[test]
fn the_sheet_is_as_it_was_drawn_in_the_light() {
    picture(egui::Theme::Light, "widgets-light");
}

#[test]
fn parts_are_worked_by_keyboard_and_told_by_name() {
    let mut harness = harness(egui::Theme::Dark, Looks::default());
    harness.run();
    harness.get_by_label("Shrink 2,338 images").focus();
    harness.key_press(egui::Key::Enter);
    harness.get_by_label("Linear light").focus();
    harness.key_press(egui::Key::Space);
    harness.get_by_label("4:2:2").focus();
    harness.key_press(egui::Key::Space);
    harness.get_by_label("Quality, slider").focus();
    harness.run();
    harness.key_press(egui::Key::ArrowLeft);
    harness.run();
    let sheet = harness.state();
    assert_eq!((sheet.clicks, sheet.off, sheet.chroma, sheet.quality), (1, true, 1, 94.0));
    // Switched off, it does nothing.
    let off = harness.get_by_label("Shrink, switched off");
    assert!(off.accesskit_node().is_disabled());
}
