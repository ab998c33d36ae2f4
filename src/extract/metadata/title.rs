//! The headline, without the name of the site.

use url::Url;

use super::{
    Context, Sources, is_home,
    kicker::without_kicker,
    site_name::{SEPARATORS, is_own_name, is_site, squeeze, without_site},
    trim::{fold, trim_separators},
};
use crate::extract::{
    element::{Attr, Tag},
    features::{hashed, words},
    head::Head,
    hints::Hint,
    ld::{self, Ld},
    walk::{Piece, Shown},
};

/// Longest heading that is looked at, in characters.
const HEADING_MAX: u32 = 300;
/// A heading stands at most this many pieces before the text, if nothing else speaks for it.
const AHEAD_MAX: usize = 12;
/// With this many words the only heading of the first level is a headline.
const H1_WORDS_MIN: usize = 5;

/// What the markup gives as the title, best first, each with its source.
pub(crate) fn candidates(head: &Head<'_>, ld: &Ld) -> Vec<(String, &'static str)> {
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

/// The words of the candidates, and of what is left of each without its first or last part.
pub(crate) fn word_lists(candidates: &[(String, &'static str)]) -> Vec<Vec<String>> {
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

/// What the markup gives as the title, without the site's name.
struct Known<'a> {
    clean: Vec<(String, &'static str)>,
    raw: &'a [(String, &'static str)],
    /// Words of both.
    lists: Vec<Vec<u64>>,
    raw_lists: Vec<Vec<u64>>,
}

/// The headline: as the page shows it if that can be found, else as the markup gives it.
pub(super) fn title(
    context: &Context<'_>,
    candidates: &[(String, &'static str)],
    sources: &mut Sources,
) -> Option<String> {
    let (site, host) = (context.site.as_deref(), context.host());
    let clean: Vec<(String, &'static str)> = candidates
        .iter()
        .map(|(title, source)| (trim_separators(&without_site(title, site, host)).to_owned(), *source))
        .collect();
    let known = Known {
        lists: clean.iter().map(|(title, _)| hashed(title)).collect(),
        raw_lists: candidates.iter().map(|(title, _)| hashed(title)).collect(),
        clean,
        raw: candidates,
    };
    let (title, source) = known_heading(context, &known)
        .map(|title| (title, "heading"))
        .or_else(|| shown_part(context, &known).map(|title| (title, "text")))
        .or_else(|| from_markup(context, &known))
        .or_else(|| heading_ahead(context).map(|title| (title, "heading")))
        .or_else(|| known.clean.first().cloned())?;
    sources.insert("title", source);
    Some(title)
}

/// The headings that readers see.
fn headings<'a>(context: &'a Context<'_>) -> impl Iterator<Item = (usize, &'a Piece, &'a str)> {
    let pieces = context.pieces;
    pieces
        .all
        .iter()
        .enumerate()
        .filter(|(_, piece)| {
            piece.tag.is_heading()
                && piece.shown == Shown::Yes
                && piece.chars <= HEADING_MAX
                && !leads_home(context, piece)
        })
        .map(|(index, piece)| (index, piece, pieces.text_of(piece)))
}

/// Whether a heading is a link to the home page, and so the site's name.
fn leads_home(context: &Context<'_>, piece: &Piece) -> bool {
    let [link] = context.pieces.links_of(piece) else { return false };
    if piece.link_chars < piece.chars {
        return false;
    }
    let Some(href) = context.tree.attr(*link, Attr::Href) else { return false };
    if context.url.is_none_or(is_home) || is_deep(href) {
        return false;
    }
    let found = context.url.map_or_else(|| Url::parse(href.trim()), |url| url.join(href.trim()));
    // Archives append the address of the page to their own.
    let original = href.rfind("http").filter(|at| *at > 0).and_then(|at| Url::parse(href.get(at..)?).ok());
    original.or_else(|| found.ok()).is_some_and(|url| is_home(&url))
}

/// Whether a link has a path of two steps or more, found without parsing it as an address: most headings that
/// are links lead to articles.
fn is_deep(href: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
    href.strip_prefix('/').is_some_and(|path| {
        path.bytes().all(plain)
            && !path.starts_with('/')
            && !path.contains("..")
            && !path.contains("./")
            && !path.ends_with('.')
            && !path.contains("http")
            && path.trim_matches('/').contains('/')
    })
}

/// The heading most like the title in the markup, without kicker and site.
fn known_heading(context: &Context<'_>, known: &Known<'_>) -> Option<String> {
    let mut best: Option<(f32, &str, u32)> = None;
    for (_, piece, text) in headings(context) {
        let own = hashed(text);
        if own.is_empty() {
            continue;
        }
        let lists = known.lists.iter().filter(|list| !is_behind(list, &own));
        let like = lists.map(|list| likeness(&own, list));
        let like = like.fold(0.0, f32::max);
        let inside = own.len() >= 3
            && known.raw_lists.iter().any(|list| contains(list, &own) && !is_behind(list, &own));
        let score = like.max(if inside { 0.8 } else { 0.0 })
            + if piece.tag == Tag::H1 { 0.15 } else { 0.0 }
            + (own.len().min(12) as f32) * 0.01;
        let own_site = own.len() < 3 && is_site(text, context.site.as_deref(), context.host());
        if (like >= 0.6 || inside) && !own_site && best.is_none_or(|(other, ..)| score > other) {
            best = Some((score, text, piece.node));
        }
    }
    let (_, text, node) = best?;
    let inner = without_kicker(context.tree, node, &known.lists).unwrap_or_else(|| text.to_owned());
    let shorter = without_site(&inner, context.site.as_deref(), context.host());
    let is_enough = hashed(&shorter).len() >= 3 || known.lists.contains(&hashed(&shorter));
    let title = if is_enough { shorter } else { inner };
    Some(trim_separators(&title).to_owned())
}

/// A line before the text that is the beginning of the title in the markup: what the page shows is the
/// headline, and what follows in the markup are sections and names.
fn shown_part(context: &Context<'_>, known: &Known<'_>) -> Option<String> {
    let until = context.first.map_or(context.pieces.all.len(), |first| first + 1);
    let shown = context.pieces.all.iter().take(until).filter(|piece| {
        piece.shown == Shown::Yes
            && (8..=HEADING_MAX).contains(&piece.chars)
            && piece.link_chars == 0
            && piece.above[Hint::Nav as usize] > 4
    });
    shown
        .filter_map(|piece| {
            let text = context.pieces.text_of(piece);
            let is_part = known.raw.iter().any(|(title, _)| {
                text.len() * 2 >= title.len()
                    && title.strip_prefix(text).and_then(|rest| rest.trim_start().chars().next()).is_some_and(
                        |next| {
                            !next.is_alphanumeric() && !matches!(next, ',' | '.' | '\'' | '’') || next == 'ㅣ'
                        },
                    )
            });
            let is_long = hashed(text).len() >= 4 || !text.is_ascii();
            (is_part && is_long).then(|| text.to_owned())
        })
        .max_by_key(String::len)
}

/// The title in the markup, or the only heading of the first level if that is better.
fn from_markup(context: &Context<'_>, known: &Known<'_>) -> Option<(String, &'static str)> {
    let (site, host) = (context.site.as_deref(), context.host());
    let mut h1s = headings(context).filter(|(_, piece, _)| piece.tag == Tag::H1);
    let site_words = site.map(hashed).unwrap_or_default();
    let only_h1 = match (h1s.next(), h1s.next()) {
        (Some((_, piece, only)), None)
            if known.clean.is_empty()
                || hashed(only).len() >= 2 && hashed(only) != site_words && !is_site(only, site, host) =>
        {
            let title = without_kicker(context.tree, piece.node, &known.lists);
            Some((trim_separators(&title.unwrap_or_else(|| only.to_owned())).to_owned(), "heading"))
        }
        _ => None,
    };
    let marked =
        known.clean.iter().find(|(title, _)| hashed(title).len() >= 2 && !is_of_site(title, site, host));
    let shows = |h1: &(String, &str)| {
        hashed(&h1.0).len() >= H1_WORDS_MIN
            && headings(context).any(|(index, piece, _)| {
                piece.tag == Tag::H1
                    && piece.above[Hint::InArticle as usize] < 5
                    && context.first.is_some_and(|first| index <= first + 2 && index + AHEAD_MAX >= first)
            })
    };
    match (marked, only_h1) {
        (Some((_, "title")), Some(h1)) => Some(h1),
        // What the page shows its readers above the text, though search engines are given another
        // title.
        (Some(_), Some(h1)) if shows(&h1) => Some(h1),
        (Some(marked), _) => Some(marked.clone()),
        (None, h1) => h1,
    }
}

/// First steps of a breadcrumb trail, in lower case.
const HOMES: [&str; 18] = [
    "home",
    "homepage",
    "start",
    "startseite",
    "accueil",
    "inicio",
    "início",
    "inici",
    "hem",
    "hjem",
    "forside",
    "etusivu",
    "domů",
    "главная",
    "anasayfa",
    "beranda",
    "首页",
    "ホーム",
];

/// Whether it is the title of the site or of a section: its name, or the trail to it ("Home |
/// Politics").
fn is_of_site(title: &str, site: Option<&str>, host: Option<&str>) -> bool {
    let first = SEPARATORS.iter().filter_map(|separator| title.split_once(separator)).map(|(first, _)| first);
    is_own_name(title, site, host)
        || first.min_by_key(|first| first.len()).is_some_and(|first| HOMES.contains(&squeeze(first).as_str()))
}

/// The highest heading shortly before the text, the nearest of several.
fn heading_ahead(context: &Context<'_>) -> Option<String> {
    let (site, host) = (context.site.as_deref(), context.host());
    let first = context.first?;
    let (_, piece, text) = headings(context)
        .filter(|(index, piece, text)| {
            *index <= first
                && index + AHEAD_MAX >= first
                && piece.above[Hint::Nav as usize] > 4
                && piece.above[Hint::Related as usize] > 4
                && hashed(text).len() >= 2
                && !is_site(text, site, host)
        })
        .min_by_key(|(index, piece, _)| (piece.tag, first - index))?;
    Some(without_kicker(context.tree, piece.node, &[]).unwrap_or_else(|| text.to_owned()))
}

fn likeness(own: &[u64], list: &[u64]) -> f32 {
    if list.is_empty() {
        return 0.0;
    }
    let shared = own.iter().filter(|word| list.contains(word)).count() as f32;
    (2.0 * shared / (own.len() + list.len()) as f32).min(1.0)
}

/// Whether `inner` is a small part of `outer`, but not at its beginning: a column's or a section's name after
/// the headline.
fn is_behind(outer: &[u64], inner: &[u64]) -> bool {
    inner.len() * 2 < outer.len() && !outer.starts_with(inner) && contains(outer, inner)
}

/// Whether `outer` contains `inner` in one piece.
fn contains(outer: &[u64], inner: &[u64]) -> bool {
    outer.windows(inner.len()).any(|window| window == inner)
}
