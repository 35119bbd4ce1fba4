//! What a person should know of the files beside the images before a run: what will tell of files that are gone, what lacks
//! its image or its sidecar, what will fit no more. The lists come from names alone; what sidecars say is read here, and
//! this is a look laid beside the plan, never inside its decisions.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use rayon::prelude::*;

use super::{Action, ShardPlan, sizes};
use crate::engine::disk::{Disk, DiskError};
use crate::engine::metrics::SidecarRecord;
use crate::engine::scan::{Content, natural_order};
use crate::engine::settings::Settings;
use crate::engine::sidecars::{Change, Kind, LARGEST_JSON, LARGEST_ROWS, Wishes, edit_json, edit_rows, kind};

/// What was read in the files beside the images of one shard: kept, so that a plan with other settings need not read again
/// what it asks in the same way.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// By file of the inventory: the images whose old names it was asked for, and how many objects name them. `None`: it
    /// cannot be read, or is no JSON.
    json: HashMap<usize, (Vec<usize>, Option<u64>)>,
    /// By file of rows: what it was asked for, as [`asked`] sums it up; rows that name it, and rows that are no JSON.
    rows: HashMap<usize, (u64, Option<(u64, u64)>)>,
}

/// Looks at the sidecars of a shard whose actions are decided. Reads those that may name an image whose name changes,
/// many at once on `pool`.
pub(crate) fn look(disk: &dyn Disk, shard: &ShardPlan, settings: &Settings, pool: &rayon::ThreadPool) -> SidecarRecord {
    let mut facts = Facts::default();
    read(disk, shard, pool, &mut facts, &|| true);
    recall(shard, settings, &facts).0
}

/// What names tell, and what was read before. Whether that is all: otherwise some files want to be [`read`]. Touches no disk.
pub(crate) fn recall(shard: &ShardPlan, settings: &Settings, facts: &Facts) -> (SidecarRecord, bool) {
    let mut record = lists(shard, settings);
    let inventory = &shard.inventory;
    let mut complete = true;
    for (file, images) in json_to_read(shard) {
        match facts.json.get(&file) {
            Some((of, Some(named))) if *of == images => record.naming_old += u64::from(*named > 0),
            Some((of, None)) if *of == images => record.unreadable.push(inventory.occupied[file].clone()),
            _ => complete = false,
        }
    }
    record.unreadable.sort_by(|a, b| natural_order(a, b));
    let rows = rows_to_read(shard);
    let wanted = if rows.is_empty() { 0 } else { asked(shard) };
    for file in rows {
        match facts.rows.get(&file) {
            Some((of, Some((named, invalid)))) if *of == wanted => {
                record.rows_naming_old += named;
                record.unreadable_rows += invalid;
            }
            Some((of, None)) if *of == wanted => record.unreadable.push(inventory.occupied[file].clone()),
            _ => complete = false,
        }
    }
    (record, complete)
}

/// Reads what is not known yet, until all is known or `go_on` says otherwise.
pub(crate) fn read(disk: &dyn Disk, shard: &ShardPlan, pool: &rayon::ThreadPool, facts: &mut Facts, go_on: &(dyn Fn() -> bool + Sync)) {
    let inventory = &shard.inventory;
    let wishes = Wishes {
        update: false,
        tag: None,
        folders: inventory.sidecars.folders(),
    };
    let path = |file: usize| inventory.path.join(&inventory.occupied[file]);
    let to_read: Vec<(usize, Vec<usize>)> = json_to_read(shard)
        .filter(|(file, images)| facts.json.get(file).is_none_or(|(of, _)| of != images))
        .collect();
    let looked: Vec<(usize, Vec<usize>, Option<u64>)> = pool.install(|| {
        to_read
            .into_par_iter()
            .with_max_len(64)
            .filter(|_| go_on())
            .map(|(file, images)| {
                let changes: Vec<Change> = images.iter().filter_map(|i| renamed(shard, *i)).collect();
                let changes: Vec<&Change> = changes.iter().collect();
                let alone = inventory.sidecars.of_file(file).count() == 1;
                let edited = content(disk, &path(file), LARGEST_JSON)
                    .ok()
                    .and_then(|bytes| edit_json(&bytes, &changes, alone, wishes).ok());
                (file, images, edited.map(|edited| edited.named))
            })
            .collect()
    });
    facts
        .json
        .extend(looked.into_iter().map(|(file, images, named)| (file, (images, named))));
    let rows = rows_to_read(shard);
    if rows.is_empty() {
        return;
    }
    let wanted = asked(shard);
    let changes: Vec<Change> = (0..shard.actions.len()).filter_map(|image| renamed(shard, image)).collect();
    let changes: Vec<&Change> = changes.iter().collect();
    for file in rows {
        if facts.rows.get(&file).is_some_and(|(of, _)| *of == wanted) || !go_on() {
            continue;
        }
        let told = content(disk, &path(file), LARGEST_ROWS).ok().map(|bytes| {
            let edited = edit_rows(&bytes, &changes, wishes);
            (edited.named, edited.invalid_rows)
        });
        facts.rows.insert(file, (wanted, told));
    }
}

/// JSON files of images that get another name, each with these images.
fn json_to_read(shard: &ShardPlan) -> impl Iterator<Item = (usize, Vec<usize>)> {
    let inventory = &shard.inventory;
    inventory
        .sidecars
        .files()
        .filter(|(file, _)| kind(&inventory.occupied[*file]) == Some(Kind::Json))
        .map(|(file, images)| (file, images.filter(|image| is_renamed(shard, *image)).collect::<Vec<usize>>()))
        .filter(|(_, images)| !images.is_empty())
}

/// Files of rows, where any image gets another name.
fn rows_to_read(shard: &ShardPlan) -> Vec<usize> {
    let any = (0..shard.actions.len()).any(|image| is_renamed(shard, image));
    if any {
        shard.inventory.sidecars.rows().collect()
    } else {
        Vec::new()
    }
}

/// Which images get another name, in one number.
fn asked(shard: &ShardPlan) -> u64 {
    let mut hasher = DefaultHasher::new();
    (0..shard.actions.len())
        .filter(|image| is_renamed(shard, *image))
        .for_each(|image| image.hash(&mut hasher));
    hasher.finish()
}

fn content(disk: &dyn Disk, path: &Path, cap: u64) -> Result<Vec<u8>, DiskError> {
    disk.open(path)?.read_all(cap)
}

/// Whether the image gets another name and JSON can say its old one.
fn is_renamed(shard: &ShardPlan, image: usize) -> bool {
    let found = &shard.inventory.images[image];
    match (&shard.actions[image], &found.content) {
        (Action::Shrink { output, .. }, Content::Image(_)) => {
            *output != found.name && found.name.to_str().is_some() && output.to_str().is_some()
        }
        _ => false,
    }
}

/// The change of such an image. Sizes do not matter here.
fn renamed(shard: &ShardPlan, image: usize) -> Option<Change> {
    let found = &shard.inventory.images[image];
    let (Action::Shrink { output, .. }, Content::Image(header)) = (&shard.actions[image], &found.content) else {
        return None;
    };
    is_renamed(shard, image).then_some(())?;
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
