//! The preview as one HTML page without scripts or anything from elsewhere.

use std::fmt::Write;

use super::{
    rows::{Row, why},
    words,
};
use crate::{extract::Explained, publish::record::ArticleRecord};

const STYLE: &str = "body{font:1rem/1.5 Georgia,serif;max-width:44rem;margin:2rem auto;padding:0 1rem;\
color:#1a1a1a;background:#fff}h1{line-height:1.2}.facts,.why,.tags{font:.8rem/1.4 system-ui,sans-serif;\
color:#555}.tags span{border:1px solid #9bd;border-radius:.6rem;padding:0 .5rem;margin-right:.3rem;\
display:inline-block}.removed{color:#a22;border-left:3px solid #d99;padding-left:.8rem}\
.suspect{border-left:3px solid #db6;padding-left:.8rem}.note{background:#fff8e0;padding:.5rem .8rem}\
hr{margin:3rem 0}@media(prefers-color-scheme:dark){body{color:#ddd;background:#151515}.removed{color:#e88}\
.facts,.why,.tags{color:#aaa}.note{background:#332d18}}";

/// One page with these articles and, if there are any, the blocks of their page with the reason why each was
/// taken.
pub fn page<'a>(
    articles: impl IntoIterator<Item = (&'a ArticleRecord, &'a [Row])>,
    blocks: &[Explained],
) -> String {
    let mut body = String::new();
    let mut title = String::new();
    for (record, rows) in articles {
        if title.is_empty() {
            title.clone_from(&record.title);
        } else {
            body.push_str("<hr>\n");
        }
        article(&mut body, record, rows);
    }
    explained(&mut body, blocks);
    // The policy is a second lock: everything below is escaped already.
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n<style>{STYLE}</style>\n{body}",
        escape(&title)
    )
}

fn explained(out: &mut String, blocks: &[Explained]) {
    if blocks.is_empty() {
        return;
    }
    out.push_str("<hr>\n<section>\n<h2>Blocks of the page</h2>\n");
    for block in blocks {
        let (class, mark) = if block.taken { ("kept", "✓") } else { ("removed", "✗") };
        let (text, why) = (escape(&block.text), escape(&why(block)));
        writeln!(out, "<p class=\"{class}\">{mark} {text}<br><span class=\"why\">{why}</span></p>").ok();
    }
    out.push_str("</section>\n");
}

fn article(out: &mut String, record: &ArticleRecord, rows: &[Row]) {
    let language = escape(&record.language.code);
    writeln!(out, "<article lang=\"{language}\">\n<h1>{}</h1>", escape(&record.title)).ok();
    write!(out, "<p class=\"facts\">{}", escape(&words::facts(record))).ok();
    if let Some(address) = record.canonical_url.as_deref().or(record.url.as_deref()) {
        // As text: an address from elsewhere should not be clickable in a local file.
        write!(out, "<br>{}", escape(address)).ok();
    }
    out.push_str("</p>\n");
    if !record.tags.is_empty() {
        out.push_str("<p class=\"tags\">");
        for tag in &record.tags {
            let evidence = escape(&tag.evidence.join(", "));
            let id = escape(&tag.id);
            write!(out, "<span title=\"{evidence}\">{id} {:.2}</span> ", tag.score).ok();
        }
        out.push_str("</p>\n");
    }
    for row in rows {
        match row {
            Row::Kept { tag, text } => {
                let element = if tag.starts_with('h') && tag.len() == 2 { "h2" } else { "p" };
                writeln!(out, "<{element}>{}</{element}>", escape(text)).ok();
            }
            Row::Suspect { text, reason } => {
                let why = escape(&words::explain(reason));
                let text = escape(text);
                writeln!(out, "<p class=\"suspect\">{text}<br><span class=\"why\">kept: {why}</span></p>")
                    .ok();
            }
            Row::Removed { text, reason } => {
                let why = escape(&words::explain(reason));
                let text = escape(text);
                writeln!(out, "<p class=\"removed\"><s>{text}</s><br><span class=\"why\">{why}</span></p>")
                    .ok();
            }
        }
    }
    for note in &record.notes {
        writeln!(out, "<p class=\"note\">{}: {}</p>", escape(&note.kind), escape(&note.text)).ok();
    }
    out.push_str("</article>\n");
}

/// Text for an element or a quoted attribute.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{preview::rows, publish::tests::golden};

    #[test]
    fn the_page_loads_nothing_and_escapes_everything() {
        let mut record = golden();
        let hostile = "\"><script src=//x.example/a.js></script><img src=x onerror='a()'>";
        record.title = hostile.into();
        record.language.code = hostile.into();
        record.blocks[0].text = hostile.into();
        record.removed[0].text = hostile.into();
        record.removed[0].rule = hostile.into();
        record.tags[0].id = hostile.into();
        record.tags[0].evidence = vec![hostile.into()];
        record.notes[0].kind = hostile.into();
        record.canonical_url = Some(hostile.into());
        let rows = rows(&record);
        let block = Explained { text: hostile.into(), ..Explained::default() };
        let page = page([(&record, rows.as_slice())], &[block]);
        for forbidden in ["<script", "<img", "<a ", "<link", "src=\"", "url(", "@import"] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        assert!(page.contains("<s>&quot;&gt;&lt;script"));
    }
}
