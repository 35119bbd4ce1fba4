//! `doctor`: what the program finds on this machine.

use std::path::PathBuf;

use super::adapters;
use super::exit::Exit;
use super::{complain, say};
use crate::engine::{DriveKind, Settings, adapters as graphics_cards, drives, free_space, look_at_drive, this_machine};
use crate::report::{format, history};

/// Prints machine, codecs, graphics cards, limits and drives. Reads only.
pub(super) fn doctor(paths: &[PathBuf]) -> Exit {
    let settings = Settings::default();
    let machine = this_machine(&settings, "cpu");
    let mut lines = vec![
        format!("Shardpress {}", machine.version),
        String::new(),
        row("System", &machine.system),
        row(
            "Processor",
            &format!("{}, {}", machine.processor, format::things(machine.cores as u64, "core", "cores")),
        ),
        row("Memory", &format::memory(machine.memory_bytes)),
        row(
            "Data folder",
            &history::folder().map_or_else(|| "none: no home folder is known".into(), |p| format::shown(&p)),
        ),
        String::new(),
        "Codecs".into(),
    ];
    lines.extend(machine.codecs.iter().map(|c| format!("  {c}")));
    let cards = graphics_cards();
    lines.extend([String::new(), "Graphics cards".into()]);
    lines.extend(adapters::table(&cards).iter().map(|line| format!("  {line}")));
    lines.push(format!("  {}", adapters::verdict(&cards)));
    lines.extend([
        String::new(),
        "Limits by default".into(),
        row("  Workers", &machine.workers.to_string()),
        row("  Memory in flight", &format::memory(machine.memory_budget)),
        row("  Largest image", &format!("{} pixels", format::count(settings.limits.max_pixels))),
        row("  Largest file", &format::memory(settings.limits.max_file_bytes)),
        row("  Memory an image", &format::memory(settings.limits.max_image_memory)),
        row(
            "  Time an image",
            &format!(
                "{} s and {} s a megapixel",
                settings.limits.max_seconds, settings.limits.max_seconds_per_megapixel
            ),
        ),
        String::new(),
        "Drives".into(),
    ]);
    let mut exit = Exit::Done;
    let places = if paths.is_empty() { drives() } else { paths.to_vec() };
    for path in places {
        if !path.exists() {
            complain(&format!(
                "{} is not there. Nothing was touched. Check the spelling.",
                format::shown(&path)
            ));
            exit = Exit::Usage;
            continue;
        }
        let drive = look_at_drive(&path);
        let free = free_space(&path).map_or_else(|| "free space unknown".into(), |b| format!("{} free", format::bytes(b)));
        let system = if drive.file_system.is_empty() {
            "file system unknown".into()
        } else {
            drive.file_system
        };
        lines.push(row(
            &format!("  {}", format::shown(&path)),
            &format!("{}, {system}, {free}", kind(drive.kind)),
        ));
    }
    say(&lines.join("\n"));
    exit
}

fn row(name: &str, value: &str) -> String {
    format!("{name:<24} {value}")
}

fn kind(kind: DriveKind) -> &'static str {
    match kind {
        DriveKind::Solid => "solid state",
        DriveKind::Spinning => "spinning disk",
        DriveKind::Network => "network or user space",
        DriveKind::Memory => "in memory",
        DriveKind::Unknown => "kind unknown",
    }
}
