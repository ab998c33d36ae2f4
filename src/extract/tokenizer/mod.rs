//! Bytes of HTML to tokens for html5ever's tree builder, within limits.
//!
//! html5ever's own tokenizer costs two thirds of a parse (1.04 of 1.46 ms for a page of 174 KB), mostly for
//! attributes nobody reads, and looks for duplicate attributes with a scan over those already read, which
//! takes 6 s for 100,000 attributes in one tag. This one follows the same standard (WHATWG HTML 13.2.5), but
//! hands on only the attributes of [`super::element`], no comments, no bodies of scripts without JSON, and
//! nothing inside `svg`; every step is linear in the input.
//!
//! The tree builder behind it is quadratic in nesting depth. The limits that keep it within bounds are here,
//! too: [`DEPTH_MAX`], [`TREE_MAX`] and [`WORK_MAX`], all counted, none timed, so a page gives the same tree
//! on any machine.

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{Doctype, Tag, TagKind, Token, TokenSink, TokenSinkResult};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5ever::{Attribute, LocalName, QualName, local_name, ns};
use memchr::memchr;

use super::{
    element::{attr_name, element_name, is_void},
    entities,
    tree::{Cost, Sink, Tree},
};

mod declaration;
mod raw;

/// Deepest nesting, as in browsers; deeper start tags are dropped, their text stays. Real pages: 51.
pub(super) const DEPTH_MAX: usize = 512;
/// Bytes of a tree without its text, at most.
pub(super) const TREE_MAX: usize = 48 << 20;
/// Steps of the tree builder, at most, counted as the depth at every tag; real pages stay under 1 % of it.
pub(super) const WORK_MAX: usize = 60_000_000;

/// Parses a page. `fragment` starts inside `body`.
pub(super) fn parse(input: &str, fragment: bool) -> Tree {
    let sink = Sink::new(input.len());
    let opts = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    let builder = TreeBuilder::new(sink, opts);
    let page = StrTendril::from(input);
    let mut tokenizer = Tokenizer { page: &page, at: 0, builder: &builder, dropped: 0, work: 0, keep: true };
    if fragment {
        let doctype = Doctype { name: Some("html".into()), ..Doctype::default() };
        drop(tokenizer.pass(Token::DoctypeToken(doctype)));
        tokenizer.tag(TagKind::StartTag, local_name!("body"), Vec::new(), false);
    }
    tokenizer.run();
    let cost = Cost { work: tokenizer.work + builder.sink.steps.get(), bytes: builder.sink.bytes() };
    let mut tree = html5ever::interface::TreeSink::finish(builder.sink);
    tree.cost = cost;
    tree
}

struct Tokenizer<'a> {
    page: &'a StrTendril,
    at: usize,
    builder: &'a TreeBuilder<u32, Sink>,
    /// Start tags dropped for their depth whose end tags are still to come.
    dropped: usize,
    work: usize,
    /// Whether the raw text that follows is of use.
    keep: bool,
}

impl Tokenizer<'_> {
    fn bytes(&self) -> &[u8] {
        self.page.as_bytes()
    }

    fn rest(&self) -> &[u8] {
        self.bytes().get(self.at..).unwrap_or(&[])
    }

    fn run(&mut self) {
        loop {
            let rest = self.rest();
            let Some(open) = memchr(b'<', rest) else { break };
            let (from, open) = (self.at, self.at + open);
            let next = (self.bytes().get(open + 1).copied(), self.bytes().get(open + 2).copied());
            let is_markup = matches!(next, (Some(b'/' | b'!' | b'?' | b'a'..=b'z' | b'A'..=b'Z'), _));
            self.at = open;
            self.text(from, if is_markup { open } else { open + 1 });
            if self.at > open {
                break;
            }
            match next {
                (Some(b'a'..=b'z' | b'A'..=b'Z'), _) => self.start_or_end(TagKind::StartTag, open + 1),
                (Some(b'/'), Some(b'a'..=b'z' | b'A'..=b'Z')) => self.start_or_end(TagKind::EndTag, open + 2),
                (Some(b'/'), Some(b'>')) => self.at = open + 3,
                // The page ends here: text (WHATWG 13.2.5.7, end of file).
                (Some(b'/'), None) => break,
                (Some(b'!'), _) => self.declaration(),
                (Some(b'/' | b'?'), _) => self.bogus_comment(),
                _ => self.at = open + 1,
            }
        }
        self.text(self.at, self.page.len());
        drop(self.pass(Token::EOFToken));
        self.builder.end();
    }

    /// Hands on the text from `from` to `to`, with its character references decoded.
    fn text(&mut self, from: usize, to: usize) {
        if from >= to {
            return;
        }
        let text = self.page.subtendril(from as u32, (to - from) as u32);
        let text = match memchr(b'&', text.as_bytes()) {
            None => text,
            Some(_) => match entities::decode(&text, false) {
                Cow::Borrowed(_) => text,
                Cow::Owned(decoded) => StrTendril::from(decoded),
            },
        };
        if self.budget(1) {
            self.hand_on(text);
        }
    }

    fn hand_on(&mut self, text: StrTendril) {
        // Only tags change what comes next.
        drop(self.pass(Token::CharacterTokens(text)));
    }

    /// Whether the tree builder may do more work; if not, the page ends here.
    fn budget(&mut self, steps: usize) -> bool {
        self.work += steps;
        let within =
            self.work + self.builder.sink.steps.get() < WORK_MAX && self.builder.sink.bytes() < TREE_MAX;
        if !within {
            self.at = self.page.len();
            self.builder.sink.mark_cut();
        }
        within
    }

    fn pass(&mut self, token: Token) -> TokenSinkResult<u32> {
        self.builder.process_token(token, 1)
    }

    /// Reads a tag whose name begins at `from`.
    fn start_or_end(&mut self, kind: TagKind, from: usize) {
        let bytes = self.page.as_bytes();
        let mut at = from;
        while bytes
            .get(at)
            .is_some_and(|byte| !matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ' | b'/' | b'>'))
        {
            at += 1;
        }
        let name = element_name(self.page.get(from..at).unwrap_or(""));
        let mut attrs = Vec::new();
        let mut closed = false;
        loop {
            while bytes.get(at).is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b'/') {
                closed = bytes.get(at) == Some(&b'/');
                at += 1;
            }
            match bytes.get(at) {
                // A tag that never ends is dropped, as in the standard.
                None => {
                    self.at = bytes.len();
                    return;
                }
                Some(b'>') => break,
                Some(_) => {
                    closed = false;
                    at = self.attribute(at, kind == TagKind::StartTag, &mut attrs);
                }
            }
        }
        self.at = at + 1;
        if name == local_name!("svg") && kind == TagKind::StartTag {
            if !closed {
                self.skip_svg();
            }
            return;
        }
        self.tag(kind, name, attrs, closed);
    }

    /// Reads one attribute at `at`; returns the place after it.
    fn attribute(&self, mut at: usize, keep: bool, attrs: &mut Vec<Attribute>) -> usize {
        let bytes = self.page.as_bytes();
        let start = at;
        at += 1;
        while bytes
            .get(at)
            .is_some_and(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'/' | b'>' | b'='))
        {
            at += 1;
        }
        let name = bytes.get(start..at).unwrap_or(&[]);
        let mut after = at;
        while bytes.get(after).is_some_and(u8::is_ascii_whitespace) {
            after += 1;
        }
        let (mut from, mut to) = (at, at);
        if bytes.get(after) == Some(&b'=') {
            at = after + 1;
            while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
                at += 1;
            }
            match bytes.get(at) {
                Some(quote @ (b'"' | b'\'')) => {
                    from = at + 1;
                    let rest = bytes.get(from..).unwrap_or(&[]);
                    to = memchr(*quote, rest).map_or(bytes.len(), |end| from + end);
                    at = to + 1;
                }
                _ => {
                    from = at;
                    while bytes.get(at).is_some_and(|byte| !byte.is_ascii_whitespace() && *byte != b'>') {
                        at += 1;
                    }
                    to = at;
                }
            }
        }
        if keep
            && let Some(name) = attr_name(name)
            && attrs.iter().all(|attr| attr.name.local != name)
            && (name != local_name!("style") || may_hide(bytes.get(from..to).unwrap_or(&[])))
        {
            let value = self.page.subtendril(from as u32, (to - from) as u32);
            let value = match entities::decode(&value, true) {
                Cow::Borrowed(_) => value,
                Cow::Owned(decoded) => StrTendril::from(decoded),
            };
            attrs.push(Attribute { name: QualName::new(None, ns!(), name), value });
        }
        at
    }

    /// Hands a tag on, unless a limit forbids it, and reads the raw text after it.
    fn tag(&mut self, kind: TagKind, name: LocalName, attrs: Vec<Attribute>, self_closing: bool) {
        let depth = self.builder.sink.depth.get();
        if !self.budget(depth + 8) {
            return;
        }
        if kind == TagKind::EndTag {
            if self.dropped > 0 && !is_void(&name) {
                self.dropped -= 1;
                return;
            }
            self.builder.sink.depth.set(depth.saturating_sub(1));
        } else if depth >= DEPTH_MAX && !is_void(&name) {
            self.dropped += 1;
            self.builder.sink.mark_cut();
            if matches!(name, local_name!("script") | local_name!("style")) {
                self.keep = false;
                self.raw(&name);
            }
            return;
        }
        self.keep = match name {
            local_name!("script") => attrs.iter().any(|attr| {
                let value = &*attr.value;
                attr.name.local == local_name!("type") && value.contains("json")
                    || attr.name.local == local_name!("id") && value == "__NEXT_DATA__"
            }),
            local_name!("title") | local_name!("xmp") => true,
            _ => false,
        };
        let is_script = name == local_name!("script");
        let raw_name = name.clone();
        let token = Tag { kind, name, self_closing, attrs, had_duplicate_attributes: false };
        match self.pass(Token::TagToken(token)) {
            TokenSinkResult::RawData(RawKind::Rcdata) => self.rcdata(&raw_name),
            TokenSinkResult::RawData(_) if is_script => self.script(),
            TokenSinkResult::RawData(_) => self.raw(&raw_name),
            TokenSinkResult::Plaintext => {
                self.text(self.at, self.page.len());
                self.at = self.page.len();
            }
            TokenSinkResult::Continue
            | TokenSinkResult::Script(_)
            | TokenSinkResult::EncodingIndicator(_) => {}
        }
    }
}

/// Whether a style may hide something; other styles are not kept.
fn may_hide(style: &[u8]) -> bool {
    static WORDS: LazyLock<AhoCorasick> = LazyLock::new(|| {
        #[expect(clippy::expect_used, reason = "a constant table, built in the tests")]
        AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(["none", "hid", "clip", "absolute", "fixed", "indent", "size:0", "size: 0", "collapse"])
            .expect("nine words make an automaton")
    });
    WORDS.is_match(style)
}

#[cfg(test)]
mod tests;
