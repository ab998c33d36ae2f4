//! What is in a sentence's markup but out of its readers' sight: words for screen readers, for printers and
//! for those who copy, cards that show on hovering. A sentence is read without them.

use memchr::memchr;

use crate::extract::{
    element::{Attr, Tag},
    hints::is_hover_card,
    tree::{NONE, Tree},
};

/// Nodes within an element that is part of a sentence, at most.
const NODES_MAX: usize = 40;
/// Text, in bytes, that is left out at most if it is only not shown yet: more is the rest of an article
/// behind "read more".
const FOLDED_MAX: usize = 300;

/// How an element is hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sight {
    /// It is seen.
    Seen,
    /// It is not laid out, and may be later.
    Folded,
    /// It is laid out where, or in a way that, nobody sees it.
    Never,
}

/// Whether an element is a part of a sentence that its readers do not see. `of_class` is [`of_class`], or a
/// cache of it.
pub(crate) fn is_unseen<'a>(tree: &'a Tree, node: u32, mut of_class: impl FnMut(&'a str) -> Sight) -> bool {
    if tree.tag(node).is_block() {
        return false;
    }
    let mut sight = Sight::Seen;
    for (attr, value) in tree.attrs(node) {
        sight = sight.max(match attr {
            Attr::Class => of_class(value),
            Attr::Style => of_style(value),
            Attr::Hidden => Sight::Folded,
            Attr::Role if value.eq_ignore_ascii_case("tooltip") => Sight::Never,
            _ => Sight::Seen,
        });
    }
    sight > Sight::Seen && is_phrase(tree, node, sight)
}

/// Whether an element holds only punctuation and white space.
pub(crate) fn is_separator(tree: &Tree, node: u32) -> bool {
    let mut at = tree.first(node);
    while at != NONE {
        if tree.text(at).is_some_and(|text| text.contains(char::is_alphanumeric)) {
            return false;
        }
        at = tree.following(at, node);
    }
    true
}

/// Whether it holds only words and inline markup, and is not a section of the page.
fn is_phrase(tree: &Tree, node: u32, sight: Sight) -> bool {
    let (mut at, mut nodes, mut bytes) = (tree.first(node), 0, 0);
    while at != NONE {
        nodes += 1;
        bytes += tree.text(at).map_or(0, str::len);
        let is_part = tree.text(at).is_none() && tree.tag(at).is_block();
        if nodes > NODES_MAX || is_part || sight == Sight::Folded && bytes > FOLDED_MAX {
            return false;
        }
        at = tree.following(at, node);
    }
    true
}

/// Parts of names for what only screen readers read, without separators.
const FOR_SCREEN_READERS: [&str; 16] = [
    "visuallyhid",
    "visualhid",
    "hiddenvisual",
    "hidevisual",
    "sronly",
    "showforsr",
    "screenreader",
    "readeronly",
    "a11yhid",
    "a11yonly",
    "a11ytext",
    "accessiblyhid",
    "accessiblehid",
    "accessibilityhid",
    "elementinvisible",
    "assistivetext",
];
/// Whole names for what is not shown.
const NOT_SHOWN: [&str; 18] = [
    "hide",
    "ishidden",
    "jshidden",
    "uhidden",
    "uhide",
    "dnone",
    "displaynone",
    "nodisplay",
    "invisible",
    "isinvisible",
    "offscreen",
    "forsr",
    "vh",
    "printonly",
    "onlyprint",
    "forprint",
    "visibleprint",
    "visibleprintinline",
];
/// What follows "hidden" in names of what some screens, and all printers, leave out.
const SOME_SCREENS: [&str; 16] = [
    "xs", "sm", "md", "lg", "xl", "print", "phone", "tablet", "desktop", "mobile", "small", "medium",
    "large", "touch", "up", "down",
];

/// What a class says: the names that common style sheets give to what is out of sight.
pub(crate) fn of_class(class: &str) -> Sight {
    let class = class.get(..256).unwrap_or(class);
    if is_hover_card(class) {
        return Sight::Never;
    }
    let mut sight = Sight::Seen;
    for token in class.split_ascii_whitespace() {
        if shows_again(token) {
            return Sight::Seen;
        }
        let name: String =
            token.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect();
        if FOR_SCREEN_READERS.iter().any(|part| name.contains(part)) && !token.starts_with("not-") {
            sight = Sight::Never;
        }
        let is_hidden = name.strip_prefix("hidden").is_some_and(|rest| {
            !SOME_SCREENS.iter().any(|screen| rest.starts_with(screen) || rest.ends_with(screen))
        });
        if is_hidden && !token.contains(':') || NOT_SHOWN.contains(&name.as_str()) {
            sight = sight.max(Sight::Folded);
        }
    }
    sight
}

/// Whether a name shows on some screens what another name hides: `md:inline`, `d-lg-block`.
fn shows_again(token: &str) -> bool {
    let shown = ["block", "inline", "flex", "grid", "visible", "contents"];
    let Some((screen, how)) = token
        .strip_suffix("not-sr-only")
        .map_or_else(|| token.rsplit_once([':', '-']), |screen| Some((screen, "visible")))
    else {
        return false;
    };
    let by_width = token.contains(':')
        && !["hover", "focus", "group", "peer", "print"].iter().any(|state| screen.contains(state))
        || screen.starts_with("d-") && screen != "d-print";
    by_width && shown.contains(&how)
}

/// What a style says.
pub(crate) fn of_style(style: &str) -> Sight {
    let mut sight = Sight::Seen;
    let (mut clipped, mut tiny, mut away, mut clear) = (false, 0, false, false);
    for declaration in style.split(';').take(40) {
        let Some((name, value)) = declaration.split_once(':') else { continue };
        let name = name.trim().to_ascii_lowercase();
        let value = value.trim().trim_end_matches("!important").trim().to_ascii_lowercase();
        let number = value.trim_end_matches(|char: char| !char.is_ascii_digit()).parse::<f32>().ok();
        match name.as_str() {
            "display" if value == "none" => sight = sight.max(Sight::Folded),
            "visibility" if matches!(value.as_str(), "hidden" | "collapse") => {
                sight = sight.max(Sight::Folded)
            }
            "font-size" if number == Some(0.0) => sight = Sight::Never,
            "mso-hide" if value == "all" => sight = Sight::Never,
            "text-indent" if number.is_some_and(|indent| indent <= -500.0) => sight = Sight::Never,
            "clip" if value.starts_with("rect(") => clipped = true,
            "clip-path" if value.starts_with("inset(50%") || value.starts_with("inset(100%") => {
                sight = Sight::Never
            }
            "width" | "height" | "max-height" | "max-width" if number.is_some_and(|size| size <= 1.0) => {
                tiny += 1
            }
            "overflow" if value == "hidden" => clipped = true,
            "position" if matches!(value.as_str(), "absolute" | "fixed") => away = true,
            "left" | "right" | "top" if number.is_some_and(|at| at <= -500.0) => clear = true,
            "opacity" if number == Some(0.0) => clear = true,
            _ => {}
        }
    }
    if away && clear || clipped && (tiny > 0 || away) { Sight::Never } else { sight }
}

/// Whether a style hides the element.
pub(crate) fn hides(style: &str) -> bool {
    let Some(colon) = style.find("display").and_then(|at| {
        let rest = style.as_bytes().get(at..)?;
        memchr(b':', rest).map(|colon| at + colon + 1)
    }) else {
        return false;
    };
    style.get(colon..).is_some_and(|rest| rest.trim_start().starts_with("none"))
}

/// The text within an element as it is seen; with `apart`, texts of different elements have a space between
/// them.
pub(crate) fn seen_text(tree: &Tree, node: u32, bytes: usize, apart: bool) -> String {
    let mut out = String::new();
    let mut at = node;
    while at != NONE && out.len() < bytes {
        if let Some(text) = tree.text(at) {
            if apart && !out.is_empty() {
                out.push(' ');
            }
            out.push_str(text);
        } else if tree.tag(at).is_block() || tree.tag(at) == Tag::Br {
            out.push(' ');
        }
        let skips = tree.text(at).is_none()
            && (tree.tag(at).is_silent() || at != node && is_unseen(tree, at, of_class));
        at = if skips { tree.skip(at, node) } else { tree.following(at, node) };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_tell_what_is_out_of_sight() {
        for class in [
            "sr-only",
            "visually-hidden",
            "VisuallyHidden_root__a1",
            "u-hiddenVisually",
            "screen-reader-text",
            "styles_srOnly__3h2",
            "show-for-sr",
            "hidden",
            "hidden-sep",
            "d-none",
            "print-only",
            "tooltip-content",
            "Tooltip_content__x9",
        ] {
            assert_ne!(of_class(class), Sight::Seen, "{class}");
        }
        for class in [
            "",
            "headline",
            "hidden md:inline",
            "d-none d-md-inline",
            "hidden-xs",
            "hidden-print",
            "overflow-hidden",
            "not-sr-only",
            "users-only",
            "vhs",
            "tooltip",
            "sr-only md:not-sr-only",
        ] {
            assert_eq!(of_class(class), Sight::Seen, "{class}");
        }
    }

    #[test]
    fn styles_tell_what_is_out_of_sight() {
        for style in [
            "display: none",
            "color:red; DISPLAY:none !important",
            "visibility:hidden",
            "font-size:0",
            "font-size: 0px;",
            "position:absolute;left:-9999px",
            "position:absolute; width:1px; height:1px; overflow:hidden",
            "clip-path: inset(50%)",
            "position:absolute;clip:rect(1px,1px,1px,1px)",
            "text-indent:-9999px",
            "position: absolute; opacity: 0",
        ] {
            assert_ne!(of_style(style), Sight::Seen, "{style}");
        }
        for style in [
            "",
            "display:inline",
            "font-size:0.9em",
            "opacity:0",
            "overflow:hidden",
            "text-indent:-2em",
            "width:100%",
            "position:absolute;left:0",
            "left:-9999px",
            "font-size:10px",
        ] {
            assert_eq!(of_style(style), Sight::Seen, "{style}");
        }
    }
}
