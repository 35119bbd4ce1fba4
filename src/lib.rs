//! Shardpress shrinks whole folders of images in place, quickly, and without losing one of them.
//!
//! # The map, in reading order
//!
//! Data flows one way: folder → [`Inventory`](engine::Inventory) → [`Plan`](engine::Plan) →
//! outcomes → [`Report`](report::Report). A room may use what comes before it, never what comes after.
//!
//! - [`engine`]: everything that needs no screen. One front door; window and command line see nothing behind it.
//! - [`report`]: what a plan or a run found and did, as a versioned value, and its exports.
//! - [`config`]: settings as people meet them: fields, presets, a library's own file, the command that says the same.
//! - [`about`]: which build this is, the licences of what is in it, what it finds on this machine.
//! - [`cli`]: arguments, the live line, exit codes.
//! - `gui`: the window (feature `gui`).
//! - [`process`]: what both programs set before they start.
//!
//! # What is absent
//!
//! No network access anywhere. The engine draws nothing, prints nothing and never asks a question: it
//! returns values and sends [`Event`](engine::Event)s.

pub mod about;
#[cfg(feature = "benching")]
pub mod benching;
pub mod cli;
pub mod config;
pub mod engine;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
#[cfg(feature = "gui")]
pub mod gui;
pub mod process;
pub mod report;
