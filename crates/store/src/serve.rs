use std::{
    future::Future,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use crosscheck_core::{
    policy::{Dialect, Policy},
    signature::AccessKey,
    vary::Way,
};

use super::{
    acl::Acl,
    default_bucket::DEFAULT_BUCKET,
    fault::Defect,
    limits::Limits,
    server::{ServeError, Server, ServerConfig},
    settings::Settings,
    store::Store,
    tls::Tls,
};

/// What a store needs that is served until it is told to stop.
#[derive(Clone, Debug)]
pub struct ServeConfig {
    /// Where it listens; port 0 takes a free one.
    pub address: SocketAddr,
    /// What the store is like.
    pub settings: Settings,
    /// The access keys that it knows; the first one's id is the owner of all buckets.
    pub keys: Vec<AccessKey>,
    /// Buckets that are there from the start, besides the default one.
    pub buckets: Vec<(String, Acl)>,
    /// The folder in which buckets, objects, uploads and rules are kept; `None`: in memory only.
    pub data: Option<PathBuf>,
    /// Who may do what in the default bucket without a signature; `None`: anybody everything.
    pub default_acl: Option<Acl>,
    /// The rules of the default bucket; `None` leaves it its own.
    pub policy: Option<Policy>,
    /// When the default bucket's answers say `Vary`; `None` leaves that to the rules.
    pub vary: Option<Way>,
    /// The fault that it has.
    pub fault: Option<Defect>,
    /// What it takes.
    pub limits: Limits,
    /// What it speaks TLS with; `None`: it does not.
    pub tls: Option<Tls>,
}

impl Default for ServeConfig {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            settings: Settings::new(Dialect::default()),
            keys: vec![Store::default_key()],
            buckets: Vec::new(),
            data: None,
            default_acl: None,
            policy: None,
            vary: None,
            fault: None,
            limits: Limits::default(),
            tls: None,
        }
    }
}

/// Serves a store, in memory with the default bucket, until `shutdown` resolves. `ready` is told about the
/// server once it listens.
///
/// # Errors
/// The address cannot be listened at, or the folder cannot be used.
pub async fn serve(
    config: ServeConfig,
    ready: impl FnOnce(&Server),
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let store = match &config.data {
        None => Store::with(config.settings, config.keys),
        Some(folder) => Store::open(config.settings, config.keys, folder)?,
    };
    // What is not kept would be found half after a restart.
    if config.data.is_none() {
        store.add_default_bucket(config.default_acl);
    }
    if let Some(policy) = config.policy {
        store.put_policy(DEFAULT_BUCKET, policy)?;
    }
    if let Some(way) = config.vary {
        store.vary(DEFAULT_BUCKET, way)?;
    }
    for (name, acl) in &config.buckets {
        store.create_with_acl(name, *acl)?;
    }
    store.set_defect(config.fault);
    let (address, limits, tls) = (config.address, config.limits, config.tls);
    let server = Server::start(ServerConfig { address, store, limits, tls }).await?;
    ready(&server);
    shutdown.await;
    server.shutdown().await;
    Ok(())
}
