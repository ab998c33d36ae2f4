//! Dates as pages write them: in markup (ISO 8601 and relatives, RFC 2822) and in visible text.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};

/// Years an article can be of.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2100;

static MONTHS: LazyLock<HashMap<&'static str, u32>> = LazyLock::new(|| {
    let mut months = HashMap::new();
    for line in include_str!("months.tsv").lines().filter(|line| !line.starts_with('#')) {
        let Some((month, names)) = line.split_once('\t') else { continue };
        let Ok(month) = month.parse() else { continue };
        for name in names.split(' ') {
            months.entry(name).or_insert(month);
        }
    }
    months
});

/// A date from a machine-readable attribute; one without zone counts as UTC.
pub(in crate::extract) fn machine(text: &str) -> Option<DateTime<FixedOffset>> {
    let text = text.trim().trim_matches('"');
    if text.len() > 64 {
        return None;
    }
    if text.len() >= 10 && text.len() <= 13 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: i64 = text.parse().ok()?;
        let seconds = if text.len() == 13 { number / 1000 } else { number };
        return DateTime::from_timestamp(seconds, 0).map(|found| found.fixed_offset()).filter(in_years);
    }
    if let Ok(found) = DateTime::parse_from_rfc2822(text) {
        return Some(found).filter(in_years);
    }
    visible(text, false)
}

fn in_years(date: &DateTime<FixedOffset>) -> bool {
    use chrono::Datelike;
    YEARS.contains(&date.year())
}

/// A part of a text that matters for a date.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part<'a> {
    /// Value and number of digits.
    Number(u32, usize),
    Word(&'a str),
    Mark(char),
}

/// The first date in a visible text. `month_first` reads 3/4/2024 as the fourth of March.
pub(in crate::extract) fn visible(text: &str, month_first: bool) -> Option<DateTime<FixedOffset>> {
    let lower = text.chars().take(400).flat_map(char::to_lowercase).map(ascii_digit).collect::<String>();
    let parts = parts(&lower);
    for start in 0..parts.len() {
        let rest = parts.get(start..)?;
        if let Some((date, used)) = date(rest, month_first) {
            let after = rest.get(used..).unwrap_or(&[]);
            return with_time(date, after);
        }
    }
    None
}

/// Reads a date in the path of an address: `/2024/03/04/`, `2024-03-04`.
pub(in crate::extract) fn in_address(url: &str) -> Option<DateTime<FixedOffset>> {
    let path = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (_, path) = path.split_once('/')?;
    let starts = path.char_indices().filter(|(at, char)| {
        char.is_ascii_digit()
            && !path.get(..*at).is_some_and(|head| head.ends_with(|char: char| char.is_ascii_digit()))
    });
    starts.take(20).find_map(|(at, _)| date_in_path(path.get(at..)?))
}

/// `2024/03/04`, `20240304`, `2024-03-04`, `04-03-2024` at the beginning of a part of an address. The number that a
/// slug begins with is no day: "/2026/11/5-things".
fn date_in_path(path: &str) -> Option<DateTime<FixedOffset>> {
    let numbers: Vec<&str> = path.split(|char: char| !char.is_ascii_digit()).take(3).collect();
    let separators: Vec<char> = path.chars().filter(|char| !char.is_ascii_digit()).take(3).collect();
    let first = separators.first().copied().unwrap_or('/');
    let close = matches!(first, '/' | '-' | '_' | '.') && separators.get(1) == Some(&first);
    match numbers.as_slice() {
        [all, ..] if all.len() == 8 => visible(all, false),
        [year, month, day]
            if close && year.len() == 4 && month.len() <= 2 && (1..=2).contains(&day.len()) =>
        {
            let ends = first != '/'
                || day.starts_with('0')
                || matches!(separators.get(2).copied().unwrap_or('/'), '/' | '.' | '?' | '#');
            ends.then(|| visible(&format!("{year}-{month}-{day}"), false)).flatten()
        }
        [day, month, year] if close && year.len() == 4 && month.len() == 2 && day.len() == 2 => {
            visible(&format!("{year}-{month}-{day}"), false)
        }
        _ => None,
    }
}

/// Digits of other scripts as ASCII digits.
fn ascii_digit(char: char) -> char {
    let zero = match char {
        '٠'..='٩' => '٠',
        '۰'..='۹' => '۰',
        '०'..='९' => '०',
        '০'..='৯' => '০',
        '๐'..='๙' => '๐',
        '０'..='９' => '０',
        _ => return char,
    };
    char::from_digit(u32::from(char) - u32::from(zero), 10).unwrap_or(char)
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if out.len() >= 120 {
            break;
        }
        let same: &dyn Fn(char) -> bool = if first.is_ascii_digit() {
            &|char| char.is_ascii_digit()
        } else if first.is_alphabetic() {
            // Thai short forms have dots inside, and vowel signs that are no letters of their own.
            &|char| char.is_alphabetic() || matches!(char, '\u{0900}'..='\u{0e7f}' | '\u{300}'..='\u{36f}')
        } else {
            &|_| false
        };
        let length = rest.find(|char| !same(char)).unwrap_or(rest.len()).max(first.len_utf8());
        let (token, tail) = rest.split_at(length);
        rest = tail;
        if first.is_ascii_digit() {
            if let Ok(number) = token.parse() {
                out.push(Part::Number(number, token.len()));
            } else {
                out.push(Part::Mark('#'));
            }
        } else if first.is_alphabetic() {
            out.push(Part::Word(token));
        } else if !first.is_whitespace() {
            out.push(Part::Mark(first));
        }
    }
    out
}

fn year(number: u32, digits: usize) -> Option<i32> {
    let year = i32::try_from(number).ok()?;
    // The Thai calendar counts from 543 BC.
    let year = if (2533..=2643).contains(&year) { year - 543 } else { year };
    (digits == 4 && YEARS.contains(&year)).then_some(year)
}

/// A date at the beginning, and the number of parts it takes.
fn date(parts: &[Part<'_>], month_first: bool) -> Option<(NaiveDate, usize)> {
    use Part::{Mark, Number, Word};
    let build = |year: Option<i32>, month: u32, day: u32, used: usize| {
        Some((NaiveDate::from_ymd_opt(year?, month, day)?, used))
    };
    match parts {
        // 20240304
        [Number(all, 8), ..] => build(year(all / 10000, 4), all / 100 % 100, all % 100, 1),
        // 2024-03-04, 2024/3/4, 2024.3.4
        [
            Number(y, 4),
            Mark('-' | '/' | '.'),
            Number(m, 1 | 2),
            Mark('-' | '/' | '.'),
            Number(d, 1 | 2),
            ..,
        ] => build(year(*y, 4), *m, *d, 5),
        // 2024年3月4日, 2024년 3월 4일
        [Number(y, 4), Word("年" | "년"), Number(m, 1 | 2), Word("月" | "월"), Number(d, 1 | 2), ..] => {
            build(year(*y, 4), *m, *d, 5)
        }
        // 4.3.2024, 04/03/2024, 4-3-2024
        [
            Number(a, 1 | 2),
            Mark(mark @ ('-' | '/' | '.')),
            Number(b, 1 | 2),
            Mark('-' | '/' | '.'),
            Number(y, digits),
            ..,
        ] => {
            let year = if *digits == 2 { year(2000 + y, 4) } else { year(*y, *digits) };
            let (day, month) =
                if *b > 12 || *mark == '/' && month_first && *a <= 12 { (*b, *a) } else { (*a, *b) };
            build(year, month, day, 5)
        }
        [Number(d, 1 | 2), rest @ ..] => {
            // 4 March 2024, 4. März 2024, 4th of March, 2024, 4 de marzo de 2024
            let skip = filler(rest, 3);
            let [Word(name), rest @ ..] = rest.get(skip..)? else { return None };
            let month = *MONTHS.get(name)?;
            let more = filler(rest, 3);
            let [Number(y, 4), ..] = rest.get(more..)? else { return None };
            build(year(*y, 4), month, *d, 3 + skip + more)
        }
        // March 4, 2024, March 4th 2024
        [Word(name), rest @ ..] => {
            let month = *MONTHS.get(name)?;
            let skip = filler(rest, 1);
            let [Number(d, 1 | 2), rest @ ..] = rest.get(skip..)? else { return None };
            let more = filler(rest, 2);
            let [Number(y, 4), ..] = rest.get(more..)? else { return None };
            build(year(*y, 4), month, *d, 3 + skip + more)
        }
        _ => None,
    }
}

/// Parts that stand between day, month and year and say nothing.
fn filler(parts: &[Part<'_>], most: usize) -> usize {
    parts
        .iter()
        .take(most)
        .take_while(|part| {
            matches!(
                part,
                Part::Mark('.' | ',' | 'º' | 'ª' | '°' | '/' | '-' | '،' | '\'' | '’')
                    | Part::Word(
                        "st" | "nd"
                            | "rd"
                            | "th"
                            | "de"
                            | "of"
                            | "del"
                            | "er"
                            | "d"
                            | "den"
                            | "e"
                            | "di"
                            | "г"
                            | "º"
                    )
            )
        })
        .count()
}

/// Adds the time of day and the zone where they follow.
fn with_time(date: NaiveDate, after: &[Part<'_>]) -> Option<DateTime<FixedOffset>> {
    use Part::{Mark, Number, Word};
    let mut time = NaiveTime::MIN;
    let mut zone: Option<FixedOffset> = None;
    for at in 0..after.len().min(6) {
        let rest = after.get(at..).unwrap_or(&[]);
        let ([Number(hour, 1 | 2), Mark(':'), Number(minute, 2), tail @ ..]
        | [Number(hour, 1 | 2), Word("h"), Number(minute, 2), tail @ ..]
        | [Word("t"), Number(hour, 2), Mark(':'), Number(minute, 2), tail @ ..]) = rest
        else {
            continue;
        };
        let mut tail = tail;
        let mut second = 0;
        if let [Mark(':'), Number(found, 2), more @ ..] = tail {
            (second, tail) = (*found, more);
        }
        if let [Mark('.' | ','), Number(..), more @ ..] = tail {
            tail = more;
        }
        let mut hour = *hour;
        match tail {
            [Word("pm"), ..] | [Word("p"), Mark('.'), Word("m"), ..] if hour < 12 => hour += 12,
            [Word("am"), ..] | [Word("a"), Mark('.'), Word("m"), ..] if hour == 12 => hour = 0,
            _ => {}
        }
        time = NaiveTime::from_hms_opt(hour, *minute, second.min(59)).unwrap_or(NaiveTime::MIN);
        zone = offset(tail);
        break;
    }
    let local = NaiveDateTime::new(date, time);
    let found = match zone {
        Some(zone) => zone.from_local_datetime(&local).single()?,
        None => local.and_utc().fixed_offset(),
    };
    Some(found)
}

/// `+02:00`, `-0500`.
fn offset(parts: &[Part<'_>]) -> Option<FixedOffset> {
    use Part::{Mark, Number};
    let (sign, hours, minutes) = match parts {
        [Mark(sign), Number(hours, 2), Mark(':'), Number(minutes, 2), ..] => (sign, *hours, *minutes),
        [Mark(sign), Number(both, 4), ..] => (sign, both / 100, both % 100),
        _ => return None,
    };
    let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
    match sign {
        '+' => FixedOffset::east_opt(seconds),
        '-' => FixedOffset::west_opt(seconds),
        _ => None,
    }
}
