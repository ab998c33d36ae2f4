//! `admin`: health and metrics.

use std::net::SocketAddr;

use super::key::{KeyDoc, key, known};
use crate::yaml::{Decoder, Node};

/// The keys in the order of the reference.
pub(super) const KEYS: &[KeyDoc] = &[key(
    "admin.listen",
    "address:port",
    "127.0.0.1:9464",
    "Health and metrics; port 0 is any free one, named in the log.",
)];

/// `admin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// `admin.listen`.
    pub listen: SocketAddr,
}

impl Default for Admin {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 9464)) }
    }
}

pub(super) fn admin(decoder: &mut Decoder, section: &Node) -> Admin {
    let mut out = Admin::default();
    let Some(fields) = decoder.fields(section, &known(KEYS, "admin")) else { return out };
    if let Some(node) = fields.get("listen")
        && let Some(text) = decoder.text(node)
    {
        match text.replace("localhost:", "127.0.0.1:").parse::<SocketAddr>() {
            Ok(address) => out.listen = address,
            Err(_) => decoder.tell(node, "has to be an address with its port, as in `127.0.0.1:9464`"),
        }
    }
    out
}
