//! `/api/v1`: JSON in, JSON out. The operations are one table, [`OPERATIONS`], from which the
//! routes and the OpenAPI document are made.

mod feeds;
mod letters;
mod openapi;
mod operation;
mod works;

use axum::{
    Router,
    body::Body,
    extract::{RawPathParams, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use bytes::Bytes;
use serde::Serialize;

pub(super) use self::feeds::FeedDetail;
use self::operation::{Call, Method, Operation};
use super::{
    Admin,
    input::{Query, json},
    problem::Problem,
};

/// Everything that can be requested.
const OPERATIONS: &[Operation] = &[
    works::STATUS,
    feeds::LIST,
    feeds::SHOW,
    feeds::POLL,
    feeds::PAUSE,
    feeds::RESUME,
    works::RULES,
    works::SHARDS,
    letters::LIST,
    letters::RETRY,
    works::PREVIEW,
    works::RELOAD,
    openapi::DOCUMENT,
];

pub(super) fn routes() -> Router<Admin> {
    let mut router = Router::new();
    for operation in OPERATIONS {
        router = router.route(&format!("/api/v1{}", operation.path), route(operation));
    }
    router
}

fn route(operation: &'static Operation) -> MethodRouter<Admin> {
    let handler = async move |State(admin): State<Admin>, path: RawPathParams, request: Request| {
        let name = path.iter().next().map(|(_, name)| name.to_owned());
        match call(operation, admin, name, request).await {
            Ok(response) => response,
            Err(problem) => problem.into_response(),
        }
    };
    match operation.method {
        Method::Get => get(handler),
        Method::Post(_) => post(handler),
    }
}

async fn call(
    operation: &Operation,
    admin: Admin,
    name: Option<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let known: Vec<&str> = operation.query.iter().map(|parameter| parameter.name).collect();
    let query = Query::read(head.uri.query().unwrap_or_default(), &known)?;
    let body = match operation.method {
        Method::Get => Bytes::new(),
        Method::Post(expected) => json(&head.headers, body, expected.bytes_max).await?,
    };
    (operation.call)(Call { admin, name: name.unwrap_or_default(), query, body }).await
}

/// An answer of JSON.
fn answer(status: StatusCode, value: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_vec(value)
        .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    Ok((status, [(header::CONTENT_TYPE, "application/json")], Body::from(body)).into_response())
}
