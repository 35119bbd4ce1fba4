//! What a person can ask for, part by part, and the tray in which drawing lays it. Drawing never acts.

use super::{about, plan, preview, report, run, settings, shards, shell, welcome};

/// One thing that a person asked for. [`App::logic`](super::app::App) acts on it, nobody else.
#[derive(Debug, Clone)]
pub(super) enum Command {
    Shell(shell::Command),
    Shards(shards::Command),
    Settings(settings::Command),
    Plan(plan::Command),
    Preview(preview::Command),
    Run(run::Command),
    Report(report::Command),
    Welcome(welcome::Command),
    About(about::Command),
}

/// What workers tell, part by part.
#[derive(Debug)]
pub(super) enum News {
    Shell(shell::News),
    Shards(shards::News),
    Settings(settings::News),
    Plan(plan::News),
    Preview(preview::News),
    Run(run::News),
    Report(report::News),
    Welcome(welcome::News),
    About(about::News),
}

macro_rules! from_parts {
    ($($variant:ident, $part:ident);*) => {$(
        impl From<$part::Command> for Command {
            fn from(command: $part::Command) -> Self {
                Self::$variant(command)
            }
        }
        impl From<$part::News> for News {
            fn from(news: $part::News) -> Self {
                Self::$variant(news)
            }
        }
    )*};
}

from_parts!(
    Shell, shell; Shards, shards; Settings, settings; Plan, plan; Preview, preview; Run, run; Report, report; Welcome, welcome; About, about
);

/// Commands of one frame, in order.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    commands: Vec<Command>,
}

impl Outbox {
    /// Asks for something; it happens before the next frame is drawn.
    pub(super) fn send(&mut self, command: impl Into<Command>) {
        self.commands.push(command.into());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    pub(super) fn take(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.commands)
    }
}
