//! Reloading: on SIGHUP, when the API asks for it, and when files have changed.

use std::path::PathBuf;

use tokio::{signal::unix::Signal, sync::mpsc};

use super::{super::tested_editor, tell_left_out, watcher::Watcher};
use crate::{
    admin::{ReloadRequest, Reloaded},
    app::Reloader,
    config::{Config, Loaded, Rules, Stamps, Tags, Urls, Watched, environment, inspect},
    edit::Editor,
    observe::Metrics,
};

/// What a reload needs.
pub(super) struct Reloads {
    /// The configuration file.
    pub(super) path: PathBuf,
    /// The configuration in force.
    pub(super) running: Config,
    /// The files that it was read from.
    pub(super) files: Watched,
    /// The rules that it was started with, or that a reload brought.
    pub(super) rules: RulesInForce,
    /// Takes the new one.
    pub(super) reloader: Reloader,
    /// Looks at the files, if it is to.
    pub(super) watcher: Option<Watcher>,
    /// Whether the last one succeeded.
    pub(super) metrics: Metrics,
}

/// Which rules are in force: the same ones need not be compiled again, which takes a second.
#[derive(PartialEq)]
pub(super) struct RulesInForce(Rules, Tags, Urls, Stamps);

impl RulesInForce {
    /// To be taken before the files are read.
    pub(super) fn of(config: &Config) -> Self {
        let Config { rules, tags, urls, .. } = config;
        let files = rules.files.iter().chain(&tags.files).chain(&urls.files);
        Self(rules.clone(), tags.clone(), urls.clone(), Stamps::of(files.cloned()))
    }
}

impl Reloads {
    /// Reloads feeds and rules as long as there is somebody to ask for it.
    pub(super) async fn follow(mut self, mut hangups: Signal, mut asked: mpsc::Receiver<ReloadRequest>) {
        let mut watcher = self.watcher.take();
        loop {
            let request = tokio::select! {
                Some(()) = hangups.recv() => None,
                Some(request) = asked.recv() => Some(request),
                () = Watcher::changed(&mut watcher) => None,
                else => return,
            };
            if let Some(watcher) = &mut watcher {
                watcher.before_reload().await;
            }
            let (loaded, problems) = inspect(&self.path, &environment);
            // The files that the running one is from may be what changes back.
            let mut read = Watched::of(&loaded);
            match problems.is_empty() {
                true => self.files = read.clone(),
                false => read.extend(&self.files),
            }
            if let Some(watcher) = &mut watcher {
                watcher.after_reload(read).await;
            }
            let outcome = match problems.is_empty() {
                true => self.reload(loaded).await,
                false => Err(refused(&problems)),
            };
            self.metrics.reload_successful.set(i64::from(outcome.is_ok()));
            if let Some(ReloadRequest(done)) = request {
                done.send(outcome).ok();
            }
        }
    }

    /// Says what changed, or every mistake if it was refused.
    async fn reload(&mut self, loaded: Loaded) -> Result<Reloaded, Vec<String>> {
        tell_left_out(&loaded);
        let rules = RulesInForce::of(&loaded.config);
        let editor = match rules == self.rules {
            true => None,
            false => Some(edited_by(&loaded.config).await?),
        };
        match self.reloader.apply(&self.running, loaded.config.clone(), editor).await {
            Ok((added, changed, removed)) => {
                tracing::info!(added, changed, removed, "configuration reloaded");
                let left_out = loaded.left_out.iter().map(ToString::to_string).collect();
                let changes = Reloaded { left_out, ..Reloaded::between(&self.running, &loaded.config) };
                (self.running, self.rules) = (loaded.config, rules);
                Ok(changes)
            }
            Err(error) => {
                tracing::error!(%error, "configuration not reloaded, the running one stays in force");
                Err(vec![error.to_string()])
            }
        }
    }
}

/// Compiles the rules, which takes a while, and tries them.
async fn edited_by(config: &Config) -> Result<Editor, Vec<String>> {
    let config = config.clone();
    let editor = tokio::task::spawn_blocking(move || tested_editor(&config)).await;
    editor.map_err(|error| refused(&[error]))?.map_err(|failure| refused(&[failure]))
}

/// Reports why nothing was reloaded, in the log and to whoever asked.
fn refused(problems: &[impl std::fmt::Display]) -> Vec<String> {
    for problem in problems {
        tracing::error!(%problem, "configuration not reloaded");
    }
    problems.iter().map(ToString::to_string).collect()
}
