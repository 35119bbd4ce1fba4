//! Markdown: for reading and for pasting into an issue. Sets a `Page`; plots and tiles are left out, their figures stand in
//! the tables.

use std::fmt::Write;

use super::format;
use super::name::one_line;
use super::page::{Block, Line, Page, Span, Table, TreeRow};
use super::table;

/// The page as Markdown (GitHub's tables), one line break at the end.
pub(super) fn markdown(page: &Page) -> String {
    // Writing to a `String` cannot fail.
    let mut text = String::new();
    let _ = writeln!(text, "# {}\n\n**{}**\n", plain(&page.title), plain(&page.finding));
    blocks(&mut text, &page.lead);
    for section in &page.sections {
        let _ = writeln!(text, "## {}\n", plain(&section.title));
        blocks(&mut text, &section.blocks);
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn blocks(text: &mut String, blocks: &[Block]) {
    for block in blocks {
        match block {
            Block::Text(words) => {
                let _ = writeln!(text, "{}\n", line(words));
            }
            Block::List(items) => {
                for item in items {
                    let _ = writeln!(text, "- {}", line(item));
                }
                text.push('\n');
            }
            Block::Table(table) => set_table(text, table),
            Block::Tree(rows) => {
                let _ = writeln!(text, "```text");
                for line in tree(rows) {
                    let _ = writeln!(text, "{line}");
                }
                let _ = writeln!(text, "```\n");
            }
            Block::Tiles(_) | Block::Plot(_) => {}
        }
    }
}

/// A tree as lines of plain text with branches drawn before the names; the terminal shows it as well.
pub(super) fn tree(rows: &[TreeRow]) -> Vec<String> {
    let last_of_its_kind = |at: usize| {
        let depth = rows[at].depth;
        !rows[at + 1..]
            .iter()
            .take_while(|row| row.depth >= depth)
            .any(|row| row.depth == depth)
    };
    let cells = rows
        .iter()
        .enumerate()
        .map(|(at, row)| {
            let mut label = String::new();
            // Steps have one phase above them, and another phase always follows that one: its line goes on.
            for _ in 1..row.depth {
                label.push_str("│  ");
            }
            if row.depth > 0 {
                label.push_str(if last_of_its_kind(at) { "└─ " } else { "├─ " });
            }
            label.push_str(&row.label);
            let mut cells = vec![label, row.time.clone(), format::percent(row.share)];
            cells.extend(row.rates.iter().cloned());
            cells
        })
        .collect::<Vec<_>>();
    table::lines(&cells)
}

fn set_table(text: &mut String, table: &Table) {
    let heads: Vec<String> = table.columns.iter().map(|head| plain(head)).collect();
    let _ = writeln!(text, "| {} |", heads.join(" | "));
    // Numbers to the right, words to the left.
    let rule: String = (0..table.columns.len())
        .map(|at| if table.is_number(at) { "---:|" } else { "---|" })
        .collect();
    let _ = writeln!(text, "|{rule}");
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(line).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text.push('\n');
}

fn line(spans: &Line) -> String {
    spans
        .iter()
        .map(|span| match span {
            Span::Plain(text) => plain(text),
            Span::Code(text) => code(text),
            Span::Strong(text) => format!("**{}**", plain(text)),
        })
        .collect()
}

/// Text that is to be read as it stands: what Markdown or HTML would make something of is escaped.
fn plain(text: &str) -> String {
    one_line(text).chars().fold(String::new(), |mut plain, c| {
        if matches!(c, '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '&') {
            plain.push('\\');
        }
        plain.push(c);
        plain
    })
}

/// A name or a setting: a code span that its own backticks cannot end, safe in a table.
fn code(text: &str) -> String {
    let text = one_line(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{}{space}{fence}", text.replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_the_page() {
        assert_eq!(code("a.png"), "`a.png`");
        assert_eq!(code("a|`b``.png"), "```a\\|`b``.png```");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(plain("<b>|\n"), r"\<b\>\|\\n");
    }
}
