//! Which vocabulary a namespace stands for, whatever its prefix and variant.

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

/// Beginnings of namespace URIs, without scheme and `www.`; the longest first if one starts with
/// another. Sources: the modules' own documents and the variants met in feeds.
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

/// The vocabulary that a prefix usually stands for, if a document does not declare it.
pub(super) fn usual_prefix(prefix: &str) -> Option<Ns> {
    let mut lower = [0_u8; 16];
    let lower = lower.get_mut(..prefix.len())?;
    lower.copy_from_slice(prefix.as_bytes());
    lower.make_ascii_lowercase();
    Some(match std::str::from_utf8(lower).ok()? {
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
        "cc" | "creativecommons" => Ns::Licence,
        "webfeeds" => Ns::WebFeeds,
        "prism" => Ns::Prism,
        _ => return None,
    })
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
