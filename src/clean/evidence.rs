//! Everything that speaks for or against removing one block.

use super::{
    cells,
    classes::Named,
    compiled::Compiled,
    kind::Kind,
    layout::{CHAIN_MAX, Layout, Line},
    rules::{Anchor, Position, Rule},
    weights::{
        ANY, CLASS, CONTAINER, COUNTER_LEFT, DEPTH, DOUBTFUL, END, HEADING_LEFT, LEAD_LEFT, LINE, LINK,
        LONG_PROSE, LONG_PROSE_LEFT, MADE_OF, OTHER_LANGUAGE, OTHER_LANGUAGE_LABEL, OTHER_LANGUAGE_WORD,
        OUTER_LEFT, OWN_RULE, START, TAG,
    },
};
use crate::site::is_within;

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
    /// It also stands in other articles of the site.
    Repeat,
    /// A rule of the user, or one for the site.
    Site,
    /// What stands around it.
    Context,
    /// The box it stands in.
    Box,
    /// It recurs in the article itself.
    Refrain,
    /// The learnt model of text.
    Model,
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
const SOURCES: usize = 15;
/// One piece of evidence.
#[derive(Clone, Debug)]
pub(super) struct Signal<'a> {
    pub rule: &'a str,
    /// Kind of boilerplate it speaks for, unless it is neutral.
    pub kind: Option<Kind>,
    pub source: Source,
    pub weight: f32,
}

impl<'a> Signal<'a> {
    pub(super) fn new(rule: &'a str, kind: impl Into<Option<Kind>>, source: Source, weight: f32) -> Self {
        Self { rule, kind: kind.into(), source, weight }
    }
}

/// Combines signals: the maximum within a source, noisy-or across sources, counter-evidence
/// subtracted.
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
    if of(Source::Site) >= OWN_RULE {
        against = 0.0;
    }
    let missing: f32 = strongest.iter().map(|weight| 1.0 - weight).product();
    (1.0 - missing + against).clamp(0.0, 1.0)
}

/// The strongest kind among the signals of a block.
pub(super) fn kind(signals: &[Signal<'_>]) -> Option<Kind> {
    signals
        .iter()
        .filter(|signal| signal.kind.is_some() && signal.weight > 0.0)
        .max_by(|a, b| a.weight.total_cmp(&b.weight))
        .and_then(|signal| signal.kind)
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
    phrases(compiled, layout, index, line, scope, out);
    for (depth, entry) in line.block.classes.iter().take(CHAIN_MAX).enumerate() {
        classes(compiled, layout, (index, line), (depth, entry), scope, out);
    }
    // The head of a collapsible section is a button inside a heading.
    let folds = line.block.classes.get(1).is_some_and(|parent| starts_heading(parent));
    for &rule in compiled.tags.get(line.block.tag.as_str()).map_or(&[][..], Vec::as_slice) {
        if let Some(rule) = compiled.rules.get(rule as usize)
            && !folds
            && scope.admits(rule, layout, index, line)
        {
            out.push(scope.signal(rule, line, Source::Tag, TAG));
        }
    }
    for &rule in &compiled.links {
        if let Some(rule) = compiled.rules.get(rule as usize)
            && line.words > 0
            && scope.admits(rule, layout, index, line)
        {
            out.push(scope.signal(rule, line, Source::Link, LINK));
        }
    }
}

/// What known phrases say about a line.
fn phrases<'a>(
    compiled: &'a Compiled,
    layout: &Layout<'_>,
    index: usize,
    line: &Line<'_>,
    scope: &Scope<'_>,
    out: &mut Vec<Signal<'a>>,
) {
    let known = &line.matches(&compiled.matcher).rules;
    let cell = !known.is_empty() && cells::is_cell(layout, index, line, &compiled.matcher);
    for found in known {
        let Some(rule) = compiled.rules.get(found.rule as usize) else { continue };
        let told = cell && !rule.user && rule.sites.is_empty() && rule.kind != Kind::Ad;
        if told || !scope.admits(rule, layout, index, line) {
            continue;
        }
        let (source, default) = match found.anchor {
            Some(Anchor::Line) => (Source::Line, LINE),
            Some(Anchor::Start) => (Source::Cue, START),
            Some(Anchor::End) => (Source::Inside, END),
            Some(Anchor::Any) => (Source::Inside, ANY),
            None => (Source::Line, MADE_OF),
        };
        out.push(scope.signal(rule, line, source, default));
    }
}

/// What the class names of a block or of an ancestor say about it.
fn classes<'a>(
    compiled: &'a Compiled,
    layout: &Layout<'_>,
    (index, line): (usize, &Line<'_>),
    (depth, entry): (usize, &String),
    scope: &Scope<'_>,
    out: &mut Vec<Signal<'a>>,
) {
    let named = scope.named.rules(&compiled.classes, entry);
    if named.is_empty() {
        return;
    }
    let factor = trust(layout, index, line, depth, entry);
    for &rule in named.iter() {
        if let Some(rule) = compiled.rules.get(rule as usize)
            && scope.admits(rule, layout, index, line)
        {
            let mut signal = scope.signal(rule, line, Source::Class, CLASS);
            if signal.source == Source::Class {
                signal.weight *= factor;
                if is_doubtful(rule.kind, layout, index, line, depth, entry) {
                    signal.weight *= DOUBTFUL;
                }
            }
            out.push(signal);
        }
    }
}

/// How much a class name at some distance is to be trusted, 0 to 1.
fn trust(layout: &Layout<'_>, index: usize, line: &Line<'_>, depth: usize, entry: &str) -> f32 {
    let mut factor = DEPTH.get(depth).copied().unwrap_or(0.0);
    if layout.is_container(entry) {
        factor *= CONTAINER;
    }
    if line.prose() && line.weight > LONG_PROSE {
        factor *= LONG_PROSE_LEFT;
    }
    // A class further out names the box, and boxes contain articles too.
    if line.prose() && depth >= 2 {
        factor *= OUTER_LEFT;
    }
    // A lead is called a teaser even when it stands in the text.
    if line.prose() && depth == 0 && layout.in_main(line) {
        factor *= LEAD_LEFT;
    }
    if heads_prose(layout, index, line) {
        factor *= HEADING_LEFT;
    }
    factor
}

/// Whether it is a heading without a link above a paragraph: one word in its class does not condemn
/// it.
fn heads_prose(layout: &Layout<'_>, index: usize, line: &Line<'_>) -> bool {
    let below = layout.lines.get(index + 1);
    let parent = |line: &Line<'_>| line.block.classes.get(1).cloned();
    line.heading
        && line.link < 0.5
        && below.is_some_and(|below| below.prose() && parent(below) == parent(line))
}

/// Whether the class names of a kind are also given to parts of the article like this one.
fn is_doubtful(
    kind: Kind,
    layout: &Layout<'_>,
    index: usize,
    line: &Line<'_>,
    depth: usize,
    entry: &str,
) -> bool {
    // The lead of an article is called its teaser as well.
    let lead = || layout.is_lead(index) && layout.blocks_in(entry) <= 3;
    match kind {
        Kind::Related | Kind::Teaser => lead(),
        // A lead may stand in the box of the first picture.
        Kind::Caption => depth > 0 && line.stopped && lead(),
        // The text itself names who is quoted.
        Kind::Credit | Kind::Byline => line.block.classes.iter().take(3).any(|entry| {
            let entry = entry.to_lowercase();
            entry.contains("quote") || entry.contains("zitat")
        }),
        // Heads of sections are called so, and so are the kickers above heads.
        Kind::Ui => line.heading && line.link < 0.5,
        _ => false,
    }
}

/// The article's site and language, which decide about the rules that hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'d> {
    pub site: &'d str,
    /// Language code of two letters, empty if unknown.
    pub language: &'d str,
    /// Only whole lines and site rules count (the fallback).
    pub strict: bool,
    /// Rules by class chain entry, as far as they were looked up.
    pub named: &'d Named,
}

impl Scope<'_> {
    fn admits(&self, rule: &Rule, layout: &Layout<'_>, index: usize, line: &Line<'_>) -> bool {
        line.chars <= rule.max_chars
            && line.link >= rule.link_share
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

    fn signal<'a>(&self, rule: &'a Rule, line: &Line<'_>, source: Source, default: f32) -> Signal<'a> {
        let own = rule.user || !rule.sites.is_empty();
        let mut weight = rule.weight.unwrap_or(if own { 1.0 } else { default });
        let foreign = rule.language.as_deref().is_some_and(|language| {
            let known = language == "en" || self.language.is_empty() || language == self.language;
            // Words in another script are in its languages, whatever the article's language is.
            !known && (is_of(language, self.language) || !is_written_in(language, &line.block.text))
        });
        if foreign && !own {
            let label = rule.kind == Kind::Ad && matches!(source, Source::Line | Source::Cue);
            weight *= match line.words {
                _ if label => OTHER_LANGUAGE_LABEL,
                // A single word may be spelt the same in another language and mean something else.
                1 => OTHER_LANGUAGE_WORD,
                _ => OTHER_LANGUAGE,
            };
        }
        Signal::new(&rule.id, rule.kind, if own { Source::Site } else { source }, weight)
    }
}

/// Letters of the script that a language is written in; `None` for languages in Latin letters.
fn letters(language: &str) -> Option<std::ops::RangeInclusive<char>> {
    match language {
        "ru" | "uk" | "bg" => Some('\u{400}'..='\u{52f}'),
        "ar" => Some('\u{600}'..='\u{6ff}'),
        "el" => Some('\u{370}'..='\u{3ff}'),
        "hi" => Some('\u{900}'..='\u{97f}'),
        "th" => Some('\u{e00}'..='\u{e7f}'),
        "ko" => Some('\u{ac00}'..='\u{d7af}'),
        "ja" | "zh" => Some('\u{3040}'..='\u{9fff}'),
        _ => None,
    }
}

/// Whether both languages are written in the same script.
fn is_of(one: &str, other: &str) -> bool {
    letters(one) == letters(other)
}

/// Whether the text has letters of the language's own script.
fn is_written_in(language: &str, text: &str) -> bool {
    letters(language).is_some_and(|letters| text.chars().any(|c| letters.contains(&c)))
}

fn starts_heading(entry: &str) -> bool {
    let tag = entry.split(['.', '#']).next().unwrap_or_default();
    matches!(tag, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}
