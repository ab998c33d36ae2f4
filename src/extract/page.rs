//! A page from bytes to an [`Article`].

use url::Url;

use super::{
    Article, Explained, Explanation, PageOptions,
    cards::Cards,
    content::{self, Trial},
    decode, embedded,
    features::{self, Genre, Lists, PageTitles},
    fragment::{block, fragment},
    head::Head,
    images,
    ld::Ld,
    metadata::{self, Context, title},
    parts,
    selection::Selection,
    tokenizer, verdict,
    walk::{self, Pieces, Shown},
};

/// Everything that is read off a page before it is put together.
struct Reading {
    article: Article,
    pieces: Pieces,
    selection: Selection,
}

/// If the page has less text than this (bytes), its JSON is searched for the article.
const FEW: usize = 1500;

fn read(body: &[u8], options: &PageOptions<'_>, trial: &Trial<'_>) -> Reading {
    let text = decode::page(body, options.content_type);
    let tree = tokenizer::parse(&text, false);
    let mut pieces = walk::pieces(&tree);
    reveal(&mut pieces);
    let head = Head::of(&tree);
    let ld = Ld::of(&head.ld);
    let url = options.url.as_ref();
    let base = base(&head, url);
    let candidates = title::candidates(&head, &ld);
    let summary =
        head.meta(&["og:description", "description"]).map(features::words).filter(|words| !words.is_empty());
    let known = PageTitles {
        titles: Lists::new(&title::word_lists(&candidates)),
        summary: Lists::new(&summary.into_iter().collect::<Vec<_>>()),
        genre: Genre::of(&tree, &head, &ld, url),
    };
    let mut selection = content::select(&tree, &pieces, &known, &ld, trial);
    let wall = verdict::wall(&tree, &pieces, &selection);
    if let Some((from, to)) = wall {
        selection.leave(from..to, "wall");
    }
    let mut article = Article { url: url.map(Url::to_string), ..Article::default() };
    let language = head.language.unwrap_or("").to_ascii_lowercase();
    let context = Context {
        tree: &tree,
        pieces: &pieces,
        head: &head,
        ld: &ld,
        articles: ld.articles(),
        headline: selection.survey.headline,
        first: selection.taken.iter().position(|taken| *taken),
        last: selection.taken.iter().rposition(|taken| *taken),
        url,
        canonical: metadata::canonical(&tree, &head, &ld, url, base.as_ref()),
        site: metadata::site(&head, &ld, url),
        custom: metadata::dates::Custom::of(&language),
        continental: metadata::dates::is_continental(&language),
    };
    metadata::fill(&mut article, &context, &candidates);
    article.next_page = parts::next(&tree, &pieces, &head, url, base.as_ref());
    article.blocks = pieces
        .all
        .iter()
        .zip(&selection.taken)
        .filter(|(_, taken)| **taken)
        .map(|(piece, _)| block(&tree, &pieces, piece, base.as_ref()))
        .collect();
    let lead =
        head.meta(&["og:image", "og:image:url", "twitter:image", "twitter:image:src"]).map(str::to_owned);
    article.images = images::images(&tree, &pieces, &selection.taken, lead.as_deref(), base.as_ref());
    prefer_embedded(&mut article, &head, &ld, base.as_ref());
    let cards = Cards::of(&tree, &pieces, &selection.survey, &selection.taken);
    let evidence = verdict::Evidence {
        tree: &tree,
        pieces: &pieces,
        selection: &selection,
        cards: &cards,
        head: &head,
        ld: &ld,
        wall,
        is_cut: tree.cut || body.len() > decode::INPUT_MAX,
    };
    article.verdict = verdict::verdict(&mut article, &evidence);
    drop(head);
    Reading { article, pieces, selection }
}

/// The address that the page's links are relative to.
fn base(head: &Head<'_>, url: Option<&Url>) -> Option<Url> {
    match (head.base, url) {
        (Some(base), Some(url)) => Some(url.join(base).unwrap_or_else(|_| url.clone())),
        (Some(base), None) => Url::parse(base).ok(),
        (None, url) => url.cloned(),
    }
}

/// Takes the article from the page's JSON if the page itself shows little of it.
fn prefer_embedded(article: &mut Article, head: &Head<'_>, ld: &Ld, base: Option<&Url>) {
    let shown: usize = article.blocks.iter().map(|block| block.text.len()).sum();
    if shown < FEW
        && let Some(body) = embedded::body(ld, [&head.json, &head.scripts], article.title.as_deref())
    {
        let blocks = fragment(&embedded::as_html(&body), base);
        let carried: usize = blocks.iter().map(|block| block.text.len()).sum();
        if carried > shown * 2 && carried >= 400 && embedded::is_whole(article, &blocks) {
            article.blocks = blocks;
            article.sources.insert("blocks", "json");
        }
    }
}

/// Shows the article on pages that hide everything until their scripts run.
fn reveal(pieces: &mut Pieces) {
    let text = |shown: bool| -> u32 {
        let long =
            pieces.all.iter().filter(|piece| (piece.shown == Shown::Yes) == shown && piece.chars >= 80);
        long.filter(|piece| piece.link_chars * 3 < piece.chars).map(|piece| piece.chars).sum()
    };
    if text(true) * 3 < text(false) && text(true) < 700 && text(false) > 700 {
        for piece in &mut pieces.all {
            piece.shown = Shown::Yes;
        }
    }
}

/// Takes the article out of a page.
pub fn page(body: &[u8], options: &PageOptions<'_>) -> Article {
    read(body, options, &Trial::default()).article
}

/// Why each block of a page was taken or left.
pub fn explain(body: &[u8], options: &PageOptions<'_>) -> Explanation {
    explain_with(body, options, None, None)
}

/// The same with other scores in place of the model's first and final ones: for training a model.
pub fn explain_with(
    body: &[u8],
    options: &PageOptions<'_>,
    first: Option<&[f32]>,
    second: Option<&[f32]>,
) -> Explanation {
    let Reading { pieces, selection, .. } = read(body, options, &Trial { first, second });
    let names = features::second_names();
    let blocks = pieces
        .all
        .iter()
        .enumerate()
        .map(|(index, piece)| {
            let more = selection.more.get(index).map_or(&[][..], |more| more.as_slice());
            Explained {
                taken: selection.taken.get(index).copied().unwrap_or(false),
                hidden: piece.shown == walk::Shown::NoScript,
                score: selection.scores.get(index).copied().unwrap_or(0.0),
                rule: selection.rules.get(index).copied().flatten(),
                tag: piece.tag.as_str(),
                text: pieces.text_of(piece).to_owned(),
                features: selection.rows.get(index).iter().chain(more).copied().collect(),
                leading: selection.leading(index, &names),
            }
        })
        .collect();
    Explanation { first: features::names().len(), names, blocks }
}
