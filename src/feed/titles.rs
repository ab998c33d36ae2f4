//! Titles: `<video> versus <audio>` is words, `<b>bold</b>` is markup.
//!
//! Publishers escape titles once too few as often as once too many, so the type of a title says little. What
//! counts as markup: an element of HTML that is opened and closed, one that has attributes, a line break or
//! image, and a tag for the look of words that touches a word. Anything else between angle brackets is part
//! of the title's words.

use std::borrow::Cow;

use super::{
    html,
    html_allowed::lower,
    tags::{TagEnd, tag_at},
};

/// Elements without content.
const VOID: [&str; 4] = ["br", "img", "wbr", "hr"];
/// Elements for the look or the role of words.
const OF_WORDS: [&str; 28] = [
    "a", "abbr", "b", "big", "cite", "code", "del", "em", "font", "i", "ins", "mark", "p", "q", "s", "samp",
    "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var", "div", "h1", "h2",
];
/// Tags looked at in one title, at most; the rest is taken as words.
const TAGS_MAX: usize = 64;

/// A tag in a title.
struct Found<'t> {
    start: usize,
    name: Cow<'t, str>,
    closing: bool,
    markup: bool,
}

/// The title with the angle brackets of its words escaped, so that what is left is markup.
pub(super) fn words(title: &str) -> Cow<'_, str> {
    if !title.contains('<') {
        return Cow::Borrowed(title);
    }
    let mut tags = found(title);
    pair(&mut tags);
    if tags.iter().all(|tag| tag.markup) {
        return Cow::Borrowed(title);
    }
    let mut out = String::with_capacity(title.len() + 16);
    let mut written = 0;
    for tag in tags.iter().filter(|tag| !tag.markup) {
        out.push_str(title.get(written..tag.start).unwrap_or(""));
        out.push_str("&lt;");
        written = tag.start + 1;
    }
    out.push_str(title.get(written..).unwrap_or(""));
    Cow::Owned(out)
}

fn found(title: &str) -> Vec<Found<'_>> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(next) = title.get(at..).and_then(|rest| rest.find('<')) {
        let start = at + next;
        let closing = title.get(start + 1..).is_some_and(|rest| rest.starts_with('/'));
        let named = title
            .get(start + 1 + usize::from(closing)..)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()));
        at = start + 1;
        if !named || tags.len() >= TAGS_MAX {
            continue;
        }
        let (name, end, attributes) = if closing {
            let Some(length) = title.get(start..).and_then(|rest| rest.find('>')) else { continue };
            (title.get(start + 2..start + length).unwrap_or("").trim(), start + length + 1, "")
        } else {
            let tag = tag_at(title, start);
            let TagEnd::Closed(end) = tag.end else { continue };
            (tag.name, end, tag.attributes)
        };
        let name = lower(name);
        let known = html::is_known(&name);
        let markup = VOID.contains(&&*name)
            // Other vocabularies (`o:p`) are never words.
            || name.contains(':')
            || known && attributes.contains('=')
            || OF_WORDS.contains(&&*name) && leans(title, start, end, closing);
        tags.push(Found { start, name, closing, markup });
        at = end;
    }
    tags
}

/// Whether a tag touches a word: `<em>Word`, `word</em>`.
fn leans(title: &str, start: usize, end: usize, closing: bool) -> bool {
    let before = title.get(..start).and_then(|head| head.chars().next_back());
    let after = title.get(end..).and_then(|rest| rest.chars().next());
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    if closing { is_word(before) && !is_word(after) } else { is_word(after) && !is_word(before) }
}

/// Marks both tags of an HTML element that is opened and closed as markup.
fn pair(tags: &mut [Found<'_>]) {
    let mut open: Vec<usize> = Vec::new();
    for at in 0..tags.len() {
        let Some(tag) = tags.get(at) else { return };
        if !tag.closing {
            open.push(at);
            continue;
        }
        let matching = open.iter().rposition(|other| {
            tags.get(*other).is_some_and(|other| other.name == tag.name && html::is_known(&tag.name))
        });
        if let Some(place) = matching
            && let Some(first) = open.get(place).copied()
        {
            open.truncate(place);
            for at in [first, at] {
                if let Some(tag) = tags.get_mut(at) {
                    tag.markup = true;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_brackets_stay() {
        for (title, expected) in [
            ("<video> versus <audio> on the web", "&lt;video> versus &lt;audio> on the web"),
            ("Why every <head> needs a <title>", "Why every &lt;head> needs a &lt;title>"),
            ("<select> the best", "&lt;select> the best"),
            ("When <b> is better than <strong>", "When &lt;b> is better than &lt;strong>"),
            ("Vec<T> and HashMap<K, V>", "Vec&lt;T> and HashMap&lt;K, V>"),
            ("What does </body> do?", "What does &lt;/body> do?"),
            ("<script> tags considered", "&lt;script> tags considered"),
            ("Dear <name>, your order", "Dear &lt;name>, your order"),
            ("<Redacted> sues <Redacted>", "&lt;Redacted> sues &lt;Redacted>"),
        ] {
            assert_eq!(words(title), expected);
        }
    }

    #[test]
    fn markup_goes_on() {
        for title in [
            "Use <b>bold</b> words",
            "<p>The vote</p>",
            "One<br>two<br />three",
            "<em>Hamlet opens",
            "The end</strong>",
            "<a href=\"/x\">Link",
            "<img src=x> Picture",
            "A<script>alert(1)</script>B",
            "<o:p></o:p>Minutes",
            "3 < 5 and x<y",
            "no brackets",
        ] {
            assert_eq!(words(title), title);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_title_keeps_its_words(title in "([a-z< >/=\"]|<b>|</b>|<video>|é){0,30}") {
            proptest::prop_assert_eq!(words(&title).replace("&lt;", "<"), title);
        }
    }
}
