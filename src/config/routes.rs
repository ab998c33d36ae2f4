//! `routes`: further topics by tag.

use super::{
    key::{KeyDoc, key, known},
    scalar::set,
    topics::Topics,
    usage::{UsageCondition, usage},
};
use crate::yaml::{Decoder, Node};

/// The keys in the order of the reference.
pub(super) const KEYS: &[KeyDoc] = &[
    key("routes[].topic", "topic", "", "A further topic. Required."),
    key(
        "routes[].format",
        "`article`, `ninjs`",
        "article",
        "The same record in `kafka.format`, or an item of IPTC ninjs 3.1 in JSON.",
    ),
    key(
        "routes[].when.any",
        "list of tags",
        "",
        "At least one of these; a trailing `*` stands for any ending.",
    ),
    key("routes[].when.all", "list of tags", "", "All of these."),
    key("routes[].when.none", "list of tags", "", "None of these."),
    key("routes[].when.languages", "list of codes", "", "In one of these languages; `pt` includes `pt-BR`."),
    key(
        "routes[].when.sources",
        "list of texts",
        "",
        "From one of these: a feed's name, the domain of the article; a trailing `*` stands for any ending.",
    ),
    key(
        "routes[].when.salience",
        "0 to 1",
        "",
        "Lowest salience of the tags under `any` and `all`: what the article is about, not only mentions.",
    ),
    key(
        "routes[].when.usage",
        "mapping of `train-ai`, `ai-input`, `search` to `allowed` or `not_disallowed`",
        "",
        "What the publisher says about these uses: expressly allowed, or not reserved.",
    ),
];

/// A further topic for articles with certain tags, sources, languages or permitted uses.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Route {
    /// `routes[].topic`.
    pub topic: String,
    /// `routes[].format`.
    pub format: RouteFormat,
    /// `routes[].when.any`.
    pub any: Vec<String>,
    /// `routes[].when.all`.
    pub all: Vec<String>,
    /// `routes[].when.none`.
    pub none: Vec<String>,
    /// `routes[].when.languages`.
    pub languages: Vec<String>,
    /// `routes[].when.sources`.
    pub sources: Vec<String>,
    /// `routes[].when.salience`.
    pub salience: Option<f32>,
    /// `routes[].when.usage`.
    pub usage: Vec<UsageCondition>,
}

/// `routes[].format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RouteFormat {
    /// The record.
    #[default]
    Article,
    /// IPTC ninjs 3.1.
    Ninjs,
}

/// Further topics, each with its conditions.
pub(super) fn routes(decoder: &mut Decoder, section: &Node, topics: &Topics) -> Vec<Route> {
    let mut out = Vec::new();
    for item in decoder.sequence(section).unwrap_or_default() {
        let Some(fields) = decoder.fields(item, &known(KEYS, "routes[]")) else { continue };
        let mut route = Route::default();
        if let Some(node) = fields.required(decoder, "topic")
            && let Some(topic) = decoder.topic(node)
        {
            let own = [Some(&topics.articles), Some(&topics.dead_letters), Some(&topics.ledger)];
            let optional = [topics.archive.as_ref(), topics.feeds.as_ref()];
            if own.contains(&Some(&topic)) || optional.contains(&Some(&topic)) {
                decoder.tell(node, "is one of `topics` already; route to a topic of its own");
            }
            route.topic = topic;
        }
        if let Some(node) = fields.get("format") {
            let choices = [("article", RouteFormat::Article), ("ninjs", RouteFormat::Ninjs)];
            set(&mut route.format, decoder.choice(node, &choices));
        }
        if out.iter().any(|known: &Route| known.topic == route.topic && known.format != route.format) {
            decoder.tell(
                item,
                "has another `format` than a route to the same topic; give each format its topic",
            );
        }
        if let Some(when) = fields.required(decoder, "when")
            && let Some(fields) = decoder.fields(when, &known(KEYS, "routes[].when"))
        {
            let lists = [("any", &mut route.any), ("all", &mut route.all), ("none", &mut route.none)];
            for (name, slot) in lists {
                set(slot, fields.get(name).and_then(|node| decoder.tags(node, true)));
            }
            for (name, slot) in [("languages", &mut route.languages), ("sources", &mut route.sources)] {
                set(slot, fields.get(name).and_then(|node| decoder.texts(node)));
            }
            if let Some(node) = fields.get("salience") {
                route.salience = decoder.number(node, 0.0..=1.0).map(|salience| salience as f32);
                if route.any.is_empty() && route.all.is_empty() {
                    decoder.tell(node, "is of tags; name them in `any` or `all`");
                }
            }
            route.usage = fields.get("usage").map(|node| usage(decoder, node)).unwrap_or_default();
            let conditions = ["any", "all", "none", "languages", "sources", "usage"];
            if conditions.iter().all(|name| !fields.given(name)) {
                decoder.tell(
                    when,
                    "has no condition; write `any`, `all` or `none` with a list of tags, `languages`, `sources` or `usage`",
                );
            }
        }
        out.push(route);
    }
    out
}
