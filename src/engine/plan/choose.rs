//! Which images of a shard are worked on, by name, size and time: all that a person can say of a file without its pixels.

use std::ffi::OsStr;

use crate::engine::scan::FoundImage;
use crate::engine::settings::{ChooseSettings, Globs};

/// The choice, ready to be asked of a million images.
pub(super) struct Choice<'a> {
    /// `None`: every name.
    include: Option<Globs>,
    exclude: Globs,
    settings: &'a ChooseSettings,
}

impl<'a> Choice<'a> {
    /// `None` where a glob is none, which [`crate::engine::settings::Settings::problems`] tells: then nothing is chosen.
    pub(super) fn new(settings: &'a ChooseSettings) -> Option<Self> {
        let include = match settings.include.as_slice() {
            [] => None,
            globs => Some(Globs::new(globs)?),
        };
        Some(Self {
            include,
            exclude: Globs::new(&settings.exclude)?,
            settings,
        })
    }

    /// Whether this image of a shard whose folder has that name is worked on where there is work. To be excluded weighs
    /// more than to be included.
    pub(super) fn takes(&self, shard: &OsStr, image: &FoundImage) -> bool {
        let (settings, bytes) = (self.settings, image.bytes());
        settings.min_size.is_none_or(|min| bytes >= min)
            && settings.max_size.is_none_or(|max| bytes <= max)
            && settings
                .newer_than
                .is_none_or(|time| image.identity.modified_ns > time.unix_timestamp_nanos())
            && self.include.as_ref().is_none_or(|globs| globs.matches(shard, &image.name))
            && !self.exclude.matches(shard, &image.name)
    }
}
