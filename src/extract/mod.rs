//! From a page to an article: metadata, main content as blocks, and a verdict.
//!
//! No I/O, no clock, no panic; any bytes give a result within bounded CPU time and stack.
//!
//! The way of a page: `decode` (bytes to text) - `tokenizer` and `tree` (one parse) - `walk` (one pass into
//! pieces, each with the class names above it) - `head`, `ld` (what the markup says) - `features`, `model`,
//! `content`, `cards` (which pieces are the article) - `metadata`, `images`, `embedded` (what only scripts
//! carry), `parts`, `verdict` (whether it is an article, and how much of it) - `page`. [`fragment()`] is the
//! same for a feed's own HTML, with every piece kept; [`join()`] makes one article of the parts that
//! [`Article::next_page`] leads to; [`explain()`] says why each piece was taken or left.
//!
//! # Choices, measured on 181 news pages of 174 KB
//! - The tree builder is html5ever's, the tokenizer in front of it our own: html5ever's takes two thirds of a
//!   parse (1.04 of 1.46 ms), most of it for attributes, scripts and comments that nobody reads, and is
//!   quadratic in the attributes of a tag. Both give the same elements and texts on 918 of 921 pages; the
//!   others differ inside `svg`, which is skipped.
//! - The tree is one `Vec` behind a small view. lexbor (C) parses in 0.42 ms, but would be the only C parser
//!   of untrusted bytes in the process, and has no limits of its own.
//! - Scripting is off, so that `noscript` has elements; its text is left out, its images count.
//! - Two passes of small trees over some 150 features of a piece decide what is content, each the mean of
//!   three forests, trained by `make train` on public material and measured on sites they have not seen.
//!   Hand-written rules stay where the reason is known: copies of a text, the headline, pages that hide
//!   everything until scripts run.
//!
//! # Limits
//! 16 MB of input, 512 levels, 48 MB of tree, 60 million steps of the tree builder, 20,000 pieces; counted,
//! so that a page gives the same article on any machine. If one is reached the verdict is `truncated`.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, Utc};
use serde::Serialize;
use url::Url;

use crate::rights::Declared;

mod cards;
mod content;
mod decode;
mod element;
mod embedded;
mod entities;
mod features;
mod fragment;
mod head;
mod hints;
mod images;
mod join;
mod ld;
mod metadata;
mod model;
mod page;
mod parts;
mod selection;
mod tokenizer;
mod tree;
mod verdict;
mod walk;

pub use fragment::{fragment, illustrated};
pub use join::join;
pub use page::{explain, explain_with, page};

/// One unit of an article's text with the features that cleaning reads.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Block {
    /// Element: `p`, `h2`, `li`, `blockquote`, `figcaption`, `pre`, `td`, ...
    pub tag: String,
    /// Text, white space folded.
    pub text: String,
    /// Share of the characters that are link text, 0 to 1.
    pub link_share: f32,
    /// Share of the characters that are bold, 0 to 1.
    pub bold_share: f32,
    /// Addresses of the links inside, absolute if a base was known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hrefs: Vec<String>,
    /// The element and its ancestors, nearest first, each `tag.class.class`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
}

/// How much of the article is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All of it, as far as can be told.
    Full,
    /// It breaks off: "continue reading", or an ellipsis at the end.
    Truncated,
    /// A paywall stands before the rest.
    Paywalled,
    /// A bot wall, consent page or error page came instead.
    Blocked,
    /// A summary, no article text.
    #[default]
    SummaryOnly,
}

/// An image of the article.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Image {
    /// Address, absolute if a base was known.
    pub url: String,
    /// Caption.
    pub caption: Option<String>,
    /// Credit line.
    pub credit: Option<String>,
}

/// What was taken from a page.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Article {
    /// Address the page came from.
    pub url: Option<String>,
    /// `link rel=canonical`, `og:url` or JSON-LD, absolute.
    pub canonical_url: Option<String>,
    /// Headline without the site's name.
    pub title: Option<String>,
    /// Names of the authors.
    pub authors: Vec<String>,
    /// Name of the site.
    pub site_name: Option<String>,
    /// Publication time.
    pub published_at: Option<DateTime<Utc>>,
    /// The zone the publication time was given in, for its local date.
    #[serde(skip)]
    pub published_zone: Option<FixedOffset>,
    /// Time of the last change.
    pub updated_at: Option<DateTime<Utc>>,
    /// Language as declared (BCP 47), lower case.
    pub language: Option<String>,
    /// Summary from the metadata.
    pub summary: Option<String>,
    /// Section of the site.
    pub section: Option<String>,
    /// Keywords given by the publisher.
    pub keywords: Vec<String>,
    /// Images, lead image first.
    pub images: Vec<Image>,
    /// What its markup says about its use.
    #[serde(skip)]
    pub declared: Declared,
    /// The publisher says that it is not free (`isAccessibleForFree`).
    pub paywalled: Option<bool>,
    /// Address of the next part, if the article is spread over several pages.
    pub next_page: Option<String>,
    /// Where the values above came from: field to `json-ld`, `meta`, `heading`, `text`, ...
    pub sources: BTreeMap<&'static str, &'static str>,
    /// How much of the article is there.
    pub verdict: Verdict,
    /// Whether the page is a list of other pages: its text is their headlines and teasers.
    #[serde(skip)]
    pub is_listing: bool,
    /// Main content in document order.
    pub blocks: Vec<Block>,
}

impl Article {
    /// The paragraphs joined by blank lines.
    pub fn text(&self) -> String {
        let texts: Vec<&str> = self.blocks.iter().map(|block| block.text.as_str()).collect();
        texts.join("\n\n")
    }
}

/// What the caller knows about a page.
#[derive(Clone, Debug, Default)]
pub struct PageOptions<'a> {
    /// Address of the page, for relative links and as a hint.
    pub url: Option<Url>,
    /// `Content-Type` header, for its charset.
    pub content_type: Option<&'a str>,
}

/// Why each block of a page was taken or left.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Explanation {
    /// Names of the features, in the order of [`Explained::features`].
    pub names: Vec<String>,
    /// How many of them the first look decides on; the second one uses all.
    pub first: usize,
    /// All blocks of the page in order.
    pub blocks: Vec<Explained>,
}

/// One block of a page and what was decided about it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Explained {
    /// Whether it is part of the article.
    pub taken: bool,
    /// Whether it is not shown to readers.
    pub hidden: bool,
    /// Probability that it belongs to the article, 0 to 1.
    pub score: f32,
    /// The rule that left it out in spite of its score: `headline`, `comment`, `copy`, `other`, `dateline`,
    /// `heading`.
    pub rule: Option<&'static str>,
    /// Element.
    pub tag: &'static str,
    /// Its text.
    pub text: String,
    /// What the decision was made on.
    pub features: Vec<f32>,
    /// What weighed most in it, heaviest first; empty if nothing around looked like an article.
    pub leading: Vec<Leading>,
}

/// A feature and its part in a decision.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Leading {
    /// Name of the feature.
    pub name: String,
    /// Its value.
    pub value: f32,
    /// What it adds to the log-odds of the score: for (positive) or against (negative) the block.
    pub weight: f32,
}

#[cfg(test)]
mod cases;
#[cfg(test)]
mod hostile;
