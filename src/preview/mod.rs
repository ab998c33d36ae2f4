//! An article as it would be published, from an address or from pasted text; nothing is published.
//!
//! The command `preview` and the API show the same. What came from the network passes
//! [`text::clean`] on its way to a terminal and [`html::escape`] on its way to a page.

pub mod html;
mod rows;
mod source;
pub mod text;
pub mod words;

pub use rows::{Reason, Row, decided, rows, why};
pub use source::{Input, PreviewError, fetch};
