//! The canonical form of an article's address.
//!
//! Two addresses of one article should become one, two articles never. So only what is known to say
//! nothing about the article is removed: the tracking parameters of
//! `config/tracking-parameters.yaml`, session and access tokens, the fragment (but not the route of
//! a single-page site), user names, AMP and mobile variants, and redirects that carry their target.
//! The order of the query stays, since some sites depend on it; `http` stays `http`, since not
//! every site has `https`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use base64::{
    Engine, alphabet,
    engine::general_purpose::{GeneralPurpose, NO_PAD},
};
use url::Url;

use crate::yaml::{self, Decoder, Node, Problem};

/// Longest address that is changed, bytes; longer ones stay as they are.
const LENGTH_MAX: usize = 8192;
/// Steps made, at most: every level of nesting takes one.
const STEPS_MAX: usize = 32;

/// What the canonical form leaves out. Names are in lower case.
#[derive(Clone, Debug, Default)]
pub struct CanonicalRules {
    parameters: BTreeSet<String>,
    prefixes: Vec<String>,
    values: BTreeMap<String, BTreeSet<String>>,
    hosts: BTreeSet<String>,
    sessions: BTreeSet<String>,
    tokens: BTreeSet<String>,
}

static BUILTIN: LazyLock<CanonicalRules> = LazyLock::new(|| {
    let mut rules = CanonicalRules::default();
    let file = "tracking-parameters.yaml";
    // A mistake in the built-in file is found by the test below; the rest of the file applies
    // anyway.
    if let Ok(node) = yaml::parse(file, include_str!("../../config/tracking-parameters.yaml")) {
        let mut decoder = Decoder::default();
        rules.take(&node, &mut decoder);
    }
    rules
});

impl CanonicalRules {
    /// The rules that come with the program.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// Adds the rules of a further file in the form of `config/tracking-parameters.yaml`.
    ///
    /// # Errors
    /// Every mistake in the file, with its place; the rules then stay as they were.
    pub fn extend(&mut self, file: &str, text: &str) -> Result<(), Vec<Problem>> {
        let node = yaml::parse(file, text)?;
        let mut decoder = Decoder::default();
        let mut extended = self.clone();
        extended.take(&node, &mut decoder);
        if !decoder.problems.is_empty() {
            return Err(decoder.problems);
        }
        *self = extended;
        Ok(())
    }

    fn take(&mut self, node: &Node, decoder: &mut Decoder) {
        let names = ["parameters", "prefixes", "values", "hosts", "sessions", "tokens"];
        let Some(fields) = decoder.fields(node, &names) else { return };
        let mut lower = |name: &str| -> Vec<String> {
            let texts = fields.get(name).and_then(|node| decoder.texts(node)).unwrap_or_default();
            texts.into_iter().map(|text| text.to_lowercase()).collect()
        };
        self.parameters.extend(lower("parameters"));
        // An empty prefix would match every parameter.
        self.prefixes.extend(lower("prefixes").into_iter().filter(|prefix| !prefix.is_empty()));
        self.hosts.extend(lower("hosts"));
        self.sessions.extend(lower("sessions"));
        self.tokens.extend(lower("tokens"));
        for (key, node) in fields.get("values").and_then(|node| decoder.mapping(node)).unwrap_or_default() {
            let values = decoder.texts(node).unwrap_or_default();
            let known = self.values.entry(key.name.to_lowercase()).or_default();
            known.extend(values.into_iter().map(|value| value.to_lowercase()));
        }
    }

    /// The address without tracking parameters, fragment, default port and mobile or AMP variants.
    /// Idempotent: applied again it changes nothing.
    pub fn canonical_url(&self, url: &Url) -> Url {
        if url.as_str().len() > LENGTH_MAX
            || url.cannot_be_a_base()
            || !matches!(url.scheme(), "http" | "https")
        {
            return url.clone();
        }
        // Removing one thing may bring another to light (`/amp/amp/`, a redirect to a mobile page),
        // so this repeats until nothing changes; each step makes the address shorter.
        let mut current = url.clone();
        for _ in 0..STEPS_MAX {
            let next = target(&current).unwrap_or_else(|| self.once(&current));
            if next == current {
                break;
            }
            current = next;
        }
        current
    }

    fn once(&self, url: &Url) -> Url {
        let mut url = url.clone();
        if !url.fragment().is_some_and(is_route) {
            url.set_fragment(None);
        }
        // Neither fails for http and https.
        url.set_username("").ok();
        url.set_password(None).ok();
        self.plain_host(&mut url);
        self.plain_path(&mut url);
        self.plain_query(&mut url);
        url
    }

    /// `m.example.org`, `amp.example.org`, `en.m.wikipedia.org`, and a dot at the end.
    fn plain_host(&self, url: &mut Url) {
        let Some(host) = url.domain() else { return };
        let host = host.trim_end_matches('.');
        let labels: Vec<&str> = host.split('.').collect();
        let registrable = psl::domain_str(host).map_or(usize::MAX, |domain| domain.split('.').count());
        // Only labels in front of the registrable domain, so that `m.co` and `amp.dev` stay.
        let own = labels.len().saturating_sub(registrable);
        let variant = |label: &str| self.hosts.contains(label);
        let kept: Vec<&str> = labels
            .iter()
            .enumerate()
            .filter(|(index, label)| !(*index < own && *index < 2 && variant(label)))
            .map(|(_, label)| *label)
            .collect();
        let plain = kept.join(".");
        if Some(plain.as_str()) != url.domain() && !plain.is_empty() {
            url.set_host(Some(&plain)).ok();
        }
    }

    /// `/amp`, `/amp/`, `.amp`, `.amp.html` at the end, `/amp/` in front, double slashes.
    fn plain_path(&self, url: &mut Url) {
        let path = url.path();
        let mut plain = self.without_session(path);
        while plain.contains("//") {
            plain = plain.replace("//", "/");
        }
        for (end, instead) in
            [("/amp/", "/"), ("/amp", ""), (".amp.html", ".html"), (".amp", ""), ("/amp.html", "")]
        {
            if let Some(head) = plain.strip_suffix(end).filter(|head| head.len() > 1) {
                plain = format!("{head}{instead}");
                break;
            }
        }
        if let Some(rest) = plain.strip_prefix("/amp/").filter(|rest| rest.len() > 1) {
            plain = format!("/{rest}");
        }
        if plain != path {
            url.set_path(&plain);
        }
    }

    /// A path without `;jsessionid=...` and the like, and without the `/(S(...))` of ASP.NET.
    fn without_session(&self, path: &str) -> String {
        let mut segments: Vec<&str> = Vec::new();
        for segment in path.split('/') {
            let (name, parameter) = segment.split_once(';').unwrap_or((segment, ""));
            let is_session = parameter
                .split_once('=')
                .is_some_and(|(name, _)| self.sessions.contains(&name.to_lowercase()));
            if is_session {
                segments.push(name);
            } else if !(segment.starts_with("(S(") && segment.ends_with("))")) {
                segments.push(segment);
            }
        }
        segments.join("/")
    }

    fn plain_query(&self, url: &mut Url) {
        let Some(query) = url.query() else { return };
        let kept: Vec<&str> =
            query.split('&').filter(|pair| !pair.is_empty() && !self.is_tracking(pair)).collect();
        let plain = kept.join("&");
        if plain != query || plain.is_empty() {
            url.set_query((!plain.is_empty()).then_some(&plain));
        }
    }

    fn is_tracking(&self, pair: &str) -> bool {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = name.to_lowercase();
        self.parameters.contains(&name)
            || self.sessions.contains(&name)
            || self.tokens.contains(&name) && is_token(value)
            || self.prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()))
            || self.values.get(&name).is_some_and(|values| {
                values.contains(&value.to_lowercase()) || values.contains(ANY_HOST) && is_host(value)
            })
    }
}

/// The value in the rules that stands for any host name.
const ANY_HOST: &str = "<host>";

/// Whether the fragment is a page of its own, as on single-page sites: `#!/news/1`, `#/news/1`.
pub(super) fn is_route(fragment: &str) -> bool {
    fragment.starts_with(['/', '!'])
}

/// Shortest value that is taken for a token, in bytes.
const TOKEN_MIN: usize = 16;

/// Whether a value is random letters and digits.
fn is_token(value: &str) -> bool {
    value.len() >= TOKEN_MIN
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~%=+".contains(&b))
        && value.bytes().filter(u8::is_ascii_digit).count() >= 3
}

fn is_host(value: &str) -> bool {
    value.contains('.')
        && !value.starts_with('.')
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        && value.bytes().any(|b| b.is_ascii_alphabetic())
}

/// The target of a redirect that carries it: Google News and search, AMP caches, FeedBurner, and
/// the link shields of the large services.
fn target(url: &Url) -> Option<Url> {
    let host = url.domain()?.trim_start_matches("www.");
    let path = url.path();
    if let Some(cached) =
        host.strip_suffix(".cdn.ampproject.org").or_else(|| host.strip_suffix(".ampproject.net"))
        && !cached.is_empty()
    {
        return amp_cached(path);
    }
    if host.starts_with("google.") || host == "news.google.com" {
        if let Some(rest) = path.strip_prefix("/amp/s/").or_else(|| path.strip_prefix("/amp/")) {
            let scheme = if path.starts_with("/amp/s/") { "https" } else { "http" };
            return absolute(&with_query(&format!("{scheme}://{rest}"), url));
        }
        if let Some(identifier) = path.split("/articles/").nth(1) {
            return from_google_news(identifier);
        }
    }
    let parameters: &[&str] = match host {
        "news.google.com" | "google.com" => &["url", "q"],
        _ if host.starts_with("google.") => &["url", "q"],
        "bing.com" | "news.url.google.com" | "feedproxy.google.com" | "feeds.feedburner.com" => &["url", "r"],
        "l.facebook.com" | "lm.facebook.com" | "l.instagram.com" => &["u"],
        "out.reddit.com" | "t.umblr.com" => &["url", "z"],
        "go.redirectingat.com" | "go.skimresources.com" => &["url"],
        "safelinks.protection.outlook.com" => &["url"],
        _ if host.ends_with(".safelinks.protection.outlook.com") => &["url"],
        _ => return None,
    };
    let found =
        url.query_pairs().find(|(name, value)| parameters.contains(&&**name) && value.starts_with("http"))?;
    absolute(&found.1)
}

/// `https://example-org.cdn.ampproject.org/c/s/example.org/a` (AMP Cache URL format).
fn amp_cached(path: &str) -> Option<Url> {
    let mut rest = path.strip_prefix('/')?.split_once('/')?.1;
    let scheme = match rest.strip_prefix("s/") {
        Some(secure) => {
            rest = secure;
            "https"
        }
        None => "http",
    };
    absolute(&format!("{scheme}://{rest}"))
}

fn with_query(address: &str, url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{address}?{query}"),
        None => address.to_owned(),
    }
}

/// Digits without padding, whose last one may have bits to spare.
const DIGITS: GeneralPurpose =
    GeneralPurpose::new(&alphabet::URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));

/// The address inside an older Google News identifier: base64 that contains the address as it is.
fn from_google_news(identifier: &str) -> Option<Url> {
    let end = identifier.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_'));
    let digits = identifier.get(..end.unwrap_or(identifier.len()))?;
    let digits = digits.get(..digits.len() - usize::from(digits.len() % 4 == 1))?;
    let bytes = DIGITS.decode(digits).ok()?;
    let start = bytes.windows(4).position(|window| window == b"http")?;
    let address = bytes.get(start..)?;
    let end = address.iter().position(|b| !(0x21..0x7F).contains(b)).unwrap_or(address.len());
    absolute(std::str::from_utf8(address.get(..end)?).ok()?)
}

fn absolute(address: &str) -> Option<Url> {
    Url::parse(address).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https") && url.domain().is_some_and(|host| host.contains('.'))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(url: &str) -> String {
        CanonicalRules::builtin().canonical_url(&Url::parse(url).unwrap()).into()
    }

    #[test]
    fn one_article_has_one_address() {
        for (url, expected) in [
            ("HTTPS://Example.org:443/a?utm_source=rss&id=7#top", "https://example.org/a?id=7"),
            ("https://example.org/a?UTM_Campaign=x", "https://example.org/a"),
            ("https://example.org/a?b=2&fbclid=x&a=1", "https://example.org/a?b=2&a=1"),
            ("https://example.org/a?source=rss&source=archive", "https://example.org/a?source=archive"),
            ("https://example.org/a?", "https://example.org/a"),
            ("https://example.org/a?ref=paper.example&ref=7", "https://example.org/a?ref=7"),
            ("https://user:pw@example.org/a", "https://example.org/a"),
            ("https://m.example.org/a", "https://example.org/a"),
            ("https://amp.example.co.uk/a/amp/?amp=1", "https://example.co.uk/a/"),
            ("https://en.m.example.org/a", "https://en.example.org/a"),
            ("https://m.co/a", "https://m.co/a"),
            ("https://example.org/amp/a.html", "https://example.org/a.html"),
            ("https://example.org/a.amp.html?outputType=amp", "https://example.org/a.html"),
            ("https://example.org/amp", "https://example.org/amp"),
            ("https://example.org./a", "https://example.org/a"),
            ("https://example.org//a//b", "https://example.org/a/b"),
            (
                "https://www-example-org.cdn.ampproject.org/c/s/www.example.org/a/amp",
                "https://www.example.org/a",
            ),
            ("https://www.google.com/amp/s/amp.example.org/a?x=1", "https://example.org/a?x=1"),
            (
                "https://www.google.com/url?rct=j&url=https://example.org/a%3Fid%3D1&ct=ga",
                "https://example.org/a?id=1",
            ),
            ("https://news.google.com/news/url?sa=t&url=http://example.org/a", "http://example.org/a"),
            (
                "https://news.google.com/rss/articles/CBMiFWh0dHBzOi8vZXhhbXBsZS5vcmcvYdIBAA",
                "https://example.org/a",
            ),
            (
                "https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2Fa%3Ffbclid%3Dx",
                "https://example.org/a",
            ),
            ("http://127.0.0.1:8080/m.a?x=%20", "http://127.0.0.1:8080/m.a?x=%20"),
            ("mailto:a@example.org", "mailto:a@example.org"),
            ("http://example.org/a;jsessionid=1A2B?id=7", "http://example.org/a?id=7"),
            ("http://example.org/a;v=2", "http://example.org/a;v=2"),
            ("http://example.org/a?sid=0123456789abcdef0123456789abcdef&t=1", "http://example.org/a?t=1"),
            ("http://example.org/a?sid=12", "http://example.org/a?sid=12"),
            ("https://example.org/#!/a/1", "https://example.org/#!/a/1"),
        ] {
            assert_eq!(canonical(url), expected, "{url}");
        }
    }

    #[test]
    fn rules_are_extended_whole_or_not_at_all() {
        let mut rules = CanonicalRules::builtin().clone();
        rules.extend("own.yaml", "parameters: [Sess]\nvalues: {view: [print]}\n").unwrap();
        let url = Url::parse("https://example.org/a?sess=1&view=print&view=x").unwrap();
        assert_eq!(rules.canonical_url(&url).as_str(), "https://example.org/a?view=x");
        let problems = rules.extend("own.yaml", "parameter: [b]\n").unwrap_err();
        assert!(problems[0].to_string().contains("did you mean `parameters`?"), "{problems:?}");
    }

    #[test]
    fn the_builtin_file_is_right() {
        let mut rules = CanonicalRules::default();
        rules
            .extend("tracking-parameters.yaml", include_str!("../../config/tracking-parameters.yaml"))
            .unwrap();
        assert!(rules.parameters.len() > 100 && !rules.hosts.is_empty());
    }

    proptest! {
        #[test]
        fn twice_is_once(
            host in "(www\\.|m\\.|amp\\.|mobile\\.){0,3}(example\\.org|google\\.com|a\\.co\\.uk|x\\.cdn\\.ampproject\\.org)\\.?",
            path in "(/|/amp|\\.amp|/c|/s|/amp/s|\\.html|/m\\.x\\.org|//|/a){0,6}",
            query in "(\\?)?((amp|utm_x|a|ref|url|q|sid)(=(1|0123456789abcdef|rss|http://m\\.e\\.org/amp))?&?){0,5}(#x|#/x)?",
        ) {
            let Ok(url) = Url::parse(&format!("https://{host}/{path}{query}")) else { return Ok(()) };
            let rules = CanonicalRules::builtin();
            let once = rules.canonical_url(&url);
            prop_assert_eq!(rules.canonical_url(&once), once);
        }
    }
}
