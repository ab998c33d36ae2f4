//! What repeats across the articles of a site.
//!
//! Boilerplate recurs word for word, prose does not: of paragraphs that occur in two of a site's
//! last 50 articles, 98.7 % are boilerplate (measured on 36,319 articles of 83 sites).

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use serde::{Deserialize, Serialize};

use super::{
    normal::{hash, is_unspaced, normalise, words},
    sentences::is_stopped,
};
use crate::extract::Block;

/// Articles remembered per site, at most.
pub const ARTICLES_MAX: usize = 50;
/// Paragraphs remembered per article, at most: the shortest ones, since boilerplate is short.
const PARAGRAPHS_MAX: usize = 24;
/// Longest paragraph that is remembered, in bytes.
const PARAGRAPH_BYTES_MAX: usize = 1200;
/// Lines longer than this, in bytes, are compared with their digits.
const PROSE_BYTES_MIN: usize = 80;
/// Shortest sentence whose amounts are compared, in words.
const SENTENCE_WORDS_MIN: usize = 4;
/// The same in letters, for scripts that do not separate words.
const SENTENCE_LETTERS_MIN: usize = 6;
/// Characters that a paragraph's hash is written with, six bits each.
const HASH_CHARS: usize = 5;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Paragraphs of a site's recent articles, to find what repeats. Bounded; kept in the ledger.
///
/// Written as one string per article, 5 characters for its id and 5 for each of at most 24
/// paragraphs: 6.5 KB when full.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SiteMemory {
    /// Oldest first.
    #[serde(default)]
    articles: Vec<String>,
}

/// Counts by paragraph; the hashes are mixed already.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    counts: HashMap<u32, u8, BuildHasherDefault<Identity>>,
}

#[derive(Debug, Default)]
pub(super) struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 << 8) | u64::from(*byte);
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl SiteMemory {
    /// Adds the blocks of one article. `article` is the article's id: revisions of one article
    /// count once. If the document carries its id, the order of observing and cleaning does not
    /// matter, since an article is never part of its own history.
    pub fn observe(&mut self, article: &str, blocks: &[Block]) {
        let mut hashes: Vec<(usize, u32)> = blocks
            .iter()
            .filter(|block| block.text.len() <= PARAGRAPH_BYTES_MAX)
            .filter_map(|block| {
                let text = normalise(&block.text);
                key(&text, &block.text).map(|key| (text.len(), key))
            })
            .collect();
        hashes.sort_unstable();
        hashes.dedup_by_key(|(_, key)| *key);
        let mut written = String::with_capacity(HASH_CHARS * (1 + PARAGRAPHS_MAX));
        write(&mut written, fold(hash(article)));
        for (_, key) in hashes.iter().take(PARAGRAPHS_MAX) {
            write(&mut written, *key);
        }
        let id: String = written.chars().take(HASH_CHARS).collect();
        self.articles.retain(|known| !known.starts_with(&id));
        self.articles.push(written);
        if self.articles.len() > ARTICLES_MAX {
            self.articles.drain(..self.articles.len() - ARTICLES_MAX);
        }
    }

    /// Number of articles remembered.
    pub fn len(&self) -> usize {
        self.articles.len()
    }

    /// Whether no article is remembered yet.
    pub fn is_empty(&self) -> bool {
        self.articles.is_empty()
    }

    /// In how many articles other than `article` each paragraph occurs.
    pub(super) fn repeats(&self, article: Option<&str>) -> Repeats {
        let mut own = String::new();
        if let Some(article) = article {
            write(&mut own, fold(hash(article)));
        }
        let mut repeats = Repeats::default();
        for known in self.articles.iter().rev().take(ARTICLES_MAX) {
            if !own.is_empty() && known.starts_with(&own) {
                continue;
            }
            let mut seen: Vec<u32> = known
                .as_bytes()
                .chunks_exact(HASH_CHARS)
                .skip(1)
                .take(PARAGRAPHS_MAX)
                .map(|chars| chars.iter().fold(0u32, |key, c| (key << 6) | value(*c)))
                .collect();
            seen.sort_unstable();
            seen.dedup();
            for key in seen {
                let count = repeats.counts.entry(key).or_default();
                *count = count.saturating_add(1);
            }
        }
        repeats
    }
}

impl Repeats {
    /// Whether no other article is remembered.
    pub(super) fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The number of articles that contain the line with that key.
    pub(super) fn count(&self, key: Option<u32>) -> usize {
        key.and_then(|key| self.counts.get(&key)).map_or(0, |count| usize::from(*count))
    }
}

/// The hash of a line; `None` for lines without a word.
///
/// The comparable form has lost its digits, since boilerplate contains counts and dates. But a
/// paragraph with different numbers is a different paragraph, and a sentence with different amounts
/// a different sentence: reports on weather, results, prices and accidents are written from
/// templates.
pub(super) fn key(line: &str, written: &str) -> Option<u32> {
    if !line.chars().any(char::is_alphabetic) {
        return None;
    }
    let mut key = hash(line);
    let digits = match written {
        written if written.len() > PROSE_BYTES_MIN => written.chars().filter(|c| c.is_numeric()).collect(),
        written if is_stopped(written) && is_worded(line) => amounts(written),
        _ => String::new(),
    };
    if !digits.is_empty() {
        key ^= hash(&digits).rotate_left(17);
    }
    Some(fold(key))
}

/// Whether a line has as many words as a sentence; in scripts that do not separate words its
/// letters are counted.
fn is_worded(line: &str) -> bool {
    words(line) >= SENTENCE_WORDS_MIN
        || line.chars().filter(|c| is_unspaced(*c)).count() >= SENTENCE_LETTERS_MIN
}

/// Whether the numbers of a written sentence are times of day and dates, which its key leaves out.
pub(super) fn is_dated(written: &str) -> bool {
    written.len() <= PROSE_BYTES_MIN
        && is_stopped(written)
        && written.contains(char::is_numeric)
        && amounts(written).is_empty()
}

/// The digits of a sentence without those of times of day and dates.
fn amounts(written: &str) -> String {
    let tokens: Vec<&str> = written
        .split_whitespace()
        .map(|token| token.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|token| !token.is_empty())
        .collect();
    let mut digits = String::new();
    for (index, token) in tokens.iter().enumerate() {
        let near = tokens.get(index.saturating_sub(2)..(index + 3).min(tokens.len())).unwrap_or_default();
        if token.contains(is_unspaced) {
            digits.push_str(&amounts_within(token));
        } else if token.contains(char::is_numeric) && !is_time_or_date(token, near) {
            digits.extend(token.chars().filter(|c| c.is_numeric()));
            digits.push(' ');
        }
    }
    digits
}

/// The numbers in a text that does not separate words, except those in 2026年11月5日21時15分, 21:15 and
/// the like.
fn amounts_within(text: &str) -> String {
    let is_part = |c: char| c.is_numeric() || ".,:/-：．，".contains(c);
    let (mut digits, mut rest, mut dated) = (String::new(), text, false);
    while let Some(start) = rest.find(char::is_numeric) {
        let after = rest.get(start..).unwrap_or_default();
        let end = after.find(|c| !is_part(c)).unwrap_or(after.len());
        let (number, tail) = after.split_at(end);
        let unit = tail.chars().next().unwrap_or(' ');
        let number = number.trim_end_matches(|c: char| !c.is_numeric());
        let is_date = "年月日号號時时點点년월일".contains(unit) && !tail.starts_with("時間")
            || dated && "分秒분초".contains(unit)
            || number.replace('：', ":").contains([':', '/', '-']) && is_time_or_date(number, &[number]);
        if !is_date {
            digits.push_str(number);
            digits.push(' ');
        }
        (dated, rest) = (is_date, tail);
    }
    digits
}

/// Whether a token is part of a time or date: `9:40`, `21.15`, `7h05`, `2026-11-05`, `5/11/26`,
/// `2026`, and the 5 of "5 November 2026".
fn is_time_or_date(token: &str, near: &[&str]) -> bool {
    let is_year = |token: &str| {
        token.len() == 4
            && (token.starts_with("19") || token.starts_with("20"))
            && token.bytes().all(|b| b.is_ascii_digit())
    };
    let parts: Vec<&str> = token.split([':', '.', 'h', 'H', '/', '-']).collect();
    let all_digits = parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    match parts.as_slice() {
        [hour, minute] if all_digits => {
            let hour: u32 = hour.parse().unwrap_or(u32::MAX);
            let minutes: u32 = minute.parse().unwrap_or(u32::MAX);
            hour < 25 && minute.len() == 2 && minutes < 60 && !token.contains('-')
        }
        [_, _, _] if all_digits => true,
        [_] if is_year(token) => true,
        [day] => {
            let day = day.trim_end_matches(|c: char| c.is_ascii_lowercase());
            day.parse::<u32>().is_ok_and(|day| (1..=31).contains(&day))
                && near.iter().any(|token| is_year(token))
        }
        _ => false,
    }
}

fn fold(hash: u64) -> u32 {
    (hash >> 34) as u32
}

fn write(into: &mut String, key: u32) {
    for digit in (0..HASH_CHARS).rev() {
        let index = (key >> (6 * digit)) & 63;
        into.push(char::from(ALPHABET.get(index as usize).copied().unwrap_or(b'A')));
    }
}

fn value(c: u8) -> u32 {
    match c {
        b'A'..=b'Z' => u32::from(c - b'A'),
        b'a'..=b'z' => u32::from(c - b'a') + 26,
        b'0'..=b'9' => u32::from(c - b'0') + 52,
        b'-' => 62,
        _ => 63,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn article(number: usize) -> Vec<Block> {
        let text = |text: String| Block { tag: "p".into(), text, ..Block::default() };
        let mut blocks = vec![text("Support our work.".into())];
        blocks.extend(
            (0..80).map(|p| text(format!("A longer line of prose, {} of {}.", word(p), word(number)))),
        );
        blocks
    }

    fn word(number: usize) -> String {
        number.to_string().chars().map(|c| char::from(b'a' + (c as u8 - b'0'))).collect()
    }

    #[test]
    fn distinct_articles_are_counted_and_memory_is_bounded() {
        let mut memory = SiteMemory::default();
        for number in 0..200 {
            memory.observe(&format!("a{number}"), &article(number));
        }
        memory.observe("a199", &article(199));
        assert_eq!(memory.len(), ARTICLES_MAX);
        let line = normalise("Support our work.");
        assert_eq!(memory.repeats(None).count(key(&line, "")), 50);
        assert_eq!(memory.repeats(Some("a199")).count(key(&line, "")), 49);
        assert_eq!(
            memory.repeats(Some("a199")).count(key(
                &normalise("A longer line of prose, a of bjj."),
                "A longer line of prose, a of bjj."
            )),
            0
        );
        let json = serde_json::to_string(&memory).unwrap();
        assert!(json.len() < 7000, "{}", json.len());
        assert_eq!(serde_json::from_str::<SiteMemory>(&json).unwrap(), memory);
    }

    #[test]
    fn a_sentence_with_other_amounts_is_another_sentence() {
        let key = |text: &str| key(&normalise(text), text);
        for (one, other, same) in [
            ("At least 12 people were rescued.", "At least 9 people were rescued.", false),
            ("Die Polizei zählte 300 Teilnehmer.", "Die Polizei zählte 45 Teilnehmer.", false),
            ("Le taux a atteint 3,5 pour cent.", "Le taux a atteint 4,1 pour cent.", false),
            ("It is the 3rd strike of the year.", "It is the 4th strike of the year.", false),
            ("El partido terminó 3-1 en casa.", "El partido terminó 0-2 en casa.", false),
            ("This page was changed at 9:40.", "This page was changed at 21:05.", true),
            ("The text was last edited on 5 May 2026.", "The text was last edited on 17 June 2026.", false),
            ("The text was last edited on 5 May 2026.", "The text was last edited on 17 May 2026.", true),
            ("Changed on 2026-05-03 by the desk.", "Changed on 2025-11-30 by the desk.", true),
            ("少なくとも7人が死亡した。", "少なくとも12人が死亡した。", false),
            ("警方逮捕了3名嫌疑人。", "警方逮捕了5名嫌疑人。", false),
            ("열차가 7분 늦게 왔다고 한다.", "열차가 9분 늦게 왔다고 한다.", false),
            ("停電は3時間続いた。", "停電は5時間続いた。", false),
            (
                "この記事は2026年5月3日10時5分に更新された。",
                "この記事は2026年6月4日21時40分に更新された。",
                true,
            ),
            ("本文更新于2026-05-03 10:05。", "本文更新于2026-06-04 21:40。", true),
            ("コメント（12）", "コメント（7）", true),
            ("Comments (12)", "Comments (7)", true),
            ("Read in 4 min", "Read in 11 min", true),
        ] {
            assert_eq!(key(one) == key(other), same, "{one} | {other}");
        }
    }

    #[test]
    fn any_text_is_a_memory() {
        let odd: SiteMemory = serde_json::from_str(r#"{"articles":["", "ä", "abc", "ABCDEé€x"]}"#).unwrap();
        assert_eq!(odd.repeats(Some("x")).count(key("y", "")), 0);
    }
}
