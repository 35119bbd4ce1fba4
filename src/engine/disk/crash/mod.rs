//! A disk in memory whose plug can be pulled at any step, for tests.
//!
//! Files have content that is durable and content that is not yet; folders have names that are durable and
//! operations that are pending. A crash keeps any subset of what was pending (dropping an earlier operation while a later one
//! stays *is* reordering) and any of several remains of unsynced content. Calls can also be made to fail.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{DiskError, Identity};

mod calls;

use calls::CrashFile;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Node {
    File(u64),
    Folder,
}

type Names = BTreeMap<PathBuf, Node>;

#[derive(Debug, Clone)]
struct Inode {
    data: Vec<u8>,
    /// What a crash cannot take.
    durable: Vec<u8>,
    modified_ns: i128,
    open: usize,
}

/// A change of names: what goes (if it is still that node) and what comes, atomically.
#[derive(Debug, Clone)]
struct Change {
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
}

/// What an injected fault does to the call it hits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    /// Calls before it.
    pub(crate) after: usize,
    /// Every later call too.
    pub(crate) for_good: bool,
    /// The error.
    pub(crate) kind: io::ErrorKind,
    /// The operation happens all the same (writes: half of it happens otherwise).
    pub(crate) happens: bool,
}

/// What survives a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Survives {
    /// The process was killed, the machine goes on.
    Machine,
    /// Names: all, none, or each by chance. Content: what remains of what was not synced.
    Power { names: Pick, data: Remains },
}

/// Which pending changes of names survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pick {
    All,
    None,
    Chance(u64),
}

/// What remains of content that was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remains {
    All,
    Nothing,
    Half,
    Zeros,
    Chance(u64),
}

/// What this pretended file system can do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Abilities {
    pub(crate) no_replace: bool,
    pub(crate) links: bool,
    pub(crate) network: bool,
    /// `sync` of a file says yes and does nothing.
    pub(crate) lies: bool,
}

#[derive(Debug)]
struct Inner {
    inodes: HashMap<u64, Inode>,
    now: Names,
    durable: Names,
    pending: Vec<Change>,
    locked: HashSet<u64>,
    next_inode: u64,
    clock: i128,
    steps: usize,
    calls: usize,
    crash_at: Option<usize>,
    crashed: bool,
    fault: Option<Fault>,
    /// Somebody replaces this file before the call of that number.
    meddler: Option<(usize, PathBuf, Vec<u8>)>,
    /// The call that came right after, and what had that name before.
    meddled: Option<(&'static str, Vec<u8>)>,
    /// What the fault hit.
    hit: Option<(&'static str, PathBuf)>,
    abilities: Abilities,
}

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct CrashDisk {
    inner: Arc<Mutex<Inner>>,
}

fn chance(seed: u64, number: u64) -> u64 {
    // SplitMix64.
    let mut z = seed
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(number.wrapping_mul(0xbf58_476d_1ce4_e5b9));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl CrashDisk {
    /// A disk with durable folders and files.
    pub(crate) fn new(abilities: Abilities, folders: &[&str], files: &[(&str, &[u8])]) -> Self {
        let mut inner = Inner {
            inodes: HashMap::new(),
            now: Names::new(),
            durable: Names::new(),
            pending: Vec::new(),
            locked: HashSet::new(),
            next_inode: 1,
            clock: 1_000,
            steps: 0,
            calls: 0,
            crash_at: None,
            crashed: false,
            fault: None,
            meddler: None,
            meddled: None,
            hit: None,
            abilities,
        };
        for folder in folders {
            inner.now.insert(PathBuf::from(folder), Node::Folder);
        }
        for (path, data) in files {
            let inode = inner.inode();
            if let Some(file) = inner.inodes.get_mut(&inode) {
                file.data = data.to_vec();
                file.durable = data.to_vec();
            }
            inner.now.insert(PathBuf::from(path), Node::File(inode));
        }
        inner.durable = inner.now.clone();
        Self {
            inner: Arc::new(Mutex::new(inner)),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Pulls the plug before the step of this number (a write gets half done).
    pub(crate) fn crash_at(&self, step: usize) {
        self.inner().crash_at = Some(step);
    }

    pub(crate) fn inject(&self, fault: Fault) {
        self.inner().fault = Some(fault);
    }

    pub(crate) fn hit(&self) -> Option<(&'static str, PathBuf)> {
        self.inner().hit.clone()
    }

    /// Somebody else replaces a file right before the `calls`-th call from now.
    pub(crate) fn replace_before(&self, calls: usize, path: PathBuf, data: &[u8]) {
        let mut inner = self.inner();
        inner.meddler = Some((inner.calls + calls, path, data.to_vec()));
    }

    /// Did that moment come while the file was there?
    pub(crate) fn was_replaced(&self) -> bool {
        self.inner().meddled.is_some()
    }

    /// The call that came right after.
    pub(crate) fn replaced_right_before(&self) -> Option<&'static str> {
        self.inner().meddled.as_ref().map(|(call, _)| *call)
    }

    /// What had that name until that moment.
    pub(crate) fn replaced_content(&self) -> Option<Vec<u8>> {
        self.inner().meddled.as_ref().map(|(_, data)| data.clone())
    }

    /// Steps (calls that change something) so far.
    pub(crate) fn steps(&self) -> usize {
        self.inner().steps
    }

    /// Calls so far.
    pub(crate) fn calls(&self) -> usize {
        self.inner().calls
    }

    pub(crate) fn crashed(&self) -> bool {
        self.inner().crashed
    }

    /// All files as a reader sees them.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let inner = self.inner();
        let file = |(path, node): (&PathBuf, &Node)| match node {
            Node::File(inode) => Some((path.clone(), inner.inodes[inode].data.clone())),
            Node::Folder => None,
        };
        inner.now.iter().filter_map(file).collect()
    }

    pub(crate) fn folders(&self) -> BTreeSet<PathBuf> {
        let inner = self.inner();
        inner
            .now
            .iter()
            .filter(|(_, node)| **node == Node::Folder)
            .map(|(path, _)| path.clone())
            .collect()
    }

    /// Puts a file there, durably, as somebody else would.
    pub(crate) fn put(&self, path: &str, data: &[u8]) {
        let mut inner = self.inner();
        let inode = inner.inode();
        if let Some(file) = inner.inodes.get_mut(&inode) {
            file.data = data.to_vec();
            file.durable = data.to_vec();
        }
        inner.now.insert(PathBuf::from(path), Node::File(inode));
        inner.durable.insert(PathBuf::from(path), Node::File(inode));
    }

    /// Takes a file away, durably, as somebody else would.
    pub(crate) fn take(&self, path: &str) {
        let mut inner = self.inner();
        inner.now.remove(Path::new(path));
        inner.durable.remove(Path::new(path));
    }

    /// The disk as the next process finds it.
    pub(crate) fn after(&self, survives: Survives) -> Self {
        let inner = self.inner();
        let mut next = Inner {
            inodes: inner.inodes.clone(),
            now: inner.now.clone(),
            durable: inner.durable.clone(),
            pending: inner.pending.clone(),
            locked: HashSet::new(),
            next_inode: inner.next_inode,
            clock: inner.clock,
            steps: 0,
            calls: 0,
            crash_at: None,
            crashed: false,
            fault: None,
            meddler: None,
            meddled: None,
            hit: None,
            abilities: inner.abilities,
        };
        for inode in next.inodes.values_mut() {
            inode.open = 0;
        }
        if let Survives::Power { names, data } = survives {
            for (number, change) in std::mem::take(&mut next.pending).iter().enumerate() {
                let stays = match names {
                    Pick::All => true,
                    Pick::None => false,
                    Pick::Chance(seed) => chance(seed, number as u64) & 1 == 1,
                };
                if stays {
                    change.apply(&mut next.durable);
                }
            }
            // What is in a folder that did not survive is gone with it.
            while let Some(orphan) = next.durable.keys().find(|path| !next.has_parent(path)).cloned() {
                next.durable.remove(&orphan);
            }
            next.now = next.durable.clone();
            for (number, file) in &mut next.inodes {
                if file.data == file.durable {
                    continue;
                }
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
        }
        Self {
            inner: Arc::new(Mutex::new(next)),
        }
    }

    /// Everything that can make a difference to what comes next, to tell equal states.
    pub(crate) fn fingerprint(&self) -> String {
        let inner = self.inner();
        let mut text = String::new();
        for (path, node) in &inner.now {
            match node {
                Node::Folder => text.push_str(&format!("{path:?}/\n")),
                Node::File(number) => {
                    let file = &inner.inodes[number];
                    text.push_str(&format!("{path:?} {number} {:?} {:?}\n", file.data, file.durable == file.data));
                }
            }
        }
        text.push_str(&format!("{:?}", inner.pending));
        text
    }

    fn call<T>(
        &self,
        action: &'static str,
        path: &Path,
        changes: bool,
        half: impl FnOnce(&mut Inner),
        run: impl FnOnce(&mut Inner) -> io::Result<T>,
    ) -> Result<T, DiskError> {
        let failed = |error| DiskError::new(action, path, error);
        let mut inner = self.inner();
        if inner.crashed {
            return Err(failed(io::Error::other("the plug is pulled")));
        }
        inner.meddle(action);
        if changes {
            if inner.crash_at == Some(inner.steps) {
                half(&mut inner);
                inner.crashed = true;
                return Err(failed(io::Error::other("the plug is pulled")));
            }
            inner.steps += 1;
        }
        inner.calls += 1;
        if let Some(fault) = inner.fault
            && (inner.calls == fault.after + 1 || (fault.for_good && inner.calls > fault.after))
        {
            inner.hit.get_or_insert_with(|| (action, path.to_owned()));
            if fault.happens {
                run(&mut inner).map_err(failed)?;
            } else {
                half(&mut inner);
            }
            return Err(failed(fault.kind.into()));
        }
        run(&mut inner).map_err(failed)
    }

    fn look<T>(&self, action: &'static str, path: &Path, run: impl FnOnce(&mut Inner) -> io::Result<T>) -> Result<T, DiskError> {
        self.call(action, path, false, |_| {}, run)
    }

    fn change<T>(&self, action: &'static str, path: &Path, run: impl FnOnce(&mut Inner) -> io::Result<T>) -> Result<T, DiskError> {
        self.call(action, path, true, |_| {}, run)
    }

    fn handle(&self, inode: u64, path: &Path) -> Box<CrashFile> {
        Box::new(CrashFile {
            disk: self.clone(),
            inode,
            path: path.to_owned(),
        })
    }
}

impl Inner {
    fn meddle(&mut self, action: &'static str) {
        if self.meddler.as_ref().is_none_or(|(call, _, _)| *call != self.calls) {
            return;
        }
        let Some((_, path, data)) = self.meddler.take() else { return };
        let before = self.file(&path).map(|inode| self.inodes[&inode].data.clone()).unwrap_or_default();
        let inode = self.inode();
        if let Some(file) = self.inodes.get_mut(&inode) {
            file.durable = data.clone();
            file.data = data;
        }
        self.now.insert(path.clone(), Node::File(inode));
        self.durable.insert(path, Node::File(inode));
        self.meddled = Some((action, before));
    }

    fn inode(&mut self) -> u64 {
        let number = self.next_inode;
        self.next_inode += 1;
        self.clock += 1;
        let inode = Inode {
            data: Vec::new(),
            durable: Vec::new(),
            modified_ns: self.clock,
            open: 0,
        };
        self.inodes.insert(number, inode);
        number
    }

    fn has_parent(&self, path: &Path) -> bool {
        path.parent()
            .is_none_or(|parent| parent == Path::new("/") || parent == Path::new("") || self.durable.get(parent) == Some(&Node::Folder))
    }

    fn file(&self, path: &Path) -> io::Result<u64> {
        match self.now.get(path) {
            Some(Node::File(inode)) => Ok(*inode),
            Some(Node::Folder) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn free(&self, path: &Path) -> io::Result<()> {
        if self.now.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        match path.parent().and_then(|parent| self.now.get(parent)) {
            Some(Node::Folder) => Ok(()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn commit(&mut self, gone: Option<(PathBuf, Node)>, come: Option<(PathBuf, Node)>) {
        let change = Change { gone, come };
        change.apply(&mut self.now);
        self.pending.push(change);
    }

    /// SMB deletes files that are renamed or replaced while they are open: it must never happen.
    fn assert_closed(&self, inode: u64, path: &Path) {
        assert_eq!(
            self.inodes[&inode].open,
            0,
            "{} is renamed or removed while it is open",
            path.display()
        );
    }

    fn identity(&self, number: u64) -> Identity {
        let inode = &self.inodes[&number];
        Identity {
            device: 1,
            inode: number,
            len: inode.data.len() as u64,
            modified_ns: inode.modified_ns,
            links: self.now.values().filter(|node| **node == Node::File(number)).count() as u64,
        }
    }

    fn link(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let inode = self.file(from)?;
        self.free(to)?;
        self.commit(None, Some((to.to_owned(), Node::File(inode))));
        Ok(())
    }

    fn unlink(&mut self, path: &Path) -> io::Result<()> {
        let inode = self.file(path)?;
        if !self.locked.contains(&inode) {
            self.assert_closed(inode, path);
        }
        self.commit(Some((path.to_owned(), Node::File(inode))), None);
        Ok(())
    }

    fn sync_names(&mut self, folder: &Path) {
        // All changes in this folder, and whatever came before them under the same names.
        let mut wanted: HashSet<PathBuf> = HashSet::new();
        let mut flush = vec![false; self.pending.len()];
        for (number, change) in self.pending.iter().enumerate().rev() {
            if change.paths().any(|path| path.parent() == Some(folder) || wanted.contains(path)) {
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
}
