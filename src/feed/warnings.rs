//! What had to be repaired: one warning per kind, with the first place and the number of times.

use memchr::memchr_iter;

/// A kind of repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    TooLarge,
    Charset,
    StrayBytes,
    ControlCharacters,
    JunkBefore,
    BareAmpersand,
    BadReference,
    BareLess,
    UnknownEntity,
    UnclosedCData,
    UnclosedComment,
    UnfinishedTag,
    UnclosedElement,
    StrayEndTag,
    Truncated,
    TooDeep,
    TooManyEntries,
    TooManyLinks,
    UnknownPrefix,
    NakedMarkup,
    BadDate,
    BadUrl,
    Json,
    SecondReader,
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Self::TooLarge => "document over the size limit; the rest was not read",
            Self::Charset => "character set not declared, or not the one declared; found by its bytes",
            Self::StrayBytes => "stray bytes in UTF-8 text, read as windows-1252",
            Self::ControlCharacters => "control characters, removed",
            Self::JunkBefore => "text or markup before the feed, skipped",
            Self::BareAmpersand => "ampersand that starts no reference, kept as it is",
            Self::BadReference => "reference to a character that may not occur, replaced or dropped",
            Self::BareLess => "`<` that starts no tag, kept as text",
            Self::UnknownEntity => "unknown entity, kept as it is",
            Self::UnclosedCData => "CDATA section never closed",
            Self::UnclosedComment => "comment never closed",
            Self::UnfinishedTag => "tag without `>`",
            Self::UnclosedElement => "element never closed",
            Self::StrayEndTag => "end tag without start tag, skipped",
            Self::Truncated => "the document ends in the middle",
            Self::TooDeep => "elements nested too deep, flattened",
            Self::TooManyEntries => "too many entries; the rest was not read",
            Self::TooManyLinks => "too many links, categories or media in one entry; the rest was not read",
            Self::UnknownPrefix => "namespace prefix never declared, taken in its usual meaning",
            Self::NakedMarkup => "markup that should have been escaped",
            Self::BadDate => "date that cannot be read",
            Self::BadUrl => "address that is too long or has no usable scheme",
            Self::Json => "not valid JSON, repaired",
            Self::SecondReader => "entries found by the second reader only",
        }
    }
}

/// The line of `text`, from 1, that holds the byte at `offset`.
pub(super) fn line_at(text: &str, offset: usize) -> usize {
    let bytes = text.as_bytes();
    1 + memchr_iter(b'\n', bytes.get(..offset).unwrap_or(bytes)).count()
}

#[derive(Clone, Debug)]
struct Warning {
    kind: Kind,
    offset: usize,
    count: usize,
    detail: Option<String>,
}

/// The warnings of one document.
#[derive(Clone, Debug, Default)]
pub(super) struct Warnings {
    list: Vec<Warning>,
}

impl Warnings {
    /// Notes a repair at `offset` bytes of the decoded text.
    pub(super) fn tell(&mut self, kind: Kind, offset: usize) {
        self.tell_with(kind, offset, || None);
    }

    /// The same with a detail, which is made for the first one of its kind only.
    pub(super) fn tell_with(&mut self, kind: Kind, offset: usize, detail: impl FnOnce() -> Option<String>) {
        match self.list.iter_mut().find(|known| known.kind == kind) {
            Some(known) => known.count += 1,
            None => self.list.push(Warning { kind, offset, count: 1, detail: detail() }),
        }
    }

    /// The words, with line numbers in `text`.
    pub(super) fn into_words(self, text: &str) -> Vec<String> {
        self.list
            .into_iter()
            .map(|Warning { kind, offset, count, detail }| {
                let line = line_at(text, offset);
                let mut words = format!("line {line}: {}", kind.words());
                if let Some(detail) = detail {
                    words.push_str(": ");
                    words.push_str(&detail);
                }
                if count > 1 {
                    words.push_str(&format!(" ({count} times)"));
                }
                words
            })
            .collect()
    }
}
