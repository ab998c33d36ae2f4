//! What stands before a document: named, so that an operator can ask its owner, and never worked
//! around.

use std::fmt;

use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use url::Url;

use super::freshness::latin1;

/// Longest price or scheme that is reported, characters.
const DETAIL_MAX: usize = 80;

/// Headers by which walls against bots show themselves: name, what the value contains, whose it is.
/// Source: public documentation of the makers, November 2026.
const BOT_WALLS: [(&str, &str, &str); 9] = [
    ("cf-mitigated", "", "cloudflare"),
    ("x-datadome", "", "datadome"),
    ("x-dd-b", "", "datadome"),
    ("x-amzn-waf-action", "", "aws waf"),
    ("x-vercel-mitigated", "", "vercel"),
    ("x-sucuri-block", "", "sucuri"),
    ("x-kpsdk-ct", "", "kasada"),
    ("x-iinfo", "", "imperva"),
    ("server", "ddos-guard", "ddos-guard"),
];

/// First labels of hosts, and segments of paths, of login pages ...
const LOGIN: (&[&str], &[&str]) = (
    &["login", "signin", "sso", "auth", "accounts", "idp"],
    &[
        "login",
        "signin",
        "sign-in",
        "log-in",
        "logon",
        "wp-login",
        "anmelden",
        "connexion",
        "iniciar-sesion",
        "accedi",
        "inloggen",
    ],
);

/// ... and of consent pages.
const CONSENT: (&[&str], &[&str]) = (
    &["consent", "cmp", "myprivacy"],
    &["consent", "collectconsent", "cookie-consent", "cookiewall", "cookie-wall", "gdpr", "privacy-gate"],
);

/// Parameters that carry the address to come back to.
const RETURN: [&str; 16] = [
    "return",
    "returnurl",
    "return_url",
    "return_to",
    "returnto",
    "next",
    "redirect",
    "redirect_uri",
    "redirect_url",
    "redirect_to",
    "continue",
    "callbackurl",
    "destination",
    "goto",
    "target",
    "back",
];

/// What stands before a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wall {
    /// Which kind.
    pub kind: WallKind,
    /// Whose it is, the price, or the scheme of authentication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// The kinds of walls, a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WallKind {
    /// Against programs.
    BotWall,
    /// Status 402: it costs money.
    PaymentRequired,
    /// For those who have signed in.
    Login,
    /// For those who have consented to something.
    Consent,
}

impl WallKind {
    /// The word on the wire and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BotWall => "bot_wall",
            Self::PaymentRequired => "payment_required",
            Self::Login => "login",
            Self::Consent => "consent",
        }
    }
}

impl fmt::Display for Wall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            WallKind::BotWall => "a wall against bots",
            WallKind::PaymentRequired => "a payment is required",
            WallKind::Login => "a login",
            WallKind::Consent => "a consent page",
        };
        match &self.detail {
            Some(detail) => write!(f, "{kind}: {detail}"),
            None => f.write_str(kind),
        }
    }
}

/// The wall that an answer shows, if any; it came from `url`, to which a request for `asked` has
/// led.
pub(super) fn of(status: u16, headers: &HeaderMap, url: &Url, asked: &Url) -> Option<Wall> {
    let value = |name: &str| headers.get(name).map(|value: &HeaderValue| latin1(value.as_bytes()));
    let wall = |kind, detail: Option<String>| {
        let shown =
            |detail: &String| detail.trim().chars().filter(|c| !c.is_control()).take(DETAIL_MAX).collect();
        let detail: Option<String> = detail.as_ref().map(shown);
        Some(Wall { kind, detail: detail.filter(|detail| !detail.is_empty()) })
    };
    // Some of them also mark what they let through.
    let turned_away = matches!(status, 202 | 401 | 403 | 405 | 406 | 418 | 429 | 503);
    let known = BOT_WALLS
        .iter()
        .find(|(name, holds, _)| value(name).is_some_and(|value| value.to_ascii_lowercase().contains(holds)));
    match (status, known) {
        (402, _) => wall(WallKind::PaymentRequired, value("crawler-price")),
        (_, Some((_, _, whose))) if turned_away => wall(WallKind::BotWall, Some((*whose).to_owned())),
        (401, None) => {
            let scheme = value("www-authenticate");
            let scheme = scheme.as_deref().and_then(|text| text.split([' ', ',']).next()).map(str::to_owned);
            wall(WallKind::Login, scheme)
        }
        _ if leads_to(CONSENT, url, asked) => wall(WallKind::Consent, None),
        _ if leads_to(LOGIN, url, asked) => wall(WallKind::Login, None),
        _ => None,
    }
}

/// Whether a redirect has led to such a page, if the requested address is not one itself: by its host, by the
/// end of its path, or by its path with an address to come back to.
fn leads_to((hosts, paths): (&[&str], &[&str]), url: &Url, asked: &Url) -> bool {
    let first = |url: &Url| {
        let label = url.host_str().and_then(|host| host.split('.').next()).unwrap_or_default();
        hosts.contains(&label)
    };
    let named = |segment: &String| paths.contains(&segment.as_str());
    let (there, here) = (segments(url), segments(asked));
    if there.iter().any(named) && !here.iter().any(named) {
        return there.last().is_some_and(named) || comes_back(url, asked);
    }
    first(url) && !first(asked) && url.host() != asked.host()
}

/// The segments of a path in lower case, without endings like `.php`.
fn segments(url: &Url) -> Vec<String> {
    let plain = |segment: &str| segment.split('.').next().unwrap_or_default().to_ascii_lowercase();
    url.path_segments().into_iter().flatten().filter(|segment| !segment.is_empty()).map(plain).collect()
}

/// Whether the query of `url` leads back to the requested address.
fn comes_back(url: &Url, asked: &Url) -> bool {
    url.query_pairs().any(|(name, value)| {
        RETURN.contains(&name.to_ascii_lowercase().as_str())
            || asked.path().len() > 1 && value.contains(asked.path())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16, lines: &[(&'static str, &'static str)], to: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let asked = Url::parse("https://a.example/news/1").unwrap();
        of(status, &headers, &asked.join(to).unwrap(), &asked).map(|wall| wall.to_string())
    }

    #[test]
    fn walls_tell_themselves_by_status_and_headers() {
        for (status, lines, expected) in [
            (403, &[("cf-mitigated", "challenge")][..], Some("a wall against bots: cloudflare")),
            (503, &[("cf-mitigated", "block")], Some("a wall against bots: cloudflare")),
            (403, &[("x-datadome", "protected")], Some("a wall against bots: datadome")),
            (405, &[("x-amzn-waf-action", "captcha")], Some("a wall against bots: aws waf")),
            (202, &[("x-amzn-waf-action", "challenge")], Some("a wall against bots: aws waf")),
            (429, &[("x-vercel-mitigated", "challenge")], Some("a wall against bots: vercel")),
            (403, &[("server", "DDoS-Guard")], Some("a wall against bots: ddos-guard")),
            (200, &[("x-iinfo", "9-1-0")], None),
            (404, &[("x-datadome", "protected")], None),
            (403, &[("server", "nginx")], None),
            (503, &[], None),
            (402, &[("crawler-price", "USD 0.01")], Some("a payment is required: USD 0.01")),
            (402, &[("crawler-price", " ")], Some("a payment is required")),
            (402, &[("cf-mitigated", "challenge")], Some("a payment is required")),
            (402, &[], Some("a payment is required")),
            (401, &[("www-authenticate", "Basic realm=\"x\"")], Some("a login: Basic")),
            (401, &[("www-authenticate", "Bearer")], Some("a login: Bearer")),
            (401, &[], Some("a login")),
        ] {
            assert_eq!(told(status, lines, "").as_deref(), expected, "{status} {lines:?}");
        }
        let long = "EUR 1 ".repeat(40);
        let mut headers = HeaderMap::new();
        headers.append("crawler-price", HeaderValue::from_str(&long).unwrap());
        let url = Url::parse("https://a.example/").unwrap();
        let wall = of(402, &headers, &url, &url).unwrap();
        assert_eq!(wall.detail.unwrap().len(), DETAIL_MAX);
    }

    #[test]
    fn redirects_lead_to_walls() {
        for (to, expected) in [
            ("/account/login?next=/news/1", Some("a login")),
            ("/wp-login.php?redirect_to=x", Some("a login")),
            ("/Anmelden", Some("a login")),
            ("/login/step/1?u=https%3A%2F%2Fa.example%2Fnews%2F1", Some("a login")),
            ("https://sso.b.example/?x", Some("a login")),
            ("https://b.example/users/sign-in/?goto=1", Some("a login")),
            ("https://consent.b.example/collect", Some("a consent page")),
            ("https://b.example/collectConsent?sessionId=1", Some("a consent page")),
            ("/gdpr?to=/news/1", Some("a consent page")),
            ("/cookiewall/", Some("a consent page")),
            // Articles about such things are not walls.
            ("/logins-leaked-in-town", None),
            ("/gdpr/what-changes-in-may", None),
            ("/consent/in-law/7?ref=feed", None),
            ("https://authors.b.example/1", None),
            ("/news/1-a-title", None),
            ("https://b.example/news/1", None),
        ] {
            assert_eq!(told(200, &[], to).as_deref(), expected, "{to}");
        }
        // Who asked for such a page has got what he asked for.
        let asked = Url::parse("https://login.b.example/feed/login").unwrap();
        let url = asked.join("/rss/login").unwrap();
        assert_eq!(of(200, &HeaderMap::new(), &url, &asked), None);
    }
}
