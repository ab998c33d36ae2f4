//! Links and what hangs on them: enclosures, media, pictures, transcripts, categories.

use super::{
    address,
    frames::{Mode, attribute},
    model::{Category, Content, Enclosure, FeedImage, Link},
    names::El,
    namespaces::Ns,
    node::{add, add_category, add_enclosure, add_link},
    reader::Reader,
};

/// The scheme of Apple's categories and keywords.
const ITUNES_SCHEME: &str = "http://www.itunes.com/";
/// The scheme of Media RSS categories that name none.
const MEDIA_SCHEME: &str = "http://search.yahoo.com/mrss/category_schema";

impl Reader<'_> {
    pub(super) fn plain_link(&mut self, rel: &str, href: &str, offset: usize) {
        let href = self.absolute(href);
        let link = Link { href, rel: Some(rel.to_owned()), ..Link::default() };
        let (node, warnings) = self.node_and_warnings();
        add_link(&mut node.links, link, offset, warnings);
    }

    pub(super) fn link(&mut self, attributes: &str, href: &str, offset: usize) {
        match self.container() {
            El::Image | El::TextInput => return,
            El::Source => {
                if let Some(entry) = &mut self.entry {
                    let alternate = attribute(attributes, "rel").is_none_or(|rel| rel == "alternate");
                    if alternate && entry.entry.source_url.is_none() {
                        entry.entry.source_url = Some(address::resolve(self.base.as_deref(), href));
                    }
                }
                return;
            }
            _ => {}
        }
        let rel = attribute(attributes, "rel").unwrap_or_else(|| "alternate".into());
        let media_type = attribute(attributes, "type")
            .or_else(|| (rel == "self").then(|| "application/atom+xml".to_owned()));
        let link = Link {
            href: self.absolute(href),
            rel: Some(rel.clone()),
            media_type,
            title: attribute(attributes, "title"),
            hreflang: attribute(attributes, "hreflang"),
            length: attribute(attributes, "length"),
        };
        let (node, warnings) = self.node_and_warnings();
        if rel == "enclosure" {
            let enclosure = Enclosure {
                href: Some(link.href.clone()),
                media_type: link.media_type.clone(),
                length: link.length.clone(),
                medium: None,
            };
            add_enclosure(&mut node.enclosures, enclosure, offset, warnings);
        }
        add_link(&mut node.links, link, offset, warnings);
    }

    pub(super) fn enclosure(&mut self, attributes: &str, offset: usize) {
        let Some(href) = attribute(attributes, "url").or_else(|| attribute(attributes, "href")) else {
            return;
        };
        let href = self.absolute(&href);
        let (media_type, length) = (attribute(attributes, "type"), attribute(attributes, "length"));
        let link = Link {
            href: href.clone(),
            rel: Some("enclosure".into()),
            media_type: media_type.clone(),
            length: length.clone(),
            ..Link::default()
        };
        let (node, warnings) = self.node_and_warnings();
        add_link(&mut node.links, link, offset, warnings);
        let enclosure = Enclosure { href: Some(href), media_type, length, medium: None };
        add_enclosure(&mut node.enclosures, enclosure, offset, warnings);
    }

    pub(super) fn media_content(&mut self, attributes: &str, offset: usize) {
        let Some(href) = attribute(attributes, "url").or_else(|| attribute(attributes, "href")) else {
            return;
        };
        let enclosure = Enclosure {
            href: Some(self.absolute(&href)),
            media_type: attribute(attributes, "type"),
            length: attribute(attributes, "filesize"),
            medium: attribute(attributes, "medium"),
        };
        let (node, warnings) = self.node_and_warnings();
        add_enclosure(&mut node.enclosures, enclosure, offset, warnings);
    }

    pub(super) fn picture(&mut self, el: El, attributes: &str, offset: usize) {
        let href = attribute(attributes, "url").or_else(|| attribute(attributes, "href"));
        let Some(href) = href.map(|href| self.absolute(&href)) else {
            if el == El::Thumbnail {
                self.capture(el, Ns::Media, "", Mode::Text, offset);
            }
            return;
        };
        self.add_picture(href, offset);
    }

    pub(super) fn add_picture(&mut self, href: String, offset: usize) {
        let (node, warnings) = self.node_and_warnings();
        if !href.is_empty() && !node.thumbnails.contains(&href) {
            add(&mut node.thumbnails, href.clone(), offset, warnings);
        }
        if self.entry.is_none() {
            let image = self.feed.feed.image.get_or_insert_with(FeedImage::default);
            image.href.get_or_insert(href);
        }
    }

    pub(super) fn transcript(&mut self, attributes: &str) {
        let Some(href) = attribute(attributes, "url").map(|href| self.absolute(&href)) else { return };
        let link = Link {
            href,
            media_type: attribute(attributes, "type"),
            hreflang: attribute(attributes, "language"),
            rel: attribute(attributes, "rel"),
            ..Link::default()
        };
        if let Some(entry) = self.entry.as_mut().filter(|entry| entry.entry.transcripts.len() < 16) {
            entry.entry.transcripts.push(link);
        }
    }

    /// Content given by its address (Atom's `src`).
    pub(super) fn out_of_line(&mut self, attributes: &str) {
        let Some(src) = attribute(attributes, "src") else { return };
        let content = Content {
            media_type: attribute(attributes, "type"),
            src: Some(self.absolute(&src)),
            ..Content::default()
        };
        if let Some(entry) = self.entry.as_mut().filter(|entry| entry.content.len() < 16) {
            entry.content.push(content);
        }
    }

    pub(super) fn category(&mut self, term: Option<String>, attributes: &str, ns: Ns, offset: usize) {
        let scheme = attribute(attributes, "scheme").or_else(|| attribute(attributes, "domain"));
        let scheme = scheme.or_else(|| match ns {
            Ns::Itunes => Some(ITUNES_SCHEME.to_owned()),
            Ns::Media => Some(MEDIA_SCHEME.to_owned()),
            _ => None,
        });
        let category = Category { term, scheme, label: attribute(attributes, "label") };
        if matches!(self.container(), El::Source) {
            return;
        }
        let (node, warnings) = self.node_and_warnings();
        add_category(&mut node.categories, category, offset, warnings);
    }
}
