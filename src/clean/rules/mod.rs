//! Rules as they are written: in the built-in packs, and in files of the user.
//!
//! A rule has an `id`, a `kind` and what it matches: `line`, `start`, `end`, `any` (phrases, see
//! `phrase.rs` for how they are written), `made_of` (a line of nothing but certain words), `class`,
//! `tag`, `link_share`. It may be limited by `max` (characters), `open` (does not end like a
//! statement), `place` (`head`, `tail`, `edge`, `last`), `sites` and `unless`. [`RuleSet::check`]
//! tests it on the texts in `removes` and `keeps`; rules in the packs need both.

mod check;
mod phrase;
mod read;

use super::kind::Kind;
use crate::yaml::{Place, Problem};

pub use phrase::{Literal, Segment};

/// Where in the article a rule applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Position {
    /// Anywhere.
    #[default]
    Anywhere,
    /// The first quarter, at least four blocks.
    Head,
    /// The last third, at least six blocks.
    Tail,
    /// The first quarter or the last third.
    Edge,
    /// The last three blocks.
    Last,
}

/// How a phrase stands in its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// It is the whole block.
    Line,
    /// The block begins with it.
    Start,
    /// The block ends with it.
    End,
    /// Anywhere in it.
    Any,
}

/// A phrase, parsed.
#[derive(Clone, Debug)]
pub struct Phrase {
    /// How it stands in its block.
    pub anchor: Anchor,
    /// Its segments.
    pub segments: Vec<Segment>,
}

/// A line made of nothing but certain words: share bars, dates, credits.
#[derive(Clone, Debug, Default)]
pub struct MadeOf {
    /// Words of the line (numbers and punctuation are always allowed).
    pub words: Vec<Literal>,
    /// At least one of these has to be there.
    pub key: Vec<Literal>,
    /// Longest such line, in words.
    pub at_most: usize,
    /// How many of the key words have to be there.
    pub at_least: usize,
}

/// A text with its element and classes, to test a rule on.
#[derive(Clone, Debug, Default)]
pub struct Example {
    /// The block's text.
    pub text: String,
    /// Its element, `p` if not given.
    pub tag: String,
    /// Its class chain.
    pub classes: Vec<String>,
    /// Share of link text, 0 to 1.
    pub link_share: f32,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Unique id: `en/read-more`.
    pub id: String,
    /// Kind of boilerplate.
    pub kind: Kind,
    /// Language it is for; `None` means any.
    pub language: Option<String>,
    /// Registrable domains it is for; empty means all.
    pub sites: Vec<String>,
    /// Whether it was written by the user: full weight, no default limit on length.
    pub user: bool,
    /// Weight, 0 to 1, if it differs from its anchor's.
    pub weight: Option<f32>,
    /// Longest block in characters.
    pub max_chars: usize,
    /// Only for blocks that do not end like a statement; headlines may end in a question mark.
    pub open: bool,
    /// Where in the article it applies.
    pub position: Position,
    /// Phrases, of which one is enough.
    pub phrases: Vec<Phrase>,
    /// Phrases that stop the rule.
    pub unless: Vec<Phrase>,
    /// Lines made of certain words.
    pub made_of: Option<MadeOf>,
    /// Class tokens (`related-links`) or selectors (`div.promo`, `.promo`).
    pub class: Vec<String>,
    /// Elements.
    pub tag: Vec<String>,
    /// Only for blocks in which at least this share of the text is links.
    pub link_share: f32,
    /// Texts it has to remove.
    pub removes: Vec<Example>,
    /// Texts that have to stay.
    pub keeps: Vec<Example>,
    /// Where it was written.
    pub origin: Place,
}

/// Rules of any origin, in order.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    /// The rules; ids are unique.
    pub rules: Vec<Rule>,
}

macro_rules! packs {
    ($($code:literal),* $(,)?) => {
        /// The built-in packs: language code (`any` for the one that applies to every language) and
        /// YAML.
        pub const PACKS: &[(&str, &str)] = &[
            $(($code, include_str!(concat!("../../../config/rules/", $code, ".yaml")))),*
        ];
    };
}

packs!(
    "any", "ar", "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "hi", "hu", "id", "it", "ja",
    "ko", "lt", "nb", "nl", "pl", "pt", "ro", "ru", "sv", "th", "tr", "uk", "vi", "zh",
);

impl RuleSet {
    /// The built-in packs for some languages (always with `any`); all of them if none is named.
    ///
    /// # Errors
    /// A problem for each name that is not a pack, and for each mistake in a pack.
    pub fn builtin(languages: &[String]) -> Result<Self, Vec<Problem>> {
        let mut set = Self::default();
        let mut problems = Vec::new();
        for language in languages {
            if !PACKS.iter().any(|(code, _)| code == language) {
                let known: Vec<&str> = PACKS.iter().map(|(code, _)| *code).collect();
                problems.push(Problem {
                    place: Place { file: "rules".into(), line: 1, column: 1 },
                    path: "rules.packs".into(),
                    message: format!("no rule pack `{language}`; available: {}", known.join(", ")),
                });
            }
        }
        for (code, text) in PACKS {
            if languages.is_empty() || *code == "any" || languages.iter().any(|language| language == code) {
                match read::read(&format!("config/rules/{code}.yaml"), text, false) {
                    Ok(rules) => set.rules.extend(rules),
                    Err(found) => problems.extend(found),
                }
            }
        }
        if problems.is_empty() { Ok(set) } else { Err(problems) }
    }

    /// Rules of a user's file.
    ///
    /// # Errors
    /// Every mistake in it, with its place.
    pub fn read(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        Ok(Self { rules: read::read(file, text, true)? })
    }

    /// Adds the rules of another set.
    ///
    /// # Errors
    /// A problem for each id that already exists; the set is then unchanged.
    pub fn merge(&mut self, other: Self) -> Result<(), Vec<Problem>> {
        let known: std::collections::HashMap<&str, &Place> =
            self.rules.iter().map(|rule| (rule.id.as_str(), &rule.origin)).collect();
        let problems: Vec<Problem> = other
            .rules
            .iter()
            .filter_map(|rule| {
                known.get(rule.id.as_str()).map(|first| Problem {
                    place: rule.origin.clone(),
                    path: rule.id.clone(),
                    message: format!("id is already used at {first}; choose another"),
                })
            })
            .collect();
        if problems.is_empty() {
            self.rules.extend(other.rules);
            Ok(())
        } else {
            Err(problems)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pack_passes_its_own_examples() {
        let set = RuleSet::builtin(&[]).unwrap_or_else(|problems| panic!("{problems:#?}"));
        let problems: Vec<String> = set.check().iter().map(ToString::to_string).collect();
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }

    #[test]
    fn each_pack_stands_alone() {
        for (code, _) in PACKS {
            let set = RuleSet::builtin(&[(*code).to_owned()]).unwrap();
            assert!(
                set.rules.iter().all(|rule| rule.language.as_deref().is_none_or(|l| l == *code)),
                "{code}"
            );
            assert!(set.rules.len() >= 12, "{code}");
        }
        assert!(RuleSet::builtin(&["xx".into()]).unwrap_err()[0].message.contains("no rule pack `xx`"));
    }

    #[test]
    fn mistakes_have_their_place() {
        let text = "sites: [example.org]\nrules:\n  - {id: a, kind: nope, line: x}\n  - {id: b, kind: ad}\n  - {id: c, kind: ad, line: \"(x\"}\n  - {id: d, kind: ad, line: x, wieght: 1}\n";
        let told: Vec<String> =
            RuleSet::read("r.yaml", text).unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 4, "{told:#?}");
        assert!(told[0].starts_with("r.yaml:3:19: rules[0].kind: not a kind of boilerplate"), "{told:#?}");
        assert!(told[1].starts_with("r.yaml:4:5: rules[1]: matches nothing"), "{told:#?}");
        assert!(told[2].starts_with("r.yaml:5:29: rules[2].line: `(` without `)`"), "{told:#?}");
        assert!(told[3].contains("did you mean `weight`?"), "{told:#?}");
    }

    #[test]
    fn ids_are_unique_across_files() {
        let file = "rules: [{id: mine, kind: ad, line: Buy now}]";
        let mut set = RuleSet::read("a.yaml", file).unwrap();
        let problems = set.merge(RuleSet::read("b.yaml", file).unwrap()).unwrap_err();
        assert_eq!(
            problems[0].to_string(),
            "b.yaml:1:9: mine: id is already used at a.yaml:1:9; choose another"
        );
        assert_eq!(set.rules.len(), 1);
    }
}
