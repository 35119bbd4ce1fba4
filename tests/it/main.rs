//! One test program: the command as people meet it, hostile folders, kills, and the house rules.

#[cfg(feature = "gpu")]
mod backends;
mod choose;
mod command;
mod corpus;
mod events;
mod fixture;
mod house;
mod kill;
mod metadata;
mod picture;
mod report;
mod settings;
mod sidecars;
mod undo;
mod window;
