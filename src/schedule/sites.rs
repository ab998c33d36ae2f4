//! Feeds that are due, grouped by site, so that one slow site cannot take every worker and a paused
//! one is left alone.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

/// Which feeds wait together for workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Answered when last asked.
    Sound,
    /// New, or failed when last asked: may well hold its worker until the request times out.
    Doubtful,
}

/// Due feeds in the order in which they became due, at most `per_site` of a site at work.
#[derive(Debug)]
pub struct SiteQueues {
    per_site: usize,
    sites: BTreeMap<String, Site>,
    lanes: [Turns; 2],
    /// Sites that are left alone: checked on every turn, but few even among very many.
    paused: BTreeSet<String>,
    due: usize,
}

/// Sites with a due feed of one lane and a free place, each once.
#[derive(Debug, Default)]
struct Turns {
    turn: VecDeque<String>,
    in_turn: HashSet<String>,
}

#[derive(Debug, Default)]
struct Site {
    due: [VecDeque<String>; 2],
    at_work: usize,
    paused_until: Option<DateTime<Utc>>,
}

impl Site {
    fn is_open(&self, per_site: usize) -> bool {
        self.at_work < per_site && self.paused_until.is_none()
    }
}

impl SiteQueues {
    /// At most `per_site` polls of one site under way at once.
    pub fn new(per_site: usize) -> Self {
        Self {
            per_site: per_site.max(1),
            sites: BTreeMap::new(),
            lanes: Default::default(),
            paused: BTreeSet::new(),
            due: 0,
        }
    }

    /// Feeds that are due and have no worker.
    pub fn due(&self) -> usize {
        self.due
    }

    /// A feed became due.
    pub fn push(&mut self, site: &str, feed: String, lane: Lane) {
        self.sites.entry(site.to_owned()).or_default().due[lane as usize].push_back(feed);
        self.due += 1;
        self.queue(site);
    }

    fn queue(&mut self, site: &str) {
        let Some(state) = self.sites.get(site).filter(|state| state.is_open(self.per_site)) else { return };
        for (lane, due) in self.lanes.iter_mut().zip(&state.due) {
            if !due.is_empty() && lane.in_turn.insert(site.to_owned()) {
                lane.turn.push_back(site.to_owned());
            }
        }
    }

    /// The next feed of a lane to poll, with its site; it counts as at work until
    /// [`SiteQueues::finished`].
    pub fn pop(&mut self, lane: Lane) -> Option<(String, String)> {
        loop {
            let turns = &mut self.lanes[lane as usize];
            let site = turns.turn.pop_front()?;
            turns.in_turn.remove(&site);
            let open = self.sites.get_mut(&site).filter(|state| state.is_open(self.per_site));
            let Some(state) = open else { continue };
            let Some(feed) = state.due[lane as usize].pop_front() else { continue };
            state.at_work += 1;
            self.due -= 1;
            self.queue(&site);
            return Some((site, feed));
        }
    }

    /// A poll of the site ended.
    pub fn finished(&mut self, site: &str) {
        if let Some(state) = self.sites.get_mut(site) {
            state.at_work = state.at_work.saturating_sub(1);
            let idle = state.due.iter().all(VecDeque::is_empty);
            if state.at_work == 0 && idle && state.paused_until.is_none() {
                self.sites.remove(site);
                return;
            }
        }
        self.queue(site);
    }

    /// Leaves a site alone until then.
    pub fn pause(&mut self, site: &str, until: DateTime<Utc>) {
        let state = self.sites.entry(site.to_owned()).or_default();
        state.paused_until = state.paused_until.max(Some(until));
        self.paused.insert(site.to_owned());
    }

    /// Until when a site is left alone.
    pub fn paused_until(&self, site: &str) -> Option<DateTime<Utc>> {
        self.sites.get(site)?.paused_until
    }

    /// The clock was set back: pauses end that much earlier.
    pub fn set_back(&mut self, by: TimeDelta) {
        for site in &self.paused {
            if let Some(until) = self.sites.get_mut(site).and_then(|state| state.paused_until.as_mut()) {
                *until -= by;
            }
        }
    }

    /// Ends the pauses that are over; returns the end of the next one.
    pub fn resume(&mut self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (sites, mut next) = (&self.sites, None::<DateTime<Utc>>);
        let is_over = |site: &String| match sites.get(site).and_then(|state| state.paused_until) {
            Some(until) if until > now => {
                next = Some(next.map_or(until, |next| next.min(until)));
                false
            }
            _ => true,
        };
        let over: Vec<String> = self.paused.extract_if(.., is_over).collect();
        for site in over {
            if let Some(state) = self.sites.get_mut(&site) {
                state.paused_until = None;
            }
            self.queue(&site);
        }
        next
    }

    /// Forgets due feeds that `keep` does not want.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        for state in self.sites.values_mut() {
            for due in &mut state.due {
                let before = due.len();
                due.retain(|feed| keep(feed));
                self.due -= before - due.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_with_many_feeds_takes_turns_and_has_its_limit() {
        let mut sites = SiteQueues::new(2);
        for feed in 0..5 {
            sites.push("big", format!("big{feed}"), Lane::Sound);
        }
        sites.push("small", "small0".into(), Lane::Sound);
        let taken: Vec<String> =
            std::iter::from_fn(|| sites.pop(Lane::Sound).map(|(_, feed)| feed)).collect();
        assert_eq!(taken, ["big0", "small0", "big1"]);
        sites.finished("big");
        assert_eq!(sites.pop(Lane::Sound), Some(("big".into(), "big2".into())));
        assert_eq!(sites.pop(Lane::Sound), None);
        assert_eq!(sites.due(), 2);
    }

    #[test]
    fn a_paused_site_is_left_alone_until_its_pause_ends() {
        let mut sites = SiteQueues::new(1);
        let now = DateTime::UNIX_EPOCH;
        sites.pause("a", now + TimeDelta::seconds(5));
        sites.push("a", "x".into(), Lane::Doubtful);
        assert_eq!(sites.pop(Lane::Sound), None, "another lane");
        assert_eq!(sites.pop(Lane::Doubtful), None);
        assert_eq!(sites.resume(now), Some(now + TimeDelta::seconds(5)));
        assert_eq!(sites.resume(now + TimeDelta::seconds(5)), None);
        assert_eq!(sites.pop(Lane::Doubtful), Some(("a".into(), "x".into())));
    }
}
