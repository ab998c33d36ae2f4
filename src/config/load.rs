//! The files: which are read, in which order, and what one run reports.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Config, decode, feeds, lint, reader::Reader, refer};
use crate::yaml::{Decoder, Place, Problem};

/// A configuration without problems.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// What is allowed but inadvisable (`check --lint`), in the order of the files.
    pub findings: Vec<Problem>,
    /// Feeds of included OPML files that cannot be polled: reported, but no reason to stop.
    pub left_out: Vec<Problem>,
    /// Where each of `kafka.properties` stands: the place of its value, and its path.
    pub properties: Vec<(Place, String)>,
    /// The files that were read or named: a change in any of them is a change of the configuration.
    pub files: Vec<PathBuf>,
    /// The globs of the configuration, with their folder: a new file that one of them matches is a
    /// change, too.
    pub globs: Vec<String>,
}

/// Reads and checks the configuration in `path` with everything that it includes. `env` looks up
/// environment variables.
///
/// # Errors
/// Every problem of every file.
pub fn load(path: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Loaded, Vec<Problem>> {
    let (loaded, problems) = inspect(path, env);
    if problems.is_empty() { Ok(loaded) } else { Err(problems) }
}

/// As [`load`], but also gives what could be read of a configuration with problems, so that its
/// rule files are checked in the same run. Never start the daemon from one with problems.
pub fn inspect(path: &Path, env: &dyn Fn(&str) -> Option<String>) -> (Loaded, Vec<Problem>) {
    let mut reader = Reader {
        decoder: Decoder::default(),
        findings: Vec::new(),
        left_out: Vec::new(),
        files: Vec::new(),
        globs: Vec::new(),
        properties: Vec::new(),
        directory: path.parent().unwrap_or(Path::new("")).to_owned(),
        env,
        top: Place { file: Arc::from(path.display().to_string()), line: 1, column: 1 },
    };
    let mut config = Config::default();
    if let Some(root) = refer::yaml(&mut reader, path, None) {
        config = decode::config(&mut reader, &root);
        config.feeds = feeds::feeds(&mut reader, &root);
        lint::lint(&mut reader, &config, &root);
    }
    loaded(reader, config)
}

/// What was read, with its problems in the order of the files.
fn loaded(reader: Reader<'_>, config: Config) -> (Loaded, Vec<Problem>) {
    let order: HashMap<String, usize> =
        reader.files.iter().enumerate().map(|(i, file)| (file.display().to_string(), i)).collect();
    let key = |problem: &Problem| {
        let place = &problem.place;
        (order.get(&*place.file).copied().unwrap_or(usize::MAX), place.line, place.column)
    };
    let (mut problems, mut findings, mut left_out) =
        (reader.decoder.problems, reader.findings, reader.left_out);
    problems.sort_by_key(key);
    findings.sort_by_key(key);
    left_out.sort_by_key(key);
    let (properties, files, globs) = (reader.properties, reader.files, reader.globs);
    (Loaded { config, findings, left_out, properties, files, globs }, problems)
}
