//! CPU time a paragraph costs to clean, by the number of rules.
//!
//! `cargo bench --bench clean` prints one line a rule set; the time has to stay flat from 10 to
//! 10,000 rules, and below 50 microseconds a paragraph.

use copydesk::{
    clean::{Cleaner, Document, RuleSet, SiteMemory},
    extract::Block,
};
use rustix::time::{ClockId, clock_gettime};

/// Articles that are cleaned for one figure.
const ARTICLES: usize = 300;
/// Paragraphs of each.
const PARAGRAPHS: usize = 30;
/// Highest cost of a paragraph in microseconds.
const LIMIT: f64 = 50.0;

const WORDS: &[&str] = &[
    "river", "wall", "harbour", "council", "storm", "bridge", "town", "night", "ferry", "market", "letter",
    "mayor", "engineer", "boat", "water", "stone", "winter", "money", "vote", "plan", "people", "street",
    "school", "bank", "the", "of", "and", "a", "in", "to", "on", "said", "that", "for", "with", "was", "has",
    "it", "they", "from",
];
const BOILERPLATE: &[&str] = &[
    "Read more: What the wall has cost",
    "Advertisement",
    "Sign up for our newsletter today.",
    "Share this article",
    "Photo: Mara Lindqvist",
    "Related Articles",
    "Follow us on Facebook and Instagram.",
    "© Bay Herald",
];

fn words(random: &mut fastrand::Rng, count: usize) -> String {
    let words: Vec<&str> = (0..count).map(|_| WORDS[random.usize(..WORDS.len())]).collect();
    words.join(" ")
}

fn article(random: &mut fastrand::Rng) -> Document {
    let blocks = (0..PARAGRAPHS)
        .map(|index| {
            let text = match random.usize(..5) {
                0 => BOILERPLATE[random.usize(..BOILERPLATE.len())].to_owned(),
                _ => {
                    let length = random.usize(20..70);
                    format!("{}. Then {}.", words(random, length), words(random, 12))
                }
            };
            Block {
                tag: "p".into(),
                text,
                classes: vec![format!("p.paragraph-{index}"), "div.article-body".into(), "main".into()],
                ..Block::default()
            }
        })
        .collect();
    Document { site: "example.org".into(), language: Some("en".into()), blocks, ..Document::default() }
}

/// `count` rules of mixed kinds that share words with the text, as a user's would.
fn rules(random: &mut fastrand::Rng, count: usize) -> String {
    let mut text = String::from("rules:\n");
    for index in 0..count {
        let key = ["line", "start", "any", "end"][index % 4];
        let gap = if index % 3 == 0 { " * " } else { " " };
        let phrase = format!("{}{gap}{} number {index}", words(random, 3), words(random, 2));
        text.push_str(&format!("  - {{id: r{index}, kind: promo, {key}: \"{phrase}\"}}\n"));
    }
    text
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn cost(cleaner: &Cleaner, articles: &[Document]) -> f64 {
    let memory = SiteMemory::default();
    let started = cpu_seconds();
    let kept: usize = articles.iter().map(|article| cleaner.clean(article, &memory).blocks.len()).sum();
    let spent = cpu_seconds() - started;
    assert!(kept > 0);
    spent * 1e6 / (articles.len() * PARAGRAPHS) as f64
}

fn main() {
    let mut random = fastrand::Rng::with_seed(7);
    let articles: Vec<Document> = (0..ARTICLES).map(|_| article(&mut random)).collect();
    let mut slowest = 0f64;
    let mut measure = |name: &str, set: &RuleSet| {
        let started = cpu_seconds();
        let cleaner = Cleaner::new(set);
        let build = (cpu_seconds() - started) * 1e3;
        cost(&cleaner, &articles[..20]);
        let cost = cost(&cleaner, &articles);
        slowest = slowest.max(cost);
        println!(
            "{name:<24} {:>6} rules  {cost:>6.1} us/paragraph  {build:>6.0} ms to build",
            set.rules.len()
        );
    };
    for count in [10, 100, 1_000, 10_000] {
        let set = RuleSet::read("bench.yaml", &rules(&mut random, count)).expect("the rules read");
        measure("user rules alone", &set);
    }
    let started = cpu_seconds();
    let builtin = RuleSet::builtin(&[]).expect("the packs read");
    println!("{:<24} {:>38.0} ms to read", "built-in packs", (cpu_seconds() - started) * 1e3);
    measure("built-in", &builtin);
    for count in [10, 10_000] {
        let mut set = builtin.clone();
        let own = RuleSet::read("bench.yaml", &rules(&mut random, count)).expect("the rules read");
        set.merge(own).expect("the ids differ");
        measure("built-in and user rules", &set);
    }
    if slowest > LIMIT {
        println!("above the limit of {LIMIT} us/paragraph");
        std::process::exit(1);
    }
}
