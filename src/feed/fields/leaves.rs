//! Where the text of each element goes: into fields of the feed or of an entry.

use crate::feed::{
    address,
    frames::{Capture, attribute},
    model::{Content, FeedImage, Link, Location, Person},
    names::El,
    namespaces::Ns,
    node::{Node, Typed, add_link, add_person},
    reader::Reader,
};

impl<'t> Reader<'t> {
    pub(super) fn leaf(&mut self, capture: &Capture<'t>, container: El) {
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

    /// Fields that feeds and entries share; false if the element is none of them.
    fn common_leaf(&mut self, capture: &Capture<'t>, text: &str) -> bool {
        let offset = capture.offset;
        match capture.el {
            El::Link | El::Licence => {
                let href = address::resolve(capture.base.as_deref(), text);
                let rel = if capture.el == El::Link { "alternate" } else { "license" };
                let link = Link { href, rel: Some(rel.into()), ..Link::default() };
                if capture.el == El::Link && capture.ns == Ns::Rss {
                    self.rebase(&link.href);
                }
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
                let language = self.language_here(capture);
                let (node, warnings) = self.node_and_warnings();
                let slot = match capture.el {
                    El::Published => &mut node.published,
                    El::Created => &mut node.created,
                    El::Date if is_entry => &mut node.published,
                    _ => &mut node.updated,
                };
                slot.offer(weight, text, language.as_deref(), offset, warnings);
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

    /// The link of an RSS channel is the site: relative addresses in its items are resolved against it, since
    /// the feed itself may lie with a service elsewhere. `xml:base` takes precedence.
    pub(crate) fn rebase(&mut self, link: &str) {
        let scheme = address::scheme(link).map(str::to_ascii_lowercase);
        let is_web = scheme.is_some_and(|scheme| scheme == "http" || scheme == "https");
        let based = self.frames.iter().any(|frame| frame.base.is_some());
        if is_web && !based && self.entry.is_none() && link.len() <= address::ADDRESS_MAX {
            self.channel = Some(link.into());
        }
    }

    /// The language of a text: its own, else that of the entry, else that of the feed so far.
    fn language_here(&self, capture: &Capture<'_>) -> Option<String> {
        let own = capture.language.as_deref();
        let entry = self.entry.as_ref().and_then(|entry| entry.language.get());
        own.or(entry.or(self.feed.language.get()).map(String::as_str)).map(str::to_owned)
    }

    fn entry_leaf(&mut self, capture: &Capture<'t>, text: &str) {
        if self.common_leaf(capture, text) {
            return;
        }
        let Some(entry) = &mut self.entry else { return };
        match capture.el {
            El::Guid => {
                let permalink = attribute(capture.attributes, "isPermaLink");
                let told = permalink.is_some();
                entry.guid_is_permalink = Some(!permalink.is_some_and(|value| {
                    matches!(value.to_ascii_lowercase().as_str(), "false" | "0" | "no")
                }));
                if told && entry.guid_is_permalink == Some(true) && text.starts_with('/') {
                    entry.page = Some(address::resolve(capture.base.as_deref(), text));
                }
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
                // Hour 24 is midnight in old documents.
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

pub(super) fn add_content(node: &mut Node, typed: Typed, capture: &Capture<'_>) {
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
pub(super) fn place(node: &mut Node, el: El, text: &str) {
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

/// A whole number, whatever follows it: `60 minutes`.
fn whole(text: &str) -> Option<u64> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).take(9).collect();
    digits.parse().ok()
}
