//! The documents, held to what is there, without the network: every link, anchor and picture leads somewhere, every page is in the
//! book's table of contents, and what the page on troubles quotes is what the program says. (Commands in the documents and the
//! generated pages are checked in `src/cli`, where the arguments are defined.)

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// The book, as mdBook lays it out.
const SUMMARY: &str = "docs/SUMMARY.md";

/// What a page says of itself and of others.
#[derive(Debug, Default)]
struct Page {
    /// Line and target, those of pictures too.
    links: Vec<(usize, String)>,
    /// Lines of pictures without words for those who do not see them.
    silent: Vec<usize>,
    /// What can stand behind `#`.
    anchors: BTreeSet<String>,
}

impl Page {
    fn read(text: &str) -> Self {
        let mut page = Page::default();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let (mut heading, mut picture): (Option<String>, Option<(usize, String)>) = (None, None);
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
        for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
            let line = text[..range.start].matches('\n').count() + 1;
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let anchor = anchor(&heading.take().unwrap_or_default());
                    let times = seen.entry(anchor.clone()).or_default();
                    page.anchors.insert(match *times {
                        0 => anchor,
                        n => format!("{anchor}-{n}"),
                    });
                    *times += 1;
                }
                Event::Start(Tag::Link { dest_url, .. }) => page.links.push((line, dest_url.into_string())),
                Event::Start(Tag::Image { dest_url, .. }) => {
                    page.links.push((line, dest_url.into_string()));
                    picture = Some((line, String::new()));
                }
                Event::End(TagEnd::Image) => {
                    if let Some((line, words)) = picture.take()
                        && words.trim().is_empty()
                    {
                        page.silent.push(line);
                    }
                }
                Event::Text(part) | Event::Code(part) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&part);
                    }
                    if let Some((_, words)) = &mut picture {
                        words.push_str(&part);
                    }
                }
                _ => {}
            }
        }
        page
    }
}

/// A heading's anchor, as code hosts and mdBook make it.
fn anchor(heading: &str) -> String {
    let kept = heading
        .trim()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Where a link of a page leads, from the project's root; `None` where it leads out of the project.
fn target(page: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Everything that is wrong with the links of these pages. `exists` knows the files, by their path from the root.
fn findings(pages: &BTreeMap<String, Page>, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut findings = Vec::new();
    for (name, page) in pages {
        let silent = page.silent.iter();
        findings.extend(silent.map(|line| format!("{name}:{line}: a picture without words in its brackets; say what it shows")));
        for (line, link) in &page.links {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let mut wrong = |what: &str| findings.push(format!("{name}:{line}: {link}: {what}"));
            let (file, anchor) = link
                .split_once('#')
                .map_or((link.as_str(), None), |(file, anchor)| (file, Some(anchor)));
            let Some(file) = (if file.is_empty() { Some(name.clone()) } else { target(name, file) }) else {
                wrong("leads out of the project");
                continue;
            };
            if !exists(&file) {
                wrong("is not there");
            } else if name.starts_with("docs/") && !file.starts_with("docs/") {
                wrong("leads out of the book; name the file in code instead");
            } else if let Some(anchor) = anchor {
                match pages.get(&file) {
                    Some(page) if page.anchors.contains(anchor) => {}
                    Some(_) => wrong("has no such heading"),
                    None => wrong("is no page that has headings"),
                }
            }
        }
    }
    findings
}

/// Pages that the table of contents forgets, and those that it names twice.
fn contents(pages: &BTreeMap<String, Page>) -> Vec<String> {
    let named: Vec<String> = pages[SUMMARY].links.iter().filter_map(|(_, link)| target(SUMMARY, link)).collect();
    let mut findings = Vec::new();
    for name in pages.keys().filter(|name| name.starts_with("docs/") && *name != SUMMARY) {
        match named.iter().filter(|other| *other == name).count() {
            0 => findings.push(format!("{SUMMARY} does not have {name}; add a line for it")),
            1 => {}
            _ => findings.push(format!("{SUMMARY} has {name} more than once")),
        }
    }
    findings
}

/// All files below a folder of the project, by their path from its root.
fn files(folder: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut found, mut folders) = (Vec::new(), vec![root.join(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("entry").path();
            let name = path
                .strip_prefix(root)
                .expect("below the root")
                .to_string_lossy()
                .replace('\\', "/");
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(name);
            }
        }
    }
    found
}

fn text(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn pages() -> BTreeMap<String, Page> {
    let mut names = files("docs");
    names.retain(|name| name.ends_with(".md"));
    names.extend(["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(String::from));
    names.into_iter().map(|name| (name.clone(), Page::read(&text(&name)))).collect()
}

#[test]
fn every_link_leads_somewhere_and_every_page_is_in_the_book() {
    let pages = pages();
    // Case counts, on systems that fold it, too: code hosts do not.
    let listed: BTreeSet<String> = ["docs", "assets", "tests", "wix"].into_iter().flat_map(files).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let exists = |file: &str| match file.split_once('/') {
        None => root.join(file).exists(),
        Some(("docs" | "assets" | "tests" | "wix", _)) => listed.contains(file) || root.join(file).is_dir(),
        Some(_) => root.join(file).exists(),
    };
    let mut wrong = findings(&pages, exists);
    wrong.extend(contents(&pages));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let links: usize = pages.values().map(|page| page.links.len()).sum();
    assert!(pages.len() > 20 && links > 100, "{} pages, {links} links", pages.len());
}

/// A page loads on a slow line, too.
#[test]
fn pictures_are_small() {
    const MOST: u64 = 300 << 10;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in files("docs").iter().filter(|name| name.ends_with(".png")) {
        let bytes = fs::metadata(root.join(name)).expect(name).len();
        assert!(
            bytes <= MOST,
            "{name} has {bytes} bytes; make it smaller, for example with pngquant"
        );
    }
}

/// Each sentence in the first column of the page's tables, where it is set as code and longer than a word, stands in the source.
#[test]
fn what_is_quoted_is_what_the_program_says() {
    let mut source = String::new();
    for name in files("src").iter().filter(|name| name.ends_with(".rs")) {
        source.push_str(&text(name));
    }
    // A literal may go on in the next line.
    let source = source.replace("\\\n", "").split_whitespace().collect::<Vec<_>>().join(" ");
    let (mut quoted, mut missing) = (0, Vec::new());
    for line in text("docs/troubleshooting.md").lines() {
        let Some(cell) = line
            .strip_prefix("| `")
            .and_then(|rest| rest.split_once("` |"))
            .map(|(cell, _)| cell)
        else {
            continue;
        };
        // `…` stands for a name or a number.
        for part in cell.split('…').map(str::trim).filter(|part| part.contains(' ')) {
            quoted += 1;
            if !source.contains(part) {
                missing.push(part.to_owned());
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "the program says nothing of the kind");
    assert!(quoted > 20, "only {quoted} sentences were found");
}

#[test]
fn what_is_wrong_is_found() {
    let page = |text: &str| Page::read(text);
    let book = |extra: &str| {
        BTreeMap::from([
            (
                "README.md".to_owned(),
                page("[a](docs/a.md#two-words) [b](https://example.org/x) [c](LICENSE)"),
            ),
            (SUMMARY.to_owned(), page("- [A](a.md)\n- [B](sub/b.md)\n")),
            (
                "docs/a.md".to_owned(),
                page(&format!(
                    "# Two *words*\n\n## `x`, y\n\n## X y\n\n[b](sub/b.md) [up](#x-y) [again](#x-y-1)\n\n{extra}\n"
                )),
            ),
            ("docs/sub/b.md".to_owned(), page("# B\n\n[a](../a.md#x-y) ![words](../p.png)")),
        ])
    };
    let exists = |file: &str| matches!(file, "docs/a.md" | "docs/sub/b.md" | "docs/p.png" | "LICENSE" | "src/lib.rs");
    assert_eq!(findings(&book(""), exists), Vec::<String>::new());
    assert_eq!(contents(&book("")), Vec::<String>::new());
    for (extra, expected) in [
        ("[x](gone.md)", "is not there"),
        ("![x](gone.png)", "is not there"),
        ("![](p.png)", "without words"),
        ("[x](sub/b.md#nowhere)", "no such heading"),
        ("[x](#nowhere)", "no such heading"),
        ("[x](p.png#top)", "no page"),
        ("[x](../../x.md)", "out of the project"),
        ("[x](../src/lib.rs)", "out of the book"),
    ] {
        let found = findings(&book(extra), exists);
        assert!(
            found.len() == 1 && found[0].contains(expected) && found[0].starts_with("docs/a.md:9:"),
            "{extra}: {found:?}"
        );
    }
    let mut forgotten = book("");
    forgotten.insert("docs/new.md".to_owned(), page("# New"));
    forgotten.insert(SUMMARY.to_owned(), page("- [A](a.md)\n- [A](a.md)\n- [B](sub/b.md)\n"));
    let found = contents(&forgotten);
    assert!(
        found.len() == 2 && found[0].contains("more than once") && found[1].contains("docs/new.md"),
        "{found:?}"
    );
}
