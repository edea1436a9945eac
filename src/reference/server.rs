use std::{
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};
use url::Url;

use super::{
    answer::Place,
    connection::{self, Shared},
    default_bucket::DEFAULT_BUCKET,
    fault::Fault,
    store::Store,
};
use crate::{
    policy::{Dialect, Policy},
    vary::Way,
};

/// How long open connections may go on when a server is shut down.
const GRACE: Duration = Duration::from_secs(5);

/// What a server takes from a client before it stops listening to it.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The longest request head in bytes; at least 8192.
    pub head_bytes: usize,
    /// The longest content in bytes.
    pub body_bytes: u64,
    /// How long a request head may take.
    pub head_timeout: Duration,
    /// How long a content may take.
    pub body_timeout: Duration,
    /// How long a dictated answer may take to be taken.
    pub write_timeout: Duration,
    /// How many connections are open at once; more have to wait.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes: 128 * 1024,
            body_bytes: 8 * 1024 * 1024,
            head_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            connections: 8192,
        }
    }
}

/// What a server needs to start.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Where it listens; port 0 takes a free one.
    pub address: SocketAddr,
    /// What it answers from.
    pub store: Store,
    /// What it takes.
    pub limits: Limits,
}

impl ServerConfig {
    /// A free port of 127.0.0.1, with the usual limits.
    pub fn new(store: Store) -> Self {
        Self { address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), store, limits: Limits::default() }
    }
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened at.
    #[error("cannot listen at {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        error: io::Error,
    },
    /// A policy was given that cannot be set.
    #[error(transparent)]
    Provision(#[from] super::store::ProvisionError),
}

/// A running reference store. Dropping it ends it; [`Server::shutdown`] lets open requests end.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    place: Arc<Place>,
    store: Store,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Starts a server on the current Tokio runtime.
    ///
    /// # Errors
    /// The address cannot be listened at.
    pub async fn start(config: ServerConfig) -> Result<Self, ServeError> {
        let failed = |error| ServeError::Listen { address: config.address, error };
        let listener = TcpListener::bind(config.address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let reached = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::from((Ipv4Addr::LOCALHOST, address.port())),
            _ => address,
        };
        let other = format!("http://localhost:{}", address.port());
        let place = Arc::new(Place { own: format!("http://{reached}"), other });
        let (stop, stopped) = watch::channel(false);
        let shared = Shared { store: config.store.clone(), place: Arc::clone(&place), limits: config.limits };
        let accepting = tokio::spawn(accept(listener, shared, stopped));
        Ok(Self { address, place, store: config.store, stop, accepting })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it answers from.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The URL of the server itself, such as `http://127.0.0.1:9000/`.
    ///
    /// # Panics
    /// Never: an address and a port make a URL.
    #[expect(clippy::expect_used, reason = "an address and a port make a URL")]
    pub fn url(&self) -> Url {
        Url::parse(&self.place.own).expect("a URL")
    }

    /// The URL below which a bucket's keys lie, with a slash at its end.
    pub fn bucket_url(&self, bucket: &str) -> Url {
        let mut url = self.url();
        url.set_path(&format!("{bucket}/"));
        url
    }

    /// Takes no more connections, lets open requests end for a few seconds, and returns when
    /// all connections are closed.
    pub async fn shutdown(self) {
        self.stop.send_replace(true);
        // A task that was cancelled has nothing more to end.
        let _ = self.accepting.await;
    }
}

async fn accept(listener: TcpListener, shared: Shared, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(shared.limits.connections));
    let mut open = JoinSet::new();
    loop {
        let next = tokio::select! {
            next = connection_of(&listener, &places) => next,
            _ = stop.changed() => break,
        };
        while open.try_join_next().is_some() {}
        match next {
            Ok((stream, place)) => {
                let (shared, stop) = (shared.clone(), stop.clone());
                open.spawn(async move {
                    connection::run(stream, shared, stop).await;
                    drop(place);
                });
            }
            // Out of file descriptors, or a client that went away: neither ends the server.
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    }
    drop(listener);
    let ended = timeout(GRACE, async { while open.join_next().await.is_some() {} });
    if ended.await.is_err() {
        open.shutdown().await;
    }
}

async fn connection_of(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, place))
}

/// What a store needs that is served until it is told to stop.
#[derive(Clone, Debug)]
pub struct ServeConfig {
    /// Where it listens; port 0 takes a free one.
    pub address: SocketAddr,
    /// Whose store it is.
    pub dialect: Dialect,
    /// The rules of the default bucket; `None` leaves it its own.
    pub policy: Option<Policy>,
    /// When the default bucket's answers say `Vary`; `None` leaves that to the rules.
    pub vary: Option<Way>,
    /// The fault that it has.
    pub fault: Option<Fault>,
    /// What it takes.
    pub limits: Limits,
}

impl Default for ServeConfig {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            dialect: Dialect::default(),
            policy: None,
            vary: None,
            fault: None,
            limits: Limits::default(),
        }
    }
}

/// Serves a store with the default bucket until `shutdown` resolves. `ready` is told about the
/// server once it listens.
///
/// # Errors
/// The address cannot be listened at.
pub async fn serve(
    config: ServeConfig,
    ready: impl FnOnce(&Server),
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let store = Store::with_default_bucket(config.dialect);
    if let Some(policy) = config.policy {
        store.put_policy(DEFAULT_BUCKET, policy)?;
    }
    if let Some(way) = config.vary {
        store.vary(DEFAULT_BUCKET, way)?;
    }
    store.set_fault(config.fault);
    let server =
        Server::start(ServerConfig { address: config.address, store, limits: config.limits }).await?;
    ready(&server);
    shutdown.await;
    server.shutdown().await;
    Ok(())
}
