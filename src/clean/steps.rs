//! Numbers that stand alone: the steps of a recipe, the ranks in a list, or a count of comments.

use super::layout::{Layout, Line};

/// Lines around a number among which its neighbour in the sequence is looked for.
const NEAR: usize = 12;
/// Fewest words below a key figure; "12" above "comments" is a count.
const FIGURE_WORDS_MIN: usize = 4;

/// Whether a line is a key figure, or a number in a sequence ("1.", "2.", ... or downwards) with what it
/// counts below it. Numbers side by side are a pager.
pub(super) fn is_step(layout: &Layout<'_>, index: usize, line: &Line<'_>) -> bool {
    let Some(own) = number(&line.block.text) else { return false };
    let told = |at: usize| layout.lines.get(at + 1).is_some_and(|line| line.words > 0 && line.text != "0");
    let next = |at: usize| {
        let other = layout.lines.get(at).and_then(|line| number(&line.block.text));
        other.is_some_and(|other| other.abs_diff(own) == 1) && told(at)
    };
    let apart = |at: usize| at.abs_diff(index) > 1;
    let near = index.saturating_sub(NEAR)..(index + NEAR + 1).min(layout.lines.len());
    told(index) && (is_figure(layout, index) || near.filter(|at| apart(*at)).any(next))
}

/// Whether the line below continues the number: "11", "- officials were voted out".
fn is_figure(layout: &Layout<'_>, index: usize) -> bool {
    layout.lines.get(index + 1).is_some_and(|below| {
        let continues = |c: char| c.is_lowercase() || matches!(c, '-' | '–' | '—');
        below.words >= FIGURE_WORDS_MIN && below.block.text.trim_start().starts_with(continues)
    })
}

/// The number that a line consists of: `7`, `7.`, `(7)`, `٧`, `⑦`.
fn number(text: &str) -> Option<u32> {
    let digits = text.trim().trim_matches(|c: char| {
        matches!(c, '.' | ')' | '(' | '#' | ':' | '。' | '．' | '、' | '"' | '“' | '”')
    });
    let mut value = 0u32;
    let mut count = 0;
    for c in digits.chars() {
        let digit = digit(c)?;
        count += 1;
        if digit > 9 {
            return (digits.chars().count() == 1).then_some(digit);
        }
        value = value.checked_mul(10)?.checked_add(digit)?;
    }
    (1..=3).contains(&count).then_some(value)
}

/// The value of a digit in any script that numbers steps with its own digits, and of a circled
/// number up to 20.
fn digit(c: char) -> Option<u32> {
    const ZEROS: [u32; 5] = [0x30, 0x660, 0x6f0, 0x966, 0xff10];
    let code = u32::from(c);
    let own = ZEROS.iter().find_map(|zero| code.checked_sub(*zero).filter(|digit| *digit < 10));
    own.or_else(|| code.checked_sub(0x245f).filter(|digit| (1..=20).contains(digit)).map(|digit| digit + 9))
}
