//! What the program finds on this machine, as text: whole for the person at the keyboard, and in a form to be handed on, which holds
//! no name of a person's files or folders.

use std::path::{Path, PathBuf};

use super::{NO_NETWORK, built, card_table, card_verdict};
use crate::engine::{
    Adapter, Drive, DriveKind, Machine, Settings, adapters as graphics_cards, drives, free_space, look_at_drive, this_machine,
};
use crate::report::{format, history};

/// What was found.
#[derive(Debug, Clone)]
pub struct Diagnostics {
    machine: Machine,
    cards: Vec<Adapter>,
    drives: Vec<Place>,
    data: Option<PathBuf>,
}

/// A folder and what lies under it.
#[derive(Debug, Clone)]
struct Place {
    path: PathBuf,
    drive: Drive,
    free: Option<u64>,
}

impl Diagnostics {
    /// Looks at the machine, and at the drives of these folders, or at all drives where none is named. Loads the drivers of graphics
    /// cards, which may take seconds; changes nothing.
    pub fn look(paths: &[PathBuf]) -> Self {
        let places = if paths.is_empty() { drives() } else { paths.to_vec() };
        let place = |path: PathBuf| Place {
            drive: look_at_drive(&path),
            free: free_space(&path),
            path,
        };
        Self {
            machine: this_machine(&Settings::default(), "cpu"),
            cards: graphics_cards(),
            drives: places.into_iter().map(place).collect(),
            data: history::folder(),
        }
    }

    /// For the person at the keyboard: with every path as it is.
    pub fn whole(&self) -> String {
        let data = match &self.data {
            Some(folder) => format::shown(folder),
            None => "none: no home folder is known".to_owned(),
        };
        let named = |place: &Place| format::shown(&place.path);
        self.text(&data, &[], named)
    }

    /// To be handed to somebody else: the home folder is `~`, and a drive that is mounted under a name somebody gave it goes without
    /// that name. `more` are rows that only who asks can know.
    pub fn to_share(&self, home: Option<&Path>, more: &[(&str, String)]) -> String {
        let data = match (&self.data, home) {
            (None, _) => "none: no home folder is known".to_owned(),
            (Some(folder), Some(home)) => folder.strip_prefix(home).map_or_else(
                |_| "outside of the home folder".to_owned(),
                |below| format!("~/{}", below.display().to_string().replace('\\', "/")),
            ),
            (Some(_), None) => "known".to_owned(),
        };
        let named = |place: &Place| nameless(&place.path).unwrap_or("elsewhere").to_owned();
        self.text(&data, more, named)
    }

    fn text(&self, data: &str, more: &[(&str, String)], named: impl Fn(&Place) -> String) -> String {
        let Self { machine, cards, .. } = self;
        let limits = Settings::default().limits;
        let cores = format::things(machine.cores as u64, "core", "cores");
        let mut lines = vec![
            format!("Shardpress {}", built()),
            NO_NETWORK.to_owned(),
            String::new(),
            row("System", &machine.system),
            row("Processor", &format!("{}, {cores}", machine.processor)),
            row("Memory", &format::memory(machine.memory_bytes)),
            row("Data folder", data),
        ];
        lines.extend(more.iter().map(|(name, value)| row(name, value)));
        lines.extend([String::new(), "Codecs".into()]);
        lines.extend(machine.codecs.iter().map(|codec| format!("  {codec}")));
        lines.extend([String::new(), "Graphics cards".into()]);
        lines.extend(card_table(cards).iter().map(|line| format!("  {line}")));
        lines.push(format!("  {}", card_verdict(cards)));
        lines.extend([
            String::new(),
            "Limits by default".into(),
            row("  Workers", &machine.workers.to_string()),
            row("  Memory in flight", &format::memory(machine.memory_budget)),
            row("  Largest image", &format!("{} pixels", format::count(limits.max_pixels))),
            row("  Largest file", &format::memory(limits.max_file_bytes)),
            row("  Memory an image", &format::memory(limits.max_image_memory)),
            row(
                "  Time an image",
                &format!("{} s and {} s a megapixel", limits.max_seconds, limits.max_seconds_per_megapixel),
            ),
            String::new(),
            "Drives".into(),
        ]);
        lines.extend(self.drives.iter().map(|place| {
            let free = place
                .free
                .map_or_else(|| "free space unknown".into(), |b| format!("{} free", format::bytes(b)));
            let system = match place.drive.file_system.as_str() {
                "" => "file system unknown",
                system => system,
            };
            let name = format!("  {}", named(place));
            row(&name, &format!("{}, {system}, {free}", kind(place.drive.kind)))
        }));
        lines.join("\n")
    }
}

fn row(name: &str, value: &str) -> String {
    format!("{name:<24} {value}")
}

/// A place of the system that says nothing about who uses it.
fn nameless(path: &Path) -> Option<&str> {
    const SYSTEM: [&str; 7] = ["/", "/boot", "/boot/efi", "/home", "/tmp", "/usr", "/var"];
    let text = path.to_str()?;
    let is_letter = matches!(text.as_bytes(), [letter, b':', b'\\'] if letter.is_ascii_alphabetic());
    (is_letter || SYSTEM.contains(&text)).then_some(text)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn found(paths: &[&str]) -> Diagnostics {
        let place = |path: &&str| Place {
            path: PathBuf::from(path),
            drive: Drive {
                kind: DriveKind::Solid,
                file_system: "ext4".to_owned(),
            },
            free: Some(5_000_000_000),
        };
        Diagnostics {
            machine: this_machine(&Settings::default(), "cpu"),
            cards: Vec::new(),
            drives: paths.iter().map(place).collect(),
            data: Some(PathBuf::from("/people/anna/.local/share/shardpress/history")),
        }
    }

    #[test]
    fn what_is_handed_on_names_nothing_of_a_person() {
        let found = found(&["/", "C:\\", "/media/anna/Wedding", "/people/anna/nas/secret"]);
        let more = [("Window", "drawn by a card".to_owned())];
        let shared = found.to_share(Some(Path::new("/people/anna")), &more);
        assert!(
            !shared.contains("anna") && !shared.contains("Wedding") && !shared.contains("secret"),
            "{shared}"
        );
        for told in [
            "~/.local/share/shardpress/history",
            "drawn by a card",
            "C:\\  ",
            "elsewhere",
            "5.0 GB free",
            built().as_str(),
        ] {
            assert!(shared.contains(told), "{told} is not in:\n{shared}");
        }
        let elsewhere = found.to_share(Some(Path::new("/people/berta")), &[]);
        assert!(
            elsewhere.contains("outside of the home folder") && !elsewhere.contains("anna"),
            "{elsewhere}"
        );
        assert!(!found.to_share(None, &[]).contains("anna"));

        let whole = found.whole();
        for told in [
            "/media/anna/Wedding",
            "/people/anna/.local/share/shardpress/history",
            "Largest image",
        ] {
            assert!(whole.contains(told), "{told} is not in:\n{whole}");
        }
    }
}
