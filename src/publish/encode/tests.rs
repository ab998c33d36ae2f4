use proptest::prelude::*;

use super::{super::tests::golden, *};

const ALL: [Encoding; 4] =
    [Encoding::Json, Encoding::JsonSchema(7), Encoding::Avro(70_000), Encoding::Protobuf(u32::MAX)];

fn schemas() -> Schemas {
    Schemas::default()
}

fn back(encoding: Encoding, record: &ArticleRecord) -> Result<ArticleRecord, String> {
    decode(&encoding.encode(record), Some(encoding.content_type().as_bytes()), &schemas())
}

#[test]
fn every_encoding_gives_back_what_it_was_given() {
    for encoding in ALL {
        assert_eq!(back(encoding, &golden()), Ok(golden()), "{encoding:?}");
        let bare = ArticleRecord { rights: None, ..ArticleRecord::default() };
        assert_eq!(back(encoding, &bare), Ok(bare), "{encoding:?}");
    }
    assert_eq!(decode(&Encoding::Json.encode(&golden()), None, &schemas()), Ok(golden()));
    assert!(decode(b"{}", Some(b"text/plain"), &schemas()).unwrap_err().contains("text/plain"));
}

#[test]
fn framed_values_begin_with_their_schemas_id() {
    assert!(Encoding::JsonSchema(7).encode(&golden()).starts_with(&[0, 0, 0, 0, 7, b'{']));
    assert!(Encoding::Avro(70_000).encode(&golden()).starts_with(&[0, 0, 1, 0x11, 0x70]));
    assert!(Encoding::Protobuf(1).encode(&golden()).starts_with(&[0, 0, 0, 0, 1, 0]));
    assert!(Encoding::Json.encode(&golden()).starts_with(b"{"));
}

/// The schemas lie beside the JSON Schema; of the definition of Protocol Buffers, the numbers of
/// fields that are in the file stay as they are.
#[test]
fn the_checked_in_forms_of_the_schema_are_current() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/config/schema/");
    for (file, text, how) in [
        ("article.avsc", printed_schema(SchemaFormat::Avro), "avro"),
        ("article.proto", printed_schema(SchemaFormat::Protobuf), "protobuf"),
        ("article.connect.json", format!("{:#}\n", connect_schema()), "connect"),
    ] {
        let path = format!("{folder}{file}");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap();
        assert!(written == text, "write it anew: copydesk schema --format {how} > config/schema/{file}");
    }
}

#[test]
fn a_schema_whose_names_stand_for_ever_more_fields_is_refused() {
    let mut inner =
        serde_json::json!({"type": "record", "name": "R0", "fields": [{"name": "a", "type": "string"}]});
    for depth in 1..30 {
        let (name, of) = (format!("R{depth}"), format!("R{}", depth - 1));
        let fields =
            [serde_json::json!({"name": "a", "type": inner}), serde_json::json!({"name": "b", "type": of})];
        inner = serde_json::json!({"type": "record", "name": name, "fields": fields});
    }
    assert_eq!(avro::read_schema(&inner.to_string()).unwrap_err(), "too many fields");
}

/// A record of another version: the schema of whoever wrote it says what is in it.
#[test]
fn avro_is_read_by_the_schema_it_was_written_by() {
    let value = Encoding::Avro(3).encode(&golden());
    let mut schema = avro::schema();
    let fields = schema["fields"].as_array_mut().unwrap();
    fields.push(serde_json::json!({"name": "mood", "type": ["null", "string"], "default": null}));
    let later = Schemas::of([(3, schema.to_string())]);
    let mut value_of_later = value.clone();
    value_of_later.extend([2, 10]);
    value_of_later.extend(b"sunny");
    assert_eq!(decode(&value_of_later, Some(AVRO.as_bytes()), &later), Ok(golden()));
    assert!(decode(&value, Some(AVRO.as_bytes()), &later).is_err(), "it breaks off");
    // Without a registry only what fits this program's own schema to the last byte is read.
    assert_eq!(decode(&value, Some(AVRO.as_bytes()), &schemas()), Ok(golden()));
    assert!(decode(&value_of_later, Some(AVRO.as_bytes()), &schemas()).unwrap_err().contains("schema 3"));
}

#[test]
fn protobuf_leaves_out_what_it_does_not_know() {
    let mut value = Encoding::Protobuf(3).encode(&golden());
    // Field 1000 of each wire type.
    for (kind, content) in [(0, &[5][..]), (1, &[1; 8]), (2, &[2, 1, 1]), (5, &[1; 4])] {
        write_varint((1000 << 3) | kind, &mut value);
        value.extend(content);
    }
    assert_eq!(decode(&value, Some(PROTOBUF.as_bytes()), &schemas()), Ok(golden()));
}

#[test]
fn times_have_milliseconds_in_avro_and_all_in_protobuf() {
    let mut record = golden();
    record.fetched_at = "2026-11-20T06:34:12.123456789Z".parse().unwrap();
    assert_eq!(back(Encoding::Protobuf(1), &record).unwrap().fetched_at, record.fetched_at);
    let millis = back(Encoding::Avro(1), &record).unwrap().fetched_at;
    assert_eq!(millis.to_rfc3339(), "2026-11-20T06:34:12.123+00:00");
    record.published_at = "1937-05-06T00:00:00.25Z".parse().unwrap();
    assert_eq!(back(Encoding::Protobuf(1), &record).unwrap().published_at, record.published_at);
    assert_eq!(back(Encoding::Avro(1), &record).unwrap().published_at, record.published_at);
}

proptest! {
    /// Whatever lies in the topic gives a record or a reason.
    #[test]
    fn any_bytes_give_a_result(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0_usize..4000) {
        for encoding in ALL {
            let content_type = Some(encoding.content_type().as_bytes());
            let mut value = encoding.encode(&golden());
            let at = at.min(value.len());
            value.truncate(at);
            value.extend(&bytes);
            decode(&value, content_type, &schemas()).ok();
            decode(&bytes, content_type, &schemas()).ok();
        }
    }

    /// Texts, numbers and lists of any content come back.
    #[test]
    fn any_record_comes_back(text in "\\PC{0,80}", number in any::<u64>(), score in 0.0_f32..1.0) {
        let mut record = golden();
        record.title.clone_from(&text);
        record.authors = vec![text.clone(), String::new(), text.clone()];
        record.word_count = number >> 1;
        record.language.confidence = score;
        record.summary = (number % 2 == 0).then(|| text.clone());
        record.removed[0].span = (number % 3 == 0).then_some((number >> 2, 0));
        record.tags[0].ids.insert(text.clone(), text);
        for encoding in ALL {
            prop_assert_eq!(back(encoding, &record), Ok(record.clone()), "{:?}", encoding);
        }
    }
}
