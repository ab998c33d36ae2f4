//! Elements as they open and close, in and out of order.

use super::{DEPTH_MAX, ENTRIES_MAX, Reader};
use crate::feed::{
    frames::{Frame, Mode, is_void},
    names::{El, interrupts},
    namespaces::{Ns, usual_prefix},
    warnings::Kind,
};

impl<'t> Reader<'t> {
    pub(super) fn start(&mut self, name: &'t str, attributes: &'t str, empty: bool, offset: usize) {
        let mut frame = Frame {
            name,
            el: El::Unknown,
            inline: false,
            bindings: self.bindings.len(),
            base: None,
            language: None,
        };
        self.environment(&mut frame, attributes);
        let (ns, el) = self.resolve(name, offset);
        frame.el = el;
        if self.root.first.is_empty() {
            self.root.first = name.chars().take(40).collect();
            self.root.start = offset;
        }
        while let Some(capture) = self.captures.last() {
            let direct = capture.frame + 1 == self.frames.len();
            let child =
                capture.mode == Mode::Person && matches!(el, El::Name | El::Email | El::Uri | El::Url);
            let never_closed = el == El::Entry
                || direct
                    && match capture.mode {
                        Mode::Text => el != El::Unknown,
                        Mode::Person => el != El::Unknown && !child,
                        Mode::Markup => interrupts(capture.el, el),
                        Mode::Inline => false,
                    };
            if child {
                break;
            } else if never_closed {
                self.warnings.tell(Kind::UnclosedElement, offset);
                let at = capture.frame;
                self.close_keeping(at, &mut frame);
            } else {
                self.inline(frame, ns, attributes, empty, offset);
                return;
            }
        }
        if self.frames.len() >= DEPTH_MAX {
            self.warnings.tell(Kind::TooDeep, offset);
            self.flattened += usize::from(!empty);
            self.restore(&mut frame);
            return;
        }
        if el == El::Entry && self.entry.is_some() {
            self.warnings.tell(Kind::UnclosedElement, offset);
            if let Some(at) = self.frames.iter().position(|frame| frame.el == El::Entry) {
                self.close_keeping(at, &mut frame);
            }
        }
        self.frames.push(frame);
        self.root.depth = self.root.depth.max(self.frames.len());
        self.open(el, ns, attributes, offset);
        if empty {
            self.close_to(self.frames.len() - 1);
        }
    }

    /// Closes down to `at`, while the environment of `frame`, which is not pushed yet, stays.
    fn close_keeping(&mut self, at: usize, frame: &mut Frame<'t>) {
        // Its declarations lie on top of those to be dropped; set them aside.
        let own = self.bindings.split_off(frame.bindings.min(self.bindings.len()));
        let base = frame.base.take().map(|outer| std::mem::replace(&mut self.base, outer));
        let language = frame.language.take().map(|outer| std::mem::replace(&mut self.language, outer));
        self.close_to(at);
        frame.bindings = self.bindings.len();
        self.bindings.extend(own);
        frame.base = base.map(|own| std::mem::replace(&mut self.base, own));
        frame.language = language.map(|own| std::mem::replace(&mut self.language, own));
    }

    /// A tag inside a value.
    fn inline(&mut self, mut frame: Frame<'t>, ns: Ns, attributes: &'t str, empty: bool, offset: usize) {
        let local = frame.name.split_once(':').map_or(frame.name, |(_, local)| local);
        let name = if matches!(ns, Ns::Xhtml | Ns::Vector) { local } else { frame.name };
        let void = is_void(local);
        let Some(capture) = self.captures.last_mut() else { return };
        if !matches!(capture.mode, Mode::Text | Mode::Person) {
            if capture.mode == Mode::Markup && !capture.markup {
                self.warnings.tell(Kind::NakedMarkup, offset);
            }
            capture.markup = true;
            let out = capture.text.to_mut();
            out.push('<');
            out.push_str(name);
            out.push_str(attributes);
            match (empty, void) {
                (true, true) => out.push_str(" />"),
                (true, false) => {
                    out.push_str("></");
                    out.push_str(name);
                    out.push('>');
                }
                (false, _) => out.push('>'),
            }
            frame.inline = true;
        }
        frame.el = El::Unknown;
        if empty || void {
            self.restore(&mut frame);
        } else if self.frames.len() >= DEPTH_MAX {
            self.warnings.tell(Kind::TooDeep, offset);
            self.flattened += 1;
            self.restore(&mut frame);
        } else {
            self.frames.push(frame);
            self.root.depth = self.root.depth.max(self.frames.len());
        }
    }

    fn restore(&mut self, frame: &mut Frame<'t>) {
        self.bindings.truncate(frame.bindings);
        if let Some(base) = frame.base.take() {
            self.base = base;
        }
        if let Some(language) = frame.language.take() {
            self.language = language;
        }
    }

    pub(super) fn end(&mut self, name: &str, offset: usize) {
        let found = self.frames.iter().rposition(|frame| frame.name.eq_ignore_ascii_case(name));
        match found {
            _ if self.flattened > 0 && found.is_none_or(|at| at + 1 == self.frames.len()) => {
                self.flattened -= 1
            }
            Some(at) => {
                if at + 1 < self.frames.len() {
                    self.warnings.tell(Kind::UnclosedElement, offset);
                }
                self.flattened = 0;
                self.close_to(at);
            }
            None if self.misspelt(name) => {
                self.warnings.tell(Kind::UnclosedElement, offset);
                self.close_to(self.frames.len() - 1);
            }
            None => {
                self.warnings.tell_with(Kind::StrayEndTag, offset, || Some(name.chars().take(40).collect()))
            }
        }
    }

    /// Whether `name` is nearly that of the innermost element, whose text is being collected:
    /// `</descriptoin>`.
    fn misspelt(&self, name: &str) -> bool {
        let (Some(capture), Some(frame)) = (self.captures.last(), self.frames.last()) else { return false };
        let alike =
            frame.name.bytes().zip(name.bytes()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
        capture.frame + 1 == self.frames.len() && alike >= 3 && frame.name.len().abs_diff(name.len()) <= 2
    }

    /// Closes open elements until `at` are left.
    pub(super) fn close_to(&mut self, at: usize) {
        while self.frames.len() > at {
            let Some(mut frame) = self.frames.pop() else { return };
            if self.captures.last().is_some_and(|capture| capture.frame == self.frames.len()) {
                if let Some(capture) = self.captures.pop() {
                    self.finish(capture);
                }
            } else if frame.inline
                && let Some(capture) = self.captures.last_mut()
            {
                let (prefix, local) = frame.name.split_once(':').unwrap_or(("", frame.name));
                let known = prefix.is_empty()
                    || self
                        .bindings
                        .iter()
                        .rev()
                        .find(|b| b.prefix == prefix)
                        .map(|b| b.ns)
                        .or(usual_prefix(prefix))
                        .is_some_and(|ns| matches!(ns, Ns::Xhtml | Ns::Vector));
                let out = capture.text.to_mut();
                out.push_str("</");
                out.push_str(if known { local } else { frame.name });
                out.push('>');
            }
            if frame.el == El::Entry
                && let Some(entry) = self.entry.take()
            {
                self.entries.push(entry.into_entry());
                self.full |= self.entries.len() >= ENTRIES_MAX;
            }
            self.restore(&mut frame);
        }
    }
}
