//! All feeds: searched, by how they stand, a page at a time.

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
        input::Query,
        listing::{FeedPage, Search, page},
        problem::Problem,
    },
    link,
    shell::Page,
    text::text,
    when::or_dash,
};
use crate::ledger::{FeedStatus, Standing};

const TITLE: &str = "Feeds";

pub(super) async fn show(State(admin): State<Admin>, address: Uri) -> Result<Response, Problem> {
    let query = Query::read(address.query().unwrap_or_default(), &["search", "status", "page"])?;
    // A form sends a field that was left empty.
    let search = Search::of(&query.without_empty())?;
    let found = page(&admin, search.clone()).await?;
    let content = content(&search, &found, admin.clock.now());
    let page = Page { title: TITLE, place: Some(link::FEEDS), live: true, content };
    Ok(page.answer(&admin, StatusCode::OK))
}

fn content(search: &Search, found: &FeedPage, now: DateTime<Utc>) -> Markup {
    let all: usize = found.counts.values().sum();
    html! {
        h1 { (TITLE) }
        (standings(search, found, all))
        (search_form(search))
        div #found data-live {
            @if all == 0 {
                div.empty {
                    p { strong { "No feed is configured." } }
                    p { "List feeds under " code { "feeds:" } " of the configuration, or include an OPML file; it takes effect with a reload." }
                }
            } @else if found.feeds.is_empty() {
                div.empty {
                    p { strong { "No feed is found." } }
                    p { a href=(link::FEEDS) { "Show all " (grouped(all)) " feeds" } }
                }
            } @else {
                (table(search, found, now))
                (pages(search, found))
            }
        }
    }
}

/// How many stand how, each a link to them.
fn standings(search: &Search, found: &FeedPage, all: usize) -> Markup {
    let to = |status: &str| link::with(link::FEEDS, &[("search", &search.text), ("status", status)]);
    let current = |status: Option<Standing>| (search.status == status).then_some("page");
    html! {
        nav #standings.standings aria-label="Feeds by status" data-live {
            ul {
                li { a href=(to("")) aria-current=[current(None)] { "All " span.count { (grouped(all)) } } }
                @for (standing, count) in &found.counts {
                    li {
                        a href=(to(standing.as_str())) aria-current=[current(Some(*standing))] {
                            span class=(class(*standing)) {} (words(*standing)) " " span.count { (grouped(*count)) }
                        }
                    }
                }
            }
        }
    }
}

fn search_form(search: &Search) -> Markup {
    html! {
        form.search role="search" action=(link::FEEDS) {
            label for="search" { "Name or address" }
            input #search type="search" name="search" maxlength="200" value=(text(&search.text)) autocomplete="off";
            @if let Some(status) = search.status {
                input type="hidden" name="status" value=(status.as_str());
            }
            button type="submit" { "Search" }
        }
    }
}

fn table(search: &Search, found: &FeedPage, now: DateTime<Utc>) -> Markup {
    let first = (found.page - 1) * search.per_page + 1;
    let last = first + found.feeds.len() - 1;
    html! {
        div.scroll role="region" aria-labelledby="caption" tabindex="0" {
            table {
                caption #caption {
                    (grouped(first)) " to " (grouped(last)) " of " (grouped(found.total))
                    @if found.total == 1 { " feed" } @else { " feeds" }
                    @if !search.text.is_empty() { " with “" (text(&search.text)) "”" }
                }
                thead {
                    tr {
                        th scope="col" { "Feed" }
                        th scope="col" { "Status" }
                        th scope="col" { "Last poll" }
                        th scope="col" { "Next poll" }
                        th.number scope="col" { "Entries" }
                    }
                }
                tbody { @for feed in &found.feeds { (row(feed, now)) } }
            }
        }
    }
}

fn row(feed: &FeedStatus, now: DateTime<Utc>) -> Markup {
    html! {
        tr {
            th scope="row" {
                a href=(link::feed(&feed.name)) { bdi { (text(&feed.name)) } }
                span.address dir="ltr" { (text(&feed.url)) }
            }
            td {
                (badge(feed.status))
                @if let Some(why) = &feed.why { span.why { (text(why)) } }
            }
            td { (or_dash(feed.polled_at, now)) }
            td { (or_dash(feed.due_at, now)) }
            td.number { (grouped(feed.entries)) }
        }
    }
}

fn pages(search: &Search, found: &FeedPage) -> Markup {
    let status = search.status.map_or("", Standing::as_str);
    let to = |page: usize| {
        let page = if page > 1 { page.to_string() } else { String::new() };
        link::with(link::FEEDS, &[("search", &search.text), ("status", status), ("page", &page)])
    };
    let (page, pages) = (found.page, found.pages);
    html! {
        @if pages > 1 {
            nav.pages aria-label="Pages of feeds" {
                @if page > 1 {
                    a href=(to(1)) { "First" }
                    a href=(to(page - 1)) rel="prev" { "Previous" }
                }
                span { "Page " (grouped(page)) " of " (grouped(pages)) }
                @if page < pages {
                    a href=(to(page + 1)) rel="next" { "Next" }
                    a href=(to(pages)) { "Last" }
                }
            }
        }
    }
}

/// How a feed stands: in words, the colour says nothing more.
pub(super) fn badge(standing: Standing) -> Markup {
    html! { span class={ "badge " (class(standing)) } { (words(standing)) } }
}

fn class(standing: Standing) -> &'static str {
    match standing {
        Standing::Healthy => "good",
        Standing::Failing | Standing::Dead | Standing::Quarantined => "bad",
        Standing::Gap | Standing::Stale | Standing::Moved | Standing::Walled => "doubt",
        Standing::Paused | Standing::NeverPolled | Standing::NotConfigured | Standing::Elsewhere => "rest",
    }
}

fn words(standing: Standing) -> &'static str {
    match standing {
        Standing::Healthy => "Healthy",
        Standing::Failing => "Failing",
        Standing::Gap => "Gap",
        Standing::Stale => "Stale",
        Standing::Dead => "Dead",
        Standing::Moved => "Moved",
        Standing::Walled => "Walled",
        Standing::Paused => "Paused",
        Standing::NeverPolled => "Not polled yet",
        Standing::Quarantined => "Quarantined",
        Standing::NotConfigured => "Not configured",
        Standing::Elsewhere => "Elsewhere",
    }
}

/// `12,345`.
pub(super) fn grouped(number: impl TryInto<u64>) -> String {
    let digits = number.try_into().unwrap_or(u64::MAX).to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, expected) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number as usize), expected);
        }
    }
}
