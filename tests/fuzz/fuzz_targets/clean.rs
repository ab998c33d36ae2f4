//! Any lines as the paragraphs of an article, twice, so that the second meets the memory of the first.
#![no_main]

use std::sync::LazyLock;

use copydesk::{
    clean::{Cleaner, Document, SiteMemory},
    extract::Block,
};
use libfuzzer_sys::fuzz_target;

static CLEANER: LazyLock<Cleaner> = LazyLock::new(Cleaner::builtin);

fuzz_target!(|text: &str| {
    let tags = ["p", "li", "h2", "figcaption"];
    let blocks: Vec<Block> = text
        .lines()
        .zip(tags.iter().cycle())
        .map(|(text, tag)| Block { tag: (*tag).to_owned(), text: text.to_owned(), ..Block::default() })
        .collect();
    let count = blocks.len();
    let document = Document { site: "news.example".into(), blocks, ..Document::default() };
    let mut memory = SiteMemory::default();
    memory.observe("another", &document.blocks);
    let cleaned = CLEANER.clean(&document, &memory);
    assert_eq!(cleaned.decisions.len(), count, "a decision for each block");
});
