//! Names as feeds write them to names as we read them: any prefix, any variant of a namespace,
//! any spelling of an element.

/// The vocabularies read. Whatever else a document holds is [`Ns::Other`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ns {
    /// No namespace, any RSS namespace, RDF's RSS.
    Rss,
    Atom,
    Rdf,
    Dc,
    DcTerms,
    Content,
    Media,
    Itunes,
    Podcast,
    Syndication,
    GeoRss,
    Geo,
    Thread,
    Slash,
    Wfw,
    FeedBurner,
    Xhtml,
    /// SVG and MathML: kept in content.
    Vector,
    Xml,
    Licence,
    WebFeeds,
    Prism,
    Other,
}

/// Namespace URIs, without scheme, `www.`, and what trails: longest match first where one starts
/// with another. Sources: the modules' own documents and the variants met in feeds.
const NAMESPACES: &[(&str, Ns)] = &[
    ("w3.org/2005/atom", Ns::Atom),
    ("purl.org/atom/ns", Ns::Atom),
    ("purl.org/echo", Ns::Atom),
    ("purl.org/pie", Ns::Atom),
    ("example.com/newformat", Ns::Atom),
    ("example.com/necho", Ns::Atom),
    ("w3.org/1999/02/22-rdf-syntax-ns", Ns::Rdf),
    ("purl.org/rss/1.0/modules/content", Ns::Content),
    ("purl.org/rss/1.0/modules/syndication", Ns::Syndication),
    ("purl.org/rss/1.0/modules/slash", Ns::Slash),
    ("purl.org/rss/1.0/modules/dcterms", Ns::DcTerms),
    ("purl.org/rss/1.0/modules", Ns::Other),
    ("purl.org/rss/modules", Ns::Other),
    ("purl.org/rss", Ns::Rss),
    ("purl.org/net/rss", Ns::Rss),
    ("my.netscape.com", Ns::Rss),
    ("channel.netscape.com", Ns::Rss),
    ("backend.userland.com/creativecommonsrssmodule", Ns::Licence),
    ("backend.userland.com", Ns::Rss),
    ("blogs.law.harvard.edu/tech/rss", Ns::Rss),
    ("cyber.harvard.edu/rss", Ns::Rss),
    ("cyber.law.harvard.edu/rss", Ns::Rss),
    ("rssboard.org/rss-specification", Ns::Rss),
    ("purl.org/dc/terms", Ns::DcTerms),
    ("purl.org/dc/elements", Ns::Dc),
    ("purl.org/dc", Ns::Dc),
    ("dublincore.org", Ns::Dc),
    ("search.yahoo.com/mrss", Ns::Media),
    ("video.search.yahoo.com/mrss", Ns::Media),
    ("video.search.yahoo.com", Ns::Media),
    ("rssboard.org/media-rss", Ns::Media),
    ("tools.search.yahoo.com/mrss", Ns::Media),
    ("itunes.com/dtds/podcast", Ns::Itunes),
    ("itunes.com/dtd", Ns::Itunes),
    ("example.com/dtds/podcast", Ns::Itunes),
    ("google.com/schemas/play-podcasts", Ns::Itunes),
    ("podcastindex.org/namespace", Ns::Podcast),
    ("github.com/podcastindex-org/podcast-namespace", Ns::Podcast),
    ("georss.org", Ns::GeoRss),
    ("opengis.net/gml", Ns::GeoRss),
    ("w3.org/2003/01/geo", Ns::Geo),
    ("purl.org/syndication/thread", Ns::Thread),
    ("purl.org/syndication/history", Ns::Other),
    ("wellformedweb.org/commentapi", Ns::Wfw),
    ("rssnamespace.org/feedburner", Ns::FeedBurner),
    ("feedburner.com/fb", Ns::FeedBurner),
    ("w3.org/1999/xhtml", Ns::Xhtml),
    ("w3.org/2000/svg", Ns::Vector),
    ("w3.org/1998/math", Ns::Vector),
    ("w3.org/xml/1998/namespace", Ns::Xml),
    ("creativecommons.org/ns", Ns::Licence),
    ("web.resource.org/cc", Ns::Licence),
    ("cyber.law.harvard.edu/creativecommons", Ns::Licence),
    ("webfeeds.org", Ns::WebFeeds),
    ("prismstandard.org/namespaces", Ns::Prism),
];

/// The vocabulary of a namespace URI.
pub(super) fn namespace(uri: &str) -> Ns {
    let lower = uri.trim().get(..128).unwrap_or(uri.trim()).to_ascii_lowercase();
    if lower.is_empty() {
        return Ns::Rss;
    }
    let bare = lower.split_once("://").map_or(lower.as_str(), |(_, rest)| rest);
    let bare = bare.strip_prefix("www.").unwrap_or(bare);
    NAMESPACES.iter().find(|(start, _)| bare.starts_with(start)).map_or(Ns::Other, |(_, ns)| *ns)
}

/// The vocabulary that a prefix usually stands for, where a document does not declare it.
pub(super) fn usual_prefix(prefix: &str) -> Option<Ns> {
    Some(match prefix {
        "" | "rss" => Ns::Rss,
        "atom" | "atom10" | "a10" => Ns::Atom,
        "rdf" => Ns::Rdf,
        "dc" => Ns::Dc,
        "dcterms" => Ns::DcTerms,
        "content" => Ns::Content,
        "media" | "mrss" => Ns::Media,
        "itunes" | "googleplay" => Ns::Itunes,
        "podcast" => Ns::Podcast,
        "sy" | "syn" => Ns::Syndication,
        "georss" | "gml" => Ns::GeoRss,
        "geo" => Ns::Geo,
        "thr" => Ns::Thread,
        "slash" => Ns::Slash,
        "wfw" => Ns::Wfw,
        "feedburner" => Ns::FeedBurner,
        "xhtml" => Ns::Xhtml,
        "svg" | "math" | "mml" => Ns::Vector,
        "xml" => Ns::Xml,
        "cc" | "creativeCommons" => Ns::Licence,
        "webfeeds" => Ns::WebFeeds,
        "prism" => Ns::Prism,
        _ => return None,
    })
}

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
    /// `dc:title`, `media:title`: only where there is no other.
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
    /// `itunes:summary`, `media:description`, `dc:description`: only where there is no other.
    WeakSummary,
    Info,
    Published,
    Updated,
    /// `dc:date`.
    Date,
    Created,
    Author,
    Contributor,
    /// `itunes:author` and its like: only where there is no other.
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

/// What the element `local` of `ns` says. `local` in lower case.
pub(super) fn element(ns: Ns, local: &str) -> El {
    match ns {
        Ns::Rss | Ns::Atom => core(local),
        Ns::Rdf if local == "rdf" => El::Rdf,
        // Documents that put everything into the RDF namespace.
        Ns::Rdf if matches!(local, "channel" | "item") => core(local),
        Ns::Dc => match local {
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
        },
        Ns::DcTerms => match local {
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
        },
        Ns::Content if local == "encoded" => El::Encoded,
        Ns::Media => media(local),
        Ns::Itunes => match local {
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
        },
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

/// Whether the start of `inner` directly inside the text of `outer` says that `outer` was never
/// closed: names of feed vocabularies that are no HTML.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_of_namespaces_are_one() {
        for (uri, ns) in [
            ("http://www.w3.org/2005/Atom", Ns::Atom),
            ("https://www.w3.org/2005/Atom/", Ns::Atom),
            ("http://purl.org/atom/ns#", Ns::Atom),
            ("http://search.yahoo.com/mrss", Ns::Media),
            ("HTTP://SEARCH.yahoo.com/mrss/", Ns::Media),
            ("http://www.itunes.com/DTDs/Podcast-1.0.dtd", Ns::Itunes),
            ("http://purl.org/rss/1.0/", Ns::Rss),
            ("http://purl.org/rss/1.0/modules/content/", Ns::Content),
            ("http://purl.org/rss/1.0/modules/link/", Ns::Other),
            ("http://backend.userland.com/rss2", Ns::Rss),
            ("", Ns::Rss),
            ("urn:something", Ns::Other),
        ] {
            assert_eq!(namespace(uri), ns, "{uri}");
        }
    }
}
