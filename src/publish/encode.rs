//! The form of an article's value in Kafka.
//!
//! Everything that writes or reads a value goes through here: fitting, headers, `tail`, replays. A
//! second form is a variant of [`Encoding`] and a configuration key that chooses it; the compiler
//! names what is missing. Dead letters are JSON whatever the articles are, so that people can read
//! them.

use super::record::{ArticleRecord, JSON};

/// Declares the encodings: for each, what it is, its variant, and its `content-type` header.
macro_rules! encodings {
    ($(#[doc = $what:literal] $(#[$default:ident])? $name:ident = $content_type:expr,)+) => {
        /// How an article is written.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum Encoding {
            $(#[doc = $what] $(#[$default])? $name,)+
        }

        impl Encoding {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The header `content-type`.
            pub fn content_type(self) -> &'static str {
                match self {
                    $(Self::$name => $content_type,)+
                }
            }
        }
    };
}

encodings! {
    /// JSON (RFC 8259), UTF-8, on one line.
    #[default]
    Json = JSON,
}

impl Encoding {
    /// The encoding that a record names in its header; one without a header is JSON.
    pub fn of(content_type: Option<&[u8]>) -> Option<Self> {
        let Some(content_type) = content_type else { return Some(Self::Json) };
        Self::ALL.iter().copied().find(|encoding| encoding.content_type().as_bytes() == content_type)
    }

    /// The value of an article.
    pub fn encode(self, record: &ArticleRecord) -> Vec<u8> {
        match self {
            Self::Json => json(record),
        }
    }

    /// The article of a value.
    ///
    /// # Errors
    /// What the decoder says.
    pub fn decode(self, value: &[u8]) -> Result<ArticleRecord, String> {
        match self {
            Self::Json => serde_json::from_slice(value).map_err(|error| error.to_string()),
        }
    }
}

/// Our wire types have string keys, and their floats are finite or null: they always serialise.
pub(super) fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::tests::golden;

    /// A second encoding has to pass this as well.
    #[test]
    fn every_encoding_gives_back_what_it_was_given() {
        for encoding in Encoding::ALL.iter().copied() {
            assert_eq!(encoding.decode(&encoding.encode(&golden())), Ok(golden()));
            assert_eq!(Encoding::of(Some(encoding.content_type().as_bytes())), Some(encoding));
        }
        assert_eq!(Encoding::of(None), Some(Encoding::Json));
        assert_eq!(Encoding::of(Some(b"text/plain")), None);
    }
}
