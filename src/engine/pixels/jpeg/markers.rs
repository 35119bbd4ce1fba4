//! The head of a JPEG file, read without a codec: frame, quantisation tables, Adobe marker and colour profile.
//! Both codecs are fed by it, so that they judge alike; the check of what was encoded gets its tolerances from it.

/// What stands before the first scan.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Head {
    /// Second byte of the frame's marker, 0xC0 to 0xCF; 0 where there is none.
    pub(super) frame: u8,
    /// Bits of a sample.
    pub(super) bits: u8,
    /// Rows as stored.
    pub(super) height: u32,
    /// Columns as stored.
    pub(super) width: u32,
    /// The frame's components, in order.
    pub(super) components: Vec<Component>,
    /// Quantisation tables by number, in zigzag order; the last definition counts.
    pub(super) tables: [Option<[u16; 64]>; 4],
    /// The transform code of Adobe's segment: 0 none, 1 YCbCr, 2 YCCK.
    pub(super) adobe: Option<u8>,
    /// Components of the first scan; 0 where there is none.
    pub(super) first_scan: u8,
    /// The embedded colour profile, where all its chunks are there.
    pub(super) icc: Option<Vec<u8>>,
}

/// A component of the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Component {
    /// The name that scans call it by.
    #[cfg(any(test, not(feature = "native-codecs")))]
    pub(super) id: u8,
    /// Samples across in a unit of the scan.
    pub(super) h: u8,
    /// Samples down in a unit of the scan.
    pub(super) v: u8,
    /// Number of its quantisation table.
    pub(super) table: u8,
}

impl Head {
    /// Coded in several passes over the picture that refine each other.
    pub(super) fn progressive(&self) -> bool {
        matches!(self.frame, 0xC2 | 0xC6 | 0xCA | 0xCE)
    }

    /// Lossless coding, which has no blocks and no quantisation.
    pub(super) fn lossless(&self) -> bool {
        matches!(self.frame, 0xC3 | 0xC7 | 0xCB | 0xCF)
    }
}

/// Reads the segments up to the first scan. Never fails: what is not there stays empty, and the codec says why the file
/// cannot be decoded.
pub(super) fn read(bytes: &[u8]) -> Head {
    let mut head = Head::default();
    let mut chunks: Vec<(u8, u8, &[u8])> = Vec::new();
    let mut at = 2;
    while let Some((marker, body, next)) = segment(bytes, at) {
        at = next;
        match marker {
            0xDA => {
                head.first_scan = body.first().copied().unwrap_or(0);
                break;
            }
            0xD9 => break,
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF if head.frame == 0 => frame(&mut head, marker, body),
            0xDB => tables(&mut head, body),
            0xEE => {
                if let [b'A', b'd', b'o', b'b', b'e', _, _, _, _, _, _, transform, ..] = body {
                    head.adobe = Some(*transform);
                }
            }
            0xE2 => {
                if let Some([number, count, data @ ..]) = body.strip_prefix(b"ICC_PROFILE\0") {
                    chunks.push((*number, *count, data));
                }
            }
            _ => {}
        }
    }
    head.icc = profile(chunks);
    head
}

/// The next marker from `at` on with its payload, and where the one after it may begin. Bytes that belong to no
/// segment are stepped over, as decoders do.
pub(in crate::engine::pixels) fn segment(bytes: &[u8], mut at: usize) -> Option<(u8, &[u8], usize)> {
    loop {
        at += bytes.get(at..)?.iter().position(|&byte| byte == 0xFF)?;
        at += bytes[at..].iter().position(|&byte| byte != 0xFF)?;
        let marker = bytes[at];
        at += 1;
        match marker {
            0x00 => {}
            // Markers without a payload.
            0x01 | 0xD0..=0xD9 => return Some((marker, &[], at)),
            _ => {
                let length = usize::from(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
                let body = bytes.get(at + 2..at + length.max(2))?;
                return Some((marker, body, at + length.max(2)));
            }
        }
    }
}

/// Where the file's image ends: the index behind its end marker; `None` where it stops before one. Scans are stepped
/// over, not decoded.
#[cfg(any(test, not(feature = "native-codecs")))]
pub(super) fn end(bytes: &[u8]) -> Option<usize> {
    let mut at = 2;
    loop {
        // Within a scan the marker search steps over entropy coded data, where 0xFF is followed by 0 or a restart marker.
        let (marker, _, next) = segment(bytes, at)?;
        if marker == 0xD9 {
            return Some(next);
        }
        at = next;
    }
}

fn frame(head: &mut Head, marker: u8, body: &[u8]) {
    let [bits, h1, h0, w1, w0, count, components @ ..] = body else {
        return;
    };
    head.frame = marker;
    head.bits = *bits;
    head.height = u32::from(u16::from_be_bytes([*h1, *h0]));
    head.width = u32::from(u16::from_be_bytes([*w1, *w0]));
    head.components = components
        .chunks_exact(3)
        .take(usize::from(*count))
        .map(|c| Component {
            #[cfg(any(test, not(feature = "native-codecs")))]
            id: c[0],
            h: c[1] >> 4,
            v: c[1] & 15,
            table: c[2],
        })
        .collect();
}

fn tables(head: &mut Head, mut body: &[u8]) {
    while let [first, rest @ ..] = body {
        let wide = first >> 4 != 0;
        let length = if wide { 128 } else { 64 };
        let (Some(values), Some(slot)) = (rest.get(..length), head.tables.get_mut(usize::from(first & 15))) else {
            return;
        };
        let mut table = [0; 64];
        for (k, entry) in table.iter_mut().enumerate() {
            *entry = if wide {
                u16::from_be_bytes([values[2 * k], values[2 * k + 1]])
            } else {
                u16::from(values[k])
            };
        }
        *slot = Some(table);
        body = &rest[length..];
    }
}

/// Joins the chunks of a profile: numbered from 1, all naming the same count, each there once, in any order.
fn profile(mut chunks: Vec<(u8, u8, &[u8])>) -> Option<Vec<u8>> {
    let count = chunks.first()?.1;
    chunks.sort_by_key(|chunk| chunk.0);
    let complete =
        chunks.len() == usize::from(count) && chunks.iter().zip(1..).all(|(chunk, number)| chunk.0 == number && chunk.1 == count);
    complete.then(|| chunks.iter().flat_map(|chunk| chunk.2).copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment_bytes(marker: u8, body: &[u8]) -> Vec<u8> {
        let mut out = vec![0xFF, marker];
        out.extend(u16::try_from(body.len() + 2).unwrap().to_be_bytes());
        out.extend(body);
        out
    }

    fn icc(number: u8, count: u8, data: &[u8]) -> Vec<u8> {
        segment_bytes(0xE2, &[b"ICC_PROFILE\0".as_slice(), &[number, count], data].concat())
    }

    fn file(parts: &[Vec<u8>]) -> Vec<u8> {
        [vec![0xFF, 0xD8], parts.concat()].concat()
    }

    #[test]
    fn frame_tables_and_adobe() {
        let sof = segment_bytes(0xC2, &[8, 0, 100, 1, 0, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
        let dqt = segment_bytes(0xDB, &[vec![0], (1..=64).collect(), vec![0x11], [1, 2].repeat(64)].concat());
        let adobe = segment_bytes(0xEE, b"Adobe\0\x64\0\0\0\0\x02");
        let junk = vec![0, 1, 2, 0xFF, 0x00, 0xFF, 0xFF];
        let head = read(&file(&[dqt, junk, adobe, sof, segment_bytes(0xDA, &[])]));
        assert_eq!((head.frame, head.bits, head.width, head.height), (0xC2, 8, 256, 100));
        assert_eq!(
            head.components[0],
            Component {
                id: 1,
                h: 2,
                v: 2,
                table: 0
            }
        );
        assert_eq!(head.components.len(), 3);
        assert_eq!(head.tables[0].unwrap()[63], 64);
        assert_eq!(head.tables[1].unwrap()[5], 0x0102);
        assert_eq!(head.adobe, Some(2));
        assert!(!head.lossless());
    }

    #[test]
    fn profiles() {
        fn check(parts: &[Vec<u8>], expected: Option<&[u8]>) {
            assert_eq!(read(&file(parts)).icc.as_deref(), expected);
        }
        check(&[icc(1, 1, b"abc")], Some(b"abc"));
        check(&[icc(2, 2, b"cd"), icc(1, 2, b"ab")], Some(b"abcd"));
        check(&[icc(1, 2, b"ab")], None);
        check(&[icc(0, 1, b"ab")], None);
        check(&[icc(1, 2, b"ab"), icc(1, 2, b"cd")], None);
        check(&[icc(1, 2, b"ab"), icc(2, 3, b"cd")], None);
        check(&[segment_bytes(0xDA, &[]), icc(1, 1, b"abc")], None);
        check(&[], None);
    }

    #[test]
    fn any_cut_is_survived() {
        let whole = file(&[
            segment_bytes(0xDB, &[vec![0], vec![7; 64]].concat()),
            segment_bytes(0xC0, &[8, 0, 8, 0, 8, 1, 1, 0x11, 0]),
            icc(1, 1, b"abc"),
        ]);
        for length in 0..whole.len() {
            let head = read(&whole[..length]);
            assert_eq!(head.icc, None, "{length}");
        }
        assert_eq!(read(&whole).width, 8);
    }

    #[test]
    fn the_end_is_found_behind_scans() {
        let scan = [segment_bytes(0xDA, &[1, 1, 0, 0, 63, 0]), vec![1, 2, 0xFF, 0, 3, 0xFF, 0xD3, 4]].concat();
        let whole = file(&[icc(1, 1, &[0xFF, 0xD9]), scan.clone(), scan.clone(), vec![0xFF, 0xFF, 0xD9, 5, 6]]);
        assert_eq!(end(&whole), Some(whole.len() - 2));
        assert_eq!(end(&file(&[scan])), None);
    }
}
