//! What looks like a person's name, and what merely occurs where names do.

use std::{collections::HashMap, sync::LazyLock};

use crate::months;

/// Longest name, in characters and words.
const NAME_MAX: usize = 50;
pub(super) const WORDS_MAX: usize = 5;

static LISTS: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    include_str!("names.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .map(|(name, words)| {
            let mut words: Vec<&str> = words.split('|').collect();
            // The longest label that fits is the right one.
            words.sort_by_key(|word| std::cmp::Reverse(word.len()));
            (name, words)
        })
        .collect()
});

/// A list in `names.tsv`, the longest words first.
pub(super) fn list(name: &str) -> &'static [&'static str] {
    LISTS.get(name).map_or(&[], Vec::as_slice)
}

/// Whether a name is two or three capitalised words and nothing else: a person's, near enough.
pub(super) fn is_personal(name: &str) -> bool {
    let words: Vec<&str> = name.split(' ').collect();
    (2..=4).contains(&words.len())
        && name.chars().all(|char| char.is_alphabetic() || matches!(char, ' ' | '.' | '-' | '\'' | '’'))
        && words.iter().all(|word| {
            word.chars().next().is_some_and(char::is_uppercase)
                || matches!(*word, "von" | "van" | "de" | "der" | "la" | "del" | "di" | "da")
        })
        && words.iter().all(|word| word.chars().count() >= 2)
        && !is_role(name)
        && !words.first().is_some_and(|word| is_month(word))
        && !words.last().is_some_and(|word| is_month(word))
}

/// Whether a name begins with an article, as newspapers' names do and people's do not: "La", "Der",
/// "The".
pub(super) fn begins_with_article(name: &str) -> bool {
    let first = name.split(' ').next().unwrap_or("").to_lowercase();
    ["la", "le", "les", "el", "il", "lo", "der", "die", "das", "den", "det", "the", "de", "het", "o", "a"]
        .contains(&first.as_str())
}

/// Whether a word is the name of a month. Short forms and some cases are people's names as well:
/// Ian, Stu, Marta.
pub(super) fn is_month(word: &str) -> bool {
    const LANGUAGES: [&str; 16] =
        ["en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "fi", "id", "ru", "uk", "el", "ar", "tr"];
    let short = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let word = word.trim_end_matches('.').to_lowercase();
    short.contains(&word.as_str()) || word.chars().count() > 3 && months::is_month_in(&LANGUAGES, &word)
}

/// Whether a name is a role, or contains one.
pub(super) fn is_role(name: &str) -> bool {
    let lower = name.to_lowercase();
    list("role").iter().any(|role| lower.contains(role))
}

pub(super) fn looks_like_name(name: &str) -> bool {
    let words: Vec<&str> = name.split(' ').collect();
    let letters = name.chars().filter(|char| char.is_alphabetic()).count();
    let lower = name.to_lowercase();
    letters >= 2
        && words.len() <= WORDS_MAX
        && name.chars().count() <= NAME_MAX
        && !name.contains(['@', '{', '<', '=', '!', '?', ':', '"', '“', '„'])
        && !list("nobody").contains(&lower.as_str())
        && !name.contains("[at]")
        && !words.iter().all(|word| {
            let word = word.to_lowercase();
            is_month(&word) || list("day").contains(&word.as_str()) || word.chars().all(char::is_numeric)
        })
        && !words.iter().any(|word| list("company").contains(word))
        && letters * 2 > name.chars().count()
        && !is_phrase(&words)
        && !(words.len() > 1
            && words.iter().filter(|word| word.chars().next().is_some_and(char::is_lowercase)).count()
                > words.len() / 2)
}

/// Whether the words are what links say ("See full") or the name of a host.
fn is_phrase(words: &[&str]) -> bool {
    const LINKS: [&str; 12] = [
        "see", "read", "view", "show", "more", "send", "contact", "follow", "meet", "about", "all", "letzte",
    ];
    let first = words.first().map(|word| word.to_lowercase()).unwrap_or_default();
    let is_host = words.len() == 1
        && first.rsplit_once('.').is_some_and(|(name, top)| {
            name.len() >= 3
                && ["de", "com", "ch", "at", "net", "org", "fr", "it", "es", "nl", "pl", "co", "ru"]
                    .contains(&top)
        });
    is_host || words.len() > 1 && LINKS.contains(&first.as_str())
}
