//! When the article was published and last changed.

use chrono::{DateTime, Utc};

use super::dates::{machine, visible};
use super::{Context, Sources};
use crate::extract::element::{Attr, Tag};
use crate::extract::hints::Hint;
use crate::extract::ld;
use crate::extract::walk::Shown;

/// `meta` names of the publication date, best first.
const PUBLISHED: [&str; 36] = [
    "article:published_time", "article:published", "og:article:published_time", "og:published_time", "datepublished",
    "pubdate", "publishdate", "publish_date", "publish-date", "published_date", "published-date", "publication_date",
    "publication-date", "publicationdate", "date_published", "sailthru.date", "parsely-pub-date", "article.published",
    "dc.date.issued", "dcterms.issued", "dc.issued", "dc.date.created", "dcterms.created", "dcterms.date", "dc.date",
    "date", "displaydate", "article_date_original", "citation_date", "citation_publication_date", "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime", "bt:pubdate", "rnews:datepublished", "datecreated", "created",
];
/// `meta` names of the date of the last change.
const UPDATED: [&str; 16] = [
    "article:modified_time", "article:modified", "og:updated_time", "og:modified_time", "datemodified", "lastmod", "last-modified",
    "dcterms.modified", "dc.date.modified", "dc.modified", "modified", "revised", "date_modified", "last_updated", "modificationdate", "updated",
];

/// Publication and change times.
pub(super) fn dates(context: &Context<'_>, sources: &mut Sources) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    let mut note = |field: &'static str, source: &'static str, found: Option<DateTime<Utc>>| {
        if found.is_some() {
            sources.insert(field, source);
        }
        found
    };
    let published = note("published_at", "json-ld", ld_date(context, &["datePublished", "dateCreated", "uploadDate"]))
        .or_else(|| note("published_at", "meta", meta_date(context, &PUBLISHED)))
        .or_else(|| note("published_at", "microdata", item_date(context, &["datepublished", "datecreated"])))
        .or_else(|| note("published_at", "time", time_date(context)))
        .or_else(|| note("published_at", "text", text_date(context)))
        .or_else(|| note("published_at", "url", url_date(context)))
        .or_else(|| note("published_at", "text", any_time(context)));
    let updated = note("updated_at", "json-ld", ld_date(context, &["dateModified"]))
        .or_else(|| note("updated_at", "meta", meta_date(context, &UPDATED)))
        .or_else(|| note("updated_at", "microdata", item_date(context, &["datemodified"])));
    let published = published.or_else(|| note("published_at", "updated_at", updated));
    (published, updated)
}

fn ld_date(context: &Context<'_>, keys: &[&str]) -> Option<DateTime<Utc>> {
    let articles = context.ld.articles();
    keys.iter().find_map(|key| articles.iter().find_map(|article| machine(ld::text(article.get(*key)?)?)))
}

fn meta_date(context: &Context<'_>, names: &[&str]) -> Option<DateTime<Utc>> {
    names.iter().find_map(|name| context.head.all(name).find_map(machine))
}

/// Dates as `itemprop`, on any element.
fn item_date(context: &Context<'_>, names: &[&str]) -> Option<DateTime<Utc>> {
    let tree = context.tree;
    context.head.items.iter().find_map(|node| {
        let name = tree.attr(*node, Attr::Itemprop)?.to_ascii_lowercase();
        if !name.split_ascii_whitespace().any(|name| names.contains(&name)) {
            return None;
        }
        [Attr::Datetime, Attr::Content]
            .into_iter()
            .find_map(|attr| machine(tree.attr(*node, attr)?))
            .or_else(|| visible(&tree.all_text(*node), context.month_first))
    })
}

/// The `time` element nearest to the headline; one for a comment or a teaser says nothing.
fn time_date(context: &Context<'_>) -> Option<DateTime<Utc>> {
    let tree = context.tree;
    let headline = context.headline.and_then(|index| context.pieces.all.get(index)).map_or(0, |piece| piece.node);
    let usable = |node: u32| {
        let mut above = [crate::extract::walk::FAR; Hint::COUNT];
        let mut at = node;
        for _ in 0..6 {
            if at == crate::extract::tree::NONE {
                break;
            }
            for attr in [Attr::Class, Attr::Id] {
                crate::extract::hints::of_name(tree.attr(at, attr).unwrap_or(""), &mut above);
            }
            crate::extract::hints::of_tag(tree.tag(at), &mut above);
            at = tree.parent(at);
        }
        [Hint::Comment, Hint::Related, Hint::Side, Hint::Nav, Hint::InAside].into_iter().all(|hint| above[hint as usize] > 0)
    };
    context
        .head
        .times
        .iter()
        .filter(|node| usable(**node))
        .filter_map(|node| {
            let found = tree
                .attr(*node, Attr::Datetime)
                .and_then(machine)
                .or_else(|| visible(&tree.all_text(*node), context.month_first))?;
            let is_update = ["updated", "modified"].iter().any(|word| {
                tree.attr(*node, Attr::Class).is_some_and(|class| class.contains(word) && !class.contains("published"))
            });
            // A little behind the headline is best, then before it.
            let distance = if *node >= headline { *node - headline } else { (headline - *node) * 3 };
            Some((is_update, distance, found))
        })
        .min_by_key(|(is_update, distance, _)| (*is_update, *distance))
        .map(|(.., found)| found)
}

/// A date in short visible text around the headline, or where class names or a phrase promise one.
fn text_date(context: &Context<'_>) -> Option<DateTime<Utc>> {
    let pieces = &context.pieces.all;
    let headline = context.headline.map_or(0, |index| index as i64);
    let mut best: Option<(i64, DateTime<Utc>)> = None;
    for (index, piece) in pieces.iter().enumerate() {
        if piece.shown != Shown::Yes || piece.chars > 260 {
            continue;
        }
        let distance = index as i64 - headline;
        let promised = piece.above[Hint::Meta as usize] <= 1;
        let near = (-8..=14).contains(&distance) && context.headline.is_some();
        let beside = piece.above[Hint::Comment as usize] < 6
            || piece.above[Hint::Related as usize] < 3
            || piece.above[Hint::Nav as usize] < 3
            || piece.above[Hint::Footer as usize] < 4
            || piece.above[Hint::Side as usize] < 4;
        if !(near || promised && !beside) || !context.pieces.text_of(piece).contains(|char: char| char.is_numeric()) {
            continue;
        }
        let text = context.pieces.text_of(piece);
        let Some(found) = visible(text, context.month_first) else { continue };
        let length = i64::from(piece.chars / 20);
        let mut cost = if distance >= 0 { distance * 2 } else { -distance * 3 } + length * 2;
        cost -= if promised { 12 } else { 0 };
        cost += if beside { 30 } else { 0 };
        cost += if piece.tag.is_heading() || piece.chars > 120 { 10 } else { 0 };
        if best.is_none_or(|(other, _)| cost < other) {
            best = Some((cost, found));
        }
    }
    best.map(|(_, found)| found)
}

/// A date in the address: `/2024/03/04/`, `2024-03-04`.
fn url_date(context: &Context<'_>) -> Option<DateTime<Utc>> {
    let canonical = context.canonical.as_deref();
    [context.url.map(url::Url::as_str), canonical].into_iter().flatten().find_map(|url| {
        let path = url.split_once("://").map_or(url, |(_, rest)| rest);
        let (_, path) = path.split_once('/')?;
        let mut rest = path;
        while let Some(at) = rest.find(|char: char| char.is_ascii_digit()) {
            let tail = rest.get(at..)?;
            let length = tail.find(|char: char| !char.is_ascii_digit()).unwrap_or(tail.len());
            if length == 4 || length == 8 {
                let candidate: String = tail.chars().take(10).collect();
                let parts: Vec<&str> = candidate.split(['/', '-', '_']).collect();
                let found = match parts.as_slice() {
                    [year, month, day] if year.len() == 4 && month.len() == 2 => {
                        let day: String = day.chars().take_while(char::is_ascii_digit).take(2).collect();
                        visible(&format!("{year}-{month}-{day}"), false)
                    }
                    [all, ..] if length == 8 => visible(all.get(..8)?, false),
                    _ => None,
                };
                if found.is_some() {
                    return found;
                }
            }
            rest = tail.get(length..)?;
        }
        None
    })
}

/// Any `time` element, then any short piece with a date, in reading order.
fn any_time(context: &Context<'_>) -> Option<DateTime<Utc>> {
    let tree = context.tree;
    context
        .head
        .times
        .iter()
        .find_map(|node| machine(tree.attr(*node, Attr::Datetime)?))
        .or_else(|| {
            context
                .pieces
                .all
                .iter()
                .skip(context.headline.unwrap_or(0))
                .filter(|piece| piece.chars < 100 && piece.shown == Shown::Yes && !matches!(piece.tag, Tag::H2 | Tag::H3))
                .filter(|piece| piece.above[Hint::Footer as usize] > 3)
                .find_map(|piece| visible(context.pieces.text_of(piece), context.month_first))
        })
}
