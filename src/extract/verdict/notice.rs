//! Pages that came instead of an article: consent and bot walls, errors, blocks by region or for ad blockers,
//! login forms, pages that wait for their scripts.

use super::{
    Evidence, SHORT, is_shown, size,
    words::{Idea, Ideas},
};
use crate::extract::{
    Article,
    element::{Attr, Tag},
    hints::Hint,
    tree::{NONE, ROOT},
    walk::Piece,
};

/// What consent walls speak of.
const CONSENT: [Idea; 7] =
    [Idea::Cookie, Idea::Consent, Idea::Privacy, Idea::Partner, Idea::Tracking, Idea::Choice, Idea::Device];
/// Longer titles, in characters, are headlines with something to say.
const TITLE_MAX: usize = 120;
/// From this score on a page is a notice.
const NOTICE: i32 = 4;
/// A notice is short: more text or more paragraphs than these speak against one.
const LONG: u32 = 1300;
const MANY: usize = 4;
/// Pieces of a page without an article that are looked at, at most.
const PIECES_MAX: usize = 40;

/// Buttons that are looked at, and bytes of the label of one, at most.
const CONTROLS_MAX: u32 = 40;
const LABEL_MAX: usize = 60;

/// What a page says in place of an article.
struct Message {
    title: Ideas,
    /// Ideas and size of each block that has any words.
    blocks: Vec<(Ideas, u32)>,
    all: Ideas,
    size: u32,
    speech: usize,
}

/// Whether the page is a notice and not the article. `signs`: how much says that it is an article.
pub(super) fn is_notice(article: &Article, evidence: &Evidence<'_>, signs: u32) -> bool {
    let message = Message::of(article, evidence);
    let (controls, offered) = controls(evidence);
    message.is_consent(controls, offered) && signs < 2 || message.is_error(controls, signs)
}

/// Whether a text is about cookies, data and choices.
pub(crate) fn speaks_of_consent(text: &str) -> bool {
    Ideas::of(text).count(&CONSENT) >= 4
}

impl Message {
    fn of(article: &Article, evidence: &Evidence<'_>) -> Self {
        let pieces = evidence.pieces;
        let mut texts: Vec<&str> = article.blocks.iter().map(|block| block.text.as_str()).collect();
        let has_text = texts.iter().map(|text| size(text)).sum::<u32>() >= SHORT / 2;
        if !has_text {
            let own = pieces.all.iter().filter(|piece| is_shown(piece) && !is_beside(piece));
            texts = own.take(PIECES_MAX).map(|piece| pieces.text_of(piece)).collect();
        }
        let mut title = Ideas::default();
        let headline = evidence.selection.survey.headline.and_then(|index| pieces.all.get(index));
        let headline = headline.map(|piece| pieces.text_of(piece));
        for text in [article.title.as_deref(), headline].into_iter().flatten() {
            if text.chars().count() <= TITLE_MAX {
                title = title.and(Ideas::of(text));
            }
        }
        let blocks: Vec<(Ideas, u32)> =
            texts.iter().filter(|text| size(text) >= 12).map(|text| (Ideas::of(text), size(text))).collect();
        let speech = texts.iter().filter(|text| has_speech(text)).count();
        let all = blocks.iter().fold(title, |all, (ideas, _)| all.and(*ideas));
        let size = blocks.iter().map(|(_, size)| size).sum();
        Self { title, blocks, all, size, speech }
    }

    /// Whether most of what it says is about cookies, data, partners and choices.
    fn is_consent(&self, controls: u32, offered: Ideas) -> bool {
        // A block with a single such word counts half.
        let about: u32 =
            self.blocks.iter().map(|(ideas, size)| size * ideas.count(&CONSENT).min(2) / 2).sum();
        let kinds = self.all.and(offered).count(&CONSENT);
        let is_about_data =
            [Idea::Cookie, Idea::Privacy, Idea::Tracking].iter().any(|idea| self.all.has(*idea));
        // With a button to agree, less has to be said.
        let enough = if controls > 0 { 3 } else { 4 };
        is_about_data && kinds >= enough && about * 5 >= self.size * 3 && self.speech < 2
    }

    /// Whether it says that something is not there, not allowed, or has to be done first.
    fn is_error(&self, controls: u32, signs: u32) -> bool {
        let paragraphs = self.blocks.iter().filter(|(_, size)| *size >= 40).count();
        let mut score = 0;
        score += 2 * i32::from(hinders(self.title));
        let ahead: Vec<Ideas> = self.blocks.iter().take(3).map(|(ideas, _)| *ideas).collect();
        let hindering = ahead.iter().filter(|ideas| hinders(**ideas)).count() as i32;
        // The first paragraph may finish what a heading begins.
        let together = ahead.iter().fold(self.title, |all, ideas| all.and(*ideas));
        score += if hindering > 0 { 1 + hindering.min(2) } else { i32::from(hinders(together)) };
        score += i32::from(self.all.has(Idea::Retry));
        score += i32::from(controls > 0);
        score += if signs == 0 { 1 } else { -2 - i32::from(signs > 1) };
        score += i32::from(self.size < SHORT);
        score -= i32::from(self.size > LONG) + 2 * i32::from(paragraphs > MANY);
        score -= 2 * i32::from(self.speech > 0);
        let waits = self.size < 60 && self.all.has(Idea::Loading);
        (score >= NOTICE && (hinders(self.title) || hindering > 0 || hinders(together))) || waits
    }
}

/// Whether something stands between the reader and the page.
fn hinders(ideas: Ideas) -> bool {
    let has = |idea| ideas.has(idea);
    use Idea::{
        Adblock, Browser, Check, Cookie, Denied, Human, Login, Maintenance, Missing, Outdated, Page, Region,
        Retry, Script, Switch,
    };
    has(Page) && (has(Missing) || has(Denied) || has(Maintenance))
        || has(Region) && (has(Missing) || has(Denied))
        || has(Denied) && (has(Retry) || has(Login) || has(Check))
        || has(Adblock)
        || has(Browser) && (has(Outdated) || has(Check) || has(Human))
        || has(Script) && (has(Switch) || has(Browser) || has(Cookie))
        || has(Check) && has(Human)
        || has(Maintenance) && has(Retry)
        || has(Missing) && has(Retry)
}

/// Whether somebody is quoted: quotation marks around several words.
fn has_speech(text: &str) -> bool {
    let mut parts = text.split(['“', '”', '„', '«', '»', '"', '「', '」', '『', '』']);
    parts.next();
    parts.any(|part| part.split_whitespace().count() >= 5 || size(part) >= 60 && !part.contains(' '))
        && text.contains(['“', '„', '«', '"', '「', '『'])
}

/// Whether class names or elements say that a piece is not the page's own message.
fn is_beside(piece: &Piece) -> bool {
    let level = |hint: Hint| piece.above[hint as usize];
    [Hint::Nav, Hint::Footer, Hint::Related].into_iter().any(|hint| level(hint) < 6)
        || piece.link_chars * 3 > piece.chars * 2
}

/// Buttons and inputs around the text, below the element that holds all of it: their number, and what they offer.
fn controls(evidence: &Evidence<'_>) -> (u32, Ideas) {
    let tree = evidence.tree;
    let taken = evidence.selection.taken.iter().zip(&evidence.pieces.all).filter(|(taken, _)| **taken);
    let mut nodes = taken.map(|(_, piece)| tree.parent(piece.node));
    let top = nodes.next().map_or(ROOT, |first| {
        nodes.fold(first, |top, node| {
            let mut at = top;
            while at != NONE && !holds(evidence, at, node) {
                at = tree.parent(at);
            }
            at
        })
    });
    let (mut count, mut ideas, mut at) = (0, Ideas::default(), top);
    while at != NONE && count < CONTROLS_MAX {
        let is_button = match tree.tag(at) {
            Tag::Button => true,
            Tag::Input => !tree.attr(at, Attr::Type).is_some_and(|kind| kind.eq_ignore_ascii_case("hidden")),
            _ => tree.attr(at, Attr::Role).is_some_and(|role| role.eq_ignore_ascii_case("button")),
        };
        if is_button {
            count += 1;
            ideas = ideas.and(Ideas::of(&tree.all_text_within(at, LABEL_MAX)));
        }
        at = tree.following(at, top);
    }
    (count, ideas)
}

fn holds(evidence: &Evidence<'_>, top: u32, node: u32) -> bool {
    let mut at = node;
    while at != NONE && at != top {
        at = evidence.tree.parent(at);
    }
    at == top
}
