//! What a person should know of the files beside the images before a run: what will tell of files that are gone, what lacks
//! its image or its sidecar, what will fit no more. The lists come from names alone; what sidecars say is read here, and
//! this is a look laid beside the plan, never inside its decisions.

use std::path::Path;

use rayon::prelude::*;

use super::{Action, ShardPlan, sizes};
use crate::engine::disk::{Disk, DiskError};
use crate::engine::metrics::SidecarRecord;
use crate::engine::scan::{Content, natural_order};
use crate::engine::settings::Settings;
use crate::engine::sidecars::{Change, Kind, LARGEST_JSON, LARGEST_ROWS, Wishes, edit_json, edit_rows, kind};

/// Looks at the sidecars of a shard whose actions are decided. Reads those that may name an image whose name changes,
/// many at once on `pool`.
pub(crate) fn look(disk: &dyn Disk, shard: &ShardPlan, settings: &Settings, pool: &rayon::ThreadPool) -> SidecarRecord {
    let mut record = lists(shard, settings);
    let inventory = &shard.inventory;
    let pairs = &inventory.sidecars;
    let renamed: Vec<Option<Change>> = (0..shard.actions.len()).map(|image| renamed(shard, image)).collect();
    let wishes = Wishes {
        update: false,
        tag: None,
        folders: pairs.folders(),
    };
    let to_read: Vec<(usize, Vec<&Change>, bool)> = pairs
        .files()
        .filter(|(file, _)| kind(&inventory.occupied[*file]) == Some(Kind::Json))
        .map(|(file, images)| {
            let images: Vec<usize> = images.collect();
            let changes = images.iter().filter_map(|i| renamed[*i].as_ref()).collect();
            (file, changes, images.len() == 1)
        })
        .filter(|(_, changes, _): &(_, Vec<_>, _)| !changes.is_empty())
        .collect();
    let path = |file: usize| inventory.path.join(&inventory.occupied[file]);
    // `None`: it cannot be read, or is no JSON.
    let looked: Vec<(usize, Option<u64>)> = pool.install(|| {
        to_read
            .into_par_iter()
            .with_max_len(64)
            .map(|(file, changes, alone)| {
                let edited = content(disk, &path(file), LARGEST_JSON)
                    .ok()
                    .and_then(|bytes| edit_json(&bytes, &changes, alone, wishes).ok());
                (file, edited.map(|edited| edited.named))
            })
            .collect()
    });
    for (file, named) in looked {
        match named {
            Some(named) => record.naming_old += u64::from(named > 0),
            None => record.unreadable.push(inventory.occupied[file].clone()),
        }
    }
    record.unreadable.sort_by(|a, b| natural_order(a, b));
    let changes: Vec<&Change> = renamed.iter().flatten().collect();
    if !changes.is_empty() {
        for file in pairs.rows() {
            match content(disk, &path(file), LARGEST_ROWS) {
                Ok(bytes) => {
                    let edited = edit_rows(&bytes, &changes, wishes);
                    record.rows_naming_old += edited.named;
                    record.unreadable_rows += edited.invalid_rows;
                }
                Err(_) => record.unreadable.push(inventory.occupied[file].clone()),
            }
        }
    }
    record
}

fn content(disk: &dyn Disk, path: &Path, cap: u64) -> Result<Vec<u8>, DiskError> {
    disk.open(path)?.read_all(cap)
}

/// The image's change where it gets another name and JSON can say its old one. Sizes do not matter here.
fn renamed(shard: &ShardPlan, image: usize) -> Option<Change> {
    let found = &shard.inventory.images[image];
    let (Action::Shrink { output, .. }, Content::Image(header)) = (&shard.actions[image], &found.content) else {
        return None;
    };
    (*output != found.name).then_some(())?;
    Some(Change {
        old_name: found.name.to_str()?.to_owned(),
        new_name: output.to_str()?.to_owned(),
        old: [header.size; 2],
        new: header.size,
        flattened: false,
    })
}

/// What names alone tell.
fn lists(shard: &ShardPlan, settings: &Settings) -> SidecarRecord {
    let inventory = &shard.inventory;
    let pairs = &inventory.sidecars;
    let name = |file: usize| inventory.occupied[file].clone();
    let kind_of = |file: usize| kind(&inventory.occupied[file]);
    let is_resized = |image: usize| match (&shard.actions[image], &inventory.images[image].content) {
        (Action::Shrink { .. }, Content::Image(header)) => {
            let (before, after) = sizes(header, settings);
            before != after
        }
        _ => false,
    };
    let mut record = SidecarRecord {
        files: (pairs.files().count() + pairs.rows().count()) as u64,
        orphans: pairs.orphans().map(name).collect(),
        ..SidecarRecord::default()
    };
    for (file, mut images) in pairs.files() {
        if kind_of(file) == Some(Kind::Latents) && images.any(is_resized) {
            record.stale_latents.push(name(file));
        }
    }
    record.orphans.sort_by(|a, b| natural_order(a, b));
    record.stale_latents.sort_by(|a, b| natural_order(a, b));
    let speaks = |file: usize| !matches!(kind_of(file), Some(Kind::Latents | Kind::Embedding));
    let without: Vec<usize> = (0..inventory.images.len()).filter(|i| !pairs.of_image(*i).any(speaks)).collect();
    // Where hardly an image has one, nothing is missing.
    if 2 * without.len() <= inventory.images.len() {
        record.images_without = without.into_iter().map(|i| inventory.images[i].name.clone()).collect();
    }
    record
}
