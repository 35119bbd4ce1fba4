//! What is in a folder, told from directory entries and file headers alone. Nothing is decoded, nothing is written.

mod discover;
mod shards;
#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rayon::prelude::*;

use crate::engine::disk::{Disk, DiskError, Entry, EntryKind, Identity, LET_GO, OpenFile, Trouble};
use crate::engine::metrics::{Drive, DriveKind, Notice, Problem};
use crate::engine::pixels::{Header, HeaderSource, ProbeError, Size, probe};
use crate::engine::settings::Format;
use crate::engine::sidecars::{Other, Pairs, pair};

pub use discover::ScanError;
pub(crate) use discover::{absolute, candidates};
pub(crate) use shards::{chosen, holds_pictures};

/// Hidden names of ours inside a shard start with this.
const OURS: &str = ".shardpress";

/// What a scan found in one shard.
#[derive(Debug, Clone)]
pub struct Inventory {
    /// The folder, absolute.
    pub path: PathBuf,
    /// What it lies on.
    pub drive: Drive,
    /// Everything that claims to be an image, in natural order of the names.
    pub images: Vec<FoundImage>,
    /// Names that stay whatever happens: sidecars, strangers, folders, links. A replacement may take none of them.
    pub occupied: Vec<OsString>,
    /// Which of `occupied` belong to which of `images`, by their places in these lists.
    pub(crate) sidecars: Pairs,
    /// Files that are no images (sidecars and strangers), hidden ones of ours not counted.
    pub other_files: u64,
    /// Their bytes.
    pub other_bytes: u64,
    /// What a person should know: links, pipes.
    pub notices: Vec<Notice>,
}

/// A file that claims to be an image by its content, or by its name and is none.
#[derive(Debug, Clone)]
pub struct FoundImage {
    /// File name inside the shard.
    pub name: OsString,
    /// Which file it was when its header was read.
    pub(crate) identity: Identity,
    /// What its head tells.
    pub(crate) content: Content,
}

/// What the head of a file told.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// A format we know.
    Image(Header),
    /// Boxed, since nearly every file is an image and a million of them are kept in memory.
    Refused(Box<Problem>),
    /// An image of a format that we leave alone.
    Foreign(&'static str),
}

impl FoundImage {
    /// Bytes of the file.
    pub fn bytes(&self) -> u64 {
        self.identity.len
    }

    /// Its format by its content; `None` where it is no image that we know.
    pub fn format(&self) -> Option<Format> {
        match &self.content {
            Content::Image(header) => Some(header.format),
            Content::Refused(_) | Content::Foreign(_) => None,
        }
    }

    /// Width and height the way it is seen, where the header tells.
    pub fn size(&self) -> Option<Size> {
        match &self.content {
            Content::Image(header) => Some(header.orientation.seen(header.size)),
            Content::Refused(_) | Content::Foreign(_) => None,
        }
    }

    /// How many names the file has on its drive; more than one: replacing it frees nothing.
    pub fn links(&self) -> u64 {
        self.identity.links
    }

    /// Which drive it lies on: the same number for every file of one drive, of no meaning beyond.
    pub fn device(&self) -> u64 {
        self.identity.device
    }
}

#[cfg(all(test, feature = "gui"))]
impl Inventory {
    /// So many JPEGs of all sizes that are not there.
    pub(crate) fn of_many(path: &Path, images: usize) -> Self {
        use crate::engine::pixels::Orientation;
        let image = |number: usize| {
            let side = |salt: usize| 128 + (number.wrapping_mul(salt) % 3900) as u32;
            let size = Size {
                width: side(7919),
                height: side(104_729),
            };
            FoundImage {
                name: format!("{number:07}_a-picture-of-something.jpg").into(),
                identity: Identity {
                    device: 1,
                    inode: number as u64,
                    len: 10_000 + u64::from(size.width) * u64::from(size.height) / 3,
                    modified_ns: 0,
                    links: 1,
                },
                content: Content::Image(Header {
                    format: Format::Jpeg,
                    size,
                    orientation: Orientation::Upright,
                    animated: false,
                    transparent: false,
                    samples: 3,
                    bits: 8,
                    multi_pass: false,
                    coded_sixteenths: 0,
                }),
            }
        };
        Self {
            path: path.to_owned(),
            drive: Drive {
                kind: DriveKind::Solid,
                file_system: String::new(),
            },
            images: (0..images).map(image).collect(),
            occupied: Vec::new(),
            sidecars: Pairs::default(),
            other_files: 0,
            other_bytes: 0,
            notices: Vec::new(),
        }
    }
}

impl Inventory {
    /// Whether the names here promise a picture: only such a folder has a number among the shards.
    pub(crate) fn holds_pictures(&self) -> bool {
        self.images.iter().any(|image| shards::is_picture(&image.name)) || self.occupied.iter().any(|name| shards::is_picture(name))
    }
}

/// Endings under which people keep pictures. What such a file *is* is decided by its content; a file with another
/// ending is left alone even if it starts like a picture: camera raw files start like a TIFF, stereo pairs like a JPEG.
const PICTURE_ENDINGS: [&str; 18] = [
    "png", "apng", "jpg", "jpeg", "jpe", "jfif", "webp", "bmp", "dib", "tif", "tiff", "gif", "avif", "heic", "heif", "jxl", "jp2", "psd",
];

/// Whether a file of this name is looked into: an ending of pictures, or no ending at all (datasets named by hash).
fn looks_like_picture(name: &OsStr) -> bool {
    let path = Path::new(name);
    match path.extension() {
        Some(ending) => ending
            .to_str()
            .is_some_and(|e| PICTURE_ENDINGS.contains(&e.to_ascii_lowercase().as_str())),
        None => true,
    }
}

/// Whether a file has an ending of pictures and is not hidden: what a quick look counts.
pub(crate) fn is_named_as_picture(name: &OsStr) -> bool {
    !is_hidden(name) && Path::new(name).extension().is_some() && looks_like_picture(name)
}

/// Files of ours and files that the owner hid are never touched.
pub(crate) fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().first() == Some(&b'.')
}

/// Reads the headers of everything in `path` that claims to be an image.
///
/// Probing runs on `pool`, whose size is the number of requests in flight: a network drive wants more than there are cores.
///
/// # Errors
/// The folder cannot be listed. A file that cannot be read is a refused image, not an error of the scan.
pub(crate) fn scan(disk: &dyn Disk, path: &Path, pool: &rayon::ThreadPool) -> Result<Inventory, DiskError> {
    scan_watched(disk, path, pool, &Watch::default())
}

/// How far a scan is, for somebody who looks on from another thread.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// Files that will be looked into.
    pub(crate) found: AtomicU64,
    /// Files that were.
    pub(crate) read: AtomicU64,
    /// Their bytes.
    pub(crate) bytes: AtomicU64,
    /// Set from outside: files that were not looked into yet are passed over, and the inventory is worth nothing.
    pub(crate) stop: AtomicBool,
}

/// As [`scan`], for somebody to watch and to stop.
///
/// # Errors
/// As [`scan`].
pub(crate) fn scan_watched(disk: &dyn Disk, path: &Path, pool: &rayon::ThreadPool, watch: &Watch) -> Result<Inventory, DiskError> {
    let mut inventory = Inventory {
        path: path.to_owned(),
        drive: disk.drive(path),
        images: Vec::new(),
        occupied: Vec::new(),
        sidecars: Pairs::default(),
        other_files: 0,
        other_bytes: 0,
        notices: Vec::new(),
    };
    // Names of pictures that are symbolic links, and that are something else that is no file.
    let mut special: [Vec<OsString>; 2] = [Vec::new(), Vec::new()];
    // One for each of `occupied`: whether it is a regular file.
    let mut are_files = Vec::new();
    // Taken from the listing in place: of a million names there is one list at a time.
    let occupied = &mut inventory.occupied;
    let to_probe = disk.entries(path)?.into_iter().filter_map(|entry| {
        match entry.kind {
            EntryKind::File if is_hidden(&entry.name) || !looks_like_picture(&entry.name) => are_files.push(true),
            EntryKind::File => return Some(entry),
            EntryKind::Folder => are_files.push(false),
            EntryKind::Link | EntryKind::Other => {
                if looks_like_picture(&entry.name) && Path::new(&entry.name).extension().is_some() {
                    let kind = usize::from(entry.kind == EntryKind::Other);
                    special[kind].push(entry.name.clone());
                }
                are_files.push(false);
            }
        }
        occupied.push(entry.name);
        None
    });
    let mut to_probe: Vec<Entry> = to_probe.collect();
    let others = inventory
        .occupied
        .par_iter()
        .zip(&are_files)
        .with_max_len(64)
        .filter(|(name, is_file)| **is_file && !name.as_encoded_bytes().starts_with(OURS.as_bytes()));
    let size = |name: &OsString| disk.stat(&path.join(name)).ok().flatten().map_or(0, |identity| identity.len);
    (inventory.other_files, inventory.other_bytes) = pool.install(|| {
        others
            .map(|(name, _)| (1, size(name)))
            .reduce(|| (0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
    });
    if inventory.drive.kind == DriveKind::Spinning {
        // Inode order is close to the order on disk for folders that were filled once; seeks dominate on a spinning disk.
        to_probe.sort_unstable_by_key(|e| e.inode);
    }
    watch.found.store(to_probe.len() as u64, Ordering::Relaxed);
    let probed: Vec<Looked> = pool.install(|| {
        to_probe
            .into_par_iter()
            .with_max_len(64)
            .map(|entry| {
                if watch.stop.load(Ordering::Relaxed) {
                    return Looked::Gone;
                }
                let looked = look(disk, path, entry.name);
                watch.read.fetch_add(1, Ordering::Relaxed);
                if let Looked::Picture(image) = &looked {
                    watch.bytes.fetch_add(image.bytes(), Ordering::Relaxed);
                }
                looked
            })
            .collect()
    });
    // In place, too.
    let images = probed.into_iter().filter_map(|looked| match looked {
        Looked::Picture(image) => Some(image),
        Looked::Stranger(name, len) => {
            inventory.other_files += 1;
            inventory.other_bytes += len;
            inventory.occupied.push(name);
            are_files.push(true);
            None
        }
        Looked::Gone => None,
    });
    let mut images: Vec<FoundImage> = images.collect();
    images.sort_unstable_by(|a, b| natural_order(&a.name, &b.name));
    inventory.images = images;
    let [links, others] = special;
    tell_special(&mut inventory, "a symbolic link", "symbolic links", links);
    tell_special(&mut inventory, "a pipe, socket or device", "pipes, sockets or devices", others);
    inventory.notices.sort_by(|a, b| a.path.cmp(&b.path));
    let others: Vec<Other<'_>> = inventory
        .occupied
        .iter()
        .zip(are_files)
        .map(|(name, is_file)| Other { name, is_file })
        .collect();
    inventory.sidecars = pair(inventory.images.iter().map(|i| i.name.as_os_str()), &others);
    Ok(inventory)
}

/// So many names are told one by one; there are datasets that are made of links alone.
const TOLD_EACH: usize = 16;

/// Says which names are no files: the first by name, the rest as a number.
fn tell_special(inventory: &mut Inventory, one: &str, many: &str, mut names: Vec<OsString>) {
    names.sort_unstable();
    let rest = names.len().saturating_sub(TOLD_EACH);
    for name in names.iter().take(TOLD_EACH) {
        inventory.notices.push(Notice {
            path: inventory.path.join(name),
            message: format!("{} is {one}, not a file; it is left alone.", name.display()),
        });
    }
    if rest > 0 {
        inventory.notices.push(Notice {
            path: inventory.path.clone(),
            message: format!("{rest} more names of pictures here are {many}, not files; they are left alone."),
        });
    }
}

/// `a2` before `a10`; equal under that, by bytes, so that the order is total.
pub fn natural_order(a: &OsStr, b: &OsStr) -> std::cmp::Ordering {
    natord::compare(&a.to_string_lossy(), &b.to_string_lossy()).then_with(|| a.cmp(b))
}

/// What a look into one file found.
enum Looked {
    Picture(FoundImage),
    /// No image, and its bytes.
    Stranger(OsString, u64),
    Gone,
}

fn look(disk: &dyn Disk, folder: &Path, name: OsString) -> Looked {
    let path = &folder.join(&name);
    let (file, identity) = match disk.open(path).and_then(|file| file.identity().map(|identity| (file, identity))) {
        Ok(opened) => opened,
        Err(error) => return unreadable(disk, path, name, &error),
    };
    let mut source = FileSource {
        file: file.as_ref(),
        len: identity.len,
    };
    let content = match probe(&mut source) {
        Ok(header) => Content::Image(header),
        Err(ProbeError::OtherFormat(name)) => Content::Foreign(name),
        // A name without an ending promises nothing, so there is nothing to complain about.
        Err(ProbeError::NotAnImage | ProbeError::Empty) if path.extension().is_none() => return Looked::Stranger(name, identity.len),
        Err(error) => Content::Refused(Box::new(header_problem(path, &error))),
    };
    Looked::Picture(FoundImage { name, identity, content })
}

fn unreadable(disk: &dyn Disk, path: &Path, name: OsString, error: &DiskError) -> Looked {
    match disk.stat(path) {
        Ok(None) => Looked::Gone,
        Ok(Some(identity)) => Looked::Picture(FoundImage {
            name,
            identity,
            content: Content::Refused(Box::new(Problem {
                code: "unreadable",
                path: path.to_owned(),
                message: format!("{error}. It was left untouched."),
                advice: if error.kind() == Trouble::Busy {
                    LET_GO
                } else {
                    "Check its permissions, or the drive."
                }
                .into(),
            })),
        }),
        Err(_) => Looked::Stranger(name, 0),
    }
}

fn header_problem(path: &Path, error: &ProbeError) -> Problem {
    let (code, advice) = match error {
        ProbeError::Empty => ("empty", "Restore it from a backup, or delete it."),
        ProbeError::NotAnImage => (
            "not-an-image",
            "Its content is no picture, whatever its name says. Look what it is.",
        ),
        ProbeError::OtherFormat(_) => ("other-format", ""),
        ProbeError::Damaged(_) => ("damaged", "Restore it from a backup, or open and save it with another program."),
        ProbeError::Io(_) => ("unreadable", "Check the drive."),
    };
    Problem {
        code,
        path: path.to_owned(),
        message: format!("{error}. It was left untouched."),
        advice: advice.into(),
    }
}

/// A file as the header reader wants it.
struct FileSource<'a> {
    file: &'a dyn OpenFile,
    len: u64,
}

impl HeaderSource for FileSource<'_> {
    fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(offset, buf).map_err(io::Error::other)
    }

    fn len(&self) -> u64 {
        self.len
    }
}
