//! An article's address without the parts that say nothing about the article: how it is reached,
//! where on the page, and for whom.

use url::Url;

use super::canonical::{CanonicalRules, is_route};

/// An address for comparison: two that are equal lead to the same page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// The page: the canonical form as `https`, without `www.`. Not for fetching.
    pub page: String,
    /// The fragment, decoded no further.
    pub fragment: Option<String>,
}

impl Address {
    /// The address that `url` leads to.
    pub(super) fn new(rules: &CanonicalRules, url: &Url) -> Self {
        let canonical = rules.canonical_url(url);
        let fragment = url.fragment().filter(|fragment| !fragment.is_empty() && !is_route(fragment));
        Self { page: plain(&canonical), fragment: fragment.map(str::to_owned) }
    }

    /// Page and fragment.
    pub(super) fn whole(&self) -> String {
        match &self.fragment {
            Some(fragment) => format!("{}#{fragment}", self.page),
            None => self.page.clone(),
        }
    }

    /// The part of the page that the fragment names by a number: `#comment-7`, `#v2-1`, `#p118`.
    /// Any other fragment is a heading, or says who sent the reader.
    pub(super) fn part(&self) -> Option<&str> {
        self.fragment.as_deref().filter(|fragment| {
            let head = fragment.trim_end_matches(|c: char| c.is_ascii_digit() || "-_.".contains(c));
            head.len() < fragment.len()
                && !head.is_empty()
                && head.len() <= PART_MAX
                && head.chars().all(|c| c.is_ascii_alphabetic() || "-_".contains(c))
                && !SENDERS.iter().any(|sender| head.to_ascii_lowercase().starts_with(sender))
        })
    }

    /// The page, with the part of it that the fragment names.
    pub(super) fn named(&self) -> String {
        if self.part().is_some() { self.whole() } else { self.page.clone() }
    }

    /// Whether it is a front page: no article has that to itself.
    pub(super) fn is_front(&self) -> bool {
        let path = self.page.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
        path.is_none_or(|(_, path)| path.is_empty())
    }
}

/// Longest name of a part, in bytes.
const PART_MAX: usize = 24;
/// Beginnings of fragments that say who sent the reader.
const SENDERS: [&str; 4] = ["rss", "feed", "utm", "ref"];

/// The spellings of `url` that older versions took for different addresses: each scheme, with and
/// without `www.`.
pub(super) fn spellings(url: &Url) -> Vec<String> {
    let (Some(host), Some(rest)) = (url.host_str(), url.as_str().split_once("://").map(|(_, rest)| rest))
    else {
        return vec![url.to_string()];
    };
    let bare = host.strip_prefix("www.").unwrap_or(host);
    let Some(tail) = rest.strip_prefix(host) else { return vec![url.to_string()] };
    let mut spellings = Vec::with_capacity(4);
    for scheme in ["https", "http"] {
        for www in ["", "www."] {
            spellings.push(format!("{scheme}://{www}{bare}{tail}"));
        }
    }
    spellings
}

fn plain(url: &Url) -> String {
    let text = url.as_str();
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    if !matches!(scheme, "http" | "https") {
        return text.to_owned();
    }
    // `www.com` is a name in its own right.
    let bare = rest
        .strip_prefix("www.")
        .filter(|bare| bare.split('/').next().is_some_and(|host| host.contains('.')));
    format!("https://{}", bare.unwrap_or(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Address {
        Address::new(CanonicalRules::builtin(), &Url::parse(url).unwrap())
    }

    #[test]
    fn how_a_page_is_reached_is_not_which_page_it_is() {
        for (one, other) in [
            ("http://quay.example/a/1", "https://quay.example/a/1"),
            ("https://www.quay.example/a/1", "http://quay.example/a/1#top"),
            ("https://quay.example/t;jsessionid=0A1B2C3D?id=4", "https://quay.example/t?id=4"),
            (
                "https://quay.example/t.php?t=4&sid=0123456789abcdef0123456789abcdef",
                "https://quay.example/t.php?t=4",
            ),
            ("https://quay.example/(S(lit3py55t21z5v55vlm25s55))/a.aspx", "https://quay.example/a.aspx"),
            ("https://quay.example/a?PHPSESSID=q8h2k4m6n8p0r2t4v6x8&b=1", "https://quay.example/a?b=1"),
            ("https://quay.example/a?access_token=eyJhbGciOiJIUzI1NiJ9.e30", "https://quay.example/a"),
        ] {
            assert_eq!(address(one).page, address(other).page, "{one}");
        }
        for (one, other) in [
            ("https://quay.example/#!/a/1", "https://quay.example/#!/a/2"),
            ("https://quay.example/#/a/1", "https://quay.example/#/a/2"),
            ("https://www.com/a", "https://com.example/a"),
            ("https://quay.example/t?sid=12", "https://quay.example/t?sid=13"),
            ("https://quay.example/?token=ring", "https://quay.example/?token=necklace"),
        ] {
            assert_ne!(address(one).page, address(other).page, "{one}");
        }
    }

    #[test]
    fn numbered_parts_are_told_from_headings_and_senders() {
        for (fragment, part) in [
            ("comment-7", true),
            ("v2-1", true),
            ("p118", true),
            ("issuecomment-99", true),
            ("rss-2", false),
            ("xtor=RSS-1", false),
            ("top", false),
            ("3", false),
            ("what-has-changed", false),
        ] {
            let address = address(&format!("https://quay.example/a#{fragment}"));
            assert_eq!(address.part().is_some(), part, "{fragment}");
        }
    }

    #[test]
    fn older_versions_told_four_spellings_apart() {
        let url = Url::parse("http://www.quay.example:8080/a?b").unwrap();
        let spellings = spellings(&url);
        assert_eq!(spellings.len(), 4);
        assert!(spellings.contains(&url.to_string()), "{spellings:?}");
        assert!(spellings.contains(&"https://quay.example:8080/a?b".to_owned()), "{spellings:?}");
    }
}
