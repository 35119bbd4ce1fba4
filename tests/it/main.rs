//! One test program: the command as people meet it, hostile folders, kills, and the house rules.

mod command;
mod corpus;
mod fixture;
mod house;
mod kill;
mod settings;
