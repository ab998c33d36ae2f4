//! How much of the article came.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::content::Selection;
use super::walk::{Pieces, Shown};
use super::{Article, Verdict};

/// A text below this size is no article: a headline's summary, a caption, a message.
const SHORT: u32 = 280;
/// Paywalls and bot walls leave less than this.
const WALL: u32 = 2400;

static PHRASES: LazyLock<Vec<(&'static str, AhoCorasick)>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a constant table, built in the tests")]
    let automaton = |phrases: &str| AhoCorasick::new(phrases.split('|')).expect("verdict.tsv makes automata");
    include_str!("verdict.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .map(|(kind, phrases)| (kind, automaton(phrases)))
        .collect()
});

fn says(kind: &str, text: &str) -> bool {
    let lower = text.chars().take(400).flat_map(char::to_lowercase).collect::<String>();
    PHRASES.iter().filter(|(name, _)| *name == kind).any(|(_, phrases)| phrases.is_match(&lower))
}

/// Characters, those of scripts that need a third of them threefold.
fn size(text: &str) -> u32 {
    text.chars()
        .map(|char| if matches!(char, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}') { 3 } else { 1 })
        .sum()
}

/// The verdict about an article whose blocks are chosen. `cut`: a limit of the parser was reached.
pub(super) fn verdict(article: &Article, pieces: &Pieces, selection: &Selection, cut: bool) -> Verdict {
    let size: u32 = article.blocks.iter().map(|block| size(&block.text)).sum();
    let shown = || pieces.all.iter().filter(|piece| piece.shown == Shown::Yes);
    let page_size: u32 = shown().map(|piece| piece.chars).sum();
    let title = article.title.as_deref().unwrap_or("");
    let is_wall = says("blocked", title) && title.chars().count() < 80
        || page_size < WALL
            && shown().any(|piece| piece.chars < 400 && says("blocked", pieces.text_of(piece)));
    if is_wall && size < WALL {
        return Verdict::Blocked;
    }
    let last = selection.taken.iter().rposition(|taken| *taken);
    // What stands right behind the text: a wall, or a link to the rest.
    let from = last.unwrap_or(0);
    let behind = || {
        pieces
            .all
            .iter()
            .skip(from)
            .take(14)
            .filter(|piece| piece.shown != Shown::NoScript && piece.chars < 500)
    };
    let has_wall = || behind().any(|piece| says("paywalled", pieces.text_of(piece)));
    if size < WALL && (article.paywalled == Some(true) || has_wall()) {
        return Verdict::Paywalled;
    }
    if size < SHORT {
        return Verdict::SummaryOnly;
    }
    let ending = article.blocks.last().map_or("", |block| block.text.trim_end());
    let breaks_off = ending.ends_with("[…]")
        || ending.ends_with("[...]")
        || (ending.ends_with('…') || ending.ends_with("...")) && size < WALL;
    let more = pieces.all.get(from..(from + 2).min(pieces.all.len())).unwrap_or(&[]).iter().any(|piece| {
        piece.chars < 60 && piece.link_chars * 2 > piece.chars && says("truncated", pieces.text_of(piece))
    });
    if cut || breaks_off || more && size < WALL {
        return Verdict::Truncated;
    }
    Verdict::Full
}
