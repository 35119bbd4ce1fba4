//! The orientation out of an EXIF block, and nothing else. Blocks in the wild are cut short, loop, and point
//! anywhere; none of that is a reason to refuse a picture, so whatever cannot be read means upright.

use super::Orientation;

/// The tag that holds the orientation (EXIF 2.3, table 4).
const TAG_ORIENTATION: u16 = 0x0112;

/// What a look into the first bytes of a block gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// The orientation, or that there is none to be found in the whole block.
    Orientation(Orientation),
    /// The directory lies behind the bytes at hand: this many are needed from the start of the block.
    Needs(usize),
}

/// Orientation from its stored value (EXIF 2.3, 4.6.4 A); upright for every value that is not defined.
pub(super) fn from_value(value: u32) -> Orientation {
    match value {
        2 => Orientation::FlipHorizontal,
        3 => Orientation::Rotate180,
        4 => Orientation::FlipVertical,
        5 => Orientation::Transpose,
        6 => Orientation::Rotate90,
        7 => Orientation::Transverse,
        8 => Orientation::Rotate270,
        _ => Orientation::Upright,
    }
}

/// Orientation in a whole block: a TIFF header, with or without `Exif\0\0` in front of it.
pub(super) fn orientation(block: &[u8]) -> Orientation {
    match look(block) {
        Found::Orientation(orientation) => orientation,
        Found::Needs(_) => Orientation::Upright,
    }
}

/// Orientation, given the first bytes of a block. Only the first directory counts: the second describes a thumbnail.
pub(super) fn look(block: &[u8]) -> Found {
    const NOTHING: Found = Found::Orientation(Orientation::Upright);
    let prefix = if block.starts_with(b"Exif\0") { 6 } else { 0 };
    let tiff = block.get(prefix..).unwrap_or_default();
    let needs = |end: usize| Found::Needs(prefix.saturating_add(end));
    if tiff.len() < 8 {
        return needs(8);
    }
    let order = match &tiff[..4] {
        b"II*\0" => Order::Little,
        b"MM\0*" => Order::Big,
        _ => return NOTHING,
    };
    let directory = order.u32(&tiff[4..8]) as usize;
    if directory < 8 {
        return NOTHING;
    }
    let Some(count) = tiff.get(directory..directory.saturating_add(2)) else {
        return needs(directory.saturating_add(2));
    };
    let count = usize::from(order.u16(count));
    for entry in 0..count {
        let at = directory + 2 + entry * 12;
        let Some(entry) = tiff.get(at..at + 12) else {
            return needs(at + 12);
        };
        if order.u16(entry) != TAG_ORIENTATION {
            continue;
        }
        // A SHORT by the standard; some writers store a LONG or a BYTE.
        let value = match order.u16(&entry[2..]) {
            1 => u32::from(entry[8]),
            3 => u32::from(order.u16(&entry[8..])),
            4 => order.u32(&entry[8..]),
            _ => 0,
        };
        return Found::Orientation(from_value(value));
    }
    NOTHING
}

/// Byte order of a TIFF structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// `II`.
    Little,
    /// `MM`.
    Big,
}

impl Order {
    /// The first two bytes as a number; `bytes` holds at least two.
    pub(super) fn u16(self, bytes: &[u8]) -> u16 {
        let pair = [bytes[0], bytes[1]];
        match self {
            Order::Little => u16::from_le_bytes(pair),
            Order::Big => u16::from_be_bytes(pair),
        }
    }

    /// The first four bytes as a number; `bytes` holds at least four.
    pub(super) fn u32(self, bytes: &[u8]) -> u32 {
        let four = [bytes[0], bytes[1], bytes[2], bytes[3]];
        match self {
            Order::Little => u32::from_le_bytes(four),
            Order::Big => u32::from_be_bytes(four),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A block with one directory that holds a stranger and the orientation.
    pub(in crate::engine::pixels) fn block(order: Order, value: u16) -> Vec<u8> {
        let two = |v: u16| match order {
            Order::Little => v.to_le_bytes(),
            Order::Big => v.to_be_bytes(),
        };
        let four = |v: u32| match order {
            Order::Little => v.to_le_bytes(),
            Order::Big => v.to_be_bytes(),
        };
        let mut out = match order {
            Order::Little => b"II*\0".to_vec(),
            Order::Big => b"MM\0*".to_vec(),
        };
        out.extend(four(8));
        out.extend(two(2));
        for (tag, v) in [(0x0100, 7), (TAG_ORIENTATION, value)] {
            out.extend(two(tag));
            out.extend(two(3));
            out.extend(four(1));
            out.extend(two(v));
            out.extend(two(0));
        }
        out.extend(four(0));
        out
    }

    #[test]
    fn every_value_in_both_byte_orders() {
        let all = [
            Orientation::Upright,
            Orientation::Upright,
            Orientation::FlipHorizontal,
            Orientation::Rotate180,
            Orientation::FlipVertical,
            Orientation::Transpose,
            Orientation::Rotate90,
            Orientation::Transverse,
            Orientation::Rotate270,
            Orientation::Upright,
        ];
        for order in [Order::Little, Order::Big] {
            for (value, expected) in all.into_iter().enumerate() {
                let plain = block(order, value as u16);
                assert_eq!(orientation(&plain), expected, "{order:?} {value}");
                let prefixed = [b"Exif\0\0", plain.as_slice()].concat();
                assert_eq!(orientation(&prefixed), expected, "{order:?} {value} with its prefix");
            }
        }
    }

    #[test]
    fn garbage_is_upright_and_never_a_panic() {
        let good = block(Order::Little, 6);
        for len in 0..good.len() {
            let _ = orientation(&good[..len]);
            assert!(len >= 34 || orientation(&good[..len]) == Orientation::Upright, "cut at {len}");
        }
        for at in 0..good.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut bad = good.clone();
                bad[at] = value;
                let _ = orientation(&bad);
            }
        }
        let mut far = good.clone();
        far[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(orientation(&far), Orientation::Upright);
    }

    #[test]
    fn a_directory_behind_the_bytes_at_hand_is_asked_for() {
        let good = block(Order::Big, 8);
        assert_eq!(look(&good[..16]), Found::Needs(22));
        assert_eq!(look(&good[..22]), Found::Needs(34));
        assert_eq!(look(&good[..34]), Found::Orientation(Orientation::Rotate270));
    }
}
