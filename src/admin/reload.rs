//! The request for a reload, and its answer.

use std::time::Duration;

use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::{sync::oneshot, time::timeout};

use super::{Admin, problem::Problem};
use crate::config::{Config, Feed};

/// Enough time to compile rules and read lists of 100,000 feeds.
const RELOAD: Duration = Duration::from_secs(25);

/// Names listed in an answer, at most.
const NAMES_MAX: usize = 100;

/// Asks for a reload of the configuration; receives what changed, or every mistake.
pub struct ReloadRequest(pub oneshot::Sender<Result<Reloaded, Vec<String>>>);

/// What a reload has changed. Rules, tags and the rules of addresses were read anew.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reloaded {
    /// Feeds that are new.
    pub added: Names,
    /// Feeds of which something is otherwise.
    pub changed: Names,
    /// Feeds that are gone.
    pub removed: Names,
    /// Feeds of included lists that cannot be polled, and why.
    pub left_out: Vec<String>,
}

/// How many there are, and the first hundred.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Names {
    /// All of them.
    pub count: usize,
    /// The first hundred by name.
    pub names: Vec<String>,
}

impl Names {
    fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let mut all: Vec<&str> = names.collect();
        all.sort_unstable();
        Self { count: all.len(), names: all.into_iter().take(NAMES_MAX).map(str::to_owned).collect() }
    }
}

impl Reloaded {
    /// What differs in `new`.
    pub fn between(running: &Config, new: &Config) -> Self {
        let by_name = |config: &'_ Config| -> std::collections::HashMap<String, Feed> {
            config.feeds.iter().map(|feed| (feed.name.clone(), feed.clone())).collect()
        };
        let (before, after) = (by_name(running), by_name(new));
        let name = |(name, _): (&'_ String, _)| name.clone();
        let added: Vec<String> =
            after.iter().filter(|(name, _)| !before.contains_key(*name)).map(name).collect();
        let removed: Vec<String> =
            before.iter().filter(|(name, _)| !after.contains_key(*name)).map(name).collect();
        let differs = |(name, feed): &(&String, &Feed)| before.get(*name).is_some_and(|old| old != *feed);
        let changed: Vec<String> = after.iter().filter(differs).map(name).collect();
        let told = |names: &[String]| Names::of(names.iter().map(String::as_str));
        Self { added: told(&added), changed: told(&changed), removed: told(&removed), left_out: Vec::new() }
    }
}

impl Admin {
    pub(super) async fn reload(&self) -> Result<Reloaded, Problem> {
        let Some(reloads) = &self.reloads else {
            return Err(Problem::new(StatusCode::CONFLICT, "this daemon was not started from a file"));
        };
        let (done, answered) = oneshot::channel();
        let asked = async {
            reloads.send(ReloadRequest(done)).await.ok()?;
            answered.await.ok()
        };
        match timeout(RELOAD, asked).await {
            Ok(Some(Ok(reloaded))) => Ok(reloaded),
            Ok(Some(Err(errors))) => {
                let detail = "nothing was reloaded, the running configuration stays in force";
                Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).with_errors(errors))
            }
            Ok(None) => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the daemon is stopping")),
            Err(_) => {
                let detail =
                    "the reload goes on, and takes longer than an answer may: the log says what came of it";
                Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn what_changed_is_told_by_name() {
        let config = |names: &[(&str, &str)]| Config {
            feeds: names
                .iter()
                .map(|(name, path)| {
                    Feed::new(*name, Url::parse(&format!("http://a.example/{path}")).unwrap())
                })
                .collect(),
            ..Config::default()
        };
        let told = Reloaded::between(
            &config(&[("a", "1"), ("b", "1"), ("c", "1")]),
            &config(&[("d", "1"), ("b", "2"), ("c", "1")]),
        );
        let names = |names: &Names| names.names.join(" ");
        assert_eq!([&told.added, &told.changed, &told.removed].map(names), ["d", "b", "a"]);
        let many: Vec<String> = (0..250).map(|number| format!("{number:03}")).collect();
        let told = Names::of(many.iter().map(String::as_str));
        assert_eq!((told.count, told.names.len()), (250, 100));
    }
}
