//! The project's files as the house rules read them: without comments and unit tests, and with the paths that the code names.

use std::fs;
use std::path::Path;

/// A file of the project, with the path from its root, parted by `/`.
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
    /// Declared under `#[cfg(test)]`: no part of the program.
    pub(super) test_only: bool,
}

impl Source {
    /// Lines of code with their numbers: comments are blanked, and so are unit tests.
    pub(super) fn code(&self) -> Vec<(usize, String)> {
        if self.test_only {
            return Vec::new();
        }
        let mut code = Vec::new();
        let mut lines = self.text.lines().enumerate().peekable();
        while let Some((index, line)) = lines.next() {
            let opens_tests = lines
                .peek()
                .is_some_and(|(_, next)| next.trim_start().starts_with("mod ") && next.ends_with('{'));
            if line.trim() == "#[cfg(test)]" && opens_tests {
                let end = format!("{}}}", &line[..line.len() - line.trim_start().len()]);
                for (_, inner) in lines.by_ref() {
                    if inner == end {
                        break;
                    }
                }
                continue;
            }
            code.push((index + 1, without_comment(line).to_owned()));
        }
        code
    }

    /// Every path the code names: the leaves of its `use` trees, and paths written out in the code.
    pub(super) fn paths(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        let mut pending: Option<(usize, String)> = None;
        for (number, line) in self.code() {
            let trimmed = line.trim();
            if let Some((_, tree)) = &mut pending {
                tree.push_str(trimmed);
            } else if let Some(tree) = use_tree(trimmed) {
                pending = Some((number, tree.to_owned()));
            } else {
                found.extend(written_paths(trimmed).map(|path| (number, path)));
            }
            if pending.as_ref().is_some_and(|(_, tree)| tree.ends_with(';')) {
                let (start, tree) = pending.take().expect("just seen");
                found.extend(leaves(tree.trim_end_matches(';')).into_iter().map(|leaf| (start, leaf)));
            }
        }
        found
    }

    /// Paths (without ending) of the modules that this file declares for tests alone.
    fn test_modules(&self) -> Vec<String> {
        let folder = match self.path.strip_suffix("/mod.rs").or_else(|| self.path.strip_suffix("/lib.rs")) {
            Some(folder) => folder,
            None => self.path.trim_end_matches(".rs"),
        };
        let lines: Vec<&str> = self.text.lines().map(str::trim).collect();
        let declared = lines.windows(2).filter(|pair| pair[0] == "#[cfg(test)]").filter_map(|pair| {
            let name = pair[1].strip_suffix(';')?.rsplit_once("mod ")?.1;
            Some(format!("{folder}/{name}"))
        });
        declared.collect()
    }

    /// The engine's room this file belongs to.
    pub(super) fn room(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/engine/")?;
        let room = inside.split('/').next()?;
        match room.strip_suffix(".rs") {
            Some("mod") => None,
            Some(name) => Some(name),
            None => Some(room),
        }
    }
}

pub(super) fn without_comment(line: &str) -> &str {
    let trimmed = line.trim_start();
    if trimmed.starts_with("//") {
        return "";
    }
    line.find(" // ").map_or(line, |at| &line[..at])
}

/// What follows `use`, where the line begins such a declaration.
fn use_tree(line: &str) -> Option<&str> {
    let after_visibility = match line.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(')')?.1.trim_start(),
        Some(rest) => rest.trim_start(),
        None => line,
    };
    after_visibility.strip_prefix("use ")
}

/// Paths like `a::b::C` in a line of code.
fn written_paths(line: &str) -> impl Iterator<Item = String> + '_ {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
        .filter(|word| word.contains("::"))
        .map(|word| word.trim_matches(':').to_owned())
}

/// `a::{b, c::{D, E}}` as `a::b`, `a::c::D`, `a::c::E`.
fn leaves(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((head, rest)) = tree.split_once('{') else {
        let name = tree.split(" as ").next().unwrap_or(tree).trim();
        return if name.is_empty() { Vec::new() } else { vec![name.to_owned()] };
    };
    let body = rest.strip_suffix('}').unwrap_or(rest);
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for c in body.chars() {
        match c {
            ',' if depth == 0 => parts.push(String::new()),
            _ => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                parts.last_mut().expect("never empty").push(c);
            }
        }
    }
    let inner = parts.iter().flat_map(|part| leaves(part));
    inner.map(|leaf| format!("{head}{leaf}")).collect()
}

/// Every file below `folder` whose name `wanted` accepts, sorted by path.
pub(super) fn sources(folder: &str, wanted: fn(&str) -> bool) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let entry = entry.expect("entry");
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().expect("kind");
            if kind.is_dir() && name != "target" && name != ".git" {
                folders.push(entry.path());
            } else if kind.is_file() && wanted(&name) {
                let path = entry.path();
                let inside = path.strip_prefix(root).expect("below the root");
                found.push(Source {
                    path: inside
                        .components()
                        .map(|part| part.as_os_str().to_string_lossy())
                        .collect::<Vec<_>>()
                        .join("/"),
                    text: String::from_utf8_lossy(&fs::read(&path).expect("content")).into_owned(),
                    test_only: false,
                });
            }
        }
    }
    found.sort_by(|left, right| left.path.cmp(&right.path));
    mark_tests(&mut found);
    found
}

/// Finds the files that are part of a module declared under `#[cfg(test)]`.
pub(super) fn mark_tests(sources: &mut [Source]) {
    let modules: Vec<String> = sources.iter().flat_map(Source::test_modules).collect();
    for source in sources {
        let inside = |module: &String| {
            source
                .path
                .strip_prefix(module.as_str())
                .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        };
        source.test_only = modules.iter().any(inside);
    }
}
