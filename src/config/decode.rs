//! The file as a whole: its sections, each decoded by its own module.

use super::{
    Config, Delivery, admin, daemon, http, kafka, observe, reader::Reader, reference::known, routes, rules,
    scalar::set, stories, topics, websub,
};
use crate::yaml::Node;

/// The configuration without its feeds.
pub(super) fn config(reader: &mut Reader<'_>, root: &Node) -> Config {
    let mut out = Config::default();
    let Some(top) = reader.decoder.fields(root, &known()) else { return out };
    out.kafka = kafka::kafka(reader, &top);
    if let Some(node) = top.get("delivery") {
        let choices = [Delivery::ExactlyOnce, Delivery::AtLeastOnce].map(|choice| (choice.as_str(), choice));
        set(&mut out.delivery, reader.decoder.choice(node, &choices));
    }
    if let Some(node) = top.get("stories") {
        out.stories = stories::stories(&mut reader.decoder, node);
    }
    if let Some(node) = top.get("topics") {
        out.topics = topics::topics(&mut reader.decoder, node);
    }
    if let Some(node) = top.get("http") {
        out.http = http::http(&mut reader.decoder, node);
    }
    if let Some(node) = top.get("rules") {
        out.rules = rules::rules(reader, node);
    }
    if let Some(node) = top.get("tags") {
        out.tags = rules::tags(reader, node);
    }
    if let Some(node) = top.get("urls") {
        out.urls = rules::urls(reader, node);
    }
    if let Some(node) = top.get("routes") {
        out.routes = routes::routes(&mut reader.decoder, node, &out.topics);
    }
    if let Some(node) = top.get("admin") {
        out.admin = admin::admin(&mut reader.decoder, node);
    }
    if let Some(node) = top.get("websub") {
        out.websub = websub::websub(&mut reader.decoder, node);
    }
    if let Some(node) = top.get("observe") {
        out.observe = observe::observe(reader, node);
    }
    if let Some(node) = top.get("daemon") {
        out.daemon = daemon::daemon(&mut reader.decoder, node);
    }
    out
}
