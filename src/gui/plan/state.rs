//! What is known of the plan: which folders were scanned, the newest plan, its forecast, the rows of the table.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::facts::{Facts, Savings};
use super::order::Filter;
use super::work::{Asked, Made, News, Past};
use super::{ImageAt, Kept, Planned};
use crate::engine::{Control, ScanNews, Scanned, StopReason};
use crate::report::Finding;

/// Facts of the plan.
#[derive(Debug, Default)]
pub(in crate::gui) struct State {
    pub(super) kept: Kept,
    pub(super) filter: Filter,
    /// The folders to plan, in their order.
    pub(super) ticked: Vec<PathBuf>,
    /// Of `shards` when it was last looked at.
    pub(super) ticked_revision: u64,
    /// What was found until now, also of folders that are not ticked any more.
    pub(super) scans: HashMap<PathBuf, Scan>,
    pub(super) queue: VecDeque<PathBuf>,
    pub(super) scanning: Option<Scanning>,
    /// Goes up whenever what was scanned, or what of it is ticked, changes.
    pub(super) scans_revision: u64,
    /// A run was under way when last looked.
    pub(super) was_running: bool,
    /// What a plan would be asked for now; `None` while a setting makes no sense.
    pub(super) wanted: Option<Asked>,
    /// What the plan under way, or the newest one, was asked for.
    pub(super) planned_for: Option<Asked>,
    pub(super) planning: bool,
    pub(super) current: Option<Planned>,
    pub(super) error: Option<String>,
    pub(super) facts: Option<Arc<Facts>>,
    pub(super) findings: Arc<[Finding]>,
    pub(super) savings: Option<Arc<Savings>>,
    /// The plan that is sampled, and how to stop that.
    pub(super) sampling: Option<(u64, Arc<Control>)>,
    /// The plan whose sample is complete.
    pub(super) sampled: u64,
    pub(super) order: Arc<[u32]>,
    /// The plan that `order` belongs to.
    pub(super) order_of: u64,
    /// What the order under way, or the newest one, was asked for.
    pub(super) ordered_for: Option<Past>,
    pub(super) ordering: bool,
    /// Goes up with every better forecast that the table should be sorted by.
    pub(super) forecast_revision: u64,
    selected: Option<ImageAt>,
    /// Where the selected image stands in the table.
    pub(super) place: Option<usize>,
    next_ticket: u64,
}

/// A folder that was looked into.
#[derive(Debug, Clone)]
pub(super) struct Scan {
    pub(super) scanned: Scanned,
    pub(super) took: Duration,
}

/// A folder that is being looked into.
#[derive(Debug)]
pub(super) struct Scanning {
    pub(super) path: PathBuf,
    pub(super) ticket: u64,
    pub(super) control: Arc<Control>,
    pub(super) news: ScanNews,
}

impl State {
    pub(in crate::gui) fn from_kept(kept: Kept) -> Self {
        Self { kept, ..Self::default() }
    }

    pub(in crate::gui) fn keep(&self) -> Kept {
        self.kept.clone()
    }

    /// The newest plan; it stays while a newer one is being made.
    pub(in crate::gui) fn current(&self) -> Option<&Planned> {
        self.current.as_ref()
    }

    /// The plan belongs to the shards and settings as they are now.
    pub(in crate::gui) fn is_fresh(&self) -> bool {
        let is_asked = self.wanted.is_some() && self.wanted == self.planned_for;
        let is_whole = self.queue.is_empty() && self.scanning.is_none();
        self.current.is_some() && self.error.is_none() && is_asked && is_whole && !self.planning
    }

    /// The image that preview shows.
    pub(in crate::gui) fn selected(&self) -> Option<ImageAt> {
        self.selected
    }

    /// What tells rows and images apart.
    pub(in crate::gui) fn facts(&self) -> Option<&Arc<Facts>> {
        self.facts.as_ref()
    }

    /// Lines of the pre-flight list, the worst first.
    pub(in crate::gui) fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The forecast of the plan gets better still.
    pub(in crate::gui) fn is_sampling(&self) -> bool {
        self.current.as_ref().is_some_and(|planned| planned.revision != self.sampled) && self.error.is_none()
    }

    /// Nothing is under way any more: rows and figures are those of the shards and settings as they are now.
    #[cfg(test)]
    pub(in crate::gui) fn is_settled(&self) -> bool {
        let ordered = self
            .ordered_for
            .as_ref()
            .is_some_and(|past| past.is_of(self.order_of, self.forecast_revision));
        self.is_fresh() && !self.is_sampling() && !self.ordering && ordered
    }

    pub(super) fn is_planning(&self) -> bool {
        self.planning
    }

    pub(super) fn shards(&self) -> usize {
        self.current.as_ref().map_or(0, |planned| planned.plan.shards.len())
    }

    pub(super) fn work_images(&self) -> u64 {
        self.facts.as_ref().map_or(0, |facts| facts.totals.work_images)
    }

    /// How far the scan under way is, and how many folders wait.
    pub(in crate::gui) fn scanning_now(&self) -> Option<(&ScanNews, usize)> {
        self.scanning.as_ref().map(|scanning| (&scanning.news, self.queue.len()))
    }

    pub(super) fn scan_took(&self) -> Duration {
        self.ticked
            .iter()
            .filter_map(|path| self.scans.get(path))
            .map(|scan| scan.took)
            .sum()
    }

    pub(super) fn headers(&self) -> u64 {
        let ticked = self.ticked.iter().filter_map(|path| self.scans.get(path));
        ticked.map(|scan| scan.scanned.images()).sum()
    }

    pub(super) fn ticket(&mut self) -> u64 {
        self.next_ticket += 1;
        self.next_ticket
    }

    /// These are to be planned from now on.
    pub(super) fn tick(&mut self, ticked: Vec<PathBuf>) {
        if let Some(scanning) = self.scanning.take_if(|scanning| !ticked.contains(&scanning.path)) {
            scanning.control.stop(StopReason::Asked);
        }
        let under_way = self.scanning.as_ref().map(|scanning| scanning.path.clone());
        self.queue = ticked
            .iter()
            .filter(|path| !self.scans.contains_key(*path) && under_way.as_ref() != Some(path))
            .cloned()
            .collect();
        self.ticked = ticked;
        self.scans_revision += 1;
    }

    /// Files in this folder were changed: it is looked at again; until then the plan stays as it is.
    pub(in crate::gui) fn forget_scan(&mut self, folder: &Path) {
        if let Some(scanning) = self.scanning.take_if(|scanning| scanning.path == folder) {
            scanning.control.stop(StopReason::Asked);
        }
        self.scans.remove(folder);
        let is_ticked = self.ticked.iter().any(|ticked| ticked == folder);
        if is_ticked && !self.queue.iter().any(|waits| waits == folder) {
            self.queue.push_back(folder.to_owned());
        }
        self.scans_revision += 1;
    }

    /// Everything is looked at again; until then the plan stays as it is.
    pub(super) fn forget_scans(&mut self) {
        if let Some(scanning) = self.scanning.take() {
            scanning.control.stop(StopReason::Asked);
        }
        self.scans.clear();
        self.queue = self.ticked.iter().cloned().collect();
        self.scans_revision += 1;
    }

    /// Takes what workers told. What answers an old question is dropped.
    pub(super) fn hear(&mut self, news: News) {
        match news {
            News::Scanning { ticket, news } => {
                if let Some(scanning) = self.scanning.as_mut().filter(|s| s.ticket == ticket) {
                    scanning.news = news;
                }
            }
            News::Scanned { ticket, scanned, took } => {
                if let Some(scanning) = self.scanning.take_if(|scanning| scanning.ticket == ticket) {
                    self.scans.insert(scanning.path, Scan { scanned, took });
                    self.scans_revision += 1;
                }
            }
            News::NotScanned { ticket } => {
                self.scanning.take_if(|scanning| scanning.ticket == ticket);
            }
            News::Planned(made) => self.take_plan(*made),
            News::SidecarsRead { revision, plan, findings } => {
                if let Some(planned) = self.current.as_mut().filter(|planned| planned.revision == revision) {
                    planned.plan = plan;
                    self.findings = findings.into();
                }
            }
            News::NotPlanned(error) => self.error = Some(error),
            News::PlanningEnded => self.planning = false,
            News::Sampled {
                revision,
                estimate,
                predictions,
                savings,
                findings,
                complete,
            } => {
                let Some(planned) = self.current.as_mut().filter(|planned| planned.revision == revision) else {
                    return;
                };
                let is_first = planned.predictions.is_none();
                planned.estimate = Some(estimate);
                planned.predictions = Some(predictions);
                if let Some(savings) = savings {
                    self.savings = Some(Arc::new(savings));
                }
                if let Some(findings) = findings {
                    self.findings = findings.into();
                }
                if complete {
                    self.sampled = revision;
                }
                // Rows that change places ten times a second cannot be read.
                if complete || is_first {
                    self.forecast_revision += 1;
                }
            }
            News::SamplingEnded { revision } => {
                self.sampling.take_if(|(of, _)| *of == revision);
            }
            News::Ordered { of, order } => {
                if self.current.as_ref().is_some_and(|planned| planned.revision == of) {
                    self.order = order;
                    self.order_of = of;
                    self.find_place();
                }
            }
            News::OrderingEnded => self.ordering = false,
        }
    }

    fn take_plan(&mut self, made: Made) {
        let selected_name = self.selected_name();
        self.error = None;
        let revision = made.revision;
        let same_images = self
            .facts
            .as_ref()
            .is_some_and(|facts| facts.len() == made.facts.len() && self.current.as_ref().is_some_and(|now| same_shards(now, &made)));
        self.findings = made.findings.into();
        self.facts = Some(made.facts);
        self.current = Some(Planned {
            plan: made.plan,
            roots: made.roots,
            estimate: None,
            predictions: None,
            revision,
        });
        self.savings = None;
        if same_images {
            // The rows are the same ones; the order of the old plan stands until the new one's is made.
            self.order_of = revision;
        } else {
            self.order = Arc::default();
            self.filter.only = None;
            self.selected = selected_name.and_then(|(path, name)| self.find_image(&path, &name));
        }
        self.find_place();
    }

    fn selected_name(&self) -> Option<(PathBuf, std::ffi::OsString)> {
        let at = self.selected?;
        let shard = &self.current.as_ref()?.plan.shards.get(at.shard)?.inventory;
        Some((shard.path.clone(), shard.images.get(at.image)?.name.clone()))
    }

    fn find_image(&self, path: &std::path::Path, name: &std::ffi::OsStr) -> Option<ImageAt> {
        let plan = &self.current.as_ref()?.plan;
        let shard = plan.shards.iter().position(|shard| shard.inventory.path == path)?;
        let image = plan.shards[shard].inventory.images.iter().position(|image| image.name == name)?;
        Some(ImageAt { shard, image })
    }

    pub(super) fn select(&mut self, image: Option<ImageAt>) {
        self.selected = image;
        self.find_place();
    }

    pub(super) fn select_place(&mut self, place: usize) {
        let at = self.order.get(place).and_then(|row| self.facts.as_ref()?.at(*row));
        if at.is_some() {
            self.selected = at;
            self.place = Some(place);
        }
    }

    fn find_place(&mut self) {
        let row = self.selected.zip(self.facts.as_ref()).map(|(at, facts)| facts.row_of(at));
        self.place = row.and_then(|row| self.order.iter().position(|at| *at == row));
    }
}

/// Whether both plans have the same images in the same places.
fn same_shards(now: &Planned, made: &Made) -> bool {
    let (a, b) = (&now.plan.shards, &made.plan.shards);
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| Arc::ptr_eq(&a.inventory, &b.inventory))
}
