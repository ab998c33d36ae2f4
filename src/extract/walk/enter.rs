//! Entering an element: what it stands for by itself, and what it passes down.

use super::{Frame, Shown, Walk, caption, initial, sight};
use crate::extract::{
    element::{Attr, Tag},
    hints::{self, FAR, Hint},
};

impl Walk<'_> {
    /// Enters an element; `None` if its content is left out.
    pub(super) fn enter(&mut self, node: u32, outer: &Frame) -> Option<Frame> {
        let tag = self.tree.tag(node);
        if self.stands_alone(node, tag, outer) {
            return None;
        }
        let mut frame = self.frame(node, tag, outer);
        if tag.is_block() {
            self.open_block(&mut frame, tag, outer.tag);
        } else if caption::is_caption(self.tree, node) {
            frame.caption = true;
            self.flush();
            (frame.block, frame.tag) = (node, Tag::Figcaption);
            frame.above[Hint::InFigure as usize] = 0;
            frame.above[Hint::Caption as usize] = 0;
            frame.block_above = frame.above;
        }
        Some(frame)
    }

    /// Handles an element that needs no entering: a break, a picture, a drop cap, or nothing if readers do
    /// not see it. False for an element that is to be entered.
    fn stands_alone(&mut self, node: u32, tag: Tag, outer: &Frame) -> bool {
        match tag {
            Tag::Br => {
                self.breaks = self.breaks.saturating_add(1);
                self.line_break(outer);
                return true;
            }
            Tag::Img | Tag::AmpImg => {
                self.out.images.push((node, self.out.all.len() as u32));
                self.current.images = self.current.images.saturating_add(1);
                self.space |= tag == Tag::Img && self.current.chars == 0;
                if let Some(letter) = initial::of_image(self.tree, node) {
                    self.await_rest(letter);
                }
                return true;
            }
            Tag::Hr => {
                self.flush();
                return true;
            }
            _ if tag.is_silent() => return true,
            _ => {}
        }
        let sights = &mut self.sights;
        if sight::is_unseen(self.tree, node, |class| sights.of(class)) {
            // A separator for screen readers stands between things that look separate, too.
            self.space |= sight::is_separator(self.tree, node);
            return true;
        }
        if let Some(letter) = initial::of_element(self.tree, node, |class| self.initials.of(class)) {
            self.await_rest(letter);
            return true;
        }
        false
    }

    /// What an element passes down: what it was given, one level further away, and what its own name and
    /// attributes say.
    fn frame(&mut self, node: u32, tag: Tag, outer: &Frame) -> Frame {
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
                Attr::Style if sight::hides(value) => frame.shown = frame.shown.max(Shown::Later),
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
        frame.caption = false;
        frame
    }

    /// Ends the block before, and begins that of an element.
    fn open_block(&mut self, frame: &mut Frame, tag: Tag, outer: Tag) {
        self.flush();
        if tag == Tag::Tr {
            self.row = self.out.all.len();
        }
        frame.block = frame.node;
        frame.block_above = frame.above;
        // The content of a wrapper belongs to its item, cell or quote, as in `<li><div>` and
        // `<blockquote><p>`.
        frame.tag = match tag {
            Tag::Div | Tag::Section | Tag::Center if matches!(outer, Tag::Li | Tag::Td | Tag::Blockquote) => {
                outer
            }
            Tag::P if outer == Tag::Blockquote => Tag::Blockquote,
            _ => tag,
        };
    }
}
