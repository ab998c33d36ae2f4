//! What a page says about the article in its markup and its visible text, each value with its
//! source.

use std::collections::BTreeMap;

use url::Url;

use super::{
    Article,
    element::{Attr, Tag},
    head::Head,
    hints::{self, FAR, Hint},
    images,
    ld::{self, Ld},
    tree::{NONE, Tree},
    walk::Pieces,
};
use site_name::squeeze;

mod authors;
pub(super) mod dates;
mod eastern;
mod kicker;
mod names;
mod parted;
mod person;
mod published;
mod rights;
mod shown;
mod site_name;
mod stamp;
pub(super) mod title;
mod trim;
mod visible;

/// Where each value came from: field to source.
pub(super) type Sources = BTreeMap<&'static str, &'static str>;

/// Everything the readers of metadata look at.
pub(super) struct Context<'a> {
    pub(super) tree: &'a Tree,
    pub(super) pieces: &'a Pieces,
    pub(super) head: &'a Head<'a>,
    pub(super) ld: &'a Ld,
    /// The articles of [`Self::ld`], the page's own first.
    pub(super) articles: Vec<&'a serde_json::Value>,
    /// The piece that shows the title.
    pub(super) headline: Option<usize>,
    /// The first piece of the article.
    pub(super) first: Option<usize>,
    /// The last piece of the article.
    pub(super) last: Option<usize>,
    pub(super) url: Option<&'a Url>,
    pub(super) canonical: Option<String>,
    pub(super) site: Option<String>,
    /// How dates are written on the page.
    pub(super) custom: dates::Custom<'a>,
    /// Whether the page is in a language of Central or Western Europe other than English.
    pub(super) continental: bool,
}

impl Context<'_> {
    /// The host's name; `None` for example hosts.
    fn host(&self) -> Option<&str> {
        self.url.and_then(Url::host_str).filter(|host| *host != "example.com")
    }

    /// Whether a name is the site's own; people's own sites bear their names.
    fn is_site(&self, name: &str) -> bool {
        if person::is_personal(name) && !person::begins_with_article(name) {
            return false;
        }
        let name = squeeze(name);
        let canonical = self.canonical.as_deref().and_then(|url| Url::parse(url).ok());
        let hosts = [self.url, canonical.as_ref()];
        self.site.as_deref().is_some_and(|site| squeeze(site) == name)
            || hosts.into_iter().flatten().filter_map(Url::host_str).any(|host| {
                let host = host.trim_start_matches("www.");
                let label = host.rsplit('.').nth(1).unwrap_or(host);
                name.len() > 3 && (squeeze(host) == name || squeeze(label) == name)
            })
    }
}

/// Whether an element stands within something of one of the kinds.
fn is_beside(tree: &Tree, node: u32, kinds: &[Hint]) -> bool {
    let mut above = [FAR; Hint::COUNT];
    let mut at = node;
    for _ in 0..7 {
        if at == NONE || matches!(tree.tag(at), Tag::Body | Tag::Html) {
            break;
        }
        for attr in [Attr::Class, Attr::Id] {
            hints::of_name(tree.attr(at, attr).unwrap_or("")).mark(&mut above);
        }
        hints::of_tag(tree.tag(at), &mut above);
        at = tree.parent(at);
    }
    kinds.iter().any(|hint| above[*hint as usize] == 0)
}

/// Fills in the metadata of an article.
pub(super) fn fill(article: &mut Article, context: &Context<'_>, titles: &[(String, &'static str)]) {
    let head = context.head;
    let mut sources = Sources::new();
    article.title = title::title(context, titles, &mut sources);
    article.authors = authors::authors(context, &mut sources);
    let (published, updated) = published::dates(context, &mut sources);
    article.published_at = published.map(|found| found.to_utc());
    article.published_zone = published.map(|found| *found.offset());
    article.updated_at = updated.map(|found| found.to_utc());
    article.canonical_url.clone_from(&context.canonical);
    article.site_name.clone_from(&context.site);
    article.language = language(context, &mut sources);
    let mut take = |field: &'static str, found: Option<(String, &'static str)>| {
        found.map(|(value, source)| {
            sources.insert(field, source);
            value
        })
    };
    article.summary = take(
        "summary",
        first(&[
            ("og:description", head.meta(&["og:description"])),
            ("meta", head.meta(&["description", "twitter:description", "dc.description"])),
            (
                "json-ld",
                context.articles.iter().copied().find_map(|article| ld::text(article.get("description")?)),
            ),
        ]),
    );
    article.section = take(
        "section",
        first(&[
            (
                "json-ld",
                context.articles.iter().copied().find_map(|article| ld::text(article.get("articleSection")?)),
            ),
            ("meta", head.meta(&["article:section", "section", "parsely-section", "dc.subject", "category"])),
        ]),
    );
    article.keywords = keywords(context, &mut sources);
    article.declared = rights::declared(context);
    article.paywalled =
        context.articles.iter().copied().find_map(|article| match article.get("isAccessibleForFree")? {
            serde_json::Value::Bool(free) => Some(!free),
            serde_json::Value::String(free) => Some(free.eq_ignore_ascii_case("false")),
            _ => None,
        });
    article.sources = sources;
}

fn first(found: &[(&'static str, Option<&str>)]) -> Option<(String, &'static str)> {
    found.iter().find_map(|(source, text)| {
        let text = (*text)?.split_whitespace().collect::<Vec<_>>().join(" ");
        (!text.is_empty()).then_some((text, *source))
    })
}

fn language(context: &Context<'_>, sources: &mut Sources) -> Option<String> {
    let declared = [
        ("html", context.head.language),
        (
            "json-ld",
            context
                .articles
                .iter()
                .copied()
                .into_iter()
                .find_map(|article| ld::text(article.get("inLanguage")?)),
        ),
        ("meta", context.head.meta(&["og:locale", "content-language", "dc.language", "language"])),
    ];
    declared.into_iter().find_map(|(source, code)| {
        let code = code?.trim().replace('_', "-").to_ascii_lowercase();
        let is_code = (2..=12).contains(&code.len())
            && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        is_code.then(|| {
            sources.insert("language", source);
            code
        })
    })
}

fn keywords(context: &Context<'_>, sources: &mut Sources) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut add = |text: &str| {
        for word in text.split([',', ';']) {
            let word = word.split_whitespace().collect::<Vec<_>>().join(" ");
            if !word.is_empty() && word.chars().count() <= 60 && out.len() < 40 && !out.contains(&word) {
                out.push(word);
            }
        }
    };
    for article in &context.articles {
        match article.get("keywords") {
            Some(serde_json::Value::String(text)) => add(text),
            Some(serde_json::Value::Array(values)) => {
                values.iter().filter_map(ld::text).take(40).for_each(&mut add)
            }
            _ => {}
        }
    }
    for name in ["article:tag", "news_keywords", "keywords", "parsely-tags", "sailthru.tags"] {
        context.head.all(name).take(40).for_each(&mut add);
    }
    if !out.is_empty() {
        sources.insert("keywords", "meta");
    }
    out
}

/// The name of the site.
pub(super) fn site(head: &Head<'_>, ld: &Ld, url: Option<&Url>) -> Option<String> {
    let publisher =
        || ld.articles().into_iter().find_map(|article| ld::text(ld.resolve(article.get("publisher")?)));
    let named = || {
        ld.objects().into_iter().find_map(|object| {
            let kind = object.get("@type")?.as_str()?;
            matches!(kind, "WebSite" | "NewsMediaOrganization")
                .then(|| ld::text(object.get("name")?))
                .flatten()
        })
    };
    head.meta(&[
        "og:site_name",
        "application-name",
        "apple-mobile-web-app-title",
        "al:ios:app_name",
        "dc.publisher",
    ])
    .or_else(publisher)
    .or_else(named)
    .map(|name| name.split_whitespace().collect::<Vec<_>>().join(" "))
    .filter(|name| !name.is_empty() && name.chars().count() <= 100 && !name.contains("://"))
    .or_else(|| {
        let host = url?.host_str()?;
        Some(host.trim_start_matches("www.").to_owned()).filter(|host| host != "example.com")
    })
}

/// `link rel=canonical`, `og:url`, or JSON-LD, absolute. One that is a home page, while the page itself is
/// not, is a mistake in the template and is not believed; if all of them are, the page's own address is used.
pub(super) fn canonical(
    tree: &Tree,
    head: &Head<'_>,
    ld: &Ld,
    url: Option<&Url>,
    base: Option<&Url>,
) -> Option<String> {
    let linked = head
        .links
        .iter()
        .filter(|(rel, _)| rel.split_ascii_whitespace().any(|rel| rel == "canonical"))
        .filter_map(|(_, node)| tree.attr(*node, Attr::Href));
    let named = ld.articles().into_iter().find_map(|article| {
        let page = article.get("mainEntityOfPage").or_else(|| article.get("url"))?;
        page.as_str().or_else(|| page.get("@id")?.as_str()).filter(|id| id.starts_with("http"))
    });
    let own = url.filter(|url| !is_home(url));
    linked
        .filter(|href| !href.trim().is_empty())
        .chain(head.meta(&["og:url"]))
        .chain(named)
        .filter_map(|href| Some(images::absolute(href, base)).filter(|url| url.starts_with("http")))
        .find(|found| own.is_none() || !Url::parse(found).is_ok_and(|found| is_home(&found)))
}

/// Whether it is the home page of a site, or of one of its languages: no path to speak of, and no
/// query.
fn is_home(url: &Url) -> bool {
    let path = url.path().trim_matches('/').to_ascii_lowercase();
    let file = path.rsplit('/').next().unwrap_or("");
    let is_index = ["index", "home", "default", "main"].contains(&file.split('.').next().unwrap_or(""))
        && !path.contains('/');
    let is_language = (path.len() == 2 || path.len() == 5 && path.as_bytes().get(2) == Some(&b'-'))
        && path.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-');
    url.query().is_none_or(|query| query.split('&').all(|pair| pair.starts_with("utm_")))
        && (path.is_empty() || is_index || is_language)
}

#[cfg(test)]
mod tests;
