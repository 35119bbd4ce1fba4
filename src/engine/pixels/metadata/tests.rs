//! What goes in comes out: blocks, packets and texts, real ones and hostile ones.

use proptest::prelude::*;

use super::block::{ASCII, UNDEFINED};
use super::*;
use crate::engine::pixels::exif::{self, Order};
use crate::engine::pixels::{Orientation, jpeg, png};
use crate::engine::settings::Format;

const SIZE: Size = Size { width: 512, height: 341 };

fn keep() -> PictureSettings {
    PictureSettings {
        metadata: Metadata::Keep,
        ..PictureSettings::default()
    }
}

fn prompts() -> PictureSettings {
    PictureSettings {
        prompts: true,
        ..PictureSettings::default()
    }
}

/// Everything asked for.
fn all() -> PictureSettings {
    PictureSettings {
        keep_gps: true,
        prompts: true,
        ..keep()
    }
}

type Tag = (u16, u16, Vec<u8>);

fn two(order: Order, number: usize) -> Vec<u8> {
    match order {
        Order::Little => (number as u16).to_le_bytes().to_vec(),
        Order::Big => (number as u16).to_be_bytes().to_vec(),
    }
}

fn four(order: Order, number: usize) -> Vec<u8> {
    match order {
        Order::Little => (number as u32).to_le_bytes().to_vec(),
        Order::Big => (number as u32).to_be_bytes().to_vec(),
    }
}

fn bytes_of(kind: u16) -> usize {
    [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8][usize::from(kind)]
}

/// A block as cameras write it: directories one behind the other, each with its values behind it, and a thumbnail at the end.
fn block(order: Order, main: &[Tag], photo: &[Tag], gps: &[Tag], thumbnail: Option<&[u8]>) -> Vec<u8> {
    let length = |tags: &[Tag], more: usize| {
        let values: usize = tags
            .iter()
            .map(|tag| tag.2.len())
            .filter(|&len| len > 4)
            .map(|len| len.next_multiple_of(2))
            .sum();
        6 + 12 * (tags.len() + more) + values
    };
    let pointers = usize::from(!photo.is_empty()) + usize::from(!gps.is_empty());
    let photo_at = 8 + length(main, pointers);
    let gps_at = photo_at + if photo.is_empty() { 0 } else { length(photo, 0) };
    let second_at = gps_at + if gps.is_empty() { 0 } else { length(gps, 0) };
    let mut main = main.to_vec();
    for (tag, tags, at) in [(0x8769, photo, photo_at), (0x8825, gps, gps_at)] {
        if !tags.is_empty() {
            main.push((tag, LONG, four(order, at)));
        }
    }
    let mut out = match order {
        Order::Little => b"II*\0".to_vec(),
        Order::Big => b"MM\0*".to_vec(),
    };
    out.extend(four(order, 8));
    let mut lay = |tags: &[Tag], next: usize| {
        let mut sorted = tags.to_vec();
        sorted.sort_by_key(|tag| tag.0);
        let mut values_at = out.len() + 6 + 12 * sorted.len();
        let mut values = Vec::new();
        out.extend(two(order, sorted.len()));
        for (tag, kind, value) in sorted {
            out.extend([two(order, usize::from(tag)), two(order, usize::from(kind))].concat());
            out.extend(four(order, value.len() / bytes_of(kind)));
            if value.len() <= 4 {
                out.extend(&value);
                out.extend(vec![0; 4 - value.len()]);
            } else {
                out.extend(four(order, values_at));
                let padded = value.len().next_multiple_of(2);
                values_at += padded;
                values.extend(&value);
                values.extend(vec![0; padded - value.len()]);
            }
        }
        out.extend(four(order, next));
        out.extend(values);
    };
    lay(&main, thumbnail.map_or(0, |_| second_at));
    if !photo.is_empty() {
        lay(photo, 0);
    }
    if !gps.is_empty() {
        lay(gps, 0);
    }
    if let Some(thumbnail) = thumbnail {
        let at = second_at + 6 + 24;
        lay(&[(0x0201, LONG, four(order, at)), (0x0202, LONG, four(order, thumbnail.len()))], 0);
        out.extend(thumbnail);
    }
    out
}

fn has(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    [&[0xFF, marker], (body.len() as u16 + 2).to_be_bytes().as_slice(), body].concat()
}

/// A JPEG of nothing but these segments.
fn jpeg_of(segments: &[Vec<u8>]) -> Vec<u8> {
    [b"\xFF\xD8".as_slice(), &segments.concat(), b"\xFF\xDA\0\x02\xFF\xD9"].concat()
}

fn found(bytes: &[u8], format: Format, settings: &PictureSettings) -> Carried {
    carried(bytes, format, settings, &Colours::Stored)
}

fn carried(bytes: &[u8], format: Format, settings: &PictureSettings, colours: &Colours) -> Carried {
    collect::collect(bytes, format, Wish::of(settings)).prepare(settings, colours, SIZE)
}

/// The segments of a JPEG that something was put into, with their markers.
fn read_back(carried: &Carried) -> Vec<(u8, Vec<u8>)> {
    let empty = jpeg_of(&[segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")]);
    let jpeg = carried.insert(empty);
    let mut at = 2;
    let mut all = Vec::new();
    while let Some((marker, body, next)) = jpeg::segment(&jpeg, at) {
        if marker == 0xDA {
            break;
        }
        all.push((marker, body.to_vec()));
        at = next;
    }
    assert_eq!(all.remove(0).0, 0xE0, "JFIF stays first");
    all
}

fn exif_of(carried: &Carried) -> Option<Vec<u8>> {
    let mut all = read_back(carried).into_iter();
    all.find_map(|(marker, body)| {
        (marker == 0xE1)
            .then(|| body.strip_prefix(b"Exif\0\0").map(<[u8]>::to_vec))
            .flatten()
    })
}

fn xmp_of(carried: &Carried) -> Option<String> {
    let packet = read_back(carried)
        .into_iter()
        .find_map(|(_, body)| body.strip_prefix(b"http://ns.adobe.com/xap/1.0/\0").map(<[u8]>::to_vec));
    packet.map(|packet| String::from_utf8(packet).unwrap())
}

/// Texts as `docs/metadata.md` tells to read them.
fn texts_of(carried: &Carried) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for (_, body) in read_back(carried).into_iter().filter(|(marker, _)| *marker == 0xFE) {
        let body = String::from_utf8(body).unwrap();
        let (line, text) = body.split_once('\n').unwrap();
        match line.split_once('\t') {
            Some((key, number)) if !number.starts_with("1/") => {
                let last = all.last_mut().unwrap();
                assert_eq!(last.0, key);
                last.1.push_str(text);
            }
            Some((key, _)) => all.push((key.into(), text.into())),
            None => all.push((line.into(), text.into())),
        }
    }
    if let Some(exif) = exif_of(carried) {
        let block = Block::read(&exif).unwrap();
        for tag in [0x010F, 0x0110] {
            if let Some((ASCII, value)) = block.get(Part::Main, tag) {
                let value = std::str::from_utf8(value).unwrap().trim_end_matches('\0');
                let (key, text) = value.split_once(':').unwrap();
                all.push((key.into(), text.into()));
            }
        }
        if let Some((UNDEFINED, value)) = block.get(Part::Photo, text::TAG_COMMENT) {
            let units: Vec<u16> = value[8..].as_chunks::<2>().0.iter().map(|&pair| u16::from_be_bytes(pair)).collect();
            all.push(("parameters".into(), String::from_utf16(&units).unwrap()));
        }
    }
    all.sort();
    all
}

fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let content = [name.as_slice(), body].concat();
    [
        (body.len() as u32).to_be_bytes().as_slice(),
        &content,
        &crc32fast::hash(&content).to_be_bytes(),
    ]
    .concat()
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn plain_text(key: &str, text: &[u8]) -> Vec<u8> {
    chunk(b"tEXt", &[key.as_bytes(), b"\0", text].concat())
}

fn packed_text(key: &str, text: &[u8]) -> Vec<u8> {
    chunk(b"zTXt", &[key.as_bytes(), b"\0\0", &deflated(text)].concat())
}

fn wide_text(key: &str, text: &str, packed: bool) -> Vec<u8> {
    let body = if packed {
        deflated(text.as_bytes())
    } else {
        text.as_bytes().to_vec()
    };
    chunk(
        b"iTXt",
        &[key.as_bytes(), &[0, u8::from(packed), 0], b"en\0translated\0", &body].concat(),
    )
}

/// A PNG of nothing but these chunks.
fn png_of(chunks: &[Vec<u8>]) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n".as_slice(), &chunks.concat(), &chunk(b"IEND", b"")].concat()
}

#[test]
fn exif_is_true_of_the_replacement() {
    let secret = b"47 degrees north";
    for order in [Order::Little, Order::Big] {
        let note = [7; 41].to_vec();
        let main = [
            (0x0100, LONG, four(order, 4000)),
            (0x0112, SHORT, two(order, 6)),
            (0x010F, ASCII, b"Maker of cameras\0".to_vec()),
            (0x02BC, UNDEFINED, b"<a packet that names the place>".to_vec()),
        ];
        let photo = [
            (0x829A, 5, [four(order, 1), four(order, 250)].concat()),
            (0x927C, UNDEFINED, note.clone()),
            (0xA001, SHORT, two(order, 0xFFFF)),
            (0xA002, SHORT, two(order, 4000)),
            (0xA003, SHORT, two(order, 3000)),
        ];
        let gps = [(1, ASCII, b"N\0".to_vec()), (2, UNDEFINED, secret.to_vec())];
        let thumbnail = [0xAB; 3000];
        let stored = block(order, &main, &photo, &gps, Some(&thumbnail));
        assert_eq!(exif::orientation(&stored), Orientation::Rotate90);
        let file = jpeg_of(&[segment(0xE1, &[b"Exif\0\0".as_slice(), &stored].concat())]);

        let carried = carried(&file, Format::Jpeg, &keep(), &Colours::Srgb);
        assert_eq!(carried.notes, Vec::<String>::new());
        let bare = exif_of(&carried).unwrap();
        assert_eq!(exif::orientation(&bare), Orientation::Upright);
        let read = Block::read(&bare).unwrap();
        assert_eq!(read.get(Part::Main, 0x0100), Some((LONG, four(order, 512).as_slice())));
        assert_eq!(read.get(Part::Main, 0x010F), Some((ASCII, b"Maker of cameras\0".as_slice())));
        assert_eq!(read.get(Part::Main, 0x8825), None);
        assert_eq!(read.get(Part::Main, 0x02BC), None);
        assert_eq!(read.get(Part::Photo, 0xA001), Some((SHORT, two(order, 1).as_slice())));
        assert_eq!(read.get(Part::Photo, 0xA002), Some((LONG, four(order, 512).as_slice())));
        assert_eq!(read.get(Part::Photo, 0xA003), Some((LONG, four(order, 341).as_slice())));
        assert_eq!(read.get(Part::Photo, 0x829A).unwrap().1, photo[0].2);
        assert_eq!(read.get(Part::Photo, 0x927C).unwrap().1, note);
        let place = |block: &[u8]| block.windows(note.len()).position(|window| window == note);
        assert_eq!(place(&bare), place(&stored), "a maker note must not move");
        assert!(
            !has(&bare, secret) && !has(&bare, b"the place") && !has(&bare, &thumbnail[..8]),
            "gone is gone"
        );
        assert!(bare.len() < stored.len() - 3000, "{} of {}", bare.len(), stored.len());

        let with_gps = PictureSettings { keep_gps: true, ..keep() };
        let kept = exif_of(&found(&file, Format::Jpeg, &with_gps)).unwrap();
        assert!(has(&kept, secret) && Block::read(&kept).unwrap().get(Part::Main, 0x8825).is_some());
        assert_eq!(Block::read(&kept).unwrap().get(Part::Photo, 0xA001).unwrap().1, two(order, 0xFFFF));
        assert_eq!(found(&file, Format::Jpeg, &PictureSettings::default()), Carried::default());
        // A camera's block holds no prompt.
        assert_eq!(found(&file, Format::Jpeg, &prompts()), Carried::default());
    }
}

#[test]
fn every_container_is_read() {
    let exif = block(Order::Big, &[(0x0131, ASCII, b"a program\0".to_vec())], &[], &[], None);
    let packet = "<x:xmpmeta xmlns:x='adobe:ns:meta/'>hello</x:xmpmeta>";
    let webp_chunk = |name: &[u8; 4], body: &[u8]| {
        let pad = vec![0; body.len() % 2];
        [name.as_slice(), &(body.len() as u32).to_le_bytes(), body, &pad].concat()
    };
    let jpeg = jpeg_of(&[
        segment(0xE1, &[b"Exif\0\0".as_slice(), &exif].concat()),
        segment(0xE1, &[b"http://ns.adobe.com/xap/1.0/\0", packet.as_bytes()].concat()),
    ]);
    let webp = [
        b"RIFF\0\0\0\0WEBP".to_vec(),
        webp_chunk(b"VP8 ", b"odd"),
        webp_chunk(b"EXIF", &[b"Exif\0\0".as_slice(), &exif].concat()),
        webp_chunk(b"XMP ", packet.as_bytes()),
    ]
    .concat();
    let tiff = block(
        Order::Little,
        &[
            (0x0131, ASCII, b"a program\0".to_vec()),
            (0x0111, LONG, four(Order::Little, 8)),
            (0x02BC, UNDEFINED, packet.as_bytes().to_vec()),
        ],
        &[(0x829A, 5, vec![1; 8]), (0x927C, UNDEFINED, vec![2; 8])],
        &[(1, ASCII, b"N\0".to_vec())],
        None,
    );
    let late = png_of(&[
        chunk(b"IDAT", b""),
        wide_text("XML:com.adobe.xmp", packet, false),
        chunk(b"eXIf", &exif),
    ]);
    for (name, format, file) in [
        ("jpeg", Format::Jpeg, jpeg),
        ("webp", Format::Webp, webp),
        ("png", Format::Png, late),
        ("tiff", Format::Tiff, tiff),
    ] {
        let carried = found(&file, format, &keep());
        assert_eq!(carried.notes, Vec::<String>::new(), "{name}");
        assert_eq!(xmp_of(&carried).as_deref(), Some(packet), "{name}");
        let read = Block::read(&exif_of(&carried).unwrap()).unwrap();
        assert_eq!(read.get(Part::Main, 0x0131).unwrap().1, b"a program\0", "{name}");
        if format == Format::Tiff {
            assert_eq!(read.get(Part::Main, 0x0111), None);
            assert_eq!(read.get(Part::Photo, 0x829A), Some((5, [1; 8].as_slice())));
            assert_eq!(read.get(Part::Photo, 0x927C), None);
        }
    }
}

#[test]
fn texts_go_where_programs_look_for_them_and_come_back_whole() {
    let workflow: String = (0..9_000).map(|i| format!("{{\"node\": {i}, \"ünïcode\": \"😀\"}}, ")).collect();
    assert!(workflow.len() > 250_000);
    let rows: [(&str, Vec<u8>, String); 8] = [
        (
            "parameters",
            wide_text("parameters", "a cat 🐈\nSteps: 20", false),
            "a cat 🐈\nSteps: 20".into(),
        ),
        (
            "prompt",
            plain_text("prompt", br#"{"3": {"class_type": "KSampler"}}"#),
            r#"{"3": {"class_type": "KSampler"}}"#.into(),
        ),
        ("workflow", packed_text("workflow", workflow.as_bytes()), workflow.clone()),
        ("Title", plain_text("Title", b"caf\xe9"), "café".into()),
        ("date:create", plain_text("date:create", b"2020-01-01"), "2020-01-01".into()),
        (
            "Comment",
            wide_text("Comment", "{\"scale\": 11}\n\n", true),
            "{\"scale\": 11}\n\n".into(),
        ),
        ("Empty", plain_text("Empty", b""), String::new()),
        ("Utf8", plain_text("Utf8", "naïve".as_bytes()), "naïve".into()),
    ];
    let file = png_of(&rows.iter().map(|row| row.1.clone()).collect::<Vec<_>>());
    let mut expected: Vec<(String, String)> = rows.iter().map(|row| (row.0.into(), row.2.clone())).collect();
    expected.sort();
    for settings in [prompts(), all()] {
        let carried = found(&file, Format::Png, &settings);
        assert_eq!(carried.notes, Vec::<String>::new());
        assert_eq!(texts_of(&carried), expected);
        let block = Block::read(&exif_of(&carried).unwrap()).unwrap();
        let comment = block.get(Part::Photo, 0x9286).unwrap().1;
        assert!(comment.starts_with(b"UNICODE\0\0a\0 \0c"), "{comment:?}");
        assert!(block.get(Part::Main, 0x0110).unwrap().1.starts_with(b"prompt:{"));
        assert_eq!(block.get(Part::Main, 0x010F), None, "too long for EXIF");
        // And again out of the JPEG that came of it.
        let jpeg = carried.insert(jpeg_of(&[]));
        assert_eq!(texts_of(&found(&jpeg, Format::Jpeg, &prompts())), expected);
    }
    assert_eq!(texts_of(&found(&file, Format::Png, &keep())), []);
    assert_eq!(found(&file, Format::Png, &PictureSettings::default()), Carried::default());
}

#[test]
fn prompts_never_overwrite_what_a_camera_said() {
    let exif = block(
        Order::Little,
        &[(0x010F, ASCII, b"Maker\0".to_vec())],
        &[(0x9286, UNDEFINED, b"ASCII\0\0\0hello".to_vec())],
        &[],
        None,
    );
    let file = png_of(&[chunk(b"eXIf", &exif), plain_text("workflow", b"{}"), plain_text("parameters", b"p")]);
    let carried = found(&file, Format::Png, &all());
    let read = Block::read(&exif_of(&carried).unwrap()).unwrap();
    assert_eq!(read.get(Part::Main, 0x010F).unwrap().1, b"Maker\0");
    assert_eq!(read.get(Part::Photo, 0x9286).unwrap().1, b"ASCII\0\0\0hello");
    let comments: Vec<Vec<u8>> = read_back(&carried).into_iter().filter(|s| s.0 == 0xFE).map(|s| s.1).collect();
    assert_eq!(comments, [b"workflow\n{}".to_vec(), b"parameters\np".to_vec()]);
}

#[test]
fn xmp_is_true_of_the_replacement() {
    fn check(inside: &str, expected: &str) {
        let packet = |inside: &str| {
            format!(
                "<?xpacket begin='\u{feff}' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF \
                 xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns:t=\"http://ns.adobe.com/tiff/1.0/\" \
                 xmlns:exif=\"http://ns.adobe.com/exif/1.0/\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" \
                 xmlns:dc=\"http://purl.org/dc/elements/1.1/\">{inside}</rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
            )
        };
        assert_eq!(
            xmp::corrected(packet(inside).as_bytes(), false, SIZE).unwrap(),
            packet(expected),
            "{inside}"
        );
    }
    check(
        "<rdf:Description>plain &amp; <!-- kept --> </rdf:Description>",
        "<rdf:Description>plain &amp; <!-- kept --> </rdf:Description>",
    );
    check("<t:Orientation>6</t:Orientation>", "<t:Orientation>1</t:Orientation>");
    check("<dc:Orientation>6</dc:Orientation>", "<dc:Orientation>6</dc:Orientation>");
    check(
        "<rdf:Description t:Orientation=\"8\" dc:title='say \"hi\"' exif:GPSLatitude=\"47,1N\"/>",
        "<rdf:Description\nt:Orientation=\"1\"\ndc:title='say \"hi\"'/>",
    );
    check(
        "<exif:GPSLatitude>47</exif:GPSLatitude><exif:GPS rdf:parseType='Resource'><exif:GPS>1</exif:GPS></exif:GPS><dc:a/>",
        "<dc:a/>",
    );
    check(
        "<exif:PixelXDimension>4000</exif:PixelXDimension>",
        "<exif:PixelXDimension>512</exif:PixelXDimension>",
    );
    check("<xmp:Thumbnails><rdf:Alt><rdf:li>aaaa</rdf:li></rdf:Alt></xmp:Thumbnails>", "");
    check(&" ".repeat(2000), "\n");
    check(
        "<d:Description xmlns:d='http://www.dji.com/drone-dji/1.0/' d:GpsLatitude='1' d:Name='x'>y</d:Description>",
        "<d:Description\nxmlns:d=\"http://www.dji.com/drone-dji/1.0/\"\nd:Name=\"x\">y</d:Description>",
    );
    let with_gps = "<a xmlns:exif='http://ns.adobe.com/exif/1.0/' exif:GPSLatitude='47'/>";
    assert_eq!(xmp::corrected(with_gps.as_bytes(), true, SIZE).as_deref(), Ok(with_gps));
    for broken in [
        "",
        "no tags",
        "<a>",
        "<a></b>",
        "</a>",
        "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>",
        "<a b=c/>",
        // Nothing would be left of it.
        "<GPS/>",
        "\u{0}",
    ] {
        assert_eq!(xmp::corrected(broken.as_bytes(), false, SIZE), Err(xmp::Broken), "{broken:?}");
    }
    assert_eq!(xmp::corrected(b"<a>\xff</a>", false, SIZE), Err(xmp::Broken));
}

#[test]
fn profiles_of_any_size_are_parted_and_joined() {
    for length in [1_usize, 65_519, 65_520, 300_000] {
        let icc: Vec<u8> = (0..length).map(|i| (i * 31 % 251) as u8).collect();
        let carried = carried(&jpeg_of(&[]), Format::Jpeg, &keep(), &Colours::Own(icc.as_slice().into()));
        let segments = read_back(&carried);
        assert_eq!(segments.len(), length.div_ceil(65_519));
        let joined: Vec<u8> = segments.iter().flat_map(|(_, body)| body[14..].to_vec()).collect();
        assert_eq!(joined, icc);
        assert!(
            segments
                .iter()
                .zip(1..)
                .all(|((marker, body), number)| *marker == 0xE2 && body[12] == number)
        );
    }
}

#[test]
fn what_cannot_be_carried_is_said() {
    let big = |length: usize| (0x9286, UNDEFINED, (0..length).map(|i| i as u8 | 1).collect::<Vec<u8>>());
    let exif = |length| block(Order::Big, &[], &[big(length)], &[], None);
    let xmp = |inside: &str| wide_text("XML:com.adobe.xmp", &format!("<a>{inside}</a>"), true);
    let rows = [
        (
            "damaged EXIF",
            png_of(&[chunk(b"eXIf", b"II*\0\xff\xff\xff\x7f")]),
            "cannot be read",
        ),
        ("no EXIF at all", png_of(&[chunk(b"eXIf", b"")]), "cannot be read"),
        ("large EXIF", png_of(&[chunk(b"eXIf", &exif(70_000))]), "64 KiB"),
        (
            "damaged XMP",
            png_of(&[wide_text("XML:com.adobe.xmp", "<a><b></a>", false)]),
            "cannot be read",
        ),
        ("large XMP", png_of(&[xmp(&"x".repeat(70_000))]), "64 KiB"),
        ("bomb", png_of(&[packed_text("parameters", &vec![b' '; 5 << 20])]), "4 MiB"),
        (
            "too much text",
            png_of(&[plain_text("a", &vec![b' '; 3 << 20]), plain_text("b", &vec![b' '; 3 << 20])]),
            "4 MiB",
        ),
        (
            "bad checksum",
            png_of(&[[plain_text("a", b"b"), vec![]]
                .concat()
                .iter()
                .rev()
                .skip(1)
                .rev()
                .chain(&[0])
                .copied()
                .collect()]),
            "1 of",
        ),
        ("bad UTF-8", png_of(&[chunk(b"iTXt", b"a\0\0\0\0\0\xff")]), "cannot be read"),
    ];
    for (name, file, expected) in rows {
        let carried = found(&file, Format::Png, &all());
        assert_eq!(carried.notes.len(), 1, "{name}: {:?}", carried.notes);
        assert!(carried.notes[0].contains(expected), "{name}: {:?}", carried.notes);
        assert!(exif_of(&carried).is_none() && xmp_of(&carried).is_none(), "{name}");
    }
    assert!(Block::read(&exif(60_000)).is_some());
    let carried = carried(&jpeg_of(&[]), Format::Jpeg, &keep(), &Colours::Unreadable);
    assert_eq!(carried.notes, ["its colour profile cannot be read and is left out"]);
}

/// A tag that nothing is done to, with any value that fits its type.
fn strangers() -> impl Strategy<Value = Vec<Tag>> {
    let tag = (0x9000_u16..0x9280, 1_u16..13, 0_usize..20).prop_flat_map(|(tag, kind, count)| {
        let length = count * bytes_of(kind);
        (Just(tag), Just(kind), proptest::collection::vec(any::<u8>(), length..=length))
    });
    proptest::collection::vec(tag, 0..12).prop_map(|mut tags| {
        tags.sort_by_key(|tag| tag.0);
        tags.dedup_by_key(|tag| tag.0);
        tags
    })
}

proptest! {
    #[test]
    fn all_other_tags_keep_their_values(
        main in strangers(), photo in strangers(), gps in strangers(), thumbnail in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..99)),
        little: bool, orientation in 0_usize..12, prompt in "\\PC{0,90}",
    ) {
        let order = if little { Order::Little } else { Order::Big };
        let mut with = main.clone();
        with.push((0x0112, SHORT, two(order, orientation)));
        let stored = block(order, &with, &photo, &gps, thumbnail.as_deref());
        let file = png_of(&[chunk(b"eXIf", &stored), wide_text("parameters", &prompt, false)]);
        let settings = PictureSettings { prompts: true, ..keep() };
        let carried = found(&file, Format::Png, &settings);
        prop_assert_eq!(&carried.notes, &Vec::<String>::new());
        let read = Block::read(&exif_of(&carried).unwrap()).unwrap();
        for (part, tags) in [(Part::Main, &main), (Part::Photo, &photo)] {
            for (tag, kind, value) in tags {
                prop_assert_eq!(read.get(part, *tag), Some((*kind, value.as_slice())), "{:#x}", tag);
            }
        }
        prop_assert_eq!(read.get(Part::Main, 0x0112).unwrap().1, two(order, 1));
        prop_assert_eq!(read.get(Part::Main, 0x8825), None);
        prop_assert_eq!(texts_of(&carried), vec![("parameters".to_owned(), prompt)]);
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for format in [Format::Jpeg, Format::Png, Format::Webp, Format::Tiff, Format::Bmp, Format::Gif] {
            let _ = found(&bytes, format, &all());
        }
        let _ = text::parsed(*b"iTXt", &bytes, 1000);
        for start in [b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"] {
            let block = [start.as_slice(), &bytes].concat();
            let file = png_of(&[chunk(b"eXIf", &block), wide_text("parameters", "p", false)]);
            let carried = found(&file, Format::Png, &PictureSettings { prompts: true, ..keep() });
            let _ = found(&block, Format::Tiff, &all());
            // What comes out is in order whatever went in.
            prop_assert!(Block::read(&exif_of(&carried).unwrap()).is_some_and(|block| block.lost == 0));
        }
    }

    #[test]
    fn damaged_blocks_never_panic(at in 0_usize..200, value: u8, cut in 0_usize..200, offset in 0_u32..200, offset_at in 0_usize..200) {
        let order = Order::Little;
        let mut bytes = block(
            order,
            &[(0x0112, SHORT, two(order, 6)), (0x010F, ASCII, b"somebody\0".to_vec())],
            &[(0x9003, ASCII, b"2020:01:01 00:00:00\0".to_vec()), (0xA005, LONG, four(order, 8))],
            &[(2, 5, vec![3; 24])],
            Some(&[1; 9]),
        );
        let length = bytes.len();
        bytes[at % length] = value;
        bytes[offset_at % (length - 4)..][..4].copy_from_slice(&offset.to_le_bytes());
        bytes.truncate(length - cut % 60);
        let file = png_of(&[chunk(b"eXIf", &bytes)]);
        if let Some(block) = exif_of(&found(&file, Format::Png, &keep())) {
            let read = Block::read(&block);
            prop_assert!(read.is_some_and(|block| block.get(Part::Main, 0x8825).is_none() && block.get(Part::Photo, 0x8825).is_none()));
        }
    }

    #[test]
    fn random_packets_never_panic(text in "(<|>|/|a|:|=|\"|'| |exif|GPS|&|;|!|-|\\[|\\]|\\?|xmlns|é){0,60}") {
        if let Ok(packet) = xmp::corrected(text.as_bytes(), false, SIZE) {
            prop_assert_eq!(xmp::corrected(packet.as_bytes(), false, SIZE), Ok(packet));
        }
    }
}

#[test]
fn files_cut_anywhere_never_panic() {
    let png = png_of(&[
        packed_text("a", b"bbbb"),
        wide_text("parameters", "p", true),
        chunk(b"eXIf", &[0; 9]),
    ]);
    let jpeg = found(&png, Format::Png, &prompts()).insert(jpeg_of(&[]));
    for (file, format) in [(png, Format::Png), (jpeg, Format::Jpeg)] {
        for at in 0..file.len() {
            let _ = found(&file[..at], format, &all());
        }
    }
    let bomb = deflated(&vec![0; 5 << 20]);
    assert_eq!(png::inflated(&bomb, 4 << 20), Err(png::Inflation::TooLong));
}
