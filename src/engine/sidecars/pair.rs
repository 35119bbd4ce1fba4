//! Which of the other files of a folder belong to which of its images, told from the names: by stem, because that is
//! how trainers and taggers find them.
//!
//! The ending of a sidecar is read without regard to case. Its stem is compared byte for byte; only where that finds no
//! image, as file systems that fold case or normalise would (`A.json` beside `a.png`). So a file that another system
//! would find is not called an orphan, and one that fits exactly is never given to a neighbour.

use std::cell::LazyCell;
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;

use crate::engine::settings::folded_bytes;

/// What a sidecar holds, as its name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One JSON value about the image: `.json`.
    Json,
    /// A file of one JSON value a line, for the whole folder: `metadata.jsonl`, `captions.jsonl`.
    Rows,
    /// Words about the image: `.txt`, `.caption` and what taggers and cataloguers write. Never edited.
    Text,
    /// The image as an encoder saw it, so it fits only as long as the image has its size: `.npz`.
    Latents,
    /// Its caption as an encoder saw it: `.npz` as well, but the image's size does not matter to it.
    Embedding,
}

/// One name in the folder that is no image.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Other<'a> {
    /// Its name.
    pub(crate) name: &'a OsStr,
    /// A regular file. Folders and links are no sidecars, but a file of their stem belongs to them.
    pub(crate) is_file: bool,
}

/// What belongs to what. Images and other files are told by their places in the lists that [`pair`] was given: a million
/// pairs take 16 MB.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pairs {
    /// Image and file, sorted.
    by_image: Vec<(u32, u32)>,
    /// File and image, sorted.
    by_file: Vec<(u32, u32)>,
    /// Files with a row for each of many images, in the order of the list.
    rows: Vec<u32>,
    /// Files that look like the sidecar of an image that is not there, in the order of the list.
    orphans: Vec<u32>,
    /// Folders, links and the like.
    folders: HashSet<String>,
}

impl Pairs {
    /// The files that belong to this image alone or to a few with it (row files belong to all and are not among them).
    pub(crate) fn of_image(&self, image: usize) -> impl Iterator<Item = usize> + '_ {
        run(&self.by_image, image)
    }

    /// The images that this file belongs to, in order.
    pub(crate) fn of_file(&self, file: usize) -> impl Iterator<Item = usize> + '_ {
        run(&self.by_file, file)
    }

    /// Every file that belongs to images, with these, each sorted: `a.json` with `a.png` and `a.webp`.
    pub(crate) fn files(&self) -> impl Iterator<Item = (usize, impl Iterator<Item = usize> + '_)> + '_ {
        self.by_file
            .chunk_by(|a, b| a.0 == b.0)
            .map(|same| (same[0].0 as usize, same.iter().map(|(_, image)| *image as usize)))
    }

    /// Files with a row for each of many images.
    pub(crate) fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.rows.iter().map(|&file| file as usize)
    }

    /// Names beside the images that are no files: what a path leads into is no image of this folder.
    pub(crate) fn folders(&self) -> &HashSet<String> {
        &self.folders
    }

    /// Files that look like the sidecar of an image that is not there.
    pub(crate) fn orphans(&self) -> impl Iterator<Item = usize> + '_ {
        self.orphans.iter().map(|&file| file as usize)
    }
}

/// The second places of the pairs that begin with `first`.
fn run(sorted: &[(u32, u32)], first: usize) -> impl Iterator<Item = usize> + '_ {
    let from = sorted.partition_point(|pair| (pair.0 as usize) < first);
    sorted[from..]
        .iter()
        .take_while(move |pair| pair.0 as usize == first)
        .map(|pair| pair.1 as usize)
}

/// Finds what belongs to what, in time linear in the number of names. `images` and `others` are names in one folder; the
/// answer tells them by their places.
pub(crate) fn pair<'a>(images: impl Iterator<Item = &'a OsStr>, others: &[Other<'_>]) -> Pairs {
    // Most folders have no sidecars; then no list of all stems is made.
    let images = LazyCell::new(|| Images::new(images.map(OsStr::as_encoded_bytes).collect()));
    let mut pairs = Pairs::default();
    let mut folded: Option<Folded<'_>> = None;
    for (file, other) in places(others) {
        let name = other.name.as_encoded_bytes();
        if !other.is_file {
            pairs.folders.extend(other.name.to_str().map(str::to_owned));
            continue;
        }
        let Some(read) = Read::of(name) else { continue };
        if read.kind == Kind::Rows {
            pairs.rows.push(file);
            continue;
        }
        let mut found = images.exactly(&read);
        if found.is_empty() {
            let folded = folded.get_or_insert_with(|| Folded::new(&images, others));
            found = folded.about(&read);
            if found.is_empty() && read.would_be_missed() && !folded.belongs_to_a_stranger(&read) {
                pairs.orphans.push(file);
            }
        }
        pairs.by_file.extend(found.into_iter().map(|image| (file, image)));
    }
    pairs.by_file.sort_unstable();
    pairs.by_file.dedup();
    pairs.by_image = pairs.by_file.iter().map(|&(file, image)| (image, file)).collect();
    pairs.by_image.sort_unstable();
    pairs
}

/// What a file of this name holds; `None` where it is no sidecar by its name.
pub(crate) fn kind(name: &OsStr) -> Option<Kind> {
    Read::of(name.as_encoded_bytes()).map(|read| read.kind)
}

/// A list with the places of its members.
fn places<T>(list: &[T]) -> impl Iterator<Item = (u32, &T)> {
    (0..).zip(list)
}

/// Stem and ending; a name that has no dot, or one only at its begin, is all stem.
fn parts(name: &[u8]) -> (&[u8], &[u8]) {
    match name.iter().rposition(|&b| b == b'.') {
        None | Some(0) => (name, b""),
        Some(dot) => (&name[..dot], &name[dot + 1..]),
    }
}

/// Endings of sidecars. `.json` and `.npz` are looked at more closely.
const ENDINGS: [(&str, Kind); 12] = [
    ("json", Kind::Json),
    ("txt", Kind::Text),
    ("caption", Kind::Text),
    ("npz", Kind::Latents),
    ("cap", Kind::Text),
    ("tag", Kind::Text),
    ("tags", Kind::Text),
    ("wd14cap", Kind::Text),
    ("booru", Kind::Text),
    ("xmp", Kind::Text),
    ("yaml", Kind::Text),
    ("yml", Kind::Text),
];

/// Endings whose files are called orphans where no image is found: those that hardly anything else in a folder of images has.
const MISSED: [&str; 4] = ["json", "txt", "caption", "npz"];

/// Stems of row files, with the ending `.jsonl`.
const ROW_STEMS: [&str; 2] = ["metadata", "captions"];

/// Stems of files that speak of a whole folder. They may fit an image all the same, but are never called orphans.
const FOLDER_WIDE: [&str; 51] = [
    "annotation",
    "annotations",
    "attribution",
    "caption",
    "captions",
    "categories",
    "changelog",
    "class",
    "classes",
    "config",
    "contents",
    "copying",
    "copyright",
    "credits",
    "data",
    "dataset",
    "dataset_info",
    "dataset_infos",
    "files",
    "filelist",
    "images",
    "index",
    "info",
    "label",
    "labels",
    "licence",
    "license",
    "list",
    "manifest",
    "meta",
    "metadata",
    "notes",
    "package",
    "prompt",
    "prompts",
    "readme",
    "report",
    "requirements",
    "settings",
    "source",
    "sources",
    "split",
    "splits",
    "stats",
    "summary",
    "tags",
    "test",
    "train",
    "urls",
    "val",
    "validation",
];

/// Parts of such stems: kohya's `meta_cap.json`, COCO's `instances_train.json`, img2dataset's `00000_stats.json`.
const FOLDER_WIDE_BEGINS: [&str; 5] = ["meta_", "dataset_", "instances_", "captions_", "readme"];
const FOLDER_WIDE_ENDS: [&str; 4] = ["_stats", "_info", "_metadata", "_index"];

/// What a sidecar's name says.
struct Read<'a> {
    kind: Kind,
    /// Stem or full name of its image.
    stem: &'a [u8],
    /// Another stem that would do: without what a trainer put behind it.
    shorter: Option<&'a [u8]>,
    ending: &'a [u8],
}

impl<'a> Read<'a> {
    fn of(name: &'a [u8]) -> Option<Self> {
        let (stem, ending) = parts(name);
        let is = |known: &str| ending.eq_ignore_ascii_case(known.as_bytes());
        if let Some(hidden) = name.strip_prefix(b".") {
            // `._a.json` and the like are the system's.
            let stem = parts(hidden).0.strip_suffix(b"_meta").filter(|s| !s.is_empty())?;
            let read = Self {
                kind: Kind::Json,
                stem,
                shorter: None,
                ending,
            };
            return is("json").then_some(read);
        }
        if is("jsonl") {
            let known = ROW_STEMS.iter().any(|s| stem.eq_ignore_ascii_case(s.as_bytes()));
            return known.then_some(Self {
                kind: Kind::Rows,
                stem,
                shorter: None,
                ending,
            });
        }
        let (_, kind) = *ENDINGS.iter().find(|(known, _)| is(known))?;
        let (kind, shorter) = match kind {
            Kind::Latents => latents(stem),
            other => (other, None),
        };
        Some(Self {
            kind,
            stem,
            shorter,
            ending,
        })
    }

    /// Stems that its image may have, the likeliest first.
    fn stems(&self) -> impl Iterator<Item = &'a [u8]> {
        [Some(self.stem), self.shorter].into_iter().flatten()
    }

    /// Whether somebody should hear of it when its image is not there.
    fn would_be_missed(&self) -> bool {
        let stem = String::from_utf8_lossy(self.stem).to_lowercase();
        MISSED.iter().any(|e| self.ending.eq_ignore_ascii_case(e.as_bytes()))
            && !FOLDER_WIDE.contains(&stem.as_str())
            && !FOLDER_WIDE_BEGINS.iter().any(|part| stem.starts_with(part))
            && !FOLDER_WIDE_ENDS.iter().any(|part| stem.ends_with(part))
    }
}

/// What an `.npz` of this stem holds, and the stem without what kohya's scripts append to that of the image:
/// `_0512x0768_sdxl` to latents; `_te_outputs`, or `_flux_te` and the like, to what the text encoder made of the caption.
fn latents(stem: &[u8]) -> (Kind, Option<&[u8]>) {
    let cut = |stem: &[u8]| stem.iter().rposition(|&b| b == b'_').filter(|&at| at > 0);
    let Some(last) = cut(stem) else { return (Kind::Latents, None) };
    let Some(before) = cut(&stem[..last]) else {
        return (Kind::Latents, None);
    };
    let (middle, tail) = (&stem[before + 1..last], &stem[last + 1..]);
    let is_size = || {
        let mut sides = middle.split(|&b| b == b'x');
        let side = |s: Option<&[u8]>| s.is_some_and(|s| s.len() >= 3 && s.iter().all(u8::is_ascii_digit));
        side(sides.next()) && side(sides.next()) && sides.next().is_none()
    };
    match (middle, tail) {
        (b"te", b"outputs") => (Kind::Embedding, Some(&stem[..before])),
        (model, b"te") if !model.is_empty() => (Kind::Embedding, Some(&stem[..before])),
        _ if is_size() && !tail.is_empty() => (Kind::Latents, Some(&stem[..before])),
        _ => (Kind::Latents, None),
    }
}

/// The images by their stems.
struct Images<'a> {
    names: Vec<&'a [u8]>,
    /// The last image of a stem.
    last: HashMap<&'a [u8], u32>,
    /// For each image the one before it of the same stem; itself where there is none.
    before: Vec<u32>,
}

impl<'a> Images<'a> {
    fn new(names: Vec<&'a [u8]>) -> Self {
        let mut last = HashMap::with_capacity(names.len());
        let before = places(&names)
            .map(|(at, name)| last.insert(parts(name).0, at).unwrap_or(at))
            .collect();
        Self { names, last, before }
    }

    /// Images of this stem.
    fn of_stem(&self, stem: &[u8]) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(self.last.get(stem).copied(), |&at| {
            let before = self.before[at as usize];
            (before != at).then_some(before)
        })
    }

    /// Images that the sidecar fits byte for byte: `a.json` by the stem, `a.png.json` by the full name.
    fn exactly(&self, read: &Read<'_>) -> Vec<u32> {
        let of = |stem: &[u8]| -> Vec<u32> {
            let named = self.of_stem(parts(stem).0).filter(|&at| self.names[at as usize] == stem);
            self.of_stem(stem).chain(named).collect()
        };
        read.stems().map(of).find(|found| !found.is_empty()).unwrap_or_default()
    }
}

/// The same under the eyes of a file system that folds case and normalises. Built only where something fits nothing.
struct Folded<'a> {
    images: &'a Images<'a>,
    stems: HashMap<Vec<u8>, Vec<u32>>,
    /// Names, and stems of names, of what is neither image nor sidecar.
    strangers: HashSet<Vec<u8>>,
}

impl<'a> Folded<'a> {
    fn new(images: &'a Images<'a>, others: &[Other<'_>]) -> Self {
        let mut stems: HashMap<Vec<u8>, Vec<u32>> = HashMap::new();
        for (at, name) in places(&images.names) {
            stems.entry(folded_bytes(parts(name).0)).or_default().push(at);
        }
        let mut strangers = HashSet::new();
        for other in others {
            let name = other.name.as_encoded_bytes();
            if !other.is_file || Read::of(name).is_none() {
                strangers.insert(folded_bytes(parts(name).0));
                strangers.insert(folded_bytes(name));
            }
        }
        Self { images, stems, strangers }
    }

    /// Images that the sidecar fits but for case and normalisation; failing that, those that its image may have become:
    /// `a.png.json` stays with `a.jpg`.
    fn about(&self, read: &Read<'_>) -> Vec<u32> {
        let of = |stem: &[u8]| self.stems.get(&folded_bytes(stem)).map_or(&[][..], Vec::as_slice).iter().copied();
        let alike = |stem: &[u8]| -> Vec<u32> {
            let full = folded_bytes(stem);
            let named = of(parts(stem).0).filter(|&at| folded_bytes(self.images.names[at as usize]) == full);
            of(stem).chain(named).collect()
        };
        let converted = |stem: &[u8]| -> Vec<u32> {
            let (stem, ending) = parts(stem);
            if is_picture_ending(ending) {
                of(stem).collect()
            } else {
                Vec::new()
            }
        };
        let mut found = read.stems().map(alike).chain(read.stems().map(converted));
        found.find(|found| !found.is_empty()).unwrap_or_default()
    }

    /// Whether something that is no image has the stem or the name that the sidecar speaks of: a film, an archive, a link.
    fn belongs_to_a_stranger(&self, read: &Read<'_>) -> bool {
        read.stems().any(|stem| self.strangers.contains(&folded_bytes(stem)))
    }
}

/// Endings that the image of a `NAME.ENDING.json` had when it was written.
fn is_picture_ending(ending: &[u8]) -> bool {
    ["png", "jpg", "jpeg", "webp", "bmp", "tif", "tiff", "gif"]
        .iter()
        .any(|known| ending.eq_ignore_ascii_case(known.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sidecars with their images, then row files, then orphans, all by name.
    fn paired(images: &[&str], others: &[&str]) -> (Vec<String>, Vec<String>, Vec<String>) {
        let list: Vec<Other<'_>> = others
            .iter()
            .map(|name| Other {
                name: OsStr::new(name.trim_end_matches('/')),
                is_file: !name.ends_with('/'),
            })
            .collect();
        let pairs = pair(images.iter().map(OsStr::new), &list);
        let name = |at: usize| others[at].to_owned();
        let files = pairs
            .files()
            .map(|(file, of)| {
                let of: Vec<usize> = of.collect();
                assert_eq!(of, pairs.of_file(file).collect::<Vec<_>>());
                for image in &of {
                    assert!(pairs.of_image(*image).any(|f| f == file), "both ways");
                }
                format!(
                    "{} of {}",
                    others[file],
                    of.iter().map(|i| images[*i]).collect::<Vec<_>>().join(" ")
                )
            })
            .collect();
        (files, pairs.rows().map(name).collect(), pairs.orphans().map(name).collect())
    }

    #[test]
    fn what_belongs_to_what() {
        let check = |images: &[&str], others: &[&str], pairs: &[&str], orphans: &[&str]| {
            let (found, _, lost) = paired(images, others);
            assert_eq!(found, pairs, "{images:?} {others:?}");
            assert_eq!(lost, orphans, "{images:?} {others:?}");
        };
        check(
            &["a.png"],
            &["a.json", "a.txt", "a.caption", "a.npz", "a.png.json", ".a_meta.json", "a.JSON"],
            &[
                "a.json of a.png",
                "a.txt of a.png",
                "a.caption of a.png",
                "a.npz of a.png",
                "a.png.json of a.png",
                ".a_meta.json of a.png",
                "a.JSON of a.png",
            ],
            &[],
        );
        // Two images share one; the full name tells them apart.
        check(
            &["a.png", "a.webp", "b.jpg"],
            &["a.json", "a.webp.json", "b.txt", ".a.png_meta.json"],
            &[
                "a.json of a.png a.webp",
                "a.webp.json of a.webp",
                "b.txt of b.jpg",
                ".a.png_meta.json of a.png",
            ],
            &[],
        );
        // Dots in stems; no ending at all.
        check(
            &["a.b.png", "c"],
            &["a.json", "a.b.json", "c.txt"],
            &["a.b.json of a.b.png", "c.txt of c"],
            &["a.json"],
        );
        // `a.png.json` by the full name and by the stem of another.
        check(&["a.png", "a.png.webp"], &["a.png.json"], &["a.png.json of a.png a.png.webp"], &[]);
        // Case and normalisation only where nothing fits exactly.
        check(
            &["A.png", "a.png", "B.png", "\u{e9}.png"],
            &["a.json", "b.json", "e\u{301}.txt"],
            &["a.json of a.png", "b.json of B.png", "e\u{301}.txt of \u{e9}.png"],
            &[],
        );
        // What an earlier run left: the full name of an image that is a JPEG now.
        check(&["a.jpg"], &["a.png.json", "b.png.json"], &["a.png.json of a.jpg"], &["b.png.json"]);
        // Latents as kohya's scripts name them, and what is none.
        check(
            &["a.png", "a_b.png"],
            &[
                "a_0512x0768_sdxl.npz",
                "a_te_outputs.npz",
                "a_flux_te.npz",
                "a_b.npz",
                "a_c.npz",
                "a_12_sdxl.npz",
            ],
            &[
                "a_0512x0768_sdxl.npz of a.png",
                "a_te_outputs.npz of a.png",
                "a_flux_te.npz of a.png",
                "a_b.npz of a_b.png",
            ],
            &["a_c.npz", "a_12_sdxl.npz"],
        );
    }

    #[test]
    fn orphans_are_no_false_alarms() {
        let others = [
            "b.json",
            "b.txt",
            "b.caption",
            "b.npz",
            ".c_meta.json",
            // Not sidecar-like, hidden, of the folder, of a film, of an archive, of a link or folder.
            "b.xmp",
            "b.yaml",
            "g.csv",
            ".d.json",
            "._e.json",
            "_meta.json",
            "README.txt",
            "info.json",
            "dataset_info.json",
            "meta_cap.json",
            "00000_stats.json",
            "metadata.jsonl",
            "rows.jsonl",
            "film.mp4",
            "film.txt",
            "0001.tar",
            "0001.json",
            "linked.png/",
            "linked.txt",
            "linked.png.json",
            "folder/",
            "folder.json",
        ];
        let (found, rows, orphans) = paired(&["a.png"], &others);
        assert_eq!(found, [""; 0]);
        assert_eq!(rows, ["metadata.jsonl"]);
        assert_eq!(orphans, ["b.json", "b.txt", "b.caption", "b.npz", ".c_meta.json", "_meta.json"]);
    }

    #[test]
    fn kinds() {
        for (name, expected) in [
            ("a.json", Some(Kind::Json)),
            (".a_meta.json", Some(Kind::Json)),
            ("captions.jsonl", Some(Kind::Rows)),
            ("Metadata.JSONL", Some(Kind::Rows)),
            ("a.jsonl", None),
            ("a.Txt", Some(Kind::Text)),
            ("a.npz", Some(Kind::Latents)),
            ("a_te_outputs.npz", Some(Kind::Embedding)),
            ("json", None),
            (".json", None),
            (".hidden.txt", None),
            ("a.", None),
            ("", None),
        ] {
            assert_eq!(kind(OsStr::new(name)), expected, "{name}");
        }
    }

    #[test]
    fn a_folder_named_like_a_sidecar_is_none() {
        assert_eq!(paired(&["a.png"], &["a.json/"]).0, [""; 0]);
    }

    #[test]
    #[cfg(unix)]
    fn names_that_are_no_text() {
        use std::os::unix::ffi::OsStrExt;
        let image = OsStr::from_bytes(b"\xff.png");
        let sidecar = OsStr::from_bytes(b"\xff.json");
        let other = Other {
            name: sidecar,
            is_file: true,
        };
        let pairs = pair([image].into_iter(), &[other]);
        assert_eq!(pairs.of_image(0).collect::<Vec<_>>(), [0]);
    }

    /// Every image has its sidecar at a size where a search through all names would take minutes.
    #[test]
    fn many_names() {
        const COUNT: usize = 100_000;
        let images: Vec<String> = (0..COUNT).map(|i| format!("{i:06}.png")).collect();
        let files: Vec<String> = (0..COUNT).map(|i| format!("{i:06}.json")).collect();
        let others: Vec<Other<'_>> = files
            .iter()
            .map(|name| Other {
                name: name.as_ref(),
                is_file: true,
            })
            .collect();
        let pairs = pair(images.iter().map(OsStr::new), &others);
        assert_eq!(pairs.files().count(), COUNT);
        for at in [0, 77_777, COUNT - 1] {
            assert_eq!(pairs.of_image(at).collect::<Vec<_>>(), [at]);
        }
    }
}
