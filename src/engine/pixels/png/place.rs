//! Where the rows of a PNG go once their filters are undone: into a picture, or into a sink.

use super::convert::Converter;
use crate::engine::pixels::decode::RowSink;

/// Puts finished rows into a sink.
pub(super) struct Pourer<'a> {
    converter: &'a mut Converter,
    sink: &'a mut dyn RowSink,
    /// One row as it comes out, where it is not poured as it is stored. It stays in the nearest cache.
    out: Vec<u8>,
}

impl<'a> Pourer<'a> {
    /// For a sink that was told of the picture, with the layout of `converter`.
    pub(super) fn new(converter: &'a mut Converter, sink: &'a mut dyn RowSink) -> Self {
        let out = if converter.is_poured_as_stored() { 0 } else { converter.out_row() };
        Self {
            converter,
            sink,
            out: vec![0; out],
        }
    }

    /// The next row, as stored without its filter byte.
    pub(super) fn row(&mut self, raw: &[u8]) {
        if self.converter.is_poured_as_stored() {
            self.converter.look(raw);
            self.sink.push(raw);
        } else {
            self.converter.row(raw, &mut self.out);
            self.sink.push(&self.out);
        }
    }
}

/// Puts finished rows where they belong: into the same buffer, further up, where a row does not grow; else into a
/// second one.
#[cfg(feature = "native-codecs")]
pub(super) struct Placer<'a> {
    converter: &'a mut Converter,
    out_row: usize,
    row: usize,
    height: usize,
    grown: Option<Vec<u8>>,
    scratch: Vec<u8>,
}

#[cfg(feature = "native-codecs")]
impl<'a> Placer<'a> {
    /// For rows of `row` bytes as stored, `height` of them.
    pub(super) fn new(converter: &'a mut Converter, row: usize, height: usize) -> Self {
        let out_row = converter.out_row();
        let grown = (out_row > row).then(|| vec![0; out_row * height]);
        let scratch = if grown.is_none() && !converter.keeps_bytes() {
            vec![0; row]
        } else {
            Vec::new()
        };
        Self {
            converter,
            out_row,
            row,
            height,
            grown,
            scratch,
        }
    }

    /// Row `y` of `buffer`, whose rows have their filter byte before them; from the first to the last.
    pub(super) fn place(&mut self, buffer: &mut [u8], y: usize) {
        let from = y * (self.row + 1) + 1;
        let to = y * self.out_row;
        if let Some(grown) = &mut self.grown {
            self.converter
                .row(&buffer[from..from + self.row], &mut grown[to..to + self.out_row]);
        } else if self.converter.keeps_bytes() {
            buffer.copy_within(from..from + self.row, to);
            self.converter.colour_only(&mut buffer[to..to + self.out_row]);
        } else {
            // The first rows overlap their own place, so a row is taken out first; it is in the nearest cache.
            self.scratch.copy_from_slice(&buffer[from..from + self.row]);
            self.converter.row(&self.scratch, &mut buffer[to..to + self.out_row]);
        }
    }

    /// The picture, once all rows are placed.
    pub(super) fn finish(self, mut buffer: Vec<u8>) -> Vec<u8> {
        self.grown.unwrap_or_else(|| {
            buffer.truncate(self.out_row * self.height);
            buffer
        })
    }
}
