//! The section of routes.

use super::{Route, Topics, reference::known};
use crate::yaml::{Decoder, Node};

fn set<T>(slot: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *slot = value;
    }
}

/// Further topics, each with its conditions.
pub(super) fn routes(decoder: &mut Decoder, section: &Node, topics: &Topics) -> Vec<Route> {
    let mut out = Vec::new();
    for item in decoder.sequence(section).unwrap_or_default() {
        let Some(fields) = decoder.fields(item, &known("routes[]")) else { continue };
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
        if let Some(when) = fields.required(decoder, "when")
            && let Some(fields) = decoder.fields(when, &known("routes[].when"))
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
            if ["any", "all", "none", "languages", "sources"].iter().all(|name| !fields.given(name)) {
                decoder.tell(
                    when,
                    "has no condition; write `any`, `all` or `none` with a list of tags, `languages` or `sources`",
                );
            }
        }
        out.push(route);
    }
    out
}
