//! `admin`: health, metrics, status page and API.

use std::net::SocketAddr;

use super::{
    key::{KeyDoc, key, known},
    secret::Secret,
};
use crate::yaml::{Decoder, Node};

/// The keys in the order of the reference.
pub(super) const KEYS: &[KeyDoc] = &[
    key(
        "admin.listen",
        "address:port",
        "127.0.0.1:9464",
        "Health, metrics, status page and API; port 0 is any free one, named in the log.",
    ),
    key(
        "admin.token",
        "text, 16 to 512 characters",
        "",
        "What the API and the status page ask for (`Authorization: Bearer`; in a browser the password). Without one \
         they answer on loopback only.",
    ),
];

/// Shortest and longest token, in characters.
const TOKEN_MIN: usize = 16;
const TOKEN_MAX: usize = 512;

/// `admin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// `admin.listen`.
    pub listen: SocketAddr,
    /// `admin.token`.
    pub token: Option<Secret>,
}

impl Default for Admin {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 9464)), token: None }
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
    if let Some(node) = fields.get("token")
        && let Some(text) = decoder.text(node)
    {
        let fits = (TOKEN_MIN..=TOKEN_MAX).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            out.token = Some(Secret(text.to_owned()));
        } else {
            let message = format!(
                "has to be {TOKEN_MIN} to {TOKEN_MAX} visible ASCII characters; make one with `openssl rand -hex 24`"
            );
            decoder.tell(node, message);
        }
    }
    out
}
