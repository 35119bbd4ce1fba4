//! Headers drawn here, and how much of a file is asked for to read them.

use super::*;
use crate::engine::pixels::Orientation;
use crate::engine::pixels::exif::{self, Order};
use crate::engine::settings::Format;

/// A file that counts what is asked of it.
struct Counting<'a> {
    bytes: &'a [u8],
    reads: usize,
    asked: usize,
}

impl HeaderSource for Counting<'_> {
    fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.reads += 1;
        self.asked += buf.len();
        // At most 300 bytes at a time: short reads are normal.
        let len = buf.len().min(300);
        InMemory(self.bytes).read_at(offset, &mut buf[..len])
    }

    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }
}

fn probed(bytes: &[u8]) -> Result<Header, ProbeError> {
    probe(&mut InMemory(bytes))
}

fn header(format: Format, width: u32, height: u32) -> Header {
    Header {
        format,
        size: Size { width, height },
        orientation: Orientation::Upright,
        animated: false,
        transparent: false,
        samples: 3,
        bits: 8,
        multi_pass: false,
        coded_sixteenths: 0,
    }
}

fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    // Checksums are of no interest here.
    [&(body.len() as u32).to_be_bytes()[..], name, body, &[0; 4]].concat()
}

fn png(width: u32, height: u32, bits: u8, colour: u8, interlace: u8, chunks: &[Vec<u8>]) -> Vec<u8> {
    let ihdr = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[bits, colour, 0, 0, interlace]].concat();
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &ihdr),
        chunks.concat(),
        chunk(b"IDAT", &[0; 5000]),
    ]
    .concat()
}

fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    [&[0xff, marker][..], &(body.len() as u16 + 2).to_be_bytes(), body].concat()
}

fn jpeg(sof: u8, width: u16, height: u16, components: u8, segments: &[Vec<u8>]) -> Vec<u8> {
    let frame = [
        &[8][..],
        &height.to_be_bytes(),
        &width.to_be_bytes(),
        &[components],
        &[1, 0x11, 0].repeat(usize::from(components)),
    ]
    .concat();
    [
        vec![0xff, 0xd8],
        segments.concat(),
        segment(sof, &frame),
        segment(0xda, &[0; 10]),
        vec![0; 5000],
    ]
    .concat()
}

/// A progressive JPEG of 800 × 600 with these sampling factors.
fn subsampled(factors: &[u8]) -> Vec<u8> {
    let mut file = jpeg(0xc2, 800, 600, factors.len() as u8, &[]);
    // Behind the start of the image: marker, length, bits, size, count; then number, factors, quantiser of each component.
    for (n, &both) in factors.iter().enumerate() {
        file[2 + 4 + 6 + 3 * n + 1] = both;
    }
    file
}

fn riff(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    for (name, data) in chunks {
        body.extend_from_slice(*name);
        body.extend((data.len() as u32).to_le_bytes());
        body.extend(data);
        body.extend(vec![0; data.len() & 1]);
    }
    [b"RIFF".to_vec(), (body.len() as u32).to_le_bytes().to_vec(), body].concat()
}

fn vp8x(flags: u8) -> Vec<u8> {
    vec![flags, 0, 0, 0, 0x1f, 3, 0, 0x57, 2, 0]
}

fn bmp(width: i32, height: i32, bits: u16, compression: u32) -> Vec<u8> {
    [
        &b"BM\0\0\0\0\0\0\0\0\x36\0\0\0"[..],
        &40_u32.to_le_bytes(),
        &width.to_le_bytes(),
        &height.to_le_bytes(),
        &1_u16.to_le_bytes(),
        &bits.to_le_bytes(),
        &compression.to_le_bytes(),
        &[0; 5000],
    ]
    .concat()
}

fn gif(frames: usize) -> Vec<u8> {
    let mut file = b"GIF89a\x40\x01\xf0\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
    for _ in 0..frames {
        file.extend(b"\x21\xf9\x04\x01\0\0\0\0");
        file.extend(b"\x2c\0\0\0\0\x40\x01\xf0\0\0\x02");
        for _ in 0..40 {
            file.push(255);
            file.extend([7; 255]);
        }
        file.push(0);
    }
    file.push(0x3b);
    file
}

fn tiff(order: Order, next: u32) -> Vec<u8> {
    // The block of the EXIF tests has width and orientation; here a full directory.
    let two = |v: u16| if order == Order::Little { v.to_le_bytes() } else { v.to_be_bytes() };
    let four = |v: u32| if order == Order::Little { v.to_le_bytes() } else { v.to_be_bytes() };
    let mut file = if order == Order::Little {
        b"II*\0".to_vec()
    } else {
        b"MM\0*".to_vec()
    };
    file.extend(four(8));
    let entries: [(u16, u16, u32, u16); 5] = [(256, 3, 1, 800), (257, 3, 1, 600), (258, 3, 3, 200), (274, 3, 1, 6), (277, 3, 1, 3)];
    file.extend(two(entries.len() as u16));
    for (tag, kind, count, value) in entries {
        file.extend(two(tag));
        file.extend(two(kind));
        file.extend(four(count));
        if count > 2 {
            file.extend(four(u32::from(value)));
        } else {
            file.extend(two(value));
            file.extend(two(0));
        }
    }
    file.extend(four(next));
    file.resize(200, 0);
    file.extend(two(16));
    file.extend(two(16));
    file.extend(two(16));
    file
}

#[test]
fn headers_of_all_formats() {
    let exif = exif::tests::block(Order::Big, 6);
    let app1 = segment(0xe1, &[b"Exif\0\0".as_slice(), &exif].concat());
    let vp8 = [
        &[0x10, 0, 0, 0x9d, 0x01, 0x2a][..],
        &800_u16.to_le_bytes(),
        &600_u16.to_le_bytes(),
        &[0; 2000],
    ]
    .concat();
    let vp8l = [&[0x2f][..], &(799_u32 | 599 << 14 | 1 << 28).to_le_bytes(), &[0; 2000]].concat();
    let rows: Vec<(&str, Vec<u8>, Header)> = vec![
        ("png rgb", png(800, 600, 8, 2, 0, &[]), header(Format::Png, 800, 600)),
        (
            "png grey 1 interlaced",
            png(800, 600, 1, 0, 1, &[]),
            Header {
                samples: 1,
                bits: 1,
                multi_pass: true,
                ..header(Format::Png, 800, 600)
            },
        ),
        (
            "png rgba 16",
            png(800, 600, 16, 6, 0, &[]),
            Header {
                samples: 4,
                bits: 16,
                transparent: true,
                ..header(Format::Png, 800, 600)
            },
        ),
        (
            "png palette with trns",
            png(8, 6, 4, 3, 0, &[chunk(b"PLTE", &[0; 48]), chunk(b"tRNS", &[0])]),
            Header {
                samples: 1,
                bits: 4,
                transparent: true,
                ..header(Format::Png, 8, 6)
            },
        ),
        (
            "apng",
            png(8, 6, 8, 2, 0, &[chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0])]),
            Header {
                animated: true,
                ..header(Format::Png, 8, 6)
            },
        ),
        (
            "apng of one frame",
            png(8, 6, 8, 2, 0, &[chunk(b"acTL", &[0, 0, 0, 1, 0, 0, 0, 0])]),
            header(Format::Png, 8, 6),
        ),
        (
            "png with exif",
            png(8, 6, 8, 2, 0, &[chunk(b"eXIf", &exif)]),
            Header {
                orientation: Orientation::Rotate90,
                ..header(Format::Png, 8, 6)
            },
        ),
        (
            "jpeg",
            jpeg(0xc0, 800, 600, 3, &[segment(0xe0, b"JFIF\0")]),
            header(Format::Jpeg, 800, 600),
        ),
        (
            "jpeg progressive grey",
            jpeg(0xc2, 800, 600, 1, &[]),
            Header {
                samples: 1,
                multi_pass: true,
                coded_sixteenths: 16,
                ..header(Format::Jpeg, 800, 600)
            },
        ),
        (
            "jpeg progressive with chroma at half of either side",
            subsampled(&[0x22, 0x11, 0x11]),
            Header {
                multi_pass: true,
                coded_sixteenths: 24,
                ..header(Format::Jpeg, 800, 600)
            },
        ),
        (
            "jpeg progressive with chroma at a third",
            subsampled(&[0x31, 0x11, 0x11]),
            Header {
                multi_pass: true,
                coded_sixteenths: 28,
                ..header(Format::Jpeg, 800, 600)
            },
        ),
        (
            "jpeg progressive with factors that make no sense",
            subsampled(&[0x05, 0x11, 0x11]),
            Header {
                multi_pass: true,
                ..header(Format::Jpeg, 800, 600)
            },
        ),
        (
            "jpeg with exif",
            jpeg(0xc0, 800, 600, 3, &[segment(0xfe, b"hi"), app1]),
            Header {
                orientation: Orientation::Rotate90,
                ..header(Format::Jpeg, 800, 600)
            },
        ),
        (
            "jpeg cmyk behind megabytes",
            jpeg(0xc1, 800, 600, 4, &vec![segment(0xe2, &[0; 65_000]); 30]),
            Header {
                samples: 4,
                ..header(Format::Jpeg, 800, 600)
            },
        ),
        ("webp lossy", riff(&[(b"VP8 ", vp8.clone())]), header(Format::Webp, 800, 600)),
        (
            "webp lossless",
            riff(&[(b"VP8L", vp8l)]),
            Header {
                samples: 4,
                transparent: true,
                ..header(Format::Webp, 800, 600)
            },
        ),
        (
            "webp animated",
            riff(&[(b"VP8X", vp8x(2))]),
            Header {
                animated: true,
                ..header(Format::Webp, 800, 600)
            },
        ),
        (
            "webp with exif",
            riff(&[(b"VP8X", vp8x(8)), (b"VP8 ", vp8), (b"EXIF", exif)]),
            Header {
                orientation: Orientation::Rotate90,
                ..header(Format::Webp, 800, 600)
            },
        ),
        ("bmp", bmp(800, 600, 24, 0), header(Format::Bmp, 800, 600)),
        (
            "bmp top down, 4 bits",
            bmp(800, -600, 4, 0),
            Header {
                samples: 1,
                bits: 4,
                ..header(Format::Bmp, 800, 600)
            },
        ),
        (
            "gif",
            gif(1),
            Header {
                samples: 1,
                transparent: true,
                ..header(Format::Gif, 320, 240)
            },
        ),
        (
            "gif animated",
            gif(3),
            Header {
                samples: 1,
                transparent: true,
                animated: true,
                ..header(Format::Gif, 320, 240)
            },
        ),
        (
            "tiff",
            tiff(Order::Little, 0),
            Header {
                orientation: Orientation::Rotate90,
                bits: 16,
                ..header(Format::Tiff, 800, 600)
            },
        ),
        (
            "tiff with pages",
            tiff(Order::Big, 8),
            Header {
                orientation: Orientation::Rotate90,
                bits: 16,
                animated: true,
                ..header(Format::Tiff, 800, 600)
            },
        ),
    ];
    for (name, file, expected) in rows {
        assert_eq!(probed(&file).unwrap_or_else(|e| panic!("{name}: {e}")), expected, "{name}");
        let mut counting = Counting {
            bytes: &file,
            reads: 0,
            asked: 0,
        };
        assert_eq!(probe(&mut counting).expect(name), expected, "{name}, in short reads");
        // However cut or flipped, there is an answer.
        for at in (0..file.len().min(2000)).chain([file.len() - 1]) {
            let _ = probed(&file[..at]);
            let mut bad = file[..file.len().min(6000)].to_vec();
            if let Some(byte) = bad.get_mut(at) {
                *byte ^= 0xff;
                let _ = probed(&bad);
            }
        }
    }
}

#[test]
fn little_is_read() {
    for (name, file, most) in [
        ("png", png(800, 600, 8, 2, 0, &[]), 1024),
        ("jpeg", jpeg(0xc0, 800, 600, 3, &[segment(0xe0, b"JFIF\0")]), 1024),
        ("bmp", bmp(800, 600, 24, 0), 1024),
        // Thirty segments of 64 kB are skipped, a read each.
        (
            "jpeg behind 2 MB",
            jpeg(0xc0, 800, 600, 3, &vec![segment(0xe2, &[0; 65_000]); 30]),
            1024 + 31 * 256,
        ),
        (
            "png behind 30,000 texts",
            png(800, 600, 8, 2, 0, &vec![chunk(b"tEXt", b"k\0v"); 30_000]),
            30_000 * 15 + (200 << 10),
        ),
    ] {
        let mut counting = Counting {
            bytes: &file,
            reads: 0,
            asked: 0,
        };
        probe(&mut counting).expect(name);
        // Every short read asks for the rest again: 300 bytes come of 1024.
        let asked: usize = {
            struct Whole<'a>(&'a [u8], usize);
            impl HeaderSource for Whole<'_> {
                fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
                    self.1 += buf.len();
                    InMemory(self.0).read_at(offset, buf)
                }
                fn len(&self) -> u64 {
                    self.0.len() as u64
                }
            }
            let mut whole = Whole(&file, 0);
            probe(&mut whole).expect(name);
            whole.1
        };
        assert!(asked <= most, "{name}: {asked} bytes asked for");
    }
}

#[test]
fn what_is_no_picture_of_ours_is_told_apart() {
    type Check = fn(&ProbeError) -> bool;
    let empty: Check = |e| matches!(e, ProbeError::Empty);
    let none: Check = |e| matches!(e, ProbeError::NotAnImage);
    let other: Check = |e| matches!(e, ProbeError::OtherFormat(_));
    let damaged: Check = |e| matches!(e, ProbeError::Damaged(_));
    let rows: Vec<(&str, Vec<u8>, Check)> = vec![
        ("nothing", vec![], empty),
        ("zeros", vec![0; 4096], none),
        ("text", b"version https://git-lfs.github.com/spec/v1\n".to_vec(), none),
        ("html", b"<!DOCTYPE html><html>".to_vec(), none),
        (
            "text that begins like a bitmap",
            b"BMW drivers of the world, unite and take over".to_vec(),
            none,
        ),
        ("svg", b"<?xml version=\"1.0\"?>\n<svg xmlns=".to_vec(), other),
        ("avif", b"\0\0\0\x20ftypavif\0\0\0\0avifmif1".to_vec(), other),
        ("heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), other),
        ("a film", b"\0\0\0\x18ftypmp42\0\0\0\0mp41isom".to_vec(), none),
        ("photoshop", b"8BPS\0\x01".to_vec(), other),
        ("jpeg xl", b"\xff\x0a\xfa\x1f".to_vec(), other),
        ("netpbm", b"P6\n3 3\n255\n".to_vec(), other),
        ("a signature alone", b"\x89PNG\r\n\x1a\n".to_vec(), damaged),
        ("png of no width", png(0, 5, 8, 2, 0, &[]), damaged),
        ("png of 3 bits", png(5, 5, 3, 0, 0, &[]), damaged),
        ("png without pixels", png(5, 5, 8, 0, 0, &[chunk(b"IEND", &[])]), damaged),
        ("jpeg of no height", jpeg(0xc0, 5, 0, 3, &[]), damaged),
        (
            "jpeg that begins with pixels",
            [vec![0xff, 0xd8], segment(0xda, &[0; 9])].concat(),
            damaged,
        ),
        ("webp of an unknown kind", riff(&[(b"ABCD", vec![0; 20])]), damaged),
        ("bmp of no height", bmp(5, 0, 24, 0), damaged),
        ("bmp of negative width", bmp(-5, 5, 24, 0), damaged),
    ];
    for (name, file, check) in rows {
        match probed(&file) {
            Ok(header) => panic!("{name}: {header:?}"),
            Err(error) => assert!(check(&error), "{name}: {error:?}"),
        }
    }
}
