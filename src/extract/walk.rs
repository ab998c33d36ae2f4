//! One pass over the tree: the page as a row of blocks, each with what is known about it and where it stands.

use memchr::memchr;

use super::element::{Attr, Tag};
use super::hints::{self, Hint, Hints, Names};
use super::tree::{NONE, ROOT, Tree};

mod piece;
mod word;

pub(super) use piece::{FAR, Levels, Piece, Pieces, Shown};
use word::{plain_words, word_end};

/// Most blocks of a page; a page with more is cut there.
pub(super) const MAX_BLOCKS: usize = 20_000;

/// What an element hands down.
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
}

struct Walk<'a> {
    tree: &'a Tree,
    out: Pieces,
    current: Piece,
    /// White space seen, not yet written.
    space: bool,
    /// Line breaks seen with nothing after them.
    breaks: u8,
    /// First piece of the table row that is open.
    row: usize,
    names: Names<'a, Hints>,
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
        names: Names::new(hints::of_name),
    };
    walk.run(top);
    walk.out
}

impl<'a> Walk<'a> {
    fn run(&mut self, top: Frame) {
        let mut stack = vec![top];
        let mut at = self.tree.first(ROOT);
        while at != NONE && self.out.all.len() < MAX_BLOCKS {
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
            // To the next node in document order, closing what ends on the way.
            loop {
                if stack.len() > 1 && stack.last().is_some_and(|frame| frame.node == at) {
                    stack.pop();
                    if self.tree.tag(at).is_block() {
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

    /// Enters an element; nothing where its content is left out.
    fn enter(&mut self, node: u32, outer: &Frame) -> Option<Frame> {
        let tag = self.tree.tag(node);
        match tag {
            Tag::Br => {
                self.breaks = self.breaks.saturating_add(1);
                self.line_break(outer);
                return None;
            }
            Tag::Img | Tag::AmpImg => {
                self.out.images.push((node, self.out.all.len() as u32));
                self.current.images = self.current.images.saturating_add(1);
                self.space |= tag == Tag::Img && self.current.chars == 0;
                return None;
            }
            Tag::Hr => {
                self.flush();
                return None;
            }
            _ if tag.is_silent() => return None,
            // Inside a sentence only: a list of such cards may be what the page is about.
            _ if self.current.chars > 0
                && !tag.is_block()
                && self.tree.attr(node, Attr::Class).is_some_and(hints::is_hover_card) =>
            {
                return None;
            }
            _ => {}
        }
        let mut frame = Frame { node, depth: outer.depth.saturating_add(1), ..*outer };
        for levels in &mut frame.above {
            *levels = (*levels + 1).min(FAR);
        }
        hints::of_tag(tag, &mut frame.above);
        for (attr, value) in self.tree.attrs(node) {
            match attr {
                Attr::Class | Attr::Id | Attr::Itemprop | Attr::Role => {
                    self.names.of(value).mark(&mut frame.above);
                }
                Attr::Hidden => frame.shown = frame.shown.max(Shown::Later),
                Attr::Style if hides(value) => frame.shown = frame.shown.max(Shown::Later),
                Attr::AriaHidden if value.eq_ignore_ascii_case("true") => {
                    frame.above[Hint::AriaHidden as usize] = 0;
                }
                _ => {}
            }
        }
        match tag {
            Tag::A => frame.link = node,
            Tag::B | Tag::Strong => frame.bold = true,
            Tag::I | Tag::Em => frame.italic = true,
            Tag::Noscript => frame.shown = Shown::NoScript,
            Tag::Pre => frame.pre = true,
            _ => {}
        }
        if tag.is_block() {
            self.flush();
            if tag == Tag::Tr {
                self.row = self.out.all.len();
            }
            frame.block = node;
            frame.block_above = frame.above;
            // What a wrapper holds is of its item, cell or quote: `<li><div>`, `<blockquote><p>` stay apart.
            frame.tag = match tag {
                Tag::Div | Tag::Section | Tag::Center
                    if matches!(outer.tag, Tag::Li | Tag::Td | Tag::Blockquote) =>
                {
                    outer.tag
                }
                Tag::P if outer.tag == Tag::Blockquote => Tag::Blockquote,
                _ => tag,
            };
        }
        Some(frame)
    }

    /// One break after the end of a sentence, or two, end a paragraph.
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

    /// Adds a word, or several [`plain_words`] with `chars` characters.
    fn words(&mut self, words: &str, chars: u32, frame: &Frame) {
        if self.current.chars == 0 {
            self.begin(frame);
        } else if self.space {
            self.out.text.push(' ');
        }
        self.space = false;
        self.breaks = 0;
        let start = self.out.text.len();
        self.out.text.push_str(words);
        if chars == 0 && words.contains(['\u{ad}', '\u{feff}']) {
            // Where a line may break is the publisher's layout, not the text.
            let plain = self.out.text.split_off(start).replace(['\u{ad}', '\u{feff}'], "");
            self.out.text.push_str(&plain);
        }
        let chars = if chars > 0 { chars } else { words.chars().count() as u32 };
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
        if self.current.chars == 0 {
            return;
        }
        self.current.end = self.out.text.len() as u32;
        self.current.links.1 = self.out.links.len() as u32;
        self.out.all.push(self.current.clone());
        // Pieces that become one later have a space between them.
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

/// A style that hides the element.
fn hides(style: &str) -> bool {
    let Some(colon) = style.find("display").and_then(|at| {
        let rest = style.as_bytes().get(at..)?;
        memchr(b':', rest).map(|colon| at + colon + 1)
    }) else {
        return false;
    };
    style.get(colon..).is_some_and(|rest| rest.trim_start().starts_with("none"))
}
