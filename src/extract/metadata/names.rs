//! Names of people in bylines.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::dates;

static LISTS: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    include_str!("names.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .map(|(name, words)| (name, words.split('|').collect()))
        .collect()
});

fn list(name: &str) -> &'static [&'static str] {
    LISTS.get(name).map_or(&[], Vec::as_slice)
}

/// White space folded.
pub(super) fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Two or three capitalised words and nothing else: a person's name, near enough.
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

/// As the names of papers do and people's do not: "La", "Der", "The".
pub(super) fn begins_with_article(name: &str) -> bool {
    let first = name.split(' ').next().unwrap_or("").to_lowercase();
    ["la", "le", "les", "el", "il", "lo", "der", "die", "das", "den", "det", "the", "de", "het", "o", "a"]
        .contains(&first.as_str())
}

/// The name of a month.
fn is_month(word: &str) -> bool {
    word.chars().all(|char| char.is_alphabetic() || char == '.')
        && dates::visible(&format!("1 {word} 2020"), false).is_some()
}

/// The names in a byline.
pub(super) fn names(text: &str) -> Vec<String> {
    let text = crate::extract::entities::decode(text, false);
    let mut text = fold(&text);
    if text.contains("://") || text.starts_with("www.") || text.starts_with('@') || text.chars().count() > 200
    {
        return Vec::new();
    }
    // "Posted on 4 March 2024 by ...".
    if text.contains(|char: char| char.is_ascii_digit())
        && let Some(tail) =
            [" by ", " von ", " par "].iter().find_map(|by| Some(text.split_once(by)?.1.to_owned()))
    {
        text = tail;
    }
    // "By" may come twice: a label and the line itself.
    for _ in 0..2 {
        text = strip_by(&text).to_owned();
    }
    for end in [
        " | ",
        " - ",
        " – ",
        " — ",
        " • ",
        " · ",
        " ⋅ ",
        " / ",
        " on ",
        " am ",
        " in ",
        " for ",
        " für ",
        " @",
        " updated",
        " published",
        " im gespräch",
        " vor ",
        " le ",
        " fr ",
        " mo ",
        " di ",
        " mi ",
        " do ",
        " um ",
        " at ",
        " vom ",
        " veröffentlicht",
        "\u{a0}",
    ] {
        if let Some((head, _)) = text.split_once(end) {
            text = head.to_owned();
        }
    }
    if let Some((head, tail)) = text.split_once(" (")
        && let Some((_, after)) = tail.split_once(')')
    {
        text = format!("{head}{after}");
    }
    let mut dated = false;
    if let Some(at) = text.find(|char: char| char.is_ascii_digit())
        && text.get(..at).is_some_and(|head| head.contains(' '))
    {
        // A date follows, maybe with its month or weekday before it.
        let head = text.get(..at).unwrap_or("").trim_end_matches([' ', ',', '.', '|']);
        let keep = head.rsplit_once([',', '|']).map_or(head, |(head, _)| head);
        text = keep.to_owned();
        dated = true;
    }
    while let Some(last) = text.rsplit(' ').next().map(str::to_lowercase)
        && (list("tail").contains(&last.as_str())
            || dated && (list("day").contains(&last.as_str()) || is_month(&last)))
    {
        text = text.rsplit_once(' ').map_or("", |(head, _)| head).to_owned();
    }
    let mut parts: Vec<&str> = vec![&text];
    for separator in [
        ";", ",", " and ", " und ", " & ", " y ", " et ", " e ", " en ", " og ", " och ", " и ", " i ", "、",
        " with ", " mit ", " sowie ",
    ] {
        parts = parts.into_iter().flat_map(|part| part.split(separator)).collect();
    }
    let mut out = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let name = strip_by(part.trim()).trim_matches(|char: char| !char.is_alphanumeric() && char != '.');
        if !looks_like_name(name) {
            continue;
        }
        // After the first name a single word is a town, a paper or a role.
        if index > 0 && !out.is_empty() && (!name.contains(' ') || is_role(name)) {
            continue;
        }
        out.push(name.to_owned());
    }
    out
}

pub(super) fn strip_by(text: &str) -> &str {
    let lower = text.to_lowercase();
    for by in list("by") {
        if lower.starts_with(by) && lower.len() == text.len() {
            let rest = text.get(by.len()..).unwrap_or("");
            let is_label = rest.starts_with([' ', ':', '：', '\u{a0}']);
            if by.ends_with(':') || is_label {
                return rest.trim_start_matches([' ', ':', '：', '\u{a0}']);
            }
        }
    }
    text
}

pub(super) fn is_role(name: &str) -> bool {
    let lower = name.to_lowercase();
    list("role").iter().any(|role| lower.contains(role))
}

fn looks_like_name(name: &str) -> bool {
    let words: Vec<&str> = name.split(' ').collect();
    let letters = name.chars().filter(|char| char.is_alphabetic()).count();
    let lower = name.to_lowercase();
    letters >= 2
        && words.len() <= 5
        && name.chars().count() <= 50
        && !name.contains(['@', '{', '<', '=', '!', '?', ':', '"', '“', '„'])
        && !list("nobody").contains(&lower.as_str())
        && !name.contains("[at]")
        && !words.iter().all(|word| {
            let word = word.to_lowercase();
            is_month(&word) || list("day").contains(&word.as_str()) || word.chars().all(char::is_numeric)
        })
        && !words.iter().any(|word| list("company").contains(word))
        && letters * 2 > name.chars().count()
        && !(words.len() > 1
            && words.iter().filter(|word| word.chars().next().is_some_and(char::is_lowercase)).count()
                > words.len() / 2)
}
