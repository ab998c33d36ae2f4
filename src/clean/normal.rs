//! One spelling for many: the form that rules and repetition compare.
//!
//! Lower case, no accents, every number `0`, words separated by one space. Only punctuation that
//! carries meaning in boilerplate stays, each mark as a word of its own: `:`, `|` (also for a
//! spaced dash), `©`, `@`, `#`, `?`, `/` and brackets.

use unicode_normalization::char::decompose_canonical;

/// The comparable form of `text`.
pub(super) fn normalise(text: &str) -> String {
    let mut out = Builder::new(text.len());
    out.add(text, ' ');
    out.text
}

/// The comparable form of `text`, and where its parts begin in it. `starts` are the starts of the
/// parts in `text`, the first one 0; words and numbers must not extend from one part into the next.
pub(super) fn normalise_parts(text: &str, starts: &[usize]) -> (String, Vec<usize>) {
    let mut out = Builder::new(text.len());
    let mut places = Vec::with_capacity(starts.len());
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    for (start, end) in starts.iter().zip(ends) {
        out.gap();
        places.push(if out.text.is_empty() { 0 } else { out.text.len() + 1 });
        let next = text.get(end..).and_then(|rest| rest.chars().next()).unwrap_or(' ');
        out.add(text.get(*start..end).unwrap_or_default(), next);
    }
    (out.text, places)
}

struct Builder {
    text: String,
    gap: bool,
    number: bool,
}

impl Builder {
    fn new(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes + 8), gap: false, number: false }
    }

    /// Adds a text that `next` follows.
    fn add(&mut self, text: &str, next: char) {
        let mut before = ' ';
        let mut rest = text;
        while let Some(raw) = rest.chars().next() {
            // Most of a text is usually plain letters and spaces.
            let letters = rest.bytes().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(rest.len());
            if letters > 1 && !self.number {
                let (run, tail) = rest.split_at(letters);
                self.letters(run);
                (before, rest) = ('a', tail);
                continue;
            }
            rest = rest.get(raw.len_utf8()..).unwrap_or_default();
            if raw == ' ' {
                self.gap();
                before = raw;
                continue;
            }
            let c = fold(raw);
            let after = rest.chars().next().unwrap_or(next);
            if matches!(c, 'h' | 'H') && self.number && !self.gap && after.is_ascii_digit() {
                // 16h15 is a number too.
            } else if c.is_ascii_alphabetic() {
                self.word(c.to_ascii_lowercase());
            } else if c.is_numeric() {
                self.digit();
            } else if c.is_alphanumeric() {
                for lower in c.to_lowercase() {
                    decompose_canonical(lower, |part| {
                        if !is_mark(part) {
                            self.word(plain(part));
                        }
                    });
                }
            } else if is_mark(c) {
                // Vowel signs, points and joiners belong to the word around them.
            } else if self.number && after.is_ascii_digit() && matches!(c, '.' | ',' | ':' | '\'' | '’' | '-')
            {
                // 15:42, 1,200 and 2024-05-03 are one number each.
            } else {
                match c {
                    ':' | '©' | '@' | '#' | '?' | '/' | '(' | ')' => self.mark(c),
                    '[' | '【' | '〔' | '［' => self.mark('('),
                    ']' | '】' | '〕' | '］' => self.mark(')'),
                    '؟' => self.mark('?'),
                    '|' | '·' | '•' | '∙' | '‧' => self.mark('|'),
                    '-' | '–' | '—' | '―' if before.is_whitespace() && after.is_whitespace() => {
                        self.mark('|')
                    }
                    _ => self.gap(),
                }
            }
            before = raw;
        }
    }

    fn space(&mut self) {
        if self.gap && !self.text.is_empty() {
            self.text.push(' ');
        }
        self.gap = false;
    }

    fn word(&mut self, c: char) {
        self.space();
        self.number = false;
        self.text.push(c);
    }

    /// Plain letters after anything but a number.
    fn letters(&mut self, run: &str) {
        self.space();
        let from = self.text.len();
        self.text.push_str(run);
        if let Some(run) = self.text.get_mut(from..) {
            run.make_ascii_lowercase();
        }
    }

    fn digit(&mut self) {
        if !self.number || self.gap {
            self.space();
            self.text.push('0');
        }
        self.number = true;
    }

    fn mark(&mut self, c: char) {
        self.gap = true;
        self.space();
        self.text.push(c);
        self.gap();
    }

    fn gap(&mut self) {
        self.gap = true;
        self.number = false;
    }
}

/// Turns full-width forms into ASCII ones.
fn fold(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    }
}

/// Replaces letters that have no decomposition but are often written plain.
fn plain(c: char) -> char {
    match c {
        'ı' => 'i',
        'ł' => 'l',
        'ø' => 'o',
        'đ' => 'd',
        'ё' => 'е',
        'أ' | 'إ' | 'آ' => 'ا',
        'ى' => 'ي',
        other => other,
    }
}

/// Whether it is a combining mark or invisible, and so dropped without splitting the word.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{591}'..='\u{5bd}'
        | '\u{5bf}' | '\u{5c1}'..='\u{5c2}' | '\u{93c}' | '\u{94d}' | '\u{9bc}' | '\u{9cd}'
        | '\u{e47}'..='\u{e4e}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{ad}' | '\u{feff}' | '\u{fe0f}')
}

/// Whether it belongs to a script written without spaces, or with endings attached to the word: no
/// word boundary is required next to it.
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1100}'..='\u{11ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}')
}

/// True for a word (or a number), false for a punctuation mark of the comparable form.
pub(super) fn is_word(token: &str) -> bool {
    token.chars().next().is_some_and(|c| c.is_alphanumeric())
}

/// Words of a line in its comparable form.
pub(super) fn words(line: &str) -> usize {
    let mut before = b' ';
    let mut words = 0;
    for (at, &byte) in line.as_bytes().iter().enumerate() {
        if before == b' ' {
            words += usize::from(match byte.is_ascii() {
                true => byte.is_ascii_alphanumeric(),
                false => line.get(at..).is_some_and(is_word),
            });
        }
        before = byte;
    }
    words
}

/// 64-bit FNV-1a with a final mix (splitmix64): stable across releases, since the memories of sites
/// are stored.
pub(super) fn hash(text: &str) -> u64 {
    let mut h = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3));
    h = (h ^ (h >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    h = (h ^ (h >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    h ^ (h >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_meet() {
        for (text, wanted) in [
            ("READ MORE: “Ice” – and Fire!", "read more : ice | and fire"),
            ("Síguenos en Telegram…", "siguenos en telegram"),
            ("03.05.2024 15:42 Uhr", "0 0 uhr"),
            ("1/12", "0 / 0"),
            ("© 2020 e-mail", "© 0 e mail"),
            ("Don’t miss", "don t miss"),
            ("【责任编辑：某某】", "( 责任编辑 : 某某 )"),
            ("Ｎｅｗｓ２", "news0"),
            ("  • Łódź ", "| lodz"),
            ("", ""),
        ] {
            assert_eq!(normalise(text), wanted, "{text}");
        }
    }

    #[test]
    fn once_is_enough() {
        for text in ["Lesen Sie auch: Äpfel (3)", "1,200 - 300", "लाइव टीवी"] {
            let once = normalise(text);
            assert_eq!(normalise(&once), once);
        }
    }
}
