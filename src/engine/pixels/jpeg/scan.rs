//! Whether the scans hold the whole picture: a sequential one all its blocks, progressive ones together all the bits. zune-jpeg, even when strict, takes a scan that is cut short but followed
//! by an end marker for a whole one and fills what is missing with grey: a half-decoded picture. So the entropy coded data
//! is walked once before it is decoded: codes are read and their values skipped (ITU-T T.81, annex F.2.2), nothing is kept.

use super::super::decode::DecodeError;
use super::markers::{self, Head};

/// A Huffman table as a decoder wants it (T.81, F.2.2.3).
struct Codes {
    /// By length, 1 to 16: the largest code, left-aligned in 16 bits, one past it.
    ends: [u32; 17],
    /// By length: index of the first value minus the first code of that length.
    offsets: [i32; 17],
    values: Vec<u8>,
    /// By the next 8 bits: length and value of codes that are no longer.
    short: [(u8, u8); 256],
}

impl Codes {
    fn new(counts: &[u8], values: &[u8]) -> Self {
        let (mut ends, mut offsets, mut short) = ([0; 17], [0; 17], [(0, 0); 256]);
        let (mut code, mut index) = (0u32, 0usize);
        for length in 1..=16 {
            offsets[length] = index as i32 - code as i32;
            for _ in 0..counts[length - 1] {
                if length <= 8 && code < 1 << length {
                    let first = (code << (8 - length)) as usize;
                    short[first..first + (1 << (8 - length))].fill((length as u8, values.get(index).copied().unwrap_or(0)));
                }
                code += 1;
                index += 1;
            }
            ends[length] = code << (16 - length);
            code <<= 1;
        }
        Self {
            ends,
            offsets,
            values: values.to_vec(),
            short,
        }
    }
}

/// Bits of entropy coded data, up to the next marker.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    held: u64,
    count: u32,
}

const CUT: &str = "a scan ends before its last block";

impl Bits<'_> {
    /// As many whole bytes as fit, or as there are.
    fn fill(&mut self) {
        while self.count <= 56 {
            let byte = match self.bytes.get(self.at..) {
                Some([0xFF, 0, ..]) => {
                    self.at += 1;
                    0xFF
                }
                None | Some([] | [0xFF, ..]) => return,
                Some([byte, ..]) => *byte,
            };
            self.at += 1;
            self.held |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    fn skip(&mut self, bits: u32) -> Result<(), DecodeError> {
        if bits > self.count {
            return Err(DecodeError::Truncated(CUT.into()));
        }
        self.held <<= bits;
        self.count -= bits;
        Ok(())
    }

    /// The value of the next code.
    fn value(&mut self, codes: &Codes) -> Result<u8, DecodeError> {
        if self.count < 32 {
            self.fill();
        }
        let (length, value) = codes.short[(self.held >> 56) as usize];
        if length > 0 {
            self.skip(u32::from(length))?;
            return Ok(value);
        }
        let next = (self.held >> 48) as u32;
        let found = (9..=16).find(|&length| next < codes.ends[length]);
        let Some(length) = found else {
            return Err(DecodeError::Damaged("a Huffman code that its table lacks".into()));
        };
        self.skip(length as u32)?;
        let index = codes.offsets[length] + (next >> (16 - length)) as i32;
        let value = usize::try_from(index).ok().and_then(|index| codes.values.get(index));
        value
            .copied()
            .ok_or_else(|| DecodeError::Damaged("a Huffman code without a value".into()))
    }

    /// Steps over one block.
    fn block(&mut self, dc: &Codes, ac: &Codes) -> Result<(), DecodeError> {
        let size = self.value(dc)?;
        self.skip(u32::from(size.min(16)))?;
        let mut k = 1;
        while k < 64 {
            let value = self.value(ac)?;
            let (run, size) = (value >> 4, value & 15);
            if size == 0 {
                if run != 15 {
                    break;
                }
                k += 16;
                continue;
            }
            self.skip(u32::from(size))?;
            k += usize::from(run) + 1;
        }
        if k > 64 {
            return Err(DecodeError::Damaged("a block with more than 64 coefficients".into()));
        }
        Ok(())
    }

    /// To the marker that ends this interval; bytes before it that no block used are damage.
    fn marker(&mut self) -> Result<u8, DecodeError> {
        self.fill();
        let unused = self.count / 8;
        (self.held, self.count) = (0, 0);
        if unused > 0 || self.bytes.get(self.at).is_some_and(|&byte| byte != 0xFF) {
            return Err(DecodeError::Damaged("a scan with data behind its last block".into()));
        }
        while self.bytes.get(self.at) == Some(&0xFF) {
            self.at += 1;
        }
        let marker = self.bytes.get(self.at).copied();
        self.at += 1;
        marker.ok_or_else(|| DecodeError::Truncated(CUT.into()))
    }
}

/// Checks the one scan of a sequential file whose components all stand in it, or that the scans of a progressive one (the
/// data in them is not looked at) leave nothing out. Other files are not looked at.
pub(super) fn check(bytes: &[u8], head: &Head) -> Result<(), DecodeError> {
    if head.progressive() {
        return progression(bytes, head);
    }
    if !matches!(head.frame, 0xC0 | 0xC1) || usize::from(head.first_scan) < head.components.len() {
        return Ok(());
    }
    let mut tables: [[Option<Codes>; 4]; 2] = Default::default();
    let (mut interval, mut at) = (0u32, 2);
    while let Some((marker, body, next)) = markers::segment(bytes, at) {
        at = next;
        match marker {
            0xC4 => huffman(&mut tables, body),
            0xDD => {
                if let [high, low, ..] = body {
                    interval = u32::from(u16::from_be_bytes([*high, *low]));
                }
            }
            0xDA => return scan(bytes, at, head, body, &tables, interval),
            0xD9 => break,
            _ => {}
        }
    }
    Err(DecodeError::Truncated("it has no scan".into()))
}

/// Every coefficient of every component must have been sent to its last bit: a file cut between two scans has its end
/// marker and yet lacks detail.
fn progression(bytes: &[u8], head: &Head) -> Result<(), DecodeError> {
    // Bits still to come; the first scan of a coefficient says so first.
    let mut missing = vec![[true; 64]; head.components.len()];
    let mut at = 2;
    while let Some((marker, body, next)) = markers::segment(bytes, at) {
        at = next;
        let (0xDA, [count, rest @ ..]) = (marker, body) else {
            if marker == 0xD9 {
                break;
            }
            continue;
        };
        let Some((selectors, [first, last, approximation, ..])) = rest.split_at_checked(2 * usize::from(*count)) else {
            break;
        };
        for (component, missing) in head.components.iter().zip(&mut missing) {
            if selectors.chunks_exact(2).any(|selector| selector[0] == component.id)
                && let Some(band) = missing.get_mut(usize::from(*first)..=usize::from(*last))
            {
                band.fill(approximation & 15 != 0);
            }
        }
    }
    if missing.iter().flatten().any(|&missing| missing) {
        return Err(DecodeError::Truncated("the last scans of a progressive picture are missing".into()));
    }
    Ok(())
}

fn huffman(tables: &mut [[Option<Codes>; 4]; 2], mut body: &[u8]) {
    while let [id, rest @ ..] = body {
        let Some((counts, rest)) = rest.split_at_checked(16) else { return };
        let total = counts.iter().map(|&count| usize::from(count)).sum();
        let Some((values, rest)) = rest.split_at_checked(total) else {
            return;
        };
        if let Some(slot) = tables
            .get_mut(usize::from(id >> 4))
            .and_then(|class| class.get_mut(usize::from(id & 15)))
        {
            *slot = Some(Codes::new(counts, values));
        }
        body = rest;
    }
}

fn scan(bytes: &[u8], at: usize, head: &Head, body: &[u8], tables: &[[Option<Codes>; 4]; 2], interval: u32) -> Result<(), DecodeError> {
    let broken = || DecodeError::Damaged("a scan that names what is not there".into());
    let lone = head.components.len() == 1;
    let largest = |factor: fn(&markers::Component) -> u8| u32::from(head.components.iter().map(factor).max().unwrap_or(1)).max(1);
    // The blocks of a lone component stand side by side, whatever its factors.
    let (h, v) = if lone { (1, 1) } else { (largest(|c| c.h), largest(|c| c.v)) };
    let mut blocks = Vec::new();
    for (component, selector) in head.components.iter().zip(body.get(1..).ok_or_else(broken)?.chunks_exact(2)) {
        let table = |class: usize, number: u8| tables[class].get(usize::from(number)).and_then(Option::as_ref);
        let pair = table(0, selector[1] >> 4).zip(table(1, selector[1] & 15)).ok_or_else(broken)?;
        let count = if lone {
            1
        } else {
            usize::from(component.h) * usize::from(component.v)
        };
        blocks.extend(std::iter::repeat_n(pair, count));
    }
    let units = head.width.div_ceil(8 * h) * head.height.div_ceil(8 * v);
    let mut bits = Bits {
        bytes,
        at,
        held: 0,
        count: 0,
    };
    for unit in 0..units {
        if interval > 0 && unit > 0 && unit % interval == 0 {
            match bits.marker()? {
                0xD0..=0xD7 => {}
                0xD9 => return Err(DecodeError::Truncated(CUT.into())),
                _ => return Err(DecodeError::Damaged("a scan without its restart marker".into())),
            }
        }
        for (dc, ac) in &blocks {
            bits.block(dc, ac)?;
        }
    }
    bits.marker().map(|_| ())
}
