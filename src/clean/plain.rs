//! What neighbours, place and repetition say when there is no markup.
//!
//! Plain text has no links and no classes, but boilerplate is arranged differently from prose: labels above
//! the first paragraph, lists of headlines ("Topic: what happened"), a line that is written twice (the title
//! of a video and its caption), cards that end in their age, tags at the end. On the 160 labelled articles
//! that this was written with, their markup hidden, it finds 75 lines that no phrase does, all of them
//! boilerplate. A long headline alone between two paragraphs is left alone: two in three of such lines are
//! sub-heads or list items of the article. A logistic regression over 66 features of shape, place and
//! neighbours, cross-validated by site on the same articles, gained 3 points of recall at a precision of 0.99
//! and is not used.

use std::collections::HashSet;

use super::{
    evidence::{Signal, Source, kind, score},
    kind::Kind,
    layout::{Layout, Line},
    steps, structure,
    weights::SURE,
};

/// Fewest blocks whose order says anything.
const BLOCKS_MIN: usize = 5;
/// Weight of one such sign: enough if nothing speaks against it.
const WEIGHT: f32 = 0.8;
/// Length in characters of a headline in a list.
const HEADLINE: std::ops::Range<usize> = 30..220;
/// Lines within which the second copy of a line is looked for.
const NEAR: usize = 3;
/// Longest cell and credit, in words; fewest rows of a table, and lines among which they are looked for.
const CELL_WORDS: usize = 6;
const CREDIT_WORDS_MAX: usize = 10;
const TABLE_ROWS_MIN: usize = 3;
const TABLE_NEAR: usize = 20;
/// Words of a label, at most: "Home", "World news", "Current issue".
const LABEL_WORDS: usize = 3;
/// Blocks above the first paragraph that may hold labels.
const HEAD_MAX: usize = 14;
/// Words of a name in a list of names, at most, with the "and" before the last one and its name.
const NAME_WORDS_MAX: usize = 6;
/// Tags below the last paragraph, at most.
const TAGS_MAX: usize = 12;

/// Adds what the order of the lines says; only for text without any markup.
pub(super) fn apply(layout: &Layout<'_>, signals: &mut [Vec<Signal<'_>>]) {
    let Some(first) = layout.lines.iter().position(Line::prose) else { return };
    if !layout.plain || layout.lines.len() < BLOCKS_MIN {
        return;
    }
    let gone: Vec<bool> = signals.iter().map(|signals| score(signals) >= SURE).collect();
    let page = Page { layout, gone, first };
    for index in 0..layout.lines.len() {
        if page.gone(index) {
            continue;
        }
        let found = page
            .label(index)
            .or_else(|| page.between(index, signals))
            .or_else(|| page.twice(index))
            .or_else(|| page.card(index, signals))
            .or_else(|| page.number(index));
        if let (Some(signal), Some(mine)) = (found, signals.get_mut(index)) {
            mine.push(signal);
        }
    }
    for (first, last) in page.runs() {
        for (index, signal) in page.headlines(first, last).chain(page.tags(first, last)) {
            if !page.gone(index)
                && let Some(mine) = signals.get_mut(index)
            {
                mine.push(signal);
            }
        }
    }
}

fn sign(rule: &'static str, kind: Kind) -> Signal<'static> {
    Signal::new(rule, kind, Source::Box, WEIGHT)
}

/// Whether a line is a headline or a label: short, and not ending like a statement.
pub(super) fn is_open(line: &Line<'_>) -> bool {
    line.chars > 0 && line.weight < HEADLINE.end && (!line.stopped || line.text.ends_with('?'))
}

struct Page<'l, 'd> {
    layout: &'l Layout<'d>,
    gone: Vec<bool>,
    /// The first paragraph.
    first: usize,
}

impl<'l, 'd> Page<'l, 'd> {
    fn gone(&self, index: usize) -> bool {
        self.gone.get(index).copied().unwrap_or(false)
    }

    fn line(&self, index: usize) -> Option<&'l Line<'d>> {
        self.layout.lines.get(index)
    }

    fn above(&self, index: usize) -> Option<(usize, &'l Line<'d>)> {
        let above = index.checked_sub(1)?;
        Some((above, self.line(above)?))
    }

    /// Sections and the like above the title or the first paragraph.
    fn label(&self, index: usize) -> Option<Signal<'static>> {
        let line = self.line(index)?;
        let next = self.line(index + 1)?;
        // A label above sentences that stay is their head: of 31 such labels 7 were, of 144 others 6.
        let figures = line.block.text.chars().any(|c| c.is_numeric());
        let heads = next.stopped && !self.gone(index + 1) && !figures;
        let label = is_open(line) && line.words <= LABEL_WORDS && !line.text.ends_with([':', '?']);
        (index < self.first
            && self.first <= HEAD_MAX
            && label
            && !line.quoted
            && !heads
            && !self.is_below_text(index))
        .then(|| sign("plain/label", Kind::Nav))
    }

    /// Whether a label stands below two sentences, and so is a sub-head, or below a colon, and so
    /// is an entry of a list.
    fn is_below_text(&self, index: usize) -> bool {
        let stays = |at: usize| !self.gone(at) && self.line(at).is_some_and(|line| line.stopped);
        let above = self.above(index);
        above.is_some_and(|(at, line)| ends_with_colon(line) || stays(at) && (0..at).any(stays))
    }

    /// A short line with boilerplate above and below. What stands between the title and the
    /// byline is the standfirst.
    fn between(&self, index: usize, signals: &[Vec<Signal<'_>>]) -> Option<Signal<'static>> {
        let line = self.line(index)?;
        let (above, _) = self.above(index)?;
        let around = self.gone(above) && (self.gone(index + 1) || index + 1 == self.layout.lines.len());
        let kinds = [above, index + 1].map(|at| signals.get(at).and_then(|signals| kind(signals)));
        let standfirst =
            kinds.iter().any(|kind| matches!(kind, Some(Kind::Title | Kind::Byline | Kind::Agency)))
                && line.words > LABEL_WORDS;
        let editorial =
            kinds.iter().all(|kind| matches!(kind, Some(Kind::Ad | Kind::Caption | Kind::Credit)));
        // Words above the first paragraph may be the standfirst, a colon introduces a picture.
        let lead_in =
            ends_with_colon(line) && line.words > LABEL_WORDS && index + 1 < self.layout.lines.len();
        let standfirst = standfirst || index < self.first && line.words > LABEL_WORDS || lead_in;
        (around && !standfirst && !editorial && is_open(line) && !line.quoted && line.weight < 60)
            .then(|| sign("plain/between", Kind::Ui))
    }

    /// A line that recurs a few lines further on, whole or as the beginning of one with a credit.
    fn twice(&self, index: usize) -> Option<Signal<'static>> {
        let line = self.line(index)?;
        if line.words < 3 || line.prose() || line.text.is_empty() || line.weight >= HEADLINE.end {
            return None;
        }
        let near = index.saturating_sub(NEAR)..index + NEAR + 1;
        let doubled =
            near.filter(|at| *at != index).filter_map(|at| Some((at, self.line(at)?))).any(|(at, other)| {
                // The head of a section that occurs twice stays with its sentence.
                let heads = at > index + 1 && self.is_section(index, line);
                is_copy(line, other, at < index) && !heads || is_credited(line, other)
            });
        (doubled && !self.comes_again(index, line)).then(|| sign("plain/twice", Kind::Caption))
    }

    /// Whether a line is one that may recur: a turn of a conversation, a refrain, a cell, or the
    /// name below each of several quotations.
    fn comes_again(&self, index: usize, line: &Line<'_>) -> bool {
        let between = self.above(index).filter(|(at, above)| above.stopped && !self.gone(*at));
        let refrain = line.stopped
            && self.layout.times(line) > 2
            && between.is_some_and(|(_, above)| above.text != line.text);
        structure::is_turn(self.layout, line)
            || line.block.text.trim_start().starts_with(['—', '–', '-'])
            || refrain
            || line.words < CELL_WORDS && self.in_table(index)
    }

    /// Whether a line is a label above a sentence.
    fn is_section(&self, index: usize, line: &Line<'_>) -> bool {
        let below = self.line(index + 1);
        line.words <= LABEL_WORDS
            && !line.stopped
            && below.is_some_and(|below| below.stopped && below.words > line.words)
    }

    /// Whether lines that occur twice in a row are rows of a table, since there are several of
    /// them.
    fn in_table(&self, index: usize) -> bool {
        let near = self.layout.lines.get(index.saturating_sub(TABLE_NEAR)..).unwrap_or_default();
        let pairs = near.windows(2).take(2 * TABLE_NEAR);
        let same =
            |pair: &&[Line<'_>]| matches!(pair, [one, other] if one.text == other.text && one.words > 0);
        pairs.filter(same).take(TABLE_ROWS_MIN).count() == TABLE_ROWS_MIN
    }

    /// A headline amid the text, with its age or its length below it: "14 hours ago", "6 min".
    fn card(&self, index: usize, signals: &[Vec<Signal<'_>>]) -> Option<Signal<'static>> {
        let line = self.line(index)?;
        let below = self.line(index + 1)?;
        let aged = self.gone(index + 1)
            && below.weight <= 24
            && below.text.split(' ').any(|word| word == "0")
            && signals.get(index + 1).is_some_and(|signals| {
                matches!(kind(signals), Some(Kind::Byline | Kind::Ui | Kind::Related))
            });
        let amid = index > self.first;
        (aged
            && amid
            && is_open(line)
            && !ends_with_colon(line)
            && HEADLINE.contains(&line.weight)
            && line.words >= 4)
            .then(|| sign("plain/card", Kind::Related))
    }

    /// A lone number: a count of comments, the number of a picture.
    fn number(&self, index: usize) -> Option<Signal<'static>> {
        let line = self.line(index)?;
        let above = self.above(index);
        let alone = |line: Option<&Line<'_>>, gone: bool| {
            gone || line.is_none_or(|line| line.stopped || line.words >= 4)
        };
        let lone = line.text == "0"
            && !steps::is_step(self.layout, index, line)
            && alone(above.map(|(_, line)| line), above.is_some_and(|(at, _)| self.gone(at)))
            && alone(self.line(index + 1), self.gone(index + 1));
        lone.then(|| sign("plain/number", Kind::Ui))
    }

    /// Runs of lines without a full stop: the first and the last of each.
    fn runs(&self) -> Vec<(usize, usize)> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for (index, line) in self.layout.lines.iter().enumerate() {
            if !is_open(line) {
                continue;
            }
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == index => *last = index,
                _ => runs.push((index, index)),
            }
        }
        // A run that a line with a colon opens is a list of the article.
        runs.retain(|(first, last)| {
            let opened = first.checked_sub(1).and_then(|above| self.line(above));
            let within = (*first..*last).filter_map(|at| self.line(at).map(|line| (at, line)));
            !opened.is_some_and(|line| ends_with_colon(line))
                && !within.into_iter().any(|(at, line)| ends_with_colon(line) && !self.gone(at))
        });
        runs
    }

    /// Three or more headlines in a row, most of them with a topic before a colon, or each below a
    /// few words in capitals. The last one above a paragraph may be its sub-head.
    fn headlines(&self, first: usize, last: usize) -> impl Iterator<Item = (usize, Signal<'static>)> {
        let mut found = Vec::new();
        let lines: Vec<(usize, &Line<'_>)> =
            (first..=last).filter_map(|at| self.line(at).map(|line| (at, line))).collect();
        let long = |line: &Line<'_>| HEADLINE.contains(&line.weight) && line.words >= 4;
        let topics =
            lines.iter().filter(|(at, line)| !self.gone(*at) && long(line) && topic(line).is_some()).count();
        let count = lines.iter().filter(|(_, line)| long(line)).count();
        // Speakers and questions recur, topics do not. Figures and what others wrote are rows of
        // the article.
        let rows = lines.iter().filter(|(_, line)| long(line) && is_row(line)).count();
        let names: HashSet<&str> =
            lines.iter().filter(|(_, line)| long(line)).filter_map(|(_, line)| topic(line)).collect();
        if rows * 3 < topics * 2
            && names.len() * 4 >= topics * 3
            && topics >= 2
            && topics * 2 >= count
            && count >= 3
        {
            let above_prose = self.line(last + 1).is_some_and(|line| !self.gone(last + 1) && line.stopped);
            let listed = lines.iter().filter(|(at, line)| long(line) && !(above_prose && *at == last));
            found.extend(listed.map(|(at, _)| (*at, sign("plain/topics", Kind::Related))));
        }
        let pairs: Vec<usize> = lines
            .windows(2)
            .filter_map(|pair| match pair {
                [(at, cap), (_, headline)] => {
                    let capitals = cap.capitals > 0.95 && cap.words <= 4 && cap.weight <= 30;
                    (capitals && headline.capitals < 0.6 && headline.weight >= 40).then_some(*at)
                }
                _ => None,
            })
            .collect();
        if pairs.len() >= 2 {
            let both = pairs.into_iter().flat_map(|at| [at, at + 1]);
            found.extend(both.map(|at| (at, sign("plain/kickers", Kind::Related))));
        }
        found.into_iter()
    }

    /// A few lines of a word or two at the end of the article, below a whole sentence.
    fn tags(&self, first: usize, last: usize) -> impl Iterator<Item = (usize, Signal<'static>)> {
        let ends = last + 1 == self.layout.lines.len()
            && first > 0
            && self.line(first - 1).is_some_and(|line| line.stopped && line.weight >= 60);
        let label = |line: &Line<'_>| {
            (1..=LABEL_WORDS).contains(&line.words) && line.weight <= 40 && line.text != "0"
        };
        let tags = ends
            && (2..=TAGS_MAX).contains(&(last - first + 1))
            && (first..=last).all(|at| self.gone(at) || self.line(at).is_some_and(label));
        (first..=last).filter(move |_| tags).map(|at| (at, sign("plain/tags", Kind::Tags)))
    }
}

/// Whether a line repeats another one. One copy of a sentence stays: it may belong to the article.
fn is_copy(line: &Line<'_>, other: &Line<'_>, other_first: bool) -> bool {
    other.text == line.text && digits(other) == digits(line) && (other_first || !line.stopped)
}

/// Whether one line is the beginning of the other, which adds a credit. A longer line that goes on
/// as a sentence is a paragraph of the article.
fn is_credited(line: &Line<'_>, other: &Line<'_>) -> bool {
    let (short, long) = if other.text.len() < line.text.len() { (other, line) } else { (line, other) };
    let rest = long.text.strip_prefix(short.text.as_str()).and_then(|rest| rest.strip_prefix(' '));
    let credit = |rest: &str| std::ptr::eq(short, line) || rest.split(' ').count() <= CREDIT_WORDS_MAX;
    short.words >= 5 && long.weight < HEADLINE.end && rest.is_some_and(credit)
}

/// The numbers in a line, which its comparable form has lost: rows of a table may differ in nothing else.
fn digits(line: &Line<'_>) -> String {
    line.block.text.chars().filter(|c| c.is_numeric()).collect()
}

fn ends_with_colon(line: &Line<'_>) -> bool {
    line.text.ends_with(':')
}

/// Whether a line is a topic with figures, a quotation or a list of names after its colon.
fn is_row(line: &Line<'_>) -> bool {
    let rest = line.block.text.split_once([':', '：']).map(|(_, rest)| rest.trim_start()).unwrap_or_default();
    let figure = |word: &str| {
        let decimals = word.split_once(['.', ',']).map_or(0, |(_, decimals)| decimals.len());
        word.starts_with(|c: char| c.is_ascii_digit()) && (1..=2).contains(&decimals)
    };
    let measured = rest.contains(['%', '$', '€', '£', '¥']) || rest.split(' ').any(figure);
    rest.starts_with(['"', '“', '„', '«', '»', '「', '‘']) || measured || is_list_of_names(rest)
}

/// Whether a text is names between commas: "Harbour One, Kanal Nord and Radio 3".
fn is_list_of_names(text: &str) -> bool {
    let name = |part: &str| {
        let part = part.trim();
        part.starts_with(|c: char| c.is_uppercase() || c.is_numeric())
            && part.split(' ').count() <= NAME_WORDS_MAX
    };
    text.contains([',', '،', '、']) && text.split([',', '،', '、']).all(name)
}

/// "Sleep: what helps at night": up to four words and a colon.
fn topic<'l>(line: &'l Line<'_>) -> Option<&'l str> {
    let (topic, rest) = line.text.split_once(" : ")?;
    (topic.split(' ').count() <= 4 && topic.len() > 2 && rest.split(' ').count() >= 3).then_some(topic)
}
