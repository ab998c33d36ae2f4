//! Fitting a record within the broker's limit: what is cut first, and how the record says so.

use super::{
    encode::{Encoding, json},
    record::{ArticleRecord, DeadLetter, Note, Original, Verdict},
};

/// Longest headline that a record over the limit keeps, in characters.
const TITLE_MAX: usize = 500;

/// Something that was left out so that the record fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// `removed` is empty.
    Removed,
    /// `blocks` is empty.
    Blocks,
    /// Metadata that took more than half of the limit: images, notes, summary, authors, the
    /// evidence of tags, and the end of the headline.
    Metadata,
    /// The end of `text`; `content.verdict` is `truncated`.
    Text,
    /// The original bytes of a dead letter.
    Original,
}

impl Cut {
    /// A bounded label for metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Blocks => "blocks",
            Self::Metadata => "metadata",
            Self::Text => "text",
            Self::Original => "original",
        }
    }
}

/// Even the parts that cannot be cut do not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record of {bytes} bytes cannot be cut to {limit} bytes")]
pub struct TooLarge {
    /// Bytes left after everything that can be cut has been.
    pub bytes: usize,
    /// The limit.
    pub limit: usize,
}

/// Serialises `record` into at most `max_bytes` bytes: beyond that it loses `removed`, then
/// `blocks`, then the end of `text`. A note of kind `cut` names each loss.
///
/// Kafka's own limit (`max.message.bytes`) also counts key, headers and framing: leave room.
///
/// # Errors
/// [`TooLarge`] if what identifies the article (addresses, ids, tags) is larger than the limit.
pub fn fit(
    mut record: ArticleRecord,
    encoding: Encoding,
    max_bytes: usize,
) -> Result<(Vec<u8>, Vec<Cut>), TooLarge> {
    let mut cuts = Vec::new();
    let bytes = encoding.encode(&record);
    if bytes.len() <= max_bytes {
        return Ok((bytes, cuts));
    }
    let original_bytes = bytes.len();
    drop(bytes);
    if !record.removed.is_empty() {
        let left_out = std::mem::take(&mut record.removed).len();
        cuts.push(Cut::Removed);
        note(&mut record, format!("removed left out: {left_out} parts, record had {original_bytes} bytes"));
        let bytes = encoding.encode(&record);
        if bytes.len() <= max_bytes {
            return Ok((bytes, cuts));
        }
    }
    if !record.blocks.is_empty() {
        let left_out = std::mem::take(&mut record.blocks).len();
        cuts.push(Cut::Blocks);
        note(&mut record, format!("blocks left out: {left_out} blocks, the text is in text"));
        let bytes = encoding.encode(&record);
        if bytes.len() <= max_bytes {
            return Ok((bytes, cuts));
        }
    }
    let text = std::mem::take(&mut record.text);
    if encoding.encode(&record).len() > max_bytes / 2 {
        cut_metadata(&mut record);
        cuts.push(Cut::Metadata);
    }
    let verdict = std::mem::replace(&mut record.content.verdict, Verdict::Truncated);
    cuts.push(Cut::Text);
    note(&mut record, format!("text cut for size: the article has {} bytes", text.len()));
    let without_text = encoding.encode(&record).len();
    if without_text > max_bytes {
        return Err(TooLarge { bytes: without_text, limit: max_bytes });
    }
    cut_text(&mut record, &text, encoding, max_bytes);
    if record.text.len() == text.len() {
        // Cutting the metadata was enough.
        record.content.verdict = verdict;
        record.notes.pop();
        cuts.pop();
    }
    Ok((encoding.encode(&record), cuts))
}

/// Serialises a dead letter into at most `max_bytes` bytes: beyond that it loses the original
/// bytes, then address, entry id and headline.
///
/// # Errors
/// [`TooLarge`] if the rest alone is larger than the limit.
pub fn fit_dead_letter(mut letter: DeadLetter, max_bytes: usize) -> Result<(Vec<u8>, Vec<Cut>), TooLarge> {
    let bytes = json(&letter);
    if bytes.len() <= max_bytes {
        return Ok((bytes, Vec::new()));
    }
    letter.original = Original::Absent;
    letter.detail =
        format!("{} (original left out: record had {} bytes)", shorten(&letter.detail), bytes.len());
    let bytes = json(&letter);
    if bytes.len() <= max_bytes {
        return Ok((bytes, vec![Cut::Original]));
    }
    // An address is worthless unless it is whole.
    letter.detail.push_str(" (url, entry_id and title left out)");
    letter.url = None;
    letter.entry_id = None;
    letter.title = None;
    let bytes = json(&letter);
    if bytes.len() > max_bytes {
        return Err(TooLarge { bytes: bytes.len(), limit: max_bytes });
    }
    Ok((bytes, vec![Cut::Original, Cut::Metadata]))
}

fn cut_metadata(record: &mut ArticleRecord) {
    record.images.clear();
    record.authors.clear();
    record.summary = None;
    record.feed.title = None;
    record.source.name = None;
    record.notes.retain(|note| note.kind == CUT);
    record.title = shorten(&record.title);
    for tag in &mut record.tags {
        tag.evidence.clear();
    }
    note(record, "metadata left out: images, authors, summary, notes and the evidence of tags".into());
}

/// Kind of the notes that name a cut.
const CUT: &str = "cut";

fn note(record: &mut ArticleRecord, text: String) {
    record.notes.push(Note { kind: CUT.into(), text });
}

fn shorten(text: &str) -> String {
    text.chars().take(TITLE_MAX).collect()
}

/// Gives the record the longest beginning of `text` with which it fits. Found by bisection, since
/// the number of bytes per character is the encoding's business. Without any text the record fits.
fn cut_text(record: &mut ArticleRecord, text: &str, encoding: Encoding, max_bytes: usize) {
    // No encoding takes less than half a byte for a byte of text.
    let ends: Vec<usize> = text
        .char_indices()
        .map(|(start, c)| start + c.len_utf8())
        .take_while(|end| end / 2 <= max_bytes)
        .collect();
    let fits = ends.partition_point(|&end| {
        text.get(..end).unwrap_or_default().clone_into(&mut record.text);
        encoding.encode(record).len() <= max_bytes
    });
    let end = fits.checked_sub(1).and_then(|last| ends.get(last)).copied().unwrap_or(0);
    text.get(..end).unwrap_or_default().clone_into(&mut record.text);
}
