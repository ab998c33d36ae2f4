//! What other rules would change in an article, for people to read.

use serde::Serialize;

use crate::publish::{ArticleRecord, record::Removed};

/// One difference between two editions of an article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// `cut`, `restored`, or `text` where neither explains the difference.
    pub kind: &'static str,
    /// The rule that cuts, or that used to.
    pub rule: String,
    /// The words.
    pub text: String,
}

/// What is cut now and was not before, and the other way round.
pub fn compare(old: Option<&ArticleRecord>, new: &ArticleRecord) -> Vec<Change> {
    let before: &[Removed] = old.map_or(&[], |old| &old.removed);
    let missing = |from: &[Removed], removed: &Removed| from.iter().all(|known| known.text != removed.text);
    let change =
        |kind, removed: &Removed| Change { kind, rule: removed.rule.clone(), text: removed.text.clone() };
    let cut =
        new.removed.iter().filter(|removed| missing(before, removed)).map(|removed| change("cut", removed));
    let restored = before
        .iter()
        .filter(|removed| missing(&new.removed, removed))
        .map(|removed| change("restored", removed));
    let mut changes: Vec<Change> = cut.chain(restored).collect();
    if changes.is_empty() {
        changes.push(Change { kind: "text", rule: String::new(), text: new.title.clone() });
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::tests::golden;

    #[test]
    fn cut_and_restored_are_told_with_their_rules() {
        let old = golden();
        let mut new = old.clone();
        assert_eq!(compare(Some(&old), &new)[0].kind, "text");
        let restored = new.removed.remove(0);
        new.removed.push(Removed { text: "Follow us".into(), rule: "r".into(), ..restored.clone() });
        let changes = compare(Some(&old), &new);
        assert_eq!(changes.len(), 2);
        assert_eq!((changes[0].kind, changes[0].text.as_str()), ("cut", "Follow us"));
        assert_eq!((changes[1].kind, &changes[1].rule), ("restored", &restored.rule));
    }
}
