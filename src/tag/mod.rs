//! Tags of a cleaned article, each with its evidence.
//!
//! No I/O, no clock, no panic. Every tag says what it rests on; none with a score under 0.6 is
//! given. The vocabularies are files under `config/gazetteer` and `config/tags`, part of the
//! program; user rules ([`TagRules`]) come on top.
//!
//! Two tables are learnt, one for names and one for topics. `src/tag/sequence/README.md` and
//! `src/tag/topics/README.md` have their training data, licences and figures;
//! `src/language/README.md` has those of the language.

mod atlas;
mod cues;
mod forms;
mod gazetteer;
mod keywords;
pub mod kind;
mod names;
mod phrases;
mod places;
mod rules;
mod salience;
#[doc(hidden)]
pub mod sequence;
mod topics;
mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use crate::language::Language;
pub use kind::Kind;
pub use rules::{Example, SCHEMA as RULES_SCHEMA, TagRule, TagRules, Term};
pub use words::Span;

use self::{
    atlas::Atlas,
    cues::Cues,
    forms::Mask,
    gazetteer::Gazetteer,
    names::{Finder, Grouping},
    places::Scene,
    rules::Compiled,
    topics::Topics,
    words::Words,
};

/// Tags with a lower score are not given.
const SCORE_MIN: f32 = 0.6;

/// Tags of one article, at most.
const TAGS_MAX: usize = 50;

/// A tag.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tag {
    /// `kind/name`: `place/UA`, `person/volodymyr-zelenskyy`, `topic/war`, ...
    pub id: String,
    /// Label for people.
    pub label: String,
    /// Name of its [`Kind`].
    pub kind: String,
    /// 0 to 1.
    pub score: f32,
    /// What it rests on.
    pub evidence: Vec<String>,
    /// Ids in other vocabularies: `iptc`, `iso3166`, ...
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ids: BTreeMap<String, String>,
    /// Where the text names it, in order, at most 50. Mentions in the title are not among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Span>,
    /// Where a city is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coordinates: Option<Coordinates>,
    /// How much the article is about it, 0 to 1; `None` if that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salience: Option<f32>,
}

/// A point on the Earth (WGS 84).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Coordinates {
    /// Degrees north of the equator, -90 to 90.
    pub latitude: f32,
    /// Degrees east of Greenwich, -180 to 180.
    pub longitude: f32,
}

/// The input of tagging: cleaned text only, never a removed line.
#[derive(Clone, Debug, Default)]
pub struct Tagging<'a> {
    /// Headline.
    pub title: &'a str,
    /// Cleaned text. Only the first 200,000 bytes are looked at.
    pub text: &'a str,
    /// Address of the article.
    pub url: Option<&'a str>,
    /// Language as declared by page or feed.
    pub declared_language: Option<&'a str>,
    /// Language as detected before cleaning; if `None`, it is detected from the text.
    pub language: Option<&'a Language>,
    /// Categories of the feed's entry, section and keywords of the page. Only the first 30 are
    /// used.
    pub categories: &'a [String],
    /// Name of the feed.
    pub feed: &'a str,
    /// Tags that the configuration gives to every article of the feed.
    pub feed_tags: &'a [String],
}

/// The result of tagging.
#[derive(Clone, Debug, Default)]
pub struct Tagged {
    /// Language of the text.
    pub language: Language,
    /// At most 50 tags, each with a different id, highest score first.
    pub tags: Vec<Tag>,
}

/// The gazetteers and rules, compiled. Costly to create, cheap to use, shared between threads.
#[derive(Debug)]
pub struct Tagger {
    gazetteer: Gazetteer,
    atlas: Atlas,
    cues: Cues,
    topics: Topics,
    rules: Compiled,
}

impl Default for Tagger {
    fn default() -> Self {
        Self::builtin()
    }
}

impl Tagger {
    /// A tagger with the built-in vocabularies only.
    pub fn builtin() -> Self {
        Self::new(&TagRules::default())
    }

    /// A tagger with the built-in vocabularies and the user's rules.
    pub fn new(rules: &TagRules) -> Self {
        Self {
            gazetteer: Gazetteer::builtin(),
            atlas: Atlas::builtin(),
            cues: Cues::builtin(),
            topics: Topics::builtin(),
            rules: Compiled::new(rules),
        }
    }

    /// Finds language and tags.
    pub fn tag(&self, input: &Tagging<'_>) -> Tagged {
        let language = language_of(input);
        let words = Words::new(input.title, input.text);
        // In a text of unknown language, names are looked for in all languages.
        let mask = if language.code == "und" { forms::ALL } else { names_mask(&language.code) };
        let all = self.gazetteer.scan(&self.atlas, &words, mask, language.code == "de");
        let mentions: Vec<_> = all.iter().filter(|mention| mention.is_known()).cloned().collect();
        let names = Finder::new(&self.cues, &words, &language.code, &mentions).find();
        let learnt = sequence::names(&words, &language.code, &self.cues, &self.gazetteer, &mentions);
        let grouping = Grouping {
            words: &words,
            cues: &self.cues,
            gazetteer: &self.gazetteer,
            language: &language.code,
            mentions: &mentions,
        };
        let named = merged(names.tags, grouping.tags(&learnt));
        let scene = Scene {
            gazetteer: &self.gazetteer,
            atlas: &self.atlas,
            cues: &self.cues,
            words: &words,
            language: &language.code,
            surnames: &names.surnames,
            learnt: &learnt,
        };
        let mut tags = Tags::default();
        input.feed_tags.iter().for_each(|id| tags.add(feed_tag(id)));
        self.topics.categories(input.categories).into_iter().for_each(|tag| tags.add(tag));
        self.named_categories(input.categories, mask).into_iter().for_each(|tag| tags.add(tag));
        input.url.and_then(|url| self.topics.section(url)).into_iter().for_each(|tag| tags.add(tag));
        self.rules.apply(&words, input, &language.code).into_iter().for_each(|tag| tags.add(tag));
        self.topics.by_words(&words, &language.code).into_iter().for_each(|tag| tags.add(tag));
        scene.tags(&all, input).into_iter().for_each(|tag| tags.add(tag));
        named.into_iter().for_each(|tag| tags.add(tag));
        let keywords = keywords::keywords(&words, &self.cues, &language.code);
        keywords.into_iter().for_each(|tag| tags.add(tag));
        let mut tags = tags.finish();
        names::identify(&mut tags);
        salience::finish(&mut tags, &words, input.text);
        Tagged { language, tags }
    }

    /// The ids of the user's rules that give no tag, each with the reason.
    pub fn why_not(&self, input: &Tagging<'_>) -> Vec<(String, String)> {
        let language = language_of(input);
        let words = Words::new(input.title, input.text);
        let verdicts = self.rules.verdicts(&words, input, &language.code).into_iter();
        verdicts.filter_map(|(rule, verdict)| Some((rule.id.clone(), verdict.err()?))).collect()
    }

    /// Why an article without a topic has none.
    pub fn why_no_topic(&self, input: &Tagging<'_>) -> String {
        let words = Words::new(input.title, input.text);
        self.topics.why_none(&words, &language_of(input).code)
    }

    /// Tags for categories that are the name of a place, person or organisation, with a score of
    /// 0.9.
    fn named_categories(&self, categories: &[String], mask: Mask) -> Vec<Tag> {
        let named =
            categories.iter().take(30).filter(|category| category.len() <= 80).filter_map(|category| {
                let Some(sense) = self.gazetteer.whole(&Words::new("", category), mask) else {
                    return self.atlas.great(category.trim());
                };
                let ambiguous = self.gazetteer.meanings_of(category.trim()).is_some();
                let thing = self.gazetteer.things.get(sense.thing as usize).filter(|_| !ambiguous)?;
                thing.near.is_empty().then(|| Tag {
                    id: thing.id.clone(),
                    label: thing.label.clone(),
                    kind: Kind::of(&thing.id).name().to_owned(),
                    score: 0.9,
                    evidence: vec![format!("category: {}", category.trim())],
                    ..Tag::default()
                })
            });
        named.collect()
    }
}

fn language_of(input: &Tagging<'_>) -> Language {
    let detect = || crate::language::detect(input.title, input.text.split('\n'), input.declared_language);
    input.language.cloned().unwrap_or_else(detect)
}

/// The names found by cues, and those found by the sequence tagger that are not the same names in
/// other words.
fn merged(by_cues: Vec<Tag>, learnt: Vec<Tag>) -> Vec<Tag> {
    let mut tags = by_cues;
    for tag in learnt {
        let known = tags.iter_mut().find(|known| {
            known.id == tag.id
                || (known.kind == tag.kind && (within(&known.id, &tag.id) || within(&tag.id, &known.id)))
        });
        match known {
            Some(known) => {
                known.score = known.score.max(tag.score);
                known.evidence.extend(tag.evidence);
                known.mentions.extend(tag.mentions);
            }
            None => tags.push(tag),
        }
    }
    tags
}

/// Whether the words of one id end with those of the other.
fn within(longer: &str, shorter: &str) -> bool {
    let name = |id: &'_ str| id.split_once('/').map_or("", |(_, name)| name).to_owned();
    name(longer)
        .strip_suffix(name(shorter).as_str())
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('-'))
}

fn names_mask(code: &str) -> Mask {
    // English names carry every bit, but have to be found in Czech too.
    forms::mask(code) | (1 << 15)
}

fn feed_tag(id: &str) -> Tag {
    let label = id.split_once('/').map_or(id, |(_, name)| name).replace('-', " ");
    Tag {
        id: id.to_owned(),
        label,
        kind: Kind::of(id).name().to_owned(),
        score: 1.0,
        evidence: vec!["feed".to_owned()],
        ..Tag::default()
    }
}

/// Tags by id: the same tag from several sources becomes one, with the evidence of all.
#[derive(Default)]
struct Tags(BTreeMap<String, Tag>);

impl Tags {
    fn add(&mut self, tag: Tag) {
        debug_assert!(Kind::ALL.iter().any(|kind| kind.name() == tag.kind), "{} is no kind", tag.kind);
        match self.0.get_mut(&tag.id) {
            None => {
                self.0.insert(tag.id.clone(), tag);
            }
            Some(known) => {
                let more = tag.evidence.iter().filter(|line| !known.evidence.contains(line)).count();
                if more > 0 && known.score < 1.0 {
                    known.score = (known.score.max(tag.score) + 0.02).min(0.99);
                }
                known.mentions.extend(tag.mentions);
                known.ids.extend(tag.ids);
                let new: Vec<String> =
                    tag.evidence.into_iter().filter(|line| !known.evidence.contains(line)).collect();
                known.evidence.extend(new);
            }
        }
    }

    fn finish(self) -> Vec<Tag> {
        let mut tags: Vec<Tag> = self.0.into_values().filter(|tag| tag.score >= SCORE_MIN).collect();
        tags.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
        tags.truncate(TAGS_MAX);
        tags
    }
}

#[cfg(test)]
mod tests;
