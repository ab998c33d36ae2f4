//! `copydesk clean`.

use std::{
    collections::HashMap,
    io::Write,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{
    Exit, Failure, Outcome,
    compare::{Style, Tally},
    folder::{self, Form},
    input::{WINDOW_MAX, article_id, document, read_lines},
};
use crate::{
    clean::{Alike, Cleaned, Cleaner, Decision, Document, Removed, RuleSet, SiteMemory, judge},
    language::{self, Language},
    tag::{Tag, TagRules, Tagger, Tagging},
};

/// Clean articles given as NDJSON.
///
/// One object per line: `id`, `site`, and `blocks`, `html` or `text`; also `language`, `title`,
/// `url`. The answers come in the same order.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Articles, or `-` for standard input; or a folder of .html, .txt, .ndjson and .jsonl files, whose names are
    /// then the ids of pages and texts.
    #[arg(default_value = "-", value_name = "FILE|FOLDER")]
    file: PathBuf,
    /// Do not look for repetition across the documents of a site; answers then come line by line.
    #[arg(long)]
    no_memory: bool,
    /// Rules to add; repeatable.
    #[arg(long, value_name = "FILE")]
    rules: Vec<PathBuf>,
    /// Tagging rules to add to those of the configuration; repeatable.
    #[arg(long, value_name = "FILE")]
    tags: Vec<PathBuf>,
    /// Print what would change with the rules of FILE added, instead of the articles: for each article what would
    /// be cut or restored and by which rule, and for a folder the counts at the end.
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    /// Print the differences as JSON, one object per article, and the counts as the last one.
    #[arg(long, requires = "compare")]
    json: bool,
    /// Print what `train/judge` learns from, instead of the articles: of each block the buckets and the features;
    /// with `alike` in the input, a pair of numbers a block, the features only.
    #[arg(long, hide = true, conflicts_with = "compare")]
    features: bool,
    /// Exit with 3 if anything would change.
    #[arg(long, requires = "compare")]
    exit_code: bool,
}

#[derive(Serialize)]
struct Output<'a> {
    id: &'a serde_json::Value,
    decisions: &'a [Decision],
    text: String,
    tags: Vec<Tag>,
    language: String,
    removed: &'a [Removed],
    notes: &'a [crate::clean::Note],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    bylines: &'a [String],
    fallback: bool,
}

pub(super) fn execute(config: &Path, args: &Args) -> Outcome {
    if args.features {
        return features(&args.file);
    }
    let mut set = builtin()?;
    for file in &args.rules {
        merge(&mut set, file)?;
    }
    let cleaner = Cleaner::new(&set);
    let compared = match &args.compare {
        Some(file) => {
            merge(&mut set, file)?;
            Some(Cleaner::new(&set))
        }
        None => None,
    };
    let mut cleaning = Cleaning {
        cleaner,
        compared,
        tagger: Tagger::new(&tag_rules(config, &args.tags)?),
        memories: (!args.no_memory).then(HashMap::new),
        waiting: Vec::new(),
        out: std::io::BufWriter::new(std::io::stdout().lock()),
        tally: Tally::default(),
        style: match (args.json, args.file.is_dir()) {
            (true, _) => Style::Json,
            (false, true) => Style::Text,
            (false, false) => Style::Lines,
        },
        bad: false,
    };
    if args.file.is_dir() {
        cleaning.folder(&args.file)?;
    } else {
        cleaning.lines(&args.file, None)?;
    }
    cleaning.flush()?;
    if cleaning.compared.is_some() {
        cleaning.tally.finish(cleaning.style, &mut cleaning.out)?;
    }
    cleaning.out.flush()?;
    Ok(match (cleaning.bad, args.exit_code && cleaning.tally.changed > 0) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::Findings,
        (false, false) => Exit::Done,
    })
}

/// The tagging rules of the configuration, if there is one, and of further files.
fn tag_rules(config: &Path, files: &[PathBuf]) -> Result<TagRules, Failure> {
    let mut config =
        if config.exists() { super::check::load(config)?.config } else { crate::config::Config::default() };
    config.tags.files.extend(files.iter().cloned());
    super::check::tag_rules(&config).map_err(|problems| super::check::failure(&problems))
}

/// Prints what the trainer needs of every article.
fn features(file: &Path) -> Outcome {
    #[derive(Default, serde::Deserialize)]
    struct Input {
        alike: Option<Vec<(f32, f32)>>,
    }
    #[derive(Serialize)]
    struct Answer<'a> {
        id: &'a serde_json::Value,
        blocks: Vec<judge::Explained>,
    }
    let bad = |error: &dyn std::fmt::Display| Failure::new(Exit::Failed, error.to_string());
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    writeln!(out, "{}", serde_json::json!({ "names": judge::feature_names() }))?;
    read_lines(file, |number, line, _| {
        let (id, document) = document(line).map_err(|error| bad(&format_args!("line {number}: {error}")))?;
        let known = serde_json::from_str::<Input>(line).unwrap_or_default().alike;
        let alike: Vec<Alike> =
            known.iter().flatten().map(|&(text, markup)| Alike { text, markup }).collect();
        let mut blocks = judge::explain(&document, &alike);
        if known.is_some() {
            blocks.iter_mut().for_each(judge::Explained::forget_buckets);
        }
        serde_json::to_writer(&mut out, &Answer { id: &id, blocks }).map_err(|error| bad(&error))?;
        Ok(out.write_all(b"\n")?)
    })?;
    out.flush()?;
    Ok(Exit::Done)
}

/// The built-in rules.
pub(super) fn builtin() -> Result<RuleSet, Failure> {
    RuleSet::builtin(&[]).map_err(|problems| Failure::new(Exit::Config, lines(&problems)))
}

/// Adds the rules of a file.
pub(super) fn merge(set: &mut RuleSet, file: &Path) -> Result<(), Failure> {
    let bytes = super::read_input(file, 64 << 20)?;
    let name = file.display().to_string();
    let text = String::from_utf8(bytes)
        .map_err(|error| Failure::new(Exit::Config, format!("{name}: not UTF-8: {error}")))?;
    RuleSet::read(&name, &text)
        .and_then(|rules| set.merge(rules))
        .map_err(|problems| Failure::new(Exit::Config, lines(&problems)))
}

fn lines(problems: &[crate::yaml::Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// A run over the input: documents wait until the whole of their window has been read.
struct Cleaning<W: Write> {
    cleaner: Cleaner,
    compared: Option<Cleaner>,
    tagger: Tagger,
    /// By site; `None` if repetition is off.
    memories: Option<HashMap<String, SiteMemory>>,
    waiting: Vec<(serde_json::Value, Document)>,
    tally: Tally,
    style: Style,
    out: W,
    bad: bool,
}

impl<W: Write> Cleaning<W> {
    /// The articles of an NDJSON file. In a folder, the file's name is part of what tells them apart.
    fn lines(&mut self, file: &Path, name: Option<&str>) -> Result<(), Failure> {
        read_lines(file, |number, line, last| {
            match document(line) {
                Ok((id, document)) => {
                    let article = article_id(&id, number);
                    let article = name.map_or(article.clone(), |name| format!("{name}: {article}"));
                    let id = if name.is_some() { article.clone().into() } else { id };
                    self.take(id, article, document);
                }
                Err(error) => {
                    let name = name.map(|name| format!("{name}: ")).unwrap_or_default();
                    eprintln!("{name}line {number}: {error}");
                    self.bad = true;
                }
            }
            if self.memories.is_none() || last { self.flush() } else { Ok(()) }
        })
    }

    /// The articles of a folder. Pages and texts wait together up to a window, as lines do.
    fn folder(&mut self, folder: &Path) -> Result<(), Failure> {
        let files = folder::files(folder)?;
        let bar = super::bar("files");
        bar.set_length(files.len() as u64);
        let mut window = 0;
        for (path, form) in files {
            let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
            if form == Form::Lines {
                self.lines(&path, Some(&name))?;
            } else {
                match folder::document(&path, form) {
                    Ok(document) => {
                        window += document.blocks.iter().map(|block| block.text.len()).sum::<usize>();
                        self.take(name.clone().into(), name, document);
                    }
                    Err(failure) => {
                        eprintln!("{failure}");
                        self.bad = true;
                    }
                }
            }
            if window >= WINDOW_MAX || self.memories.is_none() {
                self.flush()?;
                window = 0;
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(())
    }

    fn take(&mut self, id: serde_json::Value, article: String, mut document: Document) {
        if let Some(memories) = &mut self.memories {
            memories.entry(document.site.clone()).or_default().observe(&article, &document.blocks);
        }
        document.id = Some(article);
        self.waiting.push((id, document));
    }

    fn flush(&mut self) -> Result<(), Failure> {
        let none = SiteMemory::default();
        for (id, mut document) in std::mem::take(&mut self.waiting) {
            let title = document.title.as_deref().unwrap_or_default();
            let paragraphs = document.blocks.iter().map(|block| block.text.as_str());
            let language = language::detect(title, paragraphs, document.language.as_deref());
            document.language = language.known().map(str::to_owned);
            let memory = self.memories.as_ref().and_then(|all| all.get(&document.site)).unwrap_or(&none);
            let cleaned = self.cleaner.clean(&document, memory);
            match &self.compared {
                Some(compared) => {
                    let other = compared.clean(&document, memory);
                    self.tally.take(&id, &document, &cleaned, &other, self.style, &mut self.out)?;
                }
                None => self.answer(&id, &document, &language, &cleaned)?,
            }
        }
        Ok(self.out.flush()?)
    }

    fn answer(
        &mut self,
        id: &serde_json::Value,
        document: &Document,
        language: &Language,
        cleaned: &Cleaned,
    ) -> Result<(), Failure> {
        let text = cleaned.blocks.iter().map(|block| block.text.as_str()).collect::<Vec<_>>().join("\n\n");
        let tagged = self.tagger.tag(&Tagging {
            title: document.title.as_deref().unwrap_or_default(),
            text: &text,
            url: document.url.as_deref(),
            language: Some(language),
            ..Tagging::default()
        });
        self.print(&Output {
            id,
            decisions: &cleaned.decisions,
            tags: tagged.tags,
            language: tagged.language.code,
            removed: &cleaned.removed,
            notes: &cleaned.notes,
            bylines: &cleaned.bylines,
            fallback: cleaned.fallback,
            text,
        })
    }

    fn print(&mut self, answer: &impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer(&mut self.out, answer)
            .map_err(|error| Failure::new(Exit::Failed, format!("standard output: {error}")))?;
        Ok(self.out.write_all(b"\n")?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = r#"
rules:
  - id: own/tide
    kind: promo
    start: ["the tide today"]
"#;

    fn compare(folder: &Path, style: Style) -> (String, usize) {
        let mut set = builtin().unwrap();
        let cleaner = Cleaner::new(&set);
        set.merge(RuleSet::read("own.yaml", RULES).unwrap()).unwrap();
        let mut cleaning = Cleaning {
            cleaner,
            compared: Some(Cleaner::new(&set)),
            tagger: Tagger::builtin(),
            memories: Some(HashMap::new()),
            waiting: Vec::new(),
            tally: Tally::default(),
            style,
            out: Vec::new(),
            bad: false,
        };
        cleaning.folder(folder).unwrap();
        cleaning.flush().unwrap();
        cleaning.tally.finish(style, &mut cleaning.out).unwrap();
        assert!(!cleaning.bad);
        (String::from_utf8(cleaning.out).unwrap(), cleaning.tally.changed)
    }

    #[test]
    fn a_folder_is_compared_article_by_article() {
        let prose =
            "The wall held for eleven days, and then the second of the three gates gave way to the sea.";
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, content: String| std::fs::write(folder.path().join(name), content).unwrap();
        file("a.txt", format!("{prose}\n\nThe tide today: high at noon.\n\n{prose} Nobody was hurt."));
        file("b.txt", format!("{prose}\n\n{prose} Nobody was hurt."));
        let line = serde_json::json!({"id": "x", "site": "bay.example", "text": format!("{prose}\n\nThe tide today is low.")});
        file("c.ndjson", format!("{line}\n"));
        let paragraphs = format!("<p>{prose}</p>").repeat(6);
        file(
            "d.html",
            format!("<html><body><article><h1>A wall</h1>{paragraphs}<p>The tide today</p></article>"),
        );
        file("e.json", "not an article".into());
        file(".hidden.txt", "The tide today".into());

        let (told, changed) = compare(folder.path(), Style::Json);
        let lines: Vec<serde_json::Value> =
            told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let ids: Vec<_> = lines.iter().filter_map(|line| line["id"].as_str()).collect();
        assert_eq!(ids, ["a.txt", "c.ndjson: \"x\"", "d.html"], "{told}");
        assert_eq!(lines[0]["changes"][0]["rule"], "own/tide");
        let counts = lines.last().unwrap();
        assert_eq!(
            (&counts["articles"], &counts["changed"], &counts["cut"]),
            (&4.into(), &3.into(), &3.into())
        );
        assert_eq!(changed, 3);

        let (told, _) = compare(folder.path(), Style::Text);
        assert!(
            told.starts_with("a.txt\n  - The tide today: high at noon.\n    cut by own/tide\n"),
            "{told}"
        );
        assert!(told.contains("own/tide: 3 newly cut, 0 restored"), "{told}");
    }

    #[test]
    fn a_folder_without_articles_is_a_mistake() {
        let folder = tempfile::tempdir().unwrap();
        assert!(folder::files(folder.path()).is_err());
    }
}
