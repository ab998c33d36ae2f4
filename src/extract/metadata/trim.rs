//! Titles as the markup spells them, cleared of what is no word of theirs.

use crate::extract::{entities, walk::strip_unseen};

/// White space folded, without characters that nobody sees.
pub(super) fn fold(text: &str) -> String {
    // Titles are often escaped twice.
    let text = entities::decode(text, false);
    let text = strip_unseen(&text).map_or(text, Into::into);
    text.split_whitespace().take(80).collect::<Vec<_>>().join(" ")
}

/// Without separators at its ends, as they are left where a kicker or a site's name went.
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
