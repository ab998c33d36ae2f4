//! Titles as the markup spells them, cleared of everything that is not part of their words.

use crate::extract::{entities, walk::strip_unseen};

/// A title with its white space folded, without invisible characters.
pub(super) fn fold(text: &str) -> String {
    // Titles are often escaped twice.
    let text = entities::decode(text, false);
    let text = strip_unseen(&text).map_or(text, Into::into);
    text.split_whitespace().take(80).collect::<Vec<_>>().join(" ")
}

/// A title without separators at its ends, which remain where a kicker or a site's name was
/// removed.
pub(super) fn trim_separators(title: &str) -> &str {
    let is_separator = |char: char| {
        matches!(char, '|' | ':' | '-' | '–' | '—' | '»' | '·' | '•' | '/' | '>' | '~' | '｜' | 'ㅣ' | '：')
    };
    let mut title = title.trim();
    while let Some(rest) =
        title.strip_prefix(is_separator).filter(|rest| rest.starts_with(char::is_whitespace))
    {
        title = rest.trim_start();
    }
    while let Some(rest) = title.strip_suffix(is_separator).filter(|rest| rest.ends_with(char::is_whitespace))
    {
        title = rest.trim_end();
    }
    title
}
