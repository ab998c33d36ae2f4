//! The formats of a schema registry, with Apache Kafka, a registry and readers that are not ours.

use std::{
    io::{Read, Write},
    net::TcpListener,
    process::{Command, Output},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use copydesk::{
    config::SchemaFormat,
    publish::{ArticleRecord, Encoding, encode::printed_schema},
};
use serde_json::{Value, json};

use super::{
    broker,
    daemon::{Setup, command, feed},
    origin::{Answer, Item, Origin},
    prose::MARKER_RULE,
    reader,
    registry::Registry,
    wait,
};

/// What Confluent's client reads.
fn independent(format: SchemaFormat, registry: &Registry, arguments: &[&str]) -> Vec<Value> {
    let output = Command::new(broker::script("python"))
        .arg(broker::script("formats.py"))
        .args([format.as_str(), "--registry", &registry.url(), "--bootstrap", broker::servers()])
        .args(arguments)
        .output()
        .expect("tests/kafka/python runs");
    lines(&output)
}

fn lines(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// The same for a value in any of the forms: what is null or empty is absent, times have no zone but
/// UTC, numbers of 64 bits may be texts (Protocol Buffers), and 32 bits of a float are compared.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().map(|(name, value)| (name.replace('-', "_"), canonical(value)));
            Value::Object(kept.filter(|(_, value)| !is_empty(value)).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(canonical).collect()),
        Value::Number(number) if number.is_u64() => number.to_string().into(),
        Value::Number(number) => format!("{:.5}", number.as_f64().unwrap_or_default() as f32).into(),
        Value::String(text) => match chrono::DateTime::parse_from_rfc3339(text) {
            Ok(time) => time.timestamp_millis().to_string().into(),
            Err(_) => text.clone().into(),
        },
        other => other.clone(),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::String(text) => text.is_empty() || text == "0" || text == "0.00000",
        _ => false,
    }
}

fn sorted(mut articles: Vec<Value>) -> Vec<Value> {
    articles.sort_by_key(|article| article["id"].to_string());
    articles.iter().map(canonical).collect()
}

fn setup(test: &str, source: &str, format: SchemaFormat, registry: &Registry, more: &str) -> Setup {
    let prefix = broker::prefix(test);
    let routes = format!("routes:\n  - {{topic: {prefix}.english, when: {{languages: [en]}}}}");
    let setup = Setup::new(&prefix, &[source.to_owned()], &routes);
    let (format, url) = (format.as_str(), registry.url());
    setup
        .change("kafka: {", &format!("kafka: {{format: {format}, schema_registry: {{url: {url:?}{more}}}, "));
    setup
}

#[test]
fn every_format_is_read_by_clients_that_are_not_ours() {
    let registry = Registry::shared();
    let origin = Origin::start();
    origin.set("/feed", Answer::Feed((1..=4).map(Item::numbered).collect()));
    let source = feed("courier", &origin.url("/feed"), "1h");
    let running = SchemaFormat::ALL.map(|format| {
        let setup = setup(format.as_str(), &source, format, registry, "");
        let daemon = setup.run();
        (format, setup, daemon)
    });
    for (format, setup, daemon) in running {
        let name = format.as_str();
        for topic in [setup.articles(), setup.articles().replace(".articles", ".english")] {
            let read = sorted(independent(format, registry, &["--topic", &topic, "--count", "4"]));
            assert!(read[0]["text"].as_str().is_some_and(|text| text.len() > 100), "{name}: {:#}", read[0]);
            let arguments = ["tail", "--from-beginning", "--count", "4", "--json", "--topic", &topic];
            let own = sorted(lines(&command(&arguments, &setup.config())));
            assert_eq!(read, own, "{name}: what `tail` reads");
        }
        golden_is_read(format, registry, &setup);
        let subject = format!("{}-value", setup.articles());
        let (_, level) = registry.ask("GET", &format!("config/{subject}"), &Value::Null).expect("a level");
        assert_eq!(level["compatibilityLevel"], "BACKWARD", "{name}: its subject");
        let page = daemon.page("/articles");
        assert!(page.contains("courier"), "{name}: the status page reads it, too: {page}");
        daemon.stop();
        // What is registered is found again, also by an instance that may not register.
        setup.change("schema_registry: {", "schema_registry: {register: false, ");
        let again = setup.run();
        again.ready();
        again.stop();
    }
}

/// The golden record with a value in every field.
fn whole_record() -> Value {
    let golden =
        std::fs::read_to_string(broker::root().join("tests/cases/record/golden.json")).expect("it is there");
    let mut golden: Value = serde_json::from_str(&golden).expect("JSON");
    golden["content"]["wall"] = json!({"kind": "login", "detail": "a page"});
    golden["story"]["merged"] = json!(["aa", "bb"]);
    golden["fetched_at"] = "2026-11-20T09:14:03.512Z".into();
    golden["tags"][0].as_object_mut().expect("a tag").extend(
        json!({"ids": {"geonames": "3144096", "iso3166": "NO"}, "mentions": [{"start": 19, "end": 23}],
            "coordinates": {"latitude": 59.91273, "longitude": 10.74609}, "salience": 0.35})
        .as_object()
        .cloned()
        .unwrap_or_default(),
    );
    golden["rights"] = json!({
        "observed_at": "2026-11-20T09:14:02Z",
        "robots": {"page": "allowed", "agent": "copydesk", "ai_agents_disallowed": ["GPTBot"]},
        "usage": {"train-ai": "disallowed", "ai-input": "unknown", "search": "allowed"},
        "statements": [{"by": "tdmrep", "where": "header", "value": "1", "policy": "https://www.harbour-courier.example/tdm"}],
        "directives": ["noai"], "copyright": "Harbour Courier", "license": "https://www.harbour-courier.example/terms", "access": "free",
    });
    golden
}

/// A record with a value in every field, read by a reader that is not ours.
fn golden_is_read(format: SchemaFormat, registry: &Registry, setup: &Setup) {
    let golden = whole_record();
    let record: ArticleRecord = serde_json::from_value(golden.clone()).expect("a record");
    let (_, known) = registry
        .ask("GET", &format!("subjects/{}-value/versions/latest", setup.articles()), &Value::Null)
        .expect("a version");
    let id = known["id"].as_u64().and_then(|id| u32::try_from(id).ok()).expect("an id");
    let value = STANDARD.encode(Encoding::registered(format, id).encode(&record));
    setup.write("golden.base64", &format!("{value}\n"));
    let path = setup.config().with_file_name("golden.base64");
    let read = independent(format, registry, &["--values", path.to_str().expect("UTF-8")]);
    assert_eq!(canonical(&read[0]), canonical(&golden), "{}", format.as_str());
}

fn edited(schema: &str, edit: impl FnOnce(&mut Value)) -> String {
    let mut schema = serde_json::from_str(schema).expect("JSON");
    edit(&mut schema);
    schema.to_string()
}

/// Fields of a record in Avro.
fn fields(schema: &mut Value) -> &mut Vec<Value> {
    schema["fields"].as_array_mut().expect("fields")
}

/// Registers what others have under the subject of the articles.
fn register(registry: &Registry, setup: &Setup, format: SchemaFormat, schema: &str) -> String {
    let kind = match format {
        SchemaFormat::Avro => "AVRO",
        SchemaFormat::Protobuf => "PROTOBUF",
        SchemaFormat::JsonSchema => "JSON",
    };
    let subject = format!("{}-value", setup.articles());
    let body = json!({"schemaType": kind, "schema": schema});
    let answer = registry.ask("POST", &format!("subjects/{subject}/versions"), &body);
    assert_eq!(answer.as_ref().map(|(status, _)| *status), Some(200), "{kind}: {answer:?}");
    subject
}

/// How a start ends that has to be refused, and what is said.
fn refused(setup: &Setup) -> (Option<i32>, String) {
    let mut daemon = setup.run();
    let status = daemon.ended(Duration::from_secs(60)).code();
    (
        status,
        wait::until("its last words", Duration::from_secs(10), || {
            let log = daemon.tail();
            log.contains("copydesk: ").then_some(log)
        }),
    )
}

/// A record without a field that came later, as older programs know it.
#[test]
fn a_later_schema_follows_the_registered_one() {
    let registry = Registry::shared();
    let origin = Origin::start();
    origin.set("/feed", Answer::Feed(vec![Item::numbered(1)]));
    let source = feed("courier", &origin.url("/feed"), "1h");
    for format in SchemaFormat::ALL {
        let own = printed_schema(format);
        let older = match format {
            SchemaFormat::Avro => {
                edited(&own, |schema| fields(schema).retain(|field| field["name"] != "rights"))
            }
            SchemaFormat::JsonSchema => edited(&own, |schema| {
                schema["properties"].as_object_mut().expect("properties").remove("rights");
            }),
            SchemaFormat::Protobuf => {
                own.lines().filter(|line| !line.starts_with("  Rights rights")).collect::<Vec<_>>().join("\n")
            }
        };
        assert!(older.len() < own.len(), "{}", format.as_str());
        let setup = setup("later", &source, format, registry, "");
        let subject = register(registry, &setup, format, &older);
        let daemon = setup.run();
        assert_eq!(independent(format, registry, &["--topic", &setup.articles()]).len(), 1);
        let (_, versions) =
            registry.ask("GET", &format!("subjects/{subject}/versions"), &Value::Null).expect("some");
        assert_eq!(versions, json!([1, 2]), "{}", format.as_str());
        daemon.stop();
    }
}

#[test]
fn a_schema_that_cannot_follow_the_registered_one_is_refused_at_the_start() {
    let registry = Registry::shared();
    let origin = Origin::start();
    origin.set("/feed", Answer::Feed(vec![Item::numbered(1)]));
    let source = feed("courier", &origin.url("/feed"), "1h");
    for format in SchemaFormat::ALL {
        let name = format.as_str();
        let own = printed_schema(format);
        let number = match format {
            SchemaFormat::Protobuf => own.replace("  string title = ", "  uint64 title = "),
            SchemaFormat::Avro => edited(&own, |schema| {
                let title = fields(schema).iter_mut().find(|field| field["name"] == "title");
                title.expect("a title")["type"] = "int".into();
            }),
            SchemaFormat::JsonSchema => {
                edited(&own, |schema| schema["properties"]["title"]["type"] = "number".into())
            }
        };
        let setup = setup("refused", &source, format, registry, "");
        let subject = register(registry, &setup, format, &number);
        let (status, log) = refused(&setup);
        assert_eq!(status, Some(78), "{name}: {log}");
        // Of Protocol Buffers this registry does not say more than that it is so.
        let field = if format == SchemaFormat::Protobuf { "not backward compatible" } else { "title" };
        for part in [&subject, "BACKWARD", field, "delete the subject", &registry.url()] {
            assert!(log.contains(part), "{name}: no {part} in {log}");
        }
    }
    let setup = setup("unregistered", &source, SchemaFormat::Avro, registry, ", register: false");
    let (status, log) = refused(&setup);
    assert_eq!(status, Some(78), "{log}");
    assert!(log.contains("copydesk schema --format avro") && log.contains("register: true"), "{log}");
}

/// A registry that cannot answer now is waited for, as Kafka is; one that wants to know who asks ends it.
#[test]
fn a_registry_that_does_not_let_in_is_named_without_its_secret() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/registry", listener.local_addr().expect("its address"));
    let asked = std::thread::spawn(move || {
        let answer = |status: &str, body: &str| {
            let (mut stream, _) = listener.accept().expect("a request");
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).expect("its head");
            let size = body.len();
            write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {size}\r\nconnection: close\r\n\r\n{body}")
                .expect("sent");
            String::from_utf8_lossy(&request[..length]).into_owned()
        };
        answer("503 Service Unavailable", "");
        answer("401 Unauthorized", r#"{"error_code":401,"message":"Unauthorized"}"#)
    });
    let setup =
        Setup::new(&broker::prefix("locked"), &[feed("courier", "http://127.0.0.1:9/feed", "1h")], "");
    setup.change(
        "kafka: {",
        &format!(
            "kafka: {{format: avro, schema_registry: {{url: {url:?}, auth: {{basic: {{username: desk, password: hush-7-hush}}}}}}, "
        ),
    );
    let (status, log) = refused(&setup);
    assert_eq!(status, Some(78), "{log}");
    assert!(log.contains("answers 503") && log.contains("trying again"), "{log}");
    assert!(log.contains("kafka.schema_registry.auth") && log.contains("401"), "{log}");
    let request = asked.join().expect("no panic");
    assert!(request.contains(&STANDARD.encode("desk:hush-7-hush")), "{request}");
    assert!(request.starts_with("POST /registry/subjects/"), "{request}");
    assert!(!log.contains("hush-7-hush") && !log.contains(&STANDARD.encode("desk:hush-7-hush")), "{log}");
}

/// A dry run compares with what is in the topic; a replay writes the next revision in the format.
#[test]
fn a_replay_reads_and_writes_the_format() {
    let registry = Registry::shared();
    let origin = Origin::start();
    let mut item = Item::numbered(1);
    item.paragraphs.insert(1, "Harbour desk marker line for the night shift".into());
    origin.set("/feed", Answer::Feed(vec![item]));
    let source = feed("courier", &origin.url("/feed"), "1h");
    let setup = setup("replayed", &source, SchemaFormat::Avro, registry, "");
    let archive = setup.articles().replace(".articles", ".archive");
    setup.change("ledger_partitions: 4", &format!("ledger_partitions: 4, archive: {archive}"));
    let daemon = setup.run();
    let topic = ["--topic", &setup.articles(), "--count"];
    assert_eq!(independent(SchemaFormat::Avro, registry, &[&topic[..], &["1"]].concat())[0]["revision"], 1);
    daemon.stop();
    setup.write("own.yaml", MARKER_RULE);
    setup.append("rules: {files: [own.yaml]}\n");
    let tried = lines(&command(&["replay", "--dry-run", "--json"], &setup.config()));
    assert_eq!(tried[0]["changes"][0]["rule"], "own/marker", "{tried:?}");
    let report = lines(&command(&["replay", "--json"], &setup.config()));
    assert_eq!(report[0]["changed"], 1, "{report:?}");
    let read = independent(SchemaFormat::Avro, registry, &[&topic[..], &["2"]].concat());
    let revised = read.iter().find(|article| article["revision"] == 2).expect("the next revision");
    assert_eq!(revised["removed"][0]["rule"], "own/marker");
}

#[test]
fn a_route_and_tail_give_items_that_are_valid_ninjs() {
    let origin = Origin::start();
    origin.set("/feed", Answer::Feed((1..=3).map(Item::numbered).collect()));
    let prefix = broker::prefix("ninjs");
    let route = format!("routes:\n  - {{topic: {prefix}.ninjs, format: ninjs, when: {{languages: [en]}}}}");
    let setup = Setup::new(&prefix, &[feed("courier", &origin.url("/feed"), "1h")], &route);
    let daemon = setup.run();
    let topic = format!("{prefix}.ninjs");
    let items = reader::first(&topic, 3, Duration::from_secs(90));
    for item in &items {
        assert_eq!(item.value["uri"], format!("urn:copydesk:article:{}", item.key));
        assert_eq!(item.headers["ce_dataschema"], "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#");
    }
    let by_uri = |mut items: Vec<Value>| {
        items.sort_by_key(|item| item["uri"].to_string());
        items
    };
    let routed = by_uri(items.into_iter().map(|item| item.value).collect());
    for arguments in [vec![], vec!["--topic", &topic]] {
        let tail =
            [vec!["tail", "--from-beginning", "--count", "3", "--format", "ninjs"], arguments].concat();
        assert_eq!(by_uri(lines(&command(&tail, &setup.config()))), routed);
    }
    daemon.stop();
    let record: ArticleRecord = serde_json::from_value(whole_record()).expect("a record");
    let whole = copydesk::publish::ninjs(&record);
    assert_eq!(whole["places"][0]["geoJSON"]["coordinates"].as_array().map(Vec::len), Some(2));
    let values: String = routed.iter().chain([&whole]).map(|item| format!("{item}\n")).collect();
    setup.write("items.ndjson", &values);
    let items = std::fs::File::open(setup.config().with_file_name("items.ndjson")).expect("written");
    let output = Command::new(broker::script("python"))
        .arg(broker::script("validate.py"))
        .arg(broker::root().join("tests/cases/record/ninjs-schema_3.1.json"))
        .stdin(items)
        .output()
        .expect("tests/kafka/python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout, b"4\n");
}
