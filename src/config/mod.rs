//! Settings as people meet them: every one as a row of one table, values as typed text, presets and a library's own file on
//! disk, and the command line that says the same as a window full of fields.
//!
//! Outside the engine, since the engine knows neither where a user's presets lie nor what a field is called; one room, since
//! command line and window have to agree on all of it.

mod catalogue;
mod command;
mod library;
mod presets;
mod rows;
mod words;

pub use catalogue::{CATALOGUE, row};
pub use command::{Shell, command_line, quoted};
pub use library::{LIBRARY_FILE, library};
pub use presets::{Found, Own, PresetError, Presets, caption, export};
pub use rows::{Choice, Heading, Kind, Optional, Row};
pub use words::{parse_bytes, parse_colour, parse_moment};
