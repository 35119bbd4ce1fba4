//! The command line that does what the window is set to: no longer than it has to be, and safe to paste.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use super::catalogue::CATALOGUE;
use crate::engine::{Preset, Settings};

/// Whose rules text is quoted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shell {
    /// POSIX shells; names that are no text as bash, zsh and fish write them.
    Unix,
    /// PowerShell, and the command prompt where both read the same.
    Windows,
}

impl Shell {
    /// The one of this system.
    pub const HERE: Shell = if cfg!(windows) { Shell::Windows } else { Shell::Unix };
}

/// Program and arguments of a run of `paths` with `now`, where the preset, and the library's file if there is one, already
/// give `base`: only what differs is said.
pub fn command_line(paths: &[PathBuf], preset: Option<&str>, base: &Settings, now: &Settings) -> Vec<OsString> {
    let mut line: Vec<OsString> = vec!["shardpress".into(), "run".into()];
    for path in paths {
        // What begins with a dash would be taken for a flag.
        let dash = path.as_os_str().as_encoded_bytes().first() == Some(&b'-');
        line.push(if dash { PathBuf::from(".").join(path) } else { path.clone() }.into_os_string());
    }
    if let Some(name) = preset {
        match Preset::find(name) {
            Some(preset) => say(&mut line, "preset", Some(&preset.name.to_lowercase().replace(' ', "-")), false),
            None => say(&mut line, "preset", Some(name), false),
        }
    }
    let by_key = |settings: &Settings| settings.values().into_iter().collect::<BTreeMap<_, _>>();
    let (base, now) = (by_key(base), by_key(now));
    for row in &CATALOGUE {
        let (Some(was), Some(is)) = (base.get(row.key), now.get(row.key)) else {
            continue;
        };
        if was != is {
            for (flag, value) in row.typed(is) {
                say(&mut line, flag, value.as_deref(), row.may_stand_alone());
            }
        }
    }
    line
}

/// Flags that may stand alone take their value behind a sign, and so do values that look like a flag.
fn say(line: &mut Vec<OsString>, flag: &str, value: Option<&str>, may_stand_alone: bool) {
    match value {
        None => line.push(format!("--{flag}").into()),
        Some(value) if may_stand_alone || value.starts_with('-') => line.push(format!("--{flag}={value}").into()),
        Some(value) => {
            line.push(format!("--{flag}").into());
            line.push(value.into());
        }
    }
}

/// Arguments as one line for a shell.
pub fn quoted(arguments: &[OsString], shell: Shell) -> String {
    let word = |argument: &OsString| match shell {
        Shell::Unix => for_unix(argument),
        Shell::Windows => for_windows(argument),
    };
    arguments.iter().map(word).collect::<Vec<_>>().join(" ")
}

fn is_plain(c: char, more: &str) -> bool {
    c.is_alphanumeric() || "/._-+:,=@".contains(c) || more.contains(c)
}

fn for_unix(argument: &OsStr) -> String {
    match argument.to_str() {
        Some(text) if !text.is_empty() && text.chars().all(|c| is_plain(c, "%")) => text.to_owned(),
        Some(text) if !text.chars().any(char::is_control) => format!("'{}'", text.replace('\'', r"'\''")),
        _ => {
            let mut out = "$'".to_owned();
            for &byte in argument.as_encoded_bytes() {
                match byte {
                    b'\'' | b'\\' => out.extend(['\\', char::from(byte)]),
                    b' '..=b'~' => out.push(char::from(byte)),
                    // Always three digits, so that a digit behind it is none of its own.
                    _ => out.push_str(&format!("\\{byte:03o}")),
                }
            }
            out.push('\'');
            out
        }
    }
}

fn for_windows(argument: &OsStr) -> String {
    let text = argument.to_string_lossy();
    if !text.is_empty() && !text.starts_with('@') && text.chars().all(|c| is_plain(c, "\\") && c != ',') {
        return text.into_owned();
    }
    // A backslash before the closing quote would take its meaning away.
    let slashes = text.len() - text.trim_end_matches('\\').len();
    let text = format!("{text}{}", "\\".repeat(slashes));
    if text.contains(['$', '`', '"', '%', '!']) {
        format!("'{}'", text.replace('\'', "''"))
    } else {
        format!("\"{text}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(preset: Option<&str>, change: impl FnOnce(&mut Settings)) -> String {
        let mut now = Settings::default();
        change(&mut now);
        quoted(
            &command_line(&["/data/my flora".into()], preset, &Settings::default(), &now),
            Shell::Unix,
        )
    }

    #[test]
    fn only_what_differs_is_said() {
        assert_eq!(
            line(Some("Training 512"), |_| {}),
            "shardpress run '/data/my flora' --preset training-512"
        );
        let changed = line(Some("Mine, too"), |s| {
            s.picture.progressive = true;
            s.picture.optimise_huffman = false;
            s.picture.min_score = Some(90.0);
            s.machine.memory = Some(512 << 20);
            s.choose.include = vec!["-a*".into(), "it's".into()];
        });
        assert_eq!(
            changed,
            "shardpress run '/data/my flora' --preset 'Mine, too' --progressive --min-score 90 --huffman standard \
             --include='-a*' --include 'it'\\''s' --memory 512MiB"
                .replace("--include='-a*'", "'--include=-a*'")
        );
    }

    #[test]
    fn what_a_preset_asks_for_can_be_taken_away() {
        let mut base = Settings::default();
        base.picture.progressive = true;
        base.picture.shape = crate::engine::Shape::Pad;
        base.picture.min_score = Some(80.0);
        base.choose.exclude = vec!["x".into()];
        base.sidecars.tag_flattened = Some("flat".into());
        let line = command_line(&[], None, &base, &Settings::default());
        assert_eq!(
            quoted(&line, Shell::Unix),
            "shardpress run --crop=false --progressive=false --min-score none --tag-flattened '' --exclude ''"
        );
    }

    #[test]
    fn words_for_windows() {
        for (word, expected) in [
            (r"D:\data\flora", r"D:\data\flora"),
            (r"D:\my data", r#""D:\my data""#),
            (r"D:\my data\", r#""D:\my data\\""#),
            ("a$b it's", "'a$b it''s'"),
            ("", "\"\""),
            ("114,114,114", "\"114,114,114\""),
        ] {
            assert_eq!(quoted(&[word.into()], Shell::Windows), expected);
        }
    }

    /// What a real shell makes of it is what went in.
    #[cfg(unix)]
    #[test]
    fn a_shell_reads_what_was_meant() {
        let words = [
            "plain",
            "",
            "two words",
            "it's",
            "$HOME `ls` $(ls)",
            "*.png",
            "a\\b",
            "\"",
            "~",
            "#x",
            "a&b;c|d<e>f",
            "!",
            "é夕",
            "{a,b}",
            "-",
        ];
        let arguments: Vec<OsString> = words.iter().map(OsString::from).collect();
        let script = format!("printf '%s\\0' {}", quoted(&arguments, Shell::Unix));
        let out = std::process::Command::new("sh").arg("-c").arg(script).output().expect("a shell");
        let expected: Vec<u8> = words.iter().flat_map(|word| [word.as_bytes(), b"\0"].concat()).collect();
        assert_eq!(String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&expected));
        let odd: OsString = std::os::unix::ffi::OsStringExt::from_vec(b"a\xff'1\n".to_vec());
        assert_eq!(quoted(&[odd], Shell::Unix), r"$'a\377\'1\012'");
    }
}
