//! One test program: the command as people meet it, hostile folders, kills, and the house rules.

#[cfg(feature = "gpu")]
mod backends;
mod bench;
mod bombs;
mod choose;
mod command;
mod corpus;
mod docs;
mod events;
#[cfg(unix)]
mod faults;
mod fixture;
mod hostile;
mod house;
mod kill;
mod kinds;
mod metadata;
mod picture;
mod report;
mod settings;
mod sidecars;
mod undo;
mod window;
