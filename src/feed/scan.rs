//! Looking ahead in a text, in time linear in its length.

use memchr::memmem;

/// The part of `text` from `from` to `to`; empty where the bounds are not character boundaries,
/// which does not happen as every bound stands beside an ASCII character.
pub(super) fn cut(text: &str, from: usize, to: usize) -> &str {
    text.get(from..to).unwrap_or("")
}

/// A forward search that reuses its last result: otherwise a document with a million unterminated
/// sections would cost a million scans to its end.
#[derive(Default)]
pub(super) struct Search {
    from: usize,
    found: Option<Option<usize>>,
}

impl Search {
    pub(super) fn find(&mut self, text: &str, from: usize, needle: &str) -> Option<usize> {
        match self.found {
            Some(None) if from >= self.from => None,
            Some(Some(at)) if from >= self.from && from <= at => Some(at),
            _ => {
                let at = memmem::find(cut(text, from, text.len()).as_bytes(), needle.as_bytes())
                    .map(|at| from + at);
                *self = Self { from, found: Some(at) };
                at
            }
        }
    }
}
