//! Pages made to break extraction: each has to give a result on a small stack, in bounded time.

use rustix::time::{ClockId, clock_gettime};

use super::*;

/// CPU seconds a page may take in the test profile, which is optimised less than a release.
const SECONDS: f64 = 2.0;

fn cpu() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}

/// Extracts on a thread with 2 MB of stack; returns the article and the CPU seconds.
fn on_small_stack(body: Vec<u8>) -> (Article, f64) {
    let work = move || {
        let start = cpu();
        let article = page(&body, &PageOptions::default());
        fragment(&String::from_utf8_lossy(&body[..body.len().min(1 << 20)]), None);
        (article, cpu() - start)
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap()
}

const TEXT: &str = "<p>The council met on Tuesday, and the vote on the new harbour was put off again, for the third time.</p>";

/// Pages by what is wrong with them.
fn pages() -> Vec<(&'static str, String)> {
    let article = TEXT.repeat(8);
    let attributes: String = (0..100_000).map(|n| format!(" a{n}=\"{n}\"")).collect();
    let same: String = " class=x".repeat(100_000);
    let classes = format!("<div class=\"{}\">", "article comment related ".repeat(50_000));
    let fonts: String = (0..20_000).map(|n| format!("<font id={n}><p>")).collect();
    let json = format!("<script type=\"application/ld+json\">{}</script>", "[".repeat(100_000));
    let ld = format!(
        "<script type=\"application/ld+json\">[{}1]</script>",
        "{\"@type\":\"NewsArticle\",\"author\":{\"@id\":\"x\"}},".repeat(20_000)
    );
    vec![
        ("nested div", "<div>".repeat(60_000)),
        ("nested and closed", format!("{}{article}{}", "<div>".repeat(30_000), "</div>".repeat(30_000))),
        ("nested quotes", format!("{}{article}", "<blockquote>".repeat(20_000))),
        ("nested tables", "<table><tr><td>".repeat(20_000)),
        ("nested spans", format!("{}{article}", "<span>".repeat(50_000))),
        ("nested links", "<a href=x>a".repeat(100_000)),
        ("bold paragraphs", "<b><p>".repeat(50_000)),
        ("formatting", fonts),
        ("misnested", "<b><i></b><p></i>x".repeat(50_000)),
        ("foster", format!("<table>{}", "x<b>".repeat(50_000))),
        ("siblings", "<p>a".repeat(100_000)),
        ("siblings with text", TEXT.repeat(20_000)),
        ("list of links", "<li><a href=/a>Some words here</a>".repeat(100_000)),
        ("attributes", format!("<div{attributes}>{article}")),
        ("same attribute", format!("<div{same}>{article}")),
        ("long class", format!("{}{article}", classes.repeat(12))),
        ("long word", format!("<p>{}", "a".repeat(20_000_000))),
        ("20 MB of text", TEXT.repeat(200_000)),
        ("20 MB of empty tags", "<div></div>".repeat(2_000_000)),
        ("open script", format!("{article}<script>{}", "<!--<script>".repeat(100_000))),
        ("open comments", "<!--".repeat(500_000)),
        ("open brackets", "<".repeat(3_000_000)),
        ("open svg", "<svg><div>".repeat(200_000)),
        ("open tags", "<a b='".repeat(300_000)),
        ("references", "&a".repeat(2_000_000)),
        ("NUL", "\0".repeat(3_000_000)),
        ("breaks", "a<br>".repeat(500_000)),
        ("deep JSON", format!("{json}{article}")),
        ("wide JSON", format!("{ld}{article}")),
        ("headings", "<h1>The vote on the harbour</h1>".repeat(50_000)),
        ("dates", "<time class=date>1. Januar 2020</time> ".repeat(50_000)),
        ("bylines", "<span class=author>By Ann Lee</span>".repeat(50_000)),
        ("end tags", "</p></b></br>".repeat(300_000)),
        ("templates", "<template>".repeat(100_000)),
        ("selects", "<select><option>x".repeat(50_000)),
        ("frames", "<frameset>".repeat(100_000)),
        ("titles", "<title>a</title>".repeat(100_000)),
        ("images", "<figure><img src=a srcset='a 1x, b 2x'>".repeat(50_000)),
        ("300 KB of nested div", "<div>".repeat(60_000)),
        ("nested formatting", "<b><i><u><s>".repeat(25_000)),
        ("nested formatting in paragraphs", "<b><p><i><p>".repeat(25_000)),
        ("1 MB of links", "<a>".repeat(350_000)),
        ("foster parents", "<table><a>x<tr><b>y<td><i>z</table>".repeat(20_000)),
        ("nested foster parents", "<table><div>x<b>".repeat(20_000)),
    ]
}

#[test]
fn hostile_pages_end() {
    let mut slow = Vec::new();
    for (name, body) in pages() {
        let (_, seconds) = on_small_stack(body.into_bytes());
        if seconds > SECONDS {
            slow.push(format!("{name}: {seconds:.2} s"));
        }
    }
    assert!(slow.is_empty(), "{slow:?}");
}

/// What is bounded is counted, not timed: steps, memory, depth and pieces. What follows the parse is linear in the
/// pieces and their depth.
#[test]
fn hostile_pages_cost_counted_work() {
    for (name, body) in pages() {
        let tree = tokenizer::parse(&decode::page(body.as_bytes(), None), false);
        let (cost, length) = (tree.cost, body.len());
        // The last tag may exceed the limit by what one tag costs.
        assert!(cost.work <= tokenizer::WORK_MAX + 1_000_000, "{name}: {cost:?}");
        assert!(cost.bytes <= tokenizer::TREE_MAX + 1_000_000, "{name}: {cost:?}");
        let pieces = walk::pieces(&tree);
        assert!(pieces.all.len() <= walk::BLOCKS_MAX + 1, "{name}: {} pieces", pieces.all.len());
        assert!(pieces.text.len() <= length * 2 + 64, "{name}: {} bytes of text", pieces.text.len());
        let deepest = pieces.all.iter().map(|piece| usize::from(piece.depth)).max().unwrap_or(0);
        assert!(deepest <= tokenizer::DEPTH_MAX + 8, "{name}: {deepest} levels");
    }
}

#[test]
fn the_article_survives_depth() {
    let body = format!("<title>Harbour vote</title>{}{}", "<div>".repeat(5_000), TEXT.repeat(8));
    let (article, _) = on_small_stack(body.into_bytes());
    assert!(article.text().contains("put off again"), "{article:?}");
    assert_eq!(article.verdict, Verdict::Truncated);
}
