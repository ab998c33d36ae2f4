//! The headline, without the name of the site.

use super::Sources;
use crate::extract::element::{Attr, Tag};
use crate::extract::features::{hashed, words};
use crate::extract::head::Head;
use crate::extract::ld::{self, Ld};
use crate::extract::tree::{NONE, Tree};
use crate::extract::walk::{Pieces, Shown};

/// Signs that stand between a headline and a site's name.
const SEPARATORS: [&str; 12] =
    [" | ", " - ", " – ", " — ", " » ", " :: ", " · ", " • ", " « ", " / ", " > ", " ~ "];

/// What the markup gives as the title, best first, each with its source.
pub(in crate::extract) fn candidates(head: &Head<'_>, ld: &Ld) -> Vec<(String, &'static str)> {
    let headline = ld.articles().into_iter().find_map(|article| ld::text(article.get("headline")?));
    let found = [
        (headline, "json-ld"),
        (head.meta(&["og:title"]), "og:title"),
        (
            head.meta(&["twitter:title", "dc.title", "dcterms.title", "parsely-title", "sailthru.title"]),
            "meta",
        ),
        (head.title, "title"),
    ];
    found
        .into_iter()
        .filter_map(|(title, source)| Some((fold(title?), source)))
        .filter(|(title, _)| !title.is_empty())
        .collect()
}

fn fold(text: &str) -> String {
    // Titles are often escaped twice.
    let text = crate::extract::entities::decode(text, false);
    text.split_whitespace().take(80).collect::<Vec<_>>().join(" ")
}

/// The candidates and what is left of them without their first or last part, as words.
pub(in crate::extract) fn word_lists(candidates: &[(String, &'static str)]) -> Vec<Vec<String>> {
    let mut out: Vec<Vec<String>> = Vec::new();
    let mut push = |text: &str| {
        let words = words(text);
        if !words.is_empty() && !out.contains(&words) && out.len() < 12 {
            out.push(words);
        }
    };
    for (title, _) in candidates {
        push(title);
        for separator in SEPARATORS {
            if let Some((first, last)) = title.rsplit_once(separator) {
                push(if first.len() >= last.len() { first } else { last });
            }
        }
    }
    out
}

/// A title without the site's name before or behind it.
pub(in crate::extract) fn without_site(title: &str, site: Option<&str>, host: Option<&str>) -> String {
    let mut title = title.to_owned();
    for _ in 0..3 {
        let mut cut = None;
        for separator in SEPARATORS {
            if let Some((first, last)) = title.rsplit_once(separator)
                && is_site(last, site, host)
                && first.chars().count() >= 4
            {
                cut = Some(first.trim().to_owned());
                break;
            }
            if let Some((first, last)) = title.split_once(separator)
                && is_site(first, site, host)
                && last.chars().count() >= 4
            {
                cut = Some(last.trim().to_owned());
                break;
            }
        }
        if cut.is_none() && title.contains(is_han) {
            // Sites in Chinese and Japanese put their names behind a sign without spaces.
            cut = title
                .rsplit_once(['-', '_', '|', '｜', '－'])
                .filter(|(first, last)| {
                    (2..=8).contains(&last.trim().chars().count())
                        && last.trim().chars().all(is_han)
                        && first.chars().count() >= 8
                })
                .map(|(first, _)| first.trim().to_owned());
        }
        match cut {
            Some(shorter) => title = shorter,
            None => break,
        }
    }
    title
}

/// A Chinese character.
fn is_han(char: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&char)
}

/// Whether a part of a title is the site's name: the words of it, or the host's name.
fn is_site(part: &str, site: Option<&str>, host: Option<&str>) -> bool {
    let squeeze = |text: &str| {
        text.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>()
    };
    let own = squeeze(part);
    if own.is_empty() {
        return true;
    }
    if let Some(site) = site {
        let site = squeeze(site);
        if !site.is_empty()
            && (own == site || own.len() > 3 && site.contains(&own) || site.len() > 3 && own.contains(&site))
        {
            return part.chars().count() <= 60;
        }
    }
    host.is_some_and(|host| {
        let name = host.trim_start_matches("www.");
        let squeezed = squeeze(name);
        let label = squeeze(name.split('.').next().unwrap_or(""));
        own == label
            || own == squeezed
            || own.len() > 4 && squeezed.contains(&own)
            || label.len() > 4 && own.contains(&label)
    }) && part.chars().count() <= 60
}

/// The headline: as the page shows it where that can be told, else as the markup has it.
pub(super) fn title(
    tree: &Tree,
    pieces: &Pieces,
    candidates: &[(String, &'static str)],
    site: Option<&str>,
    host: Option<&str>,
    sources: &mut Sources,
) -> Option<String> {
    let clean: Vec<(String, &'static str)> =
        candidates.iter().map(|(title, source)| (without_site(title, site, host), *source)).collect();
    let lists: Vec<Vec<u64>> = clean.iter().map(|(title, _)| hashed(title)).collect();
    let raw: Vec<Vec<u64>> = candidates.iter().map(|(title, _)| hashed(title)).collect();
    let mut best: Option<(f32, &str, u32)> = None;
    let mut h1s = Vec::new();
    for piece in &pieces.all {
        if !piece.tag.is_heading() || piece.shown != Shown::Yes || piece.chars > 300 {
            continue;
        }
        let text = pieces.text_of(piece);
        let own = hashed(text);
        if own.is_empty() {
            continue;
        }
        if piece.tag == Tag::H1 {
            h1s.push(text);
        }
        let like = lists.iter().map(|list| likeness(&own, list)).fold(0.0, f32::max);
        let inside = own.len() >= 3 && raw.iter().any(|list| contains(list, &own));
        let score = like.max(if inside { 0.8 } else { 0.0 })
            + if piece.tag == Tag::H1 { 0.15 } else { 0.0 }
            + (own.len().min(12) as f32) * 0.01;
        if (like >= 0.6 || inside) && best.is_none_or(|(other, ..)| score > other) {
            best = Some((score, text, piece.node));
        }
    }
    let site_words = site.map(hashed).unwrap_or_default();
    let only_h1 = match h1s.as_slice() {
        [only]
            if clean.is_empty()
                || hashed(only).len() >= 2 && hashed(only) != site_words && !is_site(only, site, host) =>
        {
            Some(*only)
        }
        _ => None,
    };
    let (title, source) = if let Some((_, text, node)) = best {
        let inner = without_kicker(tree, node, &lists).unwrap_or_else(|| text.to_owned());
        let shorter = without_site(&inner, site, host);
        let is_enough = hashed(&shorter).len() >= 3 || lists.contains(&hashed(&shorter));
        (if is_enough { shorter } else { inner }, "heading")
    } else if let Some((title, source)) = clean.iter().find(|(title, _)| hashed(title).len() >= 2) {
        match only_h1 {
            Some(h1) if *source == "title" => (h1.to_owned(), "heading"),
            _ => (title.clone(), *source),
        }
    } else if let Some(h1) = only_h1 {
        (h1.to_owned(), "heading")
    } else {
        clean.into_iter().next()?
    };
    sources.insert("title", source);
    Some(title)
}

/// Class names of the line over a headline, inside the heading.
const KICKERS: [&str; 14] = [
    "kicker",
    "topline",
    "overline",
    "dachzeile",
    "roofline",
    "spitzmarke",
    "eyebrow",
    "pretitle",
    "pre-title",
    "surtitle",
    "antetitulo",
    "occhiello",
    "volanta",
    "prehead",
];
/// Most texts of a heading that are looked at.
const MAX_PARTS: usize = 8;

/// A heading without the kicker before it, or the line below it, that stands in an element of its own inside:
/// where the class name says so, or where the rest is what the markup gives as the title.
fn without_kicker(tree: &Tree, heading: u32, titles: &[Vec<u64>]) -> Option<String> {
    let mut parts: Vec<(String, bool)> = Vec::new();
    let mut at = tree.first(heading);
    while at != NONE {
        if let Some(text) = tree.text(at).map(fold).filter(|text| !text.is_empty()) {
            if parts.len() >= MAX_PARTS {
                return None;
            }
            let mut around = std::iter::successors(Some(tree.parent(at)), |node| Some(tree.parent(*node)));
            let is_kicker =
                around.by_ref().take(4).take_while(|node| *node != heading && *node != NONE).any(|node| {
                    tree.attr(node, Attr::Class).is_some_and(|class| {
                        let class = class.to_ascii_lowercase();
                        KICKERS.iter().any(|kicker| class.contains(kicker))
                    })
                });
            parts.push((text, is_kicker));
        }
        at = tree.following(at, heading);
    }
    if parts.len() < 2 {
        return None;
    }
    let join =
        |parts: &[(String, bool)]| parts.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join(" ");
    for cut in 1..parts.len() {
        let (head, tail) = parts.split_at(cut);
        for side in [tail, head] {
            let own = hashed(&join(side));
            if own.len() >= 3 && titles.contains(&own) {
                return Some(join(side));
            }
        }
    }
    let kickers = parts.iter().take_while(|(_, is_kicker)| *is_kicker).count();
    let rest = parts.get(kickers..)?;
    (kickers > 0 && hashed(&join(rest)).len() >= 2).then(|| join(rest))
}

fn likeness(own: &[u64], list: &[u64]) -> f32 {
    if list.is_empty() {
        return 0.0;
    }
    let shared = own.iter().filter(|word| list.contains(word)).count() as f32;
    (2.0 * shared / (own.len() + list.len()) as f32).min(1.0)
}

/// `inner` stands in `outer` in one piece.
fn contains(outer: &[u64], inner: &[u64]) -> bool {
    outer.windows(inner.len()).any(|window| window == inner)
}
