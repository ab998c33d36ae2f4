//! Articles as `copydesk clean` takes them.

use std::{
    io::{BufRead, Read},
    path::Path,
};

use serde::Deserialize;

use super::{Exit, Failure};
use crate::{
    clean::Document,
    extract::{self, Block},
};

/// Longest input line in bytes.
const LINE_MAX: u64 = 64 << 20;
/// Input read ahead, in bytes, so that the documents of a site serve as each other's history
/// whatever their order. What lies beyond is read in further windows, which know the earlier ones.
pub(super) const WINDOW_MAX: usize = 256 << 20;

/// One line of input.
#[derive(Debug, Deserialize)]
struct Input {
    #[serde(default)]
    id: serde_json::Value,
    #[serde(default)]
    site: String,
    language: Option<String>,
    title: Option<String>,
    url: Option<String>,
    blocks: Option<Vec<InputBlock>>,
    html: Option<String>,
    text: Option<String>,
}

#[derive(Debug, Deserialize)]
struct InputBlock {
    text: String,
    #[serde(default)]
    tag: Option<String>,
    #[serde(default)]
    link_share: f32,
    #[serde(default)]
    bold_share: f32,
    #[serde(default)]
    hrefs: Vec<String>,
    #[serde(default)]
    classes: Vec<String>,
}

/// Calls `take` with every line that is not blank, its number, and whether a window of input
/// ends with it.
pub(super) fn read_lines(
    file: &Path,
    mut take: impl FnMut(usize, &str, bool) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut input: Box<dyn BufRead> = if file.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        let opened = std::fs::File::open(file);
        let opened = opened.map_err(|e| Failure::new(Exit::Failed, format!("{}: {e}", file.display())))?;
        Box::new(std::io::BufReader::new(opened))
    };
    let (mut window, mut number) = (0, 0);
    loop {
        let mut bytes = Vec::new();
        let read = input.by_ref().take(LINE_MAX).read_until(b'\n', &mut bytes)?;
        if read == 0 {
            return Ok(());
        }
        number += 1;
        if read as u64 == LINE_MAX && !bytes.ends_with(b"\n") {
            return Err(Failure::new(Exit::Failed, format!("line {number}: longer than {LINE_MAX} bytes")));
        }
        window += read;
        let line = String::from_utf8_lossy(&bytes);
        if !line.trim().is_empty() {
            take(number, line.trim(), window >= WINDOW_MAX)?;
        }
        if window >= WINDOW_MAX {
            window = 0;
        }
    }
}

/// Reads one line of input as a document. The error says what is wrong with it.
pub(super) fn document(line: &str) -> Result<(serde_json::Value, Document), String> {
    let input: Input = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let blocks = match (input.blocks, input.html, input.text) {
        (Some(blocks), None, None) => blocks.into_iter().map(block).collect(),
        (None, Some(html), None) => {
            let base = input.url.as_deref().and_then(|url| url::Url::parse(url).ok());
            extract::fragment(&html, base.as_ref())
        }
        (None, None, Some(text)) => paragraphs(&text),
        _ => return Err("needs exactly one of `blocks`, `html` and `text`".into()),
    };
    let document = Document {
        id: None,
        site: input.site,
        language: input.language,
        title: input.title,
        url: input.url,
        blocks,
    };
    Ok((input.id, document))
}

/// What tells articles apart: the id, else the number of the line.
pub(super) fn article_id(id: &serde_json::Value, number: usize) -> String {
    if id.is_null() { format!("line {number}") } else { id.to_string() }
}

fn block(block: InputBlock) -> Block {
    Block {
        tag: block.tag.unwrap_or_else(|| "p".into()),
        text: block.text,
        link_share: block.link_share,
        bold_share: block.bold_share,
        hrefs: block.hrefs,
        classes: block.classes,
    }
}

/// Plain text as blocks: split at blank lines if there are any, else at line breaks.
pub(super) fn paragraphs(text: &str) -> Vec<Block> {
    let text = text.replace("\r\n", "\n");
    let separator = if text.trim().contains("\n\n") { "\n\n" } else { "\n" };
    text.split(separator)
        .map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|part| !part.is_empty())
        .map(|text| Block { tag: "p".into(), text, ..Block::default() })
        .collect()
}
