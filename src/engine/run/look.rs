//! Quick looks for a list of shards: what a folder holds by its names alone, how it stands, and the bytes of its images.
//! Nothing is opened but journals, and nothing is locked: a thousand shards are looked at without a header being read.
//!
//! A look at a drive that is gone may never return. That is the caller's to bear, on a thread that nobody waits for.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;
use time::OffsetDateTime;

use super::engine::{Engine, Recovered, run_id};
use super::kept::{ShardStatus, status_of};
use super::{Control, problem};
use crate::engine::commit;
use crate::engine::disk::{Entry, EntryKind, resolve_folder};
use crate::engine::metrics::{Drive, Problem};
use crate::engine::scan;

/// Folders that are looked into below the root of a library, at most.
const DEEPEST: usize = 4;

/// Files whose sizes are asked for between two reports of progress.
const BATCH: usize = 256;

/// What a quick look at a folder told. Its subfolders are shards of their own.
#[derive(Debug, Clone)]
pub struct ShardLook {
    /// What it lies on.
    pub drive: Drive,
    /// Files that are named as pictures are.
    pub images: u64,
    /// Files without an ending, where there is hardly anything else: whether these are pictures only their headers tell.
    pub unnamed: u64,
    /// Where it is (absolute, links resolved), how it stands, and what is kept in it.
    pub status: ShardStatus,
}

/// Why a folder could not be looked at.
#[derive(Debug, Clone)]
pub enum NoLook {
    /// It lies on a drive that is not mounted, as far as one can tell.
    NotMounted,
    /// It is not there, though the folder above it is.
    Gone,
    /// It is a file.
    IsFile,
    /// The system says no.
    Unreadable(Problem),
}

/// A folder below a library's root that may be a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryShard {
    /// Absolute.
    pub path: PathBuf,
    /// Files that are named as pictures are, or may be some.
    pub images: u64,
}

/// What a library holds.
#[derive(Debug, Clone)]
pub struct Library {
    /// Its root, absolute, links resolved.
    pub path: PathBuf,
    /// What it lies on.
    pub drive: Drive,
    /// Folders with images, in natural order.
    pub shards: Vec<LibraryShard>,
    /// Folders that could not be listed.
    pub unreadable: Vec<Problem>,
}

/// The images of a folder in figures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Measured {
    /// Files that are named as pictures are.
    pub images: u64,
    /// Of these, looked at so far.
    pub looked_at: u64,
    /// Bytes of those looked at.
    pub bytes: u64,
}

impl Engine {
    /// What is in a folder, by names alone, and how it stands. Opens nothing but journals.
    ///
    /// # Errors
    /// It is not there, or the system says no.
    pub fn look_at_shard(&self, folder: &Path) -> Result<ShardLook, NoLook> {
        let disk = self.disk.as_ref();
        let path = self.found(folder)?;
        let drive = disk.drive(&path);
        let (status, files) = status_of(disk, path);
        if let Some(problem) = status.problem {
            return Err(NoLook::Unreadable(problem));
        }
        let (images, unnamed) = pictures_among(files.iter().map(OsString::as_os_str));
        Ok(ShardLook {
            drive,
            images,
            unnamed,
            status,
        })
    }

    /// The bytes of the images that a look counted; `news` gets the count so far now and then. A stop ends it early.
    ///
    /// # Errors
    /// A folder that is not there, or cannot be listed.
    pub fn measure_shard(&self, folder: &Path, control: &Control, mut news: impl FnMut(Measured)) -> Result<Measured, NoLook> {
        let disk = self.disk.as_ref();
        let path = self.found(folder)?;
        let entries = disk
            .entries(&path)
            .map_err(|e| NoLook::Unreadable(problem::of_shard(path.clone(), &e)))?;
        let files: Vec<PathBuf> = entries.into_iter().filter(is_picture).map(|entry| path.join(entry.name)).collect();
        let mut measured = Measured {
            images: files.len() as u64,
            ..Measured::default()
        };
        news(measured);
        let pool = self.probe_pool(Some(&path));
        let bytes = AtomicU64::new(0);
        for batch in files.chunks(BATCH) {
            if control.stopped().is_some() {
                break;
            }
            pool.install(|| {
                batch.par_iter().for_each(|file| {
                    // What went away meanwhile has no bytes any more; the plan says what cannot be read.
                    let len = disk.stat(file).ok().flatten().map_or(0, |identity| identity.len);
                    bytes.fetch_add(len, Ordering::Relaxed);
                });
            });
            measured.looked_at += batch.len() as u64;
            measured.bytes = bytes.load(Ordering::Relaxed);
            news(measured);
        }
        Ok(measured)
    }

    /// The folders with images below a root, the root itself among them; hidden folders and links are passed over. A stop ends it
    /// early.
    ///
    /// # Errors
    /// A root that is not there, or cannot be listed.
    pub fn library(&self, root: &Path, control: &Control, mut news: impl FnMut(usize)) -> Result<Library, NoLook> {
        let disk = self.disk.as_ref();
        let path = self.found(root)?;
        let mut library = Library {
            drive: disk.drive(&path),
            shards: Vec::new(),
            unreadable: Vec::new(),
            path: path.clone(),
        };
        let mut waiting = VecDeque::from([(path, 0)]);
        while let Some((folder, depth)) = waiting.pop_front() {
            if control.stopped().is_some() {
                break;
            }
            let entries = match disk.entries(&folder) {
                Ok(entries) => entries,
                Err(error) => {
                    let problem = problem::of_shard(folder, &error);
                    if depth == 0 {
                        return Err(NoLook::Unreadable(problem));
                    }
                    library.unreadable.push(problem);
                    continue;
                }
            };
            let files = entries
                .iter()
                .filter(|entry| entry.kind == EntryKind::File)
                .map(|entry| entry.name.as_os_str());
            let (named, unnamed) = pictures_among(files);
            let images = named + unnamed;
            if images > 0 {
                library.shards.push(LibraryShard {
                    path: folder.clone(),
                    images,
                });
                news(library.shards.len());
            }
            if depth < DEEPEST {
                let below = sorted_folders(&folder, entries).into_iter().map(|folder| (folder, depth + 1));
                waiting.extend(below);
            }
        }
        library
            .shards
            .sort_by(|a, b| scan::natural_order(a.path.as_os_str(), b.path.as_os_str()));
        Ok(library)
    }

    /// Brings one folder into order after an interruption, and none below it. Where nothing was interrupted, nothing is
    /// touched but empty rests of our own.
    pub fn recover_shard(&self, shard: &Path) -> Recovered {
        let path = shard.to_owned();
        match commit::pending(self.disk.as_ref(), shard) {
            Ok(Some(_)) => self.recover_one(path, &run_id(OffsetDateTime::now_utc())),
            Ok(None) => {
                commit::tidy(&self.disk, &path, &run_id(OffsetDateTime::now_utc()));
                Recovered::nothing(path)
            }
            Err(error) => Recovered::unable(problem::of_shard(path, &error)),
        }
    }

    /// The folder with links resolved, or in which way it is not there.
    fn found(&self, folder: &Path) -> Result<PathBuf, NoLook> {
        match resolve_folder(folder) {
            Ok((path, true)) => Ok(path),
            Ok((_, false)) => Err(NoLook::IsFile),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(if may_be_unmounted(folder) {
                NoLook::NotMounted
            } else {
                NoLook::Gone
            }),
            Err(error) => Err(NoLook::Unreadable(Problem {
                code: "unreadable",
                path: folder.to_owned(),
                message: format!("{} cannot be opened: {error}. Nothing was touched.", folder.display()),
                advice: "Check the folder's permissions and the drive, then try again.".to_owned(),
            })),
        }
    }
}

/// Visible subfolders in natural order.
fn sorted_folders(folder: &Path, entries: Vec<Entry>) -> Vec<PathBuf> {
    let visible = |entry: &Entry| entry.kind == EntryKind::Folder && !scan::is_hidden(&entry.name);
    let mut names: Vec<OsString> = entries.into_iter().filter(visible).map(|entry| entry.name).collect();
    names.sort_by(|a, b| scan::natural_order(a, b));
    names.into_iter().map(|name| folder.join(name)).collect()
}

fn is_picture(entry: &Entry) -> bool {
    entry.kind == EntryKind::File && scan::is_named_as_picture(&entry.name)
}

/// How many files of a folder are named as pictures are, and how many have no ending but may be pictures: data sets named by hash
/// are, a licence or a makefile beside the shards of a library is not.
fn pictures_among<'a>(files: impl Iterator<Item = &'a OsStr>) -> (u64, u64) {
    const FEW: u64 = 8;
    let (mut named, mut unnamed, mut others) = (0, 0, 0);
    for name in files.filter(|name| !scan::is_hidden(name)) {
        if scan::is_named_as_picture(name) {
            named += 1;
        } else if Path::new(name).extension().is_none() {
            unnamed += 1;
        } else {
            others += 1;
        }
    }
    let by_hash = unnamed >= FEW && unnamed >= others;
    (named, if by_hash { unnamed } else { 0 })
}

/// Whether a folder that is not there would be on a drive of its own, and that is what is missing: a place where the system
/// mounts drives, a drive letter, a share. A guess, for one word in a list.
fn may_be_unmounted(folder: &Path) -> bool {
    let Some(there) = folder
        .ancestors()
        .skip(1)
        .find(|above| above.as_os_str().is_empty() || above.is_dir())
    else {
        // Not even the root of the path: a drive letter or a share.
        return true;
    };
    if cfg!(windows) {
        return false;
    }
    const MOUNTS: [&str; 6] = ["/", "/media", "/mnt", "/run/media", "/Volumes", "/net"];
    let place = |above: &Path| MOUNTS.iter().any(|mounts| above == Path::new(mounts));
    // `/media/user` and `/run/media/user` are such places, and so is an empty folder in one: it waits for its drive.
    place(there) || there.parent().is_some_and(|above| place(above) && above != Path::new("/"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn names(look: &Library) -> Vec<String> {
        let below = |shard: &LibraryShard| {
            shard
                .path
                .strip_prefix(&look.path)
                .expect("below")
                .display()
                .to_string()
                .replace('\\', "/")
        };
        look.shards.iter().map(below).collect()
    }

    #[test]
    fn a_library_is_its_folders_with_images() {
        let dir = tempfile::tempdir().expect("tempdir");
        for file in [
            "LICENSE",
            "s10/a.png",
            "s2/a.JPG",
            "s2/below/b.png",
            ".hidden/a.png",
            "deep/er/s1/a.webp",
            "texts/a.txt",
        ]
        .map(str::to_owned)
        .into_iter()
        .chain((0..8).map(|n| format!("hashes/0a1b{n}")))
        {
            let path = dir.path().join(&file);
            fs::create_dir_all(path.parent().expect("parent")).expect("folder");
            fs::write(path, b"x").expect("file");
        }
        let engine = Engine::default();
        let library = engine.library(dir.path(), &Control::default(), |_| {}).expect("there");
        assert_eq!(names(&library), ["deep/er/s1", "hashes", "s2", "s2/below", "s10"]);
        let one = engine.library(&dir.path().join("s10"), &Control::default(), |_| {}).expect("there");
        assert_eq!(names(&one), [""], "a shard is a library of one");
    }

    #[test]
    fn a_look_counts_what_a_scan_finds() {
        let dir = tempfile::tempdir().expect("tempdir");
        for (file, len) in [
            ("a.png", 10),
            ("b.JPEG", 20),
            ("c.txt", 400),
            ("0a1b", 1000),
            ("below/d.webp", 3),
            ("below/er/e.png", 5),
        ] {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().expect("parent")).expect("folder");
            fs::write(path, vec![0; len]).expect("file");
        }
        let engine = Engine::default();
        let look = engine.look_at_shard(dir.path()).expect("there");
        assert_eq!((look.images, look.unnamed), (2, 0));
        let mut told = Vec::new();
        let measured = engine
            .measure_shard(dir.path(), &Control::default(), |m| told.push(m.looked_at))
            .expect("there");
        assert_eq!((measured.images, measured.looked_at, measured.bytes), (2, 2, 30));
        assert_eq!(told, [0, 2]);
        let scanned = engine
            .scan_shards(&[dir.path().to_owned()], &Control::default(), |_| {})
            .expect("there");
        let plan = engine
            .replan(&scanned, &crate::engine::settings::Settings::default())
            .expect("a plan");
        let images: usize = plan.shards.iter().map(|shard| shard.inventory.images.len()).sum();
        assert_eq!(images, 2, "the scan finds the same images");
    }

    #[test]
    fn in_which_way_a_folder_is_not_there() {
        let dir = tempfile::tempdir().expect("tempdir");
        let file = dir.path().join("a.png");
        fs::write(&file, b"x").expect("file");
        let engine = Engine::default();
        assert!(matches!(engine.look_at_shard(&file), Err(NoLook::IsFile)));
        assert!(matches!(engine.look_at_shard(&dir.path().join("gone")), Err(NoLook::Gone)));
        #[cfg(unix)]
        assert!(matches!(
            engine.look_at_shard(Path::new("/mnt/no-such-drive-here/flora/shard_00000")),
            Err(NoLook::NotMounted)
        ));
    }

    #[test]
    fn what_is_quiet_is_not_recovered() {
        let dir = tempfile::tempdir().expect("tempdir");
        fs::write(dir.path().join("a.png"), b"x").expect("file");
        let recovered = Engine::default().recover_shard(dir.path());
        assert!(recovered.problem.is_none() && recovered.summary.is_none(), "{recovered:?}");
        assert_eq!(fs::read_dir(dir.path()).expect("list").count(), 1, "not even a folder of ours");
    }
}
