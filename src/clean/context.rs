//! What the neighbours say: sections that a heading opens, boxes, runs.

use super::{
    evidence::{Signal, Source, kind, score},
    kind::Kind,
    layout::{Layout, Line},
    plain, poll, series, thread,
    weights::SURE,
};

/// Length from which a block is prose that the end matter cannot hold.
const END_PROSE: usize = 240;
/// Evidence of its own that a block needs before its neighbours can tip the balance, and the same for a line
/// of words in a heading element.
const OWN: f32 = 0.12;
const OWN_HEADING: f32 = 0.4;

/// Words behind the place where a deck is cut off, at most.
const DECK_WORDS_MAX: usize = 2;

/// Adds what the neighbours say; to be called on the signals of all blocks of one article.
pub(super) fn apply(layout: &Layout<'_>, signals: &mut [Vec<Signal<'_>>]) {
    poll::apply(layout, signals);
    series::apply(layout, signals);
    sections(layout, signals);
    ends(layout, signals);
    thread::apply(layout, signals);
    boxes(layout, signals);
    runs(layout, signals);
    plain::apply(layout, signals);
}

fn scores(signals: &[Vec<Signal<'_>>]) -> Vec<f32> {
    signals.iter().map(|signals| score(signals)).collect()
}

/// "Related articles", "Read more:", "Most read": what follows such a head and looks like a
/// headline belongs to it, as long as one follows the other.
fn sections(layout: &Layout<'_>, signals: &mut [Vec<Signal<'_>>]) {
    let before = scores(signals);
    let mut open = false;
    // Headlines since the head.
    let mut taken = 0;
    // Whether several headlines follow a head that has run into the first of them.
    let mut listed = false;
    for (index, line) in layout.lines.iter().enumerate() {
        let own = before.get(index).copied().unwrap_or(0.0);
        let Some(mine) = signals.get_mut(index) else { continue };
        if own >= SURE {
            listed = mine.iter().any(|signal| signal.rule.ends_with("/related-run-on"));
            // Above the first paragraph "Live" is a label, and the title follows it.
            let label = layout.plain && index < 2;
            let head = !label && line.weight <= 60 && mine.iter().any(|signal| opens(signal, layout.plain))
                || listed;
            taken = 0;
            open = head || (open && matches!(kind(mine), Some(Kind::Related | Kind::Teaser)));
            continue;
        }
        if !open {
            continue;
        }
        let linked = line.link >= 0.5;
        let deck = is_deck(layout, index);
        let asks = line.text.ends_with('?');
        let headline = (!line.stopped || asks) && line.weight < 200 && !line.heading;
        let apart = is_apart(layout, line);
        // In plain text the last line above a paragraph is its sub-head, unless it is the only
        // line.
        let next = layout.lines.get(index + 1);
        let followed = next.is_some_and(|next| plain::is_open(next) && next.weight >= 30)
            && before.get(index + 1).is_some_and(|score| *score < SURE);
        if deck {
            // It is a sentence, but that of another article.
            mine.retain(|signal| signal.weight >= 0.0 || signal.source == Source::Site);
            mine.push(Signal::new("context/deck", Kind::Related, Source::Context, 0.8));
        } else if linked && line.weight < 260 {
            mine.push(Signal::new("context/section", Kind::Related, Source::Context, 0.75));
        } else if headline && apart {
            mine.push(Signal::new("context/section", Kind::Related, Source::Context, 0.6));
        } else if headline && layout.plain && line.words >= 4 && (taken == 0 || followed || listed) {
            mine.push(Signal::new("context/section", Kind::Related, Source::Context, 0.82));
            taken += 1;
            let next_open = next.is_some_and(|next| !next.stopped || next.text.ends_with('?'));
            open = followed || (listed && next_open);
            continue;
        } else if headline && layout.plain && taken == 0 && followed && line.words <= 3 {
            // The topic of the headline below.
            mine.push(Signal::new("context/section", Kind::Related, Source::Context, 0.82));
        } else {
            open = false;
            continue;
        }
        open = true;
    }
}

/// A head in the second half with no prose after it opens the end matter: lists of other articles
/// with their teasers.
fn ends(layout: &Layout<'_>, signals: &mut [Vec<Signal<'_>>]) {
    let before = scores(signals);
    let count = layout.lines.len();
    let spoken = |line: &Line<'_>| line.prose() && line.block.text.contains(['"', '“', '„', '«']);
    let prose = |line: &Line<'_>| line.weight >= END_PROSE || spoken(line);
    let prose_end = layout.lines.iter().rposition(prose).map_or(0, |last| last + 1);
    let from = prose_end.max(count / 2);
    // Names and headlines rather than sentences.
    let listed = |head: usize| {
        let below = layout.lines.get(head + 1..).unwrap_or_default();
        below.iter().filter(|line| !line.stopped).count() * 5 >= below.len() * 2
    };
    let head = (from..count).find(|index| {
        before.get(*index).is_some_and(|score| *score >= SURE)
            && layout.lines.get(*index).is_some_and(|line| line.weight <= 60)
            && layout.lines.get(*index).zip(signals.get(*index)).is_some_and(|(line, mine)| {
                // "More from" and a name is also a head if names and headlines follow.
                let short = layout.plain && listed(*index) && !line.stopped && line.weight <= 40;
                mine.iter().any(|signal| opens(signal, true) || short && opens(signal, false))
            })
    });
    let Some(head) = head.filter(|head| count - head > 2) else { return };
    // In plain text whole sentences with no headlines among them go on with the article.
    let sentences = layout.plain && !listed(head);
    for (line, mine) in layout.lines.iter().zip(signals.iter_mut()).skip(head + 1) {
        let known = mine
            .iter()
            .any(|signal| matches!(signal.kind, Some(Kind::Update | Kind::Bio | Kind::Disclaimer)));
        let goes_on = line.quoted || sentences && line.stopped;
        if line.chars > 0 && !known && !goes_on {
            let weight = if layout.plain { 0.82 } else { 0.5 };
            mine.push(Signal::new("context/end", Kind::Related, Source::Context, weight));
        }
    }
}

/// Whether a line is cut off below a head that is a link: the deck of a teaser.
fn is_deck(layout: &Layout<'_>, index: usize) -> bool {
    let head = index.checked_sub(1).and_then(|above| layout.lines.get(above));
    let text = layout.lines.get(index).map_or("", |line| line.block.text.trim_end());
    let cut_off = |text: &str| text.ends_with(['…', '⋯']) || text.ends_with("...");
    // What leads on stands behind: `in the harbour… Read on…`
    let mut words = text.rsplitn(DECK_WORDS_MAX + 1, ' ').skip(1);
    let below = layout.lines.get(index).and_then(|line| line.block.classes.get(1));
    head.is_some_and(|head| head.link >= 0.9 && below.is_some() && head.block.classes.get(1) == below)
        && (cut_off(text) || words.any(cut_off))
}

fn opens(signal: &Signal<'_>, plain: bool) -> bool {
    // Without markup only a whole known line is sure to be a head; an address alone is what is left of
    // a post or a film that stood there, and no head.
    signal.kind == Some(Kind::Related)
        && !signal.rule.ends_with("/url-line")
        && (!plain || signal.source == Source::Line)
        && matches!(signal.source, Source::Line | Source::Cue | Source::Inside)
        && signal.weight > 0.6
}

fn is_apart(layout: &Layout<'_>, line: &Line<'_>) -> bool {
    let parent = line.block.classes.get(1).map(String::as_str);
    parent.is_some() && parent != layout.main && !parent.is_some_and(|entry| layout.is_container(entry))
}

/// Blocks in one box (a shared ancestor that does not hold the article) go together: if most of a
/// box is boilerplate, so is the rest of it.
fn boxes(layout: &Layout<'_>, signals: &mut [Vec<Signal<'_>>]) {
    let before = scores(signals);
    for (index, line) in layout.lines.iter().enumerate() {
        let Some(own) = before.get(index).copied().filter(|own| *own < 0.97) else { continue };
        let mut best = 0f32;
        for entry in line.block.classes.iter().skip(1).take(3) {
            let inside = layout.blocks_in(entry);
            // A bare element is not a box: too many share its name.
            if !(2..=40).contains(&inside) || !entry.contains(['.', '#']) || layout.is_container(entry) {
                continue;
            }
            let (mut sure, mut others) = (0, 0);
            let near = index.saturating_sub(20)..(index + 21).min(layout.lines.len());
            for other in near.filter(|other| *other != index) {
                let shares = layout
                    .lines
                    .get(other)
                    .is_some_and(|l| l.block.classes.iter().take(4).any(|c| c == entry));
                if shares {
                    others += 1;
                    sure += usize::from(before.get(other).copied().unwrap_or(0.0) >= SURE);
                }
            }
            if others > 0 {
                let share = sure as f32 / others as f32;
                let weight = if share >= 0.99 && others >= 2 {
                    0.7
                } else if share >= 0.99 {
                    0.6
                } else if share >= 0.6 {
                    0.5
                } else {
                    0.0
                };
                let sentence = line.stopped && line.weight >= 80;
                // A list of the article may have items that are links, and others.
                let item = line.block.tag == "li" && line.link < 0.1;
                let linked = |other: &Line<'_>| other.link > 0.5;
                let mixed = item
                    && index.checked_sub(1).and_then(|above| layout.lines.get(above)).is_some_and(linked);
                // A heading belongs to what it stands above.
                let stays = before.get(index + 1).is_some_and(|below| *below < 0.5);
                let heads = line.heading && line.link < 0.5 && stays;
                let weight = match (mixed, heads) {
                    (true, _) => weight * 0.6,
                    (false, true) => weight * 0.8,
                    (false, false) => weight,
                };
                best = best.max(match (line.prose(), sentence) {
                    (true, _) => weight * 0.6,
                    (false, true) => weight * 0.8,
                    _ => weight,
                });
            }
        }
        let worded = line.heading && line.link < 0.5 && line.words >= 4;
        if best > 0.0
            && own >= if worded { OWN_HEADING } else { OWN }
            && let Some(mine) = signals.get_mut(index)
        {
            mine.push(Signal::new("context/box", None, Source::Box, best));
        }
    }
}

/// Adds evidence against a short line without a full stop between two that go.
fn runs(layout: &Layout<'_>, signals: &mut [Vec<Signal<'_>>]) {
    let before = scores(signals);
    let sure =
        |index: Option<usize>| index.and_then(|index| before.get(index)).is_some_and(|score| *score >= 0.8);
    for (index, line) in layout.lines.iter().enumerate() {
        let own = before.get(index).copied().unwrap_or(0.0);
        if !(0.25..0.8).contains(&own) || line.prose() {
            continue;
        }
        let above = sure(index.checked_sub(1));
        let below = sure(Some(index + 1));
        let last = index + 1 == layout.lines.len();
        let weight = match (above, below) {
            (true, true) => 0.6,
            (true, false) if last => 0.45,
            (true, false) | (false, true) if line.link > 0.5 => 0.5,
            (true, false) | (false, true) => 0.2,
            _ => continue,
        };
        if (!line.stopped || line.link > 0.5)
            && let Some(mine) = signals.get_mut(index)
        {
            mine.push(Signal::new("context/run", None, Source::Context, weight));
        }
    }
}
