//! Dates of HTTP in their three forms (RFC 9110 section 5.6.7), read leniently.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Reads an HTTP date; the day of the week is not looked at. `now` decides the century of a year
/// of two digits: it is never more than 50 years ahead.
pub(super) fn http_date(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let text = text.trim().to_ascii_lowercase();
    // The hyphens of the RFC 850 form, but not the sign of a zone.
    let text = text.replace("-0000", "+0000");
    let words: Vec<&str> = text.split([' ', '\t', ',', '-']).filter(|word| !word.is_empty()).collect();
    let named = words.first().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()));
    let words = if named { words.get(1..)? } else { words.as_slice() };
    let (day, month, year, time) = match words {
        [day, month, year, time] | [day, month, year, time, "gmt" | "utc" | "z" | "+0000"]
            if day.starts_with(|c: char| c.is_ascii_digit()) =>
        {
            (day, month, year, time)
        }
        [month, day, time, year] | [month, day, time, year, "gmt" | "utc"] => (day, month, year, time),
        _ => return None,
    };
    let month = MONTHS.iter().position(|known| known == month)?;
    let mut number: i32 = year.parse().ok().filter(|number| *number >= 0)?;
    if year.len() == 2 {
        number += now.year() / 100 * 100;
        if number > now.year() + 50 {
            number -= 100;
        }
    }
    let mut clock = time.split(':').map(|part| part.parse::<u32>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let date = NaiveDate::from_ymd_opt(number, u32::try_from(month).ok()? + 1, day.parse().ok()?)?;
    // A leap second counts as the one before it.
    Some(date.and_hms_opt(hour, minute, second.min(59))?.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_and_their_mistakes() {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let expected = DateTime::from_timestamp(784_111_777, 0).unwrap();
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "sun, 06 nov 1994 08:49:37 gmt",
            "Sun, 6 Nov 1994 08:49:37 +0000",
            "Sun, 06 Nov 1994 08:49:37 -0000",
            "06 Nov 1994 08:49:37",
        ] {
            assert_eq!(http_date(text, now), Some(expected), "{text}");
        }
        for text in [
            "",
            "0",
            "-1",
            "Sun",
            "Sun, 31 Feb 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 25:49:37 GMT",
            "x\u{e9}",
        ] {
            assert_eq!(http_date(text, now), None, "{text}");
        }
        let later = http_date("Sunday, 06-Nov-38 08:49:37 GMT", now).unwrap();
        assert_eq!(later.year(), 2038);
    }
}
