//! Names of people in bylines.

use super::{
    Context, eastern,
    parted::{parts, unglue},
    person::{WORDS_MAX, begins_with_article, is_month, is_personal, is_role, list, looks_like_name},
};
use crate::extract::{entities, walk::strip_unseen};

/// Separates the texts of elements that do not belong together.
pub(super) const APART: &str = " | ";
/// Longest byline, in characters.
const BYLINE_MAX: usize = 200;

/// A text with its white space folded, without invisible characters.
pub(super) fn fold(text: &str) -> String {
    let plain = strip_unseen(text);
    plain.as_deref().unwrap_or(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where a byline stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place<'a> {
    /// Name of the site, which may stand before a role.
    pub(super) site: Option<&'a str>,
    pub(super) is_japanese: bool,
}

impl<'a> Place<'a> {
    pub(super) fn of(context: &'a Context<'_>) -> Self {
        let language = context.head.language.unwrap_or("");
        Self { site: context.site.as_deref(), is_japanese: language.starts_with("ja") }
    }
}

/// The names in a byline.
pub(super) fn names(text: &str, place: Place<'_>) -> Vec<String> {
    let text = fold(&entities::decode(text, false));
    if text.contains("://")
        || text.starts_with("www.")
        || text.starts_with('@')
        || text.chars().count() > BYLINE_MAX
    {
        return Vec::new();
    }
    if let Some(names) = eastern::names(&text, place.is_japanese) {
        return names;
    }
    let mut segments = vec![text.as_str()];
    for separator in ["|", " - ", " – ", " — ", " • ", " · ", " ⋅ ", " / ", " // ", " ● ", " › ", " : "]
    {
        segments = segments.into_iter().flat_map(|segment| segment.split(separator)).collect();
    }
    // What follows a name is where and when.
    segments
        .into_iter()
        .map(|segment| in_segment(segment.trim(), place.site))
        .find(|names| !names.is_empty())
        .unwrap_or_default()
}

/// The names in one part of a byline between strong separators.
fn in_segment(segment: &str, site: Option<&str>) -> Vec<String> {
    let mut text = segment;
    // "Posted on 4 March 2024 by ...".
    if text.contains(|char: char| char.is_ascii_digit())
        && let Some((_, tail)) = [" by ", " von ", " par ", " por ", " av ", " af ", " door ", " di "]
            .iter()
            .find_map(|by| text.split_once(by))
    {
        text = tail;
    }
    let mut out: Vec<String> = Vec::new();
    let mut is_photo = false;
    for part in parts(text) {
        let (mut part, mut is_labelled) = (part.trim(), false);
        // "By" may occur twice: in a label and in the line itself.
        for _ in 0..2 {
            if is_of_photo(part) {
                is_photo = true;
                break;
            }
            let rest = strip_by(part);
            is_labelled |= rest.len() < part.len();
            part = rest;
        }
        is_photo &= !is_labelled;
        if is_photo || is_beside(part) && !out.is_empty() {
            continue;
        }
        let glued = unglue(part);
        for name in glued {
            let name = one_name(&name, site);
            if !looks_like_name(&name) {
                continue;
            }
            // After the first name a single word is a town, a paper or a role.
            if !out.is_empty() && (!name.contains(' ') || is_role(&name)) {
                continue;
            }
            if !out.iter().any(|other| other.eq_ignore_ascii_case(&name)) {
                out.push(name);
            }
        }
    }
    out
}

/// Whether a part is about those who took the pictures.
fn is_of_photo(part: &str) -> bool {
    let lower = part.to_lowercase();
    let labelled = list("photo").iter().any(|label| {
        lower
            .strip_prefix(label)
            .is_some_and(|rest| label.ends_with(':') || rest.starts_with([' ', ':', '：', '/']))
    });
    let behind = lower.rsplit_once('(').is_some_and(|(_, what)| {
        [
            "foto",
            "photo",
            "bild",
            "video",
            "grafik",
            "graphic",
            "illustration",
            "kamera",
            "camera",
            "фото",
            "kuva",
        ]
        .iter()
        .any(|photo| what.starts_with(photo))
    });
    labelled || behind
}

/// Small words within names.
const PARTICLES: [&str; 20] = [
    "von", "van", "de", "der", "den", "la", "del", "di", "da", "dos", "das", "du", "le", "zu", "y", "e",
    "bin", "ibn", "al", "ter",
];

/// Whether a part begins in lower case and so says where the author was, or for whom: "in Oslo", "à
/// Lyon".
fn is_beside(part: &str) -> bool {
    part.chars().next().is_some_and(char::is_lowercase)
        && !["van ", "von ", "el-", "al-", "ter ", "ten ", "de ", "d’", "d'"]
            .iter()
            .any(|particle| part.starts_with(particle))
}

/// A name ends where one of these begins: a date, a place, a newspaper.
const ENDS: [&str; 29] = [
    " on ",
    " am ",
    " in ",
    " for ",
    " für ",
    " pour ",
    " para ",
    " from ",
    " aus ",
    " @",
    " updated",
    " published",
    " im gespräch",
    " vor ",
    " le ",
    " fr ",
    " mo ",
    " mi ",
    " do ",
    " um ",
    " at ",
    " vom ",
    " veröffentlicht",
    " для ",
    " dla ",
    " à ",
    " as told to ",
    " special to ",
    " Special to ",
];

/// A name without what stands around it: places, roles, dates, addresses.
fn one_name(part: &str, site: Option<&str>) -> String {
    let mut text = part.to_owned();
    if let Some((head, tail)) = text.split_once(" (")
        && let Some((_, after)) = tail.split_once(')')
    {
        text = format!("{head}{after}");
    }
    for end in ENDS {
        if let Some((head, _)) = text.split_once(end) {
            text = head.to_owned();
        }
    }
    // "Ana Moss Photos by Lena Ost": the second part names somebody else.
    let lower = text.to_lowercase();
    let photo = list("photo").iter().filter(|label| label.len() > 5).filter_map(|label| {
        let at = lower.find(&format!(" {label}"))?;
        (lower.len() == text.len()).then_some(at)
    });
    if let Some(at) = photo.min() {
        text.truncate(at);
    }
    let mut words: Vec<&str> =
        text.split(' ').filter(|word| !word.is_empty() && !word.contains('@')).collect();
    let tells = words
        .get(2..)
        .unwrap_or(&[])
        .iter()
        .any(|word| word.chars().next().is_some_and(char::is_lowercase) && !PARTICLES.contains(word));
    if tells && let Some(name) = leading_name(&text) {
        return name;
    }
    let dated = cut_date(&mut words);
    let mut text = without_post(&words, site);
    // A year may be stuck to the name.
    if let Some(at) = text.find(|char: char| char.is_ascii_digit())
        && text.get(..at).is_some_and(|head| head.contains(' '))
    {
        text.truncate(at);
    }
    while let Some(last) = text.rsplit(' ').next().map(str::to_lowercase)
        && (list("tail").contains(&last.as_str())
            || dated && (list("day").contains(&last.as_str()) || is_month(&last)))
    {
        text = text.rsplit_once(' ').map_or("", |(head, _)| head).to_owned();
    }
    strip_by(text.trim())
        .trim_matches(|char: char| !char.is_alphanumeric() && !is_mark(char) && char != '.')
        .to_owned()
}

/// Whether it is a vowel sign or accent that is a character of its own.
fn is_mark(char: char) -> bool {
    matches!(char, '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}' | '\u{900}'..='\u{e7f}')
}

/// Takes a date off the end, with the words before it that belong to it.
fn cut_date(words: &mut Vec<&str>) -> bool {
    let Some(at) = words.iter().position(|word| word.starts_with(|char: char| char.is_ascii_digit())) else {
        return false;
    };
    if at == 0 {
        return false;
    }
    words.truncate(at);
    true
}

/// A name without the role before or after it: "Ana Moss Courier Staff Writer", "Reporter Ana Moss".
fn without_post(words: &[&str], site: Option<&str>) -> String {
    let is_post = |word: &&str| {
        let lower = word.trim_matches([',', '.', ':']).to_lowercase();
        list("post").contains(&lower.as_str())
    };
    let ahead = words.iter().take_while(|word| is_post(word)).count();
    let mut words = words.get(ahead..).unwrap_or(&[]);
    if let Some(at) = words.iter().position(is_post).filter(|at| *at >= 2) {
        words = words.get(..at).unwrap_or(&[]);
        // A newspaper's name may stand before the role, recognised by the case of its letters or as the
        // site's name.
        let is_loud = |word: &&str| word.chars().count() > 1 && !word.chars().any(char::is_lowercase);
        let loud = words.iter().take_while(|word| is_loud(word)).count();
        if loud >= 2 {
            words = words.get(..loud).unwrap_or(&[]);
        }
        let site = site.unwrap_or("").to_lowercase();
        while let [head @ .., last] = words
            && head.len() >= 2
            && site.split(|char: char| !char.is_alphanumeric()).any(|word| word == last.to_lowercase())
        {
            words = head;
        }
    }
    words.join(" ")
}

/// The name at the beginning of a sentence about somebody: "Ana Moss covers the coast."
pub(super) fn leading_name(text: &str) -> Option<String> {
    let mut words = text.split(' ');
    let name: Vec<&str> = words
        .by_ref()
        .take_while(|word| {
            word.chars().next().is_some_and(char::is_uppercase) && !word.ends_with([',', ';', ':', '!', '?'])
        })
        .take(WORDS_MAX)
        .collect();
    let name = name.join(" ");
    (is_personal(&name) && !begins_with_article(&name)).then_some(name)
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
