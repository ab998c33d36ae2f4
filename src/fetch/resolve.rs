//! Names to addresses, refused where any answer is not public: the addresses that are checked are
//! the ones that are connected to, so a name cannot change its mind in between.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Looks a name up: its addresses, with port 0 standing for the port requested. The system's own
/// resolver, unless a test or a simulation supplies another.
pub type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// Whether an address may be connected to.
pub(super) type Reach = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// Asks the system's resolver.
pub(super) fn system() -> Lookup {
    Arc::new(|name| {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.collect())
        })
    })
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
