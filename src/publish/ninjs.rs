//! An article as an item of IPTC ninjs 3.1 (News in JSON).
//!
//! A view for programs that know ninjs: what only the record has (what was removed, the evidence of
//! tags) is not in it.

use std::fmt::Write;

use serde_json::{Map, Value, json};
use url::Url;

use super::record::{ArticleRecord, Block, Image, Tag, Verdict};

/// URI of the schema that items are valid by.
pub const NINJS_SCHEMA: &str = "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#";

/// Prefix of an article's id in `uri`.
const URN: &str = "urn:copydesk:article:";

/// Elements that a body in HTML may have; a block of another kind becomes a paragraph.
const ELEMENTS: [&str; 11] =
    ["p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "blockquote", "pre", "figcaption"];

/// Vocabularies that tags carry ids of, and what stands before and after an id in the address of a term.
const VOCABULARIES: [(&str, &str, &str); 2] =
    [("wikidata", "http://www.wikidata.org/entity/", ""), ("geonames", "https://sws.geonames.org/", "/")];

/// The item of an article.
pub fn ninjs(record: &ArticleRecord) -> Value {
    let rights = record.rights.as_ref();
    let full = matches!(record.content.verdict, Verdict::Full);
    let license = rights.and_then(|rights| rights.license.as_deref());
    let tags = |kinds: &[&str], item: fn(&Tag) -> Value| -> Value {
        record.tags.iter().filter(|tag| kinds.contains(&tag.kind.as_str())).map(item).collect()
    };
    let item = json!({
        "uri": format!("{URN}{}", record.id),
        "type": "text",
        "representationType": if full { "full" } else { "partial" },
        "profile": if record.images.is_empty() { "text-only" } else { "text-photo" },
        "version": record.revision.to_string(),
        "firstCreated": record.first_seen_at,
        "versionCreated": record.fetched_at,
        "contentCreated": record.published_at,
        "pubStatus": "usable",
        "language": record.language.code,
        "headlines": [{"contentType": "text/plain", "value": record.title}],
        "descriptions": texts(record.summary.as_deref()),
        "bodies": bodies(record),
        "by": record.authors.join(", "),
        "copyrightHolder": rights.and(record.source.name.as_ref()),
        "copyrightNotice": rights.and_then(|rights| rights.copyright.as_deref()),
        "usageTerms": usage_terms(record),
        "rightsInfo": {"linkedRights": license.filter(|license| is_address(license))},
        "edNote": record.notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>().join("\n"),
        "people": tags(&["person"], person),
        "organisations": tags(&["organisation"], organisation),
        "places": tags(&["place"], place),
        "subjects": tags(&["topic", "category", "keyword", "rule"], subject),
        "infoSources": sources(record),
        "altIds": alternative_ids(record),
        "associations": record.images.iter().enumerate().filter_map(|(index, image)| picture(index, image)).collect::<Value>(),
        "standard": {"name": "ninjs", "version": "3.1", "schema": NINJS_SCHEMA},
    });
    without_empty(item)
}

fn is_address(text: &str) -> bool {
    Url::parse(text).is_ok()
}

fn texts(text: Option<&str>) -> Value {
    text.iter().map(|text| json!({"contentType": "text/plain", "value": text})).collect()
}

/// The text, and its blocks as HTML if the record has them.
fn bodies(record: &ArticleRecord) -> Value {
    let plain = json!({
        "contentType": "text/plain",
        "charCount": record.text.chars().count(),
        "wordCount": record.word_count,
        "value": record.text,
    });
    let html = html(&record.blocks);
    let html = (!html.is_empty()).then(|| json!({"contentType": "text/html", "value": html}));
    [plain].into_iter().filter(|_| !record.text.is_empty()).chain(html).collect()
}

fn html(blocks: &[Block]) -> String {
    let mut out = String::new();
    let mut within_list = false;
    for block in blocks {
        let element = ELEMENTS.iter().find(|known| **known == block.tag).copied().unwrap_or("p");
        if within_list != (element == "li") {
            out.push_str(if within_list { "</ul>" } else { "<ul>" });
            within_list = !within_list;
        }
        let text = block.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        // Writing to a string cannot fail.
        write!(out, "<{element}>{text}</{element}>").ok();
    }
    if within_list {
        out.push_str("</ul>");
    }
    out
}

/// What the publisher says about the use, as one sentence.
fn usage_terms(record: &ArticleRecord) -> Option<String> {
    let rights = record.rights.as_ref()?;
    let license = rights.license.as_ref().map(|license| format!("licence: {license}"));
    let uses = [
        ("training of models", &rights.usage.train_ai),
        ("input of models", &rights.usage.ai_input),
        ("search", &rights.usage.search),
    ];
    let uses = uses.iter().filter(|(_, said)| matches!(said.as_str(), "allowed" | "disallowed"));
    let parts: Vec<String> =
        license.into_iter().chain(uses.map(|(of, said)| format!("{of}: {said}"))).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// The address of a tag's term in a vocabulary that others know.
fn uri(tag: &Tag) -> Option<String> {
    let medtop = tag.ids.get("iptc").and_then(|id| id.strip_prefix("medtop:"));
    let medtop = medtop.map(|code| format!("http://cv.iptc.org/newscodes/mediatopic/{code}"));
    medtop.or_else(|| {
        let term = |(name, before, after): &(&str, &str, &str)| {
            Some(format!("{before}{}{after}", tag.ids.get(*name)?))
        };
        VOCABULARIES.iter().find_map(term)
    })
}

fn person(tag: &Tag) -> Value {
    json!({"name": tag.label, "uri": uri(tag), "literal": tag.id})
}

fn organisation(tag: &Tag) -> Value {
    let symbols: Value = tag.ids.get("ticker").iter().map(|ticker| json!({"symbol": ticker})).collect();
    json!({"name": tag.label, "uri": uri(tag), "literal": tag.id, "symbols": symbols})
}

fn place(tag: &Tag) -> Value {
    let point =
        tag.coordinates.map(|at| json!({"type": "Point", "coordinates": [at.longitude, at.latitude]}));
    json!({"name": tag.label, "uri": uri(tag), "literal": tag.id, "geoJSON": point})
}

fn subject(tag: &Tag) -> Value {
    json!({
        "name": tag.label,
        "uri": uri(tag),
        "literal": tag.id,
        "relevance": tag.salience.map(percent),
        "confidence": percent(tag.score),
    })
}

fn percent(share: f32) -> u8 {
    // Within 0 and 100, also for what is no number.
    (share * 100.0).round().clamp(0.0, 100.0) as u8
}

fn sources(record: &ArticleRecord) -> Value {
    let feed = &record.feed;
    let publisher = record.source.name.as_ref().or(record.source.domain.as_ref());
    let publisher =
        publisher.map(|name| json!({"name": name, "role": "publisher", "literal": record.source.domain}));
    let address = Some(&feed.url).filter(|url| is_address(url));
    let feed = json!({
        "name": feed.title.as_ref().unwrap_or(&feed.name), "role": "feed", "uri": address, "literal": feed.name,
    });
    publisher.into_iter().chain([feed]).collect()
}

fn alternative_ids(record: &ArticleRecord) -> Value {
    let story = Some(&record.story.id).filter(|id| !id.is_empty());
    [("url", record.url.as_ref()), ("canonical_url", record.canonical_url.as_ref()), ("story", story)]
        .into_iter()
        .filter_map(|(role, value)| Some(json!({"role": role, "value": value?})))
        .collect()
}

/// An image as an item of its own; none without an address.
fn picture(index: usize, image: &Image) -> Option<Value> {
    is_address(&image.url).then(|| {
        json!({
            "name": format!("picture-{}", index + 1),
            "uri": image.url,
            "type": "picture",
            "by": image.credit,
            "descriptions": texts(image.caption.as_deref()),
            "renditions": [{"name": "original", "href": image.url}],
        })
    })
}

/// Leaves out what is null or empty: ninjs has no null.
fn without_empty(value: Value) -> Value {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name, without_empty(value)));
            Value::Object(fields.filter(|(_, value)| !is_empty(value)).collect::<Map<_, _>>())
        }
        Value::Array(items) => {
            Value::Array(items.into_iter().map(without_empty).filter(|item| !is_empty(item)).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{record::Rights, tests::golden},
        *,
    };

    /// It is valid by the schema of ninjs 3.1 beside it, which an integration test checks.
    #[test]
    fn the_golden_item_is_what_we_write() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/record/golden.ninjs.json");
        let written = format!("{:#}\n", ninjs(&golden()));
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(path, &written).unwrap();
        }
        assert_eq!(written, std::fs::read_to_string(path).unwrap());
    }

    #[test]
    fn an_item_has_nothing_empty_and_no_address_that_is_none() {
        let mut record = ArticleRecord { id: "1".into(), ..ArticleRecord::default() };
        record.feed.url = "no address".into();
        record.images = vec![Image { url: "/relative.jpg".into(), ..Image::default() }];
        record.rights = Some(Rights { license: Some("all rights reserved".into()), ..Rights::default() });
        let item = ninjs(&record);
        for key in ["by", "bodies", "people", "associations", "rightsInfo", "edNote", "copyrightHolder"] {
            assert!(item.get(key).is_none(), "{key}: {item:#}");
        }
        assert_eq!(item["representationType"], "partial");
        assert_eq!(item["usageTerms"], "licence: all rights reserved");
        assert_eq!(item["uri"], "urn:copydesk:article:1");
    }

    #[test]
    fn blocks_become_html_that_means_what_they_say() {
        let block = |tag: &str, text: &str| Block { tag: tag.into(), text: text.into() };
        let blocks = [
            block("h2", "A & B"),
            block("li", "<script>"),
            block("li", "two"),
            block("p", "end"),
            block("script", "alert()"),
            block("li", "last"),
        ];
        let expected = "<h2>A &amp; B</h2><ul><li>&lt;script&gt;</li><li>two</li></ul><p>end</p><p>alert()</p>\
                        <ul><li>last</li></ul>";
        assert_eq!(html(&blocks), expected);
    }

    #[test]
    fn terms_have_the_addresses_of_their_vocabularies() {
        let tag = |vocabulary: &str, id: &str| Tag {
            label: "A".into(),
            ids: [(vocabulary.to_owned(), id.to_owned())].into(),
            ..Tag::default()
        };
        for (vocabulary, id, expected) in [
            ("iptc", "medtop:04000000", Some("http://cv.iptc.org/newscodes/mediatopic/04000000")),
            ("wikidata", "Q312", Some("http://www.wikidata.org/entity/Q312")),
            ("geonames", "3143244", Some("https://sws.geonames.org/3143244/")),
            ("isin", "US0378331005", None),
        ] {
            assert_eq!(uri(&tag(vocabulary, id)).as_deref(), expected);
        }
        assert_eq!(organisation(&tag("ticker", "AAPL"))["symbols"][0]["symbol"], "AAPL");
        assert_eq!([percent(0.351), percent(2.0), percent(f32::NAN)], [35, 100, 0]);
    }
}
