//! What is remembered of the shards from one start to the next.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::list::{Arrangement, Order, Place, Shard};
use super::paths;
use super::state::{Recent, State};
use crate::engine::{DriveKind, Measured};
use crate::report::Name;

/// What is remembered of the shards.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::gui) struct Kept {
    folders: Vec<Folder>,
    recents: Vec<Used>,
    order: Order,
    /// Headings without their shards.
    closed: Vec<KeptPlace>,
}

/// One folder of the list. What was known of it is shown until it was looked at again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Folder {
    path: Name,
    #[serde(default)]
    library: Option<Name>,
    #[serde(default)]
    ticked: bool,
    #[serde(default = "unknown")]
    drive: DriveKind,
    #[serde(default)]
    images: Option<u64>,
    #[serde(default)]
    bytes: Option<u64>,
}

/// A folder that was used lately.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Used {
    path: Name,
    #[serde(default = "unknown")]
    drive: DriveKind,
    #[serde(default)]
    shards: Option<u64>,
    #[serde(default)]
    images: u64,
    /// Seconds since 1970.
    when: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum KeptPlace {
    Library(Name),
    Computer,
    Network,
}

fn unknown() -> DriveKind {
    DriveKind::Unknown
}

impl State {
    /// As it was left. Looks at nothing: that is for workers, once the window is there.
    pub(in crate::gui) fn from_kept(kept: Kept) -> Self {
        let mut state = Self {
            shards: kept.folders.into_iter().filter_map(shard).collect(),
            recents: kept.recents.into_iter().filter_map(recent).collect(),
            arrangement: Arrangement {
                order: kept.order,
                closed: kept.closed.into_iter().filter_map(place).collect(),
                ..Arrangement::default()
            },
            revision: 1,
            past_due: true,
            home: paths::home(),
            ..Self::default()
        };
        state.sort();
        state
    }

    pub(in crate::gui) fn keep(&self) -> Kept {
        let mut closed: Vec<KeptPlace> = self.arrangement.closed.iter().map(kept_place).collect();
        closed.sort_by_key(|place| match place {
            KeptPlace::Library(name) => Some(name.clone()),
            KeptPlace::Computer | KeptPlace::Network => None,
        });
        Kept {
            folders: self.shards.iter().map(folder).collect(),
            recents: self.recents.iter().map(used).collect(),
            order: self.arrangement.order,
            closed,
        }
    }
}

fn folder(shard: &Shard) -> Folder {
    Folder {
        path: Name::of_path(&shard.path),
        library: shard.library.as_deref().map(Name::of_path),
        ticked: shard.ticked,
        drive: shard.drive,
        images: shard.images,
        bytes: shard
            .measured
            .filter(|measured| measured.looked_at == measured.images)
            .map(|measured| measured.bytes),
    }
}

fn shard(folder: Folder) -> Option<Shard> {
    let images = folder.images;
    let measured = folder.bytes.zip(images).map(|(bytes, images)| Measured {
        images,
        looked_at: images,
        bytes,
    });
    let library = match folder.library {
        Some(name) => Some(path_of(&name)?),
        None => None,
    };
    Some(Shard {
        ticked: folder.ticked,
        drive: folder.drive,
        images,
        measured,
        ..Shard::new(path_of(&folder.path)?, library)
    })
}

fn used(recent: &Recent) -> Used {
    Used {
        path: Name::of_path(&recent.path),
        drive: recent.drive,
        shards: recent.shards,
        images: recent.images,
        when: recent.when.unix_timestamp(),
    }
}

fn recent(used: Used) -> Option<Recent> {
    Some(Recent {
        path: path_of(&used.path)?,
        drive: used.drive,
        shards: used.shards,
        images: used.images,
        when: OffsetDateTime::from_unix_timestamp(used.when).ok()?,
        there: None,
    })
}

fn kept_place(place: &Place) -> KeptPlace {
    match place {
        Place::Library(path) => KeptPlace::Library(Name::of_path(path)),
        Place::Computer => KeptPlace::Computer,
        Place::Network => KeptPlace::Network,
    }
}

fn place(kept: KeptPlace) -> Option<Place> {
    Some(match kept {
        KeptPlace::Library(name) => Place::Library(path_of(&name)?),
        KeptPlace::Computer => Place::Computer,
        KeptPlace::Network => Place::Network,
    })
}

/// The path that a name stands for; `None` where its bytes make none here.
fn path_of(name: &Name) -> Option<PathBuf> {
    let Some(hex) = &name.hex else {
        return Some(PathBuf::from(&name.text));
    };
    let digits = hex.as_bytes();
    let bytes = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    of_bytes(bytes.collect::<Option<Vec<u8>>>()?)
}

#[cfg(unix)]
fn of_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt as _;
    Some(Path::new(std::ffi::OsStr::from_bytes(&bytes)).to_owned())
}

/// Names that are no Unicode cannot be made again without unsafe code; such a folder has to be added again.
#[cfg(not(unix))]
fn of_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(|text| Path::new(&text).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back() {
        let mut state = State::from_kept(Kept::default());
        let shard = |name: &str, library: Option<&str>| Shard {
            ticked: name.ends_with('1'),
            drive: DriveKind::Network,
            images: Some(3),
            measured: Some(Measured {
                images: 3,
                looked_at: 3,
                bytes: 12,
            }),
            ..Shard::new(PathBuf::from(name), library.map(PathBuf::from))
        };
        state.take_in(vec![shard("/nas/flora/shard_1", Some("/nas/flora")), shard("/other", None)]);
        state.arrangement.closed.insert(Place::Library("/nas/flora".into()));
        state.arrangement.order = Order::Bytes;
        state.used(Recent {
            path: "/nas/flora".into(),
            drive: DriveKind::Network,
            shards: Some(16),
            images: 0,
            when: OffsetDateTime::from_unix_timestamp(1_795_000_000).expect("a time"),
            there: Some(true),
        });
        let kept = state.keep();
        let text = serde_json::to_string(&kept).expect("plain values");
        let back: Kept = serde_json::from_str(&text).expect("what was written");
        assert_eq!(back, kept);
        let again = State::from_kept(back);
        assert_eq!(again.keep(), kept);
        assert_eq!((again.shards.len(), again.recents.len()), (2, 1));
        assert!(again.ticked().is_empty(), "nothing is planned before it was looked at");
    }

    #[cfg(unix)]
    #[test]
    fn any_bytes_come_back() {
        use std::os::unix::ffi::OsStrExt as _;
        let path = PathBuf::from(std::ffi::OsStr::from_bytes(b"/a/\xff\xfe"));
        assert_eq!(path_of(&Name::of_path(&path)), Some(path));
        let wrong = Name {
            text: "x".into(),
            hex: Some("zz".into()),
        };
        assert_eq!(path_of(&wrong), None);
    }
}
