//! Addresses of the pages.

use url::form_urlencoded::Serializer;

pub(super) const FEEDS: &str = "/feeds";
pub(super) const FEED: &str = "/feed";
pub(super) const POLL: &str = "/feed/poll";
pub(super) const PAUSE: &str = "/feed/pause";
pub(super) const RESUME: &str = "/feed/resume";
pub(super) const ARTICLES: &str = "/articles";
pub(super) const ARTICLE: &str = "/article";
pub(super) const PREVIEW: &str = "/preview";
pub(super) const RULES: &str = "/rules";
pub(super) const SHARDS: &str = "/shards";
pub(super) const LETTERS: &str = "/dead-letters";
pub(super) const RETRY: &str = "/dead-letters/retry";
pub(super) const STYLE: &str = "/assets/style.css";
pub(super) const LIVE: &str = "/assets/live.js";
pub(super) const ICON: &str = "/assets/icon.svg";

/// An address with parameters. Names are values there, not parts of the path: one that is `..` or
/// has slashes would lead elsewhere.
pub(super) fn with(path: &str, parameters: &[(&str, &str)]) -> String {
    let filled = parameters.iter().filter(|(_, value)| !value.is_empty());
    let query = Serializer::new(String::new()).extend_pairs(filled).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// The page of a feed.
pub(super) fn feed(name: &str) -> String {
    with(FEED, &[("name", name)])
}
