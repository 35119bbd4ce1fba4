//! What lies in the folders, found once, and plans from it at every change of a setting: a scan reads headers, a plan from
//! it touches no disk.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crossbeam_channel::RecvTimeoutError;
use rayon::prelude::*;

use super::engine::{Engine, lowered, of_roots};
use super::{Control, depth, lock, problem};
use crate::engine::commit;
use crate::engine::disk::{free_space, weak_sync, writable};
use crate::engine::metrics::{DriveKind, Problem};
use crate::engine::plan::{Plan, ShardPlan, SidecarFacts, look_at_sidecars, read_sidecars, recall_sidecars};
use crate::engine::scan::{self, Inventory, ScanError, Watch};
use crate::engine::settings::{ChooseSettings, Settings};

/// Headers read at once on a drive where latency dominates.
const PROBES_IN_FLIGHT: usize = 32;

/// News of a scan come no more often, for each shard.
const NEWS: Duration = Duration::from_millis(50);

/// What lies in some folders: everything that a plan needs. Cheap to copy; folders that were scanned apart can be joined.
#[derive(Debug, Clone, Default)]
pub struct Scanned {
    /// In the order worked on.
    folders: Vec<Folder>,
    /// The choice of folders that was made before any was looked into.
    choice: ChooseSettings,
    /// Folders that this choice passed over.
    passed_over: usize,
}

#[derive(Debug, Clone)]
struct Folder {
    path: PathBuf,
    looked: Result<Arc<Found>, Problem>,
}

#[derive(Debug)]
struct Found {
    inventory: Arc<Inventory>,
    interrupted: Option<String>,
    /// What was read in sidecars until now.
    facts: Mutex<SidecarFacts>,
}

/// How far the scan of one folder is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanNews {
    /// The folder.
    pub path: PathBuf,
    /// Files in it that will be looked into.
    pub found: u64,
    /// Files whose headers were read.
    pub read: u64,
    /// Bytes of those that are images.
    pub bytes: u64,
    /// Nothing more comes of this folder.
    pub done: bool,
}

/// What a drive can take, as far as it tells without being written to: for the checks before a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ground {
    /// Bytes that may still be written.
    pub free: Option<u64>,
    /// Whether names in the folder may be changed.
    pub writable: Option<bool>,
    /// Why saved files may be lost there in a power cut all the same, as a clause, where the mount says so.
    pub weak_sync: Option<&'static str>,
}

impl Scanned {
    /// These, one after the other, each folder once.
    #[must_use]
    pub fn join<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut seen = HashSet::new();
        let mut all = Self::default();
        for part in parts {
            all.folders
                .extend(part.folders.iter().filter(|f| seen.insert(f.path.clone())).cloned());
            all.choice = part.choice.clone();
            all.passed_over += part.passed_over;
        }
        all
    }

    /// Images in the folders.
    pub fn images(&self) -> u64 {
        self.found().map(|found| found.inventory.images.len() as u64).sum()
    }

    /// What was found, folder by folder.
    pub fn inventories(&self) -> impl Iterator<Item = &Arc<Inventory>> {
        self.found().map(|found| &found.inventory)
    }

    fn found(&self) -> impl Iterator<Item = &Arc<Found>> {
        self.folders.iter().filter_map(|folder| folder.looked.as_ref().ok())
    }

    /// The folders that this choice takes, and how many it does not.
    fn chosen(&self, choose: &ChooseSettings) -> Result<(Vec<&Folder>, usize), ScanError> {
        let same = |a: &ChooseSettings, b: &ChooseSettings| a.shards == b.shards && a.resume_from == b.resume_from && a.slice == b.slice;
        if same(&self.choice, choose) {
            return Ok((self.folders.iter().collect(), self.passed_over));
        }
        let by_path: HashMap<&Path, &Folder> = self.folders.iter().map(|f| (f.path.as_path(), f)).collect();
        let holds_pictures = |path: &Path| {
            let folder = by_path.get(path);
            folder.is_some_and(|f| f.looked.as_ref().is_ok_and(|found| found.inventory.holds_pictures()))
        };
        let paths: Vec<PathBuf> = self.folders.iter().map(|f| f.path.clone()).collect();
        let chosen = scan::chosen(paths, choose, holds_pictures)?;
        let left = self.passed_over + self.folders.len() - chosen.len();
        Ok((
            chosen.iter().filter_map(|path| by_path.get(path.as_path()).copied()).collect(),
            left,
        ))
    }
}

impl Engine {
    /// Scans the folders and plans what would be done. Reads headers, touches nothing. Shards that are not chosen are not
    /// looked into.
    ///
    /// # Errors
    /// A folder that is not there or cannot be listed, or a shard that was asked for and is not there.
    pub fn plan(&self, roots: &[PathBuf], settings: &Settings) -> Result<Plan, ScanError> {
        let remark = lowered(settings, roots);
        let scanned = self.scan(roots, &settings.choose, &Control::default(), |_| {})?;
        let mut plan = self.replan(&scanned, settings)?;
        self.read_sidecars(&scanned, &mut plan, &Control::default());
        if let Some(notice) = plan.notices.first_mut() {
            // Of the folders as they were named.
            notice.path = roots.first().cloned().unwrap_or_default();
        }
        plan.notices.splice(0..0, remark);
        Ok(plan)
    }

    /// Looks into the folders and their subfolders, as far as the choice of shards takes them. Reads headers, touches nothing.
    ///
    /// # Errors
    /// A folder that is not there or cannot be listed, a shard that was asked for and is not there, or a stop through `control`.
    pub fn scan(
        &self,
        roots: &[PathBuf],
        choose: &ChooseSettings,
        control: &Control,
        news: impl FnMut(&ScanNews),
    ) -> Result<Scanned, ScanError> {
        let folders = scan::candidates(self.disk.as_ref(), roots, choose.recursive)?;
        let all = folders.len();
        let folders = scan::chosen(folders, choose, |folder| scan::holds_pictures(self.disk.as_ref(), folder))?;
        let passed_over = all - folders.len();
        Ok(Scanned {
            folders: self.look_into(folders, control, news)?,
            choice: choose.clone(),
            passed_over,
        })
    }

    /// Looks into exactly these folders, not into those below. One that cannot be looked into is told of by the plan; the
    /// others go on.
    ///
    /// # Errors
    /// A stop through `control`.
    pub fn scan_shards(&self, folders: &[PathBuf], control: &Control, news: impl FnMut(&ScanNews)) -> Result<Scanned, ScanError> {
        let mut scanned = Scanned::default();
        let mut there = Vec::new();
        for folder in folders {
            match scan::absolute(folder) {
                Ok(path) => there.push(path),
                Err(error) => scanned.folders.push(Folder {
                    path: folder.clone(),
                    looked: Err(Problem {
                        code: "no-folder",
                        path: folder.clone(),
                        message: error.to_string(),
                        advice: String::new(),
                    }),
                }),
            }
        }
        scanned.folders.extend(self.look_into(there, control, news)?);
        Ok(scanned)
    }

    fn look_into(&self, folders: Vec<PathBuf>, control: &Control, mut news: impl FnMut(&ScanNews)) -> Result<Vec<Folder>, ScanError> {
        let first = folders.first().map(PathBuf::as_path);
        let pool = self.probe_pool(first);
        let at_once = first.map_or(1, |path| depth::folders_at_once(self.disk.drive(path).kind));
        let watches: Vec<Watch> = folders.iter().map(|_| Watch::default()).collect();
        let mut results: Vec<Option<Result<Arc<Found>, Problem>>> = folders.iter().map(|_| None).collect();
        let look = |number: usize| {
            let path = &folders[number];
            let disk = self.disk.as_ref();
            let found = || {
                let inventory = Arc::new(scan::scan_watched(disk, path, &pool, &watches[number])?);
                let interrupted = commit::pending(disk, path)?;
                Ok(Arc::new(Found {
                    inventory,
                    interrupted,
                    facts: Mutex::default(),
                }))
            };
            found().map_err(|error| problem::of_shard(path.clone(), &error))
        };
        let mut tell = |number: usize, done: bool| {
            let watch = &watches[number];
            news(&ScanNews {
                path: folders[number].clone(),
                found: watch.found.load(Ordering::Relaxed),
                read: watch.read.load(Ordering::Relaxed),
                bytes: watch.bytes.load(Ordering::Relaxed),
                done,
            });
        };
        let next = AtomicUsize::new(0);
        let (done, ended) = crossbeam_channel::unbounded();
        let one_by_one = |done: crossbeam_channel::Sender<_>| {
            while control.stopped().is_none() {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= folders.len() || done.send((number, look(number))).is_err() {
                    return;
                }
            }
        };
        thread::scope(|scope| {
            let mut threads = Vec::new();
            for _ in 0..at_once.min(folders.len()) {
                let (done, one_by_one) = (done.clone(), &one_by_one);
                let started = thread::Builder::new()
                    .name("scan".into())
                    .spawn_scoped(scope, move || one_by_one(done));
                let Ok(started) = started else { break };
                threads.push(started);
            }
            if threads.is_empty() {
                // Where the system is short of threads it goes on without news.
                one_by_one(done);
            } else {
                drop(done);
            }
            loop {
                match ended.recv_timeout(NEWS) {
                    Ok((number, result)) => {
                        if control.stopped().is_none() {
                            tell(number, true);
                        }
                        results[number] = Some(result);
                    }
                    Err(RecvTimeoutError::Timeout) => {
                        let begun = next.load(Ordering::Relaxed).min(folders.len());
                        for number in (0..begun).filter(|number| results[*number].is_none()) {
                            watches[number].stop.fetch_or(control.stopped().is_some(), Ordering::Relaxed);
                            tell(number, false);
                        }
                    }
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
            for thread in threads {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            }
        });
        if control.stopped().is_some() {
            return Err(ScanError::Stopped);
        }
        let looked = |(path, result): (PathBuf, Option<_>)| result.map(|looked| Folder { path, looked });
        Ok(folders.into_iter().zip(results).filter_map(looked).collect())
    }

    /// Plans what was scanned. Touches no disk: what sidecars say is taken from what was read before, and
    /// [`read_sidecars`](Self::read_sidecars) reads the rest. Folders that the scan did not look into are not in it.
    ///
    /// # Errors
    /// A shard that was asked for is not there.
    pub fn replan(&self, scanned: &Scanned, settings: &Settings) -> Result<Plan, ScanError> {
        let (folders, left) = scanned.chosen(&settings.choose)?;
        let mut unreadable = Vec::new();
        let mut found = Vec::with_capacity(folders.len());
        let mut facts: HashMap<&Path, &Found> = HashMap::new();
        for folder in &folders {
            match &folder.looked {
                Ok(shard) => {
                    found.push((Arc::clone(&shard.inventory), shard.interrupted.clone()));
                    facts.insert(&folder.path, shard);
                }
                Err(problem) => unreadable.push(problem.clone()),
            }
        }
        let mut plan = Plan::new(settings.clone(), found, unreadable);
        if left > 0 {
            let all = folders.len() + left;
            let paths: Vec<PathBuf> = folders.iter().map(|f| f.path.clone()).take(1).collect();
            plan.notices.push(of_roots(
                &paths,
                format!("{left} of {all} folders are not looked into, by the choice of shards."),
            ));
        }
        for shard in &mut plan.shards {
            if let Some(found) = facts.get(shard.inventory.path.as_path()) {
                shard.sidecars = recall_sidecars(shard, settings, &lock(&found.facts)).0;
            }
        }
        Ok(plan)
    }

    /// Whether a plan of `scanned` knows all that is to be known of its sidecars.
    pub fn knows_sidecars(&self, scanned: &Scanned, plan: &Plan) -> bool {
        let by_path: HashMap<&Path, &Arc<Found>> = scanned.found().map(|f| (f.inventory.path.as_path(), f)).collect();
        plan.shards.iter().all(|shard| {
            let found = by_path.get(shard.inventory.path.as_path());
            found.is_none_or(|found| recall_sidecars(shard, &plan.settings, &lock(&found.facts)).1)
        })
    }

    /// Reads the sidecars that may name an image that loses its name, as far as they were not read before, and lays what they
    /// say beside the plan. A stop through `control` ends it; what was read until then is kept.
    pub fn read_sidecars(&self, scanned: &Scanned, plan: &mut Plan, control: &Control) {
        let by_path: HashMap<&Path, &Arc<Found>> = scanned.found().map(|f| (f.inventory.path.as_path(), f)).collect();
        let pool = self.probe_pool(plan.shards.first().map(|s| s.inventory.path.as_path()));
        let settings = plan.settings.clone();
        let read = |shard: &mut ShardPlan| {
            shard.sidecars = match by_path.get(shard.inventory.path.as_path()) {
                Some(found) => {
                    let mut facts = lock(&found.facts);
                    read_sidecars(self.disk.as_ref(), shard, &pool, &mut facts, &|| control.stopped().is_none());
                    recall_sidecars(shard, &settings, &facts).0
                }
                None => look_at_sidecars(self.disk.as_ref(), shard, &settings, &pool),
            };
        };
        // Folders with a few sidecars each would wait one after the other for round trips.
        pool.install(|| plan.shards.par_iter_mut().with_max_len(1).for_each(read));
    }

    /// What the drive under each shard of the plan can take, in their order. Asks the system, writes nothing.
    pub fn grounds(&self, plan: &Plan) -> Vec<Ground> {
        let ground = |path: &Path| Ground {
            free: free_space(path),
            writable: writable(path),
            weak_sync: weak_sync(path),
        };
        plan.shards.iter().map(|shard| ground(&shard.inventory.path)).collect()
    }

    /// Reads of headers wait for the drive, not for a core.
    pub(super) fn probe_pool(&self, path: Option<&Path>) -> Arc<rayon::ThreadPool> {
        let threads = match path.map(|p| self.disk.drive(p).kind) {
            Some(DriveKind::Network) => PROBES_IN_FLIGHT,
            Some(DriveKind::Spinning) => 2,
            _ => 2 * thread::available_parallelism().map_or(1, usize::from),
        };
        let build = |n| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(n)
                .thread_name(|i| format!("probe-{i}"))
                .build()
        };
        // Where the system is short of threads one is enough.
        let pool = build(threads).or_else(|_| build(1));
        Arc::new(pool.unwrap_or_else(|error| panic!("the system refuses to start even one thread: {error}")))
    }
}

#[cfg(all(test, feature = "gui"))]
impl Scanned {
    /// What a scan of one shard with so many images would have found, made without a disk: for tests of what a million
    /// images cost.
    pub(crate) fn of_many(path: &Path, images: usize) -> Self {
        let inventory = Arc::new(Inventory::of_many(path, images));
        let found = Found {
            inventory,
            interrupted: None,
            facts: Mutex::default(),
        };
        let folder = Folder {
            path: path.to_owned(),
            looked: Ok(Arc::new(found)),
        };
        Self {
            folders: vec![folder],
            ..Self::default()
        }
    }
}
