//! `licences`: what the program is made of and the texts that go with it, for everybody who has no window to look at them.

use super::exit::Exit;
use super::say;
use crate::about::licences as all;

/// Prints the parts, then each text once.
pub(super) fn licences() -> Exit {
    say(&all().page());
    Exit::Done
}
