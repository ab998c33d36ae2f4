//! From a rule file to rules.
//!
//! ```yaml
//! language: en                 # or `sites: [example.com]`, or neither
//! words: {network: [facebook, instagram]}
//! rules:
//!   - id: en/follow
//!     kind: social
//!     start: ["follow us on {network}"]
//!     removes: ["Follow us on Facebook for the latest."]
//!     keeps: ["Following the ruling, the mayor spoke on Facebook about the costs."]
//! ```

use std::collections::HashMap;

use super::{
    Anchor, Example, MadeOf, Phrase, Position, Rule,
    phrase::{self, Literal, Words},
};
use crate::{
    clean::kind::Kind,
    yaml::{self, Decoder, Fields, Node, Problem, Value},
};

const RULE_KEYS: &[&str] = &[
    "id",
    "kind",
    "line",
    "start",
    "end",
    "any",
    "unless",
    "made_of",
    "class",
    "tag",
    "link_share",
    "max",
    "open",
    "weight",
    "place",
    "sites",
    "removes",
    "keeps",
];

pub(super) fn read(file: &str, text: &str, user: bool) -> Result<Vec<Rule>, Vec<Problem>> {
    let root = yaml::parse(file, text)?;
    let mut decoder = Decoder::default();
    let mut rules = Vec::new();
    if let Some(fields) = decoder.fields(&root, &["language", "sites", "words", "rules"]) {
        let language = fields
            .get("language")
            .and_then(|node| decoder.text(node))
            .map(str::to_owned)
            .filter(|l| l != "any");
        let sites = fields.get("sites").and_then(|node| decoder.texts(node)).unwrap_or_default();
        let words = fields.get("words").map(|node| words(&mut decoder, node)).unwrap_or_default();
        if let Some(list) = fields.required(&mut decoder, "rules") {
            for node in decoder.sequence(list).unwrap_or_default() {
                let context = Context { language: &language, sites: &sites, words: &words, user };
                if let Some(rule) = rule(&mut decoder, node, &context) {
                    rules.push(rule);
                }
            }
        }
    }
    let mut seen: HashMap<String, usize> = HashMap::new();
    for rule in &rules {
        if let Some(line) = seen.insert(rule.id.clone(), rule.origin.line) {
            decoder.problems.push(Problem {
                place: rule.origin.clone(),
                path: rule.id.clone(),
                message: format!("id given twice, first in line {line}; choose another"),
            });
        }
    }
    if decoder.problems.is_empty() { Ok(rules) } else { Err(decoder.problems) }
}

/// What a file says for all of its rules.
struct Context<'a> {
    language: &'a Option<String>,
    sites: &'a [String],
    words: &'a Words,
    user: bool,
}

fn words(decoder: &mut Decoder, node: &Node) -> Words {
    let mut words = Words::new();
    for (key, value) in decoder.mapping(node).unwrap_or_default() {
        if let Some(list) = decoder.texts(value) {
            words.insert(key.name.clone(), list);
        }
    }
    words
}

fn rule(decoder: &mut Decoder, node: &Node, context: &Context<'_>) -> Option<Rule> {
    let fields = decoder.fields(node, RULE_KEYS)?;
    let id = fields.required(decoder, "id").and_then(|node| decoder.text(node)).map(str::to_owned);
    let kind = fields.required(decoder, "kind").and_then(|node| {
        let kind = decoder.text(node)?;
        let known = Kind::of_rules().find(|known| known.name() == kind);
        if known.is_none() {
            let names: Vec<&str> = Kind::of_rules().map(Kind::name).collect();
            decoder.tell(node, format!("not a kind of boilerplate; known: {}", names.join(", ")));
        }
        known
    });
    let mut phrases = Vec::new();
    for (key, anchor) in
        [("line", Anchor::Line), ("start", Anchor::Start), ("end", Anchor::End), ("any", Anchor::Any)]
    {
        read_phrases(decoder, &fields, key, anchor, context.words, &mut phrases);
    }
    let mut unless = Vec::new();
    read_phrases(decoder, &fields, "unless", Anchor::Any, context.words, &mut unless);
    let made_of = fields.get("made_of").and_then(|node| made_of(decoder, node, context.words));
    let texts = |decoder: &mut Decoder, key: &str| {
        fields.get(key).and_then(|node| decoder.texts(node)).unwrap_or_default()
    };
    let class = texts(decoder, "class");
    let tag = texts(decoder, "tag");
    let mut sites = texts(decoder, "sites");
    if sites.is_empty() {
        sites = context.sites.to_vec();
    }
    let max_chars = fields.get("max").and_then(|node| decoder.integer(node, 1..=4000));
    let weight = fields.get("weight").and_then(|node| decoder.number(node, 0.0..=1.0));
    let link_share = fields.get("link_share").and_then(|node| decoder.number(node, 0.0..=1.0));
    let open = fields.get("open").and_then(|node| decoder.boolean(node)).unwrap_or(false);
    let position = fields.get("place").and_then(|node| position(decoder, node)).unwrap_or_default();
    let removes = fields.get("removes").map(|node| examples(decoder, node)).unwrap_or_default();
    let keeps = fields.get("keeps").map(|node| examples(decoder, node)).unwrap_or_default();
    let matchers = ["line", "start", "end", "any", "made_of", "class", "tag", "link_share"];
    if matchers.iter().all(|key| fields.get(key).is_none()) {
        decoder.tell(
            node,
            "matches nothing; give `line`, `start`, `end`, `any`, `made_of`, `class`, `tag` or `link_share`",
        );
    }
    if !context.user && (removes.is_empty() || keeps.is_empty()) {
        decoder.tell(node, "needs at least one text in `removes` and one in `keeps`");
    }
    let default_max = default_max(context.user, phrases.is_empty());
    Some(Rule {
        id: id?,
        kind: kind?,
        language: context.language.clone(),
        sites,
        user: context.user,
        weight: weight.map(|weight| weight as f32),
        max_chars: max_chars.map_or(default_max, |max| max as usize),
        open,
        position,
        phrases,
        unless,
        made_of,
        class,
        tag,
        link_share: link_share.unwrap_or(0.0) as f32,
        removes,
        keeps,
        origin: node.place.clone(),
    })
}

/// Longest block, in characters, for a rule that does not say. Markup says more than length; a
/// phrase in a long paragraph belongs to that paragraph.
fn default_max(user: bool, markup_only: bool) -> usize {
    match (user, markup_only) {
        (true, _) => 4000,
        (false, true) => 1200,
        (false, false) => 300,
    }
}

fn read_phrases(
    decoder: &mut Decoder,
    fields: &Fields<'_>,
    key: &str,
    anchor: Anchor,
    words: &Words,
    into: &mut Vec<Phrase>,
) {
    let Some(node) = fields.get(key) else { return };
    let items: Vec<&Node> = match &node.value {
        Value::Sequence(items) => items.iter().collect(),
        _ => vec![node],
    };
    for item in items {
        let Some(text) = decoder.text(item) else { continue };
        match phrase::parse(text, words) {
            Ok(segments) => into.push(Phrase { anchor, segments }),
            Err(message) => decoder.tell(item, message),
        }
    }
}

fn made_of(decoder: &mut Decoder, node: &Node, words: &Words) -> Option<MadeOf> {
    let fields = decoder.fields(node, &["words", "key", "at_most", "at_least"])?;
    let literals = |decoder: &mut Decoder, key: &str| -> Vec<Literal> {
        let Some(node) = fields.get(key) else { return Vec::new() };
        let mut all = Vec::new();
        for text in decoder.texts(node).unwrap_or_default() {
            match phrase::parse(&text, words) {
                Ok(segments) if segments.len() == 1 => {
                    all.extend(segments.into_iter().flat_map(|s| s.literals))
                }
                Ok(_) => decoder.tell(node, "a word list has no gaps; drop the `*`"),
                Err(message) => decoder.tell(node, message),
            }
        }
        all
    };
    let list = literals(decoder, "words");
    let key = literals(decoder, "key");
    if key.is_empty() {
        decoder.tell(node, "`key` is missing; list the words of which at least one must be present");
    }
    let at_most = fields.get("at_most").and_then(|node| decoder.integer(node, 1..=60)).unwrap_or(14);
    let at_least = fields.get("at_least").and_then(|node| decoder.integer(node, 1..=60)).unwrap_or(1);
    Some(MadeOf { words: list, key, at_most: at_most as usize, at_least: at_least as usize })
}

fn position(decoder: &mut Decoder, node: &Node) -> Option<Position> {
    match decoder.text(node)? {
        "anywhere" => Some(Position::Anywhere),
        "head" => Some(Position::Head),
        "tail" => Some(Position::Tail),
        "edge" => Some(Position::Edge),
        "last" => Some(Position::Last),
        _ => {
            decoder.tell(node, "has to be `anywhere`, `head`, `tail`, `edge` or `last`");
            None
        }
    }
}

fn examples(decoder: &mut Decoder, node: &Node) -> Vec<Example> {
    let items: Vec<&Node> = match &node.value {
        Value::Sequence(items) => items.iter().collect(),
        _ => vec![node],
    };
    items.into_iter().filter_map(|item| example(decoder, item)).collect()
}

fn example(decoder: &mut Decoder, node: &Node) -> Option<Example> {
    if let Value::Scalar { text, .. } = &node.value {
        return Some(Example { text: text.clone(), ..Example::default() });
    }
    let fields = decoder.fields(node, &["text", "tag", "classes", "link_share"])?;
    let text = fields.required(decoder, "text").and_then(|node| decoder.text(node))?.to_owned();
    let tag = fields.get("tag").and_then(|node| decoder.text(node)).unwrap_or_default().to_owned();
    let classes = fields.get("classes").and_then(|node| decoder.texts(node)).unwrap_or_default();
    let link_share = fields.get("link_share").and_then(|node| decoder.number(node, 0.0..=1.0)).unwrap_or(0.0);
    Some(Example { text, tag, classes, link_share: link_share as f32 })
}
