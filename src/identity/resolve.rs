//! Which entries of a document are which articles: those the feed is known to have listed before,
//! those given twice, and new ones.
//!
//! Marks are compared from the strongest evidence to the weakest, each known article once. If
//! title, text and date all differ, sharing a link or guid is not enough.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    former::Former,
    habits::{Changes, Habits},
    marks::Marks,
};

/// Two dates of one article lie no further apart than this: an edited article may get a new date,
/// the next one in a series has another day.
const EDITED_WITHIN: TimeDelta = TimeDelta::hours(20);

/// A date this near to the time of the fetch may be that time.
const NOW: TimeDelta = TimeDelta::minutes(10);

/// An article that the feed has listed before.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Key under which the feed remembers it.
    pub key: &'a str,
    /// Its id.
    pub article: &'a str,
    /// What it was recognised by; empty if an older version remembered it.
    pub marks: &'a Marks,
    /// Its date as the feed gave it.
    pub published_at: Option<DateTime<Utc>>,
    /// The last document listed it.
    pub listed: bool,
}

/// An entry of the document at hand.
#[derive(Debug)]
pub(super) struct Listed {
    pub marks: Marks,
    pub former: Former,
    pub published_at: Option<DateTime<Utc>>,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A known article, by its index.
    Known(usize),
    /// The same as an entry above it.
    Again,
    New,
}

/// Finds out what each entry is, and learns from it.
pub(super) fn resolve(
    listed: &[Listed],
    known: &[Known<'_>],
    habits: &mut Habits,
    now: DateTime<Utc>,
) -> Vec<Found> {
    let mut resolver = Resolver::new(listed, known, *habits, now);
    resolver.twice();
    resolver.former();
    resolver.marks();
    resolver.words();
    resolver.churn();
    habits.learn(resolver.changes());
    resolver.found
}

/// A key made of marks, for comparison; `None` if one of them is missing.
fn join<'a>(marks: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut key = String::new();
    for mark in marks {
        if mark.is_empty() {
            return None;
        }
        key.push_str(mark);
        key.push('.');
    }
    Some(key)
}

struct Resolver<'a> {
    listed: &'a [Listed],
    known: &'a [Known<'a>],
    habits: Habits,
    now: DateTime<Utc>,
    found: Vec<Found>,
    taken: Vec<bool>,
    /// How many entries, and how many known articles, have each guid or link.
    guids: HashMap<&'a str, (usize, usize)>,
    links: HashMap<&'a str, (usize, usize)>,
}

impl<'a> Resolver<'a> {
    fn new(listed: &'a [Listed], known: &'a [Known<'a>], habits: Habits, now: DateTime<Utc>) -> Self {
        Self {
            listed,
            known,
            habits,
            now,
            found: vec![Found::New; listed.len()],
            taken: vec![false; known.len()],
            guids: HashMap::new(),
            links: HashMap::new(),
        }
    }

    /// Finds entries given twice: the same words under one link or guid, or without any; or the
    /// same title and date under the same link and guid.
    fn twice(&mut self) {
        let mut first: HashMap<String, usize> = HashMap::new();
        for (index, entry) in self.listed.iter().enumerate() {
            let Marks { guid, link, title, words } = &entry.marks;
            let date = entry.published_at.map(|date| date.to_rfc3339()).unwrap_or_default();
            let bare = guid.is_empty() && link.is_empty();
            let keys = [
                join(["link", link, words]),
                join(["guid", guid, words]),
                join(["bare", words]).filter(|_| bare),
                join(["all", guid, link, title]).map(|key| key + &date),
            ];
            let keys: Vec<String> = keys.into_iter().flatten().collect();
            if keys.iter().any(|key| first.contains_key(key)) {
                self.found[index] = Found::Again;
                continue;
            }
            first.extend(keys.into_iter().map(|key| (key, index)));
        }
        for (entry, found) in self.listed.iter().zip(&self.found) {
            if *found != Found::Again {
                self.guids.entry(&entry.marks.guid).or_default().0 += 1;
                self.links.entry(&entry.marks.link).or_default().0 += 1;
            }
        }
        for known in self.known {
            self.guids.entry(&known.marks.guid).or_default().1 += 1;
            self.links.entry(&known.marks.link).or_default().1 += 1;
        }
    }

    /// Whether the mark tells its article apart from all others of the feed.
    fn tells(&self, marks: &HashMap<&str, (usize, usize)>, mark: &str) -> bool {
        !mark.is_empty() && marks.get(mark).is_some_and(|(listed, known)| *listed <= 1 && *known <= 1)
    }

    /// Finds what an older version remembered, by the names it gave.
    fn former(&mut self) {
        let unmarked = || self.known.iter().enumerate().filter(|(_, known)| known.marks.is_empty());
        let keys: HashMap<&str, usize> = unmarked().map(|(index, known)| (known.key, index)).collect();
        let articles: HashMap<&str, usize> =
            unmarked().map(|(index, known)| (known.article, index)).collect();
        for index in 0..self.listed.len() {
            self.take_former(index, &self.listed[index].former.keys, &keys);
        }
        for index in 0..self.listed.len() {
            // A link that several entries share was given to the first of them.
            if self.tells(&self.links, &self.listed[index].marks.link) {
                self.take_former(index, &self.listed[index].former.articles, &articles);
            }
        }
    }

    fn take_former(&mut self, index: usize, names: &[String], known: &HashMap<&str, usize>) {
        let found = names.iter().find_map(|name| known.get(name.as_str())).copied();
        if let Some(at) = found.filter(|at| self.found[index] == Found::New && !self.taken[*at]) {
            self.found[index] = Found::Known(at);
            self.taken[at] = true;
        }
    }

    /// Matches entries that are still new with known articles that have the same key, the listed
    /// ones first, if `accept` agrees.
    fn pass(
        &mut self,
        key: impl Fn(&Marks) -> Option<String>,
        accept: impl Fn(&Self, &Listed, &Known<'_>) -> bool,
    ) {
        if !self.found.contains(&Found::New) {
            return;
        }
        let mut by_key: HashMap<String, Vec<usize>> = HashMap::new();
        for listed in [true, false] {
            for (index, known) in self.known.iter().enumerate() {
                if !self.taken[index]
                    && known.listed == listed
                    && let Some(key) = key(known.marks)
                {
                    by_key.entry(key).or_default().push(index);
                }
            }
        }
        for (index, entry) in self.listed.iter().enumerate() {
            let candidates = match key(&entry.marks).filter(|_| self.found[index] == Found::New) {
                Some(key) => by_key.get(&key).map_or(&[][..], Vec::as_slice),
                None => continue,
            };
            let fit =
                candidates.iter().find(|at| !self.taken[**at] && accept(self, entry, &self.known[**at]));
            if let Some(at) = fit.copied() {
                self.found[index] = Found::Known(at);
                self.taken[at] = true;
            }
        }
    }

    fn marks(&mut self) {
        let always = |_: &Self, _: &Listed, _: &Known<'_>| true;
        self.pass(|marks| join([&*marks.guid, &marks.link, &marks.words]), always);
        self.pass(|marks| join([&*marks.link, &marks.words]), always);
        self.pass(|marks| join([&*marks.guid, &marks.words]), always);
        self.pass(|marks| join([&*marks.guid, &marks.link, &marks.title]), always);
        self.pass(
            |marks| join([&*marks.guid, &marks.link]),
            |this, entry, _| this.tells(&this.guids, &entry.marks.guid),
        );
        self.pass(
            |marks| join([&*marks.link, &marks.title]),
            |this, entry, known| this.guid_is_silent(entry, known) || same_date(entry, known),
        );
        self.pass(
            |marks| join([&*marks.guid, &marks.title]),
            |this, entry, _| this.tells(&this.guids, &entry.marks.guid),
        );
        self.pass(
            |marks| join([&*marks.guid]),
            |this, entry, known| {
                this.tells(&this.guids, &entry.marks.guid) && this.may_be_edited(entry, known)
            },
        );
        self.pass(
            |marks| join([&*marks.link]),
            |this, entry, known| {
                let silent = this.guid_is_silent(entry, known) && this.may_be_edited(entry, known);
                let same = silent || this.habits.guids_change() || same_date(entry, known);
                this.tells(&this.links, &entry.marks.link) && same
            },
        );
    }

    /// Whether guids do not tell the two apart: one has none, or they change from poll to poll.
    fn guid_is_silent(&self, entry: &Listed, known: &Known<'_>) -> bool {
        entry.marks.guid.is_empty() || known.marks.guid.is_empty() || self.habits.guids_change()
    }

    /// Whether a different headline and text may be those of an edited article.
    fn may_be_edited(&self, entry: &Listed, known: &Known<'_>) -> bool {
        let dates = entry.published_at.zip(known.published_at);
        self.habits.titles_change() || dates.is_none_or(|(one, other)| (one - other).abs() <= EDITED_WITHIN)
    }

    /// Matches entries by their words alone: those without guid and link, and those of the same
    /// date.
    fn words(&mut self) {
        let bare = |marks: &Marks| marks.guid.is_empty() && marks.link.is_empty();
        self.pass(
            |marks| join([&*marks.words]),
            |this, entry, known| {
                let stays = known.listed || this.is_undated(entry);
                bare(&entry.marks) && bare(known.marks) && stays || same_date(entry, known)
            },
        );
        self.pass(
            |marks| join([&*marks.title]).filter(|_| bare(marks)),
            |this, entry, known| {
                let now = entry.published_at.is_some_and(|date| (this.now - date).abs() <= NOW);
                same_date(entry, known) || known.listed && (now || this.is_undated(entry))
            },
        );
    }

    /// Whether the date says nothing: there is none, or it changes with each poll.
    fn is_undated(&self, entry: &Listed) -> bool {
        entry.published_at.is_none() || self.habits.dates_change()
    }

    /// Deals with known words under new links and guids: if most of what was listed has come again
    /// like this, or does so each time, they are the same articles.
    fn churn(&mut self) {
        let gone = |this: &Self, at: usize| this.known[at].listed && !this.taken[at];
        let vanished = (0..self.known.len()).filter(|at| gone(self, *at)).count();
        let mut by_words: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, known) in self.known.iter().enumerate() {
            if gone(self, at) && !known.marks.words.is_empty() {
                by_words.entry(&known.marks.words).or_default().push(at);
            }
        }
        let mut pairs = Vec::new();
        for (index, entry) in self.listed.iter().enumerate() {
            if self.found[index] == Found::New
                && let Some(at) = by_words.get_mut(entry.marks.words.as_str()).and_then(Vec::pop)
            {
                pairs.push((index, at));
            }
        }
        let undated = pairs.iter().all(|(index, at)| {
            self.listed[*index].published_at.is_none() && self.known[*at].published_at.is_none()
        });
        let most = pairs.len() * 2 >= vanished && (pairs.len() >= 2 || undated);
        if most || self.habits.links_change() {
            for (index, at) in pairs {
                self.found[index] = Found::Known(at);
                self.taken[at] = true;
            }
        }
        if self.habits.links_change() {
            self.pass(|marks| join([&*marks.title]), |_, _, known| known.listed);
        }
    }

    fn changes(&self) -> Changes {
        let mut changes = Changes::default();
        for (entry, found) in self.listed.iter().zip(&self.found) {
            let Found::Known(at) = found else { continue };
            let Some(known) = self.known.get(*at) else { continue };
            let count = |(changed, same): &mut (usize, usize), one: &str, other: &str| {
                if !one.is_empty() && !other.is_empty() {
                    *(if one == other { same } else { changed }) += 1;
                }
            };
            count(&mut changes.guids, &entry.marks.guid, &known.marks.guid);
            count(&mut changes.links, &entry.marks.link, &known.marks.link);
            count(&mut changes.titles, &entry.marks.title, &known.marks.title);
            let date = |date: Option<DateTime<Utc>>| date.map(|date| date.to_rfc3339()).unwrap_or_default();
            count(&mut changes.dates, &date(entry.published_at), &date(known.published_at));
        }
        changes
    }
}

fn same_date(entry: &Listed, known: &Known<'_>) -> bool {
    entry.published_at.is_some() && entry.published_at == known.published_at
}
