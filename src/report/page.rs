//! A page before it has a form: titles, sentences, tables and plots. Every section is written once, in `sections`; `markdown`
//! and `html` each know how to set any of these blocks, and neither knows what they are about. The window sets them as well.

use super::plots::Plot;

/// A whole page.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// What kind of page it is: the first line, by which files of ours are told from others.
    pub title: String,
    /// What it is about, for example the folder; only where the form has room for it.
    pub subject: String,
    /// The one sentence to read.
    pub finding: String,
    /// What follows it, before the first section.
    pub lead: Vec<Block>,
    /// The rest.
    pub sections: Vec<Section>,
}

/// A part of a page under a title.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Its title.
    pub title: String,
    /// How much of a wide page it takes.
    pub width: Width,
    /// What stands in it, in order.
    pub blocks: Vec<Block>,
}

/// How much of a wide page a section takes. A form of one column takes no notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// One of two columns.
    Half,
    /// Both.
    Whole,
}

impl Section {
    /// A section of blocks.
    pub(super) fn new(title: &str, width: Width, blocks: Vec<Block>) -> Self {
        Self {
            title: title.to_owned(),
            width,
            blocks,
        }
    }
}

/// A piece of a section.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A paragraph.
    Text(Line),
    /// A list.
    List(Vec<Line>),
    /// A table.
    Table(Table),
    /// Figures to see first; a form without room for them leaves them out, since a table has them as well.
    Tiles(Vec<Tile>),
    /// A tree of times.
    Tree(Vec<TreeRow>),
    /// A plot; a form without pictures leaves it out.
    Plot(Plot),
}

/// Words, some of them set apart. Never empty of meaning by itself: a form escapes what it must.
pub type Line = Vec<Span>;

/// A piece of a line.
#[derive(Debug, Clone, PartialEq)]
pub enum Span {
    /// As it stands.
    Plain(String),
    /// A name or a setting.
    Code(String),
    /// Weighty.
    Strong(String),
}

/// A line of plain words.
pub(super) fn plain(text: impl Into<String>) -> Line {
    vec![Span::Plain(text.into())]
}

/// A line that is a name or a setting.
pub(super) fn code(text: impl Into<String>) -> Line {
    vec![Span::Code(text.into())]
}

/// A line of weighty words.
pub(super) fn strong(text: impl Into<String>) -> Line {
    vec![Span::Strong(text.into())]
}

/// Lines joined into one, with commas.
pub(super) fn joined(lines: impl IntoIterator<Item = Line>) -> Line {
    let mut all = Line::new();
    for line in lines {
        if !all.is_empty() {
            all.push(Span::Plain(", ".to_owned()));
        }
        all.extend(line);
    }
    all
}

/// A table; every row has as many cells as there are columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Heads of the columns.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<Line>>,
}

impl Table {
    /// A table of plain cells.
    pub(super) fn of(columns: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Block {
        let rows = rows.into_iter().map(|row| row.into_iter().map(plain).collect()).collect();
        Block::Table(Self {
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
            rows,
        })
    }

    /// A table of dressed cells.
    pub(super) fn dressed(columns: &[&str], rows: Vec<Vec<Line>>) -> Block {
        Block::Table(Self {
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
            rows,
        })
    }

    /// Whether a column holds numbers, which go to the right.
    pub fn is_number(&self, at: usize) -> bool {
        let number = |cell: &Line| {
            // An id is a name, and a time of day with its date is no figure to be added up.
            let text = match cell.first() {
                Some(Span::Plain(text) | Span::Strong(text)) if !text.contains(':') => text.as_str(),
                _ => return false,
            };
            // No value is an en dash, a difference may bear a sign.
            text == "–" || text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '−'))
        };
        at > 0 && self.rows.iter().filter_map(|row| row.get(at)).all(number)
    }
}

/// A figure to see first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// What it is.
    pub label: String,
    /// The number with its unit.
    pub value: String,
    /// What belongs to it: a range, a whole. May be empty.
    pub note: String,
}

/// A node of a tree of times.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeRow {
    /// 0 for the root.
    pub depth: usize,
    /// Its name.
    pub label: String,
    /// The phase whose colour it has; none for the root.
    pub phase: Option<crate::engine::Phase>,
    /// Time at work, in words.
    pub time: String,
    /// The same, seconds.
    pub seconds: f64,
    /// Part of the root, 0 to 1.
    pub share: f64,
    /// Rates, where they are known.
    pub rates: Vec<String>,
}
