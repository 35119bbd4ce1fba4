//! Hostile pictures, drawn by code: small files that grow large, headers that lie, parts without number or end, two formats in one.

use std::io::Write as _;

use crate::fixture::drawn;

/// What must become of a hostile file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Must {
    /// Refused by name, with a reason, and not a byte of it changed.
    Refused,
    /// Replaced: what is hostile about it does not concern its pixels.
    Shrunk,
    /// Either of them, or left alone: a sound replacement, or not a byte changed.
    WholeOrShrunk,
}
use Must::{Refused, Shrunk, WholeOrShrunk};

/// All of them: name, content, what must become of it.
pub(crate) fn all() -> Vec<(&'static str, Vec<u8>, Must)> {
    let mut all = pngs();
    all.extend(jpegs());
    all.extend(others());
    all
}

fn pngs() -> Vec<(&'static str, Vec<u8>, Must)> {
    let good = drawn("inside.png", 640, 480);
    let with = |kind: &[u8; 4], body: &[u8]| insert(&good, 33, &chunk(kind, body));
    let inflating = |head: &[u8]| [head, &zeros(256 << 20)].concat();
    let nested = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
    let xmp = |text: &str| [b"XML:com.adobe.xmp\0\0\0\0\0".as_slice(), text.as_bytes()].concat();
    let texts = chunk(b"tEXt", b"a\0b").repeat(100_000);
    let lying = |width: u32, height: u32, depth, colour| png(width, height, depth, colour, &zeros(1 << 20));
    vec![
        // Within no limit: nothing is decoded.
        ("30000-squared.png", png(30_000, 30_000, 8, 0, &zeros(30_001 * 30_000)), Refused),
        // Within the limit, 324 MB of pixels in 315 kB: only strips fit into the memory that is allowed.
        ("9000-squared.png", png(9000, 9000, 8, 6, &zeros(36_001 * 9000)), Shrunk),
        // Its pixels would fit; the weights that make 512 of 16 million columns take a gigabyte.
        ("as-wide-as-memory.png", png(1 << 24, 4, 8, 6, &zeros(((4 << 24) + 1) * 4)), Refused),
        // 256 MB behind the last of its pixels.
        ("more-than-its-pixels.png", png(600, 600, 8, 0, &zeros(256 << 20)), WholeOrShrunk),
        ("iccp-bomb.png", with(b"iCCP", &inflating(b"bomb\0\0")), WholeOrShrunk),
        ("ztxt-bomb.png", with(b"zTXt", &inflating(b"parameters\0\0")), WholeOrShrunk),
        (
            "itxt-bomb.png",
            with(b"iTXt", &inflating(b"XML:com.adobe.xmp\0\x01\0\0\0")),
            WholeOrShrunk,
        ),
        ("100000-texts.png", insert(&good, 33, &texts), WholeOrShrunk),
        ("deep-xmp.png", with(b"iTXt", &xmp(&nested(500_000))), WholeOrShrunk),
        ("entities.png", with(b"iTXt", &xmp(LAUGHS)), WholeOrShrunk),
        ("endless-chunk.png", insert(&good, 33, b"\xFF\xFF\xFF\xFFtEXt"), Refused),
        ("zero-wide.png", lying(0, 600, 8, 2), Refused),
        ("as-large-as-can-be.png", lying(i32::MAX as u32, i32::MAX as u32, 16, 6), Refused),
        ("line.png", png(65_535, 1, 8, 0, &zeros(65_536)), WholeOrShrunk),
        ("column.png", png(1, 65_535, 8, 0, &zeros(2 * 65_535)), WholeOrShrunk),
        ("cut.png", good[..good.len() / 2].to_vec(), Refused),
        ("and-a-zip.png", [good.as_slice(), ZIP].concat(), WholeOrShrunk),
        ("empty.png", Vec::new(), Refused),
        ("zeros.png", vec![0; 100_000], Refused),
    ]
}

fn jpegs() -> Vec<(&'static str, Vec<u8>, Must)> {
    let good = drawn("inside.jpg", 700, 500);
    let with = |marker: u8, body: &[u8]| insert(&good, 2, &segment(marker, body));
    let before_the_end = |more: &[u8]| insert(&good, good.len() - 2, more);
    let nested = "<a>".repeat(20_000);
    let xmp = |text: &str| with(0xE1, &[b"http://ns.adobe.com/xap/1.0/\0", text.as_bytes()].concat());
    // Pieces of a profile: 255 of them, each of which says that it is another one of another number.
    let pieces: Vec<u8> = (0..255_u8)
        .flat_map(|n| segment(0xE2, &[b"ICC_PROFILE\0".as_slice(), &[n.wrapping_mul(7), n, 1, 2, 3]].concat()))
        .collect();
    // A folder of fields whose next folder, and the one inside it, are itself.
    let circle = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x87\x69\0\x04\0\0\0\x01\0\0\0\x08\0\0\0\x08";
    let mut huge = good.clone();
    let size = size_at(&huge);
    huge[size..size + 4].copy_from_slice(&[0xFF, 0xDC, 0xFF, 0xDC]);
    let mut flat = good.clone();
    flat[size..size + 4].copy_from_slice(&[0, 0, 2, 0]);
    vec![
        ("65500-squared.jpg", huge, Refused),
        ("no-height.jpg", flat, Refused),
        ("a-header-alone.jpg", good[..size + 12].to_vec(), Refused),
        ("cut.jpg", good[..good.len() - 1000].to_vec(), Refused),
        ("profile-in-lying-pieces.jpg", insert(&good, 2, &pieces), WholeOrShrunk),
        (
            "100000-segments.jpg",
            insert(&good, 2, &segment(0xEF, b"").repeat(100_000)),
            WholeOrShrunk,
        ),
        ("100000-restarts.jpg", before_the_end(&b"\xFF\xD0".repeat(100_000)), WholeOrShrunk),
        ("a-megabyte-of-fill.jpg", insert(&good, 2, &vec![0xFF; 1 << 20]), WholeOrShrunk),
        // The same picture, in ninety scans and in far too many.
        ("90-scans.jpg", scans(90), Shrunk),
        ("880-scans.jpg", scans(880), Refused),
        ("exif-in-a-circle.jpg", with(0xE1, circle), Shrunk),
        ("entities.jpg", xmp(LAUGHS), WholeOrShrunk),
        ("deep-xmp.jpg", xmp(&nested), WholeOrShrunk),
        (
            "and-a-page.jpg",
            [&with(0xFE, b"<html><script>alert(1)</script>"), b"</html>".as_slice()].concat(),
            WholeOrShrunk,
        ),
    ]
}

fn others() -> Vec<(&'static str, Vec<u8>, Must)> {
    let riff = |chunks: &[u8]| {
        let length = u32::try_from(chunks.len() + 4).expect("small").to_le_bytes();
        [b"RIFF", length.as_slice(), b"WEBP", chunks].concat()
    };
    // 16383 squared, by the header of each coding.
    let lossy = riff(b"VP8 \x10\0\0\0\x10\0\0\x9D\x01\x2A\xFF\x3F\xFF\x3F\0\0\0\0\0\0");
    let lossless = riff(b"VP8L\x0A\0\0\0\x2F\xFE\xBF\xFF\x0F\0\0\0\0\0");
    let good = drawn("inside.webp", 620, 400);
    let mut short = good.clone();
    short.truncate(good.len() / 2);
    let bmp = drawn("inside.bmp", 600, 400);
    let lying = |at: usize, value: u32| {
        let mut lying = bmp.clone();
        lying[at..at + 4].copy_from_slice(&value.to_le_bytes());
        lying
    };
    vec![
        ("16383-squared-lossy.webp", lossy, Refused),
        ("16383-squared-lossless.webp", lossless, Refused),
        ("cut.webp", short, Refused),
        ("65535-wide.bmp", lying(18, 65_535), Refused),
        ("65535-high.bmp", lying(22, 65_535), Refused),
        ("two-gigapixels-high.bmp", lying(22, i32::MAX as u32), Refused),
        ("as-high-as-can-be.bmp", lying(22, 1 << 31), Refused),
        ("pixels-behind-its-end.bmp", lying(10, u32::MAX), Refused),
        ("cut.bmp", bmp[..bmp.len() / 2].to_vec(), Refused),
        // A GIF that is a Java archive as well, under a name that is neither.
        ("gifar.png", [b"GIF89a\x01\0\x01\0\0\0\0;".as_slice(), ZIP].concat(), WholeOrShrunk),
        ("a-page.png", b"<html><script>alert(1)</script></html>".to_vec(), Refused),
    ]
}

/// An archive without a file in it.
const ZIP: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// A million laughs: entities of entities.
const LAUGHS: &str = "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"lollollollollollollollollollol\">\
<!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">\
<!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\"><!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;\">\
<!ENTITY f \"&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;\"><!ENTITY g \"&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;\">]>\
<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">&g;</x:xmpmeta>";

fn insert(bytes: &[u8], at: usize, more: &[u8]) -> Vec<u8> {
    [&bytes[..at], more, &bytes[at..]].concat()
}

fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let named = [kind, body].concat();
    let length = u32::try_from(body.len()).expect("small").to_be_bytes();
    [length.as_slice(), &named, &crc32fast::hash(&named).to_be_bytes()].concat()
}

fn png(width: u32, height: u32, depth: u8, colour: u8, data: &[u8]) -> Vec<u8> {
    let head = [width.to_be_bytes().as_slice(), &height.to_be_bytes(), &[depth, colour, 0, 0, 0]].concat();
    [
        b"\x89PNG\r\n\x1a\n".as_slice(),
        &chunk(b"IHDR", &head),
        &chunk(b"IDAT", data),
        &chunk(b"IEND", b""),
    ]
    .concat()
}

/// So many zeros, as zlib would have them. A megabyte is deflated and its blocks repeated: they end at a whole byte and refer to
/// nothing before them.
fn zeros(count: usize) -> Vec<u8> {
    const PART: usize = 1 << 20;
    let deflated = |count: usize| {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&vec![0; count]).expect("in memory");
        encoder.flush().expect("in memory");
        encoder.get_ref().clone()
    };
    // Adler-32 of zeros: the first sum stays 1, the second counts them.
    let sum = u32::try_from(count % 65_521).expect("small") << 16 | 1;
    [
        b"\x78\xDA".as_slice(),
        &deflated(PART).repeat(count / PART),
        &deflated(count % PART),
        // An empty last block.
        &[3, 0],
        &sum.to_be_bytes(),
    ]
    .concat()
}

fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).expect("a segment").to_be_bytes();
    [&[0xFF, marker], length.as_slice(), body].concat()
}

/// Where a baseline JPEG of ours has its height and width.
fn size_at(jpeg: &[u8]) -> usize {
    jpeg.windows(4)
        .position(|window| window == [0xFF, 0xC0, 0, 17] || window == [0xFF, 0xC1, 0, 17])
        .expect("a frame")
        + 5
}

/// A grey progressive JPEG of 600 × 600 pixels, of which every scan says in two bytes that there is nothing: first the means, then one
/// bit after the other of each frequency, so that all scans belong there.
fn scans(count: usize) -> Vec<u8> {
    // One code of one bit: a difference of nothing; a run of 4096 blocks without anything, and the number of more in 12 bits.
    let table = |class: u8, value: u8| segment(0xC4, &[&[class, 1][..], &[0; 15], &[value]].concat());
    let scan = |first: u8, high_low: u8, data: &[u8]| {
        let last = first;
        [segment(0xDA, &[1, 1, 0, first, last, high_low]).as_slice(), data].concat()
    };
    // 75 × 75 blocks: 5625 bits of nothing; 4096 + 1529 blocks in a run, filled up with ones.
    let means = [vec![0; 703], vec![0x7F]].concat();
    let run = (1529_u16 << 3 | 7).to_be_bytes();
    let mut file = [
        b"\xFF\xD8".as_slice(),
        &segment(0xDB, &[&[0][..], &[1; 64]].concat()),
        &segment(0xC2, &[8, 2, 88, 2, 88, 1, 1, 0x11, 0]),
        &table(0, 0),
        &table(0x10, 0xC0),
        &scan(0, 0, &means),
    ]
    .concat();
    for frequency in 1..64_u8 {
        let levels = (count - 1) / 63 + usize::from(usize::from(frequency) <= (count - 1) % 63);
        for low in (0..u8::try_from(levels).expect("few")).rev() {
            let high = if usize::from(low) + 1 == levels { 0 } else { low + 1 };
            file.extend(scan(frequency, high << 4 | low, &run));
        }
    }
    file.extend(b"\xFF\xD9");
    file
}
