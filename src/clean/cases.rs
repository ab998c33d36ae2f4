//! Articles with their expected outcome, in `tests/cases/clean`.

use std::path::{Path, PathBuf};

use super::{Cleaned, Cleaner, Document, SiteMemory};
use crate::{
    extract::Block,
    yaml::{self, Decoder, Fields, Node, Problem},
};

/// What is to become of a block.
enum Wanted {
    Keep,
    Cut,
    Trim(String),
}

struct Case {
    document: Document,
    memory: SiteMemory,
    wanted: Vec<(Wanted, Option<String>)>,
    notes: Option<Vec<String>>,
    bylines: Option<Vec<String>>,
    fallback: bool,
}

fn read(file: &Path) -> Case {
    let text = std::fs::read_to_string(file).unwrap();
    let name = file.display().to_string();
    let mut decoder = Decoder::default();
    let root = yaml::parse(&name, &text).unwrap_or_else(|problems| panic!("{}", told(&problems)));
    let keys = ["site", "language", "title", "url", "blocks", "earlier", "notes", "bylines", "fallback"];
    let fields = decoder.fields(&root, &keys).unwrap();
    let text = |decoder: &mut Decoder, key: &str| {
        fields.get(key).and_then(|node| decoder.text(node)).map(str::to_owned)
    };
    let mut document = Document {
        id: Some("this".into()),
        site: text(&mut decoder, "site").unwrap_or_default(),
        language: text(&mut decoder, "language"),
        title: text(&mut decoder, "title"),
        url: text(&mut decoder, "url"),
        ..Document::default()
    };
    let mut wanted = Vec::new();
    let list = fields.required(&mut decoder, "blocks");
    for node in list.and_then(|node| decoder.sequence(node)).unwrap_or_default() {
        block(&mut decoder, node, &mut document, &mut wanted);
    }
    let mut memory = SiteMemory::default();
    let earlier = fields.get("earlier").and_then(|node| decoder.sequence(node)).unwrap_or_default();
    for (index, node) in earlier.iter().enumerate() {
        let texts = decoder.texts(node).unwrap_or_default();
        let blocks: Vec<Block> = texts.into_iter().map(|text| Block { text, ..Block::default() }).collect();
        memory.observe(&index.to_string(), &blocks);
    }
    let notes = fields.get("notes").and_then(|node| decoder.texts(node));
    let bylines = fields.get("bylines").and_then(|node| decoder.texts(node));
    let fallback = fields.get("fallback").and_then(|node| decoder.boolean(node)).unwrap_or(false);
    assert!(decoder.problems.is_empty(), "{}", told(&decoder.problems));
    Case { document, memory, wanted, notes, bylines, fallback }
}

fn block(
    decoder: &mut Decoder,
    node: &Node,
    document: &mut Document,
    wanted: &mut Vec<(Wanted, Option<String>)>,
) {
    let keys = ["keep", "cut", "trim", "to", "kind", "tag", "classes", "link_share", "hrefs"];
    let Some(fields) = decoder.fields(node, &keys) else { return };
    let text = |decoder: &mut Decoder, fields: &Fields<'_>, key: &str| {
        fields.get(key).and_then(|node| decoder.text(node)).map(str::to_owned)
    };
    let to = text(decoder, &fields, "to");
    let (outcome, content) =
        [("keep", Wanted::Keep), ("cut", Wanted::Cut), ("trim", Wanted::Trim(to.unwrap_or_default()))]
            .into_iter()
            .find_map(|(key, outcome)| text(decoder, &fields, key).map(|content| (outcome, content)))
            .unwrap_or_else(|| panic!("{}: neither `keep` nor `cut` nor `trim`", node.place));
    wanted.push((outcome, text(decoder, &fields, "kind")));
    let link_share = fields.get("link_share").and_then(|node| decoder.number(node, 0.0..=1.0)).unwrap_or(0.0);
    document.blocks.push(Block {
        tag: text(decoder, &fields, "tag").unwrap_or_else(|| "p".into()),
        text: content,
        classes: fields.get("classes").and_then(|node| decoder.texts(node)).unwrap_or_default(),
        hrefs: fields.get("hrefs").and_then(|node| decoder.texts(node)).unwrap_or_default(),
        link_share: link_share as f32,
        ..Block::default()
    });
}

fn told(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn check(name: &str, case: &Case, cleaned: &Cleaned) {
    assert_eq!(cleaned.decisions.len(), case.document.blocks.len(), "{name}");
    for (index, (wanted, kind)) in case.wanted.iter().enumerate() {
        let decision = &cleaned.decisions[index];
        let text = &case.document.blocks[index].text;
        let cut = cleaned.removed.iter().find(|removed| removed.position == index);
        let found = match (decision.removed, cut) {
            (true, _) => None,
            (false, Some(cut)) => {
                let (from, to) = cut.span.unwrap();
                assert_eq!(text.get(from..to), Some(cut.text.as_str()), "{name}: the span is the text");
                let (head, tail) = (text.split_at(from).0, text.split_at(to).1);
                Some(format!("{head}{tail}").trim().to_owned())
            }
            (false, None) => Some(text.clone()),
        };
        let expected = match wanted {
            Wanted::Keep => Some(text.clone()),
            Wanted::Cut => None,
            Wanted::Trim(to) => Some(to.clone()),
        };
        assert_eq!(found, expected, "{name}, block {index}: {text}\n{decision:#?}");
        if let Some(kind) = kind {
            assert_eq!(cut.map(|cut| &cut.kind), Some(kind), "{name}, block {index}: {text}\n{decision:#?}");
        }
    }
    if let Some(notes) = &case.notes {
        let found: Vec<&str> = cleaned.notes.iter().map(|note| note.text.as_str()).collect();
        assert_eq!(&found, notes, "{name}");
    }
    if let Some(bylines) = &case.bylines {
        assert_eq!(&cleaned.bylines, bylines, "{name}");
    }
    assert_eq!(cleaned.fallback, case.fallback, "{name}");
}

#[test]
fn cases_hold() {
    let cleaner = Cleaner::builtin();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/clean");
    let files = files(&folder);
    assert!(files.len() >= 5);
    for file in files {
        let case = read(&file);
        let cleaned = cleaner.clean(&case.document, &case.memory);
        check(&file.file_name().unwrap().to_string_lossy(), &case, &cleaned);
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.is_file()).collect();
    files.sort();
    files
}

/// `lines/*.yaml`: how sites word their boilerplate, and sentences that only look like it, each
/// tried alone amid the prose and below it.
#[test]
fn lines_hold_without_markup() {
    let cleaner = Cleaner::builtin();
    let files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/clean/lines"));
    assert!(files.len() >= 20);
    let mut wrong = Vec::new();
    for file in files {
        let name = file.display().to_string();
        let root = yaml::parse(&name, &std::fs::read_to_string(&file).unwrap()).unwrap();
        let mut decoder = Decoder::default();
        let fields = decoder.fields(&root, &["language", "prose", "cut", "keep"]).unwrap();
        let language = fields.get("language").and_then(|node| decoder.text(node)).map(str::to_owned);
        let mut texts = |key: &str| fields.get(key).and_then(|node| decoder.texts(node)).unwrap_or_default();
        let (prose, cut, keep) = (texts("prose"), texts("cut"), texts("keep"));
        assert!(decoder.problems.is_empty(), "{}", told(&decoder.problems));
        let lines = cut.iter().map(|line| (line, true)).chain(keep.iter().map(|line| (line, false)));
        for (line, wanted) in lines {
            for at in [2, prose.len()] {
                let mut blocks: Vec<Block> =
                    prose.iter().map(|text| Block { text: text.clone(), ..Block::default() }).collect();
                blocks.insert(at, Block { text: line.clone(), ..Block::default() });
                let document = Document { language: language.clone(), blocks, ..Document::default() };
                let cleaned = cleaner.clean(&document, &SiteMemory::default());
                if (cleaned.blocks.iter().all(|block| block.text != *line)) != wanted {
                    wrong.push(format!("{name}, at {at}: {line}: {:?}", cleaned.decisions[at]));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    /// Lines that boilerplate and prose are made of, so that rules meet at random.
    const PIECES: &[&str] = &[
        "Advertisement",
        "Read more: Bridge closed",
        "Related Articles",
        "Share this article",
        "(dpa)",
        "1/12",
        "The river rose again during the night, and by the morning the lower town stood under water.",
        "“We have lost all we had,” said the baker. Read more: What the flood has cost",
        "Sign up for our newsletter and get the day's stories in your inbox.",
        "Lesen Sie auch",
        "© Mara Lindqvist",
        "Please make a donation to help us continue our work.",
        "What comes next",
        "By Mara Lindqvist",
        "※",
        "続きを読む",
    ];

    fn block() -> impl Strategy<Value = Block> {
        let text = prop_oneof![
            4 => proptest::sample::select(PIECES).prop_map(str::to_owned),
            1 => proptest::collection::vec(proptest::sample::select(PIECES), 1..4).prop_map(|parts| parts.join(" ")),
            1 => any::<String>(),
        ];
        let classes = proptest::sample::select(vec![
            "",
            "p|div.article-body",
            "p|div.related-box|div.article-body",
            "figcaption|figure",
        ]);
        let tag = proptest::sample::select(vec!["p", "h2", "li", "figcaption", "button", ""]);
        (text, classes, tag, proptest::sample::select(vec![0.0f32, 0.5, 0.8, 1.0])).prop_map(
            |(text, classes, tag, link_share)| Block {
                text,
                tag: tag.into(),
                link_share,
                classes: classes.split('|').filter(|c| !c.is_empty()).map(str::to_owned).collect(),
                ..Block::default()
            },
        )
    }

    fn cleaner() -> &'static Cleaner {
        static CLEANER: std::sync::OnceLock<Cleaner> = std::sync::OnceLock::new();
        CLEANER.get_or_init(Cleaner::builtin)
    }

    proptest! {
        /// Whatever comes in: one decision per block, nothing lost, and cleaning again changes nothing.
        #[test]
        fn nothing_is_lost_and_once_is_enough(blocks in proptest::collection::vec(block(), 0..14)) {
            let document = Document { site: "example.org".into(), blocks, ..Document::default() };
            let none = SiteMemory::default();
            let cleaned = cleaner().clean(&document, &none);
            prop_assert_eq!(cleaned.decisions.len(), document.blocks.len());
            for (index, block) in document.blocks.iter().enumerate() {
                let mut bytes = vec![false; block.text.len()];
                for removed in cleaned.removed.iter().filter(|removed| removed.position == index) {
                    let (from, to) = removed.span.unwrap_or((0, block.text.len()));
                    prop_assert_eq!(block.text.get(from..to), Some(removed.text.as_str()));
                    bytes.iter_mut().take(to).skip(from).for_each(|byte| *byte = true);
                }
                let left: String = block.text.char_indices().filter(|(at, _)| !bytes[*at]).map(|(_, c)| c).collect();
                if cleaned.decisions[index].removed {
                    prop_assert_eq!(left.trim(), "");
                }
            }
            let again = cleaner().clean(&Document { blocks: cleaned.blocks.clone(), ..document }, &none);
            prop_assert_eq!(again.blocks, cleaned.blocks);
        }
    }
}
