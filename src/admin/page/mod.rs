//! The status page: what the API tells, for people.
//!
//! Made on the server, whole without scripts; a script of a few lines brings what has changed
//! meanwhile. Every text goes through [`text::Text`], and the policy of [`shell`] forbids whatever
//! is not the daemon's own. Whoever may ask is decided by `guard`, for pages as for the API; what
//! changes something is a form, and a form needs to say which page it comes from ([`form`]).

mod article;
mod articles;
mod asset;
mod feed;
mod feeds;
mod form;
mod letters;
mod link;
mod preview;
mod rules;
mod shards;
mod shell;
mod text;
mod when;

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, header},
    middleware::Next,
    response::{Redirect, Response},
    routing::get,
};

use super::{Admin, problem::Problem};

/// What is the same for everyone needs no token: so a page that asks for it is one that can be read.
pub(super) const OPEN: [&str; 3] = [link::STYLE, link::LIVE, link::ICON];

pub(super) fn routes() -> Router<Admin> {
    Router::new()
        .route("/", get(async || Redirect::to(link::FEEDS)))
        .route(link::FEEDS, get(feeds::show))
        .route(link::FEED, get(feed::show))
        .route(link::POLL, form::post(feed::POLL))
        .route(link::PAUSE, form::post(feed::PAUSE))
        .route(link::RESUME, form::post(feed::RESUME))
        .route(link::ARTICLES, get(articles::list))
        .route(link::ARTICLE, get(articles::one))
        .route(link::PREVIEW, form::post(preview::OF).get(preview::show))
        .route(link::RULES, get(rules::show))
        .route(link::SHARDS, get(shards::show))
        .route(link::LETTERS, get(letters::show))
        .route(link::RETRY, form::post(letters::RETRY))
        .merge(asset::routes())
}

/// What is wrong, as a page for whoever wants pages: for the API's askers it stays JSON.
pub(super) async fn problems(request: Request, next: Next) -> Response {
    let wants = wants_page(request.uri().path(), request.headers());
    let response = next.run(request).await;
    match response.extensions().get::<Problem>().cloned() {
        Some(problem) if wants => shell::problem(&problem, response),
        _ => response,
    }
}

fn wants_page(path: &str, headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    !path.starts_with("/api/") && accepted.into_iter().any(|accepted| accepted.contains("text/html"))
}
