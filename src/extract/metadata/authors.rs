//! Who wrote it: names, without roles, dates and "by".

use serde_json::Value;

use super::{
    Context, Sources, dates, eastern, is_beside,
    names::{Place, fold, leading_name, names, strip_by},
    person::{is_personal, is_role},
    shown::name_below,
};
use crate::extract::{
    element::{Attr, Tag},
    hints::Hint,
    ld,
    walk::Shown,
};

/// Authors of an article, at most.
const AUTHORS_MAX: usize = 12;

/// The names of the authors.
pub(super) fn authors(context: &Context<'_>, sources: &mut Sources) -> Vec<String> {
    type Reader = fn(&Context<'_>) -> Vec<String>;
    let readers: [(&'static str, Reader); 9] = [
        ("json-ld", from_ld),
        ("byline", |context| from_elements(context, true)),
        ("byline", |context| personal(from_elements(context, false))),
        ("meta", from_meta),
        ("meta", from_weak_meta),
        ("byline", |context| from_elements(context, false)),
        ("text", from_text),
        ("link", from_links),
        ("signature", from_signature),
    ];
    let mut left = readers.iter();
    let found =
        left.find_map(|(source, read)| Some((*source, read(context))).filter(|(_, names)| !names.is_empty()));
    let Some((source, mut names)) = found else { return Vec::new() };
    sources.insert("authors", source);
    // A first name in the markup, the full name in the byline.
    if let [name] = names.as_mut_slice()
        && !name.contains(' ')
    {
        let first = format!("{name} ");
        let longer = left.flat_map(|(_, read)| read(context)).find(|other| other.starts_with(&first));
        if let Some(longer) = longer {
            *name = longer;
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
    for text in texts.take(AUTHORS_MAX) {
        let found = names(text, Place::of(context));
        let of_two = found.len() == 2;
        for (index, name) in found.into_iter().enumerate() {
            let known = out.iter().any(|other| other.to_lowercase() == name.to_lowercase());
            let is_place = of_two && index > 0 && text.contains(',') && is_told_of(context, &name);
            if !known && out.len() < AUTHORS_MAX && !context.is_site(&name) && !is_place {
                out.push(name);
            }
        }
    }
    out
}

/// Whether the article speaks of it: then what follows the author's name in a byline is a place.
fn is_told_of(context: &Context<'_>, name: &str) -> bool {
    let (Some(first), Some(last)) = (context.first, context.last) else { return false };
    // The second half may say who the authors are.
    let body = context.pieces.all.get(first..=usize::midpoint(first, last)).unwrap_or(&[]);
    body.iter().any(|piece| piece.chars >= 80 && context.pieces.text_of(piece).contains(name))
}

fn from_ld(context: &Context<'_>) -> Vec<String> {
    for article in &context.articles {
        let Some(author) = article.get("author").or_else(|| article.get("creator")) else { continue };
        let values: Vec<&Value> = match author {
            Value::Array(values) => values.iter().collect(),
            value => vec![value],
        };
        let texts = values.into_iter().take(AUTHORS_MAX).filter_map(|value| {
            let value = context.ld.resolve(value);
            let is_person = !value
                .get("@type")
                .and_then(Value::as_str)
                .is_some_and(|kind| kind.ends_with("Organization"));
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
        "author",
        "article:author",
        "article:author_name",
        "og:article:author",
        "dc.creator",
        "dcterms.creator",
        "dc.contributor",
        "parsely-author",
        "sailthru.author",
        "byl",
        "citation_author",
        "cxenseparse:author",
        "rbauthors",
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
            let is_author = [
                "written",
                "author",
                "verfasst",
                "geschrieben",
                "écrit",
                "escrito",
                "autor",
                "scritto",
                "door",
            ]
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
    let headline =
        context.headline.and_then(|index| context.pieces.all.get(index)).map_or(0, |piece| piece.node);
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
        let mut text = match tree.tag(*node) {
            Tag::Meta => tree.attr(*node, Attr::Content).unwrap_or("").to_owned(),
            _ => name_below(context, *node),
        };
        if names(&text, Place::of(context)).is_empty()
            && let Some(label) = tree.attr(*node, Attr::AriaLabel)
        {
            label.clone_into(&mut text);
        }
        if text.chars().count() > 120
            && let Some(name) = leading_name(&text)
        {
            text = name;
        }
        if text.chars().count() > 120 || names(&text, Place::of(context)).is_empty() {
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
    if strict { names } else { without_roles(names) }
}

/// Leaves out what boxes put beside the names: their roles, and the names repeated with a role.
fn without_roles(names: Vec<String>) -> Vec<String> {
    let is_whole = |name: &String| name.contains(' ') && !is_role(name);
    if !names.first().is_some_and(is_whole) {
        return match names.iter().find(|name| is_whole(name) && is_personal(name)) {
            Some(whole) if names.first().is_some_and(|first| first.starts_with(whole.as_str())) => {
                vec![whole.clone()]
            }
            _ => names.into_iter().take(4).collect(),
        };
    }
    let known = names.clone();
    let more = |name: &String| {
        known.iter().any(|other| {
            other.contains(' ')
                && name.strip_prefix(other.as_str()).is_some_and(|rest| rest.starts_with([' ', ',']))
        })
    };
    names.into_iter().filter(|name| is_whole(name) && !more(name)).take(4).collect()
}

/// Links to authors' pages near the headline.
fn from_links(context: &Context<'_>) -> Vec<String> {
    let Some(headline) = context.headline else { return Vec::new() };
    let pieces = &context.pieces.all;
    let near = pieces.get(headline.saturating_sub(2)..(headline + 10).min(pieces.len())).unwrap_or(&[]);
    let mut texts = Vec::new();
    for piece in near.iter().filter(|piece| piece.chars < 160 && piece.shown == Shown::Yes) {
        for link in context.pieces.links_of(piece) {
            let href = context.tree.attr(*link, Attr::Href).unwrap_or("").to_ascii_lowercase();
            let leads = [
                "/author/",
                "/authors/",
                "/autor/",
                "/autoren/",
                "/auteur/",
                "/profile/",
                "/profil/",
                "/people/",
                "user-",
                "/contributor",
                "/redakteur",
                "/by/",
                "/team/",
                "/user/",
                "/staff/",
                "/journalist",
                "/newsteam",
                "/redaktion/",
                "/writer",
                "/columnist",
                "/reporter",
                "/bio/",
                "/profiles/",
                "/autori/",
                "/auteurs/",
                "/autores/",
                "/forfatter",
                "/skribent",
                "/toimittaja",
                "/yazar",
                "/penulis",
            ];
            let text = fold(&context.tree.all_text_within(*link, 200));
            if leads.iter().any(|lead| href.contains(lead)) {
                texts.push(text);
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

/// What a line that names the author begins with, in lower case.
const LABELS: [&str; 46] = [
    "by ",
    "von ",
    "par ",
    "por ",
    "di ",
    "door ",
    "autor:",
    "author:",
    "text:",
    "автор:",
    "written by ",
    "posted by ",
    "ein artikel von ",
    "autorin:",
    "redaktion:",
    "redaktion ",
    "texte:",
    "texto:",
    "testo:",
    "tekst:",
    "teksti:",
    "text av ",
    "av ",
    "af ",
    "oleh ",
    "penulis:",
    "yazan:",
    "текст:",
    "автор",
    "szerző",
    "írta",
    "autoři",
    "avtor",
    "piše",
    "συντάκτης",
    "γράφει",
    "tác giả",
    "كتب",
    "بقلم",
    "نویسنده",
    "به قلم",
    "מאת",
    "โดย",
    "लेखक",
    "story by ",
    "words by ",
];

/// A short line near the headline that begins with "by", or has a name beside a date.
fn from_text(context: &Context<'_>) -> Vec<String> {
    let pieces = &context.pieces.all;
    let around = |anchor: Option<usize>, before: usize, behind: usize| {
        let anchor = anchor.unwrap_or(usize::MAX);
        pieces
            .get(anchor.saturating_sub(before)..anchor.saturating_add(behind).min(pieces.len()))
            .unwrap_or(&[])
    };
    let near = around(context.headline, 3, 8).iter().chain(around(context.first, 3, 3));
    for piece in near {
        if piece.shown != Shown::Yes || piece.chars > 110 || piece.above[Hint::Related as usize] < 3 {
            continue;
        }
        let text = context.pieces.text_of(piece);
        let lower = text.to_lowercase();
        let has_date = dates::visible(text, context.custom).is_some();
        let line = if LABELS.iter().any(|label| lower.starts_with(label)) || eastern::is_labelled(text) {
            Some(text)
        } else if has_date || lower.starts_with("posted") {
            [" by ", " von ", " By ", " Von ", " par ", " por "]
                .iter()
                .find_map(|by| Some(text.split_once(by)?.1))
        } else {
            None
        };
        if let Some(line) = line {
            let names = collect(context, std::iter::once(line));
            if names.iter().any(|name| name.contains(' ') || !name.is_ascii() && text.contains([':', '：']))
            {
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

/// A name as the last words of the article, or "Text: name" after it.
fn from_signature(context: &Context<'_>) -> Vec<String> {
    let pieces = &context.pieces.all;
    let Some(last) = context.last else { return Vec::new() };
    let start = last.saturating_sub(3);
    let near = pieces.get(start..(last + 4).min(pieces.len())).unwrap_or(&[]);
    for (index, piece) in (start..).zip(near) {
        let text = context.pieces.text_of(piece);
        let marked = piece.bold_chars + piece.italic_chars >= piece.chars
            && matches!(piece.tag, Tag::P | Tag::Div)
            && index + 1 >= last
            && index < last + 3;
        let lower = text.to_lowercase();
        let labelled = ["text:", "autor:", "autorin:", "von:", "author:", "by ", "作者", "redaktion:"]
            .iter()
            .any(|label| lower.starts_with(label));
        let name = strip_by(text);
        let is_name = is_personal(name) || labelled && !name.is_ascii() && name.chars().count() <= 8;
        if piece.chars < 60 && (labelled || marked) && is_name {
            return collect(context, std::iter::once(text));
        }
    }
    Vec::new()
}
