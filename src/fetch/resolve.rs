//! Names to addresses, refused where any answer is not public: the addresses that are checked are
//! the ones that are connected to, so a name cannot change its mind in between.

use std::{
    collections::HashSet,
    hash::BuildHasher,
    io,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

/// Looks a name up: its addresses, with port 0 standing for the port requested. The system's own
/// resolver, unless a test or a simulation supplies another.
pub type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// Whether an address may be connected to.
pub(super) type Reach = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// Lookups at once of names that have been found before, and of others. Each takes one of the 512
/// threads of the runtime until the system's resolver gives up, which may take 10 s and more: those
/// that are never found must neither keep the others waiting, nor whoever else needs a thread.
const KNOWN_AT_ONCE: usize = 128;
const OTHERS_AT_ONCE: usize = 256;

/// Names that are remembered as found, at most; beyond that it starts over.
const KNOWN_MAX: usize = 1 << 17;

/// Asks the system's resolver.
pub(super) fn system() -> Lookup {
    let known = Arc::new(Mutex::new(HashSet::<u64>::new()));
    let [known_lane, others_lane] =
        [KNOWN_AT_ONCE, OTHERS_AT_ONCE].map(|at_once| Arc::new(Semaphore::new(at_once)));
    let hashing = foldhash::fast::RandomState::default();
    Arc::new(move |name: String| {
        let (known, hash) = (known.clone(), hashing.hash_one(&name));
        let is_known = lock(&known).contains(&hash);
        let lane = if is_known { known_lane.clone() } else { others_lane.clone() };
        Box::pin(async move {
            let turn = lane.acquire_owned().await.map_err(io::Error::other)?;
            // The thread goes on even if nobody waits for it any more.
            let looking = tokio::task::spawn_blocking(move || {
                let found = (name.as_str(), 0).to_socket_addrs();
                drop(turn);
                found
            });
            let found = looking.await.map_err(io::Error::other)?;
            let mut known = lock(&known);
            match &found {
                Ok(_) if known.len() < KNOWN_MAX => {
                    known.insert(hash);
                }
                Ok(_) => *known = HashSet::from([hash]),
                Err(_) => {
                    known.remove(&hash);
                }
            }
            Ok(found?.collect())
        })
    })
}

fn lock(known: &Mutex<HashSet<u64>>) -> MutexGuard<'_, HashSet<u64>> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The resolver that reqwest is given.
pub(super) struct Resolver {
    pub lookup: Lookup,
    pub reach: Reach,
    /// Name of the proxy, which the operator has chosen and which may be anywhere.
    pub proxy: Option<String>,
}

/// The name leads to an address that must not be reached.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not public")]
pub(super) struct Blocked(pub IpAddr);

/// The name does not resolve.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unresolved(pub String);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let answer = (self.lookup)(name.as_str().to_owned());
        let reach = self.reach.clone();
        let is_proxy = self.proxy.as_deref() == Some(name.as_str());
        Box::pin(async move {
            let addresses = answer.await.map_err(|error| Unresolved(error.to_string()))?;
            if addresses.is_empty() {
                return Err(Unresolved("no address".into()).into());
            }
            if let Some(address) = addresses.iter().find(|address| !is_proxy && !reach(address.ip())) {
                return Err(Blocked(address.ip()).into());
            }
            let addresses: Addrs = Box::new(addresses.into_iter());
            Ok(addresses)
        })
    }
}
