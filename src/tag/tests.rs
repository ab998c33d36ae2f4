use std::{fs, path::Path};

use proptest::prelude::*;

use super::*;
use crate::yaml::{self, Decoder};

/// One case of `tests/cases/tag`.
#[derive(Default)]
struct Case {
    place: String,
    name: String,
    title: String,
    text: String,
    declared: Option<String>,
    url: Option<String>,
    feed: String,
    categories: Vec<String>,
    feed_tags: Vec<String>,
    language: Option<String>,
    tags: Vec<String>,
    absent: Vec<String>,
}

const KEYS: [&str; 11] = [
    "name",
    "title",
    "text",
    "declared",
    "url",
    "feed",
    "categories",
    "feed_tags",
    "language",
    "tags",
    "absent",
];

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/tag");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    let mut decoder = Decoder::default();
    let mut cases = Vec::new();
    for path in files {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let root = yaml::parse(&file, &fs::read_to_string(&path).unwrap()).unwrap();
        let list = decoder.fields(&root, &["cases"]).and_then(|fields| fields.get("cases")).unwrap();
        for node in decoder.sequence(list).unwrap() {
            let fields = decoder.fields(node, &KEYS).unwrap();
            let mut texts = |key| fields.get(key).and_then(|node| decoder.texts(node)).unwrap_or_default();
            let mut one = |key| texts(key).pop();
            cases.push(Case {
                place: node.place.to_string(),
                name: one("name").unwrap(),
                title: one("title").unwrap_or_default(),
                text: one("text").unwrap_or_default(),
                declared: one("declared"),
                url: one("url"),
                feed: one("feed").unwrap_or_default(),
                language: one("language"),
                categories: texts("categories"),
                feed_tags: texts("feed_tags"),
                tags: texts("tags"),
                absent: texts("absent"),
            });
        }
    }
    assert_eq!(decoder.problems, []);
    cases
}

impl Case {
    /// What differs from what the case expects.
    fn check(&self, tagger: &Tagger) -> Vec<String> {
        let tagged = tagger.tag(&Tagging {
            title: &self.title,
            text: &self.text,
            url: self.url.as_deref(),
            declared_language: self.declared.as_deref(),
            categories: &self.categories,
            feed: &self.feed,
            feed_tags: &self.feed_tags,
            ..Tagging::default()
        });
        // Cities by their names too: numbers say little to people.
        let named = tagged
            .tags
            .iter()
            .filter(|tag| tag.ids.contains_key("geonames") && !tag.ids.contains_key("iso3166"));
        let named: Vec<String> = named.map(|tag| format!("place/{}", forms::slug(&tag.label))).collect();
        let ids = tagged.tags.iter().map(|tag| tag.id.as_str());
        let ids: Vec<&str> = ids.chain(named.iter().map(String::as_str)).collect();
        let mut wrong = Vec::new();
        if let Some(language) = self.language.as_ref().filter(|code| **code != tagged.language.code) {
            wrong.push(format!("language {} instead of {language}", tagged.language.code));
        }
        for id in self.tags.iter().filter(|id| !ids.contains(&id.as_str())) {
            wrong.push(format!("{id} is missing"));
        }
        for id in ids.iter().filter(|id| self.absent.iter().any(|pattern| matches(pattern, id))) {
            wrong.push(format!("{id} must not be there"));
        }
        if !wrong.is_empty() {
            let tags =
                tagged.tags.iter().map(|tag| format!("\n    {:.2} {} {:?}", tag.score, tag.id, tag.evidence));
            wrong.push(tags.collect());
        }
        wrong.iter().map(|wrong| format!("{} ({}): {wrong}", self.place, self.name)).collect()
    }
}

/// `*` at either end stands for anything.
fn matches(pattern: &str, id: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(_), Some(_)) => id.contains(pattern.trim_matches('*')),
        (None, Some(start)) => id.starts_with(start),
        (Some(end), None) => id.ends_with(end),
        (None, None) => id == pattern,
    }
}

#[test]
fn cases_of_the_folder() {
    let tagger = Tagger::builtin();
    let cases = cases();
    assert!(cases.len() >= 60, "{} cases", cases.len());
    let wrong: Vec<String> = cases.iter().flat_map(|case| case.check(&tagger)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_tag_has_evidence_and_its_place() {
    let tagger = Tagger::builtin();
    for case in cases() {
        let input = Tagging { title: &case.title, text: &case.text, ..Tagging::default() };
        let tagged = tagger.tag(&input);
        for pair in tagged.tags.windows(2) {
            assert!(pair[0].score >= pair[1].score, "{}", case.name);
        }
        for tag in &tagged.tags {
            assert!(!tag.evidence.is_empty() && (0.6..=1.0).contains(&tag.score), "{tag:?}");
            assert!(tag.id.starts_with(&format!("{}/", tag.kind)) && !tag.label.is_empty(), "{tag:?}");
        }
        assert_eq!(tagged.tags, tagger.tag(&input).tags);
    }
}

#[test]
fn user_rules_hold_for_their_languages_feeds_and_neighbours() {
    let rules = TagRules::read(
        "tags.yaml",
        r#"
tags:
  - id: topic/energy
    any: ["solar farm*", "heat pump*", {re: "\\bOPEC\\+?\\b", weight: 2}]
    none: ["solar plexus"]
    in: [title, body]
    min_score: 2
    lang: [en]
    feeds: ["power-*"]
  - id: place/little-kursk
    from: gazetteer
    aliases: [Little Kursk, Малый Курск]
    require_near: [Zembla]
  - {id: desk/harbour, label: Harbour desk, any: [tug, {text: pilot boat, weight: 0.5}]}
"#,
    )
    .unwrap();
    let tagger = Tagger::new(&rules);
    let far = "word ".repeat(100);
    for (feed, title, text, expected) in [
        ("power-news", "", "A solar farm and two heat pumps are planned there.", "topic/energy"),
        ("power-news", "Solar farm is built", "The council agreed to it on Thursday.", "topic/energy"),
        ("power-news", "", "The OPEC+ states met again on Thursday in the town.", "topic/energy"),
        ("power-news", "", "One solar farm was planned there, the council said.", ""),
        ("other", "", "A solar farm and two heat pumps are planned there.", ""),
        ("power-news", "", "A solar farm, two heat pumps and the solar plexus.", ""),
        (
            "power-news",
            "",
            "Ein solar farm und heat pumps sind dort geplant, sagte der Bürgermeister am Donnerstag.",
            "",
        ),
        ("other", "", "They left Little Kursk for Zembla on a Thursday evening.", "place/little-kursk"),
        ("other", "", "They left little kursk for Zembla on a Thursday evening.", ""),
        ("other", "", &format!("They left Little Kursk. {far} Zembla is far away."), ""),
        ("other", "", "The tug came in at noon, and the harbour was full.", "desk/harbour"),
        ("other", "", "The pilot boat came in at noon, and that was all.", ""),
    ] {
        let tagged = tagger.tag(&Tagging { title, text, feed, ..Tagging::default() });
        let found = tagged.tags.iter().find(|tag| rules.rules.iter().any(|rule| rule.id == tag.id));
        assert_eq!(found.map_or("", |tag| tag.id.as_str()), expected, "{title} {text}: {tagged:?}");
    }
    let tagged = tagger.tag(&Tagging { text: "The tug came in.", ..Tagging::default() });
    assert_eq!((tagged.tags[0].kind.as_str(), tagged.tags[0].label.as_str()), ("rule", "Harbour desk"));
}

#[test]
fn mistakes_in_rules_are_told_with_their_place() {
    let text = r#"tags:
  - {id: energy, any: [x]}
  - {id: topic/a, any: [{re: "(", weight: 1}]}
  - {id: topic/b, any: [{re: "a*"}], in: [headline]}
  - {id: topic/c, anny: [x]}
  - {id: topic/d, any: [x], min_score: 0, lang: [english]}
  - {id: topic/e, from: gazetteer}
  - {id: topic/f, aliases: [X]}
  - {id: topic/g, any: ["!"]}
  - {id: topic/h, any: [x]}
  - {id: topic/h, any: [{re: a, text: b}]}
  - {any: [x]}
  - {id: topic/i, any: [{re: "(a{1000}){1000}"}]}
"#;
    let problems = TagRules::read("t.yaml", text).unwrap_err();
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    for (place, message) in [
        ("t.yaml:2:10: tags[0].id", "`kind/name`"),
        ("t.yaml:3:30: tags[1].any[0].re", "not a pattern"),
        ("t.yaml:4:30: tags[2].any[0].re", "matches the empty text"),
        ("t.yaml:4:42: tags[2].in", "write `title` or `body`"),
        ("t.yaml:5:19: tags[3].anny", "did you mean `any`?"),
        ("t.yaml:6:40: tags[4].min_score", "has to be a number"),
        ("t.yaml:6:49: tags[4].lang", "not a language code"),
        ("t.yaml:7:5: tags[5]", "needs names"),
        ("t.yaml:8:5: tags[6]", "`from: gazetteer`"),
        ("t.yaml:9:25: tags[7].any[0]", "no word"),
        ("t.yaml:11:25: tags[9].any[0]", "either `re` or `text`"),
        ("t.yaml:12:5: tags[10]", "`id` is missing"),
        ("t.yaml:13:30: tags[11].any[0].re", "not a pattern"),
    ] {
        assert!(
            told.iter().any(|line| line.starts_with(place) && line.contains(message)),
            "{place} {message} in\n{}",
            told.join("\n")
        );
    }
}

#[test]
fn a_later_rule_takes_the_place_of_an_earlier_one() {
    let read = |word| TagRules::read("t.yaml", &format!("tags: [{{id: topic/x, any: [{word}]}}]")).unwrap();
    let mut rules = read("tug");
    rules.merge(read("ferry"));
    assert_eq!(rules.rules.len(), 1);
    assert_eq!(rules.rules[0].any[0].text, "ferry");
    assert!(TagRules::read("empty.yaml", "").unwrap().rules.is_empty());
}

#[test]
fn threads_share_a_tagger() {
    fn shared<T: Send + Sync>() {}
    shared::<Tagger>();
}

#[test]
fn a_huge_article_is_bounded() {
    let text = "Mayor Ann Smith of Paris (ABC) said. ".repeat(100_000);
    let tagged = Tagger::builtin().tag(&Tagging { title: &text, text: &text, ..Tagging::default() });
    assert!(tagged.tags.len() <= 50);
}

fn rough_text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "\\PC{0,12}",
        "[A-Z][a-z]{1,8}",
        Just("President".to_owned()),
        Just("North Korea".to_owned()),
        Just("(SSO)".to_owned()),
        Just("U.S.".to_owned()),
        Just("von der".to_owned()),
        Just("Украина".to_owned()),
        Just("وأوكرانيا".to_owned()),
        Just("said".to_owned()),
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(word, 0..60).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gives_bounded_tags(title in rough_text(), text in rough_text(), declared in "\\PC{0,8}", url in "\\PC{0,40}") {
        static TAGGER: std::sync::LazyLock<Tagger> = std::sync::LazyLock::new(Tagger::builtin);
        let categories = [title.clone(), declared.clone()];
        let tagged = TAGGER.tag(&Tagging {
            title: &title,
            text: &text,
            url: Some(&url),
            declared_language: Some(&declared),
            categories: &categories,
            feed: &declared,
            feed_tags: &[],
            ..Tagging::default()
        });
        prop_assert!(tagged.tags.len() <= 50);
        prop_assert!((0.0..=1.0).contains(&tagged.language.confidence));
        prop_assert!(tagged.tags.iter().all(|tag| tag.score >= 0.6 && !tag.evidence.is_empty()));
    }

    #[test]
    fn any_rules_are_read_or_told(text in "\\PC{0,200}") {
        if let Err(problems) = TagRules::read("t.yaml", &text) {
            prop_assert!(!problems.is_empty());
        }
    }
}

#[test]
fn mentions_are_characters_of_the_text() {
    let text =
        "»Überraschend«, sagte Bürgermeisterin Margarete Tollwick in Köln.\n\nTollwick, 61, lebt in Köln.";
    let tagged = Tagger::builtin().tag(&Tagging { title: "Köln überrascht", text, ..Tagging::default() });
    let of = |id: &str| {
        let tag = tagged.tags.iter().find(|tag| tag.id.starts_with(id)).unwrap();
        let named = tag
            .mentions
            .iter()
            .map(|span| -> String { text.chars().skip(span.start).take(span.end - span.start).collect() });
        (named.collect::<Vec<_>>(), tag.salience.unwrap())
    };
    let (person, _) = of("person/");
    assert_eq!(person, ["Margarete Tollwick", "Tollwick"]);
    let (place, salience) = of("place/2886242");
    assert_eq!(place, ["Köln", "Köln"]);
    assert!(salience > 0.5, "{salience}");
}

#[test]
fn codes_of_the_iptc_in_feeds_are_topics() {
    let tagger = Tagger::builtin();
    for (category, expected) in [
        ("medtop:15000000", Some("topic/sport")),
        ("medtop:04000000", Some("topic/economy")),
        ("http://cv.iptc.org/newscodes/mediatopic/11000000", Some("topic/politics")),
        ("subj:16000000", Some("topic/war")),
        ("medtop:99000000", None),
        ("12345678", None),
    ] {
        let categories = [category.to_owned()];
        let tagged = tagger.tag(&Tagging { categories: &categories, ..Tagging::default() });
        let topic = tagged.tags.iter().find(|tag| tag.kind == "topic");
        assert_eq!(topic.map(|tag| tag.id.as_str()), expected, "{category}");
        let code = topic.and_then(|tag| tag.ids.get("iptc"));
        assert_eq!(code.is_some(), expected.is_some(), "{category}");
    }
}

#[test]
fn keywords_are_phrases_that_come_back() {
    let text = "The congestion charge rises in May. Drivers said the congestion charge hits the poor, and \
        the mayor said that no congestion charge was ever loved. The buses stay cheap.";
    let tagged = Tagger::builtin().tag(&Tagging { text, ..Tagging::default() });
    let keywords: Vec<&Tag> = tagged.tags.iter().filter(|tag| tag.kind == "keyword").collect();
    assert_eq!(keywords.len(), 1, "{keywords:?}");
    assert_eq!((keywords[0].id.as_str(), keywords[0].mentions.len()), ("keyword/congestion-charge", 3));
}
