//! A small library of pictures to try the program on, drawn by code: nothing is downloaded and nobody's pictures are
//! shipped. It shows what real shards hold: many codings, sizes around the usual target, sidecars of the same stem.

mod encode;
mod scenes;

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Serialize;

use encode::{Coding, encode};
use scenes::{SCENES, Scene, draw};

use crate::engine::disk::DiskError;

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

/// Why no sample library was written, or only a part of one.
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
    /// The system refused. What was written before stays; nothing that was there before was touched.
    #[error("{message}. Files of the sample written so far were left there; nothing else was touched")]
    Io {
        /// What was tried on which file or folder, and what the system said.
        message: String,
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

const SHARDS: u32 = 3;

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
/// [`SampleError`], each naming the file: the folder is in use, the system refused. Nothing is ever overwritten.
pub fn write_sample(dir: &Path) -> Result<SampleSummary, SampleError> {
    claim(dir)?;
    let pictures = pictures(dir);
    for shard in 0..SHARDS {
        let path = shard_path(dir, shard);
        fs::create_dir(&path).map_err(|source| failed(&path, "create the folder", source))?;
    }
    // Drawing and encoding are the work; the pictures do not depend on one another.
    let bytes: u64 = pictures
        .par_iter()
        .map(write_picture)
        .try_reduce(|| 0, |left, right| Ok(left + right))?;
    Ok(SampleSummary {
        shards: SHARDS as usize,
        images: pictures.len(),
        sidecars: pictures.len() * 2,
        bytes,
    })
}

/// Makes sure that `dir` exists and is empty.
fn claim(dir: &Path) -> Result<(), SampleError> {
    match fs::read_dir(dir) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(SampleError::NotEmpty { path: dir.to_path_buf() }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(dir).map_err(|source| failed(dir, "create the folder", source))
        }
        Err(error) if error.kind() == io::ErrorKind::NotADirectory || dir.is_file() => {
            Err(SampleError::NotAFolder { path: dir.to_path_buf() })
        }
        Err(source) => Err(failed(dir, "read the folder", source)),
    }
}

fn shard_path(dir: &Path, shard: u32) -> PathBuf {
    dir.join(format!("shard_{shard:05}"))
}

/// All pictures. From shard to shard the scenes move on and the odd ones stand upright, so that no two are alike.
fn pictures(dir: &Path) -> Vec<Picture> {
    let mut all = Vec::new();
    for shard in 0..SHARDS {
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
fn write_picture(picture: &Picture) -> Result<u64, SampleError> {
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
        write_new(&path, &content)?;
        bytes += content.len() as u64;
    }
    Ok(bytes)
}

/// Writes a file that must not exist yet.
fn write_new(path: &Path, content: &[u8]) -> Result<(), SampleError> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(|source| failed(path, "create", source))?;
    file.write_all(content).map_err(|source| failed(path, "write", source))
}

/// In the words that every other error of a file has.
fn failed(path: &Path, action: &'static str, source: io::Error) -> SampleError {
    SampleError::Io {
        message: DiskError::new(action, path, source).to_string(),
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
        assert_eq!(images.len(), 72);
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
}
