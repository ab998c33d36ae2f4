//! One feed: how it is, why its next poll is when it is, and what can be done.

use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{
    super::{Admin, api::FeedDetail, input::Query, problem::Problem},
    feeds::{badge, grouped},
    form::{Answers, Form},
    link,
    shell::{Page, told},
    text::text,
    when::when,
};
use crate::{ledger::Standing, schedule::Asked};

/// What an order came to, as the address says it after the order.
const DONE: [(&str, &str); 6] = [
    ("due", "It is due now: a worker polls it as soon as its site allows."),
    ("waits", "It was due already, and waits for a worker."),
    ("under-way", "A poll is under way."),
    ("paused", "It is paused: not polled until it is resumed, also after a restart."),
    ("resumed", "It is polled again."),
    ("noted", "A poll is under way; it takes effect at the end of that."),
];

pub(super) async fn show(State(admin): State<Admin>, address: Uri) -> Result<Response, Problem> {
    let query = Query::read(address.query().unwrap_or_default(), &["name", "done"])?;
    let done = query.get("done").and_then(|done| DONE.iter().find(|(word, _)| *word == done));
    let message = done.map(|(_, said)| html! { p.notice.good role="status" { (said) } });
    page(&admin, query.get("name").unwrap_or_default(), message, StatusCode::OK).await
}

pub(super) const POLL: Answers = Answers {
    fields: &["name"],
    call: |admin, form| {
        Box::pin(async move {
            let asked = admin.poll(form.get("name")).await.map(|asked| match asked {
                Asked::Due(_) => "due",
                Asked::Waits => "waits",
                Asked::UnderWay => "under-way",
            });
            answer(&admin, &form, asked).await
        })
    },
};

pub(super) const PAUSE: Answers =
    Answers { fields: &["name"], call: |admin, form| Box::pin(set_paused(admin, form, true)) };

pub(super) const RESUME: Answers =
    Answers { fields: &["name"], call: |admin, form| Box::pin(set_paused(admin, form, false)) };

async fn set_paused(admin: Admin, form: Form, paused: bool) -> Result<Response, Problem> {
    let done = admin.pause(form.get("name"), paused).await.map(|committed| match (committed, paused) {
        (false, _) => "noted",
        (true, true) => "paused",
        (true, false) => "resumed",
    });
    answer(&admin, &form, done).await
}

/// Back to the feed, so that a reload of the page repeats nothing; or with what is wrong.
async fn answer(admin: &Admin, form: &Form, done: Result<&str, Problem>) -> Result<Response, Problem> {
    let name = form.get("name");
    match done {
        Ok(done) => {
            Ok(Redirect::to(&link::with(link::FEED, &[("name", name), ("done", done)])).into_response())
        }
        Err(problem) if problem.status() == StatusCode::NOT_FOUND => Err(problem),
        Err(problem) => page(admin, name, Some(told(&problem)), problem.status()).await,
    }
}

async fn page(
    admin: &Admin,
    name: &str,
    message: Option<Markup>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let shown = admin.feed(name).await?;
    let detail = FeedDetail::of(admin, &shown);
    let content = content(&detail, message, admin.clock.now());
    let page = Page { title: name, place: None, live: true, content };
    Ok(page.answer(admin, status))
}

fn content(detail: &FeedDetail, message: Option<Markup>, now: DateTime<Utc>) -> Markup {
    let feed = &detail.status;
    html! {
        nav.back aria-label="Above" { a href=(link::FEEDS) { "Feeds" } }
        h1 { bdi { (text(&feed.name)) } }
        @if let Some(message) = message { (message) }
        div #feed data-live {
            p.lead {
                (badge(feed.status))
                @if let Some(since) = feed.since { " since " (when(since, now)) }
                @if let Some(why) = &feed.why { ": " (text(why)) }
            }
            (facts(detail, now))
        }
        (orders(detail))
    }
}

fn facts(detail: &FeedDetail, now: DateTime<Utc>) -> Markup {
    let feed = &detail.status;
    html! {
        dl {
            dt { "Next poll" }
            dd {
                @match (feed.due_at, detail.activity) {
                    (_, "polling") => { "under way" }
                    (_, "due") => { "now, as soon as a worker is free and its site allows" }
                    (Some(at), _) => {
                        (when(at, now))
                        @if let Some(why) = &feed.due_why { ": " (text(why)) }
                    }
                    (None, "paused") => { "none, until it is resumed" }
                    (None, activity) => { "not here: " (activity) }
                }
            }
            dt { "Last poll" }
            dd { @match feed.polled_at { Some(at) => (when(at, now)), None => { "none yet" } } }
            @if let Some(at) = feed.answered_at.filter(|at| Some(*at) != feed.polled_at) {
                dt { "Last answer" }
                dd { (when(at, now)) }
            }
            @if let Some(error) = &feed.error {
                dt { "Last failure" }
                dd { (text(error)) @if feed.failures > 1 { " (" (feed.failures) " in a row)" } }
            }
            dt { "Address" }
            dd dir="ltr" { (text(&feed.url)) }
            dt { "Interval" }
            dd { (text(&detail.interval)) }
            dt { "Entries" }
            dd {
                (grouped(feed.entries)) " remembered, " (grouped(feed.published)) " published"
                @if feed.deferred > 0 { ", " (grouped(feed.deferred)) " wait for their page" }
            }
            @if let Some(words) = &feed.recognised { dt { "Recognised" } dd { (text(words)) } }
            @if let Some(words) = &feed.broken_off { dt { "Documents" } dd { (text(words)) } }
            @if !detail.tags.is_empty() {
                dt { "Tags" }
                dd { @for tag in &detail.tags { span.tag { (text(tag)) } " " } }
            }
            dt { "Shard" }
            dd { (feed.shard) }
            @if !detail.configured_at.is_empty() {
                dt { "Configured at" }
                dd dir="ltr" { (text(&detail.configured_at)) }
            }
        }
    }
}

/// The buttons: of pausing and resuming the one that changes something.
fn orders(detail: &FeedDetail) -> Markup {
    let feed = &detail.status;
    let button = |to: &str, words: &str| {
        html! {
            form action=(to) method="post" {
                input type="hidden" name="name" value=(text(&feed.name));
                button type="submit" { (words) }
            }
        }
    };
    html! {
        @if !matches!(feed.status, Standing::Elsewhere | Standing::Quarantined) {
            section.orders aria-label="Orders" {
                @if feed.status == Standing::Paused {
                    (button(link::RESUME, "Resume"))
                } @else {
                    (button(link::POLL, "Poll now"))
                    (button(link::PAUSE, "Pause"))
                }
            }
        }
    }
}
