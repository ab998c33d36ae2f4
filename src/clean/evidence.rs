//! Everything that speaks for or against one block.

use std::{cell::RefCell, collections::HashMap};

use super::{
    Compiled, byline,
    layout::{CHAIN_MAX, Layout, Line},
    matcher::Match,
    normal::hash,
    rules::{Anchor, Position, Rule},
};

/// Where evidence comes from. Within one source the strongest counts; sources that agree add up
/// as independent ones (noisy-or).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// The whole line is a known phrase.
    Line,
    /// A known phrase at the start.
    Cue,
    /// A known phrase at the end or inside; counts with those at the start.
    Inside,
    /// The element.
    Tag,
    /// Class names of the element and its ancestors.
    Class,
    /// How much of it is link.
    Link,
    /// Where its links lead.
    Href,
    /// What the line looks like.
    Shape,
    /// It stands in other articles of the site.
    Repeat,
    /// A rule of the user or for the site.
    Site,
    /// What stands around it.
    Context,
    /// The box it stands in.
    Box,
    /// It comes again and again in the article itself.
    Refrain,
    /// Evidence against.
    Counter,
}

impl Source {
    fn slot(self) -> usize {
        match self {
            Self::Inside => Self::Cue as usize,
            other => other as usize,
        }
    }
}

/// Number of sources.
const SOURCES: usize = 14;
/// Share of the counter-evidence that is left where markup or a whole known line speaks: captions
/// and teasers are written in sentences too.
const COUNTER_LEFT: f32 = 0.25;

/// One piece of evidence.
#[derive(Clone, Debug)]
pub(super) struct Signal<'a> {
    pub rule: &'a str,
    /// Kind of furniture it speaks for; empty for what is neutral.
    pub kind: &'a str,
    pub source: Source,
    pub weight: f32,
}

impl<'a> Signal<'a> {
    pub(super) fn new(rule: &'a str, kind: &'a str, source: Source, weight: f32) -> Self {
        Self { rule, kind, source, weight }
    }
}

/// Weights of class names by their distance from the block.
const DEPTH: [f32; CHAIN_MAX] = [1.0, 0.97, 0.88, 0.7];

/// Rules of another language than the article's hold this much.
const OTHER_LANGUAGE: f32 = 0.7;

/// Default weights by anchor.
const LINE: f32 = 0.98;
const START: f32 = 0.86;
const END: f32 = 0.82;
const ANY: f32 = 0.8;
const MADE_OF: f32 = 0.9;
const CLASS: f32 = 0.86;
const TAG: f32 = 0.85;

/// Combines signals: max inside a source, noisy-or across, counter-evidence taken off.
pub(super) fn score(signals: &[Signal<'_>]) -> f32 {
    let mut strongest = [0f32; SOURCES];
    let mut against = 0f32;
    for signal in signals {
        if signal.weight < 0.0 {
            against += signal.weight;
        } else if let Some(slot) = strongest.get_mut(signal.source.slot()) {
            *slot = slot.max(signal.weight.min(1.0));
        }
    }
    let of = |source: Source| strongest.get(source.slot()).copied().unwrap_or(0.0);
    let structural = of(Source::Class) >= 0.8 || of(Source::Tag) >= 0.8 || of(Source::Line) >= 0.9;
    if structural || strongest.iter().filter(|weight| **weight >= 0.7).count() >= 2 {
        against *= COUNTER_LEFT;
    }
    let missing: f32 = strongest.iter().map(|weight| 1.0 - weight).product();
    (1.0 - missing + against).clamp(0.0, 1.0)
}

/// What rules of any kind say about a line.
pub(super) fn rules<'a>(
    compiled: &'a Compiled,
    layout: &Layout<'_>,
    index: usize,
    line: &Line<'_>,
    scope: &Scope<'_>,
    out: &mut Vec<Signal<'a>>,
) {
    for found in scope.matches(compiled, &line.text) {
        let Some(rule) = compiled.rules.get(found.rule as usize) else { continue };
        if !scope.admits(rule, layout, index, line) {
            continue;
        }
        let (source, default) = match found.anchor {
            Some(Anchor::Line) => (Source::Line, LINE),
            Some(Anchor::Start) => (Source::Cue, START),
            Some(Anchor::End) => (Source::Inside, END),
            Some(Anchor::Any) => (Source::Inside, ANY),
            None => (Source::Line, MADE_OF),
        };
        out.push(scope.signal(rule, source, default));
    }
    for (depth, entry) in line.block.classes.iter().take(CHAIN_MAX).enumerate() {
        let mut factor = DEPTH.get(depth).copied().unwrap_or(0.0);
        if layout.is_container(entry) {
            factor *= 0.1;
        }
        if line.prose() && line.weight > 300 {
            factor *= 0.8;
        }
        // A class further out names the box, and boxes hold articles too.
        if line.prose() && depth >= 2 {
            factor *= 0.75;
        }
        // A lead is called a teaser where it stands in the text as well.
        if line.prose() && depth == 0 && in_main(layout, line) {
            factor *= 0.6;
        }
        compiled.classes.find(entry, |rule| {
            if let Some(rule) = compiled.rules.get(rule as usize)
                && scope.admits(rule, layout, index, line)
            {
                let mut signal = scope.signal(rule, Source::Class, CLASS);
                if signal.source == Source::Class {
                    signal.weight *= factor;
                }
                out.push(signal);
            }
        });
    }
    // The head of a fold-out section is a button inside a heading.
    let folds = line.block.classes.get(1).is_some_and(|parent| starts_heading(parent));
    for &rule in compiled.tags.get(line.block.tag.as_str()).map_or(&[][..], Vec::as_slice) {
        if let Some(rule) = compiled.rules.get(rule as usize)
            && !folds
            && scope.admits(rule, layout, index, line)
        {
            out.push(scope.signal(rule, Source::Tag, TAG));
        }
    }
    for &rule in &compiled.links {
        if let Some(rule) = compiled.rules.get(rule as usize)
            && line.words > 0
            && scope.admits(rule, layout, index, line)
        {
            out.push(scope.signal(rule, Source::Link, 0.8));
        }
    }
}

/// The article's site and language, which decide about the rules that hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'d> {
    pub site: &'d str,
    /// Two letters, empty where unknown.
    pub language: &'d str,
    /// Only whole lines and site rules count (the fallback).
    pub strict: bool,
    /// What was found in lines already: the rounds look at most of them again.
    pub seen: &'d Seen,
}

/// Matches by the hash of the line.
pub(super) type Seen = RefCell<HashMap<u64, Vec<Match>>>;

impl Scope<'_> {
    fn matches(&self, compiled: &Compiled, line: &str) -> Vec<Match> {
        let key = hash(line);
        if let Some(known) = self.seen.borrow().get(&key) {
            return known.clone();
        }
        let found = compiled.matcher.matches(line);
        self.seen.borrow_mut().insert(key, found.clone());
        found
    }

    fn admits(&self, rule: &Rule, layout: &Layout<'_>, index: usize, line: &Line<'_>) -> bool {
        line.chars <= rule.max_chars
            && line.block.link_share >= rule.link_share
            && (rule.sites.is_empty() || rule.sites.iter().any(|site| is_within(self.site, site)))
            && (!rule.open || !line.stopped || line.text.ends_with('?'))
            && match rule.position {
                Position::Anywhere => true,
                Position::Head => layout.is_head(index),
                Position::Tail => layout.is_tail(index),
                Position::Edge => layout.is_head(index) || layout.is_tail(index),
                Position::Last => index + 3 >= layout.lines.len(),
            }
    }

    fn signal<'a>(&self, rule: &'a Rule, source: Source, default: f32) -> Signal<'a> {
        let own = rule.user || !rule.sites.is_empty();
        let mut weight = rule.weight.unwrap_or(if own { 1.0 } else { default });
        let foreign = rule.language.as_deref().is_some_and(|language| {
            language != "en" && !self.language.is_empty() && language != self.language
        });
        if foreign && !own {
            weight *= OTHER_LANGUAGE;
        }
        Signal::new(&rule.id, &rule.kind, if own { Source::Site } else { source }, weight)
    }
}

/// `news.example.com` is within `example.com`.
fn is_within(site: &str, domain: &str) -> bool {
    site.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Stands where most of the prose stands.
fn in_main(layout: &Layout<'_>, line: &Line<'_>) -> bool {
    let parent = line.block.classes.get(1).map(String::as_str);
    parent.is_some() && parent == layout.main
}

/// Words of addresses that tell what a link is for.
const TARGETS: &[(&str, &[&str])] = &[
    (
        "social",
        &[
            "facebook.com/sharer",
            "facebook.com/share",
            "twitter.com/intent",
            "twitter.com/share",
            "x.com/intent",
            "t.me/share",
            "wa.me/",
            "whatsapp://",
            "api.whatsapp",
            "linkedin.com/share",
            "pinterest.com/pin/create",
            "reddit.com/submit",
            "mailto:?",
            "whatsapp.com/channel",
            "news.google.com/publications",
        ],
    ),
    ("newsletter", &["newsletter", "/signup", "/sign-up", "mailchi.mp", "list-manage"]),
    (
        "support",
        &[
            "/donate",
            "/donation",
            "/subscribe",
            "/subscription",
            "/membership",
            "/spenden",
            "/abo/",
            "/abonn",
            "/suscri",
            "/assine",
            "patreon.com",
            "ko-fi.com",
            "paypal.com",
        ],
    ),
    (
        "tags",
        &[
            "/tag/",
            "/tags/",
            "/topic/",
            "/topics/",
            "/thema/",
            "/themen/",
            "/tema/",
            "/temas/",
            "/keyword/",
            "/tagged/",
            "/etiqueta",
            "/schlagwort/",
            "/category/",
            "/categoria/",
            "/kategorie/",
        ],
    ),
    (
        "byline",
        &[
            "/author/",
            "/authors/",
            "/autor/",
            "/autoren/",
            "/auteur/",
            "/autore/",
            "/profile/",
            "/staff/",
            "/journalist/",
            "/people/",
        ],
    ),
    ("app", &["apps.apple.com", "itunes.apple.com", "play.google.com/store"]),
];

/// What the links of a short line lead to, where all of them lead to the like.
fn targets(line: &Line<'_>) -> Option<(&'static str, f32)> {
    let hrefs = &line.block.hrefs;
    if hrefs.is_empty() || hrefs.len() > 30 || line.weight > 220 || line.block.link_share < 0.3 {
        return None;
    }
    let lower: Vec<String> =
        hrefs.iter().map(|href| href.chars().take(300).collect::<String>().to_lowercase()).collect();
    let idle = |href: &String| href == "#" || href.starts_with("javascript:") || href.is_empty();
    if lower.iter().all(idle) {
        return Some(("ui", 0.6));
    }
    let (kind, _) = TARGETS
        .iter()
        .find(|(_, words)| lower.iter().all(|href| words.iter().any(|word| href.contains(word))))?;
    let sentence = line.stopped && line.words > 8;
    let weight = match *kind {
        _ if line.block.link_share < 0.6 && sentence => 0.4,
        "social" | "app" => 0.8,
        "tags" | "byline" if line.block.link_share < 0.8 => 0.3,
        _ => 0.65,
    };
    Some((*kind, weight))
}

/// First words of sub-heads in capitals.
const ASKING: &[&str] =
    &["how", "what", "why", "who", "when", "where", "which", "is", "are", "the", "step", "part"];

/// Elements and looks that speak for furniture without any word.
pub(super) fn shape(layout: &Layout<'_>, index: usize, line: &Line<'_>, out: &mut Vec<Signal<'_>>) {
    let block = line.block;
    let link = block.link_share;
    let mut add = |rule, kind, source, weight| out.push(Signal::new(rule, kind, source, weight));
    if line.text == "0"
        && !layout.plain
        && !line.heading
        && !matches!(block.tag.as_str(), "td" | "th" | "li" | "dd" | "dt")
    {
        add("shape/number", "ui", Source::Line, 0.78);
    }
    if index + 4 >= layout.lines.len() && is_initials(&block.text) {
        add("shape/initials", "byline", Source::Line, 0.85);
    }
    let quote = block.classes.iter().any(|entry| entry.to_lowercase().contains("quote"));
    let figcaption = block.classes.iter().skip(1).take(2).position(|entry| entry.starts_with("figcaption"));
    // "Ana Pop, engineer" below what she said.
    let attribution = !line.stopped
        && line.words <= 10
        && index.checked_sub(1).and_then(|above| layout.lines.get(above)).is_some_and(|above| {
            above.quoted
                || above.block.tag == "blockquote"
                || above.block.classes.iter().any(|entry| entry.starts_with("blockquote"))
                || above.block.classes.iter().skip(1).any(|entry| {
                    entry.starts_with("figure") && above.stopped && block.classes.contains(entry)
                })
        });
    if let (Some(depth), false) = (figcaption, quote || attribution) {
        add("shape/figcaption", "caption", Source::Tag, if depth == 0 { 0.84 } else { 0.78 });
    }
    if line.words <= 14 && !line.stopped && !layout.plain && has_date(&block.text) {
        add("shape/date", "byline", Source::Cue, 0.45);
    }
    let refrain = layout.times(line);
    if refrain >= 3 && line.words >= 3 {
        add("shape/refrain", "", Source::Refrain, if line.words >= 5 { 0.6 } else { 0.3 });
    }
    if line.words == 0 && !line.text.contains('©') && line.chars > 0 {
        add("shape/separator", "separator", Source::Line, 0.9);
        return;
    }
    if link >= 0.97 && line.words > 0 {
        // A whole sentence that is one link is more often an editor's emphasis than a teaser.
        let weight = if line.stopped && !line.text.ends_with('?') && line.words >= 6 { 0.5 } else { 0.8 };
        add("shape/link-only", "related", Source::Link, weight);
    } else if link > 0.75 && line.weight < 220 {
        add("shape/link-mostly", "related", Source::Link, if line.stopped { 0.45 } else { 0.72 });
    } else if link > 0.5 && line.weight < 180 && !line.stopped {
        add("shape/link-half", "related", Source::Link, 0.4);
    }
    if let Some((kind, weight)) = targets(line) {
        add("shape/href", kind, Source::Href, weight);
    }
    let inside = |tags: &[&str]| {
        block.classes.iter().skip(1).take(2).any(|entry| {
            tags.contains(&entry.split(['.', '#']).next().unwrap_or_default()) && !layout.is_container(entry)
        })
    };
    if inside(&["form", "nav", "menu"]) {
        add("shape/form", "ui", Source::Tag, 0.8);
    } else if inside(&["footer"]) && !quote {
        add("shape/footer", "ui", Source::Tag, 0.6);
    }
    let main = block.classes.get(1).map(String::as_str);
    if let (Some(parent), Some(main)) = (main, layout.main)
        && parent != main
        && !layout.is_container(parent)
        && layout.lines.len() >= 6
    {
        let weight = if line.prose() { 0.1 } else { 0.25 };
        add("shape/apart", "", Source::Shape, weight);
    }
    if block.classes.iter().take(3).any(|entry| entry.starts_with("aside") && !layout.is_container(entry)) {
        add("shape/aside", "teaser", Source::Tag, if line.prose() { 0.3 } else { 0.5 });
    }
    let asks = line.text.split(' ').next().is_some_and(|word| ASKING.contains(&word));
    if line.capitals > 0.85 && !asks && line.words >= 6 && !line.stopped && !line.heading && line.chars < 200
    {
        add(
            "shape/capitals",
            "related",
            Source::Shape,
            match (layout.plain && layout.english, line.words) {
                (true, 7..) => 0.82,
                (true, _) => 0.6,
                _ if link > 0.5 => 0.6,
                _ => 0.3,
            },
        );
    }
    if line.weight < 70 && !line.stopped && !line.heading {
        add("shape/short", "", Source::Shape, 0.15);
    }
    if layout.is_head(index) && line.chars <= 80 && !line.stopped && byline::is_byline(&line.block.text) {
        add("shape/byline", "byline", Source::Line, 0.85);
    }
    if let Some(title) = &layout.title
        && line.words >= 4
        && (!line.stopped || line.heading)
        && (*title == line.text || (line.words >= 5 && title.starts_with(line.text.as_str())))
        && index < 6
    {
        add("shape/title", "title", Source::Line, 0.95);
    } else if block.tag == "h1" && index < 6 && !layout.plain {
        add("shape/headline", "title", Source::Tag, 0.9);
    }
}

/// What speaks against removal.
pub(super) fn counter<'a>(
    compiled: &Compiled,
    layout: &Layout<'_>,
    line: &Line<'_>,
    out: &mut Vec<Signal<'a>>,
) {
    let known: Vec<&str> = out
        .iter()
        .filter(|signal| signal.weight >= 0.7 && signal.source != Source::Inside)
        .map(|signal| signal.kind)
        .collect();
    let mut add = |rule, weight| out.push(Signal::new(rule, "", Source::Counter, weight));
    if line.quoted && line.weight > 60 && line.stopped {
        add("counter/quote", -0.4);
    }
    if line.weight > 60 && compiled.reporting.is_match(&line.block.text, &line.text) {
        add("counter/reporting", -0.35);
    }
    let wordy =
        |kind: &str| matches!(kind, "consent" | "newsletter" | "support" | "disclaimer" | "bio" | "paywall");
    if line.weight > 260 && line.stopped && !known.iter().any(|kind| wordy(kind)) {
        // A phrase inside a long paragraph is a phrase of that paragraph.
        add("counter/prose", if known.is_empty() { -0.25 } else { -0.15 });
    }
    if in_main(layout, line) && line.prose() && line.block.tag == "p" {
        add("counter/main", -0.1);
    }
    if line.heading && line.block.link_share < 0.5 && in_main(layout, line) {
        add("counter/heading", -0.2);
    }
}

fn starts_heading(entry: &str) -> bool {
    let tag = entry.split(['.', '#']).next().unwrap_or_default();
    matches!(tag, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}

/// Holds a date in figures: `18.07.2024`, `2024-07-18`, `7/18/2024`.
fn has_date(text: &str) -> bool {
    text.split(|c: char| c.is_whitespace() || c == ',').any(|word| {
        let parts: Vec<&str> = word.trim_matches(['(', ')', '|', '.']).split(['.', '/', '-']).collect();
        parts.len() == 3
            && parts
                .iter()
                .all(|part| matches!(part.len(), 1 | 2 | 4) && part.bytes().all(|b| b.is_ascii_digit()))
            && parts.iter().filter(|part| part.len() == 4).count() <= 1
    })
}

/// `(dmk)`, `(mal/dpa)`: how German and Nordic desks sign.
fn is_initials(text: &str) -> bool {
    text.trim().strip_prefix(['(', '[']).and_then(|text| text.strip_suffix([')', ']'])).is_some_and(|inner| {
        (2..=14).contains(&inner.chars().count())
            && inner.split('/').all(|part| (2..=5).contains(&part.chars().count()))
            && inner.chars().all(|c| c.is_lowercase() || c == '/')
    })
}
