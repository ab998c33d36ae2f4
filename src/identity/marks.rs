//! What an entry is recognised by: short hashes of its guid, link, title and words.

use std::str::FromStr;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use super::{CanonicalRules, address::Address};
use crate::feed::Entry;

/// What an entry is recognised by, from poll to poll and from feed to feed. Each mark is a hash of
/// 64 bits, and empty if there is nothing to make it from.
///
/// Written as one text, the four marks in order with dots between them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Marks {
    /// The guid; if it is an address, without the parts that say nothing about the article.
    pub guid: String,
    /// The link without the parts that say nothing about the article, but with the part of the page that it
    /// names, if any.
    pub link: String,
    /// The words of the title.
    pub title: String,
    /// The words of title and text.
    pub words: String,
}

impl Marks {
    /// The marks of an entry whose page is `link`.
    pub(super) fn of(rules: &CanonicalRules, entry: &Entry, link: Option<&Address>) -> Self {
        let guid = entry.id.as_deref().map(str::trim).filter(|guid| !guid.is_empty());
        let guid = guid.map(|guid| match Url::parse(guid) {
            Ok(url) if url.has_host() => Address::new(rules, &url).whole(),
            _ => guid.to_owned(),
        });
        let title = words(entry.title.as_deref().unwrap_or_default());
        let text = words(own_text(entry));
        Self {
            guid: guid.as_deref().map(mark).unwrap_or_default(),
            link: link.map(|link| mark(&link.named())).unwrap_or_default(),
            title: if title.is_empty() { String::new() } else { mark(&title) },
            words: match title.is_empty() && text.is_empty() {
                true => String::new(),
                false => mark(&format!("{title}\n{text}")),
            },
        }
    }

    /// Whether nothing is known: the entry was remembered by a version that kept no marks.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether both say the same and so are one article, whichever feed says it. An entry that was
    /// remembered without marks agrees with none.
    pub fn agree(&self, other: &Self) -> bool {
        let equal = |one: &str, other: &str| !one.is_empty() && one == other;
        self.is_empty()
            || other.is_empty()
            || equal(&self.guid, &other.guid)
            || equal(&self.title, &other.title)
            || equal(&self.words, &other.words)
    }
}

impl From<Marks> for String {
    fn from(marks: Marks) -> Self {
        [marks.guid, marks.link, marks.title, marks.words].join(".")
    }
}

/// A text that is not in the form of [`Marks`].
#[derive(Debug, thiserror::Error)]
#[error("has to be four marks separated by dots")]
pub struct NoMarks;

impl FromStr for Marks {
    type Err = NoMarks;

    fn from_str(text: &str) -> Result<Self, NoMarks> {
        let parts: Vec<&str> = text.split('.').collect();
        let [guid, link, title, words] = parts.as_slice() else { return Err(NoMarks) };
        let own = |part: &&str| (*part).to_owned();
        Ok(Self { guid: own(guid), link: own(link), title: own(title), words: own(words) })
    }
}

impl TryFrom<String> for Marks {
    type Error = NoMarks;

    fn try_from(text: String) -> Result<Self, NoMarks> {
        text.parse()
    }
}

fn mark(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text).as_slice().iter().take(8).copied().collect::<Vec<u8>>())
}

/// All contents of an entry, as the feed gives them.
pub(super) fn contents(entry: &Entry) -> String {
    entry.content.iter().map(|content| content.value.as_str()).collect::<Vec<_>>().join("\n")
}

/// The entry's own text, as markup: the longest of its contents and its summary.
pub(super) fn own_text(entry: &Entry) -> &str {
    let contents = entry.content.iter().map(|content| content.value.as_str());
    contents.chain(entry.summary.as_deref()).max_by_key(|text| text.len()).unwrap_or_default()
}

fn starts_tag(rest: &str) -> bool {
    rest.get(1..).is_some_and(|tag| tag.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c)))
}

/// Length of a character reference after its `&`, up to its `;`.
fn reference(rest: &str) -> Option<usize> {
    let end =
        rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '#').filter(|end| (2..=9).contains(end))?;
    rest.get(end..)?.starts_with(';').then_some(end)
}

/// The letters and digits of a text, in lower case, its markup left out: what stays the same when a
/// text is wrapped, marked up or punctuated differently.
pub(super) fn words(markup: &str) -> String {
    let mut out = String::with_capacity(markup.len());
    let mut rest = markup;
    // After the last `>` there is no tag: looked for once, not once for each `<`.
    let tags_end = markup.rfind('>').map_or(0, |end| end + 1);
    while let Some(c) = rest.chars().next() {
        // Most of most texts.
        let plain = rest.bytes().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(rest.len());
        if plain > 0 {
            let (run, behind) = rest.split_at(plain);
            let from = out.len();
            out.push_str(run);
            if let Some(run) = out.get_mut(from..) {
                run.make_ascii_lowercase();
            }
            rest = behind;
            continue;
        }
        let skipped = match c {
            // A tag; `a < b` is text.
            '<' if markup.len() - rest.len() < tags_end && starts_tag(rest) => {
                rest.find('>').map(|end| end + 1)
            }
            '&' => rest.get(1..).and_then(reference).map(|end| end + 2),
            _ => None,
        };
        if skipped.is_none() && c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        }
        rest = rest.get(skipped.unwrap_or(c.len_utf8())..).unwrap_or_default();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_spelling_are_no_words() {
        for (one, other) in [
            ("<p>The <b>pier</b> is shut.</p>", "The pier is shut"),
            ("Fish &amp; chips", "fish – chips"),
            ("a&nbsp;b", "a b"),
            ("<img src='x?y=1'>Low water", "<img src='x?y=2'>\n  Low  water"),
        ] {
            assert_eq!(words(one), words(other), "{one}");
        }
        assert_eq!(words("1 < 2 & 3;4"), "1234");
        assert_eq!(words("<a <b"), "ab");
    }

    #[test]
    fn marks_are_one_text() {
        let marks = Marks { guid: "g".into(), words: "w".into(), ..Marks::default() };
        let json = serde_json::to_string(&marks).unwrap();
        assert_eq!(json, "\"g...w\"");
        assert_eq!(serde_json::from_str::<Marks>(&json).unwrap(), marks);
        assert!(serde_json::from_str::<Marks>("\"g\"").is_err());
    }
}
