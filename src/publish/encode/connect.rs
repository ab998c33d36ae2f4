//! The schema of Kafka Connect: with it, `JsonConverter` of Kafka 4.2 and later reads plain JSON
//! (KIP-1054, `schema.content`).

use serde_json::{Value, json};

use super::{
    avro::NAMESPACE,
    shape::{ARTICLE, Record, Shape},
};

/// The schema of an article.
pub fn schema() -> Value {
    record(&ARTICLE)
}

fn record(record: &Record) -> Value {
    let fields = record.fields.iter().map(|field| {
        let mut schema = of(&field.shape);
        schema["field"] = field.json.clone().into();
        schema
    });
    let fields: Vec<Value> = fields.collect();
    json!({"type": "struct", "name": format!("{NAMESPACE}.{}", record.name), "optional": false, "fields": fields})
}

/// Times stay the texts that they are in JSON.
fn of(shape: &Shape) -> Value {
    let mut schema = match shape {
        Shape::Text | Shape::Time => json!({"type": "string"}),
        Shape::Integer(_) => json!({"type": "int64"}),
        Shape::Float => json!({"type": "float"}),
        Shape::Boolean => json!({"type": "boolean"}),
        Shape::Optional(inner) => of(inner),
        Shape::List(inner) => json!({"type": "array", "items": of(inner)}),
        Shape::Map => {
            let text = || json!({"type": "string", "optional": false});
            json!({"type": "map", "keys": text(), "values": text()})
        }
        Shape::Record(inner) => record(inner),
    };
    schema["optional"] = matches!(shape, Shape::Optional(_) | Shape::List(_) | Shape::Map).into();
    schema
}
