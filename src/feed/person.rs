//! Persons as RSS writes them: `a@b (Name)`, `Name (a@b)`, `Name <a@b>`, a name, an e-mail address.

use super::model::Person;

/// Reads one person out of a text. Everything but the address is the name.
pub(super) fn read(text: &str) -> Person {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.strip_prefix("mailto:").unwrap_or(&text);
    if !text.contains('@') {
        let inside = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(text);
        return Person { name: filled(inside), ..Person::default() };
    }
    let brackets = ['(', ')', '<', '>', '[', ']', '（', '）'];
    let address = text
        .split(|c: char| c.is_whitespace() || brackets.contains(&c) || matches!(c, ',' | ';' | '"'))
        .map(|word| word.strip_prefix("mailto:").unwrap_or(word))
        .find(|word| is_address(word));
    let Some(address) = address else {
        return Person { name: filled(text), ..Person::default() };
    };
    let name: String = text.replacen(address, " ", 1).replace("mailto:", " ");
    let name = name.replace(brackets, " ");
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let name = name.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | ',' | '-' | ';'));
    Person { name: filled(name), email: Some(address.to_owned()), uri: None }
}

fn is_address(word: &str) -> bool {
    let Some((local, domain)) = word.split_once('@') else { return false };
    !local.is_empty()
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !domain.contains('@')
}

fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn persons_as_they_are_written() {
        for (text, name, email) in [
            ("me@example.com (Jo Ann)", "Jo Ann", "me@example.com"),
            ("Jo Ann (me+x@example.com)", "Jo Ann", "me+x@example.com"),
            ("Jo Ann <me@example.com>", "Jo Ann", "me@example.com"),
            ("me@example.com", "", "me@example.com"),
            ("mailto:me@example.com", "", "me@example.com"),
            ("  Jo\n Ann ", "Jo Ann", ""),
            ("(Jo Ann)", "Jo Ann", ""),
            ("山田（info@ex.jp）", "山田", "info@ex.jp"),
            ("info@ex.jp（山田）", "山田", "info@ex.jp"),
            ("@jo", "@jo", ""),
            ("", "", ""),
        ] {
            let person = read(text);
            assert_eq!(person.name.as_deref().unwrap_or(""), name, "{text}");
            assert_eq!(person.email.as_deref().unwrap_or(""), email, "{text}");
        }
    }
}
