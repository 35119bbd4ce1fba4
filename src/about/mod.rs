//! What the program says of itself: which build it is, what it is made of and under which licences, and what it finds on this
//! machine. Command line and window tell the same, so it stands before both.
//!
//! - `built`: version, commit, target;
//! - `licences`: every crate, library and font, with the texts that have to go with a binary;
//! - `diagnostics`: what somebody who helps has to know, also in a form without anything of a person's;
//! - `cards`: graphics cards as lines of text.
//!
//! What is absent: nothing is sent anywhere; diagnostics are text that a person copies.

mod built;
mod cards;
mod diagnostics;
mod licences;
#[cfg(test)]
mod lock;

pub use built::{NO_NETWORK, TARGET, VERSION, built, commit};
pub use cards::{auto_takes, card_table, card_verdict};
pub use diagnostics::Diagnostics;
pub use licences::{Licences, Part, PartKind, Text, licences};
