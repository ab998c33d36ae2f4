//! Dates of `tests/cases/feed/dates.tsv`: text, tab, the moment in RFC 3339 or `-`.

use proptest::prelude::*;

use super::*;

#[test]
fn dates_as_feeds_write_them() {
    let cases = include_str!("../../../tests/cases/feed/dates.tsv");
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in cases.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (text, expected) = line.rsplit_once('\t').unwrap();
        let found = read(text, None)
            .map_or("-".to_owned(), |read| read.instant.format("%Y-%m-%dT%H:%M:%SZ").to_string());
        if found != expected {
            wrong.push(format!("{text}: {found}, not {expected}"));
        }
        count += 1;
    }
    assert!(wrong.is_empty() && count > 100, "{count} cases\n{}", wrong.join("\n"));
}

#[test]
fn plausible_by_the_reference_only() {
    let now = Utc.with_ymd_and_hms(2026, 1, 2, 3, 4, 5).unwrap();
    assert_eq!(plausibility(now - Duration::days(9000), now), Plausibility::Good);
    assert_eq!(plausibility(now + Duration::hours(20), now), Plausibility::Good);
    assert_eq!(plausibility(now + Duration::days(2), now), Plausibility::Future);
    assert_eq!(plausibility(now + Duration::days(40_000), now), Plausibility::Absurd);
    assert_eq!(plausibility(DateTime::UNIX_EPOCH, now), Plausibility::Absurd);
}

#[test]
fn the_zone_is_known_or_assumed() {
    assert_eq!(read("Mon, 06 Sep 2010 00:01:00 CEST", None).unwrap().zone, Zone::Given);
    assert_eq!(read("2010-09-06 00:01", None).unwrap().zone, Zone::Assumed);
    assert!(!read("6 September 2010", None).unwrap().has_time);
}

proptest! {
    #[test]
    fn any_text_is_read_or_not(text in "\\PC{0,80}") {
        prop_assert!(read(&text, None).is_none_or(|read| read.instant.timestamp() > -70_000_000_000));
    }

    #[test]
    fn rfc_3339_is_exact(seconds in -2_000_000_000_i64..4_000_000_000) {
        let instant = DateTime::from_timestamp(seconds, 0).unwrap();
        prop_assert_eq!(read(&instant.to_rfc3339(), None).unwrap().instant, instant);
        prop_assert_eq!(read(&instant.to_rfc2822(), None).unwrap().instant, instant);
    }
}
