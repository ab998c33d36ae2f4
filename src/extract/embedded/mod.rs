//! Articles that a page carries only in its scripts, which are to show them: JSON-LD, the state of a
//! framework, an object that is assigned, a stream in fragments.

use serde_json::Value;

use super::{Article, Block, features::hashed, ld::Ld, verdict};

mod body;
mod script;

/// Bytes of scripts that are read, at most, all together.
const SCRIPTS_MAX: usize = 4 << 20;
/// Shorter texts are summaries, in bytes.
const SHORTEST: usize = 600;
/// Words of the title that a text has to contain if no key says that it is a body, and the length of the
/// shortest such word, in characters.
const TITLE_WORDS: usize = 2;
const TITLE_WORD: usize = 4;
/// A block with this many bytes is a paragraph; its first words are looked for.
const PARAGRAPH: usize = 80;
const PREFIX_WORDS: usize = 8;

/// The longest body in JSON-LD and in the scripts of a page, as HTML or as text with line breaks. A text that
/// no key names as a body has to contain words of the `title`.
pub(super) fn body(ld: &Ld, scripts: [&[(u32, &str)]; 2], title: Option<&str>) -> Option<String> {
    if let Some(stated) = stated(ld) {
        return Some(stated);
    }
    let values = script::values(&scripts.concat(), SCRIPTS_MAX);
    let named = values.iter().filter_map(body::longest).max_by_key(String::len);
    named.or_else(|| {
        let texts = values.iter().filter_map(body::longest_text);
        texts.filter(|text| is_about(text, title)).max_by_key(|text| text.len()).map(str::to_owned)
    })
}

/// The text that JSON-LD gives: of the article, or of the posts of a live blog.
fn stated(ld: &Ld) -> Option<String> {
    let articles = ld.articles();
    let body = |article: &Value| article.get("articleBody").and_then(Value::as_str).map(str::to_owned);
    let bodies = articles.iter().filter_map(|article| body(article));
    let posts = articles.iter().filter_map(|article| {
        let updates = article.get("liveBlogUpdate")?.as_array()?;
        let posts = updates.iter().filter_map(|post| {
            let text = body(post)?;
            let headline = post.get("headline").and_then(Value::as_str).unwrap_or("");
            Some(format!("{headline}\n{text}"))
        });
        Some(body(article).into_iter().chain(posts).collect::<Vec<_>>().join("\n\n"))
    });
    bodies.chain(posts).filter(|body| body.len() >= SHORTEST).max_by_key(String::len)
}

/// Whether it is not a notice or licence, which scripts carry as well: it has paragraphs and does not speak
/// of cookies, or contains some words of the title.
fn is_about(text: &str, title: Option<&str>) -> bool {
    if verdict::speaks_of_consent(text) {
        return false;
    }
    let Some(title) = title.filter(|_| !text.contains("<p")) else { return true };
    let words: Vec<&str> =
        title.split_whitespace().filter(|word| word.chars().count() >= TITLE_WORD).collect();
    let head = text.get(..text.floor_char_boundary(8 << 10)).unwrap_or("");
    let known: std::collections::HashSet<u64> = head.split_whitespace().flat_map(hashed).collect();
    let shared = words.iter().filter(|word| hashed(word).iter().any(|hash| known.contains(hash))).count();
    shared >= TITLE_WORDS.min(words.len())
}

/// Whether what the scripts carry is the article of which the page shows a part, or no article is
/// shown.
pub(super) fn is_whole(article: &Article, carried: &[Block]) -> bool {
    let shown = article.blocks.iter().filter(|block| block.text.len() >= PARAGRAPH);
    let mut shown = shown.map(|block| hashed(&block.text)).peekable();
    if shown.peek().is_none() {
        return true;
    }
    let carried: Vec<Vec<u64>> = carried.iter().map(|block| hashed(&block.text)).collect();
    shown.any(|words| {
        let head = words.get(..words.len().min(PREFIX_WORDS)).unwrap_or(&[]);
        carried.iter().any(|block| block.windows(head.len().max(1)).any(|window| window == head))
    })
}

/// A body as HTML: plain text is split into paragraphs.
pub(super) fn as_html(body: &str) -> String {
    if body.contains("</") || body.contains("<br") {
        return body.to_owned();
    }
    let body = super::entities::decode(body, false);
    if body.contains("</p>") || body.contains("<br") {
        return body.into_owned();
    }
    body.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| format!("<p>{}</p>", line.replace('&', "&amp;").replace('<', "&lt;")))
        .collect()
}
