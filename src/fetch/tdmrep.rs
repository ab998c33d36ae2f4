//! `tdmrep.json` of the origins that pages are fetched from, kept for a day.
//!
//! Whoever mines texts has to look at it first (TDM Reservation Protocol, section 4). If it cannot
//! be read, for whatever reason, it says nothing.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::{Inner, exchange::ExchangeRequest};
use crate::{
    config::FeedHttp,
    rights::{Statement, TDMREP_BYTES_MAX, TDMREP_PATH, TdmRep},
};

/// How long an answer counts, even if there was none.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// Origins that are remembered, at most; beyond that it starts over.
const ORIGINS_MAX: usize = 16_384;

/// What is known of the origins.
#[derive(Default)]
pub(super) struct TdmRepFiles(Mutex<HashMap<String, Arc<Origin>>>);

/// One origin; its lock is held while it is asked, so that it is asked once.
#[derive(Default)]
struct Origin(tokio::sync::Mutex<Option<Known>>);

#[derive(Clone)]
struct Known {
    file: Arc<TdmRep>,
    ask_again_at: DateTime<Utc>,
}

impl TdmRepFiles {
    fn origin(&self, url: &Url) -> Arc<Origin> {
        let name = url.origin().ascii_serialization();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= ORIGINS_MAX && !all.contains_key(&name) {
            all.clear();
        }
        all.entry(name).or_default().clone()
    }
}

impl Inner {
    /// What the file of its origin says about a page.
    pub(super) async fn tdmrep(&self, url: &Url, http: Option<&FeedHttp>) -> Option<Statement> {
        let origin = self.tdmrep.origin(url);
        let mut known = origin.0.lock().await;
        if let Some(known) = known.as_ref().filter(|known| known.ask_again_at > self.clock.now()) {
            return known.file.statement(url);
        }
        let mut address = url.clone();
        address.set_path(TDMREP_PATH);
        address.set_query(None);
        let ask = ExchangeRequest {
            enough: Some(TDMREP_BYTES_MAX),
            http,
            ..ExchangeRequest::of(&address, "application/json, */*;q=0.5")
        };
        let file = match Box::pin(self.exchange(&ask)).await {
            Ok(answer) if answer.status.is_success() => TdmRep::parse(&answer.body),
            // Nobody was asked: the next page will ask.
            Err(error) if error.is_deferral() => return None,
            _ => TdmRep::default(),
        };
        let file = Arc::new(file);
        *known = Some(Known { file: file.clone(), ask_again_at: self.clock.now() + KEPT });
        file.statement(url)
    }
}
