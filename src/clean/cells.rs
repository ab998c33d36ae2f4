//! Cells of tables with something to say: a lone word there is not a label.

use super::{
    layout::{Layout, Line},
    matcher::Matcher,
};

/// Cells around one that are looked at, and how many of them are needed; longest cell by weight.
const CELLS_NEAR: usize = 8;
const CELLS_MIN: usize = 4;
const CELL_WEIGHT_MAX: usize = 80;

/// Whether a line is a cell of a table with something to say: its neighbours are short and no rule
/// knows them.
pub(super) fn is_cell(layout: &Layout<'_>, index: usize, line: &Line<'_>, matcher: &Matcher) -> bool {
    let cell = |line: &Line<'_>| {
        let parent =
            line.block.classes.get(1).map(|entry| entry.split(['.', '#']).next().unwrap_or_default());
        matches!(line.block.tag.as_str(), "td" | "th") || matches!(parent, Some("td" | "th"))
    };
    if !cell(line) || line.weight > CELL_WEIGHT_MAX {
        return false;
    }
    let around = index.saturating_sub(CELLS_NEAR)..(index + CELLS_NEAR + 1).min(layout.lines.len());
    let (mut all, mut plain) = (0, 0);
    for other in
        around.filter(|at| *at != index).filter_map(|at| layout.lines.get(at)).filter(|line| cell(line))
    {
        all += 1;
        let short = other.weight <= CELL_WEIGHT_MAX && other.link < 0.5;
        plain += usize::from(short && other.matches(matcher).rules.is_empty());
    }
    all >= CELLS_MIN && plain * 4 >= all * 3
}
