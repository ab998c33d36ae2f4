//! Lists and tables of links that are the content: the winners, the results, the places to go.

use super::layout::{Layout, Line};

/// Items of a list that are looked back over, at most.
const ITEMS_MAX: usize = 60;
/// A sentence that introduces a list has at least this many characters; "Read also:" is shorter.
const OPENING: usize = 45;

/// Whether the list or the table that a line is in is content of the article: a sentence with a
/// colon opens it, or other cells and items of it are not links.
pub(super) fn is_told(layout: &Layout<'_>, index: usize, line: &Line<'_>) -> bool {
    match line.block.tag.as_str() {
        "li" => is_opened(layout, index, line),
        "td" | "th" | "tr" => has_plain_cells(layout, index, line),
        _ => false,
    }
}

fn is_opened(layout: &Layout<'_>, index: usize, line: &Line<'_>) -> bool {
    let above = layout.lines.get(index.saturating_sub(ITEMS_MAX)..index).unwrap_or_default();
    let opening = above.iter().rev().find(|above| above.block.tag != "li");
    opening.is_some_and(|opening| {
        let text = opening.block.text.trim_end();
        let beside = opening.block.classes.get(1) == line.block.classes.get(2);
        text.ends_with([':', '：']) && opening.weight >= OPENING && opening.link < 0.5 && beside
    })
}

/// Whether a header, or cells with something to say, stand beside the links.
fn has_plain_cells(layout: &Layout<'_>, index: usize, line: &Line<'_>) -> bool {
    let is_row = |other: &&Line<'_>| matches!(other.block.tag.as_str(), "td" | "th" | "tr");
    let (before, after) = layout.lines.split_at(index);
    let rows = before.iter().rev().take(ITEMS_MAX).take_while(is_row);
    let rows = rows.chain(after.iter().skip(1).take(ITEMS_MAX).take_while(is_row));
    let (mut all, mut plain) = (0, 0);
    for row in rows {
        all += 1;
        plain += usize::from(row.link < 0.5);
    }
    line.link < 0.97 && all > 0 && plain > 0 || plain * 3 >= all && plain > 1
}
