//! OPML, the list of feeds every reader imports and exports (opml.org, version 2.0).

use std::collections::BTreeMap;

use super::{
    decode::decode,
    entities::escape_into,
    frames::attribute,
    tokens::{Token, Tokens},
    warnings::Warnings,
};

/// A feed in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Name for people.
    pub title: String,
    /// Address of the feed.
    pub url: String,
    /// Address of the site.
    pub site: Option<String>,
    /// Tags, `folder/...`: the folders it lies in, joined by `/`, and its `category` attribute.
    pub tags: Vec<String>,
    /// Line of the outline in its document, from 1; 0 if it does not come from one.
    pub line: usize,
}

/// Kind of the tags that folders become.
const FOLDER: &str = "folder/";
/// Longest tag, bytes: the limit of the configuration.
const TAG_MAX: usize = 200;

/// Nested folders, at most.
const DEPTH_MAX: usize = 16;
/// Feeds of a list, at most.
const FEEDS_MAX: usize = 100_000;

/// Reads the feeds of an OPML document, as far as it can be read; a feed in several folders is one
/// feed with several tags. Empty if it is not OPML.
pub fn read(bytes: &[u8]) -> Vec<Outline> {
    let mut warnings = Warnings::default();
    let text = decode(bytes, None, &mut warnings);
    let mut tokens = Tokens::new(&text);
    // For each open outline its folder name, if it is a folder.
    let mut open: Vec<Option<String>> = Vec::new();
    let mut feeds: Vec<Outline> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let (mut line, mut counted) = (1, 0);
    loop {
        let start = tokens.position();
        let Some(token) = tokens.next("", &mut warnings) else { break };
        match token {
            Token::Start { name, attributes, empty } if name.eq_ignore_ascii_case("outline") => {
                let title = ["title", "text"].iter().find_map(|name| attribute(attributes, name));
                let url = attribute(attributes, "xmlUrl").or_else(|| {
                    let feed = attribute(attributes, "type")
                        .is_some_and(|kind| matches!(kind.as_str(), "rss" | "atom"));
                    attribute(attributes, "url").filter(|_| feed)
                });
                let folder =
                    title.as_deref().filter(|_| url.is_none()).map(tag_of).filter(|tag| !tag.is_empty());
                if let Some(url) = url.filter(|_| feeds.len() < FEEDS_MAX) {
                    let tags = tags(&open, attributes);
                    line += text.get(counted..start).map_or(0, |passed| passed.matches('\n').count());
                    counted = start;
                    match known.get(&url) {
                        Some(&at) => add_tags(&mut feeds[at].tags, tags),
                        None => {
                            known.insert(url.clone(), feeds.len());
                            feeds.push(Outline {
                                title: title.unwrap_or_else(|| url.clone()),
                                site: attribute(attributes, "htmlUrl"),
                                url,
                                tags,
                                line,
                            });
                        }
                    }
                }
                if !empty && open.len() < DEPTH_MAX {
                    open.push(folder);
                }
            }
            Token::End { name } if name.eq_ignore_ascii_case("outline") => {
                open.pop();
            }
            _ => {}
        }
    }
    feeds
}

fn add_tags(list: &mut Vec<String>, tags: Vec<String>) {
    for tag in tags {
        if !list.contains(&tag) {
            list.push(tag);
        }
    }
}

fn tags(open: &[Option<String>], attributes: &str) -> Vec<String> {
    let mut tags = Vec::new();
    tags.extend(tag(open.iter().flatten().map(String::as_str)));
    let categories = attribute(attributes, "category").unwrap_or_default();
    let categories = categories.split(',').take(32).filter_map(|category| {
        let parts: Vec<String> = category.split('/').map(tag_of).collect();
        tag(parts.iter().map(String::as_str))
    });
    add_tags(&mut tags, categories.collect());
    tags
}

/// The tag of nested folders, cut to the longest tag allowed.
fn tag<'f>(folders: impl Iterator<Item = &'f str>) -> Option<String> {
    let mut out = String::from(FOLDER);
    for folder in folders.filter(|folder| !folder.is_empty()) {
        if out.len() + folder.len() >= TAG_MAX {
            break;
        }
        if !out.ends_with('/') {
            out.push('/');
        }
        out.push_str(folder);
    }
    (out.len() > FOLDER.len()).then_some(out)
}

/// A folder's name as a part of a tag: lower case, letters and digits of any script, `-` between.
fn tag_of(name: &str) -> String {
    slug(name, 40)
}

/// Lower case, letters and digits of any script, single `-` between, at most `length` characters.
fn slug(name: &str, length: usize) -> String {
    let mut out = String::new();
    for c in name.chars().flat_map(char::to_lowercase).take(length) {
        if c.is_alphanumeric() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.trim_end_matches('-').to_owned()
}

/// The feeds as the `feeds` section of a configuration file, with a unique name each.
pub fn to_yaml(feeds: &[Outline]) -> String {
    if feeds.is_empty() {
        return "feeds: []\n".to_owned();
    }
    let mut items = YamlItems::default();
    let items: String = feeds.iter().map(|feed| items.item(feed)).collect();
    format!("feeds:\n{items}")
}

/// Writes feeds as items of the `feeds` section, one by one.
#[derive(Debug, Default)]
pub struct YamlItems {
    /// Names already given, with how often each was wanted again.
    taken: BTreeMap<String, usize>,
}

impl YamlItems {
    /// One line, with a name that no item before it has.
    pub fn item(&mut self, feed: &Outline) -> String {
        let name = self.name(&feed.title);
        let mut out = format!("  - {{name: {}, url: {}", quoted(&name), quoted(&feed.url));
        if !feed.tags.is_empty() {
            let tags: Vec<String> = feed.tags.iter().map(|tag| quoted(tag)).collect();
            out.push_str(&format!(", tags: [{}]", tags.join(", ")));
        }
        out.push_str("}\n");
        out
    }

    fn name(&mut self, title: &str) -> String {
        let stem = match slug(title, 60) {
            stem if stem.is_empty() => "feed".to_owned(),
            stem => stem,
        };
        let mut name = stem.clone();
        while self.taken.contains_key(&name) {
            let count = self.taken.entry(stem.clone()).or_default();
            *count += 1;
            name = format!("{stem}-{}", *count + 1);
        }
        self.taken.insert(name.clone(), 0);
        name
    }
}

/// A YAML scalar: as it is if that is safe, else in double quotes (JSON strings are YAML). What
/// looks like a reference (`${env:NAME}`) is text in a list of feeds and stays so.
fn quoted(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '/'))
        && !matches!(text, "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n");
    if plain { text.to_owned() } else { serde_json::Value::from(text.replace("${", "$${")).to_string() }
}

/// Writes an OPML 2.0 document; the first tag of a feed gives its folders, all of them go into its
/// `category`.
pub fn write<'f>(title: &str, feeds: impl IntoIterator<Item = &'f Outline>) -> String {
    let mut folders: BTreeMap<Vec<&str>, Vec<&Outline>> = BTreeMap::new();
    for feed in feeds {
        let folder = feed.tags.first().map(|tag| folder_of(tag).split('/').take(DEPTH_MAX).collect());
        let folder = folder.unwrap_or_default();
        folders.entry(folder).or_default().push(feed);
    }
    let mut out =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n<head><title>");
    escape_into(title, &mut out);
    out.push_str("</title></head>\n<body>\n");
    let mut open: Vec<&str> = Vec::new();
    for (folder, feeds) in &folders {
        let common = open.iter().zip(folder).take_while(|(a, b)| a == b).count();
        while open.len() > common {
            open.pop();
            indented(&mut out, open.len(), "</outline>\n");
        }
        for name in folder.iter().skip(common) {
            indented(&mut out, open.len(), "<outline");
            attribute_into("text", name, &mut out);
            out.push_str(">\n");
            open.push(name);
        }
        for feed in feeds {
            indented(&mut out, open.len(), "<outline type=\"rss\"");
            attribute_into("text", &feed.title, &mut out);
            attribute_into("title", &feed.title, &mut out);
            attribute_into("xmlUrl", &feed.url, &mut out);
            if let Some(site) = &feed.site {
                attribute_into("htmlUrl", site, &mut out);
            }
            if !feed.tags.is_empty() {
                let categories: Vec<String> =
                    feed.tags.iter().map(|tag| format!("/{}", folder_of(tag))).collect();
                attribute_into("category", &categories.join(","), &mut out);
            }
            out.push_str("/>\n");
        }
    }
    while open.pop().is_some() {
        indented(&mut out, open.len(), "</outline>\n");
    }
    out.push_str("</body>\n</opml>\n");
    out
}

/// A tag without the kind (`folder/`) that reading a list gives it.
fn folder_of(tag: &str) -> &str {
    tag.strip_prefix(FOLDER).unwrap_or(tag)
}

fn indented(out: &mut String, depth: usize, text: &str) {
    out.push_str(&"  ".repeat(depth + 1));
    out.push_str(text);
}

fn attribute_into(name: &str, value: &str, out: &mut String) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    let mut escaped = String::new();
    escape_into(value, &mut escaped);
    out.push_str(&escaped.replace('"', "&quot;").replace('\n', " "));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn folders_are_tags() {
        let feeds = read(
            br#"<opml version="1.1"><head><title>x</title></head><body>
            <outline text="World News"><outline text="Asia">
              <outline type="rss" text="A &amp; B" xmlUrl="http://a.example/feed?x=1&amp;y=2" htmlUrl="http://a.example/"/>
            </outline></outline>
            <outline title="No folder" xmlUrl="http://b.example/" category="/tech/linux,web"></outline>
            <outline text="Again"><outline text="A" xmlUrl="http://a.example/feed?x=1&amp;y=2"/>"#,
        );
        assert_eq!(
            feeds,
            [
                Outline {
                    title: "A & B".into(),
                    url: "http://a.example/feed?x=1&y=2".into(),
                    site: Some("http://a.example/".into()),
                    tags: vec!["folder/world-news/asia".into(), "folder/again".into()],
                    line: 3,
                },
                Outline {
                    title: "No folder".into(),
                    url: "http://b.example/".into(),
                    site: None,
                    tags: vec!["folder/tech/linux".into(), "folder/web".into()],
                    line: 5,
                },
            ]
        );
        let yaml = to_yaml(&feeds);
        assert_eq!(
            yaml,
            "feeds:\n  - {name: a-b, url: \"http://a.example/feed?x=1&y=2\", tags: [folder/world-news/asia, folder/again]}\n  \
             - {name: no-folder, url: \"http://b.example/\", tags: [folder/tech/linux, folder/web]}\n"
        );
        let node = crate::yaml::parse("feeds.yaml", &yaml).unwrap();
        assert!(matches!(node.value, crate::yaml::Value::Mapping(_)));
    }

    #[test]
    fn names_are_unique() {
        let feed =
            |title: &str| Outline { title: title.into(), url: "http://x/".into(), ..Outline::default() };
        let yaml = to_yaml(&[feed("A"), feed("a"), feed("A 2"), feed("a"), feed("新聞"), feed("!")]);
        let names: Vec<&str> = yaml.lines().skip(1).filter_map(|l| l.split(['{', ',']).nth(1)).collect();
        assert_eq!(
            names,
            ["name: a", "name: a-2", "name: a-2-2", "name: a-3", "name: \"新聞\"", "name: feed"]
        );
    }

    proptest! {
        #[test]
        fn what_is_written_can_be_read(titles in prop::collection::vec("\\PC{1,20}", 1..6)) {
            let feeds: Vec<Outline> = titles.iter().enumerate().map(|(i, title)| Outline {
                title: title.trim().to_owned(),
                url: format!("http://h/{i}?a=1&b=\"{i}\""),
                site: None,
                tags: if i % 2 == 0 { vec!["folder/a/b".into(), "folder/c".into()] } else { vec![] },
                line: 0,
            }).filter(|feed| !feed.title.is_empty()).collect();
            let mut back = read(write("t", &feeds).as_bytes());
            back.sort_by(|a, b| a.url.cmp(&b.url));
            for (feed, back) in feeds.iter().zip(&back) {
                prop_assert_eq!(&feed.url, &back.url);
                prop_assert_eq!(&feed.tags, &back.tags);
            }
            prop_assert_eq!(feeds.len(), back.len());
        }

        #[test]
        fn any_bytes_are_a_list(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(read(&bytes).len() <= 300);
        }
    }
}
