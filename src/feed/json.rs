//! JSON Feed (jsonfeed.org, versions 1 and 1.1), and what publishers mistake for it.

use serde_json::{Map, Value};

use super::{
    address, html,
    json_repair::{bounded, repair},
    model::{BrokenOff, Category, Content, Enclosure, Entry, Feed, FeedImage, Link, ParsedFeed, Person},
    node::{Dated, LIST_MAX},
    reader::ENTRIES_MAX,
    texts::{TEXT_HTML, TEXT_PLAIN, once_more},
    warnings::{Kind, Warnings, line_at},
};

/// Reads a JSON document as a feed; the error says what it is instead.
pub(super) fn read(text: &str, base: Option<&str>, warnings: &mut Warnings) -> Result<ParsedFeed, String> {
    let whole = text;
    let text = bounded(whole);
    if text.len() < whole.len() {
        warnings.tell(Kind::TooManyEntries, text.len());
    }
    let mut unclosed = 0;
    let value = match serde_json::from_str::<Value>(text) {
        Ok(value) => value,
        Err(_) => {
            warnings.tell(Kind::Json, 0);
            let (repaired, open) = repair(text);
            unclosed = open;
            serde_json::from_str(&repaired)
                .map_err(|error| format!("JSON that cannot be repaired: {error}"))?
        }
    };
    let is_whole = text.len() < whole.len() || unclosed == 0;
    let Value::Object(top) = value else { return Err("JSON, but not an object".into()) };
    let items =
        ["items", "entries", "articles"].iter().find_map(|name| top.get(*name)).and_then(Value::as_array);
    let version = string(&top, "version").unwrap_or_default();
    if !version.contains("jsonfeed") && items.is_none() {
        return Err("JSON, but not a JSON Feed: it has neither its `version` nor `items`".into());
    }
    let base = string(&top, "feed_url").filter(|_| base.is_none()).or_else(|| base.map(str::to_owned));
    let home = string(&top, "home_page_url").map(|home| address::resolve(base.as_deref(), &home));
    let base = base.as_deref();
    let items = items.map(Vec::as_slice).unwrap_or_default();
    if items.len() > ENTRIES_MAX {
        warnings.tell(Kind::TooManyEntries, 0);
    }
    let own_language = string(&top, "language");
    let entries: Vec<Entry> = items
        .iter()
        .take(ENTRIES_MAX)
        .filter_map(Value::as_object)
        .map(|item| entry(item, home.as_deref().or(base), own_language.as_deref(), warnings))
        .collect();
    let broken_off = (!is_whole).then(|| {
        warnings.tell(Kind::Truncated, text.len());
        // The list of entries is one level down in the document, an entry two.
        let entry = entries.len().checked_sub(1).filter(|_| unclosed > 2);
        BrokenOff { line: line_at(text, text.len()), entry }
    });
    let format = if version.trim_end_matches('/').ends_with("1.1") { "json11" } else { "json1" };
    let feed = feed(&top, base);
    Ok(ParsedFeed { format: format.into(), warnings: Vec::new(), feed, entries, broken_off })
}

fn feed(top: &Map<String, Value>, base: Option<&str>) -> Feed {
    let url = |name: &str| string(top, name).map(|url| address::resolve(base, &url));
    let link = url("home_page_url");
    let self_link = url("feed_url");
    let next = url("next_url");
    let hubs: Vec<String> = list(top.get("hubs"))
        .iter()
        .filter_map(|hub| hub.as_object())
        .filter_map(|hub| string(hub, "url"))
        .take(16)
        .collect();
    let mut links = Vec::new();
    let own = [("alternate", &link), ("self", &self_link), ("next", &next)];
    links.extend(own.into_iter().filter_map(|(rel, href)| Some(of_rel(rel, href.clone()?))));
    links.extend(hubs.iter().map(|hub| of_rel("hub", hub.clone())));
    let title = string(top, "title");
    let subtitle = string(top, "description");
    Feed {
        id: self_link.clone(),
        title_type: title.as_ref().map(|_| TEXT_PLAIN.to_owned()),
        title,
        subtitle_type: subtitle.as_ref().map(|_| TEXT_PLAIN.to_owned()),
        subtitle,
        link,
        links,
        authors: authors(top, base),
        language: string(top, "language"),
        icon: url("favicon"),
        logo: url("icon"),
        image: url("icon").map(|href| FeedImage { href: Some(href), ..FeedImage::default() }),
        hubs,
        self_link,
        next,
        ..Feed::default()
    }
}

fn entry(
    item: &Map<String, Value>,
    base: Option<&str>,
    feed_language: Option<&str>,
    warnings: &mut Warnings,
) -> Entry {
    let language = string(item, "language").or_else(|| feed_language.map(str::to_owned));
    let url = |name: &str| string(item, name).map(|url| address::resolve(base, &url));
    let mut published = Dated::default();
    let mut updated = Dated::default();
    for (slot, name) in [(&mut published, "date_published"), (&mut updated, "date_modified")] {
        if let Some(raw) = string(item, name) {
            slot.offer(1, &raw, language.as_deref(), 0, warnings);
        }
    }
    let link = url("url").or_else(|| url("external_url"));
    let mut links: Vec<Link> = link.iter().map(|href| of_rel("alternate", href.clone())).collect();
    links.extend(
        url("external_url").filter(|href| link.as_ref() != Some(href)).map(|href| of_rel("related", href)),
    );
    let mut content = Vec::new();
    if let Some(value) = string(item, "content_html") {
        let value = once_more(&value).unwrap_or(value);
        let value = html::sanitise(&value, base);
        content.push(Content { media_type: Some(TEXT_HTML.into()), value, ..Content::default() });
    }
    if let Some(value) = string(item, "content_text") {
        content.push(Content { media_type: Some(TEXT_PLAIN.into()), value, ..Content::default() });
    }
    let enclosures = attachments(item, base);
    links.extend(enclosures.iter().filter_map(|file| Some(of_rel("enclosure", file.href.clone()?))));
    let categories = list(item.get("tags"))
        .iter()
        .filter_map(text)
        .take(LIST_MAX)
        .map(|term| Category { term: Some(term), ..Category::default() })
        .collect();
    let title = string(item, "title");
    let summary = string(item, "summary");
    let (published, published_raw) = published.into_parts();
    let (updated, updated_raw) = updated.into_parts();
    Entry {
        id: string(item, "id").or_else(|| link.clone()),
        title_type: title.as_ref().map(|_| TEXT_PLAIN.to_owned()),
        title,
        link,
        links,
        summary_type: summary.as_ref().map(|_| TEXT_PLAIN.to_owned()),
        summary,
        content,
        published,
        published_raw,
        updated,
        updated_raw,
        authors: authors(item, base),
        categories,
        enclosures,
        thumbnails: ["image", "banner_image"].into_iter().filter_map(url).collect(),
        language: string(item, "language"),
        ..Entry::default()
    }
}

fn attachments(item: &Map<String, Value>, base: Option<&str>) -> Vec<Enclosure> {
    let files = list(item.get("attachments")).iter().filter_map(Value::as_object).take(LIST_MAX);
    let enclosure = |file: &Map<String, Value>| Enclosure {
        href: string(file, "url").map(|url| address::resolve(base, &url)),
        media_type: string(file, "mime_type"),
        length: string(file, "size_in_bytes"),
        medium: None,
    };
    files.map(enclosure).collect()
}

fn of_rel(rel: &str, href: String) -> Link {
    Link { href, rel: Some(rel.into()), ..Link::default() }
}

/// `authors`, and `author` of version 1; names alone too.
fn authors(map: &Map<String, Value>, base: Option<&str>) -> Vec<Person> {
    let found = list(map.get("authors")).iter().chain(list(map.get("author")));
    found
        .take(LIST_MAX)
        .filter_map(|author| match author {
            Value::Object(author) => Some(Person {
                name: string(author, "name"),
                email: string(author, "email"),
                uri: string(author, "url").map(|url| address::resolve(base, &url)),
            }),
            author => text(author).map(|name| Person { name: Some(name), ..Person::default() }),
        })
        .filter(|person| person.name.is_some() || person.email.is_some() || person.uri.is_some())
        .collect()
}

/// A list, or the single value given in its place.
fn list(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(items)) => items,
        Some(Value::Null) | None => &[],
        Some(single) => std::slice::from_ref(single),
    }
}

fn string(map: &Map<String, Value>, name: &str) -> Option<String> {
    map.get(name).and_then(text)
}

/// Text, also from a number or boolean; a float without a fraction is written as a whole number.
fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 9e15 => {
                format!("{float:.0}")
            }
            _ => number.to_string(),
        },
        Value::Bool(truth) => truth.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}
