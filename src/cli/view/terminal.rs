//! The view in a terminal.

use std::{fmt::Write, io::IsTerminal};

use crate::{
    extract::Explained,
    preview::{
        Row, rows,
        text::{clean, wrap},
        why,
        words::{explain, facts},
    },
    publish::record::{ArticleRecord, DeadLetter, Note},
};

/// Columns assumed if the terminal does not report its width.
const WIDTH: usize = 80;

/// Widest text: longer lines are hard to read.
const WIDTH_MAX: usize = 100;

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const CYAN: &str = "\x1b[36m";
const YELLOW: &str = "\x1b[33m";
const STRUCK: &str = "\x1b[9;31m";
const RESET: &str = "\x1b[0m";

/// How to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Use colours and other attributes (ECMA-48).
    pub colour: bool,
    /// Columns to fill.
    pub width: usize,
}

impl Style {
    /// For standard output: colours on a terminal only, and not where `NO_COLOR` is set
    /// (no-color.org) or the terminal is `dumb`.
    pub fn of_stdout() -> Self {
        let set = |name: &str| crate::config::environment(name).filter(|value| !value.is_empty());
        let plain = set("NO_COLOR").is_some() || set("TERM").is_some_and(|term| term == "dumb");
        let columns = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        Self {
            colour: std::io::stdout().is_terminal() && !plain,
            width: columns.unwrap_or(WIDTH).clamp(20, WIDTH_MAX),
        }
    }
}

/// Draws an article as it was published.
pub fn article(record: &ArticleRecord, style: Style) -> String {
    article_rows(record, &rows(record), style)
}

/// Draws an article with the caller's rows.
pub fn article_rows(record: &ArticleRecord, rows: &[Row], style: Style) -> String {
    let mut out = Drawing { style, out: String::new() };
    out.lines("", BOLD, &record.title);
    out.lines("  ", DIM, &facts(record));
    if let Some(address) = record.canonical_url.as_deref().or(record.url.as_deref()) {
        out.lines("  ", DIM, address);
    }
    if !record.tags.is_empty() {
        let tags: Vec<String> =
            record.tags.iter().map(|tag| format!("{} {:.2}", tag.id, tag.score)).collect();
        out.lines("  ", CYAN, &tags.join(" · "));
    }
    for row in rows {
        out.gap();
        match row {
            Row::Kept { tag, text } => out.lines("  ", kept_style(tag), text),
            Row::Suspect { text, reason } => {
                out.lines("? ", "", text);
                out.lines("  ", YELLOW, &format!("kept: {}", explain(reason)));
            }
            Row::Removed { text, reason } => {
                out.lines("✂ ", STRUCK, text);
                out.lines("  ", DIM, &explain(reason));
            }
        }
    }
    notes(&mut out, &record.notes);
    out.out.push('\n');
    out.out
}

/// Draws the blocks of a page and why each was taken into the article or left out.
pub fn explained(blocks: &[Explained], style: Style) -> String {
    let mut out = Drawing { style, out: String::new() };
    out.lines("", BOLD, "Blocks of the page");
    for block in blocks {
        out.gap();
        let (mark, attributes) = if block.taken { ("✓ ", "") } else { ("✗ ", DIM) };
        out.lines(mark, attributes, &block.text);
        out.lines("  ", CYAN, &why(block));
    }
    out.out.push('\n');
    out.out
}

/// Draws a dead letter.
pub fn dead_letter(letter: &DeadLetter, style: Style) -> String {
    let mut out = Drawing { style, out: String::new() };
    let title = letter.title.as_deref().or(letter.url.as_deref()).unwrap_or("an entry without a title");
    out.lines("✗ ", BOLD, title);
    let times = if letter.attempts == 1 { "once" } else { "times" };
    let attempts =
        if letter.attempts == 1 { times.to_owned() } else { format!("{} {times}", letter.attempts) };
    let stage = letter.stage.as_str();
    let what =
        format!("{} · {stage}: {} · {} · tried {attempts}", letter.feed.name, letter.reason, letter.detail);
    out.lines("  ", DIM, &what);
    if let Some(address) = &letter.url {
        out.lines("  ", DIM, address);
    }
    out.lines("  ", "", &format!("again: {}", letter.retry));
    out.out.push('\n');
    out.out
}

fn kept_style(tag: &str) -> &'static str {
    if matches!(tag, "h1" | "h2" | "h3" | "h4" | "h5" | "h6") { BOLD } else { "" }
}

fn notes(out: &mut Drawing, notes: &[Note]) {
    for note in notes {
        out.gap();
        out.lines("  ", YELLOW, &format!("{}: {}", note.kind, note.text));
    }
}

struct Drawing {
    style: Style,
    out: String,
}

impl Drawing {
    fn gap(&mut self) {
        self.out.push('\n');
    }

    /// Wraps text from elsewhere: `mark` before the first line, spaces before the rest, attributes
    /// on the words only.
    fn lines(&mut self, mark: &str, attributes: &str, text: &str) {
        let indent = mark.chars().count();
        for (index, line) in wrap(&clean(text), self.style.width.saturating_sub(indent)).iter().enumerate() {
            if index == 0 {
                self.out.push_str(mark);
            } else {
                self.out.extend(std::iter::repeat_n(' ', indent));
            }
            if self.style.colour && !attributes.is_empty() {
                writeln!(self.out, "{attributes}{line}{RESET}").ok();
            } else {
                self.out.push_str(line);
                self.out.push('\n');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::tests::golden;

    const PLAIN: Style = Style { colour: false, width: 60 };

    #[test]
    fn the_golden_record_is_drawn() {
        let expected = include_str!("../../../tests/cases/record/golden.view");
        assert_eq!(article(&golden(), PLAIN), expected);
    }

    #[test]
    fn colours_change_nothing_but_colour() {
        let coloured = article(&golden(), Style { colour: true, ..PLAIN });
        assert!(coloured.contains("\x1b[9;31mREAD: "));
        let attribute = regex::Regex::new("\x1b\\[[0-9;]*m").expect("compiles");
        assert_eq!(attribute.replace_all(&coloured, ""), article(&golden(), PLAIN));
    }

    #[test]
    fn nothing_of_an_article_reaches_the_terminal_as_a_command() {
        let mut record = golden();
        let hostile = "\x1b]0;owned\x07 \u{9b}31m \r\n";
        record.title = hostile.into();
        record.authors = vec![hostile.into()];
        record.tags[0].id = hostile.into();
        record.blocks[0].text = hostile.into();
        record.removed[0].rule = hostile.into();
        record.notes[0].kind = hostile.into();
        record.language.code = hostile.into();
        record.canonical_url = Some(hostile.into());
        let block = Explained { text: hostile.into(), ..Explained::default() };
        let drawn = article(&record, PLAIN) + &explained(&[block], PLAIN);
        assert!(!drawn.chars().any(|c| c.is_control() && c != '\n'), "{drawn:?}");
    }
}
