//! Fields of sidecars that tell of an image are made to tell of its replacement. Every other byte stays: nothing is
//! printed anew, the new values are put into the places of the old ones.
//!
//! Which objects speak of an image: the top of a sidecar that belongs to this image alone; elsewhere (a sidecar of several
//! images, a row, an object one level down) one that names it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use super::json::{Field, Text, Value, escaped};
use crate::engine::pixels::Size;

/// Fields that may name a file.
const NAMES: [&str; 4] = ["filename", "file_name", "image", "path"];

/// An image that gets a replacement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    /// Its file name.
    pub(crate) old_name: String,
    /// That of its replacement; may be the same.
    pub(crate) new_name: String,
    /// Its size as seen and as stored, which differ where it is turned by its orientation.
    pub(crate) old: [Size; 2],
    /// The size of its replacement.
    pub(crate) new: Size,
    /// Transparency was flattened.
    pub(crate) flattened: bool,
}

/// What a person asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wishes<'a> {
    /// Names, sizes and endings.
    pub(crate) update: bool,
    /// Appended to the tags of flattened images.
    pub(crate) tag: Option<&'a str>,
    /// Folders beside the images: a path that leads into one of them names another file.
    pub(crate) folders: &'a HashSet<String>,
}

/// What became of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Edited {
    /// Its new content; `None` where nothing changes.
    pub(crate) bytes: Option<Vec<u8>>,
    /// The changes, by their places, that it tells of now.
    pub(crate) of: BTreeSet<usize>,
    /// Objects that named a file by a name that it loses.
    pub(crate) named: u64,
    /// The changes, by their places, whose tags have the tag now, whether or not they had it before.
    pub(crate) tagged: BTreeSet<usize>,
    /// Rows that are no JSON.
    pub(crate) invalid_rows: u64,
}

/// The file is no JSON, so nothing in it is touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotJson;

/// Edits a sidecar that belongs to `changes` and to no other image (`alone`), or also to others.
///
/// # Errors
/// The file is no JSON.
pub(crate) fn edit_json(file: &[u8], changes: &[&Change], alone: bool, wishes: Wishes<'_>) -> Result<Edited, NotJson> {
    let value = Text::new(file, 0..file.len()).and_then(|text| text.value()).ok_or(NotJson)?;
    let mut editor = Editor::new(file, changes, wishes);
    let own = match changes {
        [_] if alone => Some(0),
        _ => None,
    };
    editor.top(&value, own);
    Ok(editor.finish())
}

/// Edits the rows of a file of one JSON value a line that name one of `changes`. Rows that are no JSON stay.
pub(crate) fn edit_rows(file: &[u8], changes: &[&Change], wishes: Wishes<'_>) -> Edited {
    let mut editor = Editor::new(file, changes, wishes);
    let mut start = 0;
    for line in file.split_inclusive(|&b| b == b'\n') {
        let at = start..start + line.len();
        start = at.end;
        let Some(text) = Text::new(file, at) else {
            editor.edited.invalid_rows += 1;
            continue;
        };
        match text.value() {
            Some(value) => editor.top(&value, None),
            None => editor.edited.invalid_rows += u64::from(!text.is_blank()),
        }
    }
    editor.finish()
}

/// New bytes for a place in the file.
struct Splice {
    at: Range<usize>,
    with: String,
}

struct Editor<'a> {
    file: &'a [u8],
    changes: &'a [&'a Change],
    by_name: HashMap<&'a str, usize>,
    wishes: Wishes<'a>,
    splices: Vec<Splice>,
    edited: Edited,
}

impl<'a> Editor<'a> {
    fn new(file: &'a [u8], changes: &'a [&'a Change], wishes: Wishes<'a>) -> Self {
        Self {
            file,
            changes,
            by_name: changes.iter().enumerate().map(|(i, c)| (c.old_name.as_str(), i)).collect(),
            wishes,
            splices: Vec::new(),
            edited: Edited::default(),
        }
    }

    /// A whole JSON text, and the objects one level down. `own`: the change that the top speaks of without naming it.
    fn top(&mut self, value: &Value<'_>, own: Option<usize>) {
        let inner = if let Some(fields) = value.fields() {
            self.object(&fields, own);
            fields.into_iter().map(|field| field.value).collect()
        } else {
            value.elements().unwrap_or_default()
        };
        for value in inner {
            if let Some(fields) = value.fields() {
                self.object(&fields, None);
            }
        }
    }

    /// One object that speaks of `own`, or of what it names.
    fn object(&mut self, fields: &[Field<'_>], own: Option<usize>) {
        let named = self.names(fields);
        let Some(of) = named.or(own) else { return };
        let change = self.changes[of];
        let before = self.splices.len();
        for field in fields {
            let new = match (field.key.as_str(), self.wishes.update) {
                ("width", true) => size(&field.value, change.old.map(|s| s.width), change.new.width),
                ("height", true) => size(&field.value, change.old.map(|s| s.height), change.new.height),
                ("ext", true) => ending(&field.value, change),
                _ => None,
            };
            self.splices.extend(new);
            if let (true, "tags", Some(tag)) = (change.flattened, field.key.as_str(), self.wishes.tag)
                && let Some(splice) = self.tags(&field.value, tag.trim())
            {
                self.edited.tagged.insert(of);
                self.splices.extend(splice);
            }
        }
        if self.splices.len() > before {
            self.edited.of.insert(of);
        }
    }

    /// Renames what the object names; the first change that it names.
    fn names(&mut self, fields: &[Field<'_>]) -> Option<usize> {
        let mut first = None;
        let mut any = false;
        for field in fields.iter().filter(|f| NAMES.contains(&f.key.as_str())) {
            let Some((of, splice)) = self.name(&field.value) else { continue };
            first.get_or_insert(of);
            if let Some(splice) = splice {
                any = true;
                if self.wishes.update {
                    self.edited.of.insert(of);
                    self.splices.push(splice);
                }
            }
        }
        self.edited.named += u64::from(any);
        first
    }

    /// Which change a value names, and its new spelling where the name becomes another: a file name, or a path that ends
    /// in it. The rest of a path stays, and so do escapes in the part of the name that stays.
    fn name(&self, value: &Value<'_>) -> Option<(usize, Option<Splice>)> {
        let text = value.string()?;
        // An address names a copy elsewhere, and that one stays as it is.
        if text.contains("://") {
            return None;
        }
        let mut parts = text.split(['/', '\\']).filter(|part| *part != ".");
        let (first, name) = (parts.next()?, parts.next_back());
        if name.is_some() && self.wishes.folders.contains(first) {
            return None;
        }
        let name = name.unwrap_or(first);
        let of = *self.by_name.get(name)?;
        let new = &self.changes[of].new_name;
        if *new == name {
            return Some((of, None));
        }
        let stays = name.chars().zip(new.chars()).take_while(|(old, new)| old == new).count();
        let characters = value.characters()?;
        let first_new = characters.len() - name.chars().count() + stays;
        let from = characters.get(first_new).map_or(value.at.end - 1, |(_, at)| at.start);
        let splice = Splice {
            at: from..value.at.end - 1,
            with: escaped(&new.chars().skip(stays).collect::<String>()),
        };
        Some((of, Some(splice)))
    }

    /// Appends the tag; `None` where the value is no tags, `Some(None)` where it has the tag already.
    fn tags(&self, value: &Value<'_>, tag: &str) -> Option<Option<Splice>> {
        if let Some(text) = value.string() {
            return Some(tag_text(&text, tag).map(|with| Splice {
                at: value.at.end - 1..value.at.end - 1,
                with: escaped(&with),
            }));
        }
        let elements = value.elements()?;
        let tags: Vec<String> = elements.iter().map(Value::string).collect::<Option<_>>()?;
        if tags.iter().any(|t| t == tag) {
            return Some(None);
        }
        let tag = format!("\"{}\"", escaped(tag));
        let text = |at: Range<usize>| String::from_utf8_lossy(&self.file[at]).into_owned();
        let (at, with) = match elements.as_slice() {
            [] => (value.at.start + 1, tag),
            [one] => {
                let lead = text(value.at.start + 1..one.at.start);
                // A list over several lines goes on that way; else as close together as the text is.
                let gap = match self.file[..value.at.start].last() {
                    _ if lead.contains('\n') => lead,
                    Some(b':') => String::new(),
                    _ => " ".to_owned(),
                };
                (one.at.end, format!(",{gap}{tag}"))
            }
            [.., last, end] => (end.at.end, format!("{}{tag}", text(last.at.end..end.at.start))),
        };
        Some(Some(Splice { at: at..at, with }))
    }

    fn finish(mut self) -> Edited {
        if self.splices.is_empty() {
            return self.edited;
        }
        self.splices.sort_by_key(|splice| splice.at.start);
        let mut bytes = Vec::with_capacity(self.file.len() + 16 * self.splices.len());
        let mut from = 0;
        for splice in &self.splices {
            bytes.extend_from_slice(&self.file[from..splice.at.start]);
            bytes.extend_from_slice(splice.with.as_bytes());
            from = splice.at.end;
        }
        bytes.extend_from_slice(&self.file[from..]);
        self.edited.bytes = Some(bytes);
        self.edited
    }
}

/// Zeros behind a point that are repeated.
const MOST_DECIMALS: usize = 20;

/// A side that equals the old one, as a number in any spelling or as a string of digits. What was written as a fraction
/// stays one.
fn size(value: &Value<'_>, old: [u32; 2], new: u32) -> Option<Splice> {
    if let Some(text) = value.string() {
        let is_old = old.iter().any(|side| side.to_string() == text);
        return (is_old && text != new.to_string()).then(|| Splice {
            at: value.at.start + 1..value.at.end - 1,
            with: new.to_string(),
        });
    }
    let number: serde_json::Number = serde_json::from_str(value.raw).ok()?;
    let number = number.as_f64()?;
    if number == f64::from(new) || old.iter().all(|side| f64::from(*side) != number) {
        return None;
    }
    let is_whole = value.raw.bytes().all(|b| b.is_ascii_digit());
    let decimals = value.raw.split_once('.').filter(|(_, d)| d.bytes().all(|b| b.is_ascii_digit()));
    let decimals = if is_whole {
        0
    } else {
        decimals.map_or(1, |(_, d)| d.len().min(MOST_DECIMALS))
    };
    Some(Splice {
        at: value.at.clone(),
        with: format!("{:.decimals$}", f64::from(new)),
    })
}

/// An `ext` that equals the old name's ending, with its dot and in its case.
fn ending(value: &Value<'_>, change: &Change) -> Option<Splice> {
    let of = |name: &str| name.rsplit_once('.').map(|(_, e)| e.to_lowercase()).filter(|e| !e.is_empty());
    let (old, new) = (of(&change.old_name)?, of(&change.new_name)?);
    let text = value.string()?;
    let (dot, bare) = match text.strip_prefix('.') {
        Some(bare) => (".", bare),
        None => ("", text.as_str()),
    };
    if old == new || bare.to_lowercase() != old {
        return None;
    }
    let upper = |c: Option<char>| c.is_some_and(char::is_uppercase);
    let new = match (upper(bare.chars().next()), upper(bare.chars().last())) {
        (true, true) => new.to_uppercase(),
        (true, false) => {
            let mut rest = new.chars();
            rest.next().into_iter().flat_map(char::to_uppercase).chain(rest).collect()
        }
        _ => new,
    };
    Some(Splice {
        at: value.at.start + 1..value.at.end - 1,
        with: escaped(&format!("{dot}{new}")),
    })
}

/// What goes behind a string of tags; `None` where the tag is among them. Commas part them, or blanks where there is no
/// comma and an underscore tells that no tag has a blank in it (`long_hair solo`).
fn tag_text(text: &str, tag: &str) -> Option<String> {
    let blanks =
        !text.contains(',') && text.contains('_') && text.trim().contains(char::is_whitespace) && !tag.contains(char::is_whitespace);
    let there = if blanks {
        text.split_whitespace().any(|t| t == tag)
    } else {
        text.split(',').any(|t| t.trim() == tag) || text.ends_with(&format!(", {tag}")) || text.trim() == tag
    };
    if there {
        return None;
    }
    let tight = text.contains(',') && !text.contains(", ");
    let gap = match text.trim_end() {
        "" => "",
        _ if blanks => " ",
        rest if rest.ends_with(',') && rest.len() < text.len() => "",
        rest if rest.ends_with(',') => " ",
        _ if tight => ",",
        _ => ", ",
    };
    Some(format!("{gap}{tag}"))
}
