//! The file of the TDM Reservation Protocol (W3C community group report of May 2024, section 4).

use serde_json::Value;
use url::Url;

use super::{
    Place, Source, Statement,
    headers::absolute,
    robots::{matches, normal},
};

/// Its path on an origin.
pub const TDMREP_PATH: &str = "/.well-known/tdmrep.json";
/// Bytes that are read, at most; a longer file is cut and so counts as broken.
pub const BYTES_MAX: usize = 500 << 10;
/// Rules that are looked at, at most.
const RULES_MAX: usize = 1_000;

/// A `tdmrep.json`, read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TdmRep(Vec<Rule>);

#[derive(Clone, Debug, PartialEq)]
struct Rule {
    location: String,
    /// `None` if the value is not a valid one: the rule matches and says nothing.
    reserved: Option<bool>,
    policy: Option<String>,
}

impl TdmRep {
    /// Reads a file: what is malformed says nothing.
    pub fn parse(bytes: &[u8]) -> Self {
        let bytes = bytes.get(..BYTES_MAX).unwrap_or(bytes);
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let Ok(Value::Array(rules)) = serde_json::from_slice(bytes) else { return Self::default() };
        let rule = |rule: &Value| {
            let location = rule.get("location")?.as_str()?;
            Some(Rule {
                location: normal(location),
                reserved: match rule.get("tdm-reservation").and_then(Value::as_u64) {
                    Some(1) => Some(true),
                    Some(0) => Some(false),
                    _ => None,
                },
                policy: rule.get("tdm-policy").and_then(Value::as_str).map(str::to_owned),
            })
        };
        Self(rules.iter().take(RULES_MAX).filter_map(rule).collect())
    }

    /// What it says about a page: the first rule that matches decides.
    pub fn statement(&self, page: &Url) -> Option<Statement> {
        let path = match page.query() {
            Some(query) => normal(&format!("{}?{query}", page.path())),
            None => normal(page.path()),
        };
        let rule = self.0.iter().find(|rule| matches(&rule.location, &path))?;
        let value = if rule.reserved? { "1" } else { "0" };
        let policy = rule.policy.as_deref().and_then(|policy| absolute(page, policy));
        Some(Statement { policy, ..Statement::new(Source::Tdmrep, Place::WellKnown, value) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a file says about `/news/a?b`: reserved, not reserved, or nothing.
    fn said(file: &str) -> Option<String> {
        let page = Url::parse("https://a.example/news/a?b").unwrap();
        TdmRep::parse(file.as_bytes()).statement(&page).map(|statement| statement.value)
    }

    #[test]
    fn the_first_rule_that_matches_decides() {
        for (file, expected) in [
            (r#"[{"location": "/", "tdm-reservation": 1}]"#, Some("1")),
            ("\u{feff}[{\"location\": \"/\", \"tdm-reservation\": 0}]", Some("0")),
            (
                r#"[{"location": "/news/", "tdm-reservation": 0}, {"location": "/", "tdm-reservation": 1}]"#,
                Some("0"),
            ),
            (
                r#"[{"location": "/", "tdm-reservation": 1}, {"location": "/news/", "tdm-reservation": 0}]"#,
                Some("1"),
            ),
            (r#"[{"location": "/sport/", "tdm-reservation": 1}]"#, None),
            (r#"[{"location": "/*/a", "tdm-reservation": 1}]"#, Some("1")),
            (r#"[{"location": "/news/a$", "tdm-reservation": 1}]"#, None),
            // An invalid value sets nothing, but the rule has matched.
            (r#"[{"location": "/", "tdm-reservation": "1"}, {"location": "/", "tdm-reservation": 1}]"#, None),
            (r#"[{"location": "/", "tdm-reservation": 2}]"#, None),
            (r#"[{"location": "/", "tdm-reservation": true}]"#, None),
            (r#"[{"tdm-reservation": 1}]"#, None),
            // Broken: as if there were none.
            (r#"{"location": "/", "tdm-reservation": 1}"#, None),
            (r#"[{"location": "/", "tdm-reservation": 1}"#, None),
            (r#"["x", 7, null, {"location": "/", "tdm-reservation": 1}]"#, Some("1")),
            ("<html>not here</html>", None),
            ("", None),
        ] {
            assert_eq!(said(file).as_deref(), expected, "{file}");
        }
    }

    #[test]
    fn policies_are_addresses_on_the_web() {
        for (policy, expected) in [
            ("https://b.example/p.json", Some("https://b.example/p.json")),
            ("/p.json", Some("https://a.example/p.json")),
            ("javascript:x", None),
        ] {
            let file = format!(r#"[{{"location": "/", "tdm-reservation": 1, "tdm-policy": "{policy}"}}]"#);
            let page = Url::parse("https://a.example/news/a").unwrap();
            let statement = TdmRep::parse(file.as_bytes()).statement(&page).unwrap();
            assert_eq!(statement.policy.as_deref(), expected, "{policy}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_a_file(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            TdmRep::parse(&bytes);
        }
    }
}
