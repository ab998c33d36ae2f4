//! From class names to rules.
//!
//! `article__related-links` and `relatedLinks` both contain the words `related links`; a rule names
//! a word or several in a row (`related-links`), or a selector with a dot for exactly one class
//! (`div.promo`, `.promo`).

use std::{cell::RefCell, collections::HashMap, rc::Rc};

/// Longest token of a rule, in words.
const TOKEN_WORDS_MAX: usize = 3;
/// First words of class names that say what a block has, not what it is.
const MODIFIERS: &[&str] = &["has", "with", "without", "no", "not", "js", "hide", "hidden", "is", "allow"];
/// Longest class chain entry that is looked at, in bytes; those of utility frameworks can be very
/// long.
const ENTRY_BYTES_MAX: usize = 400;

/// Rules by class token and by selector.
#[derive(Debug, Default)]
pub(super) struct Classes {
    tokens: HashMap<String, Vec<u32>>,
    /// Beginnings of words: `teaser~` stands for `teasertext` as well.
    stems: Vec<(String, u32)>,
    selectors: HashMap<String, Vec<u32>>,
}

impl Classes {
    pub(super) fn add(&mut self, name: &str, rule: u32) {
        if name.contains('.') || name.contains('#') {
            self.selectors.entry(name.to_owned()).or_default().push(rule);
        } else if let Some(stem) = name.strip_suffix('~') {
            self.stems.push((stem.to_lowercase(), rule));
        } else {
            self.tokens.entry(name.to_lowercase()).or_default().push(rule);
        }
    }

    /// Calls `hit` with every rule that names something in a chain entry (`tag.class.class#id`).
    pub(super) fn find(&self, entry: &str, mut hit: impl FnMut(u32)) {
        let entry = entry.get(..ENTRY_BYTES_MAX).unwrap_or(entry);
        if entry.len() > 2 * ENTRY_BYTES_MAX {
            return;
        }
        // The id of a heading is an anchor made from its text.
        let heading = entry.starts_with('h') && entry.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
        let entry = if heading { entry.split('#').next().unwrap_or(entry) } else { entry };
        let mut parts = entry.split(['.', '#']);
        let tag = parts.next().unwrap_or_default();
        let mut call = |rules: Option<&[u32]>| {
            for rule in rules.into_iter().flatten() {
                hit(*rule);
            }
        };
        for class in parts {
            if !self.selectors.is_empty() {
                call(self.selectors.get(&format!(".{class}")).map(Vec::as_slice));
                call(self.selectors.get(&format!("{tag}.{class}")).map(Vec::as_slice));
            }
            // Variants of utility frameworks (`lg:hidden`, `group-[.x]`) name no boilerplate.
            if class.contains([':', '[']) {
                continue;
            }
            let words = words(class);
            // `has-ads` and `js-share` describe the page, not the block.
            if words.first().is_some_and(|first| MODIFIERS.contains(&first.as_str())) {
                continue;
            }
            for word in &words {
                for (stem, rule) in &self.stems {
                    if word.starts_with(stem.as_str()) {
                        call(Some(std::slice::from_ref(rule)));
                    }
                }
            }
            for start in 0..words.len() {
                let mut token = String::new();
                for word in words.iter().skip(start).take(TOKEN_WORDS_MAX) {
                    if !token.is_empty() {
                        token.push('-');
                    }
                    token.push_str(word);
                    call(self.tokens.get(&token).map(Vec::as_slice));
                }
            }
        }
    }
}

/// The rules of the chain entries of one article: its blocks share their ancestors.
#[derive(Debug, Default)]
pub(super) struct Named(RefCell<HashMap<String, Rc<[u32]>>>);

impl Named {
    /// Rules that name something in a chain entry; a rule may occur several times.
    pub(super) fn rules(&self, classes: &Classes, entry: &str) -> Rc<[u32]> {
        if let Some(known) = self.0.borrow().get(entry) {
            return known.clone();
        }
        let mut rules = Vec::new();
        classes.find(entry, |rule| rules.push(rule));
        let rules: Rc<[u32]> = rules.into();
        self.0.borrow_mut().insert(entry.to_owned(), rules.clone());
        rules
    }
}

/// The words of a class name: split at `-`, `_`, a change to upper case and at digits.
fn words(class: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut lower_before = false;
    for part in class.split(|c: char| !c.is_alphanumeric()).filter(|part| !is_hash(part)) {
        let mut chars = part.chars().peekable();
        while let Some(c) = chars.next() {
            // `AdBox` and `ADBox` contain the same words.
            let acronym_ends =
                c.is_uppercase() && !lower_before && chars.peek().is_some_and(|c| c.is_lowercase());
            let split = !c.is_alphabetic() || c.is_uppercase() && lower_before || acronym_ends;
            if split && !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            if c.is_alphabetic() {
                word.extend(c.to_lowercase());
            }
            lower_before = c.is_lowercase();
        }
        if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        lower_before = false;
    }
    words.truncate(12);
    words
}

/// Whether a part is made by a tool (`c10o8fzf`, `1ad0f3`), so that letters in it are not words.
/// `ad2` is not.
fn is_hash(part: &str) -> bool {
    let inner = part.trim_end_matches(|c: char| c.is_ascii_digit());
    inner.bytes().any(|b| b.is_ascii_digit()) && part.len() >= 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split() {
        assert_eq!(
            words("RelatedTeaser_related-teaser__title___e2NO6"),
            ["related", "teaser", "related", "teaser", "title"]
        );
        assert_eq!(words("css-1ad0f3-ADBox"), ["css", "ad", "box"]);
        assert_eq!(words("e1ad2x ad2"), ["ad"]);
        let mut classes = Classes::default();
        classes.add("related-teaser", 1);
        classes.add("div.promo", 2);
        classes.add(".promo", 3);
        let found = |entry: &str| {
            let mut rules = Vec::new();
            classes.find(entry, |rule| rules.push(rule));
            rules.sort_unstable();
            rules.dedup();
            rules
        };
        assert_eq!(found("p.relatedTeaser"), [1]);
        assert_eq!(found("div.promo.x"), [2, 3]);
        assert_eq!(found("p.promo-box"), Vec::<u32>::new());
        assert_eq!(found("p.lg:related-teaser"), Vec::<u32>::new());
    }
}
