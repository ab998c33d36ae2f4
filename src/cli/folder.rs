//! Articles in a folder: pages, plain texts and NDJSON files, in the order of their names.

use std::path::{Path, PathBuf};

use super::{Exit, Failure};
use crate::{
    clean::Document,
    extract::{self, PageOptions},
};

/// Deepest folder that is looked into.
const DEPTH_MAX: usize = 16;
/// Files taken from a folder, at most.
const FILES_MAX: usize = 1_000_000;
/// Largest page or text, in bytes.
const FILE_MAX: u64 = 64 << 20;

/// What a file holds, by its extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A web page: its article is taken out of it.
    Page,
    /// Paragraphs.
    Text,
    /// One article per line, as `copydesk clean` takes them.
    Lines,
}

impl Form {
    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "html" | "htm" | "xhtml" => Some(Self::Page),
            "txt" | "text" => Some(Self::Text),
            "ndjson" | "jsonl" => Some(Self::Lines),
            _ => None,
        }
    }
}

/// The files below `folder` that hold articles, sorted. Names that begin with a dot and links to
/// folders are skipped.
///
/// # Errors
/// A folder that cannot be read, or one that holds no article.
pub(super) fn files(folder: &Path) -> Result<Vec<(PathBuf, Form)>, Failure> {
    let failed = |path: &Path, error| Failure::new(Exit::Failed, format!("{}: {error}", path.display()));
    let mut found = Vec::new();
    let mut folders = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| failed(&folder, error))? {
            let entry = entry.map_err(|error| failed(&folder, error))?;
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            let kind = entry.file_type().map_err(|error| failed(&path, error))?;
            if kind.is_dir() && depth < DEPTH_MAX {
                folders.push((path, depth + 1));
            } else if !kind.is_dir()
                && let Some(form) = Form::of(&path)
            {
                found.push((path, form));
            }
            if found.len() > FILES_MAX {
                return Err(Failure::new(
                    Exit::Failed,
                    format!("more than {FILES_MAX} files; name one of its subfolders"),
                ));
            }
        }
    }
    if found.is_empty() {
        let folder = folder.display();
        return Err(Failure::new(
            Exit::Failed,
            format!("{folder}: holds no .html, .txt, .ndjson or .jsonl file"),
        ));
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(found)
}

/// The article of a page or a text. Its site is that of the page's own address, else the name of
/// the folder it lies in.
pub(super) fn document(path: &Path, form: Form) -> Result<Document, Failure> {
    let body = super::read_input(path, FILE_MAX)?;
    let folder = || {
        let name = path.parent().and_then(Path::file_name);
        name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    };
    if form != Form::Page {
        let text = String::from_utf8_lossy(&body);
        return Ok(Document {
            site: folder(),
            blocks: super::input::paragraphs(&text),
            ..Document::default()
        });
    }
    let article = extract::page(&body, &PageOptions::default());
    let url = article.canonical_url.as_deref().and_then(|url| url::Url::parse(url).ok());
    Ok(Document {
        site: url.as_ref().map_or_else(folder, crate::site::site),
        url: url.map(String::from),
        language: article.language,
        title: article.title,
        blocks: article.blocks,
        ..Document::default()
    })
}
