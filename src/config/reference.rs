//! All keys in one table: the decoder takes the known ones from it, `check --reference` prints it.

use std::{fmt::Write as _, sync::LazyLock};

use super::{
    admin, daemon, feed, http, kafka,
    key::{self, KeyDoc},
    model, observe, routes, rules, schema_registry, security, stories, topics, web_bot_auth, websub,
};

/// The keys in the order of the reference.
static KEYS: LazyLock<Vec<KeyDoc>> = LazyLock::new(|| {
    [
        kafka::KEYS,
        security::KEYS,
        schema_registry::KEYS,
        model::KEYS,
        topics::KEYS,
        stories::KEYS,
        http::KEYS,
        web_bot_auth::KEYS,
        feed::KEYS,
        rules::KEYS,
        routes::KEYS,
        admin::KEYS,
        websub::KEYS,
        observe::KEYS,
        daemon::KEYS,
    ]
    .concat()
});

/// All keys, in the order of the sections.
pub fn reference() -> &'static [KeyDoc] {
    &KEYS
}

/// The keys as a Markdown table.
pub fn reference_markdown() -> String {
    let mut out = String::from("| Key | Value | Default | Meaning |\n|---|---|---|---|\n");
    for KeyDoc { path, kind, default, doc } in reference() {
        let default = if default.is_empty() { String::new() } else { format!("`{default}`") };
        // Writing to a string cannot fail.
        writeln!(out, "| `{path}` | {kind} | {default} | {doc} |").ok();
    }
    out
}

/// The names of the sections.
pub(super) fn known() -> Vec<&'static str> {
    key::known(&KEYS, "")
}
