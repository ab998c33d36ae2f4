//! Names of the months in the languages of the news, for dates in feeds and on pages.
//!
//! `cldr.tsv` is Unicode's list; `more.tsv` has what that lacks. A word that two languages use for different
//! months (`listopada` is October in Croatian and November in Polish) means what it does in the text's own
//! language; if that is not known, the language that comes first in the list decides.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use unicode_normalization::UnicodeNormalization;

/// Languages from the top of the list that are also tried for texts whose language is not known or has no
/// such word: those of the cleaning rules and their neighbours. The others have too many short words.
const TRIED_UNASKED: usize = 40;

/// Longest name in words: `tháng mười một`.
pub(crate) const WORDS_MAX: usize = 3;

/// The months that a name stands for: place of the language in the list, month from 1.
static NAMES: LazyLock<HashMap<String, Vec<(usize, u32)>>> = LazyLock::new(|| {
    let mut names: HashMap<String, Vec<(usize, u32)>> = HashMap::new();
    for line in rows() {
        let mut fields = line.split('\t');
        let Some(place) = fields.next().and_then(|language| LANGUAGES.get(language)) else { continue };
        for (month, variants) in (1..).zip(fields) {
            for name in variants.split('|').filter(|name| !name.is_empty()) {
                let known = names.entry(fold(name)).or_default();
                if !known.iter().any(|(language, _)| language == place) {
                    known.push((*place, month));
                }
            }
        }
    }
    names.values_mut().for_each(|known| known.sort_unstable());
    names
});

/// First words of names of several words.
static FIRST_WORDS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| NAMES.keys().filter_map(|name| name.split_once(' ')).map(|(first, _)| first).collect());

/// Each language's place in the list.
static LANGUAGES: LazyLock<HashMap<&'static str, usize>> = LazyLock::new(|| {
    let mut languages = HashMap::new();
    for language in rows().filter_map(|line| line.split('\t').next()) {
        let place = languages.len();
        languages.entry(language).or_insert(place);
    }
    languages
});

fn rows() -> impl Iterator<Item = &'static str> {
    let lines = include_str!("cldr.tsv").lines().chain(include_str!("more.tsv").lines());
    lines.filter(|line| !line.starts_with('#'))
}

/// The month, 1 to 12, that `name` stands for in a text in `language` (BCP 47, any case). Accents,
/// dots and case do not count.
pub(crate) fn month(name: &str, language: Option<&str>) -> Option<u32> {
    // No name is longer: most words need no look-up.
    if !(2..=64).contains(&name.len()) || !name.starts_with(|first: char| first.is_alphabetic()) {
        return None;
    }
    let known = NAMES.get(&fold(name))?;
    let own = language.and_then(place_of);
    let said = known.iter().find(|(place, _)| Some(*place) == own);
    said.or_else(|| known.iter().find(|(place, _)| *place < TRIED_UNASKED)).map(|(_, month)| *month)
}

/// Whether a name of several words may begin with `word`.
pub(crate) fn begins_longer(word: &str) -> bool {
    (2..=64).contains(&word.len()) && FIRST_WORDS.contains(fold(word).as_str())
}

/// Whether `name` is a month in one of the `languages`.
pub(crate) fn is_month_in(languages: &[&str], name: &str) -> bool {
    let known = NAMES.get(&fold(name)).map(Vec::as_slice).unwrap_or_default();
    languages
        .iter()
        .filter_map(|language| place_of(language))
        .any(|own| known.iter().any(|(place, _)| *place == own))
}

fn place_of(language: &str) -> Option<usize> {
    let code = language.split(['-', '_']).next()?.trim().to_ascii_lowercase();
    let code = match code.as_str() {
        "no" => "nb",
        "iw" => "he",
        "in" => "id",
        "tl" => "fil",
        "sh" => "sr",
        code => code,
    };
    LANGUAGES.get(code).copied()
}

/// Lower case, without accents, dots and signs of abbreviation, one space between words.
fn fold(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    if name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        out.push_str(name);
        out.make_ascii_lowercase();
        return out;
    }
    for c in name.chars().flat_map(char::to_lowercase).nfd() {
        match c {
            '\u{300}'..='\u{36f}' | '\u{93c}' | '\u{9bc}' | '\u{a3c}' => {}
            '.' | '\'' | '’' | '׳' | '״' | '॰' | '·' | '\u{200c}' | '\u{200d}' | '\u{200e}' | '\u{200f}' =>
                {}
            'ı' => out.push('i'),
            'ł' => out.push('l'),
            'đ' => out.push('d'),
            c if c.is_whitespace() => {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c => out.push(c),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_what_the_language_of_the_text_says() {
        for (name, language, expected) in [
            ("listopada", Some("pl"), Some(11)),
            ("listopada", Some("hr"), Some(10)),
            ("listopada", None, Some(11)),
            ("Listopadu", Some("cs-CZ"), Some(11)),
            ("srpnja", Some("hr_HR"), Some(7)),
            ("srpna", Some("cs"), Some(8)),
            ("LIPNJA", Some("hr"), Some(6)),
            ("lipca", None, Some(7)),
            ("май", Some("ru"), Some(5)),
            ("Kasım", Some("tr"), Some(11)),
            ("KASIM", Some("TR"), Some(11)),
            ("şubat", None, Some(2)),
            ("فبراير", Some("ar"), Some(2)),
            ("تشرين الثاني", Some("ar"), Some(11)),
            ("غشت", Some("ar-MA"), Some(8)),
            ("בנובמבר", Some("iw"), Some(11)),
            ("फ़रवरी", Some("hi"), Some(2)),
            ("फरवरी", Some("hi"), Some(2)),
            ("พ.ย.", Some("th"), Some(11)),
            ("tháng Mười Một", Some("vi"), Some(11)),
            ("maiatzaren", Some("eu"), Some(5)),
            ("Sept.", Some("en"), Some(9)),
            ("Févr.", None, Some(2)),
            ("mac", Some("ms"), Some(3)),
            ("mac", Some("en"), None),
            ("mac", None, None),
            ("harbour", Some("en"), None),
            ("", None, None),
        ] {
            assert_eq!(month(name, language), expected, "{name} in {language:?}");
        }
    }

    #[test]
    fn every_language_of_the_rules_has_twelve_months() {
        for language in [
            "ar", "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "hi", "hu", "id", "it", "lt",
            "nb", "nl", "pl", "pt", "ro", "ru", "sv", "th", "tr", "uk", "vi",
        ] {
            let place = place_of(language).unwrap();
            assert!(place < TRIED_UNASKED, "{language}");
            let months: std::collections::BTreeSet<u32> = NAMES
                .values()
                .flatten()
                .filter(|(language, _)| *language == place)
                .map(|(_, month)| *month)
                .collect();
            assert_eq!(months.len(), 12, "{language}");
        }
    }
}
