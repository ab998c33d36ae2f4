//! Ids that last for organisations: of Wikidata, tickers and ISINs of listed companies, by name.
//!
//! `config/gazetteer/organisations.py` makes the table and says from what.

use std::{collections::BTreeMap, sync::LazyLock};

const TABLE: &str = include_str!("../../../config/gazetteer/organisations.tsv");

/// Words at the end of a name that say what kind of company it is; the table is made with the same.
const LEGAL: [&str; 28] = [
    "ab",
    "ag",
    "as",
    "asa",
    "bv",
    "co",
    "company",
    "corp",
    "corporation",
    "gmbh",
    "holding",
    "holdings",
    "inc",
    "incorporated",
    "kgaa",
    "limited",
    "llc",
    "llp",
    "ltd",
    "nv",
    "oyj",
    "plc",
    "pty",
    "sa",
    "sab",
    "sarl",
    "se",
    "spa",
];

/// Names of the columns behind name and label.
const IDS: [&str; 3] = ["wikidata", "ticker", "isin"];

/// Where the rows begin, in rising order of their names.
static ROWS: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let lines = TABLE.split_inclusive('\n').scan(0_u32, |at, line| {
        let start = *at;
        *at += u32::try_from(line.len()).unwrap_or_default();
        Some((start, line))
    });
    lines.filter(|(_, line)| !line.starts_with('#')).map(|(start, _)| start).collect()
});

/// The ids of the organisation of that name by their vocabulary; none if the table does not have it.
pub(super) fn ids(name: &str) -> BTreeMap<String, String> {
    let key = key(name);
    let place = ROWS.binary_search_by(|start| row(*start).next().unwrap_or_default().cmp(key.as_str()));
    let Some(start) = place.ok().and_then(|at| ROWS.get(at)).filter(|_| !key.is_empty()) else {
        return BTreeMap::new();
    };
    let ids = IDS.iter().zip(row(*start).skip(2)).filter(|(_, id)| !id.is_empty());
    ids.map(|(vocabulary, id)| ((*vocabulary).to_owned(), id.to_owned())).collect()
}

/// The cells of the row that begins there.
fn row(start: u32) -> impl Iterator<Item = &'static str> {
    TABLE.get(start as usize..).unwrap_or_default().lines().next().unwrap_or_default().split('\t')
}

/// A name in the form of the table: small letters, no points, no legal form at the end.
fn key(name: &str) -> String {
    let name = name.to_lowercase().replace('.', "");
    let inner = |c: char| c.is_alphanumeric() || c == '\'';
    let mut words: Vec<&str> = name
        .split(|c: char| !inner(c))
        .map(|word| word.trim_matches('\''))
        .filter(|word| !word.is_empty())
        .collect();
    while words.len() > 1 && words.last().is_some_and(|word| LEGAL.contains(word)) {
        words.pop();
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_are_in_order_and_have_five_cells() {
        let names: Vec<&str> = ROWS.iter().filter_map(|start| row(*start).next()).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "organisations.tsv: names in rising order, each once");
        assert!(ROWS.iter().all(|start| row(*start).count() == 5));
        assert!(
            names.iter().all(|name| key(name) == *name),
            "{:?}",
            names.iter().find(|name| key(name) != **name)
        );
    }

    #[test]
    fn a_name_with_its_legal_form_is_the_same_one() {
        for name in ["Boeing", "The Boeing Company", "BOEING CO."] {
            let ids = ids(name.trim_start_matches("The "));
            assert_eq!(ids.get("wikidata").map(String::as_str), Some("Q66"), "{name}");
            assert_eq!(ids.get("isin").map(String::as_str), Some("US0970231058"), "{name}");
        }
        assert!(ids("").is_empty() && ids("Inc.").is_empty() && ids("Zzyzxq Brothers").is_empty());
    }
}
