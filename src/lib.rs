//! copydesk: a copy desk as a daemon.
//!
//! The modules below stand in the order of an article's path.

pub mod cli;
pub mod config;
pub mod app;

pub mod ledger;
pub mod schedule;
pub mod worker;
pub mod fetch;
pub mod feed;
pub mod identity;
pub mod extract;
pub mod clean;
pub mod tag;
pub mod story;
pub mod publish;
pub mod archive;
pub mod replay;

pub mod observe;
pub mod demo;
pub mod clock;
