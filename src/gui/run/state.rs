//! Facts of the run: what could be begun, what is under way, what the last one came to.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crossbeam_channel::Sender;

use super::follow::{End, Latest, Now, Order};
use super::offer::Offer;
use crate::engine::{Estimate, StopReason};

/// Facts of the run.
#[derive(Debug, Default)]
pub(in crate::gui) struct State {
    /// What the plan comes to.
    pub(super) offer: Option<Arc<Offer>>,
    /// Revision of the plan of which it was asked last.
    pub(super) offered: Option<u64>,
    /// The run that goes on, or the last one.
    pub(super) live: Option<Live>,
    /// Somebody looks at the window: the end of a run needs no other sign.
    pub(super) watched: Arc<AtomicBool>,
    /// When it is over, the window closes.
    pub(super) close_after: bool,
}

/// A run, under way or over.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) offer: Arc<Offer>,
    pub(super) estimate: Option<Arc<Estimate>>,
    /// As last seen.
    pub(super) now: Arc<Now>,
    latest: Latest,
    orders: Sender<Order>,
    /// What was ordered, before the run has obeyed.
    pub(super) pausing: bool,
    pub(super) stopping: Option<StopReason>,
    /// How it ended; `None` while it goes on.
    pub(super) end: Option<End>,
}

impl Live {
    pub(super) fn new(offer: Arc<Offer>, estimate: Option<Arc<Estimate>>, latest: Latest, orders: Sender<Order>) -> Self {
        Self {
            offer,
            estimate,
            now: Arc::default(),
            latest,
            orders,
            pausing: false,
            stopping: None,
            end: None,
        }
    }

    /// Takes the newest picture, where there is one.
    pub(super) fn look(&mut self) {
        if let Some(now) = self.latest.take() {
            self.now = now;
        }
    }

    /// To the worker; one that is gone has nothing to obey any more.
    pub(super) fn order(&self, order: Order) {
        let _ = self.orders.send(order);
    }

    /// The work itself has begun.
    pub(super) fn has_begun(&self) -> bool {
        self.now.snapshot.total > 0
    }

    /// Part of the images with work that have their outcome.
    pub(super) fn part(&self) -> f32 {
        let snapshot = &self.now.snapshot;
        snapshot.done as f32 / snapshot.total.max(1) as f32
    }
}

impl State {
    /// From the start until the report is made.
    pub(in crate::gui) fn is_running(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.end.is_none())
    }

    pub(super) fn running(&self) -> Option<&Live> {
        self.live.as_ref().filter(|live| live.end.is_none())
    }

    pub(super) fn running_mut(&mut self) -> Option<&mut Live> {
        self.live.as_mut().filter(|live| live.end.is_none())
    }

    /// Shards with work in the run that goes on, in their order; none without.
    pub(in crate::gui) fn shards(&self) -> &[PathBuf] {
        self.running().map_or(&[], |live| live.offer.shards.as_slice())
    }

    /// How far a folder is in the run that goes on, 0 to 1, shards below it included; `None` where none of them was begun.
    pub(in crate::gui) fn progress(&self, folder: &Path) -> Option<f32> {
        let shards = &self.running()?.now.story.shards;
        let below = shards.range(folder.to_owned()..).take_while(|(path, _)| path.starts_with(folder));
        let (mut done, mut total, mut begun) = (0, 0, false);
        for (_, shard) in below {
            done += shard.done;
            total += shard.total;
            begun = true;
        }
        begun.then(|| done as f32 / total.max(1) as f32)
    }
}
