//! The cost of `feed::parse` beside feed-rs alone, on well-formed feeds made here.
//!
//! `cargo bench --bench feed`: thread CPU time, the least of many passes, and the ratio. With
//! `-- --write DIR` the documents are written there instead, for measuring other parsers.

use copydesk::feed::{ParseOptions, parse};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Passes over each document; the least counts, since the machine is shared.
const PASSES: usize = 60;

const WORDS: &[&str] = &[
    "harbour",
    "council",
    "river",
    "the",
    "of",
    "a",
    "evening",
    "voted",
    "engineers",
    "bridge",
    "said",
    "café",
    "winter",
    "budget",
    "north",
    "and",
    "to",
    "in",
    "market",
    "doctors",
    "“quoted”",
    "report",
    "since",
    "village",
    "were",
    "new",
];

/// A reproducible stream of words.
struct Prose(fastrand::Rng);

impl Prose {
    fn words(&mut self, count: usize) -> String {
        let words: Vec<&str> = (0..count).map(|_| WORDS[self.0.usize(..WORDS.len())]).collect();
        words.join(" ")
    }

    /// Paragraphs as a content management system writes them.
    fn html(&mut self, paragraphs: usize) -> String {
        let mut html = String::new();
        for number in 0..paragraphs {
            let (before, link, after) = (self.words(40), self.words(3), self.words(30));
            html.push_str(&format!("<p class=\"body\">{before} <a href=\"https://news.example/{number}?a=1&amp;b=2\" rel=\"nofollow\">{link}</a> {after}.</p>\n"
            ));
            if number % 6 == 5 {
                let alt = self.words(5);
                html.push_str(&format!("<figure><img src=\"https://img.example/{number}.jpg\" alt=\"{alt}\" width=\"800\"><figcaption>{alt}</figcaption></figure>\n"
                ));
            }
        }
        html
    }
}

const RSS: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" \
    xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
    xmlns:media=\"http://search.yahoo.com/mrss/\">\n<channel><title>Bench</title><link>https://news.example/</link>\
    <description>Made here</description><language>en</language>\n";

fn full_text() -> String {
    let mut prose = Prose(fastrand::Rng::with_seed(1));
    let mut feed = RSS.to_owned();
    for number in 0..99 {
        let (title, summary, html) = (prose.words(9), prose.words(40), prose.html(16));
        feed.push_str(&format!("<item><title>{title}</title><link>https://news.example/{number}/</link><dc:creator><![CDATA[{}]]></dc:creator>\
             <pubDate>Tue, 03 Feb 2026 04:05:06 +0000</pubDate><category><![CDATA[City]]></category>\
             <guid isPermaLink=\"false\">https://news.example/?p={number}</guid>\
             <description><![CDATA[<p>{summary}</p>]]></description><content:encoded><![CDATA[{html}]]></content:encoded></item>\n",
            prose.words(2)
        ));
    }
    feed + "</channel></rss>\n"
}

fn headlines() -> String {
    let mut prose = Prose(fastrand::Rng::with_seed(2));
    let mut feed = RSS.to_owned();
    for number in 0..1122 {
        let (title, summary) = (prose.words(10), prose.words(55));
        feed.push_str(&format!("<item>\n<title>{title}</title>\n<link>https://news.example/world/{number}?a=1&amp;b=2</link>\n\
             <guid isPermaLink=\"true\">https://news.example/world/{number}</guid>\n\
             <description>{summary} &amp; &lt;b&gt;more&lt;/b&gt;</description>\n<pubDate>Tue, 03 Feb 2026 04:05:06 GMT</pubDate>\n\
             <media:thumbnail url=\"https://img.example/{number}.jpg\" width=\"240\" height=\"135\"/>\n\
             <media:content url=\"https://img.example/{number}-large.jpg\" medium=\"image\" type=\"image/jpeg\"/>\n</item>\n"
        ));
    }
    feed + "</channel></rss>\n"
}

fn atom() -> String {
    let mut prose = Prose(fastrand::Rng::with_seed(3));
    let mut feed = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Bench</title>\
        <id>urn:bench</id><updated>2026-02-03T04:05:06Z</updated><link href=\"https://news.example/\"/>\n"
        .to_owned();
    for number in 0..132 {
        let html = prose.html(12).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let (title, author) = (prose.words(9), prose.words(2));
        feed.push_str(&format!("<entry><title>{title}</title><id>urn:bench:{number}</id><link rel=\"alternate\" href=\"https://news.example/{number}\"/>\
             <published>2026-02-03T04:05:06Z</published><updated>2026-02-03T05:06:07+01:00</updated>\
             <author><name>{author}</name></author><category term=\"city\"/><content type=\"html\">{html}</content></entry>\n"
        ));
    }
    feed + "</feed>\n"
}

/// The least thread CPU time of `run` over many passes, milliseconds.
fn least(mut run: impl FnMut()) -> f64 {
    let now = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
    };
    (0..PASSES)
        .map(|_| {
            let start = now();
            run();
            now() - start
        })
        .fold(f64::INFINITY, f64::min)
}

fn main() {
    let documents = [("full text RSS", full_text()), ("headline RSS", headlines()), ("Atom", atom())];
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--write") {
        for (name, document) in &documents {
            let path = format!("{}/{}.xml", arguments[at + 1], name.replace(' ', "-").to_lowercase());
            std::fs::write(path, document).expect("the directory can be written to");
        }
        return;
    }
    let options =
        ParseOptions { base: url::Url::parse("https://news.example/feed").ok(), content_type: None };
    println!(
        "{:<16}{:>8}{:>9}{:>12}{:>12}{:>8}",
        "feed", "KB", "entries", "copydesk ms", "feed-rs ms", "ratio"
    );
    for (name, document) in &documents {
        let bytes = document.as_bytes();
        let entries = parse(bytes, &options).expect("a feed").entries.len();
        let ours = least(|| {
            std::hint::black_box(parse(std::hint::black_box(bytes), &options)).expect("a feed");
        });
        let theirs = least(|| {
            std::hint::black_box(feed_rs::parser::parse(std::hint::black_box(bytes))).expect("a feed");
        });
        println!(
            "{name:<16}{:>8}{entries:>9}{ours:>12.2}{theirs:>12.2}{:>8.2}",
            bytes.len() / 1024,
            ours / theirs
        );
    }
}
