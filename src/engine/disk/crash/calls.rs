//! The calls that the disk in memory answers.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::super::real::rename_by_link;
use super::super::{Attributes, Disk, DiskError, Entry, EntryKind, Identity, LockGuard, NewFile, OpenFile};
use super::world::{Node, World};
use super::{Broken, CrashDisk};
use crate::engine::metrics::{Drive, DriveKind};

impl Disk for CrashDisk {
    fn entries(&self, folder: &Path) -> Result<Vec<Entry>, DiskError> {
        self.look("list", folder, |world| {
            if world.now.get(folder) != Some(&Node::Folder) {
                return Err(io::ErrorKind::NotFound.into());
            }
            let below = world.now.iter().filter(|(path, _)| path.parent() == Some(folder));
            let entry = |(path, node): (&PathBuf, &Node)| Entry {
                name: path.file_name().map(OsString::from).unwrap_or_default(),
                kind: if *node == Node::Folder {
                    EntryKind::Folder
                } else {
                    EntryKind::File
                },
                inode: 0,
            };
            Ok(below.map(entry).collect())
        })
    }

    fn open(&self, path: &Path) -> Result<Box<dyn OpenFile>, DiskError> {
        let inode = self.look("open", path, |world| {
            let inode = world.file(path)?;
            world.inodes.get_mut(&inode).expect("named").open += 1;
            Ok(inode)
        });
        let inode = inode.inspect_err(|_| self.nobody_has(path))?;
        Ok(self.handle(inode, path))
    }

    fn stat(&self, path: &Path) -> Result<Option<Identity>, DiskError> {
        let found = self.look("look at", path, |world| {
            Ok(match world.now.get(path) {
                None => Ok(None),
                Some(Node::Folder) => Err(()),
                Some(Node::File(inode)) => Ok(Some(world.identity(*inode))),
            })
        })?;
        found.map_err(|()| DiskError::not_regular("use", path, "a folder"))
    }

    fn is_folder(&self, path: &Path) -> Result<bool, DiskError> {
        self.look("look at", path, |world| Ok(world.now.get(path) == Some(&Node::Folder)))
    }

    fn create_new(&self, path: &Path) -> Result<Box<dyn NewFile>, DiskError> {
        let inode = self.change("create", path, |world| {
            world.free(path)?;
            let inode = world.inode();
            world.commit(None, Some((path.to_owned(), Node::File(inode))));
            world.inodes.get_mut(&inode).expect("new").open += 1;
            Ok(inode)
        });
        let inode = inode.inspect_err(|_| self.nobody_has(path))?;
        Ok(self.handle(inode, path))
    }

    fn open_append(&self, path: &Path) -> Result<Box<dyn NewFile>, DiskError> {
        let inode = self.look("open for appending", path, |world| {
            let inode = world.file(path)?;
            world.inodes.get_mut(&inode).expect("named").open += 1;
            Ok(inode)
        });
        let inode = inode.inspect_err(|_| self.nobody_has(path))?;
        Ok(self.handle(inode, path))
    }

    fn rename_noreplace(&self, from: &Path, to: &Path) -> Result<(), DiskError> {
        let abilities = self.inner().world.abilities;
        if abilities.no_replace {
            return self.change("rename", from, |world| {
                let inode = world.file(from)?;
                world.assert_closed(inode, from);
                world.free(to)?;
                let node = Node::File(inode);
                world.commit(Some((from.to_owned(), node)), Some((to.to_owned(), node)));
                Ok(())
            });
        }
        if !abilities.links {
            return Err(DiskError::new("rename", from, io::ErrorKind::Unsupported.into()));
        }
        rename_by_link(self, from, to)
    }

    fn rename_over(&self, from: &Path, to: &Path) -> Result<(), DiskError> {
        self.change("rename", from, |world| {
            let inode = world.file(from)?;
            world.assert_closed(inode, from);
            if let Ok(target) = world.file(to) {
                world.assert_closed(target, to);
                assert!(!world.abilities.network, "renamed over {} on a network", to.display());
            }
            let node = Node::File(inode);
            world.commit(Some((from.to_owned(), node)), Some((to.to_owned(), node)));
            Ok(())
        })
    }

    fn hard_link(&self, from: &Path, to: &Path) -> Result<(), DiskError> {
        self.change("link", from, |world| {
            if !world.abilities.links {
                return Err(io::ErrorKind::Unsupported.into());
            }
            world.link(from, to)
        })
    }

    fn remove_file(&self, path: &Path) -> Result<(), DiskError> {
        self.change("remove", path, |world| world.unlink(path))
    }

    fn create_dir(&self, path: &Path) -> Result<(), DiskError> {
        self.change("create the folder", path, |world| {
            world.free(path)?;
            world.commit(None, Some((path.to_owned(), Node::Folder)));
            Ok(())
        })
    }

    fn remove_dir(&self, path: &Path) -> Result<(), DiskError> {
        self.change("remove the folder", path, |world| {
            match world.now.get(path) {
                Some(Node::Folder) => {}
                Some(Node::File(_)) => return Err(io::ErrorKind::NotADirectory.into()),
                None => return Err(io::ErrorKind::NotFound.into()),
            }
            if world.now.keys().any(|other| other.parent() == Some(path)) {
                return Err(io::ErrorKind::DirectoryNotEmpty.into());
            }
            world.commit(Some((path.to_owned(), Node::Folder)), None);
            Ok(())
        })
    }

    fn sync_dir(&self, folder: &Path) -> Result<(), DiskError> {
        self.change("sync the folder", folder, |world| {
            if world.now.get(folder) != Some(&Node::Folder) {
                return Err(io::ErrorKind::NotFound.into());
            }
            world.sync_names(folder);
            Ok(())
        })
    }

    fn lock(&self, path: &Path) -> Result<Option<Box<dyn LockGuard>>, DiskError> {
        let inode = self.change("lock", path, |world| {
            let inode = match world.file(path) {
                Ok(inode) => inode,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    world.free(path)?;
                    let inode = world.inode();
                    world.commit(None, Some((path.to_owned(), Node::File(inode))));
                    inode
                }
                Err(error) => return Err(error),
            };
            Ok(world.locked.insert(inode).then_some(inode))
        })?;
        Ok(inode.map(|inode| -> Box<dyn LockGuard> {
            Box::new(CrashLock {
                disk: self.clone(),
                inode,
                path: path.to_owned(),
            })
        }))
    }

    fn block_size(&self, _path: &Path) -> Option<u64> {
        Some(4096)
    }

    fn drive(&self, _path: &Path) -> Drive {
        let network = self.inner().world.abilities.network;
        Drive {
            kind: if network { DriveKind::Network } else { DriveKind::Solid },
            file_system: "crash".to_owned(),
        }
    }
}

#[derive(Debug)]
struct CrashLock {
    disk: CrashDisk,
    inode: u64,
    path: PathBuf,
}

impl LockGuard for CrashLock {
    fn describe(&mut self, text: &str) -> Result<(), DiskError> {
        self.disk.change("write", &self.path, |world| {
            let file = world.inodes.get_mut(&self.inode).expect("locked");
            file.set(text.as_bytes());
            file.idle = true;
            Ok(())
        })
    }
}

impl Drop for CrashLock {
    fn drop(&mut self) {
        self.disk.inner().world.locked.remove(&self.inode);
    }
}

pub(super) struct CrashFile {
    pub(super) disk: CrashDisk,
    pub(super) inode: u64,
    pub(super) path: PathBuf,
}

impl Drop for CrashFile {
    fn drop(&mut self) {
        if let Some(inode) = self.disk.inner().world.inodes.get_mut(&self.inode) {
            inode.open = inode.open.saturating_sub(1);
        }
    }
}

impl OpenFile for CrashFile {
    fn identity(&self) -> Result<Identity, DiskError> {
        self.disk.look("look at", &self.path, |world| Ok(world.identity(self.inode)))
    }

    fn attributes(&self) -> Result<Attributes, DiskError> {
        self.disk.look("read the attributes of", &self.path, |world| {
            Ok(Attributes {
                owner: None,
                readonly: false,
                modified_ns: world.inodes[&self.inode].modified_ns,
                accessed_ns: 0,
                extended: crate::engine::disk::Extended::Unknown,
            })
        })
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, DiskError> {
        self.disk.look("read", &self.path, |world| {
            let data = &world.inodes[&self.inode].data;
            let rest = data.get(offset as usize..).unwrap_or_default();
            let count = rest.len().min(buffer.len());
            buffer[..count].copy_from_slice(&rest[..count]);
            Ok(count)
        })
    }

    fn read_all(&self, _cap: u64) -> Result<Vec<u8>, DiskError> {
        self.disk
            .look("read", &self.path, |world| Ok(world.inodes[&self.inode].data.clone()))
    }

    fn read_back(&self, _cap: u64) -> Result<Vec<u8>, DiskError> {
        let inode = self.inode;
        self.disk.look("read", &self.path, |world| Ok(world.inodes[&inode].backing.clone()))
    }

    fn sync(&self) -> Result<(), DiskError> {
        NewFile::sync(&mut *self.disk.reopened(self.inode, &self.path))
    }
}

impl CrashDisk {
    /// An opening that failed may have happened all the same: whoever was told no has no handle.
    fn nobody_has(&self, path: &Path) {
        let mut inner = self.inner();
        if let Ok(inode) = inner.world.file(path) {
            inner.world.inodes.get_mut(&inode).expect("named").open = 0;
        }
    }

    fn reopened(&self, inode: u64, path: &Path) -> Box<CrashFile> {
        if let Some(file) = self.inner().world.inodes.get_mut(&inode) {
            file.open += 1;
        }
        self.handle(inode, path)
    }
}

impl NewFile for CrashFile {
    fn identity(&self) -> Result<Identity, DiskError> {
        OpenFile::identity(self)
    }

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), DiskError> {
        let number = self.inode;
        let write = move |world: &mut World, bytes: &[u8]| {
            world.clock += 1;
            let clock = world.clock;
            let inode = world.inodes.get_mut(&number).expect("open");
            inode.append(bytes);
            inode.modified_ns = clock;
        };
        let part = |world: &mut World, broken| {
            let quarters = if let Broken::Fault(quarters) = broken { quarters } else { 2 };
            write(world, &bytes[..bytes.len() * quarters.min(4) / 4]);
        };
        self.disk.call("write", &self.path, true, part, |world| {
            write(world, bytes);
            Ok(())
        })
    }

    fn set_attributes(&mut self, attributes: &Attributes) -> Result<Vec<String>, DiskError> {
        self.disk.change("set the attributes of", &self.path, |world| {
            world.inodes.get_mut(&self.inode).expect("open").modified_ns = attributes.modified_ns;
            Ok(Vec::new())
        })
    }

    fn sync(&mut self) -> Result<(), DiskError> {
        let number = self.inode;
        let fails = |world: &mut World, broken| {
            if broken != Broken::Crash {
                world.fail_sync(number);
            }
        };
        self.disk.call("sync", &self.path, true, fails, |world| {
            let lies = world.abilities.lies;
            let inode = world.inodes.get_mut(&number).expect("open");
            if !lies {
                inode.durable = inode.backing.clone();
            }
            Ok(())
        })
    }
}
