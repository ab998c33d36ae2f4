//! Drop caps: the first letter of a paragraph, set large in an element of its own or drawn as an image.

use memchr::memmem;

use crate::extract::{
    element::{Attr, Tag},
    tree::{NONE, Tree},
};

/// Parts of the names of drop caps, without separators.
const NAMES: [&str; 18] = [
    "dropcap",
    "dropletter",
    "droppedcap",
    "initialletter",
    "initialcap",
    "firstletter",
    "firstcap",
    "bigletter",
    "bigcap",
    "capitalletter",
    "lettrine",
    "letrine",
    "letrina",
    "capitular",
    "capolettera",
    "kapitalka",
    "anfangsbuchstabe",
    "bukvica",
];
/// Whole names.
const WHOLE: [&str; 5] = ["initial", "initiale", "initiaal", "versal", "cap"];
/// Letters that are words in one of the languages of the rule packs.
const WORDS: &str = "AEIOUYKSVWZÀÈÉÅÖÁÓÚÍАВЕИІКОСУЯЄЙ";
/// Texts within a drop cap, at most.
const TEXTS_MAX: usize = 6;

/// The letter that an element sets as a drop cap, with the quotation mark before it. `is_name` is
/// [`is_name`], or a cache of it.
pub(super) fn of_element<'a>(
    tree: &'a Tree,
    node: u32,
    is_name: impl FnOnce(&'a str) -> bool,
) -> Option<String> {
    if !tree.attr(node, Attr::Class).is_some_and(is_name) {
        return None;
    }
    let mut text = String::new();
    let mut at = node;
    for _ in 0..TEXTS_MAX {
        at = tree.following(at, node);
        if at == NONE {
            break;
        }
        if tree.tag(at) == Tag::Img {
            text.push_str(tree.attr(at, Attr::Alt).unwrap_or(""));
        }
        text.push_str(tree.text(at).unwrap_or("").trim());
    }
    (at == NONE).then_some(text).filter(|text| is_initial(text))
}

/// The letter that an image shows: its class says so, or it stands right before the rest of the word.
pub(super) fn of_image(tree: &Tree, node: u32) -> Option<String> {
    let text = tree.attr(node, Attr::Alt)?.trim();
    let letter = text.rsplit(' ').next().filter(|last| is_initial(last))?;
    let named = tree.attr(node, Attr::Class).is_some_and(is_name);
    let rest = tree.text(tree.next(node)).and_then(|rest| rest.chars().next());
    let begins = tree.parent(node) != NONE && tree.first(tree.parent(node)) == node;
    (named || letter == text && begins && rest.is_some_and(char::is_lowercase)).then(|| letter.to_owned())
}

/// Whether a class names a drop cap.
pub(super) fn is_name(class: &str) -> bool {
    class.get(..256).unwrap_or(class).split_ascii_whitespace().any(|token| {
        let name: String =
            token.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect();
        NAMES.iter().any(|part| name.contains(part)) || WHOLE.contains(&name.as_str())
    })
}

/// Whether a text is one letter, perhaps with quotation marks before it, or these alone.
fn is_initial(text: &str) -> bool {
    let letters = text.trim_start_matches(is_opening);
    let mut chars = letters.chars();
    match chars.next() {
        None => !text.is_empty() && text.chars().count() <= 2,
        // An accent may be a character of its own.
        Some(first) => {
            first.is_alphabetic()
                && !first.is_lowercase()
                && chars.all(|char| matches!(char, '\u{300}'..='\u{36f}'))
                && text.chars().count() <= 4
        }
    }
}

fn is_opening(char: char) -> bool {
    matches!(char, '"' | '\'' | '“' | '„' | '«' | '‘' | '‚' | '»' | '¿' | '¡' | '「' | '(' | '‹' | '›')
}

/// Whether a drop cap and the text after it form one word. `gap`: there is white space between them; `line`:
/// with a line break, as between elements that a template writes on separate lines.
pub(super) fn is_one_word(tree: &Tree, letter: &str, words: &str, gap: bool, line: bool) -> bool {
    let rest: &str = words.split(|char: char| !char.is_alphabetic()).next().unwrap_or("");
    if !gap {
        return true;
    }
    let Some(last) = letter.chars().rfind(|char| char.is_alphabetic()) else { return true };
    if rest.is_empty() {
        return false;
    }
    if !WORDS.contains(last) {
        return true;
    }
    // The letter can be a word as well: the page's own words decide, or else the white space.
    let lower = rest.to_lowercase();
    let joined = format!("{}{lower}", last.to_lowercase());
    match (tree.has_word(&joined), tree.has_word(&lower)) {
        (true, false) => true,
        (false, true) => false,
        _ => line && lower.chars().count() <= 3,
    }
}

impl Tree {
    /// Whether a word occurs somewhere on the page, in lower case.
    fn has_word(&self, word: &str) -> bool {
        let texts = self.texts().as_bytes();
        memmem::find_iter(texts, word.as_bytes()).take(1000).any(|at| {
            let before = at.checked_sub(1).and_then(|before| texts.get(before));
            let after = texts.get(at + word.len());
            let is_letter =
                |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80);
            !is_letter(before) && !is_letter(after)
        })
    }
}
