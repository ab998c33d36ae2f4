//! The rules, compiled, and the decision about every block.

use super::{
    Cleaned, Document, SiteMemory,
    classes::Named,
    compiled::Compiled,
    context, counter,
    evidence::{self, Scope, Signal, Source, score},
    inline, judge,
    kind::Kind,
    layout::{Layout, Line},
    memory::{self, Repeats},
    rules::RuleSet,
    second, shape,
    state::{State, Verdict, Verdicts},
    structure,
    weights::THRESHOLD,
};

/// If more than this share of an article's long paragraphs would go, only line and site rules count; but only
/// if the long ones are this share of the whole text: among short paragraphs an appeal may be the only long
/// one.
const LONG_SHARE_MAX: f32 = 0.6;
const LONG_OF_ALL: f32 = 0.5;
/// Characters of a long paragraph (a third of that in scripts without spaces).
const LONG: usize = 120;
/// From this many paragraphs that stand in another article, and this share, an article is that
/// other one again.
const REPRINT_MIN: usize = 3;
const REPRINT_SHARE: f32 = 0.4;
/// Fewest words of a sentence that states a time of day or a date.
const DATED_WORDS_MIN: usize = 4;
/// A notice that repeats: its largest number of blocks; the fewest words of one, or its smallest
/// weight in scripts that do not separate words; and the weight of what may stay beside it.
const NOTICE_BLOCKS_MAX: usize = 3;
const NOTICE_WORDS_MIN: usize = 5;
const NOTICE_WEIGHT_MIN: usize = 45;
const NOTICE_REST_MAX: usize = 60;
/// Fewest blocks that have to stay.
const KEPT_MIN: usize = 2;
/// Confidence in the language from which rules of other languages weigh less.
const LANGUAGE_MIN: f32 = 0.8;
/// Rounds, at most, until nothing more changes; each one removes something, and two are usual.
const ROUNDS_MAX: usize = 12;

/// The rules, compiled.
#[derive(Debug)]
pub struct Cleaner {
    compiled: Compiled,
}

impl Default for Cleaner {
    fn default() -> Self {
        Self::builtin()
    }
}

impl Cleaner {
    /// Compiles a rule set.
    pub fn new(set: &RuleSet) -> Self {
        Self { compiled: Compiled::new(set) }
    }

    /// The rule packs that come with the program.
    pub fn builtin() -> Self {
        // A mistake in a pack fails the tests of `rules` and never reaches a user.
        Self::new(&RuleSet::builtin(&[]).unwrap_or_default())
    }

    /// Decides about every block of `document`.
    ///
    /// Cleaning a cleaned article changes nothing: the decision is repeated on what stays until
    /// nothing more goes.
    pub fn clean(&self, document: &Document, memory: &SiteMemory) -> Cleaned {
        let repeats = memory.repeats(document.id.as_deref());
        let mut state = State::new(document);
        let named = Named::default();
        for round in 0..ROUNDS_MAX {
            let layout = Layout::new(document, state.lines());
            if layout.lines.is_empty() && round > 0 {
                break;
            }
            let verdicts = self.round(document, &layout, &repeats, &named);
            state.fallback |= verdicts.fallback;
            if !state.apply(verdicts, round == 0) {
                break;
            }
        }
        state.finish()
    }

    /// Judges every block once.
    fn round(
        &self,
        document: &Document,
        layout: &Layout<'_>,
        repeats: &Repeats,
        named: &Named,
    ) -> Verdicts<'_> {
        let language = document.language.as_deref().unwrap_or_else(|| detect(layout));
        let mut scope = Scope {
            site: &document.site,
            language: match language.get(..2).unwrap_or_default() {
                "no" | "nn" => "nb",
                code => code,
            },
            strict: false,
            named,
        };
        let nothing = Repeats::default();
        let repeats = if is_reprint(layout, repeats) { &nothing } else { repeats };
        let mut signals = self.all_signals(layout, &scope, repeats);
        let mut verdicts = Verdicts { blocks: Vec::with_capacity(signals.len()), fallback: false };
        if is_repeated_notice(layout, &signals) {
            verdicts.fallback = true;
            signals = self.all_signals(layout, &scope, &nothing);
        }
        if too_much(layout, &signals) {
            verdicts.fallback = true;
            scope.strict = true;
            for signals in &mut signals {
                let strong = |signal: &Signal<'_>| {
                    matches!(signal.source, Source::Line | Source::Site | Source::Counter)
                };
                signals.retain(strong);
            }
        }
        for (index, (line, signals)) in layout.lines.iter().zip(signals).enumerate() {
            let score = score(&signals);
            let mut verdict = Verdict { score, removed: score >= THRESHOLD, signals, cut: None };
            if verdict.removed {
                verdict.cut = inline::rather(&self.compiled, layout, index, line, &scope, &verdict.signals);
                verdict.removed = verdict.cut.is_none();
            } else if !scope.strict {
                verdict.cut = inline::find(&self.compiled, layout, index, line, &scope);
            }
            verdicts.blocks.push(verdict);
        }
        second::hear(&judge::opinions(layout), layout, scope.strict, &mut verdicts.blocks);
        verdicts
    }

    /// What speaks for and against each block, including what its neighbours say.
    fn all_signals<'a>(
        &'a self,
        layout: &Layout<'_>,
        scope: &Scope<'_>,
        repeats: &Repeats,
    ) -> Vec<Vec<Signal<'a>>> {
        let lines = layout.lines.iter().enumerate();
        let mut signals: Vec<_> =
            lines.map(|(index, line)| self.signals(layout, index, line, scope, repeats)).collect();
        context::apply(layout, &mut signals);
        signals
    }

    fn signals<'a>(
        &'a self,
        layout: &Layout<'_>,
        index: usize,
        line: &Line<'_>,
        scope: &Scope<'_>,
        repeats: &Repeats,
    ) -> Vec<Signal<'a>> {
        let mut signals = Vec::new();
        if line.chars == 0 {
            return signals;
        }
        evidence::rules(&self.compiled, layout, index, line, scope, &mut signals);
        if layout.live {
            // The entries of a live blog begin with a time and an author.
            signals.retain(|signal| !matches!(signal.kind, Some(Kind::Byline | Kind::Update)));
        }
        structure::introductions(layout, index, line, &mut signals);
        shape::shape(layout, index, line, &mut signals);
        repetition(layout, index, line, repeats, &mut signals);
        if !signals.is_empty() {
            counter::counter(&self.compiled.prose, layout, line, scope, &mut signals);
        }
        signals
    }
}

/// The language of a document that does not declare it; empty if it cannot be detected.
fn detect<'l>(layout: &'l Layout<'_>) -> &'l str {
    let longest = layout.lines.iter().max_by_key(|line| line.block.text.len());
    longest.map_or("", |line| line.language.get_or_init(|| language_of(&line.block.text)))
}

fn language_of(text: &str) -> String {
    let language = crate::language::detect("", [text], None);
    if language.confidence >= LANGUAGE_MIN { language.code } else { String::new() }
}

/// The number of other articles of the site that contain a line.
fn articles(repeats: &Repeats, line: &Line<'_>) -> usize {
    if repeats.is_empty() { 0 } else { repeats.count(line.key()) }
}

/// Evidence from the site's recent articles. A short line amid the text that nothing else speaks
/// against may be a recurring sub-head ("What's next"), so repetition alone is not enough.
fn repetition(
    layout: &Layout<'_>,
    index: usize,
    line: &Line<'_>,
    repeats: &Repeats,
    out: &mut Vec<Signal<'_>>,
) {
    let others = articles(repeats, line);
    if others == 0 {
        return;
    }
    let count = layout.lines.len();
    let cued = out.iter().any(|signal| signal.weight >= 0.3 && signal.source != Source::Shape);
    let short = line.words < 8 && line.link < 0.5;
    let edge = if short { index == 0 || index + 2 >= count } else { index < 3 || index + 3 >= count };
    let amid = index > 0 && index + 1 < count;
    let weight = if !cued && (line.heading || structure::recurs(layout, index, line, repeats)) {
        0.3
    } else if amid && !cued && line.words >= DATED_WORDS_MIN && memory::is_dated(&line.block.text) {
        // A line like "Polls close at 20:00." is news each time.
        0.4
    } else if edge && (others >= 2 || line.weight > 40) {
        0.95
    } else if cued {
        0.8
    } else if short {
        0.4
    } else if line.prose() && others < 4 {
        // Background that a newsroom repeats from story to story.
        0.5
    } else {
        0.85
    };
    out.push(Signal::new("memory/repeat", None, Source::Repeat, weight));
}

/// Whether most of the paragraphs stand in another article: then it is that article again, under a
/// new address, which makes nothing in it boilerplate.
fn is_reprint(layout: &Layout<'_>, repeats: &Repeats) -> bool {
    let prose = layout.lines.iter().filter(|line| line.prose() && layout.times(line) < 3);
    let (mut all, mut again) = (0, 0);
    for line in prose {
        all += 1;
        again += usize::from(articles(repeats, line) > 0);
    }
    again >= REPRINT_MIN && again as f32 >= REPRINT_SHARE * all as f32
}

/// Whether it is an article of a paragraph or two (an alert, opening hours, a notice) that stands
/// in others as well: were it cut for that, no sentence would be left.
fn is_repeated_notice(layout: &Layout<'_>, signals: &[Vec<Signal<'_>>]) -> bool {
    let (mut kept, mut repeated) = (0, 0);
    // If nothing at all would be left, a few words are better than none.
    let nothing_left = layout
        .lines
        .iter()
        .zip(signals)
        .all(|(line, signals)| line.chars == 0 || score(signals) >= THRESHOLD);
    for (line, signals) in layout.lines.iter().zip(signals) {
        let wordy = nothing_left && line.words > 0
            || line.words >= NOTICE_WORDS_MIN
            || line.weight >= NOTICE_WEIGHT_MIN;
        let sentence = wordy && !line.heading && line.link < 0.5;
        if !sentence {
            continue;
        }
        let gone = score(signals) >= THRESHOLD;
        let alone: Vec<Signal<'_>> =
            signals.iter().filter(|signal| signal.source != Source::Repeat).cloned().collect();
        match (gone, score(&alone) >= THRESHOLD) {
            (false, _) => kept += line.weight,
            (true, false) => repeated += 1,
            (true, true) => {}
        }
    }
    (1..=NOTICE_BLOCKS_MAX).contains(&repeated) && kept < NOTICE_REST_MAX
}

/// The safety net: whether most of the long paragraphs would go, or hardly a block would be left.
fn too_much(layout: &Layout<'_>, signals: &[Vec<Signal<'_>>]) -> bool {
    if layout.lines.len() < 4 {
        return false;
    }
    let (mut all, mut long, mut long_gone, mut kept) = (0usize, 0usize, 0usize, 0usize);
    for (line, signals) in layout.lines.iter().zip(signals) {
        let gone = score(signals) >= THRESHOLD;
        kept += usize::from(!gone && line.chars > 0);
        all += line.weight;
        // What recurs within the article may be long, but is no loss.
        if line.weight >= LONG && line.link < 0.5 && layout.times(line) < 3 {
            long += line.weight;
            long_gone += if gone { line.weight } else { 0 };
        }
    }
    let gone = long_gone as f32;
    kept < KEPT_MIN || gone > LONG_SHARE_MAX * long as f32 && gone > LONG_OF_ALL * all as f32
}
