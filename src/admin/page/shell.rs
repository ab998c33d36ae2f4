//! What all pages have around their content.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use maud::{DOCTYPE, Markup, html};

use super::{
    super::{Admin, problem::Problem},
    link,
    text::text,
};

/// Nothing but the daemon's own style, script and icon; forms go back to it; nobody frames it.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The places of the menu.
const MENU: [(&str, &str); 6] = [
    (link::FEEDS, "Feeds"),
    (link::ARTICLES, "Articles"),
    (link::PREVIEW, "Preview"),
    (link::RULES, "Rules"),
    (link::LETTERS, "Dead letters"),
    (link::SHARDS, "Shards"),
];

/// A page.
pub(super) struct Page<'a> {
    /// What it is about, without the program's name.
    pub(super) title: &'a str,
    /// Its place in the menu; none where it has none.
    pub(super) place: Option<&'a str>,
    /// Its parts with `data-live` are brought up to date.
    pub(super) live: bool,
    /// What it shows.
    pub(super) content: Markup,
}

impl Page<'_> {
    /// The answer with it.
    pub(super) fn answer(self, admin: &Admin, status: StatusCode) -> Response {
        let waiting = admin.health.reasons();
        let state = html! {
            p.state #state data-live {
                @if waiting.is_empty() {
                    span.badge.good { "Ready" }
                } @else {
                    span.badge.bad title=(waiting.join("; ")) { "Not ready" }
                    " " (text(&waiting.join("; ")))
                }
            }
        };
        respond(status, &self.whole(&state))
    }

    fn whole(&self, state: &Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (text(self.title)) " · copydesk" }
                    link rel="icon" href=(link::ICON) type="image/svg+xml";
                    link rel="stylesheet" href=(link::STYLE);
                    @if self.live {
                        script src=(link::LIVE) defer {}
                    }
                }
                body {
                    a.skip href="#content" { "Skip to the content" }
                    header {
                        a.brand href=(link::FEEDS) { "copydesk" }
                        nav aria-label="Pages" {
                            ul {
                                @for (address, name) in MENU {
                                    li {
                                        a href=(address) aria-current=[(self.place == Some(address)).then_some("page")] {
                                            (name)
                                        }
                                    }
                                }
                            }
                        }
                        (state)
                    }
                    main #content tabindex="-1" { (self.content) }
                    footer {
                        p {
                            "copydesk " (env!("CARGO_PKG_VERSION")) " · "
                            a href="/api/v1/openapi.json" { "API" } " · "
                            a href="/metrics" { "Metrics" }
                        }
                        @if self.live {
                            p #live hidden {
                                button type="button" aria-pressed="true" { "Update by itself" }
                                " " span role="status" {}
                            }
                        }
                    }
                }
            }
        }
    }
}

fn respond(status: StatusCode, page: &Markup) -> Response {
    let mut response = (status, page.0.clone()).into_response();
    dress(&mut response);
    response
}

fn dress(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    );
}

/// What is wrong, in a page; `response` is what programs get, and gives the other headers.
pub(super) fn problem(problem: &Problem, response: Response) -> Response {
    let content = html! {
        h1 { (problem.title()) }
        (told(problem))
        p { a href=(link::FEEDS) { "To the feeds" } }
    };
    let page = Page { title: problem.title(), place: None, live: false, content }.whole(&html! {});
    let (mut head, _) = response.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    let mut response = Response::from_parts(head, page.0.into());
    dress(&mut response);
    response
}

/// What is wrong, as a part of a page.
pub(super) fn told(problem: &Problem) -> Markup {
    html! {
        div.notice.bad role="alert" {
            p { (text(problem.detail())) }
            @if let Some(until) = problem.when() {
                p { "Not before " (until.format("%Y-%m-%d %H:%M:%S UTC").to_string()) "." }
            }
            @if !problem.errors().is_empty() {
                ul { @for error in problem.errors() { li { (text(error)) } } }
            }
        }
    }
}
