//! A feed or an entry while it is being read: what was said, and how much weight it has.

use super::{
    address,
    dates::{self, ReadDate},
    model::{Category, Content, Enclosure, Entry, Feed, Link, Location, Person},
    warnings::{Kind, Warnings},
};

/// Links, categories, enclosures or persons of one node, at most.
pub(super) const LIST_MAX: usize = 256;

/// A value and its weight: the heavier one stays.
#[derive(Clone, Debug, Default)]
pub(super) struct Weighed<T> {
    value: Option<T>,
    weight: u8,
}

impl<T> Weighed<T> {
    /// Takes `value` unless there is one of the same or greater weight.
    pub(super) fn offer(&mut self, weight: u8, value: T) {
        if self.value.is_none() || weight > self.weight {
            *self = Self { value: Some(value), weight };
        }
    }

    /// The value so far.
    pub(super) fn get(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// Whether there is a value of this weight or more.
    pub(super) fn has(&self, weight: u8) -> bool {
        self.value.is_some() && self.weight >= weight
    }
}

/// A text with its media type.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed {
    pub(super) value: String,
    pub(super) media_type: &'static str,
}

/// A date as written and as read.
#[derive(Clone, Debug, Default)]
pub(super) struct Dated {
    raw: Option<String>,
    read: Option<ReadDate>,
    weight: u8,
}

impl Dated {
    /// Takes a date. One that cannot be read never replaces one that can.
    pub(super) fn offer(
        &mut self,
        weight: u8,
        raw: &str,
        language: Option<&str>,
        offset: usize,
        warnings: &mut Warnings,
    ) {
        let raw = raw.trim();
        if raw.is_empty() {
            return;
        }
        let read = dates::read(raw, language);
        if read.is_none() {
            warnings.tell_with(Kind::BadDate, offset, || Some(raw.chars().take(60).collect()));
        }
        if self.raw.is_none() || (read.is_some() && (self.read.is_none() || weight >= self.weight)) {
            *self = Self { raw: Some(raw.chars().take(200).collect()), read, weight };
        }
    }

    /// The moment, if it could be read, and the text.
    pub(super) fn into_parts(self) -> (Option<chrono::DateTime<chrono::Utc>>, Option<String>) {
        (self.instant(), self.raw)
    }

    fn instant(&self) -> Option<chrono::DateTime<chrono::Utc>> {
        self.read.map(|read| read.instant)
    }
}

/// What feed and entry have in common, and what only one of them has.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub(super) id: Weighed<String>,
    pub(super) guid_is_permalink: Option<bool>,
    /// The id is the address of the page although it is not a guid: `rdf:about`.
    pub(super) id_is_page: bool,
    /// The page of an entry whose guid is a permalink within the site.
    pub(super) page: Option<String>,
    pub(super) title: Weighed<Typed>,
    pub(super) summary: Weighed<Typed>,
    pub(super) content: Vec<Content>,
    pub(super) links: Vec<Link>,
    pub(super) published: Dated,
    pub(super) updated: Dated,
    pub(super) created: Dated,
    pub(super) authors: Vec<Person>,
    pub(super) weak_author: Option<Person>,
    pub(super) contributors: Vec<Person>,
    pub(super) categories: Vec<Category>,
    pub(super) enclosures: Vec<Enclosure>,
    pub(super) thumbnails: Vec<String>,
    pub(super) language: Weighed<String>,
    pub(super) rights: Option<String>,
    pub(super) location: Option<Location>,
    pub(super) latitude: Option<f64>,
    pub(super) longitude: Option<f64>,
    /// Fields that only a feed has, and those that need no weighing.
    pub(super) feed: Feed,
    /// The same for an entry.
    pub(super) entry: Entry,
}

/// Adds to a list, up to its limit.
pub(super) fn add<T>(list: &mut Vec<T>, value: T, offset: usize, warnings: &mut Warnings) {
    if list.len() < LIST_MAX {
        list.push(value);
    } else {
        warnings.tell(Kind::TooManyLinks, offset);
    }
}

/// Adds a link that leads somewhere.
pub(super) fn add_link(list: &mut Vec<Link>, link: Link, offset: usize, warnings: &mut Warnings) {
    if link.href.is_empty() {
        warnings.tell(Kind::BadUrl, offset);
    } else {
        add(list, link, offset, warnings);
    }
}

/// Adds a category that is not there yet.
pub(super) fn add_category(
    list: &mut Vec<Category>,
    category: Category,
    offset: usize,
    warnings: &mut Warnings,
) {
    let known = list
        .iter()
        .any(|k| k.term == category.term && (k.scheme == category.scheme || category.scheme.is_none()));
    if !known && (category.term.is_some() || category.label.is_some()) {
        add(list, category, offset, warnings);
    }
}

/// Adds a person who is not there yet; a second naming completes the first.
pub(super) fn add_person(list: &mut Vec<Person>, person: Person, offset: usize, warnings: &mut Warnings) {
    if person.name.is_none() && person.email.is_none() && person.uri.is_none() {
        return;
    }
    let same = |known: &&mut Person| known.name == person.name && person.name.is_some();
    if let Some(known) = list.iter_mut().find(same) {
        known.email = known.email.take().or(person.email);
        known.uri = known.uri.take().or(person.uri);
    } else {
        add(list, person, offset, warnings);
    }
}

/// Adds an enclosure whose address is not there yet; a second one completes the first.
pub(super) fn add_enclosure(
    list: &mut Vec<Enclosure>,
    new: Enclosure,
    offset: usize,
    warnings: &mut Warnings,
) {
    if new.href.as_deref() == Some("") {
        warnings.tell(Kind::BadUrl, offset);
    } else if let Some(known) = list.iter_mut().find(|known| known.href == new.href) {
        known.media_type = known.media_type.take().or(new.media_type);
        known.length = known.length.take().or(new.length);
        known.medium = known.medium.take().or(new.medium);
    } else {
        add(list, new, offset, warnings);
    }
}

/// The page: the first alternate link that is HTML or does not say, else the first alternate.
fn page(links: &[Link]) -> Option<String> {
    let alternate = |link: &&Link| link.rel.as_deref() == Some("alternate");
    let html = |link: &&Link| link.media_type.as_deref().is_none_or(|kind| kind.contains("html"));
    links
        .iter()
        .find(|link| alternate(link) && html(link))
        .or_else(|| links.iter().find(alternate))
        .map(|link| link.href.clone())
}

fn of_rel(links: &[Link], rel: &str) -> Option<String> {
    links.iter().find(|link| link.rel.as_deref() == Some(rel)).map(|link| link.href.clone())
}

fn split(typed: Weighed<Typed>) -> (Option<String>, Option<String>) {
    match typed.value {
        Some(typed) => (Some(typed.value), Some(typed.media_type.to_owned())),
        None => (None, None),
    }
}

impl Node {
    fn place(&mut self) -> Option<Location> {
        let point = self.latitude.zip(self.longitude).map(|(latitude, longitude)| Location {
            kind: "point".into(),
            coordinates: vec![latitude, longitude],
        });
        self.location.take().or(point)
    }

    pub(super) fn into_feed(mut self) -> Feed {
        self.authors.extend(self.weak_author.filter(|_| self.authors.is_empty()));
        let (title, title_type) = split(self.title);
        let (subtitle, subtitle_type) = split(self.summary);
        Feed {
            id: self.id.value,
            title,
            title_type,
            subtitle,
            subtitle_type,
            link: page(&self.links),
            published: self.published.instant(),
            published_raw: self.published.raw,
            updated: self.updated.instant(),
            updated_raw: self.updated.raw,
            hubs: self
                .links
                .iter()
                .filter(|link| link.rel.as_deref() == Some("hub"))
                .map(|link| link.href.clone())
                .collect(),
            self_link: of_rel(&self.links, "self"),
            next: of_rel(&self.links, "next"),
            links: self.links,
            authors: self.authors,
            contributors: self.contributors,
            categories: self.categories,
            language: self.language.value,
            rights: self.rights,
            ..self.feed
        }
    }

    pub(super) fn into_entry(mut self) -> Entry {
        self.authors.extend(self.weak_author.take().filter(|_| self.authors.is_empty()));
        let location = self.place();
        let (title, title_type) = split(self.title);
        let (summary, summary_type) = split(self.summary);
        let id = self.id.value;
        let permalink = id.as_deref().filter(|id| {
            self.id_is_page
                || self.guid_is_permalink == Some(true)
                    && address::scheme(id).is_some_and(|scheme| {
                        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
                    })
        });
        Entry {
            link: page(&self.links).or_else(|| self.page.or_else(|| permalink.map(str::to_owned))),
            id,
            guid_is_permalink: self.guid_is_permalink,
            title,
            title_type,
            links: self.links,
            summary,
            summary_type,
            content: self.content,
            published: self.published.instant(),
            published_raw: self.published.raw,
            updated: self.updated.instant(),
            updated_raw: self.updated.raw,
            created: self.created.instant(),
            authors: self.authors,
            contributors: self.contributors,
            categories: self.categories,
            enclosures: self.enclosures,
            thumbnails: self.thumbnails,
            language: self.language.value,
            rights: self.rights,
            location,
            ..self.entry
        }
    }
}
