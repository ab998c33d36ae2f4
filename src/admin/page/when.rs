//! Times as people tell them.

use chrono::{DateTime, SecondsFormat, Utc};
use maud::{Markup, html};

/// `3 min ago`, `in 2 h`, with the whole time behind it.
pub(super) fn when(at: DateTime<Utc>, now: DateTime<Utc>) -> Markup {
    let exact = at.format("%Y-%m-%d %H:%M:%S UTC").to_string();
    html! {
        time datetime=(at.to_rfc3339_opts(SecondsFormat::Secs, true)) title=(exact) { (spoken(at, now)) }
    }
}

/// The same, or a dash.
pub(super) fn or_dash(at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Markup {
    match at {
        Some(at) => when(at, now),
        None => html! { span.none { "–" } },
    }
}

fn spoken(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (at - now).num_seconds();
    let far = seconds.unsigned_abs();
    let amount = match far {
        0..60 => format!("{far} s"),
        60..7_200 => format!("{} min", far / 60),
        7_200..172_800 => format!("{} h", far / 3_600),
        _ => format!("{} days", far / 86_400),
    };
    match seconds {
        0 => "now".into(),
        1.. => format!("in {amount}"),
        _ => format!("{amount} ago"),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn times_are_told_in_one_unit() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(900);
        for (seconds, expected) in [
            (0, "now"),
            (-59, "59 s ago"),
            (60, "in 1 min"),
            (-7_199, "119 min ago"),
            (7_200, "in 2 h"),
            (-172_799, "47 h ago"),
            (172_800, "in 2 days"),
        ] {
            assert_eq!(spoken(now + TimeDelta::seconds(seconds), now), expected);
        }
    }
}
