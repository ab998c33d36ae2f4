//! Dates of words and numbers in any order and language.

use super::{How, LENGTH_MAX, ReadDate, calendar, clock, half, iso_date, moment, number, twelve, zone};
use crate::months;

/// Turns digits of other scripts into ASCII and the words of East Asian dates into separators, and
/// drops comments.
pub(super) fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut depth = 0_u32;
    for c in text.chars() {
        match c {
            '(' | '（' => depth += 1,
            ')' | '）' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            '０'..='９' | '٠'..='٩' | '۰'..='۹' | '०'..='९' => {
                let zero = match c {
                    '０'..='９' => '０',
                    '٠'..='٩' => '٠',
                    '۰'..='۹' => '۰',
                    _ => '०',
                };
                out.push(char::from(b'0' + (c as u32 - zero as u32) as u8));
            }
            '年' | '년' | '月' | '월' => out.push('-'),
            '日' | '일' => out.push(' '),
            '時' | '时' | '시' | '：' | '分' | '분' => out.push(':'),
            '秒' | '초' | '،' | '、' | '，' | '\u{a0}' | '\u{202f}' | '\u{200e}' | '\u{200f}' => {
                out.push(' ')
            }
            _ => out.push(c),
        }
    }
    for (word, english) in [
        ("午前", " AM "),
        ("上午", " AM "),
        ("오전", " AM "),
        ("午後", " PM "),
        ("下午", " PM "),
        ("오후", " PM "),
        (" a.m.", " AM"),
        (" p.m.", " PM"),
        (" a. m.", " AM"),
        (" p. m.", " PM"),
        ("π.μ.", " AM"),
        ("μ.μ.", " PM"),
        (" ص", " AM"),
        (" م", " PM"),
    ] {
        // The Arabic letters only as words of their own.
        if out.contains(word) && (word.len() > 3 || out.ends_with(word)) {
            out = out.replace(word, english);
        }
    }
    // `2010- 9- 6` from spaced characters, `9:5: ` from a minute sign without seconds.
    let squeezed = without_dividers(&out).replace("- ", "-").replace(": ", ":");
    squeezed.split_whitespace().map(|word| word.trim_end_matches(':')).collect::<Vec<_>>().join(" ")
}

/// Leaves out what only divides date and time: `5 November 2026 - 09:01`, `14.30 Uhr | 23.11.2026`.
fn without_dividers(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_clock = |word: Option<&&str>| {
        word.is_some_and(|word| {
            word.starts_with(|c: char| c.is_ascii_digit())
                && word.contains([':', 'h', 'H'])
                && !word.contains(['-', '/'])
        })
    };
    let divides = |word: &str| word.chars().all(|c| "-–—|•·~@/".contains(c));
    let kept = words.iter().enumerate().filter(|(at, word)| {
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        !(divides(word) && (is_clock(words.get(at + 1)) || is_clock(before)))
    });
    kept.map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
}

/// Words and numbers in any order.
#[derive(Default)]
struct Parts<'l> {
    /// Language of the feed: it decides between months of one name.
    language: Option<&'l str>,
    numbers: Vec<(u32, usize)>,
    month: Option<u32>,
    /// A month's name before any number: it may as well be a weekday (`mar`, `sam`) and gives way to another.
    doubtful: Option<u32>,
    time: Option<(u32, u32, u32)>,
    afternoon: Option<bool>,
    offset: Option<i32>,
    slashes: bool,
    strangers: usize,
}

pub(super) fn words(text: &str, language: Option<&str>) -> Option<ReadDate> {
    if text.len() > LENGTH_MAX {
        return None;
    }
    let mut parts = Parts { language, ..Parts::default() };
    let words: Vec<&str> = text.split([' ', ',', ';', '|']).filter(|word| !word.is_empty()).collect();
    let mut at = 0;
    while at < words.len() {
        at += match parts.month_of_words(words.get(at..)?) {
            Some(used) => used,
            None => {
                parts.word(words.get(at)?, at)?;
                1
            }
        };
    }
    parts.read()
}

impl Parts<'_> {
    /// Takes a month of several words (`كانون الثاني`), and gives their number.
    fn month_of_words(&mut self, words: &[&str]) -> Option<usize> {
        if !words.first().is_some_and(|first| months::begins_longer(first)) {
            return None;
        }
        let lengths = (2..=months::WORDS_MAX.min(words.len())).rev();
        let (month, length) = lengths.into_iter().find_map(|length| {
            let name = words.get(..length)?.join(" ");
            Some((months::month(&name, self.language)?, length))
        })?;
        self.month = self.month.or(Some(month));
        Some(length)
    }

    fn month(&self, word: &str) -> Option<u32> {
        months::month(word, self.language)
    }

    fn word(&mut self, word: &str, index: usize) -> Option<()> {
        let first = word.chars().next()?;
        if word.contains(':') && first.is_ascii_digit() {
            return self.clock_word(word);
        }
        if (self.time.is_some() || first == '+')
            && let Some(offset) = zone(word)
        {
            // `GMT +0200` is one zone in two words, `+0200 CEST` the same zone twice.
            self.offset = Some(self.offset.filter(|known| *known != 0).unwrap_or(offset));
            return Some(());
        }
        if self.numbers.len() >= 2 && self.bare_clock(word) {
            return Some(());
        }
        if word.eq_ignore_ascii_case("am") || word.eq_ignore_ascii_case("pm") {
            self.afternoon = Some(word.eq_ignore_ascii_case("pm"));
            return Some(());
        }
        if first.is_ascii_digit() {
            let mut found = false;
            for part in word.split(['-', '/', '.']).filter(|part| !part.is_empty()) {
                found |= self.date_part(part).is_some();
            }
            self.slashes |= word.contains('/');
            return if found { Some(()) } else { self.stranger() };
        }
        for (place, part) in word.split(['-', '/']).filter(|part| !part.is_empty()).enumerate() {
            if let Some(month) = self.month(part) {
                if index == 0 && self.doubtful.is_none() {
                    self.doubtful = Some(month);
                } else {
                    self.month = self.month.or(Some(month));
                }
            } else if part.starts_with(|c: char| c.is_ascii_digit()) {
                self.date_part(part);
            } else if place == 0
                && self.offset.is_none()
                && let Some(offset) = zone(part).filter(|_| index > 1)
            {
                self.offset = Some(offset);
            } else {
                self.stranger()?;
            }
        }
        Some(())
    }

    /// `14h05`, `14.05.30` after a date; four digits after a time, an offset that lost its sign.
    fn bare_clock(&mut self, word: &str) -> bool {
        if self.time.is_some() {
            let digits = word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit());
            let offset = zone(&format!("+{word}")).filter(|_| digits && self.offset.is_none());
            self.offset = self.offset.or(offset);
            return offset.is_some();
        }
        let parts = word.split(['h', 'H', '.']).filter(|part| !part.is_empty()).count();
        if word.contains(['h', 'H', '.']) && (1..=3).contains(&parts) {
            let colons = word.trim_end_matches(['.', 'h', 'H']).replace(['h', 'H', '.'], ":");
            let colons = if colons.contains(':') { colons } else { format!("{colons}:00") };
            self.time = clock(&colons).filter(|_| word.trim_end_matches('.').contains(['h', 'H', '.']));
        }
        self.time.is_some()
    }

    /// Counts words that mean nothing here: weekdays, `at`, `Uhr`, `de`. Prose has more of them
    /// than a date.
    fn stranger(&mut self) -> Option<()> {
        self.strangers += 1;
        (self.strangers <= 6).then_some(())
    }

    /// `6`, `6th`, `1er`, `2010`, `06sep2010`.
    fn date_part(&mut self, part: &str) -> Option<()> {
        let end = part.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(part.len());
        let (digits, suffix) = part.split_at(end);
        if let Some(month) = self.month(suffix) {
            self.month = self.month.or(Some(month));
        }
        if digits.len() == 8 && self.numbers.is_empty() {
            let date = iso_date(digits)?;
            use chrono::Datelike;
            self.numbers = vec![(date.year() as u32, 4), (date.month(), 2), (date.day(), 2)];
            return Some(());
        }
        if self.numbers.len() < 3 {
            self.numbers.push((number(digits.as_bytes())?, digits.len()));
        }
        Some(())
    }

    fn clock_word(&mut self, word: &str) -> Option<()> {
        let end = word
            .bytes()
            .position(|b| !(b.is_ascii_digit() || matches!(b, b':' | b'.')))
            .unwrap_or(word.len());
        let (time, mut tail) = word.split_at(end);
        if self.time.is_none() {
            self.time = Some(clock(time.trim_end_matches(['.', ':']))?);
        }
        if let Some((afternoon, rest)) = half(tail) {
            self.afternoon = Some(afternoon);
            tail = rest;
        }
        if !tail.is_empty() {
            self.offset = self.offset.or(zone(tail));
        }
        Some(())
    }

    fn read(self) -> Option<ReadDate> {
        let time = match (self.time, self.afternoon) {
            (Some(time), Some(afternoon)) => Some(twelve(time, afternoon)?),
            (time, _) => time,
        };
        let (date, how) = match (self.month.or(self.doubtful), self.numbers.as_slice()) {
            (Some(month), &[first, second]) => {
                // The longer number is the year; of two short ones the second.
                let (day, year) = if first.1 > 2 { (second, first) } else { (first, second) };
                (calendar(full_year(year)?, month, day.0)?, How::Words)
            }
            (None, &[first, second, third]) if first.1 == 4 => {
                (calendar(full_year(first)?, second.0, third.0)?, How::Numeric)
            }
            (None, &[first, second, third]) => {
                // Day first, as most of the world writes it; month first if it has to be, or if
                // slashes come with a twelve-hour clock.
                let american = second.0 > 12 || (self.slashes && self.afternoon.is_some() && first.0 <= 12);
                let (day, month) = if american { (second.0, first.0) } else { (first.0, second.0) };
                (calendar(full_year(third)?, month, day)?, How::Numeric)
            }
            _ => return None,
        };
        moment(date, time, self.offset, how)
    }
}

/// Two digits mean 1969 to 2068, as in POSIX; three count from 1900 (RFC 2822 section 4.3). The
/// Thai calendar counts from 543 BC.
fn full_year((year, digits): (u32, usize)) -> Option<i32> {
    match digits {
        4 if (2533..=2643).contains(&year) => Some(year as i32 - 543),
        4 if year > 0 => Some(year as i32),
        3 => Some(year as i32 + 1900),
        1 | 2 if year < 69 => Some(year as i32 + 2000),
        2 => Some(year as i32 + 1900),
        _ => None,
    }
}
