//! In which files a change of the configuration would show.

use std::{
    collections::{BTreeMap, BTreeSet},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use super::Loaded;

/// Names of changed files that a message lists, at most.
const NAMES_MAX: usize = 5;

/// The files that were read, and the globs that may match others some day.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    files: BTreeSet<PathBuf>,
    globs: BTreeSet<String>,
}

/// How the files were at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamps(BTreeMap<PathBuf, Option<Stamp>>);

/// Device, number, length, and the times of the last change of content and of anything, seconds
/// and nanoseconds: a file that was replaced has another number, one that was written to another
/// time. Links are followed.
type Stamp = (u64, u64, u64, (i64, i64), (i64, i64));

impl Watched {
    /// Those of a configuration.
    pub fn of(loaded: &Loaded) -> Self {
        Self { files: loaded.files.iter().cloned().collect(), globs: loaded.globs.iter().cloned().collect() }
    }

    /// How they are now. Reads no content.
    pub fn stamps(&self) -> Stamps {
        let matched = self.globs.iter().filter_map(|glob| glob::glob(glob).ok()).flatten().flatten();
        let files = self.files.iter().cloned().chain(matched.filter(|path| path.is_file()));
        Stamps::of(files)
    }
}

impl Watched {
    /// Adds the others.
    pub fn extend(&mut self, others: &Self) {
        self.files.extend(others.files.iter().cloned());
        self.globs.extend(others.globs.iter().cloned());
    }
}

impl Stamps {
    /// How these files are now.
    pub fn of(files: impl Iterator<Item = PathBuf>) -> Self {
        Self(files.map(|path| (path.clone(), stamp(&path))).collect())
    }

    /// Takes over what `before` says of files that are in both.
    pub fn keep(&mut self, before: &Self) {
        for (path, stamp) in &mut self.0 {
            if let Some(known) = before.0.get(path) {
                *stamp = *known;
            }
        }
    }

    /// The names of the files that differ, the first few of them.
    pub fn differences(&self, before: &Self) -> String {
        let paths: BTreeSet<&PathBuf> = self.0.keys().chain(before.0.keys()).collect();
        let differ = paths.into_iter().filter(|path| self.0.get(*path) != before.0.get(*path));
        let names: Vec<String> = differ.map(|path| path.display().to_string()).collect();
        let further = names.len().saturating_sub(NAMES_MAX);
        let mut text = names.into_iter().take(NAMES_MAX).collect::<Vec<_>>().join(", ");
        if further > 0 {
            text.push_str(&format!(" and {further} more"));
        }
        text
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let found = std::fs::metadata(path).ok()?;
    let (written, changed) = ((found.mtime(), found.mtime_nsec()), (found.ctime(), found.ctime_nsec()));
    Some((found.dev(), found.ino(), found.len(), written, changed))
}
