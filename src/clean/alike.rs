//! How much a block by itself resembles boilerplate.

/// How much a block by itself resembles boilerplate: by its words, and by its markup.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Alike {
    /// By words and letters, in log-odds.
    pub text: f32,
    /// By elements, class names and links, in log-odds; 0 without markup.
    pub markup: f32,
}
