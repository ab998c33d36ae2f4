//! Dates that a text carries as a stamp: a line of its own, a dateline. A date within a sentence belongs to
//! what the sentence is about: a judgment, a storm, a birth.

use chrono::{DateTime, FixedOffset};

use super::dates::{Custom, is_date_alone, visible};

/// Longest line that may be a stamp by itself, in characters.
const LINE_MAX: usize = 70;
/// A dateline ends within this many characters.
const DATELINE_MAX: usize = 60;
/// In a sentence that is a stamp, the word that says so comes within this many bytes.
const OPENING_MAX: usize = 14;
/// A date alone takes at most this many characters.
const STAMP_MAX: usize = 24;
/// Words before a publication date, in lower case.
pub(super) const PROMISES: [&str; 20] = [
    "published",
    "posted",
    "veröffentlicht",
    "erschienen",
    "erstellt",
    "publié",
    "publicado",
    "pubblicato",
    "gepubliceerd",
    "opublikowano",
    "опубликовано",
    "publicerad",
    "publisert",
    "udgivet",
    "julkaistu",
    "vom ",
    "date:",
    "datum:",
    "fecha:",
    "data:",
];
/// Words in stamps about changes, in lower case.
const CHANGES: [&str; 14] = [
    "updated",
    "modified",
    "aktualisiert",
    "stand:",
    "mis à jour",
    "actualizad",
    "aggiornat",
    "atualizad",
    "bijgewerkt",
    "oppdatert",
    "uppdaterad",
    "opdateret",
    "обновлен",
    "更新",
];

/// The date that a text is stamped with.
pub(super) fn of_text(text: &str, custom: Custom<'_>) -> Option<DateTime<FixedOffset>> {
    let chars = text.chars().count();
    let lower: String = text.chars().take(2 * LINE_MAX).flat_map(char::to_lowercase).collect();
    // "Last change: ... Published on: ...".
    let promised = PROMISES.iter().filter(|word| word.len() > 4).find_map(|word| lower.split_once(word));
    if let Some((before, after)) = promised
        && before.chars().count() <= DATELINE_MAX
        && let Some(found) = visible(&after.chars().take(DATELINE_MAX).collect::<String>(), custom)
    {
        return Some(found);
    }
    if chars <= LINE_MAX && is_date_alone(text, custom) {
        return visible(text, custom);
    }
    let within = if is_prose(text) { OPENING_MAX } else { lower.len() };
    let said = PROMISES.iter().chain(&CHANGES).any(|word| {
        lower.find(word).is_some_and(|at| at < within && (word.len() > 4 || within > OPENING_MAX))
    });
    if chars <= LINE_MAX && (said || !is_sentence(text)) || chars <= 2 * LINE_MAX && (said || !is_prose(text))
    {
        return visible(text, custom);
    }
    leading(text, custom)
}

/// The date that a paragraph begins with: "01.03.2024 The ...", "3 March 2024. The ...", "BERLIN, 3 March 2024 – The ...".
fn leading(text: &str, custom: Custom<'_>) -> Option<DateTime<FixedOffset>> {
    let first = text.split(' ').next().unwrap_or("");
    if first.starts_with(|char: char| char.is_ascii_digit())
        && let Some(found) = visible(first, custom)
    {
        return Some(found);
    }
    let head: String = text.chars().take(DATELINE_MAX).collect();
    let year = head.match_indices("20").find_map(|(at, _)| {
        let rest = head.get(at..)?;
        let digits = rest.len() - rest.trim_start_matches(|char: char| char.is_ascii_digit()).len();
        (digits == 4).then(|| head.split_at(at + 4))
    });
    if let Some((stamp, rest)) = year
        && stamp.chars().count() <= STAMP_MAX
        && rest.starts_with(['.', ':', ')', ']', '|', '–', '—'])
        && stamp.starts_with(|char: char| !char.is_lowercase())
        && small_words(stamp).0 <= 1
    {
        return visible(stamp, custom);
    }
    let (head, _) = [" — ", " – ", " - ", "—", " | ", "): ", ": ", "］", "】", "電】", "讯"]
        .iter()
        .find_map(|dash| head.split_once(dash))?;
    visible(head, custom)
}

/// The number of words in lower case, and of all words.
fn small_words(text: &str) -> (usize, usize) {
    let words = text.split(' ').filter(|word| word.chars().any(char::is_alphabetic));
    words.fold((0, 0), |(small, all), word| {
        (small + usize::from(word.chars().next().is_some_and(char::is_lowercase)), all + 1)
    })
}

fn ends(text: &str) -> bool {
    text.ends_with(['.', '!', '?', '。', '؟', '।', '…', ',', '”', '"', '»'])
}

/// Whether a text is a short sentence: it ends like one, and half its words are in lower case.
fn is_sentence(text: &str) -> bool {
    let (small, all) = small_words(text);
    ends(text) && all >= 3 && small * 2 >= all
}

/// Whether a text is a sentence or a part of one.
fn is_prose(text: &str) -> bool {
    let (small, all) = small_words(text);
    ends(text) || all >= 8 && small * 2 > all
}

/// Whether a stamp says that it is the date of a change.
pub(super) fn is_of_change(text: &str) -> bool {
    let lower = text.to_lowercase();
    CHANGES.iter().any(|word| lower.contains(word)) && !PROMISES.iter().any(|word| lower.contains(word))
}

/// Whether a text is what a wiki's footer says about its page.
pub(super) fn is_of_page(text: &str) -> bool {
    let lower = text.to_lowercase();
    [
        "this page",
        "last edited",
        "diese seite",
        "cette page",
        "esta página",
        "questa pagina",
        "deze pagina",
        "эта страница",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

/// Whether a text is the publisher's small print: when a policy was changed, a company founded, a
/// register kept.
pub(super) fn is_of_house(text: &str) -> bool {
    const WORDS: [&str; 38] = [
        "privacy",
        "cookie",
        "terms of",
        "terms and",
        "policy",
        "imprint",
        "established",
        "founded",
        "registered",
        "registration",
        "copyright",
        "©",
        "all rights",
        "licence",
        "license no",
        "issn",
        "datenschutz",
        "impressum",
        "gegründet",
        "nutzungsbedingung",
        "handelsregister",
        "amtsgericht",
        "mentions légales",
        "confidentialité",
        "fondé",
        "privacidad",
        "aviso legal",
        "fundad",
        "registro",
        "informativa",
        "registrazione",
        "tribunale",
        "redazione",
        "privacybeleid",
        "opgericht",
        "регистраци",
        "свидетельство",
        "プライバシー",
    ];
    let lower = text.to_lowercase();
    let says = |word: &&str| lower.contains(*word);
    // "Published on: ... © the author".
    let promised = PROMISES.iter().filter(|word| word.len() > 4).any(|word| lower.contains(word));
    WORDS.iter().any(|word| says(word) && !(promised && ["©", "copyright", "redazione"].contains(word)))
}
