//! Pictures that are decoded into a sink are those that are decoded whole: held against each other here, by the tests of every
//! codec and by the campaigns with hostile bytes.

use super::decode::{DecodeError, DecodeOptions, Decoded, Layout, Poured, RowSink, decode, decode_into};
use super::{Header, Pixels, Size, flatten};

/// A sink that keeps what it gets.
#[derive(Default)]
pub(super) struct Basin {
    /// It has no room.
    pub(super) full: bool,
    /// The pictures that were announced.
    pub(super) begun: Vec<(Size, Layout)>,
    /// What was put in, as it came.
    pub(super) rows: Vec<u8>,
}

impl RowSink for Basin {
    fn begin(&mut self, size: Size, layout: Layout) -> bool {
        self.begun.push((size, layout));
        !self.full
    }

    fn push(&mut self, rows: &[u8]) {
        let (size, layout) = *self.begun.last().expect("the picture is announced first");
        assert!(!self.full, "a row although there is no room");
        let row = size.width as usize * layout.count();
        assert!(
            !rows.is_empty() && rows.len().is_multiple_of(row),
            "{} bytes are no whole rows of {row}",
            rows.len()
        );
        self.rows.extend_from_slice(rows);
        assert!(self.rows.len() <= row * size.height as usize, "more rows than the picture has");
    }
}

impl Basin {
    /// All rows, flattened.
    pub(super) fn flat(&self) -> Vec<u8> {
        match self.begun.last() {
            Some(&(size, Layout::Rgba(matte))) => {
                let mut rgb = vec![0; size.width as usize * size.height as usize * 3];
                flatten::rgba(&self.rows, &mut rgb, matte);
                rgb
            }
            _ => self.rows.clone(),
        }
    }

    /// The picture, flattened.
    fn drained(self, poured: Poured) -> Decoded {
        let Poured {
            size,
            layout,
            orientation,
            flattened,
            colours,
            notes,
        } = poured;
        assert_eq!(self.begun, [(size, layout)]);
        let pixels = size.width as usize * size.height as usize;
        assert_eq!(self.rows.len(), pixels * layout.count(), "the rows of {size:?} as {layout:?}");
        Decoded {
            pixels: Pixels {
                size,
                channels: layout.channels(),
                data: self.flat(),
            },
            orientation,
            flattened,
            colours,
            notes,
        }
    }
}

/// Holds a whole decode against one `into` a sink, and against one into a sink without room; gives back the first.
pub(super) fn both_ways(
    whole: Result<Decoded, DecodeError>,
    into: impl Fn(&mut dyn RowSink) -> Result<Option<Poured>, DecodeError>,
) -> Result<Decoded, DecodeError> {
    let mut basin = Basin::default();
    match into(&mut basin) {
        Err(error) => check_errors(error, &whole),
        // A whole picture may take more than rows on their way.
        Ok(_) if takes_too_much(&whole) => {}
        Ok(None) => panic!("the sink had room"),
        Ok(Some(poured)) => {
            let drained = basin.drained(poured);
            match &whole {
                // A whole picture is long to print.
                Ok(whole) if whole.pixels != drained.pixels => {
                    panic!("other samples: {} and {}", whole.pixels.data.len(), drained.pixels.data.len())
                }
                whole => assert_eq!(&Ok(drained), whole),
            }
        }
    }
    let mut full = Basin {
        full: true,
        ..Basin::default()
    };
    match into(&mut full) {
        Ok(None) => assert_eq!(full.begun.len(), 1),
        Ok(Some(_)) => panic!("there was no room"),
        // One that shows before any pixel, or where the picture has to be whole first.
        Err(error) => check_errors(error, &whole),
    }
    whole
}

/// Whether it was refused for its memory.
fn takes_too_much(whole: &Result<Decoded, DecodeError>) -> bool {
    matches!(
        whole,
        Err(DecodeError::OverLimit {
            what: "bytes of memory",
            ..
        })
    )
}

/// The same error both ways; only what is needed beyond a limit of memory may differ.
fn check_errors(into: DecodeError, whole: &Result<Decoded, DecodeError>) {
    let (
        DecodeError::OverLimit {
            needs,
            what: "bytes of memory",
            ..
        },
        Err(DecodeError::OverLimit { needs: as_a_whole, .. }),
    ) = (&into, whole)
    else {
        assert_eq!(&Err(into), whole, "an error into a sink");
        return;
    };
    assert!(
        takes_too_much(whole) && needs <= as_a_whole,
        "{into:?} into a sink, {whole:?} as a whole"
    );
}

/// As [`decode`], held against [`decode_into`].
pub(crate) fn decode_both_ways(bytes: &[u8], header: &Header, options: &DecodeOptions) -> Result<Decoded, DecodeError> {
    both_ways(decode(bytes, header, options), |sink| decode_into(bytes, header, options, sink))
}
