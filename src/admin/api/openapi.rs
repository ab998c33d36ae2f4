//! The OpenAPI 3.1 document, made from the table of operations.

use axum::http::StatusCode;
use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{
    super::problem::Problem,
    OPERATIONS, answer,
    operation::{Expected, Method, Operation, of},
};

/// Errors that any operation can end with.
const ALWAYS: [u16; 6] = [400, 401, 403, 405, 421, 503];

pub(super) const DOCUMENT: Operation = Operation {
    method: Method::Get,
    path: "/openapi.json",
    id: "openapi",
    summary: "This document.",
    description: "",
    query: &[],
    answer: (200, |_| schemars::json_schema!({"type": "object"})),
    errors: &[],
    call: |_| Box::pin(async move { answer(StatusCode::OK, &document()) }),
};

fn document() -> Value {
    let settings = SchemaSettings::draft2020_12()
        .for_serialize()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for operation in OPERATIONS {
        let described = describe(operation, &mut generator);
        let path = paths.entry(format!("/api/v1{}", operation.path)).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(verb(operation.method).into(), described);
        }
    }
    let problem = of::<Problem>(&mut generator);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "copydesk",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What an operator sees and does. Errors are problem details (RFC 9457).",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        // On loopback no token is needed if none is configured.
        "security": [{"token": []}, {}],
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "admin.token"},
            },
            "responses": {
                "Problem": {
                    "description": "What is wrong, and what to do.",
                    "content": {"application/problem+json": {"schema": problem}},
                },
            },
        },
    })
}

fn verb(method: Method) -> &'static str {
    match method {
        Method::Get => "get",
        Method::Post(_) => "post",
    }
}

fn describe(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let (status, schema) = operation.answer;
    let schema: Schema = schema(generator);
    let mut responses = Map::new();
    responses.insert(
        status.to_string(),
        json!({"description": operation.summary, "content": {"application/json": {"schema": schema}}}),
    );
    for status in ALWAYS.iter().chain(operation.errors) {
        responses.insert(status.to_string(), json!({"$ref": "#/components/responses/Problem"}));
    }
    let mut parameters: Vec<Value> = operation
        .query
        .iter()
        .map(|parameter| {
            let (name, description) = (parameter.name, parameter.description);
            json!({"name": name, "in": "query", "description": description, "schema": (parameter.schema)()})
        })
        .collect();
    if operation.path.contains("{name}") {
        let name = json!({"type": "string", "minLength": 1});
        parameters.push(json!({
            "name": "name", "in": "path", "required": true, "description": "Name of the feed.", "schema": name,
        }));
    }
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "parameters": parameters,
        "responses": responses,
    });
    let Some(fields) = described.as_object_mut() else { return described };
    if !operation.description.is_empty() {
        fields.insert("description".into(), operation.description.into());
    }
    if let Method::Post(Expected { schema, .. }) = operation.method {
        let content = json!({"application/json": {"schema": schema(generator)}});
        fields.insert("requestBody".into(), json!({"required": true, "content": content}));
    }
    described
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::{body::Body, http::Request};
    use hyper::service::Service;
    use hyper_util::service::TowerToHyperService;

    use super::*;
    use crate::admin::{router, server::tests::admin};

    /// Status and type of an answer.
    async fn ask(method: &str, path: &str) -> (u16, String) {
        let request =
            Request::builder().method(method).uri(path).header("host", "localhost").body(Body::empty());
        let response = TowerToHyperService::new(router(admin())).call(request.unwrap()).await.unwrap();
        let kind = response.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
        (response.status().as_u16(), kind.unwrap_or_default())
    }

    #[tokio::test]
    async fn the_document_has_every_route_and_no_other() {
        let document = document();
        let paths = document["paths"].as_object().unwrap();
        let mut ids = BTreeSet::new();
        for (path, methods) in paths {
            let address = path.replace("{name}", "no%20such%2Ffeed");
            for method in ["get", "put", "post", "delete", "patch", "options"] {
                let (status, kind) = ask(&method.to_uppercase(), &address).await;
                let described = methods.get(method);
                assert_eq!(status != 405, described.is_some(), "{method} {path}: {status}");
                assert_ne!(status, 404, "{method} {path}");
                let Some(described) = described else { continue };
                assert!(
                    described["responses"].get(status.to_string()).is_some(),
                    "{method} {path}: {status}"
                );
                let expected = if status < 400 { "application/json" } else { "application/problem+json" };
                assert_eq!(kind, expected, "{method} {path}");
                assert!(ids.insert(described["operationId"].as_str().unwrap()), "{described}");
            }
        }
        assert_eq!(ids.len(), OPERATIONS.len());
        for path in
            ["/api", "/api/v1", "/api/v1/", "/api/v2/feeds", "/api/v1/feeds/a/b", "/api/v1/feeds/a/poll/"]
        {
            assert_eq!(ask("GET", path).await, (404, "application/problem+json".into()), "{path}");
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let text = document.to_string();
        let references = text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap());
        let references: BTreeSet<&str> = references.collect();
        assert!(references.len() > 10, "{references:?}");
        for reference in references {
            assert!(document.pointer(reference).is_some(), "{reference}");
        }
    }
}
