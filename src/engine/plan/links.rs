//! Files with several names (hard links). Nothing is ever written in place, so they are worked on like any other and the other names
//! keep their bytes; what they took on the drive is then not freed, and a person is told how much before the run.

use std::collections::HashMap;

use super::{Action, Plan};
use crate::engine::metrics::Notice;
use crate::engine::scan::FoundImage;

/// What replacing files with several names will not free.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unfreed {
    /// Images that have work, and names that no work of this plan takes away.
    pub images: u64,
    /// Bytes of their files, each file once.
    pub bytes: u64,
}

/// One file with several names: how many of them have work, how many there are, and its bytes.
#[derive(Default)]
struct File {
    worked: u64,
    names: u64,
    bytes: u64,
}

impl Plan {
    /// How much space the names that stay will keep. A file of which every name has work is freed and does not count.
    pub fn unfreed(&self) -> Unfreed {
        let mut files: HashMap<(u64, u64), File> = HashMap::new();
        let mut unfreed = Unfreed::default();
        for image in self.linked() {
            // Some network clients number nothing: such a file is known by nothing but its name.
            if image.identity.inode == 0 {
                unfreed.images += 1;
                unfreed.bytes += image.bytes();
                continue;
            }
            let file = files.entry((image.identity.device, image.identity.inode)).or_default();
            file.worked += 1;
            file.names = image.links();
            file.bytes = image.bytes();
        }
        for file in files.values().filter(|file| file.worked < file.names) {
            unfreed.images += file.worked;
            unfreed.bytes += file.bytes;
        }
        unfreed
    }

    /// Images that have work and other names.
    fn linked(&self) -> impl Iterator<Item = &FoundImage> {
        let images = self
            .shards
            .iter()
            .flat_map(|shard| shard.inventory.images.iter().zip(&shard.actions));
        images
            .filter(|(image, action)| image.links() > 1 && matches!(action, Action::Shrink { .. }))
            .map(|(image, _)| image)
    }

    /// What is said of them before the run: one remark for the whole plan, since whole libraries are made of such files.
    pub(crate) fn unfreed_notice(&self) -> Option<Notice> {
        let unfreed = self.unfreed();
        let shard = self.shards.iter().find(|shard| {
            let mut work = shard.work();
            work.any(|image| shard.inventory.images[image].links() > 1)
        })?;
        let first = shard
            .work()
            .map(|image| &shard.inventory.images[image])
            .find(|image| image.links() > 1)?;
        let (images, has) = match unfreed.images {
            0 => return None,
            1 => ("1 image".to_owned(), "has"),
            n => (format!("{n} images"), "have"),
        };
        let megabytes = unfreed.bytes as f64 / 1e6;
        Some(Notice {
            path: shard.inventory.path.join(&first.name),
            message: format!(
                "{images} with work {has} other names (hard links), which keep the original's bytes: {megabytes:.1} MB will not be freed."
            ),
        })
    }
}
