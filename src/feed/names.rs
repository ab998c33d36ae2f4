//! What elements mean, by the names that feeds give them.

use super::namespaces::Ns;

/// Elements, by what they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum El {
    Rss,
    Rdf,
    /// `feed` or `channel`.
    Feed,
    /// `entry` or `item`.
    Entry,
    Image,
    TextInput,
    Source,
    MediaGroup,
    Title,
    /// `dc:title`, `media:title`: only if there is no other title.
    WeakTitle,
    Link,
    Id,
    Guid,
    Description,
    Summary,
    Content,
    Encoded,
    Body,
    Subtitle,
    /// `itunes:summary`, `media:description`, `dc:description`: only if there is no other summary.
    WeakSummary,
    Info,
    Published,
    Updated,
    /// `dc:date`.
    Date,
    Created,
    Author,
    Contributor,
    /// `itunes:author` and the like: only if there is no other author.
    WeakAuthor,
    Name,
    Email,
    Uri,
    Category,
    Keywords,
    ItunesCategory,
    Comments,
    CommentCount,
    Enclosure,
    MediaContent,
    Thumbnail,
    ItunesImage,
    Credit,
    Language,
    Rights,
    Licence,
    Generator,
    Icon,
    Logo,
    Url,
    Ttl,
    UpdatePeriod,
    UpdateFrequency,
    SkipHours,
    SkipDays,
    Hour,
    Day,
    OriginalLink,
    Point,
    Latitude,
    Longitude,
    Shape,
    Duration,
    Explicit,
    Season,
    Episode,
    Transcript,
    Html,
    Unknown,
}

impl El {
    /// Whether its text is meant to be read: titles, summaries, contents, rights.
    pub(super) fn is_text(self) -> bool {
        matches!(
            self,
            Self::Title
                | Self::WeakTitle
                | Self::Description
                | Self::Summary
                | Self::Content
                | Self::Encoded
                | Self::Body
                | Self::Subtitle
                | Self::WeakSummary
                | Self::Info
                | Self::Rights
        )
    }
}

/// What the element `local` of `ns` says. `local` in lower case.
pub(super) fn element(ns: Ns, local: &str) -> El {
    match ns {
        Ns::Rss | Ns::Atom => core(local),
        Ns::Rdf if local == "rdf" => El::Rdf,
        // Documents that put everything into the RDF namespace.
        Ns::Rdf if matches!(local, "channel" | "item") => core(local),
        Ns::Dc => dublin_core(local),
        Ns::DcTerms => dublin_core_terms(local),
        Ns::Content if local == "encoded" => El::Encoded,
        Ns::Media => media(local),
        Ns::Itunes => itunes(local),
        Ns::Podcast => match local {
            "season" => El::Season,
            "episode" => El::Episode,
            "person" => El::Contributor,
            "transcript" => El::Transcript,
            _ => El::Unknown,
        },
        Ns::Syndication => match local {
            "updateperiod" => El::UpdatePeriod,
            "updatefrequency" => El::UpdateFrequency,
            _ => El::Unknown,
        },
        Ns::GeoRss => match local {
            "point" | "pos" => El::Point,
            "polygon" | "line" | "box" | "circle" => El::Shape,
            _ => El::Unknown,
        },
        Ns::Geo => match local {
            "lat" => El::Latitude,
            "long" | "lon" => El::Longitude,
            _ => El::Unknown,
        },
        Ns::Thread if local == "total" => El::CommentCount,
        Ns::Slash if local == "comments" => El::CommentCount,
        Ns::FeedBurner if local == "origlink" => El::OriginalLink,
        Ns::Licence if local == "license" || local == "licence" => El::Licence,
        Ns::WebFeeds => match local {
            "icon" => El::Icon,
            "logo" => El::Logo,
            _ => El::Unknown,
        },
        Ns::Prism => match local {
            "publicationdate" | "coverdate" => El::Published,
            "modificationdate" => El::Updated,
            "keyword" => El::Category,
            _ => El::Unknown,
        },
        Ns::Xhtml => match local {
            "body" => El::Body,
            "html" => El::Html,
            _ => El::Unknown,
        },
        _ => El::Unknown,
    }
}

/// Dublin Core 1.1.
fn dublin_core(local: &str) -> El {
    match local {
        "title" => El::WeakTitle,
        "creator" | "author" => El::Author,
        "contributor" => El::Contributor,
        "subject" => El::Category,
        "description" => El::WeakSummary,
        "date" => El::Date,
        "language" => El::Language,
        "rights" => El::Rights,
        "identifier" => El::Id,
        _ => El::Unknown,
    }
}

/// DCMI Metadata Terms.
fn dublin_core_terms(local: &str) -> El {
    match local {
        "title" => El::WeakTitle,
        "creator" => El::Author,
        "issued" | "available" | "dateaccepted" => El::Published,
        "modified" => El::Updated,
        "created" => El::Created,
        "date" => El::Date,
        "abstract" => El::WeakSummary,
        "language" => El::Language,
        "rights" => El::Rights,
        "subject" => El::Category,
        _ => El::Unknown,
    }
}

/// Apple's podcast elements.
fn itunes(local: &str) -> El {
    match local {
        "author" | "owner" => El::WeakAuthor,
        "name" => El::Name,
        "email" => El::Email,
        "summary" | "subtitle" | "description" => El::WeakSummary,
        "category" => El::ItunesCategory,
        "keywords" => El::Keywords,
        "image" | "link" => El::ItunesImage,
        "title" => El::WeakTitle,
        "duration" => El::Duration,
        "explicit" => El::Explicit,
        "season" => El::Season,
        "episode" => El::Episode,
        _ => El::Unknown,
    }
}

fn core(local: &str) -> El {
    match local {
        "title" => El::Title,
        "link" => El::Link,
        "description" => El::Description,
        "item" | "entry" => El::Entry,
        "guid" => El::Guid,
        "pubdate" | "published" | "issued" | "pub_date" => El::Published,
        "category" => El::Category,
        "author" | "managingeditor" => El::Author,
        "content" => El::Content,
        "summary" => El::Summary,
        "updated" | "modified" | "lastbuilddate" => El::Updated,
        "id" => El::Id,
        "enclosure" => El::Enclosure,
        "comments" => El::Comments,
        "source" => El::Source,
        "name" => El::Name,
        "email" => El::Email,
        "uri" | "homepage" => El::Uri,
        "url" => El::Url,
        "rss" => El::Rss,
        "rdf" => El::Rdf,
        "channel" | "feed" => El::Feed,
        "image" => El::Image,
        "textinput" => El::TextInput,
        "contributor" => El::Contributor,
        "subtitle" | "tagline" | "abstract" => El::Subtitle,
        "info" => El::Info,
        "fullitem" | "fulltext" => El::Encoded,
        "body" => El::Body,
        "created" => El::Created,
        "date" => El::Date,
        "tags" | "keywords" => El::Keywords,
        "language" => El::Language,
        "rights" | "copyright" => El::Rights,
        "license" | "licence" => El::Licence,
        "generator" => El::Generator,
        "icon" => El::Icon,
        "logo" => El::Logo,
        "ttl" => El::Ttl,
        "skiphours" => El::SkipHours,
        "skipdays" => El::SkipDays,
        "hour" => El::Hour,
        "day" => El::Day,
        "html" => El::Html,
        _ => El::Unknown,
    }
}

fn media(local: &str) -> El {
    match local {
        "content" | "peerlink" => El::MediaContent,
        "thumbnail" => El::Thumbnail,
        "group" => El::MediaGroup,
        "title" => El::WeakTitle,
        "description" => El::WeakSummary,
        "category" => El::Category,
        "keywords" => El::Keywords,
        "credit" => El::Credit,
        "copyright" => El::Rights,
        "license" => El::Licence,
        _ => El::Unknown,
    }
}

/// Whether the start of `inner` directly inside the text of `outer` shows that `outer` was never
/// closed: `inner` is an element of a feed vocabulary and not of HTML.
pub(super) fn interrupts(outer: El, inner: El) -> bool {
    match inner {
        El::Entry
        | El::Guid
        | El::Published
        | El::Date
        | El::Category
        | El::Author
        | El::Enclosure
        | El::Comments
        | El::Encoded
        | El::Description
        | El::Updated
        | El::Created
        | El::Ttl
        | El::Feed
        | El::Generator
        | El::Language
        | El::MediaContent
        | El::Thumbnail
        | El::MediaGroup
        | El::Contributor
        | El::WeakAuthor
        | El::Image
        | El::OriginalLink
        | El::Keywords => true,
        El::Link | El::Summary | El::Content | El::Id | El::Source | El::Rights => {
            matches!(outer, El::Title | El::WeakTitle | El::Subtitle | El::Info)
        }
        _ => false,
    }
}
