//! `adapters`: the graphics cards of this machine, as a table or as JSON, and which of them would be taken.

use clap::Args;
use serde::Serialize;

use super::exit::Exit;
use super::{complain, say};
use crate::about::{auto_takes, card_table, card_verdict};
use crate::engine::{Adapter, AdapterKind, adapters as found};

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
    let mut lines = card_table(&all);
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.push(card_verdict(&all));
    say(&lines.join("\n"));
    Exit::Done
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
