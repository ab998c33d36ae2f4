//! One pass over the tree: the page as a row of blocks, each with what is known about it and where it stands.

use super::{
    element::Tag,
    hints::{self, FAR, Hint, Hints, Levels, Names},
    tree::{NONE, ROOT, Tree},
};

mod caption;
mod enter;
mod initial;
mod piece;
pub(super) mod sight;
mod word;

pub(super) use piece::{Piece, Pieces, Shown};
use sight::Sight;
pub(super) use word::strip_unseen;
use word::{plain_words, word_end};

/// Blocks of a page, at most; a page with more is cut there.
pub(super) const BLOCKS_MAX: usize = 20_000;

/// What an element passes down.
#[derive(Clone, Copy)]
struct Frame {
    node: u32,
    block: u32,
    tag: Tag,
    depth: u16,
    /// Seen from the element itself, and from the nearest block.
    above: [Levels; Hint::COUNT],
    block_above: [Levels; Hint::COUNT],
    link: u32,
    bold: bool,
    italic: bool,
    shown: Shown,
    pre: bool,
    /// Whether it is a caption inside a paragraph: an inline element that is a block of its own.
    caption: bool,
}

/// A drop cap that waits for the rest of its word.
struct Initial {
    letter: String,
    /// Whether white space stands before it.
    space: bool,
    /// Whether a line or a block ended after it.
    line: bool,
}

struct Walk<'a> {
    tree: &'a Tree,
    out: Pieces,
    current: Piece,
    /// White space seen but not yet written.
    space: bool,
    /// Line breaks seen with nothing after them.
    breaks: u8,
    /// First piece of the table row that is open.
    row: usize,
    initial: Option<Initial>,
    names: Names<'a, Hints>,
    sights: Names<'a, Sight>,
    initials: Names<'a, bool>,
}

/// Cuts the tree into pieces.
pub(super) fn pieces(tree: &Tree) -> Pieces {
    let top = Frame {
        node: ROOT,
        block: ROOT,
        tag: Tag::Div,
        depth: 0,
        above: [FAR; Hint::COUNT],
        block_above: [FAR; Hint::COUNT],
        link: NONE,
        bold: false,
        italic: false,
        shown: Shown::Yes,
        pre: false,
        caption: false,
    };
    let mut walk = Walk {
        tree,
        out: Pieces { text: String::with_capacity(tree.len() * 16), ..Pieces::default() },
        current: Piece {
            node: ROOT,
            tag: Tag::Div,
            start: 0,
            end: 0,
            chars: 0,
            link_chars: 0,
            lead_link_chars: 0,
            bold_chars: 0,
            italic_chars: 0,
            links: (0, 0),
            above: top.above,
            depth: 0,
            shown: Shown::Yes,
            images: 0,
        },
        space: false,
        breaks: 0,
        row: 0,
        initial: None,
        names: Names::new(hints::of_name),
        initials: Names::new(initial::is_name),
        sights: Names::new(sight::of_class),
    };
    walk.run(top);
    walk.out
}

impl<'a> Walk<'a> {
    fn run(&mut self, top: Frame) {
        let mut stack = vec![top];
        let mut at = self.tree.first(ROOT);
        while at != NONE && self.out.all.len() < BLOCKS_MAX {
            let Some(frame) = stack.last() else { break };
            let entered = if let Some(text) = self.tree.text(at) {
                self.text(text, frame);
                false
            } else if let Some(frame) = self.enter(at, frame) {
                stack.push(frame);
                true
            } else {
                false
            };
            if entered && self.tree.first(at) != NONE {
                at = self.tree.first(at);
                continue;
            }
            // Goes to the next node in document order, closing what ends on the way.
            loop {
                if stack.len() > 1
                    && let Some(ended) = stack.pop_if(|frame| frame.node == at)
                {
                    if self.tree.tag(at).is_block() || ended.caption {
                        self.flush();
                    }
                    if self.tree.tag(at) == Tag::Tr {
                        self.join_row();
                    }
                }
                let next = self.tree.next(at);
                if next != NONE {
                    at = next;
                    break;
                }
                at = self.tree.parent(at);
                if at == NONE || at == ROOT {
                    at = NONE;
                    break;
                }
            }
        }
        self.flush();
    }

    /// Two breaks, or one after the end of a sentence, end a paragraph.
    fn line_break(&mut self, frame: &Frame) {
        self.space = true;
        let text = self.out.text.get(self.current.start as usize..).unwrap_or("");
        let ends = text
            .ends_with(['.', '!', '?', ':', '…', '"', '”', '»', '。', '！', '？', '」', '』', '।', '۔', '؟']);
        if self.breaks >= 2 || ends && self.current.chars >= 60 || frame.pre && self.current.chars > 4000 {
            self.flush();
        }
    }

    fn text(&mut self, text: &str, frame: &Frame) {
        let mut rest = text;
        while !rest.is_empty() {
            let trimmed = rest.trim_start();
            if trimmed.len() < rest.len() {
                self.space = true;
                if let Some(initial) = &mut self.initial {
                    initial.line |=
                        rest.get(..rest.len() - trimmed.len()).is_some_and(|gap| gap.contains('\n'));
                }
            }
            if trimmed.is_empty() {
                return;
            }
            let (words, chars) = plain_words(trimmed);
            let end = if words > 0 { words } else { word_end(trimmed) };
            let (words, tail) = trimmed.split_at(end);
            self.words(words, chars, frame);
            rest = tail;
        }
    }

    /// Keeps a drop cap for the word it begins.
    fn await_rest(&mut self, letter: String) {
        self.initial = Some(Initial { letter, space: std::mem::take(&mut self.space), line: false });
    }

    /// Adds a word, or several [`plain_words`] with `chars` characters.
    fn words(&mut self, words: &str, chars: u32, frame: &Frame) {
        if let Some(Initial { letter, space, line }) = self.initial.take() {
            let gap = std::mem::replace(&mut self.space, space);
            let parts =
                if initial::is_one_word(self.tree, &letter, words, gap || line, line) { "" } else { " " };
            return self.words(&format!("{letter}{parts}{words}"), 0, frame);
        }
        if self.current.chars == 0 {
            self.begin(frame);
        } else if self.space {
            self.out.text.push(' ');
        }
        self.space = false;
        self.breaks = 0;
        let start = self.out.text.len();
        self.out.text.push_str(words);
        let mut chars = chars;
        if chars == 0 {
            if let Some(plain) = strip_unseen(words) {
                self.out.text.truncate(start);
                self.out.text.push_str(&plain);
            }
            chars = self.out.text.get(start..).map_or(0, |text| text.chars().count()) as u32;
        }
        self.current.chars += chars;
        if frame.link != NONE {
            self.current.link_chars += chars;
            if self.current.link_chars == self.current.chars {
                self.current.lead_link_chars = self.current.link_chars;
            }
            let links = &mut self.out.links;
            if links.len() == self.current.links.0 as usize || links.last() != Some(&frame.link) {
                links.push(frame.link);
            }
        }
        if frame.bold {
            self.current.bold_chars += chars;
        }
        if frame.italic {
            self.current.italic_chars += chars;
        }
    }

    fn begin(&mut self, frame: &Frame) {
        let start = self.out.text.len() as u32;
        let links = self.out.links.len() as u32;
        self.current = Piece {
            node: frame.block,
            tag: frame.tag,
            start,
            end: start,
            links: (links, links),
            above: frame.block_above,
            depth: frame.depth,
            shown: frame.shown,
            ..self.current
        };
    }

    /// The cells of a row of facts are one piece; cells with paragraphs, and layouts, stay as they are.
    fn join_row(&mut self) {
        let cells = self.out.all.get(self.row..).unwrap_or(&[]);
        let short = cells.iter().all(|cell| matches!(cell.tag, Tag::Td | Tag::Th) && cell.chars < 80);
        if !short || !(2..=24).contains(&cells.len()) {
            return;
        }
        let rest = self.out.all.split_off(self.row + 1);
        if let Some(first) = self.out.all.last_mut() {
            for cell in rest {
                first.end = cell.end;
                first.chars += cell.chars;
                first.link_chars += cell.link_chars;
                first.bold_chars += cell.bold_chars;
                first.italic_chars += cell.italic_chars;
                first.links.1 = cell.links.1;
                first.images = first.images.saturating_add(cell.images);
            }
        }
        self.row = self.out.all.len();
    }

    fn flush(&mut self) {
        self.space = false;
        self.breaks = 0;
        if let Some(initial) = &mut self.initial {
            initial.line = true;
        }
        if self.current.chars == 0 {
            return;
        }
        self.current.end = self.out.text.len() as u32;
        self.current.links.1 = self.out.links.len() as u32;
        self.out.all.push(self.current.clone());
        // Pieces that are joined later have a space between them.
        self.out.text.push(' ');
        let next = self.out.text.len() as u32;
        self.current = Piece {
            start: next,
            end: next,
            chars: 0,
            link_chars: 0,
            lead_link_chars: 0,
            bold_chars: 0,
            italic_chars: 0,
            images: 0,
            ..self.current
        };
    }
}
