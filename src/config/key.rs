//! A key of the configuration as its section describes it.

/// One key of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyDoc {
    /// Path: `http.timeout`, `feeds[].url`.
    pub path: &'static str,
    /// Form of the value, in words.
    pub kind: &'static str,
    /// Default as it would be written; empty if there is none.
    pub default: &'static str,
    /// What it does.
    pub doc: &'static str,
}

/// A row of a section's keys.
pub(super) const fn key(
    path: &'static str,
    kind: &'static str,
    default: &'static str,
    doc: &'static str,
) -> KeyDoc {
    KeyDoc { path, kind, default, doc }
}

/// The names of those `keys` that lie in a section: `""` for the top level, `kafka.security`,
/// `feeds[]`, ...
pub(super) fn known(keys: &[KeyDoc], section: &str) -> Vec<&'static str> {
    let mut out: Vec<&str> = Vec::new();
    for KeyDoc { path, .. } in keys {
        let rest = match section {
            "" => Some(*path),
            _ => path.strip_prefix(section).and_then(|rest| rest.strip_prefix('.')),
        };
        let name = rest.and_then(|rest| rest.split(['.', '[']).next()).filter(|name| !name.is_empty());
        if let Some(name) = name.filter(|name| !out.contains(name)) {
            out.push(name);
        }
    }
    out
}
