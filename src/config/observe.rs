//! `observe`: what is told to other programs of how it goes.

use url::Url;

use super::{
    Authorities, Secret, credentials,
    feed_http::authorities,
    key::{KeyDoc, key, known},
    reader::Reader,
    scalar::set,
};
use crate::yaml::Node;

/// The keys in the order of the reference.
pub(super) const KEYS: &[KeyDoc] = &[
    key(
        "observe.otlp.endpoint",
        "address",
        "",
        "Where traces go, by OTLP over HTTP (`http://localhost:4318`); may be private. Off without it.",
    ),
    key(
        "observe.otlp.headers",
        "mapping",
        "{}",
        "Headers of its requests; secrets by reference: `{authorization: \"Bearer ${env:OTLP_TOKEN}\"}`.",
    ),
    key(
        "observe.otlp.ca",
        "path",
        "",
        "CA certificates (PEM) that are trusted there besides those of the system.",
    ),
    key("observe.otlp.ratio", "number, 0 to 1", "1", "Share of the polls that are traced."),
];

/// `observe`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observe {
    /// Where traces go.
    pub otlp: Option<Otlp>,
}

/// `observe.otlp`.
#[derive(Clone, Debug, PartialEq)]
pub struct Otlp {
    /// `observe.otlp.endpoint`.
    pub endpoint: Url,
    /// `observe.otlp.headers`.
    pub headers: Vec<(String, Secret)>,
    /// `observe.otlp.ca`.
    pub ca: Option<Authorities>,
    /// `observe.otlp.ratio`.
    pub ratio: f64,
}

pub(super) fn observe(reader: &mut Reader<'_>, section: &Node) -> Observe {
    let Some(fields) = reader.decoder.fields(section, &known(KEYS, "observe")) else {
        return Observe::default();
    };
    Observe { otlp: fields.get("otlp").and_then(|node| otlp(reader, node)) }
}

fn otlp(reader: &mut Reader<'_>, section: &Node) -> Option<Otlp> {
    let fields = reader.decoder.fields(section, &known(KEYS, "observe.otlp"))?;
    let endpoint = fields.required(&mut reader.decoder, "endpoint").and_then(|node| endpoint(reader, node));
    let headers = fields.get("headers").map(|node| credentials::own(reader, node)).unwrap_or_default();
    let ca = fields.get("ca").and_then(|node| authorities(reader, node));
    let mut ratio = 1.0;
    if let Some(node) = fields.get("ratio") {
        set(&mut ratio, reader.decoder.number(node, 0.0..=1.0));
    }
    Some(Otlp { endpoint: endpoint?, headers, ca, ratio })
}

/// The message does not repeat the address: it may hold a secret.
fn endpoint(reader: &mut Reader<'_>, node: &Node) -> Option<Url> {
    let text = reader.decoder.text(node)?;
    let url = Url::parse(text.trim()).ok().filter(Url::has_host);
    let url = url.filter(|url| {
        let plain = url.query().is_none() && url.fragment().is_none();
        let open = url.username().is_empty() && url.password().is_none();
        let whole = url.path().trim_end_matches('/').ends_with("/v1/traces");
        matches!(url.scheme(), "http" | "https") && plain && open && !whole
    });
    if url.is_none() {
        let message = "has to be the address of an OTLP receiver over HTTP, without user name, query and \
                       `/v1/traces`, as in `http://localhost:4318`; credentials go into `headers`";
        reader.decoder.tell(node, message);
    }
    url
}
