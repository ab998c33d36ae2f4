//! Articles spread over several pages: two parts made into one.

use std::collections::HashSet;

use super::{
    Article, Block, Verdict,
    features::{Lists, words},
};

/// A text of this many bytes that was there before is boilerplate, wherever it stands; a shorter one ("Yes.")
/// only before the first new text.
const LONG: usize = 60;
/// Likeness of a heading and the headline, 0 to 1, from which the one repeats the other.
const ALIKE: f32 = 0.8;

/// Appends the next part of an article to the parts so far: its blocks without what every part repeats
/// (headline, standfirst, boxes), its images, and the address of the part after it. The metadata is that of
/// the first part.
///
/// The verdict is [`Verdict::Truncated`] if the next part has no article. It is for the caller to limit the
/// number of parts.
pub fn join(first: Article, next: Article) -> Article {
    let mut article = first;
    article.verdict = match (article.verdict, next.verdict) {
        // A first part may well end in "continued on the next page".
        (Verdict::Full | Verdict::Truncated, Verdict::Full) if !next.blocks.is_empty() => Verdict::Full,
        (Verdict::Full | Verdict::Truncated, Verdict::Paywalled) => Verdict::Paywalled,
        (Verdict::Full, _) => Verdict::Truncated,
        (verdict, _) => verdict,
    };
    article.next_page = next.next_page;
    article.updated_at = article.updated_at.max(next.updated_at);
    article.paywalled = article.paywalled.or(next.paywalled);
    if next.verdict == Verdict::Blocked {
        return article;
    }
    let known = [&article.title, &next.title, &article.summary];
    let known = Lists::new(&known.into_iter().flatten().map(|text| words(text)).collect::<Vec<_>>());
    let mut is_new = false;
    let blocks: Vec<Block> = {
        let there: HashSet<&str> = article.blocks.iter().map(|block| block.text.as_str()).collect();
        let repeats = |block: &Block| there.contains(block.text.as_str());
        let leads = |block: &Block| repeats(block) || known.likeness(&block.text) >= ALIKE;
        next.blocks
            .into_iter()
            .filter(|block| {
                let is_kept = if is_new { block.text.len() < LONG || !repeats(block) } else { !leads(block) };
                is_new |= is_kept && block.text.len() >= LONG;
                is_kept
            })
            .collect()
    };
    article.blocks.extend(blocks);
    for image in next.images {
        if !article.images.iter().any(|other| other.url == image.url) {
            article.images.push(image);
        }
    }
    article
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Image;

    const LEDE: &str = "The council of Brackwater voted on Tuesday evening to repair the old stone pier.";
    const BOX: &str = "Every Friday the harbour letter tells what the week has brought to the quays.";
    const MORE: &str = "Work begins in April, once the seals have left the rocks east of the landing stage.";
    const LAST: &str =
        "The ferry will use the small quay at Sandholm until the work on the pier is finished.";

    fn part(texts: &[&str], next_page: Option<&str>) -> Article {
        Article {
            title: Some("Council votes to repair the old pier".into()),
            summary: Some("Six years of dispute over the harbour have come to their end.".into()),
            blocks: texts.iter().map(|text| Block { text: (*text).into(), ..Block::default() }).collect(),
            images: vec![Image { url: "http://a.example/pier.jpg".into(), ..Image::default() }],
            next_page: next_page.map(str::to_owned),
            verdict: Verdict::Full,
            ..Article::default()
        }
    }

    fn texts(article: &Article) -> Vec<&str> {
        article.blocks.iter().map(|block| block.text.as_str()).collect()
    }

    #[test]
    fn what_every_part_repeats_comes_once() {
        let first = part(&[LEDE, "“Yes.”", BOX], Some("http://a.example/2"));
        let headline = "Council votes to repair the old pier";
        let standfirst = "Six years of dispute over the harbour have come to their end.";
        let second = part(&[headline, standfirst, "“Yes.”", MORE, "“Yes.”", BOX], Some("http://a.example/3"));
        let third = part(&[headline, LAST, BOX], None);
        let joined = join(first, second);
        assert_eq!(joined.next_page.as_deref(), Some("http://a.example/3"));
        let joined = join(joined, third);
        assert_eq!(texts(&joined), [LEDE, "“Yes.”", BOX, MORE, "“Yes.”", LAST]);
        assert_eq!((joined.images.len(), joined.next_page, joined.verdict), (1, None, Verdict::Full));
    }

    #[test]
    fn the_verdict_is_that_of_the_whole() {
        use Verdict::{Blocked, Full, Paywalled, SummaryOnly, Truncated};
        for (first, next, expected) in [
            (Full, Full, Full),
            (Truncated, Full, Full),
            (Full, Truncated, Truncated),
            (Full, Paywalled, Paywalled),
            (Full, Blocked, Truncated),
            (Full, SummaryOnly, Truncated),
            (Paywalled, Full, Paywalled),
        ] {
            let with = |verdict, text: &str| Article { verdict, ..part(&[text], None) };
            let joined = join(with(first, LEDE), with(next, MORE));
            assert_eq!(joined.verdict, expected, "{first:?} {next:?}");
            assert_eq!(joined.blocks.len(), if next == Blocked { 1 } else { 2 });
        }
        assert_eq!(join(part(&[LEDE], None), part(&[], None)).verdict, Truncated);
    }
}
