//! The placeholders of the sample content.
//!
//! `{{base}}` is the origin's address, `{{rfc2822 3h}}` and `{{rfc3339 3h}}` a time that many hours
//! ago, `{{first}}...{{then}}...{{end}}` what is there at first and after a revision. Pages have
//! further placeholders of their own.

use chrono::{DateTime, Duration, SecondsFormat, Utc};

/// What placeholders are replaced with.
#[derive(Clone, Debug)]
pub(super) struct Values<'a> {
    /// `http://host:port`.
    pub base: &'a str,
    /// The time that "ago" counts from.
    pub now: DateTime<Utc>,
    /// Whether it is after the revision.
    pub revised: bool,
    /// Further names and their values.
    pub more: Vec<(&'a str, String)>,
}

/// Fills in the placeholders of `text`; an unknown one stays as it is.
pub(super) fn fill(text: &str, values: &Values<'_>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut shown = true;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else { break };
        if shown {
            filled.push_str(before);
        }
        match name {
            "first" => shown = !values.revised,
            "then" => shown = values.revised,
            "end" => shown = true,
            name if shown => {
                filled.push_str(&value(name, values).unwrap_or_else(|| format!("{{{{{name}}}}}")))
            }
            _ => {}
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

fn value(name: &str, values: &Values<'_>) -> Option<String> {
    if name == "base" {
        return Some(values.base.to_owned());
    }
    if let Some(hours) = name.strip_prefix("rfc2822 ") {
        return Some(ago(values.now, hours)?.to_rfc2822());
    }
    if let Some(hours) = name.strip_prefix("rfc3339 ") {
        return Some(ago(values.now, hours)?.to_rfc3339_opts(SecondsFormat::Secs, true));
    }
    values.more.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
}

fn ago(now: DateTime<Utc>, hours: &str) -> Option<DateTime<Utc>> {
    let hours = hours.strip_suffix('h')?.parse().ok()?;
    now.checked_sub_signed(Duration::try_hours(hours)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in() {
        let mut values = Values {
            base: "http://h:1",
            now: DateTime::from_timestamp(1_700_000_000, 0).expect("a time"),
            revised: false,
            more: vec![("title", "T".into())],
        };
        let text =
            "{{base}}/x {{title}} {{rfc3339 2h}} {{rfc2822 0h}} {{first}}a{{then}}b{{end}} {{what}} }}{{";
        let expected = "http://h:1/x T 2023-11-14T20:13:20Z Tue, 14 Nov 2023 22:13:20 +0000 a {{what}} }}{{";
        assert_eq!(fill(text, &values), expected);
        values.revised = true;
        assert_eq!(fill("{{first}}a{{base}}{{then}}b{{base}}{{end}}c", &values), "bhttp://h:1c");
    }
}
