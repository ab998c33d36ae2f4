//! The kind of page, by its address, its classes, its generator and its JSON-LD: feeds also lead to forum
//! threads and to documentation.

use url::Url;

use crate::extract::{
    element::{Attr, Tag},
    head::Head,
    ld::Ld,
    tree::{NONE, ROOT, Tree},
};

/// Words of forums and of documentation, as parts of addresses, of the classes of `html` and `body`, of generators.
const THREAD: [&str; 26] = [
    "forum",
    "forums",
    "thread",
    "threads",
    "topic",
    "topics",
    "viewtopic",
    "showthread",
    "discussion",
    "discussions",
    "discuss",
    "community",
    "questions",
    "question",
    "answers",
    "board",
    "boards",
    "phpbb",
    "vbulletin",
    "xenforo",
    "discourse",
    "flarum",
    "nodebb",
    "stackexchange",
    "mybb",
    "smf",
];
const MANUAL: [&str; 22] = [
    "docs",
    "doc",
    "documentation",
    "reference",
    "manual",
    "guide",
    "guides",
    "api",
    "handbook",
    "sphinx",
    "docusaurus",
    "mkdocs",
    "readthedocs",
    "gitbook",
    "vuepress",
    "vitepress",
    "javadoc",
    "rustdoc",
    "wiki",
    "mediawiki",
    "kb",
    "tutorial",
];
/// Bytes of an address or a class that are looked at, at most.
const NAME_MAX: usize = 512;

/// What a page says it is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Genre {
    pub(super) thread: f32,
    pub(super) manual: f32,
    pub(super) declared: f32,
}

impl Genre {
    /// The genre of a page.
    pub(crate) fn of(tree: &Tree, head: &Head<'_>, ld: &Ld, url: Option<&Url>) -> Self {
        let address = url.map(|url| format!("{} {}", url.host_str().unwrap_or(""), url.path()));
        let mut classes = String::new();
        let mut at = tree.first(ROOT);
        while at != NONE && !matches!(tree.tag(at), Tag::Div | Tag::P | Tag::Main) {
            if matches!(tree.tag(at), Tag::Html | Tag::Body) {
                for attr in [Attr::Class, Attr::Id] {
                    classes.push_str(tree.attr(at, attr).unwrap_or(""));
                    classes.push(' ');
                }
            }
            at = tree.following(at, ROOT);
        }
        let generator = head.meta(&["generator", "og:site_name"]);
        let sources = [address.as_deref(), Some(classes.as_str()), generator];
        let speaks = |words: &[&str]| {
            let sources = sources.into_iter().flatten();
            sources.filter(|source| has_word(source, words)).count() as f32
        };
        Self { thread: speaks(&THREAD), manual: speaks(&MANUAL), declared: declared(ld) }
    }

    /// Whether it is a thread, which is made of comments.
    pub(crate) fn is_thread(&self) -> bool {
        self.thread >= 1.0 || self.declared == 2.0
    }
}

fn has_word(text: &str, words: &[&str]) -> bool {
    let text = text.get(..text.floor_char_boundary(NAME_MAX)).unwrap_or("").to_ascii_lowercase();
    text.split(|char: char| !char.is_ascii_alphabetic()).any(|part| words.contains(&part))
}

fn declared(ld: &Ld) -> f32 {
    let mut found = 0;
    for object in ld.objects() {
        let kinds = match object.get("@type") {
            Some(serde_json::Value::String(kind)) => vec![kind.as_str()],
            Some(serde_json::Value::Array(kinds)) => kinds.iter().filter_map(|kind| kind.as_str()).collect(),
            _ => Vec::new(),
        };
        for kind in kinds {
            let is = |names: &[&str]| names.iter().any(|name| kind.eq_ignore_ascii_case(name));
            let rank = if is(&["DiscussionForumPosting", "QAPage", "Question"]) {
                2
            } else if kind.ends_with("Article")
                || kind.ends_with("Posting")
                || is(&["Report", "Review", "Recipe"])
            {
                1
            } else if is(&["Product", "ProductGroup"]) {
                3
            } else if is(&["ItemList", "CollectionPage", "SearchResultsPage"]) {
                4
            } else {
                5
            };
            // A thread may hold an article, a product a list; any other type says the least.
            let weight = |rank: i32| [0, 4, 5, 3, 2, 1][rank as usize];
            if weight(rank) > weight(found) {
                found = rank;
            }
        }
    }
    found as f32
}
