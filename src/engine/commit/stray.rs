//! Files of an interrupted run that its journal does not speak of: the sign by which a journal is known that lost its end.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};

use super::journal::Found;
use super::names::{Home, Room, is_of_run, is_ours};
use crate::engine::disk::{Disk, DiskError};
use crate::engine::metrics::Problem;

/// Files of the interrupted run that its journal does not announce. As nothing is created before it is announced durably, the
/// drive lost the end of the journal; which files that concerns, only a person can find out.
pub(super) fn unannounced(disk: &dyn Disk, home: &Home, found: &Found) -> Result<Option<Problem>, DiskError> {
    let places = |room| {
        let places = found.intents.iter().flat_map(|(intent, _)| intent.temp.iter().chain(&intent.kept));
        let names = places.filter(move |place| place.room == room).map(|place| &place.name.0);
        names.collect::<HashSet<&OsString>>()
    };
    // Where not even the run is known, any file counts that belongs to no run that is kept.
    let runs: Vec<OsString> = match &found.header {
        Some(_) => Vec::new(),
        None if disk.is_folder(&home.originals())? => disk.entries(&home.originals())?.into_iter().map(|entry| entry.name).collect(),
        None => Vec::new(),
    };
    let is_of_the_run = |name: &OsStr| match &found.header {
        Some(header) => is_of_run(name, OsStr::new(&header.run)),
        None => is_ours(name) && !runs.iter().any(|run| is_of_run(name, run)),
    };
    let known = places(Room::Shard);
    let stray = disk.entries(&home.shard)?.into_iter().map(|entry| entry.name);
    let mut stray = stray
        .filter(|name| is_of_the_run(name) && !known.contains(name))
        .map(|name| home.shard.join(name));
    let mut first = stray.next();
    if let (None, Some(header)) = (&first, &found.header)
        && disk.is_folder(&home.kept(&header.run))?
    {
        let known = places(Room::Originals);
        let entries = disk.entries(&home.kept(&header.run))?.into_iter().map(|entry| entry.name);
        let mut stray = entries.filter(|name| !known.contains(name) && name.as_encoded_bytes().ends_with(b".orig"));
        first = stray.next().map(|name| home.kept(&header.run).join(name));
    }
    Ok(first.map(|path| Problem {
        code: "journal-damaged",
        message: format!(
            "{} belongs to the interrupted run, and its journal does not say so: the drive lost the end of it. Nothing was touched.",
            path.display()
        ),
        path,
        advice: format!(
            "Check the drive. A file .shardpress-…-NAME.orig is the original of NAME, one .tmp its replacement, perhaps unfinished: keep what you want, then delete {} and run again.",
            home.journal().display()
        ),
    }))
}
