//! Who wrote it: names, without roles, dates and "by".

use serde_json::Value;

use super::{Context, Sources, dates, is_beside};
use crate::extract::element::{Attr, Tag};
use crate::extract::hints::Hint;
use crate::extract::ld;
use crate::extract::walk::Shown;

/// Most authors of an article.
const MAX_AUTHORS: usize = 12;

/// Words before a name, in lower case; the longest first where one begins with another.
const BY: [&str; 75] = [
    "written by", "posted by", "published by", "submitted by", "reported by", "story by", "article by", "words by",
    "text by", "created by", "by:", "by", "author:", "author", "authors:", "authors", "geschrieben von", "verfasst von",
    "veröffentlicht von", "ein beitrag von", "ein artikel von", "ein kommentar von", "interview von", "text von", "text:", "von:", "von",
    "autorin:", "autor:", "autorin", "autor", "redaktion:", "redakteur:", "écrit par", "publié par", "par:", "par", "escrito por", "publicado por",
    "por:", "por", "scritto da", "di", "door", "автор:", "автор",
    "auteur :", "auteur:", "auteur", "erstellt von", "artikel von", "publiziert von", "publié le", "posted", "published", "veröffentlicht", "publiziert am",
    "view all posts by", "all posts by", "more by", "more from", "alles von", "alle beiträge von", "alle artikel von", "mehr von", "beiträge von", "über", "about",
    "voir tous les articles de", "ver todos", "text", "interview:", "rédigé par", "photograph by", "foto:",
];

/// Names nobody has, in lower case.
const NOBODY: [&str; 78] = [
    "admin", "administrator", "webmaster", "editor", "editors", "staff", "guest", "author", "authors", "unknown", "anonymous",
    "root", "user", "news", "newsroom", "news desk", "staff writer", "staff reporter", "web desk", "press release", "home", "contact",
    "about", "more", "share", "twitter", "facebook", "instagram", "email", "follow", "profile", "website", "comments", "null", "none",
    "undefined", "autor", "autoren", "artikel", "mehr", "read more", "view all posts", "all posts", "posts", "default", "super user",
    "by", "von", "par", "por", "di", "van", "door", "auteur", "posted", "published", "published by", "posted by", "publisher", "veröffentlicht", "stand", "jobs",
    "publiziert am", "artikel von", "no author", "nachricht", "text", "foto", "zvg", "wordpressadmin", "written by", "posted on",
    "google", "am", "on", "hire", "imprint", "impressum",
];

/// Words in the names of companies.
const COMPANY: [&str; 16] =
    ["GmbH", "AG", "KG", "e.V.", "eV", "Inc", "Inc.", "Ltd", "Ltd.", "LLC", "Verlag", "Media", "S.A.", "SA", "Copyright", "©"];

/// The names of the authors.
pub(super) fn authors(context: &Context<'_>, sources: &mut Sources) -> Vec<String> {
    let found = [
        ("json-ld", from_ld(context)),
        ("byline", from_elements(context, true)),
        ("byline", personal(from_elements(context, false))),
        ("meta", from_meta(context)),
        ("meta", from_weak_meta(context)),
        ("byline", from_elements(context, false)),
        ("text", from_text(context)),
        ("link", from_links(context)),
        ("signature", from_signature(context)),
    ];
    let Some((source, mut names)) = found.iter().find(|(_, names)| !names.is_empty()).cloned() else {
        return Vec::new();
    };
    sources.insert("authors", source);
    // A first name in the markup, the whole one in the byline.
    if let [name] = names.as_mut_slice()
        && !name.contains(' ')
    {
        let longer = found.iter().flat_map(|(_, names)| names).find(|other| other.strip_prefix(&format!("{name} ")).is_some());
        if let Some(longer) = longer {
            name.clone_from(longer);
        }
    }
    names
}

/// The names, if each of them is a person's.
fn personal(names: Vec<String>) -> Vec<String> {
    if names.iter().all(|name| is_personal(name)) { names } else { Vec::new() }
}

fn collect<'a>(context: &Context<'_>, texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for text in texts.take(MAX_AUTHORS) {
        for name in names(text) {
            let known = out.iter().any(|other| other.eq_ignore_ascii_case(&name));
            if !known && out.len() < MAX_AUTHORS && !context.is_site(&name) {
                out.push(name);
            }
        }
    }
    out
}

fn from_ld(context: &Context<'_>) -> Vec<String> {
    for article in context.articles.iter().copied() {
        let Some(author) = article.get("author").or_else(|| article.get("creator")) else { continue };
        let values: Vec<&Value> = match author {
            Value::Array(values) => values.iter().collect(),
            value => vec![value],
        };
        let texts = values.into_iter().take(MAX_AUTHORS).filter_map(|value| {
            let value = context.ld.resolve(value);
            let is_person = !value.get("@type").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("Organization"));
            is_person.then(|| ld::text(value)).flatten()
        });
        let names = collect(context, texts);
        if !names.is_empty() {
            return names;
        }
    }
    Vec::new()
}

fn from_meta(context: &Context<'_>) -> Vec<String> {
    const NAMES: [&str; 13] = [
        "author", "article:author", "article:author_name", "og:article:author", "dc.creator", "dcterms.creator", "dc.contributor", "parsely-author",
        "sailthru.author", "byl", "citation_author", "cxenseparse:author", "rbauthors",
    ];
    NAMES
        .iter()
        .map(|name| collect(context, context.head.all(name).filter(|text| !text.contains("://"))))
        .find(|names| !names.is_empty())
        .unwrap_or_default()
}

fn from_weak_meta(context: &Context<'_>) -> Vec<String> {
    ["twitter:data1"]
        .iter()
        .map(|name| {
            let label = context.head.meta(&["twitter:label1"]).unwrap_or("").to_lowercase();
            let is_author = ["written", "author", "verfasst", "geschrieben", "écrit", "escrito", "autor", "scritto", "door"]
                .iter()
                .any(|word| label.contains(word));
            collect(context, context.head.all(name).filter(|_| is_author))
        })
        .find(|names| !names.is_empty())
        .unwrap_or_default()
}

/// Elements that say they hold the author: by `itemprop` or `rel` (`strict`), or by class and id.
fn from_elements(context: &Context<'_>, strict: bool) -> Vec<String> {
    let tree = context.tree;
    let nodes = if strict { &context.head.items } else { &context.head.bylines };
    let headline = context.headline.and_then(|index| context.pieces.all.get(index)).map_or(0, |piece| piece.node);
    let mut found: Vec<(u32, String)> = Vec::new();
    for node in nodes {
        let is_author = !strict
            || tree.attr(*node, Attr::Rel).is_some_and(|rel| rel.eq_ignore_ascii_case("author"))
            || tree.attr(*node, Attr::Itemprop).is_some_and(|name| {
                name.split_ascii_whitespace().any(|name| name.eq_ignore_ascii_case("author"))
            });
        if !is_author || is_beside(tree, *node, &[Hint::Comment]) {
            continue;
        }
        let text = match tree.tag(*node) {
            Tag::Meta => tree.attr(*node, Attr::Content).unwrap_or("").to_owned(),
            _ => name_below(context, *node),
        };
        if text.chars().count() > 120 || names(&text).is_empty() {
            continue;
        }
        let mut distance = if *node >= headline { *node - headline } else { (headline - *node) * 2 };
        if is_beside(tree, *node, &[Hint::Related, Hint::Side, Hint::Nav, Hint::InAside, Hint::Footer]) {
            distance += 2000;
        }
        found.push((distance, text));
    }
    let Some(nearest) = found.iter().map(|(distance, _)| *distance).min() else { return Vec::new() };
    // Several authors stand close together; the box at the end repeats them.
    let near = found.iter().filter(|(distance, _)| *distance <= nearest + 24).map(|(_, text)| text.as_str());
    let names = collect(context, near);
    if strict { names } else { names.into_iter().take(4).collect() }
}

/// The text of an element, or of what is marked as the name inside.
fn name_below(context: &Context<'_>, node: u32) -> String {
    let tree = context.tree;
    let mut at = tree.first(node);
    let mut steps = 0;
    while at != crate::extract::tree::NONE && steps < 60 {
        let is_name = tree.attr(at, Attr::Itemprop).is_some_and(|name| name.eq_ignore_ascii_case("name"))
            || tree.attr(at, Attr::Rel).is_some_and(|rel| rel.eq_ignore_ascii_case("author"))
            || tree.attr(at, Attr::Class).is_some_and(|class| {
                class.split_ascii_whitespace().any(|class| matches!(class, "fn" | "author-name" | "author__name" | "name"))
            });
        if is_name {
            let text = match tree.tag(at) {
                Tag::Meta => tree.attr(at, Attr::Content).unwrap_or("").to_owned(),
                _ => tree.all_text(at),
            };
            if !text.trim().is_empty() {
                return fold(&text);
            }
        }
        at = tree.following(at, node);
        steps += 1;
    }
    // A long box is a biography: its first link is the name.
    fold(&tree.all_text_within(node, 400))
}

fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Links to the pages of authors near the headline.
fn from_links(context: &Context<'_>) -> Vec<String> {
    let Some(headline) = context.headline else { return Vec::new() };
    let pieces = &context.pieces.all;
    let near = pieces.get(headline.saturating_sub(2)..(headline + 10).min(pieces.len())).unwrap_or(&[]);
    let mut texts = Vec::new();
    for piece in near.iter().filter(|piece| piece.chars < 160 && piece.shown == Shown::Yes) {
        for link in context.pieces.links_of(piece) {
            let href = context.tree.attr(*link, Attr::Href).unwrap_or("").to_ascii_lowercase();
            let leads = ["/author/", "/authors/", "/autor/", "/autoren/", "/auteur/", "/profile/", "/profil/", "/people/", "user-", "/contributor", "/redakteur", "/by/", "/team/", "/user/", "/staff/", "/journalist"];
            if leads.iter().any(|lead| href.contains(lead)) {
                texts.push(fold(&context.tree.all_text_within(*link, 200)));
            }
        }
    }
    let is_nick = |name: &str| !name.contains(' ') && name.chars().count() >= 4;
    let usable = texts.iter().map(String::as_str).filter(|text| {
        let text = strip_by(text);
        is_personal(text) || is_nick(text)
    });
    collect(context, usable).into_iter().take(4).collect()
}

/// A short line near the headline that begins with "by", or has a name beside a date.
fn from_text(context: &Context<'_>) -> Vec<String> {
    let Some(headline) = context.headline else { return Vec::new() };
    let pieces = &context.pieces.all;
    let (from, to) = (headline.saturating_sub(3), (headline + 8).min(pieces.len()));
    for piece in pieces.get(from..to).unwrap_or(&[]) {
        if piece.shown != Shown::Yes || piece.chars > 110 || piece.above[Hint::Related as usize] < 3 {
            continue;
        }
        let text = context.pieces.text_of(piece);
        let lower = text.to_lowercase();
        let by = ["by ", "von ", "par ", "por ", "di ", "door ", "autor:", "author:", "text:", "автор:", "written by ", "posted by ", "ein artikel von "];
        let has_date = dates::visible(text, context.month_first).is_some();
        let line = if by.iter().any(|by| lower.starts_with(by)) {
            Some(text)
        } else if has_date || lower.starts_with("posted") {
            [" by ", " von ", " By ", " Von ", " par ", " por "].iter().find_map(|by| Some(text.split_once(by)?.1))
        } else {
            None
        };
        if let Some(line) = line {
            let names = collect(context, std::iter::once(line));
            if names.iter().any(|name| name.contains(' ')) {
                return names;
            }
        }
        if has_date && piece.chars < 70 {
            let parts = text.split(['|', '–', '•', '·', ',', '/']).flat_map(|part| part.split(" - "));
            let names = collect(context, parts.filter(|part| is_personal(part.trim())));
            if !names.is_empty() {
                return names;
            }
        }
    }
    Vec::new()
}

/// A name as the last words of the article, or "Text: name" behind it.
fn from_signature(context: &Context<'_>) -> Vec<String> {
    let pieces = &context.pieces.all;
    let Some(last) = context.last else { return Vec::new() };
    let near = pieces.get(last.saturating_sub(1)..(last + 3).min(pieces.len())).unwrap_or(&[]);
    for piece in near {
        let text = context.pieces.text_of(piece);
        let marked = piece.bold_chars + piece.italic_chars >= piece.chars && matches!(piece.tag, Tag::P | Tag::Div);
        let lower = text.to_lowercase();
        let labelled = ["text:", "autor:", "von:", "author:", "by "].iter().any(|label| lower.starts_with(label));
        if piece.chars < 60 && (labelled || marked) && is_personal(strip_by(text)) {
            return collect(context, std::iter::once(text));
        }
    }
    Vec::new()
}

/// Two or three capitalised words and nothing else: a person's name, near enough.
fn is_personal(name: &str) -> bool {
    let words: Vec<&str> = name.split(' ').collect();
    (2..=4).contains(&words.len())
        && name.chars().all(|char| char.is_alphabetic() || matches!(char, ' ' | '.' | '-' | '\'' | '’'))
        && words.iter().all(|word| word.chars().next().is_some_and(char::is_uppercase) || matches!(*word, "von" | "van" | "de" | "der" | "la" | "del" | "di" | "da"))
        && words.iter().all(|word| word.chars().count() >= 2)
        && !is_role(name)
        && dates::visible(&format!("1 {} 2020", words[0]), false).is_none()
        && dates::visible(&format!("1 {} 2020", words[words.len() - 1]), false).is_none()
}

/// The names in a byline.
pub(super) fn names(text: &str) -> Vec<String> {
    let text = crate::extract::entities::decode(text, false);
    let mut text = fold(&text);
    if text.contains("://") || text.starts_with("www.") || text.starts_with('@') || text.chars().count() > 200 {
        return Vec::new();
    }
    // "Posted on 4 March 2024 by ...".
    if text.contains(|char: char| char.is_ascii_digit())
        && let Some(tail) = [" by ", " von ", " par "].iter().find_map(|by| Some(text.split_once(by)?.1.to_owned()))
    {
        text = tail;
    }
    // "By" may come twice: a label and the line itself.
    for _ in 0..2 {
        text = strip_by(&text).to_owned();
    }
    for end in [" | ", " - ", " – ", " — ", " • ", " · ", " / ", " on ", " am ", " in ", " for ", " für ", " @", " updated", " published", " im gespräch", " vor ", " le ", " fr ", " mo ", " di ", " mi ", " do ", " um ", " at ", " vom ", " veröffentlicht", "\u{a0}"] {
        if let Some((head, _)) = text.split_once(end) {
            text = head.to_owned();
        }
    }
    if let Some((head, tail)) = text.split_once(" (")
        && let Some((_, after)) = tail.split_once(')')
    {
        text = format!("{head}{after}");
    }
    if let Some(at) = text.find(|char: char| char.is_ascii_digit())
        && text.get(..at).is_some_and(|head| head.contains(' '))
    {
        // A date follows, maybe with its month or weekday before it.
        let head = text.get(..at).unwrap_or("").trim_end_matches([' ', ',', '.', '|']);
        let keep = head.rsplit_once([',', '|']).map_or(head, |(head, _)| head);
        text = keep.to_owned();
    }
    while let Some((head, last)) = text.rsplit_once(' ')
        && ["stand", "mo", "di", "mi", "do", "fr", "sa", "so", "vor", "am", "on", "um", "in", "für", "for", "shares", "le"].contains(&last.to_lowercase().as_str())
    {
        text = head.to_owned();
    }
    let mut parts: Vec<&str> = vec![&text];
    for separator in [";", ",", " and ", " und ", " & ", " y ", " et ", " e ", " en ", " og ", " och ", " и ", " i ", "、", " with ", " mit ", " sowie "] {
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

fn strip_by(text: &str) -> &str {
    let lower = text.to_lowercase();
    for by in BY {
        if lower.starts_with(by) && lower.len() == text.len() {
            let rest = text.get(by.len()..).unwrap_or("");
            if by.ends_with(':') || rest.starts_with([' ', ':', '\u{a0}']) {
                return rest.trim_start_matches([' ', ':', '\u{a0}']);
            }
        }
    }
    text
}

fn is_role(name: &str) -> bool {
    let lower = name.to_lowercase();
    ["editor", "writer", "reporter", "correspondent", "staff", "redakt", "journalist", "contributor", "news", "times", "press", "chief", "columnist", "author", "senior", "university", "ceo", "phd", "founder", "bureau", "digital", "producer"]
        .iter()
        .any(|role| lower.contains(role))
}

fn looks_like_name(name: &str) -> bool {
    let words: Vec<&str> = name.split(' ').collect();
    let letters = name.chars().filter(|char| char.is_alphabetic()).count();
    let lower = name.to_lowercase();
    letters >= 2
        && words.len() <= 5
        && name.chars().count() <= 50
        && !name.contains(['@', '{', '<', '=', '!', '?', ':', '"', '“', '„'])
        && !NOBODY.contains(&lower.as_str())
        && !name.contains("[at]")
        && !words.iter().any(|word| COMPANY.contains(word))
        && letters * 2 > name.chars().count()
        && !(words.len() > 1 && words.iter().filter(|word| word.chars().next().is_some_and(char::is_lowercase)).count() > words.len() / 2)
}
