//! The graphics cards of a machine as lines of text, and what `--backend auto` makes of them.

use crate::engine::{Adapter, AdapterKind};
use crate::report::format;

/// A line a card under a line of headings; nothing where there is none. The driver comes last: however long it is, the columns stay.
pub fn card_table(all: &[Adapter]) -> Vec<String> {
    if all.is_empty() {
        return Vec::new();
    }
    let mut rows = vec![["Graphics card", "Kind", "Memory", "Interface", "Driver"].map(str::to_owned)];
    rows.extend(all.iter().map(|card| {
        [
            format::one_line(&card.name),
            kind(card.kind),
            card.memory.map_or_else(|| "the machine's".to_owned(), format::memory),
            card.api.clone(),
            match card.driver.as_str() {
                "" => "unknown".to_owned(),
                driver => format::one_line(driver),
            },
        ]
    }));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let [a, b, c, d] = [0, 1, 2, 3].map(width);
    let line = |[name, kind, memory, api, driver]: &[String; 5]| format!("{name:<a$}  {kind:<b$}  {memory:>c$}  {api:<d$}  {driver}");
    rows.iter().map(line).collect()
}

fn kind(kind: AdapterKind) -> String {
    if kind == AdapterKind::Software {
        "software, for tests only".to_owned()
    } else {
        kind.to_string()
    }
}

/// What `auto` makes of them, and what a person can do.
pub fn card_verdict(all: &[Adapter]) -> String {
    match auto_takes(all) {
        Some(card) => format!(
            "--backend auto takes {}, and keeps it where it is measured to win on the images at hand. --adapter NAME takes another one.",
            format::one_line(&card.name)
        ),
        None if all.is_empty() && !cfg!(feature = "gpu") => {
            "This program was built without support for graphics cards. The processor does everything; nothing is missing.".to_owned()
        }
        None if all.is_empty() => {
            "No graphics card was found, so the processor does everything; nothing is missing. Where there is a card, \
                                   install its driver (on Linux with Vulkan, on Windows with DirectX 12), then look again."
                .to_owned()
        }
        None => {
            "--backend auto takes none of them: software that poses as a graphics card is slower than the processor itself. The processor \
                 does everything; nothing is missing. Where there is a card, install its driver (on Linux with Vulkan), then look again."
                .to_owned()
        }
    }
}

/// The one that is taken where nothing else is asked for.
pub fn auto_takes(all: &[Adapter]) -> Option<&Adapter> {
    all.iter().find(|card| !card.is_software())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(name: &str, kind: AdapterKind, memory: Option<u64>) -> Adapter {
        Adapter {
            name: name.to_owned(),
            kind,
            driver: "Maker 1.2".to_owned(),
            api: "Vulkan".to_owned(),
            memory,
        }
    }

    #[test]
    fn the_list_marks_software_and_says_who_is_taken() {
        let all = [
            card("Good card", AdapterKind::Discrete, Some(12 << 30)),
            card("Part of the processor", AdapterKind::Integrated, None),
            card("llvmpipe", AdapterKind::Software, None),
        ];
        assert_eq!(
            card_table(&all).join("\n"),
            "Graphics card          Kind                             Memory  Interface  Driver\n\
             Good card              discrete                         12 GiB  Vulkan     Maker 1.2\n\
             Part of the processor  integrated                the machine's  Vulkan     Maker 1.2\n\
             llvmpipe               software, for tests only  the machine's  Vulkan     Maker 1.2"
        );
        assert!(card_verdict(&all).starts_with("--backend auto takes Good card,"));
        assert!(card_verdict(&all[1..]).starts_with("--backend auto takes Part of the processor,"));
        assert!(card_verdict(&all[2..]).starts_with("--backend auto takes none of them"));
        assert!(card_table(&[]).is_empty() && card_verdict(&[]).contains("nothing is missing"));
    }
}
