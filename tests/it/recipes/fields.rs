//! Where no server is started: the fields and types of OpenSearch's template and of the tables of Flink SQL and ksqlDB
//! are those of the record.

use std::iter::Peekable;

use super::{Value, recipes};

fn schema() -> Value {
    copydesk::publish::record::article_schema().to_value()
}

/// The schema behind references and beside null.
fn plain<'s>(schema: &'s Value, types: &'s Value) -> &'s Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return plain(&types[name], types);
    }
    match schema["anyOf"].as_array() {
        Some(choices) => {
            plain(choices.iter().find(|choice| choice["type"] != "null").expect("a choice"), types)
        }
        None => schema,
    }
}

/// `string`, `integer`, `number`, `boolean`, `array` or `object`; of a time `date-time`.
fn kind(schema: &Value) -> &str {
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        kind => kind.as_str(),
    };
    schema["format"].as_str().filter(|format| *format == "date-time").or(kind).unwrap_or("string")
}

#[test]
fn the_template_of_opensearch_maps_every_field_of_the_record() {
    let text = std::fs::read_to_string(recipes().join("opensearch/template.json")).expect("it is there");
    let template: Value = serde_json::from_str(&text).expect("JSON");
    let schema = schema();
    mapped("", &template["template"]["mappings"], &schema, &schema["$defs"]);
}

fn mapped(path: &str, mapping: &Value, schema: &Value, types: &Value) {
    let (mappings, fields) = (&mapping["properties"], &schema["properties"]);
    let names = |object: &Value| -> Vec<String> {
        object.as_object().into_iter().flat_map(|fields| fields.keys().cloned()).collect()
    };
    for name in names(mappings) {
        assert!(fields[&name].is_object(), "the record has no {path}{name}");
    }
    for name in names(fields) {
        let field = plain(&fields[&name], types);
        let (mapping, path) = (&mappings[&name], format!("{path}{name}."));
        assert!(mapping.is_object(), "{path} has no mapping");
        // OpenSearch has no lists: a field holds one value or many.
        let one = if kind(field) == "array" { plain(&field["items"], types) } else { field };
        let fit: &[&str] = match kind(one) {
            "string" => &["keyword", "text"],
            "integer" => &["integer", "long"],
            "number" => &["float", "double"],
            "boolean" => &["boolean"],
            "date-time" => &["date"],
            _ if mapping["properties"].is_object() => {
                mapped(&path, mapping, one, types);
                continue;
            }
            _ if one["properties"].is_object() => &["object"],
            _ => &["flat_object"],
        };
        let found = mapping["type"].as_str().unwrap_or_default();
        assert!(fit.contains(&found), "{path} is {found}, which is none of {fit:?}");
        assert!(found != "object" || mapping["enabled"] == false, "{path} has no fields");
    }
}

/// A column of a table, or a field of one: `ROW<..>` and `STRUCT<..>` have fields, `ARRAY<..>` and `MAP<..>` types.
#[derive(Debug)]
struct Column {
    name: String,
    kind: String,
    inner: Vec<Column>,
}

/// Words, and each sign by itself; what is between back quotes is a word.
fn tokens(sql: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for (number, part) in sql.split('`').enumerate() {
        if number % 2 == 1 {
            tokens.push(part.to_owned());
            continue;
        }
        let mut word = String::new();
        for letter in part.chars() {
            if letter.is_alphanumeric() || letter == '_' {
                word.push(letter);
                continue;
            }
            tokens.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
            tokens.extend((!letter.is_whitespace()).then(|| letter.to_string()));
        }
        tokens.extend((!word.is_empty()).then_some(word));
    }
    tokens
}

/// `NAME TYPE ..., NAME TYPE ...` up to what closes it.
fn columns(tokens: &mut Peekable<impl Iterator<Item = String>>, named: bool) -> Vec<Column> {
    let mut found = Vec::new();
    loop {
        let name = if named { tokens.next().expect("a name") } else { String::new() };
        let mut column = Column { name, kind: tokens.next().expect("a type"), inner: Vec::new() };
        if tokens.next_if_eq("<").is_some() {
            column.inner = columns(tokens, matches!(column.kind.as_str(), "ROW" | "STRUCT"));
        }
        found.push(column);
        let mut depth = 0;
        loop {
            match tokens.next().expect("an end").as_str() {
                "(" => depth += 1,
                ")" | ">" if depth == 0 => return found,
                ")" => depth -= 1,
                "," if depth == 0 => break,
                _ => {}
            }
        }
    }
}

#[test]
fn tables_of_flink_and_ksqldb_have_the_columns_of_the_record() {
    let schema = schema();
    for (recipe, statement, time) in
        [("flink", "CREATE TABLE", "TIMESTAMP_LTZ"), ("ksqldb", "CREATE STREAM", "STRING")]
    {
        let sql = std::fs::read_to_string(recipes().join(recipe).join("articles.sql")).expect("it is there");
        let (comment, _) = sql.split_once("\n\n").expect("a comment first");
        let left: Vec<&str> = comment
            .split_once("Left out: ")
            .and_then(|(_, names)| names.strip_suffix('.'))
            .expect("what is left out")
            .split(", ")
            .collect();
        let (_, table) = sql.split_once(&format!("{statement} article_revisions (")).expect("a table");
        let lines = table.lines().filter(|line| !line.trim().starts_with("--"));
        let text: String = lines.flat_map(|line| [line, "\n"]).collect();
        let mut columns = columns(&mut tokens(&text).into_iter().peekable(), true);
        columns.retain(|column| column.name != "WATERMARK");
        for name in schema["properties"].as_object().expect("fields").keys() {
            let is_column = columns.iter().any(|column| column.name == *name);
            assert_ne!(is_column, left.contains(&name.as_str()), "{recipe}: a column, or left out: {name}");
        }
        typed(recipe, &columns, &schema, &schema["$defs"], time);
    }
}

fn typed(path: &str, columns: &[Column], schema: &Value, types: &Value, time: &str) {
    assert!(!columns.is_empty(), "{path} has no columns");
    for column in columns {
        let path = format!("{path}.{}", column.name);
        let field = &schema["properties"][&column.name];
        assert!(field.is_object(), "the record has no {path}");
        fits(&path, column, plain(field, types), types, time);
    }
}

fn fits(path: &str, column: &Column, field: &Value, types: &Value, time: &str) {
    let inner = |number: usize| column.inner.get(number).unwrap_or_else(|| panic!("{path} of what?"));
    match (kind(field), column.kind.as_str()) {
        ("string", "STRING") | ("integer", "BIGINT") | ("number", "DOUBLE") | ("boolean", "BOOLEAN") => {}
        ("date-time", found) => assert_eq!(found, time, "{path}"),
        ("array", "ARRAY") => fits(path, inner(0), plain(&field["items"], types), types, time),
        ("object", "MAP") => {
            assert_eq!(inner(0).kind, "STRING", "{path}");
            fits(path, inner(1), plain(&field["additionalProperties"], types), types, time);
        }
        ("object", "ROW" | "STRUCT") => typed(path, &column.inner, field, types, time),
        (wanted, found) => panic!("{path} is {found}, of a field that is {wanted}"),
    }
}
