//! The documents against the arguments: every command line in a block of code is one that the program takes, every command named in
//! the text exists with its flags, and every exit code is explained.

use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

use super::args::{Arguments, Command};
use super::exit::Exit;
use crate::engine::{Origin, Settings};

/// Words of blocks that hold commands. Others (`text`, `json`, `toml`, `python`) show output, notation or something else.
const WITH_COMMANDS: [&str; 6] = ["sh", "console", "ini", "crontab", "powershell", "bash"];

/// Programs whose arguments may name this one without calling it.
const SPEAK_OF_IT: [&str; 16] = [
    "apt", "apt-get", "brew", "cargo", "chmod", "command", "cp", "dpkg", "flatpak", "install", "man", "mv", "python3", "scoop", "sh",
    "winget",
];

/// Every document, with its path from the project's root.
fn documents() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<PathBuf> = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
        .iter()
        .map(|name| root.join(name))
        .collect();
    let mut folders = vec![root.join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("docs") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                paths.push(path);
            }
        }
    }
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.strip_prefix(root).expect("below the root").display().to_string();
        (name, std::fs::read_to_string(&path).expect("text"))
    };
    paths.into_iter().map(read).collect()
}

/// Pieces of code, each with its line.
type Pieces = Vec<(usize, String)>;

/// A document's blocks of code that hold commands, and its code within text.
fn code(text: &str) -> (Pieces, Pieces) {
    let line = |at: usize| text[..at].matches('\n').count() + 1;
    let (mut blocks, mut words) = (Vec::new(), Vec::new());
    let mut open: Option<(usize, String)> = None;
    for (event, range) in Parser::new_ext(text, pulldown_cmark::Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) if WITH_COMMANDS.contains(&&*info) => {
                open = Some((line(range.start) + 1, String::new()));
            }
            Event::End(TagEnd::CodeBlock) => blocks.extend(open.take()),
            Event::Text(part) => {
                if let Some((_, block)) = &mut open {
                    block.push_str(&part);
                }
            }
            Event::Code(word) => words.push((line(range.start), word.into_string())),
            _ => {}
        }
    }
    (blocks, words)
}

/// What a shell would put in place of variables, arithmetic and the like: here always `1`.
fn expanded(line: &str) -> String {
    let (mut out, mut rest) = (String::new(), line);
    while let Some(at) = rest.find(['$', '{']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = if let Some(body) = rest.strip_prefix('$') {
            match body.chars().next() {
                Some(open @ ('(' | '{')) => {
                    let close = if open == '(' { ')' } else { '}' };
                    let mut depth = 0;
                    body.char_indices()
                        .find(|(_, c)| {
                            depth += i32::from(*c == open) - i32::from(*c == close);
                            depth == 0
                        })
                        .map_or(rest.len(), |(at, _)| at + 2)
                }
                Some(c) if c.is_alphabetic() || c == '_' => {
                    1 + body.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(body.len())
                }
                Some(c) if "0123456789@*#?!$".contains(c) => 2,
                _ => 0,
            }
        } else {
            // Of GNU parallel and xargs: {}, {#}, {%}, {1}.
            match rest.find('}') {
                Some(close) if rest[1..close].chars().all(|c| c.is_ascii_digit() || "#%./".contains(c)) => close + 1,
                _ => 0,
            }
        };
        match end {
            0 => {
                out.push_str(&rest[..1]);
                rest = &rest[1..];
            }
            end => {
                out.push('1');
                rest = &rest[end..];
            }
        }
    }
    out + rest
}

/// The command lines of a block, each as words and with its line in the block (from 0). Lines that go on are joined.
fn lines(block: &str) -> Vec<(usize, Vec<String>)> {
    let (mut found, mut pending, mut first) = (Vec::new(), String::new(), 0);
    for (number, line) in block.lines().enumerate() {
        if pending.is_empty() {
            first = number;
        }
        let line = line.trim_start();
        let line = line.strip_prefix("$ ").unwrap_or(line);
        if let Some(head) = line.strip_suffix('\\') {
            pending.push_str(head);
            pending.push(' ');
            continue;
        }
        pending.push_str(line);
        match shlex::split(&expanded(&pending)) {
            Some(words) => {
                found.push((first, words));
                pending.clear();
            }
            // A quotation that goes on.
            None => pending.push('\n'),
        }
    }
    assert!(pending.is_empty(), "this cannot be read as a shell reads it: {pending}");
    found
}

/// Every call of this program in the words of a line: what stands behind its name, up to where a shell begins another command.
fn calls(words: &[String]) -> Vec<Vec<String>> {
    let ends = |word: &&String| matches!(word.as_str(), "|" | "||" | "&&" | "&" | ";" | ";;" | ")" | "}");
    let mut found = Vec::new();
    let mut rest = words;
    while !rest.is_empty() {
        let length = rest
            .iter()
            .position(|word| ends(&word) || word.ends_with(';'))
            .map_or(rest.len(), |at| at + 1);
        let (segment, after) = rest.split_at(length);
        rest = after;
        let segment: Vec<String> = segment
            .iter()
            .filter(|word| !ends(word))
            .map(|word| word.trim_end_matches(';').to_owned())
            .collect();
        found.extend(call(&segment));
    }
    found
}

fn call(segment: &[String]) -> Option<Vec<String>> {
    let first = segment.first()?;
    let begin = if first == "cargo" && segment.get(1).is_some_and(|word| word == "run") {
        segment.iter().position(|word| word == "--")? + 1
    } else if SPEAK_OF_IT.contains(&first.as_str()) {
        return None;
    } else {
        let is_it = |word: &String| {
            let word = word.strip_prefix("ExecStart=").unwrap_or(word);
            let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
            name == "shardpress" || name == "shardpress.exe"
        };
        segment.iter().position(is_it)? + 1
    };
    let mut arguments = Vec::new();
    let mut words = segment[begin..].iter();
    while let Some(word) = words.next() {
        let bare = word.trim_start_matches(|c: char| c.is_ascii_digit());
        if bare.starts_with('>') || bare.starts_with('<') {
            // Where the target stands apart, it belongs to the redirection, too.
            if matches!(bare, ">" | ">>" | "<" | "<<") {
                words.next();
            }
            continue;
        }
        arguments.push(word.clone());
    }
    Some(arguments)
}

/// What is wrong with a command line, if anything.
fn wrong(arguments: &[String]) -> Option<String> {
    let typed = std::iter::once("shardpress").chain(arguments.iter().map(String::as_str));
    let parsed = match Arguments::try_parse_from(typed) {
        Ok(parsed) => parsed,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => return None,
        Err(error) => return Some(error.to_string()),
    };
    let common = match &parsed.command {
        Some(Command::Plan(options)) => &options.common,
        Some(Command::Run(options)) => &options.common,
        Some(Command::Bench(options)) => &options.common,
        _ => return None,
    };
    let (layer, mut problems) = common.flags();
    problems.extend(Settings::resolve(vec![(Origin::Flag, layer)]).problems);
    (!problems.is_empty()).then(|| problems.join(" "))
}

/// What is wrong with a command that is named in the text, such as `shardpress report show REPORT`.
fn misnamed(code: &str) -> Option<String> {
    let mut root = Arguments::command();
    root.build();
    let mut command = &root;
    for word in code.split_whitespace().skip(1) {
        if let Some(flag) = word.strip_prefix("--").map(|word| word.split('=').next().unwrap_or(word)) {
            let known = command.get_arguments().any(|argument| argument.get_long() == Some(flag));
            if !known {
                return Some(format!("{} has no --{flag}", command.get_name()));
            }
        } else if command.has_subcommands() && !word.starts_with(|c: char| c == '-' || c.is_uppercase()) {
            match command.find_subcommand(word) {
                Some(found) => command = found,
                None => return Some(format!("{} has no command {word}", command.get_name())),
            }
        }
    }
    None
}

#[test]
fn commands_in_the_documents_are_those_of_the_program() {
    let (mut findings, mut count) = (Vec::new(), 0);
    for (document, text) in documents() {
        let (blocks, words) = code(&text);
        for (begin, block) in blocks {
            for (line, words) in lines(&block) {
                for arguments in calls(&words) {
                    count += 1;
                    findings.extend(wrong(&arguments).map(|what| format!("{document}:{}: {what}", begin + line)));
                }
            }
        }
        for (line, word) in words.iter().filter(|(_, word)| word.starts_with("shardpress ")) {
            count += 1;
            findings.extend(misnamed(word).map(|what| format!("{document}:{line}: `{word}`: {what}")));
        }
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    assert!(count > 60, "only {count} commands were found");
}

#[test]
fn a_wrong_command_is_found() {
    let check = |block: &str, expected: &[(usize, bool)]| {
        let mut found = Vec::new();
        for (line, words) in lines(block) {
            found.extend(calls(&words).iter().map(|arguments| (line, wrong(arguments).is_some())));
        }
        assert_eq!(found, expected, "{block}");
    };
    check("shardpress plan ~/a && shardpress run ~/a --yes", &[(0, false), (0, false)]);
    check("cd x\nshardpress plan a --tagret 5", &[(1, true)]);
    check("shardpress run a --slice 9/8", &[(0, true)]);
    check("shardpress run a \\\n  --slice \"$I/$((N + 1))\" 2>run.log | jq .", &[(0, false)]);
    check("shardpress run a --events - 2> run.log; shardpress purge", &[(0, false), (0, true)]);
    check("ExecStart=/usr/bin/shardpress run %h/Pictures --yes", &[(0, false)]);
    check("15 2 * * * nice shardpress run /data --yse", &[(0, true)]);
    check("parallel shardpress run {} --quality nonsense ::: a b", &[(0, true)]);
    check("cargo run --release -- run demo --nonsense", &[(0, true)]);
    check("cargo install --path . # not shardpress\nman shardpress\nls .shardpress", &[]);
    check("shardpress --help", &[(0, false)]);
    let bad = "Say `shardpress rnu` or `shardpress undo PATH --rnu ID`.\n\n```sh\nshardpress rnu\n```\n```text\nshardpress [X]\n```\n";
    let (blocks, words) = code(bad);
    assert_eq!(blocks, [(4, "shardpress rnu\n".to_owned())]);
    assert!(words.iter().all(|(line, word)| *line == 1 && misnamed(word).is_some()) && words.len() == 2);
    for good in [
        "shardpress report show REPORT",
        "shardpress FOLDER",
        "shardpress undo PATH --run ID",
    ] {
        assert_eq!(misnamed(good), None, "{good}");
    }
}

#[test]
fn every_exit_code_is_explained() {
    let page = include_str!("../../docs/troubleshooting.md");
    let all = [
        Exit::Done,
        Exit::SomeFailed,
        Exit::Usage,
        Exit::Blocked,
        Exit::Environment,
        Exit::NeedsPerson,
        Exit::Interrupted,
        Exit::Terminated,
    ];
    for exit in all {
        let row = format!("| {} |", exit.code());
        assert!(
            page.lines().any(|line| line.starts_with(&row)),
            "docs/troubleshooting.md does not explain {exit:?}"
        );
    }
}
