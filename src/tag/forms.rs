//! Forms of words: case endings, adjective endings, Arabic prefixes; and ids made from names.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Languages whose names have case endings.
pub(super) const INFLECTED: [&str; 17] =
    ["pl", "ru", "uk", "be", "cs", "sk", "sl", "hr", "sr", "bs", "bg", "mk", "lt", "lv", "el", "hu", "fi"];

/// Languages of the vocabularies, in the order of their columns.
pub(super) const LANGUAGES: [&str; 12] =
    ["en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "uk", "tr", "ar"];

/// One bit per language; all bits if a name belongs to no particular one.
pub(super) type Mask = u16;

/// Every language.
pub(super) const ALL: Mask = Mask::MAX;

/// The bit of a language code; 0 for unknown ones.
pub(super) fn mask(code: &str) -> Mask {
    LANGUAGES.iter().position(|known| *known == code).map_or(0, |bit| 1 << bit)
}

/// Endings that are added to a stem in `demonyms.tsv`.
pub(super) fn adjective_endings(language: &str) -> &'static [&'static str] {
    match language {
        "en" => &["", "s"],
        "de" => &["e", "en", "er", "es", "em", "n", "s", "ern", "in", "innen", ""],
        "fr" => &["", "s", "e", "es", "ne", "nes", "te", "tes"],
        "es" => &["", "o", "a", "os", "as", "es", "e"],
        "it" => &["", "o", "a", "i", "e", "hi", "he", "hia"],
        "pt" => &["", "o", "a", "os", "as", "es", "e", "s"],
        "nl" => &["", "e", "s", "en"],
        "pl" => {
            &["i", "a", "ie", "iego", "iej", "iemu", "im", "ich", "imi", "ą", "y", "ego", "ej", "ym", "ych"]
        }
        "ru" => &[
            "", "ий", "ая", "ое", "ие", "ого", "ому", "им", "ом", "ой", "ую", "их", "ими", "ый", "ые", "ых",
            "ы", "ев", "ам", "ами", "ах", "а", "у", "и", "ин", "е", "ов",
        ],
        "uk" => &[
            "", "ий", "а", "е", "і", "ого", "ому", "им", "ій", "у", "их", "ими", "ою", "ів", "и", "ами", "ам",
        ],
        "ar" => &["", "ة", "ين", "ون", "ات"],
        _ => &[""],
    }
}

/// Case endings by the ending of the nominative: what is removed, and what is added.
type Declension = (&'static str, &'static [&'static str]);

const RUSSIAN: &[Declension] = &[
    ("ия", &["ии", "ию", "ией"]),
    ("а", &["ы", "и", "е", "у", "ой"]),
    ("я", &["и", "е", "ю", "ей"]),
    ("й", &["я", "ю", "ем", "е"]),
    ("ь", &["я", "и", "ю", "ем", "ью", "е"]),
    ("", &["а", "у", "ом", "е"]),
];
const UKRAINIAN: &[Declension] = &[
    ("ія", &["ії", "ію", "ією"]),
    ("а", &["и", "і", "у", "ою"]),
    ("я", &["і", "ю", "ею"]),
    ("й", &["я", "ю", "єм", "ї"]),
    ("ь", &["я", "ю", "ем", "і"]),
    ("", &["а", "у", "ом", "ові", "і"]),
];
const POLISH: &[Declension] = &[
    ("ia", &["ii", "ię", "ią"]),
    ("ja", &["ji", "ję", "ją"]),
    ("ka", &["ki", "kę", "ką", "ce"]),
    ("a", &["y", "ie", "ę", "ą", "zie"]),
    ("y", &["", "ech", "ami", "om"]),
    ("", &["u", "a", "em", "owi", "ie"]),
];
const GERMAN: &[Declension] = &[("s", &[]), ("", &["s"])];

/// The other cases of a name of one word, in languages that inflect names.
pub(super) fn cases(language: &str, name: &str) -> Vec<String> {
    let table = match language {
        "ru" => RUSSIAN,
        "uk" => UKRAINIAN,
        "pl" => POLISH,
        "de" => GERMAN,
        _ => return Vec::new(),
    };
    let last = name.chars().last();
    if name.chars().count() < 4 || name.contains(' ') || last.is_none_or(|last| "оеиуюэіїo".contains(last))
    {
        return Vec::new();
    }
    if name.chars().all(char::is_uppercase) {
        return Vec::new();
    }
    table
        .iter()
        .find_map(|(ending, cases)| name.strip_suffix(ending).map(|stem| (stem, cases)))
        .map(|(stem, cases)| cases.iter().map(|case| format!("{stem}{case}")).collect())
        .unwrap_or_default()
}

/// The word, then the word without its Arabic conjunction, preposition and article.
pub(super) fn arabic(word: &str) -> impl Iterator<Item = &str> {
    const PREFIXES: [&str; 12] = ["وال", "بال", "فال", "كال", "لل", "ال", "و", "ب", "ل", "ف", "ك", "س"];
    let is_arabic = word.chars().next().is_some_and(|c| ('\u{620}'..='\u{64a}').contains(&c));
    let stripped = is_arabic
        .then_some(PREFIXES)
        .into_iter()
        .flatten()
        .filter_map(move |prefix| word.strip_prefix(prefix).filter(|rest| rest.chars().count() >= 3));
    std::iter::once(word).chain(stripped)
}

/// A name as the second half of an id: lower case, ASCII where a letter has an ASCII form,
/// Cyrillic in the common English transliteration, everything else between `-`.
pub(super) fn slug(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for c in name.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).take(100) {
        match c {
            'ł' => slug.push('l'),
            'ß' => slug.push_str("ss"),
            'ı' => slug.push('i'),
            'ø' => slug.push('o'),
            'đ' | 'ð' => slug.push('d'),
            'æ' => slug.push_str("ae"),
            'œ' => slug.push_str("oe"),
            '\'' | '’' | 'ʼ' => {}
            'а'..='я' | 'і' | 'є' | 'ґ' => slug.push_str(latin(c)),
            c if c.is_alphanumeric() => slug.push(c),
            _ if !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    slug.trim_matches('-').to_owned()
}

fn latin(c: char) -> &'static str {
    const LETTERS: [&str; 32] = [
        "a", "b", "v", "g", "d", "e", "zh", "z", "i", "i", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u",
        "f", "kh", "ts", "ch", "sh", "shch", "", "y", "", "e", "yu", "ya",
    ];
    match c {
        'і' => "i",
        'є' => "ye",
        'ґ' => "g",
        c => LETTERS.get((c as usize).wrapping_sub('а' as usize)).copied().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_ascii_where_they_can_be() {
        for (name, id) in [
            ("Special Operations Forces", "special-operations-forces"),
            ("Côte d’Ivoire", "cote-divoire"),
            ("Łódź", "lodz"),
            ("Володимир", "volodimir"),
            ("Größe -- 2", "grosse-2"),
            ("東京", "東京"),
            ("!", ""),
        ] {
            assert_eq!(slug(name), id, "{name}");
        }
    }

    #[test]
    fn names_have_their_cases() {
        assert!(cases("ru", "Россия").contains(&"России".to_owned()));
        assert!(cases("uk", "Україна").contains(&"Україні".to_owned()));
        assert!(cases("pl", "Ukraina").contains(&"Ukrainy".to_owned()));
        assert!(cases("de", "Russland").contains(&"Russlands".to_owned()));
        assert!(cases("ru", "США").is_empty() && cases("en", "France").is_empty());
    }

    #[test]
    fn arabic_prefixes_come_off() {
        assert!(arabic("وأوكرانيا").any(|word| word == "أوكرانيا"));
        assert_eq!(arabic("word").count(), 1);
    }
}
