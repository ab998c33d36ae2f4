//! The operations of the API, as data.

use axum::response::Response;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use super::super::{Admin, input::Query, problem::Problem};

/// One operation.
pub(super) struct Operation {
    pub(super) method: Method,
    /// Below `/api/v1`.
    pub(super) path: &'static str,
    /// Name for generated clients.
    pub(super) id: &'static str,
    /// What it does, in a sentence.
    pub(super) summary: &'static str,
    /// What else there is to know.
    pub(super) description: &'static str,
    pub(super) query: &'static [Parameter],
    /// Status and form of the answer.
    pub(super) answer: (u16, SchemaOf),
    /// Statuses of errors besides those that any operation can end with.
    pub(super) errors: &'static [u16],
    pub(super) call: fn(Call) -> BoxFuture<'static, Result<Response, Problem>>,
}

/// Makes the schema of a type.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The schema of a type.
pub(super) fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

#[derive(Clone, Copy)]
pub(super) enum Method {
    Get,
    Post(Expected),
}

/// A body.
#[derive(Clone, Copy)]
pub(super) struct Expected {
    pub(super) schema: SchemaOf,
    /// Largest body.
    pub(super) bytes_max: usize,
}

/// A parameter of the address.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    /// JSON Schema of its value.
    pub(super) schema: fn() -> Value,
}

/// A request, read.
pub(super) struct Call {
    pub(super) admin: Admin,
    /// The name in the path; empty if there is none.
    pub(super) name: String,
    pub(super) query: Query,
    pub(super) body: Bytes,
}
