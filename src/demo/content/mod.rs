//! The sample feeds and pages. Every sentence is written for this program; places, people and
//! events are invented, except in the twin of a report on the war in Ukraine.

use crate::config::ContentSource;

/// One sample feed.
#[derive(Clone, Copy, Debug)]
pub struct SampleFeed {
    /// Name in the configuration.
    pub name: &'static str,
    /// Path at the origin.
    pub path: &'static str,
    /// `Content-Type` it is served with.
    pub content_type: &'static str,
    /// Charset it is served in, if that is not UTF-8 (WHATWG label).
    pub charset: Option<&'static str>,
    /// The document, with placeholders.
    pub document: &'static str,
    /// Where the daemon is configured to take the text from.
    pub content: ContentSource,
    /// Tags that the daemon is configured to give to every article.
    pub tags: &'static [&'static str],
    /// Addresses of the articles as the feed gives them; `{{base}}` is the origin's.
    pub articles: &'static [&'static str],
}

/// A site of the origin, whose pages share a frame.
#[derive(Clone, Copy, Debug)]
pub struct SampleSite {
    /// The frame: navigation, share bar, comments, footer.
    pub frame: &'static str,
    /// Path and text of each page.
    pub pages: &'static [(&'static str, &'static str)],
}

const RSS: &str = "application/rss+xml; charset=utf-8";
const ATOM: &str = "application/atom+xml; charset=utf-8";
const JSON: &str = "application/feed+json";

/// An article that changes after its feed has been served once; it comes out with revision 2.
pub const REVISED: &str =
    "https://www.harbour-courier.example/2026/night-ferry-oslo/?utm_source=rss&utm_medium=feed";

/// The sample feeds.
pub const FEEDS: &[SampleFeed] = &[
    SampleFeed {
        name: "tampa-free-press",
        path: "/feeds/tampa-free-press.xml",
        content_type: RSS,
        charset: None,
        document: include_str!("feeds/tampa-free-press.xml"),
        content: ContentSource::Feed,
        tags: &["region/us-fl"],
        articles: &[
            "https://www.tampa-free-press.example/north-korean-losses-kursk/",
            "https://www.tampa-free-press.example/drawbridge-toll-delayed/",
            "https://www.tampa-free-press.example/manatee-returns/",
        ],
    },
    SampleFeed {
        name: "harbour-courier",
        path: "/feeds/harbour-courier.xml",
        content_type: RSS,
        charset: None,
        document: include_str!("feeds/harbour-courier.xml"),
        content: ContentSource::Feed,
        tags: &[],
        articles: &[
            REVISED,
            "https://www.harbour-courier.example/2026/gotland-ferry-fire/?utm_source=rss&utm_medium=feed",
            "https://www.harbour-courier.example/2026/lifeboat-coxswain/?utm_source=rss&utm_medium=feed",
            "https://www.harbour-courier.example/2026/herring-quota/?utm_source=rss&utm_medium=feed",
        ],
    },
    SampleFeed {
        name: "city-ledger",
        path: "/feeds/city-ledger.xml",
        content_type: ATOM,
        charset: None,
        document: include_str!("feeds/city-ledger.xml"),
        content: ContentSource::Auto,
        tags: &[],
        articles: &[
            "{{base}}/ledger/gotland-ferry",
            "{{base}}/ledger/gas-boilers",
            "{{base}}/ledger/rates-unchanged",
            "{{base}}/ledger/sleeping-dogs",
            "{{base}}/ledger/dengue-vaccine",
        ],
    },
    SampleFeed {
        name: "nordlicht-blatt",
        path: "/feeds/nordlicht-blatt.xml",
        content_type: ATOM,
        charset: None,
        document: include_str!("feeds/nordlicht-blatt.xml"),
        content: ContentSource::Feed,
        tags: &[],
        articles: &[
            "https://www.nordlicht-blatt.example/bahn-flensburg",
            "https://www.nordlicht-blatt.example/kegelrobben",
            "https://www.nordlicht-blatt.example/gasthof-kauf",
            "https://www.nordlicht-blatt.example/schleuse-kiel",
        ],
    },
    SampleFeed {
        name: "courrier-des-etangs",
        path: "/feeds/courrier-des-etangs.xml",
        content_type: RSS,
        charset: None,
        document: include_str!("feeds/courrier-des-etangs.xml"),
        content: ContentSource::Auto,
        tags: &[],
        articles: &[
            "{{base}}/courrier/criee-en-ligne",
            "{{base}}/courrier/vendanges-de-nuit",
            "{{base}}/courrier/phare-rallume",
            "{{base}}/courrier/parc-marin",
        ],
    },
    SampleFeed {
        name: "el-faro-del-valle",
        path: "/feeds/el-faro-del-valle.rdf",
        // As often in the wild, only the document declares the charset.
        content_type: "application/rdf+xml",
        charset: Some("iso-8859-1"),
        document: include_str!("feeds/el-faro-del-valle.rdf"),
        content: ContentSource::Feed,
        tags: &[],
        articles: &[
            "https://www.elfarodelvalle.example/sequia-embalses",
            "https://www.elfarodelvalle.example/biblioteca-nocturna",
            "https://www.elfarodelvalle.example/cooperativa-aceite",
            "https://www.elfarodelvalle.example/tranvia-hospital",
        ],
    },
    SampleFeed {
        name: "dnipro-visnyk",
        path: "/feeds/dnipro-visnyk.xml",
        content_type: ATOM,
        charset: None,
        document: include_str!("feeds/dnipro-visnyk.xml"),
        content: ContentSource::Feed,
        tags: &[],
        articles: &[
            "https://www.dnipro-visnyk.example/nasosna-stantsiia",
            "https://www.dnipro-visnyk.example/soniachnyi-choven",
            "https://www.dnipro-visnyk.example/muzei-keramiky",
        ],
    },
    SampleFeed {
        name: "jornal-da-serra",
        path: "/feeds/jornal-da-serra.json",
        content_type: JSON,
        charset: None,
        document: include_str!("feeds/jornal-da-serra.json"),
        content: ContentSource::Feed,
        tags: &[],
        articles: &[
            "https://www.jornaldaserra.example/comboio-noturno",
            "https://www.jornaldaserra.example/queijo-certificado",
            "https://www.jornaldaserra.example/escola-floresta",
        ],
    },
    SampleFeed {
        name: "slow-science",
        path: "/feeds/slow-science.json",
        content_type: JSON,
        charset: None,
        document: include_str!("feeds/slow-science.json"),
        content: ContentSource::Feed,
        tags: &["desk/science"],
        articles: &[
            "https://slow-science.example/posts/41-moss",
            "https://slow-science.example/posts/40-clock",
        ],
    },
    SampleFeed {
        name: "minato-shimpo",
        path: "/feeds/minato-shimpo.xml",
        content_type: RSS,
        charset: None,
        document: include_str!("feeds/minato-shimpo.xml"),
        content: ContentSource::Feed,
        tags: &[],
        articles: &[
            "https://www.minato-shimpo.example/souko-toshokan",
            "https://www.minato-shimpo.example/sanma",
        ],
    },
];

/// The sites whose feeds carry summaries only.
pub const SITES: &[SampleSite] = &[
    SampleSite {
        frame: include_str!("pages/city-ledger.html"),
        pages: &[
            ("/ledger/gotland-ferry", include_str!("pages/ledger/gotland-ferry.html")),
            ("/ledger/gas-boilers", include_str!("pages/ledger/gas-boilers.html")),
            ("/ledger/rates-unchanged", include_str!("pages/ledger/rates-unchanged.html")),
            ("/ledger/sleeping-dogs", include_str!("pages/ledger/sleeping-dogs.html")),
            ("/ledger/dengue-vaccine", include_str!("pages/ledger/dengue-vaccine.html")),
        ],
    },
    SampleSite {
        frame: include_str!("pages/courrier.html"),
        pages: &[
            ("/courrier/criee-en-ligne", include_str!("pages/courrier/criee-en-ligne.html")),
            ("/courrier/vendanges-de-nuit", include_str!("pages/courrier/vendanges-de-nuit.html")),
            ("/courrier/phare-rallume", include_str!("pages/courrier/phare-rallume.html")),
            ("/courrier/parc-marin", include_str!("pages/courrier/parc-marin.html")),
        ],
    },
];
