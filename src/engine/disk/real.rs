//! The disk itself, through the standard library; what differs between systems is in `unix` and `windows`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

#[cfg(unix)]
use super::unix as system;
#[cfg(windows)]
use super::windows as system;
use super::{Attributes, Disk, DiskError, Entry, EntryKind, Identity, LockGuard, NewFile, OpenFile};
use crate::engine::metrics::{Drive, DriveKind};

/// The file systems of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RealDisk;

/// The path with links resolved, in the form that people know.
///
/// # Errors
/// It is not there, or cannot be looked at.
pub fn resolve(path: &Path) -> io::Result<PathBuf> {
    system::canonical(path).map(system::plain)
}

/// The same, and whether it is a folder.
pub(crate) fn resolve_folder(path: &Path) -> io::Result<(PathBuf, bool)> {
    let full = system::canonical(path)?;
    // Asked for the error: a drive that fails here would otherwise be told to be a file.
    let is_folder = fs::metadata(&full)?.is_dir();
    Ok((system::plain(full), is_folder))
}

/// Turns an [`io::Error`] into one that names the path.
fn on<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> DiskError + 'a {
    move |source| DiskError::new(action, path, source)
}

impl Disk for RealDisk {
    fn entries(&self, folder: &Path) -> Result<Vec<Entry>, DiskError> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(system::literal(folder)).map_err(on("list", folder))? {
            let entry = entry.map_err(on("list", folder))?;
            let kind = match entry.file_type() {
                Ok(kind) if kind.is_symlink() => EntryKind::Link,
                Ok(kind) if kind.is_dir() => EntryKind::Folder,
                Ok(kind) if kind.is_file() => EntryKind::File,
                Ok(_) => EntryKind::Other,
                // Removed between the listing and the question.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(DiskError::new("look at", folder.join(entry.file_name()), error)),
            };
            let inode = system::entry_inode(&entry);
            entries.push(Entry {
                name: entry.file_name(),
                kind,
                inode,
            });
        }
        Ok(entries)
    }

    fn open(&self, path: &Path) -> Result<Box<dyn OpenFile>, DiskError> {
        let mut options = OpenOptions::new();
        options.read(true);
        let file = system::open_regular(&mut options, path, "open")?;
        Ok(Box::new(Handle {
            file,
            path: path.to_owned(),
        }))
    }

    fn stat(&self, path: &Path) -> Result<Option<Identity>, DiskError> {
        system::stat(path)
    }

    fn is_folder(&self, path: &Path) -> Result<bool, DiskError> {
        match fs::symlink_metadata(system::literal(path)) {
            Ok(found) => Ok(found.is_dir()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(DiskError::new("look at", path, error)),
        }
    }

    fn create_new(&self, path: &Path) -> Result<Box<dyn NewFile>, DiskError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        system::private(&mut options);
        let file = system::patiently(|| options.open(system::literal(path))).map_err(on("create", path))?;
        Ok(Box::new(Handle {
            file,
            path: path.to_owned(),
        }))
    }

    fn open_append(&self, path: &Path) -> Result<Box<dyn NewFile>, DiskError> {
        let mut options = OpenOptions::new();
        options.read(true).append(true);
        let file = system::open_regular(&mut options, path, "open for appending")?;
        Ok(Box::new(Handle {
            file,
            path: path.to_owned(),
        }))
    }

    fn rename_noreplace(&self, from: &Path, to: &Path) -> Result<(), DiskError> {
        match system::rename_noreplace(from, to) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(DiskError::new("rename to", to, error)),
            Err(error) if system::lacks_operation(&error) => rename_by_link(self, from, to),
            Err(error) => Err(DiskError::new("rename", from, error)),
        }
    }

    fn rename_over(&self, from: &Path, to: &Path) -> Result<(), DiskError> {
        system::rename_over(from, to).map_err(on("rename", from))
    }

    fn hard_link(&self, from: &Path, to: &Path) -> Result<(), DiskError> {
        match system::patiently(|| fs::hard_link(system::literal(from), system::literal(to))) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(DiskError::new("link to", to, error)),
            Err(error) if system::lacks_links(&error) => Err(DiskError::new("link", from, io::ErrorKind::Unsupported.into())),
            Err(error) => Err(DiskError::new("link", from, error)),
        }
    }

    fn remove_file(&self, path: &Path) -> Result<(), DiskError> {
        system::remove_file(path).map_err(on("remove", path))
    }

    fn create_dir(&self, path: &Path) -> Result<(), DiskError> {
        system::create_dir(path).map_err(on("create the folder", path))
    }

    fn remove_dir(&self, path: &Path) -> Result<(), DiskError> {
        system::patiently(|| fs::remove_dir(system::literal(path))).map_err(on("remove the folder", path))
    }

    fn sync_dir(&self, folder: &Path) -> Result<(), DiskError> {
        system::sync_dir(folder).map_err(on("sync the folder", folder))
    }

    fn lock(&self, path: &Path) -> Result<Option<Box<dyn LockGuard>>, DiskError> {
        // A holder that ends removes the file it holds; whoever opened it before then holds a lock on a file
        // without a name. Each round of that needs another holder to end just then: a few rounds are plenty.
        for _ in 0..64 {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false);
            let file = system::open_regular(&mut options, path, "open the lock")?;
            if !system::try_lock(&file).map_err(on("lock", path))? {
                return Ok(None);
            }
            if self.drive(path).kind != DriveKind::Network && !system::lock_for_servers(&file).map_err(on("lock", path))? {
                return Ok(None);
            }
            let held = system::identity(&file).map_err(on("look at", path))?;
            // Where files have no numbers, a name that is there has to do.
            if self.stat(path)?.is_some_and(|named| named.same_file(&held) || held.inode == 0) {
                return Ok(Some(Box::new(Handle {
                    file,
                    path: path.to_owned(),
                })));
            }
        }
        Err(DiskError::new("lock", path, io::Error::other("its file keeps being replaced")))
    }

    fn drive(&self, path: &Path) -> Drive {
        super::drive(path)
    }

    fn block_size(&self, path: &Path) -> Option<u64> {
        super::block_size(path)
    }
}

/// The fallback where a file system has no atomic rename that refuses to replace. The new name is durable before the
/// old one goes, so that no crash can take both; and the old one goes only if it is still that file.
pub(super) fn rename_by_link(disk: &dyn Disk, from: &Path, to: &Path) -> Result<(), DiskError> {
    let Some(file) = disk.stat(from)? else {
        return Err(DiskError::new("rename", from, io::ErrorKind::NotFound.into()));
    };
    // Where files have no numbers, two names of one file have to do.
    let is_it = |found: &Identity| found.same_file(&file) || (found.inode == 0 && found.links > 1 && found.len == file.len);
    disk.hard_link(from, to)?;
    let finish = || -> Result<(), DiskError> {
        if let Some(folder) = to.parent() {
            disk.sync_dir(folder)?;
        }
        let new = disk.stat(to)?;
        // The old name is looked at last: nothing comes between that and its removal.
        match (disk.stat(from)?, new) {
            (Some(old), Some(new)) if is_it(&old) && is_it(&new) => disk.remove_file(from),
            // Somebody took the old name away: the file has the new one, as was wanted.
            (None, Some(new)) if is_it(&new) => Ok(()),
            _ => Err(DiskError::new(
                "rename",
                from,
                io::Error::other("another file took its place meanwhile"),
            )),
        }
    };
    finish().inspect_err(|_| {
        // While anything has the old name, our second name can go, if it is still this file's: either that has its first
        // name, or somebody replaced it.
        if let (Ok(Some(new)), Ok(Some(_))) = (disk.stat(to), disk.stat(from))
            && is_it(&new)
        {
            let _ = disk.remove_file(to);
        }
    })
}

/// An open file with the path that its errors name.
#[derive(Debug)]
struct Handle {
    file: File,
    path: PathBuf,
}

impl OpenFile for Handle {
    fn identity(&self) -> Result<Identity, DiskError> {
        system::identity(&self.file).map_err(on("look at", &self.path))
    }

    fn attributes(&self) -> Result<Attributes, DiskError> {
        system::attributes(&self.file).map_err(on("read the attributes of", &self.path))
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, DiskError> {
        let mut done = 0;
        while done < buffer.len() {
            match system::read_at(&self.file, &mut buffer[done..], offset + done as u64) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(DiskError::new("read", &self.path, error)),
            }
        }
        Ok(done)
    }

    fn read_all(&self, cap: u64) -> Result<Vec<u8>, DiskError> {
        let len = OpenFile::identity(self)?.len;
        let too_long = || DiskError::new("read", &self.path, io::Error::other(format!("it is longer than {cap} bytes")));
        if len > cap {
            return Err(too_long());
        }
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(usize::try_from(len).map_err(|_| too_long())?)
            .map_err(|_| DiskError::new("read", &self.path, io::ErrorKind::OutOfMemory.into()))?;
        let mut file = &self.file;
        file.rewind().map_err(on("read", &self.path))?;
        // One byte more than allowed tells a file that grew meanwhile.
        file.take(cap.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(on("read", &self.path))?;
        if bytes.len() as u64 > cap {
            return Err(too_long());
        }
        Ok(bytes)
    }

    fn read_back(&self, cap: u64) -> Result<Vec<u8>, DiskError> {
        system::forget(&self.file);
        self.read_all(cap)
    }

    fn sync(&self) -> Result<(), DiskError> {
        system::sync_read(&self.file, &self.path).map_err(on("sync", &self.path))
    }
}

impl NewFile for Handle {
    fn identity(&self) -> Result<Identity, DiskError> {
        OpenFile::identity(self)
    }

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), DiskError> {
        self.file.write_all(bytes).map_err(on("write", &self.path))
    }

    fn set_attributes(&mut self, attributes: &Attributes) -> Result<Vec<String>, DiskError> {
        system::set_attributes(&self.file, attributes).map_err(on("set the attributes of", &self.path))
    }

    fn sync(&mut self) -> Result<(), DiskError> {
        super::sync::sync_file(&self.file).map_err(on("sync", &self.path))
    }
}

impl LockGuard for Handle {
    fn describe(&mut self, text: &str) -> Result<(), DiskError> {
        let mut write = || -> io::Result<()> {
            self.file.set_len(0)?;
            self.file.rewind()?;
            self.file.write_all(text.as_bytes())
        };
        write().map_err(on("write", &self.path))
    }
}

/// Opens and refuses everything but a regular file; shared by the systems' own `open_regular`.
pub(super) fn refuse_irregular(file: File, path: &Path, action: &'static str) -> Result<File, DiskError> {
    let kind = file.metadata().map_err(on("look at", path))?.file_type();
    if kind.is_file() {
        return Ok(file);
    }
    let what = if kind.is_dir() {
        "a folder"
    } else if kind.is_symlink() {
        "a symbolic link"
    } else {
        "a pipe, socket or device"
    };
    Err(DiskError::not_regular(action, path, what))
}
