//! All features of a piece: names, places in a row, and what each is.

use crate::extract::hints::Hint;

macro_rules! features {
    ($($(#[$doc:meta])* $feature:ident = $name:literal,)*) => {
        /// A feature, as its place in a row.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub(crate) enum Feature { $($(#[$doc])* $feature,)* }

        /// Their names, as the model has them.
        const NAMES: &[&str] = &[$($name,)*];
    };
}

features! {
    /// Characters; those of scripts without spaces count three times.
    Size = "size",
    /// Words, by spaces.
    Words = "words",
    /// Share of the characters that are links.
    LinkShare = "link_share",
    /// The same, bold.
    BoldShare = "bold_share",
    /// The same, italic.
    ItalicShare = "italic_share",
    /// Links.
    Links = "links",
    /// Ends of sentences.
    Sentences = "sentences",
    /// Commas.
    Commas = "commas",
    /// Share of digits.
    DigitShare = "digit_share",
    /// Share of the letters that are capitals.
    UpperShare = "upper_share",
    /// Bars, slashes, bullets: what menus put between their entries.
    Bars = "bars",
    /// What it begins with: 1 a small letter, 2 a capital, 3 a digit, 4 a quotation mark.
    Begins = "begins",
    /// What it ends with: 2 the end of a sentence, 1 a colon, 3 an ellipsis.
    Ends = "ends",
    /// Kind of boilerplate that begins like it, by `lexicon.tsv`.
    Phrase = "phrase",
    /// It has a copyright sign.
    Copyright = "copyright",
    /// It has a time of day.
    Clock = "clock",
    /// Its element, by `tag_number`.
    Tag = "tag",
    /// Elements around it.
    Depth = "depth",
    /// Images since the piece before.
    Images = "images",
    /// How alike it and the page's titles are, 0 to 1.
    Likeness = "likeness",
    /// How often its text stands on the page.
    Repeats = "repeats",
    /// It looks like running text of the article.
    Good = "good",
    /// Links to another host.
    LinkOutside = "link_outside",
    /// Characters per link, on average.
    LongestLink = "longest_link",
    /// It has an @.
    AtSign = "at_sign",
    /// Whether it is in the text that JSON-LD gives; -1 if that gives none.
    InLd = "in_ld",
    /// 0 shown, 1 later, 2 without scripts.
    Shown = "shown",
    /// How alike it and the page's description are.
    SummaryLikeness = "summary_likeness",
    /// Words of `boilerplate.tsv`.
    Boilerplate = "boilerplate",
    /// The same for a hundred characters.
    BoilerplateShare = "boilerplate_share",
    /// Share of the characters that are links at its beginning.
    LeadLink = "lead_link",
    /// Pieces before it.
    Index = "index",
    /// Their share.
    IndexShare = "index_share",
    /// Share of the page's running text before it.
    GoodBefore = "good_before",
    /// Pieces since the headline; below 0 ahead of it.
    SinceHeadline = "since_headline",
    /// The page shows its title.
    HasHeadline = "has_headline",
    /// Pieces of the page.
    Pieces = "pieces",
    /// Size of its running text.
    TotalGood = "total_good",
    /// Pieces since the last running text.
    GapBefore = "gap_before",
    /// Pieces to the next.
    GapAfter = "gap_after",
    /// Running text within 2 pieces.
    GoodNear = "good_near",
    /// The same within 6.
    GoodAround = "good_around",
    /// Of the element this many levels above: share of the running text, share of links, pieces.
    Parent1Good = "parent1.good",
    /// Of the element this many levels above: share of the running text, share of links, pieces.
    Parent2Good = "parent2.good",
    /// Of the element this many levels above: share of the running text, share of links, pieces.
    Parent3Good = "parent3.good",
    /// Of the element this many levels above: share of the running text, share of links, pieces.
    Parent1Links = "parent1.links",
    /// Of the element this many levels above: share of the running text, share of links, pieces.
    Parent2Links = "parent2.links",
    /// Of the element this many levels above: share of the running text, share of links, pieces.
    Parent3Links = "parent3.links",
    /// Of the element this many levels above: share of the running text, share of links, pieces.
    Parent1Pieces = "parent1.pieces",
    /// Of the element this many levels above: share of the running text, share of links, pieces.
    Parent2Pieces = "parent2.pieces",
    /// Levels up to where it meets the best container by Readability's score.
    LevelsBest = "levels_best",
    /// The same for the lowest one with half of the running text.
    LevelsHalf = "levels_half",
    /// The same for nine tenths of it.
    LevelsMost = "levels_most",
    /// Share of the running text in the best container.
    BestShare = "best_share",
    /// Pieces of its kind: element and classes, and the parent's.
    KindCount = "kind_count",
    /// Their size, on average.
    KindSize = "kind_size",
    /// Their share of links.
    KindLinks = "kind_links",
    /// Share of the running text below a class that says body.
    BodyShare = "body_share",
    /// The same for `article`.
    ArticleShare = "article_share",
    /// The same for `main`.
    MainShare = "main_share",
    /// Pieces since the best container begins.
    BestFromStart = "best_from_start",
    /// Pieces until it ends.
    BestFromEnd = "best_from_end",
    /// Share of the running text that is of its kind.
    KindGood = "kind_good",
    /// Pieces since the last one that began like that.
    SinceRelated = "since.related",
    /// Pieces since the last one that began like that.
    SinceLetter = "since.letter",
    /// Pieces since the last one that began like that.
    SinceShare = "since.share",
    /// Pieces since the last one that began like that.
    SinceLegal = "since.legal",
    /// Pieces since the last one that began like that.
    SinceMeta = "since.meta",
    /// Pieces since the last one that began like that.
    SinceComment = "since.comment",
    /// Pieces since the last one that began like that.
    SinceHeading = "since.heading",
    /// Most elements of one kind side by side of which one is around it.
    Twins = "twins",
    /// Levels up to that one.
    TwinsLevel = "twins_level",
    /// Its place among them.
    TwinIndex = "twin_index",
    /// Their share of the running text.
    TwinsGood = "twins_good",
    /// Share of the running text below parents of its parent's kind.
    ParentKindGood = "parent_kind_good",
    /// Their share of links.
    ParentKindLinks = "parent_kind_links",
    /// Pieces since the last one that began like that.
    SinceAbout = "since.about",
    /// Kind of boilerplate that the heading before announces.
    HeadingPhrase = "heading_phrase",
    /// Pieces of its section, from heading to heading.
    SectionPieces = "section_pieces",
    /// Their share of links.
    SectionLinks = "section_links",
    /// Their share of the running text.
    SectionGood = "section_good",
    /// Pieces of one kind in a row.
    RunPieces = "run_pieces",
    /// Their share of links.
    RunLinks = "run_links",
    /// Their share of links at the beginning.
    RunLead = "run_lead",
    /// Its place among them.
    RunPlace = "run_place",
    /// 2 in the `article` element around the headline, 1 in another one.
    HeadlineArticle = "headline_article",
    /// It looks like running text, of the article or of what stands beside it.
    Running = "running",
    /// Share of the running text that class names call comments.
    CommentShare = "comment_share",
    /// Elements of one kind side by side that hold the most running text: posts, entries.
    PostCount = "post_count",
    /// Their share of the running text.
    PostShare = "post_share",
    /// Its place among them, -1 outside.
    PostPlace = "post_place",
    /// How many of address, classes and generator speak of a forum.
    Thread = "thread",
    /// How many of them speak of documentation.
    Manual = "manual",
    /// What JSON-LD calls the page: 1 an article, 2 a thread, 3 a product, 4 a list, 5 something else.
    Declared = "declared",
    /// Size of all running text.
    PageRunning = "page_running",
}

/// What is known of each of the pieces around: two before, two after.
pub(super) const AROUND: [&str; 7] =
    ["size", "link_share", "tag", "ends", "same_kind", "good", "same_parent"];
/// The pieces around: names and offsets.
pub(super) const NEIGHBOURS: [(&str, isize); 4] =
    [("previous", -1), ("next", 1), ("previous2", -2), ("next2", 2)];

/// Where in a row the levels up to each kind of hint begin, and where the pieces around begin.
pub(super) const ABOVE_FROM: usize = NAMES.len();
pub(super) const AROUND_FROM: usize = ABOVE_FROM + Hint::COUNT;
/// Features of a piece.
pub(super) const WIDTH: usize = AROUND_FROM + NEIGHBOURS.len() * AROUND.len();

/// Names of the features, in order.
pub(crate) fn names() -> Vec<String> {
    let mut names: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    names.extend(Hint::NAMES.iter().map(|name| format!("above.{name}")));
    for (place, _) in NEIGHBOURS {
        names.extend(AROUND.iter().map(|name| format!("{place}.{name}")));
    }
    names
}
