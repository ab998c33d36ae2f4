//! Names from bylines that were cut.

/// Words a byline begins with, in the languages of the rule packs.
const LEADS: &[&str] = &[
    "by",
    "written by",
    "story by",
    "von",
    "par",
    "por",
    "di",
    "de",
    "door",
    "da",
    "av",
    "af",
    "przez",
    "autor",
    "autorka",
    "author",
    "autore",
    "auteur",
    "text",
    "foto",
    "текст",
    "автор",
    "حوار",
    "بقلم",
    "yazan",
    "rédigé par",
];

/// The names in `By Ana Pop and Li Wei, Staff Writers`; roles and places are left out.
pub(super) fn names(line: &str) -> Vec<String> {
    let mut rest = line.trim().trim_matches(['(', ')', '-', '–', '—', '|']);
    if rest.chars().count() > 140 {
        return Vec::new();
    }
    if let Some((head, tail)) = rest.split_once(':')
        && LEADS.contains(&head.trim().to_lowercase().as_str())
    {
        rest = tail;
    }
    let lower = rest.trim().to_lowercase();
    let lead =
        LEADS.iter().filter(|lead| lower.starts_with(&format!("{lead} "))).max_by_key(|lead| lead.len());
    let rest = match lead {
        Some(lead) => rest.trim().get(lead.len()..).unwrap_or_default(),
        None => rest,
    };
    let mut names = Vec::new();
    for part in rest.split([',', ';', '|', '&', '/', '·', '•']) {
        for name in split_and(part) {
            if is_name(name) && names.len() < 8 && !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            } else if !names.is_empty() {
                break;
            }
        }
    }
    names
}

/// Whether a line is a byline, such as `By Ana Pop` or `Von Jan Berg, Wien`: a lead word and
/// nothing but names, places and roles.
pub(super) fn is_byline(line: &str) -> bool {
    let line = line.trim();
    let lower = line.to_lowercase();
    let led = LEADS.iter().any(|lead| {
        lower.strip_prefix(lead).is_some_and(|rest| rest.starts_with(' ') || rest.starts_with(": "))
    });
    // `de`, `di` and `da` begin too many sentences and sub-heads.
    let words: Vec<&str> = line.split_whitespace().collect();
    if ["de ", "di ", "da ", "en "].iter().any(|lead| lower.starts_with(lead)) {
        let rest = words.get(1..).unwrap_or_default();
        return led && matches!(rest.len(), 2 | 3) && is_name(&rest.join(" ")) && names(line).len() == 1;
    }
    led && !names(line).is_empty()
        && words.iter().skip(1).filter(|word| word.chars().next().is_some_and(char::is_lowercase)).count()
            <= 3
}

fn split_and(part: &str) -> Vec<&str> {
    for and in [" and ", " und ", " et ", " y ", " e ", " en ", " i ", " og ", " och ", " ve ", " и ", " і "]
    {
        if part.contains(and) {
            return part.split(and).map(str::trim).collect();
        }
    }
    vec![part.trim()]
}

/// Whether a text is two to four words, each capitalised except particles, without a digit.
fn is_name(text: &str) -> bool {
    const PARTICLES: &[&str] =
        &["de", "da", "do", "dos", "von", "van", "der", "den", "di", "la", "le", "el", "al", "bin"];
    let words: Vec<&str> = text.split_whitespace().collect();
    (2..=4).contains(&words.len())
        && words.iter().all(|word| {
            PARTICLES.contains(word)
                || word.chars().next().is_some_and(|c| c.is_uppercase())
                    && word.chars().all(|c| c.is_alphabetic() || "-'’.".contains(c))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found() {
        assert_eq!(names("By Ana Pop and Li Wei, Staff Writers of the Bay"), ["Ana Pop", "Li Wei"]);
        assert_eq!(names("Von: Jan van der Berg | 12.03.2024"), ["Jan van der Berg"]);
        assert_eq!(names("3 min read"), Vec::<String>::new());
    }
}
