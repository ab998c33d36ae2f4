//! A text as words, with what stands between them.

use serde::{Deserialize, Serialize};

/// Bytes of title and text that are looked at, at most; the rest of a longer text adds no tags.
const TEXT_MAX: usize = 200_000;

/// What stands between a word and the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// Start of the title or of a paragraph.
    Paragraph,
    /// End of a sentence, colon or semicolon.
    Stop,
    /// An opening quotation mark: what follows starts a sentence or a title.
    Quote,
    /// White space.
    Space,
    /// A hyphen without spaces.
    Hyphen,
    /// An apostrophe without spaces.
    Apostrophe,
    /// A comma.
    Comma,
    /// An opening bracket.
    Open,
    /// Anything else: dash, slash, closing bracket, ...
    Other,
}

impl Gap {
    /// Whether the words on both sides can belong to one name.
    pub(super) fn joins(self) -> bool {
        matches!(self, Self::Space | Self::Hyphen | Self::Apostrophe)
    }

    fn starts_sentence(self) -> bool {
        matches!(self, Self::Paragraph | Self::Stop | Self::Quote)
    }
}

/// A word.
#[derive(Clone, Debug)]
pub(super) struct Word {
    /// As written, the dots of `U.S.` left out.
    pub(super) text: String,
    /// The same in lower case.
    pub(super) lower: String,
    /// What stands before it.
    pub(super) gap: Gap,
    /// Whether it starts with a capital letter.
    pub(super) capital: bool,
    /// Whether it has two or more letters, all capital.
    pub(super) upper: bool,
    /// Whether it is in the title.
    pub(super) title: bool,
    /// Where it begins and ends in the title or the text, in bytes.
    pub(super) span: Span,
}

/// A part of a text: in characters for a tag, in bytes for a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first.
    pub start: usize,
    /// The one after the last.
    pub end: usize,
}

impl Word {
    /// As written in the text, with the dots of `U.S.`.
    pub(super) fn written(&self) -> String {
        if self.span.end - self.span.start <= self.text.len() {
            return self.text.clone();
        }
        self.text.chars().flat_map(|letter| [letter, '.']).collect()
    }

    /// Whether its capital letter says nothing, since a sentence starts here.
    pub(super) fn starts_sentence(&self) -> bool {
        self.gap.starts_sentence()
    }
}

/// The words of an article.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    /// Title first, then the text.
    pub(super) list: Vec<Word>,
    /// Number of words of the title.
    pub(super) title: usize,
    /// Whether the title is in Title Case or capitals, so that capital letters in it say nothing.
    pub(super) title_case: bool,
}

impl Words {
    /// Splits title and text.
    pub(super) fn new(title: &str, text: &str) -> Self {
        let mut list = split(prefix(title, TEXT_MAX / 10), true);
        let title = list.len();
        let long = list.iter().filter(|word| word.lower.chars().count() > 3);
        let (all, capital) =
            long.fold((0, 0), |(all, capital), word| (all + 1, capital + usize::from(word.capital)));
        list.extend(split(prefix(text, TEXT_MAX), false));
        Self { list, title, title_case: all >= 3 && capital * 10 >= all * 7 }
    }

    /// The word at `index`, if there is one.
    pub(super) fn get(&self, index: usize) -> Option<&Word> {
        self.list.get(index)
    }

    /// The words of a name as they stand, an initial with its point.
    pub(super) fn name(&self, start: usize, end: usize) -> String {
        let mut name = String::new();
        let words = self.list.get(start..end).unwrap_or_default();
        for (at, word) in words.iter().enumerate() {
            if at > 0 {
                name.push_str(match word.gap {
                    Gap::Hyphen => "-",
                    Gap::Apostrophe => "'",
                    _ => " ",
                });
            }
            name.push_str(&word.text);
            let apart = words.get(at + 1).is_some_and(|next| next.gap == Gap::Space);
            if apart && word.capital && word.text.chars().nth(1).is_none() {
                name.push('.');
            }
        }
        name
    }

    /// The word before `index`.
    pub(super) fn before(&self, index: usize) -> Option<&Word> {
        index.checked_sub(1).and_then(|index| self.list.get(index))
    }

    /// Where some words of the text are; `None` if the first is in the title.
    pub(super) fn span(&self, at: usize, length: usize) -> Option<Span> {
        let first = self.list.get(at).filter(|word| !word.title)?;
        let last = self.list.get((at + length).checked_sub(1)?)?;
        Some(Span { start: first.span.start, end: last.span.end })
    }

    /// Number of words of the text, title not counted.
    pub(super) fn body(&self) -> usize {
        self.list.len() - self.title
    }
}

/// The longest prefix of at most `bytes` bytes.
pub(super) fn prefix(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let end = (0..=bytes).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

/// The words of a name or phrase in lower or original case, as [`Words`] would split it.
pub(super) fn parts(name: &str) -> Vec<String> {
    if !name.contains('.') {
        // Only dots join several parts into one word. The vocabularies are split at every start of
        // the program.
        let words = name.split(|c| !is_word(c)).filter(|word| !word.is_empty());
        return words.map(str::to_owned).collect();
    }
    split(name, true).into_iter().map(|word| word.text).collect()
}

/// Titles whose full stop does not end a sentence.
const ABBREVIATIONS: &[&str] = &[
    "mr", "mrs", "ms", "dr", "gen", "sen", "rep", "gov", "st", "lt", "col", "sgt", "prof", "rev", "capt",
    "adm", "cmdr", "sr", "jr", "hon", "no", "vs", "mt", "ft",
];

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | 'ʼ' | '`' | '´')
}

fn is_word(c: char) -> bool {
    // Combining marks belong to their letter, as do Arabic vowel signs and joiners.
    c.is_alphanumeric() || matches!(c, '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{640}')
}

fn split(text: &str, title: bool) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::with_capacity(text.len() / 6);
    let mut between = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if !is_word(c) {
            if between.len() < 16 {
                between.push(c);
            }
            continue;
        }
        let mut end = start + c.len_utf8();
        while let Some((at, next)) = chars.next_if(|(_, next)| is_word(*next)) {
            end = at + next.len_utf8();
        }
        let mut word: String = text.get(start..end).unwrap_or_default().to_owned();
        // `U.S.`: single capitals, each with its dot, are one word.
        let mut dotted = false;
        while is_initial(&word, dotted) {
            let mut ahead = chars.clone();
            let (Some((_, '.')), Some((_, letter))) = (ahead.next(), ahead.next()) else { break };
            if !letter.is_uppercase() || ahead.peek().is_some_and(|(_, c)| is_word(*c)) {
                break;
            }
            word.push(letter);
            dotted = true;
            chars = ahead;
            end = chars.peek().map_or(text.len(), |(at, _)| *at);
        }
        if dotted {
            chars.next_if(|(_, c)| *c == '.');
        }
        let gap = gap(&between, words.last());
        between.clear();
        let capital = word.chars().next().is_some_and(char::is_uppercase);
        let upper = capital && word.chars().nth(1).is_some() && !word.chars().any(char::is_lowercase);
        words.push(Word {
            lower: word.to_lowercase(),
            gap,
            capital,
            upper,
            title,
            text: word,
            span: Span { start, end },
        });
    }
    words
}

/// Whether it is a single capital letter, or is made of single capital letters.
fn is_initial(word: &str, dotted: bool) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(char::is_uppercase) && (dotted || letters.next().is_none())
}

fn gap(between: &str, before: Option<&Word>) -> Gap {
    let Some(before) = before else { return Gap::Paragraph };
    let mut characters = between.chars();
    if let (Some(only), None) = (characters.next(), characters.next()) {
        match only {
            ' ' | '\u{a0}' | '\u{202f}' => return Gap::Space,
            '-' | '‐' | '‑' => return Gap::Hyphen,
            c if is_apostrophe(c) => return Gap::Apostrophe,
            _ => {}
        }
    }
    if between.contains('\n') {
        return Gap::Paragraph;
    }
    let abbreviated = before.lower.chars().nth(1).is_none() || ABBREVIATIONS.contains(&before.lower.as_str());
    if between.trim() == "." && abbreviated && before.capital {
        return Gap::Space;
    }
    for c in between.chars() {
        match c {
            '.' | '!' | '?' | ':' | ';' | '…' | '؟' | '•' | '|' => return Gap::Stop,
            '"' | '“' | '„' | '«' | '»' | '”' | '‘' | '‹' => return Gap::Quote,
            '(' | '[' => return Gap::Open,
            ',' | '،' => return Gap::Comma,
            _ => {}
        }
    }
    if between.starts_with(' ') && between.chars().any(is_apostrophe) {
        return Gap::Quote;
    }
    if between.chars().all(char::is_whitespace) { Gap::Space } else { Gap::Other }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_what_stands_between() {
        let words = Words::new("", "The U.S. and Gen. George W. Bush’s aide (SSO) met.\n\nL'Ukraine, hier");
        let texts: Vec<&str> = words.list.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "The", "US", "and", "Gen", "George", "W", "Bush", "s", "aide", "SSO", "met", "L", "Ukraine",
                "hier"
            ]
        );
        assert_eq!(words.list[4].gap, Gap::Space);
        assert_eq!(words.list[6].gap, Gap::Space);
        assert_eq!(words.list[7].gap, Gap::Apostrophe);
        assert_eq!(words.list[9].gap, Gap::Open);
        assert_eq!(words.list[11].gap, Gap::Paragraph);
        assert_eq!(words.list[13].gap, Gap::Comma);
    }

    #[test]
    fn a_name_has_the_words_of_a_text() {
        for name in ["New York", "Saint-Jean-d’Acre", "U.S. Steel", "São Tomé e Príncipe", "a, (b)", ""]
        {
            let words: Vec<String> = split(name, true).into_iter().map(|word| word.text).collect();
            assert_eq!(parts(name), words);
        }
    }

    #[test]
    fn a_prefix_ends_at_a_character() {
        assert_eq!(prefix("äöü", 3), "ä");
        assert_eq!(prefix("abc", 3), "abc");
    }
}
