//! The window: shows what the engine finds and does, and hands it what a person decides. The engine never knows of it.
//!
//! Data flows one way here, too: shards → settings → plan → preview → run → report. Each of these parts is a folder with the
//! same doors: a `State` of facts, a `View` of what only drawing needs, `Command`s that a person gives, `News` that its workers
//! tell, and the functions `act`, `hear`, `settle` and `show`. A part may read the parts before it.
//!
//! - `app`: one frame: hear the news, act on commands, start what is due, draw;
//! - `model`: all facts; drawing sees them and changes none;
//! - `command`, `office`: what goes in (commands) and what comes back (news from workers);
//! - `welcome`, `about`: the first start, and what the program says of itself; boxes over whatever page there is;
//! - `shell`: what frames the pages: bars, toasts, dialogs, keys;
//! - `theme`, `widgets`, `format`: how it looks; nothing in there knows what it is about.
//!
//! Nothing that runs for a frame touches a disk, waits for a lock, or decodes.

mod about;
mod app;
mod command;
mod format;
mod frame_times;
mod kept;
mod model;
mod office;
mod open;
mod plan;
mod preview;
mod report;
mod run;
mod settings;
mod shards;
mod shell;
mod start;
#[cfg(test)]
mod testing;
mod theme;
mod welcome;
mod widgets;

pub use open::{WindowError, open};
