//! The two reference pages that are written by code: `docs/settings.md` from the table of all settings and from the flags,
//! `docs/commands.md` from the definition of the arguments. What stands between their marks is generated, all else is written by hand.
//!
//! A test says when a page is stale; with `SHARDPRESS_WRITE_DOCS=1` it writes the page anew instead.

use std::fmt::Write as _;
use std::path::Path;

use clap::{Arg, ArgAction, Command, CommandFactory as _};

use super::args::Arguments;
use crate::config::{CATALOGUE, Kind, Row};
use crate::engine::Settings;

/// What calls the generator, named wherever a page is found stale.
const REWRITE: &str = "SHARDPRESS_WRITE_DOCS=1 cargo test --lib the_reference_is_current";

/// Headings of the flags that `docs/settings.md` tells of.
const SETTINGS: [&str; 5] = ["Pictures", "Choice", "Safety", "Sidecars", "Machine"];

#[test]
fn the_reference_is_current() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let sections: Vec<String> = sections().iter().map(|section| format!("settings {section}")).collect();
    for (name, blocks) in [("settings.md", sections), ("commands.md", vec!["commands".to_owned()])] {
        let path = docs.join(name);
        // A checkout on Windows may have other line ends.
        let page = std::fs::read_to_string(&path).expect(name).replace("\r\n", "\n");
        let (fresh, filled) = fill(&page).unwrap_or_else(|wrong| panic!("docs/{name}: {wrong}"));
        assert_eq!(filled, blocks, "docs/{name} has not each generated block once");
        if std::env::var_os("SHARDPRESS_WRITE_DOCS").is_some() {
            std::fs::write(&path, fresh).expect(name);
        } else if let Some((was, is)) = page.lines().zip(fresh.lines()).find(|(was, is)| was != is) {
            panic!("docs/{name} is stale. It says\n  {was}\nand the program says\n  {is}\nTo write it anew: {REWRITE}");
        } else {
            assert_eq!(page, fresh, "docs/{name} is stale. To write it anew: {REWRITE}");
        }
    }
}

#[test]
fn blocks_are_filled_and_marks_are_checked() {
    let stale = "before\n<!-- generated: settings sidecars -->\nold\n<!-- end -->\nafter\n";
    let (fresh, filled) = fill(stale).expect("sound");
    assert_eq!(filled, ["settings sidecars"]);
    assert!(fresh.starts_with("before\n<!-- generated: settings sidecars -->\n") && fresh.ends_with("\n<!-- end -->\nafter\n"));
    assert!(fresh.contains("| `update`<br>`--update-sidecars` | `false` |") && !fresh.contains("old\n"));
    assert_eq!(fill(&fresh).expect("sound").0, fresh, "filling twice changes nothing");
    for wrong in ["<!-- generated: nonsense -->\n<!-- end -->\n", "<!-- generated: commands -->\n"] {
        assert!(fill(wrong).is_err(), "{wrong}");
    }
}

/// The page with all blocks made anew, and the names of these blocks.
fn fill(page: &str) -> Result<(String, Vec<String>), String> {
    let (mut fresh, mut filled) = (String::new(), Vec::new());
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let _ = writeln!(fresh, "{line}");
        let Some(name) = line.strip_prefix("<!-- generated: ").and_then(|rest| rest.strip_suffix(" -->")) else {
            continue;
        };
        lines
            .find(|line| *line == "<!-- end -->")
            .ok_or_else(|| format!("`{name}` has no end"))?;
        let block = block(name).ok_or_else(|| format!("nothing is known to generate for `{name}`"))?;
        let _ = writeln!(fresh, "\n{}\n\n<!-- end -->", block.trim());
        filled.push(name.to_owned());
    }
    Ok((fresh, filled))
}

fn block(name: &str) -> Option<String> {
    match name.split_once(' ') {
        Some(("settings", section)) if sections().contains(&section) => Some(settings(section)),
        None if name == "commands" => Some(commands()),
        _ => None,
    }
}

/// Sections of a preset, in the order of the table.
fn sections() -> Vec<&'static str> {
    let mut sections = Vec::new();
    for (section, _) in CATALOGUE.iter().filter_map(|row| row.key.split_once('.')) {
        if !sections.contains(&section) {
            sections.push(section);
        }
    }
    // Written in this order by hand; one that is missing here fails the test that counts blocks.
    let order = ["picture", "choose", "safety", "sidecars", "machine", "limits"];
    sections.sort_by_key(|section| order.iter().position(|known| known == section));
    sections
}

/// The settings of one section as a table.
fn settings(section: &str) -> String {
    let command = Arguments::command();
    let run = command.find_subcommand("run").expect("run");
    // Name and flag share a cell: with a column each, the words have no room.
    let mut table = "| setting, flag | default | values | in the window, and what it does |\n|---|---|---|---|\n".to_owned();
    for row in &CATALOGUE {
        let Some(name) = row.key.strip_prefix(section).and_then(|rest| rest.strip_prefix('.')) else {
            continue;
        };
        let flags: Vec<String> = row.flags.iter().map(|flag| format!("`--{flag}`")).collect();
        let helps: Vec<(String, Option<String>)> = row
            .flags
            .iter()
            .map(|flag| {
                let argument = run.get_arguments().find(|argument| argument.get_long() == Some(*flag));
                help(argument.unwrap_or_else(|| panic!("{} has no flag --{flag}", row.key)))
            })
            .collect();
        let says = match &*helps {
            [(help, _)] => help.clone(),
            _ => flags
                .iter()
                .zip(&helps)
                .map(|(flag, (help, _))| format!("{flag}: {help}"))
                .collect::<Vec<_>>()
                .join("; "),
        };
        let _ = writeln!(
            table,
            "| `{name}`<br>{} | {} | {} | **{}.** {} |",
            flags.join("<br>"),
            default(row, helps.iter().find_map(|(_, default)| default.as_deref())),
            values(row),
            cell(row.label),
            cell(&says)
        );
    }
    table
}

/// A flag's sentence, and what it says of its default, which has a column of its own.
fn help(argument: &Arg) -> (String, Option<String>) {
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    match help.rsplit_once(" [default: ") {
        Some((head, default)) => (head.to_owned(), Some(default.trim_end_matches(']').to_owned())),
        None => (help, None),
    }
}

/// What a setting is when nobody says anything: its value, or in words what it means that it has none.
fn default(row: &Row, told: Option<&str>) -> String {
    let value = Settings::default().value(row.key).expect(row.key);
    match (row.text(&value), row.none, told) {
        (text, ..) if !text.is_empty() => text.lines().map(|part| format!("`{part}`")).collect::<Vec<_>>().join(", "),
        (_, Some(_), Some(told)) => told.to_owned(),
        (_, Some(none), None) => none.hint.to_lowercase(),
        (_, None, _) => "none".to_owned(),
    }
}

/// What a setting may be.
fn values(row: &Row) -> String {
    let listed = |choices: &[crate::config::Choice]| {
        choices
            .iter()
            .map(|choice| format!("`{}`", choice.value))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let unit = |unit: &str| if unit.is_empty() { String::new() } else { format!(" {unit}") };
    let count = crate::report::format::count;
    match row.kind {
        Kind::Switch => "`true`, `false`".to_owned(),
        Kind::Choice(choices) => listed(choices),
        Kind::Several(choices) => format!("any of {}", listed(choices)),
        Kind::Whole {
            unit: u,
            from,
            to: u64::MAX,
        } => format!("{}{} or more", count(from), unit(u)),
        Kind::Whole { unit: u, from, to } => format!("{} to {}{}", count(from), count(to), unit(u)),
        Kind::Number {
            unit: u,
            from,
            with_from: true,
            to,
        } => format!("{from} to {to}{}", unit(u)),
        Kind::Number {
            unit: u,
            from,
            with_from: false,
            to,
        } => format!("above {from}, up to {to}{}", unit(u)),
        Kind::Bytes { from } if from > 1 => format!("a size, {} or more", row.text(&from.into())),
        Kind::Bytes { .. } => "a size".to_owned(),
        Kind::Fit => "`longest`, `shortest`, a box such as `768x512`, megapixels such as `1.5MP`".to_owned(),
        Kind::Colour => "a colour".to_owned(),
        Kind::Globs => "globs".to_owned(),
        Kind::Word => "a text".to_owned(),
        Kind::Moment => "a time, a day, an age".to_owned(),
        Kind::Slice => "`I/N`, such as `2/8`".to_owned(),
        Kind::Card => "a name, or a part of it".to_owned(),
    }
}

/// Text that breaks no table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// Every command with its own options.
fn commands() -> String {
    let mut root = Arguments::command();
    root.build();
    let mut text = String::new();
    for command in root.get_subcommands().filter(|command| command.get_name() != "help") {
        tell(&mut text, command, "shardpress");
    }
    text
}

fn tell(text: &mut String, command: &Command, above: &str) {
    let name = format!("{above} {}", command.get_name());
    let subcommands: Vec<&Command> = command.get_subcommands().filter(|command| command.get_name() != "help").collect();
    if !subcommands.is_empty() {
        for command in subcommands {
            tell(text, command, &name);
        }
        return;
    }
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let _ = writeln!(text, "### {name}\n\n{}.\n", about.trim_end_matches('.'));
    let is_setting = |argument: &&Arg| argument.get_help_heading().is_some_and(|heading| SETTINGS.contains(&heading));
    let own: Vec<&Arg> = command
        .get_arguments()
        .filter(|argument| !is_setting(argument) && !matches!(argument.get_id().as_str(), "help" | "version"))
        .collect();
    if !own.is_empty() {
        text.push_str("| argument | |\n|---|---|\n");
    }
    for argument in own {
        let _ = writeln!(
            text,
            "| {} | {} |",
            typed(argument),
            cell(&argument.get_help().map(ToString::to_string).unwrap_or_default())
        );
    }
    if command.get_arguments().any(|argument| is_setting(&argument)) {
        text.push_str("\nAnd every setting: [settings.md](settings.md).\n");
    }
    text.push('\n');
}

/// How an argument is typed.
fn typed(argument: &Arg) -> String {
    let mut value = match argument.get_value_names() {
        Some(names) => names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        None => argument.get_id().as_str().to_uppercase(),
    };
    // Where the values are few, they say more than a placeholder.
    let possible: Vec<String> = argument
        .get_possible_values()
        .iter()
        .map(|value| value.get_name().to_owned())
        .collect();
    if argument.get_action().takes_values() && !possible.is_empty() {
        value = possible.join("|");
    }
    let several = matches!(argument.get_action(), ArgAction::Append) || argument.get_num_args().is_some_and(|range| range.max_values() > 1);
    let more = if several { "…" } else { "" };
    let text = match (argument.get_long(), argument.get_short()) {
        (None, _) => format!("{value}{more}"),
        (Some(long), None) if argument.get_action().takes_values() => format!("--{long} {value}"),
        (Some(long), None) => format!("--{long}"),
        (Some(long), Some(short)) if argument.get_action().takes_values() => format!("--{long} {value}`, `-{short}"),
        (Some(long), Some(short)) => format!("--{long}`, `-{short}"),
    };
    format!("`{}`", cell(&text))
}
