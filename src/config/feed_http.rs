//! How one feed is requested: `proxy`, `tls_ca`, `timeout` and `robots`.

use std::time::Duration;

use rustls::pki_types::{CertificateDer, pem::PemObject};
use url::Url;

use super::{Authorities, FeedHttp, RobotsPolicy, Secret, reader::Reader};
use crate::yaml::{Fields, Node};

/// In place of a proxy's address: do without the one in `defaults`.
const DIRECT: &str = "direct";

/// What differs from `http`: by `fields`, else by `from`.
pub(super) fn feed_http(reader: &mut Reader<'_>, fields: &Fields<'_>, from: &FeedHttp) -> FeedHttp {
    let mut out = from.clone();
    if let Some(node) = fields.get("proxy") {
        out.proxy = proxy(reader, node);
    }
    if let Some(node) = fields.get("tls_ca") {
        out.tls_ca = authorities(reader, node);
    }
    if let Some(node) = fields.get("timeout") {
        let range = Duration::from_millis(100)..=Duration::from_secs(600);
        out.timeout = reader.decoder.duration(node, range);
    }
    if let Some(node) = fields.get("robots") {
        let choices = [("obey", RobotsPolicy::Obey), ("record", RobotsPolicy::Record)];
        out.robots = reader.decoder.choice(node, &choices);
    }
    out
}

/// The message does not repeat the address: it may hold a secret.
fn proxy(reader: &mut Reader<'_>, node: &Node) -> Option<Secret> {
    let text = reader.decoder.text(node)?;
    if text == DIRECT {
        return None;
    }
    let url = Url::parse(text.trim()).ok().filter(Url::has_host);
    let Some(url) = url.filter(|url| matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h")) else {
        let example = "`http://proxy.example:3128` or `socks5://proxy.example:1080`";
        reader
            .decoder
            .tell(node, format!("has to be the address of a proxy, as in {example}, or `{DIRECT}`"));
        return None;
    };
    if url.password().is_some() && !node.referenced {
        reader.clear_secret(node);
    }
    Some(Secret(url.into()))
}

/// Reads a file with certificates of authorities.
pub(super) fn authorities(reader: &mut Reader<'_>, node: &Node) -> Option<Authorities> {
    let path = reader.directory.join(reader.decoder.text(node)?);
    let pem = reader.bytes(&path, Some(node))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    if found.is_ok_and(|found| !found.is_empty()) {
        return Some(Authorities(pem.into()));
    }
    let shown = node.shown(path.display());
    reader.decoder.tell(node, format!("{shown} has to hold certificates in PEM, and nothing else"));
    None
}
