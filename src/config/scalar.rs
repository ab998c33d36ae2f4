//! Scalars with a form of their own: durations, sizes, names of topics, tags, brokers.

use std::{ops::RangeInclusive, time::Duration};

use crate::yaml::{Decoder, Node};

/// Longest name of a Kafka topic, in bytes.
const TOPIC_MAX: usize = 249;
/// Longest tag, in bytes.
const TAG_MAX: usize = 200;

/// The units of a duration in milliseconds, largest first.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const HOUR: Duration = Duration::from_secs(3600);

/// Sets `slot` to what was read, if anything was.
pub(super) fn set<T>(slot: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *slot = value;
    }
}

/// A number from 1 to `most`.
pub(super) fn count(decoder: &mut Decoder, node: &Node, most: i64) -> Option<usize> {
    decoder.integer(node, 1..=most).and_then(|number| usize::try_from(number).ok())
}

/// `500ms`, `20s`, `15m`, `2h`, `7d`.
fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = split_number(text)?;
    let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit)?;
    Some(Duration::from_millis(number.checked_mul(*scale)?))
}

/// `4096`, `1MB`, `15MiB`.
fn size(text: &str) -> Option<usize> {
    let (number, unit) = split_number(text)?;
    let scale: u64 = match unit {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    usize::try_from(number.checked_mul(scale)?).ok()
}

fn split_number(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, unit.trim_start_matches(' ')))
}

/// A duration as it is written in the configuration: the largest unit that divides it.
pub fn spell_duration(duration: Duration) -> String {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if millis == 0 {
        return "0s".into();
    }
    UNITS
        .iter()
        .find(|(_, scale)| millis.is_multiple_of(*scale))
        .map_or_else(|| format!("{millis}ms"), |(unit, scale)| format!("{}{unit}", millis / scale))
}

impl Decoder {
    /// A duration within `range`.
    pub fn duration(&mut self, node: &Node, range: RangeInclusive<Duration>) -> Option<Duration> {
        let text = self.text(node)?;
        if let Some(found) = duration(text).filter(|found| range.contains(found)) {
            return Some(found);
        }
        let (least, most) = (spell_duration(*range.start()), spell_duration(*range.end()));
        self.tell(
            node,
            format!(
                "has to be a duration from {least} to {most}: a number with ms, s, m, h or d, as in `20s`"
            ),
        );
        None
    }

    /// A size in bytes within `range`.
    pub fn size(&mut self, node: &Node, range: RangeInclusive<usize>) -> Option<usize> {
        let text = self.text(node)?;
        if let Some(found) = size(text).filter(|found| range.contains(found)) {
            return Some(found);
        }
        let (least, most) = (range.start(), range.end());
        self.tell(
            node,
            format!("has to be a size from {least} to {most} bytes, as in `4096`, `1MB` or `15MiB`"),
        );
        None
    }

    /// The legal name of a Kafka topic.
    pub fn topic(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node)?;
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if !text.is_empty()
            && text.len() <= TOPIC_MAX
            && text.chars().all(legal)
            && !matches!(text, "." | "..")
        {
            return Some(text.to_owned());
        }
        self.tell(
            node,
            format!("has to be the name of a topic: letters, digits, `.`, `_` and `-`, at most {TOPIC_MAX}"),
        );
        None
    }

    /// Tags, `kind/name`; `pattern` allows a `*` at the end.
    pub fn tags(&mut self, node: &Node, pattern: bool) -> Option<Vec<String>> {
        let check = |decoder: &mut Self, item: &Node| {
            let text = decoder.text(item)?;
            let stem = if pattern { text.strip_suffix('*').unwrap_or(text) } else { text };
            if is_tag(stem, stem.len() < text.len()) {
                return Some(text.to_owned());
            }
            let example = if pattern { "`place/UA` or `place/*`" } else { "`region/us-fl`" };
            decoder.tell(item, format!("has to be a tag, `kind/name` without spaces, as in {example}"));
            None
        };
        Some(self.items(node).iter().filter_map(|item| check(self, item)).collect())
    }

    /// Brokers, `host:port`, as items of a list or separated by commas.
    pub fn brokers(&mut self, node: &Node) -> Option<Vec<String>> {
        let mut found = Vec::new();
        for text in self.texts(node)? {
            for broker in text.split(',').map(str::trim) {
                if is_host_port(broker) {
                    found.push(broker.to_owned());
                } else {
                    self.tell(node, "has to name brokers as `host:port`, as in `[localhost:9092]`");
                    return None;
                }
            }
        }
        Some(found)
    }
}

fn is_tag(text: &str, open: bool) -> bool {
    let Some((kind, name)) = text.split_once('/') else { return false };
    kind.starts_with(|c: char| c.is_ascii_lowercase())
        && kind.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
        && (open || !name.is_empty())
        && text.len() <= TAG_MAX
        && !name.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | '*'))
}

fn is_host_port(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let bracketed = host.starts_with('[') && host.ends_with(']');
    !host.is_empty()
        && (bracketed || !host.contains([':', '/']))
        && !host.contains(char::is_whitespace)
        && port.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_are_read_and_spelled() {
        for text in ["500ms", "20s", "15m", "2h", "7d", "0s"] {
            assert_eq!(spell_duration(duration(text).unwrap()), text);
        }
        for text in ["", "5", "s", "1.5h", "-1s", "5 minutes", "1h30m", "999999999999999999d", "5S"] {
            assert_eq!(duration(text), None, "{text}");
        }
        let sizes =
            [("4096", 4096), ("1MB", 1_000_000), ("15MiB", 15 << 20), ("1 kB", 1000), ("2GiB", 2 << 30)];
        for (text, bytes) in sizes {
            assert_eq!(size(text), Some(bytes), "{text}");
        }
        for text in ["", "MB", "1.5MB", "1mb", "-1", "99999999999999GiB"] {
            assert_eq!(size(text), None, "{text}");
        }
    }
}
