//! Links that lead nowhere else: from a heading to its own place on the page, or an address that
//! answers an interview question.

use super::line::Line;

/// Addresses in a row that one question may ask for.
const ADDRESSES_MAX: usize = 4;
/// Fewest questions of an interview.
const QUESTIONS_MIN: usize = 2;
/// Longest address, with the name of its network, in words.
const ADDRESS_WORDS_MAX: usize = 3;

/// Sets the link share of lines whose links lead nowhere else to 0.
pub(super) fn apply(page: Option<&str>, lines: &mut [Line<'_>]) {
    for line in lines.iter_mut().filter(|line| line.heading && line.link > 0.0) {
        if line.block.hrefs.iter().all(|href| is_own_place(href, page)) && !line.block.hrefs.is_empty() {
            line.link = 0.0;
        }
    }
    for index in 1..lines.len() {
        if lines.get(index).is_some_and(|line| line.link >= 0.5 && is_address(&line.block.text))
            && answers(lines, index)
            && let Some(line) = lines.get_mut(index)
        {
            line.link = 0.0;
        }
    }
}

/// Whether a link is `#details`, alone or after the page's own address.
fn is_own_place(href: &str, page: Option<&str>) -> bool {
    let Some((before, place)) = href.split_once('#') else { return false };
    let page = page.map(|page| page.split('#').next().unwrap_or_default());
    !place.is_empty() && (before.is_empty() || page == Some(before))
}

/// Whether a text is an address: `example.org`, `@name`, `IG: @name`.
fn is_address(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let last = words.next_back().unwrap_or_default();
    let handle = last.strip_prefix('@').is_some_and(|name| !name.is_empty());
    let host = last.trim_end_matches('/').rsplit_once('.').is_some_and(|(name, end)| {
        !name.is_empty()
            && end.len() >= 2
            && end.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'/')
    });
    (handle || host) && words.count() < ADDRESS_WORDS_MAX
}

/// Whether the line, or the addresses it follows, stand below a question of an interview.
fn answers(lines: &[Line<'_>], index: usize) -> bool {
    let above = lines.get(index.saturating_sub(ADDRESSES_MAX)..index).unwrap_or_default();
    let Some(question) = above.iter().rev().find(|line| !is_address(&line.block.text)) else { return false };
    let first = |line: &Line<'_>| line.block.classes.first().cloned();
    let alike = |line: &&Line<'_>| {
        line.block.text.trim_end().ends_with(['?', '？', '؟', ';'])
            && line.block.tag == question.block.tag
            && first(line) == first(question)
    };
    let tagged = question.heading || !question.prose() && question.stopped;
    tagged && question.link < 0.5 && lines.iter().filter(alike).take(QUESTIONS_MIN).count() == QUESTIONS_MIN
}
