//! Taking bylines apart.

/// The parts of an enumeration.
pub(super) fn parts(text: &str) -> Vec<&str> {
    let mut parts = vec![text];
    for separator in [
        ";", ",", "،", "、", " and ", " und ", " & ", " y ", " et ", " e ", " en ", " og ", " och ", " и ",
        " и ", " i ", " a ", " ja ", " és ", " ve ", " dan ", " và ", " și ", " та ", " і ", " και ",
        " και ", " او ", " و ", " with ", " mit ", " sowie ", " avec ", " con ", " met ",
    ] {
        parts = parts.into_iter().flat_map(|part| part.split(separator)).collect();
    }
    parts
}

/// Splits two names, or a name and a role, that have lost what stood between them: "Ana MossTom
/// Dowd".
pub(super) fn unglue(part: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut word: Vec<char> = Vec::new();
    for (at, char) in part.char_indices() {
        let small = word.iter().rev().take_while(|char| char.is_lowercase()).count();
        let tail = part.get(at..).unwrap_or("");
        let next = tail.chars().skip(1).take_while(|char| char.is_lowercase()).count();
        let whole = out.last().is_some_and(|name| name.trim().contains(' '));
        // "McDonald", "DiCaprio" and "LaTour" have fewer lower-case letters before the capital.
        if char.is_uppercase() && small >= 3 && next >= 2 && whole && tail.contains(' ') {
            out.push(String::new());
            word.clear();
        }
        if char == ' ' {
            word.clear();
        } else {
            word.push(char);
        }
        if let Some(name) = out.last_mut() {
            name.push(char);
        }
    }
    out
}
