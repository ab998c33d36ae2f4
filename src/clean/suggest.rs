//! Rules made from what repeats: ready to be reviewed by a person and pasted into a rule file.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Cleaner, Document, SiteMemory, layout::Layout, normal::hash};

/// Lines that are counted, at most; further ones are not, see [`Suggestions::is_full`].
const LINES_MAX: usize = 200_000;
/// Longest line that becomes a rule, in characters.
const CHARS_MAX: usize = 400;
/// Fewest articles of a site that a line has to stand in.
const ARTICLES_MIN: usize = 3;

/// A line and where it was seen.
#[derive(Debug, Default)]
struct Seen {
    text: String,
    articles: usize,
    /// How often it was near the start or the end of its article.
    edge: usize,
    words: usize,
    linked: bool,
    kind: String,
}

/// Counts lines over the articles of each site.
#[derive(Debug, Default)]
pub struct Suggestions {
    sites: BTreeMap<String, HashMap<u64, Seen>>,
    articles: BTreeMap<String, HashSet<u64>>,
    lines: usize,
}

/// A rule that would cut a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// Site it is for.
    pub site: String,
    /// Kind of boilerplate if the program can guess it, else `promo`.
    pub kind: String,
    /// The line.
    pub text: String,
    /// Articles it stood in.
    pub articles: usize,
    /// Number of articles of the site that were seen.
    pub of: usize,
}

impl Suggestions {
    /// Takes an article; revisions of one `article` count once. Lines that `cleaner` cuts anyway
    /// are left out.
    pub fn observe(&mut self, cleaner: &Cleaner, article: &str, document: &Document) {
        if !self.articles.entry(document.site.clone()).or_default().insert(hash(article)) {
            return;
        }
        let cleaned = cleaner.clean(document, &SiteMemory::default());
        let layout = Layout::of(document);
        let count = layout.lines.len();
        let site = self.sites.entry(document.site.clone()).or_default();
        let mut own: HashSet<u64> = HashSet::new();
        for (index, line) in layout.lines.iter().enumerate() {
            let decision = cleaned.decisions.get(index);
            let gone = decision.is_some_and(|decision| decision.removed);
            if gone || line.words == 0 || line.chars > CHARS_MAX || !own.insert(hash(&line.text)) {
                continue;
            }
            let full = self.lines >= LINES_MAX;
            let Some(seen) = entry(site, hash(&line.text), full) else { continue };
            if seen.articles == 0 {
                self.lines += 1;
                seen.text = line.block.text.trim().to_owned();
                seen.words = line.words;
                seen.linked = line.link > 0.5;
                seen.kind = decision.map(|decision| decision.kind.clone()).unwrap_or_default();
            }
            seen.articles += 1;
            seen.edge += usize::from(index < 3 || index + 3 >= count);
        }
    }

    /// Whether there were more lines than are counted.
    pub fn is_full(&self) -> bool {
        self.lines >= LINES_MAX
    }

    /// What repeats, by site, the most frequent first. Short unlinked lines amid the text are left
    /// out: they are recurring sub-heads more often than boilerplate.
    pub fn rules(&self) -> Vec<Suggestion> {
        let mut rules = Vec::new();
        for (site, lines) in &self.sites {
            let of = self.articles.get(site).map_or(0, HashSet::len);
            let mut found: Vec<&Seen> = lines
                .values()
                .filter(|seen| seen.articles >= ARTICLES_MIN)
                .filter(|seen| seen.words >= 8 || seen.linked || seen.edge * 2 > seen.articles)
                .collect();
            found.sort_by(|a, b| b.articles.cmp(&a.articles).then_with(|| a.text.cmp(&b.text)));
            rules.extend(found.into_iter().map(|seen| Suggestion {
                site: site.clone(),
                kind: if seen.kind.is_empty() { "promo".into() } else { seen.kind.clone() },
                text: seen.text.clone(),
                articles: seen.articles,
                of,
            }));
        }
        rules
    }
}

fn entry(lines: &mut HashMap<u64, Seen>, key: u64, full: bool) -> Option<&mut Seen> {
    if full { lines.get_mut(&key) } else { Some(lines.entry(key).or_default()) }
}

impl Suggestion {
    /// The rule as an item of a rule file.
    pub fn to_yaml(&self) -> String {
        // Of the special characters of the phrase language only the opening bracket is compared.
        let line: String = self.text.chars().map(|c| if "{}*~".contains(c) { ' ' } else { c }).collect();
        let line = line.replace('(', "{open} ");
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let id = format!("{}/{:08x}", self.site, hash(&self.text) as u32);
        format!(
            "  # in {} of {} articles\n  - id: {}\n    kind: {}\n    sites: [{}]\n    line: {}\n",
            self.articles,
            self.of,
            quoted(&id),
            self.kind,
            quoted(&self.site),
            quoted(&line)
        )
    }
}

/// A JSON string is a double-quoted YAML one.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clean::RuleSet, extract::Block};

    #[test]
    fn what_repeats_becomes_a_rule_that_reads_and_cuts() {
        let block = |text: String| Block { tag: "p".into(), text, ..Block::default() };
        let article = |number: usize| Document {
            site: "example.org".into(),
            blocks: (0..9)
                .map(|p| {
                    block(format!(
                        "Paragraph {} of story {} tells of the flood.",
                        "abcdefghi".get(p..=p).unwrap(),
                        "qrstuv".get(number..=number).unwrap()
                    ))
                })
                .chain(["The harbour desk (est. 1901) thanks you all for your time".to_owned()].map(block))
                .collect(),
            ..Document::default()
        };
        let cleaner = Cleaner::builtin();
        let mut suggestions = Suggestions::default();
        for number in 0..5 {
            suggestions.observe(&cleaner, &format!("a{number}"), &article(number));
            suggestions.observe(&cleaner, &format!("a{number}"), &article(number));
        }
        let rules = suggestions.rules();
        assert_eq!(rules.len(), 1, "{rules:?}");
        assert_eq!((rules[0].articles, rules[0].of), (5, 5));
        let text = format!("rules:\n{}", rules[0].to_yaml());
        let set = RuleSet::read("suggested.yaml", &text).unwrap();
        assert_eq!(set.rules[0].sites, ["example.org"]);
        let cleaned = Cleaner::new(&set).clean(&article(5), &SiteMemory::default());
        assert!(cleaned.decisions[9].removed, "{text}");
    }
}
