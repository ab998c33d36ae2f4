//! The elements and attributes that extraction knows, as small numbers.

use html5ever::{LocalName, local_name};

macro_rules! names {
    ($(#[$doc:meta])* $type:ident, $other:ident, { $($variant:ident = $name:tt,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub(super) enum $type { $($variant,)* $other }

        impl $type {
            /// The value for a local name.
            pub(super) fn of(name: &LocalName) -> Self {
                // Byte strings are matched byte by byte, while strings would be compared one after the other.
                match name.as_bytes() { $($name => Self::$variant,)* _ => Self::$other }
            }
        }
    };
}

names!(
    /// An element of HTML.
    Tag, Other, {
        None = b"",
        A = b"a", Abbr = b"abbr", Address = b"address", Article = b"article", Aside = b"aside",
        Audio = b"audio", B = b"b", Blockquote = b"blockquote", Body = b"body", Br = b"br",
        Button = b"button", Caption = b"caption", Center = b"center", Code = b"code", Dd = b"dd",
        Del = b"del", Details = b"details", Dialog = b"dialog", Div = b"div", Dl = b"dl", Dt = b"dt",
        Em = b"em", Embed = b"embed", Fieldset = b"fieldset", Figcaption = b"figcaption",
        Figure = b"figure", Font = b"font", Footer = b"footer", Form = b"form", H1 = b"h1", H2 = b"h2",
        H3 = b"h3", H4 = b"h4", H5 = b"h5", H6 = b"h6", Head = b"head", Header = b"header", Hr = b"hr",
        Html = b"html", I = b"i", Iframe = b"iframe", Img = b"img", Input = b"input", Label = b"label",
        Legend = b"legend", Li = b"li", Link = b"link", Main = b"main", Meta = b"meta", Nav = b"nav",
        Noscript = b"noscript", Object = b"object", Ol = b"ol", Option = b"option", P = b"p",
        Picture = b"picture", Pre = b"pre", Rp = b"rp", Rt = b"rt", S = b"s", Script = b"script", Section = b"section",
        Select = b"select", Small = b"small", Source = b"source", Span = b"span", Strong = b"strong",
        Style = b"style", Sub = b"sub", Summary = b"summary", Sup = b"sup", Table = b"table",
        Tbody = b"tbody", Td = b"td", Template = b"template", Textarea = b"textarea", Tfoot = b"tfoot",
        Th = b"th", Thead = b"thead", Time = b"time", Title = b"title", Tr = b"tr", U = b"u", Ul = b"ul",
        Video = b"video", AmpImg = b"amp-img", Hgroup = b"hgroup", Datalist = b"datalist",
        Foreign = b"svg",
    }
);

impl Tag {
    /// The name, for the elements that a block can be.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::P => "p",
            Self::H1 => "h1",
            Self::H2 => "h2",
            Self::H3 => "h3",
            Self::H4 => "h4",
            Self::H5 => "h5",
            Self::H6 => "h6",
            Self::Li => "li",
            Self::Blockquote => "blockquote",
            Self::Figcaption => "figcaption",
            Self::Pre => "pre",
            Self::Td => "td",
            Self::Th => "th",
            Self::Dt => "dt",
            Self::Dd => "dd",
            Self::Caption => "caption",
            Self::Summary => "summary",
            Self::Address => "address",
            _ => "div",
        }
    }

    /// Whether it is a heading.
    pub(super) fn is_heading(self) -> bool {
        matches!(self, Self::H1 | Self::H2 | Self::H3 | Self::H4 | Self::H5 | Self::H6)
    }

    /// Whether text before and after it belongs to different blocks.
    pub(super) fn is_block(self) -> bool {
        !matches!(
            self,
            Self::A
                | Self::Abbr
                | Self::Audio
                | Self::B
                | Self::Br
                | Self::Button
                | Self::Code
                | Self::Del
                | Self::Em
                | Self::Embed
                | Self::Font
                | Self::Foreign
                | Self::I
                | Self::Iframe
                | Self::Img
                | Self::AmpImg
                | Self::Input
                | Self::Label
                | Self::Link
                | Self::Meta
                | Self::None
                | Self::Noscript
                | Self::Object
                | Self::Other
                | Self::Picture
                | Self::Rp
                | Self::Rt
                | Self::S
                | Self::Script
                | Self::Select
                | Self::Small
                | Self::Source
                | Self::Span
                | Self::Strong
                | Self::Style
                | Self::Sub
                | Self::Sup
                | Self::Template
                | Self::Textarea
                | Self::Time
                | Self::U
                | Self::Video
        )
    }

    /// Whether it is never shown as text, or is a control of a form.
    pub(super) fn is_silent(self) -> bool {
        matches!(
            self,
            Self::Audio
                | Self::Button
                | Self::Datalist
                | Self::Embed
                | Self::Foreign
                | Self::Head
                | Self::Iframe
                | Self::Input
                | Self::Object
                | Self::Option
                | Self::Rp
                | Self::Rt
                | Self::Script
                | Self::Select
                | Self::Style
                | Self::Template
                | Self::Textarea
                | Self::Title
                | Self::Video
        )
    }
}

names!(
    /// An attribute that is kept; the tokenizer drops all others.
    Attr, Other, {
        Class = b"class", Id = b"id", Href = b"href", Src = b"src", Content = b"content",
        Property = b"property", Name = b"name", Itemprop = b"itemprop", Rel = b"rel",
        Datetime = b"datetime", Type = b"type", Lang = b"lang", Role = b"role", Hidden = b"hidden",
        Style = b"style", Srcset = b"srcset",
        HttpEquiv = b"http-equiv", AriaHidden = b"aria-hidden", Encoding = b"encoding",
        DataSrc = b"data-src", Width = b"width", Alt = b"alt", AriaLabel = b"aria-label",
    }
);

/// The interned name of an attribute that is kept, from its bytes in any case.
pub(super) fn attr_name(raw: &[u8]) -> Option<LocalName> {
    // A name longer than all that are kept needs no copy.
    let mut lower = [0_u8; 12];
    let name = lower.get_mut(..raw.len())?;
    name.copy_from_slice(raw);
    name.make_ascii_lowercase();
    Some(match &*name {
        b"class" => local_name!("class"),
        b"id" => local_name!("id"),
        b"href" => local_name!("href"),
        b"src" => local_name!("src"),
        b"content" => local_name!("content"),
        b"property" => local_name!("property"),
        b"name" => local_name!("name"),
        b"itemprop" => local_name!("itemprop"),
        b"rel" => local_name!("rel"),
        b"datetime" => local_name!("datetime"),
        b"type" => local_name!("type"),
        b"lang" => local_name!("lang"),
        b"role" => local_name!("role"),
        b"hidden" => local_name!("hidden"),
        b"style" => local_name!("style"),
        b"srcset" => local_name!("srcset"),
        b"http-equiv" => local_name!("http-equiv"),
        b"aria-hidden" => local_name!("aria-hidden"),
        b"encoding" => local_name!("encoding"),
        b"width" => local_name!("width"),
        b"data-src" => LocalName::from("data-src"),
        b"alt" => local_name!("alt"),
        b"aria-label" => local_name!("aria-label"),
        // html5ever looks at these in `font` within SVG.
        b"color" => local_name!("color"),
        b"face" => local_name!("face"),
        b"size" => local_name!("size"),
        _ => return None,
    })
}

/// The interned name of an element from its bytes in any case; the common ones without hashing.
pub(super) fn element_name(raw: &str) -> LocalName {
    match raw {
        "div" => local_name!("div"),
        "a" => local_name!("a"),
        "span" => local_name!("span"),
        "li" => local_name!("li"),
        "p" => local_name!("p"),
        "img" => local_name!("img"),
        "ul" => local_name!("ul"),
        "meta" => local_name!("meta"),
        "link" => local_name!("link"),
        "script" => local_name!("script"),
        "h2" => local_name!("h2"),
        "h3" => local_name!("h3"),
        "strong" => local_name!("strong"),
        "em" => local_name!("em"),
        "b" => local_name!("b"),
        "i" => local_name!("i"),
        "br" => local_name!("br"),
        "section" => local_name!("section"),
        "article" => local_name!("article"),
        "figure" => local_name!("figure"),
        "button" => local_name!("button"),
        "input" => local_name!("input"),
        "style" => local_name!("style"),
        "time" => local_name!("time"),
        "td" => local_name!("td"),
        "tr" => local_name!("tr"),
        _ if raw.bytes().any(|byte| byte.is_ascii_uppercase()) => LocalName::from(raw.to_ascii_lowercase()),
        _ => LocalName::from(raw),
    }
}

/// Whether it is an element without content.
pub(super) fn is_void(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("area")
            | local_name!("base")
            | local_name!("br")
            | local_name!("col")
            | local_name!("embed")
            | local_name!("hr")
            | local_name!("img")
            | local_name!("input")
            | local_name!("link")
            | local_name!("meta")
            | local_name!("param")
            | local_name!("source")
            | local_name!("track")
            | local_name!("wbr")
    )
}
