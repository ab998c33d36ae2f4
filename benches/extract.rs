//! Cost of extraction and of cleaning beside the `trafilatura` crate, in CPU time of the thread, on the same pages
//! in one run.
//!
//! `cargo bench --bench extract -- [DIR]`, or `COPYDESK_PAGES=DIR`: all `.html` files of a directory; without
//! one, generated pages. Prints milliseconds a page, the best and the middle of the passes, and exits with 1
//! where parsing, metadata, extraction and cleaning together take more than a quarter of the reference.

use std::path::Path;
use std::process::ExitCode;

use copydesk::clean::{Cleaner, Document, RuleSet, SiteMemory};
use copydesk::extract::{self, Article, PageOptions};
use mimalloc::MiMalloc;
use rustix::time::{ClockId, clock_gettime};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Passes over all pages.
const PASSES: usize = 5;

fn cpu_ms() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e3 + now.tv_nsec as f64 / 1e6
}

/// A page as a news site sends it: navigation, scripts, an article, teasers, comments.
fn generated(seed: u64) -> String {
    let mut random = fastrand::Rng::with_seed(seed);
    let words =
        ["council", "harbour", "budget", "vote", "ferry", "quiet", "minister", "stone", "road", "school"];
    let mut sentence = |length: usize| {
        let mut text: Vec<&str> = (0..length).map(|_| words[random.usize(..words.len())]).collect();
        text.insert(length / 2, "and,");
        format!("The {}. ", text.join(" "))
    };
    let mut page =
        String::from("<!doctype html><html lang=en><head><title>A vote on the harbour | Example</title>");
    page.push_str("<script>var state = [];");
    for index in 0..800 {
        page.push_str(&format!("state.push({{id: {index}, on: function () {{ return {index} < 3; }}}});\n"));
    }
    page.push_str("</script></head><body><nav><ul>");
    for index in 0..120 {
        page.push_str(&format!(
            "<li class=\"nav-item depth-1\" data-index=\"{index}\"><a href=\"/section/{index}\" onclick=\"track('{index}')\">Section {index}</a></li>"
        ));
    }
    page.push_str("</ul></nav><main><article class=\"story\"><h1>A vote on the harbour</h1><div class=\"article-body\">");
    for _ in 0..30 {
        page.push_str(&format!(
            "<p class=\"text\">{}{}<a href=\"/x\">more</a> {}</p>",
            sentence(14),
            sentence(18),
            sentence(9)
        ));
    }
    page.push_str("</div></article><section class=\"related\">");
    for index in 0..150 {
        page.push_str(&format!(
            "<div class=\"teaser card\" data-id=\"{index}\" style=\"width: 33%\"><a href=\"/news/{index}\"><img src=\"/i/{index}.jpg\" srcset=\"/i/{index}-2.jpg 2x\" alt=\"\"><h3>{}</h3></a></div>",
            sentence(7)
        ));
    }
    page.push_str("</section></main></body></html>");
    page
}

fn pages(dir: Option<&Path>) -> Vec<String> {
    let Some(dir) = dir else { return (0..40).map(generated).collect() };
    let mut paths: Vec<_> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "html"))
        .collect();
    paths.sort();
    paths
        .iter()
        .filter_map(|path| Some(String::from_utf8_lossy(&std::fs::read(path).ok()?).into_owned()))
        .collect()
}

/// Best and middle pass, in milliseconds a page.
fn measure(pages: &[String], mut work: impl FnMut(&str)) -> (f64, f64) {
    let mut passes: Vec<f64> = (0..PASSES)
        .map(|_| {
            let start = cpu_ms();
            for page in pages {
                work(page);
            }
            (cpu_ms() - start) / pages.len() as f64
        })
        .collect();
    passes.sort_by(f64::total_cmp);
    (passes[0], passes[PASSES / 2])
}

/// An article as it goes to cleaning.
fn document(article: Article) -> Document {
    Document {
        site: article.site_name.unwrap_or_default(),
        language: article.language,
        title: article.title,
        url: article.url,
        blocks: article.blocks,
        ..Document::default()
    }
}

fn main() -> ExitCode {
    // Cargo adds `--bench`.
    let argument = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let dir = argument
        .or_else(|| std::env::vars().find(|(name, _)| name == "COPYDESK_PAGES").map(|(_, value)| value));
    let pages = pages(dir.as_deref().map(Path::new));
    if pages.is_empty() {
        eprintln!("no .html files there");
        return ExitCode::FAILURE;
    }
    let bytes: usize = pages.iter().map(String::len).sum();
    println!("{} pages, {:.1} KB each", pages.len(), bytes as f64 / 1e3 / pages.len() as f64);
    let options = PageOptions { content_type: Some("text/html; charset=utf-8"), ..PageOptions::default() };
    let mut sum = 0;
    let cleaner = match RuleSet::builtin(&[]) {
        Ok(rules) => Cleaner::new(&rules),
        Err(error) => {
            eprintln!("the built-in rules: {error:?}");
            return ExitCode::FAILURE;
        }
    };
    let memory = SiteMemory::default();
    let alone = measure(&pages, |page| sum += extract::page(page.as_bytes(), &options).blocks.len());
    let own = measure(&pages, |page| {
        let document = document(extract::page(page.as_bytes(), &options));
        sum += cleaner.clean(&document, &memory).blocks.len();
    });
    let reference = trafilatura::Options::default()
        .with_focus(trafilatura::ExtractionFocus::FavorPrecision)
        .with_fallback(true)
        .with_exclude_comments(true);
    let theirs = measure(&pages, |page| {
        sum += trafilatura::extract(page, &reference).map_or(0, |found| found.content_text.len());
    });
    println!("extraction   {:.3} ms a page (middle pass {:.3})", alone.0, alone.1);
    println!("and cleaning {:.3} ms a page (middle pass {:.3})", own.0, own.1);
    println!(
        "trafilatura  {:.3} ms a page (middle pass {:.3}), precision, with fallback",
        theirs.0, theirs.1
    );
    let share = own.0 / theirs.0;
    println!("share        {share:.3} (checksum {sum})");
    if share <= 0.25 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
