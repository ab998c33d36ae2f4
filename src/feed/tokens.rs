//! A tokeniser for markup as it occurs in the wild: XML if it is XML, and the next best reading if
//! it is not. Borrows from the document, never fails, and takes time linear in its length: every
//! search that ran to the end of the document is remembered and not made again.

use memchr::{memchr, memchr2, memmem};

use super::{
    scan::{Search, cut},
    tags::{TagEnd, tag_at},
    warnings::{Kind, Warnings, line_at},
};

/// One piece of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// `<name attributes>` or `<name attributes/>`.
    Start { name: &'t str, attributes: &'t str, empty: bool },
    /// `<name attributes` before the `<` of the next tag: a tag never closed, or text.
    Broken { name: &'t str, raw: &'t str },
    /// `</name>`
    End { name: &'t str },
    /// Character data with its references still in it.
    Text(&'t str),
    /// The inside of a CDATA section.
    CData(&'t str),
    /// The inside of `<!DOCTYPE ...>`.
    Doctype(&'t str),
}

/// The tokeniser. [`Tokens::next`] gives tokens until the end of the document.
pub(super) struct Tokens<'t> {
    text: &'t str,
    position: usize,
    cdata_end: Search,
    comment_end: Search,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, position: 0, cdata_end: Search::default(), comment_end: Search::default() }
    }

    /// Offset of the next token in bytes.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// The text up to the next tag.
    pub(super) fn text_ahead(&self) -> &'t str {
        let rest = self.text.as_bytes().get(self.position..).unwrap_or(&[]);
        cut(self.text, self.position, self.position + memchr(b'<', rest).unwrap_or(rest.len()))
    }

    /// Line of the next token, from 1.
    pub(super) fn line(&self) -> usize {
        line_at(self.text, self.position)
    }

    /// The next token. `inside` is the name of the innermost open element: an unterminated CDATA
    /// section is taken to end at its end tag.
    pub(super) fn next(&mut self, inside: &str, warnings: &mut Warnings) -> Option<Token<'t>> {
        let bytes = self.text.as_bytes();
        loop {
            let start = self.position;
            let &first = bytes.get(start)?;
            if first != b'<' {
                let end = memchr(b'<', &bytes[start..]).map_or(bytes.len(), |at| start + at);
                return Some(self.plain(start, end));
            }
            match bytes.get(start + 1) {
                Some(b'!') => match self.declaration(start, inside, warnings) {
                    Some(token) => return Some(token),
                    None => continue,
                },
                Some(b'?') => {
                    // `?>` ends it; if a `<` comes first, it was never closed.
                    let end = memchr2(b'>', b'<', &bytes[start + 1..]).map(|at| start + 1 + at);
                    self.position = match end {
                        Some(at) if bytes[at] == b'>' => at + 1,
                        Some(at) => at,
                        None => bytes.len(),
                    };
                }
                Some(b'/') if bytes.get(start + 2).is_some_and(|&b| starts_name(b) || b == b' ') => {
                    let rest = &bytes[start + 2..];
                    let end = memchr2(b'>', b'<', rest).map_or(bytes.len(), |at| start + 2 + at);
                    if bytes.get(end) != Some(&b'>') {
                        warnings.tell(Kind::UnfinishedTag, start);
                    }
                    self.position = (end + usize::from(bytes.get(end) == Some(&b'>'))).min(bytes.len());
                    let name = cut(self.text, start + 2, end).trim_ascii();
                    let name = name.split_ascii_whitespace().next().unwrap_or("");
                    return Some(Token::End { name });
                }
                Some(&b) if starts_name(b) => {
                    let tag = tag_at(self.text, start);
                    match tag.end {
                        TagEnd::Closed(end) => {
                            self.position = end;
                            return Some(Token::Start {
                                name: tag.name,
                                attributes: tag.attributes,
                                empty: tag.empty,
                            });
                        }
                        TagEnd::Broken(end) => {
                            warnings.tell(Kind::UnfinishedTag, start);
                            self.position = end;
                            return Some(Token::Broken { name: tag.name, raw: cut(self.text, start, end) });
                        }
                        TagEnd::Missing => {
                            // The document ends inside the tag: what it would have said is unknown.
                            warnings.tell(Kind::Truncated, start);
                            self.position = bytes.len();
                            return None;
                        }
                    }
                }
                _ => {
                    warnings.tell(Kind::BareLess, start);
                    let end = memchr(b'<', &bytes[start + 1..]).map_or(bytes.len(), |at| start + 1 + at);
                    return Some(self.plain(start, end));
                }
            }
        }
    }

    fn plain(&mut self, start: usize, end: usize) -> Token<'t> {
        self.position = end;
        Token::Text(cut(self.text, start, end))
    }

    /// `<!...`: a CDATA section, a document type, or something to skip (none).
    fn declaration(&mut self, start: usize, inside: &str, warnings: &mut Warnings) -> Option<Token<'t>> {
        let text = self.text;
        let rest = cut(text, start, text.len());
        if rest.starts_with("<!--") {
            self.position = match self.comment_end.find(text, start + 4, "-->") {
                Some(at) => at + 3,
                None => {
                    // Up to the next tag, which is more likely part of the feed.
                    warnings.tell(Kind::UnclosedComment, start);
                    let next = memchr2(b'<', b'>', rest.as_bytes().get(4..).unwrap_or(&[]));
                    next.map_or(text.len(), |at| {
                        start + 4 + at + usize::from(rest.as_bytes()[4 + at] == b'>')
                    })
                }
            };
            None
        } else if rest.get(..9).is_some_and(|head| head.eq_ignore_ascii_case("<![CDATA[")) {
            Some(self.cdata(start + 9, inside, warnings))
        } else if rest.get(..9).is_some_and(|head| head.eq_ignore_ascii_case("<!DOCTYPE")) {
            let end = doctype_end(rest.as_bytes());
            self.position = start + end;
            Some(Token::Doctype(cut(rest, 9, end.saturating_sub(1).max(9))))
        } else if rest.as_bytes().get(2).is_some_and(u8::is_ascii_uppercase) || rest.starts_with("<![") {
            self.position = memchr(b'>', rest.as_bytes()).map_or(text.len(), |at| start + at + 1);
            None
        } else {
            warnings.tell(Kind::BareLess, start);
            let end =
                memchr(b'<', rest.get(1..).unwrap_or("").as_bytes()).map_or(text.len(), |at| start + 1 + at);
            Some(self.plain(start, end))
        }
    }

    fn cdata(&mut self, start: usize, inside: &str, warnings: &mut Warnings) -> Token<'t> {
        let text = self.text;
        let close = self.cdata_end.find(text, start, "]]>");
        let content = cut(text, start, close.unwrap_or(text.len()));
        // Another opening before the end says that this section was never closed.
        let unclosed = match close {
            None => true,
            Some(_) => memmem::find(content.as_bytes(), b"<![CDATA[").is_some(),
        };
        if unclosed && !inside.is_empty() {
            let ending = format!("</{inside}>");
            if let Some(at) = memmem::find(content.as_bytes(), ending.as_bytes()) {
                warnings.tell(Kind::UnclosedCData, start);
                self.position = start + at;
                return Token::CData(cut(text, start, start + at));
            }
        }
        if close.is_none() {
            warnings.tell(Kind::UnclosedCData, start);
        }
        self.position = close.map_or(text.len(), |at| at + 3);
        Token::CData(content)
    }
}

fn starts_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte == b':' || byte >= 0x80
}

/// The end of `<!DOCTYPE ...>`, its internal subset and quoted strings included.
fn doctype_end(bytes: &[u8]) -> usize {
    let (mut position, mut depth) = (9, 0_u32);
    while let Some(&byte) = bytes.get(position) {
        position += 1;
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            b'>' if depth == 0 => return position,
            b'"' | b'\'' if depth > 0 => match memchr(byte, &bytes[position..]) {
                Some(at) => position += at + 1,
                None => break,
            },
            // A root element: the declaration was never closed.
            b'<' if depth == 0 => return position - 1,
            _ => {}
        }
    }
    memchr(b'>', bytes).map_or(bytes.len(), |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::{super::tags::Attributes, *};

    fn all(text: &str) -> Vec<String> {
        let mut warnings = Warnings::default();
        let mut tokens = Tokens::new(text);
        let mut found = Vec::new();
        while let Some(token) = tokens.next("d", &mut warnings) {
            found.push(match token {
                Token::Start { name, attributes, empty } => {
                    let attributes: Vec<String> =
                        Attributes::new(attributes).map(|(name, value)| format!(" {name}={value}")).collect();
                    format!("<{name}{}{}>", attributes.concat(), if empty { "/" } else { "" })
                }
                Token::Broken { name, raw } => format!("b:{name}:{raw}"),
                Token::End { name } => format!("</{name}>"),
                Token::Text(text) => format!("t:{text}"),
                Token::CData(text) => format!("c:{text}"),
                Token::Doctype(text) => format!("!{text}"),
            });
        }
        found
    }

    #[test]
    fn markup_as_it_occurs() {
        for (text, expected) in [
            ("<a b=\"1\" c='2'>x</a>", vec!["<a b=1 c=2>", "t:x", "</a>"]),
            ("<a b=1 c/>", vec!["<a b=1 c=/>"]),
            ("<a b=\"1\"c=\"2\">", vec!["<a b=1 c=2>"]),
            ("<a b=\"x>y<z\">", vec!["<a b=x>y<z>"]),
            ("<a b=\"x>t</a><e f=\"y\">", vec!["<a b=x>", "t:t", "</a>", "<e f=y>"]),
            ("<a b='u/'/>", vec!["<a b=u//>"]),
            ("1 < 2 <b>", vec!["t:1 ", "t:< 2 ", "<b>"]),
            ("<a<b>", vec!["b:a:<a", "<b>"]),
            ("</a<b>", vec!["</a>", "<b>"]),
            ("<![CDATA[x]]>y", vec!["c:x", "t:y"]),
            ("<![CDATA[x</d><e>", vec!["c:x", "</d>", "<e>"]),
            ("<![CDATA[x</d><e><![CDATA[z]]>", vec!["c:x", "</d>", "<e>", "c:z"]),
            ("<!-- a -- b --><a>", vec!["<a>"]),
            ("<!-- a <a>", vec!["<a>"]),
            ("<!DOCTYPE r [<!ENTITY a \"]>\">]><r>", vec!["! r [<!ENTITY a \"]>\">]", "<r>"]),
            ("<?xml version='1.0'?><r>", vec!["<r>"]),
            ("<a b", vec![]),
        ] {
            assert_eq!(all(text), expected, "{text}");
        }
    }
}
