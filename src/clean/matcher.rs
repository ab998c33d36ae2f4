//! All phrases of all rules in one automaton.
//!
//! The cost is proportional to the length of the block and the number of literals found in it, not
//! to the number of rules: one pass finds the literals, and a phrase is tried only where its rarest
//! segment was found.

use std::{collections::HashMap, ops::Range};

use super::{
    lists::Lists,
    literals::{Found, Literals, Quick},
    made_of::WordLists,
    normal::{is_unspaced, is_word},
    rules::{Anchor, Literal, Phrase, Rule},
};

#[derive(Debug)]
struct Pattern {
    rule: u32,
    /// Whether it stops its rule instead of making it match.
    veto: bool,
    anchor: Anchor,
    /// Gap before it, segment.
    segments: Vec<(u8, u32)>,
}

/// A pattern by its key, with what cheaply shows that it cannot match.
#[derive(Clone, Copy, Debug)]
struct Keyed {
    pattern: u32,
    /// Longest block in characters.
    max_chars: u32,
    /// Whether the key has to stand at the start, or at the end.
    starts: bool,
    ends: bool,
}

impl Keyed {
    /// Whether the key may stand at this place in a line of `chars` characters.
    fn may_hold(&self, found: &Found, bounds: Bounds, chars: usize) -> bool {
        chars <= self.max_chars as usize
            && (!self.starts || found.start <= bounds.first)
            && (!self.ends || found.end >= bounds.last)
    }
}

#[derive(Clone, Copy, Debug)]
struct Use {
    open_start: bool,
    open_end: bool,
    segment: u32,
}

impl Use {
    /// Whether a literal between these boundaries is this one.
    fn fits(self, (starts, ends): (bool, bool)) -> bool {
        (starts || self.open_start) && (ends || self.open_end)
    }
}

#[derive(Clone, Copy, Debug)]
struct Hit {
    segment: u32,
    start: u32,
    end: u32,
}

/// A rule that matches a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Match {
    /// Index of the rule.
    pub rule: u32,
    /// How its phrase stands; `None` for a line made of certain words.
    pub anchor: Option<Anchor>,
}

/// What matches a line.
#[derive(Debug, Default)]
pub(super) struct Matches {
    pub rules: Vec<Match>,
    /// The literals found, for matching parts of the line.
    literals: Vec<Found>,
}

/// The lexical part of a rule set, compiled.
#[derive(Debug)]
pub(super) struct Matcher {
    literals: Literals,
    /// By literal.
    uses: Lists<Use>,
    /// By literal: the uses that are the key of a pattern.
    keys: Lists<Use>,
    /// By segment: the patterns tried when it is found.
    keyed: Lists<Keyed>,
    patterns: Vec<Pattern>,
    made_of: WordLists,
}

impl Matcher {
    pub(super) fn new(rules: &[Rule]) -> Self {
        let mut builder = Builder::default();
        for (index, rule) in rules.iter().enumerate() {
            for phrase in &rule.phrases {
                builder.pattern(index as u32, rule, phrase, false);
            }
            for phrase in &rule.unless {
                builder.pattern(index as u32, rule, phrase, true);
            }
            builder.made_of.add(index as u32, rule);
        }
        builder.build()
    }

    /// The rules that match a normalised line, each with its strongest anchor first. `chars` is the
    /// length of the block: phrases of rules for shorter blocks are not tried.
    pub(super) fn matches(&self, line: &str, chars: usize) -> Matches {
        let literals = self.literals.find(line);
        Matches { rules: self.rules(line, 0..line.len(), &literals, chars), literals }
    }

    /// Whether any rule may match a part of a line, whatever its length in characters.
    pub(super) fn may_hold(&self, line: &str, part: Range<usize>, matches: &Matches) -> bool {
        let within = |found: &&Found| found.start as usize >= part.start && found.end as usize <= part.end;
        let literals: Vec<Found> = matches.literals.iter().filter(within).copied().collect();
        !self.rules(line, part, &literals, 0).is_empty()
    }

    fn rules(&self, line: &str, part: Range<usize>, literals: &[Found], chars: usize) -> Vec<Match> {
        let mut found: Vec<Match> = Vec::new();
        let Some(text) = line.get(part.clone()) else { return found };
        let Some(bounds) = Bounds::of(text, part.start as u32) else { return found };
        let candidates = self.candidates(literals, bounds, chars);
        let mut vetoed: Vec<u32> = Vec::new();
        if !candidates.is_empty() {
            let hits = self.hits(literals, &candidates);
            for pattern in candidates.iter().filter_map(|index| self.patterns.get(*index as usize)) {
                if holds(pattern, &hits, line, bounds) {
                    if pattern.veto {
                        vetoed.push(pattern.rule);
                    } else {
                        found.push(Match { rule: pattern.rule, anchor: Some(pattern.anchor) });
                    }
                }
            }
        }
        found.extend(self.made_of.matches(text).into_iter().map(|rule| Match { rule, anchor: None }));
        found.retain(|m| !vetoed.contains(&m.rule));
        found
    }

    /// Patterns whose rarest segment was found.
    fn candidates(&self, literals: &[Found], bounds: Bounds, chars: usize) -> Vec<u32> {
        let mut candidates: Vec<u32> = Vec::new();
        for found in literals {
            for used in self.keys.of(found.literal).iter().filter(|used| used.fits(found.whole)) {
                let may_hold = |keyed: &&Keyed| keyed.may_hold(found, bounds, chars);
                candidates
                    .extend(self.keyed.of(used.segment).iter().filter(may_hold).map(|keyed| keyed.pattern));
            }
        }
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }

    /// Where the segments of the candidates stand, by segment and place.
    fn hits(&self, literals: &[Found], candidates: &[u32]) -> Vec<Hit> {
        let mut wanted: Vec<u32> = candidates
            .iter()
            .filter_map(|index| self.patterns.get(*index as usize))
            .flat_map(|pattern| pattern.segments.iter().map(|(_, segment)| *segment))
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut hits = Vec::new();
        for found in literals {
            for used in self.uses.of(found.literal).iter().filter(|used| used.fits(found.whole)) {
                if wanted.binary_search(&used.segment).is_ok() {
                    hits.push(Hit { segment: used.segment, start: found.start, end: found.end });
                }
            }
        }
        hits.sort_unstable_by_key(|hit| (hit.segment, hit.start, hit.end));
        hits
    }
}

/// First and last byte of a text without the punctuation around it.
#[derive(Clone, Copy)]
struct Bounds {
    first: u32,
    last: u32,
}

impl Bounds {
    /// Those of a text that begins at byte `from`.
    fn of(line: &str, from: u32) -> Option<Self> {
        let real = |c: char| c.is_alphanumeric() || matches!(c, '©' | '@' | '#');
        let first = line.find(real)?;
        let (last, c) = line.char_indices().rfind(|(_, c)| real(*c))?;
        Some(Self { first: from + first as u32, last: from + (last + c.len_utf8()) as u32 })
    }
}

fn holds(pattern: &Pattern, hits: &[Hit], line: &str, bounds: Bounds) -> bool {
    let Some(&(_, first)) = pattern.segments.first() else { return false };
    let start_anchored = matches!(pattern.anchor, Anchor::Start | Anchor::Line);
    of_segment(hits, first).iter().any(|hit| {
        (!start_anchored || hit.start <= bounds.first) && follow(pattern, 1, *hit, hits, line, bounds)
    })
}

/// Whether the segments from `at` on follow `hit`, each within its gap.
fn follow(pattern: &Pattern, at: usize, hit: Hit, hits: &[Hit], line: &str, bounds: Bounds) -> bool {
    let Some(&(gap, segment)) = pattern.segments.get(at) else {
        return !matches!(pattern.anchor, Anchor::End | Anchor::Line) || hit.end >= bounds.last;
    };
    // A phrase has a handful of segments, so the depth is bounded by what its author wrote.
    of_segment(hits, segment)
        .iter()
        .filter(|next| next.start >= hit.end && words_between(line, hit.end, next.start) <= usize::from(gap))
        .any(|next| follow(pattern, at + 1, *next, hits, line, bounds))
}

fn of_segment(hits: &[Hit], segment: u32) -> &[Hit] {
    let from = hits.partition_point(|hit| hit.segment < segment);
    let to = hits.partition_point(|hit| hit.segment <= segment);
    hits.get(from..to).unwrap_or_default()
}

/// The number of words in a gap; in scripts without spaces, three characters count as a word.
fn words_between(line: &str, from: u32, to: u32) -> usize {
    let Some(between) = line.get(from as usize..to as usize) else { return usize::MAX };
    let (mut words, mut unspaced) = (0, 0);
    for token in between.split(' ').filter(|token| is_word(token)) {
        let grown = token.chars().filter(|c| is_unspaced(*c)).count();
        if grown > 0 {
            unspaced += grown;
        } else {
            words += 1;
        }
    }
    words + unspaced.div_ceil(3)
}

#[derive(Default)]
struct Builder<'r> {
    literals: HashMap<&'r str, u32, Quick>,
    /// By literal: its text, and whether any use has an open side.
    texts: Vec<(&'r str, bool)>,
    /// Literal and use.
    uses: Vec<(u32, Use)>,
    segments: HashMap<&'r [Literal], u32, Quick>,
    /// By segment: its shortest literal.
    shortest: Vec<usize>,
    /// Segment and pattern.
    keyed: Vec<(u32, Keyed)>,
    patterns: Vec<Pattern>,
    made_of: WordLists,
}

impl<'r> Builder<'r> {
    fn pattern(&mut self, rule: u32, source: &Rule, phrase: &'r Phrase, veto: bool) {
        let segments: Vec<(u8, u32)> =
            phrase.segments.iter().map(|segment| (segment.gap, self.segment(&segment.literals))).collect();
        let key = segments.iter().map(|(_, segment)| *segment).max_by_key(|s| self.shortest.get(*s as usize));
        let index = self.patterns.len() as u32;
        if let Some(key) = key {
            let first = segments.first().is_some_and(|(_, segment)| *segment == key);
            let last = segments.last().is_some_and(|(_, segment)| *segment == key);
            let keyed = Keyed {
                pattern: index,
                max_chars: source.max_chars.try_into().unwrap_or(u32::MAX),
                starts: first && matches!(phrase.anchor, Anchor::Start | Anchor::Line),
                ends: last && matches!(phrase.anchor, Anchor::End | Anchor::Line),
            };
            self.keyed.push((key, keyed));
        }
        self.patterns.push(Pattern { rule, veto, anchor: phrase.anchor, segments });
    }

    fn segment(&mut self, literals: &'r [Literal]) -> u32 {
        if let Some(known) = self.segments.get(literals) {
            return *known;
        }
        let segment = self.shortest.len() as u32;
        self.segments.insert(literals, segment);
        self.shortest.push(literals.iter().map(|literal| literal.text.len()).min().unwrap_or(0));
        for literal in literals {
            let index = *self.literals.entry(&literal.text).or_insert_with(|| {
                self.texts.push((&literal.text, false));
                self.texts.len() as u32 - 1
            });
            if let Some((_, open)) = self.texts.get_mut(index as usize) {
                *open |= literal.open_start || literal.open_end;
            }
            let used = Use { open_start: literal.open_start, open_end: literal.open_end, segment };
            self.uses.push((index, used));
        }
        segment
    }

    fn build(self) -> Matcher {
        let keyed = Lists::new(self.shortest.len(), self.keyed);
        let mut keys = self.uses.clone();
        keys.retain(|(_, used)| !keyed.of(used.segment).is_empty());
        Matcher {
            literals: Literals::new(&self.texts),
            keys: Lists::new(self.texts.len(), keys),
            uses: Lists::new(self.texts.len(), self.uses),
            keyed,
            patterns: self.patterns,
            made_of: self.made_of,
        }
    }
}
