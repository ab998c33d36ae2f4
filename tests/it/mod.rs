//! The rig first, then what is tested with it.

mod broker;
mod daemon;
mod origin;
mod prose;
mod reader;
mod wait;

mod acceptance;
mod admin;
mod bad_input;
mod browser;
mod contract;
mod docs;
mod delivery;
mod discover;
mod feed_health;
mod fleet;
mod fuzz;
mod letters;
mod lists;
mod page;
mod parts;
mod politeness;
mod preview;
mod replay;
mod readme;
mod produce_errors;
mod reload;
mod restart;
mod rhythm;
mod secrets;
mod simulation;
mod tables;
mod stories;
mod tidy;
mod websub;
