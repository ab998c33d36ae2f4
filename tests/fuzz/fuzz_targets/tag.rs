//! Any text as an article.
#![no_main]

use std::sync::LazyLock;

use copydesk::tag::{Tagger, Tagging};
use libfuzzer_sys::fuzz_target;

static TAGGER: LazyLock<Tagger> = LazyLock::new(Tagger::builtin);

fuzz_target!(|text: &str| {
    let title = text.lines().next().unwrap_or_default();
    let tagged = TAGGER.tag(&Tagging { title, text, feed: "news", ..Tagging::default() });
    assert!(tagged.tags.iter().all(|tag| (0.0..=1.0).contains(&tag.score)), "{:?}", tagged.tags);
});
