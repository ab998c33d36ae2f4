//! The kinds of tags, in one table: the tagger and the schema of the record read it.

/// Declares the kinds: each with its variant, its name on the wire, and what it is.
macro_rules! kinds {
    ($($(#[doc = $what:literal])+ $kind:ident = $name:literal,)*) => {
        /// What a tag says something about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $($(#[doc = $what])+ $kind,)*
        }

        impl Kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The word on the wire, and the first half of its tags' ids.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// What it is, in a sentence.
            pub fn what(self) -> &'static str {
                match self {
                    $(Self::$kind => concat!($($what),+).trim_ascii(),)*
                }
            }
        }
    };
}

kinds! {
    /// A country, region or town that the text is about.
    Place = "place",
    /// Somebody who is named.
    Person = "person",
    /// A body, company or institution that is named.
    Organisation = "organisation",
    /// What the article is about, from the list of topics.
    Topic = "topic",
    /// A category of the publisher that the list of topics knows.
    Category = "category",
    /// A phrase that the text comes back to, or a keyword of the configuration's rules.
    Keyword = "keyword",
    /// Whatever else a rule or the configuration of a feed gives.
    Rule = "rule",
}

impl Kind {
    /// The kind of an id from the configuration: ids are free, and one that does not begin with the
    /// name of a kind is a rule's.
    pub fn of(id: &str) -> Self {
        let first = id.split('/').next().unwrap_or_default();
        Self::ALL.iter().copied().find(|kind| kind.name() == first).unwrap_or(Self::Rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_its_kind() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of(&format!("{}/x", kind.name())), *kind);
            assert!(kind.what().ends_with('.') && !kind.what().starts_with(' '));
        }
        assert_eq!(Kind::of("region/us-fl"), Kind::Rule);
    }
}
