//! What class names, ids and elements say about their content.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::element::Tag;

/// How many levels above a block something stands; [`FAR`] if it does not.
pub(super) type Levels = u8;
/// Nowhere above the block.
pub(super) const FAR: Levels = 64;

/// A kind of hint. The words for it are in `hints.tsv`, which refers to the kinds by [`Hint::NAMES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[expect(dead_code, reason = "most kinds are given by number, from the table")]
pub(super) enum Hint {
    Body,
    Article,
    Comment,
    Related,
    Share,
    Nav,
    Footer,
    Side,
    Advert,
    Meta,
    Caption,
    Letter,
    Consent,
    Bio,
    Lead,
    Hidden,
    List,
    Embed,
    Heading,
    Tags,
    // From elements.
    AriaHidden,
    InArticle,
    InMain,
    InAside,
    InHeader,
    InFigure,
    InQuote,
    InTable,
    InList,
    InForm,
    InLink,
}

impl Hint {
    /// Number of kinds.
    pub(super) const COUNT: usize = Self::InLink as usize + 1;

    /// Names of the kinds that `hints.tsv` uses, in order.
    pub(super) const NAMES: [&'static str; Self::COUNT] = [
        "body",
        "article",
        "comment",
        "related",
        "share",
        "nav",
        "footer",
        "side",
        "advert",
        "meta",
        "caption",
        "letter",
        "consent",
        "bio",
        "lead",
        "hidden",
        "list",
        "embed",
        "heading",
        "tags",
        "aria-hidden",
        "in-article",
        "in-main",
        "in-aside",
        "in-header",
        "in-figure",
        "in-quote",
        "in-table",
        "in-list",
        "in-form",
        "in-link",
    ];
}

/// The words of all kinds as one automaton.
struct Words {
    automaton: AhoCorasick,
    /// Kind and whether the word has to begin (and end) at a boundary, by pattern.
    kinds: Vec<(u8, bool, bool)>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let mut patterns = Vec::new();
    let mut kinds = Vec::new();
    for line in include_str!("hints.tsv").lines().filter(|line| !line.starts_with('#')) {
        let Some((kind, words)) = line.split_once('\t') else { continue };
        let Some(kind) = Hint::NAMES.iter().position(|name| *name == kind) else { continue };
        for word in words.split_whitespace() {
            // `^word`: begins at a boundary; `word$`: ends at one.
            let (begins, ends) = (word.starts_with('^'), word.ends_with('$'));
            patterns.push(word.trim_start_matches('^').trim_end_matches('$'));
            kinds.push((kind as u8, begins, ends));
        }
    }
    let automaton = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .kind(Some(AhoCorasickKind::DFA))
        .build(patterns);
    // The table is part of the program, and a test builds it.
    #[expect(clippy::expect_used, reason = "a constant table, built in the tests")]
    Words { automaton: automaton.expect("hints.tsv makes an automaton"), kinds }
});

/// A set of hints, a bit each.
#[derive(Clone, Copy, Default)]
pub(super) struct Hints(u32);

impl Hints {
    /// Marks them as of this level.
    pub(super) fn mark(self, above: &mut [Levels; Hint::COUNT]) {
        let mut left = self.0;
        while let Some(levels) = above.get_mut(left.trailing_zeros() as usize) {
            *levels = 0;
            left &= left - 1;
        }
    }
}

/// The hints of a class, id, `itemprop` or `role`.
pub(super) fn of_name(name: &str) -> Hints {
    // Generated names say nothing and may be long.
    let name = name.get(..256).unwrap_or(name);
    let words = &*WORDS;
    let bytes = name.as_bytes();
    let mut hints = Hints::default();
    for found in words.automaton.find_overlapping_iter(name) {
        let Some(&(kind, begins, ends)) = words.kinds.get(found.pattern().as_usize()) else { continue };
        if begins && !starts_word(bytes, found.start()) || ends && !ends_word(bytes, found.end()) {
            continue;
        }
        hints.0 |= 1 << kind;
    }
    hints
}

/// A cache of what was found for recent names: pages repeat the same few.
pub(super) struct Names<'a, T> {
    known: Vec<(&'a str, T)>,
    find: fn(&str) -> T,
}

impl<'a, T: Copy> Names<'a, T> {
    /// A cache of what `find` says.
    pub(super) fn new(find: fn(&str) -> T) -> Self {
        Self { known: vec![("", find("")); 256], find }
    }

    /// What it says about a name, from the cache if it is there.
    pub(super) fn of(&mut self, name: &'a str) -> T {
        let bytes = name.as_bytes();
        let (first, last) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>());
        let (Some(first), Some(last)) = (first, last) else { return (self.find)(name) };
        let ends = (u64::from(u32::from_le_bytes(*first)) << 32) | u64::from(u32::from_le_bytes(*last));
        let place = (ends ^ bytes.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56;
        let Some(known) = self.known.get_mut(place as usize) else { return (self.find)(name) };
        if known.0 != name {
            *known = (name, (self.find)(name));
        }
        known.1
    }
}

/// Whether a word begins at `at`: after a separator, or at a capital after a small letter.
fn starts_word(bytes: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).and_then(|before| bytes.get(before)) else { return true };
    !before.is_ascii_alphabetic()
        || before.is_ascii_lowercase() && bytes.get(at).is_some_and(u8::is_ascii_uppercase)
}

fn ends_word(bytes: &[u8], at: usize) -> bool {
    let Some(after) = bytes.get(at) else { return true };
    !after.is_ascii_alphabetic()
        || after.is_ascii_uppercase() && bytes.get(at - 1).is_some_and(u8::is_ascii_lowercase)
}

/// Whether a class name names a card that is shown over the text: then what explains a word stands inside the
/// sentence, and is not part of it.
pub(super) fn is_hover_card(class: &str) -> bool {
    let over = ["tooltip", "popover", "popup", "rollover", "hovercard", "hover-card"];
    let card = ["block", "content", "text", "inner", "body", "box", "card"];
    class.get(..256).unwrap_or(class).split_ascii_whitespace().any(|name| {
        let name = name.to_ascii_lowercase();
        // Without the hash that build tools append.
        let plain = name.rsplit_once("__").map_or(name.as_str(), |(plain, _)| plain);
        over.iter().any(|word| name.contains(word))
            && card.iter().any(|word| name.ends_with(word) || plain.ends_with(word))
    })
}

/// Marks the hints of an element.
pub(super) fn of_tag(tag: Tag, above: &mut [Levels; Hint::COUNT]) {
    let hint = match tag {
        Tag::Article => Hint::InArticle,
        Tag::Main => Hint::InMain,
        Tag::Aside => Hint::InAside,
        Tag::Footer => Hint::Footer,
        Tag::Header => Hint::InHeader,
        Tag::Nav => Hint::Nav,
        Tag::Figure | Tag::Figcaption => Hint::InFigure,
        Tag::Blockquote => Hint::InQuote,
        Tag::Table => Hint::InTable,
        Tag::Ul | Tag::Ol => Hint::InList,
        Tag::Form => Hint::InForm,
        Tag::A => Hint::InLink,
        _ => return,
    };
    above[hint as usize] = 0;
}
