//! Hostile files made from good ones: cut short, with bytes changed at random, with headers that lie. The same file and number
//! always give the same bytes, so that a finding can be made again from its name.

/// Numbers that look random and are always the same (xorshift64*, Vigna 2016).
pub(super) struct Random(u64);

impl Random {
    /// Starts from any number.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// The next one.
    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    /// From 0 to `end - 1`; 0 where `end` is 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.next() as usize % end.max(1)
    }
}

/// Lengths to cut a file to: `places` of them evenly over it, the first empty, the last one byte short.
pub(super) fn cuts(len: usize, places: usize) -> impl Iterator<Item = usize> {
    let places = places.min(len);
    (0..places).map(move |place| if place + 1 == places { len - 1 } else { len * place / places })
}

/// One to four bytes changed, as likely in the first kilobyte, where headers are, as anywhere. Every other PNG gets its
/// checksums made right again: its reader would not look beyond a wrong one.
pub(super) fn flipped(bytes: &[u8], number: u64) -> Vec<u8> {
    let mut random = Random::new(number);
    let mut out = bytes.to_vec();
    for _ in 0..=random.below(4) {
        let near = if random.below(2) == 0 { out.len().min(1024) } else { out.len() };
        let at = random.below(near);
        let Some(byte) = out.get_mut(at) else { break };
        *byte = match random.below(4) {
            0 => 0,
            1 => 0xFF,
            2 => random.next() as u8,
            _ => *byte ^ 1 << random.below(8),
        };
    }
    if number % 2 == 1 {
        checksums_right(&mut out);
    }
    out
}

/// Writes the right checksum behind every chunk of a PNG; any other file stays as it is.
fn checksums_right(bytes: &mut [u8]) {
    if !bytes.starts_with(b"\x89PNG") {
        return;
    }
    let mut at = 8;
    while let Some(length) = bytes.get(at..at + 4).and_then(|b| b.first_chunk()).map(|b| u32::from_be_bytes(*b)) {
        let Some(end) = at.checked_add(8 + length as usize).filter(|end| end + 4 <= bytes.len()) else {
            return;
        };
        let sum = crc32fast::hash(&bytes[at + 4..end]).to_be_bytes();
        bytes[end..end + 4].copy_from_slice(&sum);
        at = end + 4;
    }
}

/// Sizes, counts and lengths that have broken image readers: nothing, one, around powers of two, the largest of each type.
const LIES: [u32; 15] = [
    0,
    1,
    2,
    3,
    255,
    4097,
    16_383,
    16_384,
    32_768,
    65_500,
    65_535,
    1 << 24,
    i32::MAX as u32,
    1 << 31,
    u32::MAX,
];

/// Copies of a file whose header lies, each with what it lies about: sizes, depth, channels, lengths of parts.
pub(super) fn lies(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut told = Told { bytes, lies: Vec::new() };
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => png(&mut told),
        [0xFF, 0xD8, ..] => jpeg(&mut told),
        [b'R', b'I', b'F', b'F', ..] => webp(&mut told),
        [b'B', b'M', ..] => bmp(&mut told),
        [b'G', b'I', b'F', ..] => {
            told.sides(6, 8, |value| (value as u16).to_le_bytes().to_vec());
            told.bytes_at(10, &[0, 0x70, 0x80, 0x87, 0xFF]);
        }
        [b'I', b'I', ..] | [b'M', b'M', ..] => tiff(&mut told),
        _ => {}
    }
    told.lies
}

/// A file and the lies made from it.
struct Told<'a> {
    bytes: &'a [u8],
    lies: Vec<(String, Vec<u8>)>,
}

impl Told<'_> {
    /// A copy with `new` at each of the places; nothing where the file ends before one.
    fn with(&mut self, what: String, changes: &[(usize, &[u8])]) {
        let mut out = self.bytes.to_vec();
        for &(at, new) in changes {
            let Some(place) = out.get_mut(at..at + new.len()) else { return };
            place.copy_from_slice(new);
        }
        checksums_right(&mut out);
        self.lies.push((what, out));
    }

    /// Width, height and both as each of the lies.
    fn sides(&mut self, width: usize, height: usize, coded: impl Fn(u32) -> Vec<u8>) {
        for value in LIES {
            let coded = coded(value);
            self.with(format!("width {value}"), &[(width, &coded)]);
            self.with(format!("height {value}"), &[(height, &coded)]);
            self.with(format!("both sides {value}"), &[(width, &coded), (height, &coded)]);
        }
    }

    /// Each of the values at one place.
    fn bytes_at(&mut self, at: usize, values: &[u8]) {
        for &value in values {
            self.with(format!("{value} at {at}"), &[(at, &[value])]);
        }
    }

    /// Each of the lies as a number of 32 bits.
    fn number(&mut self, at: usize, big: bool) {
        for value in LIES {
            let coded = if big { value.to_be_bytes() } else { value.to_le_bytes() };
            self.with(format!("{value} at {at}"), &[(at, &coded)]);
        }
    }
}

fn png(told: &mut Told) {
    told.sides(16, 20, |value| value.to_be_bytes().to_vec());
    told.bytes_at(24, &[0, 1, 2, 4, 8, 16, 255]);
    told.bytes_at(25, &[0, 2, 3, 4, 6, 7, 255]);
    told.bytes_at(28, &[0, 1, 2]);
    // Lengths of the first chunks; their checksums are then elsewhere.
    let mut at = 8;
    for _ in 0..4 {
        told.number(at, true);
        let Some(length) = told.bytes.get(at..at + 4).and_then(|b| b.first_chunk()) else {
            return;
        };
        at += 12 + u32::from_be_bytes(*length) as usize;
    }
}

fn jpeg(told: &mut Told) {
    let mut at = 2;
    while let Some(&[0xFF, marker, high, low]) = told.bytes.get(at..at + 4).and_then(|b| b.first_chunk::<4>()) {
        for length in [0_u16, 1, 2, 3, 65_535] {
            told.with(format!("segment at {at} of {length} bytes"), &[(at + 2, &length.to_be_bytes())]);
        }
        match marker {
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                told.sides(at + 7, at + 5, |value| (value as u16).to_be_bytes().to_vec());
                told.bytes_at(at + 4, &[0, 1, 12, 16]);
                told.bytes_at(at + 9, &[0, 1, 2, 3, 4, 5, 255]);
                for component in 0..3 {
                    told.bytes_at(at + 11 + 3 * component, &[0, 0x11, 0x14, 0x41, 0x44, 0xFF]);
                    told.bytes_at(at + 12 + 3 * component, &[0, 3, 4, 255]);
                }
                told.bytes_at(at + 1, &[0xC0, 0xC1, 0xC2, 0xC3, 0xC9]);
            }
            0xDD => told.bytes_at(at + 5, &[0, 1, 2, 255]),
            0xDA => return,
            _ => {}
        }
        at += 2 + usize::from(u16::from_be_bytes([high, low]));
    }
}

fn webp(told: &mut Told) {
    told.number(4, false);
    let mut at = 12;
    while let Some(length) = told.bytes.get(at + 4..at + 8).and_then(|b| b.first_chunk()) {
        let length = u32::from_le_bytes(*length) as usize;
        told.number(at + 4, false);
        match &told.bytes[at..at + 4] {
            b"VP8X" => {
                told.sides(at + 12, at + 15, |value| value.to_le_bytes()[..3].to_vec());
                told.bytes_at(at + 8, &[0, 0x10, 0x20, 0x3C, 0xFF]);
            }
            b"VP8 " => told.sides(at + 14, at + 16, |value| (value as u16).to_le_bytes().to_vec()),
            // Both sides in 28 bits.
            b"VP8L" => told.number(at + 9, false),
            _ => {}
        }
        at += 8 + length + (length & 1);
    }
}

fn bmp(told: &mut Told) {
    told.sides(18, 22, |value| value.to_le_bytes().to_vec());
    for at in [2, 10, 14, 30, 34, 46] {
        told.number(at, false);
    }
    told.bytes_at(28, &[0, 1, 2, 4, 8, 16, 24, 32, 64]);
}

fn tiff(told: &mut Told) {
    let big = told.bytes.starts_with(b"MM");
    told.number(4, big);
    let Some(&[a, b, c, d]) = told.bytes.get(4..8).and_then(|b| b.first_chunk::<4>()) else {
        return;
    };
    let first = if big {
        u32::from_be_bytes([a, b, c, d])
    } else {
        u32::from_le_bytes([a, b, c, d])
    };
    // Entries of the first folder: kind, type, how many, value.
    for entry in 0..16 {
        let at = first as usize + 2 + 12 * entry;
        told.number(at.saturating_add(4), big);
        told.number(at.saturating_add(8), big);
    }
}

#[test]
fn what_is_made_is_hostile_and_always_the_same() {
    assert_eq!(cuts(1000, 64).last(), Some(999));
    assert_eq!(cuts(1000, 64).count(), 64);
    assert_eq!(cuts(3, 64).collect::<Vec<_>>(), [0, 1, 2]);
    let good: Vec<u8> = (0..5000_u32).map(|at| (at * 7) as u8).collect();
    assert_eq!(flipped(&good, 5), flipped(&good, 5));
    let changed = (0..100).filter(|&number| flipped(&good, number) != good).count();
    assert!(changed > 90, "{changed} of 100");
    assert!(flipped(&[], 5).is_empty());
    // A chunk whose content was changed gets its checksum back.
    let mut chunk = b"\x89PNG\r\n\x1a\n\0\0\0\x02abcdXX____".to_vec();
    checksums_right(&mut chunk);
    assert_eq!(chunk[18..22], crc32fast::hash(b"abcdXX").to_be_bytes());
    // A bitmap's header: three lies of its sides and six other numbers for each value, nine depths.
    let bitmap = [b"BM".as_slice(), &[0; 60]].concat();
    assert_eq!(lies(&bitmap).len(), LIES.len() * 9 + 9);
    assert!(lies(b"no image").is_empty());
}
