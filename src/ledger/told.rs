//! Whether a feed's hub tells of its news.

use chrono::{DateTime, Utc};

use super::{FeedState, Subscription};

impl FeedState {
    /// The subscription to what the feed offers now.
    pub fn subscribed(&self) -> Option<&Subscription> {
        let (links, subscription) = (self.hub.as_deref()?, self.subscription.as_deref()?);
        subscription.is_of(links).then_some(subscription)
    }

    /// Until when news come without a poll: its hub delivers, and there is no sign that it does not.
    pub fn told_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let proven = self.hub.as_ref().is_some_and(|links| links.undelivered == 0);
        let subscription = self.subscribed().filter(|subscription| proven && subscription.is_live(now));
        subscription?.live_until
    }
}
