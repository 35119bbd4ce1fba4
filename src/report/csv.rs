//! CSV (RFC 4180, UTF-8, comma, a head line): one line an image, for spreadsheets and scripts. A spreadsheet takes a cell that
//! begins with `=`, `+`, `-` or `@` for a formula, and a file may bear such a name, so such a cell gets an apostrophe in front;
//! wherever a cell is not the name to the byte, the cell beside it has the bytes in hexadecimal digits.

use std::io::{self, Write};

use super::Name;
use super::sections::word;
use super::value::{ImageReport, Report, ShardReport};

/// The columns, in order; docs/report.md explains them.
const COLUMNS: [&str; 25] = [
    "shard",
    "shard_hex",
    "name",
    "name_hex",
    "output",
    "output_hex",
    "format",
    "outcome",
    "reason",
    "bytes_before",
    "bytes_after",
    "bytes_saved",
    "width_before",
    "height_before",
    "width_after",
    "height_after",
    "load_us",
    "decode_us",
    "resize_us",
    "encode_us",
    "verify_us",
    "write_us",
    "shard_state",
    "score",
    "quality",
];

/// How every such file begins: tells our files from others.
pub(super) const HEAD: &str = "shard,shard_hex,name,name_hex,output,output_hex,format,outcome,";

/// Writes the table.
pub(super) fn write(report: &Report, file: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(file);
    table.write_record(COLUMNS)?;
    for shard in &report.shards {
        for image in &shard.images {
            table.write_record(row(shard, image))?;
        }
    }
    table.flush()
}

fn row(shard: &ShardReport, image: &ImageReport) -> [String; COLUMNS.len()] {
    let [shard_text, shard_hex] = cells(&shard.path);
    let [name, name_hex] = cells(&image.name);
    let [output, output_hex] = image.output.as_ref().map(cells).unwrap_or_default();
    let side = |side: Option<u32>| side.map(|side| side.to_string()).unwrap_or_default();
    let step = |of: fn(&super::Steps) -> u32| image.steps.as_ref().map(|steps| of(steps).to_string()).unwrap_or_default();
    [
        shard_text,
        shard_hex,
        name,
        name_hex,
        output,
        output_hex,
        image.format.map(|format| word(&format)).unwrap_or_default(),
        word(&image.outcome),
        // A code of ours: never a formula.
        image.reason.as_deref().unwrap_or_default().to_owned(),
        image.bytes_before.to_string(),
        image.bytes_after.to_string(),
        (i128::from(image.bytes_before) - i128::from(image.bytes_after)).to_string(),
        side(image.before.map(|size| size.width)),
        side(image.before.map(|size| size.height)),
        side(image.after.map(|size| size.width)),
        side(image.after.map(|size| size.height)),
        step(|steps| steps.load_us),
        step(|steps| steps.decode_us),
        step(|steps| steps.resize_us),
        step(|steps| steps.encode_us),
        step(|steps| steps.verify_us),
        step(|steps| steps.write_us),
        word(&shard.state),
        image.score.map(|score| score.to_string()).unwrap_or_default(),
        image.quality.map(|quality| quality.to_string()).unwrap_or_default(),
    ]
}

/// The name as a cell, and its bytes where the cell is not the name to the byte.
fn cells(name: &Name) -> [String; 2] {
    // What spreadsheets begin a formula with, the wide forms of East Asian keyboards and white space before it included.
    let formula = |c: char| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠');
    let safe = name.text.starts_with(formula);
    let text = if safe { format!("'{}", name.text) } else { name.text.clone() };
    let hex = match &name.hex {
        Some(hex) => hex.to_string(),
        None if safe => name.text.bytes().map(|byte| format!("{byte:02x}")).collect(),
        None => String::new(),
    };
    [text, hex]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_never_formulas_and_never_lost() {
        let name = |text: &str| Name {
            text: text.to_owned(),
            hex: None,
        };
        assert_eq!(cells(&name("a.png")), ["a.png", ""]);
        assert_eq!(cells(&name("=1+1.png")), ["'=1+1.png", "3d312b312e706e67"]);
        assert_eq!(cells(&name("-a")), ["'-a", "2d61"]);
        // An apostrophe of the name's own is no mark: there is no `hex` beside it.
        assert_eq!(cells(&name("'=a")), ["'=a", ""]);
        let lossy = Name {
            text: "@\u{fffd}".to_owned(),
            hex: Some("40ff".into()),
        };
        assert_eq!(cells(&lossy), ["'@\u{fffd}", "40ff"]);
    }

    #[test]
    fn the_head_tells_our_files() {
        assert!(COLUMNS.join(",").starts_with(HEAD));
    }
}
