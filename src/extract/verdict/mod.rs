//! How much of the article is there, judged by what kind of page it is: its forms and buttons, how little it
//! says, what it speaks of. Words are counted as ideas in all languages of the rule packs ([`words`]), and
//! none decides alone.

use super::{
    Article, Verdict,
    cards::Cards,
    head::Head,
    ld::Ld,
    selection::Selection,
    tree::Tree,
    walk::{Piece, Pieces, Shown},
};

mod notice;
mod wall;
mod words;

pub(super) use notice::speaks_of_consent;
pub(super) use wall::wall;
use words::{Idea, Ideas};

/// A text below this size is not an article but a headline's summary, a caption or a message.
const SHORT: u32 = 280;
/// Paywalls and notices leave less than this.
const PREVIEW_MAX: u32 = 2400;
/// A page without any sign of an article, and with less text than this in one or two paragraphs, is
/// not an article.
const UNSIGNED_MAX: u32 = 480;

/// What the verdict is about.
pub(super) struct Evidence<'a> {
    pub(super) tree: &'a Tree,
    pub(super) pieces: &'a Pieces,
    pub(super) selection: &'a Selection,
    pub(super) cards: &'a Cards,
    pub(super) head: &'a Head<'a>,
    pub(super) ld: &'a Ld,
    /// The box of a paywall, as a span of pieces.
    pub(super) wall: Option<(usize, usize)>,
    /// Whether a limit of the parser was reached.
    pub(super) is_cut: bool,
}

/// Characters; those of scripts that need only a third as many count three times.
fn size(text: &str) -> u32 {
    text.chars()
        .map(|char| if matches!(char, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}') { 3 } else { 1 })
        .sum()
}

/// How much says that a page is an article, whatever its text: 0 is nothing, 2 and more a good deal.
fn signs(article: &Article, evidence: &Evidence<'_>) -> u32 {
    let dated = article.published_at.is_some() && article.sources.get("published_at") != Some(&"url");
    let declared = evidence.head.meta(&["og:type"]).is_some_and(|kind| kind.eq_ignore_ascii_case("article"))
        || evidence.ld.articles().iter().any(|object| object.get("headline").is_some());
    u32::from(!article.authors.is_empty()) + u32::from(dated) + u32::from(declared)
}

/// Whether the page says that it is a product's: prices, logins and cookie notes on it are not a wall before
/// a text.
fn sells(evidence: &Evidence<'_>) -> bool {
    let is_product = |kind: &str| kind.to_ascii_lowercase().starts_with("product");
    let typed = |object: &&serde_json::Value| match object.get("@type") {
        Some(serde_json::Value::String(kind)) => is_product(kind),
        Some(serde_json::Value::Array(kinds)) => {
            kinds.iter().filter_map(|kind| kind.as_str()).any(is_product)
        }
        _ => false,
    };
    evidence.ld.articles().is_empty()
        && (evidence.head.meta(&["og:type"]).is_some_and(is_product)
            || evidence.ld.objects().iter().any(typed))
}

/// The verdict about an article whose blocks are chosen.
pub(super) fn verdict(article: &mut Article, evidence: &Evidence<'_>) -> Verdict {
    let size: u32 = article.blocks.iter().map(|block| size(&block.text)).sum();
    let signs = signs(article, evidence);
    let is_short = size < PREVIEW_MAX && !sells(evidence);
    if is_short && notice::is_notice(article, evidence, signs) {
        return Verdict::Blocked;
    }
    if is_short && (article.paywalled == Some(true) || evidence.wall.is_some()) {
        return Verdict::Paywalled;
    }
    article.is_listing = evidence.cards.is_listing(evidence.selection, signs > 1);
    if article.is_listing {
        return Verdict::SummaryOnly;
    }
    let paragraphs = article.blocks.iter().filter(|block| self::size(&block.text) >= 40).count();
    if size < SHORT || signs == 0 && size < UNSIGNED_MAX && paragraphs <= 2 {
        return Verdict::SummaryOnly;
    }
    if evidence.is_cut || breaks_off(article, evidence, size) {
        return Verdict::Truncated;
    }
    Verdict::Full
}

/// Whether the text ends in an ellipsis, or in a link to the rest.
fn breaks_off(article: &Article, evidence: &Evidence<'_>, size: u32) -> bool {
    let ending = article.blocks.last().map_or("", |block| block.text.trim_end());
    if ending.ends_with("[…]") || ending.ends_with("[...]") {
        return true;
    }
    let all = &evidence.pieces.all;
    let from = evidence.selection.taken.iter().rposition(|taken| *taken).unwrap_or(0);
    let behind = all.get(from..(from + 2).min(all.len())).unwrap_or(&[]);
    // Only a bare label: after a colon another article is named.
    let leads_on = |piece: &Piece| {
        let text = evidence.pieces.text_of(piece);
        piece.chars < 40
            && piece.link_chars * 2 > piece.chars
            && !text.contains(": ")
            && Ideas::of(text).has(Idea::More)
    };
    size < PREVIEW_MAX && (ending.ends_with(['…']) || ending.ends_with("...") || behind.iter().any(leads_on))
}

/// Whether readers of the page see the piece.
fn is_shown(piece: &Piece) -> bool {
    piece.shown == Shown::Yes
}
