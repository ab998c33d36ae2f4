//! When the article was published and last changed.

use chrono::{DateTime, FixedOffset, Timelike};

use super::{
    Context, Sources,
    dates::{in_address, machine, visible},
    stamp,
    visible::{is_caption, text_date},
};
use crate::extract::{
    element::{Attr, Tag},
    hints::Hint,
    ld,
    walk::Shown,
};

/// A date of the article stands at most this many pieces after its text.
const AFTER_MAX: usize = 6;

/// `meta` names of the publication date, best first.
const PUBLISHED: [&str; 26] = [
    "article:published_time",
    "article:published",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "pubdate",
    "publishdate",
    "publish_date",
    "publish-date",
    "published_date",
    "published-date",
    "publication_date",
    "publication-date",
    "publicationdate",
    "date_published",
    "sailthru.date",
    "parsely-pub-date",
    "article.published",
    "dc.date.issued",
    "dcterms.issued",
    "dc.issued",
    "displaydate",
    "article_date_original",
    "citation_publication_date",
    "cxenseparse:recs:publishtime",
    "rnews:datepublished",
];
/// Names that some systems also use for the date of the last change, or of the file.
const WEAK: [&str; 9] = [
    "dc.date.created",
    "dcterms.created",
    "dcterms.date",
    "dc.date",
    "date",
    "citation_date",
    "bt:pubdate",
    "datecreated",
    "created",
];
/// `meta` names of the date of the last change.
const UPDATED: [&str; 16] = [
    "article:modified_time",
    "article:modified",
    "og:updated_time",
    "og:modified_time",
    "datemodified",
    "lastmod",
    "last-modified",
    "dcterms.modified",
    "dc.date.modified",
    "dc.modified",
    "modified",
    "revised",
    "date_modified",
    "last_updated",
    "modificationdate",
    "updated",
];

/// Publication and change times.
pub(super) fn dates(
    context: &Context<'_>,
    sources: &mut Sources,
) -> (Option<DateTime<FixedOffset>>, Option<DateTime<FixedOffset>>) {
    let mut note = |field: &'static str, source: &'static str, found: Option<DateTime<FixedOffset>>| {
        if found.is_some() {
            sources.insert(field, source);
        }
        found
    };
    let published =
        note("published_at", "json-ld", ld_date(context, &["datePublished", "dateCreated", "uploadDate"]))
            .or_else(|| note("published_at", "meta", meta_date(context, &PUBLISHED)))
            .or_else(|| {
                note(
                    "published_at",
                    "microdata",
                    item_date(context, &["datepublished", "datecreated", "uploaddate"]),
                )
            })
            .or_else(|| note("published_at", "time", time_date(context)))
            .or_else(|| note("published_at", "text", text_date(context, true)))
            .or_else(|| note("published_at", "url", url_date(context)))
            .or_else(|| note("published_at", "meta", meta_date(context, &WEAK)))
            .or_else(|| note("published_at", "text", text_date(context, false)))
            .or_else(|| note("published_at", "json-ld", any_ld(context)))
            .or_else(|| note("published_at", "json", json_date(context)))
            .or_else(|| note("published_at", "text", any_time(context)))
            .or_else(|| note("published_at", "meta", described(context)));
    let published = match (published, agreed(context)) {
        (Some(found), Some(other)) if found.date_naive() != other.date_naive() => {
            note("published_at", "meta", Some(other))
        }
        _ => published,
    };
    let updated = note("updated_at", "json-ld", ld_date(context, &["dateModified"]))
        .or_else(|| note("updated_at", "meta", meta_date(context, &UPDATED)))
        .or_else(|| note("updated_at", "microdata", item_date(context, &["datemodified"])))
        .or_else(|| note("updated_at", "text", changed(context)));
    let published = published.or_else(|| note("published_at", "updated_at", updated));
    let published = match (published, updated) {
        (Some(first), Some(last)) if shows_only(context, first, last) => {
            note("published_at", "updated_at", updated)
        }
        _ => published,
    };
    (published.map(|found| as_shown(context, found)), updated)
}

/// The date in `meta` if it is the one that readers see: two sources against JSON-LD.
fn agreed(context: &Context<'_>) -> Option<DateTime<FixedOffset>> {
    let found = meta_date(context, &PUBLISHED)?;
    let shown = text_date(context, true)?;
    (found.date_naive() == shown.date_naive()).then_some(found)
}

/// Whether the page shows its readers the date of the last change as the article's date, and not the first
/// one: it was published again.
fn shows_only(context: &Context<'_>, first: DateTime<FixedOffset>, last: DateTime<FixedOffset>) -> bool {
    if last.date_naive() <= first.date_naive() {
        return false;
    }
    let Some(headline) = context.headline else { return false };
    let near = context
        .pieces
        .all
        .get(headline.saturating_sub(4)..(headline + 8).min(context.pieces.all.len()))
        .unwrap_or(&[]);
    let dates: Vec<_> = near
        .iter()
        .filter(|piece| piece.chars < 120 && piece.shown == Shown::Yes)
        .map(|piece| context.pieces.text_of(piece))
        .filter(|text| !stamp::is_of_change(text))
        .filter_map(|text| visible(text, context.custom))
        .map(|date| date.date_naive())
        .collect();
    dates.contains(&last.date_naive()) && !dates.contains(&first.date_naive())
}

/// A time given in UTC, moved to the zone of the date that readers see in the address or near the headline:
/// the moment stays the same, its day becomes the publisher's.
fn as_shown(context: &Context<'_>, found: DateTime<FixedOffset>) -> DateTime<FixedOffset> {
    if found.offset().local_minus_utc() != 0 || found.time() == chrono::NaiveTime::MIN {
        return found;
    }
    let shown = url_date(context).or_else(|| text_date(context, true)).map(|shown| shown.date_naive());
    let hour = i32::try_from(found.hour()).unwrap_or(0);
    let hours = match shown {
        Some(shown) if Some(shown) == found.date_naive().pred_opt() && hour < 12 => -(hour + 1),
        Some(shown) if Some(shown) == found.date_naive().succ_opt() && hour >= 10 => 24 - hour,
        // A day without a time, stored as midnight in Central Europe.
        _ if matches!(hour, 22 | 23) && found.minute() == 0 && found.second() == 0 && context.continental => {
            24 - hour
        }
        _ => return found,
    };
    FixedOffset::east_opt(hours * 3600).map_or(found, |zone| found.with_timezone(&zone))
}

fn ld_date(context: &Context<'_>, keys: &[&str]) -> Option<DateTime<FixedOffset>> {
    let articles = &context.articles;
    keys.iter().find_map(|key| articles.iter().find_map(|article| machine(ld::text(article.get(*key)?)?)))
}

/// `datePublished` of any object, if no article has one.
fn any_ld(context: &Context<'_>) -> Option<DateTime<FixedOffset>> {
    context.ld.objects().into_iter().find_map(|object| machine(ld::text(object.get("datePublished")?)?))
}

/// A publication date in the initial state of a page's scripts.
fn json_date(context: &Context<'_>) -> Option<DateTime<FixedOffset>> {
    let keys = [
        "\"datePublished\":\"",
        "\"publishedDate\":\"",
        "\"publishedAt\":\"",
        "\"published_at\":\"",
        "\"publishDate\":\"",
        "\"createdAt\":\"",
    ];
    context.head.json.iter().find_map(|(_, body)| {
        keys.iter().find_map(|key| {
            let (_, rest) = body.split_once(*key)?;
            machine(rest.split('"').next()?)
        })
    })
}

/// "Last updated on ...", anywhere on the page.
fn changed(context: &Context<'_>) -> Option<DateTime<FixedOffset>> {
    const WORDS: [&str; 16] = [
        "last edited",
        "last modified",
        "last updated",
        "updated on",
        "updated:",
        "zuletzt",
        "aktualisiert",
        "letzte änderung",
        "stand:",
        "mis à jour",
        "actualizado",
        "aggiornato",
        "atualizado",
        "bijgewerkt",
        "aktualizacja",
        "обновлено",
    ];
    let until = context.last.map_or(usize::MAX, |last| last + AFTER_MAX);
    let near = context.pieces.all.iter().enumerate().filter(|(index, piece)| {
        let within = *index < until
            && piece.above[Hint::Footer as usize] > 4
            && piece.above[Hint::Comment as usize] > 6;
        piece.chars < 200
            && piece.shown == Shown::Yes
            && (within || stamp::is_of_page(context.pieces.text_of(piece)))
    });
    let near = near.map(|(_, piece)| piece);
    near.filter(|piece| !stamp::is_of_house(context.pieces.text_of(piece))).find_map(|piece| {
        let text = context.pieces.text_of(piece);
        if !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let lower = text.to_lowercase();
        let (_, rest) = WORDS.iter().find_map(|word| lower.split_once(word))?;
        visible(rest, context.custom)
    })
}

/// A date in the description.
fn described(context: &Context<'_>) -> Option<DateTime<FixedOffset>> {
    stamp::of_text(context.head.meta(&["og:description", "description"])?, context.custom)
}

fn meta_date(context: &Context<'_>, names: &[&str]) -> Option<DateTime<FixedOffset>> {
    names.iter().find_map(|name| context.head.all(name).find_map(machine))
}

/// Dates as `itemprop`, on any element.
fn item_date(context: &Context<'_>, names: &[&str]) -> Option<DateTime<FixedOffset>> {
    let tree = context.tree;
    context.head.items.iter().find_map(|node| {
        let name = tree.attr(*node, Attr::Itemprop)?.to_ascii_lowercase();
        if !name.split_ascii_whitespace().any(|name| names.contains(&name)) {
            return None;
        }
        [Attr::Datetime, Attr::Content]
            .into_iter()
            .find_map(|attr| machine(tree.attr(*node, attr)?))
            .or_else(|| visible(&tree.all_text(*node), context.custom))
    })
}

/// The `time` element nearest to the headline; one for a comment or a teaser says nothing.
fn time_date(context: &Context<'_>) -> Option<DateTime<FixedOffset>> {
    let tree = context.tree;
    let headline =
        context.headline.and_then(|index| context.pieces.all.get(index)).map_or(0, |piece| piece.node);
    let usable = |node: u32| {
        let mut above = [crate::extract::hints::FAR; Hint::COUNT];
        let mut at = node;
        for _ in 0..6 {
            if at == crate::extract::tree::NONE {
                break;
            }
            for attr in [Attr::Class, Attr::Id] {
                crate::extract::hints::of_name(tree.attr(at, attr).unwrap_or("")).mark(&mut above);
            }
            crate::extract::hints::of_tag(tree.tag(at), &mut above);
            at = tree.parent(at);
        }
        [Hint::Comment, Hint::Related, Hint::Side, Hint::Nav, Hint::InAside]
            .into_iter()
            .all(|hint| above[hint as usize] > 0)
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
                .or_else(|| visible(&tree.all_text(*node), context.custom))?;
            let is_update = ["updated", "modified"].iter().any(|word| {
                tree.attr(*node, Attr::Class)
                    .is_some_and(|class| class.contains(word) && !class.contains("published"))
            });
            // A little after the headline is best, then before it.
            let distance = if *node >= headline { *node - headline } else { (headline - *node) * 3 };
            Some((is_update, distance, found))
        })
        .min_by_key(|(is_update, distance, _)| (*is_update, *distance))
        .map(|(.., found)| found)
}

/// A date in the page's address.
fn url_date(context: &Context<'_>) -> Option<DateTime<FixedOffset>> {
    let canonical = context.canonical.as_deref();
    [context.url.map(url::Url::as_str), canonical].into_iter().flatten().find_map(in_address)
}

/// Any `time` element, then any short piece with a date, in reading order.
fn any_time(context: &Context<'_>) -> Option<DateTime<FixedOffset>> {
    let tree = context.tree;
    context.head.times.iter().find_map(|node| machine(tree.attr(*node, Attr::Datetime)?)).or_else(|| {
        context
            .pieces
            .all
            .iter()
            .take(context.last.map_or(usize::MAX, |last| last + AFTER_MAX))
            .skip(context.headline.unwrap_or(0))
            .filter(|piece| {
                piece.chars < 100 && piece.shown == Shown::Yes && !matches!(piece.tag, Tag::H2 | Tag::H3)
            })
            .filter(|piece| piece.above[Hint::Footer as usize] > 3)
            .map(|piece| (piece, context.pieces.text_of(piece)))
            .filter(|(piece, text)| !is_caption(piece, text) && !stamp::is_of_house(text))
            .find_map(|(_, text)| stamp::of_text(text, context.custom))
    })
}
