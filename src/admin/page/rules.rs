//! The cleaning rules: how often each fired, and what it cut last.

use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::Response,
};
use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{
    super::{Admin, input::Query, problem::Problem},
    feeds::grouped,
    link,
    shell::Page,
    text::text,
    when::when,
};
use crate::observe::RuleFired;

const TITLE: &str = "Rules";

/// Rules on a page.
const PER_PAGE: usize = 100;

/// Last page that can be asked for.
const PAGE_MAX: usize = 1_000_000;

pub(super) async fn show(State(admin): State<Admin>, address: Uri) -> Result<Response, Problem> {
    let query = Query::read(address.query().unwrap_or_default(), &["page"])?;
    let page = query.number("page", 1..=PAGE_MAX, 1)?;
    let content = content(&admin.fired.told(), page, admin.clock.now());
    let page = Page { title: TITLE, place: Some(link::RULES), live: true, content };
    Ok(page.answer(&admin, StatusCode::OK))
}

fn content(rules: &[RuleFired], page: usize, now: DateTime<Utc>) -> Markup {
    let pages = rules.len().div_ceil(PER_PAGE).max(1);
    let shown = rules.iter().skip((page - 1).saturating_mul(PER_PAGE)).take(PER_PAGE);
    let to = |page: usize| link::with(link::RULES, &[("page", &page.to_string())]);
    html! {
        h1 { (TITLE) }
        p { "What each cleaning rule has cut since this instance started, the most frequent first." }
        div #rules data-live {
            @if rules.is_empty() {
                div.empty { p { strong { "No rule has cut anything yet." } } }
            } @else {
                div.scroll role="region" aria-labelledby="caption" tabindex="0" {
                    table {
                        caption #caption { (grouped(rules.len())) @if rules.len() == 1 { " rule" } @else { " rules" } }
                        thead {
                            tr {
                                th scope="col" { "Rule" }
                                th.number scope="col" { "Cuts" }
                                th scope="col" { "What it cut last" }
                                th scope="col" { "When" }
                            }
                        }
                        tbody { @for rule in shown { (row(rule, now)) } }
                    }
                }
                @if pages > 1 {
                    nav.pages aria-label="Pages of rules" {
                        @if page > 1 { a href=(to(page - 1)) rel="prev" { "Previous" } }
                        span { "Page " (page) " of " (pages) }
                        @if page < pages { a href=(to(page + 1)) rel="next" { "Next" } }
                    }
                }
            }
        }
    }
}

fn row(rule: &RuleFired, now: DateTime<Utc>) -> Markup {
    let last = &rule.last;
    html! {
        tr {
            th scope="row" { code { (text(&rule.rule)) } span.why { (text(&last.kind)) } }
            td.number { (grouped(rule.cuts)) }
            td {
                q dir="auto" { (text(&last.text)) }
                span.why { "of " a href=(link::feed(&last.feed)) { bdi { (text(&last.feed)) } } }
            }
            td { (when(last.at, now)) }
        }
    }
}
