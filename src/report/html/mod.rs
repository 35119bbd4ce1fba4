//! HTML in one file: no script, nothing from the network, plots drawn in place. Sets a `Page` as XML that HTML readers take as
//! well (so that a test can hold it to be well-formed). Names may be hostile: every text goes through [`escaped`], and a policy
//! in the head forbids scripts and every address on top of that.

pub mod axis;
#[cfg(feature = "gui")]
mod figure;
mod svg;

#[cfg(feature = "gui")]
pub(super) use figure::figure;

use std::fmt::Write;

use super::format::percent;
use super::name::one_line;
use super::page::{Block, Line, Page, Section, Span, Table, Tile, TreeRow, Width};
use super::plots::{Columns, Ink, Plot, Shape};
use crate::engine::Phase;

/// How every page of ours begins: tells our files from others.
pub(super) const HEAD: &str = "<!DOCTYPE html>\n<!-- Shardpress -->";
const STYLE: &str = include_str!("style.css");
/// What a browser may do with the page: show it in its own style, and nothing else.
const POLICY: &str = include_str!("policy.txt");
/// A table of a curve has no more rows than this.
const MOST_ROWS: usize = 30;

/// The page as HTML. `bad`: its finding is no good news.
pub(super) fn html(page: &Page, bad: bool) -> String {
    // Writing to a `String` cannot fail.
    let mut text = String::new();
    let _ = write!(
        text,
        "{HEAD}\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>{}: {}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<main>\n<header class=\"card\">\n<p class=\"kind\">{}</p>\n<h1>{}</h1>\n",
        escaped(&page.title),
        escaped(&page.subject),
        escaped(&page.title),
        escaped(&page.subject)
    );
    let mut writer = Writer { text, plots: 0 };
    let finding = if bad { "finding bad" } else { "finding" };
    let (tiles, lead): (Vec<&Block>, Vec<&Block>) = page.lead.iter().partition(|block| matches!(block, Block::Tiles(_)));
    lead.into_iter().for_each(|block| writer.block(block, false));
    let _ = writeln!(writer.text, "<p class=\"{finding}\">{}</p>", escaped(&page.finding));
    tiles.into_iter().for_each(|block| writer.block(block, false));
    writer.text.push_str("</header>\n");
    page.sections.iter().for_each(|section| writer.section(section));
    let _ = write!(
        writer.text,
        "<footer>Written by Shardpress {}.</footer>\n</main>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION")
    );
    writer.text
}

/// Text that is to be read as it stands, whatever it holds, in an element or in an attribute between double quotes. What XML
/// has no way to say is shown by its number.
pub(super) fn escaped(text: &str) -> String {
    one_line(text).chars().fold(String::with_capacity(text.len()), |mut safe, c| {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => safe.extend(c.escape_default()),
            c => safe.push(c),
        }
        safe
    })
}

struct Writer {
    text: String,
    /// Plots so far: each has a name of its own.
    plots: usize,
}

impl Writer {
    fn section(&mut self, section: &Section) {
        let narrow = match section.width {
            Width::Half => " narrow",
            Width::Whole => "",
        };
        let _ = writeln!(
            self.text,
            "<section class=\"card{narrow}\">\n<h2>{}</h2>\n<div class=\"blocks\">",
            escaped(&section.title)
        );
        let narrow: Vec<usize> = (0..section.blocks.len()).filter(|&at| is_narrow(&section.blocks[at])).collect();
        for (at, block) in section.blocks.iter().enumerate() {
            // One that has none beside it may have the whole width; a drawing would only get larger.
            let alone = narrow.len() % 2 == 1 && narrow.last() == Some(&at) && !matches!(block, Block::Plot(_));
            self.block(block, narrow.contains(&at) && !alone);
        }
        self.text.push_str("</div>\n</section>\n");
    }

    fn block(&mut self, block: &Block, narrow: bool) {
        let half = if narrow { " half" } else { "" };
        match block {
            Block::Text(words) => {
                let _ = writeln!(self.text, "<p>{}</p>", line(words));
            }
            Block::List(items) => {
                let _ = writeln!(self.text, "<ul class=\"list{half}\">");
                for item in items {
                    let _ = writeln!(self.text, "<li>{}</li>", line(item));
                }
                self.text.push_str("</ul>\n");
            }
            Block::Table(table) => {
                let _ = writeln!(self.text, "<div class=\"scroll{half}\">{}</div>", set_table(table));
            }
            Block::Tiles(tiles) => self.tiles(tiles),
            Block::Tree(rows) => self.tree(rows, half),
            Block::Plot(plot) => self.plot(plot),
        }
    }

    fn tiles(&mut self, tiles: &[Tile]) {
        self.text.push_str("<dl class=\"tiles\">\n");
        for tile in tiles {
            let _ = writeln!(
                self.text,
                "<div><dt>{}</dt><dd class=\"value\">{}</dd><dd class=\"note\">{}</dd></div>",
                escaped(&tile.label),
                escaped(&tile.value),
                escaped(&tile.note)
            );
        }
        self.text.push_str("</dl>\n");
    }

    fn tree(&mut self, rows: &[TreeRow], half: &str) {
        let rates = rows.iter().map(|row| row.rates.len()).max().unwrap_or(0);
        let _ = write!(
            self.text,
            "<div class=\"scroll{half}\"><table class=\"tree\">\n<thead><tr><th scope=\"col\">Phase</th>\
             <th scope=\"col\" class=\"n\">Busy</th><th scope=\"col\" class=\"n\">Share</th><th scope=\"col\"></th>"
        );
        for _ in 0..rates {
            self.text.push_str("<th scope=\"col\" class=\"n\"></th>");
        }
        self.text.push_str("</tr></thead>\n<tbody>\n");
        for row in rows {
            let phase = row.phase.map_or("", Phase::name);
            let step = if row.depth > 1 { " step" } else { "" };
            let _ = write!(
                self.text,
                "<tr class=\"d{}\"><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
                 <td class=\"bars\"><span class=\"bar {phase}{step}\" style=\"width:{:.2}%\"></span></td>",
                row.depth.min(2),
                escaped(&row.label),
                escaped(&row.time),
                percent(row.share),
                row.share.clamp(0.0, 1.0) * 100.0
            );
            for rate in 0..rates {
                let _ = write!(
                    self.text,
                    "<td class=\"n\">{}</td>",
                    row.rates.get(rate).map(|rate| escaped(rate)).unwrap_or_default()
                );
            }
            self.text.push_str("</tr>\n");
        }
        self.text.push_str("</tbody>\n</table></div>\n");
    }

    fn plot(&mut self, plot: &Plot) {
        self.plots += 1;
        let id = format!("plot{}", self.plots);
        let _ = write!(
            self.text,
            "<figure class=\"half\">\n<figcaption><b>{}</b><span class=\"unit\">{}</span>",
            escaped(&plot.title),
            escaped(&plot.unit)
        );
        for (name, ink, line) in legend(plot) {
            let class = svg::class(ink);
            let mark = if line {
                format!("<line class=\"line {class}\" x1=\"0\" x2=\"18\" y1=\"5\" y2=\"5\"/>")
            } else {
                format!("<rect class=\"{class}\" x=\"4\" y=\"0\" width=\"10\" height=\"10\"/>")
            };
            let _ = write!(
                self.text,
                "<span class=\"key\"><svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 18 10\" aria-hidden=\"true\">{mark}</svg>{}</span>",
                escaped(&name)
            );
        }
        let _ = writeln!(self.text, "</figcaption>\n{}", svg::svg(plot, &id));
        let _ = writeln!(
            self.text,
            "<details><summary>Show as table</summary><div class=\"scroll\">{}</div></details>\n</figure>",
            set_table(&as_table(plot))
        );
    }
}

/// Whether half of a wide page is enough for it.
fn is_narrow(block: &Block) -> bool {
    /// Characters in the heads of a table that fit.
    const HEADS: usize = 60;
    match block {
        Block::Table(table) => table.columns.len() <= 6 && table.columns.iter().map(|head| head.chars().count()).sum::<usize>() <= HEADS,
        Block::Plot(_) | Block::Tree(_) | Block::List(_) => true,
        Block::Text(_) | Block::Tiles(_) => false,
    }
}

/// Names of the inks, and whether each is a line; none where there is only one to tell apart.
pub fn legend(plot: &Plot) -> Vec<(String, Ink, bool)> {
    match &plot.shape {
        Shape::Curves(curves) if curves.curves.len() > 1 => curves.curves.iter().map(|c| (c.name.clone(), c.ink, true)).collect(),
        Shape::Columns(columns) if columns.series.len() > 1 => columns.series.iter().map(|s| (s.0.clone(), s.1, false)).collect(),
        Shape::Bars(bars) => bars.legend.iter().map(|(name, ink)| (name.clone(), *ink, false)).collect(),
        _ => Vec::new(),
    }
}

/// What a plot shows, as a table.
pub fn as_table(plot: &Plot) -> Table {
    let table = |columns: Vec<String>, rows: Vec<Vec<String>>| Table {
        columns,
        rows: rows
            .into_iter()
            .map(|row| row.into_iter().map(|cell| vec![Span::Plain(cell)]).collect())
            .collect(),
    };
    match &plot.shape {
        Shape::Curves(curves) => {
            let first = curves.curves.first().map_or(&[][..], |curve| &curve.points);
            let every = first.len().div_ceil(MOST_ROWS).max(1);
            let mut columns = vec!["From".to_owned()];
            columns.extend(curves.curves.iter().map(|curve| format!("{}, {}", curve.name, plot.unit)));
            let rows = first.iter().enumerate().step_by(every).map(|(at, (begin, ..))| {
                let mut row = vec![super::format::seconds(*begin)];
                for curve in &curves.curves {
                    let part = &curve.points[at.min(curve.points.len())..(at + every).min(curve.points.len())];
                    let (time, amount) = part.iter().fold((0.0, 0.0), |sum, (begin, end, rate)| {
                        (sum.0 + end - begin, sum.1 + rate * (end - begin))
                    });
                    row.push(super::format::number(super::format::share(amount, time)));
                }
                row
            });
            table(columns, rows.collect())
        }
        Shape::Columns(shape) => table(columns_head(shape), columns_rows(shape)),
        Shape::Bars(bars) => {
            let mut columns = vec![String::new()];
            if bars.stacked {
                columns.extend(["At work", "For the phase before", "For the phase after", "For memory"].map(str::to_owned));
            } else {
                columns.extend(bars.legend.iter().map(|(name, _)| name.clone()));
            }
            let rows = bars.rows.iter().map(|row| {
                let mut cells = vec![row.label.clone()];
                cells.extend(row.parts.iter().map(|(_, length, words)| {
                    if bars.stacked {
                        super::format::seconds(*length)
                    } else {
                        words.clone()
                    }
                }));
                cells
            });
            table(columns, rows.collect())
        }
    }
}

fn columns_head(columns: &Columns) -> Vec<String> {
    let mut head = vec!["Range".to_owned()];
    head.extend(columns.series.iter().map(|(name, ..)| name.clone()));
    head
}

fn columns_rows(columns: &Columns) -> Vec<Vec<String>> {
    let rows = columns.bins.iter().enumerate().map(|(at, bin)| {
        let mut row = vec![bin.clone()];
        row.extend(columns.series.iter().map(|(.., counts)| super::format::count(counts[at])));
        row
    });
    rows.collect()
}

fn set_table(table: &Table) -> String {
    let mut text = String::from("<table>\n");
    let class = |at: usize| if table.is_number(at) { " class=\"n\"" } else { "" };
    // A head without words is none.
    if table.columns.iter().any(|column| !column.is_empty()) {
        text.push_str("<thead><tr>");
        for (at, column) in table.columns.iter().enumerate() {
            let _ = write!(text, "<th scope=\"col\"{}>{}</th>", class(at), escaped(column));
        }
        text.push_str("</tr></thead>\n");
    }
    text.push_str("<tbody>\n");
    for row in &table.rows {
        text.push_str("<tr>");
        for (at, cell) in row.iter().enumerate() {
            let _ = write!(text, "<td{}>{}</td>", class(at), line(cell));
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</tbody>\n</table>");
    text
}

fn line(spans: &Line) -> String {
    spans
        .iter()
        .map(|span| match span {
            Span::Plain(text) => escaped(text),
            Span::Code(text) => format!("<code>{}</code>", escaped(text)),
            Span::Strong(text) => format!("<strong>{}</strong>", escaped(text)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_only_text() {
        assert_eq!(
            escaped("<script>alert('x')</script>&\"\u{1b}\u{ffff}\n"),
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;\\u{1b}\\u{ffff}\\n"
        );
    }
}
