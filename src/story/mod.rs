//! Near-duplicates across feeds: linked to one story, never dropped.
//!
//! No I/O, no clock, no panic.
//!
//! The link threshold was measured on 151 news texts of 120 and more words: edits (trimmed to
//! 60 %, 10 % of the words changed, 100 foreign words around, 30 % cut and shuffled, trimmed and
//! surrounded) were alike from .29 up, none of 11,325 unrelated pairs reached .10.

mod fingerprint;

use std::{collections::HashMap, sync::Arc};

use serde::{Deserialize, Serialize};

pub use fingerprint::Fingerprint;

/// Articles that are remembered unless told otherwise.
const CAPACITY: usize = 20_000;

/// Likeness from which two articles are one story.
const LINK: f32 = 0.25;

/// Bands of two neighbouring rows, and buckets of each.
const BANDS: usize = fingerprint::ROWS;
const BUCKETS: usize = 1 << 12;

/// Articles of one bucket that are compared, latest first: a feed of one template makes long ones.
const CHAIN_MAX: usize = 200;

/// No slot.
const NONE: u32 = u32::MAX;

/// The story an article belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Story {
    /// Id of the story: the id of its first article.
    pub id: String,
    /// This article is the first of the story that was seen.
    pub first: bool,
    /// Likeness to the first article, 0 to 1; to the nearest one where the first is forgotten.
    pub similarity: f32,
}

/// Recent articles' fingerprints, bounded: the oldest is forgotten for a new one.
///
/// Equal calls in equal order give equal stories, on every machine. About 0.7 KB an article
/// and 1 MB for the buckets.
#[derive(Debug)]
pub struct Stories {
    capacity: usize,
    articles: HashMap<Arc<str>, u32>,
    slots: Vec<Slot>,
    /// Slot that is forgotten next, once all are in use.
    oldest: usize,
    /// Number of articles remembered so far.
    sequence: u64,
    /// First slot of the chain of each bucket, band by band; empty until the first fingerprint.
    heads: Vec<u32>,
}

#[derive(Debug)]
struct Slot {
    article: Arc<str>,
    story: Arc<str>,
    fingerprint: Option<Fingerprint>,
    sequence: u64,
    /// Next slot in the chain of each band, and the one before.
    next: Box<[u32]>,
    before: Box<[u32]>,
}

impl Default for Stories {
    fn default() -> Self {
        Self::with_capacity(CAPACITY)
    }
}

impl Stories {
    /// Remembers up to `capacity` articles, at least one.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            capacity: capacity.clamp(1, 1_000_000),
            articles: HashMap::new(),
            slots: Vec::new(),
            oldest: 0,
            sequence: 0,
            heads: Vec::new(),
        }
    }

    /// Finds the story of an article, or starts one. The same article again gives the same story,
    /// whatever has become of its text.
    pub fn assign(&mut self, article: &str, title: &str, text: &str) -> Story {
        let fingerprint = Fingerprint::of(title, text);
        if let Some(slot) = self.articles.get(article).copied() {
            self.replace(slot, fingerprint);
            let story =
                self.slots.get(slot as usize).map_or_else(|| Arc::from(article), |slot| slot.story.clone());
            return self.story(article, &story, fingerprint, 1.0);
        }
        let nearest = fingerprint.and_then(|fingerprint| self.nearest(&fingerprint));
        let (story, similarity) =
            match nearest.and_then(|(slot, near)| Some((self.slots.get(slot as usize)?, near))) {
                Some((slot, near)) => (slot.story.clone(), near),
                None => (Arc::from(article), 1.0),
            };
        let found = self.story(article, &story, fingerprint, similarity);
        self.remember(article, story, fingerprint);
        found
    }

    /// Takes up what is known of an article from before, so that it and its like find their story
    /// again. Calls in the order of first publication keep the order of forgetting.
    pub fn restore(&mut self, article: &str, story_id: &str, fingerprint: Option<Fingerprint>) {
        match self.articles.get(article).copied() {
            Some(slot) => {
                self.replace(slot, fingerprint);
                if let Some(slot) = self.slots.get_mut(slot as usize) {
                    slot.story = Arc::from(story_id);
                }
            }
            None => self.remember(article, Arc::from(story_id), fingerprint),
        }
    }

    /// The fingerprint of an article that is remembered and was long enough to have one.
    pub fn fingerprint(&self, article: &str) -> Option<Fingerprint> {
        let slot = self.articles.get(article)?;
        self.slots.get(*slot as usize)?.fingerprint
    }

    /// Number of articles remembered.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    fn story(&self, article: &str, story: &Arc<str>, own: Option<Fingerprint>, near: f32) -> Story {
        let first = **story == *article;
        let similarity = match (self.fingerprint(story), own) {
            _ if first => 1.0,
            (Some(of_first), Some(own)) => of_first.similarity(&own),
            _ => near,
        };
        Story { id: story.to_string(), first, similarity }
    }

    /// The slot most alike, the earliest of equals.
    fn nearest(&self, fingerprint: &Fingerprint) -> Option<(u32, f32)> {
        let mut best: Option<(u32, f32, u64)> = None;
        let mut seen = vec![false; self.slots.len()];
        for band in 0..BANDS {
            let mut at = self.head(band, fingerprint);
            for _ in 0..CHAIN_MAX {
                let Some(slot) = self.slots.get(at as usize) else { break };
                let again = seen.get_mut(at as usize).is_none_or(|seen| std::mem::replace(seen, true));
                let similarity = match &slot.fingerprint {
                    Some(other) if !again => other.similarity(fingerprint),
                    _ => 0.0,
                };
                let better = best.is_none_or(|(_, known, sequence)| {
                    similarity > known || (similarity == known && slot.sequence < sequence)
                });
                if similarity >= LINK && better {
                    best = Some((at, similarity, slot.sequence));
                }
                at = slot.next.get(band).copied().unwrap_or(NONE);
            }
        }
        best.map(|(slot, similarity, _)| (slot, similarity))
    }

    fn head(&self, band: usize, fingerprint: &Fingerprint) -> u32 {
        self.heads.get(band * BUCKETS + fingerprint.band(band)).copied().unwrap_or(NONE)
    }

    fn remember(&mut self, article: &str, story: Arc<str>, fingerprint: Option<Fingerprint>) {
        let article: Arc<str> = Arc::from(article);
        let sequence = self.sequence;
        self.sequence += 1;
        let new = Slot {
            article: article.clone(),
            story,
            fingerprint: None,
            sequence,
            next: Box::default(),
            before: Box::default(),
        };
        let at = if self.slots.len() < self.capacity {
            self.slots.push(new);
            self.slots.len() - 1
        } else {
            let at = self.oldest;
            self.oldest = (at + 1) % self.capacity;
            self.unlink(at as u32);
            if let Some(slot) = self.slots.get_mut(at) {
                let old = std::mem::replace(slot, new);
                self.articles.remove(&old.article);
            }
            at
        };
        self.articles.insert(article, at as u32);
        self.replace(at as u32, fingerprint);
    }

    /// Gives a slot another fingerprint.
    fn replace(&mut self, at: u32, fingerprint: Option<Fingerprint>) {
        self.unlink(at);
        let Some(new) = fingerprint else { return };
        if self.heads.is_empty() {
            self.heads = vec![NONE; BANDS * BUCKETS];
        }
        let mut next = vec![NONE; BANDS].into_boxed_slice();
        for (band, next) in next.iter_mut().enumerate() {
            if let Some(head) = self.heads.get_mut(band * BUCKETS + new.band(band)) {
                *next = std::mem::replace(head, at);
            }
            if let Some(link) = self.slots.get_mut(*next as usize).and_then(|slot| slot.before.get_mut(band))
            {
                *link = at;
            }
        }
        if let Some(slot) = self.slots.get_mut(at as usize) {
            slot.fingerprint = fingerprint;
            slot.next = next;
            slot.before = vec![NONE; BANDS].into_boxed_slice();
        }
    }

    /// Takes a slot out of its chains.
    fn unlink(&mut self, at: u32) {
        let Some(slot) = self.slots.get_mut(at as usize) else { return };
        let Some(fingerprint) = slot.fingerprint.take() else { return };
        let (next, before) = (std::mem::take(&mut slot.next), std::mem::take(&mut slot.before));
        for (band, (next, before)) in next.iter().zip(&before).enumerate() {
            let link = match self.slots.get_mut(*before as usize) {
                Some(slot) => slot.next.get_mut(band),
                None => self.heads.get_mut(band * BUCKETS + fingerprint.band(band)),
            };
            if let Some(link) = link {
                *link = *next;
            }
            if let Some(link) = self.slots.get_mut(*next as usize).and_then(|slot| slot.before.get_mut(band))
            {
                *link = *before;
            }
        }
    }
}

#[cfg(test)]
mod tests;
