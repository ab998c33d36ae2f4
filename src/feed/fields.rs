//! What each element means: where its attributes and its text go.

use super::{
    address,
    model::{Content, FeedImage, Link, Location, Person},
    names::El,
    namespaces::{Ns, namespace},
    node::{Node, Typed, add_link, add_person},
    person,
    reader::{Capture, Mode, Reader, attribute, given},
    tags::Attributes,
    texts,
};

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
            El::Title
            | El::WeakTitle
            | El::Description
            | El::Summary
            | El::Content
            | El::Encoded
            | El::Body
            | El::Subtitle
            | El::WeakSummary
            | El::Info
            | El::Rights => {
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

    /// RDF is a feed where it declares a namespace of RSS, or holds a channel or items.
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
            node.updated.offer(2, &date, offset, warnings);
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
            El::Title
            | El::WeakTitle
            | El::Description
            | El::Summary
            | El::Content
            | El::Encoded
            | El::Body
            | El::Subtitle
            | El::WeakSummary
            | El::Info
            | El::Rights => self.text(&capture, container),
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

    fn leaf(&mut self, capture: &Capture<'t>, container: El) {
        let text = capture.text.trim();
        if text.is_empty() {
            return;
        }
        match (container, capture.el) {
            (El::Author | El::Contributor | El::WeakAuthor, El::Name | El::Email | El::Uri | El::Url) => {
                let uri = address::resolve(capture.base.as_deref(), text);
                let fields = self.fields.get_or_insert_with(Person::default);
                match capture.el {
                    El::Name => fields.name = Some(text.split_whitespace().collect::<Vec<_>>().join(" ")),
                    El::Email => fields.email = Some(text.trim_start_matches("mailto:").to_owned()),
                    _ => fields.uri = Some(uri),
                }
            }
            (El::Image, El::Url | El::Link) => {
                let href = address::resolve(capture.base.as_deref(), text);
                if self.entry.is_some() {
                    if capture.el == El::Url {
                        self.add_picture(href, capture.offset);
                    }
                    return;
                }
                let image = self.feed.feed.image.get_or_insert_with(FeedImage::default);
                match capture.el {
                    El::Url => image.href = Some(href),
                    _ => image.link = Some(href),
                }
            }
            (El::Source, El::Id) => {
                if let Some(entry) = &mut self.entry {
                    entry.entry.source.get_or_insert_with(|| text.to_owned());
                }
            }
            (El::Image | El::TextInput | El::Source, _) => {}
            _ if self.entry.is_some() => self.entry_leaf(capture, text),
            _ => self.feed_leaf(capture, text),
        }
    }

    /// What feed and entry share; false where the element is none of that.
    fn common_leaf(&mut self, capture: &Capture<'t>, text: &str) -> bool {
        let offset = capture.offset;
        match capture.el {
            El::Link | El::Licence => {
                let href = address::resolve(capture.base.as_deref(), text);
                let rel = if capture.el == El::Link { "alternate" } else { "license" };
                let link = Link { href, rel: Some(rel.into()), ..Link::default() };
                let (node, warnings) = self.node_and_warnings();
                add_link(&mut node.links, link, offset, warnings);
            }
            El::Id => {
                let id = if text.starts_with('/') {
                    address::resolve(capture.base.as_deref(), text)
                } else {
                    text.to_owned()
                };
                self.node().id.offer(if capture.ns == Ns::Dc { 0 } else { 3 }, id);
            }
            El::Published | El::Updated | El::Created | El::Date => {
                let terms = capture.ns != Ns::Dc && capture.ns != Ns::DcTerms;
                let weight = if capture.el == El::Date { 1 } else { 2 + u8::from(terms) };
                let is_entry = self.entry.is_some();
                let (node, warnings) = self.node_and_warnings();
                let slot = match capture.el {
                    El::Published => &mut node.published,
                    El::Created => &mut node.created,
                    El::Date if is_entry => &mut node.published,
                    _ => &mut node.updated,
                };
                slot.offer(weight, text, offset, warnings);
            }
            El::Category => self.category(Some(text.to_owned()), capture.attributes, capture.ns, offset),
            El::Keywords => {
                let words: Vec<String> = text.split([',', ';']).map(|word| word.trim().to_owned()).collect();
                for word in words.into_iter().filter(|word| !word.is_empty()) {
                    self.category(
                        Some(word),
                        "",
                        if capture.ns == Ns::Itunes { Ns::Itunes } else { Ns::Rss },
                        offset,
                    );
                }
            }
            El::Language => {
                self.node().language.offer(3, text.chars().take(35).collect::<String>().replace('_', "-"))
            }
            El::Credit => {
                let role = attribute(capture.attributes, "role").unwrap_or_default();
                let person = Person { name: Some(text.to_owned()), ..Person::default() };
                let (node, warnings) = self.node_and_warnings();
                if matches!(role.as_str(), "author" | "writer") && node.weak_author.is_none() {
                    node.weak_author = Some(person);
                } else {
                    add_person(&mut node.contributors, person, offset, warnings);
                }
            }
            El::Thumbnail => {
                let href = address::resolve(capture.base.as_deref(), text);
                self.add_picture(href, offset);
            }
            El::Point | El::Shape | El::Latitude | El::Longitude => place(self.node(), capture.el, text),
            _ => return false,
        }
        true
    }

    fn entry_leaf(&mut self, capture: &Capture<'t>, text: &str) {
        if self.common_leaf(capture, text) {
            return;
        }
        let Some(entry) = &mut self.entry else { return };
        match capture.el {
            El::Guid => {
                let permalink = attribute(capture.attributes, "isPermaLink");
                entry.guid_is_permalink = Some(!permalink.is_some_and(|value| {
                    matches!(value.to_ascii_lowercase().as_str(), "false" | "0" | "no")
                }));
                entry.id.offer(4, text.to_owned());
                entry.id_is_page = false;
            }
            El::Comments => {
                let href = address::resolve(capture.base.as_deref(), text);
                entry.entry.comments.get_or_insert(href);
            }
            El::Source => {
                let url = attribute(capture.attributes, "url");
                entry.entry.source_url = url.map(|url| address::resolve(capture.base.as_deref(), &url));
                entry.entry.source = Some(text.to_owned());
            }
            El::OriginalLink => entry.entry.original_link = Some(text.to_owned()),
            El::CommentCount => entry.entry.comment_count = text.parse().ok(),
            El::Duration => entry.entry.duration = Some(text.chars().take(40).collect()),
            El::Explicit => {
                entry.entry.explicit = match text.to_ascii_lowercase().as_str() {
                    "yes" | "true" | "explicit" => Some(true),
                    "no" | "false" | "clean" => Some(false),
                    _ => None,
                };
            }
            El::Season => entry.entry.season = text.parse().ok(),
            El::Episode => entry.entry.episode = text.parse().ok(),
            _ => {}
        }
    }

    fn feed_leaf(&mut self, capture: &Capture<'t>, text: &str) {
        if self.common_leaf(capture, text) {
            return;
        }
        let resolved = || address::resolve(capture.base.as_deref(), text);
        let feed = &mut self.feed.feed;
        match capture.el {
            El::Guid => self.feed.id.offer(2, text.to_owned()),
            El::Generator => {
                feed.generator.get_or_insert_with(|| text.to_owned());
                let uri =
                    attribute(capture.attributes, "uri").or_else(|| attribute(capture.attributes, "url"));
                feed.generator_uri = uri.map(|uri| address::resolve(capture.base.as_deref(), &uri));
                feed.generator_version = attribute(capture.attributes, "version");
            }
            El::Icon => feed.icon = Some(resolved()),
            El::Logo => feed.logo = Some(resolved()),
            El::Ttl => feed.ttl = whole(text),
            El::UpdatePeriod => {
                feed.update_period = Some(text.to_ascii_lowercase().chars().take(20).collect())
            }
            El::UpdateFrequency => feed.update_frequency = whole(text),
            El::Hour => {
                // 24 is midnight in old documents.
                if let Some(hour) = whole(text).filter(|hour| *hour <= 24).map(|hour| (hour % 24) as u8)
                    && !feed.skip_hours.contains(&hour)
                {
                    feed.skip_hours.push(hour);
                }
            }
            El::Day => {
                let day: String = text.chars().take(20).collect();
                if feed.skip_days.len() < 7 && !feed.skip_days.contains(&day) {
                    feed.skip_days.push(day);
                }
            }
            _ => {}
        }
    }
}

fn add_content(node: &mut Node, typed: Typed, capture: &Capture<'_>) {
    let language = capture.language.as_deref().map(str::to_owned);
    if let Some(open) =
        node.content.last_mut().filter(|content| capture.el == El::Content && content.src.is_some())
    {
        // The body beside a `src`.
        if open.value.is_empty() {
            open.value = typed.value;
            return;
        }
    }
    if node.content.len() < 16 && !node.content.iter().any(|known| known.value == typed.value) {
        node.content.push(Content {
            media_type: Some(typed.media_type.to_owned()),
            language,
            value: typed.value,
            src: None,
        });
    }
}

/// Coordinates of GeoRSS and its relatives.
fn place(node: &mut Node, el: El, text: &str) {
    let numbers: Vec<f64> = text
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|word| !word.is_empty())
        .take(64)
        .filter_map(|word| word.parse().ok())
        .filter(|number: &f64| number.is_finite())
        .collect();
    match (el, numbers.as_slice()) {
        (El::Latitude, [latitude]) => node.latitude = Some(*latitude),
        (El::Longitude, [longitude]) => node.longitude = Some(*longitude),
        (El::Point, [_, _]) => node.location = Some(Location { kind: "point".into(), coordinates: numbers }),
        (El::Shape, [_, _, _, ..]) if node.location.is_none() => {
            let kind = match numbers.as_slice() {
                [_, _, _] => "circle",
                [_, _, _, _] => "box",
                [first, second, .., last, end] if first == last && second == end => "polygon",
                _ => "line",
            };
            node.location = Some(Location { kind: kind.into(), coordinates: numbers });
        }
        _ => {}
    }
}

/// A whole number with whatever stands around it: `60 minutes`.
fn whole(text: &str) -> Option<u64> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).take(9).collect();
    digits.parse().ok()
}
