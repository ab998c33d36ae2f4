//! The small language in which phrases are written.
//!
//! `follow (us|me) on {network}`: words in order; `(a|b|)` alternatives, the empty one makes it
//! optional; `{name}` a word class of the file, `{sep}` a colon, a spaced dash
//! or a bar, `{open}` an opening bracket; `*` up to 8 words, `**` up to 30; `~` at the end
//! or the start of a word leaves that side open (`abonn~` stands for any ending). Spelling is
//! compared after normalisation, so case, accents, quotes and numbers (`0`) do not matter.

use std::collections::BTreeMap;

use crate::clean::normal::normalise;

/// Number of literals up to which alternatives are multiplied out.
const VARIANTS_WANTED: usize = 60;
/// Literals that one part of a phrase may stand for, at most.
const VARIANTS_MAX: usize = 4000;
/// Deepest nesting of brackets.
const DEPTH_MAX: usize = 4;
/// Parts between gaps, at most.
const SEGMENTS_MAX: usize = 10;
/// Words that `*` and `**` may skip.
const GAP: u8 = 8;
const GAP_LONG: u8 = 30;

/// Word classes by name.
pub type Words = BTreeMap<String, Vec<String>>;

/// A run of words without a gap, as all the literals it stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Literal {
    /// Normalised text.
    pub text: String,
    /// Any beginning of the first word will do.
    pub open_start: bool,
    /// Any ending of the last word will do.
    pub open_end: bool,
}

/// One segment of a phrase: alternatives, and how many words may stand before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Words that may stand between the last segment and this one.
    pub gap: u8,
    /// The literals, sorted, no two alike.
    pub literals: Vec<Literal>,
}

/// Reads a phrase.
///
/// # Errors
/// What is wrong with it and what to write instead.
pub fn parse(phrase: &str, words: &Words) -> Result<Vec<Segment>, String> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut gap = 0;
    let mut rest = phrase;
    loop {
        let (runs, tail) = runs(rest, words)?;
        if runs.is_empty() && tail.is_empty() {
            return Err("ends with a gap or is empty; write words".into());
        }
        if runs.is_empty() && segments.is_empty() {
            return Err("begins with a gap; drop the `*` and use `any`".into());
        }
        for variants in &runs {
            segments.push(segment(std::mem::take(&mut gap), variants, phrase)?);
        }
        if tail.is_empty() {
            break;
        }
        gap = if tail.starts_with("**") { GAP_LONG } else { GAP };
        rest = tail.trim_start_matches('*');
    }
    if segments.len() > SEGMENTS_MAX {
        return Err(format!("falls into more than {SEGMENTS_MAX} parts; write a shorter phrase"));
    }
    Ok(segments)
}

/// The words up to a gap as consecutive runs: alternatives are multiplied out as long as that gives
/// few literals, since a long literal is rare and therefore cheap to look for.
fn runs<'p>(phrase: &'p str, words: &Words) -> Result<(Vec<Vec<String>>, &'p str), String> {
    let mut runs = Vec::new();
    let mut variants: Vec<String> = vec![String::new()];
    let mut rest = phrase;
    loop {
        let (options, tail) = element(rest, words, 0)?;
        let Some(options) = options else {
            if variants.iter().any(|variant| !variant.trim().is_empty()) {
                runs.push(variants);
            }
            return Ok((runs, tail));
        };
        let product = variants.len().saturating_mul(options.len());
        let apart = variants.iter().all(|variant| !variant.trim().is_empty())
            && (variants.iter().all(|variant| variant.ends_with(' '))
                || options.iter().all(|option| option.starts_with(' ')));
        let opens = options.iter().any(|option| option.trim().starts_with('~'))
            || variants.iter().any(|variant| variant.trim().ends_with('~'));
        if (product > VARIANTS_WANTED || opens) && apart {
            runs.push(std::mem::replace(&mut variants, options));
        } else if product > VARIANTS_MAX {
            return Err(format!("stands for more than {VARIANTS_MAX} texts; write two phrases"));
        } else {
            variants = multiply(variants, &options);
        }
        rest = tail;
    }
}

fn multiply(mut heads: Vec<String>, tails: &[String]) -> Vec<String> {
    if let [tail] = tails {
        heads.iter_mut().for_each(|head| head.push_str(tail));
        return heads;
    }
    heads.iter().flat_map(|head| tails.iter().map(move |tail| [head.as_str(), tail].concat())).collect()
}

/// The next element of a phrase: plain words, a word class or brackets, with what it stands for;
/// `None` at a gap, at the end, and inside brackets at the end of the alternative.
fn element<'p>(
    phrase: &'p str,
    words: &Words,
    depth: usize,
) -> Result<(Option<Vec<String>>, &'p str), String> {
    let (options, tail) = match phrase.chars().next() {
        None => return Ok((None, phrase)),
        Some('*') if depth > 0 => return Err("a gap inside `( )`; write it outside".into()),
        Some('*') => return Ok((None, phrase)),
        Some('|' | ')') if depth > 0 => return Ok((None, phrase)),
        Some('(') if depth == DEPTH_MAX => return Err(format!("brackets deeper than {DEPTH_MAX}")),
        Some('(') => brackets(phrase, words, depth)?,
        Some('{') => {
            let (name, tail) =
                phrase.get(1..).and_then(|inner| inner.split_once('}')).ok_or("`{` without `}`; close it")?;
            (class(name, words)?, tail)
        }
        Some(_) => {
            let stops: &[char] = if depth > 0 { &['*', '(', '{', '|', ')'] } else { &['*', '(', '{'] };
            let end = phrase.find(stops).unwrap_or(phrase.len());
            // An open side of a word ends the run there.
            let (plain, _) = phrase.split_at(end);
            let open = ["~ ", " ~"].iter().filter_map(|open| plain.find(open)).min();
            let (plain, tail) = phrase.split_at(open.map_or(end, |at| at + 1));
            (vec![plain.to_owned()], tail)
        }
    };
    Ok((Some(options), tail))
}

/// `(a|b|)` at the start of `phrase`.
fn brackets<'p>(phrase: &'p str, words: &Words, depth: usize) -> Result<(Vec<String>, &'p str), String> {
    let mut options = Vec::new();
    let mut rest = phrase.get(1..).unwrap_or_default();
    loop {
        let mut variants: Vec<String> = vec![String::new()];
        while let (Some(more), tail) = element(rest, words, depth + 1)? {
            if variants.len().saturating_mul(more.len()) > VARIANTS_MAX {
                return Err(format!("stands for more than {VARIANTS_MAX} texts; write two phrases"));
            }
            variants = multiply(variants, &more);
            rest = tail;
        }
        options.extend(variants);
        if let Some(after) = rest.strip_prefix(')') {
            return Ok((options, after));
        }
        rest = rest.strip_prefix('|').ok_or("`(` without `)`; close it")?;
    }
}

/// A word class of the file, or one of the built-in ones.
fn class(name: &str, words: &Words) -> Result<Vec<String>, String> {
    match (words.get(name), name) {
        (Some(list), _) => Ok(list.clone()),
        (None, "sep") => Ok(vec![":".into(), "|".into()]),
        (None, "open") => Ok(vec!["(".into()]),
        (None, _) => {
            let known: Vec<&str> = words.keys().map(String::as_str).collect();
            Err(format!("no word class `{name}`; known: sep, open, {}", known.join(", ")))
        }
    }
}

fn segment(gap: u8, variants: &[String], phrase: &str) -> Result<Segment, String> {
    let mut literals: Vec<Literal> = Vec::with_capacity(variants.len());
    for variant in variants.iter().map(|variant| variant.trim()).filter(|variant| !variant.is_empty()) {
        let text = normalise(variant);
        if text.is_empty() {
            return Err(format!("`{variant}` is not compared; write words, `{{sep}}` or `{{open}}`"));
        }
        let (open_start, open_end) = (variant.starts_with('~'), variant.ends_with('~'));
        literals.push(Literal { text, open_start, open_end });
    }
    if variants.iter().any(|variant| variant.trim().trim_matches('~').contains('~')) {
        return Err(
            "`~` inside a run of words; it stands at the end or the start of a phrase or next to a gap"
                .into(),
        );
    }
    literals.sort();
    literals.dedup();
    if literals.is_empty() {
        return Err(format!("`{phrase}` has a part without words; write words"));
    }
    Ok(Segment { gap, literals })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_expanded() {
        let words = Words::from([("net".into(), vec!["X".into(), "Face-book".into()])]);
        let segments = parse("follow (us |)on {net} * abonn~", &words).unwrap();
        let texts: Vec<&str> = segments[0].literals.iter().map(|l| l.text.as_str()).collect();
        assert_eq!(texts, ["follow on face book", "follow on x", "follow us on face book", "follow us on x"]);
        assert_eq!((segments[1].gap, segments[1].literals[0].open_end), (8, true));
    }

    #[test]
    fn mistakes_are_told() {
        for (phrase, message) in [
            ("", "write words"),
            ("* x", "begins with a gap"),
            ("x *", "ends with a gap"),
            ("(a|b", "close it"),
            ("{nope}", "no word class"),
        ] {
            let error = parse(phrase, &Words::new()).unwrap_err();
            assert!(error.contains(message), "{phrase}: {error}");
        }
    }
}
