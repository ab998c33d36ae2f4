//! `robots.txt` (RFC 9309), with what publishers write into it about the use of their articles.

use memchr::memmem;

use super::{Place, Source, Statement};

/// Bytes of a `robots.txt` that are read, at most: RFC 9309 section 2.5 asks for at least 500 KiB.
pub const BYTES_MAX: usize = 500 << 10;
/// Longest pattern and longest path that are compared, bytes: the longest address that some
/// browsers accepted. Anything longer is cut.
const PATH_MAX: usize = 2083;
/// Statements about use that are kept, at most.
const STATEMENTS_MAX: usize = 20;
/// Longest statement that is kept, bytes.
const STATEMENT_MAX: usize = 1024;

/// Agents that gather texts for language models, by product token: those that the files of large
/// publishers name, collected in November 2026. One that is missing here is only missing from a
/// list.
const AI_AGENTS: [&str; 34] = [
    "AI2Bot",
    "Amazonbot",
    "anthropic-ai",
    "Applebot-Extended",
    "Bytespider",
    "CCBot",
    "ChatGPT-User",
    "Claude-SearchBot",
    "Claude-User",
    "Claude-Web",
    "ClaudeBot",
    "cohere-ai",
    "cohere-training-data-crawler",
    "Diffbot",
    "DuckAssistBot",
    "FacebookBot",
    "Google-CloudVertexBot",
    "Google-Extended",
    "GPTBot",
    "ICC-Crawler",
    "ImagesiftBot",
    "Meta-ExternalAgent",
    "Meta-ExternalFetcher",
    "MistralAI-User",
    "OAI-SearchBot",
    "omgili",
    "omgilibot",
    "PanguBot",
    "Perplexity-User",
    "PerplexityBot",
    "PetalBot",
    "Timpibot",
    "Webzio-Extended",
    "YouBot",
];

/// A `robots.txt`, read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Robots {
    groups: Vec<Group>,
    /// `License:` outside of any group (RSL 1.0).
    licenses: Vec<String>,
    /// `Sitemap:`, wherever it occurs (sitemaps.org).
    sitemaps: Vec<String>,
}

/// The rules for some agents.
#[derive(Clone, Debug, Default, PartialEq)]
struct Group {
    /// Product tokens in lower case; `*` is everybody.
    agents: Vec<String>,
    rules: Vec<Rule>,
    /// Seconds.
    crawl_delay: Option<f32>,
    /// `Content-Signal` values.
    signals: Vec<String>,
    /// `Content-Usage` values with the path they apply to, `/` if none is given.
    usages: Vec<(String, String)>,
    licenses: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
struct Rule {
    allow: bool,
    pattern: String,
}

/// A line that is understood.
enum Line<'a> {
    Agent(&'a str),
    Rule(bool, &'a str),
    CrawlDelay(&'a str),
    Signal(&'a str),
    Usage(&'a str),
    License(&'a str),
    Sitemap(&'a str),
}

impl Robots {
    /// Reads a file: any bytes give a result. Lines that are not rules are skipped (RFC 9309
    /// section 2.2.4).
    pub fn parse(bytes: &[u8]) -> Self {
        let bytes = bytes.get(..BYTES_MAX).unwrap_or(bytes);
        let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes));
        let mut robots = Self::default();
        // `User-agent` begins a new group once the last one has a rule.
        let mut has_rules = true;
        for line in text.split(['\r', '\n']).filter_map(line) {
            match line {
                Line::Agent(agent) => {
                    if std::mem::take(&mut has_rules) || robots.groups.is_empty() {
                        robots.groups.push(Group::default());
                    }
                    if let (Some(group), Some(token)) = (robots.groups.last_mut(), product_token(agent)) {
                        group.agents.push(token);
                    }
                }
                Line::License(value) if robots.groups.is_empty() => keep(&mut robots.licenses, value),
                Line::Sitemap(value) => keep(&mut robots.sitemaps, value),
                other => {
                    let Some(group) = robots.groups.last_mut() else { continue };
                    // Delays and licences do not end the list of agents: they are not rules.
                    has_rules |= matches!(other, Line::Rule(..) | Line::Signal(_) | Line::Usage(_));
                    group.add(other);
                }
            }
        }
        robots
    }

    /// Whether `agent` (a product token) may fetch `path`, query included. The longest rule that
    /// matches decides, and of two equally long ones the one that allows (RFC 9309 section 2.2.2).
    pub fn allows(&self, agent: &str, path: &str) -> bool {
        let path = normal(path);
        if path == "/robots.txt" {
            return true;
        }
        let rules = self.of(agent).flat_map(|group| &group.rules);
        let longest = rules
            .filter(|rule| matches(&rule.pattern, &path))
            .max_by_key(|rule| (rule.pattern.len(), rule.allow));
        longest.is_none_or(|rule| rule.allow)
    }

    /// The `Crawl-delay` for `agent` in seconds, the longest if there are several.
    pub fn crawl_delay(&self, agent: &str) -> Option<f32> {
        self.of(agent).filter_map(|group| group.crawl_delay).reduce(f32::max)
    }

    /// What the file says about the use of `path` by `agent`.
    pub fn statements(&self, agent: &str, path: &str) -> Vec<Statement> {
        let path = normal(path);
        let mut out = Vec::new();
        for group in self.of(agent) {
            for signal in &group.signals {
                out.push(Statement::new(Source::ContentSignal, Place::Robots, signal));
            }
            // The longest path that matches; identical paths are combined.
            let matching = group.usages.iter().filter(|(pattern, _)| matches(pattern, &path));
            let longest = matching.clone().map(|(pattern, _)| pattern.len()).max();
            for (_, usage) in matching.filter(|(pattern, _)| Some(pattern.len()) == longest) {
                out.push(Statement::new(Source::ContentUsage, Place::Robots, usage));
            }
        }
        let licenses = self.of(agent).flat_map(|group| &group.licenses).chain(&self.licenses);
        out.extend(licenses.map(|url| Statement::new(Source::Rsl, Place::Robots, url)));
        out.truncate(STATEMENTS_MAX);
        out
    }

    /// The addresses of sitemaps, as they are written.
    pub fn sitemaps(&self) -> &[String] {
        &self.sitemaps
    }

    /// The agents of language models that are turned away from `path` by a group of their own.
    pub fn ai_agents_disallowed(&self, path: &str) -> Vec<String> {
        let named = |agent: &str| {
            let token = agent.to_ascii_lowercase();
            self.groups.iter().any(|group| group.agents.contains(&token))
        };
        let turned_away = AI_AGENTS.iter().filter(|agent| named(agent) && !self.allows(agent, path));
        turned_away.map(|agent| (*agent).to_owned()).collect()
    }

    /// The groups for an agent: its own, else those for everybody (RFC 9309 section 2.2.1).
    fn of(&self, agent: &str) -> impl Iterator<Item = &Group> + Clone {
        let agent = agent.to_ascii_lowercase();
        let own = self.groups.iter().any(|group| group.agents.contains(&agent));
        let wanted = if own { agent } else { "*".to_owned() };
        self.groups.iter().filter(move |group| group.agents.contains(&wanted))
    }
}

impl Group {
    fn add(&mut self, line: Line<'_>) {
        match line {
            // An empty rule says nothing.
            Line::Rule(allow, pattern) if !pattern.is_empty() => {
                self.rules.push(Rule { allow, pattern: normal(pattern) });
            }
            Line::CrawlDelay(seconds) => {
                let seconds = seconds.parse().ok().filter(|seconds: &f32| seconds.is_finite());
                self.crawl_delay = seconds.filter(|seconds| *seconds >= 0.0).or(self.crawl_delay);
            }
            Line::Signal(value) => keep(&mut self.signals, value),
            Line::License(value) => keep(&mut self.licenses, value),
            Line::Usage(value) if self.usages.len() < STATEMENTS_MAX && value.len() <= STATEMENT_MAX => {
                let (path, usage) = match value.split_once(char::is_whitespace) {
                    Some((path, usage)) if path.starts_with('/') => (path, usage.trim()),
                    _ => ("/", value),
                };
                self.usages.push((normal(path), usage.to_owned()));
            }
            Line::Agent(_) | Line::Rule(..) | Line::Usage(_) | Line::Sitemap(_) => {}
        }
    }
}

fn keep(list: &mut Vec<String>, value: &str) {
    if !value.is_empty() && value.len() <= STATEMENT_MAX && list.len() < STATEMENTS_MAX {
        list.push(value.to_owned());
    }
}

/// Key and value of a line, comment left out. If the colon is missing, white space stands in for
/// it, and common misspellings of `Disallow` count, as they do with the large search engines.
fn line(text: &str) -> Option<Line<'_>> {
    let text = text.split('#').next().unwrap_or_default().trim();
    let (key, value) = text.split_once(':').or_else(|| {
        let (key, value) = text.split_once(char::is_whitespace)?;
        (!value.trim().contains(char::is_whitespace)).then_some((key, value))
    })?;
    let value = value.trim();
    Some(match key.trim().to_ascii_lowercase().as_str() {
        "user-agent" | "useragent" | "user agent" => Line::Agent(value),
        "allow" => Line::Rule(true, value),
        "disallow" | "dissallow" | "dissalow" | "disalow" | "diasllow" | "disallaw" => {
            Line::Rule(false, value)
        }
        "crawl-delay" | "crawldelay" | "crawl delay" => Line::CrawlDelay(value),
        "content-signal" | "content-signals" => Line::Signal(value),
        "content-usage" => Line::Usage(value),
        "license" | "licence" => Line::License(value),
        "sitemap" | "site-map" => Line::Sitemap(value),
        _ => return None,
    })
}

/// The product token at the start of a `User-agent` value, in lower case (RFC 9309 section 2.2.1).
fn product_token(value: &str) -> Option<String> {
    if value == "*" || value.starts_with("* ") {
        return Some("*".to_owned());
    }
    let end = value.find(|c: char| !c.is_ascii_alphabetic() && c != '_' && c != '-' && !c.is_ascii_digit());
    let token = value.get(..end.unwrap_or(value.len())).unwrap_or_default();
    (!token.is_empty()).then(|| token.to_ascii_lowercase())
}

/// A path or pattern in the form used for comparison: non-ASCII bytes percent-encoded, encodings in
/// capitals, and what needs no encoding decoded (RFC 9309 section 2.2.2, RFC 3986 section 2.3).
pub(super) fn normal(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let bytes = path.as_bytes();
    let mut at = 0;
    while at < bytes.len() && out.len() < PATH_MAX {
        let byte = bytes.get(at).copied().unwrap_or_default();
        let digit = |at: usize| bytes.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                let meant = u8::try_from(high * 16 + low).unwrap_or_default();
                if meant.is_ascii_alphanumeric() || b"-._~".contains(&meant) {
                    out.push(char::from(meant));
                } else {
                    out.push_str(&format!("%{meant:02X}"));
                }
                at += 3;
                continue;
            }
            _ if byte.is_ascii() => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        at += 1;
    }
    out
}

/// Whether a pattern matches the start of a path: `*` stands for anything, a `$` at the end for the
/// end of the path. Each part between stars is searched for once, from left to right.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, ends) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = path.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return !ends || rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if ends && parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = memmem::find(rest.as_bytes(), part.as_bytes()) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    true
}
