//! The types of text: plain, HTML, XHTML, base64; and the value each gives.

use base64::{
    Engine, alphabet,
    engine::general_purpose::{GeneralPurpose, NO_PAD},
};

use super::{
    entities::unescape,
    frames::{Capture, Mode, attribute},
    html,
    names::El,
    namespaces::Ns,
    node::Typed,
    titles,
};

pub(super) const TEXT_PLAIN: &str = "text/plain";
pub(super) const TEXT_HTML: &str = "text/html";
pub(super) const XHTML: &str = "application/xhtml+xml";

/// What the `type` and `mode` attributes of a text say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    /// Nothing, or nothing that is known.
    Nothing,
    Plain,
    Html,
    Xhtml,
    Base64,
}

fn claim(attributes: &str) -> Claim {
    if attributes.is_empty() {
        return Claim::Nothing;
    }
    if attribute(attributes, "mode").is_some_and(|mode| mode.eq_ignore_ascii_case("base64")) {
        return Claim::Base64;
    }
    let Some(kind) = attribute(attributes, "type") else { return Claim::Nothing };
    match kind.to_ascii_lowercase().split(';').next().unwrap_or("").trim() {
        "text" | "plain" | "text/plain" => Claim::Plain,
        "html" | "text/html" | "escaped" => Claim::Html,
        "xhtml" | "application/xhtml+xml" | "application/xhtml" | "text/xhtml" => Claim::Xhtml,
        "application/octet-stream" => Claim::Base64,
        kind if kind.ends_with("+xml") || kind.ends_with("/xml") => Claim::Xhtml,
        _ => Claim::Nothing,
    }
}

/// How to collect the text of `el`.
pub(super) fn mode(el: El, ns: Ns, attributes: &str) -> Mode {
    let escaped = || attribute(attributes, "mode").is_some_and(|mode| mode.eq_ignore_ascii_case("escaped"));
    match claim(attributes) {
        Claim::Xhtml if !escaped() => Mode::Inline,
        _ if el == El::Body && ns == Ns::Xhtml => Mode::Inline,
        _ => Mode::Markup,
    }
}

/// The value and its media type: decoded, made safe, addresses absolute.
pub(super) fn value(capture: &Capture<'_>) -> Typed {
    let base = capture.base.as_deref();
    let html_value = |text: &str| Typed { value: html::sanitise(text, base), media_type: TEXT_HTML };
    let xhtml_value = |text: &str| Typed { value: html::sanitise(text, base), media_type: XHTML };
    let text = capture.text.trim();
    let claimed = claim(capture.attributes);
    let atom = capture.ns == Ns::Atom;
    if claimed == Claim::Base64
        && let Some(decoded) = base64(text)
    {
        return guess(decoded.trim(), base);
    }
    if capture.mode == Mode::Inline {
        return xhtml_value(text);
    }
    if capture.markup {
        // Tags that were not escaped; in Atom they mean XHTML. In RSS they mean nothing except in an element
        // for markup: addresses there stay as written, and whoever reads the text resolves them against the
        // entry's link.
        return match capture.el {
            _ if atom => xhtml_value(text),
            El::Body => html_value(text),
            _ => Typed { value: html::sanitise(text, None), media_type: TEXT_HTML },
        };
    }
    let plain_by_rule =
        claimed == Claim::Plain || atom && claimed == Claim::Nothing && !has_type(capture.attributes);
    if matches!(capture.el, El::Title | El::WeakTitle) && !plain_by_rule {
        return title(text, base);
    }
    let once_more = once_more(text);
    let text = once_more.as_deref().unwrap_or(text);
    match (claimed, capture.el) {
        (Claim::Html | Claim::Xhtml, _) => html_value(text),
        (Claim::Plain, _) => Typed { value: text.to_owned(), media_type: TEXT_PLAIN },
        (_, El::Encoded | El::Body) => html_value(text),
        (_, El::Description | El::Content | El::Summary) if !atom => html_value(text),
        _ if plain_by_rule => Typed { value: text.to_owned(), media_type: TEXT_PLAIN },
        _ => guess(text, base),
    }
}

fn has_type(attributes: &str) -> bool {
    attribute(attributes, "type").is_some()
}

/// A title: plain text if it is nothing but words.
fn title(text: &str, base: Option<&str>) -> Typed {
    let words = titles::words(text);
    let markup = words.contains('<') && html::looks_like_html(&words);
    if !markup && unescape(text) == text {
        return Typed { value: text.to_owned(), media_type: TEXT_PLAIN };
    }
    guess(&words, base)
}

/// The markup of a text that was escaped twice; `None` if it was not. Such a text has no tags of its own
/// except images and breaks put around it, and unescapes to a document: it begins with an element that is
/// closed, or has links, images or several line breaks. A text about HTML does not.
pub(super) fn once_more(text: &str) -> Option<String> {
    const FIRST: [&str; 20] = [
        "p",
        "div",
        "ul",
        "ol",
        "dl",
        "table",
        "blockquote",
        "figure",
        "section",
        "article",
        "h1",
        "h2",
        "h3",
        "h4",
        "center",
        "span",
        "b",
        "strong",
        "i",
        "em",
    ];
    if has_own_tags(text) || !text.contains("&lt;") && !text.contains("&#") {
        return None;
    }
    let spelled = unescape(text);
    let lower = spelled.to_ascii_lowercase();
    let lower = without_lead(&lower);
    let first = lower.strip_prefix('<').and_then(|rest| rest.split([' ', '>', '\n', '/']).next());
    let is_block = first.is_some_and(|name| FIRST.contains(&name) && lower.contains(&format!("</{name}>")));
    let has_address = ["<a href=\"http", "<a href='http", "<img src=\"", "<img src='", "<img alt="]
        .iter()
        .any(|tag| lower.contains(tag));
    (is_block || has_address || lower.matches("<br").count() > 1).then(|| spelled.into_owned())
}

/// Whether a text has tags of its own that hold text.
fn has_own_tags(text: &str) -> bool {
    text.split('<').skip(1).any(|tag| {
        let name = tag.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("");
        !["img", "br", "hr"].iter().any(|void| void.eq_ignore_ascii_case(name))
    })
}

/// A text without the white space, images and breaks before its first word or element.
fn without_lead(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        let spaces = text.strip_prefix("&nbsp;").or_else(|| text.strip_prefix("&#160;"));
        let void = || {
            let is_void = ["<img ", "<br>", "<br/>", "<br />", "<hr"].iter().any(|tag| text.starts_with(tag));
            text.split_once('>').filter(|_| is_void).map(|(_, rest)| rest)
        };
        match spaces.or_else(void) {
            Some(rest) => text = rest,
            None => return text,
        }
    }
}

/// A text that declares no type: HTML if it looks like it.
pub(super) fn guess(text: &str, base: Option<&str>) -> Typed {
    if html::looks_like_html(text) {
        Typed { value: html::sanitise(text, base), media_type: TEXT_HTML }
    } else {
        Typed { value: text.to_owned(), media_type: TEXT_PLAIN }
    }
}

/// Digits without padding, whose last one may have bits to spare.
const DIGITS: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, NO_PAD.with_decode_allow_trailing_bits(true));

/// Base64 of either alphabet, with white space in it, whole or cut short, if it is text.
fn base64(text: &str) -> Option<String> {
    let digits = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).take_while(|byte| *byte != b'=');
    let mut digits: Vec<u8> = digits
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            _ => byte,
        })
        .collect();
    // A single digit beyond whole bytes does not make another.
    digits.truncate(digits.len() - usize::from(digits.len() % 4 == 1));
    String::from_utf8(DIGITS.decode(digits).ok()?).ok()
}

/// The word for the format of an RSS version: `2.0`, ` 2.0`, `2.0.1`, `0.91`, none.
pub(super) fn rss_format(version: &str) -> String {
    let digits: String = version.chars().filter(char::is_ascii_digit).take(3).collect();
    match digits.as_str() {
        "" => "rss".into(),
        "2" | "20" | "200" | "201" | "21" => "rss20".into(),
        digits => format!("rss{digits}"),
    }
}

/// The word for the format of a `feed` or `channel` that is the root.
pub(super) fn root_format(name: &str, attributes: &str) -> &'static str {
    if name.rsplit(':').next().is_some_and(|local| local.eq_ignore_ascii_case("channel")) {
        return if attributes.is_empty() { "rss" } else { "cdf" };
    }
    let version = attribute(attributes, "version").unwrap_or_default();
    let old = version.starts_with("0.") || attributes.contains("purl.org/");
    if old && !attributes.contains("2005/Atom") { "atom03" } else { "atom10" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_text_or_nothing() {
        assert_eq!(base64("RXhh\n bXBsZQ==").as_deref(), Some("Example"));
        assert_eq!(base64("RXhhbXBsZQ").as_deref(), Some("Example"));
        assert_eq!(base64("Pz8_Pj4-").as_deref(), Some("???>>>"));
        assert_eq!(base64("RXhhbXBsZSB0ZXh0I").as_deref(), Some("Example text"));
        assert_eq!(base64("no base64!"), None);
        assert_eq!(base64("/////w=="), None);
    }

    #[test]
    fn what_was_escaped_twice_is_read_once_more() {
        for (text, expected) in [
            ("&lt;p&gt;The pier is shut.&lt;/p&gt;", Some("<p>The pier is shut.</p>")),
            ("&#60;div class=x&#62;The pier&#60;/div&#62;", Some("<div class=x>The pier</div>")),
            ("Shut.&lt;br /&gt;&lt;br /&gt;Open in May.", Some("Shut.<br /><br />Open in May.")),
            ("Photo: &lt;img src=\"x.jpg\"&gt; Ann", Some("Photo: <img src=\"x.jpg\"> Ann")),
            (
                "Read &lt;a href=\"https://a.example/\"&gt;more&lt;/a&gt;",
                Some("Read <a href=\"https://a.example/\">more</a>"),
            ),
            ("&lt;P&gt;Fish &amp;amp; chips&lt;/P&gt;", Some("<P>Fish &amp; chips</P>")),
            ("&amp;nbsp;&lt;p&gt;The pier&lt;/p&gt;", Some("&nbsp;<p>The pier</p>")),
            ("&lt;p&gt;Shut.&lt;/p&gt;<img src=\"x.gif\">", Some("<p>Shut.</p><img src=\"x.gif\">")),
            ("<br/>&lt;div&gt;Shut.&lt;/div&gt;", Some("<br/><div>Shut.</div>")),
            ("&lt;strong&gt;Shut&lt;/strong&gt; since May", Some("<strong>Shut</strong> since May")),
            ("<code>&lt;p&gt;x&lt;/p&gt;</code>", None),
            ("Write &lt;b&gt;so&lt;/b&gt; for bold", None),
            ("The &lt;p&gt; element is a paragraph", None),
            ("&lt;p&gt; is the tag of a paragraph", None),
            ("Write &lt;br&gt; for a new line", None),
            ("<p>Write &lt;p&gt;text&lt;/p&gt;</p>", None),
            ("5 &lt; 6 and 7 &gt; 6", None),
            ("Fish &amp; chips", None),
        ] {
            assert_eq!(once_more(text).as_deref(), expected, "{text}");
        }
    }
}
