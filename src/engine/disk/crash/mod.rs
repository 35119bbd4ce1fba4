//! A disk in memory whose plug can be pulled at any step, for tests.
//!
//! Files have content that is durable and content that is not yet; folders have names that are durable and
//! operations that are pending. A crash keeps any subset of what was pending (dropping an earlier operation while a later one
//! stays *is* reordering) and any of several remains of unsynced content. Calls can also be made to fail, and a sync that fails
//! may do what it does on Linux: what was to be written is forgotten, and the next sync says yes.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::DiskError;

mod calls;
mod world;

use calls::CrashFile;
use world::{Node, World};

/// What an injected fault does to the call it hits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    /// Calls before it.
    pub(crate) after: usize,
    /// Every later call too.
    pub(crate) for_good: bool,
    /// The error.
    pub(crate) kind: io::ErrorKind,
    /// The operation happens all the same.
    pub(crate) happens: bool,
    /// Quarters of the bytes that a write gets done where it does not happen.
    pub(crate) quarters: usize,
}

impl Fault {
    /// One call fails, and nothing of it happens but half of a write.
    pub(crate) fn once(after: usize, kind: io::ErrorKind) -> Self {
        Self {
            after,
            for_good: false,
            kind,
            happens: false,
            quarters: 2,
        }
    }

    /// And every later call.
    pub(crate) fn for_good(self) -> Self {
        Self { for_good: true, ..self }
    }

    /// Reported as failed, and done.
    pub(crate) fn happens(self) -> Self {
        Self { happens: true, ..self }
    }
}

/// What survives a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Survives {
    /// The process was killed, the machine goes on.
    Machine,
    /// The same, and what the system held in memory of files is read from the drive from now on.
    Evicted,
    /// Names: all, none, or each by chance. Content: what remains of what was not synced.
    Power { names: Pick, data: Remains },
}

/// Which pending changes of names survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pick {
    All,
    None,
    Chance(u64),
    /// Those whose bit is set.
    Mask(u64),
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

/// What a sync does that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    /// What was to be written still is.
    Keeps,
    /// That of files is forgotten, and the next sync says yes, as on Linux; readers see the lost content until memory runs short.
    /// Names stay pending: file systems with a journal keep their order, and stop writing altogether when they cannot.
    Drops,
}

/// What this pretended file system can do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Abilities {
    pub(crate) no_replace: bool,
    pub(crate) links: bool,
    pub(crate) network: bool,
    /// `sync` of a file says yes and does nothing.
    pub(crate) lies: bool,
    pub(crate) gate: Gate,
}

#[derive(Debug)]
struct Inner {
    world: World,
    steps: usize,
    calls: usize,
    crash_at: Option<usize>,
    crashed: bool,
    fault: Option<Fault>,
    /// What a crash right before each step would find.
    record: Option<Vec<World>>,
    /// Somebody replaces this file before the call of that number.
    meddler: Option<(usize, PathBuf, Vec<u8>)>,
    /// The call that came right after, and what had that name before.
    meddled: Option<(&'static str, Vec<u8>)>,
    /// What the fault hit.
    hit: Option<(&'static str, PathBuf)>,
}

/// How a call ends before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    /// The plug is pulled.
    Crash,
    /// It fails, with this many quarters of a write done.
    Fault(usize),
}

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct CrashDisk {
    inner: Arc<Mutex<Inner>>,
}

impl CrashDisk {
    /// A disk with durable folders and files.
    pub(crate) fn new(abilities: Abilities, folders: &[&str], files: &[(&str, &[u8])]) -> Self {
        Self::of(World::new(abilities, folders, files))
    }

    fn of(world: World) -> Self {
        let inner = Inner {
            world,
            steps: 0,
            calls: 0,
            crash_at: None,
            crashed: false,
            fault: None,
            record: None,
            meddler: None,
            meddled: None,
            hit: None,
        };
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

    /// From now on every state that a crash could find is remembered: before each step (a write half done); with a fault, from
    /// the call on that it hits.
    pub(crate) fn record(&self) {
        self.inner().record = Some(Vec::new());
    }

    /// The states that were remembered, the present one last.
    pub(crate) fn recorded(&self) -> Vec<Self> {
        let mut inner = self.inner();
        let mut all = inner.record.take().unwrap_or_default();
        all.push(inner.world.clone());
        all.into_iter().map(Self::of).collect()
    }

    /// All files as a reader sees them.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let inner = self.inner();
        let file = |(path, node): (&PathBuf, &Node)| match node {
            Node::File(inode) => Some((path.clone(), inner.world.inodes[inode].data.clone())),
            Node::Folder => None,
        };
        inner.world.now.iter().filter_map(file).collect()
    }

    pub(crate) fn folders(&self) -> BTreeSet<PathBuf> {
        let inner = self.inner();
        let folders = inner.world.now.iter().filter(|(_, node)| **node == Node::Folder);
        folders.map(|(path, _)| path.clone()).collect()
    }

    /// Puts a file there, durably, as somebody else would.
    pub(crate) fn put(&self, path: &str, data: &[u8]) {
        self.inner().world.put(Path::new(path), data);
    }

    /// Takes a file away, durably, as somebody else would.
    pub(crate) fn take(&self, path: &str) {
        self.inner().world.take(Path::new(path));
    }

    /// The disk as the next process finds it.
    pub(crate) fn after(&self, survives: Survives) -> Self {
        Self::of(self.inner().world.after(survives))
    }

    /// What a failing sync does here.
    pub(crate) fn gate(&self) -> Gate {
        self.inner().world.abilities.gate
    }

    /// Changes of names that a crash may take or leave.
    pub(crate) fn pending(&self) -> usize {
        self.inner().world.pending()
    }

    /// Everything that can make a difference to what comes next, as one number, to tell equal states.
    pub(crate) fn fingerprint(&self) -> u128 {
        self.inner().world.fingerprint()
    }

    fn call<T>(
        &self,
        action: &'static str,
        path: &Path,
        changes: bool,
        broken: impl Fn(&mut World, Broken),
        run: impl FnOnce(&mut World) -> io::Result<T>,
    ) -> Result<T, DiskError> {
        let failed = |error| DiskError::new(action, path, error);
        let mut inner = self.inner();
        if inner.crashed {
            return Err(failed(io::Error::other("the plug is pulled")));
        }
        inner.meddle(action);
        if changes {
            inner.remember(&broken);
            if inner.crash_at == Some(inner.steps) {
                broken(&mut inner.world, Broken::Crash);
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
                run(&mut inner.world).map_err(failed)?;
            } else {
                broken(&mut inner.world, Broken::Fault(fault.quarters));
            }
            return Err(failed(fault.kind.into()));
        }
        run(&mut inner.world).map_err(failed)
    }

    fn look<T>(&self, action: &'static str, path: &Path, run: impl FnOnce(&mut World) -> io::Result<T>) -> Result<T, DiskError> {
        self.call(action, path, false, |_, _| {}, run)
    }

    fn change<T>(&self, action: &'static str, path: &Path, run: impl FnOnce(&mut World) -> io::Result<T>) -> Result<T, DiskError> {
        self.call(action, path, true, |_, _| {}, run)
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
    fn remember(&mut self, broken: &impl Fn(&mut World, Broken)) {
        if self.fault.is_some() && self.hit.is_none() {
            return;
        }
        if let Some(record) = &mut self.record {
            let mut world = self.world.clone();
            broken(&mut world, Broken::Crash);
            record.push(world);
        }
    }

    fn meddle(&mut self, action: &'static str) {
        if self.meddler.as_ref().is_none_or(|(call, _, _)| *call != self.calls) {
            return;
        }
        let Some((_, path, data)) = self.meddler.take() else { return };
        let world = &mut self.world;
        let before = world.file(&path).map(|inode| world.inodes[&inode].data.clone()).unwrap_or_default();
        world.put(&path, &data);
        self.meddled = Some((action, before));
    }
}
