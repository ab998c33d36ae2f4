//! What a page's markup says about the use of its article.

use serde_json::Value;

use super::{Attr, Context, ld};
use crate::rights::{Declared, Freedom, Place, Signals, Source, Statement};

/// Longest copyright notice or licence that is kept, characters.
const NOTICE_MAX: usize = 500;
/// Licences that are kept, at most.
const LICENSES_MAX: usize = 5;

/// Reads `meta`, `link` and JSON-LD.
pub(super) fn declared(context: &Context<'_>) -> Declared {
    let head = context.head;
    let mut signals = Signals::default();
    for name in ["robots", "copydesk"] {
        head.all(name).for_each(|list| signals.add_directives(list));
    }
    // Any other value counts as none (TDMRep section 4).
    if let Some(value) = head.meta(&["tdm-reservation"]).filter(|value| matches!(*value, "0" | "1")) {
        let mut statement = Statement::new(Source::Tdmrep, Place::Page, value);
        statement.policy = head.meta(&["tdm-policy"]).and_then(|policy| absolute(context, policy));
        signals.statements.push(statement);
    }
    let mut license = None;
    for (rel, node) in &head.links {
        if !rel.split_ascii_whitespace().any(|word| word == "license") {
            continue;
        }
        let href = context.tree.attr(*node, Attr::Href).and_then(|href| absolute(context, href));
        let Some(href) = href else { continue };
        let kind = context.tree.attr(*node, Attr::Type).unwrap_or_default();
        if !kind.trim().eq_ignore_ascii_case("application/rsl+xml") {
            license.get_or_insert(href);
        } else if signals.statements.len() < LICENSES_MAX {
            signals.statements.push(Statement::new(Source::Rsl, Place::Page, &href));
        }
    }
    let of_article = |key: &str| context.articles.iter().find_map(|article| ld::text(article.get(key)?));
    let copyright = of_article("copyrightNotice")
        .or_else(|| head.meta(&["copyright", "dc.rights", "dcterms.rights", "rights"]))
        .map(str::to_owned)
        .or_else(|| holder(context));
    Declared {
        signals,
        copyright: copyright.map(|notice| short(&notice)),
        license: of_article("license").map(short).or(license),
        freedom: freedom(context),
    }
}

/// `copyrightYear` and `copyrightHolder` as a notice.
fn holder(context: &Context<'_>) -> Option<String> {
    let name = context.articles.iter().find_map(|article| {
        let holder = context.ld.resolve(article.get("copyrightHolder")?);
        ld::text(holder)
    })?;
    let year = context.articles.iter().find_map(|article| match article.get("copyrightYear")? {
        Value::Number(year) => Some(year.to_string()),
        Value::String(year) => Some(year.clone()),
        _ => None,
    });
    Some(year.map_or_else(|| format!("© {name}"), |year| format!("© {year} {name}")))
}

/// `article:content_tier` says more than `isAccessibleForFree`.
fn freedom(context: &Context<'_>) -> Freedom {
    let free = context.articles.iter().find_map(|article| match article.get("isAccessibleForFree")? {
        Value::Bool(free) => Some(*free),
        Value::String(free) if free.eq_ignore_ascii_case("true") => Some(true),
        Value::String(free) if free.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    });
    let tier = context.head.meta(&["article:content_tier"]).map(str::to_ascii_lowercase);
    match (tier.as_deref(), free) {
        (Some("metered"), _) => Freedom::Metered,
        (Some("locked"), _) | (_, Some(false)) => Freedom::Paid,
        (Some("free"), _) | (_, Some(true)) => Freedom::Free,
        _ => Freedom::Unknown,
    }
}

fn absolute(context: &Context<'_>, address: &str) -> Option<String> {
    let address = address.trim();
    let url = match context.url {
        Some(base) => base.join(address).ok()?,
        None => url::Url::parse(address).ok()?,
    };
    matches!(url.scheme(), "http" | "https").then(|| url.to_string())
}

fn short(text: &str) -> String {
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    folded.chars().take(NOTICE_MAX).collect()
}
