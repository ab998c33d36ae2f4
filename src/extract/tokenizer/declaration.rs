//! Comments, the document type, CDATA sections.

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{Doctype, Token, TokenSink};
use memchr::{memchr, memmem};

use super::Tokenizer;

impl Tokenizer<'_> {
    pub(super) fn declaration(&mut self) {
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

    pub(super) fn bogus_comment(&mut self) {
        let rest = self.rest();
        self.at += memchr(b'>', rest).map_or(rest.len(), |end| end + 1);
    }
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

/// `html PUBLIC "..." "..."`, which decides on quirks mode.
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
