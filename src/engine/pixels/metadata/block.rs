//! An EXIF block (a TIFF structure) edited in place: what is not asked for keeps its bytes *at their offsets*.
//!
//! Why not a crate: those that write (`little_exif`, `img-parts` with a reader beside it) build the block anew, which moves
//! the maker note, and maker notes point into the block by absolute offsets: moved, they are garbage. So directories are
//! rewritten where they were (or at the end, where they grew), values stay, and what was removed is overwritten with zeros
//! and cut off where it was last. Every offset is checked before it is followed, nothing is followed twice.

use std::ops::Range;

use crate::engine::pixels::exif::Order;

/// Blocks above this are not looked into: a JPEG holds 64 KiB, and what may be dropped (a thumbnail) is hardly more.
pub(super) const MAX_BLOCK: usize = 1 << 20;
/// Entries of a directory; real ones have fewer than a hundred.
const MAX_ENTRIES: usize = 1000;

/// 16-bit number.
pub(super) const SHORT: u16 = 3;
/// 32-bit number.
pub(super) const LONG: u16 = 4;
/// Text that ends with a NUL.
pub(super) const ASCII: u16 = 2;
/// Bytes of whatever meaning.
pub(super) const UNDEFINED: u16 = 7;

/// Pointer to the directory of the photograph's own tags.
const TAG_PHOTO: u16 = 0x8769;
/// Pointer to the directory of the place.
const TAG_GPS: u16 = 0x8825;
/// Pointer to a small directory of names of conventions.
const TAG_INTEROP: u16 = 0xA005;

/// The directories that can be edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The first one: the picture.
    Main,
    /// The one of the photograph (exposure and so on).
    Photo,
}

/// A tag with its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) tag: u16,
    pub(super) kind: u16,
    pub(super) count: u32,
    value: Value,
}

#[derive(Debug, Clone)]
enum Value {
    /// The last four bytes of the entry as they were: the value, or its offset, which stays true.
    Stored([u8; 4]),
    /// Bytes of a value that is not in the block yet.
    New(Vec<u8>),
}

/// A directory as it was read.
#[derive(Debug, Clone, Default)]
pub(super) struct Directory {
    /// Where it lies, its link to the next one included; empty for a new one.
    place: Range<usize>,
    pub(super) entries: Vec<Entry>,
    /// Offset of the next one, 0 for none.
    next: usize,
}

/// An EXIF block with its directories.
#[derive(Debug, Clone)]
pub(super) struct Block {
    order: Order,
    bytes: Vec<u8>,
    main: Directory,
    photo: Option<Directory>,
    /// What is no longer needed.
    gone: Vec<Range<usize>>,
    /// Tags that were left out because their values lie outside the block.
    pub(super) lost: usize,
}

/// Reads the directory at `at`; `None` where it does not lie in `bytes`. Entries whose values do not lie there are left out
/// and counted.
pub(super) fn directory(bytes: &[u8], order: Order, at: usize) -> Option<(Directory, usize)> {
    let count = usize::from(order.u16(bytes.get(at..at.checked_add(2)?)?));
    let body = bytes.get(at + 2..at + 2 + count * 12)?;
    if at < 8 || count > MAX_ENTRIES {
        return None;
    }
    let behind = at + 2 + body.len();
    // The link is missing in some blocks that end here.
    let (next, end) = match bytes.get(behind..behind + 4) {
        Some(link) => (order.u32(link) as usize, behind + 4),
        None => (0, behind),
    };
    let all = body.as_chunks::<12>().0.iter().map(|raw| Entry {
        tag: order.u16(raw),
        kind: order.u16(&raw[2..]),
        count: order.u32(&raw[4..]),
        value: Value::Stored([raw[8], raw[9], raw[10], raw[11]]),
    });
    let entries: Vec<Entry> = all.filter(|entry| value(bytes, order, entry).is_some()).collect();
    let lost = count - entries.len();
    let directory = Directory {
        place: at..end,
        entries,
        next,
    };
    Some((directory, lost))
}

/// Bytes of one value of a type (TIFF 6.0, section 2; 13 is Adobe's IFD); 0 for a type that nobody knows.
fn size_of(kind: u16) -> usize {
    match kind {
        1 | ASCII | 6 | UNDEFINED => 1,
        SHORT | 8 => 2,
        LONG | 9 | 11 | 13 => 4,
        5 | 10 | 12 => 8,
        _ => 0,
    }
}

/// Where the value of a stored entry lies outside of the entry; `Some(None)`: within it. `None`: nowhere.
fn outside(bytes: &[u8], order: Order, entry: &Entry) -> Option<Option<Range<usize>>> {
    let Value::Stored(raw) = &entry.value else { return Some(None) };
    let length = size_of(entry.kind).checked_mul(entry.count as usize)?;
    if length <= 4 {
        return Some(None);
    }
    let at = order.u32(raw) as usize;
    let range = at..at.checked_add(length)?;
    (at >= 8 && range.end <= bytes.len()).then_some(Some(range))
}

/// The bytes of an entry's value; `None` where they do not lie in `bytes`.
pub(super) fn value<'a>(bytes: &'a [u8], order: Order, entry: &'a Entry) -> Option<&'a [u8]> {
    match (&entry.value, outside(bytes, order, entry)?) {
        (Value::New(value), _) => Some(value),
        (Value::Stored(_), Some(range)) => bytes.get(range),
        (Value::Stored(raw), None) => raw.get(..size_of(entry.kind) * entry.count as usize),
    }
}

/// The byte order and the offset of the first directory of a TIFF structure.
pub(super) fn start(bytes: &[u8]) -> Option<(Order, usize)> {
    let order = match bytes.get(..4)? {
        b"II*\0" => Order::Little,
        b"MM\0*" => Order::Big,
        _ => return None,
    };
    Some((order, order.u32(bytes.get(4..8)?) as usize))
}

impl Block {
    /// With no tag at all.
    pub(super) fn empty(order: Order) -> Self {
        let head: &[u8; 8] = match order {
            Order::Little => b"II*\0\0\0\0\0",
            Order::Big => b"MM\0*\0\0\0\0",
        };
        Self {
            order,
            bytes: head.to_vec(),
            main: Directory::default(),
            photo: None,
            gone: Vec::new(),
            lost: 0,
        }
    }

    /// Reads a block, with or without `Exif\0\0` in front. The picture it shows (IFD1 and what it points to) is gone at
    /// once: it is the one before. `None`: damaged, or far larger than a JPEG could hold.
    pub(super) fn read(block: &[u8]) -> Option<Self> {
        let bytes = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
        if bytes.len() > MAX_BLOCK {
            return None;
        }
        let (order, at) = start(bytes)?;
        let (main, lost) = directory(bytes, order, at)?;
        let mut block = Self {
            order,
            bytes: bytes.to_vec(),
            main,
            photo: None,
            gone: Vec::new(),
            lost,
        };
        if let Some(at) = block.pointer(Part::Main, TAG_PHOTO) {
            match directory(bytes, order, at) {
                Some((photo, lost)) => {
                    block.photo = Some(photo);
                    block.lost += lost;
                }
                None => block.lost += 1,
            }
        }
        block.main.entries.retain(|entry| entry.tag != TAG_PHOTO);
        block.shorten_photo();
        if block.overlaps() {
            return None;
        }
        let next = std::mem::take(&mut block.main.next);
        block.forget_directory(next);
        if let Some(photo) = &mut block.photo {
            photo.next = 0;
        }
        Some(block)
    }

    /// Some cameras leave out the link behind this directory, and values begin where it would be.
    fn shorten_photo(&mut self) {
        let Some(photo) = &self.photo else { return };
        let link = photo.place.end - 4..photo.place.end;
        if self.values().any(|value| value.start < link.end && link.start < value.end)
            && let Some(photo) = &mut self.photo
        {
            photo.place.end -= 4;
        }
    }

    /// Its byte order.
    pub(super) fn order(&self) -> Order {
        self.order
    }

    /// No tag is left.
    pub(super) fn is_empty(&self) -> bool {
        self.main.entries.is_empty() && self.photo.as_ref().is_none_or(|photo| photo.entries.is_empty())
    }

    fn part(&self, part: Part) -> &[Entry] {
        match part {
            Part::Main => &self.main.entries,
            Part::Photo => self.photo.as_ref().map_or(&[], |photo| &photo.entries),
        }
    }

    /// Type and value of a tag.
    pub(super) fn get(&self, part: Part, tag: u16) -> Option<(u16, &[u8])> {
        let entry = self.part(part).iter().find(|entry| entry.tag == tag)?;
        Some((entry.kind, value(&self.bytes, self.order, entry)?))
    }

    fn pointer(&self, part: Part, tag: u16) -> Option<usize> {
        match self.get(part, tag)? {
            (LONG | 13, value) if value.len() >= 4 => Some(self.order.u32(value) as usize),
            _ => None,
        }
    }

    /// Removes a tag and its value.
    pub(super) fn remove(&mut self, part: Part, tag: u16) {
        let (bytes, order) = (&self.bytes, self.order);
        let directory = match part {
            Part::Main => Some(&mut self.main),
            Part::Photo => self.photo.as_mut(),
        };
        let Some(directory) = directory else { return };
        let going = directory.entries.extract_if(.., |entry| entry.tag == tag);
        self.gone.extend(going.filter_map(|entry| outside(bytes, order, &entry).flatten()));
    }

    /// Sets a tag, in the place of the one of its name where there is one. `value` is in the block's byte order.
    pub(super) fn set(&mut self, part: Part, tag: u16, kind: u16, value: Vec<u8>) {
        self.remove(part, tag);
        let entries = match part {
            Part::Main => &mut self.main.entries,
            Part::Photo => &mut self.photo.get_or_insert_default().entries,
        };
        let entry = Entry {
            tag,
            kind,
            count: (value.len() / size_of(kind).max(1)) as u32,
            value: Value::New(value),
        };
        let at = entries.iter().position(|other| other.tag > tag).unwrap_or(entries.len());
        entries.insert(at, entry);
    }

    /// Sets a tag to one number, where the tag is there.
    pub(super) fn correct(&mut self, part: Part, tag: u16, kind: u16, number: u32) {
        if self.get(part, tag).is_none() {
            // Without a readable value, it is not worth a lie.
            self.remove(part, tag);
            return;
        }
        let wide = match self.order {
            Order::Little => number.to_le_bytes(),
            Order::Big => number.to_be_bytes(),
        };
        let value = match (kind, self.order) {
            (SHORT, Order::Little) => wide[..2].to_vec(),
            (SHORT, Order::Big) => wide[2..].to_vec(),
            _ => wide.to_vec(),
        };
        self.set(part, tag, kind, value);
    }

    /// Removes the place, wherever it stands.
    pub(super) fn remove_gps(&mut self) {
        for part in [Part::Main, Part::Photo] {
            if let Some(at) = self.pointer(part, TAG_GPS) {
                self.forget_directory(at);
            }
            self.remove(part, TAG_GPS);
        }
    }

    /// Notes all that belongs to a directory as no longer needed, the thumbnail it may point to included.
    fn forget_directory(&mut self, at: usize) {
        let Some((directory, _)) = directory(&self.bytes, self.order, at) else {
            return;
        };
        let number = |tag: u16| {
            let entry = directory.entries.iter().find(|entry| entry.tag == tag)?;
            let value = value(&self.bytes, self.order, entry)?;
            match entry.kind {
                SHORT => Some(usize::from(self.order.u16(value.get(..2)?))),
                LONG => Some(self.order.u32(value.get(..4)?) as usize),
                _ => None,
            }
        };
        let pictures = [(0x0201, 0x0202), (0x0111, 0x0117)].map(|(offset, length)| {
            let (at, length) = number(offset).zip(number(length))?;
            let end = at.checked_add(length)?.min(self.bytes.len());
            (at >= 8 && at < end).then_some(at..end)
        });
        let values = directory
            .entries
            .iter()
            .filter_map(|entry| outside(&self.bytes, self.order, entry).flatten());
        let all: Vec<Range<usize>> = values
            .chain(pictures.into_iter().flatten())
            .chain([directory.place.clone()])
            .collect();
        self.gone.extend(all);
    }

    /// What must keep its bytes: values of all tags that are there, and of the directories they point to.
    fn kept(&self) -> Vec<Range<usize>> {
        let mut kept: Vec<Range<usize>> = self.values().collect();
        kept.push(0..8);
        kept.push(self.main.place.clone());
        kept.extend(self.photo.as_ref().map(|photo| photo.place.clone()));
        let pointed = [(Part::Main, TAG_GPS), (Part::Photo, TAG_GPS), (Part::Photo, TAG_INTEROP)];
        for at in pointed.into_iter().filter_map(|(part, tag)| self.pointer(part, tag)) {
            if let Some((directory, _)) = directory(&self.bytes, self.order, at) {
                kept.extend(
                    directory
                        .entries
                        .iter()
                        .filter_map(|entry| outside(&self.bytes, self.order, entry).flatten()),
                );
                kept.push(directory.place);
            }
        }
        kept
    }

    fn values(&self) -> impl Iterator<Item = Range<usize>> {
        let entries = [Part::Main, Part::Photo].into_iter().flat_map(|part| self.part(part));
        entries.filter_map(|entry| outside(&self.bytes, self.order, entry).flatten())
    }

    /// Whether directories lie on each other or on values: then nothing in it can be edited without breaking something.
    fn overlaps(&self) -> bool {
        let mut directories = vec![0..8, self.main.place.clone()];
        directories.extend(self.photo.as_ref().map(|photo| photo.place.clone()));
        let meet = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
        let pairs = directories
            .iter()
            .enumerate()
            .flat_map(|(i, a)| directories[..i].iter().map(move |b| (a, b)));
        let mut values = self.values();
        pairs.into_iter().any(|(a, b)| meet(a, b)) || values.any(|value| directories.iter().any(|directory| meet(directory, &value)))
    }

    /// The block as bytes, without `Exif\0\0` in front.
    pub(super) fn written(&self) -> Vec<u8> {
        let mut out = self.bytes.clone();
        let holes = without(&self.gone, &self.kept());
        for hole in &holes {
            out[hole.clone()].fill(0);
        }
        for hole in holes.iter().rev() {
            if hole.end == out.len() {
                out.truncate(hole.start);
            }
        }
        let mut main = self.main.clone();
        if let Some(photo) = &self.photo
            && !photo.entries.is_empty()
        {
            let at = self.lay(&mut out, photo);
            let at = main
                .entries
                .iter()
                .position(|entry| entry.tag > TAG_PHOTO)
                .map_or((main.entries.len(), at), |i| (i, at));
            let value = Value::New(self.number(at.1).to_vec());
            main.entries.insert(
                at.0,
                Entry {
                    tag: TAG_PHOTO,
                    kind: LONG,
                    count: 1,
                    value,
                },
            );
        }
        let at = self.lay(&mut out, &main);
        out[4..8].copy_from_slice(&self.number(at));
        out
    }

    /// Puts a directory where it was, or at the end where it grew; the offset of it.
    fn lay(&self, out: &mut Vec<u8>, directory: &Directory) -> usize {
        let mut raw = self.short(directory.entries.len()).to_vec();
        for entry in &directory.entries {
            raw.extend(self.short(usize::from(entry.tag)));
            raw.extend(self.short(usize::from(entry.kind)));
            raw.extend(self.number(entry.count as usize));
            match &entry.value {
                Value::Stored(value) => raw.extend(value),
                Value::New(value) if value.len() <= 4 => {
                    raw.extend(value);
                    raw.extend(&[0; 4][value.len()..]);
                }
                Value::New(value) => {
                    raw.extend(self.number(even(out)));
                    out.extend(value);
                }
            }
        }
        raw.extend([0; 4]);
        let place = directory.place.clone();
        if raw.len() <= place.len() {
            out[place.clone()].fill(0);
            out[place.start..][..raw.len()].copy_from_slice(&raw);
            return place.start;
        }
        // The old place may be the end, or even cut off.
        if let Some(old) = out.get_mut(place) {
            old.fill(0);
        }
        let at = even(out);
        out.extend(raw);
        at
    }

    fn short(&self, number: usize) -> [u8; 2] {
        match self.order {
            Order::Little => (number as u16).to_le_bytes(),
            Order::Big => (number as u16).to_be_bytes(),
        }
    }

    fn number(&self, number: usize) -> [u8; 4] {
        match self.order {
            Order::Little => (number as u32).to_le_bytes(),
            Order::Big => (number as u32).to_be_bytes(),
        }
    }
}

/// Offsets are even, by the TIFF specification.
fn even(out: &mut Vec<u8>) -> usize {
    if !out.len().is_multiple_of(2) {
        out.push(0);
    }
    out.len()
}

/// The parts of `gone` that `kept` does not need, in order.
fn without(gone: &[Range<usize>], kept: &[Range<usize>]) -> Vec<Range<usize>> {
    let merged = |ranges: &[Range<usize>]| {
        let mut sorted: Vec<Range<usize>> = ranges.iter().filter(|range| !range.is_empty()).cloned().collect();
        sorted.sort_by_key(|range| range.start);
        sorted.dedup_by(|later, earlier| {
            let joined = later.start <= earlier.end;
            if joined {
                earlier.end = earlier.end.max(later.end);
            }
            joined
        });
        sorted
    };
    let kept = merged(kept);
    let mut holes = Vec::new();
    for range in merged(gone) {
        let mut at = range.start;
        for keep in &kept[kept.partition_point(|keep| keep.end <= range.start)..] {
            if keep.start >= range.end {
                break;
            }
            if keep.start > at {
                holes.push(at..keep.start);
            }
            at = keep.end;
        }
        if at < range.end {
            holes.push(at..range.end);
        }
    }
    holes
}
