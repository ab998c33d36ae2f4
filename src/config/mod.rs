//! The configuration: strict YAML to typed values, every error of every file in one run.

mod model;
pub mod yaml;

pub use model::*;
