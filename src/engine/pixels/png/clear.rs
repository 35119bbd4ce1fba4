//! Whether a picture lets its background through anywhere. Many files have an alpha channel, or a transparent colour in
//! their palette, of which no pixel makes use.

use super::chunks::{Kind, Parts};
use crate::engine::pixels::depth::to_8_bits;
use crate::engine::pixels::flatten::is_opaque;

/// Looks for a pixel that is not opaque, row by row, until there was one.
pub(super) struct Clear {
    rule: Rule,
    width: usize,
    found: bool,
}

enum Rule {
    /// Nothing can be transparent.
    Never,
    /// The last of so many samples of 8 bits is alpha.
    Alpha { samples: usize },
    /// The same with 16 bits.
    DeepAlpha { samples: usize },
    /// Indices, or grey, of at most 8 bits: which are not opaque.
    Table { bits: usize, clear: Box<[bool; 256]> },
    /// Pixels of these bytes.
    Key(Vec<u8>),
}

impl Clear {
    /// For the picture with these parts.
    pub(super) fn new(parts: &Parts) -> Self {
        let (bits, kind) = (parts.ihdr.bits, parts.ihdr.kind);
        let key = |samples: usize| {
            let key = parts.transparency?.get(..2 * samples)?;
            match bits {
                16 => Some(key.to_vec()),
                // A key beyond the depth matches nothing.
                _ => key
                    .as_chunks::<2>()
                    .0
                    .iter()
                    .map(|[high, low]| (*high == 0).then_some(*low))
                    .collect(),
            }
        };
        let rule = match kind {
            Kind::GreyAlpha | Kind::Rgba if bits == 16 => Some(Rule::DeepAlpha { samples: kind.samples() }),
            Kind::GreyAlpha | Kind::Rgba => Some(Rule::Alpha { samples: kind.samples() }),
            Kind::Palette => parts.transparency.map(|alphas| {
                let mut clear = Box::new([false; 256]);
                clear.iter_mut().zip(alphas).for_each(|(clear, alpha)| *clear = *alpha != 255);
                Rule::Table { bits, clear }
            }),
            Kind::Grey if bits < 16 => key(1).map(|key| {
                let mut clear = Box::new([false; 256]);
                clear[usize::from(key[0])] = true;
                Rule::Table { bits, clear }
            }),
            Kind::Grey | Kind::Rgb => key(kind.samples()).map(Rule::Key),
        };
        Self {
            rule: rule.unwrap_or(Rule::Never),
            width: parts.ihdr.size.width as usize,
            found: false,
        }
    }

    /// Whether a row so far had a pixel that is not opaque.
    pub(super) fn found(&self) -> bool {
        self.found
    }

    /// Looks at a whole row as stored, without its filter byte.
    pub(super) fn look(&mut self, raw: &[u8]) {
        if !self.found {
            self.found = self.rule.matches(raw, self.width);
        }
    }
}

impl Rule {
    fn matches(&self, raw: &[u8], width: usize) -> bool {
        match self {
            Rule::Never => false,
            Rule::Alpha { samples: 2 } => !is_opaque::<2>(raw),
            Rule::Alpha { .. } => !is_opaque::<4>(raw),
            Rule::DeepAlpha { samples } => raw
                .chunks_exact(2 * samples)
                .any(|pixel| to_8_bits(u16::from_be_bytes([pixel[2 * samples - 2], pixel[2 * samples - 1]])) != 255),
            Rule::Table { bits, clear } => {
                let (each, mask) = (8 / bits, (1_usize << bits) - 1);
                // Several to a byte, the first in its upper bits.
                (0..width).any(|x| clear[usize::from(raw[x / each]) >> (8 - bits - x % each * bits) & mask])
            }
            Rule::Key(key) => raw.chunks_exact(key.len()).any(|pixel| pixel == key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pixel_that_is_not_opaque_is_found_wherever_it_is() {
        fn at_every_place<const N: usize>() {
            for width in 1..=70 {
                let mut row = vec![0; width * N];
                row.iter_mut().skip(N - 1).step_by(N).for_each(|alpha| *alpha = 255);
                assert!(is_opaque::<N>(&row), "{N} samples, {width} pixels");
                for x in 0..width {
                    for bit in 0..8 {
                        row[x * N + N - 1] ^= 1 << bit;
                        assert!(!is_opaque::<N>(&row), "{N} samples, {width} pixels, {x}");
                        row[x * N + N - 1] = 255;
                    }
                }
            }
        }
        at_every_place::<2>();
        at_every_place::<4>();
    }
}
