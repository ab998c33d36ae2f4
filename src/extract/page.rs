//! A page from bytes to an [`Article`].

use url::Url;

use super::content::{self, Selection};
use super::features::words;
use super::fragment::{absolute, block};
use super::head::Head;
use super::ld::Ld;
use super::tree::Tree;
use super::walk::{self, Pieces};
use super::{Article, Explained, Explanation, PageOptions, decode, features, tokenizer};

/// Everything that is read off a page before it is put together.
struct Reading {
    article: Article,
    pieces: Pieces,
    selection: Selection,
    tree: Tree,
    base: Option<Url>,
}

fn read(body: &[u8], options: &PageOptions<'_>) -> Reading {
    let text = decode::page(body, options.content_type);
    let tree = tokenizer::parse(text, false);
    let pieces = walk::pieces(&tree);
    let head = Head::of(&tree);
    let ld = Ld::of(&head.ld);
    let base = match (head.base, &options.url) {
        (Some(base), Some(url)) => url.join(base).ok().or_else(|| options.url.clone()),
        (Some(base), None) => Url::parse(base).ok(),
        (None, url) => url.clone(),
    };
    let titles = titles(&head, &ld);
    let title_words: Vec<Vec<String>> = titles.iter().map(|title| words(title)).filter(|words| !words.is_empty()).collect();
    let selection = content::select(&tree, &pieces, &title_words, &ld);
    let article = Article {
        url: options.url.as_ref().map(Url::to_string),
        title: titles.first().cloned(),
        canonical_url: head
            .links
            .iter()
            .find(|(rel, _)| rel == "canonical")
            .and_then(|(_, node)| tree.attr(*node, super::element::Attr::Href))
            .map(|href| absolute(href, base.as_ref())),
        ..Article::default()
    };
    drop(head);
    Reading { article, pieces, selection, tree, base }
}

fn titles(head: &Head<'_>, ld: &Ld) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let headline = ld.articles().into_iter().find_map(|article| super::ld::text(article.get("headline")?));
    let found = [head.meta(&["og:title"]), headline, head.meta(&["twitter:title", "dc.title"]), head.title];
    for title in found.into_iter().flatten() {
        out.push(title.split_whitespace().collect::<Vec<_>>().join(" "));
        for separator in [" | ", " - ", " – ", " — ", " » ", " :: "] {
            if let Some((first, _)) = title.rsplit_once(separator) {
                out.push(first.to_owned());
            }
        }
    }
    out
}

/// Takes the article out of a page.
pub fn page(body: &[u8], options: &PageOptions<'_>) -> Article {
    let Reading { mut article, pieces, selection, tree, base } = read(body, options);
    article.blocks = pieces
        .all
        .iter()
        .zip(&selection.taken)
        .filter(|(_, taken)| **taken)
        .map(|(piece, _)| block(&tree, &pieces, piece, base.as_ref()))
        .collect();
    article
}

/// Why each block of a page was taken or left.
pub fn explain(body: &[u8], options: &PageOptions<'_>) -> Explanation {
    let Reading { pieces, selection, .. } = read(body, options);
    let blocks = pieces
        .all
        .iter()
        .enumerate()
        .map(|(index, piece)| Explained {
            taken: selection.taken.get(index).copied().unwrap_or(false),
            hidden: piece.shown == walk::Shown::NoScript,
            score: selection.scores.get(index).copied().unwrap_or(0.0),
            tag: piece.tag.as_str(),
            text: pieces.text_of(piece).to_owned(),
            features: selection.rows.get(index).cloned().unwrap_or_default(),
        })
        .collect();
    Explanation { names: features::names(), blocks }
}
