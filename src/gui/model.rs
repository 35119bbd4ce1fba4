//! All facts the window shows, and beside them what only drawing needs.

use super::kept::Kept;
use super::{about, plan, preview, report, run, settings, shards, shell, welcome};

/// Facts. Changed by `act`, `hear` and `settle` alone; drawing sees them read-only.
#[derive(Default)]
pub(super) struct Model {
    pub(super) shell: shell::State,
    pub(super) shards: shards::State,
    pub(super) settings: settings::State,
    pub(super) plan: plan::State,
    pub(super) preview: preview::State,
    pub(super) run: run::State,
    pub(super) report: report::State,
    pub(super) welcome: welcome::State,
    pub(super) about: about::State,
}

/// What only drawing needs: texts being typed, scroll positions, what is unfolded.
#[derive(Default)]
pub(super) struct Views {
    pub(super) shell: shell::View,
    pub(super) shards: shards::View,
    pub(super) settings: settings::View,
    pub(super) plan: plan::View,
    pub(super) preview: preview::View,
    pub(super) run: run::View,
    pub(super) report: report::View,
    pub(super) welcome: welcome::View,
    pub(super) about: about::View,
}

impl Model {
    /// As it was left.
    pub(super) fn from_kept(kept: Kept) -> Self {
        Self {
            shell: shell::State::from_kept(kept.shell),
            shards: shards::State::from_kept(kept.shards),
            settings: settings::State::from_kept(kept.settings),
            plan: plan::State::from_kept(kept.plan),
            preview: preview::State::from_kept(kept.preview),
            run: run::State::default(),
            report: report::State::from_kept(kept.report),
            welcome: welcome::State::default(),
            about: about::State::default(),
        }
    }

    /// What is to be there at the next start.
    pub(super) fn keep(&self) -> Kept {
        Kept {
            version: Kept::VERSION,
            shell: self.shell.keep(),
            shards: self.shards.keep(),
            settings: self.settings.keep(),
            plan: self.plan.keep(),
            preview: self.preview.keep(),
            report: self.report.keep(),
        }
    }
}
