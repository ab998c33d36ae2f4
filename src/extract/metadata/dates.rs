//! Dates as pages write them: in markup (ISO 8601 and relatives, RFC 2822) and in visible text.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};

use crate::months;

/// Years that an article can be from.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2100;

/// How dates are written where the page comes from.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Custom<'a> {
    /// Whether 3/4/2024 is the fourth of March.
    pub(crate) month_first: bool,
    /// Language of the page, which decides what its names of months mean.
    pub(crate) language: Option<&'a str>,
}

impl<'a> Custom<'a> {
    /// The custom of a page in a language: a code in lower case, empty if the page names none.
    pub(crate) fn of(language: &'a str) -> Self {
        let day_first = ["en-gb", "en-au", "en-in", "en-ie", "en-nz", "en-za"].contains(&language);
        Self { month_first: language.starts_with("en") && !day_first, language: Some(language) }
    }
}

/// Whether it is a language of Central or Western Europe other than English.
pub(crate) fn is_continental(language: &str) -> bool {
    const LANGUAGES: [&str; 14] =
        ["de", "fr", "it", "nl", "pl", "cs", "da", "sv", "nb", "no", "hu", "sk", "sl", "hr"];
    LANGUAGES.contains(&language.split('-').next().unwrap_or(""))
}

/// A date from a machine-readable attribute; one without a zone counts as UTC.
pub(crate) fn machine(text: &str) -> Option<DateTime<FixedOffset>> {
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
    visible(text, Custom::default())
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

/// The first date in a visible text.
pub(crate) fn visible(text: &str, custom: Custom<'_>) -> Option<DateTime<FixedOffset>> {
    let lower = text.chars().take(400).flat_map(char::to_lowercase).map(ascii_digit).collect::<String>();
    let parts = parts(&lower);
    for start in 0..parts.len() {
        let rest = parts.get(start..)?;
        if let Some((date, used)) = date(rest, custom) {
            let after = rest.get(used..).unwrap_or(&[]);
            return with_time(date, after);
        }
    }
    None
}

/// Whether a text is a date and says nothing else: "2024 m. kovo 4 d."
pub(crate) fn is_date_alone(text: &str, custom: Custom<'_>) -> bool {
    let lower = text.chars().take(120).flat_map(char::to_lowercase).map(ascii_digit).collect::<String>();
    let parts = parts(&lower);
    date(&parts, custom).is_some_and(|(_, used)| {
        let rest = parts.get(used..).unwrap_or(&[]);
        rest.iter().all(|part| !matches!(part, Part::Word(word) if word.chars().count() > 2))
    })
}

/// Reads a date in the path of an address: `/2024/03/04/`, `2024-03-04`.
pub(crate) fn in_address(url: &str) -> Option<DateTime<FixedOffset>> {
    let path = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (_, path) = path.split_once('/')?;
    let starts = path.char_indices().filter(|(at, char)| {
        char.is_ascii_digit()
            && !path.get(..*at).is_some_and(|head| head.ends_with(|char: char| char.is_ascii_digit()))
    });
    starts.take(20).find_map(|(at, _)| date_in_path(path.get(at..)?))
}

/// `2024/03/04`, `20240304`, `2024-03-04`, `04-03-2024` at the beginning of a part of an address. A number at
/// the beginning of a slug is not a day: "/2026/11/5-things".
fn date_in_path(path: &str) -> Option<DateTime<FixedOffset>> {
    let numbers: Vec<&str> = path.split(|char: char| !char.is_ascii_digit()).take(3).collect();
    let separators: Vec<char> = path.chars().filter(|char| !char.is_ascii_digit()).take(3).collect();
    let first = separators.first().copied().unwrap_or('/');
    let close = matches!(first, '/' | '-' | '_' | '.') && separators.get(1) == Some(&first);
    match numbers.as_slice() {
        [all, ..] if all.len() == 8 => visible(all, Custom::default()),
        [year, month, day]
            if close && year.len() == 4 && month.len() <= 2 && (1..=2).contains(&day.len()) =>
        {
            let ends = first != '/'
                || day.starts_with('0')
                || matches!(separators.get(2).copied().unwrap_or('/'), '/' | '.' | '?' | '#');
            ends.then(|| visible(&format!("{year}-{month}-{day}"), Custom::default())).flatten()
        }
        [day, month, year] if close && year.len() == 4 && month.len() == 2 && day.len() == 2 => {
            visible(&format!("{year}-{month}-{day}"), Custom::default())
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
            // Thai short forms have dots inside, and vowel signs that are not letters of their own.
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
fn date(parts: &[Part<'_>], custom: Custom<'_>) -> Option<(NaiveDate, usize)> {
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
            let american = *b > 12 || *mark == '/' && custom.month_first && *a <= 12;
            let (day, month) = if american { (*b, *a) } else { (*a, *b) };
            build(year, month, day, 5)
        }
        _ => in_words(parts, custom),
    }
}

/// A date with its month in words, its parts in any usual order.
fn in_words(parts: &[Part<'_>], custom: Custom<'_>) -> Option<(NaiveDate, usize)> {
    use Part::Number;
    let build = |y: u32, month: u32, day: u32, used: usize| {
        Some((NaiveDate::from_ymd_opt(year(y, 4)?, month, day)?, used))
    };
    match parts {
        [Number(y, 4), ..] => {
            let (mut at, mut day) = (1 + filler(parts.get(1..)?, 5), None);
            if let [Number(d, 1 | 2), rest @ ..] = parts.get(at..)? {
                // 2024. gada 4. marts
                day = Some(*d);
                at += 1 + filler(rest, 2);
            }
            let (month, used) = month(parts.get(at..)?, custom)?;
            at += used;
            if let Some(day) = day {
                return build(*y, month, day, at);
            }
            // 2024. március 4., 2024 m. kovo 4 d., 2024(e)ko martxoaren 4(a)
            at += filler(parts.get(at..)?, 1);
            let [Number(d, 1 | 2), ..] = parts.get(at..)? else { return None };
            build(*y, month, *d, at + 1)
        }
        [Number(d, 1 | 2), rest @ ..] => {
            // 4 March 2024, 4. März 2024, 4th of March, 2024, 4 de marzo de 2024
            let skip = filler(rest, 3);
            let (month, used) = month(rest.get(skip..)?, custom)?;
            let after = rest.get(skip + used..)?;
            let more = filler(after, 6);
            let [Number(y, 4), ..] = after.get(more..)? else { return None };
            build(*y, month, *d, 2 + skip + used + more)
        }
        // Without a number nearby, no word has to be looked up.
        _ if !parts.iter().take(6).any(|part| matches!(part, Number(..))) => None,
        _ => {
            // March 4, 2024, March 4th 2024
            let (month, used) = month(parts, custom)?;
            let rest = parts.get(used..)?;
            let skip = filler(rest, 1);
            let [Number(d, 1 | 2), rest @ ..] = rest.get(skip..)? else { return None };
            let more = filler(rest, 2);
            let [Number(y, 4), ..] = rest.get(more..)? else { return None };
            build(*y, month, *d, 2 + used + skip + more)
        }
    }
}

/// The month that the words at the beginning name, and the number of parts they take.
fn month(parts: &[Part<'_>], custom: Custom<'_>) -> Option<(u32, usize)> {
    use Part::{Mark, Number, Word};
    if let [Word("tháng" | "thg"), rest @ ..] = parts {
        // Vietnamese months have numbers.
        let dot = usize::from(matches!(rest.first(), Some(Mark('.'))));
        if let Some(Number(month @ 1..=12, _)) = rest.get(dot) {
            return Some((*month, 2 + dot));
        }
    }
    let mut name = String::new();
    let mut found = None;
    let (mut words, mut dotted) = (0, false);
    for (at, part) in parts.iter().enumerate() {
        match part {
            Part::Word(word) if words < months::WORDS_MAX => {
                // `พ.ย.` is one word, `تشرين الثاني` two.
                if !name.is_empty() && !dotted {
                    name.push(' ');
                }
                name.push_str(word);
                (words, dotted) = (words + 1, false);
                if let Some(month) = months::month(&name, custom.language) {
                    found = Some((month, at + 1));
                } else if words == 1 && !months::begins_longer(&name) && parts.get(1) != Some(&Mark('.')) {
                    return None;
                }
            }
            Mark('.' | '׳' | '॰' | '\'' | '’') if words > 0 && !dotted => dotted = true,
            _ => break,
        }
    }
    found
}

/// The number of parts between day, month and year that say nothing, `most` at most.
fn filler(parts: &[Part<'_>], most: usize) -> usize {
    const WORDS: [&str; 28] = [
        "st", "nd", "rd", "th", "de", "of", "del", "er", "d", "den", "e", "di", "г", "º", "m", "gada", "ko",
        "eko", "a", "ค", "พ", "ศ", "năm", "the", "año", "anno", "ב", "من",
    ];
    let is_filler = |part: &&Part<'_>| match part {
        Part::Mark(mark) => {
            matches!(mark, '.' | ',' | 'º' | 'ª' | '°' | '/' | '-' | '،' | '\'' | '’' | '(' | ')')
        }
        Part::Word(word) => WORDS.contains(word),
        Part::Number(..) => false,
    };
    parts.iter().take(most).take_while(is_filler).count()
}

/// Adds the time of day and the zone if they follow.
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
