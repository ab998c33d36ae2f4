//! What a feed does with its guids, links and titles from poll to poll.

use serde::{Deserialize, Serialize};

/// Documents in a row, more or less, after which a habit counts.
const HABIT: u8 = 2;
/// Largest count: a habit is given up after as many documents without it.
const HABIT_MAX: u8 = 6;

/// What a feed changes from one document to the next although its articles stay the same: what
/// changes every time cannot tell its articles apart. Each count goes up with a document that
/// shows the habit and down with one that shows the opposite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Habits {
    /// Guids change.
    #[serde(default, skip_serializing_if = "is_none")]
    guids: u8,
    /// Links change.
    #[serde(default, skip_serializing_if = "is_none")]
    links: u8,
    /// Titles change.
    #[serde(default, skip_serializing_if = "is_none")]
    titles: u8,
    /// Dates change.
    #[serde(default, skip_serializing_if = "is_none")]
    dates: u8,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_none(count: &u8) -> bool {
    *count == 0
}

/// Entries of one document that are known, by whether a field of theirs has changed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Changes {
    pub guids: (usize, usize),
    pub links: (usize, usize),
    pub titles: (usize, usize),
    pub dates: (usize, usize),
}

impl Habits {
    /// Takes a document into account: counts of `(changed, same)` for each field.
    pub(super) fn learn(&mut self, changes: Changes) {
        let habits = [
            (&mut self.guids, changes.guids),
            (&mut self.links, changes.links),
            (&mut self.titles, changes.titles),
            (&mut self.dates, changes.dates),
        ];
        for (count, (changed, same)) in habits {
            if changed > same {
                *count = count.saturating_add(1).min(HABIT_MAX);
            } else if same > 0 {
                *count = count.saturating_sub(1);
            }
        }
    }

    /// Whether guids change from poll to poll.
    pub(super) fn guids_change(&self) -> bool {
        self.guids >= HABIT
    }

    /// Whether links change from poll to poll.
    pub(super) fn links_change(&self) -> bool {
        self.links >= HABIT
    }

    /// Whether titles change from poll to poll.
    pub(super) fn titles_change(&self) -> bool {
        self.titles >= HABIT
    }

    /// Whether dates change from poll to poll.
    pub(super) fn dates_change(&self) -> bool {
        self.dates >= HABIT
    }

    /// Whether there is nothing to remember.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// How the feed's entries are recognised, if not by guid and link, in words.
    pub fn in_words(&self) -> Option<&'static str> {
        Some(match (self.guids_change(), self.links_change(), self.titles_change()) {
            (false, false, false) => return None,
            (true, false, false) => "guids change from poll to poll: entries are recognised by their links",
            (false, true, false) => {
                "links change from poll to poll: entries are recognised by their guids, else by title and text"
            }
            (true, true, _) => {
                "guids and links change from poll to poll: entries are recognised by title and text"
            }
            (false, false, true) => {
                "titles change from poll to poll: entries are recognised by guid and link"
            }
            (true, false, true) => {
                "guids and titles change from poll to poll: entries are recognised by their links"
            }
            (false, true, true) => {
                "links and titles change from poll to poll: entries are recognised by their guids"
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_habit_is_learned_and_given_up() {
        let mut habits = Habits::default();
        let churn = Changes { guids: (3, 0), links: (0, 3), ..Changes::default() };
        habits.learn(churn);
        assert_eq!(habits.in_words(), None);
        habits.learn(churn);
        assert!(habits.in_words().is_some_and(|words| words.starts_with("guids change")));
        for _ in 0..2 {
            habits.learn(Changes { guids: (1, 2), ..Changes::default() });
        }
        assert!(habits.is_empty());
        // Nothing known was listed: nothing is learnt.
        habits.learn(Changes::default());
        assert!(habits.is_empty());
    }
}
