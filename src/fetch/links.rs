//! What the `Link` headers of a feed say of its hub (W3C WebSub).

use http::{HeaderMap, header};

use super::freshness;

/// Most `Link` headers that are read, and how long one may be.
const HEADERS_MAX: usize = 16;
const HEADER_MAX: usize = 8 << 10;
/// Most hubs that are looked at.
const HUBS_MAX: usize = 8;

/// What the `Link` headers (RFC 8288) of a feed say of its hub, as it stands there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkHeaders {
    /// `rel=hub`.
    pub hubs: Vec<String>,
    /// `rel=self`, the first one.
    pub topic: Option<String>,
}

impl LinkHeaders {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut out = Self::default();
        for value in headers.get_all(header::LINK).iter().take(HEADERS_MAX) {
            let value = freshness::latin1(value.as_bytes());
            if value.len() <= HEADER_MAX {
                out.add(&value);
            }
        }
        out
    }

    /// Adds what one header says: `<target>; rel="hub self", <target>; rel=hub`.
    fn add(&mut self, mut rest: &str) {
        while let Some((_, after)) = rest.split_once('<') {
            let Some((target, after)) = after.split_once('>') else { return };
            let end = end_of_parameters(after);
            let (parameters, next) = after.split_at_checked(end).unwrap_or((after, ""));
            rest = next;
            let target = target.trim();
            let Some(relations) = relations(parameters).filter(|_| !target.is_empty()) else { continue };
            let is = |wanted: &str| relations.split_whitespace().any(|rel| rel.eq_ignore_ascii_case(wanted));
            if is("hub") && self.hubs.len() < HUBS_MAX {
                self.hubs.push(target.to_owned());
            }
            if is("self") && self.topic.is_none() {
                self.topic = Some(target.to_owned());
            }
        }
    }
}

/// Where the parameters of a link end: at a comma outside quotes.
fn end_of_parameters(text: &str) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, sign) in text.char_indices() {
        match sign {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => return at,
            _ => {}
        }
    }
    text.len()
}

/// The first `rel`, which alone counts (RFC 8288 section 3.3).
fn relations(parameters: &str) -> Option<String> {
    let mut rest = parameters;
    while let Some((_, after)) = rest.split_once(';') {
        let name_end = after.find(['=', ';']).unwrap_or(after.len());
        let (name, value) = after.split_at_checked(name_end)?;
        rest = value;
        let Some(value) = value.strip_prefix('=') else { continue };
        let value = value.trim_start();
        let (value, behind) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => value.split_at_checked(value.find(';').unwrap_or(value.len()))?,
        };
        if name.trim().eq_ignore_ascii_case("rel") {
            return Some(value.to_owned());
        }
        rest = behind;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> (Vec<String>, Option<String>) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::LINK, value.parse().unwrap());
        }
        let LinkHeaders { hubs, topic } = LinkHeaders::of(&headers);
        (hubs, topic)
    }

    #[test]
    fn hubs_and_topic_in_every_form_of_a_link_header() {
        let one = |hub: &str, topic: &str| {
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            (some(hub).into_iter().collect::<Vec<_>>(), some(topic))
        };
        for (values, expected) in [
            (
                &["<http://h.example/>; rel=\"hub\", <http://a.example/f>; rel=\"self\""][..],
                one("http://h.example/", "http://a.example/f"),
            ),
            (
                &["<http://a.example/f>;rel=self", "<http://h.example/>;rel=hub"],
                one("http://h.example/", "http://a.example/f"),
            ),
            (
                &["<http://a.example/f?a=1,2>; title=\"x, y; rel=hub\"; rel=\"alternate self\""],
                one("", "http://a.example/f?a=1,2"),
            ),
            (&["</hub>; REL=Hub; rel=\"self\""], one("/hub", "")),
            (
                &["<http://a.example/1>; rel=self, <http://a.example/2>; rel=self"],
                one("", "http://a.example/1"),
            ),
            (
                &[
                    "<http://a.example/f>; rel=\"selfish hubris\"",
                    "<>; rel=hub",
                    "http://h.example/; rel=hub",
                ],
                one("", ""),
            ),
            (&["<http://h.example/; rel=hub"], one("", "")),
            (&["<http://h.example/>; type=text/html; rel = \"hub\""], one("http://h.example/", "")),
        ] {
            assert_eq!(read(values), expected, "{values:?}");
        }
        let many: Vec<String> = (0..40).map(|n| format!("<http://h{n}.example/>; rel=hub")).collect();
        let values: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(read(&values).0.len(), HUBS_MAX);
    }

    proptest::proptest! {
        #[test]
        fn any_header_gives_a_result(value in "([<>;,=\"\\\\ ]|rel|hub|self|é|http://a.example/){0,40}") {
            let mut links = LinkHeaders::default();
            links.add(&value);
            proptest::prop_assert!(links.hubs.len() <= HUBS_MAX);
        }
    }
}
