//! Articles spread over several pages: the address of the next part.

use url::Url;

use super::{
    element::{Attr, Tag},
    head::Head,
    tree::Tree,
    walk::{Pieces, sight},
};

/// Links of a page that are looked at, at most.
const LINKS_MAX: usize = 4000;
/// Parts of an article, at most.
const PARTS_MAX: u32 = 50;
/// Longest text of a link to a part, in bytes.
const LINK_TEXT_MAX: usize = 60;

/// Words before the number of a part, in paths and queries.
const WORDS: [&str; 30] = [
    "page",
    "p",
    "pg",
    "pag",
    "paged",
    "pageno",
    "pagenum",
    "pagenumber",
    "part",
    "seite",
    "teil",
    "pagina",
    "página",
    "parte",
    "partie",
    "sida",
    "side",
    "del",
    "sivu",
    "strona",
    "strana",
    "stranka",
    "sayfa",
    "halaman",
    "trang",
    "deel",
    "oldal",
    "str",
    "pn",
    "stranica",
];
/// What links to the next part say, in lower case.
const NEXT: [&str; 40] = [
    "next",
    "weiter",
    "nächste",
    "folgende",
    "suivant",
    "siguiente",
    "seguente",
    "successiv",
    "avanti",
    "próxim",
    "seguinte",
    "volgende",
    "verder",
    "nästa",
    "neste",
    "næste",
    "seuraava",
    "następn",
    "dalej",
    "další",
    "ďalši",
    "следующ",
    "далее",
    "наступн",
    "далі",
    "следващ",
    "επόμεν",
    "sonraki",
    "următoare",
    "következő",
    "selanjutnya",
    "berikutnya",
    "tiếp",
    "ถัดไป",
    "अगला",
    "下一",
    "次へ",
    "次の",
    "다음",
    "التالي",
];
/// Signs that say it.
const SIGNS: [&str; 8] = ["»", "›", "→", ">", ">>", "›››", "❯", "▶"];

/// The next part of the article at `url`: an address that differs from it only in the number of the part, or one below
/// it that the page calls the next.
pub(super) fn next(
    tree: &Tree,
    pieces: &Pieces,
    head: &Head<'_>,
    url: Option<&Url>,
    base: Option<&Url>,
) -> Option<String> {
    let own = Address::of(url?);
    let declared = head
        .links
        .iter()
        .filter(|(rel, _)| rel.split_ascii_whitespace().any(|rel| rel == "next"))
        .map(|(_, node)| *node);
    let anchors = pieces.links.iter().copied().filter(|node| tree.tag(*node) == Tag::A).take(LINKS_MAX);
    declared.chain(anchors).find_map(|node| {
        let href = tree.attr(node, Attr::Href)?.trim();
        if own.is_apart(href) {
            return None;
        }
        let mut found = base.or(url)?.join(href).ok()?;
        found.set_fragment(None);
        if host(&found) != host(url?) || found.as_str().contains("comment") || found.as_str() == url?.as_str()
        {
            return None;
        }
        let next = Address::of(&found);
        let follows = own.is_before(&next, 0)
            || own.leads(&next) && said(tree, node).is_some_and(|said| own.goes_on(&next, &said));
        follows.then(|| found.to_string())
    })
}

fn host(url: &Url) -> &str {
    url.host_str().unwrap_or("").trim_start_matches("www.")
}

/// What a link says about where it leads.
struct Said {
    /// Its text, if that is a number.
    number: Option<u32>,
    /// Whether it says that it leads to the next part.
    next: bool,
    /// Whether its `rel` does.
    rel: bool,
}

fn said(tree: &Tree, node: u32) -> Option<Said> {
    let rel = tree
        .attr(node, Attr::Rel)
        .is_some_and(|rel| rel.split_ascii_whitespace().any(|rel| rel.eq_ignore_ascii_case("next")));
    let text = sight::seen_text(tree, node, LINK_TEXT_MAX + 1, false);
    let text = text.trim().to_lowercase();
    let label = tree.attr(node, Attr::AriaLabel).unwrap_or("").to_lowercase();
    let short = text.len() <= LINK_TEXT_MAX;
    let next = rel
        || short
            && (SIGNS.contains(&text.as_str())
                || NEXT.iter().any(|word| text.contains(word) || label.contains(word)));
    let digits = text.trim_matches(|char: char| !char.is_ascii_digit());
    let number =
        digits.parse().ok().filter(|_| text.chars().filter(|char| char.is_alphabetic()).count() <= 6);
    (next || number.is_some()).then_some(Said { number, next, rel })
}

/// An address as that of a part.
struct Address {
    /// Without the number of the part.
    stem: String,
    /// The number, 1 if there is none.
    number: u32,
    /// Whether it has one.
    numbered: bool,
    /// With every number of its path.
    whole: String,
    /// Path up to the number of the part.
    head: String,
    /// Host and path, without the ending of a file, and the query's pairs.
    body: String,
    query: Vec<String>,
}

impl Address {
    fn of(url: &Url) -> Self {
        let query: Vec<String> =
            url.query().unwrap_or("").split('&').filter(|pair| !pair.is_empty()).map(str::to_owned).collect();
        let path = url.path();
        let (path, ending) = match path.rsplit_once('.') {
            Some((body, ending))
                if matches!(
                    ending,
                    "html" | "htm" | "php" | "shtml" | "aspx" | "asp" | "jsp" | "xhtml" | "cfm" | "phtml"
                ) =>
            {
                (body, ending)
            }
            _ => (path.trim_end_matches('/'), ""),
        };
        let body = format!("{}{path}", host(url));
        let mut number = None;
        let mut rest: Vec<&str> = Vec::new();
        for pair in &query {
            match pair.split_once('=') {
                Some((name, value))
                    if is_word(name)
                        && number.is_none()
                        && value.parse::<u32>().is_ok_and(|value| value < 100) =>
                {
                    number = value.parse().ok();
                }
                _ => rest.push(pair),
            }
        }
        let mut stem = body.clone();
        if number.is_none()
            && let Some((head, found)) = numbered_path(&body)
        {
            (stem, number) = (head, Some(found));
        }
        Self {
            head: stem.strip_prefix(host(url)).unwrap_or(&stem).to_owned(),
            stem: format!("{stem}.{ending}?{}", rest.join("&")),
            number: number.unwrap_or(1),
            numbered: number.is_some(),
            whole: format!("{body}.{ending}?{}", rest.join("&")),
            body,
            query,
        }
    }

    /// Whether a link cannot lead to a part, as its text already shows: most links of a page are to other
    /// paths, and parsing them all as addresses took a fifth of the page's time.
    fn is_apart(&self, href: &str) -> bool {
        let after_host = href.strip_prefix("https://").or_else(|| href.strip_prefix("http://"));
        let path = match after_host {
            Some(rest) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or(""),
            None => href,
        };
        let end = path.find(['?', '#']).unwrap_or(path.len());
        let path = path.get(..end).unwrap_or("");
        // Anything that parsing as an address would change.
        let plain = |char: char| char.is_ascii_alphanumeric() || "-_/,=~;:@!$&'()*+".contains(char);
        let is_plain = path.chars().all(|char| plain(char) || char == '.')
            && !path.contains("/.")
            && !path.starts_with("//");
        let is_absolute = path.starts_with('/') && is_plain && !self.head.contains('%');
        href.starts_with('#') || is_absolute && !path.starts_with(&self.head)
    }

    /// Whether `next` is this address with the next number, minus `less`.
    fn is_before(&self, next: &Self, less: u32) -> bool {
        let follows = next.stem == self.stem && next.number + less == self.number + 1
            // A first part may end in a number that is not a part's: "/top-5", "/top-5/2".
            || next.stem == self.whole && next.number + less == 2;
        follows && next.numbered && next.number <= PARTS_MAX
    }

    /// Whether `next` can be a part if a link says so: the same page with something added to its query, or a
    /// page below it.
    fn leads(&self, next: &Self) -> bool {
        next.body == self.body || next.body.starts_with(&format!("{}/", self.body)) || self.is_before(next, 1)
    }

    /// Whether `next` is the next part, by what a link says.
    fn goes_on(&self, next: &Self, said: &Said) -> bool {
        let shown = said.number.is_none_or(|number| number == self.number + 1)
            && (said.next || said.number.is_some());
        if next.body == self.body {
            // "?part=2", whatever the name; some sites count from 0.
            let added: Vec<&String> = next.query.iter().filter(|pair| !self.query.contains(pair)).collect();
            let gone = self.query.iter().filter(|pair| !next.query.contains(pair)).count();
            let [pair] = added.as_slice() else { return false };
            let value = pair.split_once('=').and_then(|(_, value)| value.parse::<u32>().ok());
            let counts = value.is_some_and(|value| value == self.number + 1 || !self.numbered && value == 1);
            return shown && counts && gone <= 1;
        }
        // A page below that is called the next: "/harbour/part-two".
        let below = next.body.strip_prefix(&self.body).unwrap_or("").trim_matches('/');
        said.rel && !self.numbered && !below.is_empty() && !below.contains('/')
    }
}

/// Whether a word can stand before the number of a part.
fn is_word(word: &str) -> bool {
    let word = word.to_lowercase().replace(['_', '-'], "");
    WORDS.contains(&word.as_str())
        || ["currentpage", "articlepage", "pageid", "npage"].contains(&word.as_str())
}

/// A path that ends in the number of a part, without it: "/harbour/2", "/harbour-p2", "/harbour/page/2".
fn numbered_path(body: &str) -> Option<(String, u32)> {
    const SEPARATORS: [char; 8] = ['/', '-', ',', '_', '=', '~', ';', '.'];
    let head = body.trim_end_matches(|char: char| char.is_ascii_digit());
    let digits = body.get(head.len()..)?;
    // One or two digits: a longer number is an id.
    if !(1..=2).contains(&digits.len()) {
        return None;
    }
    let number = digits.parse().ok()?;
    let cut = head.trim_end_matches(SEPARATORS);
    let word = cut.rsplit(SEPARATORS).next().unwrap_or("");
    let before = cut.strip_suffix(word).unwrap_or(cut);
    let stem = if is_word(word) && before.ends_with(SEPARATORS) {
        before.trim_end_matches(SEPARATORS)
    } else if cut.len() < head.len() {
        cut
    } else {
        return None;
    };
    Some((stem.to_owned(), number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_is_left_unread_leads_to_no_part() {
        let mut random = fastrand::Rng::with_seed(3);
        let pages =
            ["/", "/harbour", "/harbour/2", "/a/top-5.html", "/a/harbour-p2/", "/a/page/3?x=1", "/a%20b/2"];
        let pieces = [
            "/", "a", "harbour", "2", "-p", "3", "top-", "page/", "..", ".", "%20", "?x=1", "&p=2", "#c",
            "\\", "é",
        ];
        let (mut unread, mut parts) = (0, 0);
        for _ in 0..20_000 {
            let url = Url::parse(&format!("https://www.site.example{}", pages[random.usize(..pages.len())]))
                .unwrap();
            let begin = ["", "/", "//site.example/", "http://site.example/", "https://other.example/", "#"];
            let mut href = begin[random.usize(..begin.len())].to_owned();
            // Half of them begin as the page does.
            if random.bool() {
                href = format!("{}{}", href.trim_end_matches('/'), url.path());
            }
            href.extend((0..random.usize(..4)).map(|_| pieces[random.usize(..pieces.len())]));
            let Ok(found) = url.join(&href) else { continue };
            let (own, next) = (Address::of(&url), Address::of(&found));
            let may_follow = own.is_before(&next, 0) || own.leads(&next);
            let apart = own.is_apart(&href);
            // `next` looks at nothing that leads to the page itself.
            let itself = href.starts_with('#');
            assert!(!apart || itself || !may_follow, "{href} on {url}");
            (unread, parts) = (unread + usize::from(apart), parts + usize::from(may_follow));
        }
        assert!(unread > 1_000 && parts > 1_000, "{unread} {parts}");
    }
}
