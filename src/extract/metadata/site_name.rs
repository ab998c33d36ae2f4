//! Finding the name of the site in a title, and taking it out.

/// Separators between a headline and a site's name.
pub(super) const SEPARATORS: [&str; 16] = [
    " | ", " - ", " – ", " — ", " » ", " :: ", " · ", " • ", " « ", " / ", " > ", " ~ ", " : ", " ‹ ", " › ",
    " ― ",
];
/// The same without spaces, as used in languages that write none.
const TIGHT: [char; 8] = ['|', '｜', 'ㅣ', '│', '_', '-', '－', '—'];
/// Longest name of a site, in characters.
const NAME_MAX: usize = 60;
/// Parts that are taken off a title, at most.
const CUTS_MAX: usize = 3;

/// A title without the site's name before or behind it.
pub(crate) fn without_site(title: &str, site: Option<&str>, host: Option<&str>) -> String {
    let mut title = title.to_owned();
    for _ in 0..CUTS_MAX {
        match spaced(&title, site, host).or_else(|| tight(&title, site, host)) {
            Some(shorter) => title = shorter,
            None => break,
        }
    }
    title
}

fn spaced(title: &str, site: Option<&str>, host: Option<&str>) -> Option<String> {
    SEPARATORS.iter().find_map(|separator| {
        let (first, last) = title.rsplit_once(separator)?;
        if is_site(last, site, host) && first.chars().count() >= 4 {
            return Some(first.trim().to_owned());
        }
        let (first, last) = title.split_once(separator)?;
        (is_site(first, site, host) && last.chars().count() >= 4).then(|| last.trim().to_owned())
    })
}

fn tight(title: &str, site: Option<&str>, host: Option<&str>) -> Option<String> {
    let cut = TIGHT.iter().find_map(|separator| {
        let (first, last) = title.rsplit_once(*separator)?;
        if is_own_name(last, site, host) && first.chars().count() >= 4 {
            return Some(first.trim().to_owned());
        }
        // "GdP-Vize": a hyphen also joins words.
        let (first, last) = title.split_once(*separator).filter(|_| !matches!(separator, '-' | '_'))?;
        (is_own_name(first, site, host) && last.chars().count() >= 4).then(|| last.trim().to_owned())
    });
    if cut.is_some() || !title.contains(is_han) {
        return cut;
    }
    // Sites in Chinese and Japanese append their name with a separator without spaces.
    let (first, last) = title.rsplit_once(['-', '_', '|', '｜', '－'])?;
    ((2..=8).contains(&last.trim().chars().count())
        && last.trim().chars().all(is_han)
        && first.chars().count() >= 8)
        .then(|| first.trim().to_owned())
}

/// A Chinese character.
fn is_han(char: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&char)
}

/// Letters and digits only, in lower case.
pub(super) fn squeeze(text: &str) -> String {
    text.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a part is the site's name and nothing else.
pub(super) fn is_own_name(part: &str, site: Option<&str>, host: Option<&str>) -> bool {
    let own = squeeze(part);
    own.chars().count() >= 2
        && (site.is_some_and(|site| squeeze(site) == own)
            || host.is_some_and(|host| {
                let host = host.trim_start_matches("www.");
                squeeze(host) == own || squeeze(host.split('.').next().unwrap_or("")) == own
            }))
}

/// Whether a part of a title is the site's name: the words of it, or the host's name.
pub(super) fn is_site(part: &str, site: Option<&str>, host: Option<&str>) -> bool {
    let own = squeeze(part);
    if own.is_empty() {
        return true;
    }
    if let Some(site) = site {
        let site = squeeze(site);
        if !site.is_empty()
            && (own == site || own.len() > 3 && site.contains(&own) || site.len() > 3 && own.contains(&site))
        {
            return part.chars().count() <= NAME_MAX;
        }
    }
    host.is_some_and(|host| {
        let name = host.trim_start_matches("www.");
        let squeezed = squeeze(name);
        let label = squeeze(name.split('.').next().unwrap_or(""));
        own == label
            || own == squeezed
            || own.len() > 4 && squeezed.contains(&own)
            || label.len() > 4 && own.contains(&label)
    }) && part.chars().count() <= NAME_MAX
}
