//! A folder of its own for every test, pictures drawn into it, the program run on it, and what became of it as a diff.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

/// Long enough for the slowest machine; a hang is a failure and not a wait.
const PATIENCE: Duration = Duration::from_secs(120);

/// A temporary place with a library to work on. Gone when dropped.
pub(crate) struct Fixture {
    place: tempfile::TempDir,
}

impl Fixture {
    /// An empty library.
    pub(crate) fn new() -> Self {
        let fixture = Self {
            place: tempfile::tempdir().expect("a temporary folder"),
        };
        fs::create_dir(fixture.library()).expect("library");
        fixture
    }

    /// The sample library, written by the program itself.
    pub(crate) fn sample() -> Self {
        let fixture = Self {
            place: tempfile::tempdir().expect("a temporary folder"),
        };
        let library = fixture.library();
        fixture.shardpress(["sample".as_ref(), library.as_os_str()]).ends_with(0);
        fixture
    }

    /// The folder the program is run on.
    pub(crate) fn library(&self) -> PathBuf {
        self.place.path().join("library")
    }

    /// A path beside the library, for reports and the like.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// Where the program keeps its history in this fixture.
    pub(crate) fn data(&self) -> PathBuf {
        self.beside("data")
    }

    /// Where the program looks for own presets in this fixture (on systems that go by XDG).
    pub(crate) fn config(&self) -> PathBuf {
        self.beside("config")
    }

    /// The built program, without a terminal and with a data folder of its own.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shardpress"));
        command
            .env("XDG_DATA_HOME", self.data())
            .env("XDG_CONFIG_HOME", self.config())
            .env("HOME", self.beside("home"))
            .env_remove("SHARDPRESS_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn shardpress<A: AsRef<std::ffi::OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Finished {
        finish(self.command().args(arguments).spawn().expect("the program starts"))
    }

    /// `run --yes` on the library with more arguments.
    pub(crate) fn run(&self, more: &[&str]) -> Finished {
        finish(self.start(more))
    }

    /// As [`Fixture::run`], but does not wait for the end.
    pub(crate) fn start(&self, more: &[&str]) -> Child {
        self.command()
            .arg("run")
            .arg(self.library())
            .arg("--yes")
            .args(more)
            .spawn()
            .expect("the program starts")
    }

    /// Draws a picture into the library; the name's ending decides the coding.
    pub(crate) fn picture(&self, name: &str, width: u32, height: u32) -> PathBuf {
        let path = self.library().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
        fs::write(&path, drawn(name, width, height)).expect("picture");
        path
    }

    /// Writes any file into the library.
    pub(crate) fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.library().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
        fs::write(&path, content).expect("file");
        path
    }

    /// The library as it is now.
    pub(crate) fn look(&self) -> Tree {
        Tree::of(&self.library())
    }
}

/// How a run of the program ended.
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Finished {
    /// Fails, with all that was printed, unless the program ended with this code.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "wrong exit code (left: found, right: wanted)\n--- stdout\n{}\n--- stderr\n{}",
            self.out,
            self.err
        );
        self
    }

    /// Fails unless each of `words` was printed, on either stream.
    #[track_caller]
    pub(crate) fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(
                self.out.contains(word) || self.err.contains(word),
                "`{word}` was not said\n--- stdout\n{}\n--- stderr\n{}",
                self.out,
                self.err
            );
        }
        self
    }
}

/// Waits for the program and collects what it printed.
pub(crate) fn finish(mut child: Child) -> Finished {
    // Read beside the wait: a full pipe would stop the program.
    let reader = |pipe: Option<Box<dyn std::io::Read + Send>>| {
        std::thread::spawn(move || {
            let mut text = Vec::new();
            if let Some(mut pipe) = pipe {
                pipe.read_to_end(&mut text).expect("output");
            }
            String::from_utf8_lossy(&text).into_owned()
        })
    };
    let out = reader(child.stdout.take().map(|pipe| Box::new(pipe) as _));
    let err = reader(child.stderr.take().map(|pipe| Box::new(pipe) as _));
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("wait") {
            break status;
        }
        if begun.elapsed() > PATIENCE {
            child.kill().expect("kill");
            panic!("the program hangs: no end after {PATIENCE:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    Finished {
        code: status.code(),
        out: out.join().expect("stdout"),
        err: err.join().expect("stderr"),
    }
}

/// What lies under one name.
#[derive(PartialEq, Eq, Clone)]
pub(crate) enum Thing {
    File(Vec<u8>),
    Folder,
    /// A link, a pipe or the like.
    Other,
}

/// One entry of a [`Tree`].
#[derive(PartialEq, Eq, Clone)]
pub(crate) struct Entry {
    pub(crate) thing: Thing,
    pub(crate) modified: SystemTime,
    /// Unix permissions; 0 elsewhere.
    pub(crate) mode: u32,
}

/// Everything below a folder, by its path inside it (`/` between the parts, `.` for the folder itself).
#[derive(Clone)]
pub(crate) struct Tree(pub(crate) BTreeMap<String, Entry>);

impl Tree {
    pub(crate) fn of(root: &Path) -> Self {
        let mut entries = BTreeMap::new();
        let mut pending = vec![(root.to_path_buf(), ".".to_owned())];
        while let Some((path, name)) = pending.pop() {
            let metadata = fs::symlink_metadata(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let thing = if metadata.is_dir() {
                for child in fs::read_dir(&path).expect("folder") {
                    let child = child.expect("entry");
                    let leaf = child.file_name().to_string_lossy().into_owned();
                    let inside = if name == "." { leaf } else { format!("{name}/{leaf}") };
                    pending.push((child.path(), inside));
                }
                Thing::Folder
            } else if metadata.is_file() {
                Thing::File(fs::read(&path).expect("content"))
            } else {
                Thing::Other
            };
            entries.insert(
                name,
                Entry {
                    thing,
                    modified: metadata.modified().expect("time"),
                    mode: mode(&metadata),
                },
            );
        }
        Self(entries)
    }

    /// Without what is the program's own: `.shardpress` and `.shardpress-…`, and what lies below.
    pub(crate) fn without_ours(&self) -> Self {
        let foreign = self.0.iter().filter(|(name, _)| !is_ours(name));
        Self(foreign.map(|(name, entry)| (name.clone(), entry.clone())).collect())
    }

    /// Only what is the program's own.
    pub(crate) fn ours(&self) -> Self {
        let own = self.0.iter().filter(|(name, _)| is_ours(name));
        Self(own.map(|(name, entry)| (name.clone(), entry.clone())).collect())
    }

    /// Files with their content.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().filter_map(|(name, entry)| match &entry.thing {
            Thing::File(content) => Some((name.as_str(), content.as_slice())),
            _ => None,
        })
    }

    /// The content of one file.
    #[track_caller]
    pub(crate) fn file(&self, name: &str) -> &[u8] {
        match self.0.get(name).map(|entry| &entry.thing) {
            Some(Thing::File(content)) => content,
            _ => panic!("there is no file {name}; there are: {}", self.names().join(", ")),
        }
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// Bytes of all files.
    pub(crate) fn bytes(&self) -> u64 {
        self.files().map(|(_, content)| content.len() as u64).sum()
    }

    /// Whether any file holds exactly these bytes.
    pub(crate) fn holds(&self, content: &[u8]) -> bool {
        self.files().any(|(_, other)| other == content)
    }

    /// Fails with a line for each difference, times and permissions included.
    #[track_caller]
    pub(crate) fn is_unchanged_since(&self, before: &Self) {
        self.compare(before, |left, right| left == right);
    }

    /// Fails with a line for each difference in names or contents.
    #[track_caller]
    pub(crate) fn has_the_contents_of(&self, other: &Self) {
        self.compare(other, |left, right| left.thing == right.thing);
    }

    #[track_caller]
    fn compare(&self, before: &Self, same: impl Fn(&Entry, &Entry) -> bool) {
        let mut lines = Vec::new();
        for (name, entry) in &before.0 {
            match self.0.get(name) {
                None => lines.push(format!("- {name} ({})", describe(entry))),
                Some(now) if !same(entry, now) => {
                    lines.push(format!("~ {name} ({}, was {})", describe(now), describe(entry)));
                }
                Some(_) => {}
            }
        }
        for (name, entry) in self.0.iter().filter(|(name, _)| !before.0.contains_key(*name)) {
            lines.push(format!("+ {name} ({})", describe(entry)));
        }
        assert!(lines.is_empty(), "the folder differs:\n{}", lines.join("\n"));
    }
}

fn describe(entry: &Entry) -> String {
    let what = match &entry.thing {
        Thing::File(content) => format!("{} bytes, hash {:032x}", content.len(), twox_hash::XxHash3_128::oneshot(content)),
        Thing::Folder => "folder".to_owned(),
        Thing::Other => "no regular file".to_owned(),
    };
    let time = entry.modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!(
        "{what}, modified {}.{:09}, mode {:o}",
        time.as_secs(),
        time.subsec_nanos(),
        entry.mode
    )
}

fn is_ours(name: &str) -> bool {
    name.split('/')
        .any(|part| part == ".shardpress" || part.starts_with(".shardpress-"))
}

#[cfg(unix)]
fn mode(metadata: &fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o7777
}

#[cfg(not(unix))]
fn mode(_: &fs::Metadata) -> u32 {
    0
}

/// Gives a file a time long past, so that a change of it shows.
pub(crate) fn age(path: &Path) -> SystemTime {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_500_000_000);
    let file = fs::File::options().write(true).open(path).expect("file");
    file.set_modified(time).expect("time");
    time
}

/// A picture with slopes and a grain, in the coding that the name's ending says. Not two names show the same.
pub(crate) fn drawn(name: &str, width: u32, height: u32) -> Vec<u8> {
    let mut state = twox_hash::XxHash3_128::oneshot(name.as_bytes()) as u64 | 1;
    let tint = state as u8;
    let mut rgb = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height {
        for x in 0..width {
            // Marsaglia's xorshift64.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let grain = (state & 15) as u32;
            rgb.push((x * 200 / width + grain) as u8);
            rgb.push((y * 200 / height + grain) as u8);
            rgb.push(tint.wrapping_add(((x / 32 + y / 32) % 2 * 60 + grain) as u8));
        }
    }
    let mut file = Vec::new();
    let ending = name.rsplit('.').next().expect("an ending").to_lowercase();
    match ending.as_str() {
        "png" => {
            let mut encoder = png::Encoder::new(&mut file, width, height);
            encoder.set_color(png::ColorType::Rgb);
            encoder.set_compression(png::Compression::Fast);
            let mut writer = encoder.write_header().expect("png");
            writer.write_image_data(&rgb).expect("png");
            writer.finish().expect("png");
        }
        "jpg" | "jpeg" => jpeg_encoder::Encoder::new(&mut file, 90)
            .encode(&rgb, width as u16, height as u16, jpeg_encoder::ColorType::Rgb)
            .expect("jpeg"),
        "webp" => image_webp::WebPEncoder::new(&mut file)
            .encode(&rgb, width, height, image_webp::ColorType::Rgb8)
            .expect("webp"),
        "bmp" => image::codecs::bmp::BmpEncoder::new(&mut file)
            .encode(&rgb, width, height, image::ExtendedColorType::Rgb8)
            .expect("bmp"),
        other => panic!("no coding for {other}"),
    }
    file
}

/// Width and height of a whole JPEG; `None` where it is none or is cut short.
pub(crate) fn jpeg_size(content: &[u8]) -> Option<(usize, usize)> {
    if !content.ends_with(&[0xff, 0xd9]) {
        return None;
    }
    let mut decoder = zune_jpeg::JpegDecoder::new(Cursor::new(content));
    decoder.decode().ok()?;
    decoder.dimensions()
}
