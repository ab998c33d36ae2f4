//! The last articles as they came out, and the stories that several of them tell.

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::Response,
};
use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{
    super::{
        Admin,
        articles::{Brief, Place},
        input::Query,
        problem::Problem,
    },
    article::article,
    feeds::grouped,
    link,
    shell::Page,
    text::text,
    when::when,
};
use crate::preview::rows;

const TITLE: &str = "Articles";

pub(super) async fn list(State(admin): State<Admin>) -> Result<Response, Problem> {
    let (articles, now) = (admin.articles().await?, admin.clock.now());
    let content = html! {
        h1 { (TITLE) }
        p { "The last that were published, by all instances, as they lie in the topic." }
        @if articles.is_empty() {
            div.empty { p { strong { "No article has come out yet." } } }
        } @else {
            (stories(&articles, now))
            (table(&articles, now))
        }
    };
    Ok(Page { title: TITLE, place: Some(link::ARTICLES), live: false, content }
        .answer(&admin, StatusCode::OK))
}

pub(super) async fn one(State(admin): State<Admin>, address: Uri) -> Result<Response, Problem> {
    let query = Query::read(address.query().unwrap_or_default(), &["partition", "offset"])?;
    let place = Place {
        partition: query.number("partition", 0..=i32::MAX, 0)?,
        offset: query.number("offset", 0..=i64::MAX, 0)?,
    };
    let record = admin.article(place).await?;
    let rows = rows(&record);
    let content = html! {
        nav.back aria-label="Above" { a href=(link::ARTICLES) { (TITLE) } }
        h1 { "An article as it came out" }
        (article(&record, &rows, 0))
    };
    let page = Page { title: &record.title, place: None, live: false, content };
    Ok(page.answer(&admin, StatusCode::OK))
}

/// Articles that tell the same story.
fn stories(articles: &[Brief], now: DateTime<Utc>) -> Markup {
    let mut by_story: BTreeMap<&str, Vec<&Brief>> = BTreeMap::new();
    for article in articles {
        by_story.entry(&article.story).or_default().push(article);
    }
    let mut stories: Vec<(&Brief, BTreeSet<&str>)> = by_story
        .into_values()
        .filter_map(|articles| {
            let feeds: BTreeSet<&str> = articles.iter().map(|article| article.feed.as_str()).collect();
            Some((*articles.first()?, feeds))
        })
        .filter(|(_, feeds)| feeds.len() > 1)
        .collect();
    stories.sort_by_key(|(latest, feeds)| {
        (std::cmp::Reverse(feeds.len()), std::cmp::Reverse(latest.fetched_at))
    });
    html! {
        @if !stories.is_empty() {
            div.scroll role="region" aria-labelledby="stories" tabindex="0" {
                table {
                    caption #stories { "Stories in several feeds" }
                    thead {
                        tr {
                            th scope="col" { "Story" }
                            th.number scope="col" { "Feeds" }
                            th scope="col" { "Which" }
                            th scope="col" { "Last" }
                        }
                    }
                    tbody {
                        @for (latest, feeds) in &stories {
                            tr {
                                th scope="row" { (headline(latest)) }
                                td.number { (grouped(feeds.len())) }
                                td { (named(feeds)) }
                                td { (when(latest.fetched_at, now)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The first of them by name.
fn named(feeds: &BTreeSet<&str>) -> Markup {
    const NAMES: usize = 5;
    html! {
        @for (number, feed) in feeds.iter().take(NAMES).enumerate() {
            @if number > 0 { ", " }
            a href=(link::feed(feed)) { bdi { (text(feed)) } }
        }
        @if feeds.len() > NAMES { " and " (grouped(feeds.len() - NAMES)) " more" }
    }
}

fn headline(article: &Brief) -> Markup {
    let (partition, offset) = (article.place.partition.to_string(), article.place.offset.to_string());
    let address = link::with(link::ARTICLE, &[("partition", &partition), ("offset", &offset)]);
    let title = if article.title.trim().is_empty() { "without a headline" } else { &article.title };
    html! { a href=(address) { bdi { (text(title)) } } }
}

fn table(articles: &[Brief], now: DateTime<Utc>) -> Markup {
    html! {
        div.scroll role="region" aria-labelledby="caption" tabindex="0" {
            table {
                caption #caption { "The last " (articles.len()) }
                thead {
                    tr {
                        th scope="col" { "Article" }
                        th scope="col" { "Feed" }
                        th.number scope="col" { "Words" }
                        th.number scope="col" { "Removed" }
                        th scope="col" { "Fetched" }
                    }
                }
                tbody {
                    @for article in articles {
                        tr {
                            th scope="row" {
                                (headline(article))
                                @if article.revision > 1 { span.why { "revision " (article.revision) } }
                            }
                            td { a href=(link::feed(&article.feed)) { bdi { (text(&article.feed)) } } }
                            td.number { (grouped(article.words)) }
                            td.number { (grouped(article.removed)) }
                            td { (when(article.fetched_at, now)) }
                        }
                    }
                }
            }
        }
    }
}
