//! One unfiltered PNG row of any kind to 8-bit grey or RGB: depth, palette, transparency, colour.

use super::chunks::{self, Kind, Parts};
use super::clear::Clear;
use crate::engine::pixels::colour::{Colours, Input, Managed, ToSrgb};
use crate::engine::pixels::decode::Layout;
use crate::engine::pixels::depth::to_8_bits;
use crate::engine::pixels::{Channels, Matte, flatten};

/// How rows of one picture are converted.
pub(super) struct Converter {
    rule: Rule,
    channels: Channels,
    width: usize,
    matte: Matte,
    colour: Option<ToSrgb>,
    colours: Colours,
    clear: Clear,
    /// Samples as 8 bits, where they are stored with 16 and something is still to be done with them.
    scratch: Vec<u8>,
}

enum Rule {
    /// Grey or palette of at most 8 bits, grey out: a table.
    GreyTable {
        bits: usize,
        table: Box<[u8; 256]>,
    },
    /// Grey or palette of at most 8 bits, RGB out: a table.
    RgbTable {
        bits: usize,
        table: Box<[[u8; 3]; 256]>,
    },
    /// Already what comes out.
    Copy,
    /// 16 bits, grey out; `key` is the grey that is transparent.
    Grey16 {
        key: Option<u16>,
    },
    /// 16 bits, RGB out because the matte has a colour.
    Grey16Key {
        key: u16,
    },
    /// 8 bits with a colour that is transparent.
    Rgb8Key {
        key: [u8; 3],
    },
    /// 16 bits.
    Rgb16 {
        key: Option<[u16; 3]>,
    },
    GreyAlpha {
        deep: bool,
    },
    Rgba {
        deep: bool,
    },
}

impl Converter {
    /// For the picture with these parts, over `matte`, which is sRGB; `keep_profile` leaves the samples in the space of
    /// the picture's profile, unless a grey picture comes out in colour.
    pub(super) fn new(parts: &Parts, matte: Matte, keep_profile: bool) -> Self {
        let ihdr = parts.ihdr;
        let deep = ihdr.bits == 16;
        let neutral = matte.is_neutral();
        let input = match ihdr.kind {
            Kind::Grey | Kind::GreyAlpha => Input::Grey8,
            _ => Input::Rgb8,
        };
        let grey_and_clear = ihdr.kind == Kind::GreyAlpha || ihdr.kind == Kind::Grey && parts.transparency.is_some();
        let keep = keep_profile && (neutral || !grey_and_clear);
        let Managed {
            convert: colour,
            colours,
            matte,
        } = match parts.profile() {
            Ok(profile) => Managed::new(profile.as_deref(), input, keep, matte),
            Err(chunks::BrokenProfile) => Managed {
                convert: None,
                colours: Colours::Unreadable,
                matte,
            },
        };
        let key = |i: usize| {
            parts
                .transparency
                .and_then(|t| t.get(i * 2..i * 2 + 2))
                .map(|b| u16::from_be_bytes([b[0], b[1]]))
        };
        let (rule, channels) = match ihdr.kind {
            Kind::Grey if deep => match key(0) {
                Some(key) if !neutral => (Rule::Grey16Key { key }, Channels::Rgb),
                key => (Rule::Grey16 { key }, Channels::Grey),
            },
            Kind::Grey => {
                let levels = (1_usize << ihdr.bits) - 1;
                let mut table: Box<[u8; 256]> = Box::new(std::array::from_fn(|v| (v.min(levels) * 255 / levels) as u8));
                if let Some(colour) = &colour {
                    colour.apply_grey8(&mut table[..]);
                }
                match key(0).map(usize::from).filter(|&key| key <= levels) {
                    Some(key) if !neutral => {
                        let mut table: Box<[[u8; 3]; 256]> = Box::new(std::array::from_fn(|v| [table[v]; 3]));
                        table[key] = matte.colour;
                        (Rule::RgbTable { bits: ihdr.bits, table }, Channels::Rgb)
                    }
                    key => {
                        if let Some(key) = key {
                            table[key] = matte.colour[0];
                        }
                        let plain = ihdr.bits == 8 && key.is_none() && colour.is_none();
                        (
                            if plain {
                                Rule::Copy
                            } else {
                                Rule::GreyTable { bits: ihdr.bits, table }
                            },
                            Channels::Grey,
                        )
                    }
                }
            }
            Kind::Palette => (
                Rule::RgbTable {
                    bits: ihdr.bits,
                    table: palette(parts, matte, colour.as_ref()),
                },
                Channels::Rgb,
            ),
            Kind::Rgb => {
                let key = key(0).zip(key(1)).zip(key(2)).map(|((r, g), b)| [r, g, b]);
                let rule = match key {
                    key if deep => Rule::Rgb16 { key },
                    // A key beyond the depth matches nothing.
                    Some(key) if key.iter().all(|&v| v <= 255) => Rule::Rgb8Key { key: key.map(|v| v as u8) },
                    _ => Rule::Copy,
                };
                (rule, Channels::Rgb)
            }
            Kind::GreyAlpha => (Rule::GreyAlpha { deep }, if neutral { Channels::Grey } else { Channels::Rgb }),
            Kind::Rgba => (Rule::Rgba { deep }, Channels::Rgb),
        };
        let width = ihdr.size.width as usize;
        let scratch = match rule {
            Rule::Grey16Key { .. } => width,
            Rule::GreyAlpha { .. } | Rule::Rgba { .. } if deep || colour.is_some() => width * ihdr.kind.samples(),
            _ => 0,
        };
        Self {
            rule,
            channels,
            width,
            matte,
            colour,
            colours,
            clear: Clear::new(parts),
            scratch: vec![0; scratch],
        }
    }

    /// What comes out.
    pub(super) fn channels(&self) -> Channels {
        self.channels
    }

    /// What the samples are to be taken for.
    pub(super) fn colours(&self) -> Colours {
        self.colours.clone()
    }

    /// Whether the matte shows in a row that was converted.
    pub(super) fn flattened(&self) -> bool {
        self.clear.found()
    }

    /// Whether rows come out as they go in, byte for byte, but for colour.
    pub(super) fn keeps_bytes(&self) -> bool {
        matches!(self.rule, Rule::Copy)
    }

    /// How rows are laid out that are poured into a sink.
    pub(super) fn layout(&self) -> Layout {
        match self.rule {
            Rule::Rgba { deep: false } if self.colour.is_none() => Layout::Rgba(self.matte),
            _ => self.channels.into(),
        }
    }

    /// Whether rows as stored are already what is poured into a sink.
    pub(super) fn is_poured_as_stored(&self) -> bool {
        self.colour.is_none() && matches!(self.rule, Rule::Copy | Rule::Rgba { deep: false })
    }

    /// Looks whether the matte shows in a row that is not to be converted.
    pub(super) fn look(&mut self, raw: &[u8]) {
        self.clear.look(raw);
    }

    /// Converts a whole row. `raw` is as stored, without its filter byte; `out` holds `width * channels` bytes.
    pub(super) fn row(&mut self, raw: &[u8], out: &mut [u8]) {
        let (over, matte) = (self.matte, self.matte.colour);
        self.clear.look(raw);
        match &self.rule {
            Rule::Copy => {
                out.copy_from_slice(raw);
                self.colour_only(out);
            }
            Rule::GreyTable { bits, table } => each_index(raw, *bits, out, |index| [table[index]]),
            Rule::RgbTable { bits, table } => each_index(raw, *bits, out, |index| table[index]),
            Rule::Grey16 { key } => {
                for (from, to) in raw.as_chunks::<2>().0.iter().zip(&mut *out) {
                    *to = to_8_bits(u16::from_be_bytes(*from));
                }
                self.colour_only(out);
                if let Some(key) = key {
                    for (from, to) in raw.as_chunks::<2>().0.iter().zip(out) {
                        if u16::from_be_bytes(*from) == *key {
                            *to = matte[0];
                        }
                    }
                }
            }
            Rule::Grey16Key { key } => {
                for (from, to) in raw.as_chunks::<2>().0.iter().zip(&mut self.scratch) {
                    *to = to_8_bits(u16::from_be_bytes(*from));
                }
                if let Some(colour) = &self.colour {
                    colour.apply_grey8(&mut self.scratch);
                }
                for ((from, grey), to) in raw.as_chunks::<2>().0.iter().zip(&self.scratch).zip(out.as_chunks_mut::<3>().0) {
                    *to = if u16::from_be_bytes(*from) == *key { matte } else { [*grey; 3] };
                }
            }
            Rule::Rgb8Key { key } => {
                out.copy_from_slice(raw);
                self.colour_only(out);
                for (from, to) in raw.as_chunks::<3>().0.iter().zip(out.as_chunks_mut::<3>().0) {
                    if from == key {
                        *to = matte;
                    }
                }
            }
            Rule::Rgb16 { key } => {
                for (from, to) in raw.as_chunks::<2>().0.iter().zip(&mut *out) {
                    *to = to_8_bits(u16::from_be_bytes(*from));
                }
                self.colour_only(out);
                if let Some([r, g, b]) = key.map(|key| key.map(u16::to_be_bytes)) {
                    let key = [r[0], r[1], g[0], g[1], b[0], b[1]];
                    for (from, to) in raw.as_chunks::<6>().0.iter().zip(out.as_chunks_mut::<3>().0) {
                        if *from == key {
                            *to = matte;
                        }
                    }
                }
            }
            Rule::GreyAlpha { deep } => {
                let (deep, grey) = (*deep, self.channels == Channels::Grey);
                let samples = self.shallow_samples::<2>(raw, deep);
                if grey {
                    flatten::grey_alpha(samples, out, over);
                } else {
                    flatten::grey_alpha_to_rgb(samples, out, over);
                }
            }
            Rule::Rgba { deep } => {
                let deep = *deep;
                flatten::rgba(self.shallow_samples::<4>(raw, deep), out, over);
            }
        }
    }

    /// Colour alone, in place, for a row that was put where it belongs byte for byte.
    pub(super) fn colour_only(&self, out: &mut [u8]) {
        match (&self.colour, self.channels) {
            (None, _) => {}
            (Some(colour), Channels::Grey) => colour.apply_grey8(out),
            (Some(colour), Channels::Rgb) => colour.apply_rgb8(out),
        }
    }

    /// Samples with alpha as 8-bit ones in sRGB: the row itself where nothing is to be done.
    fn shallow_samples<'a, const N: usize>(&'a mut self, raw: &'a [u8], deep: bool) -> &'a [u8] {
        if !deep && self.colour.is_none() {
            return raw;
        }
        if deep {
            for (from, to) in raw.as_chunks::<2>().0.iter().zip(&mut self.scratch) {
                *to = to_8_bits(u16::from_be_bytes(*from));
            }
        } else {
            self.scratch.copy_from_slice(raw);
        }
        if let Some(colour) = &self.colour {
            colour.apply_with_alpha::<N>(&mut self.scratch);
        }
        &self.scratch
    }

    /// Bytes of a row that comes out.
    pub(super) fn out_row(&self) -> usize {
        self.width * self.channels.count()
    }
}

/// Colours of a palette, in sRGB and flattened. An index beyond it is black, as everywhere.
fn palette(parts: &Parts, matte: Matte, colour: Option<&ToSrgb>) -> Box<[[u8; 3]; 256]> {
    let mut table = Box::new([[0; 3]; 256]);
    for (entry, stored) in table.iter_mut().zip(parts.palette.as_chunks::<3>().0) {
        *entry = *stored;
    }
    if let Some(colour) = colour {
        colour.apply_rgb8(table.as_flattened_mut());
    }
    for (entry, &alpha) in table.iter_mut().zip(parts.transparency.unwrap_or_default()) {
        *entry = matte.under(*entry, alpha);
    }
    table
}

/// Puts `pixel(index)` for every index of a row with `bits` bits each.
#[inline(always)]
fn each_index<const N: usize>(raw: &[u8], bits: usize, out: &mut [u8], pixel: impl Fn(usize) -> [u8; N]) {
    let out = out.as_chunks_mut::<N>().0;
    if bits == 8 {
        for (&index, to) in raw.iter().zip(out) {
            *to = pixel(usize::from(index));
        }
        return;
    }
    // Several to a byte, the first in its upper bits.
    let mask = (1_usize << bits) - 1;
    for (&byte, to) in raw.iter().zip(out.chunks_mut(8 / bits)) {
        let mut shift = 8;
        for to in to {
            shift -= bits;
            *to = pixel(usize::from(byte) >> shift & mask);
        }
    }
}
