//! Names that more than one file wants, and what becomes of them by policy. Decided here, from the names in the folder
//! alone, before the first write: never by what happens to be there when a replacement is written.
//!
//! A collision is two images that would be written under one name, or one whose output name belongs to another file that
//! stays. Names are compared as file systems that fold case or normalise see them, so the same plan is right on every
//! drive. Files that stay claim only the name they have.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::hash::{DefaultHasher, Hasher};
use std::path::Path;

use super::{Action, names};
use crate::engine::metrics::{Collision, Resolution, Why};
use crate::engine::scan::{FoundImage, Inventory, natural_order};
use crate::engine::settings::{Collisions, folded};

/// One wanted name, in the terms of the inventory.
struct Wanted {
    /// Folded.
    key: Vec<u8>,
    /// Images that would be written under it, in the order of the inventory.
    images: Vec<usize>,
    /// Who has it and stays.
    stays: Option<OsString>,
}

/// Every name that more than one file wants, in the order of the images; and their images, where the policy is not to
/// begin, are left alone or get numbers.
///
/// With [`Collisions::Skip`] all images of a collision are left alone: whoever got the name would be a matter of taste.
/// With [`Collisions::Number`] the one that is closest keeps the name (one that has it already, then one with a sidecar, then a
/// PNG, then the first in natural order), and the others get the first free numbers from 2 behind their stems. A name that any file in the
/// folder has, or that any image wants, is not free. Where a file that is not worked on has the name, all of them get
/// numbers. An image is left alone where its number would part a sidecar from the last image of its stem, or where the
/// name would be too long.
pub(super) fn resolve(policy: Collisions, inventory: &Inventory, actions: &mut [Action]) -> Vec<Collision> {
    let wanted = find(inventory, actions);
    if wanted.is_empty() {
        return Vec::new();
    }
    let numbers = match policy {
        Collisions::Number => number(&wanted, inventory, actions),
        Collisions::Block | Collisions::Skip => HashMap::new(),
    };
    let mut found = Vec::with_capacity(wanted.len());
    for Wanted { images, stays, .. } in &wanted {
        // As the first of them would be called: for people.
        let Some(output) = actions[images[0]].output().cloned() else {
            continue;
        };
        let resolution = match policy {
            Collisions::Block => Resolution::Blocks,
            Collisions::Skip => Resolution::LeftAlone,
            Collisions::Number => Resolution::Numbered(images.iter().map(|i| numbers.get(i).cloned()).collect()),
        };
        found.push(Collision {
            output,
            images: images.iter().map(|i| inventory.images[*i].name.clone()).collect(),
            stays: stays.clone(),
            resolution,
        });
    }
    if policy != Collisions::Block {
        for i in wanted.iter().flat_map(|w| &w.images).copied() {
            match (&mut actions[i], numbers.get(&i)) {
                (Action::Shrink { output, .. }, Some(number)) => output.clone_from(number),
                (action, _) => *action = Action::LeaveAlone(Why::NameTaken),
            }
        }
    }
    found
}

/// Places in the list of images, then of `occupied` behind them, whose names after the run have the same hash, folded, as another's: only
/// these can collide. A map of all names would take as much memory as the plan itself.
fn suspects(inventory: &Inventory, actions: &[Action]) -> Vec<usize> {
    let hash = |name: &OsStr| {
        let mut hasher = DefaultHasher::new();
        hasher.write(&folded(name));
        hasher.finish()
    };
    let images = inventory.images.iter().zip(actions);
    let names = images.map(|(image, action)| action.output().unwrap_or(&image.name));
    let mut hashes: Vec<(u64, u32)> = names.chain(&inventory.occupied).map(|name| hash(name)).zip(0..).collect();
    hashes.sort_unstable();
    let alike = hashes.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1);
    let mut found: Vec<usize> = alike.flatten().map(|(_, place)| *place as usize).collect();
    found.sort_unstable();
    found
}

fn find(inventory: &Inventory, actions: &[Action]) -> Vec<Wanted> {
    let mut stay: HashMap<Vec<u8>, &OsStr> = HashMap::new();
    let mut wanted: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
    let mut claims: Vec<&OsStr> = Vec::new();
    for place in suspects(inventory, actions) {
        let Some(image) = inventory.images.get(place) else {
            claims.push(&inventory.occupied[place - inventory.images.len()]);
            continue;
        };
        match &actions[place] {
            Action::Shrink { output, .. } => wanted.entry(folded(output)).or_default().push(place),
            Action::LeaveAlone(_) | Action::Refuse(_) => claims.push(&image.name),
        }
    }
    for name in claims {
        // Of several that fold to one, always the same is named.
        let named = stay.entry(folded(name)).or_insert(name);
        *named = (*named).min(name);
    }
    let mut found: Vec<Wanted> = wanted
        .into_iter()
        .filter_map(|(key, images)| {
            let stays = stay.get(&key).map(|n| (*n).to_owned());
            (images.len() > 1 || stays.is_some()).then_some(Wanted { key, images, stays })
        })
        .collect();
    found.sort_by_key(|w| w.images[0]);
    found
}

/// The names of the images that are worked on all the same.
fn number(wanted: &[Wanted], inventory: &Inventory, actions: &[Action]) -> HashMap<usize, OsString> {
    let images = &inventory.images;
    let taken: HashSet<Vec<u8>> = inventory
        .occupied
        .iter()
        .chain(images.iter().map(|i| &i.name))
        .chain(actions.iter().filter_map(Action::output))
        .map(|name| folded(name))
        .collect();
    let sidecars = sidecars(inventory);
    let accompanied: BTreeSet<usize> = sidecars.iter().flatten().copied().collect();
    let mut alone = BTreeSet::new();
    loop {
        let (given, numbered) = give(wanted, images, actions, (&taken, &accompanied), &alone);
        // Leaving an image alone gives its stem back, and may take a name away from its neighbours: look again.
        let mut more: BTreeSet<usize> = numbered
            .iter()
            .copied()
            .filter(|i| given.get(i).is_some_and(|name| names::is_too_long(name)))
            .collect();
        for belonging in &sidecars {
            if belonging.iter().all(|i| numbered.contains(i)) {
                more.extend(belonging);
            }
        }
        if more.is_empty() {
            return given;
        }
        alone.extend(more);
    }
}

/// Names for all images of collisions but those `alone`, and which of these are numbers. No number is a `taken` name; images
/// that are `accompanied` have sidecars.
fn give(
    wanted: &[Wanted],
    images: &[FoundImage],
    actions: &[Action],
    (taken, accompanied): (&HashSet<Vec<u8>>, &BTreeSet<usize>),
    alone: &BTreeSet<usize>,
) -> (HashMap<usize, OsString>, BTreeSet<usize>) {
    let (mut given, mut numbered) = (HashMap::new(), BTreeSet::new());
    let mut new: HashSet<Vec<u8>> = HashSet::new();
    // By name, not by place: the answer must not depend on the order in which files were found.
    let by_key: BTreeMap<&[u8], &Wanted> = wanted.iter().map(|w| (w.key.as_slice(), w)).collect();
    for (key, wanted) in by_key {
        let has_it = |i: usize| folded(&images[i].name) == key;
        let mut these: Vec<usize> = wanted.images.iter().copied().filter(|i| !alone.contains(i)).collect();
        these.sort_by(|&a, &b| {
            let rank = |i: usize| (!has_it(i), !accompanied.contains(&i), !is_png(&images[i].name));
            rank(a).cmp(&rank(b)).then_with(|| natural_order(&images[a].name, &images[b].name))
        });
        let mut free = wanted.stays.is_none() && !wanted.images.iter().any(|i| alone.contains(i) && has_it(*i));
        let mut number = 1;
        for i in these {
            let Some(output) = actions[i].output() else { continue };
            if std::mem::take(&mut free) {
                given.insert(i, output.clone());
                continue;
            }
            let name = loop {
                number += 1;
                let name = names::numbered(&images[i].name, number);
                let key = folded(&name);
                if !taken.contains(&key) && new.insert(key) {
                    break name;
                }
            };
            given.insert(i, name);
            numbered.insert(i);
        }
    }
    (given, numbered)
}

fn is_png(name: &OsStr) -> bool {
    Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case("png"))
}

/// For each sidecar that is found by the name of an image, the images that it belongs to.
fn sidecars(inventory: &Inventory) -> Vec<Vec<usize>> {
    inventory
        .sidecars
        .files()
        .map(|(_, images)| images.collect::<Vec<usize>>())
        .filter(|images| !images.is_empty())
        .collect()
}
