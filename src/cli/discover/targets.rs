//! Where feeds are looked for: addresses, lists of addresses, OPML files, saved pages.

use std::path::Path;

use url::Url;

use super::super::{Exit, Failure, read_input};
use crate::{
    config::feed_address,
    feed::{self, opml},
};

/// Places that one run looks at, at most.
const TARGETS_MAX: usize = 10_000;

/// One place to look at.
pub(super) struct Target {
    /// What is looked at.
    pub place: Place,
    /// Title and tags of its feed in an OPML file.
    pub title: Option<String>,
    pub tags: Vec<String>,
    /// Its site in an OPML file, to search if the feed itself is gone.
    pub site: Option<Url>,
}

/// Where feeds are named.
pub(super) enum Place {
    /// At an address.
    Web(Url),
    /// In a document at hand, with its address if known.
    Document { name: String, bytes: Vec<u8>, base: Option<Url> },
}

impl Target {
    fn of(place: Place) -> Self {
        Self { place, title: None, tags: Vec::new(), site: None }
    }

    /// Its name in messages, without secrets.
    pub(super) fn shown(&self) -> String {
        match &self.place {
            Place::Web(url) => crate::site::redact(url),
            Place::Document { name, .. } => name.clone(),
        }
    }
}

/// Reads what the command line names; what cannot be an address is reported with its line.
///
/// # Errors
/// A file that cannot be read, or more than [`TARGETS_MAX`] places.
pub(super) fn read(named: &[String], base: Option<&Url>) -> Result<(Vec<Target>, Vec<String>), Failure> {
    let (mut targets, mut wrong) = (Vec::new(), Vec::new());
    for name in named {
        match Url::parse(name) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => {
                targets.push(Target::of(Place::Web(without_fragment(url))));
            }
            _ if !is_there(name) && is_host(name) => match address(name) {
                Ok(url) => targets.push(Target::of(Place::Web(url))),
                Err(message) => wrong.push(format!("{name}: {message}; skipped")),
            },
            _ => file(name, base, &mut targets, &mut wrong)?,
        }
        if targets.len() > TARGETS_MAX {
            let message = format!("more than {TARGETS_MAX} addresses: split them into several runs");
            return Err(Failure::new(Exit::Usage, message));
        }
    }
    Ok((targets, wrong))
}

fn without_fragment(mut url: Url) -> Url {
    url.set_fragment(None);
    url
}

fn is_there(name: &str) -> bool {
    name == "-" || Path::new(name).exists()
}

/// `example.org`, `example.org/news`: what people type into a browser.
fn is_host(name: &str) -> bool {
    let host = name.split(['/', ':']).next().unwrap_or_default();
    host.contains('.') && !host.starts_with('.') && !name.contains(char::is_whitespace)
}

/// Reads an address as people write it: with `https://` if it has no scheme.
fn address(text: &str) -> Result<Url, String> {
    if is_host(text) && !text.contains("://") {
        feed_address(&format!("https://{text}"))
    } else {
        feed_address(text)
    }
}

fn file(
    name: &str,
    base: Option<&Url>,
    targets: &mut Vec<Target>,
    wrong: &mut Vec<String>,
) -> Result<(), Failure> {
    let bytes = read_input(Path::new(name), feed::DOCUMENT_MAX as u64)?;
    let outlines = opml::read(&bytes);
    if !outlines.is_empty() {
        for outline in outlines {
            match feed_address(&outline.url) {
                Ok(url) => targets.push(Target {
                    place: Place::Web(url),
                    site: outline.site.as_deref().and_then(|site| feed_address(site).ok()),
                    title: Some(outline.title),
                    tags: outline.tags,
                }),
                Err(message) => wrong.push(format!("{name}:{}: {message}; skipped", outline.line)),
            }
        }
        return Ok(());
    }
    let text = String::from_utf8_lossy(&bytes);
    if base.is_some()
        || text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']).starts_with(['<', '{', '['])
    {
        let place = Place::Document { name: name.to_owned(), base: base.cloned(), bytes };
        targets.push(Target::of(place));
        return Ok(());
    }
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        // Anything after an address and white space is a remark.
        let first = line.split_whitespace().next().unwrap_or_default();
        match address(first) {
            Ok(url) => targets.push(Target::of(Place::Web(url))),
            Err(message) => wrong.push(format!("{name}:{}: {message}; skipped", number + 1)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_any_form_are_read_and_what_is_wrong_is_told_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let list = "\u{feff}# papers\nexample.org\n\nhttps://b.example/news  the local one\nftp://c.example/\nno address\n";
        let opml = "<opml><body><outline text='North'><outline text='A' xmlUrl='http://a.example/f' htmlUrl='http://a.example/'/>\n<outline text='B' xmlUrl='nowhere'/></outline></body></opml>";
        let names = [
            "https://site.example/#top".to_owned(),
            "paper.example".to_owned(),
            file("list.txt", list),
            file("list.opml", opml),
            file("page.html", "<html><link rel=alternate>"),
        ];
        let (targets, wrong) = read(&names, None).unwrap();
        let shown: Vec<String> = targets.iter().map(Target::shown).collect();
        assert_eq!(
            shown[..5],
            [
                "https://site.example/",
                "https://paper.example/",
                "https://example.org/",
                "https://b.example/news",
                "http://a.example/f"
            ]
        );
        assert!(shown.len() == 6 && shown[5].ends_with("page.html"));
        assert_eq!(targets[4].tags, ["folder/north"]);
        assert_eq!(targets[4].site.as_ref().map(Url::as_str), Some("http://a.example/"));
        assert!(
            wrong.len() == 3 && wrong[0].contains("list.txt:5:") && wrong[2].contains("list.opml:2:"),
            "{wrong:?}"
        );
        assert!(read(&["/nowhere/list.txt".to_owned()], None).is_err());
    }
}
