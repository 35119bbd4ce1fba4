//! A small library of pictures to try the program on, drawn by code: nothing is downloaded and nobody's pictures are
//! shipped. It shows what real shards hold: many codings, sizes around the usual target, sidecars of the same stem.

mod encode;
mod scenes;

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use serde::Serialize;

use encode::{Coding, encode};
use scenes::{SCENES, Scene, draw};

use crate::engine::disk::{DiskError, Trouble};

/// What [`write_sample`] wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleSummary {
    /// Folders of images.
    pub shards: usize,
    /// Images, all shards together.
    pub images: usize,
    /// Sidecars, all shards together.
    pub sidecars: usize,
    /// Bytes of images and sidecars.
    pub bytes: u64,
}

/// Folders of images in a sample library.
pub const SAMPLE_SHARDS: usize = 3;

/// Images in a sample library, all shards together.
pub const SAMPLE_IMAGES: usize = SAMPLE_SHARDS * PICTURES.len();

/// Why no sample library was written.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// The folder holds something already.
    #[error("{} is not empty; a sample library wants a folder of its own. Nothing was touched. Name a folder that does not exist yet", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// There is a file of that name.
    #[error("{} is a file, not a folder. Nothing was touched. Name a folder that does not exist yet", path.display())]
    NotAFolder {
        /// The file.
        path: PathBuf,
    },
    /// The system refused. Nothing that was there before was touched.
    #[error("{message}. {}. {advice}", rest(*left))]
    Io {
        /// What was tried on which file or folder, and what the system said.
        message: String,
        /// Files and folders of ours that could not be removed again.
        left: usize,
        /// What a person can do.
        advice: &'static str,
    },
    /// An encoder refused a picture of ours: a fault of the program.
    #[error("{} could not be encoded: {message}. This is a fault of the program; please report it", path.display())]
    Encode {
        /// The file that was to be written.
        path: PathBuf,
        /// What the encoder said.
        message: String,
    },
}

/// Every shard holds these: extension, coding, width, height. Most are far below 0.3 megapixels, two have about one;
/// sides lie below, at and above 512.
const PICTURES: [(&str, Coding, u32, u32); 24] = [
    ("png", Coding::PngRgb, 640, 427),
    ("jpg", Coding::Jpeg, 600, 400),
    ("png", Coding::PngRgba, 560, 420),
    ("webp", Coding::Webp, 620, 380),
    ("png", Coding::PngGrey, 700, 400),
    ("jpeg", Coding::JpegProgressive, 540, 540),
    ("bmp", Coding::Bmp, 530, 350),
    ("png", Coding::PngRgb, 512, 512),
    ("jpg", Coding::Jpeg, 512, 384),
    ("png", Coding::PngPalette, 576, 432),
    ("jpg", Coding::JpegGrey, 640, 360),
    ("png", Coding::Png16, 513, 300),
    ("png", Coding::PngGreyAlpha, 480, 320),
    ("JPG", Coding::Jpeg, 660, 440),
    ("webp", Coding::WebpAlpha, 600, 450),
    ("png", Coding::PngInterlaced, 600, 401),
    ("jpg", Coding::JpegTurned, 640, 420),
    ("png", Coding::PngRgb, 1152, 864),
    ("jpg", Coding::Jpeg, 400, 300),
    ("webp", Coding::Webp, 320, 240),
    ("bmp", Coding::Bmp, 256, 256),
    ("png", Coding::PngRgba, 300, 500),
    ("jpg", Coding::Jpeg, 1200, 800),
    ("png", Coding::PngGrey, 64, 64),
];

/// One picture of the library with everything that decides its bytes.
struct Picture {
    shard: PathBuf,
    stem: String,
    extension: &'static str,
    coding: Coding,
    scene: Scene,
    seed: u32,
    width: u32,
    height: u32,
}

/// The caption that belongs to a picture, as data sets write it.
#[derive(Serialize)]
struct Caption<'a> {
    filename: &'a str,
    width: u32,
    height: u32,
    tags: [&'a str; 2],
}

/// Writes a library of three shards (`shard_00000` …) of varied pictures with JSON and text sidecars into `dir`, which
/// must be empty or not exist. The same version of the program always writes the same bytes. No two images of a shard
/// have the same stem, in whatever case, so that no two would get the same output name.
///
/// # Errors
///
/// [`SampleError`], each naming the file: the folder is in use, the system refused. Nothing is ever overwritten, and what
/// was written before the system refused is removed again.
pub fn write_sample(dir: &Path) -> Result<SampleSummary, SampleError> {
    write_sample_telling(dir, |_| {})
}

/// As [`write_sample`]; `tell` hears how many of the [`SAMPLE_IMAGES`] are written, from whichever thread wrote one.
///
/// # Errors
///
/// As [`write_sample`].
pub fn write_sample_telling(dir: &Path, tell: impl Fn(usize) + Sync) -> Result<SampleSummary, SampleError> {
    claim(dir)?;
    write_pictures(dir, &pictures(dir), tell)
}

/// All of it, or nothing.
fn write_pictures(dir: &Path, pictures: &[Picture], tell: impl Fn(usize) + Sync) -> Result<SampleSummary, SampleError> {
    let ours = Ours::new(dir);
    let done = AtomicUsize::new(0);
    let write = || -> Result<u64, SampleError> {
        fs::create_dir_all(dir).map_err(|source| failed(dir, "create the folder", source))?;
        for shard in 0..SAMPLE_SHARDS as u32 {
            let path = shard_path(dir, shard);
            fs::create_dir(&path).map_err(|source| failed(&path, "create the folder", source))?;
            ours.made(&path);
        }
        // Drawing and encoding are the work; the pictures do not depend on one another.
        let one = |picture: &Picture| -> Result<u64, SampleError> {
            let bytes = write_picture(picture, &ours)?;
            tell(done.fetch_add(1, Ordering::Relaxed) + 1);
            Ok(bytes)
        };
        pictures.par_iter().map(one).try_reduce(|| 0, |left, right| Ok(left + right))
    };
    match write() {
        Ok(bytes) => Ok(SampleSummary {
            shards: SAMPLE_SHARDS,
            images: pictures.len(),
            sidecars: pictures.len() * 2,
            bytes,
        }),
        Err(error) => {
            let still_there = ours.remove();
            Err(match error {
                SampleError::Io { message, advice, .. } => SampleError::Io {
                    message,
                    left: still_there,
                    advice,
                },
                other => other,
            })
        }
    }
}

/// What this call created, to be removed again where it fails: a half library would be in the way of the next try.
struct Ours {
    /// In the order in which they were made; a folder before what is in it.
    made: Mutex<Vec<PathBuf>>,
}

impl Ours {
    /// Of a library in `dir`, whose missing parts will be created.
    fn new(dir: &Path) -> Self {
        let missing = dir.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists());
        let mut missing: Vec<PathBuf> = missing.map(Path::to_path_buf).collect();
        missing.reverse();
        Self { made: Mutex::new(missing) }
    }

    fn made(&self, path: &Path) {
        self.made
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .push(path.to_path_buf());
    }

    /// The last first; a folder in which somebody else put something meanwhile stays. How many are still there.
    fn remove(&self) -> usize {
        let made = std::mem::take(&mut *self.made.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
        let gone = |path: &PathBuf| {
            let is_folder = fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir());
            let removed = if is_folder { fs::remove_dir(path) } else { fs::remove_file(path) };
            removed.is_ok() || !path.exists()
        };
        made.iter().rev().filter(|path| !gone(path)).count()
    }
}

/// Makes sure that `dir` does not exist, or is empty.
fn claim(dir: &Path) -> Result<(), SampleError> {
    match fs::read_dir(dir) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(SampleError::NotEmpty { path: dir.to_path_buf() }),
        },
        // A file where the folder should be, or one above it; of the latter Windows says that nothing was found.
        Err(source) => match dir.ancestors().find(|path| path.is_file()) {
            Some(file) => Err(SampleError::NotAFolder { path: file.to_path_buf() }),
            None if source.kind() == io::ErrorKind::NotFound => Ok(()),
            None => Err(failed(dir, "read the folder", source)),
        },
    }
}

fn shard_path(dir: &Path, shard: u32) -> PathBuf {
    dir.join(format!("shard_{shard:05}"))
}

/// All pictures. From shard to shard the scenes move on and the odd ones stand upright, so that no two are alike.
fn pictures(dir: &Path) -> Vec<Picture> {
    let mut all = Vec::new();
    for shard in 0..SAMPLE_SHARDS as u32 {
        for (row, (extension, coding, width, height)) in PICTURES.into_iter().enumerate() {
            let (width, height) = if shard % 2 == 1 { (height, width) } else { (width, height) };
            all.push(Picture {
                shard: shard_path(dir, shard),
                stem: format!("{shard:05}{row:04}"),
                extension,
                coding,
                scene: SCENES[(row + 2 * shard as usize) % SCENES.len()],
                seed: shard * 100 + row as u32,
                width,
                height,
            });
        }
    }
    all
}

/// Draws and writes one picture with its sidecars; the bytes of all three.
fn write_picture(picture: &Picture, ours: &Ours) -> Result<u64, SampleError> {
    let filename = format!("{}.{}", picture.stem, picture.extension);
    let path = picture.shard.join(&filename);
    let (width, height, alpha) = (picture.width, picture.height, picture.coding.has_alpha());
    let canvas = match picture.coding {
        Coding::JpegTurned => draw(picture.scene, picture.seed, height, width, alpha).turned_left(),
        _ => draw(picture.scene, picture.seed, width, height, alpha),
    };
    let refused = |message| SampleError::Encode {
        path: path.clone(),
        message,
    };
    let image = encode(&canvas, picture.coding).map_err(refused)?;
    let tag = format!("{:?}", picture.scene).to_lowercase();
    let caption = Caption {
        filename: &filename,
        width,
        height,
        tags: [&tag, "sample"],
    };
    let mut json = serde_json::to_vec_pretty(&caption).map_err(|error| refused(error.to_string()))?;
    json.push(b'\n');
    let sentence = format!("a drawn {tag}, sample number {}\n", picture.seed);
    let mut bytes = 0;
    for (path, content) in [
        (path.clone(), image),
        (picture.shard.join(format!("{}.json", picture.stem)), json),
        (picture.shard.join(format!("{}.txt", picture.stem)), sentence.into_bytes()),
    ] {
        write_new(&path, &content, ours)?;
        bytes += content.len() as u64;
    }
    Ok(bytes)
}

/// Writes a file that must not exist yet.
fn write_new(path: &Path, content: &[u8], ours: &Ours) -> Result<(), SampleError> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(|source| failed(path, "create", source))?;
    ours.made(path);
    file.write_all(content).map_err(|source| failed(path, "write", source))
}

/// In the words that every other error of a file has.
fn failed(path: &Path, action: &'static str, source: io::Error) -> SampleError {
    let error = DiskError::new(action, path, source);
    let advice = match error.kind() {
        Trouble::NoSpace => "Free some space, or name a folder on another drive",
        Trouble::ReadOnly | Trouble::Permission => "Name a folder that you may write to",
        _ => "Name another folder, or try again",
    };
    SampleError::Io {
        message: error.to_string(),
        left: 0,
        advice,
    }
}

/// What became of the files that were written before.
fn rest(left: usize) -> &'static str {
    if left == 0 {
        "What was written of the sample was removed again; nothing else was touched"
    } else {
        "Some files of the sample could not be removed again and are still there; nothing else was touched"
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Every file below `dir`, by its path inside it.
    fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        for shard in fs::read_dir(dir).expect("library") {
            for file in fs::read_dir(shard.expect("shard").path()).expect("shard") {
                let path = file.expect("file").path();
                let content = fs::read(&path).expect("content");
                found.insert(path.strip_prefix(dir).expect("below").to_path_buf(), content);
            }
        }
        found
    }

    fn is_sidecar(path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension == "json" || extension == "txt")
    }

    /// Width and height by the codec crates, which also decode every pixel.
    fn decoded_size(path: &Path, content: &[u8]) -> (u32, u32) {
        let extension = path.extension().and_then(|e| e.to_str()).expect("extension").to_lowercase();
        match extension.as_str() {
            "png" => {
                let mut reader = png::Decoder::new(io::Cursor::new(content)).read_info().expect("png header");
                let mut pixels = vec![0; reader.output_buffer_size().expect("size")];
                let info = reader.next_frame(&mut pixels).expect("png pixels");
                (info.width, info.height)
            }
            "webp" => {
                let mut decoder = image_webp::WebPDecoder::new(io::Cursor::new(content)).expect("webp header");
                let mut pixels = vec![0; decoder.output_buffer_size().expect("size")];
                decoder.read_image(&mut pixels).expect("webp pixels");
                decoder.dimensions()
            }
            "bmp" => {
                let image = image::load_from_memory_with_format(content, image::ImageFormat::Bmp).expect("bmp");
                (image.width(), image.height())
            }
            _ => {
                let mut decoder = zune_jpeg::JpegDecoder::new(io::Cursor::new(content));
                decoder.decode().expect("jpeg pixels");
                let (width, height) = decoder.dimensions().expect("jpeg header");
                (width as u32, height as u32)
            }
        }
    }

    #[test]
    fn the_library_decodes_and_its_sidecars_tell_the_truth() {
        let dir = tempfile::tempdir().expect("folder");
        let summary = write_sample(&dir.path().join("new/library")).expect("written");
        let library = files(&dir.path().join("new/library"));
        let (sidecars, images): (Vec<_>, Vec<_>) = library.iter().partition(|(path, _)| is_sidecar(path));
        assert_eq!(
            summary,
            SampleSummary {
                shards: 3,
                images: images.len(),
                sidecars: sidecars.len(),
                bytes: library.values().map(|content| content.len() as u64).sum(),
            }
        );
        assert_eq!((images.len(), SAMPLE_IMAGES), (72, 72));
        // What the window says before it is drawn.
        assert!(summary.bytes < 12 << 20, "{} bytes", summary.bytes);
        let mut small = 0;
        for (path, content) in &images {
            let (width, height) = decoded_size(path, content);
            small += usize::from(width * height < 300_000);
            let json: serde_json::Value = serde_json::from_slice(&library[&path.with_extension("json")]).expect("json");
            assert_eq!(json["filename"], path.file_name().and_then(|name| name.to_str()).expect("name"));
            assert_eq!(
                (json["width"].as_u64(), json["height"].as_u64()),
                (Some(width.into()), Some(height.into()))
            );
            assert!(library.contains_key(&path.with_extension("txt")), "{}: no caption", path.display());
        }
        assert!(small * 3 > images.len() * 2, "{small} of {} are small", images.len());
    }

    #[test]
    fn no_two_images_of_a_shard_have_the_same_stem() {
        let mut stems = BTreeSet::new();
        for picture in pictures(Path::new("library")) {
            assert!(
                stems.insert((picture.shard.clone(), picture.stem.to_lowercase())),
                "{} twice",
                picture.stem
            );
        }
        let sides: Vec<u32> = PICTURES.iter().map(|&(_, _, width, height)| width.max(height)).collect();
        for (what, found) in [
            ("below", sides.iter().any(|&side| side < 512)),
            ("at", sides.contains(&512)),
            ("above", sides.iter().any(|&side| side > 512)),
        ] {
            assert!(found, "no picture {what} the usual target");
        }
    }

    #[test]
    fn two_libraries_are_alike_to_the_byte_and_no_two_pictures_are() {
        let dir = tempfile::tempdir().expect("folder");
        for name in ["one", "two"] {
            write_sample(&dir.path().join(name)).expect("written");
        }
        let one = files(&dir.path().join("one"));
        assert!(one == files(&dir.path().join("two")), "drawn twice, the libraries differ");
        let images: Vec<_> = one.iter().filter(|(path, _)| !is_sidecar(path)).collect();
        let distinct: BTreeSet<_> = images.iter().map(|(_, content)| content).collect();
        assert_eq!(distinct.len(), images.len(), "two pictures are the same");
    }

    #[test]
    fn a_folder_in_use_is_refused_and_left_as_it_was() {
        let dir = tempfile::tempdir().expect("folder");
        fs::write(dir.path().join("mine.png"), b"mine").expect("file");
        let error = write_sample(dir.path()).expect_err("refused");
        assert!(matches!(error, SampleError::NotEmpty { .. }), "{error}");
        let message = error.to_string();
        assert!(
            message.contains(&dir.path().display().to_string()) && message.contains("Nothing was touched"),
            "{message}"
        );
        let left: Vec<_> = fs::read_dir(dir.path())
            .expect("folder")
            .map(|entry| entry.expect("entry").file_name())
            .collect();
        assert_eq!(left, ["mine.png"]);

        let error = write_sample(&dir.path().join("mine.png")).expect_err("refused");
        assert!(matches!(error, SampleError::NotAFolder { .. }), "{error}");
        assert_eq!(fs::read(dir.path().join("mine.png")).expect("file"), b"mine");
    }
    #[test]
    fn progress_is_told_and_a_failure_leaves_nothing_behind() {
        let dir = tempfile::tempdir().expect("folder");
        let library = dir.path().join("new/library");
        let mut some: Vec<Picture> = pictures(&library).into_iter().skip(18).take(6).collect();
        let most = AtomicUsize::new(0);
        let tell = |done: usize| {
            most.fetch_max(done, Ordering::Relaxed);
        };
        write_pictures(&library, &some, tell).expect("written");
        assert_eq!(most.into_inner(), 6);
        fs::remove_dir_all(dir.path().join("new")).expect("removed");

        // A name that leads into a folder which is not there.
        some[3].stem = "missing/name".to_owned();
        let error = write_pictures(&library, &some, |_| {}).expect_err("refused").to_string();
        assert!(error.contains("missing") && error.contains("removed again"), "{error}");
        assert!(!dir.path().join("new").exists(), "folders that were not there before are gone");

        // A folder that was there before stays.
        fs::create_dir_all(&library).expect("folder");
        write_pictures(&library, &some, |_| {}).expect_err("refused");
        assert_eq!(fs::read_dir(&library).expect("library").count(), 0);
    }

    #[test]
    fn what_somebody_else_put_there_meanwhile_stays() {
        let dir = tempfile::tempdir().expect("folder");
        let library = dir.path().join("library");
        let ours = Ours::new(&library);
        let shard = shard_path(&library, 0);
        fs::create_dir_all(&shard).expect("folder");
        ours.made(&shard);
        write_new(&shard.join("ours.txt"), b"ours", &ours).expect("file");
        fs::write(shard.join("mine.txt"), b"mine").expect("file");
        assert_eq!(ours.remove(), 2, "the shard and the library are in use");
        let left = BTreeMap::from([(PathBuf::from("shard_00000/mine.txt"), b"mine".to_vec())]);
        assert_eq!(files(&library), left);
        let told = failed(&library, "write", io::Error::from(io::ErrorKind::StorageFull)).to_string();
        assert!(
            told.contains("no space") && told.contains("removed again") && told.ends_with("another drive"),
            "{told}"
        );
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let dir = tempfile::tempdir().expect("folder");
        fs::write(dir.path().join("file"), b"mine").expect("file");
        let error = write_sample(&dir.path().join("file/below/it")).expect_err("refused");
        let SampleError::NotAFolder { path } = error else {
            panic!("{error}")
        };
        assert_eq!(path, dir.path().join("file"));
    }
}
