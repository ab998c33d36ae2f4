//! The files that pages load: they are in the program.

use axum::{Router, http::header, routing::get};

use super::{super::Admin, link};

pub(super) fn routes() -> Router<Admin> {
    Router::new()
        .route(link::STYLE, file("text/css; charset=utf-8", include_str!("assets/style.css")))
        .route(link::LIVE, file("text/javascript; charset=utf-8", include_str!("assets/live.js")))
        .route(link::ICON, file("image/svg+xml", include_str!("assets/icon.svg")))
}

fn file(kind: &'static str, content: &'static str) -> axum::routing::MethodRouter<Admin> {
    get(async move || ([(header::CONTENT_TYPE, kind)], content))
}
