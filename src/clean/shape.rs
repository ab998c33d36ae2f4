//! What elements, links and the look of a line say regardless of its words.

use super::{
    byline,
    evidence::{Signal, Source},
    kind::Kind,
    layout::{Layout, Line},
    linked, steps,
};

/// Fewest sub-heads in capitals for an article to be known to have them, and the lines among which they are.
const HEADS_MIN: usize = 3;
const HEADS_NEAR: usize = 60;
/// Weight of a link in a list that is content of the article.
const TOLD: f32 = 0.3;

/// Words in addresses that show what a link is for.
const TARGETS: &[(Kind, &[&str])] = &[
    (
        Kind::Social,
        &[
            "facebook.com/sharer",
            "facebook.com/share",
            "twitter.com/intent",
            "twitter.com/share",
            "x.com/intent",
            "t.me/share",
            "wa.me/",
            "whatsapp://",
            "api.whatsapp",
            "linkedin.com/share",
            "pinterest.com/pin/create",
            "reddit.com/submit",
            "mailto:?",
            "whatsapp.com/channel",
            "news.google.com/publications",
        ],
    ),
    (Kind::Newsletter, &["newsletter", "/signup", "/sign-up", "mailchi.mp", "list-manage"]),
    (
        Kind::Support,
        &[
            "/donate",
            "/donation",
            "/subscribe",
            "/subscription",
            "/membership",
            "/spenden",
            "/abo/",
            "/abonn",
            "/suscri",
            "/assine",
            "patreon.com",
            "ko-fi.com",
            "paypal.com",
        ],
    ),
    (
        Kind::Tags,
        &[
            "/tag/",
            "/tags/",
            "/topic/",
            "/topics/",
            "/thema/",
            "/themen/",
            "/tema/",
            "/temas/",
            "/keyword/",
            "/tagged/",
            "/etiqueta",
            "/schlagwort/",
            "/category/",
            "/categoria/",
            "/kategorie/",
        ],
    ),
    (
        Kind::Byline,
        &[
            "/author/",
            "/authors/",
            "/autor/",
            "/autoren/",
            "/auteur/",
            "/autore/",
            "/profile/",
            "/staff/",
            "/journalist/",
            "/people/",
        ],
    ),
    (Kind::App, &["apps.apple.com", "itunes.apple.com", "play.google.com/store"]),
];

/// What the links of a short line lead to, if all of them lead to the same kind of thing.
fn targets(line: &Line<'_>) -> Option<(Kind, f32)> {
    let hrefs = &line.block.hrefs;
    if hrefs.is_empty() || hrefs.len() > 30 || line.weight > 220 || line.link < 0.3 {
        return None;
    }
    let lower: Vec<String> =
        hrefs.iter().map(|href| href.chars().take(300).collect::<String>().to_lowercase()).collect();
    let idle = |href: &String| href == "#" || href.starts_with("javascript:") || href.is_empty();
    if lower.iter().all(idle) {
        return Some((Kind::Ui, 0.6));
    }
    let (kind, _) = TARGETS
        .iter()
        .find(|(_, words)| lower.iter().all(|href| words.iter().any(|word| href.contains(word))))?;
    let sentence = line.stopped && line.words > 8;
    let weight = match *kind {
        _ if line.link < 0.6 && sentence => 0.4,
        Kind::Social | Kind::App => 0.8,
        Kind::Tags | Kind::Byline if line.link < 0.8 => 0.3,
        _ => 0.65,
    };
    Some((*kind, weight))
}

/// Characters that point at something else.
const POINTERS: &[char] =
    &['»', '›', '→', '➡', '►', '▶', '▸', '⇒', '➜', '➤', '➔', '☞', '👉', '📲', '📩', '📰', '🔗', '🔔', '≫'];

/// "» All results", "👉 Our live blog": a line without a full stop that opens with a pointing
/// character. Several such lines in a row are more often a list of the article.
fn pointer(layout: &Layout<'_>, index: usize, line: &Line<'_>) -> Option<f32> {
    let points = |line: &Line<'_>| {
        let text = line.block.text.trim_start();
        let quote = text.starts_with(['»', '›']) && text.contains(['«', '‹']);
        (text.starts_with(POINTERS) || text.starts_with(">>") && !text.starts_with(">>>")) && !quote
    };
    let open = !line.stopped || line.text.ends_with('?');
    if !open
        || line.block.tag == "pre"
        || !(2..=20).contains(&line.words)
        || line.weight > 160
        || !points(line)
    {
        return None;
    }
    let near = [index.checked_sub(1), Some(index + 1)];
    let listed = near.into_iter().flatten().filter_map(|at| layout.lines.get(at)).any(points);
    Some(if listed && line.link < 0.3 { 0.4 } else { 0.8 })
}

/// First words of sub-heads in capitals.
const ASKING: &[&str] =
    &["how", "what", "why", "who", "when", "where", "which", "is", "are", "the", "step", "part"];

/// Elements and looks that speak for boilerplate without any word.
pub(super) fn shape(layout: &Layout<'_>, index: usize, line: &Line<'_>, out: &mut Vec<Signal<'_>>) {
    labels(layout, index, line, out);
    if line.words == 0 && !line.text.contains('©') && line.chars > 0 {
        out.push(Signal::new("shape/separator", Kind::Separator, Source::Line, 0.9));
        return;
    }
    links(layout, index, line, out);
    boxes(layout, line, out);
    looks(layout, index, line, out);
    heads(layout, index, line, out);
}

/// Numbers, initials, captions, dates, pointers and refrains.
fn labels(layout: &Layout<'_>, index: usize, line: &Line<'_>, out: &mut Vec<Signal<'_>>) {
    let block = line.block;
    let mut add =
        |rule, kind: Option<Kind>, source, weight| out.push(Signal::new(rule, kind, source, weight));
    let cell = matches!(block.tag.as_str(), "td" | "th" | "li" | "dd" | "dt");
    if line.text == "0" && !layout.plain && !line.heading && !cell && !steps::is_step(layout, index, line) {
        add("shape/number", Some(Kind::Ui), Source::Line, 0.78);
    }
    if index + 4 >= layout.lines.len() && is_initials(&block.text) {
        add("shape/initials", Some(Kind::Byline), Source::Line, 0.85);
    }
    let figcaption = block.classes.iter().skip(1).take(2).position(|entry| entry.starts_with("figcaption"));
    if let Some(depth) = figcaption
        && !is_quote(line)
        && !is_attribution(layout, index, line)
    {
        add("shape/figcaption", Some(Kind::Caption), Source::Tag, if depth == 0 { 0.84 } else { 0.78 });
    }
    if line.words <= 14 && !line.stopped && !layout.plain && has_date(&block.text) {
        add("shape/date", Some(Kind::Byline), Source::Cue, 0.45);
    }
    if let Some(weight) = pointer(layout, index, line) {
        add("shape/pointer", Some(Kind::Related), Source::Cue, weight);
    }
    if layout.times(line) >= 3 && line.words >= 3 {
        // What a song, a speech or a game repeats is a sentence.
        let said = line.stopped && line.link < 0.1 && (layout.plain || layout.in_main(line));
        add("shape/refrain", None, Source::Refrain, if line.words >= 5 && !said { 0.6 } else { 0.3 });
    }
}

fn is_quote(line: &Line<'_>) -> bool {
    line.block.classes.iter().any(|entry| entry.to_lowercase().contains("quote"))
}

/// Whether a line names the speaker below what was said: "Ana Pop, engineer".
fn is_attribution(layout: &Layout<'_>, index: usize, line: &Line<'_>) -> bool {
    let above = index.checked_sub(1).and_then(|above| layout.lines.get(above));
    !line.stopped
        && line.words <= 10
        && above.is_some_and(|above| {
            let figure = |entry: &String| {
                entry.starts_with("figure") && above.stopped && line.block.classes.contains(entry)
            };
            above.quoted
                || above.block.tag == "blockquote"
                || above.block.classes.iter().any(|entry| entry.starts_with("blockquote"))
                || above.block.classes.iter().skip(1).any(figure)
        })
}

/// How much of a line is links, and where they lead.
fn links(layout: &Layout<'_>, index: usize, line: &Line<'_>, out: &mut Vec<Signal<'_>>) {
    let link = line.link;
    let told = link > 0.5 && linked::is_told(layout, index, line);
    let mut add = |rule, kind, source, weight| out.push(Signal::new(rule, Some(kind), source, weight));
    if link >= 0.97 && line.words > 0 {
        // A whole sentence that is one link is more often an editor's emphasis than a teaser.
        let sentence = line.stopped && !line.text.ends_with('?') && line.words >= 6;
        let weight = if told {
            TOLD
        } else if sentence {
            0.5
        } else {
            0.8
        };
        add("shape/link-only", Kind::Related, Source::Link, weight);
    } else if link > 0.75 && line.weight < 220 {
        let weight = if told {
            TOLD
        } else if line.stopped {
            0.45
        } else {
            0.72
        };
        add("shape/link-mostly", Kind::Related, Source::Link, weight);
    } else if link > 0.5 && line.weight < 180 && !line.stopped {
        add("shape/link-half", Kind::Related, Source::Link, 0.4);
    }
    if let Some((kind, weight)) = targets(line) {
        add("shape/href", kind, Source::Href, weight);
    }
}

/// The elements a line stands in.
fn boxes(layout: &Layout<'_>, line: &Line<'_>, out: &mut Vec<Signal<'_>>) {
    let classes = &line.block.classes;
    let mut add =
        |rule, kind: Option<Kind>, source, weight| out.push(Signal::new(rule, kind, source, weight));
    let inside = |tags: &[&str]| {
        classes.iter().skip(1).take(2).any(|entry| {
            tags.contains(&entry.split(['.', '#']).next().unwrap_or_default()) && !layout.is_container(entry)
        })
    };
    if inside(&["form", "nav", "menu"]) {
        add("shape/form", Some(Kind::Ui), Source::Tag, 0.8);
    } else if inside(&["footer"]) && !is_quote(line) {
        add("shape/footer", Some(Kind::Ui), Source::Tag, 0.6);
    }
    if let (Some(parent), Some(main)) = (classes.get(1).map(String::as_str), layout.main)
        && parent != main
        && !layout.is_container(parent)
        && layout.lines.len() >= 6
    {
        add("shape/apart", None, Source::Shape, if line.prose() { 0.1 } else { 0.25 });
    }
    if classes.iter().take(3).any(|entry| entry.starts_with("aside") && !layout.is_container(entry)) {
        add("shape/aside", Some(Kind::Teaser), Source::Tag, if line.prose() { 0.3 } else { 0.5 });
    }
}

/// Capitals, and how short labels are.
fn looks(layout: &Layout<'_>, index: usize, line: &Line<'_>, out: &mut Vec<Signal<'_>>) {
    let asks = line.text.split(' ').next().is_some_and(|word| ASKING.contains(&word));
    if line.capitals > 0.85 && !asks && line.words >= 6 && !line.stopped && !line.heading && line.chars < 200
    {
        let weight = match (layout.plain && layout.english, line.words) {
            (true, _) if heads_in_capitals(layout, index) => 0.3,
            (true, 7..) => 0.82,
            (true, _) => 0.6,
            _ if line.link > 0.5 => 0.6,
            _ => 0.3,
        };
        out.push(Signal::new("shape/capitals", Kind::Related, Source::Shape, weight));
    }
    if line.weight < 70 && !line.stopped && !line.heading {
        out.push(Signal::new("shape/short", None, Source::Shape, 0.15));
    }
}

/// Whether the article sets its sub-heads in capitals: several lines in capitals are too short for
/// a headline.
fn heads_in_capitals(layout: &Layout<'_>, index: usize) -> bool {
    let lines = layout.lines.iter().skip(index.saturating_sub(HEADS_NEAR)).take(2 * HEADS_NEAR);
    let below = layout.lines.iter().skip(index.saturating_sub(HEADS_NEAR) + 1);
    let head = |(line, below): &(&Line<'_>, &Line<'_>)| {
        line.capitals > 0.85 && (2..7).contains(&line.words) && !line.stopped && below.prose()
    };
    lines.zip(below).filter(head).take(HEADS_MIN).count() == HEADS_MIN
}

/// Who wrote it, and the headline repeated.
fn heads(layout: &Layout<'_>, index: usize, line: &Line<'_>, out: &mut Vec<Signal<'_>>) {
    let signed = layout.is_head(index) || index + 2 >= layout.lines.len();
    if signed && line.chars <= 80 && !line.stopped && byline::is_byline(&line.block.text) {
        out.push(Signal::new("shape/byline", Kind::Byline, Source::Line, 0.85));
    }
    if let Some(title) = &layout.title
        && line.words >= 4
        && !line.text.is_empty()
        && (!line.stopped || line.heading)
        && (*title == line.text || (line.words >= 5 && title.starts_with(line.text.as_str())))
        && index < 6
    {
        out.push(Signal::new("shape/title", Kind::Title, Source::Line, 0.95));
    } else if line.block.tag == "h1"
        && index < 6
        && !layout.plain
        && !layout.lines.iter().take(index).any(Line::prose)
    {
        out.push(Signal::new("shape/headline", Kind::Title, Source::Tag, 0.9));
    }
}

/// Whether a text contains a date in figures: `18.07.2024`, `2024-07-18`, `7/18/2024`.
fn has_date(text: &str) -> bool {
    text.split(|c: char| c.is_whitespace() || c == ',').any(|word| {
        let parts: Vec<&str> = word.trim_matches(['(', ')', '|', '.']).split(['.', '/', '-']).collect();
        parts.len() == 3
            && parts
                .iter()
                .all(|part| matches!(part.len(), 1 | 2 | 4) && part.bytes().all(|b| b.is_ascii_digit()))
            && parts.iter().filter(|part| part.len() == 4).count() <= 1
    })
}

/// Whether a text is initials as German and Nordic desks sign: `(dmk)`, `(mal/dpa)`.
fn is_initials(text: &str) -> bool {
    text.trim().strip_prefix(['(', '[']).and_then(|text| text.strip_suffix([')', ']'])).is_some_and(|inner| {
        (2..=14).contains(&inner.chars().count())
            && inner.split('/').all(|part| (2..=5).contains(&part.chars().count()))
            && inner.chars().all(|c| c.is_lowercase() || c == '/')
    })
}
