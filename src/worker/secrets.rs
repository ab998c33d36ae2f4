//! Secrets in a feed's address and headers stay with the feed: they are sent to its own origin, and
//! none of them goes into records.

use std::sync::Arc;

use serde_json::Value;

use crate::{config::Feed, fetch::FeedCredentials, publish::record::ArticleRecord};

/// What the pages of a feed are requested with, if they have its origin.
pub(super) fn credentials(feed: &Feed) -> Option<Arc<FeedCredentials>> {
    feed.pages_with_headers
        .then(|| Arc::new(FeedCredentials { url: feed.url.clone(), headers: feed.headers.clone() }))
}

/// Hides the feed's secrets in a record: publishers repeat a subscriber's token in the links that they give
/// out, and sometimes elsewhere.
pub(super) fn hide(feed: &Feed, record: &mut ArticleRecord) {
    if feed.secrets.is_empty() {
        return;
    }
    let Ok(mut value) = serde_json::to_value(&*record) else { return };
    let mut hidden = false;
    texts(&mut value, &mut |text| {
        if let Some(shown) = feed.hide(text) {
            *text = shown;
            hidden = true;
        }
    });
    if hidden && let Ok(shown) = serde_json::from_value(value) {
        *record = shown;
    }
}

/// Calls `with` on every text.
fn texts(value: &mut Value, with: &mut impl FnMut(&mut String)) {
    match value {
        Value::String(text) => with(text),
        Value::Array(items) => items.iter_mut().for_each(|item| texts(item, with)),
        Value::Object(fields) => fields.values_mut().for_each(|field| texts(field, with)),
        _ => {}
    }
}
