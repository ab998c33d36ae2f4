//! What each element means: where its attributes and its text go.

use super::{
    address,
    frames::{Capture, Mode, attribute, given},
    model::FeedImage,
    names::El,
    namespaces::{Ns, namespace},
    node::{Node, add_person},
    person,
    reader::Reader,
    tags::Attributes,
    texts,
};

mod leaves;

use leaves::add_content;

impl<'t> Reader<'t> {
    /// An element has started; its frame is on the stack.
    pub(super) fn open(&mut self, el: El, ns: Ns, attributes: &'t str, offset: usize) {
        match el {
            El::Rss | El::Rdf | El::Feed | El::Entry | El::Html => self.structure(el, ns, attributes, offset),
            El::Image | El::TextInput | El::SkipHours | El::SkipDays | El::MediaGroup | El::Unknown => {}
            _ if !self.root.is_feed => {}
            El::Source if ns == Ns::Atom => {}
            El::Author | El::Contributor | El::WeakAuthor => {
                self.capture(el, ns, attributes, Mode::Person, offset);
            }
            _ if el.is_text() => {
                let mode = texts::mode(el, ns, attributes);
                self.capture(el, ns, attributes, mode, offset);
                if el == El::Content {
                    self.out_of_line(attributes);
                }
            }
            El::Link => match given(attributes, "href") {
                Some(href) => self.link(attributes, &href, offset),
                None => self.capture(el, ns, attributes, Mode::Text, offset),
            },
            El::Category => match attribute(attributes, "term").or_else(|| attribute(attributes, "text")) {
                Some(term) => self.category(Some(term), attributes, ns, offset),
                None => self.capture(el, ns, attributes, Mode::Text, offset),
            },
            El::ItunesCategory => self.category(attribute(attributes, "text"), attributes, ns, offset),
            El::Enclosure => self.enclosure(attributes, offset),
            El::MediaContent => self.media_content(attributes, offset),
            El::Thumbnail | El::ItunesImage => self.picture(el, attributes, offset),
            El::Licence => {
                let href = attribute(attributes, "resource").or_else(|| attribute(attributes, "href"));
                match href {
                    Some(href) => self.plain_link("license", &href, offset),
                    None => self.capture(el, ns, attributes, Mode::Text, offset),
                }
            }
            El::Transcript => self.transcript(attributes),
            _ => self.capture(el, ns, attributes, Mode::Text, offset),
        }
    }

    fn structure(&mut self, el: El, ns: Ns, attributes: &'t str, offset: usize) {
        match el {
            El::Rss => {
                self.root.is_feed = true;
                let version = attribute(attributes, "version").unwrap_or_default();
                self.name_format(&texts::rss_format(&version));
            }
            El::Rdf => self.rdf(attributes),
            El::Html => self.root.html = true,
            El::Feed if !self.root.html || self.root.is_feed || ns == Ns::Atom => {
                let format =
                    self.frames.last().map_or("", |frame| texts::root_format(frame.name, attributes));
                self.name_format(format);
                self.root.is_feed = true;
                self.channel_definition(attributes, offset);
                self.named_by_rdf(attributes);
                if let Some(language) = self.language.as_deref() {
                    let language = language.to_owned();
                    self.feed.language.offer(1, language);
                }
            }
            El::Entry => {
                let parent = self.frames.iter().rev().nth(1).map(|frame| frame.el);
                let rooted =
                    parent.is_none_or(|el| matches!(el, El::Feed | El::Rss | El::Rdf)) && !self.root.html;
                if !self.root.is_feed && !rooted {
                    return;
                }
                if !self.root.is_feed && self.root.format.is_empty() {
                    self.name_format(if ns == Ns::Atom { "atom10" } else { "rss" });
                }
                self.root.is_feed = true;
                if ns == Ns::Rss
                    && let Some(channel) = self.channel.clone()
                    && let Some(frame) = self.frames.last_mut()
                    && frame.base.is_none()
                {
                    frame.base = Some(self.base.replace(channel));
                }
                let mut node = Node::default();
                let own = self.frames.last().is_some_and(|frame| frame.has_language());
                if let Some(language) = self.language.as_deref().filter(|_| own) {
                    node.language.offer(1, language.to_owned());
                }
                self.entry = Some(Box::new(node));
                self.channel_definition(attributes, offset);
                self.named_by_rdf(attributes);
            }
            _ => {}
        }
    }

    /// RDF is a feed if it declares a namespace of RSS, or holds a channel or items.
    fn rdf(&mut self, attributes: &str) {
        let mut format = "rss10";
        for (name, value) in Attributes::new(attributes) {
            if name.starts_with("xmlns") && !value.is_empty() && namespace(value) == Ns::Rss {
                self.root.is_feed = true;
                if value.contains("netscape") {
                    format = "rss090";
                }
            }
        }
        self.name_format(format);
    }

    fn name_format(&mut self, format: &str) {
        if self.root.format.is_empty() {
            format.clone_into(&mut self.root.format);
        }
    }

    /// The Channel Definition Format has its fields in attributes.
    fn channel_definition(&mut self, attributes: &str, offset: usize) {
        if attributes.is_empty() {
            return;
        }
        if let Some(href) = attribute(attributes, "href") {
            self.plain_link("alternate", &href, offset);
        }
        if let Some(date) = attribute(attributes, "lastmod") {
            let (node, warnings) = self.node_and_warnings();
            node.updated.offer(2, &date, None, offset, warnings);
        }
    }

    fn named_by_rdf(&mut self, attributes: &str) {
        if let Some(about) = attribute(attributes, "about").filter(|_| !attributes.is_empty()) {
            let about = self.absolute(&about);
            let node = self.node();
            node.id.offer(1, about);
            node.id_is_page = true;
        }
    }

    pub(super) fn absolute(&self, reference: &str) -> String {
        address::resolve(self.base.as_deref(), reference)
    }

    /// The text of an element is complete; its frame is off the stack.
    pub(super) fn finish(&mut self, capture: Capture<'t>) {
        let container = self.container();
        match capture.el {
            el if el.is_text() => self.text(&capture, container),
            El::Author | El::Contributor | El::WeakAuthor => self.person(&capture),
            _ => self.leaf(&capture, container),
        }
    }

    fn text(&mut self, capture: &Capture<'t>, container: El) {
        if capture.text.trim().is_empty() {
            return;
        }
        match container {
            El::Image | El::TextInput => {
                if capture.el == El::Title && container == El::Image && self.entry.is_none() {
                    let image = self.feed.feed.image.get_or_insert_with(FeedImage::default);
                    image.title.get_or_insert_with(|| capture.text.trim().to_owned());
                }
                return;
            }
            El::Source => {
                if capture.el == El::Title {
                    let title = texts::value(capture).value;
                    if let Some(entry) = &mut self.entry {
                        entry.entry.source = Some(title);
                    }
                }
                return;
            }
            _ => {}
        }
        let typed = texts::value(capture);
        let is_entry = self.entry.is_some();
        let node = self.node();
        match capture.el {
            El::Title => node.title.offer(3, typed),
            El::WeakTitle => node.title.offer(if capture.ns == Ns::Dc { 2 } else { 1 }, typed),
            El::Rights => {
                node.rights.get_or_insert(typed.value);
            }
            El::Description | El::Summary | El::Subtitle if is_entry && node.summary.has(3) => {
                add_content(node, typed, capture);
            }
            El::Description | El::Summary | El::Subtitle => node.summary.offer(3, typed),
            El::WeakSummary => node.summary.offer(if capture.ns == Ns::Dc { 2 } else { 1 }, typed),
            El::Info => node.summary.offer(0, typed),
            _ if is_entry => add_content(node, typed, capture),
            _ => {}
        }
    }

    fn person(&mut self, capture: &Capture<'t>) {
        let mut person = person::read(&capture.text);
        if let Some(fields) = self.fields.take() {
            person.name = fields.name.or(person.name);
            person.email = fields.email.or(person.email);
            person.uri = fields.uri.or(person.uri);
        }
        if capture.ns == Ns::Podcast {
            person.uri = attribute(capture.attributes, "href").or(person.uri);
        }
        if self.container() == El::Source {
            return;
        }
        let (node, warnings) = self.node_and_warnings();
        match capture.el {
            El::Contributor => add_person(&mut node.contributors, person, capture.offset, warnings),
            El::WeakAuthor => {
                let filled = person.name.is_some() || person.email.is_some();
                if filled && node.weak_author.is_none() {
                    node.weak_author = Some(person);
                }
            }
            _ => add_person(&mut node.authors, person, capture.offset, warnings),
        }
    }
}
