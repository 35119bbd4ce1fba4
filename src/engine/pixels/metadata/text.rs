//! Text chunks of a PNG, and where their texts go in a JPEG: into the EXIF tags where programs look for the well-known ones,
//! the others (and those that are too long for that) into JPEG comments. `docs/metadata.md` says which, and whose custom it is.

use super::block::{ASCII, Block, Part, UNDEFINED};
use super::segment::MAX_BODY;
use crate::engine::pixels::exif::Order;
use crate::engine::pixels::png;

/// EXIF's comment of a user.
pub(super) const TAG_COMMENT: u16 = 0x9286;
/// What ComfyUI writes its prompt into.
const TAG_MODEL: u16 = 0x0110;
/// What ComfyUI writes its workflow into.
const TAG_MAKE: u16 = 0x010F;
/// Prefix of a comment in UTF-16 (EXIF 2.3, table 9).
const UNICODE: &[u8; 8] = b"UNICODE\0";

/// One text of a PNG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    /// The keyword: 1 to 79 characters of Latin-1 without line breaks, by the format.
    pub(super) key: String,
    pub(super) value: String,
}

/// Why there is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The chunk is not what it says.
    Broken,
    /// It is longer than was allowed.
    TooLong,
}

/// The keyword of a chunk named `tEXt`, `zTXt` or `iTXt`, where it is in ASCII.
pub(super) fn key(body: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(parted(body)?.0).map_err(|_| Fault::Broken)
}

/// The text of a chunk named `tEXt`, `zTXt` or `iTXt` (PNG specification, third edition, 11.3.3), of at most `limit` bytes.
pub(super) fn parsed(name: [u8; 4], body: &[u8], limit: usize) -> Result<Text, Fault> {
    let (key, rest) = parted(body)?;
    if key.is_empty() || key.len() > 79 || key.contains(&b'\n') || key.contains(&b'\t') {
        return Err(Fault::Broken);
    }
    let inflated = |deflated: &[u8]| match png::inflated(deflated, limit) {
        Ok(text) => Ok(text),
        Err(png::Inflation::TooLong) => Err(Fault::TooLong),
        Err(png::Inflation::Broken) => Err(Fault::Broken),
    };
    let value = match (&name, rest) {
        (b"tEXt", text) => latin(text.to_vec()),
        (b"zTXt", [0, deflated @ ..]) => latin(inflated(deflated)?),
        (b"iTXt", [packed @ (0 | 1), 0, rest @ ..]) => {
            let (_language, rest) = parted(rest)?;
            let (_translated, text) = parted(rest)?;
            let text = if *packed == 1 { inflated(text)? } else { text.to_vec() };
            String::from_utf8(text).map_err(|_| Fault::Broken)?
        }
        _ => return Err(Fault::Broken),
    };
    if value.len() > limit {
        return Err(Fault::TooLong);
    }
    Ok(Text {
        key: latin(key.to_vec()),
        value,
    })
}

/// What stands before and behind the first NUL.
fn parted(body: &[u8]) -> Result<(&[u8], &[u8]), Fault> {
    let end = body.iter().position(|&byte| byte == 0).ok_or(Fault::Broken)?;
    Ok((&body[..end], &body[end + 1..]))
}

/// Latin-1 by the format; but bytes beyond ASCII that are UTF-8 were meant so: real Latin-1 never looks like it.
fn latin(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
}

/// Puts texts where programs look for them, as long as the block then has at most `limit` bytes. Gives back the others.
pub(super) fn into_block(texts: &[Text], block: &mut Block, limit: usize) -> Vec<Text> {
    let mut left = Vec::new();
    for text in texts {
        let free = |part, tag| is_blank(block.get(part, tag));
        let place = match text.key.as_str() {
            "parameters" if free(Part::Photo, TAG_COMMENT) => Some((Part::Photo, TAG_COMMENT, UNDEFINED, user_comment(&text.value))),
            "prompt" if free(Part::Main, TAG_MODEL) => ascii(text).map(|value| (Part::Main, TAG_MODEL, ASCII, value)),
            "workflow" if free(Part::Main, TAG_MAKE) => ascii(text).map(|value| (Part::Main, TAG_MAKE, ASCII, value)),
            _ => None,
        };
        let placed = place.and_then(|(part, tag, kind, value)| {
            // Not worth a try, which copies all of it.
            if value.len() > limit {
                return None;
            }
            let mut tried = block.clone();
            tried.set(part, tag, kind, value);
            (tried.written().len() <= limit).then_some(tried)
        });
        match placed {
            Some(placed) => *block = placed,
            None => left.push(text.clone()),
        }
    }
    left
}

/// Copies tags that hold prompts from one block into another: what [`into_block`] wrote, and what others write alike.
pub(super) fn between_blocks(from: &Block, to: &mut Block) {
    if let Some((kind, comment)) = from.get(Part::Photo, TAG_COMMENT)
        && !is_blank(Some((kind, comment)))
    {
        to.set(Part::Photo, TAG_COMMENT, kind, comment.to_vec());
    }
    for tag in [TAG_MODEL, TAG_MAKE, 0x010E] {
        let Some((ASCII, value)) = from.get(Part::Main, tag) else {
            continue;
        };
        let named = |name: &[u8]| value.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        if named(b"prompt:") || named(b"workflow:") {
            to.set(Part::Main, tag, ASCII, value.to_vec());
        }
    }
}

/// Nothing is there, or nothing but a prefix and blanks (cameras reserve the space).
fn is_blank(value: Option<(u16, &[u8])>) -> bool {
    let Some((_, value)) = value else { return true };
    let text = [UNICODE.as_slice(), b"ASCII\0\0\0", b"JIS\0\0\0\0\0"]
        .into_iter()
        .find_map(|prefix| value.strip_prefix(prefix));
    text.unwrap_or(value).iter().all(|&byte| matches!(byte, 0 | b' '))
}

/// UTF-16 of the upper byte first, whatever the block's order: that is what AUTOMATIC1111's web interface writes and reads.
fn user_comment(text: &str) -> Vec<u8> {
    UNICODE
        .iter()
        .copied()
        .chain(text.encode_utf16().flat_map(u16::to_be_bytes))
        .collect()
}

/// `key:text` with a NUL behind it; `None` where there is one within.
fn ascii(text: &Text) -> Option<Vec<u8>> {
    let value = format!("{}:{}\0", text.key, text.value);
    (value.find('\0') == Some(value.len() - 1)).then(|| value.into_bytes())
}

/// Bodies of JPEG comments for one text, UTF-8: the first line is the key, the text begins behind it. A text that is too long
/// for one is parted; then the first line of each is the key, a tab, and `which/of`. Keywords hold neither.
pub(super) fn into_comments(text: &Text) -> Vec<Vec<u8>> {
    // Room for the key in UTF-8, and for numbers of parts.
    let room = MAX_BODY - text.key.len() - 24;
    let mut parts = Vec::new();
    let mut rest = text.value.as_str();
    loop {
        let (part, behind) = rest.split_at(rest.floor_char_boundary(room));
        parts.push(part);
        rest = behind;
        if rest.is_empty() {
            break;
        }
    }
    let body = |(index, part): (usize, &&str)| match parts.len() {
        1 => format!("{}\n{part}", text.key).into_bytes(),
        of => format!("{}\t{}/{of}\n{part}", text.key, index + 1).into_bytes(),
    };
    parts.iter().enumerate().map(body).collect()
}

/// A block for prompts alone: of the byte order that goes with its comments.
pub(super) fn fresh_block() -> Block {
    Block::empty(Order::Big)
}
