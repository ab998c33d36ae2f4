//! Topics, from what the publisher calls the desk, the section in the address, and the words of the
//! text.

mod model;

use std::collections::{BTreeMap, HashMap, HashSet};

use model::Model;

use super::{Tag, forms, phrases::Phrases, words::Words};
use crate::yaml::{self, Decoder, Problem};

const TOPICS: &str = include_str!("../../../config/tags/topics.yaml");
const CATEGORIES: &str = include_str!("../../../config/tags/categories.yaml");

/// Topics that rest on words of the text, at most.
const TOPICS_MAX: usize = 3;

/// The topics, which are the top level of the IPTC Media Topics.
const IPTC: [(&str, &str); 17] = [
    ("topic/arts", "01000000"),
    ("topic/crime", "02000000"),
    ("topic/disaster", "03000000"),
    ("topic/economy", "04000000"),
    ("topic/education", "05000000"),
    ("topic/environment", "06000000"),
    ("topic/health", "07000000"),
    ("topic/human-interest", "08000000"),
    ("topic/labour", "09000000"),
    ("topic/lifestyle", "10000000"),
    ("topic/politics", "11000000"),
    ("topic/religion", "12000000"),
    ("topic/science", "13000000"),
    ("topic/society", "14000000"),
    ("topic/sport", "15000000"),
    ("topic/war", "16000000"),
    ("topic/weather", "17000000"),
];

/// What the phrases of a topic add, at most, to its score by all words.
const PHRASES_WEIGHT: f32 = 4.0;

/// Limit that the score of a topic by its phrases alone approaches.
const PHRASES_TOP: f32 = 0.95;

/// Smallest share that a topic must have of the likelihood of all.
const SHARE_MIN: f32 = 0.2;

/// Categories of the publisher that are looked at, at most, and their longest length in bytes.
const CATEGORIES_MAX: usize = 30;
const CATEGORY_BYTES_MAX: usize = 80;

#[derive(Debug)]
struct Topic {
    id: String,
    label: String,
}

/// Topic words by language and the names of desks.
#[derive(Debug, Default)]
pub(super) struct Topics {
    topics: Vec<Topic>,
    languages: HashMap<&'static str, Phrases>,
    /// Phrase id to topic and phrase.
    phrases: Vec<(usize, String)>,
    /// Name of a desk, folded, to topic id.
    desks: HashMap<String, String>,
    ignored: HashSet<String>,
    /// What all words of an English text say.
    model: Model,
}

impl Topics {
    /// The vocabularies that come with the program.
    pub(super) fn builtin() -> Self {
        let mut topics = Self::default();
        // Both files are built in; a test makes sure that they have no problems.
        let mut decoder = Decoder::default();
        if let Err(problems) = topics.read(&mut decoder) {
            decoder.problems.extend(problems);
        }
        debug_assert!(decoder.problems.is_empty(), "{:?}", decoder.problems);
        topics.model = Model::builtin(topics.topics.iter().map(|topic| topic.id.as_str()));
        topics
    }

    fn read(&mut self, decoder: &mut Decoder) -> Result<(), Vec<Problem>> {
        let root = yaml::parse("topics.yaml", TOPICS)?;
        let fields = decoder.fields(&root, &["topics"]);
        let list = fields.and_then(|fields| fields.required(decoder, "topics"));
        let known: Vec<&str> = ["id", "label"].into_iter().chain(forms::LANGUAGES).collect();
        for node in list.and_then(|list| decoder.sequence(list)).unwrap_or_default() {
            let Some(fields) = decoder.fields(node, &known) else { continue };
            let mut text = |name| {
                let node = fields.required(decoder, name)?;
                decoder.text(node).map(str::to_owned)
            };
            let (Some(id), Some(label)) = (text("id"), text("label")) else { continue };
            let topic = self.topics.len();
            self.topics.push(Topic { id, label });
            for language in forms::LANGUAGES {
                let words = fields.get(language).and_then(|node| decoder.texts(node)).unwrap_or_default();
                for phrase in words {
                    let index = u32::try_from(self.phrases.len()).unwrap_or(u32::MAX);
                    self.languages.entry(language).or_default().add(&phrase, index);
                    self.phrases.push((topic, phrase));
                }
            }
        }
        let root = yaml::parse("categories.yaml", CATEGORIES)?;
        let Some(fields) = decoder.fields(&root, &["categories", "ignore"]) else { return Ok(()) };
        let desks = fields.required(decoder, "categories");
        for (key, node) in desks.and_then(|node| decoder.mapping(node)).unwrap_or_default() {
            for name in decoder.texts(node).unwrap_or_default() {
                self.desks.insert(fold(&name), key.name.clone());
            }
        }
        let ignored = fields.get("ignore").and_then(|node| decoder.texts(node)).unwrap_or_default();
        self.ignored.extend(ignored.iter().map(|name| fold(name)));
        Ok(())
    }

    /// Tags of the publisher's categories, sections and keywords, with a score of 0.9. A category
    /// that maps to no topic becomes a tag itself.
    pub(super) fn categories(&self, categories: &[String]) -> Vec<Tag> {
        let mut tags = Vec::new();
        for category in categories.iter().take(CATEGORIES_MAX) {
            let category = category.trim();
            if category.is_empty() || category.len() > CATEGORY_BYTES_MAX {
                continue;
            }
            let folded = fold(category);
            let parts = category.split(['/', '>', '|', ';']).map(fold);
            let coded = medtop(category);
            let desk = std::iter::once(folded.clone()).chain(parts).find_map(|part| self.desks.get(&part));
            let slug = forms::slug(category);
            let evidence = vec![format!("category: {category}")];
            let desk = coded.or(desk.map(String::as_str));
            if let Some(topic) = desk.and_then(|id| self.topics.iter().find(|topic| topic.id == id)) {
                tags.push(topic.tag(0.9, evidence));
            } else if !self.ignored.contains(&folded) && slug.chars().nth(1).is_some() {
                let id = format!("category/{slug}");
                tags.push(Tag {
                    id,
                    label: category.to_owned(),
                    kind: "category".into(),
                    score: 0.9,
                    evidence,
                    ..Tag::default()
                });
            }
        }
        tags
    }

    /// The topic of the first section in the address that is a desk, with a score of 0.6.
    pub(super) fn section(&self, url: &str) -> Option<Tag> {
        let path = url.split_once("://").map_or(url, |(_, rest)| rest).split_once('/')?.1;
        let path = path.split(['?', '#']).next()?;
        let mut segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).take(5).collect();
        segments.pop(); // the article itself
        segments.iter().filter(|segment| segment.len() <= CATEGORY_BYTES_MAX).find_map(|segment| {
            let id = self.desks.get(&fold(segment))?;
            let topic = self.topics.iter().find(|topic| topic.id == *id)?;
            Some(topic.tag(0.6, vec![format!("section: {segment}")]))
        })
    }

    /// The topics by the words of the text, in its language.
    ///
    /// Each distinct phrase gives 3 points in the title and 1 in the text, repeated ones up to 2.
    /// The points are weighed against the length of the text, so that two words in passing make no
    /// topic in a long article. English texts are also judged by all their words ([`model`]).
    pub(super) fn by_words(&self, words: &Words, language: &str) -> Vec<Tag> {
        let found = self.found(words, language);
        let need = need(words);
        let learnt = Some(words).filter(|_| language == "en").and_then(|words| self.model.scores(words));
        let mut tags = match learnt {
            Some(scores) => self.judged(&scores, found, need),
            None => self.by_phrases(found, need),
        };
        tags.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
        tags.truncate(TOPICS_MAX);
        tags
    }

    /// Why a text has no topic, if neither a category nor the address names a desk.
    pub(super) fn why_none(&self, words: &Words, language: &str) -> String {
        let desk = "and neither a category nor the address names a desk";
        if !self.languages.contains_key(language) {
            return match language {
                "und" => format!("the language is not known, {desk}"),
                code => format!("topics are not recognised in the language {code}, {desk}"),
            };
        }
        let best = self.found(words, language).into_iter().max_by(|a, b| a.1.points.total_cmp(&b.1.points));
        let Some((topic, found)) = best else {
            return format!("none of its {} words speaks for a topic, {desk}", words.list.len());
        };
        let id = self.topics.get(topic).map_or("", |topic| topic.id.as_str());
        let enough = need(words) * super::SCORE_MIN / (PHRASES_TOP - super::SCORE_MIN);
        let points = found.points;
        format!("nearest is {id} with {points:.1} points of {enough:.1} ({}), {desk}", found.evidence())
    }

    /// The phrases of each topic in the text.
    fn found(&self, words: &Words, language: &str) -> BTreeMap<usize, Found<'_>> {
        let mut found: BTreeMap<usize, Found> = BTreeMap::new();
        let Some(phrases) = self.languages.get(language) else { return found };
        // For each phrase, how often it occurs in the title and in the text.
        let mut hits: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
        phrases.find(words, |phrase, at| {
            let (title, body) = hits.entry(phrase).or_default();
            if at < words.title { *title += 1 } else { *body += 1 }
        });
        for (phrase, (title, body)) in hits {
            let Some((topic, text)) = self.phrases.get(phrase as usize) else { continue };
            let found = found.entry(*topic).or_default();
            found.points += if title > 0 { 3.0 } else { 0.0 } + (body as f32).sqrt().min(2.0);
            found.title |= title > 0;
            found.words.push((title * 3 + body, text.as_str()));
        }
        found
    }

    fn by_phrases(&self, found: BTreeMap<usize, Found<'_>>, need: f32) -> Vec<Tag> {
        let best = found.values().map(|found| found.points).fold(0.0, f32::max);
        let tags = found
            .into_iter()
            .filter(|(_, found)| found.title || found.words.len() >= 2)
            .filter(|(_, found)| found.points * 2.0 > best)
            .filter_map(|(topic, found)| {
                let score = (PHRASES_TOP * found.points / (found.points + need)).min(0.9);
                let topic = self.topics.get(topic).filter(|_| score >= super::SCORE_MIN)?;
                Some(topic.tag(score, vec![found.evidence()]))
            });
        tags.collect()
    }

    /// The likeliest topic by all words and by the phrases, and those nearly as likely.
    fn judged(&self, scores: &[f32], mut found: BTreeMap<usize, Found<'_>>, need: f32) -> Vec<Tag> {
        let points = |topic: &usize| found.get(topic).map_or(0.0, |found| found.points);
        let sums = scores
            .iter()
            .enumerate()
            .map(|(topic, score)| score + PHRASES_WEIGHT * points(&topic) / (points(&topic) + need));
        let sums: Vec<f32> = sums.collect();
        let best = sums.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let all: f32 = sums.iter().map(|sum| (sum - best).exp()).sum();
        let mut tags = Vec::new();
        for (topic, sum) in sums.iter().enumerate() {
            let share = (sum - best).exp() / all;
            let Some(known) = self.topics.get(topic).filter(|_| share >= SHARE_MIN) else { continue };
            let mut evidence = vec![format!("all words: {share:.2}")];
            evidence
                .extend(found.remove(&topic).filter(|found| !found.words.is_empty()).map(Found::evidence));
            tags.push(known.tag(0.6 + 0.35 * share, evidence));
        }
        tags
    }
}

impl Topic {
    fn tag(&self, score: f32, evidence: Vec<String>) -> Tag {
        let code = IPTC.iter().find(|(id, _)| *id == self.id).map(|(_, code)| *code);
        Tag {
            id: self.id.clone(),
            label: self.label.clone(),
            kind: "topic".into(),
            score,
            evidence,
            ids: code.map(|code| ("iptc".to_owned(), format!("medtop:{code}"))).into_iter().collect(),
            ..Tag::default()
        }
    }
}

/// Points that a topic needs: two words in passing make no topic in a long article.
fn need(words: &Words) -> f32 {
    let length = words.body() as f32;
    0.9 + length.min(900.0) / 300.0 + (length - 900.0).clamp(0.0, 9000.0) / 900.0
}

/// Words of one topic in a text.
#[derive(Default)]
struct Found<'a> {
    points: f32,
    title: bool,
    words: Vec<(usize, &'a str)>,
}

impl Found<'_> {
    fn evidence(mut self) -> String {
        self.words.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        let words: Vec<&str> = self.words.iter().take(6).map(|(_, word)| *word).collect();
        format!("words: {}", words.join(", "))
    }
}

/// The topic of an IPTC code as feeds write it: `medtop:15000000`, `subj:04000000`, an address that
/// ends in the code. The first two digits are the top level.
fn medtop(category: &str) -> Option<&'static str> {
    let code = category.rsplit([':', '/', '#']).next()?.trim();
    let coded = category.len() > code.len() && code.len() == 8;
    let digits = coded && code.bytes().all(|byte| byte.is_ascii_digit());
    let found = IPTC.iter().find(|(_, iptc)| digits && iptc.get(..2) == code.get(..2));
    found.map(|(id, _)| *id)
}

/// A category without its case, accents and choice of separator.
fn fold(name: &str) -> String {
    forms::slug(&name.replace('&', " and "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vocabularies_read_without_problems() {
        let mut topics = Topics::default();
        let mut decoder = Decoder::default();
        topics.read(&mut decoder).unwrap();
        assert_eq!(decoder.problems, []);
        assert_eq!(topics.topics.len(), 17);
        let ids: HashSet<&str> = topics.topics.iter().map(|topic| topic.id.as_str()).collect();
        assert!(topics.desks.values().all(|id| ids.contains(id.as_str())));
        for language in forms::LANGUAGES {
            assert!(topics.languages.contains_key(language), "{language}");
        }
    }

    #[test]
    fn desks_and_sections_give_topics() {
        let topics = Topics::builtin();
        let categories = ["Arts & Entertainment", "News / Sports", "Kanada", "news", "", "Économie"];
        let tags = topics.categories(&categories.map(str::to_owned));
        let ids: Vec<&str> = tags.iter().map(|tag| tag.id.as_str()).collect();
        assert_eq!(ids, ["topic/arts", "topic/sport", "category/kanada", "topic/economy"]);
        let section = |url| topics.section(url).map(|tag| tag.id);
        assert_eq!(section("https://a.example/news/politics/2024/x").as_deref(), Some("topic/politics"));
        assert_eq!(section("https://a.example/politics"), None);
        assert_eq!(section("https://a.example"), None);
    }
}
