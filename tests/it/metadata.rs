//! Metadata and prompts through a whole run, read back by readers that are not ours.

use std::io::Cursor;
use std::path::Path;
use std::sync::OnceLock;

use exif::{In, Tag, Value};
use image::ImageDecoder as _;

use crate::fixture::{Fixture, drawn};

/// A profile of a space that is far from sRGB, so that a conversion shows. Made once, as it holds the time of its making.
fn display_p3() -> Vec<u8> {
    static PROFILE: OnceLock<Vec<u8>> = OnceLock::new();
    let profile = PROFILE.get_or_init(|| moxcms::ColorProfile::new_display_p3().encode().expect("a profile"));
    profile.clone()
}

/// The middle pixel of a picture that is one colour all over, and the profile beside it.
fn seen(jpeg: &[u8]) -> ([u8; 3], Option<Vec<u8>>) {
    let mut decoder = zune_jpeg::JpegDecoder::new(zune_core::bytestream::ZCursor::new(jpeg));
    let pixels = decoder.decode().expect("a whole JPEG");
    let (width, height) = decoder.dimensions().expect("a size");
    let at = (height / 2 * width + width / 2) * 3;
    ([pixels[at], pixels[at + 1], pixels[at + 2]], decoder.icc_profile())
}

/// Segments with this marker, without marker and length.
fn segments(jpeg: &[u8], wanted: u8) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut at = 2;
    while jpeg[at] == 0xFF && jpeg[at + 1] != 0xDA {
        let length = usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        if jpeg[at + 1] == wanted {
            found.push(jpeg[at + 4..at + 2 + length].to_vec());
        }
        at += 2 + length;
    }
    found
}

fn exif_of(jpeg: &[u8]) -> exif::Exif {
    exif::Reader::new()
        .read_from_container(&mut Cursor::new(jpeg))
        .expect("EXIF in order")
}

fn number(exif: &exif::Exif, tag: Tag) -> Option<u32> {
    exif.get_field(tag, In::PRIMARY).and_then(|field| field.value.get_uint(0))
}

fn utf16(text: &str) -> Vec<u8> {
    [b"UNICODE\0".to_vec(), text.encode_utf16().flat_map(u16::to_be_bytes).collect()].concat()
}

/// 700 × 700 pixels of (180, 60, 60), with what a program for making pictures writes.
fn generated() -> Vec<u8> {
    let mut out = Vec::new();
    let mut info = png::Info::with_size(700, 700);
    info.color_type = png::ColorType::Rgb;
    info.icc_profile = Some(display_p3().into());
    info.uncompressed_latin1_text
        .push(png::text_metadata::TEXtChunk::new("prompt", "{\"3\": {}}"));
    info.utf8_text
        .push(png::text_metadata::ITXtChunk::new("parameters", "a cat 🐈\nSteps: 20"));
    info.utf8_text.push(png::text_metadata::ITXtChunk::new("Title", "Ein Bild, schön"));
    let mut long = png::text_metadata::ITXtChunk::new("workflow", format!("{{\"nodes\": \"{}\"}}", "0123456789 ".repeat(20_000)));
    long.compress_text().expect("in memory");
    info.utf8_text.push(long);
    let mut writer = png::Encoder::with_info(&mut out, info)
        .expect("a PNG")
        .write_header()
        .expect("a PNG");
    writer.write_image_data(&[180, 60, 60].repeat(700 * 700)).expect("a PNG");
    writer.finish().expect("a PNG");
    out
}

/// A photo lying on its side, with a place and a thumbnail in its EXIF, and XMP.
fn photo() -> Vec<u8> {
    let field = |tag, value| exif::Field {
        tag,
        ifd_num: In::PRIMARY,
        value,
    };
    let thumbnail = [0xFF, 0xD8, 0x55, 0x55, 0x55, 0xFF, 0xD9];
    let degrees = vec![exif::Rational { num: 47, denom: 1 }; 3];
    let fields = [
        field(Tag::Make, Value::Ascii(vec![b"A maker".to_vec()])),
        field(Tag::Orientation, Value::Short(vec![6])),
        field(Tag::DateTimeOriginal, Value::Ascii(vec![b"2024:05:06 07:08:09".to_vec()])),
        field(Tag::PixelXDimension, Value::Long(vec![1200])),
        field(Tag::PixelYDimension, Value::Long(vec![800])),
        field(Tag::MakerNote, Value::Undefined(b"opaque to everybody".to_vec(), 0)),
        field(Tag::GPSLatitude, Value::Rational(degrees)),
    ];
    let mut writer = exif::experimental::Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    writer.set_jpeg(&thumbnail, In::THUMBNAIL);
    let mut block = Cursor::new(Vec::new());
    writer.write(&mut block, false).expect("in memory");
    let xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'><a xmlns:exif='http://ns.adobe.com/exif/1.0/' \
                exif:GPSLatitude='47,0N' exif:Flash='1'/></x:xmpmeta>";
    let mut jpeg = drawn("photo.jpg", 1200, 800);
    for body in [[b"Exif\0\0", block.into_inner().as_slice()].concat(), xmp.to_vec()] {
        let segment = [&[0xFF, 0xE1], (body.len() as u16 + 2).to_be_bytes().as_slice(), &body].concat();
        jpeg.splice(2..2, segment);
    }
    jpeg
}

fn after(name: &str, content: &[u8], flags: &[&str]) -> Vec<u8> {
    let fixture = Fixture::new();
    fixture.file(&format!("shard_00000/{name}"), content);
    fixture.run(flags).ends_with(0);
    let name = Path::new(name).with_extension("jpg");
    fixture.look().file(&format!("shard_00000/{}", name.display())).to_vec()
}

#[test]
fn by_default_nothing_is_said_and_colours_are_srgb() {
    for (name, content) in [("a.png", generated()), ("b.jpg", photo())] {
        let jpeg = after(name, &content, &[]);
        for marker in (0xE1..=0xEF).chain([0xFE]) {
            assert_eq!(segments(&jpeg, marker), Vec::<Vec<u8>>::new(), "{name} {marker:x}");
        }
    }
    // Display P3 (180, 60, 60) in sRGB, by the primaries in floating point.
    let (pixel, icc) = seen(&after("a.png", &generated(), &[]));
    assert!(pixel.iter().zip([196, 47, 54]).all(|(a, b)| a.abs_diff(b) <= 3), "{pixel:?}");
    assert_eq!(icc, None);
}

#[test]
fn a_profile_goes_along_and_the_pixels_stay_in_it() {
    let (pixel, icc) = seen(&after("a.png", &generated(), &["--metadata", "keep"]));
    assert!(pixel.iter().zip([180, 60, 60]).all(|(a, b)| a.abs_diff(b) <= 2), "{pixel:?}");
    assert_eq!(icc, Some(display_p3()));
    // The same from a TIFF, whose reader is another one.
    let mut tiff = Cursor::new(Vec::new());
    let mut encoder = image::codecs::tiff::TiffEncoder::new(&mut tiff);
    image::ImageEncoder::set_icc_profile(&mut encoder, display_p3()).expect("a profile");
    image::ImageEncoder::write_image(encoder, &[180, 60, 60].repeat(600 * 600), 600, 600, image::ExtendedColorType::Rgb8).expect("a TIFF");
    let tiff = tiff.into_inner();
    let stored = image::codecs::tiff::TiffDecoder::new(Cursor::new(&tiff)).and_then(|mut tiff| tiff.icc_profile());
    assert_eq!(stored.expect("a TIFF"), Some(display_p3()));
    let (pixel, icc) = seen(&after(
        "a.tiff",
        &tiff,
        &["--metadata", "keep", "--also", "tiff", "--convert", "tiff"],
    ));
    assert!(pixel.iter().zip([180, 60, 60]).all(|(a, b)| a.abs_diff(b) <= 2), "{pixel:?}");
    assert_eq!(icc, Some(display_p3()));
}

#[test]
fn exif_and_xmp_are_true_of_the_replacement() {
    let jpeg = after("b.jpg", &photo(), &["--metadata", "keep"]);
    let exif = exif_of(&jpeg);
    assert_eq!(number(&exif, Tag::Orientation), Some(1));
    assert_eq!(
        (number(&exif, Tag::PixelXDimension), number(&exif, Tag::PixelYDimension)),
        (Some(341), Some(512))
    );
    let text = |tag| exif.get_field(tag, In::PRIMARY).map(|field| field.display_value().to_string());
    assert_eq!(text(Tag::Make).as_deref(), Some("\"A maker\""));
    assert_eq!(text(Tag::DateTimeOriginal).as_deref(), Some("2024-05-06 07:08:09"));
    let Some(Value::Undefined(note, _)) = exif.get_field(Tag::MakerNote, In::PRIMARY).map(|field| &field.value) else {
        panic!("no maker note");
    };
    assert_eq!(note, b"opaque to everybody");
    assert!(exif.get_field(Tag::GPSLatitude, In::PRIMARY).is_none());
    assert!(exif.fields().all(|field| field.ifd_num == In::PRIMARY), "no thumbnail");
    let xmp = segments(&jpeg, 0xE1)
        .into_iter()
        .map(|body| String::from_utf8_lossy(&body).into_owned())
        .find(|body| body.starts_with("http"));
    let xmp = xmp.expect("XMP");
    assert!(xmp.contains("exif:Flash") && !xmp.contains("GPS"), "{xmp}");

    let jpeg = after("b.jpg", &photo(), &["--metadata", "keep", "--keep-gps"]);
    assert!(exif_of(&jpeg).get_field(Tag::GPSLatitude, In::PRIMARY).is_some());
}

#[test]
fn prompts_are_where_programs_look_for_them() {
    let jpeg = after("a.png", &generated(), &["--prompts"]);
    assert_eq!(seen(&jpeg).1, None, "no profile without --metadata keep");
    let check = |jpeg: &[u8]| {
        let exif = exif_of(jpeg);
        let comment = exif.get_field(Tag::UserComment, In::PRIMARY).expect("a comment");
        let Value::Undefined(comment, _) = &comment.value else {
            panic!("{comment:?}")
        };
        assert_eq!(*comment, utf16("a cat 🐈\nSteps: 20"));
        let Some(Value::Ascii(model)) = exif.get_field(Tag::Model, In::PRIMARY).map(|field| &field.value) else {
            panic!("no model");
        };
        assert_eq!(model[0], b"prompt:{\"3\": {}}");
        let comments: Vec<String> = segments(jpeg, 0xFE)
            .into_iter()
            .map(|body| String::from_utf8(body).expect("UTF-8"))
            .collect();
        assert_eq!(comments[0], "Title\nEin Bild, schön");
        let parts = comments[1..]
            .iter()
            .zip(1..)
            .map(|(part, n)| part.strip_prefix(&format!("workflow\t{n}/4\n")).expect("a part"));
        assert_eq!(
            parts.collect::<String>(),
            format!("{{\"nodes\": \"{}\"}}", "0123456789 ".repeat(20_000))
        );
    };
    check(&jpeg);
    // And once more, smaller.
    check(&after("a.jpg", &jpeg, &["--prompts", "--target", "300"]));
}

#[test]
fn what_cannot_be_read_is_said_and_harms_nothing() {
    let mut jpeg = drawn("c.jpg", 900, 600);
    let body = b"Exif\0\0II*\0\xff\xff\xff\xff";
    jpeg.splice(
        2..2,
        [&[0xFF, 0xE1], (body.len() as u16 + 2).to_be_bytes().as_slice(), body].concat(),
    );
    let fixture = Fixture::new();
    fixture.file("shard_00000/c.jpg", &jpeg);
    let report = fixture.beside("report.json");
    fixture
        .run(&["--metadata", "keep", "--json", report.to_str().expect("UTF-8")])
        .ends_with(0);
    let report = std::fs::read_to_string(report).expect("a report");
    assert!(report.contains("its EXIF cannot be read and is left out"), "{report}");
    assert_eq!(segments(fixture.look().file("shard_00000/c.jpg"), 0xE1), Vec::<Vec<u8>>::new());
}
