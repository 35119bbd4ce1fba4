//! What a run of the current plan would be, counted once a plan on a worker: a plan may have a million images, and the button
//! that says how many it will shrink is drawn in every frame.

use std::path::PathBuf;
use std::sync::Arc;

use super::story::name_of;
use crate::engine::{DriveKind, Originals, Plan, Resolution, ShardPlan, Totals, workers};
use crate::gui::format;

/// A plan, and what the button and the question say of it.
#[derive(Debug, Clone)]
pub(in crate::gui) struct Offer {
    /// Of the plan.
    pub(super) revision: u64,
    pub(super) plan: Arc<Plan>,
    pub(super) roots: Vec<PathBuf>,
    pub(super) totals: Totals,
    /// "shard_00000", or "16 shards".
    pub(super) name: String,
    /// Shards with work, or with a run that was interrupted.
    pub(super) shards: Vec<PathBuf>,
    /// Shards whose interrupted run comes first.
    pub(super) interrupted: u64,
    /// Names that more than one file wants, and that keep anything from being begun.
    pub(super) blocking: u64,
    /// Files that are left since their names clash.
    pub(super) clashing: u64,
    /// Sidecars that will be changed with their images.
    pub(super) sidecars: u64,
    /// And those that will name an image by a name that it lost.
    pub(super) stale_sidecars: u64,
    pub(super) workers: usize,
    pub(super) drive: DriveKind,
}

impl Offer {
    pub(super) fn new(revision: u64, plan: Arc<Plan>, roots: Vec<PathBuf>) -> Self {
        let mut shards = Vec::new();
        let (mut totals, mut sidecars, mut stale, mut clashing, mut interrupted) = (Totals::default(), 0, 0, 0, 0);
        for shard in &plan.shards {
            let own = shard.totals();
            totals.images += own.images;
            totals.bytes += own.bytes;
            totals.work_images += own.work_images;
            totals.work_bytes += own.work_bytes;
            totals.left_alone += own.left_alone;
            totals.refused += own.refused;
            let naming = shard.sidecars.naming_old + shard.sidecars.rows_naming_old;
            if plan.settings.sidecars.update {
                sidecars += naming;
            } else {
                stale += naming;
            }
            clashing += left_for_names(shard);
            interrupted += u64::from(shard.interrupted.is_some());
            if own.work_images > 0 || shard.interrupted.is_some() {
                shards.push(shard.inventory.path.clone());
            }
        }
        let name = match shards.as_slice() {
            [one] => name_of(one),
            many => format::things(many.len() as u64, "shard", "shards"),
        };
        Self {
            revision,
            totals,
            name,
            shards,
            interrupted,
            blocking: plan.blocking().count() as u64,
            clashing,
            sidecars,
            stale_sidecars: stale,
            workers: workers(&plan.settings),
            drive: plan.busiest_drive().kind,
            roots,
            plan,
        }
    }

    /// There is something to do.
    pub(super) fn has_work(&self) -> bool {
        self.totals.work_images > 0 || self.interrupted > 0
    }

    /// What becomes of originals.
    pub(super) fn originals(&self) -> Originals {
        self.plan.settings.safety.originals
    }

    /// "Shrink 2,338 images".
    pub(super) fn deed(&self) -> String {
        match (self.totals.work_images, self.interrupted) {
            (0, 0) => "Nothing to shrink".to_owned(),
            (0, shards) => format!("Recover {}", format::things(shards, "shard", "shards")),
            (images, _) => format!("Shrink {}", format::things(images, "image", "images")),
        }
    }

    /// The drive as people call it.
    pub(super) fn drive_name(&self) -> &'static str {
        match self.drive {
            DriveKind::Solid => "SSD",
            DriveKind::Spinning => "Hard disk",
            DriveKind::Network => "Network drive",
            DriveKind::Memory => "Memory",
            DriveKind::Unknown => "Drive",
        }
    }

    /// Part of all images with work in a shard.
    #[cfg(test)]
    pub(super) fn of(plan: Plan, roots: Vec<PathBuf>) -> Arc<Self> {
        Arc::new(Self::new(1, Arc::new(plan), roots))
    }
}

/// Files that stay since another wants the same name.
fn left_for_names(shard: &ShardPlan) -> u64 {
    let left = |resolution: &Resolution, images: usize| match resolution {
        Resolution::Blocks => 0,
        Resolution::LeftAlone => images,
        Resolution::Numbered(names) => names.iter().filter(|name| name.is_none()).count(),
    };
    shard.collisions.iter().map(|c| left(&c.resolution, c.images.len()) as u64).sum()
}
