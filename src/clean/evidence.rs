//! Everything that speaks for or against one block.

use super::{
    Compiled, byline,
    layout::{CHAIN_MAX, Layout, Line},
    rules::{Anchor, Position, Rule},
};

/// Where evidence comes from. Within one source the strongest counts; sources that agree add up
/// as independent ones (noisy-or).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// The whole line is a known phrase.
    Line,
    /// A known phrase at the start, at the end or inside.
    Cue,
    /// The element.
    Tag,
    /// Class names of the element and its ancestors.
    Class,
    /// How much of it is link.
    Link,
    /// What the line looks like.
    Shape,
    /// It stands in other articles of the site.
    Repeat,
    /// A rule of the user or for the site.
    Site,
    /// What stands around it.
    Context,
    /// Evidence against.
    Counter,
}

/// Number of sources.
const SOURCES: usize = 10;

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
        } else if let Some(slot) = strongest.get_mut(signal.source as usize) {
            *slot = slot.max(signal.weight.min(1.0));
        }
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
    for found in compiled.matcher.matches(&line.text) {
        let Some(rule) = compiled.rules.get(found.rule as usize) else { continue };
        if !scope.admits(rule, layout, index, line) {
            continue;
        }
        let (source, default) = match found.anchor {
            Some(Anchor::Line) => (Source::Line, LINE),
            Some(Anchor::Start) => (Source::Cue, START),
            Some(Anchor::End) => (Source::Cue, END),
            Some(Anchor::Any) => (Source::Cue, ANY),
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
    for &rule in compiled.tags.get(line.block.tag.as_str()).map_or(&[][..], Vec::as_slice) {
        if let Some(rule) = compiled.rules.get(rule as usize)
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
}

impl Scope<'_> {
    fn admits(&self, rule: &Rule, layout: &Layout<'_>, index: usize, line: &Line<'_>) -> bool {
        line.chars <= rule.max_chars
            && line.block.link_share >= rule.link_share
            && (rule.sites.is_empty() || rule.sites.iter().any(|site| is_within(self.site, site)))
            && !(rule.open && line.stopped)
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

/// Elements and looks that speak for furniture without any word.
pub(super) fn shape(layout: &Layout<'_>, index: usize, line: &Line<'_>, out: &mut Vec<Signal<'_>>) {
    let block = line.block;
    let link = block.link_share;
    let mut add = |rule, kind, source, weight| out.push(Signal::new(rule, kind, source, weight));
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
    if line.capitals > 0.85 && line.words >= 6 && !line.stopped && !line.heading && line.chars < 200 {
        add("shape/capitals", "related", Source::Shape, if link > 0.5 || layout.plain { 0.6 } else { 0.3 });
    }
    if line.weight < 70 && !line.stopped && !line.heading {
        add("shape/short", "", Source::Shape, 0.15);
    }
    if layout.is_head(index) && line.chars <= 80 && !line.stopped && byline::is_byline(&line.block.text) {
        add("shape/byline", "byline", Source::Line, 0.85);
    }
    if let Some(title) = &layout.title
        && line.words >= 4
        && !line.prose()
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
    let mut add = |rule, weight| out.push(Signal::new(rule, "", Source::Counter, weight));
    if line.quoted && line.weight > 60 && line.stopped {
        add("counter/quote", -0.4);
    }
    if line.weight > 60 && compiled.reporting.is_match(&line.block.text, &line.text) {
        add("counter/reporting", -0.35);
    }
    if line.weight > 260 && line.stopped {
        add("counter/prose", -0.15);
    }
    let parent = line.block.classes.get(1).map(String::as_str);
    if parent.is_some() && parent == layout.main && line.prose() && line.block.tag == "p" {
        add("counter/main", -0.1);
    }
    if line.heading && line.block.link_share < 0.5 && parent.is_some() && parent == layout.main {
        add("counter/heading", -0.2);
    }
}
