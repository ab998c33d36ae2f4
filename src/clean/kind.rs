//! The one table of kinds of boilerplate.
//!
//! A new kind is a row here and a rule that names it. Rule files, the JSON Schema, `copydesk rules
//! kinds` and every step of cleaning read this table.

use std::fmt;

/// What becomes of a removed block, and how it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Not part of the article: it must go.
    Core,
    /// Part of the article, but not of its running text: captions, credits, bylines.
    Soft,
    /// Part of the article and worth reading beside its text: it becomes a note.
    Note,
}

impl Tier {
    /// Name for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Soft => "soft",
            Self::Note => "note",
        }
    }
}

/// Where a kind may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// A block of its own only.
    Alone,
    /// A block of its own, or the last or first sentence of a paragraph.
    Attached,
}

/// How the phrases of a kind are worded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// It addresses the reader, or has no verb, so a sentence that tells something speaks against
    /// it.
    Addressing,
    /// It tells something itself: sign-offs, notes, legal lines, captions.
    Telling,
}

/// What a kind does to the summary that a feed carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Summary {
    /// Feeds append it, so it is cut from a summary.
    Cut,
    /// Whatever it looks like, in a summary it is part of the summary.
    Kept,
}

/// What finds a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A rule may name it.
    Rule,
    /// It is found without a rule.
    Found,
}

/// All that is known about a kind.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Name in rule files and records.
    pub name: &'static str,
    /// What becomes of it.
    pub tier: Tier,
    /// Where it may stand.
    pub stands: Stands,
    /// How it is worded.
    pub voice: Voice,
    /// What it does to the summary.
    pub summary: Summary,
    /// What finds it.
    pub origin: Origin,
    /// What it is, for people.
    pub what: &'static str,
}

macro_rules! kinds {
    ($($kind:ident $name:literal $tier:ident $stands:ident $voice:ident $summary:ident $origin:ident $what:literal;)*) => {
        /// Kind of boilerplate.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind {
            $(#[doc = $what] $kind),*
        }

        impl Kind {
            /// Every kind, by name.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// All that is known about it.
            pub const fn row(self) -> Row {
                match self {
                    $(Self::$kind => Row {
                        name: $name,
                        tier: Tier::$tier,
                        stands: Stands::$stands,
                        voice: Voice::$voice,
                        summary: Summary::$summary,
                        origin: Origin::$origin,
                        what: $what,
                    }),*
                }
            }
        }
    };
}

kinds! {
    // kind         name           tier stands   voice      summary origin
    Ad             "ad"            Core Attached Addressing Cut  Rule  "An advertisement or its label.";
    Agency         "agency"        Core Attached Telling    Kept Rule  "The sign-off of a news agency.";
    App            "app"           Core Attached Addressing Cut  Rule  "An invitation to an app or a channel of the publisher.";
    Bio            "bio"           Note Alone    Telling    Kept Rule  "Who the author is.";
    Byline         "byline"        Soft Alone    Telling    Kept Rule  "Author, date, reading time.";
    Caption        "caption"       Soft Alone    Telling    Kept Rule  "The caption of a picture or video.";
    Comments       "comments"      Core Attached Addressing Cut  Rule  "An invitation to comment, or what readers wrote.";
    Consent        "consent"       Core Alone    Addressing Kept Rule  "A request for consent to cookies or embedded content.";
    Contact        "contact"       Core Attached Addressing Kept Rule  "How to reach the newsroom: tips, mistakes, letters.";
    Copyright      "copyright"     Core Attached Addressing Cut  Rule  "A copyright line.";
    Correction     "correction"    Note Alone    Telling    Kept Rule  "A correction of the article.";
    Credit         "credit"        Soft Attached Telling    Kept Rule  "Who took the picture or contributed to the text.";
    Disclaimer     "disclaimer"    Note Alone    Telling    Kept Rule  "A disclaimer of the publisher.";
    FeedFooter     "feedfooter"    Core Attached Telling    Cut  Rule  "What blog software appends to the entries of a feed.";
    Nav            "nav"           Core Alone    Telling    Kept Rule  "Navigation of the site.";
    Newsletter     "newsletter"    Core Attached Addressing Cut  Rule  "An invitation to a newsletter.";
    Other          "other"         Core Alone    Addressing Kept Found "Boilerplate that the text model found and no rule names.";
    Paywall        "paywall"       Core Alone    Addressing Cut  Rule  "A note that the text is for subscribers.";
    Promo          "promo"         Core Alone    Addressing Cut  Rule  "Something the publisher offers: events, books, podcasts.";
    Related        "related"       Core Attached Addressing Cut  Rule  "A link to another article, or its headline.";
    Repeated       "repeated"      Core Alone    Telling    Kept Found "A line that recurs across the site.";
    Separator      "separator"     Core Alone    Telling    Kept Rule  "A line without a word.";
    Social         "social"        Core Attached Addressing Cut  Rule  "Share buttons and invitations to follow.";
    Support        "support"       Core Attached Addressing Cut  Rule  "An appeal for money: donations, subscriptions.";
    Tags           "tags"          Core Alone    Addressing Kept Rule  "The list of the article's tags.";
    Teaser         "teaser"        Core Alone    Addressing Kept Rule  "The text that advertises another article.";
    Title          "title"         Soft Alone    Telling    Kept Rule  "The headline once more.";
    Ui             "ui"            Core Alone    Addressing Cut  Rule  "A label of the page: buttons, counters, players.";
    Update         "update"        Note Alone    Telling    Kept Rule  "When or why the article was changed.";
}

impl Kind {
    /// The kind of that name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Name in rule files and records.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The kinds that rules may name.
    pub fn of_rules() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|kind| kind.row().origin == Origin::Rule)
    }

    /// Whether it becomes a note beside the text.
    pub(super) fn is_note(self) -> bool {
        self.row().tier == Tier::Note
    }

    /// Whether it may be the first or last sentence of a paragraph.
    pub(super) fn attaches(self) -> bool {
        self.row().stands == Stands::Attached
    }

    /// Whether its phrases address the reader.
    pub(super) fn addresses(self) -> bool {
        self.row().voice == Voice::Addressing
    }

    /// Whether feeds append it to summaries.
    pub(super) fn is_appended(self) -> bool {
        self.row().summary == Summary::Cut
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_sorted() {
        let names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "{names:?}");
        assert!(Kind::ALL.iter().all(|kind| Kind::named(kind.name()) == Some(*kind)));
        assert_eq!(Kind::named("donate"), None);
    }

    #[test]
    fn every_kind_of_a_rule_has_a_rule() {
        let set = crate::clean::RuleSet::builtin(&[]).unwrap_or_default();
        for kind in Kind::of_rules() {
            let by_code = matches!(kind, Kind::Separator | Kind::Title | Kind::Correction);
            assert!(by_code || set.rules.iter().any(|rule| rule.kind == kind), "no rule names {kind}");
        }
    }
}
