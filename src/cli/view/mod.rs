//! An article drawn for people, in the terminal.
//!
//! What came from the network passes [`clean`](crate::preview::text::clean) on its way out.

pub mod terminal;
