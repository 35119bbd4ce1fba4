//! `adapters`: the graphics cards of this machine, as a table or as JSON, and which of them would be taken.

use clap::Args;
use serde::Serialize;

use super::exit::Exit;
use super::{complain, say};
use crate::engine::{Adapter, AdapterKind, adapters as found};
use crate::report::format;

#[derive(Debug, Args)]
pub(super) struct AdaptersOptions {
    /// Print them as JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Measure one of them: samples against the processor's, ways to hand pictures over, submissions; a page of Markdown. Takes a
    /// minute or more and touches no files
    #[arg(long, conflicts_with = "json")]
    measure: bool,
    /// The one to measure, by its name or a part of it [default: the most promising one]
    #[arg(long, value_name = "NAME", requires = "measure")]
    adapter: Option<String>,
}

/// Prints the cards. Loads their drivers, touches nothing.
pub(super) fn adapters(options: &AdaptersOptions) -> Exit {
    if options.measure {
        return super::measure::measure(options.adapter.as_deref());
    }
    let all = found();
    if options.json {
        match serde_json::to_string_pretty(&json(&all)) {
            Ok(text) => say(&text),
            Err(error) => complain(&format!("The graphics cards could not be written as JSON: {error}.")),
        }
        return Exit::Done;
    }
    let mut lines = table(&all);
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.push(verdict(&all));
    say(&lines.join("\n"));
    Exit::Done
}

/// A line a card under a line of headings; nothing where there is none. The driver comes last: however long it is, the columns stay.
pub(super) fn table(all: &[Adapter]) -> Vec<String> {
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
pub(super) fn verdict(all: &[Adapter]) -> String {
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
fn auto_takes(all: &[Adapter]) -> Option<&Adapter> {
    all.iter().find(|card| !card.is_software())
}

/// The whole, for programs.
#[derive(Debug, Serialize)]
struct Cards<'a> {
    format: &'static str,
    version: u32,
    /// The most promising one first.
    adapters: Vec<Card<'a>>,
}

#[derive(Debug, Serialize)]
struct Card<'a> {
    name: &'a str,
    /// `discrete`, `integrated`, `virtual`, `other`, `software`.
    kind: AdapterKind,
    /// `Vulkan`, `DX12` or `Metal`.
    api: &'a str,
    driver: &'a str,
    /// Of its own; `null` where it shares the machine's, or its driver does not tell.
    memory_bytes: Option<u64>,
    /// `--backend auto` takes this one.
    auto: bool,
}

fn json<'a>(all: &'a [Adapter]) -> Cards<'a> {
    let taken = auto_takes(all);
    let card = |card: &'a Adapter| Card {
        auto: taken.is_some_and(|taken| std::ptr::eq(taken, card)),
        name: &card.name,
        kind: card.kind,
        api: &card.api,
        driver: &card.driver,
        memory_bytes: card.memory,
    };
    Cards {
        format: "shardpress-adapters",
        version: 1,
        adapters: all.iter().map(card).collect(),
    }
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
            table(&all).join("\n"),
            "Graphics card          Kind                             Memory  Interface  Driver\n\
             Good card              discrete                         12 GiB  Vulkan     Maker 1.2\n\
             Part of the processor  integrated                the machine's  Vulkan     Maker 1.2\n\
             llvmpipe               software, for tests only  the machine's  Vulkan     Maker 1.2"
        );
        assert!(verdict(&all).starts_with("--backend auto takes Good card,"));
        assert!(verdict(&all[1..]).starts_with("--backend auto takes Part of the processor,"));
        assert!(verdict(&all[2..]).starts_with("--backend auto takes none of them"));
        assert!(table(&[]).is_empty() && verdict(&[]).contains("nothing is missing"));
    }

    #[test]
    fn programs_read_the_same() {
        let all = [
            card("llvmpipe", AdapterKind::Software, None),
            card("Two of a kind", AdapterKind::Discrete, Some(1)),
            card("Two of a kind", AdapterKind::Discrete, Some(1)),
        ];
        let value = serde_json::to_value(json(&all)).expect("plain values");
        let taken: Vec<_> = value["adapters"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|card| &card["auto"])
            .collect();
        assert_eq!(taken, [false, true, false]);
        assert_eq!(value["adapters"][0]["kind"], "software");
        assert_eq!(value["adapters"][1]["memory_bytes"], 1);
        assert!(value["adapters"][0]["memory_bytes"].is_null());
    }
}
