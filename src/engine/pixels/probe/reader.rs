//! Small reads at offsets, merged into a window, so that walking a file's structure costs few requests: on a network
//! drive a request costs far more than the bytes it brings.

use std::io;

use super::ProbeError;

/// A file that can be read at offsets.
pub(crate) trait HeaderSource {
    /// Reads into `buf` from `offset`; the count may be short, and 0 means the end.
    fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> io::Result<usize>;
    /// Length of the file, bytes.
    fn len(&self) -> u64;
}

/// A file that is in memory already.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InMemory<'a>(pub &'a [u8]);

impl HeaderSource for InMemory<'_> {
    fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|at| self.0.get(at..)).unwrap_or_default();
        let count = rest.len().min(buf.len());
        buf[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn len(&self) -> u64 {
        self.0.len() as u64
    }
}

/// Smallest read after the first.
const SMALL: usize = 256;
/// Largest read: what a walk through neighbouring small blocks grows to.
const LARGE: usize = 64 << 10;

/// A window onto a source.
pub(super) struct Reader<'a> {
    source: &'a mut dyn HeaderSource,
    window: Vec<u8>,
    start: u64,
    ahead: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a mut dyn HeaderSource) -> Self {
        Self {
            source,
            window: Vec::new(),
            start: 0,
            ahead: SMALL,
        }
    }

    /// Length of the file.
    pub(super) fn len(&self) -> u64 {
        self.source.len()
    }

    /// Up to `len` bytes at `offset`: fewer only where the file ends.
    pub(super) fn bytes(&mut self, offset: u64, len: usize) -> Result<&[u8], ProbeError> {
        let end = self.start + self.window.len() as u64;
        if offset < self.start || offset.saturating_add(len as u64) > end {
            // A walk that goes on where the window ends reads ahead ever further, one that jumps starts small again.
            let near = offset >= self.start && offset < end.saturating_add(SMALL as u64) && !self.window.is_empty();
            self.ahead = if near { (self.ahead * 2).min(LARGE) } else { SMALL };
            self.fill(offset, len.max(if self.window.is_empty() { 0 } else { self.ahead }))?;
        }
        let from = usize::try_from(offset - self.start).unwrap_or(usize::MAX).min(self.window.len());
        let to = from.saturating_add(len).min(self.window.len());
        Ok(&self.window[from..to])
    }

    /// Exactly `N` bytes at `offset`, or the error that the header is cut short.
    pub(super) fn array<const N: usize>(&mut self, offset: u64) -> Result<[u8; N], ProbeError> {
        let bytes = self.bytes(offset, N)?;
        bytes
            .try_into()
            .map_err(|_| ProbeError::Damaged("the file ends inside its header".into()))
    }

    fn fill(&mut self, offset: u64, len: usize) -> Result<(), ProbeError> {
        let rest = self.source.len().saturating_sub(offset);
        let len = usize::try_from(rest).unwrap_or(usize::MAX).min(len);
        self.window.clear();
        self.window.resize(len, 0);
        self.start = offset;
        let mut filled = 0;
        while filled < len {
            match self.source.read_at(offset + filled as u64, &mut self.window[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count.min(len - filled),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.window.truncate(filled);
        Ok(())
    }
}
