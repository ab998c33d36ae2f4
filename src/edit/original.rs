//! From a draft to the original that is archived, and back.

use super::{Collected, Draft, Editor, FeedContext};
use crate::archive::{Original, OriginalPage};

impl Draft {
    /// What it was made of, for the archive.
    pub fn original(&self) -> Original {
        let collected = &self.collected;
        Original {
            version: 1,
            feed: self.feed.reference.clone(),
            feed_language: self.feed.language.clone(),
            feed_tags: self.feed.tags.clone(),
            article: collected.identity.article.clone(),
            first_seen_at: self.first_seen_at,
            fetched_at: collected.fetched_at,
            entry: collected.entry.clone(),
            page: collected.page.as_ref().map(OriginalPage::of),
            further: collected.further.iter().map(OriginalPage::of).collect(),
        }
    }

    /// The draft that an original was made of, by the address rules of `editor`; `tags` replace
    /// those that the configuration gave at the time.
    ///
    /// # Errors
    /// Which page of it cannot be decoded, in words.
    pub fn of_original(
        editor: &Editor,
        original: Original,
        tags: Option<Vec<String>>,
    ) -> Result<Self, String> {
        let identity = editor.identity(&original.entry, original.article);
        let page = original.page.as_ref().map(OriginalPage::page).transpose()?;
        let further = original.further.iter().map(OriginalPage::page).collect::<Result<_, _>>()?;
        let collected =
            Collected::new(original.entry, identity, original.fetched_at).with_pages(page, further);
        let feed = FeedContext {
            reference: original.feed,
            language: original.feed_language,
            tags: tags.unwrap_or(original.feed_tags),
        };
        Ok(Self::new(collected, feed, original.first_seen_at))
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::{
        archive::{pack, unpack},
        clean::Cleaner,
        feed::Entry,
        fetch::Page,
        identity::CanonicalRules,
        tag::Tagger,
    };

    fn editor() -> Editor {
        Editor::new(Cleaner::builtin(), Tagger::builtin())
    }

    fn page(path: &str, body: &str) -> Page {
        Page {
            url: url::Url::parse("http://a.example/").unwrap().join(path).unwrap(),
            content_type: Some("text/html".into()),
            status: 200,
            body: body.to_owned().into(),
            fetched_at: DateTime::UNIX_EPOCH,
            signals: Default::default(),
            wall: None,
            share: None,
        }
    }

    fn packed(further: Vec<Page>) -> Vec<u8> {
        let entry = Entry { link: Some("http://a.example/pier?paper=7".into()), ..Entry::default() };
        let identity = editor().identity(&entry, "a".into());
        let collected = Collected::new(entry, identity, DateTime::UNIX_EPOCH)
            .with_pages(Some(page("pier", "<p>One</p>")), further);
        let feed = FeedContext { tags: vec!["desk/harbour".into()], ..FeedContext::default() };
        pack(&Draft::new(collected, feed, DateTime::UNIX_EPOCH).original()).unwrap().value
    }

    #[test]
    fn the_pages_of_an_article_are_kept_in_order() {
        let value = packed(vec![page("pier/2", "<p>Two</p>"), page("pier/3", "<p>Three</p>")]);
        let further = unpack(&value).unwrap().further;
        let bodies: Vec<_> = further.iter().map(|page| page.page().unwrap().body).collect();
        assert_eq!(bodies, ["<p>Two</p>", "<p>Three</p>"]);
    }

    #[test]
    fn an_original_without_further_pages_reads() {
        let value = packed(Vec::new());
        let json = zstd::bulk::decompress(&value, 1 << 20).unwrap();
        assert!(!String::from_utf8_lossy(&json).contains("further"));
        assert!(unpack(&value).unwrap().further.is_empty());
    }

    #[test]
    fn an_original_is_edited_by_the_rules_of_today() {
        let mut editor = editor();
        let mut rules = CanonicalRules::builtin().clone();
        rules.extend("own.yaml", "parameters: [paper]\n").unwrap();
        editor.canonical = rules;
        let original = unpack(&packed(Vec::new())).unwrap();
        let draft = Draft::of_original(&editor, original.clone(), None).unwrap();
        let canonical = draft.collected.identity.canonical_url.as_ref().map(url::Url::as_str);
        assert_eq!(canonical, Some("http://a.example/pier"));
        assert_eq!(draft.feed.tags, ["desk/harbour"]);
        let draft = Draft::of_original(&editor, original, Some(vec!["desk/port".into()])).unwrap();
        assert_eq!(draft.feed.tags, ["desk/port"]);
    }
}
