//! What a disk in memory holds: content and names, each with what is durable of them and what is not yet; and what a crash
//! leaves of that.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use twox_hash::XxHash3_128;

use super::super::Identity;
use super::{Abilities, Gate, Pick, Remains, Survives};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Node {
    File(u64),
    Folder,
}

pub(super) type Names = BTreeMap<PathBuf, Node>;

#[derive(Debug, Clone, Default)]
pub(super) struct Inode {
    /// As readers see it.
    pub(super) data: Vec<u8>,
    /// What the drive would have once all that is still to be written were written: other than `data` only where a failed sync
    /// threw something away.
    pub(super) backing: Vec<u8>,
    /// What a crash cannot take.
    pub(super) durable: Vec<u8>,
    pub(super) modified_ns: i128,
    pub(super) open: usize,
    /// What it says matters to nobody's work: a lock tells who has it.
    pub(super) idle: bool,
}

impl Inode {
    /// Content that was there for ever.
    pub(super) fn set(&mut self, data: &[u8]) {
        self.data = data.to_vec();
        self.backing = data.to_vec();
        self.durable = data.to_vec();
    }

    pub(super) fn append(&mut self, bytes: &[u8]) {
        // Where a failed sync threw something away the drive gets a hole.
        self.backing.resize(self.data.len(), 0);
        self.data.extend_from_slice(bytes);
        self.backing.extend_from_slice(bytes);
    }
}

/// A change of names: what goes (if it is still that node) and what comes, atomically.
#[derive(Debug, Clone)]
pub(super) struct Change {
    gone: Option<(PathBuf, Node)>,
    come: Option<(PathBuf, Node)>,
}

impl Change {
    fn apply(&self, names: &mut Names) {
        if let Some((path, node)) = &self.gone
            && names.get(path) == Some(node)
        {
            names.remove(path);
        }
        if let Some((path, node)) = &self.come {
            names.insert(path.clone(), *node);
        }
    }

    fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.gone.iter().chain(&self.come).map(|(path, _)| path)
    }

    fn is_in(&self, folder: &Path) -> bool {
        self.paths().any(|path| path.parent() == Some(folder))
    }
}

#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) inodes: HashMap<u64, Inode>,
    pub(super) now: Names,
    durable: Names,
    pending: Vec<Change>,
    pub(super) locked: HashSet<u64>,
    next_inode: u64,
    pub(super) clock: i128,
    /// The clock when the disk was made: files that are no later were there before.
    begin: i128,
    pub(super) abilities: Abilities,
}

/// A number by chance from a seed (SplitMix64).
pub(super) fn chance(seed: u64, number: u64) -> u64 {
    let mut z = seed
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(number.wrapping_mul(0xbf58_476d_1ce4_e5b9));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl World {
    pub(super) fn new(abilities: Abilities, folders: &[&str], files: &[(&str, &[u8])]) -> Self {
        let mut world = Self {
            inodes: HashMap::new(),
            now: Names::new(),
            durable: Names::new(),
            pending: Vec::new(),
            locked: HashSet::new(),
            next_inode: 1,
            clock: 1_000,
            begin: 0,
            abilities,
        };
        for folder in folders {
            world.now.insert(PathBuf::from(folder), Node::Folder);
            world.durable.insert(PathBuf::from(folder), Node::Folder);
        }
        for (path, data) in files {
            world.put(Path::new(path), data);
        }
        world.begin = world.clock;
        world
    }

    /// A file as somebody else puts it there, durably.
    pub(super) fn put(&mut self, path: &Path, data: &[u8]) {
        let inode = self.inode();
        if let Some(file) = self.inodes.get_mut(&inode) {
            file.set(data);
        }
        self.now.insert(path.to_owned(), Node::File(inode));
        self.durable.insert(path.to_owned(), Node::File(inode));
    }

    /// Takes a name away as somebody else does, durably.
    pub(super) fn take(&mut self, path: &Path) {
        self.now.remove(path);
        self.durable.remove(path);
    }

    pub(super) fn inode(&mut self) -> u64 {
        let number = self.next_inode;
        self.next_inode += 1;
        self.clock += 1;
        let inode = Inode {
            modified_ns: self.clock,
            ..Inode::default()
        };
        self.inodes.insert(number, inode);
        number
    }

    pub(super) fn file(&self, path: &Path) -> io::Result<u64> {
        match self.now.get(path) {
            Some(Node::File(inode)) => Ok(*inode),
            Some(Node::Folder) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    pub(super) fn free(&self, path: &Path) -> io::Result<()> {
        if self.now.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        match path.parent().and_then(|parent| self.now.get(parent)) {
            Some(Node::Folder) => Ok(()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    pub(super) fn commit(&mut self, gone: Option<(PathBuf, Node)>, come: Option<(PathBuf, Node)>) {
        let change = Change { gone, come };
        change.apply(&mut self.now);
        self.pending.push(change);
    }

    /// SMB deletes files that are renamed or replaced while they are open: it must never happen.
    pub(super) fn assert_closed(&self, inode: u64, path: &Path) {
        assert_eq!(
            self.inodes[&inode].open,
            0,
            "{} is renamed or removed while it is open",
            path.display()
        );
    }

    pub(super) fn identity(&self, number: u64) -> Identity {
        let inode = &self.inodes[&number];
        Identity {
            device: 1,
            inode: number,
            len: inode.data.len() as u64,
            modified_ns: inode.modified_ns,
            links: self.now.values().filter(|node| **node == Node::File(number)).count() as u64,
        }
    }

    pub(super) fn link(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let inode = self.file(from)?;
        self.free(to)?;
        self.commit(None, Some((to.to_owned(), Node::File(inode))));
        Ok(())
    }

    pub(super) fn unlink(&mut self, path: &Path) -> io::Result<()> {
        let inode = self.file(path)?;
        if !self.locked.contains(&inode) {
            self.assert_closed(inode, path);
        }
        self.commit(Some((path.to_owned(), Node::File(inode))), None);
        Ok(())
    }

    pub(super) fn sync_names(&mut self, folder: &Path) {
        // All changes in this folder, and whatever came before them under the same names.
        let mut wanted: HashSet<PathBuf> = HashSet::new();
        let mut flush = vec![false; self.pending.len()];
        for (number, change) in self.pending.iter().enumerate().rev() {
            if change.is_in(folder) || change.paths().any(|path| wanted.contains(path)) {
                flush[number] = true;
                wanted.extend(change.paths().cloned());
            }
        }
        let pending = std::mem::take(&mut self.pending);
        for (change, flush) in pending.into_iter().zip(flush) {
            if flush {
                change.apply(&mut self.durable);
            } else {
                self.pending.push(change);
            }
        }
    }

    /// A sync of a file fails.
    pub(super) fn fail_sync(&mut self, inode: u64) {
        if let Some(file) = self.inodes.get_mut(&inode)
            && self.abilities.gate == Gate::Drops
        {
            file.backing = file.durable.clone();
        }
    }

    /// What the next process finds.
    pub(super) fn after(&self, survives: Survives) -> Self {
        let mut next = self.clone();
        next.locked.clear();
        for file in next.inodes.values_mut() {
            file.open = 0;
        }
        match survives {
            Survives::Machine => {}
            Survives::Evicted => next.inodes.values_mut().for_each(|file| file.data = file.backing.clone()),
            Survives::Power { names, data } => next.cut(names, data),
        }
        let named: HashSet<u64> = next
            .now
            .values()
            .chain(next.durable.values())
            .chain(
                next.pending
                    .iter()
                    .flat_map(|change| change.gone.iter().chain(&change.come))
                    .map(|(_, node)| node),
            )
            .filter_map(|node| match node {
                Node::File(number) => Some(*number),
                Node::Folder => None,
            })
            .collect();
        next.inodes.retain(|number, _| named.contains(number));
        next
    }

    fn cut(&mut self, names: Pick, data: Remains) {
        for (number, change) in std::mem::take(&mut self.pending).iter().enumerate() {
            let stays = match names {
                Pick::All => true,
                Pick::None => false,
                Pick::Chance(seed) => chance(seed, number as u64) & 1 == 1,
                Pick::Mask(mask) => mask.checked_shr(number as u32).is_some_and(|bits| bits & 1 == 1),
            };
            if stays {
                change.apply(&mut self.durable);
            }
        }
        // What is in a folder that did not survive is gone with it.
        while let Some(orphan) = self.durable.keys().find(|path| !self.has_parent(path)).cloned() {
            self.durable.remove(&orphan);
        }
        self.now = self.durable.clone();
        for (number, file) in &mut self.inodes {
            file.data = std::mem::take(&mut file.backing);
            if file.data != file.durable {
                let kind = match data {
                    Remains::Chance(seed) => {
                        [Remains::All, Remains::Nothing, Remains::Half, Remains::Zeros][(chance(seed, *number) % 4) as usize]
                    }
                    other => other,
                };
                // Our files only ever grow: what is durable is a prefix.
                let safe = file.durable.len().min(file.data.len());
                match kind {
                    Remains::All | Remains::Chance(_) => {}
                    Remains::Nothing => file.data.truncate(safe),
                    Remains::Half => file.data.truncate(safe + (file.data.len() - safe) / 2),
                    Remains::Zeros => file.data[safe..].fill(0),
                }
                file.durable = file.data.clone();
            }
            file.backing = file.data.clone();
        }
    }

    fn has_parent(&self, path: &Path) -> bool {
        path.parent()
            .is_none_or(|parent| parent == Path::new("/") || parent == Path::new("") || self.durable.get(parent) == Some(&Node::Folder))
    }

    /// How many changes of names a crash may take or leave.
    pub(super) fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Everything that can make a difference to what comes next, as one number, to tell equal states. Numbers of files and the
    /// times of new ones are only names.
    pub(super) fn fingerprint(&self) -> u128 {
        let mut hasher = XxHash3_128::new();
        let mut numbers: HashMap<u64, usize> = HashMap::new();
        let mut write = |bytes: &[u8]| {
            hasher.write(&bytes.len().to_le_bytes());
            hasher.write(bytes);
        };
        let mut node = |write: &mut dyn FnMut(&[u8]), place: &str, path: &Path, node: &Node| {
            write(place.as_bytes());
            write(path.as_os_str().as_encoded_bytes());
            let Node::File(inode) = node else { return write(b"/") };
            let next = numbers.len();
            let number = *numbers.entry(*inode).or_insert(next);
            write(&number.to_le_bytes());
            if number < next {
                return;
            }
            let file = &self.inodes[inode];
            if file.idle {
                return;
            }
            write(&file.data);
            write(if file.backing == file.data { b"=" } else { &file.backing });
            write(if file.durable == file.data { b"=" } else { &file.durable });
            let time = if file.modified_ns <= self.begin { file.modified_ns } else { -1 };
            write(&time.to_le_bytes());
        };
        for (path, it) in &self.now {
            node(&mut write, "now", path, it);
        }
        for change in &self.pending {
            write(b"pending");
            for (place, it) in [("gone", &change.gone), ("come", &change.come)] {
                if let Some((path, it)) = it {
                    node(&mut write, place, path, it);
                }
            }
        }
        hasher.finish_128()
    }
}
