//! Dead letters: the last ones, and another try.

use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{
    super::{Admin, letters::SHOWN, problem::Problem},
    feeds::grouped,
    form::Answers,
    link,
    shell::{Page, told},
    text::text,
    when::when,
};
use crate::{publish::Lying, replay::LettersReport};

const TITLE: &str = "Dead letters";

pub(super) async fn show(State(admin): State<Admin>) -> Result<Response, Problem> {
    page(&admin, &html! {}, StatusCode::OK).await
}

pub(super) const RETRY: Answers = Answers {
    fields: &[],
    call: |admin, _| {
        Box::pin(async move {
            match admin.retry().await {
                Ok(report) => page(&admin, &reported(&report), StatusCode::OK).await,
                Err(problem) => page(&admin, &told(&problem), problem.status()).await,
            }
        })
    },
};

fn reported(report: &LettersReport) -> Markup {
    let LettersReport { letters, published, settled, hopeless } = report;
    html! {
        p.notice.good role="status" {
            (grouped(*letters)) " tried again: " (grouped(*published)) " published, " (grouped(*settled))
            " out by other ways meanwhile, " (grouped(*hopeless)) " without an original or a feed."
        }
    }
}

async fn page(admin: &Admin, message: &Markup, status: StatusCode) -> Result<Response, Problem> {
    let letters = admin.letters(SHOWN).await?;
    let content = html! {
        h1 { (TITLE) }
        p {
            "What could not be published, of all instances, the latest first. When the cause is mended they are tried \
             again; each is tried once."
        }
        (message)
        (list(&letters, admin.clock.now()))
    };
    Ok(Page { title: TITLE, place: Some(link::LETTERS), live: false, content }.answer(admin, status))
}

fn list(letters: &[Lying], now: DateTime<Utc>) -> Markup {
    html! {
        @if letters.is_empty() {
            div.empty { p { strong { "There are none." } } }
        } @else {
            div.scroll role="region" aria-labelledby="caption" tabindex="0" {
                table {
                    caption #caption { "The last " (letters.len()) }
                    thead {
                        tr {
                            th scope="col" { "Article" }
                            th scope="col" { "Why" }
                            th scope="col" { "State" }
                            th scope="col" { "Failed" }
                        }
                    }
                    tbody { @for lying in letters { (row(lying, now)) } }
                }
            }
            @if letters.iter().any(|lying| !lying.tried) {
                form.orders action=(link::RETRY) method="post" { button type="submit" { "Try again what waits" } }
            }
        }
    }
}

fn row(lying: &Lying, now: DateTime<Utc>) -> Markup {
    let letter = &lying.letter;
    html! {
        tr {
            th scope="row" {
                bdi { (text(letter.title.as_deref().unwrap_or("without a headline"))) }
                span.why { "of " a href=(link::feed(&letter.feed.name)) { bdi { (text(&letter.feed.name)) } } }
                @if let Some(address) = &letter.url { span.address dir="ltr" { (text(address)) } }
            }
            td {
                code { (text(&letter.reason)) } " in the step " (letter.stage.as_str())
                span.why { (text(&letter.detail)) }
            }
            td {
                @if lying.tried { span.badge.rest { "Tried again" } } @else { span.badge.doubt { "Waits" } }
            }
            td {
                (when(letter.last_failed_at, now))
                @if letter.attempts > 1 { span.why { (letter.attempts) " attempts" } }
            }
        }
    }
}
