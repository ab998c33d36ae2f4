//! Schemas by which Avro was written: the writer's is needed to read a record.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{
    avro,
    shape::{ARTICLE, Record},
};

/// The schemas that a registry has for a topic, by id. A cheap clone.
#[derive(Clone, Debug, Default)]
pub struct Schemas(Arc<BTreeMap<u32, Record>>);

impl Schemas {
    /// These schemas of Avro by their ids; those that are not of articles are left out.
    pub fn of(schemas: impl IntoIterator<Item = (u32, String)>) -> Self {
        let read = schemas.into_iter().filter_map(|(id, text)| match avro::read_schema(&text) {
            Ok(record) => Some((id, record)),
            Err(why) => {
                tracing::debug!(id, why, "a schema in the registry is not one of articles");
                None
            }
        });
        Self(Arc::new(read.collect()))
    }

    /// Reads Avro. A record whose schema is not at hand is read if it fits this program's own to the
    /// last byte.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn read(&self, id: u32, avro: &[u8]) -> Result<Value, String> {
        match self.0.get(&id) {
            Some(writer) => avro::read(writer, avro),
            None => avro::read(&ARTICLE, avro).map_err(|_| {
                format!("it is Avro by schema {id}, which is not at hand: `kafka.schema_registry` names the registry")
            }),
        }
    }
}
