//! Articles that are spread over several pages, from the feed to Kafka.

use std::time::Duration;

use super::{
    broker,
    daemon::Setup,
    origin::{Answer, Item, Origin},
    prose, reader,
};

/// Pages of the long article: more than are fetched.
const LONG: u64 = 14;
/// Pages of an article that are fetched: the first and 9 more.
const FETCHED: u64 = 10;

/// The paragraphs of one page of an article.
fn paragraphs(article: u64, part: u64) -> Vec<String> {
    prose::paragraphs(article * 1000 + part, 5)
}

/// Path of a page; the first has no number.
fn path(article: u64, part: u64) -> String {
    if part == 1 { format!("/news/part-{article}") } else { format!("/news/part-{article}/{part}") }
}

/// Page `part` of `parts`, with the boilerplate of a site and a pager.
fn page(origin: &Origin, item: &Item, article: u64, part: u64, parts: u64) -> String {
    let text: String = paragraphs(article, part).iter().map(|text| format!("<p>{text}</p>\n")).collect();
    let next = (part < parts).then(|| origin.url(&path(article, part + 1)));
    let rel = next.iter().map(|next| format!("<link rel=\"next\" href=\"{next}\">")).collect::<String>();
    let pager =
        next.iter().map(|next| format!("<a rel=\"next\" href=\"{next}\">Next page</a>")).collect::<String>();
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} - The Test Courier</title>\
         <meta property=\"og:title\" content=\"{title}\">{rel}</head><body>\
         <header><nav><a href=\"/\">Home</a> <a href=\"/news\">News</a> <a href=\"/sport\">Sport</a></nav></header>\
         <main><article><h1>{title}</h1><div class=\"article-body\">\n{text}</div>\
         <nav class=\"pagination\">{pager}</nav></article></main>\
         <footer><p>© The Test Courier</p></footer></body></html>",
        title = item.title,
    )
}

/// Sets all pages of an article; its entry has a summary only.
fn publish(origin: &Origin, article: u64, parts: u64) -> Item {
    let item = Item {
        link: path(article, 1),
        paragraphs: vec![format!("A short word about case {article}.")],
        ..Item::numbered(article)
    };
    for part in 1..=parts {
        origin.set(&path(article, part), Answer::Html(page(origin, &item, article, part, parts)));
    }
    item
}

#[test]
fn the_parts_of_an_article_are_one_article_up_to_a_limit() {
    let origin = Origin::start();
    let items = vec![publish(&origin, 1, 3), publish(&origin, 2, LONG)];
    origin.set("/feed", Answer::Feed(items));
    let feed = format!("{{name: courier, url: {:?}, interval: 1h, content: page}}", origin.url("/feed"));
    let setup = Setup::new(&broker::prefix("parts"), &[feed], "");
    let daemon = setup.run();
    let records = reader::first(&setup.articles(), 2, Duration::from_secs(90));
    daemon.stop();
    let record = |article: u64| {
        let end = path(article, 1);
        records.iter().find(|record| record.text("/url").ends_with(&end)).expect("its record")
    };
    let expected = |article: u64, parts: u64| {
        (1..=parts).flat_map(|part| paragraphs(article, part)).collect::<Vec<_>>().join("\n\n")
    };

    assert_eq!(record(1).text("/text"), expected(1, 3), "three pages, in order, nothing else");
    assert_eq!(record(1).text("/content/verdict"), "full");

    assert_eq!(record(2).text("/text"), expected(2, FETCHED));
    assert_eq!(record(2).text("/content/verdict"), "truncated", "and says so");
    let asked = (1..=LONG).filter(|part| !origin.requests(&path(2, *part)).is_empty()).count();
    assert_eq!(asked as u64, FETCHED, "no page beyond the limit is asked for");
}
