use std::{fs, path::Path};

use proptest::prelude::*;

use super::{fingerprint::LINK, *};
use crate::yaml::{self, Decoder};

/// Every file of `tests/cases/story` is one run of articles.
#[test]
fn cases_of_the_folder() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/story");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    assert!(files.len() >= 3);
    let mut wrong = Vec::new();
    for path in files {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let root = yaml::parse(&file, &fs::read_to_string(&path).unwrap()).unwrap();
        let mut decoder = Decoder::default();
        let list = decoder.fields(&root, &["articles"]).and_then(|fields| fields.get("articles")).unwrap();
        let mut stories = Stories::default();
        for node in decoder.sequence(list).unwrap() {
            let fields = decoder.fields(node, &["name", "story", "title", "text"]).unwrap();
            let mut text = |key| fields.get(key).and_then(|node| decoder.text(node)).unwrap();
            let (name, expected) = (text("name"), text("story"));
            let story = stories.assign(name, text("title"), text("text"), 0);
            if story.id != expected || story.first != (name == expected) {
                wrong.push(format!("{}: {name}: {story:?}, not the story of {expected}", node.place));
            }
        }
        assert_eq!(decoder.problems, []);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Words that no other seed has, so that texts of two seeds are unrelated.
fn text(seed: u64, words: usize) -> String {
    let mut rng = fastrand::Rng::with_seed(seed);
    let word =
        |rng: &mut fastrand::Rng| -> String { (0..rng.usize(3..9)).map(|_| rng.lowercase()).collect() };
    (0..words).map(|_| word(&mut rng)).collect::<Vec<_>>().join(" ")
}

#[test]
fn an_article_stays_in_its_story() {
    let mut stories = Stories::default();
    let first = stories.assign("a", "", &text(1, 200), 0);
    assert_eq!((first.id.as_str(), first.first, first.similarity), ("a", true, 1.0));
    let copy = stories.assign("b", "", &text(1, 160), 0);
    assert_eq!((copy.id.as_str(), copy.first), ("a", false));
    assert!(copy.similarity > 0.5 && copy.similarity < 1.0);
    assert_eq!(stories.assign("b", "", &text(1, 160), 0), copy);
    // A revision that shares nothing with the first stays, and is found by its new text.
    assert_eq!(stories.assign("b", "", &text(2, 200), 0).id, "a");
    assert_eq!(stories.assign("c", "", &text(2, 180), 0).id, "a");
    assert_eq!(stories.assign("a", "", "", 0).id, "a");
    assert_eq!(stories.len(), 3);
}

#[test]
fn the_oldest_is_forgotten_and_what_is_kept_comes_back() {
    let mut stories = Stories::new(3, WINDOW);
    for seed in 0..5 {
        let story = stories.assign(&format!("article-{seed}"), "", &text(seed, 100), 0);
        assert!(story.first);
    }
    assert_eq!(stories.len(), 3);
    assert!(stories.fingerprint("article-1").is_none());
    assert_eq!(stories.assign("copy", "", &text(4, 100), 0).id, "article-4");
    assert!(stories.assign("another", "", &text(0, 100), 0).first);

    let kept = Fingerprint::of("", &text(9, 100));
    let mut restored = Stories::default();
    restored.restore("old", "older", kept, 0);
    restored.restore("bare", "bare", None, 0);
    let story = restored.assign("new", "", &text(9, 100), 0);
    assert_eq!((story.id.as_str(), story.first, story.similarity), ("older", false, 1.0));
    assert_eq!(restored.assign("old", "", &text(3, 100), 0).id, "older");
    // What is known stays.
    restored.restore("old", "moved", kept, 0);
    assert_eq!(restored.assign("old", "", &text(9, 100), 0).id, "older");
    assert!(restored.assign("bare", "", &text(9, 100), 0).first);
}

#[test]
fn chains_hold_under_churn() {
    // Every slot is reused many times and copies come and go: what is remembered is found.
    let mut stories = Stories::new(16, WINDOW);
    for round in 0..200u64 {
        let seed = round % 7;
        let id = format!("article-{round}");
        stories.assign(&id, "", &text(seed, 80), 0);
        let story = stories.assign(&format!("copy-{round}"), "", &text(seed, 80), 0);
        let original = stories.slots.iter().any(|slot| *slot.article == *id);
        assert!(original && story.similarity == 1.0, "{round}: {story:?}");
    }
    assert_eq!((stories.len(), stories.articles.len()), (16, 16));
}

#[test]
fn edits_are_recognised_and_strangers_are_not() {
    let mut strangers: f32 = 0.0;
    for seed in 0..60 {
        let whole = text(seed, 300);
        let words: Vec<&str> = whole.split(' ').collect();
        let stranger = text(seed + 1000, 300);
        let foreign: Vec<&str> = stranger.split(' ').collect();
        let changed: Vec<&str> =
            words.iter().enumerate().map(|(i, word)| if i % 10 == 3 { foreign[i] } else { word }).collect();
        let wrapped: Vec<&str> = foreign[..50].iter().chain(&words).chain(&foreign[250..]).copied().collect();
        let both: Vec<&str> =
            foreign[..50].iter().chain(&words[..180]).chain(&foreign[250..]).copied().collect();
        let shuffled = [&words[200..], &words[..80], &words[100..150]].concat();
        let print = |words: &[&str]| Fingerprint::of("", &words.join(" ")).unwrap();
        let original = print(&words);
        for (name, edit) in [
            ("trimmed", &words[..180]),
            ("changed", &changed),
            ("wrapped", &wrapped),
            ("trimmed and wrapped", &both),
            ("shuffled", &shuffled),
        ] {
            let similarity = print(edit).similarity(&original);
            assert!(similarity >= LINK, "{seed} {name}: {similarity}");
        }
        strangers = strangers.max(print(&foreign).similarity(&original));
    }
    assert!(strangers < LINK / 2.0, "{strangers}");
}

#[test]
fn a_fingerprint_is_fixed_and_survives_the_ledger() {
    let print = Fingerprint::of("Title", &text(1, 100)).unwrap();
    let json = serde_json::to_string(&print).unwrap();
    // No facts, as in fingerprints of versions without them.
    assert_eq!(json.len(), 88);
    assert_eq!(serde_json::from_str::<Fingerprint>(&json).unwrap(), print);
    for bad in ["\"\"", "\"AAAA\"", "\"!\"", "3", &format!("\"{}\"", "A".repeat(90))] {
        assert!(serde_json::from_str::<Fingerprint>(bad).is_err(), "{bad}");
    }
    // Kept fingerprints are compared with new ones: the hash must never change.
    let fixed: String = (1..=60).map(|number| format!("word{number} ")).collect();
    let json = serde_json::to_string(&Fingerprint::of("", &fixed)).unwrap();
    assert_eq!(
        json,
        "\"ksdy6qNHVqLwYppyeEEo3yVAyl8Vb6kG7rIQhNaeMXJ0Nbt2WSRHvDciZByM\
         cq9ThOH68XLQGEwXzlkBhCLo60x9RgKAIgQQ0ZxrAkcgGLc\""
    );
    assert_eq!(serde_json::from_str::<Fingerprint>(&json).unwrap(), Fingerprint::of("", &fixed).unwrap());
    assert!(Fingerprint::of("", &text(1, 47)).is_none());
}

proptest! {
    #[test]
    fn any_text_has_at_most_a_fingerprint(title in "\\PC{0,60}", text in "\\PC{0,600}") {
        if let Some(print) = Fingerprint::of(&title, &text) {
            prop_assert_eq!(print.similarity(&print), 1.0);
        }
        let mut stories = Stories::new(2, WINDOW);
        let story = stories.assign("a", &title, &text, 0);
        prop_assert!(story.first && stories.assign("a", &title, &text, 0) == story);
    }
}
