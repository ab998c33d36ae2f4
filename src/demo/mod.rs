//! What `copydesk demo` needs besides the daemon: sample feeds, a site that serves them, and the
//! list of what has to come out.

pub mod content;
pub mod origin;
pub mod progress;
mod template;

use std::{net::SocketAddr, time::Duration};

use crate::{
    config::{Admin, Config, Daemon, Delivery, Feed, Http, Interval, Kafka, Route, Topics},
    demo::content::FEEDS,
};

/// A further topic of the demo: articles with [`ROUTED_TAG`].
pub const ROUTED: &str = "news.ukraine";

/// The tag that also sends an article to [`ROUTED`].
pub const ROUTED_TAG: &str = "place/UA";

/// Topics of the demo: the usual names, few partitions, and none created by an admin request, which
/// the embedded cluster does not answer.
pub fn topics() -> Topics {
    Topics { create: false, partitions: 3, ledger_partitions: 4, replication: 1, ..Topics::default() }
}

/// The daemon's configuration: the sample feeds at `base` (`http://host:port`), the broker at
/// `bootstrap`, every feed polled once per `interval`.
///
/// # Errors
/// If `base` is not an address.
pub fn config(base: &str, bootstrap: &str, interval: Duration) -> Result<Config, url::ParseError> {
    let mut feeds = Vec::new();
    for feed in FEEDS {
        feeds.push(Feed {
            interval: Interval::Every(interval),
            content: feed.content,
            tags: feed.tags.iter().map(|tag| (*tag).to_owned()).collect(),
            origin: "copydesk demo".to_owned(),
            ..Feed::new(feed.name, format!("{base}{}", feed.path).parse()?)
        });
    }
    Ok(Config {
        kafka: Kafka { brokers: vec![bootstrap.to_owned()], embedded: true, ..Kafka::default() },
        // The embedded cluster's transactions are a facade.
        delivery: Delivery::AtLeastOnce,
        topics: topics(),
        http: Http {
            allow_private_networks: true,
            // All the sites are one loopback address, and there is nobody to be polite to.
            per_site: 16,
            site_delay: Duration::ZERO,
            ..Http::default()
        },
        feeds,
        routes: vec![Route { topic: ROUTED.into(), any: vec![ROUTED_TAG.into()], ..Route::default() }],
        admin: Admin { listen: SocketAddr::from(([127, 0, 0, 1], 0)), token: None },
        daemon: Daemon { shutdown_grace: Duration::from_secs(5), ..Daemon::default() },
        ..Config::default()
    })
}
