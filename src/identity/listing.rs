//! Whether a document lists what the one before listed.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::feed::{Entry, Feed};

/// A hash over all that is known of a document's entries, in their order, and the address of the site
/// that the feed belongs to: 16 hexadecimal digits.
///
/// Many feeds write the time of the answer, a counter or an advertisement into every document. Two documents
/// with the same listing say the same about every article. The hash need not resist adversaries: a publisher
/// can only hide its own edits with it.
pub fn listing(feed: &Feed, entries: &[Entry]) -> String {
    let mut hasher = DefaultHasher::new();
    feed.link.hash(&mut hasher);
    entries.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::{ParseOptions, parse};

    fn of(channel: &str, items: &str) -> String {
        let document =
            format!("<rss version='2.0'><channel><title>T</title>{channel}{items}</channel></rss>");
        let parsed = parse(document.as_bytes(), &ParseOptions::default()).unwrap();
        listing(&parsed.feed, &parsed.entries)
    }

    #[test]
    fn what_is_outside_the_entries_changes_no_listing() {
        let item = "<item><guid>1</guid><title>One</title><description>Text</description></item>";
        let other = "<item><guid>2</guid><title>Two</title></item>";
        let plain = of("", item);
        for channel in [
            "<lastBuildDate>Mon, 02 Mar 2026 10:00:00 GMT</lastBuildDate>",
            "<pubDate>Mon, 02 Mar 2026 10:00:00 GMT</pubDate><ttl>5</ttl>",
            "<generator>v2</generator><!-- served in 3 ms -->",
            "\n\n  <copyright>2026</copyright>",
            "<image><url>http://a.example/i.png?x=1</url></image>",
        ] {
            assert_eq!(of(channel, item), plain, "{channel}");
        }
        for changed in [
            "<item><guid>1</guid><title>One!</title><description>Text</description></item>",
            "<item><guid>1</guid><title>One</title><description>Text.</description></item>",
            "<item><guid>2</guid><title>One</title><description>Text</description></item>",
            "<item><guid>1</guid><title>One</title><description>Text</description><category>c</category></item>",
            &format!("{item}{other}"),
            "",
        ] {
            assert_ne!(of("", changed), plain, "{changed}");
        }
        assert_ne!(of("", &format!("{item}{other}")), of("", &format!("{other}{item}")));
        assert_ne!(of("<link>http://a.example/</link>", item), plain, "another site");
    }
}
