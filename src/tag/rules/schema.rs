//! The JSON Schema of tagging rule files.

/// JSON Schema (2020-12) of a file of tagging rules, for editors and other programs.
pub const SCHEMA: &str = include_str!("../../../config/schema/tag-rules.schema.json");

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{
        super::{KEYS, examples},
        SCHEMA,
    };

    #[test]
    fn the_schema_has_the_keys_that_are_read() {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        for (name, keys) in [("rule", KEYS.as_slice()), ("test", examples::KEYS.as_slice())] {
            let known = schema["$defs"][name]["properties"].as_object().unwrap();
            let mut known: Vec<&str> = known.keys().map(String::as_str).collect();
            let mut keys = keys.to_vec();
            known.sort_unstable();
            keys.sort_unstable();
            assert_eq!(known, keys, "{name}");
        }
    }
}
