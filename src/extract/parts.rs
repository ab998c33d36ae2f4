//! Articles spread over several pages: the address of the next part.

use url::Url;

use super::element::{Attr, Tag};
use super::head::Head;
use super::tree::Tree;
use super::walk::Pieces;

/// The next part of the article at `url`: an address that differs from it only in the number of the part.
pub(super) fn next(
    tree: &Tree,
    pieces: &Pieces,
    head: &Head<'_>,
    url: Option<&Url>,
    base: Option<&Url>,
) -> Option<String> {
    let Address { stem, number, whole } = address(url?.as_str());
    let declared = head
        .links
        .iter()
        .filter(|(rel, _)| rel.split_ascii_whitespace().any(|rel| rel == "next"))
        .map(|(_, node)| *node);
    let anchors = pieces.links.iter().copied().filter(|node| tree.tag(*node) == Tag::A).take(4000);
    declared.chain(anchors).find_map(|node| {
        let mut found = base.or(url)?.join(tree.attr(node, Attr::Href)?.trim()).ok()?;
        found.set_fragment(None);
        if found.host_str() != url?.host_str() || found.path().contains("comment") {
            return None;
        }
        let next = address(found.as_str());
        let follows = next.stem == stem && next.number == number + 1
            // A first part may end in a number that is none of a part: "/top-5", "/top-5/2".
            || next.stem == whole && next.number == 2;
        (follows && next.number <= 50).then(|| found.to_string())
    })
}

/// An address as that of a part.
struct Address {
    /// Without the number of the part.
    stem: String,
    /// The number, 1 where there is none.
    number: u32,
    /// With every number of its path.
    whole: String,
}

fn address(url: &str) -> Address {
    let url = url.split('#').next().unwrap_or("");
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let mut number = None;
    let mut rest = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("page" | "p" | "pg" | "seite" | "pagina" | "paged", value))
                if value.parse::<u32>().is_ok_and(|value| value < 100) =>
            {
                number = value.parse().ok();
            }
            _ => rest.push(pair),
        }
    }
    let (body, ending) = match path.rsplit_once('.') {
        Some((body, ending)) if matches!(ending, "html" | "htm" | "php" | "shtml" | "aspx") => (body, ending),
        _ => (path.trim_end_matches('/'), ""),
    };
    let digits = body.len() - body.trim_end_matches(|char: char| char.is_ascii_digit()).len();
    let (head, tail) = body.split_at(body.len() - digits);
    let mut stem = body.to_owned();
    // One or two digits behind a separator: a longer number is an id.
    if number.is_none() && (1..=2).contains(&digits) && head.ends_with(['/', '-', ',', '_', '=']) {
        number = tail.parse().ok();
        let head = head.trim_end_matches(['/', '-', ',', '_', '=']);
        stem = ["page", "seite", "pagina", "p"]
            .iter()
            .find_map(|word| head.strip_suffix(word)?.strip_suffix(['/', '-', ',', '_']))
            .unwrap_or(head)
            .to_owned();
    }
    let query = rest.join("&");
    Address {
        stem: format!("{stem}.{ending}?{query}"),
        number: number.unwrap_or(1),
        whole: format!("{body}.{ending}?{query}"),
    }
}
