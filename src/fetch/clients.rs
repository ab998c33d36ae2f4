//! The HTTP clients: one for nearly all feeds, and one for each proxy and authority that a feed has of its
//! own.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use reqwest::{Certificate, Client, ClientBuilder, Proxy};
use url::{Host, Url};

use super::{
    FetchFailure, HEADERS_MAX, IDLE, error,
    resolve::{Lookup, Reach, Resolver},
};
use crate::config::{Authorities, FeedHttp, Secret};

/// Clients that are kept, at most; beyond that it starts over.
const CLIENTS_MAX: usize = 256;

/// What two feeds must have in common to share a client.
type Key = (Option<String>, Option<Authorities>);

/// The clients.
pub(super) struct Clients {
    agent: String,
    lookup: Lookup,
    reach: Reach,
    per_site: usize,
    usual: Client,
    own: Mutex<HashMap<Key, Client>>,
}

impl Clients {
    /// # Errors
    /// The TLS roots cannot be read.
    pub(super) fn new(
        agent: String,
        lookup: Lookup,
        reach: Reach,
        per_site: usize,
    ) -> Result<Self, reqwest::Error> {
        let resolver = Resolver { lookup: lookup.clone(), reach: reach.clone(), proxy: None };
        let usual = builder(&agent, resolver, per_site).build()?;
        Ok(Self { agent, lookup, reach, per_site, usual, own: Mutex::default() })
    }

    /// The client for a feed.
    ///
    /// # Errors
    /// Its proxy or its authorities cannot be used.
    pub(super) fn of(&self, http: Option<&FeedHttp>) -> Result<Client, FetchFailure> {
        let own = http.filter(|http| http.proxy.is_some() || http.tls_ca.is_some());
        let Some(http) = own else { return Ok(self.usual.clone()) };
        let key = (http.proxy.as_ref().map(|Secret(proxy)| proxy.clone()), http.tls_ca.clone());
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = own.get(&key) {
            return Ok(client.clone());
        }
        let client = self.build(&key)?;
        if own.len() >= CLIENTS_MAX {
            own.clear();
        }
        own.insert(key, client.clone());
        Ok(client)
    }

    /// A proxy looks names up itself: one that resolves, as seen from here, to an address that must not be
    /// reached is not handed to it. A name unknown here may be known there.
    ///
    /// # Errors
    /// [`FetchFailure::BlockedAddress`].
    pub(super) async fn look_up_before_proxy(
        &self,
        http: Option<&FeedHttp>,
        url: &Url,
    ) -> Result<(), FetchFailure> {
        let (Some(_), Some(Host::Domain(name))) = (http.and_then(|http| http.proxy.as_ref()), url.host())
        else {
            return Ok(());
        };
        let found = (self.lookup)(name.to_owned()).await.unwrap_or_default();
        match found.iter().find(|address| !(self.reach)(address.ip())) {
            Some(address) => Err(error::blocked(address.ip())),
            None => Ok(()),
        }
    }

    /// The messages do not repeat the proxy's address, which may hold a secret.
    fn build(&self, (proxy, tls_ca): &Key) -> Result<Client, FetchFailure> {
        let host = |proxy: &String| Some(Url::parse(proxy).ok()?.host_str()?.to_owned());
        let resolver = Resolver {
            lookup: self.lookup.clone(),
            reach: self.reach.clone(),
            proxy: proxy.as_ref().and_then(host),
        };
        let mut builder = builder(&self.agent, resolver, self.per_site);
        if let Some(Authorities(pem)) = tls_ca {
            let found = Certificate::from_pem_bundle(pem);
            let found = found.map_err(|_| FetchFailure::Tls("its tls_ca cannot be read".into()))?;
            builder = builder.tls_certs_merge(found);
        }
        let unusable = |_| FetchFailure::Connect("its proxy cannot be used".into());
        if let Some(proxy) = proxy {
            builder = builder.proxy(Proxy::all(proxy.as_str()).map_err(unusable)?);
        }
        builder.build().map_err(|_| FetchFailure::Tls("its tls_ca cannot be used".into()))
    }
}

fn builder(agent: &str, resolver: Resolver, per_site: usize) -> ClientBuilder {
    Client::builder()
        .user_agent(agent)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .dns_resolver(Arc::new(resolver))
        .pool_max_idle_per_host(per_site)
        .pool_idle_timeout(IDLE)
        .http2_max_header_list_size(HEADERS_MAX)
}
