//! What a line is made of, as hashed buckets: runs of words and of characters, and names in its
//! markup.
//!
//! The trainer does not repeat this: it asks the program for the buckets.

use crate::extract::Block;

/// Buckets for the words and letters of lines, as a power of two.
pub(super) const TEXT_BITS: u32 = 18;
/// Buckets for elements, class names and link hosts, as a power of two.
pub(super) const MARKUP_BITS: u32 = 14;

/// Words of a line that are looked at, from its start and from its end; values of the first
/// prototype.
const WORDS_HEAD: usize = 30;
const WORDS_TAIL: usize = 11;
/// Longest run of words.
const WORDS_RUN: usize = 3;
/// Characters of a line that are looked at, from its start and from its end.
const CHARS_HEAD: usize = 90;
const CHARS_TAIL: usize = 40;
/// Shortest and longest run of characters.
const CHARS_RUN: std::ops::RangeInclusive<usize> = 3..=5;
/// Elements of the chain that are looked at, class names of each, and links of a block.
const CHAIN_MAX: usize = 4;
const CLASSES_MAX: usize = 8;
const LINKS_MAX: usize = 8;

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;
/// Stands before the first and after the last word or character.
const EDGE: u64 = 2;

fn step(hash: u64, value: u64) -> u64 {
    (hash ^ value).wrapping_mul(FNV_PRIME)
}

fn hash(seed: u64, text: &str) -> u64 {
    text.bytes().fold(step(FNV_OFFSET, seed), |hash, byte| step(hash, u64::from(byte)))
}

/// FNV mixes its high bits best.
fn bucket(hash: u64, bits: u32) -> u32 {
    ((hash ^ (hash >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - bits)) as u32
}

/// Lower case, every digit `0`.
fn plain(c: char) -> u64 {
    if c.is_ascii() {
        return u64::from(if c.is_ascii_digit() { '0' } else { c.to_ascii_lowercase() });
    }
    if c.is_numeric() {
        return u64::from('0');
    }
    c.to_lowercase().next().map_or(0, u64::from)
}

/// Calls `found` with the bucket of each run of up to three words; the line's ends count as words.
pub(super) fn words(text: &str, mut found: impl FnMut(u32)) {
    let mut hashes = vec![EDGE];
    let (mut word, mut open) = (FNV_OFFSET, false);
    for c in text.chars() {
        if c.is_alphanumeric() {
            (word, open) = (step(word, plain(c)), true);
        } else {
            if open {
                hashes.push(word);
            }
            (word, open) = (FNV_OFFSET, false);
            // Punctuation that counts as a word: what it says depends on the words around it.
            if matches!(
                c,
                '?' | '!' | ':' | '©' | '@' | '#' | '|' | '»' | '→' | '>' | '…' | '؟' | '？' | '！'
            ) {
                hashes.push(u64::from(c));
            }
        }
    }
    if open {
        hashes.push(word);
    }
    hashes.push(EDGE);
    let mut runs = |hashes: &[u64]| {
        for from in 0..hashes.len() {
            let mut run = step(FNV_OFFSET, 1);
            for hash in hashes.iter().skip(from).take(WORDS_RUN) {
                run = step(run, *hash);
                found(bucket(run, TEXT_BITS));
            }
        }
    };
    if hashes.len() <= WORDS_HEAD + WORDS_TAIL {
        return runs(&hashes);
    }
    runs(hashes.get(..WORDS_HEAD).unwrap_or_default());
    runs(hashes.get(hashes.len() - WORDS_TAIL..).unwrap_or_default());
}

/// Calls `found` with the bucket of each run of three to five characters.
pub(super) fn chars(text: &str, mut found: impl FnMut(u32)) {
    let mut runs = |chars: &[u64]| {
        for from in 0..chars.len() {
            let mut run = step(FNV_OFFSET, 3);
            for (at, c) in chars.iter().skip(from).take(*CHARS_RUN.end()).enumerate() {
                run = step(run, *c);
                if CHARS_RUN.contains(&(at + 1)) {
                    found(bucket(run, TEXT_BITS));
                }
            }
        }
    };
    let mut head: Vec<u64> = Vec::with_capacity(CHARS_HEAD + CHARS_TAIL);
    head.push(EDGE);
    let mut rest = text.chars();
    head.extend(rest.by_ref().take(CHARS_HEAD).map(plain));
    let mut tail: Vec<u64> = Vec::with_capacity(CHARS_TAIL + 1);
    tail.push(EDGE);
    tail.extend(rest.rev().take(CHARS_TAIL).map(plain));
    tail.reverse();
    if tail.len() <= CHARS_TAIL {
        head.append(&mut tail);
    }
    runs(&head);
    runs(&tail);
}

/// Calls `found` with the bucket of each element, class name and its pieces around the block, and
/// of the hosts its links lead to.
pub(super) fn markup(block: &Block, mut found: impl FnMut(u32)) {
    found(bucket(hash(10, &block.tag), MARKUP_BITS));
    for (depth, entry) in block.classes.iter().take(CHAIN_MAX).enumerate() {
        let seed = 20 + depth as u64;
        let mut names = entry.split(['.', '#']);
        found(bucket(hash(seed, names.next().unwrap_or_default()), MARKUP_BITS));
        for name in names.take(CLASSES_MAX).filter(|name| !name.is_empty()) {
            found(bucket(hash(30 + depth as u64, name), MARKUP_BITS));
            for piece in pieces(name) {
                found(bucket(piece.fold(hash(40, ""), step), MARKUP_BITS));
            }
        }
    }
    for href in block.hrefs.iter().take(LINKS_MAX) {
        let host = href.split_once("://").map_or("", |(_, rest)| rest).split(['/', '?', '#']).next();
        found(bucket(hash(50, host.unwrap_or_default()), MARKUP_BITS));
        let path = href.split_once("://").map_or(href.as_str(), |(_, rest)| rest);
        let first = path.split('/').nth(1).unwrap_or_default();
        found(bucket(hash(51, first.get(..24).unwrap_or(first)), MARKUP_BITS));
    }
}

/// The words of a class name, letter by letter: `relatedTeaser-box` is `related`, `teaser`, `box`.
fn pieces(name: &str) -> impl Iterator<Item = impl Iterator<Item = u64>> {
    let mut starts = vec![0];
    let mut before = ' ';
    for (at, c) in name.char_indices() {
        if c.is_uppercase() && before.is_lowercase() {
            starts.push(at);
        } else if matches!(c, '-' | '_') || c.is_ascii_digit() {
            starts.push(at + c.len_utf8());
        }
        before = c;
    }
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([name.len()]).collect();
    starts.into_iter().zip(ends).filter_map(|(from, to)| {
        let piece = name.get(from..to)?.trim_end_matches(|c: char| !c.is_alphabetic());
        (!piece.is_empty()).then(|| piece.chars().map(plain))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Vec<u32> {
        let mut all = Vec::new();
        words(line, |bucket| all.push(bucket));
        chars(line, |bucket| all.push(bucket));
        all
    }

    #[test]
    fn case_and_digits_make_no_difference() {
        assert_eq!(of("Read 3 more"), of("READ 7 MORE"));
        assert_ne!(of("Read 3 more"), of("Read more"));
    }

    #[test]
    fn the_middle_of_a_long_line_is_left_out() {
        let line = |middle: &str| format!("{} {middle} {}", "word ".repeat(40), "tail ".repeat(20));
        assert_eq!(of(&line("one")), of(&line("two")));
    }

    #[test]
    fn class_names_fall_into_words() {
        let buckets = |class: &str| {
            let block = Block { tag: "p".into(), classes: vec![class.to_owned()], ..Block::default() };
            let mut all = Vec::new();
            markup(&block, |bucket| all.push(bucket));
            all
        };
        let (camel, dashed) = (buckets("div.relatedTeaser"), buckets("div.related-teaser2"));
        assert_eq!(camel.iter().filter(|bucket| dashed.contains(bucket)).count(), 4);
    }
}
