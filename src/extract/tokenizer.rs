//! Bytes of HTML to tokens for html5ever's tree builder, within limits.
//!
//! html5ever's own tokenizer costs two thirds of a parse (1.04 of 1.46 ms for a page of 174 KB), for the
//! most part for attributes nobody reads, and looks for duplicate attributes with a scan over those already
//! read, which 100,000 attributes in one tag turn into 6 s. This one follows the same standard
//! (WHATWG HTML 13.2.5), but hands on only the attributes of [`super::element`], no comments, no bodies of
//! scripts that hold no JSON, and nothing inside `svg`; every step is linear in the input.
//!
//! The tree builder behind it is quadratic in nesting depth. The limits that keep it in bounds are here, too:
//! [`MAX_DEPTH`], [`MAX_TREE`] and [`MAX_WORK`], all counted, none timed, so a page gives the same tree on
//! any machine.

use std::borrow::Cow;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{Doctype, Tag, TagKind, Token, TokenSink, TokenSinkResult};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5ever::{Attribute, LocalName, QualName, local_name, ns};
use memchr::{memchr, memchr2, memmem};

use super::element::{attr_name, element_name, is_void};
use super::entities;
use super::tree::{Sink, Tree};

/// Deepest nesting, as in browsers; deeper start tags are dropped, their text stays. Real pages: 51.
const MAX_DEPTH: usize = 512;
/// Most bytes of a tree without its text.
const MAX_TREE: usize = 48 << 20;
/// Most steps of the tree builder, counted as the depth of every tag; real pages stay under 1 % of it.
const MAX_WORK: usize = 60_000_000;

/// Parses a page. `fragment` starts inside `body`.
pub(super) fn parse(input: String, fragment: bool) -> Tree {
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
    html5ever::interface::TreeSink::finish(builder.sink)
}

struct Tokenizer<'a> {
    page: &'a StrTendril,
    at: usize,
    builder: &'a TreeBuilder<u32, Sink>,
    /// Start tags dropped for their depth whose end tags are still to come.
    dropped: usize,
    work: usize,
    /// The raw text that follows is of use.
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

    /// Whether the tree builder may do more work; where not, the page ends here.
    fn budget(&mut self, steps: usize) -> bool {
        self.work += steps;
        let within =
            self.work + self.builder.sink.steps.get() < MAX_WORK && self.builder.sink.bytes() < MAX_TREE;
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
                // A tag that never ends is dropped, as the standard has it.
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

    /// Reads one attribute at `at`; gives the place after it.
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
            && (name != local_name!("style")
                || memmem::find(bytes.get(from..to).unwrap_or(&[]), b"none").is_some())
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
        } else if depth >= MAX_DEPTH && !is_void(&name) {
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

    /// Where the end tag of `name` begins, at or after `from`.
    fn end_tag(&self, name: &[u8], mut from: usize) -> Option<usize> {
        let bytes = self.bytes();
        while let Some(open) = memchr(b'<', bytes.get(from..)?) {
            from += open;
            if bytes.get(from + 1) == Some(&b'/') && named(bytes, from + 2, name) {
                return Some(from);
            }
            from += 1;
        }
        None
    }

    fn raw(&mut self, name: &str) {
        let end = self.end_tag(name.as_bytes(), self.at).unwrap_or(self.page.len());
        self.raw_text(end);
    }

    fn raw_text(&mut self, end: usize) {
        if self.keep && end > self.at && self.budget(1) {
            let text = self.page.subtendril(self.at as u32, (end - self.at) as u32);
            self.hand_on(text);
        }
        self.at = end.max(self.at);
    }

    fn rcdata(&mut self, name: &str) {
        let end = self.end_tag(name.as_bytes(), self.at).unwrap_or(self.page.len());
        if self.keep {
            self.text(self.at, end);
        }
        self.at = end.max(self.at);
    }

    /// The body of a script, which may hold `<!-- <script> </script> -->`.
    fn script(&mut self) {
        let bytes = self.bytes();
        let mut at = self.at;
        // 0 script data, 1 escaped, 2 double escaped.
        let mut escaped = 0;
        let end = loop {
            let Some(rest) = bytes.get(at..) else { break bytes.len() };
            let found = if escaped == 0 { memchr(b'<', rest) } else { memchr2(b'<', b'-', rest) };
            let Some(found) = found else { break bytes.len() };
            at += found;
            let rest = bytes.get(at..).unwrap_or(&[]);
            if rest.starts_with(b"-->") {
                escaped = 0;
            } else if escaped == 0 && rest.starts_with(b"<!--") {
                escaped = 1;
                // The dashes may already be those of the end: `<!-->`.
                at += 1;
            } else if rest.starts_with(b"</") && named(bytes, at + 2, b"script") {
                if escaped < 2 {
                    break at;
                }
                escaped = 1;
            } else if escaped == 1 && rest.starts_with(b"<") && named(bytes, at + 1, b"script") {
                escaped = 2;
            }
            at += 1;
        };
        if !self.keep {
            // Published outside JSON scripts, but as JSON: the content of some large publishing systems.
            let body = bytes.get(self.at..end).unwrap_or(&[]);
            self.keep = memmem::find(body, b"Fusion.globalContent").is_some();
        }
        self.raw_text(end);
    }

    /// Steps over the content of `svg` to behind its end tag.
    fn skip_svg(&mut self) {
        let bytes = self.bytes();
        let (mut at, mut open) = (self.at, 1_usize);
        while let Some(found) = bytes.get(at..).and_then(|rest| memchr(b'<', rest)) {
            at += found;
            if bytes.get(at + 1) == Some(&b'/') && named(bytes, at + 2, b"svg") {
                open -= 1;
                if open == 0 {
                    let rest = bytes.get(at..).unwrap_or(&[]);
                    self.at = at + memchr(b'>', rest).map_or(rest.len(), |end| end + 1);
                    return;
                }
            } else if named(bytes, at + 1, b"svg") {
                open += 1;
            } else if ends_svg(bytes, at) {
                // Never closed: HTML goes on here, as the standard's breakout tags have it.
                self.at = at;
                return;
            }
            at += 1;
        }
        self.at = bytes.len();
    }

    fn declaration(&mut self) {
        let rest = self.rest();
        if rest.starts_with(b"<!--") {
            let body = rest.get(4..).unwrap_or(&[]);
            let end = if body.starts_with(b">") {
                Some(5)
            } else if body.starts_with(b"->") {
                Some(6)
            } else {
                comment_end(body).map(|end| end + 4)
            };
            self.at = end.map_or(self.page.len(), |end| self.at + end);
        } else if rest.len() >= 9 && rest.iter().skip(2).take(7).map(u8::to_ascii_lowercase).eq(*b"doctype") {
            let end = memchr(b'>', rest).unwrap_or(rest.len());
            let doctype = doctype(self.page.get(self.at + 9..self.at + end).unwrap_or(""));
            self.at += (end + 1).min(rest.len());
            drop(self.pass(Token::DoctypeToken(doctype)));
        } else if rest.starts_with(b"<![CDATA[")
            && self.builder.adjusted_current_node_present_but_not_in_html_namespace()
        {
            let end = memmem::find(rest, b"]]>").unwrap_or(rest.len());
            let (from, to) = (self.at + 9, self.at + end);
            self.at = (to + 3).min(self.page.len());
            if from < to && self.budget(1) {
                let text = self.page.subtendril(from as u32, (to - from) as u32);
                self.hand_on(text);
            }
        } else {
            self.bogus_comment();
        }
    }

    fn bogus_comment(&mut self) {
        let rest = self.rest();
        self.at += memchr(b'>', rest).map_or(rest.len(), |end| end + 1);
    }
}

/// The name at `at` is `name`, in any case, and ends there.
fn named(bytes: &[u8], at: usize, name: &[u8]) -> bool {
    bytes.get(at..at + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
        && bytes
            .get(at + name.len())
            .is_none_or(|byte| matches!(byte, b'>' | b'/') || byte.is_ascii_whitespace())
}

/// Start tags that the standard takes as the end of foreign content.
fn ends_svg(bytes: &[u8], at: usize) -> bool {
    [b"div".as_slice(), b"p", b"body", b"ul", b"li", b"h1", b"h2", b"h3", b"img", b"span", b"table"]
        .iter()
        .any(|name| named(bytes, at + 1, name))
}

/// Length of a comment's body with its end, `-->` or `--!>`.
fn comment_end(body: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = memmem::find(body.get(from..)?, b"--") {
        from += found;
        match body.get(from + 2) {
            Some(b'>') => return Some(from + 3),
            Some(b'!') if body.get(from + 3) == Some(&b'>') => return Some(from + 4),
            _ => from += 1,
        }
    }
    None
}

/// `html PUBLIC "..." "..."`: what decides on quirks mode.
fn doctype(text: &str) -> Doctype {
    let mut words = text.splitn(2, |c: char| c.is_ascii_whitespace());
    let text = text.trim_start();
    let mut parts = text.splitn(2, |c: char| c.is_ascii_whitespace());
    let name = parts.next().filter(|name| !name.is_empty()).or_else(|| words.next());
    let rest = parts.next().unwrap_or("").trim_start();
    let mut quoted = rest.split(['"', '\'']).skip(1).step_by(2).map(StrTendril::from);
    let is_public = rest.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("public"));
    let public_id = if is_public { quoted.next() } else { None };
    Doctype {
        name: name.map(|name| StrTendril::from(name.to_ascii_lowercase())),
        public_id,
        system_id: quoted.next(),
        force_quirks: false,
    }
}

#[cfg(test)]
mod tests;
